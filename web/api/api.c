#include "web/api/api.h"

#include <stdio.h>
#include <string.h>

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/node.h"
#include "web/api/once.h"
#include "web/away.h"
#include "web/page.h"

enum {
    RATE_BURST = 300,  /* a token's requests; one more every second: 300 in five minutes */
    DEV_RATE = 20,
    KEY_MAX = 255,     /* of an Idempotency-Key */
    ANSWER_MAX = 8 << 20,
};

/* ---- who asks ---- */

static enum err find_token(struct api *a)
{
    struct rq *rq = a->rq;
    struct cx *cx = a->cx;
    struct str header = rq_header(rq, "Authorization");
    cx->viewer = 0;
    if (header.n == 0)
        return OK;
    if (!str_istarts(header, STR("Bearer ")))
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Send a token: Authorization: Bearer orr_…"));
    enum err e = token_find(cx, str_trim(str_sub(header, 7, SIZE_MAX)), &a->token, &a->account);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("This token is not known here, has expired or was revoked."));
    TRY(e);
    a->known = true;
    cx->viewer = a->account.id;
    if (rq_header(rq, "Accept-Language").n == 0 && a->account.locale.n > 0)
        (void)i18n_parse(a->account.locale, &cx->locale);
    return OK;
}

static enum err check_rate(struct api *a)
{
    struct cx *cx = a->cx;
    int left, burst = RATE_BURST * (cx->node->dev ? DEV_RATE : 1);
    struct str key = str_fmt(cx->arena, "api %lld", (long long)a->token.id);
    if (!a->known) /* strangers are counted by the frame */
        return OK;
    bool taken = node_rate_take_left(cx, key, burst, burst / 300.0, &left);
    int64_t full_at = cx->now + (int64_t)(burst - left) * 300 * 1000 / burst;
    rq_add_header(a->rq, "X-RateLimit-Limit", str_fmt(cx->arena, "%d", burst));
    rq_add_header(a->rq, "X-RateLimit-Remaining", str_fmt(cx->arena, "%d", left));
    rq_add_header(a->rq, "X-RateLimit-Reset", clock_rfc3339(cx->arena, full_at));
    return taken ? OK : cx_tell(cx, ERR_RATE_LIMITED, N_("That was too often. Please wait a little."));
}

static enum err check_scope(struct api *a)
{
    const char *scope = a->row->scope;
    if (scope == NULL)
        return OK;
    if (!a->known)
        return cx_tell(a->cx, ERR_UNAUTHENTICATED, N_("Send a token: Authorization: Bearer orr_…"));
    if (*scope == '\0' || token_may(&a->token, scope))
        return OK;
    struct str word = str_c(scope);
    rq_add_header(a->rq, "WWW-Authenticate", /* RFC 6750, 3.1 */
                  str_fmt(a->cx->arena, "Bearer error=\"insufficient_scope\", scope=\"%s\"", scope));
    return cx_tellf(a->cx, ERR_FORBIDDEN, N_("This token is not good for that: it lacks the scope {0}."), &word, 1);
}

enum err api_planet_ok(struct api *a, int64_t planet_id)
{
    if (!a->known || a->token.planet_id == DB_NULL || a->token.planet_id == planet_id)
        return OK;
    return cx_tell(a->cx, ERR_FORBIDDEN, N_("This token is for another planet."));
}

static enum err find_planet(struct api *a)
{
    struct str handle = rq_param(a->rq, "handle");
    if (handle.p == NULL)
        return OK;
    enum err e = planet_by_handle(a->cx, handle, &a->planet);
    if (e == ERR_NOT_FOUND)
        return cx_tell(a->cx, e, N_("There is no such planet here."));
    TRY(e);
    i18n_clock(a->cx, a->planet.zone);
    return api_planet_ok(a, a->planet.id);
}

/* ---- what was sent ---- */

