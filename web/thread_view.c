#include "web/thread_view.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "web/card_view.h"
#include "web/far_view.h"
#include "web/page.h"
#include "web/planet_view.h"
#include "node/settings.h"

struct thread {
    struct rq *rq;
    const struct role_holder *holders;
    size_t n_holders;
    int64_t edit_id;
    bool may_reply, tips_on;
    struct reaction_group *groups;
    size_t n_groups;
};

static struct str role_label(const struct thread *t, const struct comment *c)
{
    for (size_t i = 0; c->account_id != 0 && i < t->n_holders; i++)
        if (t->holders[i].account_id == c->account_id)
            return planet_role_label(t->rq->cx, t->holders[i].role);
    return STR_NULL;
}

/* What the planet's authors said may be thanked for. */
static bool is_author(const struct thread *t, const struct comment *c)
{
    for (size_t i = 0; c->account_id != 0 && i < t->n_holders; i++)
        if (t->holders[i].account_id == c->account_id)
            return t->holders[i].role >= ROLE_GUEST;
    return false;
}

static struct view_person author(struct cx *cx, const struct comment *c)
{
    struct view_person p = {.name = c->author_name, .url = c->author_url, .server = c->author_host,
                            .avatar = web_avatar(cx, c->author_name, DB_NULL)};
    if (c->is_remote)
        p.handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(c->author_username),
                           STR_ARG(c->author_host));
    else
        p.handle = str_fmt(cx->arena, "@" STR_FMT, STR_ARG(c->author_username));
    p.avatar.url = c->avatar_url;
    if (c->is_remote)
        p.name_html = far_name(cx, c->author_host, c->author_name, c->author_emoji,
                               c->n_author_emoji);
    return p;
}

static enum err one(const struct thread *t, const struct comment *c, struct view_comment *v)
{
    struct rq *rq = t->rq;
    struct cx *cx = rq->cx;
    bool signed_in = rq->session.account_id != 0;
    *v = (struct view_comment){
        .id = c->id,
        .author = author(cx, c),
        .role = role_label(t, c),
        .when = web_when(rq, c->created_at),
        .when_iso = clock_rfc3339(cx->arena, c->created_at),
        .reply_to = c->in_reply_to_name,
        .html = c->html,
        .members_only = c->audience == COMMENT_MEMBERS,
        .deleted = str_eq_c(c->state, "deleted") ||
                   (str_eq_c(c->state, "hidden") && !c->may_moderate),
        .held = !str_eq_c(c->state, "shown"),
        .liked = c->liked,
        .may_like = signed_in,
        .may_reply = t->may_reply && !c->is_quote,
        .quote = c->is_quote,
        .abroad = c->abroad,
        .may_edit = c->may_edit,
        .may_delete = c->may_delete,
        .may_hide = c->may_moderate,
        .n_likes = c->n_likes,
        .may_tip = t->tips_on && str_eq_c(c->state, "shown") && is_author(t, c) &&
                   c->account_id != rq->session.account_id,
    };
    if (c->is_remote) {
        v->origin_url = c->object_url.n > 0 ? c->object_url : c->object_uri;
        far_comment(cx, c, v);
    }
    if (!v->deleted)
        far_reactions(cx, t->groups, t->n_groups, c->id, &v->emoji, &v->n_emoji);
    if (c->edited_at != DB_NULL)
        v->edited = web_when(rq, c->edited_at);
    if (c->id == t->edit_id && c->may_edit)
        TRY(comment_source(cx, c->id, &v->source));
    return OK;
}

/* The list comes thread by thread: a first one (depth 0), then what stands under it. */
static enum err nest(const struct thread *t, const struct comment *list, size_t n,
                     struct view_post *v)
{
    struct view_comment *flat = ARENA_ARRAY(t->rq->cx->arena, struct view_comment, n + 1);
    struct view_comment *roots = ARENA_ARRAY(t->rq->cx->arena, struct view_comment, n + 1);
    size_t n_roots = 0, n_flat = 0;
    for (size_t i = 0; i < n; i++) {
        if (list[i].depth == 0 || n_roots == 0) {
            TRY(one(t, &list[i], &roots[n_roots]));
            roots[n_roots++].replies = &flat[n_flat];
        } else {
            TRY(one(t, &list[i], &flat[n_flat++]));
            roots[n_roots - 1].n_replies++;
        }
    }
    v->comments = roots;
    v->n_comments_shown = n_roots;
    return OK;
}

static enum err what_may_be_said(struct rq *rq, const struct post *post, struct view_post *v)
{
    struct cx *cx = rq->cx;
    if (rq->session.account_id == 0)
        return OK;
    bool to_members = comment_may_create(cx, post, COMMENT_MEMBERS) == OK;
    bool to_all = comment_may_create(cx, post, COMMENT_PUBLIC) == OK;
    cx->tell = NULL; /* asking is no failure */
    v->may_comment = v->locked ? to_members || to_all : to_all;
    v->comment_public_too = v->locked && to_members && to_all;
    v->comment_public_only = !to_members && to_all;
    v->form_id = comment_form_id(cx);
    if (!to_all)
        return OK;
    v->fediverse_name = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(rq->session.username),
                                STR_ARG(setting_handle_host(cx)));
    /* Who writes here is known out there already; for everybody else it is a step to be taken. */
    v->to_fediverse = post_may_author(cx, post->planet_id) == OK;
    cx->tell = NULL;
    return OK;
}

static enum err quotes(const struct thread *t, const struct post *post, struct view_post *v)
{
    struct comment *list;
    size_t n;
    TRY(comment_quotes(t->rq->cx, post, &list, &n));
    struct view_comment *views = ARENA_ARRAY(t->rq->cx->arena, struct view_comment, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(one(t, &list[i], &views[i]));
    v->quotes = views;
    v->n_quotes = n;
    return OK;
}

enum err thread_view(struct rq *rq, const struct post *post, const struct access_pass *pass,
                     int64_t reply_id, int64_t edit_id, struct view_post *v)
{
    struct cx *cx = rq->cx;
    struct comment *list;
    struct role_holder *holders;
    size_t n, n_holders;
    TRY(comment_list(cx, post, pass, &list, &n));
    TRY(role_list(cx, post->planet_id, &holders, &n_holders));
    TRY(what_may_be_said(rq, post, v));
    struct thread t = {.rq = rq, .holders = holders, .n_holders = n_holders, .edit_id = edit_id,
                       .may_reply = v->may_comment, .tips_on = v->tips_on};
    TRY(reaction_groups(cx, post->id, &t.groups, &t.n_groups));
    far_reactions(cx, t.groups, t.n_groups, 0, &v->emoji, &v->n_emoji);
    for (size_t i = 0; i < n; i++) {
        if (list[i].id != reply_id)
            continue;
        v->reply_to_id = reply_id;
        v->reply_to_name = list[i].author_name;
        if (list[i].audience == COMMENT_MEMBERS)
            v->fediverse_name = STR_NULL; /* the answer will be the members', too */
    }
    TRY(quotes(&t, post, v));
    return nest(&t, list, n, v);
}
