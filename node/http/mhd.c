#include "node/http/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/node.h"
#include "node/server.h"

enum { MAX_CONNECTIONS = 8192, RESERVED_FDS = 256, STOP_MS = 5000 };

/* ---- the life of a call ---- */

/* libmicrohttpd cuts and unescapes the target in place soon after: this is the only moment to see it
 * as it was sent, which is what signatures are made of. What is returned comes back as *con_cls. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *con)
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
    if (c->response != NULL && c->entry == NULL)
        MHD_destroy_response(c->response);
    cache_entry_unref(c->entry);
    body_close(&c->body);
    cx_free(c->rq.cx);
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

static void on_completed(void *cls, struct MHD_Connection *con, void **con_cls,
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

/* MHD_YES when it has been answered; *ret_done says so. Allocates nothing. */
static enum MHD_Result answer_from_cache(struct call *c, bool *ret_done)
{
    struct node *node = c->http->node;
    struct hot_head head = {0};
    int status;

    *ret_done = false;
    if (c->early || node->cache == NULL || c->target[0] != '/')
        return MHD_YES;
    MHD_get_connection_values_n(c->con, MHD_HEADER_KIND, each_hot, &head);
    bool secure = str_starts(node->origin, STR("https://"));
    if (head.odd || !str_ieq(head.host, node->host) ||
        (head.cookie.n > 0 && !cookies_pass_cache(secure, head.cookie)))
        return MHD_YES;
    struct str target = {c->target, c->target_n};
    enum locale locale = locale_for(hot_cookie(secure, head.cookie, true), head.language);
    struct cache_key key = {target, cache_variant(repr_for(target, head.accept), locale,
                                                  hot_cookie(secure, head.cookie, false))};
    struct cache_entry *e = http_cache_find(
        node->cache, key, atomic_load(&node->public_generation), clock_monotonic());
    if (e == NULL)
        return MHD_YES;
    *ret_done = true;
    struct MHD_Response *r =
        cache_entry_answer(e, accepts_gzip(head.encoding), head.if_none_match, &status);
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
static enum MHD_Result refuse_body(struct call *c, int status, enum err e)
{
    struct buf text;
    char head[256];
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->con, MHD_CONNECTION_INFO_CONNECTION_FD);
    call_prepare(c); /* refused before the first look at it: in whose language? */
    bool json = c->rq.repr == REPR_JSON || c->rq.repr == REPR_ACTIVITY;
    buf_init_arena(&text, c->rq.cx->arena, 2000);
    if (json) {
        buf_fmt(&text, "{\"error\":\"%s\",\"message\":", err_name(e));
        buf_put_json(&text, str_c(http_sentence(&c->rq, e)));
        buf_lit(&text, "}");
    } else {
        buf_fmt(&text, "%d %s\n%s\n", status, http_reason(status), http_sentence(&c->rq, e));
    }
    int m = snprintf(head, sizeof(head),
                     "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: %s\r\n"
                     "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     status, http_reason(status),
                     json ? "application/json" : "text/plain; charset=utf-8", text.n);
    if (info != NULL && m > 0 && m < (int)sizeof(head)) {
        (void)!send(info->connect_fd, head, (size_t)m, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
        (void)!send(info->connect_fd, buf_str(&text).p, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    c->status = status;
    c->linger = true;
    log_access(c);
    return MHD_NO;
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
    const char *dir = h->node->dir == NULL ? "/tmp" : h->node->dir;
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
    call_prepare(c);
    return dispatch(c, TASK_RUN);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **con_cls)
{
    struct call *c = *con_cls;
    (void)cls;
    (void)con;
    (void)url;
    (void)version;
    switch (c->stage) {
    case STAGE_HEAD:
        return begin(c, method);
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
    return MHD_queue_response(c->con, (unsigned)c->status, c->response);
}

/* ---- start and stop ---- */

/* libmicrohttpd would unescape the path for us; we read the raw target ourselves. */
static size_t leave_escaped(void *cls, struct MHD_Connection *con, char *s)
{
    (void)cls;
    (void)con;
    return strlen(s);
}

/* ADDRESS:PORT, both in figures. */
static struct addrinfo *read_address(const char *listen_at)
{
    char host[64];
    int64_t port;
    struct str s = str_c(listen_at);
    size_t colon = s.n;
    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    /* getaddrinfo takes larger ports modulo 65536. */
    if (colon < 2 || colon >= sizeof(host) || !str_to_i64(str_sub(s, colon, SIZE_MAX), &port) ||
        port < 0 || port > 65535)
        return NULL;
    struct str name = str_sub(s, 0, colon - 1);
    if (name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = str_sub(name, 1, name.n - 2);
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    return getaddrinfo(host, s.p + colon, &hints, &found) == 0 ? found : NULL;
}

static enum err open_socket(const char *listen_at, int *ret_fd, int *ret_port)
{
    struct addrinfo *found = read_address(listen_at);
    if (found == NULL) {
        log_error("http", "cannot listen on %s: not an address and port, as in 127.0.0.1:8420",
                  listen_at);
        return ERR_INVALID;
    }
    int on = 1;
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1024) == 0 &&
              getsockname(fd, (struct sockaddr *)&bound, &len) == 0;
    freeaddrinfo(found);
    if (!ok) {
        log_error("http", "cannot listen on %s: %s", listen_at, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_CONFLICT;
    }
    *ret_fd = fd;
    *ret_port = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)&bound)->sin_port);
    return OK;
}

static unsigned connection_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 512;
    if (r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &r);
        (void)!getrlimit(RLIMIT_NOFILE, &r);
    }
    if (r.rlim_cur > MAX_CONNECTIONS + RESERVED_FDS)
        return MAX_CONNECTIONS;
    return r.rlim_cur > RESERVED_FDS * 2 ? (unsigned)r.rlim_cur - RESERVED_FDS : 128;
}

