/* Waking and sleeping. A node is opened by whoever asks first while the others wait for it, and closed
 * under no lock but in a phase in which nobody finds it. The table is nodes_list.c. */
#include "node/nodes_private.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/server.h"

struct nodes *nodes_new(struct server *server, const struct nodes_options *options)
{
    struct nodes *n = calloc(1, sizeof *n);
    if (n == NULL)
        abort();
    n->server = server;
    if (options != NULL)
        n->options = *options;
    n->next_due = INT64_MAX;
    pthread_mutex_init(&n->lock, NULL);
    clock_cond_init(&n->changed);
    clock_cond_init(&n->keeper_wake);
    return n;
}

/* ---- pins ---------------------------------------------------------------------------------- */

void node_hold(struct node *node)
{
    atomic_fetch_add_explicit(&node->pins, 1, memory_order_relaxed);
}

/* The last pin is given back under the lock: who closes looks at the count under it, so nobody
 * touches a node that is gone. */
void node_drop(struct node *node)
{
    int pins = atomic_load_explicit(&node->pins, memory_order_relaxed);
    while (pins > 1)
        if (atomic_compare_exchange_weak_explicit(&node->pins, &pins, pins - 1,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return;
    struct nodes *n = node->nodes;
    if (n == NULL) {
        atomic_fetch_sub(&node->pins, 1);
        return;
    }
    pthread_mutex_lock(&n->lock);
    struct node_entry *e = node->entry;
    if (atomic_fetch_sub(&node->pins, 1) == 1 && e->phase == PHASE_AWAKE) {
        e->used_at = clock_monotonic();
        nodes_awake_remove(n, e);
        nodes_awake_push(n, e);
        if (e->drained || n->stopping)
            pthread_cond_broadcast(&n->changed);
        if (n->options.max_awake > 0 && n->n_awake > n->options.max_awake)
            pthread_cond_signal(&n->keeper_wake);
    }
    pthread_mutex_unlock(&n->lock);
}

/* ---- waking -------------------------------------------------------------------------------- */

static enum err call_opened(struct server *server, struct node *node)
{
    enum err e = OK;
    struct cx *cx = cx_new(node);
    if (server->node_hooks != NULL && server->node_hooks->opened != NULL)
        e = server->node_hooks->opened(cx, node);
    if (e != OK)
        log_error("node", "%s is not ready: %s: %s", node->dir, err_name(e),
                  cx->fail == NULL ? "" : cx->fail);
    cx_free(cx);
    return e;
}

static void call_closing(struct server *server, struct node *node)
{
    if (server->node_hooks != NULL && server->node_hooks->closing != NULL)
        server->node_hooks->closing(node);
}

/* Under no lock; nobody else changes what the entry says meanwhile. */
static enum err open_node(struct nodes *n, struct node_entry *e, struct node **ret)
{
    struct node *node = NULL;
    struct server *server = n->server;
    enum err err = node_open(server, e->dir, &node);
    if (err != OK)
        return err == ERR_NOT_FOUND ? ERR_STORAGE : err;
    node->id = e->id;
    node->name = str_dup(node->arena, str_c(e->name));
    node->usage = &e->usage;
    atomic_store(&node->state, (int)e->state);
    node->nodes = n;
    node->entry = e;
    err = call_opened(server, node);
    if (err == OK && server->jobs != NULL) {
        err = jobs_attach(server->jobs, node);
        if (err != OK)
            call_closing(server, node);
    }
    if (err != OK) {
        node_close(node);
        return err;
    }
    *ret = node;
    return OK;
}

static void note_awake(struct nodes *n, struct node_entry *e, struct node *node)
{
    struct str schema = db_schema(node->db);
    free(e->schema);
    e->schema = schema.p == NULL ? NULL : strdup(schema.p);
    e->node = node;
    e->phase = PHASE_AWAKE;
    atomic_fetch_add(&node->public_generation, e->generation);
    e->wake_at = INT64_MAX;
    e->met = true;
    e->secure = str_starts(node->origin, STR("https://"));
    e->used_at = clock_monotonic();
    nodes_awake_push(n, e);
    n->n_awake++;
    n->opened++;
}

static bool close_entry(struct nodes *n, struct node_entry *e);
static struct node_entry *to_close(struct nodes *n, int64_t now);

/* Under the lock, which it leaves meanwhile. */
static enum err wake_entry(struct nodes *n, struct node_entry *e)
{
    struct node *node = NULL;
    if (e->again_at > clock_monotonic())
        return e->failed;
    e->phase = PHASE_OPENING;
    /* The keeper closes soon; where more wake than it can close, each closes one itself. */
    int most = n->options.max_awake + n->options.max_awake / 4;
    struct node_entry *old =
        n->options.max_awake > 0 && n->n_awake > most ? to_close(n, clock_monotonic()) : NULL;
    if (old != NULL)
        (void)close_entry(n, old);
    pthread_mutex_unlock(&n->lock);
    enum err err = open_node(n, e, &node);
    if (err == OK && n->options.woke != NULL)
        n->options.woke(n->options.arg, e->id);
    pthread_mutex_lock(&n->lock);
    if (err == OK) {
        note_awake(n, e, node);
        nodes_entry_show(e);
    } else {
        log_error("node", "%s (%s) stays closed for now: %s", e->name, e->host, err_name(err));
        e->phase = PHASE_ASLEEP;
        e->failed = err;
        e->again_at = clock_monotonic() + NODES_AGAIN_MS;
        n->failed++;
    }
    if (n->options.max_awake > 0 && n->n_awake > n->options.max_awake)
        pthread_cond_signal(&n->keeper_wake);
    pthread_cond_broadcast(&n->changed);
    return err;
}

/* Under the lock. Whom nobody shall open gives its code. */
static enum err may_open(const struct node_entry *e)
{
    if (e->state == NODE_GONE)
        return ERR_GONE;
    return e->state == NODE_AWAY ? ERR_BUSY : OK;
}

static enum err take(struct nodes *n, const struct str *host, int64_t id, struct node **ret)
{
    enum err err = OK;
    pthread_mutex_lock(&n->lock);
    for (;;) {
        struct node_entry *e = host != NULL ? nodes_find_host(n, *host) : nodes_find_id(n, id);
        err = e == NULL ? ERR_NOT_FOUND : may_open(e);
        if (err != OK)
            break;
        if (e->phase == PHASE_AWAKE && !e->drained) {
            node_hold(e->node);
            *ret = e->node;
            break;
        }
        if (e->phase == PHASE_ASLEEP && !e->drained) {
            err = wake_entry(n, e);
            if (err != OK)
                break;
        } else { /* somebody opens or closes it; afterwards it may not be there any more */
            pthread_cond_wait(&n->changed, &n->lock);
        }
    }
    pthread_mutex_unlock(&n->lock);
    return err;
}

enum err nodes_take(struct nodes *n, struct str host, struct node **ret)
{
    return n == NULL ? ERR_NOT_FOUND : take(n, &host, 0, ret);
}

enum err nodes_take_id(struct nodes *n, int64_t id, struct node **ret)
{
    return n == NULL ? ERR_NOT_FOUND : take(n, NULL, id, ret);
}

struct node *nodes_peek(struct nodes *n, struct str host, bool *ret_known)
{
    struct node *node = NULL;
    *ret_known = false;
    if (n == NULL)
        return NULL;
    pthread_mutex_lock(&n->lock);
    const struct node_entry *e = nodes_find_host(n, host);
    *ret_known = e != NULL;
    if (e != NULL && e->phase == PHASE_AWAKE && !e->drained && may_open(e) == OK) {
        node = e->node;
        node_hold(node);
    }
    pthread_mutex_unlock(&n->lock);
    return node;
}

/* ---- sleeping ------------------------------------------------------------------------------ */

/* Under no lock. False: it got a job at the last moment and stays. */
static bool close_node(struct nodes *n, struct node_entry *e, int64_t *ret_wake_at)
{
    struct node *node = e->node;
    *ret_wake_at = 0;
    if (node->jobs != NULL && !jobs_detach(node, ret_wake_at))
        return false;
    node->nodes = NULL;
    node->entry = NULL;
    node->usage = NULL;
    if (e->adopted)
        return true;
    call_closing(n->server, node);
    node_close(node);
    e->stamp = nodes_stamp(e);
    return true;
}

/* Under the lock, which it leaves meanwhile; the entry is awake and has no pins. Afterwards it is
 * asleep, or awake still: false. */
static bool close_entry(struct nodes *n, struct node_entry *e)
{
    int64_t wake_at = 0;
    e->phase = PHASE_CLOSING;
    e->heard = false;
    const uint64_t generation = e->generation = atomic_load(&e->node->public_generation);
    e->guarded = atomic_load(&e->node->guarded);
    nodes_awake_remove(n, e);
    n->n_awake--;
    pthread_mutex_unlock(&n->lock);
    const bool closed = close_node(n, e, &wake_at);
    if (closed && !e->adopted && n->options.slept != NULL)
        n->options.slept(n->options.arg, e->id, wake_at);
    pthread_mutex_lock(&n->lock);
    if (closed) {
        e->node = NULL;
        e->phase = PHASE_ASLEEP;
        nodes_set_due(n, e, e->heard ? 0 : wake_at);
        n->closed++;
    } else {
        e->phase = PHASE_AWAKE;
        atomic_fetch_add(&e->node->public_generation, e->generation - generation);
        e->used_at = clock_monotonic();
        nodes_awake_push(n, e);
        n->n_awake++;
    }
    pthread_cond_broadcast(&n->changed);
    return closed;
}

/* Under the lock: whose turn to sleep it is, or NULL. */
static struct node_entry *to_close(struct nodes *n, int64_t now)
{
    bool many = n->options.max_awake > 0 && n->n_awake > n->options.max_awake;
    for (struct node_entry *e = n->oldest; e != NULL; e = e->newer) {
        bool idle = n->options.idle_ms > 0 && now - e->used_at >= n->options.idle_ms;
        if (!many && !idle)
            return NULL; /* those behind it were used later */
        if (!e->adopted && !e->drained && atomic_load(&e->node->pins) == 0)
            return e;
    }
    return NULL;
}

static void *keeper_main(void *arg)
{
    struct nodes *n = arg;
    bool untrimmed = false;
    int64_t trim_at = 0; /* it walks all of the heap, so not after each */
    int64_t tick = n->options.idle_ms > 0 && n->options.idle_ms < NODES_TICK_MS
                       ? n->options.idle_ms : NODES_TICK_MS;
    pthread_mutex_lock(&n->lock);
    while (!n->stopping) {
        bool some = false;
        struct node_entry *e;
        while (!n->stopping && (e = to_close(n, clock_monotonic())) != NULL && close_entry(n, e))
            some = true;
        untrimmed = untrimmed || some;
        if (untrimmed && clock_monotonic() >= trim_at) { /* what they held goes back to the system */
            pthread_mutex_unlock(&n->lock);
            malloc_trim(0);
            pthread_mutex_lock(&n->lock);
            untrimmed = false;
            trim_at = clock_monotonic() + NODES_TRIM_MS;
        }
        const struct timespec until = clock_deadline(tick);
        if (!n->stopping)
            pthread_cond_timedwait(&n->keeper_wake, &n->lock, &until);
    }
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

enum err nodes_start(struct nodes *n)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, NODES_STACK);
    n->keeping = pthread_create(&n->keeper, &attr, keeper_main, n) == 0;
    pthread_attr_destroy(&attr);
    return n->keeping ? OK : ERR_BUSY;
}

void nodes_stop(struct nodes *n)
{
    if (n == NULL || !n->keeping)
        return;
    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    pthread_cond_signal(&n->keeper_wake);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->keeper, NULL);
    n->keeping = false;
}

