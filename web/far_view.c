#include "web/far_view.h"

#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/media/far.h"

size_t far_emoji(struct cx *cx, struct str owner, const struct emoji *list, size_t n,
                 struct emoji **ret)
{
    struct emoji *v = ARENA_ARRAY(cx->arena, struct emoji, n + 1);
    size_t n_out = 0;
    for (size_t i = 0; i < n; i++) {
        struct str url = far_media_url_of(cx, owner, list[i].url, FAR_EMOJI);
        if (url.p != NULL)
            v[n_out++] = (struct emoji){list[i].name, url};
    }
    *ret = v;
    return n_out;
}

struct safe_html far_name(struct cx *cx, struct str owner, struct str name, const struct emoji *list,
                          size_t n)
{
    struct emoji *v;
    if (n == 0 || str_find_char(name, ':', 0) == SIZE_MAX)
        return (struct safe_html){STR_NULL};
    n = far_emoji(cx, owner, list, n, &v);
    return n == 0 ? (struct safe_html){STR_NULL} : emoji_show_text(cx->arena, name, v, n);
}

static struct str label_of(struct cx *cx, struct str kind)
{
    if (str_eq_c(kind, "image"))
        return str_c(tr(cx, N_("Image")));
    if (str_eq_c(kind, "video"))
        return str_c(tr(cx, N_("Video")));
    if (str_eq_c(kind, "audio"))
        return str_c(tr(cx, N_("Sound")));
    return str_c(tr(cx, N_("File")));
}

static void media(struct cx *cx, const struct comment *c, struct view_comment *v)
{
    struct view_far_media *m = ARENA_ARRAY(cx->arena, struct view_far_media, c->n_media + 1);
    for (size_t i = 0; i < c->n_media; i++) {
        const struct comment_media *from = &c->media[i];
        m[i] = (struct view_far_media){.url = from->url, .alt = from->alt,
                                       .label = label_of(cx, from->kind),
                                       .width = from->width == DB_NULL ? 0 : from->width,
                                       .height = from->height == DB_NULL ? 0 : from->height};
        if (str_eq_c(from->kind, "image"))
            m[i].picture = far_media_url_of(cx, c->author_host, from->url, FAR_PICTURE);
    }
    v->media = m;
    v->n_media = c->n_media;
}

void far_comment(struct cx *cx, const struct comment *c, struct view_comment *v)
{
    struct emoji *list;
    size_t n = far_emoji(cx, c->author_host, c->emoji, c->n_emoji, &list);
    v->html = emoji_show(cx->arena, c->html, list, n);
    media(cx, c, v);
    if (!str_empty(c->warning))
        v->warning = c->warning;
    else if (c->sensitive && c->n_media > 0)
        v->warning = str_c(tr(cx, N_("Marked as sensitive by its author")));
}

enum { KINDS_SHOWN = 20 };

void far_reactions(struct cx *cx, const struct reaction_group *groups, size_t n, int64_t comment_id,
                   const struct view_emoji_count **ret, size_t *ret_n)
{
    struct view_emoji_count *v = NULL;
    size_t n_out = 0;
    for (size_t i = 0; i < n && n_out < KINDS_SHOWN; i++) {
        const struct reaction_group *g = &groups[i];
        if (g->comment_id != comment_id)
            continue;
        if (v == NULL)
            v = ARENA_ARRAY(cx->arena, struct view_emoji_count, KINDS_SHOWN);
        v[n_out] = (struct view_emoji_count){.text = g->emoji, .name = g->emoji, .n = g->n};
        if (g->icon_url.p != NULL)
            v[n_out].picture = far_media_url_of(cx, g->host, g->icon_url, FAR_EMOJI);
        n_out++;
    }
    *ret = v;
    *ret_n = n_out;
}
