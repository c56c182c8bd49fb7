/* What becomes of an invitation once somebody pays by it (invite.h). */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/credit.h"
#include "node/money/invite.h"
#include "node/money/invite_sql.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/payer.h"
#include "node/money/payer_sql.h"
#include "node/node.h"
#include "node/people/notice.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"

#include <string.h>

static struct referral from_row(const struct referral_row *r)
{
    return (struct referral){
        .order_id = r->order_id,
        .planet_id = r->planet_id,
        .referrer_id = r->referrer_id,
        .account_id = r->account_id,
        .created_at = r->created_at,
        .due_at = r->due_at,
        .state = r->state,
        .reason = r->reason,
        .days = r->days,
        .amount = money_of(r->amount, r->currency),
        .referrer_name = r->referrer_name,
        .name = r->name,
    };
}

static struct referral *list_from(struct cx *cx, const struct referral_row *rows, size_t n)
{
    struct referral *list = ARENA_ARRAY(cx->arena, struct referral, n);
    for (size_t i = 0; i < n; i++)
        list[i] = from_row(&rows[i]);
    return list;
}

enum err referral_list(struct cx *cx, int64_t planet_id, int64_t referrer_id, struct referral **ret,
                       size_t *ret_n)
{
    struct referral_row *rows;
    if (cx->viewer != 0 && cx->viewer != referrer_id)
        return cx_fail(cx, ERR_FORBIDDEN, "invitations of another account");
    TRY(q_referral_of_referrer(cx, planet_id, referrer_id, &rows, ret_n));
    *ret = list_from(cx, rows, *ret_n);
    return OK;
}

enum err referral_list_of_planet(struct cx *cx, int64_t planet_id, int64_t before_id, int limit,
                              struct referral **ret, size_t *ret_n)
{
    struct referral_row *rows;
    TRY(planet_may_own(cx, planet_id));
    TRY(q_referral_of_planet(cx, planet_id, before_id == 0 ? INT64_MAX : before_id, limit, &rows, ret_n));
    *ret = list_from(cx, rows, *ret_n);
    return OK;
}

enum err referral_ordered(struct cx *cx, int64_t order_id, int64_t planet_id, int64_t referrer_id,
                          int64_t account_id)
{
    return q_referral_insert(cx, order_id, planet_id, referrer_id, account_id, cx->now, NULL);
}

/* The reward for a payment in this currency; days and amount 0: none. */
static void reward_of(const struct referral_rule *rule, struct money total, int64_t *ret_days,
                      int64_t *ret_amount)
{
    *ret_days = rule->reward == REWARD_DAYS ? rule->days : 0;
    *ret_amount = 0;
    for (size_t i = 0; rule->reward == REWARD_CREDIT && i < rule->n_amounts; i++)
        if (strcmp(rule->amounts[i].cur, total.cur) == 0)
            *ret_amount = rule->amounts[i].minor;
}

static enum err set_void(struct cx *cx, int64_t order_id, const char *reason)
{
    return q_referral_set_state(cx, order_id, STR("void"), str_c(reason), NULL);
}

enum err referral_moves(struct cx *cx, int64_t from_order_id, int64_t to_order_id)
{
    return q_referral_move(cx, from_order_id, to_order_id, NULL);
}

enum err referral_paid(struct cx *cx, int64_t order_id, struct money total, bool trial)
{
    struct referral_row r;
    struct referral_rule rule;
    int64_t before, days, amount, due;
    bool found, same;
    TRY(q_referral_get(cx, order_id, &found, &r));
    if (!found || !str_eq_c(r.state, "ordered"))
        return OK;
    TRY(q_referral_paid_before(cx, r.planet_id, r.account_id, order_id, &before));
    if (before > 0)
        return set_void(cx, order_id, "not the first payment");
    TRY(payer_shared(cx, r.planet_id, r.account_id, r.referrer_id, &same));
    if (same)
        return set_void(cx, order_id, "the same payer");
    if (trial) /* its first payment comes after the free days (referral_moves) */
        return OK;
    if (total.minor == 0)
        return set_void(cx, order_id, "nothing was paid");
    TRY(referral_rule_of(cx, r.planet_id, &rule));
    reward_of(&rule, total, &days, &amount);
    if (days == 0 && amount == 0)
        return set_void(cx, order_id, "no reward is offered");
    due = cx->now + rule.wait_days * MS_DAY;
    TRY(q_referral_set_pending(cx, order_id, due, days, amount,
                               str_dup(cx->arena, str_c(total.cur)), NULL));
    return job_put(cx, "money.referral", order_id, STR_NULL, STR_NULL, due);
}

/* ---- giving ---- */

