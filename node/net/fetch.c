#include "node/net/fetch_int.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/url.h"

#include <stdlib.h>
#include <string.h>

static void *need(void *p)
{
    if (p == NULL)
        abort();
    return p;
}

enum err fetcher_start(bool dev, struct str user_agent, struct fetcher **ret)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return ERR_INTERNAL;
    struct fetcher *f = need(calloc(1, sizeof *f));
    f->dev = dev;
    f->user_agent = need(strndup(user_agent.n ? user_agent.p : "", user_agent.n));
    const char *ca = getenv("SSL_CERT_FILE");
    f->ca_file = ca == NULL || *ca == '\0' ? NULL : need(strdup(ca));
    f->incoming_end = &f->incoming;
    f->ready_end = &f->ready;
    f->active_end = &f->active;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->wake, NULL);
    *ret = f;
    return OK;
}

struct fetcher *fetcher_stop(struct fetcher *f)
{
    if (f == NULL)
        return NULL;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    bool started = f->started;
    if (f->multi != NULL)
        curl_multi_wakeup(f->multi);
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
    if (started)
        pthread_join(f->thread, NULL);
    pthread_cond_destroy(&f->wake);
    pthread_mutex_destroy(&f->lock);
    free(f->user_agent);
    free(f->ca_file);
    free(f);
    curl_global_cleanup();
    return NULL;
}

static bool url_allowed(bool dev, const struct url *u)
{
    bool ip = url_is_ip_literal(u->host);
    if (dev)
        return true; /* addresses are still checked when connecting */
    return u->scheme.n == 5 && (u->port == 443 || u->port >= 1024) && !ip &&
           str_find_char(u->host, '.', 0) != SIZE_MAX;
}

enum err fetch_url_allowed(bool dev, struct str url)
{
    struct arena *a = arena_new();
    struct url u;
    bool ok = url_parse(a, url, &u) == OK && url_allowed(dev, &u);
    arena_free(a);
    return ok ? OK : ERR_INVALID;
}

/* Nothing that could end a header line or start another. */
static bool header_ok(const struct fetch_header *h)
{
    if (h->name.n == 0)
        return false;
    for (size_t i = 0; i < h->name.n; i++)
        if (h->name.p[i] <= 0x20 || h->name.p[i] >= 0x7f || h->name.p[i] == ':')
            return false;
    for (size_t i = 0; i < h->value.n; i++)
        if ((unsigned char)h->value.p[i] < 0x20 || h->value.p[i] == 0x7f)
            return false;
    return true;
}

static bool copy_headers(struct transfer *t, struct arena *a, const struct fetch_request *rq)
{
    bool type = false;
    /* curl would wait a second for "100 Continue" on larger bodies. */
    t->headers = need(curl_slist_append(NULL, "Expect:"));
    for (size_t i = 0; i < rq->n_headers; i++) {
        const struct fetch_header *h = &rq->headers[i];
        if (!header_ok(h))
            return false;
        type = type || str_ieq_c(h->name, "content-type");
        /* "Name;" is curl's way to say a header without a value. */
        struct str line =
            h->value.n == 0
                ? str_fmt(a, STR_FMT ";", STR_ARG(h->name))
                : str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(h->name), STR_ARG(h->value));
        need(curl_slist_append(t->headers, line.p));
    }
    if (!type)
        need(curl_slist_append(t->headers, "Content-Type:"));
    return true;
}

static void refuse(struct transfer *t, const char *why)
{
    t->err = ERR_INVALID;
    t->why = why;
}

