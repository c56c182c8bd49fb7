/* What people elsewhere said about the planet's posts: let in, hidden, brought back; one by one or many. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/actor_rules.h"
#include "federation/room.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/talk/comment.h"
#include "web/page.h"

enum { SHOWN = 30, CHOSEN_MAX = 200 };

static const struct {
    const char *name, *label;
} filters[] = {
    {"held", N_("Waiting")},
    {"shown", N_("Shown")},
    {"hidden", N_("Hidden")},
    {"marks", N_("Likes and boosts")},
};

/* The one that was asked; else what waits, if something does. */
static enum err filter_of(struct rq *rq, const struct planet *p, const char **ret)
{
    struct str asked = rq_query(rq, "show");
    int64_t waiting;
    if (str_empty(asked))
        asked = rq_form(rq, "show");
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (str_eq_c(asked, filters[i].name)) {
            *ret = filters[i].name;
            return OK;
        }
    TRY(fed_came_waiting(rq->cx, p->id, 1, &waiting));
    *ret = waiting > 0 ? "held" : "shown";
    return OK;
}

static void fill_filters(struct cx *cx, struct view_fedi_talk *v)
{
    size_t n = sizeof filters / sizeof *filters;
    struct view_fedi_link *links = ARENA_ARRAY(cx->arena, struct view_fedi_link, n);
    for (size_t i = 0; i < n; i++)
        links[i] = (struct view_fedi_link){
            .url = str_fmt(cx->arena, STR_FMT "/talk?show=%s", STR_ARG(v->f->base), filters[i].name),
            .label = str_c(tr(cx, filters[i].label)),
            .here = str_eq_c(v->filter, filters[i].name),
        };
    v->filters = links;
    v->n_filters = n;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_fedi_talk v = {0};
    struct view_fedi *f;
    struct fed_came *came;
    const char *filter;
    size_t n;
    int64_t before = 0;
    if (e != OK)
        v.error = web_mendable(rq, e);
    (void)web_id(rq_query(rq, "before"), &before);
    TRY(filter_of(rq, p, &filter));
    TRY(desk_fedi_head(rq, p, FEDI_TALK, N_("Responses from elsewhere"), &f));
    v.f = f;
    v.filter = str_c(filter);
    fill_filters(cx, &v);
    if (str_eq_c(v.filter, "marks"))
        TRY(fed_came_reactions(cx, p->id, before, SHOWN + 1, &came, &n));
    else
        TRY(fed_came_comments(cx, p->id, filter, before, SHOWN + 1, &came, &n));
    if (n > SHOWN) {
        n = SHOWN;
        v.older_url = str_fmt(cx->arena, STR_FMT "/talk?show=%s&before=%lld", STR_ARG(f->base), filter,
                              (long long)came[n - 1].id);
    }
    struct view_fedi_came *out = ARENA_ARRAY(cx->arena, struct view_fedi_came, n + 1);
    for (size_t i = 0; i < n; i++)
        desk_fedi_came(cx, p, &came[i], &out[i]);
    v.came = out;
    v.n_came = n;
    struct buf buf = web_buf();
    html_desk_fedi_talk(&buf, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &buf);
}

enum err desk_fedi_talk(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

/* A comment of somebody elsewhere, on this planet. */
static enum err one(struct rq *rq, const struct planet *p, int64_t id, bool is_shown)
{
    int64_t actor;
    TRY(fed_came_writer(rq->cx, p->id, id, &actor));
    enum err e = is_shown ? comment_show(rq->cx, id) : comment_hide(rq->cx, id);
    return e == ERR_NOT_FOUND || e == ERR_GONE ? OK : e; /* deleted meanwhile */
}

static enum err chosen(struct rq *rq, const struct planet *p, bool is_shown)
{
    struct str ids[CHOSEN_MAX];
    size_t n = rq_form_all(rq, "id", ids, CHOSEN_MAX);
    int64_t id;
    if (n == 0)
        return cx_tell(rq->cx, ERR_INVALID, N_("Choose at least one comment."));
    TX_SCOPE(rq->cx);
    for (size_t i = 0; i < n; i++) {
        if (!web_id(ids[i], &id))
            return ERR_INVALID;
        TRY(one(rq, p, id, is_shown));
    }
    return tx_commit(rq->cx);
}

/* The button's value: "show" and "hide" for what is chosen, "show:ID", "hide:ID"; of the writer of a
 * comment "hideall:ID" and "block:ID". */
static enum err act(struct rq *rq, const struct planet *p, struct str what)
{
    size_t colon = str_find_char(what, ':', 0);
    struct str verb = str_sub(what, 0, colon);
    int64_t id = 0, actor, n;
    if (colon == SIZE_MAX) {
        if (!str_eq_c(verb, "show") && !str_eq_c(verb, "hide"))
            return ERR_INVALID;
        return chosen(rq, p, str_eq_c(verb, "show"));
    }
    if (!web_id(str_sub(what, colon + 1, SIZE_MAX), &id))
        return ERR_INVALID;
    if (str_eq_c(verb, "show") || str_eq_c(verb, "hide"))
        return one(rq, p, id, str_eq_c(verb, "show"));
    TRY(fed_came_writer(rq->cx, p->id, id, &actor));
    if (str_eq_c(verb, "hideall"))
        return comment_hide_all_of(rq->cx, p->id, actor, &n);
    if (str_eq_c(verb, "block"))
        return fed_actor_rule_set(rq->cx, p->id, actor, FED_ACTOR_BLOCKED, STR(""));
    return ERR_INVALID;
}

static const char *flash_of(struct str what)
{
    return str_starts(what, STR("show"))      ? "comment-shown"
           : str_starts(what, STR("hideall")) ? "hidden-all"
           : str_starts(what, STR("hide"))    ? "comment-hidden"
                                              : "person-blocked";
}

enum err desk_fedi_talk_do(struct rq *rq)
{
    struct planet p;
    const char *filter;
    TRY(desk_planet(rq, &p));
    enum err e = act(rq, &p, rq_form(rq, "do"));
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    TRY(filter_of(rq, &p, &filter));
    struct str tail = str_fmt(rq->cx->arena, "/talk?show=%s", filter);
    return desk_fedi_done(rq, &p, tail.p, flash_of(rq_form(rq, "do")));
}
