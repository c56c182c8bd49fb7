/* Finding @mentions and #tags in Markdown, folding, slugs. Uses ICU; any thread. */
#ifndef NODE_TEXT_SCAN_H
#define NODE_TEXT_SCAN_H

#include "node/cx.h"

enum { SCAN_MAX = 50, TAG_CHARS_MAX = 60, SLUG_MAX = 60 };

/* "@name" and "@name@host" outside code, links and raw HTML; without the leading '@', as written,
 * each once (ASCII case aside), at most SCAN_MAX. An address ("a@b.org") is no mention. Fails as
 * markdown_render does. */
MUST_USE enum err scan_mentions(struct cx *cx, struct str text, struct str **ret, size_t *ret_n);
/* "#tag" in the same places; without the '#', as written, each once (folded). A tag ends at the first
 * character that a tag can't hold, so also at Chinese punctuation. */
MUST_USE enum err scan_tags(struct cx *cx, struct str text, struct str **ret, size_t *ret_n);
/* NFKC, case-folded (Unicode NFKC_Casefold): keys for comparison. */
struct str text_fold(struct arena *a, struct str s);
/* Letters, marks, digits, '_' of any script; not only digits; 1 to TAG_CHARS_MAX code points. */
bool tag_is_valid(struct str tag);
/* A person's name as it may stand in a line of ours: without control characters, and without those
 * that turn the direction of what follows, which would let a name rewrite its surroundings. */
struct str text_name(struct arena *a, struct str s);
/* [a-z0-9-], at most SLUG_MAX characters, made of the title's Latin letters and digits; when most
 * of the title is in another script, base32 of the id. Not unique: the caller sees to that. */
struct str text_slug(struct arena *a, struct str title, int64_t id);

#endif
