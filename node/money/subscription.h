/* Memberships that a provider renews by itself, as the provider tells of them. The rights are in the
 * orders: each paid period is one of its own. */
#ifndef NODE_MONEY_SUBSCRIPTION_H
#define NODE_MONEY_SUBSCRIPTION_H

#include "node/money/rail.h"

struct subscription {
    int64_t id, planet_id, account_id, order_id;
    struct str rail, ref, customer, state; /* active, past_due, paused, ended */
    bool ends_with_term;
    int64_t period_end, since, rail_at;    /* period_end DB_NULL: unsaid */
    int64_t price_id;                      /* of further terms; DB_NULL: that of its first order */
};
MUST_USE enum err subscription_by_id(struct cx *cx, int64_t id, struct subscription *ret);
MUST_USE enum err subscription_by_ref(struct cx *cx, int64_t planet_id, struct str rail, struct str ref,
                                      struct subscription *ret);
/* The one that began with this order. */
MUST_USE enum err subscription_of_order(struct cx *cx, int64_t order_id, struct subscription *ret);
/* The newest that has not ended. ERR_NOT_FOUND: none. */
MUST_USE enum err subscription_of(struct cx *cx, int64_t planet_id, int64_t account_id,
                                  struct subscription *ret);
/* Inside a transaction: what the rail told of one; of an order that it began with, or known by its ref.
 * Older than what is known: nothing. ERR_NOT_FOUND: of no order of ours. */
MUST_USE enum err subscription_told(struct cx *cx, const struct order *o, int64_t planet_id,
                                    const char *rail, const struct rail_sub *sub, int64_t at,
                                    struct subscription *ret);
/* Inside a transaction: the order of a further term that was paid; the same ref gives the same order. paid: how much
 * the provider took, which tells around a change of price at which one. */
MUST_USE enum err subscription_order(struct cx *cx, const struct subscription *s, struct str ref, int64_t paid,
                                      struct str *ret_number);

#endif
