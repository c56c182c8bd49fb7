#include "web/pay.h"

#include <string.h>

#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/money/rail_call.h"
#include "node/money/rails/wechat.h"
#include "node/money/words.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/talk/post.h"
#include "node/text/qr.h"
#include "web/away.h"
#include "web/html.h"
#include "web/page.h"
#include "web/singles.h"
#include "web/pay_transfer.h"

enum {
    CHECKOUT_MS = 20000,
    LOOK_MS = 6000,
    HOOK_MS = 4000,     /* providers want an answer within 5 to 10 s */
    RELOAD_S = 3,       /* without script */
    RELOADS = 10,       /* 30 s in all */
};

static bool is_open(const struct order *o)
{
    return str_eq_c(o->state, "new") || str_eq_c(o->state, "pending");
}

#define TICKET_COOKIE "pay"
#define AFTER_COOKIE "after"
#define FINE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/@_-.~%?=&"

static struct str ticket_of(struct cx *cx, struct str number)
{
    unsigned char mac[32];
    struct buf b;
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, str_fmt(cx->arena, "pay:" STR_FMT, STR_ARG(number)), mac);
    buf_init_arena(&b, cx->arena, 64);
    buf_put_base64url(&b, mac, sizeof mac);
    return buf_str(&b);
}

void web_pay_ticket(struct rq *rq, struct str order_number)
{
    rq_set_cookie(rq, TICKET_COOKIE, ticket_of(rq->cx, order_number), 7200, true);
}

enum err web_my_order(struct rq *rq, struct order *o, struct planet *p)
{
    TRY(order_by_number(rq->cx, rq_param(rq, "number"), o));
    if (o->account_id != rq->session.account_id && !str_eq_secret(rq_cookie(rq, TICKET_COOKIE), ticket_of(rq->cx, o->number)))
        return rq->session.account_id == 0 ? ERR_UNAUTHENTICATED : ERR_NOT_FOUND;
    TRY(planet_by_id(rq->cx, o->planet_id, p));
    i18n_clock(rq->cx, p->zone);
    return OK;
}

/* A path of ours that a cookie carries as it is, and that leads nowhere else. */
static bool carries(struct str path)
{
    if (path.n < 2 || path.n > 500 || path.p[0] != '/' || path.p[1] == '/')
        return false;
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '\0' || strchr(FINE, path.p[i]) == NULL)
            return false;
    return true;
}

void web_pay_after(struct rq *rq, struct str order_number, struct str next)
{
    if (carries(next))
        rq_set_cookie(rq, AFTER_COOKIE, str_fmt(rq->cx->arena, STR_FMT STR_FMT, STR_ARG(order_number), STR_ARG(next)),
                      7200, true);
}

enum err web_pay_home(struct rq *rq, const struct order *o, const struct planet *p, struct str *ret)
{
    struct str kept = rq_cookie(rq, AFTER_COOKIE);
    if (kept.n > o->number.n && str_eq((struct str){kept.p, o->number.n}, o->number)) {
        *ret = (struct str){kept.p + o->number.n, kept.n - o->number.n};
        if (carries(*ret))
            return OK;
    }
    return web_order_home(rq->cx, o, p, ret);
}

/* ---- the page of an order ---- */

struct str web_order_title(struct cx *cx, const struct order *o)
{
    struct tier tier;
    struct post post;
    if (o->tier_id != DB_NULL && tier_by_id(cx, o->tier_id, &tier) == OK) {
        struct str parts[] = {tier.name, o->term_unit.n > 0 ? web_term(cx, o->term_unit, o->term_count) : STR("")};
        return str_join(cx->arena, STR(" · "), parts, o->term_unit.n > 0 ? 2 : 1);
    }
    if (o->post_id != DB_NULL && post_by_id(cx, o->post_id, &post) == OK && post.title.n > 0)
        return post.title;
    return money_kind_words(cx, o->kind);
}

static struct str host_of(struct cx *cx, struct str url)
{
    struct url u;
    return url_parse(cx->arena, url, &u) == OK ? u.host : STR("");
}

static enum pay_face closed_face(const struct order *o)
{
    if (str_eq_c(o->state, "refunded") || str_eq_c(o->state, "lost"))
        return PAY_REFUNDED;
    bool gone = str_eq_c(o->state, "expired") || str_eq_c(o->state, "failed") || str_eq_c(o->state, "cancelled");
    return gone ? PAY_CLOSED : PAY_DONE;
}

