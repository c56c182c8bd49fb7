/* What a provider tells: from a message, a question or a list to the order. */
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/order_row.h"
#include "node/money/payer.h"
#include "node/money/rail.h"
#include "node/money/trial_order.h"
#include "node/money/refund.h"
#include "node/money/rail_account_sql.h"
#include "node/money/rail_sql.h"
#include "node/money/subscription.h"
#include "node/money/tray.h"
#include "node/money/tax.h"
#include "node/node.h"
#include "node/planet/planet_sql.h"

enum { BODY_MAX = 256 * 1024 }; /* P47 */

static bool stale(const struct order *o, const struct rail_state *s)
{
    return o->rail_at != DB_NULL && s->at < o->rail_at;
}

/* One move of the order; after money that fits nothing there is no further one. */
static enum err step(struct cx *cx, const struct rail_state *s, int64_t rail_event_id,
                     enum order_event event, enum order_verdict *so_far)
{
    struct order_change change = {
        .event = event,
        .amount = s->paid,
        .rail_ref = s->ref,
        .rail_event_id = rail_event_id,
        .rail_at = s->at,
    };
    enum order_verdict verdict;
    if (*so_far == ORDER_UNMATCHED)
        return OK;
    if (event == ORDER_REFUND)
        change.amount.minor = s->refunded;
    TRY(order_apply(cx, s->order_number, &change, &verdict));
    if (verdict != ORDER_RECORDED)
        *so_far = verdict;
    return OK;
}

/* Walk the order to where the rail says that the payment is. What happened last implies what must
 * have come before it, if that has not been told yet: a refund that the payment was made, a further
 * refund that an open dispute was won meanwhile (no rail gives back what is in dispute). */
static enum err follow(struct cx *cx, const struct rail_state *s, int64_t id,
                       enum order_verdict *ret)
{
    struct order o;
    bool won = s->event == ORDER_DISPUTE_WON, lost = s->event == ORDER_DISPUTE_LOST;
    bool back = s->event == ORDER_REFUND, open = s->event == ORDER_DISPUTE;
    *ret = ORDER_RECORDED;
    if (!won && !lost && !back && !open)
        return step(cx, s, id, s->event, ret);
    TRY(order_by_number(cx, s->order_number, &o));
    if (stale(&o, s))
        return step(cx, s, id, s->event, ret);
    bool disputed = str_eq_c(o.state, "disputed"), more = s->refunded > o.refunded;
    if (o.paid_at == DB_NULL)
        TRY(step(cx, s, id, ORDER_PAID, ret));
    if (disputed && (won || back || more))
        TRY(step(cx, s, id, ORDER_DISPUTE_WON, ret));
    if (more)
        TRY(step(cx, s, id, ORDER_REFUND, ret));
    bool again = disputed && (won || back || more); /* that dispute is over */
    if ((open || lost || (won && !disputed)) && (!disputed || again))
        TRY(step(cx, s, id, ORDER_DISPUTE, ret));
    if (lost || (won && !disputed))
        TRY(step(cx, s, id, s->event, ret));
    /* Nothing new: it is noted, and the rail's clock moves on. */
    return *ret == ORDER_RECORDED ? step(cx, s, id, s->event, ret) : OK;
}

/* Whose money do we take there? */
static enum err our_merchant(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str *ret_merchant,
                             bool *ret_live)
{
    struct rail_account_row row;
    if (rail->merchant != NULL)
        return rail->merchant(cx, planet_id, ret_merchant, ret_live);
    TRY(q_rail_account_by_rail(cx, planet_id, str_c(rail->name), &row));
    *ret_merchant = row.merchant;
    *ret_live = row.live != 0;
    return OK;
}

/* Whose money is this? NULL: that of an order of ours. */
static enum err stranger(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                         const struct rail_state *s, struct order *ret_order, const char **ret)
{
    struct str merchant;
    bool live;
    enum err e = order_by_number(cx, s->order_number, ret_order);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(our_merchant(cx, rail, planet_id, &merchant, &live));
    *ret = NULL;
    if (e == ERR_NOT_FOUND || ret_order->planet_id != planet_id)
        *ret = "no such order";
    else if (!str_eq_c(ret_order->rail, rail->name))
        *ret = "an order of another way of paying";
    else if (!str_eq(merchant, s->merchant))
        *ret = "another merchant";
    else if (live != s->live)
        *ret = live ? "test money" : "real money in test mode";
    return OK;
}

/* ---- which order is it? ---- */

static enum err find_by(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str ref,
                        struct rail_state *s)
{
    bool found;
    struct str number;
    if (s->order_number.n > 0 || ref.n == 0)
        return OK;
    TRY(q_rail_object_order(cx, str_c(rail->name), planet_id, ref, &found, &number));
    if (found)
        s->order_number = number;
    return OK;
}

static enum err find_order(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s)
{
    TRY(find_by(cx, rail, planet_id, s->ref, s));
    for (size_t i = 0; i < RAIL_REFS; i++)
        TRY(find_by(cx, rail, planet_id, s->refs[i], s));
    return OK;
}

static enum err remember(struct cx *cx, const struct pay_rail *rail, const struct rail_state *s, const struct order *o)
{
    if (s->ref.n > 0)
        TRY(q_rail_object_put(cx, str_c(rail->name), o->planet_id, s->ref, o->id, NULL));
    for (size_t i = 0; i < RAIL_REFS; i++)
        if (s->refs[i].n > 0)
            TRY(q_rail_object_put(cx, str_c(rail->name), o->planet_id, s->refs[i], o->id, NULL));
    return OK;
}

/* Refunds told one by one add up, whatever came when: what this one says is never old. */
static enum err add_up(struct cx *cx, const struct pay_rail *rail, struct rail_state *s)
{
    struct order o;
    int64_t sum;
    if (s->back_ref.n == 0)
        return OK;
    TRY(order_by_number(cx, s->order_number, &o));
    TRY(q_rail_back_put(cx, o.planet_id, str_c(rail->name), s->back_ref, o.id, s->back, NULL));
    TRY(q_rail_back_sum(cx, o.id, &sum));
    s->refunded = sum > o.refunded ? sum : o.refunded;
    if (o.rail_at != DB_NULL && s->at < o.rail_at)
        s->at = o.rail_at;
    return OK;
}

/* ---- by topic ---- */

/* How a subscription stands by what was told, as of when that was so. */
static enum err sub_told(struct cx *cx, const struct order *o, int64_t planet_id, const struct pay_rail *rail,
                         const struct rail_state *s, struct subscription *ret)
{
    return subscription_told(cx, o, planet_id, rail->name, &s->sub, s->sub.at != 0 ? s->sub.at : s->at, ret);
}

static enum err settle_order(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s,
                             int64_t event_id, enum order_verdict *ret)
{
    const char *reason;
    struct order o;
    struct subscription sub;
    bool taken;
    *ret = ORDER_RECORDED;
    TRY(tray_told(cx, rail, planet_id, s, event_id, &taken));
    if (taken)
        return OK;
    if (s->order_number.n == 0)
        return OK; /* the owner sells other things by this account, too */
    TRY(stranger(cx, rail, planet_id, s, &o, &reason));
    if (reason != NULL) {
        struct order_change change = {.event = s->event, .amount = s->paid, .rail_ref = s->ref, .rail_event_id = event_id};
        *ret = ORDER_UNMATCHED;
        return order_unmatched(cx, planet_id, str_c(rail->name), &change, s->order_number, reason);
    }
    TRY(remember(cx, rail, s, &o));
    if (s->event == ORDER_PENDING && s->seen)
        TRY(q_order_seen(cx, s->order_number, cx->now, NULL));
    TRY(order_tax_told(cx, o.id, s->country.n > 0 ? s->country : str_c(rail->country), s->tax));
    TRY(add_up(cx, rail, s));
    if (s->sub.ref.n > 0)
        TRY(sub_told(cx, &o, planet_id, rail, s, &sub));
    if (s->event == ORDER_PAID)
        TRY(payer_note(cx, &o, s));
    if (s->event == ORDER_PAID && trial_order_is(&o)) {
        TRY(trial_order_admit(cx, &o, s, &taken));
        s->event = taken || str_eq_c(o.state, "failed") ? ORDER_FAIL : ORDER_PAID;
    }
    return follow(cx, s, event_id, ret);
}

