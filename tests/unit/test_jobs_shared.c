/* Several engines on one store, as several processes of one node have them: each with connections
 * and makers of ids of its own. What must hold: every job runs to its end, none twice at a time, those
 * of a key in their order, none is left waiting. */
#include "tests/unit/store.h"

#include <pthread.h>
#include <time.h>

#include "node/base/clock.h"
#include "node/cx.h"
#include "node/jobs/jobs_private.h"
#include "node/nodes.h"
#include "node/server.h"

enum { ENGINES = 3, OWN_KEYS = 8 /* of each engine */, COMMON_KEYS = 4, STEPS = 40, LOOSE = 200 };
enum { KEYS = ENGINES * OWN_KEYS + COMMON_KEYS };

struct world;

struct process {
    struct server server; /* first: found through the node */
    struct node node;
    struct world *w;
    pthread_t putter;
    int index;
};

struct world {
    struct store *s;
    struct process p[ENGINES];
    pthread_mutex_t lock;
    int done[KEYS];        /* steps of a key that are over */
    bool running[KEYS];
    int loose[ENGINES][LOOSE];
    int twice, disorder, refused, runs;
};

static int key_of(const struct job *job)
{
    return (int)strtol(job->order_key.p + 1, NULL, 10);
}

static struct world *world_of(struct cx *cx)
{
    return ((struct process *)cx->node->server)->w;
}

/* Some fail when they are tried first; each third ends from elsewhere before it returns. */
static enum job_verdict run_step(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    int key = key_of(job);
    bool fails = job->attempts == 0 && job->subject % 20 == 7 && key < ENGINES * OWN_KEYS;
    pthread_mutex_lock(&w->lock);
    w->runs++;
    w->twice += w->running[key];
    w->running[key] = true;
    if (key < ENGINES * OWN_KEYS && job->subject != w->done[key])
        w->disorder++;
    pthread_mutex_unlock(&w->lock);
    if (job->subject % 5 == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    pthread_mutex_lock(&w->lock);
    w->running[key] = false;
    w->done[key] += !fails;
    pthread_mutex_unlock(&w->lock);
    if (!fails && job->subject % 3 == 0) {
        job_finish(cx->node, job->id, JOB_DONE, NULL, 0);
        return JOB_LATER;
    }
    return fails ? JOB_RETRY : JOB_DONE;
}

static enum job_verdict run_loose(struct cx *cx, const struct job *job)
{
    struct world *w = world_of(cx);
    pthread_mutex_lock(&w->lock);
    w->loose[job->subject / LOOSE][job->subject % LOOSE]++;
    pthread_mutex_unlock(&w->lock);
    return JOB_DONE;
}

static const int short_backoff[] = {1, 0};
static const struct job_row kinds[] = {
    {.kind = "t.step", .run = run_step, .backoff_s = short_backoff, .max_in_flight = 64},
    {.kind = "t.loose", .run = run_loose},
    {.kind = NULL},
};
static const struct job_row *const tables[] = {kinds, NULL};
static const struct wiring wiring = {.jobs = tables};

static void on_heard(void *arg, struct str schema, unsigned wake)
{
    const struct server *server = arg;
    nodes_heard(server->nodes, schema, wake);
}

static void process_open(struct world *w, int i)
{
    struct process *p = &w->p[i];
    p->w = w;
    p->index = i;
    p->server.wiring = &wiring;
    p->node.server = &p->server;
    p->node.host = STR("shared.example");
    p->node.ids = id_maker_new();
    assert_int_equal(db_open(w->s->path, db_migrations, &p->node.db), OK);
    p->server.nodes = nodes_new(&p->server, NULL);
    assert_int_equal(nodes_adopt(p->server.nodes, &p->node), OK);
    p->server.listener = db_listener_new(on_heard, &p->server);
    db_listener_add(p->server.listener, p->node.db);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->s = store_new();
    pthread_mutex_init(&w->lock, NULL);
    for (int i = 0; i < ENGINES; i++)
        process_open(w, i);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < ENGINES; i++) {
        db_listener_stop(w->p[i].server.listener);
        jobs_stop(w->p[i].server.jobs);
        nodes_free(w->p[i].server.nodes);
        w->p[i].node.db = db_close(w->p[i].node.db);
        db_listener_free(w->p[i].server.listener);
        id_maker_free(w->p[i].node.ids);
    }
    store_free(w->s);
    free(w);
    return 0;
}

