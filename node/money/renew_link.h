/* The link in reminders (P27): whoever holds it may pay the next term of one membership, or say that none shall
 * follow, without signing in. It opens nothing to read and names nobody. */
#ifndef NODE_MONEY_RENEW_LINK_H
#define NODE_MONEY_RENEW_LINK_H

#include "node/cx.h"

#define RENEW_PATH "/renew/"
enum { RENEW_LINK_DAYS = 90 };

struct renew_link { int64_t account_id, planet_id; };
/* "https://example.org/renew/…", good for ninety days. Another each time. */
struct str renew_link_url(struct cx *cx, int64_t account_id, int64_t planet_id);
/* ERR_NOT_FOUND: not one of ours, run out, or its account is gone. */
MUST_USE enum err renew_link_open(struct cx *cx, struct str token, struct renew_link *ret);

#endif
