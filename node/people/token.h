/* Bearer tokens of the JSON API: "orr_" and 256 random bits, shown once, kept as SHA-256.
 *
 * Scopes are words parted by a space: read, write, admin, and finer ones ("posts:write"). `admin`
 * holds every other; `write` holds "…:write", `read` holds "…:read". */
#ifndef NODE_PEOPLE_TOKEN_H
#define NODE_PEOPLE_TOKEN_H

#include "node/people/account.h"

struct api_token {
    int64_t id, account_id, created_at;
    int64_t expires_at, last_used_at; /* DB_NULL: never */
    struct str name, scopes;
};

/* ERR_INVALID on scopes that are no words or too many. expires_at DB_NULL: never. */
MUST_USE enum err token_create(struct cx *cx, int64_t account_id, struct str name,
                               struct str scopes, int64_t expires_at, struct str *ret_token,
                               struct api_token *ret);
/* ERR_NOT_FOUND when unknown, revoked, expired, or the account is not active. Notes the use, at
 * most once an hour. */
MUST_USE enum err token_find(struct cx *cx, struct str token, struct api_token *ret,
                             struct account *ret_account);
MUST_USE enum err token_list(struct cx *cx, int64_t account_id, struct api_token **ret,
                             size_t *ret_n);
MUST_USE enum err token_revoke(struct cx *cx, int64_t account_id, int64_t token_id);
bool token_allows(const struct api_token *t, const char *scope);

#endif
