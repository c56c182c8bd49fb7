/* How a payment stands at PayPal, and taking what a buyer has approved (Y2). */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/rail_call.h"
#include "node/money/rails/paypal.h"
#include "node/money/subscription.h"

enum { BEFORE_MS = 24 * 3600 * 1000 };

static enum err ask(struct cx *cx, const struct rail_account *acc, struct rail_state *io, struct str path,
                    struct paypal_answer *ret)
{
    TRY(paypal_try(cx, acc, "GET", path, STR_NULL, STR_NULL, ret));
    if (ret->status >= 300 && ret->status != 404)
        return cx_fail(cx, ERR_UPSTREAM, "paypal answers %d to a question", ret->status);
    io->at = ret->at > io->at ? ret->at : io->at;
    return OK;
}

/* ---- disputes ---- */

/* The last dispute of a payment, if there is one. A key without that right: what was told counts. */
static enum err see_dispute(struct cx *cx, const struct rail_account *acc, struct str payment, enum order_event told,
                            struct rail_state *io)
{
    struct paypal_answer a;
    json_t *last = NULL;
    int64_t at, last_at = INT64_MIN;
    TRY(paypal_try(cx, acc, "GET", paypal_path(cx->arena, "/v1/customer/disputes?disputed_transaction_id=", payment, ""),
                   STR_NULL, STR_NULL, &a));
    if (a.status >= 300) {
        if (told == ORDER_DISPUTE || told == ORDER_DISPUTE_WON || told == ORDER_DISPUTE_LOST)
            io->event = told;
        return OK;
    }
    LD_EACH(i, d, ld_get(a.j, "items")) {
        at = INT64_MIN + 1;
        (void)ld_time(d, "create_time", &at);
        bool open = !str_eq_c(ld_str(d, "status"), "RESOLVED");
        bool was_open = last != NULL && !str_eq_c(ld_str(last, "status"), "RESOLVED");
        if (last != NULL && (was_open ? !open || at < last_at : !open && at < last_at))
            continue;
        last = d;
        last_at = at;
    }
    if (last == NULL) {
        if (told == ORDER_DISPUTE_LOST) /* reversed by PayPal itself */
            io->event = told;
        return OK;
    }
    if (str_eq_c(ld_str(last, "status"), "RESOLVED")) {
        TRY(ask(cx, acc, io, paypal_path(cx->arena, "/v1/customer/disputes/", ld_str(last, "dispute_id"), ""), &a));
        last = a.j;
    }
    paypal_add_ref(io, ld_str(last, "dispute_id"));
    enum order_event how = paypal_outcome(last);
    /* A further refund after a won dispute tells more than that it was won. */
    if (how != ORDER_DISPUTE_WON || io->event != ORDER_REFUND)
        io->event = how;
    return OK;
}

static bool about_dispute(enum order_event told)
{
    return told == ORDER_DISPUTE || told == ORDER_DISPUTE_WON || told == ORDER_DISPUTE_LOST;
}

/* What was given back of a payment that is lost is no refund of ours. */
static void settle_lost(const struct order *o, struct rail_state *io)
{
    if (io->event == ORDER_DISPUTE_LOST || io->event == ORDER_DISPUTE)
        io->refunded = o == NULL ? 0 : o->refunded;
}

/* ---- single payments ---- */

static void sum_refunds(const json_t *payments, struct rail_state *io)
{
    int64_t sum = 0;
    struct money m;
    LD_EACH(i, r, ld_get(payments, "refunds")) {
        paypal_add_ref(io, ld_str(r, "id"));
        if (str_eq_c(ld_str(r, "status"), "COMPLETED") && paypal_money(ld_get(r, "amount"), &m))
            sum += m.minor;
    }
    if (sum > io->refunded)
        io->refunded = sum;
}

/* An order as it is there. */
static void read_order(const struct rail_account *acc, const json_t *j, struct rail_state *io)
{
    const json_t *unit = ld_get(j, "purchase_units"), *payments = ld_get(j, "purchase_units.payments");
    const json_t *capture = ld_get(j, "purchase_units.payments.captures");
    struct str status = ld_str(j, "status"), payee = ld_str(unit, "payee.merchant_id");
    io->topic = RAIL_ORDER;
    io->order_number = ld_str(unit, "custom_id");
    io->ref = ld_str(j, "id");
    io->merchant = payee.n > 0 ? payee : acc->merchant;
    io->live = acc->live;
    io->payers[0] = ld_str(j, "payer.payer_id");
    io->country = ld_str(j, "payer.address.country_code");
    io->event = ORDER_PENDING;
    (void)paypal_money(ld_get(unit, "amount"), &io->paid);
    if (str_eq_c(status, "VOIDED"))
        io->event = ORDER_FAIL;
    if (capture == NULL)
        return;
    paypal_add_ref(io, ld_str(ld_first(capture), "id"));
    sum_refunds(payments, io);
    paypal_capture_state(ld_first(capture), io);
}

