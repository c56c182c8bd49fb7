/* Comments that come from other servers. Who signed was checked before; whose they are is here. */
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/talk/aside.h"
#include "node/talk/comment_row.h"
#include "node/talk/comment_sql.h"
#include "node/talk/mention.h"
#include "node/talk/quote_sql.h"

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

enum err comment_set_far(struct cx *cx, int64_t comment_id, const struct comment_far *far)
{
    size_t n = far->n_media < COMMENT_MEDIA_MAX ? far->n_media : COMMENT_MEDIA_MAX;

    TRY(q_comment_set_far(cx, comment_id, str_utf8_cut(far->warning, COMMENT_WARNING_MAX),
                          far->sensitive, far->emoji, NULL));
    TRY(q_comment_media_erase(cx, comment_id, NULL));
    for (size_t i = 0; i < n; i++)
        TRY(q_comment_media_put(cx, comment_id, (int64_t)i, far->media[i].kind, far->media[i].url,
                                far->media[i].mime, far->media[i].alt, far->media[i].width,
                                far->media[i].height, NULL));
    return OK;
}

static enum err put(struct cx *cx, const struct comment_far *far, int64_t root_id, int64_t *ret_id)
{
    int64_t id = id_next(cx->node->ids), at = cx->now;

    if (far->published_at > 0 && far->published_at < cx->now)
        at = far->published_at;
    TRY(q_comment_insert(cx, id, far->post_id, far->parent_id == 0 ? DB_NULL : far->parent_id,
                         far->parent_id == 0 ? id : root_id, DB_NULL, far->actor_id,
                         STR("public"), far->held ? STR("held") : STR("shown"), STR_NULL,
                         far->html.s, far->object_uri,
                         far->object_url, at, far->is_quote ? STR("quote") : STR("reply"), false,
                         DB_NULL, NULL));
    TRY(comment_set_far(cx, id, far));
    if (!far->is_quote && !far->held)
        TRY(comment_count(cx, far->post_id, COMMENT_PUBLIC, 1));
    TRY(event_emit(cx, EV_COMMENT_CREATED, id, STR_NULL));
    *ret_id = id;
    return OK;
}

/* Whom it answers here, and the thread that it stands in. */
static enum err find_place(struct cx *cx, const struct comment_far *far, int64_t *ret_root_id,
                           int64_t *ret_account_id)
{
    struct comment_ref_row parent;
    bool found;

    *ret_root_id = *ret_account_id = 0;
    if (far->parent_id == 0)
        return OK;
    TRY(q_comment_ref_get(cx, far->parent_id, &found, &parent));
    if (!found || parent.post_id != far->post_id || !str_eq(parent.audience, STR("public")) ||
        !str_eq(parent.kind, STR("reply")))
        return cx_fail(cx, ERR_NOT_FOUND, "no such public comment to answer");
    *ret_root_id = parent.root_id;
    *ret_account_id = parent.account_id == DB_NULL ? 0 : parent.account_id;
    return OK;
}

/* Those who decide about it. */
static enum err tell_deciders(struct cx *cx, const struct post *post, int64_t comment_id,
                              int64_t actor_id)
{
    struct role_holder *all;
    size_t n;

    TRY(role_list(cx, post->planet_id, &all, &n));
    for (size_t i = 0; i < n; i++)
        if (all[i].role == ROLE_OWNER || all[i].role == ROLE_PARTNER ||
            all[i].role == ROLE_MODERATOR)
            TRY(mention_notice(cx, all[i].account_id, "held", post->id, comment_id, 0, actor_id));
    return OK;
}

/* Whom it concerns hears of it when it can be read (comment_show). */
static enum err tell_of_new(struct cx *cx, const struct comment_far *far, const struct told_of *of,
                            int64_t id)
{
    struct told *told;
    size_t n;

    if (far->quiet)
        return OK;
    if (far->held)
        return tell_deciders(cx, of->post, id, far->actor_id);
    TRY(mention_find(cx, of, &told, &n));
    return mention_tell(cx, of, id, told, n);
}

enum err comment_put_far(struct cx *cx, const struct comment_far *far, struct comment *ret)
{
    struct comment_ref_row known;
    struct post post;
    struct told_of of = {.post = &post, .audience = COMMENT_PUBLIC, .actor_id = far->actor_id,
                         .is_quote = far->is_quote};
    struct comment made;
    int64_t id, root_id;
    bool found;

    TX_SCOPE(cx);
    TRY(post_by_id(cx, far->post_id, &post));
    if (!str_eq(post.state, STR("published")))
        return ERR_NOT_FOUND;
    TRY(find_known(cx, far->object_uri, far->actor_id, &found, &known));
    if (found) {
        id = known.id;
    } else {
        TRY(find_place(cx, far, &root_id, &of.parent_account_id));
        TRY(put(cx, far, root_id, &id));
        TRY(tell_of_new(cx, far, &of, id));
    }
    TRY(comment_read_back(cx, id, post.planet_id, &made));
    TRY(tx_commit(cx));
    *ret = made;
    return OK;
}

enum err comment_create_remote(struct cx *cx, int64_t post_id, int64_t parent_id, int64_t actor_id,
                               struct str object_uri, struct str object_url, struct safe_html html,
                               int64_t published_at, struct comment *ret)
{
    struct comment_far far = {.post_id = post_id, .parent_id = parent_id, .actor_id = actor_id,
                              .object_uri = object_uri, .object_url = object_url, .html = html,
                              .published_at = published_at};

    return comment_put_far(cx, &far, ret);
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
    if (c.edited_at != DB_NULL && at / MS_SECOND < c.edited_at / MS_SECOND)
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
    TRY(q_comment_media_erase(cx, c.id, NULL));
    if (str_eq(c.state, STR("shown")))
        TRY(comment_count_ref(cx, &c, -1));
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
    TRY(q_actor_media_erase(cx, actor_id, NULL));
    TRY(q_actor_comments_erase(cx, actor_id, NULL));
    TRY(q_actor_emoji_erase(cx, actor_id, NULL));
    TRY(q_quote_grants_actor_end(cx, actor_id, cx->now, NULL));
    TRY(q_actor_reactions_erase(cx, actor_id, NULL));
    TRY(aside_forget(cx, actor_id));
    for (size_t i = 0; i < n; i++) {
        TRY(q_post_recount(cx, posts[i], NULL));
        TRY(q_comments_recount(cx, posts[i], NULL));
        TRY(event_emit(cx, EV_REACTION_CHANGED, posts[i], STR_NULL));
    }
    return tx_commit(cx);
}
