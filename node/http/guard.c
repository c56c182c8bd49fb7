#include "node/http/frame.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/node.h"

enum { DEV_FACTOR = 20 };

/* How often one network may ask; then every per_second more. */
static const struct {
    const char *name;
    int burst;
    double per_second;
} rates[] = {
    [RATE_NONE] = {NULL, 0, 0},
    [RATE_READ] = {"read", 1200, 120}, /* mobile carriers put thousands behind one network */
    [RATE_WRITE] = {"write", 120, 4},
    [RATE_LOGIN] = {"login", 10, 1.0 / 30},
    [RATE_CODE] = {"code", 10, 1.0 / 60},
    [RATE_INBOX] = {"inbox", 600, 60},
    [RATE_UPLOAD] = {"upload", 60, 1.0 / 5},
};

/* A customer of a network owns at least a /24 or /56: the rest of the address says nothing. */
static struct str network_of(struct arena *a, struct str ip)
{
    unsigned char b[16];
    const char *z = str_z(a, ip);
    if (inet_pton(AF_INET, z, b) == 1)
        return str_fmt(a, "%u.%u.%u", b[0], b[1], b[2]);
    if (inet_pton(AF_INET6, z, b) == 1)
        return str_fmt(a, "%02x%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6]);
    return STR("?");
}

static enum err check_rate(struct rq *rq)
{
    struct cx *cx = rq->cx;
    enum rate rate = rq->route->rate;
    if (rate == RATE_NONE || (size_t)rate >= sizeof(rates) / sizeof(rates[0]))
        return OK;
    int factor = cx->node->dev ? DEV_FACTOR : 1;
    struct str key = str_fmt(cx->arena, "http %s " STR_FMT, rates[rate].name,
                             STR_ARG(network_of(cx->arena, rq->ip)));
    if (node_rate_take(cx, key, rates[rate].burst * factor, rates[rate].per_second * factor))
        return OK;
    return cx_tell(cx, ERR_RATE_LIMITED, N_("That was too often. Please wait a little."));
}

/* A page asks to sign in and comes back; an app is told 401. */
static enum err ask_to_sign_in(struct rq *rq)
{
    const struct http_hooks *hooks = call_of(rq)->http->hooks;
    if (rq->repr != REPR_HTML)
        return cx_tell(rq->cx, ERR_UNAUTHENTICATED, N_("Please sign in."));
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, HTTP_MAX_TARGET * 4);
    buf_put_c(&b, hooks != NULL && hooks->sign_in_path != NULL ? hooks->sign_in_path : "/login");
    if (rq->method == GET || rq->method == HEAD) {
        buf_lit(&b, "?next=");
        buf_put_url(&b, rq->target);
    }
    return reply_redirect(rq, buf_str(&b));
}

bool who_signs_in(enum who who)
{
    return who == ACCOUNT || who == AUTHOR || who == OWNER;
}

static bool reads_session(enum who who)
{
    return who == ANYONE || who_signs_in(who);
}

enum err guard_identify(struct call *c)
{
    struct rq *rq = &c->rq;
    const struct http_hooks *hooks = c->http->hooks;
    if (hooks == NULL || hooks->identify == NULL ||
        (rq->route != NULL && !reads_session(rq->route->who)))
        return OK;
    TRY(hooks->identify(rq));
    if (rq->session.session_id != 0)
        c->uncacheable = true;
    return OK;
}

enum err guard_admit(struct call *c)
{
    struct rq *rq = &c->rq;
    enum who who = rq->route->who;
    TRY(check_rate(rq));
    TRY(guard_identify(c));
    if (who_signs_in(who) && rq->session.account_id == 0)
        return ask_to_sign_in(rq);
    const struct http_hooks *hooks = c->http->hooks;
    if (who == AUTHOR && (hooks == NULL || hooks->is_author == NULL || !hooks->is_author(rq)))
        return cx_tell(rq->cx, ERR_FORBIDDEN, N_("Only a planet's authors write posts here."));
    if (who == OWNER && !rq->session.is_owner)
        return cx_tell(rq->cx, ERR_FORBIDDEN, N_("This is the owner's desk."));
    return OK;
}

static bool is_unsafe(enum http_method m)
{
    return m == POST || m == PUT || m == PATCH || m == DELETE;
}

/* Browsers that know Sec-Fetch-Site always send it to trustworthy origins; the
 * others send Origin, very old ones only Referer. */
bool origin_is_ours(struct str sec_fetch_site, struct str origin, struct str referer,
                    struct str ours)
{
    if (sec_fetch_site.n > 0 &&
        (str_eq(sec_fetch_site, STR("same-origin")) || str_eq(sec_fetch_site, STR("none"))))
        return true;
    if (origin.n > 0)
        return str_ieq(origin, ours);
    if (sec_fetch_site.n > 0)
        return false;
    return str_istarts(referer, ours) && referer.n > ours.n && referer.p[ours.n] == '/';
}

static enum err check_token(struct call *c)
{
    struct rq *rq = &c->rq;
    const struct http_hooks *hooks = c->http->hooks;
    struct str token = rq_form(rq, "_csrf");
    bool ok;
    if (token.n == 0)
        token = rq_header(rq, "X-CSRF-Token");
    if (rq->session.session_id == 0)
        ok = visitor_token_ok(rq, token);
    else if (hooks != NULL && hooks->csrf_ok != NULL)
        ok = hooks->csrf_ok(rq, token);
    else
        ok = token.n > 0 && str_eq_secret(token, rq->session.csrf);
    if (ok)
        return OK;
    return cx_tell(rq->cx, ERR_FORBIDDEN,
                   N_("This form is no longer valid. Go back, reload the page and send it again."));
}

enum err guard_form(struct call *c)
{
    struct rq *rq = &c->rq;
    if (!is_unsafe(rq->method) || rq->route->who == SIGNED || rq->route->who == WEBHOOK)
        return OK;
    TRY(call_read_form(c));
    /* Another site can make a browser send our cookies, or a form; it can do neither with an
     * Authorization header, nor send JSON without being asked for permission first. */
    bool by_cookie = rq->session.session_id != 0;
    bool simple = form_type_is_simple(rq_header(rq, "Content-Type"));
    if (rq->route->who == TOKEN || (!by_cookie && !simple) ||
        (!by_cookie && rq_header(rq, "Authorization").n > 0))
        return OK;
    if (!origin_is_ours(rq_header(rq, "Sec-Fetch-Site"), rq_header(rq, "Origin"),
                        rq_header(rq, "Referer"), rq->cx->node->origin))
        return cx_tell(rq->cx, ERR_FORBIDDEN, N_("This form was sent from another site."));
    return check_token(c);
}
