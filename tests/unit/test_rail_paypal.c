/* PayPal's adapter against a small PayPal of our own, signatures and certificates included. */
#include "node/jobs/jobs.h"
#include "node/money/coupon.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/invite.h"
#include "node/money/refund.h"
#include "node/money/subscription.h"
#include "node/money/trial_order.h"
#include "node/money/tray.h"

#include "tests/unit/paypal_world.h"

struct world {
    struct domain *d;
    struct platform p;
    struct price month, life, trial;
    int64_t buyer;
    char ca_file[256];
};

static const struct pay_rail *paypal(void)
{
    return rail_by_name(STR("paypal"));
}

static void connect_account(struct world *w)
{
    struct cx *cx = w->d->cx;
    struct rail_probe probe;
    const struct rail_value v[] = {{"client_id", STR(CLIENT)}, {"secret", STR(SECRET)}, {"sandbox", STR("true")}};
    OK_(rail_account_save(cx, paypal(), w->d->tea.id, v, 3));
    assert_false(rail_available(cx, paypal(), w->d->tea.id));
    OK_(rail_account_test(cx, paypal(), w->d->tea.id, &probe));
    assert_int_equal(w->p.bad, 0);
    assert_true(probe.n >= 8);
    for (size_t i = 0; i < probe.n; i++)
        assert_true(probe.rights[i].ok);
    CHECK_STR(probe.merchant, MERCHANT);
    assert_string_equal(w->p.hook, "https://t.example/hooks/paypal/tea");
    assert_true(rail_available(cx, paypal(), w->d->tea.id));
    assert_int_equal(w->p.n_tokens, 1);
}

static void trust(struct world *w)
{
    FILE *f = fopen(w->ca_file, "w");
    assert_non_null(f);
    assert_true(fputs(w->p.ca, f) > 0);
    assert_int_equal(fclose(f), 0);
    setenv("SSL_CERT_FILE", w->ca_file, 1);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    void *d;
    assert_int_equal(domain_setup(&d), 0);
    w->d = d;
    struct cx *cx = w->d->cx;
    w->d->store->node.agent = STR("Orrery/0 (test)");
    w->p.arena = arena_new();
    w->p.now = cx->now;
    w->p.loopback.arg = &w->p;
    w->p.loopback.serve = serve;
    w->p.ca_key = EVP_RSA_gen(2048);
    w->p.key = EVP_RSA_gen(2048);
    KEEP(w->p.merchant, STR(MERCHANT));
    KEEP(w->p.refund_status, STR("COMPLETED"));
    authority(&w->p, "messageverificationcerts.sandbox.paypal.com");
    KEEP(w->ca_file, str_fmt(cx->arena, "%s/ca.pem", w->d->store->dir));
    trust(w);
    assert_true(loopback_start(&w->p.loopback, "127.0.0.1", 0));
    OK_(setting_set(cx, STR("pay.paypal.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", w->p.loopback.port)));
    OK_(price_create(cx, w->d->member.id, (struct money){900, "EUR"}, STR("month"), 1, 0, &w->month));
    OK_(price_create(cx, w->d->gold.id, (struct money){9900, "EUR"}, STR("once"), 1, 0, &w->life));
    OK_(price_create(cx, w->d->member.id, (struct money){900, "EUR"}, STR("month"), 1, 14, &w->trial));
    KEEP(w->p.sub_id, STR(SUB_ID));
    w->buyer = person(w->d);
    connect_account(w);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    void *d = w->d;
    loopback_stop(&w->p.loopback);
    assert_int_equal(w->p.bad, 0);
    EVP_PKEY_free(w->p.ca_key);
    EVP_PKEY_free(w->p.key);
    arena_free(w->p.arena);
    domain_teardown(&d);
    free(w);
    return 0;
}

static struct order buy(struct world *w, const struct price *price)
{
    struct order o;
    struct rail_way way;
    OK_(order_open(w->d->cx, w->buyer, price->id, "paypal", &o));
    OK_(rail_checkout_at(w->d->cx, o.number, NULL, &way));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    return o;
}

static const char *state_of(struct world *w, const struct order *o)
{
    struct order now;
    OK_(order_by_number(w->d->cx, o->number, &now));
    return str_z(w->d->cx->arena, now.state);
}

static int64_t txns(struct world *w)
{
    struct ledger_check c;
    OK_(ledger_verify(w->d->cx, w->d->tea.id, &c));
    assert_true(c.ok);
    return c.n_txns;
}

/* ---- messages ---- */

struct telling {
    const char *time, *cert, *algo, *webhook;
    EVP_PKEY *key;
    bool flip;          /* one bit of the body, after it was signed */
};

static struct str event(struct world *w, const char *id, const char *type, const char *resource)
{
    return str_fmt(w->p.arena, "{\"id\":\"%s\",\"event_type\":\"%s\",\"create_time\":\"%s\",\"resource\":%s,\"links\":[{\"rel\":\"self\","
                               "\"href\":\"https://api.sandbox.paypal.com/v1/notifications/webhooks-events/%s\"}]}",
                   id, type, clock_rfc3339(w->p.arena, w->p.now).p, resource, id);
}

