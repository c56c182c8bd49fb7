/* A membership through its life: reminders, grace, cancelling, by a clock that the test moves. */
#include "tests/unit/domain_fixture.h"

#include "node/base/i18n.h"
#include "node/jobs/jobs.h"
#include "node/money/life.h"
#include "node/money/order.h"
#include "node/money/price_move.h"
#include "node/money/rail.h"
#include "node/money/refund.h"
#include "node/money/renew_link.h"
#include "node/money/credit.h"
#include "node/money/money.h"
#include "node/money/tax.h"
#include "node/money/upgrade.h"
#include "node/people/letter.h"
#include "node/planet/access.h"
#include "node/planet/grant.h"

#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)

static struct domain *as(void **state)
{
    return *state;
}

/* Pays an order as the fake rail would. */
static struct order paid_order(struct domain *d, int64_t who, int64_t price_id)
{
    struct order o;
    struct order_change paid = {.event = ORDER_PAID, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    enum order_verdict verdict;
    OK_(order_open(d->cx, who, price_id, "fake", &o));
    if (str_eq_c(o.state, "paid"))
        return o;
    paid.amount = o.total;
    OK_(order_apply(d->cx, o.number, &paid, &verdict));
    assert_int_equal(verdict, ORDER_APPLIED);
    OK_(order_by_number(d->cx, o.number, &o));
    return o;
}

/* What the job would do at each moment at which one is due, up to and with the given one. */
static void run_to(struct domain *d, int64_t who, const char *when)
{
    int64_t end = at_time(when);
    struct job plan = {.subject = who};
    assert_int_equal(life_plan_run(d->cx, &plan), JOB_DONE);
    for (;;) {
        int64_t at = RAW(d, "SELECT COALESCE(MIN(run_at), 0) FROM job WHERE kind = 'life.remind' AND subject = %lld", (long long)who);
        if (at == 0 || at > end)
            break;
        struct job job = {.subject = who, .payload = str_fmt(d->cx->arena, "%lld", (long long)d->tea.id)};
        raw(d, "SELECT COUNT(*) FROM job");
        d->cx->now = at;
        assert_int_equal(life_remind_run(d->cx, &job), JOB_DONE);
        int64_t again = RAW(d, "SELECT COALESCE(MIN(run_at), 0) FROM job WHERE kind = 'life.remind' AND subject = %lld", (long long)who);
        assert_true(again == 0 || again > at);
    }
    d->cx->now = end;
}

static void in_zone(struct domain *d, const char *name)
{
    d->tea.zone = str_c(name);
    OK_(planet_update(d->cx, &d->tea));
}

static size_t letters(struct domain *d, int64_t who, struct letter **ret)
{
    size_t n, kept = 0;
    OK_(letter_waiting(d->cx, who, ret, &n));
    for (size_t i = 0; i < n; i++) /* not the receipts */
        if (strcmp((*ret)[i].kind, "reminder") == 0 || strcmp((*ret)[i].kind, "trial") == 0 ||
            strcmp((*ret)[i].kind, "dunning") == 0 || strcmp((*ret)[i].kind, "price") == 0)
            (*ret)[kept++] = (*ret)[i];
    return kept;
}

static void reminders_come_at_nine_there(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    int64_t ann = person(d);
    in_zone(d, "Asia/Shanghai");
    paid_order(d, ann, d->month.id); /* from 31 January 10:00 UTC, 18:00 there, to 28 February */
    run_to(d, ann, "2027-02-14T00:59:00Z");
    assert_int_equal(letters(d, ann, &all), 0);
    run_to(d, ann, "2027-02-14T01:00:00Z");
    assert_int_equal(letters(d, ann, &all), 1);
    CHECK_STR(all[0].subject, "Your membership in Tea ends on 28 Feb 2027");
    assert_true(str_contains(all[0].text, STR("30")));
    assert_true(str_starts(all[0].url, STR("https://t.example" RENEW_PATH)));
    run_to(d, ann, "2027-02-25T01:00:00Z");
    assert_int_equal(letters(d, ann, &all), 2);
    run_to(d, ann, "2027-02-28T01:00:00Z");
    assert_int_equal(letters(d, ann, &all), 3);
    CHECK_STR(all[2].subject, "Your membership in Tea ends today");
    run_to(d, ann, "2027-03-07T00:59:59Z");
    assert_int_equal(letters(d, ann, &all), 3);
    run_to(d, ann, "2027-03-07T01:00:00Z");
    assert_int_equal(letters(d, ann, &all), 4);
    CHECK_STR(all[3].subject, "Your membership in Tea has ended");
    run_to(d, ann, "2028-03-07T01:00:00Z");
    assert_int_equal(letters(d, ann, &all), 4);
}

static void who_paid_on_is_left_in_peace(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    struct life l;
    int64_t ann = person(d), call;
    paid_order(d, ann, d->month.id);
    run_to(d, ann, "2027-02-14T09:00:00Z");
    assert_int_equal(letters(d, ann, &all), 1);
    paid_order(d, ann, d->month.id); /* to 31 March: the month keeps its day */
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.until, at_time("2027-03-31T10:00:00Z"));
    run_to(d, ann, "2027-03-17T08:59:00Z");
    assert_int_equal(letters(d, ann, &all), 1);
    run_to(d, ann, "2027-03-17T09:00:00Z");
    assert_int_equal(letters(d, ann, &all), 2);
    OK_(life_cancel(d->cx, d->tea.id, ann, &call));
    assert_int_equal(call, DB_NULL);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.face, LIFE_CANCELLED);
    assert_true(l.may_resume && !l.may_cancel && l.m.live);
    run_to(d, ann, "2027-03-31T09:00:00Z");
    assert_int_equal(letters(d, ann, &all), 2);
    OK_(life_resume(d->cx, d->tea.id, ann, &call));
    run_to(d, ann, "2027-03-31T09:00:00Z");
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.face, LIFE_RUNS);
}

