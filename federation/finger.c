#include "federation/finger.h"

#include "federation/fed.h"
#include "federation/policy.h"
#include "federation/rates.h"
#include "federation/remote.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/url.h"
#include "node/net/fetch.h"

enum { FINGER_MAX = 256 << 10, FINGER_TIMEOUT_MS = 10000, USER_MAX = 100, FINGER_HOPS = 3 };

bool fed_handle_parse(struct arena *a, struct str text, struct str *ret_user, struct str *ret_host)
{
    struct str host;
    unsigned port;
    text = str_trim(text);
    if (str_istarts(text, STR("acct:")))
        text = str_sub(text, 5, SIZE_MAX);
    if (str_starts(text, STR("@")))
        text = str_sub(text, 1, SIZE_MAX);
    size_t at = str_find_char(text, '@', 0);
    if (at == SIZE_MAX || at == 0 || at > USER_MAX ||
        str_find_char(text, '/', 0) != SIZE_MAX || !str_is_utf8(text) ||
        url_parse_host(a, str_sub(text, at + 1, SIZE_MAX), &host, &port) != OK)
        return false;
    for (size_t i = 0; i < at; i++)
        if ((unsigned char)text.p[i] <= ' ')
            return false;
    *ret_user = str_sub(text, 0, at);
    *ret_host = port == 0 ? host : str_fmt(a, STR_FMT ":%u", STR_ARG(host), port);
    return true;
}

/* The first link that leads to an ActivityPub document (1.2). */
static struct str self_of(const json_t *doc)
{
    LD_EACH(i, link, ld_get(doc, "links")) {
        struct str type = ld_str(link, "type"), rel = ld_str(link, "rel");
        if (str_eq_c(rel, "self") && (str_istarts(type, STR("application/activity+json")) ||
                                      str_istarts(type, STR("application/ld+json"))))
            return ld_str(link, "href");
    }
    return STR_NULL;
}

static enum err verdict(struct cx *cx, struct str url, const struct fetch_answer *an)
{
    if (an->status == 200)
        return OK;
    if (an->status == 429 || an->status == 503)
        cx->retry_after_s = fed_retry_after(an->retry_after);
    enum err e = an->status == 410                          ? ERR_GONE
                 : an->status == 429 || an->status >= 500 ? ERR_UPSTREAM
                                                            : ERR_NOT_FOUND;
    return cx_fail(cx, e, "GET " STR_FMT ": %d", STR_ARG(url), an->status);
}

static bool is_redirect(int s)
{
    return s == 301 || s == 302 || s == 303 || s == 307 || s == 308;
}

/* A split domain sends to its server's host: redirects may leave the host, for https alone. */
static enum err get(struct cx *cx, struct str url, struct fetch_answer *ret)
{
    static const struct fetch_header accept[] = {
        {STR_INIT("Accept"), STR_INIT("application/jrd+json, application/json;q=0.9")}};
    struct fetcher *fetcher = cx->node->server == NULL ? NULL : cx->node->server->fetcher;
    if (fetcher == NULL)
        return cx_fail(cx, ERR_BUSY, "no fetcher here");
    cx_release(cx);
    for (int hop = 0; hop <= FINGER_HOPS; hop++) {
        struct fetch_request rq = {.method = "GET", .url = url, .headers = accept, .n_headers = 1,
                                   .max_answer = FINGER_MAX, .timeout_ms = FINGER_TIMEOUT_MS,
                                   .agent = cx->node->agent};
        TRY(fed_policy_may_fetch(cx, url));
        if (!fed_rate_fetches(cx, fed_host_of(cx->arena, url)))
            return cx_fail(cx, ERR_BUSY, "GET " STR_FMT ": too many at once", STR_ARG(url));
        enum err e = fetch_wait(fetcher, cx->arena, &rq, ret);
        if (e != OK)
            return cx_fail(cx, e, "GET " STR_FMT, STR_ARG(url));
        if (!is_redirect(ret->status))
            return verdict(cx, url, ret);
        struct url u;
        if (ret->location.p == NULL || url_parse(cx->arena, ret->location, &u) != OK ||
            (!cx->node->dev && !str_eq_c(u.scheme, "https")))
            break;
        url = ret->location;
    }
    return cx_fail(cx, ERR_NOT_FOUND, "WebFinger leads nowhere: " STR_FMT, STR_ARG(url));
}

enum err fed_finger(struct cx *cx, struct str name, struct str *ret_id)
{
    struct str user, host;
    struct fetch_answer an;
    struct buf b;
    struct url u;
    json_t *doc;
    name = str_trim(name);
    if (url_parse(cx->arena, name, &u) == OK) {
        *ret_id = name;
        return OK;
    }
    if (!fed_handle_parse(cx->arena, name, &user, &host))
        return cx_fail(cx, ERR_INVALID, "neither a handle nor an address");
    buf_init_arena(&b, cx->arena, URL_MAX);
    /* A node of --dev meets its peers on the loopback, without certificates. */
    buf_put_c(&b, cx->node->dev ? "http://" : "https://");
    buf_put(&b, host);
    buf_lit(&b, "/.well-known/webfinger?resource=");
    buf_put_url(&b, str_fmt(cx->arena, "acct:" STR_FMT "@" STR_FMT, STR_ARG(user), STR_ARG(host)));
    if (b.overflow)
        return cx_fail(cx, ERR_INVALID, "the handle is too long");
    TRY(get(cx, buf_str(&b), &an));
    if (json_read(cx->arena, an.body, NULL, &doc) != OK)
        return cx_fail(cx, ERR_NOT_FOUND, "no WebFinger at " STR_FMT, STR_ARG(host));
    struct str id = self_of(doc);
    if (id.p == NULL || fed_host_of(cx->arena, id).p == NULL)
        return cx_fail(cx, ERR_NOT_FOUND, "no actor behind " STR_FMT, STR_ARG(name));
    *ret_id = str_dup(cx->arena, id);
    return OK;
}
