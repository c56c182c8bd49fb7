/* Posts (主题): verbs and states. struct post has no body; see post_body.h for that. */
#ifndef NODE_TALK_POST_H
#define NODE_TALK_POST_H

#include "node/planet/access.h"

struct post {
    int64_t id, planet_id, author_id;
    struct str slug, title, lang, kind, state; /* kind: note|article, state: draft|published|deleted */
    struct gate gate;
    struct str teaser;               /* Markdown */
    struct safe_html teaser_html;
    int64_t price_amount; struct str price_currency;
    bool pinned;
    int64_t version;
    struct str object_uri;           /* STR_NULL for drafts */
    int64_t n_comments, n_likes, n_announces;
    int64_t created_at, published_at, edited_at; /* DB_NULL when not */
};

/* What an author hands in, from the browser form, the API or the command line. */
struct post_draft {
    int64_t id;                      /* 0: a new one */
    int64_t version;                 /* as last seen; differs from the store's → ERR_CONFLICT */
    int64_t planet_id;
    struct str title, body, teaser, lang, slug;  /* slug STR_NULL: made of the title */
    enum gate_kind access; int64_t tier_rank;
    int64_t price_amount; struct str price_currency;
    bool not_in_trial;
    const struct str *tags; size_t n_tags;
    const int64_t *body_media; size_t n_body_media;
    const int64_t *teaser_media; size_t n_teaser_media; /* explicitly ticked public */
};

MUST_USE enum err post_by_id(struct cx *cx, int64_t id, struct post *ret);
MUST_USE enum err post_by_slug(struct cx *cx, int64_t planet_id, struct str slug, struct post *ret);
/* Save as draft, or change a published post (then an Update goes out if the public face changed).
 * Fails INVALID, FORBIDDEN (not an author here), CONFLICT (edited elsewhere meanwhile; slug taken). */
MUST_USE enum err post_save(struct cx *cx, const struct post_draft *draft, struct post *ret);
/* Publish a draft. A locked post needs teaser_confirmed: the author has seen its public face (9.3). */
MUST_USE enum err post_publish(struct cx *cx, int64_t post_id, bool teaser_confirmed, struct post *ret);
MUST_USE enum err post_unpublish(struct cx *cx, int64_t post_id); /* back to draft; its object id is burnt */
MUST_USE enum err post_delete(struct cx *cx, int64_t post_id);
/* Newest first, keyset: before_id 0 = from the newest. tag STR_NULL = any. Published only. */
MUST_USE enum err post_timeline(struct cx *cx, int64_t planet_id, struct str tag, int64_t before_id,
                                int limit, struct post **ret, size_t *ret_n);
MUST_USE enum err post_drafts(struct cx *cx, int64_t planet_id, struct post **ret, size_t *ret_n);
MUST_USE enum err post_tags(struct cx *cx, int64_t post_id, struct str **ret, size_t *ret_n);
/* May this viewer write posts here (owner, partner, guest)? */
MUST_USE enum err post_may_author(struct cx *cx, int64_t planet_id);

/* The teaser that we would suggest for this body: what stands above a line "<!--more-->" , else the
 * title alone. Only ever shown to the author for confirmation. */
struct str post_suggest_teaser(struct cx *cx, struct str body_markdown);

#endif
