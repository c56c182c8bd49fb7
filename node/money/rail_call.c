#include "node/money/rail_call.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/money.h"
#include "node/money/quote.h"
#include "node/money/rail_call_sql.h"
#include "node/money/rail_sub_call.h"
#include "node/money/rail_sql.h"
#include "node/money/refund.h"
#include "node/money/subscription.h"
#include "node/money/tray.h"
#include "node/node.h"
#include "node/people/letter.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum {
    CALL_MS = 20000,     /* all that one call asks its provider */
    LEASE_MS = 60000,    /* longer than that: who holds it has died */
    JSON_MAX = 65536,
    CAPTURES_MAX = 5,    /* a buyer whose cards are all declined */
    HANGS = 6,           /* tries of the job before somebody is told: five hours, by the usual backoff */
};

/* ---- writing it down ---- */

static struct str request_json(struct cx *cx, const struct rail_call_new *c)
{
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    if (c->visit != NULL) {
        jw_key_opt(&w, "ip", c->visit->ip);
        if (str_is_utf8(c->visit->agent))
            jw_key_opt(&w, "agent", c->visit->agent);
        jw_key_opt(&w, "openid", c->visit->openid);
    }
    if (c->price_id != 0)
        jw_key_i64(&w, "price", c->price_id);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR("{}");
}

enum err rail_call_put(struct cx *cx, const struct rail_call_new *c, int64_t *ret_id)
{
    struct rail_call_row row;
    struct order o;
    struct str of, key;
    bool found;
    if (c->order_id != DB_NULL) {
        TRY(order_by_id(cx, c->order_id, &o));
        of = o.number;
    } else if (c->unmatched_id != 0) {
        of = str_fmt(cx->arena, "tray%lld", (long long)c->unmatched_id);
    } else {
        of = str_fmt(cx->arena, "sub%lld", (long long)c->subscription_id);
    }
    key = str_fmt(cx->arena, STR_FMT "-%s%s" STR_FMT, STR_ARG(of), c->step,
                  c->group.n > 0 ? "-" : "", STR_ARG(c->group));
    TRY(q_rail_call_by_key(cx, key, &found, &row));
    if (found) {
        *ret_id = row.id;
        return OK;
    }
    *ret_id = id_next(cx->node->ids);
    TRY(q_rail_call_insert(cx, *ret_id, c->planet_id, str_c(c->rail->name), c->order_id, c->subscription_id,
                           str_c(c->step), key, c->amount, request_json(cx, c), cx->now,
                           c->unmatched_id == 0 ? DB_NULL : c->unmatched_id, NULL));
    return job_put(cx, "pay.call", *ret_id, STR_NULL, STR_NULL, c->wait_s == 0 ? 0 : cx->now + c->wait_s * MS_SECOND);
}

enum err rail_call_by_id(struct cx *cx, int64_t id, struct rail_call *ret)
{
    struct rail_call_row r;
    TRY(q_rail_call_by_id(cx, id, &r));
    *ret = (struct rail_call){.id = r.id, .order_id = r.order_id, .subscription_id = r.subscription_id,
                              .tries = r.tries, .created_at = r.created_at, .ended_at = r.ended_at, .step = r.step,
                              .state = r.state, .answer = r.answer, .error = r.last_error};
    return OK;
}

/* ---- what a checkout answered ---- */

static struct str way_json(struct cx *cx, const struct rail_way *way)
{
    static const char *const words[] = {[RAIL_GO_URL] = "url", [RAIL_GO_CODE] = "code", [RAIL_GO_PAGE] = "page"};
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "go", words[way->go]);
    jw_key_opt(&w, "url", way->url);
    jw_key_opt(&w, "ref", way->ref);
    jw_key_opt(&w, "data", way->data);
    jw_key_i64(&w, "expires_at", way->expires_at);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR_NULL;
}

