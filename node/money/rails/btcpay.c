/* BTCPay Server: orders to invoices, how they stand, money back by a link that its buyer fetches it with. */
#include "node/money/rails/btcpay.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/jw.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_http.h"
#include "node/money/rails/cn.h"

#include <string.h>

enum { BODY_MAX = 8192, OPEN_MIN = 60, NAME_MAX = 120, TRIES = 3 };

/* ---- asking ---- */

struct str btcpay_store_path(struct cx *cx, const struct rail_account *acc, const char *tail)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 1024);
    buf_lit(&b, "/stores/");
    buf_put_url(&b, rail_setting(acc, "store"));
    buf_put(&b, str_c(tail));
    return buf_str(&b);
}

struct str btcpay_invoice_path(struct cx *cx, const struct rail_account *acc, struct str invoice, const char *tail)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 1024);
    buf_put(&b, btcpay_store_path(cx, acc, "/invoices/"));
    buf_put_url(&b, invoice);
    buf_put(&b, str_c(tail));
    return buf_str(&b);
}

static enum err silent(struct cx *cx, enum err e)
{
    return cx_tell(cx, e, N_("The payment provider does not answer. Please try again in a few minutes."));
}

enum err btcpay_ask(struct cx *cx, const struct rail_account *acc, const char *method, struct str path,
                    struct str body, int *ret_status, json_t **ret)
{
    static const struct json_limits limits = {.max_bytes = RAIL_HTTP_ANSWER, .max_depth = 32, .max_values = 100000};
    struct fetch_header h[3] = {
        {STR("Authorization"), str_fmt(cx->arena, "token " STR_FMT, STR_ARG(rail_secret(acc, "key")))},
        {STR("Accept"), STR("application/json")},
        {STR("Content-Type"), STR("application/json")},
    };
    struct rail_request rq = {
        .method = method,
        .base = rail_setting(acc, "url"),
        .path = str_fmt(cx->arena, "/api/v1" STR_FMT, STR_ARG(path)),
        .headers = h,
        .n_headers = body.p == NULL ? 2 : 3,
        .body = body,
        .tries = strcmp(method, "GET") == 0 ? TRIES : 1, /* the server knows no idempotency keys */
    };
    struct rail_answer a;
    enum err e = rail_http(cx, &rq, &a);
    if (e == ERR_UPSTREAM || e == ERR_TIMEOUT || e == ERR_BUSY)
        return silent(cx, e);
    TRY(e);
    if (a.status == 429 || a.status >= 500)
        return silent(cx, cx_fail(cx, ERR_UPSTREAM, "BTCPay: %d", a.status));
    *ret_status = a.status;
    *ret = NULL;
    if (json_read(cx->arena, a.body, &limits, ret) != OK && a.status < 300 && a.body.n > 0)
        return cx_fail(cx, ERR_UPSTREAM, "BTCPay answered %d without JSON", a.status);
    return OK;
}

static enum err refused(struct cx *cx, const struct rail_account *acc, int status)
{
    TRY(rail_account_say(cx, acc, str_fmt(cx->arena, "BTCPay: %d", status)));
    return cx_tell(cx, ERR_CONFLICT, N_("The payment provider refuses this. Please tell the owner of the planet."));
}

/* ---- to the till ---- */

static enum err invoice_json(struct cx *cx, const struct rail_step *s, struct str *ret)
{
    const struct order *o = s->order;
    struct str what, speed = rail_setting(s->account, "speed");
    struct buf b;
    struct jw w;
    int64_t minutes = o->expires_at == DB_NULL ? OPEN_MIN : (o->expires_at - cx->now) / MS_MINUTE;
    TRY(cn_subject(cx, o, NAME_MAX, 4 * NAME_MAX, &what));
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "amount", money_decimal(cx->arena, o->total));
    jw_key_c(&w, "currency", o->total.cur);
    jw_key(&w, "metadata");
    jw_obj(&w);
    jw_key_str(&w, "orderId", o->number);
    jw_key_str(&w, "itemDesc", what);
    jw_end(&w);
    jw_key(&w, "checkout");
    jw_obj(&w);
    jw_key_str(&w, "speedPolicy", speed.n > 0 ? speed : STR("MediumSpeed"));
    jw_key_i64(&w, "expirationMinutes", minutes < 1 ? 1 : minutes > OPEN_MIN ? OPEN_MIN : minutes);
    jw_key_str(&w, "redirectURL", s->return_url);
    jw_key_bool(&w, "redirectAutomatically", true);
    jw_end(&w);
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "an invoice for BTCPay is too long");
    *ret = buf_str(&b);
    return OK;
}

