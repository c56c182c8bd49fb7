/* Rails: accounts and their secrets, the outbox, and Stripe's side without a network. */
#include "tests/unit/stripe_world.h"

#include "node/base/buf.h"
#include "node/base/crew.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/money/rail_call.h"
#include "node/money/rails/stripe.h"
#include "node/money/refund.h"
#include "node/money/subscription.h"

static struct str session_of(struct domain *d, struct str number, const char *status, const char *paid, int64_t amount,
                             const char *cur)
{
    return str_fmt(d->cx->arena,
                   "{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"mode\":\"payment\",\"status\":\"%s\","
                   "\"payment_status\":\"%s\",\"amount_total\":%lld,\"currency\":\"%s\",\"livemode\":false,"
                   "\"client_reference_id\":\"" STR_FMT "\",\"payment_intent\":\"pi_1\",\"metadata\":{}}",
                   status, paid, (long long)amount, cur, STR_ARG(number));
}

/* An order as if it were at Stripe already. */
static struct order stripe_order(struct domain *d, int64_t who)
{
    struct order o;
    OK_(order_open(d->cx, who, d->month.id, "stripe", &o));
    return o;
}

static void expect_state(struct domain *d, struct str number, const char *state)
{
    struct order o;
    OK_(order_by_number(d->cx, number, &o));
    CHECK_STR(o.state, state);
}

/* ---- accounts ---- */

