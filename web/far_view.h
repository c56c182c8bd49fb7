/* What people elsewhere bring, as pages show it: through copies of ours, never from their servers. */
#ifndef WEB_FAR_VIEW_H
#define WEB_FAR_VIEW_H

#include "node/talk/comment.h"
#include "node/talk/reaction.h"
#include "web/view.h"

/* Custom emoji with addresses that our pages may load; owner: the host of who uses them. */
size_t far_emoji(struct cx *cx, struct str owner, const struct emoji *list, size_t n,
                 struct emoji **ret);
/* A name of somebody there. Empty html: there is no emoji in it. */
struct safe_html far_name(struct cx *cx, struct str owner, struct str name, const struct emoji *list,
                          size_t n);
/* Fills what a view of a remote comment shows beside its author: text, warning, media. */
void far_comment(struct cx *cx, const struct comment *c, struct view_comment *v);

/* The reactions by emoji of the post (comment_id 0) or of a comment of it. */
void far_reactions(struct cx *cx, const struct reaction_group *groups, size_t n, int64_t comment_id,
                   const struct view_emoji_count **ret, size_t *ret_n);

#endif
