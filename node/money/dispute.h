/* Disputes (拒付, P32): a buyer has asked the bank for the money. What the order gave rests at once (order_apply); here
 * is who hears of it, and what stops when it is lost. Nothing that the member wrote is hidden. */
#ifndef NODE_MONEY_DISPUTE_H
#define NODE_MONEY_DISPUTE_H

#include "node/money/order.h"

enum dispute_turn { DISPUTE_OPENED, DISPUTE_WON, DISPUTE_LOST };
/* Inside order_apply's transaction: the owners are told; a lost one flags the account and ends renewals. amount: what
 * is in dispute. */
MUST_USE enum err dispute_turned(struct cx *cx, int64_t order_id, enum dispute_turn turn, struct money amount);

#endif
