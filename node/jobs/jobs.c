/* The engine's threads: claimers, who talk to the stores, and runners. */
#include "node/jobs/jobs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/base/metrics.h"
#include "node/db/db.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/nodes.h"
#include "node/server.h"

/* ---- making -------------------------------------------------------------------------------- */

static struct kind kind_of(const struct job_row *row, int n_runners)
{
    int max = row->max_in_flight;
    struct kind k = {.row = row, .limit_node = max, .limit_all = max};
    if (max <= 0) { /* what can run soon, and a little more so that a runner never waits */
        k.limit_node = 2 * n_runners + 2;
        k.limit_all = INT_MAX;
    } else if (max >= JOBS_WIDE) {
        k.reserve = max / JOBS_RESERVE;
    } else if (max < n_runners - 1) { /* so few a node; but no kind has all the runners */
        k.limit_all = n_runners - 1;
    }
    return k;
}

static void add_table(struct jobs *j, const struct job_row *table)
{
    for (const struct job_row *r = table; r->kind != NULL; r++) {
        if (j->n_kinds == JOBS_MAX_KINDS)
            abort(); /* our bug: the table is compiled in */
        j->kinds[j->n_kinds++] = kind_of(r, j->n_runners);
    }
}

static void add_kinds(struct jobs *j, const struct wiring *wiring)
{
    for (const struct job_row *const *t = wiring->jobs; t != NULL && *t != NULL; t++)
        add_table(j, *t);
    for (const struct cron_row *c = wiring->crons; c != NULL && c->kind != NULL; c++) {
        int i = jobs_kind(j, str_c(c->kind));
        if (i >= 0)
            j->kinds[i].every_s = c->every_s;
    }
}

/* As the whole process is called, so that others can see whether it lives. */
static void name_owner(const struct server *server, char ret[17])
{
    uint64_t name;
    crypt_random(&name, sizeof name);
    if (server->listener != NULL)
        snprintf(ret, 17, "%s", db_listener_owner(server->listener));
    else
        snprintf(ret, 17, "%016llx", (unsigned long long)name);
}

static struct jobs *jobs_make(struct server *server, const struct jobs_options *o)
{
    struct jobs *j = calloc(1, sizeof *j);
    if (j == NULL || (j->runners = calloc((size_t)o->n_runners, sizeof *j->runners)) == NULL)
        abort();
    name_owner(server, j->owner);
    j->server = server;
    j->n_runners = o->n_runners;
    j->n_claimers = o->n_claimers < 1                   ? 1
                    : o->n_claimers > JOBS_MAX_CLAIMERS ? JOBS_MAX_CLAIMERS
                                                        : o->n_claimers;
    j->beside = o->beside;
    j->timer_at = INT64_MAX;
    if (server->wiring != NULL)
        add_kinds(j, server->wiring);
    pthread_mutex_init(&j->lock, NULL);
    clock_cond_init(&j->claimer_wake);
    pthread_cond_init(&j->runner_wake, NULL);
    clock_cond_init(&j->idle);
    return j;
}

static struct jobs *jobs_unmake(struct jobs *j)
{
    pthread_mutex_destroy(&j->lock);
    pthread_cond_destroy(&j->claimer_wake);
    pthread_cond_destroy(&j->runner_wake);
    pthread_cond_destroy(&j->idle);
    free(j->runners);
    free(j);
    return NULL;
}

/* ---- nodes --------------------------------------------------------------------------------- */

static struct jobs_node *node_link(struct jobs *j, struct node *node)
{
    struct jobs_node *n = calloc(1, sizeof *n + (size_t)j->n_kinds * sizeof *n->lanes);
    if (n == NULL)
        abort();
    n->engine = j;
    n->node = node;
    n->due_at = INT64_MAX;
    node->jobs = n;
    pthread_mutex_lock(&j->lock);
    n->next = j->nodes;
    if (n->next != NULL)
        n->next->prev = n;
    j->nodes = n;
    if (++j->n_nodes > 1)
        j->many = true;
    pthread_mutex_unlock(&j->lock);
    return n;
}

/* Under the lock. Nothing of it is in flight, and nobody has its turn. */
static void node_unlink(struct jobs_node *n)
{
    jobs_forget_node(n);
    n->node->jobs = NULL;
    free(n);
}

