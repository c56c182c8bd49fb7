/* The table of nodes: who is found, who is opened once, who goes to sleep, who is let go. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "node/nodes_private.h"
#include "node/server.h"
#include "tests/unit/node_dirs.h"

enum { N = 6, WAIT_MS = 20000 };

struct house {
    struct node_dirs dirs;
    struct server server;
    struct nodes *nodes;
    _Atomic int opened, closing, woke, slept;
};

static void nap(void)
{
    const struct timespec t = {.tv_nsec = 2000000};
    nanosleep(&t, NULL);
}

static struct house *house_of_node(struct node *node)
{
    return (struct house *)((char *)node->server - offsetof(struct house, server));
}

static enum err note_opened(struct cx *cx, struct node *node)
{
    (void)cx;
    atomic_fetch_add(&house_of_node(node)->opened, 1);
    nap(); /* so that others come meanwhile */
    return OK;
}

static void note_closing(struct node *node)
{
    atomic_fetch_add(&house_of_node(node)->closing, 1);
}

static const struct node_hooks hooks = {note_opened, note_closing};

static void note_woke(void *arg, int64_t id)
{
    struct house *h = arg;
    (void)id;
    atomic_fetch_add(&h->woke, 1);
}

static void note_slept(void *arg, int64_t id, int64_t wake_at)
{
    struct house *h = arg;
    (void)id;
    (void)wake_at;
    atomic_fetch_add(&h->slept, 1);
}

static struct house *house_with(int max_awake, int64_t idle_ms)
{
    struct house *h = calloc(1, sizeof *h);
    assert_non_null(h);
    node_dirs_make(&h->dirs, N, "https", 0);
    h->server.node_hooks = &hooks;
    struct nodes_options o = {.max_awake = max_awake, .idle_ms = idle_ms, .woke = note_woke,
                              .slept = note_slept, .arg = h};
    h->nodes = h->server.nodes = nodes_new(&h->server, &o);
    for (int i = 0; i < N; i++) {
        struct node_spec spec = node_dirs_spec(&h->dirs, i);
        assert_int_equal(nodes_add(h->nodes, &spec), OK);
    }
    return h;
}

static void house_free(struct house *h)
{
    assert_null(nodes_free(h->nodes));
    assert_int_equal(atomic_load(&h->opened), atomic_load(&h->closing));
    assert_int_equal(atomic_load(&h->woke), atomic_load(&h->slept));
    node_dirs_remove(&h->dirs);
    free(h);
}

static struct nodes_counts counts(struct house *h)
{
    struct nodes_counts c;
    nodes_count(h->nodes, &c);
    return c;
}

static void wait_for_awake(struct house *h, int64_t n)
{
    for (int ms = 0; counts(h).awake != n; ms += 2) {
        assert_true(ms < WAIT_MS);
        nap();
    }
}

static struct node *take(struct house *h, const char *host)
{
    struct node *node = NULL;
    assert_int_equal(nodes_take(h->nodes, str_c(host), &node), OK);
    return node;
}

static void a_host_has_many_spellings(void **state)
{
    struct house *h = house_with(0, 0);
    static const char *const same[] = {"n1.example", "N1.Example", "n1.example.", "n1.example:443",
                                       "n1.EXAMPLE.:443", "n1.example:80"};
    static const char *const nobody[] = {"", ".", ":", "n1.example:8443", "n1.example..", "n1",
                                         "n1.example:", "[::1]:443", "n1.example:443:443",
                                         "n1.example\n", "a.n1.example", "n1.example/"};
    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct node *node = take(h, same[i]);
        assert_int_equal(node->id, 2);
        CHECK_STR(node->host, "n1.example");
        node_drop(node);
    }
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        struct node *node = NULL;
        assert_int_equal(nodes_take(h->nodes, str_c(nobody[i]), &node), ERR_NOT_FOUND);
    }
    char long_name[1000];
    memset(long_name, 'a', sizeof long_name);
    struct node_glance g;
    assert_false(nodes_glance(h->nodes, (struct str){long_name, sizeof long_name}, &g));
    assert_int_equal(counts(h).opened, 1);
    house_free(h);
}

