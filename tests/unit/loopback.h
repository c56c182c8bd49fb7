/* A small HTTP server on loopback for unit tests: a thread a connection, what a path does is said
 * by the test's function. */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_MAX 512

struct loopback {
    int fd;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t left;
    int open[LOOPBACK_MAX];
    int n_open, accepted;
    int busy, most_busy, requests;
    bool stopping;
    void *arg;
    /* One request: head with its empty line, NUL-terminated, body behind it. False closes. */
    bool (*serve)(struct loopback *l, int fd, const char *head, const char *body, size_t body_n);
};

static inline bool loopback_put(int fd, const void *p, size_t n)
{
    const char *c = p;
    while (n > 0) {
        ssize_t k = send(fd, c, n, MSG_NOSIGNAL);
        if (k <= 0)
            return false;
        c += k;
        n -= (size_t)k;
    }
    return true;
}

static inline bool loopback_reply(int fd, const char *status, const char *headers, const void *body,
                                  size_t n)
{
    char head[1024];
    int k = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status,
                     headers, n);
    return loopback_put(fd, head, (size_t)k) && loopback_put(fd, body, n);
}

struct loopback_conn {
    struct loopback *l;
    int fd;
};

static inline void loopback_enter(struct loopback *l)
{
    pthread_mutex_lock(&l->lock);
    l->requests++;
    if (++l->busy > l->most_busy)
        l->most_busy = l->busy;
    pthread_mutex_unlock(&l->lock);
}

static inline void loopback_leave(struct loopback *l)
{
    pthread_mutex_lock(&l->lock);
    l->busy--;
    pthread_mutex_unlock(&l->lock);
}

static inline void *loopback_conn(void *arg)
{
    struct loopback_conn c = *(struct loopback_conn *)arg;
    enum { MAX = 1 << 17 };
    char *buf = malloc(MAX + 1);
    size_t n = 0;
    free(arg);
    for (bool go_on = true; go_on;) {
        char *end;
        buf[n] = '\0';
        while ((end = strstr(buf, "\r\n\r\n")) == NULL) {
            ssize_t k = recv(c.fd, buf + n, MAX - n, 0);
            if (k <= 0)
                goto over;
            n += (size_t)k;
            buf[n] = '\0';
        }
        size_t head = (size_t)(end - buf) + 4, body = 0;
        const char *length = strcasestr(buf, "\r\nContent-Length:");
        if (length != NULL && length < end)
            body = strtoul(length + 17, NULL, 10);
        while (n < head + body && head + body < MAX) {
            ssize_t k = recv(c.fd, buf + n, MAX - n, 0);
            if (k <= 0)
                goto over;
            n += (size_t)k;
        }
        char *text = strndup(buf, head);
        loopback_enter(c.l);
        go_on = c.l->serve(c.l, c.fd, text, buf + head, body);
        loopback_leave(c.l);
        free(text);
        memmove(buf, buf + head + body, n - head - body);
        n -= head + body;
    }
over:
    free(buf);
    pthread_mutex_lock(&c.l->lock);
    for (int i = 0; i < c.l->n_open; i++)
        if (c.l->open[i] == c.fd) {
            c.l->open[i] = c.l->open[--c.l->n_open];
            break;
        }
    close(c.fd);
    pthread_cond_signal(&c.l->left);
    pthread_mutex_unlock(&c.l->lock);
    return NULL;
}

static inline void *loopback_accept(void *arg)
{
    struct loopback *l = arg;
    for (;;) {
        int fd = accept(l->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pthread_mutex_lock(&l->lock);
        bool take = !l->stopping && l->n_open < LOOPBACK_MAX;
        if (take) {
            l->open[l->n_open++] = fd;
            l->accepted++;
        }
        pthread_mutex_unlock(&l->lock);
        struct loopback_conn *c = malloc(sizeof *c);
        *c = (struct loopback_conn){l, fd};
        pthread_t t;
        if (take && pthread_create(&t, NULL, loopback_conn, c) == 0) {
            pthread_detach(t);
        } else {
            free(c);
            close(fd);
        }
    }
}

/* address: "127.0.0.1" or another of 127/8. port 0: any. */
static inline bool loopback_start(struct loopback *l, const char *address, int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t n = sizeof in;
    int on = 1;
    inet_pton(AF_INET, address, &in.sin_addr);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->left, NULL);
    if (bind(l->fd, (struct sockaddr *)&in, sizeof in) != 0 || listen(l->fd, 512) != 0 ||
        getsockname(l->fd, (struct sockaddr *)&in, &n) != 0)
        return false;
    l->port = ntohs(in.sin_port);
    return pthread_create(&l->thread, NULL, loopback_accept, l) == 0;
}

static inline void loopback_stop(struct loopback *l)
{
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    for (int i = 0; i < l->n_open; i++)
        shutdown(l->open[i], SHUT_RDWR);
    pthread_mutex_unlock(&l->lock);
    shutdown(l->fd, SHUT_RDWR);
    pthread_join(l->thread, NULL);
    close(l->fd);
    pthread_mutex_lock(&l->lock);
    while (l->n_open > 0)
        pthread_cond_wait(&l->left, &l->lock);
    pthread_mutex_unlock(&l->lock);
    pthread_cond_destroy(&l->left);
    pthread_mutex_destroy(&l->lock);
}

#endif
