#include "admin/desk_fedi.h"

#include "node/base/i18n.h"
#include "node/node.h"
#include "node/talk/report.h"
#include "web/page.h"

static const struct {
    enum fedi_tab tab;
    const char *tail, *label;
    bool node_owner; /* what it shows is the node's */
} tabs[] = {
    {FEDI_OVERVIEW, "", N_("Overview"), false},
    {FEDI_BLOCKS, "/blocks", N_("Blocks"), false},
    {FEDI_REPORTS, "/reports", N_("Reports"), false},
    {FEDI_MOVING, "/moving", N_("Moving"), false},
    {FEDI_NEIGHBOURS, "/neighbours", N_("Planets nearby"), false},
    {FEDI_SETTINGS, "/settings", N_("Settings"), false},
};

enum err desk_fedi_head(struct rq *rq, const struct planet *p, enum fedi_tab tab, const char *title,
                        struct view_fedi **ret)
{
    struct cx *cx = rq->cx;
    struct view_fedi *f = ARENA_NEW(cx->arena, struct view_fedi);
    struct view_fedi_link *links =
        ARENA_ARRAY(cx->arena, struct view_fedi_link, sizeof tabs / sizeof *tabs);
    struct view_desk *d;
    size_t n = 0;
    TRY(desk_head(rq, p, DESK_FEDI, title, &d));
    *f = (struct view_fedi){
        .desk = d,
        .base = str_fmt(cx->arena, STR_FMT "/fediverse", STR_ARG(d->base)),
        .handle = d->planet->full_handle,
    };
    for (size_t i = 0; i < sizeof tabs / sizeof *tabs; i++) {
        if (tabs[i].node_owner && !rq->session.is_owner)
            continue;
        links[n++] = (struct view_fedi_link){
            .url = str_fmt(cx->arena, STR_FMT "%s", STR_ARG(f->base), tabs[i].tail),
            .label = str_c(tr(cx, tabs[i].label)),
            .here = tabs[i].tab == tab,
        };
        if (tabs[i].tab == FEDI_REPORTS)
            TRY(report_count_open(cx, rq->session.is_owner ? 0 : p->id, &links[n - 1].n));
    }
    f->links = links;
    f->n_links = n;
    *ret = f;
    return OK;
}

enum err desk_fedi_done(struct rq *rq, const struct planet *p, const char *tail, const char *flash)
{
    struct str to = str_fmt(rq->cx->arena, "/fediverse%s", tail);
    return desk_done(rq, p, to.p, flash);
}
