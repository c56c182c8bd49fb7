#include "node/handover_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A path of any length fits by way of its directory's descriptor (sun_path has 108 bytes). */
static int open_dir(const char *dir, const char *name, struct sockaddr_un *ret)
{
    int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (fd >= 0)
        snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/%s", fd, name);
    return fd;
}

int wire_listen(const char *dir)
{
    char name[64];
    struct sockaddr_un addr;
    snprintf(name, sizeof name, "serve.sock.%ld", (long)getpid());
    int dir_fd = open_dir(dir, name, &addr);
    if (dir_fd < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)unlinkat(dir_fd, name, 0);
    /* The file gets the socket's own mode: a umask would be that of all threads. */
    bool ok = fd >= 0 && fchmod(fd, 0600) == 0 &&
              bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    /* In one step: whoever asks reaches the old one or us, never nobody. */
    ok = ok && listen(fd, 8) == 0 && renameat(dir_fd, name, dir_fd, "serve.sock") == 0;
    int why = errno;
    if (!ok && fd >= 0) {
        (void)unlinkat(dir_fd, name, 0);
        close(fd);
    }
    close(dir_fd);
    errno = why;
    return ok ? fd : -1;
}

int wire_connect(const char *dir, int timeout_s)
{
    struct sockaddr_un addr;
    struct timeval limit = {.tv_sec = timeout_s};
    int dir_fd = open_dir(dir, "serve.sock", &addr);
    if (dir_fd < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
              setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
              connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0;
    int why = errno;
    struct ucred peer;
    socklen_t len = sizeof peer;
    /* Somebody else's process would be handed our requests, or we theirs. */
    if (ok && (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
               (peer.uid != geteuid() && geteuid() != 0))) {
        ok = false;
        why = EPERM;
    }
    close(dir_fd);
    if (!ok && fd >= 0)
        close(fd);
    errno = why;
    return ok ? fd : -1;
}

int wire_accept(int fd, bool *ret_is_root)
{
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (got < 0)
        return -1;
    if (getsockopt(got, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
        (peer.uid != geteuid() && peer.uid != 0)) {
        close(got);
        return -1;
    }
    *ret_is_root = peer.uid != geteuid();
    return got;
}

pid_t wire_peer(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 ? peer.pid : 0;
}

bool wire_send(int fd, const char *text, const int *fds, size_t n_fds)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS)];
        struct cmsghdr align;
    } control = {0};
    struct iovec io = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    if (n_fds > WIRE_FDS)
        return false;
    if (n_fds > 0) {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * n_fds);
    }
    return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)io.iov_len;
}

enum wire_got wire_receive(int fd, struct wire_message *ret)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS)];
        struct cmsghdr align;
    } control;
    struct iovec io = {.iov_base = ret->text, .iov_len = sizeof ret->text - 1};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    ret->n_fds = 0;
    ssize_t n;
    do {
        n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? WIRE_NOTHING : WIRE_ENDED;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t had = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(ret->fds, CMSG_DATA(c), had * sizeof(int));
        ret->n_fds = had;
    }
    ret->text[n] = '\0';
    return n == 0 ? WIRE_ENDED : WIRE_MESSAGE;
}
