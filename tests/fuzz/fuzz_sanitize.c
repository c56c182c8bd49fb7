/* Strangers' HTML: what comes out holds only what node/text/sanitize.h names, and a second parse makes
 * nothing else of it. */
#include "node/base/arena.h"
#include "node/text/sanitize.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static bool is_known_tag(struct str name)
{
    static const char *const tags[] = {"p", "br", "span", "a", "del", "s", "pre", "blockquote",
                                       "code", "b", "strong", "u", "i", "em", "ul", "ol", "li",
                                       "ruby", "rt", "rp"};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (str_eq_c(name, tags[i]))
            return true;
    return false;
}

static bool is_known_attribute(struct str name)
{
    static const char *const names[] = {"href", "rel", "class", "translate", "start", "reversed",
                                        "value", "lang", "target"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_eq_c(name, names[i]))
            return true;
    return false;
}

/* Attributes from i (behind the tag's name) to the '>', whose position is returned. */
static size_t check_attributes(struct str s, size_t i)
{
    while (i < s.n && s.p[i] == ' ') {
        size_t from = ++i;
        while (i < s.n && s.p[i] != '=' && s.p[i] != ' ' && s.p[i] != '>')
            i++;
        struct str name = str_sub(s, from, i - from);
        must(is_known_attribute(name));
        if (s.p[i] != '=')
            continue;
        must(s.p[i + 1] == '"');
        size_t end = str_find_char(s, '"', i + 2);
        must(end != SIZE_MAX);
        struct str value = str_sub(s, i + 2, end - i - 2);
        must(str_find_char(value, '<', 0) == SIZE_MAX && str_find_char(value, '>', 0) == SIZE_MAX);
        if (str_eq_c(name, "href"))
            must(str_istarts(value, STR("http://")) || str_istarts(value, STR("https://")));
        i = end + 1;
    }
    must(i < s.n && s.p[i] == '>');
    return i;
}

static void check_html(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        must(s.p[i] != '>' && s.p[i] != '\0');
        if (s.p[i] != '<')
            continue;
        size_t from = ++i;
        bool closing = s.p[i] == '/';
        from += closing;
        for (i = from; i < s.n && s.p[i] != ' ' && s.p[i] != '>';)
            i++;
        must(is_known_tag(str_sub(s, from, i - from)));
        i = check_attributes(s, i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str in = {arena_copy(a, p, n), n};
    struct safe_html once, twice;
    if (sanitize_html(a, in, &once) == OK) {
        check_html(once.s);
        must(str_is_utf8(once.s));
        if (sanitize_html(a, once.s, &twice) == OK)
            check_html(twice.s);
        struct str text = html_to_text(a, once, 50);
        must(str_is_utf8(text) && str_utf8_len(text) <= 51);
    }
    arena_free(a);
    return 0;
}
