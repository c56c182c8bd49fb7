/* Password hashing takes 19 MiB and tens of milliseconds each time: at most two run at once in the
 * process, a few wait, the rest are told to come again. main() puts one into struct server;
 * without one (command line) nothing is limited. Safe from any thread. */
#ifndef NODE_PEOPLE_HASH_GATE_H
#define NODE_PEOPLE_HASH_GATE_H

#include "node/cx.h"

struct hash_gate;
struct hash_gate *hash_gate_new(int at_once, int waiting);
struct hash_gate *hash_gate_free(struct hash_gate *g);
/* The gate of cx->node->server. Gives back the store connection first. ERR_BUSY when too many wait.
 */
MUST_USE enum err hash_gate_enter(struct cx *cx);
void hash_gate_leave(struct cx *cx);

#endif
