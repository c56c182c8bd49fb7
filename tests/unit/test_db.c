#include "tests/unit/store.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

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

/* ---- queries ------------------------------------------------------------------------------- */

static void every_shape_gives_what_it_says(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    struct note_row row, *rows;
    bool found = true;
    size_t n = 7;
    int64_t changes = 0, id = 0, *ids;
    assert_int_equal(q_note_by_id(cx, 1, &row), ERR_NOT_FOUND);
    assert_null(cx->fail);
    assert_int_equal(q_note_find(cx, 1, &found, &row), OK);
    assert_false(found);
    assert_int_equal(q_note_all(cx, &rows, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(q_note_insert(cx, 1, 5, STR("行星"), STR_NULL, &changes), OK);
    assert_int_equal(changes, 1);
    assert_int_equal(q_note_insert(cx, 2, DB_NULL, STR_NULL, STR(""), NULL), OK);
    assert_int_equal(q_note_by_id(cx, 1, &row), OK);
    CHECK_STR(row.what, "行星");
    assert_int_equal(row.account_id, 5);
    assert_null(row.detail.p);
    assert_int_equal(q_note_find(cx, 2, &found, &row), OK);
    assert_true(found && row.account_id == DB_NULL && row.what.p != NULL && row.what.n == 0);
    assert_non_null(row.detail.p);
    assert_int_equal(q_note_add_returning(cx, 9, &id), OK);
    assert_int_equal(id, 9);
    for (int i = 10; i < 40; i++)
        put(cx, i, "many");
    assert_int_equal(q_note_all(cx, &rows, &n), OK);
    assert_int_equal(n, 33);
    assert_int_equal(rows[32].id, 39);
    assert_int_equal(q_note_ids(cx, STR("many"), &ids, &n), OK);
    assert_true(n == 30 && ids[0] == 10 && ids[29] == 39);
    cx_free(cx);
}

static void quotes_and_comments_are_left_alone(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    struct note_quotes_row row;
    assert_int_equal(q_note_quotes(cx, 4, STR("y"), &row), OK);
    CHECK_STR(row.a, "it's :x; \"");
    assert_true(row.b == 8 && row.c == 4 && row.d > 0.4 && row.d < 0.6);
    assert_int_equal(q_note_quotes(cx, 4, STR("n"), &row), ERR_NOT_FOUND);
    cx_free(cx);
}

static void a_splice_is_for_one_engine(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    struct note_spliced_row row;
    assert_int_equal(q_note_spliced(cx, 4, &row), OK);
    CHECK_STR(row.engine, store_url() == NULL ? "sqlite" : "pg");
    assert_int_equal(row.x, 4);
    assert_string_equal(dbq_note_spliced.sql, "SELECT 'sqlite' , ?1 WHERE '{' <> '}'");
    assert_string_equal(dbq_note_spliced.pg, "SELECT 'pg', $1 + $1 - $1 WHERE '{' <> '}'");
    assert_false(dbq_note_spliced.writes);
    assert_true(dbq_note_insert.writes);
    cx_free(cx);
}

static void errors_have_their_code(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    int64_t n = 0;
    struct note_wrong_width_row wide;
    put(cx, 1, "a");
    assert_int_equal(q_note_insert(cx, 1, DB_NULL, STR("b"), STR_NULL, NULL), ERR_CONFLICT);
    assert_non_null(strstr(cx->fail, "note_insert"));
    assert_int_equal(q_note_sum_of_bad_kind(cx, 2, NULL), ERR_INVALID);
    assert_int_equal(q_note_bad_null(cx, &n), ERR_INTERNAL);
    assert_int_equal(q_note_by_id(cx, DB_NULL, &(struct note_row){0}), ERR_INTERNAL);
    assert_int_equal(q_note_wrong_width(cx, &wide), ERR_INTERNAL);
    assert_int_equal(db_check_query(cx, &dbq_note_wrong_width), ERR_INTERNAL);
    assert_int_equal(db_check_query(cx, &dbq_note_all), OK);
    assert_int_equal(count(cx), 1);
    cx_free(cx);
}

/* ---- transactions -------------------------------------------------------------------------- */

static enum err write_and_fail(struct cx *cx, int64_t id, enum err how)
{
    TX_SCOPE(cx);
    TRY(q_note_insert(cx, id, DB_NULL, STR("x"), STR_NULL, NULL));
    TRY(how);
    return tx_commit(cx);
}

static void what_is_not_committed_is_gone(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    struct cx *other = cx_new(&s->node);
    assert_int_equal(write_and_fail(cx, 1, ERR_FORBIDDEN), ERR_FORBIDDEN);
    assert_int_equal(count(cx), 0);
    assert_int_equal(write_and_fail(cx, 2, OK), OK);
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 3, "x");
    assert_int_equal(count(cx), 2);    /* sees its own */
    assert_int_equal(count(other), 1); /* nobody else does */
    cx_free(cx);                       /* rolls back */
    assert_int_equal(count(other), 1);
    cx_free(other);
}

static void inner_transactions_undo_their_part_only(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 1, "outer");
    assert_int_equal(write_and_fail(cx, 2, ERR_CONFLICT), ERR_CONFLICT);
    assert_int_equal(write_and_fail(cx, 1, OK), ERR_CONFLICT);
    assert_int_equal(write_and_fail(cx, 3, OK), OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(cx->tx_depth, 0);
    struct note_row *rows;
    size_t n;
    assert_int_equal(q_note_all(cx, &rows, &n), OK);
    assert_true(n == 2 && rows[0].id == 1 && rows[1].id == 3);
    cx_free(cx);
}

static void a_failed_statement_loses_its_level(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    int64_t n = 0;
    put(cx, 1, "taken");
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 2, "outer");
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 3, "inner");
    assert_int_equal(q_note_insert(cx, 1, DB_NULL, STR("x"), STR_NULL, NULL), ERR_CONFLICT);
    assert_int_equal(q_note_count(cx, &n), ERR_INTERNAL);
    assert_int_equal(tx_begin(cx), ERR_INTERNAL);
    assert_int_equal(cx->tx_depth, 2);
    assert_int_equal(tx_commit(cx), ERR_INTERNAL);
    assert_int_equal(cx->tx_depth, 1);
    put(cx, 4, "outer");
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 3);
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 5, "outer");
    assert_int_equal(q_note_insert(cx, 1, DB_NULL, STR("x"), STR_NULL, NULL), ERR_CONFLICT);
    assert_int_equal(tx_commit(cx), ERR_INTERNAL);
    assert_int_equal(count(cx), 3);
    cx_free(cx);
}

