/* The tax on what is due, from the planet's rules, the buyer's details and the browser's address (P43). */
#include "node/money/quote.h"

#include "node/money/money.h"
#include "node/money/order.h"

#include <string.h>

/* A provider that renews takes the sum that it was told at the beginning. When the rate is another one now, the
 * tax is what that sum contains of it. */
static enum err further(struct cx *cx, const struct quote_ask *ask, const struct tax_rule *rule, struct money due,
                        struct quote_tax *t)
{
    struct order_tax first;
    struct tax_rule as_was = *rule;
    struct quote_tax was;
    enum err e = order_tax_of(cx, ask->further_of, &first);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    struct buyer same = first.buyer;
    same.country = str_dup(cx->arena, str_c(first.rate.country));
    as_was.mode = first.mode;
    as_was.rates = &first.rate;
    as_was.n_rates = first.rate.ppm > 0 ? 1 : 0;
    tax_work_out(cx, &as_was, &same, STR(""), due.minor, first.contained, &was);
    tax_work_out(cx, rule, &same, STR(""), due.minor + was.added, true, t);
    t->added = was.added;
    t->contained = was.added == 0;
    return OK;
}

enum err quote_tax_of(struct cx *cx, const struct quote_ask *ask, const struct quote *so_far,
                      struct money due, struct quote_tax *ret)
{
    struct tax_rule rule;
    struct buyer who;
    TRY(tax_rule_of(cx, so_far->planet_id, &rule));
    TRY(buyer_of(cx, ask->account_id, &who));
    if (ask->country.n > 0 && !str_eq(ask->country, who.country)) {
        who.country = ask->country;
        who.tax_id = STR("");
    }
    /* A tip is what its giver typed. */
    bool tip = so_far->kind != NULL && strcmp(so_far->kind, "tip") == 0;
    tax_work_out(cx, &rule, &who, buyer_ip_country(cx), due.minor, tip, ret);
    return ask->further_of == 0 ? OK : further(cx, ask, &rule, due, ret);
}

enum err quote_further(struct cx *cx, const struct order *o, int64_t less, struct money *ret)
{
    struct quote q;
    struct quote_ask ask = {.account_id = o->account_id, .planet_id = o->planet_id, .kind = "renewal",
                            .list = money_of(o->list_amount - less, str_c(o->total.cur)), .label = STR(""),
                            .keep_credit = true, .further_of = o->id};
    TRY(price_quote(cx, &ask, &q));
    *ret = q.total;
    return OK;
}

enum err quote_full(struct cx *cx, int64_t planet_id, int64_t account_id, struct money price, struct money *ret)
{
    struct tax_rule rule;
    struct buyer who;
    struct quote_tax t;
    TRY(tax_rule_of(cx, planet_id, &rule));
    TRY(buyer_of(cx, account_id, &who));
    tax_work_out(cx, &rule, &who, buyer_ip_country(cx), price.minor, false, &t);
    *ret = price;
    ret->minor += t.added;
    return OK;
}
