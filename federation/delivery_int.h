/* Inside federation/: what the two halves of delivery.h share. */
#ifndef FEDERATION_DELIVERY_INT_H
#define FEDERATION_DELIVERY_INT_H

#include "federation/delivery.h"

/* Is the viewer the node's owner, or the program? FORBIDDEN else. */
MUST_USE enum err fed_may_settle(struct cx *cx);
/* The host in an order key. */
struct str fed_delivery_host(struct str order_key);
/* All keys of a host lie between these. */
void fed_delivery_range(struct cx *cx, struct str host, struct str *ret_low, struct str *ret_high);

#endif
