#include "node/text/sanitize.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "tests/unit/unit.h"

static struct arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int free_arena(void **state)
{
    (void)state;
    arena = arena_free(arena);
    return 0;
}

static struct str clean(const char *html)
{
    struct safe_html out;
    assert_int_equal(sanitize_html(arena, str_c(html), &out), OK);
    return out.s;
}

#define CLEAN(in, out) CHECK_STR(clean(in), out)
#define REL "rel=\"nofollow noopener noreferrer ugc\" target=\"_blank\""

static void what_is_allowed_stays(void **state)
{
    (void)state;
    CLEAN("<p>a <b>b</b> <strong>c</strong> <i>d</i> <em>e</em> <u>f</u> <s>g</s> <del>h</del></p>",
          "<p>a <b>b</b> <strong>c</strong> <i>d</i> <em>e</em> <u>f</u> <s>g</s> <del>h</del></p>");
    CLEAN("<ol start=3 reversed><li value=7>a</li></ol><ul><li>b</ul>",
          "<ol start=\"3\" reversed><li value=\"7\">a</li></ol><ul><li>b</li></ul>");
    CLEAN("<pre><code>a\n  &lt;b&gt;</code></pre><blockquote>q</blockquote>a<br/>b",
          "<pre><code>a\n  &lt;b&gt;</code></pre><blockquote>q</blockquote>a<br>b");
    CLEAN("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>",
          "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>");
    CLEAN("<p lang=\"zh-CN\" class=\"quote-inline x\">星球 &amp; &copy; &#x661F;</p>",
          "<p class=\"quote-inline\" lang=\"zh-CN\">星球 &amp; © 星</p>");
    CLEAN("<span class=\"h-card\" translate=\"no\"><a href=\"https://m.example/@a\" "
          "class=\"u-url mention foo\">@<span>a</span></a></span>",
          "<span class=\"h-card\" translate=\"no\"><a href=\"https://m.example/@a\" "
          "class=\"u-url mention\" " REL ">@<span>a</span></a></span>");
    CLEAN("<a href=\"https://x.org/t/%E6%98%9F?a=1&amp;b=2\" rel=\"tag evil\">#星</a>",
          "<a href=\"https://x.org/t/%E6%98%9F?a=1&amp;b=2\" rel=\"nofollow noopener noreferrer ugc "
          "tag\" target=\"_blank\">#星</a>");
}

static void what_is_not_is_unwrapped(void **state)
{
    (void)state;
    CLEAN("<h1>T</h1><h6 lang=en>U</h6>",
          "<p><strong>T</strong></p><p lang=\"en\"><strong>U</strong></p>");
    CLEAN("<div>a</div><div>b</div>", "a b ");
    CLEAN("<font color=red>a</font><custom-x>b</custom-x>", "ab");
    CLEAN("<table><tr><td>1<td>2</table>", "1 2 ");
    CLEAN("<p>a<script>x</script><style>y</style><iframe>z</iframe><svg><text>w</text></svg>b</p>",
          "<p>ab</p>");
    CLEAN("<img src=\"https://x.org/a.png\" alt=\"a\">", "");
    CLEAN("<li>a</li>b", "ab");
    CLEAN("<ul><li>a<li>b</ul><rt>c</rt>", "<ul><li>a</li><li>b</li></ul>c");
    CLEAN("<p class=\"evil\" id=x style=\"y\">a</p>", "<p>a</p>");
    CLEAN("<a href=\"/relative\">a</a><a name=x>b</a><a href=\"mailto:x@y.z\">c</a>", "abc");
}

static void math_becomes_its_annotation(void **state)
{
    (void)state;
    CLEAN("a <math><semantics><mi>x</mi><annotation encoding=\"application/x-tex\">x^2 &lt; 1"
          "</annotation><annotation encoding=\"text/plain\">no</annotation></semantics></math> b",
          "a x^2 &lt; 1 b");
    CLEAN("<math><mi>x</mi></math>a", "a");
    CLEAN("<annotation encoding=\"text/plain\">b</annotation>", "b");
}

