/* Payments that the owner confirms by hand: memo, unlike amounts, saying so, confirming once and exactly,
 * rejecting, access before it is certain, pictures that go after 90 days, what was used before. */
#include "tests/unit/domain_fixture.h"

#include "node/jobs/jobs.h"
#include "node/media/media.h"
#include "node/money/code_text.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/money/rail_call.h"
#include "node/money/transfer.h"
#include "node/people/letter.h"
#include "node/text/qr.h"
#include "node/text/qr_png.h"

static const struct pay_rail *transfer(void)
{
    return rail_by_name(STR("transfer"));
}

static void connect(struct domain *d, const char *unlike, const char *provisional)
{
    const struct rail_value v[] = {{"holder", STR("Olga Tea")}, {"account", STR("DE89 3704 0044 0532 0130 00")},
                                   {"currencies", STR("cny; eur")}, {"unlike", str_c(unlike)},
                                   {"provisional", str_c(provisional)}};
    struct rail_probe probe;
    d->cx->viewer = d->owner.id;
    OK_(rail_account_save(d->cx, transfer(), d->tea.id, v, sizeof v / sizeof *v));
    OK_(rail_account_test(d->cx, transfer(), d->tea.id, &probe));
    d->cx->viewer = 0;
}

static struct transfer ordered(struct domain *d, int64_t who)
{
    struct order o;
    struct rail_way way;
    struct transfer t;
    d->cx->viewer = who;
    OK_(order_open(d->cx, who, d->month.id, "transfer", &o));
    OK_(rail_checkout_at(d->cx, o.number, NULL, &way));
    assert_int_equal(way.go, RAIL_GO_PAGE);
    OK_(transfer_of(d->cx, o.number, &t));
    d->cx->viewer = 0;
    return t;
}

static enum err say(struct domain *d, const struct transfer *t, const char *ref, struct str picture)
{
    const struct transfer_say s = {.number = t->number, .payer = STR(" Ann "), .bank_ref = str_c(ref), .picture = picture,
                                   .filename = STR("shot.png")};
    d->cx->viewer = t->account_id;
    enum err e = transfer_say(d->cx, &s);
    d->cx->viewer = 0;
    return e;
}

static enum err decide(struct domain *d, const struct transfer *t, bool confirm, const char *amount, bool anyway,
                       enum transfer_outcome *ret)
{
    const struct transfer_decision x = {.number = t->number, .confirm = confirm, .anyway = anyway, .amount = str_c(amount),
                                        .reason = STR("nothing came")};
    d->cx->viewer = d->owner.id;
    enum err e = transfer_decide(d->cx, d->tea.id, &x, ret);
    d->cx->viewer = 0;
    return e;
}

static struct transfer read_again(struct domain *d, const struct transfer *t)
{
    struct transfer now;
    OK_(transfer_of(d->cx, t->number, &now));
    return now;
}

static bool is_member(struct domain *d, int64_t who)
{
    struct membership m;
    enum err e = membership_of(d->cx, d->tea.id, who, &m);
    assert_true(e == OK || e == ERR_NOT_FOUND);
    return e == OK && m.live;
}

static void assert_books(struct domain *d)
{
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM (SELECT txn_id FROM entry GROUP BY txn_id, currency HAVING SUM(amount) <> 0) AS x"), 0);
}

static int64_t balance(struct domain *d, const char *account)
{
    return RAW(d, "SELECT COALESCE(SUM(amount), 0) FROM entry WHERE account = '%s'", account);
}

/* A picture that the helper reads. */
static struct str picture(struct domain *d, const char *of)
{
    struct qr qr;
    struct str png;
    OK_(qr_make(d->cx->arena, str_c(of), &qr));
    OK_(qr_png(d->cx->arena, &qr, 8, &png));
    return png;
}

static int setup(void **state)
{
    int r = domain_setup(state);
    struct domain *d = *state;
    d->server.media = media_engine_new(2, 8, "./orrery-media");
    return r;
}

static int teardown(void **state)
{
    struct domain *d = *state;
    media_engine_free(d->server.media);
    return domain_teardown(state);
}

/* ---- tests ---- */

