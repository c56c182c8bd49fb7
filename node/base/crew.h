/* Threads for work that waits: a call to a payment provider, while the page that wants it rests. They are
 * made when there is work, at most n_threads, and end after some idle seconds. Safe from any thread. */
#ifndef NODE_BASE_CREW_H
#define NODE_BASE_CREW_H

#include <stdbool.h>
#include <stddef.h>

struct crew;

struct crew *crew_new(int n_threads, size_t max_waiting);
/* Runs work(arg) soon, once. False: too much waits, or the crew is leaving; it won't run. */
bool crew_do(struct crew *c, void (*work)(void *arg), void *arg);
/* Takes nothing more; returns when all that was taken has run. Takes NULL, returns NULL. */
struct crew *crew_free(struct crew *c);

#endif
