/* Every rail against a provider that keeps its own books, with the program killed between any two of its steps.
 *
 * A story is a random sequence: orders, checkouts, payments, refunds of ours and by hand, disputes, messages lost,
 * repeated and out of order, questions, cancellations, a provider that is down or whose answer is lost. Each
 * step runs in a process of its own, which dies (SIGKILL) before or after a commit or a request chosen by chance; then the
 * story goes on as life would: the provider tells again, the job calls again. In the end everything is told once
 * more, and the books must say what the provider's say: nothing lost, nothing twice.
 *
 * SEED=n STORIES=n repeat or lengthen it. */
#include <signal.h>
#include <sys/wait.h>

#include "node/money/ledger.h"
#include "node/money/rail_call.h"
#include "node/money/rail_http.h"
#include "node/money/refund.h"
#include "node/planet/access.h"
#include "node/planet/grant.h"
#include "tests/unit/till_alipay.h"
#include "tests/unit/till_stripe.h"
#include "tests/unit/till_wechat.h"

/* ---- death ---- */

/* How many of the moments below this process still sees; then it is gone. 0: it lives. In the child only. */
static int moments;

static void moment(void)
{
    if (moments > 0 && --moments == 0)
        kill(getpid(), SIGKILL);
}

enum err __real_tx_commit(struct cx *cx);
enum err __wrap_tx_commit(struct cx *cx);
enum err __wrap_tx_commit(struct cx *cx)
{
    moment();
    enum err e = __real_tx_commit(cx);
    moment();
    return e;
}

enum err __real_rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret);
enum err __wrap_rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret);
enum err __wrap_rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret)
{
    moment();
    enum err e = __real_rail_http(cx, rq, ret);
    moment();
    return e;
}

/* ---- the story ---- */

enum { TALES = 64, STEPS = 36, MOMENTS = 6, BUYERS = PAYMENTS };

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
};

enum what { ORDER, CHECKOUT, TELL, REFUND, LOOK, CALL, CANCEL };
struct step { enum what what; int buyer; int64_t amount, call; struct tale tale; };

static enum err act(struct cx *cx, struct story *s, const struct step *step)
{
    struct order o;
    struct rail_way way;
    enum order_verdict v;
    struct refund_give give;
    struct refund back;
    const char *rail = s->p.till->name;
    switch (step->what) {
    case ORDER:
        return order_open(cx, s->buyers[step->buyer], s->price.id, rail, &o);
    case CHECKOUT:
        return rail_checkout_at(cx, s->numbers[step->buyer], NULL, &way);
    case TELL:
        return rail_receive(cx, str_c(rail), s->d->tea.id, step->tale.body, STR_NULL, step->tale.headers, step->tale.n_headers, &v);
    case REFUND:
        give = (struct refund_give){.number = s->numbers[step->buyer], .amount = step->amount, .keeps = true, .words = STR("")};
        TRY(refund_give(cx, &give, &back));
        return rail_call_make(cx, back.call_id);
    case LOOK:
        return rail_look(cx, s->numbers[step->buyer]);
    case CALL:
        return rail_call_make(cx, step->call);
    case CANCEL:
        return order_cancel(cx, s->numbers[step->buyer]);
    }
    return ERR_INTERNAL;
}

/* In a process of its own. True: it came to its end. */
static bool does(struct story *s, const struct step *step, int die_at)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct node *node = &s->d->store->node;
        if (db_open(s->d->store->path, db_migrations, &node->db) != OK)
            _exit(99);
        struct cx *cx = cx_new(node);
        cx->now = s->p.now;
        moments = die_at;
        enum err e = act(cx, s, step);
        if (e == ERR_INTERNAL)
            fprintf(stderr, "%s: step %d: %s\n", s->p.till->name, (int)step->what, cx->fail == NULL ? "?" : cx->fail);
        _exit(e == ERR_INTERNAL ? 98 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && die_at > 0) {
        s->killed++;
        return false;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("seed %u: a step ended with %x", s->seed, (unsigned)status);
    return true;
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
    struct step step = {.what = TELL, .tale = {.body = s->tales[i]}};
    s->p.till->sign(&s->p, &step.tale);
    return safely ? does(s, &step, 0) : risks(s, &step);
}

