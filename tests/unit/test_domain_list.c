/* Lists of servers: as others write them, as we write them, and what an import would do. */
#include "federation/domain_import.h"
#include "tests/unit/fed_world.h"

static struct fed_list read_ok(struct cx *cx, const char *text)
{
    struct fed_list l;
    enum err e = fed_list_read(cx->arena, str_c(text), false, STR("node.example"), &l);
    if (e != OK)
        fail_msg("line %d: %s", l.line, l.why);
    return l;
}

static void fails(struct cx *cx, const char *text, int line, const char *why)
{
    struct fed_list l;
    assert_int_not_equal(fed_list_read(cx->arena, str_c(text), false, STR("node.example"), &l), OK);
    assert_int_equal(l.line, line);
    assert_non_null(strstr(l.why, why));
}

static void mastodons_csv(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_list l = read_ok(
        cx, "\xef\xbb\xbf#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r\n"
            "Bad.example,suspend,FALSE,FALSE,\"spam, \"\"and\"\"\nmore\",TRUE\r\n"
            "quiet.example,silence,true,false,,false\n"
            "pictures.example,noop,true,true,pictures,0\n"
            "\n"
            "b\xc3\xbc""cher.example,suspend,,,,\n");
    assert_int_equal(l.n, 4);
    CHECK_STR(l.rows[0].host, "bad.example");
    assert_int_equal(l.rows[0].level, FED_SUSPENDED);
    assert_true(l.rows[0].obfuscate && !l.rows[0].reject_media);
    CHECK_STR(l.rows[0].public_comment, "spam, \"and\"\nmore");
    CHECK_STR(l.rows[1].host, "pictures.example");
    assert_int_equal(l.rows[1].level, FED_OPEN);
    assert_true(l.rows[1].reject_media && l.rows[1].reject_reports);
    assert_int_equal(l.rows[2].level, FED_SILENCED);
    CHECK_STR(l.rows[3].host, "xn--bcher-kva.example");
}

static void other_csvs_and_plain_lists(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_list l = read_ok(cx, "domain,public_comment,severity,other\na.example,why,silence,x\n");
    assert_int_equal(l.rows[0].level, FED_SILENCED);
    CHECK_STR(l.rows[0].public_comment, "why");
    l = read_ok(cx, "# A list, with \"care\n\n b.example \n*.c.example # they, too\nhttps://d.example/about\n");
    assert_int_equal(l.n, 3);
    CHECK_STR(l.rows[0].host, "b.example");
    CHECK_STR(l.rows[1].host, "c.example");
    CHECK_STR(l.rows[2].host, "d.example");
    assert_int_equal(l.rows[0].level, FED_SUSPENDED);
    l = read_ok(cx, "e.example,silence\n");
    assert_int_equal(l.rows[0].level, FED_SILENCED);
}

static void json_lists(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_list l = read_ok(
        cx, "[{\"domain\":\"gts.example\",\"public_comment\":\"no\",\"obfuscate\":true},"
            "{\"domain\":\"masto.example\",\"digest\":\"ab\",\"severity\":\"silence\",\"comment\":\"m\"},"
            "{\"domain\":\"ba*.example\",\"severity\":\"suspend\",\"comment\":null},\"plain.example\"]");
    assert_int_equal(l.n, 3);
    assert_int_equal(l.rows[0].level, FED_SUSPENDED);
    assert_true(l.rows[0].obfuscate);
    assert_int_equal(l.rows[1].level, FED_SILENCED);
    CHECK_STR(l.rows[1].public_comment, "m");
    assert_int_equal(l.n_skipped, 1);
    assert_int_equal(l.skipped[0].line, 3);
    fails(cx, "[{\"domain\":7}]", 1, "no server's name");
    fails(cx, "[{\"domain\":\"a.example\"},{\"domain\":\"a b\"}]", 2, "no server's name");
    fails(cx, "{\"a\":1}", 1, "JSON");
    fails(cx, "[\"a.example\"", 1, "JSON");
}

static void what_cannot_be_used_is_told(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_list l = read_ok(cx, "#domain,#severity\nex*****.org,suspend\nnode.example,suspend\n"
                                    "example,suspend\nfine.example,suspend\n");
    assert_int_equal(l.n, 1);
    assert_int_equal(l.n_all_skipped, 3);
    CHECK_STR(l.skipped[0].name, "ex*****.org");
    assert_int_equal(l.skipped[0].line, 2);
    assert_true(!l.skipped[0].is_us && l.skipped[1].is_us && l.skipped[2].is_us);
    fails(cx, "#domain,#severity\na.example,suspend\nb.example,sometimes\n", 3, "severity");
    fails(cx, "#domain,#severity,#reject_media\na.example,suspend,perhaps\n", 2, "flag");
    fails(cx, "#domain\na.example\n<html>\n", 3, "no server's name");
    fails(cx, "#domain,#public_comment\na.example,\"never\nends\n", 2, "quote");
    fails(cx, "a.example\nb.example,suspend,,,\xff\xfe,\n", 2, "UTF-8");
    struct str big = {arena_alloc(cx->arena, DOMAIN_LIST_MAX + 1), DOMAIN_LIST_MAX + 1};
    memset((char *)(uintptr_t)big.p, '\n', big.n);
    assert_int_equal(fed_list_read(cx->arena, big, false, STR("x"), &l), ERR_TOO_LARGE);
    struct buf b;
    buf_init_arena(&b, cx->arena, 4 << 20);
    for (int i = 0; i < DOMAIN_CHANGES_MAX + 1; i++)
        buf_fmt(&b, "h%d.example\n", i);
    assert_int_equal(fed_list_read(cx->arena, buf_str(&b), false, STR("x"), &l), ERR_TOO_LARGE);
    assert_int_equal(l.line, DOMAIN_CHANGES_MAX + 1);
}

