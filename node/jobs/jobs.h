/* The durable queue: rows in the table job, claimed in batches under a lease, run at least once.
 *
 * Order: of the rows that share an order_key only the oldest runs; the others wait for it. A job
 * that rests in the tray no longer blocks its key. Retries wait by the kind's backoff table with
 * ±20 % jitter; when its tries are used up a job rests (state 'resting', last_error kept) until
 * somebody retries or drops it (`orrery queue`, the owner's tray).
 *
 * A run function that returns JOB_LATER has started something asynchronous and promises exactly one
 * job_finish(); until then the job counts as in flight and its lease is kept.
 * Finished jobs are deleted in batches, one durable commit for all that ended meanwhile. */
#ifndef NODE_JOBS_JOBS_H
#define NODE_JOBS_JOBS_H

#include "node/cx.h"
#include "node/event.h"

struct server;
struct jobs;

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

/* Threads: one claimer and n_workers runners. jobs_stop waits for running ones; leases of those
 * that don't end in time are simply left to expire. */
MUST_USE enum err jobs_start(struct server *server, int n_workers, struct jobs **ret);
struct jobs *jobs_stop(struct jobs *j);
void jobs_wake(struct jobs *j);          /* called after a commit that put jobs; cheap */
/* From any thread. retry_after_s > 0 overrides the backoff; error is kept for the tray (NULL: none). */
void job_finish(struct jobs *j, int64_t job_id, enum job_verdict verdict, const char *error,
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
/* Run it again now, with all its tries. ERR_NOT_FOUND: no such row, or it runs at this moment. */
MUST_USE enum err job_retry(struct cx *cx, int64_t id);
/* Forget it. ERR_NOT_FOUND as above. What waited for it goes on. */
MUST_USE enum err job_drop(struct cx *cx, int64_t id);

/* Error text and delay for a run function that will return JOB_RETRY or JOB_REST: set with
 * cx_fail() and cx->retry_after_s. */

#endif
