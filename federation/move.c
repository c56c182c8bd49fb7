#include "federation/move.h"

#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/keys.h"
#include "federation/move_sql.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

#include <string.h>

#define REST (FED_MOVE_REST_DAYS * MS_DAY)

/* ---- rights -------------------------------------------------------------------------------- */

static enum err is_node_owner(struct cx *cx, bool *ret)
{
    struct account a;
    *ret = cx->viewer == 0;
    if (*ret)
        return OK;
    TRY(account_by_id(cx, cx->viewer, &a));
    *ret = a.is_owner && str_eq_c(a.state, "active");
    return OK;
}

static enum err may_set_alias(struct cx *cx, const char *kind, int64_t local_id)
{
    bool owner;
    TRY(is_node_owner(cx, &owner));
    if (owner || (strcmp(kind, "account") == 0 && cx->viewer == local_id))
        return OK;
    if (strcmp(kind, "planet") == 0)
        return planet_may_manage(cx, local_id);
    return cx_tell(cx, ERR_FORBIDDEN, N_("Each author sets their own aliases."));
}

static enum err may_move(struct cx *cx, int64_t planet_id)
{
    bool owner;
    TRY(is_node_owner(cx, &owner));
    return owner ? OK : planet_may_own(cx, planet_id);
}

/* ---- wishes -------------------------------------------------------------------------------- */

static enum err check_target(struct cx *cx, struct str target)
{
    struct str user, host;
    struct url u;
    if (fed_handle_parse(cx->arena, target, &user, &host) || url_parse(cx->arena, target, &u) == OK)
        return OK;
    return cx_tell(cx, ERR_INVALID, N_("Write the account as @name@its.server, or its address."));
}

static enum err wish(struct cx *cx, const struct fed_local *l, const char *kind, struct str target,
                     int64_t *ret_id)
{
    int64_t id = id_next(cx->node->ids);
    TRY(q_wish_put(cx, id, l->id, str_c(kind), target, cx->viewer, cx->now, NULL));
    TRY(job_put(cx, "fed.wish", id, STR_NULL, STR_NULL, 0));
    *ret_id = id;
    return OK;
}