static const char *const attacks[] = {
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.org/a.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1);//<</script>",
    "<script/x>alert(1)</script>",
    "<script\n>alert(1)</script\n>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"x` `<script>alert(1)</script>\"` `>",
    "<img/src/onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<p onclick=\"alert(1)\">a</p>",
    "<p/onmouseover=alert(1)>a",
    "<b onmouseover=alert(1)//>a</b>",
    "<a href=\"javascript:alert(1)\">a</a>",
    "<a href=\" javascript:alert(1)\">a</a>",
    "<a href=\"java\tscript:alert(1)\">a</a>",
    "<a href=\"java\nscript:alert(1)\">a</a>",
    "<a href=\"jav&#x09;ascript:alert(1)\">a</a>",
    "<a href=\"&#106;&#97;&#118;&#97;script:alert(1)\">a</a>",
    "<a href=\"&#x6A&#x61&#x76&#x61script:alert(1)\">a</a>",
    "<a href=\"\x01javascript:alert(1)\">a</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">a</a>",
    "<a href=javascript:alert(1)>a</a>",
    "<a href=\"vbscript:msgbox(1)\">a</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">a</a>",
    "<a href=\"http:javascript:alert(1)\">a</a>",
    "<a href=\"https:///javascript:alert(1)\">a</a>",
    "<a href='https://x.org/\" onclick=\"alert(1)'>a</a>",
    "<a href=\"https://x.org/&quot; onclick=&quot;alert(1)\">a</a>",
    "<a href=\"https://x.org\" style=\"background:url(javascript:alert(1))\">a</a>",
    "<p class='h-\"onclick=alert(1)//'>a</p>",
    "<p class=\"u-x&quot;><script>alert(1)</script>\">a</p>",
    "<p lang='\"><script>alert(1)</script>'>a</p>",
    "<ol start='1\" onclick=\"alert(1)'><li>a</ol>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script></annotation-xml></math>",
    "<math><annotation encoding=\"text/plain\"><script>alert(1)</script><img src=x onerror=alert(1)></annotation></math>",
    "<math><annotation encoding=\"application/x-tex\">&lt;script&gt;alert(1)&lt;/script&gt;</annotation></math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<textarea><p title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<title><img title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<template><script>alert(1)</script></template>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<embed src=\"javascript:alert(1)\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<base href=\"javascript:alert(1)//\">",
    "<link rel=stylesheet href=\"javascript:alert(1)\">",
    "<style>@import'javascript:alert(1)'</style>",
    "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY e \"<script>alert(1)</script>\">]>&e;",
    "<p title=\"a\" a=\"<script>\" b='</p><script>alert(1)</script>'>x",
    "<meta charset=\"utf-7\">+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>",
    "<a href=https://x.org onclick=alert(1)>a",
    "<button formaction=javascript:alert(1)>a</button>",
    "<details open ontoggle=alert(1)>a</details>",
    "<video><source onerror=alert(1)></video>",
    "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>a</marquee>",
};

static void check_is_harmless(struct str html, const char *source)
{
    static const char *const tags[] = {"p", "br", "span", "a", "del", "s", "pre", "blockquote",
                                       "code", "b", "strong", "u", "i", "em", "ul", "ol", "li",
                                       "ruby", "rt", "rp"};
    for (size_t i = 0; i < html.n; i++) {
        if (html.p[i] != '<')
            continue;
        size_t from = i + 1 + (html.p[i + 1] == '/');
        size_t end = from;
        while (end < html.n && html.p[end] != '>' && html.p[end] != ' ')
            end++;
        bool known = false;
        for (size_t t = 0; t < sizeof tags / sizeof tags[0]; t++)
            known |= str_eq_c(str_sub(html, from, end - from), tags[t]);
        bool quoted = false;
        for (; known && end < html.n && (quoted || html.p[end] != '>'); end++) {
            if (html.p[end] == '"')
                quoted = !quoted;
            if (!quoted && str_istarts(str_sub(html, end, 3), STR(" on")))
                known = false;
            if (html.p[end] == '<' || (!quoted && str_istarts(str_sub(html, end, 6), STR(" style"))))
                known = false;
        }
        size_t href = str_find(str_sub(html, i, end - i), STR("href=\""), 0);
        if (href != SIZE_MAX) {
            struct str url = str_sub(html, i + href + 6, SIZE_MAX);
            known &= str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
        }
        if (!known || end == html.n)
            fail_msg("%s gave %.*s", source, (int)html.n, html.p);
        i = end;
    }
}

