/* What refund.c, refund_send.c and refund_tell.c share. */
#ifndef NODE_MONEY_REFUND_INT_H
#define NODE_MONEY_REFUND_INT_H

#include "node/money/refund.h"
#include "node/money/refund_sql.h"

struct refund refund_from(const struct refund_row *r);
/* Without asking who looks. */
MUST_USE enum err refund_by_id_unasked(struct cx *cx, int64_t id, struct refund *ret);
MUST_USE enum err refund_last(struct cx *cx, int64_t order_id, struct refund *ret);
/* Inside a transaction: what was suspended when the money was sent goes on. */
MUST_USE enum err refund_rights_back(struct cx *cx, int64_t order_id);
/* Inside a transaction: mail and notice by the state that it is in. Owners hear of requested and failed. */
MUST_USE enum err refund_tell_buyer(struct cx *cx, const struct refund *r);
MUST_USE enum err refund_tell_owner(struct cx *cx, const struct refund *r);

#endif
