/* Beginning and ending: what the handlers of pages call. */
#include "federation/link_int.h"

#include "federation/fed.h"
#include "federation/policy.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/db/db.h"
#include "node/people/rate.h"

#include <string.h>

/* LINKS_MAX: pages that rest for strangers' servers at once; the fetcher has 256 transfers. */
enum { BEGIN_MS = 25000, RETURN_MS = 30000, LINKS_MAX = 32, CODE_BYTES = 16 };

void link_put_field(struct buf *b, const char *name, struct str value)
{
    if (b->n > 0)
        buf_put_char(b, '&');
    buf_put_c(b, name);
    buf_put_char(b, '=');
    buf_put_url(b, value);
}

bool link_is_token(struct str s, size_t max)
{
    if (s.n == 0 || s.n > max)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 127)
            return false;
    return true;
}

enum err link_end(struct link *l, enum err e)
{
    if (e == ERR_NOT_FOUND && l->rq->cx->tell == NULL)
        e = ERR_INTERNAL; /* ours, not a page that is missing */
    return l->begun != NULL ? l->begun(l->rq, l->arg, e, &l->b)
                            : l->returned(l->rq, l->arg, e, &l->r);
}

static void leave(void *n)
{
    atomic_fetch_sub((atomic_int *)n, 1);
}

enum err link_new(struct rq *rq, struct link **ret)
{
    struct cx *cx = rq->cx;
    struct fed *fed = cx->node->fed;
    struct link *l = ARENA_NEW(cx->arena, struct link);
    if (fed == NULL)
        return ERR_BUSY;
    if (atomic_fetch_add(&fed->links, 1) >= LINKS_MAX) {
        atomic_fetch_sub(&fed->links, 1);
        cx->retry_after_s = 10;
        return cx_tell(cx, ERR_BUSY,
                       N_("Many people are signing in right now. Please try again in a moment."));
    }
    arena_defer(cx->arena, leave, &fed->links);
    l->rq = rq;
    *ret = l;
    return OK;
}

/* ---- beginning ---- */

static enum err found_for_sign_in(struct link *l)
{
    l->api_host = l->doc.host;
    return link_register(l);
}

static enum err found_for_note(struct link *l)
{
    struct cx *cx = l->rq->cx;
    unsigned char r[CODE_BYTES];
    struct buf b;
    crypt_random(r, sizeof r);
    buf_init_arena(&b, cx->arena, 64);
    for (size_t i = 0; i < sizeof r; i += 4) { /* in groups, for those who type it */
        if (i > 0)
            buf_put_char(&b, '-');
        buf_put_hex(&b, r + i, 4);
    }
    l->api_host = l->doc.host;
    return link_end(l, link_try_put(l, buf_str(&b), buf_str(&b), &l->b.try_id));
}

static enum err found_for_profile(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str token = crypt_token(cx->arena, 16);
    struct str url = str_fmt(cx->arena, STR_FMT "/auth/fedi/me/" STR_FMT, STR_ARG(cx->node->origin),
                             STR_ARG(token));
    l->api_host = l->doc.host;
    return link_end(l, link_try_put(l, token, url, &l->b.try_id));
}

static enum err begin(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct fed_policy p;
    TRY(fed_policy_of(cx, l->host, &p));
    if (p.level == FED_SUSPENDED)
        return cx_tell(cx, ERR_FORBIDDEN, N_("This site does not work with that server."));
    if (l->user.p == NULL && l->way != FED_WAY_OAUTH)
        return cx_tell(cx, ERR_INVALID, N_("Write your whole address, like @you@example.social."));
    return OK;
}

enum err fed_link_begin(struct rq *rq, const struct fed_link_ask *ask, fed_link_begun_fn *then,
                        void *arg)
{
    struct cx *cx = rq->cx;
    struct link *l;
    struct fed_link_begun none = {0};
    enum err e = link_new(rq, &l);
    if (e != OK)
        return then(rq, arg, e, &none);
    l->way = ask->way;
    l->browser = ask->browser;
    l->next = ask->next;
    l->planet_id = ask->planet_id;
    l->begun = then;
    l->arg = arg;
    e = link_parse_who(cx, ask->who, &l->user, &l->host);
    if (e == OK)
        e = rate_hit(cx, "fedi-start", rate_ip(cx->arena, rq->ip, true), MS_HOUR,
                     FED_LINK_STARTS_AN_HOUR);
    if (e == OK)
        e = begin(l);
    if (e != OK)
        return link_end(l, e);
    l->call = fed_call_new(rq, BEGIN_MS);
    if (l->user.p == NULL) {
        l->api_host = l->host;
        return link_register(l);
    }
    return link_look_up(l, l->user, l->host,
                     ask->way == FED_WAY_NOTE      ? found_for_note
                     : ask->way == FED_WAY_PROFILE ? found_for_profile
                                                   : found_for_sign_in);
}

