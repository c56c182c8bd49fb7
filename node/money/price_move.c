#include "node/money/price_move.h"

#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/event.h"
#include "node/jobs/jobs.h"
#include "node/money/life.h"
#include "node/money/life_letter.h"
#include "node/money/life_sql.h"
#include "node/money/price_move_sql.h"
#include "node/money/rail_call.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum { TOLD_AT_ONCE = 200, MOVED_AT_ONCE = 200, KEPT_DAYS = 30 };

static enum err planet_of_price(struct cx *cx, int64_t price_id, struct price *ret, int64_t *ret_planet)
{
    struct tier t;
    TRY(price_by_id(cx, price_id, ret));
    TRY(tier_by_id(cx, ret->tier_id, &t));
    *ret_planet = t.planet_id;
    return OK;
}

/* ---- who pays it ---- */

static enum err count(struct cx *cx, const struct life *l, int64_t price_id, const struct price *to, struct price_payers *r)
{
    enum rail_moves how;
    if (!l->has_next || l->next.id != price_id)
        return OK;
    if (l->face == LIFE_LAPSED) {
        r->n_lapsed++;
        return OK;
    }
    r->n++;
    r->n_cancelled += l->face == LIFE_CANCELLED;
    if (l->face != LIFE_RENEWS && l->face != LIFE_PAST_DUE)
        return OK;
    r->n_renewing++;
    TRY(rail_moves(cx, &l->sub, to, &how));
    r->n_moves += how == RAIL_MOVES;
    r->n_asks += how == RAIL_MOVES_ASKS;
    r->n_ends += how == RAIL_MOVES_ENDS;
    return OK;
}

enum err price_payers(struct cx *cx, int64_t price_id, int64_t to_id, struct price_payers *ret)
{
    struct price p, to;
    struct price_payer_page_row *rows;
    struct price_payers r = {0};
    int64_t planet_id, to_planet, after = 0;
    size_t n;
    TRY(planet_of_price(cx, price_id, &p, &planet_id));
    TRY(planet_may_manage(cx, planet_id));
    TRY(planet_of_price(cx, to_id == 0 ? price_id : to_id, &to, &to_planet));
    if (to_planet != planet_id)
        return ERR_NOT_FOUND;
    do {
        TRY(q_price_payer_page(cx, price_id, cx->now - KEPT_DAYS * MS_DAY, after, 500, &rows, &n));
        for (size_t i = 0; i < n; i++) {
            struct life l;
            TRY(life_of(cx, planet_id, rows[i].account_id, &l));
            TRY(count(cx, &l, price_id, &to, &r));
            after = rows[i].account_id;
        }
    } while (n == 500);
    *ret = r;
    return OK;
}

