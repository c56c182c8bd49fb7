#include "node/talk/aside.h"

#include "node/base/id.h"
#include "node/event.h"
#include "node/node.h"
#include "node/talk/aside_sql.h"
#include "node/talk/comment_sql.h"

enum err aside_planets(struct cx *cx, int64_t actor_id, int64_t **ret, size_t *ret_n)
{
    return q_aside_planets_of(cx, actor_id, ret, ret_n);
}

static const char *state_of(enum aside_place place)
{
    return place == ASIDE_HIDDEN ? "hidden" : "held";
}

/* Is it in sight more than the place allows? */
static bool is_too_much(struct str state, enum aside_place place)
{
    return (place == ASIDE_HELD && str_eq_c(state, "shown")) ||
           (place == ASIDE_HIDDEN && (str_eq_c(state, "shown") || str_eq_c(state, "held")));
}

/* One comment. Where its state is not the one that we left, somebody decided by hand: that stands
 * as long as the rule does, and is where a harder rule begins. */
static enum err place_comment(struct cx *cx, int64_t actor_id,
                              const struct aside_comments_of_row *c, enum aside_place place)
{
    bool ours = c->was.p != NULL && str_eq(c->state, c->became);
    bool decided = c->was.p != NULL && !ours;
    struct str began = ours ? c->was : c->state;
    if (str_eq_c(c->state, "deleted"))
        return q_aside_comment_drop(cx, c->id, NULL);
    if (place != ASIDE_SEEN && decided && str_eq_c(c->became, state_of(place)))
        return OK;
    if (!is_too_much(began, place)) {
        if (ours)
            TRY(q_comment_set_state(cx, c->id, began, NULL));
        return c->was.p == NULL ? OK : q_aside_comment_drop(cx, c->id, NULL);
    }
    TRY(q_aside_comment_put(cx, c->id, actor_id, began, str_c(state_of(place)), NULL));
    TRY(q_comment_set_state(cx, c->id, str_c(state_of(place)), NULL));
    /* What may not be seen here may not be shown as a quote elsewhere either. */
    return str_eq_c(c->kind, "quote") && place == ASIDE_HIDDEN
               ? event_emit(cx, EV_COMMENT_UPDATED, c->id, STR_NULL)
               : OK;
}

static enum err recount(struct cx *cx, const int64_t *posts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        TRY(q_post_recount(cx, posts[i], NULL));
        TRY(q_comments_recount(cx, posts[i], NULL));
        TRY(event_emit(cx, EV_REACTION_CHANGED, posts[i], STR_NULL));
    }
    return OK;
}

enum err aside_place(struct cx *cx, int64_t actor_id, int64_t planet_id, enum aside_place place)
{
    struct aside_comments_of_row *comments;
    int64_t *posts;
    size_t n, n_posts;
    if (actor_id == 0)
        return cx_fail(cx, ERR_INVALID, "things of nobody");
    TX_SCOPE(cx);
    TRY(q_aside_posts_of(cx, actor_id, planet_id, &posts, &n_posts));
    TRY(q_aside_comments_of(cx, actor_id, planet_id, &comments, &n));
    for (size_t i = 0; i < n; i++)
        TRY(place_comment(cx, actor_id, &comments[i], place));
    if (place == ASIDE_SEEN) {
        TRY(q_aside_reactions_give(cx, actor_id, planet_id, NULL));
        TRY(q_aside_reactions_gave(cx, actor_id, planet_id, NULL));
    } else {
        TRY(q_aside_reactions_take(cx, actor_id, planet_id, NULL));
        TRY(q_aside_reactions_took(cx, actor_id, planet_id, NULL));
    }
    TRY(q_aside_emoji(cx, actor_id, planet_id, place != ASIDE_SEEN, NULL));
    TRY(recount(cx, posts, n_posts));
    return tx_commit(cx);
}

enum err aside_reaction(struct cx *cx, enum reaction_kind kind, int64_t post_id,
                        int64_t comment_id, int64_t actor_id, struct str activity_uri)
{
    return q_aside_reaction_put(cx, id_next(cx->node->ids),
                                kind == REACTION_LIKE ? STR("like") : STR("announce"), post_id,
                                comment_id, actor_id, activity_uri, cx->now, NULL);
}

enum err aside_forget(struct cx *cx, int64_t actor_id)
{
    TRY(q_aside_comments_forget(cx, actor_id, NULL));
    return q_aside_reactions_forget(cx, actor_id, NULL);
}

enum err aside_list(struct cx *cx, struct str host, int64_t after_id, int64_t n_max,
                    struct aside_item **ret, size_t *ret_n)
{
    struct aside_items_row *rows;
    size_t n;
    TRY(q_aside_items(cx, host, str_fmt(cx->arena, "%%." STR_FMT, STR_ARG(host)),
                      str_fmt(cx->arena, STR_FMT ":%%", STR_ARG(host)),
                      str_fmt(cx->arena, "%%." STR_FMT ":%%", STR_ARG(host)), after_id, n_max,
                      &rows, &n));
    struct aside_item *v = ARENA_ARRAY(cx->arena, struct aside_item, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct aside_item){rows[i].id,  rows[i].what,     rows[i].actor_uri,
                                   rows[i].uri, rows[i].post_uri, rows[i].was};
    *ret = v;
    *ret_n = n;
    return OK;
}
