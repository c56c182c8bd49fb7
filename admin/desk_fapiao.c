/* Requests for fapiao: what is asked for, and that it was done. */
#include "admin/desk_bills.h"
#include "web/export_file.h"
#include "admin/html.h"
#include "admin/view_bills.h"
#include "node/db/db.h"
#include "node/money/fapiao.h"
#include "node/money/tax.h"
#include "web/bill_view.h"
#include "web/page.h"

enum { SHOWN = 100 };

static enum err show(struct rq *rq, const struct planet *p, enum err failed)
{
    struct cx *cx = rq->cx;
    struct view_money *m;
    struct tax_rule rule;
    struct fapiao *all;
    size_t n;
    int64_t before = 0;
    struct view_desk_fapiao v = {.error = failed == OK ? STR_NULL : web_mendable(rq, failed), .answer = STR("")};
    cx->tell = NULL;
    if (rq_query(rq, "before").n > 0 && !web_id(rq_query(rq, "before"), &before))
        return ERR_NOT_FOUND;
    TRY(desk_money_head(rq, p, MONEY_FAPIAO, N_("Fapiao"), &m));
    TRY(tax_rule_of(cx, p->id, &rule));
    v.m = m;
    v.on = rule.fapiao;
    v.done = str_eq_c(rq_query(rq, "show"), "all");
    if (rq->method == POST)
        v.answer = rq_form(rq, "answer");
    TRY(fapiao_list(cx, p->id, v.done ? STR_NULL : STR("asked"), before, SHOWN + 1, &all, &n));
    if (n > SHOWN) {
        n = SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "/fapiao?%sbefore=%lld", STR_ARG(m->base), v.done ? "show=all&" : "",
                              (long long)all[n - 1].id);
    }
    struct view_fapiao *out = ARENA_ARRAY(cx->arena, struct view_fapiao, n);
    for (size_t i = 0; i < n; i++)
        web_fapiao_view(cx, &all[i], &out[i]);
    v.all = out;
    v.n_all = n;
    v.csv_url = str_fmt(cx->arena, STR_FMT "/fapiao.csv%s", STR_ARG(m->base), v.done ? "?show=all" : "");
    struct buf b = web_buf();
    html_desk_fapiao(&b, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &b);
}

enum err desk_fapiao(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, OK);
}

enum err desk_fapiao_done(struct rq *rq)
{
    struct planet p;
    struct str ids[FAPIAO_MANY];
    int64_t chosen[FAPIAO_MANY];
    size_t n = 0, done;
    TRY(desk_money_planet(rq, &p));
    size_t given = rq_form_all(rq, "id", ids, FAPIAO_MANY);
    for (size_t i = 0; i < given && i < FAPIAO_MANY; i++)
        if (web_id(ids[i], &chosen[n]))
            n++;
    enum err e = fapiao_done(rq->cx, p.id, chosen, n, !str_eq_c(rq_form(rq, "do"), "decline"), rq_form(rq, "answer"), &done);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_money_done(rq, &p, "/fapiao", "done");
}

enum err desk_fapiao_csv(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    struct export_file *f = ARENA_NEW(cx->arena, struct export_file);
    struct fapiao *all;
    size_t n;
    int64_t before = 0;
    struct str state = str_eq_c(rq_query(rq, "show"), "all") ? STR_NULL : STR("asked");
    TRY(desk_money_planet(rq, &p));
    TRY(export_file_open(cx, f));
    arena_defer(cx->arena, export_file_close, f);
    TRY(export_file_put(f, fapiao_csv_head()));
    do {
        TRY(fapiao_list(cx, p.id, state, before, SHOWN, &all, &n));
        for (size_t i = 0; i < n; i++)
            TRY(export_file_put(f, fapiao_csv(cx, &all[i])));
        before = n > 0 ? all[n - 1].id : 0;
    } while (n == SHOWN);
    return export_file_send(rq, f, "text/csv; charset=utf-8", str_fmt(cx->arena, STR_FMT "-fapiao.csv", STR_ARG(p.handle)));
}
