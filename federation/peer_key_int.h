/* Shared by peer_key.c and key_fetch.c only. */
#ifndef FEDERATION_PEER_KEY_INT_H
#define FEDERATION_PEER_KEY_INT_H

#include <pthread.h>

#include "federation/peer_key.h"

enum { PEER_KEYS_MAX = 2048, PEER_BUCKETS = 1024, PEER_VAIN = 512 };
/* Fetches at once, of the fetcher's 256 transfers: in all, and of one house, whose owner may make up
 * names without end; how many requests may rest for them, of one house, and for how long when others
 * come first. A post that becomes known brings hundreds of strangers from one server within seconds. */
enum { KEY_FETCHES_MAX = 128, KEY_FETCHES_A_HOUSE = 32, KEY_WAITERS_MAX = 1024,
       KEY_WAITERS_A_HOUSE = 640, KEY_PATIENCE_S = 20, KEY_TRANSFERS_A_HOST = 6 };

struct fed_key_fetch;

/* Asked in vain a moment ago; a small table where newer ones overwrite older ones. */
struct vain {
    uint64_t key;
    int64_t until;
    enum err err;
};

struct fed_peer_keys {
    pthread_mutex_t lock;
    struct fed_peer_key *buckets[PEER_BUCKETS];
    struct fed_peer_key *newest, *oldest;
    size_t n;
    struct fed_key_fetch *fetches; /* under way */
    size_t n_waiting;              /* requests that rest for one of them */
    struct vain vain[PEER_VAIN];
};

#endif
