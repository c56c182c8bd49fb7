/* Invitations (邀请): each member's own link, and the reward when somebody who came by it pays (P39).
 *
 * The link is /@planet/i/CODE (or ?r=CODE on the joining page); the browser keeps it for 30 days, the first
 * one counts. A first payment by it makes a referral: pending until the money has stood the rule's days,
 * then given as days of membership or as credit; void when the order was refunded or lost meanwhile, taken
 * back when that happens later. Nobody is rewarded for himself (same.h). */
#ifndef NODE_MONEY_INVITE_H
#define NODE_MONEY_INVITE_H

#include "node/event.h"
#include "node/planet/planet.h"

enum { INVITE_CODE_CHARS = 10, INVITE_DAYS = 30, REFERRAL_AMOUNTS_MAX = 8, REFERRAL_WAIT_MIN = 7 };

struct invite { int64_t planet_id, account_id; struct str code, name, username; };
/* The viewer's own, made when first asked for. ERR_FORBIDDEN: no member of the planet. */
MUST_USE enum err invite_mine(struct cx *cx, int64_t planet_id, int64_t account_id,
                              struct invite *ret);
/* ERR_NOT_FOUND: no such code, or its holder is no member any more. */
MUST_USE enum err invite_by_code(struct cx *cx, struct str code, struct invite *ret);
/* Of the codes that a browser keeps ("A.B.C"), the one of this planet that may count for this account (0: a
 * visitor). *ret_found false: none. */
MUST_USE enum err invite_choose(struct cx *cx, int64_t planet_id, int64_t account_id,
                                struct str codes, bool *ret_found, struct invite *ret);

enum reward { REWARD_NONE, REWARD_DAYS, REWARD_CREDIT };
struct referral_rule {
    enum reward reward;
    int64_t days;                    /* of membership */
    int64_t wait_days;               /* at least REFERRAL_WAIT_MIN: the refund window */
    struct money amounts[REFERRAL_AMOUNTS_MAX]; size_t n_amounts; /* of credit, by what was paid in */
};
MUST_USE enum err referral_rule_of(struct cx *cx, int64_t planet_id, struct referral_rule *ret);
/* The planet's owner. For payments from now on. */
MUST_USE enum err referral_rule_set(struct cx *cx, int64_t planet_id,
                                    const struct referral_rule *rule);

struct referral {
    int64_t order_id, planet_id, referrer_id, account_id, created_at, due_at; /* due_at DB_NULL: unpaid */
    struct str state;                /* ordered, pending, given, void, taken_back */
    struct str reason;               /* of void */
    int64_t days; struct money amount;
    struct str referrer_name, name;  /* name: of who came */
};
/* The viewer's own in a planet, newest first. */
MUST_USE enum err referral_list(struct cx *cx, int64_t planet_id, int64_t referrer_id,
                                struct referral **ret, size_t *ret_n);
/* Of a planet, for its owner, newest first, before that order (0: from the newest). */
MUST_USE enum err referral_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct referral **ret, size_t *ret_n);

/* ---- inside the transactions of order.c and order_apply.c ---- */

MUST_USE enum err referral_ordered(struct cx *cx, int64_t order_id, int64_t planet_id,
                                   int64_t referrer_id, int64_t account_id);
/* The order was paid: the reward waits, and a job for its day is put. trial: free days have begun, which is no
 * payment yet; the first that follows has the referral moved to it. */
MUST_USE enum err referral_paid(struct cx *cx, int64_t order_id, struct money total, bool trial);
MUST_USE enum err referral_moves(struct cx *cx, int64_t from_order_id, int64_t to_order_id);
/* The order was given back whole, or lost. */
MUST_USE enum err referral_undo(struct cx *cx, int64_t order_id, const char *reason);
/* Job "money.referral", subject: the order. */
enum job_verdict referral_run(struct cx *cx, const struct job *job);

#endif
