/* Inside node/money only: what transfer.c and transfer_decide.c share. */
#ifndef NODE_MONEY_TRANSFER_INT_H
#define NODE_MONEY_TRANSFER_INT_H

#include "node/money/transfer.h"
#include "node/money/transfer_sql.h"

struct transfer transfer_from(const struct transfer_row *r);
/* By the order's number, for nobody in particular. */
MUST_USE enum err transfer_read(struct cx *cx, struct str order_number, struct transfer *ret);
/* Inside a transaction: what was opened before the payment was certain is closed again. */
MUST_USE enum err transfer_close(struct cx *cx, const struct transfer *t, const char *reason);
/* A bank's reference as it is compared: upper case, letters and digits only; STR_NULL: too little. */
struct str transfer_ref(struct cx *cx, struct str typed);
/* Fills same_picture, same_ref, used_before. */
MUST_USE enum err transfer_warn(struct cx *cx, struct transfer *t);

#endif
