/* Shared inside federation/: the engine's parts, addresses, answers. Not for other folders. */
#ifndef FEDERATION_FED_H
#define FEDERATION_FED_H

#include <pthread.h>
#include <stdatomic.h>

#include "federation/federation.h"
#include "node/node.h"
#include "node/server.h"

struct fed_signers;   /* keys.h */
struct fed_peer_keys; /* peer_key.h */
struct fed_bodies;    /* deliver.h */
struct fed_hosts;     /* hosts.h */
struct fed_replay;    /* replay.h */
struct fed_rules;     /* policy.h */

/* How many jobs may wait for strangers' servers at once; fewer than there are workers. */
enum { FED_LOOKUPS_MAX = 2 };
/* What other processes may have changed in a shared store is remembered for so long at most. */
enum { FED_MEMORY_MS = 1000 };

struct fed {
    struct node *node;
    atomic_int links;               /* pages that rest for another server (link.h) */
    atomic_int homes;               /* questions of visitors to their servers (home.h) */
    pthread_mutex_t lookups_lock;
    _Atomic uint64_t lookups[FED_LOOKUPS_MAX]; /* what jobs ask other servers for at this moment, hashed; 0: free */
    struct fed_signers *signers;
    struct fed_peer_keys *peer_keys;
    struct fed_bodies *bodies;
    struct fed_hosts *hosts;
    struct fed_replay *replay;
    struct fed_rules *rules;
    atomic_bool secure;             /* gate.h */
    _Atomic int64_t secure_at;      /* when it was read; monotonic, 0: never */
    _Atomic uint64_t secure_as_of;  /* the node's public_generation then */
};

#define AS_PUBLIC "https://www.w3.org/ns/activitystreams#Public"
#define FED_TYPE "application/activity+json; charset=utf-8"
#define FED_ACCEPT                                                                                 \
    "application/activity+json, application/ld+json; "                                             \
    "profile=\"https://www.w3.org/ns/activitystreams\""
#define FED_DOC_MAX ((size_t)1 << 20)

/* An address of ours: origin and a path. */
struct str fed_iri(struct cx *cx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The number behind a path of ours: with "/ap/o/", "https://us/ap/o/12" gives 12. */
bool fed_iri_id(struct cx *cx, struct str iri, const char *path, int64_t *ret);
/* "host[:port]" of an address, lower case; STR_NULL when it is none. */
struct str fed_host_of(struct arena *a, struct str iri);
/* Is the id one that an actor of this host may give away (federation.md 3.6, 3.11)? */
bool fed_id_ok(struct cx *cx, struct str id, struct str host);
/* Is it the audience of everybody, in any of its spellings? */
bool fed_is_public(struct str id);

/* Retry-After in seconds, from seconds or a date (RFC 9110 10.2.3), at most a day; 0 when unsaid. */
int64_t fed_retry_after(struct str header);

/* Answers. Documents for everybody may be cached for a minute. */
MUST_USE enum err fed_reply(struct rq *rq, int status, struct buf *take_body);
/* 303 for people: true when this asker wants a page rather than the document. */
bool fed_wants_page(struct rq *rq);

#endif
