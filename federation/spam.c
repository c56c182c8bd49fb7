#include "federation/spam.h"

#include <ctype.h>
#include <string.h>

#include "federation/remote.h"
#include "federation/spam_sql.h"

/* What somebody said in their own words, letter by letter: outside of links and tags. */
struct words {
    size_t own;   /* bytes of letters and digits of any script */
    size_t links; /* other than names and hashtags */
};

static bool is_letter(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c);
}

/* "<a …>text</a>": *at behind it. A link whose text is a name or a hashtag is none. */
static void read_link(struct str html, size_t *at, struct words *w)
{
    size_t begin = str_find_char(html, '>', *at), end = str_find(html, STR("</a>"), *at);
    if (begin == SIZE_MAX || end == SIZE_MAX || end < begin) {
        *at = html.n;
        return;
    }
    struct str text = str_sub(html, begin + 1, end - begin - 1);
    while (str_starts(text, STR("<"))) {
        size_t close = str_find_char(text, '>', 0);
        text = close == SIZE_MAX ? STR("") : str_sub(text, close + 1, SIZE_MAX);
    }
    text = str_trim(text);
    if (!str_starts(text, STR("@")) && !str_starts(text, STR("#")))
        w->links++;
    *at = end + 4;
}

/* A word of plain text. */
static void read_word(struct str word, struct words *w)
{
    if (str_contains(word, STR("://"))) {
        w->links++;
        return;
    }
    if (str_starts(word, STR("@")) || str_starts(word, STR("#")))
        return;
    for (size_t i = 0; i < word.n; i++)
        w->own += is_letter(word.p[i]);
}

static struct words read_words(struct str html)
{
    struct words w = {0};
    for (size_t at = 0; at < html.n;) {
        struct str rest = str_sub(html, at, SIZE_MAX);
        if (str_starts(rest, STR("<a ")) || str_starts(rest, STR("<a>"))) {
            read_link(html, &at, &w);
        } else if (html.p[at] == '<') {
            size_t close = str_find_char(html, '>', at);
            at = close == SIZE_MAX ? html.n : close + 1;
        } else if (isspace((unsigned char)html.p[at])) {
            at++;
        } else {
            size_t end = at;
            while (end < html.n && html.p[end] != '<' && !isspace((unsigned char)html.p[end]))
                end++;
            read_word(str_sub(html, at, end - at), &w);
            at = end;
        }
    }
    return w;
}

enum fed_spam fed_spam_of(const json_t *note, struct safe_html html)
{
    size_t mentions = 0;
    LD_EACH(i, tag, ld_get(note, "tag"))
        mentions += ld_type_is(tag, "Mention");
    if (mentions > FED_MENTIONS_FEW)
        return FED_SPAM_MENTIONS;
    struct words w = read_words(html.s);
    return w.links > 0 && w.own == 0 ? FED_SPAM_LINKS : FED_SPAM_NONE;
}

enum err fed_spam_weigh(struct cx *cx, int64_t post_id, const struct fed_actor *from,
                        enum fed_spam spam, struct fed_admission *io)
{
    int64_t known;
    if (spam == FED_SPAM_NONE || io->refused)
        return OK;
    TRY(q_spam_is_known(cx, from->id, post_id, &known));
    if (known == 0)
        io->refused = true;
    else if (spam == FED_SPAM_MENTIONS)
        io->held = true;
    return OK;
}