static void nobody_is_added_twice(void **state)
{
    struct house *h = house_with(0, 0);
    struct node_spec spec = node_dirs_spec(&h->dirs, 0);
    (void)state;
    spec.host = STR("other.example");
    assert_int_equal(nodes_add(h->nodes, &spec), ERR_CONFLICT);
    spec = node_dirs_spec(&h->dirs, 0);
    spec.id = 77;
    assert_int_equal(nodes_add(h->nodes, &spec), ERR_CONFLICT);
    spec.id = 78;
    assert_int_equal(nodes_change(h->nodes, &spec), ERR_NOT_FOUND);
    assert_int_equal(nodes_remove(h->nodes, 78), ERR_NOT_FOUND);
    assert_int_equal(counts(h).known, N);
    house_free(h);
}

static void *taker_main(void *arg)
{
    struct house *h = arg;
    struct node *node = take(h, "n3.example");
    struct cx *cx = cx_new(node);
    cx_free(cx);
    return node;
}

static void many_ask_and_one_opens(void **state)
{
    struct house *h = house_with(0, 0);
    pthread_t t[8];
    void *got, *first = NULL;
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&t[i], NULL, taker_main, h), 0);
    for (int i = 0; i < 8; i++) {
        pthread_join(t[i], &got);
        first = first == NULL ? got : first;
        assert_ptr_equal(got, first);
    }
    assert_int_equal(atomic_load(&h->opened), 1);
    assert_int_equal(atomic_load(&((struct node *)first)->pins), 8);
    for (int i = 0; i < 8; i++)
        node_drop(first);
    house_free(h);
}

static void peeking_opens_nothing(void **state)
{
    struct house *h = house_with(0, 0);
    struct node_glance g;
    bool known;
    (void)state;
    assert_null(nodes_peek(h->nodes, STR("n0.example"), &known));
    assert_true(known);
    assert_null(nodes_peek(h->nodes, STR("evil.example"), &known));
    assert_false(known);
    assert_true(nodes_glance(h->nodes, STR("n0.example"), &g));
    assert_false(g.awake || g.met);
    struct node *node = take(h, "n0.example");
    assert_ptr_equal(nodes_peek(h->nodes, STR("n0.example"), &known), node);
    atomic_store(&node->public_generation, 41);
    assert_true(nodes_glance(h->nodes, STR("n0.example"), &g));
    assert_true(g.awake && g.met && g.secure);
    assert_int_equal(g.generation, 41);
    node_drop(node);
    node_drop(node);
    house_free(h);
}

static void who_rests_goes_to_sleep(void **state)
{
    struct house *h = house_with(0, 1);
    struct node_glance g;
    (void)state;
    assert_int_equal(nodes_start(h->nodes), OK);
    struct node *held = take(h, "n0.example");
    struct node *other = take(h, "n1.example");
    struct cx *cx = cx_new(other);
    atomic_store(&other->public_generation, 7);
    node_drop(other); /* the cx holds it */
    for (int i = 0; i < 20; i++)
        nap();
    assert_int_equal(counts(h).awake, 2);
    cx_free(cx);
    wait_for_awake(h, 1);
    assert_true(nodes_glance(h->nodes, STR("n1.example"), &g));
    assert_true(!g.awake && g.met && g.generation == 7);
    other = take(h, "n1.example");
    assert_int_equal(atomic_load(&other->public_generation), 7);
    node_drop(other);
    node_drop(held);
    wait_for_awake(h, 0);
    while (atomic_load(&h->slept) < 3) /* told a moment after it can be seen */
        nap();
    assert_int_equal(atomic_load(&h->slept), 3);
    house_free(h);
}

static void the_least_used_makes_room(void **state)
{
    struct house *h = house_with(2, 0);
    struct node_glance g;
    (void)state;
    assert_int_equal(nodes_start(h->nodes), OK);
    node_drop(take(h, "n0.example"));
    node_drop(take(h, "n1.example"));
    node_drop(take(h, "n0.example"));
    struct node *node = take(h, "n2.example"); /* n1 was used longest ago */
    wait_for_awake(h, 2);
    assert_true(nodes_glance(h->nodes, STR("n1.example"), &g) && !g.awake);
    assert_true(nodes_glance(h->nodes, STR("n0.example"), &g) && g.awake);
    struct node *more[3] = {take(h, "n3.example"), take(h, "n4.example"), take(h, "n5.example")};
    wait_for_awake(h, 4); /* who is held stays, whatever the limit says */
    for (int i = 0; i < 3; i++)
        node_drop(more[i]);
    wait_for_awake(h, 2);
    node_drop(node);
    house_free(h);
}

