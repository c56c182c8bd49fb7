#include "node/http/frame.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/jw.h"
#include "node/base/log.h"
#include "node/base/metrics.h"
#include "node/db/db.h"
#include "node/net/s3.h"
#include "node/node.h"
#include "node/server.h"

/* One of the three places where a code is translated (node/base/err.h). */
static const struct {
    int status;
    const char *sentence;
} codes[ERR_COUNT] = {
    [OK] = {200, ""},
    [ERR_INVALID] = {400, N_("That request makes no sense to us. Please check it and try again.")},
    [ERR_UNAUTHENTICATED] = {401, N_("Please sign in.")},
    [ERR_FORBIDDEN] = {403, N_("You may not do that here.")},
    [ERR_PAYMENT_REQUIRED] = {402, N_("A membership opens this.")},
    [ERR_NOT_FOUND] = {404, N_("There is nothing at this address.")},
    [ERR_GONE] = {410, N_("This was here once and has been deleted.")},
    [ERR_CONFLICT] = {409, N_("Something changed meanwhile. Please reload the page and try again.")},
    [ERR_TOO_LARGE] = {413, N_("That is too large. Please send something smaller.")},
    [ERR_UNSUPPORTED] = {415, N_("We do not understand that kind of request here.")},
    [ERR_RATE_LIMITED] = {429, N_("That was too often. Please wait a little.")},
    [ERR_MISDIRECTED] = {421, N_("This name is not served here. Please check the address.")},
    [ERR_UPSTREAM] = {503, N_("Another server did not answer. Please try again later.")},
    [ERR_TIMEOUT] = {504, N_("That took too long. Please try again.")},
    [ERR_BUSY] = {503, N_("We are busy right now. Please try again in a moment.")},
    [ERR_STORAGE] = {503, N_("We cannot store anything right now. Please try again later.")},
    [ERR_INTERNAL] = {500, N_("Something went wrong on our side. Please try again later.")},
};

int http_status_of(enum err e)
{
    return (unsigned)e < ERR_COUNT ? codes[e].status : 500;
}

const char *http_sentence(const struct rq *rq, enum err e)
{
    if (rq->cx->tell != NULL)
        return rq->cx->tell;
    return i18n_get(rq->cx->locale, codes[(unsigned)e < ERR_COUNT ? e : ERR_INTERNAL].sentence);
}

const char *http_reason(int status)
{
    const char *s = MHD_get_reason_phrase_for((unsigned)status);
    return s == NULL ? "Error" : s;
}

/* ---- headers ---- */

#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "                   \
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "            \
    "manifest-src 'self'; "
static const struct cache_header security[] = {
    {"Content-Security-Policy", POLICY "img-src 'self' data:; media-src 'self'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};
enum { N_SECURITY = sizeof(security) / sizeof(security[0]) };
static const struct cache_header hsts = {"Strict-Transport-Security", "max-age=31536000"};

static const char vary_negotiated[] = "Accept, Accept-Language, Accept-Encoding, Cookie";

void rq_add_header(struct rq *rq, const char *name, struct str value)
{
    struct call *c = call_of(rq);
    if (c->n_added == HTTP_MAX_ADDED_HEADERS) {
        (void)!cx_fail(rq->cx, ERR_INTERNAL, "too many headers: %s", name);
        return;
    }
    c->added[c->n_added++] = (struct cache_header){name, str_z(rq->cx->arena, value)};
}

void rq_cache_control(struct rq *rq, const char *value)
{
    call_of(rq)->cache_control = value;
}

/* Programs in browsers of other origins may ask, with a token in a header: no cookie counts there, so nothing
 * is given that they could not have without the browser. */
static const struct cache_header cross_origin[] = {
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Expose-Headers", "Link, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
                                      "X-RateLimit-Reset, X-Request-Id, Idempotency-Replayed"},
    /* asked before the request itself (Fetch, "CORS-preflight") */
    {"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"},
    {"Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key"},
    {"Access-Control-Max-Age", "86400"},
};
enum { N_CROSS_ORIGIN = sizeof(cross_origin) / sizeof(cross_origin[0]), N_CROSS_ORIGIN_ANSWER = 2 };

static bool is_for_programs(const struct rq *rq)
{
    return str_starts(rq->target, STR("/api/"));
}

static bool spoke_for_itself(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->n_added; i++)
        if (str_ieq_c(str_c(c->added[i].name), name))
            return true;
    return false;
}

