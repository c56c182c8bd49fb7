/* The file of a backup, without a node around it: what is written is read, and nothing else is. And rows on
 * their way from one store into another. */
#include "tests/unit/store.h"

#include "admin/backup/archive.h"
#include "admin/backup/backup.h"
#include "node/base/arena.h"
#include "node/cx.h"
#include "node/db/copy.h"
#include "node/db/snapshot.h"
#include "node/settings.h"

#include <fcntl.h>
#include <sys/stat.h>

struct rig {
    char dir[64];
    struct node node;
    struct cx *cx;
};

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    snprintf(r->dir, sizeof r->dir, "/tmp/orrery-backup-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->cx = cx_new(&r->node);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"a", "b", "c", "a.part"};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(arena_printf(r->cx->arena, "%s/%s", r->dir, names[i]));
    assert_int_equal(rmdir(r->dir), 0);
    cx_free(r->cx);
    free(r);
    return 0;
}

static const char *at(struct rig *r, const char *name)
{
    return arena_printf(r->cx->arena, "%s/%s", r->dir, name);
}

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct manifest sample(struct rig *r)
{
    struct manifest m = {.id = STR("00112233445566778899aabbccddeeff"), .origin = STR("https://t.example"),
                         .program = STR("1"), .store = STR("sqlite"), .media_kind = STR("directory"),
                         .created_at = 1000, .n_missing = 3};
    m.migrations = ARENA_NEW(r->cx->arena, struct manifest_migration);
    *m.migrations = (struct manifest_migration){STR("0001_core.sql"), str_c(A64)};
    m.n_migrations = 1;
    m.chain = ARENA_NEW(r->cx->arena, struct manifest_link);
    *m.chain = (struct manifest_link){STR("ffeeddccbbaa99887766554433221100"), STR("old \"one\".orrery"), 500000};
    m.n_chain = 1;
    m.secret = (struct manifest_member){STR("secret.key"), 32, str_c(A64)};
    m.database = (struct manifest_member){STR("store.sqlite.zst"), 9, str_c(B64)};
    m.database_raw_size = 12;
    m.database_raw_sha256 = str_c(A64);
    m.media = ARENA_ARRAY(r->cx->arena, struct manifest_media, 2);
    m.media[0] = (struct manifest_media){str_c(A64), 7, 0, str_c(A64)};
    m.media[1] = (struct manifest_media){str_c(B64), 8, 1, str_c(A64)};
    m.n_media = 2;
    return m;
}

static enum err parse(struct rig *r, struct str json, struct manifest *ret)
{
    return manifest_parse(r->cx, json, ret);
}

static void a_manifest_is_read_as_it_was_written(void **state)
{
    struct rig *r = *state;
    struct manifest m = sample(r), read;
    struct buf json, again;
    buf_init_arena(&json, r->cx->arena, 1 << 20);
    buf_init_arena(&again, r->cx->arena, 1 << 20);
    manifest_write(&json, &m);
    assert_int_equal(parse(r, buf_str(&json), &read), OK);
    manifest_write(&again, &read);
    CHECK_STR(buf_str(&again), buf_str(&json).p);
    assert_ptr_equal(manifest_find(&read, str_c(B64)), &read.media[1]);
    assert_null(manifest_find(&read, STR("b")));
}

/* Each change makes it something that nobody should build files of. */
static void a_manifest_that_makes_no_sense_is_refused(void **state)
{
    static const char *const swaps[][2] = {
        {"\"orrery-backup\"", "\"orrery-backdoor\""},
        {"\"secret.key\"", "\"../../secret.key\""},
        {"\"store.sqlite.zst\"", "\"store.sqlite\""},
        {"\"size\":32", "\"size\":-1"},
        {"\"size\":32", "\"size\":99999"},
        {"\"size\":9", "\"size\":\"9\""},
        {"[\"aaaa", "[\"Aaaa"},
        {"[\"aaaa", "[\"../a"},
        {",7,0]", ",7,2]"},
        {",7,0]", ",7,-1]"},
        {"[\"" B64, "[\"" A64}, /* twice the same */
        {"00112233445566778899aabbccddeeff", "00112233445566778899aabbccddee"},
        {"\"chain\":[", "\"chain\":[1,"},
        {"\"origin\"", "\"origin2\""},
        {"\"raw_size\"", "\"raw\""},
    };
    struct rig *r = *state;
    struct manifest m = sample(r), read;
    struct buf json;
    buf_init_arena(&json, r->cx->arena, 1 << 20);
    manifest_write(&json, &m);
    struct str whole = buf_str(&json);
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        size_t where = str_find(whole, str_c(swaps[i][0]), 0);
        assert_true(where != SIZE_MAX);
        struct str bad = str_fmt(r->cx->arena, STR_FMT "%s" STR_FMT, (int)where, whole.p, swaps[i][1],
                                 STR_ARG(str_sub(whole, where + strlen(swaps[i][0]), SIZE_MAX)));
        if (parse(r, bad, &read) == OK)
            fail_msg("%s was taken", swaps[i][1]);
    }
    for (size_t n = 0; n < whole.n; n += 7)
        assert_int_not_equal(parse(r, str_sub(whole, 0, n), &read), OK);
}

