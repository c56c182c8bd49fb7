#include "node/money/paywall.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/paywall_sql.h"
#include "node/money/rail_call.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/people/letter.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

enum { PART = 100 }; /* members in one transaction */

static const char *const choices[] = {
    [PAYWALL_FOREVER] = "forever", [PAYWALL_UNTIL] = "until", [PAYWALL_POSTS] = "posts"};

bool paywall_choice_parse(struct str word, enum paywall_choice *ret)
{
    for (int i = PAYWALL_FOREVER; i <= PAYWALL_POSTS; i++)
        if (str_eq_c(word, choices[i])) {
            *ret = (enum paywall_choice)i;
            return true;
        }
    return false;
}

/* ---- before ---- */

static void count_prices(const struct tier *t, bool to_free, struct paywall_preview *p)
{
    for (size_t i = 0; i < t->n_prices; i++) {
        bool costs = t->prices[i].money.minor > 0;
        p->n_prices += costs == to_free;
        p->has_price = p->has_price || costs;
    }
}

enum err paywall_preview(struct cx *cx, const struct paywall_ask *ask, struct paywall_preview *ret)
{
    struct paywall_preview p = {.n_free = 0};
    struct paywall_posts_row posts;
    struct tier t;
    TRY(tier_by_id(cx, ask->tier_id, &t));
    TRY(planet_may_own(cx, t.planet_id));
    TRY(q_paywall_count_free(cx, t.id, cx->now, &p.n_free));
    TRY(q_paywall_count_paying(cx, t.id, cx->now, &p.n_paying));
    TRY(q_paywall_count_members(cx, t.id, cx->now, &p.n_members));
    TRY(q_paywall_count_subs(cx, t.planet_id, t.id, &p.n_renewing));
    TRY(q_paywall_posts(cx, t.planet_id, &posts));
    p.n_posts_locked = posts.locked;
    p.n_posts_public = posts.open;
    count_prices(&t, ask->to_free, &p);
    *ret = p;
    return OK;
}

/* ---- the switch ---- */

static enum err retire(struct cx *cx, const struct tier *t, bool those_that_cost)
{
    for (size_t i = 0; i < t->n_prices; i++)
        if ((t->prices[i].money.minor > 0) == those_that_cost)
            TRY(price_retire(cx, t->prices[i].id));
    return OK;
}

