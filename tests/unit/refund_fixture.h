/* Orders that were paid, and what comes of giving their money back. */
#ifndef TESTS_UNIT_REFUND_FIXTURE_H
#define TESTS_UNIT_REFUND_FIXTURE_H

#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/credit.h"
#include "node/money/gift.h"
#include "node/money/ledger.h"
#include "node/money/rail.h"
#include "node/money/rail_call.h"
#include "node/money/redeem.h"
#include "node/money/refund.h"
#include "node/planet/access.h"
#include "tests/unit/domain_fixture.h"

static inline void books_are_sound(struct domain *d)
{
    struct ledger_check c;
    int64_t changed;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM (SELECT txn_id, currency FROM entry GROUP BY txn_id, currency"
                            " HAVING SUM(amount) <> 0) AS bad"), 0);
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
}

static inline void happens(struct domain *d, struct str number, const char *event, int64_t amount)
{
    struct str body, signature;
    d->cx->now += MS_SECOND;
    OK_(fake_rail_event(d->cx, number, str_c(event), amount, STR("CNY"), &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, signature, NULL, 0, NULL));
}

static inline struct order paid_in(struct domain *d, int64_t who, int64_t price_id, int64_t planet_id)
{
    struct order o;
    struct str body, signature;
    d->cx->now += MS_MINUTE;
    OK_(order_open(d->cx, who, price_id, "fake", &o));
    OK_(fake_rail_event(d->cx, o.number, STR("paid"), o.total.minor, STR("CNY"), &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), planet_id, body, signature, NULL, 0, NULL));
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    return o;
}

static inline struct order paid(struct domain *d, int64_t who)
{
    return paid_in(d, who, d->month.id, d->tea.id);
}

static inline bool is_in(struct domain *d, int64_t who)
{
    struct membership m;
    return membership_of(d->cx, d->tea.id, who, &m) == OK && m.live;
}

static inline struct refund_offer offered(struct domain *d, const struct order *old)
{
    struct refund_offer r;
    struct order o;
    OK_(order_by_number(d->cx, old->number, &o));
    OK_(refund_offer(d->cx, &o, &r));
    return r;
}

static inline void expect_order(struct domain *d, struct str number, const char *state)
{
    struct order o;
    OK_(order_by_number(d->cx, number, &o));
    CHECK_STR(o.state, state);
}

static inline struct refund at_state(struct domain *d, int64_t id, const char *state)
{
    struct refund r;
    OK_(refund_by_id(d->cx, id, &r));
    CHECK_STR(r.state, state);
    return r;
}

#define DOMAIN_TEST(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)

#endif
