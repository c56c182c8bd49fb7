/* tx_together: short transactions of many threads, made as one. */
#include "tests/unit/store.h"

#include <pthread.h>

#include "node/cx.h"
#include "node/db/db_private.h"
#include "tests/unit/sample_sql.h"

enum { MANY = 8 };

/* What one thread asks for, and what came of it. */
struct asking {
    struct store *s;
    int64_t id;
    enum err fails;   /* after its row was written */
    bool inner_fails; /* and it goes on without that part */
    struct cx *cx;
    pthread_t thread, ran_on;
    bool in_own_cx, left_clean;
    int runs;
    enum err result;
};

static enum err put(struct cx *cx, int64_t id)
{
    return q_note_insert(cx, id, DB_NULL, STR("together"), STR_NULL, NULL);
}

static enum err write_inner(struct cx *cx, int64_t id)
{
    TX_SCOPE(cx);
    TRY(put(cx, id));
    return ERR_FORBIDDEN;
}

static enum err write_rows(struct cx *cx, void *arg)
{
    struct asking *a = arg;
    a->runs++;
    a->ran_on = pthread_self();
    a->in_own_cx = cx == a->cx;
    if (a->inner_fails && write_inner(cx, a->id + 1000) == OK)
        return ERR_INTERNAL;
    TRY(put(cx, a->id));
    return a->fails;
}

static void *ask(void *arg)
{
    struct asking *a = arg;
    a->cx = cx_new(&a->s->node);
    a->result = tx_together(a->cx, write_rows, a);
    a->left_clean = a->cx->tx_depth == 0 && a->cx->conn == NULL && a->cx->tx_lost == 0 && !a->cx->tx_flat;
    a->cx = cx_free(a->cx);
    return NULL;
}

static int queued(struct db *db)
{
    int n = 0;
    pthread_mutex_lock(&db->together.lock);
    if (db->together.busy)
        n = db->together.n_waiting + 1;
    pthread_mutex_unlock(&db->together.lock);
    return n;
}

/* All ask while another has the writer, so that they are one group when it lets go. */
static void ask_together(struct store *s, struct asking *all)
{
    struct cx *cx = cx_new(&s->node);
    assert_int_equal(tx_begin(cx), OK);
    for (int i = 0; i < MANY; i++) {
        all[i].s = s;
        all[i].id = i + 1;
        assert_int_equal(pthread_create(&all[i].thread, NULL, ask, &all[i]), 0);
    }
    while (queued(s->node.db) < MANY)
        usleep(1000);
    tx_rollback(cx);
    for (int i = 0; i < MANY; i++) {
        pthread_join(all[i].thread, NULL);
        assert_true(all[i].left_clean);
    }
    cx_free(cx);
}

static bool is_there(struct store *s, int64_t id)
{
    struct cx *cx = cx_new(&s->node);
    struct note_row row;
    enum err e = q_note_by_id(cx, id, &row);
    cx_free(cx);
    return e == OK;
}

static void works_that_come_together_are_one_commit(void **state)
{
    struct store *s = *state;
    struct asking all[MANY] = {0};
    uint64_t commits, members, commits0, members0;
    db_counters(s->node.db, &commits0, &members0);
    ask_together(s, all);
    db_counters(s->node.db, &commits, &members);
    assert_int_equal(commits - commits0, 1);
    assert_int_equal(members - members0, MANY);
    store_reopen(s);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(all[i].result, OK);
        assert_true(is_there(s, all[i].id) && all[i].runs == 1 && all[i].in_own_cx);
        assert_true(pthread_equal(all[i].ran_on, all[0].ran_on));
    }
}

static void one_that_fails_fails_alone(void **state)
{
    struct store *s = *state;
    struct asking all[MANY] = {[3] = {.fails = ERR_FORBIDDEN}};
    ask_together(s, all);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(all[i].result, i == 3 ? ERR_FORBIDDEN : OK);
        assert_int_equal(is_there(s, all[i].id), i != 3);
    }
    assert_int_equal(all[3].runs, 2);
}

static void a_failure_that_is_gone_over_loses_its_part_alone(void **state)
{
    struct store *s = *state;
    struct asking all[MANY] = {[2] = {.inner_fails = true}, [5] = {.inner_fails = true}};
    ask_together(s, all);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(all[i].result, OK);
        assert_true(is_there(s, all[i].id) && !is_there(s, all[i].id + 1000));
    }
}

static void a_failed_statement_harms_nobody_else(void **state)
{
    struct store *s = *state;
    struct asking all[MANY] = {0};
    struct cx *cx = cx_new(&s->node);
    assert_int_equal(put(cx, 5), OK); /* so the fifth finds its name taken */
    cx_free(cx);
    ask_together(s, all);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(all[i].result, i == 4 ? ERR_CONFLICT : OK);
        assert_true(is_there(s, all[i].id));
    }
}

static void inside_a_transaction_it_is_a_level(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    struct asking first = {.s = s, .id = 1, .cx = cx}, second = {.s = s, .id = 2, .fails = ERR_FORBIDDEN, .cx = cx};
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(tx_together(cx, write_rows, &first), OK);
    assert_int_equal(tx_together(cx, write_rows, &second), ERR_FORBIDDEN);
    assert_int_equal(put(cx, 3), OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_true(is_there(s, 1) && !is_there(s, 2) && is_there(s, 3));
    assert_int_equal(tx_together(cx, write_rows, &second), ERR_FORBIDDEN);
    second.fails = OK;
    assert_int_equal(tx_together(cx, write_rows, &second), OK);
    assert_true(is_there(s, 2));
    cx_free(cx);
}

/* Whoever holds a transaction in another context would wait for himself. */
/* Who has the writer waits for nobody who wants it. */
static void who_has_the_writer_does_not_queue(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    struct asking mine = {.s = s, .id = 1, .cx = cx}, other = {.s = s, .id = 2};
    alarm(120); /* else it would wait for ever */
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(pthread_create(&other.thread, NULL, ask, &other), 0);
    while (queued(s->node.db) < 1)
        usleep(1000);
    assert_int_equal(tx_together(cx, write_rows, &mine), OK);
    assert_int_equal(tx_commit(cx), OK);
    pthread_join(other.thread, NULL);
    alarm(0);
    assert_int_equal(other.result, OK);
    assert_true(is_there(s, 1) && is_there(s, 2) && mine.runs == 1);
    cx_free(cx);
}

static void a_thread_cannot_wait_for_itself(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node), *other = cx_new(&s->node);
    struct asking a = {.s = s, .id = 1, .cx = other};
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(tx_together(other, write_rows, &a), ERR_INTERNAL);
    assert_int_equal(a.runs, 0);
    tx_rollback(cx);
    cx_free(other);
    cx_free(cx);
}

static int setup(void **state)
{
    *state = store_new();
    return 0;
}

static int teardown(void **state)
{
    store_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(works_that_come_together_are_one_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_fails_fails_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_that_is_gone_over_loses_its_part_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_statement_harms_nobody_else, setup, teardown),
        cmocka_unit_test_setup_teardown(inside_a_transaction_it_is_a_level, setup, teardown),
        cmocka_unit_test_setup_teardown(who_has_the_writer_does_not_queue, setup, teardown),
        cmocka_unit_test_setup_teardown(a_thread_cannot_wait_for_itself, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
