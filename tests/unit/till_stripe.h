/* Stripe as a till: Checkout in payment mode, charges, refunds, disputes; each event signed. */
#ifndef TESTS_TILL_STRIPE_H
#define TESTS_TILL_STRIPE_H

#include "node/money/rails/stripe.h"
#include "tests/unit/till.h"

#define STRIPE_SECRET "whsec_test_0123456789abcdef"

static inline struct str stripe_till_session(struct provider *p, const struct payment *pay)
{
    int i = till_index(p, pay);
    struct str intent = pay->paid ? str_fmt(p->arena, "\"pi_%d\"", i) : STR("null");
    return str_fmt(p->arena, "{\"id\":\"cs_%d\",\"object\":\"checkout.session\",\"mode\":\"payment\",\"status\":\"%s\","
                   "\"payment_status\":\"%s\",\"amount_total\":%lld,\"currency\":\"cny\",\"livemode\":false,"
                   "\"client_reference_id\":\"%s\",\"payment_intent\":" STR_FMT ",\"metadata\":{\"order\":\"%s\"},"
                   "\"url\":\"https://checkout.stripe.com/c/%d\"}",
                   i, pay->paid ? "complete" : pay->closed ? "expired" : "open", pay->paid ? "paid" : "unpaid",
                   (long long)pay->total, pay->number, STR_ARG(intent), pay->number, i);
}

static inline struct str stripe_till_charge(struct provider *p, const struct payment *pay, int64_t back)
{
    int i = till_index(p, pay);
    return str_fmt(p->arena, "{\"id\":\"ch_%d\",\"object\":\"charge\",\"amount\":%lld,\"amount_refunded\":%lld,"
                   "\"currency\":\"cny\",\"payment_intent\":\"pi_%d\",\"disputed\":%s,\"livemode\":false,"
                   "\"metadata\":{\"order\":\"%s\"}}",
                   i, (long long)pay->total, (long long)back, i, pay->dispute != QUIET ? "true" : "false", pay->number);
}

static inline struct str stripe_till_dispute(struct provider *p, const struct payment *pay)
{
    static const char *const words[] = {"", "needs_response", "won", "lost"};
    int i = till_index(p, pay);
    return str_fmt(p->arena, "{\"id\":\"dp_%d\",\"object\":\"dispute\",\"amount\":%lld,\"currency\":\"cny\",\"charge\":\"ch_%d\","
                   "\"payment_intent\":\"pi_%d\",\"status\":\"%s\",\"livemode\":false,\"metadata\":{}}",
                   i, (long long)pay->total, i, i, words[pay->dispute]);
}

static inline struct str stripe_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    const char *type = "checkout.session.completed";
    struct str object;
    if (pay->dispute != QUIET && back < 0) {
        type = pay->dispute == DISPUTED ? "charge.dispute.created" : "charge.dispute.closed";
        object = stripe_till_dispute(p, pay);
    } else if (back >= 0) {
        type = "charge.refunded";
        object = stripe_till_charge(p, pay, pay->backs[back].in_all);
    } else {
        object = stripe_till_session(p, pay);
    }
    return str_fmt(p->arena, "{\"id\":\"evt_%d\",\"object\":\"event\",\"api_version\":\"" STRIPE_VERSION "\",\"created\":%lld,"
                   "\"livemode\":false,\"type\":\"%s\",\"data\":{\"object\":" STR_FMT "}}",
                   id, (long long)(p->now / 1000), type, STR_ARG(object));
}

static inline void stripe_till_sign(struct provider *p, struct tale *t)
{
    unsigned char mac[32];
    struct buf b;
    struct str at = str_fmt(p->arena, "%lld", (long long)(p->now / 1000));
    crypt_hmac_sha256(STR(STRIPE_SECRET), str_fmt(p->arena, STR_FMT "." STR_FMT, STR_ARG(at), STR_ARG(t->body)), mac);
    buf_init_arena(&b, p->arena, 300);
    buf_fmt(&b, "t=" STR_FMT ",v1=", STR_ARG(at));
    buf_put_hex(&b, mac, 32);
    t->headers[0] = (struct rail_header){STR("stripe-signature"), buf_str(&b)};
    t->n_headers = 1;
}

/* One value of a form: the text behind "name=". */
static inline struct str stripe_till_value(struct provider *p, struct str form, const char *name)
{
    struct str got = till_between(str_fmt(p->arena, "&" STR_FMT, STR_ARG(form)),
                                  str_fmt(p->arena, "&%s=", name).p, "&");
    return got;
}

