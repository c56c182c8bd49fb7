/* The durable queue: rows in the table job, claimed in batches under a lease, run at least once.
 *
 * Order: of the rows that share an order_key only the oldest runs; the others wait for it. A job
 * that rests in the tray no longer blocks its key. Retries wait by the kind's backoff table with
 * ±20 % jitter; when its tries are used up a job rests (state 'resting', last_error kept) until
 * somebody retries or drops it (`orrery queue`, the owner's tray).
 *
 * A run function that returns JOB_LATER has started something asynchronous and promises exactly one
 * job_finish(); until then the job counts as in flight and its lease is kept.
 * Finished jobs are deleted in batches, one durable commit for all that ended meanwhile.
 *
 * One engine (struct jobs) per process serves all nodes that are awake: its runners take from the
 * nodes in turn, and what is under way of a kind is shared among them, so that a node with 50,000
 * deliveries leaves room for another's single one. Each awake node is attached while it is open.
 * Sleeping nodes whose time has come (nodes_due) are opened by the engine. */
#ifndef NODE_JOBS_JOBS_H
#define NODE_JOBS_JOBS_H

#include "node/cx.h"
#include "node/event.h"

struct node;
struct server;
struct jobs;      /* the engine */
struct jobs_node; /* what the engine knows of one node; node->jobs */

struct job {
    int64_t id;
    struct str kind;
    int64_t subject;
    struct str payload;    /* what the kind says; JSON or text */
    struct str order_key;  /* NULL: no order */
    int attempts;          /* runs before this one */
    int64_t created_at;
};

/* Inside a transaction. run_at 0 = now. */
MUST_USE enum err job_put(struct cx *cx, const char *kind, int64_t subject, struct str payload,
                          struct str order_key, int64_t run_at);

/* Inside a transaction: forget the rows with all of these that no run has ever begun; what waited for
 * them goes on. *ret_n (NULL allowed): how many. */
MUST_USE enum err job_cancel(struct cx *cx, const char *kind, int64_t subject, struct str payload,
                             struct str order_key, int64_t *ret_n);

/* ---- the engine ---- */

struct jobs_options {
    int n_runners;
    int n_claimers; /* who talk to the stores; 0: one. Several: a slow store holds up only itself */
    /* Another process still serves these stores (it is being taken over): its leases stand. Once
     * it is gone, say so with jobs_alone. A shared store (db_is_shared) knows by itself who lives. */
    bool beside;
};
/* Takes its kinds from server->wiring. No node is attached yet. */
MUST_USE enum err jobs_start(struct server *server, const struct jobs_options *o,
                             struct jobs **ret);
/* Waits some seconds for what runs, gives back what did not begin and detaches all nodes; leases of
 * what does not end in time are left to expire. Takes NULL, returns NULL. */
struct jobs *jobs_stop(struct jobs *j);
/* Begins nothing more, gives back what did not begin and waits some seconds for what runs: another
 * process goes on with it. jobs_stop is still owed. */
void jobs_rest(struct jobs *j);
/* Another process begins to serve our stores: from now on its leases stand. */
void jobs_beside(struct jobs *j);
/* No other process serves our SQLite stores any more: what others left behind runs again. */
void jobs_alone(struct jobs *j);

/* When a node has been opened: its jobs run from now on. Sets node->jobs. Leases that a dead
 * process left are taken over. The node may not be closed before jobs_detach. */
MUST_USE enum err jobs_attach(struct jobs *j, struct node *node);
/* Before a node is closed, and before fed_stop. False: a run has begun and its end is not in the store
 * yet; the node stays attached, and must stay open. Else nothing of it is under way any more, and
 * *ret_wake_at (NULL allowed) is when its next job is due; INT64_MAX: none, 0: not known. A node that
 * isn't attached is only asked for that. Waits for the store, not for runs. */
MUST_USE bool jobs_detach(struct node *node, int64_t *ret_wake_at);
/* Called after a commit that put jobs, and when the node's state changed; cheap, from any thread. A
 * node that isn't attached is left alone. */
void jobs_wake(struct node *node);
/* From any thread. retry_after_s > 0 overrides the backoff; error is kept for the tray (NULL: none). */
void job_finish(struct node *node, int64_t job_id, enum job_verdict verdict, const char *error,
                int64_t retry_after_s);
/* Run everything that is due now, on this thread (command line use and tests); returns how many. */
int jobs_run_due(struct cx *cx);

/* For the command line and the owner's tray. state NULL: all. */
struct job_info {
    int64_t id;
    struct str kind, state;  /* ready (due at run_at), waiting (for its order key), leased, resting */
    int64_t subject, run_at, attempts, created_at;
    struct str order_key, last_error; /* NULL: none */
};
MUST_USE enum err job_list(struct cx *cx, const char *state, int64_t after_id, int limit,
                           struct job_info **ret, size_t *ret_n);
struct job_counts {
    int64_t ready, waiting, leased, resting;
};
MUST_USE enum err job_count(struct cx *cx, struct job_counts *ret);
/* Those that rest; at most max. However long the queue is, this is cheap. */
MUST_USE enum err job_count_resting(struct cx *cx, int max, int64_t *ret);
/* Run it again now, with all its tries. ERR_NOT_FOUND: no such row, or it runs at this moment. */
MUST_USE enum err job_retry(struct cx *cx, int64_t id);
/* Forget it. ERR_NOT_FOUND as above. What waited for it goes on. */
MUST_USE enum err job_drop(struct cx *cx, int64_t id);

/* Error text and delay for a run function that will return JOB_RETRY or JOB_REST: set with
 * cx_fail() and cx->retry_after_s. */

#endif
