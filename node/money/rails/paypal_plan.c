/* Memberships that PayPal renews: a product for each tier, a plan for each price and what is taken off it, a
 * subscription for each order (Y3). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/quote.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_call.h"
#include "node/money/rail_plan_sql.h"
#include "node/money/rails/paypal.h"
#include "node/money/subscription.h"
#include "node/money/trial_order.h"
#include "node/node.h"

#include <string.h>

enum { BODY_MAX = 16384, CYCLES = 3, FAILURES = 3, NAME_MAX = 120, WAIT_MAX_S = 400 * 24 * 3600 };

struct cycle {
    const char *unit;        /* DAY, MONTH, YEAR */
    int64_t count, times;    /* times 0: for ever */
    struct money price;
};
struct plan {
    struct cycle cycles[CYCLES];
    size_t n;
};

static const char *unit_of(struct str unit, int64_t count)
{
    if (str_eq_c(unit, "day") && count <= 365)
        return "DAY";
    if (str_eq_c(unit, "month") && count <= 12)
        return "MONTH";
    return str_eq_c(unit, "year") && count == 1 ? "YEAR" : NULL;
}

bool paypal_renewable(const struct order *o)
{
    return o->term_unit.n > 0 && unit_of(o->term_unit, o->term_count) != NULL;
}

/* What is charged when: free days or the first term for what the order says, further ones while a coupon runs, then
 * the price, each with its tax. */
static enum err plan_of(struct cx *cx, const struct order *o, struct plan *ret)
{
    struct coupon_fit fit = {.coupon_id = DB_NULL};
    const char *unit = unit_of(o->term_unit, o->term_count);
    struct money full, off;
    struct price price;
    *ret = (struct plan){.n = 0};
    TRY(quote_further(cx, o, 0, &full));
    off = full;
    if (trial_order_is(o)) {
        TRY(trial_order_terms(cx, o, &price));
        ret->cycles[ret->n++] = (struct cycle){"DAY", price.trial_days, 1, o->total};
        ret->cycles[ret->n++] = (struct cycle){unit, o->term_count, 0, full};
        return OK;
    }
    TRY(coupon_of_order(cx, o->id, &fit));
    if (fit.coupon_id != DB_NULL)
        TRY(quote_further(cx, o, fit.discount, &off));
    bool first = o->total.minor != off.minor, for_ever = fit.coupon_id != DB_NULL && fit.terms_left == DB_NULL;
    if (first)
        ret->cycles[ret->n++] = (struct cycle){unit, o->term_count, 1, o->total};
    int64_t more = fit.coupon_id == DB_NULL || for_ever ? 0 : fit.terms_left + !first;
    if (more > 0)
        ret->cycles[ret->n++] = (struct cycle){unit, o->term_count, more, off};
    ret->cycles[ret->n++] = (struct cycle){unit, o->term_count, 0, for_ever ? off : full};
    return OK;
}

static void put_amount(struct cx *cx, struct jw *w, const char *key, struct money m, bool *ok)
{
    struct str value = STR("0");
    *ok = paypal_amount(cx->arena, m, &value) && *ok;
    jw_key(w, key);
    jw_obj(w);
    jw_key_str(w, "value", value);
    jw_key_c(w, "currency_code", m.cur);
    jw_end(w);
}

static enum err made(struct cx *cx, const struct rail_account *acc, const char *path, struct str body, struct str what,
                     struct str *ret)
{
    struct paypal_answer a;
    bool found;
    /* The same thing made twice by two who came at once is one, by its request id. */
    struct str key = str_sub(crypt_sha256_hex(cx->arena, str_fmt(cx->arena, STR_FMT "\n%lld\n" STR_FMT, STR_ARG(acc->merchant),
                                                                 (long long)acc->planet_id, STR_ARG(what))), 0, 36);
    TRY(paypal_call(cx, acc, "POST", str_c(path), body, key, &a));
    *ret = ld_str(a.j, "id");
    if (ret->n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "paypal made nothing at %s", path);
    TRY(q_rail_plan_put(cx, acc->planet_id, STR("paypal"), acc->merchant, what, *ret, cx->now, NULL));
    TRY(q_rail_plan_get(cx, acc->planet_id, STR("paypal"), acc->merchant, what, &found, ret));
    return OK;
}

static enum err product(struct cx *cx, const struct rail_account *acc, const struct order *o, struct str *ret)
{
    struct str what = str_fmt(cx->arena, "product:%lld", (long long)o->tier_id), planet, item;
    struct buf b;
    struct jw w;
    bool found;
    TRY(q_rail_plan_get(cx, acc->planet_id, STR("paypal"), acc->merchant, what, &found, ret));
    if (found)
        return OK;
    TRY(paypal_title(cx, o, &planet, &item));
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "name", str_utf8_cut(item, NAME_MAX));
    jw_key_c(&w, "type", "SERVICE");
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "product too long");
    return made(cx, acc, "/v1/catalogs/products", buf_str(&b), what, ret);
}

