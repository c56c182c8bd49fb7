/* Subscriptions whose price changes, and many of them at once. How each provider tells of one stands in test_rails.c and
 * test_rail_paypal.c; what a kill between any two steps leaves, in test_till_subs.c. */
#include "tests/unit/stripe_world.h"

#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/life.h"
#include "node/money/paywall.h"
#include "node/money/price_move.h"
#include "node/money/rail_call.h"
#include "node/money/rail_sub_call.h"
#include "node/money/subscription.h"
#include "node/people/letter.h"
#include "node/settings.h"

enum { MANY = 205 };

static void first_paid(struct domain *d, struct order *o, int i)
{
    tell(d, str_fmt(d->cx->arena, "evt_first_%d", i).p, "invoice.paid", str_fmt(d->cx->arena,
         "{\"id\":\"in_first_%d\",\"object\":\"invoice\",\"status\":\"paid\",\"billing_reason\":\"subscription_create\",\"amount_paid\":%lld,"
         "\"currency\":\"cny\",\"customer\":\"cus_%d\",\"parent\":{\"subscription_details\":{\"subscription\":\"sub_%d\",\"metadata\":{\"order\":\""
         STR_FMT "\"}}}}", i, (long long)o->total.minor, i, i, STR_ARG(o->number)));
    OK_(order_by_number(d->cx, o->number, o));
    CHECK_STR(o->state, "paid");
}

static struct order renewing(struct domain *d, int64_t who, const struct price *p, int i)
{
    struct order o;
    OK_(order_open(d->cx, who, p->id, "stripe", &o));
    first_paid(d, &o, i);
    return o;
}

static enum order_verdict charged(struct domain *d, int i, const char *invoice, int64_t amount)
{
    return tell(d, str_fmt(d->cx->arena, "evt_%s", invoice).p, "invoice.paid", str_fmt(d->cx->arena,
                "{\"id\":\"%s\",\"object\":\"invoice\",\"status\":\"paid\",\"billing_reason\":\"subscription_cycle\",\"amount_paid\":%lld,\"currency\":"
                "\"cny\",\"subscription\":\"sub_%d\"}", invoice, (long long)amount, i));
}

/* Many that are nobody's in particular: all by one order. */
static void many(struct domain *d, const struct order *first)
{
    for (int i = 0; i < MANY; i++)
        raw(d, str_fmt(d->cx->arena, "INSERT INTO rail_subscription (id, planet_id, rail, ref, account_id, order_id, state, ends_with_term,"
                       " since, rail_at) SELECT %d, planet_id, 'stripe', 'sub_many_%d', account_id, id, '%s', 0, 0, 0 FROM purchase_order WHERE"
                       " id = %lld", 1000 + i, i, i % 41 == 0 ? "ended" : "active", (long long)first->id).p);
}

static struct price_move planned(struct domain *d, struct price *ret_fresh)
{
    struct price_move m;
    OK_(price_change(d->cx, d->month.id, (struct money){4000, "CNY"}, ret_fresh));
    OK_(price_move_plan(d->cx, d->month.id, ret_fresh->id, 0, &m));
    return m;
}

static int64_t repriced(struct domain *d, int64_t sub, int64_t price, const char *why)
{
    int64_t call;
    OK_(tx_begin(d->cx));
    OK_(rail_reprice(d->cx, sub, price, str_c(why), &call));
    OK_(tx_commit(d->cx));
    return call;
}

/* Each part is done twice, as by a job that died just behind its commit. */
static void a_move_is_made_in_parts(void **state)
{
    struct domain *d = *state;
    struct price fresh;
    struct job job = {.payload = STR_NULL};
    connect_stripe(d);
    struct order other = renewing(d, person(d), &d->month, 1);
    many(d, &other);
    raw(d, "UPDATE rail_subscription SET price_id = 5 WHERE id >= 1000 AND id < 1010"); /* they pay another one */
    struct price_move m = planned(d, &fresh);
    d->cx->now = m.effective_at;
    job.subject = m.id;
    for (int i = 0; i < 2; i++)
        for (int again = 0; again < 2; again++) {
            job.payload = i == 0 ? STR_NULL : STR("1199");
            assert_int_equal(price_apply_run(d->cx, &job), JOB_DONE);
        }
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job WHERE kind = 'price.apply' AND payload = '1199'"), 0);
    int64_t calls = raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'reprice'");
    assert_int_equal(calls, raw(d, "SELECT COUNT(DISTINCT subscription_id) FROM pay_outbox WHERE step = 'reprice'"));
    assert_int_equal(calls, raw(d, "SELECT COUNT(*) FROM rail_subscription WHERE state <> 'ended' AND price_id IS NULL"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel'"), 0);
}

static void a_tier_that_becomes_free_ends_them_in_parts(void **state)
{
    struct domain *d = *state;
    struct paywall_ask ask = {.tier_id = d->member.id, .to_free = true};
    struct paywall_preview v;
    bool more = true;
    int64_t id, so_far = 0, parts = 0;
    connect_stripe(d);
    struct order first = renewing(d, person(d), &d->month, 1);
    many(d, &first);
    int64_t going_on = raw(d, "SELECT COUNT(*) FROM rail_subscription WHERE state <> 'ended'");
    OK_(paywall_preview(d->cx, &ask, &v));
    assert_int_equal(v.n_renewing, going_on);
    OK_(paywall_switch(d->cx, &ask, &id));
    for (; more; parts++) {
        OK_(paywall_step(d->cx, id, &more));
        int64_t calls = raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel'");
        assert_true(calls - so_far <= 100);
        so_far = calls;
        d->cx->now += 1000;
    }
    assert_true(parts >= 3);
    assert_int_equal(so_far, going_on);
    assert_int_equal(raw(d, "SELECT COUNT(DISTINCT subscription_id) FROM pay_outbox WHERE step = 'cancel'"), going_on);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM paywall_switch WHERE done_at IS NOT NULL"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE live_ends_at IS NULL"), 1);
}

/* The provider has changed the price and nobody knows yet; a charge from before is told after. Each finds its price. */
static void a_charge_around_a_change_is_no_stranger(void **state)
{
    struct domain *d = *state;
    struct price fresh;
    struct subscription sub;
    int64_t who = person(d);
    connect_stripe(d);
    renewing(d, who, &d->month, 1);
    struct price_move m = planned(d, &fresh);
    d->cx->now = m.effective_at;
    OK_(subscription_of(d->cx, d->tea.id, who, &sub));
    assert_int_not_equal(repriced(d, sub.id, fresh.id, "move"), DB_NULL);
    assert_int_equal(charged(d, 1, "in_new", 4000), ORDER_APPLIED);
    OK_(subscription_by_id(d->cx, sub.id, &sub));
    assert_int_equal(sub.price_id, fresh.id);
    d->cx->now += 1000;
    assert_int_equal(charged(d, 1, "in_old", 3000), ORDER_APPLIED);
    OK_(subscription_by_id(d->cx, sub.id, &sub));
    assert_int_equal(sub.price_id, fresh.id);
    d->cx->now += 1000;
    assert_int_equal(charged(d, 1, "in_odd", 3500), ORDER_UNMATCHED);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM purchase_order WHERE kind = 'renewal' AND state = 'paid'"), 2);
    /* Asked again for the same price nobody is called. */
    assert_int_equal(repriced(d, sub.id, fresh.id, "again"), DB_NULL);
}

