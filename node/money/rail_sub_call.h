/* Calls about a subscription, for rail_call.c: what they leave behind here, and which of them are out of date. What they
 * ask for stands in rail_call.h: rail_renewal, rail_reprice.
 *
 * A price that a provider was asked for is kept at once (subscription_price), before anybody is called: whatever is told
 * when, a charge of each price that was ever asked for is a term that was agreed on (subscription_order). */
#ifndef NODE_MONEY_RAIL_SUB_CALL_H
#define NODE_MONEY_RAIL_SUB_CALL_H

#include "node/money/rail.h"
#include "node/money/subscription.h"

/* Is this call, just before it is made, one that a newer one of the same subscription speaks against, or that asks for
 * a price that nothing will be charged at any more? */
MUST_USE enum err sub_call_overtaken(struct cx *cx, int64_t call_id, const struct subscription *s, struct str step,
                                     int64_t price_id, bool *ret);
/* Inside a transaction: it was made. */
MUST_USE enum err sub_call_ended(struct cx *cx, const struct subscription *s, const struct rail_step *step,
                                 const struct rail_repriced *repriced);
/* Inside a transaction, of one that was not there when others were moved to another price: who had cancelled and goes on,
 * who began at the old price and was told of later. It costs what theirs do. */
MUST_USE enum err sub_follow_price(struct cx *cx, const struct subscription *s, struct str why);
/* Inside a transaction: the provider will not have the new price; nobody goes on at the old one unasked. */
MUST_USE enum err sub_call_refused(struct cx *cx, int64_t subscription_id);
/* Inside a transaction: the provider will not stop it, though who pays was told that it has. The owners get a letter:
 * they alone can still end it, in their account there. */
MUST_USE enum err sub_stop_refused(struct cx *cx, int64_t subscription_id, int64_t call_id, struct str why);

#endif
