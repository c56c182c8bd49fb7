/* One person elsewhere, blocked or muted: by a planet (its owner, partners and moderators) or by the
 * whole node (planet 0; its owner).
 *
 *   mute   what they do is shown, and nobody is told
 *   block  their follow of the planet (of the node: every follow) ends, and their server is told
 *          (Reject); what they wrote, liked and boosted there goes out of sight, and more of it is
 *          refused. Lifting brings back what they wrote and liked, not the follow.
 *
 * FORBIDDEN with a sentence for all others. */
#ifndef FEDERATION_ACTOR_RULES_H
#define FEDERATION_ACTOR_RULES_H

#include "federation/policy.h"

enum { ACTOR_NOTE_MAX = 500 };

struct fed_actor_rule {
    int64_t actor_id;
    enum fed_actor_level level; /* FED_ACTOR_MUTED or FED_ACTOR_BLOCKED */
    struct str handle;          /* "@ann@far.example" */
    struct str name, uri, url, note;
    int64_t created_at;
};
const char *fed_actor_level_word(enum fed_actor_level level); /* "open", "mute", "block" */

/* By actor id, after_id exclusive. */
MUST_USE enum err fed_actor_rule_list(struct cx *cx, int64_t planet_id, int64_t after_id,
                                      int64_t n_max, struct fed_actor_rule **ret, size_t *ret_n);
/* Somebody whom this node has met: "@ann@far.example" or their address. NOT_FOUND with a sentence. */
MUST_USE enum err fed_actor_find(struct cx *cx, struct str typed, int64_t *ret_id);
/* FED_ACTOR_OPEN lifts it. In place of what was said before. Opens a transaction; writes to the
 * audit. */
MUST_USE enum err fed_actor_rule_set(struct cx *cx, int64_t planet_id, int64_t actor_id,
                                     enum fed_actor_level level, struct str note);

#endif
