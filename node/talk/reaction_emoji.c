/* Reactions by an emoji: always from elsewhere. */
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/talk/mention.h"
#include "node/talk/reaction.h"
#include "node/talk/reaction_sql.h"
#include "node/text/emoji.h"

static bool is_emoji(const struct reaction_emoji *r)
{
    struct str e = r->emoji;

    if (str_empty(r->icon_url))
        return emoji_is_character(e);
    return e.n > 2 && e.p[0] == ':' && e.p[e.n - 1] == ':' && emoji_name_ok(str_sub(e, 1, e.n - 2));
}

/* Whose it is, if that is somebody here. */
static enum err find_author(struct cx *cx, const struct reaction_emoji *r, int64_t *ret_id)
{
    struct reaction_comment_row c;
    struct post post;
    bool found;

    TRY(post_by_id(cx, r->post_id, &post));
    if (!str_eq(post.state, STR("published")))
        return ERR_NOT_FOUND;
    *ret_id = post.author_id;
    if (r->comment_id == 0)
        return OK;
    TRY(q_reaction_comment(cx, r->comment_id, &found, &c));
    if (!found || c.post_id != r->post_id || !str_eq(c.state, STR("shown")) ||
        !str_eq(c.audience, STR("public")))
        return ERR_NOT_FOUND;
    *ret_id = c.account_id == DB_NULL ? 0 : c.account_id;
    return OK;
}

enum err reaction_emoji_put(struct cx *cx, const struct reaction_emoji *r)
{
    int64_t author_id, n, made;

    if (!is_emoji(r))
        return cx_fail(cx, ERR_INVALID, "not an emoji");
    TX_SCOPE(cx);
    TRY(find_author(cx, r, &author_id));
    TRY(q_emoji_count(cx, r->post_id, r->comment_id, r->actor_id, &n));
    if (n >= REACTION_EMOJI_MAX)
        return tx_commit(cx);
    TRY(q_emoji_insert(cx, id_next(cx->node->ids), r->post_id, r->comment_id, r->actor_id,
                       r->emoji, str_empty(r->icon_url) ? STR_NULL : r->icon_url, r->activity_uri,
                       r->aside, cx->now, &made));
    if (made > 0 && !r->aside) {
        TRY(event_emit(cx, EV_REACTION_CHANGED, r->post_id, STR_NULL));
        TRY(mention_notice(cx, author_id, "like", r->post_id, r->comment_id, 0, r->actor_id));
    }
    return tx_commit(cx);
}

enum err reaction_emoji_remove(struct cx *cx, int64_t post_id, int64_t comment_id,
                               int64_t actor_id, struct str emoji)
{
    int64_t gone;

    TX_SCOPE(cx);
    TRY(q_emoji_delete(cx, post_id, comment_id, actor_id, emoji, &gone));
    if (gone > 0)
        TRY(event_emit(cx, EV_REACTION_CHANGED, post_id, STR_NULL));
    return tx_commit(cx);
}

enum err reaction_emoji_remove_by_uri(struct cx *cx, struct str activity_uri, int64_t actor_id)
{
    int64_t *posts;
    size_t n;

    TX_SCOPE(cx);
    TRY(q_emoji_by_uri(cx, activity_uri, actor_id, &posts, &n));
    TRY(q_emoji_delete_uri(cx, activity_uri, actor_id, NULL));
    for (size_t i = 0; i < n; i++)
        TRY(event_emit(cx, EV_REACTION_CHANGED, posts[i], STR_NULL));
    return tx_commit(cx);
}

enum err reaction_groups(struct cx *cx, int64_t post_id, struct reaction_group **ret, size_t *ret_n)
{
    struct emoji_groups_row *rows;

    TRY(q_emoji_groups(cx, post_id, REACTION_GROUPS_MAX, &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct reaction_group, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct reaction_group){rows[i].comment_id, rows[i].n, rows[i].emoji,
                                            rows[i].icon_url, rows[i].host};
    return OK;
}
