/* Attempts that must be limited across restarts: codes, sign-in. Counted in the store (rate_window)
 * in twelfths of the window, so that no span of its length ever holds more than max. The
 * keys are hashed: the table names no address of anybody. */
#ifndef NODE_PEOPLE_RATE_H
#define NODE_PEOPLE_RATE_H

#include "node/cx.h"

/* Count one attempt of `what` by `who`. ERR_RATE_LIMITED (with cx->retry_after_s) when max were
 * made in the last window_ms; the refused one is not counted. Call it outside of transactions: the
 * count must stay when the attempt fails. */
MUST_USE enum err rate_hit(struct cx *cx, const char *what, struct str who, int64_t window_ms,
                           int max);
/* Asks without counting. */
MUST_USE enum err rate_check(struct cx *cx, const char *what, struct str who, int64_t window_ms,
                             int max);

/* Whose address is this, for counting? One IPv4 address, an IPv6 /64; with net, /24 and /56. */
struct str rate_ip(struct arena *a, struct str ip, bool net);

#endif