/* Forms may not lead elsewhere (form-action), so this is a page of its own that goes on by itself. */
static void leave_for(struct rq *rq, struct view_order_page *v, struct str url)
{
    v->face = PAY_LEAVING;
    v->go_url = url;
    v->host = host_of(rq->cx, url);
    rq_add_header(rq, "Refresh", str_fmt(rq->cx->arena, "0; url=" STR_FMT, STR_ARG(url)));
}

/* What an open order shows, by where the viewer comes from and how its rail takes money. */
static enum err open_face(struct rq *rq, const struct order *o, struct view_order_page *v)
{
    struct cx *cx = rq->cx;
    struct rail_way way = {.go = RAIL_GO_URL};
    struct qr qr;
    int64_t back = 0;
    enum err e = rail_way_of(cx, o, &way);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    v->face = PAY_WAITING;
    if (str_to_i64(rq_query(rq, "back"), &back) && back > 0) {
        v->face = PAY_CONFIRMING;
        v->state_url = str_fmt(cx->arena, "/pay/" STR_FMT "/state", STR_ARG(o->number));
        if (back < RELOADS)
            v->reload = str_fmt(cx->arena, "%d; url=/pay/" STR_FMT "?back=%lld", RELOAD_S, STR_ARG(o->number),
                                (long long)back + 1);
    } else if (way.go == RAIL_GO_CODE && way.url.n > 0 && qr_make(cx->arena, way.url, &qr) == OK) {
        v->face = PAY_SCAN;
        v->phone = rail_visit_of(rq->ip, rq_header(rq, "User-Agent")).phone;
        v->code = qr_svg(cx->arena, &qr, str_c(tr(cx, N_("Payment code"))));
        v->state_url = str_fmt(cx->arena, "/pay/" STR_FMT "/state", STR_ARG(o->number));
        v->reload = str_fmt(cx->arena, "%d; url=/pay/" STR_FMT, 2 * RELOAD_S, STR_ARG(o->number));
    } else if (way.go == RAIL_GO_PAGE && way.data.n > 0 && str_eq_c(o->rail, "wechat")) {
        v->face = PAY_BRIDGE;
        v->bridge = way.data;
    } else if (way.url.n > 0 && way.go == RAIL_GO_URL && str_eq_c(rq_query(rq, "go"), "1")) {
        leave_for(rq, v, way.url);
    }
    return OK;
}

static struct view_order_page view_of(struct rq *rq, const struct order *o, const struct planet *p)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page_form(rq);
    const struct pay_rail *rail = rail_by_name(o->rail);
    struct view_order_page v = {
        .page = page,
        .number = o->number,
        .what = web_order_title(cx, o),
        .money = i18n_money(cx, o->total.minor, str_c(o->total.cur)),
        .rail = rail == NULL ? o->rail : str_c(tr(cx, rail->title)),
        .gift = str_eq_c(o->kind, "gift"),
        .seen = o->seen_at != DB_NULL,
    };
    if (web_pay_home(rq, o, p, &v.back_url) != OK)
        v.back_url = web_planet_path(cx, p->handle);
    v.single = !v.gift && !str_eq(v.back_url, web_planet_path(cx, p->handle));
    web_page_planet(rq, page, p);
    page->title = str_c(tr(cx, N_("Your order")));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    rq_add_header(rq, "Referrer-Policy", STR("no-referrer"));
    return v;
}

