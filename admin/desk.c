#include "admin/desk.h"

#include "admin/desk_money.h"
#include "admin/html.h"
#include "federation/federation.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/rail.h"
#include "node/money/redeem.h"
#include "node/people/account.h"
#include "node/talk/timeline.h"
#include "web/page.h"
#include "web/planet_view.h"

enum { TRAY_MAX = 99 };

enum err desk_planet(struct rq *rq, struct planet *ret)
{
    TRY(planet_by_handle(rq->cx, rq_param(rq, "planet"), ret));
    i18n_clock(rq->cx, ret->zone);
    enum err e = planet_may_manage(rq->cx, ret->id);
    return e == ERR_FORBIDDEN ? ERR_NOT_FOUND : e; /* to others there is no desk */
}

bool desk_sees_money(struct rq *rq, const struct planet *p)
{
    bool owns = planet_may_own(rq->cx, p->id) == OK;
    rq->cx->tell = NULL; /* asking is no failure */
    return owns;
}

int64_t desk_before(struct rq *rq)
{
    int64_t before = 0;
    (void)web_id(rq_query(rq, "before"), &before);
    return before;
}

struct str desk_older(struct rq *rq, size_t *n, const int64_t *last_id)
{
    if (*n <= DESK_PAGE)
        return STR_NULL;
    *n = DESK_PAGE;
    return str_fmt(rq->cx->arena, "?before=%lld", (long long)*last_id);
}

bool desk_mendable(enum err e)
{
    return e != OK && e != ERR_INTERNAL && e != ERR_NOT_FOUND && e != ERR_UNAUTHENTICATED;
}

/* Jobs and links are for the node's owner, money for the planet's. */
static enum err count_waiting(struct rq *rq, const struct planet *p, struct view_desk *d)
{
    if (d->sees_money) {
        int64_t waits[MONEY_TABS] = {0};
        TRY(desk_money_waits(rq->cx, p, waits));
        for (size_t i = 0; i < MONEY_TABS; i++)
            d->n_money += waits[i];
    }
    return rq->session.is_owner ? job_count_resting(rq->cx, TRAY_MAX, &d->n_tray) : OK;
}

enum err desk_head(struct rq *rq, const struct planet *p, enum desk_tab tab, const char *title,
                   struct view_desk **ret)
{
    struct cx *cx = rq->cx;
    struct view_desk *d = ARENA_NEW(cx->arena, struct view_desk);
    struct view_planet *view = ARENA_NEW(cx->arena, struct view_planet);
    struct view_page *page = web_page(rq);
    struct planet *mine;
    size_t n;
    TRY(planet_view(rq, p, view));
    TRY(planet_list_of_author(cx, rq->session.account_id, &mine, &n));
    struct view_planet *others = ARENA_ARRAY(cx->arena, struct view_planet, n);
    for (size_t i = 0; i < n; i++)
        others[i] = (struct view_planet){
            .handle = mine[i].handle, .name = mine[i].name,
            .url = str_fmt(cx->arena, "/desk/" STR_FMT, STR_ARG(mine[i].handle))};
    web_page_planet(rq, page, p);
    page->title = str_c(tr(cx, title));
    page->noindex = true;
    rq_cache_control(rq, "no-store");
    *d = (struct view_desk){
        .page = page,
        .planet = view,
        .planets = others,
        .n_planets = n,
        .tab = tab,
        .base = str_fmt(cx->arena, "/desk/" STR_FMT, STR_ARG(p->handle)),
    };
    d->sees_money = desk_sees_money(rq, p);
    *ret = d;
    return count_waiting(rq, p, d);
}

enum err desk_done(struct rq *rq, const struct planet *p, const char *tail, const char *flash)
{
    web_flash(rq, flash);
    return web_go(rq, str_fmt(rq->cx->arena, "/desk/" STR_FMT "%s", STR_ARG(p->handle), tail));
}

enum err desk_length(struct rq *rq, struct str *ret_unit, int64_t *ret_count)
{
    struct str unit = rq_form(rq, "unit");
    int64_t count = 1;
    if (!str_eq_c(unit, "once") && !web_id(str_trim(rq_form(rq, "length")), &count))
        return cx_tell(rq->cx, ERR_INVALID, N_("Say for how long: a number of days, months or years."));
    if (!term_ok(unit, count))
        return cx_tell(rq->cx, ERR_INVALID, N_("Say for how long: a number of days, months or years."));
    *ret_unit = unit;
    *ret_count = count;
    return OK;
}

