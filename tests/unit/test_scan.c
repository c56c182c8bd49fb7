#include "node/text/scan.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/text/excerpt.h"
#include "tests/unit/unit.h"

static struct cx cx;

static int make_arena(void **state)
{
    (void)state;
    cx = (struct cx){.arena = arena_new(), .locale = LOCALE_EN};
    return 0;
}

static int free_arena(void **state)
{
    (void)state;
    cx.arena = arena_free(cx.arena);
    return 0;
}

/* What was found, joined by spaces. */
static struct str found(enum err (*scan)(struct cx *, struct str, struct str **, size_t *),
                        const char *text)
{
    struct str *v;
    size_t n;
    assert_int_equal(scan(&cx, str_c(text), &v, &n), OK);
    return str_join(cx.arena, STR(" "), v, n);
}

static void mentions_are_found(void **state)
{
    (void)state;
    CHECK_STR(found(scan_mentions, "@alice, (@bob_b) @c-d. @e.f."), "alice bob_b c-d e.f");
    CHECK_STR(found(scan_mentions, "@alice@example.social: @b@localhost:8420!"),
              "alice@example.social b@localhost:8420");
    CHECK_STR(found(scan_mentions, "你好@alice，@bob@例子.中国。谢谢"), "alice bob@例子.中国");
    CHECK_STR(found(scan_mentions, "@Alice @alice **@bob**"), "Alice bob");
    CHECK_STR(found(scan_mentions, "a@b.org x/@y @@z @ @- <me@x.org>"), "");
    CHECK_STR(found(scan_mentions, "`@a` \\@c [@d](http://x)\n\n    @b\n\n```\n@e\n```\n"), "c");
    CHECK_STR(found(scan_mentions, "@x_y_z and *@w*"), "x_y_z w");
    CHECK_STR(found(scan_mentions, "<b title=@a>@b</b>"), "b");
}

static void tags_are_found(void **state)
{
    (void)state;
    CHECK_STR(found(scan_tags, "今天#喝茶，真好 #Tea #tea #tea_time! #2024 #第1期"),
              "喝茶 Tea tea_time 第1期");
    CHECK_STR(found(scan_tags, "`#a` http://x.org/#b a#c [#d](/x) ##e"), "");
    CHECK_STR(found(scan_tags, "# heading\n\n#café"), "café");
}

static void folding_makes_keys(void **state)
{
    (void)state;
    CHECK_STR(text_fold(cx.arena, STR("ＡＢＣ")), "abc");
    CHECK_STR(text_fold(cx.arena, STR("Straße")), "strasse");
    CHECK_STR(text_fold(cx.arena, STR("e\xCC\x81")), "é");
    CHECK_STR(text_fold(cx.arena, STR("行星儀")), "行星儀");
    CHECK_STR(text_fold(cx.arena, STR("ﷺ")), "صلى الله عليه وسلم");
    CHECK_STR(text_fold(cx.arena, STR_NULL), "");
    CHECK_STR(text_fold(cx.arena, STR("a\xff")), "a\xEF\xBF\xBD");
}

static void tags_are_checked(void **state)
{
    (void)state;
    assert_true(tag_is_valid(STR("喝茶")));
    assert_true(tag_is_valid(STR("tea_2024")));
    assert_true(tag_is_valid(STR("हिन्दी")));
    assert_false(tag_is_valid(STR("2024")));
    assert_false(tag_is_valid(STR("")));
    assert_false(tag_is_valid(STR("a b")));
    assert_false(tag_is_valid(STR("a-b")));
    assert_false(tag_is_valid(STR("茶，")));
    assert_false(tag_is_valid(STR("a\xff")));
    char many[TAG_CHARS_MAX + 1];
    memset(many, 'a', sizeof many);
    assert_false(tag_is_valid((struct str){many, sizeof many}));
    assert_true(tag_is_valid((struct str){many, sizeof many - 1}));
}

static void slugs_are_plain(void **state)
{
    (void)state;
    CHECK_STR(text_slug(cx.arena, STR("Hello, World!"), 1), "hello-world");
    CHECK_STR(text_slug(cx.arena, STR("  Don’t  café  №5 "), 1), "dont-cafe-no5");
    CHECK_STR(text_slug(cx.arena, STR("ＴＥＡ"), 1), "tea");
    CHECK_STR(text_slug(cx.arena, STR("我的茶"), 1234567890123), "13xrzp16b");
    CHECK_STR(text_slug(cx.arena, STR("Rust语言入门教程"), 33), "11");
    CHECK_STR(text_slug(cx.arena, STR("***"), 0), "0");
    struct str slug = text_slug(
        cx.arena, STR("a very long title that goes on and on and on until nobody reads it"), 1);
    CHECK_STR(slug, "a-very-long-title-that-goes-on-and-on-and-on-until-nobody");
}

static void excerpts_fold_space(void **state)
{
    (void)state;
    CHECK_STR(text_excerpt(cx.arena, STR(" a \n\t b\xE3\x80\x80" "c "), 10), "a b c");
    CHECK_STR(text_excerpt(cx.arena, STR("a b"), 2), "a…");
    CHECK_STR(text_excerpt(cx.arena, STR("a b "), 3), "a b");
    CHECK_STR(text_excerpt(cx.arena, STR(""), 3), "");
}

/* U+202E would turn "evil" and all that follows it in the line around. */
static void names_keep_to_themselves(void **state)
{
    (void)state;
    struct arena *a = cx.arena;
    CHECK_STR(text_name(a, STR("Ann\xE2\x80\xAE gro.live\xE2\x81\xA6 \n\x1b[2J\xC2\x85")), "Ann gro.live [2J");
    CHECK_STR(text_name(a, STR("\xE5\xB1\xB1\xE5\xA4\x96 \xE2\x80\x94 caf\xC3\xA9 \xE2\x80\x8D")),
              "\xE5\xB1\xB1\xE5\xA4\x96 \xE2\x80\x94 caf\xC3\xA9 \xE2\x80\x8D");
    assert_int_equal(text_name(a, STR("\xE2\x80\xAE")).n, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(mentions_are_found), TEST(tags_are_found),  TEST(folding_makes_keys),
        TEST(tags_are_checked),   TEST(slugs_are_plain), TEST(names_keep_to_themselves), TEST(excerpts_fold_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
