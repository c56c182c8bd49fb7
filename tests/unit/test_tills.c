/* Every rail against a provider that keeps its own books, with the program killed between any two of its steps.
 *
 * A story is a random sequence: orders, checkouts, payments, refunds of ours and by hand, disputes, messages lost,
 * repeated and out of order, questions, cancellations, a provider that is down or whose answer is lost. Each
 * step runs in a process of its own, which dies (SIGKILL) before or after a commit or a request chosen by chance; then the
 * story goes on as life would: the provider tells again, the job calls again. In the end everything is told once
 * more, and the books must say what the provider's say: nothing lost, nothing twice.
 *
 * SEED=n STORIES=n RAIL=name repeat, lengthen or narrow it. */
#include "node/money/coupon.h"
#include "node/money/credit.h"
#include "node/money/ledger.h"
#include "node/money/rail_call.h"
#include "node/money/rail_http.h"
#include "node/money/refund.h"
#include "node/money/tax.h"
#include "node/planet/access.h"
#include "node/planet/grant.h"
#include "tests/unit/till_alipay.h"
#include "tests/unit/till_btcpay.h"
#include "tests/unit/till_death.h"
#include "tests/unit/till_fake.h"
#include "tests/unit/till_paypal.h"
#include "tests/unit/till_stripe.h"
#include "tests/unit/till_transfer.h"
#include "tests/unit/till_wechat.h"

/* ---- the story ---- */

enum { TALES = 64, STEPS = 36, MOMENTS = 6, BUYERS = PAYMENTS, LIST = 9900, CREDIT = 1500 };

struct story {
    struct domain *d;
    struct provider p;
    struct price price;
    unsigned seed;
    int n_ids, killed;
    int64_t buyers[BUYERS];
    struct str numbers[BUYERS];          /* of their orders; STR_NULL: none yet */
    struct str tales[TALES];             /* bodies of what was told so far */
    int n_tales, told_backs[PAYMENTS];
    bool told_paid[PAYMENTS], coupons[BUYERS]; /* coupons: who orders with one */
};

enum what { ORDER, CHECKOUT, TELL, REFUND, LOOK, CALL, CANCEL, DECIDE };
struct step { enum what what; int buyer; int64_t amount, call; struct tale tale; };

static enum err act(struct cx *cx, struct story *s, const struct step *step)
{
    struct order o;
    struct rail_way way;
    enum order_verdict v;
    struct refund_give give;
    struct refund back;
    const char *rail = s->p.till->name;
    const struct order_ask ask = {.account_id = s->buyers[step->buyer], .price_id = s->price.id, .rail = rail,
                                  .coupon = s->coupons[step->buyer] ? STR("THIRD") : STR_NULL};
    const struct transfer_decision d = {.number = step->tale.body, .confirm = step->amount == 0, .anyway = true, .amount = STR(""),
                                        .bank_ref = STR(""), .reason = STR("")};
    const struct transfer_say say = {.number = s->numbers[step->buyer], .payer = STR("Ann"), .bank_ref = STR("")};
    enum transfer_outcome outcome;
    switch (step->what) {
    case ORDER:
        return order_place(cx, &ask, &o);
    case CHECKOUT:
        return rail_checkout_at(cx, s->numbers[step->buyer], NULL, &way);
    case TELL:
        return rail_receive(cx, str_c(rail), s->d->tea.id, step->tale.body, step->tale.signature, step->tale.headers, step->tale.n_headers, &v);
    case REFUND:
        give = (struct refund_give){.number = s->numbers[step->buyer], .amount = step->amount, .keeps = true, .words = STR(""),
                                    .by_hand = s->p.till->by_hand};
        TRY(refund_give(cx, &give, &back));
        return back.call_id == DB_NULL ? OK : rail_call_make(cx, back.call_id);
    case LOOK:
        return s->p.till->by_hand ? transfer_say(cx, &say) : rail_look(cx, s->numbers[step->buyer]);
    case DECIDE:
        cx->viewer = s->d->owner.id;
        return transfer_decide(cx, s->d->tea.id, &d, &outcome);
    case CALL:
        return rail_call_make(cx, step->call);
    case CANCEL:
        return order_cancel(cx, s->numbers[step->buyer]);
    }
    return ERR_INTERNAL;
}

struct doing { struct story *s; const struct step *step; };

