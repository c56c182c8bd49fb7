/* What providers told is emptied when it is old and settled; nothing else is. */
#include "tests/unit/domain_fixture.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/forget.h"
#include "node/money/ledger.h"
#include "node/money/rail.h"
#include "node/money/rail_call.h"
#include "node/money/refund.h"
#include "node/money/transfer.h"
#include "node/money/tray.h"
#include "node/settings.h"

static struct order ordered(struct domain *d)
{
    struct order o;
    struct rail_way way;
    d->cx->now += MS_MINUTE;
    OK_(order_open(d->cx, person(d), d->month.id, "fake", &o));
    OK_(rail_checkout_at(d->cx, o.number, NULL, &way));
    return o;
}

static void told(struct domain *d, struct str number, const char *event, int64_t amount, struct str *ret_body, struct str *ret_sig)
{
    d->cx->now += MS_SECOND;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, STR("CNY"), ret_body, ret_sig));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, *ret_body, *ret_sig, NULL, 0, NULL));
}

static void happens(struct domain *d, struct str number, const char *event, int64_t amount)
{
    struct str body, sig;
    told(d, number, event, amount, &body, &sig);
}

static void run(struct domain *d)
{
    bool more;
    OK_(forget_due(d->cx, &more));
    assert_false(more);
}

static int64_t bodies(struct domain *d)
{
    return raw(d, "SELECT COUNT(*) FROM rail_event WHERE length(body) > 0");
}

/* Of this order's entries in the books. */
static int64_t bodies_of(struct domain *d, const struct order *o)
{
    return RAW(d, "SELECT COUNT(*) FROM rail_event WHERE length(body) > 0 AND id IN (SELECT rail_event_id FROM txn WHERE order_id = %lld)",
               (long long)o->id);
}

static int64_t left(struct domain *d)
{
    return raw(d, "SELECT COUNT(*) FROM forget_left");
}

static void what_is_settled_is_emptied_in_time(void **state)
{
    struct domain *d = *state;
    struct str body, sig;
    struct ledger_check c;
    enum order_verdict verdict;
    int64_t changed;
    struct order o = ordered(d);
    told(d, o.number, "paid", 3000, &body, &sig);
    int64_t came = d->cx->now, events = raw(d, "SELECT COUNT(*) FROM rail_event");
    assert_int_equal(bodies(d), events);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE answer IS NOT NULL"), 1);
    d->cx->now = came + 180 * MS_DAY - 1;
    run(d);
    assert_int_equal(bodies(d), events);
    d->cx->now = came + 180 * MS_DAY;
    run(d);
    assert_int_equal(bodies(d), 0);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE answer IS NOT NULL OR last_error IS NOT NULL"), 0);
    assert_int_equal(left(d), 0);
    /* the same message once more is one that was heard */
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, sig, NULL, 0, &verdict));
    assert_int_equal(verdict, ORDER_RECORDED);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM rail_event"), events);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM txn"), 1);
    assert_int_equal(bodies(d), 0);
    /* and the books say what they said */
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
}

static void the_term_is_the_nodes(void **state)
{
    struct domain *d = *state;
    struct order o = ordered(d);
    happens(d, o.number, "paid", 3000);
    assert_int_equal(setting_set(d->cx, STR("pay.forget_days"), STR("29")), ERR_INVALID);
    assert_int_equal(setting_set(d->cx, STR("pay.forget_days"), STR("soon")), ERR_INVALID);
    OK_(setting_set(d->cx, STR("pay.forget_days"), STR("0")));
    d->cx->now += 1000 * MS_DAY;
    run(d);
    assert_true(bodies(d) > 0);
    d->cx->now -= 970 * MS_DAY;
    OK_(setting_set(d->cx, STR("pay.forget_days"), STR("30")));
    run(d);
    assert_int_equal(bodies(d), 0);
}

static void what_is_not_settled_is_kept(void **state)
{
    struct domain *d = *state;
    struct unmatched *items;
    size_t n;
    struct order disputed = ordered(d), wrong = ordered(d), fine = ordered(d), back = ordered(d);
    happens(d, disputed.number, "paid", 3000);
    happens(d, disputed.number, "dispute", 3000);
    happens(d, wrong.number, "paid", 2999);
    happens(d, fine.number, "paid", 3000);
    happens(d, back.number, "paid", 3000);
    RAW(d, "INSERT INTO refund (id, planet_id, order_id, account_id, kind, state, amount, ends, by_hand, asked, said, why, created_at)"
           " VALUES (1, %lld, %lld, %lld, 'asked', 'requested', 3000, 1, 0, '', '', '', %lld)", (long long)d->tea.id, (long long)back.id,
        (long long)back.account_id, (long long)d->cx->now);
    d->cx->now += 400 * MS_DAY;
    run(d);
    assert_int_equal(bodies_of(d, &fine), 0);
    assert_int_equal(bodies_of(d, &back), 1);
    assert_int_equal(bodies_of(d, &disputed), 2);
    assert_int_equal(bodies(d), 4); /* and that in the tray */
    assert_int_equal(left(d), 4);
    run(d);
    assert_int_equal(bodies(d), 4);
    /* settled: the dispute's and the refund's at once, since they are old; the tray's after a term of its own */
    happens(d, disputed.number, "dispute_won", 3000);
    raw(d, "UPDATE refund SET state = 'declined'");
    OK_(unmatched_list(d->cx, d->tea.id, 0, 100, &items, &n));
    assert_int_equal(n, 1);
    OK_(unmatched_settle(d->cx, d->tea.id, items[0].id));
    int64_t settled = d->cx->now;
    run(d);
    assert_int_equal(bodies_of(d, &back), 0);
    assert_int_equal(bodies_of(d, &disputed), 1); /* how it was won came just now */
    assert_int_equal(bodies(d), 2);
    d->cx->now = settled + 180 * MS_DAY - MS_MINUTE;
    run(d);
    assert_int_equal(bodies(d), 2);
    d->cx->now = settled + 180 * MS_DAY;
    run(d);
    assert_int_equal(bodies(d), 0);
    assert_int_equal(left(d), 0);
}

