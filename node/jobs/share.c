/* Whose turn it is, and how much of a kind each node may have under way. All under the lock.
 *
 * Two queues of nodes, one for claimers and one for runners; a node stands in each at most once and
 * goes to the end of it after each turn, so that nobody waits for more than one turn of each other.
 *
 * Kinds that wait for other servers (JOBS_WIDE and more in flight) have one limit for the process:
 * - an eighth of it is a reserve: while others use the rest up, a node may still have some few;
 * - beyond those, the nodes that have any under way share the rest evenly; one that has more than
 *   its share, from when it was alone, gets nothing until it has come down to it.
 * So a node alone has seven eighths, and what a newcomer puts is under way at once. */
#include <limits.h>
#include <stdlib.h>

#include "node/jobs/jobs_private.h"
#include "node/node.h"

bool jobs_may_run(const struct jobs_node *n)
{
    int state = atomic_load(&n->node->state);
    return !n->engine->stopping && !n->detaching &&
           (state == NODE_ACTIVE || state == NODE_LEAVING);
}

/* ---- turns --------------------------------------------------------------------------------- */

static void want_push(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    n->wants = true;
    n->want_next = NULL;
    if (j->want_first == NULL)
        j->want_first = n;
    else
        j->want_last->want_next = n;
    j->want_last = n;
}

static void set_timer(struct jobs_node *n, int64_t at)
{
    n->due_at = at;
    if (at < n->engine->timer_at)
        n->engine->timer_at = at;
}

void jobs_want(struct jobs_node *n)
{
    if (n->in_turn)
        n->again = true;
    if (n->in_turn || n->wants)
        return;
    if (n->rest_until > jobs_now(n->engine) && !n->detaching) {
        set_timer(n, n->rest_until);
        return;
    }
    want_push(n);
    pthread_cond_signal(&n->engine->claimer_wake);
}

static void look_at_timers(struct jobs *j, int64_t now)
{
    j->timer_at = INT64_MAX;
    for (struct jobs_node *n = j->nodes; n != NULL; n = n->next) {
        if (n->wants || n->in_turn)
            continue;
        if (n->due_at <= now)
            want_push(n);
        else if (n->due_at < j->timer_at)
            j->timer_at = n->due_at;
    }
}

struct jobs_node *jobs_next_turn(struct jobs *j, int64_t now)
{
    if (now >= j->timer_at)
        look_at_timers(j, now);
    struct jobs_node *n = j->want_first;
    if (n == NULL)
        return NULL;
    j->want_first = n->want_next;
    n->wants = n->again = false;
    n->in_turn = true;
    if (j->want_first != NULL)
        pthread_cond_signal(&j->claimer_wake);
    return n;
}

void jobs_end_turn(struct jobs_node *n, int64_t due_at)
{
    n->in_turn = false;
    set_timer(n, due_at);
    if (n->again)
        jobs_want(n);
    if (n->engine->n_detaching > 0)
        pthread_cond_broadcast(&n->engine->idle);
}

/* ---- shares -------------------------------------------------------------------------------- */

static void set_starved(struct jobs_node *n, bool starved)
{
    if (n->starved == starved)
        return;
    n->starved = starved;
    n->engine->n_starved += starved ? 1 : -1;
}

/* Some of a limited kind ended: who found no room may find some now. */
static void feed_the_starved(struct jobs *j)
{
    for (struct jobs_node *n = j->nodes; n != NULL && j->n_starved > 0; n = n->next) {
        if (!n->starved)
            continue;
        set_starved(n, false);
        jobs_want(n);
    }
}

void jobs_count(struct jobs_node *n, int kind, int delta)
{
    struct jobs *j = n->engine;
    struct kind *k = &j->kinds[kind];
    struct lane *l = &n->lanes[kind];
    bool used = l->in_flight > 0;
    l->in_flight += delta;
    k->in_flight += delta;
    n->n_in_flight += delta;
    j->n_in_flight += delta;
    k->n_users += (l->in_flight > 0) - used;
    if (delta < 0 && k->limit_all != INT_MAX && j->n_starved > 0)
        feed_the_starved(j);
}

