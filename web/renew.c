#include "web/renew.h"

#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/life.h"
#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/money/rail.h"
#include "node/money/renew_link.h"
#include "node/money/upgrade.h"
#include "node/node.h"
#include "web/html.h"
#include "web/membership.h"
#include "web/page.h"
#include "web/pay.h"
#include "web/planet_view.h"

enum { RAILS_SHOWN = 16 };

/* ---- parts of both pages ---- */

static void fill_sums(struct cx *cx, const struct quote *q, struct view_term *v)
{
    struct view_sum *out = ARENA_ARRAY(cx->arena, struct view_sum, q->n_lines);
    for (size_t i = 0; i < q->n_lines; i++)
        out[i] = (struct view_sum){
            .label = q->lines[i].label,
            .money = i18n_money(cx, q->lines[i].amount.minor, str_c(q->lines[i].amount.cur)),
            .total = q->lines[i].kind == QUOTE_TOTAL,
            .contained = q->lines[i].contained,
        };
    v->lines = out;
    v->n_lines = q->n_lines;
    v->free = q->total.minor == 0;
}

static void fill_rails(struct cx *cx, int64_t planet_id, const struct price *p, struct view_term *v)
{
    const struct pay_rail *rails[RAILS_SHOWN];
    size_t n = rail_list_for(cx, planet_id, str_c(p->money.cur), rails, RAILS_SHOWN);
    struct view_pay_way *out = ARENA_ARRAY(cx->arena, struct view_pay_way, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_pay_way){
            .name = str_c(rails[i]->name),
            .label = str_c(tr(cx, rails[i]->label)),
            .renews = rails[i]->renews && !str_eq_c(p->unit, "once"),
        };
    v->rails = out;
    v->n_rails = n;
}

static const char *rail_chosen(struct rq *rq, int64_t planet_id, const struct price *p)
{
    const struct pay_rail *rails[RAILS_SHOWN];
    size_t n = rail_list_for(rq->cx, planet_id, str_c(p->money.cur), rails, RAILS_SHOWN);
    struct str rail = rq_form(rq, "rail");
    if (rail.n == 0 && n == 1)
        return rails[0]->name;
    return rail.n == 0 ? "none" : str_z(rq->cx->arena, rail);
}

static enum err send(struct rq *rq, const struct planet *p, struct view_term *v, const char *title, enum err failed)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page_form(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    TRY(planet_view(rq, p, planet));
    web_page_planet(rq, page, p);
    page->title = str_c(tr(cx, title));
    page->noindex = true;
    v->page = page;
    v->planet = planet;
    struct buf out = web_buf();
    html_membership_term(&out, cx, v);
    rq_cache_control(rq, "no-store");
    rq_add_header(rq, "Referrer-Policy", STR("no-referrer"));
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

static bool mendable(enum err e)
{
    return e == ERR_INVALID || e == ERR_CONFLICT || e == ERR_FORBIDDEN || e == ERR_RATE_LIMITED || e == ERR_UNSUPPORTED;
}

/* ---- the link ---- */

static enum err renew_view(struct rq *rq, const struct renew_link *link, struct view_term *v)
{
    struct cx *cx = rq->cx;
    struct life l;
    struct quote q;
    TRY(life_of(cx, link->planet_id, link->account_id, &l));
    web_life_words(cx, &l, &v->headline, &v->sentence, &v->moving);
    v->may_cancel = l.may_cancel;
    v->may_resume = l.may_resume;
    v->link = true;
    v->action = str_fmt(cx->arena, RENEW_PATH STR_FMT, STR_ARG(rq_param(rq, "token")));
    if (!l.may_pay)
        return OK;
    struct quote_ask ask = {.account_id = link->account_id, .price_id = l.next.id};
    TRY(price_quote(cx, &ask, &q));
    v->may_pay = true;
    v->tier = l.next_tier.name;
    v->term = web_term(cx, l.next.unit, l.next.count);
    fill_sums(cx, &q, v);
    fill_rails(cx, link->planet_id, &l.next, v);
    return OK;
}

/* What the holder of the link does, the member does; nothing is read with it. */
static enum err renew_page(struct rq *rq, const struct renew_link *link, enum err failed)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_term v = {0};
    int64_t viewer = cx->viewer;
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    TRY(planet_by_id(cx, link->planet_id, &p));
    i18n_clock(cx, p.zone);
    cx->viewer = link->account_id;
    enum err e = renew_view(rq, link, &v);
    cx->viewer = viewer;
    TRY(e);
    return send(rq, &p, &v, N_("Your membership"), failed);
}

enum err web_renew(struct rq *rq)
{
    struct renew_link link;
    TRY(renew_link_open(rq->cx, rq_param(rq, "token"), &link));
    return renew_page(rq, &link, OK);
}

