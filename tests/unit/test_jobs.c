#include "tests/unit/store.h"

#include <pthread.h>
#include <time.h>

#include "node/base/clock.h"
#include "node/cx.h"
#include "node/jobs/jobs.h"
#include "node/server.h"

/* What the run functions of these tests do is said by the row's payload; what they did is noted
 * here. One per test, found through the node. */
struct world {
    struct store *s;
    struct server server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int runs, running, most_running;
    int64_t last_subject, first_run_ns;
    int64_t order[4000];
    int n_later;
    int64_t later[8000];
};

static struct world *world_of(struct cx *cx)
{
    return (struct world *)((char *)cx->node->server - offsetof(struct world, server));
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void note_run(struct world *w, const struct job *job)
{
    pthread_mutex_lock(&w->lock);
    if (w->runs == 0)
        w->first_run_ns = now_ns();
    if (w->runs < 4000)
        w->order[w->runs] = job->subject;
    w->last_subject = job->subject;
    w->runs++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static enum job_verdict run_plain(struct cx *cx, const struct job *job)
{
    note_run(world_of(cx), job);
    return JOB_DONE;
}

static enum job_verdict run_retry(struct cx *cx, const struct job *job)
{
    note_run(world_of(cx), job);
    enum err e = cx_fail(cx, ERR_UPSTREAM, "host is down");
    (void)e;
    return JOB_RETRY;
}

static enum job_verdict run_asked_to_wait(struct cx *cx, const struct job *job)
{
    note_run(world_of(cx), job);
    cx->retry_after_s = 1000;
    return JOB_RETRY;
}

static enum job_verdict run_slow(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    pthread_mutex_lock(&w->lock);
    if (++w->running > w->most_running)
        w->most_running = w->running;
    pthread_mutex_unlock(&w->lock);
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    pthread_mutex_lock(&w->lock);
    w->running--;
    pthread_mutex_unlock(&w->lock);
    note_run(w, job);
    return JOB_DONE;
}

static enum job_verdict run_later(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    note_run(w, job);
    pthread_mutex_lock(&w->lock);
    w->later[w->n_later++] = job->id;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return JOB_LATER;
}

/* Ends before its function has returned. */
static enum job_verdict run_finished_early(struct cx *cx, const struct job *job)
{
    note_run(world_of(cx), job);
    job_finish(cx->node, job->id, JOB_DONE, NULL, 0);
    return JOB_LATER;
}

static const int short_backoff[] = {100, 200, 0};
static const struct job_row kinds[] = {
    {.kind = "t.plain", .run = run_plain},
    {.kind = "t.retry", .run = run_retry, .tries = 3, .backoff_s = short_backoff},
    {.kind = "t.asked", .run = run_asked_to_wait, .tries = 3, .backoff_s = short_backoff},
    {.kind = "t.slow", .run = run_slow, .max_in_flight = 2},
    {.kind = "t.later", .run = run_later, .max_in_flight = 256},
    {.kind = "t.early", .run = run_finished_early},
    {.kind = "u.other", .run = run_plain},
    {.kind = "t.cron", .run = run_plain},
    {.kind = NULL},
};
static const struct event_row events[] = {
    {EV_POST_PUBLISHED, true, {"t.plain", "u.other"}},
    {EV_POST_UPDATED, false, {"t.plain"}},
    {EV_NONE},
};
static const struct job_row *const tables[] = {kinds, NULL};
static const struct wiring wiring = {.events = events, .jobs = tables};
static const struct cron_row crons[] = {{"t.cron", 3600}, {NULL, 0}};
static const struct wiring cron_wiring = {.events = events, .jobs = tables, .crons = crons};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->s = store_new();
    w->server = (struct server){.wiring = &wiring};
    w->s->node.server = &w->server;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    jobs_stop(w->server.jobs);
    store_free(w->s);
    free(w);
    return 0;
}

static void put(struct cx *cx, const char *kind, int64_t subject, const char *key, int64_t run_at)
{
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(job_put(cx, kind, subject, STR("p"), str_c(key), run_at), OK);
    assert_int_equal(tx_commit(cx), OK);
}

static void start(struct world *w, int n)
{
    const struct jobs_options o = {.n_runners = n};
    assert_int_equal(jobs_start(&w->server, &o, &w->server.jobs), OK);
    assert_int_equal(jobs_attach(w->server.jobs, &w->s->node), OK);
}

static void wait_for_runs(struct world *w, int n)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    pthread_mutex_lock(&w->lock);
    while (w->runs < n)
        if (pthread_cond_timedwait(&w->changed, &w->lock, &until) != 0)
            break;
    int runs = w->runs;
    pthread_mutex_unlock(&w->lock);
    assert_true(runs >= n);
}

