#include "node/http/parse.h"

#include <string.h>

#include "node/base/arena.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool percent_decode(struct arena *a, struct str s, bool plus, struct str *ret)
{
    bool escaped = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0')
            return false;
        escaped = escaped || s.p[i] == '%' || (plus && s.p[i] == '+');
    }
    if (!escaped) {
        *ret = (struct str){s.p == NULL ? "" : s.p, s.n};
        return str_is_utf8(*ret);
    }
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            int hi = -1;
            int lo = -1;
            if (s.n - i > 2) {
                hi = hex_digit(s.p[i + 1]);
                lo = hex_digit(s.p[i + 2]);
            }
            if (hi < 0 || lo < 0 || (hi | lo) == 0)
                return false;
            c = (char)(hi * 16 + lo);
            i += 2;
        }
        out[n++] = c;
    }
    *ret = (struct str){out, n};
    return str_is_utf8(*ret);
}

/* Control characters have no business in an address, and an escaped slash would make a piece of
 * the path look like two. */
static bool piece_is_sound(struct str piece)
{
    if (str_eq(piece, STR(".")) || str_eq(piece, STR("..")))
        return false;
    for (size_t i = 0; i < piece.n; i++) {
        unsigned char c = (unsigned char)piece.p[i];
        if (c < 0x20 || c == 0x7f || c == '/' || c == '\\')
            return false;
    }
    return true;
}

static bool path_read(struct arena *a, struct str raw, struct str *ret)
{
    char *out = arena_alloc(a, raw.n + 1);
    size_t n = 0;
    struct str rest = str_sub(raw, 1, raw.n);
    for (;;) {
        size_t slash = str_find_char(rest, '/', 0);
        struct str piece;
        if (!percent_decode(a, str_sub(rest, 0, slash == SIZE_MAX ? rest.n : slash), false, &piece))
            return false;
        if (!piece_is_sound(piece))
            return false;
        out[n++] = '/';
        memcpy(out + n, piece.p, piece.n);
        n += piece.n;
        if (slash == SIZE_MAX)
            break;
        rest = str_sub(rest, slash + 1, rest.n);
    }
    *ret = (struct str){out, n};
    return true;
}

struct str target_authority(struct str raw)
{
    if (!str_istarts(raw, STR("http://")) && !str_istarts(raw, STR("https://")))
        return STR_NULL;
    size_t from = str_find(raw, STR("://"), 0) + 3;
    size_t end = from;
    while (end < raw.n && raw.p[end] != '/' && raw.p[end] != '?')
        end++;
    return str_sub(raw, from, end - from);
}

enum err target_read(struct arena *a, struct str raw, struct target *ret)
{
    struct target t = {STR_NULL, STR_NULL, STR_NULL};
    t.authority = target_authority(raw);
    if (t.authority.p != NULL) {
        raw = str_sub(raw, (size_t)(t.authority.p - raw.p) + t.authority.n, raw.n);
        if (raw.n == 0 || raw.p[0] == '?')
            raw = str_fmt(a, "/" STR_FMT, STR_ARG(raw));
    }
    if (str_eq(raw, STR("*"))) {
        t.path = raw;
        *ret = t;
        return OK;
    }
    if (raw.n == 0 || raw.p[0] != '/' || str_find_char(raw, '#', 0) != SIZE_MAX)
        return ERR_INVALID;
    size_t mark = str_find_char(raw, '?', 0);
    if (mark != SIZE_MAX) {
        t.query = str_sub(raw, mark + 1, raw.n);
        raw = str_sub(raw, 0, mark);
    }
    if (!path_read(a, raw, &t.path))
        return ERR_INVALID;
    *ret = t;
    return OK;
}

/* The next item of a comma-separated list with its parameters, quoted commas respected. */
static bool next_item(struct str *rest, struct str *ret_item)
{
    if (rest->n == 0)
        return false;
    bool quoted = false;
    size_t i = 0;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '"')
            quoted = !quoted;
        else if (c == '\\' && quoted)
            i++;
        else if (c == ',' && !quoted)
            break;
    }
    if (i > rest->n)
        i = rest->n;
    *ret_item = str_trim(str_sub(*rest, 0, i));
    *rest = str_sub(*rest, i + 1, rest->n);
    return true;
}

/* q of an item in thousandths (RFC 9110 section 12.4.2); 1000 when it has none. */
static int quality(struct str item)
{
    struct str piece;
    while (str_next(&item, ';', &piece)) {
        piece = str_trim(piece);
        if (piece.n < 3 || (piece.p[0] != 'q' && piece.p[0] != 'Q') || piece.p[1] != '=')
            continue;
        int q = piece.p[2] == '1' ? 1000 : 0;
        int scale = 100;
        for (size_t i = 4; i < piece.n && i < 7 && q < 1000; i++, scale /= 10)
            if (piece.p[i] >= '0' && piece.p[i] <= '9')
                q += (piece.p[i] - '0') * scale;
        return q;
    }
    return 1000;
}

static void at_least(int *q, int v)
{
    if (v > *q)
        *q = v;
}

