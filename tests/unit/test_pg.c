/* What only PostgreSQL does: lost connections, writers side by side, words to other processes. Skipped
 * without ORRERY_TEST_STORE. */
#include "tests/unit/store.h"

#include <pthread.h>
#include <stdatomic.h>

#include "node/cx.h"
#include "tests/unit/sample_sql.h"

static void put(struct cx *cx, int64_t id, const char *what)
{
    assert_int_equal(q_note_insert(cx, id, DB_NULL, str_c(what), STR_NULL, NULL), OK);
}

static int64_t count(struct cx *cx)
{
    int64_t n = -1;
    assert_int_equal(q_note_count(cx, &n), OK);
    return n;
}

/* As a restart of the server would: every connection of this test's store ends. */
static void end_connections(struct store *s)
{
    char sql[600];
    struct store_raw r = store_connect(s);
    snprintf(sql, sizeof sql,
             "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> "
             "pg_backend_pid() AND application_name = 'orrery-%s'", s->schema);
    store_run(&r, sql);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                              "'orrery-%s'", s->schema);
    while (store_run(&r, sql) > 0)
        usleep(1000);
    store_disconnect(&r);
}

static int setup(void **state)
{
    if (store_url() == NULL) {
        *state = NULL;
        return 0;
    }
    *state = store_bare();
    return 0;
}

static int teardown(void **state)
{
    if (*state != NULL)
        store_free(*state);
    return 0;
}

#define ONLY_ON_PG(s)                                                                              \
    do {                                                                                           \
        if ((s) == NULL)                                                                           \
            skip();                                                                                \
    } while (0)

static void a_lost_connection_is_replaced(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    put(cx, 1, "before");
    end_connections(s);
    assert_int_equal(count(cx), 1); /* a read */
    end_connections(s);
    put(cx, 2, "after"); /* a write by itself */
    end_connections(s);
    assert_int_equal(tx_begin(cx), OK);
    end_connections(s);
    put(cx, 3, "after"); /* nothing was begun on the server yet */
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(tx_begin_shared(cx), OK);
    put(cx, 4, "after");
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 4);
    cx_free(cx);
}

static void a_transaction_is_lost_with_its_connection(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    for (int shared = 0; shared < 2; shared++) {
        assert_int_equal(shared ? tx_begin_shared(cx) : tx_begin(cx), OK);
        put(cx, 10 + shared, "lost");
        assert_int_equal(shared ? tx_begin_shared(cx) : tx_begin(cx), OK);
        end_connections(s);
        assert_int_equal(q_note_insert(cx, 20, DB_NULL, STR("x"), STR_NULL, NULL), ERR_BUSY);
        assert_true(cx->retry_after_s > 0);
        tx_rollback(cx);
        assert_int_equal(q_note_insert(cx, 21, DB_NULL, STR("x"), STR_NULL, NULL), ERR_BUSY);
        assert_int_equal(tx_commit(cx), ERR_BUSY);
        assert_int_equal(cx->tx_depth, 0);
        assert_int_equal(count(cx), 0);
        assert_int_equal(shared ? tx_begin_shared(cx) : tx_begin(cx), OK);
        put(cx, 30 + shared, "lost at the commit");
        end_connections(s);
        assert_int_equal(tx_commit(cx), ERR_BUSY);
        assert_int_equal(count(cx), 0);
    }
    put(cx, 1, "well again");
    assert_int_equal(count(cx), 1);
    cx_free(cx);
}

/* ---- side by side -------------------------------------------------------------------------- */

struct other {
    struct store *s;
    bool shared;
    const char *lock;
    enum err result;
    atomic_bool done;
    pthread_t thread;
};

static void *write_one(void *arg)
{
    struct other *o = arg;
    struct cx *cx = cx_new(&o->s->node);
    o->result = o->shared ? tx_begin_shared(cx) : tx_begin(cx);
    if (o->result == OK && o->lock != NULL)
        o->result = tx_lock(cx, str_c(o->lock));
    if (o->result == OK)
        o->result = q_note_insert(cx, 50, DB_NULL, STR("other"), STR_NULL, NULL);
    if (o->result == OK)
        o->result = tx_commit(cx);
    cx_free(cx);
    atomic_store(&o->done, true);
    return NULL;
}

static void start(struct other *o)
{
    assert_int_equal(pthread_create(&o->thread, NULL, write_one, o), 0);
}