static enum err do_step(struct cx *cx, void *arg)
{
    struct doing *d = arg;
    return act(cx, d->s, d->step);
}

/* In a process of its own. True: it came to its end. */
static bool does(struct story *s, const struct step *step, int die_at)
{
    return death_of(s->d, s->seed, do_step, &(struct doing){s, step}, s->p.now, die_at, &s->killed);
}

/* Dies half of the time, at a moment that it may not live to see. */
static bool risks(struct story *s, const struct step *step)
{
    return does(s, step, rand() % 3 == 0 ? 0 : 1 + rand() % MOMENTS);
}

/* What the provider has to tell from now on: as it stands at this moment. */
static void happened(struct story *s, int payment, int back)
{
    struct payment *pay = &s->p.payments[payment];
    assert_true(s->n_tales < TALES);
    int id = s->n_ids++;
    s->tales[s->n_tales++] = s->p.till->body(&s->p, pay, back, id);
}

static bool tells(struct story *s, int i, bool safely)
{
    struct step step = {.what = s->p.till->by_hand ? DECIDE : TELL, .tale = {.body = s->tales[i]}};
    if (s->p.till->sign != NULL)
        s->p.till->sign(&s->p, &step.tale);
    return safely ? does(s, &step, 0) : risks(s, &step);
}

/* Where nobody is called, what we wrote down as done is what was done. */
static void done_in_silence(struct story *s)
{
    struct provider *p = &s->p;
    for (int b = 0; b < BUYERS && p->till->silent; b++) {
        const char *of = str_fmt(s->d->cx->arena, "FROM purchase_order o WHERE o.number = '" STR_FMT "'", STR_ARG(s->numbers[b])).p;
        if (s->numbers[b].n == 0 || (till_find(p, s->numbers[b]) == NULL && RAW(s->d, "SELECT COUNT(*) %s AND o.state = 'pending'", of) == 0))
            continue;
        struct payment *pay = till_open(p, s->numbers[b], RAW(s->d, "SELECT o.total %s", of));
        const char *ours = str_fmt(s->d->cx->arena, "FROM refund r JOIN purchase_order o ON o.id = r.order_id LEFT JOIN pay_outbox c ON c.id ="
                                   " r.call_id WHERE o.number = '" STR_FMT "' AND (r.by_hand = 1 OR c.state = 'done') AND r.kind <> 'rail'",
                                   STR_ARG(s->numbers[b])).p;
        int64_t id = 0;
        while (RAW(s->d, "SELECT COUNT(*) %s AND r.id > %lld", ours, (long long)id) > 0) {
            id = RAW(s->d, "SELECT MIN(r.id) %s AND r.id > %lld", ours, (long long)id);
            int64_t amount = RAW(s->d, "SELECT r.amount FROM refund r WHERE r.id = %lld", (long long)id);
            if (till_back(p, pay, str_fmt(p->arena, "%lld", (long long)id), amount) < 0)
                till_oops(p, "more went back than there was");
        }
    }
}

/* What we asked for is told like anything else. */
static void tell_of_ours(struct story *s)
{
    done_in_silence(s);
    for (int i = 0; i < s->p.n; i++) {
        if (s->p.till->captures && s->p.payments[i].paid && !s->told_paid[i]) {
            s->told_paid[i] = true;
            happened(s, i, -1);
        }
        while (!s->p.till->mute && s->told_backs[i] < s->p.payments[i].n_backs)
            happened(s, i, s->told_backs[i]++);
    }
}

/* The provider's side: something happens to one of its payments. */
static void providers_turn(struct story *s)
{
    struct provider *p = &s->p;
    if (p->n == 0)
        return;
    int i = rand() % p->n;
    struct payment *pay = &p->payments[i];
    if (!pay->paid) {
        if (pay->closed || pay->approved)
            return; /* nobody can pay what is closed there */
        /* Nor by an address that nobody was given: it would be asked for anew. */
        if (p->till->takes_back && RAW(s->d, "SELECT COUNT(*) FROM purchase_order WHERE number = '%s' AND state = 'new'", pay->number) > 0)
            return;
        pay->paid = !p->till->captures;
        pay->approved = true;
        pay->changed = p->now;
        happened(s, i, -1);
    } else if (p->till->disputes && pay->refunded == 0 && pay->dispute <= DISPUTED && rand() % 2 == 0) {
        pay->dispute = p->till->takes_back ? LOST : pay->dispute == QUIET ? DISPUTED : rand() % 2 == 0 ? WON : LOST;
        pay->changed = p->now;
        happened(s, i, -1);
    } else if (p->till->refunds_by_hand && pay->n_backs < BACKS - 4) {
        int64_t left = pay->total - pay->refunded;
        int back = left == 0 ? -1 : till_back(p, pay, STR_NULL, rand() % 3 == 0 ? left : 1 + rand() % left);
        if (back >= 0)
            tell_of_ours(s);
    }
}

