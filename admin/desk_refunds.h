/* The desk's pages of refunds, and of one order. The planet's owner's alone. */
#ifndef ADMIN_DESK_REFUNDS_H
#define ADMIN_DESK_REFUNDS_H

#include "admin/desk_money.h"

enum err desk_refunds(struct rq *rq);       /* GET /desk/:planet/money/refunds, ?all=1 */
enum err desk_refund_decide(struct rq *rq); /* POST …/refunds/:id: do = approve, decline, paid, retry, give_up */
enum err desk_refund_rule(struct rq *rq);   /* POST …/refund-rule */
enum err desk_order(struct rq *rq);         /* GET …/orders/:number */
enum err desk_order_refund(struct rq *rq);  /* POST …/orders/:number/refund */

#endif
