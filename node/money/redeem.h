/* Redeem codes (兑换码): membership without a payment provider (O1).
 *
 * A code is 20 characters of Crockford's base32 in groups of five, "7ZK4M-…": 95 random bits and a
 * check character. It is shown once, when its batch is made; kept is HMAC-SHA256 under the node's
 * secret. A wrong code, a used one and one that was taken back get the same sentence in the same
 * time. */
#ifndef NODE_MONEY_REDEEM_H
#define NODE_MONEY_REDEEM_H

#include "node/planet/planet.h"

enum { CODE_BATCH_MAX = 10000, CODE_USES_MAX = 100000 };

struct code_batch {
    int64_t id, planet_id, tier_id, count, uses, created_at;
    int64_t expires_at, created_by;   /* DB_NULL: never; by the program */
    struct str name, tier_name, unit; /* unit and count: the term that a code gives */
    int64_t n_codes, n_used, n_revoked; /* n_used: redemptions of all its codes */
};
struct code {
    int64_t id, used, revoked_at;     /* DB_NULL: not taken back */
    struct str hint;                  /* last five characters */
};

/* Owner or partner. n codes of `count` `unit`s each, each good for `uses` accounts, until
 * expires_at (DB_NULL: for ever). ret_codes: n codes as people type them; this is the only time
 * that they are seen. */
MUST_USE enum err code_batch_create(struct cx *cx, int64_t planet_id, int64_t tier_id,
                                    struct str name, struct str unit, int64_t count, int64_t uses,
                                    int64_t expires_at, size_t n, struct str **ret_codes,
                                    struct code_batch *ret);
MUST_USE enum err code_batch_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct code_batch **ret, size_t *ret_n);
/* How many times codes of the planet were redeemed. */
MUST_USE enum err code_used(struct cx *cx, int64_t planet_id, int64_t *ret);
MUST_USE enum err code_batch_by_id(struct cx *cx, int64_t planet_id, int64_t batch_id,
                                   struct code_batch *ret);
MUST_USE enum err code_list(struct cx *cx, int64_t batch_id, struct code **ret, size_t *ret_n);
/* Take back what is not used yet: one code, or with code_id 0 the whole batch. What was redeemed
 * stays. */
MUST_USE enum err code_revoke(struct cx *cx, int64_t batch_id, int64_t code_id);
/* CSV with a head line: code, tier, term, uses, expires. Cells cannot become formulas. */
struct str code_csv(struct cx *cx, const struct code_batch *batch, const struct str *codes,
                    size_t n);

/* A code or a gift's code. What is typed: any case, spaces and hyphens, O for 0, I and L for 1. Outside of transactions.
 * Gives the term at the end of what the account has. ERR_INVALID: mistyped (its check
 * character says so, which tells nothing); ERR_NOT_FOUND: wrong, used up or taken back (one
 * sentence); ERR_GONE: the batch has run out; ERR_CONFLICT: redeemed by this account before, member
 * for life, no seat left, or banned here: the code stays unused; ERR_RATE_LIMITED: 5 a minute and
 * IP, 20 a day and account. */
struct redeemed { int64_t planet_id, tier_id, grant_id, order_id, starts_at, ends_at; };
MUST_USE enum err code_redeem(struct cx *cx, int64_t account_id, struct str typed, struct str ip,
                              struct redeemed *ret);

#endif