static bool may_close(const struct node_entry *e)
{
    return e->phase == PHASE_AWAKE && (e->adopted || atomic_load(&e->node->pins) == 0);
}

/* Under the lock, which it leaves meanwhile: until it is asleep. ERR_BUSY: after ms it was not;
 * ms < 0: as long as it takes. */
static enum err drain(struct nodes *n, struct node_entry *e, int64_t ms)
{
    const int64_t until = ms < 0 ? INT64_MAX : clock_monotonic() + ms;
    e->drained = true;
    if (e->phase == PHASE_AWAKE && !e->adopted) { /* else its jobs hold it until there are none */
        atomic_store(&e->node->state, NODE_AWAY);
        jobs_wake(e->node);
    }
    while (e->phase != PHASE_ASLEEP && clock_monotonic() < until) {
        if (may_close(e) && close_entry(n, e))
            break;
        /* Looks again now and then: a job that it got at the last moment tells nobody here. */
        const struct timespec soon = clock_deadline(NODES_DRAIN_MS);
        pthread_cond_timedwait(&n->changed, &n->lock, &soon);
    }
    return e->phase == PHASE_ASLEEP ? OK : ERR_BUSY;
}

/* ---- who is there -------------------------------------------------------------------------- */

enum err nodes_add(struct nodes *n, const struct node_spec *spec)
{
    struct node_entry *e = NULL;
    pthread_mutex_lock(&n->lock);
    enum err err = nodes_insert(n, spec, &e);
    pthread_mutex_unlock(&n->lock);
    return err;
}

