/* Transactions on SQLite: one writer, group commit (D-4).
 *
 * The writer is handed from thread to thread in the order of asking. Who gets it finds either no
 * transaction (and begins one) or that of the batch, and works in a savepoint of its own. At its
 * end, if others wait, it passes the writer on with the transaction still open and sleeps; the last
 * one, or the one that finds the batch full or old, commits for all. So n writers that come at the
 * same time cost one fsync, and each of them returns only when it has happened. */
#include <errno.h>
#include <stdlib.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/db_private.h"
#include "node/node.h"

static int step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

enum err db_tx_open(struct db *db)
{
    const struct {
        const char *sql;
        sqlite3_stmt **to;
    } all[] = {
        {"BEGIN IMMEDIATE", &db->begin}, {"COMMIT", &db->commit},
        {"ROLLBACK", &db->rollback},     {"SAVEPOINT member", &db->savepoint},
        {"RELEASE member", &db->release}, {"ROLLBACK TO member", &db->rollback_to},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sqlite3_prepare_v3(db->writer.h, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].to,
                               NULL) != SQLITE_OK)
            return ERR_STORAGE;
    return OK;
}

void db_tx_close(struct db *db)
{
    sqlite3_stmt *all[] = {db->begin,     db->commit,  db->rollback,
                           db->savepoint, db->release, db->rollback_to};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
}

/* After disk full and the like SQLite may have rolled back everything by itself; running on would
 * then write in autocommit mode. Otherwise a failed statement could be gone on after on SQLite alone;
 * it is lost here, too, so that nobody comes to rely on it. */
void db_tx_note_failure(struct cx *cx, enum err e)
{
    struct db *db = cx->node->db;
    if (sqlite3_get_autocommit(db->writer.h))
        db->batch->broken = true;
    if (cx->tx_lost == 0)
        cx->tx_lost_by = e;
    cx->tx_lost = db->batch->broken ? 1 : cx->tx_depth;
}

enum err db_tx_refuse(struct cx *cx, const char *what)
{
    enum err e = cx->tx_lost_by;
    return cx_fail(cx, e == ERR_STORAGE || e == ERR_BUSY ? e : ERR_INTERNAL,
                   "%s: a failed statement lost level %d of the transaction", what, cx->tx_lost);
}

/* ---- who has the writer -------------------------------------------------------------------- */

static void queue_remove(struct db *db, struct db_waiter *w)
{
    struct db_waiter **at = &db->first, *before = NULL;
    while (*at != w) {
        before = *at;
        at = &(*at)->next;
    }
    *at = w->next;
    if (db->last == w)
        db->last = before;
}

static enum err writer_wait(struct db *db)
{
    struct db_waiter w = {0};
    clock_cond_init(&w.granted);
    const struct timespec until = clock_deadline(DB_WRITER_WAIT_MS);
    if (db->last != NULL)
        db->last->next = &w;
    else
        db->first = &w;
    db->last = &w;
    int rc = 0;
    while (!w.has_it && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w.granted, &db->write_lock, &until);
    if (!w.has_it)
        queue_remove(db, &w);
    pthread_cond_destroy(&w.granted);
    return w.has_it ? OK : ERR_BUSY;
}

static enum err writer_take(struct cx *cx, struct db *db)
{
    enum err e = OK;
    pthread_mutex_lock(&db->write_lock);
    if (db->busy && pthread_equal(db->holder, pthread_self())) {
        pthread_mutex_unlock(&db->write_lock);
        return cx_fail(cx, ERR_INTERNAL, "this thread has a transaction open in another context");
    }
    if (db->busy)
        e = writer_wait(db);
    if (e == OK) {
        db->busy = true;
        db->holder = pthread_self();
    }
    pthread_mutex_unlock(&db->write_lock);
    if (e != OK)
        return cx_fail(cx, e, "the writer was not free for %d ms", DB_WRITER_WAIT_MS);
    return OK;
}

/* Under write_lock. The writer stays busy when it goes to the next in the queue. */
static void writer_pass(struct db *db)
{
    struct db_waiter *w = db->first;
    if (w == NULL) {
        db->busy = false;
        return;
    }
    db->first = w->next;
    if (db->first == NULL)
        db->last = NULL;
    db->holder = (pthread_t){0};
    w->has_it = true;
    pthread_cond_signal(&w->granted);
}

/* ---- the batch ----------------------------------------------------------------------------- */

static struct db_batch *batch_new(void)
{
    struct db_batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        abort();
    pthread_cond_init(&b->finished, NULL);
    b->refs = 1; /* the holder's */
    b->began = clock_monotonic();
    return b;
}

/* Under write_lock. */
static void batch_unref(struct db_batch *b)
{
    if (--b->refs > 0)
        return;
    pthread_cond_destroy(&b->finished);
    free(b);
}

/* By the holder: end the common transaction for all members, then pass the writer on. */
static enum err batch_finish(struct db *db)
{
    struct db_batch *b = db->batch;
    enum err result = OK;
    int rc = SQLITE_OK;
    if (b->broken)
        result = ERR_STORAGE;
    else if (b->members > 0)
        rc = step(db->commit);
    else
        rc = step(db->rollback);
    if (rc != SQLITE_OK) {
        log_error("db", "commit of %d transactions failed: %s", b->members,
                  sqlite3_errmsg(db->writer.h));
        result = ERR_STORAGE;
    }
    if (!sqlite3_get_autocommit(db->writer.h))
        step(db->rollback);
    if (result == OK && b->members > 0 && !b->lazy) {
        atomic_fetch_add(&db->commits, 1);
        atomic_fetch_add(&db->members, (uint64_t)b->members);
    }
    pthread_mutex_lock(&db->write_lock);
    db->batch = NULL;
    b->done = true;
    b->result = result;
    pthread_cond_broadcast(&b->finished);
    writer_pass(db);
    batch_unref(b);
    pthread_mutex_unlock(&db->write_lock);
    return result;
}

