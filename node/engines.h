/* The engines of a serving process (fetcher, jobs, HTTP) and its signals: what `orrery serve` and
 * `orrery host serve` have in common. Stands above everything, like serve.c; one thread, main's. */
#ifndef NODE_ENGINES_H
#define NODE_ENGINES_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/base/err.h"
#include "node/base/str.h"

struct server;
struct http;

struct engines {
    struct server *server;
    struct http *http;
    sigset_t signals;
    int64_t began; /* monotonic */
};

/* First of all, before any thread is made: the signals that end us are seen by engines_wait only.
 * Makes what nodes want of the server when they are opened (turnstiles, limiter). */
void engines_prepare(struct server *server, bool dev, struct engines *ret);
/* server->nodes is there; those awake join the jobs. agent: who we say we are when fetching. Errors are logged; engines_stop is owed
 * then, too. */
MUST_USE enum err engines_start(struct engines *e, struct str agent, const char *listen);
/* Tell whoever waits for it (systemd, the log) that we serve; then sleep until a signal. */
void engines_serve(struct engines *e);
/* No new requests, then no new jobs, then no transfers. The nodes are closed by the caller after it. */
void engines_stop(struct engines *e);
/* What engines_prepare made; after the nodes are closed. */
void engines_free(struct engines *e);

#endif
