#include "web/fedi.h"

#include "federation/link.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/session.h"
#include "node/planet/planet.h"
#include "web/auth.h"
#include "web/html.h"
#include "web/page.h"

enum { BROWSER_S = 3600, BROWSER_CHARS = 43, REFRESH_S = 5 };

/* What binds a proof to this browser, signed in or not. */
static struct str browser_of(struct rq *rq, bool make)
{
    struct str f = rq_cookie(rq, "f");
    if (f.n == BROWSER_CHARS || !make)
        return f;
    f = crypt_token(rq->cx->arena, 32);
    rq_set_cookie(rq, "f", f, BROWSER_S, true);
    return f;
}

static struct view_link *view(struct rq *rq)
{
    struct view_link *v = ARENA_NEW(rq->cx->arena, struct view_link);
    struct view_page *page = web_page_form(rq);
    v->linking = rq->session.account_id != 0;
    page->title = str_c(tr(rq->cx, v->linking ? N_("Link a fediverse account")
                                              : N_("Sign in with the fediverse")));
    page->noindex = true;
    page->bare = true;
    v->page = page;
    v->next = web_next(rq, v->linking ? STR("/me/fediverse") : STR("/"));
    return v;
}

static enum err send(struct rq *rq, int status, const struct view_link *v,
                     void (*render)(struct buf *, struct cx *, const struct view_link *))
{
    struct buf out = web_buf();
    rq_cache_control(rq, "no-store");
    /* Addresses here hold states and codes: no other site shall learn of them. */
    rq_add_header(rq, "Referrer-Policy", STR("no-referrer"));
    render(&out, rq->cx, v);
    return web_send(rq, status, &out);
}

enum err web_fedi_show(struct rq *rq)
{
    struct view_link *v = view(rq);
    v->who = rq_query(rq, "who");
    v->others = str_eq_c(rq_query(rq, "with"), "others");
    return send(rq, 200, v, html_fedi);
}

/* What the person can mend is said above the form; what is ours goes up. */
static enum err again(struct rq *rq, enum err e, struct view_link *v)
{
    if (e == ERR_INTERNAL || e == ERR_STORAGE)
        return e;
    v->error = web_mendable(rq, e);
    return send(rq, http_status_of(e), v, html_fedi);
}

/* By a page with a link, which opens by itself: a form may lead to no other site (form-action), and
 * in any case one should see where one goes. */
static enum err leave(struct rq *rq, struct str go, struct str host)
{
    struct view_link *v = view(rq);
    v->go = go;
    v->host = host;
    rq_add_header(rq, "Refresh", str_fmt(rq->cx->arena, "0; url=" STR_FMT, STR_ARG(go)));
    return send(rq, 200, v, html_fedi_go);
}

static struct str try_path(struct cx *cx, int64_t id)
{
    return str_fmt(cx->arena, "/auth/fedi/try/%lld", (long long)id);
}

/* ---- beginning ---- */

static enum err begun(struct rq *rq, void *arg, enum err e, const struct fed_link_begun *b)
{
    struct view_link *v = arg;
    if (e != OK) {
        v->others = v->others || b->others;
        return again(rq, e, v);
    }
    return b->go.p != NULL ? leave(rq, b->go, b->host) : web_go(rq, try_path(rq->cx, b->try_id));
}

/* The planet to write to: the one that they were about to join, else the first. */
static enum err planet_to_ask(struct rq *rq, struct str next, int64_t *ret)
{
    struct cx *cx = rq->cx;
    struct planet p, *all;
    size_t n;
    if (str_starts(next, STR("/@"))) {
        struct str handle = str_sub(next, 2, SIZE_MAX);
        size_t end = 0;
        while (end < handle.n && handle.p[end] != '/' && handle.p[end] != '?')
            end++;
        if (planet_by_handle(cx, str_sub(handle, 0, end), &p) == OK) {
            *ret = p.id;
            return OK;
        }
        cx->tell = NULL;
    }
    TRY(planet_list(cx, &all, &n));
    if (n == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("There is no planet here yet that could be written to."));
    *ret = all[0].id;
    return OK;
}

enum err web_fedi_begin(struct rq *rq)
{
    struct view_link *v = view(rq);
    struct str way = rq_form(rq, "way");
    struct fed_link_ask ask = {.who = str_trim(rq_form(rq, "who")), .next = v->next,
                               .browser = browser_of(rq, true)};
    v->who = ask.who;
    v->others = way.n > 0;
    if (str_eq_c(way, "note")) {
        ask.way = FED_WAY_NOTE;
        enum err e = planet_to_ask(rq, v->next, &ask.planet_id);
        if (e != OK)
            return again(rq, e, v);
    } else if (str_eq_c(way, "profile")) {
        ask.way = FED_WAY_PROFILE;
    }
    return fed_link_begin(rq, &ask, begun, v);
}

