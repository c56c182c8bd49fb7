/* What node/db/db.h promises, on either engine: levels of transactions, and which engine it is. */
#include "node/db/db.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/log.h"
#include "node/db/db_private.h"
#include "node/node.h"

/* ---- transactions -------------------------------------------------------------------------- */

/* On the writer's connection, and not on one of its own? */
static bool is_batch(const struct cx *cx)
{
    return !cx->tx_shared || cx->node->db->engine->shared_begin == NULL;
}

/* A failed statement could be gone on after on SQLite alone, so the level is lost on both. */
static void note_failure(struct cx *cx, enum err e)
{
    struct db *db = cx->node->db;
    bool gone = db->engine->is_gone(cx->conn);
    if (gone && is_batch(cx))
        db->batch->broken = true;
    if (cx->tx_lost == 0)
        cx->tx_lost_by = e;
    cx->tx_lost = gone || cx->tx_flat ? 1 : cx->tx_depth;
}

static enum err refuse(struct cx *cx, const char *what)
{
    enum err e = cx->tx_lost_by;
    return cx_fail(cx, e == ERR_STORAGE || e == ERR_BUSY ? e : ERR_INTERNAL,
                   "%s: a failed statement lost level %d of the transaction", what, cx->tx_lost);
}

static void level_gone(struct cx *cx)
{
    cx->tx_depth--;
    if (cx->tx_lost > cx->tx_depth)
        cx->tx_lost = 0;
    if (cx->tx_depth > 0)
        return;
    cx->conn = NULL;
    cx->tx_shared = false;
}

/* Does this level have room of its own in the engine, to be undone alone? */
static bool has_savepoint(const struct cx *cx)
{
    if (cx->tx_depth > 1)
        return !cx->tx_flat;
    return is_batch(cx) && db_batch_is_second(cx->node->db);
}

/* End the outermost level, whose part stays or was undone already, or shares with nobody. */
static enum err leave(struct cx *cx, bool keep)
{
    struct db *db = cx->node->db;
    enum err e = OK;
    if (is_batch(cx))
        e = db_batch_leave(cx, db, keep);
    else if (keep)
        e = db->engine->shared_commit(cx, db);
    else
        db->engine->shared_rollback(cx, db);
    level_gone(cx);
    return e;
}

static enum err outermost_begin(struct cx *cx, struct db *db, bool shared)
{
    if (db->engine->has_shared != NULL && db->engine->has_shared(db))
        return cx_fail(cx, ERR_INTERNAL, "this thread has a transaction open in another context");
    if (shared && db->engine->shared_begin != NULL) {
        if (db_batch_is_ours(db))
            return cx_fail(cx, ERR_INTERNAL,
                           "this thread has a transaction open in another context");
        return db->engine->shared_begin(cx, db);
    }
    TRY(db_batch_join(cx, db));
    cx->conn = db->writer;
    return OK;
}

static enum err level_begin(struct cx *cx)
{
    struct db *db = cx->node->db;
    cx->tx_depth++;
    if (!has_savepoint(cx))
        return OK;
    enum err e = db->engine->level_begin(cx->conn, cx->tx_depth);
    if (e == OK)
        return OK;
    note_failure(cx, e);
    if (cx->tx_depth == 1)
        return leave(cx, false) == OK ? cx_fail(cx, e, "cannot begin") : e;
    level_gone(cx);
    cx->tx_lost = cx->tx_depth; /* what the engine thinks of its levels is not known any more */
    return cx_fail(cx, e, "cannot begin");
}

enum err db_tx_begin(struct cx *cx, bool shared)
{
    if (cx->tx_lost > 0)
        return refuse(cx, "begin");
    if (cx->tx_depth > 0 && cx->tx_shared && !shared)
        return cx_fail(cx, ERR_INTERNAL, "a shared transaction cannot hold an exclusive one");
    if (cx->tx_depth == 0) {
        TRY(outermost_begin(cx, cx->node->db, shared));
        cx->tx_shared = shared;
    }
    return level_begin(cx);
}

enum err db_tx_commit(struct cx *cx)
{
    struct db *db = cx->node->db;
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "commit without a transaction");
    enum err e = cx->tx_lost > 0 ? refuse(cx, "commit") : OK;
    if (e == OK && has_savepoint(cx)) {
        e = db->engine->level_keep(cx->conn, cx->tx_depth);
        if (e != OK) {
            note_failure(cx, e);
            e = cx_fail(cx, e, "commit: the transaction is lost");
        }
    }
    if (e != OK) {
        db_tx_rollback(cx);
        return e;
    }
    if (cx->tx_depth == 1)
        return leave(cx, true);
    level_gone(cx);
    return OK;
}

