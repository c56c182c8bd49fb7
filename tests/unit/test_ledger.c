#include "tests/unit/domain_fixture.h"

#include "node/money/ledger.h"

static struct txn payment(struct domain *d, struct entry *e, size_t n)
{
    return (struct txn){.planet_id = d->tea.id, .kind = STR("payment"), .order_id = 7, .grant_id = DB_NULL,
                        .rail_event_id = DB_NULL, .reverses = DB_NULL, .memo = STR("membership"),
                        .entries = e, .n_entries = n};
}

static enum err post(struct domain *d, struct entry *e, size_t n)
{
    struct txn t = payment(d, e, n);
    TX_SCOPE(d->cx);
    TRY(ledger_post(d->cx, &t));
    return tx_commit(d->cx);
}

static void fill(struct domain *d, int n)
{
    struct entry e[] = {{STR("clearing:fake"), "CNY", 3000}, {STR("revenue:membership"), "CNY", -3000}};
    for (int i = 0; i < n; i++)
        OK_(post(d, e, 2));
    OK_(post(d, NULL, 0)); /* a grant without money */
}

static struct ledger_check verify(struct domain *d)
{
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    return c;
}

static void sums_are_zero_in_each_currency(void **state)
{
    struct domain *d = *state;
    struct entry off[] = {{STR("a"), "CNY", 100}, {STR("b"), "CNY", -99}};
    struct entry mixed[] = {{STR("a"), "CNY", 100}, {STR("b"), "USD", -100}};
    struct entry two[] = {{STR("a"), "CNY", 100}, {STR("b"), "CNY", -100}, {STR("a"), "USD", 5}, {STR("b"), "USD", -5}};
    struct entry empty[] = {{STR("a"), "CNY", 0}};
    struct entry over[] = {{STR("a"), "CNY", INT64_MAX}, {STR("b"), "CNY", INT64_MAX}, {STR("c"), "CNY", 2}};
    assert_int_equal(post(d, off, 2), ERR_INTERNAL);
    assert_int_equal(post(d, mixed, 2), ERR_INTERNAL);
    assert_int_equal(post(d, empty, 1), ERR_INTERNAL);
    assert_int_equal(post(d, over, 3), ERR_INTERNAL);
    assert_int_equal(verify(d).n_txns, 0);
    OK_(post(d, two, 4));
    assert_int_equal(verify(d).n_txns, 1);
    struct txn t = payment(d, two, 4);
    assert_int_equal(ledger_post(d->cx, &t), ERR_INTERNAL); /* outside of a transaction */
}

static void canonical_text_is_fixed(void **state)
{
    struct domain *d = *state;
    struct entry e[] = {{STR("clearing:fake"), "CNY", 3000}, {STR("revenue:membership"), "CNY", -3000}};
    struct txn t = payment(d, e, 2);
    t.id = 12;
    t.seq = 3;
    t.at = 1800000000000;
    t.planet_id = 5;
    CHECK_STR(ledger_json(d->cx->arena, &t),
              "{\"at\":1800000000000,\"entries\":[{\"account\":\"clearing:fake\",\"amount\":3000,\"currency\":\"CNY\"},"
              "{\"account\":\"revenue:membership\",\"amount\":-3000,\"currency\":\"CNY\"}],\"grant\":null,\"id\":\"12\","
              "\"kind\":\"payment\",\"memo\":\"membership\",\"order\":\"7\",\"planet\":\"5\",\"rail_event\":null,"
              "\"reverses\":null,\"seq\":3}");
}

static void the_store_refuses_changes(void **state)
{
    struct domain *d = *state;
    fill(d, 2);
    struct store_raw r = store_connect(d->store);
    static const char *const tries[] = {"UPDATE txn SET memo = 'x'", "DELETE FROM txn",
                                        "UPDATE entry SET amount = 1", "DELETE FROM entry"};
    for (size_t i = 0; i < 4; i++)
        assert_false(store_try(&r, tries[i]));
    store_disconnect(&r);
    assert_true(verify(d).ok);
}

