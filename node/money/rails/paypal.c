/* PayPal: what an owner fills in, and orders to its pages (Y2). */
#include "node/money/rails/paypal.h"

#include "node/base/buf.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/money/subscription.h"
#include "node/money/trial_order.h"
#include "node/node.h"
#include "node/people/account.h"

enum { BODY_MAX = 16384, NAME_MAX = 120, ID_MIN = 20 };

static bool paypal_takes(struct cx *cx, int64_t planet_id, struct str currency)
{
    struct str text;
    (void)planet_id;
    return currency.n == 3 && paypal_amount(cx->arena, money_of(0, currency), &text);
}

static enum err paypal_check(struct cx *cx, struct rail_value *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool key = str_eq_c(str_c(v[i].name), "client_id") || str_eq_c(str_c(v[i].name), "secret");
        bool hook = str_eq_c(str_c(v[i].name), "webhook_id");
        if (v[i].value.n == 0 || (!key && !hook))
            continue;
        for (size_t k = 0; k < v[i].value.n; k++) {
            char c = v[i].value.p[k];
            bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
            if (!word)
                return cx_tell(cx, ERR_INVALID, N_("Client ID and secret of PayPal are one long word each."));
        }
        if (key && v[i].value.n < ID_MIN)
            return cx_tell(cx, ERR_INVALID, N_("Client ID and secret of PayPal are one long word each."));
    }
    return OK;
}

enum err paypal_title(struct cx *cx, const struct order *o, struct str *ret_planet, struct str *ret_item)
{
    struct planet p;
    struct tier t;
    TRY(planet_by_id(cx, o->planet_id, &p));
    *ret_planet = *ret_item = p.name;
    if (o->tier_id == DB_NULL)
        return OK;
    TRY(tier_by_id(cx, o->tier_id, &t));
    *ret_item = str_fmt(cx->arena, STR_FMT " · " STR_FMT, STR_ARG(p.name), STR_ARG(t.name));
    return OK;
}

struct str paypal_locale(struct cx *cx, int64_t account_id)
{
    struct account a;
    bool zh = account_by_id(cx, account_id, &a) == OK && str_starts(a.locale, STR("zh"));
    return zh ? STR("zh-CN") : STR("en-US");
}

/* Does this order begin something that renews by itself? */
static enum err renews(struct cx *cx, const struct rail_step *s, bool *ret)
{
    const struct order *o = s->order;
    struct subscription old;
    enum err e = subscription_of(cx, o->planet_id, o->account_id, &old);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool own = str_eq_c(o->kind, "membership") || str_eq_c(o->kind, "renewal") || str_eq_c(o->kind, "trial");
    bool up = str_eq_c(o->kind, "upgrade"); /* the one that it replaces ends with its term */
    *ret = (own || up) && o->tier_id != DB_NULL && paypal_renewable(o) && (e == ERR_NOT_FOUND || up) &&
           !rail_switch(s->account, "one_off");
    return OK;
}

static void put_unit(struct jw *w, const struct order *o, struct str value, struct str item)
{
    jw_key(w, "purchase_units");
    jw_arr(w);
    jw_obj(w);
    jw_key_c(w, "reference_id", "default");
    jw_key_str(w, "custom_id", o->number);
    jw_key_str(w, "invoice_id", o->number);
    jw_key_str(w, "description", str_utf8_cut(item, NAME_MAX));
    jw_key(w, "amount");
    jw_obj(w);
    jw_key_c(w, "currency_code", o->total.cur);
    jw_key_str(w, "value", value);
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static enum err order_body(struct cx *cx, const struct rail_step *s, struct str *ret)
{
    const struct order *o = s->order;
    struct str value, planet, item;
    struct buf b;
    struct jw w;
    if (!paypal_amount(cx->arena, o->total, &value) || o->total.minor == 0)
        return cx_tell(cx, ERR_CONFLICT, N_("This amount can't be paid this way."));
    TRY(paypal_title(cx, o, &planet, &item));
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "intent", "CAPTURE");
    put_unit(&w, o, value, item);
    jw_key(&w, "payment_source");
    jw_obj(&w);
    jw_key(&w, "paypal");
    jw_obj(&w);
    jw_key(&w, "experience_context");
    jw_obj(&w);
    jw_key_str(&w, "brand_name", str_utf8_cut(planet, NAME_MAX));
    jw_key_str(&w, "locale", paypal_locale(cx, o->account_id));
    jw_key_c(&w, "user_action", "PAY_NOW");
    jw_key_c(&w, "shipping_preference", "NO_SHIPPING");
    jw_key_str(&w, "return_url", s->return_url);
    jw_key_str(&w, "cancel_url", str_fmt(cx->arena, STR_FMT "/pay/" STR_FMT, STR_ARG(cx->node->origin), STR_ARG(o->number)));
    for (int i = 0; i < 4; i++)
        jw_end(&w);
    *ret = buf_str(&b);
    return jw_done(&w) ? OK : cx_fail(cx, ERR_INTERNAL, "order too long");
}