/* Refunds that we asked for are told like any other. */
static void tell_of_refunds(struct story *s)
{
    for (int i = 0; i < s->p.n; i++)
        while (s->told_backs[i] < s->p.payments[i].n_backs)
            happened(s, i, s->told_backs[i]++);
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
        if (pay->closed)
            return; /* nobody can pay what is closed there */
        pay->paid = true;
        pay->changed = p->now;
        happened(s, i, -1);
    } else if (p->till->disputes && pay->refunded == 0 && pay->dispute <= DISPUTED && rand() % 2 == 0) {
        pay->dispute = pay->dispute == QUIET ? DISPUTED : rand() % 2 == 0 ? WON : LOST;
        pay->changed = p->now;
        happened(s, i, -1);
    } else if (p->till->refunds_by_hand && pay->n_backs < BACKS - 4) {
        int64_t left = pay->total - pay->refunded;
        int back = left == 0 ? -1 : till_back(p, pay, STR_NULL, rand() % 3 == 0 ? left : 1 + rand() % left);
        if (back >= 0)
            tell_of_refunds(s);
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
        step.amount = rand() % 3 == 0 ? 0 : 1 + rand() % (TOTAL / 3);
        break;
    case 5:
        step.what = rand() % 4 == 0 ? CANCEL : LOOK;
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
    tell_of_refunds(s);
}

/* Everything is told and asked once more, and nobody dies. */
static void ends(struct story *s)
{
    for (int round = 0; round < 2; round++) {
        for (int k = 0; k < 20 && calls(s, true); k++)
            tell_of_refunds(s);
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

static void check_order(struct story *s, int b)
{
    struct cx *cx = s->d->cx;
    struct order o;
    struct access_pass pass;
    struct payment *pay = till_find(&s->p, s->numbers[b]);
    const char *state = state_should_be(pay);
    OK_(order_by_number(cx, s->numbers[b], &o));
    if (state != NULL ? !str_eq_c(o.state, state)
                      : !str_eq_c(o.state, "new") && !str_eq_c(o.state, "pending") && !str_eq_c(o.state, "cancelled") && !str_eq_c(o.state, "expired"))
        fail_msg("seed %u: order %d is " STR_FMT ", at the provider %s", s->seed, b, STR_ARG(o.state), state == NULL ? "not paid" : state);
    int64_t back = pay == NULL ? 0 : pay->refunded, total = state == NULL ? 0 : pay->total;
    if (o.refunded != back)
        fail_msg("seed %u: order %d: %lld given back here, %lld there", s->seed, b, (long long)o.refunded, (long long)back);
    int64_t there = state == NULL || pay->dispute == DISPUTED || pay->dispute == LOST ? 0 : total - back;
    if (booked(s, o.id, str_fmt(cx->arena, "clearing:%s", s->p.till->name).p) != there)
        fail_msg("seed %u: order %d (" STR_FMT "): %lld in the books, %lld there", s->seed, b, STR_ARG(o.state),
                 (long long)booked(s, o.id, str_fmt(cx->arena, "clearing:%s", s->p.till->name).p), (long long)there);
    assert_int_equal(booked(s, o.id, "revenue:membership"), -total);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM member_grant WHERE order_id = %lld", (long long)o.id), state != NULL);

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
    int64_t changed;
    OK_(ledger_verify(s->d->cx, s->d->tea.id, &c));
    if (!c.ok)
        fail_msg("seed %u: %s at %lld", s->seed, c.what, (long long)c.bad_seq);
    OK_(grants_rebuild(s->d->cx, s->d->tea.id, &changed));
    assert_int_equal(changed, 0);
    assert_int_equal(RAW(s->d, "SELECT COUNT(*) FROM unmatched"), 0);
    assert_int_equal(s->p.bad, 0);
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
    OK_(price_create(s->d->cx, s->d->member.id, (struct money){TOTAL, "CNY"}, STR("year"), 1, 0, &s->price));
    for (int b = 0; b < BUYERS; b++)
        s->buyers[b] = person(s->d);
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
            check_order(s, b);
    check_refunds(s);
    check_books(s);
    *killed += s->killed;
    loopback_stop(&s->p.loopback);
    crypt_key_free(s->p.key);
    arena_free(s->p.arena);
    domain_teardown(&d);
    free(s);
}

static void stories(const struct till *till)
{
    const char *seed = getenv("SEED"), *count = getenv("STORIES");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stripe_keeps_its_books),
        cmocka_unit_test(wechat_keeps_its_books),
        cmocka_unit_test(alipay_keeps_its_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