static struct str plan_name(struct cx *cx, const struct order *o, const struct plan *p)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 1024);
    buf_fmt(&b, "plan:%lld:%s", (long long)o->tier_id, o->total.cur);
    for (size_t i = 0; i < p->n; i++)
        buf_fmt(&b, ":%s.%lld.%lld.%lld", p->cycles[i].unit, (long long)p->cycles[i].count, (long long)p->cycles[i].times,
                (long long)p->cycles[i].price.minor);
    return buf_str(&b);
}

static void put_cycles(struct cx *cx, struct jw *w, const struct plan *p, bool *ok)
{
    jw_key(w, "billing_cycles");
    jw_arr(w);
    for (size_t i = 0; i < p->n; i++) {
        const struct cycle *c = &p->cycles[i];
        jw_obj(w);
        jw_key(w, "frequency");
        jw_obj(w);
        jw_key_c(w, "interval_unit", c->unit);
        jw_key_i64(w, "interval_count", c->count);
        jw_end(w);
        jw_key_c(w, "tenure_type", i + 1 < p->n ? "TRIAL" : "REGULAR");
        jw_key_i64(w, "sequence", (int64_t)i + 1);
        jw_key_i64(w, "total_cycles", c->times);
        jw_key(w, "pricing_scheme");
        jw_obj(w);
        put_amount(cx, w, "fixed_price", c->price, ok);
        jw_end(w);
        jw_end(w);
    }
    jw_end(w);
}

/* The plan of these cycles for the order's tier. */
static enum err plan(struct cx *cx, const struct rail_account *acc, const struct order *o, const struct plan *p, struct str *ret)
{
    struct str product_id, planet, item, what = plan_name(cx, o, p);
    struct buf b;
    struct jw w;
    bool found, ok = true;
    TRY(q_rail_plan_get(cx, acc->planet_id, STR("paypal"), acc->merchant, what, &found, ret));
    if (found)
        return OK;
    TRY(product(cx, acc, o, &product_id));
    TRY(paypal_title(cx, o, &planet, &item));
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "product_id", product_id);
    jw_key_str(&w, "name", str_utf8_cut(item, NAME_MAX));
    jw_key_c(&w, "status", "ACTIVE");
    put_cycles(cx, &w, p, &ok);
    jw_key(&w, "payment_preferences");
    jw_obj(&w);
    jw_key_bool(&w, "auto_bill_outstanding", true);
    jw_key_c(&w, "setup_fee_failure_action", "CANCEL");
    jw_key_i64(&w, "payment_failure_threshold", FAILURES);
    jw_end(&w);
    jw_end(&w);
    if (!ok)
        return cx_tell(cx, ERR_CONFLICT, N_("This amount can't be paid this way."));
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "plan too long");
    return made(cx, acc, "/v1/billing/plans", buf_str(&b), what, ret);
}

/* A new one, or one that goes on by another plan: its payer comes back to where they were. */
static struct str subscription_body(struct cx *cx, const struct rail_step *s, struct str plan_id, struct str planet, bool is_new)
{
    struct str pay = str_fmt(cx->arena, STR_FMT "/pay/" STR_FMT, STR_ARG(cx->node->origin), STR_ARG(s->order->number));
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "plan_id", plan_id);
    if (is_new)
        jw_key_str(&w, "custom_id", s->order->number);
    jw_key(&w, "application_context");
    jw_obj(&w);
    jw_key_str(&w, "brand_name", str_utf8_cut(planet, NAME_MAX));
    jw_key_str(&w, "locale", paypal_locale(cx, s->order->account_id));
    jw_key_c(&w, "shipping_preference", "NO_SHIPPING");
    if (is_new)
        jw_key_c(&w, "user_action", "SUBSCRIBE_NOW");
    jw_key_str(&w, "return_url", s->return_url);
    jw_key_str(&w, "cancel_url", is_new ? pay : s->return_url);
    jw_end(&w);
    jw_end(&w);
    return jw_done(&w) ? buf_str(&b) : STR_NULL;
}

enum err paypal_subscribe(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    struct paypal_answer a;
    struct str plan_id, planet, item;
    struct plan p;
    TRY(plan_of(cx, s->order, &p));
    TRY(plan(cx, s->account, s->order, &p, &plan_id));
    TRY(paypal_title(cx, s->order, &planet, &item));
    TRY(paypal_try(cx, s->account, "POST", STR("/v1/billing/subscriptions"), subscription_body(cx, s, plan_id, planet, true), s->key,
                   &a));
    if (a.status == 404) { /* the plan was taken away there: another is made at the next try */
        TRY(q_rail_plan_forget(cx, s->account->planet_id, STR("paypal"), NULL));
        return cx_tell(cx, ERR_UPSTREAM, N_("The payment provider does not answer. Please try again in a few minutes."));
    }
    if (a.status >= 300) {
        TRY(rail_account_say(cx, s->account, str_fmt(cx->arena, "PayPal: subscription: %d " STR_FMT " " STR_FMT, a.status,
                                                     STR_ARG(a.name), STR_ARG(a.issue))));
        return cx_tell(cx, ERR_CONFLICT, N_("The payment provider refuses this. Please tell the owner of the planet."));
    }
    *ret = (struct rail_way){.go = RAIL_GO_URL, .url = paypal_link(a.j, "approve"), .ref = ld_str(a.j, "id")};
    return str_starts(ret->ref, STR("I-")) ? OK : cx_fail(cx, ERR_UPSTREAM, "paypal made no subscription");
}