static void what_cannot_be_opened_is_not_tried_with_every_request(void **state)
{
    struct house *h = house_with(0, 0);
    struct node *node = NULL;
    (void)state;
    node_dirs_corrupt(&h->dirs, 2);
    for (int i = 0; i < 10; i++)
        assert_int_equal(nodes_take(h->nodes, STR("n2.example"), &node), ERR_STORAGE);
    assert_int_equal(counts(h).failed, 1);
    node_drop(take(h, "n3.example"));
    struct node_spec spec = node_dirs_spec(&h->dirs, 2);
    assert_int_equal(nodes_change(h->nodes, &spec), OK); /* repaired, says its provider */
    assert_int_equal(nodes_take(h->nodes, STR("n2.example"), &node), ERR_STORAGE);
    assert_int_equal(counts(h).failed, 2);
    spec.dir = h->dirs.dir[5];
    assert_int_equal(nodes_change(h->nodes, &spec), OK); /* another directory: its store is well */
    node_drop(take(h, "n2.example"));
    house_free(h);
}

static void states_open_and_shut(void **state)
{
    struct house *h = house_with(0, 0);
    struct node *node = take(h, "n0.example");
    struct node_spec spec = node_dirs_spec(&h->dirs, 0);
    (void)state;
    spec.state = NODE_SUSPENDED;
    spec.quota.members = 12;
    assert_int_equal(nodes_change(h->nodes, &spec), OK); /* while it is held */
    assert_int_equal(atomic_load(&node->state), NODE_SUSPENDED);
    assert_int_equal(atomic_load(&node->quota.members), 12);
    node_drop(node);
    spec.state = NODE_AWAY;
    assert_int_equal(nodes_change(h->nodes, &spec), OK);
    assert_int_equal(counts(h).awake, 0);
    assert_int_equal(nodes_take(h->nodes, STR("n0.example"), &node), ERR_BUSY);
    spec.state = NODE_GONE;
    assert_int_equal(nodes_change(h->nodes, &spec), OK);
    assert_int_equal(nodes_take(h->nodes, STR("n0.example"), &node), ERR_GONE);
    spec.state = NODE_ACTIVE;
    assert_int_equal(nodes_change(h->nodes, &spec), OK);
    node = take(h, "n0.example");
    assert_int_equal(atomic_load(&node->quota.members), 12); /* also of one that was asleep */
    node_drop(node);
    house_free(h);
}

static void *remover_main(void *arg)
{
    struct house *h = arg;
    assert_int_equal(nodes_remove(h->nodes, 1), OK);
    return NULL;
}

static void who_is_removed_is_let_go_first(void **state)
{
    struct house *h = house_with(0, 0);
    struct node *node = take(h, "n0.example"), *none = NULL;
    bool known = true;
    pthread_t t;
    (void)state;
    assert_int_equal(pthread_create(&t, NULL, remover_main, h), 0);
    while (known) { /* nobody finds it from some moment on */
        struct node *again = nodes_peek(h->nodes, STR("n0.example"), &known);
        if (again != NULL)
            node_drop(again);
    }
    assert_int_equal(nodes_take(h->nodes, STR("n0.example"), &none), ERR_NOT_FOUND);
    assert_int_equal(atomic_load(&h->closing), 0); /* it is held */
    CHECK_STR(node->host, "n0.example");
    node_drop(node);
    pthread_join(t, NULL);
    assert_int_equal(atomic_load(&h->closing), 1);
    struct node_spec spec = node_dirs_spec(&h->dirs, 0);
    assert_int_equal(nodes_add(h->nodes, &spec), OK);
    node_drop(take(h, "n0.example"));
    house_free(h);
}

static void sleepers_are_told_when_they_are_due(void **state)
{
    struct house *h = house_with(0, 0);
    int64_t ids[N], next = 0;
    (void)state;
    assert_int_equal(nodes_due(h->nodes, 1000, ids, N, &next), N); /* not known: look soon */
    assert_int_equal(next, 2000);
    for (int i = 0; i < N; i++) {
        struct node_spec spec = node_dirs_spec(&h->dirs, i);
        spec.wake_at = i == 0 ? INT64_MAX : 5000 + i;
        spec.state = i == 1 ? NODE_SUSPENDED : i == 2 ? NODE_LEAVING : NODE_ACTIVE;
        assert_int_equal(nodes_change(h->nodes, &spec), OK);
    }
    assert_int_equal(nodes_due(h->nodes, 4000, ids, N, &next), 0);
    assert_int_equal(next, 5002); /* who is suspended is not due */
    assert_int_equal(nodes_due(h->nodes, 5003, ids, N, &next), 2);
    assert_int_equal(nodes_due(h->nodes, 9000, ids, 1, &next), 1);
    assert_true(next < 9000); /* the others wait for more room */
    nodes_note_due(h->nodes, 1, 6000);
    node_drop(take(h, "n3.example"));
    node_drop(take(h, "n4.example"));
    node_drop(take(h, "n5.example"));
    assert_int_equal(nodes_due(h->nodes, 9000, ids, N, NULL), 2); /* 0 and 2; the rest is awake */
    house_free(h);
}

