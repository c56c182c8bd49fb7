/* Single posts: bought once, for good; what they count toward a membership; and tips. */
#include "tests/unit/domain_fixture.h"

#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/post_sale.h"
#include "node/money/quote.h"
#include "node/money/rail.h"
#include "node/money/refund.h"
#include "node/money/tip.h"
#include "node/planet/access.h"
#include "node/talk/post.h"

static struct post for_sale(struct domain *d, int64_t price, int64_t rank)
{
    struct post p;
    struct post_draft draft = {.planet_id = d->tea.id, .title = STR("A cup"), .body = STR("The recipe."),
                               .teaser = STR("A recipe."), .access = GATE_PRICE, .tier_rank = rank,
                               .price_amount = price, .price_currency = STR("CNY")};
    d->cx->viewer = d->owner.id;
    OK_(post_save(d->cx, &draft, &p));
    OK_(post_publish(d->cx, p.id, true, &p));
    d->cx->viewer = 0;
    return p;
}

static enum access_why sees(struct domain *d, int64_t who, const struct post *p)
{
    struct access_pass pass;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, &p->gate, &pass));
    d->cx->viewer = 0;
    return access_why(&pass);
}

static void happens(struct domain *d, struct str number, const char *event, int64_t amount)
{
    struct str body, signature;
    d->cx->now += MS_SECOND;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, STR("CNY"), &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, signature, NULL, 0, NULL));
}

static enum err buy(struct domain *d, int64_t who, int64_t post_id, int64_t agreed, struct order *o)
{
    struct post_ask ask = {.account_id = who, .post_id = post_id, .rail = "fake", .agreed = agreed};
    d->cx->now += MS_MINUTE; /* past the limit of orders a minute */
    d->cx->viewer = who;
    enum err e = post_buy(d->cx, &ask, o);
    d->cx->viewer = 0;
    return e;
}

static struct order bought(struct domain *d, int64_t who, const struct post *p)
{
    struct order o;
    OK_(buy(d, who, p->id, p->price_amount, &o));
    happens(d, o.number, "paid", o.total.minor);
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    return o;
}

static int64_t member_quote(struct domain *d, int64_t who, const char *kind, struct quote *q)
{
    struct quote_ask ask = {.account_id = who, .price_id = d->month.id, .kind = kind};
    OK_(price_quote(d->cx, &ask, q));
    return q->total.minor;
}

static enum err join(struct domain *d, int64_t who, struct order *o)
{
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake"};
    d->cx->now += MS_MINUTE;
    return order_place(d->cx, &ask, o);
}

static void books_are_sound(struct domain *d)
{
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM (SELECT txn_id, currency FROM entry GROUP BY txn_id, currency"
                            " HAVING SUM(amount) <> 0) AS bad"), 0);
}

static void a_post_is_bought_once_and_for_good(void **state)
{
    struct domain *d = *state;
    struct post p = for_sale(d, 990, 0);
    struct order o, again;
    int64_t who = person(d);
    assert_int_equal(sees(d, who, &p), WHY_NOT_MEMBER);
    assert_int_equal(buy(d, who, p.id, 900, &o), ERR_CONFLICT); /* another price was shown */
    OK_(buy(d, who, p.id, 990, &o));
    CHECK_STR(o.kind, "post");
    assert_int_equal(o.list_amount, 990);
    assert_int_equal(sees(d, who, &p), WHY_NOT_MEMBER); /* ordering opens nothing */
    happens(d, o.number, "paid", 990);
    assert_int_equal(sees(d, who, &p), WHY_PURCHASED);
    assert_int_equal(sees(d, person(d), &p), WHY_NOT_MEMBER);
    assert_int_equal(buy(d, who, p.id, 990, &again), ERR_CONFLICT);
    d->cx->now += 4000 * MS_DAY;
    assert_int_equal(sees(d, who, &p), WHY_PURCHASED);
    assert_int_equal(raw(d, "SELECT -SUM(amount) FROM entry WHERE account = 'revenue:post'"), 990);
    happens(d, o.number, "refund", 990);
    assert_int_equal(sees(d, who, &p), WHY_NOT_MEMBER);
    OK_(buy(d, who, p.id, 990, &again)); /* and may be bought again */
    happens(d, again.number, "paid", 990);
    assert_int_equal(sees(d, who, &p), WHY_PURCHASED);
    happens(d, again.number, "dispute", 990);
    assert_int_equal(sees(d, who, &p), WHY_NOT_MEMBER);
    happens(d, again.number, "dispute_won", 990);
    assert_int_equal(sees(d, who, &p), WHY_PURCHASED);
    books_are_sound(d);
}

static void nobody_pays_for_what_is_open(void **state)
{
    struct domain *d = *state;
    struct post mine = for_sale(d, 990, 0), theirs = for_sale(d, 990, 1), free_one;
    struct post_draft draft = {.planet_id = d->tea.id, .title = STR("Open"), .body = STR("x"), .access = GATE_PUBLIC};
    struct order o;
    int64_t who = person(d), g;
    OK_(membership_grant(d->cx, d->tea.id, who, d->member.id, "comp", d->cx->now, DB_NULL, DB_NULL, DB_NULL, &g));
    assert_int_equal(buy(d, who, theirs.id, 0, &o), ERR_CONFLICT); /* a membership opens it */
    OK_(buy(d, who, mine.id, 0, &o));                              /* and this one it does not */
    assert_int_equal(buy(d, d->owner.id, mine.id, 0, &o), ERR_CONFLICT);
    d->cx->viewer = d->owner.id;
    OK_(post_save(d->cx, &draft, &free_one));
    assert_int_equal(buy(d, who, free_one.id, 0, &o), ERR_NOT_FOUND); /* a draft is nobody's to know */
    d->cx->viewer = d->owner.id;
    OK_(post_publish(d->cx, free_one.id, true, &free_one));
    assert_int_equal(buy(d, who, free_one.id, 0, &o), ERR_INVALID);
    struct post_ask other = {.account_id = d->owner.id, .post_id = mine.id, .rail = "fake"};
    d->cx->viewer = who;
    assert_int_equal(post_buy(d->cx, &other, &o), ERR_FORBIDDEN); /* for somebody else */
    struct post_ask no_rail = {.account_id = who, .post_id = mine.id, .rail = "none"};
    assert_int_equal(post_buy(d->cx, &no_rail, &o), ERR_INVALID);
    d->cx->viewer = 0;
    OK_(role_set(d->cx, d->tea.id, who, ROLE_BANNED));
    assert_int_equal(buy(d, who, mine.id, 0, &o), ERR_FORBIDDEN);
}

static void a_price_may_come_later_but_not_never(void **state)
{
    struct domain *d = *state;
    struct post p;
    struct post_draft draft = {.planet_id = d->tea.id, .title = STR("Dear"), .body = STR("x"), .teaser = STR("t"),
                               .access = GATE_PRICE};
    d->cx->viewer = d->owner.id;
    OK_(post_save(d->cx, &draft, &p));
    assert_int_equal(p.price_amount, DB_NULL);
    assert_int_equal(post_publish(d->cx, p.id, true, &p), ERR_INVALID);
    OK_(post_draft_of(d->cx, &p, &draft));
    draft.price_amount = 100;
    draft.price_currency = STR("CNY");
    OK_(post_save(d->cx, &draft, &p));
    OK_(post_publish(d->cx, p.id, true, &p));
    OK_(post_draft_of(d->cx, &p, &draft));
    draft.price_amount = 0;
    draft.price_currency = STR_NULL;
    assert_int_equal(post_save(d->cx, &draft, &p), ERR_INVALID);
    draft.price_amount = -1;
    draft.price_currency = STR("CNY");
    assert_int_equal(post_save(d->cx, &draft, &p), ERR_INVALID);
}

