/* Ordering a term of a tier, for oneself or as a gift: quoted, admitted, reserved, in one transaction. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/gift.h"
#include "node/money/invite.h"
#include "node/money/life.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/post_sale.h"
#include "node/money/quote.h"
#include "node/money/upgrade.h"
#include "node/planet/planet_sql.h"

#include <string.h>

/* To everybody, or still to this account, whose own it is (P33). */
static enum err offered(struct cx *cx, int64_t price_id, int64_t account_id, struct price *ret_price,
                        struct tier *ret_tier)
{
    struct price own;
    bool found;
    TRY(price_by_id(cx, price_id, ret_price));
    TRY(tier_by_id(cx, ret_price->tier_id, ret_tier));
    for (size_t i = 0; i < ret_tier->n_prices; i++)
        if (ret_tier->prices[i].id == price_id)
            return OK;
    TRY(renewal_price(cx, ret_tier->planet_id, account_id, &found, &own));
    if (found && own.id == price_id)
        return OK;
    return cx_tell(cx, ERR_INVALID, N_("This price is no longer offered. Please choose again."));
}

/* What this account left open and what holds a coupon or credit makes room. */
static enum err make_room(struct cx *cx, int64_t account_id, int64_t planet_id)
{
    struct order_change cancel = {
        .event = ORDER_CANCEL, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    enum order_verdict verdict;
    struct str *numbers;
    size_t n;
    TRY(q_order_holding(cx, account_id, planet_id, &numbers, &n));
    for (size_t i = 0; i < n; i++)
        TRY(order_apply(cx, numbers[i], &cancel, &verdict));
    return OK;
}

enum { GIFTS_OPEN_MAX = 5 }; /* each holds a seat until it is paid or given up: nobody shall hold them all */

/* A gift is for somebody else: neither admission nor what the buyer has matters, but a seat is. */
static enum err may(struct cx *cx, const struct order_ask *ask, const struct tier *tier,
                    const struct quote *q, bool invited)
{
    struct term term;
    int64_t open;
    TRY(order_may_buy(cx, ask->account_id, tier->planet_id, q->total, ask->rail));
    if (ask->gift) {
        if (q->list.minor == 0)
            return cx_tell(cx, ERR_INVALID, N_("What costs nothing need not be given."));
        TRY(q_order_open_gifts(cx, ask->account_id, tier->planet_id, cx->now, &open));
        if (open >= GIFTS_OPEN_MAX)
            return cx_tell(cx, ERR_CONFLICT, N_("Five of your gifts wait to be paid already. Pay or cancel one of them first."));
        return order_seat(cx, tier->id, 0);
    }
    /* Free by its price: once. Free by a coupon or credit: a term like any other. */
    TRY(order_may_join(cx, ask->account_id, tier, q->list, invited));
    return membership_next_term(cx, tier->planet_id, ask->account_id, tier->rank, STR("day"), 1,
                                &term);
}

static enum err insert(struct cx *cx, const struct order_ask *ask, const struct price *price,
                       const struct tier *tier, const struct quote *q, struct str *ret_number,
                       int64_t *ret_id)
{
    struct order_new o = {
        .account_id = ask->account_id,
        .planet_id = tier->planet_id,
        .price_id = price->id,
        .tier_id = tier->id,
        .term_unit = price->unit,
        .term_count = price->count,
        .post_id = DB_NULL,
        .kind = q->kind,
        .total = q->total,
        .list = q->list.minor,
        .discount = q->discount,
        .credit = q->unused + q->posts + q->credit,
        .tax = q->tax,
        .taxed = &q->taxed,
        .rail = q->total.minor == 0 ? "none" : ask->rail,
        .expires_at = cx->now + ORDER_OPEN_MS,
    };
    TRY(order_insert(cx, &o, ret_number, ret_id));
    TRY(coupon_reserve(cx, *ret_id, ask->account_id, &q->coupon));
    TRY(post_toward_take(cx, *ret_id, tier->planet_id, ask->account_id, str_c(q->list.cur), q->posts));
    return credit_reserve(cx, *ret_id, q->credit);
}

static enum err place(struct cx *cx, const struct order_ask *ask, struct order *ret)
{
    struct price price;
    struct tier tier;
    struct quote q;
    struct invite by = {0};
    struct str number;
    int64_t id;
    bool invited;
    TX_SCOPE(cx);
    struct upgrade *up = ask->kind != NULL && strcmp(ask->kind, "upgrade") == 0 ? ARENA_NEW(cx->arena, struct upgrade) : NULL;
    TRY(offered(cx, ask->price_id, ask->gift ? 0 : ask->account_id, &price, &tier));
    TRY(planet_lock(cx, tier.planet_id));
    TRY(make_room(cx, ask->account_id, tier.planet_id));
    if (up != NULL)
        TRY(upgrade_of(cx, ask->account_id, ask->price_id, up));
    struct quote_ask qa = {
        .account_id = ask->account_id,
        .price_id = ask->price_id,
        .kind = ask->gift ? "gift" : ask->kind,
        .coupon = ask->coupon,
        .unused = up != NULL ? up->unused : ask->unused,
        .keep_credit = ask->keep_credit,
    };
    TRY(price_quote(cx, &qa, &q));
    TRY(invite_choose(cx, tier.planet_id, ask->account_id, ask->invites, &invited, &by));
    TRY(may(cx, ask, &tier, &q, invited));
    TRY(insert(cx, ask, &price, &tier, &q, &number, &id));
    if (up != NULL)
        TRY(upgrade_keep(cx, id, up));
    if (ask->gift)
        TRY(gift_make(cx, id, tier.planet_id, ask->account_id, tier.id, ask->gift_to, ask->gift_words));
    else if (invited)
        TRY(referral_ordered(cx, id, tier.planet_id, by.account_id, ask->account_id));
    TRY(order_settle_if_free(cx, number, q.total));
    TRY(order_by_number(cx, number, ret));
    return tx_commit(cx);
}

enum err order_place(struct cx *cx, const struct order_ask *ask, struct order *ret)
{
    TRY(order_limit(cx, ask->account_id));
    return place(cx, ask, ret);
}

enum err order_open(struct cx *cx, int64_t account_id, int64_t price_id, const char *rail,
                    struct order *ret)
{
    struct order_ask ask = {.account_id = account_id, .price_id = price_id, .rail = rail};
    return order_place(cx, &ask, ret);
}
