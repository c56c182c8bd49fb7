#include "node/text/excerpt.h"

enum { EXCERPT_BYTES_MAX = 4 << 20 };

void excerpt_init(struct excerpt *e, struct arena *a, size_t max_chars)
{
    *e = (struct excerpt){.left = max_chars};
    buf_init_arena(&e->b, a, EXCERPT_BYTES_MAX);
}

static size_t seq_len(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static bool is_gap(struct str c)
{
    if (c.n == 1)
        return c.p[0] == ' ' || (c.p[0] >= '\t' && c.p[0] <= '\r');
    /* no-break, ideographic, line and paragraph separator */
    return str_eq_c(c, "\xC2\xA0") || str_eq_c(c, "\xE3\x80\x80") ||
           str_eq_c(c, "\xE2\x80\xA8") || str_eq_c(c, "\xE2\x80\xA9");
}

void excerpt_put(struct excerpt *e, struct str s)
{
    for (size_t i = 0; i < s.n && !e->full;) {
        struct str c = str_sub(s, i, seq_len((unsigned char)s.p[i]));
        i += c.n;
        if (is_gap(c)) {
            e->gap = true;
            continue;
        }
        bool space = e->gap && e->b.n > 0;
        if (e->left < (space ? 2u : 1u)) {
            e->full = true;
            return;
        }
        if (space) {
            buf_put_char(&e->b, ' ');
            e->left--;
        }
        buf_put(&e->b, c);
        e->left--;
        e->gap = false;
    }
}

void excerpt_gap(struct excerpt *e)
{
    e->gap = true;
}

struct str excerpt_str(struct excerpt *e)
{
    if (e->full)
        buf_lit(&e->b, "…");
    return buf_str(&e->b);
}

struct str text_excerpt(struct arena *a, struct str text, size_t max_chars)
{
    struct excerpt e;
    excerpt_init(&e, a, max_chars);
    excerpt_put(&e, text);
    return excerpt_str(&e);
}