static void number_of(struct story *s, int buyer)
{
    struct cx *cx = s->d->cx;
    struct order *list;
    size_t n;
    OK_(order_list(cx, s->buyers[buyer], 0, 2, &list, &n));
    assert_true(n <= 1); /* killed or not: one order */
    if (n == 1)
        s->numbers[buyer] = list[0].number;
}

/* As the job would, a minute later. False: nothing is to be called. */
static bool calls(struct story *s, bool safely)
{
    struct step step = {.what = CALL};
    int64_t n = RAW(s->d, "SELECT COUNT(*) FROM pay_outbox WHERE state IN ('new', 'calling')");
    if (n == 0)
        return false;
    step.call = RAW(s->d, "SELECT MIN(id) FROM pay_outbox WHERE state IN ('new', 'calling')");
    s->p.now += 61000; /* the lease of whoever died is over */
    if (safely)
        does(s, &step, 0);
    else
        risks(s, &step);
    return true;
}

static void our_turn(struct story *s)
{
    int b = rand() % BUYERS;
    struct step step = {.buyer = b};
    if (s->numbers[b].n == 0) {
        step.what = ORDER;
        risks(s, &step);
        number_of(s, b);
        return;
    }
    s->p.down = rand() % 12 == 0 ? 4 : 0; /* the adapters ask up to three times */
    s->p.deaf = rand() % 12 == 0 ? 2 : 0;
    switch (rand() % 8) {
    case 0: case 1: case 2:
        step.what = CHECKOUT;
        break;
    case 3: case 4:
        step.what = REFUND;
        step.amount = rand() % 3 == 0 ? 0 : 1 + rand() % (LIST / 3);
        break;
    case 5:
        step.what = rand() % 4 == 0 ? CANCEL : LOOK;
        break;
    case 6:
        step.what = s->p.till->by_hand ? DECIDE : LOOK; /* the owner didn't find it */
        step.amount = 1;
        step.tale.body = s->numbers[b];
        break;
    default:
        step.what = LOOK;
        if (calls(s, false))
            step.what = ORDER; /* done */
        break;
    }
    if (step.what != ORDER)
        risks(s, &step);
    s->p.down = s->p.deaf = 0;
    tell_of_ours(s);
}

/* Everything is told and asked once more, and nobody dies. */
static void ends(struct story *s)
{
    for (int round = 0; round < 2; round++) {
        for (int k = 0; k < 20 && calls(s, true); k++)
            tell_of_ours(s);
        for (int i = 0; i < s->n_tales; i++)
            tells(s, i, true);
        for (int b = 0; b < BUYERS; b++)
            if (s->numbers[b].n > 0 && s->p.till->asks)
                does(s, &(struct step){.what = LOOK, .buyer = b}, 0);
        s->p.now += 1000;
    }
}

/* ---- what must hold ---- */

static const char *state_should_be(const struct payment *pay)
{
    if (pay == NULL || !pay->paid)
        return NULL; /* any in which nothing was paid */
    if (pay->dispute == DISPUTED)
        return "disputed";
    if (pay->dispute == LOST)
        return "lost";
    return pay->refunded == 0 ? "paid" : pay->refunded < pay->total ? "part_refunded" : "refunded";
}

static int64_t booked(struct story *s, int64_t order_id, const char *account)
{
    return RAW(s->d, "SELECT COALESCE(SUM(e.amount), 0) FROM txn t JOIN entry e ON e.txn_id = t.id WHERE t.order_id = %lld AND"
                     " e.account = '%s'", (long long)order_id, account);
}

