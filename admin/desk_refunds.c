#include "admin/desk_refunds.h"

#include "admin/html.h"
#include "admin/view_refunds.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/member_file.h"
#include "node/money/money.h"
#include "node/money/rail.h"
#include "node/money/refund.h"
#include "node/money/words.h"
#include "node/people/account.h"
#include "web/orders.h"
#include "web/page.h"
#include "web/pay.h"

enum { SHOWN = 50, OPEN_SHOWN = 500 };

static struct str kind_text(struct cx *cx, struct str kind)
{
    static const char *const words[][2] = {
        {"button", N_("within seven days, by the member")}, {"gift", N_("a gift, by its buyer")},
        {"asked", N_("asked for")},                         {"owner", N_("by you")},
        {"rule", N_("by a rule")},                          {"rail", N_("at the provider")},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(kind, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return kind;
}

static struct str money_text(struct cx *cx, struct money m)
{
    return i18n_money(cx, m.minor, str_c(m.cur));
}

static enum err row_of(struct cx *cx, const struct view_desk *d, const struct refund *r, struct view_desk_refund *ret)
{
    struct refund_preview p = {.fee = {.minor = 0}};
    bool requested = str_eq_c(r->state, "requested"), failed = str_eq_c(r->state, "failed");
    if (requested || failed) {
        enum err e = refund_preview(cx, r->number, 0, &p);
        if (e != OK)
            return e;
    }
    *ret = (struct view_desk_refund){
        .id = r->id,
        .money = money_text(cx, r->amount),
        .who = r->name,
        .what = money_kind_words(cx, r->order_kind),
        .number = r->number,
        .kind = kind_text(cx, r->kind),
        .state = web_refund_state(cx, r->state),
        .when = i18n_ago(cx, r->ended_at == DB_NULL ? r->created_at : r->ended_at),
        .asked = r->asked,
        .said = r->said,
        .why = r->why.n > 0 ? str_c(tr(cx, str_z(cx->arena, r->why))) : STR_NULL,
        .order_url = str_fmt(cx->arena, STR_FMT "/money/orders/" STR_FMT, STR_ARG(d->base), STR_ARG(r->number)),
        .member_url = str_fmt(cx->arena, STR_FMT "/members/%lld", STR_ARG(d->base), (long long)r->account_id),
        .fee = p.fee.minor > 0 ? money_text(cx, p.fee) : STR_NULL,
        .requested = requested,
        .failed = failed,
        .sent = str_eq_c(r->state, "sent"),
        .good = str_eq_c(r->state, "succeeded"),
        .by_rail = p.by_rail,
    };
    return OK;
}

static enum err rows_of(struct cx *cx, const struct view_desk *d, const struct refund *all, size_t n,
                        const struct view_desk_refund **ret)
{
    struct view_desk_refund *out = ARENA_ARRAY(cx->arena, struct view_desk_refund, n);
    for (size_t i = 0; i < n; i++)
        TRY(row_of(cx, d, &all[i], &out[i]));
    *ret = out;
    return OK;
}

static enum err show_list(struct rq *rq, const struct planet *p, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct refund *all;
    struct refund_rule rule;
    size_t n;
    int64_t before = 0;
    struct view_desk_refunds v = {.all = str_eq_c(rq_query(rq, "all"), "1")};
    if (error != OK)
        v.error = web_mendable(rq, error);
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(desk_money_head(rq, p, MONEY_REFUNDS, N_("Refunds"), &m));
    v.m = m;
    TRY(refund_list_of_planet(cx, p->id, v.all ? REFUND_ALL : REFUND_OPEN, before, v.all ? SHOWN + 1 : OPEN_SHOWN, &all,
                              &n));
    if (v.all && n > SHOWN) {
        n = SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "/refunds?all=1&before=%lld", STR_ARG(m->base),
                              (long long)all[n - 1].id);
    }
    TRY(rows_of(cx, m->desk, all, n, &v.refunds));
    v.n_refunds = n;
    TRY(refund_rule_of(cx, p->id, &rule));
    v.post_hours = rule.post_hours;
    struct buf out = web_buf();
    html_desk_money_refunds(&out, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &out);
}

enum err desk_refunds(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show_list(rq, &p, OK);
}

/* "40.00" in the order's currency; empty: all that is left. */
static enum err amount_of(struct rq *rq, struct money like, int64_t *ret)
{
    struct money m = {.minor = 0};
    struct str s = str_trim(rq_form(rq, "amount"));
    if (s.n > 0)
        TRY(money_parse_fields(rq->cx, s, str_c(like.cur), &m));
    if (s.n > 0 && m.minor == 0)
        return cx_tell(rq->cx, ERR_INVALID, N_("Write an amount above zero, or leave it empty for all of it."));
    *ret = m.minor;
    return OK;
}

static enum err decide(struct rq *rq, const struct planet *p, const struct refund *was)
{
    struct cx *cx = rq->cx;
    struct refund r;
    struct str do_ = rq_form(rq, "do"), words = rq_form(rq, "words");
    int64_t amount;
    (void)p;
    if (str_eq_c(do_, "approve") || str_eq_c(do_, "approve_hand")) {
        TRY(amount_of(rq, was->amount, &amount));
        return refund_approve(cx, was->id, amount, str_eq_c(rq_form(rq, "keep"), "1"), str_eq_c(do_, "approve_hand"),
                              words, &r);
    }
    if (str_eq_c(do_, "decline"))
        return refund_decline(cx, was->id, words);
    if (str_eq_c(do_, "paid"))
        return refund_by_hand(cx, was->id, words);
    if (str_eq_c(do_, "retry"))
        return refund_retry(cx, was->id, &r);
    if (str_eq_c(do_, "give_up"))
        return refund_give_up(cx, was->id, words);
    return ERR_INVALID;
}

enum err desk_refund_decide(struct rq *rq)
{
    struct planet p;
    struct refund r;
    int64_t id;
    TRY(desk_money_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id) || refund_by_id(rq->cx, id, &r) != OK || r.planet_id != p.id)
        return ERR_NOT_FOUND;
    enum err e = decide(rq, &p, &r);
    if (desk_mendable(e) || e == ERR_UNSUPPORTED)
        return show_list(rq, &p, e);
    TRY(e);
    return desk_money_done(rq, &p, "/refunds", "done");
}

