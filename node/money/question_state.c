/* What becomes of a question: paid, answered, declined, out of time; its money held, released, given back. */
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/credit.h"
#include "node/money/ledger.h"
#include "node/money/money.h"
#include "node/money/order_row.h"
#include "node/money/question_int.h"
#include "node/money/refund.h"
#include "node/node.h"
#include "node/people/audit.h"
#include "node/people/letter.h"
#include "node/planet/grant.h"
#include "node/planet/planet_sql.h"
#include "node/talk/answer.h"

#include <string.h>

enum { REMIND_FIRST = 3, REMIND_AGAIN = 6 }; /* days after it was paid */

enum err question_locked(struct cx *cx, int64_t id, struct question_row *ret)
{
    TRY(q_question_get(cx, id, ret));
    TRY(planet_lock(cx, ret->planet_id));
    return q_question_get(cx, id, ret); /* as it stands under the lock */
}

static bool in(const struct question_row *q, const char *state)
{
    return str_eq_c(q->state, state);
}

/* ---- telling ---- */

struct saying { const char *kind, *subject, *text; bool to_asker; struct str key; };

static enum err tell(struct cx *cx, const struct question_row *q, const struct saying *s)
{
    struct planet p;
    int64_t to = s->to_asker ? q->asker_id : q->answerer_id;
    TRY(planet_by_id(cx, q->planet_id, &p));
    LETTER_LANGUAGE(cx, to, q->planet_id);
    struct str v[] = {p.name, q->answerer_name, q->due_at == DB_NULL ? STR("") : i18n_date(cx, q->due_at),
                      i18n_money(cx, q->total, q->currency)};
    struct letter l = {
        .account_id = to,
        .planet_id = q->planet_id,
        .kind = s->kind,
        .subject = i18n_fill(cx->arena, tr(cx, s->subject), v, 4),
        .text = i18n_fill(cx->arena, tr(cx, s->text), v, 4),
        .page = question_path(cx, p.handle, q->id),
        .label = str_c(tr(cx, N_("To the question"))),
        .once_key = str_fmt(cx->arena, "question:%lld:" STR_FMT, (long long)q->id, STR_ARG(s->key)),
    };
    l.url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(l.page));
    return letter_put(cx, &l);
}

static enum err tell_asked(struct cx *cx, const struct question_row *q)
{
    const struct saying s = {"question", N_("A question for you in {0}"),
                             N_("Somebody has paid {3} to ask you a question in {0}. It waits for your answer until {2}; "
                                "after that the money goes back by itself."), false, STR("asked")};
    return tell(cx, q, &s);
}

static enum err tell_soon(struct cx *cx, const struct question_row *q, int day)
{
    const struct saying s = {"question", N_("A question in {0} still waits for you"),
                             N_("It can be answered until {2}; after that {3} go back to who asked."), false,
                             str_fmt(cx->arena, "remind:%d", day)};
    return tell(cx, q, &s);
}

static enum err tell_answered(struct cx *cx, const struct question_row *q)
{
    const struct saying s = {"question", N_("{1} has answered your question"),
                             N_("The answer to your question in {0} is there."), true, STR("answered")};
    return tell(cx, q, &s);
}

static enum err tell_back(struct cx *cx, const struct question_row *q, bool declined)
{
    const struct saying no = {"question", N_("{1} does not take up your question"),
                              N_("{1} does not answer your question in {0}. Your {3} go back the way you paid."), true,
                              STR("declined")};
    const struct saying late = {"question", N_("Your question in {0} was not answered in time"),
                                N_("{1} did not answer within the time. Your {3} go back the way you paid."), true,
                                STR("expired")};
    return tell(cx, q, declined ? &no : &late);
}

/* ---- the money ---- */

