#include "federation/home.h"

#include <stdlib.h>

#include "federation/fed.h"
#include "federation/finger.h"
#include "federation/policy.h"
#include "federation/rates.h"
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/url.h"
#include "node/net/fetch.h"

/* Anybody may ask, of any server: so these are few, and what waits for keys or signs in keeps room. */
enum { JRD_MAX = 256 << 10, TIMEOUT_MS = 10000, HOPS = 2, HOMES_MAX = 24 };

/* Its arena is the fetcher's until ready is called, then the asker's. */
struct fed_home {
    struct arena *arena;
    struct fetcher *fetcher;
    struct fed *fed;
    struct str agent;
    bool dev;
    int hops;
    int status;       /* 0: no answer */
    struct str body;
    void (*ready)(void *arg);
    void *arg;
};

static void home_free(void *p)
{
    struct fed_home *h = p;
    atomic_fetch_sub(&h->fed->homes, 1);
    arena_free(h->arena);
    free(h);
}

static void answered(void *arg, const struct fetch_answer *answer);

static void send(struct fed_home *h, struct str url)
{
    static const struct fetch_header accept[] = {
        {STR_INIT("Accept"), STR_INIT("application/jrd+json, application/json;q=0.9")}};
    struct fetch_request rq = {.method = "GET", .url = url, .headers = accept, .n_headers = 1,
                               .max_answer = JRD_MAX, .timeout_ms = TIMEOUT_MS, .soon = true,
                               .agent = h->agent};
    fetch_start(h->fetcher, &rq, answered, h);
}

/* A name's domain may send on to its server's host, for https alone. */
static bool may_go_on(struct fed_home *h, const struct fetch_answer *an)
{
    struct url u;
    int s = an->status;
    if ((s != 301 && s != 302 && s != 303 && s != 307 && s != 308) || h->hops++ >= HOPS ||
        an->location.p == NULL || url_parse(h->arena, an->location, &u) != OK)
        return false;
    return (h->dev || str_eq_c(u.scheme, "https")) &&
           !fed_policy_suspended_now(h->fed, url_authority(h->arena, &u));
}

static void answered(void *arg, const struct fetch_answer *an)
{
    struct fed_home *h = arg;
    if (an->err == OK && may_go_on(h, an)) {
        send(h, str_dup(h->arena, an->location));
        return;
    }
    h->status = an->err == OK ? an->status : 0;
    h->body = str_dup(h->arena, an->body);
    h->ready(h->arg);
}

enum err fed_home_ask(struct cx *cx, struct str handle, void (*ready)(void *arg), void *arg,
                      struct fed_home **ret)
{
    struct fetcher *fetcher = cx->node->server == NULL ? NULL : cx->node->server->fetcher;
    struct str user, host;
    struct buf b;
    if (!fed_handle_parse(cx->arena, handle, &user, &host))
        return cx_tell(cx, ERR_INVALID,
                       N_("Write your name as it stands on your server, such as @name@example.org."));
    if (str_eq(host, cx->node->host))
        return cx_tell(cx, ERR_INVALID, N_("That is a name of this node. Sign in here instead."));
    if (fetcher == NULL || cx->node->fed == NULL)
        return cx_fail(cx, ERR_BUSY, "no fetcher here");
    buf_init_arena(&b, cx->arena, URL_MAX);
    /* A node of --dev meets its peers on the loopback, without certificates. */
    buf_put_c(&b, cx->node->dev ? "http://" : "https://");
    buf_put(&b, host);
    buf_lit(&b, "/.well-known/webfinger?resource=");
    buf_put_url(&b, str_fmt(cx->arena, "acct:" STR_FMT "@" STR_FMT, STR_ARG(user), STR_ARG(host)));
    if (b.overflow || fed_policy_may_fetch(cx, buf_str(&b)) != OK ||
        fetch_url_allowed(cx->node->dev, buf_str(&b)) != OK)
        return cx_tell(cx, ERR_FORBIDDEN, N_("We don't talk to that server."));
    if (!fed_rate_fetches(cx, host))
        return cx_fail(cx, ERR_RATE_LIMITED, "too many questions to " STR_FMT, STR_ARG(host));
    if (atomic_fetch_add(&cx->node->fed->homes, 1) >= HOMES_MAX) {
        atomic_fetch_sub(&cx->node->fed->homes, 1);
        cx->retry_after_s = 10;
        return cx_fail(cx, ERR_RATE_LIMITED, "too many look for their servers");
    }
    struct fed_home *h = calloc(1, sizeof *h);
    if (h == NULL)
        abort();
    *h = (struct fed_home){.arena = arena_new(), .fetcher = fetcher, .fed = cx->node->fed,
                           .dev = cx->node->dev, .ready = ready, .arg = arg};
    h->agent = str_dup(h->arena, cx->node->agent);
    arena_defer(cx->arena, home_free, h);
    *ret = h;
    send(h, buf_str(&b));
    return OK;
}

