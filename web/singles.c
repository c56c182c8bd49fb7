#include "web/singles.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/order.h"
#include "node/money/post_sale.h"
#include "node/money/rail.h"
#include "node/money/tip.h"
#include "node/planet/planet.h"
#include "web/html.h"
#include "web/page.h"
#include "web/pay.h"
#include "web/planet_view.h"

enum { RAILS_SHOWN = 16 };

/* ---- what all sales share ---- */

static struct str login_to(struct cx *cx, struct str path)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 16384);
    buf_lit(&b, "/login?next=");
    buf_put_url(&b, path);
    return buf_str(&b);
}

enum err web_sale_make(struct rq *rq, const struct quote *q, struct str back, struct view_sale **ret)
{
    struct cx *cx = rq->cx;
    const struct pay_rail *rails[RAILS_SHOWN];
    struct view_sale *s = ARENA_NEW(cx->arena, struct view_sale);
    struct view_sum *lines = ARENA_ARRAY(cx->arena, struct view_sum, q->n_lines);
    struct str cur = str_c(q->total.cur); /* empty: not chosen yet */
    size_t n = cur.n == 0 ? rail_list(cx, q->planet_id, rails, RAILS_SHOWN)
                          : rail_list_for(cx, q->planet_id, cur, rails, RAILS_SHOWN);
    struct view_pay_way *ways = ARENA_ARRAY(cx->arena, struct view_pay_way, n);
    for (size_t i = 0; i < q->n_lines; i++)
        lines[i] = (struct view_sum){
            .label = q->lines[i].label,
            .money = i18n_money(cx, q->lines[i].amount.minor, str_c(q->lines[i].amount.cur)),
            .total = q->lines[i].kind == QUOTE_TOTAL,
            .contained = q->lines[i].contained,
        };
    for (size_t i = 0; i < n; i++)
        ways[i] = (struct view_pay_way){.name = str_c(rails[i]->name), .label = str_c(tr(cx, rails[i]->label))};
    *s = (struct view_sale){
        .lines = lines,
        .n_lines = q->n_lines,
        .rails = ways,
        .n_rails = n,
        .agreed = q->total.minor,
        .login_url = login_to(cx, back),
        .signed_in = rq->session.account_id != 0,
        .free = q->total.minor == 0,
    };
    *ret = s;
    return OK;
}

const char *web_sale_rail(struct rq *rq, int64_t planet_id)
{
    const struct pay_rail *rails[RAILS_SHOWN];
    size_t n = rail_list(rq->cx, planet_id, rails, RAILS_SHOWN);
    struct str rail = rq_form(rq, "rail");
    if (rail.n == 0)
        return n == 1 ? rails[0]->name : "none";
    return str_z(rq->cx->arena, rail);
}

int64_t web_sale_agreed(struct rq *rq)
{
    int64_t agreed = 0;
    return web_id(rq_form(rq, "agreed"), &agreed) ? agreed : 0;
}

bool web_sale_mendable(enum err e)
{
    return e == ERR_INVALID || e == ERR_CONFLICT || e == ERR_FORBIDDEN || e == ERR_RATE_LIMITED;
}

/* The post, or what was said below it; what is gone leads to the planet. */
static enum err post_home(struct cx *cx, const struct planet *p, int64_t post_id, int64_t comment_id, struct str *ret)
{
    struct post post;
    enum err e = post_by_id(cx, post_id, &post);
    if (e == ERR_NOT_FOUND || e == ERR_GONE)
        return OK;
    TRY(e);
    *ret = web_post_path(cx, p->handle, post.slug);
    if (comment_id != 0)
        *ret = str_fmt(cx->arena, STR_FMT "#c-%lld", STR_ARG(*ret), (long long)comment_id);
    return OK;
}

