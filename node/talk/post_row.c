#include "node/talk/post_row.h"

#include "node/db/db.h"
#include "node/media/media_html.h"
#include "node/talk/post_sql.h"

enum gate_kind gate_kind_of(struct str access)
{
    if (str_eq(access, STR("public")))
        return GATE_PUBLIC;
    if (str_eq(access, STR("members")))
        return GATE_MEMBERS;
    if (str_eq(access, STR("price")))
        return GATE_PRICE;
    return GATE_TIER; /* also what we don't know: it stays shut */
}

struct str gate_kind_name(enum gate_kind kind)
{
    switch (kind) {
    case GATE_PUBLIC: return STR("public");
    case GATE_MEMBERS: return STR("members");
    case GATE_TIER: return STR("tier");
    case GATE_PRICE: return STR("price");
    case GATE_ANSWER: break; /* no post */
    }
    return STR("tier");
}

void post_fill_gate(struct post *p, enum gate_kind kind, int64_t rank, bool not_in_trial)
{
    p->gate = (struct gate){
        .post_id = p->id,
        .planet_id = p->planet_id,
        .author_id = p->author_id,
        .kind = kind,
        .rank = rank,
        .not_in_trial = not_in_trial,
        /* published_at outlives an unpublishing, so that coming back keeps the date */
        .published_at = str_eq(p->state, STR("published")) ? p->published_at : DB_NULL,
    };
}

enum err post_no_price(struct cx *cx)
{
    return cx_tell(cx, ERR_INVALID, N_("Say what the post costs, as in CNY 100."));
}

enum err post_of_row(struct cx *cx, const struct post_row *r, struct post *ret)
{
    *ret = (struct post){
        .id = r->id,
        .planet_id = r->planet_id,
        .author_id = r->author_id,
        .slug = r->slug,
        .title = r->title,
        .lang = r->lang,
        .kind = r->kind,
        .state = r->state,
        .teaser = r->teaser,
        .teaser_html = {r->teaser_html},
        .price_amount = r->price_amount,
        .price_currency = r->price_currency,
        .pinned = r->pinned != 0,
        .version = r->version,
        .object_uri = r->object_uri,
        .summary = r->summary,
        .tags = r->tags,
        .n_comments = r->n_comments,
        .n_likes = r->n_likes,
        .n_announces = r->n_announces,
        .n_public_comments = r->n_public_comments,
        .n_remote_likes = r->n_remote_likes,
        .created_at = r->created_at,
        .published_at = r->published_at,
        .edited_at = r->edited_at,
        .face_at = r->face_at,
    };
    post_fill_gate(ret, gate_kind_of(r->access), r->tier_rank, r->not_in_trial != 0);
    return media_expand(cx, ret->teaser_html, &ret->teaser_html);
}

enum err post_of_rows(struct cx *cx, const struct post_row *rows, size_t n, struct post **ret)
{
    *ret = ARENA_ARRAY(cx->arena, struct post, n);
    for (size_t i = 0; i < n; i++)
        TRY(post_of_row(cx, &rows[i], &(*ret)[i]));
    return OK;
}
