/* Money back (退款): who may have it, on its way, arrived or not (P30, P31).
 *
 *     requested → sent → succeeded | failed        declined, withdrawn: nothing was sent
 *
 * A member has one button: within seven days of the first payment in a planet it gives the whole amount
 * back the way it was paid, at once; otherwise it asks the owner. What the order gave is suspended when
 * the money is sent and taken when it has arrived (order_apply); further renewals are stopped. A refund
 * that the provider could not make is the owner's to pay by hand and to record; or it is given up, and
 * what the order gave goes on with the lost time added.
 *
 * Every refund of an order is a row, those that were made at the provider's own pages too. Rights are
 * asked here: the buyer, or the planet's owner. */
#ifndef NODE_MONEY_REFUND_H
#define NODE_MONEY_REFUND_H

#include "node/money/order.h"

enum { REFUND_WORDS_MAX = 500, REFUND_DAYS = 7, REFUND_POST_HOURS_MAX = 24, REFUND_A_YEAR = 3 };

struct refund {
    int64_t id, planet_id, order_id, account_id;
    int64_t call_id, decided_by, created_at, sent_at, ended_at; /* DB_NULL: none, nobody, not yet */
    struct str number;               /* of the order */
    struct str order_kind, rail;
    struct str kind;                 /* button, gift, asked, owner, rule, rail (made at the provider) */
    struct str state;                /* requested, sent, succeeded, failed, declined, withdrawn */
    struct money amount;
    bool ends;                       /* what the order gave ends with it */
    bool by_hand;                    /* paid outside */
    struct str asked, said, why;     /* words of who asked, of who decided; why it failed */
    struct str name, username;       /* of who bought */
};

/* ---- the member ---- */

enum refund_door {
    REFUND_NO,      /* why says so; NULL: there is nothing to give back */
    REFUND_WAITS,   /* one is requested or on its way */
    REFUND_NOW,     /* one click */
    REFUND_ASK,     /* the owner decides; why says why the button isn't there */
};
struct refund_offer {
    enum refund_door door;
    struct money amount;             /* all that is left, by the rail */
    int64_t credit;                  /* comes back as credit beside it */
    int64_t until;                   /* of NOW: the last moment; DB_NULL: while it isn't redeemed */
    const char *why;                 /* N_() */
    bool renews;                     /* a renewal would be stopped with it */
};
/* What the button of this order does for its buyer at this moment. Nothing is changed. */
MUST_USE enum err refund_offer(struct cx *cx, const struct order *o, struct refund_offer *ret);
/* The button: REFUND_NOW only, else ERR_CONFLICT with the sentence. Access ends with it. The call to the
 * provider is written down and made by its job, or at once by rail_call_make(ret->call_id). */
MUST_USE enum err refund_mine(struct cx *cx, struct str number, struct refund *ret);
/* Ask the owner, with words. REFUND_ASK only. Once an order. */
MUST_USE enum err refund_request(struct cx *cx, struct str number, struct str words, struct refund *ret);
/* Think again, while the owner hasn't decided. */
MUST_USE enum err refund_withdraw(struct cx *cx, int64_t id);
/* Of an order, oldest first. Its buyer or the owner. */
MUST_USE enum err refund_of_order(struct cx *cx, int64_t order_id, struct refund **ret, size_t *ret_n);

/* ---- the owner ---- */

/* What giving this much back would do (0: all that is left): shown before it is confirmed. */
struct refund_preview {
    struct money amount, left, fee;  /* fee: what the provider kept of this order, and usually keeps; 0:
                                        not known (yet) */
    int64_t credit;                  /* comes back as credit; only when all is given back */
    bool by_rail;                    /* false: by hand only */
    bool whole;                      /* ends what the order gave, whatever is chosen */
    bool ends;                       /* there is something running that can be ended */
    bool renews;
    bool disputed;                   /* no: the provider decides now */
};
MUST_USE enum err refund_preview(struct cx *cx, struct str number, int64_t amount,
                                 struct refund_preview *ret);
