/* What people of this node do with comments. */
#include "node/talk/comment.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"
#include "node/talk/comment_row.h"
#include "node/talk/comment_sql.h"
#include "node/talk/thread.h"
#include "node/talk/mention.h"
#include "node/text/markdown.h"

enum err comment_count(struct cx *cx, int64_t post_id, enum comment_audience audience, int64_t n)
{
    return q_comment_count_add(cx, post_id, n, audience == COMMENT_PUBLIC ? n : 0, NULL);
}

enum err comment_count_ref(struct cx *cx, const struct comment_ref_row *c, int64_t n)
{
    if (str_eq(c->kind, STR("quote")))
        return OK;
    return comment_count(cx, c->post_id, audience_of(c->audience), n);
}

/* ---- writing one --------------------------------------------------------------------------- */

enum err comment_may_create(struct cx *cx, const struct post *post, enum comment_audience audience)
{
    enum role role;
    bool may, closed, closes = false;

    if (cx->viewer == 0)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Sign in to write a comment."));
    if (!str_eq(post->state, STR("published")))
        return ERR_NOT_FOUND;
    TRY(role_of(cx, post->planet_id, cx->viewer, &role));
    if (role == ROLE_BANNED)
        return cx_tell(cx, ERR_FORBIDDEN, N_("You can't write on this planet any more."));
    TRY(thread_is_closed(cx, post->id, &closed));
    if (closed)
        TRY(thread_may_close(cx, post, &closes));
    if (closed && !closes)
        return cx_tell(cx, ERR_FORBIDDEN, N_("This thread is closed: nothing can be added to it."));
    TRY(comment_may_read(cx, post, audience, &may));
    if (may)
        return OK;
    if (audience == COMMENT_MEMBERS)
        return cx_tell(cx, ERR_PAYMENT_REQUIRED,
                       N_("This thread is for members. Join the planet to write in it."));
    return ERR_NOT_FOUND;
}

static enum err check_text(struct cx *cx, struct str markdown)
{
    if (!str_is_utf8(markdown))
        return cx_tell(cx, ERR_INVALID, N_("The text isn't valid UTF-8."));
    if (str_empty(str_trim(markdown)))
        return cx_tell(cx, ERR_INVALID, N_("Write something first."));
    if (str_utf8_len(markdown) > COMMENT_MAX_CHARS)
        return cx_tell(cx, ERR_INVALID, N_("The comment is too long: 10,000 characters at most."));
    return OK;
}

static enum err find_parent(struct cx *cx, const struct post *post, int64_t parent_id,
                            struct comment_ref_row *ret)
{
    bool found;

    TRY(q_comment_ref_get(cx, parent_id, &found, ret));
    if (!found || ret->post_id != post->id || !str_eq(ret->state, STR("shown")) ||
        !str_eq(ret->kind, STR("reply")))
        return cx_tell(cx, ERR_INVALID,
                       N_("The comment that you answer isn't there any more. Write a new one."));
    return OK;
}

/* The page may have been read a while ago. */
static enum err still_published(struct cx *cx, int64_t post_id)
{
    struct post post;

    TRY(post_by_id(cx, post_id, &post));
    return str_eq(post.state, STR("published")) ? OK : ERR_NOT_FOUND;
}

int64_t comment_form_id(struct cx *cx)
{
    return id_next(cx->node->ids);
}

/* A form that is sent twice finds what it made the first time. */
static enum err sent_before(struct cx *cx, const struct post *post, const struct comment_draft *d,
                            bool *ret_found, int64_t *ret_id)
{
    struct comment_of_form_row was;

    *ret_found = false;
    if (d->form_id <= 0)
        return OK;
    TRY(q_comment_of_form(cx, cx->viewer, d->form_id, ret_found, &was));
    if (*ret_found && was.post_id != post->id)
        return cx_tell(cx, ERR_INVALID, N_("This form was used already. Open the page again."));
    *ret_id = was.id;
    return OK;
}

enum err comment_write(struct cx *cx, const struct post *post, const struct comment_draft *d,
                       struct comment *ret)
{
    struct comment_ref_row parent = {.account_id = DB_NULL};
    enum comment_audience audience = d->audience;
    struct told_of of = {.post = post, .markdown = d->markdown, .account_id = cx->viewer};
    struct told *told;
    size_t n_told;
    struct safe_html html;
    struct comment made;
    int64_t twin_id, id = id_next(cx->node->ids);
    bool twin;

