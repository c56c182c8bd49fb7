/* Coupons, credit, gifts, trials, trial cards, invitations, seats and admission. */
#include "tests/unit/domain_fixture.h"

#include "node/jobs/jobs.h"
#include "node/money/coupon.h"
#include "node/money/credit.h"
#include "node/money/gift.h"
#include "node/money/invite.h"
#include "node/money/ledger.h"
#include "node/money/quote.h"
#include "node/money/rail.h"
#include "node/money/redeem.h"
#include "node/money/trial.h"
#include "node/people/same.h"
#include "node/planet/access.h"
#include "node/planet/admission.h"

#include <pthread.h>

static void books_are_sound(struct domain *d)
{
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM (SELECT txn_id, currency FROM entry GROUP BY txn_id, currency"
                            " HAVING SUM(amount) <> 0) AS bad"), 0);
    /* the table of credit says what the ledger says */
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_credit m WHERE m.amount <> -(SELECT COALESCE(SUM(e.amount), 0)"
                            " FROM entry e WHERE e.account = 'member_credit:' || m.account_id AND e.currency = m.currency)"), 0);
}

static struct coupon half(void)
{
    return (struct coupon){.code = STR("spring-50"), .percent_bp = 5000, .periods = 1, .total_max = DB_NULL,
                           .account_max = 1, .expires_at = DB_NULL};
}

static enum err place(struct domain *d, int64_t who, struct str coupon, struct order *o)
{
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake", .coupon = coupon};
    d->cx->now += MS_MINUTE; /* past the limit of orders a minute */
    return order_place(d->cx, &ask, o);
}

static void happens(struct domain *d, struct str number, const char *event, int64_t amount)
{
    struct str body, signature;
    d->cx->now += MS_SECOND;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, STR("CNY"), &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, signature, NULL, 0, NULL));
}

static struct order pay(struct domain *d, int64_t who, struct str coupon, int64_t amount)
{
    struct order o;
    OK_(place(d, who, coupon, &o));
    assert_int_equal(o.total.minor, amount);
    if (amount > 0)
        happens(d, o.number, "paid", amount);
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    return o;
}

/* ---- quotes and coupons ---- */

static void a_quote_has_lines_that_sum_up(void **state)
{
    struct domain *d = *state;
    struct coupon c = half(), made;
    struct quote q;
    struct quote_ask ask = {.price_id = d->month.id};
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    CHECK_STR(made.code, "SPRING-50");
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.n_lines, 2);
    assert_int_equal(q.total.minor, 3000);
    CHECK_STR(q.lines[0].label, "Member");
    ask.coupon = STR(" Spring-50 ");
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.n_lines, 3);
    assert_int_equal(q.lines[1].amount.minor, -1500);
    CHECK_STR(q.lines[1].label, "Coupon SPRING-50");
    assert_int_equal(q.total.minor, 1500);
    d->cx->locale = LOCALE_ZH_CN;
    OK_(price_quote(d->cx, &ask, &q));
    assert_false(str_eq_c(q.lines[1].label, "Coupon SPRING-50"));
    d->cx->locale = LOCALE_EN;
    ask.coupon = STR("SPRING-51");
    assert_int_equal(price_quote(d->cx, &ask, &q), ERR_INVALID);
    ask.coupon = STR("");
    ask.unused = 1000;
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.total.minor, 2000);
    ask.unused = 5000; /* never below nothing */
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.total.minor, 0);
    assert_int_equal(q.unused, 3000);
}

static void percents_round_down_and_amounts_stop_at_the_price(void **state)
{
    struct domain *d = *state;
    struct coupon third = {.code = STR("THIRD"), .percent_bp = 3333, .periods = 1, .total_max = DB_NULL,
                           .account_max = 1, .expires_at = DB_NULL};
    struct coupon off = {.code = STR("OFF"), .percent_bp = DB_NULL, .periods = 1, .total_max = DB_NULL,
                         .account_max = 1, .expires_at = DB_NULL,
                         .amounts = {{"CNY", 5000, 0}, {"EUR", 100, 3000}}, .n_amounts = 2};
    struct coupon made;
    struct coupon_fit fit;
    OK_(coupon_create(d->cx, d->tea.id, &third, &made));
    OK_(coupon_create(d->cx, d->tea.id, &off, &made));
    struct money odd = {1001, "CNY"}, low = {2999, "EUR"}, fine = {3000, "EUR"}, other = {3000, "USD"};
    OK_(coupon_fit(d->cx, d->tea.id, d->member.id, 0, odd, STR("third"), &fit));
    assert_int_equal(fit.discount, 333);
    struct money huge = {INT64_C(1000000000000), "CNY"};
    OK_(coupon_fit(d->cx, d->tea.id, d->member.id, 0, huge, STR("third"), &fit));
    assert_int_equal(fit.discount, INT64_C(333300000000));
    OK_(coupon_fit(d->cx, d->tea.id, d->member.id, 0, odd, STR("off"), &fit));
    assert_int_equal(fit.discount, 1001);
    assert_int_equal(coupon_fit(d->cx, d->tea.id, d->member.id, 0, low, STR("off"), &fit), ERR_INVALID);
    OK_(coupon_fit(d->cx, d->tea.id, d->member.id, 0, fine, STR("off"), &fit));
    assert_int_equal(fit.discount, 100);
    assert_int_equal(coupon_fit(d->cx, d->tea.id, d->member.id, 0, other, STR("off"), &fit), ERR_INVALID);
}

