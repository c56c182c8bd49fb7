/* The one growable builder. It is given a maximum when made; writing past it keeps what fits out,
 * sets a sticky flag and goes on quietly, so that callers check once, at the end.
 * Memory is malloc's (buf_free) unless it was made on an arena. One thread at a time. */
#ifndef NODE_BASE_BUF_H
#define NODE_BASE_BUF_H

#include "node/base/str.h"

struct arena;

struct buf {
    char *p;
    size_t n;
    size_t cap;
    size_t max;
    bool overflow;
    struct arena *arena; /* NULL: malloc */
};

void buf_init(struct buf *b, size_t max);
void buf_init_arena(struct buf *b, struct arena *a, size_t max);
void buf_free(struct buf *b); /* harmless on a zeroed or arena buf */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct str s);
void buf_put_c(struct buf *b, const char *c); /* trusted C string */
void buf_put_char(struct buf *b, char c);
void buf_put_bytes(struct buf *b, const void *p, size_t n);
void buf_put_i64(struct buf *b, int64_t v);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define buf_lit(b, lit) buf_put_bytes((b), "" lit, sizeof(lit) - 1)

/* View of what was written; p is NUL-terminated behind n. Valid until the next write. */
struct str buf_str(const struct buf *b);

/* Escapes. Each is safe for exactly the place that it names. */
void buf_put_html(struct buf *b, struct str s); /* text and quoted attributes */
void buf_put_url(struct buf *b, struct str s);  /* one path segment or query value, percent-encoded */
void buf_put_json(struct buf *b, struct str s); /* a JSON string with its quotes */
void buf_put_hex(struct buf *b, const void *p, size_t n);
void buf_put_base64(struct buf *b, const void *p, size_t n);
void buf_put_base64url(struct buf *b, const void *p, size_t n); /* no padding */

#endif
