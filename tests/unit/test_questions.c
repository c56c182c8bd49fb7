/* Paid questions: who asks, who answers, whose the money is at each moment, and who reads the answer. */
#include "tests/unit/domain_fixture.h"

#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/credit.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/question.h"
#include "node/money/rail.h"
#include "node/money/rail_call.h"
#include "node/money/refund.h"
#include "node/money/tax.h"
#include "node/planet/access.h"
#include "node/talk/answer.h"

enum { PRICE = 5000, LISTEN = 100 };

static void happens(struct domain *d, struct str number, const char *event, int64_t amount)
{
    struct str body, signature;
    d->cx->now += MS_SECOND;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, STR("CNY"), &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, signature, NULL, 0, NULL));
}

static void books_are_sound(struct domain *d)
{
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM (SELECT txn_id, currency FROM entry GROUP BY txn_id, currency"
                            " HAVING SUM(amount) <> 0) AS bad"), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM member_credit m WHERE m.amount <> -(SELECT COALESCE(SUM(e.amount), 0)"
                            " FROM entry e WHERE e.account = 'member_credit:' || m.account_id AND e.currency = m.currency)"), 0);
}

static int64_t account(struct domain *d, const char *name)
{
    return RAW(d, "SELECT COALESCE(SUM(amount), 0) FROM entry WHERE account = '%s'", name);
}

static void opens_for_questions(struct domain *d, int64_t who, int64_t listen)
{
    const struct answerer a = {.account_id = who, .price = {PRICE, "CNY"}, .listen = {listen, "CNY"},
                               .about = STR("Ask me about leaves."), .open = true};
    OK_(answerer_set(d->cx, d->tea.id, &a));
}

static enum err ask(struct domain *d, int64_t who, bool anonymous, bool listen, struct order *o, int64_t *id)
{
    const struct question_ask a = {.account_id = who, .planet_id = d->tea.id, .answerer_id = d->owner.id,
                                   .text = STR(" How hot is the water? "), .anonymous = anonymous, .listen = listen,
                                   .rail = "fake", .agreed = PRICE};
    d->cx->now += MS_MINUTE;
    d->cx->viewer = who;
    enum err e = question_place(d->cx, &a, o, id);
    d->cx->viewer = 0;
    return e;
}

static int64_t asked(struct domain *d, int64_t who, bool anonymous, bool listen, struct order *o)
{
    int64_t id;
    OK_(ask(d, who, anonymous, listen, o, &id));
    happens(d, o->number, "paid", PRICE);
    OK_(order_by_number(d->cx, o->number, o));
    return id;
}

static enum err looks(struct domain *d, int64_t who, int64_t id, struct question *q)
{
    d->cx->viewer = who;
    enum err e = question_by_id(d->cx, id, q);
    d->cx->viewer = 0;
    return e;
}

/* May this account read the answer? Looked at the way the page does. */
static bool reads(struct domain *d, int64_t who, int64_t id)
{
    struct question q;
    struct access_pass pass;
    struct safe_html html;
    OK_(looks(d, d->owner.id, id, &q));
    d->cx->viewer = who;
    struct gate gate = question_gate(&q);
    OK_(access_decide(d->cx, &gate, &pass));
    enum err e = answer_body(d->cx, id, &pass, &html);
    d->cx->viewer = 0;
    assert_true(e == OK || e == ERR_PAYMENT_REQUIRED || e == ERR_NOT_FOUND);
    return e == OK;
}

static enum err answer(struct domain *d, int64_t who, int64_t id, const char *text)
{
    d->cx->viewer = who;
    enum err e = question_answer(d->cx, id, str_c(text));
    d->cx->viewer = 0;
    return e;
}

static void state_is(struct domain *d, int64_t id, const char *state)
{
    struct question q;
    OK_(looks(d, d->owner.id, id, &q));
    CHECK_STR(q.state, state);
}

/* As the engine would run it: at any time, any number of times. */
static void job_runs(struct domain *d, int64_t id)
{
    const struct job job = {.kind = STR("money.question"), .subject = id};
    assert_int_equal(question_run(d->cx, &job), JOB_DONE);
}

