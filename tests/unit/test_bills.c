/* Tax, invoices, credit notes, and what speaks for a buyer's country. */
#include "tests/unit/domain_fixture.h"

#include "node/base/country.h"
#include "node/base/i18n.h"
#include "node/money/bill.h"
#include "node/money/coupon.h"
#include "node/money/credit.h"
#include "node/money/fapiao.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/money/quote.h"
#include "node/money/rail.h"
#include "node/money/rails/stripe.h"
#include "node/people/letter.h"

#include <stdio.h>

static void rate(struct domain *d, const char *country, const char *name, int64_t ppm, bool reverse)
{
    struct tax_rate r = {.name = str_c(name), .ppm = ppm, .reverse = reverse};
    memcpy(r.country, country, strlen(country));
    OK_(tax_rate_put(d->cx, d->tea.id, &r));
}

static void rule(struct domain *d, enum tax_mode mode)
{
    struct tax_rule r = {.planet_id = d->tea.id, .mode = mode, .seller = {STR("Tea GmbH"), STR("Weg 1\nBerlin"), STR("DE"),
                         STR("de 123 456 789"), STR("Danke"), STR("")}};
    OK_(tax_rule_save(d->cx, &r));
    rate(d, "DE", "USt", 190000, false);
    rate(d, "FR", "TVA", 200000, true);
    rate(d, "", "VAT", 0, false);
}

static struct order place(struct domain *d, int64_t who, struct str coupon)
{
    struct order o;
    struct order_ask ask = {.account_id = who, .price_id = d->month.id, .rail = "fake", .coupon = coupon};
    d->cx->now += MS_MINUTE;
    OK_(order_place(d->cx, &ask, &o));
    return o;
}

static void tell(struct domain *d, const struct order *o, enum order_event event, int64_t amount, const char *country,
                 int64_t tax)
{
    struct str body, signature;
    struct rail_state s = {.order_number = o->number, .event = event, .country = str_c(country), .tax = tax};
    d->cx->now += MS_SECOND;
    s.at = d->cx->now;
    s.event_id = str_fmt(d->cx->arena, "e%lld", (long long)s.at);
    s.paid = money_of(event == ORDER_PAID ? amount : o->total.minor, STR("CNY"));
    s.refunded = event == ORDER_REFUND ? amount : 0;
    s.ref = str_fmt(d->cx->arena, "fake_" STR_FMT, STR_ARG(o->number));
    s.merchant = str_fmt(d->cx->arena, "fake-%lld", (long long)d->tea.id);
    OK_(fake_rail_sign(d->cx, &s, &body, &signature));
    OK_(rail_receive(d->cx, STR("fake"), d->tea.id, body, signature, NULL, 0, NULL));
}

static struct order pay(struct domain *d, int64_t who, int64_t amount)
{
    struct order o = place(d, who, STR_NULL);
    assert_int_equal(o.total.minor, amount);
    tell(d, &o, ORDER_PAID, amount, "", 0);
    OK_(order_by_number(d->cx, o.number, &o));
    CHECK_STR(o.state, "paid");
    return o;
}

static int64_t balance(struct domain *d, const char *account)
{
    return RAW(d, "SELECT COALESCE(SUM(amount), 0) FROM entry WHERE account = '%s'", account);
}

static void buys_from(struct domain *d, int64_t who, const char *country, const char *tax_id)
{
    struct buyer b = {STR("Somebody Else"), STR("Street 1"), str_c(country), str_c(tax_id)};
    OK_(buyer_save(d->cx, who, &b));
}

/* ---- rates ---- */

static void percents_are_read_and_written(void **state)
{
    struct domain *d = *state;
    static const struct { const char *text; int64_t ppm; } good[] = {
        {"19", 190000}, {"8.875", 88750}, {"7,7", 77000}, {"0", 0}, {"100", 1000000}, {" 5.5% ", 55000}, {"0.0001", 1}};
    static const char *const bad[] = {"", "x", "-1", "100.0001", "101", "1.2.3", "1.23456", ".", "99999999999"};
    int64_t ppm;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        OK_(tax_ppm_parse(d->cx, str_c(good[i].text), &ppm));
        assert_int_equal(ppm, good[i].ppm);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(tax_ppm_parse(d->cx, str_c(bad[i]), &ppm), ERR_INVALID);
    CHECK_STR(tax_percent(d->cx->arena, 88750), "8.875\xC2\xA0%");
    CHECK_STR(tax_percent(d->cx->arena, 190000), "19\xC2\xA0%");
    assert_true(percent_read(STR("12.5"), PERCENT_BP, &ppm) && ppm == 1250);
    assert_true(percent_read(STR("20 %"), PERCENT_BP, &ppm) && ppm == 2000);
    assert_false(percent_read(STR("12.345"), PERCENT_BP, &ppm));
    CHECK_STR(percent_text(d->cx->arena, 1250, PERCENT_BP), "12.5");
    CHECK_STR(percent_text(d->cx->arena, 1205, PERCENT_BP), "12.05");
    CHECK_STR(percent_text(d->cx->arena, 2000, PERCENT_BP), "20");
}

