#include <stdlib.h>
#include <string.h>

#include "federation/fed.h"
#include "federation/peer_key_int.h"
#include "federation/policy.h"
#include "federation/hosts.h"
#include "federation/rates.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/base/url.h"

struct waiter {
    void (*ready)(void *arg);
    void *arg;
    struct waiter *next;
};

/* Its arena is used by one thread at a time: by the maker until it is started, then by the
 * fetcher's thread, then, once done, only read. */
struct fed_key_fetch {
    atomic_int refs;
    struct fed_key_fetch *next;    /* in fed_peer_keys.fetches while under way */
    struct fed *fed;
    struct arena *arena;
    const struct fed_signer *signer;
    struct fed_knock knock;
    struct str key_id, url, house;
    struct str want_actor;         /* second step: the owner in full */
    int hops;
    bool started, asking, done;    /* under the lock; started, not asking: waits for room */
    int64_t since;                 /* started */
    struct waiter *waiters;        /* under the lock */
    enum err err;                  /* what follows is constant once done */
    struct fed_doc doc;
};

static uint64_t vain_key(struct str key_id)
{
    unsigned char h[32];
    uint64_t k;
    crypt_sha256(key_id, h);
    memcpy(&k, h, sizeof k);
    return k;
}

static void vain_note(struct fed_peer_keys *m, struct str key_id, enum err e)
{
    int64_t wait = e == ERR_GONE || e == ERR_NOT_FOUND ? 6 * MS_HOUR
                   : e == ERR_UPSTREAM                 ? 5 * MS_SECOND
                                                       : 10 * MS_MINUTE;
    uint64_t k = vain_key(key_id);
    m->vain[k % PEER_VAIN] = (struct vain){k, clock_now() + wait, e};
}

void fed_key_fetch_drop(struct fed_key_fetch *f)
{
    if (f == NULL)
        return;
    /* Under the lock, so that nobody joins one that is about to go. */
    struct fed_peer_keys *m = f->fed->peer_keys;
    pthread_mutex_lock(&m->lock);
    bool last = atomic_fetch_sub(&f->refs, 1) == 1;
    for (struct fed_key_fetch **p = &m->fetches; last && *p != NULL; p = &(*p)->next)
        if (*p == f) {
            *p = f->next;
            break;
        }
    pthread_mutex_unlock(&m->lock);
    if (!last)
        return;
    arena_free(f->arena);
    free(f);
}

/* Lock held. A flood of names that hang would otherwise take all transfers, deliveries among them. */
static bool may_ask(const struct fed_peer_keys *m, struct str house)
{
    size_t all = 0, same = 0;
    for (const struct fed_key_fetch *f = m->fetches; f != NULL; f = f->next) {
        all += f->asking;
        same += f->asking && str_eq(f->house, house);
    }
    return all < KEY_FETCHES_MAX && same < KEY_FETCHES_A_HOUSE;
}

/* Lock held. Behind those that ask, some may wait; not so many of one house that nobody else can. */
static bool may_wait(const struct fed_peer_keys *m, struct str house)
{
    size_t same = 0;
    for (const struct fed_key_fetch *f = m->fetches; f != NULL; f = f->next)
        same += str_eq(f->house, house);
    return same < KEY_WAITERS_A_HOUSE;
}

/* Lock held. The one that has waited longest and may ask now; NULL: none. Those of one house stand
 * mostly together, so its answer is asked for once. */
static struct fed_key_fetch *next_to_ask(struct fed_peer_keys *m)
{
    struct fed_key_fetch *found = NULL;
    struct str house = STR_NULL;
    bool may = false;
    for (struct fed_key_fetch *f = m->fetches; f != NULL; f = f->next) {
        if (!f->started || f->asking || (found != NULL && f->since > found->since))
            continue;
        if (!str_eq(f->house, house))
            may = may_ask(m, house = f->house);
        if (may)
            found = f;
    }
    return found;
}

enum err fed_key_fetch_join(struct cx *cx, struct str key_id, struct fed_key_fetch **ret)
{
    struct fed *fed = cx->node->fed;
    struct fed_peer_keys *m = fed->peer_keys;
    const struct fed_signer *signer;
    struct str host = fed_host_of(cx->arena, key_id);
    /* acct: and did: ids, and hosts that nobody may be asked about, end here (2.14, 5.1). */
    if (!fed_id_ok(cx, key_id, host) || str_eq(host, cx->node->host))
        return ERR_FORBIDDEN;
    TRY(fed_policy_may_fetch(cx, key_id));
    if (cx->node->server == NULL || cx->node->server->fetcher == NULL)
        return ERR_BUSY;
    TRY(fed_signer_instance(cx, &signer));

