#include "node/text/scan.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/text/markdown_tree.h"

enum { FOLD_IN_MAX = 8 << 20 };

/* In UTF-16, by a form of ICU's; aborts only when ICU's own data is missing. */
static UChar *normalized(struct arena *a, struct str s, const UNormalizer2 *form, int32_t *ret_n)
{
    if (s.n > FOLD_IN_MAX)
        s = str_utf8_cut(str_sub(s, 0, FOLD_IN_MAX), FOLD_IN_MAX / 4);
    UErrorCode status = U_ZERO_ERROR;
    int32_t n = 0;
    UChar *wide = arena_alloc(a, (s.n + 1) * sizeof(UChar)); /* never more units than bytes */
    u_strFromUTF8WithSub(wide, (int32_t)s.n + 1, &n, s.p == NULL ? "" : s.p, (int32_t)s.n, 0xFFFD,
                         NULL, &status);
    if (U_FAILURE(status) || form == NULL)
        abort();
    size_t cap = (size_t)n + 64;
    for (;;) {
        UChar *out = arena_alloc(a, cap * sizeof(UChar));
        status = U_ZERO_ERROR;
        *ret_n = unorm2_normalize(form, wide, n, out, (int32_t)cap, &status);
        if (U_SUCCESS(status))
            return out;
        if (status != U_BUFFER_OVERFLOW_ERROR)
            abort();
        cap = (size_t)*ret_n + 1;
    }
}

static struct str utf8_of(struct arena *a, const UChar *wide, int32_t n)
{
    size_t cap = (size_t)n * 3 + 1;
    char *p = arena_alloc(a, cap);
    int32_t out = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8WithSub(p, (int32_t)cap, &out, wide, n, 0xFFFD, NULL, &status);
    if (U_FAILURE(status))
        abort();
    return (struct str){p, (size_t)out};
}

struct str text_fold(struct arena *a, struct str s)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t n;
    UChar *wide = normalized(a, s, unorm2_getNFKCCasefoldInstance(&status), &n);
    return utf8_of(a, wide, n);
}

static bool is_tag_char(UChar32 c)
{
    return c == '_' || u_isalnum(c) ||
           (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_NL_MASK)) != 0;
}

/* Code point at *i, which moves behind it; broken UTF-8 gives U+FFFD. */
static UChar32 next_char(struct str s, size_t *i)
{
    UChar32 c;
    int32_t at = 0, n = s.n - *i > 8 ? 8 : (int32_t)(s.n - *i);
    const uint8_t *p = (const uint8_t *)s.p + *i;
    U8_NEXT_OR_FFFD(p, at, n, c);
    *i += (size_t)at;
    return c;
}

bool tag_is_valid(struct str tag)
{
    size_t n = 0;
    bool only_digits = true;
    for (size_t i = 0; i < tag.n; n++) {
        UChar32 c = next_char(tag, &i);
        if (!is_tag_char(c) || n == TAG_CHARS_MAX)
            return false;
        only_digits &= u_isdigit(c) != 0;
    }
    return n > 0 && !only_digits;
}

struct found {
    struct arena *arena;
    struct str *v;
    struct str *keys;
    size_t n;
};

static void found_add(struct found *f, struct str s)
{
    if (f->n == SCAN_MAX)
        return;
    struct str key = text_fold(f->arena, s);
    for (size_t i = 0; i < f->n; i++)
        if (str_eq(f->keys[i], key))
            return;
    f->keys[f->n] = key;
    f->v[f->n++] = str_dup(f->arena, s);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A run of word characters with '.' and '-' only between them. */
static size_t word_end(struct str s, size_t i)
{
    size_t end = i;
    for (; i < s.n; i++) {
        if (is_word(s.p[i]))
            end = i + 1;
        else if (i == end + 1 || (s.p[i] != '.' && s.p[i] != '-') || end == 0 || i != end)
            break;
    }
    return end;
}

/* Host behind "@name@": as word_end, but letters of any script may stand in it, and a port. */
static size_t host_end(struct str s, size_t from)
{
    size_t end = from;
    for (size_t i = from; i < s.n;) {
        size_t at = i;
        UChar32 c = next_char(s, &i);
        if (c != '_' && is_tag_char(c))
            end = i;
        else if ((c != '.' && c != '-') || at != end || end == from)
            break;
    }
    if (end > from && end + 1 < s.n && s.p[end] == ':' && s.p[end + 1] >= '0' &&
        s.p[end + 1] <= '9') {
        end++;
        while (end < s.n && s.p[end] >= '0' && s.p[end] <= '9')
            end++;
    }
    return end;
}

static void find_mentions(struct found *f, struct str s)
{
    for (size_t i = str_find_char(s, '@', 0); i != SIZE_MAX; i = str_find_char(s, '@', i + 1)) {
        char before = i == 0 ? ' ' : s.p[i - 1];
        if (is_word(before) || before == '/' || before == '=' || before == '@' || before == '.')
            continue;
        size_t name = word_end(s, i + 1);
        if (name == i + 1)
            continue;
        size_t end = name;
        if (end < s.n && s.p[end] == '@') {
            size_t host = host_end(s, end + 1);
            if (host == end + 1)
                continue;
            end = host;
        }
        found_add(f, str_sub(s, i + 1, end - i - 1));
        i = end - 1;
    }
}

static void find_tags(struct found *f, struct str s)
{
    for (size_t i = str_find_char(s, '#', 0); i != SIZE_MAX; i = str_find_char(s, '#', i + 1)) {
        char before = i == 0 ? ' ' : s.p[i - 1];
        if (is_word(before) || before == '/' || before == '&' || before == '#')
            continue;
        size_t end = i + 1;
        for (size_t at = end; at < s.n; end = at)
            if (!is_tag_char(next_char(s, &at)))
                break;
        struct str tag = str_sub(s, i + 1, end - i - 1);
        if (tag_is_valid(tag))
            found_add(f, tag);
    }
}

/* Call find on each run of the source's text that is neither code nor inside a link. */
static enum err scan(struct cx *cx, struct str text, void (*find)(struct found *, struct str),
                     struct str **ret, size_t *ret_n)
{
    cmark_node *root;
    TRY(markdown_tree(cx, MARKDOWN_COMMENT, text, &root));
    struct found f = {cx->arena, ARENA_ARRAY(cx->arena, struct str, SCAN_MAX),
                      ARENA_ARRAY(cx->arena, struct str, SCAN_MAX), 0};
    size_t links = 0;
    cmark_iter *iter = markdown_iter(cx, root);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE)
            links += event == CMARK_EVENT_ENTER ? 1 : -1u;
        else if (type == CMARK_NODE_TEXT && links == 0)
            find(&f, markdown_literal(cx, node));
    }
    *ret = f.v;
    *ret_n = f.n;
    return OK;
}

