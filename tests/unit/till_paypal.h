/* PayPal as a till: orders that a buyer approves and we take, captures, refunds, disputes; each message signed with a
 * certificate of its own authority. */
#ifndef TESTS_TILL_PAYPAL_H
#define TESTS_TILL_PAYPAL_H

#include "node/money/money.h"
#include "tests/unit/paypal_world.h"
#include "tests/unit/till.h"

static inline struct platform *paypal_till_own(struct provider *p)
{
    return p->own;
}

static inline struct str paypal_till_money(struct provider *p, int64_t minor)
{
    return str_fmt(p->arena, "{\"currency_code\":\"CNY\",\"value\":\"" STR_FMT "\"}",
                   STR_ARG(money_decimal(p->arena, (struct money){minor, "CNY"})));
}

static inline const char *paypal_till_capture_status(const struct payment *pay)
{
    return pay->refunded == 0 ? "COMPLETED" : pay->refunded < pay->total ? "PARTIALLY_REFUNDED" : "REFUNDED";
}

static inline struct str paypal_till_refund(struct provider *p, const struct payment *pay, int back)
{
    return str_fmt(p->arena, "{\"id\":\"RE%dx%d\",\"status\":\"COMPLETED\",\"amount\":" STR_FMT ",\"custom_id\":\"%s\",\"seller_payable_breakdown\":"
        "{\"total_refunded_amount\":" STR_FMT "},\"links\":[{\"rel\":\"up\",\"href\":\"https://api.sandbox.paypal.com/v2/payments/captures/CAP%d\"}]}",
        till_index(p, pay), back, STR_ARG(paypal_till_money(p, pay->backs[back].amount)), pay->number,
        STR_ARG(paypal_till_money(p, pay->backs[back].in_all)), till_index(p, pay));
}

static inline struct str paypal_till_order(struct provider *p, const struct payment *pay)
{
    int i = till_index(p, pay);
    struct str payments = STR(""), refunds = STR("");
    for (int k = 0; k < pay->n_backs; k++)
        refunds = str_fmt(p->arena, STR_FMT "%s" STR_FMT, STR_ARG(refunds), k == 0 ? "" : ",", STR_ARG(paypal_till_refund(p, pay, k)));
    if (pay->paid)
        payments = str_fmt(p->arena, ",\"payments\":{\"captures\":[{\"id\":\"CAP%d\",\"status\":\"%s\",\"amount\":" STR_FMT ",\"custom_id\":\"%s\"}],"
                           "\"refunds\":[" STR_FMT "]}", i, paypal_till_capture_status(pay),
                           STR_ARG(paypal_till_money(p, pay->total)), pay->number, STR_ARG(refunds));
    return str_fmt(p->arena, "{\"id\":\"ORD%d\",\"status\":\"%s\",\"purchase_units\":[{\"custom_id\":\"%s\",\"amount\":" STR_FMT ",\"payee\":"
        "{\"merchant_id\":\"" MERCHANT "\"}" STR_FMT "}],\"links\":[{\"rel\":\"payer-action\",\"href\":\"https://www.sandbox.paypal.com/c\"}]}",
        i, pay->paid ? "COMPLETED" : pay->approved ? "APPROVED" : "PAYER_ACTION_REQUIRED", pay->number,
        STR_ARG(paypal_till_money(p, pay->total)), STR_ARG(payments));
}