static void what_was_paid_counts_toward_a_membership(void **state)
{
    struct domain *d = *state;
    struct post a = for_sale(d, 990, 0), b = for_sale(d, 2500, 0);
    struct quote q;
    struct order one, two, m, other;
    int64_t who = person(d), days;
    one = bought(d, who, &a);
    two = bought(d, who, &b);
    assert_int_equal(member_quote(d, who, NULL, &q), 3000); /* only if the owner allows it */
    d->cx->viewer = who;
    assert_int_equal(post_toward_days_set(d->cx, d->tea.id, 14), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    assert_int_equal(post_toward_days_set(d->cx, d->tea.id, 91), ERR_INVALID);
    OK_(post_toward_days_set(d->cx, d->tea.id, 14));
    OK_(post_toward_days(d->cx, d->tea.id, &days));
    assert_int_equal(days, 14);
    assert_int_equal(member_quote(d, who, NULL, &q), 0); /* 34.90 of 30.00, never below nothing */
    assert_int_equal(q.posts, 3000);
    CHECK_STR(q.lines[1].label, "Posts that you bought");
    assert_int_equal(q.lines[1].amount.minor, -3000);
    assert_int_equal(member_quote(d, who, "gift", &q), 3000);
    assert_int_equal(member_quote(d, who, "renewal", &q), 3000);
    assert_int_equal(member_quote(d, person(d), NULL, &q), 3000);
    happens(d, two.number, "refund", 2500); /* what went back counts no more */
    assert_int_equal(member_quote(d, who, NULL, &q), 2010);
    OK_(join(d, who, &other)); /* left open: the next order takes its place */
    OK_(join(d, who, &m));
    OK_(order_by_number(d->cx, other.number, &other));
    CHECK_STR(other.state, "cancelled");
    assert_int_equal(m.total.minor, 2010);
    assert_int_equal(m.credit, 990);
    happens(d, m.number, "paid", 2010);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM bill_line WHERE label = 'Posts that you bought' AND amount = -990"), 1);
    bool counted;
    OK_(post_counted(d->cx, one.id, &counted));
    assert_true(counted);
    struct refund_offer offer; /* not both: the post's money and the cheaper membership */
    d->cx->viewer = who;
    OK_(refund_offer(d->cx, &one, &offer));
    assert_int_equal(offer.door, REFUND_ASK);
    d->cx->viewer = 0;
    assert_int_equal(member_quote(d, who, "membership", &q), 3000); /* once */
    happens(d, m.number, "refund", 2010); /* and again when the membership went back */
    OK_(post_counted(d->cx, one.id, &counted));
    assert_false(counted);
    assert_int_equal(member_quote(d, who, "membership", &q), 2010);
    d->cx->now = one.paid_at + 14 * MS_DAY - 1;
    assert_int_equal(member_quote(d, who, "membership", &q), 2010);
    d->cx->now = one.paid_at + 14 * MS_DAY;
    assert_int_equal(member_quote(d, who, "membership", &q), 3000);
    books_are_sound(d);
}

static void more_than_a_membership_costs_is_kept_for_the_next(void **state)
{
    struct domain *d = *state;
    struct post b = for_sale(d, 5000, 0);
    struct quote q;
    struct order m;
    int64_t who = person(d);
    OK_(post_toward_days_set(d->cx, d->tea.id, 14));
    bought(d, who, &b);
    OK_(join(d, who, &m));
    CHECK_STR(m.state, "paid");
    assert_int_equal(m.total.minor, 0);
    assert_int_equal(member_quote(d, who, "membership", &q), 1000);
    books_are_sound(d);
}

/* The post's money goes back while the cheaper membership waits to be paid. */
static void what_counted_and_is_gone_does_not_count(void **state)
{
    struct domain *d = *state;
    struct post a = for_sale(d, 990, 0), b = for_sale(d, 890, 0);
    struct order one, m, n;
    struct refund r;
    int64_t who = person(d);
    OK_(post_toward_days_set(d->cx, d->tea.id, 14));
    one = bought(d, who, &a);
    OK_(join(d, who, &m));
    assert_int_equal(m.total.minor, 2010);
    d->cx->viewer = who;
    OK_(refund_mine(d->cx, one.number, &r)); /* nobody has opened it */
    d->cx->viewer = 0;
    happens(d, m.number, "paid", 2010);
    OK_(order_by_number(d->cx, m.number, &m));
    assert_int_equal(m.paid_at, DB_NULL);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 1);
    who = person(d); /* two memberships, one post */
    bought(d, who, &b);
    OK_(join(d, who, &m));
    OK_(join(d, who, &n));
    happens(d, m.number, "paid", m.total.minor);
    happens(d, n.number, "paid", n.total.minor);
    OK_(order_by_number(d->cx, m.number, &m));
    OK_(order_by_number(d->cx, n.number, &n));
    CHECK_STR(m.state, "paid");
    assert_int_equal(n.paid_at, DB_NULL);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 2);
    books_are_sound(d);
}

/* ---- tips ---- */

static const struct tip_rule usual = {{100, "CNY"}, {50000, "CNY"}};