/* Invoice less credit notes is what stayed, and their tax is what the books owe. */
static void check_bills(struct story *s, const struct order *o, const char *state, int64_t there, int64_t credit)
{
    long long id = (long long)o->id;
    bool disputed = state != NULL && strcmp(state, "disputed") == 0;
    int64_t kept = disputed ? o->total.minor - o->refunded : there;
    if (credit > 0)
        kept += RAW(s->d, "SELECT COUNT(*) FROM credit_use WHERE order_id = %lld AND returned_at IS NULL", id) * credit;
    int64_t billed = RAW(s->d, "SELECT COALESCE(SUM(total), 0) FROM bill WHERE order_id = %lld", id);
    int64_t tax = RAW(s->d, "SELECT COALESCE(SUM(tax), 0) FROM bill WHERE order_id = %lld", id);
    if (billed != kept)
        fail_msg("seed %u: order " STR_FMT " (" STR_FMT "): billed %lld, kept %lld", s->seed, STR_ARG(o->number), STR_ARG(o->state),
                 (long long)billed, (long long)kept);
    if (tax != -booked(s, o->id, "tax_payable"))
        fail_msg("seed %u: order " STR_FMT " (" STR_FMT "): tax %lld on bills, %lld in the books", s->seed, STR_ARG(o->number),
                 STR_ARG(o->state), (long long)tax, (long long)-booked(s, o->id, "tax_payable"));
    if (!disputed)
        assert_int_equal(tax - billed, booked(s, o->id, "revenue:membership") + booked(s, o->id, "refunds") + booked(s, o->id, "disputes"));
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM bill WHERE kind = 'invoice' AND corrects IS NULL AND order_id = %lld", id), state != NULL);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM bill b WHERE order_id = %lld AND (CASE WHEN contained = 1 THEN total ELSE net END) <>"
                               " (SELECT SUM(amount) FROM bill_line l WHERE l.bill_id = b.id)", id), 0);
}

static void order_agrees(struct story *s, int b)
{
    struct cx *cx = s->d->cx;
    struct order o;
    struct access_pass pass;
    struct payment *pay = till_find(&s->p, s->numbers[b]);
    OK_(order_by_number(cx, s->numbers[b], &o));
    /* What turned out to be no payment before it was heard of never was one. */
    bool never = pay != NULL && s->p.till->takes_back && pay->dispute == LOST && o.paid_at == DB_NULL;
    const char *state = never ? NULL : state_should_be(pay);
    if (state != NULL ? !str_eq_c(o.state, state)
                      : !str_eq_c(o.state, "new") && !str_eq_c(o.state, "pending") && !str_eq_c(o.state, "cancelled") && !str_eq_c(o.state, "expired") && !(never && str_eq_c(o.state, "failed")))
        fail_msg("seed %u: order %d is " STR_FMT ", at the provider %s", s->seed, b, STR_ARG(o.state), state == NULL ? "not paid" : state);
    int64_t back = pay == NULL ? 0 : pay->refunded, total = state == NULL ? 0 : pay->total;
    if (pay != NULL && o.total.minor != pay->total)
        fail_msg("seed %u: order %d costs %lld here, %lld there", s->seed, b, (long long)o.total.minor, (long long)pay->total);
    if (o.refunded != back)
        fail_msg("seed %u: order %d: %lld given back here, %lld there", s->seed, b, (long long)o.refunded, (long long)back);
    int64_t there = state == NULL || pay->dispute == DISPUTED || pay->dispute == LOST ? 0 : total - back;
    int64_t here = booked(s, o.id, str_fmt(cx->arena, "clearing:%s", s->p.till->name).p) + booked(s, o.id, "clearing:hand") +
                   booked(s, o.id, "rounding");
    if (here != there)
        fail_msg("seed %u: order %d (" STR_FMT "): %lld in the books, %lld there", s->seed, b, STR_ARG(o.state), (long long)here,
                 (long long)there);
    int64_t credit = state == NULL ? 0 : RAW(s->d, "SELECT COALESCE(SUM(amount), 0) FROM credit_use WHERE order_id = %lld", (long long)o.id);
    assert_int_equal(booked(s, o.id, "revenue:membership"), (state == NULL ? 0 : o.tax) - total - credit);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM member_grant WHERE order_id = %lld AND kind = 'paid'", (long long)o.id), state != NULL);
    check_bills(s, &o, state, there, credit);

    struct gate g = {.post_id = 900, .planet_id = s->d->tea.id, .author_id = s->d->owner.id, .kind = GATE_MEMBERS, .rank = 1,
                     .published_at = s->p.now};
    cx->now = s->p.now;
    cx->viewer = s->buyers[b];
    OK_(access_decide(cx, &g, &pass));
    cx->viewer = 0;
    bool should = state != NULL && (strcmp(state, "paid") == 0 || strcmp(state, "part_refunded") == 0);
    if (access_is_full(&pass) != should)
        fail_msg("seed %u: order %d is " STR_FMT ", and its buyer %s", s->seed, b, STR_ARG(o.state), should ? "is locked out" : "still reads");
}