enum err rail_way_of(struct cx *cx, const struct order *o, struct rail_way *ret)
{
    static const struct json_limits limits = {.max_bytes = JSON_MAX};
    struct rail_call_row *rows;
    size_t n;
    json_t *j;
    TRY(q_rail_call_of_order(cx, o->id, STR("checkout"), &rows, &n));
    if (n == 0 || rows[n - 1].answer.n == 0)
        return ERR_NOT_FOUND;
    TRY(json_read(cx->arena, rows[n - 1].answer, &limits, &j));
    struct str go = ld_str(j, "go");
    *ret = (struct rail_way){.url = ld_str(j, "url"), .ref = ld_str(j, "ref"), .data = ld_str(j, "data")};
    ret->go = str_eq_c(go, "code") ? RAIL_GO_CODE : str_eq_c(go, "page") ? RAIL_GO_PAGE : RAIL_GO_URL;
    (void)ld_i64(j, "expires_at", &ret->expires_at);
    return OK;
}

/* ---- making it ---- */

struct making {
    struct rail_call_row row;
    const struct pay_rail *rail;
    struct rail_account account;
    struct order order;
    struct subscription of;
    struct rail_sub sub;
    struct price price;
    struct rail_visit visit;
    struct rail_step step;
    struct rail_way way;
    struct rail_refunded refunded;
    struct rail_repriced repriced;
    bool overtaken;      /* a newer call says otherwise: nothing is to be done */
};

/* The first order of a subscription whose price is to change, and what a further term costs then. */
static enum err load_price(struct cx *cx, struct making *m, int64_t price_id)
{
    struct order then;
    struct planet p;
    TRY(price_by_id(cx, price_id, &m->price));
    TRY(order_by_id(cx, m->of.order_id, &m->order));
    TRY(planet_by_id(cx, m->row.planet_id, &p));
    then = m->order;
    then.list_amount = m->price.money.minor;
    TRY(quote_further(cx, &then, 0, &m->step.amount));
    m->step.price = &m->price;
    m->step.order = &m->order;
    m->step.return_url = str_fmt(cx->arena, STR_FMT "/@" STR_FMT "/membership", STR_ARG(cx->node->origin), STR_ARG(p.handle));
    return OK;
}

static enum err load(struct cx *cx, struct making *m)
{
    json_t *j;
    int64_t price_id = 0;
    const struct rail_call_row *r = &m->row;
    m->rail = rail_by_name(r->rail);
    if (m->rail == NULL)
        return cx_fail(cx, ERR_INVALID, "no such rail");
    TRY(rail_account_for(cx, m->rail, r->planet_id, &m->account));
    m->step = (struct rail_step){.id = r->id, .name = r->step, .key = r->idem_key, .account = &m->account,
                                 .tries = (int)r->tries};
    TRY(rail_hook_url(cx, m->rail, r->planet_id, &m->step.hook_url));
    TRY(json_read(cx->arena, r->request, NULL, &j));
    m->visit = rail_visit_of(ld_str(j, "ip"), ld_str(j, "agent"));
    m->visit.openid = ld_str(j, "openid");
    m->step.visit = &m->visit;
    if (r->order_id != DB_NULL) {
        TRY(order_by_id(cx, r->order_id, &m->order));
        m->step.order = &m->order;
        m->step.return_url = str_fmt(cx->arena, STR_FMT "/pay/" STR_FMT "?back=1", STR_ARG(cx->node->origin),
                                     STR_ARG(m->order.number));
        m->step.amount = money_of(r->amount == DB_NULL ? 0 : r->amount, str_c(m->order.total.cur));
    }
    if (r->unmatched_id != DB_NULL) {
        TRY(tray_order(cx, r->unmatched_id, &m->order));
        m->step.order = &m->order;
        m->step.amount = money_of(r->amount, str_c(m->order.total.cur));
    }
    if (r->subscription_id != DB_NULL) {
        TRY(subscription_by_id(cx, r->subscription_id, &m->of));
        m->sub = (struct rail_sub){.ref = m->of.ref, .customer = m->of.customer, .state = m->of.state,
                                   .ends_with_term = m->of.ends_with_term, .period_end = m->of.period_end};
        m->step.sub = &m->sub;
        (void)ld_i64(j, "price", &price_id);
        TRY(sub_call_overtaken(cx, r->id, &m->of, r->step, price_id, &m->overtaken));
    }
    return price_id == 0 || m->overtaken ? OK : load_price(cx, m, price_id);
}

