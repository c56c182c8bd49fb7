/* The order machine: one table of what may follow what, one function that walks it. */
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/bill.h"
#include "node/money/coupon.h"
#include "node/money/credit.h"
#include "node/money/dispute.h"
#include "node/money/gift.h"
#include "node/money/invite.h"
#include "node/money/ledger.h"
#include "node/money/ledger_sql.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/post_sale.h"
#include "node/money/question.h"
#include "node/money/upgrade.h"
#include "node/money/refund.h"
#include "node/money/tip.h"
#include "node/node.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"
#include "node/planet/tier_sql.h"

#include <string.h>

enum state {
    NONE, /* not a transition */
    NEW,
    PENDING,
    PAID,
    PART_REFUNDED,
    REFUNDED,
    DISPUTED,
    LOST,
    EXPIRED,
    FAILED,
    CANCELLED,
    STATES,
    BY_REFUND, /* REFUNDED when all is given back, else PART_REFUNDED */
    BY_REST,   /* PAID, or PART_REFUNDED when some was given back */
    BY_LOST    /* the same, when a refund came back */
};

static const char *const state_words[STATES] = {
    [NEW] = "new",           [PENDING] = "pending",   [PAID] = "paid",
    [PART_REFUNDED] = "part_refunded", [REFUNDED] = "refunded", [DISPUTED] = "disputed",
    [LOST] = "lost",         [EXPIRED] = "expired",   [FAILED] = "failed",
    [CANCELLED] = "cancelled",
};

static const char *const event_words[ORDER_EVENT_COUNT] = {
    [ORDER_PENDING] = "pending",           [ORDER_PAID] = "paid",
    [ORDER_REFUND] = "refund",             [ORDER_REFUND_LOST] = "refund_lost",
    [ORDER_DISPUTE] = "dispute",
    [ORDER_DISPUTE_WON] = "dispute_won",   [ORDER_DISPUTE_LOST] = "dispute_lost",
    [ORDER_EXPIRE] = "expire",             [ORDER_FAIL] = "fail",
    [ORDER_CANCEL] = "cancel",
};

/* What is not here is recorded and changes nothing. Money that comes after an order was given up is
 * still honoured. */
static const unsigned char table[STATES][ORDER_EVENT_COUNT] = {
    [NEW] = {[ORDER_PENDING] = PENDING,
             [ORDER_PAID] = PAID,
             [ORDER_EXPIRE] = EXPIRED,
             [ORDER_FAIL] = FAILED,
             [ORDER_CANCEL] = CANCELLED},
    [PENDING] = {[ORDER_PAID] = PAID,
                 [ORDER_EXPIRE] = EXPIRED,
                 [ORDER_FAIL] = FAILED,
                 [ORDER_CANCEL] = CANCELLED},
    [PAID] = {[ORDER_REFUND] = BY_REFUND, [ORDER_DISPUTE] = DISPUTED},
    [PART_REFUNDED] = {[ORDER_REFUND] = BY_REFUND, [ORDER_REFUND_LOST] = BY_LOST, [ORDER_DISPUTE] = DISPUTED},
    [REFUNDED] = {[ORDER_REFUND_LOST] = BY_LOST},
    [DISPUTED] = {[ORDER_DISPUTE_WON] = BY_REST, [ORDER_DISPUTE_LOST] = LOST},
    [EXPIRED] = {[ORDER_PAID] = PAID, [ORDER_FAIL] = FAILED},
    [FAILED] =
        {[ORDER_PAID] = PAID, [ORDER_EXPIRE] = EXPIRED}, /* a failed try, then time ran out */
    [CANCELLED] = {[ORDER_PAID] = PAID},
};

const char *order_event_word(enum order_event e)
{
    return event_words[e];
}

bool order_event_parse(struct str word, enum order_event *ret)
{
    for (int i = 0; i < ORDER_EVENT_COUNT; i++)
        if (str_eq_c(word, event_words[i])) {
            *ret = (enum order_event)i;
            return true;
        }
    return false;
}

static enum state state_parse(struct str word)
{
    for (int i = NEW; i < STATES; i++)
        if (str_eq_c(word, state_words[i]))
            return (enum state)i;
    return NONE;
}

