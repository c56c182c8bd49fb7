/* The books as they are read, verified, taken along and made again; money that fits no order; the provider's
 * report against the ledger. */
#include "tests/unit/domain_fixture.h"

#include "node/base/buf.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/rail_call.h"
#include "node/money/reconcile.h"
#include "node/money/tray.h"

/* ---- helpers ---- */

static struct order open_order(struct domain *d, int64_t who)
{
    struct order o;
    struct str url;
    OK_(order_open(d->cx, who, d->month.id, "fake", &o));
    OK_(rail_checkout(d->cx, o.number, &url));
    return o;
}

static enum order_verdict tell(struct domain *d, struct str number, enum order_event event, const char *ref, int64_t amount,
                               int64_t refunded)
{
    static int n;
    struct str body, sig;
    enum order_verdict v;
    d->cx->now += 1000;
    struct rail_state s = {.event_id = str_fmt(d->cx->arena, "b%d", n++), .order_number = number, .event = event,
                           .at = d->cx->now, .paid = {amount, "CNY"}, .refunded = refunded, .ref = str_c(ref),
                           .merchant = str_fmt(d->cx->arena, "fake-%lld", (long long)d->tea.id)};
    OK_(fake_rail_sign(d->cx, &s, &body, &sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, &v));
    return v;
}

