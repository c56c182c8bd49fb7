/* Inside WeChat a payment (JSAPI) needs the payer's openid, which WeChat tells after a redirect that asks
 * nothing of the payer (snsapi_base). For the pages. */
#ifndef NODE_MONEY_RAIL_WECHAT_H
#define NODE_MONEY_RAIL_WECHAT_H

#include "node/money/rail.h"

/* Where the browser goes for it; back is the page that gets ?code=…&state=…. STR_NULL: the account has no
 * app secret. Asks nobody. */
struct str wechat_openid_url(struct cx *cx, const struct rail_account *acc, struct str back, struct str state);
/* The code to the openid. Waits for the answer: jobs and the crew only. ERR_INVALID: used up or made up. */
MUST_USE enum err wechat_openid(struct cx *cx, const struct rail_account *acc, struct str code, struct str *ret);

#endif
