/* The writer of exclusive transactions, and group commit (D-4).
 *
 * The writer is handed from thread to thread in the order of asking. Who gets it finds either no
 * transaction (and begins one) or that of the batch, and works in a savepoint of its own. At its
 * end, if others wait, it passes the writer on with the transaction still open and sleeps; the last
 * one, or the one that finds the batch full or old, commits for all. So n writers that come at the
 * same time cost one fsync, and each of them returns only when it has happened. */
#include <errno.h>
#include <stdlib.h>

#include "node/base/clock.h"
#include "node/db/db_private.h"
#include "node/node.h"

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
    if (b->members == 0 || b->broken)
        db->engine->rollback(db);
    else
        result = db->engine->commit(db);
    if (b->broken)
        result = db->engine->gone;
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
 * who waits and the batch may still grow. What was undone and shared with nobody is not passed on,
 * since it had no level of its own. True when passed; the holder then has the writer no more,
 * but (if it is a member) a reference to the batch. */
static bool batch_pass(struct db *db, bool member)
{
    struct db_batch *b = db->batch;
    bool passed = false;
    pthread_mutex_lock(&db->write_lock);
    if (member)
        b->members++;
    if (db->first != NULL && !b->broken && !b->lazy && b->members > 0 && b->members < DB_BATCH_MAX &&
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

/* ---- what db.c calls ----------------------------------------------------------------------- */

bool db_batch_is_ours(struct db *db)
{
    pthread_mutex_lock(&db->write_lock);
    bool ours = db->busy && pthread_equal(db->holder, pthread_self());
    pthread_mutex_unlock(&db->write_lock);
    return ours;
}

bool db_batch_is_second(const struct db *db)
{
    return db->batch->members > 0;
}

/* By the holder, who finds no batch. A lazy transaction is a batch of its own, so that nobody's
 * durable one rides on it. */
static enum err batch_open(struct cx *cx, struct db *db)
{
    enum err e = db->engine->begin(cx, db);
    pthread_mutex_lock(&db->write_lock);
    if (e == OK) {
        db->batch = batch_new();
        db->batch->lazy = cx->lazy;
    } else {
        writer_pass(db);
    }
    pthread_mutex_unlock(&db->write_lock);
    return e;
}

enum err db_batch_join(struct cx *cx, struct db *db)
{
    TRY(writer_take(cx, db));
    return db->batch == NULL ? batch_open(cx, db) : OK;
}

enum err db_batch_leave(struct cx *cx, struct db *db, bool member)
{
    struct db_batch *b = db->batch;
    enum err e = batch_pass(db, member) ? (member ? batch_wait(db, b) : OK) : batch_finish(db);
    if (!member || e == OK)
        return OK;
    if (e == ERR_BUSY)
        cx->retry_after_s = DB_OUTAGE_RETRY_S;
    return cx_fail(cx, e, "commit failed; see the log of the store");
}

static bool is_waited_for(struct db *db)
{
    pthread_mutex_lock(&db->write_lock);
    bool waited_for = db->first != NULL;
    pthread_mutex_unlock(&db->write_lock);
    return waited_for;
}

enum err db_batch_take(struct cx *cx, struct db *db, bool *ret_alone)
{
    TRY(writer_take(cx, db));
    *ret_alone = db->engine->write != NULL && db->batch == NULL && !is_waited_for(db);
    return *ret_alone || db->batch != NULL ? OK : batch_open(cx, db);
}

bool db_batch_take_idle(struct db *db)
{
    pthread_mutex_lock(&db->write_lock);
    bool idle = !db->busy;
    if (idle) {
        db->busy = true;
        db->holder = pthread_self();
    }
    pthread_mutex_unlock(&db->write_lock);
    return idle;
}

void db_batch_give(struct db *db, bool wrote)
{
    if (wrote) {
        atomic_fetch_add(&db->commits, 1);
        atomic_fetch_add(&db->members, 1);
    }
    pthread_mutex_lock(&db->write_lock);
    writer_pass(db);
    pthread_mutex_unlock(&db->write_lock);
}
