/* Public keys of peers: parsed ones in memory, the rest in the store, unknown ones from their
 * server (federation.md 2.14–2.16). The memory is bounded; keys in use outlive their place in it. */
#ifndef FEDERATION_PEER_KEY_H
#define FEDERATION_PEER_KEY_H

#include <stdatomic.h>

#include "node/base/crypt.h"
#include "node/cx.h"

struct fed;
struct fed_peer_keys;

struct fed_peer_key {
    atomic_int refs;
    struct fed_peer_key *chain, *newer, *older; /* the memory's */
    struct str key_id, actor_uri, host;
    int64_t actor_id, fetched_at;
    int64_t read_at; /* from the store; monotonic */
    bool asserts;    /* listed under assertionMethod: proofs may be checked with it */
    struct crypt_key *key;
};

struct fed_peer_keys *fed_peer_keys_new(void);
struct fed_peer_keys *fed_peer_keys_free(struct fed_peer_keys *m);
/* The actor's keys may have changed: read them anew. Any thread. */
void fed_peer_keys_forget(struct fed_peer_keys *m, int64_t actor_id);

/* From memory or store. NOT_FOUND: must be fetched (unknown, or older than a day unless stale_ok).
 * Give it back with fed_peer_key_drop. */
MUST_USE enum err fed_peer_key_find(struct cx *cx, struct str key_id, bool stale_ok,
                                    struct fed_peer_key **ret);
void fed_peer_key_drop(struct fed_peer_key *k);

/* Fetching one without holding a thread. Those who want the same key share one fetch.
 *   fed_key_fetch_join   finds or makes the fetch (FORBIDDEN: not an id to ask; UNAUTHENTICATED,
 *                        UPSTREAM: asked a moment ago, in vain; BUSY: too many are under way)
 *   fed_key_fetch_go     starts it if nobody has; ready(arg) is called once, from any thread
 *   fed_key_fetch_take   after ready: stores the actor and gives the key, or says why not:
 *                        UPSTREAM (its server failed: 503), GONE (actor 410), UNAUTHENTICATED
 *   fed_key_fetch_drop   always, at the end */
struct fed_key_fetch;
MUST_USE enum err fed_key_fetch_join(struct cx *cx, struct str key_id, struct fed_key_fetch **ret);
void fed_key_fetch_go(struct fed_key_fetch *f, void (*ready)(void *arg), void *arg);
MUST_USE enum err fed_key_fetch_take(struct cx *cx, struct fed_key_fetch *f,
                                     struct fed_peer_key **ret);
void fed_key_fetch_drop(struct fed_key_fetch *f);

#endif
