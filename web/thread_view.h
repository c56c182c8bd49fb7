/* Comments under a post, as the templates print them. */
#ifndef WEB_THREAD_VIEW_H
#define WEB_THREAD_VIEW_H

#include "node/http/http.h"
#include "node/talk/comment.h"
#include "web/view.h"

/* edit_id: shown as a form to its author; 0: none. Sets comments, what may be said, the form. */
MUST_USE enum err thread_view(struct rq *rq, const struct post *post,
                              const struct access_pass *pass, int64_t reply_id, int64_t edit_id,
                              struct view_post *v);

#endif
