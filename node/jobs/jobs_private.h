/* Shared by the files of node/jobs. */
#ifndef NODE_JOBS_JOBS_PRIVATE_H
#define NODE_JOBS_JOBS_PRIVATE_H

#include <pthread.h>

#include "node/jobs/jobs.h"

enum {
    JOBS_MAX_KINDS = 64,
    JOBS_DEFAULT_TRIES = 10,
    JOBS_POLL_MS = 1000,          /* another process may have put something */
    JOBS_LEASE_MS = 5 * 60 * 1000,
    JOBS_KEEP_MS = 60 * 1000,     /* how often leases are renewed and dead ones looked for */
    JOBS_NICE = 5,               /* a quarter of a share when pages want the whole processor */
    JOBS_STOP_MS = 10 * 1000,
    JOBS_STACK = 512 * 1024,     /* reserved, not used; sanitizers need the room */
    JOBS_ERROR_MAX = 500,
    JOBS_TABLE = 1024,            /* chains of the table of what is in flight */
};

/* A claimed row, until its end is in the store. One malloc with its texts behind it. */
struct flight {
    struct job job;
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
    int in_flight;                /* claimed and not yet ended in the store */
    int64_t next_due;             /* as the last look said */
    struct flight *first, *last;  /* claimed, waiting for a runner */
};

struct jobs {
    struct server *server;
    struct node *node;
    int n_workers;
    int64_t fixed_now;            /* 0: the clock */
    char owner[17];
    struct kind kinds[JOBS_MAX_KINDS];
    int n_kinds;

    pthread_mutex_t lock;         /* guards what follows and the kinds' queues and counts */
    pthread_cond_t claimer_wake;
    pthread_cond_t runner_wake;
    bool woken, stopping, quit;
    int next_kind;                /* runners take from the kinds in turn */
    int n_queued, n_in_flight;
    struct flight *ended;         /* verdicts that are not in the store yet */
    struct flight *table[JOBS_TABLE];

    int64_t cron_at, keep_at;     /* the claimer's own */
    pthread_t claimer;
    pthread_t *runners;
    int n_alive;                  /* threads that have not returned */
};

int64_t jobs_now(const struct jobs *j);
struct jobs *jobs_make(struct server *server, struct node *node, int n_workers);
struct jobs *jobs_unmake(struct jobs *j);

/* One turn of the claimer: claim what can run, store what ended. *ret_did: how many of both; if
 * there were any, more may have become possible, so turn again.
 * *ret_next: when something will be due (INT64_MAX: not known). */
MUST_USE enum err jobs_turn(struct jobs *j, bool claim, int *ret_did, int64_t *ret_next);
/* Next flight for a runner, or NULL; under the lock. */
struct flight *jobs_take(struct jobs *j);
void jobs_run(struct jobs *j, struct flight *f);
/* Give claimed but not begun rows back to the store. */
void jobs_give_back(struct jobs *j);

#endif
