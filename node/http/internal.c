#include "node/http/internal.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/jw.h"
#include "node/base/log.h"
#include "node/http/form.h"
#include "node/http/frame.h"

enum { IDLE_S = 60, STOP_MS = 10000 };

struct internal {
    struct MHD_Daemon *daemon;
    const struct internal_area *areas;
    atomic_int open;
    atomic_bool leaving; /* nobody connects; each answer is its connection's last */
};

struct internal_call {
    struct irq rq;
    struct internal *in;
    struct form query;
    bool query_read;
    bool too_large;
    struct buf body;
    int64_t began;
    size_t n;
    char target[];
};

/* ---- asking ---- */

struct str irq_header(const struct irq *rq, const char *name)
{
    const char *v = MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
    struct str s = str_c(v);
    return s.p != NULL && str_is_utf8(s) ? s : STR_NULL;
}

struct str irq_query(struct irq *rq, const char *name)
{
    struct internal_call *c = (struct internal_call *)(void *)rq;
    if (!c->query_read) {
        c->query_read = true;
        if (form_read_urlencoded(rq->arena, rq->query, &c->query) != OK)
            c->query = (struct form){0};
    }
    return form_get(&c->query, name);
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool irq_decode(struct arena *a, struct str s, struct str *ret)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
                return false;
            c = (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
            i += 2;
        }
        if ((unsigned char)c < 0x20)
            return false;
        p[n++] = c;
    }
    *ret = (struct str){p, n};
    return str_is_utf8(*ret);
}

/* ---- answering ---- */

void irq_problem(struct irq *rq, int status, enum err code, const char *detail)
{
    struct jw w;
    buf_clear(&rq->out);
    jw_init(&w, &rq->out);
    jw_obj(&w);
    jw_key_c(&w, "type", "about:blank");
    jw_key_c(&w, "title", http_reason(status));
    jw_key_i64(&w, "status", status);
    jw_key_c(&w, "code", err_name(code));
    jw_key_c(&w, "detail", detail);
    jw_end(&w);
    rq->status = status;
    rq->type = "application/problem+json";
    if (status == 401)
        rq->ask_token = true;
}

static enum MHD_Result send_answer(struct internal_call *c)
{
    struct irq *rq = &c->rq;
    if (rq->out.overflow)
        irq_problem(rq, 500, ERR_TOO_LARGE, "The answer is too large. Ask for less at once.");
    struct str s = buf_str(&rq->out);
    struct MHD_Response *r =
        MHD_create_response_from_buffer(s.n, (void *)(uintptr_t)s.p, MHD_RESPMEM_MUST_COPY);
    if (r == NULL)
        return MHD_NO;
    MHD_add_response_header(r, "Content-Type", rq->type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (atomic_load(&c->in->leaving))
        MHD_add_response_header(r, "Connection", "close");
    if (rq->ask_token)
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    if (rq->location.p != NULL)
        MHD_add_response_header(r, "Location", str_z(rq->arena, rq->location));
    if (rq->allow.p != NULL)
        MHD_add_response_header(r, "Allow", str_z(rq->arena, rq->allow));
    if (rq->retry_after_s > 0)
        MHD_add_response_header(r, "Retry-After",
                                arena_printf(rq->arena, "%lld", (long long)rq->retry_after_s));
    enum MHD_Result result = MHD_queue_response(rq->connection, (unsigned)rq->status, r);
    MHD_destroy_response(r);
    return result;
}

static void run(struct internal_call *c)
{
    struct irq *rq = &c->rq;
    if (c->too_large) {
        irq_problem(rq, 413, ERR_TOO_LARGE, "The body is too large.");
        return;
    }
    for (const struct internal_area *a = c->in->areas; a->prefix != NULL; a++) {
        if (str_starts(rq->path, str_c(a->prefix))) {
            a->answer(rq, a->arg);
            return;
        }
    }
    irq_problem(rq, 404, ERR_NOT_FOUND, "There is nothing at this address.");
}

/* ---- the life of a request ---- */

static void *on_target(void *cls, const char *uri, struct MHD_Connection *con)
{
    struct internal *in = cls;
    size_t n = strnlen(uri, HTTP_MAX_TARGET);
    struct internal_call *c = calloc(1, sizeof *c + n + 1);
    if (c == NULL)
        abort();
    memcpy(c->target, uri, n);
    c->n = n;
    c->in = in;
    c->began = clock_monotonic();
    c->rq.connection = con;
    c->rq.arena = arena_new();
    c->rq.status = 200;
    c->rq.type = "application/json";
    buf_init(&c->rq.out, INTERNAL_OUT_MAX);
    buf_init(&c->body, INTERNAL_BODY_MAX);
    struct str target = {c->target, n};
    size_t end = str_find_char(target, '?', 0);
    c->rq.path = str_sub(target, 0, end);
    c->rq.query = end == SIZE_MAX ? STR("") : str_sub(target, end + 1, SIZE_MAX);
    atomic_fetch_add(&in->open, 1);
    return c;
}

static struct str address_of(struct arena *a, struct MHD_Connection *con)
{
    char text[INET6_ADDRSTRLEN] = "";
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(con, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL && info->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)info->client_addr)->sin_addr, text,
                  sizeof text);
    else if (info != NULL && info->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)info->client_addr)->sin6_addr, text,
                  sizeof text);
    return str_dup(a, str_c(text));
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *con, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **con_cls)
{
    struct internal_call *c = *con_cls;
    (void)cls;
    (void)url;
    (void)version;
    if (c->rq.ip.p == NULL) { /* the first look: an answer now would close the connection */
        c->rq.ip = address_of(c->rq.arena, con);
        if (!http_method_parse(str_c(method), &c->rq.method))
            c->rq.method = OPTIONS;
        if (c->rq.method == HEAD)
            c->rq.method = GET;
        return MHD_YES;
    }
    if (*upload_n > 0) {
        buf_put_bytes(&c->body, upload, *upload_n);
        c->too_large = c->too_large || c->body.overflow;
        *upload_n = 0;
        return MHD_YES;
    }
    c->rq.body = buf_str(&c->body);
    run(c);
    log_info("internal", "method=%s status=%d ms=%lld", method, c->rq.status,
             (long long)(clock_monotonic() - c->began));
    return send_answer(c);
}

