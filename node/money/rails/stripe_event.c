/* What Stripe's objects say, in the shapes of old and new versions of its API (S4–S6). */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rails/stripe.h"

#include <string.h>

static const struct json_limits limits = {.max_bytes = 1 << 20, .max_depth = 48, .max_values = 20000};

struct str stripe_id(const json_t *j, const char *path)
{
    json_t *v = ld_get(j, path);
    return json_is_object(v) ? json_text(json_object_get(v, "id")) : json_text(v);
}

static struct str first_of(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

static struct str upper(struct cx *cx, struct str currency)
{
    char *p = arena_copy(cx->arena, currency.p, currency.n);
    for (size_t i = 0; i < currency.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
    return (struct str){p, currency.n};
}

/* Stripe takes no hundredths of these, though it writes them with two decimals, as we do. */
static bool whole_only(const char *cur)
{
    return strcmp(cur, "ISK") == 0 || strcmp(cur, "UGX") == 0;
}

bool stripe_amount(struct money m, int64_t *ret)
{
    *ret = m.minor;
    if (m.minor <= 0 || m.minor > INT64_MAX / 100 || money_exponent(m.cur) > 3)
        return false;
    if (whole_only(m.cur))
        return m.minor % 100 == 0;
    return money_exponent(m.cur) != 3 || m.minor % 10 == 0;
}

struct money stripe_money(int64_t amount, struct str currency)
{
    char cur[4] = "";
    for (size_t i = 0; i < 3 && currency.n == 3; i++)
        cur[i] = currency.p[i] >= 'a' && currency.p[i] <= 'z' ? (char)(currency.p[i] - 'a' + 'A') : currency.p[i];
    return money_of(amount, str_c(cur));
}

static void put_money(struct cx *cx, const json_t *j, const char *path, struct rail_state *io)
{
    int64_t n;
    struct str cur = ld_str(j, "currency");
    if (ld_i64(j, path, &n) && cur.n == 3 && money_currency_ok(upper(cx, cur)))
        io->paid = stripe_money(n, cur);
}

/* Stripe Tax's, contained in what was paid. */
static void put_tax(const json_t *j, const char *path, struct rail_state *io)
{
    int64_t n;
    if (ld_i64(j, path, &n) && n > 0)
        io->tax = stripe_money(n, ld_str(j, "currency")).minor;
}

/* Of an invoice: newer versions have a list, older ones a sum. */
void stripe_invoice_tax(const json_t *j, struct rail_state *io)
{
    int64_t n, sum = 0;
    json_t *list = ld_get(j, "total_taxes");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (ld_i64(json_array_get(list, i), "amount", &n) && n > 0 && n < INT64_MAX / 64 && i < 32)
            sum += n;
    if (sum > 0)
        io->tax = stripe_money(sum, ld_str(j, "currency")).minor;
    else
        put_tax(j, "tax", io);
    if (io->country.n == 0)
        io->country = ld_str(j, "customer_address.country");
}

static void add_ref(struct rail_state *io, struct str ref)
{
    if (ref.n == 0 || ref.n > 200 || str_eq(ref, io->ref))
        return;
    for (size_t i = 0; i < RAIL_REFS; i++) {
        if (str_eq(io->refs[i], ref))
            return;
        if (io->refs[i].n == 0) {
            io->refs[i] = ref;
            return;
        }
    }
}

/* Seconds to ours; DB_NULL when it isn't said. */
static int64_t seconds(const json_t *j, const char *path)
{
    int64_t s;
    if (!ld_i64(j, path, &s) || s <= 0 || s > INT64_C(100000000000))
        return DB_NULL;
    return s * MS_SECOND;
}

/* ---- objects ---- */

void stripe_subscription(const json_t *j, struct rail_sub *ret)
{
    struct str state = ld_str(j, "status");
    *ret = (struct rail_sub){.ref = ld_str(j, "id"), .customer = stripe_id(j, "customer"), .state = STR("active")};
    if (str_eq_c(state, "past_due") || str_eq_c(state, "unpaid"))
        ret->state = STR("past_due");
    else if (str_eq_c(state, "paused"))
        ret->state = STR("paused");
    else if (str_eq_c(state, "canceled") || str_eq_c(state, "incomplete_expired"))
        ret->state = STR("ended");
    ret->ends_with_term = ld_bool(j, "cancel_at_period_end", false) || json_is_integer(ld_get(j, "cancel_at"));
    ret->period_end = seconds(j, "current_period_end"); /* before 2025 */
    if (ret->period_end == DB_NULL)
        ret->period_end = seconds(j, "items.data.current_period_end");
}

struct str stripe_invoice_subscription(const json_t *j)
{
    return first_of(stripe_id(j, "parent.subscription_details.subscription"), stripe_id(j, "subscription"));
}

struct str stripe_invoice_payment(const json_t *j)
{
    return first_of(stripe_id(j, "payments.data.payment.payment_intent"), stripe_id(j, "payment_intent"));
}

void stripe_session(struct cx *cx, const json_t *j, struct rail_state *io)
{
    struct str status = ld_str(j, "status"), paid = ld_str(j, "payment_status");
    struct str invoice = stripe_id(j, "invoice"), pi = stripe_id(j, "payment_intent");
    struct str number = first_of(ld_str(j, "client_reference_id"), ld_str(j, "metadata.order"));
    bool subscription = str_eq_c(ld_str(j, "mode"), "subscription");
    io->topic = RAIL_ORDER;
    if (number.n > 0)
        io->order_number = number;
    /* The same name whoever tells it: of a subscription its first invoice, else the payment. */
    io->ref = first_of(subscription ? invoice : pi, ld_str(j, "id"));
    add_ref(io, ld_str(j, "id"));
    add_ref(io, pi);
    add_ref(io, invoice);
    io->live = ld_bool(j, "livemode", false);
    io->payers[0] = stripe_id(j, "customer");
    put_money(cx, j, "amount_total", io);
    put_tax(j, "total_details.amount_tax", io);
    if (io->country.n == 0)
        io->country = ld_str(j, "customer_details.address.country");
    io->event = ORDER_PENDING;
    if (str_eq_c(status, "complete") && (str_eq_c(paid, "paid") || str_eq_c(paid, "no_payment_required")))
        io->event = ORDER_PAID;
    else if (str_eq_c(status, "expired"))
        io->event = ORDER_EXPIRE;
    json_t *sub = ld_get(j, "subscription");
    if (json_is_object(sub))
        stripe_subscription(sub, &io->sub);
    else if (json_is_string(sub))
        io->sub = (struct rail_sub){.ref = json_text(sub), .customer = stripe_id(j, "customer"),
                                    .state = STR("active"), .period_end = DB_NULL};
}

/* A charge, of an event or within a payment: what was given back, and any dispute. */
static void charge(struct cx *cx, const json_t *j, struct rail_state *io)
{
    struct money back;
    int64_t n;
    struct str number = ld_str(j, "metadata.order");
    io->topic = RAIL_ORDER;
    if (io->order_number.n == 0)
        io->order_number = number;
    add_ref(io, stripe_id(j, "payment_intent"));
    add_ref(io, ld_str(j, "id"));
    add_ref(io, stripe_id(j, "invoice"));
    io->live = ld_bool(j, "livemode", false);
    put_money(cx, j, "amount", io);
    if (ld_i64(j, "amount_refunded", &n) && n > 0) {
        back = stripe_money(n, ld_str(j, "currency"));
        io->refunded = back.minor;
        io->event = ORDER_REFUND;
    }
}

static void dispute(struct cx *cx, const json_t *j, struct rail_state *io)
{
    struct str status = ld_str(j, "status");
    io->topic = RAIL_ORDER;
    io->event = ORDER_DISPUTE;
    if (str_eq_c(status, "won"))
        io->event = ORDER_DISPUTE_WON;
    else if (str_eq_c(status, "lost"))
        io->event = ORDER_DISPUTE_LOST;
    else if (str_starts(status, STR("warning_"))) /* an inquiry: no money has moved */
        io->topic = RAIL_WARNING;
    io->note = STR("dispute");
    io->order_number = ld_str(j, "metadata.order");
    add_ref(io, stripe_id(j, "payment_intent"));
    add_ref(io, stripe_id(j, "charge"));
    io->live = ld_bool(j, "livemode", false);
    put_money(cx, j, "amount", io);
}

/* One refund and not their sum: only the payment, asked for, tells that. One that failed is told here alone, days
 * after it was said to be done. */
static void refund(const json_t *j, struct str type, struct rail_state *io)
{
    struct str status = ld_str(j, "status"), why = ld_str(j, "failure_reason");
    bool lost = str_eq_c(type, "refund.failed") || str_eq_c(status, "failed") || str_eq_c(status, "canceled");
    io->topic = RAIL_ORDER;
    io->order_number = ld_str(j, "metadata.order");
    if (lost) {
        io->topic = RAIL_REFUND_LOST;
        io->refund_key = ld_str(j, "metadata.refund");
        io->refs[0] = ld_str(j, "id");
        io->note = why.n > 0 ? why : STR("failed");
        return;
    }
    add_ref(io, stripe_id(j, "payment_intent"));
    add_ref(io, stripe_id(j, "charge"));
}

/* The first invoice of a subscription is the order itself, a later one a further term. */
static void invoice(struct cx *cx, const json_t *j, struct str type, struct rail_state *io)
{
    struct str reason = ld_str(j, "billing_reason"), sub = stripe_invoice_subscription(j);
    io->topic = sub.n == 0 ? RAIL_NOTHING : RAIL_RENEWAL;
    io->ref = ld_str(j, "id");
    add_ref(io, stripe_invoice_payment(j));
    add_ref(io, stripe_id(j, "charge"));
    io->live = ld_bool(j, "livemode", false);
    put_money(cx, j, "amount_paid", io);
    stripe_invoice_tax(j, io);
    io->sub = (struct rail_sub){.ref = sub, .customer = stripe_id(j, "customer"), .period_end = DB_NULL};
    io->event = ORDER_PENDING;
    if (str_eq_c(type, "invoice.paid") || str_eq_c(ld_str(j, "status"), "paid"))
        io->event = ORDER_PAID;
    else if (str_eq_c(type, "invoice.payment_failed"))
        io->sub.state = STR("past_due");
    if (sub.n > 0) /* that it began with */
        io->order_number = first_of(ld_str(j, "parent.subscription_details.metadata.order"),
                                    first_of(ld_str(j, "subscription_details.metadata.order"),
                                             ld_str(j, "metadata.order")));
    if (sub.n > 0 && str_eq_c(reason, "subscription_create")) {
        io->topic = RAIL_ORDER;
        if (io->event == ORDER_PAID)
            io->sub.state = STR("active");
    }
    if (io->event == ORDER_PAID && io->paid.minor == 0 && io->topic == RAIL_RENEWAL)
        io->topic = RAIL_NOTHING; /* a trial's, or paid by balance */
}

/* ---- events ---- */

static bool begins(struct str type, const char *with)
{
    return str_starts(type, str_c(with));
}

enum err stripe_event_json(struct cx *cx, const json_t *j, struct rail_state *ret)
{
    struct str type = ld_str(j, "type"), id = ld_str(j, "id");
    json_t *o = ld_get(j, "data.object");
    struct rail_state s = {.topic = RAIL_NOTHING, .event_id = id, .event = ORDER_PENDING};
    s.sub.period_end = DB_NULL;
    s.at = seconds(j, "created");
    if (!str_eq_c(ld_str(j, "object"), "event") || id.n == 0 || id.n > 200 || type.n == 0 || s.at == DB_NULL ||
        !json_is_object(o) || !json_is_boolean(ld_get(j, "livemode")))
        return cx_fail(cx, ERR_INVALID, "not an event of Stripe's");
    if (begins(type, "checkout.session.")) {
        stripe_session(cx, o, &s);
        if (str_eq_c(type, "checkout.session.async_payment_failed"))
            s.event = ORDER_FAIL;
        else if (str_eq_c(type, "checkout.session.expired"))
            s.event = ORDER_EXPIRE;
    } else if (begins(type, "invoice.")) {
        invoice(cx, o, type, &s);
    } else if (begins(type, "customer.subscription.")) {
        s.topic = RAIL_SUBSCRIPTION;
        stripe_subscription(o, &s.sub);
        s.order_number = ld_str(o, "metadata.order");
        if (str_eq_c(ld_str(o, "status"), "incomplete"))
            s.topic = RAIL_NOTHING; /* its first payment decides */
        if (str_eq_c(type, "customer.subscription.deleted"))
            s.sub.state = STR("ended");
    } else if (begins(type, "charge.dispute.")) {
        dispute(cx, o, &s);
    } else if (str_eq_c(type, "charge.refunded")) {
        charge(cx, o, &s);
    } else if (begins(type, "refund.") || str_eq_c(type, "charge.refund.updated")) {
        refund(o, type, &s);
    } else if (begins(type, "radar.early_fraud_warning.")) {
        s.topic = RAIL_WARNING;
        s.fraud = true;
        s.note = STR("Stripe: early fraud warning");
        add_ref(&s, stripe_id(o, "payment_intent"));
        add_ref(&s, stripe_id(o, "charge"));
    }
    s.live = ld_bool(j, "livemode", false);
    s.sub.at = s.at;
    *ret = s;
    return OK;
}

enum err stripe_event(struct cx *cx, struct str body, struct rail_state *ret)
{
    json_t *j;
    TRY(json_read(cx->arena, body, &limits, &j));
    return stripe_event_json(cx, j, ret);
}