static void secrets_are_sealed_and_never_shown(void **state)
{
    struct domain *d = *state;
    struct rail_account *list, acc;
    size_t n;
    connect_stripe(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_account WHERE settings LIKE '%rk_test%' OR hints LIKE '%rk_test%'"
                            " OR rights LIKE '%rk_test%'"), 0);
    d->cx->viewer = d->owner.id;
    OK_(rail_account_list(d->cx, d->tea.id, &list, &n));
    assert_int_equal(n, 1);
    assert_null(list[0].secrets);
    CHECK_STR(rail_hint(&list[0], "key"), "…mnop");
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    CHECK_STR(rail_secret(&acc, "key"), "rk_test_abcdefghijklmnop");
    /* Nothing typed: it stays. Another: to be tested again. */
    const struct rail_value same[] = {{"key", STR("")}, {"invoices", STR("true")}};
    OK_(rail_account_save(d->cx, stripe(), d->tea.id, same, 2));
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    CHECK_STR(acc.state, "on");
    CHECK_STR(rail_secret(&acc, "key"), "rk_test_abcdefghijklmnop");
    assert_true(rail_switch(&acc, "invoices"));
    const struct rail_value other[] = {{"key", STR(" rk_test_another_key_9999 ")}};
    OK_(rail_account_save(d->cx, stripe(), d->tea.id, other, 1));
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    CHECK_STR(acc.state, "draft");
    CHECK_STR(rail_secret(&acc, "key"), "rk_test_another_key_9999");
    assert_false(rail_available(d->cx, stripe(), d->tea.id));
    const struct rail_value bad[] = {{"key", STR("pk_live_public")}};
    assert_int_equal(rail_account_save(d->cx, stripe(), d->tea.id, bad, 1), ERR_INVALID);
    const struct rail_value self[] = {{"webhook_id", STR("we_1")}};
    assert_int_equal(rail_account_save(d->cx, stripe(), d->tea.id, self, 1), ERR_INVALID);
    OK_(rail_account_forget(d->cx, stripe(), d->tea.id));
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    assert_null(acc.secrets);
    assert_int_equal(rail_hint(&acc, "key").n, 0);
    d->cx->viewer = person(d);
    assert_int_equal(rail_account_list(d->cx, d->tea.id, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(rail_account_save(d->cx, stripe(), d->tea.id, other, 1), ERR_FORBIDDEN);
    assert_int_equal(rail_account_off(d->cx, stripe(), d->tea.id), ERR_FORBIDDEN);
}

static void a_sealed_secret_opens_in_its_own_row_only(void **state)
{
    struct domain *d = *state;
    struct rail_account acc;
    connect_stripe(d);
    raw(d, "UPDATE rail_account SET id = id + 1");
    assert_int_equal(rail_account_of(d->cx, stripe(), d->tea.id, &acc), ERR_INTERNAL);
}

/* ---- signatures ---- */

static void a_signature_holds_for_its_bytes_time_and_secret(void **state)
{
    struct domain *d = *state;
    struct cx *cx = d->cx;
    struct str body = STR("{\"id\":\"evt_1\"}"), secret = STR(SECRET);
    struct str good = header_of(cx, body, SECRET, cx->now);
    assert_true(stripe_signed(good, body, secret, cx->now));
    for (size_t i = 0; i < body.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            char *changed = arena_copy(cx->arena, body.p, body.n);
            changed[i] ^= (char)(1 << bit);
            assert_false(stripe_signed(good, (struct str){changed, body.n}, secret, cx->now));
        }
    for (size_t i = 0; i < good.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            char *changed = arena_copy(cx->arena, good.p, good.n);
            changed[i] ^= (char)(1 << bit);
            assert_false(stripe_signed((struct str){changed, good.n}, body, secret, cx->now));
        }
    assert_false(stripe_signed(good, body, STR("whsec_other"), cx->now));
    assert_false(stripe_signed(good, body, STR(""), cx->now));
    assert_false(stripe_signed(STR_NULL, body, secret, cx->now));
    assert_false(stripe_signed(STR("t=,v1="), body, secret, cx->now));
    assert_true(stripe_signed(good, body, secret, cx->now + 300 * 1000));
    assert_false(stripe_signed(good, body, secret, cx->now + 301 * 1000));
    assert_true(stripe_signed(good, body, secret, cx->now - 300 * 1000));
    assert_false(stripe_signed(good, body, secret, cx->now - 301 * 1000));
    /* While a secret is rolled there are two; v0 is never one. */
    struct str hex = str_sub(good, good.n - 64, 64), t = str_sub(good, 0, str_find_char(good, ',', 0));
    struct str two = str_fmt(cx->arena, STR_FMT ",v1=%064d,v1=" STR_FMT ",v0=%064d", STR_ARG(t), 0, STR_ARG(hex), 0);
    assert_true(stripe_signed(two, body, secret, cx->now));
    struct str v0 = str_fmt(cx->arena, STR_FMT ",v0=" STR_FMT, STR_ARG(t), STR_ARG(hex));
    assert_false(stripe_signed(v0, body, secret, cx->now));
    struct str twice = str_fmt(cx->arena, "t=1," STR_FMT, STR_ARG(good));
    assert_false(stripe_signed(twice, body, secret, cx->now));
}

static void amounts_are_written_as_stripe_counts(void **state)
{
    int64_t n;
    (void)state;
    assert_true(stripe_amount(money_of(9900, STR("CNY")), &n) && n == 9900);
    assert_true(stripe_amount(money_of(500, STR("JPY")), &n) && n == 500);
    assert_true(stripe_amount(money_of(1230, STR("KWD")), &n) && n == 1230);
    assert_false(stripe_amount(money_of(1234, STR("KWD")), &n));
    assert_false(stripe_amount(money_of(0, STR("CNY")), &n));
    assert_false(stripe_amount(money_of(100, STR("BTC")), &n));
    assert_true(stripe_amount(money_of(700, STR("ISK")), &n) && n == 700); /* 7.00 */
    assert_false(stripe_amount(money_of(750, STR("ISK")), &n));
    assert_true(stripe_amount(money_of(70000, STR("UGX")), &n) && n == 70000);
    assert_false(stripe_amount(money_of(70050, STR("UGX")), &n));
    assert_int_equal(stripe_money(70000, STR("ugx")).minor, 70000);
    CHECK_STR(str_c(stripe_money(5, STR("eur")).cur), "EUR");
}

/* ---- events ---- */

static void a_session_that_is_paid_pays_its_order(void **state)
{
    struct domain *d = *state;
    connect_stripe(d);
    int64_t who = person(d);
    struct order o = stripe_order(d, who);
    tell(d, "evt_1", "checkout.session.completed", session_of(d, o.number, "complete", "unpaid", 3000, "cny"));
    expect_state(d, o.number, "pending"); /* a delayed method */
    d->cx->now += 1000;
    assert_int_equal(tell(d, "evt_2", "checkout.session.async_payment_succeeded",
                          session_of(d, o.number, "complete", "paid", 3000, "cny")), ORDER_APPLIED);
    expect_state(d, o.number, "paid");
    assert_int_equal(tell(d, "evt_2", "checkout.session.async_payment_succeeded",
                          session_of(d, o.number, "complete", "paid", 3000, "cny")), ORDER_RECORDED);
    d->cx->now += 1000;
    assert_int_equal(tell(d, "evt_3", "charge.refunded",
                          STR("{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":3000,\"amount_refunded\":1000,"
                              "\"currency\":\"cny\",\"payment_intent\":\"pi_1\",\"livemode\":false}")), ORDER_APPLIED);
    expect_state(d, o.number, "part_refunded");
    d->cx->now += 1000;
    assert_int_equal(tell(d, "evt_4", "charge.dispute.created",
                          STR("{\"id\":\"dp_1\",\"object\":\"dispute\",\"amount\":3000,\"currency\":\"cny\","
                              "\"payment_intent\":\"pi_1\",\"charge\":\"ch_1\",\"status\":\"needs_response\"}")), ORDER_APPLIED);
    expect_state(d, o.number, "disputed");
    d->cx->now += 1000;
    tell(d, "evt_5", "charge.dispute.closed",
         STR("{\"id\":\"dp_1\",\"object\":\"dispute\",\"amount\":3000,\"currency\":\"cny\","
             "\"charge\":\"ch_1\",\"status\":\"lost\"}"));
    expect_state(d, o.number, "lost");
}

static void what_does_not_fit_gives_nothing(void **state)
{
    struct domain *d = *state;
    enum order_verdict v;
    connect_stripe(d);
    struct order o = stripe_order(d, person(d));
    assert_int_equal(tell(d, "evt_1", "checkout.session.completed",
                          session_of(d, o.number, "complete", "paid", 2999, "cny")), ORDER_UNMATCHED);
    assert_int_equal(tell(d, "evt_2", "checkout.session.completed",
                          session_of(d, o.number, "complete", "paid", 3000, "usd")), ORDER_UNMATCHED);
    struct str body = event_of(d, "evt_3", "checkout.session.completed",
                               session_of(d, o.number, "complete", "paid", 3000, "cny").p);
    body = str_fmt(d->cx->arena, STR_FMT ",\"account\":\"acct_other\"}", STR_ARG(str_sub(body, 0, body.n - 1)));
    OK_(send_event(d, body, header_of(d->cx, body, SECRET, d->cx->now), &v));
    assert_int_equal(v, ORDER_UNMATCHED);
    raw(d, "UPDATE rail_account SET live = 1");
    body = event_of(d, "evt_4", "checkout.session.completed",
                    session_of(d, o.number, "complete", "paid", 3000, "cny").p);
    assert_int_equal(send_event(d, body, header_of(d->cx, body, SECRET, d->cx->now), &v), ERR_INVALID);
    raw(d, "UPDATE rail_account SET live = 0");
    assert_int_equal(send_event(d, body, STR("t=1,v1=00"), &v), ERR_UNAUTHENTICATED);
    assert_int_equal(send_event(d, STR("[]"), header_of(d->cx, STR("[]"), SECRET, d->cx->now), &v), ERR_INVALID);
    /* Of something else that the owner sells by the same account: no alarm. */
    assert_int_equal(tell(d, "evt_5", "charge.refunded",
                          STR("{\"id\":\"ch_9\",\"object\":\"charge\",\"amount\":3000,\"amount_refunded\":1000,"
                              "\"currency\":\"cny\",\"payment_intent\":\"pi_9\"}")), ORDER_RECORDED);
    expect_state(d, o.number, "new");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 3);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 0);
}