/* Only what is exactly the order's own is taken (P24), and only while the buyer may still expect it. */
static bool may_take(const struct rail_account *acc, const struct order *o, const struct rail_state *s)
{
    bool open = str_eq_c(o->state, "new") || str_eq_c(o->state, "pending");
    return open && str_eq(s->order_number, o->number) && str_eq(s->merchant, acc->merchant) &&
           s->paid.minor == o->total.minor && str_eq_c(str_c(s->paid.cur), o->total.cur);
}

static enum err see_order(struct cx *cx, const struct rail_account *acc, const struct order *o, struct rail_state *io,
                          bool *ret_found)
{
    struct paypal_answer a;
    enum order_event told = io->event;
    struct str path = paypal_path(cx->arena, "/v2/checkout/orders/", o->rail_ref, "");
    TRY(ask(cx, acc, io, path, &a));
    *ret_found = a.status < 300;
    if (!*ret_found)
        return OK;
    read_order(acc, a.j, io);
    if (str_eq_c(ld_str(a.j, "status"), "APPROVED") && may_take(acc, o, io)) {
        enum err e = rail_call_capture(cx, o);
        if (e != OK && e != ERR_CONFLICT)
            return e;
        if (e == OK) {
            TRY(ask(cx, acc, io, path, &a));
            read_order(acc, a.j, io);
        }
    }
    if (!str_eq(io->order_number, o->number)) /* never seen; then it is none of ours */
        io->merchant = STR("?");
    struct str payment = ld_str(a.j, "purchase_units.payments.captures.id");
    if (payment.n > 0 && (about_dispute(told) || o->paid_at != DB_NULL))
        TRY(see_dispute(cx, acc, payment, told, io));
    settle_lost(o, io);
    return OK;
}

/* A capture, or a subscription's charge, which are told by version 2 as well. */
static enum err see_payment(struct cx *cx, const struct rail_account *acc, const struct order *o, struct str id,
                            struct rail_state *io)
{
    struct paypal_answer a;
    enum order_event told = io->event;
    TRY(ask(cx, acc, io, paypal_path(cx->arena, "/v2/payments/captures/", id, ""), &a));
    if (a.status >= 300)
        return cx_fail(cx, ERR_UPSTREAM, "paypal knows no payment of that name");
    io->topic = RAIL_ORDER;
    io->ref = id;
    io->merchant = acc->merchant;
    io->live = acc->live;
    paypal_capture_state(a.j, io);
    TRY(see_dispute(cx, acc, id, told, io));
    settle_lost(o, io);
    return OK;
}

/* ---- subscriptions ---- */

struct charges {
    json_t *first, *wanted;   /* NULL: none */
};

/* The first charge of a subscription, and the one of a name. */
static enum err list_charges(struct cx *cx, const struct rail_account *acc, struct str sub, int64_t since, struct str id,
                             struct rail_state *io, struct charges *ret)
{
    struct paypal_answer a;
    int64_t first_at = INT64_MAX, at;
    *ret = (struct charges){0};
    struct str query = str_fmt(cx->arena, "/transactions?start_time=" STR_FMT "&end_time=" STR_FMT,
                               STR_ARG(clock_rfc3339(cx->arena, since - BEFORE_MS)),
                               STR_ARG(clock_rfc3339(cx->arena, cx->now + BEFORE_MS)));
    TRY(ask(cx, acc, io, paypal_path(cx->arena, "/v1/billing/subscriptions/", sub, query.p), &a));
    LD_EACH(i, t, ld_get(a.j, "transactions")) {
        struct str status = ld_str(t, "status");
        if (!ld_time(t, "time", &at) || str_eq_c(status, "DECLINED"))
            continue;
        if (at < first_at) {
            first_at = at;
            ret->first = t;
        }
        if (str_eq(ld_str(t, "id"), id))
            ret->wanted = t;
    }
    return OK;
}

static void read_charge(const struct rail_account *acc, const json_t *t, struct rail_state *io)
{
    struct rail_state s = {.refunded = io->refunded};
    paypal_capture_state(t, &s);
    (void)paypal_money(ld_get(t, "amount_with_breakdown.gross_amount"), &s.paid);
    if (str_eq_c(ld_str(t, "status"), "REFUNDED"))
        s.refunded = s.paid.minor;
    io->event = s.event;
    io->paid = s.paid;
    io->refunded = s.refunded;
    io->ref = ld_str(t, "id");
    io->merchant = acc->merchant;
    io->live = acc->live;
}

