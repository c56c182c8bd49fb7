#include "node/people/hash_gate.h"

#include "node/node.h"
#include "node/server.h"

#include <pthread.h>
#include <stdlib.h>

struct hash_gate {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int free;
    int room; /* for those who wait */
};

struct hash_gate *hash_gate_new(int at_once, int waiting)
{
    struct hash_gate *g = calloc(1, sizeof *g);
    if (g == NULL)
        abort();
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->left, NULL);
    g->free = at_once;
    g->room = waiting;
    return g;
}

struct hash_gate *hash_gate_free(struct hash_gate *g)
{
    if (g == NULL)
        return NULL;
    pthread_cond_destroy(&g->left);
    pthread_mutex_destroy(&g->lock);
    free(g);
    return NULL;
}

static struct hash_gate *gate_of(struct cx *cx)
{
    return cx->node->server == NULL ? NULL : cx->node->server->hashing;
}

enum err hash_gate_enter(struct cx *cx)
{
    struct hash_gate *g = gate_of(cx);
    cx_release(cx); /* a reader must not be held through tens of milliseconds of hashing */
    if (g == NULL)
        return OK;
    pthread_mutex_lock(&g->lock);
    if (g->free == 0 && g->room == 0) {
        pthread_mutex_unlock(&g->lock);
        cx->retry_after_s = 2;
        return cx_tell(cx, ERR_BUSY,
                       N_("Many people are signing in right now. Please try again in a moment."));
    }
    if (g->free == 0) {
        g->room--;
        while (g->free == 0)
            pthread_cond_wait(&g->left, &g->lock);
        g->room++;
    }
    g->free--;
    pthread_mutex_unlock(&g->lock);
    return OK;
}

void hash_gate_leave(struct cx *cx)
{
    struct hash_gate *g = gate_of(cx);
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    g->free++;
    pthread_cond_signal(&g->left);
    pthread_mutex_unlock(&g->lock);
}
