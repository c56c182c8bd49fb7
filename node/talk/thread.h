/* A thread that is closed (federation.md 7.4): what was said stays, and nobody may add to it but those
 * who look after the planet; people elsewhere neither. Likes, boosts and quotes go on. */
#ifndef NODE_TALK_THREAD_H
#define NODE_TALK_THREAD_H

#include "node/talk/post.h"

MUST_USE enum err thread_is_closed(struct cx *cx, int64_t post_id, bool *ret);
/* By the post's author, or owner, partner and moderator: FORBIDDEN with a sentence else. Written to the
 * audit; other servers hear of it. Opens a transaction. */
MUST_USE enum err thread_close(struct cx *cx, int64_t post_id, bool closed);
/* May the viewer do that? */
MUST_USE enum err thread_may_close(struct cx *cx, const struct post *post, bool *ret);

#endif