    enum err e = OK;
    uint64_t k = vain_key(key_id);
    pthread_mutex_lock(&m->lock);
    struct vain *v = &m->vain[k % PEER_VAIN];
    struct fed_key_fetch *f = m->fetches;
    while (f != NULL && !str_eq(f->key_id, key_id))
        f = f->next;
    if (m->n_waiting >= KEY_WAITERS_MAX || (f == NULL && !may_wait(m, fed_house(host)))) {
        f = NULL;
        e = ERR_BUSY;
    } else if (f != NULL) {
        atomic_fetch_add(&f->refs, 1);
    } else if (v->key == k && v->until > cx->now) {
        e = v->err;
    } else if (fed_host_get_wait(fed->hosts, host) != 0 || !fed_rate_fetches(cx, host)) {
        e = ERR_BUSY; /* it is asked often enough (5.7) */
    } else {
        f = calloc(1, sizeof *f);
        if (f == NULL)
            abort();
        f->refs = 1;
        f->fed = fed;
        f->arena = arena_new();
        f->signer = signer;
        f->key_id = str_dup(f->arena, key_id);
        f->house = str_dup(f->arena, fed_house(host));
        f->url = str_sub(f->key_id, 0, str_find_char(f->key_id, '#', 0));
        f->knock = fed_knock_first(fed, f->url);
        f->next = m->fetches;
        m->fetches = f;
    }
    pthread_mutex_unlock(&m->lock);
    *ret = f;
    return e;
}

static void fetch_ask(struct fed_key_fetch *f);

/* Out of the list, and whoever waits for it hears of it. */
static void fetch_tell(struct fed_key_fetch *f, enum err e)
{
    struct fed_peer_keys *m = f->fed->peer_keys;
    f->err = e;
    pthread_mutex_lock(&m->lock);
    f->done = true;
    f->asking = false;
    for (struct fed_key_fetch **p = &m->fetches; *p != NULL; p = &(*p)->next)
        if (*p == f) {
            *p = f->next;
            f->next = NULL;
            break;
        }
    if (e != OK && e != ERR_BUSY)
        vain_note(m, f->key_id, e);
    struct waiter *w = f->waiters;
    f->waiters = NULL;
    for (const struct waiter *each = w; each != NULL; each = each->next)
        m->n_waiting--;
    pthread_mutex_unlock(&m->lock);
    while (w != NULL) {
        struct waiter *next = w->next;
        w->ready(w->arg);
        free(w);
        w = next;
    }
    struct node *node = f->fed->node;
    fed_key_fetch_drop(f); /* the fetch's own */
    node_drop(node);
}

/* Its place goes to the next. Those who waited for too long already hear that it was too much, as do
 * the others of its house when the fetcher itself has no room for it. */
static void fetch_end(struct fed_key_fetch *f, enum err e)
{
    struct fed_peer_keys *m = f->fed->peer_keys;
    struct node *node = f->fed->node;
    struct str house = e == ERR_BUSY ? f->house : STR_NULL;
    bool late = true;
    atomic_fetch_add(&f->refs, 1); /* its house is still looked at */
    node_hold(node);
    fetch_tell(f, e);
    while (late) {
        pthread_mutex_lock(&m->lock);
        struct fed_key_fetch *next = next_to_ask(m);
        late = next != NULL && (str_eq(next->house, house) ||
                                clock_now() - next->since > KEY_PATIENCE_S * MS_SECOND);
        if (next != NULL)
            next->asking = true;
        pthread_mutex_unlock(&m->lock);
        if (late)
            fetch_tell(next, ERR_BUSY);
        else if (next != NULL)
            fetch_ask(next);
    }
    fed_key_fetch_drop(f);
    node_drop(node);
}

