/* The table of nodes and who looks at it. Waking and sleeping is nodes.c. */
#include "node/nodes_private.h"

#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/clock.h"

enum { FIRST_BUCKETS = 16, DUE_AGAIN_MS = 1000 };

/* Names are chosen by whoever provisions nodes, not by strangers, who only look them up. */
static uint64_t hash_bytes(const char *p, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

static size_t bucket_of_id(const struct nodes *n, int64_t id)
{
    return (size_t)((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (n->n_buckets - 1);
}

static size_t bucket_of_host(const struct nodes *n, const char *p, size_t len)
{
    return (size_t)hash_bytes(p, len) & (n->n_buckets - 1);
}

static void put_in(struct nodes *n, struct node_entry *e)
{
    struct node_entry **at = &n->by_id[bucket_of_id(n, e->id)];
    e->id_chain = *at;
    *at = e;
    at = &n->by_host[bucket_of_host(n, e->host, strlen(e->host))];
    e->host_chain = *at;
    *at = e;
}

static void grow(struct nodes *n)
{
    size_t old_n = n->n_buckets;
    struct node_entry **old = n->by_id;
    n->n_buckets = old_n == 0 ? FIRST_BUCKETS : old_n * 2;
    free(n->by_host);
    n->by_id = calloc(n->n_buckets, sizeof *n->by_id);
    n->by_host = calloc(n->n_buckets, sizeof *n->by_host);
    if (n->by_id == NULL || n->by_host == NULL)
        abort();
    for (size_t i = 0; i < old_n; i++) {
        for (struct node_entry *e = old[i], *next; e != NULL; e = next) {
            next = e->id_chain;
            put_in(n, e);
        }
    }
    free(old);
}

struct node_entry *nodes_find_id(struct nodes *n, int64_t id)
{
    struct node_entry *e = n->n_buckets == 0 ? NULL : n->by_id[bucket_of_id(n, id)];
    while (e != NULL && e->id != id)
        e = e->id_chain;
    return e;
}

static struct node_entry *find_exact(struct nodes *n, const char *p, size_t len)
{
    struct node_entry *e = n->n_buckets == 0 ? NULL : n->by_host[bucket_of_host(n, p, len)];
    while (e != NULL && (strlen(e->host) != len || memcmp(e->host, p, len) != 0))
        e = e->host_chain;
    return e;
}

/* "Tea.Example.:443" is tea.example: a dot ends a full name (RFC 1034 section 3.1), and a port that
 * the scheme has anyway need not be said (RFC 9110 section 4.2.3). */
struct node_entry *nodes_find_host(struct nodes *n, struct str host)
{
    char key[NODES_HOST_MAX];
    if (host.n == 0 || host.n > sizeof key)
        return NULL;
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        key[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    struct str k = {key, host.n};
    size_t colon = str_find_char(k, ':', k.n > 0 && k.p[0] == '[' ? str_find_char(k, ']', 0) : 0);
    size_t name_n = colon == SIZE_MAX ? k.n : colon;
    if (name_n > 1 && key[name_n - 1] == '.') {
        memmove(key + name_n - 1, key + name_n, k.n - name_n);
        name_n--;
        k.n--;
    }
    struct node_entry *e = find_exact(n, k.p, k.n);
    struct str port = str_sub(k, name_n, SIZE_MAX);
    if (e == NULL && (str_eq_c(port, ":443") || str_eq_c(port, ":80")))
        e = find_exact(n, k.p, name_n);
    return e;
}

static char *copy_text(const char *p, size_t n)
{
    char *c = malloc(n + 1);
    if (c == NULL)
        abort();
    memcpy(c, p == NULL ? "" : p, n);
    c[n] = '\0';
    return c;
}

void nodes_set_due(struct nodes *n, struct node_entry *e, int64_t wake_at)
{
    e->wake_at = wake_at;
    if (wake_at < n->next_due)
        n->next_due = wake_at;
}

void nodes_entry_write(struct nodes *n, struct node_entry *e, const struct node_spec *spec)
{
    if (spec->state == NODE_AWAY) { /* its store is going to be another one */
        free(e->schema);
        e->schema = NULL;
        e->stamp = 0;
    }
    free(e->name);
    free(e->dir);
    e->name = copy_text(spec->name.p, spec->name.n);
    e->dir = copy_text(spec->dir, spec->dir == NULL ? 0 : strlen(spec->dir));
    e->state = spec->state;
    e->quota = spec->quota;
    e->again_at = 0;
    nodes_set_due(n, e, e->node == NULL ? spec->wake_at : INT64_MAX);
    if (e->node != NULL)
        nodes_entry_show(e);
}

void nodes_entry_changed(struct node_entry *e)
{
    e->generation++;
    if (e->phase == PHASE_AWAKE)
        atomic_fetch_add(&e->node->public_generation, 1);
}

void nodes_entry_show(struct node_entry *e)
{
    atomic_store(&e->node->state, (int)e->state);
    atomic_store(&e->node->quota.members, e->quota.members);
    atomic_store(&e->node->quota.storage_bytes, e->quota.storage_bytes);
    atomic_store(&e->node->quota.posts_a_day, e->quota.posts_a_day);
    atomic_store(&e->node->quota.mails_a_day, e->quota.mails_a_day);
}

enum err nodes_insert(struct nodes *n, const struct node_spec *spec, struct node_entry **ret)
{
    if (spec->host.n > NODES_HOST_MAX)
        return ERR_INVALID;
    if (nodes_find_id(n, spec->id) != NULL || find_exact(n, spec->host.p, spec->host.n) != NULL)
        return ERR_CONFLICT;
    struct node_entry *e = calloc(1, sizeof *e);
    if (e == NULL)
        abort();
    e->id = spec->id;
    e->host = copy_text(spec->host.p, spec->host.n);
    nodes_entry_write(n, e, spec);
    if (n->n_known >= n->n_buckets)
        grow(n);
    n->n_known++;
    put_in(n, e);
    *ret = e;
    return OK;
}

void nodes_unlink(struct nodes *n, struct node_entry *e)
{
    struct node_entry **at = &n->by_id[bucket_of_id(n, e->id)];
    while (*at != e)
        at = &(*at)->id_chain;
    *at = e->id_chain;
    at = &n->by_host[bucket_of_host(n, e->host, strlen(e->host))];
    while (*at != e)
        at = &(*at)->host_chain;
    *at = e->host_chain;
    e->removed = true;
    n->n_known--;
}

void nodes_entry_free(struct node_entry *e)
{
    free(e->name);
    free(e->host);
    free(e->schema);
    free(e->dir);
    free(e);
}

bool nodes_may_sleep(const struct nodes *n)
{
    return n->options.max_awake > 0 || n->options.idle_ms > 0;
}

void nodes_awake_push(struct nodes *n, struct node_entry *e)
{
    e->newer = NULL;
    e->older = n->newest;
    *(n->newest != NULL ? &n->newest->newer : &n->oldest) = e;
    n->newest = e;
}

void nodes_awake_remove(struct nodes *n, struct node_entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &n->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &n->oldest) = e->newer;
}

/* ---- looking ------------------------------------------------------------------------------- */

bool nodes_glance(struct nodes *n, struct str host, struct node_glance *ret)
{
    *ret = (struct node_glance){0};
    if (n == NULL)
        return false;
    pthread_mutex_lock(&n->lock);
    const struct node_entry *e = nodes_find_host(n, host);
    if (e != NULL)
        *ret = (struct node_glance){
            .id = e->id,
            .state = e->state,
            .awake = e->phase == PHASE_AWAKE,
            .secure = e->secure,
            .met = e->met,
            .generation = e->phase == PHASE_AWAKE ? atomic_load(&e->node->public_generation)
                                                  : e->generation,
            .guarded = e->phase == PHASE_AWAKE ? atomic_load(&e->node->guarded) : e->guarded,
        };
    pthread_mutex_unlock(&n->lock);
    return e != NULL;
}

static bool may_run_jobs(const struct node_entry *e)
{
    return e->phase == PHASE_ASLEEP && !e->drained &&
           (e->state == NODE_ACTIVE || e->state == NODE_LEAVING);
}

size_t nodes_due(struct nodes *n, int64_t now, int64_t *ret, size_t max, int64_t *ret_next)
{
    size_t found = 0;
    int64_t monotonic = clock_monotonic();
    pthread_mutex_lock(&n->lock);
    if (now >= n->next_due) {
        int64_t next = INT64_MAX;
        for (size_t b = 0; b < n->n_buckets; b++) {
            for (struct node_entry *e = n->by_id[b]; e != NULL; e = e->id_chain) {
                if (!may_run_jobs(e))
                    continue;
                int64_t at = e->wake_at;
                if (at <= now && (found < max || e->again_at > monotonic)) {
                    if (e->again_at <= monotonic)
                        ret[found++] = e->id;
                    at = now + DUE_AGAIN_MS; /* whoever was told wakes it meanwhile, or cannot */
                }
                if (at < next)
                    next = at;
            }
        }
        n->next_due = next;
    }
    if (ret_next != NULL)
        *ret_next = n->next_due;
    pthread_mutex_unlock(&n->lock);
    return found;
}

void nodes_note_due(struct nodes *n, int64_t id, int64_t wake_at)
{
    pthread_mutex_lock(&n->lock);
    struct node_entry *e = nodes_find_id(n, id);
    if (e != NULL && e->node == NULL && wake_at < e->wake_at)
        nodes_set_due(n, e, wake_at);
    else if (e != NULL && e->phase == PHASE_CLOSING)
        e->heard = true;
    pthread_mutex_unlock(&n->lock);
}

static size_t all_ids(struct nodes *n, struct arena *a, int64_t **ret)
{
    size_t at = 0;
    pthread_mutex_lock(&n->lock);
    *ret = ARENA_ARRAY(a, int64_t, n->n_known + 1);
    for (size_t b = 0; b < n->n_buckets; b++)
        for (struct node_entry *e = n->by_id[b]; e != NULL; e = e->id_chain)
            (*ret)[at++] = e->id;
    pthread_mutex_unlock(&n->lock);
    return at;
}

static void look_at(struct nodes *n, int64_t id, void (*each)(void *, const struct node_info *),
                    void *arg)
{
    pthread_mutex_lock(&n->lock);
    struct node_entry *e = nodes_find_id(n, id);
    if (e == NULL) {
        pthread_mutex_unlock(&n->lock);
        return;
    }
    char *name = copy_text(e->name, strlen(e->name)), *dir = copy_text(e->dir, strlen(e->dir));
    struct node_info info = {
        .spec = {.id = e->id, .name = str_c(name), .host = str_c(e->host), .dir = dir,
                 .state = e->state, .quota = e->quota, .wake_at = e->wake_at},
        .awake = e->phase == PHASE_AWAKE,
        .usage = &e->usage,
    };
    e->lookers++;
    pthread_mutex_unlock(&n->lock);
    each(arg, &info);
    pthread_mutex_lock(&n->lock);
    bool last = --e->lookers == 0 && e->removed && e->phase == PHASE_ASLEEP && !e->drained;
    pthread_mutex_unlock(&n->lock);
    if (last)
        nodes_entry_free(e);
    free(name);
    free(dir);
}

void nodes_each(struct nodes *n, void (*each)(void *arg, const struct node_info *info), void *arg)
{
    struct arena *a = arena_new();
    int64_t *ids;
    size_t n_ids = all_ids(n, a, &ids);
    for (size_t i = 0; i < n_ids; i++)
        look_at(n, ids[i], each, arg);
    arena_free(a);
}

void nodes_count_answer(struct nodes *n, int64_t id, uint64_t bytes)
{
    pthread_mutex_lock(&n->lock);
    struct node_entry *e = nodes_find_id(n, id);
    if (e != NULL) {
        atomic_fetch_add_explicit(&e->usage.requests, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&e->usage.bytes_out, bytes, memory_order_relaxed);
    }
    pthread_mutex_unlock(&n->lock);
}

void nodes_count(struct nodes *n, struct nodes_counts *ret)
{
    pthread_mutex_lock(&n->lock);
    *ret = (struct nodes_counts){
        .known = (int64_t)n->n_known,
        .awake = n->n_awake,
        .opened = (int64_t)n->opened,
        .closed = (int64_t)n->closed,
        .failed = (int64_t)n->failed,
    };
    pthread_mutex_unlock(&n->lock);
}
