#include "admin/host/api_int.h"

#include <stdlib.h>
#include <string.h>

#include "admin/host/host_sql.h"
#include "admin/host/keep_sql.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/limiter.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/http/http.h"
#include "node/http/route.h"
#include "node/server.h"

enum { KEY_MAX = 200, WRONG_BURST = 60 };
enum { REQUEST_TAKES_MS = 10 * 60 * 1000 }; /* far more than any verb */
static const double WRONG_PER_SECOND = 0.2;

struct host_api *host_api_new(struct host *h)
{
    struct host_api *api = calloc(1, sizeof *api);
    if (api == NULL)
        abort();
    api->h = h;
    return api;
}

struct host_api *host_api_free(struct host_api *api)
{
    free(api);
    return NULL;
}

enum err host_answers(struct host *h)
{
    int64_t n;
    struct cx *cx = cx_new(&h->node);
    enum err e = q_host_change_last(cx, &n);
    cx_free(cx);
    return e;
}

/* ---- asking ---- */

enum err api_text(struct api_call *c, const char *key, struct str *ret)
{
    *ret = STR_NULL;
    if (c->body == NULL) {
        *ret = irq_query(c->rq, key);
        return OK;
    }
    const json_t *v = json_object_get(c->body, key);
    if (v == NULL || json_is_null(v))
        return OK;
    if (!json_is_string(v))
        return cx_tellf(c->cx, ERR_INVALID, N_("“{0}” is a text."), &(struct str){key, strlen(key)}, 1);
    *ret = json_text(v);
    return OK;
}

enum err api_i64(struct api_call *c, const char *key, int64_t *ret, bool *ret_there)
{
    struct str name = str_c(key);
    bool ok = true;
    *ret_there = false;
    if (c->body != NULL) {
        const json_t *v = json_object_get(c->body, key);
        *ret_there = v != NULL && !json_is_null(v);
        ok = !*ret_there || json_is_integer(v);
        if (*ret_there && ok)
            *ret = json_integer_value(v);
    } else {
        struct str s = irq_query(c->rq, key);
        *ret_there = s.p != NULL;
        ok = !*ret_there || str_to_i64(s, ret);
    }
    return ok ? OK : cx_tellf(c->cx, ERR_INVALID, N_("“{0}” is a whole number."), &name, 1);
}

enum err api_limit(struct api_call *c, int64_t *ret)
{
    bool there;
    *ret = 100;
    TRY(api_i64(c, "limit", ret, &there));
    if (*ret < 1 || *ret > HOST_PAGE_MAX)
        return cx_tell(c->cx, ERR_INVALID, N_("“limit” is between 1 and 500."));
    return OK;
}

enum err api_keys(struct api_call *c, const char *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)c->body, key, value)
    {
        struct str rest = str_c(known), piece;
        bool found = false;
        while (!found && str_next(&rest, ' ', &piece))
            found = str_eq_c(piece, key);
        if (!found) {
            struct str name = str_utf8_cut(str_c(key), 60);
            return cx_tellf(c->cx, ERR_INVALID, N_("“{0}” is not asked for here."), &name, 1);
        }
    }
    return OK;
}

/* ---- finding the route ---- */

/* "/v1/nodes/{name}/move" against "/v1/nodes/tea/move". */
static bool path_takes(const char *pattern, struct str path, struct str *ret_name)
{
    struct str a = str_c(pattern), b = path, x, y;
    for (;;) {
        bool more = str_next(&a, '/', &x);
        if (more != str_next(&b, '/', &y))
            return false;
        if (!more)
            return true;
        if (str_eq_c(x, "{name}")) {
            if (y.n == 0)
                return false;
            *ret_name = y;
        } else if (!str_eq(x, y)) {
            return false;
        }
    }
}

static const struct api_route *find_route(struct irq *rq, struct str *ret_name, unsigned *ret_allowed)
{
    const struct api_route *found = NULL;
    *ret_allowed = 0;
    for (const struct api_route *r = host_api_routes; r->path != NULL; r++) {
        if (!path_takes(r->path, rq->path, ret_name))
            continue;
        *ret_allowed |= (unsigned)r->method;
        if (r->method == rq->method)
            found = r;
    }
    return found;
}

/* ---- who asks, and what with ---- */

/* Wrong tokens are counted, right ones never: nobody can lock the panel out. */
static enum err check_token(struct api_call *c)
{
    struct str header = irq_header(c->rq, "Authorization");
    struct limiter *l = c->cx->node->server->limiter;
    struct str token = str_istarts(header, STR("Bearer ")) ? str_trim(str_sub(header, 7, SIZE_MAX))
                                                           : STR("");
    enum err e = host_token_check(c->cx, token, &c->token_id);
    if (e != ERR_UNAUTHENTICATED || l == NULL)
        return e;
    struct str key = str_fmt(c->cx->arena, "host token " STR_FMT, STR_ARG(c->rq->ip));
    if (limiter_take(l, key, WRONG_BURST, WRONG_PER_SECOND, c->cx->now, &c->cx->retry_after_s))
        return e;
    return cx_tell(c->cx, ERR_RATE_LIMITED, N_("That was too often. Please wait a little."));
}

static enum err read_body(struct api_call *c, const struct api_route *route)
{
    json_t *doc = NULL;
    struct str type = irq_header(c->rq, "Content-Type");
    if (route->body == NULL)
        return OK;
    if (type.p != NULL && !str_istarts(type, STR("application/json")))
        return cx_tell(c->cx, ERR_UNSUPPORTED, N_("Send JSON: Content-Type: application/json."));
    struct str bytes = str_empty(str_trim(c->rq->body)) ? STR("{}") : c->rq->body;
    if (json_read(c->cx->arena, bytes, NULL, &doc) != OK || !json_is_object(doc))
        return cx_tell(c->cx, ERR_INVALID, N_("The body is not a JSON object."));
    c->body = doc;
    return OK;
}

