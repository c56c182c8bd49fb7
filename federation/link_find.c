/* From what somebody types to the actor: WebFinger (RFC 7033), then the actor's document, signed for
 * and checked as any other (3.10). */
#include "federation/fed.h"
#include "federation/link_int.h"
#include "federation/policy.h"
#include "node/base/clock.h"
#include "node/base/url.h"
#include "node/db/db.h"

#include <string.h>

enum { ROUNDS_MAX = 8, USER_MAX = 100 };

static bool is_user(struct str s)
{
    if (s.n == 0 || s.n > USER_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == '.'))
            return false;
    }
    return true;
}

/* "https://host/@user" and "https://host/@user@other": whose page it is. */
static void read_address(struct arena *a, const struct url *u, struct str *user, struct str *host)
{
    struct str p = u->path;
    *host = url_authority(a, u);
    *user = STR_NULL;
    if (!str_starts(p, STR("/@")))
        return;
    p = str_sub(p, 2, SIZE_MAX);
    p = str_sub(p, 0, str_find_char(p, '/', 0));
    size_t at = str_find_char(p, '@', 0);
    *user = str_sub(p, 0, at);
    if (at != SIZE_MAX)
        *host = str_sub(p, at + 1, SIZE_MAX);
}

enum err link_parse_who(struct cx *cx, struct str who, struct str *ret_user, struct str *ret_host)
{
    struct url u;
    struct str user = STR_NULL, host;
    unsigned port;
    who = str_trim(who);
    if (str_istarts(who, STR("acct:")))
        who = str_sub(who, 5, SIZE_MAX);
    if (str_starts(who, STR("@")))
        who = str_sub(who, 1, SIZE_MAX);
    if (who.n > 500)
        who = STR("");
    if (str_istarts(who, STR("http://")) || str_istarts(who, STR("https://"))) {
        if (url_parse(cx->arena, who, &u) != OK)
            host = STR("");
        else
            read_address(cx->arena, &u, &user, &host);
    } else {
        size_t at = str_find_char(who, '@', 0);
        user = at == SIZE_MAX ? STR_NULL : str_sub(who, 0, at);
        host = at == SIZE_MAX ? who : str_sub(who, at + 1, SIZE_MAX);
    }
    struct str name;
    if ((user.p != NULL && !is_user(user)) || url_parse_host(cx->arena, host, &name, &port) != OK ||
        (!cx->node->dev && (url_is_ip_literal(name) || str_find_char(name, '.', 0) == SIZE_MAX)))
        return cx_tell(cx, ERR_INVALID,
                       N_("Write your fediverse address like @you@example.social, or the name of "
                          "your server."));
    host = port == 0 ? name : str_fmt(cx->arena, STR_FMT ":%u", STR_ARG(name), port);
    if (str_eq(host, cx->node->host))
        return cx_tell(cx, ERR_INVALID,
                       N_("That is this site. Write the address that you have on another server."));
    *ret_user = user;
    *ret_host = host;
    return OK;
}

struct str link_origin(struct cx *cx, struct str host)
{
    bool plain = cx->node->dev && (str_starts(host, STR("localhost")) ||
                                   str_starts(host, STR("127.")) || str_starts(host, STR("[")));
    return str_fmt(cx->arena, "%s://" STR_FMT, plain ? "http" : "https", STR_ARG(host));
}

/* Their server did not do what it should, in words for a person. */
static enum err no_answer(struct link *l)
{
    struct cx *cx = l->rq->cx;
    enum err e = l->call->err;
    struct str host = fed_host_of(cx->arena, l->call->url);
    if (e == ERR_FORBIDDEN)
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN, N_("This site does not work with that server.")));
    if (host.p == NULL)
        host = l->host;
    return link_end(l, cx_tellf(cx, ERR_UPSTREAM,
                                N_("{0} does not answer as it should. Check the address, or try again "
                                   "later."), &host, 1));
}

static enum err nobody(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str args[] = {l->user, l->host};
    return link_end(l, cx_tellf(cx, ERR_NOT_FOUND, N_("There is nobody called {0} on {1}."), args, 2));
}

/* ---- the actor ---- */

static enum err ask_actor(struct link *l, struct str url);

static enum err refused(struct link *l)
{
    return link_end(l, cx_tell(l->rq->cx, ERR_FORBIDDEN,
                               N_("This account cannot be used here. Write to the owner of this "
                                  "site if you think that is a mistake.")));
}

static enum err take_actor(struct link *l)
{
    struct cx *cx = l->rq->cx;
    enum fed_actor_level level;
    l->actor_uri = l->doc.uri;
    if (ld_bool(l->actor_json, "suspended", false))
        return refused(l);
    enum err e = fed_actor_store(cx, &l->doc, &l->actor_id);
    if (e == OK)
        e = fed_actor_blocked(cx, l->actor_id, 0, &level);
    if (e != OK)
        return link_end(l, e);
    if (level == FED_ACTOR_BLOCKED)
        return refused(l);
    return l->found(l);
}