static void a_memo_is_read_as_people_type_it(void **state)
{
    struct domain *d = *state;
    struct str memo = code_memo_new(d->cx->arena), got;
    char wrong[CODE_MEMO + 1] = {0};
    assert_int_equal(memo.n, 8);
    struct str typed = str_fmt(d->cx->arena, " " STR_FMT "-" STR_FMT " ", STR_ARG(str_lower(d->cx->arena, str_sub(memo, 0, 4))),
                               STR_ARG(str_sub(memo, 4, 4)));
    assert_true(code_memo_read(d->cx->arena, typed, &got));
    assert_true(str_eq(got, memo));
    memcpy(wrong, memo.p, memo.n);
    wrong[3] = wrong[3] == 'A' ? 'B' : 'A';
    assert_false(code_memo_read(d->cx->arena, str_c(wrong), &got));
    assert_false(code_memo_read(d->cx->arena, str_sub(memo, 0, 7), &got));
}

static void connecting_asks_for_an_account_or_a_code(void **state)
{
    struct domain *d = *state;
    struct rail_value v[] = {{"holder", STR("Olga")}, {"currencies", STR("yuan")}};
    struct rail_probe probe;
    assert_false(rail_available(d->cx, transfer(), d->tea.id));
    assert_int_equal(rail_account_save(d->cx, transfer(), d->tea.id, v, 2), ERR_INVALID);
    v[1].value = STR("CNY");
    OK_(rail_account_save(d->cx, transfer(), d->tea.id, v, 2));
    OK_(rail_account_test(d->cx, transfer(), d->tea.id, &probe));
    assert_int_equal(probe.n, 1);
    assert_false(probe.rights[0].ok);
    assert_false(rail_available(d->cx, transfer(), d->tea.id));
    connect(d, "", "");
    assert_true(rail_available(d->cx, transfer(), d->tea.id));
    assert_true(rail_takes(d->cx, transfer(), d->tea.id, STR("EUR")));
    assert_false(rail_takes(d->cx, transfer(), d->tea.id, STR("USD")));
    struct rail_heard h;
    const struct rail_message m = {.body = STR("{}")};
    assert_int_equal(rail_hear(d->cx, transfer(), d->tea.id, &m, &h), ERR_NOT_FOUND);
}

static void confirming_opens_once_and_exactly(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    struct transfer t;
    connect(d, "", "");
    int64_t ann = person(d);
    t = ordered(d, ann);
    assert_int_equal(t.expires_at, d->cx->now + 7 * MS_DAY);
    assert_int_equal(t.amount.minor, 3000);
    assert_string_equal(t.amount.cur, "CNY");
    assert_true(str_eq_c(t.state, "waiting"));
    assert_true(str_eq_c(t.order_state, "pending"));
    OK_(say(d, &t, "20270131-000123", STR_NULL));
    t = read_again(d, &t);
    assert_true(str_eq_c(t.state, "sent"));
    assert_true(str_eq_c(t.payer, "Ann"));
    assert_true(str_eq_c(t.bank_ref, "20270131000123"));
    assert_false(is_member(d, ann));
    OK_(decide(d, &t, true, "", false, &out));
    assert_int_equal(out, TRANSFER_CONFIRMED);
    assert_true(is_member(d, ann));
    OK_(decide(d, &t, true, "", false, &out));
    assert_int_equal(out, TRANSFER_KNOWN);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM txn WHERE kind = 'payment'"), 1);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM member_grant"), 1);
    assert_int_equal(balance(d, "clearing:transfer"), 3000);
    assert_int_equal(decide(d, &t, false, "", false, &out), ERR_CONFLICT);
    assert_int_equal(say(d, &t, "", STR_NULL), ERR_CONFLICT);
    struct letter *l;
    size_t n;
    OK_(letter_waiting(d->cx, ann, &l, &n));
    bool told = false;
    for (size_t i = 0; i < n; i++)
        told = told || (str_contains(l[i].text, t.number));
    assert_true(told);
    OK_(letter_waiting(d->cx, d->owner.id, &l, &n));
    assert_int_equal(n, 1);
    assert_false(str_contains(l[0].text, STR("Ann"))); /* nothing of another person */
    assert_books(d);
}

