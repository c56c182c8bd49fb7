/* Who pays, as a provider knows them: its name of a customer, the fingerprint of a card. Kept as keyed hashes, to
 * see that two accounts are one person (P25, P39): no second trial, no reward for inviting oneself. */
#ifndef NODE_MONEY_PAYER_H
#define NODE_MONEY_PAYER_H

#include "node/money/rail.h"

/* Inside a transaction: this account has paid, or shown a card, so. */
MUST_USE enum err payer_note(struct cx *cx, const struct order *o, const struct rail_state *s);
MUST_USE enum err payer_shared(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t other_id, bool *ret);
/* Inside a transaction: the planet's owners are told, once an order, that its payment may be fraud. */
MUST_USE enum err payer_warn(struct cx *cx, const struct order *o);
/* Keyed, to be kept; room for RAIL_PAYERS. */
size_t payer_fingerprints(struct cx *cx, const struct order *o, const struct rail_state *s, struct str *ret);

#endif
