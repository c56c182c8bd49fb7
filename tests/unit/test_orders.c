#include "tests/unit/domain_fixture.h"

#include "node/money/ledger.h"
#include "node/money/tray.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/planet/access.h"

/* ---- helpers ---- */

static struct order open_order(struct domain *d, int64_t who)
{
    struct order o;
    struct str url;
    OK_(order_open(d->cx, who, d->month.id, "fake", &o));
    OK_(rail_checkout(d->cx, o.number, &url));
    assert_true(str_starts(url, STR(FAKE_RAIL_PATH)));
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    return o;
}

static enum order_verdict deliver(struct domain *d, struct str body, struct str sig)
{
    enum order_verdict v;
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, &v));
    return v;
}

static enum order_verdict happens(struct domain *d, struct str number, const char *event, int64_t amount,
                                  const char *cur)
{
    struct str body, sig;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, str_c(cur), &body, &sig));
    d->cx->now += 1000;
    return deliver(d, body, sig);
}

static void check_books(struct domain *d)
{
    struct ledger_check c;
    int64_t changed;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM (SELECT 1 FROM entry GROUP BY txn_id, currency"
                            " HAVING SUM(amount) <> 0) AS uneven"), 0);
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
}

static bool may_read(struct domain *d, int64_t who)
{
    struct gate g = {.post_id = 9, .planet_id = d->tea.id, .kind = GATE_MEMBERS, .rank = 1, .published_at = 1};
    struct access_pass pass;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, &g, &pass));
    d->cx->viewer = 0;
    return access_is_full(&pass);
}

static void expect_state(struct domain *d, struct str number, const char *state)
{
    struct order o;
    OK_(order_by_number(d->cx, number, &o));
    CHECK_STR(o.state, state);
}

/* ---- tests ---- */

static void money_is_read_and_written_exactly(void **state)
{
    struct cx *cx = ((struct domain *)*state)->cx;
    static const struct { const char *text; int64_t minor; const char *again; } good[] = {
        {"CNY:100", 10000, "CNY:100.00"}, {"CNY:99.5", 9950, "CNY:99.50"}, {"cny:0.01", 1, "CNY:0.01"},
        {"JPY:500", 500, "JPY:500"}, {"KWD:1.234", 1234, "KWD:1.234"}, {"BTC:0.00000001", 1, "BTC:0.00000001"},
        {"EUR:0", 0, "EUR:0.00"}, {"USD:92233720368547758.07", INT64_MAX, "USD:92233720368547758.07"},
    };
    static const char *const bad[] = {"CNY:", "CNY:1.", "CNY:.5", "CNY:1.234", "JPY:1.5", "CNY:-1", "CNY:1e3",
                                      "CNY 1", "CN:1", "CNYX:1", "CNY:1,5", "USD:92233720368547758.08", "CNY:1 2"};
    struct money m;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        OK_(money_parse(cx, str_c(good[i].text), &m));
        assert_int_equal(m.minor, good[i].minor);
        CHECK_STR(money_format(cx->arena, m), good[i].again);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(money_parse(cx, str_c(bad[i]), &m), ERR_INVALID);
    CHECK_STR(money_decimal(cx->arena, (struct money){INT64_MIN, "JPY"}), "-9223372036854775808");
    CHECK_STR(money_decimal(cx->arena, (struct money){-5, "CNY"}), "-0.05");
}

static void paying_opens_and_giving_back_closes(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct order o = open_order(d, who);
    assert_false(may_read(d, who)); /* an order grants nothing */
    assert_int_equal(happens(d, o.number, "paid", 3000, "CNY"), ORDER_APPLIED);
    assert_true(may_read(d, who));
    assert_int_equal(happens(d, o.number, "refund", 1000, "CNY"), ORDER_APPLIED);
    expect_state(d, o.number, "part_refunded");
    assert_true(may_read(d, who));
    assert_int_equal(happens(d, o.number, "refund", 1000, "CNY"), ORDER_RECORDED);
    assert_int_equal(happens(d, o.number, "refund", 3000, "CNY"), ORDER_APPLIED);
    expect_state(d, o.number, "refunded");
    assert_false(may_read(d, who));
    assert_int_equal(happens(d, o.number, "dispute", 3000, "CNY"), ORDER_RECORDED);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'clearing:fake'"), 0);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'revenue:membership'"), -3000);
    assert_int_equal(raw(d, "SELECT SUM(amount) FROM entry WHERE account = 'refunds'"), 3000);
    check_books(d);
}

