/* The text behind the pass: the only reader of post_body. */
#ifndef NODE_TALK_POST_BODY_H
#define NODE_TALK_POST_BODY_H

#include "node/talk/post.h"

/* ERR_PAYMENT_REQUIRED unless the pass is full and of this very post. */
MUST_USE enum err post_body(struct cx *cx, const struct post *post, const struct access_pass *pass,
                            struct safe_html *ret);
/* For the author's own editor (rights are checked again). */
MUST_USE enum err post_body_source(struct cx *cx, const struct post *post, struct str *ret_markdown);
/* Inside post_save's transaction only. */
MUST_USE enum err post_body_store(struct cx *cx, int64_t post_id, struct str markdown, struct safe_html html);
/* Inside a transaction: it is gone for good. */
MUST_USE enum err post_body_remove(struct cx *cx, int64_t post_id);
/* Is there nothing but white space? */
MUST_USE enum err post_body_is_empty(struct cx *cx, int64_t post_id, bool *ret);

#endif
