/* An actor elsewhere says that it has moved (federation.md 8.1). Its followers are not ours to move;
 * when it follows us, it will follow from its new place, and its old follow stands until its server
 * ends it. What is kept is where it went, for whoever linked it to an account here, who is asked. */
#include "federation/fed.h"
#include "federation/move_sql.h"
#include "federation/policy.h"
#include "federation/receive.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/event.h"

#define AGAIN_AFTER (7 * MS_DAY)

/* To one of ours: somebody brings their audience, and we were told before their followers come. */
static enum err moved_here(struct cx *cx, const struct fed_in *in, struct str target)
{
    struct fed_local l;
    enum err e = fed_local_by_uri(cx, target, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    return q_alias_moved(cx, l.id, in->actor.uri, cx->now, NULL);
}

static enum err check_before(struct cx *cx, const struct fed_in *in, struct str target,
                             bool *ret_nothing)
{
    struct actor_moved_row was;
    struct fed_policy policy;
    int64_t n;
    *ret_nothing = false;
    TRY(q_actor_moved(cx, in->actor.id, &was));
    if (was.moved_at != DB_NULL && cx->now - was.moved_at < AGAIN_AFTER) {
        *ret_nothing = str_eq(was.moved_to, target);
        return *ret_nothing ? OK : cx_fail(cx, ERR_FORBIDDEN, "moved a moment ago");
    }
    TRY(q_actor_concerns(cx, in->actor.id, &n));
    *ret_nothing = n == 0;
    TRY(fed_policy_of_url(cx, target, &policy));
    return policy.level == FED_SUSPENDED ? cx_fail(cx, ERR_FORBIDDEN, "moved to a blocked server")
                                         : OK;
}

/* Both ends as their servers show them now. An old actor that is gone, or whose server is silent
 * about it, has said so itself by its signature; one that names another place has not. */
static enum err check_ends(struct cx *cx, const struct fed_in *in, struct str target,
                           struct fed_doc *ret)
{
    json_t *there, *here;
    TRY(fed_object_get(cx, target, &there));
    if (fed_doc_read(cx->arena, there, ret) != OK || !str_eq(ret->uri, target))
        return cx_fail(cx, ERR_FORBIDDEN, "moved to what is no actor");
    if (!fed_doc_lists(there, "alsoKnownAs", in->actor.uri))
        return cx_fail(cx, ERR_FORBIDDEN, "the new actor does not name the old one");
    enum err e = fed_object_get(cx, in->actor.uri, &here);
    if (e == ERR_GONE || e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    struct str to = ld_id_at(here, "movedTo");
    return str_empty(to) || str_eq(to, target)
               ? OK
               : cx_fail(cx, ERR_FORBIDDEN, "the old actor names another place");
}

enum err fed_in_move(struct cx *cx, const struct fed_in *in)
{
    struct str target = ld_id_at(in->doc, "target");
    enum fed_actor_level level;
    struct fed_doc doc;
    bool nothing;
    int64_t id;
    if (!str_eq(in->object_id, in->actor.uri))
        return cx_fail(cx, ERR_FORBIDDEN, "moving somebody else");
    if (str_empty(target) || str_eq(target, in->actor.uri))
        return cx_fail(cx, ERR_INVALID, "moved to nowhere");
    if (str_starts(target, cx->node->origin))
        return moved_here(cx, in, target);
    TRY(check_before(cx, in, target, &nothing));
    if (nothing)
        return OK;
    TRY(check_ends(cx, in, target, &doc));
    TRY(fed_actor_store(cx, &doc, &id));
    TRY(fed_actor_blocked(cx, id, 0, &level));
    if (level == FED_ACTOR_BLOCKED)
        return cx_fail(cx, ERR_FORBIDDEN, "moved to somebody who is blocked");
    TX_SCOPE(cx);
    TRY(q_actor_set_moved(cx, in->actor.id, target, cx->now, NULL));
    TRY(event_emit(cx, EV_ACTOR_MOVED, in->actor.id, target));
    return tx_commit(cx);
}