/* Days are added in the tier that the referrer has, or had last. */
static enum err give_days(struct cx *cx, const struct referral_row *r, int64_t *ret_grant_id,
                          const char **ret_refused)
{
    struct membership m;
    struct term term;
    enum err e = membership_of(cx, r->planet_id, r->referrer_id, &m);
    if (e == ERR_NOT_FOUND) {
        *ret_refused = "the inviter is no member";
        return OK;
    }
    TRY(e);
    e = membership_next_term(cx, r->planet_id, r->referrer_id, m.rank, STR("day"), r->days, &term);
    if (e == ERR_CONFLICT) {
        cx->tell = NULL;
        *ret_refused = "the inviter is a member for life";
        return OK;
    }
    TRY(e);
    struct grant_new g = {
        .account_id = r->referrer_id,
        .planet_id = r->planet_id,
        .tier_id = m.tier_id,
        .kind = "referral",
        .term = term,
        .window_days = DB_NULL,
        .order_id = DB_NULL, /* the invited one's order is not the inviter's to see */
        .price_id = DB_NULL,
    };
    return grant_put(cx, &g, ret_grant_id);
}

static enum err book(struct cx *cx, const struct referral_row *r, const char *kind,
                     int64_t grant_id, int64_t reverses, int64_t amount, int64_t *ret_txn_id)
{
    struct entry entries[2];
    struct txn t = {
        .planet_id = r->planet_id,
        .kind = str_c(kind),
        .order_id = r->order_id,
        .grant_id = grant_id,
        .rail_event_id = DB_NULL,
        .reverses = reverses,
        .memo = STR("referral"),
        .entries = entries,
        .n_entries = amount == 0 ? 0 : 2,
    };
    entries[0] = (struct entry){.account = STR("referral_cost"), .amount = amount};
    entries[1] = (struct entry){.account = credit_account(cx, r->referrer_id), .amount = -amount};
    memcpy(entries[0].cur, r->currency.p, 3);
    memcpy(entries[1].cur, r->currency.p, 3);
    TRY(ledger_post(cx, &t));
    *ret_txn_id = t.id;
    return OK;
}

static enum err tell(struct cx *cx, const struct referral_row *r)
{
    struct planet p;
    TRY(planet_by_id(cx, r->planet_id, &p));
    return notice_put(cx, r->referrer_id, "reward", DB_NULL, DB_NULL, p.name,
                      str_fmt(cx->arena, "/@" STR_FMT "/invite", STR_ARG(p.handle)));
}

static enum err give(struct cx *cx, const struct referral_row *r)
{
    int64_t grant_id = DB_NULL, txn_id;
    const char *refused = NULL;
    if (r->days > 0)
        TRY(give_days(cx, r, &grant_id, &refused));
    if (refused != NULL)
        return set_void(cx, r->order_id, refused);
    TRY(book(cx, r, "grant", grant_id, DB_NULL, r->amount, &txn_id));
    if (r->amount > 0)
        TRY(credit_add(cx, r->planet_id, r->referrer_id, money_of(r->amount, r->currency)));
    TRY(q_referral_set_given(cx, r->order_id, grant_id, txn_id, NULL));
    return tell(cx, r);
}

/* A dispute that is open is waited for. */
static enum err settle(struct cx *cx, int64_t order_id)
{
    struct referral_row r;
    struct str state;
    bool found;
    TX_SCOPE(cx);
    TRY(q_referral_get(cx, order_id, &found, &r));
    if (!found)
        return OK;
    TRY(planet_lock(cx, r.planet_id));
    TRY(q_referral_get(cx, order_id, &found, &r));
    if (!str_eq_c(r.state, "pending"))
        return OK;
    if (r.due_at != DB_NULL && r.due_at > cx->now) {
        TRY(job_put(cx, "money.referral", order_id, STR_NULL, STR_NULL, r.due_at));
        return tx_commit(cx);
    }
    TRY(q_referral_order_state(cx, order_id, &state));
    if (str_eq_c(state, "disputed"))
        TRY(job_put(cx, "money.referral", order_id, STR_NULL, STR_NULL, cx->now + MS_DAY));
    else if (str_eq_c(state, "paid") || str_eq_c(state, "part_refunded"))
        TRY(give(cx, &r));
    else
        TRY(set_void(cx, order_id, "the payment did not stand"));
    return tx_commit(cx);
}

enum job_verdict referral_run(struct cx *cx, const struct job *job)
{
    return settle(cx, job->subject) == OK ? JOB_DONE : JOB_RETRY;
}

enum err referral_undo(struct cx *cx, int64_t order_id, const char *reason)
{
    struct referral_row r;
    struct grant g;
    int64_t txn_id;
    bool found;
    TRY(q_referral_get(cx, order_id, &found, &r));
    if (!found || str_eq_c(r.state, "void") || str_eq_c(r.state, "taken_back"))
        return OK;
    if (!str_eq_c(r.state, "given"))
        return set_void(cx, order_id, reason);
    if (r.grant_id != DB_NULL) {
        TRY(grant_by_id(cx, r.grant_id, &g));
        if (!str_eq_c(g.state, "revoked"))
            TRY(grant_note(cx, g.id, GRANT_REVOKE, DB_NULL, STR("the invited one's payment was taken back")));
    }
    TRY(book(cx, &r, "grant_change", r.grant_id, r.txn_id, -r.amount, &txn_id));
    if (r.amount > 0)
        TRY(credit_add(cx, r.planet_id, r.referrer_id, money_of(-r.amount, r.currency)));
    return q_referral_set_state(cx, order_id, STR("taken_back"), str_c(reason), NULL);
}