/* Pictures and films may lie in storage elsewhere, where /media/… leads. An answer to a failure doesn't
 * ask the store, which may be what failed. */
static const char *policy_of(struct call *c)
{
    struct cx *cx = c->rq.cx;
    const struct s3 *s3 = NULL;
    if (cx->node->s3 == NULL || cx->fail != NULL || s3_of(cx, &s3) != OK)
        s3 = s3_known(cx->node);
    if (s3 == NULL)
        return security[0].value;
    return arena_printf(cx->arena, POLICY "img-src 'self' data: " STR_FMT "; media-src 'self' " STR_FMT,
                        STR_ARG(s3->public_origin), STR_ARG(s3->public_origin));
}

/* Every header of the answer but those of its content. out has room for all. */
static size_t collect_headers(struct call *c, struct cache_header *out, const char *default_cache,
                              const char *vary)
{
    size_t n = 0;
    for (size_t i = 0; i < N_SECURITY; i++)
        if (!spoke_for_itself(c, security[i].name))
            out[n++] = i > 0 ? security[i] : (struct cache_header){security[0].name, policy_of(c)};
    if (c->rq.secure)
        out[n++] = hsts;
    if (vary != NULL && !spoke_for_itself(c, "Vary"))
        out[n++] = (struct cache_header){"Vary", vary};
    if (!spoke_for_itself(c, "Cache-Control"))
        out[n++] = (struct cache_header){
            "Cache-Control", c->cache_control != NULL ? c->cache_control : default_cache};
    if (is_for_programs(&c->rq))
        for (size_t i = 0; i < (c->rq.method == OPTIONS ? N_CROSS_ORIGIN : N_CROSS_ORIGIN_ANSWER); i++)
            out[n++] = cross_origin[i];
    for (size_t i = 0; i < c->n_added; i++)
        out[n++] = c->added[i];
    return n;
}
enum { MAX_HEADERS = N_SECURITY + 3 + N_CROSS_ORIGIN + HTTP_MAX_ADDED_HEADERS };

static void add_headers(struct call *c, struct MHD_Response *r, const char *default_cache,
                        const char *vary)
{
    struct cache_header h[MAX_HEADERS];
    size_t n = collect_headers(c, h, default_cache, vary);
    for (size_t i = 0; i < n; i++)
        if (MHD_add_response_header(r, h[i].name, h[i].value) != MHD_YES)
            (void)!cx_fail(c->rq.cx, ERR_INTERNAL, "header %s has an impossible value", h[i].name);
    MHD_add_response_header(r, "X-Request-Id", c->rq.cx->trace);
}

void reply_set(struct call *c, int status, struct MHD_Response *take_response)
{
    if (c->response != NULL && c->entry == NULL && !c->borrowed)
        MHD_destroy_response(c->response);
    cache_entry_unref(c->entry);
    c->entry = NULL;
    c->borrowed = false;
    c->response = take_response;
    c->status = status;
}

/* ---- answers of bytes ---- */

static bool is_public(const char *cache_control)
{
    struct str s = str_c(cache_control);
    return !str_contains(s, STR("no-store")) && !str_contains(s, STR("private"));
}

static bool may_cache(const struct call *c, int status)
{
    const struct rq *rq = &c->rq;
    return status == 200 && !c->uncacheable && !c->early && rq->route != NULL &&
           !atomic_load(&c->http->leaving) &&
           rq->route->cached && rq->route->method == GET && c->http->cache != NULL &&
           (c->cache_control == NULL || is_public(c->cache_control));
}