static void a_dispute_suspends_and_a_won_one_gives_the_time_back(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct order o = open_order(d, who);
    struct membership before, after;
    happens(d, o.number, "paid", 3000, "CNY");
    OK_(membership_of(d->cx, d->tea.id, who, &before));
    happens(d, o.number, "dispute", 3000, "CNY");
    assert_false(may_read(d, who));
    d->cx->now += 5 * MS_DAY;
    happens(d, o.number, "dispute_won", 3000, "CNY");
    assert_true(may_read(d, who));
    OK_(membership_of(d->cx, d->tea.id, who, &after));
    assert_int_equal(after.ends_at - before.ends_at, 5 * MS_DAY + 1000);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn a JOIN txn b ON b.id = a.reverses"
                            " WHERE a.kind = 'dispute_won' AND b.kind = 'dispute'"), 1);
    happens(d, o.number, "dispute", 3000, "CNY");
    happens(d, o.number, "dispute_lost", 3000, "CNY");
    assert_false(may_read(d, who));
    expect_state(d, o.number, "lost");
    check_books(d);
}

static void what_does_not_fit_lands_in_the_tray(void **state)
{
    struct domain *d = *state;
    struct str body, sig;
    struct rail_state s;
    struct unmatched *tray;
    size_t n;
    int64_t who = person(d);
    struct order o = open_order(d, who);
    assert_int_equal(happens(d, o.number, "paid", 2999, "CNY"), ORDER_UNMATCHED);
    assert_int_equal(happens(d, o.number, "paid", 3000, "USD"), ORDER_UNMATCHED);
    s = (struct rail_state){.event_id = STR("e1"), .order_number = o.number, .event = ORDER_PAID,
                            .at = d->cx->now, .paid = {3000, "CNY"}, .ref = STR("r"),
                            .merchant = STR("fake-1")};
    OK_(fake_rail_sign(d->cx, &s, &body, &sig));
    assert_int_equal(deliver(d, body, sig), ORDER_UNMATCHED);
    s.merchant = str_fmt(d->cx->arena, "fake-%lld", (long long)d->tea.id);
    s.live = true;
    s.event_id = STR("e2");
    OK_(fake_rail_sign(d->cx, &s, &body, &sig));
    assert_int_equal(deliver(d, body, sig), ORDER_UNMATCHED);
    s.live = false;
    s.event_id = STR("e3");
    s.order_number = STR("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    OK_(fake_rail_sign(d->cx, &s, &body, &sig));
    assert_int_equal(deliver(d, body, sig), ORDER_UNMATCHED);
    assert_int_equal(deliver(d, body, sig), ORDER_RECORDED); /* the same once more: nothing */
    assert_false(may_read(d, who));
    expect_state(d, o.number, "pending");
    assert_int_equal(happens(d, o.number, "paid", 3000, "CNY"), ORDER_APPLIED);
    s.order_number = o.number; /* and paid again, by another payment */
    s.event_id = STR("e4");
    s.ref = STR("another");
    s.at = d->cx->now;
    OK_(fake_rail_sign(d->cx, &s, &body, &sig));
    assert_int_equal(deliver(d, body, sig), ORDER_UNMATCHED);
    OK_(unmatched_list(d->cx, d->tea.id, 0, 100, &tray, &n));
    assert_int_equal(n, 6);
    CHECK_STR(tray[0].reason, "another amount");
    CHECK_STR(tray[1].reason, "another currency");
    CHECK_STR(tray[2].reason, "another merchant");
    CHECK_STR(tray[3].reason, "real money in test mode");
    CHECK_STR(tray[4].reason, "no such order");
    CHECK_STR(tray[5].reason, "paid a second time");
    assert_int_equal(tray[5].amount.minor, 3000);
    OK_(unmatched_settle(d->cx, d->tea.id, tray[0].id));
    assert_int_equal(unmatched_settle(d->cx, d->tea.id, tray[0].id), ERR_NOT_FOUND);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 1);
    check_books(d);
}

