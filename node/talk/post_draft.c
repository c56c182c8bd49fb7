#include "node/base/id.h"
#include "node/node.h"
#include "node/talk/attachment.h"
#include "node/talk/post.h"
#include "node/talk/post_body.h"

static enum err load_media(struct cx *cx, const struct post *post, struct post_draft *d)
{
    struct access_pass pass;
    struct attachment *all;
    size_t n;
    TRY(access_decide(cx, &post->gate, &pass));
    TRY(attachment_list(cx, post, &pass, &all, &n));
    int64_t *body = ARENA_ARRAY(cx->arena, int64_t, n), *teaser = ARENA_ARRAY(cx->arena, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        if (all[i].in_teaser)
            teaser[d->n_teaser_media++] = all[i].media.id;
        else
            body[d->n_body_media++] = all[i].media.id;
    }
    d->body_media = body;
    d->teaser_media = teaser;
    return OK;
}

enum err post_draft_of(struct cx *cx, const struct post *post, struct post_draft *ret)
{
    struct str *tags;
    struct post_draft d = {
        .id = post->id,
        .version = post->version,
        .planet_id = post->planet_id,
        .title = post->title,
        .teaser = post->teaser,
        .lang = post->lang,
        .slug = post->slug,
        .access = post->gate.kind,
        .tier_rank = post->gate.rank,
        .price_amount = post->price_amount,
        .price_currency = post->price_currency,
        .not_in_trial = post->gate.not_in_trial,
    };
    TRY(post_body_source(cx, post, &d.body));
    TRY(post_warning(cx, post->id, &d.warning));
    TRY(post_tags(cx, post->id, &tags, &d.n_tags));
    d.tags = tags;
    TRY(load_media(cx, post, &d));
    *ret = d;
    return OK;
}

int64_t post_fresh_id(struct cx *cx)
{
    return id_next(cx->node->ids);
}
