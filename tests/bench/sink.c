/* A server that takes every request and answers 202: the other end of delivery benchmarks.
 *
 *     sink [--port N] [--delay MS] [--status N] [--log FILE]
 *
 * It listens on the loopback interface, on all of 127.0.0.0/8, so that 127.0.1.1, 127.0.1.2 … can
 * stand for as many hosts; if the system doesn't let it, on 127.0.0.1. The first line of its output
 * is the port; SIGUSR1 and the end (SIGTERM, SIGINT) print the counts. --log writes a line a request:
 * when it was whole (milliseconds since 1970), its Host, and the Digest of its body. One thread. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 16384

struct conn {
    int fd;
    bool open;
    int owed;      /* answers that wait for their time */
    size_t n;      /* bytes of the head so far */
    size_t body;   /* bytes of the body still to come */
    char what[160];
    char head[HEAD_MAX];
};

/* Answers in the order in which they fall due: the delay is the same for all. */
struct due {
    struct due *next;
    struct conn *conn;
    int64_t at;
};

struct sink {
    int epoll, listener, signals;
    int delay_ms, status;
    unsigned long requests, connections;
    FILE *log;
    struct due *first, **last;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void print_counts(const struct sink *s)
{
    if (s->log != NULL)
        fflush(s->log);
    printf("requests %lu connections %lu\n", s->requests, s->connections);
    fflush(stdout);
}

static int listen_on(int port, bool all, int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t n = sizeof in;
    in.sin_addr.s_addr = htonl(all ? INADDR_ANY : INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if ((all && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) != 0) ||
        bind(fd, (struct sockaddr *)&in, sizeof in) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&in, &n) != 0) {
        close(fd);
        return -1;
    }
    *ret_port = ntohs(in.sin_port);
    return fd;
}

static void drop(struct conn *c)
{
    if (c->open)
        close(c->fd);
    c->open = false;
    if (c->owed == 0)
        free(c);
}

static bool answer(const struct sink *s, struct conn *c)
{
    char text[96];
    int n = snprintf(text, sizeof text, "HTTP/1.1 %d Sunk\r\nContent-Length: 0\r\n\r\n", s->status);
    return send(c->fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

static size_t put_header(char *to, size_t room, const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    size_t n = 0;
    if (at != NULL) {
        at += strlen(name);
        at += strspn(at, " ");
        n = strcspn(at, "\r\n");
    }
    return (size_t)snprintf(to, room, " %.*s", (int)n, n == 0 ? "" : at);
}

static void note(const struct sink *s, struct conn *c)
{
    size_t n = put_header(c->what, sizeof c->what, c->head, "\r\nhost:");
    if (s->log != NULL && n < sizeof c->what)
        put_header(c->what + n, sizeof c->what - n, c->head, "digest:");
}

/* One request is whole; false if the connection broke. */
static bool request(struct sink *s, struct conn *c)
{
    s->requests++;
    if (s->log != NULL) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        fprintf(s->log, "%lld%s\n", (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000, c->what);
    }
    if (s->delay_ms == 0)
        return answer(s, c);
    struct due *d = malloc(sizeof *d);
    if (d == NULL)
        abort();
    *d = (struct due){NULL, c, now_ms() + s->delay_ms};
    c->owed++;
    *s->last = d;
    s->last = &d->next;
    return true;
}

static bool feed(struct sink *s, struct conn *c, const char *p, size_t n)
{
    while (n > 0) {
        if (c->body > 0) {
            size_t k = n < c->body ? n : c->body;
            c->body -= k;
            p += k;
            n -= k;
            if (c->body == 0 && !request(s, c))
                return false;
            continue;
        }
        if (c->n == HEAD_MAX - 1)
            return false;
        c->head[c->n++] = *p++;
        n--;
        if (c->n < 4 || memcmp(c->head + c->n - 4, "\r\n\r\n", 4) != 0)
            continue;
        c->head[c->n] = '\0';
        const char *length = strcasestr(c->head, "\r\ncontent-length:");
        c->body = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
        if (s->log != NULL)
            note(s, c);
        c->n = 0;
        if (c->body == 0 && !request(s, c))
            return false;
    }
    return true;
}

static void hear(struct sink *s, struct conn *c)
{
    char block[65536];
    ssize_t n = recv(c->fd, block, sizeof block, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !feed(s, c, block, (size_t)n))
        drop(c);
}

static void take(struct sink *s)
{
    for (int fd; (fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct conn *c = calloc(1, sizeof *c);
        int on = 1;
        if (c == NULL)
            abort();
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        c->fd = fd;
        c->open = true;
        s->connections++;
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e);
    }
}

static void pay(struct sink *s)
{
    int64_t now = now_ms();
    while (s->first != NULL && s->first->at <= now) {
        struct due *d = s->first;
        struct conn *c = d->conn;
        s->first = d->next;
        if (s->first == NULL)
            s->last = &s->first;
        free(d);
        c->owed--;
        if (!c->open || !answer(s, c))
            drop(c);
    }
}

static int wait_ms(const struct sink *s)
{
    if (s->first == NULL)
        return -1;
    int64_t left = s->first->at - now_ms();
    return left < 0 ? 0 : (int)left;
}

static bool options(int argc, char **argv, struct sink *s, int *ret_port)
{
    *ret_port = 0;
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return false;
        int v = (int)strtol(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--log") == 0) {
            s->log = fopen(argv[i + 1], "we");
            if (s->log == NULL)
                return false;
            continue;
        }
        if (strcmp(argv[i], "--port") == 0)
            *ret_port = v;
        else if (strcmp(argv[i], "--delay") == 0)
            s->delay_ms = v;
        else if (strcmp(argv[i], "--status") == 0)
            s->status = v;
        else
            return false;
    }
    return true;
}

static void loop(struct sink *s)
{
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(s->epoll, events, 256, wait_ms(s));
        for (int i = 0; i < n; i++) {
            void *p = events[i].data.ptr;
            if (p == &s->signals) {
                struct signalfd_siginfo info;
                if (read(s->signals, &info, sizeof info) != sizeof info)
                    continue;
                print_counts(s);
                if (info.ssi_signo != SIGUSR1)
                    return;
            } else if (p == &s->listener) {
                take(s);
            } else {
                hear(s, p);
            }
        }
        pay(s);
    }
}

int main(int argc, char **argv)
{
    struct sink s = {.status = 202};
    struct rlimit files;
    int port;
    s.last = &s.first;
    if (!options(argc, argv, &s, &port)) {
        fprintf(stderr, "usage: sink [--port N] [--delay MS] [--status N] [--log FILE]\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    s.listener = listen_on(port, true, &port);
    if (s.listener < 0)
        s.listener = listen_on(port, false, &port);
    if (s.listener < 0) {
        fprintf(stderr, "sink: cannot listen: %s\n", strerror(errno));
        return 1;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s.signals = signalfd(-1, &set, SFD_CLOEXEC);
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = &s.listener};
    epoll_ctl(s.epoll, EPOLL_CTL_ADD, s.listener, &e);
    e.data.ptr = &s.signals;
    epoll_ctl(s.epoll, EPOLL_CTL_ADD, s.signals, &e);
    printf("%d\n", port);
    fflush(stdout);
    loop(&s);
    return 0;
}