/* A call that is still to be made keeps all that it has; a link by which money is fetched stays. */
static void calls_end_first(void **state)
{
    struct domain *d = *state;
    struct order o = ordered(d);
    raw(d, "UPDATE pay_outbox SET state = 'new', ended_at = NULL, last_error = 'ann@x.example was away'");
    d->cx->now += 200 * MS_DAY;
    run(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE last_error IS NOT NULL AND answer IS NOT NULL"), 1);
    RAW(d, "UPDATE pay_outbox SET state = 'done', ended_at = %lld", (long long)d->cx->now);
    run(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE last_error IS NOT NULL"), 1);
    d->cx->now += 180 * MS_DAY;
    run(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE last_error IS NOT NULL OR answer IS NOT NULL"), 0);
    assert_int_equal(left(d), 0);

    o = ordered(d);
    RAW(d, "UPDATE pay_outbox SET step = 'refund', last_error = 'x', answer = '{\"state\":\"done\",\"url\":\"https://pay.example/1\"}'"
           " WHERE order_id = %lld", (long long)o.id);
    d->cx->now += 200 * MS_DAY;
    run(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE answer LIKE '%pay.example%'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM pay_outbox WHERE last_error IS NOT NULL"), 0);
    assert_int_equal(left(d), 0);
}

static void the_name_of_a_transfer_goes_too(void **state)
{
    struct domain *d = *state;
    const struct rail_value v[] = {{"holder", STR("Olga")}, {"account", STR("DE89 3704 0044 0532 0130 00")}, {"currencies", STR("cny")}};
    const struct pay_rail *rail = rail_by_name(STR("transfer"));
    struct rail_probe probe;
    struct rail_way way;
    struct order o[2];
    enum transfer_outcome out;
    OK_(rail_account_save(d->cx, rail, d->tea.id, v, sizeof v / sizeof *v));
    OK_(rail_account_test(d->cx, rail, d->tea.id, &probe));
    for (int i = 0; i < 2; i++) {
        OK_(order_open(d->cx, person(d), d->month.id, "transfer", &o[i]));
        OK_(rail_checkout_at(d->cx, o[i].number, NULL, &way));
        const struct transfer_say s = {.number = o[i].number, .payer = STR("Ann Other"), .bank_ref = i == 0 ? STR("R1") : STR("R2")};
        d->cx->viewer = o[i].account_id;
        OK_(transfer_say(d->cx, &s));
        d->cx->viewer = 0;
    }
    const struct transfer_decision yes = {.number = o[0].number, .confirm = true};
    d->cx->viewer = d->owner.id;
    OK_(transfer_decide(d->cx, d->tea.id, &yes, &out));
    d->cx->viewer = 0;
    d->cx->now += 179 * MS_DAY;
    run(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM transfer WHERE payer IS NOT NULL"), 2);
    d->cx->now += 2 * MS_DAY;
    run(d);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM transfer WHERE payer IS NULL AND state = 'confirmed'"), 1);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM transfer WHERE payer IS NOT NULL AND state = 'sent'"), 1); /* not decided */
}

/* More than one batch, and a run that goes on where another was cut off. */
static void many_are_emptied_in_parts(void **state)
{
    struct domain *d = *state;
    struct order o = ordered(d);
    happens(d, o.number, "paid", 3000);
    int64_t first = raw(d, "SELECT MAX(id) FROM rail_event") + 1;
    RAW(d, "INSERT INTO rail_event (id, rail, planet_id, event_id, body, received_at, verdict)"
           " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1700)"
           " SELECT %lld + i, 'fake', %lld, 'e' || i, (SELECT body FROM rail_event ORDER BY id LIMIT 1), %lld, 'recorded' FROM n", (long long)first,
        (long long)d->tea.id, (long long)d->cx->now);
    RAW(d, "INSERT INTO unmatched (id, planet_id, rail_event_id, reason, created_at) VALUES (1, %lld, %lld, 'no such order', 0)",
        (long long)d->tea.id, (long long)(first + 3));
    d->cx->now += 180 * MS_DAY;
    run(d);
    assert_int_equal(bodies(d), 1);
    assert_int_equal(left(d), 1);
    assert_int_equal(RAW(d, "SELECT upto FROM forget_mark WHERE what = 'event'"), first + 1700);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(what_is_settled_is_emptied_in_time),
        T(the_term_is_the_nodes),
        T(what_is_not_settled_is_kept),
        T(calls_end_first),
        T(the_name_of_a_transfer_goes_too),
        T(many_are_emptied_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
