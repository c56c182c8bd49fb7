/* Memberships that a provider renews, with the program killed between any two of its steps; the sister of test_tills.c.
 *
 * A story: members begin, are charged term after term, can't be charged and can again, cancel, take it up again, get money
 * back, dispute; the owner moves all of them to another price; messages are lost, repeated and out of order, the
 * provider is down or its answer is lost. In the end everything is told once more, and each charge in the provider's
 * book is an order here of just that sum, at a price that was agreed on, and no other order is paid.
 *
 * SEED=n STORIES=n RAIL=name repeat, lengthen or narrow it. */
#include "node/money/ledger.h"
#include "node/money/life.h"
#include "node/money/price_move.h"
#include "node/money/rail_call.h"
#include "node/money/refund.h"
#include "node/money/tax.h"
#include "node/jobs/jobs.h"
#include "node/planet/access.h"
#include "node/planet/grant.h"
#include "tests/unit/till_death.h"
#include "tests/unit/till_subs_paypal.h"
#include "tests/unit/till_subs_stripe.h"

enum { STEPS = 44, MOMENTS = 6, CHEAP = 9900, DEAR = 12900 };

struct story {
    struct domain *d;
    struct provider p;
    struct book book;
    const struct sub_till *how;
    struct price cheap, dear;
    struct price_move move;
    unsigned seed;
    int killed;
    bool moved;                     /* the other price was announced */
    int64_t full_dear;              /* the other price with its tax */
    int64_t buyers[SUBS];
    struct str numbers[SUBS];       /* of the orders that they began with; STR_NULL: none yet */
};

enum what { ORDER, CHECKOUT, TELL, REFUND, LOOK, CALL, CANCEL, RESUME, MOVE };
struct step { enum what what; int buyer; int64_t amount, call; bool keeps; struct str number; struct tale tale; };
struct doing { struct story *s; const struct step *step; };

static enum err act(struct cx *cx, void *arg)
{
    struct doing *doing = arg;
    struct story *s = doing->s;
    const struct step *step = doing->step;
    struct order o;
    struct rail_way way;
    enum order_verdict v;
    struct refund back;
    int64_t call = DB_NULL, who = s->buyers[step->buyer], tea = s->d->tea.id;
    const char *rail = s->p.till->name;
    const struct order_ask ask = {.account_id = who, .price_id = s->cheap.id, .rail = rail, .coupon = STR_NULL};
    const struct refund_give give = {.number = step->number, .amount = step->amount, .keeps = step->keeps, .words = STR("")};
    const struct job job = {.subject = s->move.id, .payload = STR_NULL};
    switch (step->what) {
    case ORDER:
        return order_place(cx, &ask, &o);
    case CHECKOUT:
        return rail_checkout_at(cx, step->number, NULL, &way);
    case TELL:
        return rail_receive(cx, str_c(rail), tea, step->tale.body, step->tale.signature, step->tale.headers, step->tale.n_headers, &v);
    case REFUND:
        TRY(refund_give(cx, &give, &back));
        return back.call_id == DB_NULL ? OK : rail_call_make(cx, back.call_id);
    case LOOK:
        return rail_look(cx, step->number);
    case CALL:
        return rail_call_make(cx, step->call);
    case CANCEL:
        TRY(life_cancel(cx, tea, who, &call));
        return call == DB_NULL ? OK : rail_call_make(cx, call);
    case RESUME:
        TRY(life_resume(cx, tea, who, &call));
        return call == DB_NULL ? OK : rail_call_make(cx, call);
    case MOVE:
        return price_apply_run(cx, &job) == JOB_DONE ? OK : ERR_BUSY;
    }
    return ERR_INTERNAL;
}

static bool does(struct story *s, const struct step *step, int die_at)
{
    return death_of(s->d, s->seed, act, &(struct doing){s, step}, s->p.now, die_at, &s->killed);
}