/* ---- reading what came --------------------------------------------------------------------- */

struct fill {
    const char *name;
    struct str value;
};

/* "{object}" and its like; what is not known to us is left out. */
static struct str filled(struct arena *a, struct str t, const struct fill *v, size_t n)
{
    struct buf b;
    buf_init_arena(&b, a, 2 * URL_MAX);
    for (size_t i = 0; i < t.n; i++) {
        size_t end = t.p[i] == '{' ? str_find_char(t, '}', i) : SIZE_MAX;
        if (end == SIZE_MAX) {
            buf_put_char(&b, t.p[i]);
            continue;
        }
        struct str name = str_sub(t, i + 1, end - i - 1);
        for (size_t k = 0; k < n; k++)
            if (str_eq_c(name, v[k].name))
                buf_put_url(&b, v[k].value);
        i = end;
    }
    return b.overflow ? STR_NULL : buf_str(&b);
}

static struct str template_of(const json_t *doc, const char *rel)
{
    LD_EACH(i, link, ld_get(doc, "links"))
        if (str_eq_c(ld_str(link, "rel"), rel) && ld_str(link, "template").p != NULL)
            return ld_str(link, "template");
    return STR_NULL;
}

struct str fed_home_of(struct arena *a, struct str jrd, bool dev, enum fed_wanted what, struct str uri,
                       struct str back)
{
    static const char *const rels[] = {[FED_WANTS_FOLLOW] = "https://w3id.org/fep/3b86/Follow",
                                       [FED_WANTS_REPLY] = "https://w3id.org/fep/3b86/Create",
                                       [FED_WANTS_LIKE] = "https://w3id.org/fep/3b86/Like",
                                       [FED_WANTS_BOOST] = "https://w3id.org/fep/3b86/Announce"};
    json_t *doc;
    struct url u;
    if (json_read(a, jrd, NULL, &doc) != OK)
        return STR_NULL;
    struct str t = template_of(doc, rels[what]);
    /* A server that composes but knows no inReplyTo would lose what is answered. */
    if (what == FED_WANTS_REPLY && !str_contains(t, STR("{inReplyTo}")))
        t = STR_NULL;
    if (t.p == NULL)
        t = template_of(doc, "https://w3id.org/fep/3b86/Object");
    if (t.p == NULL)
        t = template_of(doc, "http://ostatus.org/schema/1.0/subscribe");
    if (t.p == NULL || t.n > URL_MAX)
        return STR_NULL;
    struct fill v[] = {{"object", uri}, {"uri", uri}, {"inReplyTo", uri}, {"on-success", back},
                       {"on-cancel", back}};
    struct str url = filled(a, t, v, sizeof v / sizeof *v);
    if (url.p == NULL || url_parse(a, url, &u) != OK || (!dev && !str_eq_c(u.scheme, "https")))
        return STR_NULL;
    return url;
}

enum err fed_home_url(struct cx *cx, const struct fed_home *h, enum fed_wanted what, struct str uri,
                      struct str back, struct str *ret)
{
    if (h->status != 200)
        return cx_tell(cx, ERR_NOT_FOUND,
                       N_("Nobody of that name answers there. Check it, or try again later."));
    *ret = fed_home_of(cx->arena, h->body, cx->node->dev, what, uri, back);
    if (ret->p == NULL)
        return cx_tell(cx, ERR_UNSUPPORTED,
                       N_("That server doesn't say where it takes this. Search there for the "
                          "address below."));
    return OK;
}
