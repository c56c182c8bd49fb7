/* From free to paid and back: who keeps what, what is shown before, what can be given back after. */
#include "tests/unit/domain_fixture.h"

#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/paywall.h"
#include "node/money/rail.h"
#include "node/money/refund.h"
#include "node/planet/access.h"

static struct price free_price(struct domain *d)
{
    struct price p;
    struct money nothing = {0, "CNY"};
    OK_(price_create(d->cx, d->gold.id, nothing, STR("once"), 1, 0, &p));
    return p;
}

static int64_t joined(struct domain *d, const struct price *p)
{
    struct order o;
    int64_t who = person(d);
    d->cx->now += MS_MINUTE;
    OK_(order_open(d->cx, who, p->id, "fake", &o));
    CHECK_STR(o.state, "paid");
    return who;
}

static bool reads(struct domain *d, int64_t who, int64_t published_at)
{
    struct access_pass pass;
    struct gate gate = {.post_id = 77, .planet_id = d->tea.id, .author_id = d->owner.id, .kind = GATE_MEMBERS, .rank = 1,
                        .published_at = published_at};
    int64_t before = d->cx->viewer;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, &gate, &pass));
    d->cx->viewer = before;
    return access_is_full(&pass);
}

static int64_t carry(struct domain *d, int64_t id)
{
    bool more = true;
    int64_t n = 0;
    for (; more; n++)
        OK_(paywall_step(d->cx, id, &more));
    return n;
}

static struct paywall_ask to_paid(struct domain *d, enum paywall_choice choice)
{
    return (struct paywall_ask){.tier_id = d->gold.id, .choice = choice, .until_at = DB_NULL,
                                .price = {9900, "CNY"}, .unit = STR("year"), .count = 1};
}

static void sound(struct domain *d)
{
    struct ledger_check c;
    int64_t changed;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
}

static void for_ever_stays_for_ever(void **state)
{
    struct domain *d = *state;
    struct price p = free_price(d);
    int64_t ann = joined(d, &p), bob = joined(d, &p), id;
    struct paywall_ask ask = to_paid(d, PAYWALL_FOREVER);
    struct paywall_preview v;
    struct paywall_ask none = ask;
    struct membership m;
    struct tier t;
    none.price.cur[0] = '\0';
    OK_(paywall_preview(d->cx, &ask, &v));
    assert_int_equal(v.n_free, 2);
    assert_int_equal(v.n_paying, 0);
    assert_int_equal(v.n_prices, 1);
    assert_false(v.has_price);
    assert_int_equal(paywall_switch(d->cx, &none, &id), ERR_INVALID); /* what would it cost? */
    d->cx->viewer = ann;
    assert_int_equal(paywall_preview(d->cx, &ask, &v), ERR_FORBIDDEN);
    assert_int_equal(paywall_switch(d->cx, &ask, &id), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    OK_(paywall_switch(d->cx, &ask, &id));
    assert_int_equal(paywall_switch(d->cx, &ask, &id), ERR_CONFLICT); /* it is under way */
    assert_true(reads(d, ann, d->cx->now)); /* not carried over yet: nothing changes */
    carry(d, id);
    carry(d, id); /* again: nothing */
    d->cx->now += 400 * MS_DAY;
    assert_true(reads(d, ann, d->cx->now));
    OK_(membership_of(d->cx, d->tea.id, bob, &m));
    CHECK_STR(m.kind, "legacy");
    assert_true(m.live && m.ends_at == DB_NULL);
    OK_(tier_by_id(d->cx, d->gold.id, &t));
    assert_int_equal(t.n_prices, 1);
    assert_int_equal(t.prices[0].money.minor, 9900);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE kind = 'legacy'"), 2);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter"), 2);
    assert_int_equal(paywall_switch(d->cx, &ask, &id), ERR_CONFLICT); /* nothing is free any more */
    sound(d);
}

static void until_a_day_that_is_not_too_near(void **state)
{
    struct domain *d = *state;
    struct price p = free_price(d);
    int64_t ann = joined(d, &p), id, end;
    struct paywall_ask ask = to_paid(d, PAYWALL_UNTIL);
    struct order o;
    struct membership m;
    assert_int_equal(paywall_switch(d->cx, &ask, &id), ERR_INVALID);
    ask.until_at = d->cx->now + 30 * MS_DAY - 1;
    assert_int_equal(paywall_switch(d->cx, &ask, &id), ERR_INVALID);
    end = ask.until_at = d->cx->now + 30 * MS_DAY;
    OK_(paywall_switch(d->cx, &ask, &id));
    carry(d, id);
    d->cx->now = end - 1;
    assert_true(reads(d, ann, d->cx->now));
    d->cx->now = end;
    assert_false(reads(d, ann, d->cx->now - MS_DAY));
    d->cx->now = end - 10 * MS_DAY; /* who pays early loses nothing */
    OK_(tier_by_id(d->cx, d->gold.id, &d->gold));
    OK_(order_open(d->cx, ann, d->gold.prices[0].id, "fake", &o));
    struct str body, sig;
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), 9900, STR("CNY"), &body, &sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, NULL));
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    assert_int_equal(m.ends_at, term_end(NULL, end, STR("year"), 1));
    sound(d);
}