static enum err call(struct cx *cx, struct making *m)
{
    struct str name = m->row.step;
    bool price = str_eq_c(name, "reprice") || str_eq_c(name, "agreed");
    if (m->overtaken)
        return OK;
    if (str_eq_c(name, "checkout")) {
        bool open = str_eq_c(m->order.state, "new") || str_eq_c(m->order.state, "pending");
        if (!open || (m->order.expires_at != DB_NULL && m->order.expires_at <= cx->now))
            return cx_tell(cx, ERR_CONFLICT, N_("This order is closed. Please start again."));
        return m->rail->checkout(cx, &m->step, &m->way);
    }
    if (str_eq_c(name, "refund") && m->rail->refund != NULL)
        return m->rail->refund(cx, &m->step, &m->refunded);
    if (str_eq_c(name, "close") && m->rail->close != NULL)
        return m->rail->close(cx, &m->step);
    if (str_eq_c(name, "capture") && m->rail->capture != NULL)
        return m->rail->capture(cx, &m->step);
    if (price && m->rail->reprice != NULL && m->step.price != NULL)
        return m->rail->reprice(cx, &m->step, &m->repriced);
    bool resume = str_eq_c(name, "resume"), end = str_eq_c(name, "end") || str_eq_c(name, "drop");
    if ((resume || end || str_eq_c(name, "cancel")) && m->rail->renewal != NULL)
        return m->rail->renewal(cx, &m->step, resume);
    return cx_fail(cx, ERR_INVALID, "this rail knows no such step");
}

static enum err opened(struct cx *cx, struct making *m)
{
    enum order_verdict verdict;
    struct order_change change = {
        .event = ORDER_PENDING, .rail_ref = m->way.ref, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
    TRY(order_by_id(cx, m->order.id, &m->order));
    if (m->way.ref.n > 0)
        TRY(q_rail_object_put(cx, m->row.rail, m->row.planet_id, m->way.ref, m->order.id, NULL));
    if (str_eq_c(m->order.state, "new"))
        TRY(order_apply(cx, m->order.number, &change, &verdict));
    if (m->rail->fetch_state == NULL)
        return OK;
    return job_put(cx, "pay.look", m->order.id, STR("0"), STR_NULL, cx->now + 15 * MS_SECOND);
}

static struct str refund_json(struct cx *cx, const struct rail_refunded *r)
{
    static const char *const words[] = {
        [RAIL_REFUND_SENT] = "sent", [RAIL_REFUND_DONE] = "done", [RAIL_REFUND_FAILED] = "failed"};
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "state", words[r->state]);
    jw_key_opt(&w, "ref", r->ref);
    jw_key_opt(&w, "why", r->why);
    jw_key_opt(&w, "url", r->url);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR_NULL;
}

enum err rail_claim_of(struct cx *cx, const struct order *o, struct str *ret_url)
{
    static const struct json_limits limits = {.max_bytes = JSON_MAX};
    struct rail_call_row *rows;
    size_t n;
    json_t *j;
    if (cx->viewer != 0 && cx->viewer != o->account_id)
        return ERR_NOT_FOUND;
    TRY(q_rail_call_of_order(cx, o->id, STR("refund"), &rows, &n));
    for (size_t i = n; i-- > 0;)
        if (rows[i].answer.n > 0 && json_read(cx->arena, rows[i].answer, &limits, &j) == OK && ld_str(j, "url").n > 0) {
            *ret_url = ld_str(j, "url");
            return OK;
        }
    return ERR_NOT_FOUND;
}

/* Where its payer agrees to another price. */
static struct str agree_json(struct cx *cx, const struct making *m)
{
    struct buf b;
    struct jw w;
    if (!str_eq_c(m->row.step, "reprice") || m->repriced.agree.n == 0)
        return STR_NULL;
    buf_init_arena(&b, cx->arena, JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "url", m->repriced.agree);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR_NULL;
}

enum err rail_agree_of(struct cx *cx, const struct subscription *s, struct str *ret_url)
{
    static const struct json_limits limits = {.max_bytes = JSON_MAX};
    struct str answer = STR_NULL;
    bool found;
    json_t *j;
    if (cx->viewer != 0 && cx->viewer != s->account_id)
        return ERR_NOT_FOUND;
    TRY(q_rail_call_agree(cx, s->id, &found, &answer));
    if (!found || answer.n == 0)
        return ERR_NOT_FOUND;
    TRY(json_read(cx->arena, answer, &limits, &j));
    *ret_url = ld_str(j, "url");
    return ret_url->n > 0 ? OK : ERR_NOT_FOUND;
}

