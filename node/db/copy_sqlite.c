#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/db/copy_private.h"
#include "node/db/sqlite_private.h"

enum { SQL_MAX = 64 << 10 };

bool db_disk_is_full(sqlite3 *h)
{
    int why = sqlite3_system_errno(h); /* a file at its limit, or a quota, is EIO to SQLite */
    return (sqlite3_errcode(h) & 0xff) == SQLITE_FULL || why == ENOSPC || why == EDQUOT || why == EFBIG;
}

static enum err failed(struct copy_end *e, const char *what)
{
    sqlite3 *h = e->conn;
    enum err code = sqlite_code(sqlite3_extended_errcode(h));
    code = cx_fail(e->cx, code == OK ? ERR_STORAGE : code, "copy: %s of %s: %s", what, e->where,
                   sqlite3_errmsg(h));
    struct str name = str_c(e->where);
    if (db_disk_is_full(h))
        return cx_tellf(e->cx, code, N_("There is no room left for {0}. Make room and try again."), &name, 1);
    return code;
}

static void put_name(struct buf *b, struct str name)
{
    buf_put_char(b, '"');
    buf_put(b, name);
    buf_put_char(b, '"');
}

/* ---- the catalogue ---- */

struct rows {
    sqlite3_stmt *stmt;
};

static enum err query(struct copy_end *e, const char *sql, struct str arg, struct rows *ret)
{
    if (sqlite3_prepare_v2(e->conn, sql, -1, &ret->stmt, NULL) != SQLITE_OK)
        return failed(e, "the catalogue");
    if (arg.p != NULL)
        sqlite3_bind_text(ret->stmt, 1, arg.p, (int)arg.n, SQLITE_STATIC);
    return OK;
}

static bool next(struct rows *r)
{
    return sqlite3_step(r->stmt) == SQLITE_ROW;
}

static struct str text(struct copy_end *e, struct rows *r, int i)
{
    return str_dup(e->cx->arena, (struct str){(const char *)sqlite3_column_text(r->stmt, i),
                                              (size_t)sqlite3_column_bytes(r->stmt, i)});
}

static enum err count(struct copy_end *e, const char *sql, struct str arg, size_t *ret)
{
    struct rows r;
    TRY(query(e, sql, arg, &r));
    *ret = next(&r) ? (size_t)sqlite3_column_int64(r.stmt, 0) : 0;
    sqlite3_finalize(r.stmt);
    return OK;
}

static char type_of(struct str declared)
{
    return str_eq_c(declared, "INTEGER") ? 'i' : str_eq_c(declared, "TEXT") ? 't'
           : str_eq_c(declared, "BLOB")  ? 'b' : str_eq_c(declared, "REAL") ? 'r' : '?';
}

static enum err read_columns(struct copy_end *e, struct copy_table *t)
{
    struct rows r;
    struct arena *a = e->cx->arena;
    enum err err = OK;
    TRY(count(e, "SELECT COUNT(*) FROM pragma_table_info(?1)", t->name, &t->n_columns));
    t->columns = ARENA_ARRAY(a, struct copy_column, t->n_columns + 1);
    t->key = ARENA_ARRAY(a, struct str, t->n_columns + 1);
    TRY(query(e, "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid", t->name, &r));
    for (size_t i = 0; i < t->n_columns && next(&r); i++) {
        t->columns[i] = (struct copy_column){text(e, &r, 0), type_of(text(e, &r, 1))};
        size_t at = (size_t)sqlite3_column_int64(r.stmt, 2);
        if (at > 0 && at <= t->n_columns) {
            t->key[at - 1] = t->columns[i].name;
            t->n_key++;
        }
        if (t->columns[i].type == '?')
            err = cx_fail(e->cx, ERR_INTERNAL, "copy: the type of " STR_FMT "." STR_FMT " is unknown",
                          STR_ARG(t->name), STR_ARG(t->columns[i].name));
    }
    sqlite3_finalize(r.stmt);
    return err;
}

static enum err read_refs(struct copy_end *e, struct copy_table *t)
{
    struct rows r;
    TRY(count(e, "SELECT COUNT(*) FROM pragma_foreign_key_list(?1)", t->name, &t->n_refs));
    t->refs = ARENA_ARRAY(e->cx->arena, struct str, t->n_refs + 1);
    TRY(query(e, "SELECT \"table\" FROM pragma_foreign_key_list(?1)", t->name, &r));
    for (size_t i = 0; i < t->n_refs && next(&r); i++)
        t->refs[i] = text(e, &r, 0);
    sqlite3_finalize(r.stmt);
    return OK;
}

/* The list of migrations is each store's own; what an engine keeps for itself is no row of ours. */
#define OF_TABLES " FROM pragma_table_list WHERE schema = 'main' AND type = 'table'" \
                  " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'migration'"
