#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"
#include "node/planet/tier_sql.h"

#include <string.h>

enum { RANK_MAX = 100, TIER_NAME_MAX = 40, TIER_ABOUT_MAX = 500, TRIAL_DAYS_MAX = 90 };

bool term_ok(struct str unit, int64_t count)
{
    if (str_eq_c(unit, "once"))
        return count == 1;
    if (str_eq_c(unit, "day"))
        return count >= 1 && count <= 36500;
    if (str_eq_c(unit, "month"))
        return count >= 1 && count <= 1200;
    return str_eq_c(unit, "year") && count >= 1 && count <= 100;
}

/* A chain of terms that was broken (days on top, another end, another zone) goes on from the day that it ends on. */
static int anchor_of(const struct zone *z, int64_t from, int anchor_day)
{
    return zone_add_months(z, from, 0, anchor_day) == from ? anchor_day : zone_day_of_month(z, from);
}

int64_t term_end_anchored(const struct zone *z, int64_t from, struct str unit, int64_t count, int anchor_day)
{
    if (str_eq_c(unit, "day"))
        return from + count * MS_DAY;
    if (str_eq_c(unit, "month"))
        return zone_add_months(z, from, (int)count, anchor_of(z, from, anchor_day));
    if (str_eq_c(unit, "year"))
        return zone_add_months(z, from, (int)count * 12, anchor_of(z, from, anchor_day));
    return DB_NULL;
}

int64_t term_end(const struct zone *z, int64_t from, struct str unit, int64_t count)
{
    return term_end_anchored(z, from, unit, count, zone_day_of_month(z, from));
}

static struct price price_from(const struct price_row *r)
{
    struct price p = {
        .id = r->id,
        .tier_id = r->tier_id,
        .money = {.minor = r->amount},
        .unit = r->unit,
        .count = r->count,
        .trial_days = r->trial_days,
    };
    memcpy(p.money.cur, r->currency.p, r->currency.n < 3 ? r->currency.n : 3);
    return p;
}

static struct tier tier_from(const struct tier_row *r)
{
    return (struct tier){
        .id = r->id,
        .planet_id = r->planet_id,
        .rank = r->rank,
        .seats = r->seats,
        .slug = r->slug,
        .name = r->name,
        .about = r->about,
        .visible = r->visible != 0,
    };
}

static enum err with_prices(struct cx *cx, int64_t planet_id, struct tier *tiers, size_t n)
{
    struct price_row *rows;
    size_t n_rows;
    TRY(q_price_of_planet(cx, planet_id, &rows, &n_rows));
    struct price *prices = ARENA_ARRAY(cx->arena, struct price, n_rows);
    for (size_t i = 0; i < n_rows; i++)
        prices[i] = price_from(&rows[i]);
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < n_rows; i++) /* sorted by tier */
            if (prices[i].tier_id == tiers[t].id) {
                if (tiers[t].prices == NULL)
                    tiers[t].prices = &prices[i];
                tiers[t].n_prices++;
            }
    return OK;
}