static enum err check(struct cx *cx, const struct paywall_ask *ask, const struct paywall_preview *p)
{
    bool fresh = ask->price.cur[0] != '\0';
    if (ask->to_free && p->n_prices == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This tier is free already."));
    if (ask->to_free)
        return OK;
    if (p->n_prices == 0 && p->n_free == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("Nothing of this tier is free."));
    if (fresh && ask->price.minor <= 0)
        return cx_tell(cx, ERR_INVALID, N_("The new price must be above zero."));
    if (!fresh && !p->has_price)
        return cx_tell(cx, ERR_INVALID, N_("Say what it costs from now on."));
    if (ask->choice == PAYWALL_UNTIL && (ask->until_at == DB_NULL || ask->until_at < cx->now + PAYWALL_NOTICE_DAYS * MS_DAY))
        return cx_tell(cx, ERR_INVALID, N_("Give those who are in at least thirty days."));
    return OK;
}

static enum err new_price(struct cx *cx, const struct paywall_ask *ask, const struct tier *t, int64_t *ret)
{
    struct price price = {.id = DB_NULL};
    struct money nothing = {.minor = 0, .cur = "USD"};
    if (t->n_prices > 0)
        nothing = money_of(0, str_c(t->prices[0].money.cur));
    if (ask->to_free)
        TRY(price_create(cx, t->id, nothing, STR("once"), 1, 0, &price));
    else if (ask->price.cur[0] != '\0')
        TRY(price_create(cx, t->id, ask->price, ask->unit, ask->count, 0, &price));
    *ret = price.id;
    return OK;
}

enum err paywall_switch(struct cx *cx, const struct paywall_ask *ask, int64_t *ret_id)
{
    struct paywall_preview p;
    struct tier t;
    int64_t under_way, price_id, id = id_next(cx->node->ids);
    TX_SCOPE(cx);
    TRY(tier_by_id(cx, ask->tier_id, &t));
    TRY(planet_may_own(cx, t.planet_id));
    TRY(planet_lock(cx, t.planet_id));
    TRY(tier_by_id(cx, ask->tier_id, &t));
    TRY(q_paywall_under_way(cx, t.id, &under_way));
    if (under_way > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("The last switch is still carrying members over. Try again in a moment."));
    TRY(paywall_preview(cx, ask, &p));
    TRY(check(cx, ask, &p));
    TRY(retire(cx, &t, ask->to_free));
    TRY(new_price(cx, ask, &t, &price_id));
    bool dated = !ask->to_free && ask->choice == PAYWALL_UNTIL;
    TRY(q_paywall_insert(cx, id, t.planet_id, t.id, ask->to_free ? STR("free") : STR("paid"),
                         ask->to_free ? STR("") : str_c(choices[ask->choice]), dated ? ask->until_at : DB_NULL, price_id,
                         cx->now, cx->viewer == 0 ? DB_NULL : cx->viewer, NULL));
    TRY(job_put(cx, "money.paywall", id, STR_NULL, STR_NULL, 0));
    TRY(audit_put(cx, ask->to_free ? "paywall.free" : "paywall.paid", t.id, STR_NULL));
    TRY(tx_commit(cx));
    *ret_id = id;
    return OK;
}

/* ---- the members ---- */

static enum err tell(struct cx *cx, const struct paywall_get_row *s, int64_t account_id)
{
    struct planet p;
    TRY(planet_by_id(cx, s->planet_id, &p));
    LETTER_LANGUAGE(cx, account_id, s->planet_id);
    bool until = str_eq_c(s->choice, "until"), posts = str_eq_c(s->choice, "posts");
    struct str v[] = {p.name, s->until_at == DB_NULL ? STR("") : i18n_date(cx, s->until_at)};
    const char *text = until   ? N_("{0} takes money from now on. For you it stays free until {1}.")
                       : posts ? N_("{0} takes money from now on. What was published so far stays open to you.")
                               : N_("{0} takes money from now on. For you it stays free, for ever.");
    struct letter l = {
        .account_id = account_id,
        .planet_id = s->planet_id,
        .kind = "paywall",
        .subject = i18n_fill(cx->arena, tr(cx, N_("{0} takes money from now on")), v, 2),
        .text = i18n_fill(cx->arena, tr(cx, text), v, 2),
        .page = str_fmt(cx->arena, "/@" STR_FMT "/membership", STR_ARG(p.handle)),
        .once_key = str_fmt(cx->arena, "paywall:%lld:%lld", (long long)s->id, (long long)account_id),
    };
    l.url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l.page));
    l.label = str_c(tr(cx, N_("Your membership")));
    return letter_put(cx, &l);
}

static enum err give(struct cx *cx, const struct paywall_get_row *s, int64_t account_id, const char *kind,
                     int64_t ends_at, int64_t window, int64_t price_id)
{
    int64_t id;
    const struct zone *zone;
    TRY(planet_zone(cx, s->planet_id, &zone));
    struct grant_new g = {
        .account_id = account_id,
        .planet_id = s->planet_id,
        .tier_id = s->tier_id,
        .kind = kind,
        .term = {s->at, ends_at, zone_day_of_month(zone, ends_at == DB_NULL ? s->at : ends_at)},
        .window_days = window,
        .order_id = DB_NULL,
        .price_id = price_id,
    };
    TRY(grant_put(cx, &g, &id));
    struct txn t = {
        .planet_id = s->planet_id,
        .kind = STR("grant"),
        .order_id = DB_NULL,
        .grant_id = id,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = str_c(kind),
    };
    return ledger_post(cx, &t);
}

static enum err carry_to_paid(struct cx *cx, const struct paywall_get_row *s, size_t *ret_n)
{
    struct paywall_free_grants_row *rows;
    TRY(q_paywall_free_grants(cx, s->tier_id, cx->now, s->at, PART, &rows, ret_n));
    for (size_t i = 0; i < *ret_n; i++) {
        bool begun = rows[i].starts_at < cx->now;
        TRY(grant_note(cx, rows[i].id, begun ? GRANT_SHORTEN : GRANT_REVOKE, cx->now, STR("the planet takes money now")));
        TRY(give(cx, s, rows[i].account_id, "legacy", s->until_at, str_eq_c(s->choice, "posts") ? 0 : DB_NULL, DB_NULL));
        TRY(tell(cx, s, rows[i].account_id));
    }
    return OK;
}

/* No further renewals: the subscriptions behind the last one that was told. *ret_n: of those that were looked at. */
static enum err end_subs(struct cx *cx, const struct paywall_get_row *s, size_t *ret_n)
{
    struct paywall_subs_row *subs;
    int64_t call;
    TRY(q_paywall_subs(cx, s->planet_id, s->tier_id, s->sub_after, PART, &subs, ret_n));
    for (size_t i = 0; i < *ret_n; i++) {
        enum err e = subs[i].mine ? rail_renewal(cx, subs[i].id, false, &call) : OK;
        if (e != OK && e != ERR_UNSUPPORTED && e != ERR_CONFLICT)
            return e;
    }
    cx->tell = NULL;
    return *ret_n == 0 ? OK : q_paywall_subs_told(cx, s->id, subs[*ret_n - 1].id, NULL);
}

