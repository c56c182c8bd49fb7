/* Reading comments. */
#include "node/db/db.h"
#include "node/media/far.h"
#include "node/media/media.h"
#include "node/planet/planet.h"
#include "node/talk/comment_row.h"
#include "node/talk/comment_sql.h"

struct str audience_name(enum comment_audience a)
{
    return a == COMMENT_PUBLIC ? STR("public") : STR("members");
}

enum comment_audience audience_of(struct str s)
{
    return str_eq(s, STR("public")) ? COMMENT_PUBLIC : COMMENT_MEMBERS;
}

enum err comment_may_read(struct cx *cx, const struct post *post, enum comment_audience audience,
                          bool *ret)
{
    struct gate gate = post->gate;
    struct access_pass pass;

    /* Everybody has a full pass of a public post: its members' thread asks for a membership. */
    if (audience == COMMENT_MEMBERS && gate.kind == GATE_PUBLIC) {
        gate.kind = GATE_MEMBERS;
        gate.rank = 1;
    }
    TRY(access_decide(cx, &gate, &pass));
    *ret = audience == COMMENT_MEMBERS ? access_is_full(&pass)
                                       : access_verdict(&pass) != ACCESS_NONE;
    return OK;
}

enum err comment_is_moderator(struct cx *cx, int64_t planet_id, bool *ret)
{
    enum role role;

    *ret = false;
    if (cx->viewer == 0)
        return OK;
    TRY(role_of(cx, planet_id, cx->viewer, &role));
    *ret = role == ROLE_OWNER || role == ROLE_PARTNER || role == ROLE_MODERATOR;
    return OK;
}

static bool is_own(struct cx *cx, const struct comment_row *r)
{
    return cx->viewer != 0 && r->account_id == cx->viewer;
}

bool comment_is_visible(struct cx *cx, const struct comment_row *r, bool moderator)
{
    if (str_eq(r->state, STR("shown")))
        return true;
    if (str_eq(r->state, STR("deleted")))
        return false;
    return moderator || (is_own(cx, r) && str_eq(r->state, STR("held")));
}

static struct str avatar(struct cx *cx, const struct comment_row *r)
{
    struct media m = {.id = r->avatar_id, .kind = STR("image")};

    if (r->actor_id != DB_NULL)
        return far_media_url_of(cx, r->host, r->icon_url, FAR_AVATAR);
    if (r->avatar_id == DB_NULL)
        return STR_NULL;
    m.mime = r->avatar_mime;
    m.hash = r->avatar_hash;
    m.small_hash = r->avatar_small_hash;
    return media_url(cx, &m, true);
}

void comment_of_row(struct cx *cx, const struct comment_row *r, bool moderator, struct comment *ret)
{
    bool live = !str_eq(r->state, STR("deleted"));
    struct emoji *emoji;

    *ret = (struct comment){
        .id = r->id,
        .post_id = r->post_id,
        .parent_id = r->parent_id == DB_NULL ? 0 : r->parent_id,
        .root_id = r->root_id,
        .depth = r->id == r->root_id ? 0 : 1,
        .account_id = r->account_id == DB_NULL ? 0 : r->account_id,
        .actor_id = r->actor_id == DB_NULL ? 0 : r->actor_id,
        .is_remote = r->actor_id != DB_NULL,
        .is_quote = str_eq(r->kind, STR("quote")),
        .abroad = r->abroad != 0,
        .audience = audience_of(r->audience),
        .state = r->state,
        .html = {STR("")},
        .created_at = r->created_at,
        .edited_at = DB_NULL,
        .may_edit = live && is_own(cx, r) && !str_eq(r->state, STR("hidden")),
        .may_delete = live && (is_own(cx, r) || moderator),
        .may_moderate = live && moderator,
    };
    if (!comment_is_visible(cx, r, moderator))
        return; /* a gap: not even who it was */
    ret->author_name = str_empty(r->name) ? r->username : r->name;
    ret->author_username = r->username;
    ret->author_host = ret->is_remote ? r->host : STR_NULL;
    ret->author_url = ret->is_remote ? r->url : STR_NULL;
    ret->avatar_url = avatar(cx, r);
    ret->html.s = r->html;
    ret->object_uri = r->object_uri;
    ret->object_url = r->object_url;
    ret->n_likes = r->n_likes;
    ret->liked = r->liked != 0;
    ret->edited_at = r->edited_at;
    ret->warning = r->warning;
    ret->sensitive = r->sensitive != 0;
    ret->n_emoji = emoji_list_read(cx->arena, r->emoji, &emoji);
    ret->emoji = emoji;
    ret->n_author_emoji = emoji_list_read(cx->arena, r->author_emoji, &emoji);
    ret->author_emoji = emoji;
}

/* What came with those that are seen; both are in the order of their ids, or its reverse. */
static enum err attach_media(struct cx *cx, int64_t post_id, struct str kind, struct comment *list,
                             size_t n)
{
    struct comment_media_row *rows;
    struct comment_media *media;
    size_t n_rows;

    if (n == 0)
        return OK;
    TRY(q_comment_media_of_post(cx, post_id, kind, &rows, &n_rows));
    if (n_rows == 0)
        return OK;
    media = ARENA_ARRAY(cx->arena, struct comment_media, n_rows);
    for (size_t i = 0; i < n_rows; i++)
        media[i] = (struct comment_media){rows[i].kind, rows[i].url,   rows[i].mime,
                                          rows[i].alt,  rows[i].width, rows[i].height};
    for (size_t i = 0, next; i < n_rows; i = next) {
        for (next = i + 1; next < n_rows && rows[next].comment_id == rows[i].comment_id;)
            next++;
        for (size_t k = 0; k < n; k++) {
            if (list[k].id != rows[i].comment_id || list[k].author_name.p == NULL)
                continue;
            list[k].media = &media[i];
            list[k].n_media = next - i;
        }
    }
    return OK;
}

