#include "federation/admit.h"
#include "federation/backfill.h"
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/followers.h"
#include "federation/followers_sql.h"
#include "federation/out.h"
#include "federation/policy.h"
#include "federation/move.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/people/account.h"
#include "node/people/identity.h"
#include "node/people/notice.h"
#include "node/planet/planet.h"

/* A suspended author takes no followers, nor does who only answers; the instance actor is followed by
 * relays only. */
static enum err may_follow(struct cx *cx, const struct fed_in *in, const struct fed_local *target,
                           bool *ret)
{
    struct account a;
    struct fed_moved to;
    enum fed_actor_level level;
    bool planet = str_eq_c(target->kind, "planet"), moved = false;
    if (planet)
        TRY(fed_moved_of(cx, target->local_id, &moved, &to));
    TRY(fed_actor_blocked(cx, in->actor.id, planet ? target->local_id : 0, &level));
    *ret = planet && !moved && level != FED_ACTOR_BLOCKED;
    if (level == FED_ACTOR_BLOCKED)
        return OK;
    if (!str_eq_c(target->kind, "account"))
        return OK;
    TRY(account_by_id(cx, target->local_id, &a));
    *ret = false;
    return str_eq_c(a.state, "active") ? fed_is_author(cx, a.id, ret) : OK;
}

/* Those who look after the planet: somebody follows it, or asks to. */
static enum err tell(struct cx *cx, int64_t planet_id, const struct fed_actor *who, const char *kind)
{
    struct role_holder *all;
    size_t n;
    TRY(role_list(cx, planet_id, &all, &n));
    for (size_t i = 0; i < n; i++)
        if (all[i].role == ROLE_OWNER || all[i].role == ROLE_PARTNER)
            TRY(notice_put(cx, all[i].account_id, kind, DB_NULL, DB_NULL,
                           str_empty(who->name) ? who->username : who->name,
                           who->url.p == NULL ? who->uri : who->url));
    return OK;
}

/* It waits for a decision; their server goes on asking, and gets no answer until then (1.8). */
static enum err rest(struct cx *cx, const struct fed_in *in, const struct fed_local *target, bool known,
                     bool quiet)
{
    int64_t id;
    TRY(q_follow_rest(cx, id_next(cx->node->ids), in->actor.id, target->id, in->id, cx->now, &id));
    return known || quiet ? OK : tell(cx, target->local_id, &in->actor, "follow_request");
}

static enum err accept(struct cx *cx, const struct fed_in *in, const struct fed_local *target, bool again,
                       bool quiet)
{
    int64_t id;
    TRY(q_follow_put(cx, id_next(cx->node->ids), in->actor.id, target->id, in->id, cx->now, &id));
    TRY(event_emit(cx, EV_FOLLOW_RECEIVED, id, STR_NULL));
    TRY(fed_answer_follow(cx, target, &in->actor, in->id, true));
    if (again)
        return OK;
    if (str_eq_c(target->kind, "planet")) {
        TRY(fed_follow_count(cx, target->id, 1));
        if (!quiet)
            TRY(tell(cx, target->local_id, &in->actor, "follow"));
    }
    return fed_backfill_put(cx, id, in->actor.host, target->id);
}

enum err fed_in_follow(struct cx *cx, const struct fed_in *in)
{
    struct fed_local target;
    struct follow_state_of_row was;
    struct fed_admission how = {0};
    bool burnt, ok, known, again;
    TRY(fed_local_by_uri(cx, in->object_id, &target));
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK; /* its Undo came first */
    TRY(may_follow(cx, in, &target, &ok));
    TX_SCOPE(cx);
    if (ok && str_eq_c(target.kind, "planet"))
        TRY(fed_admit_follow(cx, target.local_id, &in->actor, &how));
    TRY(q_follow_state_of(cx, in->actor.id, target.id, &known, &was));
    again = known && str_eq_c(was.state, "accepted");
    if (!ok || how.refused)
        TRY(fed_answer_follow(cx, &target, &in->actor, in->id, false));
    else if (!how.held || again)
        TRY(accept(cx, in, &target, again, how.quiet));
    else
        TRY(rest(cx, in, &target, known, how.quiet));
    return tx_commit(cx);
}

/* They want to hear no more of us. That they block is theirs to know. */
enum err fed_in_block(struct cx *cx, const struct fed_in *in)
{
    struct fed_local target;
    bool burnt;
    TRY(fed_local_by_uri(cx, in->object_id, &target));
    TRY(fed_is_burnt(cx, in->id, &burnt));
    if (burnt)
        return OK; /* taken back before it came: the follow that followed it stands */
    TX_SCOPE(cx);
    TRY(fed_follow_gone(cx, in->actor.id, target.id));
    TRY(identity_stop(cx, in->actor.id, str_eq_c(target.kind, "planet") ? target.local_id : 0, NULL));
    return tx_commit(cx);
}