static void each_period_is_an_order_of_its_own(void **state)
{
    struct domain *d = *state;
    struct subscription sub;
    struct membership m;
    connect_stripe(d);
    int64_t who = person(d);
    struct order o = stripe_order(d, who);
    struct str first = str_fmt(d->cx->arena,
        "{\"id\":\"in_1\",\"object\":\"invoice\",\"status\":\"paid\",\"billing_reason\":\"subscription_create\","
        "\"amount_paid\":3000,\"currency\":\"cny\",\"customer\":\"cus_1\",\"parent\":{\"subscription_details\":"
        "{\"subscription\":\"sub_1\",\"metadata\":{\"order\":\"" STR_FMT "\"}}}}", STR_ARG(o.number));
    assert_int_equal(tell(d, "evt_1", "invoice.paid", first), ORDER_APPLIED);
    expect_state(d, o.number, "paid");
    OK_(subscription_of(d->cx, d->tea.id, who, &sub));
    CHECK_STR(sub.customer, "cus_1");
    CHECK_STR(sub.state, "active");
    d->cx->now += 31 * MS_DAY;
    /* The old shape of an invoice, and the same term told twice. */
    const char *second = "{\"id\":\"in_2\",\"object\":\"invoice\",\"status\":\"paid\",\"billing_reason\":\"subscription_cycle\","
                         "\"amount_paid\":3000,\"currency\":\"cny\",\"customer\":\"cus_1\",\"subscription\":\"sub_1\","
                         "\"payment_intent\":\"pi_2\"}";
    assert_int_equal(tell(d, "evt_2", "invoice.paid", str_c(second)), ORDER_APPLIED);
    d->cx->now += 1000;
    tell(d, "evt_3", "invoice.paid", str_c(second));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'paid'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 2);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    /* By the payment's name the refund of the second finds the second. */
    d->cx->now += 1000;
    tell(d, "evt_4", "charge.refunded",
         STR("{\"id\":\"ch_2\",\"object\":\"charge\",\"amount\":3000,\"amount_refunded\":3000,\"currency\":\"cny\","
             "\"payment_intent\":\"pi_2\"}"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'refunded'"), 1);
    expect_state(d, o.number, "paid");
    /* An amount that the price doesn't say is the owner's to look at. */
    d->cx->now += 31 * MS_DAY;
    assert_int_equal(tell(d, "evt_5", "invoice.paid",
                          STR("{\"id\":\"in_3\",\"object\":\"invoice\",\"status\":\"paid\",\"amount_paid\":1,\"currency\":\"cny\","
                              "\"subscription\":\"sub_1\"}")), ORDER_UNMATCHED);
    tell(d, "evt_6", "invoice.payment_failed",
         STR("{\"id\":\"in_4\",\"object\":\"invoice\",\"status\":\"open\",\"amount_paid\":0,\"currency\":\"cny\","
             "\"subscription\":\"sub_1\"}"));
    OK_(subscription_by_id(d->cx, sub.id, &sub));
    CHECK_STR(sub.state, "past_due");
    d->cx->now += 1000;
    tell(d, "evt_7", "customer.subscription.updated",
         STR("{\"id\":\"sub_1\",\"object\":\"subscription\",\"status\":\"active\",\"customer\":\"cus_1\","
             "\"cancel_at_period_end\":true,\"items\":{\"data\":[{\"current_period_end\":1900000000}]}}"));
    OK_(subscription_by_id(d->cx, sub.id, &sub));
    CHECK_STR(sub.state, "active");
    assert_true(sub.ends_with_term);
    assert_int_equal(sub.period_end, INT64_C(1900000000000));
    d->cx->now += 1000;
    tell(d, "evt_8", "customer.subscription.deleted",
         STR("{\"id\":\"sub_1\",\"object\":\"subscription\",\"status\":\"canceled\",\"customer\":\"cus_1\"}"));
    assert_int_equal(subscription_of(d->cx, d->tea.id, who, &sub), ERR_NOT_FOUND);
    /* Of a stranger's subscription nothing is kept. */
    tell(d, "evt_9", "invoice.paid",
         STR("{\"id\":\"in_9\",\"object\":\"invoice\",\"status\":\"paid\",\"amount_paid\":3000,\"currency\":\"cny\","
             "\"subscription\":\"sub_9\"}"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_subscription"), 1);
}

/* A term that renews itself keeps its seat while its payment is on its way; who lapsed has the seat that is free. */
static void a_renewal_keeps_its_seat_and_never_takes_anothers(void **state)
{
    struct domain *d = *state;
    struct order o, other;
    struct membership m;
    connect_stripe(d);
    d->member.seats = 1;
    OK_(tier_update(d->cx, &d->member));
    int64_t who = person(d);
    o = stripe_order(d, who);
    struct str invoice = str_fmt(d->cx->arena,
        "{\"id\":\"in_1\",\"object\":\"invoice\",\"status\":\"paid\",\"billing_reason\":\"subscription_create\","
        "\"amount_paid\":3000,\"currency\":\"cny\",\"customer\":\"cus_1\",\"parent\":{\"subscription_details\":"
        "{\"subscription\":\"sub_1\",\"metadata\":{\"order\":\"" STR_FMT "\"}}}}", STR_ARG(o.number));
    assert_int_equal(tell(d, "evt_1", "invoice.paid", invoice), ORDER_APPLIED);
#define RENEWED(n)                                                                                                     \
    STR("{\"id\":\"in_" n "\",\"object\":\"invoice\",\"status\":\"paid\",\"billing_reason\":\"subscription_cycle\","      \
        "\"amount_paid\":3000,\"currency\":\"cny\",\"customer\":\"cus_1\",\"subscription\":\"sub_1\",\"payment_intent\":\"pi_" n "\"}")
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    d->cx->now = m.ends_at + MS_HOUR; /* providers take the money somewhat after the term */
    assert_int_equal(order_open(d->cx, person(d), d->month.id, "fake", &other), ERR_CONFLICT);
    assert_int_equal(tell(d, "evt_2", "invoice.paid", RENEWED("2")), ORDER_APPLIED);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    d->cx->now = m.ends_at + 4 * MS_DAY; /* nobody paid: the seat is sold */
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &other));
    assert_int_equal(tell(d, "evt_3", "invoice.paid", RENEWED("3")), ORDER_UNMATCHED);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched WHERE reason = 'no seat left' AND booked = 1"), 1);
    d->cx->now += 3 * MS_HOUR; /* the other one did not pay either */
    assert_int_equal(tell(d, "evt_4", "invoice.paid", RENEWED("4")), ORDER_APPLIED);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
#undef RENEWED
}

/* The store came back without its secret.key: it is said, nothing is made of what can't be read, and whoever enters
 * every key again goes on. */
static void what_another_key_sealed_is_entered_again(void **state)
{
    struct domain *d = *state;
    struct rail_account acc, *list;
    size_t n;
    const struct rail_value made[] = {{"webhook_id", STR("we_1")}}, few[] = {{"one_off", STR("true")}},
                            again[] = {{"key", STR("rk_test_ponmlkjihgfedcba")}};
    connect_stripe(d);
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    OK_(rail_account_keep(d->cx, stripe(), &acc, made, 1));
    OK_(rail_account_list(d->cx, d->tea.id, &list, &n));
    assert_false(list[0].shut);
    crypt_random(d->store->node.secret, sizeof d->store->node.secret);
    assert_int_equal(rail_account_of(d->cx, stripe(), d->tea.id, &acc), ERR_INTERNAL);
    OK_(rail_account_list(d->cx, d->tea.id, &list, &n));
    assert_int_equal(n, 1);
    assert_true(list[0].shut);
    assert_non_null(list[0].error.p);
    assert_null(list[0].secrets);
    assert_int_equal(rail_account_save(d->cx, stripe(), d->tea.id, few, 1), ERR_INVALID);
    assert_non_null(d->cx->tell);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_account WHERE state = 'on' AND secrets IS NOT NULL"), 1);
    d->cx->tell = NULL;
    OK_(rail_account_off(d->cx, stripe(), d->tea.id));
    OK_(rail_account_save(d->cx, stripe(), d->tea.id, again, 1));
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    assert_false(acc.shut);
    CHECK_STR(acc.state, "draft");
    CHECK_STR(rail_secret(&acc, "key"), "rk_test_ponmlkjihgfedcba");
    /* the endpoint's secret is lost, too: another one is made when it is tested */
    assert_null(rail_setting(&acc, "webhook_id").p);
    assert_null(rail_secret(&acc, "webhook_secret").p);
    crypt_random(d->store->node.secret, sizeof d->store->node.secret);
    OK_(rail_account_forget(d->cx, stripe(), d->tea.id));
    OK_(rail_account_of(d->cx, stripe(), d->tea.id, &acc));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_account WHERE secrets IS NULL"), 1);
}

/* ---- the outbox ---- */

static void a_call_is_written_down_once(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct rail_way way;
    struct rail_visit visit = rail_visit_of(STR("192.0.2.1"), STR("Mozilla/5.0 (iPhone) Mobile MicroMessenger/8"));
    assert_true(visit.phone && visit.wechat);
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &o));
    OK_(rail_checkout_at(d->cx, o.number, &visit, &way));
    OK_(rail_checkout_at(d->cx, o.number, &visit, &way));
    assert_int_equal(way.go, RAIL_GO_URL);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE state = 'done' AND request = '{}' AND tries = 1"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox"), 1);
    expect_state(d, o.number, "pending");
}

