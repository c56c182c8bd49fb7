/* Money that fits no order waits here for the owner's decision. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/money/order.h"
#include "node/money/words.h"
#include "web/page.h"

enum err desk_money_tray(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct unmatched *all;
    struct view_money *m;
    size_t n;
    TRY(desk_money_planet(rq, &p));
    TRY(desk_money_head(rq, &p, MONEY_TRAY, N_("Tray"), &m));
    TRY(unmatched_list(cx, p.id, &all, &n));
    struct view_tray_money *out = ARENA_ARRAY(cx->arena, struct view_tray_money, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_tray_money){
            .id = all[i].id,
            .reason = money_reason_words(cx, all[i].reason),
            .money = i18n_money(cx, all[i].amount.minor, str_c(all[i].amount.cur)),
            .number = all[i].order_number,
            .when = i18n_ago(cx, all[i].created_at),
        };
    struct view_money_tray v = {.m = m, .money = out, .n_money = n};
    struct buf b = web_buf();
    html_desk_money_tray(&b, cx, &v);
    return web_send(rq, 200, &b);
}

enum err desk_money_settle(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(desk_money_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(unmatched_settle(rq->cx, p.id, id));
    return desk_money_done(rq, &p, "/tray", "done");
}
