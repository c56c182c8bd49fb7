#include "node/talk/reaction.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/talk/aside_sql.h"
#include "node/talk/comment_row.h"
#include "node/talk/mention.h"
#include "node/talk/reaction_sql.h"

/* What is reacted to, and whose it is. */
struct target {
    struct post post;
    int64_t comment_id;
    enum comment_audience audience;  /* of the comment */
    int64_t author_id;               /* account; 0: remote */
};

static struct str kind_name(enum reaction_kind kind)
{
    return kind == REACTION_LIKE ? STR("like") : STR("announce");
}

static enum err find_target(struct cx *cx, int64_t post_id, int64_t comment_id, struct target *ret)
{
    struct reaction_comment_row c;
    bool found;

    TRY(post_by_id(cx, post_id, &ret->post));
    if (!str_eq(ret->post.state, STR("published")))
        return ERR_NOT_FOUND;
    ret->comment_id = comment_id;
    ret->audience = COMMENT_PUBLIC;
    ret->author_id = ret->post.author_id;
    if (comment_id == 0)
        return OK;
    TRY(q_reaction_comment(cx, comment_id, &found, &c));
    if (!found || c.post_id != post_id || !str_eq(c.state, STR("shown")))
        return ERR_NOT_FOUND;
    ret->audience = audience_of(c.audience);
    ret->author_id = c.account_id == DB_NULL ? 0 : c.account_id;
    return OK;
}

static enum err count(struct cx *cx, enum reaction_kind kind, int64_t post_id, int64_t comment_id,
                      bool remote, int64_t n)
{
    int64_t likes = kind == REACTION_LIKE ? n : 0;

    if (comment_id != 0)
        TRY(q_reaction_count_comment(cx, comment_id, likes, NULL));
    else
        TRY(q_reaction_count_post(cx, post_id, likes, remote ? likes : 0,
                                  kind == REACTION_ANNOUNCE ? n : 0, NULL));
    return event_emit(cx, EV_REACTION_CHANGED, post_id, STR_NULL);
}

/* The transactions below are shared. What they decide by (the post, the comment, roles) is written in
 * exclusive ones only, so it stands still. The row of a reaction is unique, and who made or deleted
 * it counts it, by one statement that adds. All take first the counter's row, then the lock of the
 * notices, so that no two wait for each other. */

/* ---- by people here ------------------------------------------------------------------------ */

static enum err may_react(struct cx *cx, const struct target *t)
{
    enum role role;
    bool may;

    TRY(comment_may_read(cx, &t->post, t->audience, &may));
    if (!may)
        return ERR_NOT_FOUND;
    TRY(role_of(cx, t->post.planet_id, cx->viewer, &role));
    if (role == ROLE_BANNED)
        return cx_tell(cx, ERR_FORBIDDEN, N_("You can't like things on this planet any more."));
    return OK;
}

enum err reaction_toggle(struct cx *cx, int64_t post_id, int64_t comment_id, bool *ret_liked)
{
    struct target t;
    int64_t gone, made = 0;

    if (cx->viewer == 0)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Sign in to like this."));
    TX_SCOPE_SHARED(cx);
    TRY(tx_lock(cx, str_fmt(cx->arena, "like:%lld", (long long)cx->viewer))); /* pressed twice */
    TRY(find_target(cx, post_id, comment_id, &t));
    TRY(may_react(cx, &t));
    TRY(q_reaction_delete(cx, STR("like"), post_id, comment_id, cx->viewer, 0, &gone));
    if (gone == 0)
        TRY(q_reaction_insert(cx, id_next(cx->node->ids), STR("like"), post_id, comment_id,
                              cx->viewer, 0, STR_NULL, cx->now, &made));
    TRY(count(cx, REACTION_LIKE, post_id, comment_id, false, made - gone));
    if (made > 0)
        TRY(mention_notice(cx, t.author_id, "like", post_id, comment_id, cx->viewer, 0));
    TRY(tx_commit(cx));
    *ret_liked = gone == 0;
    return OK;
}

enum err reaction_mine(struct cx *cx, int64_t post_id, bool *ret_liked)
{
    int64_t n = 0;

    if (cx->viewer != 0)
        TRY(q_reaction_has(cx, post_id, 0, cx->viewer, &n));
    *ret_liked = n > 0;
    return OK;
}

/* ---- from elsewhere ------------------------------------------------------------------------ */

enum err reaction_put_remote(struct cx *cx, enum reaction_kind kind, int64_t post_id,
                             int64_t comment_id, int64_t actor_id, struct str activity_uri)
{
    struct target t;
    int64_t made;

    if (actor_id == 0)
        return cx_fail(cx, ERR_INVALID, "reaction of nobody");
    TX_SCOPE_SHARED(cx);
    TRY(find_target(cx, post_id, comment_id, &t));
    if (t.audience != COMMENT_PUBLIC)
        return ERR_NOT_FOUND;
    TRY(q_reaction_insert(cx, id_next(cx->node->ids), kind_name(kind), post_id, comment_id, 0,
                          actor_id, activity_uri, cx->now, &made));
    if (made > 0) {
        TRY(count(cx, kind, post_id, comment_id, true, 1));
        if (kind == REACTION_LIKE)
            TRY(mention_notice(cx, t.author_id, "like", post_id, comment_id, 0, actor_id));
    }
    return tx_commit(cx);
}

enum err reaction_remove_remote(struct cx *cx, enum reaction_kind kind, int64_t post_id,
                                int64_t comment_id, int64_t actor_id)
{
    int64_t gone;

    if (actor_id == 0)
        return cx_fail(cx, ERR_INVALID, "reaction of nobody");
    TX_SCOPE_SHARED(cx);
    TRY(q_reaction_delete(cx, kind_name(kind), post_id, comment_id, 0, actor_id, &gone));
    if (gone > 0)
        TRY(count(cx, kind, post_id, comment_id, true, -gone));
    else /* it may be one that is not shown */
        TRY(q_aside_reaction_undo(cx, kind_name(kind), post_id, comment_id, actor_id, NULL));
    return tx_commit(cx);
}

enum err reaction_remove_by_uri(struct cx *cx, struct str activity_uri, int64_t actor_id,
                                bool *ret_found)
{
    struct reaction_by_activity_row r;
    bool found;

    TX_SCOPE_SHARED(cx);
    TRY(q_reaction_by_activity(cx, activity_uri, actor_id, &found, &r));
    if (found)
        TRY(reaction_remove_remote(cx,
                                   str_eq(r.kind, STR("like")) ? REACTION_LIKE : REACTION_ANNOUNCE,
                                   r.post_id, r.comment_id, actor_id));
    else
        TRY(q_aside_reaction_undo_uri(cx, activity_uri, actor_id, NULL));
    TRY(tx_commit(cx));
    *ret_found = found;
    return OK;
}

enum err reaction_list_remote(struct cx *cx, int64_t post_id, int limit, struct reaction_by **ret,
                              size_t *ret_n)
{
    struct reaction_list_row *rows;
    size_t n;

    TRY(q_reaction_list(cx, post_id, limit, &rows, &n));
    *ret = ARENA_ARRAY(cx->arena, struct reaction_by, n);
    *ret_n = n;
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = (struct reaction_by){
            .kind = str_eq(rows[i].kind, STR("like")) ? REACTION_LIKE : REACTION_ANNOUNCE,
            .name = str_empty(rows[i].name) ? rows[i].username : rows[i].name,
            .username = rows[i].username,
            .host = rows[i].host,
            .url = rows[i].url,
            .icon_url = rows[i].icon_url,
            .created_at = rows[i].created_at,
        };
    return OK;
}
