/* Brings a schema to that of this program; see migrate.c. Any number of processes may start at once,
 * and those of the program's previous version may be at work: each migration takes the lock of the
 * node's writers, so it stands between two transactions of theirs. */
#include <string.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/pg_private.h"

static enum err fail(PGconn *h, PGresult *res, const char *what)
{
    char fault[PG_FAULT];
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    pg_fault_of(res, fault);
    log_error("db", "%s: %s", what, fault);
    enum err e = PQstatus(h) != CONNECTION_OK || state == NULL ? ERR_BUSY : pg_code(state);
    PQclear(res);
    return e == OK ? ERR_STORAGE : e;
}

static enum err run_sql(PGconn *h, const char *what, const char *sql)
{
    PGresult *res = PQexec(h, sql);
    ExecStatusType status = PQresultStatus(res);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return fail(h, res, what);
    PQclear(res);
    return OK;
}

/* Compares what was applied with the list; *ret_missing: something is left to do. Without a schema
 * or table everything is. */
static enum err look(PGconn *h, struct arena *a, const struct embedded *list, bool *ret_missing)
{
    size_t found = 0, wanted = 0;
    PGresult *res = PQexec(h, "SELECT name, checksum FROM migration");
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    *ret_missing = true;
    if (state != NULL && strcmp(state, "42P01") == 0) {
        PQclear(res);
        return OK;
    }
    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        return fail(h, res, "the list of migrations");
    enum err e = OK;
    for (int i = 0; i < PQntuples(res) && e == OK; i++) {
        const char *name = PQgetvalue(res, i, 0);
        const struct embedded *m = db_migration_find(list, str_c(name));
        if (m == NULL) {
            db_migration_log_unknown(name);
            e = ERR_CONFLICT;
        } else if (!str_eq_c(db_migration_sum(a, m), PQgetvalue(res, i, 1))) {
            db_migration_log_changed(name);
            e = ERR_CONFLICT;
        }
        found++;
    }
    PQclear(res);
    for (const struct embedded *m = list; m->name != NULL; m++)
        wanted += db_migration_is_for(m, DB_PG);
    *ret_missing = found < wanted;
    return e;
}

static enum err is_applied(PGconn *h, const char *name, bool *ret)
{
    const char *const in[] = {name};
    PGresult *res = PQexecParams(h, "SELECT 1 FROM migration WHERE name = $1", 1, NULL, in, NULL,
                                 NULL, 0);
    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        return fail(h, res, name);
    *ret = PQntuples(res) > 0;
    PQclear(res);
    return OK;
}

static enum err record(PGconn *h, struct arena *a, const struct embedded *m)
{
    const char *const in[] = {m->name, db_migration_sum(a, m).p,
                              arena_printf(a, "%lld", (long long)clock_now())};
    PGresult *res = PQexecParams(h, "INSERT INTO migration (name, checksum, applied_at) "
                                    "VALUES ($1, $2, $3::bigint)", 3, NULL, in, NULL, NULL, 0);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        return fail(h, res, m->name);
    PQclear(res);
    return OK;
}

/* Begins and takes the writers' lock, for which it waits as long as it takes. */
static enum err begin(PGconn *h, struct arena *a, const struct pg_db *db)
{
    return run_sql(h, "migration", arena_printf(a, "BEGIN; SET LOCAL lock_timeout = 0; "
                                                   "SET LOCAL statement_timeout = 0; "
                                                   "SELECT pg_advisory_xact_lock(%lld)",
                                                (long long)db->key));
}

static enum err apply(PGconn *h, struct arena *a, const struct pg_db *db, const struct embedded *m)
{
    bool applied = false;
    TRY(begin(h, a, db));
    enum err e = is_applied(h, m->name, &applied);
    if (e == OK && !applied)
        e = run_sql(h, m->name, db_migration_text(a, m, DB_PG));
    if (e == OK && !applied)
        e = record(h, a, m);
    if (e != OK)
        PQclear(PQexec(h, "ROLLBACK"));
    return e == OK ? run_sql(h, m->name, "COMMIT") : e;
}

static enum err apply_all(PGconn *h, struct arena *a, const struct pg_db *db,
                          const struct embedded *list)
{
    TRY(begin(h, a, db));
    enum err e = run_sql(h, "schema", arena_printf(a, "CREATE SCHEMA IF NOT EXISTS \"%s\"",
                                                   db->at.schema));
    if (e == OK)
        e = run_sql(h, "table", "CREATE TABLE IF NOT EXISTS migration (name TEXT COLLATE \"C\" PRIMARY KEY, "
                                "checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)");
    if (e != OK) {
        PQclear(PQexec(h, "ROLLBACK"));
        return e;
    }
    TRY(run_sql(h, "schema", "COMMIT"));
    for (const struct embedded *m = list; m->name != NULL; m++)
        if (db_migration_is_for(m, DB_PG))
            TRY(apply(h, a, db, m));
    return OK;
}

enum err pg_migrate(struct pg_db *db, const struct embedded *list)
{
    char fault[PG_FAULT];
    bool missing = false;
    PGconn *h = pg_connect(&db->at, fault);
    if (h == NULL) {
        log_error("db", "cannot connect to the store: %s", fault);
        return ERR_BUSY;
    }
    struct arena *a = arena_new();
    enum err e = look(h, a, list, &missing);
    if (e == OK && missing)
        e = apply_all(h, a, db, list);
    arena_free(a);
    PQfinish(h);
    return e;
}