#define OF_MIGRATIONS " FROM migration WHERE name NOT LIKE '%.sqlite.sql' AND name NOT LIKE '%.pg.sql'"

static enum err lite_schema(struct copy_end *e, struct copy_schema *ret)
{
    struct rows r;
    struct copy_schema s = {0};
    TRY(count(e, "SELECT COUNT(*)" OF_TABLES, STR_NULL, &s.n_tables));
    s.tables = ARENA_ARRAY(e->cx->arena, struct copy_table, s.n_tables + 1);
    TRY(query(e, "SELECT name" OF_TABLES " ORDER BY name", STR_NULL, &r));
    for (size_t i = 0; i < s.n_tables && next(&r); i++)
        s.tables[i].name = text(e, &r, 0);
    sqlite3_finalize(r.stmt);
    for (size_t i = 0; i < s.n_tables; i++) {
        TRY(read_columns(e, &s.tables[i]));
        TRY(read_refs(e, &s.tables[i]));
    }
    TRY(count(e, "SELECT COUNT(*)" OF_MIGRATIONS, STR_NULL, &s.n_migrations));
    s.migrations = ARENA_ARRAY(e->cx->arena, struct copy_migration, s.n_migrations + 1);
    TRY(query(e, "SELECT name, checksum" OF_MIGRATIONS " ORDER BY name", STR_NULL, &r));
    for (size_t i = 0; i < s.n_migrations && next(&r); i++)
        s.migrations[i] = (struct copy_migration){text(e, &r, 0), text(e, &r, 1)};
    sqlite3_finalize(r.stmt);
    *ret = s;
    return OK;
}

/* ---- rows ---- */

static void read_value(sqlite3_stmt *stmt, int i, char type, struct copy_value *v)
{
    *v = (struct copy_value){.null = sqlite3_column_type(stmt, i) == SQLITE_NULL};
    if (v->null)
        return;
    if (type == 'i') {
        v->i = sqlite3_column_int64(stmt, i);
    } else if (type == 'r') {
        v->r = sqlite3_column_double(stmt, i);
    } else {
        v->s.p = type == 't' ? (const char *)sqlite3_column_text(stmt, i) : sqlite3_column_blob(stmt, i);
        v->s.n = (size_t)sqlite3_column_bytes(stmt, i);
    }
}

static enum err lite_each(struct copy_end *e, const struct copy_table *t, copy_row_fn *row, void *arg)
{
    struct buf sql;
    sqlite3_stmt *stmt = NULL;
    struct copy_value *values = ARENA_ARRAY(e->cx->arena, struct copy_value, t->n_columns);
    buf_init_arena(&sql, e->cx->arena, SQL_MAX);
    for (size_t i = 0; i < t->n_columns; i++) {
        buf_put_c(&sql, i == 0 ? "SELECT " : ", ");
        put_name(&sql, t->columns[i].name);
    }
    buf_lit(&sql, " FROM ");
    put_name(&sql, t->name);
    size_t n = t->n_key > 0 ? t->n_key : t->n_columns;
    for (size_t i = 0; i < n; i++) {
        buf_put_c(&sql, i == 0 ? " ORDER BY " : ", ");
        put_name(&sql, t->n_key > 0 ? t->key[i] : t->columns[i].name);
    }
    if (sql.overflow || sqlite3_prepare_v2(e->conn, buf_str(&sql).p, -1, &stmt, NULL) != SQLITE_OK)
        return failed(e, "reading");
    enum err err = OK;
    int rc = SQLITE_ROW;
    while (err == OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (size_t i = 0; i < t->n_columns; i++)
            read_value(stmt, (int)i, t->columns[i].type, &values[i]);
        err = row(arg, t, values);
    }
    if (err == OK && rc != SQLITE_DONE)
        err = failed(e, "reading");
    sqlite3_finalize(stmt);
    return err;
}

static enum err lite_put_begin(struct copy_end *e, const struct copy_table *t)
{
    struct buf sql;
    sqlite3_stmt *stmt = NULL;
    buf_init_arena(&sql, e->cx->arena, SQL_MAX);
    buf_lit(&sql, "INSERT INTO ");
    put_name(&sql, t->name);
    for (size_t i = 0; i < t->n_columns; i++) {
        buf_put_c(&sql, i == 0 ? " (" : ", ");
        put_name(&sql, t->columns[i].name);
    }
    for (size_t i = 0; i < t->n_columns; i++)
        buf_put_c(&sql, i == 0 ? ") VALUES (?" : ", ?");
    buf_lit(&sql, ")");
    if (sql.overflow || sqlite3_prepare_v2(e->conn, buf_str(&sql).p, -1, &stmt, NULL) != SQLITE_OK)
        return failed(e, "writing");
    e->statement = stmt;
    return OK;
}

