/* Starting and stopping: the socket, the daemon of libmicrohttpd, the frame's own routes. */
#include "node/http/frame.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/listen.h"
#include "node/node.h"
#include "node/server.h"

enum { MAX_CONNECTIONS = 8192, RESERVED_FDS = 256, STOP_MS = 5000 };

/* libmicrohttpd would unescape the path for us; we read the raw target ourselves. */
static size_t leave_escaped(void *cls, struct MHD_Connection *con, char *s)
{
    (void)cls;
    (void)con;
    return strlen(s);
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
        http_on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_EPOLL_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        limit,
        /* Generous: a front proxy on this machine is one address for everybody. */
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, limit / 2, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEAD_BYTES,
        MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)4096, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK, http_on_target,
        h, MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, h, MHD_OPTION_END);
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

static enum err make_router(struct http *h, const struct route_table *const *tables)
{
    size_t n = 0;
    while (tables != NULL && tables[n] != NULL)
        n++;
    h->tables = calloc(n + 2, sizeof(*h->tables));
    if (h->tables == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        h->tables[i] = tables[i];
    h->tables[n] = &own_table;
    return router_new(h->tables, &h->router);
}

static void free_rest(struct http *h)
{
    if (h->own_fd && h->fd >= 0)
        close(h->fd);
    if (h->busy != NULL)
        MHD_destroy_response(h->busy);
    door_signs_free(h);
    linger_free(h->linger);
    router_free(h->router);
    free(h->tables);
    if (h->own_cache)
        h->server->cache = http_cache_free(h->server->cache);
    free(h);
}

/* The first that serves nodes by their names makes the cache, and takes it with it. */
static void make_cache(struct http *h)
{
    if (h->fixed != NULL)
        return;
    if (h->server->cache == NULL) {
        h->server->cache = http_cache_new(HTTP_CACHE_BYTES);
        h->own_cache = true;
    }
    h->cache = h->server->cache;
}

enum err http_start(struct server *server, const struct http_options *o, struct http **ret)
{
    struct http *h = calloc(1, sizeof(*h));
    if (h == NULL)
        abort();
    h->server = server;
    h->fixed = o->fixed;
    h->hooks = o->routes != NULL ? o->hooks : server->hooks;
    h->fd = o->fd > 0 ? o->fd : -1;
    h->own_fd = h->fd < 0;
    enum err e = h->own_fd ? listen_open(o->listen, &h->fd) : OK;
    if (e == OK)
        e = make_router(h, o->routes != NULL ? o->routes : server->routes);
    if (e != OK) {
        free_rest(h);
        return e;
    }
    h->port = listen_port(h->fd);
    make_cache(h);
    door_signs_make(h);
    h->busy = reply_plain_error(503, ERR_BUSY, false, false);
    h->linger = linger_new();
    e = pool_start(h, o->n_workers);
    if (e == OK && h->busy != NULL && h->linger != NULL)
        h->daemon = start_daemon(h, h->fd);
    if (h->daemon == NULL) {
        log_error("http", "the HTTP server does not start");
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

void http_leave(struct http *h)
{
    if (h == NULL || atomic_exchange(&h->leaving, true))
        return;
    (void)MHD_quiesce_daemon(h->daemon);
    if (h->own_fd)
        shutdown(h->fd, SHUT_RDWR); /* the daemon's threads may look at it to their end */
}

bool http_is_done(const struct http *h)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != NULL && info->num_connections == 0 &&
           atomic_load_explicit(&h->open_calls, memory_order_acquire) == 0;
}

void http_node_closing(struct node *node)
{
    if (node->server != NULL && node->server->cache != NULL)
        http_cache_tidy(node->server->cache, node->id, clock_monotonic());
}

struct http *http_stop(struct http *h)
{
    if (h == NULL)
        return NULL;
    http_leave(h);
    atomic_store(&h->stopping, true);
    pool_stop(h);
    /* What has been answered still has to reach its clients. */
    int64_t until = clock_monotonic() + STOP_MS;
    while (atomic_load(&h->open_calls) > 0 && clock_monotonic() < until) {
        struct timespec nap = {0, 5 * 1000 * 1000};
        nanosleep(&nap, NULL);
    }
    MHD_stop_daemon(h->daemon);
    free_rest(h);
    return NULL;
}
