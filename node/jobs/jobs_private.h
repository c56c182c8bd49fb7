/* Shared by the files of node/jobs.
 *
 * jobs.c: the engine's threads. share.c: whose turn it is and how much each may have under way.
 * turn.c: what a claimer does with one node's store in one turn. ends.c: writing down what ended.
 * lease.c: whose leases stand. queue.c: rows, for everybody.
 *
 * Locks: one, the engine's; it guards all counts and lists, and is never held across a store call.
 * A node's turn is taken by one claimer at a time (in_turn), which keeps the node open without a pin:
 * looking into its queue once a second is no use of it. The locks of node/nodes.h come before ours. */
#ifndef NODE_JOBS_JOBS_PRIVATE_H
#define NODE_JOBS_JOBS_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "node/jobs/jobs.h"

enum {
    JOBS_MAX_KINDS = 64,
    JOBS_MAX_CLAIMERS = 8,
    JOBS_DEFAULT_TRIES = 10,
    JOBS_POLL_MS = 1000,          /* another process may have put something */
    JOBS_LEASE_MS = 5 * 60 * 1000,
    JOBS_KEEP_MS = 60 * 1000,     /* how often leases are renewed and dead ones looked for */
    JOBS_LOOK_MS = 1500,          /* how often it is looked who died */
    JOBS_DEAD_MS = 3000,          /* so long no sign of life, then it is dead */
    JOBS_SUSPECTS = 4,
    JOBS_NICE = 5,               /* a quarter of a share when pages want the whole processor */
    JOBS_STOP_MS = 10 * 1000,
    JOBS_STACK = 512 * 1024,     /* reserved, not used; sanitizers need the room */
    JOBS_ERROR_MAX = 500,
    JOBS_TABLE = 1024,            /* chains of the table of what is in flight */
    JOBS_WIDE = 32,               /* a kind with so many in flight waits for others, not for us */
    JOBS_SMALL = 8,               /* what a node with little to do gets out of the reserve */
    JOBS_RESERVE = 8,             /* an eighth of a wide kind's limit */
};

/* A claimed row, until its end is in the store. One malloc with its texts behind it. It pins its
 * node. */
struct flight {
    struct job job;
    struct jobs_node *owner;
    int kind;                     /* index into jobs->kinds */
    int64_t run_at;
    bool running;                 /* its run function has not returned */
    bool finished;                /* its verdict is known */
    bool started;
    enum job_verdict verdict;
    int64_t retry_after_s;
    char error[JOBS_ERROR_MAX + 1];
    struct flight *next;          /* in the kind's queue or the list of ends */
    struct flight *chain;         /* in the table */
};

struct kind {
    const struct job_row *row;
    int every_s;                  /* > 0: a cron kind */
    int limit_node;               /* of one node */
    int limit_all;                /* of the process; INT_MAX: as the nodes have */
    int reserve;                  /* of limit_all, for nodes with little to do */
    int in_flight;                /* claimed and not yet ended in a store */
    int n_users;                  /* nodes that have some of it in flight */
};

struct lane {                     /* a kind of a node */
    int in_flight;
    struct flight *first, *last;  /* claimed, waiting for a runner */
};

/* Another process with leases. */
struct suspect {
    char owner[17];
    int64_t looked_at;
    int64_t missed_since; /* without a break; 0: it lived when we looked last */
};

struct jobs_node {
    struct jobs *engine;
    struct node *node;
    struct jobs_node *next, *prev;  /* all that are attached */
    struct jobs_node *want_next;    /* in the queue for a claimer */
    struct jobs_node *run_next;     /* in the queue for runners */
    bool wants, in_turn;
    bool runs;                      /* in the queue for runners */
    bool again;                     /* woken while in a turn */
    bool detaching;
    bool starved;                   /* has due rows of a kind whose limit others fill */
    int n_queued, n_in_flight, n_running;
    int next_lane;                  /* runners take from the kinds in turn */
    int64_t due_at;                 /* when the timer gives it a turn */
    int64_t rest_until;             /* its store failed: not before */
    struct flight *ended;           /* verdicts that are not in the store yet */
    /* of whoever has its turn */
    int64_t cron_at, keep_at, look_at;
    struct suspect suspects[JOBS_SUSPECTS];
    _Atomic bool take_over;         /* leases of others are dead */
    _Atomic bool in_doubt;          /* rows may be leased to us that we do not have in flight */
    struct lane lanes[];
};

