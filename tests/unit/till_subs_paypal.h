/* PayPal's subscriptions: plans, approval, sales, holding and cancelling, another plan that its payer agrees to. */
#ifndef TESTS_TILL_SUBS_PAYPAL_H
#define TESTS_TILL_SUBS_PAYPAL_H

#include "tests/unit/till_paypal.h"
#include "tests/unit/till_subs.h"

/* The plan that costs so much a term: "P-3". */
static inline int ps_plan(struct provider *p, int64_t term)
{
    for (int i = 0; i < p->book->n_plans; i++)
        if (p->book->plans[i] == term)
            return i;
    return -1;
}

static inline struct str ps_sub(struct provider *p, const struct sub *s)
{
    static const char *const words[] = {"APPROVAL_PENDING", "ACTIVE", "ACTIVE", "SUSPENDED", "CANCELLED"};
    struct str next = s->period_end > 0 ? str_fmt(p->arena, ",\"next_billing_time\":\"" STR_FMT "\"", STR_ARG(iso(p, s->period_end))) : STR("");
    return str_fmt(p->arena, "{\"id\":\"I-%d\",\"status\":\"%s\",\"custom_id\":\"%s\",\"plan_id\":\"P-%d\",\"subscriber\":{\"payer_id\":\"BUYER%d\"},"
                   "\"billing_info\":{\"failed_payments_count\":%d" STR_FMT "},\"links\":[{\"rel\":\"approve\",\"href\":"
                   "\"https://www.sandbox.paypal.com/webapps/billing/subscriptions?ba_token=BA-%d\"}]}", sub_index(p, s), words[s->state],
                   s->number, ps_plan(p, s->term), sub_index(p, s), s->state == OWING, STR_ARG(next), sub_index(p, s));
}

static inline const char *ps_status(const struct charge *c)
{
    return c->refunded == 0 ? "COMPLETED" : c->refunded < c->amount ? "PARTIALLY_REFUNDED" : "REFUNDED";
}

static inline struct str ps_old_money(struct provider *p, int64_t minor)
{
    return str_fmt(p->arena, "{\"currency\":\"CNY\",\"total\":\"" STR_FMT "\"}", STR_ARG(money_decimal(p->arena, (struct money){minor, "CNY"})));
}

static inline void ps_tell(struct provider *p, const char *type, struct str resource)
{
    int id = p->book->n_tales;
    book_tell(p, str_fmt(p->arena, "{\"id\":\"WH-%d\",\"event_type\":\"%s\",\"create_time\":\"" STR_FMT "\",\"resource\":" STR_FMT ",\"links\":[{\"rel\":"
              "\"self\",\"href\":\"https://api.sandbox.paypal.com/v1/notifications/webhooks-events/WH-%d\"}]}", id, type,
              STR_ARG(iso(p, p->now)), STR_ARG(resource), id));
}

static inline void ps_charged(struct provider *p, struct sub *s, int k)
{
    ps_tell(p, "PAYMENT.SALE.COMPLETED", str_fmt(p->arena, "{\"id\":\"SALE%d\",\"state\":\"completed\",\"billing_agreement_id\":\"I-%d\",\"custom\":\"%s\","
            "\"create_time\":\"" STR_FMT "\",\"amount\":" STR_FMT "}", charge_id(p, s, k), sub_index(p, s), s->number,
            STR_ARG(iso(p, s->charges[k].at)), STR_ARG(ps_old_money(p, s->charges[k].amount))));
}

static inline void ps_changed(struct provider *p, struct sub *s)
{
    static const char *const types[] = {"CREATED", "UPDATED", "UPDATED", "SUSPENDED", "CANCELLED"};
    ps_tell(p, str_fmt(p->arena, "BILLING.SUBSCRIPTION.%s", types[s->state]).p, ps_sub(p, s));
}

static inline void ps_begun(struct provider *p, struct sub *s)
{
    ps_tell(p, "BILLING.SUBSCRIPTION.ACTIVATED", ps_sub(p, s));
    ps_charged(p, s, 0);
}

static inline void ps_failed(struct provider *p, struct sub *s)
{
    ps_tell(p, "BILLING.SUBSCRIPTION.PAYMENT.FAILED", ps_sub(p, s));
}

static inline void ps_went_back(struct provider *p, struct sub *s, int k, int back)
{
    ps_tell(p, "PAYMENT.SALE.REFUNDED", str_fmt(p->arena, "{\"id\":\"RE%dx%d\",\"state\":\"completed\",\"sale_id\":\"SALE%d\",\"custom\":\"%s\",\"amount\":"
            STR_FMT ",\"total_refunded_amount\":" STR_FMT "}", charge_id(p, s, k), back, charge_id(p, s, k), s->number,
            STR_ARG(ps_old_money(p, s->charges[k].backs[back].amount)),
            STR_ARG(paypal_till_money(p, s->charges[k].backs[back].in_all))));
}

