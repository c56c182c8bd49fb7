/* Collections: outbox, followers, likes, shares. */
#include "federation/docs.h"

#include "federation/fed.h"
#include "federation/nearby.h"
#include "federation/out.h"
#include "federation/out_sql.h"

static enum err finish(struct rq *rq, struct jw *w, struct buf *take_b)
{
    if (!jw_done(w)) {
        buf_free(take_b);
        return cx_fail(rq->cx, ERR_INTERNAL, "a collection was not written whole");
    }
    return fed_reply(rq, 200, take_b);
}

static enum err actor_of_path(struct rq *rq, struct fed_local *ret)
{
    int64_t id;
    if (!str_to_i64(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(fed_local_by_id(rq->cx, id, ret));
    return str_eq_c(ret->kind, "instance") ? ERR_NOT_FOUND : OK;
}

static enum err reply_collection(struct rq *rq, struct str id, bool ordered, int64_t total,
                                 struct str first)
{
    struct buf b;
    struct jw w;
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_collection(&w, id, ordered, total, first);
    return finish(rq, &w, &b);
}

static struct str under(struct cx *cx, struct str id, const char *tail)
{
    return str_fmt(cx->arena, STR_FMT "%s", STR_ARG(id), tail);
}

enum err fed_get_instance_outbox(struct rq *rq)
{
    return reply_collection(rq, fed_iri(rq->cx, "/ap/instance/outbox"), true, 0, STR_NULL);
}

enum err fed_get_outbox(struct rq *rq)
{
    struct fed_local l;
    int64_t n;
    TRY(actor_of_path(rq, &l));
    TRY(q_outbox_count(rq->cx, l.id, &n));
    return reply_collection(rq, under(rq->cx, l.uri, "/outbox"), true, n,
                            under(rq->cx, l.uri, "/outbox/p/0"));
}

/* Newest first, full activities; the cursor is the id of the last one shown, 0 = from the top. */
enum err fed_get_outbox_page(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct fed_local l;
    struct outbox_page_row *rows;
    struct buf b;
    struct jw w;
    size_t n;
    int64_t before;
    TRY(actor_of_path(rq, &l));
    if (!str_to_i64(rq_param(rq, "cursor"), &before) || before < 0)
        return ERR_NOT_FOUND;
    TRY(q_outbox_page(cx, l.id, before == 0 ? INT64_MAX : before, FED_PAGE + 1, &rows, &n));
    bool more = n > FED_PAGE;
    if (more)
        n = FED_PAGE;
    struct str *items = ARENA_ARRAY(cx->arena, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        items[i] = rows[i].body;
    struct fed_out_page p = {.part_of = under(cx, l.uri, "/outbox"), .items = items, .n_items = n,
                             .raw = true, .ordered = true};
    p.id = str_fmt(cx->arena, STR_FMT "/p/%lld", STR_ARG(p.part_of), (long long)before);
    if (more)
        p.next = str_fmt(cx->arena, STR_FMT "/p/%lld", STR_ARG(p.part_of),
                         (long long)rows[n - 1].id);
    buf_init(&b, (size_t)FED_OUT_MAX * (FED_PAGE + 1));
    jw_init(&w, &b);
    fed_out_page(&w, &p);
    return finish(rq, &w, &b);
}

/* How many, not who (4.11). Followers are not members, and neither is listed. */
enum err fed_get_followers(struct rq *rq)
{
    struct fed_local l;
    int64_t n;
    TRY(actor_of_path(rq, &l));
    TRY(q_follower_count(rq->cx, l.id, &n));
    return reply_collection(rq, under(rq->cx, l.uri, "/followers"), true, n, STR_NULL);
}

enum err fed_get_following(struct rq *rq)
{
    struct fed_local l;
    TRY(actor_of_path(rq, &l));
    return reply_collection(rq, under(rq->cx, l.uri, "/following"), true, 0, STR_NULL);
}

enum err fed_get_endorsements(struct rq *rq)
{
    struct fed_local l;
    struct str *uris;
    struct buf b;
    struct jw w;
    size_t n;
    TRY(actor_of_path(rq, &l));
    if (!str_eq_c(l.kind, "planet"))
        return ERR_NOT_FOUND;
    TRY(fed_endorse_uris(rq->cx, l.local_id, &uris, &n));
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_whole(&w, under(rq->cx, l.uri, "/endorsements"), uris, n);
    return finish(rq, &w, &b);
}

enum err fed_get_likes(struct rq *rq)
{
    struct fed_thing t;
    TRY(fed_thing_of_path(rq, &t));
    return reply_collection(rq, under(rq->cx, t.uri, "/likes"), false, t.n_likes, STR_NULL);
}

enum err fed_get_shares(struct rq *rq)
{
    struct fed_thing t;
    TRY(fed_thing_of_path(rq, &t));
    return reply_collection(rq, under(rq->cx, t.uri, "/shares"), false, t.n_shares, STR_NULL);
}
