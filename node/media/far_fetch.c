/* Fetching far pictures. An item is one picture that somebody waits for:
 *
 *     QUEUED ──a thread starts it──▶ ASKING ──the fetcher's thread──▶ CAME ──a thread reads it──▶ gone
 *                                        ▲───────a redirect─────────────┘
 *
 * The threads do what may wait (policy and signature, the helper, the store); between the steps nobody
 * holds a thread, and whoever asked rests suspended. What is under way reserves as much memory as it may
 * take, so strangers can't fill ours; a house that is slow or sends nonsense rests. */
#include "node/media/far_int.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/media/helper.h"
#include "node/media/media_type.h"
#include "node/net/fetch.h"
#include "node/node.h"
#include "node/server.h"

enum {
    THREADS = 2,
    ITEMS_MAX = 512, ITEMS_A_HOUSE = 128, WAITERS_MAX = 1024, REFRESH_ITEMS = 32,
    ACTIVE_MAX = 16, ACTIVE_A_NODE = 12, ACTIVE_A_HOUSE = 4, HOPS = 3,
    BUDGET = 48 << 20,
    QUEUE_MS = 15000, TRANSFER_MS = 20000, ITEM_MS = 25000, READ_MS = 8000,
    STRIKES = 3, REST_MS = 5 * 60 * 1000, RESTING = 64,
};

static const struct bounds {
    size_t bytes;
    int64_t pixels;
    bool small; /* which of the helper's two variants is kept */
} bounds[] = {
    [FAR_AVATAR] = {FAR_AVATAR_MAX, 24000000, true},
    [FAR_PICTURE] = {FAR_PICTURE_MAX, 36000000, false},
    [FAR_EMOJI] = {FAR_EMOJI_MAX, 4000000, true},
};

enum stage { QUEUED, WORKING, ASKING, CAME };

struct waiter {
    void (*ready)(void *arg);
    void *arg;
    struct waiter *next;
};

/* Its stage, list and waiters are the lock's; the rest belongs to who works on it. */
struct item {
    struct item *next;
    enum stage stage;
    struct waiter *waiters;
    struct node *node; /* held */
    struct arena *arena;
    struct far_thing what;
    struct str house, url; /* url: where it is asked for now */
    int64_t since, until;  /* monotonic; until: 0 before it began */
    int hops;
    bool active;
    /* the answer */
    enum err err;
    int status;
    struct str location;
    char *body;
    size_t n;
};

struct strike {
    uint64_t house; /* hash; 0: none */
    int n;
    int64_t until;
};

struct far_engine {
    struct server *server;
    const struct far_hooks *hooks;
    pthread_mutex_t lock;
    pthread_cond_t work, calm; /* calm: nobody is about to ask the fetcher */
    pthread_t threads[THREADS];
    int n_threads, n_starting;
    bool leaving, stopping;
    struct item *items, **tail;
    size_t n_items, n_waiters, n_active, reserved;
    struct strike strikes[RESTING];
};

const struct far_hooks *far_engine_hooks(const struct far_engine *e)
{
    return e == NULL ? NULL : e->hooks;
}

/* The last two labels and the port: who owns one name under it mostly owns them all. */
static struct str house_of(struct str host)
{
    size_t dots = 0, at = host.n;
    while (at > 0 && !(host.p[at - 1] == '.' && ++dots == 2))
        at--;
    return str_sub(host, at, SIZE_MAX);
}

static uint64_t hash_of(struct str s)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    return h == 0 ? 1 : h;
}

/* ---- under the lock ---- */

static bool rests(const struct far_engine *e, struct str house, int64_t now)
{
    uint64_t h = hash_of(house);
    const struct strike *s = &e->strikes[h % RESTING];
    return s->house == h && s->n >= STRIKES && s->until > now;
}

