/* Planets (星球), their tiers, prices, roles and memberships. */
#ifndef NODE_PLANET_PLANET_H
#define NODE_PLANET_PLANET_H

#include "node/cx.h"

struct planet {
    int64_t id;
    struct str handle, name, tagline, about, lang, joining, accent;
    struct safe_html about_html;
    int64_t icon_media_id, cover_media_id, created_at;
};
struct money { int64_t minor; char cur[4]; };
struct price { int64_t id, tier_id; struct money money; struct str unit; int64_t count, trial_days; };
struct tier {
    int64_t id, planet_id, rank, seats; /* seats DB_NULL: unlimited */
    struct str slug, name, about;
    bool visible;
    struct price *prices; size_t n_prices; /* current ones */
};

MUST_USE enum err planet_by_handle(struct cx *cx, struct str handle, struct planet *ret);
MUST_USE enum err planet_by_id(struct cx *cx, int64_t id, struct planet *ret);
MUST_USE enum err planet_list(struct cx *cx, struct planet **ret, size_t *ret_n);
MUST_USE enum err planet_create(struct cx *cx, struct str handle, struct str name, struct str lang,
                                int64_t owner_account_id, struct planet *ret);
MUST_USE enum err planet_update(struct cx *cx, const struct planet *p); /* owner and partners */
MUST_USE enum err tier_list(struct cx *cx, int64_t planet_id, struct tier **ret, size_t *ret_n); /* with prices, by rank */
MUST_USE enum err tier_create(struct cx *cx, int64_t planet_id, struct str slug, struct str name,
                              struct str about, int64_t rank, int64_t seats, struct tier *ret);
MUST_USE enum err price_create(struct cx *cx, int64_t tier_id, struct money m, struct str unit,
                               int64_t count, int64_t trial_days, struct price *ret);

enum role { ROLE_NONE, ROLE_BANNED, ROLE_MODERATOR, ROLE_GUEST, ROLE_PARTNER, ROLE_OWNER };
MUST_USE enum err role_of(struct cx *cx, int64_t planet_id, int64_t account_id, enum role *ret);
MUST_USE enum err role_set(struct cx *cx, int64_t planet_id, int64_t account_id, enum role role);

struct membership { /* the best live grant, or the last one that ended */
    int64_t grant_id, tier_id, rank, starts_at, ends_at /* DB_NULL: lifetime */;
    struct str tier_name, kind;
    bool live;
};
MUST_USE enum err membership_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct membership *ret); /* NOT_FOUND: never was */
struct member { int64_t account_id; struct str username, name, mail; enum role role; struct membership m; };
MUST_USE enum err member_list(struct cx *cx, int64_t planet_id, int64_t after_account_id, int limit,
                              struct member **ret, size_t *ret_n);
/* Comp grant by the owner. ends_at DB_NULL: lifetime. Writes grant, ledger txn (P18), event. */
MUST_USE enum err membership_grant(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t tier_id,
                                   const char *kind, int64_t starts_at, int64_t ends_at, int64_t order_id,
                                   int64_t price_id, int64_t *ret_grant_id);
MUST_USE enum err membership_revoke(struct cx *cx, int64_t grant_id, struct str reason);
/* Term arithmetic: end of `count` units from `from` (clamped months; 'once' gives DB_NULL). */
int64_t term_end(int64_t from, struct str unit, int64_t count);

#endif