static void what_was_taken_back_is_not_mourned(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    struct life l;
    int64_t ann = person(d);
    paid_order(d, ann, d->month.id);
    OK_(membership_end(d->cx, d->tea.id, ann, STR("rude")));
    run_to(d, ann, "2027-04-01T00:00:00Z");
    assert_int_equal(letters(d, ann, &all), 0);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.face, LIFE_LAPSED);
    assert_true(l.taken_back);
    assert_int_equal(l.until, at_time("2027-01-31T10:00:00Z"));
}

static void a_sleeping_node_tells_only_what_is_news(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    int64_t ann = person(d);
    paid_order(d, ann, d->month.id);
    struct job job = {.subject = ann, .payload = str_fmt(d->cx->arena, "%lld", (long long)d->tea.id)};
    d->cx->now = at_time("2027-02-20T00:00:00Z"); /* six days after it was due */
    assert_int_equal(life_remind_run(d->cx, &job), JOB_DONE);
    assert_int_equal(letters(d, ann, &all), 0);
    d->cx->now = at_time("2027-02-26T09:00:00Z"); /* a day late */
    for (int i = 0; i < 3; i++)
        assert_int_equal(life_remind_run(d->cx, &job), JOB_DONE);
    assert_int_equal(letters(d, ann, &all), 1);
}

/* ---- a provider that renews ---- */

static struct subscription subscribe(struct domain *d, const struct order *o, const char *state, int64_t at)
{
    struct subscription s;
    const struct rail_sub sub = {.ref = STR("sub_1"), .customer = STR("cus_1"), .state = str_c(state), .period_end = DB_NULL};
    OK_(tx_begin(d->cx));
    OK_(subscription_told(d->cx, o, d->tea.id, "fake", &sub, at, &s));
    OK_(tx_commit(d->cx));
    return s;
}

static enum access_verdict may(struct domain *d, int64_t who)
{
    struct gate gate = {.post_id = 1, .planet_id = d->tea.id, .author_id = d->owner.id, .kind = GATE_MEMBERS, .rank = 1,
                        .published_at = at_time("2027-01-01T00:00:00Z")};
    struct access_pass pass;
    int64_t before = d->cx->viewer;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, &gate, &pass));
    d->cx->viewer = before;
    return access_verdict(&pass);
}

static void run_dun(struct domain *d, int64_t sub_id, const char *when)
{
    int64_t end = at_time(when), from = d->cx->now, id = 0;
    for (;;) {
        id = RAW(d, "SELECT COALESCE(MIN(id), 0) FROM job WHERE kind = 'life.dun' AND id > %lld AND run_at <= %lld AND run_at > %lld",
                 (long long)id, (long long)end, (long long)from);
        if (id == 0)
            break;
        const char *words[] = {"3", "6", "over", "paid"};
        int64_t at = RAW(d, "SELECT run_at FROM job WHERE id = %lld", (long long)id);
        d->cx->now = at;
        for (int i = 0; i < 4; i++) {
            if (RAW(d, "SELECT COUNT(*) FROM job WHERE id = %lld AND payload LIKE '%s %%'", (long long)id, words[i]) == 0)
                continue;
            int64_t since = RAW(d, "SELECT since FROM rail_subscription WHERE id = %lld", (long long)sub_id);
            struct job job = {.subject = sub_id, .payload = str_fmt(d->cx->arena, "%s %lld", words[i], (long long)since)};
            assert_int_equal(life_dun_run(d->cx, &job), JOB_DONE);
        }
    }
    d->cx->now = end;
}

static void grace_keeps_open_and_ends(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    struct life l;
    int64_t ann = person(d);
    struct order o = paid_order(d, ann, d->month.id);
    subscribe(d, &o, "active", d->cx->now);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.face, LIFE_RENEWS);
    run_to(d, ann, "2027-02-28T09:59:30Z"); /* no reminder; the renewal is waited for */
    assert_int_equal(letters(d, ann, &all), 0);
    d->cx->now = at_time("2027-02-28T11:00:00Z");
    assert_int_equal(may(d, ann), ACCESS_FULL);
    struct subscription s = subscribe(d, NULL, "past_due", d->cx->now);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.face, LIFE_PAST_DUE);
    assert_int_equal(l.until, at_time("2027-03-07T10:00:00Z"));
    assert_int_equal(letters(d, ann, &all), 1);
    CHECK_STR(all[0].subject, "A payment for Tea did not work");
    run_dun(d, s.id, "2027-03-07T09:59:59Z");
    assert_int_equal(letters(d, ann, &all), 3); /* days 0, 3, 6 */
    assert_int_equal(may(d, ann), ACCESS_FULL);
    run_dun(d, s.id, "2027-03-07T10:00:00Z");
    assert_int_equal(may(d, ann), ACCESS_TEASER);
    assert_int_equal(letters(d, ann, &all), 4);
    CHECK_STR(all[3].subject, "Your membership in Tea has ended");
    int64_t changed;
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
}

static void a_late_payment_begins_where_the_term_ended(void **state)
{
    struct domain *d = as(state);
    struct life l;
    int64_t ann = person(d);
    struct order o = paid_order(d, ann, d->month.id);
    subscribe(d, &o, "active", d->cx->now);
    d->cx->now = at_time("2027-02-28T10:30:00Z");
    subscribe(d, NULL, "past_due", d->cx->now);
    d->cx->now = at_time("2027-03-05T10:00:00Z");
    struct subscription s = subscribe(d, NULL, "active", d->cx->now);
    paid_order(d, ann, d->month.id);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.until, at_time("2027-03-31T10:00:00Z"));
    run_dun(d, s.id, "2027-03-20T00:00:00Z");
    assert_int_equal(may(d, ann), ACCESS_FULL);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter WHERE kind = 'dunning'"), 1);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.until, at_time("2027-03-31T10:00:00Z"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE grace_from IS NOT NULL"), 0);
}

static void no_grace_is_none(void **state)
{
    struct domain *d = as(state);
    struct renewing none = {0}, much = {31};
    int64_t ann = person(d);
    assert_int_equal(renewing_set(d->cx, d->tea.id, &much), ERR_INVALID);
    OK_(renewing_set(d->cx, d->tea.id, &none));
    struct order o = paid_order(d, ann, d->month.id);
    subscribe(d, &o, "active", d->cx->now);
    run_to(d, ann, "2027-02-28T10:00:00Z");
    assert_int_equal(may(d, ann), ACCESS_TEASER);
    subscribe(d, NULL, "past_due", d->cx->now);
    assert_int_equal(may(d, ann), ACCESS_TEASER);
}

static void a_subscription_that_ends_takes_its_grace_along(void **state)
{
    struct domain *d = as(state);
    int64_t ann = person(d);
    struct order o = paid_order(d, ann, d->month.id);
    subscribe(d, &o, "active", d->cx->now);
    d->cx->now = at_time("2027-02-28T10:30:00Z");
    subscribe(d, NULL, "past_due", d->cx->now);
    assert_int_equal(may(d, ann), ACCESS_FULL);
    d->cx->now += MS_DAY;
    subscribe(d, NULL, "ended", d->cx->now);
    assert_int_equal(may(d, ann), ACCESS_TEASER);
}

static void the_link_of_a_reminder_is_its_own(void **state)
{
    struct domain *d = as(state);
    struct renew_link l;
    int64_t ann = person(d);
    struct str base = STR("https://t.example" RENEW_PATH);
    struct str url = renew_link_url(d->cx, ann, d->tea.id), token = str_sub(url, base.n, SIZE_MAX);
    OK_(renew_link_open(d->cx, token, &l));
    assert_int_equal(l.account_id, ann);
    assert_int_equal(l.planet_id, d->tea.id);
    for (size_t i = 0; i < token.n; i += 7) {
        char *bent = arena_copy(d->cx->arena, token.p, token.n);
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        assert_int_equal(renew_link_open(d->cx, (struct str){bent, token.n}, &l), ERR_NOT_FOUND);
    }
    assert_int_equal(renew_link_open(d->cx, STR("x"), &l), ERR_NOT_FOUND);
    d->cx->now += RENEW_LINK_DAYS * MS_DAY;
    assert_int_equal(renew_link_open(d->cx, token, &l), ERR_NOT_FOUND);
}

/* ---- up and down (P29) ---- */

static struct price price_of(struct domain *d, int64_t tier, int64_t minor, const char *unit, int64_t n)
{
    struct price p;
    struct money m = {minor, "CNY"};
    OK_(price_create(d->cx, tier, m, str_c(unit), n, 0, &p));
    return p;
}

static enum order_verdict pay(struct domain *d, struct order *o)
{
    struct order_change paid = {.event = ORDER_PAID, .amount = o->total, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    enum order_verdict verdict;
    OK_(order_apply(d->cx, o->number, &paid, &verdict));
    OK_(order_by_number(d->cx, o->number, o));
    return verdict;
}

static enum err go_up(struct domain *d, int64_t who, int64_t price, struct order *ret)
{
    struct order_ask ask = {.account_id = who, .price_id = price, .rail = "fake", .kind = "upgrade"};
    return order_place(d->cx, &ask, ret);
}

static int64_t sum_of_entries(struct domain *d)
{
    return raw(d, "SELECT COALESCE(SUM(amount), 0) FROM entry");
}

static void the_rest_of_a_term_is_credit(void **state)
{
    struct domain *d = as(state);
    struct order o;
    struct life l;
    int64_t ann = person(d);
    struct price gold = price_of(d, d->gold.id, 10000, "month", 1);
    paid_order(d, ann, d->month.id); /* 28 days, 30.00 */
    d->cx->now = at_time("2027-02-10T10:00:00Z"); /* 18 days left */
    OK_(go_up(d, ann, gold.id, &o));
    int64_t credit = 1929; /* ceil(3000 * 18 / 28) = 1928.57… */
    assert_int_equal(o.total.minor, 10000 - credit);
    assert_int_equal(o.credit, credit);
    CHECK_STR(o.kind, "upgrade");
    OK_(life_of(d->cx, d->tea.id, ann, &l)); /* nothing changes before it is paid */
    assert_int_equal(l.m.rank, 1);
    assert_int_equal(pay(d, &o), ORDER_APPLIED);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.m.rank, 2);
    assert_int_equal(l.until, at_time("2027-03-10T10:00:00Z"));
    assert_int_equal(RAW(d, "SELECT live_ends_at FROM member_grant WHERE rank = 1"), d->cx->now);
    assert_int_equal(sum_of_entries(d), 0);
    assert_int_equal(go_up(d, ann, gold.id, &o), ERR_CONFLICT);
    assert_int_equal(go_up(d, ann, d->month.id, &o), ERR_CONFLICT);
}

static void credit_beyond_the_price_buys_days(void **state)
{
    struct domain *d = as(state);
    struct order o;
    struct life l;
    int64_t ann = person(d);
    struct price year = price_of(d, d->member.id, 36500, "day", 365), gold = price_of(d, d->gold.id, 3000, "day", 10);
    struct price more = price_of(d, d->gold.id, 0 + 100000, "once", 1);
    paid_order(d, ann, year.id); /* 1.00 a day */
    d->cx->now += 65 * MS_DAY;
    OK_(go_up(d, ann, gold.id, &o)); /* 300.00 left: ten days of gold for 30.00, and 90 more */
    assert_int_equal(o.total.minor, 0);
    CHECK_STR(o.state, "paid");
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.m.rank, 2);
    assert_int_equal(l.until, d->cx->now + 100 * MS_DAY);
    /* All of that counts when they change again: half of the hundred days are 150.00. */
    d->cx->now += 50 * MS_DAY;
    OK_(go_up(d, ann, more.id, &o));
    assert_int_equal(o.total.minor, 100000 - 15000);
    assert_int_equal(pay(d, &o), ORDER_APPLIED);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.face, LIFE_FOREVER);
    assert_int_equal(sum_of_entries(d), 0);
}

/* For life, the rest became credit: it does not count as paid as well. */
static void a_rest_that_became_credit_counts_once(void **state)
{
    struct domain *d = as(state);
    struct order o;
    int64_t ann = person(d), has;
    struct price year = price_of(d, d->member.id, 36500, "day", 365), life = price_of(d, d->member.id, 1000, "once", 1);
    struct price gold = price_of(d, d->gold.id, 100000, "once", 1);
    paid_order(d, ann, year.id);
    OK_(go_up(d, ann, life.id, &o));
    CHECK_STR(o.state, "paid");
    OK_(credit_balance(d->cx, d->tea.id, ann, STR("CNY"), &has));
    assert_int_equal(has, 35500);
    OK_(go_up(d, ann, gold.id, &o));
    assert_int_equal(o.total.minor, 100000 - 1000 - 35500);
    assert_int_equal(sum_of_entries(d), 0);
}

static void what_was_given_counts_nothing(void **state)
{
    struct domain *d = as(state);
    struct order o;
    int64_t ann = person(d), grant;
    struct price gold = price_of(d, d->gold.id, 10000, "month", 1);
    OK_(membership_grant(d->cx, d->tea.id, ann, d->member.id, "comp", d->cx->now, d->cx->now + 30 * MS_DAY, DB_NULL, DB_NULL, &grant));
    OK_(go_up(d, ann, gold.id, &o));
    assert_int_equal(o.total.minor, 10000);
    assert_int_equal(go_up(d, person(d), gold.id, &o), ERR_CONFLICT);
    /* Somebody else paid for a gift. */
    struct order given = paid_order(d, person(d), d->month.id);
    int64_t bob = person(d);
    OK_(membership_grant(d->cx, d->tea.id, bob, d->member.id, "gift", d->cx->now, d->cx->now + 30 * MS_DAY, given.id, DB_NULL, &grant));
    OK_(go_up(d, bob, gold.id, &o));
    assert_int_equal(o.total.minor, 10000);
}

static void a_term_that_changed_meanwhile_is_for_the_owner(void **state)
{
    struct domain *d = as(state);
    struct order o, two;
    int64_t ann = person(d);
    struct price gold = price_of(d, d->gold.id, 10000, "month", 1);
    struct order first = paid_order(d, ann, d->month.id);
    OK_(go_up(d, ann, gold.id, &o));
    OK_(go_up(d, ann, gold.id, &two));
    struct order_change back = {.event = ORDER_REFUND, .amount = first.total, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    enum order_verdict verdict;
    OK_(order_apply(d->cx, first.number, &back, &verdict));
    assert_int_equal(pay(d, &o), ORDER_UNMATCHED);
    assert_int_equal(sum_of_entries(d), 0);
    /* Nor is the same rest spent twice. */
    paid_order(d, ann, d->month.id);
    OK_(go_up(d, ann, gold.id, &o));
    OK_(go_up(d, ann, gold.id, &two));
    d->cx->now += MS_MINUTE;
    assert_int_equal(pay(d, &o), ORDER_APPLIED);
    assert_int_equal(pay(d, &two), ORDER_UNMATCHED);
}

static void down_is_for_the_next_term(void **state)
{
    struct domain *d = as(state);
    struct life l;
    int64_t ann = person(d), call;
    struct price gold = price_of(d, d->gold.id, 10000, "month", 1);
    paid_order(d, ann, gold.id);
    OK_(downgrade_plan(d->cx, d->tea.id, ann, d->month.id, &call));
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_true(l.going_down);
    assert_int_equal(l.m.rank, 2);
    assert_int_equal(l.next.id, d->month.id);
    paid_order(d, ann, d->month.id);
    assert_int_equal(RAW(d, "SELECT starts_at FROM member_grant WHERE rank = 1"), at_time("2027-02-28T10:00:00Z"));
    OK_(downgrade_plan(d->cx, d->tea.id, ann, 0, &call));
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_false(l.going_down);
}

/* ---- another price (P33) ---- */

static void an_old_price_is_kept_until_they_are_moved(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    struct life l;
    struct price fresh, own;
    struct price_move m;
    struct price_payers payers;
    struct order o;
    bool found;
    struct money forty = {4000, "CNY"};
    int64_t ann = person(d), bob = person(d);
    paid_order(d, ann, d->month.id);
    OK_(price_change(d->cx, d->month.id, forty, &fresh));
    OK_(renewal_price(d->cx, d->tea.id, ann, &found, &own));
    assert_true(found);
    assert_int_equal(own.id, d->month.id);
    assert_int_equal(order_open(d->cx, bob, d->month.id, "fake", &o), ERR_INVALID);
    OK_(order_open(d->cx, ann, d->month.id, "fake", &o));
    assert_int_equal(o.total.minor, 3000);
    OK_(price_payers(d->cx, d->month.id, 0, &payers));
    assert_int_equal(payers.n, 1);

    assert_int_equal(price_move_plan(d->cx, d->month.id, fresh.id, d->cx->now + NOTICE_DAYS * MS_DAY - 1, &m), ERR_INVALID);
    OK_(price_move_plan(d->cx, d->month.id, fresh.id, 0, &m));
    assert_int_equal(price_move_plan(d->cx, d->month.id, fresh.id, 0, &m), ERR_CONFLICT);
    struct job job = {.subject = m.id, .payload = STR("0")};
    for (int i = 0; i < 2; i++)
        assert_int_equal(price_tell_run(d->cx, &job), JOB_DONE);
    assert_int_equal(letters(d, ann, &all), 1);
    CHECK_STR(all[0].subject, "From 2 Mar 2027 the price of Tea changes for you");
    assert_int_equal(pay(d, &o), ORDER_APPLIED); /* to 31 March, at the old price */
    d->cx->now = m.effective_at - 1;
    OK_(renewal_price(d->cx, d->tea.id, ann, &found, &own));
    assert_int_equal(own.id, d->month.id);
    d->cx->now = m.effective_at;
    OK_(renewal_price(d->cx, d->tea.id, ann, &found, &own));
    assert_int_equal(own.id, fresh.id);
    assert_int_equal(order_open(d->cx, ann, d->month.id, "fake", &o), ERR_INVALID);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.until, at_time("2027-03-31T10:00:00Z"));
    assert_int_equal(l.next.money.minor, 4000);
    assert_int_equal(price_move_stop(d->cx, m.id), ERR_CONFLICT);
}

