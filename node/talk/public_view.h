/* What anybody may see of a post: the one thing that federation, feeds and previews are handed.
 * The query behind it reads a body only WHERE access = 'public', so a locked one is not there to be
 * sent even by mistake. */
#ifndef NODE_TALK_PUBLIC_VIEW_H
#define NODE_TALK_PUBLIC_VIEW_H

#include "node/cx.h"

/* url and small_url: absolute. */
struct public_media { int64_t id; struct str mime, url, small_url, alt, blurhash; int64_t width, height; };

struct public_post {
    int64_t id, planet_id, author_id;
    struct str object_uri, url;      /* url: the human page, absolute */
    struct str planet_handle, slug;
    struct str title, lang;
    struct str warning;              /* what its author warns of; empty: nothing */
    bool locked;
    struct safe_html html;           /* teaser of a locked post, whole body of a public one; every
                                        address in it absolute */
    struct str summary_text;         /* plain text of it, for cards, at most 200 characters */
    int64_t published_at, edited_at; /* edited_at DB_NULL: never */
    struct str *tags; size_t n_tags;
    struct public_media *media; size_t n_media; /* public pictures only */
    int64_t n_public_comments, n_likes, n_announces; /* public interactions only */
};

/* ERR_NOT_FOUND for drafts; ERR_GONE for deleted posts. */
MUST_USE enum err public_post_by_id(struct cx *cx, int64_t post_id, struct public_post *ret);
MUST_USE enum err public_post_by_object_uri(struct cx *cx, struct str uri, struct public_post *ret);

/* The public pictures of a published post, in their order. */
MUST_USE enum err public_media_list(struct cx *cx, int64_t post_id, struct public_media **ret,
                                    size_t *ret_n);

#endif
