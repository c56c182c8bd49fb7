/* Gifts (赠送会员): a membership that somebody pays and somebody else redeems (P37).
 *
 * The buyer's order is of kind "gift": paid, it gives no right but makes the gift's code good for a year and
 * more. The code looks like a redeem code and is typed in the same box; its link is /gift/CODE. The term
 * begins at redemption, or at the end of what the account has. The grant names the buyer's order, so a
 * refund or a dispute reaches it there, too. A paid gift holds its seat. */
#ifndef NODE_MONEY_GIFT_H
#define NODE_MONEY_GIFT_H

#include "node/money/order.h"
#include "node/money/redeem.h"

enum { GIFT_NAME_MAX = 60, GIFT_WORDS_MAX = 300, GIFT_MONTHS = 24 };

struct gift {
    int64_t id, order_id, planet_id, buyer_id, tier_id, paid_at;
    int64_t redeem_until, redeemed_by, redeemed_at, grant_id;   /* DB_NULL: not paid; not redeemed */
    int64_t refund_asked_at;        /* DB_NULL: not */
    int64_t total;                  /* what was paid for it */
    struct str number, state;       /* of the order: paid … */
    struct str tier_name, unit; int64_t count;
    struct str to_name, words;
    struct str code;                /* as people type it; STR_NULL but for the buyer while it can be redeemed */
};

/* Inside a transaction, for order_place: the gift of an order just made. */
MUST_USE enum err gift_make(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t buyer_id,
                            int64_t tier_id, struct str to_name, struct str words);
/* Inside a transaction, for order_apply: its order was paid. Its buyer is told. */
MUST_USE enum err gift_paid(struct cx *cx, int64_t order_id);

/* What one has bought for others, newest first. The buyer alone. */
MUST_USE enum err gift_list(struct cx *cx, int64_t account_id, struct gift **ret, size_t *ret_n);
/* Of an order of the viewer's. */
MUST_USE enum err gift_of_order(struct cx *cx, struct str number, struct gift *ret);
/* Of a planet, for its owner, newest first, before that one (0: from the newest); without the codes. */
MUST_USE enum err gift_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct gift **ret, size_t *ret_n);
/* What stands behind a code, for the page of its link: good, redeemed, run out. No code in it. Limited like
 * redeeming: ERR_NOT_FOUND, ERR_RATE_LIMITED. */
MUST_USE enum err gift_look(struct cx *cx, struct str typed, struct str ip, struct gift *ret);
/* May its buyer have the money back: paid, not redeemed, not asked for yet. */
bool gift_may_refund(const struct gift *g);
/* Its buyer wants the money back: all of it, by the order's rail, and nobody redeems the gift from now on.
 * ERR_CONFLICT: redeemed, asked already, or nothing was paid. */
MUST_USE enum err gift_refund(struct cx *cx, struct str number);

/* For code_redeem, inside its transaction: *ret_found is false when no gift has this hash. Errors as
 * there. */
MUST_USE enum err gift_redeem(struct cx *cx, int64_t account_id, struct str hash, bool *ret_found,
                              struct redeemed *ret);

#endif
