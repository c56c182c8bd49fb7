/* Custom emoji: kept as a list, shown in text alone, after escaping. */
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/text/emoji.h"
#include "tests/unit/unit.h"

static struct str list_of(struct arena *a)
{
    struct buf b;
    buf_init_arena(&b, a, 10000);
    assert_true(emoji_list_put(&b, STR("blob_cat"), STR("https://far.example/cat.png")));
    assert_true(emoji_list_put(&b, STR("ok2"), STR("https://far.example/o.png?a=1&b=\"2\"")));
    assert_false(emoji_list_put(&b, STR("x"), STR("https://far.example/x.png")));
    assert_false(emoji_list_put(&b, STR("a-b"), STR("https://far.example/x.png")));
    assert_false(emoji_list_put(&b, STR("\xe8\x8c\xb6\xe8\x8c\xb6"), STR("https://far.example/x.png")));
    assert_false(emoji_list_put(&b, STR("two"), STR("https://far.example/x.png\nevil https://e")));
    assert_false(emoji_list_put(&b, STR("two"), STR("")));
    return buf_str(&b);
}

static void a_list_comes_back(void **state)
{
    struct arena *a = *state;
    struct emoji *v;
    size_t n = emoji_list_read(a, list_of(a), &v);
    assert_int_equal(n, 2);
    CHECK_STR(v[0].name, "blob_cat");
    CHECK_STR(emoji_find(v, n, STR("ok2")), "https://far.example/o.png?a=1&b=\"2\"");
    assert_null(emoji_find(v, n, STR("ok")).p);
    assert_int_equal(emoji_list_read(a, STR(""), &v), 0);
    assert_int_equal(emoji_list_read(a, STR_NULL, &v), 0);
    struct buf b;
    buf_init_arena(&b, a, 100000);
    for (int i = 0; i < 100; i++)
        assert_true(emoji_list_put(&b, STR("many"), STR("https://far.example/x.png")));
    assert_int_equal(emoji_list_read(a, buf_str(&b), &v), EMOJI_MAX);
}

#define CAT                                                                                        \
    "<img class=\"emoji\" src=\"https://far.example/cat.png\" alt=\":blob_cat:\" "                 \
    "title=\":blob_cat:\" loading=\"lazy\" decoding=\"async\">"

static void only_text_becomes_pictures(void **state)
{
    struct arena *a = *state;
    struct emoji *v;
    size_t n = emoji_list_read(a, list_of(a), &v);
    static const char *const all[][2] = {
        {"<p>:blob_cat:</p>", "<p>" CAT "</p>"},
        {"a:blob_cat::blob_cat:b", "a" CAT CAT "b"},
        {":blob_cat", ":blob_cat"},
        {":dog: :blob_ca:", ":dog: :blob_ca:"},
        {"12:30:blob_cat:", "12:30" CAT},
        {"<a href=\"https://x/:blob_cat:\" title=\":blob_cat:\">:blob_cat:</a>",
         "<a href=\"https://x/:blob_cat:\" title=\":blob_cat:\">" CAT "</a>"},
        {"<code>:blob_cat:</code>:blob_cat:", "<code>:blob_cat:</code>" CAT},
        {"<pre class=\"x\">:blob_cat:</pre>", "<pre class=\"x\">:blob_cat:</pre>"},
        {"::::", "::::"},
        {"<p", "<p"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct safe_html html = {str_c(all[i][0])};
        CHECK_STR(emoji_show(a, html, v, n).s, all[i][1]);
    }
    CHECK_STR(emoji_show_text(a, STR("<b>:blob_cat:&"), v, n).s, "&lt;b&gt;" CAT "&amp;");
    /* The address stands in an attribute. */
    assert_true(str_contains(emoji_show_text(a, STR(":ok2:"), v, n).s,
                             STR("?a=1&amp;b=&quot;2&quot;\"")));
}

static void a_flood_is_bounded(void **state)
{
    struct arena *a = *state;
    struct emoji *v;
    size_t n = emoji_list_read(a, list_of(a), &v), pictures = 0;
    struct buf b;
    buf_init_arena(&b, a, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_lit(&b, ":blob_cat:");
    struct str out = emoji_show(a, (struct safe_html){buf_str(&b)}, v, n).s;
    for (size_t at = 0; (at = str_find(out, STR("<img"), at)) != SIZE_MAX; at++)
        pictures++;
    assert_int_equal(pictures, 100);
    assert_true(str_ends(out, STR(":blob_cat:"))); /* the rest is still there, as text */
}

static void one_character_is_one(void **state)
{
    (void)state;
    static const char *const good[] = {
        "\xe2\x9d\xa4", "\xe2\x9d\xa4\xef\xb8\x8f", "\xf0\x9f\x8e\x89", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "1\xef\xb8\x8f\xe2\x83\xa3", "\xf0\x9f\x87\xa8\xf0\x9f\x87\xb3"};
    static const char *const bad[] = {"", "a", "1", "12", "like", ":cat:", "\xe8\x8c\xb6",
                                      "\xf0\x9f\x8e\x89 ", "\xf0\x9f\x8e\x89x", "\xff", "*", "\xe2\x80\x8d"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(emoji_is_character(str_c(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(emoji_is_character(str_c(bad[i])));
}

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_comes_back),
        cmocka_unit_test(only_text_becomes_pictures),
        cmocka_unit_test(a_flood_is_bounded),
        cmocka_unit_test(one_character_is_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
