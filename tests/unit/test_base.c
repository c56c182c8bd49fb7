#include "node/base/arena.h"
#include "node/base/buf.h"

#include <string.h>

#include "tests/unit/unit.h"

static void arena_keeps_blocks_apart(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char *small = arena_copy(a, "abc", 3);
    char *large = arena_alloc(a, 100000);
    memset(large, 'x', 100000);
    char *after = arena_copy(a, "def", 3);
    assert_string_equal(small, "abc");
    assert_string_equal(after, "def");
    arena_reset(a);
    assert_non_null(arena_alloc(a, 10));
    arena_free(a);
}

static void note(void *p)
{
    char *s = p;
    s[strlen(s)] = '!';
}

static void arena_runs_deferred_once(void **state)
{
    (void)state;
    char out[8] = "";
    struct arena *a = arena_new();
    arena_defer(a, note, out);
    arena_reset(a);
    assert_string_equal(out, "!");
    arena_free(a);
    assert_string_equal(out, "!");
}

static void buf_is_capped(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_lit(&b, "abc");
    buf_lit(&b, "def");
    assert_true(b.overflow);
    CHECK_STR(buf_str(&b), "abc");
    buf_free(&b);
}

static void escapes_fit_their_place(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_put_html(&b, STR("<a href=\"x\">'&"));
    CHECK_STR(buf_str(&b), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
    buf_clear(&b);
    buf_put_url(&b, STR("a b/星"));
    CHECK_STR(buf_str(&b), "a%20b%2F%E6%98%9F");
    buf_clear(&b);
    buf_put_json(&b, STR("a\"\\\n\x01"));
    CHECK_STR(buf_str(&b), "\"a\\\"\\\\\\n\\u0001\"");
    buf_clear(&b);
    buf_put_base64(&b, "ab", 2);
    buf_put_base64url(&b, "\xff\xfe", 2);
    CHECK_STR(buf_str(&b), "YWI=__4");
    buf_free(&b);
}

static void numbers_are_read_whole(void **state)
{
    (void)state;
    int64_t v = 0;
    assert_true(str_to_i64(STR("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_false(str_to_i64(STR("9223372036854775808"), &v));
    assert_false(str_to_i64(STR(""), &v));
    assert_false(str_to_i64(STR("1 "), &v));
}

static void utf8_is_checked(void **state)
{
    (void)state;
    assert_true(str_is_utf8(STR("行星仪 é 🪐")));
    assert_false(str_is_utf8(STR("\xC0\xAF")));
    assert_false(str_is_utf8(STR("\xED\xA0\x80")));
    assert_false(str_is_utf8(STR("\xE6\x98")));
    CHECK_STR(str_utf8_cut(STR("行星仪"), 2), "行星");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_keeps_blocks_apart), cmocka_unit_test(arena_runs_deferred_once),
        cmocka_unit_test(buf_is_capped),            cmocka_unit_test(escapes_fit_their_place),
        cmocka_unit_test(numbers_are_read_whole),   cmocka_unit_test(utf8_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