static void note_strike(struct far_engine *e, struct str house, bool strike, int64_t now)
{
    uint64_t h = hash_of(house);
    struct strike *s = &e->strikes[h % RESTING];
    if (!strike) {
        if (s->house == h)
            *s = (struct strike){0};
        return;
    }
    if (s->house != h || (s->n >= STRIKES && s->until <= now))
        *s = (struct strike){.house = h};
    s->n++;
    s->until = now + REST_MS;
}

static bool may_begin(const struct far_engine *e, const struct item *it)
{
    size_t same_house = 0, same_node = 0;
    if (e->n_active >= ACTIVE_MAX || e->reserved + bounds[it->what.kind].bytes > BUDGET)
        return false;
    for (const struct item *o = e->items; o != NULL; o = o->next)
        if (o->active) {
            same_house += str_eq(o->house, it->house);
            same_node += o->node == it->node;
        }
    return same_house < ACTIVE_A_HOUSE && same_node < ACTIVE_A_NODE;
}

static void activate(struct far_engine *e, struct item *it, int64_t now)
{
    it->active = true;
    it->until = now + ITEM_MS;
    e->n_active++;
    e->reserved += bounds[it->what.kind].bytes;
}

/* What came is read first: it holds memory. *ret_end: it is over without more work. */
static struct item *next_work(struct far_engine *e, bool *ret_end)
{
    int64_t now = clock_monotonic();
    *ret_end = false;
    for (struct item *it = e->items; it != NULL; it = it->next)
        if (it->stage == CAME) {
            *ret_end = e->leaving;
            return it;
        }
    for (struct item *it = e->items; it != NULL; it = it->next) {
        if (it->stage != QUEUED)
            continue;
        *ret_end = e->leaving || it->since + QUEUE_MS < now || rests(e, it->house, now);
        if (*ret_end)
            return it;
        if (may_begin(e, it)) {
            activate(e, it, now);
            return it;
        }
    }
    return NULL;
}

static struct item *find(const struct far_engine *e, const struct node *node, struct str name)
{
    struct item *it = e->items;
    while (it != NULL && !(it->node == node && str_eq(it->what.name, name)))
        it = it->next;
    return it;
}

static bool has_room(const struct far_engine *e, struct str house)
{
    size_t same = 0;
    if (e->n_items >= ITEMS_MAX)
        return false;
    for (const struct item *it = e->items; it != NULL; it = it->next)
        same += str_eq(it->house, house);
    return same < ITEMS_A_HOUSE;
}

static struct item *add(struct far_engine *e, struct cx *cx, const struct far_thing *what)
{
    struct item *it = calloc(1, sizeof *it);
    if (it == NULL)
        abort();
    it->arena = arena_new();
    it->node = cx->node;
    it->what = (struct far_thing){.kind = what->kind, .url = str_dup(it->arena, what->url),
                                  .host = str_dup(it->arena, what->host),
                                  .owner = str_dup(it->arena, what->owner), .name = str_dup(it->arena, what->name)};
    it->house = house_of(it->what.host);
    it->url = it->what.url;
    it->since = clock_monotonic();
    node_hold(cx->node);
    *e->tail = it;
    e->tail = &it->next;
    e->n_items++;
    return it;
}

/* ---- the end of an item ---- */

static void call_all(struct waiter *w)
{
    while (w != NULL) {
        struct waiter *next = w->next;
        w->ready(w->arg);
        free(w);
        w = next;
    }
}

/* Lock held. */
static struct waiter *take_waiters(struct far_engine *e, struct item *it)
{
    struct waiter *w = it->waiters;
    it->waiters = NULL;
    for (const struct waiter *each = w; each != NULL; each = each->next)
        e->n_waiters--;
    return w;
}

static void end(struct far_engine *e, struct item *it)
{
    struct node *node = it->node;
    pthread_mutex_lock(&e->lock);
    struct item **p = &e->items;
    while (*p != it)
        p = &(*p)->next;
    *p = it->next;
    if (e->tail == &it->next)
        e->tail = p;
    e->n_items--;
    if (it->active) {
        e->n_active--;
        e->reserved -= bounds[it->what.kind].bytes;
    }
    struct waiter *w = take_waiters(e, it);
    pthread_cond_signal(&e->work); /* room for another */
    pthread_mutex_unlock(&e->lock);
    call_all(w);
    arena_free(it->arena);
    free(it->body);
    free(it);
    node_drop(node);
}

