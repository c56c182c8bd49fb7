/* The store: a SQLite file in WAL mode, or a schema of PostgreSQL; callers needn't know which.
 *
 * Queries live in .sql files beside their module; node/tools/sqlc makes one typed C function of
 * each (see docs/database.md). Domain code never sees a statement.
 *
 *   -- :row post_row id int, title text, teaser text?
 *   -- :name post_by_slug :one            one | maybe | many | exec
 *   -- :in planet_id int, slug text
 *   -- :out post_row                      a :row, or a column list
 *   SELECT id, title, teaser FROM post WHERE planet_id = :planet_id AND slug = :slug;
 *
 * gives, in node/talk/post_sql.h,
 *
 *   struct post_row { int64_t id; struct str title; struct str teaser; };
 *   enum err q_post_by_slug(struct cx *cx, int64_t planet_id, struct str slug, struct post_row *ret);
 *
 * one:   ERR_NOT_FOUND when there is no row (nothing is logged).
 * maybe: takes bool *ret_found before ret. many: struct row **ret, size_t *ret_n (arena).
 * exec:  int64_t *ret_changes last (NULL allowed). Types: int, text, blob, real; '?' behind a type
 * allows NULL: text NULL is p == NULL; int NULL is DB_NULL. A text parameter that is not
 * nullable binds NULL views as ''.
 *
 * Group commit (D-4): a writer takes the writer connection, works in its own savepoint, and at
 * tx_commit either hands over to the next waiting writer or, being the last, commits for all; every
 * one of them returns when the common fsync has happened. So inside a transaction do no slow work
 * (no hashing, rendering, network); do it before. */
#ifndef NODE_DB_DB_H
#define NODE_DB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "node/base/embed.h"
#include "node/base/err.h"
#include "node/base/str.h"
#include "node/cx.h"

#define DB_NULL INT64_MIN

struct db;

/* where: the path of a SQLite file, made (mode 0600) when missing, or postgresql://…?schema=NAME, a
 * schema of a PostgreSQL database, made when missing. It is migrated by the list, which
 * must outlive the db and ends with a NULL name. ERR_CONFLICT: of a newer or changed schema;
 * ERR_STORAGE: not readable. Errors are logged. Several processes may have it open. */
MUST_USE enum err db_open(const char *where, const struct embedded *migrations, struct db **ret);
struct db *db_close(struct db *db); /* when nobody uses it any more */

/* May a new store be made there? ERR_CONFLICT: something is there already (logged). */
MUST_USE enum err db_check_free(const char *where);
/* Deletes a store and all that is in it, which nobody has open. */
void db_discard(const char *where);
bool db_is_address(const char *where); /* of a PostgreSQL store, not the path of a file */

extern const struct embedded db_migrations[]; /* those of a node (generated) */

/* Do other processes write this store, so that what is remembered of it is worth a second at most?
 * False for SQLite but while db_set_shared says otherwise (one server takes over from another). */
bool db_is_shared(const struct db *db);
void db_set_shared(struct db *db, bool shared);

/* Tell the other processes of a shared store what to wake (WAKE_…), after a commit; tx_commit does.
 * It is only for speed, and may be lost: who hears nothing looks by itself once a second. */
void db_notify(struct db *db, unsigned wake);

/* Hears what other processes tell, by one connection and thread per database: heard is called on it
 * with a schema and what to wake. After a gap, the start included, schema.p is NULL and means every
 * store of that database. What is told by this process goes through it, too, and is not heard here.
 * A store that is a file needs none, and add does nothing for it. A store may be closed at any time;
 * the listener is freed after all stores that were added to it are closed. */
struct db_listener;
struct db_listener *db_listener_new(void (*heard)(void *arg, struct str schema, unsigned wake),
                                    void *arg);
void db_listener_add(struct db_listener *l, struct db *db);
/* Nothing is heard any more, once it returns; before what heard uses ends. That the process lives goes
 * on being said until it is freed. */
void db_listener_stop(struct db_listener *l);
struct db_listener *db_listener_free(struct db_listener *l);

/* The name under which this process holds leases in stores that others write, too (16 hex digits, made
 * up by each listener). The connection to each database holds a shared advisory lock of
 * hashtextextended('orrery owner ' || name, 0) for as long as the process lives: who gets it alone
 * knows at once that the process is gone, whatever its leases say. */
const char *db_listener_owner(const struct db_listener *l);
/* Is it held at this moment? True for stores without a listener. */
bool db_owner_is_held(const struct db *db);
struct str db_schema(const struct db *db); /* of PostgreSQL; p == NULL for a file, or none */
struct str db_schema_at(struct arena *a, const char *url); /* what that of a store there will be */

/* How many durable commits there were, and how many transactions they carried. */
void db_counters(const struct db *db, uint64_t *ret_commits, uint64_t *ret_transactions);

/* For node/cx.c only: one level of a transaction; see tx_begin there. After a failed commit the
 * level is gone and nothing of the transaction is in the store. */
MUST_USE enum err db_tx_begin(struct cx *cx, bool shared);
MUST_USE enum err db_tx_commit(struct cx *cx);
void db_tx_rollback(struct cx *cx);
MUST_USE enum err db_tx_lock(struct cx *cx, struct str name);

/* For generated code: one static query. */
struct db_query {
    const char *name;
    const char *sql; /* for SQLite */
    const char *pg;  /* for PostgreSQL */
    bool writes;     /* is a transaction by itself outside of one */
    bool is_public;  /* says what anybody may know: remembered for a second where cx->recall is set */
    const char *in;  /* a letter a parameter: i t b r, capital = nullable */
    const char *out; /* the same for columns */
};
enum db_shape { DB_ONE, DB_MAYBE, DB_MANY, DB_EXEC };
union db_value {
    int64_t i;
    double r;
    struct str s;
};
MUST_USE enum err db_run(struct cx *cx, const struct db_query *q, const union db_value *in,
                         /* called per row with the columns; text points into the arena */
                         void (*row)(void *arg, const union db_value *columns), void *arg,
                         int64_t *ret_rows_or_changes);
/* Outside a transaction a reading statement borrows a connection for its own duration, so no
 * snapshot outlives a query, and a writing one is a transaction by itself.
 *
 * Errors: a UNIQUE or PRIMARY KEY that is taken is ERR_CONFLICT, any other broken constraint
 * ERR_INVALID. ERR_BUSY: no room for 10 s. ERR_STORAGE: disk full, unreadable or damaged; the whole
 * transaction is lost. After any of them the innermost level of the transaction is lost: statements
 * and commit give ERR_INTERNAL (or what lost it, when that is ERR_BUSY or ERR_STORAGE). */

/* Prepare one query and throw it away (tests, `orrery doctor`). */
MUST_USE enum err db_check_query(struct cx *cx, const struct db_query *q);

/* All queries of the program, for the test that prepares each (generated, NULL-terminated). */
extern const struct db_query *const db_all_queries[];

#endif
