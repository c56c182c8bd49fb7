/* The nodes that a process serves, awake or asleep.
 *
 * An entry is what the process knows of a node without opening it: about a kilobyte. A node is
 * opened when somebody asks for it (a request by its host, a job that is due) and closed when nobody
 * holds it and it has rested for a while, or when more than max_awake are open (least recently used
 * goes first). Who has a struct node * holds a pin: cx_new takes one and cx_free gives it back; what
 * outlives a cx (a transfer under way) takes its own by node_hold. A node that is pinned is never
 * closed, so a pin kept for ever is a node kept awake for ever.
 *
 * `orrery serve DIR` has one entry, of id 0, that never sleeps; `orrery host serve` fills the registry
 * from its store (admin/host). Command line verbs and tests open a node by themselves: nodes_adopt
 * puts it where requests and jobs find it. Source: pins are counts under one lock, so that taking a
 * node and closing it cannot meet.
 *
 * Threads: all functions from any thread. nodes_glance and nodes_peek never block on a store; the
 * others may, and one node that opens slowly delays only those who ask for it. */
#ifndef NODE_NODES_H
#define NODE_NODES_H

#include "node/cx.h"
#include "node/node.h"

struct nodes;

struct node_spec {
    int64_t id;            /* unique in the process; 0 for the only one */
    struct str name;       /* label in logs and metrics */
    struct str host;       /* as the Host header says it: lower case, with a port if it is unusual */
    const char *dir;
    enum node_state state;
    struct quota quota;
    int64_t wake_at;       /* when a job of the sleeping node is due; INT64_MAX: none, 0: not known, look soon */
};

struct nodes_options {
    int max_awake;         /* beyond it whoever nobody holds goes to sleep; 0: any number */
    int64_t idle_ms;       /* closed after so long without a pin; 0: never */
    /* NULL: not called. Both run on the thread that opens or closes, with no lock held. */
    void (*woke)(void *arg, int64_t id);  /* e.g. written down, so that after a crash its jobs are looked for */
    void (*slept)(void *arg, int64_t id, int64_t wake_at);
    void *arg;
};

/* options NULL: every node stays awake. */
struct nodes *nodes_new(struct server *server, const struct nodes_options *options);
/* Closes all; waits some seconds for pins that are left, then leaves those nodes open and says so.
 * Takes NULL, returns NULL. */
struct nodes *nodes_free(struct nodes *n);
/* The thread that closes what rests; needed only with max_awake or idle_ms. */
MUST_USE enum err nodes_start(struct nodes *n);
void nodes_stop(struct nodes *n);

/* Does it have max_awake or idle_ms? */
bool nodes_may_sleep(const struct nodes *n);

/* Everything in spec is copied. ERR_CONFLICT: that id or host is there already. */
MUST_USE enum err nodes_add(struct nodes *n, const struct node_spec *spec);
/* A node that the caller opened, and closes after nodes_remove or nodes_free; always awake, whatever
 * pins it has. Takes its id, name and host; calls no hooks, but attaches it to server->jobs if that
 * runs already. */
MUST_USE enum err nodes_adopt(struct nodes *n, struct node *node);
/* After server->jobs has been started: the nodes that are awake already join it. Before other threads
 * use the registry. */
MUST_USE enum err nodes_attach_jobs(struct nodes *n);
/* name, dir, state, quota, wake_at by spec->id; host stays. With another dir, or with the state
 * NODE_AWAY or NODE_GONE, it returns when the node is closed: the caller holds no pin of it.
 * ERR_NOT_FOUND. */
MUST_USE enum err nodes_change(struct nodes *n, const struct node_spec *spec);
/* Nobody finds it any more; returns when it is closed. The caller holds no pin of it.
 * ERR_NOT_FOUND. */
MUST_USE enum err nodes_remove(struct nodes *n, int64_t id);

/* What is cached of any node's answers, awake or asleep, is not sent again. */
void nodes_drop_cached(struct nodes *n);

/* By host or id: opened if asleep, pinned; give it back by node_drop. ERR_NOT_FOUND: there is none;
 * ERR_BUSY: it is away; ERR_GONE; else why it cannot be opened (logged once; it is tried again after
 * some seconds, not with every request). A host is found whatever its case, with a dot behind it, and
 * with the port that https or http have anyway. */
MUST_USE enum err nodes_take(struct nodes *n, struct str host, struct node **ret);
MUST_USE enum err nodes_take_id(struct nodes *n, int64_t id, struct node **ret);
/* The same if it is awake: NULL otherwise, and *ret_known says whether there is such a host. */
struct node *nodes_peek(struct nodes *n, struct str host, bool *ret_known);
/* What the frame of HTTP asks first, without a pin: enough to answer from the byte cache, also for a
 * node that sleeps. False: no such host. */
struct node_glance {
    int64_t id;
    enum node_state state;
    bool awake;
    bool secure;           /* its origin is https; known once it has been awake */
    bool met;              /* it has been awake since the process began */
    uint64_t generation;   /* its public_generation, or what it was when it went to sleep */
    bool guarded;          /* the same of it */
};
bool nodes_glance(struct nodes *n, struct str host, struct node_glance *ret);

/* For the jobs engine: ids of sleeping nodes that may run jobs (active or leaving) and whose wake_at
 * has come; those that could not be opened just now wait. *ret_next (NULL allowed): when the next one
 * comes, INT64_MAX: none. */
size_t nodes_due(struct nodes *n, int64_t now, int64_t *ret, size_t max, int64_t *ret_next);
/* Has somebody else (a command) written the stores of sleeping nodes? Each is looked at every few
 * seconds; what was written is due. */
void nodes_look(struct nodes *n, int64_t now);
/* Another process changed the store of that schema (all shared ones: p == NULL): WAKE_…, as
 * db_listener hears it. Who is awake is told, who sleeps is due. */
void nodes_heard(struct nodes *n, struct str schema, unsigned wake);
/* A sleeping node got a job from elsewhere (another process, a command). */
void nodes_note_due(struct nodes *n, int64_t id, int64_t wake_at);

/* For metrics and usage: each entry in turn; texts live until the callback returns. No lock is held
 * while it runs, so it may take, change or remove. */
struct node_info {
    struct node_spec spec;
    bool awake;
    struct node_usage *usage;
};
void nodes_each(struct nodes *n, void (*each)(void *arg, const struct node_info *info), void *arg);
/* An answer that needed no pin. */
void nodes_count_answer(struct nodes *n, int64_t id, uint64_t bytes);
struct nodes_counts {
    int64_t known, awake, opened, closed, failed; /* the last three: since the start */
};
void nodes_count(struct nodes *n, struct nodes_counts *ret);

/* What higher rungs do when a node wakes and before it sleeps, set in node/wiring.c. No other thread
 * sees the node then. */
struct node_hooks {
    enum err (*opened)(struct cx *cx, struct node *node);
    void (*closing)(struct node *node);
};

#endif
