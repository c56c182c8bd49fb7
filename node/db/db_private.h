/* Shared by the files of node/db; nobody else includes it.
 *
 * db.c      what node/db/db.h promises: levels of transactions, which engine
 * memo.c    what public queries gave, for a second
 * batch.c   the writer of an exclusive transaction, group commit (both engines)
 * together.c  short transactions of many threads as one
 * sqlite_…  the engine of a file
 * pg_…      the engine of a PostgreSQL schema */
#ifndef NODE_DB_DB_PRIVATE_H
#define NODE_DB_DB_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/db/db.h"

enum {
    DB_MAX_COLUMNS = 64,
    DB_MAX_CONNS = 16,        /* readers of a file, all connections of a schema */
    DB_CONN_WAIT_MS = 10000,
    DB_WRITER_WAIT_MS = 15000,
    DB_IDLE_MS = 10000,       /* an unused connection is closed after that */
    DB_BATCH_MAX = 128,       /* members of one common commit */
    DB_BATCH_MS = 5,          /* after that long it commits even if others wait */
    DB_OUTAGE_RETRY_S = 5,
};

/* One connection; used by one thread at a time. Each engine's begins with this. */
struct db_conn {
    struct db_conn *next; /* in the pool */
    int64_t used_at;      /* monotonic, when it was last given back */
};

/* One call of db_run. */
struct db_call {
    const struct db_query *q;
    const union db_value *in;
    void (*row)(void *arg, const union db_value *columns);
    void *arg;
    int64_t *ret_n;
};

/* What an engine does. Those with a cx say there what went wrong. */
struct db_engine {
    void (*close)(struct db *db);
    /* Outside a transaction. write: a statement alone while its thread is the writer and no batch
     * is open; NULL: as a transaction like any other. */
    enum err (*read)(struct cx *cx, struct db *db, const struct db_call *call);
    enum err (*write)(struct cx *cx, struct db *db, const struct db_call *call);
    /* In a transaction. */
    enum err (*run)(struct cx *cx, struct db_conn *c, const struct db_call *call);
    /* Did the engine give up the whole transaction of this connection? */
    bool (*is_gone)(const struct db_conn *c);
    enum err gone; /* what that is called */
    /* The common transaction of the batch, on db->writer, which begin sets and the others clear. */
    enum err (*begin)(struct cx *cx, struct db *db);
    enum err (*commit)(struct db *db);
    void (*rollback)(struct db *db);
    /* A level inside a transaction; level counts from 1 and needs no room of its own when it is the
     * first of all. */
    enum err (*level_begin)(struct db_conn *c, int level);
    enum err (*level_keep)(struct db_conn *c, int level);
    enum err (*level_undo)(struct db_conn *c, int level);
    /* A shared transaction, on a connection of its own (cx->conn). NULL: as an exclusive one. */
    enum err (*shared_begin)(struct cx *cx, struct db *db);
    enum err (*shared_commit)(struct cx *cx, struct db *db);
    void (*shared_rollback)(struct cx *cx, struct db *db);
    bool (*has_shared)(struct db *db); /* has this thread one open? NULL: never */
    enum err (*lock)(struct cx *cx, struct db_conn *c, struct str name); /* NULL: nothing to do */
    enum err (*check)(struct cx *cx, struct db *db, const struct db_query *q);
    void (*notify)(struct db *db, unsigned wake); /* NULL: nobody can be told */
};

/* Transactions that are committed together. Lives until its last member has looked at it. */
struct db_batch {
    int members;      /* released into it, so waiting for its commit */
    int refs;
    int64_t began;
    bool broken;      /* the engine threw the whole transaction away */
    bool lazy;        /* not synced; takes no second member */
    bool done;
    enum err result;
    pthread_cond_t finished;
};

/* A thread that waits for the writer, on its own stack, in a queue. */
struct db_waiter {
    pthread_cond_t granted;
    bool has_it;
    struct db_waiter *next;
};

/* Whose works are made as one transaction. */
struct db_together {
    pthread_mutex_t lock; /* guards what follows and the states of members; never held across work */
    pthread_cond_t changed;
    bool busy; /* somebody leads */
    struct db_member *first, *last; /* who came meanwhile */
    int n_waiting;
};

/* Each engine's store begins with this. */
struct db {
    const struct db_engine *engine;
    const struct embedded *migrations;
    _Atomic bool shared;
    struct db_memo *memo;

    struct db_conn *writer;     /* the connection of the open batch; the holder's */
    pthread_mutex_t write_lock; /* guards what follows; never held across work of the engine */
    bool busy;                  /* somebody is the writer */
    pthread_t holder;
    struct db_waiter *first, *last;
    struct db_batch *batch;     /* open, if any; touched by the holder alone, under write_lock */

    struct db_together together;

    _Atomic uint64_t commits;   /* durable ones, for tests and metrics */
    _Atomic uint64_t members;   /* transactions that they carried */
};

/* db.c, for the engines. */
void db_base_init(struct db *db, const struct db_engine *engine, const struct embedded *list);
void db_base_end(struct db *db);
MUST_USE enum err db_open_sqlite(const char *path, const struct embedded *list, struct db **ret);
MUST_USE enum err db_open_pg(const char *url, const struct embedded *list, struct db **ret);
MUST_USE enum err db_pg_check_free(const char *url);
void db_pg_discard(const char *url);

/* memo.c: a reading query that is_public, outside a transaction, by memory or by the engine. */
struct db_memo *db_memo_new(void);
struct db_memo *db_memo_free(struct db_memo *m);
MUST_USE enum err db_memo_read(struct cx *cx, struct db *db, const struct db_call *call);

/* together.c */
void db_together_init(struct db_together *t);
void db_together_end(struct db_together *t);

/* batch.c. Take the writer and open the batch or join the open one; leave it again as a member
 * whose part stays (returns after the common commit) or is undone already. */
bool db_batch_is_ours(struct db *db); /* is this thread the writer? */
MUST_USE enum err db_batch_join(struct cx *cx, struct db *db);
MUST_USE enum err db_batch_leave(struct cx *cx, struct db *db, bool member);
/* Does the holder share the open transaction with others before it, and so need a level of its own? */
bool db_batch_is_second(const struct db *db);
/* For a writing statement by itself: the writer, without a batch when nobody else writes
 * (*ret_alone; then give it back, and say whether something was committed durably), else joined. */
MUST_USE enum err db_batch_take(struct cx *cx, struct db *db, bool *ret_alone);
void db_batch_give(struct db *db, bool wrote);
/* The writer, if nobody has it at this moment; then give it back. */
bool db_batch_take_idle(struct db *db);

/* migrate.c */
enum db_dialect { DB_SQLITE, DB_PG };
/* Is this file for that engine (NAME.sqlite.sql, NAME.pg.sql), and its text for it, on the arena. */
bool db_migration_is_for(const struct embedded *m, enum db_dialect d);
const char *db_migration_text(struct arena *a, const struct embedded *m, enum db_dialect d);
struct str db_migration_sum(struct arena *a, const struct embedded *m);
/* NULL when there is no migration of that name. */
const struct embedded *db_migration_find(const struct embedded *list, struct str name);
void db_migration_log_unknown(const char *name);
void db_migration_log_changed(const char *name);

#endif
