#include "node/talk/attachment.h"

#include "node/db/db.h"
#include "node/planet/planet.h"
#include "node/talk/attachment_sql.h"
#include "node/talk/post_body.h"

static void media_of_row(const struct attachment_row *r, struct media *ret)
{
    *ret = (struct media){
        .id = r->id,
        .account_id = r->account_id,
        .planet_id = r->planet_id,
        .kind = r->kind,
        .mime = r->mime,
        .filename = r->filename,
        .hash = r->hash,
        .small_hash = r->small_hash,
        .blurhash = r->blurhash,
        .alt = r->alt,
        .size = r->size,
        .width = r->width,
        .height = r->height,
        .small_width = r->small_width,
        .small_height = r->small_height,
        .is_public = r->is_public != 0,
        .created_at = r->created_at,
    };
}

static bool is_file(struct str kind)
{
    return !str_eq(kind, STR("image"));
}

enum err attachment_list(struct cx *cx, const struct post *post, const struct access_pass *pass,
                         struct attachment **ret, size_t *ret_n)
{
    bool all = pass != NULL && access_is_full(pass) && pass->post_id_ == post->id;
    struct attachment_row *rows;
    size_t n;

    TRY(q_attachment_of_post(cx, post->id, all, &rows, &n));
    *ret = ARENA_ARRAY(cx->arena, struct attachment, n);
    *ret_n = n;
    for (size_t i = 0; i < n; i++) {
        media_of_row(&rows[i], &(*ret)[i].media);
        (*ret)[i].in_teaser = str_eq(rows[i].place, STR("teaser"));
        (*ret)[i].may_open = (*ret)[i].in_teaser || !is_file(rows[i].kind) ||
                             access_with_files(pass);
    }
    return OK;
}

/* ---- who may open it ----------------------------------------------------------------------- */

static enum err opens_it(struct cx *cx, const struct media *m,
                         const struct attachment_shown_by_row *shown, bool *ret)
{
    struct post post;
    struct access_pass pass;
    enum err e = post_by_id(cx, shown->post_id, &post);

    *ret = false;
    if (e == ERR_GONE || e == ERR_NOT_FOUND)
        return OK;
    if (e != OK)
        return e;
    TRY(access_decide(cx, &post.gate, &pass));
    *ret = (is_file(m->kind) ? access_with_files(&pass) : access_is_full(&pass)) ||
           (str_eq(shown->place, STR("teaser")) && str_eq(post.state, STR("published")));
    return OK;
}

static bool manages(enum role role)
{
    return role == ROLE_OWNER || role == ROLE_PARTNER;
}

enum err attachment_may_open(struct cx *cx, const struct media *m)
{
    struct attachment_shown_by_row *shown;
    enum role role;
    size_t n;
    bool opens = false;

    if (m->is_public || (cx->viewer != 0 && cx->viewer == m->account_id))
        return OK;
    if (cx->viewer == 0)
        return ERR_NOT_FOUND; /* what a visitor may open is public, and marked so */
    if (m->planet_id != DB_NULL) {
        TRY(role_of(cx, m->planet_id, cx->viewer, &role));
        if (manages(role)) /* they may show it in any post (attachment_may_show) */
            return OK;
    }
    TRY(q_attachment_shown_by(cx, m->id, &shown, &n));
    for (size_t i = 0; i < n && !opens; i++)
        TRY(opens_it(cx, m, &shown[i], &opens));
    return opens ? OK : ERR_NOT_FOUND;
}

/* ---- setting them -------------------------------------------------------------------------- */

enum err attachment_may_show(struct cx *cx, int64_t planet_id, int64_t post_id, int64_t media_id,
                             bool *ret)
{
    struct attachment_owner_row owner;
    int64_t *there;
    size_t n;
    enum role role;
    bool found;

    *ret = false;
    TRY(q_attachment_owner(cx, media_id, &found, &owner));
    if (!found || cx->viewer == 0)
        return OK;
    if (owner.account_id == cx->viewer) {
        *ret = true;
        return OK;
    }
    TRY(q_attachment_ids(cx, post_id, &there, &n));
    for (size_t i = 0; i < n && !*ret; i++)
        *ret = there[i] == media_id;
    if (!*ret && owner.planet_id == planet_id) {
        TRY(role_of(cx, planet_id, cx->viewer, &role));
        *ret = manages(role);
    }
    return OK;
}

static enum err check_all(struct cx *cx, const struct post *post, const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool may;
        TRY(attachment_may_show(cx, post->planet_id, post->id, ids[i], &may));
        if (!may)
            return cx_tell(cx, ERR_INVALID,
                           N_("One of the pictures or files isn't yours to show here. Upload it "
                              "yourself, then save again."));
    }
    return OK;
}

static enum err put_all(struct cx *cx, int64_t post_id, const int64_t *ids, size_t n,
                        struct str place, int64_t *position)
{
    for (size_t i = 0; i < n; i++)
        TRY(q_attachment_put(cx, post_id, ids[i], place, (*position)++, NULL));
    return OK;
}

enum err attachment_set(struct cx *cx, const struct post *post, const int64_t *body, size_t n_body,
                        const int64_t *teaser, size_t n_teaser)
{
    int64_t *old;
    size_t n_old;
    int64_t position = 0;

    TRY(check_all(cx, post, body, n_body));
    TRY(check_all(cx, post, teaser, n_teaser));
    TRY(q_attachment_ids(cx, post->id, &old, &n_old));
    TRY(q_attachment_clear(cx, post->id, NULL));
    TRY(put_all(cx, post->id, teaser, n_teaser, STR("teaser"), &position));
    TRY(put_all(cx, post->id, body, n_body, STR("body"), &position));
    for (size_t i = 0; i < n_old; i++)
        TRY(q_attachment_refresh_media(cx, old[i], NULL));
    return attachment_refresh(cx, post->id);
}

enum err attachment_refresh(struct cx *cx, int64_t post_id)
{
    int64_t *ids;
    size_t n;

    TRY(q_attachment_ids(cx, post_id, &ids, &n));
    for (size_t i = 0; i < n; i++)
        TRY(q_attachment_refresh_media(cx, ids[i], NULL));
    return q_attachment_count_pictures(cx, post_id, NULL);
}

/* ---- in texts ------------------------------------------------------------------------------ */

static size_t scan_for(struct str text, struct str mark, int64_t *ids, size_t n, size_t max)
{
    for (size_t at = str_find(text, mark, 0); at != SIZE_MAX; at = str_find(text, mark, at + 1)) {
        size_t from = at + mark.n, to = from;
        int64_t id;
        bool known = false;
        while (to < text.n && text.p[to] >= '0' && text.p[to] <= '9')
            to++;
        if (!str_to_i64(str_sub(text, from, to - from), &id) || id <= 0)
            continue;
        for (size_t i = 0; i < n && !known; i++)
            known = ids[i] == id;
        if (known)
            continue;
        if (n == max)
            break;
        ids[n++] = id;
    }
    return n;
}

size_t attachment_scan(struct str markdown, int64_t *ids, size_t n, size_t max)
{
    n = scan_for(markdown, STR("media:"), ids, n, max);
    return scan_for(markdown, STR("/media/"), ids, n, max);
}