static enum err read_body(struct api *a)
{
    struct rq *rq = a->rq;
    struct str type = rq_header(rq, "Content-Type");
    struct json_limits limits = {.max_bytes = (size_t)KB(256), .max_depth = 8, .max_values = 4000};
    if (rq->body.n == 0 || rq->method == GET || rq->method == HEAD)
        return OK;
    if (str_istarts(type, STR("application/x-www-form-urlencoded")) || str_istarts(type, STR("multipart/form-data")))
        return OK; /* the frame has read it */
    if (!str_istarts(type, STR("application/json")))
        return cx_tell(a->cx, ERR_UNSUPPORTED, N_("Send JSON, as Content-Type: application/json."));
    if (json_read(a->cx->arena, rq->body, &limits, &a->body) != OK || !json_is_object(a->body))
        return cx_tell(a->cx, ERR_INVALID, N_("The body is no JSON object that we can read."));
    return OK;
}

/* ---- once ---- */

static struct str hash_of(struct api *a, struct str text)
{
    unsigned char h[32];
    crypt_sha256(text, h);
    return (struct str){arena_copy(a->cx->arena, h, sizeof h), sizeof h};
}

static enum err begin_once(struct api *a, struct once_answer *ret)
{
    struct rq *rq = a->rq;
    struct str key = rq_header(rq, "Idempotency-Key");
    struct buf b;
    *ret = (struct once_answer){0};
    if (key.n == 0 || rq->method != POST || !a->known)
        return OK;
    if (key.n > KEY_MAX)
        return cx_tell(a->cx, ERR_INVALID, N_("An Idempotency-Key has at most 255 characters."));
    buf_init_arena(&b, a->cx->arena, rq->target.n + rq->body.n + 100);
    buf_put(&b, rq->target);
    buf_put_char(&b, '\n');
    buf_put(&b, rq->body);
    a->once_key = hash_of(a, key);
    TRY(once_begin(a->cx, a->token.id, a->once_key, hash_of(a, buf_str(&b)), ret));
    a->once_open = ret->status == 0;
    return OK;
}

/* A failure changed nothing that its sender could not see: the key is free again. */
static enum err settle(struct api *a, enum err e)
{
    if (e != OK && a->once_open) {
        const char *tell = a->cx->tell, *fail = a->cx->fail;
        (void)!once_drop(a->cx, a->token.id, a->once_key);
        a->cx->tell = tell;
        a->cx->fail = fail;
        a->once_open = false;
    }
    return e;
}

static enum err replay(struct api *a, const struct once_answer *was)
{
    rq_add_header(a->rq, "Idempotency-Replayed", STR("true"));
    if (was->status == 204)
        return reply_empty(a->rq, 204);
    buf_init_arena(&a->out, a->cx->arena, ANSWER_MAX);
    buf_put(&a->out, was->body);
    return reply_bytes(a->rq, was->status, "application/json; charset=utf-8", &a->out);
}

enum err api_run(struct rq *rq)
{
    struct api *a = ARENA_NEW(rq->cx->arena, struct api);
    struct once_answer was;
    *a = (struct api){.rq = rq, .cx = rq->cx, .row = &api_rows[rq->route - api_routes.rows]};
    rq->repr = REPR_JSON;
    rq_cache_control(rq, "private, no-store");
    TRY(find_token(a));
    TRY(check_rate(a));
    TRY(check_scope(a));
    TRY(find_planet(a));
    TRY(read_body(a));
    TRY(begin_once(a, &was));
    if (was.status != 0)
        return replay(a, &was);
    return settle(a, a->row->run(a));
}

/* ---- the answer ---- */

struct jw *api_begin(struct api *a)
{
    buf_init_arena(&a->out, a->cx->arena, ANSWER_MAX);
    jw_init(&a->w, &a->out);
    return &a->w;
}

static enum err keep(struct api *a, int status, struct str body)
{
    if (!a->once_open)
        return OK;
    a->once_open = false; /* it is done: whatever fails from here on, its key stays */
    return once_end(a->cx, a->token.id, a->once_key, status, body);
}

