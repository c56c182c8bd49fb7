/* Calls that change something at a provider (P22): a row in pay_outbox before the call, its idempotency key
 * in the row, the job pay.call behind it. Whoever waits for it calls it at once with rail_call_make;
 * a crash at any moment leaves the row, and the job makes the call, or makes it again with the same
 * key. */
#ifndef NODE_MONEY_RAIL_CALL_H
#define NODE_MONEY_RAIL_CALL_H

#include "node/money/rail.h"

struct subscription;

struct rail_call_new {
    int64_t planet_id;
    const struct pay_rail *rail;
    const char *step;              /* checkout, capture, close, refund, cancel, resume, end, drop, reprice, agreed */
    int64_t order_id;              /* DB_NULL: none */
    int64_t subscription_id;       /* DB_NULL: none */
    int64_t unmatched_id;          /* of refund: money of the tray (tray.h), with neither of these; 0: none */
    /* What tells this call from others of the same order and step; "" for the only one. The key is
     * made of order (or subscription), step and group: put the same again, and it is the same call. */
    struct str group;
    int64_t amount;                /* of refund; DB_NULL: none */
    int64_t price_id;              /* of reprice and agreed; 0: none */
    const struct rail_visit *visit; /* of checkout; NULL: nothing known */
    int wait_s;                    /* the job leaves it so long to who put it */
};
/* Inside a transaction. A call with this key is there already: its id, OK. */
MUST_USE enum err rail_call_put(struct cx *cx, const struct rail_call_new *c, int64_t *ret_id);

struct rail_call {
    int64_t id, order_id, subscription_id, tries, created_at, ended_at;
    struct str step, state;        /* new, calling, done, failed */
    struct str answer, error;      /* JSON; STR_NULL */
};
MUST_USE enum err rail_call_by_id(struct cx *cx, int64_t id, struct rail_call *ret);
/* Make it now, unless it is done; outside of transactions. ERR_BUSY: somebody else is at it.
 * ERR_UPSTREAM and the like: the job will try again. Another error is final: state failed, sentence in
 * cx->tell. */
MUST_USE enum err rail_call_make(struct cx *cx, int64_t id);
enum job_verdict rail_call_run(struct cx *cx, const struct job *job);

/* For fetch_state of an adapter, outside of transactions: the buyer has approved, take the money. ERR_CONFLICT with a
 * sentence: the rail can't take it so; the buyer may approve another way. ERR_BUSY: somebody else is at it. */
MUST_USE enum err rail_call_capture(struct cx *cx, const struct order *o);

/* Inside a transaction: an order that its buyer gave up; its rail is told, if it wants to know. */
MUST_USE enum err rail_close(struct cx *cx, const struct order *o);
/* Ask for money back by the order's rail: all that is left (amount 0) or a part of it. Rights are the
 * caller's. One at a time: ERR_CONFLICT while one is under way. The order's state follows the rail. */
MUST_USE enum err rail_refund(struct cx *cx, struct str order_number, int64_t amount, int64_t *ret_call_id);
/* Where its buyer fetches money that was given back and doesn't come by itself. ERR_NOT_FOUND: it does, or none
 * was given back, or the viewer is somebody else. */
MUST_USE enum err rail_claim_of(struct cx *cx, const struct order *o, struct str *ret_url);
/* Where its payer agrees to the price that its further terms shall cost, while the provider waits for that.
 * ERR_NOT_FOUND: nobody waits, or the viewer is somebody else. */
MUST_USE enum err rail_agree_of(struct cx *cx, const struct subscription *s, struct str *ret_url);
/* No further renewal of a subscription, or after all. A newer such call overtakes an older one that was not made yet. */
MUST_USE enum err rail_renewal(struct cx *cx, int64_t subscription_id, bool resume, int64_t *ret_call_id);
/* Inside a transaction: nothing further is charged for what this account has in the planet, by whatever subscription; but for
 * the one that but_order began (0: all). What is paid for stays. */
MUST_USE enum err rail_renewals_stop(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t but_order);
/* What becomes of a subscription when its further terms shall cost another price (P33). */
enum rail_moves {
    RAIL_MOVES,     /* the provider takes the new price by itself */
    RAIL_MOVES_ASKS,/* the payer is written to, and has to agree at the provider; else it ends with a paid term */
    RAIL_MOVES_ENDS,/* the provider can't: it ends with the term that is paid, the next is paid by hand */
};
MUST_USE enum err rail_moves(struct cx *cx, const struct subscription *s, const struct price *to, enum rail_moves *ret);
/* Inside a transaction: further terms of a subscription cost this from the next one on; 0: what its first order
 * cost. why tells this change from others: put again with the same why it is the same call. *ret_call_id DB_NULL: nobody
 * is to be called. */
MUST_USE enum err rail_reprice(struct cx *cx, int64_t subscription_id, int64_t price_id, struct str why, int64_t *ret_call_id);

/* The provider's own page of a subscription of the viewer, to change the card or read invoices. Waits for
 * the provider; changes nothing, so nothing is written down. ERR_UNSUPPORTED: it has none. */
MUST_USE enum err rail_portal(struct cx *cx, int64_t subscription_id, struct str return_url, struct str *ret_url);

#endif
