/* Money back: who may, when, how often; on its way, arrived, not arrived; what becomes of access and the books. */
#include "tests/unit/refund_fixture.h"

/* ---- the button ---- */

static void one_click_ends_access_and_sends_the_money(void **state)
{
    struct domain *d = *state;
    struct refund r;
    int64_t who = person(d);
    struct order o = paid(d, who);
    d->cx->viewer = who;
    struct refund_offer f = offered(d, &o);
    assert_int_equal(f.door, REFUND_NOW);
    assert_int_equal(f.amount.minor, 3000);
    assert_true(is_in(d, who));
    OK_(refund_mine(d->cx, o.number, &r));
    CHECK_STR(r.state, "sent");
    CHECK_STR(r.kind, "button");
    assert_false(is_in(d, who)); /* before anybody was called */
    expect_order(d, o.number, "paid");
    assert_int_equal(refund_mine(d->cx, o.number, &r), ERR_CONFLICT);
    assert_int_equal(offered(d, &o).door, REFUND_WAITS);
    OK_(rail_call_make(d->cx, r.call_id));
    OK_(rail_call_make(d->cx, r.call_id));
    at_state(d, r.id, "succeeded");
    expect_order(d, o.number, "refunded");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE live_state = 'revoked'"), 1);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:fake'"), 0);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'refunds'"), 3000);
    assert_int_equal(offered(d, &o).door, REFUND_NO);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM notice WHERE account_id = %lld AND kind = 'letter'", (long long)who), 1);
    d->cx->viewer = 0;
    happens(d, o.number, "refund", 3000); /* the provider says it, too */
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM refund"), 1);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'refunds'"), 3000);
    books_are_sound(d);
}

static void seven_days_and_not_a_moment_more(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct order o = paid(d, person(d));
    d->cx->now = o.paid_at + 168 * MS_HOUR;
    assert_int_equal(offered(d, &o).door, REFUND_NOW);
    assert_int_equal(offered(d, &o).until, d->cx->now);
    d->cx->now++;
    assert_int_equal(offered(d, &o).door, REFUND_ASK);
    assert_non_null(offered(d, &o).why);
    assert_int_equal(refund_mine(d->cx, o.number, &r), ERR_CONFLICT);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM refund"), 0);
}

static void only_the_first_payment_has_the_button(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct order first = paid(d, who), second = paid(d, who);
    CHECK_STR(second.kind, "renewal");
    assert_int_equal(offered(d, &second).door, REFUND_ASK);
    assert_int_equal(offered(d, &first).door, REFUND_NOW);
    /* an order that was never paid, and a present, are no payments */
    int64_t other = person(d);
    struct order never, o;
    int64_t grant;
    OK_(order_open(d->cx, other, d->month.id, "fake", &never));
    OK_(order_cancel(d->cx, never.number));
    OK_(membership_grant(d->cx, d->tea.id, other, d->member.id, "comp", d->cx->now, d->cx->now + MS_DAY, DB_NULL,
                         DB_NULL, &grant));
    o = paid(d, other);
    assert_int_equal(offered(d, &o).door, REFUND_NOW);
}

/* An order that lay open for long and is paid last is no first payment, however old its number is. */
static void the_first_payment_is_the_one_paid_first(void **state)
{
    struct domain *d = *state;
    struct order old;
    int64_t who = person(d);
    OK_(order_open(d->cx, who, d->month.id, "fake", &old));
    struct order first = paid(d, who);
    d->cx->now += 20 * MS_DAY;
    happens(d, old.number, "paid", 3000);
    d->cx->viewer = who;
    assert_int_equal(offered(d, &old).door, REFUND_ASK);
    assert_int_equal(offered(d, &first).door, REFUND_ASK); /* its seven days are over */
}

