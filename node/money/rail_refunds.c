#include "node/money/rail_refunds.h"

#include "node/db/db.h"
#include "node/money/rail_refunds_sql.h"

static enum err from(struct cx *cx, const struct rail_refund_row *r, struct rail_refund_asked *ret)
{
    *ret = (struct rail_refund_asked){
        .key = r->idem_key, .order_number = r->number, .order_id = r->order_id, .amount = r->amount};
    return q_rail_refund_sum(cx, r->order_id, r->id, &ret->in_all);
}

enum err rail_refund_by_key(struct cx *cx, int64_t planet_id, struct str rail, struct str key,
                            struct rail_refund_asked *ret)
{
    struct rail_refund_row row;
    bool found;
    TRY(q_rail_refund_call(cx, planet_id, rail, key, &found, &row));
    return found ? from(cx, &row, ret) : ERR_NOT_FOUND;
}

enum err rail_refunds_open(struct cx *cx, int64_t planet_id, struct str rail, int64_t since,
                           struct rail_refund_asked **ret, size_t *ret_n)
{
    struct rail_refund_row *rows;
    size_t n, m = 0;
    TRY(q_rail_refund_calls(cx, planet_id, rail, since, &rows, &n));
    struct rail_refund_asked *v = ARENA_ARRAY(cx->arena, struct rail_refund_asked, n + 1);
    for (size_t i = 0; i < n; i++) {
        TRY(from(cx, &rows[i], &v[m]));
        m += v[m].in_all > rows[i].refunded;
    }
    *ret = v;
    *ret_n = m;
    return OK;
}
