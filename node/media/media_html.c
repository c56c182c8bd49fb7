#include "node/media/media_html.h"

#include "node/base/buf.h"
#include "node/media/media.h"

enum { HTML_MAX = 16 << 20 };

static void put_label(struct buf *b, const char *name, struct str alt)
{
    if (alt.n == 0)
        return;
    buf_fmt(b, " %s=\"", name);
    buf_put(b, alt); /* escaped already */
    buf_lit(b, "\"");
}

static void put_image(struct cx *cx, struct buf *b, const struct media *m, struct str alt)
{
    struct str large = media_url(cx, m, false), small = media_url(cx, m, true);
    buf_fmt(b, "<img src=\"" STR_FMT "\"", STR_ARG(large));
    if (m->small_width < m->width)
        buf_fmt(b, " srcset=\"" STR_FMT " %lldw, " STR_FMT " %lldw\" sizes=\"(max-width: 45rem) 100vw, 45rem\"",
                STR_ARG(small), (long long)m->small_width, STR_ARG(large), (long long)m->width);
    buf_fmt(b, " width=\"%lld\" height=\"%lld\" loading=\"lazy\" decoding=\"async\" alt=\"",
            (long long)m->width, (long long)m->height);
    buf_put(b, alt);
    buf_lit(b, "\">");
}

static void put_file(struct cx *cx, struct buf *b, const struct media *m, struct str alt)
{
    struct str url = media_url(cx, m, false);
    if (media_is_inline(m)) {
        const char *tag = str_starts(m->mime, STR("audio/")) ? "audio" : "video";
        buf_fmt(b, "<%s controls preload=\"metadata\" src=\"" STR_FMT "\"", tag, STR_ARG(url));
        put_label(b, "aria-label", alt);
        buf_fmt(b, "></%s>", tag);
        return;
    }
    buf_fmt(b, "<a href=\"" STR_FMT "\" download>", STR_ARG(url));
    if (alt.n > 0)
        buf_put(b, alt);
    else
        buf_put_html(b, m->filename);
    buf_lit(b, "</a>");
}

static struct str own_alt(struct cx *cx, const struct media *m)
{
    struct buf b;
    if (!m->is_public && (cx->viewer == 0 || cx->viewer != m->account_id))
        return STR("");
    buf_init_arena(&b, cx->arena, 1 << 16);
    buf_put_html(&b, m->alt);
    return buf_str(&b);
}

/* What a text may show: these, or, ids being NULL, what the viewer may open. */
struct shown {
    const int64_t *ids;
    size_t n;
};

static enum err may_show(struct cx *cx, const struct shown *only, const struct media *m)
{
    if (only->ids == NULL)
        return attachment_may_open(cx, m);
    for (size_t i = 0; i < only->n; i++)
        if (only->ids[i] == m->id)
            return OK;
    return ERR_NOT_FOUND;
}

static enum err put_medium(struct cx *cx, struct buf *b, const struct shown *only,
                           struct str id_text, struct str alt)
{
    struct media m;
    int64_t id;
    enum err e = str_to_i64(id_text, &id) ? media_by_id(cx, id, &m) : ERR_NOT_FOUND;
    if (e == OK) /* a number can be guessed, and an address tells a file's name */
        e = may_show(cx, only, &m);
    if (e == ERR_NOT_FOUND) {
        buf_put(b, alt);
        return OK;
    }
    TRY(e);
    if (alt.n == 0)
        alt = own_alt(cx, &m);
    if (str_eq_c(m.kind, "image"))
        put_image(cx, b, &m, alt);
    else
        put_file(cx, b, &m, alt);
    return OK;
}

static enum err expand(struct cx *cx, struct safe_html html, const struct shown *only,
                       struct safe_html *ret)
{
    /* Text is escaped, so that only the renderer can have written these. */
    static const struct str before = STR_INIT("<img src=\"media:"), between = STR_INIT("\" alt=\""),
                            after = STR_INIT("\">");
    struct str s = html.s;
    struct buf b;
    size_t from = 0;
    buf_init_arena(&b, cx->arena, HTML_MAX);
    for (;;) {
        size_t at = str_find(s, before, from);
        if (at == SIZE_MAX)
            break;
        size_t id = at + before.n, mid = str_find(s, between, id);
        size_t end = mid == SIZE_MAX ? SIZE_MAX : str_find(s, after, mid + between.n);
        if (end == SIZE_MAX)
            break;
        buf_put(&b, str_sub(s, from, at - from));
        TRY(put_medium(cx, &b, only, str_sub(s, id, mid - id),
                       str_sub(s, mid + between.n, end - mid - between.n)));
        from = end + after.n;
    }
    if (from == 0) {
        *ret = html;
        return OK;
    }
    buf_put(&b, str_sub(s, from, SIZE_MAX));
    if (b.overflow)
        return cx_tell(cx, ERR_TOO_LARGE,
                       N_("This text is too long. Please split it into several posts."));
    ret->s = buf_str(&b);
    return OK;
}

enum err media_expand(struct cx *cx, struct safe_html html, struct safe_html *ret)
{
    return expand(cx, html, &(struct shown){NULL, 0}, ret);
}

enum err media_expand_only(struct cx *cx, struct safe_html html, const int64_t *ids, size_t n,
                           struct safe_html *ret)
{
    return expand(cx, html, &(struct shown){ids, n}, ret);
}
