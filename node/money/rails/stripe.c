/* Stripe: orders to Checkout, and how they stand (S3, S4, S10, S11). */
#include "node/money/rails/stripe.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/quote.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_refunds.h"
#include "node/money/subscription.h"
#include "node/money/trial_order.h"
#include "node/node.h"
#include "node/people/account.h"

enum { FORM_MAX = 16384, OPEN_MIN_S = 31 * 60, OPEN_MAX_S = 23 * 3600, NAME_MAX = 120 };

static enum err stripe_check(struct cx *cx, struct rail_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str s = v[i].value;
        if (s.n == 0)
            continue;
        if (str_eq_c(str_c(v[i].name), "key") && !str_starts(s, STR("rk_")) && !str_starts(s, STR("sk_")))
            return cx_tell(cx, ERR_INVALID, N_("A secret key of Stripe begins with rk_ or sk_."));
        if (str_eq_c(str_c(v[i].name), "webhook_secret") && !str_starts(s, STR("whsec_")))
            return cx_tell(cx, ERR_INVALID, N_("A signing secret of Stripe begins with whsec_."));
    }
    return OK;
}

/* ---- checkout ---- */

static void put_i64(struct cx *cx, struct buf *f, const char *name, int64_t v)
{
    stripe_put(f, name, str_fmt(cx->arena, "%lld", (long long)v));
}

/* Does this order begin something that renews by itself? */
static enum err renews(struct cx *cx, const struct rail_step *s, struct subscription *old, bool *ret, bool *ret_known)
{
    const struct order *o = s->order;
    enum err e = subscription_of(cx, o->planet_id, o->account_id, old);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    *ret_known = e == OK && str_eq_c(old->rail, "stripe");
    bool own = str_eq_c(o->kind, "membership") || str_eq_c(o->kind, "renewal") || trial_order_is(o);
    bool up = str_eq_c(o->kind, "upgrade"); /* the one that it replaces ends with its term */
    bool term = (own || up) && o->tier_id != DB_NULL && o->term_unit.n > 0 && !str_eq_c(o->term_unit, "once");
    *ret = term && (e == ERR_NOT_FOUND || up) && !rail_switch(s->account, "one_off");
    return OK;
}

static enum err put_item(struct cx *cx, const struct rail_step *s, bool renew, int64_t amount, struct buf *f)
{
    const struct order *o = s->order;
    struct planet p;
    struct tier t;
    TRY(planet_by_id(cx, o->planet_id, &p));
    struct str name = p.name;
    if (o->tier_id != DB_NULL) {
        TRY(tier_by_id(cx, o->tier_id, &t));
        name = str_fmt(cx->arena, STR_FMT " · " STR_FMT, STR_ARG(p.name), STR_ARG(t.name));
    }
    stripe_put(f, "line_items[0][price_data][currency]", str_lower(cx->arena, str_c(o->total.cur)));
    put_i64(cx, f, "line_items[0][price_data][unit_amount]", amount);
    stripe_put(f, "line_items[0][price_data][product_data][name]", str_utf8_cut(name, NAME_MAX));
    if (renew) {
        stripe_put(f, "line_items[0][price_data][recurring][interval]", o->term_unit);
        put_i64(cx, f, "line_items[0][price_data][recurring][interval_count]", o->term_count);
    }
    put_i64(cx, f, "line_items[0][quantity]", 1);
    return OK;
}

/* What the terms cost: the first by the order, the next ones while a coupon runs, and those behind them. */
struct terms {
    struct coupon_fit fit;
    struct money full, off;
    int64_t list, less, months; /* as Stripe counts; months 0: not "repeating" */
    const char *duration;       /* of the coupon; NULL: no reduction */
};

/* False: what Stripe would charge later isn't what the books expect then; so each term is paid by itself. */
static enum err terms_of(struct cx *cx, const struct order *o, struct terms *ret, bool *ret_can)
{
    struct terms t = {.fit = {.coupon_id = DB_NULL}};
    int64_t total = 0, off = 0;
    TRY(quote_further(cx, o, 0, &t.full));
    t.off = t.full;
    *ret_can = stripe_amount(t.full, &t.list) && (o->total.minor == 0 || stripe_amount(o->total, &total));
    TRY(coupon_of_order(cx, o->id, &t.fit));
    bool goes_on = t.fit.coupon_id != DB_NULL && t.fit.terms_left != 0 && !trial_order_is(o);
    if (goes_on) {
        bool months = str_eq_c(o->term_unit, "month") || str_eq_c(o->term_unit, "year");
        TRY(quote_further(cx, o, t.fit.discount, &t.off));
        t.duration = t.fit.terms_left == DB_NULL ? "forever" : "repeating";
        if (t.fit.terms_left != DB_NULL)
            t.months = (t.fit.terms_left + 1) * o->term_count * (str_eq_c(o->term_unit, "year") ? 12 : 1);
        *ret_can = *ret_can && stripe_amount(t.off, &off) && o->total.minor == t.off.minor && (months || t.months == 0);
        t.less = *ret_can ? t.list - off : 0;
    } else if (t.list > total && !trial_order_is(o)) {
        t.duration = "once";
        t.less = t.list - total;
    } else if (t.list < total) {
        t.list = total; /* as it was ordered */
    }
    *ret = t;
    return OK;
}

/* Less than the price: a coupon of its own. */
static enum err put_discount(struct cx *cx, const struct rail_step *s, const struct terms *t, struct buf *f)
{
    struct buf c;
    json_t *j;
    buf_init_arena(&c, cx->arena, FORM_MAX);
    put_i64(cx, &c, "amount_off", t->less);
    stripe_put(&c, "currency", str_lower(cx->arena, str_c(s->order->total.cur)));
    stripe_put(&c, "duration", str_c(t->duration));
    if (t->months > 0)
        put_i64(cx, &c, "duration_in_months", t->months);
    put_i64(cx, &c, "max_redemptions", 1);
    stripe_put(&c, "metadata[order]", s->order->number);
    TRY(stripe_call(cx, s->account, "POST", STR("/v1/coupons"), buf_str(&c),
                    str_fmt(cx->arena, STR_FMT "-coupon", STR_ARG(s->key)), &j));
    stripe_put(f, "discounts[0][coupon]", ld_str(j, "id"));
    return OK;
}

/* What is sold, and how it goes on. */
static enum err put_sale(struct cx *cx, const struct rail_step *s, bool *io_renew, struct buf *f)
{
    const struct order *o = s->order;
    struct terms t = {.list = 0};
    struct price price;
    int64_t total = 0;
    bool can = true, trial = trial_order_is(o);
    if (*io_renew)
        TRY(terms_of(cx, o, &t, &can));
    *io_renew = *io_renew && can;
    if (trial && !*io_renew)
        return cx_tell(cx, ERR_CONFLICT, N_("Free days need a way of paying that renews by itself."));
    if (!trial && !stripe_amount(o->total, &total))
        return cx_tell(cx, ERR_CONFLICT, N_("This amount can't be paid this way."));
    stripe_put(f, "mode", *io_renew ? STR("subscription") : STR("payment"));
    TRY(put_item(cx, s, *io_renew, *io_renew ? t.list : total, f));
    if (*io_renew && t.less > 0)
        TRY(put_discount(cx, s, &t, f));
    if (!trial)
        return OK;
    TRY(trial_order_terms(cx, o, &price));
    put_i64(cx, f, "subscription_data[trial_period_days]", price.trial_days);
    stripe_put(f, "payment_method_collection", STR("always"));
    return OK;
}

static enum err put_buyer(struct cx *cx, const struct order *o, const struct subscription *old,
                          bool known, struct buf *f)
{
    struct account who;
    if (known && old->customer.n > 0) {
        stripe_put(f, "customer", old->customer);
        return OK;
    }
    TRY(account_by_id(cx, o->account_id, &who));
    if (who.mail.n > 0)
        stripe_put(f, "customer_email", who.mail);
    return OK;
}

