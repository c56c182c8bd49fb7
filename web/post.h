/* A post's page: the body for those whom it is open to, else the teaser and the way in. */
#ifndef WEB_POST_H
#define WEB_POST_H

#include "node/http/http.h"
#include "node/talk/post.h"

struct planet;

enum err web_post_show(struct rq *rq); /* GET /@:handle/:slug, ?reply=ID, ?edit=ID */
/* The page again with a comment that was refused: what was typed and the sentence for e. */
MUST_USE enum err web_post_again(struct rq *rq, const struct planet *planet, const struct post *post,
                                 enum err e, struct str text, int64_t parent_id);

#endif
