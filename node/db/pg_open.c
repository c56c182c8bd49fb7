/* A store in a schema of a PostgreSQL database. */
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/pg_private.h"

static void notify(struct db *base, unsigned wake)
{
    struct pg_db *db = (struct pg_db *)base;
    if (db->ear != NULL)
        pg_ear_post(db->ear, db->at.schema, wake);
    else
        pg_notify_now(db, wake);
}

static void close_db(struct db *base)
{
    struct pg_db *db = (struct pg_db *)base;
    pg_pool_end(db);
    pg_address_free(&db->at);
    pthread_mutex_destroy(&db->lock);
    pthread_cond_destroy(&db->free);
    db_base_end(base);
    free(db);
}

static const struct db_engine pg_engine = {
    .close = close_db,
    .read = pg_read,
    .write = pg_write,
    .run = pg_run,
    .is_gone = pg_is_gone,
    .gone = ERR_BUSY,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .level_begin = pg_level_begin,
    .level_keep = pg_level_keep,
    .level_undo = pg_level_undo,
    .shared_begin = pg_shared_begin,
    .shared_commit = pg_shared_commit,
    .shared_rollback = pg_shared_rollback,
    .has_shared = pg_has_shared,
    .lock = pg_lock,
    .check = pg_check,
    .notify = notify,
};

struct pg_db *pg_db_of(struct db *db)
{
    return db->engine == &pg_engine ? (struct pg_db *)db : NULL;
}

struct str db_schema(const struct db *db)
{
    if (db == NULL || db->engine != &pg_engine)
        return STR_NULL;
    return str_c(((const struct pg_db *)db)->at.schema);
}

enum err db_open_pg(const char *url, const struct embedded *list, struct db **ret)
{
    struct pg_address at;
    TRY(pg_address_read(url, &at));
    struct pg_db *db = calloc(1, sizeof *db);
    if (db == NULL)
        abort();
    db->at = at;
    db->key = pg_key(&at, STR_NULL);
    db_base_init(&db->base, &pg_engine, list);
    atomic_store(&db->base.shared, true);
    pthread_mutex_init(&db->lock, NULL);
    clock_cond_init(&db->free);
    enum err e = pg_migrate(db, list);
    if (e != OK) {
        close_db(&db->base);
        return e;
    }
    *ret = &db->base;
    return OK;
}

/* ---- without opening it as a node ---------------------------------------------------------- */

static PGconn *connect_to(const char *url, struct pg_address *at)
{
    char fault[PG_FAULT];
    if (pg_address_read(url, at) != OK)
        return NULL;
    PGconn *h = pg_connect(at, fault);
    if (h == NULL) {
        log_error("db", "cannot connect to the store: %s", fault);
        pg_address_free(at);
    }
    return h;
}

enum err db_pg_check_free(const char *url)
{
    struct pg_address at;
    PGconn *h = connect_to(url, &at);
    if (h == NULL)
        return ERR_STORAGE;
    const char *const in[] = {at.schema};
    PGresult *res = PQexecParams(h, "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                                    "WHERE n.nspname = $1 LIMIT 1", 1, NULL, in, NULL, NULL, 0);
    enum err e = PQresultStatus(res) != PGRES_TUPLES_OK ? ERR_STORAGE : OK;
    if (e == OK && PQntuples(res) > 0) {
        log_error("db", "the schema %s of that database holds something already; choose another "
                        "one with schema=NAME in the store's address", at.schema);
        e = ERR_CONFLICT;
    }
    PQclear(res);
    PQfinish(h);
    pg_address_free(&at);
    return e;
}

void db_pg_discard(const char *url)
{
    struct pg_address at;
    PGconn *h = connect_to(url, &at);
    if (h == NULL)
        return;
    struct arena *a = arena_new();
    PGresult *res = PQexec(h, arena_printf(a, "DROP SCHEMA IF EXISTS \"%s\" CASCADE", at.schema));
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        log_error("db", "the schema %s could not be dropped", at.schema);
    PQclear(res);
    arena_free(a);
    PQfinish(h);
    pg_address_free(&at);
}
