#include "web/card_view.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "web/page.h"
#include "web/planet_view.h"

struct str web_when(struct rq *rq, int64_t ms)
{
    return rq->session.account_id != 0 ? i18n_ago(rq->cx, ms) : i18n_date(rq->cx, ms);
}

enum view_mark post_mark(const struct gate *gate, bool open)
{
    if (gate->kind == GATE_PUBLIC)
        return MARK_PUBLIC;
    if (open)
        return MARK_OPEN;
    if (gate->kind == GATE_PRICE)
        return MARK_PRICE;
    return gate->kind == GATE_TIER && gate->rank > 1 ? MARK_TIER : MARK_MEMBERS;
}

enum err post_access_label(struct cx *cx, const struct post *post, struct str *ret)
{
    *ret = STR_NULL;
    switch (post->gate.kind) {
    case GATE_PUBLIC: return OK;
    case GATE_TIER:
        TRY(planet_tier_name(cx, post->planet_id, post->gate.rank, ret));
        if (ret->p != NULL)
            return OK;
        break;
    case GATE_PRICE:
        *ret = post->price_amount == DB_NULL ? str_c(tr(cx, N_("For sale")))
                                             : i18n_money(cx, post->price_amount, post->price_currency);
        return OK;
    case GATE_ANSWER: /* no post */
    case GATE_MEMBERS: break;
    }
    *ret = str_c(tr(cx, N_("Members")));
    return OK;
}

struct str tag_path(struct cx *cx, struct str planet_handle, struct str tag)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 4096);
    buf_lit(&b, "/@");
    buf_put_url(&b, planet_handle);
    buf_lit(&b, "/tag/");
    buf_put_url(&b, tag);
    return buf_str(&b);
}

enum err tag_views(struct cx *cx, struct str planet_handle, struct str tags,
                   const struct view_tag **ret, size_t *ret_n)
{
    struct view_tag *v = ARENA_ARRAY(cx->arena, struct view_tag, POST_TAGS_MAX);
    struct str tag;
    size_t n = 0;
    while (n < POST_TAGS_MAX && str_next(&tags, ' ', &tag))
        if (tag.n > 0)
            v[n++] = (struct view_tag){.name = tag, .url = tag_path(cx, planet_handle, tag)};
    *ret = v;
    *ret_n = n;
    return OK;
}

/* The small variant is at most 640 pixels on its longer side (node/media/media.h). */
static int64_t small_width(int64_t width, int64_t height)
{
    const int64_t side = 640;
    if (width <= side && height <= side)
        return width;
    return width >= height ? side : side * width / height;
}

static void card_pictures(struct cx *cx, const struct post_card *c, struct view_post_card *v)
{
    struct view_picture *p = ARENA_ARRAY(cx->arena, struct view_picture, c->n_pictures + 1);
    for (size_t i = 0; i < c->n_pictures; i++)
        p[i] = (struct view_picture){
            .id = c->pictures[i].id,
            .url = c->pictures[i].url,
            .small_url = c->pictures[i].small_url,
            .alt = c->pictures[i].alt,
            .width = c->pictures[i].width,
            .height = c->pictures[i].height,
            .small_width = small_width(c->pictures[i].width, c->pictures[i].height),
        };
    v->pictures = p;
    v->n_pictures = c->n_pictures;
}

static enum err card_view(struct rq *rq, const struct post_card *c, struct view_post_card *v)
{
    struct cx *cx = rq->cx;
    const struct post *post = &c->post;
    *v = (struct view_post_card){
        .id = post->id,
        .url = c->path,
        .title = post->title,
        .lang = post->lang,
        .author = {.name = c->author_name},
        .when = web_when(rq, post->published_at),
        .when_iso = clock_rfc3339(cx->arena, post->published_at),
        .mark = post_mark(&post->gate, c->open),
        .html = c->html,
        .summary = c->summary,
        .warning = c->warning,
        .cut = c->cut,
        .n_comments = c->n_comments,
        .n_likes = c->n_likes,
        .n_announces = c->n_announces,
        .pinned = post->pinned,
        .liked = c->liked,
        .may_like = rq->session.account_id != 0 && c->open,
    };
    if (post->edited_at != DB_NULL)
        v->edited = web_when(rq, post->edited_at);
    card_pictures(cx, c, v);
    TRY(post_access_label(cx, post, &v->access));
    return tag_views(cx, c->planet_handle, c->tags, &v->tags, &v->n_tags);
}

enum err card_views(struct rq *rq, const struct post_card *cards, size_t n,
                    const struct view_post_card **ret)
{
    struct view_post_card *v = ARENA_ARRAY(rq->cx->arena, struct view_post_card, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(card_view(rq, &cards[i], &v[i]));
    *ret = v;
    return OK;
}
