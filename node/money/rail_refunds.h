/* Refunds that were asked for: for adapters whose provider names one refund and not the sum, and for those that fail. */
#ifndef NODE_MONEY_RAIL_REFUNDS_H
#define NODE_MONEY_RAIL_REFUNDS_H

#include "node/cx.h"

struct rail_refund_asked {
    struct str key, order_number; /* key: rail_step.key of the refund */
    struct str ref, state;        /* the provider's name of it; of refund.h: sent …; either may be STR_NULL */
    int64_t order_id, amount;
};
/* By the key of its call. ERR_NOT_FOUND: not ours, made by hand at the provider. */
MUST_USE enum err rail_refund_by_key(struct cx *cx, int64_t planet_id, struct str rail, struct str key,
                                     struct rail_refund_asked *ret);
/* Asked for since then, taken by the provider, and not yet told to be done. */
MUST_USE enum err rail_refunds_open(struct cx *cx, int64_t planet_id, struct str rail, int64_t since,
                                    struct rail_refund_asked **ret, size_t *ret_n);
/* For whoever owns the planet, in its language: this refund did not arrive. title: pay_rail.title. */
MUST_USE enum err rail_refund_lost_note(struct cx *cx, int64_t planet_id, const char *title, struct str number,
                                        struct str status, struct str *ret);

#endif
