#include "web/far.h"

#include "node/media/far.h"

/* A browser shows the picture of a 404, too: a face without features rather than a broken one. */
static const char nobody[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 40 40\"><path fill=\"#8b96a3\" d=\"M0 0h40v40H0z\"/>"
    "<path fill=\"#dfe4ea\" d=\"M20 20a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm0 3c-8 0-14 4.5-14 11v6h28v-6c0-6.5-6-11-14-11z\"/>"
    "</svg>";

static void common_headers(struct rq *rq)
{
    rq_add_header(rq, "Content-Security-Policy", STR("default-src 'none'; sandbox; frame-ancestors 'none'"));
    /* Other sites' pages have no use for it. */
    rq_add_header(rq, "Cross-Origin-Resource-Policy", STR("same-origin"));
}

static enum err reply_nothing(struct rq *rq, const struct far_thing *what)
{
    struct buf b;
    common_headers(rq);
    rq_cache_control(rq, "public, max-age=300");
    if (what->kind != FAR_AVATAR) /* its description stands in the page */
        return reply_text(rq, 404, "");
    buf_init_arena(&b, rq->cx->arena, sizeof nobody);
    buf_put_c(&b, nobody);
    return reply_bytes(rq, 404, "image/svg+xml", &b);
}

static enum err reply_picture(struct rq *rq, const struct far_thing *what, const struct far_bytes *b)
{
    (void)what;
    common_headers(rq);
    return reply_file(rq, b->fd, b->size, b->mime, b->etag, "public, max-age=86400", STR_NULL);
}

/* It came, or it didn't. What is not noted either way had no time: another try may have. */
static enum err resume(struct rq *rq, void *arg)
{
    const struct far_thing *what = arg;
    struct far_bytes b;
    enum err e = far_open(rq->cx, what, &b);
    if (e == OK)
        return reply_picture(rq, what, &b);
    if (e == ERR_NOT_FOUND)
        return reply_nothing(rq, what);
    if (e != ERR_UPSTREAM)
        return e;
    rq->cx->retry_after_s = 10;
    return ERR_BUSY;
}

static void ready(void *arg)
{
    rq_unpark(arg);
}

enum err web_far_show(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct far_thing *what = ARENA_NEW(cx->arena, struct far_thing);
    struct far_bytes b;
    TRY(far_read(cx, rq_param(rq, "kind"), rq_param(rq, "mac"), rq_param(rq, "code"), what));
    enum err e = far_open(cx, what, &b);
    if (e == OK)
        return reply_picture(rq, what, &b);
    if (e == ERR_NOT_FOUND)
        return reply_nothing(rq, what);
    if (e != ERR_UPSTREAM)
        return e;
    TRY(far_fetch(cx, what, ready, rq));
    return rq_park(rq, resume, what);
}
