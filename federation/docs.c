/* The documents of actors, objects and activities. Those of collections stand in docs_list.c. */
#include "federation/docs.h"

#include "federation/fed.h"
#include "federation/gate.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "node/base/log.h"

static enum err finish(struct rq *rq, struct jw *w, struct buf *take_b, int status)
{
    if (!jw_done(w)) {
        buf_free(take_b);
        return cx_fail(rq->cx, ERR_INTERNAL, "a document was not written whole");
    }
    return fed_reply(rq, status, take_b);
}

static enum err reply_actor(struct rq *rq, const struct fed_local *l, bool key_only)
{
    struct fed_out_actor v;
    struct buf b;
    struct jw w;
    enum err e = fed_load_actor(rq->cx, l, &v);
    if (e == ERR_GONE && !fed_wants_page(rq)) {
        buf_init(&b, FED_OUT_MAX);
        jw_init(&w, &b);
        fed_out_tombstone(&w, l->uri, STR("Person"), rq->cx->now, true);
        return finish(rq, &w, &b, 410);
    }
    TRY(e);
    if (fed_wants_page(rq))
        return reply_redirect(rq, str_eq_c(l->kind, "planet") ? v.url : STR("/"));
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    if (key_only)
        fed_out_actor_key(&w, &v);
    else
        fed_out_actor(&w, &v);
    return finish(rq, &w, &b, 200);
}

void fed_gone_document(struct buf *out, struct str url)
{
    struct jw w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key_c(&w, "@context", "https://www.w3.org/ns/activitystreams");
    jw_key_str(&w, "id", url);
    jw_key_c(&w, "type", "Tombstone");
    jw_end(&w);
}

enum err fed_get_instance(struct rq *rq)
{
    struct fed_local l;
    TRY(fed_local_ensure(rq->cx, "instance", 0, &l));
    return reply_actor(rq, &l, false);
}

static enum err actor_by_id(struct rq *rq, int64_t id, bool key_only)
{
    struct fed_local l;
    TRY(fed_local_by_id(rq->cx, id, &l));
    if (str_eq_c(l.kind, "instance"))
        return ERR_NOT_FOUND; /* it goes by one id only */
    return reply_actor(rq, &l, key_only);
}

static enum err actor_whole(struct rq *rq, int64_t id)
{
    return actor_by_id(rq, id, false);
}

static enum err actor_stub(struct rq *rq, int64_t id)
{
    return actor_by_id(rq, id, true);
}

enum err fed_get_actor(struct rq *rq)
{
    int64_t id;
    if (!str_to_i64(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    return fed_gate_pass(rq, (struct fed_gate){actor_whole, actor_stub, true}, id);
}

enum err fed_actor_reply(struct rq *rq, int64_t planet_id)
{
    struct fed_local l;
    TRY(fed_local_ensure(rq->cx, "planet", planet_id, &l));
    return fed_gate_pass(rq, (struct fed_gate){actor_whole, actor_stub, true}, l.id);
}

enum err fed_planet_uri(struct cx *cx, int64_t planet_id, struct str *ret)
{
    struct fed_local l;
    TRY(fed_local_ensure(cx, "planet", planet_id, &l));
    *ret = l.uri;
    return OK;
}

enum err fed_follower_count(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    struct fed_local l;
    *ret = 0;
    enum err e = fed_local_by_ref(cx, "planet", planet_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    return q_follower_count(cx, l.id, ret);
}

static enum err reply_note(struct rq *rq, const struct fed_out_note *n)
{
    struct buf b;
    struct jw w;
    if (fed_wants_page(rq))
        return reply_redirect(rq, n->url);
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_object(&w, n);
    return finish(rq, &w, &b, 200);
}

/* 410 with its tombstone; 404 for what never was. */
static enum err reply_gone(struct rq *rq, struct str uri)
{
    struct tombstone_find_row t;
    struct buf b;
    struct jw w;
    bool found;
    TRY(q_tombstone_find(rq->cx, uri, &found, &t));
    if (!found)
        return ERR_NOT_FOUND;
    if (fed_wants_page(rq))
        return ERR_GONE;
    buf_init(&b, FED_OUT_MAX);
    jw_init(&w, &b);
    fed_out_tombstone(&w, uri, t.former_type, t.deleted_at, true);
    return finish(rq, &w, &b, 410);
}

static enum err post_whole(struct rq *rq, int64_t post_id)
{
    struct public_post p;
    struct fed_out_note n;
    TRY(public_post_by_id(rq->cx, post_id, &p));
    TRY(fed_load_post(rq->cx, &p, &n));
    return reply_note(rq, &n);
}

enum err fed_object_reply(struct rq *rq, int64_t post_id)
{
    return fed_gate_pass(rq, (struct fed_gate){post_whole, NULL, true}, post_id);
}

enum err fed_get_object(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct public_post p;
    struct fed_out_note n;
    int64_t id, actor_id;
    if (!str_to_i64(rq_param(rq, "id"), &id) || id <= 0)
        return ERR_NOT_FOUND;
    struct str uri = fed_iri(cx, "/ap/o/%lld", (long long)id);
    enum err e = public_post_by_object_uri(cx, uri, &p);
    if (e == OK)
        e = fed_load_post(cx, &p, &n);
    else if (e == ERR_NOT_FOUND)
        e = fed_load_comment(cx, id, &n, &actor_id);
    if (e == OK)
        return reply_note(rq, &n);
    if (e == ERR_NOT_FOUND || e == ERR_GONE)
        return reply_gone(rq, uri);
    return e;
}

enum err fed_get_activity(struct rq *rq)
{
    struct activity_by_id_row a;
    struct buf b;
    bool found;
    int64_t id;
    if (!str_to_i64(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(q_activity_by_id(rq->cx, id, &found, &a));
    /* What is between two is nobody else's. A Create whose object is gone answers as that does. */
    if (!found || str_eq_c(a.audience, "direct"))
        return ERR_NOT_FOUND;
    if (str_eq_c(a.type, "Create") || str_eq_c(a.type, "Update")) {
        struct tombstone_find_row t;
        TRY(q_tombstone_find(rq->cx, a.object_uri, &found, &t));
        if (found)
            return ERR_GONE;
    }
    buf_init(&b, FED_OUT_MAX);
    buf_put(&b, a.body);
    return fed_reply(rq, 200, &b);
}