enum err nodes_adopt(struct nodes *n, struct node *node)
{
    struct node_entry *e = NULL;
    struct node_spec spec = {.id = node->id, .name = node->name, .host = node->host,
                             .dir = node->dir, .wake_at = INT64_MAX};
    pthread_mutex_lock(&n->lock);
    enum err err = nodes_insert(n, &spec, &e);
    if (err == OK) {
        e->adopted = true;
        node->usage = &e->usage;
        node->nodes = n;
        node->entry = e;
        note_awake(n, e, node);
    }
    pthread_mutex_unlock(&n->lock);
    if (err != OK || n->server->jobs == NULL)
        return err;
    err = jobs_attach(n->server->jobs, node);
    if (err != OK)
        (void)!nodes_remove(n, node->id);
    return err;
}

enum err nodes_attach_jobs(struct nodes *n)
{
    for (struct node_entry *e = n->oldest; e != NULL; e = e->newer)
        if (e->node->jobs == NULL)
            TRY(jobs_attach(n->server->jobs, e->node));
    return OK;
}

void nodes_drop_cached(struct nodes *n)
{
    pthread_mutex_lock(&n->lock);
    for (size_t i = 0; i < n->n_buckets; i++) {
        for (struct node_entry *e = n->by_id[i]; e != NULL; e = e->id_chain)
            nodes_entry_changed(e);
    }
    pthread_mutex_unlock(&n->lock);
}