static void attacks_come_to_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct str once = clean(attacks[i]);
        check_is_harmless(once, attacks[i]);
        /* What a second parse makes of it is what the first wrote (no mutation). */
        struct safe_html twice;
        assert_int_equal(sanitize_html(arena, once, &twice), OK);
        if (!str_eq(once, twice.s))
            fail_msg("%s: %.*s became %.*s", attacks[i], (int)once.n, once.p, (int)twice.s.n,
                     twice.s.p);
    }
}

static struct str repeat(const char *unit, size_t total)
{
    struct buf b;
    buf_init_arena(&b, arena, 1 << 20);
    while (b.n + strlen(unit) <= total)
        buf_put_c(&b, unit);
    return buf_str(&b);
}

static void limits_hold(void **state)
{
    (void)state;
    struct safe_html out;
    assert_int_equal(sanitize_html(arena, repeat("a", (150 << 10) + 1), &out), ERR_TOO_LARGE);
    assert_int_equal(sanitize_html(arena, repeat("&", 20 << 10), &out), ERR_TOO_LARGE);
    assert_int_equal(sanitize_html(arena, repeat("a", 64 << 10), &out), OK);
    assert_int_equal(out.s.n, 64 << 10);
    assert_int_equal(sanitize_html(arena, repeat("<b>", 30 * 3), &out), OK);
    assert_int_equal(sanitize_html(arena, repeat("<b>", 40 * 3), &out), ERR_TOO_LARGE);
    assert_int_equal(sanitize_html(arena, STR("a\0b"), &out), ERR_INVALID);
    assert_int_equal(sanitize_html(arena, STR("a\xff"), &out), ERR_INVALID);
    assert_int_equal(sanitize_html(arena, STR_NULL, &out), OK);
    CHECK_STR(out.s, "");
    static const char *const units[] = {"<b>", "</b>", "<p>", "<li>", "<a ", "<!--", "<", "&amp", "<b></p>",
                                        "<x y=z ", "<table>", "<a b='", "<ul><li>", "&#x26;"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        int64_t start = clock_monotonic();
        enum err e = sanitize_html(arena, repeat(units[i], 150 << 10), &out);
        assert_true(e == OK || e == ERR_TOO_LARGE);
        if (clock_monotonic() - start > 4000)
            fail_msg("%s took %lld ms", units[i], (long long)(clock_monotonic() - start));
    }
}

static void text_is_read_out(void **state)
{
    (void)state;
    struct safe_html html = {STR("<p>a &lt;b&gt; &amp;amp; &#39;</p><p>星\n球 <a href=\"x>y\">l</a></p>")};
    CHECK_STR(html_to_text(arena, html, 100), "a <b> &amp; ' 星 球 l");
    CHECK_STR(html_to_text(arena, html, 3), "a <…");
    CHECK_STR(html_to_text(arena, (struct safe_html){STR("<p")}, 3), "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_arena, free_arena)
    const struct CMUnitTest tests[] = {
        TEST(what_is_allowed_stays),       TEST(what_is_not_is_unwrapped),
        TEST(math_becomes_its_annotation), TEST(attacks_come_to_nothing),
        TEST(limits_hold),                 TEST(text_is_read_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
