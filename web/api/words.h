/* How the API writes things that several answers hold. */
#ifndef WEB_API_WORDS_H
#define WEB_API_WORDS_H

#include "node/money/order.h"
#include "web/api/api.h"

/* Each writes one object as a value. */
void api_put_price(struct api *a, const struct price *p);
void api_put_tier(struct api *a, const struct tier *t);
MUST_USE enum err api_put_order(struct api *a, const struct order *o);
MUST_USE enum err api_put_grant(struct api *a, const struct grant *g);
/* {"id", "username", "name"}; DB_NULL: null */
MUST_USE enum err api_put_person(struct api *a, const char *key, int64_t account_id);
/* An address of ours: the origin before a path. */
void api_put_url(struct api *a, const char *key, struct str path);

#endif
