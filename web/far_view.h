/* What people elsewhere bring, as pages show it: through copies of ours, never from their servers. */
#ifndef WEB_FAR_VIEW_H
#define WEB_FAR_VIEW_H

#include "node/talk/comment.h"
#include "web/view.h"

/* Custom emoji with addresses that our pages may load; owner: the host of who uses them. */
size_t far_emoji(struct cx *cx, struct str owner, const struct emoji *list, size_t n,
                 struct emoji **ret);
/* A name of somebody there. Empty html: there is no emoji in it. */
struct safe_html far_name(struct cx *cx, struct str owner, struct str name, const struct emoji *list,
                          size_t n);
/* Fills what a view of a remote comment shows beside its author: text, warning, media. */
void far_comment(struct cx *cx, const struct comment *c, struct view_comment *v);

#endif
