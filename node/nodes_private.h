/* Shared by node/nodes.c (who is there, waking, sleeping) and node/nodes_list.c (the table). */
#ifndef NODE_NODES_PRIVATE_H
#define NODE_NODES_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>

#include "node/nodes.h"

enum {
    NODES_AGAIN_MS = 5000,       /* after it could not be opened */
    NODES_FREE_MS = 5000,        /* how long the end waits for the pins of each */
    NODES_TICK_MS = 1000,        /* how often the keeper looks who rests */
    NODES_DRAIN_MS = 20,
    NODES_TRIM_MS = 10 * 1000,
    NODES_HOST_MAX = 300,        /* of a Host header; names are at most 253 */
    NODES_STACK = 512 * 1024,    /* reserved, not used */
};

enum phase { PHASE_ASLEEP, PHASE_OPENING, PHASE_AWAKE, PHASE_CLOSING };

/* All of it under the lock of struct nodes, but for usage. */
struct node_entry {
    struct node_entry *id_chain, *host_chain;
    struct node_entry *newer, *older; /* of those awake, by their last use */
    int64_t id;
    char *name, *host, *dir;
    enum node_state state;
    struct quota quota;
    int64_t wake_at;
    enum phase phase;
    bool adopted;             /* the node is somebody else's */
    bool removed;             /* out of the table; freed by whoever looks at it last */
    bool drained;             /* somebody waits until it is closed: it is opened for nobody */
    int lookers;              /* of nodes_each, without the lock */
    struct node *node;        /* while awake */
    int64_t used_at;          /* monotonic: when its last pin was given back */
    int64_t again_at;         /* monotonic: not opened before */
    enum err failed;          /* why not */
    bool met, secure;
    bool heard;               /* it got a job from elsewhere while it was closed */
    int64_t stamp;            /* when its store's file was written last, as we left it; 0: not known */
    char *schema;             /* of its store on PostgreSQL, once it has been awake; else NULL */
    bool guarded;
    uint64_t generation;
    struct node_usage usage;
};

struct nodes {
    struct server *server;
    struct nodes_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed;       /* a phase, or a pin that somebody waits for */
    pthread_cond_t keeper_wake;
    struct node_entry **by_id, **by_host;
    size_t n_buckets, n_known;    /* buckets: a power of two */
    struct node_entry *newest, *oldest;
    int n_awake;
    size_t look_at;               /* the bucket that nodes_look goes on with */
    int64_t looked_at;
    int64_t next_due;             /* no sleeping node's wake_at comes before it */
    uint64_t opened, closed, failed;
    bool keeping, stopping;
    pthread_t keeper;
};

/* Under the lock: what is cached of its answers is old. A node that is being closed is touched by
 * nobody but who closes it. */
void nodes_entry_changed(struct node_entry *e);

/* nodes_watch.c: how its store's file stands; 0: there is none, < 0: somebody writes it. */
int64_t nodes_stamp(const struct node_entry *e);

/* nodes_list.c; under the lock. */
struct node_entry *nodes_find_id(struct nodes *n, int64_t id);
struct node_entry *nodes_find_host(struct nodes *n, struct str host);
MUST_USE enum err nodes_insert(struct nodes *n, const struct node_spec *spec,
                               struct node_entry **ret);
void nodes_unlink(struct nodes *n, struct node_entry *e);
void nodes_entry_free(struct node_entry *e);
void nodes_entry_write(struct nodes *n, struct node_entry *e, const struct node_spec *spec);
void nodes_entry_show(struct node_entry *e); /* state and quota, to the node that is awake */
void nodes_set_due(struct nodes *n, struct node_entry *e, int64_t wake_at);
void nodes_awake_push(struct nodes *n, struct node_entry *e);
void nodes_awake_remove(struct nodes *n, struct node_entry *e);

#endif
