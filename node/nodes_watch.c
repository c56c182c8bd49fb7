/* Sleeping nodes whose store somebody else writes: a command, run on the node's directory while the
 * process that serves it has it closed. It need not know of us: we look at the file's time. The last
 * who closes a SQLite store writes its log back into it, which changes that; a log that lies there is
 * somebody's who is at it, or was killed. */
#include "node/nodes_private.h"

#include "node/base/arena.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/where.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ROUND_MS = 4000 /* in which each node is looked at once */, NODES_IN_USE = -1 };

int64_t nodes_stamp(const struct node_entry *e)
{
    char path[PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/store.sqlite-wal", e->dir);
    if (n < 0 || (size_t)n >= sizeof path || (stat(path, &st) == 0 && st.st_size > 0))
        return NODES_IN_USE;
    snprintf(path, sizeof path, "%s/store.sqlite", e->dir);
    if (stat(path, &st) != 0)
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

/* A store that tells is known by its schema; of a node that was never awake here its directory says
 * which. */
static void read_schema(struct node_entry *e)
{
    struct arena *a = arena_new();
    const char *url = where_url(a, e->dir);
    if (url != NULL) {
        struct str schema = db_schema_at(a, url);
        e->schema = strndup(schema.p, schema.n);
    }
    arena_free(a);
}

/* Under the lock; some microseconds. What has never been awake here is believed as it is found. */
static void look(struct nodes *n, struct node_entry *e, int64_t now)
{
    if (e->phase != PHASE_ASLEEP || e->drained || (e->wake_at <= now && e->schema != NULL))
        return;
    int64_t stamp = nodes_stamp(e);
    if (stamp == 0 && e->schema == NULL)
        read_schema(e);
    if (e->wake_at <= now)
        return;
    if (e->stamp != 0 && stamp != e->stamp) {
        nodes_entry_changed(e); /* perhaps what pages show */
        nodes_set_due(n, e, now);
    } else {
        e->stamp = stamp;
    }
}

void nodes_look(struct nodes *n, int64_t now)
{
    pthread_mutex_lock(&n->lock);
    int64_t passed = now - n->looked_at;
    size_t todo = passed < 0 || passed >= ROUND_MS ? n->n_buckets
                                                   : n->n_buckets * (size_t)passed / ROUND_MS;
    if (todo > 0)
        n->looked_at = now;
    for (; todo > 0 && n->n_buckets > 0; todo--) {
        n->look_at = (n->look_at + 1) & (n->n_buckets - 1);
        for (struct node_entry *e = n->by_id[n->look_at]; e != NULL; e = e->id_chain)
            look(n, e, now);
        pthread_mutex_unlock(&n->lock); /* whoever waits for a page goes first */
        pthread_mutex_lock(&n->lock);
    }
    pthread_mutex_unlock(&n->lock);
}

/* ---- stores that tell ---------------------------------------------------------------------- */

/* Under the lock. True: it is awake and has jobs to be woken; it is pinned then. */
static bool hear(struct nodes *n, struct node_entry *e, unsigned wake)
{
    if (wake & WAKE_PUBLIC)
        nodes_entry_changed(e);
    if ((wake & WAKE_JOBS) == 0)
        return false;
    if (e->phase == PHASE_ASLEEP)
        nodes_set_due(n, e, 0);
    else if (e->phase == PHASE_CLOSING) /* it may have counted its jobs already */
        e->heard = true;
    if (e->phase != PHASE_AWAKE)
        return false;
    atomic_fetch_add(&e->node->pins, 1);
    return true;
}

void nodes_heard(struct nodes *n, struct str schema, unsigned wake)
{
    struct arena *a = arena_new();
    size_t n_found = 0;
    pthread_mutex_lock(&n->lock);
    struct node **found = ARENA_ARRAY(a, struct node *, n->n_known + 1);
    for (size_t b = 0; b < n->n_buckets; b++)
        for (struct node_entry *e = n->by_id[b]; e != NULL; e = e->id_chain)
            if (e->schema != NULL && (schema.p == NULL || str_eq_c(schema, e->schema)) &&
                hear(n, e, wake))
                found[n_found++] = e->node;
    pthread_mutex_unlock(&n->lock);
    for (size_t i = 0; i < n_found; i++) {
        jobs_wake(found[i]);
        node_drop(found[i]);
    }
    arena_free(a);
}