/* The calls to the provider that wait, as their job makes them. */
static void calls_are_made(struct domain *d)
{
    for (int64_t id; (id = raw(d, "SELECT COALESCE(MIN(id), 0) FROM pay_outbox WHERE state = 'new'")) != 0;)
        OK_(rail_call_make(d->cx, id));
}

static void an_answer_earns_the_money(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct question q;
    int64_t who = person(d), other = person(d), id;
    assert_int_equal(ask(d, who, false, false, &o, &id), ERR_INVALID); /* they take no questions */
    opens_for_questions(d, d->owner.id, 0);
    OK_(ask(d, who, false, true, &o, &id));
    CHECK_STR(o.kind, "question");
    assert_int_equal(looks(d, d->owner.id, id, &q), ERR_NOT_FOUND); /* not paid: nobody's but theirs */
    OK_(looks(d, who, id, &q));
    CHECK_STR(q.state, "draft");
    happens(d, o.number, "paid", PRICE);
    state_is(d, id, "held");
    assert_int_equal(account(d, "held:questions"), -PRICE);
    assert_int_equal(account(d, "revenue:question"), 0);
    OK_(looks(d, d->owner.id, id, &q));
    CHECK_STR(q.text, "How hot is the water?");
    CHECK_STR(q.asker_name, "Somebody");
    assert_int_equal(q.due_at, q.paid_at + 7 * MS_DAY);
    assert_int_equal(looks(d, other, id, &q), ERR_NOT_FOUND);
    assert_int_equal(looks(d, 0, id, &q), ERR_NOT_FOUND);
    assert_int_equal(answer(d, other, id, "Hot."), ERR_NOT_FOUND);
    assert_int_equal(answer(d, who, id, "Hot."), ERR_NOT_FOUND);
    assert_int_equal(answer(d, d->owner.id, id, "  "), ERR_INVALID);
    assert_false(reads(d, who, id));
    OK_(answer(d, d->owner.id, id, "80 **degrees**."));
    state_is(d, id, "released");
    assert_int_equal(account(d, "held:questions"), 0);
    assert_int_equal(account(d, "revenue:question"), -PRICE);
    assert_true(reads(d, who, id));
    assert_true(reads(d, d->owner.id, id));
    assert_false(reads(d, other, id));
    assert_false(reads(d, 0, id));
    assert_int_equal(looks(d, other, id, &q), ERR_NOT_FOUND); /* nobody listens in: no price for it */
    OK_(answer(d, d->owner.id, id, "85 degrees."));            /* thought again */
    assert_int_equal(account(d, "revenue:question"), -PRICE);
    d->cx->now += 100 * MS_DAY;
    job_runs(d, id);
    state_is(d, id, "released");
    books_are_sound(d);
}

static void unanswered_it_goes_back_once(void **state)
{
    struct domain *d = *state;
    struct order o;
    int64_t who = person(d), id;
    opens_for_questions(d, d->owner.id, 0);
    id = asked(d, who, false, false, &o);
    int64_t paid = d->cx->now;
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM job WHERE kind = 'money.question'"), 1);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM job WHERE kind = 'money.question' AND run_at = %lld",
                         (long long)(paid + 3 * MS_DAY)), 1);
#define REMINDED() RAW(d, "SELECT COUNT(*) FROM letter WHERE once_key LIKE 'question:%lld:remind:%%'", (long long)id)
    job_runs(d, id);
    assert_int_equal(REMINDED(), 0);
    d->cx->now = paid + 3 * MS_DAY;
    job_runs(d, id);
    job_runs(d, id);
    assert_int_equal(REMINDED(), 1);
    d->cx->now = paid + 6 * MS_DAY;
    job_runs(d, id);
    job_runs(d, id);
    assert_int_equal(REMINDED(), 2);
    d->cx->now = paid + 7 * MS_DAY - 1;
    job_runs(d, id);
    state_is(d, id, "held");
    d->cx->now = paid + 7 * MS_DAY;
    assert_int_equal(answer(d, d->owner.id, id, "Too late."), ERR_CONFLICT);
    job_runs(d, id);
    state_is(d, id, "expired");
    job_runs(d, id);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE step = 'refund'"), 1);
    assert_int_equal(answer(d, d->owner.id, id, "Too late."), ERR_CONFLICT);
    calls_are_made(d);
    state_is(d, id, "refunded");
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "refunded");
    assert_int_equal(account(d, "held:questions"), 0);
    assert_int_equal(account(d, "refunds"), 0); /* it was never income */
    assert_int_equal(account(d, "revenue:question"), 0);
    assert_int_equal(account(d, "clearing:fake"), 0);
    job_runs(d, id);
    books_are_sound(d);
}

