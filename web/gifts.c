#include "web/gifts.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/gift.h"
#include "node/money/trial.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/text/qr.h"
#include "web/html.h"
#include "web/invited.h"
#include "web/page.h"
#include "web/planet_view.h"

static struct str login_to(struct cx *cx, struct str path)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 4096);
    buf_lit(&b, "/login?next=");
    buf_put_url(&b, path);
    return buf_str(&b);
}

static struct view_page *kept_page(struct rq *rq, const char *title)
{
    struct view_page *page = web_page_form(rq);
    page->title = str_c(tr(rq->cx, title));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    rq_add_header(rq, "Referrer-Policy", STR("no-referrer")); /* the address is the key */
    return page;
}

static bool mendable(enum err e)
{
    return e == ERR_INVALID || e == ERR_CONFLICT || e == ERR_GONE || e == ERR_NOT_FOUND ||
           e == ERR_RATE_LIMITED;
}

/* ---- gifts that one bought ---- */

static enum err gift_view(struct cx *cx, const struct gift *g, struct view_gift *ret)
{
    struct planet p;
    TRY(planet_by_id(cx, g->planet_id, &p));
    i18n_clock(cx, p.zone);
    *ret = (struct view_gift){
        .id = g->id,
        .number = g->number,
        .url = str_fmt(cx->arena, "/me/gifts/" STR_FMT, STR_ARG(g->number)),
        .planet_name = p.name,
        .planet_url = web_planet_path(cx, p.handle),
        .tier = g->tier_name,
        .term = web_term(cx, g->unit, g->count),
        .to_name = g->to_name,
        .words = g->words,
        .code = g->code,
        .bought = g->paid_at == DB_NULL ? STR_NULL : i18n_date(cx, g->paid_at),
        .until = g->redeem_until == DB_NULL ? STR_NULL : i18n_date(cx, g->redeem_until),
        .redeemed = g->redeemed_at == DB_NULL ? STR_NULL : i18n_date(cx, g->redeemed_at),
        .may_refund = gift_may_refund(g),
        .refunded = str_eq_c(g->state, "refunded"),
        .refunding = g->refund_asked_at != DB_NULL,
        .good = g->code.n > 0 && g->redeemed_at == DB_NULL && g->redeem_until != DB_NULL && g->redeem_until > cx->now,
    };
    return OK;
}

enum err web_gifts(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct gift *all;
    size_t n;
    struct view_gifts v = {.page = kept_page(rq, N_("Gifts"))};
    TRY(gift_list(cx, rq->session.account_id, &all, &n));
    struct view_gift *out = ARENA_ARRAY(cx->arena, struct view_gift, n);
    for (size_t i = 0; i < n; i++)
        TRY(gift_view(cx, &all[i], &out[i]));
    v.gifts = out;
    v.n_gifts = n;
    struct buf b = web_buf();
    html_me_gifts(&b, cx, &v);
    return web_send(rq, 200, &b);
}

enum err web_gift_refund(struct rq *rq)
{
    struct str number = rq_param(rq, "number");
    TRY(gift_refund(rq->cx, number));
    web_flash(rq, "refunding");
    return web_go(rq, str_fmt(rq->cx->arena, "/me/gifts/" STR_FMT, STR_ARG(number)));
}

static struct str link_of(struct cx *cx, struct str code)
{
    return str_fmt(cx->arena, STR_FMT "/gift/" STR_FMT, STR_ARG(cx->node->origin), STR_ARG(code));
}

enum err web_gift_picture(struct rq *rq)
{
    struct gift g;
    TRY(gift_of_order(rq->cx, rq_param(rq, "number"), &g));
    return g.code.n == 0 ? ERR_NOT_FOUND : web_qr_reply(rq, link_of(rq->cx, g.code));
}

