/* Short transactions of many threads, made as one (tx_together).
 *
 * Who comes first leads: it opens the transaction, does its own work and that of all who came meanwhile, each
 * in the context of whom it is for, and commits for them; they sleep. So what a thread of its own would need
 * for each (the writer handed over, a savepoint with copies of all its pages, the same locks and rows once
 * more) is needed once. Levels in it have no room of their own: one that is undone loses the whole, and then
 * each does its work again by itself, where it may fail without harm to others. */
#include "node/base/clock.h"
#include "node/db/db_private.h"
#include "node/node.h"

enum { GROUP_MAX = 64 };

enum member_state { WAITS, LEADS, DONE, ALONE };

/* On its thread's stack. */
struct db_member {
    struct cx *cx;
    enum err (*work)(struct cx *cx, void *arg);
    void *arg;
    enum member_state state;
    enum err result; /* of DONE */
    struct db_member *next;
};

static enum err alone(struct cx *cx, enum err (*work)(struct cx *cx, void *arg), void *arg)
{
    TX_SCOPE(cx);
    TRY(work(cx, arg));
    return tx_commit(cx);
}

/* ---- the queue ---- */

static void enqueue(struct db_together *t, struct db_member *m)
{
    if (t->last != NULL)
        t->last->next = m;
    else
        t->first = m;
    t->last = m;
    t->n_waiting++;
}

static struct db_member *dequeue(struct db_together *t)
{
    struct db_member *m = t->first;
    if (m == NULL)
        return NULL;
    t->first = m->next;
    if (t->first == NULL)
        t->last = NULL;
    t->n_waiting--;
    m->next = NULL;
    return m;
}

/* ---- leading ---- */

/* Another's work, on this thread, in its own cx, which has this transaction meanwhile. */
static enum err work_for(struct cx *leader, struct db_member *m)
{
    struct cx *cx = m->cx;
    cx->conn = leader->conn;
    cx->tx_depth = 1;
    cx->tx_flat = true;
    cx->standing = NULL;
    cx->locked_planet = leader->locked_planet;
    enum err e = m->work(cx, m->arg);
    if (e == OK && cx->tx_lost > 0)
        e = ERR_INTERNAL; /* it went on after a failure: by itself it may */
    leader->locked_planet = cx->locked_planet;
    leader->wake |= e == OK ? cx->wake : 0;
    cx->conn = NULL;
    cx->tx_depth = cx->tx_lost = 0;
    cx->tx_flat = false;
    cx->locked_planet = 0;
    cx->wake = 0;
    return e;
}

/* Those who wait, as many as fit; the last of the group in *end. */
static bool take_more(struct db_together *t, struct db_member **end, int *n)
{
    bool more = false;
    pthread_mutex_lock(&t->lock);
    for (struct db_member *m; *n < GROUP_MAX && (m = dequeue(t)) != NULL; (*n)++) {
        (*end)->next = m;
        *end = m;
        more = true;
    }
    pthread_mutex_unlock(&t->lock);
    return more;
}

/* Sets *ret_failed when a work failed, so that nothing is stored and each is to try alone. */
static enum err work_for_all(struct cx *cx, struct db_together *t, struct db_member *me, int *n, bool *ret_failed)
{
    struct db_member *end = me;
    int64_t began = clock_monotonic();
    TX_SCOPE(cx);
    *ret_failed = true;
    cx->tx_flat = take_more(t, &end, n);
    enum err e = me->work(cx, me->arg);
    cx->tx_flat = false;
    TRY(e == OK && cx->tx_lost > 0 ? ERR_INTERNAL : e);
    for (struct db_member *m = me; m != end || (clock_monotonic() - began < DB_BATCH_MS && take_more(t, &end, n));) {
        m = m->next;
        TRY(work_for(cx, m));
    }
    *ret_failed = false;
    return tx_commit(cx);
}

/* The writer is free for others now; whoever waits first leads next. */
static void tell_all(struct db_together *t, struct db_member *me, enum err e, bool failed)
{
    pthread_mutex_lock(&t->lock);
    for (struct db_member *m = me, *next; m != NULL; m = next) {
        next = m->next; /* it may be gone as soon as the lock is */
        m->result = e;
        m->state = failed ? ALONE : DONE;
    }
    t->busy = t->first != NULL;
    if (t->busy)
        dequeue(t)->state = LEADS;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static enum err lead(struct cx *cx, struct db_together *t, struct db_member *me)
{
    bool failed = false;
    int n = 1;
    enum err e = work_for_all(cx, t, me, &n, &failed);
    if (e == OK)
        atomic_fetch_add(&cx->node->db->members, (uint64_t)n - 1);
    tell_all(t, me, e, failed);
    return failed && n > 1 ? alone(cx, me->work, me->arg) : e;
}

/* ---- for all ---- */

enum err tx_together(struct cx *cx, enum err (*work)(struct cx *cx, void *arg), void *arg)
{
    struct db *db = cx->node->db;
    struct db_together *t = &db->together;
    struct db_member me = {.cx = cx, .work = work, .arg = arg};
    if (cx->tx_depth > 0 || cx->lazy || db_batch_is_ours(db) ||
        (db->engine->has_shared != NULL && db->engine->has_shared(db)))
        return alone(cx, work, arg);
    pthread_mutex_lock(&t->lock);
    if (t->busy)
        enqueue(t, &me);
    else
        me.state = LEADS;
    t->busy = true;
    while (me.state == WAITS)
        pthread_cond_wait(&t->changed, &t->lock);
    pthread_mutex_unlock(&t->lock);
    if (me.state == LEADS)
        return lead(cx, t, &me);
    if (me.state == ALONE)
        return alone(cx, work, arg);
    if (me.result == OK)
        return OK;
    if (me.result == ERR_BUSY)
        cx->retry_after_s = DB_OUTAGE_RETRY_S;
    return cx_fail(cx, me.result, "the common transaction was not kept");
}

void db_together_init(struct db_together *t)
{
    *t = (struct db_together){0};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
}

void db_together_end(struct db_together *t)
{
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
}