static void of_two_the_harder(void **state)
{
    struct fed_list l = read_ok(as(state, 0), "#domain,#severity,#reject_media\na.example,silence,true\n"
                                              "A.example,suspend,false\na.example,noop,false\n");
    assert_int_equal(l.n, 1);
    assert_int_equal(l.rows[0].level, FED_SUSPENDED);
    assert_true(l.rows[0].reject_media);
}

static void an_import_is_shown_first(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct fed_import i;
    struct fed_import_options merge = {0}, replace = {.replace = true};
    struct buf b;
    int64_t blocks, allows;
    struct str tea;
    OK_(tx_begin(cx));
    OK_(q_test_make_owner(cx, OWNER, NULL));
    OK_(tx_commit(cx));
    OK_(fed_planet_uri(cx, TEA, &tea));
    receive(cx, FAR_ANN, str_fmt(cx->arena,
            "{\"id\":\"https://far.example/f/1\",\"type\":\"Follow\",\"actor\":"
            "\"https://far.example/ann\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea)));
    OK_(fed_import_plan(cx, STR("old.example\nkept.example\n"), &merge, &i));
    assert_int_equal(i.n_add, 2);
    OK_(fed_domain_count(cx, &blocks, &allows));
    assert_int_equal(blocks, 0); /* nothing yet */
    OK_(fed_import_apply(cx, &i));
    OK_(fed_domain_count(cx, &blocks, &allows));
    assert_int_equal(blocks, 2);
    OK_(fed_import_plan(cx, STR("#domain,#severity\nkept.example,silence\nexample,suspend\n"
                                "far.example,suspend\nma*ed.example,suspend\n"),
                        &replace, &i));
    assert_int_equal(i.n_add, 1);
    assert_int_equal(i.n_change, 1);
    assert_int_equal(i.n_remove, 1);
    assert_int_equal(i.list.n_skipped, 2); /* one is masked, one would be us, too */
    assert_int_equal(i.effect.followers_lost, 1);
    OK_(fed_import_apply(cx, &i));
    buf_init_arena(&b, cx->arena, 1 << 20);
    OK_(fed_domain_export(cx, false, false, &b));
    CHECK_STR(buf_str(&b),
              "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
              "far.example,suspend,false,false,,false\nkept.example,silence,false,false,,false\n");
    /* What was exported changes nothing. */
    OK_(fed_import_plan(cx, buf_str(&b), &replace, &i));
    assert_int_equal(i.n_steps, 0);
    assert_int_equal(i.n_same, 2);
    /* A line that cannot be read: nothing at all, and which one. */
    assert_int_equal(fed_import_plan(cx, STR("fine.example\n!!\n"), &merge, &i), ERR_INVALID);
    assert_non_null(strstr(cx->tell, "2"));
    assert_int_equal(fed_import_plan(as(state, PARTNER), STR("fine.example\n"), &merge, &i),
                     ERR_FORBIDDEN);
    cx = as(state, OWNER);
    OK_(fed_import_plan(cx, STR("#domain\nfriend.example\n"),
                        &(struct fed_import_options){.allow = true}, &i));
    OK_(fed_import_apply(cx, &i));
    OK_(fed_domain_count(cx, &blocks, &allows));
    assert_int_equal(blocks, 2);
    assert_int_equal(allows, 1);
}

static void given_away_names_have_stars(void **state)
{
    struct cx *cx = as(state, 0);
    struct buf b;
    struct fed_domain d = {.host = STR("example.org"), .level = FED_SUSPENDED, .obfuscate = true,
                           .public_comment = STR("a, b")};
    buf_init_arena(&b, cx->arena, 4096);
    fed_list_write(&b, &d, true);
    fed_list_write(&b, &d, false);
    CHECK_STR(buf_str(&b), "ex*****.*rg,suspend,false,false,\"a, b\",true\n"
                           "example.org,suspend,false,false,\"a, b\",true\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fed_world_setup, fed_world_teardown)
    const struct CMUnitTest tests[] = {
        T(mastodons_csv),     T(other_csvs_and_plain_lists), T(json_lists),
        T(what_cannot_be_used_is_told), T(of_two_the_harder), T(an_import_is_shown_first),
        T(given_away_names_have_stars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