/* ---- asking ---- */

struct answer_to {
    struct far_engine *e;
    struct item *it;
};

static void came(void *arg, const struct fetch_answer *answer)
{
    struct answer_to to = *(struct answer_to *)arg;
    struct item *it = to.it;
    it->err = answer->err;
    it->status = answer->status;
    it->location = str_dup(it->arena, str_sub(answer->location, 0, 2 * URL_MAX));
    free(it->body);
    it->body = NULL;
    it->n = 0;
    if (answer->err == OK && answer->status == 200 && answer->body.n > 0) {
        it->body = malloc(answer->body.n);
        if (it->body == NULL)
            abort();
        memcpy(it->body, answer->body.p, answer->body.n);
        it->n = answer->body.n;
    }
    pthread_mutex_lock(&to.e->lock);
    it->stage = CAME;
    pthread_cond_signal(&to.e->work);
    pthread_mutex_unlock(&to.e->lock);
}

/* After it returned true the item may be anybody's. */
static bool ask(struct far_engine *e, struct item *it, struct cx *cx)
{
    struct str host = far_host_of(it->arena, it->url);
    int64_t left = it->until - clock_monotonic();
    if (host.p == NULL || left <= 0 || !far_may(cx, it->what.owner, host))
        return false;
    enum { SIGNED_MAX = 8 };
    struct fetch_header h[SIGNED_MAX + 1] = {
        {STR("Accept"), STR("image/webp, image/png, image/jpeg, image/gif, image/avif, image/*;q=0.5")}};
    size_t n = 0;
    const struct fetch_header *more = NULL;
    if (e->hooks != NULL && e->hooks->sign != NULL)
        e->hooks->sign(cx, it->url, &more, &n);
    for (size_t i = 0; i < n && i < SIGNED_MAX; i++)
        h[i + 1] = more[i];
    struct fetch_request rq = {
        .method = "GET", .url = it->url, .headers = h, .n_headers = 1 + (n < SIGNED_MAX ? n : SIGNED_MAX),
        .max_answer = bounds[it->what.kind].bytes,
        .timeout_ms = (int)(left < TRANSFER_MS ? left : TRANSFER_MS),
        .per_host = ACTIVE_A_HOUSE, .agent = cx->node->agent,
    };
    struct answer_to *to = ARENA_NEW(it->arena, struct answer_to);
    *to = (struct answer_to){e, it};
    pthread_mutex_lock(&e->lock);
    bool go = !e->leaving && e->server->fetcher != NULL;
    if (go) {
        it->stage = ASKING;
        e->n_starting++;
    }
    pthread_mutex_unlock(&e->lock);
    if (!go)
        return false;
    fetch_start(e->server->fetcher, &rq, came, to);
    pthread_mutex_lock(&e->lock);
    if (--e->n_starting == 0)
        pthread_cond_broadcast(&e->calm);
    pthread_mutex_unlock(&e->lock);
    return true;
}

/* Absolute, "//host/…", "/…" or beside the page; plain http never follows https. */
static struct str redirect_target(struct arena *a, struct str url, struct str location)
{
    struct url from, to;
    if (str_empty(location) || url_parse(a, url, &from) != OK)
        return STR_NULL;
    if (str_starts(location, STR("//"))) {
        location = str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(from.scheme), STR_ARG(location));
    } else if (str_starts(location, STR("/"))) {
        location = str_fmt(a, STR_FMT STR_FMT, STR_ARG(url_origin(a, &from)), STR_ARG(location));
    } else if (!str_contains(str_sub(location, 0, 8), STR("://"))) {
        size_t slash = from.path.n;
        while (slash > 0 && from.path.p[slash - 1] != '/')
            slash--;
        location = str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(url_origin(a, &from)),
                           STR_ARG(str_sub(from.path, 0, slash)), STR_ARG(location));
    }
    if (url_parse(a, location, &to) != OK || str_eq(location, url) ||
        (str_eq_c(from.scheme, "https") && !str_eq_c(to.scheme, "https")))
        return STR_NULL;
    return str_dup(a, location);
}

