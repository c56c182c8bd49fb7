#include "federation/backfill.h"
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/policy.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/base/id.h"
#include "node/people/account.h"

/* A suspended author takes no followers; the instance actor is followed by relays only. */
static enum err may_follow(struct cx *cx, const struct fed_in *in, const struct fed_local *target,
                           bool *ret)
{
    struct account a;
    enum fed_actor_level level;
    bool planet = str_eq_c(target->kind, "planet");
    TRY(fed_actor_blocked(cx, in->actor.id, planet ? target->local_id : 0, &level));
    *ret = planet && level != FED_ACTOR_BLOCKED;
    if (level == FED_ACTOR_BLOCKED)
        return OK;
    if (!str_eq_c(target->kind, "account"))
        return OK;
    TRY(account_by_id(cx, target->local_id, &a));
    *ret = str_eq_c(a.state, "active");
    return OK;
}

enum err fed_in_follow(struct cx *cx, const struct fed_in *in)
{
    struct fed_local target;
    int64_t follow_id, id;
    bool burnt, ok, again = false;
    TRY(fed_local_by_uri(cx, in->object_id, &target));
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK; /* its Undo came first */
    TRY(may_follow(cx, in, &target, &ok));
    TX_SCOPE(cx);
    if (ok) {
        TRY(q_follow_find(cx, in->actor.id, target.id, &again, &id));
        TRY(q_follow_put(cx, id_next(cx->node->ids), in->actor.id, target.id, in->id, cx->now,
                         &follow_id));
        TRY(event_emit(cx, EV_FOLLOW_RECEIVED, follow_id, STR_NULL));
    }
    TRY(fed_answer_follow(cx, &target, &in->actor, in->id, ok));
    if (ok && !again)
        TRY(fed_backfill_put(cx, follow_id, in->actor.host, target.id));
    return tx_commit(cx);
}

/* They want to hear no more of us. That they block is theirs to know. */
enum err fed_in_block(struct cx *cx, const struct fed_in *in)
{
    struct fed_local target;
    TRY(fed_local_by_uri(cx, in->object_id, &target));
    TX_SCOPE(cx);
    TRY(q_follow_remove(cx, in->actor.id, target.id, NULL));
    TRY(event_emit(cx, EV_FOLLOW_ENDED, target.id, STR_NULL));
    return tx_commit(cx);
}