static int64_t closes_at(const struct order *o)
{
    /* By the order's own time, so that a second try asks for the same. */
    int64_t now = o->created_at / MS_SECOND;
    int64_t at = o->expires_at == DB_NULL ? now + OPEN_MAX_S : o->expires_at / MS_SECOND;
    at = at < now + OPEN_MIN_S ? now + OPEN_MIN_S : at;
    return at > now + OPEN_MAX_S ? now + OPEN_MAX_S : at;
}

static enum err stripe_checkout(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    const struct order *o = s->order;
    struct subscription old = {.id = 0};
    bool renew, known;
    struct tax_rule rule;
    struct buf f;
    json_t *j;
    TRY(renews(cx, s, &old, &renew, &known));
    TRY(tax_rule_of(cx, o->planet_id, &rule));
    buf_init_arena(&f, cx->arena, FORM_MAX);
    TRY(put_sale(cx, s, &renew, &f));
    TRY(put_buyer(cx, o, &old, known, &f));
    stripe_put(&f, "client_reference_id", o->number);
    stripe_put(&f, "metadata[order]", o->number);
    stripe_put(&f, renew ? "subscription_data[metadata][order]" : "payment_intent_data[metadata][order]", o->number);
    stripe_put(&f, "success_url", s->return_url);
    stripe_put(&f, "cancel_url", str_fmt(cx->arena, STR_FMT "/pay/" STR_FMT, STR_ARG(cx->node->origin),
                                         STR_ARG(o->number)));
    put_i64(cx, &f, "expires_at", closes_at(o));
    stripe_put(&f, "locale", STR("auto"));
    if (rule.mode == TAX_RAIL) { /* contained, so that the sum is the one that was promised */
        stripe_put(&f, "automatic_tax[enabled]", STR("true"));
        stripe_put(&f, "line_items[0][price_data][tax_behavior]", STR("inclusive"));
        if (known && old.customer.n > 0)
            stripe_put(&f, "customer_update[address]", STR("auto"));
    }
    if (!renew && rail_switch(s->account, "invoices"))
        stripe_put(&f, "invoice_creation[enabled]", STR("true"));
    if (f.overflow)
        return cx_fail(cx, ERR_INTERNAL, "checkout form too long");
    TRY(stripe_call(cx, s->account, "POST", STR("/v1/checkout/sessions"), buf_str(&f), s->key, &j));
    *ret = (struct rail_way){.go = RAIL_GO_URL, .url = ld_str(j, "url"), .ref = ld_str(j, "id"),
                             .expires_at = closes_at(o) * MS_SECOND};
    bool http = str_starts(ret->url, STR("https://")) || (cx->node->dev && str_starts(ret->url, STR("http://")));
    if (!http || !str_starts(ret->ref, STR("cs_")))
        return cx_fail(cx, ERR_UPSTREAM, "stripe made no session");
    return OK;
}

/* ---- how it stands ---- */

static enum err ask(struct cx *cx, const struct rail_account *acc, struct rail_state *io,
                    const char *path, struct str id, const char *query, json_t **ret)
{
    struct buf b;
    int status;
    int64_t at;
    buf_init_arena(&b, cx->arena, FORM_MAX);
    buf_put_c(&b, path);
    buf_put_url(&b, id);
    buf_put_c(&b, query);
    TRY(stripe_try(cx, acc, "GET", buf_str(&b), STR_NULL, STR_NULL, &status, ret, &at));
    if (status < 200 || status > 299)
        return cx_fail(cx, ERR_UPSTREAM, "stripe answers %d to a question", status);
    io->at = at > io->at ? at : io->at;
    return OK;
}

/* Refunds and disputes of a payment that was made. */
static enum err follow_payment(struct cx *cx, const struct rail_account *acc, struct str pi, struct rail_state *io)
{
    json_t *j, *list, *charge;
    int64_t back;
    if (pi.n == 0)
        return OK;
    TRY(ask(cx, acc, io, "/v1/payment_intents/", pi, "?expand%5B%5D=latest_charge", &j));
    charge = ld_get(j, "latest_charge");
    if (!json_is_object(charge))
        return OK;
    for (size_t i = 0; i < RAIL_REFS; i++)
        if (io->refs[i].n == 0) {
            io->refs[i] = ld_str(charge, "id");
            break;
        }
    struct str country = ld_str(charge, "payment_method_details.card.country");
    if (country.n == 2)
        io->country = country;
    io->payers[1] = ld_str(charge, "payment_method_details.card.fingerprint");
    if (ld_i64(charge, "amount_refunded", &back) && back > 0) {
        io->refunded = stripe_money(back, ld_str(charge, "currency")).minor;
        io->event = ORDER_REFUND;
    }
    if (!ld_bool(charge, "disputed", false))
        return OK;
    TRY(ask(cx, acc, io, "/v1/disputes?limit=1&payment_intent=", pi, "", &list));
    json_t *d = ld_get(list, "data");
    struct str status = ld_str(ld_at(d, 0), "status");
    if (str_starts(status, STR("warning_")) || status.n == 0)
        return OK;
    /* A further refund after a won dispute tells more than that it was won. */
    if (str_eq_c(status, "lost"))
        io->event = ORDER_DISPUTE_LOST;
    else if (!str_eq_c(status, "won"))
        io->event = ORDER_DISPUTE;
    else if (io->event != ORDER_REFUND)
        io->event = ORDER_DISPUTE_WON;
    return OK;
}

/* The card behind free days, if the key may see it: of a subscription. */
static enum err see_card(struct cx *cx, const struct rail_account *acc, struct str sub, struct rail_state *io)
{
    static const char *const paths[] = {"/v1/subscriptions/", "/v1/payment_methods/"};
    struct str id = sub;
    for (size_t i = 0; i < 2 && id.n > 0; i++) {
        struct buf b;
        json_t *j;
        int status;
        buf_init_arena(&b, cx->arena, FORM_MAX);
        buf_put_c(&b, paths[i]);
        buf_put_url(&b, id);
        TRY(stripe_try(cx, acc, "GET", buf_str(&b), STR_NULL, STR_NULL, &status, &j, NULL));
        if (status >= 300)
            return OK;
        id = stripe_id(j, "default_payment_method");
        io->payers[1] = ld_str(j, "card.fingerprint");
    }
    return OK;
}

static enum err see_session(struct cx *cx, const struct rail_account *acc, struct str id, struct rail_state *io)
{
    json_t *j;
    struct str pi;
    enum order_event told = io->event;
    TRY(ask(cx, acc, io, "/v1/checkout/sessions/", id,
            "?expand%5B%5D=subscription&expand%5B%5D=invoice.payments", &j));
    stripe_session(cx, j, io);
    json_t *invoice = ld_get(j, "invoice");
    pi = stripe_id(j, "payment_intent");
    if (pi.n == 0 && json_is_object(invoice))
        pi = stripe_invoice_payment(invoice);
    if (io->event == ORDER_PENDING && told == ORDER_FAIL) /* the session doesn't say that it failed */
        io->event = told;
    if (io->event == ORDER_PAID && io->paid.minor == 0)
        return see_card(cx, acc, stripe_id(j, "subscription"), io);
    return io->event == ORDER_PAID ? follow_payment(cx, acc, pi, io) : OK;
}

static enum err see_invoice(struct cx *cx, const struct rail_account *acc, struct str id, struct rail_state *io)
{
    json_t *j;
    int64_t amount;
    TRY(ask(cx, acc, io, "/v1/invoices/", id, "?expand%5B%5D=payments", &j));
    io->event = str_eq_c(ld_str(j, "status"), "paid") ? ORDER_PAID : ORDER_PENDING;
    io->ref = id;
    io->live = ld_bool(j, "livemode", false);
    struct str pi = stripe_invoice_payment(j);
    for (size_t i = 0; pi.n > 0 && i < RAIL_REFS; i++) {
        if (io->refs[i].n > 0 && !str_eq(io->refs[i], pi))
            continue;
        io->refs[i] = pi;
        break;
    }
    if (ld_i64(j, "amount_paid", &amount))
        io->paid = stripe_money(amount, ld_str(j, "currency"));
    stripe_invoice_tax(j, io);
    if (io->event == ORDER_PAID && io->paid.minor == 0)
        return see_card(cx, acc, stripe_invoice_subscription(j), io);
    return io->event == ORDER_PAID ? follow_payment(cx, acc, pi, io) : OK;
}

static enum err see_payment(struct cx *cx, const struct rail_account *acc, struct str id, struct rail_state *io)
{
    json_t *j;
    int64_t amount;
    TRY(ask(cx, acc, io, "/v1/payment_intents/", id, "", &j));
    io->event = str_eq_c(ld_str(j, "status"), "succeeded") ? ORDER_PAID : ORDER_PENDING;
    io->ref = id;
    io->live = ld_bool(j, "livemode", false);
    if (ld_i64(j, "amount_received", &amount))
        io->paid = stripe_money(amount, ld_str(j, "currency"));
    return io->event == ORDER_PAID ? follow_payment(cx, acc, id, io) : OK;
}

static enum err stripe_fetch_state(struct cx *cx, const struct rail_account *acc, const struct order *o,
                                   struct rail_state *io)
{
    struct str ref = o != NULL ? o->rail_ref : io->ref;
    struct str told = io->ref.n > 0 ? io->ref : io->refs[0];
    if (o != NULL && str_starts(ref, STR("cs_")) && !str_starts(told, STR("in_")))
        return see_session(cx, acc, ref, io);
    if (o != NULL && str_starts(ref, STR("cs_"))) /* the invoice tells of it before the session */
        ref = told;
    if (str_starts(ref, STR("in_")))
        return see_invoice(cx, acc, ref, io);
    if (str_starts(ref, STR("pi_")))
        return see_payment(cx, acc, ref, io);
    return OK; /* of no order of ours: there is nothing to ask about */
}

/* Stripe tells each endpoint of all that happens in the account: of other planets, and of whatever else the
 * owner sells by it. */
enum err stripe_own(struct cx *cx, const struct rail_account *acc, struct rail_state *s)
{
    struct order o;
    s->merchant = acc->merchant;
    if (s->order_number.n == 0) {
        s->note = s->topic == RAIL_REFUND_LOST ? STR_NULL : s->note; /* of whatever else is sold by this account */
        return OK;
    }
    enum err e = order_by_number(cx, s->order_number, &o);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || o.planet_id != acc->planet_id) {
        s->order_number = STR_NULL;
        s->note = s->topic == RAIL_REFUND_LOST ? STR_NULL : s->note;
    } else if (trial_order_is(&o) && s->topic == RAIL_ORDER) /* whose card it is, only the answer says */
        s->hint = true;
    if (s->topic == RAIL_REFUND_LOST && s->order_number.n > 0)
        return rail_refund_lost_note(cx, acc->planet_id, rail_stripe.title, o.number, s->note, &s->note);
    return OK;
}

static enum err stripe_verify(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                              struct rail_state *ret)
{
    json_t *j;
    if (!stripe_signed(rail_header(m, "Stripe-Signature"), m->body, rail_secret(acc, "webhook_secret"), cx->now))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "signature of Stripe is wrong");
    static const struct json_limits limits = {.max_bytes = 1 << 20, .max_depth = 48, .max_values = 20000};
    TRY(json_read(cx->arena, m->body, &limits, &j));
    TRY(stripe_event_json(cx, j, ret));
    if (ret->live != acc->live)
        return cx_fail(cx, ERR_INVALID, "livemode of Stripe's event differs from the account's");
    TRY(stripe_own(cx, acc, ret));
    struct str account = ld_str(j, "account"); /* said of connected accounts only */
    if (account.n > 0)
        ret->merchant = account;
    return OK;
}

/* ---- afterwards ---- */

static enum err payment_of(struct cx *cx, const struct rail_step *s, struct str *ret)
{
    struct rail_state io = {.at = 0};
    struct str ref = s->order->rail_ref;
    json_t *j;
    *ret = ref;
    if (str_starts(ref, STR("pi_")))
        return OK;
    if (str_starts(ref, STR("in_"))) {
        TRY(ask(cx, s->account, &io, "/v1/invoices/", ref, "?expand%5B%5D=payments", &j));
        *ret = stripe_invoice_payment(j);
    } else {
        TRY(ask(cx, s->account, &io, "/v1/checkout/sessions/", ref, "", &j));
        *ret = stripe_id(j, "payment_intent");
    }
    return ret->n > 0 ? OK : cx_tell(cx, ERR_CONFLICT, N_("Of this order nothing can be given back now."));
}

static enum err stripe_refund(struct cx *cx, const struct rail_step *s, struct rail_refunded *ret)
{
    struct str pi;
    int64_t amount;
    struct buf f;
    json_t *j;
    TRY(payment_of(cx, s, &pi));
    if (!stripe_amount(s->amount, &amount))
        return cx_tell(cx, ERR_INVALID, N_("This amount can't be paid this way."));
    buf_init_arena(&f, cx->arena, FORM_MAX);
    stripe_put(&f, "payment_intent", pi);
    put_i64(cx, &f, "amount", amount);
    stripe_put(&f, "reason", STR("requested_by_customer"));
    stripe_put(&f, "metadata[order]", s->order->number);
    stripe_put(&f, "metadata[refund]", s->key); /* it may be told to have failed before our answer is kept */
    TRY(stripe_call(cx, s->account, "POST", STR("/v1/refunds"), buf_str(&f), s->key, &j));
    struct str status = ld_str(j, "status");
    *ret = (struct rail_refunded){.state = RAIL_REFUND_SENT, .ref = ld_str(j, "id"),
                                  .why = ld_str(j, "failure_reason")};
    if (str_eq_c(status, "succeeded"))
        ret->state = RAIL_REFUND_DONE;
    else if (str_eq_c(status, "failed") || str_eq_c(status, "canceled"))
        ret->state = RAIL_REFUND_FAILED;
    return OK;
}

static enum err stripe_renewal(struct cx *cx, const struct rail_step *s, bool resume)
{
    struct buf f, path;
    json_t *j;
    buf_init_arena(&f, cx->arena, FORM_MAX);
    buf_init_arena(&path, cx->arena, FORM_MAX);
    buf_lit(&path, "/v1/subscriptions/");
    buf_put_url(&path, s->sub->ref);
    if (str_eq_c(s->name, "drop")) {
        int status;
        TRY(stripe_try(cx, s->account, "DELETE", buf_str(&path), STR_NULL, STR_NULL, &status, &j, NULL));
        return status < 300 || status == 404 ? OK : cx_fail(cx, ERR_UPSTREAM, "stripe answers %d", status);
    }
    stripe_put(&f, "cancel_at_period_end", resume ? STR("false") : STR("true"));
    return stripe_call(cx, s->account, "POST", buf_str(&path), buf_str(&f), s->key, &j);
}

/* The item that there is, with another price of the same product; the term that runs is left alone. */
static enum err stripe_reprice(struct cx *cx, const struct rail_step *s, struct rail_repriced *ret)
{
    struct buf f, path;
    json_t *j;
    int64_t amount;
    struct tax_rule rule;
    *ret = (struct rail_repriced){.next_at = DB_NULL};
    if (!stripe_amount(s->amount, &amount))
        return cx_tell(cx, ERR_INVALID, N_("Stripe cannot take this amount."));
    buf_init_arena(&path, cx->arena, FORM_MAX);
    buf_lit(&path, "/v1/subscriptions/");
    buf_put_url(&path, s->sub->ref);
    TRY(stripe_call(cx, s->account, "GET", buf_str(&path), STR_NULL, STR_NULL, &j));
    TRY(tax_rule_of(cx, s->order->planet_id, &rule));
    const json_t *item = ld_at(ld_get(j, "items.data"), 0);
    struct str id = ld_str(item, "id"), product = ld_id_at(item, "price.product");
    if (id.n == 0 || product.n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "a subscription without an item");
    buf_init_arena(&f, cx->arena, FORM_MAX);
    stripe_put(&f, "items[0][id]", id);
    stripe_put(&f, "items[0][price_data][currency]", str_lower(cx->arena, str_c(s->amount.cur)));
    put_i64(cx, &f, "items[0][price_data][unit_amount]", amount);
    stripe_put(&f, "items[0][price_data][product]", product);
    stripe_put(&f, "items[0][price_data][recurring][interval]", s->price->unit);
    put_i64(cx, &f, "items[0][price_data][recurring][interval_count]", s->price->count);
    if (rule.mode == TAX_RAIL)
        stripe_put(&f, "items[0][price_data][tax_behavior]", STR("inclusive"));
    stripe_put(&f, "proration_behavior", STR("none"));
    return stripe_call(cx, s->account, "POST", buf_str(&path), buf_str(&f), s->key, &j);
}

