#include "admin/desk_prices.h"

#include "admin/html.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/life.h"
#include "node/money/money.h"
#include "node/money/price_move.h"
#include "web/page.h"

static struct str money_text(struct cx *cx, const struct price *p)
{
    return i18n_money(cx, p->money.minor, str_c(p->money.cur));
}

static enum err row_of(struct cx *cx, const struct price *p, struct view_price_row *ret)
{
    struct tier t;
    TRY(tier_by_id(cx, p->tier_id, &t));
    *ret = (struct view_price_row){.id = p->id, .tier = t.name, .money = money_text(cx, p),
                                   .term = web_term(cx, p->unit, p->count)};
    return OK;
}

/* ---- all ---- */

static enum err fill_moves(struct cx *cx, int64_t planet_id, struct view_desk_prices *v)
{
    struct price_move *list;
    size_t n;
    TRY(price_move_list(cx, planet_id, &list, &n));
    struct view_move_row *out = ARENA_ARRAY(cx->arena, struct view_move_row, n);
    for (size_t i = 0; i < n; i++) {
        struct tier t;
        TRY(tier_by_id(cx, list[i].from.tier_id, &t));
        out[i] = (struct view_move_row){
            .id = list[i].id,
            .from = money_text(cx, &list[i].from),
            .to = money_text(cx, &list[i].to),
            .tier = t.name,
            .when = i18n_date(cx, list[i].effective_at),
            .stopped = list[i].stopped_at != DB_NULL,
            .open = list[i].stopped_at == DB_NULL && list[i].effective_at > cx->now,
        };
    }
    v->moves = out;
    v->n_moves = n;
    return OK;
}

static enum err show_all(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct view_desk_prices v = {0};
    struct renewing r;
    struct price *old;
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_head(rq, p, DESK_TIERS, N_("Prices in force"), &d));
    v.desk = d;
    v.owns = desk_sees_money(rq, p);
    TRY(renewing_of(cx, p->id, &r));
    v.grace = r.grace_days;
    v.zone = p->zone;
    TRY(price_old_list(cx, p->id, &old, &v.n_old));
    struct view_price_row *rows = ARENA_ARRAY(cx->arena, struct view_price_row, v.n_old);
    for (size_t i = 0; i < v.n_old; i++)
        TRY(row_of(cx, &old[i], &rows[i]));
    v.old = rows;
    TRY(fill_moves(cx, p->id, &v));
    struct buf buf = web_buf();
    html_desk_prices(&buf, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &buf);
}

enum err desk_prices(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_all(rq, &p, OK);
}

static enum err save(struct rq *rq, const struct planet *p)
{
    struct renewing r;
    int64_t id;
    if (str_eq_c(rq_form(rq, "do"), "stop"))
        return web_id(rq_form(rq, "id"), &id) ? price_move_stop(rq->cx, id) : ERR_INVALID;
    if (!str_to_i64(str_trim(rq_form(rq, "grace")), &r.grace_days))
        return ERR_INVALID;
    return renewing_set(rq->cx, p->id, &r);
}

enum err desk_prices_save(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = save(rq, &p);
    if (desk_mendable(e))
        return show_all(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, "/prices", "saved");
}

/* ---- one ---- */

static enum err price_here(struct rq *rq, const struct planet *p, struct price *ret, struct tier *ret_tier)
{
    int64_t id;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(price_by_id(rq->cx, id, ret));
    TRY(tier_by_id(rq->cx, ret->tier_id, ret_tier));
    return ret_tier->planet_id == p->id ? OK : ERR_NOT_FOUND;
}

/* Prices that are offered, in its currency, of a term that comes again. */
static enum err fill_to(struct cx *cx, const struct planet *p, const struct price *from, struct view_desk_price *v)
{
    struct tier *tiers;
    size_t n, rows = 0, k = 0;
    TRY(tier_list(cx, p->id, &tiers, &n));
    for (size_t i = 0; i < n; i++)
        rows += tiers[i].n_prices;
    struct view_price_row *out = ARENA_ARRAY(cx->arena, struct view_price_row, rows);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < tiers[i].n_prices; j++) {
            const struct price *to = &tiers[i].prices[j];
            v->offered = v->offered || to->id == from->id;
            if (to->id != from->id && str_eq_c(str_c(to->money.cur), from->money.cur) && !str_eq_c(to->unit, "once"))
                TRY(row_of(cx, to, &out[k++]));
        }
    v->to = out;
    v->n_to = k;
    return OK;
}

