/* Transactions on PostgreSQL. Every exclusive one holds the node's advisory lock to its end, a shared
 * one holds it shared: so writers of a node are serial as on SQLite, whatever process they are in, and
 * no domain function needs to think of two stores. The lock is one of the transaction, so it cannot
 * outlive it.
 *
 * Nothing here sends but the ends: BEGIN, the lock and savepoints wait in c->pending for the next
 * statement. */
#include <stdio.h>

#include "node/base/log.h"
#include "node/db/pg_private.h"
#include "node/node.h"

/* ---- what is pending ----------------------------------------------------------------------- */

#define CONTROL(text, takes) {.name = text, .sql = "", .pg = text, .in = takes, .out = ""}

static const struct db_query q_begin = CONTROL("BEGIN", "");
static const struct db_query q_commit = CONTROL("COMMIT", "");
static const struct db_query q_rollback = CONTROL("ROLLBACK", "");
static const struct db_query q_exclusive = CONTROL("SELECT pg_advisory_xact_lock($1)", "i");
static const struct db_query q_shared = CONTROL("SELECT pg_advisory_xact_lock_shared($1)", "i");
static const struct db_query q_lazy =
    CONTROL("SELECT set_config('synchronous_commit', 'off', true)", "");
/* Writes something of its own to the log, whose flush takes with it all that was written before. To have
 * an id is not enough: who wrote nothing but that waits for no disk. */
static const struct db_query q_flush =
    CONTROL("SELECT pg_logical_emit_message(true, 'orrery', '')", "");

#define LEVELS(what)                                                                               \
    {                                                                                              \
        CONTROL(what " l1", ""), CONTROL(what " l2", ""), CONTROL(what " l3", ""),                 \
        CONTROL(what " l4", ""), CONTROL(what " l5", ""), CONTROL(what " l6", ""),                 \
        CONTROL(what " l7", ""), CONTROL(what " l8", ""), CONTROL(what " l9", ""),                 \
        CONTROL(what " l10", ""), CONTROL(what " l11", ""), CONTROL(what " l12", ""),              \
        CONTROL(what " l13", ""), CONTROL(what " l14", ""), CONTROL(what " l15", ""),              \
        CONTROL(what " l16", ""),                                                                  \
    }
static const struct db_query q_savepoint[PG_MAX_LEVELS] = LEVELS("SAVEPOINT");
static const struct db_query q_release[PG_MAX_LEVELS] = LEVELS("RELEASE");
static const struct db_query q_undo[PG_MAX_LEVELS] = LEVELS("ROLLBACK TO");

bool pg_is_commit(const struct db_query *q)
{
    return q == &q_commit;
}

void pg_pend(struct pg_conn *c, const struct db_query *q, int64_t arg, int level)
{
    c->pending[c->n_pending++] = (struct pg_pending){q, arg, level};
}

static enum err make_room(struct pg_conn *c)
{
    return c->n_pending + 4 < PG_MAX_PENDING ? OK : pg_exchange(NULL, c, NULL);
}

static bool is_release(const struct db_query *q)
{
    return q >= q_release && q < q_release + PG_MAX_LEVELS;
}

/* ---- ends ---------------------------------------------------------------------------------- */

/* A commit takes all levels with it, so what only releases one is left out.
 *
 * The writers' lock ends with the commit, and a commit that waits for the disk would keep everybody
 * else from writing meanwhile. So it doesn't wait; what is sent behind it in the same breath does, for
 * all of the log so far, and only then are we done. Others may see for a moment what is not on disk
 * yet, but whatever they write then comes behind it in the log. */
static enum err commit(struct pg_conn *c, bool lazy)
{
    int n = 0;
    if (!c->begun) { /* nothing was asked of the server */
        c->n_pending = 0;
        return OK;
    }
    for (int i = 0; i < c->n_pending; i++)
        if (!is_release(c->pending[i].q))
            c->pending[n++] = c->pending[i];
    c->n_pending = n;
    if (!lazy)
        pg_pend(c, &q_lazy, 0, 0);
    pg_pend(c, &q_commit, 0, 0);
    if (!lazy)
        pg_pend(c, &q_flush, 0, 0);
    enum err e = pg_exchange(NULL, c, NULL);
    if (e != OK && c->bad)
        log_error("db", "the connection was lost at a commit, which may or may not have happened: %s",
                  c->fault);
    return e;
}