static void start(struct process *p, bool beside)
{
    const struct jobs_options o = {.n_runners = 3, .n_claimers = 2, .beside = beside};
    assert_int_equal(jobs_start(&p->server, &o, &p->server.jobs), OK);
    assert_int_equal(jobs_attach(p->server.jobs, &p->node), OK);
}

static enum err put(struct cx *cx, const char *kind, int64_t subject, struct str key, bool shared)
{
    TRY(shared ? tx_begin_shared(cx) : tx_begin(cx));
    enum err e = job_put(cx, kind, subject, STR_NULL, key, 0);
    if (e == OK)
        return tx_commit(cx);
    tx_rollback(cx);
    return e;
}

/* One step of each key in turn, so that keys end and begin again all the time. */
static void *put_all(void *arg)
{
    struct process *p = arg;
    int refused = 0;
    for (int step = 0; step < STEPS; step++) {
        struct cx *cx = cx_new(&p->node);
        for (int k = 0; k < OWN_KEYS + COMMON_KEYS; k++) {
            int key = k < OWN_KEYS ? p->index * OWN_KEYS + k : ENGINES * OWN_KEYS + k - OWN_KEYS;
            refused += put(cx, "t.step", step, str_fmt(cx->arena, "k%d", key), (step + k) % 4 != 0) != OK;
        }
        for (int i = 0; i < LOOSE / STEPS; i++)
            refused += put(cx, "t.loose", p->index * LOOSE + step * (LOOSE / STEPS) + i, STR_NULL,
                           true) != OK;
        cx_free(cx);
    }
    pthread_mutex_lock(&p->w->lock);
    p->w->refused += refused;
    pthread_mutex_unlock(&p->w->lock);
    return NULL;
}

/* How many rows there still are, once there are none or a minute is over. */
static int64_t rows_left(struct world *w)
{
    int64_t n = -1;
    for (int i = 0; i < 3000 && n != 0; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        n = store_sql(w->s, "SELECT COUNT(*) FROM job");
    }
    return n;
}

static void every_job_once_and_in_order(void **state)
{
    struct world *w = *state;
    int64_t began = clock_monotonic();
    for (int i = 0; i < ENGINES; i++)
        start(&w->p[i], true);
    for (int i = 0; i < ENGINES; i++)
        assert_int_equal(pthread_create(&w->p[i].putter, NULL, put_all, &w->p[i]), 0);
    for (int i = 0; i < ENGINES; i++)
        pthread_join(w->p[i].putter, NULL);
    assert_int_equal(w->refused, 0);
    assert_int_equal(rows_left(w), 0);
    print_message("           %d runs by %d engines in %lld ms\n", w->runs, ENGINES,
                  (long long)(clock_monotonic() - began));
    assert_int_equal(w->twice, 0);
    assert_int_equal(w->disorder, 0);
    for (int k = 0; k < KEYS; k++)
        assert_int_equal(w->done[k], k < ENGINES * OWN_KEYS ? STEPS : ENGINES * STEPS);
    for (int i = 0; i < ENGINES; i++)
        for (int n = 0; n < LOOSE; n++)
            assert_int_equal(w->loose[i][n], 1);
}

/* ---- processes that die: PostgreSQL knows ------------------------------------------------- */

#define ONLY_SHARED()                                                                              \
    do {                                                                                           \
        if (store_url() == NULL)                                                                   \
            skip(); /* one process has a SQLite store, and knows that it is alone */               \
    } while (0)

static void put_loose(struct world *w, int n)
{
    struct cx *cx = cx_new(&w->p[0].node);
    for (int i = 0; i < n; i++)
        assert_int_equal(put(cx, "t.loose", i, STR_NULL, true), OK);
    cx_free(cx);
}

static int runs_of_loose(struct world *w)
{
    int n = 0;
    pthread_mutex_lock(&w->lock);
    for (int i = 0; i < LOOSE; i++)
        n += w->loose[0][i];
    pthread_mutex_unlock(&w->lock);
    return n;
}

