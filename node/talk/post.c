#include "node/talk/post.h"

#include "node/base/buf.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/planet/planet.h"
#include "node/quota.h"
#include "node/talk/attachment.h"
#include "node/talk/post_body.h"
#include "node/talk/post_face.h"
#include "node/talk/post_row.h"
#include "node/talk/post_sql.h"

static enum err give(struct cx *cx, const struct post_row *row, struct post *ret)
{
    if (str_eq(row->state, STR("deleted")))
        return ERR_GONE;
    return post_of_row(cx, row, ret);
}

enum err post_by_id(struct cx *cx, int64_t id, struct post *ret)
{
    struct post_row row;

    TRY(q_post_get(cx, id, &row));
    return give(cx, &row, ret);
}

enum err post_by_slug(struct cx *cx, int64_t planet_id, struct str slug, struct post *ret)
{
    struct post_row row;

    TRY(q_post_get_slug(cx, planet_id, slug, &row));
    return give(cx, &row, ret);
}

/* ---- rights -------------------------------------------------------------------------------- */

static enum err author_role(struct cx *cx, int64_t planet_id, enum role *ret)
{
    if (cx->viewer == 0)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Sign in first."));
    TRY(role_of(cx, planet_id, cx->viewer, ret));
    if (*ret == ROLE_OWNER || *ret == ROLE_PARTNER || *ret == ROLE_GUEST)
        return OK;
    return cx_tell(cx, ERR_FORBIDDEN,
                   N_("Only the owner of this planet and the authors they invite can write here."));
}

enum err post_may_author(struct cx *cx, int64_t planet_id)
{
    enum role role;

    return author_role(cx, planet_id, &role);
}

enum err post_may_edit(struct cx *cx, const struct post *post)
{
    enum role role;

    TRY(author_role(cx, post->planet_id, &role));
    if (role == ROLE_GUEST && post->author_id != cx->viewer)
        return cx_tell(cx, ERR_FORBIDDEN, N_("You can change only the posts that you wrote."));
    return OK;
}

/* ---- drafts, tags -------------------------------------------------------------------------- */

enum err post_drafts(struct cx *cx, int64_t planet_id, struct post **ret, size_t *ret_n)
{
    struct post_row *rows;
    size_t n;
    enum role role;

    TRY(author_role(cx, planet_id, &role));
    TRY(q_post_list_drafts(cx, planet_id, cx->viewer, role != ROLE_GUEST, &rows, &n));
    TRY(post_of_rows(cx, rows, n, ret));
    *ret_n = n;
    return OK;
}

enum err post_tags(struct cx *cx, int64_t post_id, struct str **ret, size_t *ret_n)
{
    return q_post_tag_list(cx, post_id, ret, ret_n);
}

struct str post_path(struct cx *cx, struct str planet_handle, struct str slug)
{
    struct buf b;

    buf_init_arena(&b, cx->arena, 4096);
    buf_lit(&b, "/@");
    buf_put_url(&b, planet_handle);
    buf_lit(&b, "/");
    buf_put_url(&b, slug);
    return buf_str(&b);
}

/* ---- states -------------------------------------------------------------------------------- */

static enum err check_publishable(struct cx *cx, const struct post *post, bool teaser_confirmed)
{
    bool empty;

    TRY(post_body_is_empty(cx, post->id, &empty));
    if (empty) {
        struct attachment *media;
        size_t n;
        struct access_pass pass;
        TRY(access_decide(cx, &post->gate, &pass));
        TRY(attachment_list(cx, post, &pass, &media, &n));
        if (n == 0)
            return cx_tell(cx, ERR_INVALID, N_("Write the text first, then publish."));
    }
    if (post->gate.kind == GATE_PUBLIC)
        return OK;
    if (post->gate.kind == GATE_PRICE && post->price_amount == DB_NULL)
        return post_no_price(cx);
    if (str_empty(str_trim(post->teaser)))
        return cx_tell(cx, ERR_INVALID,
                       N_("Write the teaser that everybody will see, then publish."));
    if (!teaser_confirmed)
        return cx_tell(cx, ERR_INVALID,
                       N_("Look at the teaser that everybody will see and confirm it to publish."));
    return OK;
}

