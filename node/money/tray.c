#include "node/money/tray.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/rail_call.h"
#include "node/money/rail_sql.h"
#include "node/money/tray_sql.h"
#include "node/money/words.h"
#include "node/node.h"
#include "node/people/letter.h"
#include "node/people/notice.h"
#include "node/planet/planet_sql.h"

#include <string.h>

#include "node/money/order_row.h"

#define HELD "held:unmatched"

/* ---- what lies there ---- */

static struct unmatched from_row(const struct unmatched_row *r)
{
    return (struct unmatched){
        .id = r->id, .planet_id = r->planet_id, .rail_event_id = r->rail_event_id, .created_at = r->created_at,
        .reason = r->reason, .order_number = r->order_number,
        .amount = money_of(r->amount == DB_NULL ? 0 : r->amount, r->currency), .rail = r->rail, .rail_ref = r->rail_ref,
        .state = r->state, .note = r->note, .booked = r->booked != 0, .settled_at = r->settled_at,
        .order_id = r->order_id, .txn_id = r->txn_id,
    };
}

static struct unmatched *from_rows(struct cx *cx, const struct unmatched_row *rows, size_t n)
{
    struct unmatched *list = ARENA_ARRAY(cx->arena, struct unmatched, n);
    for (size_t i = 0; i < n; i++)
        list[i] = from_row(&rows[i]);
    return list;
}

enum err unmatched_list(struct cx *cx, int64_t planet_id, int64_t after_id, int limit,
                              struct unmatched **ret, size_t *ret_n)
{
    struct unmatched_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_unmatched_open(cx, planet_id, after_id, limit, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

enum err unmatched_decided(struct cx *cx, int64_t planet_id, int limit, struct unmatched **ret, size_t *ret_n)
{
    struct unmatched_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_unmatched_decided(cx, planet_id, limit, &rows, ret_n));
    *ret = from_rows(cx, rows, *ret_n);
    return OK;
}

enum err unmatched_by_id(struct cx *cx, int64_t planet_id, int64_t id, struct unmatched *ret)
{
    struct unmatched_row r;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_unmatched_by_id(cx, id, &r));
    *ret = from_row(&r);
    return r.planet_id == planet_id ? OK : ERR_NOT_FOUND;
}

enum err unmatched_count(struct cx *cx, int64_t planet_id, int64_t *ret)
{
    TRY(planet_may_own(cx, planet_id));
    return q_unmatched_waiting(cx, planet_id, ret);
}

/* ---- coming in ---- */

/* Did money come to the account that is connected? */
static bool is_ours(const char *reason, const struct order_change *change, struct str rail)
{
    static const char *const elsewhere[] = {"another merchant", "test money", "real money in test mode",
                                            "a refund that does not fit"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(reason, elsewhere[i]) == 0)
            return false;
    return change->event == ORDER_PAID && change->amount.minor > 0 && strlen(change->amount.cur) == 3 && rail.n > 0;
}

/* debit +amount, credit −amount, of the item's money. */
static enum err move(struct cx *cx, const struct unmatched_row *u, const char *kind, struct str debit, struct str credit,
                     int64_t amount, int64_t event_id, int64_t reverses, int64_t *ret_txn_id)
{
    struct order_row o;
    struct entry entries[2] = {{.account = debit, .amount = amount}, {.account = credit, .amount = -amount}};
    enum err e = u->order_number.n == 0 ? ERR_NOT_FOUND : q_order_by_number(cx, u->order_number, &o);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    struct txn t = {
        .planet_id = u->planet_id, .kind = str_c(kind),
        .order_id = e == OK && o.planet_id == u->planet_id ? o.id : DB_NULL,
        .grant_id = DB_NULL, .rail_event_id = event_id == 0 ? DB_NULL : event_id, .reverses = reverses,
        .memo = u->reason, .entries = entries, .n_entries = 2,
    };
    for (int i = 0; i < 2; i++)
        memcpy(entries[i].cur, u->currency.p, 3);
    TRY(ledger_post(cx, &t));
    if (ret_txn_id != NULL)
        *ret_txn_id = t.id;
    return OK;
}

static struct str clearing(struct cx *cx, struct str rail)
{
    return str_fmt(cx->arena, "clearing:" STR_FMT, STR_ARG(rail));
}

