#include "federation/peer_key.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "federation/actor_sql.h"
#include "federation/fed.h"
#include "federation/peer_key_int.h"
#include "node/base/clock.h"

static size_t bucket_of(struct str key_id)
{
    uint64_t h = UINT64_C(1469598103934665603); /* FNV-1a: names, not secrets */
    for (size_t i = 0; i < key_id.n; i++)
        h = (h ^ (unsigned char)key_id.p[i]) * UINT64_C(1099511628211);
    return (size_t)(h >> 20) % PEER_BUCKETS;
}

struct fed_peer_keys *fed_peer_keys_new(void)
{
    struct fed_peer_keys *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void fed_peer_key_drop(struct fed_peer_key *k)
{
    if (k == NULL || atomic_fetch_sub(&k->refs, 1) != 1)
        return;
    crypt_key_free(k->key);
    free(k);
}

static void list_unlink(struct fed_peer_keys *m, struct fed_peer_key *k)
{
    *(k->newer == NULL ? &m->newest : &k->newer->older) = k->older;
    *(k->older == NULL ? &m->oldest : &k->older->newer) = k->newer;
    k->newer = k->older = NULL;
}

static void list_push(struct fed_peer_keys *m, struct fed_peer_key *k)
{
    k->older = m->newest;
    k->newer = NULL;
    *(m->newest == NULL ? &m->oldest : &m->newest->newer) = k;
    m->newest = k;
}

/* Takes it out and gives up the memory's reference. Lock held. */
static void memory_remove(struct fed_peer_keys *m, struct fed_peer_key *k)
{
    struct fed_peer_key **p = &m->buckets[bucket_of(k->key_id)];
    while (*p != k)
        p = &(*p)->chain;
    *p = k->chain;
    list_unlink(m, k);
    m->n--;
    fed_peer_key_drop(k);
}

struct fed_peer_keys *fed_peer_keys_free(struct fed_peer_keys *m)
{
    if (m == NULL)
        return NULL;
    while (m->newest != NULL)
        memory_remove(m, m->newest);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return NULL;
}

void fed_peer_keys_forget(struct fed_peer_keys *m, int64_t actor_id)
{
    pthread_mutex_lock(&m->lock);
    for (struct fed_peer_key *k = m->newest, *next; k != NULL; k = next) {
        next = k->older;
        if (k->actor_id == actor_id)
            memory_remove(m, k);
    }
    pthread_mutex_unlock(&m->lock);
}

static struct fed_peer_key *memory_find(struct fed_peer_keys *m, struct str key_id)
{
    struct fed_peer_key *k = m->buckets[bucket_of(key_id)];
    while (k != NULL && !str_eq(k->key_id, key_id))
        k = k->chain;
    return k;
}

/* One block: the struct and its texts. */
static struct fed_peer_key *key_make(struct str key_id, struct str uri, struct str host)
{
    struct fed_peer_key *k = calloc(1, sizeof *k + key_id.n + uri.n + host.n);
    if (k == NULL)
        abort();
    char *p = (char *)(k + 1);
    memcpy(p, key_id.p, key_id.n);
    k->key_id = (struct str){p, key_id.n};
    memcpy(p += key_id.n, uri.p, uri.n);
    k->actor_uri = (struct str){p, uri.n};
    memcpy(p += uri.n, host.p, host.n);
    k->host = (struct str){p, host.n};
    return k;
}

static bool key_is_fresh(int64_t fetched_at, int64_t now)
{
    return now - fetched_at < MS_DAY;
}

/* Another process that writes the store may have been told of a new key, or of an actor's end. */
static bool memory_is_good(struct cx *cx, const struct fed_peer_key *k)
{
    return !db_is_shared(cx->node->db) || clock_monotonic() - k->read_at < FED_MEMORY_MS;
}

enum err fed_peer_key_find(struct cx *cx, struct str key_id, bool stale_ok,
                           struct fed_peer_key **ret)
{
    struct fed_peer_keys *m = cx->node->fed->peer_keys;
    pthread_mutex_lock(&m->lock);
    struct fed_peer_key *k = memory_find(m, key_id);
    if (k != NULL && memory_is_good(cx, k) &&
        (stale_ok || key_is_fresh(k->fetched_at, cx->now))) {
        atomic_fetch_add(&k->refs, 1);
        list_unlink(m, k);
        list_push(m, k);
        pthread_mutex_unlock(&m->lock);
        *ret = k;
        return OK;
    }
    pthread_mutex_unlock(&m->lock);

    struct actor_key_find_row row;
    bool found;
    int64_t read_at = clock_monotonic();
    TRY(q_actor_key_find(cx, key_id, &found, &row));
    if (!found || !(stale_ok || key_is_fresh(row.fetched_at, cx->now)))
        return ERR_NOT_FOUND;
    struct crypt_key *key = NULL;
    enum err e = str_starts(row.pem, STR("z")) ? crypt_key_read_multikey(row.pem, &key)
                                               : crypt_key_read_public(row.pem, &key);
    if (e != OK)
        return ERR_NOT_FOUND;
    k = key_make(key_id, row.uri, row.host);
    k->actor_id = row.actor_id;
    k->fetched_at = row.fetched_at;
    k->read_at = read_at;
    k->asserts = str_starts(row.pem, STR("z")); /* only there are keys written so (remote.c) */
    k->key = key;
    atomic_store(&k->refs, 2);
    pthread_mutex_lock(&m->lock);
    struct fed_peer_key *old = memory_find(m, key_id);
    if (old != NULL)
        memory_remove(m, old);
    k->chain = m->buckets[bucket_of(key_id)];
    m->buckets[bucket_of(key_id)] = k;
    list_push(m, k);
    if (++m->n > PEER_KEYS_MAX)
        memory_remove(m, m->oldest);
    pthread_mutex_unlock(&m->lock);
    *ret = k;
    return OK;
}