/* ---- ending ---- */

static enum err finish(struct rq *rq, const struct fed_link_done *d)
{
    struct str next = d->next.n > 0 ? d->next : STR("/");
    if (d->linked) {
        web_flash(rq, "linked");
        return web_go(rq, d->next.n > 0 ? d->next : STR("/me/fediverse"));
    }
    return auth_sign_in(rq, &d->account, "fediverse", d->identity_id, next);
}

static enum err returned(struct rq *rq, void *arg, enum err e, const struct fed_link_returned *r)
{
    struct fed_link_done d;
    struct view_link *v = arg;
    if (e == OK && r->go.p != NULL)
        return leave(rq, r->go, r->host);
    if (e == OK) {
        e = fed_link_use(rq, r->try_id, browser_of(rq, false), false, &d);
        if (e == ERR_NOT_FOUND && rq->cx->tell == NULL) /* nobody here yet: they are asked */
            return web_go(rq, try_path(rq->cx, r->try_id));
    }
    return e == OK ? finish(rq, &d) : again(rq, e, v);
}

enum err web_fedi_callback(struct rq *rq)
{
    struct fed_link_back back = {.browser = browser_of(rq, false), .state = rq_query(rq, "state"),
                                 .code = rq_query(rq, "code"), .iss = rq_query(rq, "iss"),
                                 .error = rq_query(rq, "error")};
    return fed_link_return(rq, &back, returned, view(rq));
}

enum err web_fedi_miauth(struct rq *rq)
{
    struct fed_link_back back = {.browser = browser_of(rq, false),
                                 .session = rq_query(rq, "session")};
    if (back.session.p == NULL)
        back.session = STR("");
    return fed_link_return(rq, &back, returned, view(rq));
}

/* ---- a code, an address, or a new account ---- */

static enum err find_try(struct rq *rq, struct fed_link_try *ret)
{
    int64_t id;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    return fed_link_look(rq, id, browser_of(rq, false), ret);
}

static enum err show_try(struct rq *rq, int status, const struct fed_link_try *t, struct str error)
{
    struct view_link *v = view(rq);
    struct cx *cx = rq->cx;
    v->id = t->id;
    v->handle = t->handle;
    v->code = t->code;
    v->planet_handle = t->planet_handle;
    v->name = t->proven_name;
    v->known = t->known;
    v->error = error;
    if (t->next.n > 0)
        v->next = t->next;
    int64_t left = (t->expires_at - cx->now) / MS_MINUTE + 1;
    v->minutes = left;
    if (t->proven)
        return send(rq, status, v, html_fedi_proven);
    if (t->way == FED_WAY_NOTE) {
        rq_add_header(rq, "Refresh", str_fmt(cx->arena, "%d", REFRESH_S));
        return send(rq, status, v, html_fedi_note);
    }
    return t->way == FED_WAY_PROFILE ? send(rq, status, v, html_fedi_profile) : ERR_NOT_FOUND;
}

enum err web_fedi_try(struct rq *rq)
{
    struct fed_link_try t;
    enum err e = find_try(rq, &t);
    return e == OK ? show_try(rq, 200, &t, STR_NULL) : again(rq, e, view(rq));
}

static enum err looked(struct rq *rq, void *arg, enum err e, const struct fed_link_returned *r)
{
    const struct fed_link_try *t = arg;
    if (e == OK)
        return web_go(rq, try_path(rq->cx, r->try_id));
    if (e == ERR_INTERNAL || e == ERR_STORAGE)
        return e;
    return show_try(rq, http_status_of(e), t, web_mendable(rq, e));
}

enum err web_fedi_look(struct rq *rq)
{
    struct fed_link_try *t = ARENA_NEW(rq->cx->arena, struct fed_link_try);
    enum err e = find_try(rq, t);
    if (e != OK)
        return again(rq, e, view(rq));
    return fed_link_check_profile(rq, t->id, browser_of(rq, false), looked, t);
}

enum err web_fedi_use(struct rq *rq)
{
    struct fed_link_done d;
    struct fed_link_try t;
    enum err e = find_try(rq, &t);
    if (e == OK)
        e = fed_link_use(rq, t.id, browser_of(rq, false), true, &d);
    return e == OK ? finish(rq, &d) : again(rq, e, view(rq));
}

/* Stands in somebody's profile for some minutes; whoever opens it learns what it is for. */
enum err web_fedi_address(struct rq *rq)
{
    struct view_link *v = view(rq);
    if (!fed_link_is_address(rq->cx, rq_param(rq, "token")))
        return ERR_NOT_FOUND;
    v->host = rq->cx->node->host;
    return send(rq, 200, v, html_fedi_address);
}