static enum err write_alarm(struct cx *cx, void *arg, struct letter *l)
{
    const struct unmatched_row *u = arg;
    struct planet p;
    TRY(planet_by_id(cx, u->planet_id, &p));
    struct str v[] = {i18n_money(cx, u->amount, u->currency), money_reason_words(cx, u->reason)};
    l->subject = i18n_fill(cx->arena, tr(cx, N_("A payment of {0} waits for your decision")), v, 2);
    l->text = i18n_fill(cx->arena, tr(cx, N_("A payment of {0} came that fits no order, so nothing was given for it.\n\n{1}\n\nYou can give a membership for it, give it back, or keep it as a tip.")), v, 2);
    l->page = str_fmt(cx->arena, "/desk/" STR_FMT "/money/tray", STR_ARG(p.handle));
    l->url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l->page));
    l->label = str_c(tr(cx, N_("Open the tray")));
    return OK;
}

enum err tray_put(struct cx *cx, int64_t planet_id, struct str rail, const struct order_change *change, struct str number,
                  const char *reason)
{
    struct unmatched_row u = {
        .id = id_next(cx->node->ids), .planet_id = planet_id,
        .rail_event_id = change->rail_event_id == DB_NULL ? 0 : change->rail_event_id, .reason = str_c(reason),
        .amount = change->amount.minor, .currency = str_dup(cx->arena, str_c(change->amount.cur)), .order_number = number,
        .rail = rail, .rail_ref = change->rail_ref.n == 0 ? STR_NULL : change->rail_ref, .txn_id = DB_NULL,
    };
    int64_t same = 0;
    bool ours = is_ours(reason, change, rail);
    if (ours && u.rail_ref.n > 0)
        TRY(q_unmatched_same(cx, planet_id, rail, u.rail_ref, u.reason, u.amount, u.currency, &same));
    if (same > 0)
        return OK;
    if (ours)
        TRY(move(cx, &u, "unmatched", clearing(cx, rail), STR(HELD), u.amount, u.rail_event_id, DB_NULL, &u.txn_id));
    TRY(q_unmatched_insert(cx, u.id, planet_id, u.rail_event_id, u.reason, u.amount, u.currency, number, cx->now, rail,
                           u.rail_ref, ours ? 1 : 0, u.txn_id, NULL));
    return letter_to_owners(cx, planet_id, "tray", str_fmt(cx->arena, "tray:%lld", (long long)u.id), write_alarm, &u);
}

enum err order_unmatched(struct cx *cx, int64_t planet_id, struct str rail, const struct order_change *change,
                         struct str number, const char *reason)
{
    return tray_put(cx, planet_id, rail, change, number, reason);
}

/* ---- deciding ---- */

