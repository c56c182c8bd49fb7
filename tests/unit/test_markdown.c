#include "node/text/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
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

static struct str render(enum markdown_kind kind, const char *source)
{
    struct safe_html html;
    assert_int_equal(markdown_render(&cx, kind, str_c(source), &html), OK);
    return html.s;
}

#define POST(source, html) CHECK_STR(render(MARKDOWN_POST, source), html)
#define COMMENT(source, html) CHECK_STR(render(MARKDOWN_COMMENT, source), html)

static void posts_look_as_written(void **state)
{
    (void)state;
    POST("# Title\n\n*a* **b** ~~c~~ `d<`\n",
         "<h2>Title</h2>\n<p><em>a</em> <strong>b</strong> <del>c</del> <code>d&lt;</code></p>\n");
    POST("5~10元，3~5天", "<p>5~10元，3~5天</p>\n");
    POST("- a\n- b\n", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    POST("3. a\n\n4. b\n", "<ol start=\"3\">\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ol>\n");
    POST("- [x] a\n- [ ] b\n", "<ul>\n<li class=\"task\"><input type=\"checkbox\" disabled checked> a"
                               "</li>\n<li class=\"task\"><input type=\"checkbox\" disabled> b</li>\n"
                               "</ul>\n");
    POST("```c x\nif (a<b)\n```\n",
         "<pre><code class=\"language-c\">if (a&lt;b)\n</code></pre>\n");
    POST("``` \"><script>\nx\n```\n", "<pre><code>x\n</code></pre>\n");
    POST("> q\n\n---\n", "<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n");
    POST("a  \nb\nc", "<p>a<br>\nb\nc</p>\n");
    POST("今天\n天气", "<p>今天天气</p>\n");
}

static void tables_are_wrapped(void **state)
{
    (void)state;
    POST("| a | b |\n|:-:|--:|\n| 1 | <b> |\n",
         "<div class=\"table\"><table>\n<thead>\n<tr><th class=\"center\">a</th>"
         "<th class=\"right\">b</th></tr>\n</thead>\n<tbody>\n<tr><td class=\"center\">1</td>"
         "<td class=\"right\">&lt;b&gt;</td></tr>\n</tbody>\n</table></div>\n");
    POST("| a |\n|---|\n", "<div class=\"table\"><table>\n<thead>\n<tr><th>a</th></tr>\n</thead>\n"
                           "</table></div>\n");
}

static void footnotes_are_numbered(void **state)
{
    (void)state;
    struct str html = render(MARKDOWN_POST, "a[^n] b[^m] c[^n]\n\n[^m]: second\n[^n]: first\n");
    assert_true(str_contains(html, STR("-1\" id=\"fnref-")));
    assert_true(str_contains(html, STR("<section class=\"footnotes\">\n<ol>\n<li id=\"fn-")));
    assert_true(str_find(html, STR("first"), 0) < str_find(html, STR("second"), 0));
    assert_true(str_ends(html, STR("</ol>\n</section>\n")));
    COMMENT("a[^n]\n\n[^n]: not here\n", "<p>a[^n]</p>\n<p>[^n]: not here</p>\n");
}

static void comments_are_plainer(void **state)
{
    (void)state;
    COMMENT("## T", "<p><strong>T</strong></p>\n");
    COMMENT("a\nb", "<p>a<br>\nb</p>\n");
    COMMENT("![x](media:12)", "<p>x</p>\n");
    COMMENT("[x](https://a.org/?a=1&b=2)",
            "<p><a href=\"https://a.org/?a=1&amp;b=2\" rel=\"nofollow noopener ugc\">x</a></p>\n");
    COMMENT("[x](/p/tea)", "<p><a href=\"/p/tea\">x</a></p>\n");
    COMMENT("[x](//evil.org)",
            "<p><a href=\"//evil.org\" rel=\"nofollow noopener ugc\">x</a></p>\n");
}

static void addresses_become_links(void **state)
{
    (void)state;
    POST("见https://example.org/a_b_c?x=1&y=2，很好。",
         "<p>见<a href=\"https://example.org/a_b_c?x=1&amp;y=2\">"
         "https://example.org/a_b_c?x=1&amp;y=2</a>，很好。</p>\n");
    POST("(http://a.org/x_(y)). www.b.org, www.c",
         "<p>(<a href=\"http://a.org/x_(y)\">http://a.org/x_(y)</a>). "
         "<a href=\"http://www.b.org\">www.b.org</a>, www.c</p>\n");
    POST("[http://a.org](/b)", "<p><a href=\"/b\">http://a.org</a></p>\n");
    POST("`http://a.org` xhttp://a.org http://", "<p><code>http://a.org</code> xhttp://a.org http://</p>\n");
    POST("@alice@example.social #星球", "<p>@alice@example.social #星球</p>\n");
    POST("<me@example.org>", "<p><a href=\"mailto:me@example.org\">me@example.org</a></p>\n");
}

static void pictures_are_ours_or_links(void **state)
{
    (void)state;
    POST("![a \"b\" *c*](media:12 \"Cap<\")",
         "<figure><img src=\"media:12\" alt=\"a &quot;b&quot; c\"><figcaption>Cap&lt;</figcaption>"
         "</figure>\n");
    POST("x ![a](/media/12/large.jpg)", "<p>x <img src=\"media:12\" alt=\"a\"></p>\n");
    POST("![a](https://e.org/b.png)",
         "<p><a href=\"https://e.org/b.png\" rel=\"nofollow noopener ugc\">a</a></p>\n");
    POST("[![a](https://e.org/b.png)](/x)", "<p><a href=\"/x\">a</a></p>\n");
    POST("![a](media:12x)", "<p>a</p>\n");
    POST("![a](media:-1)", "<p>a</p>\n");
    POST("![a](media:)", "<p>a</p>\n");
    POST("![a](javascript:alert(1))", "<p>a</p>\n");
    POST("![[l](javascript:x)](media:1)", "<figure><img src=\"media:1\" alt=\"l\"></figure>\n");
    POST("<img src=\"media:1\" alt=\"\">",
         "<p>&lt;img src=&quot;media:1&quot; alt=&quot;&quot;&gt;</p>\n");
}

static void raw_html_is_shown(void **state)
{
    (void)state;
    POST("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
    POST("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n");
    POST("above\n\n<!--more-->\n\nbelow", "<p>above</p>\n<p>below</p>\n");
    POST("a<br>b<!-- c -->d", "<p>a<br>bd</p>\n");
    POST("<!-- a --><script>", "<p>&lt;script&gt;</p>\n");
}

static const char *const attacks[] = {
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a]( javascript:alert(1))",
    "[a](<java\tscript:alert(1)>)",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;&#x61;vascript&colon;alert(1))",
    "[a](javascript&colon;alert(1))",
    "[a](java&Tab;script:alert(1))",
    "[a](java&NewLine;script:alert(1))",
    "[a](&#1;javascript:alert(1))",
    "[a](&#x20;javascript:alert(1))",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](DATA:text/html,<script>)",
    "[a](file:///etc/passwd)",
    "[a](blob:https://x/y)",
    "[a](view-source:javascript:alert(1))",
    "[a](about:blank)",
    "[a](\\javascript:alert(1))",
    "[a](javascript\\:alert(1))",
    "<javascript:alert(1)>",
    "<vbscript:x>",
    "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![\" onerror=\"alert(1)](media:1)",
    "![a](media:1 \"\\\" onerror=alert(1)\")",
    "[a](https://x.org \"\\\" onmouseover=alert(1)\")",
    "[a](https://x.org\" onmouseover=\"alert(1))",
    "[a](https://x.org/'onmouseover='alert(1))",
    "https://x.org/\"onmouseover=\"alert(1)",
    "www.x.org/<script>alert(1)</script>",
    "[a]\n\n[a]: javascript:alert(1)",
    "![a][b]\n\n[b]: data:text/html,x",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<div\nonclick=alert(1)>x</div>",
    "<!-- --!><script>alert(1)</script> -->",
    "<!--><script>alert(1)</script>-->",
    "<!---><script>alert(1)</script>",
    "```\"onload=alert(1)\nx\n```",
    "~~~ x\" onload=\"alert(1)\nx\n~~~",
    "|a|\n|-|\n|<script>alert(1)</script>|",
    "[^\"><script>]\n\n[^\"><script>]: x",
    "<https://x.org/\"onclick=alert(1)>",
    "<style>@import 'x'</style>",
    "<iframe src=\"javascript:alert(1)\">",
    "`<script>`<script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "# <script>alert(1)</script>",
    "- <script>\n  alert(1)\n  </script>",
};