/* A call that waited while a newer one was put is not made any more; its provider isn't there, so making it would fail. */
static void a_newer_word_overtakes_an_older_call(void **state)
{
    struct domain *d = *state;
    struct price fresh;
    struct subscription sub;
    int64_t cancel, resume, dear, cheap, who = person(d);
    connect_stripe(d);
    OK_(setting_set(d->cx, STR("pay.stripe.base_url"), STR("http://127.0.0.1:1")));
    renewing(d, who, &d->month, 1);
    planned(d, &fresh);
    OK_(subscription_of(d->cx, d->tea.id, who, &sub));
    OK_(rail_renewal(d->cx, sub.id, false, &cancel));
    d->cx->now += 1000;
    OK_(rail_renewal(d->cx, sub.id, true, &resume));
    OK_(rail_call_make(d->cx, cancel));
    OK_(subscription_by_id(d->cx, sub.id, &sub));
    assert_false(sub.ends_with_term);
    assert_int_equal(rail_call_make(d->cx, resume), ERR_UPSTREAM);

    dear = repriced(d, sub.id, fresh.id, "1");
    d->cx->now += 1000;
    cheap = repriced(d, sub.id, d->month.id, "2");
    OK_(rail_call_make(d->cx, dear));
    assert_int_equal(rail_call_make(d->cx, cheap), ERR_UPSTREAM);
    OK_(subscription_by_id(d->cx, sub.id, &sub));
    assert_int_equal(sub.price_id, DB_NULL);
}

/* What a provider can't do as it was said, it isn't asked for: the subscription ends with its term. */
static void what_cannot_be_moved_ends_with_its_term(void **state)
{
    struct domain *d = *state;
    struct price year, dear;
    struct price_payers v;
    struct subscription sub;
    enum rail_moves how;
    int64_t who = person(d);
    connect_stripe(d);
    renewing(d, who, &d->month, 1);
    OK_(price_create(d->cx, d->member.id, (struct money){30000, "CNY"}, STR("year"), 1, 0, &year));
    OK_(price_create(d->cx, d->member.id, (struct money){4000, "CNY"}, STR("month"), 1, 0, &dear));
    OK_(subscription_of(d->cx, d->tea.id, who, &sub));
    OK_(rail_moves(d->cx, &sub, &dear, &how));
    assert_int_equal(how, RAIL_MOVES);
    OK_(rail_moves(d->cx, &sub, &year, &how));
    assert_int_equal(how, RAIL_MOVES_ENDS);
    OK_(price_payers(d->cx, d->month.id, dear.id, &v));
    assert_int_equal(v.n_renewing, 1);
    assert_int_equal(v.n_moves, 1);
    OK_(price_payers(d->cx, d->month.id, year.id, &v));
    assert_int_equal(v.n_moves, 0);
    assert_int_equal(v.n_ends, 1);
    (void)repriced(d, sub.id, year.id, "1");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'reprice'"), 0);
}

/* What was wished last holds, whether or not the provider has heard what was wished before. */
static void what_is_wished_last_is_what_is_told(void **state)
{
    struct domain *d = *state;
    struct life l;
    int64_t who = person(d), call, last = DB_NULL;
    connect_stripe(d);
    renewing(d, who, &d->month, 1);
    for (int i = 0; i < 5; i++) {
        bool off = i % 2 == 0;
        d->cx->now += 1000;
        OK_((off ? life_cancel : life_resume)(d->cx, d->tea.id, who, &call));
        assert_int_not_equal(call, DB_NULL);
        assert_int_not_equal(call, last);
        last = call;
        OK_(life_of(d->cx, d->tea.id, who, &l));
        assert_int_equal(l.face, off ? LIFE_CANCELLED : LIFE_RENEWS);
        assert_int_equal(l.may_resume, off);
        assert_int_equal(l.may_cancel, !off);
        if (i < 2)
            continue; /* the first two are never heard of there */
        raw(d, "UPDATE pay_outbox SET state = 'done' WHERE id < (SELECT MAX(id) FROM pay_outbox)");
        raw(d, str_fmt(d->cx->arena, "UPDATE rail_subscription SET ends_with_term = %d", off ? 0 : 1).p);
    }
}

/* It ends there, and goes on by a word that is under way: who is sent out, or gets all back, pays no further term. */
static void what_is_to_go_on_can_be_stopped(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), call;
    connect_stripe(d);
    renewing(d, who, &d->month, 1);
    OK_(life_cancel(d->cx, d->tea.id, who, &call));
    raw(d, "UPDATE pay_outbox SET state = 'done'");
    raw(d, "UPDATE rail_subscription SET ends_with_term = 1");
    d->cx->now += 1000;
    OK_(life_resume(d->cx, d->tea.id, who, &call));
    d->cx->now += 1000;
    OK_(tx_begin(d->cx));
    OK_(rail_renewals_stop(d->cx, d->tea.id, who, 0));
    OK_(tx_commit(d->cx));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel' AND state = 'new'"), 1);
}