static void nonsense_is_no_coupon(void **state)
{
    struct domain *d = *state;
    struct coupon made, c;
#define BAD(field, value)                                                                          \
    do {                                                                                           \
        c = half();                                                                                \
        c.field = (value);                                                                         \
        assert_int_equal(coupon_create(d->cx, d->tea.id, &c, &made), ERR_INVALID);                 \
    } while (0)
    BAD(code, STR("A"));
    BAD(code, STR("A B C"));
    BAD(code, STR("优惠券优惠"));
    BAD(percent_bp, 0);
    BAD(percent_bp, 10001);
    BAD(percent_bp, DB_NULL);
    BAD(periods, 0);
    BAD(total_max, 0);
    BAD(account_max, 0);
    BAD(expires_at, d->cx->now);
#undef BAD
    c = half();
    c.code = STR("");
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    assert_int_equal(made.code.n, 8);
    c = half();
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    assert_int_equal(coupon_create(d->cx, d->tea.id, &c, &made), ERR_CONFLICT);
    d->cx->viewer = person(d);
    c.code = STR("MINE");
    assert_int_equal(coupon_create(d->cx, d->tea.id, &c, &made), ERR_FORBIDDEN);
    struct coupon *list;
    size_t n;
    assert_int_equal(coupon_list(d->cx, d->tea.id, 0, 10, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(coupon_end(d->cx, d->tea.id, made.id), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(coupon_end(d->cx, d->tea.id, made.id));
    assert_int_equal(coupon_end(d->cx, d->tea.id, made.id), ERR_CONFLICT);
}

static void a_use_is_reserved_consumed_released(void **state)
{
    struct domain *d = *state;
    struct coupon c = half(), made;
    struct order a, b;
    int64_t one = person(d), two = person(d);
    c.total_max = 1;
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    OK_(place(d, one, made.code, &a));
    assert_int_equal(a.total.minor, 1500);
    assert_int_equal(a.list_amount, 3000);
    assert_int_equal(a.discount, 1500);
    OK_(coupon_by_id(d->cx, d->tea.id, made.id, &made));
    assert_int_equal(made.n_open, 1);
    assert_int_equal(place(d, two, made.code, &b), ERR_INVALID);
    /* whoever holds it may think again: the older order makes room */
    OK_(place(d, one, made.code, &b));
    OK_(order_by_number(d->cx, a.number, &a));
    CHECK_STR(a.state, "cancelled");
    /* time runs out: free again, without any job */
    d->cx->now += 3 * MS_HOUR;
    OK_(place(d, two, made.code, &a));
    happens(d, a.number, "paid", 1500);
    OK_(coupon_by_id(d->cx, d->tea.id, made.id, &made));
    assert_int_equal(made.n_taken, 1);
    assert_int_equal(made.n_open, 0);
    assert_int_equal(place(d, person(d), made.code, &a), ERR_INVALID);
    /* money that comes late, when all are used: for the owner to decide, and never one more */
    happens(d, b.number, "paid", 1500);
    OK_(order_by_number(d->cx, b.number, &b));
    assert_false(str_eq_c(b.state, "paid"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched WHERE reason = 'its coupon was used up by another order'"), 1);
    OK_(coupon_by_id(d->cx, d->tea.id, made.id, &made));
    assert_int_equal(made.n_taken, 1);
    /* and the full price stays exact: a discounted payment fits no other order */
    OK_(place(d, person(d), STR_NULL, &a));
    happens(d, a.number, "paid", 1500);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 2);
    books_are_sound(d);
}

/* Late is honoured while a place is free, and one that somebody else holds open is not. */
static void a_late_payer_takes_only_a_place_that_is_free(void **state)
{
    struct domain *d = *state;
    struct coupon c = half(), made;
    struct order late, later, open;
    c.total_max = 2;
    c.account_max = 5;
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    int64_t twice = person(d);
    OK_(place(d, person(d), made.code, &late));
    OK_(place(d, twice, made.code, &later));
    d->cx->now += 3 * MS_HOUR;
    happens(d, late.number, "paid", 1500); /* one of two */
    OK_(order_by_number(d->cx, late.number, &late));
    CHECK_STR(late.state, "paid");
    OK_(place(d, twice, made.code, &open)); /* holds the other, though it is the same person's */
    happens(d, later.number, "paid", 1500);
    OK_(order_by_number(d->cx, later.number, &later));
    assert_false(str_eq_c(later.state, "paid"));
    happens(d, open.number, "paid", 1500);
    OK_(order_by_number(d->cx, open.number, &open));
    CHECK_STR(open.state, "paid");
    OK_(coupon_by_id(d->cx, d->tea.id, made.id, &made));
    assert_int_equal(made.n_taken, 2);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 1);
    books_are_sound(d);
}

/* A code on a screen is payable for a while after its order made room: once is once all the same. */
static void a_coupon_for_once_is_not_paid_twice(void **state)
{
    struct domain *d = *state;
    struct coupon c = half(), made;
    struct order a, b, e;
    int64_t who = person(d);
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    OK_(place(d, who, made.code, &a));
    OK_(place(d, who, made.code, &b));
    OK_(place(d, who, made.code, &e));
    happens(d, a.number, "paid", 1500); /* whichever is paid first */
    happens(d, b.number, "paid", 1500);
    OK_(order_by_number(d->cx, a.number, &a));
    OK_(order_by_number(d->cx, b.number, &b));
    CHECK_STR(a.state, "paid");
    CHECK_STR(b.state, "cancelled");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 1);
    books_are_sound(d);
}

static void a_coupon_lasts_its_terms(void **state)
{
    struct domain *d = *state;
    struct coupon c = half(), made;
    struct order o;
    int64_t who = person(d);
    struct coupon_fit fit;
    c.periods = 2;
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    OK_(place(d, who, made.code, &o));
    OK_(coupon_of_order(d->cx, o.id, &fit));
    assert_int_equal(fit.discount, 1500);
    assert_int_equal(fit.terms_left, 1);
    o = pay(d, who, made.code, 1500);
    CHECK_STR(o.kind, "membership");
    o = pay(d, who, STR_NULL, 1500); /* the second term, without typing it */
    CHECK_STR(o.kind, "renewal");
    pay(d, who, STR_NULL, 3000);
    assert_int_equal(place(d, who, made.code, &o), ERR_INVALID); /* once an account */
    OK_(coupon_by_id(d->cx, d->tea.id, made.id, &made));
    assert_int_equal(made.n_taken, 1);

    struct coupon ever = half();
    int64_t other = person(d);
    ever.code = STR("EVER");
    ever.periods = DB_NULL;
    OK_(coupon_create(d->cx, d->tea.id, &ever, &made));
    pay(d, other, made.code, 1500);
    OK_(coupon_end(d->cx, d->tea.id, made.id)); /* whoever has it keeps it */
    for (int i = 0; i < 3; i++)
        pay(d, other, STR_NULL, 1500);
    assert_int_equal(place(d, person(d), made.code, &o), ERR_INVALID);
    books_are_sound(d);
}

static void a_whole_coupon_needs_no_rail(void **state)
{
    struct domain *d = *state;
    struct coupon c = half(), made;
    struct membership m;
    int64_t who = person(d);
    c.percent_bp = 10000;
    c.tiers[c.n_tiers++] = d->member.id;
    OK_(coupon_create(d->cx, d->tea.id, &c, &made));
    struct order o = pay(d, who, made.code, 0);
    CHECK_STR(o.rail, "none");
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_true(m.live);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM entry"), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn WHERE kind = 'grant'"), 1);
    struct price gold;
    OK_(price_create(d->cx, d->gold.id, (struct money){9000, "CNY"}, STR("year"), 1, 0, &gold));
    struct order_ask ask = {.account_id = person(d), .price_id = gold.id, .rail = "fake", .coupon = made.code};
    assert_int_equal(order_place(d->cx, &ask, &o), ERR_INVALID); /* for the other tier */
    books_are_sound(d);
}

