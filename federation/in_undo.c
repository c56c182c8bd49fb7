#include "federation/fed.h"
#include "federation/followers.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/event.h"
#include "node/talk/reaction.h"

/* By (actor, type, object) when the inner activity is there in full, and by its id. Only the
 * signer's own things are looked for, so another's stay. An id that is not known yet is burnt:
 * what it names may come late. */
static enum err undo_follow(struct cx *cx, const struct fed_in *in)
{
    struct fed_local target;
    enum err e = fed_local_by_uri(cx, ld_id_at(in->object, "object"), &target);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    return fed_follow_gone(cx, in->actor.id, target.id);
}

static enum err undo_reaction(struct cx *cx, const struct fed_in *in, enum reaction_kind kind)
{
    struct fed_target t;
    bool found;
    TRY(fed_target_find(cx, ld_id_at(in->object, "object"), &found, &t));
    if (!found)
        return OK;
    struct reaction_emoji r;
    bool emoji = kind == REACTION_LIKE && fed_emoji_in(cx, in->object, &r);
    if (emoji)
        TRY(reaction_emoji_remove(cx, t.post_id, t.comment_id, in->actor.id, r.emoji));
    if (emoji && ld_type_is(in->object, "EmojiReact"))
        return OK;
    return reaction_remove_remote(cx, kind, t.post_id, t.comment_id, in->actor.id);
}

enum err fed_in_undo(struct cx *cx, const struct fed_in *in)
{
    struct str inner_actor = ld_id_at(in->object, "actor");
    bool found;
    int64_t target_id;
    if (json_is_object(in->object) && inner_actor.p != NULL && !str_eq(inner_actor, in->actor.uri))
        return cx_fail(cx, ERR_FORBIDDEN, "undoing what somebody else did");
    TX_SCOPE(cx);
    if (ld_type_is(in->object, "Follow"))
        TRY(undo_follow(cx, in));
    else if (ld_type_is(in->object, "Like") || ld_type_is(in->object, "EmojiReact"))
        TRY(undo_reaction(cx, in, REACTION_LIKE));
    else if (ld_type_is(in->object, "Announce"))
        TRY(undo_reaction(cx, in, REACTION_ANNOUNCE));
    if (!str_empty(in->object_id)) {
        TRY(q_follow_by_uri(cx, in->actor.id, in->object_id, &found, &target_id));
        if (found)
            TRY(fed_follow_gone(cx, in->actor.id, target_id));
        TRY(reaction_remove_by_uri(cx, in->object_id, in->actor.id, &found));
        TRY(reaction_emoji_remove_by_uri(cx, in->object_id, in->actor.id));
        TRY(fed_burn(cx, in, in->object_id, ld_type(in->object)));
    }
    return tx_commit(cx);
}