/* Two entries of one txn; from loses, to gains. */
static enum err move(struct cx *cx, const struct question_row *q, int64_t order_id, const char *kind, int64_t grant_id,
                     int64_t reverses, const char *debit, const char *credit, int64_t amount, int64_t *ret_txn_id)
{
    struct entry entries[2] = {{.account = str_c(debit), .amount = amount}, {.account = str_c(credit), .amount = -amount}};
    struct txn t = {
        .planet_id = q->planet_id,
        .kind = str_c(kind),
        .order_id = order_id,
        .grant_id = grant_id,
        .rail_event_id = DB_NULL,
        .reverses = reverses,
        .memo = STR("question"),
        .entries = entries,
        .n_entries = amount == 0 ? 0 : 2,
    };
    for (int i = 0; i < 2; i++)
        memcpy(entries[i].cur, q->currency.p, 3);
    TRY(ledger_post(cx, &t));
    if (ret_txn_id != NULL)
        *ret_txn_id = t.id;
    return OK;
}

static enum err held(struct cx *cx, const struct question_row *q, int64_t *ret)
{
    TRY(q_question_held(cx, q->order_id, ret));
    *ret = -*ret;
    return OK;
}

static enum err set_state(struct cx *cx, struct question_row *q, const char *state, struct str why)
{
    q->state = str_c(state);
    return q_question_set_state(cx, q->id, q->state, why, cx->now, NULL);
}

/* The answer is there and the payment stands: it is income now. */
static enum err release(struct cx *cx, struct question_row *q)
{
    int64_t amount;
    if (str_eq_c(q->order_state, "disputed"))
        return OK; /* until that is decided */
    TRY(held(cx, q, &amount));
    if (amount > 0)
        TRY(move(cx, q, q->order_id, "release", DB_NULL, DB_NULL, "held:questions", "revenue:question", amount, NULL));
    return set_state(cx, q, "released", STR(""));
}

/* Back by the way it came; where that can't, the owner owes it by hand. A dispute decides for itself. ERR_CONFLICT with a
 * sentence: a part of it is going back at this moment, and the rest has to wait for it. */
static enum err give_back(struct cx *cx, const struct question_row *q)
{
    int64_t id;
    const struct refund_new r = {.order_id = q->order_id, .kind = "question", .decided_by = DB_NULL, .said = STR("")};
    if (!str_eq_c(q->order_state, "paid") && !str_eq_c(q->order_state, "part_refunded"))
        return OK;
    enum err e = refund_send(cx, &r, &id);
    if (e != ERR_UNSUPPORTED)
        return e;
    cx->tell = NULL;
    return refund_owe(cx, &r, &id);
}

/* ---- paid ---- */

static enum err wake(struct cx *cx, const struct question_row *q)
{
    int64_t next = q->due_at;
    const int days[] = {REMIND_AGAIN, REMIND_FIRST};
    for (int i = 0; i < 2; i++) {
        int64_t at = q->paid_at + days[i] * MS_DAY;
        if (at > cx->now && at < next)
            next = at;
    }
    return job_put(cx, "money.question", q->id, STR_NULL, STR_NULL, next);
}

enum err question_paid(struct cx *cx, int64_t order_id)
{
    struct question_row q;
    int64_t id;
    bool found;
    TRY(q_question_of_order(cx, order_id, &found, &id));
    if (!found)
        return cx_fail(cx, ERR_INTERNAL, "an order of a question without one");
    TRY(q_question_get(cx, id, &q));
    TRY(q_question_set_held(cx, id, cx->now, cx->now + q.days * MS_DAY, NULL));
    TRY(q_question_get(cx, id, &q));
    TRY(tell_asked(cx, &q));
    return wake(cx, &q);
}

/* ---- answered, declined ---- */

enum err question_answer(struct cx *cx, int64_t id, struct str markdown)
{
    struct question_row q;
    TX_SCOPE(cx);
    TRY(question_locked(cx, id, &q));
    if (cx->viewer != 0 && cx->viewer != q.answerer_id)
        return ERR_NOT_FOUND;
    bool again = in(&q, "answered") || in(&q, "released");
    if (!again && (!in(&q, "held") || q.due_at <= cx->now))
        return cx_tell(cx, ERR_CONFLICT, N_("This question is closed: its money went back."));
    TRY(answer_store(cx, id, markdown));
    if (again)
        return tx_commit(cx);
    TRY(q_question_set_answered(cx, id, cx->now, NULL));
    TRY(q_question_get(cx, id, &q));
    TRY(tell_answered(cx, &q));
    TRY(release(cx, &q));
    return tx_commit(cx);
}

