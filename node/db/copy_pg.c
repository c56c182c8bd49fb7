/* A schema of PostgreSQL as one side of a copy: COPY in its binary format, both ways. A row is the
 * number of its fields in two bytes, then for each its length in four (-1: NULL) and its bytes. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/db/copy_private.h"
#include "node/db/pg_private.h"

enum { SQL_MAX = 64 << 10, OUT_AT = 256 << 10, OUT_MAX = INT32_MAX, HEAD = 19 };

struct side {
    PGconn *h;
    struct pg_address at;
    struct buf out; /* rows on their way */
};

static struct side *side_of(struct copy_end *e)
{
    return e->conn;
}

static enum err failed(struct copy_end *e, const PGresult *res, const char *what)
{
    char fault[PG_FAULT];
    const char *state = res == NULL ? NULL : PQresultErrorField(res, PG_DIAG_SQLSTATE);
    if (state != NULL)
        pg_fault_of(res, fault);
    else
        pg_fault_set(fault, PQerrorMessage(side_of(e)->h), &side_of(e)->at);
    enum err code = state == NULL ? ERR_BUSY : pg_code(state);
    return cx_fail(e->cx, code == OK ? ERR_STORAGE : code, "copy: %s: %s", what, fault);
}

static enum err run(struct copy_end *e, const char *sql, const char *what)
{
    PGresult *res = PQexec(side_of(e)->h, sql);
    ExecStatusType s = PQresultStatus(res);
    enum err err = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK ? OK : failed(e, res, what);
    PQclear(res);
    return err;
}

/* ---- the catalogue ---- */

#define IN_SCHEMA " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1" \
                  " WHERE c.relkind = 'r' AND c.relname <> 'migration'"

static enum err query(struct copy_end *e, const char *sql, PGresult **ret)
{
    const char *const in[] = {side_of(e)->at.schema};
    *ret = PQexecParams(side_of(e)->h, sql, 1, NULL, in, NULL, NULL, 0);
    if (PQresultStatus(*ret) == PGRES_TUPLES_OK)
        return OK;
    enum err err = failed(e, *ret, "the catalogue");
    PQclear(*ret);
    return err;
}

static struct str text(struct copy_end *e, const PGresult *res, int row, int column)
{
    return str_dup(e->cx->arena, (struct str){PQgetvalue(res, row, column),
                                              (size_t)PQgetlength(res, row, column)});
}

static struct copy_table *table_of(const struct copy_schema *s, const char *name)
{
    for (size_t i = 0; i < s->n_tables; i++)
        if (str_eq_c(s->tables[i].name, name))
            return &s->tables[i];
    return NULL;
}

static enum err read_tables(struct copy_end *e, struct copy_schema *s)
{
    PGresult *res;
    TRY(query(e, "SELECT c.relname FROM pg_class c" IN_SCHEMA " ORDER BY c.relname", &res));
    s->n_tables = (size_t)PQntuples(res);
    s->tables = ARENA_ARRAY(e->cx->arena, struct copy_table, s->n_tables + 1);
    for (size_t i = 0; i < s->n_tables; i++)
        s->tables[i].name = text(e, res, (int)i, 0);
    PQclear(res);
    return OK;
}

static char type_of(const char *name)
{
    return strcmp(name, "int8") == 0 ? 'i' : strcmp(name, "text") == 0 ? 't'
           : strcmp(name, "bytea") == 0 ? 'b' : strcmp(name, "float8") == 0 ? 'r' : '?';
}

