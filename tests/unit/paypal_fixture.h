/* A planet with an account at a small PayPal of our own: prices, a buyer, the messages that come. */
#ifndef TESTS_UNIT_PAYPAL_FIXTURE_H
#define TESTS_UNIT_PAYPAL_FIXTURE_H

#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
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

static inline const struct pay_rail *paypal(void)
{
    return rail_by_name(STR("paypal"));
}

static inline void connect_account(struct world *w)
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

static inline void trust(struct world *w)
{
    FILE *f = fopen(w->ca_file, "w");
    assert_non_null(f);
    assert_true(fputs(w->p.ca, f) > 0);
    assert_int_equal(fclose(f), 0);
    setenv("SSL_CERT_FILE", w->ca_file, 1);
}

static inline int begin(void **state)
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

static inline int end(void **state)
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

static inline struct order buy(struct world *w, const struct price *price)
{
    struct order o;
    struct rail_way way;
    OK_(order_open(w->d->cx, w->buyer, price->id, "paypal", &o));
    OK_(rail_checkout_at(w->d->cx, o.number, NULL, &way));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    return o;
}

/* ---- messages ---- */

struct telling {
    const char *time, *cert, *algo, *webhook;
    EVP_PKEY *key;
    bool flip;          /* one bit of the body, after it was signed */
};

static inline struct str event(struct world *w, const char *id, const char *type, const char *resource)
{
    return str_fmt(w->p.arena, "{\"id\":\"%s\",\"event_type\":\"%s\",\"create_time\":\"%s\",\"resource\":%s,\"links\":[{\"rel\":\"self\","
                               "\"href\":\"https://api.sandbox.paypal.com/v1/notifications/webhooks-events/%s\"}]}",
                   id, type, clock_rfc3339(w->p.arena, w->p.now).p, resource, id);
}

static inline enum err tell_as(struct world *w, struct str body, const struct telling *t, enum order_verdict *v)
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

static inline enum err tell(struct world *w, struct str body, enum order_verdict *v)
{
    const struct telling usual = {.flip = false};
    return tell_as(w, body, &usual, v);
}

static inline struct str captured_as(struct world *w, const char *id, const char *number, const char *value, const char *cur, const char *merchant)
{
    return event(w, id, "PAYMENT.CAPTURE.COMPLETED",
                 arena_printf(w->p.arena, "{\"id\":\"" CAPTURE_ID "\",\"status\":\"COMPLETED\",\"custom_id\":\"%s\",\"amount\":{\"currency_code\":"
                              "\"%s\",\"value\":\"%s\"},\"payee\":{\"merchant_id\":\"%s\"},\"supplementary_data\":{\"related_ids\":{\"order_id\":\""
                              ORDER_ID "\"}}}", number, cur, value, merchant));
}

static inline struct str captured(struct world *w, const char *id, const struct order *o)
{
    return captured_as(w, id, str_z(w->p.arena, o->number), "99.00", "EUR", MERCHANT);
}

static inline struct str approved(struct world *w, const char *id)
{
    return event(w, id, "CHECKOUT.ORDER.APPROVED", order_json(&w->p));
}

static inline struct order paid_order(struct world *w)
{
    enum order_verdict v;
    struct order o = buy(w, &w->life);
    KEEP(w->p.order_status, STR("APPROVED"));
    OK_(tell(w, approved(w, "WH-approved"), &v));
    assert_string_equal(state_of(w->d, &o), "paid");
    return o;
}

static inline int64_t count(struct world *w, const char *sql)
{
    return raw(w->d, sql);
}

/* A test whose state is a struct world. */
#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif
