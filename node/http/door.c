/* Which node a request is for, and whether it may be asked. What is answered at the door costs a
 * stranger nothing to ask, so it costs us next to nothing to say: answers are made once, at the
 * start, hold nothing of the request, and leave no line in the log. */
#include "node/http/frame.h"

#include <stdio.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/crypt.h"
#include "node/base/i18n.h"
#include "node/nodes.h"
#include "node/server.h"

struct door_hosts {
    struct str first;
    int n;
};

static enum MHD_Result each_host(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                 const char *value, size_t value_n)
{
    struct door_hosts *h = cls;
    (void)kind;
    if (key_n != 4 || !str_ieq((struct str){key, key_n}, STR("Host")))
        return MHD_YES;
    if (h->n++ == 0)
        h->first = (struct str){value == NULL ? "" : value, value == NULL ? 0 : value_n};
    return MHD_YES;
}

/* One line, or the authority of an absolute target, which replaces it (RFC 9112 section 3.2). Two
 * lines are two opinions: nobody is meant. */
static struct str host_asked(struct call *c)
{
    struct door_hosts h = {STR_NULL, 0};
    MHD_get_connection_values_n(c->con, MHD_HEADER_KIND, each_host, &h);
    if (h.n > 1)
        return STR_NULL;
    struct str authority = target_authority((struct str){c->target, c->target_n});
    return authority.p != NULL ? authority : str_trim(h.first);
}

static bool asks_health(const struct call *c)
{
    static const struct str path = STR_INIT("/healthz");
    struct str t = {c->target, c->target_n};
    return (c->rq.method == GET || c->rq.method == HEAD) && str_starts(t, path) &&
           (t.n == path.n || t.p[path.n] == '?');
}

void door_shut(struct call *c, enum sign sign)
{
    c->door = DOOR_SHUT;
    c->sign = sign;
}

/* Whoever gets a Delete from a node that leaves looks up the key that it is signed with. */
static bool asks_document(const struct call *c)
{
    struct str target = {c->target, c->target_n};
    return (c->rq.method == GET || c->rq.method == HEAD) &&
           repr_for(target, header_find(c->con, "Accept")) == REPR_ACTIVITY;
}

static bool is_shut(struct call *c, enum node_state state)
{
    switch (state) {
    case NODE_SUSPENDED: door_shut(c, SIGN_RESTS); return true;
    case NODE_AWAY: door_shut(c, SIGN_MOVES); return true;
    case NODE_LEAVING:
        if (asks_document(c))
            break;
        door_shut(c, SIGN_GONE);
        return true;
    case NODE_GONE: door_shut(c, SIGN_GONE); return true;
    case NODE_ACTIVE: break;
    }
    return false;
}

void door_find(struct call *c)
{
    struct node_glance glance;
    bool known;
    if (c->door != DOOR_UNSEEN)
        return;
    if (c->http->fixed != NULL) {
        c->node = c->http->fixed;
        node_hold(c->node);
        c->door = DOOR_OPEN;
        return;
    }
    c->host = host_asked(c);
    if (!nodes_glance(c->http->server->nodes, c->host, &glance)) {
        door_shut(c, asks_health(c) ? SIGN_WELL : SIGN_NOBODY);
        return;
    }
    if (is_shut(c, glance.state)) {
        if (asks_health(c))
            c->sign = SIGN_WELL;
        return;
    }
    c->node = nodes_peek(c->http->server->nodes, c->host, &known);
    c->door = c->node != NULL ? DOOR_OPEN : DOOR_ASLEEP;
    if (c->node == NULL && asks_health(c)) /* the process is well; the node may sleep */
        door_shut(c, SIGN_WELL);
}

void door_wake(struct call *c)
{
    enum err e = nodes_take(c->http->server->nodes, c->host, &c->node);
    if (e == OK)
        c->door = DOOR_OPEN;
    else
        door_shut(c, e == ERR_NOT_FOUND ? SIGN_NOBODY : e == ERR_GONE ? SIGN_GONE : SIGN_BUSY);
}

/* ---- what it says -------------------------------------------------------------------------- */

static const struct {
    int status;
    const char *retry_after;
    const char *name; /* for apps */
    const char *headline, *sentence;
} signs[SIGN_COUNT] = {
    [SIGN_NOBODY] = {421, NULL, "misdirected", N_("Nobody lives here"),
                     N_("This name is not served here. Please check the address.")},
    [SIGN_WELL] = {200, NULL, NULL, NULL, "ok\n"},
    [SIGN_RESTS] = {503, "3600", "suspended", N_("This planet rests"),
                    N_("It is closed for now. Please come back another day.")},
    [SIGN_MOVES] = {503, "30", "moving", N_("This planet is moving"),
                    N_("It will be back in some minutes, at the same address.")},
    [SIGN_BUSY] = {503, "10", "busy", N_("Busy for a moment"),
                   N_("We are busy right now. Please try again in a moment.")},
    [SIGN_GONE] = {410, NULL, "gone", N_("It was taken away"),
                   N_("This was here once and has been deleted.")},
};

int door_status(enum sign sign)
{
    return signs[sign].status;
}

const char *door_retry_after(enum sign sign)
{
    return signs[sign].retry_after;
}

/* Plain lines say it in English, as every line for machines here. */
const char *door_sentence(enum sign sign)
{
    return signs[sign].sentence;
}