/* The row is there, and the program died before, or after, the call. */
static void a_crash_around_the_call_is_made_good(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct rail_way way;
    int64_t id;
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &o));
    struct rail_call_new c = {.planet_id = d->tea.id, .rail = rail_by_name(STR("fake")), .step = "checkout",
                              .order_id = o.id, .subscription_id = DB_NULL, .group = STR(""), .amount = DB_NULL};
    OK_(tx_begin(d->cx));
    OK_(rail_call_put(d->cx, &c, &id));
    OK_(tx_commit(d->cx));
    RAW(d, "UPDATE pay_outbox SET state = 'calling', tries = 1, lease_until = %lld", (long long)d->cx->now + 60000);
    assert_int_equal(rail_call_make(d->cx, id), ERR_BUSY); /* somebody is at it */
    assert_int_equal(rail_way_of(d->cx, &o, &way), ERR_NOT_FOUND);
    d->cx->now += 60001;
    OK_(rail_call_make(d->cx, id));
    OK_(rail_way_of(d->cx, &o, &way));
    expect_state(d, o.number, "pending");
    OK_(rail_call_make(d->cx, id)); /* again: nothing */
    assert_int_equal(raw(d, "SELECT tries FROM pay_outbox"), 2);
}

static void money_goes_back_once(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct str url, body, sig;
    int64_t id, again;
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &o));
    OK_(rail_checkout(d->cx, o.number, &url));
    assert_int_equal(rail_refund(d->cx, o.number, 0, &id), ERR_CONFLICT);
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), 3000, STR("CNY"), &body, &sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, NULL));
    assert_int_equal(rail_refund(d->cx, o.number, 3001, &id), ERR_INVALID);
    OK_(rail_refund(d->cx, o.number, 1000, &id));
    assert_int_equal(rail_refund(d->cx, o.number, 1000, &again), ERR_CONFLICT);
    OK_(rail_call_make(d->cx, id));
    OK_(rail_call_make(d->cx, id));
    expect_state(d, o.number, "part_refunded");
    OK_(rail_refund(d->cx, o.number, 0, &again));
    assert_int_not_equal(id, again);
    OK_(rail_call_make(d->cx, again));
    expect_state(d, o.number, "refunded");
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:fake'"), 0);
}

