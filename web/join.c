#include "web/join.h"

#include "node/base/i18n.h"
#include "node/money/money.h"
#include "node/money/order.h"
#include "node/money/rail.h"
#include "node/money/redeem.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "web/html.h"
#include "web/invited.h"
#include "web/page.h"
#include "web/pay.h"
#include "web/planet_view.h"
#include "web/singles.h"

#define CODE_COOKIE "code" /* a redeem code that waits for its owner to sign in */

static enum err send_join(struct rq *rq, int status, const struct planet *p, struct str code,
                          struct str error)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page_form(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    TRY(planet_view(rq, p, planet));
    web_page_planet(rq, page, p);
    struct str args[] = {p->name};
    page->title = i18n_fill(cx->arena, tr(cx, N_("Join {0}")), args, 1);
    page->description = p->tagline;
    struct view_way_in way_in = {
        .planet = planet,
        .by_membership = true,
        .why = rq->session.account_id == 0 ? WHY_VISITOR : WHY_NOT_MEMBER,
        .signed_in = rq->session.account_id != 0,
        .login_url = str_fmt(cx->arena, "/login?next=/@" STR_FMT "/join", STR_ARG(p->handle)),
        .next = web_next(rq, planet->url),
        .csrf = page->csrf,
        .code = code,
        .code_error = error,
    };
    struct view_join v = {.page = page, .planet = planet, .way_in = &way_in};
    struct buf out = web_buf();
    html_join(&out, cx, &v);
    return web_send(rq, status, &out);
}

enum err web_join_show(struct rq *rq)
{
    struct planet p;
    TRY(web_planet(rq, &p));
    struct str code = rq_query(rq, "code");
    struct str invitation = web_invite_path(rq, &p);
    if (invitation.n > 0)
        return web_go(rq, invitation);
    return send_join(rq, 200, &p, code.p != NULL ? code : rq_cookie(rq, CODE_COOKIE), STR_NULL);
}

/* The code waits in a cookie of this browser: in an address it would end up in logs. */
static enum err sign_in_first(struct rq *rq, const struct planet *p, struct str code)
{
    if (code.n <= 64)
        rq_set_cookie(rq, CODE_COOKIE, code, 3600, true);
    struct buf path, url;
    buf_init_arena(&path, rq->cx->arena, 4096);
    buf_init_arena(&url, rq->cx->arena, 16384);
    buf_put(&path, web_planet_path(rq->cx, p->handle));
    buf_lit(&path, "/join?next=");
    buf_put_url(&path, web_next(rq, web_planet_path(rq->cx, p->handle)));
    buf_lit(&url, "/login?next=");
    buf_put_url(&url, buf_str(&path));
    return web_go(rq, buf_str(&url));
}

enum err web_join_redeem(struct rq *rq)
{
    struct planet p, joined;
    struct redeemed r;
    TRY(web_planet(rq, &p));
    struct str code = str_trim(rq_form(rq, "code"));
    if (rq->session.account_id == 0)
        return sign_in_first(rq, &p, code);
    enum err e = code_redeem(rq->cx, rq->session.account_id, code, rq->ip, &r);
    if (e == ERR_INTERNAL)
        return e;
    if (e != OK)
        return send_join(rq, http_status_of(e), &p, code, web_mendable(rq, e));
    TRY(planet_by_id(rq->cx, r.planet_id, &joined)); /* a code knows its planet */
    rq_set_cookie(rq, CODE_COOKIE, STR(""), 0, true);
    web_flash(rq, "joined");
    return web_go(rq, web_next(rq, web_planet_path(rq->cx, joined.handle)));
}

/* ---- the fake rail's own page, in --dev only ---- */

static enum err my_order(struct rq *rq, struct order *o, struct planet *p)
{
    if (!rq->cx->node->dev)
        return ERR_NOT_FOUND;
    TRY(web_my_order(rq, o, p));
    return str_eq_c(o->rail, "fake") ? OK : ERR_NOT_FOUND;
}

enum err web_pay_show(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct order o;
    struct planet p;
    struct price price;
    struct tier tier = {0};
    TRY(my_order(rq, &o, &p));
    struct view_page *page = web_page_form(rq);
    page->title = str_c(tr(cx, N_("Test payment")));
    page->noindex = true;
    struct view_pay v = {
        .page = page,
        .number = o.number,
        .planet_name = p.name,
        .money = i18n_money(cx, o.total.minor, str_c(o.total.cur)),
        .state = o.state,
        .back_url = web_planet_path(cx, p.handle),
        .settled = !str_eq_c(o.state, "new") && !str_eq_c(o.state, "pending"),
    };
    if (price_by_id(cx, o.price_id, &price) == OK && tier_by_id(cx, price.tier_id, &tier) == OK) {
        v.tier = tier.name;
        v.term = web_term(cx, price.unit, price.count);
    }
    struct buf out = web_buf();
    html_dev_pay(&out, cx, &v);
    return web_send(rq, 200, &out);
}

enum err web_pay_do(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct order o;
    struct planet p;
    TRY(my_order(rq, &o, &p));
    struct str back;
    TRY(web_pay_home(rq, &o, &p, &back));
    if (!str_eq_c(rq_form(rq, "do"), "pay")) {
        TRY(order_cancel(cx, o.number));
        web_flash(rq, "cancelled");
        return web_go(rq, back);
    }
    /* As a provider would: a signed message through the same door as everybody's. */
    struct str body, signature;
    TRY(fake_rail_event(cx, o.number, STR("paid"), o.total.minor, str_c(o.total.cur), &body,
                        &signature));
    TRY(rail_receive(cx, STR("fake"), p.id, body, signature, NULL, 0, NULL));
    web_flash(rq, "paid");
    return web_go(rq, back);
}
