/* A turnstile for what is heavy: so many inside at once, so many waiting before it, and whoever
 * finds no room hears so at once instead of holding a thread. Safe from any thread. */
#ifndef NODE_BASE_TURNSTILE_H
#define NODE_BASE_TURNSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct turnstile;

struct turnstile *turnstile_new(int at_once, int waiting);
struct turnstile *turnstile_free(struct turnstile *g); /* when nobody is inside or before it */
/* False: no room, or none within wait_ms. A NULL one lets everybody through. */
bool turnstile_enter(struct turnstile *g, int64_t wait_ms);
void turnstile_leave(struct turnstile *g);

#endif
