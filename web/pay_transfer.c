#include "web/pay_transfer.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/money/rail.h"
#include "node/money/transfer.h"
#include "web/files.h"
#include "web/page.h"
#include "web/pay.h"

static bool one_of(struct str s, const char *const *words)
{
    for (; *words != NULL; words++)
        if (str_eq_c(s, *words))
            return true;
    return false;
}

static enum err fill_account(struct cx *cx, const struct transfer *t, struct view_transfer *v)
{
    struct rail_account acc;
    struct media code;
    TRY(rail_account_for(cx, rail_by_name(STR("transfer")), t->planet_id, &acc));
    v->holder = rail_setting(&acc, "holder");
    v->account = rail_setting(&acc, "account");
    v->bank = rail_setting(&acc, "bank");
    v->words = rail_setting(&acc, "words");
    enum err e = transfer_code(cx, t->planet_id, &code);
    if (e == OK)
        v->code_url = str_fmt(cx->arena, "/pay/" STR_FMT "/code", STR_ARG(t->number));
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err web_transfer_fill(struct rq *rq, const struct order *o, struct view_order_page *view, bool *ret_by_hand)
{
    static const char *const open[] = {"new", "pending", NULL}, *const late[] = {"expired", "failed", NULL};
    struct cx *cx = rq->cx;
    struct view_transfer *v = ARENA_NEW(cx->arena, struct view_transfer);
    struct transfer t;
    enum err e = transfer_of(cx, o->number, &t);
    bool is_open = one_of(o->state, open), is_late = one_of(o->state, late);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    v->tray = str_eq_c(t.state, "tray") && o->paid_at == DB_NULL;
    *ret_by_hand = is_open || is_late || v->tray;
    if (!*ret_by_hand)
        return OK;
    TRY(fill_account(cx, &t, v));
    bool sent = str_eq_c(t.state, "sent");
    v->amount = i18n_money(cx, t.amount.minor, str_c(t.amount.cur));
    v->memo = t.memo;
    v->open = is_open;
    v->unlike = t.extra > 0;
    v->until = is_open && !sent && t.expires_at != DB_NULL ? i18n_datetime(cx, t.expires_at) : STR_NULL;
    v->said = sent ? i18n_ago(cx, t.said_at) : STR_NULL;
    v->rejected = str_eq_c(t.state, "rejected");
    v->reason = v->rejected ? t.reason : STR_NULL;
    v->opened = sent && t.provisional;
    v->may_say = t.says < TRANSFER_SAYS;
    v->payer = t.payer;
    v->bank_ref = t.bank_ref;
    v->action = str_fmt(cx->arena, "/pay/" STR_FMT "/sent", STR_ARG(t.number));
    if (t.media_id != DB_NULL)
        v->picture_url = str_fmt(cx->arena, "/pay/" STR_FMT "/picture", STR_ARG(t.number));
    view->transfer = v;
    return OK;
}

enum err web_transfer_say(struct rq *rq)
{
    struct cx *cx = rq->cx;
    const struct upload *uploads;
    struct order o;
    struct planet p;
    size_t n = rq_uploads(rq, &uploads);
    TRY(web_my_order(rq, &o, &p));
    struct transfer_say say = {.number = o.number, .payer = rq_form(rq, "payer"), .bank_ref = rq_form(rq, "bank_ref")};
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(uploads[i].field, "picture") && uploads[i].bytes.n > 0) {
            say.picture = uploads[i].bytes;
            say.filename = uploads[i].filename;
        }
    enum err e = transfer_say(cx, &say);
    if (e == ERR_INTERNAL || e == ERR_NOT_FOUND)
        return e;
    if (e != OK)
        return web_pay_show_order(rq, &o, &p, e);
    web_flash(rq, "transfer-said");
    return web_go(rq, str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(o.number)));
}

enum err web_transfer_picture(struct rq *rq)
{
    struct media m;
    TRY(transfer_picture(rq->cx, rq_param(rq, "number"), &m));
    return web_media_give(rq, &m, false, "private, no-store");
}

enum err web_transfer_code(struct rq *rq)
{
    struct media m;
    struct order o;
    struct planet p;
    TRY(web_my_order(rq, &o, &p));
    if (!str_eq_c(o.rail, "transfer"))
        return ERR_NOT_FOUND;
    TRY(transfer_code(rq->cx, o.planet_id, &m));
    return web_media_give(rq, &m, false, "private, no-store");
}