/* Money went back once for each call of ours that was written down, and for nothing else. */
static void check_refunds(struct story *s)
{
    /* Each refund that was sent has arrived or failed. */
    if (RAW(s->d, "SELECT COUNT(*) FROM refund WHERE state IN ('requested', 'sent')") != 0)
        fail_msg("seed %u: a refund is said to be under way for ever", s->seed);
    if (s->p.till->silent)
        return; /* what we did is all that was done */
    int64_t ours = 0, calls_done = RAW(s->d, "SELECT COALESCE(SUM(amount), 0) FROM pay_outbox WHERE step = 'refund' AND state = 'done'");
    for (int i = 0; i < s->p.n; i++)
        for (int b = 0; b < s->p.payments[i].n_backs; b++)
            if (strncmp(s->p.payments[i].backs[b].key, "by-hand", 7) != 0)
                ours += s->p.payments[i].backs[b].amount;
    assert_int_equal(ours, calls_done);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM purchase_order o WHERE o.refunded <> (SELECT COALESCE(SUM(r.amount), 0) FROM"
                               " refund r WHERE r.order_id = o.id AND r.state = 'succeeded')"), 0);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM pay_outbox WHERE state IN ('new', 'calling')"), 0);
}

static void check_books(struct story *s)
{
    struct ledger_check c;
    struct ledger_grants g;
    int64_t changed;
    OK_(ledger_verify(s->d->cx, s->d->tea.id, &c));
    if (!c.ok)
        fail_msg("seed %u: %s at %lld", s->seed, c.what, (long long)c.bad_seq);
    OK_(grants_rebuild(s->d->cx, s->d->tea.id, &changed));
    assert_int_equal(changed, 0);
    s->d->cx->viewer = s->d->owner.id;
    OK_(ledger_grants(s->d->cx, s->d->tea.id, false, &g));
    s->d->cx->viewer = 0;
    if (g.n_wrong + g.n_missing + g.n_strange + g.n_sums + g.n_older != 0)
        fail_msg("seed %u: the ledger says otherwise of %lld grants, lacks %lld, knows nothing of %lld, %lld sums", s->seed,
                 (long long)g.n_wrong, (long long)g.n_missing, (long long)(g.n_strange + g.n_older), (long long)g.n_sums);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM (SELECT kind, year FROM bill GROUP BY kind, year HAVING COUNT(*) <> MAX(seq) OR"
                               " MIN(seq) <> 1 OR COUNT(DISTINCT seq) <> COUNT(*)) AS x"), 0);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM member_credit m WHERE m.amount <> (SELECT -SUM(e.amount) FROM entry e WHERE e.account ="
                               " 'member_credit:' || m.account_id)"), 0);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM unmatched"), 0);
    assert_int_equal(s->p.bad, 0);
}

static void give_credit(struct story *s, int64_t who)
{
    struct cx *cx = s->d->cx;
    struct entry e[2] = {{.account = STR("referral_cost"), .cur = "CNY", .amount = CREDIT},
                         {.account = credit_account(cx, who), .cur = "CNY", .amount = -CREDIT}};
    struct txn t = {.planet_id = s->d->tea.id, .kind = STR("grant"), .order_id = DB_NULL, .grant_id = DB_NULL,
                    .rail_event_id = DB_NULL, .reverses = DB_NULL, .memo = STR("test"), .entries = e, .n_entries = 2};
    OK_(tx_begin(cx));
    OK_(ledger_post(cx, &t));
    OK_(credit_add(cx, s->d->tea.id, who, (struct money){CREDIT, "CNY"}));
    OK_(tx_commit(cx));
}