static void who_was_away_for_long_pays_what_is_offered(void **state)
{
    struct domain *d = as(state);
    struct price fresh, own;
    bool found;
    struct money forty = {4000, "CNY"};
    int64_t ann = person(d);
    paid_order(d, ann, d->month.id);
    OK_(price_change(d->cx, d->month.id, forty, &fresh));
    d->cx->now = at_time("2027-03-30T10:00:00Z"); /* thirty days after 28 February */
    OK_(renewal_price(d->cx, d->tea.id, ann, &found, &own));
    assert_true(found);
    d->cx->now += 1;
    OK_(renewal_price(d->cx, d->tea.id, ann, &found, &own));
    assert_false(found);
}

static void a_move_may_be_stopped_until_it_holds(void **state)
{
    struct domain *d = as(state);
    struct price fresh, own;
    struct price_move m;
    bool found;
    struct money forty = {4000, "CNY"};
    int64_t ann = person(d);
    paid_order(d, ann, d->month.id);
    OK_(price_change(d->cx, d->month.id, forty, &fresh));
    OK_(price_move_plan(d->cx, d->month.id, fresh.id, 0, &m));
    d->cx->viewer = ann;
    assert_int_equal(price_move_stop(d->cx, m.id), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(price_move_stop(d->cx, m.id));
    d->cx->now = m.effective_at - MS_DAY * 5;
    OK_(renewal_price(d->cx, d->tea.id, ann, &found, &own));
    assert_int_equal(own.id, d->month.id);
}

static void a_leap_day_stays_one(void **state)
{
    struct domain *d = as(state);
    struct life l;
    int64_t ann = person(d);
    struct price year = price_of(d, d->member.id, 30000, "year", 1);
    d->cx->now = at_time("2028-02-29T12:00:00Z");
    for (int i = 0; i < 4; i++)
        paid_order(d, ann, year.id);
    OK_(life_of(d->cx, d->tea.id, ann, &l));
    assert_int_equal(l.until, at_time("2032-02-29T12:00:00Z"));
}

static int64_t audited(struct domain *d, const char *what)
{
    return raw(d, str_fmt(d->cx->arena, "SELECT COUNT(*) FROM audit WHERE what = '%s'", what).p);
}

/* A term ends when its day comes round there, at the same hour, over a change of the clocks and over month ends. */
static void terms_follow_the_calendar_there(void **state)
{
    struct domain *d = as(state);
    struct term t;
    int64_t ann = person(d), bob = person(d);
    in_zone(d, "Asia/Shanghai");
    d->cx->now = at_time("2027-01-30T16:30:00Z"); /* 31 January, 00:30 */
    paid_order(d, ann, d->month.id);
    OK_(membership_next_term(d->cx, d->tea.id, ann, d->member.rank, STR("month"), 1, &t));
    assert_int_equal(t.starts_at, at_time("2027-02-27T16:30:00Z")); /* 28 February, 00:30 */
    assert_int_equal(t.ends_at, at_time("2027-03-30T16:30:00Z"));   /* the 31st again */
    assert_int_equal(t.anchor_day, 31);
    in_zone(d, "America/New_York");
    d->cx->now = at_time("2027-02-20T17:00:00Z"); /* noon */
    paid_order(d, bob, d->month.id);
    OK_(membership_next_term(d->cx, d->tea.id, bob, d->member.rank, STR("month"), 1, &t));
    assert_int_equal(t.starts_at, at_time("2027-03-20T16:00:00Z")); /* noon, in summer time */
    assert_int_equal(t.starts_at, life_nine(i18n_zone_of(d->cx, STR("America/New_York")), t.starts_at, 0) + 3 * MS_HOUR);
    /* Another clock, or days on top, and the day of the chain is no longer its own: a month stays a month. */
    in_zone(d, "Asia/Tokyo");
    OK_(membership_next_term(d->cx, d->tea.id, bob, d->member.rank, STR("month"), 1, &t));
    assert_int_equal(t.ends_at, at_time("2027-04-20T16:00:00Z"));
    assert_int_equal(term_end_anchored(NULL, at_time("2027-03-28T00:00:00Z"), STR("month"), 1, 1), at_time("2027-04-28T00:00:00Z"));
    assert_int_equal(term_end_anchored(NULL, at_time("2027-03-05T00:00:00Z"), STR("month"), 1, 31), at_time("2027-04-05T00:00:00Z"));
    assert_int_equal(term_end_anchored(NULL, at_time("2027-02-28T00:00:00Z"), STR("month"), 1, 31), at_time("2027-03-31T00:00:00Z"));
}

/* Nine in the morning is nine in the morning, the day before the clocks change and after. */
static void reminders_keep_their_hour_over_summer_time(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    int64_t ann = person(d);
    in_zone(d, "Europe/Berlin");
    d->cx->now = at_time("2027-02-28T12:00:00Z");
    paid_order(d, ann, d->month.id); /* to 28 March, 13:00 there: that night they lost an hour */
    run_to(d, ann, "2027-03-14T07:59:59Z");
    assert_int_equal(letters(d, ann, &all), 0);
    run_to(d, ann, "2027-03-14T08:00:00Z");
    assert_int_equal(letters(d, ann, &all), 1);
    run_to(d, ann, "2027-03-28T06:59:59Z");
    assert_int_equal(letters(d, ann, &all), 2);
    run_to(d, ann, "2027-03-28T07:00:00Z");
    assert_int_equal(letters(d, ann, &all), 3);
    CHECK_STR(all[2].subject, "Your membership in Tea ends today");
    in_zone(d, "Pacific/Auckland"); /* the letter's day is the planet's */
    d->cx->now = at_time("2027-05-30T12:30:00Z");
    paid_order(d, ann, d->month.id);
    run_to(d, ann, "2027-06-27T00:00:00Z");
    assert_true(letters(d, ann, &all) > 3);
    CHECK_STR(all[letters(d, ann, &all) - 1].subject, "Your membership in Tea ends on 30 Jun 2027");
}

static void a_zone_is_the_owners_to_choose(void **state)
{
    struct domain *d = as(state);
    int64_t partner = person(d);
    OK_(role_set(d->cx, d->tea.id, partner, ROLE_PARTNER));
    d->tea.zone = STR("Asia/Nowhere");
    assert_int_equal(planet_update(d->cx, &d->tea), ERR_INVALID);
    d->tea.zone = STR("../../../etc/passwd");
    assert_int_equal(planet_update(d->cx, &d->tea), ERR_INVALID);
    d->tea.zone = STR("Asia/Shanghai");
    d->cx->viewer = partner;
    assert_int_equal(planet_update(d->cx, &d->tea), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(planet_update(d->cx, &d->tea));
    d->cx->viewer = partner; /* the rest is theirs, too */
    d->tea.tagline = STR("Leaves");
    OK_(planet_update(d->cx, &d->tea));
    d->cx->viewer = 0;
}

/* Who changed what a membership costs, or how long it lasts without money, can be found out later. */
static void what_owners_change_is_written_down(void **state)
{
    struct domain *d = *state;
    struct renewing r = {.grace_days = 3};
    struct refund_rule rule = {.post_hours = 2};
    struct price p;
    int64_t was = audited(d, "price.create");
    OK_(renewing_set(d->cx, d->tea.id, &r));
    OK_(refund_rule_set(d->cx, d->tea.id, &rule));
    OK_(price_change(d->cx, d->month.id, (struct money){3100, "CNY"}, &p));
    OK_(tier_update(d->cx, &d->member));
    assert_int_equal(audited(d, "renewing.rule"), 1);
    assert_int_equal(audited(d, "refund.rule"), 1);
    assert_int_equal(audited(d, "price.create"), was + 1);
    assert_int_equal(audited(d, "price.retire"), 1);
    assert_int_equal(audited(d, "tier.change"), 1);
}

/* Three days before free days end: what happens then, and nothing to those with whom nothing happens. */
static void free_days_end_with_a_letter_three_days_before(void **state)
{
    struct domain *d = as(state);
    struct letter *all;
    int64_t ann = person(d), bob = person(d), id;
    int64_t end = at_time("2027-02-14T10:00:00Z");
    struct order first;
    OK_(order_open(d->cx, ann, d->month.id, "fake", &first)); /* what the subscription began with */
    for (int i = 0; i < 2; i++)
        OK_(membership_grant(d->cx, d->tea.id, i == 0 ? ann : bob, d->member.id, "trial", d->cx->now, end, DB_NULL, d->month.id, &id));
    RAW(d, "INSERT INTO rail_subscription (id, planet_id, rail, ref, account_id, order_id, state, ends_with_term, since, rail_at)"
           " VALUES (77, %lld, 'stripe', 'sub_1', %lld, %lld, 'active', 0, 0, 0)", (long long)d->tea.id, (long long)ann, (long long)first.id);
    RAW(d, "UPDATE rail_subscription SET price_id = %lld", (long long)d->month.id);
    run_to(d, ann, "2027-02-11T08:59:00Z");
    assert_int_equal(letters(d, ann, &all), 0);
    run_to(d, ann, "2027-02-11T09:00:00Z");
    assert_int_equal(letters(d, ann, &all), 1);
    CHECK_STR(all[0].subject, "On 14 Feb 2027 your free days in Tea become a membership");
    assert_true(str_contains(all[0].text, STR("Stripe takes CN¥30")));
    assert_true(str_starts(all[0].url, STR("https://t.example" RENEW_PATH))); /* where one click cancels it */
    struct job same = {.subject = bob, .payload = str_fmt(d->cx->arena, "%lld", (long long)d->tea.id)};
    assert_int_equal(life_remind_run(d->cx, &same), JOB_DONE);
    assert_int_equal(letters(d, bob, &all), 1);
    CHECK_STR(all[0].subject, "Your free days in Tea end on 14 Feb 2027");
    assert_true(str_contains(all[0].text, STR("Nothing is charged.")));
}

static int64_t cancels(struct domain *d)
{
    return raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel'");
}

/* Removed, banned, or shut out of the node: nobody is charged for what they may not read, and could not cancel. */
static void who_is_out_is_charged_no_more(void **state)
{
    struct domain *d = as(state);
    int64_t ann = person(d);
    struct job plan = {.subject = ann};
    struct order o = paid_order(d, ann, d->month.id);
    subscribe(d, &o, "active", d->cx->now);
    raw(d, "UPDATE rail_subscription SET rail = 'stripe'"); /* the practice till renews nothing */
    assert_int_equal(life_plan_run(d->cx, &plan), JOB_DONE);
    assert_int_equal(cancels(d), 0);

    OK_(role_set(d->cx, d->tea.id, ann, ROLE_BANNED));
    assert_int_equal(life_plan_run(d->cx, &plan), JOB_DONE);
    assert_int_equal(cancels(d), 1);
    assert_int_equal(life_plan_run(d->cx, &plan), JOB_DONE);
    assert_int_equal(cancels(d), 1); /* it is on its way */
    OK_(role_set(d->cx, d->tea.id, ann, ROLE_NONE));
    raw(d, "DELETE FROM pay_outbox");

    OK_(account_set_state(d->cx, ann, STR("suspended")));
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM purchase_order WHERE account_id = %lld", (long long)ann), 1);
    assert_int_equal(life_plan_run(d->cx, &plan), JOB_DONE);
    assert_int_equal(cancels(d), 1);
    OK_(account_set_state(d->cx, ann, STR("active")));
    raw(d, "DELETE FROM pay_outbox");

    int64_t more; /* of two memberships one is taken: the other goes on */
    OK_(membership_grant(d->cx, d->tea.id, ann, d->gold.id, "comp", d->cx->now, d->cx->now + MS_DAY, DB_NULL, DB_NULL, &more));
    OK_(membership_revoke(d->cx, more, STR("a mistake")));
    assert_int_equal(cancels(d), 0);
    OK_(membership_end(d->cx, d->tea.id, ann, STR("rude")));
    assert_int_equal(cancels(d), 1);
}

/* Tax on top bought no time, and what goes back of it takes none away. */
static void a_part_that_went_back_is_counted_without_its_tax(void **state)
{
    struct domain *d = as(state);
    struct price gold = price_of(d, d->gold.id, 10000, "month", 1);
    struct upgrade u;
    struct tax_rule rule = {.planet_id = d->tea.id, .mode = TAX_EXCLUSIVE,
                            .seller = {STR("Tea"), STR("Street 1"), STR("DE"), STR(""), STR(""), STR("")}};
    struct tax_rate rate = {.country = "DE", .name = STR("VAT"), .ppm = 190000};
    enum order_verdict verdict;
    int64_t ann = person(d);
    OK_(tax_rule_save(d->cx, &rule));
    OK_(tax_rate_put(d->cx, d->tea.id, &rate));
    struct order o = paid_order(d, ann, d->month.id);
    assert_int_equal(o.total.minor, 3570);
    OK_(upgrade_of(d->cx, ann, gold.id, &u));
    assert_int_equal(u.unused, 3000);
    struct order_change back = {.event = ORDER_REFUND, .amount = money_of(1190, STR("CNY")), .rail_event_id = DB_NULL,
                                .rail_at = DB_NULL};
    OK_(order_apply(d->cx, o.number, &back, &verdict));
    OK_(upgrade_of(d->cx, ann, gold.id, &u));
    assert_int_equal(u.unused, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(reminders_come_at_nine_there),
        T(who_paid_on_is_left_in_peace),
        T(what_was_taken_back_is_not_mourned),
        T(a_sleeping_node_tells_only_what_is_news),
        T(grace_keeps_open_and_ends),
        T(a_late_payment_begins_where_the_term_ended),
        T(no_grace_is_none),
        T(a_subscription_that_ends_takes_its_grace_along),
        T(the_link_of_a_reminder_is_its_own),
        T(the_rest_of_a_term_is_credit),
        T(credit_beyond_the_price_buys_days),
        T(a_rest_that_became_credit_counts_once),
        T(what_was_given_counts_nothing),
        T(a_term_that_changed_meanwhile_is_for_the_owner),
        T(down_is_for_the_next_term),
        T(an_old_price_is_kept_until_they_are_moved),
        T(who_was_away_for_long_pays_what_is_offered),
        T(a_move_may_be_stopped_until_it_holds),
        T(a_leap_day_stays_one),
        T(terms_follow_the_calendar_there),
        T(reminders_keep_their_hour_over_summer_time),
        T(a_zone_is_the_owners_to_choose),
        T(what_owners_change_is_written_down),
        T(free_days_end_with_a_letter_three_days_before),
        T(who_is_out_is_charged_no_more),
        T(a_part_that_went_back_is_counted_without_its_tax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
