/* Coupons (优惠券): a word that makes memberships cheaper (P38).
 *
 * A percentage or a fixed amount for each currency; for the first term, for n terms, or for all that
 * follow; one coupon an order. A use is reserved when the order is made, consumed when it is paid and
 * free again when it is given up: all three follow from the order's state, as with seats. */
#ifndef NODE_MONEY_COUPON_H
#define NODE_MONEY_COUPON_H

#include "node/planet/planet.h"

enum { COUPON_AMOUNTS_MAX = 8, COUPON_TIERS_MAX = 16, COUPON_CODE_MAX = 24 };

struct coupon_amount {
    char cur[4];
    int64_t off;        /* 0 when the coupon is a percentage */
    int64_t min_total;  /* the list price is at least this */
};
struct coupon {
    int64_t id, planet_id, created_at, created_by; /* created_by DB_NULL: the program */
    struct str code, note;         /* code: upper case letters, digits, hyphens */
    int64_t percent_bp;            /* hundredths of a percent; DB_NULL: by amounts */
    int64_t periods;               /* terms; DB_NULL: all that follow */
    int64_t total_max, account_max; /* total_max DB_NULL: any number */
    int64_t expires_at, ended_at;  /* DB_NULL: never; not ended */
    struct coupon_amount amounts[COUPON_AMOUNTS_MAX]; size_t n_amounts;
    int64_t tiers[COUPON_TIERS_MAX]; size_t n_tiers;  /* none: every tier */
    int64_t n_taken, n_open;       /* consumed; reserved at this moment */
};

/* The planet's owner. From c: code (empty: one is made up), note, percent_bp or amounts, periods,
 * total_max, account_max, expires_at, tiers. ERR_INVALID with a sentence; ERR_CONFLICT: the code is
 * taken. */
MUST_USE enum err coupon_create(struct cx *cx, int64_t planet_id, const struct coupon *c,
                                struct coupon *ret);
/* The owner; newest first, before that one (0: from the newest). */
MUST_USE enum err coupon_list(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct coupon **ret, size_t *ret_n);
MUST_USE enum err coupon_by_id(struct cx *cx, int64_t planet_id, int64_t id, struct coupon *ret);
/* Nobody can use it from now on; whoever has it for further terms keeps it. */
MUST_USE enum err coupon_end(struct cx *cx, int64_t planet_id, int64_t id);

/* ---- for quote.c and order.c ---- */

/* What somebody typed, as it is kept: trimmed, upper case. */
struct str coupon_fold(struct arena *a, struct str typed);
struct coupon_fit {
    int64_t coupon_id;   /* DB_NULL: none */
    struct str code;
    int64_t discount;
    int64_t terms_left;  /* after this one; DB_NULL: all. For rails that renew by themselves */
    bool first;          /* takes one of the count */
};
/* May this account (0: a visitor) use it for that, and what does it take off? Orders of its own that are
 * still open don't count: a new one takes their place. ERR_INVALID with a sentence: not here, not for this,
 * run out, used up. */
MUST_USE enum err coupon_fit(struct cx *cx, int64_t planet_id, int64_t tier_id, int64_t account_id,
                             struct money list, struct str typed, struct coupon_fit *ret);
/* The one that an earlier order brought and that reaches this term, too; coupon_id DB_NULL: none. */
MUST_USE enum err coupon_running(struct cx *cx, int64_t planet_id, int64_t tier_id,
                                 int64_t account_id, struct money list, struct coupon_fit *ret);
/* For rails that renew by themselves: what an order's coupon takes off, and how many terms after that of the
 * order it does so. coupon_id DB_NULL: none. */
MUST_USE enum err coupon_of_order(struct cx *cx, int64_t order_id, struct coupon_fit *ret);
/* Inside a transaction: the order has it. */
MUST_USE enum err coupon_reserve(struct cx *cx, int64_t order_id, int64_t account_id,
                                 const struct coupon_fit *fit);
/* For money that comes for an order that was given up: have other orders meanwhile used the coupon as often as its
 * account may, or taken or reserved the last of its count? *ret false then. */
MUST_USE enum err coupon_stands(struct cx *cx, int64_t order_id, bool *ret);

#endif
