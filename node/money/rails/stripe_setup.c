/* Stripe: connecting the owner's account, and what was told while we didn't hear (S2, S5, S12). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/json.h"
#include "node/money/rail_adapters.h"
#include "node/money/rails/stripe.h"

#include <stdlib.h>

enum { FORM_MAX = 8192, PAGE = 100, PAGES_MAX = 50, RAW_MAX = 1 << 20 };

/* S5 */
static const char *const events[] = {
    "checkout.session.completed", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed", "checkout.session.expired",
    "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "invoice.finalization_failed",
    "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
    "customer.subscription.paused", "customer.subscription.resumed", "customer.subscription.trial_will_end",
    "charge.refunded", "refund.created", "refund.updated", "refund.failed",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
};
enum { N_EVENTS = sizeof events / sizeof *events };

/* ---- rights ---- */

/* What is asked to see whether the key may: reading one, or writing what can't be written. */
struct trial {
    const char *name, *method, *path, *form;
    bool needed;
};
static const struct trial trials[] = {
    {"Checkout Sessions", "POST", "/v1/checkout/sessions", "mode=none", true},
    {"Customers", "POST", "/v1/customers/cus_none", "", true},
    {"Products", "POST", "/v1/products/prod_none", "", true},
    {"Prices", "POST", "/v1/prices/price_none", "", true},
    {"Coupons", "POST", "/v1/coupons/none", "", true},
    {"Subscriptions", "POST", "/v1/subscriptions/sub_none", "", true},
    {"Refunds", "POST", "/v1/refunds", "payment_intent=pi_none", true},
    {"PaymentIntents", "GET", "/v1/payment_intents?limit=1", NULL, true},
    {"Customer portal", "POST", "/v1/billing_portal/sessions", "customer=cus_none", true},
    {"Invoices", "GET", "/v1/invoices?limit=1", NULL, true},
    {"Charges", "GET", "/v1/charges?limit=1", NULL, true},
    {"Disputes", "GET", "/v1/disputes?limit=1", NULL, true},
    {"Events", "GET", "/v1/events?limit=1", NULL, true},
    {"Payment methods", "GET", "/v1/payment_methods/pm_none", NULL, false},
    {"Balance transactions", "GET", "/v1/balance_transactions?limit=1", NULL, false},
};
enum { N_TRIALS = sizeof trials / sizeof *trials };

static enum err try_right(struct cx *cx, const struct rail_account *acc, const struct trial *t, struct rail_probe *ret)
{
    int status;
    json_t *j;
    struct str form = t->form == NULL ? STR_NULL : str_c(t->form);
    TRY(stripe_try(cx, acc, t->method, str_c(t->path), form, STR_NULL, &status, &j, NULL));
    if (status == 401)
        return cx_tell(cx, ERR_INVALID, N_("Stripe does not know this key. Please copy it once more."));
    if (status == 429 || status >= 500)
        return cx_tell(cx, ERR_UPSTREAM, N_("The payment provider does not answer. Please try again in a few minutes."));
    ret->rights[ret->n++] = (struct rail_right){.name = str_c(t->name), .ok = status != 403, .needed = t->needed};
    return OK;
}

enum err stripe_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    int status;
    json_t *j;
    struct str key = rail_secret(acc, "key");
    bool test = str_starts(key, STR("rk_test_")) || str_starts(key, STR("sk_test_"));
    ret->n = 0;
    ret->live = !test;
    ret->merchant = acc->merchant;
    TRY(stripe_try(cx, acc, "GET", STR("/v1/account"), STR_NULL, STR_NULL, &status, &j, NULL));
    if (status == 200 && str_starts(ld_str(j, "id"), STR("acct_"))) {
        ret->merchant = ld_str(j, "id");
        ret->title = ld_str(j, "settings.dashboard.display_name");
    } else if (ret->merchant.n == 0) {
        ret->merchant = STR("acct_unnamed"); /* a restricted key may not ask; signatures tell whose it is */
    }
    for (size_t i = 0; i < N_TRIALS; i++)
        TRY(try_right(cx, acc, &trials[i], ret));
    const struct trial hook = {"Webhook endpoints", "POST", "/v1/webhook_endpoints/we_none", "",
                               rail_secret(acc, "webhook_secret").n == 0};
    return try_right(cx, acc, &hook, ret);
}

/* ---- the endpoint ---- */

static struct str endpoint_form(struct cx *cx, struct str hook_url, bool fresh)
{
    struct buf f;
    buf_init_arena(&f, cx->arena, FORM_MAX);
    stripe_put(&f, "url", hook_url);
    if (fresh)
        stripe_put(&f, "api_version", STR(STRIPE_VERSION));
    for (size_t i = 0; i < N_EVENTS; i++)
        stripe_put(&f, "enabled_events[]", str_c(events[i]));
    return buf_str(&f);
}

