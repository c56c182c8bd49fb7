#include "web/planet.h"

#include "federation/federation.h"
#include "node/money/question.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/talk/timeline.h"
#include "web/card_view.h"
#include "web/html.h"
#include "web/invited.h"
#include "web/nearby_view.h"
#include "web/page.h"
#include "web/planet_view.h"

enum { PAGE_POSTS = 20, SIDE_TAGS = 24 };

static enum err fill_tags(struct rq *rq, const struct planet *p, struct view_timeline *v)
{
    struct cx *cx = rq->cx;
    struct tag_count *counts;
    size_t n;
    TRY(post_tag_counts(cx, p->id, SIDE_TAGS, &counts, &n));
    struct view_tag *tags = ARENA_ARRAY(cx->arena, struct view_tag, n + 1);
    for (size_t i = 0; i < n; i++)
        tags[i] = (struct view_tag){.name = counts[i].tag,
                                    .url = tag_path(cx, p->handle, counts[i].tag),
                                    .n = counts[i].n};
    v->tags = tags;
    v->n_tags = n;
    return OK;
}

/* A page of the timeline, or of a tag; *ret_next as in post_front_view. */
static enum err page_cards(struct cx *cx, int64_t planet_id, struct str tag, int64_t before,
                           struct post_card **ret, size_t *ret_n, int64_t *ret_next)
{
    if (before == 0 && tag.p == NULL) /* pinned posts stand first, and not again below */
        return post_front_view(cx, planet_id, PAGE_POSTS, ret, ret_n, ret_next);
    TRY(post_timeline_view(cx, planet_id, tag, before, PAGE_POSTS + 1, ret, ret_n));
    *ret_next = 0;
    if (*ret_n > PAGE_POSTS)
        *ret_next = (*ret)[--*ret_n - 1].post.id;
    return OK;
}

static enum err fill_posts(struct rq *rq, const struct planet *p, struct view_timeline *v)
{
    struct cx *cx = rq->cx;
    struct post_card *cards;
    int64_t before = 0, next;
    struct str asked = rq_query(rq, "before");
    if (asked.n > 0 && !web_id(asked, &before))
        return ERR_NOT_FOUND;
    TRY(page_cards(cx, p->id, v->tag, before, &cards, &v->n_posts, &next));
    struct str here = v->tag.p != NULL ? tag_path(cx, p->handle, v->tag)
                                       : web_planet_path(cx, p->handle);
    if (next != 0)
        v->older_url = str_fmt(cx->arena, STR_FMT "?before=%lld", STR_ARG(here), (long long)next);
    v->first_page = before == 0;
    if (!v->first_page)
        v->newest_url = here;
    return card_views(rq, cards, v->n_posts, &v->posts);
}

static enum err fill(struct rq *rq, const struct planet *p, struct view_timeline *v)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page(rq);
    struct view_planet *planet = ARENA_NEW(cx->arena, struct view_planet);
    TRY(planet_view(rq, p, planet));
    web_page_planet(rq, page, p);
    page->may_write = planet->may_write;
    page->description = p->tagline;
    v->page = page;
    v->planet = planet;
    TRY(fill_posts(rq, p, v));
    TRY(fill_tags(rq, p, v));
    struct str path = v->tag.p != NULL ? tag_path(cx, p->handle, v->tag) : planet->url;
    page->canonical_url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin),
                                  STR_ARG(path));
    page->noindex = !v->first_page;
    if (planet->cover.p != NULL)
        page->og_image = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin),
                                 STR_ARG(planet->cover));
    if (v->tag.p == NULL) {
        TRY(fed_planet_uri(cx, p->id, &page->alternate_activity_url));
        rq_add_header(rq, "Link", str_fmt(cx->arena, "<" STR_FMT ">; rel=\"alternate\"; "
                                          "type=\"application/activity+json\"",
                                          STR_ARG(page->alternate_activity_url)));
    } else
        page->title = str_fmt(cx->arena, "#" STR_FMT, STR_ARG(v->tag));
    return OK;
}

static enum err fill_beside(struct rq *rq, const struct planet *p, struct view_timeline *v)
{
    struct answerer *who;
    size_t n;
    TRY(answerer_list(rq->cx, p->id, true, &who, &n));
    if (n > 0)
        v->questions_url = str_fmt(rq->cx->arena, "/@" STR_FMT "/questions", STR_ARG(p->handle));
    return nearby_beside(rq, p, &v->near);
}

enum err web_planet_show(struct rq *rq)
{
    struct planet p;
    struct view_timeline v = {0};
    TRY(web_planet(rq, &p));
    if (rq->repr == REPR_ACTIVITY)
        return fed_actor_reply(rq, p.id);
    struct str invitation = web_invite_path(rq, &p);
    if (invitation.n > 0)
        return web_go(rq, invitation);
    TRY(fill(rq, &p, &v));
    if (v.first_page)
        TRY(fill_beside(rq, &p, &v));
    struct buf out = web_buf();
    html_planet(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}

enum err web_tag_show(struct rq *rq)
{
    struct planet p;
    struct view_timeline v = {.tag = rq_param(rq, "tag")};
    TRY(web_planet(rq, &p));
    if (v.tag.n == 0 || v.tag.n > 200)
        return ERR_NOT_FOUND;
    TRY(fill(rq, &p, &v));
    struct buf out = web_buf();
    html_tag(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}
