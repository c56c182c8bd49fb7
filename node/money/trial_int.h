/* What trial.c and trial_order.c share: once for an account, a mail address, a payer. */
#ifndef NODE_MONEY_TRIAL_INT_H
#define NODE_MONEY_TRIAL_INT_H

#include "node/cx.h"

/* ERR_CONFLICT with a sentence: had free days here, or was a member. Notes nothing. */
MUST_USE enum err trial_may_have(struct cx *cx, int64_t planet_id, int64_t account_id);
/* Inside a transaction: the same, and notes it; with fingerprints of who pays. */
MUST_USE enum err trial_claim(struct cx *cx, int64_t planet_id, int64_t account_id, const struct str *payers, size_t n);

#endif