/* ---- races ---- */

struct racer {
    struct domain *d;
    int64_t who;
    struct order_ask ask;   /* price_id 0: the trial card or the gift's code */
    struct str token, code;
    const char *ip;
    enum err result;
    struct str number;
    pthread_barrier_t *start;
};

static void *run(void *arg)
{
    struct racer *r = arg;
    struct order o;
    struct redeemed red;
    int64_t grant;
    struct cx *cx = cx_new(&r->d->store->node);
    cx->now = r->d->cx->now;
    pthread_barrier_wait(r->start);
    if (r->ask.price_id != 0)
        r->result = order_place(cx, &r->ask, &o);
    else if (r->token.n > 0)
        r->result = trial_card_use(cx, r->who, r->token, &grant);
    else
        r->result = code_redeem(cx, r->who, r->code, str_c(r->ip), &red);
    cx_free(cx);
    return NULL;
}

/* Two at once; how many succeeded. */
static int race(struct domain *d, struct racer r[2])
{
    pthread_barrier_t start;
    pthread_t t[2];
    pthread_barrier_init(&start, NULL, 2);
    cx_release(d->cx);
    for (int k = 0; k < 2; k++) {
        r[k].d = d;
        r[k].start = &start;
        r[k].ask.account_id = r[k].who;
        assert_int_equal(pthread_create(&t[k], NULL, run, &r[k]), 0);
    }
    for (int k = 0; k < 2; k++)
        pthread_join(t[k], NULL);
    pthread_barrier_destroy(&start);
    return (r[0].result == OK) + (r[1].result == OK);
}

static void of_two_the_coupons_last_use_goes_to_one(void **state)
{
    struct domain *d = *state;
    for (int i = 0; i < 10; i++) {
        struct coupon c = half(), made;
        c.code = STR("");
        c.total_max = 1;
        OK_(coupon_create(d->cx, d->tea.id, &c, &made));
        struct order_ask ask = {.price_id = d->month.id, .rail = "fake", .coupon = made.code};
        struct racer r[2] = {{.who = person(d), .ask = ask}, {.who = person(d), .ask = ask}};
        assert_int_equal(race(d, r), 1);
        OK_(coupon_by_id(d->cx, d->tea.id, made.id, &made));
        assert_int_equal(made.n_open, 1);
    }
}