enum err web_gift_mine(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct gift g;
    struct view_gift view;
    struct qr qr;
    struct view_gift_page v = {.page = kept_page(rq, N_("A gift")), .gift = &view, .signed_in = true};
    TRY(gift_of_order(cx, rq_param(rq, "number"), &g));
    TRY(gift_view(cx, &g, &view));
    if (view.code.n > 0) {
        view.link = link_of(cx, view.code);
        TRY(qr_make(cx->arena, view.link, &qr));
        view.qr = qr_svg(cx->arena, &qr, view.link);
    }
    struct buf b = web_buf();
    html_gift_mine(&b, cx, &v);
    return web_send(rq, 200, &b);
}

/* ---- a gift that one was given ---- */

static enum err send_gift(struct rq *rq, struct str code, enum err failed)
{
    struct cx *cx = rq->cx;
    struct gift g;
    struct planet p;
    struct view_gift view;
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct str error = failed == OK ? STR_NULL : web_mendable(rq, failed);
    TRY(gift_look(cx, code, rq->ip, &g));
    TRY(gift_view(cx, &g, &view));
    TRY(planet_by_id(cx, g.planet_id, &p));
    i18n_clock(cx, p.zone);
    struct view_gift_page v = {.page = kept_page(rq, N_("A gift for you")), .gift = &view, .planet = planet};
    TRY(planet_view(rq, &p, planet));
    view.code = code;
    view.good = str_eq_c(g.state, "paid") && g.redeemed_at == DB_NULL && g.refund_asked_at == DB_NULL &&
                g.redeem_until > cx->now;
    v.signed_in = rq->session.account_id != 0;
    v.login_url = login_to(cx, str_fmt(cx->arena, "/gift/" STR_FMT, STR_ARG(code)));
    v.lifetime = planet->member && planet->lifetime;
    v.error = error;
    struct buf b = web_buf();
    html_gift_open(&b, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &b);
}

enum err web_gift_open(struct rq *rq)
{
    return send_gift(rq, rq_param(rq, "code"), OK);
}

enum err web_gift_take(struct rq *rq)
{
    struct redeemed r;
    struct planet p;
    struct str code = rq_param(rq, "code");
    enum err e = code_redeem(rq->cx, rq->session.account_id, code, rq->ip, &r);
    if (mendable(e))
        return send_gift(rq, code, e);
    TRY(e);
    TRY(planet_by_id(rq->cx, r.planet_id, &p));
    web_flash(rq, "joined");
    return web_go(rq, web_planet_path(rq->cx, p.handle));
}

/* ---- trial cards ---- */

static enum err send_card(struct rq *rq, struct str token, enum err failed)
{
    struct cx *cx = rq->cx;
    struct trial_card c;
    struct planet p;
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct view_card v = {.planet = planet};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    TRY(trial_card_look(cx, token, &c));
    TRY(planet_by_id(cx, c.planet_id, &p));
    i18n_clock(cx, p.zone);
    struct view_page *page = kept_page(rq, N_("A trial card"));
    TRY(planet_view(rq, &p, planet));
    web_page_planet(rq, page, &p);
    v.page = page;
    v.tier = c.tier_name;
    v.action = str_fmt(cx->arena, "/t/" STR_FMT, STR_ARG(token));
    v.login_url = login_to(cx, v.action);
    v.days = c.days;
    v.window_days = c.window_days;
    v.left = c.uses - c.used;
    v.with_files = c.with_files;
    v.expires = c.expires_at == DB_NULL ? STR_NULL : i18n_date(cx, c.expires_at);
    v.signed_in = rq->session.account_id != 0;
    struct buf b = web_buf();
    html_trial_card(&b, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &b);
}

enum err web_card_show(struct rq *rq)
{
    return send_card(rq, rq_param(rq, "token"), OK);
}

enum err web_card_use(struct rq *rq)
{
    struct trial_card c;
    struct planet p;
    int64_t grant;
    struct str token = rq_param(rq, "token");
    TRY(trial_card_look(rq->cx, token, &c));
    enum err e = trial_card_use(rq->cx, rq->session.account_id, token, &grant);
    if (e == ERR_CONFLICT)
        return send_card(rq, token, e);
    TRY(e);
    TRY(planet_by_id(rq->cx, c.planet_id, &p));
    web_flash(rq, "trying");
    return web_go(rq, web_planet_path(rq->cx, p.handle));
}
