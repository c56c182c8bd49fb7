/* Money is sent back, and what becomes of it. */
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/gift_sql.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/rail_call.h"
#include "node/money/rail_sql.h"
#include "node/money/refund_int.h"
#include "node/money/upgrade.h"
#include "node/node.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

/* ---- rights ---- */

/* The books say why somebody has no access while the money is under way. */
static enum err book_suspension(struct cx *cx, const struct order *o)
{
    struct txn t = {
        .planet_id = o->planet_id,
        .kind = STR("grant_change"),
        .order_id = o->id,
        .grant_id = DB_NULL,
        .rail_event_id = DB_NULL,
        .reverses = DB_NULL,
        .memo = STR("refund sent"),
    };
    return ledger_post(cx, &t);
}

static enum err each_grant(struct cx *cx, int64_t order_id, enum grant_happening what, const char *reason)
{
    struct grant *grants;
    size_t n;
    TRY(upgrade_grants(cx, order_id, &grants, &n));
    for (size_t i = 0; i < n; i++)
        if (!str_eq_c(grants[i].state, "revoked"))
            TRY(grant_note(cx, grants[i].id, what, DB_NULL, str_c(reason)));
    return OK;
}

enum err order_stop_renewals(struct cx *cx, const struct order *o)
{
    int64_t *subs, call;
    size_t n;
    bool term = str_eq_c(o->kind, "membership") || str_eq_c(o->kind, "renewal") || str_eq_c(o->kind, "upgrade");
    if (!term)
        return OK;
    TRY(q_refund_subscriptions(cx, o->account_id, o->planet_id, o->rail, &subs, &n));
    for (size_t i = 0; i < n; i++) {
        const char *tell = cx->tell;
        enum err e = rail_renewal(cx, subs[i], false, &call);
        if (e != OK && e != ERR_UNSUPPORTED && e != ERR_CONFLICT)
            return e;
        cx->tell = tell; /* what can't be stopped doesn't renew by itself */
    }
    return OK;
}

/* Access ends when the money leaves, not when it arrives: some providers take days. */
static enum err take_rights(struct cx *cx, const struct order *o)
{
    TRY(q_post_right_revoke(cx, o->id, cx->now, NULL));
    TRY(q_gift_hold(cx, o->id, cx->now, NULL)); /* nobody redeems it any more */
    TRY(each_grant(cx, o->id, GRANT_SUSPEND, "refund sent"));
    TRY(book_suspension(cx, o));
    return order_stop_renewals(cx, o);
}

enum err refund_rights_back(struct cx *cx, int64_t order_id)
{
    TRY(q_post_right_restore(cx, order_id, NULL));
    TRY(q_gift_refund_over(cx, order_id, NULL));
    return order_give_time_back(cx, order_id, "no refund", "time lost while the money was under way");
}

/* ---- sending ---- */