static void once_ever_in_a_planet(void **state)
{
    struct domain *d = *state;
    struct account again;
    struct refund r;
    int64_t who = person(d);
    struct order o = paid(d, who);
    OK_(refund_mine(d->cx, o.number, &r));
    OK_(rail_call_make(d->cx, r.call_id));
    o = paid(d, who);
    assert_int_equal(offered(d, &o).door, REFUND_ASK);
    /* a new account with the same mailbox is the same person */
    OK_(account_create(d->cx, STR("P0+again@t.example"), STR_NULL, STR("Again"), false, &again));
    o = paid(d, again.id);
    assert_int_equal(offered(d, &o).door, REFUND_ASK);
    o = paid(d, person(d));
    assert_int_equal(offered(d, &o).door, REFUND_NOW);
}

static void three_within_a_year_on_the_node(void **state)
{
    struct domain *d = *state;
    struct money ten = {1000, "CNY"};
    struct refund r;
    struct order o;
    int64_t who = person(d);
    for (int i = 0; i < 5; i++) {
        struct planet p;
        struct tier t;
        struct price price;
        struct str handle = str_fmt(d->cx->arena, "other%d", i);
        OK_(planet_create(d->cx, handle, handle, STR("en"), d->owner.id, &p));
        OK_(tier_create(d->cx, p.id, STR("member"), STR("Member"), STR(""), 1, DB_NULL, &t));
        OK_(price_create(d->cx, t.id, ten, STR("year"), 1, 0, &price));
        if (i == 4)
            d->cx->now += 365 * MS_DAY;
        o = paid_in(d, who, price.id, p.id);
        assert_int_equal(offered(d, &o).door, i == 3 ? REFUND_ASK : REFUND_NOW);
        if (i != 3) {
            OK_(refund_mine(d->cx, o.number, &r));
            OK_(rail_call_make(d->cx, r.call_id));
        }
    }
}

