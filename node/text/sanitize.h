/* HTML from strangers to HTML that may stand in our pages (federation.md 6.1), by libxml2's parser. */
#ifndef NODE_TEXT_SANITIZE_H
#define NODE_TEXT_SANITIZE_H

#include "node/cx.h"

/* In at most 150 KiB, out at most 64 KiB, nesting at most 32: beyond that ERR_TOO_LARGE. */
MUST_USE enum err sanitize_html(struct arena *a, struct str html, struct safe_html *ret);
struct str html_to_text(struct arena *a, struct safe_html html, size_t max_chars);

#endif