enum err tier_list(struct cx *cx, int64_t planet_id, struct tier **ret, size_t *ret_n)
{
    struct tier_row *rows;
    size_t n;
    TRY(q_tier_of_planet(cx, planet_id, &rows, &n));
    struct tier *list = ARENA_ARRAY(cx->arena, struct tier, n);
    for (size_t i = 0; i < n; i++)
        list[i] = tier_from(&rows[i]);
    TRY(with_prices(cx, planet_id, list, n));
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err tier_by_id(struct cx *cx, int64_t id, struct tier *ret)
{
    struct tier_row row;
    TRY(q_tier_by_id(cx, id, &row));
    struct tier tier = tier_from(&row);
    TRY(with_prices(cx, tier.planet_id, &tier, 1));
    *ret = tier;
    return OK;
}

enum err tier_by_slug(struct cx *cx, int64_t planet_id, struct str slug, struct tier *ret)
{
    struct tier_row row;
    TRY(q_tier_by_slug(cx, planet_id, slug, &row));
    struct tier tier = tier_from(&row);
    TRY(with_prices(cx, planet_id, &tier, 1));
    *ret = tier;
    return OK;
}

enum err tier_members(struct cx *cx, int64_t tier_id, int64_t *ret_n)
{
    return q_tier_member_count(cx, tier_id, cx->now, ret_n);
}

static bool slug_ok(struct str s)
{
    if (s.n == 0 || s.n > 40)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static enum err words_ok(struct cx *cx, struct str name, struct str about, int64_t seats)
{
    if (name.n == 0 || !str_is_utf8(name) || str_utf8_len(name) > TIER_NAME_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A tier needs a name of at most 40 characters."));
    if (!str_is_utf8(about) || str_utf8_len(about) > TIER_ABOUT_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The text about a tier has at most 500 characters."));
    if (seats != DB_NULL && (seats < 1 || seats > 100000000))
        return cx_tell(cx, ERR_INVALID,
                       N_("The number of seats is at least 1; leave it empty for no limit."));
    return OK;
}

enum err tier_create(struct cx *cx, int64_t planet_id, struct str slug, struct str name,
                     struct str about, int64_t rank, int64_t seats, struct tier *ret)
{
    int64_t clash, id = id_next(cx->node->ids);
    name = str_trim(name);
    about = str_trim(about);
    TRY(planet_may_manage(cx, planet_id));
    TRY(words_ok(cx, name, about, seats));
    if (!slug_ok(slug))
        return cx_tell(cx, ERR_INVALID,
                       N_("The short name of a tier has letters a–z, digits and hyphens."));
    if (rank < 1 || rank > RANK_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The rank of a tier is a number from 1 to 100."));
    TX_SCOPE(cx);
    TRY(q_tier_clash(cx, planet_id, slug, rank, &clash));
    if (clash > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("Another tier has this short name or rank."));
    TRY(q_tier_insert(cx, id, planet_id, slug, name, about, rank, seats, cx->now, NULL));
    TRY(audit_put(cx, "tier.create", id, slug));
    TRY(event_emit(cx, EV_PLANET_CHANGED, planet_id, STR_NULL));
    TRY(tier_by_id(cx, id, ret));
    return tx_commit(cx);
}

enum err tier_update(struct cx *cx, const struct tier *t)
{
    struct tier_row old;
    struct str name = str_trim(t->name), about = str_trim(t->about);
    TRY(q_tier_by_id(cx, t->id, &old));
    TRY(planet_may_manage(cx, old.planet_id));
    TRY(words_ok(cx, name, about, t->seats));
    TX_SCOPE(cx);
    TRY(q_tier_change(cx, t->id, name, about, t->seats, t->visible ? 1 : 0, NULL));
    TRY(audit_put(cx, "tier.change", t->id, STR_NULL));
    TRY(event_emit(cx, EV_PLANET_CHANGED, old.planet_id, STR_NULL));
    return tx_commit(cx);
}

static bool currency_ok(const char *cur)
{
    for (int i = 0; i < 3; i++)
        if (cur[i] < 'A' || cur[i] > 'Z')
            return false;
    return cur[3] == '\0';
}

enum err price_create(struct cx *cx, int64_t tier_id, struct money m, struct str unit,
                      int64_t count, int64_t trial_days, struct price *ret)
{
    struct tier_row tier;
    struct price_row row;
    int64_t id = id_next(cx->node->ids);
    TRY(q_tier_by_id(cx, tier_id, &tier));
    TRY(planet_may_manage(cx, tier.planet_id));
    if (!currency_ok(m.cur))
        return cx_tell(cx, ERR_INVALID,
                       N_("Name the currency by its three letters, such as CNY or EUR."));
    if (m.minor < 0 || m.minor > INT64_C(1000000000000))
        return cx_tell(cx, ERR_INVALID, N_("This is not an amount that we can ask for."));
    if (!term_ok(unit, count))
        return cx_tell(cx, ERR_INVALID,
                       N_("A price is for some days, months or years, or once for ever."));
    if (trial_days < 0 || trial_days > TRIAL_DAYS_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A trial has at most 90 days."));
    TX_SCOPE(cx);
    TRY(q_price_insert(cx, id, tier_id, str_c(m.cur), m.minor, unit, count, trial_days, cx->now,
                       NULL));
    TRY(audit_put(cx, "price.create", id, str_fmt(cx->arena, "%s %lld", m.cur, (long long)m.minor)));
    TRY(event_emit(cx, EV_PLANET_CHANGED, tier.planet_id, STR_NULL));
    TRY(q_price_by_id(cx, id, &row));
    TRY(tx_commit(cx));
    *ret = price_from(&row);
    return OK;
}

enum err price_by_id(struct cx *cx, int64_t id, struct price *ret)
{
    struct price_row row;
    TRY(q_price_by_id(cx, id, &row));
    *ret = price_from(&row);
    return OK;
}

enum err price_retire(struct cx *cx, int64_t price_id)
{
    struct price_row price;
    struct tier_row tier;
    TRY(q_price_by_id(cx, price_id, &price));
    TRY(q_tier_by_id(cx, price.tier_id, &tier));
    TRY(planet_may_manage(cx, tier.planet_id));
    TX_SCOPE(cx);
    TRY(q_price_retire(cx, price_id, cx->now, NULL));
    TRY(audit_put(cx, "price.retire", price_id, STR_NULL));
    TRY(event_emit(cx, EV_PLANET_CHANGED, tier.planet_id, STR_NULL));
    return tx_commit(cx);
}
