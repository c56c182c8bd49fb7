/* Rails: the ways money arrives. Each is a row of a table behind one small interface (P20–P24).
 *
 * rail_receive is the only door for a provider's messages: the signature is checked on the raw
 * bytes, the event stored once (a repeat is OK and does nothing), the order moved, all in one
 * transaction. What the rail tells is the payment as it stood at `at`: an older tale that arrives
 * later is recorded only, so any order of arrival ends in the same state. */
#ifndef NODE_MONEY_RAIL_H
#define NODE_MONEY_RAIL_H

#include "node/money/order.h"

struct rail_header { struct str name, value; };

/* A payment as its rail tells it. */
struct rail_state {
    struct str event_id;      /* unique at this rail */
    struct str order_number;
    enum order_event event;   /* what happened last: PAID, REFUND, DISPUTE … */
    int64_t at;               /* when, by the rail's clock */
    struct money paid;        /* what was paid in all (DISPUTE and REFUND imply it) */
    int64_t refunded;         /* given back so far */
    struct str ref;           /* the rail's name of the payment */
    struct str merchant;      /* whose account the money went to */
    bool live;                /* false: test money */
};

struct pay_rail {
    const char *name;
    const char *label;        /* N_("…") for the button */
    bool (*available)(struct cx *cx, int64_t planet_id);
    /* Make the rail's object; where the buyer goes next. Also says the rail's name of it. */
    enum err (*checkout)(struct cx *cx, const struct order *o, struct str *ret_url,
                         struct str *ret_ref);
    /* Raw bytes and headers to a checked state. ERR_UNAUTHENTICATED: not signed by the rail. */
    enum err (*verify)(struct cx *cx, int64_t planet_id, struct str body, struct str signature,
                       const struct rail_header *headers, size_t n_headers, struct rail_state *ret);
    /* The payment as it stands now, asked of the rail. ERR_UPSTREAM: cannot be reached, use the
     * event's own words. NULL: the rail has no such question. */
    enum err (*fetch_state)(struct cx *cx, const struct order *o, struct rail_state *ret);
    /* Whose money do we take: the planet's merchant name, and is it live? */
    enum err (*merchant)(struct cx *cx, int64_t planet_id, struct str *ret_merchant,
                         bool *ret_live);
};

const struct pay_rail *rail_by_name(struct str name);  /* NULL: no such rail */
/* The rails that can be used here now; n of them into ret (room for max). */
size_t rail_list(struct cx *cx, int64_t planet_id, const struct pay_rail **ret, size_t max);

/* Send the buyer on: order becomes pending, ret_url is where the browser goes. */
MUST_USE enum err rail_checkout(struct cx *cx, struct str order_number, struct str *ret_url);
/* OK: answer 2xx, also for a repeat. ERR_UNAUTHENTICATED, ERR_INVALID: 4xx, nothing stored.
 * ERR_NOT_FOUND: no such rail here. ret_verdict may be NULL. */
MUST_USE enum err rail_receive(struct cx *cx, struct str rail, int64_t planet_id, struct str body,
                               struct str signature, const struct rail_header *headers,
                               size_t n_headers, enum order_verdict *ret_verdict);

/* The fake rail: only with node->dev. Its "provider" is the page /dev/pay/NUMBER of this node,
 * which calls fake_rail_event and hands the result to rail_receive as a provider would. */
#define FAKE_RAIL_PATH "/dev/pay/"
/* event: paid, refund, dispute, dispute_won, dispute_lost, fail, expire. amount: what is paid, or
 * for refund given back so far. Body and signature live in the cx. */
MUST_USE enum err fake_rail_event(struct cx *cx, struct str order_number, struct str event,
                                  int64_t amount, struct str currency, struct str *ret_body,
                                  struct str *ret_signature);
/* The same with everything said, for tests. */
MUST_USE enum err fake_rail_sign(struct cx *cx, const struct rail_state *state,
                                 struct str *ret_body, struct str *ret_signature);

#endif