static enum state next_state(const struct order_row *o, enum state from,
                             const struct order_change *c)
{
    enum state to = (enum state)table[from][c->event];
    if (to == BY_REFUND) {
        if (o->total > 0 && c->amount.minor <= o->refunded) /* credit alone has no amount */
            return NONE;
        return c->amount.minor >= o->total ? REFUNDED : PART_REFUNDED;
    }
    if (to == BY_LOST)
        return c->amount.minor >= o->refunded ? NONE : c->amount.minor == 0 ? PAID : PART_REFUNDED;
    if (to == BY_REST)
        return o->refunded > 0 ? PART_REFUNDED : PAID;
    return to;
}

/* One txn of two entries: debit +amount, credit −amount; none when nothing is moved. */
static enum err book(struct cx *cx, const struct order_row *o, const struct order_change *c,
                     const char *kind, int64_t grant_id, int64_t reverses, const char *debit,
                     const char *credit, int64_t amount)
{
    struct entry entries[2];
    struct txn t = {
        .planet_id = o->planet_id,
        .kind = str_c(kind),
        .order_id = o->id,
        .grant_id = grant_id,
        .rail_event_id = c->rail_event_id,
        .reverses = reverses,
        .memo = o->kind,
        .entries = entries,
        .n_entries = amount == 0 ? 0 : 2,
    };
    for (int i = 0; i < 2; i++) {
        entries[i] = (struct entry){.account = str_c(i == 0 ? debit : credit),
                                    .amount = i == 0 ? amount : -amount};
        memcpy(entries[i].cur, o->currency.p, 3);
    }
    return ledger_post(cx, &t);
}

static const char *clearing(struct cx *cx, const struct order_row *o)
{
    return str_fmt(cx->arena, "clearing:" STR_FMT, STR_ARG(o->rail)).p;
}

static enum err give_membership(struct cx *cx, const struct order_row *o, const struct term *term, int64_t *ret_grant_id)
{
    struct grant_new g = {
        .account_id = o->account_id,
        .planet_id = o->planet_id,
        .tier_id = o->tier_id,
        .kind = str_eq_c(o->kind, "trial") ? "trial" : str_eq_c(o->rail, "code") ? "code" : "paid",
        .term = *term,
        .window_days = DB_NULL,
        .order_id = o->id,
        .price_id = o->price_id,
    };
    return grant_put(cx, &g, ret_grant_id);
}

static bool is_reserved(const struct cx *cx, const struct order_row *o, enum state from)
{
    return (from == NEW || from == PENDING) && (o->expires_at == DB_NULL || o->expires_at > cx->now);
}

/* A term, unless there is nothing to give it from: *ret_refused then says why. */
static enum err on_paid_term(struct cx *cx, const struct order_row *o, enum state from,
                             int64_t *ret_grant_id, const char **ret_refused)
{
    struct tier_row tier;
    struct term term;
    bool gift = str_eq_c(o->kind, "gift"), up = str_eq_c(o->kind, "upgrade"), stands = true;
    struct order order = order_from(o);
    bool reserved = is_reserved(cx, o, from);
    TRY(q_tier_by_id(cx, o->tier_id, &tier));
    enum err e = reserved ? OK : order_seat(cx, o->tier_id, gift ? 0 : o->account_id);
    const char *refused = "no seat left";
    if (e == OK && str_eq_c(o->kind, "trial")) {
        struct price price;
        TRY(price_by_id(cx, o->price_id, &price));
        term = (struct term){cx->now, cx->now + price.trial_days * MS_DAY, 0};
    } else if (e == OK && !gift) {
        e = membership_next_term(cx, o->planet_id, o->account_id, tier.rank, o->term_unit,
                                 o->term_count, &term);
        refused = "member for life already";
    }
    if (e == OK && up)
        e = upgrade_term(cx, &order, &stands, &term);
    if (!stands) {
        *ret_refused = "the term that it replaces has changed";
        return OK;
    }
    if (e == ERR_CONFLICT) {
        *ret_refused = refused;
        return OK;
    }
    TRY(e);
    if (gift)
        return gift_paid(cx, o->id);
    TRY(give_membership(cx, o, &term, ret_grant_id));
    return up ? upgrade_done(cx, &order) : OK;
}

/* What is bought singly opens what it names for good; some of it opens nothing. */
static enum err on_paid_single(struct cx *cx, const struct order_row *o)
{
    if (o->post_id != DB_NULL)
        TRY(q_post_right_put(cx, o->account_id, o->post_id, o->id, cx->now, NULL));
    if (str_eq_c(o->kind, "tip"))
        return tip_paid(cx, o->id);
    if (str_eq_c(o->kind, "question"))
        return question_paid(cx, o->id);
    return OK;
}