/* What a story's orders cost: a tax or none, some with a coupon, some partly by credit. */
static void prices_of(struct story *s)
{
    static const enum tax_mode modes[] = {TAX_NONE, TAX_INCLUSIVE, TAX_EXCLUSIVE};
    struct cx *cx = s->d->cx;
    struct tax_rule rule = {.planet_id = s->d->tea.id, .mode = modes[rand() % 3],
                            .seller = {STR("Tea GmbH"), STR("Weg 1"), STR("DE"), STR("DE123456789"), STR(""), STR("")}};
    struct tax_rate rate = {.name = STR("VAT"), .ppm = 77000};
    struct coupon third = {.code = STR("THIRD"), .percent_bp = 3333, .periods = 1, .total_max = DB_NULL, .account_max = 1,
                           .expires_at = DB_NULL}, made;
    OK_(price_create(cx, s->d->member.id, (struct money){LIST, "CNY"}, STR("year"), 1, 0, &s->price));
    cx->viewer = s->d->owner.id;
    OK_(tax_rule_save(cx, &rule));
    OK_(tax_rate_put(cx, s->d->tea.id, &rate));
    OK_(coupon_create(cx, s->d->tea.id, &third, &made));
    cx->viewer = 0;
    for (int b = 0; b < BUYERS; b++) {
        s->buyers[b] = person(s->d);
        s->coupons[b] = rand() % 3 == 0;
        if (rand() % 3 == 0)
            give_credit(s, s->buyers[b]);
    }
}

static void tell_a_story(const struct till *till, unsigned seed, int *killed)
{
    struct story *s = calloc(1, sizeof *s);
    void *d;
    srand(seed);
    domain_setup(&d);
    s->d = d;
    s->seed = seed;
    s->d->store->node.agent = STR("Orrery/0 (test)");
    s->p = (struct provider){.till = till, .d = s->d, .arena = arena_new(), .now = s->d->cx->now};
    s->p.loopback.arg = &s->p;
    s->p.loopback.serve = till->serve;
    OK_(crypt_key_generate(CRYPT_RSA, &s->p.key));
    assert_true(loopback_start(&s->p.loopback, "127.0.0.1", 0));
    till->connect(&s->p);
    prices_of(s);
    for (int i = 0; i < STEPS; i++) {
        s->p.now += 1000 + rand() % 3000;
        if (rand() % 3 == 0)
            providers_turn(s);
        else if (s->n_tales > 0 && rand() % 3 == 0)
            tells(s, rand() % s->n_tales, false);
        else
            our_turn(s);
    }
    ends(s);
    for (int b = 0; b < BUYERS; b++)
        if (s->numbers[b].n > 0)
            order_agrees(s, b);
    check_refunds(s);
    check_books(s);
    *killed += s->killed;
    loopback_stop(&s->p.loopback);
    if (till->end != NULL)
        till->end(&s->p);
    crypt_key_free(s->p.key);
    arena_free(s->p.arena);
    domain_teardown(&d);
    free(s);
}

static void stories(const struct till *till)
{
    const char *seed = getenv("SEED"), *count = getenv("STORIES"), *rail = getenv("RAIL");
    if (rail != NULL && strcmp(rail, till->name) != 0)
        return;
    unsigned first = seed == NULL ? 1 : (unsigned)strtoul(seed, NULL, 10);
    int n = count != NULL ? (int)strtol(count, NULL, 10) : seed != NULL ? 1 : 3, killed = 0;
    for (int i = 0; i < n; i++)
        tell_a_story(till, first + (unsigned)i, &killed);
    print_message("           %s: %d stories, killed %d times\n", till->name, n, killed);
    assert_true(killed > 0 || seed != NULL);
}

static void stripe_keeps_its_books(void **state)
{
    (void)state;
    stories(&till_stripe);
}

static void wechat_keeps_its_books(void **state)
{
    (void)state;
    stories(&till_wechat);
}

static void alipay_keeps_its_books(void **state)
{
    (void)state;
    stories(&till_alipay);
}

static void paypal_keeps_its_books(void **state)
{
    (void)state;
    stories(&till_paypal);
}

static void btcpay_keeps_its_books(void **state)
{
    (void)state;
    stories(&till_btcpay);
}

static void the_practice_till_keeps_its_books(void **state)
{
    (void)state;
    stories(&till_fake);
}

static void transfers_keep_their_books(void **state)
{
    (void)state;
    stories(&till_transfer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stripe_keeps_its_books),
        cmocka_unit_test(wechat_keeps_its_books),
        cmocka_unit_test(alipay_keeps_its_books),
        cmocka_unit_test(paypal_keeps_its_books),
        cmocka_unit_test(btcpay_keeps_its_books),
        cmocka_unit_test(the_practice_till_keeps_its_books),
        cmocka_unit_test(transfers_keep_their_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