static void wait_until_it_waits(struct store *s)
{
    char sql[300];
    struct store_raw r = store_connect(s);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' "
                              "AND application_name = 'orrery-%s'", s->schema);
    while (store_run(&r, sql) == 0)
        usleep(1000);
    store_disconnect(&r);
}

/* What was committed is on the disk, and not only known to the server. */
static void a_commit_is_flushed(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    struct store_raw r = store_connect(s);
    for (int i = 0; i < 20; i++) {
        int64_t written, flushed;
        assert_int_equal(i % 2 == 0 ? tx_begin(cx) : tx_begin_shared(cx), OK);
        for (int k = 0; k < 20; k++)
            put(cx, 100 * i + k + 1, "to be kept");
        written = store_run(&r, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
        assert_int_equal(tx_commit(cx), OK);
        flushed = store_run(&r, "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint");
        assert_true(flushed >= written);
        put(cx, 100 * i + 50, "alone");
        written = store_run(&r, "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint");
        assert_true(written > flushed);
    }
    store_disconnect(&r);
    cx_free(cx);
}

static void shared_ones_run_side_by_side(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    struct other beside = {.s = s, .shared = true, .lock = "mine"};
    assert_int_equal(tx_begin_shared(cx), OK);
    assert_int_equal(tx_lock(cx, STR("order")), OK);
    put(cx, 1, "first");
    start(&beside);
    pthread_join(beside.thread, NULL); /* while ours is open */
    assert_int_equal(beside.result, OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 2);
    cx_free(cx);
}

static void who_must_wait_waits(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    struct other all[] = {{.s = s, .shared = false}, {.s = s, .shared = true, .lock = "order"}};
    for (size_t i = 0; i < 2; i++) {
        int64_t had = count(cx);
        assert_int_equal(tx_begin_shared(cx), OK);
        assert_int_equal(tx_lock(cx, STR("order")), OK);
        put(cx, 1 + (int64_t)i, "first");
        start(&all[i]);
        wait_until_it_waits(s);
        assert_false(atomic_load(&all[i].done));
        assert_int_equal(tx_commit(cx), OK);
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].result, i == 0 ? OK : ERR_CONFLICT); /* the second finds 50 */
        assert_int_equal(count(cx), had + (i == 0 ? 2 : 1));
    }
    cx_free(cx);
}

/* Two nodes on one database do not know of each other. */
static void schemas_do_not_meet(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct store *b = store_bare();
    struct cx *cx = cx_new(&s->node), *there = cx_new(&b->node);
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 1, "here");
    put(there, 1, "there"); /* though a writer of the first is at work */
    assert_int_equal(tx_begin_shared(there), OK);
    put(there, 2, "there");
    assert_int_equal(tx_commit(there), OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 1);
    assert_int_equal(count(there), 2);
    cx_free(there);
    cx_free(cx);
    store_free(b);
}

static void levels_go_deep_and_no_deeper(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    int depth = 0;
    while (tx_begin(cx) == OK)
        put(cx, ++depth, "deep");
    assert_int_equal(depth, 16);
    while (cx->tx_depth > 8)
        tx_rollback(cx);
    while (cx->tx_depth > 0)
        assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 8);
    assert_int_equal(tx_begin(cx), OK);
    for (int i = 0; i < 300; i++) { /* levels in which nothing is asked of the server */
        assert_int_equal(tx_begin(cx), OK);
        if (i % 3 == 0)
            tx_rollback(cx);
        else
            assert_int_equal(tx_commit(cx), OK);
    }
    put(cx, 100, "after all");
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 9);
    cx_free(cx);
}

/* ---- values -------------------------------------------------------------------------------- */

static void values_come_back_as_they_were(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct cx *cx = cx_new(&s->node);
    struct note_row row;
    static const int64_t ids[] = {0, 1, -1, INT64_MAX, INT64_MIN + 1, 10000, -99999999};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        int64_t sum = 7;
        assert_int_equal(q_note_insert(cx, ids[i], ids[i], STR("n"), STR("星球"), NULL), OK);
        assert_int_equal(q_note_by_id(cx, ids[i], &row), OK);
        assert_true(row.id == ids[i] && row.account_id == ids[i]);
        CHECK_STR(row.detail, "星球");
        assert_int_equal(q_note_sum(cx, ids[i], &sum), OK); /* a numeric */
        assert_true(sum == ids[i]);
    }
    assert_int_equal(q_note_insert(cx, 5, DB_NULL, ((struct str){"a\0b", 3}), STR_NULL, NULL),
                     ERR_INVALID);
    assert_null(strstr(cx->fail, "a\\0b"));
    assert_int_equal(q_note_insert(cx, 5, DB_NULL, STR("\xff\xfe"), STR_NULL, NULL), ERR_INVALID);
    cx_free(cx);
}

