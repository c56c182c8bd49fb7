#include "node/talk/public_view.h"

#include "node/base/buf.h"
#include "node/db/db.h"
#include "node/media/media.h"
#include "node/media/media_html.h"
#include "node/node.h"
#include "node/talk/post.h"
#include "node/talk/public_view_sql.h"
#include "node/text/sanitize.h"

static struct str absolute(struct cx *cx, struct str path)
{
    return str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(path));
}

enum { HTML_MAX = 32 << 20 };

enum err public_media_list(struct cx *cx, int64_t post_id, struct public_media **ret, size_t *ret_n)
{
    struct public_media_row *rows;
    size_t n;

    TRY(q_public_media(cx, post_id, &rows, &n));
    *ret = ARENA_ARRAY(cx->arena, struct public_media, n);
    *ret_n = n;
    for (size_t i = 0; i < n; i++) {
        struct media m = {
            .id = rows[i].id,
            .kind = STR("image"),
            .mime = rows[i].mime,
            .hash = rows[i].hash,
            .small_hash = rows[i].small_hash,
        };
        (*ret)[i] = (struct public_media){
            .id = m.id,
            .mime = m.mime,
            .url = absolute(cx, media_url(cx, &m, false)),
            .small_url = absolute(cx, media_url(cx, &m, true)),
            .alt = rows[i].alt,
            .blurhash = rows[i].blurhash,
            .width = rows[i].width,
            .height = rows[i].height,
        };
    }
    return OK;
}

/* What starts with '/' on our page must name us elsewhere. Quotes in text are escaped, so these
 * marks stand in tags only. */
static struct str absolute_links(struct cx *cx, struct str html)
{
    static const struct str marks[] = {STR_INIT("href=\"/"), STR_INIT("src=\"/"),
                                       STR_INIT("srcset=\"/"), STR_INIT("w, /media/")};
    struct buf b;
    size_t from = 0;

    buf_init_arena(&b, cx->arena, HTML_MAX);
    for (;;) {
        size_t at = SIZE_MAX, path = 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            size_t hit = str_find(html, marks[i], from);
            if (hit < at) {
                at = hit;
                path = hit + (i == 3 ? 3 : marks[i].n - 1);
            }
        }
        if (at == SIZE_MAX)
            break;
        buf_put(&b, str_sub(html, from, path - from));
        if (path + 1 >= html.n || html.p[path + 1] != '/') /* "//host" is absolute already */
            buf_put(&b, cx->node->origin);
        buf_put_char(&b, '/');
        from = path + 1;
    }
    if (from == 0)
        return html;
    buf_put(&b, str_sub(html, from, SIZE_MAX));
    return buf_str(&b);
}

/* What an <img> of this medium in the public text says of it; empty: nothing. Our renderer's tags alone:
 * what stands in quotes is escaped. */
static struct str alt_in(struct cx *cx, struct str html, int64_t media_id)
{
    struct str path = str_fmt(cx->arena, "/media/%lld/", (long long)media_id);
    for (size_t at = str_find(html, STR("<img "), 0); at != SIZE_MAX;
         at = str_find(html, STR("<img "), at + 1)) {
        struct str tag = str_sub(html, at, str_find_char(html, '>', at) - at);
        size_t alt = str_find(tag, STR(" alt=\""), 0);
        if (alt == SIZE_MAX || str_find(tag, path, 0) == SIZE_MAX)
            continue;
        alt += 6;
        struct safe_html text = {str_sub(tag, alt, str_find_char(tag, '"', alt) - alt)};
        if (text.s.n > 0)
            return html_to_text(cx->arena, text, MEDIA_ALT_CHARS_MAX);
    }
    return STR("");
}

static enum err view_of_row(struct cx *cx, const struct public_row *r, struct public_post *ret)
{
    struct public_post v = {
        .id = r->id,
        .planet_id = r->planet_id,
        .author_id = r->author_id,
        .object_uri = r->object_uri,
        .url = absolute(cx, post_path(cx, r->handle, r->slug)),
        .planet_handle = r->handle,
        .slug = r->slug,
        .title = r->title,
        .lang = r->lang,
        .locked = !str_eq(r->access, STR("public")),
        .html = {r->html},
        .summary_text = r->summary,
        .published_at = r->published_at,
        .edited_at = r->face_at,
        .n_public_comments = r->n_public_comments,
        .n_announces = r->n_announces,
        .n_likes = r->n_remote_likes, /* members' likes stay here (9.4) */
    };

    TRY(media_expand(cx, v.html, &v.html));
    v.html.s = absolute_links(cx, v.html.s);
    TRY(post_warning(cx, r->id, &v.warning));
    TRY(post_tags(cx, r->id, &v.tags, &v.n_tags));
    TRY(public_media_list(cx, r->id, &v.media, &v.n_media));
    /* A picture without a description of its own has the one that this public text gives it. */
    for (size_t i = 0; i < v.n_media; i++)
        if (str_empty(v.media[i].alt))
            v.media[i].alt = alt_in(cx, v.html.s, v.media[i].id);
    *ret = v;
    return OK;
}

enum err public_post_by_id(struct cx *cx, int64_t post_id, struct public_post *ret)
{
    struct public_row row;

    TRY(q_public_by_id(cx, post_id, &row));
    if (str_eq(row.state, STR("deleted")))
        return ERR_GONE;
    if (!str_eq(row.state, STR("published")))
        return ERR_NOT_FOUND;
    return view_of_row(cx, &row, ret);
}

enum err public_post_by_object_uri(struct cx *cx, struct str uri, struct public_post *ret)
{
    int64_t id, n;
    bool found;

    TRY(q_public_by_uri(cx, uri, &found, &id));
    if (found)
        return public_post_by_id(cx, id, ret);
    TRY(q_public_was_there(cx, uri, &n));
    return n > 0 ? ERR_GONE : ERR_NOT_FOUND;
}
