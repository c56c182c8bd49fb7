/* From free to paid and back, on the desk: what it would do to whom, then the switch, then what can be given back. */
#ifndef ADMIN_DESK_PAYWALL_H
#define ADMIN_DESK_PAYWALL_H

#include "admin/desk.h"

enum err desk_paywall(struct rq *rq);        /* GET /desk/:planet/tiers/:id/switch, ?to=paid or free */
enum err desk_paywall_do(struct rq *rq);     /* POST the same: do = preview, switch */
enum err desk_paywall_refund(struct rq *rq); /* POST …/switch/refunds: order (many) */

#endif
