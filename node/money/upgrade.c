#include "node/money/upgrade.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/money/bill.h"
#include "node/money/credit.h"
#include "node/money/ledger.h"
#include "node/money/life.h"
#include "node/money/life_sql.h"
#include "node/money/money.h"
#include "node/money/rail_call.h"
#include "node/money/upgrade_sql.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum { RESTING_MAX = 64 };

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* a × b ÷ c, rounded up; all of it at least 0, c above. */
static int64_t share_up(int64_t a, int64_t b, int64_t c)
{
    __extension__ typedef __int128 wide;
    return (int64_t)(((wide)a * b + c - 1) / c);
}

/* What was given back of it, without the tax that had come on top. */
static enum err net_back(struct cx *cx, const struct order *o, int64_t *ret)
{
    struct order_tax t = {.contained = true};
    int64_t gross;
    enum err e = order_tax_of(cx, o->id, &t);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(bill_gross(cx, o->id, &gross));
    *ret = o->refunded - (t.contained ? 0 : tax_share(o->tax, gross, 0, o->refunded));
    return OK;
}

/* What was paid for an order and not given back: list less coupon; what an upgrade took over counts, even beyond
 * its price, as further days: for life, that rest became credit. Tax on top bought no time. */
static enum err net_paid(struct cx *cx, const struct order *o, int64_t *ret)
{
    struct upgrade_get_row u;
    bool found;
    int64_t back, net = o->list_amount - o->discount;
    TRY(q_upgrade_get(cx, o->id, &found, &u));
    if (found && u.nominal_ms > 0 && u.unused > net)
        net = u.unused;
    TRY(net_back(cx, o, &back));
    *ret = later(0, net - back);
    return OK;
}

static enum err part_of(struct cx *cx, const struct grant *g, const struct price *to, struct upgrade *u)
{
    struct order o;
    int64_t net, end = grant_term_end(g);
    bool bought = str_eq_c(g->kind, "paid") && g->order_id != DB_NULL && str_eq_c(g->state, "live");
    if (!bought || g->rank > u->tier.rank || (end != DB_NULL && end <= cx->now) || u->n_parts == UPGRADE_PARTS)
        return OK;
    bool for_life = str_eq_c(to->unit, "once");
    if (end == DB_NULL && !for_life) /* stays beside the higher tier, and is there again after it */
        return OK;
    TRY(order_by_id(cx, g->order_id, &o));
    if (strcmp(o.total.cur, to->money.cur) != 0)
        return OK;
    TRY(net_paid(cx, &o, &net));
    int64_t credit = net;
    if (end != DB_NULL) {
        int64_t period = (g->first_ends_at - g->starts_at) / MS_SECOND;
        int64_t left = (end - later(cx->now, g->starts_at)) / MS_SECOND;
        left = left > period ? period : left;
        credit = period <= 0 ? 0 : share_up(net, left, period);
    }
    u->parts[u->n_parts++] = (struct upgrade_part){g->id, g->ends_at, credit};
    u->unused += credit;
    return OK;
}

static enum err refuse(struct cx *cx, const struct membership *m, const struct price *p, const struct tier *t)
{
    bool trial = str_eq_c(m->kind, "trial") || str_eq_c(m->kind, "trial_card");
    bool for_life = str_eq_c(p->unit, "once");
    bool offered = false;
    for (size_t i = 0; i < t->n_prices; i++)
        offered = offered || t->prices[i].id == p->id;
    if (!offered)
        return cx_tell(cx, ERR_INVALID, N_("This price is no longer offered. Please choose again."));
    if (!m->live || trial)
        return cx_tell(cx, ERR_CONFLICT, N_("You have no membership to change. Please join first."));
    if (p->money.minor == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("What costs nothing needs no change: join it when your term has ended."));
    if (t->rank < m->rank)
        return cx_tell(cx, ERR_CONFLICT, N_("A lower tier begins when your term ends."));
    if (t->rank == m->rank && (!for_life || m->ends_at == DB_NULL))
        return cx_tell(cx, ERR_CONFLICT, N_("You have this tier already."));
    return OK;
}

