/* One engine over several nodes: who gets how much, who holds up whom, coming and going. */
#include "tests/unit/store.h"

#include <pthread.h>
#include <time.h>

#include "node/base/clock.h"
#include "node/cx.h"
#include "node/jobs/jobs.h"
#include "node/jobs/jobs_sql.h"
#include "node/server.h"

enum { A, B, NODES, LATER_MAX = 8000, WIDE = 256 };

/* What ran, and what waits for the test to end it. */
struct world {
    struct store *s[NODES];
    struct server server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int runs[NODES], running[NODES], most_running[NODES], n_later[NODES], n_ended[NODES];
    int64_t later[NODES][LATER_MAX];
    bool gate_open;
};

static struct world *world_of(struct cx *cx)
{
    return (struct world *)((char *)cx->node->server - offsetof(struct world, server));
}

static int side_of(struct cx *cx)
{
    return cx->node == &world_of(cx)->s[A]->node ? A : B;
}

static enum job_verdict run_plain(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    (void)job;
    pthread_mutex_lock(&w->lock);
    w->runs[side_of(cx)]++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return JOB_DONE;
}

/* Until the test opens the gate. */
static enum job_verdict run_hangs(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    int side = side_of(cx);
    (void)job;
    pthread_mutex_lock(&w->lock);
    if (++w->running[side] > w->most_running[side])
        w->most_running[side] = w->running[side];
    pthread_cond_broadcast(&w->changed);
    while (!w->gate_open)
        pthread_cond_wait(&w->changed, &w->lock);
    w->running[side]--;
    w->runs[side]++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return JOB_DONE;
}

static enum job_verdict run_later(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    int side = side_of(cx);
    pthread_mutex_lock(&w->lock);
    w->later[side][w->n_later[side]++] = job->id;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return JOB_LATER;
}

static const struct job_row kinds[] = {
    {.kind = "t.plain", .run = run_plain},
    {.kind = "t.hangs", .run = run_hangs},
    {.kind = "t.later", .run = run_later, .max_in_flight = WIDE},
    {.kind = "t.cron", .run = run_plain},
    {.kind = NULL},
};
static const struct job_row *const tables[] = {kinds, NULL};
static const struct wiring wiring = {.jobs = tables};
static const struct cron_row crons[] = {{"t.cron", 86400}, {NULL, 0}};
static const struct wiring cron_wiring = {.jobs = tables, .crons = crons};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->server.wiring = &wiring;
    for (int i = 0; i < NODES; i++) {
        w->s[i] = store_new();
        w->s[i]->node.server = &w->server;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    *state = w;
    return 0;
}

