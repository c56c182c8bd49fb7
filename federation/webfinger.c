/* Who is @user@host: WebFinger (RFC 7033), host-meta (RFC 6415), and the way home for visitors of
 * other servers. */
#include "federation/docs.h"

#include "federation/fed.h"
#include "federation/keys.h"
#include "node/base/jw.h"
#include "node/base/url.h"
#include "node/http/parse.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/settings.h"

/* "acct:u@h", "acct:@u@h", "u@h": user and whether the host is ours. */
static bool split_acct(struct cx *cx, struct str r, struct str *ret_user)
{
    struct str host;
    unsigned port;
    if (str_istarts(r, STR("acct:")))
        r = str_sub(r, 5, SIZE_MAX);
    if (str_starts(r, STR("@")))
        r = str_sub(r, 1, SIZE_MAX);
    size_t at = str_find_char(r, '@', 0);
    if (at == SIZE_MAX || at == 0 ||
        url_parse_host(cx->arena, str_sub(r, at + 1, SIZE_MAX), &host, &port) != OK)
        return false;
    if (port != 0)
        host = str_fmt(cx->arena, STR_FMT ":%u", STR_ARG(host), port);
    *ret_user = str_sub(r, 0, at);
    return str_eq(host, cx->node->host) || str_eq(host, setting_handle_host(cx)); /* 1.3 */
}

static enum err local_by_name(struct cx *cx, struct str user, struct fed_local *ret)
{
    struct planet p;
    struct account a;
    if (str_ieq(user, cx->node->host) || str_ieq(user, fed_instance_name(cx))) {
        TRY(fed_local_ensure(cx, "instance", 0, ret));
        ret->username = fed_instance_name(cx);
        return OK;
    }
    enum err e = planet_by_handle(cx, user, &p);
    if (e == OK) {
        TRY(fed_local_ensure(cx, "planet", p.id, ret));
        ret->username = p.handle;
        return OK;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(account_by_username(cx, str_lower(cx->arena, user), &a));
    if (!str_eq_c(a.state, "active"))
        return str_eq_c(a.state, "deleted") ? ERR_GONE : ERR_NOT_FOUND;
    TRY(fed_local_by_ref(cx, "account", a.id, ret)); /* members without a voice have no actor */
    ret->username = a.username;
    return OK;
}

/* An address of ours, however it is spelled: http for https, the host in upper case, something escaped
 * that need not be, a slash at the end. *ret is its path as we write it. */
static bool own_path(struct cx *cx, struct str r, struct str *ret)
{
    struct url u;
    if (url_parse(cx->arena, r, &u) != OK || !percent_decode(cx->arena, u.path, false, ret))
        return false;
    if (ret->n > 1 && str_ends(*ret, STR("/")))
        *ret = str_sub(*ret, 0, ret->n - 1);
    struct str host = url_authority(cx->arena, &u);
    return str_eq(host, cx->node->host) || str_eq(host, setting_handle_host(cx));
}

static enum err local_by_address(struct cx *cx, struct str r, struct fed_local *ret)
{
    struct str path;
    struct planet p;
    if (!own_path(cx, r, &path))
        return ERR_NOT_FOUND;
    if (str_eq_c(path, "/")) /* FEP-d556 */
        return local_by_name(cx, cx->node->host, ret);
    if (str_starts(path, STR("/@")))
        return local_by_name(cx, str_sub(path, 2, SIZE_MAX), ret);
    TRY(fed_local_by_uri(cx, fed_iri(cx, STR_FMT, STR_ARG(path)), ret));
    if (str_eq_c(ret->kind, "instance"))
        ret->username = fed_instance_name(cx);
    if (!str_eq_c(ret->kind, "planet"))
        return OK;
    TRY(planet_by_id(cx, ret->local_id, &p)); /* a handle may have changed since the actor was made */
    ret->username = p.handle;
    return OK;
}

static enum err local_by_resource(struct cx *cx, struct str r, struct fed_local *ret)
{
    struct str user;
    if (str_istarts(r, STR("http://")) || str_istarts(r, STR("https://")))
        return local_by_address(cx, r, ret);
    if (!split_acct(cx, r, &user))
        return ERR_NOT_FOUND;
    return local_by_name(cx, user, ret);
}

static bool is_parsable(struct str r)
{
    return !str_empty(r) && r.n <= URL_MAX && str_is_utf8(r) &&
           (str_find_char(r, '@', 0) != SIZE_MAX || str_istarts(r, STR("http")));
}

static void put_link(struct jw *w, const char *rel, const char *type, struct str href)
{
    jw_obj(w);
    jw_key_c(w, "rel", rel);
    jw_key_c(w, "type", type);
    jw_key_str(w, "href", href);
    jw_end(w);
}

enum err fed_get_webfinger(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct fed_local l;
    struct buf b;
    struct jw w;
    struct str r = rq_query(rq, "resource");
    rq_add_header(rq, "Access-Control-Allow-Origin", STR("*"));
    if (!is_parsable(r))
        return reply_text(rq, 400, "resource must be acct:user@host or an address of ours\n");
    TRY(local_by_resource(cx, r, &l));
    struct str page = str_eq_c(l.kind, "planet") ? fed_iri(cx, "/@" STR_FMT, STR_ARG(l.username))
                                                 : l.uri;
    buf_init(&b, 1 << 16);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "subject", str_fmt(cx->arena, "acct:" STR_FMT "@" STR_FMT, STR_ARG(l.username),
                                      STR_ARG(setting_handle_host(cx))));
    jw_key(&w, "aliases");
    jw_arr(&w);
    if (!str_eq(page, l.uri))
        jw_str(&w, page);
    jw_str(&w, l.uri);
    jw_end(&w);
    jw_key(&w, "links");
    jw_arr(&w);
    /* This very type first: some look for nothing else (1.2). */
    put_link(&w, "self", "application/activity+json", l.uri);
    put_link(&w, "self", "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
             l.uri);
    put_link(&w, "http://webfinger.net/rel/profile-page", "text/html", page);
    jw_obj(&w);
    jw_key_c(&w, "rel", "http://ostatus.org/schema/1.0/subscribe");
    jw_key_str(&w, "template", fed_iri(cx, "/authorize_interaction?uri={uri}"));
    jw_end(&w);
    /* The one wish that we can serve (FEP-3b86): people here have nothing to follow others with, so
     * what they bring home is shown to them. */
    jw_obj(&w);
    jw_key_c(&w, "rel", "https://w3id.org/fep/3b86/Object");
    jw_key_str(&w, "template", fed_iri(cx, "/authorize_interaction?uri={object}"));
    jw_end(&w);
    jw_end(&w);
    jw_end(&w);
    if (!jw_done(&w)) {
        buf_free(&b);
        return cx_fail(cx, ERR_INTERNAL, "webfinger was not written whole");
    }
    rq_cache_control(rq, "public, max-age=60");
    return reply_bytes(rq, 200, "application/jrd+json; charset=utf-8", &b);
}

