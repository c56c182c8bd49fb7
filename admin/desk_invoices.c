/* Invoices and credit notes of a planet: by period, one of them, to take along, and what is to be declared. */
#include "admin/desk_bills.h"
#include "web/export_file.h"
#include "admin/html.h"
#include "admin/view_bills.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/bill.h"
#include "web/away.h"
#include "web/bill_view.h"
#include "web/page.h"

enum { SHOWN = 100, EXPORT_MS = 600000 };

static struct str with_span(struct cx *cx, const char *tail, const struct view_money *m, struct str span)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 1024);
    buf_fmt(&b, STR_FMT "/invoices%s", STR_ARG(m->base), tail);
    if (span.n > 0 && span.n < 20) {
        buf_lit(&b, "?span=");
        buf_put_url(&b, span);
    }
    return buf_str(&b);
}

static enum err fill_sums(struct cx *cx, const struct planet *p, const struct bill_span *span,
                          struct view_desk_invoices *v)
{
    struct tax_sum *all;
    size_t n;
    TRY(bill_tax_sums(cx, p->id, span, &all, &n));
    struct view_tax_sum *out = ARENA_ARRAY(cx->arena, struct view_tax_sum, n);
    for (size_t i = 0; i < n; i++) {
        const struct tax_sum *s = &all[i];
        struct str rate = s->name;
        if (s->reverse)
            rate = str_c(tr(cx, N_("reverse charge")));
        else if (s->ppm != DB_NULL && s->ppm > 0)
            rate = str_fmt(cx->arena, STR_FMT " " STR_FMT, STR_ARG(s->name), STR_ARG(tax_percent(cx->arena, s->ppm)));
        else if (s->tax == 0)
            rate = str_c(tr(cx, N_("no tax")));
        out[i] = (struct view_tax_sum){
            .place = web_country_name(cx, s->country),
            .rate = rate,
            .n = str_fmt(cx->arena, "%lld", (long long)s->n),
            .net = i18n_money(cx, s->net, s->currency),
            .tax = i18n_money(cx, s->tax, s->currency),
            .total = i18n_money(cx, s->total, s->currency),
        };
    }
    v->sums = out;
    v->n_sums = n;
    return OK;
}

static enum err fill_list(struct rq *rq, const struct planet *p, const struct bill_span *span,
                          struct view_desk_invoices *v)
{
    struct cx *cx = rq->cx;
    struct bill *list;
    size_t n;
    int64_t before = 0;
    const char *base = str_fmt(cx->arena, STR_FMT "/invoices", STR_ARG(v->m->base)).p;
    if (rq_query(rq, "before").n > 0 && !web_id(rq_query(rq, "before"), &before))
        return ERR_NOT_FOUND;
    TRY(bill_list_of_planet(cx, p->id, span, before, SHOWN + 1, &list, &n));
    struct view_bill *out = ARENA_ARRAY(cx->arena, struct view_bill, n);
    if (n > SHOWN) {
        n = SHOWN;
        struct str here = with_span(cx, "", v->m, v->span);
        v->older_url = str_fmt(cx->arena, STR_FMT "%cbefore=%lld", STR_ARG(here), v->span.n > 0 ? '&' : '?',
                               (long long)list[n - 1].id);
    }
    for (size_t i = 0; i < n; i++)
        TRY(web_bill_view(cx, &list[i], base, &out[i]));
    v->bills = out;
    v->n_bills = n;
    return OK;
}

enum err desk_invoices(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_money *m;
    struct bill_span span;
    struct view_desk_invoices v = {.span = str_trim(rq_query(rq, "span"))};
    TRY(desk_money_planet(rq, &p));
    enum err e = bill_span_parse(cx, v.span, &span);
    if (e != OK) {
        v.error = web_mendable(rq, e);
        v.span = STR("");
        span = (struct bill_span){0, INT64_MAX};
        cx->tell = NULL;
    }
    TRY(desk_money_head(rq, &p, MONEY_INVOICES, N_("Invoices"), &m));
    v.m = m;
    TRY(fill_list(rq, &p, &span, &v));
    TRY(fill_sums(cx, &p, &span, &v));
    v.csv_url = with_span(cx, ".csv", m, v.span);
    v.json_url = with_span(cx, ".jsonl", m, v.span);
    struct buf out = web_buf();
    html_desk_invoices(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : 422, &out);
}

enum err desk_invoice(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct view_money *m;
    struct bill b;
    struct view_bill bill;
    int64_t id;
    TRY(desk_money_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(bill_by_id(cx, id, &b));
    if (b.planet_id != p.id)
        return ERR_NOT_FOUND;
    TRY(desk_money_head(rq, &p, MONEY_INVOICES, N_("Invoice"), &m));
    TRY(web_bill_view(cx, &b, str_fmt(cx->arena, STR_FMT "/invoices", STR_ARG(m->base)).p, &bill));
    bill.below = true;
    struct view_desk_invoice v = {.m = m, .bill = &bill};
    struct buf out = web_buf();
    html_desk_invoice(&out, cx, &v);
    return web_send(rq, 200, &out);
}

/* ---- to take along ---- */

struct taking { struct export_file file; struct planet planet; struct bill_span span; bool csv; struct arena *line; };

static enum err one(void *arg, const struct bill *b)
{
    struct taking *t = arg;
    enum err e = export_file_put(&t->file, t->csv ? bill_csv(t->line, b) : bill_json(t->line, b));
    arena_reset(t->line);
    return e;
}

static enum err take(struct cx *cx, void *arg)
{
    struct taking *t = arg;
    TRY(export_file_open(cx, &t->file));
    if (t->csv)
        TRY(export_file_put(&t->file, bill_csv_head()));
    t->line = arena_new();
    enum err e = bill_each(cx, t->planet.id, &t->span, one, t);
    t->line = arena_free(t->line);
    return e;
}

static enum err taken(struct rq *rq, enum err e, void *arg)
{
    struct taking *t = arg;
    TRY(e);
    struct str name = str_fmt(rq->cx->arena, STR_FMT "-invoices.%s", STR_ARG(t->planet.handle), t->csv ? "csv" : "jsonl");
    return export_file_send(rq, &t->file, t->csv ? "text/csv; charset=utf-8" : "application/jsonl; charset=utf-8", name);
}

static enum err export(struct rq *rq, bool csv)
{
    struct taking *t = ARENA_NEW(rq->cx->arena, struct taking);
    TRY(desk_money_planet(rq, &t->planet));
    TRY(bill_span_parse(rq->cx, rq_query(rq, "span"), &t->span));
    t->csv = csv;
    arena_defer(rq->cx->arena, export_file_close, &t->file);
    return web_away(rq, take, t, EXPORT_MS, taken);
}

enum err desk_invoices_csv(struct rq *rq)
{
    return export(rq, true);
}

enum err desk_invoices_lines(struct rq *rq)
{
    return export(rq, false);
}
