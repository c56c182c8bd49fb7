/* What was delivered, what waits and why; the owner's tray of deliveries (federation.md 4.12). */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/delivery.h"
#include "federation/fed.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/talk/post.h"
#include "web/page.h"

enum { POSTS = 10, SAID = 20, ROWS = 50, HOSTS = 50 };

/* What is said, in words. What is rare keeps the name that other servers know it by. */
static struct str said_in_words(struct cx *cx, struct str type)
{
    static const struct {
        const char *type, *words;
    } known[] = {
        {"Create", N_("Publication")}, {"Update", N_("Change")},      {"Delete", N_("Deletion")},
        {"Accept", N_("Acceptance")},  {"Reject", N_("Refusal")},     {"Like", N_("Like")},
        {"Announce", N_("Boost")},     {"Undo", N_("Taking back")},   {"Add", N_("Pinning")},
        {"Remove", N_("Unpinning")},   {"Flag", N_("Report")},        {"Move", N_("Move")},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq_c(type, known[i].type))
            return str_c(tr(cx, known[i].words));
    return type;
}

static struct view_fedi_delivery_row delivery_row(struct cx *cx, const struct fed_delivery *d,
                                                  bool of_node)
{
    bool resting = str_eq_c(d->state, "resting");
    return (struct view_fedi_delivery_row){
        .id = d->id,
        .host = d->host,
        .what = said_in_words(cx, d->type),
        .when = i18n_ago(cx, d->created_at),
        .error = d->last_error,
        .state = str_c(tr(cx, resting                             ? N_("gave up")
                              : str_eq_c(d->state, "leased")  ? N_("on its way")
                              : str_eq_c(d->state, "waiting") ? N_("after an earlier one")
                                                              : N_("waits"))),
        .next = !resting && d->run_at > cx->now ? i18n_datetime(cx, d->run_at) : STR_NULL,
        .tries = d->attempts,
        .resting = resting,
        .host_url = of_node,
    };
}

static struct view_fedi_host host_row(struct cx *cx, struct str base, const struct fed_host_state *h)
{
    return (struct view_fedi_host){
        .host = h->host,
        .url = str_fmt(cx->arena, STR_FMT "/delivery/hosts/" STR_FMT, STR_ARG(base), STR_ARG(h->host)),
        .success = h->last_success_at == DB_NULL ? STR_NULL : i18n_ago(cx, h->last_success_at),
        .oldest = h->oldest_at == DB_NULL ? STR_NULL : i18n_ago(cx, h->oldest_at),
        .until = h->open_until == 0 ? STR_NULL : i18n_datetime(cx, h->open_until),
        .error = h->last_error,
        .queued = h->queued,
        .resting = h->resting,
        .dead = h->dead,
        .open = h->open_until != 0,
        .failing = h->fail_days > 0,
    };
}