static void tax_numbers_have_forms(void **state)
{
    struct domain *d = *state;
    static const struct { const char *country, *typed, *kept; } good[] = {
        {"DE", "DE 123.456.789", "DE123456789"}, {"DE", "123456789", "DE123456789"},
        {"FR", "fr xx 999999999", "FRXX999999999"}, {"GR", "EL123456789", "EL123456789"},
        {"NL", "123456789B01", "NL123456789B01"}, {"CH", "CHE-123.456.789 MWST", "CHE123456789MWST"},
        {"CN", "91350100M000100Y43", "91350100M000100Y43"}, {"CN", "110101199001011", "110101199001011"},
        {"IN", "22AAAAA0000A1Z5", "22AAAAA0000A1Z5"}, {"KE", "P051234567A", "P051234567A"}};
    static const struct { const char *country, *typed; } bad[] = {
        {"DE", "DE12345678"}, {"DE", "FR123456789"}, {"NL", "123456789C01"}, {"CN", "91350100M000100Y44"},
        {"CN", "1234"}, {"KE", "abc"}, {"DE", "DE12345678\xC3\xA4"}, {"AT", "ATU1234567"},
        {"KE", "1234567890123456789012345678901234567890"}};
    struct str kept;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(tax_id_ok(d->cx->arena, str_c(good[i].country), str_c(good[i].typed), &kept));
        CHECK_STR(kept, good[i].kept);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tax_id_ok(d->cx->arena, str_c(bad[i].country), str_c(bad[i].typed), &kept));
}

static void nothing_is_taken_without_a_rule(void **state)
{
    struct domain *d = *state;
    struct quote q;
    struct quote_ask ask = {.price_id = d->month.id};
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.n_lines, 2);
    assert_int_equal(q.tax, 0);
    assert_int_equal(q.total.minor, 3000);
}

static void prices_hold_the_tax_or_it_comes_on_top(void **state)
{
    struct domain *d = *state;
    struct quote q;
    struct quote_ask ask = {.price_id = d->month.id};
    rule(d, TAX_INCLUSIVE);
    OK_(price_quote(d->cx, &ask, &q)); /* nobody said where they are: the seller's country */
    assert_int_equal(q.tax, 479);      /* 30.00 − 30.00/1.19 = 4.7899 */
    assert_true(q.tax_contained);
    assert_int_equal(q.total.minor, 3000);
    CHECK_STR(q.lines[1].label, "USt 19\xC2\xA0%");
    rule(d, TAX_EXCLUSIVE);
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.tax, 570);
    assert_int_equal(q.total.minor, 3570);
    ask.country = STR("FR");
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.total.minor, 3600);
    ask.country = STR("JP"); /* everywhere else */
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.total.minor, 3000);
    assert_int_equal(q.n_lines, 2);
    struct quote_ask tip = {.planet_id = d->tea.id, .kind = "tip", .list = {500, "CNY"}, .label = STR("Tip")};
    OK_(price_quote(d->cx, &tip, &q)); /* what was typed is what is paid */
    assert_int_equal(q.total.minor, 500);
    assert_int_equal(q.tax, 80);
}