static bool risks(struct story *s, const struct step *step)
{
    return does(s, step, rand() % 3 == 0 ? 0 : 1 + rand() % MOMENTS);
}

static void tells(struct story *s, int i, bool safely)
{
    struct step step = {.what = TELL, .tale = {.body = s->book.tales[i]}};
    s->p.till->sign(&s->p, &step.tale);
    (void)(safely ? does(s, &step, 0) : risks(s, &step));
}

/* As the job would, when it is time. False: nothing is to be called now. */
static bool calls(struct story *s, bool safely)
{
    struct step step = {.what = CALL};
    s->p.now += 61000; /* the lease of whoever died is over */
    const char *due = str_fmt(s->d->cx->arena, "FROM pay_outbox c WHERE c.state IN ('new', 'calling') AND NOT EXISTS (SELECT 1 FROM job j WHERE"
                              " j.kind = 'pay.call' AND j.subject = c.id AND j.run_at > %lld)", (long long)s->p.now).p;
    if (RAW(s->d, "SELECT COUNT(*) %s", due) == 0)
        return false;
    /* Any of them: they wait for nobody. */
    int64_t n = RAW(s->d, "SELECT COUNT(*) %s", due);
    step.call = RAW(s->d, "SELECT c.id %s ORDER BY c.id LIMIT 1 OFFSET %d", due, safely ? 0 : (int)(rand() % n));
    (void)(safely ? does(s, &step, 0) : risks(s, &step));
    return true;
}

/* ---- the provider's side ---- */

static void went_back_since(struct story *s)
{
    for (int i = 0; i < s->book.n; i++)
        for (int k = 0; k < s->book.subs[i].n; k++)
            for (int b = 0; b < s->book.subs[i].charges[k].n_backs; b++)
                if (!s->book.subs[i].charges[k].backs[b].told) {
                    s->book.subs[i].charges[k].backs[b].told = true;
                    s->how->went_back(&s->p, &s->book.subs[i], k, b);
                }
}

static void charge(struct story *s, struct sub *sub)
{
    assert_true(sub->n < CHARGES);
    int k = sub->n++;
    sub->charges[k] = (struct charge){.amount = sub->term, .at = s->p.now};
    sub->period_end = (k == 0 ? s->p.now : sub->period_end) + TERM_DAYS * MS_DAY;
    sub->state = RUNNING;
    if (k == 0)
        s->how->begun(&s->p, sub);
    else
        s->how->charged(&s->p, sub, k);
}

/* The next term of whoever's comes first. */
static void time_passes(struct story *s)
{
    struct sub *next = NULL;
    for (int i = 0; i < s->book.n; i++) {
        struct sub *sub = &s->book.subs[i];
        bool due = (sub->state == RUNNING || sub->state == HELD) && sub->period_end > 0;
        if (due && (next == NULL || sub->period_end < next->period_end))
            next = sub;
    }
    if (next == NULL)
        return;
    if (next->period_end > s->p.now)
        s->p.now = next->period_end + 2000;
    for (int k = 0; k < 20 && calls(s, false); k++)
        went_back_since(s);
    if (next->state == HELD || next->state == OVER)
        return; /* charges nothing; we end it, or just did */
    if (next->ends) {
        next->state = OVER;
        s->how->changed(&s->p, next);
    } else if (next->n == CHARGES - 1 || rand() % 5 == 0) {
        next->state = OWING;
        s->how->failed(&s->p, next);
    } else {
        charge(s, next);
    }
}

