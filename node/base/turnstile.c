#include "node/base/turnstile.h"

#include <pthread.h>
#include <stdlib.h>

#include "node/base/clock.h"

struct turnstile {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int free;
    int room; /* for those who wait */
};

struct turnstile *turnstile_new(int at_once, int waiting)
{
    struct turnstile *g = calloc(1, sizeof *g);
    if (g == NULL)
        abort();
    pthread_mutex_init(&g->lock, NULL);
    clock_cond_init(&g->left);
    g->free = at_once;
    g->room = waiting;
    return g;
}

struct turnstile *turnstile_free(struct turnstile *g)
{
    if (g == NULL)
        return NULL;
    pthread_cond_destroy(&g->left);
    pthread_mutex_destroy(&g->lock);
    free(g);
    return NULL;
}

bool turnstile_enter(struct turnstile *g, int64_t wait_ms)
{
    if (g == NULL)
        return true;
    const struct timespec until = clock_deadline(wait_ms);
    int failed = 0;
    pthread_mutex_lock(&g->lock);
    if (g->free == 0 && g->room > 0) {
        g->room--;
        while (g->free == 0 && failed == 0)
            failed = pthread_cond_timedwait(&g->left, &g->lock, &until);
        g->room++;
    }
    bool mine = g->free > 0;
    if (mine)
        g->free--;
    pthread_mutex_unlock(&g->lock);
    return mine;
}

void turnstile_leave(struct turnstile *g)
{
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    g->free++;
    pthread_cond_signal(&g->left);
    pthread_mutex_unlock(&g->lock);
}
