/* A higher tier at once, a lower one at the end of the term (P29).
 *
 * What was paid for the rest of the running terms is taken off the new price:
 *     credit = ceil(net paid × seconds left ÷ seconds of the term)
 * of each bought term; what was given, redeemed or tried counts nothing. Credit beyond the new price buys
 * further days at it, or, for life, becomes the member's credit. The old terms end when the order is paid. */
#ifndef NODE_MONEY_UPGRADE_H
#define NODE_MONEY_UPGRADE_H

#include "node/money/order.h"

enum { UPGRADE_PARTS = 32 };

struct upgrade_part { int64_t grant_id, ends_at, credit; };
struct upgrade {
    struct price price;
    struct tier tier;
    int64_t unused;               /* credit for what is left, all of it */
    int64_t nominal_ms, extra_ms; /* length of the term; further days that the rest of the credit buys */
    int64_t ends_at;              /* DB_NULL: for life */
    struct upgrade_part parts[UPGRADE_PARTS]; size_t n_parts;
};
/* What it would be now. ERR_CONFLICT with a sentence: no member, not higher, no such way (from life to a term). */
MUST_USE enum err upgrade_of(struct cx *cx, int64_t account_id, int64_t price_id, struct upgrade *ret);
/* Would something be left to count? What who simply wants that price gets, then, on the page and in the API (not as a
 * gift, and not with a coupon, which can't be had with it). False, too, where upgrade_of has a reason against it. */
MUST_USE enum err upgrade_counts(struct cx *cx, int64_t account_id, int64_t price_id, bool *ret);
/* To order it: order_place with kind "upgrade". Its parts: */

/* Inside a transaction. Keeps with the order what it takes into account. */
MUST_USE enum err upgrade_keep(struct cx *cx, int64_t order_id, const struct upgrade *u);
/* Inside a transaction, when it is paid: its term, from now on. *ret_stands false: what it counted on has
 * changed meanwhile, nothing is done. */
MUST_USE enum err upgrade_term(struct cx *cx, const struct order *o, bool *ret_stands, struct term *ret);
/* Inside a transaction, behind the new grant: the old terms end, their renewals too. */
MUST_USE enum err upgrade_done(struct cx *cx, const struct order *o);

/* The grants that rest on the money of an order: its own, and those of upgrades that took over what was left of
 * them. In cx->arena. Who has that money back has none of these. */
MUST_USE enum err upgrade_grants(struct cx *cx, int64_t order_id, struct grant **ret, size_t *ret_n);
/* Has a paid upgrade taken over what was left of this order? */
MUST_USE enum err upgrade_took(struct cx *cx, int64_t order_id, bool *ret);

/* From the next term on, a lower tier (or the same at another offered price). price_id 0: as it is after all.
 * With a subscription, the provider is told (*ret_call_id, DB_NULL: nobody), if it can change prices; else that it
 * ends with this term. */
MUST_USE enum err downgrade_plan(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t price_id,
                                 int64_t *ret_call_id);

#endif
