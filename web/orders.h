/* One's own orders, and money back. */
#ifndef WEB_ORDERS_H
#define WEB_ORDERS_H

#include "node/http/http.h"
#include "node/money/order.h"
#include "web/view.h"

/* What the button for this order is, for parts_refund: on its own page and beside a membership. */
MUST_USE enum err web_refund_view(struct rq *rq, const struct view_page *page, const struct order *o,
                                  struct view_refund *ret);
struct str web_refund_state(struct cx *cx, struct str state); /* "on its way" */

enum err web_orders(struct rq *rq);       /* GET /me/orders */
enum err web_order(struct rq *rq);        /* GET /me/orders/:number */
enum err web_order_refund(struct rq *rq); /* POST …/refund: do = now, ask, withdraw */

#endif