static void only_the_owner_decides_and_only_the_buyer_says(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    struct transfer t, *list;
    size_t n;
    connect(d, "", "");
    int64_t ann = person(d), eve = person(d), paula = person(d);
    OK_(role_set(d->cx, d->tea.id, paula, ROLE_PARTNER));
    t = ordered(d, ann);
    const struct transfer_decision x = {.number = t.number, .confirm = true};
    int64_t others[] = {ann, eve, paula};
    for (size_t i = 0; i < 3; i++) {
        d->cx->viewer = others[i];
        assert_int_equal(transfer_decide(d->cx, d->tea.id, &x, &out), ERR_FORBIDDEN);
        assert_int_equal(transfer_list(d->cx, d->tea.id, TRANSFER_SENT, 0, 9, &list, &n), ERR_FORBIDDEN);
        assert_int_equal(transfer_search(d->cx, d->tea.id, t.memo, 9, &list, &n), ERR_FORBIDDEN);
    }
    const struct transfer_say s = {.number = t.number};
    d->cx->viewer = eve;
    assert_int_equal(transfer_say(d->cx, &s), ERR_NOT_FOUND);
    assert_int_equal(transfer_of(d->cx, t.number, &t), ERR_NOT_FOUND);
    /* Of another planet of the same owner: not there. */
    struct planet other;
    d->cx->viewer = 0;
    OK_(planet_create(d->cx, STR("salt"), STR("Salt"), STR("en"), eve, &other));
    d->cx->viewer = eve;
    assert_int_equal(transfer_decide(d->cx, other.id, &x, &out), ERR_NOT_FOUND);
    d->cx->viewer = 0;
    assert_false(is_member(d, ann));
}

static void amounts_are_unlike_each_other(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    struct transfer t[22];
    connect(d, "true", "");
    for (size_t i = 0; i < 22; i++) {
        t[i] = ordered(d, person(d));
        assert_int_equal(t[i].extra, i < TRANSFER_UNLIKE ? (int64_t)i : 0);
        assert_int_equal(t[i].amount.minor, 3000 + t[i].extra);
    }
    struct transfer *found;
    size_t n;
    d->cx->viewer = d->owner.id;
    OK_(transfer_search(d->cx, d->tea.id, STR("30.07"), 9, &found, &n));
    assert_int_equal(n, 1);
    assert_true(str_eq(found[0].number, t[7].number));
    OK_(decide(d, &t[7], true, "", false, &out));
    assert_int_equal(out, TRANSFER_CONFIRMED);
    assert_int_equal(balance(d, "clearing:transfer"), 3007);
    assert_int_equal(balance(d, "rounding"), -7);
    assert_int_equal(balance(d, "revenue:membership"), -3000);
    /* Its amount is free again. */
    assert_int_equal(ordered(d, person(d)).extra, 7);
    assert_books(d);
}

static void another_amount_lies_in_the_tray(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    connect(d, "", "");
    int64_t ann = person(d);
    struct transfer t = ordered(d, ann);
    assert_int_equal(decide(d, &t, true, "many", false, &out), ERR_INVALID);
    OK_(decide(d, &t, true, "29.00", false, &out));
    assert_int_equal(out, TRANSFER_TRAY);
    assert_false(is_member(d, ann));
    assert_int_equal(RAW(d, "SELECT amount FROM unmatched"), 2900);
    assert_int_equal(balance(d, "clearing:transfer"), 2900);
    assert_int_equal(balance(d, "held:unmatched"), -2900);
    /* It was a slip of the pen. */
    t = read_again(d, &t);
    assert_true(str_eq_c(t.state, "tray"));
    OK_(decide(d, &t, true, "30.00", false, &out));
    assert_int_equal(out, TRANSFER_CONFIRMED);
    assert_true(is_member(d, ann));
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM unmatched WHERE settled_at IS NULL"), 0);
    assert_int_equal(balance(d, "clearing:transfer"), 3000);
    assert_int_equal(balance(d, "held:unmatched"), 0);
    assert_books(d);
}

static void what_is_not_found_is_told_and_may_be_said_again(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    connect(d, "", "");
    int64_t ann = person(d);
    struct transfer t = ordered(d, ann);
    OK_(say(d, &t, "", STR_NULL));
    OK_(decide(d, &t, false, "", false, &out));
    assert_int_equal(out, TRANSFER_REJECTED);
    t = read_again(d, &t);
    assert_true(str_eq_c(t.order_state, "failed"));
    assert_true(str_eq_c(t.reason, "nothing came"));
    OK_(decide(d, &t, false, "", false, &out));
    assert_int_equal(out, TRANSFER_KNOWN);
    OK_(say(d, &t, "REF 9999", STR_NULL));
    assert_true(str_eq_c(read_again(d, &t).state, "sent"));
    OK_(decide(d, &t, true, "", false, &out)); /* late, and honoured (P8) */
    assert_int_equal(out, TRANSFER_CONFIRMED);
    assert_true(is_member(d, ann));
    /* Said too often. */
    struct transfer u = ordered(d, person(d));
    for (int i = 0; i < TRANSFER_SAYS; i++)
        OK_(say(d, &u, "", STR_NULL));
    assert_int_equal(say(d, &u, "", STR_NULL), ERR_CONFLICT);
    assert_books(d);
}

