/* Notices (通知) inside the page: somebody answered, mentioned, liked, followed; a membership
 * changed. */
#ifndef NODE_PEOPLE_NOTICE_H
#define NODE_PEOPLE_NOTICE_H

#include "node/cx.h"

struct notice {
    int64_t id, account_id, post_id, comment_id; /* ids DB_NULL: none */
    struct str kind;              /* mention, reply, comment, like, boost, quote, follow,
                                     follow_request, held (a comment that waits), membership,
                                     message, report, join_request, join_approved, join_declined,
                                     reward (for an invitation), gift (yours was redeemed), tip,
                                     letter (letter.h; from_name says what) */
    struct str from_name, from_url; /* from_url STR_NULL: none */
    int64_t created_at, read_at;  /* read_at DB_NULL: unread */
};

/* Joins the caller's transaction if there is one. ERR_INVALID: an unknown kind. A notice that
 * stands unread with the same kind, place and sender within the last day is not put twice; one of a
 * like, boost, quote or follow not within ninety days, read or not. */
MUST_USE enum err notice_put(struct cx *cx, int64_t account_id, const char *kind, int64_t post_id,
                             int64_t comment_id, struct str from_name, struct str from_url);
/* Newest first; before_id 0: from the newest. */
MUST_USE enum err notice_list(struct cx *cx, int64_t account_id, int64_t before_id, int limit,
                              struct notice **ret, size_t *ret_n);
enum { NOTICE_COUNT_MAX = 100 };
/* At most NOTICE_COUNT_MAX, which stands for that many and more. */
MUST_USE enum err notice_count_unread(struct cx *cx, int64_t account_id, int64_t *ret_n);
/* All up to and with this id; 0: all. */
MUST_USE enum err notice_mark_read(struct cx *cx, int64_t account_id, int64_t up_to_id);

#endif
