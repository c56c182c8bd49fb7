/* Markdown (cmark-gfm: CommonMark 0.29 with tables, strikethrough, task lists, footnotes; addresses
 * in plain text become links) to safe HTML. What comes out:
 *
 * - Raw HTML of the source is shown as text; only comments ("<!--more-->") and <br> are understood.
 * - Links: http, https, mailto, relative; any other address leaves its text alone. In comments links
 *   to other places carry rel="nofollow noopener ugc" (so do pictures that became links).
 * - Pictures: ![alt](media:ID "caption") and ![alt](/media/ID/…) become <img src="media:ID" alt="…">,
 *   in a <figure> where they stand alone; node/media/media_html.c (media_expand) puts addresses and
 *   sizes into those, and must see the HTML before a person does. Pictures on other servers are
 *   never loaded by the reader's browser: they become links.
 * - Posts: "#" is <h2>, since the page's <h1> is the title; a line break of the source is white space
 *   (nothing between Han characters). Comments: no pictures, no footnotes, headings become bold
 *   paragraphs, a line break stays one.
 * - Tables stand in <div class="table">; code in <pre><code class="language-x">.
 * - @mentions and #tags stay text. */
#ifndef NODE_TEXT_MARKDOWN_H
#define NODE_TEXT_MARKDOWN_H

#include "node/cx.h"

enum markdown_kind { MARKDOWN_POST, MARKDOWN_COMMENT };
/* Fails TOO_LARGE (source above 1 MiB), INVALID (nesting above 100, or a source that is built to be
 * slow); the person is told. Takes well under a second at the worst. */
MUST_USE enum err markdown_render(struct cx *cx, enum markdown_kind kind, struct str source, struct safe_html *ret);
/* Plain text of it, white space folded, at most max_chars code points ("…" behind when cut).
 * Empty when markdown_render would fail. */
struct str markdown_to_text(struct cx *cx, struct str source, size_t max_chars);

#endif