static void tampering_shows(void **state)
{
    struct domain *d = *state;
    static const struct { const char *sql, *undo; int64_t bad_seq; } tries[] = {
        {"UPDATE txn SET memo = 'x' WHERE seq = 3", "UPDATE txn SET memo = 'membership' WHERE seq = 3", 3},
        {"UPDATE txn SET at = at + 1 WHERE seq = 1", "UPDATE txn SET at = at - 1 WHERE seq = 1", 1},
        {"UPDATE txn SET order_id = 8 WHERE seq = 2", "UPDATE txn SET order_id = 7 WHERE seq = 2", 2},
        {"UPDATE txn SET grant_id = 8 WHERE seq = 6", "UPDATE txn SET grant_id = NULL WHERE seq = 6", 6},
        {"UPDATE txn SET seq = 40 WHERE seq = 4", "UPDATE txn SET seq = 4 WHERE seq = 40", 5},
        {"UPDATE txn SET prev_hash = (SELECT hash FROM txn WHERE seq = 4) WHERE seq = 2",
         "UPDATE txn SET prev_hash = (SELECT hash FROM txn WHERE seq = 1) WHERE seq = 2", 2},
        {"UPDATE entry SET amount = amount * 2 WHERE txn_id = (SELECT id FROM txn WHERE seq = 5)",
         "UPDATE entry SET amount = amount / 2 WHERE txn_id = (SELECT id FROM txn WHERE seq = 5)", 5},
        {"UPDATE entry SET account = account || 'x' WHERE txn_id = (SELECT id FROM txn WHERE seq = 5)",
         "UPDATE entry SET account = substr(account, 1, length(account) - 1) WHERE txn_id = (SELECT id FROM txn WHERE seq = 5)", 5},
        {"INSERT INTO entry SELECT 1, id, 'a', 'CNY', 5 FROM txn WHERE seq = 1", "DELETE FROM entry WHERE id = 1", 1},
        {"INSERT INTO entry SELECT 1, id, 'a', 'CNY', 5 FROM txn WHERE seq = 6", "DELETE FROM entry WHERE id = 1", 6},
    };
    fill(d, 5);
    store_untie(d->store);
    struct ledger_check before = verify(d);
    assert_true(before.ok);
    assert_int_equal(before.n_txns, 6);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        raw(d, tries[i].sql);
        struct ledger_check c = verify(d);
        assert_false(c.ok);
        assert_int_equal(c.bad_seq, tries[i].bad_seq);
        assert_non_null(c.what);
        raw(d, tries[i].undo);
        assert_true(verify(d).ok);
    }
    raw(d, "DELETE FROM entry WHERE txn_id = (SELECT id FROM txn WHERE seq = 3); DELETE FROM txn WHERE seq = 3");
    assert_int_equal(verify(d).bad_seq, 4);
    /* A cut-off tail leaves a chain that is whole: the head, noted down, tells. */
    raw(d, "DELETE FROM entry; DELETE FROM txn WHERE seq >= 3");
    raw(d, "DELETE FROM txn WHERE seq >= 1");
    assert_false(str_eq(verify(d).head, before.head));
}

static void balances_and_pages(void **state)
{
    struct domain *d = *state;
    struct ledger_balance *b;
    struct txn *list;
    size_t n;
    fill(d, 7);
    OK_(ledger_balances(d->cx, d->tea.id, &b, &n));
    assert_int_equal(n, 2);
    CHECK_STR(b[0].account, "clearing:fake");
    assert_int_equal(b[0].amount, 21000);
    assert_int_equal(b[1].amount, -21000);
    OK_(ledger_list(d->cx, d->tea.id, 5, 10, &list, &n));
    assert_int_equal(n, 3);
    assert_int_equal(list[0].seq, 6);
    assert_int_equal(list[0].n_entries, 2);
    assert_int_equal(list[2].n_entries, 0);
    d->cx->viewer = person(d);
    assert_int_equal(ledger_list(d->cx, d->tea.id, 0, 10, &list, &n), ERR_FORBIDDEN);
    d->cx->viewer = 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(sums_are_zero_in_each_currency), T(canonical_text_is_fixed), T(the_store_refuses_changes),
        T(tampering_shows), T(balances_and_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