static struct MHD_Daemon *start_daemon(struct http *h, int fd)
{
    unsigned limit = connection_limit();
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_EPOLL_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        limit,
        /* Generous: a front proxy on this machine is one address for everybody. */
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, limit / 2, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_BYTES,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target,
        h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_END);
}

static enum err run_healthz(struct rq *rq)
{
    rq_cache_control(rq, "no-store");
    return reply_text(rq, 200, "ok\n");
}

static const struct route own_rows[] = {
    {GET, "/healthz", run_healthz, ANYONE, RATE_NONE, 0, "is the process well? any Host", false},
    {0},
};
static const struct route_table own_table = {"node", own_rows};

void http_each_route(const struct route_table *const *tables,
                     void (*each)(void *arg, const struct route_table *t, const struct route *r),
                     void *arg)
{
    for (; tables != NULL && *tables != NULL; tables++)
        for (const struct route *r = (*tables)->rows; r->path != NULL; r++)
            each(arg, *tables, r);
    for (const struct route *r = own_rows; r->path != NULL; r++)
        each(arg, &own_table, r);
}

static enum err make_router(struct http *h)
{
    size_t n = 0;
    while (h->server->routes != NULL && h->server->routes[n] != NULL)
        n++;
    h->tables = calloc(n + 2, sizeof(*h->tables));
    if (h->tables == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        h->tables[i] = h->server->routes[i];
    h->tables[n] = &own_table;
    return router_new(h->tables, &h->router);
}

static void free_rest(struct http *h)
{
    if (h->busy != NULL)
        MHD_destroy_response(h->busy);
    linger_free(h->linger);
    router_free(h->router);
    free(h->tables);
    h->node->cache = http_cache_free(h->node->cache);
    free(h);
}

enum err http_start(struct server *server, const char *listen_at, int n_workers, struct http **ret)
{
    int fd = -1;
    struct http *h = calloc(1, sizeof(*h));
    if (h == NULL)
        abort();
    h->server = server;
    h->node = server->node;
    enum err e = make_router(h);
    if (e == OK)
        e = open_socket(listen_at, &fd, &h->port);
    if (e != OK) {
        free_rest(h);
        return e;
    }
    h->node->cache = http_cache_new(HTTP_CACHE_BYTES);
    h->busy = reply_plain_error(503, ERR_BUSY, false, false);
    h->linger = linger_new();
    e = pool_start(h, n_workers);
    if (e == OK && h->busy != NULL && h->linger != NULL)
        h->daemon = start_daemon(h, fd);
    if (h->daemon == NULL) {
        log_error("http", "the HTTP server does not start");
        close(fd);
        pool_stop(h);
        free_rest(h);
        return e == OK ? ERR_INTERNAL : e;
    }
    *ret = h;
    return OK;
}

int http_port(const struct http *h)
{
    return h->port;
}

void http_cache_drop(struct node *node)
{
    atomic_fetch_add(&node->public_generation, 1);
}

struct http *http_stop(struct http *h)
{
    if (h == NULL)
        return NULL;
    /* Nobody connects from here on; but the daemon's threads may look at the socket to their end. */
    MHD_socket fd = MHD_quiesce_daemon(h->daemon);
    if (fd != MHD_INVALID_SOCKET)
        shutdown(fd, SHUT_RDWR);
    atomic_store(&h->stopping, true);
    pool_stop(h);
    /* What has been answered still has to reach its clients. */
    int64_t until = clock_monotonic() + STOP_MS;
    while (atomic_load(&h->open_calls) > 0 && clock_monotonic() < until) {
        struct timespec nap = {0, 5 * 1000 * 1000};
        nanosleep(&nap, NULL);
    }
    MHD_stop_daemon(h->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
    free_rest(h);
    return NULL;
}
