/* Money that fits no order waits here for the owner's decision: a membership for it, back, a tip, or settled
 * outside. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/rail_call.h"
#include "node/money/tray.h"
#include "node/money/words.h"
#include "node/people/account.h"
#include "web/away.h"
#include "web/compose_form.h"
#include "web/page.h"

enum { REFUND_MS = 25000, DECIDED_SHOWN = 20 };

static struct str state_words(struct cx *cx, struct str state)
{
    static const struct { const char *state, *words; } all[] = {
        {"assigned", N_("a membership was given for it")},
        {"refunding", N_("is being given back")},
        {"refunded", N_("given back")},
        {"kept", N_("kept as a tip")},
        {"settled", N_("settled by hand")},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_eq_c(state, all[i].state))
            return str_c(tr(cx, all[i].words));
    return state;
}

/* Who the order that it names was from. */
static enum err fill_buyer(struct cx *cx, const struct unmatched *u, struct view_tray_money *ret)
{
    struct order o;
    struct account who;
    enum err e = u->order_number.n == 0 ? ERR_NOT_FOUND : order_by_number(cx, u->order_number, &o);
    if (e == ERR_NOT_FOUND || (e == OK && o.planet_id != u->planet_id))
        return OK;
    TRY(e);
    TRY(account_by_id(cx, o.account_id, &who));
    ret->who = who.name;
    ret->f_who = who.username.n > 0 ? str_fmt(cx->arena, "@" STR_FMT, STR_ARG(who.username)) : who.mail;
    ret->f_tier = o.tier_id;
    if (o.tier_id != DB_NULL) {
        ret->f_unit = o.term_unit;
        ret->f_length = str_fmt(cx->arena, "%lld", (long long)o.term_count);
    }
    return OK;
}

static enum err fill_item(struct cx *cx, const struct unmatched *u, struct view_tray_money *ret)
{
    const struct pay_rail *rail = u->rail.n > 0 ? rail_by_name(u->rail) : NULL;
    *ret = (struct view_tray_money){
        .id = u->id,
        .reason = money_reason_words(cx, u->reason),
        .money = i18n_money(cx, u->amount.minor, str_c(u->amount.cur)),
        .number = u->order_number,
        .when = i18n_ago(cx, u->settled_at == DB_NULL ? u->created_at : u->settled_at),
        .rail = rail == NULL ? u->rail : str_c(tr(cx, rail->label)),
        .ref = u->rail_ref,
        .note = u->note,
        .state = state_words(cx, u->state),
        .booked = u->booked,
        .waits = str_eq_c(u->state, "open"),
        .can_refund = rail != NULL && rail->refund != NULL,
        .f_unit = STR("year"),
        .f_length = STR("1"),
    };
    return fill_buyer(cx, u, ret);
}

static enum err fill_items(struct cx *cx, const struct unmatched *all, size_t n, const struct view_tray_money **ret)
{
    struct view_tray_money *out = ARENA_ARRAY(cx->arena, struct view_tray_money, n);
    for (size_t i = 0; i < n; i++)
        TRY(fill_item(cx, &all[i], &out[i]));
    *ret = out;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct unmatched *all;
    struct view_money *m;
    struct view_money_tray v = {.error = e == OK ? STR_NULL : web_mendable(rq, e)};
    TRY(desk_money_head(rq, p, MONEY_TRAY, N_("Tray"), &m));
    v.m = m;
    TRY(compose_tiers(cx, p->id, &v.tiers, &v.n_tiers));
    TRY(unmatched_list(cx, p->id, 0, DESK_PAGE, &all, &v.n_money)); /* the next come as these are decided */
    TRY(fill_items(cx, all, v.n_money, &v.money));
    TRY(unmatched_decided(cx, p->id, DECIDED_SHOWN, &all, &v.n_decided));
    TRY(fill_items(cx, all, v.n_decided, &v.decided));
    struct buf b = web_buf();
    html_desk_money_tray(&b, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &b);
}

enum err desk_money_tray(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, OK);
}

/* ---- deciding ---- */

static enum err assign(struct rq *rq, const struct planet *p, int64_t id)
{
    struct cx *cx = rq->cx;
    struct tray_assign to = {.account_id = DB_NULL, .tier_id = DB_NULL};
    struct order o;
    struct account a;
    struct str who = str_trim(rq_form(rq, "who")), tier = rq_form(rq, "tier_id");
    if (who.n > 0) {
        enum err e = str_starts(who, STR("@")) ? account_by_username(cx, str_sub(who, 1, SIZE_MAX), &a)
                                                : account_by_mail(cx, who, &a);
        if (e == ERR_NOT_FOUND)
            return cx_tell(cx, ERR_INVALID,
                           N_("Nobody here has that mail address or name. They sign in once, then you can give."));
        TRY(e);
        to.account_id = a.id;
    }
    if (tier.n > 0) {
        if (!web_id(tier, &to.tier_id))
            return cx_tell(cx, ERR_INVALID, N_("Choose a tier."));
        TRY(desk_length(rq, &to.unit, &to.count));
    }
    return tray_assign(cx, p->id, id, &to, &o);
}

struct giving_back {
    struct planet planet;
    int64_t call_id;
};

static enum err call(struct cx *cx, void *arg)
{
    return rail_call_make(cx, ((struct giving_back *)arg)->call_id);
}

/* What the provider can't do now it does later: the job behind the call tries again. */
static enum err called(struct rq *rq, enum err e, void *arg)
{
    struct giving_back *g = arg;
    if (e == OK || e == ERR_BUSY || e == ERR_UPSTREAM || e == ERR_TIMEOUT)
        return desk_money_done(rq, &g->planet, "/tray", "done");
    return desk_mendable(e) ? show(rq, &g->planet, e) : e;
}

enum err desk_money_decide(struct rq *rq)
{
    struct giving_back *g = ARENA_NEW(rq->cx->arena, struct giving_back);
    struct str do_ = rq_form(rq, "do");
    int64_t id;
    enum err e = ERR_INVALID;
    TRY(desk_money_planet(rq, &g->planet));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    if (str_eq_c(do_, "assign"))
        e = assign(rq, &g->planet, id);
    else if (str_eq_c(do_, "refund"))
        e = tray_refund(rq->cx, g->planet.id, id, &g->call_id);
    else if (str_eq_c(do_, "keep"))
        e = tray_keep(rq->cx, g->planet.id, id);
    else if (str_eq_c(do_, "settle"))
        e = unmatched_settle(rq->cx, g->planet.id, id);
    if (desk_mendable(e))
        return show(rq, &g->planet, e);
    TRY(e);
    if (str_eq_c(do_, "refund"))
        return web_away(rq, call, g, REFUND_MS, called);
    return desk_money_done(rq, &g->planet, "/tray", "done");
}
