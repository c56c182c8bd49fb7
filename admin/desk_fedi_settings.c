/* How the planet meets other servers. Each section is a form of its own, filled by a function of its own. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/admit.h"
#include "node/base/i18n.h"
#include "web/page.h"

static enum err fill_doors(struct rq *rq, const struct planet *p, struct view_fedi_settings *v)
{
    struct fed_doors doors;
    TRY(fed_doors_of(rq->cx, p->id, &doors));
    v->comments = str_c(fed_comments_word(doors.comments));
    v->approves = doors.approves_followers;
    return OK;
}

enum err desk_fedi_settings_show(struct rq *rq, const struct planet *p, enum err e)
{
    struct view_fedi *f;
    struct view_fedi_settings v = {0};
    if (e != OK)
        v.error = web_mendable(rq, e);
    TRY(desk_fedi_head(rq, p, FEDI_SETTINGS, N_("Fediverse settings"), &f));
    v.f = f;
    TRY(fill_doors(rq, p, &v));
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

enum err desk_fedi_doors_save(struct rq *rq)
{
    struct planet p;
    struct fed_doors doors;
    TRY(desk_planet(rq, &p));
    if (!fed_comments_parse(rq_form(rq, "comments"), &doors.comments))
        return ERR_INVALID;
    doors.approves_followers = str_eq_c(rq_form(rq, "approves"), "1");
    enum err e = fed_doors_set(rq->cx, p.id, &doors);
    if (desk_mendable(e))
        return desk_fedi_settings_show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, "/settings", "saved");
}
