/* Signing in at their own server: OAuth 2 with code and PKCE (RFC 6749, 7636, 9207), then who they
 * are by userinfo (its sub is the actor's id) or Mastodon's verify_credentials; then the token is
 * given back. It never leaves this request. */
#include "federation/fed.h"
#include "federation/link_int.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/db/db.h"

#include <string.h>

enum { TOKEN_MAX = 4096, FORM_MAX = 16384, JUST_REGISTERED_S = 120 };

static struct str redirect_uri(struct cx *cx)
{
    return fed_iri(cx, "/auth/fedi/callback");
}

/* ---- there ---- */

static struct str challenge(struct arena *a, struct str verifier)
{
    struct buf b;
    unsigned char h[32];
    crypt_sha256(verifier, h);
    buf_init_arena(&b, a, 64);
    buf_put_base64url(&b, h, sizeof h);
    return buf_str(&b);
}

enum err link_oauth_go(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str state = crypt_token(cx->arena, 32), verifier = crypt_token(cx->arena, 32);
    struct str url = l->app.authorize_url;
    struct buf b;
    int64_t id;
    l->way = FED_WAY_OAUTH;
    enum err e = link_try_put(l, state, verifier, &id);
    if (e != OK)
        return link_end(l, e);
    buf_init_arena(&b, cx->arena, FORM_MAX);
    buf_put(&b, url);
    buf_put_char(&b, str_find_char(url, '?', 0) == SIZE_MAX ? '?' : '&');
    buf_lit(&b, "response_type=code");
    link_put_field(&b, "client_id", l->app.client_id);
    link_put_field(&b, "redirect_uri", redirect_uri(cx));
    link_put_field(&b, "scope", l->app.scope);
    link_put_field(&b, "state", state);
    link_put_field(&b, "code_challenge", challenge(cx->arena, verifier));
    link_put_field(&b, "code_challenge_method", STR("S256"));
    l->b.go = l->r.go = buf_str(&b);
    l->b.host = l->r.host = l->api_host;
    return link_end(l, OK);
}

/* ---- and back ---- */

static enum err broken(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str host = l->api_host;
    return link_end(l, cx_tellf(cx, ERR_UPSTREAM,
                                N_("{0} did not tell us who you are. Please try once more."), &host,
                                1));
}

static enum err found_again(struct link *l)
{
    return link_prove(l);
}

/* An actor by its id; or, when only the name was said, by WebFinger of their server. */
static enum err who_is_it(struct link *l)
{
    struct cx *cx = l->rq->cx;
    if (l->actor_uri.p == NULL)
        return link_look_up(l, l->said_name, l->api_host, found_again);
    if (!str_eq(fed_host_of(cx->arena, l->actor_uri), l->api_host))
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN,
                                   N_("Your server named an account of another server. Nothing was "
                                      "linked.")));
    return link_actor(l, l->actor_uri, found_again);
}

static enum err came_revoke(struct rq *rq, void *arg)
{
    struct link *l = arg;
    (void)rq;
    l->call->stay = false;
    if (l->call->err != OK || l->call->status > 299)
        log_info("fed", STR_FMT " did not take its token back (%d)", STR_ARG(l->api_host),
                 l->call->status);
    if (l->actor_uri.p == NULL && l->said_name.p == NULL)
        return broken(l);
    return who_is_it(l);
}

static enum err post_form(struct link *l, struct str url, struct str body,
                          enum err (*then)(struct rq *rq, void *arg))
{
    static const struct fetch_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/x-www-form-urlencoded")},
        {STR_INIT("Accept"), STR_INIT("application/json")}};
    struct fetch_request post = {.method = "POST", .url = url, .headers = headers, .n_headers = 2,
                                 .body = body};
    return fed_call_go(l->call, &post, then, l);
}

static enum err put_client(struct link *l, struct buf *b)
{
    struct cx *cx = l->rq->cx;
    struct str secret;
    link_put_field(b, "client_id", l->app.client_id);
    if (l->app.client_secret.p == NULL)
        return OK;
    TRY(link_secret(cx, l->app.client_secret, &secret));
    link_put_field(b, "client_secret", secret);
    return OK;
}

static enum err revoke(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct buf b;
    buf_init_arena(&b, cx->arena, FORM_MAX);
    link_put_field(&b, "token", l->token);
    enum err e = put_client(l, &b);
    if (e != OK)
        return link_end(l, e);
    return post_form(l, l->app.revoke_url, buf_str(&b), came_revoke);
}

