/* What something costs, line by line, before it is ordered: the one place where a total comes from.
 * Every way of ordering asks it, the page shows its lines, and the order keeps its sums. */
#ifndef NODE_MONEY_QUOTE_H
#define NODE_MONEY_QUOTE_H

#include "node/money/coupon.h"
#include "node/money/tax.h"
#include "node/planet/planet.h"

enum quote_kind {
    QUOTE_LIST,    /* the price as it is offered */
    QUOTE_COUPON,  /* less: a coupon */
    QUOTE_UNUSED,  /* less: what is left of a running term (an upgrade) */
    QUOTE_POSTS,   /* less: what was paid for single posts (P35) */
    QUOTE_CREDIT,  /* less: the member's own credit */
    QUOTE_TAX,     /* added, or contained */
    QUOTE_TOTAL
};
struct quote_line {
    enum quote_kind kind;
    struct str label;      /* in the reader's language */
    struct money amount;   /* below 0: less */
    bool contained;        /* a tax that the total holds already */
};

struct order;
struct quote_ask {
    int64_t account_id;    /* 0: a visitor */
    int64_t price_id;      /* of a tier; or 0 and these four: */
    int64_t planet_id;
    struct money list;
    struct str label;
    const char *kind;      /* of the order: membership, renewal, upgrade, gift, post, tip … NULL: as the
                              account stands */
    struct str coupon;     /* typed; empty or STR_NULL: none, though one that runs still counts */
    int64_t unused;        /* P29: minor units, already worked out; 0: none */
    bool keep_credit;      /* don't spend the member's credit on this */
    struct str country;    /* chosen on the page and not kept yet; empty or STR_NULL: as the buyer's details say */
    int64_t further_of;    /* a further term of what this order began: the provider takes the same sum again,
                              whatever the rates are now; 0: none */
};
struct quote {
    int64_t planet_id, tier_id, price_id; /* tier and price DB_NULL: none */
    const char *kind;
    struct money list, total;
    int64_t discount, unused, posts, credit, tax; /* credit: the member's own */
    bool tax_contained;
    struct quote_tax taxed;                /* how the tax came about, for the order */
    struct coupon_fit coupon;              /* coupon_id DB_NULL: none */
    struct quote_line lines[7]; size_t n_lines;
};
/* ERR_INVALID with a sentence: the coupon does not fit (ask again without it), no coupons for that kind.
 * offered. ERR_NOT_FOUND: no such price. */
MUST_USE enum err price_quote(struct cx *cx, const struct quote_ask *ask, struct quote *ret);

/* The tax on what is due, by the planet's rules and for this buyer (P43). */
MUST_USE enum err quote_tax_of(struct cx *cx, const struct quote_ask *ask, const struct quote *so_far,
                               struct money due, struct quote_tax *ret);
/* What a further term of an order costs: its list price less a coupon that still runs, with the tax. For providers
 * that renew. */
MUST_USE enum err quote_further(struct cx *cx, const struct order *o, int64_t less, struct money *ret);
/* A price with the tax that comes on top for this account (0: a visitor): for where a price is only named. */
MUST_USE enum err quote_full(struct cx *cx, int64_t planet_id, int64_t account_id, struct money price, struct money *ret);

#endif
