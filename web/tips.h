/* Saying thank you with money: the page of a tip, and what stands of tips below a post. */
#ifndef WEB_TIPS_H
#define WEB_TIPS_H

#include "node/http/http.h"
#include "node/talk/post.h"
#include "web/view.h"

enum err web_tip_show(struct rq *rq);  /* GET /@:handle/:slug/tip, ?comment=ID, ?amount=, ?currency= */
enum err web_tip_do(struct rq *rq);    /* POST /@:handle/:slug/tip */
enum err web_tip_hide(struct rq *rq);  /* POST /@:handle/:slug/tips/:id/hide */

/* Whether tips are taken, whom the viewer may give one, and those that may be shown. */
MUST_USE enum err web_tips_below(struct rq *rq, const struct post *post, const struct access_pass *pass,
                                 struct view_post *v);

#endif