enum err post_publish(struct cx *cx, int64_t post_id, bool teaser_confirmed, struct post *ret)
{
    struct post post;

    TX_SCOPE(cx);
    TRY(post_by_id(cx, post_id, &post));
    TRY(post_may_edit(cx, &post));
    if (!str_eq(post.state, STR("published"))) { /* a form sent twice publishes once */
        TRY(check_publishable(cx, &post, teaser_confirmed));
        TRY(quota_check(cx, QUOTA_POSTS, 1));
        TRY(post_face_mint(cx, post_id));
        TRY(attachment_refresh(cx, post_id));
        TRY(post_by_id(cx, post_id, &post));
    }
    TRY(tx_commit(cx));
    *ret = post;
    return OK;
}

enum err post_unpublish(struct cx *cx, int64_t post_id)
{
    struct post post;

    TX_SCOPE(cx);
    TRY(post_by_id(cx, post_id, &post));
    TRY(post_may_edit(cx, &post));
    if (str_eq(post.state, STR("published"))) {
        TRY(q_post_set_draft(cx, post_id, NULL));
        TRY(attachment_refresh(cx, post_id));
        TRY(post_face_burn(cx, post_id, post.object_uri));
    }
    return tx_commit(cx);
}

enum err post_delete(struct cx *cx, int64_t post_id)
{
    struct post post;

    TX_SCOPE(cx);
    TRY(post_by_id(cx, post_id, &post));
    TRY(post_may_edit(cx, &post));
    TRY(q_post_set_deleted(cx, post_id, cx->now, NULL));
    TRY(post_body_remove(cx, post_id));
    TRY(q_post_warning_clear(cx, post_id, NULL));
    TRY(q_post_tags_clear(cx, post_id, NULL));
    TRY(attachment_set(cx, &post, NULL, 0, NULL, 0));
    TRY(q_post_hide_comments(cx, post_id, NULL));
    TRY(post_face_burn(cx, post_id, post.object_uri));
    return tx_commit(cx);
}

enum err post_warning(struct cx *cx, int64_t post_id, struct str *ret)
{
    bool found;

    TRY(q_post_warning_of(cx, post_id, &found, ret));
    if (!found)
        *ret = STR("");
    return OK;
}

enum err post_pin(struct cx *cx, int64_t post_id, bool pinned)
{
    struct post post;
    enum role role;
    int64_t n;

    TX_SCOPE(cx);
    TRY(post_by_id(cx, post_id, &post));
    TRY(author_role(cx, post.planet_id, &role));
    if (role == ROLE_GUEST)
        return cx_tell(cx, ERR_FORBIDDEN, N_("Only the owner and partners can pin posts."));
    if (!str_eq(post.state, STR("published")))
        return cx_tell(cx, ERR_INVALID, N_("Publish the post before you pin it."));
    if (post.pinned == pinned)
        return tx_commit(cx);
    if (pinned) {
        TRY(q_post_count_pinned(cx, post.planet_id, &n));
        if (n >= POST_PINS_MAX)
            return cx_tell(cx, ERR_CONFLICT,
                           N_("Twenty posts are pinned already. Unpin one of them first."));
    }
    TRY(q_post_set_pinned(cx, post_id, pinned, NULL));
    TRY(event_emit(cx, EV_POST_PINNED, post_id, STR_NULL));
    return tx_commit(cx);
}

/* ---- teaser -------------------------------------------------------------------------------- */

struct str post_suggest_teaser(struct cx *cx, struct str body_markdown)
{
    struct str rest = body_markdown, line;

    (void)cx;
    while (str_next(&rest, '\n', &line)) {
        struct str t = str_trim(line);
        if (str_eq(t, STR("<!--more-->")) || str_eq(t, STR("<!-- more -->")))
            return str_trim(str_sub(body_markdown, 0, (size_t)(line.p - body_markdown.p)));
    }
    return STR_NULL; /* the title stands for itself */
}