static void an_order_waits_seven_days_and_again_once_it_is_said(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    int64_t n;
    connect(d, "", "");
    int64_t ann = person(d), ben = person(d);
    struct transfer t = ordered(d, ann), u = ordered(d, ben);
    d->cx->now += 6 * MS_DAY;
    OK_(say(d, &t, "", STR_NULL));
    d->cx->now += 2 * MS_DAY;
    OK_(order_expire_due(d->cx, &n));
    assert_true(str_eq_c(read_again(d, &t).order_state, "pending"));
    assert_true(str_eq_c(read_again(d, &u).order_state, "expired"));
    d->cx->now += 6 * MS_DAY;
    OK_(order_expire_due(d->cx, &n));
    assert_true(str_eq_c(read_again(d, &t).order_state, "expired"));
    OK_(decide(d, &t, true, "", false, &out)); /* the owner was away */
    assert_int_equal(out, TRANSFER_CONFIRMED);
    OK_(decide(d, &u, true, "", false, &out)); /* paid without saying so, and late */
    assert_int_equal(out, TRANSFER_CONFIRMED);
    assert_true(is_member(d, ann) && is_member(d, ben));
}

static void two_days_are_open_before_it_is_certain(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    struct membership m;
    connect(d, "", "true");
    int64_t ann = person(d), eve = person(d);
    struct transfer t = ordered(d, ann);
    assert_false(is_member(d, ann));
    OK_(say(d, &t, "", STR_NULL));
    assert_true(is_member(d, ann));
    assert_true(read_again(d, &t).provisional);
    OK_(say(d, &t, "", STR_NULL));
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM member_grant"), 1);
    d->cx->now += MS_DAY;
    OK_(decide(d, &t, true, "", false, &out));
    OK_(membership_of(d->cx, d->tea.id, ann, &m));
    assert_true(str_eq_c(m.kind, "paid"));
    assert_int_equal(m.starts_at, d->cx->now); /* not behind the two days */
    assert_int_equal(m.ends_at, term_end(NULL, d->cx->now, STR("month"), 1));
    /* Not found: closed at once, and not opened so a second time. */
    t = ordered(d, eve);
    OK_(say(d, &t, "", STR_NULL));
    assert_true(is_member(d, eve));
    OK_(decide(d, &t, false, "", false, &out));
    assert_false(is_member(d, eve));
    t = ordered(d, eve);
    OK_(say(d, &t, "", STR_NULL));
    assert_false(is_member(d, eve));
    /* Nobody looked: it ends by itself. */
    int64_t bob = person(d);
    t = ordered(d, bob);
    OK_(say(d, &t, "", STR_NULL));
    d->cx->now += 48 * MS_HOUR;
    assert_false(is_member(d, bob));
    assert_books(d);
}