static void something_of(struct story *s, struct sub *sub)
{
    int k = sub->n > 0 ? rand() % sub->n : 0;
    struct charge *c = &sub->charges[k];
    if (sub->state == OFFERED) {
        if (RAW(s->d, "SELECT COUNT(*) FROM purchase_order WHERE number = '%s' AND state = 'pending'", sub->number) > 0)
            charge(s, sub);
    } else if (sub->state == OWING && rand() % 2 == 0) {
        if (sub->n < CHARGES - 1 && rand() % 3 > 0) {
            charge(s, sub); /* it could be taken after all */
        } else {
            sub->state = OVER;
            s->how->changed(&s->p, sub);
        }
    } else if (sub->revised > 0 && sub->state == RUNNING) {
        sub->term = sub->revised; /* its payer agrees */
        sub->revised = 0;
        s->how->changed(&s->p, sub);
    } else if (rand() % 3 == 0 && c->refunded == 0 && c->dispute <= CONTESTED) {
        c->dispute = c->dispute == CALM ? CONTESTED : rand() % 2 == 0 ? UPHELD : TAKEN;
        s->how->disputed(&s->p, sub, k);
    } else if (rand() % 3 == 0 && c->n_backs < BACKS - 4) {
        int64_t left = c->amount - c->refunded;
        struct str key = str_fmt(s->p.arena, "by-hand-%d-%d-%d", sub_index(&s->p, sub), k, c->n_backs);
        if (left > 0)
            (void)book_back(&s->p, sub, k, key, rand() % 3 == 0 ? left : 1 + rand() % left);
    }
}

static void providers_turn(struct story *s)
{
    if (s->book.n == 0)
        return;
    if (rand() % 3 == 0)
        time_passes(s);
    else
        something_of(s, &s->book.subs[rand() % s->book.n]);
    went_back_since(s);
}

/* ---- ours ---- */

/* The other price is announced, and the notice is over. */
static void move_all(struct story *s)
{
    struct step step = {.what = MOVE};
    struct cx *cx = s->d->cx;
    if (!s->moved) {
        s->moved = true;
        cx->now = s->p.now;
        cx->viewer = s->d->owner.id;
        OK_(price_move_plan(cx, s->cheap.id, s->dear.id, 0, &s->move));
        cx->viewer = 0;
        RAW(s->d, "UPDATE price_move SET effective_at = %lld", (long long)s->p.now);
    }
    (void)risks(s, &step);
}

static void number_of(struct story *s, int b)
{
    struct order *list;
    size_t n;
    OK_(order_list(s->d->cx, s->buyers[b], 0, 2, &list, &n));
    if (n > 0)
        s->numbers[b] = str_dup(s->p.arena, list[n - 1].number);
}

static struct str some_paid(struct story *s, int b)
{
    struct order *list;
    size_t n;
    OK_(order_list(s->d->cx, s->buyers[b], 0, 40, &list, &n));
    return n == 0 ? s->numbers[b] : list[(size_t)rand() % n].number;
}

static void our_turn(struct story *s)
{
    int b = rand() % SUBS;
    struct step step = {.buyer = b, .number = s->numbers[b]};
    if (s->numbers[b].n == 0) {
        if (s->moved)
            return; /* that price is offered no more */
        step.what = ORDER;
        (void)risks(s, &step);
        number_of(s, b);
        return;
    }
    s->p.down = rand() % 12 == 0 ? 4 : 0;
    s->p.deaf = rand() % 12 == 0 ? 2 : 0;
    struct sub *sub = book_find(&s->p, s->numbers[b]);
    int dice = rand() % 10;
    if (sub == NULL || sub->state == OFFERED) {
        step.what = dice < 7 ? CHECKOUT : LOOK;
    } else if (dice < 2) {
        step.what = CANCEL;
    } else if (dice < 4) {
        step.what = RESUME;
    } else if (dice < 5) {
        step.what = REFUND;
        step.number = some_paid(s, b);
        step.keeps = rand() % 3 > 0;
        step.amount = rand() % 3 == 0 ? 0 : 1 + rand() % (CHEAP / 3);
    } else if (dice < 6) {
        step.what = LOOK;
    }
    if (dice >= 6 && sub != NULL && sub->state != OFFERED) {
        if (dice == 6)
            move_all(s);
        else
            (void)calls(s, false);
    } else {
        (void)risks(s, &step);
    }
    s->p.down = s->p.deaf = 0;
    went_back_since(s);
}

