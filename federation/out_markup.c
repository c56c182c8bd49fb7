/* Names and tags in a text of ours, as other servers mark them up (federation.md 6.2): a mention is an
 * h-card, a hashtag a link with rel tag, both also in the object's tags. Only in text: what stands in
 * a link or in code is left alone. */
#include "federation/out.h"
#include "node/text/scan.h"

static void put_name(struct buf *b, const struct fed_mention *m, struct str as)
{
    size_t at = str_find_char(as, '@', 0);
    buf_lit(b, "<span class=\"h-card\" translate=\"no\"><a href=\"");
    buf_put_html(b, m->url);
    buf_lit(b, "\" class=\"u-url mention\">@<span>");
    buf_put_html(b, str_sub(as, 0, at));
    buf_lit(b, "</span></a></span>");
}

void fed_out_hashtag(struct buf *b, struct str tag_url, struct str tag)
{
    buf_lit(b, "<a href=\"");
    buf_put_html(b, tag_url);
    buf_put_url(b, tag);
    buf_lit(b, "\" class=\"mention hashtag\" rel=\"tag\">#<span>");
    buf_put_html(b, tag);
    buf_lit(b, "</span></a>");
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* Does a name begin here: nothing of a word before it? */
static bool begins(struct str s, size_t i)
{
    if (i == 0)
        return true;
    char c = s.p[i - 1];
    return ((unsigned char)c >= 0x80 || !is_word(c)) && c != '/' && c != '&' && c != '.' && c != '@';
}

/* Is all of it there, and does it end here? After "@ann" neither "a" nor "@far.example" may come; a
 * full stop ends a sentence, unless a letter follows. */
static bool stands(struct str s, size_t i, struct str word, bool name)
{
    if (!str_ieq(str_sub(s, i, word.n), word))
        return false;
    size_t end = i + word.n;
    char c = end < s.n ? s.p[end] : ' ', d = end + 1 < s.n ? s.p[end + 1] : ' ';
    if (!name) { /* would the tag go on with the next character? Han punctuation ends it */
        struct str next = str_utf8_cut(str_sub(s, end, 4), 1);
        return str_empty(next) || !tag_is_valid(str_sub(s, i, word.n + next.n));
    }
    return ((unsigned char)c >= 0x80 || !is_word(c)) && c != '@' && c != '-' && (c != '.' || !is_word(d));
}

/* Inside a, code or pre? Counts up and down with the tags. */
static int step(struct str tag)
{
    static const struct str names[] = {STR_INIT("a"), STR_INIT("code"), STR_INIT("pre")};
    bool closes = tag.n > 1 && tag.p[1] == '/';
    struct str name = str_sub(tag, closes ? 2 : 1, SIZE_MAX);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char next = name.n > names[i].n ? name.p[names[i].n] : '\0';
        if (str_starts(name, names[i]) && (next == '>' || next == ' '))
            return closes ? -1 : 1;
    }
    return 0;
}

/* Writes the link for what begins at i, and says how long it was; 0: nothing does. */
static size_t link_at(struct buf *b, struct str s, size_t i, struct fed_markup *m)
{
    for (size_t k = 0; s.p[i] == '@' && k < m->n_mentions; k++) {
        const struct fed_mention *one = &m->mentions[k];
        if (!stands(s, i + 1, one->as, true))
            continue;
        put_name(b, one, str_sub(s, i + 1, one->as.n));
        return one->as.n + 1;
    }
    for (size_t k = 0; s.p[i] == '#' && k < m->n_tags; k++) {
        if (!stands(s, i + 1, m->tags[k], false))
            continue;
        fed_out_hashtag(b, m->tag_url, m->tags[k]);
        m->used |= UINT64_C(1) << (k & 63);
        return m->tags[k].n + 1;
    }
    return 0;
}

struct safe_html fed_out_marked(struct arena *a, struct safe_html html, struct fed_markup *m)
{
    struct str s = html.s;
    struct buf b;
    int inside = 0;
    if (m->n_mentions == 0 && m->n_tags == 0)
        return html;
    buf_init_arena(&b, a, FED_OUT_MAX);
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '<') {
            size_t end = str_find_char(s, '>', i);
            end = end == SIZE_MAX ? s.n : end + 1;
            inside += step(str_sub(s, i, end - i));
            buf_put(&b, str_sub(s, i, end - i));
            i = end;
            continue;
        }
        size_t n = (s.p[i] == '@' || s.p[i] == '#') && inside <= 0 && begins(s, i)
                       ? link_at(&b, s, i, m)
                       : 0;
        if (n == 0)
            buf_put_char(&b, s.p[i++]);
        i += n;
    }
    return b.overflow ? html : (struct safe_html){buf_str(&b)};
}
