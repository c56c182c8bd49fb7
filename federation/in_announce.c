#include "federation/rates.h"
#include "federation/receive.h"
#include "node/talk/reaction.h"

/* A boost of a post of ours. What a Group passes on of its people is not believed but looked up. */
enum err fed_in_announce(struct cx *cx, const struct fed_in *in)
{
    struct fed_target t;
    bool found, burnt;
    TRY(fed_target_find(cx, in->object_id, &found, &t));
    if (!found)
        return str_eq_c(in->actor.kind, "Group") && json_is_object(in->object) &&
                       fed_rate_climbs(cx, fed_house(in->actor.host))
                   ? fed_look_at(cx, in->object)
                   : OK;
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK;
    return fed_react(cx, in, REACTION_ANNOUNCE, &t);
}
