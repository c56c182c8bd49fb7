#include "node/money/subscription.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/money/invite.h"
#include "node/money/life.h"
#include "node/money/order_row.h"
#include "node/money/quote.h"
#include "node/money/rail_sql.h"
#include "node/money/rail_sub_call.h"
#include "node/money/subscription_sql.h"
#include "node/node.h"

enum { RENEWAL_DAYS = 30 }; /* an order of a term that is paid is open no longer than that */

static struct subscription from(const struct subscription_row *r)
{
    return (struct subscription){
        .id = r->id,
        .planet_id = r->planet_id,
        .account_id = r->account_id,
        .order_id = r->order_id,
        .rail = r->rail,
        .ref = r->ref,
        .customer = r->customer,
        .state = r->state,
        .ends_with_term = r->ends_with_term != 0,
        .period_end = r->period_end,
        .since = r->since,
        .rail_at = r->rail_at,
        .price_id = r->price_id,
    };
}

enum err subscription_by_id(struct cx *cx, int64_t id, struct subscription *ret)
{
    struct subscription_row row;
    TRY(q_subscription_by_id(cx, id, &row));
    *ret = from(&row);
    return OK;
}

enum err subscription_by_ref(struct cx *cx, int64_t planet_id, struct str rail, struct str ref,
                             struct subscription *ret)
{
    struct subscription_row row;
    TRY(q_subscription_by_ref(cx, planet_id, rail, ref, &row));
    *ret = from(&row);
    return OK;
}

enum err subscription_of_order(struct cx *cx, int64_t order_id, struct subscription *ret)
{
    struct subscription_row row;
    TRY(q_subscription_of_order(cx, order_id, &row));
    *ret = from(&row);
    return OK;
}

enum err subscription_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct subscription *ret)
{
    struct subscription_row row;
    TRY(q_subscription_of_account(cx, planet_id, account_id, &row));
    *ret = from(&row);
    return OK;
}

static struct str state_or(struct str said, struct str was)
{
    bool known = str_eq_c(said, "active") || str_eq_c(said, "past_due") || str_eq_c(said, "paused") ||
                 str_eq_c(said, "ended");
    return known ? said : was;
}

static enum err told(struct cx *cx, const struct order *o, int64_t planet_id, const char *rail,
                           const struct rail_sub *sub, int64_t at, struct subscription *ret)
{
    if (sub->ref.n == 0)
        return ERR_NOT_FOUND;
    enum err e = subscription_by_ref(cx, planet_id, str_c(rail), sub->ref, ret);
    if (e == ERR_NOT_FOUND && o != NULL) {
        TRY(q_subscription_insert(cx, id_next(cx->node->ids), planet_id, str_c(rail), sub->ref, o->account_id, o->id,
                                  sub->customer, state_or(sub->state, STR("active")), sub->ends_with_term,
                                  sub->period_end, at, at, NULL));
        TRY(q_rail_object_put(cx, str_c(rail), planet_id, sub->ref, o->id, NULL));
        return subscription_by_ref(cx, planet_id, str_c(rail), sub->ref, ret);
    }
    TRY(e);
    /* An ended one stays so: providers make a new one when somebody comes back. */
    if (at < ret->rail_at || str_eq_c(ret->state, "ended"))
        return OK;
    if (sub->state.n == 0) /* named by the way: a payment of it doesn't say how it stands */
        return OK;
    struct str state = state_or(sub->state, ret->state);
    bool same = str_eq(state, ret->state);
    int64_t end = sub->period_end == DB_NULL || sub->period_end <= 0 ? ret->period_end : sub->period_end;
    struct str customer = sub->customer.n > 0 ? sub->customer : ret->customer;
    bool ends = sub->ends_with_term;
    TRY(q_subscription_change(cx, ret->id, customer, state, ends, end, same ? ret->since : at, at, NULL));
    return subscription_by_id(cx, ret->id, ret);
}

enum err subscription_told(struct cx *cx, const struct order *o, int64_t planet_id, const char *rail,
                           const struct rail_sub *sub, int64_t at, struct subscription *ret)
{
    struct subscription before;
    enum err e = sub->ref.n == 0 ? ERR_NOT_FOUND : subscription_by_ref(cx, planet_id, str_c(rail), sub->ref, &before);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(told(cx, o, planet_id, rail, sub, at, ret));
    if (e == ERR_NOT_FOUND && str_eq_c(ret->state, "active"))
        TRY(sub_follow_price(cx, ret, STR("begun")));
    bool same = e == OK && str_eq(before.state, ret->state) && before.ends_with_term == ret->ends_with_term;
    return same ? OK : life_told(cx, e == OK ? &before : NULL, ret);
}

/* Which price was charged? That of further terms, or one that the provider was asked for before or since: what it took
 * says which. Else the first of them: money that fits none is for the owner to look at (P24). */
static enum err charged(struct cx *cx, const struct subscription *s, const struct order *first, int64_t paid,
                        struct quote *ret, int64_t *ret_price)
{
    int64_t *asked;
    size_t n;
    /* What the price says, less a coupon that still runs, with the tax on top if the first had it. */
    struct quote_ask ask = {.account_id = s->account_id, .price_id = s->price_id == DB_NULL ? first->price_id : s->price_id,
                            .kind = "renewal", .keep_credit = true, .further_of = first->id};
    *ret_price = ask.price_id;
    TRY(price_quote(cx, &ask, ret));
    if (ret->total.minor == paid)
        return OK;
    TRY(q_subscription_prices(cx, s->id, &asked, &n));
    for (size_t i = 0; i < n; i++) {
        struct quote q;
        ask.price_id = asked[i];
        TRY(price_quote(cx, &ask, &q));
        if (q.total.minor != paid)
            continue;
        *ret = q;
        *ret_price = asked[i];
        return i == 0 ? q_subscription_price(cx, s->id, asked[i], NULL) : OK; /* the last one holds, then */
    }
    return OK;
}

enum err subscription_order(struct cx *cx, const struct subscription *s, struct str ref, int64_t paid,
                            struct str *ret_number)
{
    struct order first;
    struct quote q;
    bool found, held;
    int64_t id, price_id;
    TRY(q_rail_object_order(cx, s->rail, s->planet_id, ref, &found, ret_number));
    if (found)
        return OK;
    struct price price;
    TRY(order_by_id(cx, s->order_id, &first));
    TRY(charged(cx, s, &first, paid, &q, &price_id));
    TRY(price_by_id(cx, price_id, &price));
    TRY(order_seat_held(cx, price.tier_id, s->account_id, &held));
    struct order_new o = {
        .account_id = s->account_id,
        .planet_id = s->planet_id,
        .price_id = price_id,
        .tier_id = price.tier_id,
        .term_unit = price.unit,
        .term_count = price.count,
        .post_id = DB_NULL,
        .kind = "renewal",
        .total = q.total,
        .list = q.list.minor,
        .discount = q.discount,
        .tax = q.tax,
        .taxed = &q.taxed,
        .rail = str_z(cx->arena, s->rail),
        .expires_at = held ? cx->now + RENEWAL_DAYS * MS_DAY : cx->now, /* who lost the seat takes one that is free (P41) */
    };
    TRY(order_insert(cx, &o, ret_number, &id));
    TRY(coupon_reserve(cx, id, s->account_id, &q.coupon));
    if (str_eq_c(first.kind, "trial"))
        TRY(referral_moves(cx, first.id, id));
    return q_rail_object_put(cx, s->rail, s->planet_id, ref, id, NULL);
}