/* A try before this one may have been heard, and its answer lost: then there is an invoice of this order. */
static enum err find_invoice(struct cx *cx, const struct rail_step *s, json_t **ret)
{
    struct buf path;
    json_t *list;
    int status;
    buf_init_arena(&path, cx->arena, 1024);
    buf_put(&path, btcpay_store_path(cx, s->account, "/invoices?take=20&orderId="));
    buf_put_url(&path, s->order->number);
    TRY(btcpay_ask(cx, s->account, "GET", buf_str(&path), STR_NULL, &status, &list));
    for (size_t i = 0; status == 200 && i < json_array_size(list); i++) {
        json_t *j = json_array_get(list, i);
        bool dead = str_eq_c(ld_str(j, "status"), "Expired") || str_eq_c(ld_str(j, "status"), "Invalid");
        if (str_eq(ld_str(j, "metadata.orderId"), s->order->number) && !dead) { /* also one that is paid meanwhile */
            *ret = j;
            return OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err way_of(struct cx *cx, const struct rail_step *s, const json_t *j, struct rail_way *ret)
{
    struct rail_state state = {.sub = {.period_end = DB_NULL}};
    struct str link = ld_str(j, "checkoutLink");
    struct url u;
    bool https = url_parse(cx->arena, link, &u) == OK &&
                 (str_starts(link, STR("https://")) || str_starts(link, rail_setting(s->account, "url")));
    TRY(btcpay_invoice(cx, j, false, false, &state));
    if (!https)
        return cx_fail(cx, ERR_UPSTREAM, "BTCPay's invoice leads nowhere");
    if (state.paid.minor != s->order->total.minor || strcmp(state.paid.cur, s->order->total.cur) != 0)
        return cx_fail(cx, ERR_UPSTREAM, "BTCPay made an invoice of another amount");
    *ret = (struct rail_way){.go = RAIL_GO_URL, .url = link, .ref = state.ref};
    return OK;
}

static enum err btcpay_checkout(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    struct str body;
    json_t *j;
    int status;
    if (s->tries > 0) {
        enum err e = find_invoice(cx, s, &j);
        if (e != ERR_NOT_FOUND)
            return e == OK ? way_of(cx, s, j, ret) : e;
    }
    TRY(invoice_json(cx, s, &body));
    TRY(btcpay_ask(cx, s->account, "POST", btcpay_store_path(cx, s->account, "/invoices"), body, &status, &j));
    if (status != 200)
        return refused(cx, s->account, status);
    return way_of(cx, s, j, ret);
}

/* ---- what it tells, and how it stands ---- */

static const char *const headers[] = {"BTCPay-Sig", NULL};

static enum err btcpay_verify(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                              struct rail_state *ret)
{
    struct btcpay_event e;
    struct rail_state s = {.event = ORDER_PENDING, .topic = RAIL_NOTHING, .sub = {.period_end = DB_NULL}};
    if (!btcpay_signed(rail_header(m, headers[0]), m->body, rail_secret(acc, "webhook_secret")))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "signature of BTCPay is wrong");
    TRY(btcpay_event(cx, m->body, &e));
    s.event_id = e.id;
    s.at = e.at;
    s.merchant = btcpay_merchant(cx, acc);
    s.live = acc->live;
    if (str_starts(e.type, STR("Invoice"))) {
        if (!str_eq(e.store, rail_setting(acc, "store")))
            return cx_fail(cx, ERR_UNAUTHENTICATED, "a message of another store");
        s.topic = RAIL_ORDER;
        s.hint = true; /* it names no amount */
        s.ref = e.invoice;
    }
    *ret = s;
    return OK;
}

static enum err is_late_settled(struct cx *cx, const struct rail_account *acc, const json_t *invoice, bool *ret)
{
    json_t *methods;
    int status;
    *ret = false;
    if (!btcpay_is_late(invoice))
        return OK;
    TRY(btcpay_ask(cx, acc, "GET", btcpay_invoice_path(cx, acc, ld_str(invoice, "id"), "/payment-methods"), STR_NULL,
                   &status, &methods));
    *ret = status == 200 && btcpay_all_settled(methods);
    return OK;
}

static enum err btcpay_fetch_state(struct cx *cx, const struct rail_account *acc, const struct order *o,
                                   struct rail_state *io)
{
    struct rail_state s = *io;
    struct order found;
    json_t *j;
    int status;
    bool settled;
    struct str invoice = io->ref.n > 0 ? io->ref : o != NULL ? o->rail_ref : STR_NULL;
    if (invoice.n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "no invoice to ask about");
    TRY(btcpay_ask(cx, acc, "GET", btcpay_invoice_path(cx, acc, invoice, ""), STR_NULL, &status, &j));
    if (status == 404) { /* deleted there, or never ours */
        io->topic = RAIL_NOTHING;
        return OK;
    }
    if (status != 200)
        return cx_fail(cx, ERR_UPSTREAM, "BTCPay: an invoice: %d", status);
    if (!str_eq(ld_str(j, "id"), invoice) || !str_eq(ld_str(j, "storeId"), rail_setting(acc, "store")))
        return cx_fail(cx, ERR_UPSTREAM, "BTCPay shows another invoice");
    TRY(is_late_settled(cx, acc, j, &settled));
    if (o == NULL && order_by_number(cx, ld_str(j, "metadata.orderId"), &found) == OK && found.planet_id == acc->planet_id)
        o = &found;
    TRY(btcpay_invoice(cx, j, o != NULL && o->paid_at != DB_NULL, settled, &s));
    if (o == NULL)
        s.order_number = STR_NULL; /* of the shop's other customers */
    s.merchant = btcpay_merchant(cx, acc);
    s.live = acc->live;
    *io = s;
    return OK;
}

/* ---- money back ---- */

/* One made by a try before this one, whose answer was lost. */
static enum err find_pull_payment(struct cx *cx, const struct rail_step *s, json_t **ret)
{
    json_t *list;
    int status;
    TRY(btcpay_ask(cx, s->account, "GET", btcpay_store_path(cx, s->account, "/pull-payments"), STR_NULL, &status, &list));
    for (size_t i = 0; status == 200 && i < json_array_size(list); i++)
        if (str_eq(ld_str(json_array_get(list, i), "name"), s->key)) {
            *ret = json_array_get(list, i);
            return OK;
        }
    return ERR_NOT_FOUND;
}

static enum err claim_of(struct cx *cx, const struct rail_step *s, const json_t *j, struct rail_refunded *ret)
{
    struct str id = ld_str(j, "id"), link = ld_str(j, "viewLink"), base = rail_setting(s->account, "url");
    if (id.n == 0 || id.n > 100)
        return cx_fail(cx, ERR_UPSTREAM, "BTCPay made no pull payment");
    if (!str_starts(link, STR("https://")) && !str_starts(link, base))
        link = str_fmt(cx->arena, STR_FMT "/pull-payments/" STR_FMT, STR_ARG(base), STR_ARG(id));
    /* It is set aside for the buyer from now on, whenever they fetch it. */
    *ret = (struct rail_refunded){.state = RAIL_REFUND_DONE, .ref = id, .url = link};
    return OK;
}

static enum err btcpay_refund(struct cx *cx, const struct rail_step *s, struct rail_refunded *ret)
{
    struct str method = rail_setting(s->account, "payout");
    struct buf b;
    struct jw w;
    json_t *j;
    int status;
    if (s->tries > 0) {
        enum err e = find_pull_payment(cx, s, &j);
        if (e != ERR_NOT_FOUND)
            return e == OK ? claim_of(cx, s, j, ret) : e;
    }
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "name", s->key);
    jw_key_str(&w, "payoutMethodId", method.n > 0 ? method : STR("BTC-CHAIN"));
    jw_key_c(&w, "refundVariant", "Custom");
    jw_key_str(&w, "customAmount", money_decimal(cx->arena, s->amount));
    jw_key_c(&w, "customCurrency", s->amount.cur);
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "a refund for BTCPay is too long");
    TRY(btcpay_ask(cx, s->account, "POST", btcpay_invoice_path(cx, s->account, s->order->rail_ref, "/refund"),
                   buf_str(&b), &status, &j));
    if (status == 200)
        return claim_of(cx, s, j, ret);
    *ret = (struct rail_refunded){.state = RAIL_REFUND_FAILED, .why = str_fmt(cx->arena, "BTCPay: %d", status)};
    return OK;
}

