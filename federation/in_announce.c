#include "federation/receive.h"
#include "node/talk/reaction.h"

/* A boost of a post of ours. What a Group announces of others is not fetched: it concerns us only
 * when its author tells us, too. */
enum err fed_in_announce(struct cx *cx, const struct fed_in *in)
{
    struct fed_target t;
    bool found, burnt;
    TRY(fed_target_find(cx, in->object_id, &found, &t));
    if (!found)
        return OK;
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK;
    return reaction_put_remote(cx, REACTION_ANNOUNCE, t.post_id, t.comment_id, in->actor.id,
                               in->id);
}
