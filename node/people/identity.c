#include "node/people/identity.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/identity_sql.h"

static struct identity from_row(const struct identity_row *r)
{
    return (struct identity){
        .id = r->id,
        .account_id = r->account_id,
        .actor_id = r->actor_id,
        .created_at = r->created_at,
        .verified_at = r->verified_at,
        .way = r->way,
        .uri = r->uri,
        .username = r->username,
        .host = r->host,
        .name = r->name,
        .url = r->url,
        .inbox = r->inbox,
        .icon_url = r->icon_url,
        .moved_uri = r->moved_uri,
        .moved_name = r->moved_name,
        .moved_host = r->moved_host,
        .gone = r->deleted_at != DB_NULL,
    };
}

enum err identity_by_id(struct cx *cx, int64_t id, struct identity *ret)
{
    struct identity_row r;
    TRY(q_identity_by_id(cx, id, &r));
    *ret = from_row(&r);
    return OK;
}

enum err identity_by_actor(struct cx *cx, int64_t actor_id, bool *ret_found, struct identity *ret)
{
    struct identity_row r;
    TRY(q_identity_by_actor(cx, actor_id, ret_found, &r));
    if (*ret_found)
        *ret = from_row(&r);
    return OK;
}

enum err identity_list(struct cx *cx, int64_t account_id, struct identity **ret, size_t *ret_n)
{
    struct identity_row *rows;
    size_t n;
    TRY(q_identity_of_account(cx, account_id, &rows, &n));
    struct identity *list = ARENA_ARRAY(cx->arena, struct identity, n);
    for (size_t i = 0; i < n; i++)
        list[i] = from_row(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

struct str identity_handle(struct cx *cx, const struct identity *i)
{
    return str_fmt(cx->arena, "@" STR_FMT "@" STR_FMT, STR_ARG(i->username), STR_ARG(i->host));
}

/* What is one's own, by oneself or the program. */
static enum err own(struct cx *cx, int64_t account_id)
{
    return cx->viewer == 0 || cx->viewer == account_id
               ? OK
               : cx_fail(cx, ERR_FORBIDDEN, "account %lld is another's", (long long)account_id);
}

enum err identity_link(struct cx *cx, int64_t account_id, int64_t actor_id, const char *way,
                       int64_t *ret_id)
{
    struct identity was, *all;
    size_t n;
    bool found;
    TRY(own(cx, account_id));
    TX_SCOPE(cx);
    TRY(identity_by_actor(cx, actor_id, &found, &was));
    if (found && was.account_id != account_id)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("Another account here is linked to it already. Sign in with it, and unlink "
                          "it there first."));
    if (found) {
        TRY(q_identity_verified(cx, was.id, str_c(way), cx->now, NULL));
        *ret_id = was.id;
        return tx_commit(cx);
    }
    TRY(identity_list(cx, account_id, &all, &n));
    if (n >= IDENTITIES_MAX)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("Five fediverse accounts are linked already. Unlink one of them first."));
    int64_t id = id_next(cx->node->ids);
    TRY(q_identity_insert(cx, id, account_id, actor_id, str_c(way), cx->now, NULL));
    TRY(tx_commit(cx));
    *ret_id = id;
    return OK;
}

enum err identity_join(struct cx *cx, int64_t actor_id, const char *way, struct account *ret,
                       int64_t *ret_id)
{
    struct identity_actor_row who;
    bool found;
    TX_SCOPE(cx);
    TRY(q_identity_actor(cx, actor_id, &found, &who));
    if (!found)
        return cx_fail(cx, ERR_NOT_FOUND, "no such actor");
    TRY(account_create_linked(cx, who.username, who.name, ret));
    TRY(identity_link(cx, ret->id, actor_id, way, ret_id));
    return tx_commit(cx);
}

static enum err forget(struct cx *cx, int64_t id)
{
    TRY(q_identity_planets_clear(cx, id, NULL));
    return q_identity_delete(cx, id, NULL);
}