static void rollback(struct pg_conn *c)
{
    c->n_pending = 0;
    if (c->bad || !c->begun)
        return;
    pg_pend(c, &q_rollback, 0, 0);
    if (pg_exchange(NULL, c, NULL) != OK)
        c->bad = true;
}

bool pg_is_gone(const struct db_conn *base)
{
    const struct pg_conn *c = (const struct pg_conn *)base;
    return c->bad || c->control;
}

/* ---- levels -------------------------------------------------------------------------------- */

enum err pg_level_begin(struct db_conn *base, int level)
{
    struct pg_conn *c = (struct pg_conn *)base;
    if (level > PG_MAX_LEVELS)
        return ERR_INTERNAL;
    TRY(make_room(c));
    pg_pend(c, &q_savepoint[level - 1], 0, level);
    return OK;
}

/* Where the savepoint of this level still waits; -1: it was sent. */
static int pending_savepoint(const struct pg_conn *c, int level)
{
    for (int i = c->n_pending - 1; i >= 0; i--)
        if (c->pending[i].level == level)
            return i;
    return -1;
}

/* What else waits behind it may be locks and finished levels within: they stay. */
enum err pg_level_keep(struct db_conn *base, int level)
{
    struct pg_conn *c = (struct pg_conn *)base;
    int at = pending_savepoint(c, level);
    if (at >= 0 && at == c->n_pending - 1) {
        c->n_pending = at;
        return OK;
    }
    TRY(make_room(c));
    pg_pend(c, &q_release[level - 1], 0, 0);
    return OK;
}

enum err pg_level_undo(struct db_conn *base, int level)
{
    struct pg_conn *c = (struct pg_conn *)base;
    int at = pending_savepoint(c, level);
    if (at >= 0) {
        c->n_pending = at;
        return OK;
    }
    TRY(make_room(c));
    pg_pend(c, &q_undo[level - 1], 0, 0);
    pg_pend(c, &q_release[level - 1], 0, 0);
    return OK;
}

/* ---- exclusive ones ------------------------------------------------------------------------ */

static enum err take(struct cx *cx, struct pg_db *db, bool sure, struct pg_conn **ret)
{
    char fault[PG_FAULT];
    enum err e = pg_take(db, sure, ret, fault);
    if (e == OK)
        return OK;
    cx->retry_after_s = DB_OUTAGE_RETRY_S;
    return cx_fail(cx, e, "cannot begin: %s", fault);
}

static void pend_begin(const struct cx *cx, struct pg_conn *c, const struct db_query *lock)
{
    pg_pend(c, &q_begin, 0, 0);
    pg_pend(c, lock, c->db->key, 0);
    if (cx->lazy)
        pg_pend(c, &q_lazy, 0, 0);
}

enum err pg_begin(struct cx *cx, struct db *base)
{
    struct pg_conn *c = NULL;
    TRY(take(cx, (struct pg_db *)base, false, &c));
    pend_begin(cx, c, &q_exclusive);
    base->writer = &c->base;
    return OK;
}

enum err pg_commit(struct db *base)
{
    struct pg_conn *c = (struct pg_conn *)base->writer;
    enum err e = commit(c, base->batch->lazy);
    if (e != OK) {
        if (!c->bad)
            log_error("db", "a commit failed: %s", c->fault);
        rollback(c);
    }
    base->writer = NULL;
    pg_give(c->db, c);
    return e;
}

void pg_rollback(struct db *base)
{
    struct pg_conn *c = (struct pg_conn *)base->writer;
    rollback(c);
    base->writer = NULL;
    pg_give(c->db, c);
}

