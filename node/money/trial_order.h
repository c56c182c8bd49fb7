/* Free days with a way of paying first (P25): an order of kind "trial" and total 0, by a rail that renews. The rail
 * says that the card is there, which is its payment; the days are a grant of kind trial. What comes after
 * them is a further term as any other, charged by the rail. */
#ifndef NODE_MONEY_TRIAL_ORDER_H
#define NODE_MONEY_TRIAL_ORDER_H

#include "node/money/rail.h"

/* Do free days want a way of paying here? */
MUST_USE enum err trial_rule_of(struct cx *cx, int64_t planet_id, bool *ret_card_first);
/* The owner. */
MUST_USE enum err trial_rule_set(struct cx *cx, int64_t planet_id, bool card_first);

/* ERR_CONFLICT: had free days here, or is a member. ERR_INVALID: none of this price, or the rail doesn't renew.
 * The rest as order_place. */
MUST_USE enum err trial_order_place(struct cx *cx, int64_t account_id, int64_t price_id, const char *rail,
                                    struct str invites, struct order *ret);
bool trial_order_is(const struct order *o);
/* For rails: what follows how many days. */
MUST_USE enum err trial_order_terms(struct cx *cx, const struct order *o, struct price *ret);

/* Inside a transaction, when a rail says that such an order is paid: *ret_no is set to why not, when the person, the
 * card or the customer had free days here already; its subscription is then ended by the call "drop". Else it is
 * noted that they had them. */
MUST_USE enum err trial_order_admit(struct cx *cx, const struct order *o, const struct rail_state *s, bool *ret_no);

#endif