/* Money that doesn't come by itself: its buyer is told where it waits. */
static enum err tell_claim(struct cx *cx, const struct making *m)
{
    struct planet p;
    if (m->refunded.url.n == 0)
        return OK;
    TRY(planet_by_id(cx, m->order.planet_id, &p));
    LETTER_LANGUAGE(cx, m->order.account_id, p.id);
    struct str v[] = {p.name, i18n_money(cx, m->step.amount.minor, str_c(m->step.amount.cur)), m->order.number};
    const struct letter l = {
        .account_id = m->order.account_id,
        .planet_id = p.id,
        .kind = "refund",
        .subject = str_c(tr(cx, N_("Your money waits for you to fetch it"))),
        .text = i18n_fill(cx->arena, tr(cx, N_("{0} gives you {1} back. It does not come by itself: open the page below and say where it is to go.\n\nOrder {2}")), v, 3),
        .url = m->refunded.url,
        .label = str_c(tr(cx, N_("Fetch the money"))),
        .page = str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(m->order.number)),
        .once_key = str_fmt(cx->arena, "refund-claim:" STR_FMT, STR_ARG(m->row.idem_key)),
    };
    return letter_put(cx, &l);
}

/* The rail says that it is done: so it is, whether or not its message comes, too. What its messages told until now
 * holds ours if our refund's row has arrived; without a row, the sum of what was told by name does. */
static enum err given_back(struct cx *cx, struct making *m)
{
    enum order_verdict verdict;
    struct order_change change = {.event = ORDER_REFUND, .rail_ref = STR_NULL, .rail_event_id = DB_NULL,
                                  .rail_at = DB_NULL};
    bool known, arrived;
    int64_t sum;
    if (m->refunded.ref.n > 0)
        TRY(q_rail_object_put(cx, m->row.rail, m->row.planet_id, m->refunded.ref, m->order.id, NULL));
    if (m->refunded.state != RAIL_REFUND_DONE)
        return OK;
    TRY(planet_lock(cx, m->row.planet_id)); /* what is read now is added to */
    TRY(q_rail_back_put(cx, m->row.planet_id, m->row.rail, m->step.key, m->order.id, m->step.amount.minor, NULL));
    TRY(q_rail_back_sum(cx, m->order.id, &sum));
    TRY(order_by_id(cx, m->order.id, &m->order));
    TRY(refund_of_call(cx, m->row.id, &known, &arrived));
    if (known && !arrived)
        sum = m->order.refunded + m->step.amount.minor;
    if (sum > m->order.total.minor)
        sum = m->order.total.minor;
    change.amount = money_of(sum, str_c(m->order.total.cur));
    if (m->order.refunded >= sum)
        return OK;
    return order_apply(cx, m->order.number, &change, &verdict);
}

static enum err end_well(struct cx *cx, struct making *m)
{
    struct str answer = STR_NULL, error = STR_NULL;
    bool failed = false;
    TX_SCOPE(cx);
    if (str_eq_c(m->row.step, "checkout")) {
        answer = way_json(cx, &m->way);
        TRY(opened(cx, m));
    } else if (m->row.unmatched_id != DB_NULL) {
        answer = refund_json(cx, &m->refunded);
        failed = m->refunded.state == RAIL_REFUND_FAILED;
        error = m->refunded.why;
        TRY(tray_given_back(cx, m->row.unmatched_id, &m->refunded));
    } else if (str_eq_c(m->row.step, "refund")) {
        answer = refund_json(cx, &m->refunded);
        failed = m->refunded.state == RAIL_REFUND_FAILED;
        error = m->refunded.why;
        TRY(given_back(cx, m));
        TRY(tell_claim(cx, m));
        TRY(refund_call_ended(cx, m->row.id, failed, m->refunded.ref, error));
    } else if (!m->overtaken && m->row.subscription_id != DB_NULL) {
        answer = agree_json(cx, m);
        TRY(sub_call_ended(cx, &m->of, &m->step, &m->repriced));
    }
    TRY(q_rail_call_end(cx, m->row.id, failed ? STR("failed") : STR("done"), answer, error, cx->now, NULL));
    return tx_commit(cx);
}

