/* Planets (星球), their tiers, prices, roles and memberships.
 *
 * Rights: planet_update, tier_create, price_create ask that cx->viewer is an owner or partner of
 * the planet (viewer 0 is the program itself: command line, jobs). What moves money or rights
 * (membership_grant, membership_revoke, role_set) asks for the owner. */
#ifndef NODE_PLANET_PLANET_H
#define NODE_PLANET_PLANET_H

#include "node/base/zone.h"
#include "node/cx.h"

struct planet {
    int64_t id;
    struct str handle, name, tagline, about, lang, accent;
    struct str joining;       /* open, approval, invitation, closed (admission.h) */
    struct str join_question; /* for who asks to join */
    struct str zone;          /* IANA name: its days, months and years are counted by it */
    struct safe_html about_html;
    int64_t icon_media_id, cover_media_id, created_at;
};
struct money { int64_t minor; char cur[4]; };
struct price {
    int64_t id, tier_id;
    struct money money;
    struct str unit;
    int64_t count, trial_days;
};
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
/* Owner and partners; the zone is the owner's to change. */
MUST_USE enum err planet_update(struct cx *cx, const struct planet *p);
/* Its clock; UTC (and a line in the log) when tzdata lost the zone. In the arena. */
MUST_USE enum err planet_zone(struct cx *cx, int64_t planet_id, const struct zone **ret);
MUST_USE enum err tier_list(struct cx *cx, int64_t planet_id, struct tier **ret,
                            size_t *ret_n); /* with prices, by rank */
MUST_USE enum err tier_create(struct cx *cx, int64_t planet_id, struct str slug, struct str name,
                              struct str about, int64_t rank, int64_t seats, struct tier *ret);
MUST_USE enum err tier_by_id(struct cx *cx, int64_t id, struct tier *ret);
MUST_USE enum err tier_by_slug(struct cx *cx, int64_t planet_id, struct str slug, struct tier *ret);
/* Name, about, seats, visible. Slug and rank stay: grants and posts are bound to them. */
MUST_USE enum err tier_update(struct cx *cx, const struct tier *t);
/* Accounts that hold a live membership in it. */
MUST_USE enum err tier_members(struct cx *cx, int64_t tier_id, int64_t *ret_n);
/* A retired price is offered no more; who pays it keeps it. */
MUST_USE enum err price_retire(struct cx *cx, int64_t price_id);
MUST_USE enum err price_by_id(struct cx *cx, int64_t id, struct price *ret);
MUST_USE enum err price_create(struct cx *cx, int64_t tier_id, struct money m, struct str unit,
                               int64_t count, int64_t trial_days, struct price *ret);

enum role { ROLE_NONE, ROLE_BANNED, ROLE_MODERATOR, ROLE_GUEST, ROLE_PARTNER, ROLE_OWNER };
/* "owner" and back; unknown words give ROLE_NONE. */
const char *role_word(enum role role);
enum role role_parse(struct str word);
MUST_USE enum err role_of(struct cx *cx, int64_t planet_id, int64_t account_id, enum role *ret);
/* ROLE_NONE takes it away. The last owner cannot be replaced: ERR_CONFLICT. */
MUST_USE enum err role_set(struct cx *cx, int64_t planet_id, int64_t account_id, enum role role);
struct role_holder { int64_t account_id; enum role role; struct str username, name; };
MUST_USE enum err role_list(struct cx *cx, int64_t planet_id, struct role_holder **ret,
                            size_t *ret_n);
/* May the viewer look after it: owner or partner (or the program itself)? ERR_FORBIDDEN if not. */
MUST_USE enum err planet_may_manage(struct cx *cx, int64_t planet_id);
/* Only what is the owner's alone. */
MUST_USE enum err planet_may_own(struct cx *cx, int64_t planet_id);
/* Inside a transaction, before reading what it decides by: whoever changes rights or books of a planet takes
 * its turn, to the end of the transaction. Asked again in the same one it costs nothing. */
MUST_USE enum err planet_lock(struct cx *cx, int64_t planet_id);
bool planet_is_locked(const struct cx *cx, int64_t planet_id); /* by this transaction */
/* Planets in which this account has a role that may write (owner, partner, guest). */
MUST_USE enum err planet_list_of_author(struct cx *cx, int64_t account_id, struct planet **ret,
                                        size_t *ret_n);

/* The best live grant, or the last one that ended. While live, ends_at is the end of the terms that
 * follow one another without a gap: until when the account has this rank. */
