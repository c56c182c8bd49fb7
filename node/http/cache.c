#include "node/http/cache.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "node/base/crypt.h"
#include "node/http/parse.h"

enum { N_SHARDS = 4, N_SLOTS = 512, MIN_GZIP = 400 };

struct form_of_answer {
    char etag[ETAG_MAX];
    size_t n;
    struct MHD_Response *full;         /* NULL: this form does not exist */
    struct MHD_Response *not_modified; /* 304 */
};

struct cache_entry {
    atomic_int refs;
    struct cache_entry *chain;        /* of its slot */
    struct cache_entry *newer, *older;
    uint64_t hash, generation;
    int64_t good_until;               /* monotonic; INT64_MAX and any generation: immutable */
    size_t cost;
    struct form_of_answer plain, gzip;
    int64_t node;
    unsigned variant;
    size_t target_n;
    char target[];
};

struct shard {
    pthread_mutex_t mutex;
    struct cache_entry *slots[N_SLOTS];
    struct cache_entry *newest, *oldest;
    size_t bytes;
};

struct http_cache {
    size_t max_shard_bytes;
    struct shard shards[N_SHARDS];
};

static uint64_t key_hash(struct cache_key key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ key.variant ^
                 (uint64_t)key.node * UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < key.target.n; i++)
        h = (h ^ (unsigned char)key.target.p[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

static struct shard *shard_of(struct http_cache *c, uint64_t hash)
{
    return &c->shards[hash % N_SHARDS];
}

static struct cache_entry **slot_of(struct shard *s, uint64_t hash)
{
    return &s->slots[(hash / N_SHARDS) % N_SLOTS];
}

struct http_cache *http_cache_new(size_t max_bytes)
{
    struct http_cache *c = calloc(1, sizeof(*c));
    if (c == NULL)
        abort();
    c->max_shard_bytes = max_bytes / N_SHARDS;
    for (int i = 0; i < N_SHARDS; i++)
        pthread_mutex_init(&c->shards[i].mutex, NULL);
    return c;
}

static void form_free(struct form_of_answer *f)
{
    if (f->full != NULL)
        MHD_destroy_response(f->full);
    if (f->not_modified != NULL)
        MHD_destroy_response(f->not_modified);
}

void cache_entry_unref(struct cache_entry *e)
{
    if (e == NULL || atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) != 1)
        return;
    form_free(&e->plain);
    form_free(&e->gzip);
    free(e);
}

static void lru_unlink(struct shard *s, struct cache_entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &s->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &s->oldest) = e->newer;
}

static void lru_push(struct shard *s, struct cache_entry *e)
{
    e->newer = NULL;
    e->older = s->newest;
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

/* Takes the entry out of the shard; the shard's count of it is the caller's to give back. */
static void entry_remove(struct shard *s, struct cache_entry *e)
{
    struct cache_entry **at = slot_of(s, e->hash);
    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    lru_unlink(s, e);
    s->bytes -= e->cost;
}

struct http_cache *http_cache_free(struct http_cache *c)
{
    if (c == NULL)
        return NULL;
    for (int i = 0; i < N_SHARDS; i++) {
        struct shard *s = &c->shards[i];
        while (s->oldest != NULL) {
            struct cache_entry *e = s->oldest;
            entry_remove(s, e);
            cache_entry_unref(e);
        }
        pthread_mutex_destroy(&s->mutex);
    }
    free(c);
    return NULL;
}

static struct cache_entry *shard_find(struct shard *s, uint64_t hash, struct cache_key key)
{
    for (struct cache_entry *e = *slot_of(s, hash); e != NULL; e = e->chain)
        if (e->hash == hash && e->node == key.node && e->variant == key.variant && e->target_n == key.target.n &&
            memcmp(e->target, key.target.p, key.target.n) == 0)
            return e;
    return NULL;
}

struct cache_entry *http_cache_find(struct http_cache *c, struct cache_key key, uint64_t generation,
                                    int64_t now)
{
    uint64_t hash = key_hash(key);
    struct shard *s = shard_of(c, hash);
    struct cache_entry *dead = NULL;

    pthread_mutex_lock(&s->mutex);
    struct cache_entry *e = shard_find(s, hash, key);
    if (e != NULL && e->good_until != INT64_MAX &&
        (e->generation != generation || now >= e->good_until)) {
        entry_remove(s, e);
        dead = e;
        e = NULL;
    }
    if (e != NULL) {
        atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
        if (s->newest != e) {
            lru_unlink(s, e);
            lru_push(s, e);
        }
    }
    pthread_mutex_unlock(&s->mutex);
    cache_entry_unref(dead);
    return e;
}

void http_cache_tidy(struct http_cache *c, int64_t node, int64_t now)
{
    for (int i = 0; i < N_SHARDS; i++) {
        struct shard *s = &c->shards[i];
        struct cache_entry *dead = NULL;
        pthread_mutex_lock(&s->mutex);
        for (struct cache_entry *e = s->oldest, *next; e != NULL; e = next) {
            next = e->newer;
            if (e->node != node || e->good_until > now)
                continue;
            entry_remove(s, e);
            e->chain = dead;
            dead = e;
        }
        pthread_mutex_unlock(&s->mutex);
        while (dead != NULL) {
            struct cache_entry *next = dead->chain;
            cache_entry_unref(dead);
            dead = next;
        }
    }
}

struct MHD_Response *cache_entry_answer(const struct cache_entry *e, bool gzip,
                                        struct str if_none_match, int *ret_status,
                                        size_t *ret_bytes)
{
    const struct form_of_answer *f = gzip && e->gzip.full != NULL ? &e->gzip : &e->plain;
    if (if_none_match.n > 0 && (etag_in_list(if_none_match, str_c(e->plain.etag)) ||
                                etag_in_list(if_none_match, str_c(f->etag)))) {
        *ret_status = 304;
        *ret_bytes = 0;
        return f->not_modified;
    }
    *ret_status = 200;
    *ret_bytes = f->n;
    return f->full;
}

void etag_make(struct str body, const char *suffix, char ret[ETAG_MAX])
{
    unsigned char hash[32];
    static const char digits[] = "0123456789abcdef";
    crypt_sha256(body, hash);
    char hex[33];
    for (int i = 0; i < 16; i++) {
        hex[2 * i] = digits[hash[i] >> 4];
        hex[2 * i + 1] = digits[hash[i] & 15];
    }
    hex[24] = '\0'; /* 96 bits are plenty to tell versions of one address apart */
    snprintf(ret, ETAG_MAX, "\"%s%s\"", hex, suffix);
}

bool type_compresses(const char *type)
{
    struct str t = str_c(type);
    return str_starts(t, STR("text/")) || str_contains(t, STR("json")) ||
           str_contains(t, STR("javascript")) || str_contains(t, STR("xml"));
}

/* NULL when it would not get smaller by a tenth. */
static char *gzip_bytes(struct str body, size_t *ret_n)
{
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    size_t room = body.n - body.n / 10;
    char *out = malloc(room);
    if (out == NULL)
        abort();
    z.next_in = (unsigned char *)(uintptr_t)body.p; /* zlib's z_const; it only reads */
    z.avail_in = (unsigned)body.n;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)room;
    int rc = deflate(&z, Z_FINISH);
    *ret_n = z.total_out;
    deflateEnd(&z);
    if (rc == Z_STREAM_END)
        return out;
    free(out);
    return NULL;
}