/* The owner gives a part back at the very moment when the time is over: the rest goes back behind it. */
static void what_a_refund_under_way_leaves_goes_back_too(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    opens_for_questions(d, d->owner.id, 0);
    int64_t id = asked(d, person(d), false, false, &o);
    const struct refund_give part = {.number = o.number, .amount = 1000, .keeps = true, .words = STR("")};
    d->cx->viewer = d->owner.id;
    OK_(refund_give(d->cx, &part, &r));
    assert_int_equal(question_decline(d->cx, id, STR("")), ERR_CONFLICT);
    d->cx->viewer = 0;
    d->cx->now += 7 * MS_DAY;
    job_runs(d, id);
    state_is(d, id, "held");
    OK_(rail_call_make(d->cx, r.call_id));
    assert_int_equal(account(d, "held:questions"), -4000);
    d->cx->now += MS_HOUR;
    job_runs(d, id);
    calls_are_made(d);
    state_is(d, id, "refunded");
    assert_int_equal(account(d, "held:questions"), 0);
    assert_int_equal(account(d, "clearing:fake"), 0);
    assert_int_equal(account(d, "refunds"), 0);
    books_are_sound(d);
}

static void it_can_be_declined(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct question q;
    int64_t who = person(d), id;
    opens_for_questions(d, d->owner.id, LISTEN);
    id = asked(d, who, true, true, &o);
    OK_(looks(d, d->owner.id, id, &q));
    assert_null(q.asker_name.p); /* unnamed */
    assert_int_equal(q.asker_id, 0);
    OK_(looks(d, who, id, &q));
    assert_int_equal(q.asker_id, who);
    d->cx->viewer = who;
    assert_int_equal(question_decline(d->cx, id, STR("")), ERR_NOT_FOUND);
    d->cx->viewer = d->owner.id;
    OK_(question_decline(d->cx, id, STR("I don't know.")));
    assert_int_equal(question_decline(d->cx, id, STR("")), ERR_CONFLICT);
    assert_int_equal(question_answer(d->cx, id, STR("After all.")), ERR_CONFLICT);
    d->cx->viewer = 0;
    state_is(d, id, "declined");
    calls_are_made(d);
    state_is(d, id, "refunded");
    OK_(looks(d, who, id, &q));
    CHECK_STR(q.why, "I don't know.");
    assert_int_equal(account(d, "held:questions"), 0);
    books_are_sound(d);
}

static enum err listen(struct domain *d, int64_t who, int64_t id, struct order *o)
{
    const struct listen_ask a = {.account_id = who, .question_id = id, .rail = "fake"};
    d->cx->now += MS_MINUTE;
    d->cx->viewer = who;
    enum err e = listen_place(d->cx, &a, o);
    d->cx->viewer = 0;
    return e;
}

