/* What bill.c and bill_list.c share. */
#ifndef NODE_MONEY_BILL_INT_H
#define NODE_MONEY_BILL_INT_H

#include "node/money/bill.h"
#include "node/money/bill_sql.h"

/* Without lines. */
void bill_from(struct cx *cx, const struct bill_row *row, struct bill *ret);

#endif
