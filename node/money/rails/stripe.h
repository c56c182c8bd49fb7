/* Stripe: what its adapter's files share. The owner's own account and a restricted key of it; no money
 * passes through anybody else (payments: S1–S13). */
#ifndef NODE_MONEY_RAIL_STRIPE_H
#define NODE_MONEY_RAIL_STRIPE_H

#include "node/base/json.h"
#include "node/money/rail.h"

/* The version of the API that all this is written for; webhook endpoints are made with the same. */
#define STRIPE_VERSION "2026-10-28.endive"
enum { STRIPE_TOLERANCE_S = 300 };

/* Stripe-Signature (S7): "t=<unix>,v1=<hex>[,v1=…]". HMAC-SHA256 over t "." body, keyed by the text of the
 * secret. Any v1 may match (a secret is being rolled); 300 s of difference at most, either way. */
bool stripe_signed(struct str header, struct str body, struct str secret, int64_t now_ms);

/* An event's JSON to a state. Asks nobody. RAIL_NOTHING when it is of no concern. ERR_INVALID: not an
 * event. merchant is not set. */
MUST_USE enum err stripe_event(struct cx *cx, struct str body, struct rail_state *ret);
MUST_USE enum err stripe_event_json(struct cx *cx, const json_t *event, struct rail_state *ret);
/* Whose it is: the merchant, and no order number that is not of acc's planet. */
MUST_USE enum err stripe_own(struct cx *cx, const struct rail_account *acc, struct rail_state *s);
/* What a Checkout Session, as it is now, says of its order. */
void stripe_session(struct cx *cx, const json_t *session, struct rail_state *io);
/* An invoice: old and new shapes (S6). */
struct str stripe_invoice_subscription(const json_t *invoice);
struct str stripe_invoice_payment(const json_t *invoice);
/* The tax in it (Stripe Tax), and where its customer is. */
void stripe_invoice_tax(const json_t *j, struct rail_state *io); /* pi_…; STR_NULL: not said */
/* A subscription, old and new shapes. */
void stripe_subscription(const json_t *subscription, struct rail_sub *ret);
/* "pi_…" of a field that may be an id or the thing itself. */
struct str stripe_id(const json_t *j, const char *path);

/* Minor units as Stripe counts them: ISK and UGX with two decimals 00, three decimals ending in 0.
 * False: an amount that Stripe can't take. */
bool stripe_amount(struct money m, int64_t *ret);
struct money stripe_money(int64_t amount, struct str currency); /* of an answer; "cny" */

/* One call of the API. form: urlencoded, built with stripe_put; p == NULL for GET. key STR_NULL: none. */
struct buf;
void stripe_put(struct buf *form, const char *name, struct str value);
MUST_USE enum err stripe_call(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                              struct str form, struct str key, json_t **ret);
/* The same for who wants to see refusals: 4xx is OK, *ret_status says so. */
MUST_USE enum err stripe_try(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                             struct str form, struct str key, int *ret_status, json_t **ret, int64_t *ret_at);

/* stripe_setup.c */
MUST_USE enum err stripe_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);
MUST_USE enum err stripe_connect(struct cx *cx, struct rail_account *acc, struct str hook_url);
MUST_USE enum err stripe_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                                    enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg);
MUST_USE enum err stripe_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                              enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);

#endif
