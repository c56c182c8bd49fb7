/* Stripe's subscriptions: Checkout, invoices, cancelling at the end of the period, another price. */
#ifndef TESTS_TILL_SUBS_STRIPE_H
#define TESTS_TILL_SUBS_STRIPE_H

#include "tests/unit/till_stripe.h"
#include "tests/unit/till_subs.h"

static inline struct str ss_sub(struct provider *p, const struct sub *s)
{
    static const char *const words[] = {"incomplete", "active", "past_due", "active", "canceled"};
    int i = sub_index(p, s);
    return str_fmt(p->arena, "{\"id\":\"sub_%d\",\"object\":\"subscription\",\"status\":\"%s\",\"customer\":\"cus_%d\",\"cancel_at_period_end\":%s,"
                   "\"metadata\":{\"order\":\"%s\"},\"items\":{\"data\":[{\"id\":\"si_%d\",\"current_period_end\":%lld,\"price\":{\"id\":\"price_%d\","
                   "\"product\":\"prod_%d\"}}]}}", i, words[s->state], i, s->ends ? "true" : "false", s->number, i,
                   (long long)(s->period_end / 1000), i, i);
}

static inline struct str ss_invoice(struct provider *p, const struct sub *s, int k, bool paid)
{
    int id = charge_id(p, s, k), i = sub_index(p, s);
    return str_fmt(p->arena, "{\"id\":\"in_%d\",\"object\":\"invoice\",\"status\":\"%s\",\"billing_reason\":\"%s\",\"amount_paid\":%lld,\"currency\":"
                   "\"cny\",\"customer\":\"cus_%d\",\"livemode\":false,\"parent\":{\"subscription_details\":{\"subscription\":\"sub_%d\",\"metadata\":"
                   "{\"order\":\"%s\"}}},\"payments\":{\"data\":[{\"payment\":{\"payment_intent\":\"pi_%d\"}}]}}",
                   id, paid ? "paid" : "open", k == 0 ? "subscription_create" : "subscription_cycle",
                   (long long)(paid ? s->charges[k].amount : 0), i, i, s->number, id);
}

static inline struct str ss_charge(struct provider *p, const struct sub *s, int k, int64_t back)
{
    const struct charge *c = &s->charges[k];
    int id = charge_id(p, s, k);
    return str_fmt(p->arena, "{\"id\":\"ch_%d\",\"object\":\"charge\",\"amount\":%lld,\"amount_refunded\":%lld,\"currency\":\"cny\",\"payment_intent\":"
                   "\"pi_%d\",\"disputed\":%s,\"livemode\":false,\"metadata\":{}}", id, (long long)c->amount, (long long)back, id,
                   c->dispute != CALM ? "true" : "false");
}

static inline struct str ss_dispute(struct provider *p, const struct sub *s, int k)
{
    static const char *const words[] = {"", "needs_response", "won", "lost"};
    int id = charge_id(p, s, k);
    return str_fmt(p->arena, "{\"id\":\"dp_%d\",\"object\":\"dispute\",\"amount\":%lld,\"currency\":\"cny\",\"charge\":\"ch_%d\",\"payment_intent\":"
                   "\"pi_%d\",\"status\":\"%s\",\"livemode\":false,\"metadata\":{}}", id, (long long)s->charges[k].amount, id, id,
                   words[s->charges[k].dispute]);
}

static inline struct str ss_session(struct provider *p, const struct sub *s)
{
    int i = sub_index(p, s);
    bool begun = s->n > 0;
    struct str invoice = begun ? ss_invoice(p, s, 0, true) : STR("null"), sub = begun ? ss_sub(p, s) : STR("null");
    return str_fmt(p->arena, "{\"id\":\"cs_%d\",\"object\":\"checkout.session\",\"mode\":\"subscription\",\"status\":\"%s\",\"payment_status\":\"%s\","
                   "\"amount_total\":%lld,\"currency\":\"cny\",\"livemode\":false,\"client_reference_id\":\"%s\",\"payment_intent\":null,\"customer\":"
                   "\"cus_%d\",\"metadata\":{\"order\":\"%s\"},\"invoice\":" STR_FMT ",\"subscription\":" STR_FMT ",\"url\":"
                   "\"https://checkout.stripe.com/c/%d\"}", i, begun ? "complete" : "open", begun ? "paid" : "unpaid",
                   (long long)(begun ? s->charges[0].amount : s->term), s->number, i, s->number, STR_ARG(invoice), STR_ARG(sub), i);
}

