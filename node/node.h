/* One hosted community: its store, media, keys and settings, awake. Found by host name in struct nodes
 * (node/nodes.h), which opens and closes it. All fields are set at open and constant afterwards, but
 * for the atomic ones and what the named modules own. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;
struct cx;
struct server;
struct db;
struct id_maker;
struct fed;
struct jobs_node;
struct s3_keeper;
struct nodes;
struct node_entry;

enum node_state {
    NODE_ACTIVE,
    NODE_SUSPENDED, /* pages say that it rests, other servers and apps get 503, jobs rest */
    NODE_LEAVING,   /* deleted by its owner's word: 410 for people, apps and inboxes; its jobs run,
                       Deletes go out, and their signers' documents are still there */
    NODE_AWAY,      /* being moved or restored: nobody opens it, 503 for all */
    NODE_GONE,      /* 410 for all; nothing is behind it any more */
};

/* What the plan allows; 0: any number. Asked by quota_check (node/quota.h). */
struct quota {
    int64_t members, storage_bytes, posts_a_day, mails_a_day;
};
struct node_quota { /* the same, of a node that is awake: a plan changes while it runs */
    _Atomic int64_t members, storage_bytes, posts_a_day, mails_a_day;
};

/* Counted since the entry is there. */
struct node_usage {
    _Atomic uint64_t requests, bytes_out, deliveries, mails, job_cpu_us;
    uint64_t written[5]; /* how much of each is in a host's books; its keeper's alone */
};
/* NODE_COUNT(node, requests, 1); nothing happens to a node outside of a registry. */
#define NODE_COUNT(node, field, by)                                                                \
    do {                                                                                           \
        if ((node)->usage != NULL)                                                                 \
            atomic_fetch_add_explicit(&(node)->usage->field, (uint64_t)(by),                       \
                                      memory_order_relaxed);                                       \
    } while (0)

struct node {
    struct server *server;
    struct arena *arena;      /* what lives as long as the node */
    const char *dir;          /* data directory */
    struct db *db;
    struct id_maker *ids;
    int64_t id;               /* of its entry; 0: the only one */
    struct str name;          /* label in logs and metrics */
    struct fed *fed;          /* federation's memory; NULL in command line use */
    struct nodes *nodes;      /* where it is registered; NULL: nowhere */
    struct node_entry *entry; /* there */
    struct jobs_node *jobs;   /* what runs of its queue; node/jobs owns it */
    struct node_usage *usage; /* its entry's; NULL outside of a registry */
    struct s3_keeper *s3;     /* what we know of media.s3_url (node/net/s3.h); NULL in some tests */
    struct str origin;        /* "https://example.org", no slash at the end; frozen at init */
    struct str agent;         /* "Orrery/1.0 (+https://example.org/)": who asks other servers */
    struct str host;          /* "example.org" or "localhost:8420", lower case */
    unsigned char secret[32]; /* node key, in DIR/secret.key; seals keys, signs links and codes */
    /* Bumped after each commit that changes what a visitor may see: cached answers made under an
     * older number are not served again. */
    _Atomic uint64_t public_generation;
    _Atomic int state;        /* enum node_state */
    _Atomic int pins;         /* node_hold */
    struct node_quota quota;
    struct spare_keys *spare; /* key pairs made ahead, while the node is made; NULL: none */
    /* Answers to signed requests depend on who signed: none of them comes from memory or goes there. */
    _Atomic bool guarded;
    bool dev;                 /* --dev: http and loopback peers allowed, mails shown on console */
};

/* Making an RSA key takes a tenth of a second: whoever makes many nodes has some ready. The texts are
 * PEM; federation takes them from the end. */
struct spare_keys {
    struct str rsa[4];
    size_t n;
};

/* Open the node in dir: settings, store (migrated), secret. Errors are logged. */
MUST_USE enum err node_open(struct server *server, const char *dir, struct node **ret);
struct node *node_close(struct node *n);
/* Make a new node in dir (refuses a non-empty one: ERR_CONFLICT). store: the address of a PostgreSQL
 * schema that holds nothing yet (else ERR_CONFLICT), NULL: a file in dir. When it fails nothing of it
 * is left but the directory. */
MUST_USE enum err node_create_in(const char *dir, struct str origin, const char *store);
MUST_USE enum err node_create(const char *dir, struct str origin); /* a file in dir */
/* Take back what node_create wrote, the store and all that is in it, when what should follow failed;
 * the directory stays. */
void node_discard(const char *dir);

/* A pin more, of whoever has one or has just opened the node, and one less. After the last the node may
 * be gone. */
void node_hold(struct node *node);
void node_drop(struct node *node);

/* Take one from the node's bucket of that key (node/base/limiter.h), which is found in the server's
 * limiter; always true where there is none. False: cx->retry_after_s is set. */
bool node_rate_take(struct cx *cx, struct str key, int burst, double per_second);
/* The same, and *ret_left is how many may follow at once. */
bool node_rate_take_left(struct cx *cx, struct str key, int burst, double per_second, int *ret_left);

#endif