enum err scan_mentions(struct cx *cx, struct str text, struct str **ret, size_t *ret_n)
{
    return scan(cx, text, find_mentions, ret, ret_n);
}

enum err scan_tags(struct cx *cx, struct str text, struct str **ret, size_t *ret_n)
{
    return scan(cx, text, find_tags, ret, ret_n);
}

/* Crockford's alphabet in lower case: no letters that look like digits. */
static struct str base32(struct arena *a, int64_t id)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char out[13];
    size_t n = sizeof out;
    uint64_t v = (uint64_t)id;
    do {
        out[--n] = digits[v & 31];
        v >>= 5;
    } while (v > 0);
    return str_dup(a, (struct str){out + n, sizeof out - n});
}

struct str text_slug(struct arena *a, struct str title, int64_t id)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t n;
    UChar *wide = normalized(a, title, unorm2_getNFKDInstance(&status), &n);
    struct buf b;
    buf_init_arena(&b, a, SLUG_MAX);
    size_t kept = 0, lost = 0;
    bool gap = false;
    for (int32_t i = 0; i < n;) {
        UChar32 c;
        U16_NEXT(wide, i, n, c);
        if (c < 0x80 && is_word((char)c) && c != '_') {
            if (gap && b.n > 0)
                buf_put_char(&b, '-');
            gap = false;
            buf_put_char(&b, (char)(c >= 'A' && c <= 'Z' ? c + 32 : c));
            kept++;
        } else if (u_isalpha(c)) {
            lost++;
            gap = true;
        } else if (c != '\'' && c != 0x2019 && (U_GET_GC_MASK(c) & U_GC_M_MASK) == 0) {
            gap = true; /* accents, split off by NFKD, and apostrophes vanish without one */
        }
    }
    if (kept == 0 || lost >= kept)
        return base32(a, id);
    struct str slug = buf_str(&b);
    size_t cut = slug.n;
    if (b.overflow) /* end with a whole word, if one is near */
        while (cut > SLUG_MAX / 2 && slug.p[cut - 1] != '-')
            cut--;
    slug = str_sub(slug, 0, cut > SLUG_MAX / 2 ? cut : slug.n);
    while (slug.n > 0 && slug.p[slug.n - 1] == '-')
        slug.n--;
    return slug;
}

/* C0, DEL, C1; line and paragraph separator, embeddings and overrides (U+2028 to U+202E); isolates
 * (U+2066 to U+2069). Returns how many bytes at p are one, or 0. */
static size_t steering(const unsigned char *p, size_t n)
{
    if (p[0] < 0x20 || p[0] == 0x7f)
        return 1;
    if (n >= 2 && p[0] == 0xC2 && p[1] < 0xA0)
        return 2;
    if (n < 3 || p[0] != 0xE2)
        return 0;
    bool turns = (p[1] == 0x80 && p[2] >= 0xA8 && p[2] <= 0xAE) ||
                 (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
    return turns ? 3 : 0;
}

struct str text_name(struct arena *a, struct str s)
{
    struct buf b;
    if (s.n == 0)
        return s;
    buf_init_arena(&b, a, s.n);
    for (size_t i = 0; i < s.n;) {
        size_t skip = steering((const unsigned char *)s.p + i, s.n - i);
        if (skip == 0)
            buf_put_char(&b, s.p[i]);
        i += skip == 0 ? 1 : skip;
    }
    return str_trim(buf_str(&b));
}
