#include "admin/desk_offers.h"
#include "admin/html.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/coupon.h"
#include "node/money/gift.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/people/account.h"
#include "web/page.h"

#include <string.h>

enum { ROWS = 2 }; /* currencies in the form; the command line takes more */

enum err desk_last_day(struct rq *rq, const char *field, int64_t *ret)
{
    struct str date = str_trim(rq_form(rq, field));
    *ret = DB_NULL;
    if (date.n == 0)
        return OK;
    int64_t begins;
    if (!zone_parse_day(i18n_zone(rq->cx), date, &begins, ret))
        return cx_tell(rq->cx, ERR_INVALID, N_("The last day is a date like 2027-12-31."));
    return OK;
}

enum err desk_number(struct rq *rq, const char *field, int64_t fallback, int64_t *ret)
{
    struct str s = str_trim(rq_form(rq, field));
    *ret = fallback;
    if (s.n > 0 && !web_id(s, ret))
        return cx_tell(rq->cx, ERR_INVALID, N_("This must be a whole number, 1 or more."));
    return OK;
}

/* ---- the list ---- */

static struct str less_text(struct cx *cx, int64_t bp)
{
    return str_fmt(cx->arena, "−" STR_FMT " %%", STR_ARG(percent_text(cx->arena, bp, PERCENT_BP)));
}

static struct str what_text(struct cx *cx, const struct coupon *c)
{
    struct str parts[COUPON_AMOUNTS_MAX];
    if (c->percent_bp != DB_NULL)
        return less_text(cx, c->percent_bp);
    for (size_t i = 0; i < c->n_amounts; i++)
        parts[i] = i18n_money(cx, -c->amounts[i].off, str_c(c->amounts[i].cur));
    return str_join(cx->arena, STR(", "), parts, c->n_amounts);
}

static struct str terms_text(struct cx *cx, int64_t periods)
{
    if (periods == DB_NULL)
        return str_c(tr(cx, N_("every term")));
    if (periods == 1)
        return str_c(tr(cx, N_("the first term")));
    struct str n = str_fmt(cx->arena, "%lld", (long long)periods);
    return i18n_fill(cx->arena, i18n_getn(cx->locale, "{0} term", "{0} terms", periods), &n, 1);
}

static struct str uses_text(struct cx *cx, const struct coupon *c)
{
    struct str args[] = {str_fmt(cx->arena, "%lld", (long long)c->n_taken),
                         c->total_max == DB_NULL
                             ? STR("∞")
                             : str_fmt(cx->arena, "%lld", (long long)c->total_max)};
    return i18n_fill(cx->arena, tr(cx, N_("{0} of {1} used")), args, 2);
}

static enum err tiers_text(struct cx *cx, const struct coupon *c, struct str *ret)
{
    struct str names[COUPON_TIERS_MAX];
    for (size_t i = 0; i < c->n_tiers; i++) {
        struct tier t;
        TRY(tier_by_id(cx, c->tiers[i], &t));
        names[i] = t.name;
    }
    *ret = c->n_tiers == 0 ? STR_NULL : str_join(cx->arena, STR(", "), names, c->n_tiers);
    return OK;
}

static enum err fill_coupons(struct rq *rq, const struct planet *p, struct view_desk_coupons *v)
{
    struct cx *cx = rq->cx;
    struct coupon *all;
    size_t n;
    TRY(coupon_list(cx, p->id, desk_before(rq), DESK_PAGE + 1, &all, &n));
    v->older_url = desk_older(rq, &n, n > DESK_PAGE ? &all[DESK_PAGE - 1].id : NULL);
    struct view_coupon *out = ARENA_ARRAY(cx->arena, struct view_coupon, n);
    for (size_t i = 0; i < n; i++) {
        const struct coupon *c = &all[i];
        out[i] = (struct view_coupon){
            .id = c->id,
            .code = c->code,
            .note = c->note,
            .what = what_text(cx, c),
            .terms = terms_text(cx, c->periods),
            .uses = uses_text(cx, c),
            .expires = c->expires_at == DB_NULL ? STR_NULL : i18n_date(cx, c->expires_at - 1),
            .over = c->ended_at != DB_NULL ||
                    (c->expires_at != DB_NULL && c->expires_at <= cx->now) ||
                    (c->total_max != DB_NULL && c->n_taken >= c->total_max),
        };
        TRY(tiers_text(cx, c, &out[i].tiers));
    }
    v->coupons = out;
    v->n_coupons = n;
    return OK;
}