enum err question_decline(struct cx *cx, int64_t id, struct str why)
{
    struct question_row q;
    struct str words = str_trim(why);
    TX_SCOPE(cx);
    TRY(question_locked(cx, id, &q));
    if (cx->viewer != 0 && cx->viewer != q.answerer_id && planet_may_own(cx, q.planet_id) != OK)
        return ERR_NOT_FOUND;
    if (!in(&q, "held"))
        return cx_tell(cx, ERR_CONFLICT, N_("Only a question that waits for its answer can be declined."));
    if (str_eq_c(q.order_state, "disputed"))
        return cx_tell(cx, ERR_CONFLICT, N_("Its payment is disputed: the provider decides first."));
    if (!str_is_utf8(words) || str_utf8_len(words) > QUESTION_WHY_MAX)
        return cx_tell(cx, ERR_INVALID, N_("Please say it in at most 500 characters."));
    TRY(set_state(cx, &q, "declined", words.n == 0 ? STR("") : words));
    TRY(tell_back(cx, &q, true));
    TRY(audit_put(cx, "question.decline", id, STR_NULL));
    TRY(give_back(cx, &q));
    return tx_commit(cx);
}

/* ---- time ---- */

static enum err look_again(struct cx *cx, const struct question_row *q, int64_t in_ms)
{
    return job_put(cx, "money.question", q->id, STR_NULL, STR_NULL, cx->now + in_ms);
}

static enum err expire(struct cx *cx, struct question_row *q)
{
    if (str_eq_c(q->order_state, "disputed")) /* looked at again, and when it is decided */
        return look_again(cx, q, MS_DAY);
    enum err e = give_back(cx, q);
    if (e == ERR_CONFLICT) {
        cx->tell = NULL;
        return look_again(cx, q, MS_HOUR);
    }
    TRY(e);
    TRY(q_question_get(cx, q->id, q));
    if (in(q, "refunded")) /* at once, by a way that needs no call */
        return tell_back(cx, q, false);
    TRY(set_state(cx, q, "expired", STR("")));
    return tell_back(cx, q, false);
}

static enum err remind(struct cx *cx, const struct question_row *q)
{
    int64_t age = cx->now - q->paid_at;
    if (age >= REMIND_AGAIN * MS_DAY)
        return tell_soon(cx, q, REMIND_AGAIN);
    return age >= REMIND_FIRST * MS_DAY ? tell_soon(cx, q, REMIND_FIRST) : OK;
}

static enum err look(struct cx *cx, int64_t id)
{
    struct question_row q;
    TX_SCOPE(cx);
    TRY(question_locked(cx, id, &q));
    if (!in(&q, "held"))
        return tx_commit(cx);
    if (q.due_at <= cx->now) {
        TRY(expire(cx, &q));
        return tx_commit(cx);
    }
    TRY(remind(cx, &q));
    TRY(wake(cx, &q));
    return tx_commit(cx);
}

enum job_verdict question_run(struct cx *cx, const struct job *job)
{
    enum err e = look(cx, job->subject);
    return e == OK || e == ERR_NOT_FOUND ? JOB_DONE : JOB_RETRY;
}

/* ---- what happens to its order ---- */

/* What was booked as given back, or as lost, was held: no loss of the owner's. part of whole: as much of what is held as
 * of the payment (which has its tax in it, too). */
static enum err unhold(struct cx *cx, const struct question_row *q, const char *kind, const char *from, int64_t part,
                       int64_t whole)
{
    int64_t amount;
    TRY(held(cx, q, &amount));
    if (amount > 0 && part < whole)
        amount = (int64_t)((__int128)amount * part / whole);
    return amount <= 0 ? OK : move(cx, q, q->order_id, kind, DB_NULL, DB_NULL, "held:questions", from, amount, NULL);
}

