/* "Fediverse" among one's own pages: what is linked, what is told there. */
#include "federation/link.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/far.h"
#include "node/node.h"
#include "web/fedi.h"
#include "web/html.h"
#include "web/page.h"
#include "node/settings.h"

enum { PLANETS_MAX = 100 };

static struct str way_text(struct cx *cx, struct str way)
{
    if (str_eq_c(way, "note"))
        return str_c(tr(cx, N_("by a private message")));
    if (str_eq_c(way, "profile"))
        return str_c(tr(cx, N_("by an address in the profile")));
    return str_c(tr(cx, N_("by signing in there")));
}

static enum err fill(struct rq *rq, const struct identity *i, struct view_identity *ret)
{
    struct cx *cx = rq->cx;
    struct identity_planet *planets;
    size_t n;
    TRY(identity_planets(cx, i, &planets, &n));
    struct view_identity_planet *rows = ARENA_ARRAY(cx->arena, struct view_identity_planet, n);
    for (size_t k = 0; k < n; k++)
        rows[k] = (struct view_identity_planet){
            .id = planets[k].planet_id,
            .name = planets[k].name,
            .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(planets[k].handle),
                              STR_ARG(setting_handle_host(cx))),
            .wanted = planets[k].wanted,
            .answerable = planets[k].answerable,
        };
    *ret = (struct view_identity){
        .id = i->id,
        .person = {.name = i->name.n > 0 ? i->name : i->username,
                   .handle = identity_handle(cx, i),
                   .url = i->url.p != NULL ? i->url : i->uri,
                   .avatar = web_avatar(cx, i->name, DB_NULL)},
        .moved = i->moved_name.p == NULL
                     ? i->moved_uri
                     : str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(i->moved_name),
                               STR_ARG(i->moved_host)),
        .since = i18n_date(cx, i->created_at),
        .verified = i18n_ago(cx, i->verified_at),
        .way = way_text(cx, i->way),
        .planets = rows,
        .n_planets = n,
    };
    ret->person.avatar.url = far_media_url_of(cx, i->host, i->icon_url, FAR_AVATAR);
    return OK;
}

static enum err show(struct rq *rq, int status, struct str error)
{
    struct cx *cx = rq->cx;
    struct identity *all;
    struct account a;
    size_t n;
    struct view_me_fedi v = {.page = NULL};
    struct view_page *page = web_page(rq);
    page->title = str_c(tr(cx, N_("Fediverse")));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    TRY(account_by_id(cx, rq->session.account_id, &a));
    TRY(identity_list(cx, a.id, &all, &n));
    struct view_identity *rows = ARENA_ARRAY(cx->arena, struct view_identity, n);
    for (size_t i = 0; i < n; i++)
        TRY(fill(rq, &all[i], &rows[i]));
    v.page = page;
    v.identities = rows;
    v.n_identities = n;
    v.only_way = a.mail.n == 0 && n == 1;
    v.more = n < IDENTITIES_MAX;
    v.error = error;
    struct buf out = web_buf();
    html_me_fediverse(&out, cx, &v);
    return web_send(rq, status, &out);
}

enum err web_me_fedi(struct rq *rq)
{
    return show(rq, 200, STR_NULL);
}

static enum err again(struct rq *rq, enum err e)
{
    if (e == ERR_INTERNAL || e == ERR_STORAGE || e == ERR_NOT_FOUND)
        return e;
    return show(rq, http_status_of(e), web_mendable(rq, e));
}

enum err web_me_fedi_unlink(struct rq *rq)
{
    int64_t id;
    if (!web_id(rq_form(rq, "id"), &id))
        return ERR_INVALID;
    enum err e = identity_unlink(rq->cx, rq->session.account_id, id, rq->session.session_id);
    if (e != OK)
        return again(rq, e);
    web_flash(rq, "unlinked");
    return web_go(rq, STR("/me/fediverse"));
}

static bool is_among(const struct str *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        int64_t one;
        if (web_id(ids[i], &one) && one == id)
            return true;
    }
    return false;
}

/* All switches of one linked account at once: what is not ticked is off. */
static enum err set_notices(struct rq *rq, int64_t id)
{
    struct cx *cx = rq->cx;
    struct str on[PLANETS_MAX];
    struct identity i;
    struct identity_planet *planets;
    size_t n_on = rq_form_all(rq, "planet", on, PLANETS_MAX), n;
    TX_SCOPE(cx);
    TRY(identity_by_id(cx, id, &i));
    if (i.account_id != rq->session.account_id)
        return ERR_NOT_FOUND;
    TRY(identity_planets(cx, &i, &planets, &n));
    for (size_t k = 0; k < n; k++) {
        bool wanted = is_among(on, n_on, planets[k].planet_id);
        if (wanted != planets[k].wanted)
            TRY(identity_set_wanted(cx, id, planets[k].planet_id, wanted));
    }
    return tx_commit(cx);
}

enum err web_me_fedi_notices(struct rq *rq)
{
    int64_t id;
    if (!web_id(rq_form(rq, "id"), &id))
        return ERR_INVALID;
    enum err e = set_notices(rq, id);
    if (e != OK)
        return again(rq, e);
    web_flash(rq, "saved");
    return web_go(rq, STR("/me/fediverse"));
}