/* Its money went back, is held back, or came again after all. */
static enum err on_single_changed(struct cx *cx, const struct order_row *row, const struct order_change *c, enum state to)
{
    struct order o = order_from(row);
    o.state = str_c(state_words[to]);
    bool gone = to == REFUNDED || to == LOST;
    if (str_eq_c(row->kind, "tip"))
        return tip_changed(cx, row->id);
    if (str_eq_c(row->kind, "question"))
        return question_order(cx, &o, c->event, c->event == ORDER_REFUND ? c->amount.minor - row->refunded : 0, gone);
    return gone && str_eq_c(row->kind, "listen_in") ? listen_undone(cx, &o) : OK;
}

/* What is paid for an answer is income once there is one. */
static struct str income(struct cx *cx, const struct order_row *o)
{
    return str_eq_c(o->kind, "question") ? STR("held:questions")
                                         : str_fmt(cx->arena, "revenue:" STR_FMT, STR_ARG(o->kind));
}

/* What came in, what was paid by credit, what is tax, and the rest is income. What was given without
 * money stands in the books, too (P18). */
static enum err book_paid(struct cx *cx, const struct order_row *o, const struct order_change *c,
                          int64_t grant_id, int64_t credit, int64_t *ret_txn_id)
{
    struct entry entries[4];
    const struct entry all[] = {
        {.account = c->held ? STR("held:unmatched") : str_c(clearing(cx, o)), .amount = o->total},
        {.account = credit_account(cx, o->account_id), .amount = credit},
        {.account = STR("tax_payable"), .amount = -o->tax},
        {.account = income(cx, o),
         .amount = o->tax - o->total - credit},
    };
    struct txn t = {
        .planet_id = o->planet_id,
        .kind = o->total + credit == 0 ? STR("grant") : STR("payment"),
        .order_id = o->id,
        .grant_id = grant_id,
        .rail_event_id = c->rail_event_id,
        .reverses = DB_NULL,
        .memo = o->kind,
        .entries = entries,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].amount != 0) {
            entries[t.n_entries] = all[i];
            memcpy(entries[t.n_entries++].cur, o->currency.p, 3);
        }
    TRY(ledger_post(cx, &t));
    *ret_txn_id = t.id;
    return OK;
}

/* Credit that another order has spent meanwhile is no part of an exact payment. */
static enum err credit_stands(struct cx *cx, const struct order_row *o, struct credit_part *ret,
                              bool *ret_stands)
{
    int64_t has;
    *ret = (struct credit_part){0, DB_NULL, DB_NULL};
    *ret_stands = true;
    if (o->credit == 0)
        return OK;
    TRY(credit_of_order(cx, o->id, ret));
    TRY(credit_balance(cx, o->planet_id, o->account_id, o->currency, &has));
    *ret_stands = ret->amount == 0 || has >= ret->amount;
    return OK;
}

/* What made the order cheaper must still be there: an order that was given up and is paid after all may not use
 * it a second time. */
static enum err what_counted(struct cx *cx, const struct order_row *o, enum state from, const char **ret_refused)
{
    bool stands = true;
    if (o->credit > 0)
        TRY(post_toward_stands(cx, o->id, &stands));
    if (!stands)
        *ret_refused = "the posts that counted toward it count no more";
    if (!stands || is_reserved(cx, o, from))
        return OK;
    TRY(coupon_stands(cx, o->id, &stands));
    if (!stands)
        *ret_refused = "its coupon was used up by another order";
    return OK;
}

/* Sets *ret_refused when the money came but nothing can be given for it. */
static enum err on_paid(struct cx *cx, const struct order_row *o, enum state from,
                        const struct order_change *c, const char **ret_refused)
{
    int64_t grant_id = DB_NULL, txn_id;
    struct credit_part credit;
    bool stands;
    TRY(credit_stands(cx, o, &credit, &stands));
    if (!stands)
        *ret_refused = "the credit was spent elsewhere";
    else
        TRY(what_counted(cx, o, from, ret_refused));
    if (*ret_refused != NULL)
        return OK;
    if (o->tier_id == DB_NULL)
        TRY(on_paid_single(cx, o));
    else
        TRY(on_paid_term(cx, o, from, &grant_id, ret_refused));
    if (*ret_refused != NULL)
        return OK;
    TRY(book_paid(cx, o, c, grant_id, credit.amount, &txn_id));
    if (str_eq_c(o->kind, "listen_in")) {
        struct order paid = order_from(o);
        TRY(listen_paid(cx, &paid));
    }
    if (credit.amount > 0)
        TRY(credit_spend(cx, o->id, o->planet_id, o->account_id,
                         money_of(credit.amount, o->currency), txn_id));
    struct order done = order_from(o);
    TRY(bill_paid(cx, &done, credit.amount, c->rail_ref));
    return referral_paid(cx, o->id, money_of(o->total, o->currency), str_eq_c(o->kind, "trial"));
}