static void reply_cached(struct call *c, const char *type, struct str body, const char *vary)
{
    struct rq *rq = &c->rq;
    struct cache_header h[MAX_HEADERS];
    struct cache_answer a = {
        .body = body,
        .type = type,
        .headers = h,
        .n_headers = collect_headers(c, h, "private, no-cache", vary),
        .immutable = c->cache_control != NULL &&
                     str_contains(str_c(c->cache_control), STR("immutable")),
        .brief = atomic_load(&c->http->server->beside) ||
                 (c->node->db != NULL && db_is_shared(c->node->db)),
    };
    if (rq->cx->good_until != 0) {
        int64_t left = rq->cx->good_until - clock_now();
        a.at_most_ms = left > 0 ? left : 1;
    }
    reply_set(c, 0, NULL);
    size_t n;
    c->entry = http_cache_put(c->http->cache, c->key, c->generation, clock_monotonic(), &a);
    c->response =
        cache_entry_answer(c->entry, accepts_gzip(rq_header(rq, "Accept-Encoding")),
                           rq_header(rq, "If-None-Match"), &c->status, &n);
    c->bytes = (int64_t)n;
}

enum err reply_bytes(struct rq *rq, int status, const char *type, struct buf *take_body)
{
    struct call *c = call_of(rq);
    struct str body = buf_str(take_body);
    struct MHD_Response *r;
    const char *vary = str_starts(str_c(type), STR("text/html")) ? vary_negotiated
                                                                 : "Accept, Accept-Encoding";
    if (take_body->overflow) {
        buf_free(take_body);
        return cx_fail(rq->cx, ERR_INTERNAL, "the answer is larger than its maximum");
    }
    if (may_cache(c, status)) {
        reply_cached(c, type, body, vary);
        buf_free(take_body);
        return OK;
    }
    /* Bytes on the arena live as long as the call; malloc's are given away. */
    bool own = take_body->arena == NULL && take_body->p != NULL;
    r = MHD_create_response_from_buffer(body.n, own ? take_body->p : (void *)(uintptr_t)body.p,
                                        own ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (r == NULL) {
        buf_free(take_body);
        return cx_fail(rq->cx, ERR_INTERNAL, "no response");
    }
    if (own)
        *take_body = (struct buf){0};
    add_headers(c, r, "private, no-cache", vary);
    MHD_add_response_header(r, "Content-Type", type);
    reply_set(c, status, r);
    c->bytes = (int64_t)body.n;
    return OK;
}

enum err reply_html(struct rq *rq, int status, struct buf *take_body)
{
    return reply_bytes(rq, status, "text/html; charset=utf-8", take_body);
}

enum err reply_text(struct rq *rq, int status, const char *text)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, strlen(text) + 1);
    buf_put_c(&b, text);
    return reply_bytes(rq, status, "text/plain; charset=utf-8", &b);
}

enum err reply_empty(struct rq *rq, int status)
{
    struct call *c = call_of(rq);
    struct MHD_Response *r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (r == NULL)
        return cx_fail(rq->cx, ERR_INTERNAL, "no response");
    add_headers(c, r, "private, no-cache", NULL);
    reply_set(c, status, r);
    return OK;
}

enum err reply_redirect(struct rq *rq, struct str target)
{
    /* "//host" and "/\host" would leave for another site. */
    bool ours = target.n > 0 && target.p[0] == '/' &&
                (target.n == 1 || (target.p[1] != '/' && target.p[1] != '\\'));
    bool sound = ours || str_starts(target, STR("https://")) || str_starts(target, STR("http://"));
    for (size_t i = 0; i < target.n; i++)
        sound = sound && (unsigned char)target.p[i] > 0x20 && target.p[i] != 0x7f;
    if (!sound)
        return cx_fail(rq->cx, ERR_INTERNAL, "a redirect that leads nowhere");
    rq_add_header(rq, "Location", target);
    return reply_empty(rq, 303);
}

/* ---- files ---- */

static const char file_policy[] =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'none'";

static enum range wanted_range(struct rq *rq, struct str etag, int64_t size, int64_t *from,
                               int64_t *n)
{
    struct str range = rq_header(rq, "Range");
    struct str only_if = rq_header(rq, "If-Range");
    *from = 0;
    *n = size;
    if (range.n == 0 || (rq->method != GET && rq->method != HEAD))
        return RANGE_WHOLE;
    if (only_if.p != NULL && !str_eq(only_if, etag)) /* strong comparison; dates never match */
        return RANGE_WHOLE;
    return range_read(range, size, from, n);
}

static enum err reply_unsatisfiable(struct rq *rq, int64_t size)
{
    rq_add_header(rq, "Content-Range", str_fmt(rq->cx->arena, "bytes */%lld", (long long)size));
    return reply_empty(rq, 416);
}