static enum err tell_as(struct world *w, struct str body, const struct telling *t, enum order_verdict *v)
{
    struct arena *a = w->p.arena;
    struct str url = t->cert != NULL ? str_c(t->cert)
                                     : str_fmt(a, "http://127.0.0.1:%d/v1/notifications/certs/" CERT_NAME, w->p.loopback.port);
    struct paypal_stamp s = {.id = STR("69cd13f0-d67a-11e5-baa3-778b53f4ae55"), .cert_url = url,
                             .time = t->time != NULL ? str_c(t->time) : clock_rfc3339(a, w->p.now),
                             .algo = str_c(t->algo != NULL ? t->algo : "SHA256withRSA")};
    struct str text = paypal_signed_text(a, &s, str_c(t->webhook != NULL ? t->webhook : WEBHOOK_ID), body);
    s.sig = signature(&w->p, t->key != NULL ? t->key : w->p.key, text);
    if (t->flip) {
        char *p = arena_copy(a, body.p, body.n);
        p[body.n / 2] ^= 1;
        body.p = p;
    }
    const struct rail_header headers[] = {
        {STR("PayPal-Transmission-Id"), s.id}, {STR("PayPal-Transmission-Time"), s.time}, {STR("PayPal-Transmission-Sig"), s.sig},
        {STR("PayPal-Cert-Url"), s.cert_url}, {STR("PayPal-Auth-Algo"), s.algo},
    };
    return rail_receive(w->d->cx, STR("paypal"), w->d->tea.id, body, STR_NULL, headers, 5, v);
}

static enum err tell(struct world *w, struct str body, enum order_verdict *v)
{
    const struct telling usual = {.flip = false};
    return tell_as(w, body, &usual, v);
}

static struct str captured_as(struct world *w, const char *id, const char *number, const char *value, const char *cur, const char *merchant)
{
    return event(w, id, "PAYMENT.CAPTURE.COMPLETED",
                 arena_printf(w->p.arena, "{\"id\":\"" CAPTURE_ID "\",\"status\":\"COMPLETED\",\"custom_id\":\"%s\",\"amount\":{\"currency_code\":"
                              "\"%s\",\"value\":\"%s\"},\"payee\":{\"merchant_id\":\"%s\"},\"supplementary_data\":{\"related_ids\":{\"order_id\":\""
                              ORDER_ID "\"}}}", number, cur, value, merchant));
}

static struct str captured(struct world *w, const char *id, const struct order *o)
{
    return captured_as(w, id, str_z(w->p.arena, o->number), "99.00", "EUR", MERCHANT);
}

static struct str approved(struct world *w, const char *id)
{
    return event(w, id, "CHECKOUT.ORDER.APPROVED", order_json(&w->p));
}

static struct order paid_order(struct world *w)
{
    enum order_verdict v;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("APPROVED"));
    OK_(tell(w, approved(w, "WH-approved"), &v));
    assert_string_equal(state_of(w, &o), "paid");
    return o;
}

/* ---- single payments ---- */

static void what_is_approved_is_taken_once(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w, &w->life);
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w, &o), "pending");
    KEEP(w->p.order_status, STR("APPROVED"));
    struct str told = approved(w, "WH-1"), paid = captured(w, "WH-2", &o);
    OK_(tell(w, told, &v));
    assert_int_equal(v, ORDER_APPLIED);
    assert_string_equal(state_of(w, &o), "paid");
    for (int i = 0; i < 3; i++) {
        OK_(tell(w, paid, &v));
        OK_(tell(w, told, &v));
    }
    assert_int_equal(w->p.n_captures, 1);
    assert_int_equal(txns(w), 1);
    assert_int_equal(w->p.n_certs, 1); /* kept */
    assert_int_equal(w->p.n_tokens, 1);
}

static void an_approval_that_nobody_told_is_found(void **state)
{
    struct world *w = *state;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("APPROVED"));
    OK_(rail_look(w->d->cx, o.number));
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w, &o), "paid");
    assert_int_equal(w->p.n_captures, 1);
}

static void a_lost_answer_takes_no_second_time(void **state)
{
    struct world *w = *state;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("COMPLETED")); /* taken, and we never heard */
    KEEP(w->p.capture_status, STR("COMPLETED"));
    int64_t id;
    OK_(order_by_number(w->d->cx, o.number, &o));
    OK_(rail_call_capture(w->d->cx, &o)); /* ORDER_ALREADY_CAPTURED */
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w, &o), "paid");
    assert_int_equal(w->p.n_captures, 0);
    OK_(rail_refund(w->d->cx, o.number, 0, &id));
}

static void a_declined_card_sends_the_buyer_back(void **state)
{
    struct world *w = *state;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("APPROVED"));
    w->p.declines = true;
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w, &o), "pending");
    w->p.declines = false; /* another card was chosen */
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w, &o), "paid");
}