static inline struct str paypal_till_dispute(struct provider *p, const struct payment *pay)
{
    int i = till_index(p, pay);
    struct str outcome = pay->dispute == DISPUTED ? STR("") : str_fmt(p->arena, ",\"dispute_outcome\":{\"outcome_code\":\"%s\"}",
                         pay->dispute == WON ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR");
    return str_fmt(p->arena, "{\"dispute_id\":\"PP-D-%d\",\"status\":\"%s\",\"create_time\":\"2027-02-01T10:00:00Z\",\"disputed_transactions\":"
        "[{\"seller_transaction_id\":\"CAP%d\",\"custom\":\"%s\",\"gross_amount\":" STR_FMT "}]" STR_FMT "}", i,
        pay->dispute == DISPUTED ? "UNDER_REVIEW" : "RESOLVED", i, pay->number, STR_ARG(paypal_till_money(p, pay->total)), STR_ARG(outcome));
}

static inline struct str paypal_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    int i = till_index(p, pay);
    const char *type = "PAYMENT.CAPTURE.COMPLETED";
    struct str resource;
    if (back >= 0) {
        type = "PAYMENT.CAPTURE.REFUNDED";
        resource = paypal_till_refund(p, pay, back);
    } else if (pay->dispute != QUIET) {
        type = pay->dispute == DISPUTED ? "CUSTOMER.DISPUTE.CREATED" : "CUSTOMER.DISPUTE.RESOLVED";
        resource = paypal_till_dispute(p, pay);
    } else if (!pay->paid) {
        type = "CHECKOUT.ORDER.APPROVED";
        resource = paypal_till_order(p, pay);
    } else {
        resource = str_fmt(p->arena, "{\"id\":\"CAP%d\",\"status\":\"COMPLETED\",\"custom_id\":\"%s\",\"amount\":" STR_FMT ",\"payee\":{\"merchant_id\":"
            "\"" MERCHANT "\"},\"supplementary_data\":{\"related_ids\":{\"order_id\":\"ORD%d\"}}}", i, pay->number,
            STR_ARG(paypal_till_money(p, pay->total)), i);
    }
    return str_fmt(p->arena, "{\"id\":\"WH-%d\",\"event_type\":\"%s\",\"create_time\":\"" STR_FMT "\",\"resource\":" STR_FMT ",\"links\":[{\"rel\":"
        "\"self\",\"href\":\"https://api.sandbox.paypal.com/v1/notifications/webhooks-events/WH-%d\"}]}", id, type,
        STR_ARG(clock_rfc3339(p->arena, p->now)), STR_ARG(resource), id);
}

static inline void paypal_till_sign(struct provider *p, struct tale *t)
{
    struct paypal_stamp s = {.id = STR("69cd13f0-d67a-11e5-baa3-778b53f4ae55"), .time = clock_rfc3339(p->arena, p->now),
                             .algo = STR("SHA256withRSA"),
                             .cert_url = str_fmt(p->arena, "http://127.0.0.1:%d/v1/notifications/certs/" CERT_NAME, p->loopback.port)};
    s.sig = signature(paypal_till_own(p), paypal_till_own(p)->key, paypal_signed_text(p->arena, &s, STR(WEBHOOK_ID), t->body));
    const struct rail_header all[TILL_HEADERS] = {
        {STR("PayPal-Transmission-Id"), s.id}, {STR("PayPal-Transmission-Time"), s.time}, {STR("PayPal-Transmission-Sig"), s.sig},
        {STR("PayPal-Cert-Url"), s.cert_url}, {STR("PayPal-Auth-Algo"), s.algo},
    };
    memcpy(t->headers, all, sizeof all);
    t->n_headers = TILL_HEADERS;
}

/* STR_NULL: refused, as 422 with *ret_issue. */
static inline struct str paypal_till_post(struct provider *p, struct str path, struct str key, const json_t *j, const char **ret_issue)
{
    struct money m = {0};
    if (key.n == 0)
        till_oops(p, "no request id");
    if (str_eq_c(path, "/v2/checkout/orders")) {
        const json_t *unit = ld_first(ld_get(j, "purchase_units"));
        if (!paypal_money(ld_get(unit, "amount"), &m))
            till_oops(p, "amount");
        return paypal_till_order(p, till_open(p, ld_str(unit, "custom_id"), m.minor));
    }
    struct payment *pay = till_payment(p, till_between(path, "/v2/checkout/orders/", "/capture"), 3);
    if (pay != NULL && str_ends(path, STR("/capture"))) {
        *ret_issue = pay->paid ? "ORDER_ALREADY_CAPTURED" : "ORDER_NOT_APPROVED";
        if (pay->paid || !pay->approved)
            return STR_NULL;
        pay->paid = true;
        pay->changed = p->now;
        return paypal_till_order(p, pay);
    }
    pay = till_payment(p, till_between(path, "/v2/payments/captures/", "/refund"), 3);
    if (pay == NULL || !paypal_money(ld_get(j, "amount"), &m)) {
        till_oops(p, "an address that is not posted to here");
        return STR_NULL;
    }
    int back = till_back(p, pay, key, m.minor);
    *ret_issue = "REFUND_AMOUNT_EXCEEDED";
    return back < 0 ? STR_NULL : paypal_till_refund(p, pay, back);
}

