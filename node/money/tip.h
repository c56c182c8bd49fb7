/* Tips (赞赏): money for nothing (P35).
 *
 * Anybody who reads a post whole, or a comment of one of the planet's authors, may say thank you with an amount of their
 * own between the owner's least and most. It gives no right and is not given back by a button. All money of a
 * planet goes to its owner, so what members and people elsewhere write takes none. The giver's name and words stand below
 * the post if they want it; who gave is known to the owner in any case. */
#ifndef NODE_MONEY_TIP_H
#define NODE_MONEY_TIP_H

#include "node/money/order.h"
#include "node/money/quote.h"
#include "node/talk/comment.h"

enum { TIP_RULES_MAX = 8, TIP_WORDS_MAX = 200 };

struct tip_rule { struct money least, most; };
/* By currency; none: the planet takes no tips. Everybody may know. */
MUST_USE enum err tip_rules(struct cx *cx, int64_t planet_id, struct tip_rule *ret, size_t *ret_n); /* TIP_RULES_MAX */
/* The planet's owner; n 0: no tips. ERR_INVALID: least above most, nothing, a currency twice. */
MUST_USE enum err tip_rules_set(struct cx *cx, int64_t planet_id, const struct tip_rule *rules, size_t n);

struct tip_ask {
    int64_t account_id, post_id, comment_id; /* comment_id 0: the post */
    struct money amount;
    struct str words;
    bool named;
    const char *rail;
    int64_t agreed;       /* the total that was shown, with tax on top; 0: it was said to be the amount itself */
};
/* May the viewer tip that, and whom? ERR_UNSUPPORTED: no tips here; ERR_FORBIDDEN: not readable for them, banned;
 * ERR_INVALID: one's own, or not an author's. ERR_NOT_FOUND. */
MUST_USE enum err tip_may(struct cx *cx, const struct post *post, int64_t comment_id, int64_t *ret_to);
/* What it costs in all. ERR_INVALID with a sentence: below the least, above the most, not this currency. */
MUST_USE enum err tip_quote(struct cx *cx, const struct tip_ask *ask, struct quote *ret);
/* Order it. As tip_may and tip_quote; ERR_CONFLICT: not what was agreed; ERR_RATE_LIMITED. */
MUST_USE enum err tip_give(struct cx *cx, const struct tip_ask *ask, struct order *ret);
/* Of an order of the viewer's, for its page. */
MUST_USE enum err tip_of_order(struct cx *cx, int64_t order_id, int64_t *ret_post_id, int64_t *ret_comment_id);

struct tip {
    int64_t order_id, post_id, comment_id, account_id, paid_at;
    struct money money;
    struct str number, state, name, words, title, slug; /* title, slug: of the post */
    bool named, hidden;
};
/* Those below a post that may be shown, newest first; with a full pass only. */
enum { TIPS_SHOWN = 50 };
MUST_USE enum err tip_list(struct cx *cx, const struct post *post, const struct access_pass *pass, struct tip **ret,
                           size_t *ret_n);
/* All that were paid, newest first; before_id 0: from the newest. The planet's owner. */
MUST_USE enum err tip_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit, struct tip **ret,
                                     size_t *ret_n);
/* Name and words off the page, or back again. Owner, partner, moderator. */
MUST_USE enum err tip_hide(struct cx *cx, int64_t planet_id, int64_t order_id, bool hide);

/* Inside a transaction, for order_apply: it was paid; or its money went back or came again, and the page is another. */
MUST_USE enum err tip_paid(struct cx *cx, int64_t order_id);
MUST_USE enum err tip_changed(struct cx *cx, int64_t order_id);

#endif
