#include "node/http/frame.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "node/base/metrics.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/nodes.h"
#include "node/server.h"

/* ---- the life of a call ---- */

/* libmicrohttpd cuts and unescapes the target in place soon after: this is the only moment to see it
 * as it was sent, which is what signatures are made of. What is returned comes back as *con_cls. */
void *http_on_target(void *cls, const char *uri, struct MHD_Connection *con)
{
    struct http *h = cls;
    size_t n = strlen(uri);
    bool too_long = n > HTTP_MAX_TARGET;
    if (too_long)
        n = 0;
    struct call *c = calloc(1, sizeof(*c) + n + 1);
    if (c == NULL)
        abort();
    c->http = h;
    c->con = con;
    c->body.fd = -1;
    c->target_n = n;
    memcpy(c->target, uri, n);
    c->target[n] = '\0';
    atomic_init(&c->refs, 1);
    pthread_mutex_init(&c->mutex, NULL);
    c->began = clock_monotonic();
    if (too_long) {
        c->early = true;
        c->early_err = ERR_TOO_LARGE;
        c->early_status = 414;
    }
    atomic_fetch_add_explicit(&h->open_calls, 1, memory_order_relaxed);
    return c;
}

void call_unref(struct call *c)
{
    if (atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    if (c->response != NULL && c->entry == NULL && !c->borrowed)
        MHD_destroy_response(c->response);
    cache_entry_unref(c->entry);
    body_close(&c->body);
    cx_free(c->rq.cx);
    if (c->node != NULL)
        node_drop(c->node);
    pthread_mutex_destroy(&c->mutex);
    free(c);
}

static void keep_socket(struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->con, MHD_CONNECTION_INFO_CONNECTION_FD);
    int fd = info == NULL ? -1 : fcntl(info->connect_fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
        linger_take(c->http->linger, fd);
}

void http_on_completed(void *cls, struct MHD_Connection *con, void **con_cls,
                       enum MHD_RequestTerminationCode how)
{
    struct http *h = cls;
    struct call *c = *con_cls;
    (void)con;
    (void)how;
    if (c == NULL)
        return;
    *con_cls = NULL;
    if (c->linger)
        keep_socket(c);
    atomic_fetch_sub(&h->body_bytes, c->body_counted);
    call_unref(c);
    atomic_fetch_sub_explicit(&h->open_calls, 1, memory_order_release);
}

/* ---- answers from the epoll thread ---- */

/* What the cache asks about a request, gathered in one walk over its head. */
struct hot_head {
    struct str host, accept, language, encoding, cookie, if_none_match;
    bool odd; /* something that the cache does not answer */
    bool is_signed;
};

static enum MHD_Result each_hot(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                const char *value, size_t value_n)
{
    struct hot_head *h = cls;
    struct str k = {key, key_n};
    struct str v = {value == NULL ? "" : value, value == NULL ? 0 : value_n};
    struct str *to = NULL;
    (void)kind;
    switch (key_n) {
    case 4:
        to = str_ieq(k, STR("Host")) ? &h->host : NULL;
        break;
    case 5:
        h->odd = h->odd || str_ieq(k, STR("Range"));
        break;
    case 6:
        to = str_ieq(k, STR("Accept")) ? &h->accept
             : str_ieq(k, STR("Cookie")) ? &h->cookie : NULL;
        break;
    case 9:
        h->is_signed = h->is_signed || str_ieq(k, STR("Signature"));
        break;
    case 13:
        to = str_ieq(k, STR("If-None-Match")) ? &h->if_none_match : NULL;
        h->odd = h->odd || str_ieq(k, STR("Authorization"));
        break;
    case 15:
        to = str_ieq(k, STR("Accept-Encoding"))   ? &h->encoding
             : str_ieq(k, STR("Accept-Language")) ? &h->language : NULL;
        break;
    default:
        break;
    }
    if (to == NULL)
        return MHD_YES;
    h->odd = h->odd || to->p != NULL; /* a second line of that name */
    *to = v;
    return MHD_YES;
}

static struct str hot_cookie(bool secure, struct str header, bool lang)
{
    if (header.n == 0)
        return STR_NULL;
    if (secure)
        return cookie_find(header, lang ? STR("__Host-lang") : STR("__Host-theme"));
    return cookie_find(header, lang ? STR("lang") : STR("theme"));
}

/* MHD_YES when it has been answered; *ret_done says so. Allocates nothing, and wakes nobody. */
static enum MHD_Result answer_from_cache(struct call *c, bool *ret_done)
{
    struct node_glance node;
    struct hot_head head = {0};
    size_t bytes;
    int status;

    *ret_done = false;
    if (c->early || c->http->cache == NULL || c->target[0] != '/' ||
        atomic_load_explicit(&c->http->leaving, memory_order_relaxed))
        return MHD_YES;
    MHD_get_connection_values_n(c->con, MHD_HEADER_KIND, each_hot, &head);
    if (head.odd || !nodes_glance(c->http->server->nodes, head.host, &node) || !node.met ||
        node.state != NODE_ACTIVE || (head.is_signed && node.guarded) ||
        (head.cookie.n > 0 && !cookies_pass_cache(node.secure, head.cookie)))
        return MHD_YES;
    struct str target = {c->target, c->target_n};
    enum locale locale = locale_for(hot_cookie(node.secure, head.cookie, true), head.language);
    struct cache_key key = {node.id, target,
                            cache_variant(repr_for(target, head.accept), locale,
                                          hot_cookie(node.secure, head.cookie, false))};
    struct cache_entry *e =
        http_cache_find(c->http->cache, key, node.generation, clock_monotonic());
    if (e == NULL)
        return MHD_YES;
    *ret_done = true;
    struct MHD_Response *r =
        cache_entry_answer(e, accepts_gzip(head.encoding), head.if_none_match, &status, &bytes);
    nodes_count_answer(c->http->server->nodes, node.id, bytes);
    metrics_request(c->http->server->metrics, status, clock_monotonic() - c->began, bytes);
    METRICS_COUNT(c->http->server->metrics, cache_hits, 1);
    enum MHD_Result result = MHD_queue_response(c->con, (unsigned)status, r);
    cache_entry_unref(e);
    return result;
}

static enum MHD_Result send_busy(struct call *c)
{
    return MHD_queue_response(c->con, 503, c->http->busy);
}

/* libmicrohttpd queues no answer while a body is coming: ours goes straight to the socket, and the
 * connection ends. */
static enum MHD_Result send_raw(struct call *c, int status, const char *type,
                                const char *retry_after, struct str text)
{
    char head[320];
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->con, MHD_CONNECTION_INFO_CONNECTION_FD);
    int m = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: %s\r\n"
                     "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                     "%s%s%sContent-Length: %zu\r\n\r\n",
                     status, http_reason(status), type, retry_after == NULL ? "" : "Retry-After: ",
                     retry_after == NULL ? "" : retry_after, retry_after == NULL ? "" : "\r\n",
                     text.n);
    if (info != NULL && m > 0 && m < (int)sizeof(head)) {
        (void)!send(info->connect_fd, head, (size_t)m, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
        (void)!send(info->connect_fd, text.p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    c->status = status;
    c->linger = true;
    return MHD_NO;
}

static enum MHD_Result refuse_body(struct call *c, int status, enum err e)
{
    struct buf text;
    door_find(c);
    if (c->door != DOOR_OPEN) /* what is wrong with the request is wrong for anybody's */
        return send_raw(c, status, "text/plain; charset=utf-8", NULL, str_c(http_reason(status)));
    if (c->rq.cx == NULL) {
        c->early = true; /* refused before the first look at it: only the language matters */
        call_prepare(c);
    }
    bool json = c->rq.repr == REPR_JSON || c->rq.repr == REPR_ACTIVITY;
    buf_init_arena(&text, c->rq.cx->arena, 2000);
    if (json) {
        buf_fmt(&text, "{\"error\":\"%s\",\"message\":", err_name(e));
        buf_put_json(&text, str_c(http_sentence(&c->rq, e)));
        buf_lit(&text, "}");
    } else {
        buf_fmt(&text, "%d %s\n%s\n", status, http_reason(status), http_sentence(&c->rq, e));
    }
    (void)!send_raw(c, status, json ? "application/json" : "text/plain; charset=utf-8", NULL,
                    buf_str(&text));
    log_access(c);
    return MHD_NO;
}

static enum MHD_Result refuse_at_door(struct call *c)
{
    return send_raw(c, door_status(c->sign), "text/plain; charset=utf-8",
                    door_retry_after(c->sign), str_c(door_sentence(c->sign)));
}

/* ---- the steps of a request ---- */

static bool expects_body(struct call *c, int64_t *ret_length, bool *ret_chunked)
{
    struct str length = header_find(c->con, "Content-Length");
    *ret_chunked = header_find(c->con, "Transfer-Encoding").p != NULL;
    *ret_length = 0;
    if (length.p != NULL && !str_to_i64(str_trim(length), ret_length))
        *ret_length = INT64_MAX;
    return *ret_chunked || *ret_length > 0;
}

static enum MHD_Result dispatch(struct call *c, enum task task)
{
    if (pool_take(c, task))
        return MHD_YES;
    return send_busy(c);
}

/* The first look at a request with a body: nothing has been read of it yet. */
static enum MHD_Result begin_body(struct call *c, int64_t length, bool chunked)
{
    struct rq *rq = &c->rq;
    bool has_expect = header_find(c->con, "Expect").p != NULL;
    int64_t cap = HTTP_BODY_IGNORED;

    door_find(c);
    if (c->door == DOOR_SHUT)
        return refuse_at_door(c);
    if (c->door == DOOR_ASLEEP)
        return dispatch(c, TASK_WAKE);
    c->stage = STAGE_BODY;
    body_init(&c->body);
    call_prepare(c);
    if (rq->method == GET || rq->method == HEAD || c->early || rq->route == NULL)
        c->body_ignored = true;
    else
        cap = rq->route->body_cap;
    if (length > cap) {
        if (!c->early) {
            c->early = true;
            c->early_err = ERR_TOO_LARGE;
            c->early_status = 413;
        }
        c->linger = true;
        return dispatch(c, TASK_RUN);
    }
    if (c->early && has_expect) {
        c->linger = true;
        return dispatch(c, TASK_RUN);
    }
    bool large = chunked || has_expect || length > HTTP_BODY_IGNORED;
    if (!c->body_ignored && large && who_signs_in(rq->route->who))
        return dispatch(c, TASK_CHECK);
    return MHD_YES;
}

/* Where the body ends must be beyond doubt, or what we take for its end a front proxy may take for
 * another request (RFC 9112 sections 5.1, 6.1, 6.3). libmicrohttpd takes the first of several lengths,
 * a length beside chunks, codings that it doesn't know, and a blank before the colon. */
struct framing {
    int lengths, codings;
    bool bad;
};

static enum MHD_Result each_framing(void *cls, enum MHD_ValueKind kind, const char *key,
                                    size_t key_n, const char *value, size_t value_n)
{
    struct framing *f = cls;
    struct str k = {key, key_n}, v = {value == NULL ? "" : value, value == NULL ? 0 : value_n};
    (void)kind;
    if (key_n > 0 && (key[key_n - 1] == ' ' || key[key_n - 1] == '\t'))
        f->bad = true;
    if (key_n == 14 && str_ieq(k, STR("Content-Length"))) {
        f->lengths++;
    } else if (key_n == 17 && str_ieq(k, STR("Transfer-Encoding"))) {
        f->codings++;
        f->bad = f->bad || !str_ieq(str_trim(v), STR("chunked"));
    }
    return MHD_YES;
}

static bool framing_is_sound(struct MHD_Connection *con)
{
    struct framing f = {0};
    MHD_get_connection_values_n(con, MHD_HEADER_KIND, each_framing, &f);
    return !f.bad && f.lengths + f.codings <= 1;
}

static enum MHD_Result begin(struct call *c, const char *method)
{
    int64_t length;
    bool chunked;
    if (!framing_is_sound(c->con))
        return refuse_body(c, 400, ERR_INVALID);
    if (!http_method_parse(str_c(method), &c->rq.method)) {
        c->rq.method = GET;
        c->early = true;
        c->early_err = ERR_UNSUPPORTED;
        c->early_status = 501;
    }
    if (expects_body(c, &length, &chunked))
        return begin_body(c, length, chunked);
    /* An answer queued in this first call would close the connection afterwards. */
    c->stage = STAGE_BODY;
    return MHD_YES;
}

static enum MHD_Result take_body(struct call *c, const char *p, size_t n)
{
    const struct route *route = c->rq.route;
    if (c->body_ignored) {
        c->body.n += (int64_t)n;
        return c->body.n > HTTP_BODY_IGNORED ? refuse_body(c, 413, ERR_TOO_LARGE) : MHD_YES;
    }
    struct http *h = c->http;
    const char *dir = c->node->dir == NULL ? "/tmp" : c->node->dir;
    bool roomy = atomic_load_explicit(&h->body_bytes, memory_order_relaxed) < HTTP_BODIES_IN_MEMORY;
    enum body_verdict verdict =
        body_add(&c->body, dir, p, n, route->body_cap, roomy ? HTTP_BODY_IN_MEMORY : 0);
    atomic_fetch_add(&h->body_bytes, (long long)c->body.cap - c->body_counted);
    c->body_counted = (long long)c->body.cap;
    switch (verdict) {
    case BODY_TAKEN:
        return MHD_YES;
    case BODY_TOO_LARGE:
        return refuse_body(c, 413, ERR_TOO_LARGE);
    case BODY_TOO_SLOW:
        return refuse_body(c, 408, ERR_TIMEOUT);
    case BODY_FAILED:
        break;
    }
    return refuse_body(c, 503, ERR_STORAGE);
}

static enum MHD_Result send_door(struct call *c)
{
    int status = door_status(c->sign);
    struct MHD_Response *own = door_gone(c); /* made for this address, unlike the others */
    enum MHD_Result result =
        MHD_queue_response(c->con, (unsigned)status, own != NULL ? own : door_answer(c));
    if (own != NULL)
        MHD_destroy_response(own);
    metrics_request(c->http->server->metrics, status, clock_monotonic() - c->began, 0);
    return result;
}

static enum MHD_Result body_done(struct call *c)
{
    bool answered;
    if ((c->rq.method == GET || c->rq.method == HEAD) && c->rq.cx == NULL) {
        enum MHD_Result r = answer_from_cache(c, &answered);
        if (answered)
            return r;
    }
    if (atomic_load(&c->http->stopping))
        return send_busy(c);
    door_find(c);
    if (c->door == DOOR_SHUT)
        return send_door(c);
    if (c->door == DOOR_ASLEEP)
        return dispatch(c, TASK_WAKE);
    call_prepare(c);
    return dispatch(c, TASK_RUN);
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *con, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_n, void **con_cls)
{
    struct call *c = *con_cls;
    int64_t length;
    bool chunked;
    (void)cls;
    (void)con;
    (void)url;
    (void)version;
    switch (c->stage) {
    case STAGE_HEAD:
        return begin(c, method);
    case STAGE_WOKEN:
        expects_body(c, &length, &chunked);
        return begin_body(c, length, chunked);
    case STAGE_CHECKED: /* admitted before its body: go on and read */
        c->stage = STAGE_BODY;
        c->body.began = clock_monotonic();
        return MHD_YES;
    case STAGE_BODY:
        if (*upload_n > 0) {
            size_t n = *upload_n;
            *upload_n = 0;
            return take_body(c, upload, n);
        }
        return body_done(c);
    case STAGE_ANSWERED:
        break;
    }
    if (c->response == NULL)
        return MHD_NO;
    /* A cached answer is shared; but who leaves keeps none, so the connection's next one isn't. */
    if (c->entry == NULL && atomic_load_explicit(&c->http->leaving, memory_order_relaxed))
        MHD_add_response_header(c->response, "Connection", "close");
    return MHD_queue_response(c->con, (unsigned)c->status, c->response);
}
