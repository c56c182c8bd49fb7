/* Whom the planet recommends, and whether its page shows the planets nearby. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/nearby.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "web/nearby_view.h"
#include "web/page.h"

enum { SHOWN_HERE = 100 };

static struct str state_sentence(struct cx *cx, enum fed_endorsed state)
{
    switch (state) {
    case FED_ENDORSED_ASKED: return str_c(tr(cx, N_("Being looked for")));
    case FED_ENDORSED_UNKNOWN: return str_c(tr(cx, N_("Nobody of that name was found")));
    case FED_ENDORSED_REFUSED: return str_c(tr(cx, N_("Doesn't want to be shown by others")));
    case FED_ENDORSED_GONE: return str_c(tr(cx, N_("Has moved, or is gone")));
    case FED_ENDORSED_FOUND: break;
    }
    return STR_NULL;
}

static enum err fill(struct rq *rq, const struct planet *p, struct view_fedi_nearby *v)
{
    struct cx *cx = rq->cx;
    struct fed_endorsement *all;
    struct fed_neighbour *near;
    size_t n, n_near;
    TRY(fed_nearby_is_shown(cx, p->id, &v->shown));
    TRY(fed_endorse_list(cx, p->id, &all, &n));
    struct view_endorsement *out = ARENA_ARRAY(cx->arena, struct view_endorsement, n + 1);
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct view_endorsement){
            .id = all[i].id, .handle = all[i].handle.n > 0 ? all[i].handle : all[i].asked, .url = all[i].url,
            .name = all[i].name, .avatar = web_avatar(cx, all[i].name, DB_NULL),
            .state = state_sentence(cx, all[i].state),
        };
        out[i].avatar.url = all[i].icon;
    }
    v->endorsed = out;
    v->n_endorsed = n;
    TRY(fed_nearby(cx, p->id, SHOWN_HERE, &near, &n_near));
    TRY(nearby_views(rq, near, n_near, &v->near));
    v->n_near = n_near;
    for (size_t i = 0; i < n_near; i++)
        v->n_second += near[i].step == 2;
    return fed_nearby_hidden(cx, p->id, &v->n_hidden);
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_fedi *f;
    struct view_fedi_nearby v = {0};
    if (e != OK) {
        v.error = web_mendable(rq, e);
        v.who = rq_form(rq, "who");
    }
    TRY(desk_fedi_head(rq, p, FEDI_NEIGHBOURS, N_("Planets nearby"), &f));
    v.f = f;
    TRY(fill(rq, p, &v));
    struct buf out = web_buf();
    html_desk_fedi_nearby(&out, rq->cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_nearby(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

enum err desk_fedi_nearby_add(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(desk_planet(rq, &p));
    enum err e = fed_endorse_add(rq->cx, p.id, rq_form(rq, "who"), &id);
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, "/neighbours", "recommended");
}

enum err desk_fedi_nearby_remove(struct rq *rq)
{
    struct planet p;
    int64_t id;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    enum err e = fed_endorse_remove(rq->cx, p.id, id);
    if (e != ERR_NOT_FOUND) /* sent twice */
        TRY(e);
    return desk_fedi_done(rq, &p, "/neighbours", "unrecommended");
}

enum err desk_fedi_nearby_show(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    TRY(fed_nearby_set_shown(rq->cx, p.id, str_eq_c(rq_form(rq, "shown"), "1")));
    return desk_fedi_done(rq, &p, "/neighbours", "saved");
}

/* uri: one of the second step off the page; without it, all of them back. */
enum err desk_fedi_nearby_hide(struct rq *rq)
{
    struct planet p;
    struct str uri = rq_form(rq, "uri");
    TRY(desk_planet(rq, &p));
    TRY(str_empty(uri) ? fed_nearby_unhide(rq->cx, p.id) : fed_nearby_hide(rq->cx, p.id, uri));
    return desk_fedi_done(rq, &p, "/neighbours",
                          str_empty(uri) ? "nearby-back" : "nearby-hidden");
}
