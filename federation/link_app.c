/* Who are we at their server? Its metadata (RFC 8414) or Mastodon's usual addresses; registered once
 * a host by POST /api/v1/apps. A server without that may be a Misskey, which wants no registration. */
#include "federation/fed.h"
#include "federation/link_int.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/settings.h"

#define CHECK_AGAIN MS_DAY

/* Every address of theirs lies on the host that was asked: what another host says of their people is
 * nothing to us. */
static struct str theirs(struct link *l, const json_t *meta, const char *key)
{
    struct cx *cx = l->rq->cx;
    struct str s = ld_str(meta, key);
    return s.p != NULL && fed_id_ok(cx, s, l->api_host) ? s : STR_NULL;
}

static bool lists(const json_t *meta, const char *key, const char *value)
{
    LD_EACH(i, one, ld_get(meta, key))
        if (i < 200 && str_eq_c(json_text(one), value))
            return true;
    return false;
}

static struct str usual(struct link *l, const char *path)
{
    struct cx *cx = l->rq->cx;
    return str_fmt(cx->arena, STR_FMT "%s", STR_ARG(link_origin(cx, l->api_host)), path);
}

/* ---- none of that kind ---- */

static enum err others(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str host = l->api_host;
    l->b.others = true;
    return link_end(l, cx_tellf(cx, ERR_UNSUPPORTED,
                                N_("{0} has no way for us to let you sign in there. One of these ways "
                                   "works with any server."), &host, 1));
}

static bool is_misskey(struct str name)
{
    static const char *const names[] = {"misskey",  "sharkey",   "cherrypick", "foundkey", "firefish",
                                        "calckey",  "iceshrimp", "catodon",    "yojo-art"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_ieq_c(name, names[i]))
            return true;
    return false;
}

static enum err came_nodeinfo(struct rq *rq, void *arg)
{
    struct link *l = arg;
    (void)rq;
    json_t *j = fed_call_json(l->call);
    return j != NULL && is_misskey(ld_str(j, "software.name")) ? link_mi_go(l) : others(l);
}

static enum err came_nodeinfo_links(struct rq *rq, void *arg)
{
    struct link *l = arg;
    struct str href = STR_NULL;
    json_t *j = fed_call_json(l->call);
    LD_EACH(i, one, ld_get(j, "links")) {
        struct str h = theirs(l, one, "href");
        if (i < 20 && h.p != NULL &&
            str_starts(ld_str(one, "rel"), STR("http://nodeinfo.diaspora.software/ns/schema/2.")))
            href = h;
    }
    (void)rq;
    if (href.p == NULL)
        return others(l);
    struct fetch_request get = {.method = "GET", .url = href};
    return fed_call_go(l->call, &get, came_nodeinfo, l);
}

static enum err ask_nodeinfo(struct link *l)
{
    struct fetch_request get = {.method = "GET", .url = usual(l, "/.well-known/nodeinfo")};
    return fed_call_go(l->call, &get, came_nodeinfo_links, l);
}

/* ---- registering ---- */

static enum err save(struct link *l)
{
    struct cx *cx = l->rq->cx;
    const struct link_app_row *a = &l->app;
    return q_link_app_put(cx, a->host, a->issuer, a->authorize_url, a->token_url, a->revoke_url,
                          a->userinfo_url, a->iss_needed, a->scope, a->client_id, a->client_secret,
                          a->created_at, a->checked_at, NULL);
}

static enum err away(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str host = l->api_host;
    if (l->call->err == ERR_FORBIDDEN)
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN, N_("This site does not work with that server.")));
    return link_end(l, cx_tellf(cx, ERR_UPSTREAM,
                                N_("{0} does not answer as it should. Check the address, or try again "
                                   "later."), &host, 1));
}

static enum err came_app(struct rq *rq, void *arg)
{
    struct link *l = arg;
    struct cx *cx = rq->cx;
    struct fed_call *c = l->call;
    if (c->err != OK || c->status == 429 || c->status >= 500)
        return away(l);
    json_t *j = fed_call_json(c);
    struct str id = ld_str(j, "client_id"), secret = ld_str(j, "client_secret");
    if (!link_is_token(id, 1000) || (secret.p != NULL && !link_is_token(secret, 1000)))
        return ask_nodeinfo(l);
    l->app.client_id = id;
    l->app.client_secret = secret.p == NULL ? STR_NULL : link_seal(cx, secret);
    l->app.created_at = l->app.checked_at = cx->now;
    enum err e = save(l);
    if (e != OK)
        return link_end(l, e);
    log_info("fed", "registered at " STR_FMT " for people who sign in there", STR_ARG(l->app.host));
    return link_oauth_go(l);
}

