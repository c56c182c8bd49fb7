/* Posts in a list, as the templates print them. */
#ifndef WEB_CARD_VIEW_H
#define WEB_CARD_VIEW_H

#include "node/http/http.h"
#include "node/talk/timeline.h"
#include "web/view.h"

MUST_USE enum err card_views(struct rq *rq, const struct post_card *cards, size_t n,
                             const struct view_post_card **ret);
/* "tea puer" → links into the planet. */
MUST_USE enum err tag_views(struct cx *cx, struct str planet_handle, struct str tags,
                            const struct view_tag **ret, size_t *ret_n);
struct str tag_path(struct cx *cx, struct str planet_handle, struct str tag);
enum view_mark post_mark(const struct gate *gate, bool open);
/* Who may read it, in words; STR_NULL: everybody. */
MUST_USE enum err post_access_label(struct cx *cx, const struct post *post, struct str *ret);
/* "3 hours ago" for those signed in; the day for visitors, whose pages are kept as bytes. */
struct str web_when(struct rq *rq, int64_t ms);

#endif