enum repr repr_choose(struct str accept)
{
    int activity = 0, json = 0, html = 0, text = 0, any = 0;
    struct str item;
    for (int i = 0; i < 32 && next_item(&accept, &item); i++) {
        struct str rest = item;
        struct str type = STR_NULL;
        if (!str_next(&rest, ';', &type))
            continue;
        type = str_trim(type);
        int q = quality(rest);
        if (str_ieq_c(type, "text/html") || str_ieq_c(type, "application/xhtml+xml"))
            at_least(&html, q);
        else if (str_ieq_c(type, "application/activity+json") ||
                 str_ieq_c(type, "application/ld+json"))
            at_least(&activity, q);
        else if (str_ieq_c(type, "application/json"))
            at_least(&json, q);
        else if (str_ieq_c(type, "text/plain"))
            at_least(&text, q);
        else if (str_ieq_c(type, "*/*"))
            at_least(&any, q);
    }
    /* Who would rather have anything than a document gets what everybody gets. */
    if (activity > 0 && activity >= html && activity >= any)
        return REPR_ACTIVITY;
    if (json > 0 && json >= html)
        return REPR_JSON;
    return text > html ? REPR_TEXT : REPR_HTML;
}

bool accepts_gzip(struct str accept_encoding)
{
    struct str item;
    while (next_item(&accept_encoding, &item)) {
        struct str rest = item;
        struct str coding = STR_NULL;
        if (!str_next(&rest, ';', &coding))
            continue;
        coding = str_trim(coding);
        if (str_ieq_c(coding, "gzip") || str_ieq_c(coding, "x-gzip"))
            return quality(rest) > 0;
    }
    return false;
}

struct str cookie_find(struct str header, struct str name)
{
    struct str piece;
    while (str_next(&header, ';', &piece)) {
        piece = str_trim(piece);
        if (piece.n <= name.n || piece.p[name.n] != '=' || !str_starts(piece, name))
            continue;
        struct str v = str_sub(piece, name.n + 1, piece.n);
        if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
            v = str_sub(v, 1, v.n - 2);
        return v;
    }
    return STR_NULL;
}

bool etag_in_list(struct str list, struct str etag)
{
    struct str item;
    while (next_item(&list, &item)) {
        if (str_eq(item, STR("*")))
            return true;
        if (str_starts(item, STR("W/")))
            item = str_sub(item, 2, item.n);
        if (str_eq(item, etag))
            return true;
    }
    return false;
}

static bool digits(struct str s, int64_t *ret)
{
    return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9' && str_to_i64(s, ret);
}

enum range range_read(struct str header, int64_t size, int64_t *ret_from, int64_t *ret_n)
{
    header = str_trim(header);
    if (!str_istarts(header, STR("bytes=")) || str_find_char(header, ',', 0) != SIZE_MAX)
        return RANGE_WHOLE;
    struct str spec = str_trim(str_sub(header, 6, header.n));
    size_t dash = str_find_char(spec, '-', 0);
    if (dash == SIZE_MAX)
        return RANGE_WHOLE;
    struct str first = str_sub(spec, 0, dash);
    struct str last = str_sub(spec, dash + 1, spec.n);
    int64_t from = 0;
    int64_t to = size - 1;
    if (first.n == 0) {
        int64_t suffix;
        if (!digits(last, &suffix))
            return RANGE_WHOLE;
        if (suffix == 0 || size == 0)
            return RANGE_UNSATISFIABLE;
        from = suffix >= size ? 0 : size - suffix;
    } else {
        if (!digits(first, &from) || (last.n > 0 && (!digits(last, &to) || to < from)))
            return RANGE_WHOLE;
        if (from >= size)
            return RANGE_UNSATISFIABLE;
        if (to >= size)
            to = size - 1;
    }
    *ret_from = from;
    *ret_n = to - from + 1;
    return RANGE_PART;
}

/* From behind the opening quote; moves *i behind the closing one. */
static bool quoted_string(struct arena *a, struct str s, size_t *i, struct str *ret)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (; *i < s.n; (*i)++) {
        char c = s.p[*i];
        if (c == '"') {
            (*i)++;
            *ret = (struct str){out, n};
            return true;
        }
        /* Browsers leave backslashes in file names as they are and escape quotes as %22, so only
         * an escaped quote or backslash is undone. */
        if (c == '\\' && *i + 1 < s.n && (s.p[*i + 1] == '"' || s.p[*i + 1] == '\\'))
            c = s.p[++*i];
        out[n++] = c;
    }
    return false;
}

struct str param_find(struct arena *a, struct str header, const char *name)
{
    size_t i = str_find_char(header, ';', 0);
    while (i < header.n) {
        i++;
        size_t eq = i;
        while (eq < header.n && header.p[eq] != '=' && header.p[eq] != ';')
            eq++;
        if (eq >= header.n || header.p[eq] == ';') {
            i = eq;
            continue;
        }
        struct str key = str_trim(str_sub(header, i, eq - i));
        struct str value = STR_NULL;
        i = eq + 1;
        while (i < header.n && (header.p[i] == ' ' || header.p[i] == '\t'))
            i++;
        if (i < header.n && header.p[i] == '"') {
            i++;
            if (!quoted_string(a, header, &i, &value))
                return STR_NULL;
            while (i < header.n && header.p[i] != ';')
                i++;
        } else {
            size_t end = str_find_char(header, ';', i);
            if (end == SIZE_MAX)
                end = header.n;
            value = str_trim(str_sub(header, i, end - i));
            i = end;
        }
        if (str_ieq_c(key, name))
            return value;
    }
    return STR_NULL;
}