static int min(int a, int b)
{
    return a < b ? a : b;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

static int room_in_process(const struct kind *k, int mine)
{
    int left = k->limit_all - k->in_flight;
    if (k->reserve == 0)
        return left;
    int users = k->n_users + (mine == 0), rest = k->limit_all - k->reserve;
    int open = left - k->reserve;
    if (users > 1)
        open = min(open, rest / users - mine);
    int small = max(1, min(JOBS_SMALL, k->reserve / users));
    return min(left, max(open, small - mine));
}

int jobs_room(struct jobs_node *n, int kind)
{
    const struct kind *k = &n->engine->kinds[kind];
    int mine = n->lanes[kind].in_flight;
    int room = k->limit_node - mine;
    if (k->limit_all == INT_MAX || room <= 0)
        return room; /* the end of one of ours wakes us */
    room = min(room, room_in_process(k, mine));
    if (room <= 0)
        set_starved(n, true);
    return room;
}

/* ---- flights ------------------------------------------------------------------------------- */

static struct flight **chain_of(struct jobs *j, int64_t id)
{
    return &j->table[(uint64_t)id % JOBS_TABLE];
}

static void run_push(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    n->runs = true;
    n->run_next = NULL;
    if (j->run_first == NULL)
        j->run_first = n;
    else
        j->run_last->run_next = n;
    j->run_last = n;
    j->n_run++;
}

static void run_pop(struct jobs *j)
{
    j->run_first->runs = false;
    j->run_first = j->run_first->run_next;
    j->n_run--;
}

void jobs_enqueue(struct jobs_node *n, struct flight *f)
{
    struct lane *l = &n->lanes[f->kind];
    struct flight **chain = chain_of(n->engine, f->job.id);
    f->chain = *chain;
    *chain = f;
    if (l->first == NULL)
        l->first = f;
    else
        l->last->next = f;
    l->last = f;
    n->n_queued++;
    n->engine->n_queued++;
    if (!n->runs)
        run_push(n);
}

static struct flight *lane_take(struct jobs_node *n, struct lane *l)
{
    struct flight *f = l->first;
    l->first = f->next;
    f->next = NULL;
    n->n_queued--;
    n->engine->n_queued--;
    return f;
}

/* Once there have been several nodes, each leaves a runner to the others, so that functions that
 * hang (a mail server) don't stop everybody. */
static bool has_its_runners(const struct jobs *j, const struct jobs_node *n)
{
    return j->many && j->n_runners > 1 && n->n_running >= j->n_runners - 1;
}

static struct flight *take_of(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    for (;;) {
        struct lane *l = &n->lanes[n->next_lane];
        n->next_lane = (n->next_lane + 1) % j->n_kinds;
        if (l->first == NULL)
            continue;
        struct flight *f = lane_take(n, l);
        f->running = f->started = true;
        n->n_running++;
        return f;
    }
}

struct flight *jobs_take(struct jobs *j)
{
    for (int i = j->n_run; i > 0; i--) {
        struct jobs_node *n = j->run_first;
        struct flight *f = NULL;
        run_pop(j);
        if (!jobs_may_run(n))
            continue; /* its turn gives them back, or lines it up again */
        if (!has_its_runners(j, n))
            f = take_of(n);
        if (n->n_queued > 0)
            run_push(n);
        if (f != NULL)
            return f;
    }
    return NULL;
}

void jobs_line_up(struct jobs_node *n)
{
    if (n->n_queued == 0 || n->runs)
        return;
    run_push(n);
    pthread_cond_signal(&n->engine->runner_wake);
}

struct flight *jobs_unqueue(struct jobs_node *n)
{
    struct flight *list = NULL;
    for (int i = 0; i < n->engine->n_kinds; i++)
        while (n->lanes[i].first != NULL) {
            struct flight *f = lane_take(n, &n->lanes[i]);
            f->next = list;
            list = f;
        }
    return list;
}

struct flight *jobs_find(struct jobs_node *n, int64_t job_id)
{
    struct flight *f = *chain_of(n->engine, job_id);
    while (f != NULL && (f->job.id != job_id || f->owner != n))
        f = f->chain;
    return f;
}

void jobs_land(struct flight *f)
{
    struct flight **at = chain_of(f->owner->engine, f->job.id);
    while (*at != f)
        at = &(*at)->chain;
    *at = f->chain;
    jobs_count(f->owner, f->kind, -1);
    free(f);
}

void jobs_forget_node(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    set_starved(n, false);
    if (n->prev == NULL)
        j->nodes = n->next;
    else
        n->prev->next = n->next;
    if (n->next != NULL)
        n->next->prev = n->prev;
    j->n_nodes--;
    struct jobs_node **at = &j->want_first, *before = NULL;
    for (; *at != NULL && *at != n; at = &(*at)->want_next)
        before = *at;
    if (*at == n) {
        *at = n->want_next;
        if (j->want_last == n)
            j->want_last = before;
    }
    for (at = &j->run_first, before = NULL; *at != NULL && *at != n; at = &(*at)->run_next)
        before = *at;
    if (*at == n) {
        *at = n->run_next;
        j->n_run--;
        if (j->run_last == n)
            j->run_last = before;
    }
}
