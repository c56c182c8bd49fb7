/* Money back for credit, gifts and renewals, and for what something else rests on. */
#include "tests/unit/refund_fixture.h"

/* ---- credit, gifts, posts, renewals ---- */

static void give_credit(struct domain *d, int64_t who, int64_t amount)
{
    struct entry e[2] = {{.account = STR("referral_cost"), .cur = "CNY", .amount = amount},
                         {.account = credit_account(d->cx, who), .cur = "CNY", .amount = -amount}};
    struct txn t = {.planet_id = d->tea.id, .kind = STR("grant"), .order_id = DB_NULL, .grant_id = DB_NULL,
                    .rail_event_id = DB_NULL, .reverses = DB_NULL, .memo = STR("test"), .entries = e, .n_entries = 2};
    OK_(tx_begin(d->cx));
    OK_(ledger_post(d->cx, &t));
    OK_(credit_add(d->cx, d->tea.id, who, (struct money){amount, "CNY"}));
    OK_(tx_commit(d->cx));
}

static void credit_comes_back_as_credit(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    int64_t who = person(d), has;
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake"};
    give_credit(d, who, 3000);
    OK_(order_place(d->cx, &ask, &o));
    CHECK_STR(o.state, "paid");
    assert_int_equal(o.total.minor, 0);
    struct refund_offer f = offered(d, &o);
    assert_int_equal(f.door, REFUND_NOW);
    assert_int_equal(f.credit, 3000);
    OK_(refund_mine(d->cx, o.number, &r));
    CHECK_STR(r.state, "succeeded");
    expect_order(d, o.number, "refunded");
    assert_false(is_in(d, who));
    OK_(credit_balance(d->cx, d->tea.id, who, STR("CNY"), &has));
    assert_int_equal(has, 3000);
    assert_int_equal(offered(d, &o).door, REFUND_NO);
    books_are_sound(d);
}

static void a_gift_of_credit_goes_back(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    struct redeemed taken;
    struct gift g;
    int64_t who = person(d), has;
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake", .gift = true};
    give_credit(d, who, 3000);
    OK_(order_place(d->cx, &ask, &o));
    d->cx->viewer = who;
    OK_(gift_of_order(d->cx, o.number, &g));
    assert_true(gift_may_refund(&g));
    OK_(refund_mine(d->cx, o.number, &r));
    CHECK_STR(r.kind, "gift");
    CHECK_STR(r.state, "succeeded");
    OK_(credit_balance(d->cx, d->tea.id, who, STR("CNY"), &has));
    assert_int_equal(has, 3000);
    d->cx->viewer = 0;
    assert_int_not_equal(code_redeem(d->cx, person(d), g.code, STR("192.0.2.1"), &taken), OK);
    books_are_sound(d);
}

static void a_gift_goes_back_until_it_is_redeemed(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    struct redeemed taken;
    struct gift g;
    int64_t who = person(d), other = person(d);
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake", .gift = true};
    OK_(order_place(d->cx, &ask, &o));
    happens(d, o.number, "paid", 3000);
    d->cx->now += 90 * MS_DAY; /* no seven days for gifts */
    assert_int_equal(offered(d, &o).door, REFUND_NOW);
    OK_(gift_of_order(d->cx, o.number, &g));
    OK_(refund_mine(d->cx, o.number, &r));
    OK_(tx_begin(d->cx));
    OK_(refund_call_ended(d->cx, r.call_id, true, STR_NULL, STR("no")));
    OK_(tx_commit(d->cx));
    assert_int_not_equal(code_redeem(d->cx, other, g.code, STR("192.0.2.1"), &taken), OK);
    OK_(refund_give_up(d->cx, r.id, STR("")));
    OK_(code_redeem(d->cx, other, g.code, STR("192.0.2.1"), &taken)); /* good again */
    assert_int_equal(offered(d, &o).door, REFUND_NO);
    assert_int_equal(refund_mine(d->cx, o.number, &r), ERR_CONFLICT);
}

static void what_renews_is_stopped(void **state)
{
    struct domain *d = *state;
    struct refund r;
    int64_t who = person(d);
    struct order o = paid(d, who);
    RAW(d, "INSERT INTO rail_subscription (id, planet_id, rail, ref, account_id, order_id, state, ends_with_term, since, rail_at)"
           " VALUES (77, %lld, 'stripe', 'sub_1', %lld, %lld, 'active', 0, 0, 0)",
        (long long)d->tea.id, (long long)who, (long long)o.id);
    raw(d, "UPDATE purchase_order SET rail = 'stripe'");
    OK_(order_by_number(d->cx, o.number, &o));
    assert_true(offered(d, &o).renews);
    OK_(refund_mine(d->cx, o.number, &r));
    CHECK_STR(r.state, "sent");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel' AND subscription_id = 77"), 1);
}