/* A document came: the actor itself, a stub of it, or the key alone. */
static enum err fetch_take_doc(struct fed_key_fetch *f, const json_t *j, bool *ret_again)
{
    struct str host = fed_host_of(f->arena, f->key_id);
    if (!str_eq(fed_host_of(f->arena, f->url), host))
        return ERR_UNAUTHENTICATED;
    struct str id = ld_str(j, "id");
    *ret_again = false;
    if (fed_doc_read(f->arena, j, &f->doc) == OK) {
        if (!str_eq(f->doc.host, host))
            return ERR_UNAUTHENTICATED;
        bool asked_for_it = str_eq(f->doc.uri, f->want_actor.p == NULL ? f->url : f->want_actor);
        if (asked_for_it)
            return fed_doc_key(&f->doc, f->key_id) == SIZE_MAX ? ERR_UNAUTHENTICATED : OK;
        id = f->doc.uri;
    } else if (str_eq(id, f->key_id)) {
        id = ld_id_at(j, "owner");
        if (id.p == NULL)
            id = ld_id_at(j, "controller");
    } else {
        return ERR_UNAUTHENTICATED;
    }
    if (f->want_actor.p != NULL || !str_eq(fed_host_of(f->arena, id), host))
        return ERR_UNAUTHENTICATED;
    f->want_actor = f->url = str_dup(f->arena, id);
    *ret_again = true;
    return OK;
}

static void fetch_came(void *arg, const struct fetch_answer *answer)
{
    struct fed_key_fetch *f = arg;
    json_t *j;
    struct str next;
    bool again = false;
    enum err e = fed_answer_read(f->arena, f->url, answer, &j, &next);
    fed_answer_waits(f->fed, f->arena, f->url, answer);
    if (answer->status == 401 && fed_knock_next(f->arena, &f->knock, f->signer, f->url, answer)) {
        fetch_ask(f);
        return;
    }
    if (e == OK)
        fed_knock_took(f->fed, &f->knock, f->url);
    if (e == OK && j != NULL) {
        e = fetch_take_doc(f, j, &again);
    } else if (e == OK) {
        f->url = next;
        again = true;
        if (fed_policy_suspended_now(f->fed, fed_host_of(f->arena, next)))
            e = ERR_FORBIDDEN;
    }
    switch ((int)e) {
    case OK:
    case ERR_GONE:
    case ERR_NOT_FOUND:
    case ERR_UNAUTHENTICATED:
        break;
    case ERR_BUSY:
        break;
    case ERR_UPSTREAM:
    case ERR_TIMEOUT:
        e = ERR_UPSTREAM;
        break;
    default:
        e = ERR_UNAUTHENTICATED;
    }
    if (e == OK && again && ++f->hops <= FED_HOPS + 1) {
        f->knock = fed_knock_first(f->fed, f->url);
        fetch_ask(f);
    } else {
        fetch_end(f, e == OK && again ? ERR_UNAUTHENTICATED : e);
    }
}

static void fetch_ask(struct fed_key_fetch *f)
{
    struct sig_headers h;
    struct fetch_request rq =
        fed_get_request(f->arena, f->signer, f->knock, f->url, clock_now(), &h);
    rq.agent = f->fed->node->agent;
    rq.per_host = KEY_TRANSFERS_A_HOST;
    rq.soon = true;
    fetch_start(f->fed->node->server->fetcher, &rq, fetch_came, f);
}

void fed_key_fetch_go(struct fed_key_fetch *f, void (*ready)(void *arg), void *arg)
{
    struct fed_peer_keys *m = f->fed->peer_keys;
    pthread_mutex_lock(&m->lock);
    bool done = f->done, start = !f->started, ask = false;
    if (start) {
        ask = f->asking = may_ask(m, f->house);
        f->since = clock_now();
    }
    f->started = true;
    if (!done) {
        struct waiter *w = calloc(1, sizeof *w);
        if (w == NULL)
            abort();
        *w = (struct waiter){ready, arg, f->waiters};
        f->waiters = w;
        m->n_waiting++;
    }
    if (start) {
        atomic_fetch_add(&f->refs, 1);
        node_hold(f->fed->node); /* those who wait for it may leave before it ends */
    }
    pthread_mutex_unlock(&m->lock);
    if (done)
        ready(arg);
    else if (ask)
        fetch_ask(f);
}

enum err fed_key_fetch_take(struct cx *cx, struct fed_key_fetch *f, struct fed_peer_key **ret)
{
    int64_t id;
    if (f->err != OK)
        return f->err;
    size_t k = fed_doc_key(&f->doc, f->key_id);
    /* Without an inbox it is only a stub; such an actor cannot be dealt with. */
    if (k == SIZE_MAX || f->doc.inbox.p == NULL)
        return ERR_UNAUTHENTICATED;
    /* One without a fragment is listed under another name; remember it under the one used, too. */
    struct fed_doc d = f->doc;
    if (!str_eq(d.keys[k].id, f->key_id))
        d.keys[k].id = f->key_id;
    TRY(fed_actor_store(cx, &d, &id));
    enum err e = fed_peer_key_find(cx, f->key_id, true, ret);
    return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
}