/* What is wrong with the answer is said after the token was given back. */
static void read_who(struct link *l, const json_t *j)
{
    struct cx *cx = l->rq->cx;
    l->actor_uri = l->said_name = STR_NULL;
    if (l->app.userinfo_url.p != NULL) {
        if (str_eq(ld_str(j, "iss"), l->app.issuer)) {
            l->actor_uri = ld_str(j, "sub");
            l->said_name = ld_str(j, "preferred_username");
        }
    } else {
        l->actor_uri = ld_str(j, "uri");
        l->said_name = ld_str(j, "username");
    }
    if (l->actor_uri.p != NULL && (l->actor_uri.n > URL_MAX ||
                                   fed_host_of(cx->arena, l->actor_uri).p == NULL))
        l->actor_uri = l->said_name = STR_NULL;
    if (l->said_name.n == 0 || l->said_name.n > 100)
        l->said_name = STR_NULL;
}

static enum err came_who(struct rq *rq, void *arg)
{
    struct link *l = arg;
    (void)rq;
    read_who(l, fed_call_json(l->call));
    return revoke(l);
}

static enum err ask_who(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct fetch_header *h = ARENA_ARRAY(cx->arena, struct fetch_header, 2);
    h[0] = (struct fetch_header){
        STR("Authorization"), str_fmt(cx->arena, "Bearer " STR_FMT, STR_ARG(l->token))};
    h[1] = (struct fetch_header){STR("Accept"), STR("application/json")};
    struct str url = l->app.userinfo_url;
    if (url.p == NULL)
        url = str_fmt(cx->arena, STR_FMT "/api/v1/accounts/verify_credentials",
                      STR_ARG(link_origin(cx, l->api_host)));
    struct fetch_request get = {.method = "GET", .url = url, .headers = h, .n_headers = 2};
    l->call->stay = true; /* a token follows no redirect */
    return fed_call_go(l->call, &get, came_who, l);
}

/* Their server does not know us any more: registered anew, and there once more. */
static enum err forgotten(struct link *l)
{
    struct cx *cx = l->rq->cx;
    if (cx->now - l->app.created_at < JUST_REGISTERED_S * MS_SECOND)
        return broken(l);
    enum err e = q_link_app_forget(cx, l->api_host, NULL);
    if (e != OK)
        return link_end(l, e);
    l->again = true;
    return link_register(l);
}

static enum err came_token(struct rq *rq, void *arg)
{
    struct link *l = arg;
    (void)rq;
    json_t *j = fed_call_json(l->call), *wrong = NULL;
    if (j == NULL && l->call->err == OK && l->call->status >= 400 && l->call->status < 500 &&
        json_read(l->rq->cx->arena, l->call->body, NULL, &wrong) == OK &&
        str_eq_c(ld_str(wrong, "error"), "invalid_client"))
        return forgotten(l);
    l->token = ld_str(j, "access_token");
    if (!link_is_token(l->token, TOKEN_MAX))
        return broken(l);
    return ask_who(l);
}

static enum err ask_token(struct link *l, struct str code)
{
    struct cx *cx = l->rq->cx;
    struct str verifier;
    struct buf b;
    enum err e = link_secret(cx, l->row.secret, &verifier);
    buf_init_arena(&b, cx->arena, FORM_MAX);
    buf_lit(&b, "grant_type=authorization_code");
    link_put_field(&b, "code", code);
    link_put_field(&b, "redirect_uri", redirect_uri(cx));
    link_put_field(&b, "code_verifier", verifier);
    link_put_field(&b, "scope", l->app.scope);
    if (e == OK)
        e = put_client(l, &b);
    if (e != OK)
        return link_end(l, e);
    return post_form(l, l->app.token_url, buf_str(&b), came_token);
}

/* RFC 9207: an answer of another server than the one that we sent them to. */
static bool iss_fits(const struct link *l, struct str iss)
{
    return iss.p == NULL ? l->app.iss_needed == 0 : str_eq(iss, l->app.issuer);
}

enum err link_oauth_return(struct link *l, const struct fed_link_back *back)
{
    struct cx *cx = l->rq->cx;
    bool found;
    enum err e = q_link_app_find(cx, l->row.host, &found, &l->app);
    if (e != OK)
        return link_end(l, e);
    if (!found)
        return broken(l);
    if (!iss_fits(l, back->iss))
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN,
                                   N_("The answer came from another server than the one that you "
                                      "went to. Nothing was linked.")));
    if (str_eq_c(back->error, "access_denied"))
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN,
                                   N_("You did not allow it there. Nothing has changed.")));
    if (back->error.p != NULL || back->code.n == 0 || back->code.n > 2000)
        return broken(l);
    return ask_token(l, back->code);
}
