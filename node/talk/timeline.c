#include "node/talk/timeline.h"

#include "node/db/db.h"
#include "node/media/media.h"
#include "node/media/media_html.h"
#include "node/node.h"
#include "node/talk/post_row.h"
#include "node/talk/post_sql.h"
#include "node/talk/public_view_sql.h"
#include "node/text/scan.h"

enum { TITLE_OF_NOTE = 80 };

/* Where a page begins: just behind the post before_id. */
struct place {
    int64_t at, id;
};

static enum err find_place(struct cx *cx, int64_t before_id, struct place *ret)
{
    *ret = (struct place){INT64_MAX, INT64_MAX};
    if (before_id == 0)
        return OK;
    ret->id = before_id;
    TRY(q_post_position(cx, before_id, &ret->at));
    return ret->at == DB_NULL ? ERR_NOT_FOUND : OK;
}

static int64_t clamp(int limit)
{
    return limit < 1 ? 1 : limit > TIMELINE_MAX ? TIMELINE_MAX : limit;
}

/* ---- posts alone --------------------------------------------------------------------------- */

enum err post_timeline(struct cx *cx, int64_t planet_id, struct str tag, int64_t before_id,
                       int limit, struct post **ret, size_t *ret_n)
{
    struct place p;
    struct post_row *rows;

    TRY(find_place(cx, before_id, &p));
    if (str_empty(tag))
        TRY(q_post_list_planet(cx, planet_id, p.at, p.id, clamp(limit), &rows, ret_n));
    else
        TRY(q_post_list_tag(cx, planet_id, text_fold(cx->arena, tag), p.at, p.id, clamp(limit),
                            &rows, ret_n));
    return post_of_rows(cx, rows, *ret_n, ret);
}

enum err post_timeline_all(struct cx *cx, int64_t before_id, int limit, struct post **ret,
                           size_t *ret_n)
{
    struct place p;
    struct post_row *rows;

    TRY(find_place(cx, before_id, &p));
    TRY(q_post_list_all(cx, p.at, p.id, clamp(limit), &rows, ret_n));
    return post_of_rows(cx, rows, *ret_n, ret);
}

enum err post_count(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    return q_post_count_published(cx, planet_id, ret);
}

enum err post_tag_counts(struct cx *cx, int64_t planet_id, int limit, struct tag_count **ret,
                         size_t *ret_n)
{
    struct post_tag_count_row *rows;

    TRY(q_post_tag_count(cx, planet_id, clamp(limit), &rows, ret_n));
    *ret = ARENA_ARRAY(cx->arena, struct tag_count, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = (struct tag_count){rows[i].tag, rows[i].n};
    return OK;
}

/* ---- cards --------------------------------------------------------------------------------- */

static struct str absolute(struct cx *cx, struct str path)
{
    return str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(path));
}

static void card_post(const struct card_row *r, struct post *p)
{
    *p = (struct post){
        .id = r->id,
        .planet_id = r->planet_id,
        .author_id = r->author_id,
        .slug = r->slug,
        .title = r->title,
        .lang = r->lang,
        .kind = r->kind,
        .state = r->state,
        .teaser_html = {r->teaser_html},
        .price_amount = r->price_amount,
        .price_currency = r->price_currency,
        .pinned = r->pinned != 0,
        .version = r->version,
        .summary = r->summary,
        .tags = r->tags,
        .created_at = r->created_at,
        .published_at = r->published_at,
        .edited_at = r->edited_at,
        .face_at = r->face_at,
    };
    post_fill_gate(p, gate_kind_of(r->access), r->tier_rank, r->not_in_trial != 0);
}

static struct public_media *card_picture(struct cx *cx, const struct card_row *r)
{
    struct public_media *p = ARENA_NEW(cx->arena, struct public_media);
    struct media m = {
        .id = r->picture_id,
        .kind = STR("image"),
        .mime = r->picture_mime,
        .hash = r->picture_hash,
        .small_hash = r->picture_small_hash,
    };

    *p = (struct public_media){
        .id = m.id,
        .mime = m.mime,
        .url = absolute(cx, media_url(cx, &m, false)),
        .small_url = absolute(cx, media_url(cx, &m, true)),
        .alt = r->picture_alt,
        .blurhash = r->picture_blurhash,
        .width = r->picture_width,
        .height = r->picture_height,
    };
    return p;
}

static enum err card_pictures(struct cx *cx, const struct card_row *r, struct post_card *c)
{
    struct public_media *all;

    if (r->n_pictures == 0 || r->picture_id == DB_NULL)
        return OK;
    if (r->n_pictures == 1) {
        c->pictures = card_picture(cx, r);
        c->n_pictures = 1;
        return OK;
    }
    TRY(public_media_list(cx, r->id, &all, &c->n_pictures));
    c->pictures = all;
    return OK;
}

static struct str title_of_note(struct cx *cx, struct str summary)
{
    struct str cut = str_utf8_cut(summary, TITLE_OF_NOTE);

    return cut.n == summary.n ? summary : str_fmt(cx->arena, STR_FMT "…", STR_ARG(str_trim(cut)));
}

static enum err card_of_row(struct cx *cx, const struct card_row *r, const struct access_pass *pass,
                            struct post_card *c)
{
    bool public = str_eq(r->access, STR("public"));