/* A charge that is told of: is it the order's own, or a further term? */
static enum err see_charge(struct cx *cx, const struct rail_account *acc, struct rail_state *io)
{
    struct subscription sub;
    struct order first;
    struct charges c;
    enum order_event told = io->event;
    enum err e = subscription_by_ref(cx, acc->planet_id, STR("paypal"), io->sub.ref, &sub);
    if (e == OK)
        e = order_by_id(cx, sub.order_id, &first);
    else if (e == ERR_NOT_FOUND)
        e = order_by_number(cx, io->order_number, &first);
    if (e == ERR_NOT_FOUND)
        return OK; /* of no order of ours */
    TRY(e);
    TRY(list_charges(cx, acc, io->sub.ref, first.created_at, io->ref, io, &c));
    if (c.wanted == NULL)
        return ERR_UPSTREAM; /* its list lags behind its messages: its own words count */
    bool own = c.wanted == c.first && first.total.minor > 0;
    io->topic = own ? RAIL_ORDER : RAIL_RENEWAL;
    io->order_number = first.number;
    read_charge(acc, c.wanted, io);
    if (about_dispute(told))
        TRY(see_dispute(cx, acc, io->ref, told, io));
    settle_lost(own ? &first : NULL, io);
    return OK;
}

/* An order that waits for its subscription to begin. */
static enum err see_subscription(struct cx *cx, const struct rail_account *acc, const struct order *o,
                                 struct rail_state *io)
{
    struct paypal_answer a;
    struct charges c = {0};
    struct str id = o->rail_ref;
    TRY(ask(cx, acc, io, paypal_path(cx->arena, "/v1/billing/subscriptions/", id, ""), &a));
    if (a.status >= 300)
        return OK;
    if (!str_eq(ld_str(a.j, "custom_id"), o->number))
        return cx_fail(cx, ERR_UPSTREAM, "a subscription of another order");
    paypal_subscription(a.j, &io->sub);
    bool begun = io->sub.state.n > 0;
    io->payers[0] = io->sub.customer;
    if (!begun)
        io->sub.ref = STR_NULL;
    io->topic = RAIL_ORDER;
    io->order_number = o->number;
    io->merchant = acc->merchant;
    io->live = acc->live;
    io->event = ORDER_PENDING;
    paypal_add_ref(io, id);
    if (o->total.minor == 0) { /* a free time first: begun is all it takes */
        io->ref = id;
        io->event = begun && !str_eq_c(io->sub.state, "ended") ? ORDER_PAID : ORDER_PENDING;
        io->paid = o->total;
        return OK;
    }
    if (begun)
        TRY(list_charges(cx, acc, id, o->created_at, STR_NULL, io, &c));
    if (c.first != NULL)
        read_charge(acc, c.first, io);
    else if (begun && str_eq_c(io->sub.state, "ended"))
        io->event = ORDER_FAIL;
    return OK;
}

/* ---- */

enum err paypal_fetch_state(struct cx *cx, const struct rail_account *acc, const struct order *o, struct rail_state *io)
{
    bool found = false;
    if (io->sub.ref.n > 0 && io->ref.n > 0)
        return see_charge(cx, acc, io);
    if (o == NULL)
        return OK; /* of no order of ours: there is nothing to ask about */
    if (str_starts(o->rail_ref, STR("I-")))
        return see_subscription(cx, acc, o, io);
    if (o->rail_ref.n == 0)
        return OK;
    struct rail_state s = *io;
    TRY(see_order(cx, acc, o, &s, &found));
    if (!found) {
        s = *io;
        TRY(see_payment(cx, acc, o, o->rail_ref, &s));
    }
    *io = s;
    return OK;
}

enum err paypal_capture(struct cx *cx, const struct rail_step *s)
{
    struct paypal_answer a;
    TRY(paypal_try(cx, s->account, "POST", paypal_path(cx->arena, "/v2/checkout/orders/", s->order->rail_ref, "/capture"),
                   STR("{}"), s->key, &a));
    if (a.status < 300 || str_eq_c(a.issue, "ORDER_ALREADY_CAPTURED"))
        return OK;
    if (str_eq_c(a.issue, "INSTRUMENT_DECLINED") || str_eq_c(a.issue, "PAYER_ACTION_REQUIRED") ||
        str_eq_c(a.issue, "ORDER_NOT_APPROVED"))
        return cx_tell(cx, ERR_CONFLICT,
                       N_("PayPal could not take the money by the way that was chosen there. Please go back and choose another."));
    TRY(rail_account_say(cx, s->account, str_fmt(cx->arena, "PayPal: capture: %d " STR_FMT " " STR_FMT, a.status,
                                                 STR_ARG(a.name), STR_ARG(a.issue))));
    return cx_tell(cx, ERR_CONFLICT, N_("The payment provider refuses this. Please tell the owner of the planet."));
}

enum err paypal_payment_of(struct cx *cx, const struct rail_step *s, struct str *ret)
{
    struct rail_state io = {.at = 0};
    struct paypal_answer a;
    *ret = s->order->rail_ref;
    TRY(ask(cx, s->account, &io, paypal_path(cx->arena, "/v2/checkout/orders/", *ret, ""), &a));
    if (a.status < 300)
        *ret = ld_str(a.j, "purchase_units.payments.captures.id");
    return ret->n > 0 ? OK : cx_tell(cx, ERR_CONFLICT, N_("Of this order nothing can be given back now."));
}