struct jobs {
    struct server *server;
    int n_runners, n_claimers;
    _Atomic bool beside;
    int64_t fixed_now;              /* 0: the clock */
    char owner[17];                 /* of our leases */
    struct kind kinds[JOBS_MAX_KINDS];
    int n_kinds;

    pthread_mutex_t lock;           /* guards what follows, the nodes and the kinds' counts */
    pthread_cond_t claimer_wake;
    pthread_cond_t runner_wake;
    pthread_cond_t idle;            /* a turn or a run is over: who detaches looks again */
    bool stopping, quit;
    struct jobs_node *nodes;
    bool many;                      /* there have been several */
    int n_nodes, n_starved;
    struct jobs_node *want_first, *want_last;
    struct jobs_node *run_first, *run_last;
    int n_run;
    int n_queued, n_in_flight, n_detaching;
    int64_t timer_at;               /* no node's due_at comes before */
    int64_t sleepers_at;            /* when sleeping nodes are asked for again */
    bool waking;                    /* a claimer looks after them */
    struct flight *table[JOBS_TABLE];

    pthread_t claimers[JOBS_MAX_CLAIMERS];
    pthread_t *runners;
};

int64_t jobs_now(const struct jobs *j);

/* ---- share.c; all under the lock ---- */

/* Give it a turn as soon as a claimer is free. */
void jobs_want(struct jobs_node *n);
/* The next that waits for a turn, marked in_turn, or NULL. */
struct jobs_node *jobs_next_turn(struct jobs *j, int64_t now);
/* due_at: when it wants the next one by itself. */
void jobs_end_turn(struct jobs_node *n, int64_t due_at);
/* Counts delta more in flight, for the node and the process. */
void jobs_count(struct jobs_node *n, int kind, int delta);
/* How many more of a kind this node may claim now. */
int jobs_room(struct jobs_node *n, int kind);
void jobs_enqueue(struct jobs_node *n, struct flight *f);
/* Next flight for a runner, or NULL. */
struct flight *jobs_take(struct jobs *j);
/* After a pause: its queued flights wait for runners again. */
void jobs_line_up(struct jobs_node *n);
/* What is claimed and did not begin, out of the lanes, linked by next. */
struct flight *jobs_unqueue(struct jobs_node *n);
struct flight *jobs_find(struct jobs_node *n, int64_t job_id);
/* Out of the table and the counts, and freed. Its pin is the caller's to give back (jobs_unpin),
 * without the lock. */
void jobs_land(struct flight *f);
/* Out of all lists. */
void jobs_forget_node(struct jobs_node *n);
/* May its jobs run (its state, is it being detached)? */
bool jobs_may_run(const struct jobs_node *n);

/* ---- turn.c ---- */

/* One turn: claim what can run, store what ended. *ret_did: how many of both; if there were any,
 * more may have become possible, so turn again. *ret_next: when something will be due (INT64_MAX:
 * not known). */
MUST_USE enum err jobs_turn(struct jobs_node *n, int *ret_did, int64_t *ret_next);
void jobs_run(struct flight *f);
void jobs_unpin(struct jobs_node *n, int flights);
/* Give claimed but not begun rows back to the store. */
void jobs_give_back(struct jobs_node *n);
struct cx *jobs_cx(struct jobs_node *n);

/* ---- ends.c ---- */

/* Before a row of that key is put or ended; nothing to do but in a shared transaction. */
MUST_USE enum err jobs_lock_key(struct cx *cx, struct str key);
MUST_USE enum err jobs_store_ends(struct jobs_node *n, struct cx *cx, int *did);

/* ---- lease.c ---- */

/* Which index has the kind, or -1. */
int jobs_kind(const struct jobs *j, struct str kind);
/* At attach, when nothing of ours is in flight. */
MUST_USE enum err jobs_take_leases(struct jobs *j, struct cx *cx);
MUST_USE enum err jobs_keep_leases(struct jobs_node *n, struct cx *cx);
/* After a claim or a giving back whose commit may or may not have happened: what is leased to us and
 * not in flight is ready again. In our turn, so that nobody claims meanwhile. */
MUST_USE enum err jobs_settle_doubt(struct jobs_node *n, struct cx *cx);
/* Leases of processes that died stand no more. *did: how many. */
MUST_USE enum err jobs_look_for_dead(struct jobs_node *n, struct cx *cx, int *did);
MUST_USE enum err jobs_put_crons(struct jobs_node *n, struct cx *cx);

#endif