static inline void ss_tell(struct provider *p, const char *type, struct str object)
{
    book_tell(p, str_fmt(p->arena, "{\"id\":\"evt_%d\",\"object\":\"event\",\"api_version\":\"" STRIPE_VERSION "\",\"created\":%lld,\"livemode\":false,"
                         "\"type\":\"%s\",\"data\":{\"object\":" STR_FMT "}}", p->book->n_tales, (long long)(p->now / 1000), type,
                         STR_ARG(object)));
}

static inline void ss_changed(struct provider *p, struct sub *s)
{
    ss_tell(p, s->state == OVER ? "customer.subscription.deleted" : "customer.subscription.updated", ss_sub(p, s));
}

static inline void ss_begun(struct provider *p, struct sub *s)
{
    ss_tell(p, "customer.subscription.created", ss_sub(p, s));
    ss_tell(p, "invoice.paid", ss_invoice(p, s, 0, true));
    ss_tell(p, "checkout.session.completed", ss_session(p, s));
}

static inline void ss_charged(struct provider *p, struct sub *s, int k)
{
    ss_tell(p, "invoice.paid", ss_invoice(p, s, k, true));
    ss_changed(p, s);
}

static inline void ss_failed(struct provider *p, struct sub *s)
{
    ss_tell(p, "invoice.payment_failed", ss_invoice(p, s, s->n, false));
    ss_changed(p, s);
}

static inline void ss_went_back(struct provider *p, struct sub *s, int k, int back)
{
    ss_tell(p, "charge.refunded", ss_charge(p, s, k, s->charges[k].backs[back].in_all));
}

static inline void ss_disputed(struct provider *p, struct sub *s, int k)
{
    ss_tell(p, s->charges[k].dispute == CONTESTED ? "charge.dispute.created" : "charge.dispute.closed", ss_dispute(p, s, k));
}

/* Another price, or an end: all of it and nothing else. */
static inline struct str ss_change(struct provider *p, struct sub *s, struct str key, struct str body)
{
    int64_t amount = 0;
    if (book_done(p, key))
        return ss_sub(p, s);
    if (s->state == OVER)
        return STR_NULL;
    if (str_eq_c(body, "cancel_at_period_end=true") || str_eq_c(body, "cancel_at_period_end=false")) {
        s->ends = str_ends(body, STR("=true"));
    } else {
        (void)str_to_i64(stripe_till_value(p, body, "items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D"), &amount);
        struct str want = str_fmt(p->arena, "items%%5B0%%5D%%5Bid%%5D=si_%d&items%%5B0%%5D%%5Bprice_data%%5D%%5Bcurrency%%5D=cny&items%%5B0%%5D%%5B"
            "price_data%%5D%%5Bunit_amount%%5D=%lld&items%%5B0%%5D%%5Bprice_data%%5D%%5Bproduct%%5D=prod_%d&items%%5B0%%5D%%5Bprice_data%%5D%%5B"
            "recurring%%5D%%5Binterval%%5D=day&items%%5B0%%5D%%5Bprice_data%%5D%%5Brecurring%%5D%%5Binterval_count%%5D=%d&proration_behavior=none",
            sub_index(p, s), (long long)amount, sub_index(p, s), TERM_DAYS);
        if (!str_eq(body, want) || amount <= 0)
            till_oops(p, str_z(p->arena, body));
        s->term = amount;
    }
    ss_changed(p, s);
    return ss_sub(p, s);
}