static inline struct payment *stripe_till_payment(struct provider *p, struct str id)
{
    return till_payment(p, id, 3);
}

static inline struct str stripe_till_answer(struct provider *p, struct str method, struct str path, struct str head, struct str body)
{
    struct str key = till_between(head, "\r\nIdempotency-Key: ", "\r\n");
    struct payment *pay;
    int64_t amount;
    if (str_eq_c(method, "POST") && key.n == 0)
        till_oops(p, "no idempotency key");
    if (str_eq_c(path, "/v1/checkout/sessions")) {
        if (!str_to_i64(stripe_till_value(p, body, "line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D"), &amount))
            till_oops(p, "no amount");
        return stripe_till_session(p, till_open(p, stripe_till_value(p, body, "client_reference_id"), amount));
    }
    if (str_starts(path, STR("/v1/checkout/sessions/"))) {
        pay = stripe_till_payment(p, till_between(path, "/v1/checkout/sessions/", "?"));
        return pay == NULL ? STR_NULL : stripe_till_session(p, pay);
    }
    if (str_starts(path, STR("/v1/payment_intents/"))) {
        pay = stripe_till_payment(p, till_between(path, "/v1/payment_intents/", "?"));
        return pay == NULL ? STR_NULL
                           : str_fmt(p->arena, "{\"id\":\"pi_%d\",\"object\":\"payment_intent\",\"status\":\"succeeded\",\"amount_received\":"
                                     "%lld,\"currency\":\"cny\",\"livemode\":false,\"latest_charge\":" STR_FMT "}", till_index(p, pay),
                                     (long long)pay->total, STR_ARG(stripe_till_charge(p, pay, pay->refunded)));
    }
    if (str_starts(path, STR("/v1/disputes?"))) {
        pay = stripe_till_payment(p, till_between(path, "payment_intent=", "&"));
        return pay == NULL ? STR_NULL : str_fmt(p->arena, "{\"object\":\"list\",\"data\":[" STR_FMT "]}",
                                                STR_ARG(stripe_till_dispute(p, pay)));
    }
    if (str_eq_c(path, "/v1/refunds")) {
        pay = stripe_till_payment(p, stripe_till_value(p, body, "payment_intent"));
        if (pay == NULL || !str_to_i64(stripe_till_value(p, body, "amount"), &amount))
            till_oops(p, "refund of nothing");
        else if (till_back(p, pay, key, amount) >= 0)
            return str_fmt(p->arena, "{\"id\":\"re_1\",\"object\":\"refund\",\"status\":\"succeeded\",\"amount\":%lld}", (long long)amount);
        return STR_NULL;
    }
    till_oops(p, "an address that is not called here");
    return STR_NULL;
}

static inline bool stripe_till_serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t n)
{
    struct provider *p = l->arg;
    struct str head = str_c(head_z), body = {body_p, n};
    bool go_on;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    struct str answer = stripe_till_answer(p, till_between(head, "", " "), till_between(head, " ", " "), head, body);
    if (till_is_deaf(p))
        return false;
    if (answer.p == NULL)
        return loopback_reply(fd, "400 No", "Content-Type: application/json\r\n",
                              "{\"error\":{\"type\":\"invalid_request_error\"}}", 43);
    return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", answer.p, answer.n);
}

static inline void stripe_till_connect(struct provider *p)
{
    struct cx *cx = p->d->cx;
    const struct rail_value v[] = {{"key", STR("rk_test_abcdefghijklmnop")}, {"webhook_secret", STR(STRIPE_SECRET)}, {"one_off", p->book == NULL ? STR("true") : STR("")}};
    OK_(setting_set(cx, STR("pay.stripe.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", p->loopback.port)));
    OK_(rail_account_save(cx, rail_by_name(STR("stripe")), p->d->tea.id, v, 3));
    RAW(p->d, "UPDATE rail_account SET state = 'on', merchant = 'acct_tea', live = 0 WHERE rail = 'stripe'");
}

static const struct till till_stripe = {
    .name = "stripe", .currency = "CNY", .disputes = true, .refunds_by_hand = true, .asks = true,
    .connect = stripe_till_connect, .serve = stripe_till_serve, .body = stripe_till_body, .sign = stripe_till_sign,
};

#endif
