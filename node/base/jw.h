/* Writing JSON as a stream into a buf: order as written, no tree, commas and escapes by
 * construction. Misuse (a key outside an object, a value without one, an end too many, more than
 * 32 levels) is our bug: it sets a sticky flag that jw_done reports with the buf's overflow.
 *
 *     struct jw w;
 *     jw_init(&w, &out);
 *     jw_obj(&w);
 *     jw_key_c(&w, "type", "Note");
 *     jw_key(&w, "to");
 *     jw_arr(&w);
 *     jw_str(&w, STR("https://example.org/u/1"));
 *     jw_end(&w);
 *     jw_end(&w);
 *     if (!jw_done(&w)) …
 *
 * Strings are expected to be UTF-8. One thread at a time. */
#ifndef NODE_BASE_JW_H
#define NODE_BASE_JW_H

#include "node/base/buf.h"

#define JW_DEPTH 32

struct jw {
    struct buf *out;
    unsigned depth;
    bool bad;
    bool after_key;       /* a value must follow */
    bool root_done;
    char close[JW_DEPTH]; /* '}' or ']' of each open level */
    bool some[JW_DEPTH];  /* something stands there already */
};

void jw_init(struct jw *w, struct buf *out);
/* Everything closed, nothing misused, nothing overflown. */
bool jw_done(const struct jw *w);

void jw_obj(struct jw *w);
void jw_arr(struct jw *w);
void jw_end(struct jw *w); /* closes the innermost object or array */
void jw_key(struct jw *w, const char *key);
void jw_key_s(struct jw *w, struct str key);

void jw_str(struct jw *w, struct str s); /* STR_NULL writes null */
void jw_c(struct jw *w, const char *c);
void jw_i64(struct jw *w, int64_t v);
void jw_id(struct jw *w, int64_t id); /* as a decimal string */
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_time(struct jw *w, int64_t ms); /* RFC 3339 with seconds, UTC */
void jw_raw(struct jw *w, struct str json); /* one value, already JSON */

/* Key and value in one. */
void jw_key_str(struct jw *w, const char *key, struct str s);
void jw_key_c(struct jw *w, const char *key, const char *c);
void jw_key_i64(struct jw *w, const char *key, int64_t v);
void jw_key_id(struct jw *w, const char *key, int64_t id);
void jw_key_bool(struct jw *w, const char *key, bool v);
void jw_key_time(struct jw *w, const char *key, int64_t ms);
/* With milliseconds, where two within one second must be told apart. */
void jw_key_moment(struct jw *w, const char *key, int64_t ms);
/* Leaves key and value out when there is nothing to say: some peers trip over null. */
void jw_key_opt(struct jw *w, const char *key, struct str s);

#endif