static void of_three_two_get_the_last_seats(void **state)
{
    struct domain *d = *state;
    struct order o, late;
    d->member.seats = 2;
    OK_(tier_update(d->cx, &d->member));
    OK_(place(d, person(d), STR_NULL, &late));
    d->cx->now += 3 * MS_HOUR; /* its seat is free again */
    struct order_ask ask = {.price_id = d->month.id, .rail = "fake"};
    struct racer r[2] = {{.who = person(d), .ask = ask}, {.who = person(d), .ask = ask}};
    assert_int_equal(race(d, r), 2);
    assert_int_equal(place(d, person(d), STR_NULL, &o), ERR_CONFLICT);
    d->cx->now += 3 * MS_HOUR;
    pay(d, person(d), STR_NULL, 3000);
    struct racer q[2] = {{.who = person(d), .ask = ask}, {.who = person(d), .ask = ask}};
    assert_int_equal(race(d, q), 1); /* one seat is left */
    /* paid after its time, and nothing is left: the owner's tray (P41) */
    happens(d, late.number, "paid", 3000);
    OK_(order_by_number(d->cx, late.number, &late));
    assert_false(str_eq_c(late.state, "paid"));
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched WHERE reason = 'no seat left'"), 1);
    books_are_sound(d);
}

static uint64_t shown(struct domain *d)
{
    return atomic_load(&d->store->node.public_generation);
}

/* What pages say of seats is as it is: each change is told, and the clock's own are known beforehand. */
static void pages_show_the_seats_that_are_left(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct gift *gifts;
    int64_t next, left, who = person(d);
    size_t n;
    uint64_t before = shown(d);
    OK_(place(d, who, STR_NULL, &o)); /* no limit: nothing to see */
    OK_(order_cancel(d->cx, o.number));
    assert_int_equal(shown(d), before);
    d->member.seats = 2;
    OK_(tier_update(d->cx, &d->member));
    OK_(order_seats_next(d->cx, d->member.id, &next));
    assert_int_equal(next, DB_NULL);

#define MOVES(call)                                                                                \
    do {                                                                                           \
        before = shown(d);                                                                         \
        call;                                                                                      \
        assert_true(shown(d) > before);                                                            \
    } while (0)
    MOVES(OK_(place(d, who, STR_NULL, &o)));
    OK_(order_seats_next(d->cx, d->member.id, &next));
    assert_int_equal(next, o.expires_at);
    MOVES(OK_(order_cancel(d->cx, o.number)));
    OK_(place(d, who, STR_NULL, &o));
    d->cx->now = o.expires_at;
    OK_(order_seats_left(d->cx, d->member.id, 0, &left));
    assert_int_equal(left, 2);
    MOVES(OK_(order_expire_due(d->cx, &next)));
    MOVES(pay(d, who, STR_NULL, 3000));
    struct membership m;
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    OK_(order_seats_next(d->cx, d->member.id, &next));
    assert_int_equal(next, m.ends_at);
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake", .gift = true};
    d->cx->now += MS_MINUTE;
    MOVES(OK_(order_place(d->cx, &ask, &o)));
    happens(d, o.number, "paid", 3000);
    d->cx->now = m.ends_at + 3 * MS_DAY; /* what renews itself would be kept until then */
    OK_(gift_list(d->cx, who, &gifts, &n));
    assert_int_equal(n, 1);
    OK_(order_seats_next(d->cx, d->member.id, &next));
    assert_int_equal(next, gifts[0].redeem_until);
    OK_(order_seats_left(d->cx, d->member.id, 0, &left));
    assert_int_equal(left, 1);
    MOVES(happens(d, o.number, "refund", 3000));
    OK_(order_seats_left(d->cx, d->member.id, 0, &left));
    assert_int_equal(left, 2);
#undef MOVES
}

/* ---- trials ---- */

static void a_trial_is_had_once_by_a_person(void **state)
{
    struct domain *d = *state;
    struct account a, b, c;
    int64_t id;
    OK_(account_create(d->cx, STR("ann@x.example"), STR_NULL, STR("Ann"), false, &a));
    OK_(account_create(d->cx, STR("Ann+tea@X.example"), STR_NULL, STR("Ann"), false, &b));
    OK_(account_create(d->cx, STR("bob@x.example"), STR_NULL, STR("Bob"), false, &c));
    OK_(trial_start(d->cx, a.id, d->month.id, &id));
    assert_int_equal(trial_start(d->cx, a.id, d->month.id, &id), ERR_CONFLICT);
    assert_int_equal(trial_start(d->cx, b.id, d->month.id, &id), ERR_CONFLICT);
    OK_(trial_start(d->cx, c.id, d->month.id, &id));
    CHECK_STR(same_mail(d->cx->arena, STR("A.n.n+x@googlemail.com")), "ann@gmail.com");
    CHECK_STR(same_mail(d->cx->arena, STR("a.n.n@x.example")), "a.n.n@x.example");
    /* paying during it starts the paid term at once */
    struct order o = pay(d, c.id, STR_NULL, 3000);
    CHECK_STR(o.kind, "membership");
    struct membership m;
    OK_(membership_of(d->cx, d->tea.id, c.id, &m));
    CHECK_STR(m.kind, "paid");
    assert_true(m.starts_at <= d->cx->now);
    books_are_sound(d);
}

static struct trial_card card_of(struct domain *d, int64_t uses, bool files)
{
    struct trial_card c = {.tier_id = d->member.id, .name = STR("fair"), .uses = uses, .days = 3,
                           .window_days = 30, .with_files = files, .expires_at = DB_NULL}, made;
    OK_(trial_card_create(d->cx, d->tea.id, &c, &made));
    assert_int_equal(made.token.n, 22);
    return made;
}