static void shared_transactions_hold_no_exclusive_one(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    assert_int_equal(tx_lock(cx, STR("order")), ERR_INTERNAL);
    assert_int_equal(tx_begin_shared(cx), OK);
    assert_int_equal(tx_lock(cx, STR("order")), OK);
    put(cx, 1, "x");
    assert_int_equal(tx_begin(cx), ERR_INTERNAL);
    assert_int_equal(tx_begin_shared(cx), OK);
    put(cx, 2, "x");
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(tx_begin_shared(cx), OK);
    assert_int_equal(tx_begin(cx), OK);
    put(cx, 3, "x");
    for (int i = 0; i < 3; i++)
        assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(count(cx), 3);
    cx_free(cx);
}

static void a_thread_cannot_wait_for_itself(void **state)
{
    struct store *s = *state;
    struct cx *a = cx_new(&s->node), *b = cx_new(&s->node);
    assert_int_equal(tx_begin(a), OK);
    assert_int_equal(tx_begin(b), ERR_INTERNAL);
    cx_free(b);
    cx_free(a);
}

static void caches_hear_after_the_commit(void **state)
{
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    uint64_t before = s->node.public_generation;
    assert_int_equal(tx_begin(cx), OK);
    cx->wake |= WAKE_PUBLIC;
    tx_rollback(cx);
    assert_int_equal(tx_begin(cx), OK);
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(s->node.public_generation, before);
    assert_int_equal(tx_begin(cx), OK);
    cx->wake |= WAKE_PUBLIC;
    assert_int_equal(tx_commit(cx), OK);
    assert_int_equal(s->node.public_generation, before + 1);
    cx_free(cx);
}

/* ---- group commit -------------------------------------------------------------------------- */

enum { WRITERS = 8, WRITES = 60 };

struct writer {
    struct store *s;
    int who;
    int failed, wrong;
};

static void *write_many(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < WRITES; i++) {
        struct cx *cx = cx_new(&w->s->node);
        int64_t id = w->who * 1000 + i + 1;
        bool fails = i % 7 == 3;
        enum err e = write_and_fail(cx, id, fails ? ERR_FORBIDDEN : OK);
        if (fails)
            w->failed++;
        if (e != (fails ? ERR_FORBIDDEN : OK))
            w->wrong++;
        cx_free(cx);
    }
    return NULL;
}

