/* How the API writes things that several answers hold. */
#ifndef WEB_API_WORDS_H
#define WEB_API_WORDS_H

#include "node/money/order.h"
#include "web/api/api.h"

/* Each writes one object as a value. */
void api_put_price(struct api *a, const struct price *p);
void api_put_tier(struct api *a, const struct tier *t);
MUST_USE enum err api_put_order(struct api *a, const struct order *o);
MUST_USE enum err api_put_grant(struct api *a, const struct grant *g);
/* NULL, or one of no grant: null */
void api_put_membership(struct api *a, const char *key, const struct membership *m);
struct gift;
void api_put_gift(struct api *a, const struct gift *g);
struct referral;
void api_put_referral(struct api *a, const struct referral *r);
struct refund;
MUST_USE enum err api_put_refund(struct api *a, const struct refund *r);
/* The answer: those of an order. */
MUST_USE enum err api_put_refunds(struct api *a, int64_t order_id);
struct quote;
/* The answer: a price in full. */
MUST_USE enum err api_send_quote(struct api *a, const struct quote *q);
MUST_USE enum err api_send_order(struct api *a, struct str number, int status);
/* The field "rail": the only way of paying there is, when none was named. */
MUST_USE enum err api_get_rail(struct api *a, const char **ret);
/* What the account has in a planet; whole: with all that was given. */
MUST_USE enum err api_put_mine(struct api *a, const struct planet *p, bool whole);
/* What the query says of which part of the books. */
struct ledger_filter;
struct bill_span;
MUST_USE enum err api_ledger_filter(struct api *a, struct ledger_filter *ret);
MUST_USE enum err api_bill_span(struct api *a, struct bill_span *ret);
/* {"id", "username", "name"}; DB_NULL: null */
MUST_USE enum err api_put_person(struct api *a, const char *key, int64_t account_id);
/* An address of ours: the origin before a path. STR_NULL stays. */
struct str api_url(struct api *a, struct str path);
void api_put_url(struct api *a, const char *key, struct str path);

#endif