static enum err lite_put(void *arg, const struct copy_table *t, const struct copy_value *row)
{
    struct copy_end *e = arg;
    sqlite3_stmt *stmt = e->statement;
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct copy_value *v = &row[i];
        const char *p = v->s.p == NULL ? "" : v->s.p;
        int at = (int)i + 1;
        if (v->null)
            sqlite3_bind_null(stmt, at);
        else if (t->columns[i].type == 'i')
            sqlite3_bind_int64(stmt, at, v->i);
        else if (t->columns[i].type == 'r')
            sqlite3_bind_double(stmt, at, v->r);
        else if (t->columns[i].type == 't')
            sqlite3_bind_text64(stmt, at, p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
        else
            sqlite3_bind_blob64(stmt, at, p, v->s.n, SQLITE_STATIC);
    }
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? OK : failed(e, "writing");
}

static enum err lite_put_end(struct copy_end *e, const struct copy_table *t)
{
    (void)t;
    sqlite3_finalize(e->statement);
    e->statement = NULL;
    return OK;
}

/* ---- the two sides ---- */

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_copy(a, path, (size_t)(slash - path));
}

static enum err orphans(struct copy_end *e)
{
    size_t n;
    TRY(count(e, "SELECT COUNT(*) FROM pragma_foreign_key_check", STR_NULL, &n));
    return n == 0 ? OK : cx_fail(e->cx, ERR_STORAGE, "copy: rows name others that are not there");
}

static enum err lite_commit(struct copy_end *e)
{
    TRY(orphans(e));
    if (sqlite3_exec(e->conn, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return failed(e, "writing");
    sqlite3_close(e->conn);
    e->conn = NULL;
    if (!sync_path(e->part, O_RDONLY) || link(e->part, e->where) != 0 ||
        !sync_path(folder_of(e->cx->arena, e->where), O_RDONLY | O_DIRECTORY))
        return cx_fail(e->cx, ERR_STORAGE, "copy: %s: %s", e->where, strerror(errno));
    e->committed = true;
    return OK;
}

static void remove_part(struct copy_end *e)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        unlink(arena_printf(e->cx->arena, "%s%s", e->part, ends[i]));
}

static void lite_close(struct copy_end *e)
{
    sqlite3_finalize(e->statement);
    sqlite3_close(e->conn);
    if (e->part != NULL)
        remove_part(e);
}

/* The transaction is all: it ends when the file has been closed, and then the caller moves it. */
static enum err lite_leave(struct copy_end *e, const char **ret_name)
{
    (void)e;
    *ret_name = NULL;
    return OK;
}

static enum err lite_left(struct copy_end *e)
{
    (void)e;
    return OK;
}

static const struct copy_engine engine = {
    lite_schema, lite_each,  lite_put_begin, lite_put,   lite_put_end,
    lite_commit, lite_leave, lite_left,      lite_close,
};

static enum err make_target(struct copy_end *e)
{
    struct db *db;
    struct str name = str_c(e->where);
    if (access(e->where, F_OK) == 0)
        return cx_tellf(e->cx, ERR_CONFLICT, N_("{0} is there already. Name a new file."), &name, 1);
    e->part = arena_printf(e->cx->arena, "%s.part", e->where);
    remove_part(e); /* of a copy that was cut off */
    enum err err = db_open(e->part, db_migrations, &db);
    if (err != OK)
        return cx_tellf(e->cx, err, N_("{0} cannot be made. Is there no room left? The log says why."), &name, 1);
    db_close(db);
    return OK;
}

enum err copy_open_sqlite(struct cx *cx, const char *where, enum copy_side side, struct copy_end *ret)
{
    struct copy_end e = {.engine = &engine, .cx = cx, .where = where, .side = side};
    bool target = side == COPY_TO;
    enum err err = target ? make_target(&e) : OK;
    if (err == OK && sqlite3_open_v2(target ? e.part : where, (sqlite3 **)&e.conn,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        err = failed(&e, "opening");
    if (err == OK) {
        sqlite3_extended_result_codes(e.conn, 1);
        sqlite3_busy_timeout(e.conn, SQLITE_BUSY_MS);
        /* The part has another name until it is whole, so it needs no journal. */
        if (sqlite3_exec(e.conn,
                         target ? "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                                  "PRAGMA foreign_keys=OFF; PRAGMA cache_size=-8192; BEGIN IMMEDIATE;"
                         : side == COPY_LEAVE
                             ? "PRAGMA cache_size=-8192; BEGIN IMMEDIATE;"
                                : "PRAGMA query_only=ON; PRAGMA cache_size=-8192; BEGIN;"
                                  "SELECT COUNT(*) FROM sqlite_master;",
                         NULL, NULL, NULL) != SQLITE_OK)
            err = failed(&e, "opening");
    }
    if (err != OK) {
        lite_close(&e);
        return err;
    }
    *ret = e;
    return OK;
}