static enum err leave(struct rq *rq, const struct order *o, const struct planet *p, struct str url)
{
    struct view_order_page v = view_of(rq, o, p);
    struct buf out = web_buf();
    leave_for(rq, &v, url);
    html_pay_order(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}

enum err web_pay_show_order(struct rq *rq, const struct order *o, const struct planet *p, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_order_page v = view_of(rq, o, p);
    bool by_hand = false;
    if (error != OK)
        v.error = web_mendable(rq, error);
    if (str_eq_c(o->rail, "transfer"))
        TRY(web_transfer_fill(rq, o, &v, &by_hand));
    if (o->refunded > 0 && rail_claim_of(cx, o, &v.claim_url) != OK)
        v.claim_url = STR_NULL;
    if (by_hand)
        v.face = PAY_TRANSFER;
    else if (!is_open(o))
        v.face = closed_face(o);
    else if (error != OK)
        v.face = PAY_WAITING;
    else
        TRY(open_face(rq, o, &v));
    struct buf out = web_buf();
    html_pay_order(&out, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &out);
}

/* ---- to the provider ---- */

struct going {
    struct str number, code;   /* code: WeChat's, for the payer's openid; STR_NULL: none */
    struct rail_visit visit;
    struct rail_way way;
};

static enum err make_way(struct cx *cx, void *arg)
{
    struct going *g = arg;
    struct rail_account acc;
    struct order o;
    if (g->code.p != NULL) {
        TRY(order_by_number(cx, g->number, &o));
        TRY(rail_account_for(cx, rail_by_name(o.rail), o.planet_id, &acc));
        TRY(wechat_openid(cx, &acc, g->code, &g->visit.openid));
    }
    return rail_checkout_at(cx, g->number, &g->visit, &g->way);
}

static enum err made_way(struct rq *rq, enum err e, void *arg)
{
    struct going *g = arg;
    struct order o;
    struct planet p;
    if (e == ERR_INTERNAL)
        return e;
    if (e != OK) { /* the order stands; they may try again */
        TRY(order_by_number(rq->cx, g->number, &o));
        TRY(planet_by_id(rq->cx, o.planet_id, &p));
        return web_pay_show_order(rq, &o, &p, e);
    }
    if (g->way.go == RAIL_GO_URL && str_starts(g->way.url, STR("/"))) /* a page of ours */
        return web_go(rq, g->way.url);
    return web_go(rq, str_fmt(rq->cx->arena, "/pay/" STR_FMT "?go=1", STR_ARG(g->number)));
}

/* Inside WeChat one pays there, for which it has to know the payer first. */
static bool needs_openid(struct cx *cx, const struct pay_rail *rail, const struct order *o, const struct rail_visit *visit)
{
    struct rail_account acc;
    struct rail_way way;
    return rail != NULL && visit->wechat && str_eq_c(o->rail, "wechat") && rail_way_of(cx, o, &way) == ERR_NOT_FOUND &&
           rail_account_for(cx, rail, o->planet_id, &acc) == OK &&
           wechat_openid_url(cx, &acc, STR(""), STR("")).p != NULL;
}

enum err web_pay_go(struct rq *rq, struct str order_number)
{
    struct order o;
    struct going *g = ARENA_NEW(rq->cx->arena, struct going);
    TRY(order_by_number(rq->cx, order_number, &o));
    *g = (struct going){.number = order_number, .visit = rail_visit_of(rq->ip, rq_header(rq, "User-Agent"))};
    const struct pay_rail *rail = rail_by_name(o.rail);
    if (needs_openid(rq->cx, rail, &o, &g->visit))
        return web_go(rq, str_fmt(rq->cx->arena, "/pay/" STR_FMT "/wechat", STR_ARG(o.number)));
    if (rail == NULL || !rail->talks)
        return made_way(rq, make_way(rq->cx, g), g);
    return web_away(rq, make_way, g, CHECKOUT_MS, made_way);
}

/* Without a code: on to WeChat, which comes back with one by itself. */
enum err web_pay_wechat(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct order o;
    struct planet p;
    struct rail_account acc;
    struct str code = rq_query(rq, "code");
    TRY(web_my_order(rq, &o, &p));
    if (!str_eq_c(o.rail, "wechat") || !is_open(&o))
        return web_go(rq, str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(o.number)));
    if (code.n > 0 && str_eq(rq_query(rq, "state"), o.number)) {
        struct going *g = ARENA_NEW(cx->arena, struct going);
        *g = (struct going){.number = o.number, .code = code,
                            .visit = rail_visit_of(rq->ip, rq_header(rq, "User-Agent"))};
        return web_away(rq, make_way, g, CHECKOUT_MS, made_way);
    }
    TRY(rail_account_for(cx, rail_by_name(o.rail), o.planet_id, &acc));
    struct str back = str_fmt(cx->arena, STR_FMT "/pay/" STR_FMT "/wechat", STR_ARG(cx->node->origin), STR_ARG(o.number));
    struct str url = wechat_openid_url(cx, &acc, back, o.number);
    return url.p == NULL ? ERR_NOT_FOUND : leave(rq, &o, &p, url);
}

enum err web_pay_page(struct rq *rq)
{
    struct order o;
    struct planet p;
    enum err e = web_my_order(rq, &o, &p);
    if (e == ERR_UNAUTHENTICATED)
        return web_go(rq, str_fmt(rq->cx->arena, "/login?next=/pay/" STR_FMT, STR_ARG(rq_param(rq, "number"))));
    TRY(e);
    return web_pay_show_order(rq, &o, &p, OK);
}

