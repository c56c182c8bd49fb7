#include "federation/link_call.h"

#include "federation/fed.h"
#include "federation/policy.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"

static void drop_arena(void *arena)
{
    arena_free(arena);
}

struct fed_call *fed_call_new(struct rq *rq, int deadline_ms)
{
    struct fed_call *c = ARENA_NEW(rq->cx->arena, struct fed_call);
    c->rq = rq;
    /* Its own: the fetcher's thread writes here while the request rests. */
    c->arena = arena_new();
    arena_defer(rq->cx->arena, drop_arena, c->arena);
    c->deadline = clock_monotonic() + deadline_ms;
    return c;
}

static void came(void *arg, const struct fetch_answer *answer)
{
    struct fed_call *c = arg;
    /* Not an address that anybody is asked at: that is their server's fault, not a rule of ours. */
    c->err = answer->err == ERR_FORBIDDEN || answer->err == ERR_INVALID ? ERR_UPSTREAM : answer->err;
    c->status = answer->status;
    c->body = str_dup(c->arena, answer->body);
    c->content_type = str_dup(c->arena, answer->content_type);
    c->location = answer->location.p == NULL ? STR_NULL : str_dup(c->arena, answer->location);
    rq_unpark(c->rq); /* from here on the worker has it */
}

static enum err resume(struct rq *rq, void *arg);

/* Sends it, or says why not in c->err. */
static bool ask(struct fed_call *c, enum err *ret)
{
    struct cx *cx = c->rq->cx;
    struct fetcher *fetcher = cx->node->server == NULL ? NULL : cx->node->server->fetcher;
    int64_t left = c->deadline - clock_monotonic();
    c->status = 0;
    c->url = c->request.url;
    c->body = c->content_type = c->location = STR_NULL;
    if (fed_policy_may_fetch(cx, c->request.url) != OK) {
        c->err = ERR_FORBIDDEN;
        return false;
    }
    if (left < 100 || fetcher == NULL) {
        c->err = fetcher == NULL ? ERR_BUSY : ERR_TIMEOUT;
        return false;
    }
    c->request.timeout_ms = left < FED_CALL_MS ? (int)left : FED_CALL_MS;
    c->request.max_answer = FED_CALL_ANSWER_MAX;
    c->request.agent = cx->node->agent;
    *ret = rq_park(c->rq, resume, c);
    if (*ret == OK)
        fetch_start(fetcher, &c->request, came, c);
    return true;
}

static struct str redirected(const struct fed_call *c)
{
    struct arena *a = c->rq->cx->arena;
    struct url from, to;
    struct str l = c->location;
    int s = c->status;
    bool moved = s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
    if (c->stay || c->err != OK || !moved || l.p == NULL || c->request.body.p != NULL ||
        url_parse(a, c->url, &from) != OK)
        return STR_NULL;
    if (str_starts(l, STR("/")) && !str_starts(l, STR("//")))
        l = str_fmt(a, STR_FMT STR_FMT, STR_ARG(url_origin(a, &from)), STR_ARG(l));
    if (url_parse(a, l, &to) != OK || (str_eq_c(from.scheme, "https") && !str_eq_c(to.scheme, "https")))
        return STR_NULL;
    return str_dup(a, l);
}

static enum err resume(struct rq *rq, void *arg)
{
    struct fed_call *c = arg;
    enum err e = OK;
    rq->cx->now = clock_now();
    struct str next = redirected(c);
    if (next.p != NULL && ++c->hops <= FED_CALL_HOPS) {
        c->request.url = next;
        if (ask(c, &e))
            return e;
    }
    return c->then(rq, c->arg);
}

enum err fed_call_go(struct fed_call *c, const struct fetch_request *request,
                     enum err (*then)(struct rq *rq, void *arg), void *arg)
{
    enum err e = OK;
    c->request = *request;
    c->then = then;
    c->arg = arg;
    c->hops = 0;
    return ask(c, &e) ? e : then(c->rq, arg);
}

json_t *fed_call_json(const struct fed_call *c)
{
    json_t *j;
    if (c->err != OK || c->status < 200 || c->status > 299 ||
        json_read(c->rq->cx->arena, c->body, NULL, &j) != OK || !json_is_object(j))
        return NULL;
    return j;
}