enum err identity_unlink(struct cx *cx, int64_t account_id, int64_t id, int64_t keep_session)
{
    struct identity i, *all;
    struct account a;
    size_t n;
    TRY(own(cx, account_id));
    TX_SCOPE(cx);
    TRY(identity_by_id(cx, id, &i));
    if (i.account_id != account_id)
        return ERR_NOT_FOUND;
    TRY(account_by_id(cx, account_id, &a));
    TRY(identity_list(cx, account_id, &all, &n));
    if (n == 1 && a.mail.n == 0)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("This is the only way you can sign in. Add a mail address first."));
    TRY(q_identity_sessions_end(cx, account_id, id, keep_session, NULL));
    TRY(forget(cx, id));
    return tx_commit(cx);
}

enum err identity_actor_gone(struct cx *cx, int64_t actor_id)
{
    struct identity i;
    bool found;
    TRY(identity_by_actor(cx, actor_id, &found, &i));
    return found ? forget(cx, i.id) : OK;
}

enum err identity_end_sessions(struct cx *cx, int64_t account_id, int64_t id)
{
    TX_SCOPE(cx);
    TRY(q_identity_sessions_end(cx, account_id, id, 0, NULL));
    return tx_commit(cx);
}

/* ---- notices ---- */

enum err identity_planets(struct cx *cx, const struct identity *i, struct identity_planet **ret,
                          size_t *ret_n)
{
    struct identity_planet_list_row *rows;
    size_t n;
    TRY(q_identity_planet_list(cx, i->account_id, i->id, cx->now, &rows, &n));
    struct identity_planet *list = ARENA_ARRAY(cx->arena, struct identity_planet, n);
    for (size_t k = 0; k < n; k++)
        list[k] = (struct identity_planet){
            .planet_id = rows[k].id,
            .handle = rows[k].handle,
            .name = rows[k].name,
            .wanted = rows[k].wanted != 0,
            .answerable = rows[k].reply_uri.p != NULL,
        };
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err identity_has_access(struct cx *cx, int64_t account_id, int64_t planet_id, bool *ret)
{
    int64_t n;
    TRY(q_identity_planet_access(cx, account_id, planet_id, cx->now, &n));
    *ret = n > 0;
    return OK;
}

enum err identity_set_wanted(struct cx *cx, int64_t id, int64_t planet_id, bool wanted)
{
    struct identity i;
    bool may;
    TX_SCOPE(cx);
    TRY(identity_by_id(cx, id, &i));
    TRY(own(cx, i.account_id));
    TRY(identity_has_access(cx, i.account_id, planet_id, &may));
    if (wanted && !may)
        return cx_tell(cx, ERR_FORBIDDEN, N_("Only members are told of new posts."));
    TRY(q_identity_want(cx, id, planet_id, wanted ? 1 : 0, cx->now, NULL));
    return tx_commit(cx);
}

enum err identity_stop(struct cx *cx, int64_t actor_id, int64_t planet_id, int64_t *ret_n)
{
    return q_identity_stop(cx, actor_id, planet_id, ret_n);
}

enum err identity_wrote(struct cx *cx, int64_t id, int64_t planet_id, struct str uri)
{
    return q_identity_wrote(cx, id, planet_id, uri, cx->now, NULL);
}

enum err identity_told_page(struct cx *cx, int64_t planet_id, int64_t after_id, int limit,
                            struct identity_told **ret, size_t *ret_n)
{
    struct identity_told_row *rows;
    size_t n;
    TRY(q_identity_told(cx, planet_id, after_id, limit, &rows, &n));
    struct identity_told *list = ARENA_ARRAY(cx->arena, struct identity_told, n);
    for (size_t k = 0; k < n; k++)
        list[k] = (struct identity_told){
            .id = rows[k].id,
            .account_id = rows[k].account_id,
            .actor_id = rows[k].actor_id,
            .told_to = rows[k].told_to,
            .locale = rows[k].locale,
            .reply_uri = rows[k].reply_uri,
        };
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err identity_last_told(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    return q_identity_last_told(cx, planet_id, ret);
}

enum err identity_set_told(struct cx *cx, int64_t id, int64_t planet_id, int64_t told_to, bool sent)
{
    return q_identity_set_told(cx, id, planet_id, told_to, sent ? cx->now : DB_NULL, NULL);
}
