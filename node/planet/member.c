#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/planet/grant.h"
#include "node/planet/member_sql.h"
#include "node/planet/planet.h"

#include <string.h>

static bool row_is_live(const struct grant_row *g, int64_t now)
{
    return str_eq_c(g->state, "live") && grant_is_live("live", g->starts_at, g->ends_at, now);
}

static bool is_trial(struct str kind)
{
    return str_eq_c(kind, "trial") || str_eq_c(kind, "trial_card");
}

/* What a planet that was free left to its members: they are asked for money like everybody else. */
static bool is_old_posts(const struct grant_row *g)
{
    return str_eq_c(g->kind, "legacy") && g->window_days == 0;
}

/* A further term doesn't wait for the end of these. */
static bool is_less(const struct grant_row *g)
{
    return is_trial(g->kind) || is_old_posts(g);
}

/* Terms that follow one another count as one: until when the account has this rank. */
static int64_t chain_end(const struct grant_row *rows, size_t n, const struct grant_row *from)
{
    int64_t end = from->ends_at;
    for (bool more = true; more && end != DB_NULL;) {
        more = false;
        for (size_t i = 0; i < n && end != DB_NULL; i++) {
            const struct grant_row *g = &rows[i];
            if (g->rank >= from->rank && str_eq_c(g->state, "live") && g->starts_at <= end &&
                end_max(g->ends_at, end) != end) {
                end = g->ends_at;
                more = true;
            }
        }
    }
    return end;
}

static bool better(const struct grant_row *a, const struct grant_row *b)
{
    if (b == NULL || a->rank != b->rank)
        return b == NULL || a->rank > b->rank;
    if (is_less(a) != is_less(b))
        return is_less(b);
    return a->ends_at != b->ends_at && end_max(a->ends_at, b->ends_at) == a->ends_at;
}

/* When a grant that is not live was over. */
static int64_t over_at(const struct grant_row *g, int64_t now)
{
    return g->ends_at == DB_NULL ? now : g->ends_at;
}

static struct membership membership_from(const struct grant_row *rows, size_t n, int64_t now)
{
    const struct grant_row *best = NULL, *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (row_is_live(&rows[i], now)) {
            if (better(&rows[i], best))
                best = &rows[i];
        } else if (last == NULL || over_at(&rows[i], now) > over_at(last, now)) {
            last = &rows[i];
        }
    }
    const struct grant_row *g = best != NULL ? best : last;
    if (g == NULL)
        return (struct membership){.ends_at = DB_NULL, .grace_from = DB_NULL};
    return (struct membership){
        .grant_id = g->id,
        .tier_id = g->tier_id,
        .rank = g->rank,
        .starts_at = g->starts_at,
        .ends_at = best != NULL ? chain_end(rows, n, best) : g->ends_at,
        .grace_from = g->grace_from,
        .tier_name = g->tier_name,
        .kind = g->kind,
        .live = best != NULL,
        .old_posts = best != NULL && is_old_posts(g),
    };
}

enum err membership_of(struct cx *cx, int64_t planet_id, int64_t account_id, struct membership *ret)
{
    struct grant_row *rows;
    size_t n;
    TRY(q_grant_of_account(cx, planet_id, account_id, &rows, &n));
    if (n == 0)
        return ERR_NOT_FOUND;
    *ret = membership_from(rows, n, cx->now);
    return OK;
}

enum err member_list(struct cx *cx, int64_t planet_id, int64_t after_account_id, int limit,
                     struct member **ret, size_t *ret_n)
{
    struct member_page_row *rows;
    struct grant_row *grants;
    size_t n, n_grants = 0, g = 0;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_member_page(cx, planet_id, after_account_id, limit, &rows, &n));
    if (n > 0)
        TRY(q_grant_of_accounts(cx, planet_id, rows[0].id, rows[n - 1].id, &grants, &n_grants));
    struct member *list = ARENA_ARRAY(cx->arena, struct member, n);
    for (size_t i = 0; i < n; i++) {
        size_t first;
        while (g < n_grants && grants[g].account_id < rows[i].id)
            g++;
        for (first = g; g < n_grants && grants[g].account_id == rows[i].id;)
            g++;
        list[i] = (struct member){
            .account_id = rows[i].id,
            .username = rows[i].username,
            .name = rows[i].name,
            .mail = rows[i].mail,
            .role = role_parse(rows[i].role),
            .m = n_grants == 0 ? (struct membership){.ends_at = DB_NULL, .grace_from = DB_NULL}
                               : membership_from(grants + first, g - first, cx->now),
        };
    }
    *ret = list;
    *ret_n = n;
    return OK;
}

