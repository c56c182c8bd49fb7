/* What need not be kept for ever of payments: the words of others, in which names and mail addresses stand.
 *
 * After the setting pay.forget_days, counted from when it came and was settled, the body of a provider's message,
 * the answer to a call of ours and the account name of a transfer are emptied. Not what waits in the tray, rests
 * in a dispute or belongs to a refund that is under way: that is looked at again each day. The rows stay with their
 * ids, so a message that comes once more still is one that was heard; so do the books, invoices and what
 * reconciliation compares.
 *
 * Of the node, by a job; any thread. */
#ifndef NODE_MONEY_FORGET_H
#define NODE_MONEY_FORGET_H

#include "node/event.h"

struct job;

/* Outside of transactions: all that is due, in small ones. A kill between two loses and repeats nothing. *ret_more:
 * there is more than one run should do. */
MUST_USE enum err forget_due(struct cx *cx, bool *ret_more);
/* Job money.forget, by the wiring table, each day. */
enum job_verdict forget_run(struct cx *cx, const struct job *job);

#endif