static void only_the_rail_is_believed(void **state)
{
    struct domain *d = *state;
    struct order o = open_order(d, person(d));
    struct str body, sig;
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), 3000, STR("CNY"), &body, &sig));
    for (size_t i = 0; i < body.n; i += 7) {
        char *changed = arena_copy(d->cx->arena, body.p, body.n);
        changed[i] ^= 1;
        assert_int_equal(rail_receive(d->cx, STR("fake"), d->tea.id, (struct str){changed, body.n}, sig,
                                      NULL, 0, NULL), ERR_UNAUTHENTICATED);
    }
    char *other = arena_copy(d->cx->arena, sig.p, sig.n);
    other[3] ^= 1;
    assert_int_equal(rail_receive(d->cx, STR("fake"), d->tea.id, body, (struct str){other, sig.n}, NULL, 0, NULL),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(rail_receive(d->cx, STR("fake"), d->tea.id, body, STR_NULL, NULL, 0, NULL), ERR_UNAUTHENTICATED);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_event"), 0);
    d->store->node.dev = false; /* nobody pretends on a real node */
    assert_int_equal(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, NULL), ERR_NOT_FOUND);
    assert_int_equal(order_open(d->cx, person(d), d->month.id, "fake", &o), ERR_INVALID);
    d->store->node.dev = true;
    assert_int_equal(rail_receive(d->cx, STR("stripe"), d->tea.id, body, sig, NULL, 0, NULL), ERR_NOT_FOUND);
}

static void late_money_is_honoured(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), n;
    struct order o = open_order(d, who);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job j JOIN purchase_order o ON j.run_at = o.expires_at "
                            "WHERE j.kind = 'money.expire'"), 1);
    d->cx->now += MS_DAY;
    OK_(order_expire_due(d->cx, &n));
    assert_int_equal(n, 1);
    expect_state(d, o.number, "expired");
    assert_int_equal(happens(d, o.number, "paid", 3000, "CNY"), ORDER_APPLIED);
    assert_true(may_read(d, who));
    o = open_order(d, person(d));
    OK_(order_cancel(d->cx, o.number));
    assert_int_equal(order_cancel(d->cx, o.number), ERR_CONFLICT);
    assert_int_equal(happens(d, o.number, "paid", 1, "CNY"), ORDER_UNMATCHED);
    assert_int_equal(happens(d, o.number, "paid", 3000, "CNY"), ORDER_APPLIED);
    check_books(d);
}

static void seats_are_reserved_and_never_sold_twice(void **state)
{
    struct domain *d = *state;
    struct order o;
    int64_t a = person(d), b = person(d), c = person(d);
    d->member.seats = 1;
    OK_(tier_update(d->cx, &d->member));
    struct order first = open_order(d, a);
    assert_int_equal(order_open(d->cx, b, d->month.id, "fake", &o), ERR_CONFLICT);
    d->cx->now += 3 * MS_HOUR; /* the reservation has run out */
    struct order second = open_order(d, b);
    assert_int_equal(happens(d, second.number, "paid", 3000, "CNY"), ORDER_APPLIED);
    assert_int_equal(happens(d, first.number, "paid", 3000, "CNY"), ORDER_UNMATCHED);
    assert_false(may_read(d, a));
    assert_int_equal(order_open(d->cx, c, d->month.id, "fake", &o), ERR_CONFLICT);
    o = open_order(d, b); /* who has a seat keeps it */
    CHECK_STR(o.kind, "renewal");
    happens(d, o.number, "paid", 3000, "CNY");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 2);
    check_books(d);
}

/* An open gift holds a seat: nobody holds them all without paying for one. */
static void gifts_that_nobody_paid_hold_few_seats(void **state)
{
    struct domain *d = *state;
    struct order o;
    int64_t rich = person(d);
    struct order_ask gift = {.account_id = rich, .price_id = d->month.id, .rail = "fake", .gift = true};
    d->member.seats = 7;
    OK_(tier_update(d->cx, &d->member));
    for (int i = 0; i < 5; i++)
        OK_(order_place(d->cx, &gift, &o));
    assert_int_equal(order_place(d->cx, &gift, &o), ERR_CONFLICT);
    open_order(d, person(d));
    OK_(order_by_number(d->cx, o.number, &o));
    assert_int_equal(happens(d, o.number, "paid", 3000, "CNY"), ORDER_APPLIED);
    OK_(order_place(d->cx, &gift, &o)); /* one is paid: another may wait */
    d->cx->now += 3 * MS_HOUR;
    OK_(order_place(d->cx, &gift, &o));
}