/* The grants that rest on an order, but for those that are revoked: nothing brings these back. */
static enum err each_grant(struct cx *cx, const struct order_row *o, enum grant_happening what,
                           const char *reason)
{
    struct grant *grants;
    size_t n;
    TRY(upgrade_grants(cx, o->id, &grants, &n));
    for (size_t i = 0; i < n; i++)
        if (!str_eq_c(grants[i].state, "revoked"))
            TRY(grant_note(cx, grants[i].id, what, DB_NULL, str_c(reason)));
    return OK;
}

/* Of what was paid in all, the part between two sums went back by this account: with the tax in it. */
static enum err book_back(struct cx *cx, const struct order_row *o, const struct order_change *c, const char *kind,
                          int64_t reverses, const char *debit, const char *credit, int64_t before,
                          int64_t after)
{
    int64_t gross, amount = after - before, tax;
    struct entry entries[3];
    TRY(bill_gross(cx, o->id, &gross));
    tax = tax_share(o->tax, gross, before, after);
    const struct entry all[] = {
        {.account = str_c(debit), .amount = amount - tax},
        {.account = STR("tax_payable"), .amount = tax},
        {.account = str_c(credit), .amount = -amount},
    };
    struct txn t = {.planet_id = o->planet_id, .kind = str_c(kind), .order_id = o->id, .grant_id = DB_NULL,
                    .rail_event_id = c->rail_event_id, .reverses = reverses, .memo = o->kind, .entries = entries};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].amount != 0) {
            entries[t.n_entries] = all[i];
            memcpy(entries[t.n_entries++].cur, o->currency.p, 3);
        }
    return ledger_post(cx, &t);
}

static enum err give_credit_back(struct cx *cx, const struct order_row *o,
                                 const struct order_change *c, int64_t *ret_amount)
{
    TRY(credit_return(cx, o->id, o->planet_id, o->account_id, o->currency, ret_amount));
    if (*ret_amount == 0)
        return OK;
    return book_back(cx, o, c, "refund", DB_NULL, "refunds", credit_account(cx, o->account_id).p, o->total,
                     o->total + *ret_amount);
}

static enum err on_refund(struct cx *cx, const struct order_row *o, enum state to,
                          const struct order_change *c)
{
    int64_t credit = 0;
    const char *from = c->by_hand ? "clearing:hand" : clearing(cx, o);
    TRY(book_back(cx, o, c, "refund", DB_NULL, "refunds", from, o->refunded, c->amount.minor));
    TRY(refund_arrived(cx, o->id, c->amount.minor));
    if (to == REFUNDED)
        TRY(give_credit_back(cx, o, c, &credit));
    TRY(bill_given_back(cx, o->id, o->refunded, c->amount.minor + credit, credit));
    TRY(on_single_changed(cx, o, c, to));
    if (to != REFUNDED)
        return OK;
    TRY(referral_undo(cx, o->id, "the payment was refunded"));
    TRY(q_post_right_revoke(cx, o->id, cx->now, NULL));
    return each_grant(cx, o, GRANT_REVOKE, "refunded");
}

/* The rights stay ended: the money is still owed, by hand. */
static enum err on_refund_lost(struct cx *cx, const struct order_row *o, const struct order_change *c)
{
    int64_t reverses = DB_NULL;
    bool found;
    TRY(q_txn_of_order(cx, o->id, STR("refund"), &found, &reverses));
    TRY(book_back(cx, o, c, "refund_lost", found ? reverses : DB_NULL, "refunds", clearing(cx, o), o->refunded,
                  c->amount.minor));
    return bill_given_back(cx, o->id, o->refunded, c->amount.minor, 0);
}