static void others_listen_in_and_the_asker_has_a_share(void **state)
{
    struct domain *d = *state;
    struct order o, in, late;
    struct question q, *list;
    size_t n;
    int64_t who = person(d), ear = person(d), ear2 = person(d), id, credit;
    const struct question_rule rule = {.days = 7, .share = SHARE_CREDIT, .share_days = 1, .share_bp = 2500};
    OK_(question_rule_set(d->cx, d->tea.id, &rule));
    opens_for_questions(d, d->owner.id, LISTEN);
    id = asked(d, who, true, true, &o);
    assert_int_equal(listen(d, ear, id, &in), ERR_NOT_FOUND); /* not answered */
    OK_(answer(d, d->owner.id, id, "80 degrees."));
    OK_(question_list(d->cx, d->tea.id, 0, 10, &list, &n));
    assert_int_equal(n, 1);
    OK_(looks(d, ear, id, &q));
    assert_null(q.asker_name.p);
    assert_int_equal(listen(d, who, id, &in), ERR_CONFLICT); /* it is theirs */
    assert_int_equal(listen(d, d->owner.id, id, &in), ERR_CONFLICT);
    assert_false(reads(d, ear, id));
    OK_(listen(d, ear, id, &in));
    assert_false(reads(d, ear, id));
    happens(d, in.number, "paid", LISTEN);
    assert_true(reads(d, ear, id));
    assert_int_equal(listen(d, ear, id, &in), ERR_CONFLICT);
    OK_(credit_balance(d->cx, d->tea.id, who, STR("CNY"), &credit));
    assert_int_equal(credit, 25);
    assert_int_equal(account(d, "revenue:listen_in"), -75);
    OK_(listen(d, ear2, id, &late));
    happens(d, late.number, "paid", LISTEN);
    OK_(looks(d, ear, id, &q));
    assert_int_equal(q.n_listeners, 2);
    happens(d, late.number, "refund", LISTEN); /* back with the share, and by a txn that names the other */
    assert_false(reads(d, ear2, id));
    assert_true(reads(d, ear, id));
    OK_(credit_balance(d->cx, d->tea.id, who, STR("CNY"), &credit));
    assert_int_equal(credit, 25);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn WHERE kind = 'grant_change' AND reverses IS NOT NULL"), 1);
    OK_(role_set(d->cx, d->tea.id, ear, ROLE_BANNED));
    assert_false(reads(d, ear, id));
    d->cx->viewer = d->owner.id;
    OK_(question_hide(d->cx, id, true));
    d->cx->viewer = 0;
    OK_(question_list(d->cx, d->tea.id, 0, 10, &list, &n));
    assert_int_equal(n, 0);
    assert_int_equal(listen(d, ear2, id, &late), ERR_NOT_FOUND);
    books_are_sound(d);
}

static void a_share_may_be_days(void **state)
{
    struct domain *d = *state;
    struct order o, in;
    struct membership m;
    int64_t who = person(d), id, g;
    const struct question_rule rule = {.days = 7, .share = SHARE_DAYS, .share_days = 3, .share_bp = 1};
    OK_(question_rule_set(d->cx, d->tea.id, &rule));
    opens_for_questions(d, d->owner.id, LISTEN);
    OK_(membership_grant(d->cx, d->tea.id, who, d->member.id, "comp", d->cx->now, d->cx->now + 30 * MS_DAY, DB_NULL,
                         DB_NULL, &g));
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    int64_t end = m.ends_at;
    id = asked(d, who, false, true, &o);
    OK_(answer(d, d->owner.id, id, "80 degrees."));
    OK_(listen(d, person(d), id, &in));
    happens(d, in.number, "paid", LISTEN);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_int_equal(m.ends_at, end + 3 * MS_DAY);
    happens(d, in.number, "refund", LISTEN);
    OK_(membership_of(d->cx, d->tea.id, who, &m));
    assert_int_equal(m.ends_at, end);
    books_are_sound(d);
}

static void a_dispute_waits_and_is_decided(void **state)
{
    struct domain *d = *state;
    struct order one, two, three;
    int64_t who = person(d), a, b, c;
    opens_for_questions(d, d->owner.id, 0);
    a = asked(d, who, false, false, &one);
    b = asked(d, who, false, false, &two);
    c = asked(d, who, false, false, &three);
    happens(d, one.number, "dispute", PRICE);
    happens(d, two.number, "dispute", PRICE);
    happens(d, three.number, "dispute", PRICE);
    OK_(answer(d, d->owner.id, a, "80 degrees."));
    state_is(d, a, "answered"); /* not released: the money may go */
    assert_int_equal(account(d, "revenue:question"), 0);
    assert_false(reads(d, who, a));
    d->cx->viewer = d->owner.id;
    assert_int_equal(question_decline(d->cx, b, STR("")), ERR_CONFLICT);
    d->cx->viewer = 0;
    d->cx->now += 8 * MS_DAY;
    job_runs(d, b);
    job_runs(d, c);
    state_is(d, b, "held");
    happens(d, one.number, "dispute_won", PRICE);
    state_is(d, a, "released");
    assert_true(reads(d, who, a));
    assert_int_equal(account(d, "revenue:question"), -PRICE);
    happens(d, two.number, "dispute_won", PRICE);
    job_runs(d, b);
    calls_are_made(d);
    state_is(d, b, "refunded");
    happens(d, three.number, "dispute_lost", PRICE);
    state_is(d, c, "refunded");
    job_runs(d, c);
    assert_int_equal(account(d, "held:questions"), 0);
    assert_int_equal(account(d, "disputes"), 0); /* it was not income that was lost */
    assert_int_equal(account(d, "revenue:question"), -PRICE);
    books_are_sound(d);
}