static enum err read_columns(struct copy_end *e, struct copy_schema *s)
{
    PGresult *res;
    enum err err = OK;
    TRY(query(e, "SELECT c.relname, a.attname, t.typname FROM pg_class c"
                 " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                 " AND NOT a.attisdropped AND a.attgenerated = ''"
                 " JOIN pg_type t ON t.oid = a.atttypid" IN_SCHEMA
                 " ORDER BY c.relname, a.attnum", &res));
    int n = PQntuples(res);
    for (int i = 0; i < n; i++) {
        struct copy_table *t = table_of(s, PQgetvalue(res, i, 0));
        if (t == NULL)
            continue;
        if (t->columns == NULL) {
            t->columns = ARENA_ARRAY(e->cx->arena, struct copy_column, DB_MAX_COLUMNS);
            t->key = ARENA_ARRAY(e->cx->arena, struct str, DB_MAX_COLUMNS);
            t->refs = ARENA_ARRAY(e->cx->arena, struct str, DB_MAX_COLUMNS);
        }
        char type = type_of(PQgetvalue(res, i, 2));
        if (type == '?' || t->n_columns == DB_MAX_COLUMNS)
            err = cx_fail(e->cx, ERR_INTERNAL, "copy: the type of %s.%s is unknown",
                          PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
        else
            t->columns[t->n_columns++] = (struct copy_column){text(e, res, i, 1), type};
    }
    PQclear(res);
    return err;
}

static enum err read_keys(struct copy_end *e, struct copy_schema *s)
{
    PGresult *res;
    TRY(query(e, "SELECT c.relname, a.attname FROM pg_class c"
                 " JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
                 " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)"
                 " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum" IN_SCHEMA
                 " ORDER BY c.relname, k.place", &res));
    for (int i = 0; i < PQntuples(res); i++) {
        struct copy_table *t = table_of(s, PQgetvalue(res, i, 0));
        if (t != NULL && t->key != NULL && t->n_key < DB_MAX_COLUMNS)
            t->key[t->n_key++] = text(e, res, i, 1);
    }
    PQclear(res);
    TRY(query(e, "SELECT c.relname, r.relname FROM pg_class c"
                 " JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'"
                 " JOIN pg_class r ON r.oid = k.confrelid" IN_SCHEMA, &res));
    for (int i = 0; i < PQntuples(res); i++) {
        struct copy_table *t = table_of(s, PQgetvalue(res, i, 0));
        if (t != NULL && t->refs != NULL && t->n_refs < DB_MAX_COLUMNS)
            t->refs[t->n_refs++] = text(e, res, i, 1);
    }
    PQclear(res);
    return OK;
}

static enum err pg_schema(struct copy_end *e, struct copy_schema *ret)
{
    PGresult *res;
    struct copy_schema s = {0};
    TRY(read_tables(e, &s));
    if (s.n_tables == 0)
        return cx_fail(e->cx, ERR_CONFLICT, "copy: there is no store in the schema %s", side_of(e)->at.schema);
    TRY(read_columns(e, &s));
    TRY(read_keys(e, &s));
    TRY(query(e, "SELECT name, checksum FROM migration WHERE name NOT LIKE '%.sqlite.sql'"
                 " AND name NOT LIKE '%.pg.sql' AND $1 <> '' ORDER BY name", &res));
    s.n_migrations = (size_t)PQntuples(res);
    s.migrations = ARENA_ARRAY(e->cx->arena, struct copy_migration, s.n_migrations + 1);
    for (size_t i = 0; i < s.n_migrations; i++)
        s.migrations[i] = (struct copy_migration){text(e, res, (int)i, 0), text(e, res, (int)i, 1)};
    PQclear(res);
    *ret = s;
    return OK;
}

/* ---- reading ---- */

static uint64_t be(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* Where the row that begins at p ends, or 0: not all of it is here yet. The end of all is a row too,
 * of -1 fields. */
static size_t row_end(const char *p, size_t n)
{
    size_t at = 2;
    if (n < 2)
        return 0;
    int fields = (int16_t)be(p, 2);
    for (int i = 0; i < fields; i++) {
        if (n < at + 4)
            return 0;
        int32_t length = (int32_t)be(p + at, 4);
        at += 4 + (length > 0 ? (size_t)length : 0);
        if (n < at)
            return 0;
    }
    return at;
}

static bool read_row(const char *p, const struct copy_table *t, struct copy_value *values)
{
    if (be(p, 2) != t->n_columns)
        return false;
    p += 2;
    for (size_t i = 0; i < t->n_columns; i++) {
        int32_t length = (int32_t)be(p, 4);
        char type = t->columns[i].type;
        p += 4;
        values[i] = (struct copy_value){.null = length < 0};
        if (length < 0)
            continue;
        if ((type == 'i' || type == 'r') && length != 8)
            return false;
        uint64_t bits = type == 'i' || type == 'r' ? be(p, 8) : 0;
        if (type == 'i')
            values[i].i = (int64_t)bits;
        else if (type == 'r')
            memcpy(&values[i].r, &bits, sizeof bits);
        else
            values[i].s = (struct str){p, (size_t)length};
        p += length;
    }
    return true;
}

struct reading {
    const struct copy_table *t;
    struct copy_value *values;
    copy_row_fn *row;
    void *arg;
    struct buf rest; /* bytes of a row that is not all here */
    bool head_seen;
};

static enum err take_bytes(struct copy_end *e, struct reading *r, const char *p, size_t n)
{
    size_t at = 0, end;
    buf_put_bytes(&r->rest, p, n);
    if (!r->head_seen) {
        if (r->rest.n < HEAD)
            return OK;
        at = HEAD + be(r->rest.p + HEAD - 4, 4);
        r->head_seen = true;
    }
    while ((end = row_end(r->rest.p + at, r->rest.n - at)) > 0) {
        if (be(r->rest.p + at, 2) != 0xffff) {
            if (!read_row(r->rest.p + at, r->t, r->values))
                return cx_fail(e->cx, ERR_INTERNAL, "copy: a row of " STR_FMT " is not as described",
                               STR_ARG(r->t->name));
            TRY(r->row(r->arg, r->t, r->values));
        }
        at += end;
    }
    struct str left = str_sub(buf_str(&r->rest), at, SIZE_MAX);
    memmove(r->rest.p, left.p, left.n);
    r->rest.n = left.n;
    return r->rest.overflow ? cx_fail(e->cx, ERR_TOO_LARGE, "copy: a row is too large") : OK;
}

static void put_name(struct buf *b, struct str name)
{
    buf_put_char(b, '"');
    buf_put(b, name);
    buf_put_char(b, '"');
}

static void put_names(struct buf *b, const struct copy_table *t)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (i > 0)
            buf_lit(b, ", ");
        put_name(b, t->columns[i].name);
    }
}