static enum err may_send(struct cx *cx, const struct refund_new *r, const struct order *o, int64_t amount,
                         int64_t credit)
{
    struct refund_row *rows;
    size_t n;
    int64_t left = o->total.minor - o->refunded;
    if (!str_eq_c(o->state, "paid") && !str_eq_c(o->state, "part_refunded"))
        return cx_tell(cx, ERR_CONFLICT, N_("Of this order nothing can be given back now."));
    if (left + credit <= 0)
        return cx_tell(cx, ERR_CONFLICT, N_("Of this order nothing can be given back now."));
    if (amount < 0 || amount > left)
        return cx_tell(cx, ERR_INVALID, N_("That is more than what is left of this order."));
    TRY(q_refund_of_order(cx, o->id, &rows, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(rows[i].state, "sent") && rows[i].id != r->row_id)
            return cx_tell(cx, ERR_CONFLICT, N_("A refund of this order is under way."));
    return OK;
}

static enum err settle_now(struct cx *cx, const struct order *o, int64_t amount, bool by_hand)
{
    enum order_verdict verdict;
    const struct order_change change = {.event = ORDER_REFUND, .rail_ref = STR_NULL, .rail_event_id = DB_NULL,
                                        .rail_at = DB_NULL, .by_hand = by_hand,
                                        .amount = money_of(o->refunded + amount, str_c(o->total.cur))};
    TRY(order_apply(cx, o->number, &change, &verdict));
    return verdict == ORDER_APPLIED ? OK : cx_fail(cx, ERR_INTERNAL, "a refund that was checked did not fit");
}

static enum err put_row(struct cx *cx, const struct refund_new *r, const struct order *o, int64_t amount, bool ends,
                        int64_t *ret_id)
{
    *ret_id = r->row_id;
    if (r->row_id != 0)
        return OK;
    *ret_id = id_next(cx->node->ids);
    return q_refund_insert(cx, *ret_id, o->planet_id, o->id, o->account_id, str_c(r->kind), STR("sent"), amount, ends,
                           STR(""), cx->now, NULL);
}

enum err refund_send(struct cx *cx, const struct refund_new *r, int64_t *ret_id)
{
    struct order o;
    struct credit_part credit;
    int64_t call = DB_NULL;
    TX_SCOPE(cx);
    TRY(order_by_id(cx, r->order_id, &o));
    TRY(planet_lock(cx, o.planet_id));
    TRY(order_by_id(cx, r->order_id, &o));
    TRY(credit_of_order(cx, o.id, &credit));
    bool has_credit = credit.spent_txn != DB_NULL && credit.returned_at == DB_NULL;
    int64_t left = o.total.minor - o.refunded, amount = r->amount == 0 ? left : r->amount;
    TRY(may_send(cx, r, &o, amount, has_credit ? credit.amount : 0));
    bool ends = amount == left || !r->keeps, by_rail = !r->by_hand && amount > 0;
    if (by_rail)
        TRY(rail_refund(cx, o.number, amount, &call));
    TRY(put_row(cx, r, &o, amount, ends, ret_id));
    TRY(q_refund_set_sent(cx, *ret_id, amount, ends, r->by_hand, call, r->said, r->decided_by, cx->now, NULL));
    if (ends)
        TRY(take_rights(cx, &o));
    if (!by_rail)
        TRY(settle_now(cx, &o, amount, r->by_hand));
    return tx_commit(cx);
}

/* ---- what the order machine and the rails tell ---- */

static enum err arrived(struct cx *cx, const struct refund_row *row)
{
    struct refund r;
    TRY(q_refund_end(cx, row->id, STR("succeeded"), STR(""), cx->now, NULL));
    if (row->ends)
        TRY(each_grant(cx, row->order_id, GRANT_REVOKE, "refunded"));
    TRY(refund_by_id_unasked(cx, row->id, &r));
    return refund_tell_buyer(cx, &r);
}

/* What the provider gave back by itself, or its owner on its pages. */
static enum err note_strange(struct cx *cx, int64_t order_id, int64_t amount)
{
    struct order o;
    int64_t id = id_next(cx->node->ids);
    TRY(order_by_id(cx, order_id, &o));
    TRY(q_refund_insert(cx, id, o.planet_id, o.id, o.account_id, STR("rail"), STR("sent"), amount,
                        o.refunded + amount >= o.total.minor, STR(""), cx->now, NULL));
    return q_refund_end(cx, id, STR("succeeded"), STR(""), cx->now, NULL);
}

enum err refund_arrived(struct cx *cx, int64_t order_id, int64_t refunded)
{
    static const char *const waiting[] = {"sent", "failed"}; /* a failed one may arrive after all */
    struct refund_row *rows;
    size_t n;
    int64_t sum;
    TRY(q_refund_of_order(cx, order_id, &rows, &n));
    TRY(q_refund_sum(cx, order_id, &sum));
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < n; i++)
            if (str_eq_c(rows[i].state, waiting[k]) && sum + rows[i].amount <= refunded) {
                sum += rows[i].amount;
                TRY(arrived(cx, &rows[i]));
            }
    return sum < refunded ? note_strange(cx, order_id, refunded - sum) : OK;
}

