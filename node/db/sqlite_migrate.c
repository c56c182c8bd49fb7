/* Brings a file to the schema of this program; see migrate.c. */
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/sqlite_private.h"

static enum err run_sql(sqlite3 *h, const char *name, const char *sql)
{
    if (sqlite3_exec(h, sql, NULL, NULL, NULL) == SQLITE_OK)
        return OK;
    log_error("db", "migration %s: %s", name, sqlite3_errmsg(h));
    enum err e = sqlite_code(sqlite3_extended_errcode(h));
    return e == OK ? ERR_STORAGE : e;
}

/* Is it applied, and with the same bytes? */
static enum err look_up(sqlite3 *h, const char *name, struct str sum, bool *ret_applied)
{
    sqlite3_stmt *stmt = NULL;
    enum err e = OK;
    *ret_applied = false;
    int rc = sqlite3_prepare_v2(h, "SELECT checksum FROM migration WHERE name = ?1", -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        *ret_applied = true;
        if (!str_eq_c(sum, (const char *)sqlite3_column_text(stmt, 0))) {
            db_migration_log_changed(name);
            e = ERR_CONFLICT;
        }
    } else if (rc != SQLITE_DONE) {
        log_error("db", "cannot read the list of migrations: %s", sqlite3_errmsg(h));
        e = ERR_STORAGE;
    }
    sqlite3_finalize(stmt);
    return e;
}

static enum err record(sqlite3 *h, const char *name, struct str sum)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(
        h, "INSERT INTO migration (name, checksum, applied_at) VALUES (?1, ?2, ?3)", -1, &stmt, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, sum.p, (int)sum.n, SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 3, clock_now());
        rc = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? OK : ERR_STORAGE;
}

/* In its own transaction; looks again inside, since another process may just have done it. */
static enum err apply(struct arena *a, sqlite3 *h, const struct embedded *m, struct str sum)
{
    bool applied = false;
    TRY(run_sql(h, m->name, "BEGIN IMMEDIATE"));
    enum err e = look_up(h, m->name, sum, &applied);
    if (e == OK && !applied)
        e = run_sql(h, m->name, db_migration_text(a, m, DB_SQLITE));
    if (e == OK && !applied)
        e = record(h, m->name, sum);
    if (e == OK)
        e = run_sql(h, m->name, "COMMIT");
    if (e != OK && !sqlite3_get_autocommit(h))
        sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

static enum err refuse_newer(sqlite3 *h, const struct embedded *list)
{
    sqlite3_stmt *stmt = NULL;
    enum err e = OK;
    if (sqlite3_prepare_v2(h, "SELECT name FROM migration ORDER BY name", -1, &stmt, NULL) !=
        SQLITE_OK)
        return ERR_STORAGE;
    while (e == OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        if (db_migration_find(list, str_c(name)) == NULL) {
            db_migration_log_unknown(name);
            e = ERR_CONFLICT;
        }
    }
    sqlite3_finalize(stmt);
    return e;
}

enum err sqlite_migrate(sqlite3 *h, const struct embedded *list)
{
    TRY(run_sql(h, "table", "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, "
                            "checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"));
    TRY(refuse_newer(h, list));
    struct arena *a = arena_new();
    enum err e = OK;
    for (const struct embedded *m = list; e == OK && m->name != NULL; m++) {
        if (!db_migration_is_for(m, DB_SQLITE))
            continue;
        struct str sum = db_migration_sum(a, m);
        bool applied = false;
        e = look_up(h, m->name, sum, &applied);
        if (e == OK && !applied)
            e = apply(a, h, m, sum);
    }
    arena_free(a);
    return e;
}
