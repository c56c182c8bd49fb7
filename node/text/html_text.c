#include "node/text/excerpt.h"
#include "node/text/sanitize.h"

/* Reads only HTML that our own writers made: tags are closed, values are quoted. Should it meet
 * anything else, what comes out is still only text. */

/* The element's name starts a line of its own (or ends one). */
static bool is_block(struct str name)
{
    static const char *const blocks[] = {"p",  "br", "li", "ul", "ol", "pre", "blockquote", "div",
                                         "h1", "h2", "h3", "h4", "h5", "h6",  "hr", "table", "tr",
                                         "td", "th", "figure", "figcaption", "section"};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        if (str_ieq_c(name, blocks[i]))
            return true;
    return false;
}

/* From the '<' at i to behind its '>'. */
static size_t read_tag(struct str s, size_t i, struct str *ret_name)
{
    size_t from = i + 1;
    if (from < s.n && s.p[from] == '/')
        from++;
    size_t end = from;
    while (end < s.n && s.p[end] != '>' && s.p[end] != ' ' && s.p[end] != '\n')
        end++;
    *ret_name = str_sub(s, from, end - from);
    char quote = '\0';
    for (; end < s.n; end++) {
        char c = s.p[end];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return end + 1;
    }
    return s.n;
}

static size_t put_reference(struct excerpt *e, struct str s, size_t i)
{
    static const struct {
        struct str from, to;
    } known[] = {
        {STR_INIT("&lt;"), STR_INIT("<")},    {STR_INIT("&gt;"), STR_INIT(">")},
        {STR_INIT("&amp;"), STR_INIT("&")},   {STR_INIT("&quot;"), STR_INIT("\"")},
        {STR_INIT("&#39;"), STR_INIT("'")},   {STR_INIT("&nbsp;"), STR_INIT(" ")},
    };
    struct str rest = str_sub(s, i, 8);
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        if (str_starts(rest, known[k].from)) {
            excerpt_put(e, known[k].to);
            return i + known[k].from.n;
        }
    excerpt_put(e, STR("&"));
    return i + 1;
}

struct str html_to_text(struct arena *a, struct safe_html html, size_t max_chars)
{
    struct str s = html.s;
    struct excerpt e;
    excerpt_init(&e, a, max_chars);
    for (size_t i = 0; i < s.n && !e.full;) {
        if (s.p[i] == '<') {
            struct str name;
            i = read_tag(s, i, &name);
            if (is_block(name))
                excerpt_gap(&e);
        } else if (s.p[i] == '&') {
            i = put_reference(&e, s, i);
        } else {
            size_t end = i;
            while (end < s.n && s.p[end] != '<' && s.p[end] != '&')
                end++;
            excerpt_put(&e, str_sub(s, i, end - i));
            i = end;
        }
    }
    return excerpt_str(&e);
}