static void a_squeezed_file_unpacks_to_itself_only(void **state)
{
    struct rig *r = *state;
    char sha[SHA_TEXT];
    int64_t size;
    FILE *f = fopen(at(r, "a"), "wb");
    for (int i = 0; i < 300000; i++)
        fprintf(f, "%d\n", i * i);
    fclose(f);
    assert_int_equal(squeeze_file(r->cx, at(r, "a"), at(r, "b"), NULL, &size, sha), OK);
    assert_int_equal(unsqueeze_file(r->cx, at(r, "b"), at(r, "c"), size, str_c(sha)), OK);
    /* It never grows beyond what was promised, and is nothing else. */
    assert_int_equal(unsqueeze_file(r->cx, at(r, "b"), at(r, "c"), size - 1, str_c(sha)), ERR_INVALID);
    assert_int_equal(unsqueeze_file(r->cx, at(r, "b"), at(r, "c"), size + 1, str_c(sha)), ERR_INVALID);
    assert_int_equal(unsqueeze_file(r->cx, at(r, "b"), at(r, "c"), size, str_c(A64)), ERR_INVALID);
    assert_int_not_equal(access(at(r, "c"), F_OK), 0);
    struct stat st;
    assert_int_equal(stat(at(r, "b"), &st), 0);
    assert_int_equal(truncate(at(r, "b"), st.st_size / 2), 0);
    assert_int_equal(unsqueeze_file(r->cx, at(r, "b"), at(r, "c"), size, str_c(sha)), ERR_INVALID);
}

static void two_backups_do_not_write_one_file(void **state)
{
    struct rig *r = *state;
    struct pack *one, *two;
    assert_int_equal(pack_open(r->cx, at(r, "a"), NULL, &one), OK);
    assert_int_equal(pack_open(r->cx, at(r, "a"), NULL, &two), ERR_BUSY);
    pack_close(one);
    assert_int_not_equal(access(at(r, "a"), F_OK), 0);
}

/* ---- rows ---- */

/* All that a column may hold, and what an order of words would get wrong. */
static void fill(struct store *s)
{
    static const char *const keys[] = {"a", "B", "ä", "aa", "", "z'\"\\", "\xf0\x9f\x8d\xb5"};
    struct cx *cx = cx_new(&s->node);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        static const struct db_query q = {
            .name = "fill", .writes = true, .in = "t", .out = "",
            .sql = "INSERT INTO tombstone (object_uri, former_type, deleted_at) VALUES (?1, 'x', -1)",
            .pg = "INSERT INTO tombstone (object_uri, former_type, deleted_at) VALUES ($1, 'x', -1)"};
        union db_value in[] = {{.s = str_c(keys[i])}};
        if (db_run(cx, &q, in, NULL, NULL, NULL) != OK)
            fail_msg("%s", cx->fail);
    }
    for (int i = 0; i < 500; i++) {
        static const struct db_query q = {
            .name = "job", .writes = true, .in = "iT", .out = "",
            .sql = "INSERT INTO job (id, kind, subject, payload, state, run_at, attempts, created_at) VALUES (?1, 'x', -9223372036854775807, ?2, 'resting', 9223372036854775807, 0, 0)",
            .pg = "INSERT INTO job (id, kind, subject, payload, state, run_at, attempts, created_at) VALUES ($1, 'x', -9223372036854775807, $2, 'resting', 9223372036854775807, 0, 0)"};
        union db_value in[] = {{.i = (i * 7919) % 500}, {.s = i % 3 == 0 ? STR_NULL : i % 3 == 1 ? STR("") : STR("茶")}};
        if (db_run(cx, &q, in, NULL, NULL, NULL) != OK)
            fail_msg("%s", cx->fail);
    }
    cx_free(cx);
}

static void rows_arrive_as_they_were(void **state)
{
    struct rig *r = *state;
    struct store *s = store_new();
    struct db_copy_report one, two;
    fill(s);
    assert_int_equal(db_copy(r->cx, s->path, at(r, "a"), false, &one), OK);
    assert_int_equal(db_copy(r->cx, at(r, "a"), at(r, "b"), false, &two), OK);
    assert_int_equal(one.n_tables, two.n_tables);
    assert_true(one.rows >= 507);
    for (size_t i = 0; i < one.n_tables; i++) {
        assert_int_equal(one.tables[i].rows, two.tables[i].rows);
        assert_string_equal(one.tables[i].sha256, two.tables[i].sha256);
    }
    /* Neither over a file that is there nor beside rows that are. */
    assert_int_equal(db_copy(r->cx, s->path, at(r, "b"), false, &two), ERR_CONFLICT);
    store_free(s);
}

static void a_snapshot_is_whole_while_others_write(void **state)
{
    struct rig *r = *state;
    struct store *s = store_new();
    struct db_snapshot *snap;
    const char *what = "?";
    fill(s);
    assert_int_equal(db_snapshot_make(r->cx, s->path, at(r, "a")), OK);
    struct stat st;
    assert_int_equal(stat(at(r, "a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(db_snapshot_open(r->cx, at(r, "a"), &snap), OK);
    assert_int_equal(db_snapshot_check(r->cx, snap, &what), OK);
    assert_null(what);
    db_snapshot_close(snap);
    store_free(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_manifest_is_read_as_it_was_written),
        T(a_manifest_that_makes_no_sense_is_refused),
        T(a_squeezed_file_unpacks_to_itself_only),
        T(two_backups_do_not_write_one_file),
        T(rows_arrive_as_they_were),
        T(a_snapshot_is_whole_while_others_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
