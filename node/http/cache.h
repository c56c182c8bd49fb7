/* Anonymous answers of all nodes as ready bytes (D-7). Entries are found by node, raw target,
 * representation, language and theme; they are good for one generation of the node and at most a
 * minute (pages say "3 minutes ago"), or a second where another process changes the store, too, and no
 * longer than the page itself says (cx->good_until); except those whose Cache-Control says "immutable". 16 MB, least recently used go first.
 * Safe from any thread: shards with a mutex each, held for a probe only. */
#ifndef NODE_HTTP_CACHE_H
#define NODE_HTTP_CACHE_H

#include "node/base/str.h"

struct MHD_Response;
struct http_cache;

enum { HTTP_CACHE_BYTES = 16 * 1024 * 1024, HTTP_CACHE_MS = 60 * 1000,
       HTTP_CACHE_BRIEF_MS = 1000 };

struct cache_key {
    int64_t node;     /* its id */
    struct str target;
    unsigned variant; /* representation, language, theme */
};

/* An answer in all its forms. Counted: whoever gets one gives it back by cache_entry_unref. */
struct cache_entry;
struct MHD_Response *cache_entry_answer(const struct cache_entry *e, bool gzip,
                                        struct str if_none_match, int *ret_status,
                                        size_t *ret_bytes);
void cache_entry_unref(struct cache_entry *e);

struct http_cache *http_cache_new(size_t max_bytes);
struct http_cache *http_cache_free(struct http_cache *c);

/* NULL when there is none that is good now. Allocates nothing. */
struct cache_entry *http_cache_find(struct http_cache *c, struct cache_key key, uint64_t generation,
                                    int64_t now_monotonic);

/* What an entry is made of. headers: added to every form of the answer (ETag, Vary and
 * Content-Encoding are the cache's own). body is copied, and compressed once if that helps. */
struct cache_header {
    const char *name, *value;
};
struct cache_answer {
    struct str body;
    const char *type;
    const struct cache_header *headers;
    size_t n_headers;
    bool immutable;
    bool brief;       /* other processes change the store and cannot tell us at once */
    int64_t at_most_ms; /* something in it changes by the clock then; 0: nothing does */
};
/* Makes and stores an entry made under generation; the caller gets one count of it, too. */
struct cache_entry *http_cache_put(struct http_cache *c, struct cache_key key, uint64_t generation,
                                   int64_t now_monotonic, const struct cache_answer *answer);

/* Of a node that goes to sleep: what is no longer good goes, what still is stays and may be served. */
void http_cache_tidy(struct http_cache *c, int64_t node, int64_t now_monotonic);

/* A strong tag of bytes with its quotes; suffix tells encodings apart ("" or "-gz"). */
enum { ETAG_MAX = 40 };
void etag_make(struct str body, const char *suffix, char ret[ETAG_MAX]);
bool type_compresses(const char *type);

#endif
