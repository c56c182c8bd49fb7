#include "node/db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/db_private.h"
#include "node/node.h"

enum err db_code(int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return ERR_CONFLICT;
    default: break;
    }
    switch (rc & 0xff) {
    case SQLITE_OK: case SQLITE_ROW: case SQLITE_DONE: return OK;
    case SQLITE_CONSTRAINT: return ERR_INVALID;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    case SQLITE_BUSY: case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_FULL: case SQLITE_IOERR: case SQLITE_CANTOPEN: case SQLITE_CORRUPT:
    case SQLITE_NOTADB: case SQLITE_READONLY: case SQLITE_PERM: case SQLITE_NOMEM:
    case SQLITE_PROTOCOL: return ERR_STORAGE;
    default: return ERR_INTERNAL;
    }
}

/* ---- connections --------------------------------------------------------------------------- */

static void conn_close(struct db_conn *c)
{
    for (size_t i = 0; i < c->cap; i++)
        if (c->slots[i].query != NULL)
            sqlite3_finalize(c->slots[i].stmt);
    free(c->slots);
    sqlite3_close(c->h);
    *c = (struct db_conn){0};
}

/* Small caches: the operating system keeps the file's pages anyway, and an idle node shall cost
 * little. mmap saves the copy for what is read often. */
static enum err conn_open(struct db_conn *c, const char *path, bool writer)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(path, &c->h, flags, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(c->h, 1);
        sqlite3_busy_timeout(c->h, DB_BUSY_MS);
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_LOOKASIDE, NULL, 512, 32);
        rc = sqlite3_exec(c->h,
                          writer ? "PRAGMA journal_mode=WAL;"
                                   "PRAGMA synchronous=FULL;"
                                   "PRAGMA foreign_keys=ON;"
                                   "PRAGMA cache_size=-1024;"
                                   "PRAGMA journal_size_limit=16777216;"
                                   "PRAGMA temp_store=MEMORY;"
                                 : "PRAGMA query_only=ON;"
                                   "PRAGMA cache_size=-256;"
                                   "PRAGMA mmap_size=33554432;"
                                   "PRAGMA temp_store=MEMORY;",
                          NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK)
        return OK;
    log_error("db", "cannot open %s: %s", path, c->h == NULL ? "no memory" : sqlite3_errmsg(c->h));
    conn_close(c);
    return db_code(rc) == OK ? ERR_STORAGE : db_code(rc);
}

static size_t slot_of(const struct db_conn *c, const struct db_query *q)
{
    size_t i = ((uintptr_t)q >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    for (i &= c->cap - 1; c->slots[i].query != NULL && c->slots[i].query != q;)
        i = (i + 1) & (c->cap - 1);
    return i;
}

static void slots_grow(struct db_conn *c)
{
    struct db_conn old = *c;
    c->cap = old.cap == 0 ? 32 : old.cap * 2;
    c->slots = calloc(c->cap, sizeof *c->slots);
    if (c->slots == NULL)
        abort();
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].query != NULL)
            c->slots[slot_of(c, old.slots[i].query)] = old.slots[i];
    free(old.slots);
}