static void on_completed(void *cls, struct MHD_Connection *con, void **con_cls,
                         enum MHD_RequestTerminationCode how)
{
    struct internal *in = cls;
    struct internal_call *c = *con_cls;
    (void)con;
    (void)how;
    if (c == NULL)
        return;
    *con_cls = NULL;
    buf_free(&c->rq.out);
    buf_free(&c->body);
    arena_free(c->rq.arena);
    free(c);
    atomic_fetch_sub(&in->open, 1);
}

static size_t leave_escaped(void *cls, struct MHD_Connection *con, char *s)
{
    (void)cls;
    (void)con;
    return strlen(s);
}

enum err internal_start(int fd, const struct internal_area *areas, struct internal **ret)
{
    struct internal *in = calloc(1, sizeof *in);
    if (in == NULL)
        abort();
    in->areas = areas;
    in->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC,
        0, NULL, NULL, on_request, in, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)INTERNAL_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_HEAD_BYTES, MHD_OPTION_THREAD_STACK_SIZE, (size_t)HTTP_WORKER_STACK,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, in, MHD_OPTION_NOTIFY_COMPLETED, on_completed, in,
        MHD_OPTION_END);
    if (in->daemon == NULL) {
        log_error("internal", "the internal listener does not start");
        free(in);
        return ERR_INTERNAL;
    }
    *ret = in;
    return OK;
}

void internal_leave(struct internal *in)
{
    if (in == NULL || atomic_exchange(&in->leaving, true))
        return;
    /* From here on the socket is not the daemon's, which would close it. */
    (void)MHD_quiesce_daemon(in->daemon);
}

bool internal_is_done(const struct internal *in)
{
    if (in == NULL)
        return true;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(in->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != NULL && info->num_connections == 0 && atomic_load(&in->open) == 0;
}

struct internal *internal_stop(struct internal *in)
{
    if (in == NULL)
        return NULL;
    internal_leave(in);
    int64_t until = clock_monotonic() + STOP_MS;
    while (atomic_load(&in->open) > 0 && clock_monotonic() < until) {
        struct timespec nap = {0, 5 * 1000 * 1000};
        nanosleep(&nap, NULL);
    }
    MHD_stop_daemon(in->daemon);
    free(in);
    return NULL;
}