/* A further term: an order of its own, made now if the rail is the first to speak of it. began: the order that its
 * subscription began with, by the rail's word; when the first term was told by nobody yet, it is known by that. */
static enum err settle_renewal(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s,
                               struct str began, int64_t event_id, enum order_verdict *ret)
{
    struct subscription sub;
    struct order o;
    *ret = ORDER_RECORDED;
    bool known = began.n > 0 && order_by_number(cx, began, &o) == OK && o.planet_id == planet_id && str_eq_c(o.rail, rail->name);
    enum err e = sub_told(cx, known ? &o : NULL, planet_id, rail, s, &sub);
    if (e == ERR_NOT_FOUND)
        return OK; /* of something else that the owner sells */
    TRY(e);
    if (s->event == ORDER_PENDING)
        return OK;
    if (s->order_number.n == 0)
        TRY(subscription_order(cx, &sub, s->ref, s->paid.minor, &s->order_number));
    return settle_order(cx, rail, planet_id, s, event_id, ret);
}

static enum err fraud_warned(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s)
{
    struct order o;
    TRY(find_order(cx, rail, planet_id, s));
    if (s->order_number.n == 0)
        return OK;
    enum err e = order_by_number(cx, s->order_number, &o);
    if (e == ERR_NOT_FOUND || (e == OK && o.planet_id != planet_id))
        return OK; /* somebody else's: their owner hears it from their own account */
    TRY(e);
    return payer_warn(cx, &o);
}

static enum err settle(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_state *s,
                       int64_t event_id, enum order_verdict *ret)
{
    struct subscription sub;
    struct order o;
    enum err e;
    bool known;
    struct str began;
    *ret = ORDER_RECORDED;
    switch (s->topic) {
    case RAIL_ORDER:
        TRY(find_order(cx, rail, planet_id, s));
        return settle_order(cx, rail, planet_id, s, event_id, ret);
    case RAIL_RENEWAL:
        began = s->order_number; /* its metadata name the first one */
        s->order_number = STR_NULL;
        TRY(find_order(cx, rail, planet_id, s));
        return settle_renewal(cx, rail, planet_id, s, began, event_id, ret);
    case RAIL_SUBSCRIPTION:
        TRY(find_order(cx, rail, planet_id, s));
        known = order_by_number(cx, s->order_number, &o) == OK && o.planet_id == planet_id;
        e = sub_told(cx, known ? &o : NULL, planet_id, rail, s, &sub);
        *ret = e == OK ? ORDER_APPLIED : ORDER_RECORDED;
        return e == ERR_NOT_FOUND ? OK : e;
    case RAIL_REFUND_LOST:
        TRY(refund_lost(cx, planet_id, s->refund_key, s->refs[0], s->note, s->at, &known));
        *ret = known ? ORDER_APPLIED : ORDER_RECORDED;
        return OK;
    case RAIL_WARNING:
        return s->fraud ? fraud_warned(cx, rail, planet_id, s) : OK;
    case RAIL_NOTHING:
        break;
    }
    return OK;
}

struct settling {
    const struct pay_rail *rail;
    int64_t planet_id;
    struct str raw;
    const struct rail_state *told;
    enum order_verdict verdict;
};

/* In a transaction. */
static enum err settle_once(struct cx *cx, void *arg)
{
    static const char *const words[] = {[ORDER_APPLIED] = "applied",
                                        [ORDER_RECORDED] = "recorded",
                                        [ORDER_UNMATCHED] = "unmatched"};
    struct settling *w = arg;
    struct rail_state s = *w->told;
    int64_t inserted, id = id_next(cx->node->ids);
    w->verdict = ORDER_RECORDED;
    TRY(planet_lock(cx, w->planet_id));
    TRY(q_rail_event_insert(cx, id, str_c(w->rail->name), w->planet_id, s.event_id, w->raw, cx->now, &inserted));
    if (inserted == 0)
        return OK;
    TRY(settle(cx, w->rail, w->planet_id, &s, id, &w->verdict));
    return w->verdict == ORDER_APPLIED ? OK : q_rail_event_verdict(cx, id, str_c(words[w->verdict]), NULL);
}