static enum err renew_pay(struct rq *rq, const struct renew_link *link, struct order *ret)
{
    struct life l;
    TRY(life_of(rq->cx, link->planet_id, link->account_id, &l));
    if (!l.may_pay)
        return cx_tell(rq->cx, ERR_CONFLICT, N_("There is nothing to pay now."));
    struct order_ask ask = {.account_id = link->account_id, .price_id = l.next.id,
                            .rail = rail_chosen(rq, link->planet_id, &l.next)};
    return order_place(rq->cx, &ask, ret);
}

enum err web_renew_do(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct renew_link link;
    struct order order = {.id = 0};
    struct str what = rq_form(rq, "do");
    int64_t call_id, viewer = cx->viewer;
    enum err e = ERR_INVALID;
    TRY(renew_link_open(cx, rq_param(rq, "token"), &link));
    cx->viewer = link.account_id;
    if (str_eq_c(what, "pay"))
        e = renew_pay(rq, &link, &order);
    else if (str_eq_c(what, "cancel")) /* the provider is told by the call's job */
        e = life_cancel(cx, link.planet_id, link.account_id, &call_id);
    else if (str_eq_c(what, "resume"))
        e = life_resume(cx, link.planet_id, link.account_id, &call_id);
    cx->viewer = viewer;
    if (mendable(e))
        return renew_page(rq, &link, e);
    TRY(e);
    if (order.id != 0 && !str_eq_c(order.state, "paid")) {
        web_pay_ticket(rq, order.number);
        return web_pay_go(rq, order.number);
    }
    web_flash(rq, str_eq_c(what, "pay") ? "paid" : str_eq_c(what, "cancel") ? "not-renewing" : "renewing");
    return web_go(rq, str_fmt(cx->arena, RENEW_PATH STR_FMT, STR_ARG(rq_param(rq, "token"))));
}

/* ---- a higher tier ---- */

static enum err upgrade_page(struct rq *rq, const struct planet *p, int64_t price_id, enum err failed)
{
    struct cx *cx = rq->cx;
    struct upgrade u;
    struct quote q;
    struct view_term v = {.may_pay = true};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    enum err e = upgrade_of(cx, rq->session.account_id, price_id, &u);
    if (e == ERR_CONFLICT || e == ERR_INVALID)
        return web_go(rq, str_fmt(cx->arena, STR_FMT "/membership", STR_ARG(web_planet_path(cx, p->handle))));
    TRY(e);
    if (u.tier.planet_id != p->id)
        return ERR_NOT_FOUND;
    struct quote_ask ask = {.account_id = rq->session.account_id, .price_id = price_id, .kind = "upgrade",
                            .unused = u.unused};
    TRY(price_quote(cx, &ask, &q));
    struct str args[] = {u.ends_at == DB_NULL ? STR("") : i18n_date(cx, u.ends_at), u.tier.name};
    v.headline = i18n_fill(cx->arena, tr(cx, N_("Change to {1}")), args, 2);
    v.sentence = i18n_fill(cx->arena,
                           tr(cx, u.ends_at == DB_NULL ? N_("From the moment you pay, for ever. What you have now ends with it; its rest is taken off below.")
                                  : u.extra_ms > 0 ? N_("From the moment you pay, until {0}: what is left of your running term buys further days. What you have now ends with it.")
                                                   : N_("From the moment you pay, until {0}. What you have now ends with it; its rest is taken off below.")),
                           args, 2);
    v.tier = u.tier.name;
    v.term = web_term(cx, u.price.unit, u.price.count);
    v.action = str_fmt(cx->arena, STR_FMT "/upgrade/%lld", STR_ARG(web_planet_path(cx, p->handle)), (long long)price_id);
    fill_sums(cx, &q, &v);
    fill_rails(cx, p->id, &u.price, &v);
    return send(rq, p, &v, N_("Change your tier"), failed);
}

enum err web_upgrade(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(web_planet(rq, &p));
    if (!web_id(rq_param(rq, "price"), &id))
        return ERR_NOT_FOUND;
    return upgrade_page(rq, &p, id, OK);
}

enum err web_upgrade_do(struct rq *rq)
{
    struct planet p;
    struct order order;
    int64_t id;
    TRY(web_planet(rq, &p));
    if (!web_id(rq_param(rq, "price"), &id))
        return ERR_NOT_FOUND;
    struct price price;
    TRY(price_by_id(rq->cx, id, &price));
    struct order_ask ask = {.account_id = rq->session.account_id, .price_id = id, .rail = rail_chosen(rq, p.id, &price),
                            .kind = "upgrade"};
    enum err e = order_place(rq->cx, &ask, &order);
    if (mendable(e))
        return upgrade_page(rq, &p, id, e);
    TRY(e);
    if (!str_eq_c(order.state, "paid"))
        return web_pay_go(rq, order.number);
    web_flash(rq, "paid");
    return web_go(rq, str_fmt(rq->cx->arena, STR_FMT "/membership", STR_ARG(web_planet_path(rq->cx, p.handle))));
}