static enum err paypal_checkout(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    struct paypal_answer a;
    struct str body;
    bool renew;
    TRY(renews(cx, s, &renew));
    if (!renew && trial_order_is(s->order))
        return cx_tell(cx, ERR_CONFLICT, N_("Free days need a way of paying that renews by itself."));
    if (renew) {
        TRY(paypal_subscribe(cx, s, ret));
    } else {
        TRY(order_body(cx, s, &body));
        TRY(paypal_call(cx, s->account, "POST", STR("/v2/checkout/orders"), body, s->key, &a));
        *ret = (struct rail_way){.go = RAIL_GO_URL, .url = paypal_link(a.j, "payer-action"), .ref = ld_str(a.j, "id")};
        if (ret->url.n == 0)
            ret->url = paypal_link(a.j, "approve");
    }
    bool http = str_starts(ret->url, STR("https://")) || (cx->node->dev && str_starts(ret->url, STR("http://")));
    if (!http || ret->ref.n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "paypal made nothing to approve");
    return OK;
}

static enum err paypal_refund(struct cx *cx, const struct rail_step *s, struct rail_refunded *ret)
{
    struct str payment, value;
    struct paypal_answer a;
    struct buf b;
    struct jw w;
    if (!paypal_amount(cx->arena, s->amount, &value))
        return cx_tell(cx, ERR_INVALID, N_("This amount can't be paid this way."));
    TRY(paypal_payment_of(cx, s, &payment));
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "amount");
    jw_obj(&w);
    jw_key_c(&w, "currency_code", s->amount.cur);
    jw_key_str(&w, "value", value);
    jw_end(&w);
    jw_key_str(&w, "custom_id", s->order->number);
    jw_key_str(&w, "note_to_payer", s->order->number);
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "refund too long");
    TRY(paypal_call(cx, s->account, "POST", paypal_path(cx->arena, "/v2/payments/captures/", payment, "/refund"), buf_str(&b),
                    s->key, &a));
    struct str status = ld_str(a.j, "status");
    *ret = (struct rail_refunded){.state = RAIL_REFUND_SENT, .ref = ld_str(a.j, "id"), .why = ld_str(a.j, "status_details.reason")};
    if (str_eq_c(status, "COMPLETED"))
        ret->state = RAIL_REFUND_DONE;
    else if (str_eq_c(status, "FAILED") || str_eq_c(status, "CANCELLED"))
        ret->state = RAIL_REFUND_FAILED;
    return OK;
}

/* PayPal sends again for three days what isn't answered with 2xx. */
static void paypal_answer(struct cx *cx, enum err e, struct rail_reply *ret)
{
    (void)cx;
    if (e == OK)
        ret->status = 200;
    else if (e == ERR_UNAUTHENTICATED)
        ret->status = 400;
}

static const struct rail_field fields[] = {
    {"client_id", N_("Client ID of the app"), NULL, RAIL_NEEDED},
    {"secret", N_("Secret of the app"), NULL, RAIL_SECRET | RAIL_NEEDED},
    {"sandbox", N_("This app is of PayPal's sandbox, for trying out"), NULL, RAIL_SWITCH},
    {"one_off", N_("No automatic renewal: each term is paid by itself"), NULL, RAIL_SWITCH},
    {"webhook_id", "", NULL, RAIL_SELF},
    {"certificates", "", NULL, RAIL_SELF},
    {"token", "", NULL, RAIL_SELF | RAIL_SECRET},
    {0},
};
static const char *const headers[] = {"PayPal-Transmission-Id", "PayPal-Transmission-Time", "PayPal-Transmission-Sig",
                                      "PayPal-Cert-Url", "PayPal-Auth-Algo", NULL};

const struct pay_rail rail_paypal = {
    .name = "paypal",
    .label = N_("PayPal"),
    .title = "PayPal",
    .about = N_("At developer.paypal.com, under Apps & Credentials, make an app for your business account and copy its client ID and secret. Among its features leave Payments and Subscriptions on, and switch on Customer disputes and Transaction search. Money goes to your own account; nothing passes through us."),
    .fields = fields,
    .headers = headers,
    .renews = true,
    .talks = true,
    .takes = paypal_takes,
    .check = paypal_check,
    .probe = paypal_probe,
    .connect = paypal_connect,
    .checkout = paypal_checkout,
    .capture = paypal_capture,
    .verify = paypal_verify,
    .learn = paypal_learn,
    .fetch_state = paypal_fetch_state,
    .refund = paypal_refund,
    .renewal = paypal_renewal,
    .reprice = paypal_reprice,
    .reprice_asks = true,
    .list_since = paypal_list_since,
    .fees = paypal_fees,
    .answer = paypal_answer,
};