void db_tx_rollback(struct cx *cx)
{
    struct db *db = cx->node->db;
    if (cx->tx_depth == 0)
        return;
    /* if even this fails, nobody's part can be told from ours any more */
    if (has_savepoint(cx) && !db->engine->is_gone(cx->conn) &&
        db->engine->level_undo(cx->conn, cx->tx_depth) != OK) {
        if (is_batch(cx))
            db->batch->broken = true;
        cx->tx_lost = 1;
        cx->tx_lost_by = db->engine->gone;
    }
    if (cx->tx_depth > 1) {
        if (cx->tx_flat && cx->tx_lost == 0) {
            cx->tx_lost = 1;
            cx->tx_lost_by = ERR_INTERNAL;
        }
        level_gone(cx);
        return;
    }
    enum err e = leave(cx, false);
    (void)e; /* told to the members whom it concerns */
}

enum err db_tx_lock(struct cx *cx, struct str name)
{
    struct db *db = cx->node->db;
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "a lock outside a transaction");
    if (cx->tx_lost > 0)
        return refuse(cx, "lock");
    if (!cx->tx_shared || db->engine->lock == NULL)
        return OK;
    enum err e = db->engine->lock(cx, cx->conn, name);
    if (e != OK)
        note_failure(cx, e);
    return e;
}

/* ---- queries ------------------------------------------------------------------------------- */

static enum err run_in_tx(struct cx *cx, const struct db_call *call)
{
    if (cx->tx_lost > 0)
        return refuse(cx, call->q->name);
    enum err e = cx->node->db->engine->run(cx, cx->conn, call);
    if (e != OK)
        note_failure(cx, e);
    return e;
}

/* A writing statement outside a transaction. */
static enum err run_alone(struct cx *cx, struct db *db, const struct db_call *call)
{
    bool alone = false;
    if (db->engine->has_shared != NULL && db->engine->has_shared(db))
        return cx_fail(cx, ERR_INTERNAL, "this thread has a transaction open in another context");
    TRY(db_batch_take(cx, db, &alone));
    if (alone) {
        enum err e = db->engine->write(cx, db, call);
        db_batch_give(db, e == OK && !cx->lazy);
        return e;
    }
    cx->conn = db->writer;
    enum err e = level_begin(cx);
    if (e != OK)
        return e;
    e = run_in_tx(cx, call);
    if (e == OK)
        return db_tx_commit(cx);
    db_tx_rollback(cx);
    return e;
}

enum err db_run(struct cx *cx, const struct db_query *q, const union db_value *in,
                void (*row)(void *arg, const union db_value *columns), void *arg, int64_t *ret_n)
{
    const struct db_call call = {q, in, row, arg, ret_n};
    struct db *db = cx->node->db;
    if (cx->tx_depth > 0)
        return run_in_tx(cx, &call);
    if (q->writes)
        return run_alone(cx, db, &call);
    return q->is_public && cx->recall ? db_memo_read(cx, db, &call) : db->engine->read(cx, db, &call);
}

enum err db_check_query(struct cx *cx, const struct db_query *q)
{
    return cx->node->db->engine->check(cx, cx->node->db, q);
}

/* ---- the rest ------------------------------------------------------------------------------ */

bool db_is_shared(const struct db *db)
{
    return atomic_load(&db->shared);
}

void db_set_shared(struct db *db, bool shared)
{
    atomic_store(&db->shared, shared || db->engine->notify != NULL);
}

void db_notify(struct db *db, unsigned wake)
{
    if (db->engine->notify != NULL)
        db->engine->notify(db, wake);
}

void db_counters(const struct db *db, uint64_t *ret_commits, uint64_t *ret_transactions)
{
    *ret_commits = atomic_load(&db->commits);
    *ret_transactions = atomic_load(&db->members);
}

void db_base_init(struct db *db, const struct db_engine *engine, const struct embedded *list)
{
    db->engine = engine;
    db->migrations = list;
    db->memo = db_memo_new();
    pthread_mutex_init(&db->write_lock, NULL);
    db_together_init(&db->together);
}

void db_base_end(struct db *db)
{
    db->memo = db_memo_free(db->memo);
    db_together_end(&db->together);
    pthread_mutex_destroy(&db->write_lock);
}

enum err db_check_free(const char *where)
{
    if (db_is_address(where))
        return db_pg_check_free(where);
    if (access(where, F_OK) != 0)
        return OK;
    log_error("db", "%s is there already", where);
    return ERR_CONFLICT;
}

void db_discard(const char *where)
{
    static const char *const ends[] = {"-wal", "-shm", ""};
    if (db_is_address(where)) {
        db_pg_discard(where);
        return;
    }
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        (void)unlink(arena_printf(a, "%s%s", where, ends[i]));
    arena_free(a);
}

enum err db_open(const char *where, const struct embedded *migrations, struct db **ret)
{
    if (db_is_address(where))
        return db_open_pg(where, migrations, ret);
    return db_open_sqlite(where, migrations, ret);
}

struct db *db_close(struct db *db)
{
    if (db != NULL)
        db->engine->close(db);
    return NULL;
}