enum err price_old_list(struct cx *cx, int64_t planet_id, struct price **ret, size_t *ret_n)
{
    int64_t *ids;
    size_t n;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_price_old_of_planet(cx, planet_id, cx->now - KEPT_DAYS * MS_DAY, &ids, &n));
    struct price *list = ARENA_ARRAY(cx->arena, struct price, n);
    for (size_t i = 0; i < n; i++)
        TRY(price_by_id(cx, ids[i], &list[i]));
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err price_change(struct cx *cx, int64_t price_id, struct money to, struct price *ret)
{
    struct price p;
    int64_t planet_id, n;
    TRY(planet_of_price(cx, price_id, &p, &planet_id));
    TRY(planet_may_manage(cx, planet_id));
    if (strcmp(p.money.cur, to.cur) != 0)
        return cx_tell(cx, ERR_INVALID, N_("A price stays in its currency. Add a new one for another currency."));
    if (p.money.minor == to.minor)
        return cx_tell(cx, ERR_CONFLICT, N_("That is what it costs already."));
    TX_SCOPE(cx);
    TRY(q_price_is_offered(cx, price_id, &n));
    if (n == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This price is no longer offered."));
    TRY(price_create(cx, p.tier_id, to, p.unit, p.count, p.trial_days, ret));
    TRY(price_retire(cx, price_id));
    return tx_commit(cx);
}

/* ---- moving them ---- */

static enum err move_ok(struct cx *cx, const struct price *from, const struct price *to, int64_t from_planet,
                        int64_t to_planet, int64_t effective_at)
{
    int64_t n;
    struct price_move_of_row row;
    bool found;
    TRY(q_price_is_offered(cx, to->id, &n));
    if (from_planet != to_planet || from->id == to->id || n == 0)
        return cx_tell(cx, ERR_INVALID, N_("Choose a price that this planet offers now."));
    if (strcmp(from->money.cur, to->money.cur) != 0 || str_eq_c(to->unit, "once") || str_eq_c(from->unit, "once"))
        return cx_tell(cx, ERR_INVALID, N_("Members can only be moved to a price in the same currency, of a term that comes again."));
    if (effective_at < cx->now + NOTICE_DAYS * MS_DAY)
        return cx_tell(cx, ERR_INVALID, N_("Members must be told at least 30 days before."));
    TRY(q_price_move_of(cx, from->id, &found, &row));
    if (found)
        return cx_tell(cx, ERR_CONFLICT, N_("A change of this price is announced already."));
    TRY(q_price_move_of(cx, to->id, &found, &row));
    return found ? cx_tell(cx, ERR_CONFLICT, N_("A change of this price is announced already.")) : OK;
}

static enum err read_move(struct cx *cx, const struct price_move_row *r, struct price_move *ret)
{
    *ret = (struct price_move){.id = r->id, .planet_id = r->planet_id, .effective_at = r->effective_at,
                               .created_at = r->created_at, .stopped_at = r->stopped_at};
    TRY(price_by_id(cx, r->from_price_id, &ret->from));
    return price_by_id(cx, r->to_price_id, &ret->to);
}

enum err price_move_may(struct cx *cx, int64_t from_id, int64_t to_id, int64_t effective_at)
{
    struct price from, to;
    int64_t planet_id, to_planet;
    TRY(planet_of_price(cx, from_id, &from, &planet_id));
    TRY(planet_may_own(cx, planet_id));
    TRY(planet_of_price(cx, to_id, &to, &to_planet));
    return move_ok(cx, &from, &to, planet_id, to_planet, effective_at);
}

enum err price_move_plan(struct cx *cx, int64_t from_id, int64_t to_id, int64_t effective_at, struct price_move *ret)
{
    struct price from, to;
    struct price_move_row row;
    int64_t planet_id, to_planet, n, id = id_next(cx->node->ids);
    TRY(planet_of_price(cx, from_id, &from, &planet_id));
    TRY(planet_may_own(cx, planet_id));
    TRY(planet_of_price(cx, to_id, &to, &to_planet));
    effective_at = effective_at == 0 ? cx->now + NOTICE_DAYS * MS_DAY : effective_at;
    TX_SCOPE(cx);
    TRY(planet_lock(cx, planet_id));
    TRY(move_ok(cx, &from, &to, planet_id, to_planet, effective_at));
    TRY(q_price_is_offered(cx, from_id, &n));
    if (n > 0)
        TRY(price_retire(cx, from_id));
    TRY(q_price_move_insert(cx, id, planet_id, from_id, to_id, effective_at, cx->viewer == 0 ? DB_NULL : cx->viewer,
                            cx->now, NULL));
    TRY(audit_put(cx, "price.move", id, STR_NULL));
    TRY(job_put(cx, "price.tell", id, STR("0"), STR_NULL, 0));
    TRY(job_put(cx, "price.apply", id, STR_NULL, STR_NULL, effective_at));
    TRY(q_price_move_by_id(cx, id, &row));
    TRY(read_move(cx, &row, ret));
    return tx_commit(cx);
}

enum err price_move_stop(struct cx *cx, int64_t id)
{
    struct price_move_row row;
    int64_t changes;
    TRY(q_price_move_by_id(cx, id, &row));
    TRY(planet_may_own(cx, row.planet_id));
    TX_SCOPE(cx);
    TRY(q_price_move_halt(cx, id, cx->now, &changes));
    if (changes == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This change is in force already, or was stopped."));
    TRY(audit_put(cx, "price.stay", id, STR_NULL));
    return tx_commit(cx);
}

enum err price_move_list(struct cx *cx, int64_t planet_id, struct price_move **ret, size_t *ret_n)
{
    struct price_move_row *rows;
    size_t n;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_price_move_of_planet(cx, planet_id, &rows, &n));
    struct price_move *list = ARENA_ARRAY(cx->arena, struct price_move, n);
    for (size_t i = 0; i < n; i++)
        TRY(read_move(cx, &rows[i], &list[i]));
    *ret = list;
    *ret_n = n;
    return OK;
}

/* ---- jobs ---- */

static enum err tell(struct cx *cx, const struct price_move_row *m, int64_t after)
{
    struct price_payer_page_row *rows;
    size_t n;
    TX_SCOPE(cx);
    TRY(q_price_payer_page(cx, m->from_price_id, cx->now, after, TOLD_AT_ONCE, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        struct life l;
        TRY(life_of(cx, m->planet_id, rows[i].account_id, &l));
        after = rows[i].account_id;
        bool concerned = l.moving && l.moves_to.id == m->to_price_id && l.m.live && l.face != LIFE_CANCELLED;
        if (concerned)
            TRY(life_letter(cx, &l, NEWS_PRICE, m->effective_at, str_fmt(cx->arena, "%lld", (long long)m->id)));
    }
    if (n == TOLD_AT_ONCE)
        TRY(job_put(cx, "price.tell", m->id, str_fmt(cx->arena, "%lld", (long long)after), STR_NULL, 0));
    return tx_commit(cx);
}

enum job_verdict price_tell_run(struct cx *cx, const struct job *job)
{
    struct price_move_row m;
    int64_t after = 0;
    enum err e = q_price_move_by_id(cx, job->subject, &m);
    if (e == ERR_NOT_FOUND || (e == OK && m.stopped_at != DB_NULL))
        return JOB_DONE;
    (void)str_to_i64(job->payload, &after);
    return e == OK && tell(cx, &m, after) == OK ? JOB_DONE : JOB_RETRY;
}

/* One part, and the job of the next in the same transaction. A part that is done twice puts the same calls again, which
 * are there already. */
static enum err apply(struct cx *cx, const struct price_move_row *m, int64_t after)
{
    struct price_move_subs_row *subs;
    struct str why = str_fmt(cx->arena, "move%lld", (long long)m->id);
    int64_t call;
    size_t n;
    TX_SCOPE(cx);
    TRY(q_price_move_subs(cx, m->planet_id, m->from_price_id, after, MOVED_AT_ONCE, &subs, &n));
    for (size_t i = 0; i < n; i++) {
        after = subs[i].id;
        if (subs[i].mine)
            TRY(rail_reprice(cx, subs[i].id, m->to_price_id, why, &call));
    }
    if (n == MOVED_AT_ONCE)
        TRY(job_put(cx, "price.apply", m->id, str_fmt(cx->arena, "%lld", (long long)after), STR_NULL, 0));
    return tx_commit(cx);
}

enum job_verdict price_apply_run(struct cx *cx, const struct job *job)
{
    struct price_move_row m;
    int64_t after = 0;
    enum err e = q_price_move_by_id(cx, job->subject, &m);
    if (e == ERR_NOT_FOUND || (e == OK && m.stopped_at != DB_NULL))
        return JOB_DONE;
    (void)str_to_i64(job->payload, &after);
    return e == OK && apply(cx, &m, after) == OK ? JOB_DONE : JOB_RETRY;
}