static bool reads(struct domain *d, int64_t who, int64_t published_at, bool *ret_files)
{
    struct gate gate = {.post_id = 1, .planet_id = d->tea.id, .author_id = d->owner.id, .kind = GATE_MEMBERS,
                        .rank = 1, .published_at = published_at};
    struct access_pass pass;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, &gate, &pass));
    d->cx->viewer = 0;
    *ret_files = access_with_files(&pass);
    return access_is_full(&pass);
}

static void a_trial_card_opens_a_window(void **state)
{
    struct domain *d = *state;
    struct trial_card card = card_of(d, 2, false), look, generous = card_of(d, 5, true);
    int64_t who = person(d), id, day = MS_DAY;
    bool files;
    OK_(trial_card_look(d->cx, card.token, &look));
    assert_null(look.token.p);
    assert_int_equal(trial_card_look(d->cx, STR("AAAAAAAAAAAAAAAAAAAAAA"), &look), ERR_NOT_FOUND);
    OK_(trial_card_use(d->cx, who, card.token, &id));
    assert_int_equal(trial_card_use(d->cx, who, card.token, &id), ERR_CONFLICT);
    assert_true(reads(d, who, d->cx->now - 29 * day, &files));
    assert_false(files);
    assert_false(reads(d, who, d->cx->now - 31 * day, &files));
    d->cx->now += 2 * day; /* the window moves with the time of reading */
    assert_false(reads(d, who, d->cx->now - 31 * day, &files));
    assert_true(reads(d, who, d->cx->now - 30 * day, &files));
    d->cx->now += day;
    assert_false(reads(d, who, d->cx->now, &files));
    assert_int_equal(trial_card_use(d->cx, who, generous.token, &id), ERR_CONFLICT); /* one a planet */

    int64_t other = person(d);
    OK_(trial_card_use(d->cx, other, generous.token, &id));
    assert_true(reads(d, other, d->cx->now, &files));
    assert_true(files);
    pay(d, other, STR_NULL, 3000); /* the paid term starts at once; days left are not added */
    struct membership m;
    OK_(membership_of(d->cx, d->tea.id, other, &m));
    assert_int_equal(m.ends_at, term_end(NULL, m.starts_at, STR("month"), 1));
    assert_true(reads(d, other, d->cx->now - 300 * day, &files));
    struct trial_card_user *users;
    size_t n;
    OK_(trial_card_users(d->cx, d->tea.id, generous.id, 0, 10, &users, &n));
    assert_int_equal(n, 1);
    assert_true(users[0].paid);
    OK_(trial_card_end(d->cx, d->tea.id, card.id));
    assert_int_equal(trial_card_use(d->cx, person(d), card.token, &id), ERR_GONE);
    d->cx->viewer = other;
    assert_int_equal(trial_card_list(d->cx, d->tea.id, 0, 10, &(struct trial_card *){0}, &n), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    books_are_sound(d);
}

static void of_two_the_last_card_goes_to_one(void **state)
{
    struct domain *d = *state;
    for (int i = 0; i < 10; i++) {
        struct trial_card card = card_of(d, 1, false);
        struct racer r[2] = {{.who = person(d), .token = card.token}, {.who = person(d), .token = card.token}};
        assert_int_equal(race(d, r), 1);
        assert_int_equal(r[0].result + r[1].result, ERR_GONE);
        int64_t one = person(d);
        struct trial_card a = card_of(d, 9, false), b = card_of(d, 9, false);
        struct racer same[2] = {{.who = one, .token = a.token}, {.who = one, .token = b.token}};
        assert_int_equal(race(d, same), 1); /* one account, two cards at once */
    }
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 20);
    assert_int_equal(raw(d, "SELECT SUM(used) FROM trial_card"), 20);
    books_are_sound(d);
}

/* ---- gifts ---- */

static struct gift give(struct domain *d, int64_t buyer)
{
    struct order_ask ask = {.account_id = buyer, .price_id = d->month.id, .rail = "fake", .gift = true,
                            .gift_to = STR("Mum"), .gift_words = STR("Happy birthday")};
    struct order o;
    struct gift g;
    d->cx->now += MS_MINUTE;
    OK_(order_place(d->cx, &ask, &o));
    CHECK_STR(o.kind, "gift");
    OK_(gift_of_order(d->cx, o.number, &g));
    assert_null(g.code.p); /* not before it is paid */
    happens(d, o.number, "paid", 3000);
    OK_(gift_of_order(d->cx, o.number, &g));
    assert_int_equal(g.code.n, 23);
    return g;
}

static enum err redeem(struct domain *d, int64_t who, struct str code, struct redeemed *r)
{
    static int ip;
    ip++;
    return code_redeem(d->cx, who, code, str_fmt(d->cx->arena, "10.9.%d.%d", ip >> 8 & 255, ip & 255), r);
}