/* ---- reading ---- */

struct outcome {
    bool kept, noted, for_good, gone, strike;
};

static struct outcome read_picture(struct item *it, struct cx *cx)
{
    const struct bounds *b = &bounds[it->what.kind];
    struct str bytes = {it->body, it->n};
    struct picture p;
    if (!media_type_is_image(bytes))
        return (struct outcome){.noted = true, .for_good = true};
    enum err e = helper_read_within(cx, bytes, b->pixels, READ_MS, &p);
    if (e == OK)
        e = far_keep(cx, &it->what, b->small ? p.small : p.large,
                     p.format == HELPER_PNG ? STR("image/png") : STR("image/jpeg"));
    switch ((int)e) {
    case OK:
        return (struct outcome){.kept = true};
    case ERR_INVALID:
        return (struct outcome){.noted = true, .for_good = true};
    case ERR_TIMEOUT:
        return (struct outcome){.noted = true, .for_good = true, .strike = true};
    default: /* our own trouble */
        log_warn("far", "a picture could not be kept: %s", cx->fail == NULL ? err_name(e) : cx->fail);
        return (struct outcome){0};
    }
}

static struct outcome judge(struct item *it, struct cx *cx)
{
    int s = it->status;
    switch ((int)it->err) {
    case OK:
        break;
    case ERR_BUSY: /* no room here: not its fault */
        return (struct outcome){0};
    case ERR_UPSTREAM:
    case ERR_TIMEOUT:
        return (struct outcome){.noted = true, .strike = true};
    default:
        return (struct outcome){.noted = true, .for_good = true};
    }
    if (s == 200)
        return read_picture(it, cx);
    if (s == 404 || s == 410)
        return (struct outcome){.noted = true, .for_good = true, .gone = true};
    if (s == 408 || s == 425 || s == 429 || s >= 500)
        return (struct outcome){.noted = true, .strike = true};
    return (struct outcome){.noted = true, .for_good = true};
}

static bool is_redirect(const struct item *it)
{
    int s = it->status;
    return it->err == OK && (s == 301 || s == 302 || s == 303 || s == 307 || s == 308);
}

/* One step of an item; false: it is over. */
static bool step(struct far_engine *e, struct item *it, struct cx *cx, bool fresh)
{
    if (fresh)
        return ask(e, it, cx);
    struct outcome o = {.noted = true, .for_good = true};
    if (is_redirect(it)) {
        struct str next = redirect_target(it->arena, it->url, it->location);
        if (next.p != NULL && ++it->hops <= HOPS && fetch_url_allowed(cx->node->dev, next) == OK &&
            far_may(cx, it->what.owner, far_host_of(cx->arena, next))) {
            it->url = next;
            return ask(e, it, cx);
        }
    } else {
        o = judge(it, cx);
    }
    if (o.noted && far_note_vain(cx, &it->what, o.for_good, o.gone) != OK)
        log_warn("far", "not noted: %s", cx->fail == NULL ? "?" : cx->fail);
    if (o.noted || o.kept) {
        pthread_mutex_lock(&e->lock);
        note_strike(e, it->house, o.strike, clock_monotonic());
        pthread_mutex_unlock(&e->lock);
    }
    return false;
}

static void *thread_main(void *arg)
{
    struct far_engine *e = arg;
    pthread_mutex_lock(&e->lock);
    for (;;) {
        bool over;
        struct item *it = next_work(e, &over);
        if (it == NULL) {
            if (e->stopping && e->items == NULL)
                break;
            struct timespec until = clock_deadline(1000);
            if (e->items == NULL)
                pthread_cond_wait(&e->work, &e->lock);
            else
                pthread_cond_timedwait(&e->work, &e->lock, &until);
            continue;
        }
        bool fresh = it->stage == QUEUED;
        it->stage = WORKING;
        pthread_mutex_unlock(&e->lock);
        bool goes_on = false;
        if (!over) {
            struct cx *cx = cx_new(it->node);
            goes_on = step(e, it, cx, fresh);
            cx_free(cx);
        }
        if (!goes_on)
            end(e, it);
        pthread_mutex_lock(&e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- from outside ---- */

/* Lock held. A thread that cannot be made is made at the next one. */
static bool has_threads(struct far_engine *e)
{
    while (e->n_threads < THREADS && pthread_create(&e->threads[e->n_threads], NULL, thread_main, e) == 0)
        e->n_threads++;
    return e->n_threads > 0;
}

enum err far_fetch(struct cx *cx, const struct far_thing *what, void (*ready)(void *arg), void *arg)
{
    struct far_engine *e = cx->node->server == NULL ? NULL : cx->node->server->far;
    struct waiter *w = calloc(1, sizeof *w);
    if (w == NULL)
        abort();
    *w = (struct waiter){ready, arg, NULL};
    bool taken = false;
    if (e != NULL) {
        pthread_mutex_lock(&e->lock);
        struct item *it = find(e, cx->node, what->name);
        taken = !e->leaving && e->n_waiters < WAITERS_MAX && has_threads(e) &&
                (it != NULL || (has_room(e, house_of(what->host)) &&
                                !rests(e, house_of(what->host), clock_monotonic())));
        if (taken && it == NULL)
            it = add(e, cx, what);
        if (taken) {
            w->next = it->waiters;
            it->waiters = w;
            e->n_waiters++;
            pthread_cond_signal(&e->work);
        }
        pthread_mutex_unlock(&e->lock);
    }
    if (taken)
        return OK;
    free(w);
    cx->retry_after_s = 10;
    return ERR_BUSY;
}

void far_refresh(struct cx *cx, const struct far_thing *what)
{
    struct far_engine *e = cx->node->server == NULL ? NULL : cx->node->server->far;
    if (e == NULL)
        return;
    pthread_mutex_lock(&e->lock);
    if (!e->leaving && e->n_items < REFRESH_ITEMS && find(e, cx->node, what->name) == NULL &&
        !rests(e, house_of(what->host), clock_monotonic()) && has_threads(e)) {
        add(e, cx, what);
        pthread_cond_signal(&e->work);
    }
    pthread_mutex_unlock(&e->lock);
}

struct far_engine *far_engine_new(struct server *server, const struct far_hooks *hooks)
{
    struct far_engine *e = calloc(1, sizeof *e);
    if (e == NULL)
        abort();
    e->server = server;
    e->hooks = hooks;
    e->tail = &e->items;
    pthread_mutex_init(&e->lock, NULL);
    clock_cond_init(&e->work);
    clock_cond_init(&e->calm);
    return e;
}

void far_engine_leave(struct far_engine *e)
{
    struct waiter *all = NULL;
    if (e == NULL)
        return;
    pthread_mutex_lock(&e->lock);
    e->leaving = true;
    for (struct item *it = e->items; it != NULL; it = it->next) {
        struct waiter *w = take_waiters(e, it), **last = &w;
        while (*last != NULL)
            last = &(*last)->next;
        *last = all;
        all = w;
    }
    while (e->n_starting > 0)
        pthread_cond_wait(&e->calm, &e->lock);
    pthread_cond_broadcast(&e->work);
    pthread_mutex_unlock(&e->lock);
    call_all(all);
}

struct far_engine *far_engine_stop(struct far_engine *e)
{
    if (e == NULL)
        return NULL;
    far_engine_leave(e);
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    pthread_cond_broadcast(&e->work);
    pthread_mutex_unlock(&e->lock);
    for (int i = 0; i < e->n_threads; i++)
        pthread_join(e->threads[i], NULL);
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->work);
    pthread_cond_destroy(&e->calm);
    free(e);
    return NULL;
}