static void open_gate(struct world *w)
{
    pthread_mutex_lock(&w->lock);
    w->gate_open = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static int teardown(void **state)
{
    struct world *w = *state;
    open_gate(w);
    jobs_stop(w->server.jobs);
    for (int i = 0; i < NODES; i++)
        store_free(w->s[i]);
    free(w);
    return 0;
}

static void start(struct world *w, const struct jobs_options *o)
{
    assert_int_equal(jobs_start(&w->server, o, &w->server.jobs), OK);
    for (int i = 0; i < NODES; i++)
        assert_int_equal(jobs_attach(w->server.jobs, &w->s[i]->node), OK);
}

static void put(struct world *w, int side, const char *kind, int n, int64_t run_at)
{
    struct cx *cx = cx_new(&w->s[side]->node);
    assert_int_equal(tx_begin(cx), OK);
    for (int i = 0; i < n; i++)
        assert_int_equal(job_put(cx, kind, i, STR_NULL, STR_NULL, run_at), OK);
    assert_int_equal(tx_commit(cx), OK);
    cx_free(cx);
}

static int get(struct world *w, const int *n)
{
    pthread_mutex_lock(&w->lock);
    int v = *n;
    pthread_mutex_unlock(&w->lock);
    return v;
}

/* The oldest n that wait are over. */
static void end_some(struct world *w, int side, int n)
{
    for (int i = 0; i < n; i++) {
        pthread_mutex_lock(&w->lock);
        int64_t id = w->later[side][w->n_ended[side]++];
        pthread_mutex_unlock(&w->lock);
        job_finish(&w->s[side]->node, id, JOB_DONE, NULL, 0);
    }
}

static int under_way(struct world *w, int side)
{
    pthread_mutex_lock(&w->lock);
    int n = w->n_later[side] - w->n_ended[side];
    pthread_mutex_unlock(&w->lock);
    return n;
}

static int64_t rows(struct world *w, int side, const char *state)
{
    struct cx *cx = cx_new(&w->s[side]->node);
    struct job_info *list;
    size_t n;
    assert_int_equal(job_list(cx, state, 0, 20000, &list, &n), OK);
    cx_free(cx);
    return (int64_t)n;
}

static void wait_until_empty(struct world *w, int side)
{
    for (int i = 0; i < 3000 && rows(w, side, NULL) > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(rows(w, side, NULL), 0);
}

/* ---- shares -------------------------------------------------------------------------------- */

/* No delivery of A ends before B's has begun: its room is not A's to fill. */
static void thousands_leave_room_for_one(void **state)
{
    struct world *w = *state;
    put(w, A, "t.later", 5000, 0);
    start(w, &(struct jobs_options){.n_runners = 2});
    UNTIL(w, w->n_later[A] >= WIDE - WIDE / 8);
    put(w, A, "t.plain", 1, 0); /* a turn later it would have more, if it could */
    UNTIL(w, w->runs[A] == 1);
    assert_int_equal(get(w, &w->n_later[A]), WIDE - WIDE / 8); /* alone: nearly all */
    int64_t began = clock_monotonic();
    put(w, B, "t.later", 1, 0);
    UNTIL(w, w->n_later[B] == 1);
    print_message("           begun %lld ms after its commit\n",
                  (long long)(clock_monotonic() - began));
    assert_int_equal(get(w, &w->n_ended[A]), 0);
    end_some(w, B, 1);
    wait_until_empty(w, B);
    while (get(w, &w->n_ended[A]) < 5000) {
        UNTIL(w, w->n_later[A] > w->n_ended[A]);
        end_some(w, A, under_way(w, A));
    }
    wait_until_empty(w, A);
}

static void two_large_ones_come_to_half_each(void **state)
{
    struct world *w = *state;
    const int rest = WIDE - WIDE / 8;
    put(w, A, "t.later", 2000, 0);
    start(w, &(struct jobs_options){.n_runners = 2, .n_claimers = 2});
    UNTIL(w, w->n_later[A] == rest);
    put(w, B, "t.later", 2000, 0);
    UNTIL(w, w->n_later[B] >= 8); /* out of the reserve */
    end_some(w, A, rest / 2);     /* A comes down to half, and B gets what becomes free */
    UNTIL(w, w->n_later[B] >= rest / 2);
    assert_int_equal(get(w, &w->n_later[A]), rest);
    end_some(w, A, 10); /* below its share: these it gets back */
    UNTIL(w, w->n_later[A] == rest + 10);
    assert_int_equal(under_way(w, A), rest / 2);
    assert_int_equal(under_way(w, B), rest / 2);
    for (int side = A; side < NODES; side++)
        while (get(w, &w->n_ended[side]) < 2000) {
            UNTIL(w, w->n_later[side] > w->n_ended[side]);
            end_some(w, side, under_way(w, side));
        }
    wait_until_empty(w, A);
    wait_until_empty(w, B);
}

static void functions_that_hang_leave_a_runner(void **state)
{
    struct world *w = *state;
    start(w, &(struct jobs_options){.n_runners = 3});
    put(w, A, "t.hangs", 20, 0);
    UNTIL(w, w->running[A] == 2);
    put(w, B, "t.plain", 30, 0);
    UNTIL(w, w->runs[B] == 30);
    assert_int_equal(get(w, &w->runs[A]), 0);
    open_gate(w);
    UNTIL(w, w->runs[A] == 20);
    wait_until_empty(w, A);
    assert_int_equal(w->most_running[A], 2);
}

/* ---- apart --------------------------------------------------------------------------------- */

static void the_same_number_in_two_nodes(void **state)
{
    struct world *w = *state;
    for (int side = A; side < NODES; side++) {
        struct cx *cx = cx_new(&w->s[side]->node);
        assert_int_equal(q_job_insert(cx, 4711, STR("t.later"), side, STR_NULL, STR_NULL, 0, 0, NULL),
                         OK);
        cx_free(cx);
    }
    start(w, &(struct jobs_options){.n_runners = 2});
    UNTIL(w, w->n_later[A] == 1 && w->n_later[B] == 1);
    end_some(w, B, 1);
    wait_until_empty(w, B);
    assert_int_equal(rows(w, A, "leased"), 1);
    end_some(w, A, 1);
    wait_until_empty(w, A);
}

static void a_store_that_fails_holds_up_nobody(void **state)
{
    struct world *w = *state;
    start(w, &(struct jobs_options){.n_runners = 2});
    put(w, A, "t.later", 1, 0);
    UNTIL(w, w->n_later[A] == 1);
    store_sql(w->s[A], "ALTER TABLE job RENAME TO lost");
    end_some(w, A, 1); /* its end cannot be written */
    for (int i = 1; i <= 50; i++) {
        put(w, B, "t.plain", 1, 0);
        UNTIL(w, w->runs[B] == i);
    }
    wait_until_empty(w, B);
    store_sql(w->s[A], "ALTER TABLE lost RENAME TO job");
    wait_until_empty(w, A); /* tried again */
}

/* ---- coming and going ---------------------------------------------------------------------- */

static void who_goes_says_when_it_is_due(void **state)
{
    struct world *w = *state;
    int64_t wake_at = 0, at = clock_now() + MS_HOUR;
    start(w, &(struct jobs_options){.n_runners = 2});
    put(w, A, "t.hangs", 8, 0); /* now that there are two, it leaves a runner */
    UNTIL(w, w->running[A] == 1);
    put(w, B, "t.plain", 1, at + MS_HOUR);
    put(w, B, "t.plain", 1, at);
    put(w, B, "z.unknown", 1, 1); /* nobody wakes for it */
    assert_true(jobs_detach(&w->s[B]->node, &wake_at));
    assert_true(wake_at == at);
    assert_null(w->s[B]->node.jobs);
    put(w, B, "t.plain", 1, 0); /* rests until it comes back */
    assert_true(jobs_detach(&w->s[B]->node, &wake_at));
    assert_true(wake_at <= clock_now());
    assert_int_equal(rows(w, B, "ready"), 4);
    assert_int_equal(jobs_attach(w->server.jobs, &w->s[B]->node), OK);
    UNTIL(w, w->runs[B] == 1);
    assert_false(jobs_detach(&w->s[A]->node, &wake_at)); /* something runs */
    open_gate(w);
    for (int i = 0; i < 3000 && !jobs_detach(&w->s[A]->node, &wake_at); i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_null(w->s[A]->node.jobs);
    assert_int_equal(rows(w, A, "leased"), 0);
    assert_int_equal(rows(w, A, "ready"), 8 - get(w, &w->runs[A]));
}

static void while_another_serves_its_leases_stand(void **state)
{
    struct world *w = *state;
    put(w, A, "t.plain", 3, 0);
    store_sql(w->s[A], "UPDATE job SET state = 'leased', lease_owner = 'other', lease_until = 9000000000000");
    start(w, &(struct jobs_options){.n_runners = 1, .beside = true});
    put(w, A, "t.plain", 2, 0);
    UNTIL(w, w->runs[A] == 2);
    for (int i = 0; i < 1000 && rows(w, A, NULL) > 3; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(rows(w, A, "leased"), 3);
    jobs_alone(w->server.jobs);
    UNTIL(w, w->runs[A] == 5);
    wait_until_empty(w, A);
}

static void crons_come_at_different_times(void **state)
{
    struct world *w = *state;
    struct node *node = &w->s[A]->node;
    enum { N = 40 };
    int64_t at[N];
    int first_half = 0;
    w->server.wiring = &cron_wiring;
    for (int i = 0; i < N; i++) {
        char host[40];
        struct job_info *list;
        size_t n;
        snprintf(host, sizeof host, "node%d.example", i);
        node->host = str_c(host);
        struct cx *cx = cx_new(node);
        cx->now = 1000 * MS_DAY;
        assert_int_equal(jobs_run_due(cx), 0);
        assert_int_equal(job_list(cx, NULL, 0, 10, &list, &n), OK);
        assert_int_equal(n, 1);
        at[i] = list[0].run_at;
        assert_true(at[i] > cx->now && at[i] <= cx->now + MS_DAY);
        for (int k = 0; k < i; k++)
            assert_true(at[k] != at[i]);
        first_half += at[i] < cx->now + MS_DAY / 2;
        cx->now = at[i];
        assert_int_equal(jobs_run_due(cx), 1);
        assert_int_equal(job_list(cx, NULL, 0, 10, &list, &n), OK);
        assert_true(n == 1 && list[0].run_at == at[i] + MS_DAY); /* the same time each day */
        assert_int_equal(job_drop(cx, list[0].id), OK);
        cx_free(cx);
    }
    node->host = STR_NULL;
    assert_true(first_half >= N / 5 && first_half <= N - N / 5);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(thousands_leave_room_for_one),
        TEST(two_large_ones_come_to_half_each),
        TEST(functions_that_hang_leave_a_runner),
        TEST(the_same_number_in_two_nodes),
        TEST(a_store_that_fails_holds_up_nobody),
        TEST(who_goes_says_when_it_is_due),
        TEST(while_another_serves_its_leases_stand),
        TEST(crons_come_at_different_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