static void what_can_not_be_stopped_is_no_obstacle(void **state)
{
    struct domain *d = *state;
    struct refund r;
    int64_t who = person(d);
    struct order o = paid(d, who);
    RAW(d, "INSERT INTO rail_subscription (id, planet_id, rail, ref, account_id, order_id, state, ends_with_term, since, rail_at)"
           " VALUES (77, %lld, 'fake', 'sub_1', %lld, %lld, 'active', 0, 0, 0)",
        (long long)d->tea.id, (long long)who, (long long)o.id);
    OK_(refund_mine(d->cx, o.number, &r)); /* the practice till can't renew */
    CHECK_STR(r.state, "sent");
}

/* ---- what rests on money that goes back ---- */

static struct order go_up(struct domain *d, int64_t who, int64_t minor, const char *unit)
{
    struct price gold;
    struct order o;
    OK_(price_create(d->cx, d->gold.id, (struct money){minor, "CNY"}, str_c(unit), 1, 0, &gold));
    d->cx->now += MS_MINUTE;
    const struct order_ask ask = {.account_id = who, .price_id = gold.id, .rail = "fake", .kind = "upgrade"};
    OK_(order_place(d->cx, &ask, &o));
    if (o.total.minor > 0)
        happens(d, o.number, "paid", o.total.minor);
    expect_order(d, o.number, "paid");
    return o;
}

/* The cheapest way to a higher tier would be to change to it and take the first payment back. */
static void what_an_upgrade_took_over_has_no_button(void **state)
{
    struct domain *d = *state;
    struct refund_preview look;
    struct refund r;
    int64_t who = person(d);
    struct order first = paid(d, who);
    assert_int_equal(offered(d, &first).door, REFUND_NOW);
    struct order up = go_up(d, who, 3001, "month");
    assert_true(up.total.minor < 100);
    assert_int_equal(offered(d, &first).door, REFUND_ASK);
    assert_non_null(offered(d, &first).why);
    assert_int_equal(refund_mine(d->cx, first.number, &r), ERR_CONFLICT);
    OK_(refund_preview(d->cx, first.number, 0, &look));
    assert_true(look.ends); /* the owner is told so */
    OK_(refund_give(d->cx, &(struct refund_give){.number = first.number}, &r));
    assert_false(is_in(d, who));
    OK_(rail_call_make(d->cx, r.call_id));
    at_state(d, r.id, "succeeded");
    assert_false(is_in(d, who));
    books_are_sound(d);
}

static void a_dispute_reaches_what_rests_on_it(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct order first = paid(d, who);
    struct order second = go_up(d, who, 3001, "month");
    go_up(d, who, 9000, "once"); /* an upgrade of an upgrade */
    assert_true(is_in(d, who));
    happens(d, first.number, "dispute", 3000);
    assert_false(is_in(d, who));
    happens(d, first.number, "dispute_won", 3000);
    assert_true(is_in(d, who));
    happens(d, second.number, "dispute", second.total.minor);
    assert_false(is_in(d, who));
    happens(d, second.number, "dispute_lost", second.total.minor);
    assert_false(is_in(d, who));
    books_are_sound(d);
}

static void a_gift_that_the_owner_gives_back_is_dead_at_once(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    struct gift g;
    struct redeemed got;
    const struct order_ask ask = {.account_id = person(d), .price_id = d->month.id, .rail = "fake", .gift = true};
    OK_(order_place(d->cx, &ask, &o));
    happens(d, o.number, "paid", 3000);
    OK_(gift_of_order(d->cx, o.number, &g));
    struct str code = g.code;
    OK_(refund_give(d->cx, &(struct refund_give){.number = o.number, .amount = 1000}, &r));
    assert_int_equal(code_redeem(d->cx, person(d), code, STR("192.0.2.1"), &got), ERR_NOT_FOUND);
    OK_(rail_call_make(d->cx, r.call_id));
    expect_order(d, o.number, "part_refunded");
    assert_int_equal(code_redeem(d->cx, person(d), code, STR("192.0.2.1"), &got), ERR_NOT_FOUND);
    books_are_sound(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(credit_comes_back_as_credit),
        DOMAIN_TEST(a_gift_of_credit_goes_back),
        DOMAIN_TEST(a_gift_goes_back_until_it_is_redeemed),
        DOMAIN_TEST(what_renews_is_stopped),
        DOMAIN_TEST(what_can_not_be_stopped_is_no_obstacle),
        DOMAIN_TEST(what_an_upgrade_took_over_has_no_button),
        DOMAIN_TEST(a_dispute_reaches_what_rests_on_it),
        DOMAIN_TEST(a_gift_that_the_owner_gives_back_is_dead_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
