/* Readers of what stands in a request's head: pure functions over bytes that strangers chose.
 * Views point into the input or the arena. No locks; safe from any thread. */
#ifndef NODE_HTTP_PARSE_H
#define NODE_HTTP_PARSE_H

#include "node/http/http.h"

struct arena;

struct target {
    struct str path;      /* decoded once, UTF-8, begins with '/'; "*" for OPTIONS * */
    struct str query;     /* raw, without '?'; NULL when there is none */
    struct str authority; /* of the absolute form (RFC 9112 section 3.2.2); else NULL */
};

/* The request target. ERR_INVALID: bad escapes, %00 and other control characters, an escaped
 * slash, bytes that are no UTF-8, dot segments, a fragment, or a form that isn't for us. */
MUST_USE enum err target_read(struct arena *a, struct str raw, struct target *ret);

/* The authority of a raw target in absolute form; NULL when it has another. */
struct str target_authority(struct str raw);

/* %XX decoded once ('+' is a space when plus). A view of s when nothing was escaped. False on
 * broken escapes, NUL, or bytes that are no UTF-8. */
bool percent_decode(struct arena *a, struct str s, bool plus, struct str *ret);

/* ActivityPub when it is wanted no less than HTML; then JSON; then HTML. */
enum repr repr_choose(struct str accept);
bool accepts_gzip(struct str accept_encoding);

/* Value of a cookie in a Cookie header (RFC 6265 section 5.4); NULL when missing. */
struct str cookie_find(struct str header, struct str name);

/* Does a list of If-None-Match contain the tag (weak comparison)? etag includes its quotes. */
bool etag_in_list(struct str list, struct str etag);

/* RFC 9110 section 14: one byte range. RANGE_WHOLE: none, several, or not understood. */
enum range { RANGE_WHOLE, RANGE_PART, RANGE_UNSATISFIABLE };
enum range range_read(struct str header, int64_t size, int64_t *ret_from, int64_t *ret_n);

/* A parameter of a header value: param_find("form-data; name=\"a\"", "name"). Quoted strings are
 * unescaped into the arena. NULL when missing or broken. */
struct str param_find(struct arena *a, struct str header, const char *name);

#endif
