#include "node/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/str.h"

enum { FIRST_GIVEN = 3, BACKLOG = 1024, NAP_MS = 20 };

/* ---- bound here ---- */

static struct addrinfo *read_address(const char *address)
{
    char host[64];
    int64_t port;
    struct str s = str_c(address);
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

static bool bind_soon(int fd, const struct addrinfo *at, int64_t wait_ms)
{
    int64_t until = clock_monotonic() + wait_ms;
    while (bind(fd, at->ai_addr, at->ai_addrlen) != 0) {
        if (errno != EADDRINUSE || clock_monotonic() >= until)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
    }
    return true;
}

enum err listen_open(const char *address, int *ret_fd)
{
    return listen_open_soon(address, 0, ret_fd);
}

enum err listen_open_soon(const char *address, int64_t wait_ms, int *ret_fd)
{
    struct addrinfo *found = read_address(address);
    if (found == NULL) {
        log_error("http", "cannot listen on %s: not an address and port, as in 127.0.0.1:8420",
                  address);
        return ERR_INVALID;
    }
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
              bind_soon(fd, found, wait_ms) && listen(fd, BACKLOG) == 0;
    freeaddrinfo(found);
    if (!ok) {
        log_error("http", "cannot listen on %s: %s", address, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_CONFLICT;
    }
    *ret_fd = fd;
    return OK;
}

int listen_port(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return 0;
    if (bound.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    return bound.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&bound)->sin_port) : 0;
}

bool listen_adopt(int fd)
{
    int listening = 0, family = 0;
    socklen_t len = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || listening == 0 ||
        getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) != 0 ||
        (family != AF_INET && family != AF_INET6))
        return false;
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* ---- given by systemd ---- */

static int64_t env_number(const char *name)
{
    const char *s = getenv(name);
    int64_t n;
    return s != NULL && str_to_i64(str_c(s), &n) ? n : -1;
}

/* The i-th of "public:internal". */
static void copy_name(char *to, size_t i)
{
    const char *s = getenv("LISTEN_FDNAMES");
    for (; s != NULL && i > 0; i--) {
        s = strchr(s, ':');
        s = s == NULL ? NULL : s + 1;
    }
    size_t n = s == NULL ? 0 : strcspn(s, ":");
    if (n >= LISTEN_NAME_MAX)
        n = 0;
    if (n > 0)
        memcpy(to, s, n);
    to[n] = '\0';
}

void listen_from_systemd(struct listen_given *ret)
{
    *ret = (struct listen_given){0};
    /* The variables may be a parent's: they are ours only with our own process id. */
    int64_t n = env_number("LISTEN_PID") == getpid() ? env_number("LISTEN_FDS") : 0;
    for (int64_t i = 0; i < n; i++) {
        int fd = FIRST_GIVEN + (int)i;
        if (i >= LISTEN_MAX || !listen_adopt(fd)) {
            log_warn("http", "descriptor %d, given by systemd, is no listening TCP socket", fd);
            close(fd);
            continue;
        }
        ret->fds[ret->n] = fd;
        copy_name(ret->names[ret->n++], (size_t)i);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

/* ---- said to systemd ---- */

void systemd_notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof addr.sun_path)
        return;
    memcpy(addr.sun_path, path, strlen(path));
    if (addr.sun_path[0] == '@')
        addr.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&addr, len);
    close(fd);
}