static void text_is_ordered_by_bytes(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    static const char *const words[] = {"B", "Z", "a", "b", "\xc3\x84", "\xe6\x98\x9f"};
    struct cx *cx = cx_new(&s->node);
    struct str *got;
    size_t n;
    for (size_t i = 0; i < 6; i++)
        put(cx, 6 - (int64_t)i, words[i]);
    assert_int_equal(q_note_words(cx, &got, &n), OK);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++)
        CHECK_STR(got[i], words[i]);
    cx_free(cx);
}

/* ---- opening ------------------------------------------------------------------------------- */

static void *open_one(void *arg)
{
    struct db *db = NULL;
    enum err e = db_open(arg, db_migrations, &db);
    db_close(db);
    return e == OK ? arg : NULL;
}

static void many_may_start_at_once(void **state)
{
    ONLY_ON_PG(*state);
    struct store *s = store_place(); /* nothing there yet */
    pthread_t threads[6];
    void *well;
    s->node.ids = id_maker_new();
    assert_int_equal(db_check_free(s->path), OK);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_one, s->path), 0);
    for (size_t i = 0; i < 6; i++) {
        pthread_join(threads[i], &well);
        assert_non_null(well);
    }
    assert_int_equal(db_check_free(s->path), ERR_CONFLICT);
    store_free(s);
}

static void addresses_are_looked_at(void **state)
{
    ONLY_ON_PG(*state);
    static const char *const wrong[] = {
        "postgresql://h/d?schema=Tea", "postgresql://h/d?schema=", "postgresql://h/d?schema=pg_x",
        "postgresql://h/d?schema=public", "postgresql://h/d?schema=a;b", "postgresql://h/d?schema=1a",
        "postgresql://u:secret@h:bad/d?nonsense=1"};
    struct db *db = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(db_open(wrong[i], db_migrations, &db), ERR_INVALID);
    assert_int_equal(db_open("postgresql://u:secret@127.0.0.1:1/d", db_migrations, &db), ERR_BUSY);
    assert_true(db_is_address("postgres://h/d") && !db_is_address("/srv/postgresql://"));
}

/* ---- other processes ----------------------------------------------------------------------- */

struct heard {
    pthread_mutex_t lock;
    const char *mine; /* what is said of other schemas is for others: tests beside this one */
    unsigned wake;
    int gaps;
};

