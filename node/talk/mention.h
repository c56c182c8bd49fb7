/* Who is told that something was written under a post: those @mentioned, whom it answers, the post's
 * author; each once, and only if that account may read it (access_decide with them as viewer). */
#ifndef NODE_TALK_MENTION_H
#define NODE_TALK_MENTION_H

#include "node/talk/comment.h"

struct told {
    int64_t account_id;
    const char *kind; /* "mention", "reply", "comment", "quote": the first that applies */
};

/* What was written, and by whom. */
struct told_of {
    const struct post *post;
    enum comment_audience audience;
    int64_t parent_account_id;       /* 0: answers nobody of this node */
    struct str markdown;             /* STR_NULL: no mentions to look for */
    struct str before;               /* an edit: the old text, whose mentions were told; else STR_NULL */
    int64_t account_id, actor_id;    /* the writer; one is 0 */
    bool is_quote;
};

/* Before the transaction: this reads the text. */
MUST_USE enum err mention_find(struct cx *cx, const struct told_of *of, struct told **ret,
                               size_t *ret_n);
/* Inside the transaction: notices, and EV_MENTIONED for each mention. */
MUST_USE enum err mention_tell(struct cx *cx, const struct told_of *of, int64_t comment_id,
                               const struct told *told, size_t n);
/* Inside a transaction: one notice of this kind from a local account or a remote actor. None to
 * oneself. */
MUST_USE enum err mention_notice(struct cx *cx, int64_t to_account_id, const char *kind,
                                 int64_t post_id, int64_t comment_id, int64_t from_account_id,
                                 int64_t from_actor_id);

#endif
