/* What the claimer does with the store in one turn. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/node.h"

static const int usual_backoff_s[] = {10, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 0};

int64_t jobs_now(const struct jobs *j)
{
    return j->fixed_now != 0 ? j->fixed_now : clock_now();
}

static struct cx *turn_cx(struct jobs *j)
{
    struct cx *cx = cx_new(j->node);
    cx->now = jobs_now(j);
    return cx;
}

/* ---- ends ---------------------------------------------------------------------------------- */

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

static enum err store_end(struct jobs *j, struct cx *cx, const struct flight *f)
{
    const struct job_row *row = j->kinds[f->kind].row;
    struct str error = f->error[0] == '\0' ? STR_NULL : str_c(f->error);
    enum job_verdict v = f->verdict;
    int tries = row->tries > 0 ? row->tries : JOBS_DEFAULT_TRIES;
    if (v == JOB_RETRY && f->job.attempts + 1 >= tries)
        v = JOB_REST;
    if (v == JOB_RETRY)
        return q_job_end_turn(cx, f->job.id, STR("ready"), cx->now + wait_ms(f, row), error, NULL);
    if (v == JOB_REST) {
        log_warn("jobs", "rests kind=%s id=%lld attempts=%d error=%s", row->kind,
                 (long long)f->job.id, f->job.attempts + 1, f->error);
        TRY(q_job_end_turn(cx, f->job.id, STR("resting"), f->run_at, error, NULL));
    } else {
        TRY(q_job_forget(cx, f->job.id, NULL));
    }
    if (f->job.order_key.p != NULL)
        TRY(q_job_promote(cx, f->job.order_key, NULL));
    return OK;
}

static void table_remove(struct jobs *j, struct flight *f)
{
    struct flight **at = &j->table[(uint64_t)f->job.id % JOBS_TABLE];
    while (*at != f)
        at = &(*at)->chain;
    *at = f->chain;
}

/* All that ended meanwhile, in one durable commit. If that fails they stay for the next turn. */
static enum err store_ends(struct jobs *j, struct cx *cx, int *did)
{
    pthread_mutex_lock(&j->lock);
    struct flight *list = j->ended;
    j->ended = NULL;
    pthread_mutex_unlock(&j->lock);
    if (list == NULL)
        return OK;
    enum err e = tx_begin(cx);
    if (e == OK) {
        for (struct flight *f = list; e == OK && f != NULL; f = f->next)
            e = store_end(j, cx, f);
        if (e == OK)
            e = tx_commit(cx);
        else
            tx_rollback(cx);
    }
    pthread_mutex_lock(&j->lock);
    for (struct flight *f = list, *next; f != NULL; f = next) {
        next = f->next;
        if (e != OK) {
            f->next = j->ended;
            j->ended = f;
            continue;
        }
        if (j->kinds[f->kind].every_s > 0)
            j->cron_at = 0;
        j->kinds[f->kind].in_flight--;
        j->n_in_flight--;
        table_remove(j, f);
        free(f);
        (*did)++;
    }
    pthread_mutex_unlock(&j->lock);
    return e;
}

/* ---- claims -------------------------------------------------------------------------------- */

static char *put_text(char *at, struct str *to, struct str s)
{
    if (s.p == NULL)
        return at;
    memcpy(at, s.p, s.n);
    at[s.n] = '\0';
    *to = (struct str){at, s.n};
    return at + s.n + 1;
}

static struct flight *flight_new(int kind, const struct job_claimed *r)
{
    struct flight *f = calloc(1, sizeof *f + r->kind.n + r->payload.n + r->order_key.n + 3);
    if (f == NULL)
        abort();
    f->kind = kind;
    f->run_at = r->run_at;
    f->job = (struct job){.id = r->id,
                          .subject = r->subject,
                          .attempts = (int)r->attempts,
                          .created_at = r->created_at};
    char *at = (char *)(f + 1);
    at = put_text(at, &f->job.kind, r->kind);
    at = put_text(at, &f->job.payload, r->payload);
    put_text(at, &f->job.order_key, r->order_key);
    return f;
}

/* How many more of a kind it is of use to claim: what can run soon, and a little more so that a
 * runner never waits for the claimer. */
static int room_of(struct jobs *j, const struct kind *k)
{
    int limit = k->row->max_in_flight > 0 ? k->row->max_in_flight : 2 * j->n_workers + 2;
    return limit - k->in_flight;
}

