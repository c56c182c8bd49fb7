#include "web/static.h"

#include <string.h>

#include "node/base/embed.h"
#include "node/node.h"
#include "web/view.h"

extern const struct embedded web_static[]; /* generated, see web/local.mk */

static const struct embedded *find(struct str name)
{
    for (const struct embedded *e = web_static; e->name != NULL; e++)
        if (str_eq_c(name, e->name))
            return e;
    return NULL;
}

/* "orrery.1a2b3c4d5e6f.css" → "orrery.css" and the hash; false when no hash stands in it. */
static bool split_hash(struct arena *a, struct str name, struct str *ret_plain, struct str *ret_hash)
{
    size_t first = str_find_char(name, '.', 0);
    size_t second = first == SIZE_MAX ? SIZE_MAX : str_find_char(name, '.', first + 1);
    if (second == SIZE_MAX)
        return false;
    struct str stem = str_sub(name, 0, first), ext = str_sub(name, second, SIZE_MAX);
    *ret_hash = str_sub(name, first + 1, second - first - 1);
    *ret_plain = str_fmt(a, STR_FMT STR_FMT, STR_ARG(stem), STR_ARG(ext));
    return true;
}

/* A page asks once per icon, so no printf here. */
struct str web_static_url(struct cx *cx, const char *name)
{
    const struct embedded *e = find(str_c(name));
    const char *dot = strrchr(name, '.');
    struct buf url;
    buf_init_arena(&url, cx->arena, 256);
    buf_lit(&url, "/static/");
    if (e == NULL || dot == NULL) {
        buf_put_c(&url, name);
        return buf_str(&url);
    }
    buf_put_bytes(&url, name, (size_t)(dot - name));
    buf_lit(&url, ".");
    buf_put_c(&url, e->hash);
    buf_put_c(&url, dot);
    return buf_str(&url);
}

enum err web_static_show(struct rq *rq)
{
    struct str name = rq_param(rq, "name"), plain, hash;
    const struct embedded *e = find(name);
    rq_cache_control(rq, "public, max-age=3600");
    if (e == NULL && split_hash(rq->cx->arena, name, &plain, &hash)) {
        e = find(plain);
        /* After an upgrade an old page still asks for its old bytes: give the new, keep them short. */
        if (e != NULL && str_eq_c(hash, e->hash))
            rq_cache_control(rq, "public, max-age=31536000, immutable");
    }
    if (e == NULL)
        return ERR_NOT_FOUND;
    struct buf body;
    buf_init(&body, e->n + 1);
    buf_put_bytes(&body, e->bytes, e->n);
    return reply_bytes(rq, 200, e->type, &body);
}

enum err web_favicon(struct rq *rq)
{
    return reply_redirect(rq, web_static_url(rq->cx, "favicon.svg"));
}

enum err web_robots(struct rq *rq)
{
    struct buf body;
    buf_init(&body, 1024);
    buf_put_c(&body, "User-agent: *\n"
                     "Disallow: /login\nDisallow: /me\nDisallow: /compose\nDisallow: /drafts\n"
                     "Disallow: /desk\nDisallow: /lang\nDisallow: /interact\nDisallow: /theme\nDisallow: /api/\n");
    rq_cache_control(rq, "public, max-age=3600");
    return reply_bytes(rq, 200, "text/plain; charset=utf-8", &body);
}
