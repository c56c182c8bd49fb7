/* A store in a file: SQLite in WAL mode, one writing connection and a pool of readers. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/sqlite_private.h"

enum err sqlite_code(int rc)
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

static void conn_close(struct sqlite_conn *c)
{
    sqlite_forget_prepared(c);
    sqlite3_close(c->h);
    *c = (struct sqlite_conn){0};
}

static void conns_free(struct db_conn *list)
{
    while (list != NULL) {
        struct sqlite_conn *c = (struct sqlite_conn *)list;
        list = list->next;
        conn_close(c);
        free(c);
    }
}

/* Small caches for readers: the operating system keeps the file's pages anyway, and an idle node shall cost
 * little. The file is not mapped: reading it is as fast, and what is mapped counts once for each node that is
 * awake. The writer's holds what a common commit of many writes without reading any of it twice, until nobody
 * writes (trim), and a page that each of them writes is copied back into the file four times as rarely as
 * SQLite would. */
static enum err conn_open(struct sqlite_conn *c, const char *path, bool writer)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(path, &c->h, flags, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(c->h, 1);
        sqlite3_busy_timeout(c->h, SQLITE_BUSY_MS);
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_LOOKASIDE, NULL, 512, 32);
        rc = sqlite3_exec(c->h,
                          writer ? "PRAGMA journal_mode=WAL;"
                                   "PRAGMA synchronous=FULL;"
                                   "PRAGMA foreign_keys=ON;"
                                   "PRAGMA cache_size=-4096;"
                                   "PRAGMA wal_autocheckpoint=4000;"
                                   "PRAGMA journal_size_limit=16777216;"
                                   "PRAGMA temp_store=MEMORY;"
                                 : "PRAGMA query_only=ON;"
                                   "PRAGMA cache_size=-256;"
                                   "PRAGMA temp_store=MEMORY;",
                          NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK)
        return OK;
    log_error("db", "cannot open %s: %s", path, c->h == NULL ? "no memory" : sqlite3_errmsg(c->h));
    conn_close(c);
    return sqlite_code(rc) == OK ? ERR_STORAGE : sqlite_code(rc);
}

static void reader_gone(struct sqlite_db *db)
{
    pthread_mutex_lock(&db->read_lock);
    db->n_readers--;
    pthread_cond_signal(&db->read_free);
    pthread_mutex_unlock(&db->read_lock);
}

static enum err reader_take(struct cx *cx, struct sqlite_db *db, struct sqlite_conn **ret)
{
    const struct timespec until = clock_deadline(DB_CONN_WAIT_MS);
    pthread_mutex_lock(&db->read_lock);
    while (db->idle == NULL && db->n_readers == DB_MAX_CONNS) {
        if (pthread_cond_timedwait(&db->read_free, &db->read_lock, &until) == ETIMEDOUT) {
            pthread_mutex_unlock(&db->read_lock);
            return cx_fail(cx, ERR_BUSY, "no reader was free for %d ms", DB_CONN_WAIT_MS);
        }
    }
    struct sqlite_conn *c = (struct sqlite_conn *)db->idle;
    if (c != NULL)
        db->idle = c->base.next;
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
            reader_gone(db);
            return cx_fail(cx, e, "no reader could be opened");
        }
    }
    *ret = c;
    return OK;
}

static void trim(struct db *base);

static void reader_give(struct sqlite_db *db, struct sqlite_conn *c)
{
    int64_t now = clock_monotonic();
    c->base.used_at = now;
    pthread_mutex_lock(&db->read_lock);
    c->base.next = db->idle;
    db->idle = &c->base;
    bool trims = now - db->trimmed_at > DB_IDLE_MS / 2;
    if (trims)
        db->trimmed_at = now;
    pthread_cond_signal(&db->read_free);
    pthread_mutex_unlock(&db->read_lock);
    if (trims)
        trim(&db->base);
}

static enum err read_alone(struct cx *cx, struct db *base, const struct db_call *call)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct sqlite_conn *c = NULL;
    TRY(reader_take(cx, db, &c));
    enum err e = sqlite_run(cx, &c->base, call);
    reader_give(db, c);
    return e;
}

static enum err check_query(struct cx *cx, struct db *base, const struct db_query *q)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct sqlite_conn *c = NULL;
    sqlite3_stmt *stmt = NULL;
    TRY(reader_take(cx, db, &c));
    enum err e = sqlite_prepare(cx, c->h, q, &stmt);
    sqlite3_finalize(stmt);
    reader_give(db, c);
    return e;
}

/* The idle ones stand in the order of their last use. */
static void trim(struct db *base)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    int64_t before = clock_monotonic() - DB_IDLE_MS;
    pthread_mutex_lock(&db->read_lock);
    struct db_conn **at = &db->idle;
    while (*at != NULL && (*at)->used_at >= before)
        at = &(*at)->next;
    struct db_conn *old = *at;
    *at = NULL;
    for (struct db_conn *c = old; c != NULL; c = c->next)
        db->n_readers--;
    pthread_mutex_unlock(&db->read_lock);
    conns_free(old);
    if (!db_batch_take_idle(base))
        return;
    sqlite3_db_release_memory(db->writer.h);
    db_batch_give(base, false);
}

/* ---- opening ------------------------------------------------------------------------------- */

static void close_db(struct db *base)
{
    struct sqlite_db *db = (struct sqlite_db *)base;
    conns_free(db->idle);
    sqlite_tx_close(db);
    conn_close(&db->writer); /* last: it checkpoints and removes the WAL */
    pthread_mutex_destroy(&db->read_lock);
    pthread_cond_destroy(&db->read_free);
    db_base_end(base);
    free(db->path);
    free(db);
}

static const struct db_engine sqlite_engine = {
    .close = close_db,
    .read = read_alone,
    .run = sqlite_run,
    .is_gone = sqlite_is_gone,
    .gone = ERR_STORAGE,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .level_begin = sqlite_level_begin,
    .level_keep = sqlite_level_keep,
    .level_undo = sqlite_level_undo,
    .check = check_query,
};

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

enum err db_open_sqlite(const char *path, const struct embedded *list, struct db **ret)
{
    TRY(create_private(path));
    /* SQLite would count all its memory under one lock, which every thread then waits for. Once it
     * runs it refuses the change, and needs none. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct sqlite_db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->path = strdup(path)) == NULL)
        abort();
    db_base_init(&db->base, &sqlite_engine, list);
    pthread_mutex_init(&db->read_lock, NULL);
    clock_cond_init(&db->read_free);
    enum err e = conn_open(&db->writer, path, true);
    if (e == OK)
        e = sqlite_migrate(db->writer.h, list);
    if (e == OK)
        e = sqlite_tx_open(db);
    if (e == OK)
        sqlite3_db_release_memory(db->writer.h); /* what migrating had cached */
    if (e != OK) {
        close_db(&db->base);
        return e;
    }
    *ret = &db->base;
    return OK;
}