/* ---- coming back ---- */

enum err fed_link_return(struct rq *rq, const struct fed_link_back *back,
                         fed_link_returned_fn *then, void *arg)
{
    struct cx *cx = rq->cx;
    struct link *l;
    struct fed_link_returned none = {0};
    bool mi = back->session.p != NULL;
    enum err e = link_new(rq, &l);
    if (e != OK)
        return then(rq, arg, e, &none);
    l->browser = back->browser;
    l->returned = then;
    l->arg = arg;
    l->call = fed_call_new(rq, RETURN_MS);
    e = link_try_return(l, mi ? back->session : back->state);
    if (e == OK && l->way != (mi ? FED_WAY_MIAUTH : FED_WAY_OAUTH))
        e = cx_tell(cx, ERR_NOT_FOUND,
                    N_("This took too long, or was begun in another browser. Please begin again."));
    if (e != OK)
        return link_end(l, e);
    return mi ? link_mi_return(l) : link_oauth_return(l, back);
}

/* ---- the address in a profile ---- */

/* Whole, not as the beginning of a longer one. It has nothing in it that HTML would write otherwise. */
static bool holds(struct str text, struct str address)
{
    for (size_t at = 0; (at = str_find(text, address, at)) != SIZE_MAX; at++) {
        size_t end = at + address.n;
        char c = end < text.n ? text.p[end] : ' ';
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == '/'))
            return true;
    }
    return false;
}

static enum err found_profile(struct link *l)
{
    struct cx *cx = l->rq->cx;
    struct str address;
    enum err e = link_secret(cx, l->row.secret, &address);
    if (e != OK)
        return link_end(l, e);
    LD_EACH(i, one, ld_get(l->actor_json, "attachment"))
        if (i < 50 && (holds(ld_str(one, "value"), address) || holds(ld_str(one, "href"), address)))
            return link_prove(l);
    return link_end(l, cx_tell(cx, ERR_CONFLICT,
                               N_("The address is not in the profile yet. Save the profile there, "
                                  "and look again in a moment.")));
}

enum err fed_link_check_profile(struct rq *rq, int64_t try_id, struct str browser,
                                fed_link_returned_fn *then, void *arg)
{
    struct cx *cx = rq->cx;
    struct fed_link_returned none = {0};
    struct fed_link_try t;
    struct link *l;
    bool found;
    enum err e = fed_link_look(rq, try_id, browser, &t);
    if (e == OK && t.way != FED_WAY_PROFILE)
        e = ERR_NOT_FOUND;
    if (e == OK && t.proven) {
        none.try_id = try_id;
        none.next = t.next;
        return then(rq, arg, OK, &none);
    }
    if (e == OK)
        e = rate_hit(cx, "fedi-look", rate_ip(cx->arena, rq->ip, true), 10 * MS_MINUTE, 20);
    if (e == OK)
        e = link_new(rq, &l);
    if (e != OK)
        return then(rq, arg, e, &none);
    l->browser = browser;
    l->returned = then;
    l->arg = arg;
    l->call = fed_call_new(rq, BEGIN_MS);
    e = q_link_try_by_id(cx, try_id, &found, &l->row);
    if (e != OK || !found)
        return link_end(l, e != OK ? e : ERR_INTERNAL);
    return link_actor(l, l->row.actor_uri, found_profile);
}

bool fed_link_is_address(struct cx *cx, struct str token)
{
    struct link_try_row row;
    bool found;
    return token.n >= 16 && token.n < 100 &&
           q_link_try_by_key(cx, link_hash(cx, token), &found, &row) == OK && found &&
           str_eq_c(row.way, "profile") && row.expires_at > cx->now;
}
