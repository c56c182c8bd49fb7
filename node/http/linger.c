#include "node/http/frame.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/base/clock.h"

/* Closing a socket with unread bytes in it makes the kernel send a reset, which takes the answer
 * (a 413, say) out of the client's hands before it has read it. So a copy of such a socket stays
 * open here, and what comes is thrown away, for a few seconds and megabytes. */

enum { MAX_SOCKETS = 64, MAX_MS = 5000, MAX_BYTES = 32 * 1024 * 1024 };

struct guest {
    int fd;
    int64_t until;
    int64_t bytes;
};

struct lingerer {
    pthread_t thread;
    int wake;
    pthread_mutex_t mutex; /* guards what follows */
    struct guest guests[MAX_SOCKETS];
    int n;
    bool closing;
};

/* False when the client is done or has had enough of our time. */
static bool drain(struct guest *g, int64_t now)
{
    char sink[16 * 1024];
    for (int i = 0; i < 16; i++) {
        ssize_t n = recv(g->fd, sink, sizeof(sink), MSG_DONTWAIT);
        if (n == 0)
            return false;
        if (n < 0)
            return now < g->until;
        g->bytes += n;
        if (g->bytes > MAX_BYTES)
            return false;
    }
    return now < g->until;
}

static void drain_all(struct lingerer *l)
{
    int64_t now = clock_monotonic();
    for (int i = 0; i < l->n;) {
        if (!l->closing && drain(&l->guests[i], now)) {
            i++;
            continue;
        }
        close(l->guests[i].fd);
        l->guests[i] = l->guests[--l->n];
    }
}

static void *linger_main(void *arg)
{
    struct lingerer *l = arg;
    for (;;) {
        struct pollfd fds[MAX_SOCKETS + 1];
        pthread_mutex_lock(&l->mutex);
        drain_all(l);
        bool closing = l->closing;
        int n = l->n;
        for (int i = 0; i < n; i++)
            fds[i] = (struct pollfd){.fd = l->guests[i].fd, .events = POLLIN};
        pthread_mutex_unlock(&l->mutex);
        if (closing)
            return NULL;
        fds[n] = (struct pollfd){.fd = l->wake, .events = POLLIN};
        poll(fds, (nfds_t)n + 1, n > 0 ? 500 : -1);
        if (fds[n].revents != 0) {
            eventfd_t v;
            eventfd_read(l->wake, &v);
        }
    }
}

struct lingerer *linger_new(void)
{
    struct lingerer *l = calloc(1, sizeof(*l));
    pthread_attr_t attr;
    if (l == NULL)
        abort();
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 128 * 1024);
    int rc = l->wake < 0 ? -1 : pthread_create(&l->thread, &attr, linger_main, l);
    pthread_attr_destroy(&attr);
    if (rc == 0)
        return l;
    if (l->wake >= 0)
        close(l->wake);
    pthread_mutex_destroy(&l->mutex);
    free(l);
    return NULL;
}

struct lingerer *linger_free(struct lingerer *l)
{
    if (l == NULL)
        return NULL;
    pthread_mutex_lock(&l->mutex);
    l->closing = true;
    pthread_mutex_unlock(&l->mutex);
    eventfd_write(l->wake, 1);
    pthread_join(l->thread, NULL);
    close(l->wake);
    pthread_mutex_destroy(&l->mutex);
    free(l);
    return NULL;
}

void linger_take(struct lingerer *l, int take_fd)
{
    bool taken = false;
    pthread_mutex_lock(&l->mutex);
    if (l->n < MAX_SOCKETS && !l->closing) {
        l->guests[l->n++] =
            (struct guest){.fd = take_fd, .until = clock_monotonic() + MAX_MS, .bytes = 0};
        taken = true;
    }
    pthread_mutex_unlock(&l->mutex);
    if (taken)
        eventfd_write(l->wake, 1);
    else
        close(take_fd);
}
