#include "federation/actor_rules.h"

#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/keys.h"
#include "federation/policy_apply.h"
#include "federation/policy_sql.h"
#include "federation/receive_sql.h"
#include "federation/remote.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

const char *fed_actor_level_word(enum fed_actor_level level)
{
    return level == FED_ACTOR_BLOCKED ? "block" : level == FED_ACTOR_MUTED ? "mute" : "open";
}

static enum err check_rights(struct cx *cx, int64_t planet_id)
{
    struct account a;
    enum role role = ROLE_NONE;
    if (cx->viewer != 0 && planet_id != 0)
        TRY(role_of(cx, planet_id, cx->viewer, &role));
    if (role == ROLE_OWNER || role == ROLE_PARTNER || role == ROLE_MODERATOR)
        return OK;
    if (cx->viewer != 0 && account_by_id(cx, cx->viewer, &a) == OK && a.is_owner)
        return OK;
    return cx_tell(cx, ERR_FORBIDDEN,
                   N_("Whom this planet hears is for those who look after it to say."));
}

enum err fed_actor_rule_list(struct cx *cx, int64_t planet_id, int64_t after_id, int64_t n_max,
                             struct fed_actor_rule **ret, size_t *ret_n)
{
    struct actor_rules_page_row *rows;
    size_t n;
    TRY(check_rights(cx, planet_id));
    TRY(q_actor_rules_page(cx, planet_id, after_id, n_max, &rows, &n));
    struct fed_actor_rule *v = ARENA_ARRAY(cx->arena, struct fed_actor_rule, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_actor_rule){
            .actor_id = rows[i].actor_id,
            .level = str_eq_c(rows[i].level, "block") ? FED_ACTOR_BLOCKED : FED_ACTOR_MUTED,
            .handle = str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(rows[i].username),
                              STR_ARG(rows[i].host)),
            .name = rows[i].name, .uri = rows[i].uri, .url = rows[i].url, .note = rows[i].note,
            .created_at = rows[i].created_at};
    *ret = v;
    *ret_n = n;
    return OK;
}

static enum err find_by_handle(struct cx *cx, struct str typed, bool *ret_found, int64_t *ret)
{
    struct str user, host;
    unsigned port;
    if (str_starts(typed, STR("@")))
        typed = str_sub(typed, 1, SIZE_MAX);
    size_t at = str_find_char(typed, '@', 0);
    *ret_found = false;
    if (at == SIZE_MAX || at == 0 ||
        url_parse_host(cx->arena, str_sub(typed, at + 1, SIZE_MAX), &host, &port) != OK)
        return OK;
    if (port != 0)
        host = str_fmt(cx->arena, STR_FMT ":%u", STR_ARG(host), port);
    user = str_lower(cx->arena, str_sub(typed, 0, at));
    return q_actor_by_name(cx, user, host, ret_found, ret);
}

enum err fed_actor_find(struct cx *cx, struct str typed, int64_t *ret_id)
{
    bool found;
    typed = str_trim(typed);
    if (str_istarts(typed, STR("http://")) || str_istarts(typed, STR("https://")))
        TRY(q_actor_by_address(cx, typed, &found, ret_id));
    else
        TRY(find_by_handle(cx, typed, &found, ret_id));
    if (!found)
        return cx_tell(cx, ERR_NOT_FOUND,
                       N_("Nobody of that name has been here. Please write it like “@name@example.org”."));
    return OK;
}

/* Their server is told, or it would go on believing that they follow. In a transaction. */
static enum err end_follows(struct cx *cx, const struct fed_actor *actor, int64_t planet_id)
{
    struct follows_to_end_row *rows;
    struct fed_local target;
    size_t n;
    TRY(q_follows_to_end(cx, actor->id, planet_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(fed_local_by_id(cx, rows[i].target_id, &target));
        TRY(q_follow_remove(cx, actor->id, target.id, NULL));
        TRY(event_emit(cx, EV_FOLLOW_ENDED, target.id, STR_NULL));
        TRY(fed_answer_follow(cx, &target, actor, rows[i].activity_uri, false));
    }
    /* Nor does one come back that a rule about the host had put aside. */
    return planet_id == 0 ? q_aside_follows_forget(cx, actor->id, NULL)
                          : q_aside_follow_end(cx, actor->id, planet_id, NULL);
}

static enum err set(struct cx *cx, const struct fed_actor *actor, int64_t planet_id,
                    enum fed_actor_level level, struct str note)
{
    const char *what = level == FED_ACTOR_BLOCKED ? "actor.block"
                       : level == FED_ACTOR_MUTED ? "actor.mute"
                                                  : "actor.open";
    int64_t gone = 1;
    if (level == FED_ACTOR_OPEN)
        TRY(q_actor_rule_remove(cx, actor->id, planet_id, &gone));
    else
        TRY(q_actor_rule_put(cx, actor->id, planet_id, str_c(fed_actor_level_word(level)), note,
                             cx->viewer == 0 ? DB_NULL : cx->viewer, cx->now, NULL));
    if (gone == 0)
        return cx_tell(cx, ERR_NOT_FOUND, N_("There is no such rule."));
    if (level == FED_ACTOR_BLOCKED)
        TRY(end_follows(cx, actor, planet_id));
    return audit_put(cx, what, planet_id, actor->uri);
}

enum err fed_actor_rule_set(struct cx *cx, int64_t planet_id, int64_t actor_id,
                            enum fed_actor_level level, struct str note)
{
    struct fed_actor actor;
    TRY(check_rights(cx, planet_id));
    TRY(fed_actor_by_id(cx, actor_id, &actor));
    if (actor.local_kind.p != NULL)
        return cx_tell(cx, ERR_INVALID, N_("That is somebody of this server: please use the members' page."));
    if (!str_is_utf8(note) || str_utf8_len(note) > ACTOR_NOTE_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A note has at most 500 characters."));
    TX_SCOPE(cx);
    TRY(set(cx, &actor, planet_id, level, note));
    TRY(fed_policy_apply_actor(cx, actor_id));
    return tx_commit(cx);
}
