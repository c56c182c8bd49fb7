/* Shared by node/db/pg_*.c. */
#ifndef NODE_DB_PG_PRIVATE_H
#define NODE_DB_PG_PRIVATE_H

#include <libpq-fe.h>

#include "node/db/db_private.h"

enum {
    PG_MAX_PENDING = 64,
    PG_MAX_LEVELS = 16,
    PG_FAULT = 300,
    PG_FRESH_MS = 50,    /* a connection that was used so lately is taken as it is */
    PG_DOWN_MS = 500,    /* so long after a failed connection nobody tries again */
    PG_SCHEMA_MAX = 63,
};

/* Where a node is: an address for libpq, and the schema within. */
struct pg_address {
    char *url;      /* without our own parameters */
    char *options;  /* what every connection starts with */
    char *password; /* only to keep it out of messages; NULL: none */
    char schema[PG_SCHEMA_MAX + 1];
};

struct pg_slot {
    const struct db_query *query;
    unsigned name;
    enum { PG_NEW, PG_SENT, PG_READY } state;
};

/* A command that rides before the next statement: no round trip of its own. */
struct pg_pending {
    const struct db_query *q;
    int64_t arg;
    int level; /* of a savepoint; else 0 */
};

struct pg_conn {
    struct db_conn base;
    PGconn *h;
    struct pg_db *db;
    struct pg_slot *slots; /* open addressing by the query's address */
    size_t n, cap;
    unsigned names;
    struct pg_pending pending[PG_MAX_PENDING];
    int n_pending;
    const struct db_query *after[2]; /* what goes behind the next statement, in the same breath */
    int n_after;
    bool begun;   /* BEGIN was answered */
    bool control; /* one of the pending commands failed: nothing is sure any more */
    bool bad;     /* the connection is lost or of no more use */
    bool reopened; /* in this transaction: not twice */
    bool gave;    /* rows, by the last exchange */
    pthread_t holder;  /* of a shared transaction */
    struct pg_conn *next_shared;
    char fault[PG_FAULT]; /* what went wrong last, without values of rows */
};

struct pg_db {
    struct db base;
    struct pg_address at;
    int64_t key;             /* of the advisory lock that writers take */
    pthread_mutex_t lock;    /* guards what follows */
    pthread_cond_t free;
    struct db_conn *idle;    /* last used first */
    struct pg_conn *shared;  /* those with a shared transaction open */
    int n_conns;
    int64_t trimmed_at;
    int64_t down_at;         /* monotonic, of the last failed connection; 0: it answers */
    struct pg_ear *ear;      /* tells the others for us; NULL: we do it ourselves */
};

/* pg_address.c. Errors are logged, without the address. */
MUST_USE enum err pg_address_read(const char *where, struct pg_address *ret);
void pg_address_free(struct pg_address *a);
void pg_address_copy(struct pg_address *to, const struct pg_address *from);
/* NULL when it cannot be had: fault says why. */
PGconn *pg_connect(const struct pg_address *a, char fault[PG_FAULT]);
int64_t pg_key(const struct pg_address *a, struct str name); /* of an advisory lock */

/* pg_error.c */
enum err pg_code(const char *sqlstate);
bool pg_is_end(const char *sqlstate); /* the connection is of no more use */
/* The message of a failed result, without what may be a value of somebody's row. */
void pg_fault_of(const PGresult *res, char fault[PG_FAULT]);
/* In one line, and without the password. */
void pg_fault_set(char fault[PG_FAULT], const char *message, const struct pg_address *a);
MUST_USE enum err pg_fail(struct cx *cx, const struct pg_conn *c, enum err e, const char *what);

/* pg_pool.c */
/* sure: one that was used just now is looked at, too; for what cannot be tried again. */
MUST_USE enum err pg_take(struct pg_db *db, bool sure, struct pg_conn **ret, char fault[PG_FAULT]);
void pg_give(struct pg_db *db, struct pg_conn *c);
/* A new connection in the place of a lost one. */
MUST_USE enum err pg_reopen(struct pg_conn *c);
void pg_pool_end(struct pg_db *db);

/* pg_run.c */
void pg_forget_prepared(struct pg_conn *c);
/* What is pending, and then the statement (NULL: none), in one round trip. cx: whose arena takes the
 * rows; NULL without a statement that gives some. What went wrong is in c->fault. */
MUST_USE enum err pg_exchange(struct cx *cx, struct pg_conn *c, const struct db_call *call);
MUST_USE enum err pg_run(struct cx *cx, struct db_conn *base, const struct db_call *call);
MUST_USE enum err pg_read(struct cx *cx, struct db *base, const struct db_call *call);
MUST_USE enum err pg_check(struct cx *cx, struct db *base, const struct db_query *q);

/* pg_value.c */
enum { PG_INT8 = 20, PG_TEXT = 25, PG_BYTEA = 17, PG_FLOAT8 = 701 };
struct pg_params {
    const char *values[DB_MAX_COLUMNS];
    int lengths[DB_MAX_COLUMNS];
    int formats[DB_MAX_COLUMNS];
    uint64_t numbers[DB_MAX_COLUMNS];
};
/* -1, or which value is missing that must not be. The views of in are borrowed. */
int pg_params_fill(struct pg_params *p, const char *letters, const union db_value *in);
unsigned pg_type_of(char letter);
bool pg_type_fits(unsigned type, char letter);
MUST_USE enum err pg_rows_read(struct cx *cx, const PGresult *res, const struct db_call *call);

/* pg_tx.c */
void pg_pend(struct pg_conn *c, const struct db_query *q, int64_t arg, int level);
MUST_USE enum err pg_write(struct cx *cx, struct db *base, const struct db_call *call);
bool pg_is_gone(const struct db_conn *base);
MUST_USE enum err pg_begin(struct cx *cx, struct db *base);
MUST_USE enum err pg_commit(struct db *base);
void pg_rollback(struct db *base);
MUST_USE enum err pg_level_begin(struct db_conn *base, int level);
MUST_USE enum err pg_level_keep(struct db_conn *base, int level);
MUST_USE enum err pg_level_undo(struct db_conn *base, int level);
MUST_USE enum err pg_shared_begin(struct cx *cx, struct db *base);
MUST_USE enum err pg_shared_commit(struct cx *cx, struct db *base);
void pg_shared_rollback(struct cx *cx, struct db *base);
bool pg_has_shared(struct db *base);
MUST_USE enum err pg_lock(struct cx *cx, struct db_conn *base, struct str name);
void pg_notify_now(struct pg_db *db, unsigned wake);
bool pg_is_commit(const struct db_query *q);

/* pg_migrate.c */
MUST_USE enum err pg_migrate(struct pg_db *db, const struct embedded *list);

/* pg_listen.c */
void pg_ear_post(struct pg_ear *ear, const char *schema, unsigned wake);

/* pg_open.c */
struct pg_db *pg_db_of(struct db *db); /* NULL: of another engine */

#endif
