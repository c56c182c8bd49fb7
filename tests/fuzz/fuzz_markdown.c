/* Markdown: tags only of our own writing, in balance, addresses of allowed kinds only. */
#include "node/base/arena.h"
#include "node/text/markdown.h"
#include "node/text/scan.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static bool is_void(struct str name)
{
    return str_eq_c(name, "br") || str_eq_c(name, "hr") || str_eq_c(name, "img") ||
           str_eq_c(name, "input");
}

static void check_address(struct str tag, const char *attribute)
{
    static const char *const bad[] = {"javascript:", "data:", "vbscript:", "file:", "blob:"};
    size_t at = str_find(tag, str_c(attribute), 0);
    if (at == SIZE_MAX)
        return;
    struct str value = str_sub(tag, at + str_c(attribute).n, SIZE_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        must(!str_istarts(value, str_c(bad[i])));
}

/* One tag; +1, -1 or 0 to the nesting. */
static int check_tag(struct str tag)
{
    bool closing = tag.n > 0 && tag.p[0] == '/', quoted = false;
    size_t end = closing;
    while (end < tag.n && tag.p[end] != ' ')
        end++;
    struct str name = str_sub(tag, closing, end - closing);
    must(name.n > 0 && name.n <= 10);
    for (size_t i = 0; i < tag.n; i++) {
        quoted ^= tag.p[i] == '"';
        must(tag.p[i] != '<' && (quoted || !str_istarts(str_sub(tag, i, 3), STR(" on"))));
        must(quoted || !str_istarts(str_sub(tag, i, 6), STR(" style")));
    }
    check_address(tag, "href=\"");
    check_address(tag, "src=\"");
    must(!str_eq_c(name, "script") && !str_eq_c(name, "style"));
    return closing ? -1 : is_void(name) ? 0 : 1;
}

static void check_html(struct str s)
{
    long depth = 0;
    must(str_is_utf8(s));
    for (size_t i = 0; i < s.n; i++) {
        must(s.p[i] != '>');
        if (s.p[i] != '<')
            continue;
        size_t end = str_find_char(s, '>', i);
        must(end != SIZE_MAX);
        depth += check_tag(str_sub(s, i + 1, end - i - 1));
        must(depth >= 0);
        i = end;
    }
    must(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct cx cx = {.arena = arena_new(), .locale = LOCALE_EN};
    struct str in = {arena_copy(cx.arena, p, n), n}, *found;
    struct safe_html html;
    size_t count;
    if (markdown_render(&cx, MARKDOWN_POST, in, &html) == OK)
        check_html(html.s);
    if (markdown_render(&cx, MARKDOWN_COMMENT, in, &html) == OK)
        check_html(html.s);
    struct str text = markdown_to_text(&cx, in, 40);
    must(str_is_utf8(text) && str_utf8_len(text) <= 41);
    if (scan_mentions(&cx, in, &found, &count) == OK)
        must(count <= SCAN_MAX);
    if (scan_tags(&cx, in, &found, &count) == OK)
        for (size_t i = 0; i < count; i++)
            must(tag_is_valid(found[i]));
    arena_free(cx.arena);
    return 0;
}