/* The order of bytes, which is SQLite's; columns of the schema have it already. */
static void put_order(struct buf *b, const struct copy_table *t)
{
    size_t n = t->n_key > 0 ? t->n_key : t->n_columns;
    for (size_t i = 0; i < n; i++) {
        buf_put_c(b, i == 0 ? " ORDER BY " : ", ");
        struct str name = t->n_key > 0 ? t->key[i] : t->columns[i].name;
        put_name(b, name);
        for (size_t c = 0; c < t->n_columns; c++)
            if (str_eq(t->columns[c].name, name) && t->columns[c].type == 't')
                buf_lit(b, " COLLATE \"C\"");
    }
}

static enum err start_copy(struct copy_end *e, struct buf *sql, ExecStatusType wanted)
{
    PGresult *res = PQexec(side_of(e)->h, buf_str(sql).p);
    enum err err = PQresultStatus(res) == wanted && !sql->overflow ? OK : failed(e, res, "copying");
    PQclear(res);
    return err;
}

/* What ends a COPY, good or bad. */
static enum err end_copy(struct copy_end *e)
{
    enum err err = OK;
    PGresult *res;
    while ((res = PQgetResult(side_of(e)->h)) != NULL) {
        if (err == OK && PQresultStatus(res) != PGRES_COMMAND_OK)
            err = failed(e, res, "copying");
        PQclear(res);
    }
    return err;
}

