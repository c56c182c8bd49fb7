#include "federation/policy.h"
#include "federation/receive.h"
#include "node/talk/aside.h"

enum err fed_react(struct cx *cx, const struct fed_in *in, enum reaction_kind kind,
                   const struct fed_target *t)
{
    enum fed_stand stand;
    TRY(fed_stand_of(cx, &in->actor, t->post_id, &stand));
    if (stand == FED_STAND_REFUSED)
        return OK;
    if (stand == FED_STAND_HELD)
        return aside_reaction(cx, kind, t->post_id, t->comment_id, in->actor.id, in->id);
    return reaction_put_remote(cx, kind, t->post_id, t->comment_id, in->actor.id, in->id);
}

enum err fed_in_like(struct cx *cx, const struct fed_in *in)
{
    struct fed_target t;
    bool found, burnt;
    TRY(fed_target_find(cx, in->object_id, &found, &t));
    if (!found)
        return OK;
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK;
    return fed_react(cx, in, REACTION_LIKE, &t);
}
