#include "node/http/frame.h"

#include <arpa/inet.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/url.h"
#include "node/node.h"

/* ---- headers ---- */

struct str header_find(struct MHD_Connection *con, const char *name)
{
    const char *v = NULL;
    size_t n = 0;
    if (MHD_lookup_connection_value_n(con, MHD_HEADER_KIND, name, strlen(name), &v, &n) != MHD_YES)
        return STR_NULL;
    return (struct str){v == NULL ? "" : v, v == NULL ? 0 : n};
}

struct header_search {
    struct str name;
    struct str first;
    struct buf *joined; /* NULL in the first pass */
    size_t lines;
};

static enum MHD_Result each_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_n, const char *value, size_t value_n)
{
    struct header_search *s = cls;
    (void)kind;
    if (!str_ieq((struct str){key, key_n}, s->name))
        return MHD_YES;
    if (s->joined == NULL) {
        if (s->lines == 0)
            s->first = (struct str){value == NULL ? "" : value, value == NULL ? 0 : value_n};
    } else {
        if (s->lines > 0)
            buf_lit(s->joined, ", ");
        buf_put(s->joined, (struct str){value, value == NULL ? 0 : value_n});
    }
    s->lines++;
    return MHD_YES;
}

struct str rq_header(const struct rq *rq, const char *name)
{
    struct call *c = call_of(rq);
    struct header_search s = {.name = str_c(name), .first = STR_NULL};
    MHD_get_connection_values_n(c->con, MHD_HEADER_KIND, each_header, &s);
    struct str found = s.first;
    if (s.lines > 1) {
        struct buf b;
        buf_init_arena(&b, rq->cx->arena, HTTP_HEAD_BYTES * 2);
        s = (struct header_search){.name = str_c(name), .joined = &b};
        MHD_get_connection_values_n(c->con, MHD_HEADER_KIND, each_header, &s);
        found = buf_str(&b);
    }
    return found.p != NULL && str_is_utf8(found) ? found : STR_NULL;
}

/* ---- what the answer depends on ---- */

enum repr repr_for(struct str target, struct str accept)
{
    /* An app never gets a page, not even for an unknown address. */
    if (str_starts(target, STR("/api/")) || str_starts(target, STR("/oauth/token")) ||
        str_starts(target, STR("/oauth/revoke")))
        return REPR_JSON;
    return repr_choose(accept);
}

enum locale locale_for(struct str lang_cookie, struct str accept_language)
{
    enum locale l;
    if (lang_cookie.n > 0 && i18n_parse(lang_cookie, &l))
        return l;
    return i18n_choose(accept_language);
}

unsigned cache_variant(enum repr repr, enum locale locale, struct str theme)
{
    unsigned t = str_eq_c(theme, "light") ? 1 : str_eq_c(theme, "dark") ? 2 : 0;
    return (unsigned)repr * 64 + (unsigned)locale * 4 + t;
}

/* ---- address of the asker ---- */

static bool sockaddr_loopback(const struct sockaddr *sa)
{
    return sa != NULL && ip_is_loopback(sa);
}

