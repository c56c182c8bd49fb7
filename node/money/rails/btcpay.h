/* BTCPay Server (C1), Greenfield API: the owner's own server and shop; coins go to the owner's wallet. What its
 * adapter's files share. Its messages name an invoice and what happened to it, without an amount: they are hints,
 * and only what the server says when it is asked counts. */
#ifndef NODE_MONEY_RAILS_BTCPAY_H
#define NODE_MONEY_RAILS_BTCPAY_H

#include "node/base/json.h"
#include "node/money/rail.h"

/* BTCPay-Sig: "sha256=" and the hex HMAC-SHA256 of the raw body, keyed by the text of the webhook's secret. */
bool btcpay_signed(struct str header, struct str body, struct str secret);

/* A message: whose invoice, told when. Its state is PENDING: to be asked. ERR_INVALID: not a message of a
 * webhook. Asks nobody; merchant and live are not set. */
struct btcpay_event { struct str id, type, store, invoice, number; int64_t at; bool after_expiration; };
MUST_USE enum err btcpay_event(struct cx *cx, struct str body, struct btcpay_event *ret);

/* An invoice as the server shows it. paid_before: the order of ours was paid already, so that an invoice that
 * has become invalid takes back what it gave. late_settled: each payment of it is certain (asked only of one
 * that was paid late). ERR_INVALID: not an invoice. */
MUST_USE enum err btcpay_invoice(struct cx *cx, const json_t *j, bool paid_before, bool late_settled, struct rail_state *io);
/* Was it paid after it had run out? Then its payments are to be looked at. */
bool btcpay_is_late(const json_t *j);
/* Are there payments, and is each certain? From the list of its payment methods. */
bool btcpay_all_settled(const json_t *methods);

/* One call. path comes after "/api/v1"; body STR_NULL: GET, unless method says otherwise. OK with any status but
 * those that mean "later". */
MUST_USE enum err btcpay_ask(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                             struct str body, int *ret_status, json_t **ret);
/* "/stores/ID" and what comes behind. */
struct str btcpay_store_path(struct cx *cx, const struct rail_account *acc, const char *tail);
struct str btcpay_invoice_path(struct cx *cx, const struct rail_account *acc, struct str invoice, const char *tail);

/* btcpay_setup.c */
MUST_USE enum err btcpay_check(struct cx *cx, struct rail_value *values, size_t n);
MUST_USE enum err btcpay_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);
MUST_USE enum err btcpay_connect(struct cx *cx, struct rail_account *acc, struct str hook_url);
MUST_USE enum err btcpay_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                                    enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg);
struct str btcpay_merchant(struct cx *cx, const struct rail_account *acc); /* "pay.example/STORE" */

#endif
