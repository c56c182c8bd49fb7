#include "web/receipts.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/order.h"
#include "node/people/account.h"
#include "web/bill_view.h"
#include "web/html.h"
#include "web/page.h"

enum { SHOWN = 50 };

static struct view_page *my_page(struct rq *rq, const char *title)
{
    struct view_page *page = web_page_form(rq);
    page->title = str_c(tr(rq->cx, title));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    return page;
}

static bool mendable(enum err e)
{
    return e == ERR_INVALID || e == ERR_CONFLICT || e == ERR_RATE_LIMITED;
}

enum err web_receipts(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct view_receipts v = {.page = my_page(rq, N_("Receipts"))};
    struct bill *list;
    size_t n;
    int64_t before = 0;
    if (rq_query(rq, "before").n > 0 && !web_id(rq_query(rq, "before"), &before))
        return ERR_NOT_FOUND;
    TRY(bill_list(cx, rq->session.account_id, before, SHOWN + 1, &list, &n));
    if (n > SHOWN) {
        n = SHOWN;
        v.older_url = str_fmt(cx->arena, "/me/receipts?before=%lld", (long long)list[n - 1].id);
    }
    struct view_bill *out = ARENA_ARRAY(cx->arena, struct view_bill, n);
    for (size_t i = 0; i < n; i++)
        TRY(web_bill_view(cx, &list[i], "/me/receipts", &out[i]));
    v.bills = out;
    v.n_bills = n;
    struct buf b = web_buf();
    html_me_receipts(&b, cx, &v);
    return web_send(rq, 200, &b);
}

/* ---- one ---- */

static enum err mine(struct rq *rq, struct bill *ret)
{
    int64_t id;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(bill_by_id(rq->cx, id, ret));
    return ret->account_id == rq->session.account_id ? OK : ERR_NOT_FOUND;
}

static enum err fill_fapiao(struct rq *rq, const struct bill *b, struct view_receipt *v)
{
    struct cx *cx = rq->cx;
    struct fapiao *list;
    struct buyer who;
    struct account me;
    size_t n;
    if (b->credit_note)
        return OK;
    TRY(fapiao_may(cx, b->order_id, &v->may_fapiao));
    TRY(fapiao_of_order(cx, b->order_id, &list, &n));
    struct view_fapiao *out = ARENA_ARRAY(cx->arena, struct view_fapiao, n);
    for (size_t i = 0; i < n; i++)
        web_fapiao_view(cx, &list[i], &out[i]);
    v->fapiao = out;
    v->n_fapiao = n;
    if (!v->may_fapiao)
        return OK;
    TRY(buyer_of(cx, rq->session.account_id, &who));
    TRY(account_by_id(cx, rq->session.account_id, &me));
    bool again = rq->method == POST;
    v->f_kind = again ? rq_form(rq, "kind") : who.tax_id.n > 0 ? STR("company") : STR("person");
    v->f_title = again ? rq_form(rq, "title") : who.name;
    v->f_taxpayer_id = again ? rq_form(rq, "taxpayer_id") : who.tax_id;
    v->f_mail = again ? rq_form(rq, "mail") : me.mail;
    return OK;
}

static enum err show(struct rq *rq, const struct bill *b, enum err failed)
{
    struct cx *cx = rq->cx;
    struct view_bill bill;
    struct view_receipt v = {.bill = &bill};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    TRY(web_bill_view(cx, b, "/me/receipts", &bill));
    struct view_page *page = my_page(rq, N_("Receipt"));
    page->title = str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(bill.title), STR_ARG(bill.number));
    v.page = page;
    TRY(fill_fapiao(rq, b, &v));
    struct buf out = web_buf();
    html_me_receipt(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_receipt(struct rq *rq)
{
    struct bill b;
    TRY(mine(rq, &b));
    return show(rq, &b, OK);
}

enum err web_receipt_fapiao(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct bill b;
    struct fapiao f;
    int64_t id;
    TRY(mine(rq, &b));
    struct fapiao_ask ask = {b.order_number, rq_form(rq, "kind"), rq_form(rq, "title"), rq_form(rq, "taxpayer_id"),
                             rq_form(rq, "mail")};
    bool back = str_eq_c(rq_form(rq, "do"), "withdraw");
    if (back && !web_id(rq_form(rq, "fapiao"), &id))
        return ERR_NOT_FOUND;
    enum err e = back ? fapiao_withdraw(cx, id) : fapiao_request(cx, &ask, &f);
    if (mendable(e))
        return show(rq, &b, e);
    TRY(e);
    web_flash(rq, "done");
    return web_go(rq, str_fmt(cx->arena, "/me/receipts/%lld", (long long)b.id));
}

/* ---- details ---- */

static enum err show_billing(struct rq *rq, enum err failed)
{
    struct cx *cx = rq->cx;
    struct buyer b;
    struct view_billing v = {.next = web_next(rq, STR(""))};
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    cx->tell = NULL;
    v.page = my_page(rq, N_("Details for receipts"));
    TRY(buyer_of(cx, rq->session.account_id, &b));
    if (rq->method == POST)
        b = (struct buyer){rq_form(rq, "name"), rq_form(rq, "address"), rq_form(rq, "country"), rq_form(rq, "tax_id")};
    v.f_name = b.name;
    v.f_address = b.address;
    v.f_tax_id = b.tax_id;
    v.countries = web_countries(cx, b.country, true);
    struct buf out = web_buf();
    html_me_billing(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_billing(struct rq *rq)
{
    return show_billing(rq, OK);
}

enum err web_billing_save(struct rq *rq)
{
    struct buyer b = {rq_form(rq, "name"), rq_form(rq, "address"), rq_form(rq, "country"), rq_form(rq, "tax_id")};
    enum err e = buyer_save(rq->cx, rq->session.account_id, &b);
    if (mendable(e))
        return show_billing(rq, e);
    TRY(e);
    web_flash(rq, "saved");
    return web_go(rq, web_next(rq, STR("/me/billing")));
}