enum err reply_file(struct rq *rq, int take_fd, int64_t size, const char *type, struct str etag,
                    const char *cache_control, struct str disposition)
{
    struct call *c = call_of(rq);
    struct arena *a = rq->cx->arena;
    int64_t from, n;
    struct MHD_Response *r = NULL;

    if (etag.n > 0 && etag.p[0] != '"')
        etag = str_fmt(a, "\"" STR_FMT "\"", STR_ARG(etag));
    if (etag.n > 0)
        rq_add_header(rq, "ETag", etag);
    rq_add_header(rq, "Accept-Ranges", STR("bytes"));
    if (cache_control != NULL)
        c->cache_control = cache_control;
    if (!spoke_for_itself(c, "Content-Security-Policy"))
        rq_add_header(rq, "Content-Security-Policy", str_c(file_policy));
    if (etag.n > 0 && etag_in_list(rq_header(rq, "If-None-Match"), etag)) {
        close(take_fd);
        return reply_empty(rq, 304);
    }
    enum range part = wanted_range(rq, etag, size, &from, &n);
    if (part == RANGE_UNSATISFIABLE) {
        close(take_fd);
        return reply_unsatisfiable(rq, size);
    }
    if (disposition.n > 0)
        rq_add_header(rq, "Content-Disposition", disposition);
    if (part == RANGE_PART)
        rq_add_header(rq, "Content-Range",
                      str_fmt(a, "bytes %lld-%lld/%lld", (long long)from, (long long)(from + n - 1),
                              (long long)size));
    if (n > 0)
        r = MHD_create_response_from_fd_at_offset64((uint64_t)n, take_fd, (uint64_t)from);
    if (r == NULL)
        close(take_fd);
    if (n == 0)
        r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (r == NULL)
        return cx_fail(rq->cx, ERR_INTERNAL, "no response from file");
    add_headers(c, r, "private, no-cache", NULL);
    MHD_add_response_header(r, "Content-Type", type);
    reply_set(c, part == RANGE_PART ? 206 : 200, r);
    c->bytes = n;
    return OK;
}

/* ---- errors ---- */

struct MHD_Response *reply_ready(const char *text, size_t n, const char *type,
                                 const char *retry_after, const char *policy)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(n, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return NULL;
    for (size_t i = 0; i < N_SECURITY; i++)
        MHD_add_response_header(r, security[i].name,
                                i == 0 && policy != NULL ? policy : security[i].value);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "Content-Type", type);
    if (retry_after != NULL)
        MHD_add_response_header(r, "Retry-After", retry_after);
    return r;
}

struct MHD_Response *reply_plain_error(int status, enum err e, bool json, bool secure)
{
    char text[512];
    const char *sentence = codes[e].sentence;
    int n = json ? snprintf(text, sizeof(text), "{\"error\":\"%s\",\"message\":\"%s\"}",
                            err_name(e), sentence)
                 : snprintf(text, sizeof(text), "%d %s\n%s\n", status, http_reason(status), sentence);
    struct MHD_Response *r = reply_ready(
        text, (size_t)n, json ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
        status == 503 ? "2" : NULL, NULL);
    if (r != NULL && secure)
        MHD_add_response_header(r, hsts.name, hsts.value);
    return r;
}

/* RFC 9457. "code" is for programs, "error" is what a Mastodon app looks for. */
static void error_problem(struct call *c, enum err e, int status)
{
    struct rq *rq = &c->rq;
    struct buf b;
    struct jw w;
    const char *sentence = http_sentence(rq, e);
    buf_init_arena(&b, rq->cx->arena, KB(16));
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "type", "about:blank");
    jw_key_c(&w, "title", http_reason(status));
    jw_key_i64(&w, "status", status);
    jw_key_c(&w, "detail", sentence);
    jw_key_c(&w, "code", err_name(e));
    if (rq->field != NULL)
        jw_key_c(&w, "field", rq->field);
    jw_key_c(&w, "request_id", rq->cx->trace);
    jw_key_c(&w, "error", sentence);
    jw_end(&w);
    rq_add_header(rq, "Content-Language", i18n_tag(rq->cx->locale));
    (void)!reply_bytes(rq, status, "application/problem+json", &b);
}

