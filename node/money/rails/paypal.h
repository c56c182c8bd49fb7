/* PayPal: what its adapter's files share. The owner's own REST app; no money passes through anybody else
 * (payments: Y1–Y8). */
#ifndef NODE_MONEY_RAIL_PAYPAL_H
#define NODE_MONEY_RAIL_PAYPAL_H

#include "node/base/json.h"
#include "node/money/rail.h"

struct fetch_header;

/* ---- talking (paypal_talk.c) ---- */

/* Scheme and host of the account's surroundings: PayPal's, or its sandbox. */
struct str paypal_base(struct cx *cx, const struct rail_account *acc);
struct paypal_answer {
    int status;
    json_t *j;              /* NULL: none */
    struct str name, issue; /* of a refusal: "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED" */
    int64_t at;             /* PayPal's clock */
};
/* One call with a token, which is kept between calls and made when needed. body p == NULL: none. key:
 * PayPal-Request-Id; STR_NULL: none. Any answer below 500 but 401 and 429 is OK. ERR_INVALID with a sentence:
 * PayPal does not know the app. */
MUST_USE enum err paypal_try(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                             struct str body, struct str key, struct paypal_answer *ret);
/* The same for who can't go on after a refusal: ERR_NOT_FOUND, ERR_CONFLICT with a sentence. */
MUST_USE enum err paypal_call(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                              struct str body, struct str key, struct paypal_answer *ret);
/* "https://…" of links with this rel; STR_NULL: none. */
struct str paypal_link(const json_t *j, const char *rel);
/* A path with one part that comes from outside. */
struct str paypal_path(struct arena *a, const char *before, struct str part, const char *after);

/* ---- amounts (paypal_event.c) ---- */

/* As PayPal writes them: decimals, but none for HUF, JPY and TWD. False: an amount or currency that it can't
 * take. */
bool paypal_amount(struct arena *a, struct money m, struct str *ret);
/* {"currency_code": "EUR", "value": "9.50"}, or of version 1 {"currency": "EUR", "total": "9.50"}. */
bool paypal_money(const json_t *j, struct money *ret);
bool paypal_money_of(struct str currency, struct str value, struct money *ret);

/* ---- what its objects say (paypal_event.c) ---- */

struct paypal_told {
    struct rail_state s;
    int64_t made;           /* when the payment was made; DB_NULL: unsaid */
    bool charge;            /* of a subscription: its first or a further one */
    struct str payment;     /* of a refund, a reversal, a dispute: the capture or sale; STR_NULL */
    bool says_live;         /* s.live is its own word */
};
/* An event's JSON. Asks nobody, reads no store. RAIL_NOTHING: of no concern. ERR_INVALID: no event. */
MUST_USE enum err paypal_event(struct cx *cx, struct str body, struct paypal_told *ret);
MUST_USE enum err paypal_event_json(struct cx *cx, const json_t *event, struct paypal_told *ret);
void paypal_add_ref(struct rail_state *io, struct str ref);
/* A capture as it is now: what happened, how much. */
void paypal_capture_state(const json_t *capture, struct rail_state *io);
void paypal_subscription(const json_t *subscription, struct rail_sub *ret);
enum order_event paypal_outcome(const json_t *dispute); /* DISPUTE, DISPUTE_WON, DISPUTE_LOST */
/* Whose it is: merchant, no order number that isn't of acc's planet, and whether a charge is the order's own. */
MUST_USE enum err paypal_own(struct cx *cx, const struct rail_account *acc, struct paypal_told *t);

/* ---- signatures (paypal_sign.c) ---- */

struct paypal_stamp { struct str id, time, sig, cert_url, algo; };
struct paypal_stamp paypal_stamp_of(const struct rail_message *m);
/* The signed text: "id|time|webhook id|CRC-32 of the body". */
struct str paypal_signed_text(struct arena *a, const struct paypal_stamp *s, struct str webhook_id, struct str body);
/* May a certificate come from there? https, a host of PayPal's (of its sandbox for a sandbox account), its path. */
bool paypal_cert_url_ok(struct str url, struct str base, bool live, bool own_base);
/* Is this a chain of PayPal's, leaf first, that ends at an authority of the system (or of SSL_CERT_FILE) at
 * this moment? The leaf's public key in PEM, and until when. */
MUST_USE enum err paypal_chain(struct cx *cx, struct str pem, bool live, struct str *ret_key, int64_t *ret_until);
/* OK; ERR_UNAUTHENTICATED; ERR_BUSY: the certificate isn't known yet. */
MUST_USE enum err paypal_verify(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                                struct rail_state *ret);
/* Fetch the certificate of a message, or else ask PayPal about it (Y6). */
MUST_USE enum err paypal_learn(struct cx *cx, struct rail_account *acc, const struct rail_message *m,
                               struct rail_state *ret);

/* ---- the rest ---- */

MUST_USE enum err paypal_fetch_state(struct cx *cx, const struct rail_account *acc, const struct order *o,
                                     struct rail_state *io);
MUST_USE enum err paypal_capture(struct cx *cx, const struct rail_step *s);
/* The name of the capture or sale behind an order. */
MUST_USE enum err paypal_payment_of(struct cx *cx, const struct rail_step *s, struct str *ret);
MUST_USE enum err paypal_subscribe(struct cx *cx, const struct rail_step *s, struct rail_way *ret);
/* Can this order be a subscription there? */
bool paypal_renewable(const struct order *o);
MUST_USE enum err paypal_title(struct cx *cx, const struct order *o, struct str *ret_planet, struct str *ret_item);
struct str paypal_locale(struct cx *cx, int64_t account_id);
MUST_USE enum err paypal_reprice(struct cx *cx, const struct rail_step *s, struct rail_repriced *ret);
MUST_USE enum err paypal_renewal(struct cx *cx, const struct rail_step *s, bool resume);
MUST_USE enum err paypal_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);
MUST_USE enum err paypal_connect(struct cx *cx, struct rail_account *acc, struct str hook_url);
MUST_USE enum err paypal_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                                    enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg);
MUST_USE enum err paypal_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                              enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);

#endif