static void the_tax_of_it_is_not_held(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    const struct tax_rule rule = {.planet_id = d->tea.id, .mode = TAX_INCLUSIVE,
                                  .seller = {STR("Tea"), STR("A street 1"), STR("DE"), STR(""), STR(""), STR("")}};
    const struct tax_rate rate = {.country = "", .name = STR("VAT"), .ppm = 250000};
    int64_t who = person(d), id;
    OK_(tax_rule_save(d->cx, &rule));
    OK_(tax_rate_put(d->cx, d->tea.id, &rate));
    opens_for_questions(d, d->owner.id, 0);
    id = asked(d, who, false, false, &o);
    assert_int_equal(account(d, "held:questions"), -4000);
    assert_int_equal(account(d, "tax_payable"), -1000);
    const struct refund_give part = {.number = o.number, .amount = 2500, .keeps = true};
    OK_(refund_give(d->cx, &part, &r));
    calls_are_made(d);
    assert_int_equal(account(d, "held:questions"), -2000);
    assert_int_equal(account(d, "refunds"), 0);
    assert_int_equal(account(d, "tax_payable"), -500);
    d->cx->viewer = d->owner.id;
    OK_(question_decline(d->cx, id, STR("")));
    d->cx->viewer = 0;
    calls_are_made(d);
    state_is(d, id, "refunded");
    assert_int_equal(account(d, "held:questions"), 0);
    assert_int_equal(account(d, "refunds"), 0);
    assert_int_equal(account(d, "tax_payable"), 0);
    books_are_sound(d);
}

static void the_owner_gives_back_what_was_answered(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct refund r;
    int64_t who = person(d), id;
    opens_for_questions(d, d->owner.id, 0);
    id = asked(d, who, false, false, &o);
    OK_(answer(d, d->owner.id, id, "80 degrees."));
    const struct refund_give part = {.number = o.number, .amount = 1000, .keeps = true};
    OK_(refund_give(d->cx, &part, &r));
    calls_are_made(d);
    state_is(d, id, "released");
    assert_true(reads(d, who, id));
    const struct refund_give rest = {.number = o.number};
    OK_(refund_give(d->cx, &rest, &r));
    assert_false(reads(d, who, id));
    calls_are_made(d);
    state_is(d, id, "refunded");
    assert_false(reads(d, who, id));
    assert_int_equal(account(d, "refunds"), PRICE);
    assert_int_equal(account(d, "revenue:question"), -PRICE);
    books_are_sound(d);
}