/* ---- threads ------------------------------------------------------------------------------- */

static size_t find_parent(const struct comment_row *rows, size_t i)
{
    for (size_t k = i; k-- > 0 && rows[k].root_id == rows[i].root_id;)
        if (rows[k].id == rows[i].parent_id)
            return k;
    return SIZE_MAX;
}

/* Rows come thread by thread, each parent before its answers. A gap stays where an answer needs it,
 * so it is decided from the end. */
static void mark_kept(struct cx *cx, const struct comment_row *rows, size_t n, bool moderator,
                      bool *keep)
{
    for (size_t i = n; i-- > 0;) {
        size_t parent;
        keep[i] = keep[i] || comment_is_visible(cx, &rows[i], moderator);
        parent = keep[i] ? find_parent(rows, i) : SIZE_MAX;
        if (parent != SIZE_MAX)
            keep[parent] = true;
    }
}

enum err comment_list(struct cx *cx, const struct post *post, const struct access_pass *pass,
                      struct comment **ret, size_t *ret_n)
{
    struct comment_row *rows;
    size_t n, n_out = 0;
    bool moderator, members = false, *keep;
    struct comment *out;

    if (pass != NULL && access_is_full(pass) && pass->post_id_ == post->id)
        TRY(comment_may_read(cx, post, COMMENT_MEMBERS, &members));
    TRY(comment_is_moderator(cx, post->planet_id, &moderator));
    TRY(q_comment_threads(cx, post->id, members, cx->viewer, COMMENT_LIST_MAX, &rows, &n));
    keep = ARENA_ARRAY(cx->arena, bool, n);
    mark_kept(cx, rows, n, moderator, keep);
    out = ARENA_ARRAY(cx->arena, struct comment, n);
    for (size_t i = 0; i < n; i++) {
        size_t parent = find_parent(rows, i);
        if (!keep[i])
            continue;
        comment_of_row(cx, &rows[i], moderator, &out[n_out]);
        if (parent != SIZE_MAX && rows[parent].id != rows[parent].root_id &&
            comment_is_visible(cx, &rows[parent], moderator))
            out[n_out].in_reply_to_name = str_empty(rows[parent].name) ? rows[parent].username
                                                                       : rows[parent].name;
        n_out++;
    }
    TRY(attach_media(cx, post->id, STR("reply"), out, n_out));
    *ret = out;
    *ret_n = n_out;
    return OK;
}

enum err comment_quotes(struct cx *cx, const struct post *post, struct comment **ret, size_t *ret_n)
{
    struct comment_row *rows;
    struct comment *out;
    size_t n, n_out = 0;
    bool moderator;

    TRY(comment_is_moderator(cx, post->planet_id, &moderator));
    TRY(q_comment_quotes(cx, post->id, cx->viewer, COMMENT_QUOTES_MAX, &rows, &n));
    out = ARENA_ARRAY(cx->arena, struct comment, n);
    for (size_t i = 0; i < n; i++)
        if (comment_is_visible(cx, &rows[i], moderator))
            comment_of_row(cx, &rows[i], moderator, &out[n_out++]);
    TRY(attach_media(cx, post->id, STR("quote"), out, n_out));
    *ret = out;
    *ret_n = n_out;
    return OK;
}

enum err comment_held(struct cx *cx, int64_t planet_id, struct comment **ret, size_t *ret_n)
{
    struct comment_row *rows;
    size_t n;
    bool moderator;

    TRY(comment_is_moderator(cx, planet_id, &moderator));
    if (!moderator)
        return cx_tell(cx, cx->viewer == 0 ? ERR_UNAUTHENTICATED : ERR_FORBIDDEN,
                       N_("Only the owner, partners and moderators decide about comments."));
    TRY(q_comment_waiting(cx, planet_id, cx->viewer, &rows, &n));
    *ret = ARENA_ARRAY(cx->arena, struct comment, n);
    *ret_n = n;
    for (size_t i = 0; i < n; i++)
        comment_of_row(cx, &rows[i], true, &(*ret)[i]);
    return OK;
}

/* ---- one ----------------------------------------------------------------------------------- */

enum err comment_by_id(struct cx *cx, int64_t id, struct comment *ret)
{
    struct comment_row row;
    struct post post;
    bool moderator, may;

    TRY(q_comment_get(cx, id, cx->viewer, &row));
    TRY(post_by_id(cx, row.post_id, &post));
    TRY(comment_may_read(cx, &post, audience_of(row.audience), &may));
    TRY(comment_is_moderator(cx, post.planet_id, &moderator));
    if (!may || !comment_is_visible(cx, &row, moderator))
        return ERR_NOT_FOUND;
    comment_of_row(cx, &row, moderator, ret);
    return OK;
}

enum err comment_read_back(struct cx *cx, int64_t id, int64_t planet_id, struct comment *ret)
{
    struct comment_row row;
    bool moderator;

    TRY(q_comment_get(cx, id, cx->viewer, &row));
    TRY(comment_is_moderator(cx, planet_id, &moderator));
    comment_of_row(cx, &row, moderator, ret);
    return OK;
}
