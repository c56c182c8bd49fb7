#include "node/base/limiter.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { WAYS = 8, LOCKS = 16 };

struct bucket {
    uint64_t key; /* 0: free */
    int64_t at;
    double tokens;
};

struct limiter {
    uint64_t seed[2]; /* strangers choose keys; they shall not choose where they land */
    size_t n_sets;    /* a power of two */
    pthread_mutex_t locks[LOCKS];
    struct bucket *buckets;
};

struct limiter *limiter_new(size_t slots)
{
    struct limiter *l = calloc(1, sizeof *l);
    if (l == NULL || getrandom(l->seed, sizeof l->seed, 0) != sizeof l->seed)
        abort();
    l->n_sets = LOCKS;
    while (l->n_sets * WAYS < slots)
        l->n_sets *= 2;
    l->buckets = calloc(l->n_sets * WAYS, sizeof *l->buckets);
    if (l->buckets == NULL)
        abort();
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_init(&l->locks[i], NULL);
    return l;
}

struct limiter *limiter_free(struct limiter *l)
{
    if (l == NULL)
        return NULL;
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&l->locks[i]);
    free(l->buckets);
    free(l);
    return NULL;
}

static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1]; v[1] = rotl(v[1], 13); v[1] ^= v[0]; v[0] = rotl(v[0], 32);
    v[2] += v[3]; v[3] = rotl(v[3], 16); v[3] ^= v[2];
    v[0] += v[3]; v[3] = rotl(v[3], 21); v[3] ^= v[0];
    v[2] += v[1]; v[1] = rotl(v[1], 17); v[1] ^= v[2]; v[2] = rotl(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein 2012). */
static uint64_t keyed_hash(const uint64_t seed[2], struct str s)
{
    uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                     seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t word = 0;
    for (size_t i = 0; i < s.n; i++) {
        word |= (uint64_t)(unsigned char)s.p[i] << (8 * (i & 7));
        if ((i & 7) == 7) {
            v[3] ^= word;
            sip_round(v);
            v[0] ^= word;
            word = 0;
        }
    }
    word |= (uint64_t)s.n << 56;
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    uint64_t h = v[0] ^ v[1] ^ v[2] ^ v[3];
    return h == 0 ? 1 : h;
}

/* The bucket of the key, or the one of its set that was idle longest, made anew and full. */
static struct bucket *find(struct bucket *set, uint64_t key, int burst, int64_t now)
{
    struct bucket *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (oldest->key != 0 && (set[i].key == 0 || set[i].at < oldest->at))
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key, .at = now, .tokens = burst};
    return oldest;
}

bool limiter_take(struct limiter *l, struct str key, int burst, double per_second, int64_t now,
                  int64_t *ret_retry_after_s)
{
    int left;
    return limiter_take_left(l, key, burst, per_second, now, ret_retry_after_s, &left);
}

bool limiter_take_left(struct limiter *l, struct str key, int burst, double per_second, int64_t now,
                       int64_t *ret_retry_after_s, int *ret_left)
{
    uint64_t h = keyed_hash(l->seed, key);
    size_t set = (size_t)(h >> 7) & (l->n_sets - 1);
    pthread_mutex_t *lock = &l->locks[set % LOCKS];
    pthread_mutex_lock(lock);
    struct bucket *b = find(&l->buckets[set * WAYS], h, burst, now);
    if (now > b->at) {
        b->tokens += (double)(now - b->at) / 1000 * per_second;
        if (b->tokens > burst)
            b->tokens = burst;
    }
    b->at = now;
    bool taken = b->tokens >= 1;
    if (taken)
        b->tokens -= 1;
    *ret_left = (int)b->tokens;
    double wait = taken ? 0 : (1 - b->tokens) / (per_second > 0 ? per_second : 1e-6);
    pthread_mutex_unlock(lock);
    if (!taken && ret_retry_after_s != NULL)
        *ret_retry_after_s = wait > 1e6 ? 1000000 : (int64_t)wait + 1;
    return taken;
}