/* Coupons make the taxed sum smaller, credit pays it. */
static void tax_stands_between_coupon_and_credit(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct quote q;
    struct coupon half = {.code = STR("HALF"), .percent_bp = 5000, .periods = 1, .total_max = DB_NULL, .account_max = 1,
                          .expires_at = DB_NULL}, made;
    rule(d, TAX_EXCLUSIVE);
    OK_(coupon_create(d->cx, d->tea.id, &half, &made));
    OK_(tx_begin(d->cx));
    OK_(credit_add(d->cx, d->tea.id, who, money_of(1000, STR("CNY"))));
    OK_(tx_commit(d->cx));
    struct quote_ask ask = {.account_id = who, .price_id = d->month.id, .coupon = STR("half")};
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.tax, 285);
    assert_int_equal(q.credit, 1000);
    assert_int_equal(q.total.minor, 785);
    struct order o = place(d, who, STR("half"));
    tell(d, &o, ORDER_PAID, 785, "", 0);
    assert_int_equal(balance(d, "revenue:membership"), -1500);
    assert_int_equal(balance(d, "tax_payable"), -285);
    struct bill *bills;
    size_t n;
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    assert_int_equal(n, 1);
    assert_int_equal(bills[0].total, 1785);
    assert_int_equal(bills[0].by_credit, 1000);
    assert_int_equal(bills[0].net, 1500);
    tell(d, &o, ORDER_REFUND, 785, "", 0);
    assert_int_equal(balance(d, "tax_payable"), 0);
    assert_int_equal(balance(d, "refunds"), 1500);
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    assert_int_equal(n, 2);
    assert_int_equal(bills[1].total, -1785);
    assert_int_equal(bills[1].tax, -285);
    assert_int_equal(bills[1].by_credit, -1000);
}

static void a_business_abroad_owes_it_itself(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct quote q;
    rule(d, TAX_EXCLUSIVE);
    struct quote_ask ask = {.account_id = who, .price_id = d->month.id};
    buys_from(d, who, "FR", "12345678901");
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.tax, 0);
    assert_true(q.taxed.reverse);
    assert_int_equal(q.total.minor, 3000);
    CHECK_STR(q.lines[1].label, "Reverse charge: you owe the tax yourself");
    struct order o = pay(d, who, 3000);
    struct bill *bills, b;
    size_t n;
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    OK_(bill_by_id(d->cx, bills[0].id, &b));
    assert_true(b.reverse);
    CHECK_STR(b.buyer.tax_id, "FR12345678901");
    assert_int_equal(b.tax, 0);
    buys_from(d, who, "DE", "DE123456789"); /* at home it is owed by the seller */
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.tax, 570);
    struct buyer wrong = {STR(""), STR(""), STR("FR"), STR("123")};
    assert_int_equal(buyer_save(d->cx, who, &wrong), ERR_INVALID);
    wrong = (struct buyer){STR(""), STR(""), STR("XX"), STR("")};
    assert_int_equal(buyer_save(d->cx, who, &wrong), ERR_INVALID);
}

static void the_provider_may_work_it_out(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct bill *bills;
    size_t n;
    rule(d, TAX_RAIL);
    struct order o = place(d, who, STR_NULL);
    assert_int_equal(o.total.minor, 3000);
    tell(d, &o, ORDER_PAID, 3000, "US", 245);
    assert_int_equal(balance(d, "tax_payable"), -245);
    assert_int_equal(balance(d, "revenue:membership"), -2755);
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    assert_int_equal(bills[0].tax, 245);
    assert_int_equal(bills[0].net, 2755);
    assert_int_equal(bills[0].tax_ppm, DB_NULL);
    tell(d, &o, ORDER_PAID, 3000, "US", 999); /* told again: what stands in the books stays */
    OK_(order_by_number(d->cx, o.number, &o));
    assert_int_equal(o.tax, 245);
}

static void stripe_says_what_it_worked_out(void **state)
{
    struct domain *d = *state;
    struct rail_state s = {.at = 1}, t = {.at = 1}, old = {.at = 1};
    json_t *j;
    OK_(json_read(d->cx->arena, STR("{\"id\":\"cs_1\",\"status\":\"complete\",\"payment_status\":\"paid\",\"currency\":\"cny\","
        "\"amount_total\":3000,\"total_details\":{\"amount_tax\":245},\"customer_details\":{\"address\":{\"country\":\"US\"}}}"),
        NULL, &j));
    stripe_session(d->cx, j, &s);
    assert_int_equal(s.tax, 245);
    CHECK_STR(s.country, "US");
    OK_(json_read(d->cx->arena, STR("{\"currency\":\"cny\",\"total_taxes\":[{\"amount\":200},{\"amount\":45}],"
        "\"customer_address\":{\"country\":\"US\"}}"), NULL, &j));
    stripe_invoice_tax(j, &t);
    assert_int_equal(t.tax, 245);
    CHECK_STR(t.country, "US");
    OK_(json_read(d->cx->arena, STR("{\"currency\":\"cny\",\"tax\":245}"), NULL, &j));
    stripe_invoice_tax(j, &old);
    assert_int_equal(old.tax, 245);
}

