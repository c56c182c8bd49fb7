/* Listening sockets: bound here, or given by systemd (sd_listen_fds(3), whose protocol is three
 * variables of the environment), and the few words that go back to it (sd_notify(3)). All sockets
 * are stream sockets of IPv4 or IPv6 that don't block and close on exec. One thread. */
#ifndef NODE_LISTEN_H
#define NODE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/base/err.h"

/* "127.0.0.1:8420" or "[::1]:8420", in figures; port 0: any. Logged: ERR_INVALID when it is no
 * address, ERR_CONFLICT when it can't be had. The caller closes *ret_fd. */
MUST_USE enum err listen_open(const char *address, int *ret_fd);
/* The same, trying again for wait_ms while it is taken: by a process that is just dying. */
MUST_USE enum err listen_open_soon(const char *address, int64_t wait_ms, int *ret_fd);
int listen_port(int fd); /* 0 when it has none */
/* Is this a socket that we can accept on? Makes it non-blocking and close on exec. */
bool listen_adopt(int fd);

/* What systemd passed to this very process, closed on exec from now on; the variables are taken
 * out of the environment. Sockets that we can't accept on are closed and logged. The caller closes
 * the fds. names (FileDescriptorName=) are "" where none was given. */
enum { LISTEN_MAX = 8, LISTEN_NAME_MAX = 32 };
struct listen_given {
    size_t n;
    int fds[LISTEN_MAX];
    char names[LISTEN_MAX][LISTEN_NAME_MAX];
};
void listen_from_systemd(struct listen_given *ret);

/* One datagram to NOTIFY_SOCKET, "READY=1"; nothing when there is none. */
void systemd_notify(const char *text);

#endif