static enum err failed(struct cx *cx, int64_t id, struct str why)
{
    struct refund r;
    TRY(q_refund_end(cx, id, STR("failed"), why.p == NULL ? STR("") : why, cx->now, NULL));
    TRY(refund_by_id_unasked(cx, id, &r));
    return refund_tell_owner(cx, &r);
}

enum err refund_owe(struct cx *cx, const struct refund_new *r, int64_t *ret_id)
{
    struct order o;
    TX_SCOPE(cx);
    TRY(order_by_id(cx, r->order_id, &o));
    int64_t amount = r->amount == 0 ? o.total.minor - o.refunded : r->amount;
    TRY(may_send(cx, r, &o, amount, 0));
    TRY(put_row(cx, r, &o, amount, true, ret_id));
    TRY(q_refund_set_sent(cx, *ret_id, amount, true, false, DB_NULL, r->said, r->decided_by, cx->now, NULL));
    TRY(take_rights(cx, &o));
    TRY(failed(cx, *ret_id, str_c(N_("This way of paying can't give money back by itself."))));
    return tx_commit(cx);
}

enum err refund_of_call(struct cx *cx, int64_t call_id, bool *ret_known, bool *ret_arrived)
{
    struct refund_row row;
    TRY(q_refund_by_call(cx, call_id, ret_known, &row));
    *ret_arrived = *ret_known && str_eq_c(row.state, "succeeded");
    return OK;
}

enum err refund_call_hangs(struct cx *cx, int64_t call_id, struct str why)
{
    struct refund_row row;
    bool found;
    TRY(q_refund_by_call(cx, call_id, &found, &row));
    if (!found || !str_eq_c(row.state, "sent"))
        return OK;
    struct refund r = refund_from(&row);
    r.why = why.n > 0 ? why : STR("?");
    return refund_tell_owner(cx, &r);
}

enum err refund_call_ended(struct cx *cx, int64_t call_id, bool has_failed, struct str ref, struct str why)
{
    struct refund_row row;
    bool found;
    TRY(q_refund_by_call(cx, call_id, &found, &row));
    if (!found)
        return OK;
    if (ref.n > 0)
        TRY(q_refund_set_ref(cx, row.id, ref, NULL));
    return has_failed && str_eq_c(row.state, "sent") ? failed(cx, row.id, why) : OK;
}

/* It had arrived, as the provider said then: the books take it back. */
static enum err take_back(struct cx *cx, const struct refund_row *row, int64_t rail_at, bool *ret_applied)
{
    struct order o;
    enum order_verdict verdict;
    TRY(order_by_id(cx, row->order_id, &o));
    const struct order_change change = {.event = ORDER_REFUND_LOST, .rail_ref = STR_NULL, .rail_event_id = DB_NULL,
                                        .rail_at = rail_at,
                                        .amount = money_of(o.refunded - row->amount, str_c(o.total.cur))};
    TRY(order_apply(cx, o.number, &change, &verdict));
    *ret_applied = verdict == ORDER_APPLIED;
    return OK;
}

enum err refund_lost(struct cx *cx, int64_t planet_id, struct str key, struct str ref, struct str why,
                     int64_t rail_at, bool *ret_known)
{
    struct refund_row row;
    bool found = false, applied = true;
    TX_SCOPE(cx);
    if (key.n > 0)
        TRY(q_refund_by_key(cx, planet_id, key, &found, &row));
    if (!found && ref.n > 0)
        TRY(q_refund_by_ref(cx, planet_id, ref, &found, &row));
    *ret_known = found;
    if (!found)
        return OK;
    if (str_eq_c(row.state, "succeeded"))
        TRY(take_back(cx, &row, rail_at, &applied));
    bool open = str_eq_c(row.state, "sent") || str_eq_c(row.state, "succeeded");
    if (open && applied) {
        TRY(q_rail_back_drop(cx, row.call_id, NULL));
        TRY(failed(cx, row.id, why));
    }
    return tx_commit(cx);
}
