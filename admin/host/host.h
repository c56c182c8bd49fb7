/* A hosting provider's place: HOSTDIR with the registry of its nodes, and the nodes below it.
 *
 *   HOSTDIR/secret.key    seals what the registry keeps ahead (keys, answers)
 *   HOSTDIR/host.sqlite   the registry, or host.url with the address of one in PostgreSQL
 *   HOSTDIR/nodes/NAME/   the nodes (or wherever --nodes said)
 *   HOSTDIR/archive/      of deleted nodes, until their grace is over
 *   HOSTDIR/template/     an empty store of this version of the program, copied for each new node
 *   HOSTDIR/making/       a lock for each node that is being made
 *   HOSTDIR/serve.lock    held by the serving process
 *
 * The registry is the store of a pseudo node, so that a cx and queries work on it as on any other:
 *
 *     struct host *h;
 *     TRY(host_open(server, dir, &h));
 *     struct cx *cx = cx_new(&h->node);       host_of(cx) gives h back
 *
 * What can be done stands in admin/host/verbs.h, one function for command line and HTTP API alike. */
#ifndef ADMIN_HOST_HOST_H
#define ADMIN_HOST_HOST_H

#include <pthread.h>
#include <stdatomic.h>

#include "node/cx.h"
#include "node/node.h"

struct nodes;

struct host {
    struct node node;          /* first: the registry's; no origin, never served */
    const char *dir;
    const char *nodes_dir;
    const char *store_url;     /* the registry's address in PostgreSQL; NULL: SQLite */
    const char *template_path; /* of an empty SQLite store; NULL until it was needed */
    pthread_mutex_t lock;      /* guards template_path */
    pthread_mutex_t sync;      /* held while entries of nodes come, change and go; guards seen */
    /* Of a serving process only. */
    struct nodes *nodes;
    struct str process, place; /* its row in host_process */
    bool followed;             /* a newer process serves in our place */
    int64_t seen;              /* the last change that nodes knows */
};

static inline struct host *host_of(struct cx *cx)
{
    return (struct host *)(void *)cx->node;
}

struct host_init {
    const char *store;         /* NULL: SQLite; "postgresql://…" */
    const char *nodes_dir;     /* NULL: HOSTDIR/nodes */
};
/* Make an empty one. ERR_CONFLICT: the directory is not empty; ERR_INVALID, ERR_STORAGE: logged. */
MUST_USE enum err host_make(struct server *server, const char *dir, const struct host_init *init);
MUST_USE enum err host_open(struct server *server, const char *dir, struct host **ret);
struct host *host_close(struct host *h);

/* HOSTDIR/part/…, made when missing. */
const char *host_path(struct host *h, struct arena *a, const char *part, const char *name);
/* The store of a node in the registry's database: its address with this schema. */
const char *host_with_schema(struct arena *a, const char *url, struct str schema);
const char *host_node_url(struct host *h, struct arena *a, struct str schema);

/* mkdir -p of one level, rm -r, and copying a tree with everything synced; errors are logged. */
MUST_USE enum err host_mkdir(const char *path);
MUST_USE enum err host_remove_tree(const char *path);
MUST_USE enum err host_copy_tree(const char *from, const char *to);
MUST_USE enum err host_copy_file(const char *from, const char *to);
MUST_USE enum err host_sync_dir(const char *path);

#endif