enum err web_pay_again(struct rq *rq)
{
    struct order o;
    struct planet p;
    TRY(web_my_order(rq, &o, &p));
    if (str_eq_c(rq_form(rq, "do"), "cancel")) {
        TRY(order_cancel(rq->cx, o.number));
        web_flash(rq, "cancelled");
        return web_go(rq, web_planet_path(rq->cx, p.handle));
    }
    return web_pay_go(rq, o.number);
}

/* ---- is it paid? ---- */

static enum err send_state(struct rq *rq, enum err e, void *arg)
{
    struct order o;
    struct planet p;
    struct buf b = web_buf();
    (void)e; /* whoever can't be reached will be asked again, here and by the job */
    (void)arg;
    rq->cx->tell = NULL;
    TRY(web_my_order(rq, &o, &p));
    buf_fmt(&b, "{\"state\":\"" STR_FMT "\",\"open\":%s}\n", STR_ARG(o.state), is_open(&o) ? "true" : "false");
    rq_cache_control(rq, "no-store");
    return reply_bytes(rq, 200, "application/json", &b);
}

static enum err look(struct cx *cx, void *arg)
{
    const struct str *number = arg;
    return rail_look(cx, *number);
}

enum err web_pay_state(struct rq *rq)
{
    struct order o;
    struct planet p;
    TRY(web_my_order(rq, &o, &p));
    const struct pay_rail *rail = rail_by_name(o.rail);
    struct str key = str_fmt(rq->cx->arena, "pay-look:" STR_FMT, STR_ARG(o.number));
    if (!is_open(&o) || rail == NULL || rail->fetch_state == NULL || !node_rate_take(rq->cx, key, 1, 0.6)) {
        rq->cx->retry_after_s = 0;
        return send_state(rq, OK, NULL);
    }
    struct str *number = ARENA_NEW(rq->cx->arena, struct str);
    *number = o.number;
    return web_away(rq, look, number, LOOK_MS, send_state);
}

/* ---- providers' messages ---- */

static enum err answer(struct rq *rq, enum err e, const struct pay_rail *rail)
{
    struct cx *cx = rq->cx;
    struct rail_reply r = {.status = e == OK ? 204 : http_status_of(e), .type = "text/plain; charset=utf-8"};
    if (e != OK)
        log_warn("pay", "message rail=%s err=%s why=\"%s\"", rail->name, err_name(e), cx->fail == NULL ? "" : cx->fail);
    if (rail->answer == NULL)
        return e == OK ? reply_empty(rq, 204) : e;
    rail->answer(cx, e, &r);
    if (r.body.n == 0)
        return reply_empty(rq, r.status);
    struct buf b = web_buf();
    buf_put(&b, r.body);
    return reply_bytes(rq, r.status, r.type, &b);
}

static enum err follow(struct cx *cx, void *arg)
{
    return rail_follow(cx, arg, NULL);
}

static enum err followed(struct rq *rq, enum err e, void *arg)
{
    struct rail_heard *h = arg;
    if (e == ERR_BUSY && h->asks && !h->state.hint) { /* too many wait for the provider: its own words count then */
        h->asks = false;
        rq->cx->retry_after_s = 0;
        e = rail_follow(rq->cx, h, NULL);
    }
    return answer(rq, e, h->rail);
}

enum err web_hook(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    const struct pay_rail *rail = rail_by_name(rq_param(rq, "rail"));
    struct rail_heard *h = ARENA_NEW(cx->arena, struct rail_heard);
    struct rail_header *headers = ARENA_ARRAY(cx->arena, struct rail_header, RAIL_HEADERS);
    struct rail_message *m = ARENA_NEW(cx->arena, struct rail_message);
    *m = (struct rail_message){.body = rq->body, .content_type = rq_header(rq, "Content-Type"),
                               .signature = rq_header(rq, "X-Rail-Signature"), .headers = headers};
    if (rail == NULL)
        return ERR_NOT_FOUND;
    TRY(web_planet(rq, &p));
    for (size_t i = 0; rail->headers != NULL && rail->headers[i] != NULL && m->n_headers < RAIL_HEADERS; i++) {
        struct str value = rq_header(rq, rail->headers[i]);
        if (value.p != NULL)
            headers[m->n_headers++] = (struct rail_header){str_c(rail->headers[i]), value};
    }
    enum err e = rail_hear(cx, rail, p.id, m, h);
    if (e != OK)
        return answer(rq, e, rail);
    return h->asks ? web_away(rq, follow, h, HOOK_MS, followed) : answer(rq, rail_follow(cx, h, NULL), rail);
}
