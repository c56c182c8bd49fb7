/* Reading other people's JSON: with limits, and tolerantly, the way ActivityPub needs it.
 *
 * json_read refuses what no honest peer sends before a tree is built: too many bytes, too deep
 * (jansson by itself goes down 2,000 levels), too many values, duplicate keys, text that is not
 * UTF-8, and the keys @graph, @included and @reverse, with which a document could say one thing to
 * a JSON-LD processor and another to us. The tree lives as long as the arena.
 *
 * The ld_ getters take a value that may be absent, null, a string, a number, an object or an array
 * and give what was meant, or nothing. They never fail and accept NULL, so they can be nested:
 *
 *     json_t *doc;
 *     TRY(json_read(cx->arena, body, NULL, &doc));
 *     struct str author = ld_id(ld_get(doc, "attributedTo"));
 *     struct str inbox = ld_str(doc, "endpoints.sharedInbox");
 *     LD_EACH(i, tag, ld_get(doc, "tag"))
 *         if (ld_type_is(tag, "Mention")) …
 *
 * Texts that they return are views into the tree. One thread at a time per tree. */
#ifndef NODE_BASE_JSON_H
#define NODE_BASE_JSON_H

#include <jansson.h>

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;

struct json_limits {
    size_t max_bytes;    /* 0: 1 MiB */
    unsigned max_depth;  /* 0: 32 */
    unsigned max_values; /* 0: 5,000; members, elements and the root each count one */
};

/* limits may be NULL. ERR_TOO_LARGE: over a limit; ERR_INVALID: not JSON that we accept. */
MUST_USE enum err json_read(struct arena *a, struct str bytes, const struct json_limits *limits,
                            json_t **ret);
/* Put a tree that was made elsewhere under the arena; takes the reference. NULL gives NULL. */
json_t *json_keep(struct arena *a, json_t *take_j);

/* The value at a dotted path ("endpoints.sharedInbox"). An array on the way stands for its first
 * element. "id" and "type" also find "@id" and "@type". Absent and null give NULL. */
json_t *ld_get(const json_t *j, const char *path);
/* The value itself, or the first element of an array that is not null. */
json_t *ld_first(const json_t *j);
/* An absent value has 0 elements, an array its own, everything else is one element. */
size_t ld_count(const json_t *j);
json_t *ld_at(const json_t *j, size_t i);
/* break and continue do what one expects; null elements are seen. */
#define LD_EACH(i, item, j)                                                                        \
    for (size_t i = 0, go_##i = 1, n_##i = ld_count(j); go_##i && i < n_##i; i++)                  \
        for (json_t *item = (go_##i = 0, ld_at((j), i)); !go_##i; go_##i = 1)

/* A string at a path; else STR_NULL. */
struct str ld_str(const json_t *j, const char *path);
/* The id of a thing that is given by id or in full: "…" or {"id": "…"}; of an array, the first. */
struct str ld_id(const json_t *j);
struct str ld_id_at(const json_t *j, const char *path);
/* The address of "url": a string, Link objects or a mix of both; the text/html one is preferred. */
struct str ld_url(const json_t *j, const char *path);
/* Integers, also when written as a string or as 3.0. */
bool ld_i64(const json_t *j, const char *path, int64_t *ret);
bool ld_bool(const json_t *j, const char *path, bool otherwise);
/* RFC 3339 with any offset. */
bool ld_time(const json_t *j, const char *path, int64_t *ret_ms);
/* Is "type" (or one of its types) this one? Reads "Note", "as:Note" and the full IRI. */
bool ld_type_is(const json_t *j, const char *type);
/* The first type, without prefix. */
struct str ld_type(const json_t *j);
/* The string at key, else the first entry of keyMap, whose language goes to ret_lang (may be
 * NULL; STR_NULL when unsaid). */
struct str ld_lang(const json_t *j, const char *key, struct str *ret_lang);
/* Text of a JSON string; STR_NULL when it is something else. */
struct str json_text(const json_t *j);

#endif