static bool may_pass(enum err e)
{
    return e == ERR_UPSTREAM || e == ERR_TIMEOUT || e == ERR_BUSY || e == ERR_RATE_LIMITED || e == ERR_STORAGE ||
           e == ERR_INTERNAL;
}

static enum err end_badly(struct cx *cx, const struct making *m, enum err e)
{
    struct str why = cx->tell != NULL ? str_c(cx->tell) : str_c(err_name(e));
    const char *tell = cx->tell;
    TX_SCOPE(cx);
    if (may_pass(e))
        TRY(q_rail_call_again(cx, m->row.id, why, NULL));
    else
        TRY(q_rail_call_end(cx, m->row.id, STR("failed"), STR_NULL, why, cx->now, NULL));
    const struct rail_refunded refused = {.state = RAIL_REFUND_FAILED, .why = why};
    if (!may_pass(e) && m->row.unmatched_id != DB_NULL)
        TRY(tray_given_back(cx, m->row.unmatched_id, &refused));
    else if (!may_pass(e) && str_eq_c(m->row.step, "refund"))
        TRY(refund_call_ended(cx, m->row.id, true, STR_NULL, why));
    else if (!may_pass(e) && str_eq_c(m->row.step, "reprice"))
        TRY(sub_call_refused(cx, m->row.subscription_id));
    else if (!may_pass(e) && m->row.subscription_id != DB_NULL && !str_eq_c(m->row.step, "resume") &&
             !str_eq_c(m->row.step, "agreed"))
        TRY(sub_stop_refused(cx, m->row.subscription_id, m->row.id, why));
    TRY(tx_commit(cx));
    cx->tell = tell;
    return e;
}

enum err rail_call_make(struct cx *cx, int64_t id)
{
    struct making *m = ARENA_NEW(cx->arena, struct making);
    int64_t claimed, by = cx->call_by;
    TRY(q_rail_call_claim(cx, id, cx->now, cx->now + LEASE_MS, &claimed));
    TRY(q_rail_call_by_id(cx, id, &m->row));
    if (claimed == 0 && str_eq_c(m->row.state, "done"))
        return OK;
    if (claimed == 0 && str_eq_c(m->row.state, "failed")) {
        cx->tell = m->row.last_error.n > 0 ? str_z(cx->arena, m->row.last_error) : NULL;
        return ERR_CONFLICT;
    }
    if (claimed == 0) {
        cx->retry_after_s = 5;
        return ERR_BUSY;
    }
    if (by == 0)
        cx->call_by = clock_monotonic() + CALL_MS;
    enum err e = load(cx, m);
    if (e == OK)
        e = call(cx, m);
    cx->call_by = by;
    return e == OK ? end_well(cx, m) : end_badly(cx, m, e);
}

/* Hours of trying: who gave the money back, and who waits for it, think that it is on its way. */
static enum err say_it_hangs(struct cx *cx, int64_t id)
{
    struct rail_call_row row;
    TX_SCOPE(cx);
    TRY(q_rail_call_by_id(cx, id, &row));
    TRY(refund_call_hangs(cx, id, row.last_error));
    return tx_commit(cx);
}

enum job_verdict rail_call_run(struct cx *cx, const struct job *job)
{
    struct rail_call c;
    enum err e = rail_call_make(cx, job->subject);
    if (e == OK || rail_call_by_id(cx, job->subject, &c) == ERR_NOT_FOUND || str_eq_c(c.state, "failed"))
        return JOB_DONE; /* the order's page and the desk tell of a failure */
    if (e == ERR_BUSY && str_eq_c(c.state, "calling"))
        cx->retry_after_s = LEASE_MS / MS_SECOND;
    if (job->attempts == HANGS && say_it_hangs(cx, job->subject) != OK)
        cx->fail = "nobody could be told that a call hangs";
    return JOB_RETRY;
}

/* ---- what others ask for ---- */

