/* Writing under a post: comments and likes (docs/forms.md). */
#ifndef WEB_COMMENT_H
#define WEB_COMMENT_H

#include "node/http/http.h"

enum err web_comment_create(struct rq *rq); /* POST /@:handle/:slug/comments */
enum err web_post_like(struct rq *rq);      /* POST /@:handle/:slug/like */
enum err web_post_close(struct rq *rq);     /* POST /@:handle/:slug/close */
enum err web_post_pin(struct rq *rq);       /* POST /@:handle/:slug/pin */
enum err web_comment_like(struct rq *rq);   /* POST /comments/:id/like */
enum err web_comment_edit(struct rq *rq);   /* POST /comments/:id/edit */
enum err web_comment_delete(struct rq *rq); /* POST /comments/:id/delete */
enum err web_comment_hide(struct rq *rq);   /* POST /comments/:id/hide; a second time shows it again */

#endif
