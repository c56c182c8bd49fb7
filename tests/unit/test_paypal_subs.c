/* PayPal's subscriptions, and free days with a way of paying first. */
#include "node/money/coupon.h"
#include "node/money/invite.h"
#include "tests/unit/paypal_fixture.h"

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

static struct order subscribed(struct world *w)
{
    enum order_verdict v;
    struct order o = buy(w, &w->month);
    assert_string_equal(w->p.plan, "MONTH1x0=9.00");
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "pending");
    KEEP(w->p.sub_status, STR("ACTIVE"));
    charge(w, 0, "SALE0000000000001", "2027-01-31T10:05:00Z", "9.00");
    OK_(tell(w, event(w, "WH-act", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    OK_(tell(w, sold(w, "WH-s1", 0), &v));
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_int_equal(txns(w->d), 2);
    assert_string_equal(state_of(w->d, &o), "paid");
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
    assert_string_equal(state_of(w->d, &o), "paid");
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

/* Of a further term a dispute is told first of all: it is no payment of the order that all began with. */
static void a_dispute_of_the_second_charge_comes_first(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w, &w->month);
    KEEP(w->p.sub_status, STR("ACTIVE"));
    charge(w, 0, "SALE0000000000001", "2027-01-31T10:05:00Z", "9.00");
    charge(w, 1, "SALE0000000000002", "2027-02-28T10:05:00Z", "9.00");
    w->p.now = w->d->cx->now = at_time("2027-02-28T10:06:00Z");
    OK_(tell(w, event(w, "WH-dispute", "CUSTOMER.DISPUTE.CREATED",
                      arena_printf(w->p.arena, "{\"dispute_id\":\"PP-D-1\",\"status\":\"UNDER_REVIEW\",\"disputed_transactions\":[{\"seller_transaction_id\":"
                                   "\"SALE0000000000002\",\"custom\":\"%s\",\"gross_amount\":{\"currency_code\":\"EUR\",\"value\":\"9.00\"}}]}",
                                   w->p.number)), &v));
    assert_string_equal(state_of(w->d, &o), "pending");
    OK_(tell(w, event(w, "WH-act", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    for (int i = 0; i < 2; i++)
        OK_(tell(w, sold(w, i == 0 ? "WH-s1" : "WH-s2", i), &v));
    assert_string_equal(state_of(w->d, &o), "paid");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM unmatched"), 0);
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
    assert_string_equal(state_of(w->d, &o), "paid");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'trial' AND live_ends_at - starts_at = 14 * 86400000"), 1);
    /* Nobody is charged; then the first term is, as an order of its own. */
    assert_int_equal(count(w, "SELECT COUNT(*) FROM entry"), 0);
    w->p.now = cx->now = at_time("2027-02-14T10:10:00Z");
    charge(w, 0, "SALE0000000000001", "2027-02-14T10:05:00Z", "9.00");
    for (int i = 0; i < 2; i++)
        OK_(tell(w, sold(w, "WH-t2", 0), &v));
    assert_int_equal(count(w, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'paid' AND total = 900"), 1);
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'paid'"), 1);
    txns(w->d);
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
    assert_string_equal(state_of(w->d, &o), "failed");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM member_grant WHERE kind = 'trial'"), 1);
    OK_(rail_call_make(w->d->cx, count(w, "SELECT id FROM pay_outbox WHERE step = 'drop'")));
    assert_string_equal(w->p.sub_status, "CANCELLED");
    OK_(tell(w, event(w, "WH-t4", "BILLING.SUBSCRIPTION.ACTIVATED", subscription_json(&w->p)), &v));
    assert_string_equal(state_of(w->d, &o), "failed");
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
    assert_string_equal(state_of(w->d, &o), "paid");
    assert_int_equal(count(w, "SELECT COUNT(*) FROM referral WHERE state = 'void' AND reason = 'the same payer'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_subscription_renews_each_term_an_order),
        WORLD_TEST(the_second_charge_comes_before_the_first),
        WORLD_TEST(a_dispute_of_the_second_charge_comes_first),
        WORLD_TEST(cancelling_holds_and_then_ends),
        WORLD_TEST(a_coupon_makes_a_plan_of_its_own),
        WORLD_TEST(free_days_begin_with_the_subscription),
        WORLD_TEST(the_same_payer_has_them_once),
        WORLD_TEST(who_invites_himself_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
