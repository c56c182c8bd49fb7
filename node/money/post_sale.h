/* Selling single posts (单篇购买, P35).
 *
 * A post whose access is 'price' is bought once and is open for good; the right survives leaving the planet and dies
 * with a refund only. The owner may let what was paid for posts count toward a first membership that is bought within
 * so many days: price_quote takes it off by itself. */
#ifndef NODE_MONEY_POST_SALE_H
#define NODE_MONEY_POST_SALE_H

#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/talk/post.h"

enum { POST_COUNT_DAYS = 14, POST_COUNT_DAYS_MAX = 90 };

/* What the page of a sale says. ERR_INVALID: not for sale; ERR_NOT_FOUND: not published. */
struct post_offer {
    struct quote quote;
    bool open;            /* the viewer reads it already */
    int64_t count_days;   /* it counts toward a membership for so long; 0: it does not */
};
MUST_USE enum err post_offer_of(struct cx *cx, const struct post *post, struct post_offer *ret);

/* Order it: a right that does not end. agreed: the total that was shown, else 0 (single.h). ERR_CONFLICT: bought
 * already, or open anyhow; ERR_INVALID: not for sale, not this way of paying. ERR_RATE_LIMITED: 10 a minute. */
struct post_ask { int64_t account_id, post_id; const char *rail; int64_t agreed; };
MUST_USE enum err post_buy(struct cx *cx, const struct post_ask *ask, struct order *ret);

/* The planet's owner; days 0: posts don't count toward memberships. */
MUST_USE enum err post_toward_days(struct cx *cx, int64_t planet_id, int64_t *ret_days);
MUST_USE enum err post_toward_days_set(struct cx *cx, int64_t planet_id, int64_t days);

/* How posts sell, best first. The planet's owner. */
struct post_sold { int64_t post_id, n; struct money money; struct str title, slug; };
MUST_USE enum err post_sales(struct cx *cx, int64_t planet_id, struct post_sold **ret, size_t *ret_n);

/* ---- for quote.c and order_place.c ---- */

/* What of this account's posts counts toward a membership now. Its own open orders hold nothing: a new order takes
 * their place. */
MUST_USE enum err post_toward(struct cx *cx, int64_t planet_id, int64_t account_id, struct str currency,
                             int64_t *ret);
/* Inside a transaction: the order has that much of it, oldest posts first. */
MUST_USE enum err post_toward_take(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t account_id,
                                  struct str currency, int64_t amount);
/* Is what the order counts on still there? Not when a post was given back or counted elsewhere meanwhile. */
MUST_USE enum err post_toward_stands(struct cx *cx, int64_t order_id, bool *ret);
/* Does a membership that stands owe its price to this order of a post? (It is given back by the owner's hand
 * then.) */
MUST_USE enum err post_counted(struct cx *cx, int64_t post_order_id, bool *ret);

#endif
