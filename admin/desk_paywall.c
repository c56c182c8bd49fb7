#include "admin/desk_paywall.h"

#include "admin/html.h"
#include "admin/view_paywall.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/paywall.h"
#include "node/money/refund.h"
#include "web/page.h"

enum { REFUNDS_MAX = 500 };

/* The planet and tier of the address, for the planet's owner alone. */
static enum err tier_of(struct rq *rq, struct planet *p, struct tier *t)
{
    int64_t id;
    TRY(desk_planet(rq, p));
    if (!desk_sees_money(rq, p) || !web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(tier_by_id(rq->cx, id, t));
    return t->planet_id == p->id ? OK : ERR_NOT_FOUND;
}

static bool wants_free(struct rq *rq, const struct tier *t)
{
    bool costs = false;
    struct str to = rq->method == POST ? rq_form(rq, "to") : rq_query(rq, "to");
    for (size_t i = 0; i < t->n_prices; i++)
        costs = costs || t->prices[i].money.minor > 0;
    return to.n > 0 ? str_eq_c(to, "free") : costs;
}

static enum err ask_of(struct rq *rq, const struct tier *t, struct paywall_ask *ret)
{
    struct cx *cx = rq->cx;
    struct paywall_ask a = {.tier_id = t->id, .to_free = wants_free(rq, t), .until_at = DB_NULL};
    struct str amount = str_trim(rq_form(rq, "amount"));
    *ret = a;
    if (a.to_free)
        return OK;
    if (!paywall_choice_parse(rq_form(rq, "choice"), &a.choice))
        return cx_tell(cx, ERR_INVALID, N_("Choose what those who are in keep."));
    if (a.choice == PAYWALL_UNTIL) {
        TRY(desk_last_day(rq, "until", &a.until_at));
        if (a.until_at == DB_NULL)
            return cx_tell(cx, ERR_INVALID, N_("The last day is a date like 2027-12-31."));
    }
    if (amount.n > 0) {
        TRY(money_parse_fields(cx, amount, str_trim(rq_form(rq, "currency")), &a.price));
        TRY(desk_length(rq, &a.unit, &a.count));
    }
    *ret = a;
    return OK;
}

static struct str typed(struct rq *rq, const char *name, const char *fallback)
{
    struct str s = rq->method == POST ? rq_form(rq, name) : STR_NULL;
    return s.p == NULL ? str_c(fallback) : s;
}

static enum err fill_rests(struct cx *cx, const struct tier *t, struct view_desk_paywall *v)
{
    struct paywall_rest *rests;
    size_t n;
    TRY(paywall_rests(cx, t->id, &rests, &n));
    struct view_paywall_rest *out = ARENA_ARRAY(cx->arena, struct view_paywall_rest, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_paywall_rest){
            .number = rests[i].number,
            .name = rests[i].name,
            .money = i18n_money(cx, rests[i].amount.minor, str_c(rests[i].amount.cur)),
            .until = i18n_date(cx, rests[i].ends_at),
            .order_url = str_fmt(cx->arena, STR_FMT "/money/orders/" STR_FMT, STR_ARG(v->desk->base),
                                 STR_ARG(rests[i].number)),
            .under_way = rests[i].under_way,
        };
    v->rests = out;
    v->n_rests = n;
    return OK;
}

static enum err fill_past(struct cx *cx, const struct planet *p, const struct tier *t, struct view_desk_paywall *v)
{
    struct paywall *all;
    size_t n, kept = 0;
    TRY(paywall_list(cx, p->id, &all, &n));
    struct view_paywall_past *out = ARENA_ARRAY(cx->arena, struct view_paywall_past, n);
    for (size_t i = 0; i < n; i++) {
        struct str num = str_fmt(cx->arena, "%lld", (long long)all[i].n_done);
        bool free = str_eq_c(all[i].direction, "free");
        if (all[i].tier_id != t->id)
            continue;
        out[kept++] = (struct view_paywall_past){
            .when = i18n_datetime(cx, all[i].at),
            .text = i18n_fill(cx->arena, tr(cx, free ? N_("made free; carried over: {0}") : N_("made paid; carried over: {0}")),
                              &num, 1),
            .done = all[i].done_at != DB_NULL,
        };
    }
    v->past = out;
    v->n_past = kept;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, const struct tier *t, bool previewed, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_desk *d;
    struct paywall_preview c;
    const char *currency = t->n_prices > 0 ? t->prices[0].money.cur : "CNY";
    struct view_desk_paywall v = {.tier = t->name, .to_free = wants_free(rq, t), .previewed = previewed,
                                  .f_choice = typed(rq, "choice", "forever"), .f_until = typed(rq, "until", ""),
                                  .f_amount = typed(rq, "amount", ""), .f_currency = typed(rq, "currency", currency),
                                  .f_length = typed(rq, "length", "1"), .f_unit = typed(rq, "unit", "year")};
    const struct paywall_ask a = {.tier_id = t->id, .to_free = v.to_free};
    if (error != OK)
        v.error = web_mendable(rq, error);
    TRY(desk_head(rq, p, DESK_TIERS, N_("Free or paid"), &d));
    v.desk = d;
    v.url = str_fmt(cx->arena, STR_FMT "/tiers/%lld/switch", STR_ARG(d->base), (long long)t->id);
    TRY(paywall_preview(cx, &a, &c));
    v.n_free = c.n_free;
    v.n_paying = c.n_paying;
    v.n_renewing = c.n_renewing;
    v.n_members = c.n_members;
    v.n_posts_locked = c.n_posts_locked;
    v.n_posts_public = c.n_posts_public;
    v.n_prices = c.n_prices;
    v.has_price = c.has_price;
    v.is_free = t->n_prices > 0 && !c.has_price;
    if (!c.has_price)
        TRY(fill_rests(cx, t, &v));
    TRY(fill_past(cx, p, t, &v));
    struct buf out = web_buf();
    html_desk_paywall(&out, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &out);
}

enum err desk_paywall(struct rq *rq)
{
    struct planet p;
    struct tier t;
    TRY(tier_of(rq, &p, &t));
    return show(rq, &p, &t, false, OK);
}

static struct str back_to(struct rq *rq, const struct tier *t)
{
    return str_fmt(rq->cx->arena, "/tiers/%lld/switch", (long long)t->id);
}

enum err desk_paywall_do(struct rq *rq)
{
    struct planet p;
    struct tier t;
    struct paywall_ask ask;
    int64_t id;
    TRY(tier_of(rq, &p, &t));
    enum err e = ask_of(rq, &t, &ask);
    if (e == OK && !str_eq_c(rq_form(rq, "do"), "switch"))
        return show(rq, &p, &t, true, OK);
    if (e == OK)
        e = paywall_switch(rq->cx, &ask, &id);
    if (desk_mendable(e))
        return show(rq, &p, &t, false, e);
    TRY(e);
    return desk_done(rq, &p, back_to(rq, &t).p, "done");
}

/* Each is a refund of its own: one that can't be made keeps no other from it. */
static enum err give_back(struct rq *rq, const struct tier *t)
{
    struct cx *cx = rq->cx;
    struct paywall_rest *rests;
    struct str *chosen = ARENA_ARRAY(cx->arena, struct str, REFUNDS_MAX);
    size_t n, n_chosen = rq_form_all(rq, "order", chosen, REFUNDS_MAX);
    enum err last = OK;
    TRY(paywall_rests(cx, t->id, &rests, &n));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_chosen; k++) {
            struct refund r;
            if (!str_eq(rests[i].number, chosen[k]) || rests[i].under_way)
                continue;
            const struct refund_give g = {.number = rests[i].number, .amount = rests[i].amount.minor, .keeps = true};
            enum err e = refund_give(cx, &g, &r);
            last = e == OK ? last : e;
        }
    return last;
}

enum err desk_paywall_refund(struct rq *rq)
{
    struct planet p;
    struct tier t;
    TRY(tier_of(rq, &p, &t));
    enum err e = give_back(rq, &t);
    if (desk_mendable(e) || e == ERR_UNSUPPORTED)
        return show(rq, &p, &t, false, e);
    TRY(e);
    return desk_done(rq, &p, back_to(rq, &t).p, "done");
}