enum err jobs_attach(struct jobs *j, struct node *node)
{
    bool beside = atomic_load(&j->beside);
    struct cx *cx = cx_new(node);
    enum err e = jobs_take_leases(j, cx);
    if (e != OK)
        log_error("jobs", "cannot take over leases: %s", cx->fail == NULL ? "" : cx->fail);
    cx_free(cx);
    TRY(e);
    struct jobs_node *n = node_link(j, node);
    pthread_mutex_lock(&j->lock);
    n->keep_at = jobs_now(j) + JOBS_KEEP_MS;
    if (beside && !atomic_load(&j->beside))
        atomic_store(&n->take_over, true); /* jobs_alone came between */
    jobs_want(n);
    pthread_mutex_unlock(&j->lock);
    return OK;
}

/* Kinds that we don't know do not wake anybody. */
static int64_t next_due(struct jobs *j, struct node *node)
{
    struct cx *cx = cx_new_unpinned(node);
    struct job_due_row *due = NULL;
    size_t n = 0;
    int64_t at = INT64_MAX;
    int64_t expiry = DB_NULL;
    if (q_job_due(cx, &due, &n) != OK || q_job_next_expiry(cx, &expiry) != OK)
        at = 0; /* not known: look soon */
    else if (expiry != DB_NULL)
        at = expiry; /* another process runs some: was it there to the end? */
    for (size_t i = 0; i < n; i++)
        if (due[i].run_at < at && (j == NULL || jobs_kind(j, due[i].kind) >= 0))
            at = due[i].run_at;
    cx_free(cx);
    return at;
}

/* Under the lock. Nothing begins while it detaches; what is queued is given back by its turn. */
static bool detach(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    if (n->n_in_flight > n->n_queued || j->quit)
        return n->n_in_flight == 0; /* after jobs_stop, too: see there */
    n->detaching = true;
    j->n_detaching++;
    jobs_want(n);
    while (n->in_turn || n->n_in_flight > 0)
        pthread_cond_wait(&j->idle, &j->lock);
    j->n_detaching--;
    node_unlink(n);
    return true;
}

bool jobs_detach(struct node *node, int64_t *ret_wake_at)
{
    struct jobs_node *n = node->jobs;
    struct jobs *engine = node->server == NULL ? NULL : node->server->jobs;
    if (n != NULL) {
        struct jobs *j = n->engine;
        pthread_mutex_lock(&j->lock);
        bool gone = detach(n);
        pthread_mutex_unlock(&j->lock);
        if (!gone)
            return false;
    }
    if (ret_wake_at != NULL)
        *ret_wake_at = next_due(engine, node);
    return true;
}

void jobs_wake(struct node *node)
{
    struct jobs_node *n = node->jobs;
    if (n == NULL)
        return;
    pthread_mutex_lock(&n->engine->lock);
    jobs_want(n);
    pthread_mutex_unlock(&n->engine->lock);
}

void jobs_beside(struct jobs *j)
{
    atomic_store(&j->beside, true);
    pthread_mutex_lock(&j->lock);
    for (struct jobs_node *n = j->nodes; n != NULL; n = n->next)
        atomic_store(&n->take_over, false);
    pthread_mutex_unlock(&j->lock);
}

void jobs_alone(struct jobs *j)
{
    atomic_store(&j->beside, false);
    pthread_mutex_lock(&j->lock);
    for (struct jobs_node *n = j->nodes; n != NULL; n = n->next) {
        atomic_store(&n->take_over, true);
        jobs_want(n);
    }
    pthread_mutex_unlock(&j->lock);
}

/* ---- running one --------------------------------------------------------------------------- */

static void set_end(struct flight *f, enum job_verdict verdict, const char *error,
                    int64_t retry_after_s)
{
    f->finished = true;
    f->verdict = verdict;
    metrics_job(f->owner->engine->server->metrics, f->owner->engine->kinds[f->kind].row->kind,
                verdict == JOB_DONE ? METRICS_DONE
                : verdict == JOB_REST ? METRICS_RESTED : METRICS_RETRIED);
    f->retry_after_s = retry_after_s;
    if (error != NULL)
        snprintf(f->error, sizeof f->error, "%s", error);
    /* a cut inside a character would make the text unreadable */
    struct str s = str_c(f->error);
    while (s.n > 0 && !str_is_utf8(s))
        s.n--;
    f->error[s.n] = '\0';
}

/* Under the lock: hand it to the claimer once both are true: the function has returned and its
 * verdict is known. */
