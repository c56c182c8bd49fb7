/* The room's first page: who follows, what came from elsewhere, what was delivered. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/delivery.h"
#include "federation/federation.h"
#include "federation/followers.h"
#include "federation/room.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "web/page.h"

enum { DAYS = 90, SERVERS = 10, CAME = 12, POSTS = 5 };
enum { WIDE = 300, HIGH = 64, EDGE = 3 };

static struct str number(struct cx *cx, int64_t n)
{
    return str_fmt(cx->arena, "%lld", (long long)n);
}

static struct str difference(struct cx *cx, int64_t n)
{
    return str_fmt(cx->arena, n > 0 ? "+%lld" : "%lld", (long long)n);
}

/* Between the lowest and the highest of the days, so that a small change can be seen, too. */
static const struct view_fedi_line *draw(struct cx *cx, const int64_t *v)
{
    struct view_fedi_line *line = ARENA_NEW(cx->arena, struct view_fedi_line);
    struct buf b;
    int64_t low = v[0], high = v[0];
    for (int i = 1; i < DAYS; i++) {
        low = v[i] < low ? v[i] : low;
        high = v[i] > high ? v[i] : high;
    }
    if (high == 0)
        return NULL;
    buf_init_arena(&b, cx->arena, 4096);
    for (int i = 0; i < DAYS; i++) {
        int64_t x = (int64_t)i * WIDE / (DAYS - 1), room = HIGH - 2 * EDGE;
        int64_t y = high == low ? HIGH / 2 : HIGH - EDGE - (v[i] - low) * room / (high - low);
        buf_fmt(&b, "%s%lld,%lld", i > 0 ? " " : "", (long long)x, (long long)y);
    }
    *line = (struct view_fedi_line){
        .points = buf_str(&b),
        .from = i18n_date(cx, cx->now - (DAYS - 1) * MS_DAY),
        .to = str_c(tr(cx, N_("today"))),
        .low = number(cx, v[0]),
        .high = number(cx, v[DAYS - 1]),
    };
    return line;
}

static enum err fill_growth(struct rq *rq, const struct planet *p, struct view_fedi_overview *v)
{
    static const int spans[] = {7, 30, 90};
    struct cx *cx = rq->cx;
    struct view_desk_number *out = ARENA_ARRAY(cx->arena, struct view_desk_number, 3);
    int64_t *days;
    TRY(fed_follow_days(cx, p->id, DAYS, &days));
    v->line = draw(cx, days);
    for (size_t i = 0; i < 3; i++) {
        struct str n = number(cx, spans[i]);
        out[i] = (struct view_desk_number){
            i18n_fill(cx->arena, tr(cx, N_("in {0} days")), &n, 1),
            difference(cx, days[DAYS - 1] - days[DAYS - spans[i]]), STR_NULL};
    }
    v->growth = out;
    v->n_growth = 3;
    return OK;
}

static enum err fill_servers(struct rq *rq, const struct planet *p, struct view_fedi_overview *v,
                             int64_t *ret_all)
{
    struct cx *cx = rq->cx;
    struct fed_follow_host *hosts;
    size_t n, shown;
    TRY(fed_follow_hosts(cx, p->id, &hosts, &n));
    shown = n < SERVERS ? n : SERVERS;
    struct view_fedi_server *out = ARENA_ARRAY(cx->arena, struct view_fedi_server, shown + 1);
    for (size_t i = 0; i < shown; i++)
        out[i] = (struct view_fedi_server){
            .host = hosts[i].host,
            .url = str_fmt(cx->arena, STR_FMT "/followers?host=" STR_FMT, STR_ARG(v->f->base),
                           STR_ARG(hosts[i].host)),
            .n = hosts[i].n,
            .of_most = hosts[i].n * 100 / hosts[0].n,
        };
    v->servers = out;
    v->n_servers = shown;
    v->n_more_servers = (int64_t)(n - shown);
    *ret_all = (int64_t)n;
    return OK;
}

static enum err fill_numbers(struct rq *rq, const struct planet *p, int64_t n_servers,
                             struct view_fedi_overview *v)
{
    struct cx *cx = rq->cx;
    struct view_desk_number *out = ARENA_ARRAY(cx->arena, struct view_desk_number, 4);
    struct fed_delivery_counts c;
    int64_t followers;
    size_t n = 0;
    TRY(fed_follower_count(cx, p->id, &followers));
    out[n++] = (struct view_desk_number){str_c(tr(cx, N_("Followers elsewhere"))),
                                         number(cx, followers), STR_NULL};
    out[n++] = (struct view_desk_number){str_c(tr(cx, N_("Their servers"))), number(cx, n_servers),
                                         STR_NULL};
    if (rq->session.is_owner) {
        TRY(fed_delivery_count(cx, &c));
        out[n++] = (struct view_desk_number){str_c(tr(cx, N_("Deliveries that wait"))),
                                             desk_fedi_number(cx, c.waiting), STR_NULL};
        out[n++] = (struct view_desk_number){str_c(tr(cx, N_("Gave up"))),
                                             desk_fedi_number(cx, c.resting), STR_NULL};
        if (c.hosts_troubled > 0) {
            struct str hosts[] = {number(cx, c.hosts_troubled), number(cx, c.hosts_dead)};
            const char *words =
                c.hosts_dead == 0
                    ? N_("Servers that don't answer at the moment: {0}.")
                    : N_("Servers that don't answer at the moment: {0}. Given up after a week: {1}.");
            v->trouble = i18n_fill(cx->arena, tr(cx, words), hosts, 2);
        }
    }
    v->numbers = out;
    v->n_numbers = n;
    return OK;
}

static enum err fill_came(struct rq *rq, const struct planet *p, struct view_fedi_overview *v)
{
    struct fed_came *came;
    size_t n;
    TRY(fed_came_latest(rq->cx, p->id, CAME, &came, &n));
    struct view_fedi_came *out = ARENA_ARRAY(rq->cx->arena, struct view_fedi_came, n + 1);
    for (size_t i = 0; i < n; i++)
        desk_fedi_came(rq->cx, p, &came[i], &out[i]);
    v->came = out;
    v->n_came = n;
    return OK;
}

enum err desk_fedi_overview(struct rq *rq)
{
    struct planet p;
    struct view_fedi *f;
    struct view_fedi_said *said;
    struct view_fedi_overview v = {0};
    int64_t n_servers;
    TRY(desk_planet(rq, &p));
    TRY(desk_fedi_head(rq, &p, FEDI_OVERVIEW, N_("Fediverse"), &f));
    v.f = f;
    TRY(fill_growth(rq, &p, &v));
    TRY(fill_servers(rq, &p, &v, &n_servers));
    TRY(fill_numbers(rq, &p, n_servers, &v));
    TRY(fill_came(rq, &p, &v));
    TRY(desk_fedi_posts(rq->cx, &p, f->base, POSTS, &said, &v.n_said));
    v.said = said;
    struct buf out = web_buf();
    html_desk_fedi_overview(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}