/* Under the lock: the entry, when nobody opens or closes it at this moment. */
static struct node_entry *find_still(struct nodes *n, int64_t id)
{
    for (;;) {
        struct node_entry *e = nodes_find_id(n, id);
        if (e == NULL || ((e->phase == PHASE_AWAKE || e->phase == PHASE_ASLEEP) && !e->drained))
            return e;
        pthread_cond_wait(&n->changed, &n->lock);
    }
}

enum err nodes_change(struct nodes *n, const struct node_spec *spec)
{
    struct node *awake = NULL;
    pthread_mutex_lock(&n->lock);
    struct node_entry *e = find_still(n, spec->id);
    if (e != NULL) {
        bool closes = spec->state == NODE_AWAY || spec->state == NODE_GONE ||
                      strcmp(e->dir, spec->dir == NULL ? "" : spec->dir) != 0;
        e->state = spec->state; /* at once: who asks while it is closed shall not wait for that */
        if (closes)
            (void)!drain(n, e, -1);
        e->drained = false;
        nodes_entry_write(n, e, spec);
        awake = e->node;
        if (awake != NULL)
            node_hold(awake);
        pthread_cond_broadcast(&n->changed);
    }
    pthread_mutex_unlock(&n->lock);
    if (awake != NULL) { /* its jobs may run now, or may not any more */
        jobs_wake(awake);
        node_drop(awake);
    }
    return e == NULL ? ERR_NOT_FOUND : OK;
}

enum err nodes_remove(struct nodes *n, int64_t id)
{
    pthread_mutex_lock(&n->lock);
    struct node_entry *e = find_still(n, id);
    if (e != NULL) {
        nodes_unlink(n, e);
        (void)!drain(n, e, -1);
        e->drained = false;
        if (e->lookers == 0)
            nodes_entry_free(e);
        pthread_cond_broadcast(&n->changed);
    }
    pthread_mutex_unlock(&n->lock);
    return e == NULL ? ERR_NOT_FOUND : OK;
}

struct nodes *nodes_free(struct nodes *n)
{
    if (n == NULL)
        return NULL;
    nodes_stop(n);
    bool left = false;
    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    for (size_t b = 0; b < n->n_buckets; b++) {
        struct node_entry *e;
        while ((e = n->by_id[b]) != NULL) {
            nodes_unlink(n, e);
            if (drain(n, e, NODES_FREE_MS) == OK) {
                nodes_entry_free(e);
                continue;
            }
            log_warn("node", "%s is still in use and stays open", e->name);
            left = true;
        }
    }
    pthread_mutex_unlock(&n->lock);
    if (left) /* whoever holds a pin comes back to the lock */
        return NULL;
    free(n->by_id);
    free(n->by_host);
    pthread_mutex_destroy(&n->lock);
    pthread_cond_destroy(&n->changed);
    pthread_cond_destroy(&n->keeper_wake);
    free(n);
    return NULL;
}