enum err rail_close(struct cx *cx, const struct order *o)
{
    const struct pay_rail *rail = rail_by_name(o->rail);
    int64_t id;
    if (rail == NULL || rail->close == NULL || !str_eq_c(o->state, "pending"))
        return OK;
    const struct rail_call_new c = {
        .planet_id = o->planet_id,
        .rail = rail,
        .step = "close",
        .order_id = o->id,
        .subscription_id = DB_NULL,
        .group = STR(""),
        .amount = DB_NULL,
    };
    return rail_call_put(cx, &c, &id);
}

enum err rail_call_capture(struct cx *cx, const struct order *o)
{
    const struct pay_rail *rail = rail_by_name(o->rail);
    struct rail_call_row *rows;
    size_t n, failed = 0;
    int64_t id = 0;
    if (rail == NULL || rail->capture == NULL)
        return ERR_UNSUPPORTED;
    TRY(tx_begin(cx));
    enum err e = q_rail_call_of_order(cx, o->id, STR("capture"), &rows, &n);
    for (size_t i = 0; e == OK && i < n; i++)
        failed += str_eq_c(rows[i].state, "failed");
    if (e == OK && failed >= CAPTURES_MAX)
        e = ERR_CONFLICT;
    const struct rail_call_new c = {
        .planet_id = o->planet_id,
        .rail = rail,
        .step = "capture",
        .order_id = o->id,
        .subscription_id = DB_NULL,
        .group = str_fmt(cx->arena, "%zu", failed + 1),
        .amount = DB_NULL,
        .wait_s = 60,
    };
    if (e == OK)
        e = rail_call_put(cx, &c, &id);
    if (e != OK) {
        tx_rollback(cx);
        return e;
    }
    TRY(tx_commit(cx));
    return rail_call_make(cx, id);
}

enum err rail_refund(struct cx *cx, struct str order_number, int64_t amount, int64_t *ret_call_id)
{
    struct rail_call_row *rows;
    struct order o;
    size_t n;
    TX_SCOPE(cx);
    TRY(order_by_number(cx, order_number, &o));
    const struct pay_rail *rail = rail_by_name(o.rail);
    if (!str_eq_c(o.state, "paid") && !str_eq_c(o.state, "part_refunded"))
        return cx_tell(cx, ERR_CONFLICT, N_("Of this order nothing can be given back now."));
    if (rail == NULL || rail->refund == NULL || o.total.minor == 0)
        return cx_tell(cx, ERR_UNSUPPORTED,
                       N_("This way of paying can't give money back by itself. Please do it by hand, then note it here."));
    int64_t left = o.total.minor - o.refunded;
    amount = amount == 0 ? left : amount;
    if (amount <= 0 || amount > left)
        return cx_tell(cx, ERR_INVALID, N_("That is more than what is left of this order."));
    TRY(q_rail_call_of_order(cx, o.id, STR("refund"), &rows, &n));
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(rows[i].state, "new") || str_eq_c(rows[i].state, "calling"))
            return cx_tell(cx, ERR_CONFLICT, N_("A refund of this order is under way."));
    struct rail_call_new c = {
        .planet_id = o.planet_id,
        .rail = rail,
        .step = "refund",
        .order_id = o.id,
        .subscription_id = DB_NULL,
        .group = str_fmt(cx->arena, "%zu", n + 1),
        .amount = amount,
    };
    TRY(rail_call_put(cx, &c, ret_call_id));
    return tx_commit(cx);
}

enum err rail_portal(struct cx *cx, int64_t subscription_id, struct str return_url, struct str *ret_url)
{
    struct subscription s;
    struct rail_account acc;
    TRY(subscription_by_id(cx, subscription_id, &s));
    if (cx->viewer != 0 && cx->viewer != s.account_id)
        return ERR_NOT_FOUND;
    const struct pay_rail *rail = rail_by_name(s.rail);
    if (rail == NULL || rail->portal == NULL)
        return ERR_UNSUPPORTED;
    TRY(rail_account_for(cx, rail, s.planet_id, &acc));
    const struct rail_sub sub = {.ref = s.ref, .customer = s.customer, .state = s.state,
                                 .ends_with_term = s.ends_with_term, .period_end = s.period_end};
    return rail->portal(cx, &acc, &sub, return_url, ret_url);
}
