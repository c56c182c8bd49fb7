/* Comments that come from other servers. Who signed was checked before; whose they are is here. */
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/talk/comment_row.h"
#include "node/talk/comment_sql.h"
#include "node/talk/mention.h"

struct incoming {
    int64_t parent_id, root_id, actor_id, at;
    struct str uri, url;
    struct safe_html html;
};

/* The one that stands under this id, if there is one. */
static enum err find_known(struct cx *cx, struct str uri, int64_t actor_id, bool *ret_found,
                           struct comment_ref_row *ret)
{
    TRY(q_comment_ref_uri(cx, uri, ret_found, ret));
    if (!*ret_found)
        return OK;
    if (ret->actor_id != actor_id)
        return cx_fail(cx, ERR_FORBIDDEN, "object of another actor");
    if (str_eq(ret->state, STR("deleted")))
        return ERR_GONE;
    return OK;
}

static enum err put(struct cx *cx, const struct post *post, const struct incoming *in,
                    int64_t *ret_id)
{
    int64_t id = id_next(cx->node->ids);

    TRY(q_comment_insert(cx, id, post->id, in->parent_id == 0 ? DB_NULL : in->parent_id,
                         in->parent_id == 0 ? id : in->root_id, DB_NULL, in->actor_id,
                         STR("public"), STR("shown"), STR_NULL, in->html.s, in->uri, in->url,
                         in->at, NULL));
    TRY(comment_count(cx, post->id, COMMENT_PUBLIC, 1));
    TRY(event_emit(cx, EV_COMMENT_CREATED, id, STR_NULL));
    *ret_id = id;
    return OK;
}

enum err comment_create_remote(struct cx *cx, int64_t post_id, int64_t parent_id, int64_t actor_id,
                               struct str object_uri, struct str object_url, struct safe_html html,
                               int64_t published_at, struct comment *ret)
{
    struct comment_ref_row known, parent;
    struct incoming in = {parent_id, 0, actor_id, cx->now, object_uri, object_url, html};
    struct post post;
    struct told_of of = {.post = &post, .audience = COMMENT_PUBLIC, .actor_id = actor_id};
    struct told *told;
    size_t n_told;
    struct comment made;
    int64_t id;
    bool found;

    if (published_at > 0 && published_at < cx->now)
        in.at = published_at;
    TX_SCOPE(cx);
    TRY(post_by_id(cx, post_id, &post));
    if (!str_eq(post.state, STR("published")))
        return ERR_NOT_FOUND;
    TRY(find_known(cx, object_uri, actor_id, &found, &known));
    if (found) {
        id = known.id;
    } else {
        if (parent_id != 0) {
            TRY(q_comment_ref_get(cx, parent_id, &found, &parent));
            if (!found || parent.post_id != post_id || !str_eq(parent.audience, STR("public")))
                return cx_fail(cx, ERR_NOT_FOUND, "no such public comment to answer");
            in.root_id = parent.root_id;
            of.parent_account_id = parent.account_id == DB_NULL ? 0 : parent.account_id;
        }
        TRY(put(cx, &post, &in, &id));
        TRY(mention_find(cx, &of, &told, &n_told));
        TRY(mention_tell(cx, &of, id, told, n_told));
    }
    TRY(comment_read_back(cx, id, post.planet_id, &made));
    TRY(tx_commit(cx));
    *ret = made;
    return OK;
}

enum err comment_update_remote(struct cx *cx, struct str object_uri, int64_t actor_id,
                               struct safe_html html, int64_t updated_at)
{
    struct comment_ref_row c;
    int64_t at = updated_at > 0 && updated_at < cx->now ? updated_at : cx->now;
    bool found;

    TX_SCOPE(cx);
    TRY(find_known(cx, object_uri, actor_id, &found, &c));
    if (!found)
        return ERR_NOT_FOUND;
    if (c.edited_at != DB_NULL && at < c.edited_at)
        return tx_commit(cx); /* came late; what we have is newer */
    TRY(q_comment_set_text(cx, c.id, STR_NULL, html.s, at, NULL));
    TRY(event_emit(cx, EV_COMMENT_UPDATED, c.id, STR_NULL));
    return tx_commit(cx);
}

enum err comment_delete_remote(struct cx *cx, struct str object_uri, int64_t actor_id)
{
    struct comment_ref_row c;
    bool found;
    enum err e;

    TX_SCOPE(cx);
    e = find_known(cx, object_uri, actor_id, &found, &c);
    if (e == ERR_GONE)
        return tx_commit(cx); /* said twice */
    if (e != OK)
        return e;
    if (!found)
        return ERR_NOT_FOUND;
    TRY(q_comment_erase(cx, c.id, NULL));
    if (str_eq(c.state, STR("shown")))
        TRY(comment_count(cx, c.post_id, audience_of(c.audience), -1));
    TRY(event_emit(cx, EV_COMMENT_DELETED, c.id, STR_NULL));
    return tx_commit(cx);
}

enum err comment_find_by_uri(struct cx *cx, struct str object_uri, bool *ret_found,
                             struct comment_ref *ret)
{
    struct comment_ref_row c;

    TRY(q_comment_ref_uri(cx, object_uri, ret_found, &c));
    if (*ret_found)
        *ret = (struct comment_ref){
            .id = c.id,
            .post_id = c.post_id,
            .actor_id = c.actor_id == DB_NULL ? 0 : c.actor_id,
            .account_id = c.account_id == DB_NULL ? 0 : c.account_id,
            .is_public = str_eq(c.audience, STR("public")),
            .deleted = str_eq(c.state, STR("deleted")),
        };
    return OK;
}

enum err purge_actor(struct cx *cx, int64_t actor_id)
{
    int64_t *posts;
    size_t n;

    if (actor_id == 0)
        return cx_fail(cx, ERR_INVALID, "purge of nobody");
    TX_SCOPE(cx);
    TRY(q_actor_posts_touched(cx, actor_id, &posts, &n));
    TRY(q_actor_comments_erase(cx, actor_id, NULL));
    TRY(q_actor_reactions_erase(cx, actor_id, NULL));
    for (size_t i = 0; i < n; i++) {
        TRY(q_post_recount(cx, posts[i], NULL));
        TRY(q_comments_recount(cx, posts[i], NULL));
        TRY(event_emit(cx, EV_REACTION_CHANGED, posts[i], STR_NULL));
    }
    return tx_commit(cx);
}
