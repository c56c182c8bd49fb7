/* Orders: what somebody buys, and what became of it (P6–P11, P24).
 *
 * order_apply is the only way from one state to the next, driven by one table; what the table does
 * not know, or what comes late, is recorded in order_event and changes nothing. Rights follow from
 * states: paid gives the grant or the post right, a full refund and a lost dispute take it, an open
 * dispute suspends it. All of it in one transaction with the ledger. */
#ifndef NODE_MONEY_ORDER_H
#define NODE_MONEY_ORDER_H

#include "node/event.h"
#include "node/planet/planet.h"

enum order_event {
    ORDER_PENDING,      /* the rail has an object for it */
    ORDER_PAID,
    ORDER_REFUND,       /* amount: all that was given back so far */
    ORDER_REFUND_LOST,  /* a refund came back to us; amount: all that is given back after all */
    ORDER_DISPUTE,
    ORDER_DISPUTE_WON,
    ORDER_DISPUTE_LOST,
    ORDER_EXPIRE,
    ORDER_FAIL,
    ORDER_CANCEL,
    ORDER_EVENT_COUNT
};
const char *order_event_word(enum order_event e);
bool order_event_parse(struct str word, enum order_event *ret);

struct order {
    int64_t id, account_id, planet_id, price_id, tier_id, post_id; /* DB_NULL: none */
    struct str term_unit; int64_t term_count; /* of tier_id */
    struct str number;    /* ULID: 26 upper-case letters and digits */
    struct str kind;      /* membership, renewal, gift, post */
    struct str state; /* new, pending, paid, part_refunded, refunded, disputed, lost, expired,
                         failed, cancelled */
    struct str rail, rail_ref;
    int64_t quantity, list_amount, discount, credit, tax, refunded;
    struct money total;
    int64_t created_at, expires_at, paid_at; /* DB_NULL: none */
    int64_t rail_at;      /* the rail's clock of what is known; DB_NULL: nothing yet */
    int64_t seen_at;      /* since when the rail sees the payment without being sure of it; DB_NULL: it doesn't */
};

/* Order a term of a tier. rail "fake", later the providers; a total of 0 needs none and is paid at
 * once. Kind is renewal when the account has the tier. ERR_CONFLICT: no seat is left,
 * has it for life, has the free one already; ERR_FORBIDDEN: the planet is closed or the account
 * banned; ERR_INVALID: price retired, rail not available; ERR_RATE_LIMITED: 10 a minute. */
MUST_USE enum err order_open(struct cx *cx, int64_t account_id, int64_t price_id, const char *rail,
                             struct order *ret);
/* The same with all that may be said. A coupon that does not fit, and what order_open refuses, are errors.
 * Orders of the same account and planet that are still open and hold its coupon or credit are cancelled: the
 * new one takes their place (what is paid for them late is honoured all the same). */
struct order_ask {
    int64_t account_id, price_id;
    const char *rail;
    struct str coupon;         /* as typed; STR_NULL: none */
    bool keep_credit;          /* don't spend the member's credit */
    struct str invites;        /* codes that the browser kept (invite.h); STR_NULL: none */
    bool gift;                 /* for somebody else (gift.h) */
    struct str gift_to, gift_words;
    const char *kind;          /* NULL: membership or renewal, as the account stands */
    int64_t unused;            /* credit for what is left of a running term (P29) */
};
MUST_USE enum err order_place(struct cx *cx, const struct order_ask *ask, struct order *ret);
/* Free days of a price, once per account, mail address and planet. */
MUST_USE enum err trial_start(struct cx *cx, int64_t account_id, int64_t price_id,
                              int64_t *ret_grant_id);

/* Seats of a tier that are left for this account (0: for somebody else): not those that others hold, have
 * reserved, or were given and not redeemed. DB_NULL: any number. */
MUST_USE enum err order_seats_left(struct cx *cx, int64_t tier_id, int64_t account_id, int64_t *ret);
/* When the clock alone next sets a seat free: the end of a term, of a reservation, of a gift. DB_NULL: never. */
MUST_USE enum err order_seats_next(struct cx *cx, int64_t tier_id, int64_t *ret);

MUST_USE enum err order_by_number(struct cx *cx, struct str number, struct order *ret);
MUST_USE enum err order_by_id(struct cx *cx, int64_t id, struct order *ret);
MUST_USE enum err order_list(struct cx *cx, int64_t account_id, int64_t before_id, int limit,
                             struct order **ret, size_t *ret_n);
MUST_USE enum err order_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id,
                                       int limit, struct order **ret, size_t *ret_n);
/* Of the buyer, while it is new or pending. */
MUST_USE enum err order_cancel(struct cx *cx, struct str number);

struct order_change {
    enum order_event event;
    struct money amount;      /* of PAID and REFUND: checked exactly */
    struct str rail_ref;      /* the rail's name of the payment; STR_NULL: unsaid */
    int64_t rail_event_id;    /* DB_NULL: not from a rail */
    int64_t rail_at;          /* when the rail says that it happened; DB_NULL: now */
    bool held;                /* of PAID: it lies in the tray already (tray.h); refused is ERR_CONFLICT then */
    bool by_hand;             /* of REFUND: not by the rail, the owner paid it outside */
};
enum order_verdict { ORDER_APPLIED, ORDER_RECORDED, ORDER_UNMATCHED };
/* Inside a transaction. Unmatched: the money fits no order and lies in the owner's tray. */
MUST_USE enum err order_apply(struct cx *cx, struct str number, const struct order_change *change,
                              enum order_verdict *ret);
/* Close the orders whose time is over. (Seats do not wait for it: they look at expires_at.) */
MUST_USE enum err order_expire_due(struct cx *cx, int64_t *ret_n);
/* The same as a job, "money.expire" in the wiring table; each order puts one for the time when it
 * expires, so that nobody must look each hour (a node that sleeps would have to wake for it). */
enum job_verdict order_expire_run(struct cx *cx, const struct job *job);

#endif