enum err rail_settle(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str raw,
                     const struct rail_state *told, enum order_verdict *ret_verdict)
{
    struct settling w = {.rail = rail, .planet_id = planet_id, .raw = raw, .told = told};
    TRY(tx_together(cx, settle_once, &w));
    if (ret_verdict != NULL)
        *ret_verdict = w.verdict;
    return OK;
}

/* ---- messages ---- */

static bool unreachable(enum err e)
{
    return e == ERR_UPSTREAM || e == ERR_TIMEOUT || e == ERR_BUSY || e == ERR_RATE_LIMITED;
}

/* What was verified: is it new, and is there something to ask? */
static enum err heard(struct cx *cx, struct rail_heard *h)
{
    int64_t n;
    if (h->state.event_id.n == 0)
        return cx_fail(cx, ERR_INVALID, "a message without a name");
    TRY(q_rail_event_known(cx, str_c(h->rail->name), h->planet_id, h->state.event_id, &n));
    h->known = n > 0;
    bool about = h->state.topic == RAIL_ORDER || h->state.topic == RAIL_RENEWAL;
    h->asks = !h->known && about && h->rail->fetch_state != NULL;
    return OK;
}

enum err rail_hear(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, const struct rail_message *m,
                   struct rail_heard *ret)
{
    struct planet planet;
    *ret = (struct rail_heard){.rail = rail, .planet_id = planet_id, .body = m->body, .message = m};
    if (m->body.n > BODY_MAX)
        return ERR_TOO_LARGE;
    TRY(planet_by_id(cx, planet_id, &planet));
    TRY(rail_account_for(cx, rail, planet_id, &ret->account));
    if (rail->verify == NULL)
        return ERR_NOT_FOUND;
    enum err e = rail->verify(cx, &ret->account, m, &ret->state);
    if (e == ERR_BUSY && rail->learn != NULL) {
        ret->unproved = ret->asks = true;
        return OK;
    }
    TRY(e);
    return heard(cx, ret);
}

/* A message whose key had to be learned first. */
static enum err prove(struct cx *cx, const struct rail_heard *h, struct rail_heard *ret)
{
    *ret = *h;
    ret->unproved = false;
    if (!h->asks)
        return ERR_BUSY;
    TRY(h->rail->learn(cx, &ret->account, h->message, &ret->state));
    return heard(cx, ret);
}

enum err rail_follow(struct cx *cx, const struct rail_heard *h, enum order_verdict *ret_verdict)
{
    struct rail_heard proved;
    struct rail_state s;
    struct order o;
    if (ret_verdict != NULL)
        *ret_verdict = ORDER_RECORDED;
    if (h->unproved) {
        TRY(prove(cx, h, &proved));
        h = &proved;
    }
    s = h->state;
    if (h->known)
        return OK;
    if (s.hint && !h->asks)
        return ERR_BUSY;
    if (h->asks) {
        struct rail_state now = s;
        TRY(find_order(cx, h->rail, h->planet_id, &now));
        bool ours = now.topic == RAIL_ORDER && order_by_number(cx, now.order_number, &o) == OK &&
                    o.planet_id == h->planet_id;
        enum err e = h->rail->fetch_state(cx, &h->account, ours ? &o : NULL, &now);
        if (e != OK && (s.hint || !unreachable(e)))
            return e;
        if (e == OK)
            s = now; /* with its own event_id, if the rail has found something that counts once */
    }
    if ((s.topic == RAIL_WARNING || s.topic == RAIL_REFUND_LOST) && s.note.n > 0)
        TRY(rail_account_say(cx, &h->account, s.note));
    return rail_settle(cx, h->rail, h->planet_id, h->body, &s, ret_verdict);
}

enum err rail_receive(struct cx *cx, struct str rail_name, int64_t planet_id, struct str body,
                      struct str signature, const struct rail_header *headers, size_t n_headers,
                      enum order_verdict *ret_verdict)
{
    const struct pay_rail *rail = rail_by_name(rail_name);
    const struct rail_message m = {.body = body, .signature = signature, .headers = headers, .n_headers = n_headers};
    struct rail_heard h;
    if (rail == NULL)
        return ERR_NOT_FOUND;
    TRY(rail_hear(cx, rail, planet_id, &m, &h));
    return rail_follow(cx, &h, ret_verdict);
}

