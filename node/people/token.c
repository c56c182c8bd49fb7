#include "node/people/token.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/node.h"
#include "node/people/token_sql.h"

#include <string.h>

#define PREFIX "orr_"

static struct str hash_of(struct cx *cx, struct str token)
{
    unsigned char h[32];
    crypt_sha256(token, h);
    return (struct str){arena_copy(cx->arena, h, sizeof h), sizeof h};
}

static bool scope_ok(struct str word)
{
    if (word.n == 0 || word.n > 40)
        return false;
    for (size_t i = 0; i < word.n; i++)
        if (!((word.p[i] >= 'a' && word.p[i] <= 'z') || word.p[i] == ':' || word.p[i] == '_'))
            return false;
    return true;
}

static enum err scopes_clean(struct cx *cx, struct str scopes, struct str *ret)
{
    struct str words[20], word, rest = scopes;
    size_t n = 0;
    while (str_next(&rest, ' ', &word)) {
        if (word.n == 0)
            continue;
        if (!scope_ok(word) || n == sizeof words / sizeof *words)
            return cx_tell(cx, ERR_INVALID,
                           N_("Scopes are words such as read, write, admin, parted by spaces."));
        words[n++] = word;
    }
    if (n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Name at least one scope: read, write or admin."));
    *ret = str_join(cx->arena, STR(" "), words, n);
    return OK;
}

static struct api_token token_from(const struct api_token_row *r)
{
    return (struct api_token){
        .id = r->id,
        .account_id = r->account_id,
        .created_at = r->created_at,
        .expires_at = r->expires_at,
        .last_used_at = r->last_used_at,
        .name = r->name,
        .scopes = r->scopes,
    };
}

enum err token_create(struct cx *cx, int64_t account_id, struct str name, struct str scopes,
                      int64_t expires_at, struct str *ret_token, struct api_token *ret)
{
    struct str clean;
    TRY(scopes_clean(cx, scopes, &clean));
    name = str_trim(name);
    if (str_utf8_len(name) > NAME_MAX_CHARS)
        name = str_utf8_cut(name, NAME_MAX_CHARS);
    struct str token = str_fmt(cx->arena, PREFIX STR_FMT, STR_ARG(crypt_token(cx->arena, 32)));
    struct api_token_row row = {.id = id_next(cx->node->ids),
                                .account_id = account_id,
                                .name = name,
                                .scopes = clean,
                                .created_at = cx->now,
                                .expires_at = expires_at,
                                .last_used_at = DB_NULL};
    TX_SCOPE(cx);
    TRY(q_token_insert(cx, row.id, hash_of(cx, token), account_id, name, clean, cx->now, expires_at,
                       NULL));
    TRY(tx_commit(cx));
    *ret_token = token;
    if (ret != NULL)
        *ret = token_from(&row);
    return OK;
}

enum err token_find(struct cx *cx, struct str token, struct api_token *ret,
                    struct account *ret_account)
{
    struct api_token_row row;
    struct account account;
    if (!str_starts(token, STR(PREFIX)))
        return ERR_NOT_FOUND;
    TRY(q_token_by_hash(cx, hash_of(cx, token), cx->now, &row));
    TRY(account_by_id(cx, row.account_id, &account));
    if (!str_eq_c(account.state, "active"))
        return ERR_NOT_FOUND;
    if (row.last_used_at == DB_NULL || row.last_used_at + MS_HOUR < cx->now) {
        TX_SCOPE(cx);
        TRY(q_token_touch(cx, row.id, cx->now, NULL));
        TRY(tx_commit(cx));
    }
    *ret = token_from(&row);
    *ret_account = account;
    return OK;
}

enum err token_list(struct cx *cx, int64_t account_id, struct api_token **ret, size_t *ret_n)
{
    struct api_token_row *rows;
    size_t n;
    TRY(q_token_of_account(cx, account_id, cx->now, &rows, &n));
    struct api_token *list = ARENA_ARRAY(cx->arena, struct api_token, n);
    for (size_t i = 0; i < n; i++)
        list[i] = token_from(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err token_revoke(struct cx *cx, int64_t account_id, int64_t token_id)
{
    int64_t changes;
    TX_SCOPE(cx);
    TRY(q_token_revoke(cx, token_id, account_id, cx->now, &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    return tx_commit(cx);
}

bool token_allows(const struct api_token *t, const char *scope)
{
    struct str wanted = str_c(scope), rest = t->scopes, word;
    while (str_next(&rest, ' ', &word)) {
        if (str_eq(word, wanted) || str_eq_c(word, "admin"))
            return true;
        if ((str_eq_c(word, "read") && str_ends(wanted, STR(":read"))) ||
            (str_eq_c(word, "write") && str_ends(wanted, STR(":write"))))
            return true;
    }
    return false;
}
