/* What PayPal's objects say (Y4): captures and orders of version 2, sales and subscriptions of version 1. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_sql.h"
#include "node/money/rails/paypal.h"
#include "node/money/subscription.h"

#include <string.h>

static const struct json_limits limits = {.max_bytes = 1 << 20, .max_depth = 48, .max_values = 20000};

enum {
    REF_MAX = 200,
    DIGITS_MAX = 15,
    /* A charge made so soon after the order is its own; the next is a day later at least. */
    FIRST_CHARGE_H = 14,
};

/* ---- amounts ---- */

static const char takes[][4] = {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY",
                                "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"};

static bool whole_only(const char *cur)
{
    return strcmp(cur, "HUF") == 0 || strcmp(cur, "JPY") == 0 || strcmp(cur, "TWD") == 0;
}

bool paypal_amount(struct arena *a, struct money m, struct str *ret)
{
    bool known = false;
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        known = known || strcmp(m.cur, takes[i]) == 0;
    if (!known || m.minor < 0)
        return false;
    int64_t scale = money_exponent(m.cur) == 2 ? 100 : 1;
    if (whole_only(m.cur)) {
        *ret = str_fmt(a, "%lld", (long long)(m.minor / scale));
        return m.minor % scale == 0;
    }
    *ret = money_decimal(a, m);
    return true;
}

/* "9.50", "9", "9.5"; no sign, no more decimals than the currency has, but zeros. */
static bool decimal(struct str s, int exponent, int64_t *ret)
{
    int64_t v = 0;
    int decimals = -1;
    if (s.n == 0 || s.n > DIGITS_MAX || s.p[0] == '.')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (decimals >= exponent) {
            if (s.p[i] != '0')
                return false;
            continue;
        }
        v = v * 10 + (s.p[i] - '0');
        decimals += decimals >= 0;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < exponent; i++)
        v *= 10;
    *ret = v;
    return true;
}

bool paypal_money_of(struct str currency, struct str value, struct money *ret)
{
    int64_t minor;
    if (currency.n != 3 || !money_currency_ok(currency))
        return false;
    struct money m = money_of(0, currency);
    if (money_exponent(m.cur) > 3 || !decimal(value, money_exponent(m.cur), &minor))
        return false;
    *ret = money_of(minor, currency);
    return true;
}

bool paypal_money(const json_t *j, struct money *ret)
{
    struct str cur = ld_str(j, "currency_code"), value = ld_str(j, "value");
    return paypal_money_of(cur.n > 0 ? cur : ld_str(j, "currency"), value.n > 0 ? value : ld_str(j, "total"), ret);
}

/* ---- objects ---- */