/* Its leases would stand for hours. */
static void the_living_keep_and_the_dead_lose(void **state)
{
    struct world *w = *state;
    ONLY_SHARED();
    struct store_raw other = store_connect(w->s);
    store_run(&other, "SELECT pg_advisory_lock(hashtextextended('orrery owner ' || 'living', 0))");
    put_loose(w, 6);
    store_run(&other, "UPDATE job SET state = 'leased', lease_until = 9000000000000, "
                      "lease_owner = CASE WHEN subject < 2 THEN 'living' ELSE 'dead' END");
    start(&w->p[0], false);
    start(&w->p[1], false);
    for (int i = 0; i < 3000 && runs_of_loose(w) < 4; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(store_run(&other, "SELECT COUNT(*) FROM job WHERE state = 'leased' "
                                       "AND lease_owner = 'living' AND attempts = 0"), 2);
    assert_int_equal(runs_of_loose(w), 4);
    store_disconnect(&other); /* and there it died */
    assert_int_equal(rows_left(w), 0);
    assert_int_equal(runs_of_loose(w), 6);
}

static int look_at(struct jobs_node *n, struct cx *cx, int64_t now)
{
    int did = 0;
    cx->now = now;
    assert_int_equal(jobs_look_for_dead(n, cx, &did), OK);
    return did;
}

/* Who was seen alive an hour ago and is not at this moment may just have lost its connection. */
static void nobody_is_dead_at_first_sight(void **state)
{
    struct world *w = *state;
    ONLY_SHARED();
    struct jobs engine = {.owner = "me"};
    struct jobs_node n = {.engine = &engine, .node = &w->p[0].node};
    struct store_raw other = store_connect(w->s);
    struct cx *cx = cx_new(n.node);
    int64_t now = clock_now();
    const char *hold = "SELECT pg_advisory_lock(hashtextextended('orrery owner ' || 'living', 0))",
               *lose = "SELECT pg_advisory_unlock(hashtextextended('orrery owner ' || 'living', 0))",
               *lease = "UPDATE job SET state = 'leased', lease_owner = 'living', lease_until = 9000000000000";
    put_loose(w, 2);
    store_run(&other, hold);
    store_run(&other, lease);
    assert_int_equal(look_at(&n, cx, now), 0);
    store_run(&other, "UPDATE job SET state = 'resting'");
    assert_int_equal(look_at(&n, cx, now += MS_HOUR), 0);
    store_run(&other, lease);
    store_run(&other, lose);
    assert_int_equal(look_at(&n, cx, now += JOBS_LOOK_MS), 0);
    assert_int_equal(look_at(&n, cx, now += MS_MINUTE), 0); /* nobody looked meanwhile */
    assert_int_equal(look_at(&n, cx, now += JOBS_LOOK_MS), 0);
    store_run(&other, hold);
    assert_int_equal(look_at(&n, cx, now += JOBS_LOOK_MS), 0);
    store_run(&other, lose);
    assert_int_equal(look_at(&n, cx, now += JOBS_LOOK_MS), 0);
    assert_int_equal(look_at(&n, cx, now += JOBS_LOOK_MS), 0);
    assert_int_equal(look_at(&n, cx, now += JOBS_LOOK_MS), 2);
    store_run(&other, "DELETE FROM job");
    store_disconnect(&other);
    cx_free(cx);
}

/* Connections are cut again and again, those that say who lives, too. What was committed at such a
 * moment may be done once more, never twice at a time. */
static void connections_that_are_cut(void **state)
{
    struct world *w = *state;
    ONLY_SHARED();
    for (int i = 0; i < ENGINES; i++)
        (void)put_all(&w->p[i]);
    for (int i = 0; i < ENGINES; i++)
        start(&w->p[i], false);
    for (int i = 0; i < 5; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        store_sql(w->s, "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE "
                        "application_name = 'orrery-' || current_schema()");
    }
    assert_int_equal(rows_left(w), 0);
    assert_int_equal(w->twice, 0);
    for (int k = 0; k < KEYS; k++)
        assert_true(w->done[k] >= (k < ENGINES * OWN_KEYS ? STEPS : ENGINES * STEPS));
}

/* What one process puts the others hear of. */
static void who_puts_tells_the_others(void **state)
{
    struct world *w = *state;
    ONLY_SHARED();
    start(&w->p[1], false);
    put_loose(w, 1); /* by the first, who runs nothing */
    assert_int_equal(rows_left(w), 0);
    int64_t began = clock_monotonic();
    for (int i = 0; i < 20; i++) {
        put_loose(w, 1);
        for (int k = 0; k < 30000 && runs_of_loose(w) < i + 2; k++)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    print_message("           20 jobs told by another process in %lld ms\n",
                  (long long)(clock_monotonic() - began));
    assert_int_equal(runs_of_loose(w), 21);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_job_once_and_in_order),
        TEST(the_living_keep_and_the_dead_lose),
        TEST(nobody_is_dead_at_first_sight),
        TEST(connections_that_are_cut),
        TEST(who_puts_tells_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