static struct MHD_Response *make_response(char *take_bytes, size_t n, const char *etag,
                                          const char *encoding, const struct cache_answer *a)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        n, take_bytes, take_bytes == NULL ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
    if (r == NULL)
        abort();
    for (size_t i = 0; i < a->n_headers; i++)
        MHD_add_response_header(r, a->headers[i].name, a->headers[i].value);
    if (a->type != NULL && take_bytes != NULL)
        MHD_add_response_header(r, "Content-Type", a->type);
    if (encoding != NULL && take_bytes != NULL)
        MHD_add_response_header(r, "Content-Encoding", encoding);
    MHD_add_response_header(r, "ETag", etag);
    return r;
}

static void make_form(struct form_of_answer *f, char *take_bytes, size_t n, const char *suffix,
                      const char *encoding, const struct cache_answer *a)
{
    etag_make(a->body, suffix, f->etag);
    f->n = n;
    f->full = make_response(take_bytes, n, f->etag, encoding, a);
    f->not_modified = make_response(NULL, 0, f->etag, encoding, a);
}

static struct cache_entry *entry_new(struct cache_key key, const struct cache_answer *a)
{
    struct cache_entry *e = calloc(1, sizeof(*e) + key.target.n);
    char *copy = malloc(a->body.n + 1);
    size_t packed_n = 0;
    if (e == NULL || copy == NULL)
        abort();
    memcpy(copy, a->body.p == NULL ? "" : a->body.p, a->body.n);
    atomic_init(&e->refs, 2);
    e->node = key.node;
    e->variant = key.variant;
    e->target_n = key.target.n;
    memcpy(e->target, key.target.p, key.target.n);
    e->hash = key_hash(key);
    make_form(&e->plain, copy, a->body.n, "", NULL, a);
    if (a->body.n >= MIN_GZIP && type_compresses(a->type)) {
        char *packed = gzip_bytes(a->body, &packed_n);
        if (packed != NULL)
            make_form(&e->gzip, packed, packed_n, "-gz", "gzip", a);
        else
            packed_n = 0;
    }
    /* the head of four responses is about a kilobyte each */
    e->cost = sizeof(*e) + key.target.n + a->body.n + packed_n + 4096;
    return e;
}

static int64_t good_for(const struct cache_answer *a)
{
    int64_t ms = a->brief ? HTTP_CACHE_BRIEF_MS : HTTP_CACHE_MS;
    return a->at_most_ms > 0 && a->at_most_ms < ms ? a->at_most_ms : ms;
}

struct cache_entry *http_cache_put(struct http_cache *c, struct cache_key key, uint64_t generation,
                                   int64_t now, const struct cache_answer *answer)
{
    struct cache_entry *e = entry_new(key, answer);
    struct shard *s = shard_of(c, e->hash);
    struct cache_entry *dead = NULL;

    e->generation = generation;
    e->good_until = answer->immutable ? INT64_MAX : now + good_for(answer);
    if (e->cost > c->max_shard_bytes / 4) {
        atomic_store(&e->refs, 1); /* served once, not kept */
        return e;
    }
    pthread_mutex_lock(&s->mutex);
    struct cache_entry *old = shard_find(s, e->hash, key);
    if (old != NULL) {
        entry_remove(s, old);
        old->chain = dead;
        dead = old;
    }
    while (s->oldest != NULL && s->bytes + e->cost > c->max_shard_bytes) {
        struct cache_entry *victim = s->oldest;
        entry_remove(s, victim);
        victim->chain = dead;
        dead = victim;
    }
    struct cache_entry **slot = slot_of(s, e->hash);
    e->chain = *slot;
    *slot = e;
    lru_push(s, e);
    s->bytes += e->cost;
    pthread_mutex_unlock(&s->mutex);
    while (dead != NULL) { /* freeing responses takes their locks: outside of ours */
        struct cache_entry *next = dead->chain;
        cache_entry_unref(dead);
        dead = next;
    }
    return e;
}
