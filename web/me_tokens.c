#include "web/me_tokens.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/people/token.h"
#include "node/planet/planet.h"
#include "web/html.h"
#include "web/page.h"

enum { SCOPES_MAX = 16, DAYS_MAX = 3650 };

/* What the form holds, or would hold. */
struct wish { struct str name, days; struct str scopes[SCOPES_MAX]; size_t n_scopes; int64_t planet_id; };

static enum err fill_tokens(struct rq *rq, struct view_tokens *v)
{
    struct cx *cx = rq->cx;
    struct token *all;
    size_t n;
    TRY(token_list(cx, rq->session.account_id, &all, &n));
    struct view_token *rows = ARENA_ARRAY(cx->arena, struct view_token, n);
    for (size_t i = 0; i < n; i++) {
        struct planet p = {.name = STR_NULL};
        if (all[i].planet_id != DB_NULL)
            TRY(planet_by_id(cx, all[i].planet_id, &p));
        rows[i] = (struct view_token){
            .id = all[i].id,
            .name = all[i].name,
            .hint = all[i].hint,
            .scopes = all[i].scopes,
            .planet = p.name,
            .used = all[i].used_at == DB_NULL ? STR_NULL : i18n_ago(cx, all[i].used_at),
            .until = all[i].expires_at == DB_NULL ? STR_NULL : i18n_date(cx, all[i].expires_at),
            .over = all[i].expires_at != DB_NULL && all[i].expires_at <= cx->now,
        };
    }
    v->tokens = rows;
    v->n_tokens = n;
    return OK;
}

static void fill_scopes(struct cx *cx, const struct wish *w, struct view_tokens *v)
{
    struct view_token_scope *rows = ARENA_ARRAY(cx->arena, struct view_token_scope, SCOPES_MAX);
    for (size_t i = 0; token_scopes[i].word != NULL && i < SCOPES_MAX; i++) {
        bool wanted = false;
        for (size_t k = 0; k < w->n_scopes; k++)
            wanted = wanted || str_eq_c(w->scopes[k], token_scopes[i].word);
        rows[v->n_scopes++] = (struct view_token_scope){
            .word = str_c(token_scopes[i].word), .about = str_c(tr(cx, token_scopes[i].help)), .wanted = wanted};
    }
    v->scopes = rows;
}

static enum err fill_planets(struct cx *cx, const struct wish *w, struct view_tokens *v)
{
    struct planet *all;
    size_t n;
    TRY(planet_list(cx, &all, &n));
    struct view_token_planet *rows = ARENA_ARRAY(cx->arena, struct view_token_planet, n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct view_token_planet){.id = all[i].id, .name = all[i].name, .chosen = all[i].id == w->planet_id};
    v->planets = rows;
    v->n_planets = n > 1 ? n : 0;
    return OK;
}

static enum err show(struct rq *rq, const struct wish *w, enum err failed, struct str secret)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page(rq);
    struct view_tokens v = {.page = page, .name = w->name, .days = w->days, .secret = secret};
    page->title = str_c(tr(cx, N_("Programs that act for you")));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    if (failed != OK)
        v.error = web_mendable(rq, failed);
    TRY(fill_tokens(rq, &v));
    fill_scopes(cx, w, &v);
    TRY(fill_planets(cx, w, &v));
    struct buf out = web_buf();
    html_me_tokens(&out, cx, &v);
    return web_send(rq, failed == OK ? 200 : http_status_of(failed), &out);
}

enum err web_me_tokens(struct rq *rq)
{
    struct wish w = {.planet_id = 0};
    return show(rq, &w, OK, STR_NULL);
}

static enum err make(struct rq *rq, const struct wish *w, struct str *ret_secret)
{
    struct cx *cx = rq->cx;
    struct token made, t = {.account_id = rq->session.account_id, .planet_id = DB_NULL, .name = w->name,
                            .expires_at = DB_NULL};
    int64_t days;
    t.scopes = str_join(cx->arena, STR(" "), w->scopes, w->n_scopes);
    if (w->planet_id != 0)
        t.planet_id = w->planet_id;
    if (w->days.n > 0) {
        if (!web_id(w->days, &days) || days > DAYS_MAX)
            return cx_tell(cx, ERR_INVALID, N_("A token lives for 1 to 3650 days, or without an end."));
        t.expires_at = cx->now + days * MS_DAY;
    }
    return token_create(cx, &t, ret_secret, &made);
}

enum err web_me_token_make(struct rq *rq)
{
    struct wish fresh = {.planet_id = 0}, w = {.name = str_trim(rq_form(rq, "name")), .days = str_trim(rq_form(rq, "days"))};
    struct str secret;
    w.n_scopes = rq_form_all(rq, "scope", w.scopes, SCOPES_MAX);
    if (rq_form(rq, "planet").n > 0 && !web_id(rq_form(rq, "planet"), &w.planet_id))
        return ERR_INVALID;
    enum err e = make(rq, &w, &secret);
    if (e == ERR_INVALID || e == ERR_CONFLICT)
        return show(rq, &w, e, STR_NULL);
    TRY(e);
    return show(rq, &fresh, OK, secret);
}

enum err web_me_token_revoke(struct rq *rq)
{
    int64_t id;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(token_revoke(rq->cx, rq->session.account_id, id));
    web_flash(rq, "done");
    return web_go(rq, STR("/me/tokens"));
}