static enum err list_rows(struct rq *rq, const struct fed_delivery_query *q,
                          const struct view_fedi_delivery_row **ret, size_t *ret_n, int64_t *ret_last)
{
    struct fed_delivery_query more = *q;
    struct fed_delivery *list;
    size_t n;
    more.n_max++;
    TRY(fed_delivery_list(rq->cx, &more, &list, &n));
    *ret_last = 0;
    if (n > (size_t)q->n_max) {
        n = (size_t)q->n_max;
        *ret_last = list[n - 1].id;
    }
    struct view_fedi_delivery_row *v = ARENA_ARRAY(rq->cx->arena, struct view_fedi_delivery_row, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = delivery_row(rq->cx, &list[i], rq->session.is_owner);
    *ret = v;
    *ret_n = n;
    return OK;
}

static struct view_fedi_said said_row(struct cx *cx, struct str base, const struct fed_said *s)
{
    bool answer = str_eq_c(s->type, "Accept") || str_eq_c(s->type, "Reject");
    struct view_fedi_said v = {
        .id = s->id,
        .what = said_in_words(cx, s->type),
        /* The follow that is answered has an address that tells nobody anything, but whose it is. */
        .title = answer ? fed_host_of(cx->arena, s->object_uri) : s->object_uri,
        .url = str_fmt(cx->arena, STR_FMT "/delivery/said/%lld", STR_ARG(base), (long long)s->id),
        .when = i18n_ago(cx, s->created_at),
    };
    desk_fedi_spread(cx, &s->spread, &v);
    return v;
}

/* What of some types is still on its way. */
static enum err fill_waiting(struct rq *rq, const struct planet *p, struct str base,
                             const char *const *types, size_t n_types,
                             const struct view_fedi_said **ret, size_t *ret_n)
{
    struct view_fedi_said *v = ARENA_ARRAY(rq->cx->arena, struct view_fedi_said, n_types * SAID);
    size_t n = 0;
    for (size_t i = 0; i < n_types; i++) {
        struct fed_said *said;
        size_t n_said;
        TRY(fed_said_waiting(rq->cx, p->id, types[i], SAID, &said, &n_said));
        for (size_t k = 0; k < n_said; k++)
            v[n++] = said_row(rq->cx, base, &said[k]);
    }
    *ret = v;
    *ret_n = n;
    return OK;
}

static enum err fill_numbers(struct rq *rq, struct view_fedi_delivery *v)
{
    struct cx *cx = rq->cx;
    struct fed_delivery_counts c;
    struct view_desk_number *out = ARENA_ARRAY(cx->arena, struct view_desk_number, 4);
    TRY(fed_delivery_count(cx, &c));
    out[0] = (struct view_desk_number){str_c(tr(cx, N_("Deliveries that wait"))),
                                       desk_fedi_number(cx, c.waiting), STR_NULL};
    out[1] = (struct view_desk_number){str_c(tr(cx, N_("Gave up"))), desk_fedi_number(cx, c.resting),
                                       STR_NULL};
    out[2] = (struct view_desk_number){str_c(tr(cx, N_("Servers in trouble"))),
                                       desk_fedi_number(cx, c.hosts_troubled), STR_NULL};
    out[3] = (struct view_desk_number){str_c(tr(cx, N_("Servers given up"))),
                                       desk_fedi_number(cx, c.hosts_dead), STR_NULL};
    v->numbers = out;
    v->n_numbers = 4;
    return OK;
}

static enum err fill_hosts(struct rq *rq, struct view_fedi_delivery *v)
{
    static const struct {
        const char *name, *label;
        enum fed_host_which which;
    } kinds[] = {
        {"queued", N_("With something that waits"), FED_HOSTS_QUEUED},
        {"troubled", N_("In trouble"), FED_HOSTS_TROUBLED},
        {"all", N_("All"), FED_HOSTS_ALL},
    };
    struct cx *cx = rq->cx;
    struct fed_host_state *hosts;
    size_t n, n_kinds = sizeof kinds / sizeof *kinds, at = 0;
    struct view_fedi_link *links = ARENA_ARRAY(cx->arena, struct view_fedi_link, n_kinds);
    for (size_t i = 0; i < n_kinds; i++)
        if (str_eq_c(rq_query(rq, "hosts"), kinds[i].name))
            at = i;
    for (size_t i = 0; i < n_kinds; i++)
        links[i] = (struct view_fedi_link){
            .url = str_fmt(cx->arena, STR_FMT "/delivery?hosts=%s#hosts", STR_ARG(v->f->base),
                           kinds[i].name),
            .label = str_c(tr(cx, kinds[i].label)),
            .here = i == at,
        };
    v->filters = links;
    v->n_filters = n_kinds;
    TRY(fed_host_list(cx, kinds[at].which, rq_query(rq, "after"), HOSTS + 1, &hosts, &n));
    if (n > HOSTS) {
        n = HOSTS;
        v->more_hosts_url = str_fmt(cx->arena, STR_FMT "/delivery?hosts=%s&after=" STR_FMT "#hosts",
                                    STR_ARG(v->f->base), kinds[at].name, STR_ARG(hosts[n - 1].host));
    }
    struct view_fedi_host *out = ARENA_ARRAY(cx->arena, struct view_fedi_host, n + 1);
    for (size_t i = 0; i < n; i++)
        out[i] = host_row(cx, v->f->base, &hosts[i]);
    v->hosts = out;
    v->n_hosts = n;
    return OK;
}

static enum err show(struct rq *rq, const struct planet *p)
{
    static const char *const deletes[] = {"Delete"}, *const answers[] = {"Accept", "Reject"};
    struct cx *cx = rq->cx;
    struct view_fedi_delivery v = {.of_node = rq->session.is_owner};
    struct fed_delivery_query q = {.planet_id = rq->session.is_owner ? 0 : p->id, .resting = true,
                                   .n_max = ROWS};
    struct view_fedi *f;
    struct view_fedi_said *posts;
    int64_t last;
    (void)web_id(rq_query(rq, "resting"), &q.after_id);
    TRY(desk_fedi_head(rq, p, FEDI_DELIVERY, N_("Delivery"), &f));
    v.f = f;
    TRY(desk_fedi_posts(cx, p, f->base, POSTS, &posts, &v.n_posts));
    v.posts = posts;
    TRY(fill_waiting(rq, p, f->base, deletes, 1, &v.deletes, &v.n_deletes));
    TRY(fill_waiting(rq, p, f->base, answers, 2, &v.answers, &v.n_answers));
    TRY(list_rows(rq, &q, &v.resting, &v.n_resting, &last));
    if (last != 0)
        v.older_resting_url = str_fmt(cx->arena, STR_FMT "/delivery?resting=%lld#resting",
                                      STR_ARG(f->base), (long long)last);
    if (v.of_node) {
        TRY(fill_numbers(rq, &v));
        TRY(fill_hosts(rq, &v));
    }
    struct buf out = web_buf();
    html_desk_fedi_delivery(&out, cx, &v);
    return web_send(rq, 200, &out);
}

enum err desk_fedi_delivery(struct rq *rq)
{
    struct planet p;
    TRY(desk_planet(rq, &p));
    enum err e = show(rq, &p);
    return e;
}

static enum err send_one(struct rq *rq, struct view_fedi_deliveries *v)
{
    struct buf out = web_buf();
    v->back = str_fmt(rq->cx->arena, STR_FMT "/delivery", STR_ARG(v->f->base));
    html_desk_fedi_deliveries(&out, rq->cx, v);
    return web_send(rq, 200, &out);
}

/* All that was said of a post: its Create, its Updates, and what of them is not done. */
enum err desk_fedi_post(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct view_fedi_deliveries v = {0};
    struct view_fedi *f;
    struct fed_said *said;
    struct planet p;
    struct post post;
    size_t n;
    int64_t id;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    TRY(post_by_id(cx, id, &post));
    if (post.planet_id != p.id || str_empty(post.object_uri))
        return ERR_NOT_FOUND;
    TRY(desk_fedi_head(rq, &p, FEDI_DELIVERY, N_("Delivery"), &f));
    v.f = f;
    v.title = str_empty(post.title) ? post.slug : post.title;
    v.post_url = web_post_path(cx, p.handle, post.slug);
    TRY(fed_said_of_object(cx, p.id, post.object_uri, &said, &n));
    struct view_fedi_said *rows = ARENA_ARRAY(cx->arena, struct view_fedi_said, n + 1);
    for (size_t i = 0; i < n; i++)
        rows[i] = said_row(cx, f->base, &said[i]);
    v.said = rows;
    v.n_said = n;
    return send_one(rq, &v);
}

/* One activity: the servers that have not got it. */
enum err desk_fedi_said(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct fed_delivery_query q = {.n_max = ROWS};
    struct view_fedi_deliveries v = {0};
    struct view_fedi *f;
    struct planet p;
    int64_t last;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &q.activity_id))
        return ERR_NOT_FOUND;
    q.planet_id = p.id;
    (void)web_id(rq_query(rq, "after"), &q.after_id);
    TRY(desk_fedi_head(rq, &p, FEDI_DELIVERY, N_("Delivery"), &f));
    v.f = f;
    v.title = str_c(tr(cx, N_("Servers that have not got it yet")));
    TRY(list_rows(rq, &q, &v.rows, &v.n_rows, &last));
    if (last != 0)
        v.older_url = str_fmt(cx->arena, STR_FMT "/delivery/said/%lld?after=%lld", STR_ARG(f->base),
                              (long long)q.activity_id, (long long)last);
    return send_one(rq, &v);
}

