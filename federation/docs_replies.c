/* The replies of a thing: our own first, then those from elsewhere (federation.md 1.11). Cursors:
 * "o12" ours after 12, "12" theirs after 12. */
#include "federation/docs.h"

#include "federation/fed.h"
#include "federation/out.h"
#include "federation/out_sql.h"

enum err fed_thing_of_path(struct rq *rq, struct fed_thing *ret)
{
    struct cx *cx = rq->cx;
    struct public_post p;
    struct comment_ours_row c;
    int64_t id;
    if (!str_to_i64(rq_param(rq, "id"), &id) || id <= 0)
        return ERR_NOT_FOUND;
    struct str uri = fed_iri(cx, "/ap/o/%lld", (long long)id);
    enum err e = public_post_by_object_uri(cx, uri, &p);
    if (e == OK) {
        *ret = (struct fed_thing){uri, p.id, DB_NULL, p.n_likes, p.n_announces};
        return OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(q_comment_ours(cx, id, &c));
    *ret = (struct fed_thing){uri, c.post_id, id, c.n_likes, c.n_shares};
    return OK;
}

static struct str under(struct cx *cx, struct str id, const char *tail)
{
    return str_fmt(cx->arena, STR_FMT "%s", STR_ARG(id), tail);
}

static enum err finish(struct rq *rq, struct jw *w, struct buf *take_b)
{
    if (!jw_done(w)) {
        buf_free(take_b);
        return cx_fail(rq->cx, ERR_INTERNAL, "replies were not written whole");
    }
    return fed_reply(rq, 200, take_b);
}

enum err fed_load_replies(struct cx *cx, int64_t post_id, int64_t comment_id, int64_t after,
                          struct fed_replies *ret)
{
    int64_t *ids;
    size_t n;
    TRY(q_replies_ours(cx, post_id, comment_id, after, FED_PAGE + 1, &ids, &n));
    bool more = n > FED_PAGE;
    if (more)
        n = FED_PAGE;
    struct str *items = ARENA_ARRAY(cx->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        items[i] = fed_iri(cx, "/ap/o/%lld", (long long)ids[i]);
    *ret = (struct fed_replies){items, n, more ? ids[n - 1] : 0};
    return OK;
}

static enum err theirs(struct cx *cx, const struct fed_thing *t, int64_t after,
                       struct fed_out_page *p)
{
    struct replies_theirs_row *rows;
    size_t n;
    TRY(q_replies_theirs(cx, t->post_id, t->comment_id, after, FED_PAGE + 1, &rows, &n));
    bool more = n > FED_PAGE;
    if (more)
        n = FED_PAGE;
    struct str *items = ARENA_ARRAY(cx->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        items[i] = rows[i].object_uri;
    p->items = items;
    p->n_items = n;
    if (more)
        p->next = str_fmt(cx->arena, STR_FMT "/p/%lld", STR_ARG(p->part_of),
                          (long long)rows[n - 1].id);
    return OK;
}

static enum err ours(struct cx *cx, const struct fed_thing *t, int64_t after,
                     struct fed_out_page *p)
{
    struct fed_replies r;
    TRY(fed_load_replies(cx, t->post_id, t->comment_id, after, &r));
    p->items = r.ids;
    p->n_items = r.n;
    p->next = r.more_after > 0 ? str_fmt(cx->arena, STR_FMT "/p/o%lld", STR_ARG(p->part_of),
                                         (long long)r.more_after)
                               : under(cx, p->part_of, "/p/0");
    return OK;
}

enum err fed_get_replies(struct rq *rq)
{
    struct fed_thing t;
    struct buf b;
    struct jw w;
    TRY(fed_thing_of_path(rq, &t));
    struct str self = under(rq->cx, t.uri, "/replies");
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "@context", "https://www.w3.org/ns/activitystreams");
    jw_key_str(&w, "id", self);
    jw_key_c(&w, "type", "Collection");
    jw_key_str(&w, "first", under(rq->cx, self, "/p/o0"));
    jw_end(&w);
    return finish(rq, &w, &b);
}

enum err fed_get_replies_page(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct str cursor = rq_param(rq, "cursor");
    bool own = str_starts(cursor, STR("o"));
    struct fed_thing t;
    struct buf b;
    struct jw w;
    int64_t after;
    TRY(fed_thing_of_path(rq, &t));
    if (!str_to_i64(str_sub(cursor, own ? 1 : 0, SIZE_MAX), &after) || after < 0)
        return ERR_NOT_FOUND;
    struct fed_out_page p = {.part_of = under(cx, t.uri, "/replies")};
    p.id = str_fmt(cx->arena, STR_FMT "/p/%s%lld", STR_ARG(p.part_of), own ? "o" : "",
                   (long long)after);
    TRY(own ? ours(cx, &t, after, &p) : theirs(cx, &t, after, &p));
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_page(&w, &p);
    return finish(rq, &w, &b);
}
