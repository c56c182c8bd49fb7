/* The answer to a paid question (付费提问): as locked as the text of a post, and read through the same pass.
 * Who asked, who listens in, who answered and the planet's owner have one; access_decide says so. */
#ifndef NODE_TALK_ANSWER_H
#define NODE_TALK_ANSWER_H

#include "node/planet/access.h"

enum { ANSWER_MAX = 1 << 16 };

/* ERR_PAYMENT_REQUIRED unless the pass is full and of this very question. ERR_NOT_FOUND: not answered. */
MUST_USE enum err answer_body(struct cx *cx, int64_t question_id, const struct access_pass *pass,
                              struct safe_html *ret);
/* The Markdown, with the same pass: for the editor of who answered. */
MUST_USE enum err answer_source(struct cx *cx, int64_t question_id, const struct access_pass *pass, struct str *ret);
/* Inside a transaction. ERR_INVALID: empty, too long, not UTF-8. */
MUST_USE enum err answer_store(struct cx *cx, int64_t question_id, struct str markdown);

#endif
