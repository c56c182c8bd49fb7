#include "admin/desk_money.h"

#include "admin/admin.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/money/refund.h"
#include "node/money/fapiao.h"
#include "node/money/transfer.h"
#include "node/money/reconcile.h"
#include "node/money/tray.h"
#include "web/page.h"

#include <string.h>

static const struct {
    enum money_tab tab;
    const char *path, *label;
} tabs[] = {
    /* What one begins with, what waits for a decision, the books, the papers. */
    {MONEY_OVERVIEW, "/desk/:planet/money", N_("Overview")},
    {MONEY_PROVIDERS, "/desk/:planet/money/providers", N_("Providers")},
    {MONEY_TRAY, "/desk/:planet/money/tray", N_("Tray")},
    {MONEY_TRANSFERS, "/desk/:planet/money/transfers", N_("Transfers")},
    {MONEY_REFUNDS, "/desk/:planet/money/refunds", N_("Refunds")},
    {MONEY_QUESTIONS, "/desk/:planet/money/questions", N_("Questions")},
    {MONEY_LEDGER, "/desk/:planet/money/ledger", N_("Ledger")},
    {MONEY_RECONCILE, "/desk/:planet/money/reconcile", N_("Reconciliation")},
    {MONEY_INVOICES, "/desk/:planet/money/invoices", N_("Invoices")},
    {MONEY_TAX, "/desk/:planet/money/tax", N_("Tax")},
    {MONEY_FAPIAO, "/desk/:planet/money/fapiao", N_("Fapiao")},
};

enum err desk_money_planet(struct rq *rq, struct planet *ret)
{
    TRY(desk_planet(rq, ret));
    return desk_sees_money(rq, ret) ? OK : ERR_NOT_FOUND;
}

static bool has_page(const char *path)
{
    for (const struct route *r = admin_routes.rows; r->path != NULL; r++)
        if (r->method == GET && strcmp(r->path, path) == 0)
            return true;
    return false;
}

enum err desk_money_waits(struct cx *cx, const struct planet *p, int64_t waits[MONEY_TABS])
{
    TRY(unmatched_count(cx, p->id, &waits[MONEY_TRAY]));
    TRY(recon_count(cx, p->id, &waits[MONEY_RECONCILE]));
    struct transfer_counts transfers;
    TRY(transfer_count(cx, p->id, &transfers));
    waits[MONEY_TRANSFERS] = transfers.sent;
    TRY(fapiao_waiting(cx, p->id, &waits[MONEY_FAPIAO]));
    return refund_waiting(cx, p->id, &waits[MONEY_REFUNDS]);
}

enum err desk_money_head(struct rq *rq, const struct planet *p, enum money_tab tab, const char *title,
                         struct view_money **ret)
{
    struct cx *cx = rq->cx;
    struct view_money *m = ARENA_NEW(cx->arena, struct view_money);
    struct view_money_link *links = ARENA_ARRAY(cx->arena, struct view_money_link, sizeof tabs / sizeof *tabs);
    struct view_desk *d;
    size_t n = 0;
    int64_t waits[MONEY_TABS] = {0};
    TRY(desk_money_waits(cx, p, waits));
    TRY(desk_head(rq, p, DESK_MONEY, title, &d));
    for (size_t i = 0; i < sizeof tabs / sizeof *tabs; i++) {
        if (!has_page(tabs[i].path))
            continue;
        links[n++] = (struct view_money_link){
            .url = str_fmt(cx->arena, STR_FMT "%s", STR_ARG(d->base), tabs[i].path + strlen("/desk/:planet")),
            .label = str_c(tr(cx, tabs[i].label)),
            .n = waits[tabs[i].tab],
            .here = tabs[i].tab == tab,
        };
    }
    *m = (struct view_money){.desk = d, .links = links, .n_links = n,
                             .base = str_fmt(cx->arena, STR_FMT "/money", STR_ARG(d->base))};
    *ret = m;
    return OK;
}

enum err desk_money_done(struct rq *rq, const struct planet *p, const char *tail, const char *flash)
{
    return desk_done(rq, p, str_fmt(rq->cx->arena, "/money%s", tail).p, flash);
}
