#include "web/comment.h"

#include "node/base/i18n.h"
#include "node/planet/planet.h"
#include "node/talk/comment.h"
#include "node/talk/reaction.h"
#include "node/talk/thread.h"
#include "web/page.h"
#include "web/post.h"

static enum err post_in_path(struct rq *rq, struct planet *planet, struct post *post)
{
    TRY(web_planet(rq, planet));
    return post_by_slug(rq->cx, planet->id, rq_param(rq, "slug"), post);
}

/* Where a comment stands. */
static struct str place_of(struct cx *cx, struct str post_path, int64_t comment_id)
{
    return str_fmt(cx->arena, STR_FMT "#c-%lld", STR_ARG(post_path), (long long)comment_id);
}

enum err web_comment_create(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet planet;
    struct post post;
    struct comment c;
    TRY(post_in_path(rq, &planet, &post));
    struct comment_draft d = {.markdown = rq_form(rq, "text")};
    struct str audience = rq_form(rq, "audience");
    (void)web_id(rq_form(rq, "parent_id"), &d.parent_id);
    (void)web_id(rq_form(rq, "form_id"), &d.form_id);
    /* "fediverse" is everybody and beyond; the box says the same where everybody reads anyway. */
    d.abroad = str_eq_c(audience, "fediverse") || str_eq_c(rq_form(rq, "fediverse"), "1");
    if (str_eq_c(audience, "public") || str_eq_c(audience, "fediverse"))
        d.audience = COMMENT_PUBLIC;
    enum err e = comment_write(cx, &post, &d, &c);
    if (e == ERR_INVALID || e == ERR_TOO_LARGE || e == ERR_RATE_LIMITED)
        return web_post_again(rq, &planet, &post, e, d.markdown, d.parent_id);
    TRY(e);
    web_flash(rq, "commented");
    return web_go(rq, place_of(cx, web_post_path(cx, planet.handle, post.slug), c.id));
}

enum err web_post_like(struct rq *rq)
{
    struct planet planet;
    struct post post;
    bool liked;
    TRY(post_in_path(rq, &planet, &post));
    TRY(reaction_toggle(rq->cx, post.id, 0, &liked));
    return web_go(rq, web_next(rq, web_post_path(rq->cx, planet.handle, post.slug)));
}

enum err web_post_close(struct rq *rq)
{
    struct planet planet;
    struct post post;
    TRY(post_in_path(rq, &planet, &post));
    TRY(thread_close(rq->cx, post.id, str_eq_c(rq_form(rq, "close"), "1")));
    return web_go(rq, web_post_path(rq->cx, planet.handle, post.slug));
}

enum err web_post_pin(struct rq *rq)
{
    struct planet planet;
    struct post post;
    TRY(post_in_path(rq, &planet, &post));
    TRY(post_pin(rq->cx, post.id, str_eq_c(rq_form(rq, "pin"), "1")));
    return web_go(rq, web_post_path(rq->cx, planet.handle, post.slug));
}

/* The comment of :id and the page that it stands on. */
static enum err comment_in_path(struct rq *rq, struct comment *c, struct str *ret_place)
{
    struct cx *cx = rq->cx;
    int64_t id;
    struct post post;
    struct planet planet;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(comment_by_id(cx, id, c));
    TRY(post_by_id(cx, c->post_id, &post));
    TRY(planet_by_id(cx, post.planet_id, &planet));
    *ret_place = place_of(cx, web_post_path(cx, planet.handle, post.slug), id);
    return OK;
}

enum err web_comment_like(struct rq *rq)
{
    struct comment c;
    struct str place;
    bool liked;
    TRY(comment_in_path(rq, &c, &place));
    TRY(reaction_toggle(rq->cx, c.post_id, c.id, &liked));
    return web_go(rq, place);
}

enum err web_comment_edit(struct rq *rq)
{
    struct comment c;
    struct str place;
    TRY(comment_in_path(rq, &c, &place));
    TRY(comment_edit(rq->cx, c.id, rq_form(rq, "text"), &c));
    return web_go(rq, place);
}

enum err web_comment_delete(struct rq *rq)
{
    struct comment c;
    struct str place;
    TRY(comment_in_path(rq, &c, &place));
    TRY(comment_delete(rq->cx, c.id));
    web_flash(rq, "deleted");
    return web_go(rq, place);
}

enum err web_comment_hide(struct rq *rq)
{
    struct comment c;
    struct str place;
    TRY(comment_in_path(rq, &c, &place));
    if (str_eq_c(c.state, "shown"))
        TRY(comment_hide(rq->cx, c.id));
    else
        TRY(comment_show(rq->cx, c.id));
    return web_go(rq, place);
}