static void it_is_the_buyers_button(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct refund *list;
    size_t n;
    struct order o = paid(d, person(d));
    d->cx->viewer = person(d);
    assert_int_equal(refund_mine(d->cx, o.number, &r), ERR_NOT_FOUND);
    assert_int_equal(refund_request(d->cx, o.number, STR(""), &r), ERR_NOT_FOUND);
    const struct refund_give g = {.number = o.number};
    assert_int_equal(refund_give(d->cx, &g, &r), ERR_FORBIDDEN);
    assert_int_equal(refund_of_order(d->cx, o.id, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(refund_list_of_planet(d->cx, d->tea.id, REFUND_ALL, 0, 10, &list, &n), ERR_FORBIDDEN);
    struct refund_preview p;
    assert_int_equal(refund_preview(d->cx, o.number, 0, &p), ERR_FORBIDDEN);
}

/* ---- asking ---- */

static void the_owner_decides_what_is_asked(void **state)
{
    struct domain *d = *state;
    struct refund r, given;
    int64_t who = person(d), n;
    struct order o = paid(d, who);
    assert_int_equal(refund_request(d->cx, o.number, STR("please"), &r), ERR_CONFLICT); /* there is the button */
    d->cx->now += 30 * MS_DAY;
    d->cx->viewer = who;
    OK_(refund_request(d->cx, o.number, STR(" moved away "), &r));
    CHECK_STR(r.asked, "moved away");
    assert_int_equal(refund_request(d->cx, o.number, STR("again"), &given), ERR_CONFLICT);
    assert_int_equal(refund_approve(d->cx, r.id, 0, false, false, STR(""), &given), ERR_FORBIDDEN);
    OK_(refund_withdraw(d->cx, r.id));
    assert_int_equal(refund_withdraw(d->cx, r.id), ERR_CONFLICT);
    OK_(refund_request(d->cx, o.number, STR("after all"), &r));
    d->cx->viewer = d->owner.id;
    OK_(refund_waiting(d->cx, d->tea.id, &n));
    assert_int_equal(n, 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter WHERE kind <> 'receipt'"), 2);
    OK_(refund_approve(d->cx, r.id, 1500, true, false, STR("half of it"), &given));
    assert_int_equal(given.id, r.id);
    CHECK_STR(given.state, "sent");
    OK_(rail_call_make(d->cx, given.call_id));
    given = at_state(d, r.id, "succeeded");
    CHECK_STR(given.said, "half of it");
    expect_order(d, o.number, "part_refunded");
    assert_int_equal(refund_decline(d->cx, r.id, STR("")), ERR_CONFLICT);
    books_are_sound(d);
}

static void a_no_is_told_and_ends_the_asking(void **state)
{
    struct domain *d = *state;
    struct refund r;
    int64_t who = person(d);
    struct order o = paid(d, who);
    d->cx->now += 20 * MS_DAY;
    OK_(refund_request(d->cx, o.number, STR(""), &r));
    OK_(refund_decline(d->cx, r.id, STR("It was read to the end.")));
    at_state(d, r.id, "declined");
    assert_true(is_in(d, who));
    assert_int_equal(offered(d, &o).door, REFUND_NO);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM notice WHERE account_id = %lld", (long long)who), 1);
    /* the owner may still change his mind */
    const struct refund_give g = {.number = o.number};
    OK_(refund_give(d->cx, &g, &r));
    assert_false(is_in(d, who));
}

/* ---- parts ---- */

static void a_part_keeps_access_or_ends_it(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct refund_preview p;
    int64_t who = person(d);
    struct order o = paid(d, who);
    OK_(refund_preview(d->cx, o.number, 1000, &p));
    assert_true(p.by_rail && !p.whole && p.ends);
    assert_int_equal(p.left.minor, 3000);
    assert_int_equal(refund_preview(d->cx, o.number, 3001, &p), ERR_INVALID);
    struct refund_give g = {.number = o.number, .amount = 1000, .keeps = true};
    OK_(refund_give(d->cx, &g, &r));
    struct refund twice;
    assert_int_equal(refund_give(d->cx, &g, &twice), ERR_CONFLICT);
    OK_(rail_call_make(d->cx, r.call_id));
    assert_true(is_in(d, who));
    g = (struct refund_give){.number = o.number, .amount = 500};
    OK_(refund_give(d->cx, &g, &r));
    assert_false(is_in(d, who));
    OK_(rail_call_make(d->cx, r.call_id));
    expect_order(d, o.number, "part_refunded");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE live_state = 'revoked'"), 1);
    g = (struct refund_give){.number = o.number, .amount = 1501};
    assert_int_equal(refund_give(d->cx, &g, &r), ERR_INVALID);
    g.amount = 0;
    OK_(refund_give(d->cx, &g, &r));
    assert_int_equal(r.amount.minor, 1500);
    OK_(rail_call_make(d->cx, r.call_id));
    expect_order(d, o.number, "refunded");
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM refund WHERE state = 'succeeded'"), 3000);
    books_are_sound(d);
}

/* ---- what goes wrong ---- */

static struct refund a_failed_one(struct domain *d, int64_t who, struct order *o)
{
    struct refund r;
    *o = paid(d, who);
    OK_(refund_mine(d->cx, o->number, &r));
    OK_(tx_begin(d->cx));
    OK_(refund_call_ended(d->cx, r.call_id, true, STR("re_1"), STR("the card was closed")));
    OK_(tx_commit(d->cx));
    raw(d, "UPDATE pay_outbox SET state = 'failed'");
    r = at_state(d, r.id, "failed");
    CHECK_STR(r.why, "the card was closed");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM notice WHERE kind = 'letter'"), 1); /* the owner */
    return r;
}

static void what_failed_is_paid_by_hand(void **state)
{
    struct domain *d = *state;
    struct order o;
    int64_t who = person(d);
    struct refund r = a_failed_one(d, who, &o);
    assert_false(is_in(d, who));
    OK_(refund_by_hand(d->cx, r.id, STR("by bank transfer")));
    r = at_state(d, r.id, "succeeded");
    assert_true(r.by_hand);
    expect_order(d, o.number, "refunded");
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:fake'"), 3000);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:hand'"), -3000);
    assert_int_equal(refund_by_hand(d->cx, r.id, STR("")), ERR_CONFLICT);
    books_are_sound(d);
}

static void what_failed_is_tried_again(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r = a_failed_one(d, person(d), &o), next;
    OK_(refund_retry(d->cx, r.id, &next));
    assert_int_equal(next.id, r.id);
    assert_int_not_equal(next.call_id, r.call_id);
    OK_(rail_call_make(d->cx, next.call_id));
    at_state(d, r.id, "succeeded");
    expect_order(d, o.number, "refunded");
    books_are_sound(d);
}

static void what_failed_may_be_given_up(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct membership m;
    int64_t who = person(d);
    struct refund r = a_failed_one(d, who, &o);
    int64_t sent = r.sent_at;
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    int64_t end = m.ends_at;
    d->cx->now = sent + 3 * MS_DAY;
    OK_(refund_give_up(d->cx, r.id, STR("we agreed")));
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    assert_int_equal(m.ends_at, end + 3 * MS_DAY);
    books_are_sound(d);
}

static void what_arrived_may_come_back(void **state)
{
    struct domain *d = *state;
    struct refund r;
    bool known;
    int64_t who = person(d);
    struct order o = paid(d, who);
    OK_(refund_mine(d->cx, o.number, &r));
    OK_(rail_call_make(d->cx, r.call_id));
    expect_order(d, o.number, "refunded");
    struct str ref = str_fmt(d->cx->arena, "fake_refund_" STR_FMT "-refund-1", STR_ARG(o.number));
    OK_(refund_lost(d->cx, d->tea.id, STR_NULL, STR("fake_refund_of_nobody"), STR("?"), d->cx->now, &known));
    assert_false(known);
    OK_(refund_lost(d->cx, d->tea.id, STR_NULL, ref, STR("closed"), d->cx->now, &known));
    assert_true(known);
    OK_(refund_lost(d->cx, d->tea.id, STR_NULL, ref, STR("closed"), d->cx->now, &known)); /* again: nothing */
    at_state(d, r.id, "failed");
    expect_order(d, o.number, "paid");
    assert_false(is_in(d, who)); /* it is owed all the same */
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:fake'"), 3000);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn WHERE kind = 'refund_lost' AND reverses IS NOT NULL"), 1);
    OK_(refund_by_hand(d->cx, r.id, STR("")));
    expect_order(d, o.number, "refunded");
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'refunds'"), 3000);
    books_are_sound(d);
}

static void what_the_provider_gave_back_is_noted(void **state)
{
    struct domain *d = *state;
    struct refund *list;
    size_t n;
    int64_t who = person(d);
    struct order o = paid(d, who);
    happens(d, o.number, "refund", 1000);
    happens(d, o.number, "refund", 1000);
    OK_(refund_of_order(d->cx, o.id, &list, &n));
    assert_int_equal(n, 1);
    CHECK_STR(list[0].kind, "rail");
    CHECK_STR(list[0].state, "succeeded");
    assert_true(is_in(d, who));
    happens(d, o.number, "refund", 3000);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM refund"), 3000);
    assert_false(is_in(d, who));
}

/* A message that is quicker than the call's own answer. */
/* A provider that takes no request for hours: the owner hears of it, once, and it is tried on. */
static void a_refund_that_hangs_is_told_once(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct order o = paid(d, person(d));
    const struct refund_give g = {.number = o.number, .amount = 0, .words = STR("")};
    d->cx->viewer = d->owner.id;
    OK_(refund_give(d->cx, &g, &r));
    d->cx->viewer = 0;
    RAW(d, "UPDATE pay_outbox SET state = 'calling', lease_until = %lld", (long long)(d->cx->now + MS_DAY));
    for (int i = 0; i < 12; i++) {
        const struct job job = {.kind = STR("pay.call"), .subject = r.call_id, .attempts = i};
        assert_int_equal(rail_call_run(d->cx, &job), JOB_RETRY);
        assert_int_equal(RAW(d, "SELECT COUNT(*) FROM letter WHERE once_key LIKE 'refund:%lld:sent:%%'", (long long)r.id), i >= 6);
    }
    d->cx->now += 2 * MS_DAY;
    const struct job job = {.kind = STR("pay.call"), .subject = r.call_id, .attempts = 300};
    assert_int_equal(rail_call_run(d->cx, &job), JOB_DONE);
    at_state(d, r.id, "succeeded");
}

/* A part given back by hand before ours was made: both went, and ours is not under way for ever. */
static void by_hand_and_ours_add_up(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct order o = paid(d, person(d));
    happens(d, o.number, "refund", 1000);
    const struct refund_give g = {.number = o.number, .amount = 1500, .keeps = true, .words = STR("")};
    d->cx->viewer = d->owner.id;
    OK_(refund_give(d->cx, &g, &r));
    OK_(rail_call_make(d->cx, r.call_id));
    at_state(d, r.id, "succeeded");
    OK_(order_by_number(d->cx, o.number, &o));
    assert_int_equal(o.refunded, 2500);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM refund"), 2);
    happens(d, o.number, "refund", 2500); /* its message says the same */
    const struct refund_give rest = {.number = o.number, .amount = 0, .keeps = true, .words = STR("")};
    OK_(refund_give(d->cx, &rest, &r));
    happens(d, o.number, "refund", 3000); /* before the answer */
    OK_(rail_call_make(d->cx, r.call_id));
    at_state(d, r.id, "succeeded");
    expect_order(d, o.number, "refunded");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM refund WHERE state = 'succeeded'"), 3);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:fake'"), 0);
    d->cx->viewer = 0;
    books_are_sound(d);
}

static void a_message_ends_what_is_under_way(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct order o = paid(d, person(d));
    OK_(refund_mine(d->cx, o.number, &r));
    happens(d, o.number, "refund", 3000);
    at_state(d, r.id, "succeeded");
    OK_(rail_call_make(d->cx, r.call_id));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM refund"), 1);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'refunds'"), 3000);
    books_are_sound(d);
}

