#include "web/files.h"

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

enum err web_media_show(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct media m;
    int64_t id, size;
    int fd;
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(media_by_id(cx, id, &m));
    TRY(attachment_may_open(cx, &m));
    bool image = str_eq_c(m.kind, "image");
    bool small = image && m.small_hash.n > 0 && str_starts(rq_param(rq, "name"), STR("small"));
    TRY(media_open(cx, &m, small, &fd, &size));
    cx_release(cx);
    /* What is locked may be kept by its reader's browser, which asks each time: when the membership
     * ends, so does the picture. */
    const char *keep = m.is_public ? "public, max-age=86400" : "private, no-cache";
    return reply_file(rq, fd, size, str_z(cx->arena, m.mime), small ? m.small_hash : m.hash, keep,
                      image ? STR_NULL : disposition(cx, &m));
}
