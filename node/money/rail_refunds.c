#include "node/money/rail_refunds.h"

#include "node/db/db.h"
#include "node/money/rail_refunds_sql.h"

static struct rail_refund_asked from(const struct rail_refund_row *r)
{
    return (struct rail_refund_asked){
        .key = r->idem_key, .order_number = r->number, .order_id = r->order_id, .amount = r->amount};
}

enum err rail_refund_by_key(struct cx *cx, int64_t planet_id, struct str rail, struct str key,
                            struct rail_refund_asked *ret)
{
    struct rail_refund_row row;
    bool found;
    TRY(q_rail_refund_call(cx, planet_id, rail, key, &found, &row));
    if (!found)
        return ERR_NOT_FOUND;
    *ret = from(&row);
    return OK;
}

enum err rail_refunds_open(struct cx *cx, int64_t planet_id, struct str rail, int64_t since,
                           struct rail_refund_asked **ret, size_t *ret_n)
{
    struct rail_refund_row *rows;
    size_t n;
    TRY(q_rail_refund_calls(cx, planet_id, rail, since, &rows, &n));
    struct rail_refund_asked *v = ARENA_ARRAY(cx->arena, struct rail_refund_asked, n);
    for (size_t i = 0; i < n; i++)
        v[i] = from(&rows[i]);
    *ret = v;
    *ret_n = n;
    return OK;
}
