/* Where bytes lie, and who brings and removes them, without any picture. */
#include "node/media/media_store.h"

#include <sys/stat.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/media/media.h"
#include "node/media/media_sql.h"
#include "node/server.h"
#include "node/settings.h"
#include "tests/unit/store.h"

struct fixture {
    struct store *store;
    struct server server;
    struct cx *cx;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->store = store_new();
    f->store->node.dir = f->store->dir;
    f->store->node.server = &f->server;
    f->cx = cx_new(&f->store->node);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cx_free(f->cx);
    store_clear_media(f->store);
    store_free(f->store);
    free(f);
    return 0;
}

static struct str put(struct fixture *f, const char *text)
{
    struct str hash = crypt_sha256_hex(f->cx->arena, str_c(text));
    assert_int_equal(media_store_dir.put(f->cx, hash, str_c(text), STR("text/plain")), OK);
    return hash;
}

static bool there(struct fixture *f, struct str hash)
{
    bool has;
    assert_int_equal(media_store_dir.has(f->cx, hash, &has), OK);
    return has;
}

static void what_is_brought_is_not_removed(void **state)
{
    struct fixture *f = *state;
    struct str hash = put(f, "tea");
    assert_int_equal(media_hold(f->cx, 7, &hash, 1), OK);
    assert_int_equal(media_hold(f->cx, 8, &hash, 1), OK);
    assert_int_equal(media_store_drop_unused(f->cx, hash), OK);
    assert_true(there(f, hash));
    assert_int_equal(media_release(f->cx, 7), OK);
    assert_int_equal(media_store_drop_unused(f->cx, hash), OK);
    assert_true(there(f, hash)); /* 8 still brings it */
    assert_int_equal(media_release(f->cx, 8), OK);
    assert_int_equal(media_store_drop_unused(f->cx, hash), OK);
    assert_false(there(f, hash));
    assert_int_equal(media_store_drop_unused(f->cx, hash), OK); /* gone is fine */
    assert_int_equal(media_hold(f->cx, 9, &hash, 1), OK);        /* and the mark is away */
}

static void what_is_being_removed_is_not_brought(void **state)
{
    struct fixture *f = *state;
    struct media m;
    struct str hash = put(f, "tea");
    assert_int_equal(q_media_going_set(f->cx, hash, clock_now() + MS_HOUR, NULL), OK);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("tea"), STR("t.txt"), STR("text/plain"), &m), ERR_BUSY);
    assert_non_null(f->cx->tell);
    assert_int_equal(media_store_drop_unused(f->cx, hash), ERR_BUSY); /* nor removed twice */
    assert_true(f->cx->retry_after_s > 0);
    assert_true(there(f, hash));
    /* Who removed it died: the mark ends by itself. */
    assert_int_equal(q_media_going_set(f->cx, hash, clock_now() - 1, NULL), OK);
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("tea"), STR("t.txt"), STR("text/plain"), &m), OK);
    assert_int_equal(media_store_drop_unused(f->cx, hash), OK);
    assert_true(there(f, hash)); /* a row has it */
}

static void a_row_takes_the_place_of_its_hold(void **state)
{
    struct fixture *f = *state;
    struct media m;
    int64_t held;
    assert_int_equal(media_add_file(f->cx, 1, DB_NULL, STR("puer"), STR("p.txt"), STR("text/plain"), &m), OK);
    assert_int_equal(q_media_held(f->cx, m.hash, 0, &held), OK);
    assert_int_equal(held, 0);
}

/* A crash between the bytes and the row. */
static void the_sweep_clears_up_behind_a_crash(void **state)
{
    struct fixture *f = *state;
    struct str lost = put(f, "lost"), young = put(f, "young");
    int64_t held;
    assert_int_equal(q_media_hold_add(f->cx, lost, 7, clock_now() - 1, NULL), OK);
    assert_int_equal(q_media_hold_add(f->cx, young, 8, clock_now() + MS_HOUR, NULL), OK);
    assert_int_equal(media_store_sweep(f->cx), OK);
    assert_false(there(f, lost));
    assert_true(there(f, young));
    assert_int_equal(q_media_held(f->cx, lost, 0, &held), OK);
    assert_int_equal(held, 0);
    assert_int_equal(q_media_held(f->cx, young, 0, &held), OK);
    assert_int_equal(held, 1);
}

static void the_directory_lists_in_order(void **state)
{
    enum { N = 40 };
    struct fixture *f = *state;
    struct str after = STR(""), *page;
    size_t n = 1, seen = 0;
    for (int i = 0; i < N; i++)
        put(f, arena_printf(f->cx->arena, "%d", i));
    while (n > 0) {
        assert_int_equal(media_store_dir.list(f->cx, after, &page, &n), OK);
        for (size_t i = 0; i < n; i++, seen++) {
            assert_true(after.n == 0 || memcmp(page[i].p, after.p, MEDIA_HASH_LEN) > 0);
            after = page[i];
        }
    }
    assert_int_equal(seen, N);
}

static void moving_needs_a_place(void **state)
{
    struct fixture *f = *state;
    struct media_moved m;
    assert_int_equal(media_move(f->cx, STR("moon"), false, &m), ERR_INVALID);
    assert_int_equal(media_move(f->cx, STR("s3"), false, &m), ERR_INVALID);
    assert_int_equal(setting_set(f->cx, STR("media.store"), STR("s3")), ERR_INVALID);
    assert_int_equal(setting_set(f->cx, STR("media.store"), STR("dir")), OK);
}

static void bytes_are_taken_back_by_their_name(void **state)
{
    struct fixture *f = *state;
    struct str hash = crypt_sha256_hex(f->cx->arena, STR("tea"));
    int64_t size;
    int fd;
    assert_int_equal(media_bytes_open(f->cx, hash, &fd, &size), ERR_NOT_FOUND);
    assert_int_equal(media_bytes_put(f->cx, hash, STR("coffee")), ERR_INVALID);
    assert_int_equal(media_bytes_put(f->cx, hash, STR("tea")), OK);
    assert_int_equal(media_bytes_open(f->cx, hash, &fd, &size), OK);
    assert_int_equal(size, 3);
    close(fd);
    assert_int_equal(media_bytes_open(f->cx, STR("../store"), &fd, &size), ERR_INTERNAL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_brought_is_not_removed),
        TEST(what_is_being_removed_is_not_brought),
        TEST(a_row_takes_the_place_of_its_hold),
        TEST(the_sweep_clears_up_behind_a_crash),
        TEST(the_directory_lists_in_order),
        TEST(moving_needs_a_place),
        TEST(bytes_are_taken_back_by_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
