/* Likes and boosts, by members here and by people elsewhere, of a post or of a comment.
 * Counters of the thing are kept in the same transaction; each change emits EV_REACTION_CHANGED. */
#ifndef NODE_TALK_REACTION_H
#define NODE_TALK_REACTION_H

#include "node/talk/post.h"

enum reaction_kind { REACTION_LIKE, REACTION_ANNOUNCE };

/* The viewer likes it, or takes it back. comment_id 0: the post itself. Fails UNAUTHENTICATED,
 * NOT_FOUND (also: not for this viewer to see), FORBIDDEN (banned). */
MUST_USE enum err reaction_toggle(struct cx *cx, int64_t post_id, int64_t comment_id, bool *ret_liked);
/* Does the viewer like this post? Visitors: false. */
MUST_USE enum err reaction_mine(struct cx *cx, int64_t post_id, bool *ret_liked);

/* From other servers. Idempotent: the second of a kind by one actor changes nothing. A comment must
 * be a public one of that post. */
MUST_USE enum err reaction_put_remote(struct cx *cx, enum reaction_kind kind, int64_t post_id,
                                      int64_t comment_id, int64_t actor_id, struct str activity_uri);
/* Taking back what isn't there is OK. */
MUST_USE enum err reaction_remove_remote(struct cx *cx, enum reaction_kind kind, int64_t post_id,
                                         int64_t comment_id, int64_t actor_id);
/* Undo by the activity's own id; only by the actor that did it (else nothing is removed). */
MUST_USE enum err reaction_remove_by_uri(struct cx *cx, struct str activity_uri, int64_t actor_id,
                                         bool *ret_found);

/* Who liked or announced it from elsewhere, newest first. */
struct reaction_by {
    enum reaction_kind kind;
    struct str name, username, host, url, icon_url;
    int64_t created_at;
};
MUST_USE enum err reaction_list_remote(struct cx *cx, int64_t post_id, int limit,
                                       struct reaction_by **ret, size_t *ret_n);

/* Reactions by an emoji, beside the likes: a character, or :name: with the address of its picture.
 * Idempotent; at most REACTION_EMOJI_MAX of an actor on one thing, the rest is forgotten. aside: kept
 * out of sight. Fails as reaction_put_remote does; INVALID: no emoji. */
enum { REACTION_EMOJI_MAX = 10, REACTION_GROUPS_MAX = 300 };
struct reaction_emoji {
    int64_t post_id, comment_id, actor_id;
    struct str emoji, icon_url, activity_uri; /* icon_url STR_NULL: a character */
    bool aside;
};
MUST_USE enum err reaction_emoji_put(struct cx *cx, const struct reaction_emoji *r);
/* emoji STR_NULL: all of this actor on it. */
MUST_USE enum err reaction_emoji_remove(struct cx *cx, int64_t post_id, int64_t comment_id,
                                        int64_t actor_id, struct str emoji);
MUST_USE enum err reaction_emoji_remove_by_uri(struct cx *cx, struct str activity_uri,
                                               int64_t actor_id);
/* Those of a post and of what stands under it, the most first. host: of one who uses it. */
struct reaction_group {
    int64_t comment_id, n;           /* comment_id 0: of the post */
    struct str emoji, icon_url, host;
};
MUST_USE enum err reaction_groups(struct cx *cx, int64_t post_id, struct reaction_group **ret,
                                  size_t *ret_n);

#endif
