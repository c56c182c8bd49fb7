/* The threads: one claimer, some runners. What they do with the store is turn.c. */
#include "node/jobs/jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/log.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/node.h"
#include "node/server.h"

/* ---- making -------------------------------------------------------------------------------- */

static void add_table(struct jobs *j, const struct job_row *table)
{
    for (const struct job_row *r = table; r->kind != NULL; r++) {
        if (j->n_kinds == JOBS_MAX_KINDS)
            abort(); /* our bug: the table is compiled in */
        j->kinds[j->n_kinds++].row = r;
    }
}

static void add_kinds(struct jobs *j, const struct wiring *wiring)
{
    for (const struct job_row *const *t = wiring->jobs; t != NULL && *t != NULL; t++)
        add_table(j, *t);
    for (const struct cron_row *c = wiring->crons; c != NULL && c->kind != NULL; c++)
        for (int i = 0; i < j->n_kinds; i++)
            if (strcmp(j->kinds[i].row->kind, c->kind) == 0)
                j->kinds[i].every_s = c->every_s;
}

struct jobs *jobs_make(struct server *server, struct node *node, int n_workers)
{
    struct jobs *j = calloc(1, sizeof *j);
    if (j == NULL || (j->runners = calloc((size_t)n_workers, sizeof *j->runners)) == NULL)
        abort();
    j->server = server;
    j->node = node;
    j->n_workers = n_workers;
    snprintf(j->owner, sizeof j->owner, "%016llx", (unsigned long long)id_next(node->ids));
    if (server->wiring != NULL)
        add_kinds(j, server->wiring);
    pthread_mutex_init(&j->lock, NULL);
    clock_cond_init(&j->claimer_wake);
    pthread_cond_init(&j->runner_wake, NULL);
    return j;
}

struct jobs *jobs_unmake(struct jobs *j)
{
    for (int i = 0; i < JOBS_TABLE; i++) {
        for (struct flight *f = j->table[i], *next; f != NULL; f = next) {
            next = f->chain;
            free(f);
        }
    }
    pthread_mutex_destroy(&j->lock);
    pthread_cond_destroy(&j->claimer_wake);
    pthread_cond_destroy(&j->runner_wake);
    free(j->runners);
    free(j);
    return NULL;
}

/* ---- running one --------------------------------------------------------------------------- */

struct flight *jobs_take(struct jobs *j)
{
    for (int i = 0; i < j->n_kinds && j->n_queued > 0; i++) {
        struct kind *k = &j->kinds[j->next_kind];
        j->next_kind = (j->next_kind + 1) % j->n_kinds;
        struct flight *f = k->first;
        if (f == NULL)
            continue;
        k->first = f->next;
        if (k->first == NULL)
            k->last = NULL;
        f->next = NULL;
        f->running = f->started = true;
        j->n_queued--;
        return f;
    }
    return NULL;
}

static void set_end(struct flight *f, enum job_verdict verdict, const char *error,
                    int64_t retry_after_s)
{
    f->finished = true;
    f->verdict = verdict;
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
static void end_if_over(struct jobs *j, struct flight *f)
{
    if (f->running || !f->finished)
        return;
    f->next = j->ended;
    j->ended = f;
    j->woken = true;
    pthread_cond_signal(&j->claimer_wake);
}

void jobs_run(struct jobs *j, struct flight *f)
{
    struct cx *cx = cx_new(j->node);
    cx->now = jobs_now(j);
    enum job_verdict v = j->kinds[f->kind].row->run(cx, &f->job);
    const char *error = v == JOB_RETRY || v == JOB_REST ? cx->fail : NULL;
    pthread_mutex_lock(&j->lock);
    f->running = false;
    if (v != JOB_LATER && !f->finished)
        set_end(f, v, error, cx->retry_after_s);
    end_if_over(j, f);
    pthread_mutex_unlock(&j->lock);
    cx_free(cx);
}

void job_finish(struct jobs *j, int64_t job_id, enum job_verdict verdict, const char *error,
                int64_t retry_after_s)
{
    pthread_mutex_lock(&j->lock);
    struct flight *f = j->table[(uint64_t)job_id % JOBS_TABLE];
    while (f != NULL && f->job.id != job_id)
        f = f->chain;
    if (f != NULL && f->started && !f->finished) {
        set_end(f, verdict == JOB_LATER ? JOB_RETRY : verdict, error, retry_after_s);
        end_if_over(j, f);
    }
    pthread_mutex_unlock(&j->lock);
}

void jobs_wake(struct jobs *j)
{
    pthread_mutex_lock(&j->lock);
    j->woken = true;
    pthread_cond_signal(&j->claimer_wake);
    pthread_mutex_unlock(&j->lock);
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
        struct flight *f = j->stopping ? NULL : jobs_take(j);
        if (f == NULL) {
            pthread_cond_wait(&j->runner_wake, &j->lock);
            continue;
        }
        pthread_mutex_unlock(&j->lock);
        jobs_run(j, f);
        pthread_mutex_lock(&j->lock);
    }
    j->n_alive--;
    pthread_cond_signal(&j->claimer_wake);
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* Sleep until woken, or for ms. */
static void claimer_sleep(struct jobs *j, int64_t ms)
{
    const struct timespec until = clock_deadline(ms);
    pthread_mutex_lock(&j->lock);
    while (!j->woken && !j->quit)
        if (pthread_cond_timedwait(&j->claimer_wake, &j->lock, &until) == ETIMEDOUT)
            break;
    j->woken = false;
    pthread_mutex_unlock(&j->lock);
}

static void *claimer_main(void *arg)
{
    struct jobs *j = arg;
    for (;;) {
        int did = 0;
        int64_t next = INT64_MAX;
        pthread_mutex_lock(&j->lock);
        bool stopping = j->stopping, over = j->quit && j->ended == NULL;
        pthread_mutex_unlock(&j->lock);
        if (over)
            break;
        enum err e = jobs_turn(j, !stopping, &did, &next);
        if (e == OK && did > 0)
            continue;
        int64_t wait = JOBS_POLL_MS;
        if (e == OK && next != INT64_MAX && next - jobs_now(j) < wait)
            wait = next - jobs_now(j);
        pthread_mutex_lock(&j->lock);
        bool give_up = e != OK && j->quit;
        if (e != OK)
            j->woken = false; /* a store that fails is asked once a second, not in a ring */
        pthread_mutex_unlock(&j->lock);
        if (give_up)
            break;
        claimer_sleep(j, wait < 1 ? 1 : wait);
    }
    pthread_mutex_lock(&j->lock);
    j->n_alive--;
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

static bool start_thread(struct jobs *j, pthread_t *t, void *(*main)(void *))
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, JOBS_STACK);
    bool ok = pthread_create(t, &attr, main, j) == 0;
    pthread_attr_destroy(&attr);
    return ok;
}