/* All of it in one round trip. */
enum err pg_write(struct cx *cx, struct db *base, const struct db_call *call)
{
    struct pg_conn *c = NULL;
    TRY(take(cx, (struct pg_db *)base, true, &c));
    pg_pend(c, &q_begin, 0, 0);
    pg_pend(c, &q_exclusive, c->db->key, 0);
    pg_pend(c, &q_lazy, 0, 0);
    c->after[0] = &q_commit;
    c->after[1] = &q_flush;
    c->n_after = cx->lazy ? 1 : 2;
    enum err e = pg_exchange(cx, c, call);
    if (e != OK && c->fault[0] != '\0')
        e = pg_fail(cx, c, e, call->q->name);
    if (e != OK)
        rollback(c);
    pg_give(c->db, c);
    return e;
}

/* ---- shared ones --------------------------------------------------------------------------- */

enum err pg_shared_begin(struct cx *cx, struct db *base)
{
    struct pg_db *db = (struct pg_db *)base;
    struct pg_conn *c = NULL;
    TRY(take(cx, db, false, &c));
    pend_begin(cx, c, &q_shared);
    c->holder = pthread_self();
    pthread_mutex_lock(&db->lock);
    c->next_shared = db->shared;
    db->shared = c;
    pthread_mutex_unlock(&db->lock);
    cx->conn = &c->base;
    return OK;
}

static void shared_end(struct pg_db *db, struct pg_conn *c)
{
    pthread_mutex_lock(&db->lock);
    struct pg_conn **at = &db->shared;
    while (*at != c)
        at = &(*at)->next_shared;
    *at = c->next_shared;
    pthread_mutex_unlock(&db->lock);
    pg_give(db, c);
}

enum err pg_shared_commit(struct cx *cx, struct db *base)
{
    struct pg_conn *c = (struct pg_conn *)cx->conn;
    enum err e = commit(c, cx->lazy);
    if (e != OK) {
        e = pg_fail(cx, c, e, "commit");
        rollback(c);
    } else if (!cx->lazy) {
        atomic_fetch_add(&base->commits, 1);
        atomic_fetch_add(&base->members, 1);
    }
    shared_end((struct pg_db *)base, c);
    return e;
}

void pg_shared_rollback(struct cx *cx, struct db *base)
{
    struct pg_conn *c = (struct pg_conn *)cx->conn;
    rollback(c);
    shared_end((struct pg_db *)base, c);
}

bool pg_has_shared(struct db *base)
{
    struct pg_db *db = (struct pg_db *)base;
    bool has = false;
    pthread_mutex_lock(&db->lock);
    for (struct pg_conn *c = db->shared; c != NULL && !has; c = c->next_shared)
        has = pthread_equal(c->holder, pthread_self());
    pthread_mutex_unlock(&db->lock);
    return has;
}

enum err pg_lock(struct cx *cx, struct db_conn *base, struct str name)
{
    struct pg_conn *c = (struct pg_conn *)base;
    enum err e = make_room(c);
    if (e != OK)
        return pg_fail(cx, c, e, "lock");
    pg_pend(c, &q_exclusive, pg_key(&c->db->at, name), 0);
    return OK;
}

/* ---- waking others ------------------------------------------------------------------------- */

static const struct db_query q_tell = {
    .name = "notify", .sql = "", .pg = "SELECT pg_notify('orrery', $1)", .in = "t", .out = ""};

/* By who has no listener (the command line): a transaction of its own, which waits for no disk. */
void pg_notify_now(struct pg_db *db, unsigned wake)
{
    struct pg_conn *c = NULL;
    char fault[PG_FAULT], text[PG_SCHEMA_MAX + 16];
    int n = snprintf(text, sizeof text, "%s %u", db->at.schema, wake);
    if (pg_take(db, false, &c, fault) != OK)
        return;
    const union db_value in[] = {{.s = {text, (size_t)n}}};
    const struct db_call call = {.q = &q_tell, .in = in};
    pg_pend(c, &q_lazy, 0, 0);
    if (pg_exchange(NULL, c, &call) != OK)
        c->n_pending = 0;
    pg_give(db, c);
}