enum err desk_refund_rule(struct rq *rq)
{
    struct planet p;
    struct refund_rule rule = {.post_hours = 0};
    TRY(desk_money_planet(rq, &p));
    struct str hours = str_trim(rq_form(rq, "post_hours"));
    enum err e = str_to_i64(hours, &rule.post_hours)
                     ? refund_rule_set(rq->cx, p.id, &rule)
                     : cx_tell(rq->cx, ERR_INVALID, N_("An opened post can be given back for at most 24 hours."));
    if (desk_mendable(e))
        return show_list(rq, &p, e);
    TRY(e);
    return desk_money_done(rq, &p, "/refunds", "saved");
}

/* ---- one order ---- */

static enum err fill_events(struct cx *cx, const struct order *o, struct view_desk_order *v)
{
    struct order_happening *all;
    size_t n, kept = 0;
    TRY(order_history(cx, o->id, &all, &n));
    struct view_desk_order_event *out = ARENA_ARRAY(cx->arena, struct view_desk_order_event, n);
    for (size_t i = 0; i < n; i++)
        if (all[i].to.n > 0)
            out[kept++] = (struct view_desk_order_event){.when = i18n_datetime(cx, all[i].at),
                                                         .text = money_state_words(cx, all[i].to)};
        else if (all[i].detail.n > 0)
            out[kept++] = (struct view_desk_order_event){.when = i18n_datetime(cx, all[i].at),
                                                         .text = str_c(tr(cx, N_("came in and changed nothing"))),
                                                         .detail = money_reason_words(cx, all[i].detail)};
    v->events = out;
    v->n_events = kept;
    return OK;
}

