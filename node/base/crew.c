#include "node/base/crew.h"

#include "node/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { IDLE_MS = 10000 };

struct task {
    struct task *next;
    void (*work)(void *arg);
    void *arg;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t wake, over;
    struct task *first, **last;
    size_t n_waiting, max_waiting;
    int n_threads, n_idle, max_threads;
    bool leaving;
};

struct crew *crew_new(int n_threads, size_t max_waiting)
{
    struct crew *c = calloc(1, sizeof *c);
    if (c == NULL)
        abort();
    c->last = &c->first;
    c->max_threads = n_threads;
    c->max_waiting = max_waiting;
    pthread_mutex_init(&c->lock, NULL);
    clock_cond_init(&c->wake);
    pthread_cond_init(&c->over, NULL);
    return c;
}

/* With the lock held: the next task, or NULL when there was none for a while. */
static struct task *next_task(struct crew *c)
{
    struct timespec until = clock_deadline(IDLE_MS);
    c->n_idle++;
    while (c->first == NULL && !c->leaving)
        if (pthread_cond_timedwait(&c->wake, &c->lock, &until) == ETIMEDOUT)
            break;
    c->n_idle--;
    struct task *t = c->first;
    if (t == NULL)
        return NULL;
    c->first = t->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->n_waiting--;
    return t;
}

static void *member(void *arg)
{
    struct crew *c = arg;
    struct task *t;
    pthread_mutex_lock(&c->lock);
    while ((t = next_task(c)) != NULL) {
        pthread_mutex_unlock(&c->lock);
        t->work(t->arg);
        free(t);
        pthread_mutex_lock(&c->lock);
    }
    if (--c->n_threads == 0)
        pthread_cond_broadcast(&c->over);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* With the lock held. */
static bool hire(struct crew *c)
{
    pthread_attr_t a;
    pthread_t t;
    pthread_attr_init(&a);
    pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
    bool ok = pthread_create(&t, &a, member, c) == 0;
    pthread_attr_destroy(&a);
    c->n_threads += ok;
    return ok;
}

bool crew_do(struct crew *c, void (*work)(void *arg), void *arg)
{
    struct task *t = calloc(1, sizeof *t);
    if (t == NULL)
        abort();
    t->work = work;
    t->arg = arg;
    pthread_mutex_lock(&c->lock);
    bool ok = !c->leaving && c->n_waiting < c->max_waiting;
    if (ok && (size_t)c->n_idle <= c->n_waiting && c->n_threads < c->max_threads)
        ok = hire(c) || c->n_threads > 0;
    if (ok) {
        *c->last = t;
        c->last = &t->next;
        c->n_waiting++;
        pthread_cond_signal(&c->wake);
    }
    pthread_mutex_unlock(&c->lock);
    if (!ok)
        free(t);
    return ok;
}

struct crew *crew_free(struct crew *c)
{
    if (c == NULL)
        return NULL;
    pthread_mutex_lock(&c->lock);
    c->leaving = true;
    pthread_cond_broadcast(&c->wake);
    while (c->n_threads > 0)
        pthread_cond_wait(&c->over, &c->lock);
    pthread_mutex_unlock(&c->lock);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->wake);
    pthread_cond_destroy(&c->over);
    free(c);
    return NULL;
}
