/* Shared by node/db/sqlite_*.c. */
#ifndef NODE_DB_SQLITE_PRIVATE_H
#define NODE_DB_SQLITE_PRIVATE_H

#include <sqlite3.h>

#include "node/db/db_private.h"

enum { SQLITE_BUSY_MS = 5000 /* another process holds the writer's lock */ };

struct sqlite_prepared {
    const struct db_query *query;
    sqlite3_stmt *stmt;
};

struct sqlite_conn {
    struct db_conn base;
    sqlite3 *h;
    struct sqlite_prepared *slots; /* open addressing by the query's address */
    size_t n, cap;
};

struct sqlite_db {
    struct db base;
    char *path;
    pthread_mutex_t read_lock;
    pthread_cond_t read_free;
    struct db_conn *idle;      /* last used first, so that few stay warm */
    int n_readers;
    int64_t trimmed_at;
    struct sqlite_conn writer;
    sqlite3_stmt *begin, *commit, *rollback, *savepoint, *release, *rollback_to;
    bool lazy;                 /* what synchronous is set to; the holder's */
};

/* sqlite_open.c */
enum err sqlite_code(int rc);

/* copy_sqlite.c. Was it for want of room that the last call failed? */
bool db_disk_is_full(sqlite3 *h);

/* sqlite_run.c */
MUST_USE enum err sqlite_prepare(struct cx *cx, sqlite3 *h, const struct db_query *q,
                                 sqlite3_stmt **ret);
MUST_USE enum err sqlite_run(struct cx *cx, struct db_conn *c, const struct db_call *call);
void sqlite_forget_prepared(struct sqlite_conn *c);

/* sqlite_tx.c */
MUST_USE enum err sqlite_tx_open(struct sqlite_db *db);
void sqlite_tx_close(struct sqlite_db *db);
bool sqlite_is_gone(const struct db_conn *c);
MUST_USE enum err sqlite_begin(struct cx *cx, struct db *base);
MUST_USE enum err sqlite_commit(struct db *base);
void sqlite_rollback(struct db *base);
MUST_USE enum err sqlite_level_begin(struct db_conn *c, int level);
MUST_USE enum err sqlite_level_keep(struct db_conn *c, int level);
MUST_USE enum err sqlite_level_undo(struct db_conn *c, int level);

/* sqlite_migrate.c */
MUST_USE enum err sqlite_migrate(sqlite3 *h, const struct embedded *list);

#endif