enum err stripe_connect(struct cx *cx, struct rail_account *acc, struct str hook_url)
{
    struct str id = rail_setting(acc, "webhook_id");
    int status = 404;
    json_t *j = NULL;
    if (id.n == 0 && rail_secret(acc, "webhook_secret").n > 0)
        return OK; /* made by hand */
    if (id.n > 0) {
        struct buf path;
        buf_init_arena(&path, cx->arena, FORM_MAX);
        buf_lit(&path, "/v1/webhook_endpoints/");
        buf_put_url(&path, id);
        TRY(stripe_try(cx, acc, "POST", buf_str(&path), endpoint_form(cx, hook_url, false), STR_NULL, &status, &j, NULL));
        if (status == 200)
            return OK;
    }
    /* A key of its own each time: an endpoint that was deleted there must not come back from memory. */
    struct str key = str_fmt(cx->arena, "endpoint-%lld-%lld", (long long)acc->id, (long long)cx->now);
    TRY(stripe_call(cx, acc, "POST", STR("/v1/webhook_endpoints"), endpoint_form(cx, hook_url, true), key, &j));
    const struct rail_value v[] = {{"webhook_id", ld_str(j, "id")}, {"webhook_secret", ld_str(j, "secret")}};
    if (v[0].value.n == 0 || !str_starts(v[1].value, STR("whsec_")))
        return cx_fail(cx, ERR_UPSTREAM, "stripe made no endpoint");
    return rail_account_keep(cx, &rail_stripe, acc, v, 2);
}

/* ---- what was missed ---- */

struct page {
    json_t *items[PAGE * PAGES_MAX];
    size_t n;
};

/* Newest first, as Stripe lists; all of it. */
static enum err list_all(struct cx *cx, const struct rail_account *acc, struct str query, struct page *ret)
{
    struct str after = STR_NULL;
    for (int i = 0; i < PAGES_MAX; i++) {
        json_t *j;
        struct buf path;
        buf_init_arena(&path, cx->arena, FORM_MAX);
        buf_put(&path, query);
        if (after.n > 0) {
            buf_lit(&path, "&starting_after=");
            buf_put_url(&path, after);
        }
        TRY(stripe_call(cx, acc, "GET", buf_str(&path), STR_NULL, STR_NULL, &j));
        json_t *data = ld_get(j, "data");
        for (size_t k = 0; k < json_array_size(data) && ret->n < PAGE * PAGES_MAX; k++) {
            ret->items[ret->n++] = json_array_get(data, k);
            after = ld_str(json_array_get(data, k), "id");
        }
        if (!ld_bool(j, "has_more", false) || after.n == 0 || json_array_size(data) == 0)
            break;
    }
    return OK;
}

static struct str raw_of(struct cx *cx, const json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT);
    struct str s = text == NULL ? STR("{}") : str_dup(cx->arena, str_c(text));
    free(text);
    return s;
}

enum err stripe_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                           enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct page *p = ARENA_NEW(cx->arena, struct page);
    struct buf q;
    p->n = 0;
    buf_init_arena(&q, cx->arena, FORM_MAX);
    buf_fmt(&q, "/v1/events?limit=%d&created%%5Bgte%%5D=%lld", PAGE, (long long)(since / MS_SECOND));
    for (size_t i = 0; i < N_EVENTS; i++)
        buf_fmt(&q, "&types%%5B%%5D=%s", events[i]);
    TRY(list_all(cx, acc, buf_str(&q), p));
    for (size_t i = p->n; i-- > 0;) {
        struct rail_state s;
        if (stripe_event_json(cx, p->items[i], &s) != OK || s.live != acc->live)
            continue;
        TRY(stripe_own(cx, acc, &s));
        TRY(take(arg, raw_of(cx, p->items[i]), &s));
    }
    return OK;
}

static enum rail_line line_kind(struct str type)
{
    if (str_eq_c(type, "charge") || str_eq_c(type, "payment"))
        return RAIL_LINE_PAYMENT;
    if (str_eq_c(type, "refund") || str_eq_c(type, "payment_refund"))
        return RAIL_LINE_REFUND;
    return str_eq_c(type, "adjustment") ? RAIL_LINE_DISPUTE : RAIL_LINE_FEE;
}

enum err stripe_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                     enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct page *p = ARENA_NEW(cx->arena, struct page);
    p->n = 0;
    TRY(list_all(cx, acc, str_fmt(cx->arena, "/v1/balance_transactions?limit=%d&expand%%5B%%5D=data.source&created%%5Bgte%%5D=%lld", PAGE,
                                  (long long)(since / MS_SECOND)), p));
    for (size_t i = p->n; i-- > 0;) {
        int64_t fee = 0, amount, created = 0;
        const json_t *t = p->items[i];
        struct rail_fee f = {.ref = stripe_id(t, "source"), .also = stripe_id(t, "source.payment_intent"),
                             .line = ld_str(t, "id"), .kind = line_kind(ld_str(t, "type"))};
        (void)ld_i64(t, "fee", &fee);
        if (f.ref.n == 0 || f.line.n == 0 || (fee == 0 && f.kind == RAIL_LINE_FEE))
            continue;
        f.fee = stripe_money(fee, ld_str(t, "currency"));
        /* Exchanged on the way: the sum here is of another currency than what was paid. */
        if (!ld_i64(t, "amount", &amount) || json_is_number(ld_get(t, "exchange_rate")))
            f.kind = RAIL_LINE_FEE;
        else
            f.amount = stripe_money(amount, ld_str(t, "currency"));
        (void)ld_i64(t, "created", &created);
        f.at = created * MS_SECOND;
        TRY(take(arg, &f));
    }
    return OK;
}