static const struct rail_field fields[] = {
    {"url", N_("Address of your BTCPay Server"), N_("https://pay.example.org"), RAIL_NEEDED | RAIL_HOME},
    {"store", N_("Store ID"), N_("In BTCPay: Store settings → General."), RAIL_NEEDED},
    {"key", N_("API key"), N_("In BTCPay: Account → API keys. What it has to be allowed stands in the manual."), RAIL_SECRET | RAIL_NEEDED},
    {"speed", N_("When a payment counts"), N_("HighSpeed: at once, MediumSpeed: 1 confirmation, LowMediumSpeed: 2, LowSpeed: 6. Empty: MediumSpeed."), RAIL_TEXT},
    {"payout", N_("How refunds are fetched"), N_("A payout method of your store, like BTC-CHAIN or BTC-LN. Empty: BTC-CHAIN."), RAIL_TEXT},
    {"testnet", N_("These coins are worth nothing (testnet or regtest)"), NULL, RAIL_SWITCH},
    {"webhook_id", NULL, NULL, RAIL_SELF},
    {"webhook_secret", NULL, NULL, RAIL_SELF | RAIL_SECRET},
    {NULL, NULL, NULL, RAIL_TEXT},
};

const struct pay_rail rail_btcpay = {
    .name = "btcpay",
    .label = N_("Bitcoin (BTCPay)"),
    .title = "BTCPay",
    .about = N_("Your own BTCPay Server takes bitcoin for you, at the price in your currency. Coins go to your own wallet."),
    .fields = fields,
    .headers = headers,
    .talks = true,
    .open_ms = OPEN_MIN * MS_MINUTE,
    .check = btcpay_check,
    .probe = btcpay_probe,
    .connect = btcpay_connect,
    .checkout = btcpay_checkout,
    .verify = btcpay_verify,
    .fetch_state = btcpay_fetch_state,
    .refund = btcpay_refund,
    .list_since = btcpay_list_since,
};
