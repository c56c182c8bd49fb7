#include "node/text/emoji.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "node/base/arena.h"
#include "node/base/buf.h"

/* What a text of nothing but emoji may become is bounded by how many are shown. */
enum { URL_LENGTH_MAX = 2048, CHARACTER_BYTES_MAX = 64, SHOWN_MAX = 100, ONE_MAX = 6 * 2048 + 256 };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool emoji_name_ok(struct str name)
{
    if (name.n < 2 || name.n > EMOJI_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_name_char(name.p[i]))
            return false;
    return true;
}

bool emoji_list_put(struct buf *list, struct str name, struct str url)
{
    if (!emoji_name_ok(name) || str_empty(url) || url.n > URL_LENGTH_MAX)
        return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || url.p[i] == 127)
            return false;
    buf_put(list, name);
    buf_put_char(list, ' ');
    buf_put(list, url);
    buf_put_char(list, '\n');
    return true;
}

size_t emoji_list_read(struct arena *a, struct str list, struct emoji **ret)
{
    struct emoji *v = NULL;
    struct str line;
    size_t n = 0;
    if (!str_empty(list))
        v = ARENA_ARRAY(a, struct emoji, EMOJI_MAX);
    while (n < EMOJI_MAX && !str_empty(list) && str_next(&list, '\n', &line)) {
        size_t at = str_find_char(line, ' ', 0);
        if (at != SIZE_MAX)
            v[n++] = (struct emoji){str_sub(line, 0, at), str_sub(line, at + 1, SIZE_MAX)};
    }
    *ret = v;
    return n;
}

struct str emoji_find(const struct emoji *v, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i].name, name))
            return v[i].url;
    return STR_NULL;
}

static void put_picture(struct buf *b, struct str name, struct str url)
{
    buf_lit(b, "<img class=\"emoji\" src=\"");
    buf_put_html(b, url);
    buf_lit(b, "\" alt=\":");
    buf_put(b, name);
    buf_lit(b, ":\" title=\":");
    buf_put(b, name);
    buf_lit(b, ":\" loading=\"lazy\" decoding=\"async\">");
}

/* The name between this colon and the next, if it is one of the list. */
static struct str name_at(struct str s, size_t colon, const struct emoji *v, size_t n,
                          struct str *ret_url)
{
    size_t end = colon + 1;
    while (end < s.n && is_name_char(s.p[end]) && end - colon <= EMOJI_NAME_MAX)
        end++;
    if (end >= s.n || s.p[end] != ':' || end == colon + 1)
        return STR_NULL;
    struct str name = str_sub(s, colon + 1, end - colon - 1);
    *ret_url = emoji_find(v, n, name);
    return ret_url->p == NULL ? STR_NULL : name;
}

/* What our own writer made: "<" begins a tag, its attributes hold no ">" but escaped. */
static size_t tag_end(struct str s, size_t at)
{
    size_t end = str_find_char(s, '>', at);
    return end == SIZE_MAX ? s.n : end + 1;
}

static int code_step(struct str tag)
{
    static const struct str names[] = {STR_INIT("code"), STR_INIT("pre")};
    bool closes = tag.n > 1 && tag.p[1] == '/';
    struct str name = str_sub(tag, closes ? 2 : 1, SIZE_MAX);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char next = name.n > names[i].n ? name.p[names[i].n] : '\0';
        if (str_starts(name, names[i]) && (next == '>' || next == ' '))
            return closes ? -1 : 1;
    }
    return 0;
}

struct safe_html emoji_show(struct arena *a, struct safe_html html, const struct emoji *v, size_t n)
{
    struct str s = html.s, url;
    struct buf b;
    int in_code = 0;
    size_t done = 0, shown = 0;
    if (n == 0 || str_find_char(s, ':', 0) == SIZE_MAX)
        return html;
    buf_init_arena(&b, a, s.n + SHOWN_MAX * ONE_MAX);
    for (size_t i = 0; i < s.n && shown < SHOWN_MAX;) {
        if (s.p[i] == '<') {
            size_t end = tag_end(s, i);
            in_code += code_step(str_sub(s, i, end - i));
            i = end;
            continue;
        }
        struct str name = s.p[i] == ':' && in_code == 0 ? name_at(s, i, v, n, &url) : STR_NULL;
        if (name.p == NULL) {
            i++;
            continue;
        }
        buf_put(&b, str_sub(s, done, i - done));
        put_picture(&b, name, url);
        shown++;
        i = done = i + name.n + 2;
    }
    buf_put(&b, str_sub(s, done, SIZE_MAX));
    return b.overflow ? html : (struct safe_html){buf_str(&b)};
}

struct safe_html emoji_show_text(struct arena *a, struct str text, const struct emoji *v, size_t n)
{
    struct buf b;
    buf_init_arena(&b, a, text.n * 6 + 64);
    buf_put_html(&b, text);
    return emoji_show(a, (struct safe_html){buf_str(&b)}, v, n);
}

static bool is_part(UChar32 c)
{
    return c == 0x200D || c == 0xFE0F || c == 0xFE0E || c == 0x20E3 ||
           (c >= 0xE0020 && c <= 0xE007F) || u_hasBinaryProperty(c, UCHAR_EMOJI) ||
           u_hasBinaryProperty(c, UCHAR_EMOJI_COMPONENT);
}

bool emoji_is_character(struct str s)
{
    bool seen = false;
    int32_t i = 0;
    UChar32 c;
    if (s.n == 0 || s.n > CHARACTER_BYTES_MAX || !str_is_utf8(s))
        return false;
    while (i < (int32_t)s.n) {
        U8_NEXT(s.p, i, (int32_t)s.n, c);
        if (c < 0 || !is_part(c))
            return false;
        /* Digits and signs are emoji only as keycaps. */
        seen = seen || c == 0x20E3 || (c > 0x7F && u_hasBinaryProperty(c, UCHAR_EMOJI));
    }
    return seen;
}