/* Everything is told and asked once more, and nobody dies. */
static void ends(struct story *s)
{
    struct step look = {.what = LOOK};
    if (s->moved)
        (void)does(s, &(struct step){.what = MOVE}, 0);
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < 40 && calls(s, true); k++)
            went_back_since(s);
        for (int i = 0; i < s->book.n_tales; i++)
            tells(s, i, true);
        for (int b = 0; b < SUBS; b++) {
            look.number = s->numbers[b];
            if (look.number.n > 0)
                (void)does(s, &look, 0);
        }
        s->p.now += 1000;
    }
}

/* ---- what must hold ---- */

static int64_t booked(struct story *s, int64_t order_id, const char *account)
{
    return RAW(s->d, "SELECT COALESCE(SUM(e.amount), 0) FROM txn t JOIN entry e ON e.txn_id = t.id WHERE t.order_id = %lld AND"
                     " e.account = '%s'", (long long)order_id, account);
}

static const char *state_should_be(const struct charge *c)
{
    if (c->dispute == CONTESTED)
        return "disputed";
    if (c->dispute == TAKEN)
        return "lost";
    return c->refunded == 0 ? "paid" : c->refunded < c->amount ? "part_refunded" : "refunded";
}

/* One charge, one order: of that sum, in that state, at a price that was agreed on. */
static void charge_agrees(struct story *s, struct sub *sub, int k)
{
    const struct charge *c = &sub->charges[k];
    const char *ref = str_fmt(s->d->cx->arena, "%s%d", s->how->charge_ref, charge_id(&s->p, sub, k)).p;
    const char *of = str_fmt(s->d->cx->arena, "FROM purchase_order WHERE rail_ref = '%s'", ref).p;
    if (RAW(s->d, "SELECT COUNT(*) %s", of) != 1)
        fail_msg("seed %u: %lld orders of %s", s->seed, (long long)RAW(s->d, "SELECT COUNT(*) %s", of), ref);
    int64_t id = RAW(s->d, "SELECT id %s", of), there = c->dispute == CONTESTED || c->dispute == TAKEN ? 0 : c->amount - c->refunded;
    if (RAW(s->d, "SELECT COUNT(*) %s AND state = '%s'", of, state_should_be(c)) != 1)
        fail_msg("seed %u: %s should be %s", s->seed, ref, state_should_be(c));
    assert_int_equal(RAW(s->d, "SELECT total %s", of), c->amount);
    assert_int_equal(RAW(s->d, "SELECT refunded %s", of), c->refunded);
    if (booked(s, id, str_fmt(s->d->cx->arena, "clearing:%s", s->p.till->name).p) != there)
        fail_msg("seed %u: %s: %lld in the books, %lld there", s->seed, ref,
                 (long long)booked(s, id, str_fmt(s->d->cx->arena, "clearing:%s", s->p.till->name).p), (long long)there);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM member_grant WHERE order_id = %lld AND kind = 'paid'", (long long)id), 1);
}

