#include "web/orders.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/bill.h"
#include "node/money/credit.h"
#include "node/money/rail.h"
#include "node/money/refund.h"
#include "node/money/words.h"
#include "node/planet/planet.h"
#include "web/html.h"
#include "web/page.h"
#include "web/pay.h"

enum { ORDERS_SHOWN = 50, LINES = 6 };

static struct str money_text(struct cx *cx, int64_t minor, const char *cur)
{
    return i18n_money(cx, minor, str_c(cur));
}

static struct str order_url(struct cx *cx, struct str number)
{
    return str_fmt(cx->arena, "/me/orders/" STR_FMT, STR_ARG(number));
}

static bool is_good(struct str state)
{
    return str_eq_c(state, "paid") || str_eq_c(state, "part_refunded");
}

static bool is_open(struct str state)
{
    return str_eq_c(state, "new") || str_eq_c(state, "pending");
}

static struct view_page *orders_page(struct rq *rq, const char *title)
{
    struct view_page *page = web_page(rq);
    page->title = str_c(tr(rq->cx, title));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    return page;
}

/* ---- money back ---- */

struct str web_refund_state(struct cx *cx, struct str state)
{
    static const char *const words[][2] = {
        {"requested", N_("asked for")}, {"sent", N_("on its way")},      {"succeeded", N_("given back")},
        {"failed", N_("did not go through")}, {"declined", N_("declined")}, {"withdrawn", N_("withdrawn")},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_c(state, words[i][0]))
            return str_c(tr(cx, words[i][1]));
    return state;
}

enum err web_refund_view(struct rq *rq, const struct view_page *page, const struct order *o, struct view_refund *ret)
{
    struct cx *cx = rq->cx;
    struct refund_offer f;
    struct refund *rows;
    size_t n;
    TRY(refund_offer(cx, o, &f));
    *ret = (struct view_refund){
        .page = page,
        .url = str_fmt(cx->arena, "/me/orders/" STR_FMT "/refund", STR_ARG(o->number)),
        .money = f.amount.minor > 0 ? money_text(cx, f.amount.minor, f.amount.cur) : STR_NULL,
        .credit = f.credit > 0 ? money_text(cx, f.credit, f.amount.cur) : STR_NULL,
        .until = f.door == REFUND_NOW && f.until != DB_NULL ? i18n_datetime(cx, f.until) : STR_NULL,
        .why = f.why == NULL ? STR_NULL : str_c(tr(cx, f.why)),
        .now = f.door == REFUND_NOW,
        .ask = f.door == REFUND_ASK,
        .waiting = f.door == REFUND_WAITS,
        .renews = f.renews,
        .gift = str_eq_c(o->kind, "gift"),
        .post = str_eq_c(o->kind, "post"),
    };
    if (f.door != REFUND_WAITS)
        return OK;
    TRY(refund_of_order(cx, o->id, &rows, &n));
    ret->requested = n > 0 && str_eq_c(rows[n - 1].state, "requested");
    ret->id = n > 0 ? rows[n - 1].id : 0;
    return OK;
}

static enum err fill_refunds(struct cx *cx, const struct order *o, struct view_my_order *v)
{
    struct refund *rows;
    size_t n;
    TRY(refund_of_order(cx, o->id, &rows, &n));
    struct view_refund_row *out = ARENA_ARRAY(cx->arena, struct view_refund_row, n);
    for (size_t i = 0; i < n; i++) {
        const struct refund *r = &rows[i];
        /* A failed one is the owner's to mend: for the buyer it is still under way. */
        bool failed = str_eq_c(r->state, "failed");
        out[i] = (struct view_refund_row){
            .state = web_refund_state(cx, failed ? STR("sent") : r->state),
            .money = r->amount.minor > 0 ? money_text(cx, r->amount.minor, r->amount.cur) : STR_NULL,
            .when = i18n_date(cx, r->ended_at != DB_NULL && !failed ? r->ended_at : r->created_at),
            .words = r->said,
            .why = failed ? str_c(tr(cx, N_("The way you paid did not take it back. The owner pays it to you by hand.")))
                          : STR_NULL,
            .good = str_eq_c(r->state, "succeeded"),
            .bad = str_eq_c(r->state, "declined"),
        };
    }
    v->refunds = out;
    v->n_refunds = n;
    return OK;
}

/* ---- one order ---- */

static void put_line(struct cx *cx, struct view_order_line *out, size_t *n, const char *label, int64_t minor,
                     const char *cur)
{
    if (minor != 0)
        out[(*n)++] = (struct view_order_line){.label = str_c(tr(cx, label)), .money = money_text(cx, minor, cur)};
}

static enum err fill_lines(struct cx *cx, const struct order *o, struct view_my_order *v)
{
    struct view_order_line *out = ARENA_ARRAY(cx->arena, struct view_order_line, LINES);
    struct credit_part part;
    struct order_tax tax = {.contained = false};
    const char *cur = o->total.cur;
    size_t n = 0;
    TRY(credit_of_order(cx, o->id, &part));
    put_line(cx, out, &n, N_("Price"), o->list_amount, cur);
    put_line(cx, out, &n, N_("Coupon"), -o->discount, cur);
    put_line(cx, out, &n, N_("Unused time"), -(o->credit - part.amount), cur);
    put_line(cx, out, &n, N_("Credit"), -part.amount, cur);
    enum err e = order_tax_of(cx, o->id, &tax);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    put_line(cx, out, &n, tax.contained ? N_("Tax (contained)") : N_("Tax"), o->tax, cur);
    out[n++] = (struct view_order_line){.label = str_c(tr(cx, N_("Total"))), .money = money_text(cx, o->total.minor, cur),
                                        .total = true};
    v->lines = out;
    v->n_lines = n;
    return OK;
}