    if (d->parent_id != 0) {
        TRY(find_parent(cx, post, d->parent_id, &parent));
        audience = audience_of(parent.audience);
    }
    TRY(comment_may_create(cx, post, audience));
    TRY(check_text(cx, d->markdown));
    TRY(markdown_render(cx, MARKDOWN_COMMENT, d->markdown, &html));
    of.audience = audience;
    of.parent_account_id = parent.account_id == DB_NULL ? 0 : parent.account_id;
    TRY(mention_find(cx, &of, &told, &n_told));

    TX_SCOPE(cx);
    TRY(still_published(cx, post->id));
    TRY(sent_before(cx, post, d, &twin, &twin_id));
    if (twin)
        return comment_read_back(cx, twin_id, post->planet_id, ret);
    TRY(q_comment_insert(cx, id, post->id, d->parent_id == 0 ? DB_NULL : d->parent_id,
                         d->parent_id == 0 ? id : parent.root_id, cx->viewer, DB_NULL,
                         audience_name(audience), STR("shown"), d->markdown, html.s, STR_NULL,
                         STR_NULL, cx->now, STR("reply"),
                         d->abroad && audience == COMMENT_PUBLIC,
                         d->form_id > 0 ? d->form_id : DB_NULL, NULL));
    TRY(comment_count(cx, post->id, audience, 1));
    TRY(event_emit(cx, EV_COMMENT_CREATED, id, STR_NULL));
    TRY(mention_tell(cx, &of, id, told, n_told));
    TRY(comment_read_back(cx, id, post->planet_id, &made));
    TRY(tx_commit(cx));
    *ret = made;
    return OK;
}

enum err comment_create(struct cx *cx, const struct post *post, int64_t parent_id,
                        struct str markdown, enum comment_audience audience, struct comment *ret)
{
    struct comment_draft d = {.parent_id = parent_id, .markdown = markdown, .audience = audience};

    return comment_write(cx, post, &d, ret);
}

/* ---- changing one -------------------------------------------------------------------------- */

/* One that lives, and its post; the viewer's rights to it are the caller's to ask. */
static enum err find_live(struct cx *cx, int64_t id, struct comment_ref_row *ret,
                          struct post *ret_post)
{
    bool found;

    if (cx->viewer == 0)
        return cx_tell(cx, ERR_UNAUTHENTICATED, N_("Sign in first."));
    TRY(q_comment_ref_get(cx, id, &found, ret));
    if (!found)
        return ERR_NOT_FOUND;
    if (str_eq(ret->state, STR("deleted")))
        return ERR_GONE;
    return post_by_id(cx, ret->post_id, ret_post);
}

static enum err check_own(struct cx *cx, const struct comment_ref_row *c)
{
    if (c->account_id != cx->viewer)
        return cx_tell(cx, ERR_FORBIDDEN, N_("You can change only your own comments."));
    return OK;
}

static enum err check_moderator(struct cx *cx, const struct post *post)
{
    bool moderator;

    TRY(comment_is_moderator(cx, post->planet_id, &moderator));
    if (!moderator)
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("Only the owner, partners and moderators decide about comments."));
    return OK;
}

enum err comment_source(struct cx *cx, int64_t id, struct str *ret_markdown)
{
    struct comment_ref_row c;
    struct post post;

    TRY(find_live(cx, id, &c, &post));
    TRY(check_own(cx, &c));
    return q_comment_markdown(cx, id, ret_markdown);
}

enum err comment_edit(struct cx *cx, int64_t id, struct str markdown, struct comment *ret)
{
    struct comment_ref_row c;
    struct post post;
    struct told_of of = {.post = &post, .markdown = markdown, .account_id = cx->viewer};
    struct told *told;
    size_t n_told;
    struct safe_html html;
    struct comment made;

    TRY(find_live(cx, id, &c, &post));
    TRY(check_own(cx, &c));
    if (str_eq(c.state, STR("hidden")))
        return cx_tell(cx, ERR_FORBIDDEN, N_("This comment was hidden by a moderator."));
    TRY(comment_may_create(cx, &post, audience_of(c.audience)));
    TRY(check_text(cx, markdown));
    TRY(markdown_render(cx, MARKDOWN_COMMENT, markdown, &html));
    of.audience = audience_of(c.audience);
    TRY(q_comment_markdown(cx, id, &of.before));
    TRY(mention_find(cx, &of, &told, &n_told));

    TX_SCOPE(cx);
    TRY(q_comment_set_text(cx, id, markdown, html.s, cx->now, NULL));
    TRY(event_emit(cx, EV_COMMENT_UPDATED, id, STR_NULL));
    TRY(mention_tell(cx, &of, id, told, n_told));
    TRY(comment_read_back(cx, id, post.planet_id, &made));
    TRY(tx_commit(cx));
    *ret = made;
    return OK;
}

