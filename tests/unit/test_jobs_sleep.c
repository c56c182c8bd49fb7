/* Jobs of nodes that sleep: the engine opens what is due and lets it rest again. */
#include "tests/unit/store.h"

#include <pthread.h>
#include <time.h>

#include "node/base/clock.h"
#include "node/cx.h"
#include "node/jobs/jobs.h"
#include "node/nodes_private.h"
#include "node/server.h"

enum { N = 3 };

struct world {
    struct server server; /* first: found through the node */
    char dir[N][200];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int runs[N + 1];
    int64_t slept_id, slept_until;
};

static enum job_verdict run_plain(struct cx *cx, const struct job *job)
{
    struct world *w = (struct world *)cx->node->server;
    struct timespec t;
    (void)job;
    do /* some time of the processor, so that it can be counted */
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    while (t.tv_nsec % 1000000 < 900000);
    pthread_mutex_lock(&w->lock);
    w->runs[cx->node->id]++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return JOB_DONE;
}

static const struct job_row kinds[] = {{.kind = "t.plain", .run = run_plain}, {.kind = NULL}};
static const struct job_row *const tables[] = {kinds, NULL};
static const struct wiring wiring = {.jobs = tables};

static void slept(void *arg, int64_t id, int64_t wake_at)
{
    struct world *w = arg;
    pthread_mutex_lock(&w->lock);
    w->slept_id = id;
    w->slept_until = wake_at;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const char *tmp = getenv("TMPDIR");
    w->server.wiring = &wiring;
    for (int i = 0; i < N; i++) {
        char origin[60];
        snprintf(origin, sizeof origin, "https://n%d.example", i + 1);
        snprintf(w->dir[i], sizeof w->dir[i], "%s/orrery-test-XXXXXX", tmp == NULL ? "/tmp" : tmp);
        assert_non_null(mkdtemp(w->dir[i]));
        assert_int_equal(node_create(w->dir[i], str_c(origin)), OK);
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    const struct nodes_options o = {.idle_ms = 20, .slept = slept, .arg = w};
    w->server.nodes = nodes_new(&w->server, &o);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    nodes_stop(w->server.nodes);
    jobs_stop(w->server.jobs);
    nodes_free(w->server.nodes);
    for (int i = 0; i < N; i++) {
        node_discard(w->dir[i]);
        rmdir(w->dir[i]);
    }
    free(w);
    return 0;
}

static void start(struct world *w)
{
    const struct jobs_options o = {.n_runners = 2, .n_claimers = 2};
    assert_int_equal(jobs_start(&w->server, &o, &w->server.jobs), OK);
    assert_int_equal(nodes_start(w->server.nodes), OK);
}

static void add(struct world *w, int64_t id, enum node_state state, int64_t wake_at)
{
    char host[30];
    snprintf(host, sizeof host, "n%d.example", (int)id);
    const struct node_spec spec = {.id = id, .name = str_c(host), .host = str_c(host),
                                   .dir = w->dir[id - 1], .state = state, .wake_at = wake_at};
    if (nodes_add(w->server.nodes, &spec) != OK)
        assert_int_equal(nodes_change(w->server.nodes, &spec), OK);
}

/* As a command does: opens the node's directory by itself. */
static void put_by_command(struct world *w, int64_t id, int64_t run_at)
{
    struct server server = {.wiring = &wiring};
    struct node *node;
    assert_int_equal(node_open(&server, w->dir[id - 1], &node), OK);
    struct cx *cx = cx_new(node);
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(job_put(cx, "t.plain", 1, STR_NULL, STR_NULL, run_at), OK);
    assert_int_equal(tx_commit(cx), OK);
    cx_free(cx);
    node_close(node);
}

static void what_is_due_wakes_its_node(void **state)
{
    struct world *w = *state;
    int64_t now = clock_now(), next = now + MS_DAY;
    put_by_command(w, 1, now + 300);
    put_by_command(w, 1, next);
    put_by_command(w, 2, 0);
    add(w, 1, NODE_ACTIVE, now + 300);
    add(w, 2, NODE_ACTIVE, 0); /* not known: looks soon */
    add(w, 3, NODE_ACTIVE, INT64_MAX);
    start(w);
    UNTIL(w, w->runs[1] == 1 && w->runs[2] == 1);
    assert_true(clock_now() >= now + 300);
    UNTIL(w, w->slept_id == 1 && w->slept_until == next); /* and rests till then */
    struct nodes_counts counts;
    nodes_count(w->server.nodes, &counts);
    assert_int_equal(counts.opened, 2); /* nobody looked into the third */
}

static void nobody_calls_looking_a_use(void **state)
{
    struct world *w = *state;
    nodes_free(w->server.nodes);
    const struct nodes_options o = {.idle_ms = 2500, .slept = slept, .arg = w};
    w->server.nodes = nodes_new(&w->server, &o);
    add(w, 1, NODE_ACTIVE, INT64_MAX);
    start(w);
    struct node *node;
    assert_int_equal(nodes_take_id(w->server.nodes, 1, &node), OK);
    node_drop(node);
    UNTIL(w, w->slept_id == 1); /* though its queue is looked into each second */
}

static void what_a_command_puts_is_noticed(void **state)
{
    struct world *w = *state;
    int64_t now = clock_now(), id = 0;
    struct node_glance before, after;
    for (int64_t i = 1; i <= N; i++)
        add(w, i, NODE_ACTIVE, INT64_MAX);
    struct str host = str_c(nodes_find_id(w->server.nodes, 2)->host);
    assert_true(nodes_glance(w->server.nodes, host, &before));
    nodes_look(w->server.nodes, now); /* as they are found */
    nodes_look(w->server.nodes, now + 10 * MS_SECOND);
    assert_int_equal(nodes_due(w->server.nodes, now + 10 * MS_SECOND, &id, 1, NULL), 0);
    put_by_command(w, 2, 0);
    nodes_look(w->server.nodes, now + 20 * MS_SECOND);
    assert_int_equal(nodes_due(w->server.nodes, now + 20 * MS_SECOND, &id, 1, NULL), 1);
    assert_int_equal(id, 2);
    assert_true(nodes_glance(w->server.nodes, host, &after));
    assert_true(after.generation != before.generation); /* its pages are not sent from memory */
    start(w);
    UNTIL(w, w->runs[2] == 1 && w->slept_id == 2);
    put_by_command(w, 2, 0); /* it has been awake here meanwhile */
    UNTIL(w, w->runs[2] == 2);
}

static void jobs_of_a_suspended_node_rest(void **state)
{
    struct world *w = *state;
    struct node *node;
    put_by_command(w, 1, 0);
    put_by_command(w, 2, 0);
    add(w, 1, NODE_SUSPENDED, 0);
    add(w, 2, NODE_LEAVING, 0); /* its last word goes out */
    start(w);
    UNTIL(w, w->runs[2] == 1);
    assert_int_equal(nodes_take_id(w->server.nodes, 1, &node), OK); /* somebody reads its page */
    put_by_command(w, 2, 0);
    jobs_wake(node);
    UNTIL(w, w->runs[2] == 2);
    assert_int_equal(w->runs[1], 0);
    add(w, 1, NODE_ACTIVE, 0);
    UNTIL(w, w->runs[1] == 1);
    node_drop(node);
}

static void note_cpu(void *arg, const struct node_info *info)
{
    int64_t *cpu = arg;
    cpu[info->spec.id] = (int64_t)atomic_load(&info->usage->job_cpu_us);
}

static void the_time_of_runs_is_counted(void **state)
{
    struct world *w = *state;
    int64_t cpu[N + 1] = {0};
    for (int i = 0; i < 5; i++)
        put_by_command(w, 1, 0);
    add(w, 1, NODE_ACTIVE, 0);
    add(w, 2, NODE_ACTIVE, 0);
    start(w);
    UNTIL(w, w->runs[1] == 5 && w->slept_id != 0);
    nodes_each(w->server.nodes, note_cpu, cpu);
    assert_true(cpu[1] > 0);
    assert_int_equal(cpu[2], 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_due_wakes_its_node),
        TEST(nobody_calls_looking_a_use),
        TEST(what_a_command_puts_is_noticed),
        TEST(jobs_of_a_suspended_node_rest),
        TEST(the_time_of_runs_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