static enum err stripe_portal(struct cx *cx, const struct rail_account *acc, const struct rail_sub *sub,
                              struct str return_url, struct str *ret_url)
{
    struct buf f;
    json_t *j;
    if (sub->customer.n == 0)
        return ERR_NOT_FOUND;
    buf_init_arena(&f, cx->arena, FORM_MAX);
    stripe_put(&f, "customer", sub->customer);
    stripe_put(&f, "return_url", return_url);
    TRY(stripe_call(cx, acc, "POST", STR("/v1/billing_portal/sessions"), buf_str(&f), STR_NULL, &j));
    *ret_url = ld_str(j, "url");
    bool http = str_starts(*ret_url, STR("https://")) || (cx->node->dev && str_starts(*ret_url, STR("http://")));
    return http ? OK : cx_fail(cx, ERR_UPSTREAM, "stripe made no portal session");
}

/* Stripe repeats for days what isn't answered with 2xx; 400 for what isn't its own. */
static void stripe_answer(struct cx *cx, enum err e, struct rail_reply *ret)
{
    (void)cx;
    if (e == OK)
        ret->status = 200;
    else if (e == ERR_UNAUTHENTICATED)
        ret->status = 400;
}

static const struct rail_field fields[] = {
    {"key", N_("Secret key"),
     N_("A restricted key (rk_…) with the rights named above; a full one (sk_…) works, too."),
     RAIL_SECRET | RAIL_NEEDED},
    {"webhook_secret", N_("Signing secret of the webhook"),
     N_("Leave it empty: the endpoint is made for you, if the key may. Else make one by hand and paste its whsec_…"),
     RAIL_SECRET},
    {"one_off", N_("No automatic renewal: each term is paid by itself"), NULL, RAIL_SWITCH},
    {"invoices", N_("Let Stripe write invoices for single payments, too"), NULL, RAIL_SWITCH},
    {"webhook_id", "", NULL, RAIL_SELF},
    {0},
};
static const char *const headers[] = {"Stripe-Signature", NULL};

const struct pay_rail rail_stripe = {
    .name = "stripe",
    .label = N_("Card and more (Stripe)"),
    .title = "Stripe",
    .about = N_("In Stripe's dashboard, under Developers → API keys, make a restricted key with the right to write Checkout Sessions, Customers, Products, Prices, Coupons, Subscriptions, Refunds, PaymentIntents, Customer portal and Webhook endpoints, and to read Payment methods, Invoices, Charges, Disputes, Events and Balance transactions. Money goes to your own account; nothing passes through us."),
    .fields = fields,
    .headers = headers,
    .renews = true,
    .talks = true,
    .check = stripe_check,
    .probe = stripe_probe,
    .connect = stripe_connect,
    .checkout = stripe_checkout,
    .verify = stripe_verify,
    .fetch_state = stripe_fetch_state,
    .refund = stripe_refund,
    .renewal = stripe_renewal,
    .reprice = stripe_reprice,
    .portal = stripe_portal,
    .list_since = stripe_list_since,
    .fees = stripe_fees,
    .answer = stripe_answer,
};