static void what_is_not_exact_is_never_taken(void **state)
{
    struct world *w = *state;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("APPROVED"));
    KEEP(w->p.value, STR("98.99"));
    OK_(rail_look(w->d->cx, o.number));
    KEEP(w->p.value, STR("99.00"));
    KEEP(w->p.merchant, STR("OTHERMERCHANT"));
    OK_(rail_look(w->d->cx, o.number));
    assert_int_equal(w->p.n_captures, 0);
    assert_string_equal(state_of(w, &o), "pending");
    KEEP(w->p.merchant, STR(MERCHANT));
    OK_(order_cancel(w->d->cx, o.number));
    OK_(rail_look(w->d->cx, o.number)); /* the buyer has given it up: what was approved lapses */
    assert_int_equal(w->p.n_captures, 0);
}

static void the_signed_word_counts_when_paypal_is_away(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = paid_order(w); /* the certificate is known */
    w->buyer = person(w->d);
    o = buy(w, &w->life);
    w->p.broken = true;
    OK_(tell(w, captured(w, "WH-away", &o), &v));
    assert_string_equal(state_of(w, &o), "paid");
    /* But not what is hours old: a repeat is only a reason to ask. */
    w->p.broken = false;
    w->buyer = person(w->d);
    struct order late = buy(w, &w->life);
    w->p.broken = true;
    const struct telling old = {.time = "2027-01-30T09:00:00Z"};
    assert_int_not_equal(tell_as(w, captured(w, "WH-old", &late), &old, &v), OK);
    assert_string_equal(state_of(w, &late), "pending");
}

/* ---- what is not theirs ---- */

static void one_bit_another_key_another_clock(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    EVP_PKEY *other = EVP_RSA_gen(2048);
    struct order first = paid_order(w);
    w->buyer = person(w->d);
    struct order o = buy(w, &w->life);
    (void)first;
    KEEP(w->p.order_status, STR("COMPLETED"));
    KEEP(w->p.capture_status, STR("COMPLETED"));
    struct str body = captured(w, "WH-f", &o);
    const struct telling wrong[] = {
        {.flip = true},
        {.key = other},
        {.webhook = "0EH40505U7160970X"},
        {.algo = "SHA1withRSA"},
        {.time = "2027-01-31T11:30:00Z"}, /* an hour and a half before its time */
        {.time = "yesterday"},
        {.cert = "http://api.sandbox.paypal.com/v1/notifications/certs/" CERT_NAME},
        {.cert = "https://api.sandbox.paypal.com.evil.example/v1/notifications/certs/" CERT_NAME},
        {.cert = "https://api.paypal.com/v1/notifications/certs/" CERT_NAME}, /* real, and we are in the sandbox */
        {.cert = "https://api.sandbox.paypal.com/v1/other/" CERT_NAME},
        {.cert = "https://evil@api.sandbox.paypal.com/v1/notifications/certs/" CERT_NAME},
        {.cert = "https://api.sandbox.paypal.com/v1/notifications/certs/../" CERT_NAME},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(tell_as(w, body, &wrong[i], &v), ERR_UNAUTHENTICATED);
        assert_string_equal(state_of(w, &o), "pending");
    }
    EVP_PKEY_free(other);
    OK_(tell(w, body, &v));
    assert_string_equal(state_of(w, &o), "paid");
}

static void where_a_certificate_may_come_from(void **state)
{
    struct world *w = *state;
    static const struct { const char *url; bool live, ok; } urls[] = {
        {"https://api.paypal.com/v1/notifications/certs/CERT-1", true, true},
        {"https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", false, true},
        {"https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", true, false},
        {"https://api.paypal.com/v1/notifications/certs/CERT-1", false, false},
        {"https://evil.example/v1/notifications/certs/CERT-1", true, false},
        {"https://evilpaypal.com/v1/notifications/certs/CERT-1", true, false},
        {"https://api.paypal.com:8443/v1/notifications/certs/CERT-1", true, false},
        {"https://api.paypal.com/v1/notifications/certs/CERT-1?x", true, false},
        {"http://127.0.0.1:1/v1/notifications/certs/CERT-1", true, false},
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(paypal_cert_url_ok(str_c(urls[i].url), STR("http://127.0.0.1:1"), urls[i].live, false), urls[i].ok);
    /* The check value of CRC-32, in decimals. */
    const struct paypal_stamp s = {.id = STR("id"), .time = STR("time")};
    CHECK_STR(paypal_signed_text(w->p.arena, &s, STR("hook"), STR("123456789")), "id|time|hook|3421780262");
}

static void real_money_is_refused_in_the_sandbox(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w, &w->life);
    struct str body = captured(w, "WH-l", &o), from = STR("api.sandbox.paypal.com");
    size_t at = str_find(body, from, 0);
    struct str real = str_fmt(w->p.arena, STR_FMT "api.paypal.com" STR_FMT, STR_ARG(str_sub(body, 0, at)),
                              STR_ARG(str_sub(body, at + from.n, SIZE_MAX)));
    assert_int_equal(tell(w, real, &v), ERR_INVALID);
    assert_string_equal(state_of(w, &o), "pending");
}

