/* Who follows from elsewhere, who asks to, and the verbs about them. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/admit.h"
#include "federation/federation.h"
#include "federation/followers.h"
#include "node/base/i18n.h"
#include "web/page.h"

enum { SHOWN = 50, SERVERS = 12 };

static struct view_fedi_follower row(struct cx *cx, const struct fed_follow *x)
{
    struct view_fedi_follower v = {
        .id = x->id,
        .actor_id = x->actor_id,
        .who = desk_fedi_person(cx, x->name, x->handle, x->host, x->url, x->icon_url),
        .since = i18n_date(cx, x->since),
    };
    if (x->answer_waits)
        v.waits = x->answer_error.p == NULL
                      ? str_c(tr(cx, N_("Our answer is on its way.")))
                      : i18n_fill(cx->arena, tr(cx, N_("Our answer has not arrived: {0}")),
                                  &x->answer_error, 1);
    return v;
}

static enum err fill(struct rq *rq, const struct planet *p, const struct fed_follow_query *q,
                     const struct view_fedi_follower **ret, size_t *ret_n, int64_t *ret_last)
{
    struct fed_follow *list;
    size_t n;
    TRY(fed_follow_find(rq->cx, p->id, q, &list, &n));
    struct view_fedi_follower *v = ARENA_ARRAY(rq->cx->arena, struct view_fedi_follower, n + 1);
    *ret_last = 0;
    if (n > SHOWN) {
        n = SHOWN;
        *ret_last = list[n - 1].id;
    }
    for (size_t i = 0; i < n; i++)
        v[i] = row(rq->cx, &list[i]);
    *ret = v;
    *ret_n = n;
    return OK;
}

static enum err fill_servers(struct rq *rq, const struct planet *p, struct view_fedi_followers *v)
{
    struct fed_follow_host *hosts;
    size_t n;
    TRY(fed_follow_hosts(rq->cx, p->id, &hosts, &n));
    n = n < SERVERS ? n : SERVERS;
    struct view_fedi_server *out = ARENA_ARRAY(rq->cx->arena, struct view_fedi_server, n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct view_fedi_server){
            .host = hosts[i].host,
            .n = hosts[i].n,
            .url = str_fmt(rq->cx->arena, STR_FMT "/followers?host=" STR_FMT, STR_ARG(v->f->base),
                           STR_ARG(hosts[i].host)),
        };
    v->servers = out;
    v->n_servers = n;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p, enum err e)
{
    struct cx *cx = rq->cx;
    struct view_fedi_followers v = {.words = str_trim(rq_query(rq, "q")), .host = rq_query(rq, "host")};
    struct fed_follow_query q = {.host = v.host, .words = v.words, .n_max = SHOWN + 1},
                            asked = {.requests = true, .n_max = SHOWN};
    struct fed_doors doors;
    struct view_fedi *f;
    int64_t last;
    if (e != OK)
        v.error = web_mendable(rq, e);
    (void)web_id(rq_query(rq, "before"), &q.before_id);
    TRY(desk_fedi_head(rq, p, FEDI_FOLLOWERS, N_("Followers elsewhere"), &f));
    v.f = f;
    TRY(fed_doors_of(cx, p->id, &doors));
    v.approves = doors.approves_followers;
    if (q.before_id == 0 && v.words.n == 0 && v.host.n == 0)
        TRY(fill(rq, p, &asked, &v.requests, &v.n_requests, &last));
    TRY(fill(rq, p, &q, &v.followers, &v.n_followers, &last));
    if (last != 0) {
        struct buf b;
        buf_init_arena(&b, cx->arena, 2048);
        buf_fmt(&b, STR_FMT "/followers?before=%lld&q=", STR_ARG(f->base), (long long)last);
        buf_put_url(&b, v.words);
        buf_lit(&b, "&host=");
        buf_put_url(&b, v.host);
        v.older_url = buf_str(&b);
    }
    TRY(fill_servers(rq, p, &v));
    TRY(fed_follower_count(cx, p->id, &v.n_all));
    struct buf out = web_buf();
    html_desk_fedi_followers(&out, cx, &v);
    return web_send(rq, e == OK ? 200 : http_status_of(e), &out);
}

enum err desk_fedi_followers(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    return show(rq, &p, OK);
}

/* Everybody who waits now, a page at a time: a hundred answers a second are enough. */
static enum err approve_all(struct rq *rq, const struct planet *p)
{
    struct fed_follow_query q = {.requests = true, .n_max = 200};
    struct fed_follow *list;
    size_t n;
    TRY(fed_follow_find(rq->cx, p->id, &q, &list, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = fed_follow_decide(rq->cx, p->id, list[i].id, true);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
    }
    return OK;
}

enum err desk_fedi_follower(struct rq *rq)
{
    struct planet p;
    int64_t id = 0;
    struct str verb = rq_param(rq, "do");
    enum err e;
    TRY(desk_planet(rq, &p));
    (void)web_id(rq_param(rq, "id"), &id);
    if (str_eq_c(verb, "approve"))
        e = fed_follow_decide(rq->cx, p.id, id, true);
    else if (str_eq_c(verb, "decline"))
        e = fed_follow_decide(rq->cx, p.id, id, false);
    else if (str_eq_c(verb, "remove"))
        e = fed_follow_end(rq->cx, p.id, id);
    else if (str_eq_c(verb, "approve-all"))
        e = approve_all(rq, &p);
    else
        return ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        e = OK; /* decided already: the form was sent twice, or they went by themselves */
    if (desk_mendable(e))
        return show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, "/followers",
                          str_eq_c(verb, "approve")   ? "accepted"
                          : str_eq_c(verb, "decline") ? "declined"
                          : str_eq_c(verb, "remove")  ? "follower-removed"
                                                      : "all-accepted");
}