/* ---- no further renewal, or after all ---- */

#define SUBSCRIPTIONS "/v1/billing/subscriptions/"

static enum err tell(struct cx *cx, const struct rail_step *s, const char *verb)
{
    struct paypal_answer a;
    struct str body = strcmp(verb, "/activate") == 0 ? STR("{\"reason\":\"The member goes on\"}")
                                                      : STR("{\"reason\":\"The member has cancelled\"}");
    return paypal_call(cx, s->account, "POST", paypal_path(cx->arena, SUBSCRIPTIONS, s->sub->ref, verb), body, s->key, &a);
}

static enum err put_end(struct cx *cx, const struct rail_step *s, int64_t until)
{
    struct subscription sub;
    int64_t id, wait = until == DB_NULL || until < cx->now ? 0 : (until - cx->now) / MS_SECOND;
    TX_SCOPE(cx);
    TRY(subscription_by_ref(cx, s->account->planet_id, STR("paypal"), s->sub->ref, &sub));
    const struct rail_call_new c = {
        .planet_id = s->account->planet_id,
        .rail = &rail_paypal,
        .step = "end",
        .order_id = DB_NULL,
        .subscription_id = sub.id,
        .group = str_fmt(cx->arena, "%lld", (long long)s->id),
        .amount = DB_NULL,
        .wait_s = wait < WAIT_MAX_S ? (int)wait + 1 : WAIT_MAX_S,
    };
    TRY(rail_call_put(cx, &c, &id));
    return tx_commit(cx);
}

/* What is cancelled at PayPal can't be taken up again. So it is only held until the paid time is over; then the call
 * "end" cancels it for good. A held subscription charges nothing. */
enum err paypal_renewal(struct cx *cx, const struct rail_step *s, bool resume)
{
    struct paypal_answer a;
    bool end = str_eq_c(s->name, "end");
    int64_t until = s->sub->period_end;
    TRY(paypal_call(cx, s->account, "GET", paypal_path(cx->arena, SUBSCRIPTIONS, s->sub->ref, ""), STR_NULL, STR_NULL, &a));
    struct str status = ld_str(a.j, "status");
    bool over = str_eq_c(status, "CANCELLED") || str_eq_c(status, "EXPIRED"), held = str_eq_c(status, "SUSPENDED");
    (void)ld_time(a.j, "billing_info.next_billing_time", &until);
    if (resume && over)
        return cx_tell(cx, ERR_CONFLICT, N_("This subscription has ended. Please start a new one."));
    if (str_eq_c(s->name, "drop"))
        return over ? OK : tell(cx, s, "/cancel");
    if (resume || end)
        return held ? tell(cx, s, end ? "/cancel" : "/activate") : OK;
    if (!over && !held)
        TRY(tell(cx, s, "/suspend"));
    return over ? OK : put_end(cx, s, until);
}

/* ---- another price ---- */

/* To revise a subscription is to move it to another plan of the same product. PayPal gives the address of a page where
 * its payer agrees to that; the next charge follows the new plan then, and the old one as long as they don't. */
enum err paypal_reprice(struct cx *cx, const struct rail_step *s, struct rail_repriced *ret)
{
    struct paypal_answer a;
    struct plan p = {.n = 1, .cycles = {{unit_of(s->price->unit, s->price->count), s->price->count, 0, s->amount}}};
    struct str plan_id, planet, item, status;
    *ret = (struct rail_repriced){.next_at = DB_NULL};
    TRY(paypal_call(cx, s->account, "GET", paypal_path(cx->arena, SUBSCRIPTIONS, s->sub->ref, ""), STR_NULL, STR_NULL, &a));
    status = ld_str(a.j, "status");
    (void)ld_time(a.j, "billing_info.next_billing_time", &ret->next_at);
    if (!str_eq_c(status, "ACTIVE")) /* its message says more, and overtakes this call */
        return cx_tell(cx, ERR_BUSY, N_("The payment provider does not answer. Please try again in a few minutes."));
    TRY(plan(cx, s->account, s->order, &p, &plan_id));
    if (str_eq(ld_str(a.j, "plan_id"), plan_id))
        return OK;
    ret->agree = str_eq_c(s->name, "agreed") ? s->return_url : STR_NULL;
    if (ret->agree.n > 0)
        return OK;
    TRY(paypal_title(cx, s->order, &planet, &item));
    TRY(paypal_call(cx, s->account, "POST", paypal_path(cx->arena, SUBSCRIPTIONS, s->sub->ref, "/revise"),
                    subscription_body(cx, s, plan_id, planet, false), s->key, &a));
    ret->agree = paypal_link(a.j, "approve");
    bool http = str_starts(ret->agree, STR("https://")) || (cx->node->dev && str_starts(ret->agree, STR("http://")));
    return http ? OK : cx_fail(cx, ERR_UPSTREAM, "paypal gives no page to agree at");
}
