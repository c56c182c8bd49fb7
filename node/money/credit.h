/* Member credit: what a member has to spend in a planet, by currency. Earned by invitations (P39).
 *
 * The ledger's account member_credit:<account> is the truth; the table beside it is the same sum, kept in
 * the same transactions, so that a price can be quoted by one row. */
#ifndef NODE_MONEY_CREDIT_H
#define NODE_MONEY_CREDIT_H

#include "node/planet/planet.h"

MUST_USE enum err credit_balance(struct cx *cx, int64_t planet_id, int64_t account_id,
                                 struct str currency, int64_t *ret); /* may be below 0 */
/* All currencies of one account in a planet. */
struct credit_sum { int64_t planet_id; struct money money; };
MUST_USE enum err credit_list(struct cx *cx, int64_t account_id, struct credit_sum **ret,
                              size_t *ret_n);
struct str credit_account(struct cx *cx, int64_t account_id); /* "member_credit:123" */

/* Inside a transaction, next to the ledger txn that says so. */
MUST_USE enum err credit_add(struct cx *cx, int64_t planet_id, int64_t account_id,
                             struct money change);

/* ---- of an order ---- */

/* Inside a transaction: the order is paid with that much credit, too. */
MUST_USE enum err credit_reserve(struct cx *cx, int64_t order_id, int64_t amount);
struct credit_part { int64_t amount; int64_t spent_txn, returned_at; }; /* DB_NULL: not yet */
/* amount 0: none. */
MUST_USE enum err credit_of_order(struct cx *cx, int64_t order_id, struct credit_part *ret);
/* Was there enough when it was paid? Takes it: ERR_CONFLICT when not. */
MUST_USE enum err credit_spend(struct cx *cx, int64_t order_id, int64_t planet_id,
                               int64_t account_id, struct money part, int64_t txn_id);
/* The order was given back whole: so is its credit. ret: how much; 0 when there was none. */
MUST_USE enum err credit_return(struct cx *cx, int64_t order_id, int64_t planet_id,
                                int64_t account_id, struct str currency, int64_t *ret);

#endif
