#include "node/money/rail_refunds.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/rail_refunds_sql.h"
#include "node/planet/planet.h"

static struct rail_refund_asked from(const struct rail_refund_row *r)
{
    return (struct rail_refund_asked){
        .key = r->idem_key, .order_number = r->number, .order_id = r->order_id, .amount = r->amount,
        .ref = r->ref, .state = r->state};
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

enum err rail_refund_lost_note(struct cx *cx, int64_t planet_id, const char *title, struct str number, struct str status,
                               struct str *ret)
{
    struct planet p;
    enum locale locale = cx->locale;
    TRY(planet_by_id(cx, planet_id, &p));
    (void)i18n_parse(p.lang, &locale);
    struct str v[] = {number, status, str_c(i18n_get(locale, title))};
    *ret = i18n_fill(cx->arena, i18n_get(locale, N_("{2}: the refund of order {0} did not arrive ({1}). Please give the money back by hand.")), v, 3);
    return OK;
}
