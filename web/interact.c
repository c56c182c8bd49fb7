#include "web/interact.h"

#include "federation/home.h"
#include "node/base/i18n.h"
#include "node/base/url.h"
#include "node/node.h"
#include "node/people/rate.h"
#include "web/html.h"
#include "web/page.h"

/* Of one network: at once, and then. */
enum { ASKS = 20 };
#define ASKS_PER_S 0.2

static const struct {
    const char *word;
    enum fed_wanted what;
} wishes[] = {{"follow", FED_WANTS_FOLLOW}, {"reply", FED_WANTS_REPLY}, {"like", FED_WANTS_LIKE},
              {"boost", FED_WANTS_BOOST}};

static bool wish_of(struct str word, enum fed_wanted *ret)
{
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        if (str_eq_c(word, wishes[i].word)) {
            *ret = wishes[i].what;
            return true;
        }
    return false;
}

/* Only what is ours is sent home with people. */
static bool is_ours(struct cx *cx, struct str uri)
{
    if (!str_starts(uri, cx->node->origin) || uri.n > URL_MAX)
        return false;
    struct str path = str_sub(uri, cx->node->origin.n, SIZE_MAX);
    return str_starts(path, STR("/ap/a/")) || str_starts(path, STR("/ap/o/")) ||
           str_starts(path, STR("/@"));
}

static enum err show(struct rq *rq, int status, struct view_interact *v)
{
    struct view_page *page = web_page(rq);
    struct buf out = web_buf();
    page->title = str_c(tr(rq->cx, N_("From your own server")));
    page->noindex = true;
    page->bare = true;
    v->page = page;
    html_interact(&out, rq->cx, v);
    rq_cache_control(rq, "no-store");
    return web_send(rq, status, &out);
}

static struct str host_of(struct cx *cx, struct str url)
{
    struct url u;
    return url_parse(cx->arena, url, &u) == OK ? url_authority(cx->arena, &u) : STR_NULL;
}

/* Somebody of this node came with a thing that lives elsewhere. */
static enum err elsewhere(struct rq *rq, struct str uri)
{
    struct view_interact v = {.elsewhere = uri, .host = host_of(rq->cx, uri)};
    return v.host.p == NULL ? ERR_NOT_FOUND : show(rq, 200, &v);
}

static struct view_interact asked(struct rq *rq, enum fed_wanted what)
{
    return (struct view_interact){.uri = rq_query(rq, "uri"), .handle = rq_query(rq, "handle"),
                                  .wish = rq_query(rq, "do"), .follows = what == FED_WANTS_FOLLOW};
}

static enum err resume(struct rq *rq, void *arg)
{
    const struct fed_home *h = arg;
    enum fed_wanted what = FED_WANTS_FOLLOW;
    (void)wish_of(rq_query(rq, "do"), &what);
    struct view_interact v = asked(rq, what);
    enum err e = fed_home_url(rq->cx, h, what, v.uri, v.uri, &v.url);
    if (e != OK) {
        v.error = web_mendable(rq, e);
        return show(rq, http_status_of(e) == 404 ? 404 : 422, &v);
    }
    v.host = host_of(rq->cx, v.url);
    return show(rq, 200, &v);
}

static void ready(void *arg)
{
    rq_unpark(arg);
}

/* Whoever asks makes us ask a server of their choice. */
static enum err may_ask(struct rq *rq)
{
    struct str who = str_fmt(rq->cx->arena, "interact " STR_FMT,
                             STR_ARG(rate_ip(rq->cx->arena, rq->ip, true)));
    return node_rate_take(rq->cx, who, ASKS, ASKS_PER_S)
               ? OK
               : cx_fail(rq->cx, ERR_RATE_LIMITED, "asks too many servers");
}

enum err web_interact(struct rq *rq)
{
    enum fed_wanted what;
    struct fed_home *h;
    struct str away = rq_query(rq, "elsewhere");
    if (!str_empty(away))
        return elsewhere(rq, away);
    if (!wish_of(rq_query(rq, "do"), &what) || !is_ours(rq->cx, rq_query(rq, "uri")))
        return ERR_NOT_FOUND;
    struct view_interact v = asked(rq, what);
    if (str_empty(str_trim(v.handle)))
        return show(rq, 200, &v);
    enum err e = may_ask(rq);
    if (e == OK)
        e = fed_home_ask(rq->cx, v.handle, ready, rq, &h);
    if (e == OK)
        return rq_park(rq, resume, h);
    if (e != ERR_INVALID && e != ERR_FORBIDDEN && e != ERR_RATE_LIMITED)
        return e;
    v.error = web_mendable(rq, e);
    return show(rq, http_status_of(e), &v);
}