static enum err reset_leases(struct jobs *j)
{
    struct cx *cx = cx_new(j->node);
    int64_t n = 0;
    enum err e = q_job_reset_leases(cx, &n);
    if (e != OK)
        log_error("jobs", "cannot take over leases: %s", cx->fail == NULL ? "" : cx->fail);
    else if (n > 0)
        log_info("jobs", "%lld jobs that did not end last time run again", (long long)n);
    cx_free(cx);
    return e;
}

enum err jobs_start(struct server *server, int n_workers, struct jobs **ret)
{
    struct jobs *j = jobs_make(server, server->node, n_workers);
    enum err e = reset_leases(j);
    if (e != OK) {
        jobs_unmake(j);
        return e;
    }
    j->n_alive = n_workers + 1;
    for (int i = 0; i < n_workers; i++)
        if (!start_thread(j, &j->runners[i], runner_main))
            abort(); /* at start-up, and nothing works without */
    if (!start_thread(j, &j->claimer, claimer_main))
        abort();
    *ret = j;
    return OK;
}

/* Under the lock: do all that began have ended in the store? */
static bool is_drained(const struct jobs *j)
{
    return j->n_in_flight == j->n_queued;
}

struct jobs *jobs_stop(struct jobs *j)
{
    if (j == NULL)
        return NULL;
    int64_t until = clock_monotonic() + JOBS_STOP_MS;
    const struct timespec pause = {.tv_nsec = 2000000};
    pthread_mutex_lock(&j->lock);
    j->stopping = j->woken = true;
    pthread_cond_signal(&j->claimer_wake);
    while (!is_drained(j) && clock_monotonic() < until) {
        pthread_mutex_unlock(&j->lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&j->lock);
    }
    bool drained = is_drained(j);
    j->quit = j->woken = true;
    pthread_cond_signal(&j->claimer_wake);
    pthread_cond_broadcast(&j->runner_wake);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->claimer, NULL);
    jobs_give_back(j);
    if (!drained) {
        /* a run function hangs or an answer is still to come: both would touch j later */
        log_warn("jobs", "not all jobs ended in time; they run again later");
        return NULL;
    }
    for (int i = 0; i < j->n_workers; i++)
        pthread_join(j->runners[i], NULL);
    return jobs_unmake(j);
}

/* ---- without threads ----------------------------------------------------------------------- */

static int run_queued(struct jobs *j)
{
    int n = 0;
    for (;;) {
        pthread_mutex_lock(&j->lock);
        struct flight *f = jobs_take(j);
        pthread_mutex_unlock(&j->lock);
        if (f == NULL)
            return n;
        jobs_run(j, f);
        n++;
    }
}

static bool has_flights(struct jobs *j)
{
    pthread_mutex_lock(&j->lock);
    bool some = j->n_in_flight > 0;
    pthread_mutex_unlock(&j->lock);
    return some;
}

int jobs_run_due(struct cx *cx)
{
    struct server *server = cx->node->server;
    if (server == NULL)
        return 0;
    struct jobs *before = server->jobs, *j = jobs_make(server, cx->node, 1);
    j->fixed_now = cx->now;
    server->jobs = j; /* run functions give it to job_finish */
    int total = 0, did = 0;
    int64_t next;
    while (jobs_turn(j, true, &did, &next) == OK) {
        int ran = run_queued(j);
        total += ran;
        if (did > 0 || ran > 0)
            continue;
        if (!has_flights(j))
            break;
        claimer_sleep(j, JOBS_POLL_MS); /* for those that end later */
    }
    server->jobs = before;
    jobs_give_back(j);
    jobs_unmake(j);
    return total;
}