static void old_posts_stay_and_new_ones_cost(void **state)
{
    struct domain *d = *state;
    struct price p = free_price(d);
    int64_t ann = joined(d, &p), id;
    struct paywall_ask ask = to_paid(d, PAYWALL_POSTS);
    struct membership m;
    struct order o;
    d->cx->now += MS_DAY;
    int64_t at = d->cx->now;
    OK_(paywall_switch(d->cx, &ask, &id));
    d->cx->now += MS_HOUR;
    carry(d, id);
    assert_true(reads(d, ann, at - 1));
    assert_false(reads(d, ann, at));
    assert_false(reads(d, ann, at + 1));
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    assert_true(m.live && m.old_posts);
    /* a term begins now, and opens all */
    OK_(tier_by_id(d->cx, d->gold.id, &d->gold));
    OK_(order_open(d->cx, ann, d->gold.prices[0].id, "fake", &o));
    struct str body, sig;
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), 9900, STR("CNY"), &body, &sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, NULL));
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    CHECK_STR(m.kind, "paid");
    assert_false(m.old_posts);
    assert_int_equal(m.starts_at, d->cx->now);
    assert_true(reads(d, ann, at + 1));
    d->cx->now += 800 * MS_DAY; /* and when it is over, the old ones are open still */
    assert_true(reads(d, ann, at - 1));
    assert_false(reads(d, ann, at + 1));
    sound(d);
}

static void whoever_pays_is_not_touched(void **state)
{
    struct domain *d = *state;
    struct price p = free_price(d);
    int64_t ann = joined(d, &p), id;
    struct paywall_ask ask = to_paid(d, PAYWALL_POSTS);
    struct order o;
    int64_t payer = person(d);
    OK_(order_open(d->cx, payer, d->month.id, "fake", &o));
    struct str body, sig;
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), 3000, STR("CNY"), &body, &sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, NULL));
    OK_(paywall_switch(d->cx, &ask, &id));
    carry(d, id);
    assert_true(reads(d, payer, d->cx->now));
    assert_false(reads(d, ann, d->cx->now));
}

static void many_are_carried_in_parts(void **state)
{
    struct domain *d = *state;
    struct price p = free_price(d);
    struct paywall_ask ask = to_paid(d, PAYWALL_FOREVER);
    struct paywall *list;
    size_t n;
    int64_t id;
    for (int i = 0; i < 205; i++)
        joined(d, &p);
    OK_(paywall_switch(d->cx, &ask, &id));
    assert_int_equal(carry(d, id), 3);
    OK_(paywall_list(d->cx, d->tea.id, &list, &n));
    assert_int_equal(list[0].n_done, 205);
    assert_int_not_equal(list[0].done_at, DB_NULL);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE kind = 'legacy'"), 205);
}

static void paid_to_free_keeps_all_in_and_lists_what_is_left(void **state)
{
    struct domain *d = *state;
    struct paywall_ask ask = {.tier_id = d->member.id, .to_free = true};
    struct paywall_rest *rests;
    struct paywall_preview v;
    struct membership m;
    struct refund r;
    struct order o;
    size_t n;
    int64_t who = person(d), id;
    OK_(order_open(d->cx, who, d->month.id, "fake", &o));
    struct str body, sig;
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), 3000, STR("CNY"), &body, &sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, NULL));
    OK_(paywall_preview(d->cx, &ask, &v));
    assert_int_equal(v.n_paying, 1);
    assert_int_equal(v.n_prices, 1);
    d->cx->now += 14 * MS_DAY; /* 31 January to 28 February: half of 28 days */
    OK_(paywall_switch(d->cx, &ask, &id));
    carry(d, id);
    carry(d, id);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live && m.ends_at == DB_NULL);
    OK_(paywall_rests(d->cx, d->member.id, &rests, &n));
    assert_int_equal(n, 1);
    assert_int_equal(rests[0].amount.minor, 1500);
    const struct refund_give g = {.number = rests[0].number, .amount = rests[0].amount.minor, .keeps = true};
    OK_(refund_give(d->cx, &g, &r));
    OK_(paywall_rests(d->cx, d->member.id, &rests, &n));
    assert_true(rests[0].under_way);
    assert_true(reads(d, who, d->cx->now));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE live_state = 'live'"), 2); /* kept as history */
    d->cx->viewer = who;
    assert_int_equal(paywall_rests(d->cx, d->member.id, &rests, &n), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    d->cx->now += MS_DAY;
    OK_(tier_by_id(d->cx, d->member.id, &d->member));
    joined(d, &d->member.prices[0]); /* and others join for nothing */
    sound(d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(for_ever_stays_for_ever),
        T(until_a_day_that_is_not_too_near),
        T(old_posts_stay_and_new_ones_cost),
        T(whoever_pays_is_not_touched),
        T(many_are_carried_in_parts),
        T(paid_to_free_keeps_all_in_and_lists_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
