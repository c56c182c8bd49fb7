/* The adapters that rail.c lists; each is one file rails/<name>.c. */
#ifndef NODE_MONEY_RAIL_ADAPTERS_H
#define NODE_MONEY_RAIL_ADAPTERS_H

#include "node/money/rail.h"

extern const struct pay_rail rail_wechat;
extern const struct pay_rail rail_alipay;
extern const struct pay_rail rail_fake;
extern const struct pay_rail rail_stripe;
extern const struct pay_rail rail_transfer;
extern const struct pay_rail rail_paypal;
extern const struct pay_rail rail_btcpay;

#endif