static void another_amount_or_merchant_lies_in_the_tray(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    paid_order(w);
    w->buyer = person(w->d);
    struct order o = buy(w, &w->life);
    const char *n = str_z(w->p.arena, o.number);
    w->p.broken = true; /* its own words are looked at */
    const struct str wrong[] = {captured_as(w, "WH-a", n, "98.99", "EUR", MERCHANT), captured_as(w, "WH-b", n, "99.00", "USD", MERCHANT),
                                captured_as(w, "WH-c", n, "99.00", "EUR", "OTHERMERCHANT")};
    for (size_t i = 0; i < 3; i++) {
        OK_(tell(w, wrong[i], &v));
        assert_int_equal(v, ORDER_UNMATCHED);
        assert_string_equal(state_of(w, &o), "pending");
    }
    struct unmatched *tray;
    size_t k;
    OK_(unmatched_list(w->d->cx, w->d->tea.id, &tray, &k));
    assert_int_equal(k, 3);
}

static void a_chain_that_ends_nowhere_proves_nothing(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("COMPLETED"));
    KEEP(w->p.capture_status, STR("COMPLETED"));
    char *good = w->p.ca, *cert = w->p.cert;
    EVP_PKEY *ca = w->p.ca_key;
    w->p.ca_key = EVP_RSA_gen(2048);
    authority(&w->p, "messageverificationcerts.sandbox.paypal.com"); /* an authority that we don't know */
    assert_int_equal(tell(w, captured(w, "WH-1", &o), &v), ERR_UNAUTHENTICATED);
    EVP_PKEY_free(w->p.ca_key);
    w->p.ca_key = ca;
    authority(&w->p, "www.example.com"); /* known, and of somebody else */
    assert_int_equal(tell(w, captured(w, "WH-1", &o), &v), ERR_UNAUTHENTICATED);
    assert_int_equal(w->p.n_asked, 2);
    assert_string_equal(state_of(w, &o), "pending");
    /* When its certificate can't be had, PayPal itself is asked. */
    w->p.no_cert = w->p.says_signed = true;
    OK_(tell(w, captured(w, "WH-1", &o), &v));
    assert_int_equal(w->p.n_asked, 3);
    assert_string_equal(state_of(w, &o), "paid");
    w->p.ca = good;
    w->p.cert = cert;
}

/* ---- money that goes back ---- */

static struct str refunded(struct world *w, const char *id, const char *part, const char *sum)
{
    return event(w, id, "PAYMENT.CAPTURE.REFUNDED",
                 arena_printf(w->p.arena, "{\"id\":\"1JU08902781691411\",\"status\":\"COMPLETED\",\"amount\":{\"currency_code\":\"EUR\",\"value\":"
                              "\"%s\"},\"seller_payable_breakdown\":{\"total_refunded_amount\":{\"currency_code\":\"EUR\",\"value\":\"%s\"}},\"links\":"
                              "[{\"rel\":\"up\",\"href\":\"https://api.sandbox.paypal.com/v2/payments/captures/" CAPTURE_ID "\"}]}", part, sum));
}

static void a_refund_goes_out_once(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    enum order_verdict v;
    struct order o = paid_order(w), now;
    int64_t id;
    OK_(rail_refund(cx, o.number, 4000, &id));
    w->p.broken = true;
    assert_int_equal(rail_call_make(cx, id), ERR_UPSTREAM);
    w->p.broken = false;
    OK_(rail_call_make(cx, id));
    OK_(rail_call_make(cx, id));
    assert_int_equal(w->p.n_refunds, 1);
    assert_string_equal(w->p.refunded, "40.00");
    KEEP(w->p.capture_status, STR("PARTIALLY_REFUNDED"));
    OK_(tell(w, refunded(w, "WH-r", "40.00", "40.00"), &v));
    OK_(order_by_number(cx, o.number, &now));
    CHECK_STR(now.state, "part_refunded");
    assert_int_equal(now.refunded, 4000);
    /* The rest by hand at PayPal's, and that is away when it tells. */
    w->p.broken = true;
    OK_(tell(w, refunded(w, "WH-s", "59.00", "99.00"), &v));
    assert_string_equal(state_of(w, &o), "refunded");
    int64_t n = txns(w);
    OK_(tell(w, captured(w, "WH-late", &o), &v));
    assert_int_equal(txns(w), n);
}

static void a_refund_that_fails_is_said(void **state)
{
    struct world *w = *state;
    struct order o = paid_order(w);
    struct rail_call c;
    int64_t id;
    KEEP(w->p.refund_status, STR("FAILED"));
    OK_(rail_refund(w->d->cx, o.number, 0, &id));
    OK_(rail_call_make(w->d->cx, id));
    OK_(rail_call_by_id(w->d->cx, id, &c));
    CHECK_STR(c.state, "failed");
    assert_string_equal(state_of(w, &o), "paid");
}