static enum err fill_preview(struct cx *cx, const struct order *o, struct view_desk_order *v)
{
    struct refund_preview p;
    TRY(refund_preview(cx, o->number, 0, &p));
    bool paid = str_eq_c(o->state, "paid") || str_eq_c(o->state, "part_refunded");
    v->left = money_text(cx, p.left);
    v->left_decimal = money_decimal(cx->arena, p.left);
    v->fee = p.fee.minor > 0 ? money_text(cx, p.fee) : STR_NULL;
    v->credit = p.credit > 0 ? i18n_money(cx, p.credit, str_c(o->total.cur)) : STR_NULL;
    v->by_rail = p.by_rail || p.left.minor == 0;
    v->ends = p.ends;
    v->renews = p.renews;
    v->disputed = p.disputed;
    v->can_refund = paid && p.left.minor + p.credit > 0 && !v->waits;
    return OK;
}

static enum err show_order(struct rq *rq, const struct planet *p, const struct order *o, enum err error)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct account who;
    struct refund *refunds;
    size_t n;
    const struct pay_rail *rail = rail_by_name(o->rail);
    TRY(desk_money_head(rq, p, MONEY_REFUNDS, N_("Order"), &m));
    TRY(account_by_id(cx, o->account_id, &who));
    struct view_desk_order v = {
        .m = m,
        .number = o->number,
        .what = web_order_title(cx, o),
        .kind = money_kind_words(cx, o->kind),
        .state = money_state_words(cx, o->state),
        .total = money_text(cx, o->total),
        .refunded = o->refunded > 0 ? i18n_money(cx, o->refunded, str_c(o->total.cur)) : STR_NULL,
        .rail = rail == NULL ? STR_NULL : str_c(tr(cx, rail->title)),
        .ordered = i18n_datetime(cx, o->created_at),
        .paid = o->paid_at == DB_NULL ? STR_NULL : i18n_datetime(cx, o->paid_at),
        .who = who.name,
        .member_url = str_fmt(cx->arena, STR_FMT "/members/%lld", STR_ARG(m->desk->base), (long long)o->account_id),
        .good = str_eq_c(o->state, "paid"),
        .bad = str_eq_c(o->state, "disputed") || str_eq_c(o->state, "lost"),
        .f_amount = rq->method == POST ? rq_form(rq, "amount") : STR(""),
        .f_words = rq->method == POST ? rq_form(rq, "words") : STR(""),
    };
    if (error != OK)
        v.error = web_mendable(rq, error);
    TRY(refund_of_order(cx, o->id, &refunds, &n));
    TRY(rows_of(cx, m->desk, refunds, n, &v.refunds));
    v.n_refunds = n;
    for (size_t i = 0; i < n; i++)
        v.waits = v.waits || v.refunds[i].sent || v.refunds[i].failed || v.refunds[i].requested;
    TRY(fill_events(cx, o, &v));
    TRY(fill_preview(cx, o, &v));
    struct buf out = web_buf();
    html_desk_money_order(&out, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &out);
}

static enum err order_of(struct rq *rq, struct planet *p, struct order *o)
{
    TRY(desk_money_planet(rq, p));
    TRY(order_by_number(rq->cx, rq_param(rq, "number"), o));
    return o->planet_id == p->id ? OK : ERR_NOT_FOUND;
}

enum err desk_order(struct rq *rq)
{
    struct planet p;
    struct order o;
    TRY(order_of(rq, &p, &o));
    return show_order(rq, &p, &o, OK);
}

enum err desk_order_refund(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct order o;
    struct refund r;
    struct refund_give g = {.keeps = str_eq_c(rq_form(rq, "keep"), "1"), .by_hand = str_eq_c(rq_form(rq, "do"), "hand"),
                            .words = rq_form(rq, "words")};
    TRY(order_of(rq, &p, &o));
    g.number = o.number;
    enum err e = amount_of(rq, o.total, &g.amount);
    if (e == OK)
        e = refund_give(cx, &g, &r);
    if (desk_mendable(e) || e == ERR_UNSUPPORTED)
        return show_order(rq, &p, &o, e);
    TRY(e);
    return desk_money_done(rq, &p, str_fmt(cx->arena, "/orders/" STR_FMT, STR_ARG(o.number)).p, "done");
}