/* The item, locked, if it waits. */
static enum err take(struct cx *cx, int64_t planet_id, int64_t id, bool booked, struct unmatched_row *ret)
{
    TRY(planet_may_own(cx, planet_id));
    TRY(planet_lock(cx, planet_id));
    TRY(q_unmatched_by_id(cx, id, ret));
    if (ret->planet_id != planet_id)
        return ERR_NOT_FOUND;
    if (str_eq_c(ret->state, "refunding"))
        return cx_tell(cx, ERR_CONFLICT, N_("It is being given back at this moment."));
    if (!str_eq_c(ret->state, "open"))
        return cx_tell(cx, ERR_CONFLICT, N_("This was decided already."));
    if (booked && ret->booked == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This money never came to your account. It can only be settled."));
    return OK;
}

static enum err decide(struct cx *cx, const struct unmatched_row *u, const char *state, int64_t order_id)
{
    return q_unmatched_decide(cx, u->id, str_c(state), order_id, cx->now, cx->viewer == 0 ? DB_NULL : cx->viewer,
                              STR_NULL, u->refunded, NULL);
}

enum err unmatched_settle(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct unmatched_row u;
    TX_SCOPE(cx);
    enum err e = take(cx, planet_id, id, false, &u);
    if (e == ERR_CONFLICT && str_eq_c(u.state, "settled")) {
        cx->tell = NULL;
        return ERR_NOT_FOUND;
    }
    TRY(e);
    if (u.booked != 0)
        TRY(move(cx, &u, "unmatched_undo", STR(HELD), clearing(cx, u.rail), u.amount - u.refunded, 0, u.txn_id, NULL));
    TRY(decide(cx, &u, "settled", DB_NULL));
    return tx_commit(cx);
}

enum err tray_keep(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct unmatched_row u;
    TX_SCOPE(cx);
    TRY(take(cx, planet_id, id, true, &u));
    TRY(move(cx, &u, "tip", STR(HELD), STR("revenue:tip"), u.amount - u.refunded, 0, DB_NULL, NULL));
    TRY(decide(cx, &u, "kept", DB_NULL));
    return tx_commit(cx);
}

/* The order that it names, if it is one of this planet; id DB_NULL: there is none. */
static enum err named_order(struct cx *cx, const struct unmatched_row *u, struct order_row *ret)
{
    enum err e = u->order_number.n == 0 ? ERR_NOT_FOUND : q_order_by_number(cx, u->order_number, ret);
    if (e == ERR_NOT_FOUND || (e == OK && ret->planet_id != u->planet_id)) {
        *ret = (struct order_row){.id = DB_NULL};
        return OK;
    }
    return e;
}

static enum err what_for(struct cx *cx, const struct unmatched_row *u, const struct order_row *named,
                         const struct tray_assign *to, struct order_new *ret)
{
    struct tier tier;
    *ret = (struct order_new){
        .account_id = to->account_id, .planet_id = u->planet_id, .price_id = DB_NULL, .tier_id = to->tier_id,
        .term_unit = to->unit, .term_count = to->count, .post_id = DB_NULL, .total = money_of(u->amount, u->currency),
        .rail = str_z(cx->arena, u->rail), .expires_at = DB_NULL,
    };
    if (to->account_id <= 0 && named->id != DB_NULL)
        ret->account_id = named->account_id;
    if (ret->account_id <= 0)
        return cx_tell(cx, ERR_INVALID, N_("Say who it is from."));
    if (to->tier_id != DB_NULL) {
        if (tier_by_id(cx, to->tier_id, &tier) != OK || tier.planet_id != u->planet_id)
            return cx_tell(cx, ERR_INVALID, N_("Choose a tier."));
        return term_ok(to->unit, to->count) ? OK : cx_tell(cx, ERR_INVALID, N_("Say for how long: a number of days, months or years."));
    }
    if (named->id == DB_NULL || (named->tier_id == DB_NULL && named->post_id == DB_NULL) || str_eq_c(named->kind, "gift"))
        return cx_tell(cx, ERR_INVALID, N_("Choose a tier."));
    ret->tier_id = named->tier_id;
    ret->term_unit = named->term_unit;
    ret->term_count = named->term_count;
    ret->post_id = named->post_id;
    if (named->post_id != DB_NULL)
        ret->kind = "post";
    return OK;
}

static enum err pay_with(struct cx *cx, const struct unmatched_row *u, struct str number, int64_t order_id)
{
    enum order_verdict verdict;
    struct order_change paid = {
        .event = ORDER_PAID, .amount = money_of(u->amount, u->currency), .rail_ref = u->rail_ref,
        .rail_event_id = u->rail_event_id == 0 ? DB_NULL : u->rail_event_id, .rail_at = DB_NULL, .held = true,
    };
    TRY(order_apply(cx, number, &paid, &verdict));
    if (verdict != ORDER_APPLIED)
        return cx_fail(cx, ERR_INTERNAL, "an order of the tray was not paid");
    return u->rail_ref.n > 0 ? q_rail_object_put(cx, u->rail, u->planet_id, u->rail_ref, order_id, NULL) : OK;
}

enum err tray_assign(struct cx *cx, int64_t planet_id, int64_t id, const struct tray_assign *to, struct order *ret)
{
    struct unmatched_row u;
    struct order_row named;
    struct order_new o;
    struct planet p;
    struct str number;
    enum order_verdict verdict;
    const struct order_change cancel = {.event = ORDER_CANCEL, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    int64_t order_id;
    TX_SCOPE(cx);
    TRY(take(cx, planet_id, id, true, &u));
    if (u.refunded > 0)
        return cx_tell(cx, ERR_CONFLICT, N_("A part of it was given back already."));
    TRY(named_order(cx, &u, &named));
    TRY(what_for(cx, &u, &named, to, &o));
    if (o.tier_id != DB_NULL && order_seat(cx, o.tier_id, o.account_id) == ERR_CONFLICT)
        return cx_tell(cx, ERR_CONFLICT, N_("No seat of this tier is left. Raise their number first, choose another tier, or give the money back."));
    TRY(order_insert(cx, &o, &number, &order_id));
    TRY(pay_with(cx, &u, number, order_id));
    if (named.id != DB_NULL && (str_eq_c(named.state, "new") || str_eq_c(named.state, "pending")))
        TRY(order_apply(cx, named.number, &cancel, &verdict));
    TRY(decide(cx, &u, "assigned", order_id));
    TRY(planet_by_id(cx, planet_id, &p));
    TRY(notice_put(cx, o.account_id, "membership", DB_NULL, DB_NULL, p.name,
                   str_fmt(cx->arena, "/@" STR_FMT, STR_ARG(p.handle))));
    TRY(tx_commit(cx));
    return order_by_id(cx, order_id, ret);
}

/* ---- giving back ---- */

enum err tray_refund(struct cx *cx, int64_t planet_id, int64_t id, int64_t *ret_call_id)
{
    struct unmatched_row u;
    TX_SCOPE(cx);
    TRY(take(cx, planet_id, id, true, &u));
    const struct pay_rail *rail = rail_by_name(u.rail);
    if (rail == NULL || rail->refund == NULL)
        return cx_tell(cx, ERR_UNSUPPORTED,
                       N_("This way of paying can't give money back by itself. Please do it by hand, then settle it here."));
    struct rail_call_new c = {
        .planet_id = planet_id, .rail = rail, .step = "refund", .order_id = DB_NULL, .subscription_id = DB_NULL,
        .unmatched_id = u.id, .group = str_fmt(cx->arena, "%lld", (long long)cx->now), .amount = u.amount - u.refunded,
    };
    TRY(rail_call_put(cx, &c, ret_call_id));
    TRY(q_unmatched_decide(cx, u.id, STR("refunding"), DB_NULL, DB_NULL, cx->viewer == 0 ? DB_NULL : cx->viewer, STR_NULL,
                           u.refunded, NULL));
    return tx_commit(cx);
}

enum err tray_order(struct cx *cx, int64_t id, struct order *ret)
{
    struct unmatched_row u;
    TRY(q_unmatched_by_id(cx, id, &u));
    *ret = (struct order){
        .id = DB_NULL, .account_id = DB_NULL, .planet_id = u.planet_id, .price_id = DB_NULL, .tier_id = DB_NULL,
        .post_id = DB_NULL, .number = u.order_number, .kind = STR("unmatched"), .state = STR("paid"), .rail = u.rail,
        .rail_ref = u.rail_ref, .quantity = 1, .list_amount = u.amount, .refunded = u.refunded,
        .total = money_of(u.amount, u.currency), .created_at = u.created_at, .expires_at = DB_NULL,
        .paid_at = u.created_at, .rail_at = DB_NULL,
    };
    return OK;
}

/* So much of it is back with whoever paid, all in all. */
static enum err gone_back(struct cx *cx, const struct unmatched_row *u, int64_t in_all, int64_t event_id)
{
    bool kept = str_eq_c(u->state, "kept"), all = in_all >= u->amount;
    int64_t more = (all ? u->amount : in_all) - u->refunded;
    if (more <= 0 || str_eq_c(u->state, "settled"))
        return OK;
    TRY(move(cx, u, "unmatched_undo", kept ? STR("revenue:tip") : STR(HELD), clearing(cx, u->rail), more, event_id,
             u->txn_id, NULL));
    return q_unmatched_decide(cx, u->id, all ? STR("refunded") : u->state, DB_NULL, all ? cx->now : u->settled_at,
                              cx->viewer == 0 ? DB_NULL : cx->viewer, STR_NULL, u->refunded + more, NULL);
}

enum err tray_given_back(struct cx *cx, int64_t id, const struct rail_refunded *how)
{
    struct unmatched_row u;
    TRY(q_unmatched_by_id(cx, id, &u));
    TRY(planet_lock(cx, u.planet_id));
    TRY(q_unmatched_by_id(cx, id, &u));
    if (how->state != RAIL_REFUND_FAILED)
        return gone_back(cx, &u, u.amount, 0);
    if (!str_eq_c(u.state, "refunding"))
        return OK;
    return q_unmatched_decide(cx, u.id, STR("open"), DB_NULL, DB_NULL, DB_NULL, how->why.n > 0 ? how->why : STR("?"),
                              u.refunded, NULL);
}

/* ---- what the provider tells of it later ---- */

static enum err find(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, const struct rail_state *s,
                     bool *ret_found, struct unmatched_row *ret)
{
    *ret_found = false;
    if (s->ref.n > 0)
        TRY(q_unmatched_by_ref(cx, planet_id, str_c(rail->name), s->ref, ret_found, ret));
    for (size_t i = 0; i < RAIL_REFS && !*ret_found; i++)
        if (s->refs[i].n > 0)
            TRY(q_unmatched_by_ref(cx, planet_id, str_c(rail->name), s->refs[i], ret_found, ret));
    return OK;
}

enum err tray_told(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s, int64_t event_id,
                   bool *ret_taken)
{
    struct unmatched_row u;
    struct order o;
    bool found;
    *ret_taken = false;
    TRY(find(cx, rail, planet_id, s, &found, &u));
    if (!found)
        return OK;
    if (str_eq_c(u.state, "assigned")) {
        TRY(order_by_id(cx, u.order_id, &o));
        s->order_number = o.number;
        return OK;
    }
    /* The same money again, with another fault or none: a new tale of it, for the order to judge. */
    if (s->event == ORDER_PAID && (s->paid.minor != u.amount || !str_eq_c(u.currency, s->paid.cur)))
        return OK;
    *ret_taken = true;
    return s->event == ORDER_REFUND ? gone_back(cx, &u, s->refunded, event_id) : OK;
}
