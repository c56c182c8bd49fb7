/* Text: a borrowed view, pointer and length. Never assumed to end in NUL unless made by
 * str_dup/str_fmt (which put one behind it, so .p may be handed to C libraries).
 * p == NULL means "no value" where a value may be missing (a NULL column). No function here
 * depends on the locale; case folding is ASCII only (ICU does the rest in node/text). */
#ifndef NODE_BASE_STR_H
#define NODE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
    const char *p;
    size_t n;
};

/* HTML that may stand in a page as it is. Made only by the sanitizer, the Markdown renderer and
 * the templates; everything else is escaped. */
struct safe_html {
    struct str s;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1}) /* a literal only */
#define STR_INIT(lit) {"" lit, sizeof(lit) - 1}          /* the same, in static tables */
#define STR_NULL ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) ((int)(s).n), ((s).p == NULL ? "" : (s).p)

struct str str_c(const char *c); /* view of a C string; NULL gives STR_NULL */
struct str str_sub(struct str s, size_t from, size_t n); /* clamps */
struct str str_dup(struct arena *a, struct str s);
struct str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *str_z(struct arena *a, struct str s); /* NUL-terminated copy */
struct str str_join(struct arena *a, struct str sep, const struct str *v, size_t n);

bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
bool str_ieq(struct str a, struct str b); /* ASCII case */
bool str_ieq_c(struct str a, const char *b);
bool str_starts(struct str s, struct str prefix);
bool str_istarts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Position of c / needle at or after from, or SIZE_MAX. */
size_t str_find_char(struct str s, char c, size_t from);
size_t str_find(struct str s, struct str needle, size_t from);
bool str_contains(struct str s, struct str needle);
struct str str_trim(struct str s); /* ASCII white space at both ends */
struct str str_lower(struct arena *a, struct str s);
/* Cut the next piece up to sep out of *rest; false when nothing is left. "a,,b" gives "a","","b". */
bool str_next(struct str *rest, char sep, struct str *ret_piece);
/* Whole string as a decimal integer (optional '-'); false on anything else or overflow. */
bool str_to_i64(struct str s, int64_t *ret);
/* Is every byte well-formed UTF-8 (no surrogates, no overlong forms)? */
bool str_is_utf8(struct str s);
/* Number of code points of well-formed UTF-8. */
size_t str_utf8_len(struct str s);
/* The longest prefix of at most n code points. */
struct str str_utf8_cut(struct str s, size_t n);
/* Equal without telling by its timing where they differ. Lengths are not secret. */
bool str_eq_secret(struct str a, struct str b);

static inline bool str_empty(struct str s)
{
    return s.n == 0;
}

#endif
