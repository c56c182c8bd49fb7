/* The verbs of planet.h that give and take membership: here, because each writes the ledger, too
 *, and the ledger stands above node/planet. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/rail_call.h"
#include "node/people/notice.h"
#include "node/planet/grant.h"
#include "node/planet/planet.h"
#include "node/quota.h"

#include <string.h>

static bool kind_ok(const char *kind)
{
    static const char *const kinds[] = {"paid", "trial", "trial_card", "gift", "code",
                                        "comp", "legacy", "bundle", "referral"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static enum err book(struct cx *cx, const char *kind, int64_t planet_id, int64_t grant_id,
                     int64_t order_id, struct str memo)
{
    struct txn t = {
        .planet_id = planet_id,
        .kind = str_c(kind),
        .order_id = order_id,
        .grant_id = grant_id,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = memo,
    };
    return ledger_post(cx, &t);
}

static enum err tell_member(struct cx *cx, int64_t planet_id, int64_t account_id)
{
    struct planet planet;
    if (cx->viewer == account_id)
        return OK;
    TRY(planet_by_id(cx, planet_id, &planet));
    return notice_put(cx, account_id, "membership", DB_NULL, DB_NULL, planet.name,
                      str_fmt(cx->arena, "/@" STR_FMT, STR_ARG(planet.handle)));
}

enum err membership_grant(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t tier_id,
                          const char *kind, int64_t starts_at, int64_t ends_at, int64_t order_id,
                          int64_t price_id, int64_t *ret_grant_id)
{
    struct grant_new g = {
        .account_id = account_id,
        .planet_id = planet_id,
        .tier_id = tier_id,
        .kind = kind,
        .term = {starts_at, ends_at, 0},
        .window_days = strcmp(kind, "trial_card") == 0 ? 30 : DB_NULL,
        .order_id = order_id,
        .price_id = price_id,
    };
    int64_t id;
    TRY(planet_may_own(cx, planet_id));
    if (!kind_ok(kind))
        return cx_fail(cx, ERR_INVALID, "no grants of kind %s", kind);
    if (ends_at != DB_NULL && ends_at <= starts_at)
        return cx_tell(cx, ERR_INVALID, N_("The membership would end before it begins."));
    TX_SCOPE(cx);
    TRY(quota_member(cx, account_id));
    TRY(grant_put(cx, &g, &id));
    TRY(book(cx, "grant", planet_id, id, order_id, str_c(kind)));
    TRY(tell_member(cx, planet_id, account_id));
    TRY(tx_commit(cx));
    if (ret_grant_id != NULL)
        *ret_grant_id = id;
    return OK;
}

/* Who has nothing left is not charged for a further term of it. */
static enum err stop_charging(struct cx *cx, const struct grant *g)
{
    struct membership m;
    enum err e = membership_of(cx, g->planet_id, g->account_id, &m);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    return e == OK && m.live ? OK : rail_renewals_stop(cx, g->planet_id, g->account_id, 0);
}

static enum err change(struct cx *cx, int64_t grant_id, enum grant_happening what, int64_t ends_at,
                       struct str reason)
{
    struct grant g;
    TX_SCOPE(cx);
    TRY(grant_by_id(cx, grant_id, &g));
    TRY(planet_may_own(cx, g.planet_id));
    bool over = str_eq_c(g.state, "revoked") || (g.ends_at != DB_NULL && g.ends_at <= cx->now);
    if (over && what != GRANT_EXTEND)
        return cx_tell(cx, ERR_CONFLICT, N_("This membership has ended already."));
    if (str_eq_c(g.state, "revoked"))
        return cx_tell(cx, ERR_CONFLICT, N_("This membership was taken back. Grant a new one."));
    TRY(grant_note(cx, grant_id, what, ends_at, reason));
    if (what == GRANT_REVOKE)
        TRY(stop_charging(cx, &g));
    TRY(tell_member(cx, g.planet_id, g.account_id));
    return tx_commit(cx);
}

enum err membership_revoke(struct cx *cx, int64_t grant_id, struct str reason)
{
    return change(cx, grant_id, GRANT_REVOKE, DB_NULL, reason);
}

enum err membership_end(struct cx *cx, int64_t planet_id, int64_t account_id, struct str reason)
{
    struct grant *all;
    size_t n, ended = 0;
    TRY(planet_may_own(cx, planet_id));
    TX_SCOPE(cx);
    TRY(membership_list(cx, planet_id, account_id, &all, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_eq_c(all[i].state, "revoked") ||
            (all[i].ends_at != DB_NULL && all[i].ends_at <= cx->now))
            continue;
        TRY(membership_revoke(cx, all[i].id, reason));
        ended++;
    }
    if (ended == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This membership has ended already."));
    return tx_commit(cx);
}

enum err membership_suspend(struct cx *cx, int64_t grant_id, struct str reason)
{
    return change(cx, grant_id, GRANT_SUSPEND, DB_NULL, reason);
}

enum err membership_restore(struct cx *cx, int64_t grant_id, struct str reason)
{
    return change(cx, grant_id, GRANT_RESTORE, DB_NULL, reason);
}

enum err membership_set_end(struct cx *cx, int64_t grant_id, int64_t ends_at, struct str reason)
{
    struct grant g;
    TRY(grant_by_id(cx, grant_id, &g));
    if (ends_at != DB_NULL && ends_at <= g.starts_at)
        return cx_tell(cx, ERR_INVALID, N_("The membership would end before it begins."));
    bool longer = end_max(ends_at, g.ends_at) == ends_at;
    return change(cx, grant_id, longer ? GRANT_EXTEND : GRANT_SHORTEN, ends_at, reason);
}
