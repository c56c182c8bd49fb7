/* One hosted community: its store, media, keys and settings. Found by host name in struct server.
 * All fields are set at open and constant afterwards, but for what the named modules own. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;
struct server;
struct db;
struct id_maker;
struct limiter;
struct http_cache;
struct jobs_node;
struct fed;

struct node {
    struct server *server;
    struct arena *arena;      /* what lives as long as the node */
    const char *dir;          /* data directory */
    struct db *db;
    struct id_maker *ids;
    struct http_cache *cache; /* anonymous pages and documents; NULL in command line use */
    struct fed *fed;          /* federation's memory; NULL in command line use */
    struct jobs_node *jobs;   /* node/jobs/jobs.h; NULL in command line use */
    struct limiter *limiter;  /* node/base/limiter.h */
    struct str origin;        /* "https://example.org", no slash at the end; frozen at init */
    struct str host;          /* "example.org" or "localhost:8420", lower case */
    unsigned char secret[32]; /* node key, in DIR/secret.key; seals keys, signs links and codes */
    /* Bumped after each commit that changes what a visitor may see: cached answers made under an
     * older number are not served again. */
    _Atomic uint64_t public_generation;
    bool dev;                 /* --dev: http and loopback peers allowed, mails shown on console */
};

/* Open the node in dir: settings, store (migrated), secret. Errors are logged. */
MUST_USE enum err node_open(struct server *server, const char *dir, struct node **ret);
struct node *node_close(struct node *n);
/* Make a new node in dir (refuses a non-empty one). */
MUST_USE enum err node_create(const char *dir, struct str origin);
/* Take back what node_create wrote, when what should follow failed; the directory stays. */
void node_discard(const char *dir);

#endif