struct membership {
    int64_t grant_id, tier_id, rank, starts_at, ends_at /* DB_NULL: lifetime */;
    int64_t grace_from;              /* its term ended then, and its renewal is being paid; DB_NULL: no */
    struct str tier_name, kind;
    bool live;
    bool old_posts;                  /* opens only what was published before it began */
};
MUST_USE enum err membership_of(struct cx *cx, int64_t planet_id, int64_t account_id,
                                struct membership *ret); /* NOT_FOUND: never was */
struct member {
    int64_t account_id;
    struct str username, name, mail;
    enum role role;
    struct membership m;
};
/* By account id; banned ones and those with a role are in it, too. */
MUST_USE enum err member_list(struct cx *cx, int64_t planet_id, int64_t after_account_id, int limit,
                              struct member **ret, size_t *ret_n);
/* The members' side: every grant of an account in a planet, with all that happened to it: until
 * when and why. Newest first. The account itself, an owner or partner may ask. */
struct grant_change { int64_t at, ends_at; struct str kind, reason; int64_t actor_account_id; };
struct grant {
    int64_t id, account_id, planet_id, tier_id, rank, starts_at,
        ends_at /* now; DB_NULL: lifetime */;
    int64_t first_ends_at;           /* as it was made */
    int64_t grace_from;              /* ends_at is the end of its grace, this that of its term; DB_NULL: no */
    int64_t window_days, order_id, price_id, created_at; /* DB_NULL: none */
    struct str tier_name, kind;      /* kind: paid, trial, trial_card, gift, code, comp, legacy … */
    struct str state;                /* live, suspended, revoked */
    struct str order_number;         /* STR_NULL: no order */
    bool live;                       /* opens something at cx->now */
    struct grant_change *changes; size_t n_changes;
};
MUST_USE enum err membership_list(struct cx *cx, int64_t planet_id, int64_t account_id,
                                  struct grant **ret, size_t *ret_n);
/* The planets that this account is or was a member of, newest grant first. */
MUST_USE enum err membership_planets(struct cx *cx, int64_t account_id, int64_t **ret_planet_ids,
                                     size_t *ret_n);

/* The verbs below write the ledger as well, which stands above this folder: they live in
 * node/money/membership.c.
 *
 * A grant by the owner or by an order. ends_at DB_NULL: lifetime; kind "comp" for an owner's
 * present. order_id, price_id DB_NULL: none. Writes grant, ledger txn, event. */
MUST_USE enum err membership_grant(struct cx *cx, int64_t planet_id, int64_t account_id,
                                   int64_t tier_id, const char *kind, int64_t starts_at,
                                   int64_t ends_at, int64_t order_id, int64_t price_id,
                                   int64_t *ret_grant_id);
/* Ends it at once. ERR_CONFLICT when it has ended already. */
MUST_USE enum err membership_revoke(struct cx *cx, int64_t grant_id, struct str reason);
/* Ends all that this account has or will have here: bought, given, redeemed, and terms to come.
 * ERR_CONFLICT when there is nothing left. */
MUST_USE enum err membership_end(struct cx *cx, int64_t planet_id, int64_t account_id, struct str reason);
/* A new end for a running grant (P9: extend, shorten); DB_NULL: lifetime. */
MUST_USE enum err membership_set_end(struct cx *cx, int64_t grant_id, int64_t ends_at,
                                     struct str reason);
MUST_USE enum err membership_suspend(struct cx *cx, int64_t grant_id, struct str reason);
MUST_USE enum err membership_restore(struct cx *cx, int64_t grant_id, struct str reason);
/* When a further term of this rank would begin and end: at the end of what the account has of
 * this rank or above, else now; trials are not waited for. Months keep the day of the month that
 * the chain of terms began on. ERR_CONFLICT: has it for life. */
struct term { int64_t starts_at, ends_at /* DB_NULL: lifetime */; int anchor_day; /* 0: the day it begins on */ };
MUST_USE enum err membership_next_term(struct cx *cx, int64_t planet_id, int64_t account_id,
                                       int64_t rank, struct str unit, int64_t count,
                                       struct term *ret);
/* Recompute what the access query reads (live_ends_at, live_state) from grants and their events.
 * Says how many rows were not as they should be. */
MUST_USE enum err grants_rebuild(struct cx *cx, int64_t planet_id, int64_t *ret_changed);

/* Term arithmetic: end of `count` units from `from`, by the calendar of a zone (clamped months; 'once' gives DB_NULL;
 *  a day is 24 hours). anchor_day counts only while the chain keeps to it. */
int64_t term_end(const struct zone *z, int64_t from, struct str unit, int64_t count);
int64_t term_end_anchored(const struct zone *z, int64_t from, struct str unit, int64_t count, int anchor_day);
/* day, month, year, once with a count that makes sense? */
bool term_ok(struct str unit, int64_t count);

#endif
