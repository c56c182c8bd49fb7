/* The second half of rendering posts: pictures in HTML of markdown_render. */
#ifndef NODE_MEDIA_MEDIA_HTML_H
#define NODE_MEDIA_MEDIA_HTML_H

#include "node/cx.h"

/* Each <img src="media:ID" alt="…"> becomes the picture in two sizes with width, height and
 * loading="lazy", a player for sound and film, a link for other files, or its text when there is no
 * such medium or the viewer may not open it: its address alone would tell a file's name, and that it
 * is there. An empty alternative text is filled from the medium's own, if that is public or the
 * viewer's. The bytes are asked for again by each reader. Fails TOO_LARGE, STORAGE. */
MUST_USE enum err media_expand(struct cx *cx, struct safe_html html, struct safe_html *ret);
/* For a text that others will read: none but these (not NULL) is shown, whatever its author may open. */
MUST_USE enum err media_expand_only(struct cx *cx, struct safe_html html, const int64_t *ids, size_t n,
                                    struct safe_html *ret);

#endif
