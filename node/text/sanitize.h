/* HTML from strangers to HTML that may stand in our pages, by libxml2's parser
 * and our own writer: nothing of the input's markup is copied, only known elements and attributes
 * are written anew. Out come p br span a del s pre blockquote code b strong u i em ul ol li ruby rt rp;
 * h1–h6 become <p><strong>, math its plain annotation, other elements their content; script, style,
 * iframe, svg and the like vanish with what they hold. Links: http and https with a host; others
 * become text. Any thread. */
#ifndef NODE_TEXT_SANITIZE_H
#define NODE_TEXT_SANITIZE_H

#include "node/cx.h"

/* In at most 150 KiB, out at most 64 KiB, nesting at most 32: beyond that ERR_TOO_LARGE.
 * NUL or broken UTF-8: ERR_INVALID. */
MUST_USE enum err sanitize_html(struct arena *a, struct str html, struct safe_html *ret);
/* Its text: tags away, references decoded, white space folded, at most max_chars code points ("…"
 * behind when cut). What stands in class "invisible" stays (it is part of link texts). */
struct str html_to_text(struct arena *a, struct safe_html html, size_t max_chars);

#endif
