/* Templates with plain data: what a page says, and what it must never say. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "node/base/buf.h"
#include "node/cx.h"
#include "web/html.h"
#include "web/view.h"

static struct cx *cx;

static int setup(void **state)
{
    (void)state;
    cx = calloc(1, sizeof *cx);
    cx->arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cx->arena = arena_free(cx->arena);
    free(cx);
    return 0;
}

static struct view_page page(void)
{
    return (struct view_page){.lang = STR("en"), .site_name = STR("Tea <&> \"Hills\""),
                              .path = STR("/@tea/a?x=1&y=2")};
}

static bool says(const struct buf *out, const char *text)
{
    return str_contains(buf_str(out), str_c(text));
}

static struct view_post locked_post(const struct view_page *p, const struct view_planet *planet,
                                    const struct view_way_in *w)
{
    return (struct view_post){
        .page = p,
        .planet = planet,
        .url = STR("/@tea/a"),
        .title = STR("A <b>title</b>"),
        .lang = STR("en"),
        .mark = MARK_MEMBERS,
        .access = STR("Members"),
        .locked = true,
        .teaser = {STR("<p>teaser words</p>")},
        .body = {STR("<p>secret words</p>")}, /* a slip of a handler: still not shown */
        .way_in = w,
    };
}

static void test_locked_post_shows_teaser_only(void **state)
{
    (void)state;
    struct view_page p = page();
    struct view_planet planet = {.handle = STR("tea"), .name = STR("Tea"),
                                 .join_url = STR("/@tea/join")};
    struct view_way_in w = {.planet = &planet, .why = WHY_VISITOR, .next = STR("/@tea/a"),
                            .login_url = STR("/login?next=/@tea/a")};
    struct view_post v = locked_post(&p, &planet, &w);
    struct buf out;
    buf_init(&out, 1 << 20);
    html_post_show(&out, cx, &v);
    assert_true(says(&out, "<p>teaser words</p>"));
    assert_false(says(&out, "secret words"));
    assert_true(says(&out, "The rest is for members"));
    assert_true(says(&out, "A &lt;b&gt;title&lt;/b&gt;"));
    assert_false(says(&out, "<b>title"));
    assert_true(says(&out, "Tea &lt;&amp;&gt; &quot;Hills&quot;") ||
                says(&out, "Tea &lt;&amp;&gt; &#34;Hills&#34;"));
    /* kept as bytes for everybody: no form, no token */
    assert_false(says(&out, "_csrf"));
    assert_false(says(&out, "<form"));
    assert_true(says(&out, "/login?next=%2F%40tea%2Fa%3Fx%3D1%26y%3D2"));
    buf_free(&out);
}

static void test_open_post_shows_body(void **state)
{
    (void)state;
    struct view_page p = page();
    struct view_planet planet = {.handle = STR("tea"), .name = STR("Tea")};
    struct view_post v = locked_post(&p, &planet, NULL);
    struct buf out;
    p.signed_in = true;
    p.csrf = STR("token");
    v.open = v.may_comment = v.may_like = true;
    buf_init(&out, 1 << 20);
    html_post_show(&out, cx, &v);
    assert_true(says(&out, "<p>secret words</p>"));
    assert_false(says(&out, "teaser words"));
    assert_false(says(&out, "The rest is for members"));
    assert_true(says(&out, "name=\"_csrf\" value=\"token\""));
    assert_true(says(&out, "action=\"/@tea/a/comments\""));
    buf_free(&out);
}

static void test_links_of_strangers_are_harmless(void **state)
{
    (void)state;
    struct view_page p = page();
    struct view_comment c = {
        .id = 7,
        .author = {.name = STR("Eve"), .url = STR("javascript:alert(1)"), .server = STR("e.example")},
        .origin_url = STR("https://e.example/1"),
        .html = {STR("<p>hi</p>")},
    };
    struct buf out;
    buf_init(&out, 1 << 20);
    html_parts_comment(&out, cx, &c, &p, STR("/@tea/a"));
    assert_false(says(&out, "javascript:"));
    assert_true(says(&out, "rel=\"nofollow ugc\""));
    buf_free(&out);
}

static void test_language_and_theme(void **state)
{
    (void)state;
    struct view_page p = page();
    struct view_error v = {.page = &p, .status = 404, .headline = STR("h"), .sentence = STR("s")};
    struct buf out;
    p.lang = STR("zh-CN");
    p.theme = STR("dark");
    cx->locale = LOCALE_ZH_CN;
    buf_init(&out, 1 << 20);
    html_error(&out, cx, &v);
    assert_true(says(&out, "<html lang=\"zh-CN\" data-theme=\"dark\">"));
    assert_true(says(&out, "登录"));
    assert_false(says(&out, "Sign in"));
    assert_false(says(&out, " style="));
    buf_free(&out);
}

static void test_static_names_carry_hashes(void **state)
{
    (void)state;
    struct str css = web_static_url(cx, "orrery.css");
    assert_true(str_starts(css, STR("/static/orrery.")));
    assert_true(str_ends(css, STR(".css")));
    assert_int_equal(css.n, sizeof "/static/orrery.0123456789ab.css" - 1);
    assert_true(str_eq(web_static_url(cx, "no.css"), STR("/static/no.css")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_locked_post_shows_teaser_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_post_shows_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links_of_strangers_are_harmless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_language_and_theme, setup, teardown),
        cmocka_unit_test_setup_teardown(test_static_names_carry_hashes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