/* Two words to a provider side by side could be heard in either order. */
static void one_word_waits_for_the_other(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), cancel, resume;
    connect_stripe(d);
    OK_(setting_set(d->cx, STR("pay.stripe.base_url"), STR("http://127.0.0.1:1")));
    renewing(d, who, &d->month, 1);
    OK_(life_cancel(d->cx, d->tea.id, who, &cancel));
    raw(d, str_fmt(d->cx->arena, "UPDATE pay_outbox SET state = 'calling', lease_until = %lld", (long long)(d->cx->now + 60000)).p);
    d->cx->now += 1000;
    OK_(life_resume(d->cx, d->tea.id, who, &resume));
    assert_int_equal(rail_call_make(d->cx, resume), ERR_BUSY);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'resume' AND state = 'new' AND tries = 0"), 1);
    d->cx->now += 60000; /* who held it has died */
    assert_int_equal(rail_call_make(d->cx, resume), ERR_UPSTREAM);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'resume' AND tries = 1"), 1);
}

/* The move had gone by when these came: one that was told of late, one that had been cancelled and goes on. */
static void who_comes_after_a_move_pays_what_others_do(void **state)
{
    struct domain *d = *state;
    struct price fresh;
    struct order late;
    struct subscription back;
    struct job job = {.payload = STR_NULL};
    const struct rail_step resume = {.id = 7, .name = STR("resume")};
    int64_t who = person(d);
    connect_stripe(d);
    renewing(d, who, &d->month, 1);
    raw(d, "UPDATE rail_subscription SET ends_with_term = 1");
    OK_(order_open(d->cx, person(d), d->month.id, "stripe", &late));
    struct price_move m = planned(d, &fresh);
    d->cx->now = m.effective_at;
    job.subject = m.id;
    assert_int_equal(price_apply_run(d->cx, &job), JOB_DONE);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'reprice'"), 0);
    first_paid(d, &late, 2);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'reprice'"), 1);
    OK_(subscription_of(d->cx, d->tea.id, who, &back));
    OK_(tx_begin(d->cx));
    OK_(sub_call_ended(d->cx, &back, &resume, NULL));
    OK_(tx_commit(d->cx));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'reprice'"), 2);
}

/* Nobody pays on in silence: who can still end it is told, once. */
static void a_stop_that_is_refused_is_told_to_the_owner(void **state)
{
    struct domain *d = *state;
    struct letter *l;
    size_t n;
    int64_t who = person(d), call;
    connect_stripe(d);
    renewing(d, who, &d->month, 1);
    OK_(life_cancel(d->cx, d->tea.id, who, &call));
    raw(d, "DELETE FROM rail_account WHERE rail = 'stripe'"); /* its keys are gone */
    assert_int_not_equal(rail_call_make(d->cx, call), OK);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'cancel' AND state = 'failed'"), 1);
    assert_int_equal(rail_call_make(d->cx, call), ERR_CONFLICT);
    OK_(letter_waiting(d->cx, d->owner.id, &l, &n));
    size_t told = 0;
    for (size_t i = 0; i < n; i++)
        told += str_contains(l[i].subject, STR("goes on that was to stop")) && str_contains(l[i].text, STR("sub_1"));
    assert_int_equal(told, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(a_move_is_made_in_parts),
        T(a_tier_that_becomes_free_ends_them_in_parts),
        T(a_charge_around_a_change_is_no_stranger),
        T(a_newer_word_overtakes_an_older_call),
        T(what_cannot_be_moved_ends_with_its_term),
        T(what_is_wished_last_is_what_is_told),
        T(what_is_to_go_on_can_be_stopped),
        T(one_word_waits_for_the_other),
        T(a_stop_that_is_refused_is_told_to_the_owner),
        T(who_comes_after_a_move_pays_what_others_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