static void a_gift_begins_when_it_is_redeemed(void **state)
{
    struct domain *d = *state;
    struct redeemed r;
    struct membership m;
    int64_t buyer = person(d), mum = person(d);
    struct gift g = give(d, buyer), look;
    assert_int_equal(membership_of(d->cx, d->tea.id, buyer, &m), ERR_NOT_FOUND);
    OK_(gift_look(d->cx, g.code, STR("1.2.3.4"), &look));
    assert_null(look.code.p);
    CHECK_STR(look.to_name, "Mum");
    assert_true(gift_may_refund(&g));
    d->cx->now += 90 * MS_DAY;
    OK_(redeem(d, mum, str_lower(d->cx->arena, g.code), &r));
    assert_int_equal(r.starts_at, d->cx->now);
    OK_(membership_of(d->cx, d->tea.id, mum, &m));
    CHECK_STR(m.kind, "gift");
    assert_int_equal(redeem(d, person(d), g.code, &r), ERR_NOT_FOUND);
    OK_(gift_of_order(d->cx, g.number, &g));
    assert_false(gift_may_refund(&g));
    /* a second one is added at the end */
    struct gift h = give(d, buyer);
    OK_(redeem(d, mum, h.code, &r));
    assert_int_equal(r.starts_at, m.ends_at);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM notice WHERE kind = 'gift'"), 1);
    /* a refund reaches what was given */
    happens(d, h.number, "refund", 3000);
    OK_(membership_of(d->cx, d->tea.id, mum, &m));
    assert_int_equal(m.ends_at, r.starts_at);
    /* one that was paid back before cannot be redeemed */
    struct gift back = give(d, buyer);
    happens(d, back.number, "refund", 3000);
    assert_int_equal(redeem(d, mum, back.code, &r), ERR_NOT_FOUND);
    struct gift old = give(d, buyer);
    assert_true(old.redeem_until - d->cx->now > 365 * MS_DAY);
    d->cx->now = old.redeem_until;
    assert_int_equal(redeem(d, mum, old.code, &r), ERR_GONE);
    d->cx->viewer = mum;
    assert_int_equal(gift_of_order(d->cx, g.number, &g), ERR_NOT_FOUND);
    d->cx->viewer = 0;
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM gift WHERE length(hash) = 32"), 4);
    books_are_sound(d);
}

static void a_gift_that_is_paid_back_is_no_gift(void **state)
{
    struct domain *d = *state;
    struct redeemed r;
    int64_t buyer = person(d);
    struct gift g = give(d, buyer);
    d->cx->viewer = person(d);
    assert_int_equal(gift_refund(d->cx, g.number), ERR_NOT_FOUND);
    d->cx->viewer = buyer;
    OK_(gift_refund(d->cx, g.number));
    assert_int_equal(gift_refund(d->cx, g.number), ERR_CONFLICT);
    d->cx->viewer = 0;
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'refund'"), 1);
    assert_int_equal(redeem(d, person(d), g.code, &r), ERR_NOT_FOUND); /* at once, not when it has arrived */
    struct gift h = give(d, buyer);
    OK_(redeem(d, person(d), h.code, &r));
    assert_int_equal(gift_refund(d->cx, h.number), ERR_CONFLICT);
    books_are_sound(d);
}

static void a_gift_holds_a_seat_and_is_redeemed_once(void **state)
{
    struct domain *d = *state;
    struct redeemed red;
    struct order o;
    d->member.seats = 1;
    OK_(tier_update(d->cx, &d->member));
    struct gift g = give(d, person(d));
    assert_int_equal(place(d, person(d), STR_NULL, &o), ERR_CONFLICT);
    struct order_ask ask = {.account_id = person(d), .price_id = d->month.id, .rail = "fake", .gift = true};
    assert_int_equal(order_place(d->cx, &ask, &o), ERR_CONFLICT);
    struct racer r[2] = {{.who = person(d), .code = g.code, .ip = "1.1.1.1"},
                         {.who = person(d), .code = g.code, .ip = "2.2.2.2"}};
    assert_int_equal(race(d, r), 1);
    assert_int_equal(place(d, person(d), STR_NULL, &o), ERR_CONFLICT);
    assert_int_equal(redeem(d, person(d), g.code, &red), ERR_NOT_FOUND);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant"), 1);
    books_are_sound(d);
}

/* ---- invitations and credit ---- */

static void rule(struct domain *d, enum reward reward)
{
    struct referral_rule r = {.reward = reward, .days = 14, .wait_days = 7, .amounts = {{1000, "CNY"}}, .n_amounts = 1};
    OK_(referral_rule_set(d->cx, d->tea.id, &r));
}

static struct order come(struct domain *d, int64_t who, struct str code)
{
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake", .invites = code};
    struct order o;
    d->cx->now += MS_MINUTE;
    OK_(order_place(d->cx, &ask, &o));
    happens(d, o.number, "paid", o.total.minor);
    return o;
}

static void due(struct domain *d, int64_t order_id)
{
    struct job job = {.subject = order_id};
    assert_int_equal(referral_run(d->cx, &job), JOB_DONE);
}

static int64_t credit(struct domain *d, int64_t who)
{
    int64_t v;
    OK_(credit_balance(d->cx, d->tea.id, who, STR("CNY"), &v));
    return v;
}