static enum err prepare(struct cx *cx, sqlite3 *h, const struct db_query *q, sqlite3_stmt **ret)
{
    const char *tail = NULL;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(h, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
    if (rc != SQLITE_OK) {
        enum err e = db_code(rc);
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

sqlite3_stmt *db_prepare(struct cx *cx, struct db_conn *c, const struct db_query *q,
                         enum err *ret_err)
{
    if (c->n * 2 >= c->cap)
        slots_grow(c);
    size_t i = slot_of(c, q);
    if (c->slots[i].query == NULL) {
        sqlite3_stmt *stmt = NULL;
        *ret_err = prepare(cx, c->h, q, &stmt);
        if (*ret_err != OK)
            return NULL;
        c->slots[i] = (struct db_prepared){q, stmt};
        c->n++;
    }
    return c->slots[i].stmt;
}

static enum err reader_take(struct cx *cx, struct db *db, struct db_conn **ret)
{
    const struct timespec until = clock_deadline(DB_READER_WAIT_MS);
    pthread_mutex_lock(&db->read_lock);
    while (db->idle == NULL && db->n_readers == DB_MAX_READERS) {
        if (pthread_cond_timedwait(&db->read_free, &db->read_lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&db->read_lock);
            return cx_fail(cx, ERR_BUSY, "no reader was free for %d ms", DB_READER_WAIT_MS);
        }
    }
    struct db_conn *c = db->idle;
    if (c != NULL)
        db->idle = c->next;
    else
        db->n_readers++;
    pthread_mutex_unlock(&db->read_lock);
    if (c == NULL) {
        c = calloc(1, sizeof *c);
        if (c == NULL)
            abort();
        enum err e = conn_open(c, db->path, false);
        if (e != OK) {
            free(c);
            pthread_mutex_lock(&db->read_lock);
            db->n_readers--;
            pthread_cond_signal(&db->read_free);
            pthread_mutex_unlock(&db->read_lock);
            return cx_fail(cx, e, "no reader could be opened");
        }
    }
    *ret = c;
    return OK;
}

static void reader_give(struct db *db, struct db_conn *c)
{
    pthread_mutex_lock(&db->read_lock);
    c->next = db->idle;
    db->idle = c;
    pthread_cond_signal(&db->read_free);
    pthread_mutex_unlock(&db->read_lock);
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
            return cx_fail(cx, db_code(rc), "query %s: value %d cannot be bound", q->name, i + 1);
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

static enum err run_on(struct cx *cx, struct db_conn *c, const struct db_query *q,
                       const union db_value *in, void (*row)(void *, const union db_value *),
                       void *arg, int64_t *ret_n)
{
    union db_value columns[DB_MAX_COLUMNS];
    enum err e = OK;
    sqlite3_stmt *stmt = db_prepare(cx, c, q, &e);
    if (stmt == NULL)
        return e;
    int64_t rows = 0;
    e = bind_all(cx, stmt, q, in);
    while (e == OK) {
        int rc = sqlite3_step(stmt);
        if (rc == SQLITE_DONE)
            break;
        if (rc != SQLITE_ROW) {
            e = cx_fail(cx, db_code(rc), "query %s: %s", q->name, sqlite3_errmsg(c->h));
            break;
        }
        rows++;
        if (row != NULL) {
            e = read_row(cx, stmt, q, columns);
            if (e == OK)
                row(arg, columns);
        }
    }
    if (e == OK && ret_n != NULL)
        *ret_n = q->out[0] == '\0' ? sqlite3_changes64(c->h) : rows;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return e;
}

static enum err run_in_tx(struct cx *cx, const struct db_query *q, const union db_value *in,
                          void (*row)(void *, const union db_value *), void *arg, int64_t *ret_n)
{
    if (cx->tx_lost > 0)
        return db_tx_refuse(cx, q->name);
    enum err e = run_on(cx, cx->conn, q, in, row, arg, ret_n);
    if (e != OK)
        db_tx_note_failure(cx, e);
    return e;
}

enum err db_run(struct cx *cx, const struct db_query *q, const union db_value *in,
                void (*row)(void *arg, const union db_value *columns), void *arg, int64_t *ret_n)
{
    if (cx->tx_depth > 0)
        return run_in_tx(cx, q, in, row, arg, ret_n);
    if (q->writes) {
        TX_SCOPE(cx);
        TRY(run_in_tx(cx, q, in, row, arg, ret_n));
        return tx_commit(cx);
    }
    struct db *db = cx->node->db;
    struct db_conn *c = NULL;
    TRY(reader_take(cx, db, &c));
    enum err e = run_on(cx, c, q, in, row, arg, ret_n);
    reader_give(db, c);
    return e;
}

enum err db_check_query(struct cx *cx, const struct db_query *q)
{
    struct db_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    TRY(reader_take(cx, cx->node->db, &c));
    enum err e = prepare(cx, c->h, q, &stmt);
    sqlite3_finalize(stmt);
    reader_give(cx->node->db, c);
    return e;
}

/* ---- opening ------------------------------------------------------------------------------- */

void db_counters(const struct db *db, uint64_t *ret_commits, uint64_t *ret_transactions)
{
    *ret_commits = atomic_load(&db->commits);
    *ret_transactions = atomic_load(&db->members);
}

/* For its owner alone from the first byte on; SQLite gives -wal and -shm the same mode. */
static enum err create_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        log_error("db", "cannot open %s: %s", path, strerror(errno));
        return ERR_STORAGE;
    }
    close(fd);
    return OK;
}

bool db_is_shared(const struct db *db)
{
    return atomic_load(&db->shared);
}

void db_set_shared(struct db *db, bool shared)
{
    atomic_store(&db->shared, shared);
}

/* On a file nobody can be told; the others look once a second. */
void db_notify(struct db *db, unsigned wake)
{
    (void)db;
    (void)wake;
}

enum err db_open(const char *path, const struct embedded *migrations, struct db **ret)
{
    TRY(create_private(path));
    /* SQLite would count all its memory under one lock, which every thread then waits for. Once it
     * runs it refuses the change, and needs none. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->path = strdup(path)) == NULL)
        abort();
    db->migrations = migrations;
    pthread_mutex_init(&db->read_lock, NULL);
    pthread_mutex_init(&db->write_lock, NULL);
    clock_cond_init(&db->read_free);
    enum err e = conn_open(&db->writer, path, true);
    if (e == OK)
        e = db_migrate(db->writer.h, migrations);
    if (e == OK)
        e = db_tx_open(db);
    if (e == OK)
        sqlite3_db_release_memory(db->writer.h); /* what migrating had cached */
    if (e != OK) {
        db_close(db);
        return e;
    }
    *ret = db;
    return OK;
}

struct db *db_close(struct db *db)
{
    if (db == NULL)
        return NULL;
    while (db->idle != NULL) {
        struct db_conn *c = db->idle;
        db->idle = c->next;
        conn_close(c);
        free(c);
    }
    db_tx_close(db);
    conn_close(&db->writer); /* last: it checkpoints and removes the WAL */
    pthread_mutex_destroy(&db->read_lock);
    pthread_mutex_destroy(&db->write_lock);
    pthread_cond_destroy(&db->read_free);
    free(db->path);
    free(db);
    return NULL;
}