/* Stripe says days after a refund was done that it came back: here by the key that our call gave it, before our call
 * has learned Stripe's own name of it. */
static void a_refund_that_fails_later_is_the_owners(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct membership m;
    connect_stripe(d);
    int64_t who = person(d);
    struct order o = stripe_order(d, who);
    tell(d, "evt_1", "checkout.session.completed", session_of(d, o.number, "complete", "paid", 3000, "cny"));
    d->cx->viewer = who;
    OK_(refund_mine(d->cx, o.number, &r));
    d->cx->viewer = 0;
    d->cx->now += 1000;
    tell(d, "evt_2", "charge.refunded",
         STR("{\"id\":\"ch_1\",\"object\":\"charge\",\"amount\":3000,\"amount_refunded\":3000,\"currency\":\"cny\","
             "\"payment_intent\":\"pi_1\",\"livemode\":false}"));
    expect_state(d, o.number, "refunded");
    OK_(refund_by_id(d->cx, r.id, &r));
    CHECK_STR(r.state, "succeeded");
    d->cx->now += 5 * MS_DAY;
    struct str lost = str_fmt(d->cx->arena, "{\"id\":\"re_9\",\"object\":\"refund\",\"status\":\"failed\",\"amount\":3000,"
                              "\"failure_reason\":\"expired_or_canceled_card\",\"payment_intent\":\"pi_1\","
                              "\"metadata\":{\"order\":\"" STR_FMT "\",\"refund\":\"" STR_FMT "-refund-1\"}}",
                              STR_ARG(o.number), STR_ARG(o.number));
    assert_int_equal(tell(d, "evt_3", "refund.failed", lost), ORDER_APPLIED);
    expect_state(d, o.number, "paid");
    OK_(refund_by_id(d->cx, r.id, &r));
    CHECK_STR(r.state, "failed");
    assert_true(str_contains(r.why, STR("expired_or_canceled_card")));
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:stripe'"), 3000);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_false(m.live); /* the money is owed, by hand */
    d->cx->now += 1000;
    tell(d, "evt_4", "refund.updated", lost); /* once more, by its other name */
    tell(d, "evt_5", "refund.failed", STR("{\"id\":\"re_7\",\"object\":\"refund\",\"status\":\"failed\",\"metadata\":{}}"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM refund WHERE state = 'failed'"), 1);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:stripe'"), 3000);
}

