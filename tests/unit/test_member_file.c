/* Disputes, and what the owner knows of a member: history, notes, flags. */
#include "tests/unit/domain_fixture.h"

#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/member_file.h"
#include "node/money/rail.h"
#include "node/money/refund.h"

static void happens(struct domain *d, struct str number, const char *event, int64_t amount)
{
    struct str body, signature;
    d->cx->now += MS_SECOND;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, STR("CNY"), &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, signature, NULL, 0, NULL));
}

static struct order paid(struct domain *d, int64_t who)
{
    struct order o;
    d->cx->now += MS_MINUTE;
    OK_(order_open(d->cx, who, d->month.id, "fake", &o));
    happens(d, o.number, "paid", 3000);
    OK_(order_by_number(d->cx, o.number, &o));
    return o;
}

static struct membership has(struct domain *d, int64_t who)
{
    struct membership m;
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    return m;
}

static void sound(struct domain *d)
{
    struct ledger_check c;
    int64_t changed;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM (SELECT txn_id FROM entry GROUP BY txn_id, currency HAVING SUM(amount) <> 0) AS bad"), 0);
}

static int64_t letters(struct domain *d)
{
    return raw(d, "SELECT COUNT(*) FROM letter WHERE kind = 'dispute'");
}

/* ---- disputes ---- */

static void a_dispute_rests_what_was_bought(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct order o = paid(d, who);
    int64_t end = has(d, who).ends_at;
    happens(d, o.number, "dispute", 3000);
    assert_false(has(d, who).live);
    assert_int_equal(letters(d), 1); /* the owner */
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'disputes'"), 3000);
    d->cx->now += 5 * MS_DAY;
    happens(d, o.number, "dispute_won", 3000);
    assert_true(has(d, who).live);
    assert_int_equal(has(d, who).ends_at, end + 5 * MS_DAY + MS_SECOND);
    assert_int_equal(letters(d), 2);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'disputes'"), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_flag"), 0);
    sound(d);
}

static void one_that_is_lost_takes_it_and_marks_the_account(void **state)
{
    struct domain *d = *state;
    struct member_flag *flags;
    struct refund_offer f;
    size_t n;
    int64_t who = person(d);
    struct order o = paid(d, who), other;
    happens(d, o.number, "dispute", 3000);
    happens(d, o.number, "dispute_lost", 3000);
    happens(d, o.number, "dispute_lost", 3000);
    assert_false(has(d, who).live);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE live_state = 'revoked'"), 1);
    assert_int_equal(letters(d), 2);
    OK_(member_flags(d->cx, d->tea.id, who, &flags, &n));
    assert_int_equal(n, 1);
    CHECK_STR(flags[0].why, "dispute_lost");
    other = paid(d, who);
    OK_(refund_offer(d->cx, &other, &f));
    assert_int_equal(f.door, REFUND_ASK);
    d->cx->viewer = who;
    assert_int_equal(member_flag_clear(d->cx, d->tea.id, who), ERR_FORBIDDEN);
    assert_int_equal(member_flags(d->cx, d->tea.id, who, &flags, &n), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(member_flag_clear(d->cx, d->tea.id, who));
    assert_int_equal(member_flag_clear(d->cx, d->tea.id, who), ERR_CONFLICT);
    OK_(member_flags(d->cx, d->tea.id, who, &flags, &n));
    assert_int_equal(n, 0);
    sound(d);
}

/* Only what that order gave: a term that was bought beside it goes on. */
static void a_dispute_touches_its_own_order_alone(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), grant;
    struct order o = paid(d, who);
    OK_(membership_grant(d->cx, d->tea.id, who, d->member.id, "comp", d->cx->now, d->cx->now + MS_DAY, DB_NULL, DB_NULL,
                         &grant));
    happens(d, o.number, "dispute", 3000);
    assert_true(has(d, who).live);
    d->cx->now += 2 * MS_DAY;
    assert_false(has(d, who).live);
}

/* ---- the file ---- */

static const struct happening *line(const struct happening *all, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(all[i].what, what))
            return &all[i];
    fail_msg("no line '%s'", what);
    return NULL;
}

static void the_file_tells_everything_in_order(void **state)
{
    struct domain *d = *state;
    struct happening *all;
    struct refund r;
    size_t n;
    int64_t who = person(d), grant;
    struct order o = paid(d, who);
    d->cx->now += 10 * MS_DAY;
    d->cx->viewer = who;
    OK_(refund_request(d->cx, o.number, STR("too much mail"), &r));
    d->cx->viewer = d->owner.id;
    d->cx->now += MS_HOUR;
    OK_(refund_decline(d->cx, r.id, STR("sorry")));
    OK_(membership_grant(d->cx, d->tea.id, who, d->gold.id, "comp", d->cx->now, d->cx->now + MS_DAY, DB_NULL, DB_NULL,
                         &grant));
    d->cx->now += MS_HOUR;
    OK_(membership_set_end(d->cx, grant, d->cx->now + 9 * MS_DAY, STR("helped at the fair")));
    OK_(member_note_put(d->cx, d->tea.id, who, STR("  met in June ")));
    OK_(member_history(d->cx, d->tea.id, who, &all, &n));
    for (size_t i = 1; i < n; i++)
        assert_true(all[i - 1].at >= all[i].at);
    CHECK_STR(all[0].what, "note");
    CHECK_STR(all[0].words, "met in June");
    CHECK_STR(all[0].by_name, "Olga");
    CHECK_STR(all[n - 1].what, "ordered");
    assert_int_equal(line(all, n, "paid")->money.minor, 3000);
    CHECK_STR(line(all, n, "refund_requested")->words, "too much mail");
    CHECK_STR(line(all, n, "refund_declined")->words, "sorry");
    CHECK_STR(line(all, n, "extend")->words, "helped at the fair");
    CHECK_STR(line(all, n, "grant")->tier, "Gold");
    /* a partner sees membership and notes, no money */
    int64_t partner = person(d);
    OK_(role_set(d->cx, d->tea.id, partner, ROLE_PARTNER));
    d->cx->viewer = partner;
    OK_(member_history(d->cx, d->tea.id, who, &all, &n));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(all[i].money.minor, 0);
    d->cx->viewer = who;
    assert_int_equal(member_history(d->cx, d->tea.id, who, &all, &n), ERR_FORBIDDEN);
    assert_int_equal(member_note_put(d->cx, d->tea.id, who, STR("me")), ERR_FORBIDDEN);
}

static void the_history_of_an_order_has_what_was_refused(void **state)
{
    struct domain *d = *state;
    struct order_happening *all;
    size_t n;
    struct order o = paid(d, person(d));
    happens(d, o.number, "expire", 0);
    OK_(order_history(d->cx, o.id, &all, &n));
    assert_true(n >= 2);
    CHECK_STR(all[n - 1].event, "expire");
    assert_null(all[n - 1].to.p);
    d->cx->viewer = o.account_id;
    assert_int_equal(order_history(d->cx, o.id, &all, &n), ERR_FORBIDDEN);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(a_dispute_rests_what_was_bought),
        T(one_that_is_lost_takes_it_and_marks_the_account),
        T(a_dispute_touches_its_own_order_alone),
        T(the_file_tells_everything_in_order),
        T(the_history_of_an_order_has_what_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