static enum err carry_to_free(struct cx *cx, const struct paywall_get_row *s, size_t *ret_n)
{
    int64_t *rows;
    TRY(q_paywall_members(cx, s->tier_id, cx->now, s->price_id, PART, &rows, ret_n));
    for (size_t i = 0; i < *ret_n; i++)
        TRY(give(cx, s, rows[i], "paid", DB_NULL, DB_NULL, s->price_id));
    return OK;
}

enum err paywall_step(struct cx *cx, int64_t id, bool *ret_more)
{
    struct paywall_get_row s;
    bool to_free;
    size_t n, n_subs = 0;
    TX_SCOPE(cx);
    TRY(q_paywall_get(cx, id, &s));
    TRY(planet_lock(cx, s.planet_id));
    TRY(q_paywall_get(cx, id, &s));
    *ret_more = false;
    if (s.done_at != DB_NULL)
        return OK;
    to_free = str_eq_c(s.direction, "free");
    if (to_free)
        TRY(end_subs(cx, &s, &n_subs));
    if (to_free && n_subs < PART)
        TRY(carry_to_free(cx, &s, &n));
    else if (to_free)
        n = 0;
    else
        TRY(carry_to_paid(cx, &s, &n));
    *ret_more = n == PART || n_subs == PART;
    TRY(q_paywall_progress(cx, id, (int64_t)n, *ret_more ? DB_NULL : cx->now, NULL));
    if (*ret_more)
        TRY(job_put(cx, "money.paywall", id, STR_NULL, STR_NULL, 0));
    return tx_commit(cx);
}

enum job_verdict paywall_run(struct cx *cx, const struct job *job)
{
    bool more;
    enum err e = paywall_step(cx, job->subject, &more);
    return e == OK || e == ERR_NOT_FOUND ? JOB_DONE : JOB_RETRY;
}

/* ---- looking ---- */

enum err paywall_list(struct cx *cx, int64_t planet_id, struct paywall **ret, size_t *ret_n)
{
    struct paywall_of_planet_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_paywall_of_planet(cx, planet_id, &rows, ret_n));
    struct paywall *out = ARENA_ARRAY(cx->arena, struct paywall, *ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        out[i] = (struct paywall){.id = rows[i].id, .planet_id = planet_id, .tier_id = rows[i].tier_id,
                                  .until_at = rows[i].until_at, .at = rows[i].at, .n_done = rows[i].n_done,
                                  .done_at = rows[i].done_at, .direction = rows[i].direction,
                                  .choice = rows[i].choice, .tier_name = rows[i].tier_name};
    *ret = out;
    return OK;
}

/* ceil(net × left ÷ term), without overflow: both times in seconds. */
static int64_t share(int64_t net, int64_t left_ms, int64_t term_ms)
{
    int64_t left = left_ms / 1000, term = term_ms / 1000;
    if (term <= 0 || left >= term)
        return net;
    return (int64_t)(((__int128)net * left + term - 1) / term);
}

enum err paywall_rests(struct cx *cx, int64_t tier_id, struct paywall_rest **ret, size_t *ret_n)
{
    struct paywall_rest_rows_row *rows;
    struct tier t;
    TRY(tier_by_id(cx, tier_id, &t));
    TRY(planet_may_own(cx, t.planet_id));
    TRY(q_paywall_rest_rows(cx, tier_id, cx->now, &rows, ret_n));
    struct paywall_rest *out = ARENA_ARRAY(cx->arena, struct paywall_rest, *ret_n);
    for (size_t i = 0; i < *ret_n; i++) {
        int64_t from = rows[i].starts_at > cx->now ? rows[i].starts_at : cx->now;
        int64_t amount = share(rows[i].total, rows[i].live_ends_at - from, rows[i].ends_at - rows[i].starts_at);
        int64_t left = rows[i].total - rows[i].refunded;
        out[i] = (struct paywall_rest){.account_id = rows[i].account_id, .grant_id = rows[i].grant_id,
                                       .order_id = rows[i].order_id, .ends_at = rows[i].live_ends_at,
                                       .number = rows[i].number, .name = rows[i].name,
                                       .amount = money_of(amount < left ? amount : left, rows[i].currency),
                                       .under_way = rows[i].n_open > 0};
    }
    *ret = out;
    return OK;
}
