/* The letters of a membership's life: life_remind.c and price_move.c decide when, this says what. */
#ifndef NODE_MONEY_LIFE_LETTER_H
#define NODE_MONEY_LIFE_LETTER_H

#include "node/money/life.h"

enum life_news {
    NEWS_ENDS_SOON,    /* −14 and −3 days */
    NEWS_ENDS_TODAY,
    NEWS_ENDED,        /* +7 days */
    NEWS_TRIAL_ENDS,   /* −3 days */
    NEWS_PAST_DUE,     /* days 0, 3, 6 */
    NEWS_EXPIRED,      /* the provider gave up, or grace is over */
    NEWS_PRICE,        /* another price is announced */
};
/* Inside a transaction. once: what tells this letter from the others of its kind. until: the day that it speaks
 * of. */
MUST_USE enum err life_letter(struct cx *cx, const struct life *l, enum life_news news, int64_t until,
                              struct str once);

#endif