static struct str first_of(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

static struct str short_ref(struct str s)
{
    return s.n > REF_MAX ? STR_NULL : s;
}

void paypal_add_ref(struct rail_state *io, struct str ref)
{
    if (ref.n == 0 || ref.n > REF_MAX || str_eq(ref, io->ref))
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

static void put_money(const json_t *j, struct money *io)
{
    struct money m;
    if (paypal_money(j, &m))
        *io = m;
}

void paypal_capture_state(const json_t *j, struct rail_state *io)
{
    struct str status = first_of(ld_str(j, "status"), ld_str(j, "state"));
    struct money back;
    put_money(ld_get(j, "amount"), &io->paid);
    io->event = ORDER_PENDING;
    if (str_ieq_c(status, "COMPLETED"))
        io->event = ORDER_PAID;
    else if (str_ieq_c(status, "DECLINED") || str_ieq_c(status, "DENIED") || str_ieq_c(status, "FAILED"))
        io->event = ORDER_FAIL;
    else if (str_ieq_c(status, "REFUNDED")) {
        io->event = ORDER_REFUND;
        io->refunded = io->paid.minor;
    } else if (str_ieq_c(status, "PARTIALLY_REFUNDED")) {
        io->event = io->refunded > 0 ? ORDER_REFUND : ORDER_PAID;
    }
    if (paypal_money(ld_get(j, "total_refunded_amount"), &back) && back.minor > io->refunded) {
        io->refunded = back.minor;
        io->event = ORDER_REFUND;
    }
}

void paypal_subscription(const json_t *j, struct rail_sub *ret)
{
    struct str status = ld_str(j, "status");
    int64_t failed = 0, next;
    *ret = (struct rail_sub){.ref = short_ref(ld_str(j, "id")), .customer = ld_str(j, "subscriber.payer_id"),
                             .state = STR("active"), .period_end = DB_NULL};
    (void)ld_i64(j, "billing_info.failed_payments_count", &failed);
    if (ld_time(j, "billing_info.next_billing_time", &next))
        ret->period_end = next;
    if (str_eq_c(status, "CANCELLED") || str_eq_c(status, "EXPIRED"))
        ret->state = STR("ended");
    else if (failed > 0)
        ret->state = STR("past_due");
    else if (str_eq_c(status, "SUSPENDED")) /* ours, or the buyer's own: it charges no more */
        ret->ends_with_term = true;
    else if (str_starts(status, STR("APPROV"))) /* APPROVAL_PENDING, APPROVED: nothing has begun */
        ret->state = STR_NULL;
}

enum order_event paypal_outcome(const json_t *j)
{
    struct str code = ld_str(j, "dispute_outcome.outcome_code");
    if (!str_eq_c(ld_str(j, "status"), "RESOLVED"))
        return ORDER_DISPUTE;
    if (str_eq_c(code, "RESOLVED_BUYER_FAVOUR") || str_eq_c(code, "ACCEPTED"))
        return ORDER_DISPUTE_LOST;
    return ORDER_DISPUTE_WON;
}

/* "…/v2/checkout/orders/5O190127TN364715T" */
static struct str id_behind(struct str href, const char *path)
{
    size_t at = str_find(href, str_c(path), 0);
    if (at == SIZE_MAX)
        return STR_NULL;
    struct str id = str_sub(href, at + strlen(path), SIZE_MAX);
    return str_sub(id, 0, str_find_char(id, '/', 0));
}

static void capture(const json_t *o, struct str type, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    s->topic = RAIL_ORDER;
    s->order_number = first_of(ld_str(o, "custom_id"), ld_str(o, "invoice_id"));
    s->ref = short_ref(first_of(ld_str(o, "supplementary_data.related_ids.order_id"),
                                id_behind(paypal_link(o, "up"), "/v2/checkout/orders/")));
    s->merchant = first_of(ld_str(o, "payee.merchant_id"), s->merchant);
    paypal_add_ref(s, ld_str(o, "id"));
    paypal_capture_state(o, s);
    if (str_eq_c(type, "PAYMENT.CAPTURE.DENIED"))
        s->event = ORDER_FAIL;
}

/* A refund or a reversal; its parent is the capture. */
static void refund(const json_t *o, struct str type, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    struct money back;
    s->topic = RAIL_ORDER;
    s->order_number = first_of(ld_str(o, "custom_id"), first_of(ld_str(o, "custom"), ld_str(o, "invoice_id")));
    t->payment = short_ref(first_of(ld_str(o, "sale_id"), id_behind(paypal_link(o, "up"), "/captures/")));
    paypal_add_ref(s, t->payment);
    paypal_add_ref(s, ld_str(o, "id"));
    s->merchant = first_of(ld_str(o, "payer.merchant_id"), s->merchant);
    if (str_ends(type, STR(".REVERSED"))) {
        s->event = ORDER_DISPUTE_LOST;
        return;
    }
    if (paypal_money(ld_get(o, "seller_payable_breakdown.total_refunded_amount"), &back) ||
        paypal_money(ld_get(o, "total_refunded_amount"), &back) || paypal_money(ld_get(o, "amount"), &back)) {
        s->event = ORDER_REFUND;
        s->refunded = back.minor;
        s->paid = back; /* the currency; how much was paid is known here, or asked */
    }
}

static void sale(const json_t *o, struct str type, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    struct str sub = short_ref(ld_str(o, "billing_agreement_id"));
    s->topic = sub.n == 0 ? RAIL_NOTHING : RAIL_RENEWAL;
    s->ref = short_ref(ld_str(o, "id"));
    s->order_number = first_of(ld_str(o, "custom"), ld_str(o, "custom_id"));
    s->sub = (struct rail_sub){.ref = sub, .period_end = DB_NULL};
    t->charge = sub.n > 0;
    if (!ld_time(o, "create_time", &t->made))
        t->made = DB_NULL;
    paypal_capture_state(o, s);
    if (str_eq_c(type, "PAYMENT.SALE.COMPLETED"))
        s->sub.state = STR("active");
}

static void subscription(const json_t *o, struct str type, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    s->topic = RAIL_SUBSCRIPTION;
    s->order_number = ld_str(o, "custom_id");
    paypal_subscription(o, &s->sub);
    if (str_eq_c(type, "BILLING.SUBSCRIPTION.PAYMENT.FAILED") && !str_eq_c(s->sub.state, "ended"))
        s->sub.state = STR("past_due");
    if (str_eq_c(type, "BILLING.SUBSCRIPTION.CANCELLED") || str_eq_c(type, "BILLING.SUBSCRIPTION.EXPIRED"))
        s->sub.state = STR("ended");
    if (str_eq_c(type, "BILLING.SUBSCRIPTION.CREATED") || s->sub.state.n == 0)
        s->topic = RAIL_NOTHING;
}

static void approved(const json_t *o, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    s->topic = RAIL_ORDER;
    s->order_number = ld_str(o, "purchase_units.custom_id");
    s->merchant = first_of(ld_str(o, "purchase_units.payee.merchant_id"), s->merchant);
    paypal_add_ref(s, ld_str(o, "id"));
    put_money(ld_get(o, "purchase_units.amount"), &s->paid);
    s->event = ORDER_PENDING;
}

static void dispute(const json_t *o, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    const json_t *about = ld_get(o, "disputed_transactions");
    s->topic = RAIL_ORDER;
    s->order_number = first_of(ld_str(about, "custom"), ld_str(about, "invoice_number"));
    t->payment = short_ref(ld_str(about, "seller_transaction_id"));
    paypal_add_ref(s, t->payment);
    paypal_add_ref(s, ld_str(o, "dispute_id"));
    put_money(ld_get(about, "gross_amount"), &s->paid);
    s->event = paypal_outcome(o);
}

/* ---- events ---- */

static bool is_refund(struct str type)
{
    return str_ends(type, STR(".REFUNDED")) || str_ends(type, STR(".REVERSED"));
}

enum err paypal_event_json(struct cx *cx, const json_t *j, struct paypal_told *ret)
{
    struct str type = ld_str(j, "event_type"), id = ld_str(j, "id");
    const json_t *o = ld_get(j, "resource");
    struct paypal_told t = {.made = DB_NULL};
    t.s = (struct rail_state){.topic = RAIL_NOTHING, .event_id = id, .event = ORDER_PENDING, .live = true};
    t.s.sub.period_end = DB_NULL;
    if (id.n == 0 || id.n > REF_MAX || type.n == 0 || !json_is_object(o) || !ld_time(j, "create_time", &t.s.at) ||
        t.s.at <= 0)
        return cx_fail(cx, ERR_INVALID, "not an event of PayPal's");
    if (str_starts(type, STR("PAYMENT.CAPTURE.")) && !is_refund(type))
        capture(o, type, &t);
    else if (str_starts(type, STR("PAYMENT.CAPTURE.")) || (str_starts(type, STR("PAYMENT.SALE.")) && is_refund(type)))
        refund(o, type, &t);
    else if (str_starts(type, STR("PAYMENT.SALE.")))
        sale(o, type, &t);
    else if (str_starts(type, STR("BILLING.SUBSCRIPTION.")))
        subscription(o, type, &t);
    else if (str_eq_c(type, "CHECKOUT.ORDER.APPROVED"))
        approved(o, &t);
    else if (str_starts(type, STR("CUSTOMER.DISPUTE.")))
        dispute(o, &t);
    /* The event's own address says which surroundings it comes from. */
    struct str self = first_of(paypal_link(j, "self"), paypal_link(o, "self"));
    t.says_live = self.n > 0;
    t.s.live = !str_contains(self, STR(".sandbox."));
    t.s.sub.at = t.s.at;
    *ret = t;
    return OK;
}

enum err paypal_event(struct cx *cx, struct str body, struct paypal_told *ret)
{
    json_t *j;
    TRY(json_read(cx->arena, body, &limits, &j));
    return paypal_event_json(cx, j, ret);
}

/* Refunds, reversals and disputes of a subscription's charges all name the order that it began with: which one they
 * are of, says the payment. What isn't known yet is believed only when PayPal says it again. */
static enum err own_payment(struct cx *cx, const struct rail_account *acc, const struct order *o, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    struct subscription sub;
    struct str number;
    bool found;
    TRY(q_rail_object_order(cx, STR("paypal"), acc->planet_id, t->payment, &found, &number));
    if (found) {
        s->order_number = number;
        return OK;
    }
    s->hint = true;
    enum err e = subscription_of_order(cx, o->id, &sub);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND && !str_starts(o->rail_ref, STR("I-")))
        return OK; /* paid once */
    /* Whether it is the first term's or a further one's, PayPal's list says; the subscription may be told later. */
    s->ref = t->payment;
    s->topic = RAIL_RENEWAL;
    s->sub = (struct rail_sub){.ref = e == OK ? sub.ref : o->rail_ref, .period_end = DB_NULL};
    return OK;
}

/* PayPal tells of all that happens in the account: of other planets, and of whatever else the owner sells. */
enum err paypal_own(struct cx *cx, const struct rail_account *acc, struct paypal_told *t)
{
    struct rail_state *s = &t->s;
    struct order o;
    if (s->merchant.n == 0)
        s->merchant = acc->merchant;
    if (!t->says_live)
        s->live = acc->live;
    if (s->order_number.n == 0)
        return OK;
    enum err e = order_by_number(cx, s->order_number, &o);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || o.planet_id != acc->planet_id) {
        s->order_number = STR_NULL;
        return OK;
    }
    /* Free days have begun with the subscription: that is all their order waits for. */
    if (s->topic == RAIL_SUBSCRIPTION && o.total.minor == 0 && o.paid_at == DB_NULL && str_eq_c(s->sub.state, "active")) {
        s->topic = RAIL_ORDER;
        s->event = ORDER_PAID;
        s->paid = o.total;
        s->ref = s->sub.ref;
        s->payers[0] = s->sub.customer;
    }
    bool soon = t->made != DB_NULL && t->made < o.created_at + FIRST_CHARGE_H * MS_HOUR;
    if (t->charge && o.total.minor > 0 && (soon || str_eq(o.rail_ref, s->ref)))
        s->topic = RAIL_ORDER;
    return t->payment.n > 0 ? own_payment(cx, acc, &o, t) : OK;
}