static bool method_ok(const char *m)
{
    size_t n = strspn(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n > 0 && n <= 16 && m[n] == '\0';
}

/* A copy of everything, in our own memory. */
static struct transfer *copy(const struct fetcher *f, const struct fetch_request *rq)
{
    struct transfer *t = need(calloc(1, sizeof *t));
    struct arena *a = arena_new();
    struct url u;
    struct str url = STR(""), key = STR("");
    buf_init(&t->answer, rq->max_answer);
    t->dev = f->dev;
    t->timeout_ms = rq->timeout_ms > 0 ? rq->timeout_ms : 20000;
    t->slow_s = rq->slow_s;
    t->per_host = rq->per_host > 0 ? rq->per_host : FETCH_PER_HOST;
    t->soon = rq->soon;
    t->want = rq->want;
    t->since = clock_monotonic();
    if (url_parse(a, rq->url, &u) != OK || !url_allowed(f->dev, &u)) {
        refuse(t, "this address may not be asked");
    } else if (!method_ok(rq->method)) {
        refuse(t, "unknown method");
    } else {
        u.fragment = STR_NULL;
        url = url_str(a, &u);
        key = str_fmt(a, STR_FMT ":%u", STR_ARG(u.host), u.port);
    }
    if (t->err == OK && !copy_headers(t, a, rq))
        refuse(t, "malformed header");
    size_t method_n = t->err == OK ? strlen(rq->method) : 0;
    struct str agent = rq->agent.p != NULL ? rq->agent : str_c(f->user_agent);
    t->method = need(calloc(1, method_n + url.n + key.n + agent.n + 4));
    memcpy(t->method, rq->method, method_n);
    t->url = t->method + method_n + 1;
    memcpy(t->url, url.p, url.n);
    t->host_key = t->url + url.n + 1;
    memcpy(t->host_key, key.p, key.n);
    t->agent = t->host_key + key.n + 1;
    memcpy(t->agent, agent.p, agent.n);
    if (rq->body.p != NULL) {
        t->body = need(malloc(rq->body.n + 1));
        memcpy(t->body, rq->body.p, rq->body.n);
        t->body_n = rq->body.n;
    }
    arena_free(a);
    return t;
}

void fetch_start(struct fetcher *f, const struct fetch_request *rq,
                 void (*done)(void *arg, const struct fetch_answer *answer), void *arg)
{
    struct transfer *t = copy(f, rq);
    t->done = done;
    t->arg = arg;
    pthread_mutex_lock(&f->lock);
    if (!f->stopping && !f->started)
        f->started = pthread_create(&f->thread, NULL, fetch_loop, f) == 0;
    if (f->stopping || !f->started) {
        pthread_mutex_unlock(&f->lock);
        fetch_deliver(t, ERR_BUSY, "the server is stopping");
        return;
    }
    *f->incoming_end = t;
    f->incoming_end = &t->next;
    /* One wake-up serves all that come before the thread looks. */
    if (!f->woken) {
        f->woken = true;
        if (f->multi != NULL)
            curl_multi_wakeup(f->multi);
        else
            pthread_cond_signal(&f->wake);
    }
    pthread_mutex_unlock(&f->lock);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool done;
    struct arena *arena;
    struct fetch_answer *ret;
};

/* The arena is the waiter's, who sleeps meanwhile; the lock hands it over and back. */
static void wake_waiter(void *arg, const struct fetch_answer *answer)
{
    struct waiter *w = arg;
    pthread_mutex_lock(&w->lock);
    struct fetch_answer *r = w->ret;
    *r = *answer;
    if (answer->error != NULL)
        r->error = str_z(w->arena, str_c(answer->error));
    struct str *const texts[] = {&r->body, &r->content_type, &r->location, &r->retry_after,
                                 &r->accept_signature, &r->date, &r->etag};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]->p != NULL)
            *texts[i] = str_dup(w->arena, *texts[i]);
    for (size_t i = 0; i < FETCH_WANT; i++)
        if (r->wanted[i].p != NULL)
            r->wanted[i] = str_dup(w->arena, r->wanted[i]);
    w->done = true;
    pthread_cond_signal(&w->over);
    pthread_mutex_unlock(&w->lock);
}

enum err fetch_wait(struct fetcher *f, struct arena *a, const struct fetch_request *rq,
                    struct fetch_answer *ret)
{
    struct waiter w = {.arena = a, .ret = ret};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.over, NULL);
    fetch_start(f, rq, wake_waiter, &w);
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.over, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.over);
    pthread_mutex_destroy(&w.lock);
    return ret->err;
}