static struct grant grant_from(const struct grant_row *r, int64_t now)
{
    return (struct grant){
        .id = r->id,
        .account_id = r->account_id,
        .planet_id = r->planet_id,
        .tier_id = r->tier_id,
        .rank = r->rank,
        .starts_at = r->starts_at,
        .ends_at = r->ends_at,
        .first_ends_at = r->first_ends_at,
        .grace_from = r->grace_from,
        .window_days = r->window_days,
        .order_id = r->order_id,
        .price_id = r->price_id,
        .created_at = r->created_at,
        .tier_name = r->tier_name,
        .kind = r->kind,
        .state = r->state,
        .live = row_is_live(r, now),
    };
}

enum err grant_by_id(struct cx *cx, int64_t id, struct grant *ret)
{
    struct grant_row row;
    TRY(q_grant_by_id(cx, id, &row));
    *ret = grant_from(&row, cx->now);
    return OK;
}

enum err grant_of_order(struct cx *cx, int64_t order_id, struct grant **ret, size_t *ret_n)
{
    struct grant_row *rows;
    size_t n;
    TRY(q_grant_of_order(cx, order_id, &rows, &n));
    struct grant *list = ARENA_ARRAY(cx->arena, struct grant, n);
    for (size_t i = 0; i < n; i++)
        list[i] = grant_from(&rows[i], cx->now);
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err grant_history(struct cx *cx, struct grant *g)
{
    struct grant_events_row *events;
    bool found;
    TRY(q_grant_events(cx, g->id, &events, &g->n_changes));
    g->changes = ARENA_ARRAY(cx->arena, struct grant_change, g->n_changes);
    for (size_t i = 0; i < g->n_changes; i++)
        g->changes[i] = (struct grant_change){
            .at = events[i].at,
            .ends_at = events[i].ends_at,
            .kind = events[i].kind,
            .reason = events[i].reason,
            .actor_account_id = events[i].actor_account_id,
        };
    g->order_number = STR_NULL;
    if (g->order_id != DB_NULL)
        TRY(q_grant_order_number(cx, g->order_id, &found, &g->order_number));
    return OK;
}

enum err membership_list(struct cx *cx, int64_t planet_id, int64_t account_id, struct grant **ret,
                         size_t *ret_n)
{
    struct grant_row *rows;
    size_t n;
    if (cx->viewer != account_id)
        TRY(planet_may_manage(cx, planet_id));
    TRY(q_grant_of_account(cx, planet_id, account_id, &rows, &n));
    struct grant *list = ARENA_ARRAY(cx->arena, struct grant, n);
    for (size_t i = 0; i < n; i++) {
        list[i] = grant_from(&rows[i], cx->now);
        TRY(grant_history(cx, &list[i]));
    }
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err membership_planets(struct cx *cx, int64_t account_id, int64_t **ret_planet_ids,
                            size_t *ret_n)
{
    return q_member_planets(cx, account_id, ret_planet_ids, ret_n);
}

/* A term that is paid late, while the old one goes on by grace, begins where that ended: the grace was part of
 * it. Unless it would be over by now. */
static bool late(const struct zone *zone, const struct grant_row *g, struct str unit, int64_t count, int64_t now)
{
    if (g->grace_from == DB_NULL || g->ends_at <= now)
        return false;
    int64_t end = term_end_anchored(zone, g->grace_from, unit, count, (int)g->anchor_day);
    return end == DB_NULL || end > now;
}

enum err membership_next_term(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t rank,
                              struct str unit, int64_t count, struct term *ret)
{
    struct grant_row *rows;
    size_t n;
    int64_t from = cx->now;
    const struct zone *zone;
    const struct grant_row *before = NULL, *owing = NULL;
    TRY(planet_zone(cx, planet_id, &zone));
    TRY(q_grant_of_account(cx, planet_id, account_id, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        const struct grant_row *g = &rows[i];
        int64_t end = g->grace_from == DB_NULL ? g->ends_at : g->grace_from;
        if (!str_eq_c(g->state, "live") || is_less(g) || g->rank < rank)
            continue;
        if (end == DB_NULL)
            return cx_tell(cx, ERR_CONFLICT, N_("You are a member for life already."));
        if (end > from) {
            from = end;
            before = g;
        } else if (late(zone, g, unit, count, cx->now)) {
            owing = g;
        }
    }
    if (before == NULL && owing != NULL) {
        from = owing->grace_from;
        before = owing;
    }
    int anchor = before == NULL ? zone_day_of_month(zone, cx->now) : (int)before->anchor_day;
    *ret = (struct term){
        .starts_at = from,
        .ends_at = term_end_anchored(zone, from, unit, count, anchor),
        .anchor_day = anchor,
    };
    return OK;
}