enum err upgrade_of(struct cx *cx, int64_t account_id, int64_t price_id, struct upgrade *ret)
{
    struct membership m = {.live = false};
    struct grant *all;
    struct upgrade u = {.n_parts = 0};
    const struct zone *zone;
    size_t n;
    TRY(price_by_id(cx, price_id, &u.price));
    TRY(tier_by_id(cx, u.price.tier_id, &u.tier));
    enum err e = membership_of(cx, u.tier.planet_id, account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(refuse(cx, &m, &u.price, &u.tier));
    TRY(membership_list(cx, u.tier.planet_id, account_id, &all, &n));
    for (size_t i = 0; i < n; i++)
        TRY(part_of(cx, &all[i], &u.price, &u));
    TRY(planet_zone(cx, u.tier.planet_id, &zone));
    int64_t end = term_end(zone, cx->now, u.price.unit, u.price.count);
    u.ends_at = end;
    if (end != DB_NULL) {
        __extension__ typedef __int128 wide;
        int64_t rest = later(0, u.unused - u.price.money.minor);
        u.nominal_ms = end - cx->now;
        u.extra_ms = (int64_t)((wide)rest * u.nominal_ms / u.price.money.minor);
        u.ends_at = end + u.extra_ms;
    }
    *ret = u;
    return OK;
}

enum err upgrade_counts(struct cx *cx, int64_t account_id, int64_t price_id, bool *ret)
{
    struct upgrade u;
    const char *tell = cx->tell;
    enum err e = upgrade_of(cx, account_id, price_id, &u);
    *ret = e == OK && u.unused > 0;
    if (e != ERR_CONFLICT && e != ERR_INVALID)
        return e;
    cx->tell = tell; /* no higher one: that is no failure */
    return OK;
}

enum err upgrade_keep(struct cx *cx, int64_t order_id, const struct upgrade *u)
{
    TRY(q_upgrade_insert(cx, order_id, u->unused, u->nominal_ms, u->extra_ms, NULL));
    for (size_t i = 0; i < u->n_parts; i++)
        TRY(q_upgrade_from_insert(cx, order_id, u->parts[i].grant_id, u->parts[i].ends_at, NULL));
    return OK;
}

enum err upgrade_term(struct cx *cx, const struct order *o, bool *ret_stands, struct term *ret)
{
    struct upgrade_get_row u;
    struct upgrade_from_list_row *from;
    struct grant g;
    size_t n;
    bool found;
    *ret_stands = true;
    TRY(q_upgrade_get(cx, o->id, &found, &u));
    if (!found)
        return cx_fail(cx, ERR_INTERNAL, "an upgrade of nothing");
    TRY(q_upgrade_from_list(cx, o->id, &from, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(grant_by_id(cx, from[i].grant_id, &g));
        if (!str_eq_c(g.state, "live") || g.ends_at != from[i].ends_at)
            *ret_stands = false;
    }
    const struct zone *zone;
    TRY(planet_zone(cx, o->planet_id, &zone));
    int64_t end = term_end(zone, cx->now, o->term_unit, o->term_count);
    *ret = (struct term){cx->now, end == DB_NULL ? DB_NULL : end + u.extra_ms, 0};
    return OK;
}

/* For life no further day can be bought: the rest of the credit is theirs to spend. */
static enum err give_rest(struct cx *cx, const struct order *o)
{
    struct upgrade_get_row u;
    bool found;
    TRY(q_upgrade_get(cx, o->id, &found, &u));
    int64_t rest = found && u.nominal_ms == 0 ? u.unused - (o->list_amount - o->discount) : 0;
    if (rest <= 0)
        return OK;
    struct entry entries[] = {{.account = STR("revenue:upgrade"), .amount = rest},
                              {.account = credit_account(cx, o->account_id), .amount = -rest}};
    for (size_t i = 0; i < 2; i++)
        memcpy(entries[i].cur, o->total.cur, 3);
    struct txn t = {
        .planet_id = o->planet_id,
        .kind = STR("credit"),
        .order_id = o->id,
        .grant_id = DB_NULL,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = STR("upgrade"),
        .entries = entries,
        .n_entries = 2,
    };
    TRY(ledger_post(cx, &t));
    return credit_add(cx, o->planet_id, o->account_id, money_of(rest, str_c(o->total.cur)));
}

enum err upgrade_done(struct cx *cx, const struct order *o)
{
    struct upgrade_from_list_row *from;
    struct grant g;
    size_t n;
    TRY(q_upgrade_from_list(cx, o->id, &from, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(grant_by_id(cx, from[i].grant_id, &g));
        if (g.grace_from != DB_NULL)
            TRY(grant_note(cx, g.id, GRANT_GRACE, DB_NULL, STR("changed to a higher tier")));
        TRY(grant_note(cx, g.id, GRANT_SHORTEN, later(cx->now, g.starts_at), STR("changed to a higher tier")));
    }
    TRY(give_rest(cx, o));
    TRY(q_renewal_wish_put(cx, o->planet_id, o->account_id, DB_NULL, DB_NULL, cx->now, NULL));
    return rail_renewals_stop(cx, o->planet_id, o->account_id, o->id);
}

/* ---- what rests on what ---- */

static enum err add_grants(struct cx *cx, int64_t order_id, struct grant *list, size_t *n)
{
    struct grant *own;
    size_t n_own;
    TRY(grant_of_order(cx, order_id, &own, &n_own));
    for (size_t i = 0; i < n_own; i++) {
        bool known = false;
        for (size_t k = 0; k < *n; k++)
            known = known || list[k].id == own[i].id;
        if (!known && *n < RESTING_MAX)
            list[(*n)++] = own[i];
    }
    return OK;
}

enum err upgrade_grants(struct cx *cx, int64_t order_id, struct grant **ret, size_t *ret_n)
{
    struct grant *list = ARENA_ARRAY(cx->arena, struct grant, RESTING_MAX);
    int64_t *orders;
    size_t n_orders;
    *ret_n = 0;
    TRY(add_grants(cx, order_id, list, ret_n));
    for (size_t i = 0; i < *ret_n; i++) { /* grows as upgrades of upgrades are found */
        TRY(q_upgrade_of_grant(cx, list[i].id, &orders, &n_orders));
        for (size_t k = 0; k < n_orders; k++)
            TRY(add_grants(cx, orders[k], list, ret_n));
    }
    *ret = list;
    return OK;
}

enum err upgrade_took(struct cx *cx, int64_t order_id, bool *ret)
{
    struct grant *own;
    int64_t *orders;
    size_t n, n_orders;
    *ret = false;
    TRY(grant_of_order(cx, order_id, &own, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(q_upgrade_of_grant(cx, own[i].id, &orders, &n_orders));
        *ret = *ret || n_orders > 0;
    }
    return OK;
}

/* ---- down ---- */

static enum err down_ok(struct cx *cx, const struct life *l, int64_t price_id)
{
    struct price p;
    struct tier t;
    bool offered = false;
    TRY(price_by_id(cx, price_id, &p));
    TRY(tier_by_id(cx, p.tier_id, &t));
    for (size_t i = 0; i < t.n_prices; i++)
        offered = offered || t.prices[i].id == price_id;
    if (t.planet_id != l->planet_id || !offered)
        return cx_tell(cx, ERR_INVALID, N_("This price is no longer offered. Please choose again."));
    if (l->face == LIFE_FOREVER)
        return cx_tell(cx, ERR_CONFLICT, N_("What one has for life has no next term."));
    if (t.rank > l->m.rank)
        return cx_tell(cx, ERR_CONFLICT, N_("A higher tier begins at once: choose it and pay the difference."));
    return OK;
}

enum err downgrade_plan(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t price_id, int64_t *ret_call_id)
{
    struct life l;
    *ret_call_id = DB_NULL;
    if (cx->viewer != 0 && cx->viewer != account_id)
        return cx_fail(cx, ERR_FORBIDDEN, "another one's membership");
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(life_of(cx, planet_id, account_id, &l));
    if (!l.m.live)
        return cx_tell(cx, ERR_CONFLICT, N_("You have no membership to change. Please join first."));
    if (price_id != 0)
        TRY(down_ok(cx, &l, price_id));
    TRY(q_renewal_wish_put(cx, planet_id, account_id, DB_NULL, price_id == 0 ? DB_NULL : price_id, cx->now, NULL));
    if (l.has_sub && !str_eq_c(l.sub.state, "ended"))
        TRY(rail_reprice(cx, l.sub.id, price_id, str_fmt(cx->arena, "%lld", (long long)cx->now), ret_call_id));
    TRY(event_emit(cx, EV_GRANT_CHANGED, account_id, STR_NULL));
    return tx_commit(cx);
}