static inline struct str ps_dispute(struct provider *p, const struct sub *s, int k)
{
    const struct charge *c = &s->charges[k];
    struct str outcome = c->dispute == CONTESTED ? STR("") : str_fmt(p->arena, ",\"dispute_outcome\":{\"outcome_code\":\"%s\"}",
                         c->dispute == UPHELD ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR");
    return str_fmt(p->arena, "{\"dispute_id\":\"PP-D-%d\",\"status\":\"%s\",\"create_time\":\"2027-02-01T10:00:00Z\",\"disputed_transactions\":"
        "[{\"seller_transaction_id\":\"SALE%d\",\"custom\":\"%s\",\"gross_amount\":" STR_FMT "}]" STR_FMT "}", charge_id(p, s, k),
        c->dispute == CONTESTED ? "UNDER_REVIEW" : "RESOLVED", charge_id(p, s, k), s->number, STR_ARG(paypal_till_money(p, c->amount)),
        STR_ARG(outcome));
}

static inline void ps_disputed(struct provider *p, struct sub *s, int k)
{
    ps_tell(p, s->charges[k].dispute == CONTESTED ? "CUSTOMER.DISPUTE.CREATED" : "CUSTOMER.DISPUTE.RESOLVED", ps_dispute(p, s, k));
}

static inline struct str ps_new_plan(struct provider *p, const json_t *j)
{
    struct money m = {0};
    const json_t *c = ld_first(ld_get(j, "billing_cycles"));
    int64_t count = 0, times = -1;
    if (ld_count(ld_get(j, "billing_cycles")) != 1 || !paypal_money(ld_get(c, "pricing_scheme.fixed_price"), &m) ||
        !ld_i64(c, "frequency.interval_count", &count) || count != TERM_DAYS || !ld_i64(c, "total_cycles", &times) || times != 0 ||
        !str_eq_c(ld_str(c, "frequency.interval_unit"), "DAY") || !str_eq_c(ld_str(j, "product_id"), "PROD-1"))
        till_oops(p, "plan");
    if (ps_plan(p, m.minor) < 0)
        p->book->plans[p->book->n_plans++] = m.minor;
    return str_fmt(p->arena, "{\"id\":\"P-%d\"}", ps_plan(p, m.minor));
}

static inline int64_t ps_term(struct provider *p, const json_t *j)
{
    int64_t i;
    struct str id = ld_str(j, "plan_id");
    if (id.n > 2 && str_to_i64(str_sub(id, 2, id.n), &i) && i >= 0 && i < p->book->n_plans)
        return p->book->plans[i];
    till_oops(p, "no such plan");
    return 1;
}

/* To another plan: field by field, and nothing changes until its payer agrees. */
static inline struct str ps_revise(struct provider *p, struct sub *s, const json_t *j)
{
    const json_t *how = ld_get(j, "application_context");
    if (json_object_size(j) != 2 || json_object_size(how) != 5 || ld_str(how, "brand_name").n == 0 || ld_str(how, "locale").n != 5 ||
        !str_eq_c(ld_str(how, "shipping_preference"), "NO_SHIPPING") || !str_ends(ld_str(how, "return_url"), STR("/membership")) ||
        !str_eq(ld_str(how, "return_url"), ld_str(how, "cancel_url")))
        till_oops(p, "revise");
    if (s->state != RUNNING && s->state != OWING)
        return STR_NULL;
    s->revised = ps_term(p, j);
    return str_fmt(p->arena, "{\"plan_id\":\"P-%d\",\"plan_overridden\":false,\"links\":[{\"rel\":\"approve\",\"href\":"
                   "\"https://www.sandbox.paypal.com/webapps/billing/subscriptions/update?ba_token=BA-%d\"}]}", ps_plan(p, s->revised),
                   sub_index(p, s));
}

static inline struct str ps_verb(struct provider *p, struct sub *s, struct str path, struct str key, const json_t *j)
{
    if (str_ends(path, STR("/revise")))
        return ps_revise(p, s, j);
    if (json_object_size(j) != 1 || ld_str(j, "reason").n == 0)
        till_oops(p, "reason");
    if (book_done(p, key))
        return STR("{}");
    bool runs = s->state == RUNNING || s->state == OWING;
    if (s->state == OVER || (str_ends(path, STR("/suspend")) && !runs) || (str_ends(path, STR("/activate")) && s->state != HELD))
        return STR_NULL;
    s->state = str_ends(path, STR("/suspend")) ? HELD : str_ends(path, STR("/activate")) ? RUNNING : OVER;
    s->revised = 0;
    ps_changed(p, s);
    return STR("{}");
}

static inline struct str ps_post(struct provider *p, struct str path, struct str key, const json_t *j)
{
    struct money m = {0};
    struct sub *s;
    int k, back;
    if (key.n == 0)
        till_oops(p, "no request id");
    if (str_eq_c(path, "/v1/catalogs/products"))
        return STR("{\"id\":\"PROD-1\"}");
    if (str_eq_c(path, "/v1/billing/plans"))
        return ps_new_plan(p, j);
    if (str_eq_c(path, "/v1/billing/subscriptions"))
        return ps_sub(p, book_open(p, ld_str(j, "custom_id"), ps_term(p, j)));
    if ((s = book_sub(p, till_between(path, "/v1/billing/subscriptions/", "/"), 2)) != NULL)
        return ps_verb(p, s, path, key, j);
    s = book_charge(p, till_between(path, "/v2/payments/captures/", "/refund"), 4, &k);
    if (s == NULL || !paypal_money(ld_get(j, "amount"), &m)) {
        till_oops(p, str_z(p->arena, path));
        return STR_NULL;
    }
    back = book_back(p, s, k, key, m.minor);
    return back < 0 ? STR_NULL : str_fmt(p->arena, "{\"id\":\"RE%dx%d\",\"status\":\"COMPLETED\"}", charge_id(p, s, k), back);
}

static inline struct str ps_charges(struct provider *p, const struct sub *s)
{
    struct buf b;
    buf_init_arena(&b, p->arena, 8192);
    buf_lit(&b, "{\"transactions\":[");
    for (int k = s->n; k-- > 0;)
        buf_fmt(&b, "{\"id\":\"SALE%d\",\"status\":\"%s\",\"time\":\"" STR_FMT "\",\"amount_with_breakdown\":{\"gross_amount\":" STR_FMT "}}%s",
                charge_id(p, s, k), ps_status(&s->charges[k]), STR_ARG(iso(p, s->charges[k].at)),
                STR_ARG(paypal_till_money(p, s->charges[k].amount)), k == 0 ? "" : ",");
    buf_lit(&b, "]}");
    return buf_str(&b);
}

/* STR_NULL: there is no such thing. */
static inline struct str ps_get(struct provider *p, struct str path)
{
    struct sub *s;
    int k;
    if (str_contains(path, STR("/transactions?")) &&
        (s = book_sub(p, till_between(path, "/v1/billing/subscriptions/", "/"), 2)) != NULL)
        return ps_charges(p, s);
    if ((s = book_sub(p, till_between(path, "/v1/billing/subscriptions/", "?"), 2)) != NULL)
        return ps_sub(p, s);
    if ((s = book_charge(p, till_between(path, "/v2/payments/captures/", "?"), 4, &k)) != NULL)
        return str_fmt(p->arena, "{\"id\":\"SALE%d\",\"status\":\"%s\",\"amount\":" STR_FMT "}", charge_id(p, s, k), ps_status(&s->charges[k]),
                       STR_ARG(paypal_till_money(p, s->charges[k].amount)));
    if ((s = book_charge(p, till_between(path, "disputed_transaction_id=", "&"), 4, &k)) != NULL)
        return s->charges[k].dispute == CALM ? STR("{\"items\":[]}") : str_fmt(p->arena, "{\"items\":[" STR_FMT "]}", STR_ARG(ps_dispute(p, s, k)));
    if ((s = book_charge(p, till_between(path, "/v1/customer/disputes/", "?"), 5, &k)) != NULL)
        return ps_dispute(p, s, k);
    if (!str_starts(path, STR("/v2/checkout/orders/")))
        till_oops(p, str_z(p->arena, path));
    return STR_NULL;
}

static inline bool ps_serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t n)
{
    struct provider *p = l->arg;
    struct str head = str_c(head_z), path = till_between(head, " ", " "), answer;
    bool go_on, get = str_starts(head, STR("GET "));
    json_t *j = NULL;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    if (str_starts(path, STR("/v1/notifications/certs/")))
        return loopback_reply(fd, "200 OK", "", paypal_till_own(p)->cert, strlen(paypal_till_own(p)->cert));
    if (str_eq_c(path, "/v1/oauth2/token")) {
        answer = STR("{\"access_token\":\"A21.1\",\"expires_in\":32400}");
    } else if (get) {
        answer = ps_get(p, path);
    } else {
        if (json_read(p->arena, (struct str){body_p, n}, NULL, &j) != OK)
            till_oops(p, "body");
        answer = ps_post(p, path, till_between(head, "\r\nPayPal-Request-Id: ", "\r\n"), j);
    }
    if (till_is_deaf(p))
        return false;
    if (answer.p != NULL)
        return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", answer.p, answer.n);
    answer = STR("{\"name\":\"NO\",\"details\":[{\"issue\":\"INVALID\"}]}");
    return loopback_reply(fd, get ? "404 No" : "422 No", "Content-Type: application/json\r\n", answer.p, answer.n);
}

static const struct sub_till subs_at_paypal = {
    .till = &till_paypal, .serve = ps_serve, .ref = "I-", .charge_ref = "SALE", .agrees = true,
    .begun = ps_begun, .charged = ps_charged, .failed = ps_failed, .changed = ps_changed, .went_back = ps_went_back, .disputed = ps_disputed,
};

#endif
