#include "node/money/rail.h"

#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/order_row.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_sql.h"
#include "node/node.h"
#include "node/planet/planet_sql.h"

enum { BODY_MAX = 256 * 1024 }; /* P47 */

static const struct pay_rail *const rails[] = {&rail_fake};
enum { N_RAILS = sizeof rails / sizeof *rails };

const struct pay_rail *rail_by_name(struct str name)
{
    for (size_t i = 0; i < N_RAILS; i++)
        if (str_eq_c(name, rails[i]->name))
            return rails[i];
    return NULL;
}

size_t rail_list(struct cx *cx, int64_t planet_id, const struct pay_rail **ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < N_RAILS && n < max; i++)
        if (rails[i]->available(cx, planet_id))
            ret[n++] = rails[i];
    return n;
}

enum err rail_checkout(struct cx *cx, struct str order_number, struct str *ret_url)
{
    struct order order;
    struct str url, ref;
    enum order_verdict verdict;
    TRY(order_by_number(cx, order_number, &order));
    if (cx->viewer != 0 && cx->viewer != order.account_id)
        return ERR_NOT_FOUND;
    bool open = str_eq_c(order.state, "new") || str_eq_c(order.state, "pending");
    if (!open || (order.expires_at != DB_NULL && order.expires_at <= cx->now))
        return cx_tell(cx, ERR_CONFLICT, N_("This order is closed. Please start again."));
    const struct pay_rail *rail = rail_by_name(order.rail);
    if (rail == NULL || !rail->available(cx, order.planet_id))
        return cx_tell(cx, ERR_INVALID, N_("This way of paying is not available here."));
    TRY(rail->checkout(cx, &order, &url, &ref));
    if (str_eq_c(order.state, "new")) {
        struct order_change change = {
            .event = ORDER_PENDING, .rail_ref = ref, .rail_event_id = DB_NULL, .rail_at = DB_NULL};
        TX_SCOPE(cx);
        TRY(order_apply(cx, order_number, &change, &verdict));
        TRY(tx_commit(cx));
    }
    *ret_url = url;
    return OK;
}

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

/* Whose money is this? NULL: that of an order of ours. */
static enum err stranger(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                         const struct rail_state *s, const char **ret)
{
    struct order o;
    struct str merchant;
    bool live;
    enum err e = order_by_number(cx, s->order_number, &o);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(rail->merchant(cx, planet_id, &merchant, &live));
    *ret = NULL;
    if (e == ERR_NOT_FOUND || o.planet_id != planet_id)
        *ret = "no such order";
    else if (!str_eq_c(o.rail, rail->name))
        *ret = "an order of another way of paying";
    else if (!str_eq(merchant, s->merchant))
        *ret = "another merchant";
    else if (live != s->live)
        *ret = live ? "test money" : "real money in test mode";
    return OK;
}

static enum err settle(struct cx *cx, const struct pay_rail *rail, int64_t planet_id,
                       const struct rail_state *s, int64_t event_id, enum order_verdict *ret)
{
    const char *reason;
    TRY(stranger(cx, rail, planet_id, s, &reason));
    if (reason == NULL)
        return follow(cx, s, event_id, ret);
    struct order_change change = {.event = s->event, .amount = s->paid, .rail_event_id = event_id};
    *ret = ORDER_UNMATCHED;
    return order_unmatched(cx, planet_id, &change, s->order_number, reason);
}

enum err rail_receive(struct cx *cx, struct str rail_name, int64_t planet_id, struct str body,
                      struct str signature, const struct rail_header *headers, size_t n_headers,
                      enum order_verdict *ret_verdict)
{
    static const char *const words[] = {[ORDER_APPLIED] = "applied",
                                        [ORDER_RECORDED] = "recorded",
                                        [ORDER_UNMATCHED] = "unmatched"};
    const struct pay_rail *rail = rail_by_name(rail_name);
    enum order_verdict verdict = ORDER_RECORDED;
    struct rail_state s;
    struct planet planet;
    struct order order;
    int64_t inserted, id = id_next(cx->node->ids);

    if (rail == NULL || !rail->available(cx, planet_id))
        return ERR_NOT_FOUND;
    if (body.n > BODY_MAX)
        return ERR_TOO_LARGE;
    TRY(planet_by_id(cx, planet_id, &planet));
    TRY(rail->verify(cx, planet_id, body, signature, headers, n_headers, &s));
    if (rail->fetch_state != NULL && order_by_number(cx, s.order_number, &order) == OK) {
        struct rail_state now = s;
        enum err e = rail->fetch_state(cx, &order, &now);
        if (e == OK) {
            now.event_id = s.event_id;
            s = now;
        } else if (e != ERR_UPSTREAM && e != ERR_TIMEOUT) {
            return e;
        }
    }

    TX_SCOPE(cx);
    TRY(q_planet_lock(cx, planet_id, NULL));
    TRY(q_rail_event_insert(cx, id, rail_name, planet_id, s.event_id, body, cx->now, &inserted));
    if (inserted > 0) {
        TRY(settle(cx, rail, planet_id, &s, id, &verdict));
        TRY(q_rail_event_verdict(cx, id, str_c(words[verdict]), NULL));
    }
    TRY(tx_commit(cx));
    if (ret_verdict != NULL)
        *ret_verdict = verdict;
    return OK;
}