/* In what we wrote, every '<' opens a tag of ours: check names, attributes and addresses. */
static void check_is_harmless(struct str html, const char *source)
{
    static const char *const banned[] = {"<script", "<style", "<svg", "<iframe", "<object", "<!--",
                                         "href=\"java", "href=\"vbs", "href=\"data", "href=\"file",
                                         "href=\"blob", "href=\"about", "src=\"data", "src=\"java",
                                         "href=\"view", "src=\"http"};
    for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++)
        if (str_contains(str_lower(cx.arena, html), str_c(banned[i])))
            fail_msg("%s gave %.*s", source, (int)html.n, html.p);
    bool in_tag = false, quoted = false;
    for (size_t i = 0; i < html.n; i++) {
        if (!in_tag && html.p[i] == '<')
            in_tag = true;
        else if (in_tag && html.p[i] == '"')
            quoted = !quoted;
        else if (in_tag && !quoted && html.p[i] == '>')
            in_tag = false;
        else if (in_tag && !quoted && str_istarts(str_sub(html, i, 3), STR(" on")))
            fail_msg("%s gave %.*s", source, (int)html.n, html.p);
    }
    assert_false(in_tag);
}

static void attacks_come_to_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        check_is_harmless(render(MARKDOWN_POST, attacks[i]), attacks[i]);
        check_is_harmless(render(MARKDOWN_COMMENT, attacks[i]), attacks[i]);
    }
}

