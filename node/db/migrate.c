/* Brings a store to the schema of this program. The files of node/db/migrations are compiled in;
 * what was applied is recorded with its checksum, so that a changed file or a store of a newer
 * program is refused instead of guessed at. */
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/embed.h"
#include "node/base/log.h"
#include "node/db/db_private.h"

enum { MAX_SQL = 1 << 20 };

static bool is_word_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* From the PostgreSQL spelling of the files to SQLite's. Comments go; quoted text stays. */
struct respeller {
    struct str in;
    size_t at;
    struct buf *out;
    int words;        /* words of this statement so far */
    bool is_create, is_table;
};

static void respell_word(struct respeller *r)
{
    size_t from = r->at;
    while (r->at < r->in.n && is_word_char(r->in.p[r->at]))
        r->at++;
    struct str w = str_sub(r->in, from, r->at - from);
    if (++r->words == 1)
        r->is_create = str_eq_c(w, "CREATE");
    else if (r->words == 2)
        r->is_table = r->is_create && str_eq_c(w, "TABLE");
    if (str_eq_c(w, "BIGINT"))
        buf_lit(r->out, "INTEGER");
    else if (str_eq_c(w, "BYTEA"))
        buf_lit(r->out, "BLOB");
    else if (str_eq_c(w, "DOUBLE"))
        buf_lit(r->out, "REAL");
    else if (!str_eq_c(w, "PRECISION"))
        buf_put(r->out, w);
}

static void respell_char(struct respeller *r)
{
    char c = r->in.p[r->at];
    size_t end = r->at + 1;
    if (c == '\'' || c == '"') {
        end = str_find_char(r->in, c, end);
        end = end == SIZE_MAX ? r->in.n : end + 1;
    } else if (c == '-' && end < r->in.n && r->in.p[end] == '-') {
        r->at = str_find_char(r->in, '\n', end);
        if (r->at == SIZE_MAX)
            r->at = r->in.n;
        return;
    } else if (c == ';') {
        if (r->is_table)
            buf_lit(r->out, " STRICT");
        r->words = 0;
        r->is_create = r->is_table = false;
    }
    buf_put(r->out, str_sub(r->in, r->at, end - r->at));
    r->at = end;
}

static const char *respell(struct arena *a, struct str sql)
{
    struct buf out;
    buf_init_arena(&out, a, MAX_SQL);
    struct respeller r = {.in = sql, .out = &out};
    while (r.at < sql.n) {
        if (is_word_char(sql.p[r.at]))
            respell_word(&r);
        else
            respell_char(&r);
    }
    return buf_str(&out).p;
}

static enum err run_sql(sqlite3 *h, const char *name, const char *sql)
{
    if (sqlite3_exec(h, sql, NULL, NULL, NULL) == SQLITE_OK)
        return OK;
    log_error("db", "migration %s: %s", name, sqlite3_errmsg(h));
    enum err e = db_code(sqlite3_extended_errcode(h));
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
            log_error("db", "the store was made with another version of migration %s; "
                            "use the program that it was made with, or restore a backup", name);
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
    struct str sql = {(const char *)m->bytes, m->n};
    TRY(run_sql(h, m->name, "BEGIN IMMEDIATE"));
    enum err e = look_up(h, m->name, sum, &applied);
    if (e == OK && !applied)
        e = run_sql(h, m->name, respell(a, sql));
    if (e == OK && !applied)
        e = record(h, m->name, sum);
    if (e == OK)
        e = run_sql(h, m->name, "COMMIT");
    if (e != OK && !sqlite3_get_autocommit(h))
        sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL);
    return e;
}

static bool is_ours(const struct embedded *list, const char *name)
{
    for (const struct embedded *m = list; m->name != NULL; m++)
        if (strcmp(m->name, name) == 0)
            return true;
    return false;
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
        if (!is_ours(list, name)) {
            log_error("db", "the store has migration %s, which this program does not know: "
                            "it was written by a newer version; upgrade the program", name);
            e = ERR_CONFLICT;
        }
    }
    sqlite3_finalize(stmt);
    return e;
}

enum err db_migrate(sqlite3 *h, const struct embedded *list)
{
    TRY(run_sql(h, "table", "CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, "
                            "checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"));
    TRY(refuse_newer(h, list));
    struct arena *a = arena_new();
    enum err e = OK;
    for (const struct embedded *m = list; e == OK && m->name != NULL; m++) {
        struct str sum = crypt_sha256_hex(a, (struct str){(const char *)m->bytes, m->n});
        bool applied = false;
        e = look_up(h, m->name, sum, &applied);
        if (e == OK && !applied)
            e = apply(a, h, m, sum);
    }
    arena_free(a);
    return e;
}
