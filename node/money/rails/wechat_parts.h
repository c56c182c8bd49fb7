/* The parts of WeChat Pay's adapter: wechat.c (payments, refunds, messages), wechat_setup.c
 * (connecting), wechat_bill.c (their own books). */
#ifndef NODE_MONEY_RAIL_WECHAT_PARTS_H
#define NODE_MONEY_RAIL_WECHAT_PARTS_H

#include "node/money/rails/wechat.h"
#include "node/money/rails/wechat_talk.h"

enum wx_trade { WX_NATIVE, WX_H5, WX_JSAPI };

extern const struct rail_field wx_fields[];
enum err wx_check(struct cx *cx, struct rail_value *values, size_t n);
enum err wx_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);
enum err wx_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                 enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);
/* ERR_CONFLICT with a sentence for what they answered. */
enum err wx_refused(struct cx *cx, const struct wx_answer *a);

/* A day's bill (CSV with a backtick before each value): what they kept of each payment. ERR_INVALID when
 * a column is missing or a line is broken. */
MUST_USE enum err wx_bill_read(struct cx *cx, struct str csv,
                               enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);

#endif