/* ---- the form ---- */

static struct str typed(struct rq *rq, const char *name, struct str fallback)
{
    struct str s = rq->method == POST ? rq_form(rq, name) : STR_NULL;
    return s.p == NULL ? fallback : s;
}

static enum err fill_form(struct rq *rq, const struct planet *p, struct view_desk_coupons *v)
{
    struct cx *cx = rq->cx;
    struct tier *tiers;
    size_t n, n_on;
    struct str on[COUPON_TIERS_MAX], amounts[ROWS] = {{0}}, currencies[ROWS] = {{0}}, mins[ROWS] = {{0}};
    v->f_code = typed(rq, "code", STR(""));
    v->f_note = typed(rq, "note", STR(""));
    v->f_off = typed(rq, "off", STR("percent"));
    v->f_percent = typed(rq, "percent", STR("20"));
    v->f_terms = typed(rq, "terms", STR("first"));
    v->f_count = typed(rq, "count", STR("3"));
    v->f_total = typed(rq, "total", STR(""));
    v->f_account = typed(rq, "each", STR("1"));
    v->f_expires = typed(rq, "expires", STR(""));
    TRY(tier_list(cx, p->id, &tiers, &n));
    n_on = rq_form_all(rq, "tier", on, COUPON_TIERS_MAX);
    struct view_coupon_tier *out = ARENA_ARRAY(cx->arena, struct view_coupon_tier, n);
    struct str currency = STR("");
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct view_coupon_tier){.id = tiers[i].id, .name = tiers[i].name};
        for (size_t k = 0; k < n_on; k++)
            out[i].on = out[i].on || str_eq(on[k], str_fmt(cx->arena, "%lld", (long long)tiers[i].id));
        if (currency.n == 0 && tiers[i].n_prices > 0)
            currency = str_dup(cx->arena, str_c(tiers[i].prices[0].money.cur));
    }
    v->tiers = out;
    v->n_tiers = n;
    (void)rq_form_all(rq, "amount", amounts, ROWS);
    (void)rq_form_all(rq, "currency", currencies, ROWS);
    (void)rq_form_all(rq, "min", mins, ROWS);
    struct view_coupon_row *rows = ARENA_ARRAY(cx->arena, struct view_coupon_row, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct view_coupon_row){
            amounts[i], currencies[i].n > 0 || i > 0 ? currencies[i] : currency, mins[i]};
    v->rows = rows;
    v->n_rows = ROWS;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_desk *d;
    struct view_desk_coupons v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_OFFERS, N_("Coupons"), &d));
    v.desk = d;
    TRY(fill_coupons(rq, p, &v));
    TRY(fill_form(rq, p, &v));
    struct buf out = web_buf();
    html_desk_coupons(&out, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_coupons(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    if (!desk_sees_money(rq, &p)) /* a partner's part of it */
        return web_go(rq, str_fmt(rq->cx->arena, "/desk/" STR_FMT "/offers/cards", STR_ARG(p.handle)));
    return show(rq, &p, OK);
}

/* Amounts off, and the least price, by currency. An empty row is none. */
static enum err read_amounts(struct rq *rq, bool percent, struct coupon *c)
{
    struct str amounts[ROWS] = {{0}}, currencies[ROWS] = {{0}}, mins[ROWS] = {{0}};
    (void)rq_form_all(rq, "amount", amounts, ROWS);
    (void)rq_form_all(rq, "currency", currencies, ROWS);
    (void)rq_form_all(rq, "min", mins, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        struct coupon_amount *a = &c->amounts[c->n_amounts];
        struct money off = {.minor = 0}, min = {.minor = 0};
        bool has_off = !percent && str_trim(amounts[i]).n > 0, has_min = str_trim(mins[i]).n > 0;
        if (!has_off && !has_min)
            continue;
        if (has_off)
            TRY(money_parse_fields(rq->cx, amounts[i], currencies[i], &off));
        if (has_min)
            TRY(money_parse_fields(rq->cx, mins[i], currencies[i], &min));
        a->off = off.minor;
        a->min_total = min.minor;
        memcpy(a->cur, has_off ? off.cur : min.cur, sizeof a->cur);
        c->n_amounts++;
    }
    return OK;
}

static enum err read_coupon(struct rq *rq, struct coupon *ret)
{
    struct cx *cx = rq->cx;
    struct coupon c = {.code = rq_form(rq, "code"), .note = rq_form(rq, "note"), .percent_bp = DB_NULL};
    struct str terms = rq_form(rq, "terms"), on[COUPON_TIERS_MAX];
    bool percent = !str_eq_c(rq_form(rq, "off"), "amount");
    if (percent) {
        if (!percent_read(rq_form(rq, "percent"), PERCENT_BP, &c.percent_bp))
            return cx_tell(cx, ERR_INVALID,
                           N_("A coupon takes off more than 0 and at most 100 percent."));
    }
    TRY(read_amounts(rq, percent, &c));
    c.periods = str_eq_c(terms, "ever") ? DB_NULL : 1;
    if (str_eq_c(terms, "count"))
        TRY(desk_number(rq, "count", 1, &c.periods));
    TRY(desk_number(rq, "total", DB_NULL, &c.total_max));
    TRY(desk_number(rq, "each", 1, &c.account_max));
    TRY(desk_last_day(rq, "expires", &c.expires_at));
    size_t n = rq_form_all(rq, "tier", on, COUPON_TIERS_MAX);
    for (size_t i = 0; i < n && i < COUPON_TIERS_MAX; i++)
        if (web_id(on[i], &c.tiers[c.n_tiers]))
            c.n_tiers++;
    *ret = c;
    return OK;
}

enum err desk_coupon_make(struct rq *rq)
{
    struct planet p;
    struct coupon c, made;
    TRY(desk_planet(rq, &p));
    enum err e = read_coupon(rq, &c);
    if (e == OK)
        e = coupon_create(rq->cx, p.id, &c, &made);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/offers", "saved");
}

enum err desk_coupon_end(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    enum err e = coupon_end(rq->cx, p.id, id);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/offers", "done");
}

/* ---- gifts that were bought here ---- */

static enum err gift_row(struct cx *cx, const struct gift *g, struct view_gift *ret)
{
    struct account buyer;
    enum err e = account_by_id(cx, g->buyer_id, &buyer);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    *ret = (struct view_gift){
        .id = g->id,
        .by = e == OK ? buyer.name : STR("–"), /* an account that is gone */
        .tier = g->tier_name,
        .term = web_term(cx, g->unit, g->count),
        .bought = i18n_date(cx, g->paid_at),
        .until = g->redeem_until == DB_NULL ? STR_NULL : i18n_date(cx, g->redeem_until),
        .redeemed = g->redeemed_at == DB_NULL ? STR_NULL : i18n_date(cx, g->redeemed_at),
        .refunded = str_eq_c(g->state, "refunded"),
        .refunding = g->refund_asked_at != DB_NULL,
        .good = str_eq_c(g->state, "paid") && g->redeemed_at == DB_NULL && g->redeem_until != DB_NULL && g->redeem_until > cx->now,
    };
    return OK;
}

enum err desk_gifts(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_desk *d;
    struct gift *all;
    size_t n;
    TRY(desk_planet(rq, &p));
    TRY(gift_list_of_planet(cx, p.id, desk_before(rq), DESK_PAGE + 1, &all, &n));
    struct str older_url = desk_older(rq, &n, n > DESK_PAGE ? &all[DESK_PAGE - 1].id : NULL);
    TRY(desk_head(rq, &p, DESK_OFFERS, N_("Gifts"), &d));
    struct view_gift *out = ARENA_ARRAY(cx->arena, struct view_gift, n);
    for (size_t i = 0; i < n; i++)
        TRY(gift_row(cx, &all[i], &out[i]));
    struct view_desk_gifts v = {.desk = d, .gifts = out, .n_gifts = n, .older_url = older_url};
    struct buf b = web_buf();
    html_desk_gifts(&b, cx, &v);
    return web_send(rq, 200, &b);
}