static void a_picture_warns_and_is_deleted_after_ninety_days(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    struct transfer *list;
    struct media m;
    size_t n;
    connect(d, "", "");
    int64_t ann = person(d), eve = person(d);
    struct transfer t = ordered(d, ann), u = ordered(d, eve);
    OK_(say(d, &t, "TX 12345", picture(d, "https://t.example/one")));
    OK_(say(d, &u, "tx-12345", picture(d, "https://t.example/one")));
    d->cx->viewer = d->owner.id;
    OK_(transfer_list(d->cx, d->tea.id, TRANSFER_SENT, 0, 9, &list, &n));
    assert_int_equal(n, 2);
    assert_true(str_eq(list[1].same_picture, t.number));
    assert_true(str_eq(list[1].same_ref, t.number));
    assert_false(list[1].used_before);
    OK_(transfer_picture(d->cx, t.number, &m));
    assert_false(m.is_public);
    d->cx->viewer = eve;
    assert_int_equal(transfer_picture(d->cx, t.number, &m), ERR_NOT_FOUND);
    OK_(decide(d, &t, true, "", false, &out));
    assert_int_equal(out, TRANSFER_CONFIRMED);
    assert_int_equal(decide(d, &u, true, "", false, &out), ERR_CONFLICT);
    assert_false(is_member(d, eve));
    d->cx->viewer = d->owner.id;
    OK_(transfer_list(d->cx, d->tea.id, TRANSFER_SENT, 0, 9, &list, &n));
    assert_int_equal(n, 1);
    assert_true(list[0].used_before);
    OK_(transfer_list(d->cx, d->tea.id, TRANSFER_DONE, 0, 9, &list, &n));
    assert_int_equal(n, 1);
    OK_(decide(d, &u, true, "", true, &out));
    assert_int_equal(out, TRANSFER_CONFIRMED);
    /* 90 days later, by the job; the mark of it stays. */
    d->cx->viewer = 0;
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM job WHERE kind = 'transfer.forget' AND run_at = %lld",
                         (long long)(d->cx->now + 90 * MS_DAY)), 2);
    d->cx->now += 90 * MS_DAY;
    t = read_again(d, &t);
    const struct job job = {.id = 1, .kind = STR("transfer.forget"), .subject = t.order_id,
                            .payload = str_fmt(d->cx->arena, "%lld", (long long)t.media_id)};
    assert_int_equal(transfer_forget_run(d->cx, &job), JOB_DONE);
    assert_int_equal(transfer_forget_run(d->cx, &job), JOB_DONE);
    assert_int_equal(transfer_picture(d->cx, t.number, &m), ERR_NOT_FOUND);
    assert_int_equal(media_by_id(d->cx, t.media_id, &m), ERR_NOT_FOUND);
    struct transfer w = ordered(d, person(d));
    OK_(say(d, &w, "", picture(d, "https://t.example/one")));
    assert_int_equal(decide(d, &w, true, "", false, &out), ERR_CONFLICT);
}

static void a_new_picture_takes_the_old_ones_place(void **state)
{
    struct domain *d = *state;
    connect(d, "", "");
    struct transfer t = ordered(d, person(d));
    OK_(say(d, &t, "", picture(d, "https://t.example/one")));
    int64_t first = read_again(d, &t).media_id;
    OK_(say(d, &t, "", picture(d, "https://t.example/two")));
    struct media m;
    assert_int_equal(media_by_id(d->cx, first, &m), ERR_NOT_FOUND);
    OK_(media_by_id(d->cx, read_again(d, &t).media_id, &m));
    const struct job job = {.id = 1, .kind = STR("transfer.forget"), .subject = t.order_id,
                            .payload = str_fmt(d->cx->arena, "%lld", (long long)first)};
    assert_int_equal(transfer_forget_run(d->cx, &job), JOB_DONE);
    OK_(media_by_id(d->cx, m.id, &m));
    /* What is no picture changes nothing. */
    assert_int_equal(say(d, &t, "", STR("not a picture")), ERR_INVALID);
    assert_int_equal(read_again(d, &t).media_id, m.id);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM media"), 1);
}

static void a_seat_that_is_gone_sends_the_money_to_the_tray(void **state)
{
    struct domain *d = *state;
    enum transfer_outcome out;
    int64_t n;
    connect(d, "", "");
    d->member.seats = 1;
    OK_(tier_update(d->cx, &d->member));
    int64_t ann = person(d), ben = person(d);
    struct transfer t = ordered(d, ann);
    d->cx->now += 8 * MS_DAY;
    OK_(order_expire_due(d->cx, &n));
    struct transfer u = ordered(d, ben);
    OK_(decide(d, &u, true, "", false, &out));
    assert_int_equal(out, TRANSFER_CONFIRMED);
    OK_(decide(d, &t, true, "", false, &out));
    assert_int_equal(out, TRANSFER_TRAY);
    assert_false(is_member(d, ann));
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM unmatched"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_memo_is_read_as_people_type_it),
        TEST(connecting_asks_for_an_account_or_a_code),
        TEST(confirming_opens_once_and_exactly),
        TEST(only_the_owner_decides_and_only_the_buyer_says),
        TEST(amounts_are_unlike_each_other),
        TEST(another_amount_lies_in_the_tray),
        TEST(what_is_not_found_is_told_and_may_be_said_again),
        TEST(an_order_waits_seven_days_and_again_once_it_is_said),
        TEST(two_days_are_open_before_it_is_certain),
        TEST(a_picture_warns_and_is_deleted_after_ninety_days),
        TEST(a_new_picture_takes_the_old_ones_place),
        TEST(a_seat_that_is_gone_sends_the_money_to_the_tray),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