enum err desk_fedi_host(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct fed_delivery_query q = {.n_max = ROWS, .host = rq_param(rq, "host")};
    struct view_fedi_deliveries v = {0};
    struct fed_host_state state;
    struct view_fedi_host host;
    struct view_fedi *f;
    struct planet p;
    int64_t last;
    TRY(desk_planet(rq, &p));
    if (!rq->session.is_owner)
        return ERR_NOT_FOUND;
    (void)web_id(rq_query(rq, "after"), &q.after_id);
    TRY(desk_fedi_head(rq, &p, FEDI_DELIVERY, N_("Delivery"), &f));
    TRY(fed_host_state(cx, q.host, &state));
    host = host_row(cx, f->base, &state);
    v = (struct view_fedi_deliveries){.f = f, .title = q.host, .host = &host, .action = host.url};
    TRY(list_rows(rq, &q, &v.rows, &v.n_rows, &last));
    if (last != 0)
        v.older_url = str_fmt(cx->arena, STR_FMT "?after=%lld", STR_ARG(host.url), (long long)last);
    return send_one(rq, &v);
}

enum err desk_fedi_host_do(struct rq *rq)
{
    struct planet p;
    struct str verb = rq_param(rq, "do");
    int64_t n;
    TRY(desk_planet(rq, &p));
    if (!rq->session.is_owner)
        return ERR_NOT_FOUND;
    if (str_eq_c(verb, "retry"))
        TRY(fed_host_again(rq->cx, rq_param(rq, "host"), &n));
    else if (str_eq_c(verb, "drop"))
        TRY(fed_host_drop(rq->cx, rq_param(rq, "host"), &n));
    else
        return ERR_NOT_FOUND;
    return desk_fedi_done(rq, &p, "/delivery", str_eq_c(verb, "retry") ? "retrying" : "dropped");
}

enum err desk_fedi_job_do(struct rq *rq)
{
    struct planet p;
    struct str verb = rq_param(rq, "do");
    int64_t id;
    enum err e;
    TRY(desk_planet(rq, &p));
    if (!web_id(rq_param(rq, "id"), &id))
        return ERR_NOT_FOUND;
    if (str_eq_c(verb, "retry"))
        e = fed_delivery_retry(rq->cx, p.id, id);
    else if (str_eq_c(verb, "drop"))
        e = fed_delivery_drop(rq->cx, p.id, id);
    else
        return ERR_NOT_FOUND;
    if (e != ERR_NOT_FOUND) /* gone, or on its way at this moment: nothing is left to do */
        TRY(e);
    return desk_fedi_done(rq, &p, "/delivery", str_eq_c(verb, "retry") ? "retrying" : "dropped");
}