    card_post(r, &c->post);
    c->planet_handle = r->planet_handle;
    c->planet_name = r->planet_name;
    c->author_name = r->author_name;
    c->author_username = r->author_username;
    if (r->avatar_id != DB_NULL) {
        struct media m = {
            .id = r->avatar_id,
            .kind = STR("image"),
            .mime = r->avatar_mime,
            .hash = r->avatar_hash,
            .small_hash = r->avatar_small_hash,
        };
        c->author_avatar_url = media_url(cx, &m, true);
    }
    c->path = post_path(cx, r->planet_handle, r->slug);
    c->display_title = str_empty(r->title) ? title_of_note(cx, r->summary) : r->title;
    c->summary = r->summary;
    c->tags = r->tags;
    c->html.s = r->note_html.p != NULL ? r->note_html : r->teaser_html;
    TRY(media_expand(cx, c->html, &c->html));
    c->cut = r->note_html.p == NULL;
    TRY(card_pictures(cx, r, c));
    c->open = access_is_full(pass);
    c->n_comments = c->open && !public ? r->n_comments : r->n_public_comments;
    c->n_likes = c->open || public ? r->n_likes : r->n_remote_likes;
    c->n_announces = r->n_announces;
    return OK;
}

static enum err mark_warned(struct cx *cx, struct post_card *cards, size_t n)
{
    struct card_warnings_row *rows;
    int64_t oldest = INT64_MAX, newest = 0;
    size_t n_rows;

    if (n == 0)
        return OK;
    for (size_t i = 0; i < n; i++) {
        oldest = cards[i].post.id < oldest ? cards[i].post.id : oldest;
        newest = cards[i].post.id > newest ? cards[i].post.id : newest;
    }
    TRY(q_card_warnings(cx, oldest, newest, &rows, &n_rows));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_rows; k++)
            if (rows[k].post_id == cards[i].post.id)
                cards[i].warning = rows[k].warning;
    return OK;
}

static enum err mark_liked(struct cx *cx, struct post_card *cards, size_t n)
{
    int64_t oldest = INT64_MAX, newest = 0, *ids;
    size_t n_ids;

    if (cx->viewer == 0 || n == 0)
        return OK;
    for (size_t i = 0; i < n; i++) {
        oldest = cards[i].post.id < oldest ? cards[i].post.id : oldest;
        newest = cards[i].post.id > newest ? cards[i].post.id : newest;
    }
    TRY(q_card_liked(cx, cx->viewer, oldest, newest, &ids, &n_ids));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n_ids && !cards[i].liked; k++)
            cards[i].liked = ids[k] == cards[i].post.id;
    return OK;
}

static enum err cards_of_rows(struct cx *cx, const struct card_row *rows, size_t n,
                              struct post_card **ret, size_t *ret_n)
{
    struct post_card *cards = ARENA_ARRAY(cx->arena, struct post_card, n);
    struct gate *gates = ARENA_ARRAY(cx->arena, struct gate, n);
    struct access_pass *passes = ARENA_ARRAY(cx->arena, struct access_pass, n);

    for (size_t i = 0; i < n; i++) {
        struct post p;
        card_post(&rows[i], &p);
        gates[i] = p.gate;
    }
    TRY(access_decide_many(cx, gates, n, passes));
    for (size_t i = 0; i < n; i++)
        TRY(card_of_row(cx, &rows[i], &passes[i], &cards[i]));
    *ret = cards;
    *ret_n = n;
    TRY(mark_warned(cx, cards, n));
    return mark_liked(cx, cards, n);
}

enum err post_timeline_view(struct cx *cx, int64_t planet_id, struct str tag, int64_t before_id,
                            int limit, struct post_card **ret, size_t *ret_n)
{
    struct place p;
    struct card_row *rows;
    size_t n;

    TRY(find_place(cx, before_id, &p));
    if (!str_empty(tag))
        TRY(q_card_tag(cx, planet_id, text_fold(cx->arena, tag), p.at, p.id, clamp(limit),
                       &rows, &n));
    else if (planet_id == 0)
        TRY(q_card_all(cx, p.at, p.id, clamp(limit), &rows, &n));
    else
        TRY(q_card_planet(cx, planet_id, p.at, p.id, clamp(limit), &rows, &n));
    return cards_of_rows(cx, rows, n, ret, ret_n);
}

enum err post_front_view(struct cx *cx, int64_t planet_id, int limit, struct post_card **ret,
                         size_t *ret_n, int64_t *ret_next)
{
    struct card_row *pinned, *newest, *rows;
    size_t n_pinned, n_newest, n;

    limit = (int)clamp(limit);
    TRY(q_card_pinned(cx, planet_id, &pinned, &n_pinned));
    TRY(q_card_planet(cx, planet_id, INT64_MAX, INT64_MAX, limit + 1, &newest, &n_newest));
    *ret_next = 0;
    if (n_newest > (size_t)limit)
        *ret_next = newest[--n_newest - 1].id;
    rows = ARENA_ARRAY(cx->arena, struct card_row, n_pinned + n_newest);
    for (n = 0; n < n_pinned; n++)
        rows[n] = pinned[n];
    for (size_t i = 0; i < n_newest; i++)
        if (newest[i].pinned == 0)
            rows[n++] = newest[i];
    return cards_of_rows(cx, rows, n, ret, ret_n);
}

enum err post_author_view(struct cx *cx, int64_t author_id, int64_t before_id, int limit,
                          struct post_card **ret, size_t *ret_n)
{
    struct place p;
    struct card_row *rows;
    size_t n;

    TRY(find_place(cx, before_id, &p));
    TRY(q_card_author(cx, author_id, p.at, p.id, clamp(limit), &rows, &n));
    return cards_of_rows(cx, rows, n, ret, ret_n);
}
