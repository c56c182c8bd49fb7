/* The provider's books against ours: what differs, and when it was compared. */
#include "admin/desk_money.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/reconcile.h"
#include "node/money/words.h"
#include "web/away.h"
#include "web/page.h"

enum { RUNS_SHOWN = 14, DAYS = 30, COMPARE_MS = 120000 };

static struct str rail_words(struct cx *cx, struct str name)
{
    const struct pay_rail *rail = rail_by_name(name);
    return rail == NULL ? name : str_c(tr(cx, rail->title != NULL ? rail->title : rail->label));
}

static struct str what_words(struct cx *cx, const struct recon_diff *d)
{
    struct str rail = rail_words(cx, d->rail);
    const char *s = str_eq_c(d->what, "missing_here")    ? N_("{0} moved this, and the ledger doesn't know of it.")
                    : str_eq_c(d->what, "missing_there") ? N_("The ledger says this, and the report of {0} doesn't.")
                                                         : N_("{0} and the ledger name different sums.");
    return i18n_fill(cx->arena, tr(cx, s), &rail, 1);
}

static enum err fill_diffs(struct cx *cx, const struct planet *p, struct view_recon *v)
{
    struct recon_diff *all;
    size_t n;
    TRY(recon_diffs(cx, p->id, &all, &n));
    struct view_recon_diff *out = ARENA_ARRAY(cx->arena, struct view_recon_diff, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_recon_diff){
            .id = all[i].id, .what = what_words(cx, &all[i]), .kind = money_txn_words(cx, all[i].kind), .ref = all[i].ref,
            .theirs = i18n_money(cx, all[i].theirs.minor, str_c(all[i].theirs.cur)),
            .ours = i18n_money(cx, all[i].ours.minor, str_c(all[i].ours.cur)), .when = i18n_date(cx, all[i].at)};
    v->diffs = out;
    v->n_diffs = n;
    return OK;
}

static enum err fill_runs(struct cx *cx, const struct planet *p, struct view_recon *v)
{
    struct recon_run *all;
    size_t n;
    TRY(recon_runs(cx, p->id, RUNS_SHOWN, &all, &n));
    struct view_recon_run *out = ARENA_ARRAY(cx->arena, struct view_recon_run, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_recon_run){.rail = rail_words(cx, all[i].rail), .when = i18n_datetime(cx, all[i].ran_at),
                                         .from = i18n_date(cx, all[i].from_at), .error = all[i].error,
                                         .n_lines = all[i].n_lines, .n_same = all[i].n_same, .n_open = all[i].n_open};
    v->runs = out;
    v->n_runs = n;
    return OK;
}

/* The providers that give a report and are connected. */
static enum err fill_rails(struct cx *cx, const struct planet *p, struct view_recon *v)
{
    struct rail_account *acc;
    size_t n;
    TRY(rail_account_list(cx, p->id, &acc, &n));
    struct view_ledger_choice *out = ARENA_ARRAY(cx->arena, struct view_ledger_choice, n);
    for (size_t i = 0; i < n; i++) {
        const struct pay_rail *rail = rail_by_name(acc[i].rail);
        if (rail != NULL && rail->fees != NULL && !str_eq_c(acc[i].state, "draft"))
            out[v->n_rails++] = (struct view_ledger_choice){acc[i].rail, rail_words(cx, acc[i].rail), false};
    }
    v->rails = out;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_money *m;
    struct view_recon v = {.error = e == OK ? STR_NULL : web_mendable(rq, e)};
    TRY(desk_money_head(rq, p, MONEY_RECONCILE, N_("Reconciliation"), &m));
    v.m = m;
    TRY(fill_diffs(rq->cx, p, &v));
    TRY(fill_runs(rq->cx, p, &v));
    TRY(fill_rails(rq->cx, p, &v));
    struct buf b = web_buf();
    html_desk_reconcile(&b, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &b);
}

enum err desk_reconcile(struct rq *rq)
{
    struct planet p;
    TRY(desk_money_planet(rq, &p));
    return show(rq, &p, OK);
}

struct comparing {
    struct planet planet;
    struct str rail;
};

static enum err compare(struct cx *cx, void *arg)
{
    struct comparing *c = arg;
    return recon_now(cx, c->planet.id, c->rail, DAYS);
}

static enum err compared(struct rq *rq, enum err e, void *arg)
{
    struct comparing *c = arg;
    if (desk_mendable(e))
        return show(rq, &c->planet, e);
    TRY(e);
    return desk_money_done(rq, &c->planet, "/reconcile", "done");
}

enum err desk_reconcile_do(struct rq *rq)
{
    struct comparing *c = ARENA_NEW(rq->cx->arena, struct comparing);
    int64_t id;
    TRY(desk_money_planet(rq, &c->planet));
    c->rail = rq_form(rq, "rail");
    if (c->rail.n > 0)
        return web_away(rq, compare, c, COMPARE_MS, compared);
    if (!web_id(rq_form(rq, "close"), &id))
        return ERR_INVALID;
    TRY(recon_close(rq->cx, c->planet.id, id));
    return desk_money_done(rq, &c->planet, "/reconcile", "done");
}
