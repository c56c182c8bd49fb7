/* The engines of a serving process (fetcher, jobs, HTTP), its sockets and its signals: what `orrery
 * serve` and `orrery host serve` have in common. Stands above everything, like serve.c; one thread, main's. */
#ifndef NODE_ENGINES_H
#define NODE_ENGINES_H

#include <stdbool.h>
#include <stdint.h>

#include "node/base/err.h"
#include "node/base/str.h"

struct server;
struct http;
struct handover;
struct handover_options;
struct internal;
struct internal_area;
struct ops;

struct engines {
    struct server *server;
    struct http *http;
    struct internal *internal; /* NULL: not asked for */
    struct ops *ops;
    struct handover *handover; /* once engines_take_place succeeded */
    bool followed;             /* engines_serve ended because a newer process serves now */
    int64_t began; /* monotonic */
};

/* First of all. Makes what nodes want of the server when they are opened (turnstiles, limiter). */
void engines_prepare(struct server *server, bool dev, struct engines *ret);
/* Before any thread is made, and before a store is opened: the lock of the directory and the sockets
 * "public" and, if wanted, "internal", from systemd, from the process that serves now, or bound
 * (node/handover.h). Errors are logged. */
MUST_USE enum err engines_take_place(struct engines *e, const struct handover_options *o);
/* server->nodes is there; those awake join the jobs. agent: who we say we are when fetching. Errors are
 * logged; engines_stop is owed then, too. */
MUST_USE enum err engines_start(struct engines *e, struct str agent);
/* The internal listener, on the socket "internal" of engines_take_place; areas as in
 * node/http/internal.h; ops is marked when we stop. Errors are logged. */
MUST_USE enum err engines_start_internal(struct engines *e, const struct internal_area *areas,
                                         struct ops *ops);
int engines_internal_port(const struct engines *e);
/* Tell whoever waits for it (systemd, the log, the process before us) that we serve; then sleep until a
 * signal, or until a newer process serves in our place and we have finished what we held. */
void engines_serve(struct engines *e);
/* No new requests, then no new jobs, then no transfers. The nodes are closed by the caller after it. */
void engines_stop(struct engines *e);
/* What engines_prepare and engines_take_place made; after the nodes are closed. */
void engines_free(struct engines *e);

#endif