/* What a move that was chosen would do. */
static enum err fill_look(struct rq *rq, const struct price *from, struct view_desk_price *v, enum err *ret)
{
    struct cx *cx = rq->cx;
    struct view_price_row row;
    struct price to;
    if (!web_id(rq_form(rq, "to"), &v->to_id) || !web_id(str_trim(rq_form(rq, "days")), &v->days))
        return ERR_INVALID;
    *ret = price_move_may(cx, from->id, v->to_id, cx->now + v->days * MS_DAY);
    if (*ret != OK) {
        v->to_id = 0;
        return desk_mendable(*ret) ? OK : *ret;
    }
    TRY(price_by_id(cx, v->to_id, &to));
    TRY(row_of(cx, &to, &row));
    v->to_what = str_fmt(cx->arena, STR_FMT " · " STR_FMT " · " STR_FMT, STR_ARG(row.tier), STR_ARG(row.money), STR_ARG(row.term));
    v->when = i18n_date(cx, cx->now + v->days * MS_DAY);
    v->looks = true;
    return OK;
}

static enum err show_one(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct view_desk_price v = {0};
    struct price price;
    struct tier tier;
    struct price_payers r;
    TRY(price_here(rq, p, &price, &tier));
    TRY(desk_head(rq, p, DESK_TIERS, N_("A price"), &d));
    v.desk = d;
    v.owns = desk_sees_money(rq, p);
    TRY(row_of(cx, &price, &v.price));
    v.currency = str_c(price.money.cur);
    v.amount = money_decimal(cx->arena, price.money);
    if (e == OK && str_eq_c(rq_form(rq, "do"), "look"))
        TRY(fill_look(rq, &price, &v, &e));
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(price_payers(cx, price.id, v.to_id, &r));
    v.n = r.n;
    v.n_moves = r.n_moves;
    v.n_asks = r.n_asks;
    v.n_ends = r.n_ends;
    v.n_by_hand = r.n - r.n_renewing - r.n_cancelled;
    v.n_renewing = r.n_renewing;
    v.n_cancelled = r.n_cancelled;
    v.n_lapsed = r.n_lapsed;
    TRY(fill_to(cx, p, &price, &v));
    struct buf buf = web_buf();
    html_desk_price(&buf, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &buf);
}

enum err desk_price(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show_one(rq, &p, OK);
}

static enum err act(struct rq *rq, const struct price *price)
{
    struct cx *cx = rq->cx;
    struct price fresh;
    struct price_move move;
    struct money m;
    int64_t to, days = NOTICE_DAYS;
    struct str what = rq_form(rq, "do");
    if (str_eq_c(what, "retire"))
        return price_retire(cx, price->id);
    if (str_eq_c(what, "change")) {
        TRY(money_parse_fields(cx, str_trim(rq_form(rq, "amount")), str_c(price->money.cur), &m));
        return price_change(cx, price->id, m, &fresh);
    }
    if (!str_eq_c(what, "move") || !web_id(rq_form(rq, "to"), &to) || !web_id(str_trim(rq_form(rq, "days")), &days))
        return ERR_INVALID;
    return price_move_plan(cx, price->id, to, cx->now + days * MS_DAY, &move);
}

enum err desk_price_do(struct rq *rq)
{
    struct planet p;
    struct price price;
    struct tier tier;
    TRY(desk_planet(rq, &p));
    TRY(price_here(rq, &p, &price, &tier));
    enum err e = str_eq_c(rq_form(rq, "do"), "look") ? OK : act(rq, &price);
    if (desk_mendable(e) || str_eq_c(rq_form(rq, "do"), "look"))
        return show_one(rq, &p, e);
    TRY(e);
    return desk_done(rq, &p, str_eq_c(rq_form(rq, "do"), "change")
                                 ? str_fmt(rq->cx->arena, "/prices/%lld", (long long)price.id).p
                                 : "/prices", "saved");
}