enum err question_order(struct cx *cx, const struct order *o, enum order_event event, int64_t back, bool gone)
{
    struct question_row q;
    int64_t id;
    bool found;
    TRY(q_question_of_order(cx, o->id, &found, &id));
    if (!found)
        return OK;
    TRY(q_question_get(cx, id, &q));
    q.order_state = o->state;
    if (event == ORDER_REFUND)
        TRY(unhold(cx, &q, "refund", "refunds", back, o->total.minor - o->refunded));
    if (event == ORDER_DISPUTE_LOST)
        TRY(unhold(cx, &q, "dispute_lost", "disputes", 1, 1));
    if (gone)
        return in(&q, "refunded") ? OK : set_state(cx, &q, "refunded", q.why);
    if (event != ORDER_DISPUTE_WON)
        return OK;
    if (in(&q, "answered"))
        return release(cx, &q);
    bool over = in(&q, "held") && q.due_at <= cx->now;
    return over ? job_put(cx, "money.question", id, STR_NULL, STR_NULL, 0) : OK;
}

/* ---- the asker's share of listening in ---- */

static enum err give_days(struct cx *cx, const struct question_row *q, int64_t *ret_grant_id)
{
    struct membership m;
    struct term term;
    enum err e = membership_of(cx, q->planet_id, q->asker_id, &m);
    if (e == ERR_NOT_FOUND) /* was never a member: there is nothing to make longer */
        return OK;
    TRY(e);
    e = membership_next_term(cx, q->planet_id, q->asker_id, m.rank, STR("day"), q->share_days, &term);
    if (e == ERR_CONFLICT) { /* for life */
        cx->tell = NULL;
        return OK;
    }
    TRY(e);
    const struct grant_new g = {
        .account_id = q->asker_id,
        .planet_id = q->planet_id,
        .tier_id = m.tier_id,
        .kind = "referral",
        .term = term,
        .window_days = DB_NULL,
        .order_id = DB_NULL, /* the listener's order is not the asker's to see */
        .price_id = DB_NULL,
    };
    return grant_put(cx, &g, ret_grant_id);
}

enum err listen_paid(struct cx *cx, const struct order *o)
{
    struct question_row q;
    int64_t grant_id = DB_NULL, txn_id = DB_NULL, amount = 0;
    TRY(q_question_get(cx, o->post_id, &q));
    if (str_eq_c(q.share, "credit"))
        amount = (o->total.minor - o->tax) / 10000 * q.share_bp + (o->total.minor - o->tax) % 10000 * q.share_bp / 10000;
    if (str_eq_c(q.share, "days"))
        TRY(give_days(cx, &q, &grant_id));
    if (amount == 0 && grant_id == DB_NULL)
        return OK;
    TRY(move(cx, &q, o->id, "share", grant_id, DB_NULL, "revenue:listen_in", credit_account(cx, q.asker_id).p, amount,
             &txn_id));
    if (amount > 0)
        TRY(credit_add(cx, q.planet_id, q.asker_id, money_of(amount, q.currency)));
    return q_question_share_insert(cx, o->id, q.id, q.asker_id, grant_id, txn_id, amount, q.currency, NULL);
}

enum err listen_undone(struct cx *cx, const struct order *o)
{
    struct question_row q;
    struct question_share_get_row s;
    struct grant g;
    bool found;
    TRY(q_question_share_get(cx, o->id, &found, &s));
    if (!found || s.taken_back_at != DB_NULL)
        return OK;
    TRY(q_question_get(cx, o->post_id, &q));
    if (s.grant_id != DB_NULL) {
        TRY(grant_by_id(cx, s.grant_id, &g));
        if (!str_eq_c(g.state, "revoked"))
            TRY(grant_note(cx, g.id, GRANT_REVOKE, DB_NULL, STR("the listener's payment was taken back")));
    }
    TRY(move(cx, &q, o->id, "grant_change", s.grant_id, s.txn_id, credit_account(cx, s.account_id).p,
             "revenue:listen_in", s.amount, NULL));
    if (s.amount > 0)
        TRY(credit_add(cx, q.planet_id, s.account_id, money_of(-s.amount, s.currency)));
    return q_question_share_take_back(cx, o->id, cx->now, NULL);
}
