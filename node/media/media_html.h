/* The second half of rendering posts: pictures in HTML of markdown_render. */
#ifndef NODE_MEDIA_MEDIA_HTML_H
#define NODE_MEDIA_MEDIA_HTML_H

#include "node/cx.h"

/* Each <img src="media:ID" alt="…"> becomes the picture in two sizes with width, height and
 * loading="lazy", a player for sound and film, a link for other files, or its text when there is no
 * such medium. An empty alternative text is filled from the medium's own, if that is public or the
 * viewer's. Knows nothing of access: that is asked when the bytes are. Fails TOO_LARGE, STORAGE. */
MUST_USE enum err media_expand(struct cx *cx, struct safe_html html, struct safe_html *ret);

#endif
