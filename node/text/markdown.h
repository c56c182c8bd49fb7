/* Markdown (cmark-gfm: tables, strikethrough, autolinks, task lists, footnotes) to safe HTML.
 * Raw HTML in the source is escaped, not passed. Links: http, https, mailto, relative.
 * Input above 1 MiB: ERR_TOO_LARGE. Pictures "media:ID" become what the resolver says. */
#ifndef NODE_TEXT_MARKDOWN_H
#define NODE_TEXT_MARKDOWN_H

#include "node/cx.h"

enum markdown_kind { MARKDOWN_POST, MARKDOWN_COMMENT /* no pictures, headings flattened */ };
MUST_USE enum err markdown_render(struct cx *cx, enum markdown_kind kind, struct str source, struct safe_html *ret);
/* Plain text of it, white space folded, at most max_chars code points ("…" when cut). */
struct str markdown_to_text(struct cx *cx, struct str source, size_t max_chars);

#endif
