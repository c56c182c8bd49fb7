#include "node/people/token.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/people/token_sql.h"

#include <string.h>

enum { TOKEN_BYTES = 32, HINT_CHARS = 4, SCOPES_MAX = 400 };

const struct token_scope token_scopes[] = {
    {"offers:read", N_("see tiers, prices, codes, coupons, trial cards, gifts and invitations")},
    {"offers:write", N_("change them")},
    {"members:read", N_("see members, who asks to join, and what was given to whom")},
    {"members:write", N_("give, extend and end memberships, decide who joins")},
    {"money:read", N_("see orders, payments, the ledger, receipts and how providers are connected")},
    {"money:write", N_("give money back, settle payments, connect providers")},
    {"me:read", N_("see your own memberships, orders and gifts")},
    {"me:write", N_("buy, redeem, cancel and ask for money back in your name")},
    {"read", N_("see all of that")},
    {"write", N_("do all of that")},
    {NULL, NULL},
};

static struct str hash_of(struct cx *cx, struct str secret)
{
    unsigned char h[32];
    crypt_sha256(secret, h);
    return (struct str){arena_copy(cx->arena, h, sizeof h), sizeof h};
}

static struct token token_from(const struct token_row *r)
{
    return (struct token){.id = r->id, .account_id = r->account_id, .planet_id = r->planet_id, .name = r->name,
                          .hint = r->hint, .scopes = r->scopes, .created_at = r->created_at,
                          .expires_at = r->expires_at, .used_at = r->used_at, .revoked_at = r->revoked_at};
}

static bool has_word(struct str words, struct str word)
{
    struct str piece;
    while (str_next(&words, ' ', &piece))
        if (str_eq(piece, word))
            return true;
    return false;
}

bool token_may(const struct token *t, const char *scope)
{
    struct str word = str_c(scope);
    size_t colon = str_find_char(word, ':', 0);
    return has_word(t->scopes, word) ||
           (colon != SIZE_MAX && has_word(t->scopes, str_sub(word, colon + 1, SIZE_MAX)));
}

/* Each known word once, in the table's order. */
static enum err scopes_read(struct cx *cx, struct str typed, struct str *ret)
{
    enum { N = sizeof token_scopes / sizeof *token_scopes };
    bool wanted[N] = {false};
    struct str rest = typed, piece, words[N];
    size_t n = 0;
    char *copy = arena_copy(cx->arena, typed.n == 0 ? "" : typed.p, typed.n);
    for (size_t i = 0; i < typed.n; i++)
        if (copy[i] == ',' || copy[i] == '\n' || copy[i] == '\t' || copy[i] == '\r')
            copy[i] = ' ';
    rest = (struct str){copy, typed.n};
    while (typed.n > 0 && str_next(&rest, ' ', &piece)) {
        size_t i = 0;
        if (piece.n == 0)
            continue;
        while (token_scopes[i].word != NULL && !str_eq_c(piece, token_scopes[i].word))
            i++;
        if (token_scopes[i].word == NULL) {
            struct str shown = str_utf8_cut(piece, 40);
            return cx_tellf(cx, ERR_INVALID, N_("There is no scope “{0}”."), &shown, 1);
        }
        wanted[i] = true;
    }
    for (size_t i = 0; token_scopes[i].word != NULL; i++)
        if (wanted[i])
            words[n++] = str_c(token_scopes[i].word);
    if (n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Say what the token is good for: at least one scope."));
    *ret = str_join(cx->arena, STR(" "), words, n);
    return OK;
}

static enum err is_mine(struct cx *cx, int64_t account_id)
{
    return cx->viewer == 0 || cx->viewer == account_id ? OK : ERR_FORBIDDEN;
}

enum err token_create(struct cx *cx, const struct token *t, struct str *ret_secret, struct token *ret)
{
    struct token fresh = *t;
    int64_t n;
    TRY(is_mine(cx, t->account_id));
    fresh.name = str_trim(t->name);
    if (fresh.name.n == 0 || str_utf8_len(fresh.name) > TOKEN_NAME_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Give the token a name of at most 60 characters."));
    if (fresh.expires_at != DB_NULL && fresh.expires_at <= cx->now)
        return cx_tell(cx, ERR_INVALID, N_("The token would have expired already."));
    TRY(scopes_read(cx, t->scopes, &fresh.scopes));
    struct str random = crypt_token(cx->arena, TOKEN_BYTES);
    struct str secret = str_fmt(cx->arena, TOKEN_PREFIX STR_FMT, STR_ARG(random));
    fresh.id = id_next(cx->node->ids);
    fresh.hint = str_sub(secret, secret.n - HINT_CHARS, HINT_CHARS);
    fresh.created_at = cx->now;
    fresh.used_at = fresh.revoked_at = DB_NULL;
    TX_SCOPE(cx);
    TRY(q_token_count(cx, t->account_id, cx->now, &n));
    if (n >= TOKENS_MAX)
        return cx_tell(cx, ERR_CONFLICT, N_("There are fifty tokens already. Revoke those that are not used."));
    TRY(q_token_insert(cx, fresh.id, fresh.account_id, fresh.planet_id, fresh.name, fresh.scopes,
                       hash_of(cx, secret), fresh.hint, fresh.created_at, fresh.expires_at, NULL));
    TRY(audit_put(cx, "token.create", fresh.id, fresh.scopes));
    TRY(tx_commit(cx));
    *ret_secret = secret;
    *ret = fresh;
    return OK;
}

enum err token_list(struct cx *cx, int64_t account_id, struct token **ret, size_t *ret_n)
{
    struct token_row *rows;
    size_t n;
    TRY(is_mine(cx, account_id));
    TRY(q_token_of_account(cx, account_id, &rows, &n));
    struct token *list = ARENA_ARRAY(cx->arena, struct token, n);
    for (size_t i = 0; i < n; i++)
        list[i] = token_from(&rows[i]);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err token_revoke(struct cx *cx, int64_t account_id, int64_t id)
{
    int64_t changes;
    TRY(is_mine(cx, account_id));
    TX_SCOPE(cx);
    TRY(q_token_end(cx, account_id, id, cx->now, &changes));
    if (changes == 0)
        return ERR_NOT_FOUND;
    TRY(audit_put(cx, "token.revoke", id, STR_NULL));
    return tx_commit(cx);
}

enum err token_find(struct cx *cx, struct str secret, struct token *ret, struct account *ret_account)
{
    struct token_row row;
    if (secret.n < 20 || secret.n > 100 || !str_starts(secret, STR(TOKEN_PREFIX)))
        return ERR_NOT_FOUND;
    TRY(q_token_by_hash(cx, hash_of(cx, secret), cx->now, &row));
    TRY(account_by_id(cx, row.account_id, ret_account));
    if (row.used_at == DB_NULL || cx->now - row.used_at > MS_HOUR) {
        row.used_at = cx->now;
        /* Shared: one statement on one row; of two at once either will do. */
        TX_SCOPE_SHARED(cx);
        TRY(q_token_touch(cx, row.id, row.used_at, NULL));
        TRY(tx_commit(cx));
    }
    *ret = token_from(&row);
    return OK;
}