static void end_if_over(struct flight *f)
{
    if (f->running || !f->finished)
        return;
    f->next = f->owner->ended;
    f->owner->ended = f;
    jobs_want(f->owner);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void jobs_run(struct flight *f)
{
    struct jobs_node *n = f->owner;
    struct jobs *j = n->engine;
    struct cx *cx = jobs_cx(n);
    int64_t began = cpu_us();
    enum job_verdict v = j->kinds[f->kind].row->run(cx, &f->job);
    int64_t took = cpu_us() - began;
    NODE_COUNT(n->node, job_cpu_us, took);
    metrics_job_cpu(j->server->metrics, j->kinds[f->kind].row->kind, (uint64_t)took);
    const char *error = v == JOB_RETRY || v == JOB_REST ? cx->fail : NULL;
    pthread_mutex_lock(&j->lock);
    f->running = false;
    n->n_running--;
    if (v != JOB_LATER && !f->finished)
        set_end(f, v, error, cx->retry_after_s);
    end_if_over(f);
    pthread_mutex_unlock(&j->lock);
    cx_free(cx);
}

void job_finish(struct node *node, int64_t job_id, enum job_verdict verdict, const char *error,
                int64_t retry_after_s)
{
    struct jobs_node *n = node->jobs;
    if (n == NULL)
        return;
    pthread_mutex_lock(&n->engine->lock);
    struct flight *f = jobs_find(n, job_id);
    if (f != NULL && f->started && !f->finished) {
        set_end(f, verdict == JOB_LATER ? JOB_RETRY : verdict, error, retry_after_s);
        end_if_over(f);
    }
    pthread_mutex_unlock(&n->engine->lock);
}

/* ---- threads ------------------------------------------------------------------------------- */

/* Whoever waits for a page goes before what nobody waits for. On Linux each thread has its own. */
static void step_back(void)
{
    (void)!setpriority(PRIO_PROCESS, (id_t)gettid(), JOBS_NICE);
}

static void *runner_main(void *arg)
{
    struct jobs *j = arg;
    step_back();
    pthread_mutex_lock(&j->lock);
    while (!j->quit) {
        struct flight *f = jobs_take(j);
        if (f == NULL) {
            pthread_cond_wait(&j->runner_wake, &j->lock);
            continue;
        }
        pthread_mutex_unlock(&j->lock);
        jobs_run(f);
        pthread_mutex_lock(&j->lock);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* Under the lock: sleep until woken, or for ms. */
static void claimer_sleep(struct jobs *j, int64_t ms)
{
    const struct timespec until = clock_deadline(ms < 1 ? 1 : ms);
    pthread_cond_timedwait(&j->claimer_wake, &j->lock, &until);
}

/* Under the lock. A store that fails is asked once a second, not in a ring; and nobody waits for its
 * node to detach. Returns how many flights are over by that. */
static int turn_failed(struct jobs_node *n, int64_t now)
{
    int landed = 0;
    n->rest_until = now + JOBS_POLL_MS;
    if (!n->detaching)
        return 0;
    for (struct flight *f = n->ended, *next; f != NULL; f = next, landed++) {
        next = f->next;
        jobs_land(f);
    }
    n->ended = NULL;
    return landed;
}

/* Under the lock, which is let go of meanwhile. All look at the same moment of each second, so that
 * an idle process wakes once. */
static void one_turn(struct jobs_node *n)
{
    struct jobs *j = n->engine;
    int did;
    int64_t due_at;
    pthread_mutex_unlock(&j->lock);
    enum err e = jobs_turn(n, &did, &due_at);
    int64_t now = jobs_now(j), poll_at = now - now % JOBS_POLL_MS + JOBS_POLL_MS;
    pthread_mutex_lock(&j->lock);
    if (e != OK) {
        int landed = turn_failed(n, now);
        pthread_mutex_unlock(&j->lock);
        jobs_unpin(n, landed);
        pthread_mutex_lock(&j->lock);
    } else if (did > 0) {
        n->again = true;
    }
    jobs_end_turn(n, due_at < poll_at ? due_at : poll_at);
}

/* Under the lock, which is let go of meanwhile: open one sleeping node whose time has come; being
 * opened, it is attached and gets its turn. One after the other, with turns of others in between.
 * False: there is none. */
static bool wake_one(struct jobs *j, int64_t now)
{
    struct nodes *nodes = j->server->nodes;
    struct node *node = NULL;
    int64_t id, next;
    if (j->stopping || j->waking || nodes == NULL || now < j->sleepers_at)
        return false;
    j->waking = true;
    pthread_mutex_unlock(&j->lock);
    nodes_look(nodes, now);
    bool some = nodes_due(nodes, now, &id, 1, &next) > 0;
    if (some && nodes_take_id(nodes, id, &node) == OK)
        node_drop(node);
    pthread_mutex_lock(&j->lock);
    j->waking = false;
    int64_t poll_at = now - now % JOBS_POLL_MS + JOBS_POLL_MS;
    j->sleepers_at = some ? now : next < poll_at ? next : poll_at;
    return some;
}

static void *claimer_main(void *arg)
{
    struct jobs *j = arg;
    pthread_mutex_lock(&j->lock);
    for (;;) {
        int64_t now = jobs_now(j);
        struct jobs_node *n = jobs_next_turn(j, now);
        if (n != NULL)
            one_turn(n);
        if (wake_one(j, now) || n != NULL)
            continue;
        if (j->quit)
            break;
        int64_t until = j->timer_at < now + JOBS_POLL_MS ? j->timer_at : now + JOBS_POLL_MS;
        if (!j->waking && j->sleepers_at < until && j->server->nodes != NULL)
            until = j->sleepers_at;
        claimer_sleep(j, until - now);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

static void start_thread(struct jobs *j, pthread_t *t, void *(*main)(void *))
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, JOBS_STACK);
    if (pthread_create(t, &attr, main, j) != 0)
        abort(); /* at start-up, and nothing works without */
    pthread_attr_destroy(&attr);
}

enum err jobs_start(struct server *server, const struct jobs_options *o, struct jobs **ret)
{
    struct jobs *j = jobs_make(server, o);
    *ret = j; /* before the threads: nodes that they open are attached to server->jobs */
    for (int i = 0; i < j->n_runners; i++)
        start_thread(j, &j->runners[i], runner_main);
    for (int i = 0; i < j->n_claimers; i++)
        start_thread(j, &j->claimers[i], claimer_main);
    return OK;
}

/* Under the lock: what is queued goes back, what runs gets some time. */
static bool drain(struct jobs *j)
{
    int64_t until = clock_monotonic() + JOBS_STOP_MS;
    const struct timespec deadline = clock_deadline(JOBS_STOP_MS);
    j->stopping = true;
    j->n_detaching++; /* so that each turn tells us */
    for (struct jobs_node *n = j->nodes; n != NULL; n = n->next)
        jobs_want(n);
    while (j->n_in_flight > 0 && clock_monotonic() < until)
        pthread_cond_timedwait(&j->idle, &j->lock, &deadline);
    j->n_detaching--;
    return j->n_in_flight == 0;
}

void jobs_rest(struct jobs *j)
{
    pthread_mutex_lock(&j->lock);
    (void)drain(j);
    pthread_mutex_unlock(&j->lock);
}

struct jobs *jobs_stop(struct jobs *j)
{
    if (j == NULL)
        return NULL;
    pthread_mutex_lock(&j->lock);
    bool drained = drain(j);
    j->quit = true;
    pthread_cond_broadcast(&j->claimer_wake);
    pthread_cond_broadcast(&j->runner_wake);
    pthread_mutex_unlock(&j->lock);
    for (int i = 0; i < j->n_claimers; i++)
        pthread_join(j->claimers[i], NULL);
    if (!drained) {
        /* a run function hangs or an answer is still to come: both would touch j later */
        log_warn("jobs", "not all jobs ended in time; they run again later");
        return NULL;
    }
    for (int i = 0; i < j->n_runners; i++)
        pthread_join(j->runners[i], NULL);
    while (j->nodes != NULL)
        node_unlink(j->nodes);
    return jobs_unmake(j);
}

/* ---- without threads ----------------------------------------------------------------------- */

static int run_queued(struct jobs *j)
{
    for (int n = 0;; n++) {
        pthread_mutex_lock(&j->lock);
        struct flight *f = jobs_take(j);
        pthread_mutex_unlock(&j->lock);
        if (f == NULL)
            return n;
        jobs_run(f);
    }
}

/* For those that end later. False: there are none. */
static bool wait_for_ends(struct jobs *j, struct jobs_node *n)
{
    pthread_mutex_lock(&j->lock);
    bool some = n->n_in_flight > 0;
    if (some && n->ended == NULL)
        claimer_sleep(j, JOBS_POLL_MS);
    pthread_mutex_unlock(&j->lock);
    return some;
}

int jobs_run_due(struct cx *cx)
{
    struct node *node = cx->node;
    if (node->server == NULL)
        return 0;
    struct jobs *j = jobs_make(node->server, &(struct jobs_options){.n_runners = 1});
    struct jobs_node *before = node->jobs, *n = node_link(j, node);
    j->fixed_now = cx->now;
    n->keep_at = INT64_MAX;
    int total = 0, did = 0;
    int64_t next;
    while (jobs_turn(n, &did, &next) == OK) {
        int ran = run_queued(j);
        total += ran;
        if (did == 0 && ran == 0 && !wait_for_ends(j, n))
            break;
    }
    jobs_give_back(n);
    node_unlink(n);
    node->jobs = before;
    jobs_unmake(j);
    return total;
}