static enum err show(struct rq *rq, const struct order *o, enum err error)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_refund refund;
    struct bill *bills;
    size_t n_bills;
    struct view_page *page = orders_page(rq, N_("Your order"));
    const struct pay_rail *rail = rail_by_name(o->rail);
    TRY(planet_by_id(cx, o->planet_id, &p));
    i18n_clock(cx, p.zone);
    struct view_my_order v = {
        .page = page,
        .number = o->number,
        .what = web_order_title(cx, o),
        .planet_name = p.name,
        .planet_url = web_planet_path(cx, p.handle),
        .state = money_state_words(cx, o->state),
        .rail = rail == NULL ? STR_NULL : str_c(tr(cx, rail->title)),
        .ordered = i18n_datetime(cx, o->created_at),
        .paid = o->paid_at == DB_NULL ? STR_NULL : i18n_datetime(cx, o->paid_at),
        .refund = &refund,
        .pay_url = is_open(o->state) ? str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(o->number)) : STR_NULL,
        .gift_url = str_eq_c(o->kind, "gift") ? str_fmt(cx->arena, "/me/gifts/" STR_FMT, STR_ARG(o->number)) : STR_NULL,
        .bad = !is_good(o->state) && !is_open(o->state),
        .f_words = rq->method == POST ? rq_form(rq, "words") : STR(""),
    };
    if (error != OK)
        v.error = web_mendable(rq, error);
    TRY(web_refund_view(rq, page, o, &refund));
    TRY(fill_lines(cx, o, &v));
    TRY(bill_of_order(cx, o->id, &bills, &n_bills));
    if (n_bills > 0)
        v.receipt_url = str_fmt(cx->arena, "/me/receipts/%lld", (long long)bills[0].id);
    TRY(fill_refunds(cx, o, &v));
    struct buf out = web_buf();
    html_me_order(&out, cx, &v);
    return web_send(rq, error == OK ? 200 : http_status_of(error), &out);
}

static enum err my_order(struct rq *rq, struct order *ret)
{
    TRY(order_by_number(rq->cx, rq_param(rq, "number"), ret));
    return ret->account_id == rq->session.account_id ? OK : ERR_NOT_FOUND;
}

enum err web_order(struct rq *rq)
{
    struct order o;
    TRY(my_order(rq, &o));
    return show(rq, &o, OK);
}

enum err web_order_refund(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct order o;
    struct refund r;
    int64_t id;
    enum err e = ERR_INVALID;
    const char *flash = "done";
    struct str do_ = rq_form(rq, "do");
    TRY(my_order(rq, &o));
    if (str_eq_c(do_, "now")) {
        e = refund_mine(cx, o.number, &r);
        flash = "refunding";
    } else if (str_eq_c(do_, "ask")) {
        e = refund_request(cx, o.number, rq_form(rq, "words"), &r);
        flash = "refund-asked";
    } else if (str_eq_c(do_, "withdraw") && web_id(rq_form(rq, "id"), &id)) {
        e = refund_withdraw(cx, id);
    }
    if (e == ERR_CONFLICT || e == ERR_INVALID || e == ERR_RATE_LIMITED || e == ERR_UNSUPPORTED) {
        TRY(my_order(rq, &o));
        return show(rq, &o, e);
    }
    TRY(e);
    web_flash(rq, flash);
    return web_go(rq, order_url(cx, o.number));
}

/* ---- all of them ---- */

enum err web_orders(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct order *orders;
    size_t n;
    int64_t before = 0;
    struct view_my_orders v = {.page = orders_page(rq, N_("Your orders"))};
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(order_list(cx, rq->session.account_id, before, ORDERS_SHOWN + 1, &orders, &n));
    if (n > ORDERS_SHOWN) {
        n = ORDERS_SHOWN;
        v.older_url = str_fmt(cx->arena, "/me/orders?before=%lld", (long long)orders[n - 1].id);
    }
    struct view_my_order_row *out = ARENA_ARRAY(cx->arena, struct view_my_order_row, n);
    for (size_t i = 0; i < n; i++) {
        struct planet p;
        const struct order *o = &orders[i];
        TRY(planet_by_id(cx, o->planet_id, &p));
        i18n_clock(cx, p.zone);
        out[i] = (struct view_my_order_row){
            .url = order_url(cx, o->number),
            .what = web_order_title(cx, o),
            .planet_name = p.name,
            .when = i18n_date(cx, o->created_at),
            .money = money_text(cx, o->total.minor, o->total.cur),
            .state = money_state_words(cx, o->state),
            .good = is_good(o->state),
            .bad = str_eq_c(o->state, "disputed") || str_eq_c(o->state, "lost"),
        };
    }
    v.orders = out;
    v.n_orders = n;
    struct buf out_buf = web_buf();
    html_me_orders(&out_buf, cx, &v);
    return web_send(rq, 200, &out_buf);
}