struct refund_give {
    struct str number;
    int64_t amount;                  /* 0: all that is left */
    bool keeps;                      /* of a part: what the order gave goes on */
    bool by_hand;                    /* it was paid outside; it is only recorded */
    struct str words;                /* for the buyer; may be empty */
};
MUST_USE enum err refund_give(struct cx *cx, const struct refund_give *g, struct refund *ret);
/* Decide about a request. amount 0: all that is left. */
MUST_USE enum err refund_approve(struct cx *cx, int64_t id, int64_t amount, bool keeps, bool by_hand,
                                 struct str words, struct refund *ret);
MUST_USE enum err refund_decline(struct cx *cx, int64_t id, struct str words);
/* Of a failed one: it was paid by hand; try the provider once more; give it up, and what the order gave
 * goes on with the lost time added. */
MUST_USE enum err refund_by_hand(struct cx *cx, int64_t id, struct str words);
MUST_USE enum err refund_retry(struct cx *cx, int64_t id, struct refund *ret);
MUST_USE enum err refund_give_up(struct cx *cx, int64_t id, struct str words);

MUST_USE enum err refund_by_id(struct cx *cx, int64_t id, struct refund *ret);
enum refund_list { REFUND_OPEN, REFUND_ALL }; /* open: requested and failed first of all, then sent */
MUST_USE enum err refund_list_of_planet(struct cx *cx, int64_t planet_id, enum refund_list which,
                                        int64_t before_id, int limit, struct refund **ret, size_t *ret_n);
/* How many wait for the owner: requested and failed. */
MUST_USE enum err refund_waiting(struct cx *cx, int64_t planet_id, int64_t *ret);

struct refund_rule { int64_t post_hours; }; /* an opened single post can be given back so long; 0: not */
MUST_USE enum err refund_rule_of(struct cx *cx, int64_t planet_id, struct refund_rule *ret);
MUST_USE enum err refund_rule_set(struct cx *cx, int64_t planet_id, const struct refund_rule *rule);

/* ---- for other parts of node/money; rights are the caller's ---- */

struct refund_new {
    int64_t order_id;
    const char *kind;                /* gift, rule … */
    int64_t amount;                  /* 0: all that is left */
    bool keeps, by_hand;
    struct str said;
    int64_t decided_by;              /* DB_NULL: nobody */
    int64_t row_id;                  /* a row that is there already; 0: a new one */
};
/* Inside a transaction. ERR_CONFLICT: one is under way, or nothing can be given back now. What needs no
 * provider (credit alone, by hand) has succeeded when it returns. ERR_UNSUPPORTED: by hand only. */
MUST_USE enum err refund_send(struct cx *cx, const struct refund_new *r, int64_t *ret_id);
/* Inside a transaction: it must go back, and the way it came can't do it: the owner is told to pay it by hand, as of one
 * that failed. What the order gave is suspended with it. */
MUST_USE enum err refund_owe(struct cx *cx, const struct refund_new *r, int64_t *ret_id);
/* Inside order_apply's transaction: the order has that much given back now. */
MUST_USE enum err refund_arrived(struct cx *cx, int64_t order_id, int64_t refunded);
/* Inside a transaction: the provider does not take the call of a refund; it is tried on. The owner hears it once. */
MUST_USE enum err refund_call_hangs(struct cx *cx, int64_t call_id, struct str why);
/* Has the refund of this call arrived? known: there is a row for it. */
MUST_USE enum err refund_of_call(struct cx *cx, int64_t call_id, bool *ret_known, bool *ret_arrived);
/* Inside a transaction: how the call to the provider ended. ref STR_NULL: unsaid. */
MUST_USE enum err refund_call_ended(struct cx *cx, int64_t call_id, bool failed, struct str ref, struct str why);
/* Inside a transaction: a refund that the provider had taken did not arrive after all: named by the key of our
 * call or by the provider's own name of it; either may be STR_NULL. *ret_known false: none of ours. */
MUST_USE enum err refund_lost(struct cx *cx, int64_t planet_id, struct str key, struct str ref, struct str why,
                              int64_t rail_at, bool *ret_known);

#endif