static void writers_share_commits_and_lose_nothing(void **state)
{
    struct store *s = *state;
    pthread_t t[WRITERS];
    struct writer w[WRITERS];
    uint64_t commits, members, commits0, members0;
    db_counters(s->node.db, &commits0, &members0);
    for (int i = 0; i < WRITERS; i++) {
        w[i] = (struct writer){.s = s, .who = i};
        pthread_create(&t[i], NULL, write_many, &w[i]);
    }
    int failed = 0;
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(t[i], NULL);
        failed += w[i].failed;
        assert_int_equal(w[i].wrong, 0);
    }
    db_counters(s->node.db, &commits, &members);
    assert_int_equal(members - members0, WRITERS * WRITES - failed);
    if (s->schema[0] == '\0') /* a test's PostgreSQL syncs nothing, so nobody has to wait for it */
        assert_true(commits - commits0 < (members - members0) / 2);
    store_reopen(s);
    struct cx *cx = cx_new(&s->node);
    assert_int_equal(count(cx), WRITERS * WRITES - failed);
    struct note_row row;
    assert_int_equal(q_note_by_id(cx, 4, &row), ERR_NOT_FOUND); /* the fourth of each failed */
    assert_int_equal(q_note_by_id(cx, 5, &row), OK);
    cx_free(cx);
}

static void *write_until_killed(void *arg)
{
    void **args = arg;
    struct store *s = args[0];
    int fd = *(int *)args[1];
    for (;;) {
        struct cx *cx = cx_new(&s->node);
        int64_t id = id_next(s->node.ids);
        if (write_and_fail(cx, id, OK) == OK && write(fd, &id, sizeof id) != sizeof id)
            _exit(3);
        cx_free(cx);
    }
    return NULL;
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    struct store *s = *state;
    int ends[2];
    s->node.db = db_close(s->node.db);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            pthread_t t[4];
            void *args[2] = {s, &ends[1]};
            if (db_open(s->path, db_migrations, &s->node.db) != OK)
                _exit(2);
            for (int i = 0; i < 4; i++)
                pthread_create(&t[i], NULL, write_until_killed, args);
            pause();
        }
        close(ends[1]);
        int64_t ids[4000];
        size_t n = 0;
        while (n < 200 && read(ends[0], &ids[n], sizeof *ids) == sizeof *ids)
            n++;
        assert_int_equal(n, 200);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        while (n < 4000 && read(ends[0], &ids[n], sizeof *ids) == sizeof *ids)
            n++;
        close(ends[0]);
        assert_int_equal(db_open(s->path, db_migrations, &s->node.db), OK);
        struct cx *cx = cx_new(&s->node);
        struct note_row row;
        for (size_t i = 0; i < n; i++)
            assert_int_equal(q_note_by_id(cx, ids[i], &row), OK);
        cx_free(cx);
        s->node.db = db_close(s->node.db);
    }
    assert_int_equal(db_open(s->path, db_migrations, &s->node.db), OK);
}

/* ---- trouble ------------------------------------------------------------------------------- */

/* A file size limit stands in for the full disk: the write fails in the same places. A small row
 * fails at the commit; a large one spills from the cache and fails in the statement, after which
 * SQLite has thrown away the whole transaction, and running on would commit row by row. */
static void fill_the_disk(struct store *s, size_t size, bool in_statement)
{
    struct cx *cx = cx_new(&s->node);
    struct rlimit old, tight;
    int64_t before = count(cx);
    put(cx, 1000 + (int64_t)size, "before");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = (struct rlimit){.rlim_cur = 500 * 1024, .rlim_max = old.rlim_max};
    char *big = malloc(size);
    memset(big, 'x', size);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum err begun = tx_begin(cx);
    enum err first = q_note_insert(cx, 2, DB_NULL, STR("first"), STR_NULL, NULL);
    enum err large = q_note_insert(cx, 3, DB_NULL, (struct str){big, size}, STR_NULL, NULL);
    enum err next = q_note_insert(cx, 4, DB_NULL, STR("next"), STR_NULL, NULL);
    enum err end = tx_commit(cx);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(begun == OK && first == OK);
    assert_int_equal(large, in_statement ? ERR_STORAGE : OK);
    assert_int_equal(next, in_statement ? ERR_STORAGE : OK);
    assert_int_equal(end, ERR_STORAGE);
    assert_int_equal(cx->tx_depth, 0);
    assert_int_equal(count(cx), before + 1);
    put(cx, 2000 + (int64_t)size, "after");
    store_reopen(s);
    assert_int_equal(count(cx), before + 2);
    free(big);
    cx_free(cx);
}

static void a_full_disk_fails_cleanly(void **state)
{
    ONLY_ON_SQLITE("the disk is the server's");
    signal(SIGXFSZ, SIG_IGN);
    fill_the_disk(*state, 700 * 1024, false);
    fill_the_disk(*state, 8 * 1024 * 1024, true);
}

static void run_raw(struct store *s, const char *sql)
{
    struct store_raw r = store_connect(s);
    store_run(&r, sql);
    store_disconnect(&r);
}

