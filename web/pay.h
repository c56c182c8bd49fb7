/* On the way to a payment provider and back: choosing one, leaving, the page that confirms; and the door
 * for providers' messages. */
#ifndef WEB_PAY_H
#define WEB_PAY_H

#include "node/http/http.h"
#include "node/money/order.h"

/* Make the provider's object of a new order of the viewer and go there. */
MUST_USE enum err web_pay_go(struct rq *rq, struct str order_number);

/* This browser may pay the order without being signed in: it came by a link that lets it. */
void web_pay_ticket(struct rq *rq, struct str order_number);
/* The order of ":number", if it is the viewer's, or this browser has its ticket. ERR_UNAUTHENTICATED: nobody is
 * signed in. */
struct planet;
MUST_USE enum err web_my_order(struct rq *rq, struct order *ret, struct planet *ret_planet);
/* Where a browser goes when that order is paid: back to the page that it came from (next, as web_next gives it; any
 * other is not kept), kept in a cookie of two hours. */
void web_pay_after(struct rq *rq, struct str order_number, struct str next);
/* That page, or what was bought. */
MUST_USE enum err web_pay_home(struct rq *rq, const struct order *o, const struct planet *p, struct str *ret);
/* Its page; with a sentence when something went wrong. */
MUST_USE enum err web_pay_show_order(struct rq *rq, const struct order *o, const struct planet *p, enum err error);
/* "Gold · 3 months", the title of a post */
struct str web_order_title(struct cx *cx, const struct order *o);

enum err web_pay_page(struct rq *rq);   /* GET /pay/:number, ?go=1 leaves, ?back=N confirms */
enum err web_pay_wechat(struct rq *rq); /* GET /pay/:number/wechat, on the way to paying inside WeChat */
enum err web_pay_again(struct rq *rq);  /* POST /pay/:number: go on, or cancel */
enum err web_pay_state(struct rq *rq);  /* GET /pay/:number/state: JSON, asks the provider */
enum err web_hook(struct rq *rq);       /* POST /hooks/:rail/:handle */

#endif
