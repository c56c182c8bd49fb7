/* Buying single things: the parts that their pages share, and the page of a post's sale. */
#ifndef WEB_SINGLES_H
#define WEB_SINGLES_H

#include "node/http/http.h"
#include "node/money/quote.h"
#include "web/view.h"

struct order;
struct planet;

enum err web_post_buy_show(struct rq *rq);  /* GET /@:handle/:slug/buy */
enum err web_post_buy_do(struct rq *rq);    /* POST /@:handle/:slug/buy */

/* The sums of a quote and the ways to pay it; back: the path to come back to after signing in. */
MUST_USE enum err web_sale_make(struct rq *rq, const struct quote *q, struct str back, struct view_sale **ret);
/* The way of paying that a form chose: the only one when it had no choice. "none": there is none. */
const char *web_sale_rail(struct rq *rq, int64_t planet_id);
/* The total that the form said it showed; 0: none. */
int64_t web_sale_agreed(struct rq *rq);
/* An error that the buyer can mend: the page again with its sentence. */
bool web_sale_mendable(enum err e);
/* On from a new order: to the till, or, when nothing was to pay, to where it leads. */
MUST_USE enum err web_sale_go(struct rq *rq, const struct order *o, const struct planet *p);

/* Where an order leads its buyer: the post, the gift, the question, the planet. */
MUST_USE enum err web_order_home(struct cx *cx, const struct order *o, const struct planet *p, struct str *ret);

#endif
