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
    struct str summary;              /* plain text of the public face, at most 200 characters */
    struct str tags;                 /* parted by a space, as written */
    int64_t n_comments, n_likes, n_announces;  /* for who has it open */
    int64_t n_public_comments, n_remote_likes; /* what everybody may know of a locked post */
    int64_t created_at, published_at, edited_at; /* DB_NULL when not */
    int64_t face_at;                 /* when the public face last changed; DB_NULL: never since */
};
enum { POST_TITLE_MAX = 200, POST_TEASER_MAX = 5000, POST_BODY_MAX = 1 << 20, POST_TAGS_MAX = 10,
       POST_PINS_MAX = 20, POST_WARNING_MAX = 200 };

/* What an author hands in, from the browser form, the API or the command line. */
struct post_draft {
    int64_t id;                      /* 0: a new one */
    int64_t fresh_id;                /* of a new one: the id that its form was given (post_fresh_id), so
                                        that a form sent twice makes one post; 0: none */
    int64_t version;                 /* as last seen; differs from the store's → ERR_CONFLICT */
    int64_t planet_id;
    struct str title, body, teaser, lang, slug;  /* slug STR_NULL: made of the title */
    enum gate_kind access; int64_t tier_rank;
    int64_t price_amount; struct str price_currency;
    bool not_in_trial;
    struct str warning;              /* what readers are warned of, one line; empty: nothing */
    bool teaser_confirmed;           /* asked when a published public post becomes a locked one */
    const struct str *tags; size_t n_tags;
    const int64_t *body_media; size_t n_body_media;
    const int64_t *teaser_media; size_t n_teaser_media; /* explicitly ticked public */
};

/* An existing post as a draft that, saved, would change nothing; for editors. Rights as for editing. */
MUST_USE enum err post_draft_of(struct cx *cx, const struct post *post, struct post_draft *ret);

/* For the form of a new post. */
int64_t post_fresh_id(struct cx *cx);
MUST_USE enum err post_by_id(struct cx *cx, int64_t id, struct post *ret);
MUST_USE enum err post_by_slug(struct cx *cx, int64_t planet_id, struct str slug, struct post *ret);
/* Both give deleted posts as ERR_GONE, and drafts to anybody: ask access_decide (WHY_DRAFT).
 *
 * Save as draft, or change a published post (then an Update goes out if the public face changed).
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
/* What its author warns of, for everybody; empty: nothing. */
MUST_USE enum err post_warning(struct cx *cx, int64_t post_id, struct str *ret);
MUST_USE enum err post_tags(struct cx *cx, int64_t post_id, struct str **ret, size_t *ret_n);
/* May this viewer write posts here (owner, partner, guest)? OK, or the refusal. */
MUST_USE enum err post_may_author(struct cx *cx, int64_t planet_id);
/* May this viewer change this one (its author, owner, partner)? */
MUST_USE enum err post_may_edit(struct cx *cx, const struct post *post);
/* Owner and partners; POST_PINS_MAX at once (CONFLICT), since other servers read no more. */
MUST_USE enum err post_pin(struct cx *cx, int64_t post_id, bool pinned);
/* "/@<planet>/<slug>", the human page. */
struct str post_path(struct cx *cx, struct str planet_handle, struct str slug);

/* The teaser that we would suggest for this body: what stands above a line "<!--more-->" , else the
 * title alone. Only ever shown to the author for confirmation. */
struct str post_suggest_teaser(struct cx *cx, struct str body_markdown);

#endif