enum err web_order_home(struct cx *cx, const struct order *o, const struct planet *p, struct str *ret)
{
    int64_t post_id, comment_id;
    *ret = web_planet_path(cx, p->handle);
    if (str_eq_c(o->kind, "gift"))
        *ret = str_fmt(cx->arena, "/me/gifts/" STR_FMT, STR_ARG(o->number));
    if (str_eq_c(o->kind, "post"))
        return post_home(cx, p, o->post_id, 0, ret);
    if (str_eq_c(o->kind, "question") || str_eq_c(o->kind, "listen_in"))
        *ret = str_fmt(cx->arena, "/@" STR_FMT "/questions/%lld", STR_ARG(p->handle), (long long)o->post_id);
    if (!str_eq_c(o->kind, "tip"))
        return OK;
    TRY(tip_of_order(cx, o->id, &post_id, &comment_id));
    return post_home(cx, p, post_id, comment_id, ret);
}

enum err web_sale_go(struct rq *rq, const struct order *o, const struct planet *p)
{
    struct str home;
    if (!str_eq_c(o->state, "paid"))
        return web_pay_go(rq, o->number);
    TRY(web_order_home(rq->cx, o, p, &home));
    web_flash(rq, "paid");
    return web_go(rq, home);
}

/* ---- a post ---- */

static enum err read_post(struct rq *rq, struct planet *planet, struct post *post)
{
    struct access_pass pass;
    TRY(web_planet(rq, planet));
    TRY(post_by_slug(rq->cx, planet->id, rq_param(rq, "slug"), post));
    TRY(access_decide(rq->cx, &post->gate, &pass));
    return access_verdict(&pass) == ACCESS_NONE ? ERR_NOT_FOUND : OK;
}

/* The lowest price of a membership that opens the post, too. */
static struct str member_money(struct cx *cx, const struct post *post)
{
    struct tier *tiers;
    size_t n;
    const struct price *low = NULL;
    if (post->gate.rank < 1 || tier_list(cx, post->planet_id, &tiers, &n) != OK)
        return STR_NULL;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; tiers[i].visible && tiers[i].rank >= post->gate.rank && k < tiers[i].n_prices; k++)
            if (low == NULL || tiers[i].prices[k].money.minor < low->money.minor)
                low = &tiers[i].prices[k];
    return low == NULL ? STR_NULL : i18n_money(cx, low->money.minor, str_c(low->money.cur));
}

static enum err send_buy(struct rq *rq, const struct planet *p, const struct post *post, enum err failed)
{
    struct cx *cx = rq->cx;
    struct post_offer offer;
    struct view_page *page = web_page_form(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    struct view_post_buy v = {.page = page, .planet = planet};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    TRY(planet_view(rq, p, planet));
    TRY(post_offer_of(cx, post, &offer));
    web_page_planet(rq, page, p);
    page->title = str_c(tr(cx, N_("Buy this post")));
    page->noindex = true;
    v.url = web_post_path(cx, p->handle, post->slug);
    v.action = str_fmt(cx->arena, STR_FMT "/buy", STR_ARG(v.url));
    v.title = post->title.n > 0 ? post->title : str_utf8_cut(post->summary, 60);
    v.count_days = offer.count_days;
    v.member_money = member_money(cx, post);
    if (offer.open)
        v.blocked = str_c(tr(cx, N_("This post is open to you already.")));
    struct view_sale *sale;
    TRY(web_sale_make(rq, &offer.quote, v.action, &sale));
    v.sale = sale;
    struct buf out = web_buf();
    html_post_buy(&out, cx, &v);
    rq_cache_control(rq, "no-store");
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_post_buy_show(struct rq *rq)
{
    struct planet p;
    struct post post;
    TRY(read_post(rq, &p, &post));
    return send_buy(rq, &p, &post, OK);
}

enum err web_post_buy_do(struct rq *rq)
{
    struct planet p;
    struct post post;
    struct order order;
    TRY(read_post(rq, &p, &post));
    struct post_ask ask = {
        .account_id = rq->session.account_id,
        .post_id = post.id,
        .rail = web_sale_rail(rq, p.id),
        .agreed = web_sale_agreed(rq),
    };
    enum err e = post_buy(rq->cx, &ask, &order);
    if (web_sale_mendable(e) && post.gate.kind == GATE_PRICE)
        return send_buy(rq, &p, &post, e);
    TRY(e);
    return web_sale_go(rq, &order, &p);
}
