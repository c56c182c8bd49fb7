#include "node/money/single.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/order_row.h"

enum err single_quote(struct cx *cx, const struct single *s, struct quote *ret)
{
    struct quote_ask ask = {
        .account_id = s->account_id,
        .planet_id = s->planet_id,
        .list = s->list,
        .label = s->label,
        .kind = s->kind,
    };
    return price_quote(cx, &ask, ret);
}

enum err single_order(struct cx *cx, const struct single *s, struct str *ret_number, int64_t *ret_id)
{
    struct quote q;
    TRY(single_quote(cx, s, &q));
    TRY(order_may_buy(cx, s->account_id, s->planet_id, q.total, s->rail));
    if (s->agreed != 0 && s->agreed != q.total.minor)
        return cx_tell(cx, ERR_CONFLICT, N_("The price has changed meanwhile. Please look at it again."));
    struct order_new o = {
        .account_id = s->account_id,
        .planet_id = s->planet_id,
        .price_id = DB_NULL,
        .tier_id = DB_NULL,
        .term_unit = STR_NULL,
        .term_count = DB_NULL,
        .post_id = s->post_id,
        .kind = s->kind,
        .total = q.total,
        .list = q.list.minor,
        .discount = q.discount,
        .credit = 0,
        .tax = q.tax,
        .taxed = &q.taxed,
        .rail = q.total.minor == 0 ? "none" : s->rail,
        .expires_at = cx->now + ORDER_OPEN_MS,
    };
    return order_insert(cx, &o, ret_number, ret_id);
}