/* As web/static/orrery.css has it, but in the page: behind the door there is nobody to ask for a file. */
static const char style[] =
    "html{color-scheme:light dark;background:#fbf7ef;color:#17263a;font:1rem/1.6 system-ui,"
    "\"Noto Sans\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif}"
    "body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;"
    "justify-content:center;text-align:center}"
    "main{max-width:30rem;padding:2rem 1.5rem 4rem}"
    "svg{width:6rem;fill:none;stroke:#c79a4b;stroke-width:1.2}svg .f{fill:#c79a4b;stroke:none}"
    "h1{font:600 1.625rem/1.3 Charter,Georgia,\"Songti SC\",\"Noto Serif CJK SC\",serif;margin:1rem 0 .5rem}"
    "p{margin:0;color:#45546a}"
    "@media(prefers-color-scheme:dark){html{background:#0f1721;color:#ebe4d7}p{color:#b9bfc6}}";

static int make_page(char *text, size_t max, enum sign sign, enum locale l)
{
    const char *head = i18n_get(l, signs[sign].headline);
    return snprintf(text, max,
                    "<!doctype html>\n<html lang=\"%s\"><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                    "<meta name=\"robots\" content=\"noindex\"><title>%s</title>\n"
                    "<style>%s</style>\n<main><svg viewBox=\"0 0 48 48\" aria-hidden=\"true\">"
                    "<circle cx=\"24\" cy=\"24\" r=\"9.5\"/><circle cx=\"24\" cy=\"24\" r=\"18\"/>"
                    "<circle class=\"f\" cx=\"24\" cy=\"24\" r=\"3.8\"/>"
                    "<circle class=\"f\" cx=\"8.4\" cy=\"33\" r=\"3.2\"/></svg>\n"
                    "<h1>%s</h1>\n<p>%s</p></main>\n</html>\n",
                    i18n_tag(l).p, head, style, head, i18n_get(l, signs[sign].sentence));
}

static struct MHD_Response *make(enum sign sign, enum door_form form, const char *page_policy)
{
    char text[4096];
    int n;
    const char *type = "text/plain; charset=utf-8", *policy = NULL;
    if (form == DOOR_JSON && sign != SIGN_WELL) {
        type = "application/json; charset=utf-8";
        n = snprintf(text, sizeof text, "{\"error\":\"%s\",\"message\":\"%s\"}", signs[sign].name,
                     signs[sign].sentence);
    } else if (form >= DOOR_HTML && signs[sign].headline != NULL) {
        type = "text/html; charset=utf-8";
        policy = page_policy;
        n = make_page(text, sizeof text, sign, (enum locale)(form - DOOR_HTML));
    } else {
        n = snprintf(text, sizeof text, "%s%s", signs[sign].sentence,
                     sign == SIGN_WELL ? "" : "\n");
    }
    return reply_ready(text, (size_t)n, type, signs[sign].retry_after, policy);
}

void door_signs_make(struct http *h)
{
    struct arena *a = arena_new();
    struct str sum = crypt_sha256_base64(a, str_c(style));
    const char *policy = arena_printf(a, "default-src 'none'; style-src 'sha256-" STR_FMT "'; base-uri 'none'; "
                                      "form-action 'none'; frame-ancestors 'none'", STR_ARG(sum));
    for (int s = 0; s < SIGN_COUNT; s++)
        for (int f = 0; f < DOOR_FORMS; f++)
            h->signs[s][f] = make((enum sign)s, (enum door_form)f, policy);
    arena_free(a);
}

void door_signs_free(struct http *h)
{
    for (int s = 0; s < SIGN_COUNT; s++)
        for (int f = 0; f < DOOR_FORMS; f++)
            if (h->signs[s][f] != NULL)
                MHD_destroy_response(h->signs[s][f]);
}

struct MHD_Response *door_answer(struct call *c)
{
    struct str target = {c->target, c->target_n};
    enum door_form form = DOOR_TEXT;
    switch (repr_for(target, header_find(c->con, "Accept"))) {
    case REPR_JSON: case REPR_ACTIVITY: form = DOOR_JSON; break;
    case REPR_HTML: {
        struct str cookies = header_find(c->con, "Cookie");
        struct str lang = cookie_find(cookies, STR("__Host-lang"));
        if (lang.p == NULL)
            lang = cookie_find(cookies, STR("lang"));
        form = (enum door_form)(DOOR_HTML +
                                (int)locale_for(lang, header_find(c->con, "Accept-Language")));
        break;
    }
    case REPR_TEXT: break;
    }
    return c->http->signs[c->sign][form];
}

struct MHD_Response *door_gone(struct call *c)
{
    const struct http_hooks *hooks = c->http->server->hooks;
    struct str target = {c->target, c->target_n};
    if (c->sign != SIGN_GONE || hooks == NULL || hooks->gone_document == NULL ||
        repr_for(target, header_find(c->con, "Accept")) != REPR_ACTIVITY || c->target[0] != '/')
        return NULL;
    struct arena *a = arena_new();
    struct buf out;
    buf_init_arena(&out, a, 4 * HTTP_MAX_TARGET);
    struct str url = str_fmt(a, "%s://" STR_FMT STR_FMT, c->http->server->dev ? "http" : "https",
                             STR_ARG(str_lower(a, c->host)), STR_ARG(target));
    hooks->gone_document(&out, url);
    struct MHD_Response *r =
        out.overflow ? NULL : reply_ready(buf_str(&out).p, out.n, hooks->gone_type, NULL, NULL);
    arena_free(a);
    return r;
}