enum err api_send(struct api *a, int status)
{
    if (!jw_done(&a->w))
        return cx_fail(a->cx, ERR_INTERNAL, "the answer of %s is not whole", a->row->id);
    TRY(keep(a, status, buf_str(&a->out)));
    return reply_bytes(a->rq, status, "application/json; charset=utf-8", &a->out);
}

enum err api_send_empty(struct api *a)
{
    TRY(keep(a, 204, STR("")));
    return reply_empty(a->rq, 204);
}

struct jw *api_begin_list(struct api *a)
{
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    return w;
}

/* This address again, from there on. */
static struct str next_url(struct api *a, struct str next)
{
    struct buf b;
    bool some = false;
    buf_init_arena(&b, a->cx->arena, 16384);
    struct str target = a->rq->target, rest, piece;
    size_t q = str_find_char(target, '?', 0);
    buf_put(&b, a->cx->node->origin);
    buf_put(&b, str_sub(target, 0, q == SIZE_MAX ? target.n : q));
    rest = q == SIZE_MAX ? STR_NULL : str_sub(target, q + 1, SIZE_MAX);
    while (rest.p != NULL && str_next(&rest, '&', &piece)) {
        if (piece.n == 0 || str_starts(piece, STR("after=")))
            continue;
        buf_put_char(&b, some ? '&' : '?');
        buf_put(&b, piece);
        some = true;
    }
    buf_fmt(&b, "%cafter=", some ? '&' : '?');
    buf_put_url(&b, next);
    return buf_str(&b);
}

enum err api_send_list(struct api *a, int64_t next)
{
    return api_send_list_at(a, next == 0 ? STR_NULL : str_fmt(a->cx->arena, "%lld", (long long)next));
}

enum err api_send_list_at(struct api *a, struct str next)
{
    jw_end(&a->w);
    jw_key_str(&a->w, "next", next);
    jw_end(&a->w);
    if (next.p != NULL) {
        struct str url = next_url(a, next);
        rq_add_header(a->rq, "Link", str_fmt(a->cx->arena, "<" STR_FMT ">; rel=\"next\"", STR_ARG(url)));
    }
    return api_send(a, 200);
}

enum err api_span(struct api *a, const void *rows, size_t n, size_t row_size, size_t id_offset, struct api_span *ret)
{
    int limit;
    int64_t after, id;
    size_t from = 0, to;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    for (; from < n && after != 0; from++) {
        memcpy(&id, (const char *)rows + from * row_size + id_offset, sizeof id);
        if (id < after)
            break;
    }
    to = n - from > (size_t)limit ? from + (size_t)limit : n;
    *ret = (struct api_span){from, to, 0};
    if (to < n)
        memcpy(&ret->next, (const char *)rows + (to - 1) * row_size + id_offset, sizeof ret->next);
    return OK;
}

/* ---- work that waits ---- */

struct api_trip {
    struct api *api;
    enum err (*then)(struct api *a, enum err e, void *arg);
    enum err (*work)(struct cx *cx, void *arg);
    void *arg;
};

static enum err trip_work(struct cx *cx, void *arg)
{
    struct api_trip *t = arg;
    return t->work(cx, t->arg);
}

static enum err trip_back(struct rq *rq, enum err e, void *arg)
{
    struct api_trip *t = arg;
    (void)rq;
    return settle(t->api, t->then(t->api, e, t->arg));
}

enum err api_away(struct api *a, enum err (*work)(struct cx *cx, void *arg), void *arg, int ms,
                  enum err (*then)(struct api *a, enum err e, void *arg))
{
    struct api_trip *t = ARENA_NEW(a->cx->arena, struct api_trip);
    *t = (struct api_trip){a, then, work, arg};
    return web_away(a->rq, trip_work, t, ms, trip_back);
}
