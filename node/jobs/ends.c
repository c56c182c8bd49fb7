/* Writing down what ended: all of a node that ended meanwhile, in one durable commit and in few
 * statements, however many there are.
 *
 * Order keys, when several put and end at the same time (shared transactions of a store that runs
 * them side by side). The rule is: of a key's rows that are ready, waiting or leased at most one is
 * not waiting; and if there is any, one is not. What could break it:
 * - two put the first row of a key: neither sees the other's, both are ready, both run;
 * - one puts while another ends the key's last: the put sees a row before it and waits, the end
 *   sees nobody to promote: stuck for ever.
 * So whoever puts a row with a key, or ends one, in a shared transaction first takes the lock of
 * that key, and holds it to the commit; under it a statement sees all that others committed (READ
 * COMMITTED: its snapshot is younger than the lock). Transactions that aren't shared run alone on a
 * node and need none: putting in the domain's, job_cancel, job_retry, job_drop. A claim, a lease
 * given back or taken away moves between ready and leased, which the rule does not tell apart.
 * Those who end several lock them in one order. A shared transaction that puts rows of several keys
 * could wait for us while we wait for it; the store ends one of the two with ERR_BUSY, and it is
 * tried again. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "node/base/jw.h"
#include "node/base/log.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"

enum { LIST_MAX = 4 << 20 }; /* of ids or keys; far above what can be in flight */

static const int usual_backoff_s[] = {10, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 0};

/* Jitter of ±20 %, so that what failed together does not come back together. What another server
 * asked for ("Retry-After") is only ever lengthened. */
static int64_t wait_ms(const struct flight *f, const struct job_row *row)
{
    const int *table = row->backoff_s != NULL ? row->backoff_s : usual_backoff_s;
    uint32_t dice = 0;
    if (getrandom(&dice, sizeof dice, 0) != sizeof dice)
        dice = 0x80000000u;
    if (f->retry_after_s > 0)
        return f->retry_after_s * 1000 + f->retry_after_s * 200 * (int64_t)(dice % 1000) / 1000;
    int i = 0;
    while (i < f->job.attempts && table[i] != 0 && table[i + 1] != 0)
        i++;
    int64_t ms = (int64_t)table[i] * 1000;
    return ms - ms / 5 + ms * 2 / 5 * (int64_t)(dice % 1001) / 1000;
}

static const struct job_row *row_of(const struct flight *f)
{
    return f->owner->engine->kinds[f->kind].row;
}

/* RETRY is REST once the tries are used up. */
static enum job_verdict verdict_of(const struct flight *f)
{
    int tries = row_of(f)->tries > 0 ? row_of(f)->tries : JOBS_DEFAULT_TRIES;
    if (f->verdict == JOB_RETRY && f->job.attempts + 1 >= tries)
        return JOB_REST;
    return f->verdict;
}

/* One that comes again or goes to the tray. */
static enum err store_turn(struct cx *cx, const struct flight *f, enum job_verdict v)
{
    struct str owner = str_c(f->owner->engine->owner);
    struct str error = f->error[0] == '\0' ? STR_NULL : str_c(f->error);
    if (v == JOB_RETRY)
        return q_job_end_turn(cx, f->job.id, owner, STR("ready"), cx->now + wait_ms(f, row_of(f)),
                              error, NULL);
    log_warn("jobs", "rests kind=%s id=%lld attempts=%d error=%s", row_of(f)->kind,
             (long long)f->job.id, f->job.attempts + 1, f->error);
    return q_job_end_turn(cx, f->job.id, owner, STR("resting"), f->run_at, error, NULL);
}

/* A JSON list as the statements read it. */
struct list {
    struct buf b;
    struct jw w;
    struct str text;
    int n;
};

static void list_init(struct list *l, struct cx *cx)
{
    buf_init_arena(&l->b, cx->arena, LIST_MAX);
    jw_init(&l->w, &l->b);
    jw_arr(&l->w);
    l->n = 0;
}

static void list_end(struct list *l)
{
    jw_end(&l->w);
    l->text = buf_str(&l->b);
}

enum err jobs_lock_key(struct cx *cx, struct str key)
{
    return tx_lock(cx, str_fmt(cx->arena, "job " STR_FMT, STR_ARG(key)));
}

static int by_text(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

/* In one order. They ride with the next statement, so they cost no round trips of their own. */
static enum err lock_keys(struct cx *cx, struct str *keys, size_t n)
{
    if (n > 1)
        qsort(keys, n, sizeof *keys, by_text);
    for (size_t i = 0; i < n; i++)
        TRY(jobs_lock_key(cx, keys[i]));
    return OK;
}

static enum err store(struct cx *cx, const struct flight *ended, size_t n_ended)
{
    struct list done, keys;
    struct str *locks = ARENA_ARRAY(cx->arena, struct str, n_ended);
    size_t n_locks = 0;
    list_init(&done, cx);
    list_init(&keys, cx);
    for (const struct flight *f = ended; f != NULL; f = f->next) {
        enum job_verdict v = verdict_of(f);
        if (v != JOB_RETRY && v != JOB_REST) {
            jw_i64(&done.w, f->job.id);
            done.n++;
        }
        if (v != JOB_RETRY && f->job.order_key.p != NULL) {
            jw_str(&keys.w, f->job.order_key);
            keys.n++;
            locks[n_locks++] = f->job.order_key;
        }
    }
    list_end(&done);
    list_end(&keys);
    TRY(lock_keys(cx, locks, n_locks));
    for (const struct flight *f = ended; f != NULL; f = f->next) {
        enum job_verdict v = verdict_of(f);
        if (v == JOB_RETRY || v == JOB_REST)
            TRY(store_turn(cx, f, v));
    }
    if (done.n > 0)
        TRY(q_job_forget_all(cx, str_c(ended->owner->engine->owner), done.text, NULL));
    if (keys.n > 0)
        TRY(q_job_promote_all(cx, keys.text, NULL));
    return OK;
}

static enum err store_all(struct cx *cx, const struct flight *ended)
{
    size_t n = 0;
    for (const struct flight *f = ended; f != NULL; f = f->next)
        n++;
    TX_SCOPE_SHARED(cx);
    TRY(store(cx, ended, n));
    return tx_commit(cx);
}

/* If it fails they stay for the next turn. */
enum err jobs_store_ends(struct jobs_node *n, struct cx *cx, int *did)
{
    struct jobs *j = n->engine;
    pthread_mutex_lock(&j->lock);
    struct flight *list = n->ended;
    n->ended = NULL;
    pthread_mutex_unlock(&j->lock);
    if (list == NULL)
        return OK;
    enum err e = store_all(cx, list);
    int landed = 0;
    pthread_mutex_lock(&j->lock);
    for (struct flight *f = list, *next; f != NULL; f = next) {
        next = f->next;
        if (e != OK) {
            f->next = n->ended;
            n->ended = f;
            continue;
        }
        if (j->kinds[f->kind].every_s > 0)
            n->cron_at = 0;
        jobs_land(f);
        landed++;
    }
    pthread_mutex_unlock(&j->lock);
    jobs_unpin(n, landed);
    *did += landed;
    return e;
}