static void renewals_stack_and_free_terms_do_not(void **state)
{
    struct domain *d = *state;
    struct price free_price;
    struct order o;
    struct membership m;
    int64_t who = person(d), id;
    for (int i = 0; i < 3; i++) {
        o = open_order(d, who);
        happens(d, o.number, "paid", 3000, "CNY");
    }
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_int_equal(m.ends_at, at_time("2027-04-30T10:00:01Z"));

    OK_(price_create(d->cx, d->gold.id, (struct money){0, "CNY"}, STR("month"), 1, 0, &free_price));
    OK_(order_open(d->cx, who, free_price.id, "none", &o));
    CHECK_STR(o.state, "paid");
    assert_int_equal(order_open(d->cx, who, free_price.id, "none", &o), ERR_CONFLICT);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn WHERE kind = 'grant'"), 1);

    int64_t other = person(d);
    OK_(trial_start(d->cx, other, d->month.id, &id));
    assert_true(may_read(d, other));
    assert_int_equal(trial_start(d->cx, other, d->month.id, &id), ERR_CONFLICT);
    assert_int_equal(trial_start(d->cx, who, d->month.id, &id), ERR_CONFLICT);
    d->tea.joining = STR("closed");
    OK_(planet_update(d->cx, &d->tea));
    assert_int_equal(order_open(d->cx, person(d), d->month.id, "fake", &o), ERR_FORBIDDEN);
    OK_(role_set(d->cx, d->tea.id, other, ROLE_BANNED));
    assert_int_equal(order_open(d->cx, other, d->month.id, "fake", &o), ERR_FORBIDDEN);
    d->cx->viewer = other;
    assert_int_equal(order_open(d->cx, who, d->month.id, "fake", &o), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    check_books(d);
}

static void orders_are_limited_to_ten_a_minute(void **state)
{
    struct domain *d = *state;
    struct order o;
    int64_t who = person(d);
    for (int i = 0; i < 10; i++)
        OK_(order_open(d->cx, who, d->month.id, "fake", &o));
    assert_int_equal(order_open(d->cx, who, d->month.id, "fake", &o), ERR_RATE_LIMITED);
    assert_true(d->cx->retry_after_s > 0);
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &o));
}

/* ---- the storm ---- */

enum { TALES_MAX = 12 };
struct tales { struct rail_state s[TALES_MAX]; int n; };

/* What a provider may say about one payment, in the order in which it happens there. */
static struct tales provider(struct domain *d, struct str number)
{
    enum { P_PENDING, P_PAID, P_DISPUTED, P_OVER } at = P_PENDING;
    struct tales t = {.n = 0};
    int64_t refunded = 0, clock = d->cx->now - 100000;
    while (t.n < TALES_MAX && at != P_OVER && (t.n == 0 || rand() % 6 != 0)) {
        enum order_event e;
        if (at == P_PENDING) {
            e = rand() % 3 != 0 ? ORDER_PAID : rand() % 2 == 0 ? ORDER_FAIL : ORDER_EXPIRE;
            at = e == ORDER_PAID ? P_PAID : P_PENDING;
        } else if (at == P_PAID) {
            e = rand() % 2 == 0 ? ORDER_REFUND : ORDER_DISPUTE;
            if (e == ORDER_REFUND)
                refunded += rand() % 3 == 0 ? 3000 - refunded : 1 + rand() % (3000 - refunded);
            at = e == ORDER_DISPUTE ? P_DISPUTED : refunded == 3000 ? P_OVER : P_PAID;
        } else {
            e = rand() % 3 != 0 ? ORDER_DISPUTE_WON : ORDER_DISPUTE_LOST;
            at = e == ORDER_DISPUTE_WON ? P_PAID : P_OVER;
        }
        t.s[t.n] = (struct rail_state){
            .event_id = str_fmt(d->cx->arena, STR_FMT "-%d", STR_ARG(number), t.n),
            .order_number = number, .event = e, .at = clock += 1000, .paid = {3000, "CNY"},
            .refunded = refunded, .ref = str_fmt(d->cx->arena, "fake_" STR_FMT, STR_ARG(number)),
            .merchant = str_fmt(d->cx->arena, "fake-%lld", (long long)d->tea.id)};
        t.n++;
    }
    return t;
}

static void tell(struct domain *d, const struct rail_state *s, struct str number)
{
    struct rail_state mine = *s;
    struct str body, sig;
    mine.order_number = number;
    mine.event_id = str_fmt(d->cx->arena, STR_FMT "/" STR_FMT, STR_ARG(number), STR_ARG(s->event_id));
    mine.ref = str_fmt(d->cx->arena, "fake_" STR_FMT, STR_ARG(number));
    OK_(fake_rail_sign(d->cx, &mine, &body, &sig));
    deliver(d, body, sig);
}