static inline struct str paypal_till_get(struct provider *p, struct str path)
{
    struct payment *pay = till_payment(p, till_between(path, "/v2/checkout/orders/", "?"), 3);
    if (pay != NULL)
        return paypal_till_order(p, pay);
    pay = till_payment(p, till_between(path, "disputed_transaction_id=", "&"), 3);
    if (pay != NULL)
        return pay->dispute == QUIET ? STR("{\"items\":[]}")
                                     : str_fmt(p->arena, "{\"items\":[" STR_FMT "]}", STR_ARG(paypal_till_dispute(p, pay)));
    pay = till_payment(p, till_between(path, "/v1/customer/disputes/", "?"), 5);
    if (pay == NULL)
        till_oops(p, "an address that is not asked here");
    return pay == NULL ? STR_NULL : paypal_till_dispute(p, pay);
}

static inline bool paypal_till_serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t n)
{
    struct provider *p = l->arg;
    struct str head = str_c(head_z), path = till_between(head, " ", " "), answer;
    const char *issue = "INVALID";
    json_t *j = NULL;
    bool go_on;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    if (str_starts(path, STR("/v1/notifications/certs/")))
        return loopback_reply(fd, "200 OK", "", paypal_till_own(p)->cert, strlen(paypal_till_own(p)->cert));
    if (str_eq_c(path, "/v1/oauth2/token")) {
        answer = STR("{\"access_token\":\"A21.1\",\"expires_in\":32400}");
    } else if (str_starts(head, STR("GET "))) {
        answer = paypal_till_get(p, path);
    } else {
        if (json_read(p->arena, (struct str){body_p, n}, NULL, &j) != OK)
            till_oops(p, "body");
        answer = paypal_till_post(p, path, till_between(head, "\r\nPayPal-Request-Id: ", "\r\n"), j, &issue);
    }
    if (till_is_deaf(p))
        return false;
    if (answer.p != NULL)
        return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", answer.p, answer.n);
    answer = str_fmt(p->arena, "{\"name\":\"UNPROCESSABLE_ENTITY\",\"details\":[{\"issue\":\"%s\"}]}", issue);
    return loopback_reply(fd, "422 No", "Content-Type: application/json\r\n", answer.p, answer.n);
}

static inline void paypal_till_connect(struct provider *p)
{
    struct cx *cx = p->d->cx;
    struct platform *own = calloc(1, sizeof *own);
    struct rail_account acc;
    const struct pay_rail *rail = rail_by_name(STR("paypal"));
    const struct rail_value hook = {"webhook_id", STR(WEBHOOK_ID)};
    const struct rail_value v[] = {{"client_id", STR(CLIENT)}, {"secret", STR(SECRET)}, {"sandbox", STR("true")}, {"one_off", p->book == NULL ? STR("true") : STR("")}};
    p->own = own;
    own->arena = p->arena;
    own->now = p->now;
    own->ca_key = EVP_RSA_gen(2048);
    own->key = EVP_RSA_gen(2048);
    authority(own, "messageverificationcerts.sandbox.paypal.com");
    const char *file = str_fmt(cx->arena, "%s/ca.pem", p->d->store->dir).p;
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_true(fputs(own->ca, f) > 0);
    assert_int_equal(fclose(f), 0);
    setenv("SSL_CERT_FILE", file, 1);
    OK_(setting_set(cx, STR("pay.paypal.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", p->loopback.port)));
    OK_(rail_account_save(cx, rail, p->d->tea.id, v, 4));
    OK_(rail_account_of(cx, rail, p->d->tea.id, &acc));
    OK_(rail_account_keep(cx, rail, &acc, &hook, 1));
    RAW(p->d, "UPDATE rail_account SET state = 'on', merchant = '" MERCHANT "', live = 0 WHERE rail = 'paypal'");
}

static inline void paypal_till_end(struct provider *p)
{
    struct platform *own = p->own;
    EVP_PKEY_free(own->ca_key);
    EVP_PKEY_free(own->key);
    free(own);
}

static const struct till till_paypal = {
    .name = "paypal", .currency = "CNY", .disputes = true, .refunds_by_hand = true, .asks = true, .captures = true,
    .connect = paypal_till_connect, .serve = paypal_till_serve, .body = paypal_till_body, .sign = paypal_till_sign,
    .end = paypal_till_end,
};

#endif
