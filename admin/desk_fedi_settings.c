/* How the planet meets other servers. Each section is a form of its own, filled by a function of its own. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "web/page.h"

enum err desk_fedi_settings_show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_fedi *f;
    struct view_fedi_settings v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_fedi_head(rq, p, FEDI_SETTINGS, N_("Fediverse settings"), &f));
    v.f = f;
    TRY(desk_fedi_quotes_fill(rq->cx, p, &v));
    TRY(desk_fedi_wire(rq, f, &v.wire));
    struct buf out = web_buf();
    html_desk_fedi_settings(&out, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_settings(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return desk_fedi_settings_show(rq, &p, OK);
}
