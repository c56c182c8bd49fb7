/* The demo planet: what ./up shows to somebody who has just arrived. Its posts lie in admin/demo as
 * Markdown with a few lines before it, and go through the same verbs as everybody's. */
#ifndef ADMIN_DEMO_H
#define ADMIN_DEMO_H

#include "node/cx.h"

/* Tiers, prices and posts into the node's first planet, as its owner. ERR_CONFLICT if it has posts. */
MUST_USE enum err demo_fill(struct cx *cx, int64_t *ret_posts);

#endif