static inline struct str ss_post(struct provider *p, struct str path, struct str key, struct str body)
{
    struct sub *s;
    int64_t amount;
    int k, back;
    if (key.n == 0)
        till_oops(p, "no idempotency key");
    if (str_eq_c(path, "/v1/checkout/sessions")) {
        if (!str_eq_c(stripe_till_value(p, body, "mode"), "subscription") ||
            !str_to_i64(stripe_till_value(p, body, "line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D"), &amount))
            till_oops(p, "no amount");
        return ss_session(p, book_open(p, stripe_till_value(p, body, "client_reference_id"), amount));
    }
    if (str_eq_c(path, "/v1/refunds")) {
        s = book_charge(p, stripe_till_value(p, body, "payment_intent"), 3, &k);
        if (s == NULL || !str_to_i64(stripe_till_value(p, body, "amount"), &amount)) {
            till_oops(p, "refund of nothing");
            return STR_NULL;
        }
        back = book_back(p, s, k, key, amount);
        return back < 0 ? STR_NULL : str_fmt(p->arena, "{\"id\":\"re_%d_%d\",\"object\":\"refund\",\"status\":\"succeeded\",\"amount\":%lld}",
                                             charge_id(p, s, k), back, (long long)amount);
    }
    s = book_sub(p, till_between(path, "/v1/subscriptions/", "?"), 4);
    if (s == NULL) {
        till_oops(p, "an address that is not posted to here");
        return STR_NULL;
    }
    return ss_change(p, s, key, body);
}

static inline struct str ss_get(struct provider *p, struct str path)
{
    struct sub *s;
    int k;
    if ((s = book_sub(p, till_between(path, "/v1/checkout/sessions/", "?"), 3)) != NULL)
        return ss_session(p, s);
    if ((s = book_sub(p, till_between(path, "/v1/subscriptions/", "?"), 4)) != NULL)
        return ss_sub(p, s);
    if ((s = book_charge(p, till_between(path, "/v1/invoices/", "?"), 3, &k)) != NULL)
        return ss_invoice(p, s, k, true);
    if ((s = book_charge(p, till_between(path, "/v1/payment_intents/", "?"), 3, &k)) != NULL)
        return str_fmt(p->arena, "{\"id\":\"pi_%d\",\"object\":\"payment_intent\",\"status\":\"succeeded\",\"amount_received\":%lld,\"currency\":\"cny\","
                       "\"livemode\":false,\"latest_charge\":" STR_FMT "}", charge_id(p, s, k), (long long)s->charges[k].amount,
                       STR_ARG(ss_charge(p, s, k, s->charges[k].refunded)));
    if ((s = book_charge(p, till_between(path, "payment_intent=", "&"), 3, &k)) != NULL)
        return str_fmt(p->arena, "{\"object\":\"list\",\"data\":[" STR_FMT "]}", STR_ARG(ss_dispute(p, s, k)));
    if (str_starts(path, STR("/v1/invoices/"))) /* one that waits to be paid */
        return STR("{\"id\":\"in_x\",\"object\":\"invoice\",\"status\":\"open\",\"amount_paid\":0,\"currency\":\"cny\",\"livemode\":false}");
    till_oops(p, str_z(p->arena, path));
    return STR_NULL;
}

static inline bool ss_serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t n)
{
    struct provider *p = l->arg;
    struct str head = str_c(head_z), path = till_between(head, " ", " "), answer;
    bool go_on;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    answer = str_starts(head, STR("GET ")) ? ss_get(p, path)
                                           : ss_post(p, path, till_between(head, "\r\nIdempotency-Key: ", "\r\n"), (struct str){body_p, n});
    if (till_is_deaf(p))
        return false;
    if (answer.p == NULL)
        return loopback_reply(fd, "400 No", "Content-Type: application/json\r\n", "{\"error\":{\"type\":\"invalid_request_error\"}}", 43);
    return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", answer.p, answer.n);
}

static const struct sub_till subs_at_stripe = {
    .till = &till_stripe, .serve = ss_serve, .ref = "sub_", .charge_ref = "in_",
    .begun = ss_begun, .charged = ss_charged, .failed = ss_failed, .changed = ss_changed, .went_back = ss_went_back, .disputed = ss_disputed,
};

#endif
