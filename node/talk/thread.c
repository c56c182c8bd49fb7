#include "node/talk/thread.h"

#include "node/db/db.h"
#include "node/event.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"
#include "node/talk/thread_sql.h"

enum err thread_is_closed(struct cx *cx, int64_t post_id, bool *ret)
{
    int64_t n;
    TRY(q_thread_closed_get(cx, post_id, &n));
    *ret = n > 0;
    return OK;
}

enum err thread_may_close(struct cx *cx, const struct post *post, bool *ret)
{
    enum role role = ROLE_NONE;
    if (cx->viewer != 0)
        TRY(role_of(cx, post->planet_id, cx->viewer, &role));
    *ret = role == ROLE_OWNER || role == ROLE_PARTNER || role == ROLE_MODERATOR ||
           (role == ROLE_GUEST && post->author_id == cx->viewer);
    return OK;
}

enum err thread_close(struct cx *cx, int64_t post_id, bool closed)
{
    struct post post;
    int64_t n;
    bool may;
    TX_SCOPE(cx);
    TRY(post_by_id(cx, post_id, &post));
    TRY(thread_may_close(cx, &post, &may));
    if (!may)
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("Only the author, the owner, partners and moderators close a thread."));
    if (!str_eq(post.state, STR("published")))
        return cx_tell(cx, ERR_INVALID, N_("Publish the post first."));
    if (closed)
        TRY(q_thread_closed_put(cx, post_id, cx->viewer, cx->now, &n));
    else
        TRY(q_thread_closed_drop(cx, post_id, &n));
    if (n > 0) {
        TRY(audit_put(cx, closed ? "thread.close" : "thread.open", post_id, STR_NULL));
        TRY(event_emit(cx, EV_POST_UPDATED, post_id, post.object_uri));
    }
    return tx_commit(cx);
}
