/* Statements on SQLite: prepared once a connection, bound, stepped. */
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/db/sqlite_private.h"

/* ---- prepared statements ------------------------------------------------------------------- */

void sqlite_forget_prepared(struct sqlite_conn *c)
{
    for (size_t i = 0; i < c->cap; i++)
        if (c->slots[i].query != NULL)
            sqlite3_finalize(c->slots[i].stmt);
    free(c->slots);
    c->slots = NULL;
    c->n = c->cap = 0;
}

static size_t slot_of(const struct sqlite_conn *c, const struct db_query *q)
{
    size_t i = ((uintptr_t)q >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    for (i &= c->cap - 1; c->slots[i].query != NULL && c->slots[i].query != q;)
        i = (i + 1) & (c->cap - 1);
    return i;
}

static void slots_grow(struct sqlite_conn *c)
{
    struct sqlite_conn old = *c;
    c->cap = old.cap == 0 ? 32 : old.cap * 2;
    c->slots = calloc(c->cap, sizeof *c->slots);
    if (c->slots == NULL)
        abort();
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].query != NULL)
            c->slots[slot_of(c, old.slots[i].query)] = old.slots[i];
    free(old.slots);
}

enum err sqlite_prepare(struct cx *cx, sqlite3 *h, const struct db_query *q,
                        sqlite3_stmt **ret)
{
    const char *tail = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(h, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
    if (rc != SQLITE_OK) {
        enum err e = sqlite_code(rc);
        return cx_fail(cx, e == OK ? ERR_INTERNAL : e, "query %s: %s", q->name, sqlite3_errmsg(h));
    }
    if (stmt == NULL || tail[strspn(tail, " \n;")] != '\0') {
        sqlite3_finalize(stmt);
        return cx_fail(cx, ERR_INTERNAL, "query %s is not one statement", q->name);
    }
    int n_in = sqlite3_bind_parameter_count(stmt), n_out = sqlite3_column_count(stmt);
    if (n_in != (int)strlen(q->in) || n_out != (int)strlen(q->out) || n_out > DB_MAX_COLUMNS) {
        sqlite3_finalize(stmt);
        return cx_fail(cx, ERR_INTERNAL, "query %s takes %d values and gives %d columns; described are %zu and %zu",
                       q->name, n_in, n_out, strlen(q->in), strlen(q->out));
    }
    *ret = stmt;
    return OK;
}

static sqlite3_stmt *find_prepared(struct cx *cx, struct sqlite_conn *c, const struct db_query *q,
                                   enum err *ret_err)
{
    if (c->n * 2 >= c->cap)
        slots_grow(c);
    size_t i = slot_of(c, q);
    if (c->slots[i].query == NULL) {
        sqlite3_stmt *stmt = NULL;
        *ret_err = sqlite_prepare(cx, c->h, q, &stmt);
        if (*ret_err != OK)
            return NULL;
        c->slots[i] = (struct sqlite_prepared){q, stmt};
        c->n++;
    }
    return c->slots[i].stmt;
}

/* ---- running a query ----------------------------------------------------------------------- */

static int bind_one(sqlite3_stmt *stmt, int at, char letter, const union db_value *v)
{
    static const char nothing[] = "";
    switch (letter) {
    case 'I':
        if (v->i == DB_NULL)
            return sqlite3_bind_null(stmt, at);
        return sqlite3_bind_int64(stmt, at, v->i);
    case 'i': return v->i == DB_NULL ? SQLITE_MISMATCH : sqlite3_bind_int64(stmt, at, v->i);
    case 'r': return sqlite3_bind_double(stmt, at, v->r);
    case 'T': case 'B':
        if (v->s.p == NULL)
            return sqlite3_bind_null(stmt, at);
        break;
    default: break;
    }
    const char *p = v->s.p == NULL ? nothing : v->s.p;
    if (letter == 't' || letter == 'T')
        return sqlite3_bind_text64(stmt, at, p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    return sqlite3_bind_blob64(stmt, at, p, v->s.n, SQLITE_STATIC);
}

static enum err bind_all(struct cx *cx, sqlite3_stmt *stmt, const struct db_query *q,
                         const union db_value *in)
{
    for (int i = 0; q->in[i] != '\0'; i++) {
        int rc = bind_one(stmt, i + 1, q->in[i], &in[i]);
        if (rc == SQLITE_MISMATCH)
            return cx_fail(cx, ERR_INTERNAL, "query %s: value %d must not be NULL", q->name, i + 1);
        if (rc != SQLITE_OK)
            return cx_fail(cx, sqlite_code(rc), "query %s: value %d cannot be bound", q->name, i + 1);
    }
    return OK;
}

static enum err read_row(struct cx *cx, sqlite3_stmt *stmt, const struct db_query *q,
                         union db_value *columns)
{
    for (int i = 0; q->out[i] != '\0'; i++) {
        char letter = q->out[i];
        bool null = sqlite3_column_type(stmt, i) == SQLITE_NULL;
        if (null && letter >= 'a')
            return cx_fail(cx, ERR_INTERNAL, "query %s: column %d is NULL; say so with '?'", q->name,
                           i + 1);
        if (letter == 'i' || letter == 'I') {
            columns[i].i = null ? DB_NULL : sqlite3_column_int64(stmt, i);
        } else if (letter == 'r') {
            columns[i].r = sqlite3_column_double(stmt, i);
        } else if (null) {
            columns[i].s = STR_NULL;
        } else {
            bool text = letter == 't' || letter == 'T';
            const void *p = text ? (const void *)sqlite3_column_text(stmt, i)
                                 : sqlite3_column_blob(stmt, i);
            size_t n = (size_t)sqlite3_column_bytes(stmt, i);
            columns[i].s = (struct str){arena_copy(cx->arena, p, n), n};
        }
    }
    return OK;
}

enum err sqlite_run(struct cx *cx, struct db_conn *base, const struct db_call *call)
{
    struct sqlite_conn *c = (struct sqlite_conn *)base;
    const struct db_query *q = call->q;
    union db_value columns[DB_MAX_COLUMNS];
    enum err e = OK;
    sqlite3_stmt *stmt = find_prepared(cx, c, q, &e);
    if (stmt == NULL)
        return e;
    int64_t rows = 0;
    e = bind_all(cx, stmt, q, call->in);
    while (e == OK) {
        int rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE)
            break;
        if (rc != SQLITE_ROW) {
            e = cx_fail(cx, sqlite_code(rc), "query %s: %s", q->name, sqlite3_errmsg(c->h));
            break;
        }
        rows++;
        if (call->row != NULL) {
            e = read_row(cx, stmt, q, columns);
            if (e == OK)
                call->row(call->arg, columns);
        }
    }
    if (e == OK && call->ret_n != NULL)
        *call->ret_n = q->out[0] == '\0' ? sqlite3_changes64(c->h) : rows;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return e;
}
