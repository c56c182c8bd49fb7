/* Shared by the files of node/db; nobody else includes it. */
#ifndef NODE_DB_DB_PRIVATE_H
#define NODE_DB_DB_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/db/db.h"

enum {
    DB_MAX_COLUMNS = 64,
    DB_MAX_READERS = 16,
    DB_READER_WAIT_MS = 10000,
    DB_WRITER_WAIT_MS = 15000,
    DB_BUSY_MS = 5000,        /* another process holds the writer's lock */
    DB_BATCH_MAX = 128,       /* members of one common commit */
    DB_BATCH_MS = 5,          /* after that long it commits even if others wait */
};

struct db_prepared {
    const struct db_query *query;
    sqlite3_stmt *stmt;
};

/* One connection; used by one thread at a time. */
struct db_conn {
    sqlite3 *h;
    struct db_prepared *slots; /* open addressing by the query's address */
    size_t n, cap;
    struct db_conn *next;      /* in the pool */
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

struct db {
    char *path;
    const struct embedded *migrations;
    _Atomic bool shared;
    pthread_mutex_t read_lock;
    pthread_cond_t read_free;
    struct db_conn *idle;      /* last used first, so that few stay warm */
    int n_readers;

    struct db_conn writer;
    sqlite3_stmt *begin, *commit, *rollback, *savepoint, *release, *rollback_to;

    bool lazy;                 /* what synchronous is set to; the holder's */

    pthread_mutex_t write_lock; /* guards what follows; never held across disk work */
    bool busy;                  /* somebody holds the writer */
    pthread_t holder;
    struct db_waiter *first, *last;
    struct db_batch *batch;     /* open, if any; touched by the holder alone, under write_lock */

    _Atomic uint64_t commits;   /* durable ones, for tests and metrics */
    _Atomic uint64_t members;   /* transactions that they carried */
};

enum err db_code(int rc);
/* Was it for want of room that the last call failed? */
bool db_disk_is_full(sqlite3 *h);
/* Prepares at the first use; NULL and cx_fail's code in *ret_err otherwise. */
sqlite3_stmt *db_prepare(struct cx *cx, struct db_conn *c, const struct db_query *q,
                         enum err *ret_err);
/* In a transaction after a failed statement: its innermost level is lost, or all of it if the engine
 * rolled everything back. */
void db_tx_note_failure(struct cx *cx, enum err e);
MUST_USE enum err db_tx_open(struct db *db);
void db_tx_close(struct db *db);

MUST_USE enum err db_migrate(sqlite3 *h, const struct embedded *list);

/* The level of the transaction is lost: what a statement or a commit in it gives. */
MUST_USE enum err db_tx_refuse(struct cx *cx, const char *what);

#endif