static void error_json(struct call *c, enum err e, int status)
{
    struct rq *rq = &c->rq;
    struct buf b;
    if (is_for_programs(rq)) {
        error_problem(c, e, status);
        return;
    }
    buf_init_arena(&b, rq->cx->arena, KB(16));
    buf_lit(&b, "{\"error\":");
    buf_put_json(&b, str_c(err_name(e)));
    buf_lit(&b, ",\"message\":");
    buf_put_json(&b, str_c(http_sentence(rq, e)));
    buf_lit(&b, "}");
    (void)!reply_bytes(rq, status, "application/json; charset=utf-8", &b);
}

static void error_text(struct call *c, enum err e, int status)
{
    struct rq *rq = &c->rq;
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, KB(16));
    buf_put_c(&b, http_sentence(rq, e));
    buf_lit(&b, "\n");
    (void)!reply_bytes(rq, status, "text/plain; charset=utf-8", &b);
}

static void error_html(struct call *c, enum err e, int status)
{
    struct rq *rq = &c->rq;
    const struct http_hooks *hooks = c->http->hooks;
    struct buf b;
    if (hooks != NULL && hooks->error_page != NULL)
        hooks->error_page(rq, e, status);
    if (c->response != NULL)
        return;
    buf_init_arena(&b, rq->cx->arena, KB(16));
    buf_fmt(&b, "<!doctype html><meta charset=utf-8><title>%d</title><h1>%d %s</h1><p>", status,
            status, http_reason(status));
    buf_put_html(&b, str_c(http_sentence(rq, e)));
    (void)!reply_html(rq, status, &b);
}

static int64_t retry_after(const struct call *c, enum err e, int status)
{
    if (c->rq.cx->retry_after_s > 0)
        return c->rq.cx->retry_after_s;
    if (status != 503 && status != 429)
        return 0;
    return e == ERR_UPSTREAM ? 300 : 5;
}

void reply_error(struct call *c, enum err e, int status)
{
    struct rq *rq = &c->rq;
    int64_t wait;
    if (e == OK) { /* OPTIONS, or a redirect of the frame's */
        if (reply_empty(rq, status) != OK)
            reply_set(c, 500, reply_plain_error(500, ERR_INTERNAL, false, rq->secure));
        return;
    }
    c->uncacheable = true;
    reply_set(c, 0, NULL);
    rq_cache_control(rq, "no-store");
    wait = retry_after(c, e, status);
    if (wait > 0)
        rq_add_header(rq, "Retry-After", str_fmt(rq->cx->arena, "%lld", (long long)wait));
    if (status == 401 && rq->route != NULL && rq->route->who == TOKEN)
        rq_add_header(rq, "WWW-Authenticate", STR("Bearer"));
    if (rq->repr == REPR_HTML)
        error_html(c, e, status);
    else if (rq->repr == REPR_TEXT)
        error_text(c, e, status);
    else
        error_json(c, e, status);
    if (c->response == NULL)
        reply_set(c, status, reply_plain_error(status, e, false, rq->secure));
    c->status = status;
}

/* ---- the log ---- */

void log_access(struct call *c)
{
    const struct rq *rq = &c->rq;
    metrics_request(c->http->server->metrics, c->status, clock_monotonic() - c->began,
                    (uint64_t)c->bytes);
    if (c->entry != NULL)
        METRICS_COUNT(c->http->server->metrics, cache_misses, 1);
    if (rq->cx == NULL)
        return;
    NODE_COUNT(c->node, requests, 1);
    NODE_COUNT(c->node, bytes_out, c->bytes);
    if (rq->cx->fail != NULL) {
        if (c->status >= 500)
            log_error("http", "%s trace=%s", rq->cx->fail, rq->cx->trace);
        else
            log_info("http", "%s trace=%s", rq->cx->fail, rq->cx->trace);
    }
    struct str node = c->node->id == 0 ? STR("") : c->node->name; /* 0: the only one */
    log_info("http", "%s" STR_FMT "%smethod=%s route=%s status=%d ms=%lld trace=%s",
             node.n > 0 ? "node=" : "", STR_ARG(node), node.n > 0 ? " " : "",
             http_method_name(rq->method), rq->route == NULL ? "-" : rq->route->path, c->status,
             (long long)(clock_monotonic() - c->began), rq->cx->trace);
}