static void sub_agrees(struct story *s, struct sub *sub, int64_t who)
{
    struct access_pass pass;
    struct cx *cx = s->d->cx;
    static const char *const words[] = {"", "active", "past_due", "active", "ended"};
    const char *ref = str_fmt(cx->arena, "%s%d", s->how->ref, sub_index(&s->p, sub)).p;
    for (int k = 0; k < sub->n; k++)
        charge_agrees(s, sub, k);
    if (sub->state == OFFERED)
        return;
    if (RAW(s->d, "SELECT COUNT(*) FROM rail_subscription WHERE ref = '%s' AND state = '%s' AND (state = 'ended' OR ends_with_term = %d)", ref,
            words[sub->state], sub->ends || sub->state == HELD) != 1)
        fail_msg("seed %u: %s is %s%s there, and otherwise here", s->seed, ref, words[sub->state], sub->ends ? ", and ends" : "");
    struct gate g = {.post_id = 900, .planet_id = s->d->tea.id, .author_id = s->d->owner.id, .kind = GATE_MEMBERS, .rank = 1,
                     .published_at = s->p.now};
    cx->now = s->p.now;
    cx->viewer = who;
    OK_(access_decide(cx, &g, &pass));
    cx->viewer = 0;
    bool all = true, none = true; /* terms that were told late stand one behind the other: between them it isn't said here */
    for (int k = 0; k < sub->n; k++) {
        const struct charge *c = &sub->charges[k];
        all = all && c->refunded == 0 && (c->dispute == CALM || c->dispute == UPHELD);
        none = none && (c->dispute == TAKEN || c->refunded == c->amount);
    }
    if (all && sub->period_end > s->p.now && !access_is_full(&pass))
        fail_msg("seed %u: %s is paid, and its payer is locked out", s->seed, ref);
    if (none && access_is_full(&pass))
        fail_msg("seed %u: all of %s went back, and its payer still reads", s->seed, ref);
}

/* Who goes on pays the new price from now on, or will, or ends. */
static void price_agrees(struct story *s, struct sub *sub)
{
    const char *ref = str_fmt(s->d->cx->arena, "%s%d", s->how->ref, sub_index(&s->p, sub)).p;
    int64_t waits = RAW(s->d, "SELECT COUNT(*) FROM pay_outbox c JOIN rail_subscription r ON r.id = c.subscription_id WHERE r.ref = '%s' AND"
                        " c.step = 'agreed' AND c.state = 'new'", ref);
    bool goes_on = (sub->state == RUNNING || sub->state == OWING) && !sub->ends;
    if (!s->moved || !goes_on)
        return;
    struct subscription here;
    struct str url;
    OK_(subscription_by_ref(s->d->cx, s->d->tea.id, str_c(s->p.till->name), str_c(ref), &here));
    enum err e = rail_agree_of(s->d->cx, &here, &url);
    bool shown = e == OK && str_ends(url, str_fmt(s->d->cx->arena, "=BA-%d", sub_index(&s->p, sub)));
    if (sub->term != s->full_dear && s->how->agrees && !shown)
        fail_msg("seed %u: where its payer agrees to another price of %s isn't said", s->seed, ref);
    if (e == OK && !shown)
        fail_msg("seed %u: %s is no place to agree to %s", s->seed, str_z(s->d->cx->arena, url), ref);
    if (sub->term != s->full_dear && !(s->how->agrees && waits > 0))
        fail_msg("seed %u: %s goes on at %lld", s->seed, ref, (long long)sub->term);
}

static void check_books(struct story *s)
{
    struct ledger_check c;
    struct ledger_grants g;
    int64_t changed, charges = 0;
    for (int i = 0; i < s->book.n; i++)
        charges += s->book.subs[i].n;
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM purchase_order WHERE paid_at IS NOT NULL"), charges);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM unmatched"), 0);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM refund WHERE state IN ('requested', 'sent')"), 0);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM bill WHERE kind = 'invoice' AND corrects IS NULL"), charges);
    OK_(ledger_verify(s->d->cx, s->d->tea.id, &c));
    assert_true(c.ok);
    OK_(grants_rebuild(s->d->cx, s->d->tea.id, &changed));
    assert_int_equal(changed, 0);
    s->d->cx->viewer = s->d->owner.id;
    OK_(ledger_grants(s->d->cx, s->d->tea.id, false, &g));
    s->d->cx->viewer = 0;
    assert_int_equal(g.n_wrong + g.n_missing + g.n_strange + g.n_sums + g.n_older, 0);
    assert_int_equal(s->p.bad, 0);
}