enum err fed_get_host_meta(struct rq *rq)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_lit(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n"
                "  <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"");
    buf_put_html(&b, rq->cx->node->origin);
    buf_lit(&b, "/.well-known/webfinger?resource={uri}\"/>\n</XRD>\n");
    rq_add_header(rq, "Access-Control-Allow-Origin", STR("*"));
    rq_cache_control(rq, "public, max-age=86400");
    return reply_bytes(rq, 200, "application/xrd+xml; charset=utf-8", &b);
}

/* Where another server sends its people with one of our addresses. Liking and following is theirs
 * to do at home; here we show the thing. */
enum err fed_get_interact(struct rq *rq)
{
    struct str uri = rq_query(rq, "uri");
    struct fed_local l;
    if (str_empty(uri))
        return reply_text(rq, 400, "uri is missing\n");
    if (str_starts(uri, rq->cx->node->origin)) {
        struct str path = str_sub(uri, rq->cx->node->origin.n, SIZE_MAX);
        if (str_starts(path, STR("/ap/o/")) || str_starts(path, STR("/ap/a/")) ||
            str_starts(path, STR("/@")))
            return reply_redirect(rq, path);
    }
    if (local_by_resource(rq->cx, uri, &l) == OK)
        return reply_redirect(rq, str_sub(l.uri, rq->cx->node->origin.n, SIZE_MAX));
    if (fed_host_of(rq->cx->arena, uri).p == NULL)
        return ERR_NOT_FOUND;
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 8192);
    buf_lit(&b, "/interact?elsewhere=");
    buf_put_url(&b, uri);
    return reply_redirect(rq, buf_str(&b)); /* a page says where it lives */
}
