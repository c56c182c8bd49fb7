/* Plans and tokens. */
#include <string.h>

#include "admin/host/host_sql.h"
#include "admin/host/keep_sql.h"
#include "admin/host/verbs.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"

static struct host_plan plan_of(const struct host_plan_row *r)
{
    return (struct host_plan){r->name, r->members, r->storage, r->posts_a_day, r->mails_a_day,
                              r->nodes};
}

enum err host_plan_list(struct cx *cx, struct host_plan **ret, size_t *ret_n)
{
    struct host_plan_row *rows;
    size_t n;
    TRY(q_host_plan_list(cx, &rows, &n));
    struct host_plan *v = ARENA_ARRAY(cx->arena, struct host_plan, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = plan_of(&rows[i]);
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err host_plan_find(struct cx *cx, struct str name, struct host_plan *ret)
{
    struct host_plan_row r;
    bool found;
    TRY(q_host_plan_read(cx, name, &found, &r));
    if (!found)
        return cx_tell(cx, ERR_NOT_FOUND, N_("There is no plan of that name."));
    *ret = plan_of(&r);
    return OK;
}

static bool label_ok(struct str s)
{
    bool ok = s.n > 0 && s.n <= HOST_LABEL_MAX;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        ok = ok && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_' || c == '.');
    }
    return ok;
}

enum err host_plan_set(struct cx *cx, const struct host_plan *p)
{
    int64_t version;
    if (!label_ok(p->name))
        return cx_tell(cx, ERR_INVALID, N_("A plan's name has 1 to 63 letters, digits, hyphens, dots and underscores."));
    if (p->members < 0 || p->storage < 0 || p->posts_a_day < 0 || p->mails_a_day < 0)
        return cx_tell(cx, ERR_INVALID, N_("A plan's limits are whole numbers; 0 means no limit."));
    TX_SCOPE(cx);
    TRY(host_change(cx, &version));
    TRY(q_host_plan_put(cx, p->name, p->members, p->storage, p->posts_a_day, p->mails_a_day, cx->now,
                        NULL));
    TRY(q_host_nodes_of_plan_changed(cx, p->name, version, NULL));
    TRY(tx_commit(cx));
    return host_sync(cx);
}

enum err host_plan_delete(struct cx *cx, struct str name)
{
    struct host_plan p = {0};
    TRY(host_plan_find(cx, name, &p));
    enum err e = p.nodes > 0 ? ERR_CONFLICT : q_host_plan_drop(cx, name, NULL);
    if (e == ERR_CONFLICT || e == ERR_INVALID) /* also deleted nodes have had a plan */
        return cx_tell(cx, ERR_CONFLICT, N_("There are nodes with this plan. Give them another one first."));
    return e;
}

/* ---- tokens ---- */

static struct str hash_of(struct cx *cx, struct str token)
{
    unsigned char *hash = arena_alloc(cx->arena, 32);
    crypt_sha256(token, hash);
    return (struct str){(const char *)hash, 32};
}

enum err host_token_create(struct cx *cx, struct str name, struct str *ret_token)
{
    if (!label_ok(name))
        return cx_tell(cx, ERR_INVALID, N_("A token's name has 1 to 63 letters, digits, hyphens, dots and underscores."));
    struct str token = str_fmt(cx->arena, "orrery_" STR_FMT, STR_ARG(crypt_token(cx->arena, 32)));
    enum err e = q_host_token_insert(cx, id_next(cx->node->ids), name, hash_of(cx, token), cx->now,
                                     NULL);
    if (e == ERR_CONFLICT)
        return cx_tell(cx, e, N_("There is a token of that name already."));
    TRY(e);
    *ret_token = token;
    return OK;
}

enum err host_token_list(struct cx *cx, struct host_token **ret, size_t *ret_n)
{
    struct host_token_list_row *rows;
    size_t n;
    TRY(q_host_token_list(cx, &rows, &n));
    struct host_token *v = ARENA_ARRAY(cx->arena, struct host_token, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct host_token){rows[i].name, rows[i].created_at, rows[i].used_at,
                                   rows[i].revoked_at};
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err host_token_revoke(struct cx *cx, struct str name)
{
    int64_t n;
    TRY(q_host_token_revoke(cx, name, cx->now, &n));
    if (n == 0)
        return cx_tell(cx, ERR_NOT_FOUND, N_("There is no token of that name that still works."));
    return OK;
}

/* Found by its hash: how long that takes says nothing about the token. */
enum err host_token_check(struct cx *cx, struct str token, int64_t *ret_id)
{
    struct host_token_find_row r;
    bool found = false;
    if (token.n > 0 && token.n < 200)
        TRY(q_host_token_find(cx, hash_of(cx, token), &found, &r));
    if (!found)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Send a valid token: Authorization: Bearer …"));
    if (r.used_at == DB_NULL || r.used_at + MS_HOUR < cx->now)
        TRY(q_host_token_used(cx, r.id, cx->now, NULL));
    *ret_id = r.id;
    return OK;
}