static enum err pg_each(struct copy_end *e, const struct copy_table *t, copy_row_fn *row, void *arg)
{
    struct reading r = {.t = t, .row = row, .arg = arg};
    struct buf sql;
    char *p = NULL;
    int n;
    r.values = ARENA_ARRAY(e->cx->arena, struct copy_value, t->n_columns + 1);
    buf_init_arena(&sql, e->cx->arena, SQL_MAX);
    buf_lit(&sql, "COPY (SELECT ");
    put_names(&sql, t);
    buf_lit(&sql, " FROM ");
    put_name(&sql, t->name);
    put_order(&sql, t);
    buf_lit(&sql, ") TO STDOUT (FORMAT binary)");
    TRY(start_copy(e, &sql, PGRES_COPY_OUT));
    buf_init(&r.rest, OUT_MAX);
    enum err err = OK;
    while (err == OK && (n = PQgetCopyData(side_of(e)->h, &p, 0)) > 0) {
        err = take_bytes(e, &r, p, (size_t)n);
        PQfreemem(p);
    }
    buf_free(&r.rest);
    return err == OK ? end_copy(e) : err; /* else the connection is closed, in the middle of it */
}

/* ---- writing ---- */

static enum err flush(struct copy_end *e)
{
    struct side *s = side_of(e);
    if (s->out.overflow)
        return cx_fail(e->cx, ERR_TOO_LARGE, "copy: a row is too large");
    if (s->out.n > 0 && PQputCopyData(s->h, s->out.p, (int)s->out.n) != 1)
        return failed(e, NULL, "copying");
    buf_clear(&s->out);
    return OK;
}

static void put_be(struct buf *b, uint64_t v, size_t n)
{
    char bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(v >> (8 * (n - 1 - i)));
    buf_put_bytes(b, bytes, n);
}

static enum err pg_put_begin(struct copy_end *e, const struct copy_table *t)
{
    struct buf sql;
    buf_init_arena(&sql, e->cx->arena, SQL_MAX);
    buf_lit(&sql, "COPY ");
    put_name(&sql, t->name);
    buf_lit(&sql, " (");
    put_names(&sql, t);
    buf_lit(&sql, ") FROM STDIN (FORMAT binary)");
    TRY(start_copy(e, &sql, PGRES_COPY_IN));
    buf_clear(&side_of(e)->out);
    buf_put_bytes(&side_of(e)->out, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", HEAD);
    return OK;
}

static enum err unkept(struct copy_end *e, const struct copy_table *t)
{
    return cx_tellf(e->cx, ERR_INVALID,
                    N_("A text in table {0} is not well-formed UTF-8 or holds a zero byte, which PostgreSQL does not keep."),
                    &t->name, 1);
}

static enum err pg_put(void *arg, const struct copy_table *t, const struct copy_value *row)
{
    struct copy_end *e = arg;
    struct buf *out = &side_of(e)->out;
    put_be(out, t->n_columns, 2);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct copy_value *v = &row[i];
        char type = t->columns[i].type;
        uint64_t bits = (uint64_t)v->i;
        if (type == 'r')
            memcpy(&bits, &v->r, sizeof bits);
        if (!v->null && type == 't' && v->s.n > 0 &&
            (memchr(v->s.p, '\0', v->s.n) != NULL || !str_is_utf8(v->s)))
            return unkept(e, t);
        if (v->null) {
            put_be(out, UINT32_MAX, 4);
        } else if (type == 'i' || type == 'r') {
            put_be(out, 8, 4);
            put_be(out, bits, 8);
        } else {
            put_be(out, v->s.n, 4);
            buf_put(out, v->s);
        }
    }
    return out->n >= OUT_AT ? flush(e) : OK;
}