/* A further term that a provider takes by itself: the same sum, whatever the rate is now. */
static void a_renewal_costs_what_it_cost(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct quote q;
    struct money m;
    rule(d, TAX_EXCLUSIVE);
    struct order o = pay(d, who, 3570);
    rate(d, "DE", "USt", 210000, false);
    struct quote_ask ask = {.account_id = who, .price_id = d->month.id, .kind = "renewal", .further_of = o.id};
    OK_(price_quote(d->cx, &ask, &q));
    assert_int_equal(q.total.minor, 3570);
    assert_int_equal(q.tax, 620); /* 35.70 hold 21 % */
    OK_(quote_further(d->cx, &o, 0, &m));
    assert_int_equal(m.minor, 3570);
}

/* ---- invoices ---- */

static void numbers_have_no_gap(void **state)
{
    struct domain *d = *state;
    struct bill *bills, b;
    size_t n;
    rule(d, TAX_INCLUSIVE);
    d->cx->now = at_time("2027-12-31T22:00:00Z");
    int64_t a = person(d), c = person(d);
    struct order first = pay(d, a, 3000);
    (void)place(d, c, STR_NULL); /* never paid: takes no number */
    struct order second = pay(d, c, 3000);
    OK_(bill_of_order(d->cx, first.id, &bills, &n));
    CHECK_STR(bills[0].number, "TEA-2027-000001");
    OK_(bill_of_order(d->cx, second.id, &bills, &n));
    CHECK_STR(bills[0].number, "TEA-2027-000002");
    tell(d, &first, ORDER_REFUND, 1000, "", 0);
    d->cx->now = at_time("2028-01-01T00:00:01Z");
    struct order third = pay(d, person(d), 3000);
    OK_(bill_of_order(d->cx, third.id, &bills, &n));
    CHECK_STR(bills[0].number, "TEA-2028-000001");
    tell(d, &first, ORDER_REFUND, 3000, "", 0);
    OK_(bill_of_order(d->cx, first.id, &bills, &n));
    assert_int_equal(n, 3);
    CHECK_STR(bills[1].number, "TEA-2027-C000001");
    CHECK_STR(bills[2].number, "TEA-2028-C000001");
    CHECK_STR(bills[2].corrects_number, "TEA-2027-000001");
    assert_int_equal(bills[0].tax + bills[1].tax + bills[2].tax, 0);
    assert_int_equal(bills[0].total + bills[1].total + bills[2].total, 0);
    assert_int_equal(balance(d, "tax_payable"), -958);
    OK_(bill_by_id(d->cx, bills[0].id, &b));
    CHECK_STR(b.seller.name, "Tea GmbH");
    CHECK_STR(b.seller.tax_id, "DE123456789");
    CHECK_STR(b.buyer.name, "Somebody");
    CHECK_STR(b.lines[0].label, "Tea · Membership · Member");
    assert_int_equal(b.supply_from, first.paid_at);
}

static void an_issued_one_is_never_changed(void **state)
{
    struct domain *d = *state;
    rule(d, TAX_INCLUSIVE);
    pay(d, person(d), 3000);
    struct store_raw r = store_connect(d->store);
    assert_false(store_try(&r, "UPDATE bill SET total = 1"));
    assert_false(store_try(&r, "DELETE FROM bill"));
    assert_false(store_try(&r, "UPDATE bill_line SET amount = 1"));
    assert_false(store_try(&r, "DELETE FROM bill_line"));
    store_disconnect(&r);
    assert_int_equal(raw(d, "SELECT COUNT(*) FROM bill_line WHERE amount = 3000"), 1);
}

