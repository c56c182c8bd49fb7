/* Starting and stopping: the socket, the daemon of libmicrohttpd, the frame's own routes. */
#include "node/http/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/log.h"
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

/* 0: it has none (a Unix socket). */
static int port_of(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return 0;
    if (bound.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    return bound.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&bound)->sin_port) : 0;
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
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
              bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1024) == 0;
    freeaddrinfo(found);
    if (!ok) {
        log_error("http", "cannot listen on %s: %s", listen_at, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_CONFLICT;
    }
    *ret_fd = fd;
    *ret_port = port_of(fd);
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

static enum err take_socket(const struct http_options *o, int *ret_fd, int *ret_port)
{
    if (o->fd <= 0)
        return open_socket(o->listen, ret_fd, ret_port);
    int flags = fcntl(o->fd, F_GETFL);
    if (flags < 0 || fcntl(o->fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        log_error("http", "socket %d cannot be used: %s", o->fd, strerror(errno));
        close(o->fd);
        return ERR_INVALID;
    }
    *ret_fd = o->fd;
    *ret_port = port_of(o->fd);
    return OK;
}

enum err http_start(struct server *server, const struct http_options *o, struct http **ret)
{
    int fd = -1;
    struct http *h = calloc(1, sizeof(*h));
    if (h == NULL)
        abort();
    h->server = server;
    h->fixed = o->fixed;
    h->hooks = o->routes != NULL ? o->hooks : server->hooks;
    enum err e = take_socket(o, &fd, &h->port);
    if (e == OK)
        e = make_router(h, o->routes != NULL ? o->routes : server->routes);
    if (e != OK) {
        if (fd >= 0)
            close(fd);
        free_rest(h);
        return e;
    }
    make_cache(h);
    door_signs_make(h);
    h->busy = reply_plain_error(503, ERR_BUSY, false, false);
    h->linger = linger_new();
    e = pool_start(h, o->n_workers);
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