static enum err pg_put_end(struct copy_end *e, const struct copy_table *t)
{
    struct buf sql;
    put_be(&side_of(e)->out, 0xffff, 2);
    TRY(flush(e));
    if (PQputCopyEnd(side_of(e)->h, NULL) != 1)
        return failed(e, NULL, "copying");
    TRY(end_copy(e));
    /* The planner knows nothing of what came in at once. */
    buf_init_arena(&sql, e->cx->arena, SQL_MAX);
    buf_lit(&sql, "ANALYZE ");
    put_name(&sql, t->name);
    return run(e, buf_str(&sql).p, "analyze");
}

static enum err pg_commit_copy(struct copy_end *e)
{
    TRY(run(e, "COMMIT", "commit"));
    e->committed = true;
    return OK;
}

/* ---- the two sides ---- */

static void pg_close(struct copy_end *e)
{
    struct side *s = side_of(e);
    PQfinish(s->h);
    pg_address_free(&s->at);
    buf_free(&s->out);
    free(s);
    e->conn = NULL;
}

/* A server that has the schema open finds nothing under its name any more. */
static enum err pg_leave(struct copy_end *e, const char **ret_name)
{
    struct arena *a = e->cx->arena;
    const char *schema = side_of(e)->at.schema;
    const char *name = arena_printf(a, "%.40s_left_%lld", schema, (long long)clock_now());
    TRY(run(e, arena_printf(a, "ALTER SCHEMA \"%s\" RENAME TO \"%s\"", schema, name), "leaving the schema"));
    *ret_name = name;
    return OK;
}

static const struct copy_engine engine = {
    pg_schema,      pg_each,  pg_put_begin,   pg_put,   pg_put_end,
    pg_commit_copy, pg_leave, pg_commit_copy, pg_close,
};

static enum err make_target(struct cx *cx, const char *where)
{
    struct db *db;
    enum err e = db_open(where, db_migrations, &db);
    if (e != OK)
        return cx_fail(cx, e, "copy: the target cannot be made; the log says why");
    db_close(db);
    return OK;
}

/* Writers of a target or of a source that is left wait meanwhile; else the source is one snapshot, and
 * nobody waits. The lock comes before the snapshot, which would else be older than the last writer. */
static enum err begin(struct copy_end *e)
{
    struct arena *a = e->cx->arena;
    long long key = (long long)pg_key(&side_of(e)->at, STR_NULL);
    TRY(run(e, "SET statement_timeout = 0; SET lock_timeout = 0;"
               "SET idle_in_transaction_session_timeout = 0", "begin"));
    if (e->side == COPY_FROM)
        return run(e, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "begin");
    if (e->side == COPY_TO)
        return run(e, arena_printf(a, "BEGIN; SELECT pg_advisory_xact_lock(%lld)", key), "begin");
    TRY(run(e, arena_printf(a, "SELECT pg_advisory_lock(%lld)", key), "begin"));
    return run(e, "BEGIN ISOLATION LEVEL REPEATABLE READ", "begin");
}

enum err copy_open_pg(struct cx *cx, const char *where, enum copy_side side, struct copy_end *ret)
{
    struct copy_end e = {.engine = &engine, .cx = cx, .where = where, .side = side};
    char fault[PG_FAULT];
    struct side *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    e.conn = s;
    buf_init(&s->out, OUT_MAX);
    enum err err = pg_address_read(where, &s->at);
    if (err != OK)
        err = cx_tell(cx, err, N_("The address of the store is not of the form postgresql://user:password@host/database?schema=name."));
    if (err == OK && (s->h = pg_connect(&s->at, fault)) == NULL) {
        struct str words = str_dup(cx->arena, str_c(fault));
        err = cx_tellf(cx, ERR_BUSY, N_("The store on PostgreSQL cannot be reached: {0}."), &words, 1);
    }
    if (err == OK && side == COPY_TO)
        err = make_target(cx, where);
    if (err == OK)
        err = begin(&e);
    if (err != OK) {
        pg_close(&e);
        return err;
    }
    *ret = e;
    return OK;
}
