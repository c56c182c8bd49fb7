/* Money that fits no order (P8, P24): it came to the owner's account at the provider, and no order could take it.
 * It stands in the books from the moment that it came (clearing:<rail> against held:unmatched), so that
 * they say what lies at the provider; each decision of the owner moves it on from there.
 *
 * What isn't money that came here (test money, another merchant's, a refund that doesn't fit) lies in the
 * tray, too, and in no book: it can only be settled. */
#ifndef NODE_MONEY_TRAY_H
#define NODE_MONEY_TRAY_H

#include "node/money/rail.h"

struct unmatched {
    int64_t id, planet_id, rail_event_id, created_at;
    struct str reason, order_number; /* order_number STR_NULL: said none */
    struct money amount;
    struct str rail, rail_ref;   /* STR_NULL: not known */
    struct str state;            /* open, assigned, refunding, refunded, kept, settled */
    struct str note;             /* why giving it back failed; STR_NULL */
    bool booked;                 /* it is money that came here */
    int64_t settled_at, order_id, txn_id; /* DB_NULL: none; order_id: assigned to */
};
/* Those that wait, oldest first. For the planet's owner, like all below. */
MUST_USE enum err unmatched_list(struct cx *cx, int64_t planet_id, int64_t after_id, int limit,
                              struct unmatched **ret, size_t *ret_n);
/* The latest that were decided. */
MUST_USE enum err unmatched_decided(struct cx *cx, int64_t planet_id, int limit, struct unmatched **ret, size_t *ret_n);
MUST_USE enum err unmatched_by_id(struct cx *cx, int64_t planet_id, int64_t id, struct unmatched *ret);
/* How many wait. */
MUST_USE enum err unmatched_count(struct cx *cx, int64_t planet_id, int64_t *ret);

/* Each of these once: ERR_CONFLICT when it was decided already, ERR_NOT_FOUND when it isn't there. */

/* A membership for it: a new order over just this amount, paid with it. tier_id DB_NULL: what the order that it
 * names would have given, a single post included. */
struct tray_assign { int64_t account_id, tier_id; struct str unit; int64_t count; };
MUST_USE enum err tray_assign(struct cx *cx, int64_t planet_id, int64_t id, const struct tray_assign *to, struct order *ret);
/* Back to where it came from. Writes the call down (rail_call.h); whoever waits makes it with rail_call_make.
 * ERR_UNSUPPORTED: this provider can't, do it by hand and settle it. */
MUST_USE enum err tray_refund(struct cx *cx, int64_t planet_id, int64_t id, int64_t *ret_call_id);
/* Kept as a tip. */
MUST_USE enum err tray_keep(struct cx *cx, int64_t planet_id, int64_t id);
/* Dealt with outside: given back by hand. */
MUST_USE enum err unmatched_settle(struct cx *cx, int64_t planet_id, int64_t id);

/* ---- for the rails ---- */

/* Inside a transaction. The same payment with the same fault is put once, if it is money that came here. */
MUST_USE enum err tray_put(struct cx *cx, int64_t planet_id, struct str rail, const struct order_change *change,
                           struct str number, const char *reason);
/* Inside a transaction: a provider tells of a payment that lies or lay in the tray. Assigned: its order's number
 * goes to s. Else *ret_taken: that's all there is to do. */
MUST_USE enum err tray_told(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s,
                            int64_t event_id, bool *ret_taken);
/* The order that a call for an item of the tray is told of: with its amount, and no id. */
MUST_USE enum err tray_order(struct cx *cx, int64_t id, struct order *ret);
/* Inside a transaction: how giving it back went. FAILED: it waits again, with the reason. */
MUST_USE enum err tray_given_back(struct cx *cx, int64_t id, const struct rail_refunded *how);

#endif
