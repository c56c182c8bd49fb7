#include "node/people/session.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/node.h"
#include "node/people/session_sql.h"

enum { AGENT_MAX = 300 };

static struct str hash_of(struct cx *cx, struct str token)
{
    unsigned char h[32];
    crypt_sha256(token, h);
    return (struct str){arena_copy(cx->arena, h, sizeof h), sizeof h};
}

static struct session session_from(const struct session_row *r)
{
    return (struct session){
        .id = r->id,
        .account_id = r->account_id,
        .created_at = r->created_at,
        .seen_at = r->seen_at,
        .expires_at = r->expires_at,
        .csrf = r->csrf,
        .user_agent = r->user_agent,
        .ip = r->ip,
        .how = r->how,
        .identity_id = r->identity_id,
    };
}

enum err session_create(struct cx *cx, int64_t account_id, struct str user_agent, struct str ip,
                        struct str *ret_token, struct session *ret)
{
    return session_create_by(cx, account_id, NULL, DB_NULL, user_agent, ip, ret_token, ret);
}

enum err session_create_by(struct cx *cx, int64_t account_id, const char *how, int64_t identity_id,
                           struct str user_agent, struct str ip, struct str *ret_token,
                           struct session *ret)
{
    struct str token = crypt_token(cx->arena, 32);
    if (!str_is_utf8(user_agent))
        user_agent = STR_NULL;
    struct session_row row = {.id = id_next(cx->node->ids),
                              .account_id = account_id,
                              .csrf = crypt_token(cx->arena, 24),
                              .user_agent = str_utf8_cut(user_agent, AGENT_MAX),
                              .ip = ip,
                              .created_at = cx->now,
                              .seen_at = cx->now,
                              .expires_at = cx->now + SESSION_DAYS * MS_DAY,
                              .how = str_c(how),
                              .identity_id = identity_id};
    /* Shared: rows of one account only, whose sessions begin one behind the other; an account that is
     * suspended or deleted meanwhile is found out at each request. */
    TX_SCOPE_SHARED(cx);
    TRY(tx_lock(cx, str_fmt(cx->arena, "session:%lld", (long long)account_id)));
    TRY(q_session_delete_expired(cx, account_id, cx->now, NULL));
    TRY(q_session_insert(cx, row.id, hash_of(cx, token), account_id, row.csrf, row.user_agent, ip,
                         cx->now, row.expires_at, row.how, identity_id, NULL));
    TRY(tx_commit(cx));
    *ret_token = token;
    *ret = session_from(&row);
    return OK;
}

enum err session_find(struct cx *cx, struct str token, struct session *ret,
                      struct account *ret_account)
{
    struct session_by_hash_row row;
    if (token.n < 20 || token.n > 100)
        return ERR_NOT_FOUND;
    TRY(q_session_by_hash(cx, hash_of(cx, token), cx->now, &row));
    if (cx->now - row.seen_at > MS_HOUR) {
        row.seen_at = cx->now;
        row.expires_at = cx->now + SESSION_DAYS * MS_DAY;
        /* Shared: one statement on one row; of two at once either will do. */
        TX_SCOPE_SHARED(cx);
        TRY(q_session_slide(cx, row.id, row.seen_at, row.expires_at, NULL));
        TRY(tx_commit(cx));
    }
    *ret = (struct session){
        .id = row.id,
        .account_id = row.account_id,
        .created_at = row.created_at,
        .seen_at = row.seen_at,
        .expires_at = row.expires_at,
        .csrf = row.csrf,
        .user_agent = row.user_agent,
        .ip = row.ip,
        .unread = row.unread,
        .identity_id = DB_NULL,
    };
    *ret_account = (struct account){
        .id = row.account_id,
        .mail = row.mail,
        .username = row.username,
        .name = row.name,
        .bio = row.bio,
        .locale = row.locale,
        .avatar_media_id = row.avatar_media_id,
        .is_owner = row.is_owner != 0,
        .has_password = row.has_password != 0,
        .state = row.state,
        .created_at = row.account_created_at,
    };
    return OK;
}

enum err session_list(struct cx *cx, int64_t account_id, struct session **ret, size_t *ret_n)
{
    struct session_row *rows;
    size_t n;
    TRY(q_session_of_account(cx, account_id, cx->now, &rows, &n));
    struct session *list = ARENA_ARRAY(cx->arena, struct session, n);
    for (size_t i = 0; i < n; i++)
        list[i] = session_from(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err session_end(struct cx *cx, int64_t account_id, int64_t session_id)
{
    int64_t changes;
    TX_SCOPE(cx);
    if (session_id == 0) {
        TRY(q_session_delete_others(cx, account_id, 0, NULL));
    } else {
        TRY(q_session_delete(cx, account_id, session_id, &changes));
        if (changes == 0)
            return ERR_NOT_FOUND;
    }
    return tx_commit(cx);
}

enum err session_end_others(struct cx *cx, int64_t account_id, int64_t keep_session_id)
{
    TX_SCOPE(cx);
    TRY(q_session_delete_others(cx, account_id, keep_session_id, NULL));
    return tx_commit(cx);
}
