#include "web/files.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/media/media.h"
#include "web/page.h"

/* RFC 6266: an ASCII name for old clients, the true one in UTF-8. */
static struct str disposition(struct cx *cx, const struct media *m)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 8192);
    buf_lit(&b, "attachment; filename=\"");
    for (size_t i = 0; i < m->filename.n; i++) {
        unsigned char c = (unsigned char)m->filename.p[i];
        buf_put_char(&b, c < ' ' || c > '~' || c == '"' || c == '\\' || c == '/' ? '_' : (char)c);
    }
    buf_lit(&b, "\"; filename*=UTF-8''");
    buf_put_url(&b, m->filename);
    return b.overflow ? STR("attachment") : buf_str(&b);
}

/* The storage hands the bytes out itself. The address is signed for a short while, so that nobody keeps
 * the way to it unless the picture is everybody's. */
static enum err elsewhere(struct rq *rq, const struct media_bytes *b)
{
    rq_cache_control(rq, b->keep_s == 0 ? "no-store"
                                        : arena_printf(rq->cx->arena, "public, max-age=%d", b->keep_s));
    rq_add_header(rq, "Location", b->url);
    return reply_empty(rq, 302);
}

enum err web_media_give(struct rq *rq, const struct media *m, bool small, const char *keep)
{
    struct cx *cx = rq->cx;
    struct media_bytes b;
    bool image = str_eq_c(m->kind, "image");
    small = image && small && m->small_hash.n > 0;
    struct str as = image ? STR_NULL : disposition(cx, m);
    cx_release(cx);
    TRY(media_give(cx, m, small, rq->method == HEAD, as, &b));
    if (b.url.p != NULL)
        return elsewhere(rq, &b);
    return reply_file(rq, b.fd, b.size, str_z(cx->arena, m->mime), small ? m->small_hash : m->hash, keep, as);
}

enum err web_media_show(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct media m;
    int64_t id;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(media_by_id(cx, id, &m));
    TRY(attachment_may_open(cx, &m));
    /* What is locked may be kept by its reader's browser, which asks each time: when the membership
     * ends, so does the picture. */
    const char *keep = m.is_public ? "public, max-age=86400" : "private, no-cache";
    return web_media_give(rq, &m, str_starts(rq_param(rq, "name"), STR("small")), keep);
}