static int64_t balance(struct domain *d, const char *account)
{
    struct ledger_balance *b;
    size_t n;
    int64_t sum = 0;
    OK_(ledger_accounts(d->cx, d->tea.id, &b, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(b[i].account, account))
            sum += b[i].amount;
    return sum;
}

static void check_books(struct domain *d)
{
    struct ledger_check c;
    struct ledger_grants g;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    OK_(ledger_grants(d->cx, d->tea.id, false, &g));
    assert_int_equal(g.n_wrong + g.n_missing + g.n_strange + g.n_sums, 0);
}

static struct unmatched the_item(struct domain *d)
{
    struct unmatched *all;
    size_t n;
    OK_(unmatched_list(d->cx, d->tea.id, 0, 100, &all, &n));
    assert_int_equal(n, 1);
    return all[0];
}

/* ---- reading ---- */

/* 40 payments over 40 days, every fourth given back. */
static void fill(struct domain *d)
{
    for (int i = 0; i < 40; i++) {
        struct order o = open_order(d, person(d));
        char ref[16];
        snprintf(ref, sizeof ref, "f%d", i);
        assert_int_equal(tell(d, o.number, ORDER_PAID, ref, 3000, 0), ORDER_APPLIED);
        if (i % 4 == 0)
            assert_int_equal(tell(d, o.number, ORDER_REFUND, ref, 3000, 3000), ORDER_APPLIED);
        d->cx->now += MS_DAY;
    }
}

static size_t count(struct domain *d, const struct ledger_filter *f, int page)
{
    struct ledger_place at = {0, 0};
    size_t all = 0, n = (size_t)page;
    int64_t last = INT64_MAX;
    while (n == (size_t)page) {
        struct txn *t;
        OK_(ledger_page(d->cx, d->tea.id, f, &at, page, &t, &n));
        for (size_t i = 0; i < n; i++) {
            assert_true(t[i].seq < last); /* none twice, newest first */
            last = t[i].seq;
            if (f->kind.n > 0)
                assert_true(str_eq(t[i].kind, f->kind));
            if (f->from != DB_NULL)
                assert_true(t[i].at >= f->from && t[i].at < f->to);
            at = (struct ledger_place){t[i].at, t[i].seq};
        }
        all += n;
    }
    return all;
}

static void pages_are_whole_by_whatever_is_asked(void **state)
{
    struct domain *d = *state;
    struct ledger_filter f = LEDGER_ALL;
    int64_t begun = d->cx->now;
    fill(d);
    check_books(d);
    assert_int_equal(count(d, &f, 7), 40 + 10 * 2); /* a refund and the grant it takes */
    f.kind = STR("refund");
    assert_int_equal(count(d, &f, 3), 10);
    f.account = STR("clearing:fake");
    assert_int_equal(count(d, &f, 3), 10);
    f.kind = STR_NULL;
    assert_int_equal(count(d, &f, 3), 50);
    f.account = STR("refunds");
    assert_int_equal(count(d, &f, 100), 10);
    f.account = STR("fee:fake");
    assert_int_equal(count(d, &f, 100), 0);
    f = LEDGER_ALL;
    f.from = begun + 10 * MS_DAY;
    f.to = begun + 20 * MS_DAY;
    size_t ten_days = count(d, &f, 4);
    assert_true(ten_days >= 14 && ten_days <= 17);
    f.account = STR("clearing:fake");
    assert_true(count(d, &f, 4) < ten_days);
    f = LEDGER_ALL;
    f.order_id = raw(d, "SELECT MIN(order_id) FROM txn");
    assert_int_equal(count(d, &f, 100), 3);
    assert_int_equal(balance(d, "clearing:fake"), 30 * 3000);
    d->cx->viewer = person(d);
    struct txn *t;
    size_t n;
    assert_int_equal(ledger_page(d->cx, d->tea.id, &f, NULL, 5, &t, &n), ERR_FORBIDDEN);
    d->cx->viewer = 0;
}

struct taken { struct buf out; };

static enum err take(void *arg, struct str bytes)
{
    buf_put(&((struct taken *)arg)->out, bytes);
    return OK;
}

/* Anybody can walk the chain with nothing but the lines and SHA-256. */
static void an_export_proves_itself(void **state)
{
    struct domain *d = *state;
    struct taken t;
    struct ledger_filter f = LEDGER_ALL;
    unsigned char before[32] = {0};
    int lines = 0;
    fill(d);
    buf_init(&t.out, 1 << 24);
    OK_(ledger_export(d->cx, d->tea.id, &f, LEDGER_LINES, take, &t));
    struct str rest = buf_str(&t.out), line;
    while (str_next(&rest, '\n', &line) && line.n > 0) {
        unsigned char h[32];
        struct buf hashed, hex;
        struct str txn = str_sub(line, 9 + 64 + 8, line.n - 1 - (9 + 64 + 8));
        assert_true(str_starts(str_sub(line, 9 + 64, line.n), STR("\",\"txn\":")));
        buf_init(&hashed, 1 << 20);
        buf_init(&hex, 1 << 10);
        buf_put_bytes(&hashed, before, 32);
        buf_put(&hashed, txn);
        crypt_sha256(buf_str(&hashed), h);
        buf_put_hex(&hex, h, 32);
        assert_true(str_eq(buf_str(&hex), str_sub(line, 9, 64)));
        memcpy(before, h, 32);
        buf_free(&hashed);
        buf_free(&hex);
        lines++;
    }
    assert_int_equal(lines, 60);
    buf_clear(&t.out);
    f.kind = STR("refund");
    OK_(ledger_export(d->cx, d->tea.id, &f, LEDGER_CSV, take, &t));
    lines = 0;
    rest = buf_str(&t.out);
    while (str_next(&rest, '\n', &line) && line.n > 0)
        lines++;
    assert_int_equal(lines, 1 + 10 * 2); /* the head, two entries each */
    assert_true(str_find(buf_str(&t.out), STR(",clearing:fake,CNY,-30.00,"), 0) != SIZE_MAX);
    buf_free(&t.out);
}

/* ---- memberships from the ledger ---- */

/* Everything that changes a grant, then rows spoilt and lost behind the program's back. */
static void memberships_come_back_from_the_ledger(void **state)
{
    struct domain *d = *state;
    struct ledger_grants g;
    static const char rows[] = "SELECT SUM((id % 1000003) * 7 + rank * 11 + starts_at % 100003 + COALESCE(ends_at, 5) % 99991"
                               " + anchor_day + COALESCE(live_ends_at, 3) % 99989 + LENGTH(kind) + LENGTH(live_state) * 13"
                               " + account_id % 9973 + tier_id % 9967) FROM member_grant";
    static const char changes[] = "SELECT SUM(id % 1000003 + grant_id % 9973 + COALESCE(ends_at, 3) % 99989 + LENGTH(kind))"
                                  " FROM grant_event";
    int64_t id, second;
    fill(d);
    struct order o = open_order(d, person(d));
    assert_int_equal(tell(d, o.number, ORDER_PAID, "x", 3000, 0), ORDER_APPLIED);
    assert_int_equal(tell(d, o.number, ORDER_DISPUTE, "x", 3000, 0), ORDER_APPLIED);
    d->cx->now += 3 * MS_DAY;
    assert_int_equal(tell(d, o.number, ORDER_DISPUTE_WON, "x", 3000, 0), ORDER_APPLIED);
    OK_(membership_grant(d->cx, d->tea.id, person(d), d->gold.id, "comp", d->cx->now, DB_NULL, DB_NULL, DB_NULL, &id));
    OK_(membership_suspend(d->cx, id, STR("why")));
    OK_(membership_grant(d->cx, d->tea.id, person(d), d->gold.id, "legacy", d->cx->now, d->cx->now + MS_DAY, DB_NULL, DB_NULL, &second));
    OK_(membership_set_end(d->cx, second, d->cx->now + 2 * MS_DAY, STR("why")));
    OK_(trial_start(d->cx, person(d), d->month.id, &id));
    check_books(d);
    int64_t before = raw(d, rows), history = raw(d, changes);
    raw(d, "UPDATE member_grant SET live_state = 'live', live_ends_at = 5 WHERE kind <> 'trial'");
    raw(d, "UPDATE member_grant SET starts_at = starts_at + 1, rank = 2 WHERE kind = 'legacy'");
    raw(d, "DELETE FROM member_grant WHERE kind = 'trial'");
    raw(d, "UPDATE ledger_day SET debit = debit + 1 WHERE account = 'refunds'");
    assert_true(raw(d, rows) != before);
    OK_(ledger_grants(d->cx, d->tea.id, false, &g));
    assert_true(g.n_wrong > 0);
    assert_int_equal(g.n_missing, 1);
    assert_true(g.n_sums > 0);
    assert_true(raw(d, rows) != before); /* a look mends nothing */
    OK_(ledger_grants(d->cx, d->tea.id, true, &g));
    assert_int_equal(raw(d, rows), before);
    assert_int_equal(raw(d, changes), history);
    check_books(d);
    raw(d, "INSERT INTO member_grant (id, account_id, planet_id, tier_id, rank, kind, starts_at, anchor_day, created_at,"
           " live_state) SELECT 5, account_id, planet_id, tier_id, rank, 'comp', 1, 1, 1, 'live' FROM member_grant LIMIT 1");
    OK_(ledger_grants(d->cx, d->tea.id, false, &g));
    assert_int_equal(g.n_strange, 1);
}

/* ---- the tray ---- */

static struct unmatched too_little(struct domain *d, int64_t who)
{
    struct order o = open_order(d, who);
    assert_int_equal(tell(d, o.number, ORDER_PAID, "short", 2500, 0), ORDER_UNMATCHED);
    assert_int_equal(tell(d, o.number, ORDER_PAID, "short", 2500, 0), ORDER_RECORDED); /* told by another message */
    assert_int_equal(balance(d, "held:unmatched"), -2500);
    assert_int_equal(balance(d, "clearing:fake"), 2500);
    return the_item(d);
}

static void a_membership_is_given_for_it(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct unmatched u = too_little(d, who);
    struct order o;
    struct membership m;
    const struct tray_assign as_named = {.account_id = DB_NULL, .tier_id = DB_NULL};
    d->cx->viewer = who;
    assert_int_equal(tray_assign(d->cx, d->tea.id, u.id, &as_named, &o), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    OK_(tray_assign(d->cx, d->tea.id, u.id, &as_named, &o));
    assert_int_equal(tray_assign(d->cx, d->tea.id, u.id, &as_named, &o), ERR_CONFLICT);
    assert_int_equal(tray_keep(d->cx, d->tea.id, u.id), ERR_CONFLICT);
    d->cx->viewer = 0;
    CHECK_STR(o.state, "paid");
    assert_int_equal(o.total.minor, 2500);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    assert_int_equal(balance(d, "held:unmatched"), 0);
    assert_int_equal(balance(d, "revenue:membership"), -2500);
    OK_(order_by_number(d->cx, u.order_number, &o));
    CHECK_STR(o.state, "cancelled");
    /* given back at the provider: it names the old order, and finds the one that it was assigned to */
    assert_int_equal(tell(d, u.order_number, ORDER_REFUND, "short", 2500, 2500), ORDER_APPLIED);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_false(m.live);
    assert_int_equal(balance(d, "clearing:fake"), 0);
    check_books(d);
}

/* The number of seats is the owner's to raise, and is never exceeded by the way. */
static void the_tray_gives_no_seat_that_is_not_there(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct unmatched u = too_little(d, who);
    struct order o;
    const struct tray_assign as_named = {.account_id = DB_NULL, .tier_id = DB_NULL};
    struct order_change cancel = {.event = ORDER_CANCEL, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    enum order_verdict verdict;
    OK_(order_apply(d->cx, u.order_number, &cancel, &verdict));
    d->member.seats = 1;
    OK_(tier_update(d->cx, &d->member));
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &o));
    d->cx->viewer = d->owner.id;
    assert_int_equal(tray_assign(d->cx, d->tea.id, u.id, &as_named, &o), ERR_CONFLICT);
    assert_int_equal(balance(d, "held:unmatched"), -2500);
    d->member.seats = 2;
    OK_(tier_update(d->cx, &d->member));
    OK_(tray_assign(d->cx, d->tea.id, u.id, &as_named, &o));
    CHECK_STR(o.state, "paid");
    d->cx->viewer = 0;
    check_books(d);
}

static void it_is_kept_and_then_given_back_after_all(void **state)
{
    struct domain *d = *state;
    struct unmatched u = too_little(d, person(d));
    OK_(tray_keep(d->cx, d->tea.id, u.id));
    assert_int_equal(balance(d, "revenue:tip"), -2500);
    assert_int_equal(tell(d, u.order_number, ORDER_REFUND, "short", 2500, 500), ORDER_RECORDED);
    assert_int_equal(balance(d, "revenue:tip"), -2000);
    assert_int_equal(tell(d, u.order_number, ORDER_REFUND, "short", 2500, 2500), ORDER_RECORDED);
    assert_int_equal(tell(d, u.order_number, ORDER_REFUND, "short", 2500, 2500), ORDER_RECORDED);
    assert_int_equal(balance(d, "revenue:tip"), 0);
    assert_int_equal(balance(d, "clearing:fake"), 0);
    check_books(d);
}

static void it_goes_back_by_the_rail_once(void **state)
{
    struct domain *d = *state;
    struct unmatched u = too_little(d, person(d));
    int64_t call, again;
    OK_(tray_refund(d->cx, d->tea.id, u.id, &call));
    assert_int_equal(tray_refund(d->cx, d->tea.id, u.id, &again), ERR_CONFLICT);
    assert_int_equal(unmatched_settle(d->cx, d->tea.id, u.id), ERR_CONFLICT);
    OK_(rail_call_make(d->cx, call));
    OK_(rail_call_make(d->cx, call));
    assert_int_equal(tell(d, u.order_number, ORDER_REFUND, "short", 2500, 2500), ORDER_RECORDED);
    OK_(unmatched_by_id(d->cx, d->tea.id, u.id, &u));
    CHECK_STR(u.state, "refunded");
    assert_int_equal(balance(d, "held:unmatched"), 0);
    assert_int_equal(balance(d, "clearing:fake"), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn WHERE kind = 'unmatched_undo' AND reverses IS NOT NULL"), 1);
    check_books(d);
}

/* The refund of a second payment takes nothing of what the first one gave. */
static void a_second_payment_given_back_leaves_the_first(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct membership m;
    struct order o = open_order(d, who);
    assert_int_equal(tell(d, o.number, ORDER_PAID, "one", 3000, 0), ORDER_APPLIED);
    assert_int_equal(tell(d, o.number, ORDER_PAID, "two", 3000, 0), ORDER_UNMATCHED);
    struct unmatched u = the_item(d);
    CHECK_STR(u.reason, "paid a second time");
    assert_int_equal(tell(d, o.number, ORDER_REFUND, "two", 3000, 3000), ORDER_RECORDED);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    assert_int_equal(balance(d, "clearing:fake"), 3000);
    OK_(unmatched_by_id(d->cx, d->tea.id, u.id, &u));
    CHECK_STR(u.state, "refunded");
    check_books(d);
}

static void an_owner_hears_of_it_once(void **state)
{
    struct domain *d = *state;
    (void)too_little(d, person(d));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter WHERE kind = 'tray'"), 1);
}

/* ---- reconciliation ---- */

static void line(struct domain *d, enum rail_line kind, const char *ref, const char *name, int64_t amount, int64_t fee)
{
    struct rail_fee l = {.ref = str_c(ref), .line = str_c(name), .fee = {fee, "CNY"}, .at = d->cx->now, .kind = kind,
                         .amount = {amount, "CNY"}};
    struct str number;
    OK_(tx_begin(d->cx));
    OK_(recon_line(d->cx, rail_by_name(STR("fake")), d->tea.id, &l, &number));
    OK_(tx_commit(d->cx));
}

static size_t differences(struct domain *d, const char *what, const char *kind)
{
    struct recon_diff *all;
    size_t n, found = 0;
    OK_(recon_compare(d->cx, rail_by_name(STR("fake")), d->tea.id, d->cx->now - 20 * MS_DAY, NULL));
    OK_(recon_diffs(d->cx, d->tea.id, &all, &n));
    for (size_t i = 0; i < n; i++)
        found += str_eq_c(all[i].what, what) && str_eq_c(all[i].kind, kind);
    assert_int_equal(found, n); /* nothing else */
    return n;
}

static void the_report_is_held_against_the_books(void **state)
{
    struct domain *d = *state;
    struct order a = open_order(d, person(d)), b = open_order(d, person(d));
    struct recon_diff *all;
    size_t n;
    assert_int_equal(tell(d, a.number, ORDER_PAID, "ra", 3000, 0), ORDER_APPLIED);
    line(d, RAIL_LINE_PAYMENT, "ra", "l1", 3000, 0);
    line(d, RAIL_LINE_PAYMENT, "ra", "l1", 3000, 0); /* read twice */
    line(d, RAIL_LINE_PAYMENT, "somebody", "l2", 777, 0); /* the owner's other business */
    assert_int_equal(differences(d, "", ""), 0);
    /* They say so, we don't know: the order of b was opened, its payment never told. */
    raw(d, str_fmt(d->cx->arena, "INSERT INTO rail_object (rail, planet_id, ref, order_id) VALUES ('fake', %lld, 'rb', %lld)",
                   (long long)d->tea.id, (long long)b.id).p);
    line(d, RAIL_LINE_PAYMENT, "rb", "l3", 3000, 0);
    assert_int_equal(differences(d, "missing_here", "payment"), 1);
    assert_int_equal(differences(d, "missing_here", "payment"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM letter WHERE kind = 'reconcile'"), 1); /* told once */
    assert_int_equal(tell(d, b.number, ORDER_PAID, "rb", 3000, 0), ORDER_APPLIED);
    assert_int_equal(differences(d, "", ""), 0);
    /* Another sum. */
    line(d, RAIL_LINE_REFUND, "ra", "l4", -1000, 0);
    assert_int_equal(differences(d, "missing_here", "refund"), 1);
    assert_int_equal(tell(d, a.number, ORDER_REFUND, "ra", 3000, 900), ORDER_APPLIED);
    assert_int_equal(differences(d, "amount", "refund"), 1);
    OK_(recon_diffs(d->cx, d->tea.id, &all, &n));
    assert_int_equal(all[0].theirs.minor, -1000);
    assert_int_equal(all[0].ours.minor, -900);
    d->cx->viewer = d->owner.id;
    OK_(recon_close(d->cx, d->tea.id, all[0].id));
    d->cx->viewer = 0;
    assert_int_equal(differences(d, "", ""), 0); /* known to the owner: not told again */
    assert_int_equal(tell(d, a.number, ORDER_REFUND, "ra", 3000, 1000), ORDER_APPLIED);
    assert_int_equal(differences(d, "", ""), 0);
    /* We say so and they don't: only when it is late. */
    struct order c = open_order(d, person(d));
    assert_int_equal(tell(d, c.number, ORDER_PAID, "rc", 3000, 0), ORDER_APPLIED);
    assert_int_equal(differences(d, "", ""), 0);
    d->cx->now += 2 * MS_DAY;
    assert_int_equal(differences(d, "missing_there", "payment"), 1);
    line(d, RAIL_LINE_PAYMENT, "rc", "l5", 3000, 59);
    assert_int_equal(differences(d, "missing_here", "fee"), 1); /* the fee isn't booked */
    OK_(recon_compare(d->cx, rail_by_name(STR("fake")), d->tea.id, d->cx->now - MS_DAY, "no report"));
    struct recon_run *runs;
    OK_(recon_runs(d->cx, d->tea.id, 1, &runs, &n));
    CHECK_STR(runs[0].error, "no report");
    check_books(d);
}

#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pages_are_whole_by_whatever_is_asked),
        T(an_export_proves_itself),
        T(memberships_come_back_from_the_ledger),
        T(a_membership_is_given_for_it),
        T(the_tray_gives_no_seat_that_is_not_there),
        T(it_is_kept_and_then_given_back_after_all),
        T(it_goes_back_by_the_rail_once),
        T(a_second_payment_given_back_leaves_the_first),
        T(an_owner_hears_of_it_once),
        T(the_report_is_held_against_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