/* State, money given back, balances of every ledger account, and whether it opens. */
static struct str outcome(struct domain *d, struct str number, int64_t who)
{
    struct order o;
    static const char *const accounts[] = {"clearing:fake", "revenue:membership", "refunds", "disputes"};
    struct str s;
    OK_(order_by_number(d->cx, number, &o));
    s = str_fmt(d->cx->arena, STR_FMT " %lld %d", STR_ARG(o.state), (long long)o.refunded, may_read(d, who));
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
        s = str_fmt(d->cx->arena, STR_FMT " %lld", STR_ARG(s),
                    (long long)RAW(d, "SELECT COALESCE(SUM(e.amount), 0) FROM txn t JOIN entry e ON e.txn_id = t.id"
                                      " WHERE t.order_id = %lld AND e.account = '%s'", (long long)o.id, accounts[i]));
    bool should = str_eq_c(o.state, "paid") || str_eq_c(o.state, "part_refunded");
    assert_int_equal(may_read(d, who), should); /* access = f(state) = f(grants) */
    return s;
}

static void any_order_of_arrival_ends_the_same(void **state)
{
    struct domain *d = *state;
    unsigned seed = getenv("SEED") == NULL ? 4711 : (unsigned)strtoul(getenv("SEED"), NULL, 10);
    srand(seed);
    for (int round = 0; round < 80; round++) {
        int64_t a = person(d), b = person(d);
        struct order straight = open_order(d, a), storm = open_order(d, b);
        struct tales t = provider(d, straight.number);
        int order[3 * TALES_MAX], n = 0;
        for (int i = 0; i < t.n; i++) {
            tell(d, &t.s[i], straight.number);
            for (int copies = 1 + rand() % 3; copies > 0; copies--)
                order[n++] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            int k = rand() % (i + 1), tmp = order[i];
            order[i] = order[k];
            order[k] = tmp;
        }
        for (int i = 0; i < n; i++)
            tell(d, &t.s[order[i]], storm.number);
        struct str one = outcome(d, straight.number, a), two = outcome(d, storm.number, b);
        if (!str_eq(one, two)) {
            print_error("seed %u round %d: in order " STR_FMT ", in a storm " STR_FMT "\n", seed, round,
                        STR_ARG(one), STR_ARG(two));
            for (int i = 0; i < n; i++)
                print_error("  %s at %lld\n", order_event_word(t.s[order[i]].event), (long long)order[i]);
            fail();
        }
        assert_int_equal(RAW(d, "SELECT COUNT(*) FROM member_grant WHERE account_id = %lld", (long long)b) <= 1, 1);
    }
    check_books(d);
}

/* Anything at all asked of an order, sensible or not: the books stay whole. */
static void nonsense_never_unbalances_the_books(void **state)
{
    struct domain *d = *state;
    srand(99);
    for (int round = 0; round < 40; round++) {
        int64_t who = person(d);
        struct order o = open_order(d, who);
        for (int i = 0; i < 12; i++) {
            struct order_change c = {.event = (enum order_event)(rand() % ORDER_EVENT_COUNT),
                                     .amount = {rand() % 4 == 0 ? rand() % 5000 : 3000, "CNY"},
                                     .rail_event_id = DB_NULL,
                                     .rail_at = rand() % 2 == 0 ? DB_NULL : rand() % 50};
            enum order_verdict v;
            OK_(tx_begin(d->cx));
            OK_(order_apply(d->cx, o.number, &c, &v));
            OK_(tx_commit(d->cx));
        }
        (void)outcome(d, o.number, who);
    }
    check_books(d);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(money_is_read_and_written_exactly),
        T(paying_opens_and_giving_back_closes),
        T(a_dispute_suspends_and_a_won_one_gives_the_time_back),
        T(what_does_not_fit_lands_in_the_tray),
        T(only_the_rail_is_believed),
        T(late_money_is_honoured),
        T(seats_are_reserved_and_never_sold_twice),
        T(gifts_that_nobody_paid_hold_few_seats),
        T(renewals_stack_and_free_terms_do_not),
        T(orders_are_limited_to_ten_a_minute),
        T(any_order_of_arrival_ends_the_same),
        T(nonsense_never_unbalances_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