static int64_t rows(struct world *w, const char *state)
{
    struct cx *cx = cx_new(&w->s->node);
    struct job_info *list;
    size_t n;
    assert_int_equal(job_list(cx, state, 0, 10000, &list, &n), OK);
    cx_free(cx);
    return (int64_t)n;
}

static void wait_until_empty(struct world *w)
{
    for (int i = 0; i < 3000 && rows(w, NULL) > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(rows(w, NULL), 0);
}

/* ---- on one thread, with the clock in hand --------------------------------------------------- */

static void an_event_becomes_rows_in_its_transaction(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    assert_int_equal(event_emit(cx, EV_POST_PUBLISHED, 7, STR_NULL), ERR_INTERNAL);
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(event_emit(cx, EV_POST_PUBLISHED, 7, STR("data")), OK);
    tx_rollback(cx);
    assert_int_equal(rows(w, NULL), 0);
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(event_emit(cx, EV_POST_PUBLISHED, 7, STR("data")), OK);
    assert_int_equal(event_emit(cx, EV_POST_UPDATED, 7, STR_NULL), OK);
    assert_int_equal(event_emit(cx, EV_MEDIA_DELETED, 7, STR_NULL), OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(w->s->node.public_generation, 1);
    struct job_info *list;
    size_t n;
    assert_int_equal(job_list(cx, NULL, 0, 10, &list, &n), OK);
    assert_int_equal(n, 3);
    CHECK_STR(list[0].kind, "t.plain");
    CHECK_STR(list[0].order_key, "t:7");
    CHECK_STR(list[1].order_key, "u:7");
    CHECK_STR(list[2].state, "waiting");
    assert_int_equal(jobs_run_due(cx), 3);
    assert_int_equal(rows(w, NULL), 0);
    cx_free(cx);
}

static void only_the_oldest_of_a_key_runs(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    put(cx, "t.retry", 1, "k", 0);
    put(cx, "t.plain", 2, "k", 0);
    put(cx, "t.plain", 3, "k", 0);
    put(cx, "t.plain", 4, "other", 0);
    put(cx, "t.plain", 5, NULL, 0);
    assert_int_equal(jobs_run_due(cx), 3);
    assert_int_equal(rows(w, "waiting"), 2);
    cx->now += 130 * MS_SECOND; /* 100 s ±20 % */
    assert_int_equal(jobs_run_due(cx), 1);
    assert_int_equal(w->last_subject, 1);
    cx->now += 245 * MS_SECOND;
    /* its third and last try: it rests, and no longer blocks the others */
    assert_int_equal(jobs_run_due(cx), 3);
    int n = w->runs;
    assert_true(w->order[n - 3] == 1 && w->order[n - 2] == 2 && w->order[n - 1] == 3);
    assert_int_equal(rows(w, "resting"), 1);
    assert_int_equal(rows(w, NULL), 1);
    cx_free(cx);
}

static void a_retry_waits_by_its_table(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    struct job_info *list;
    size_t n;
    int64_t seen_low = INT64_MAX, seen_high = 0;
    for (int i = 0; i < 40; i++)
        put(cx, "t.retry", i, NULL, 0);
    assert_int_equal(jobs_run_due(cx), 40);
    assert_int_equal(job_list(cx, "ready", 0, 100, &list, &n), OK);
    assert_int_equal(n, 40);
    for (size_t i = 0; i < n; i++) {
        int64_t wait = list[i].run_at - cx->now;
        assert_true(wait >= 80 * MS_SECOND && wait <= 120 * MS_SECOND);
        seen_low = wait < seen_low ? wait : seen_low;
        seen_high = wait > seen_high ? wait : seen_high;
        assert_int_equal(list[i].attempts, 1);
        assert_non_null(strstr(list[i].last_error.p, "host is down"));
    }
    assert_true(seen_high - seen_low > 5 * MS_SECOND); /* spread */
    assert_int_equal(jobs_run_due(cx), 0);
    put(cx, "t.asked", 1, NULL, 0);
    assert_int_equal(jobs_run_due(cx), 1);
    cx->now += 999 * MS_SECOND;
    assert_int_equal(jobs_run_due(cx), 40);
    cx->now += 202 * MS_SECOND;
    w->last_subject = 0;
    assert_true(jobs_run_due(cx) >= 1);
    cx_free(cx);
}

static void the_tray_is_retried_and_dropped(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    struct job_info *list;
    struct job_counts counts;
    size_t n;
    put(cx, "t.retry", 1, NULL, 0);
    put(cx, "t.retry", 2, NULL, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(jobs_run_due(cx), 2);
        cx->now += MS_HOUR;
    }
    assert_int_equal(jobs_run_due(cx), 0);
    assert_int_equal(job_count(cx, &counts), OK);
    assert_true(counts.resting == 2 && counts.ready == 0);
    assert_int_equal(job_list(cx, "resting", 0, 10, &list, &n), OK);
    assert_int_equal(job_retry(cx, list[0].id), OK);
    assert_int_equal(job_drop(cx, list[1].id), OK);
    assert_int_equal(job_drop(cx, list[1].id), ERR_NOT_FOUND);
    assert_int_equal(job_retry(cx, 12345), ERR_NOT_FOUND);
    assert_int_equal(jobs_run_due(cx), 1);
    assert_int_equal(rows(w, "ready"), 1);
    assert_int_equal(rows(w, "resting"), 0);
    cx_free(cx);
}

static void what_is_not_due_waits(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    put(cx, "t.plain", 1, NULL, cx->now + MS_HOUR);
    put(cx, "z.unknown", 1, NULL, 0);
    assert_int_equal(jobs_run_due(cx), 0);
    cx->now += MS_HOUR;
    assert_int_equal(jobs_run_due(cx), 1);
    assert_int_equal(rows(w, NULL), 1);
    cx_free(cx);
}

static void a_cron_kind_always_has_one_row(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    w->server.wiring = &cron_wiring;
    jobs_run_due(cx);
    jobs_run_due(cx);
    assert_int_equal(w->runs, 0);
    assert_int_equal(rows(w, "ready"), 1);
    cx->now += MS_HOUR;
    jobs_run_due(cx);
    assert_int_equal(w->runs, 1);
    assert_int_equal(rows(w, "ready"), 1);
    cx->now += MS_HOUR;
    jobs_run_due(cx);
    assert_int_equal(w->runs, 2);
    assert_int_equal(rows(w, "ready"), 1);
    cx_free(cx);
}

/* ---- with threads -------------------------------------------------------------------------- */

static void a_commit_wakes_the_runners(void **state)
{
    struct world *w = *state;
    start(w, 2);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL); /* they sleep by now */
    struct cx *cx = cx_new(&w->s->node);
    put(cx, "t.plain", 1, NULL, 0);
    int64_t committed = now_ns();
    wait_for_runs(w, 1);
    print_message("           first run %lld us after the commit\n",
                  (long long)(w->first_run_ns - committed) / 1000);
    assert_true(w->first_run_ns - committed < 300000000); /* well under the poll of a second */
    wait_until_empty(w);
    cx_free(cx);
}

static void another_process_is_noticed(void **state)
{
    struct world *w = *state;
    start(w, 1);
    struct server *server = w->s->node.server;
    struct node elsewhere = w->s->node;
    elsewhere.jobs = NULL; /* puts a row and wakes nobody */
    struct cx *cx = cx_new(&elsewhere);
    put(cx, "t.plain", 1, NULL, 0);
    wait_for_runs(w, 1);
    assert_ptr_equal(server, &w->server);
    cx_free(cx);
}

static void a_limited_kind_starves_nobody(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    for (int i = 0; i < 60; i++)
        put(cx, "t.slow", 1000 + i, NULL, 0);
    for (int i = 0; i < 10; i++)
        put(cx, "t.plain", i, NULL, 0);
    start(w, 4);
    wait_for_runs(w, 70);
    assert_int_equal(w->most_running, 2);
    int last_plain = 0;
    for (int i = 0; i < 70; i++)
        if (w->order[i] < 1000)
            last_plain = i;
    assert_true(last_plain < 40);
    wait_until_empty(w);
    cx_free(cx);
}

static void thousands_that_end_later(void **state)
{
    struct world *w = *state;
    enum { N = 2600 };
    struct cx *cx = cx_new(&w->s->node);
    assert_int_equal(tx_begin(cx), OK);
    for (int i = 0; i < N; i++)
        assert_int_equal(job_put(cx, "t.later", i, STR_NULL, STR_NULL, 0), OK);
    assert_int_equal(tx_commit(cx), OK);
    int64_t began = clock_monotonic();
    start(w, 2);
    int ended = 0;
    while (ended < N) {
        wait_for_runs(w, ended + 1);
        pthread_mutex_lock(&w->lock);
        int n = w->n_later;
        pthread_mutex_unlock(&w->lock);
        assert_true(n - ended <= 256);
        for (; ended < n; ended++)
            job_finish(&w->s->node, w->later[ended], JOB_DONE, NULL, 0);
    }
    wait_until_empty(w);
    print_message("           %d asynchronous ends in %lld ms\n", N,
                  (long long)(clock_monotonic() - began));
    assert_int_equal(w->runs, N);
    cx_free(cx);
}

static void an_end_may_come_before_the_return(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    start(w, 2);
    for (int i = 0; i < 50; i++)
        put(cx, "t.early", i, NULL, 0);
    wait_for_runs(w, 50);
    wait_until_empty(w);
    assert_int_equal(w->runs, 50);
    cx_free(cx);
}

static void what_a_dead_process_had_runs_again(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    put(cx, "t.plain", 1, NULL, 0);
    store_sql(w->s, "UPDATE job SET state = 'leased', lease_owner = 'dead', "
                    "lease_until = 9000000000000");
    assert_int_equal(jobs_run_due(cx), 0); /* leased, so nobody else takes it */
    struct job_info *list;
    size_t n;
    assert_int_equal(job_list(cx, "leased", 0, 10, &list, &n), OK);
    assert_int_equal(n, 1);
    assert_int_equal(job_drop(cx, list[0].id), ERR_NOT_FOUND);
    start(w, 1);
    wait_for_runs(w, 1);
    wait_until_empty(w);
    cx_free(cx);
}

static void an_unknown_end_is_ignored(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    start(w, 1);
    job_finish(&w->s->node, 12345, JOB_DONE, NULL, 0);
    put(cx, "t.later", 1, NULL, 0);
    wait_for_runs(w, 1);
    pthread_mutex_lock(&w->lock);
    while (w->n_later == 0)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    job_finish(&w->s->node, w->later[0], JOB_REST, "first", 0);
    job_finish(&w->s->node, w->later[0], JOB_DONE, NULL, 0);
    for (int i = 0; i < 300 && rows(w, "resting") == 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(rows(w, "resting"), 1);
    cx_free(cx);
}

static void stopping_gives_back_what_did_not_begin(void **state)
{
    struct world *w = *state;
    struct cx *cx = cx_new(&w->s->node);
    for (int i = 0; i < 40; i++)
        put(cx, "t.slow", i, NULL, 0);
    start(w, 1);
    wait_for_runs(w, 3);
    w->server.jobs = jobs_stop(w->server.jobs);
    assert_int_equal(rows(w, "leased"), 0);
    assert_int_equal(rows(w, "ready"), 40 - w->runs);
    cx_free(cx);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_becomes_rows_in_its_transaction),
        TEST(only_the_oldest_of_a_key_runs),
        TEST(a_retry_waits_by_its_table),
        TEST(the_tray_is_retried_and_dropped),
        TEST(what_is_not_due_waits),
        TEST(a_cron_kind_always_has_one_row),
        TEST(a_commit_wakes_the_runners),
        TEST(another_process_is_noticed),
        TEST(a_limited_kind_starves_nobody),
        TEST(thousands_that_end_later),
        TEST(an_end_may_come_before_the_return),
        TEST(an_unknown_end_is_ignored),
        TEST(what_a_dead_process_had_runs_again),
        TEST(stopping_gives_back_what_did_not_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
