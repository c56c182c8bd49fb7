#include "node/base/buf.h"

#include "node/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_init_arena(struct buf *b, struct arena *a, size_t max)
{
    *b = (struct buf){.max = max, .arena = a};
}

void buf_free(struct buf *b)
{
    if (b->arena == NULL)
        free(b->p);
    *b = (struct buf){.max = b->max, .arena = b->arena};
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->overflow = false;
    if (b->p != NULL)
        b->p[0] = '\0';
}

/* Room for n more bytes and the NUL; false (and the flag) if that would pass the maximum. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->overflow || n > b->max - b->n) {
        b->overflow = true;
        return false;
    }
    if (b->n + n + 1 <= b->cap)
        return true;
    size_t cap = b->cap == 0 ? 256 : b->cap;
    while (cap < b->n + n + 1)
        cap *= 2;
    char *p;
    if (b->arena != NULL) {
        p = arena_alloc(b->arena, cap);
        if (b->n > 0)
            memcpy(p, b->p, b->n);
    } else {
        p = realloc(b->p, cap);
        if (p == NULL)
            abort();
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_put_bytes(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_put(struct buf *b, struct str s)
{
    buf_put_bytes(b, s.p, s.n);
}

void buf_put_c(struct buf *b, const char *c)
{
    buf_put_bytes(b, c, strlen(c));
}

void buf_put_char(struct buf *b, char c)
{
    buf_put_bytes(b, &c, 1);
}

void buf_put_i64(struct buf *b, int64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (v < 0)
        digits[--at] = '-';
    buf_put_bytes(b, digits + at, sizeof digits - at);
}

/* Straight into the room there is; a second time only when that was too little. */
void buf_fmt(struct buf *b, const char *fmt, ...)
{
    size_t room = b->overflow ? 0 : b->cap - b->n;
    va_list ap;
    va_start(ap, fmt);
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(room == 0 ? NULL : b->p + b->n, room, fmt, ap);
    va_end(ap);
    if (n > 0 && reserve(b, (size_t)n)) {
        if ((size_t)n >= room)
            vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    } else if (room > 0) {
        b->p[b->n] = '\0';
    }
    va_end(again);
}

struct str buf_str(const struct buf *b)
{
    return (struct str){b->p == NULL ? "" : b->p, b->n};
}

void buf_put_html(struct buf *b, struct str s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *e;
        switch (s.p[i]) {
        case '&': e = "&amp;"; break;
        case '<': e = "&lt;"; break;
        case '>': e = "&gt;"; break;
        case '"': e = "&quot;"; break;
        case '\'': e = "&#39;"; break;
        default: continue;
        }
        buf_put_bytes(b, s.p + from, i - from);
        buf_put_c(b, e);
        from = i + 1;
    }
    if (s.n > from)
        buf_put_bytes(b, s.p + from, s.n - from);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

void buf_put_url(struct buf *b, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (is_unreserved(s.p[i]))
            continue;
        char escaped[3] = {'%', digits[c >> 4], digits[c & 15]};
        buf_put_bytes(b, s.p + from, i - from);
        buf_put_bytes(b, escaped, sizeof escaped);
        from = i + 1;
    }
    if (s.n > from)
        buf_put_bytes(b, s.p + from, s.n - from);
}

void buf_put_json(struct buf *b, struct str s)
{
    buf_put_char(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buf_put_bytes(b, s.p + from, i - from);
        from = i + 1;
        switch (c) {
        case '"': buf_lit(b, "\\\""); break;
        case '\\': buf_lit(b, "\\\\"); break;
        case '\n': buf_lit(b, "\\n"); break;
        case '\r': buf_lit(b, "\\r"); break;
        case '\t': buf_lit(b, "\\t"); break;
        default: buf_fmt(b, "\\u%04x", c); break;
        }
    }
    if (s.n > from)
        buf_put_bytes(b, s.p + from, s.n - from);
    buf_put_char(b, '"');
}

void buf_put_hex(struct buf *b, const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *u = p;
    for (size_t i = 0; i < n; i++) {
        buf_put_char(b, digits[u[i] >> 4]);
        buf_put_char(b, digits[u[i] & 15]);
    }
}

static void put_base64(struct buf *b, const unsigned char *u, size_t n, const char *alphabet,
                       bool pad)
{
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned v = (unsigned)u[i] << 16;
        if (left > 1)
            v |= (unsigned)u[i + 1] << 8;
        if (left > 2)
            v |= u[i + 2];
        char out[4] = {alphabet[v >> 18], alphabet[(v >> 12) & 63], alphabet[(v >> 6) & 63],
                       alphabet[v & 63]};
        size_t len = left > 2 ? 4 : left + 1;
        buf_put_bytes(b, out, len);
        for (; pad && len < 4; len++)
            buf_put_char(b, '=');
    }
}

void buf_put_base64(struct buf *b, const void *p, size_t n)
{
    put_base64(b, p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void buf_put_base64url(struct buf *b, const void *p, size_t n)
{
    put_base64(b, p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}
