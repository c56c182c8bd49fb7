#include "node/planet/grant.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/planet/member_sql.h"
#include "node/planet/planet_sql.h"
#include "node/planet/tier_sql.h"

#include <string.h>

static const char *const words[] = {
    [GRANT_EXTEND] = "extend",   [GRANT_SHORTEN] = "shorten", [GRANT_REVOKE] = "revoke",
    [GRANT_SUSPEND] = "suspend", [GRANT_RESTORE] = "restore",
    [GRANT_GRACE] = "grace",
};

bool grant_is_live(const char *state, int64_t starts_at, int64_t ends_at, int64_t now)
{
    return strcmp(state, "live") == 0 && starts_at <= now && (ends_at == DB_NULL || now < ends_at);
}

int64_t end_max(int64_t a, int64_t b)
{
    if (a == DB_NULL || b == DB_NULL)
        return DB_NULL;
    return a > b ? a : b;
}

enum err grant_put(struct cx *cx, const struct grant_new *g, int64_t *ret_id)
{
    struct tier_row tier;
    const struct zone *zone;
    int anchor = g->term.anchor_day;
    int64_t id = id_next(cx->node->ids);
    TX_SCOPE(cx);
    TRY(planet_lock(cx, g->planet_id));
    TRY(q_tier_by_id(cx, g->tier_id, &tier));
    if (tier.planet_id != g->planet_id)
        return cx_fail(cx, ERR_INVALID, "tier of another planet");
    if (anchor == 0) {
        TRY(planet_zone(cx, g->planet_id, &zone));
        anchor = zone_day_of_month(zone, g->term.starts_at);
    }
    TRY(q_grant_insert(cx, id, g->account_id, g->planet_id, g->tier_id, tier.rank, str_c(g->kind),
                       g->term.starts_at, g->term.ends_at, anchor, g->window_days,
                       g->order_id, g->price_id, g->with_files ? 1 : 0, cx->now, NULL));
    TRY(event_emit(cx, EV_GRANT_CHANGED, g->account_id, STR_NULL));
    TRY(tx_commit(cx));
    *ret_id = id;
    return OK;
}

struct worth {
    int64_t ends_at, grace_from;
    const char *state;
};

/* What a grant is worth after all that happened to it: the one definition, used when something
 * happens and when the columns are rebuilt. Revoked stays revoked; a suspension ends by restore. */
static enum err derive(struct cx *cx, const struct grant_row *g, struct worth *ret)
{
    struct grant_events_row *events;
    size_t n;
    struct worth w = {g->first_ends_at, DB_NULL, "live"};
    int64_t grace = DB_NULL;
    TRY(q_grant_events(cx, g->id, &events, &n));
    for (size_t i = 0; i < n; i++) {
        struct str kind = events[i].kind;
        if (str_eq_c(kind, "extend") || str_eq_c(kind, "shorten"))
            w.ends_at = events[i].ends_at;
        else if (str_eq_c(kind, "grace"))
            grace = events[i].ends_at;
        else if (str_eq_c(kind, "revoke"))
            w.state = "revoked";
        else if (str_eq_c(kind, "suspend") && strcmp(w.state, "live") == 0)
            w.state = "suspended";
        else if (str_eq_c(kind, "restore") && strcmp(w.state, "suspended") == 0)
            w.state = "live";
    }
    if (grace != DB_NULL && w.ends_at != DB_NULL && grace > w.ends_at) {
        w.grace_from = w.ends_at;
        w.ends_at = grace;
    }
    *ret = w;
    return OK;
}

static enum err refresh(struct cx *cx, const struct grant_row *g, bool *ret_changed)
{
    struct worth w;
    TRY(derive(cx, g, &w));
    *ret_changed = w.ends_at != g->ends_at || w.grace_from != g->grace_from || !str_eq_c(g->state, w.state);
    if (*ret_changed)
        TRY(q_grant_set_live(cx, g->id, w.ends_at, str_c(w.state), w.grace_from, NULL));
    return OK;
}

enum err grant_noted(struct cx *cx, const struct grant_row *g, int64_t event_id, enum grant_happening what, int64_t ends_at,
                     struct str reason)
{
    bool changed;
    bool dated = what == GRANT_EXTEND || what == GRANT_SHORTEN;
    if (what == GRANT_GRACE)
        TRY(q_grant_grace_insert(cx, event_id, g->id, cx->now, ends_at, reason, NULL));
    else
        TRY(q_grant_event_insert(cx, event_id, g->id, cx->now, str_c(words[what]), dated ? ends_at : DB_NULL, reason,
                                 cx->viewer == 0 ? DB_NULL : cx->viewer, NULL));
    TRY(refresh(cx, g, &changed));
    return event_emit(cx, EV_GRANT_CHANGED, g->account_id, STR_NULL);
}

const char *grant_happening_word(enum grant_happening what)
{
    return words[what];
}

enum err grants_rebuild(struct cx *cx, int64_t planet_id, int64_t *ret_changed)
{
    int64_t after = 0, n_changed = 0;
    struct grant_row *rows;
    size_t n;
    TRY(planet_may_own(cx, planet_id));
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    do {
        TRY(q_grant_page(cx, planet_id, after, 500, &rows, &n));
        for (size_t i = 0; i < n; i++) {
            bool changed;
            TRY(refresh(cx, &rows[i], &changed));
            if (changed) {
                n_changed++;
                TRY(event_emit(cx, EV_GRANT_CHANGED, rows[i].account_id, STR_NULL));
            }
            after = rows[i].id;
        }
    } while (n == 500);
    TRY(tx_commit(cx));
    *ret_changed = n_changed;
    return OK;
}