/* Not on the stack: after a check that fails its listener may still hear. */
static struct heard *heard_new(const struct store *s)
{
    struct heard *h = calloc(1, sizeof *h);
    h->mine = s->schema;
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

static void on_heard(void *arg, struct str schema, unsigned wake)
{
    struct heard *h = arg;
    pthread_mutex_lock(&h->lock);
    if (schema.p == NULL)
        h->gaps++;
    else if (str_eq_c(schema, h->mine))
        h->wake |= wake;
    pthread_mutex_unlock(&h->lock);
}

static void wait_for(struct heard *h, unsigned wake, int gaps)
{
    for (bool well = false; !well; usleep(1000)) {
        pthread_mutex_lock(&h->lock);
        well = (h->wake & wake) == wake && h->gaps >= gaps;
        pthread_mutex_unlock(&h->lock);
    }
}

/* Two listeners are to each other what two processes are. */
static void commits_are_heard_elsewhere(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct heard *here = heard_new(s), *there = heard_new(s);
    struct db_listener *a = db_listener_new(on_heard, here), *b = db_listener_new(on_heard, there);
    struct db *other = NULL;
    assert_int_equal(db_open(s->path, db_migrations, &other), OK);
    assert_true(db_is_shared(other));
    db_listener_add(a, s->node.db);
    db_listener_add(b, other);
    wait_for(here, 0, 1);
    wait_for(there, 0, 1);
    struct cx *cx = cx_new(&s->node);
    assert_int_equal(tx_begin(cx), OK);
    cx->wake |= WAKE_PUBLIC;
    assert_int_equal(tx_commit(cx), OK);
    wait_for(there, WAKE_PUBLIC, 1);
    assert_int_equal(there->wake, WAKE_PUBLIC);
    assert_int_equal(here->wake, 0); /* our own is not news */
    end_connections(s);             /* the listeners' among them */
    wait_for(here, 0, 2);
    wait_for(there, 0, 2);
    db_notify(s->node.db, WAKE_JOBS);
    wait_for(there, WAKE_JOBS, 2);
    db_listener_stop(a);
    db_notify(s->node.db, WAKE_JOBS); /* nobody says it any more; it is no fault */
    cx_free(cx);
    s->node.db = db_close(s->node.db);
    db_close(other);
    db_listener_free(a);
    db_listener_free(b);
    free(here);
    free(there);
    store_reopen(s);
}

/* The connection of one listener alone is cut: who heard nothing of a gap is told all the same. */
static void what_was_not_said_is_said_later(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    char sql[600];
    struct heard *here = heard_new(s), *there = heard_new(s);
    struct db_listener *a = db_listener_new(on_heard, here), *b = db_listener_new(on_heard, there);
    struct db *other = NULL;
    assert_int_equal(db_open(s->path, db_migrations, &other), OK);
    db_listener_add(a, s->node.db);
    db_listener_add(b, other);
    wait_for(here, 0, 1);
    wait_for(there, 0, 1);
    struct store_raw r = store_connect(s);
    snprintf(sql, sizeof sql,
             "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_locks WHERE locktype = 'advisory' "
             "AND (classid::bigint << 32 | objid::bigint) = hashtextextended('orrery owner %s', 0)",
             db_listener_owner(a));
    assert_int_equal(store_run(&r, sql), 1);
    store_disconnect(&r);
    db_notify(s->node.db, WAKE_JOBS);
    wait_for(there, WAKE_JOBS, 1);
    wait_for(here, 0, 2);
    db_notify(s->node.db, WAKE_PUBLIC);
    wait_for(there, WAKE_PUBLIC, 1);
    assert_int_equal(there->gaps, 1);
    s->node.db = db_close(s->node.db);
    db_close(other);
    db_listener_free(a);
    db_listener_free(b);
    free(here);
    free(there);
    store_reopen(s);
}

/* One database by two addresses, as when each node has a user of its own there-> */
static void a_process_lives_at_each_address(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct heard *here = heard_new(s);
    struct db_listener *a = db_listener_new(on_heard, here);
    struct db *other = NULL;
    char path[sizeof s->path + 32];
    snprintf(path, sizeof path, "%s&connect_timeout=7", s->path);
    assert_int_equal(db_open(path, db_migrations, &other), OK);
    db_listener_add(a, s->node.db);
    db_listener_add(a, other);
    wait_for(here, 0, 2);
    assert_true(db_owner_is_held(s->node.db));
    assert_true(db_owner_is_held(other));
    s->node.db = db_close(s->node.db);
    db_close(other);
    db_listener_free(a);
    free(here);
    store_reopen(s);
}

/* The command line has no listener: it says it by itself. */
static void a_command_is_heard(void **state)
{
    struct store *s = *state;
    ONLY_ON_PG(s);
    struct heard *there = heard_new(s);
    struct db_listener *b = db_listener_new(on_heard, there);
    struct db *other = NULL;
    assert_int_equal(db_open(s->path, db_migrations, &other), OK);
    db_listener_add(b, other);
    wait_for(there, 0, 1);
    db_notify(s->node.db, WAKE_JOBS);
    wait_for(there, WAKE_JOBS, 1);
    db_close(other);
    db_listener_free(b);
    free(there);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_connection_is_replaced),
        TEST(a_transaction_is_lost_with_its_connection),
        TEST(a_commit_is_flushed),
        TEST(shared_ones_run_side_by_side),
        TEST(who_must_wait_waits),
        TEST(schemas_do_not_meet),
        TEST(levels_go_deep_and_no_deeper),
        TEST(values_come_back_as_they_were),
        TEST(text_is_ordered_by_bytes),
        TEST(many_may_start_at_once),
        TEST(addresses_are_looked_at),
        TEST(commits_are_heard_elsewhere),
        TEST(what_was_not_said_is_said_later),
        TEST(a_process_lives_at_each_address),
        TEST(a_command_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
