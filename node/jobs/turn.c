/* What a claimer does with one node's store in one turn. */
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/nodes.h"

int64_t jobs_now(const struct jobs *j)
{
    return j->fixed_now != 0 ? j->fixed_now : clock_now();
}

struct cx *jobs_cx(struct jobs_node *n)
{
    struct cx *cx = cx_new_unpinned(n->node);
    cx->now = jobs_now(n->engine);
    return cx;
}

int jobs_kind(const struct jobs *j, struct str kind)
{
    for (int i = 0; i < j->n_kinds; i++)
        if (str_eq_c(kind, j->kinds[i].row->kind))
            return i;
    return -1;
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

static struct flight *flight_new(struct jobs_node *n, int kind, const struct job_claimed *r)
{
    struct flight *f = calloc(1, sizeof *f + r->kind.n + r->payload.n + r->order_key.n + 3);
    if (f == NULL)
        abort();
    f->owner = n;
    node_hold(n->node);
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

static enum err claim_rows(struct jobs_node *n, struct cx *cx, struct claim *claims, int n_claims)
{
    const struct jobs *j = n->engine;
    cx->lazy = true; /* a lease that a power cut forgets is a job that runs again, as it must */
    enum err e = tx_begin_shared(cx);
    for (int i = 0; e == OK && i < n_claims; i++)
        e = q_job_claim(cx, str_c(j->owner), cx->now + JOBS_LEASE_MS,
                        str_c(j->kinds[claims[i].kind].row->kind), cx->now, claims[i].room,
                        &claims[i].rows, &claims[i].n);
    if (e != OK)
        tx_rollback(cx);
    else if ((e = tx_commit(cx)) != OK)
        atomic_store(&n->in_doubt, true);
    cx->lazy = false;
    return e;
}

/* The room was counted as taken; what wasn't used of it is given back. */
static int queue_claimed(struct jobs_node *n, const struct claim *claims, int n_claims, bool ok)
{
    struct jobs *j = n->engine;
    int total = 0;
    pthread_mutex_lock(&j->lock);
    for (int i = 0; i < n_claims; i++) {
        const struct claim *c = &claims[i];
        int got = ok ? (int)c->n : 0;
        if (got > 1)
            qsort(c->rows, c->n, sizeof *c->rows, by_time);
        for (int r = 0; r < got; r++)
            jobs_enqueue(n, flight_new(n, c->kind, &c->rows[r]));
        if (got < c->room)
            jobs_count(n, c->kind, got - c->room);
        total += got;
    }
    if (total == 1)
        pthread_cond_signal(&j->runner_wake);
    else if (total > 1)
        pthread_cond_broadcast(&j->runner_wake);
    pthread_mutex_unlock(&j->lock);
    return total;
}

/* Kinds that are due and have room; the room counts as taken from here on. */
static int find_room(struct jobs_node *n, const struct job_due_row *due, size_t n_due, int64_t now,
                     struct claim *claims, int64_t *ret_next)
{
    struct jobs *j = n->engine;
    int n_claims = 0;
    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < n_due; i++) {
        int kind = jobs_kind(j, due[i].kind);
        if (kind < 0)
            continue; /* of a newer program */
        if (due[i].run_at > now) {
            if (due[i].run_at < *ret_next)
                *ret_next = due[i].run_at;
            continue;
        }
        int room = jobs_room(n, kind);
        if (room <= 0)
            continue; /* the end of one of them wakes us */
        jobs_count(n, kind, room);
        claims[n_claims++] = (struct claim){.kind = kind, .room = room};
    }
    pthread_mutex_unlock(&j->lock);
    return n_claims;
}

static enum err claim(struct jobs_node *n, struct cx *cx, int *did, int64_t *ret_next)
{
    struct claim claims[JOBS_MAX_KINDS] = {0};
    struct job_due_row *due;
    size_t n_due;
    TRY(q_job_due(cx, &due, &n_due));
    int n_claims = find_room(n, due, n_due, cx->now, claims, ret_next);
    if (n_claims == 0)
        return OK;
    enum err e = claim_rows(n, cx, claims, n_claims);
    *did += queue_claimed(n, claims, n_claims, e == OK);
    return e;
}

/* ---- a turn -------------------------------------------------------------------------------- */

/* May it run, and does it hold what it may not run? */
static bool look_at_state(struct jobs_node *n, bool *ret_give_back)
{
    pthread_mutex_lock(&n->engine->lock);
    /* Whose sign of life is missing gets no leases: others would take them for a dead one's. */
    bool may = jobs_may_run(n) && db_owner_is_held(n->node->db);
    *ret_give_back = !jobs_may_run(n) && n->n_queued > 0;
    if (may)
        jobs_line_up(n);
    pthread_mutex_unlock(&n->engine->lock);
    return may;
}

static enum err turn(struct jobs_node *n, struct cx *cx, int *did, int64_t *ret_next)
{
    bool give_back;
    bool may = look_at_state(n, &give_back);
    if (give_back)
        jobs_give_back(n);
    TRY(jobs_settle_doubt(n, cx));
    if (may)
        TRY(claim(n, cx, did, ret_next));
    TRY(jobs_store_ends(n, cx, did));
    TRY(jobs_look_for_dead(n, cx, did));
    if (may && cx->now >= n->cron_at) {
        TRY(jobs_put_crons(n, cx));
        n->cron_at = cx->now + MS_MINUTE;
    }
    if (cx->now >= n->keep_at || atomic_load(&n->take_over)) {
        TRY(jobs_keep_leases(n, cx));
        n->keep_at = cx->now + JOBS_KEEP_MS;
    }
    return OK;
}

enum err jobs_turn(struct jobs_node *n, int *ret_did, int64_t *ret_next)
{
    struct cx *cx = jobs_cx(n);
    *ret_did = 0;
    *ret_next = INT64_MAX;
    enum err e = turn(n, cx, ret_did, ret_next);
    if (e != OK) /* the others lost the store, too, and have time to come back */
        memset(n->suspects, 0, sizeof n->suspects);
    if (e != OK)
        log_error("jobs", "turn of " STR_FMT " failed: %s: %s", STR_ARG(n->node->host),
                  err_name(e), cx->fail == NULL ? "" : cx->fail);
    cx_free(cx);
    return e;
}

void jobs_give_back(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    pthread_mutex_lock(&j->lock);
    struct flight *list = jobs_unqueue(n);
    pthread_mutex_unlock(&j->lock);
    if (list == NULL)
        return;
    struct cx *cx = jobs_cx(n);
    enum err e = tx_begin_shared(cx);
    for (struct flight *f = list; e == OK && f != NULL; f = f->next)
        e = q_job_give_back(cx, f->job.id, str_c(j->owner), NULL);
    if (e == OK)
        e = tx_commit(cx);
    if (e != OK) {
        atomic_store(&n->in_doubt, true);
        log_warn("jobs", "leases are not given back yet: %s", err_name(e));
    }
    cx_free(cx);
    int landed = 0;
    pthread_mutex_lock(&j->lock);
    for (struct flight *f = list, *next; f != NULL; f = next, landed++) {
        next = f->next;
        jobs_land(f);
    }
    pthread_mutex_unlock(&j->lock);
    jobs_unpin(n, landed);
}

void jobs_unpin(struct jobs_node *n, int flights)
{
    for (int i = 0; i < flights; i++)
        node_drop(n->node);
}
