/* The planet's tax on what is due: none, until the owner has entered rates. */
#include "node/money/quote.h"

enum err quote_tax_of(struct cx *cx, const struct quote_ask *ask, const struct quote *so_far,
                      struct money due, struct quote_tax *ret)
{
    (void)cx;
    (void)ask;
    (void)so_far;
    (void)due;
    *ret = (struct quote_tax){.amount = 0};
    return OK;
}
