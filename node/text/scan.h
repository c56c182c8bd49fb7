/* Finding @mentions, #tags in text, folding and slugs. Uses ICU. */
#ifndef NODE_TEXT_SCAN_H
#define NODE_TEXT_SCAN_H

#include "node/cx.h"

/* "@name" and "@name@host" outside code; without the leading '@'. */
MUST_USE enum err scan_mentions(struct cx *cx, struct str text, struct str **ret, size_t *ret_n);
struct str text_fold(struct arena *a, struct str s);  /* NFKC, case-folded: keys for comparison */
bool tag_is_valid(struct str tag);                     /* letters, digits, '_' of any script; not only digits */
struct str text_slug(struct arena *a, struct str title, int64_t id); /* [a-z0-9-], Han titles: base32 of id */

#endif