/* By the holder, whose own part is released or undone: pass the open batch on, if there is somebody
 * who waits and the batch may still grow. True when passed; the holder then has the writer no more,
 * but (if it is a member) a reference to the batch. */
static bool batch_pass(struct db *db, bool member)
{
    struct db_batch *b = db->batch;
    bool passed = false;
    pthread_mutex_lock(&db->write_lock);
    if (member)
        b->members++;
    if (db->first != NULL && !b->broken && !b->lazy && b->members < DB_BATCH_MAX &&
        clock_monotonic() - b->began < DB_BATCH_MS) {
        if (member)
            b->refs++;
        writer_pass(db);
        passed = true;
    }
    pthread_mutex_unlock(&db->write_lock);
    return passed;
}

static enum err batch_wait(struct db *db, struct db_batch *b)
{
    pthread_mutex_lock(&db->write_lock);
    while (!b->done)
        pthread_cond_wait(&b->finished, &db->write_lock);
    enum err result = b->result;
    batch_unref(b);
    pthread_mutex_unlock(&db->write_lock);
    return result;
}

/* ---- what node/cx.c calls ------------------------------------------------------------------ */

/* A lazy transaction is written to the log file but not synced: it outlives the process, not the
 * power. It is a batch of its own, so that nobody's durable one rides on it. */
static int set_durable(struct db *db, bool durable)
{
    if (db->lazy == !durable)
        return SQLITE_OK;
    db->lazy = !durable;
    return sqlite3_exec(db->writer.h,
                        durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", NULL,
                        NULL, NULL);
}

static enum err outermost_begin(struct cx *cx, struct db *db)
{
    TRY(writer_take(cx, db));
    if (db->batch == NULL) {
        int rc = set_durable(db, !cx->lazy);
        if (rc == SQLITE_OK)
            rc = step(db->begin);
        if (rc != SQLITE_OK) {
            enum err e = cx_fail(cx, db_code(rc), "cannot begin: %s", sqlite3_errmsg(db->writer.h));
            pthread_mutex_lock(&db->write_lock);
            writer_pass(db);
            pthread_mutex_unlock(&db->write_lock);
            return e;
        }
        pthread_mutex_lock(&db->write_lock);
        db->batch = batch_new();
        db->batch->lazy = cx->lazy;
        pthread_mutex_unlock(&db->write_lock);
    }
    cx->conn = &db->writer;
    return OK;
}

static enum err outermost_end(struct cx *cx, struct db *db, bool member)
{
    struct db_batch *b = db->batch;
    cx->conn = NULL;
    if (!batch_pass(db, member)) {
        enum err e = batch_finish(db);
        return member ? e : OK;
    }
    return member ? batch_wait(db, b) : OK;
}

static void level_gone(struct cx *cx)
{
    cx->tx_depth--;
    if (cx->tx_lost > cx->tx_depth)
        cx->tx_lost = 0;
    if (cx->tx_depth == 0)
        cx->tx_shared = false;
}

enum err db_tx_begin(struct cx *cx, bool shared)
{
    struct db *db = cx->node->db;
    if (cx->tx_lost > 0)
        return db_tx_refuse(cx, "begin");
    if (cx->tx_depth > 0 && cx->tx_shared && !shared)
        return cx_fail(cx, ERR_INTERNAL, "a shared transaction cannot hold an exclusive one");
    if (cx->tx_depth == 0) {
        TRY(outermost_begin(cx, db));
        cx->tx_shared = shared;
    }
    cx->tx_depth++;
    if (db->batch->broken || step(db->savepoint) != SQLITE_OK) {
        db_tx_note_failure(cx, ERR_STORAGE);
        level_gone(cx);
        if (cx->tx_depth == 0) {
            enum err e = outermost_end(cx, db, false);
            (void)e; /* nothing of ours was in it */
        }
        return cx_fail(cx, ERR_STORAGE, "cannot begin: %s", sqlite3_errmsg(db->writer.h));
    }
    return OK;
}

enum err db_tx_commit(struct cx *cx)
{
    struct db *db = cx->node->db;
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "commit without a transaction");
    if (cx->tx_lost > 0) {
        enum err lost = db_tx_refuse(cx, "commit");
        db_tx_rollback(cx);
        return lost;
    }
    if (db->batch->broken || step(db->release) != SQLITE_OK) {
        db_tx_rollback(cx);
        return cx_fail(cx, ERR_STORAGE, "commit: the transaction is lost");
    }
    level_gone(cx);
    if (cx->tx_depth > 0)
        return OK;
    enum err e = outermost_end(cx, db, true);
    return e == OK ? OK : cx_fail(cx, e, "commit failed; see the log of the store");
}

void db_tx_rollback(struct cx *cx)
{
    struct db *db = cx->node->db;
    if (cx->tx_depth == 0)
        return;
    if (!db->batch->broken) {
        /* if even this fails, nobody's part can be told from ours any more */
        if (step(db->rollback_to) != SQLITE_OK || step(db->release) != SQLITE_OK)
            db->batch->broken = true;
    }
    level_gone(cx);
    if (cx->tx_depth > 0)
        return;
    enum err e = outermost_end(cx, db, false);
    (void)e; /* told to the members whom it concerns */
}

/* All transactions of a file exclude each other already. */
enum err db_tx_lock(struct cx *cx, struct str name)
{
    (void)name;
    return cx->tx_depth > 0 ? OK : cx_fail(cx, ERR_INTERNAL, "a lock outside a transaction");
}
