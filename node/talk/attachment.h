/* Pictures and files of posts: which go with a post, and who may open them
 * (attachment_may_open is declared in node/media/media.h). */
#ifndef NODE_TALK_ATTACHMENT_H
#define NODE_TALK_ATTACHMENT_H

#include "node/media/media.h"
#include "node/talk/post.h"

struct attachment {
    struct media media;
    bool in_teaser;                  /* shown to everybody */
    bool may_open;                   /* false: a file that this pass only lists (a trial) */
};

/* Those of a post that this pass opens, in their order: all with a full pass of this very post, else
 * the teaser's. The pass may be NULL: the teaser's. */
MUST_USE enum err attachment_list(struct cx *cx, const struct post *post,
                                  const struct access_pass *pass, struct attachment **ret,
                                  size_t *ret_n);
/* May the viewer show this medium in a post of this planet? What they brought themselves, what stands
 * in that post already (post_id 0: a new one), and for owner and partners what belongs to the planet.
 * Not more, or a guest could open another author's locked file by showing it in a public post. */
MUST_USE enum err attachment_may_show(struct cx *cx, int64_t planet_id, int64_t post_id,
                                      int64_t media_id, bool *ret);
/* Inside a transaction: replace a post's attachments by these; attachment_may_show for each, else
 * ERR_INVALID. One in both lists counts as the teaser's. */
MUST_USE enum err attachment_set(struct cx *cx, const struct post *post, const int64_t *body,
                                 size_t n_body, const int64_t *teaser, size_t n_teaser);
/* Inside a transaction: is_public of all media of this post anew, from everything that shows them. */
MUST_USE enum err attachment_refresh(struct cx *cx, int64_t post_id);
/* Appends the ids of "media:ID" and "/media/ID/" in Markdown to ids (n are there, room for max), each
 * once; returns how many there are then. */
size_t attachment_scan(struct str markdown, int64_t *ids, size_t n, size_t max);

#endif