static void a_changed_or_newer_schema_is_refused(void **state)
{
    struct store *s = *state;
    s->node.db = db_close(s->node.db);
    run_raw(s, "INSERT INTO migration VALUES ('9999_future.sql', 'x', 1)");
    assert_int_equal(db_open(s->path, db_migrations, &s->node.db), ERR_CONFLICT);
    run_raw(s, "DELETE FROM migration WHERE name = '9999_future.sql'");
    run_raw(s, "UPDATE migration SET checksum = 'x' WHERE name = '0001_core.sql'");
    assert_int_equal(db_open(s->path, db_migrations, &s->node.db), ERR_CONFLICT);
    s->node.db = NULL;
}

static void the_schema_is_strict(void **state)
{
    ONLY_ON_SQLITE("its types are strict anyway");
    struct store *s = *state;
    sqlite3 *h;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(s->path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(h, "SELECT COUNT(*) FROM pragma_table_list WHERE schema = 'main' AND "
                                           "type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
                                        -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 0);
    sqlite3_finalize(stmt);
    sqlite3_close(h);
}

static void another_process_may_write_between(void **state)
{
    ONLY_ON_SQLITE("the lock of the file");
    struct store *s = *state;
    struct cx *cx = cx_new(&s->node);
    put(cx, 1, "ours");
    sqlite3 *h;
    assert_int_equal(sqlite3_open(s->path, &h), SQLITE_OK);
    assert_int_equal(sqlite3_exec(h, "BEGIN IMMEDIATE; INSERT INTO audit (id, at, what) VALUES (2, 2, 'theirs')",
                                  NULL, NULL, NULL), SQLITE_OK);
    pid_t pid = fork(); /* only to have something that runs for a while */
    if (pid == 0) {
        usleep(300000);
        _exit(0);
    }
    assert_int_equal(count(cx), 1); /* readers do not wait */
    waitpid(pid, NULL, 0);
    assert_int_equal(sqlite3_exec(h, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(h);
    assert_int_equal(count(cx), 2);
    put(cx, 3, "ours");
    cx_free(cx);
}

static size_t known(struct cx *cx, const char *what, struct note_row **ret)
{
    size_t n = 0;
    assert_int_equal(q_note_known(cx, str_c(what), 0, ret, &n), OK);
    return n;
}

static void public_queries_are_remembered_until_something_public_changes(void **state)
{
    struct store *s = *state;
    struct cx *shows = cx_new(&s->node), *works = cx_new(&s->node);
    struct note_row *rows;
    shows->recall = true;
    shows->now = 1000000;
    assert_int_equal(q_note_insert(works, 1, DB_NULL, STR("a"), STR(""), NULL), OK);
    assert_int_equal(q_note_insert(works, 2, 7, STR("a"), STR_NULL, NULL), OK);
    assert_int_equal(known(shows, "a", &rows), 2);
    assert_int_equal(known(shows, "b", &rows), 0);
    put(works, 3, "a"); /* not said to be public: remembered rows stay */
    put(works, 4, "b");
    assert_int_equal(known(shows, "b", &rows), 0);
    assert_int_equal(known(shows, "a", &rows), 2);
    assert_true(rows[0].account_id == DB_NULL && rows[0].detail.p != NULL && rows[0].detail.n == 0);
    assert_true(rows[1].account_id == 7 && rows[1].detail.p == NULL);
    CHECK_STR(rows[1].what, "a");
    assert_int_equal(known(works, "a", &rows), 3);
    assert_int_equal(tx_begin(shows), OK);
    assert_int_equal(known(shows, "a", &rows), 3); /* who writes sees what is */
    tx_rollback(shows);
    assert_int_equal(tx_begin(works), OK);
    put(works, 5, "b");
    works->wake |= WAKE_PUBLIC;
    assert_int_equal(tx_commit(works), OK);
    assert_int_equal(known(shows, "b", &rows), 2);
    assert_int_equal(known(shows, "a", &rows), 3);
    put(works, 6, "b");
    assert_int_equal(known(shows, "b", &rows), 2);
    shows->now += 1000; /* what another process changed is known within a second */
    assert_int_equal(known(shows, "b", &rows), 3);
    cx_free(shows);
    cx_free(works);
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

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_shape_gives_what_it_says),
        TEST(public_queries_are_remembered_until_something_public_changes),
        TEST(quotes_and_comments_are_left_alone),
        TEST(a_splice_is_for_one_engine),
        TEST(errors_have_their_code),
        TEST(what_is_not_committed_is_gone),
        TEST(inner_transactions_undo_their_part_only),
        TEST(a_failed_statement_loses_its_level),
        TEST(shared_transactions_hold_no_exclusive_one),
        TEST(a_thread_cannot_wait_for_itself),
        TEST(caches_hear_after_the_commit),
        TEST(writers_share_commits_and_lose_nothing),
        TEST(what_was_acknowledged_survives_a_kill),
        TEST(a_full_disk_fails_cleanly),
        TEST(a_changed_or_newer_schema_is_refused),
        TEST(the_schema_is_strict),
        TEST(another_process_may_write_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