static void what_may_be_asked(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct question_rule rule;
    struct answerer *all;
    size_t n;
    int64_t who = person(d), guest = person(d), id, g;
    opens_for_questions(d, d->owner.id, LISTEN);
    struct answerer bad = {.account_id = guest, .price = {PRICE, "CNY"}, .open = true};
    assert_int_equal(answerer_set(d->cx, d->tea.id, &bad), ERR_INVALID); /* no role */
    OK_(role_set(d->cx, d->tea.id, guest, ROLE_GUEST));
    OK_(answerer_set(d->cx, d->tea.id, &bad));
    OK_(answerer_list(d->cx, d->tea.id, true, &all, &n));
    assert_int_equal(n, 2);
    OK_(role_set(d->cx, d->tea.id, guest, ROLE_NONE));
    OK_(answerer_list(d->cx, d->tea.id, true, &all, &n));
    assert_int_equal(n, 1);
    bad.account_id = d->owner.id;
    bad.price.minor = 0;
    assert_int_equal(answerer_set(d->cx, d->tea.id, &bad), ERR_INVALID);
    d->cx->viewer = who;
    assert_int_equal(answerer_set(d->cx, d->tea.id, &bad), ERR_FORBIDDEN);
    assert_int_equal(answerer_list(d->cx, d->tea.id, false, &all, &n), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    struct question_ask a = {.account_id = who, .planet_id = d->tea.id, .answerer_id = d->owner.id, .text = STR("?"),
                             .rail = "fake", .agreed = PRICE - 1};
    assert_int_equal(question_place(d->cx, &a, &o, &id), ERR_CONFLICT); /* another price was shown */
    a.agreed = PRICE;
    a.text = STR(" ");
    assert_int_equal(question_place(d->cx, &a, &o, &id), ERR_INVALID);
    a.text = STR("?");
    a.answerer_id = who;
    assert_int_equal(question_place(d->cx, &a, &o, &id), ERR_INVALID);
    a.account_id = a.answerer_id = d->owner.id;
    assert_int_equal(question_place(d->cx, &a, &o, &id), ERR_INVALID);
    OK_(question_rule_of(d->cx, d->tea.id, &rule));
    assert_int_equal(rule.days, 7);
    rule.members_only = true;
    OK_(question_rule_set(d->cx, d->tea.id, &rule));
    assert_int_equal(ask(d, who, false, false, &o, &id), ERR_FORBIDDEN);
    OK_(membership_grant(d->cx, d->tea.id, who, d->member.id, "comp", d->cx->now, DB_NULL, DB_NULL, DB_NULL, &g));
    for (int i = 0; i < QUESTION_OPEN_MAX; i++)
        OK_(ask(d, who, false, false, &o, &id));
    assert_int_equal(ask(d, who, false, false, &o, &id), ERR_CONFLICT);
    rule.days = 31;
    assert_int_equal(question_rule_set(d->cx, d->tea.id, &rule), ERR_INVALID);
    OK_(role_set(d->cx, d->tea.id, who, ROLE_BANNED));
    d->cx->now += MS_DAY;
    assert_int_equal(ask(d, who, false, false, &o, &id), ERR_FORBIDDEN);
}

static void roles_below_the_owner_read_no_answers_of_others(void **state)
{
    struct domain *d = *state;
    struct order o;
    struct question q;
    int64_t who = person(d), guest = person(d), partner = person(d), moderator = person(d), id;
    OK_(role_set(d->cx, d->tea.id, guest, ROLE_GUEST));
    OK_(role_set(d->cx, d->tea.id, partner, ROLE_PARTNER));
    OK_(role_set(d->cx, d->tea.id, moderator, ROLE_MODERATOR));
    opens_for_questions(d, guest, 0);
    const struct question_ask a = {.account_id = who, .planet_id = d->tea.id, .answerer_id = guest, .text = STR("?"),
                                   .rail = "fake"};
    d->cx->viewer = who;
    OK_(question_place(d->cx, &a, &o, &id));
    d->cx->viewer = 0;
    happens(d, o.number, "paid", PRICE);
    OK_(answer(d, guest, id, "Yes."));
    assert_true(reads(d, who, id));
    assert_true(reads(d, guest, id));
    assert_true(reads(d, d->owner.id, id));
    assert_false(reads(d, partner, id));
    assert_false(reads(d, moderator, id));
    assert_int_equal(looks(d, partner, id, &q), ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, domain_setup, domain_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_earns_the_money),
        TEST(unanswered_it_goes_back_once),
        TEST(what_a_refund_under_way_leaves_goes_back_too),
        TEST(it_can_be_declined),
        TEST(others_listen_in_and_the_asker_has_a_share),
        TEST(a_share_may_be_days),
        TEST(a_dispute_waits_and_is_decided),
        TEST(the_tax_of_it_is_not_held),
        TEST(the_owner_gives_back_what_was_answered),
        TEST(what_may_be_asked),
        TEST(roles_below_the_owner_read_no_answers_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
