#include "node/base/str.h"

#include "node/base/arena.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct str str_c(const char *c)
{
    return (struct str){c, c == NULL ? 0 : strlen(c)};
}

struct str str_sub(struct str s, size_t from, size_t n)
{
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (struct str){s.p == NULL ? NULL : s.p + from, n};
}

struct str str_dup(struct arena *a, struct str s)
{
    if (s.p == NULL)
        return STR_NULL;
    return (struct str){arena_copy(a, s.p, s.n), s.n};
}

struct str str_fmt(struct arena *a, const char *fmt, ...)
{
    struct str s;
    va_list ap;
    va_start(ap, fmt);
    s.p = arena_vprintf(a, &s.n, fmt, ap);
    va_end(ap);
    return s;
}

const char *str_z(struct arena *a, struct str s)
{
    return arena_copy(a, s.p == NULL ? "" : s.p, s.n);
}

struct str str_join(struct arena *a, struct str sep, const struct str *v, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += v[i].n + (i > 0 ? sep.n : 0);
    char *p = arena_alloc(a, total + 1);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && sep.n > 0) {
            memcpy(p + at, sep.p, sep.n);
            at += sep.n;
        }
        if (v[i].n > 0)
            memcpy(p + at, v[i].p, v[i].n);
        at += v[i].n;
    }
    return (struct str){p, total};
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_c(struct str a, const char *b)
{
    return str_eq(a, str_c(b));
}

bool str_ieq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool str_ieq_c(struct str a, const char *b)
{
    return str_ieq(a, str_c(b));
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_ieq(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

size_t str_find_char(struct str s, char c, size_t from)
{
    if (from >= s.n)
        return SIZE_MAX;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - s.p);
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.n || needle.n > s.n - from)
        return SIZE_MAX;
    if (needle.n == 0)
        return from;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - s.p);
}

bool str_contains(struct str s, struct str needle)
{
    return str_find(s, needle, 0) != SIZE_MAX;
}

struct str str_trim(struct str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_lower(struct arena *a, struct str s)
{
    char *p = arena_copy(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        p[i] = lower(p[i]);
    return (struct str){p, s.n};
}

bool str_next(struct str *rest, char sep, struct str *ret_piece)
{
    if (rest->p == NULL)
        return false;
    size_t at = str_find_char(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *ret_piece = *rest;
        *rest = STR_NULL;
    } else {
        *ret_piece = str_sub(*rest, 0, at);
        *rest = str_sub(*rest, at + 1, SIZE_MAX);
    }
    return true;
}

bool str_to_i64(struct str s, int64_t *ret)
{
    size_t i = 0;
    bool negative = s.n > 0 && s.p[0] == '-';
    if (negative)
        i = 1;
    if (i == s.n)
        return false;
    int64_t v = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        int digit = s.p[i] - '0';
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, negative ? -digit : digit, &v))
            return false;
    }
    *ret = v;
    return true;
}

/* Length of the well-formed sequence at p, or 0 (Unicode 15, table 3-7). */
static size_t utf8_seq(const unsigned char *p, size_t n)
{
    if (n == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    unsigned char lo = 0x80, hi = 0xBF;
    size_t len;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        len = 2;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        len = 3;
        if (p[0] == 0xE0)
            lo = 0xA0;
        if (p[0] == 0xED)
            hi = 0x9F;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        len = 4;
        if (p[0] == 0xF0)
            lo = 0x90;
        if (p[0] == 0xF4)
            hi = 0x8F;
    } else {
        return 0;
    }
    if (n < len || p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return len;
}

bool str_is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        size_t len = utf8_seq(p + i, s.n - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

size_t str_utf8_len(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] & 0xC0) != 0x80)
            count++;
    return count;
}

struct str str_utf8_cut(struct str s, size_t n)
{
    size_t i = 0;
    while (i < s.n && n > 0) {
        i++;
        while (i < s.n && ((unsigned char)s.p[i] & 0xC0) == 0x80)
            i++;
        n--;
    }
    return str_sub(s, 0, i);
}

bool str_eq_secret(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    unsigned char diff = 0;
    for (size_t i = 0; i < a.n; i++)
        diff |= (unsigned char)a.p[i] ^ (unsigned char)b.p[i];
    return diff == 0;
}
