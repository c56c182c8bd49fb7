/* Lists of posts as pages show them: everything of a row in one query, rights of the whole page in
 * one more. No body is read. */
#ifndef NODE_TALK_TIMELINE_H
#define NODE_TALK_TIMELINE_H

#include "node/talk/post.h"
#include "node/talk/public_view.h"

enum { TIMELINE_MAX = 100 };

struct post_card {
    struct post post;                /* teaser_html, but no counts: take those below */
    struct str planet_handle, planet_name;
    struct str author_name, author_username, author_avatar_url; /* url STR_NULL: none */
    struct str path;                 /* "/@<planet>/<slug>" */
    struct str display_title;        /* the title; of notes the first words of what is public */
    struct str summary;              /* plain text of the public face, at most 200 characters */
    struct str tags;                 /* parted by a space, without '#' */
    struct safe_html html;           /* whole text of short public notes, else the teaser, else "" */
    bool cut;                        /* there is more behind the link */
    const struct public_media *pictures; size_t n_pictures; /* public ones; URLs absolute */
    bool open;                       /* the viewer may read it whole */
    struct str warning;              /* what its author warns of; NULL: nothing */
    bool liked;                      /* by the viewer */
    int64_t n_comments, n_likes, n_announces; /* as this viewer may know them */
};

/* Newest first by (published_at, id); before_id 0: from the newest. planet_id 0: of all planets.
 * tag STR_NULL: any. limit at most TIMELINE_MAX. */
MUST_USE enum err post_timeline_view(struct cx *cx, int64_t planet_id, struct str tag,
                                     int64_t before_id, int limit, struct post_card **ret,
                                     size_t *ret_n);
/* A planet's front: the pinned ones, then those of the newest limit that are not pinned. ret_next: the
 * post behind which the next page begins, 0 when this is all. */
MUST_USE enum err post_front_view(struct cx *cx, int64_t planet_id, int limit,
                                  struct post_card **ret, size_t *ret_n, int64_t *ret_next);
/* Of one author, on all planets. */
MUST_USE enum err post_author_view(struct cx *cx, int64_t author_id, int64_t before_id, int limit,
                                   struct post_card **ret, size_t *ret_n);
MUST_USE enum err post_timeline_all(struct cx *cx, int64_t before_id, int limit, struct post **ret,
                                    size_t *ret_n);
/* Published posts of a planet. */
MUST_USE enum err post_count(struct cx *cx, int64_t planet_id, int64_t *ret);
/* The planet's most used tags. */
struct tag_count { struct str tag; int64_t n; };
MUST_USE enum err post_tag_counts(struct cx *cx, int64_t planet_id, int limit, struct tag_count **ret,
                                  size_t *ret_n);

#endif