enum err desk_first(struct rq *rq)
{
    struct planet *mine;
    size_t n;
    TRY(planet_list_of_author(rq->cx, rq->session.account_id, &mine, &n));
    for (size_t i = 0; i < n; i++)
        if (planet_may_manage(rq->cx, mine[i].id) == OK)
            return web_go(rq, str_fmt(rq->cx->arena, "/desk/" STR_FMT, STR_ARG(mine[i].handle)));
    return cx_tell(rq->cx, ERR_NOT_FOUND, N_("You look after no planet here."));
}

/* ---- overview ---- */

static enum err count_members(struct rq *rq, const struct planet *p, int64_t *ret)
{
    struct tier *tiers;
    size_t n;
    *ret = 0;
    TRY(tier_list(rq->cx, p->id, &tiers, &n));
    for (size_t i = 0; i < n; i++) {
        int64_t members;
        TRY(tier_members(rq->cx, tiers[i].id, &members));
        *ret += members;
    }
    return OK;
}

static struct str number(struct cx *cx, int64_t n)
{
    return str_fmt(cx->arena, "%lld", (long long)n);
}

static enum err fill_numbers(struct rq *rq, const struct planet *p, struct view_desk_overview *v)
{
    struct cx *cx = rq->cx;
    struct view_desk_number *out = ARENA_ARRAY(cx->arena, struct view_desk_number, 4);
    struct code_batch *batches;
    const struct pay_rail *rail;
    int64_t members, followers, posts, redeemed;
    size_t n;
    TRY(count_members(rq, p, &members));
    TRY(fed_follower_count(cx, p->id, &followers));
    TRY(post_count(cx, p->id, &posts));
    TRY(code_used(cx, p->id, &redeemed));
    TRY(code_batch_list(cx, p->id, 0, 1, &batches, &n));
    out[0] = (struct view_desk_number){str_c(tr(cx, N_("Members"))), number(cx, members), STR_NULL};
    out[1] = (struct view_desk_number){str_c(tr(cx, N_("Followers elsewhere"))), number(cx, followers),
                                       STR_NULL};
    out[2] = (struct view_desk_number){str_c(tr(cx, N_("Posts"))), number(cx, posts), STR_NULL};
    out[3] = (struct view_desk_number){str_c(tr(cx, N_("Codes redeemed"))), number(cx, redeemed),
                                       STR_NULL};
    v->numbers = out;
    v->n_numbers = 4;
    v->has_post = posts > 0;
    v->has_code = n > 0;
    v->has_about = p->about.n > 0;
    v->has_rail = rail_list(cx, p->id, &rail, 1) > 0;
    return OK;
}

static enum err fill_events(struct rq *rq, const struct planet *p, struct view_desk_overview *v)
{
    struct cx *cx = rq->cx;
    struct order *orders;
    size_t n;
    if (!desk_sees_money(rq, p))
        return OK;
    TRY(order_list_of_planet(cx, p->id, 0, 10, &orders, &n));
    struct view_desk_event *out = ARENA_ARRAY(cx->arena, struct view_desk_event, n);
    for (size_t i = 0; i < n; i++) {
        struct account who;
        TRY(account_by_id(cx, orders[i].account_id, &who));
        bool code = str_eq_c(orders[i].rail, "code");
        struct str args[] = {who.name, code ? STR("") : i18n_money(cx, orders[i].total.minor,
                                                                   str_c(orders[i].total.cur))};
        const char *pattern = code ? N_("{0} redeemed a code")
                              : str_eq_c(orders[i].state, "paid") ? N_("{0} paid {1}")
                                                                  : N_("{0} ordered for {1}");
        out[i] = (struct view_desk_event){.when = i18n_ago(cx, orders[i].created_at),
                                          .text = i18n_fill(cx->arena, tr(cx, pattern), args, 2)};
    }
    v->events = out;
    v->n_events = n;
    return OK;
}

enum err desk_overview(struct rq *rq)
{
    struct planet p;
    struct view_desk *d;
    struct tier *tiers;
    size_t n;
    struct view_desk_overview v = {0};
    TRY(desk_planet(rq, &p));
    TRY(desk_head(rq, &p, DESK_OVERVIEW, N_("Desk"), &d));
    v.desk = d;
    TRY(fill_numbers(rq, &p, &v));
    TRY(fill_events(rq, &p, &v));
    TRY(tier_list(rq->cx, p.id, &tiers, &n));
    for (size_t i = 0; i < n; i++)
        v.has_tier = v.has_tier || tiers[i].n_prices > 0;
    struct buf out = web_buf();
    html_desk(&out, rq->cx, &v);
    return web_send(rq, 200, &out);
}