static void an_invitation_earns_days_after_the_refund_window(void **state)
{
    struct domain *d = *state;
    struct invite mine, again;
    struct membership before, m;
    struct referral *list;
    size_t n;
    int64_t ann = person(d);
    rule(d, REWARD_DAYS);
    assert_int_equal(invite_mine(d->cx, d->tea.id, ann, &mine), ERR_FORBIDDEN);
    pay(d, ann, STR_NULL, 3000);
    OK_(invite_mine(d->cx, d->tea.id, ann, &mine));
    OK_(invite_mine(d->cx, d->tea.id, ann, &again));
    assert_true(str_eq(mine.code, again.code));
    OK_(membership_of(d->cx, d->tea.id, ann, &before));
    struct order o = come(d, person(d), mine.code);
    OK_(referral_list(d->cx, d->tea.id, ann, &list, &n));
    assert_int_equal(n, 1);
    CHECK_STR(list[0].state, "pending");
    due(d, o.id); /* too early: nothing yet */
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    assert_int_equal(m.ends_at, before.ends_at);
    d->cx->now += 7 * MS_DAY;
    due(d, o.id);
    due(d, o.id);
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    assert_int_equal(m.ends_at, before.ends_at + 14 * MS_DAY);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE kind = 'referral'"), 1);
    /* taken back with the payment */
    happens(d, o.number, "refund", 3000);
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    assert_int_equal(m.ends_at, before.ends_at);
    OK_(referral_list(d->cx, d->tea.id, ann, &list, &n));
    CHECK_STR(list[0].state, "taken_back");
    /* refunded before its day: never given */
    o = come(d, person(d), mine.code);
    happens(d, o.number, "refund", 3000);
    d->cx->now += 7 * MS_DAY;
    due(d, o.id);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_grant WHERE kind = 'referral'"), 1);
    /* in dispute: it waits, and comes when that is won */
    o = come(d, person(d), mine.code);
    happens(d, o.number, "dispute", 3000);
    d->cx->now += 8 * MS_DAY;
    due(d, o.id);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM referral WHERE state = 'pending'"), 1);
    happens(d, o.number, "dispute_won", 3000);
    due(d, o.id);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM referral WHERE state = 'given'"), 1);
    books_are_sound(d);
}

static void credit_is_earned_spent_and_taken_back(void **state)
{
    struct domain *d = *state;
    struct invite mine;
    struct quote q;
    struct order o, renewal;
    int64_t ann = person(d);
    rule(d, REWARD_CREDIT);
    pay(d, ann, STR_NULL, 3000);
    OK_(invite_mine(d->cx, d->tea.id, ann, &mine));
    o = come(d, person(d), mine.code);
    d->cx->now += 7 * MS_DAY;
    due(d, o.id);
    assert_int_equal(credit(d, ann), 1000);
    books_are_sound(d);

    struct quote_ask ask = {.account_id = ann, .price_id = d->month.id};
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.credit, 1000);
    assert_int_equal(q.total.minor, 2000);
    renewal = pay(d, ann, STR_NULL, 2000);
    assert_int_equal(renewal.credit, 1000);
    assert_int_equal(credit(d, ann), 0);
    books_are_sound(d);
    /* given back whole: the credit, too */
    happens(d, renewal.number, "refund", 2000);
    assert_int_equal(credit(d, ann), 1000);
    books_are_sound(d);
    /* two orders cannot spend it twice: the older is closed, and paid late it waits for the owner */
    struct order a, b;
    OK_(place(d, ann, STR_NULL, &a));
    OK_(place(d, ann, STR_NULL, &b));
    assert_int_equal(b.total.minor, 2000);
    happens(d, b.number, "paid", 2000);
    happens(d, a.number, "paid", 2000);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM unmatched"), 1);
    assert_int_equal(credit(d, ann), 0);
    /* taken back after it was spent: owed */
    happens(d, o.number, "refund", 3000);
    assert_int_equal(credit(d, ann), -1000);
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.total.minor, 3000);
    books_are_sound(d);
}

static void nobody_is_rewarded_for_himself(void **state)
{
    struct domain *d = *state;
    struct account ann, twin;
    struct invite mine;
    rule(d, REWARD_DAYS);
    OK_(account_create(d->cx, STR("ann@x.example"), STR_NULL, STR("Ann"), false, &ann));
    OK_(account_create(d->cx, STR("ann+2@x.example"), STR_NULL, STR("Ann"), false, &twin));
    pay(d, ann.id, STR_NULL, 3000);
    OK_(invite_mine(d->cx, d->tea.id, ann.id, &mine));
    come(d, ann.id, mine.code);
    come(d, twin.id, mine.code);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM referral"), 0);
    /* once for each who comes */
    int64_t bob = person(d);
    come(d, bob, mine.code);
    come(d, bob, mine.code);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM referral WHERE state = 'pending'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM referral WHERE state = 'void'"), 1);
    /* of several links the first of this planet counts; nonsense is passed by */
    struct invite other, got;
    bool found;
    OK_(invite_mine(d->cx, d->tea.id, bob, &other));
    OK_(invite_choose(d->cx, d->tea.id, person(d),
                      str_fmt(d->cx->arena, "x..nonsense12.%.*s.%.*s", STR_ARG(other.code), STR_ARG(mine.code)),
                      &found, &got));
    assert_true(found);
    assert_int_equal(got.account_id, bob);
    /* a lapsed member's link is no invitation */
    d->cx->now += 400 * MS_DAY;
    OK_(invite_choose(d->cx, d->tea.id, person(d), other.code, &found, &got));
    assert_false(found);
}

/* ---- admission ---- */