static int by_time(const void *a, const void *b)
{
    const struct job_claimed *x = a, *y = b;
    if (x->run_at != y->run_at)
        return x->run_at < y->run_at ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

struct claim {
    int kind, room;
    struct job_claimed *rows;
    size_t n;
};

static enum err claim_rows(struct jobs *j, struct cx *cx, struct claim *claims, int n)
{
    cx->lazy = true; /* a lease that a power cut forgets is a job that runs again, as it must */
    enum err e = tx_begin(cx);
    for (int i = 0; e == OK && i < n; i++)
        e = q_job_claim(cx, str_c(j->owner), cx->now + JOBS_LEASE_MS,
                        str_c(j->kinds[claims[i].kind].row->kind), cx->now, claims[i].room,
                        &claims[i].rows, &claims[i].n);
    if (e == OK)
        e = tx_commit(cx);
    else
        tx_rollback(cx);
    cx->lazy = false;
    return e;
}

static int queue_claimed(struct jobs *j, const struct claim *claims, int n)
{
    int total = 0;
    pthread_mutex_lock(&j->lock);
    for (int i = 0; i < n; i++) {
        const struct claim *c = &claims[i];
        struct kind *k = &j->kinds[c->kind];
        if (c->n > 1)
            qsort(c->rows, c->n, sizeof *c->rows, by_time);
        for (size_t r = 0; r < c->n; r++) {
            struct flight *f = flight_new(c->kind, &c->rows[r]);
            struct flight **chain = &j->table[(uint64_t)f->job.id % JOBS_TABLE];
            f->chain = *chain;
            *chain = f;
            if (k->first == NULL)
                k->first = f;
            else
                k->last->next = f;
            k->last = f;
        }
        k->in_flight += (int)c->n;
        j->n_in_flight += (int)c->n;
        j->n_queued += (int)c->n;
        total += (int)c->n;
    }
    if (total == 1)
        pthread_cond_signal(&j->runner_wake);
    else if (total > 1)
        pthread_cond_broadcast(&j->runner_wake);
    pthread_mutex_unlock(&j->lock);
    return total;
}

static enum err claim(struct jobs *j, struct cx *cx, int *did, int64_t *ret_next)
{
    struct claim claims[JOBS_MAX_KINDS] = {0};
    int n = 0;
    for (int i = 0; i < j->n_kinds; i++) {
        struct kind *k = &j->kinds[i];
        pthread_mutex_lock(&j->lock);
        int room = room_of(j, k);
        pthread_mutex_unlock(&j->lock);
        if (room <= 0)
            continue; /* the end of one of them wakes us */
        int64_t due = DB_NULL;
        TRY(q_job_next_due(cx, str_c(k->row->kind), &due));
        if (due == DB_NULL)
            continue;
        if (due <= cx->now)
            claims[n++] = (struct claim){.kind = i, .room = room};
        else if (due < *ret_next)
            *ret_next = due;
    }
    if (n == 0)
        return OK;
    TRY(claim_rows(j, cx, claims, n));
    *did += queue_claimed(j, claims, n);
    return OK;
}

/* ---- the rest of a turn -------------------------------------------------------------------- */

static enum err put_crons(struct jobs *j, struct cx *cx, bool first)
{
    for (int i = 0; i < j->n_kinds; i++) {
        int64_t alive = 0;
        if (j->kinds[i].every_s == 0)
            continue;
        const char *kind = j->kinds[i].row->kind;
        TRY(q_job_kind_is_alive(cx, str_c(kind), &alive));
        if (alive > 0)
            continue;
        TX_SCOPE(cx);
        TRY(job_put(cx, kind, 0, STR_NULL, STR_NULL,
                    first ? 0 : cx->now + j->kinds[i].every_s * MS_SECOND));
        TRY(tx_commit(cx));
    }
    return OK;
}

static enum err keep_leases(struct jobs *j, struct cx *cx)
{
    TX_SCOPE(cx);
    TRY(q_job_keep_leases(cx, str_c(j->owner), cx->now + JOBS_LEASE_MS, NULL));
    TRY(q_job_reset_expired(cx, cx->now, NULL));
    return tx_commit(cx);
}

static enum err turn(struct jobs *j, struct cx *cx, bool may_claim, int *did,
                     int64_t *ret_next)
{
    if (may_claim)
        TRY(claim(j, cx, did, ret_next));
    TRY(store_ends(j, cx, did));
    if (may_claim && cx->now >= j->cron_at) {
        TRY(put_crons(j, cx, j->keep_at == 0));
        j->cron_at = cx->now + MS_MINUTE;
    }
    if (cx->now >= j->keep_at) {
        if (j->n_in_flight > 0)
            TRY(keep_leases(j, cx));
        j->keep_at = cx->now + JOBS_KEEP_MS;
    }
    return OK;
}

enum err jobs_turn(struct jobs *j, bool may_claim, int *ret_did, int64_t *ret_next)
{
    struct cx *cx = turn_cx(j);
    *ret_did = 0;
    *ret_next = INT64_MAX;
    enum err e = turn(j, cx, may_claim, ret_did, ret_next);
    if (e != OK)
        log_error("jobs", "turn failed: %s: %s", err_name(e), cx->fail == NULL ? "" : cx->fail);
    cx_free(cx);
    return e;
}

void jobs_give_back(struct jobs *j)
{
    struct cx *cx = turn_cx(j);
    enum err e = tx_begin(cx);
    pthread_mutex_lock(&j->lock);
    struct flight *list = NULL, *next;
    for (int i = 0; i < j->n_kinds; i++) {
        struct kind *k = &j->kinds[i];
        for (struct flight *f = k->first; f != NULL; f = next) {
            next = f->next;
            f->next = list;
            list = f;
            table_remove(j, f);
            k->in_flight--;
            j->n_in_flight--;
            j->n_queued--;
        }
        k->first = k->last = NULL;
    }
    pthread_mutex_unlock(&j->lock);
    for (struct flight *f = list; f != NULL; f = next) {
        next = f->next;
        if (e == OK)
            e = q_job_give_back(cx, f->job.id, str_c(j->owner), NULL);
        free(f);
    }
    if (e == OK)
        e = tx_commit(cx);
    if (e != OK)
        log_warn("jobs", "leases are left to expire: %s", err_name(e));
    cx_free(cx);
}