static enum err on_dispute(struct cx *cx, const struct order_row *o, const struct order_change *c)
{
    TRY(book(cx, o, c, "dispute", DB_NULL, DB_NULL, "disputes", clearing(cx, o),
             o->total - o->refunded));
    TRY(q_post_right_revoke(cx, o->id, cx->now, NULL));
    TRY(on_single_changed(cx, o, c, DISPUTED));
    TRY(each_grant(cx, o, GRANT_SUSPEND, "disputed"));
    return dispute_turned(cx, o->id, DISPUTE_OPENED, money_of(o->total - o->refunded, o->currency));
}

/* An upgrade that rests on the order that was won may be disputed itself. */
static enum err own_order_stands(struct cx *cx, int64_t order_id, bool *ret)
{
    struct order o;
    TRY(order_by_id(cx, order_id, &o));
    *ret = str_eq_c(o.state, "paid") || str_eq_c(o.state, "part_refunded");
    return OK;
}

enum err order_give_time_back(struct cx *cx, int64_t order_id, const char *why, const char *why_time)
{
    struct grant *grants;
    size_t n;
    TRY(upgrade_grants(cx, order_id, &grants, &n));
    for (size_t i = 0; i < n; i++) {
        int64_t since = cx->now;
        bool stands = str_eq_c(grants[i].state, "suspended");
        if (stands && grants[i].order_id != order_id)
            TRY(own_order_stands(cx, grants[i].order_id, &stands));
        if (!stands)
            continue;
        TRY(grant_history(cx, &grants[i]));
        for (size_t k = 0; k < grants[i].n_changes; k++)
            if (str_eq_c(grants[i].changes[k].kind, "suspend"))
                since = grants[i].changes[k].at;
        TRY(grant_note(cx, grants[i].id, GRANT_RESTORE, DB_NULL, str_c(why)));
        int64_t from = since > grants[i].starts_at ? since : grants[i].starts_at;
        if (grants[i].ends_at != DB_NULL && from < cx->now)
            TRY(grant_note(cx, grants[i].id, GRANT_EXTEND, grants[i].ends_at + (cx->now - from),
                           str_c(why_time)));
    }
    return OK;
}

static enum err on_dispute_won(struct cx *cx, const struct order_row *o, enum state to,
                               const struct order_change *c)
{
    int64_t reverses = DB_NULL;
    bool found;
    TRY(q_txn_of_order(cx, o->id, STR("dispute"), &found, &reverses));
    TRY(book(cx, o, c, "dispute_won", DB_NULL, found ? reverses : DB_NULL, clearing(cx, o),
             "disputes", o->total - o->refunded));
    TRY(q_post_right_restore(cx, o->id, NULL));
    TRY(on_single_changed(cx, o, c, to));
    TRY(order_give_time_back(cx, o->id, "dispute won", "time lost in the dispute"));
    return dispute_turned(cx, o->id, DISPUTE_WON, money_of(o->total - o->refunded, o->currency));
}

static enum err on_dispute_lost(struct cx *cx, const struct order_row *o,
                                const struct order_change *c)
{
    int64_t gross;
    TRY(bill_gross(cx, o->id, &gross));
    /* The money went when the dispute was opened; its tax is owed no more. */
    TRY(book(cx, o, c, "dispute_lost", DB_NULL, DB_NULL, "tax_payable", "disputes",
             tax_share(o->tax, gross, o->refunded, o->total)));
    TRY(bill_given_back(cx, o->id, o->refunded, o->total, 0));
    TRY(referral_undo(cx, o->id, "the payment was charged back"));
    TRY(on_single_changed(cx, o, c, LOST));
    TRY(dispute_turned(cx, o->id, DISPUTE_LOST, money_of(o->total - o->refunded, o->currency)));
    return each_grant(cx, o, GRANT_REVOKE, "dispute lost");
}

static enum err effects(struct cx *cx, const struct order_row *o, enum state from, enum state to,
                        const struct order_change *c, const char **ret_refused)
{
    switch (c->event) {
    case ORDER_PAID:
        return on_paid(cx, o, from, c, ret_refused);
    case ORDER_REFUND:
        return on_refund(cx, o, to, c);
    case ORDER_REFUND_LOST:
        return on_refund_lost(cx, o, c);
    case ORDER_DISPUTE:
        return on_dispute(cx, o, c);
    case ORDER_DISPUTE_WON:
        return on_dispute_won(cx, o, to, c);
    case ORDER_DISPUTE_LOST:
        return on_dispute_lost(cx, o, c);
    case ORDER_PENDING:
    case ORDER_EXPIRE:
    case ORDER_FAIL:
    case ORDER_CANCEL:
    case ORDER_EVENT_COUNT:
        break;
    }
    return OK;
}