enum err fed_wish_last(struct cx *cx, const char *kind, int64_t local_id, const char *what,
                       bool *ret_found, struct fed_wish *ret)
{
    struct fed_local l;
    struct wish_row row;
    *ret_found = false;
    enum err e = fed_local_by_ref(cx, kind, local_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(q_wish_newest(cx, l.id, str_c(what), ret_found, &row));
    if (*ret_found)
        *ret = (struct fed_wish){row.id, row.target, row.state, row.why, row.created_at};
    return OK;
}

const char *fed_wish_sentence(struct str why)
{
    static const struct {
        const char *why, *sentence;
    } all[] = {
        {"unknown", N_("There is no such account. Look at how its name is spelled.")},
        {"unreachable", N_("Its server did not answer. Try again in a while.")},
        {"not_actor", N_("There is something else at that address: it must be somebody's account.")},
        {"own", N_("That is an account of this very node: it must be on another server.")},
        {"blocked", N_("Its server is blocked here. Lift the block first.")},
        {"no_alias",
         N_("It does not name this planet as an alias yet. Add the planet's address to its aliases there, "
            "then try again.")},
        {"moved", N_("It has moved away itself. Name the account where it lives now.")},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_eq_c(why, all[i].why))
            return all[i].sentence;
    return N_("That did not work. Try again in a while.");
}

/* ---- aliases ------------------------------------------------------------------------------- */

enum err fed_alias_list(struct cx *cx, const char *kind, int64_t local_id, struct fed_alias **ret,
                        size_t *ret_n)
{
    struct fed_local l;
    struct aliases_of_row *rows;
    size_t n;
    *ret = NULL;
    *ret_n = 0;
    enum err e = fed_local_by_ref(cx, kind, local_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(q_aliases_of(cx, l.id, &rows, &n));
    struct fed_alias *v = ARENA_ARRAY(cx->arena, struct fed_alias, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_alias){rows[i].uri, rows[i].handle, rows[i].created_at, rows[i].moved_at};
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err fed_alias_add(struct cx *cx, const char *kind, int64_t local_id, struct str target,
                       int64_t *ret_wish_id)
{
    struct fed_local l;
    struct fed_alias *v;
    size_t n;
    target = str_trim(target);
    TRY(may_set_alias(cx, kind, local_id));
    TRY(check_target(cx, target));
    TRY(fed_local_ensure(cx, kind, local_id, &l));
    TRY(fed_alias_list(cx, kind, local_id, &v, &n));
    if (n >= FED_ALIASES_MAX)
        return cx_tell(cx, ERR_CONFLICT, N_("Ten aliases are enough. Take one away first."));
    TX_SCOPE(cx);
    TRY(wish(cx, &l, "alias", target, ret_wish_id));
    return tx_commit(cx);
}

static enum err say_changed(struct cx *cx, const char *kind, int64_t local_id)
{
    bool planet = strcmp(kind, "planet") == 0;
    return event_emit(cx, planet ? EV_PLANET_CHANGED : EV_PROFILE_CHANGED, local_id, STR_NULL);
}

enum err fed_alias_remove(struct cx *cx, const char *kind, int64_t local_id, struct str which)
{
    struct fed_local l;
    int64_t n;
    TRY(may_set_alias(cx, kind, local_id));
    TRY(fed_local_by_ref(cx, kind, local_id, &l));
    TX_SCOPE(cx);
    TRY(q_alias_remove(cx, l.id, str_trim(which), &n));
    if (n == 0)
        return cx_tell(cx, ERR_NOT_FOUND, N_("It has no such alias."));
    TRY(audit_put(cx, "alias.remove", local_id, which));
    TRY(say_changed(cx, kind, local_id));
    return tx_commit(cx);
}

/* ---- moving away --------------------------------------------------------------------------- */

static enum err moved_state(struct cx *cx, int64_t planet_id, struct fed_local *l,
                            struct actor_moved_row *ret)
{
    TRY(fed_local_ensure(cx, "planet", planet_id, l));
    return q_actor_moved(cx, l->id, ret);
}

enum err fed_move_rest(struct cx *cx, int64_t planet_id, int64_t *ret_until)
{
    struct fed_local l;
    struct actor_moved_row was;
    TRY(moved_state(cx, planet_id, &l, &was));
    *ret_until = was.moved_at != DB_NULL && was.moved_at + REST > cx->now ? was.moved_at + REST : 0;
    return OK;
}

enum err fed_move_begin(struct cx *cx, int64_t planet_id, struct str target, int64_t *ret_wish_id)
{
    struct fed_local l;
    struct actor_moved_row was;
    int64_t until;
    target = str_trim(target);
    TRY(may_move(cx, planet_id));
    TRY(check_target(cx, target));
    TRY(moved_state(cx, planet_id, &l, &was));
    TRY(fed_move_rest(cx, planet_id, &until));
    if (was.moved_to.p != NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("The planet has moved already. Take that back first."));
    if (until != 0)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("Between two moves there must be thirty days, so that nobody sends followers "
                          "in circles."));
    TX_SCOPE(cx);
    TRY(wish(cx, &l, "move", target, ret_wish_id));
    TRY(audit_put(cx, "move.begin", planet_id, target));
    return tx_commit(cx);
}

enum err fed_move_cancel(struct cx *cx, int64_t planet_id)
{
    struct fed_local l;
    struct actor_moved_row was;
    TRY(may_move(cx, planet_id));
    TX_SCOPE(cx);
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    TRY(q_actor_moved(cx, l.id, &was));
    if (was.moved_to.p == NULL)
        return cx_tell(cx, ERR_CONFLICT, N_("The planet has not moved."));
    TRY(q_actor_unset_moved(cx, l.id, NULL));
    TRY(audit_put(cx, "move.cancel", planet_id, was.moved_to));
    TRY(event_emit(cx, EV_PLANET_CHANGED, planet_id, STR_NULL));
    return tx_commit(cx);
}

enum err fed_moved_of(struct cx *cx, int64_t planet_id, bool *ret, struct fed_moved *ret_to)
{
    struct planet_moved_to_row row;
    TRY(q_planet_moved_to(cx, planet_id, ret, &row));
    if (!*ret)
        return OK;
    *ret_to = (struct fed_moved){.uri = row.uri, .url = row.url.p == NULL ? row.uri : row.url,
                                 .handle = row.uri, .at = row.at};
    if (row.username.p != NULL)
        ret_to->handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(row.username),
                                 STR_ARG(row.host));
    return OK;
}
