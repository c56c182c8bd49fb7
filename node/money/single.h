/* Ordering one thing that is no membership (P35, P36): a post, a tip, a question, listening in.
 *
 * post_sale.h, tip.h and question.h have the verbs that people use; this is the part that they share. */
#ifndef NODE_MONEY_SINGLE_H
#define NODE_MONEY_SINGLE_H

#include "node/money/order.h"
#include "node/money/quote.h"

struct single {
    int64_t account_id, planet_id;
    int64_t post_id;       /* DB_NULL: no right to anything comes of it */
    const char *kind;      /* of the order: post, tip, question, listen_in */
    struct money list;
    struct str label;      /* its line in the quote */
    const char *rail;
    /* What the page said that it costs in all; another sum is ERR_CONFLICT, so that nobody pays what they did not
     * see. 0: no page was shown. */
    int64_t agreed;
};

/* What it costs, for its page; account 0: a visitor. */
MUST_USE enum err single_quote(struct cx *cx, const struct single *s, struct quote *ret);
/* Inside a transaction: quoted, allowed and written, state 'new'. ERR_FORBIDDEN: banned. ERR_INVALID: not this
 * way of paying. ERR_CONFLICT: not what was agreed. */
MUST_USE enum err single_order(struct cx *cx, const struct single *s, struct str *ret_number, int64_t *ret_id);

#endif