/* While it is closed its entry still has a node, which nobody may touch. */
static void changes_while_it_sleeps_in(void *arg, int64_t id, int64_t wake_at)
{
    struct house *h = arg;
    (void)wake_at;
    nodes_note_due(h->nodes, id, 7000);
    nodes_drop_cached(h->nodes);
    atomic_fetch_add(&h->slept, 1);
}

static void what_is_heard_while_one_closes_is_not_lost(void **state)
{
    struct house *h = house_with(0, 0);
    struct node_glance before, after;
    int64_t ids[N], next = 0;
    (void)state;
    h->nodes->options.slept = changes_while_it_sleeps_in;
    struct node_spec spec = node_dirs_spec(&h->dirs, 0);
    spec.wake_at = INT64_MAX;
    assert_int_equal(nodes_change(h->nodes, &spec), OK);
    struct node *node = take(h, "n0.example");
    atomic_fetch_add(&node->public_generation, 5);
    node_drop(node);
    assert_true(nodes_glance(h->nodes, STR("n0.example"), &before));
    assert_true(before.awake);
    pthread_mutex_lock(&h->nodes->lock);
    h->nodes->options.idle_ms = 1;
    pthread_mutex_unlock(&h->nodes->lock);
    nap();
    assert_int_equal(nodes_start(h->nodes), OK);
    wait_for_awake(h, 0);
    while (atomic_load(&h->slept) == 0)
        nap();
    nodes_stop(h->nodes);
    assert_true(nodes_glance(h->nodes, STR("n0.example"), &after));
    assert_false(after.awake);
    assert_int_equal(after.generation, before.generation + 1);
    for (int i = 1; i < N; i++)
        assert_int_equal(nodes_remove(h->nodes, i + 1), OK);
    assert_int_equal(nodes_due(h->nodes, 7000, ids, N, &next), 1);
    node = take(h, "n0.example");
    assert_int_equal(atomic_load(&node->public_generation), after.generation);
    node_drop(node);
    h->nodes->options.slept = note_slept;
    house_free(h);
}