/* One that was only promised: PayPal sends no message when nothing comes of it, so it is asked each night. */
static void a_refund_that_waits_is_asked_about(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct order o = paid_order(w), two;
    struct refund r;
    struct job night = {.subject = raw(w->d, "SELECT id FROM rail_account WHERE rail = 'paypal'")};
    KEEP(w->p.refund_status, STR("PENDING"));
    OK_(refund_give(cx, &(struct refund_give){.number = o.number}, &r));
    OK_(rail_call_make(cx, r.call_id));
    KEEP(w->p.refunded, STR(""));
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    OK_(refund_by_id(cx, r.id, &r));
    CHECK_STR(r.state, "sent");
    KEEP(w->p.refund_status, STR("FAILED"));
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    OK_(refund_by_id(cx, r.id, &r));
    CHECK_STR(r.state, "failed");
    assert_string_equal(state_of(w, &o), "paid");
    KEEP(w->p.refund_status, STR("PENDING"));
    OK_(refund_retry(cx, r.id, &r));
    OK_(rail_call_make(cx, r.call_id));
    KEEP(w->p.refund_status, STR("COMPLETED"));
    KEEP(w->p.refunded, STR("99.00"));
    KEEP(w->p.capture_status, STR("REFUNDED"));
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    OK_(refund_by_id(cx, r.id, &r));
    CHECK_STR(r.state, "succeeded");
    assert_string_equal(state_of(w, &o), "refunded");
    OK_(order_by_number(cx, o.number, &two));
    assert_int_equal(two.refunded, two.total.minor);
}

static struct str disputed(struct world *w, const char *id, const char *status, const char *outcome)
{
    return event(w, id, "CUSTOMER.DISPUTE.UPDATED",
                 arena_printf(w->p.arena, "{\"dispute_id\":\"PP-D-1\",\"status\":\"%s\",\"dispute_outcome\":{\"outcome_code\":\"%s\"},"
                              "\"disputed_transactions\":[{\"seller_transaction_id\":\"" CAPTURE_ID "\",\"gross_amount\":{\"currency_code\":\"EUR\","
                              "\"value\":\"99.00\"}}]}", status, outcome));
}

static void a_dispute_suspends_and_ends(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = paid_order(w);
    KEEP(w->p.dispute, STR("WAITING_FOR_SELLER_RESPONSE"));
    OK_(tell(w, disputed(w, "WH-d1", "WAITING_FOR_SELLER_RESPONSE", ""), &v));
    assert_string_equal(state_of(w, &o), "disputed");
    KEEP(w->p.dispute, STR("RESOLVED"));
    KEEP(w->p.outcome, STR("RESOLVED_SELLER_FAVOUR"));
    OK_(tell(w, disputed(w, "WH-d2", "RESOLVED", "RESOLVED_SELLER_FAVOUR"), &v));
    assert_string_equal(state_of(w, &o), "paid");
    w->p.now += 1000;
    KEEP(w->p.dispute, STR("OPEN"));
    OK_(tell(w, disputed(w, "WH-d3", "OPEN", ""), &v));
    assert_string_equal(state_of(w, &o), "disputed");
    KEEP(w->p.dispute, STR("RESOLVED"));
    KEEP(w->p.outcome, STR("RESOLVED_BUYER_FAVOUR"));
    KEEP(w->p.capture_status, STR("REFUNDED"));
    OK_(tell(w, disputed(w, "WH-d4", "RESOLVED", "RESOLVED_BUYER_FAVOUR"), &v));
    assert_string_equal(state_of(w, &o), "lost");
    OK_(tell(w, disputed(w, "WH-d3", "OPEN", ""), &v));
    assert_string_equal(state_of(w, &o), "lost");
    txns(w);
}

/* ---- subscriptions ---- */

static void charge(struct world *w, int i, const char *id, const char *time, const char *value)
{
    KEEP(w->p.charges[i][0], str_c(id));
    KEEP(w->p.charges[i][1], str_c(time));
    KEEP(w->p.charge_value[i], str_c(value));
    KEEP(w->p.charge_status[i], STR("COMPLETED"));
    KEEP(w->p.cur, STR("EUR"));
    w->p.n_charges = i + 1;
}

static struct str sold(struct world *w, const char *id, int i)
{
    return event(w, id, "PAYMENT.SALE.COMPLETED",
                 arena_printf(w->p.arena, "{\"id\":\"%s\",\"state\":\"completed\",\"billing_agreement_id\":\"" SUB_ID "\",\"custom\":\"%s\",\"create_time\":"
                              "\"%s\",\"amount\":{\"currency\":\"EUR\",\"total\":\"%s\"}}", w->p.charges[i][0], w->p.number, w->p.charges[i][1],
                              w->p.charge_value[i]));
}

static int64_t count(struct world *w, const char *sql)
{
    return raw(w->d, sql);
}