static bool ip_text_is_sound(struct str s)
{
    char z[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    if (s.n == 0 || s.n >= sizeof(z))
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    return inet_pton(AF_INET, z, &ignored) == 1 || inet_pton(AF_INET6, z, &ignored) == 1;
}

/* The last hop of X-Forwarded-For is the one that our own front proxy saw. */
static struct str forwarded_for(struct call *c)
{
    struct str list = rq_header(&c->rq, "X-Forwarded-For");
    struct str hop = STR_NULL;
    struct str piece;
    while (str_next(&list, ',', &piece))
        hop = str_trim(piece);
    return ip_text_is_sound(hop) ? hop : STR_NULL;
}

static struct str find_ip(struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->con, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *sa = info == NULL ? NULL : info->client_addr;
    c->ip_text[0] = '\0';
    if (sa != NULL && sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        inet_ntop(AF_INET, &in.sin_addr, c->ip_text, sizeof(c->ip_text));
    } else if (sa != NULL && sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
            inet_ntop(AF_INET, in6.sin6_addr.s6_addr + 12, c->ip_text, sizeof(c->ip_text));
        else
            inet_ntop(AF_INET6, &in6.sin6_addr, c->ip_text, sizeof(c->ip_text));
    }
    struct str hop = sockaddr_loopback(sa) ? forwarded_for(c) : STR_NULL;
    return hop.n > 0 ? hop : str_c(c->ip_text);
}

/* ---- getting a call ready ---- */

static void early(struct call *c, enum err e, int status)
{
    if (c->early)
        return;
    c->early = true;
    c->early_err = e;
    c->early_status = status;
}

/* "/@tea/" was meant to be "/@tea": people type it. */
static bool lead_from_slash(struct call *c)
{
    struct rq *rq = &c->rq;
    struct route_match m;
    struct str path = rq->path;
    if ((rq->method != GET && rq->method != HEAD) || path.n < 2 || path.p[path.n - 1] != '/' ||
        rq->target.p[0] != '/' || path.p[1] == '/')
        return false;
    router_match(c->http->router, rq->method, str_sub(path, 0, path.n - 1), &m);
    if (m.route == NULL)
        return false;
    size_t end = str_find_char(rq->target, '?', 0);
    if (end == SIZE_MAX)
        end = rq->target.n;
    struct str tail = str_sub(rq->target, end, rq->target.n);
    rq_add_header(rq, "Location",
                  str_fmt(rq->cx->arena, STR_FMT STR_FMT,
                          STR_ARG(str_sub(rq->target, 0, end - 1)), STR_ARG(tail)));
    early(c, OK, 308);
    return true;
}

static void find_route(struct call *c)
{
    struct rq *rq = &c->rq;
    struct arena *a = rq->cx->arena;
    router_match(c->http->router, rq->method, rq->path, &c->match);
    rq->route = c->match.route;
    if (rq->route != NULL) {
        /* Servers rarely say what they accept; a line tells them more than a page. */
        if ((rq->route->who == SIGNED || rq->route->who == WEBHOOK) && rq->repr == REPR_HTML)
            rq->repr = REPR_TEXT;
        return;
    }
    if (c->match.allowed == 0 && !(rq->method == OPTIONS && str_eq(rq->path, STR("*")))) {
        if (!lead_from_slash(c))
            early(c, ERR_NOT_FOUND, 404);
        return;
    }
    struct str allow = http_allow(a, c->match.allowed);
    if (allow.n > 0)
        rq_add_header(rq, "Allow", allow);
    if (rq->method == OPTIONS)
        early(c, OK, 204);
    else
        early(c, ERR_UNSUPPORTED, 405);
}

void call_prepare(struct call *c)
{
    struct rq *rq = &c->rq;
    struct node *node = c->node;
    if (rq->cx != NULL)
        return;
    struct cx *cx = cx_new(node);
    rq->cx = cx;
    rq->priv = c;
    rq->target = (struct str){c->target, c->target_n};
    rq->secure = str_starts(node->origin, STR("https://"));
    rq->ip = cx->ip = find_ip(c);
    rq->repr = repr_for(rq->target, rq_header(rq, "Accept"));
    cx->locale = locale_for(rq_cookie(rq, "lang"), rq_header(rq, "Accept-Language"));
    struct str cookies = rq_header(rq, "Cookie");
    c->key = (struct cache_key){node->id, rq->target,
                                cache_variant(rq->repr, cx->locale, rq_cookie(rq, "theme"))};
    if (!cookies_pass_cache(rq->secure, cookies) ||
        header_find(c->con, "Authorization").p != NULL ||
        (atomic_load(&node->guarded) && header_find(c->con, "Signature").p != NULL))
        c->uncacheable = true;

    if (target_read(cx->arena, rq->target, &c->parsed) != OK) {
        rq->path = STR("/");
        early(c, ERR_INVALID, 400);
        return;
    }
    rq->path = c->parsed.path;
    if (c->parsed.authority.p != NULL)
        c->uncacheable = true;
    rq->host = c->http->fixed == NULL ? str_lower(cx->arena, c->host) : node->host;
    if (!c->early)
        find_route(c);
}

/* ---- asking ---- */

struct str rq_param(const struct rq *rq, const char *name)
{
    const struct call *c = call_of(rq);
    for (int i = 0; i < c->match.n_params; i++)
        if (str_eq_c(c->match.params[i].name, name))
            return c->match.params[i].value;
    return STR_NULL;
}

struct str rq_query(const struct rq *rq, const char *name)
{
    struct call *c = call_of(rq);
    if (!c->query_read) {
        c->query_read = true;
        /* A query that makes no sense is as good as none. */
        if (form_read_urlencoded(rq->cx->arena, c->parsed.query, &c->query) != OK)
            c->query = (struct form){0};
    }
    return form_get(&c->query, name);
}

enum err call_read_form(struct call *c)
{
    struct rq *rq = &c->rq;
    enum err e = form_read(rq->cx->arena, rq->body, rq_header(rq, "Content-Type"), &c->form);
    if (e == ERR_TOO_LARGE)
        return cx_tell(rq->cx, e, N_("The form is too large, or has too many parts."));
    if (e != OK)
        return cx_tell(rq->cx, e, N_("The form came in damaged. Please send it again."));
    return OK;
}

struct str rq_form(const struct rq *rq, const char *name)
{
    return form_get(&call_of(rq)->form, name);
}

size_t rq_form_all(const struct rq *rq, const char *name, struct str *ret, size_t max)
{
    const struct form *f = &call_of(rq)->form;
    size_t n = 0;
    for (size_t i = 0; i < f->n_fields && n < max; i++)
        if (str_eq_c(f->fields[i].name, name))
            ret[n++] = f->fields[i].value;
    return n;
}

size_t rq_uploads(const struct rq *rq, const struct upload **ret)
{
    const struct call *c = call_of(rq);
    *ret = c->form.uploads;
    return c->form.n_uploads;
}
