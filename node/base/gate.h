/* A counted gate for what is heavy: so many inside at once, so many waiting before it, and whoever
 * finds no room hears so at once instead of holding a thread. Safe from any thread. */
#ifndef NODE_BASE_GATE_H
#define NODE_BASE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate;

struct gate *gate_new(int at_once, int waiting);
struct gate *gate_free(struct gate *g); /* when nobody is inside or before it */
/* False: no room, or none within wait_ms. A NULL gate lets everybody through. */
bool gate_enter(struct gate *g, int64_t wait_ms);
void gate_leave(struct gate *g);

#endif