/* Of a store that tells, by a process that has not opened it yet. */
static void whoever_never_woke_hears_too(void **state)
{
    struct house *h = house_with(0, 0);
    struct node_spec spec = node_dirs_spec(&h->dirs, 0);
    int64_t ids[N + 2], next = 0;
    (void)state;
    char dir[300], path[340], top[] = "/tmp/orrery-heard-XXXXXX";
    assert_non_null(mkdtemp(top));
    snprintf(dir, sizeof dir, "%s", top);
    snprintf(path, sizeof path, "%s/store.url", dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2&schema=n_77\n", f);
    fclose(f);
    for (int i = 0; i < N; i++)
        assert_int_equal(nodes_remove(h->nodes, i + 1), OK);
    spec.dir = dir;
    spec.wake_at = INT64_MAX;
    assert_int_equal(nodes_add(h->nodes, &spec), OK);
    nodes_look(h->nodes, 1000);
    nodes_look(h->nodes, 9000);
    assert_int_equal(nodes_due(h->nodes, 9000, ids, N, &next), 0);
    nodes_heard(h->nodes, STR("n_78"), WAKE_ALL);
    assert_int_equal(nodes_due(h->nodes, 9000, ids, N, &next), 0);
    nodes_heard(h->nodes, STR("n_77"), WAKE_JOBS);
    assert_int_equal(nodes_due(h->nodes, 9000, ids, N, &next), 1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
    house_free(h);
}

static void count_one(void *arg, const struct node_info *info)
{
    struct house *h = arg;
    struct node *node = NULL;
    if (info->spec.id == 2) { /* whatever it does, nobody is locked */
        assert_int_equal(nodes_take_id(h->nodes, 2, &node), OK);
        NODE_COUNT(node, requests, 3);
        node_drop(node);
        assert_int_equal(atomic_exchange(&info->usage->requests, 0), 3);
    } else if (info->spec.id == 3) {
        assert_int_equal(nodes_remove(h->nodes, 3), OK);
        CHECK_STR(info->spec.name, "n2");
    }
    atomic_fetch_add(&h->woke, 100);
}

static void each_is_looked_at(void **state)
{
    struct house *h = house_with(0, 0);
    (void)state;
    nodes_each(h->nodes, count_one, h);
    assert_int_equal(atomic_load(&h->woke), 100 * N + 1);
    atomic_fetch_sub(&h->woke, 100 * N);
    assert_int_equal(counts(h).known, N - 1);
    house_free(h);
}

static void a_node_of_ones_own(void **state)
{
    struct house *h = house_with(1, 1);
    struct node mine = {.server = &h->server, .id = 99, .host = STR("mine.example"),
                        .origin = STR("http://mine.example"), .dir = "/nowhere"};
    bool known;
    (void)state;
    assert_int_equal(nodes_adopt(h->nodes, &mine), OK);
    assert_int_equal(nodes_start(h->nodes), OK);
    node_drop(take(h, "n0.example"));
    wait_for_awake(h, 1); /* n0 slept; this one never does */
    assert_ptr_equal(nodes_peek(h->nodes, STR("mine.example"), &known), &mine);
    NODE_COUNT(&mine, requests, 1);
    assert_int_equal(nodes_remove(h->nodes, 99), OK); /* even while somebody holds it */
    assert_null(mine.usage);
    node_drop(&mine);
    house_free(h);
}

/* ---- all at once --------------------------------------------------------------------------- */

enum { STORM_THREADS = 6, STORM_ROUNDS = 300 };

struct stormer {
    struct house *house;
    unsigned dice;
};

static unsigned roll(struct stormer *s, unsigned sides)
{
    s->dice = s->dice * 1103515245u + 12345u;
    return (s->dice >> 16) % sides;
}

static void storm_once(struct stormer *s)
{
    struct house *h = s->house;
    struct node *node = NULL;
    int i = (int)roll(s, N);
    bool known;
    struct node_spec spec = node_dirs_spec(&h->dirs, i);
    switch (roll(s, 16)) {
    case 0: (void)!nodes_remove(h->nodes, i + 1); break;
    case 1: (void)!nodes_add(h->nodes, &spec); break;
    case 2:
        spec.state = roll(s, 2) ? NODE_AWAY : NODE_SUSPENDED;
        (void)!nodes_change(h->nodes, &spec);
        break;
    case 3: case 4: (void)!nodes_change(h->nodes, &spec); break;
    case 5: case 6: case 7: node = nodes_peek(h->nodes, spec.host, &known); break;
    default: (void)!nodes_take(h->nodes, spec.host, &node); break;
    }
    if (node == NULL)
        return;
    assert_true(str_eq(node->host, spec.host));
    struct cx *cx = cx_new(node);
    node_drop(node);
    assert_int_equal(tx_begin(cx), OK);
    if (roll(s, 4) == 0) {
        assert_int_equal(tx_commit(cx), OK);
    }
    cx_free(cx);
}

static void *storm_main(void *arg)
{
    for (int i = 0; i < STORM_ROUNDS; i++)
        storm_once(arg);
    return NULL;
}

static void all_at_once(void **state)
{
    struct house *h = house_with(2, 1);
    struct stormer s[STORM_THREADS];
    pthread_t t[STORM_THREADS];
    int64_t ids[N];
    (void)state;
    assert_int_equal(nodes_start(h->nodes), OK);
    for (int i = 0; i < STORM_THREADS; i++) {
        s[i] = (struct stormer){h, (unsigned)i + 1};
        assert_int_equal(pthread_create(&t[i], NULL, storm_main, &s[i]), 0);
    }
    for (int i = 0; i < STORM_ROUNDS; i++)
        nodes_due(h->nodes, 1000, ids, N, NULL);
    for (int i = 0; i < STORM_THREADS; i++)
        pthread_join(t[i], NULL);
    wait_for_awake(h, 0);
    house_free(h);
}

#define T(f) cmocka_unit_test(f)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_host_has_many_spellings),
        T(nobody_is_added_twice),
        T(many_ask_and_one_opens),
        T(peeking_opens_nothing),
        T(who_rests_goes_to_sleep),
        T(the_least_used_makes_room),
        T(what_cannot_be_opened_is_not_tried_with_every_request),
        T(states_open_and_shut),
        T(who_is_removed_is_let_go_first),
        T(what_is_heard_while_one_closes_is_not_lost),
        T(whoever_never_woke_hears_too),
        T(sleepers_are_told_when_they_are_due),
        T(each_is_looked_at),
        T(a_node_of_ones_own),
        T(all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