static void who_may_join_is_the_owners_choice(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct join_request *list, r;
    struct invite mine;
    size_t n;
    bool found;
    int64_t ann = person(d), bob = person(d);
    d->tea.joining = STR("approval");
    d->tea.join_question = STR("Which tea?");
    OK_(planet_update(d->cx, &d->tea));
    OK_(planet_by_id(d->cx, d->tea.id, &d->tea));
    CHECK_STR(d->tea.joining, "approval");
    assert_int_equal(place(d, ann, STR_NULL, &o), ERR_FORBIDDEN);
    assert_int_equal(join_request_make(d->cx, d->tea.id, ann, STR(" ")), ERR_INVALID);
    OK_(join_request_make(d->cx, d->tea.id, ann, STR("Puer")));
    assert_int_equal(join_request_make(d->cx, d->tea.id, ann, STR("Puer!")), ERR_CONFLICT);
    OK_(join_request_make(d->cx, d->tea.id, bob, STR("None")));
    OK_(join_request_list(d->cx, d->tea.id, 0, 10, &list, &n));
    assert_int_equal(n, 2);
    CHECK_STR(list[0].answer, "Puer");
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM notice WHERE kind = 'join_request'"), 1);
    d->cx->viewer = bob;
    assert_int_equal(join_request_decide(d->cx, d->tea.id, list[1].id, true), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(join_request_decide(d->cx, d->tea.id, list[0].id, true));
    assert_int_equal(join_request_decide(d->cx, d->tea.id, list[0].id, false), ERR_NOT_FOUND);
    OK_(join_request_decide(d->cx, d->tea.id, list[1].id, false));
    pay(d, ann, STR_NULL, 3000);
    assert_int_equal(place(d, bob, STR_NULL, &o), ERR_FORBIDDEN);
    OK_(join_request_make(d->cx, d->tea.id, bob, STR("Longjing"))); /* declined: may ask again */
    OK_(join_request_of(d->cx, d->tea.id, bob, &found, &r));
    CHECK_STR(r.state, "waiting");

    d->tea.joining = STR("invitation");
    OK_(planet_update(d->cx, &d->tea));
    assert_int_equal(place(d, bob, STR_NULL, &o), ERR_FORBIDDEN);
    OK_(invite_mine(d->cx, d->tea.id, ann, &mine));
    o = come(d, bob, mine.code);
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    d->tea.joining = STR("sometimes");
    assert_int_equal(planet_update(d->cx, &d->tea), ERR_INVALID);
    /* the owner's own word opens any planet */
    d->tea.joining = STR("closed");
    OK_(planet_update(d->cx, &d->tea));
    struct trial_card card = card_of(d, 1, false);
    OK_(trial_card_use(d->cx, person(d), card.token, &(int64_t){0}));
}

/* Page by page, each once, newest first; who may not see them sees none. */
static void long_lists_come_in_pages(void **state)
{
    struct domain *d = *state;
    struct code_batch *batches, made;
    struct trial_card *cards, card;
    struct str *codes;
    size_t n, seen = 0;
    int64_t before = 0;
    for (int i = 0; i < 5; i++) {
        struct trial_card c = {.tier_id = d->member.id, .name = STR("x"), .uses = 3, .days = 3, .window_days = 30, .expires_at = DB_NULL};
        OK_(code_batch_create(d->cx, d->tea.id, d->member.id, STR("x"), STR("month"), 1, 1, DB_NULL, 2, &codes, &made));
        OK_(trial_card_create(d->cx, d->tea.id, &c, &card));
    }
    do {
        OK_(code_batch_list(d->cx, d->tea.id, before, 2, &batches, &n));
        for (size_t i = 0; i < n; i++, seen++) {
            assert_true(before == 0 || batches[i].id < before);
            assert_int_equal(batches[i].n_codes, 2);
            before = batches[i].id;
        }
    } while (n == 2);
    assert_int_equal(seen, 5);
    for (before = 0, seen = 0; seen < 5; seen += n) {
        OK_(trial_card_list(d->cx, d->tea.id, before, 2, &cards, &n));
        assert_in_range(n, 1, 2);
        assert_true(before == 0 || cards[0].id < before);
        before = cards[n - 1].id;
    }
    OK_(trial_card_list(d->cx, d->tea.id, before, 2, &cards, &n));
    assert_int_equal(n, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(a_quote_has_lines_that_sum_up),
        T(percents_round_down_and_amounts_stop_at_the_price),
        T(nonsense_is_no_coupon),
        T(a_use_is_reserved_consumed_released),
        T(a_late_payer_takes_only_a_place_that_is_free),
        T(a_coupon_for_once_is_not_paid_twice),
        T(a_coupon_lasts_its_terms),
        T(a_whole_coupon_needs_no_rail),
        T(of_two_the_coupons_last_use_goes_to_one),
        T(of_three_two_get_the_last_seats),
        T(pages_show_the_seats_that_are_left),
        T(a_trial_is_had_once_by_a_person),
        T(a_trial_card_opens_a_window),
        T(of_two_the_last_card_goes_to_one),
        T(a_gift_begins_when_it_is_redeemed),
        T(a_gift_that_is_paid_back_is_no_gift),
        T(a_gift_holds_a_seat_and_is_redeemed_once),
        T(an_invitation_earns_days_after_the_refund_window),
        T(credit_is_earned_spent_and_taken_back),
        T(nobody_is_rewarded_for_himself),
        T(long_lists_come_in_pages),
        T(who_may_join_is_the_owners_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
