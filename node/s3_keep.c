/* What a node knows of its storage: the setting as it was read last, and open connections. */
#include "node/net/s3_int.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/node.h"
#include "node/settings.h"

enum { SPARE_MAX = 4, FRESH_MS = 1000 };

/* One reading of the setting. Never changed and kept until the end, so that whoever holds an older one
 * may go on with it: settings change a few times in a node's life. */
struct known {
    struct known *older;
    struct arena *arena;
    struct str url, store;
    struct s3 s3; /* if url.n > 0 */
};

struct s3_keeper {
    pthread_mutex_t lock;
    _Atomic(struct known *) newest;
    _Atomic int64_t read_at;       /* monotonic; 0: never */
    _Atomic uint64_t generation;   /* of public pages, when it was read */
    CURL *spare[SPARE_MAX];
    int n_spare;
};

struct s3_keeper *s3_keeper_new(void)
{
    struct s3_keeper *k = calloc(1, sizeof *k);
    if (k == NULL)
        abort();
    pthread_mutex_init(&k->lock, NULL);
    return k;
}

struct s3_keeper *s3_keeper_free(struct s3_keeper *k)
{
    if (k == NULL)
        return NULL;
    while (k->n_spare > 0)
        curl_easy_cleanup(k->spare[--k->n_spare]);
    for (struct known *n = atomic_load(&k->newest), *older; n != NULL; n = older) {
        older = n->older;
        arena_free(n->arena);
    }
    pthread_mutex_destroy(&k->lock);
    free(k);
    return NULL;
}

CURL *s3_handle_take(struct cx *cx)
{
    struct s3_keeper *k = cx->node->s3;
    CURL *e = NULL;
    if (k != NULL) {
        pthread_mutex_lock(&k->lock);
        if (k->n_spare > 0)
            e = k->spare[--k->n_spare];
        pthread_mutex_unlock(&k->lock);
    }
    if (e == NULL && (e = curl_easy_init()) == NULL)
        abort();
    return e;
}

void s3_handle_give(struct cx *cx, CURL *take_easy)
{
    struct s3_keeper *k = cx->node->s3;
    curl_easy_reset(take_easy);
    if (k != NULL) {
        pthread_mutex_lock(&k->lock);
        if (k->n_spare < SPARE_MAX) {
            k->spare[k->n_spare++] = take_easy;
            take_easy = NULL;
        }
        pthread_mutex_unlock(&k->lock);
    }
    if (take_easy != NULL)
        curl_easy_cleanup(take_easy);
}

static const struct s3 *s3_in(const struct known *n)
{
    return n != NULL && n->url.n > 0 ? &n->s3 : NULL;
}

const struct s3 *s3_known(const struct node *node)
{
    return node->s3 == NULL ? NULL : s3_in(atomic_load(&node->s3->newest));
}

static struct s3 copy_of(struct arena *a, const struct s3 *s)
{
    struct s3 c = *s;
    struct str *const all[] = {&c.key.id, &c.key.secret, &c.key.region, &c.bucket, &c.prefix, &c.origin,
                               &c.host, &c.public_origin, &c.public_host, &c.root, &c.base};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = str_dup(a, *all[i]);
    return c;
}

static void remember(struct s3_keeper *k, struct str url, struct str store, const struct s3 *s3)
{
    struct arena *a = arena_new();
    struct known *n = ARENA_NEW(a, struct known);
    n->arena = a;
    n->url = str_dup(a, url);
    n->store = str_dup(a, store);
    if (url.n > 0)
        n->s3 = copy_of(a, s3);
    pthread_mutex_lock(&k->lock);
    n->older = atomic_load(&k->newest);
    atomic_store(&k->newest, n);
    pthread_mutex_unlock(&k->lock);
}

static bool is_fresh(struct s3_keeper *k, uint64_t generation)
{
    int64_t at = atomic_load(&k->read_at);
    return at != 0 && clock_monotonic() - at < FRESH_MS && atomic_load(&k->generation) == generation;
}

enum err s3_of(struct cx *cx, const struct s3 **ret)
{
    struct s3_keeper *k = cx->node->s3;
    struct str url, store;
    struct s3 s3 = {0};
    uint64_t generation = atomic_load(&cx->node->public_generation);
    if (k != NULL && is_fresh(k, generation)) {
        *ret = s3_known(cx->node);
        return OK;
    }
    TRY(setting_get(cx, "media.s3_url", &url));
    TRY(setting_get(cx, "media.store", &store));
    const struct known *last = k == NULL ? NULL : atomic_load(&k->newest);
    if (last == NULL || !str_eq(last->url, url) || !str_eq(last->store, store)) {
        if (url.n > 0)
            TRY(s3_parse(cx, url, &s3));
        s3.first = !str_eq_c(store, "dir");
        if (k != NULL)
            remember(k, url, store, &s3);
    }
    if (k == NULL) {
        struct s3 *own = ARENA_NEW(cx->arena, struct s3);
        *own = s3;
        *ret = url.n > 0 ? own : NULL;
        return OK;
    }
    atomic_store(&k->generation, generation);
    atomic_store(&k->read_at, clock_monotonic());
    *ret = s3_known(cx->node);
    return OK;
}
