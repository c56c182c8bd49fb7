/* The page of an order that is paid by a transfer: where to, and that it is sent. */
#ifndef WEB_PAY_TRANSFER_H
#define WEB_PAY_TRANSFER_H

#include "node/http/http.h"
#include "node/money/order.h"
#include "web/view.h"

/* Fills v->transfer when there is something to be paid, said or waited for; *ret_by_hand says so. */
MUST_USE enum err web_transfer_fill(struct rq *rq, const struct order *o, struct view_order_page *v, bool *ret_by_hand);

enum err web_transfer_say(struct rq *rq);     /* POST /pay/:number/sent */
enum err web_transfer_picture(struct rq *rq); /* GET /pay/:number/picture: what the buyer sent, to them and the owner */
enum err web_transfer_code(struct rq *rq);    /* GET /pay/:number/code: the owner's payment code, to the buyer */

#endif