static enum err came_actor(struct rq *rq, void *arg)
{
    struct link *l = arg;
    struct cx *cx = rq->cx;
    struct fed_call *c = l->call;
    struct fetch_answer answer = {.err = c->err, .status = c->status, .body = c->body,
                                  .content_type = c->content_type, .location = c->location};
    struct str next;
    json_t *j;
    c->stay = false;
    enum err e = fed_answer_read(cx->arena, l->asked, &answer, &j, &next);
    const struct fed_signer *signer;
    if (e == ERR_UNAUTHENTICATED && fed_signer_instance(cx, &signer) == OK &&
        fed_knock_next(cx->arena, &l->knock, signer, l->asked, &answer))
        return ask_actor(l, l->asked);
    if (e == ERR_GONE || e == ERR_NOT_FOUND)
        return nobody(l);
    if (e != OK)
        return no_answer(l);
    fed_knock_took(cx->node->fed, &l->knock, l->asked);
    if (j == NULL) {
        l->knock = fed_knock_first(cx->node->fed, next);
        return ask_actor(l, next);
    }
    if (fed_doc_read(cx->arena, j, &l->doc) != OK ||
        !str_eq(fed_host_of(cx->arena, l->asked), l->doc.host) ||
        !fed_id_ok(cx, l->doc.uri, l->doc.host) || l->doc.inbox.p == NULL)
        return no_answer(l);
    /* It goes by another name on the same host: what stands there counts. */
    if (!str_eq(l->doc.uri, l->asked))
        return ask_actor(l, l->doc.uri);
    l->actor_json = j;
    return take_actor(l);
}

static enum err ask_actor(struct link *l, struct str url)
{
    struct cx *cx = l->rq->cx;
    const struct fed_signer *signer;
    struct sig_headers *h = ARENA_NEW(cx->arena, struct sig_headers);
    l->asked = url;
    if (++l->rounds > ROUNDS_MAX)
        return no_answer(l);
    enum err e = fed_signer_instance(cx, &signer);
    if (e != OK)
        return link_end(l, e);
    struct fetch_request rq = fed_get_request(cx->arena, signer, l->knock, url, clock_now(), h);
    l->call->stay = true; /* each hop is signed for itself */
    return fed_call_go(l->call, &rq, came_actor, l);
}

enum err link_actor(struct link *l, struct str uri, enum err (*found)(struct link *l))
{
    struct cx *cx = l->rq->cx;
    struct str host = fed_host_of(cx->arena, uri);
    l->found = found;
    l->rounds = 0;
    l->knock = fed_knock_first(cx->node->fed, uri);
    if (host.p == NULL || str_eq(host, cx->node->host) || !fed_id_ok(cx, uri, host))
        return no_answer(l);
    return ask_actor(l, uri);
}

/* ---- WebFinger ---- */

static struct str self_link(const json_t *jrd)
{
    LD_EACH(i, one, ld_get(jrd, "links")) {
        struct str type = ld_str(one, "type");
        if (i < 50 && str_eq_c(ld_str(one, "rel"), "self") &&
            (str_istarts(type, STR("application/activity+json")) ||
             str_istarts(type, STR("application/ld+json"))))
            return ld_str(one, "href");
    }
    return STR_NULL;
}

static enum err came_finger(struct rq *rq, void *arg)
{
    struct link *l = arg;
    (void)rq;
    if (l->call->err == OK && (l->call->status == 404 || l->call->status == 410))
        return nobody(l);
    json_t *j = fed_call_json(l->call);
    struct str uri = j == NULL ? STR_NULL : self_link(j);
    if (uri.p == NULL || uri.n > URL_MAX)
        return no_answer(l);
    return link_actor(l, uri, l->found);
}

enum err link_look_up(struct link *l, struct str user, struct str host,
                   enum err (*found)(struct link *l))
{
    struct cx *cx = l->rq->cx;
    static const struct fetch_header accept = {
        STR_INIT("Accept"), STR_INIT("application/jrd+json, application/json")};
    struct buf b;
    l->user = user;
    l->host = host;
    l->found = found;
    buf_init_arena(&b, cx->arena, URL_MAX);
    buf_put(&b, link_origin(cx, host));
    buf_lit(&b, "/.well-known/webfinger?resource=acct:");
    buf_put_url(&b, user);
    buf_lit(&b, "@");
    buf_put(&b, host);
    struct fetch_request rq = {.method = "GET", .url = buf_str(&b), .headers = &accept,
                               .n_headers = 1};
    return fed_call_go(l->call, &rq, came_finger, l);
}

/* ---- the verdict ---- */

enum err link_prove(struct link *l)
{
    struct cx *cx = l->rq->cx;
    int64_t changes;
    /* The host that let them in can speak for its own people only. */
    if (!str_eq(l->doc.host, l->row.host))
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN,
                                   N_("Your server named an account of another server. Nothing was "
                                      "linked.")));
    if (l->said_name.p != NULL && !str_ieq(l->said_name, l->doc.username))
        return link_end(l, cx_tell(cx, ERR_FORBIDDEN,
                                   N_("Your server gave two different names. Nothing was linked.")));
    if (l->row.actor_uri.p != NULL && !str_eq(l->row.actor_uri, l->doc.uri)) {
        struct str args[] = {l->doc.username, l->doc.host};
        return link_end(l, cx_tellf(cx, ERR_FORBIDDEN,
                                    N_("There you are signed in as @{0}@{1}, which is not the account "
                                       "that you named here. Nothing was linked."), args, 2));
    }
    enum err e = q_link_try_prove(cx, l->row.id, l->actor_id, STR_NULL,
                                  cx->now + FED_LINK_MINUTES * MS_MINUTE, &changes);
    if (e == OK && changes == 0)
        e = ERR_CONFLICT;
    l->r.try_id = l->row.id;
    l->r.next = l->row.next;
    return link_end(l, e);
}