static void in_dispute_nothing_is_given_back(void **state)
{
    struct domain *d = *state;
    struct refund r;
    struct refund_preview p;
    struct order o = paid(d, person(d));
    happens(d, o.number, "dispute", 3000);
    assert_int_equal(offered(d, &o).door, REFUND_NO);
    const struct refund_give g = {.number = o.number};
    assert_int_equal(refund_give(d->cx, &g, &r), ERR_CONFLICT);
    OK_(refund_preview(d->cx, o.number, 0, &p));
    assert_true(p.disputed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DOMAIN_TEST(one_click_ends_access_and_sends_the_money),
        DOMAIN_TEST(seven_days_and_not_a_moment_more),
        DOMAIN_TEST(only_the_first_payment_has_the_button),
        DOMAIN_TEST(the_first_payment_is_the_one_paid_first),
        DOMAIN_TEST(once_ever_in_a_planet),
        DOMAIN_TEST(three_within_a_year_on_the_node),
        DOMAIN_TEST(it_is_the_buyers_button),
        DOMAIN_TEST(the_owner_decides_what_is_asked),
        DOMAIN_TEST(a_no_is_told_and_ends_the_asking),
        DOMAIN_TEST(a_part_keeps_access_or_ends_it),
        DOMAIN_TEST(what_failed_is_paid_by_hand),
        DOMAIN_TEST(what_failed_is_tried_again),
        DOMAIN_TEST(what_failed_may_be_given_up),
        DOMAIN_TEST(what_arrived_may_come_back),
        DOMAIN_TEST(what_the_provider_gave_back_is_noted),
        DOMAIN_TEST(by_hand_and_ours_add_up),
        DOMAIN_TEST(a_refund_that_hangs_is_told_once),
        DOMAIN_TEST(a_message_ends_what_is_under_way),
        DOMAIN_TEST(in_dispute_nothing_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
