/* The process: engines and nodes. main() owns the one struct server; nothing is global. */
#ifndef NODE_SERVER_H
#define NODE_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "node/base/err.h"

struct nodes;        /* node/nodes.h */
struct node_hooks;   /* node/nodes.h */
struct http_cache;   /* node/http/cache.h */
struct limiter;      /* node/base/limiter.h */
struct metrics;      /* node/base/metrics.h */
struct fetcher;      /* node/net/fetch.h */
struct jobs;         /* node/jobs/jobs.h */
struct wiring;       /* node/event.h */
struct route_table;  /* node/http/http.h */
struct http_hooks;   /* node/http/http.h */
struct turnstile;    /* node/base/turnstile.h */
struct db_listener;  /* node/db/db.h */
struct media_engine; /* node/media/media.h */
struct far_engine;   /* node/media/far.h */
struct crew;         /* node/base/crew.h */

struct server {
    struct nodes *nodes;             /* the nodes served, found by Host */
    const struct node_hooks *node_hooks; /* what higher rungs do at waking and sleeping; NULL: nothing */
    struct http_cache *cache;        /* anonymous answers of all nodes; NULL: none are kept */
    struct limiter *limiter;         /* rates that may be forgotten, of all nodes; NULL: no limits */
    struct metrics *metrics;         /* what the process counts of itself; NULL: nothing */
    struct db_listener *listener;    /* what other processes did to shared stores; NULL: not heard */
    struct fetcher *fetcher;
    struct jobs *jobs;
    const struct wiring *wiring;     /* event → jobs, job → function (node/wiring.c) */
    const struct route_table *const *routes; /* NULL-terminated list of tables */
    const struct http_hooks *hooks;  /* what the frame asks upward; NULL members: not asked */
    struct turnstile *hashing;       /* how many passwords are hashed at once; NULL: any number */
    struct media_engine *media;      /* how many pictures are read at once; NULL: any number */
    struct crew *crew;               /* waits for payment providers on behalf of pages; NULL: nobody does */
    struct far_engine *far;          /* fetches pictures of other servers; NULL: none are fetched */
    /* Another process uses the same stores, for the time of a takeover (node/handover.h): what is
     * remembered of them is worth a second, and no lease of another is reset. */
    atomic_bool beside;
    bool dev;
};

#endif
