/* Tokens (令牌): a program acts for an account, through the JSON API, within the token's scopes.
 *
 * A token is "orr_" and 256 random bits; the store has its SHA-256 only, so it is seen once, when it is
 * made. It never may more than its account does at that moment; scopes and a planet narrow that further.
 * It lives until its expiry, until it is revoked, or until its account is suspended. */
#ifndef NODE_PEOPLE_TOKEN_H
#define NODE_PEOPLE_TOKEN_H

#include "node/cx.h"

struct account;

enum { TOKEN_NAME_MAX = 60, TOKENS_MAX = 50 };
#define TOKEN_PREFIX "orr_"

struct token {
    int64_t id, account_id;
    int64_t planet_id;       /* DB_NULL: all that the account may */
    struct str name, hint;   /* hint: its last four characters */
    struct str scopes;       /* words with a space between */
    int64_t created_at;
    int64_t expires_at, used_at, revoked_at; /* DB_NULL: never; not yet; not */
};

/* What a token may be good for. Ends with word == NULL. "read" and "write" stand for all that end so. */
struct token_scope { const char *word, *help; /* N_() */ };
extern const struct token_scope token_scopes[];

/* Is this among the token's scopes? "money:read": yes by itself and by "read". */
bool token_may(const struct token *t, const char *scope);

/* For the viewer himself (or the program, viewer 0, for anybody). From t: account_id, planet_id, name,
 * scopes (spaces or commas between), expires_at. ret_secret is what the program gets, and is never seen again.
 * ERR_INVALID with a sentence: no name, unknown scope, expiry in the past; ERR_CONFLICT: TOKENS_MAX are
 * there; ERR_FORBIDDEN: another's account. */
MUST_USE enum err token_create(struct cx *cx, const struct token *t, struct str *ret_secret,
                               struct token *ret);
/* Those that were not revoked, newest first, expired ones too. The viewer himself. */
MUST_USE enum err token_list(struct cx *cx, int64_t account_id, struct token **ret, size_t *ret_n);
/* Good for nothing from the next request on. ERR_NOT_FOUND: none of this account. */
MUST_USE enum err token_revoke(struct cx *cx, int64_t account_id, int64_t id);
/* Whose is it? ERR_NOT_FOUND: unknown, expired, revoked, or its account is not active. Notes its use, at most
 * once an hour. */
MUST_USE enum err token_find(struct cx *cx, struct str secret, struct token *ret,
                             struct account *ret_account);

#endif
