/* What somebody elsewhere did on a planet, out of sight and back again, when a rule about them or
 * their server changes (federation/policy.h says which). Nothing is erased: what is put aside comes
 * back as it was when the rule is lifted, but for what a moderator decided by hand meanwhile.
 *
 *   SEEN    everything as people left it
 *   HELD    shown comments wait for a moderator; likes and boosts are put aside
 *   HIDDEN  comments are hidden, also those that waited; likes and boosts are put aside
 *
 * Counters follow in the same transaction, and pages that show them drop from memory. */
#ifndef NODE_TALK_ASIDE_H
#define NODE_TALK_ASIDE_H

#include "node/talk/reaction.h"

enum aside_place { ASIDE_SEEN, ASIDE_HELD, ASIDE_HIDDEN };

/* Planets where this actor commented, liked or boosted. */
MUST_USE enum err aside_planets(struct cx *cx, int64_t actor_id, int64_t **ret, size_t *ret_n);
/* Idempotent. Opens a transaction. No rights are asked: the rule's verb did. */
MUST_USE enum err aside_place(struct cx *cx, int64_t actor_id, int64_t planet_id,
                              enum aside_place place);
/* A like or boost that comes from where such things are held: kept, not counted, nobody is told.
 * The post and the comment were checked by the caller; idempotent. Opens a transaction. */
MUST_USE enum err aside_reaction(struct cx *cx, enum reaction_kind kind, int64_t post_id,
                                 int64_t comment_id, int64_t actor_id, struct str activity_uri);
/* The actor is gone: what is aside of it goes, too. Inside a transaction. */
MUST_USE enum err aside_forget(struct cx *cx, int64_t actor_id);

/* What is aside, for the export: by id, after_id exclusive. */
struct aside_item {
    int64_t id;
    struct str what; /* "comment", "like", "announce" */
    struct str actor_uri, uri, post_uri, was;
};
MUST_USE enum err aside_list(struct cx *cx, struct str host, int64_t after_id, int64_t n_max,
                             struct aside_item **ret, size_t *ret_n);

#endif
