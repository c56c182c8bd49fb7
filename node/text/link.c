#include "node/text/link.h"

#include <string.h>

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

enum link_kind link_kind(struct str url)
{
    url = str_trim(url);
    if (url.n == 0)
        return LINK_BAD;
    /* Browsers drop tabs, line ends and leading controls before they look for the scheme. */
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] < 0x20 || url.p[i] == 0x7f)
            return LINK_BAD;
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        if (c == '/' || c == '\\' || c == '?' || c == '#')
            break;
        if (c != ':')
            continue;
        struct str scheme = str_sub(url, 0, i), rest = str_sub(url, i + 1, SIZE_MAX);
        if (str_ieq_c(scheme, "mailto"))
            return LINK_MAILTO;
        bool web = str_ieq_c(scheme, "http") || str_ieq_c(scheme, "https");
        return web && rest.n > 2 && str_starts(rest, STR("//")) ? LINK_WEB : LINK_BAD;
    }
    bool slash = url.p[0] == '/' || url.p[0] == '\\';
    if (slash && url.n > 1 && (url.p[1] == '/' || url.p[1] == '\\'))
        return LINK_WEB;
    return LINK_RELATIVE;
}

void link_put_href(struct buf *b, struct str url)
{
    static const char as_is[] = "-._~:/?#[]@!$()*+,;=%";
    url = str_trim(url);
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        if (c == '&')
            buf_lit(b, "&amp;");
        else if (is_alnum(c) || (c != '\0' && strchr(as_is, c) != NULL))
            buf_put_char(b, c);
        else
            buf_fmt(b, "%%%02X", (unsigned char)c);
    }
}

/* Length of "http://", "https://" or "www." at i; 0 if none stands there. */
static size_t prefix_at(struct str text, size_t i)
{
    struct str rest = str_sub(text, i, 8);
    if (str_istarts(rest, STR("https://")))
        return 8;
    if (str_istarts(rest, STR("http://")))
        return 7;
    return str_istarts(rest, STR("www.")) ? 4 : 0;
}

/* Cut what belongs to the sentence: trailing punctuation, and ")" without its "(". */
static struct str without_tail(struct str s)
{
    long open = 0;
    for (size_t i = 0; i < s.n; i++)
        open += (s.p[i] == '(') - (s.p[i] == ')');
    while (s.n > 0) {
        char c = s.p[s.n - 1];
        if (c == ')' && open < 0)
            open++;
        else if (strchr("?!.,:*_~'\";", c) == NULL)
            break;
        s.n--;
    }
    return s;
}

bool link_find(struct str text, size_t from, size_t *ret_at, size_t *ret_n)
{
    for (size_t i = from; i < text.n; i++) {
        char c = text.p[i];
        if (c != 'h' && c != 'H' && c != 'w' && c != 'W')
            continue;
        size_t skip = i > 0 && is_alnum(text.p[i - 1]) ? 0 : prefix_at(text, i);
        if (skip == 0)
            continue;
        size_t end = i + skip;
        while (end < text.n && text.p[end] > 0x20 && text.p[end] < 0x7f && text.p[end] != '<' &&
               text.p[end] != '>' && text.p[end] != '"' && text.p[end] != '`')
            end++;
        struct str url = without_tail(str_sub(text, i, end - i));
        bool host = url.n > skip && is_alnum(url.p[skip]);
        if (host && (skip != 4 || memchr(url.p + skip, '.', url.n - skip) != NULL)) {
            *ret_at = i;
            *ret_n = url.n;
            return true;
        }
        i = end - 1;
    }
    return false;
}
