/* Between copy.c and the two engines it copies from and to; nobody else includes it. */
#ifndef NODE_DB_COPY_PRIVATE_H
#define NODE_DB_COPY_PRIVATE_H

#include "node/db/copy.h"

struct copy_column {
    struct str name;
    char type; /* i t b r, as in db_query */
};
struct copy_table {
    struct str name;
    struct copy_column *columns;
    size_t n_columns;
    struct str *key;  /* columns of the primary key, in its order; none: all columns */
    size_t n_key;
    struct str *refs; /* tables that its foreign keys name */
    size_t n_refs;
};
struct copy_migration {
    struct str name, checksum;
};
struct copy_schema {
    struct copy_table *tables; /* by name */
    size_t n_tables;
    struct copy_migration *migrations; /* by name; those of one engine left out */
    size_t n_migrations;
};
struct copy_value {
    bool null;
    int64_t i;
    double r;
    struct str s; /* lives until the next row */
};

typedef enum err copy_row_fn(void *arg, const struct copy_table *t, const struct copy_value *row);

struct copy_end;
struct copy_engine {
    enum err (*schema)(struct copy_end *e, struct copy_schema *ret);
    enum err (*each)(struct copy_end *e, const struct copy_table *t, copy_row_fn *row, void *arg);
    enum err (*put_begin)(struct copy_end *e, const struct copy_table *t);
    copy_row_fn *put; /* arg: the end */
    enum err (*put_end)(struct copy_end *e, const struct copy_table *t);
    enum err (*commit)(struct copy_end *e);
    /* Of a source that is left: first what can fail, then, when the target is committed, for good. */
    enum err (*leave)(struct copy_end *e, const char **ret_name);
    enum err (*left)(struct copy_end *e);
    void (*close)(struct copy_end *e); /* what was not committed is undone */
};

/* One side of a copy, in its transaction. */
struct copy_end {
    const struct copy_engine *engine;
    struct cx *cx;
    const char *where;
    void *conn;       /* sqlite3 or PGconn */
    void *statement;  /* of put_begin */
    const char *part; /* a file's name until it is whole */
    enum copy_side { COPY_FROM, COPY_LEAVE, COPY_TO } side; /* LEAVE: a source that nobody may write */
    bool committed;
};

/* As source: a snapshot is open. As target: made, migrated, and a transaction is open. */
MUST_USE enum err copy_open_sqlite(struct cx *cx, const char *where, enum copy_side side,
                                   struct copy_end *ret);
MUST_USE enum err copy_open_pg(struct cx *cx, const char *where, enum copy_side side,
                               struct copy_end *ret);

#endif