/* ---- requests that come twice ---- */

static struct str hash_request(struct api_call *c)
{
    struct buf b;
    unsigned char *hash = arena_alloc(c->cx->arena, 32);
    buf_init_arena(&b, c->cx->arena, INTERNAL_BODY_MAX + 16384);
    buf_put(&b, c->rq->path);
    buf_put_char(&b, '\n');
    buf_put(&b, c->rq->query);
    buf_put_char(&b, '\n');
    buf_put(&b, c->rq->body);
    crypt_sha256(buf_str(&b), hash);
    return (struct str){(const char *)hash, 32};
}

/* *ret_done: the answer of the first time stands in rq. */
static enum err begin_once(struct api_call *c, struct str key, bool *ret_done)
{
    struct cx *cx = c->cx;
    struct host_request_read_row r;
    struct str hash = hash_request(c), answer;
    bool found;
    int64_t n;
    *ret_done = false;
    if (key.n > KEY_MAX)
        return cx_tell(cx, ERR_INVALID, N_("An Idempotency-Key has at most 200 bytes."));
    int64_t expires = cx->now + HOST_REQUEST_HOURS * MS_HOUR;
    TRY(q_host_request_begin(cx, c->token_id, key, hash, expires, expires - REQUEST_TAKES_MS, &n));
    if (n > 0)
        return OK;
    TRY(q_host_request_read(cx, c->token_id, key, &found, &r));
    if (!found)
        return cx_tell(cx, ERR_BUSY, N_("The first request with this key is still being answered. Ask again in a moment."));
    if (!str_eq(r.request_hash, hash))
        return cx_tell(cx, ERR_INVALID, N_("This Idempotency-Key was used for another request."));
    if (r.status == 0 || r.answer.p == NULL)
        return cx_tell(cx, ERR_BUSY, N_("The first request with this key is still being answered. Ask again in a moment."));
    TRY(crypt_open(cx->arena, cx->node->secret, r.answer, &answer));
    c->rq->status = (int)r.status;
    c->rq->type = r.status >= 400 ? "application/problem+json" : "application/json";
    buf_put(&c->rq->out, answer);
    *ret_done = true;
    return OK;
}

/* What failed on our side may be asked again. */
static void end_once(struct api_call *c, struct str key)
{
    struct cx *cx = c->cx;
    struct irq *rq = c->rq;
    enum err e;
    if (rq->status < 500 && rq->status != 429 && !rq->out.overflow)
        e = q_host_request_end(cx, c->token_id, key, rq->status,
                               crypt_seal(cx->arena, cx->node->secret, buf_str(&rq->out)), NULL);
    else
        e = q_host_request_forget(cx, c->token_id, key, NULL);
    if (e != OK)
        log_warn("host", "an answer was not kept: %s", err_name(e));
}

/* ---- answering ---- */

static void say_error(struct api_call *c, enum err e)
{
    struct cx *cx = c->cx;
    const char *detail = cx->tell;
    int status = http_status_of(e);
    if (detail == NULL && status >= 500)
        detail = "That did not work on our side. The log says why; asking again may help.";
    else if (detail == NULL)
        detail = "That cannot be done.";
    if (status >= 500)
        log_error("host", "api: %s %s", err_name(e), cx->fail == NULL ? "" : cx->fail);
    c->rq->retry_after_s = cx->retry_after_s > 0 ? cx->retry_after_s : status == 503 ? 5 : 0;
    irq_problem(c->rq, status, e, detail);
}

static void run(struct api_call *c, const struct api_route *route)
{
    c->rq->status = route->status;
    enum err e = read_body(c, route);
    if (e == OK)
        e = route->run(c);
    if (e != OK)
        say_error(c, e);
}

static void run_once(struct api_call *c, const struct api_route *route, struct str key)
{
    bool done;
    enum err e = begin_once(c, key, &done);
    if (e != OK) {
        say_error(c, e);
    } else if (!done) {
        run(c, route);
        end_once(c, key);
    }
}

static void answer(struct api_call *c)
{
    unsigned allowed;
    struct str name = STR_NULL;
    const struct api_route *route = find_route(c->rq, &name, &allowed);
    enum err e = route != NULL && route->open ? OK : check_token(c);
    if (e != OK) {
        say_error(c, e);
    } else if (route == NULL && allowed != 0) {
        c->rq->allow = http_allow(c->cx->arena, allowed);
        irq_problem(c->rq, 405, ERR_UNSUPPORTED, "This address is asked with another method.");
        c->rq->allow = str_dup(c->rq->arena, c->rq->allow);
    } else if (route == NULL) {
        irq_problem(c->rq, 404, ERR_NOT_FOUND, "There is nothing at this address. /v1/openapi.json says what there is.");
    } else if (name.p != NULL && !irq_decode(c->rq->arena, name, &c->name)) {
        irq_problem(c->rq, 400, ERR_INVALID, "The address is malformed.");
    } else {
        struct str key = route->method == POST ? irq_header(c->rq, "Idempotency-Key") : STR_NULL;
        if (!str_empty(key))
            run_once(c, route, key);
        else
            run(c, route);
    }
}

void host_api_answer(struct irq *rq, void *arg)
{
    struct host_api *api = arg;
    struct api_call c = {.rq = rq, .cx = cx_new(&api->h->node)};
    answer(&c);
    cx_free(c.cx);
}