static struct str repeat(const char *head, const char *unit, size_t total)
{
    struct buf b;
    buf_init_arena(&b, cx.arena, 2 << 20);
    buf_put_c(&b, head);
    while (b.n + strlen(unit) <= total)
        buf_put_c(&b, unit);
    return buf_str(&b);
}

/* Each of these once took more than ten seconds, or would take gigabytes. The limit is loose: this
 * is to see a quadratic path, not to measure. */
static void slow_sources_are_refused_or_fast(void **state)
{
    (void)state;
    static const char *const units[][2] = {
        {"", "["},        {"", "![[]()"},  {"", ">"},          {"", "- "},
        {"", "1. "},      {"a\n", "|-"},   {"a|a\n-|-\n", "|"}, {"", "|\n-|\n"},
        {"a|b\n-|-\n", "x\n"}, {"", "a@"}, {"www.a.com/", ")"}, {"", "*a **b "},
        {"", "_"},        {"", "`a``b"},   {"", "<!--a"},      {"", "[a]("},
        {"", "[^1]"},     {"", "*~_~"},    {"", "http://"},    {"", "https://a.b)."},
        {"", "&"},        {"", "~~a "},    {"", "[[a](b)"},    {"", "![a](media:1)"},
    };
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct safe_html html;
        struct str source = repeat(units[i][0], units[i][1], 1 << 20);
        int64_t start = clock_monotonic();
        enum err e = markdown_render(&cx, MARKDOWN_POST, source, &html);
        if (clock_monotonic() - start > 8000)
            fail_msg("\"%s\" took %lld ms", units[i][1], (long long)(clock_monotonic() - start));
        assert_true(e == OK || e == ERR_INVALID || e == ERR_TOO_LARGE);
        arena_reset(cx.arena);
    }
    struct safe_html html;
    struct buf wide;
    buf_init_arena(&wide, cx.arena, 1 << 20);
    for (int i = 0; i < 5000; i++)
        buf_lit(&wide, "|x");
    buf_lit(&wide, "\n");
    for (int i = 0; i < 5000; i++)
        buf_lit(&wide, "|-");
    buf_lit(&wide, "\n");
    while (wide.n < 1000000)
        buf_lit(&wide, "a\n");
    int64_t start = clock_monotonic();
    assert_int_equal(markdown_render(&cx, MARKDOWN_POST, buf_str(&wide), &html), OK);
    assert_true(clock_monotonic() - start < 8000);
}

static void limits_are_told(void **state)
{
    (void)state;
    struct safe_html html;
    char *big = arena_alloc(cx.arena, (1 << 20) + 1);
    memset(big, 'a', (1 << 20) + 1);
    assert_int_equal(markdown_render(&cx, MARKDOWN_POST, (struct str){big, (1 << 20) + 1}, &html),
                     ERR_TOO_LARGE);
    assert_non_null(cx.tell);
    assert_int_equal(markdown_render(&cx, MARKDOWN_POST, repeat("", ">", 120), &html), ERR_INVALID);
    assert_int_equal(markdown_render(&cx, MARKDOWN_POST, repeat("", ">", 90), &html), OK);
    assert_int_equal(markdown_render(&cx, MARKDOWN_POST, STR_NULL, &html), OK);
    CHECK_STR(html.s, "");
    assert_int_equal(markdown_render(&cx, MARKDOWN_POST, STR("a\0b\xff"), &html), OK);
    CHECK_STR(html.s, "<p>a\xEF\xBF\xBD"
                      "b\xEF\xBF\xBD</p>\n");
}

/* cmark-gfm 0.29.0.gfm.6 cuts names of footnotes that are not there; found by fuzz_markdown. */
static void broken_names_stay_text(void **state)
{
    (void)state;
    POST("a[^b\n &> q#] c", "<p>a[^b\n&amp;&gt; q#] c</p>\n");
    assert_true(str_is_utf8(render(MARKDOWN_POST, "a[^\xf5\xce\n &\xf5> q#] b\n\n[^c]: d")));
}

static void text_is_folded_and_cut(void **state)
{
    (void)state;
    const char *source = "# 标题\n\nA *b* [c](http://d)\nline `e`\n\n| f | g |\n|---|---|\n| h | i |\n"
                         "\n![alt](media:1)\n<!--more-->";
    CHECK_STR(markdown_to_text(&cx, str_c(source), 1000), "标题 A b c line e f g h i alt");
    CHECK_STR(markdown_to_text(&cx, str_c(source), 4), "标题 A…");
    CHECK_STR(markdown_to_text(&cx, STR("星球"), 2), "星球");
    CHECK_STR(markdown_to_text(&cx, STR("星球球"), 2), "星球…");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(posts_look_as_written),     TEST(tables_are_wrapped),
        TEST(footnotes_are_numbered),    TEST(comments_are_plainer),
        TEST(addresses_become_links),    TEST(pictures_are_ours_or_links),
        TEST(raw_html_is_shown),         TEST(attacks_come_to_nothing),
        TEST(broken_names_stay_text), TEST(limits_are_told),           TEST(text_is_folded_and_cut),
        TEST(slow_sources_are_refused_or_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