static void prices_of(struct story *s)
{
    static const enum tax_mode modes[] = {TAX_NONE, TAX_INCLUSIVE, TAX_EXCLUSIVE};
    struct cx *cx = s->d->cx;
    struct tax_rule rule = {.planet_id = s->d->tea.id, .mode = modes[rand() % 3],
                            .seller = {STR("Tea GmbH"), STR("Weg 1"), STR("DE"), STR("DE123456789"), STR(""), STR("")}};
    struct tax_rate rate = {.name = STR("VAT"), .ppm = 77000};
    OK_(price_create(cx, s->d->member.id, (struct money){CHEAP, "CNY"}, STR("day"), TERM_DAYS, 0, &s->cheap));
    OK_(price_create(cx, s->d->member.id, (struct money){DEAR, "CNY"}, STR("day"), TERM_DAYS, 0, &s->dear));
    cx->viewer = s->d->owner.id;
    OK_(tax_rule_save(cx, &rule));
    OK_(tax_rate_put(cx, s->d->tea.id, &rate));
    cx->viewer = 0;
    for (int b = 0; b < SUBS; b++)
        s->buyers[b] = person(s->d);
    s->full_dear = DEAR + (rule.mode == TAX_EXCLUSIVE ? (DEAR * 77 + 500) / 1000 : 0);
}

static void tell_a_story(const struct sub_till *how, unsigned seed, int *killed, int *charges)
{
    struct story *s = calloc(1, sizeof *s);
    void *d;
    srand(seed);
    domain_setup(&d);
    s->d = d;
    s->seed = seed;
    s->how = how;
    s->d->store->node.agent = STR("Orrery/0 (test)");
    s->p = (struct provider){.till = how->till, .d = s->d, .arena = arena_new(), .now = s->d->cx->now, .book = &s->book};
    s->p.loopback.arg = &s->p;
    s->p.loopback.serve = how->serve;
    assert_true(loopback_start(&s->p.loopback, "127.0.0.1", 0));
    how->till->connect(&s->p);
    prices_of(s);
    for (int i = 0; i < STEPS; i++) {
        s->p.now += 1000 + rand() % 3000;
        if (rand() % 5 < 2)
            providers_turn(s);
        else if (s->book.n_tales > 0 && rand() % 3 == 0)
            tells(s, rand() % s->book.n_tales, false);
        else
            our_turn(s);
    }
    ends(s);
    for (int b = 0; b < SUBS; b++) {
        struct sub *sub = s->numbers[b].n == 0 ? NULL : book_find(&s->p, s->numbers[b]);
        if (sub == NULL)
            continue;
        sub_agrees(s, sub, s->buyers[b]);
        price_agrees(s, sub);
        *charges += sub->n;
    }
    check_books(s);
    *killed += s->killed;
    loopback_stop(&s->p.loopback);
    if (how->till->end != NULL)
        how->till->end(&s->p);
    arena_free(s->p.arena);
    domain_teardown(&d);
    free(s);
}

static void stories(const struct sub_till *how)
{
    const char *seed = getenv("SEED"), *count = getenv("STORIES"), *rail = getenv("RAIL");
    if (rail != NULL && strcmp(rail, how->till->name) != 0)
        return;
    unsigned first = seed == NULL ? 1 : (unsigned)strtoul(seed, NULL, 10);
    int n = count != NULL ? (int)strtol(count, NULL, 10) : seed != NULL ? 1 : 4, killed = 0, charges = 0;
    for (int i = 0; i < n; i++)
        tell_a_story(how, first + (unsigned)i, &killed, &charges);
    print_message("           %s: %d stories, %d charges, killed %d times\n", how->till->name, n, charges, killed);
    assert_true((killed > 0 && charges > n) || seed != NULL);
}

static void stripe_renews_and_keeps_its_books(void **state)
{
    (void)state;
    stories(&subs_at_stripe);
}

static void paypal_renews_and_keeps_its_books(void **state)
{
    (void)state;
    stories(&subs_at_paypal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stripe_renews_and_keeps_its_books),
        cmocka_unit_test(paypal_renews_and_keeps_its_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
