/* PayPal's adapter against a small PayPal of our own, signatures and certificates included: single payments. */
#include "tests/unit/paypal_fixture.h"

/* ---- single payments ---- */

static void what_is_approved_is_taken_once(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w, &w->life);
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "pending");
    KEEP(w->p.order_status, STR("APPROVED"));
    struct str told = approved(w, "WH-1"), paid = captured(w, "WH-2", &o);
    OK_(tell(w, told, &v));
    assert_int_equal(v, ORDER_APPLIED);
    assert_string_equal(state_of(w->d, &o), "paid");
    for (int i = 0; i < 3; i++) {
        OK_(tell(w, paid, &v));
        OK_(tell(w, told, &v));
    }
    assert_int_equal(w->p.n_captures, 1);
    assert_int_equal(txns(w->d), 1);
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
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "pending");
    w->p.declines = false; /* another card was chosen */
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "pending");
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
    assert_string_equal(state_of(w->d, &o), "paid");
    /* But not what is hours old: a repeat is only a reason to ask. */
    w->p.broken = false;
    w->buyer = person(w->d);
    struct order late = buy(w, &w->life);
    w->p.broken = true;
    const struct telling old = {.time = "2027-01-30T09:00:00Z"};
    assert_int_not_equal(tell_as(w, captured(w, "WH-old", &late), &old, &v), OK);
    assert_string_equal(state_of(w->d, &late), "pending");
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
        assert_string_equal(state_of(w->d, &o), "pending");
    }
    EVP_PKEY_free(other);
    OK_(tell(w, body, &v));
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "pending");
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
        assert_string_equal(state_of(w->d, &o), "pending");
    }
    struct unmatched *tray;
    size_t k;
    OK_(unmatched_list(w->d->cx, w->d->tea.id, 0, 100, &tray, &k));
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
    assert_string_equal(state_of(w->d, &o), "pending");
    /* When its certificate can't be had, PayPal itself is asked. */
    w->p.no_cert = w->p.says_signed = true;
    OK_(tell(w, captured(w, "WH-1", &o), &v));
    assert_int_equal(w->p.n_asked, 3);
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "refunded");
    int64_t n = txns(w->d);
    OK_(tell(w, captured(w, "WH-late", &o), &v));
    assert_int_equal(txns(w->d), n);
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
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "paid");
    KEEP(w->p.refund_status, STR("PENDING"));
    OK_(refund_retry(cx, r.id, &r));
    OK_(rail_call_make(cx, r.call_id));
    KEEP(w->p.refund_status, STR("COMPLETED"));
    KEEP(w->p.refunded, STR("99.00"));
    KEEP(w->p.capture_status, STR("REFUNDED"));
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    OK_(refund_by_id(cx, r.id, &r));
    CHECK_STR(r.state, "succeeded");
    assert_string_equal(state_of(w->d, &o), "refunded");
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
    assert_string_equal(state_of(w->d, &o), "disputed");
    KEEP(w->p.dispute, STR("RESOLVED"));
    KEEP(w->p.outcome, STR("RESOLVED_SELLER_FAVOUR"));
    OK_(tell(w, disputed(w, "WH-d2", "RESOLVED", "RESOLVED_SELLER_FAVOUR"), &v));
    assert_string_equal(state_of(w->d, &o), "paid");
    w->p.now += 1000;
    KEEP(w->p.dispute, STR("OPEN"));
    OK_(tell(w, disputed(w, "WH-d3", "OPEN", ""), &v));
    assert_string_equal(state_of(w->d, &o), "disputed");
    KEEP(w->p.dispute, STR("RESOLVED"));
    KEEP(w->p.outcome, STR("RESOLVED_BUYER_FAVOUR"));
    KEEP(w->p.capture_status, STR("REFUNDED"));
    OK_(tell(w, disputed(w, "WH-d4", "RESOLVED", "RESOLVED_BUYER_FAVOUR"), &v));
    assert_string_equal(state_of(w->d, &o), "lost");
    OK_(tell(w, disputed(w, "WH-d3", "OPEN", ""), &v));
    assert_string_equal(state_of(w->d, &o), "lost");
    txns(w->d);
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
    txns(w->d);
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
    txns(w->d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_approved_is_taken_once),
        WORLD_TEST(an_approval_that_nobody_told_is_found),
        WORLD_TEST(a_lost_answer_takes_no_second_time),
        WORLD_TEST(a_declined_card_sends_the_buyer_back),
        WORLD_TEST(what_is_not_exact_is_never_taken),
        WORLD_TEST(the_signed_word_counts_when_paypal_is_away),
        WORLD_TEST(one_bit_another_key_another_clock),
        WORLD_TEST(where_a_certificate_may_come_from),
        WORLD_TEST(real_money_is_refused_in_the_sandbox),
        WORLD_TEST(another_amount_or_merchant_lies_in_the_tray),
        WORLD_TEST(a_chain_that_ends_nowhere_proves_nothing),
        WORLD_TEST(a_refund_goes_out_once),
        WORLD_TEST(a_refund_that_fails_is_said),
        WORLD_TEST(a_refund_that_waits_is_asked_about),
        WORLD_TEST(a_dispute_suspends_and_ends),
        WORLD_TEST(amounts_as_paypal_writes_them),
        WORLD_TEST(its_fees_are_booked_once),
        WORLD_TEST(a_storm_ends_in_one_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