enum err comment_delete(struct cx *cx, int64_t id)
{
    struct comment_ref_row c;
    struct post post;

    TX_SCOPE(cx);
    TRY(find_live(cx, id, &c, &post));
    if (c.account_id != cx->viewer)
        TRY(check_moderator(cx, &post));
    TRY(q_comment_erase(cx, id, NULL));
    TRY(q_comment_media_erase(cx, id, NULL));
    if (str_eq(c.state, STR("shown")))
        TRY(comment_count_ref(cx, &c, -1));
    TRY(event_emit(cx, EV_COMMENT_DELETED, id, STR_NULL));
    return tx_commit(cx);
}

/* ---- moderating ---------------------------------------------------------------------------- */

/* Counted is what is shown. */
static enum err move_to(struct cx *cx, const struct comment_ref_row *c, struct str state)
{
    bool was = str_eq(c->state, STR("shown")), is = str_eq(state, STR("shown"));

    if (str_eq(c->state, state))
        return OK;
    TRY(q_comment_set_state(cx, c->id, state, NULL));
    if (was != is)
        TRY(comment_count_ref(cx, c, is ? 1 : -1));
    return event_emit(cx, EV_COMMENT_UPDATED, c->id, STR_NULL);
}

/* A remote comment that waited is there now: those whom it concerns hear of it, but for who let it in. */
static enum err tell_of_shown(struct cx *cx, const struct comment_ref_row *c, const struct post *post)
{
    struct told_of of = {.post = post, .audience = audience_of(c->audience), .actor_id = c->actor_id,
                         .is_quote = str_eq(c->kind, STR("quote"))};
    struct comment_ref_row parent;
    struct told *told;
    size_t n, kept = 0;
    bool found;

    if (c->parent_id != DB_NULL) {
        TRY(q_comment_ref_get(cx, c->parent_id, &found, &parent));
        if (found && parent.account_id != DB_NULL)
            of.parent_account_id = parent.account_id;
    }
    TRY(mention_find(cx, &of, &told, &n));
    for (size_t i = 0; i < n; i++)
        if (told[i].account_id != cx->viewer)
            told[kept++] = told[i];
    return mention_tell(cx, &of, c->id, told, kept);
}

static enum err moderate(struct cx *cx, int64_t id, struct str state)
{
    struct comment_ref_row c;
    struct post post;
    bool is_new;

    TX_SCOPE(cx);
    TRY(find_live(cx, id, &c, &post));
    TRY(check_moderator(cx, &post));
    if (str_eq(c.state, state))
        return tx_commit(cx);
    is_new = str_eq(c.state, STR("held")) && str_eq(state, STR("shown")) && c.actor_id != DB_NULL;
    TRY(move_to(cx, &c, state));
    TRY(audit_put(cx, str_eq(state, STR("shown")) ? "comment.show" : "comment.hide", id, STR_NULL));
    if (is_new)
        TRY(tell_of_shown(cx, &c, &post));
    return tx_commit(cx);
}

enum err comment_hide(struct cx *cx, int64_t id)
{
    return moderate(cx, id, STR("hidden"));
}

enum err comment_show(struct cx *cx, int64_t id)
{
    return moderate(cx, id, STR("shown"));
}

enum err comment_hide_all_of(struct cx *cx, int64_t planet_id, int64_t actor_id, int64_t *ret_n)
{
    int64_t *ids;
    size_t n;
    bool moderator;

    TRY(comment_is_moderator(cx, planet_id, &moderator));
    if (!moderator)
        return cx_tell(cx, ERR_FORBIDDEN,
                       N_("Only the owner, partners and moderators decide about comments."));
    TX_SCOPE(cx);
    TRY(q_comments_of_actor(cx, planet_id, actor_id, &ids, &n));
    for (size_t i = 0; i < n; i++)
        TRY(moderate(cx, ids[i], STR("hidden")));
    TRY(tx_commit(cx));
    *ret_n = (int64_t)n;
    return OK;
}

enum err comment_hold(struct cx *cx, int64_t id)
{
    struct comment_ref_row c;
    bool found;

    TX_SCOPE(cx);
    TRY(q_comment_ref_get(cx, id, &found, &c));
    if (!found)
        return ERR_NOT_FOUND;
    if (!str_eq(c.state, STR("deleted")))
        TRY(move_to(cx, &c, STR("held")));
    return tx_commit(cx);
}