static struct post open_post(struct domain *d, int64_t author, enum gate_kind access)
{
    struct post p;
    struct post_draft draft = {.planet_id = d->tea.id, .title = STR("A walk"), .body = STR("Through the fields."),
                               .teaser = STR("A walk."), .access = access, .tier_rank = 1};
    d->cx->viewer = author;
    OK_(post_save(d->cx, &draft, &p));
    OK_(post_publish(d->cx, p.id, true, &p));
    d->cx->viewer = 0;
    return p;
}

static enum err tip(struct domain *d, int64_t who, int64_t post_id, int64_t comment_id, int64_t amount, bool named,
                    struct order *o)
{
    struct tip_ask ask = {.account_id = who, .post_id = post_id, .comment_id = comment_id, .words = STR(" Thank you! "),
                          .amount = {amount, "CNY"}, .named = named, .rail = "fake"};
    d->cx->now += MS_MINUTE;
    d->cx->viewer = who;
    enum err e = tip_give(d->cx, &ask, o);
    d->cx->viewer = 0;
    return e;
}

static size_t tips_below(struct domain *d, int64_t who, const struct post *p, struct tip **list)
{
    struct access_pass pass;
    size_t n;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, &p->gate, &pass));
    OK_(tip_list(d->cx, p, &pass, list, &n));
    d->cx->viewer = 0;
    return n;
}

static void a_tip_gives_nothing_but_joy(void **state)
{
    struct domain *d = *state;
    struct post p = open_post(d, d->owner.id, GATE_PUBLIC), locked = open_post(d, d->owner.id, GATE_MEMBERS);
    struct order o;
    struct tip *list;
    int64_t who = person(d), g;
    assert_int_equal(tip(d, who, p.id, 0, 500, true, &o), ERR_UNSUPPORTED); /* none are taken */
    OK_(tip_rules_set(d->cx, d->tea.id, &usual, 1));
    assert_int_equal(tip(d, who, p.id, 0, 99, true, &o), ERR_INVALID);
    assert_int_equal(tip(d, who, p.id, 0, 50001, true, &o), ERR_INVALID);
    assert_int_equal(tip(d, d->owner.id, p.id, 0, 500, true, &o), ERR_INVALID); /* oneself */
    assert_int_equal(tip(d, who, locked.id, 0, 500, true, &o), ERR_FORBIDDEN);
    OK_(tip(d, who, p.id, 0, 500, true, &o));
    assert_int_equal(tips_below(d, 0, &p, &list), 0); /* not paid */
    happens(d, o.number, "paid", 500);
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.kind, "tip");
    CHECK_STR(o.state, "paid");
    assert_int_equal(sees(d, who, &locked), WHY_NOT_MEMBER);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM post_right"), 0);
    assert_int_equal(raw(d, "SELECT -SUM(amount) FROM entry WHERE account = 'revenue:tip'"), 500);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM notice WHERE kind = 'tip' AND from_name = 'Somebody'"), 1);
    assert_int_equal(tips_below(d, 0, &p, &list), 1);
    CHECK_STR(list[0].words, "Thank you!");
    OK_(tip(d, who, p.id, 0, 100, false, &o));
    happens(d, o.number, "paid", 100);
    assert_int_equal(tips_below(d, 0, &p, &list), 1); /* who stays unnamed is not shown */
    OK_(membership_grant(d->cx, d->tea.id, who, d->member.id, "comp", d->cx->now, DB_NULL, DB_NULL, DB_NULL, &g));
    OK_(tip(d, who, locked.id, 0, 500, true, &o));
    happens(d, o.number, "paid", 500);
    assert_int_equal(tips_below(d, who, &locked, &list), 1);
    assert_int_equal(tips_below(d, 0, &locked, &list), 0); /* a member's name is the members' to know */
    happens(d, o.number, "refund", 500);
    assert_int_equal(tips_below(d, who, &locked, &list), 0);
    books_are_sound(d);
}