static enum err ask_app(struct link *l, struct str url)
{
    struct cx *cx = l->rq->cx;
    static const struct fetch_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/x-www-form-urlencoded")},
        {STR_INIT("Accept"), STR_INIT("application/json")}};
    struct buf *b = ARENA_NEW(cx->arena, struct buf);
    struct str name;
    if (setting_get(cx, "site.name", &name) != OK || name.n == 0)
        name = cx->node->host;
    buf_init_arena(b, cx->arena, 8192);
    link_put_field(b, "client_name", str_utf8_cut(name, 60));
    link_put_field(b, "redirect_uris", fed_iri(cx, "/auth/fedi/callback"));
    link_put_field(b, "scopes", l->app.scope);
    link_put_field(b, "website", cx->node->origin);
    struct fetch_request post = {.method = "POST", .url = url, .headers = headers, .n_headers = 2,
                                 .body = buf_str(b)};
    return fed_call_go(l->call, &post, came_app, l);
}

/* Without metadata: an older Mastodon, or one that looks like it. */
static void fill_usual(struct link *l)
{
    l->app.issuer = link_origin(l->rq->cx, l->api_host);
    l->app.authorize_url = usual(l, "/oauth/authorize");
    l->app.token_url = usual(l, "/oauth/token");
    l->app.revoke_url = usual(l, "/oauth/revoke");
    l->app.userinfo_url = STR_NULL;
    l->app.iss_needed = 0;
    l->app.scope = STR("read:accounts");
}

static bool fill_meta(struct link *l, const json_t *j)
{
    struct str issuer = ld_str(j, "issuer");
    struct str trimmed = issuer.n > 0 && issuer.p[issuer.n - 1] == '/'
                             ? str_sub(issuer, 0, issuer.n - 1)
                             : issuer;
    l->app.issuer = issuer;
    l->app.authorize_url = theirs(l, j, "authorization_endpoint");
    l->app.token_url = theirs(l, j, "token_endpoint");
    l->app.revoke_url = theirs(l, j, "revocation_endpoint");
    l->app.userinfo_url = theirs(l, j, "userinfo_endpoint");
    l->app.iss_needed = ld_bool(j, "authorization_response_iss_parameter_supported", false);
    bool profile = lists(j, "scopes_supported", "profile");
    l->app.scope = profile ? STR("profile") : STR("read:accounts");
    if (!profile)
        l->app.userinfo_url = STR_NULL;
    if (l->app.revoke_url.p == NULL)
        l->app.revoke_url = usual(l, "/oauth/revoke");
    return str_eq(trimmed, link_origin(l->rq->cx, l->api_host)) && l->app.authorize_url.p != NULL &&
           l->app.token_url.p != NULL;
}

static enum err came_meta(struct rq *rq, void *arg)
{
    struct link *l = arg;
    struct cx *cx = rq->cx;
    struct fed_call *c = l->call;
    json_t *j = fed_call_json(c);
    struct str old_scope = l->app.scope;
    struct str url = usual(l, "/api/v1/apps");
    if (c->err != OK)
        return away(l);
    if (j == NULL) {
        fill_usual(l);
    } else {
        if (!fill_meta(l, j))
            return away(l);
        struct str at = theirs(l, j, "app_registration_endpoint");
        if (at.p != NULL)
            url = at;
    }
    l->app.host = l->api_host;
    /* Known, and what we were given still fits. */
    if (l->app.client_id.p != NULL && str_eq(old_scope, l->app.scope)) {
        l->app.checked_at = cx->now;
        enum err e = save(l);
        return e == OK ? link_oauth_go(l) : link_end(l, e);
    }
    return ask_app(l, url);
}

enum err link_register(struct link *l)
{
    struct cx *cx = l->rq->cx;
    bool found, lost = false;
    int64_t id;
    enum err e = q_link_app_find(cx, l->api_host, &found, &l->app);
    if (e == OK && found && !l->again && l->app.created_at < cx->now - FED_LINK_MINUTES * MS_MINUTE)
        e = q_link_try_lost(cx, link_hash(cx, l->browser), l->api_host, cx->now - MS_HOUR, &lost,
                            &id);
    if (e != OK)
        return link_end(l, e);
    if (!found || l->again || lost)
        l->app = (struct link_app_row){.host = l->api_host};
    else if (l->app.checked_at > cx->now - CHECK_AGAIN)
        return link_oauth_go(l);
    struct fetch_request get = {.method = "GET",
                                .url = usual(l, "/.well-known/oauth-authorization-server")};
    return fed_call_go(l->call, &get, came_meta, l);
}