static void who_may_see_it(void **state)
{
    struct domain *d = *state;
    int64_t buyer = person(d), other = person(d);
    struct bill *bills, b;
    size_t n;
    struct order o = pay(d, buyer, 3000);
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    CHECK_STR(bills[0].seller.name, "Tea"); /* no rule: the planet's name */
    int64_t id = bills[0].id;
    d->cx->viewer = buyer;
    OK_(bill_by_id(d->cx, id, &b));
    OK_(bill_list(d->cx, buyer, 0, 10, &bills, &n));
    assert_int_equal(n, 1);
    struct bill_span all = {0, INT64_MAX};
    assert_int_equal(bill_list_of_planet(d->cx, d->tea.id, &all, 0, 10, &bills, &n), ERR_FORBIDDEN);
    d->cx->viewer = other;
    assert_int_equal(bill_by_id(d->cx, id, &b), ERR_NOT_FOUND);
    assert_int_equal(bill_by_number(d->cx, d->tea.id, STR("TEA-2027-000001"), &b), ERR_NOT_FOUND);
    assert_int_equal(bill_list(d->cx, buyer, 0, 10, &bills, &n), ERR_FORBIDDEN);
    assert_int_equal(bill_of_order(d->cx, o.id, &bills, &n), ERR_NOT_FOUND);
    struct buyer mine = {STR("X"), STR(""), STR(""), STR("")};
    assert_int_equal(buyer_save(d->cx, buyer, &mine), ERR_FORBIDDEN);
    struct tax_rule r = {.planet_id = d->tea.id};
    assert_int_equal(tax_rule_save(d->cx, &r), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    OK_(bill_by_number(d->cx, d->tea.id, STR("TEA-2027-000001"), &b));
    OK_(bill_list_of_planet(d->cx, d->tea.id, &all, 0, 10, &bills, &n));
    assert_int_equal(n, 1);
}

static void a_lost_dispute_makes_a_credit_note(void **state)
{
    struct domain *d = *state;
    struct bill *bills;
    size_t n;
    rule(d, TAX_EXCLUSIVE);
    struct order o = pay(d, person(d), 3570);
    tell(d, &o, ORDER_DISPUTE, 0, "", 0);
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    assert_int_equal(n, 1);
    tell(d, &o, ORDER_DISPUTE_LOST, 0, "", 0);
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    assert_int_equal(n, 2);
    assert_int_equal(bills[1].total, -3570);
    assert_int_equal(bills[1].tax, -570);
    assert_int_equal(balance(d, "tax_payable"), 0);
    assert_int_equal(balance(d, "disputes"), 3000);
}

/* A refund that did not arrive: owed again, with its tax, until it is paid by hand. */
static void a_lost_refund_is_no_refund(void **state)
{
    struct domain *d = *state;
    struct bill *bills;
    size_t n;
    enum order_verdict verdict;
    rule(d, TAX_EXCLUSIVE);
    struct order o = pay(d, person(d), 3570);
    tell(d, &o, ORDER_REFUND, 3570, "", 0);
    assert_int_equal(balance(d, "tax_payable"), 0);
    struct order_change lost = {.event = ORDER_REFUND_LOST, .amount = {0, "CNY"}, .rail_event_id = DB_NULL,
                                .rail_at = DB_NULL};
    OK_(order_apply(d->cx, o.number, &lost, &verdict));
    assert_int_equal(verdict, ORDER_APPLIED);
    assert_int_equal(balance(d, "tax_payable"), -570);
    assert_int_equal(balance(d, "refunds"), 0);
    OK_(bill_of_order(d->cx, o.id, &bills, &n));
    assert_int_equal(n, 3);
    assert_false(bills[2].credit_note);
    CHECK_STR(bills[2].number, "TEA-2027-000002");
    CHECK_STR(bills[2].corrects_number, "TEA-2027-000001");
    assert_int_equal(bills[2].total, 3570);
    assert_int_equal(bills[2].tax, 570);
}

static void a_receipt_goes_out_once_in_the_buyers_language(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct letter *letters;
    size_t n;
    OK_(account_set_locale(d->cx, who, STR("zh-CN")));
    struct order o = pay(d, who, 3000);
    tell(d, &o, ORDER_PAID, 3000, "", 0);
    OK_(letter_waiting(d->cx, who, &letters, &n));
    assert_int_equal(n, 1);
    CHECK_STR(str_c(letters[0].kind), "receipt");
    assert_true(str_contains(letters[0].subject, STR("收据")));
    assert_true(str_contains(letters[0].url, STR("https://t.example/me/receipts/")));
    assert_true(str_contains(letters[0].text, STR("TEA-2027-000001")));
}

static enum err count(void *arg, const struct bill *b)
{
    struct bill_span *seen = arg;
    seen->from++;
    seen->to += b->total;
    return OK;
}

static void exports_and_sums(void **state)
{
    struct domain *d = *state;
    struct bill_span span, seen = {0, 0};
    struct tax_sum *sums;
    struct bill *bills, b;
    size_t n;
    rule(d, TAX_INCLUSIVE);
    int64_t a = person(d), c = person(d);
    buys_from(d, c, "FR", "");
    struct buyer nasty = {STR("=cmd|' /C calc'!A0, \"x\""), STR("a\nb"), STR("FR"), STR("")};
    OK_(buyer_save(d->cx, c, &nasty));
    struct order first = pay(d, a, 3000), second = pay(d, c, 3000);
    tell(d, &first, ORDER_REFUND, 3000, "", 0);
    OK_(bill_span_parse(d->cx, STR("2027-Q1"), &span));
    assert_int_equal(span.from, at_time("2027-01-01T00:00:00Z"));
    assert_int_equal(span.to, at_time("2027-04-01T00:00:00Z"));
    OK_(bill_each(d->cx, d->tea.id, &span, count, &seen));
    assert_int_equal(seen.from, 3);
    assert_int_equal(seen.to, 3000);
    OK_(bill_tax_sums(d->cx, d->tea.id, &span, &sums, &n));
    assert_int_equal(n, 2);
    CHECK_STR(sums[0].country, "DE");
    assert_int_equal(sums[0].tax, 0);
    assert_int_equal(sums[0].n, 2);
    CHECK_STR(sums[1].country, "FR");
    assert_int_equal(sums[1].tax, 500);
    OK_(bill_of_order(d->cx, second.id, &bills, &n));
    OK_(bill_by_id(d->cx, bills[0].id, &b));
    struct str csv = bill_csv(d->cx->arena, &b), json = bill_json(d->cx->arena, &b);
    assert_true(str_contains(csv, STR("\"'=cmd|' /C calc'!A0, \"\"x\"\"\"")));
    assert_true(str_contains(csv, STR(",25.00,\"TVA\",20.0000,\"FR\",5.00,30.00,0.00,0,\"fake\"")));
    assert_true(str_contains(json, STR("\"tax\":500")));
    assert_true(str_ends(csv, STR("\n")) && str_ends(json, STR("}\n")));
    OK_(bill_span_parse(d->cx, STR("2027-12"), &span));
    assert_int_equal(span.to, at_time("2028-01-01T00:00:00Z"));
    OK_(bill_span_parse(d->cx, STR("2028"), &span));
    OK_(bill_tax_sums(d->cx, d->tea.id, &span, &sums, &n));
    assert_int_equal(n, 0);
    static const char *const bad[] = {"27", "2027-13", "2027-Q5", "2027-00", "2027-1", "x", "2027/01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(bill_span_parse(d->cx, str_c(bad[i]), &span), ERR_INVALID);
}

/* Half past midnight on 1 January in Shanghai is the new year's, though it is the old one's in UTC; and what was written
 * keeps its days when the planet moves. */
static void a_year_begins_where_the_planet_is(void **state)
{
    struct domain *d = *state;
    struct bill_span old, new;
    struct bill *list, b;
    size_t n;
    int64_t a = person(d);
    rule(d, TAX_INCLUSIVE);
    d->tea.zone = STR("Asia/Shanghai");
    OK_(planet_update(d->cx, &d->tea));
    i18n_clock(d->cx, d->tea.zone);
    d->cx->now = at_time("2026-12-31T15:58:58Z"); /* paid a minute and a second later */
    pay(d, a, 3000);
    d->cx->now = at_time("2026-12-31T16:28:59Z");
    pay(d, a, 3000);
    OK_(bill_span_parse(d->cx, STR("2026"), &old));
    OK_(bill_span_parse(d->cx, STR("2027-Q1"), &new));
    assert_int_equal(old.to, at_time("2026-12-31T16:00:00Z"));
    assert_int_equal(new.from, old.to);
    OK_(bill_list_of_planet(d->cx, d->tea.id, &old, 0, 10, &list, &n));
    assert_int_equal(n, 1);
    CHECK_STR(list[0].number, "TEA-2026-000001");
    OK_(bill_list_of_planet(d->cx, d->tea.id, &new, 0, 10, &list, &n));
    assert_int_equal(n, 1);
    CHECK_STR(list[0].number, "TEA-2027-000001");
    d->tea.zone = STR("America/New_York");
    OK_(planet_update(d->cx, &d->tea));
    OK_(bill_by_id(d->cx, list[0].id, &b));
    assert_true(str_contains(bill_csv(d->cx->arena, &b), STR(",\"2027-01-01T00:30:00+08:00\",")));
    assert_true(str_contains(bill_json(d->cx->arena, &b), STR("\"issued_at\":\"2027-01-01T00:30:00+08:00\"")));
}

/* ---- fapiao ---- */

static void a_fapiao_is_asked_for_once_and_answered(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), other = person(d), waiting;
    struct fapiao f, *list;
    struct letter *letters;
    size_t n;
    bool may;
    struct order o = pay(d, who, 3000);
    struct fapiao_ask ask = {o.number, STR("company"), STR("\xE8\x8C\xB6\xE9\xA6\x86"), STR("91350100M000100Y43"),
                             STR("a@t.example")};
    d->cx->viewer = who;
    assert_int_equal(fapiao_request(d->cx, &ask, &f), ERR_CONFLICT); /* the owner gives none */
    d->cx->viewer = d->owner.id;
    struct tax_rule r = {.planet_id = d->tea.id, .fapiao = true};
    OK_(tax_rule_save(d->cx, &r));
    d->cx->viewer = other;
    assert_int_equal(fapiao_request(d->cx, &ask, &f), ERR_NOT_FOUND);
    d->cx->viewer = who;
    struct fapiao_ask bad = ask;
    bad.taxpayer_id = STR("91350100M000100Y44");
    assert_int_equal(fapiao_request(d->cx, &bad, &f), ERR_INVALID);
    bad = ask;
    bad.mail = STR("nobody");
    assert_int_equal(fapiao_request(d->cx, &bad, &f), ERR_INVALID);
    bad = ask;
    bad.title = STR(" ");
    assert_int_equal(fapiao_request(d->cx, &bad, &f), ERR_INVALID);
    OK_(fapiao_may(d->cx, o.id, &may));
    assert_true(may);
    OK_(fapiao_request(d->cx, &ask, &f));
    assert_int_equal(f.amount.minor, 3000);
    assert_int_equal(fapiao_request(d->cx, &ask, &f), ERR_CONFLICT);
    OK_(fapiao_withdraw(d->cx, f.id));
    assert_int_equal(fapiao_withdraw(d->cx, f.id), ERR_CONFLICT);
    OK_(fapiao_request(d->cx, &ask, &f));
    assert_int_equal(fapiao_list(d->cx, d->tea.id, STR_NULL, 0, 10, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(fapiao_done(d->cx, d->tea.id, &f.id, 1, true, STR(""), &n), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    OK_(fapiao_waiting(d->cx, d->tea.id, &waiting));
    assert_int_equal(waiting, 1);
    OK_(fapiao_list(d->cx, d->tea.id, STR("asked"), 0, 10, &list, &n));
    assert_int_equal(n, 1);
    assert_true(str_contains(fapiao_csv(d->cx, &list[0]), STR("\"91350100M000100Y43\",\"a@t.example\",\"CNY\",30.00,")));
    OK_(fapiao_done(d->cx, d->tea.id, &f.id, 1, true, STR("No. 12345678"), &n));
    assert_int_equal(n, 1);
    OK_(fapiao_done(d->cx, d->tea.id, &f.id, 1, true, STR("again"), &n));
    assert_int_equal(n, 0);
    d->cx->viewer = 0;
    OK_(letter_waiting(d->cx, who, &letters, &n));
    assert_int_equal(n, 2); /* the receipt, and this */
    assert_true(str_contains(letters[1].text, STR("No. 12345678")));
    tell(d, &o, ORDER_REFUND, 1000, "", 0);
    OK_(fapiao_of_order(d->cx, o.id, &list, &n));
    assert_int_equal(list[0].given_back, 1000);
}

/* ---- where is the buyer? ---- */

static void addresses_are_looked_up(void **state)
{
    (void)state;
    struct str table = STR("1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.3.255,CN\n\"5.1.0.0\",\"5.1.255.255\",\"DE\"\r\n"
                           "2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP\n2a00::,2a00:ffff::,FR");
    static const struct { const char *ip, *code; } all[] = {
        {"1.0.0.0", "AU"}, {"1.0.0.255", "AU"}, {"1.0.2.9", "CN"}, {"5.1.2.3", "DE"}, {"2001:200::1", "JP"},
        {"2a00:1::", "FR"}, {"0.255.0.0", NULL}, {"1.0.4.0", NULL}, {"9.9.9.9", NULL}, {"2001:100::", NULL},
        {"ff00::", NULL}, {"nonsense", NULL}, {"", NULL}};
    char code[3];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool found = country_find(table, str_c(all[i].ip), code);
        assert_int_equal(found, all[i].code != NULL);
        if (found)
            assert_string_equal(code, all[i].code);
    }
    assert_false(country_find(STR("not,a\ntable"), STR("1.1.1.1"), code));
    assert_false(country_find(STR(""), STR("1.1.1.1"), code));
    assert_false(country_find(STR("1.0.0.0,1.0.0.255,ZZ"), STR("1.0.0.1"), code));
}

static void two_pieces_of_evidence(void **state)
{
    struct domain *d = *state;
    struct unsure *list;
    size_t n;
    rule(d, TAX_INCLUSIVE);
    FILE *f = fopen(str_fmt(d->cx->arena, "%s/countries.csv", d->store->dir).p, "w");
    assert_non_null(f);
    fputs("192.0.2.0,192.0.2.255,DE\n198.51.100.0,198.51.100.255,FR\n", f);
    fclose(f);
    int64_t sure = person(d), thin = person(d), lies = person(d), card = person(d);
    d->cx->ip = STR("192.0.2.7");
    CHECK_STR(buyer_ip_country(d->cx), "DE");
    buys_from(d, sure, "DE", "");
    pay(d, sure, 3000);
    struct order o = pay(d, thin, 3000); /* the address alone */
    buys_from(d, lies, "FR", "");
    struct order p = pay(d, lies, 3000); /* says France, sits in Germany */
    buys_from(d, card, "FR", "");
    struct order q = place(d, card, STR_NULL);
    tell(d, &q, ORDER_PAID, 3000, "FR", 0); /* the card agrees */
    OK_(tax_unsure(d->cx, d->tea.id, 10, &list, &n));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].order_id, p.id);
    assert_int_equal(order_tax_evidence(&list[0].tax), EVIDENCE_CONTRADICTS);
    assert_int_equal(list[1].order_id, o.id);
    assert_int_equal(order_tax_evidence(&list[1].tax), EVIDENCE_THIN);
    struct order_tax t;
    OK_(order_tax_of(d->cx, q.id, &t));
    assert_int_equal(order_tax_evidence(&t), EVIDENCE_ENOUGH);
    CHECK_STR(t.rail_country, "FR");
}

/* Whatever is given back in whatever steps, the tax of the steps is the tax of the whole. */
static void parts_of_a_tax_add_up(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252ULL;
    for (int round = 0; round < 2000; round++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        int64_t gross = (int64_t)(seed % 1000000) + 1, tax = (int64_t)((seed >> 20) % (uint64_t)gross), at = 0, sum = 0;
        while (at < gross) {
            int64_t next = at + 1 + (int64_t)((seed >> 7) % (uint64_t)gross) / 3;
            next = next > gross ? gross : next;
            sum += tax_share(tax, gross, at, next);
            at = next;
        }
        assert_int_equal(sum, tax);
    }
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        TEST(percents_are_read_and_written),
        TEST(tax_numbers_have_forms),
        TEST(nothing_is_taken_without_a_rule),
        TEST(prices_hold_the_tax_or_it_comes_on_top),
        TEST(tax_stands_between_coupon_and_credit),
        TEST(a_business_abroad_owes_it_itself),
        TEST(the_provider_may_work_it_out),
        TEST(stripe_says_what_it_worked_out),
        TEST(a_renewal_costs_what_it_cost),
        TEST(numbers_have_no_gap),
        TEST(an_issued_one_is_never_changed),
        TEST(who_may_see_it),
        TEST(a_lost_dispute_makes_a_credit_note),
        TEST(a_lost_refund_is_no_refund),
        TEST(a_receipt_goes_out_once_in_the_buyers_language),
        TEST(exports_and_sums),
        TEST(a_year_begins_where_the_planet_is),
        cmocka_unit_test(addresses_are_looked_up),
        TEST(a_fapiao_is_asked_for_once_and_answered),
        TEST(two_pieces_of_evidence),
        cmocka_unit_test(parts_of_a_tax_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