/* S5, name by name: what each message is about, and what it says has happened. */
static void each_message_has_its_meaning(void **state)
{
    struct domain *d = *state;
    static const struct { const char *type, *object; enum rail_topic topic; enum order_event event; const char *sub; } all[] = {
        {"checkout.session.completed", "\"status\":\"complete\",\"payment_status\":\"paid\"", RAIL_ORDER, ORDER_PAID, NULL},
        {"checkout.session.completed", "\"status\":\"complete\",\"payment_status\":\"no_payment_required\"", RAIL_ORDER, ORDER_PAID, NULL},
        {"checkout.session.completed", "\"status\":\"complete\",\"payment_status\":\"unpaid\"", RAIL_ORDER, ORDER_PENDING, NULL},
        {"checkout.session.completed", "\"status\":\"open\",\"payment_status\":\"paid\"", RAIL_ORDER, ORDER_PENDING, NULL},
        {"checkout.session.async_payment_succeeded", "\"status\":\"complete\",\"payment_status\":\"paid\"", RAIL_ORDER, ORDER_PAID, NULL},
        {"checkout.session.async_payment_failed", "\"status\":\"complete\",\"payment_status\":\"unpaid\"", RAIL_ORDER, ORDER_FAIL, NULL},
        {"checkout.session.expired", "\"status\":\"expired\"", RAIL_ORDER, ORDER_EXPIRE, NULL},
        {"invoice.paid", "\"id\":\"in_1\",\"subscription\":\"sub_1\",\"billing_reason\":\"subscription_cycle\",\"amount_paid\":3000", RAIL_RENEWAL, ORDER_PAID, NULL},
        {"invoice.paid", "\"id\":\"in_1\",\"subscription\":\"sub_1\",\"billing_reason\":\"subscription_create\",\"amount_paid\":3000", RAIL_ORDER, ORDER_PAID, "active"},
        {"invoice.paid", "\"id\":\"in_1\",\"amount_paid\":3000", RAIL_NOTHING, ORDER_PAID, NULL},
        {"invoice.payment_failed", "\"id\":\"in_1\",\"subscription\":\"sub_1\",\"billing_reason\":\"subscription_cycle\"", RAIL_RENEWAL, ORDER_PENDING, "past_due"},
        {"invoice.payment_action_required", "\"id\":\"in_1\",\"subscription\":\"sub_1\",\"billing_reason\":\"subscription_cycle\"", RAIL_RENEWAL, ORDER_PENDING, NULL},
        {"invoice.finalization_failed", "\"id\":\"in_1\",\"subscription\":\"sub_1\",\"billing_reason\":\"subscription_cycle\"", RAIL_RENEWAL, ORDER_PENDING, NULL},
        {"customer.subscription.created", "\"id\":\"sub_1\",\"status\":\"incomplete\"", RAIL_NOTHING, ORDER_PENDING, "active"},
        {"customer.subscription.updated", "\"id\":\"sub_1\",\"status\":\"past_due\"", RAIL_SUBSCRIPTION, ORDER_PENDING, "past_due"},
        {"customer.subscription.updated", "\"id\":\"sub_1\",\"status\":\"unpaid\"", RAIL_SUBSCRIPTION, ORDER_PENDING, "past_due"},
        {"customer.subscription.deleted", "\"id\":\"sub_1\",\"status\":\"active\"", RAIL_SUBSCRIPTION, ORDER_PENDING, "ended"},
        {"customer.subscription.paused", "\"id\":\"sub_1\",\"status\":\"paused\"", RAIL_SUBSCRIPTION, ORDER_PENDING, "paused"},
        {"customer.subscription.resumed", "\"id\":\"sub_1\",\"status\":\"active\"", RAIL_SUBSCRIPTION, ORDER_PENDING, "active"},
        {"customer.subscription.trial_will_end", "\"id\":\"sub_1\",\"status\":\"trialing\"", RAIL_SUBSCRIPTION, ORDER_PENDING, "active"},
        {"charge.refunded", "\"id\":\"ch_1\",\"amount\":3000,\"amount_refunded\":1000", RAIL_ORDER, ORDER_REFUND, NULL},
        {"refund.created", "\"id\":\"re_1\",\"status\":\"pending\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_PENDING, NULL},
        {"refund.updated", "\"id\":\"re_1\",\"status\":\"canceled\",\"charge\":\"ch_1\"", RAIL_REFUND_LOST, ORDER_PENDING, NULL},
        {"refund.failed", "\"id\":\"re_1\",\"status\":\"failed\",\"charge\":\"ch_1\"", RAIL_REFUND_LOST, ORDER_PENDING, NULL},
        {"charge.dispute.created", "\"id\":\"dp_1\",\"status\":\"needs_response\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_DISPUTE, NULL},
        {"charge.dispute.updated", "\"id\":\"dp_1\",\"status\":\"under_review\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_DISPUTE, NULL},
        {"charge.dispute.closed", "\"id\":\"dp_1\",\"status\":\"won\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_DISPUTE_WON, NULL},
        {"charge.dispute.closed", "\"id\":\"dp_1\",\"status\":\"lost\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_DISPUTE_LOST, NULL},
        {"charge.dispute.funds_withdrawn", "\"id\":\"dp_1\",\"status\":\"needs_response\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_DISPUTE, NULL},
        {"charge.dispute.funds_reinstated", "\"id\":\"dp_1\",\"status\":\"won\",\"charge\":\"ch_1\"", RAIL_ORDER, ORDER_DISPUTE_WON, NULL},
        {"radar.early_fraud_warning.created", "\"id\":\"issfr_1\",\"charge\":\"ch_1\"", RAIL_WARNING, ORDER_PENDING, NULL},
        {"product.created", "\"id\":\"prod_1\"", RAIL_NOTHING, ORDER_PENDING, NULL},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct rail_state s;
        struct str object = str_fmt(d->cx->arena, "{%s,\"currency\":\"cny\",\"livemode\":false}", all[i].object);
        OK_(stripe_event(d->cx, event_of(d, "evt_1", all[i].type, object.p), &s));
        if (s.topic != all[i].topic || s.event != all[i].event || (all[i].sub != NULL && !str_eq_c(s.sub.state, all[i].sub)))
            fail_msg("%s {%s}: topic %d, event %d", all[i].type, all[i].object, (int)s.topic, (int)s.event);
    }
}

static void a_message_has_a_limit(void **state)
{
    struct domain *d = *state;
    enum order_verdict v;
    enum { MOST = 256 * 1024 };
    char *body = arena_alloc(d->cx->arena, MOST + 1);
    memset(body, ' ', MOST + 1);
    connect_stripe(d);
    assert_int_equal(send_event(d, (struct str){body, MOST + 1}, STR("t=1,v1=00"), &v), ERR_TOO_LARGE);
    assert_int_equal(send_event(d, (struct str){body, MOST}, STR("t=1,v1=00"), &v), ERR_UNAUTHENTICATED);
}

/* A bank that only asks has taken nothing. */
static void an_inquiry_is_no_dispute(void **state)
{
    struct domain *d = *state;
    connect_stripe(d);
    struct order o = stripe_order(d, person(d));
    tell(d, "evt_1", "checkout.session.completed", session_of(d, o.number, "complete", "paid", 3000, "cny"));
    int64_t txns = raw(d, "SELECT COUNT(*) FROM txn");
    static const char *const states[] = {"warning_needs_response", "warning_under_review", "warning_closed"};
    for (size_t i = 0; i < 3; i++) {
        d->cx->now += 1000;
        tell(d, str_fmt(d->cx->arena, "evt_w%zu", i).p, i < 2 ? "charge.dispute.updated" : "charge.dispute.closed",
             str_fmt(d->cx->arena, "{\"id\":\"dp_1\",\"object\":\"dispute\",\"status\":\"%s\",\"amount\":3000,\"currency\":\"cny\","
                     "\"payment_intent\":\"pi_1\",\"charge\":\"ch_1\",\"metadata\":{}}", states[i]));
        expect_state(d, o.number, "paid");
    }
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn"), txns);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM order_event WHERE event LIKE 'dispute%'"), 0);
}

static void count_up(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
}

static void a_crew_does_all_that_it_took(void **state)
{
    _Atomic int done = 0;
    int taken = 0;
    (void)state;
    struct crew *c = crew_new(3, 1000);
    for (int i = 0; i < 500; i++)
        taken += crew_do(c, count_up, &done);
    assert_null(crew_free(c));
    assert_int_equal(taken, 500);
    assert_int_equal(done, 500);
    c = crew_new(1, 0);
    assert_false(crew_do(c, count_up, &done));
    crew_free(c);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(secrets_are_sealed_and_never_shown),
        T(a_sealed_secret_opens_in_its_own_row_only),
        T(a_signature_holds_for_its_bytes_time_and_secret),
        T(amounts_are_written_as_stripe_counts),
        T(a_session_that_is_paid_pays_its_order),
        T(what_does_not_fit_gives_nothing),
        T(each_period_is_an_order_of_its_own),
        T(a_renewal_keeps_its_seat_and_never_takes_anothers),
        T(what_another_key_sealed_is_entered_again),
        T(a_call_is_written_down_once),
        T(a_crash_around_the_call_is_made_good),
        T(money_goes_back_once),
        T(a_refund_that_fails_later_is_the_owners),
        T(an_inquiry_is_no_dispute),
        T(each_message_has_its_meaning),
        T(a_message_has_a_limit),
        T(a_crew_does_all_that_it_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