/* P24: exact, or it is nobody's money. NULL: fits. */
static const char *misfit(const struct order_row *o, const struct order_change *c)
{
    bool money = c->event == ORDER_PAID || c->event == ORDER_REFUND || c->event == ORDER_REFUND_LOST;
    if (!money)
        return NULL;
    if (!str_eq_c(o->currency, c->amount.cur))
        return "another currency";
    if (c->event == ORDER_PAID && c->amount.minor != o->total)
        return "another amount";
    bool nothing = c->amount.minor <= 0 && o->total > 0;
    if (c->event == ORDER_REFUND && (nothing || c->amount.minor > o->total))
        return "a refund that does not fit";
    /* The same order paid a second time, by another scan of its code. */
    if (c->event == ORDER_PAID && o->paid_at != DB_NULL && c->rail_ref.p != NULL &&
        o->rail_ref.p != NULL && !str_eq(c->rail_ref, o->rail_ref))
        return "paid a second time";
    return NULL;
}

static enum err record(struct cx *cx, const struct order_row *o, const struct order_change *c,
                       enum state to, const char *detail)
{
    return q_order_event_insert(
        cx, id_next(cx->node->ids), o->id, cx->now, str_c(event_words[c->event]), o->state,
        to == NONE ? STR_NULL : str_c(state_words[to]), str_c(detail), NULL);
}

static enum err keep(struct cx *cx, const struct order_row *o, const struct order_change *c,
                     const char *reason, enum order_verdict *ret)
{
    TRY(order_unmatched(cx, o->planet_id, o->rail, c, o->number, reason));
    *ret = ORDER_UNMATCHED;
    return record(cx, o, c, NONE, reason);
}

/* What the row is after the change, or after one that only moved the rail's clock. */
static enum err write_row(struct cx *cx, const struct order_row *o, const struct order_change *c,
                          enum state to)
{
    bool paid = to == PAID && c->event == ORDER_PAID;
    bool refund = to != NONE && (c->event == ORDER_REFUND || c->event == ORDER_REFUND_LOST);
    bool names = to != NONE && c->rail_ref.p != NULL;
    int64_t rail_at = c->rail_at == DB_NULL ? o->rail_at : c->rail_at;
    return q_order_change(cx, o->id, to == NONE ? o->state : str_c(state_words[to]),
                          refund ? c->amount.minor : o->refunded, names ? c->rail_ref : o->rail_ref,
                          rail_at, paid ? cx->now : o->paid_at, NULL);
}

enum err order_apply(struct cx *cx, struct str number, const struct order_change *change,
                     enum order_verdict *ret)
{
    struct order_row o;
    const char *refused = NULL;
    TX_SCOPE(cx);
    TRY(q_order_by_number(cx, number, &o));
    if (!planet_is_locked(cx, o.planet_id)) {
        TRY(planet_lock(cx, o.planet_id));
        TRY(q_order_by_number(cx, number, &o)); /* again: another process may have held the lock */
    }

    enum state from = state_parse(o.state);
    const char *wrong = misfit(&o, change);
    if (wrong != NULL) {
        TRY(keep(cx, &o, change, wrong, ret));
        return tx_commit(cx);
    }
    bool stale = change->rail_at != DB_NULL && o.rail_at != DB_NULL && change->rail_at < o.rail_at;
    enum state to = stale ? NONE : next_state(&o, from, change);
    if (to != NONE)
        TRY(effects(cx, &o, from, to, change, &refused));
    if (refused != NULL && change->held)
        return cx->tell != NULL ? ERR_CONFLICT : cx_tell(cx, ERR_CONFLICT, N_("The buyer is a member for life already."));
    if (refused != NULL) {
        cx->tell = NULL; /* said to the owner, not to whoever brings the event */
        TRY(keep(cx, &o, change, refused, ret));
        return tx_commit(cx);
    }
    bool open = from == NEW || from == PENDING, gift = str_eq_c(o.kind, "gift");
    if (to != NONE && o.tier_id != DB_NULL && (gift || (open && change->event != ORDER_PAID && to != PENDING)))
        TRY(order_seat_moved(cx, o.tier_id));
    TRY(record(cx, &o, change, to, stale ? "older than what was applied" : NULL));
    if (!stale)
        TRY(write_row(cx, &o, change, to));
    *ret = to == NONE ? ORDER_RECORDED : ORDER_APPLIED;
    return tx_commit(cx);
}
