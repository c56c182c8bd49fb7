/* How a serving process gets its listening sockets and the lock of its directory, and how a newer
 * one takes its place with no request lost. `orrery serve` and `orrery host serve` go through here.
 *
 *   handover_begin   the directory's lock, and each socket: from the process that serves now
 *                    (takeover), from systemd, or bound
 *   … open the store, start the engines on handover_fd() …
 *   handover_ready   whoever served before us may leave now; DIR/serve.sock is ours
 *   handover_wait    until a signal, or until a newer process is ready in our place
 *   handover_leave   (after HANDOVER_LEAVE) until what we hold is finished
 *   handover_free    last of all: its end tells the newer one that we are gone
 *
 * The two talk over DIR/serve.sock (0600, the same uid only), in messages of one line; descriptors
 * travel as SCM_RIGHTS. The lock (flock) belongs to the open file, so it is passed as well, and
 * there is no moment in which neither holds it. Until the newcomer says that it is ready, nothing has
 * changed for the old one: a newcomer that fails is forgotten. From offering its sockets on, the
 * old one shares its store; so does the newcomer, until its elders are gone (the connection to
 * each ends with its process, however that ended).
 *
 * `orrery upgrade DIR` makes the serving process start the program that now lies at its own path,
 * with its own arguments and --takeover.
 *
 * Everything runs on the thread that called handover_begin, before any other was made: it blocks
 * the signals that it waits for. */
#ifndef NODE_HANDOVER_H
#define NODE_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/base/err.h"

enum { HANDOVER_SOCKETS = 4 };

struct handover_socket {
    const char *name;    /* "public", "internal": also systemd's FileDescriptorName= */
    const char *address; /* where to bind it when nobody gives it */
};

struct handover_options {
    const char *dir;
    const struct handover_socket *sockets;
    size_t n_sockets;    /* at most HANDOVER_SOCKETS */
    bool takeover;       /* from whoever serves dir now; when nobody does, an ordinary start */
    char *const *argv;   /* how this process was started, for the one that shall follow it */
};

/* Asked upward, on the thread of handover_begin. */
struct handover_hooks {
    /* Does another process use the stores at the same time? While true: no cached page older than a
     * second, no lease of another process is reset. Called only when it changes. NULL: not told */
    void (*shared)(void *arg, bool shared);
    void *arg;
};

enum handover_end { HANDOVER_STOP, HANDOVER_LEAVE };

struct handover;

/* Logged: ERR_CONFLICT (somebody serves dir and we don't take over, or an upgrade is under way),
 * ERR_NOT_FOUND (no node in dir), ERR_INVALID (no address), ERR_UPSTREAM (it does not answer). */
MUST_USE enum err handover_begin(const struct handover_options *o, struct handover **ret);
/* -1: no such socket. It stays the handover's; http_stop must not shut it down. */
int handover_fd(const struct handover *h, const char *name);
/* Is the store shared from the start? (The hook is told when that ends.) */
bool handover_has_elder(const struct handover *h);
void handover_ready(struct handover *h);
enum handover_end handover_wait(struct handover *h, const struct handover_hooks *hooks);
/* Waits until is_done, or for max_ms, or for a signal. */
void handover_leave(struct handover *h, bool (*is_done)(void *arg), void *arg, int64_t max_ms);
/* Before a stop for good: who connects from now on is refused at once, unless systemd or a newcomer
 * has the sockets, too. Call it when nobody accepts any more. */
void handover_close_door(struct handover *h);
struct handover *handover_free(struct handover *h);

/* Ask the process that serves dir to be followed by the program at its path, and wait until that is
 * ready. *ret_pid: the new one. ERR_NOT_FOUND: nobody serves dir; ERR_FORBIDDEN: not to us;
 * ERR_UPSTREAM: the new one did not start, and the old one goes on; its log says why; ERR_CONFLICT:
 * an upgrade is under way; ERR_UNSUPPORTED: it is the first process of a container, which would end
 * with it. */
MUST_USE enum err handover_upgrade(const char *dir, int64_t *ret_pid);

#endif
