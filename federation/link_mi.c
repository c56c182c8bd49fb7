/* MiAuth, the way of Misskey and its kin: a session that we name by a UUID, a page of theirs, and one
 * question afterwards, which answers who it was. Its token may read the account's own profile; it is
 * thrown away, and they are asked to forget it. */
#include "federation/fed.h"
#include "federation/link_int.h"
#include "node/base/crypt.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/settings.h"

static struct str uuid(struct arena *a)
{
    unsigned char r[16];
    struct buf b;
    crypt_random(r, sizeof r);
    r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
    r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
    buf_init_arena(&b, a, 40);
    static const size_t parts[] = {4, 2, 2, 2, 6};
    for (size_t i = 0, at = 0; i < 5; at += parts[i++]) {
        if (i > 0)
            buf_put_char(&b, '-');
        buf_put_hex(&b, r + at, parts[i]);
    }
    return buf_str(&b);
}

enum err link_mi_go(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str session = uuid(cx->arena), name;
    struct buf b;
    int64_t id;
    l->way = FED_WAY_MIAUTH;
    enum err e = link_try_put(l, session, session, &id);
    if (e != OK)
        return link_end(l, e);
    if (setting_get(cx, "site.name", &name) != OK || name.n == 0)
        name = cx->node->host;
    buf_init_arena(&b, cx->arena, 4096);
    buf_put(&b, link_origin(cx, l->api_host));
    buf_lit(&b, "/miauth/");
    buf_put(&b, session);
    buf_lit(&b, "?permission=read:account");
    link_put_field(&b, "name", str_utf8_cut(name, 60));
    link_put_field(&b, "callback", fed_iri(cx, "/auth/fedi/miauth"));
    l->b.go = buf_str(&b);
    l->b.host = l->api_host;
    return link_end(l, OK);
}

static enum err found(struct link *l)
{
    return link_prove(l);
}

static enum err came_forgotten(struct rq *rq, void *arg)
{
    struct link *l = arg;
    (void)rq; /* most versions let nobody but its owner do this: it was worth the question */
    return link_look_up(l, l->said_name, l->api_host, found);
}

static enum err post_json(struct link *l, struct str url, struct str body,
                          enum err (*then)(struct rq *rq, void *arg))
{
    static const struct fetch_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/json")},
        {STR_INIT("Accept"), STR_INIT("application/json")}};
    struct fetch_request post = {.method = "POST", .url = url, .headers = headers, .n_headers = 2,
                                 .body = body};
    return fed_call_go(l->call, &post, then, l);
}

static enum err came_check(struct rq *rq, void *arg)
{
    struct link *l = arg;
    struct cx *cx = rq->cx;
    json_t *j = fed_call_json(l->call);
    struct str host = l->api_host, token = ld_str(j, "token");
    struct buf b;
    struct jw w;
    l->said_name = ld_str(j, "user.username");
    if (!ld_bool(j, "ok", false) || l->said_name.n == 0 || l->said_name.n > 100 ||
        !str_empty(ld_str(j, "user.host")))
        return link_end(l, cx_tellf(cx, ERR_UPSTREAM,
                                    N_("{0} did not tell us who you are. Please try once more."),
                                    &host, 1));
    if (!link_is_token(token, 1000))
        return link_look_up(l, l->said_name, l->api_host, found);
    buf_init_arena(&b, cx->arena, 8192);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "i", token);
    jw_key_str(&w, "token", token);
    jw_end(&w);
    return post_json(l, str_fmt(cx->arena, STR_FMT "/api/i/revoke-token",
                                STR_ARG(link_origin(cx, host))), buf_str(&b), came_forgotten);
}

enum err link_mi_return(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str session;
    enum err e = link_secret(cx, l->row.secret, &session);
    if (e != OK)
        return link_end(l, e);
    return post_json(l, str_fmt(cx->arena, STR_FMT "/api/miauth/" STR_FMT "/check",
                                STR_ARG(link_origin(cx, l->api_host)), STR_ARG(session)),
                     STR("{}"), came_check);
}