/* ---- questions ---- */

/* Does what the rail says differ from what the order is? */
static bool is_news(const struct order *o, const struct rail_state *s)
{
    bool paid = o->paid_at != DB_NULL, disputed = str_eq_c(o->state, "disputed"), lost = str_eq_c(o->state, "lost");
    bool open = str_eq_c(o->state, "new") || str_eq_c(o->state, "pending");
    switch (s->event) {
    case ORDER_PENDING: return open && s->seen && o->seen_at == DB_NULL;
    case ORDER_PAID: return !paid || disputed;
    case ORDER_REFUND: return !paid || disputed || s->refunded > o->refunded;
    case ORDER_REFUND_LOST: return s->refunded < o->refunded;
    case ORDER_DISPUTE: return !disputed;
    case ORDER_DISPUTE_WON: return !paid || disputed || s->refunded > o->refunded;
    case ORDER_DISPUTE_LOST: return !lost;
    case ORDER_EXPIRE:
    case ORDER_FAIL:
    case ORDER_CANCEL: return open;
    case ORDER_EVENT_COUNT: break;
    }
    return false;
}

enum err rail_look(struct cx *cx, struct str order_number)
{
    struct order o;
    struct rail_account acc;
    TRY(order_by_number(cx, order_number, &o));
    const struct pay_rail *rail = rail_by_name(o.rail);
    if (rail == NULL || rail->fetch_state == NULL || o.rail_ref.n == 0)
        return ERR_UNSUPPORTED;
    TRY(rail_account_for(cx, rail, o.planet_id, &acc));
    struct rail_state s = {
        .order_number = o.number,
        .ref = o.rail_ref,
        .event = ORDER_PENDING,
        .at = cx->now,
        .paid = o.total,
        .merchant = acc.merchant,
        .live = acc.live,
    };
    TRY(rail->fetch_state(cx, &acc, &o, &s));
    if (!is_news(&o, &s))
        return OK;
    s.order_number = o.number;
    if (s.event_id.n == 0)
        s.event_id = str_fmt(cx->arena, "look:" STR_FMT ":%s:%lld:%lld", STR_ARG(o.number), order_event_word(s.event),
                         (long long)s.refunded, (long long)s.at);
    return rail_settle(cx, rail, o.planet_id, STR("{}"), &s, NULL);
}

/* When to ask again, in seconds after the last time; hourly behind them (P42). */
static const int waits_s[] = {15, 30, 60, 120, 300, 600, 1800};
enum { N_WAITS = sizeof waits_s / sizeof *waits_s };

enum job_verdict rail_look_run(struct cx *cx, const struct job *job)
{
    struct order o;
    int64_t n = 0;
    if (order_by_id(cx, job->subject, &o) != OK)
        return JOB_DONE;
    bool open = str_eq_c(o.state, "new") || str_eq_c(o.state, "pending");
    bool given_up = str_eq_c(o.state, "expired") || str_eq_c(o.state, "cancelled");
    int64_t end = o.expires_at == DB_NULL ? INT64_MAX : o.expires_at + MS_DAY;
    if ((!open && !given_up) || cx->now > end)
        return JOB_DONE;
    enum err e = rail_look(cx, o.number);
    if (e == ERR_UNSUPPORTED || e == ERR_NOT_FOUND)
        return JOB_DONE;
    if (e != OK && !unreachable(e))
        return JOB_RETRY;
    if (order_by_id(cx, job->subject, &o) == OK && o.paid_at != DB_NULL)
        return JOB_DONE;
    (void)str_to_i64(job->payload, &n);
    n = n < 0 ? 0 : n + 1;
    int64_t wait = n < N_WAITS ? waits_s[n] * MS_SECOND : MS_HOUR;
    if (tx_begin(cx) != OK)
        return JOB_RETRY;
    if (job_put(cx, "pay.look", o.id, str_fmt(cx->arena, "%lld", (long long)n), STR_NULL, cx->now + wait) != OK) {
        tx_rollback(cx);
        return JOB_RETRY;
    }
    return tx_commit(cx) == OK ? JOB_DONE : JOB_RETRY;
}
