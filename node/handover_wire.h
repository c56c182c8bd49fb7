/* Messages between two processes that serve one directory: inside of node/handover.c.
 * A message is one line and up to WIRE_FDS descriptors, over a SOCK_SEQPACKET socket. */
#ifndef NODE_HANDOVER_WIRE_H
#define NODE_HANDOVER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { WIRE_TEXT = 1024, WIRE_FDS = 12 };

struct wire_message {
    char text[WIRE_TEXT]; /* ends with NUL */
    int fds[WIRE_FDS];    /* the reader's to close */
    size_t n_fds;
};

enum wire_got { WIRE_NOTHING, WIRE_MESSAGE, WIRE_ENDED };

/* dir/serve.sock, put in place of what stands there; non-blocking; -1 with errno. */
int wire_listen(const char *dir);
/* -1 with errno: ENOENT, ECONNREFUSED: nobody is there. Blocking, for timeout_s at a time. */
int wire_connect(const char *dir, int timeout_s);
/* -1: nobody is waiting, or it isn't of our own user. root may come when root_too. */
int wire_accept(int fd, bool *ret_is_root);
pid_t wire_peer(int fd);
bool wire_send(int fd, const char *text, const int *fds, size_t n_fds);
enum wire_got wire_receive(int fd, struct wire_message *ret);

/* Start program with these arguments and --takeover, holding the other end of a connection; it is
 * nobody's child. Non-blocking; -1. It ends when the other process does, also when it never began. */
int wire_spawn(const char *program, char *const *argv);
int wire_spawned(int timeout_s); /* the end that we were started with, once; -1: we were not */

#endif