static struct order subscribed(struct world *w)
{
    enum order_verdict v;
    struct order o = buy(w, &w->month);
    assert_string_equal(w->p.plan, "MONTH1x0=9.00");
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w, &o), "pending");
    KEEP(w->p.sub_status, STR("ACTIVE"));
    charge(w, 0, "SALE0000000000001", "2027-01-31T10:05:00Z", "9.00");
    OK_(tell(w, event(w, "WH-act", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    OK_(tell(w, sold(w, "WH-s1", 0), &v));
    assert_string_equal(state_of(w, &o), "paid");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM rail_subscription WHERE state = 'active'"), 1);
    return o;
}

static void a_subscription_renews_each_term_an_order(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = subscribed(w);
    charge(w, 1, "SALE0000000000002", "2027-02-28T10:05:00Z", "9.00");
    w->p.now = w->d->cx->now = at_time("2027-02-28T10:06:00Z");
    for (int i = 0; i < 3; i++) {
        OK_(tell(w, sold(w, "WH-s2", 1), &v));
        OK_(tell(w, sold(w, i == 1 ? "WH-s1b" : "WH-s1", 0), &v));
    }
    assert_int_equal(count(w, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'paid'"), 1);
    assert_int_equal(txns(w), 2);
    assert_string_equal(state_of(w, &o), "paid");
    /* PayPal is away, and the third is told by its own words. */
    charge(w, 2, "SALE0000000000003", "2027-03-31T10:05:00Z", "9.00");
    w->p.now = w->d->cx->now = at_time("2027-03-31T10:06:00Z");
    w->p.broken = true;
    OK_(tell(w, sold(w, "WH-s3", 2), &v));
    assert_int_equal(count(w, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'paid'"), 2);
    w->p.broken = false;
    /* Of a renewal money goes back: the first order stands. */
    KEEP(w->p.charge_status[1], STR("REFUNDED"));
    OK_(tell(w, event(w, "WH-back", "PAYMENT.SALE.REFUNDED",
                      arena_printf(w->p.arena, "{\"id\":\"R-1\",\"sale_id\":\"SALE0000000000002\",\"custom\":\"%s\",\"amount\":{\"currency\":\"EUR\","
                                   "\"total\":\"9.00\"}}", w->p.number)), &v));
    assert_int_equal(count(w, "SELECT COUNT(*) FROM purchase_order WHERE state = 'refunded'"), 1);
    assert_string_equal(state_of(w, &o), "paid");
}

static void the_second_charge_comes_before_the_first(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w, &w->month);
    KEEP(w->p.sub_status, STR("ACTIVE"));
    charge(w, 0, "SALE0000000000001", "2027-01-31T10:05:00Z", "9.00");
    charge(w, 1, "SALE0000000000002", "2027-02-28T10:05:00Z", "9.00");
    w->p.now = w->d->cx->now = at_time("2027-02-28T10:06:00Z");
    struct str act = event(w, "WH-act", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p));
    OK_(tell(w, act, &v));
    OK_(tell(w, sold(w, "WH-s2", 1), &v));
    OK_(tell(w, sold(w, "WH-s1", 0), &v));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    CHECK_STR(o.rail_ref, "SALE0000000000001");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND rail_ref = 'SALE0000000000002'"), 1);
}

static void cancelling_holds_and_then_ends(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct subscription sub;
    int64_t id;
    subscribed(w);
    OK_(subscription_of(cx, w->d->tea.id, w->buyer, &sub));
    OK_(rail_renewal(cx, sub.id, false, &id));
    OK_(rail_call_make(cx, id));
    assert_string_equal(w->p.sub_status, "SUSPENDED");
    OK_(subscription_by_id(cx, sub.id, &sub));
    assert_true(sub.ends_with_term);
    cx->now += 1000;
    OK_(rail_renewal(cx, sub.id, true, &id));
    OK_(rail_call_make(cx, id));
    assert_string_equal(w->p.sub_status, "ACTIVE");
    int64_t end_call = count(w, "SELECT id FROM pay_outbox WHERE step = 'end'");
    OK_(rail_call_make(cx, end_call)); /* it goes on: nothing */
    assert_string_equal(w->p.sub_status, "ACTIVE");
    cx->now += 1000;
    OK_(rail_renewal(cx, sub.id, false, &id));
    OK_(rail_call_make(cx, id));
    end_call = count(w, "SELECT id FROM pay_outbox WHERE step = 'end' AND state = 'new'");
    assert_true(end_call > 0);
    assert_int_equal(count(w, "SELECT COUNT(*) FROM job WHERE kind = 'pay.call' AND run_at > 1803000000000"), 2);
    OK_(rail_call_make(cx, end_call));
    assert_string_equal(w->p.sub_status, "CANCELLED");
}

static void a_coupon_makes_a_plan_of_its_own(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    static const struct { const char *code; int64_t periods, total; const char *plan; } ways[] = {
        {"ONCE", 1, 450, "MONTH1x1=4.50 MONTH1x0=9.00"},
        {"THRICE", 3, 450, "MONTH1x3=4.50 MONTH1x0=9.00"},
        {"EVER", DB_NULL, 450, "MONTH1x0=4.50"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct coupon c = {.code = str_c(ways[i].code), .percent_bp = 5000, .periods = ways[i].periods, .total_max = DB_NULL,
                           .account_max = 1, .expires_at = DB_NULL, .note = STR("")}, made;
        struct order o;
        struct rail_way way;
        OK_(coupon_create(cx, w->d->tea.id, &c, &made));
        struct order_ask ask = {.account_id = person(w->d), .price_id = w->month.id, .rail = "paypal", .coupon = c.code};
        OK_(order_place(cx, &ask, &o));
        assert_int_equal(o.total.minor, ways[i].total);
        OK_(rail_checkout_at(cx, o.number, NULL, &way));
        assert_string_equal(w->p.plan, ways[i].plan);
    }
    assert_int_equal(w->p.n_plans, 3);
    assert_int_equal(w->p.n_products, 1);
    buy(w, &w->month);
    w->buyer = person(w->d);
    buy(w, &w->month);
    assert_int_equal(w->p.n_plans, 4); /* one for both */
}

/* ---- free days with a way of paying first ---- */

static struct order try_out(struct world *w, int64_t who)
{
    struct order o;
    struct rail_way way;
    OK_(trial_order_place(w->d->cx, who, w->trial.id, "paypal", STR_NULL, &o));
    OK_(rail_checkout_at(w->d->cx, o.number, NULL, &way));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    return o;
}

static void free_days_begin_with_the_subscription(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    enum order_verdict v;
    int64_t grant;
    OK_(trial_rule_set(cx, w->d->tea.id, true));
    assert_int_equal(trial_start(cx, w->buyer, w->trial.id, &grant), ERR_CONFLICT);
    struct order o = try_out(w, w->buyer);
    assert_string_equal(w->p.plan, "DAY14x1=0.00 MONTH1x0=9.00");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'trial'"), 0);
    KEEP(w->p.sub_status, STR("ACTIVE"));
    OK_(tell(w, event(w, "WH-t1", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    assert_string_equal(state_of(w, &o), "paid");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'trial' AND live_ends_at - starts_at = 14 * 86400000"), 1);
    /* Nobody is charged; then the first term is, as an order of its own. */
    assert_int_equal(count(w, "SELECT COUNT(*) FROM entry"), 0);
    w->p.now = cx->now = at_time("2027-02-14T10:10:00Z");
    charge(w, 0, "SALE0000000000001", "2027-02-14T10:05:00Z", "9.00");
    for (int i = 0; i < 2; i++)
        OK_(tell(w, sold(w, "WH-t2", 0), &v));
    assert_int_equal(count(w, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'paid' AND total = 900"), 1);
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'paid'"), 1);
    txns(w);
}

static void the_same_payer_has_them_once(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    OK_(trial_rule_set(w->d->cx, w->d->tea.id, true));
    try_out(w, w->buyer);
    KEEP(w->p.sub_status, STR("ACTIVE"));
    OK_(tell(w, event(w, "WH-t1", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    struct order again;
    assert_int_equal(trial_order_place(w->d->cx, w->buyer, w->trial.id, "paypal", STR_NULL, &again), ERR_CONFLICT);
    /* Another account, and PayPal's customer is the same. */
    w->p.sub_id[4] = 'X';
    struct order o = try_out(w, person(w->d));
    KEEP(w->p.sub_status, STR("ACTIVE"));
    OK_(tell(w, event(w, "WH-t3", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    assert_string_equal(state_of(w, &o), "failed");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'trial'"), 1);
    OK_(rail_call_make(w->d->cx, count(w, "SELECT id FROM pay_outbox WHERE step = 'drop'")));
    assert_string_equal(w->p.sub_status, "CANCELLED");
    OK_(tell(w, event(w, "WH-t4", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    assert_string_equal(state_of(w, &o), "failed");
}

static void who_invites_himself_gets_nothing(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct referral_rule rule = {.reward = REWARD_DAYS, .days = 30, .wait_days = 7};
    struct invite mine;
    struct order o;
    struct rail_way way;
    OK_(referral_rule_set(cx, w->d->tea.id, &rule));
    paid_order(w); /* by PayPal's customer BUYER1234 */
    OK_(invite_mine(cx, w->d->tea.id, w->buyer, &mine));
    struct order_ask ask = {.account_id = person(w->d), .price_id = w->life.id, .rail = "paypal", .invites = mine.code};
    OK_(order_place(cx, &ask, &o));
    OK_(rail_checkout_at(cx, o.number, NULL, &way));
    KEEP(w->p.order_status, STR("APPROVED"));
    KEEP(w->p.capture_status, STR(""));
    OK_(rail_look(cx, o.number));
    assert_string_equal(state_of(w, &o), "paid");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM referral WHERE state = 'void' AND reason = 'the same payer'"), 1);
}

static void amounts_as_paypal_writes_them(void **state)
{
    struct world *w = *state;
    struct str s;
    struct money m;
    static const struct { int64_t minor; char cur[4]; const char *text; } good[] = {
        {950, "EUR", "9.50"}, {500, "JPY", "500"}, {30000, "HUF", "300"}, {9900, "TWD", "99"}, {0, "USD", "0.00"}};
    for (size_t i = 0; i < 5; i++) {
        assert_true(paypal_amount(w->p.arena, money_of(good[i].minor, str_c(good[i].cur)), &s));
        assert_string_equal(str_z(w->p.arena, s), good[i].text);
        assert_true(paypal_money_of(str_c(good[i].cur), s, &m));
        assert_int_equal(m.minor, good[i].minor);
    }
    assert_false(paypal_amount(w->p.arena, money_of(30050, STR("HUF")), &s));
    assert_false(paypal_amount(w->p.arena, money_of(100, STR("XMR")), &s));
    static const char *const bad[] = {"-1.00", "1.005", "", ".", ".5", "1e3", "1,00", " 1", "9999999999999999"};
    for (size_t i = 0; i < 9; i++)
        assert_false(paypal_money_of(STR("EUR"), str_c(bad[i]), &m));
    assert_true(paypal_money_of(STR("JPY"), STR("500.00"), &m));
    assert_int_equal(m.minor, 500);
}

static void its_fees_are_booked_once(void **state)
{
    struct world *w = *state;
    struct rail_account acc;
    paid_order(w);
    OK_(rail_account_of(w->d->cx, paypal(), w->d->tea.id, &acc));
    const struct job night = {.subject = acc.id};
    assert_int_equal(rail_catch_up_run(w->d->cx, &night), JOB_DONE);
    assert_int_equal(rail_catch_up_run(w->d->cx, &night), JOB_DONE);
    assert_int_equal(count(w, "SELECT SUM(amount) FROM entry WHERE account = 'fee:paypal'"), 59);
    txns(w);
}

/* Whatever comes, in whatever order and however often: one end. */
static void a_storm_ends_in_one_state(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 10) : 7;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("APPROVED"));
    const struct str all[] = {approved(w, "WH-1"), captured(w, "WH-2", &o), captured(w, "WH-3", &o), refunded(w, "WH-4", "40.00", "40.00"),
                              disputed(w, "WH-5", "OPEN", ""), disputed(w, "WH-6", "RESOLVED", "RESOLVED_SELLER_FAVOUR")};
    for (int i = 0; i < 120; i++) {
        if (i == 40) {
            KEEP(w->p.capture_status, STR("PARTIALLY_REFUNDED"));
            KEEP(w->p.refunded, STR("40.00"));
            KEEP(w->p.dispute, STR("RESOLVED"));
            KEEP(w->p.outcome, STR("RESOLVED_SELLER_FAVOUR"));
        }
        w->p.broken = rand_r(&seed) % 4 == 0;
        (void)tell(w, all[rand_r(&seed) % 6], &v);
    }
    w->p.broken = false;
    for (size_t i = 0; i < 6; i++)
        OK_(tell(w, all[i], &v));
    OK_(rail_look(w->d->cx, o.number));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "part_refunded");
    assert_int_equal(o.refunded, 4000);
    assert_int_equal(w->p.n_captures, 1);
    assert_int_equal(count(w, "SELECT COUNT(*) FROM txn WHERE kind = 'payment'"), 1);
    assert_int_equal(count(w, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:paypal'"), 5900);
    assert_int_equal(count(w, "SELECT COUNT(*) FROM unmatched"), 0);
    txns(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        T(what_is_approved_is_taken_once),
        T(an_approval_that_nobody_told_is_found),
        T(a_lost_answer_takes_no_second_time),
        T(a_declined_card_sends_the_buyer_back),
        T(what_is_not_exact_is_never_taken),
        T(the_signed_word_counts_when_paypal_is_away),
        T(one_bit_another_key_another_clock),
        T(where_a_certificate_may_come_from),
        T(real_money_is_refused_in_the_sandbox),
        T(another_amount_or_merchant_lies_in_the_tray),
        T(a_chain_that_ends_nowhere_proves_nothing),
        T(a_refund_goes_out_once),
        T(a_refund_that_fails_is_said),
        T(a_refund_that_waits_is_asked_about),
        T(a_dispute_suspends_and_ends),
        T(a_subscription_renews_each_term_an_order),
        T(the_second_charge_comes_before_the_first),
        T(cancelling_holds_and_then_ends),
        T(a_coupon_makes_a_plan_of_its_own),
        T(free_days_begin_with_the_subscription),
        T(the_same_payer_has_them_once),
        T(who_invites_himself_gets_nothing),
        T(amounts_as_paypal_writes_them),
        T(its_fees_are_booked_once),
        T(a_storm_ends_in_one_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