static void comments_of_authors_may_be_tipped(void **state)
{
    struct domain *d = *state;
    struct post p = open_post(d, d->owner.id, GATE_PUBLIC);
    struct comment theirs, mine;
    struct order o;
    struct tip *all;
    size_t n;
    int64_t who = person(d), guest = person(d);
    OK_(tip_rules_set(d->cx, d->tea.id, &usual, 1));
    OK_(role_set(d->cx, d->tea.id, guest, ROLE_GUEST));
    d->cx->viewer = guest;
    OK_(comment_create(d->cx, &p, 0, STR("A good question."), COMMENT_PUBLIC, &theirs));
    d->cx->viewer = who;
    OK_(comment_create(d->cx, &p, 0, STR("Indeed."), COMMENT_PUBLIC, &mine));
    d->cx->viewer = 0;
    OK_(tip(d, who, p.id, theirs.id, 200, false, &o));
    happens(d, o.number, "paid", 200);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM notice WHERE kind = 'tip' AND account_id = %lld", (long long)guest), 1);
    assert_int_equal(tip(d, guest, p.id, mine.id, 200, false, &o), ERR_INVALID); /* a member's: not theirs to get */
    struct post other = open_post(d, d->owner.id, GATE_PUBLIC);
    assert_int_equal(tip(d, who, other.id, theirs.id, 200, false, &o), ERR_NOT_FOUND);
    OK_(tip_list_of_planet(d->cx, d->tea.id, 0, 10, &all, &n));
    assert_int_equal(n, 1);
    assert_int_equal(all[0].comment_id, theirs.id);
    assert_false(all[0].named);
    d->cx->viewer = who;
    assert_int_equal(tip_list_of_planet(d->cx, d->tea.id, 0, 10, &all, &n), ERR_FORBIDDEN);
    assert_int_equal(tip_hide(d->cx, d->tea.id, all[0].order_id, true), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    OK_(tip_hide(d->cx, d->tea.id, all[0].order_id, true));
    assert_int_equal(tip_hide(d->cx, d->tea.id + 1, all[0].order_id, true), ERR_FORBIDDEN);
}

static void rules_of_tips_make_sense(void **state)
{
    struct domain *d = *state;
    struct tip_rule got[TIP_RULES_MAX], two[2] = {usual, {{1, "USD"}, {1, "USD"}}};
    size_t n;
    struct tip_rule none = {{0, "CNY"}, {5, "CNY"}}, turned = {{5, "CNY"}, {4, "CNY"}}, mixed = {{1, "CNY"}, {4, "USD"}};
    OK_(tip_rules_set(d->cx, d->tea.id, two, 2));
    assert_int_equal(tip_rules_set(d->cx, d->tea.id, &none, 1), ERR_INVALID);
    assert_int_equal(tip_rules_set(d->cx, d->tea.id, &turned, 1), ERR_INVALID);
    assert_int_equal(tip_rules_set(d->cx, d->tea.id, &mixed, 1), ERR_INVALID);
    two[1] = usual;
    assert_int_equal(tip_rules_set(d->cx, d->tea.id, two, 2), ERR_INVALID);
    OK_(tip_rules(d->cx, d->tea.id, got, &n));
    assert_int_equal(n, 2);
    CHECK_STR(str_c(got[1].least.cur), "USD");
    d->cx->viewer = person(d);
    assert_int_equal(tip_rules_set(d->cx, d->tea.id, NULL, 0), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(tip_rules_set(d->cx, d->tea.id, NULL, 0));
    OK_(tip_rules(d->cx, d->tea.id, got, &n));
    assert_int_equal(n, 0);
}

static void sales_are_the_owners_to_see(void **state)
{
    struct domain *d = *state;
    struct post a = for_sale(d, 990, 0), b = for_sale(d, 100, 0);
    struct post_sold *sold;
    size_t n;
    int64_t who = person(d);
    bought(d, who, &a);
    bought(d, person(d), &a);
    bought(d, who, &b);
    OK_(post_sales(d->cx, d->tea.id, &sold, &n));
    assert_int_equal(n, 2);
    assert_int_equal(sold[0].post_id, a.id);
    assert_int_equal(sold[0].n, 2);
    assert_int_equal(sold[0].money.minor, 1980);
    d->cx->viewer = who;
    assert_int_equal(post_sales(d->cx, d->tea.id, &sold, &n), ERR_FORBIDDEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, domain_setup, domain_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_post_is_bought_once_and_for_good),
        TEST(nobody_pays_for_what_is_open),
        TEST(a_price_may_come_later_but_not_never),
        TEST(what_was_paid_counts_toward_a_membership),
        TEST(more_than_a_membership_costs_is_kept_for_the_next),
        TEST(what_counted_and_is_gone_does_not_count),
        TEST(sales_are_the_owners_to_see),
        TEST(a_tip_gives_nothing_but_joy),
        TEST(comments_of_authors_may_be_tipped),
        TEST(rules_of_tips_make_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
