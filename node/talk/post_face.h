/* Inside node/talk: the public face of a post and the ActivityPub id that it goes by.
 *
 * An id stands for one public face from its publishing to its end. When the face has to go (deleted,
 * unpublished, made members-only) the id is burnt for good: it answers 410 from
 * then on, and a later publishing mints another. All inside a transaction. */
#ifndef NODE_TALK_POST_FACE_H
#define NODE_TALK_POST_FACE_H

#include "node/talk/post.h"

/* Everything that others can see of it, as one string to compare; STR_NULL of a draft. */
MUST_USE enum err post_face(struct cx *cx, int64_t post_id, struct str *ret);
/* New id, state published, EV_POST_PUBLISHED. */
MUST_USE enum err post_face_mint(struct cx *cx, int64_t post_id);
/* Tombstone and EV_POST_DELETED with the id as data. */
MUST_USE enum err post_face_burn(struct cx *cx, int64_t post_id, struct str object_uri);
/* After a change of a published post: what it means to others. */
MUST_USE enum err post_face_changed(struct cx *cx, const struct post *before, struct str face_before);

#endif
