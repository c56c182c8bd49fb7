/* WeChat Pay APIv3 (W1–W10): Native, H5 and JSAPI payments into the owner's merchant account. The
 * merchant's number and the app's id together name whose money it is. There is no test money. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/money/rails/cn.h"
#include "node/money/rail_refunds.h"
#include "node/money/rails/wechat_parts.h"
#include "node/node.h"

enum {
    BODY_MAX = 8192,
    DESCRIPTION = 127,
    CODE_MS = 2 * MS_HOUR - 5 * MS_MINUTE, /* a QR code is good for two hours */
    REFUNDS_DAYS = 60,
};

/* ---- to the till ---- */

static void put_scene(struct jw *w, const struct rail_step *s)
{
    jw_key(w, "scene_info");
    jw_obj(w);
    jw_key_str(w, "payer_client_ip", s->visit->ip);
    jw_key(w, "h5_info");
    jw_obj(w);
    jw_key_c(w, "type", "Wap");
    jw_end(w);
    jw_end(w);
}

static void put_payer(struct jw *w, const struct rail_step *s)
{
    jw_key(w, "payer");
    jw_obj(w);
    jw_key_str(w, "openid", s->visit->openid);
    jw_end(w);
}

static enum err order_json(struct wx *w, const struct rail_step *s, enum wx_trade trade, struct str *ret)
{
    struct cx *cx = w->cx;
    const struct order *o = s->order;
    struct str what;
    struct buf b;
    struct jw j;
    TRY(cn_subject(cx, o, DESCRIPTION, DESCRIPTION, &what));
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "appid", w->appid);
    jw_key_str(&j, "mchid", w->mchid);
    jw_key_str(&j, "description", what);
    jw_key_str(&j, "out_trade_no", o->number);
    if (o->expires_at != DB_NULL)
        jw_key_str(&j, "time_expire", cn_rfc3339(cx->arena, o->expires_at));
    jw_key_str(&j, "notify_url", s->hook_url);
    jw_key(&j, "amount");
    jw_obj(&j);
    jw_key_i64(&j, "total", o->total.minor);
    jw_key_c(&j, "currency", "CNY");
    jw_end(&j);
    if (trade == WX_H5)
        put_scene(&j, s);
    if (trade == WX_JSAPI)
        put_payer(&j, s);
    jw_end(&j);
    if (!jw_done(&j))
        return cx_fail(cx, ERR_INTERNAL, "an order for WeChat Pay is too long");
    *ret = buf_str(&b);
    return OK;
}

enum err wx_refused(struct cx *cx, const struct wx_answer *a)
{
    static const struct { const char *code, *says; } rows[] = {
        {"NO_AUTH", N_("WeChat Pay has not opened this product for the merchant.")},
        {"SIGN_ERROR", N_("WeChat Pay does not accept the merchant's signature. The owner has to look at the key.")},
        {"APPID_MCHID_NOT_MATCH", N_("WeChat Pay says that this AppID is not bound to this merchant number.")},
        {"NOT_ENOUGH", N_("The merchant account has too little money for this refund.")},
        {"ORDERPAID", N_("WeChat Pay says that this is paid. Please wait a moment.")},
        {"ORDER_CLOSED", N_("This order is closed. Please start again.")},
    };
    const char *says = N_("WeChat Pay did not take this. Please try another way.");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq_c(a->code, rows[i].code))
            says = rows[i].says;
    enum err e = cx_fail(cx, ERR_CONFLICT, "WeChat Pay: %d " STR_FMT, a->status, STR_ARG(a->code));
    return cx_tell(cx, e, says);
}

/* What the page inside WeChat hands to its bridge; each value is a string. */
static struct str bridge_json(struct wx *w, struct str prepay_id)
{
    struct cx *cx = w->cx;
    struct str at = str_fmt(cx->arena, "%lld", (long long)(cx->now / MS_SECOND));
    struct str nonce = str_sub(crypt_token(cx->arena, 24), 0, 32);
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "appId", w->appid);
    jw_key_str(&j, "timeStamp", at);
    jw_key_str(&j, "nonceStr", nonce);
    jw_key_str(&j, "package", str_fmt(cx->arena, "prepay_id=" STR_FMT, STR_ARG(prepay_id)));
    jw_key_c(&j, "signType", "RSA");
    jw_key_str(&j, "paySign", wechat_page_sign(cx->arena, w->signer.key, w->appid, at, nonce, prepay_id));
    jw_end(&j);
    return buf_str(&b);
}

static bool one_of_theirs(struct str url)
{
    return str_starts(url, STR("https://wx.tenpay.com/")) || str_starts(url, STR("https://api.mch.weixin.qq.com/"));
}

static enum err way_of(struct wx *w, const struct rail_step *s, enum wx_trade trade, const struct wx_answer *a,
                       struct rail_way *ret)
{
    struct cx *cx = w->cx;
    const struct order *o = s->order;
    struct rail_way way = {.ref = o->number, .expires_at = cx->now + CODE_MS};
    static const char *const keys[] = {[WX_NATIVE] = "code_url", [WX_H5] = "h5_url", [WX_JSAPI] = "prepay_id"};
    struct str got = ld_str(a->j, keys[trade]);
    if (o->expires_at != DB_NULL && o->expires_at < way.expires_at)
        way.expires_at = o->expires_at;
    if (got.n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "WeChat Pay's answer lacks %s", keys[trade]);
    switch (trade) {
    case WX_NATIVE:
        way.go = RAIL_GO_CODE;
        way.url = got;
        break;
    case WX_H5: {
        struct buf b;
        if (!one_of_theirs(got) && !cx->node->dev)
            return cx_fail(cx, ERR_UPSTREAM, "WeChat Pay sends the buyer elsewhere");
        buf_init_arena(&b, cx->arena, BODY_MAX);
        buf_put(&b, got);
        buf_lit(&b, "&redirect_url=");
        buf_put_url(&b, s->return_url);
        way.go = RAIL_GO_URL;
        way.url = buf_str(&b);
        break;
    }
    case WX_JSAPI:
        way.go = RAIL_GO_PAGE;
        way.data = bridge_json(w, got);
        break;
    }
    *ret = way;
    return OK;
}

/* Inside WeChat only JSAPI works, and only with the payer's openid; on a phone H5 opens the app; all
 * others scan. */
static enum wx_trade trade_for(const struct wx *w, const struct rail_visit *v)
{
    if (v->wechat && v->openid.n > 0)
        return WX_JSAPI;
    return v->phone && !v->wechat && v->ip.n > 0 && rail_switch(&w->acc, "h5") ? WX_H5 : WX_NATIVE;
}

static enum err wechat_checkout(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    static const char *const targets[] = {[WX_NATIVE] = "/v3/pay/transactions/native",
                                          [WX_H5] = "/v3/pay/transactions/h5",
                                          [WX_JSAPI] = "/v3/pay/transactions/jsapi"};
    struct wx w;
    struct wx_answer a;
    struct str body;
    if (!str_eq_c(str_c(s->order->total.cur), "CNY"))
        return cx_tell(cx, ERR_INVALID, N_("WeChat Pay takes yuan only. Please choose another price or way to pay."));
    TRY(wx_begin(cx, s->account, &w));
    enum wx_trade trade = trade_for(&w, s->visit);
    TRY(order_json(&w, s, trade, &body));
    TRY(wx_ask(&w, "POST", str_c(targets[trade]), body, &a));
    if (a.status != 200)
        return wx_refused(cx, &a);
    return way_of(&w, s, trade, &a, ret);
}

static enum err wechat_close(struct cx *cx, const struct rail_step *s)
{
    struct wx w;
    struct wx_answer a;
    TRY(wx_begin(cx, s->account, &w));
    struct str body = str_fmt(cx->arena, "{\"mchid\":\"" STR_FMT "\"}", STR_ARG(w.mchid));
    TRY(wx_ask(&w, "POST", str_fmt(cx->arena, "/v3/pay/transactions/out-trade-no/" STR_FMT "/close", STR_ARG(s->order->number)), body, &a));
    return OK; /* else it is closed already, or paid: then that is told */
}

/* ---- what WeChat tells ---- */

static const char *const headers[] = {"Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial",
                                      "Wechatpay-Signature", NULL};

/* trade_state to what has happened; false: nothing that moves an order. */
static bool event_of(struct str trade_state, enum order_event *ret)
{
    static const struct { const char *word; enum order_event event; } rows[] = {
        {"SUCCESS", ORDER_PAID}, {"REFUND", ORDER_PAID}, {"CLOSED", ORDER_EXPIRE}, {"REVOKED", ORDER_CANCEL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq_c(trade_state, rows[i].word)) {
            *ret = rows[i].event;
            return true;
        }
    return false; /* NOTPAY, USERPAYING, PAYERROR: the buyer may try again */
}

/* A transaction as a notice or a query shows it. */
static enum err read_transaction(struct cx *cx, const json_t *j, struct rail_state *io)
{
    struct rail_state s = *io;
    struct str currency = ld_str(j, "amount.currency");
    s.topic = RAIL_ORDER;
    s.order_number = ld_str(j, "out_trade_no");
    s.merchant = wx_merchant(cx, ld_str(j, "mchid"), ld_str(j, "appid"));
    s.live = true;
    s.event = ORDER_PENDING;
    if (s.order_number.n == 0)
        return cx_fail(cx, ERR_INVALID, "a transaction without its number");
    if (!event_of(ld_str(j, "trade_state"), &s.event) || s.event != ORDER_PAID) {
        *io = s;
        return OK;
    }
    s.ref = ld_str(j, "transaction_id");
    if (s.ref.n == 0 || !ld_i64(j, "amount.total", &s.paid.minor) || s.paid.minor <= 0 ||
        !money_currency_ok(currency) || !ld_time(j, "success_time", &s.at))
        return cx_fail(cx, ERR_INVALID, "a payment that isn't told in full");
    s.paid = money_of(s.paid.minor, currency);
    *io = s;
    return OK;
}

/* A refund as a notice (refund_status) or a query (status) shows it. Neither names the app. */
static enum err read_refund(struct cx *cx, const struct rail_account *acc, const json_t *j, struct rail_state *io)
{
    struct rail_state s = *io;
    struct rail_refund_asked asked;
    int64_t refund, total;
    struct str key = ld_str(j, "out_refund_no"), status = ld_str(j, "refund_status"), mchid = ld_str(j, "mchid");
    if (status.n == 0)
        status = ld_str(j, "status");
    s.order_number = ld_str(j, "out_trade_no");
    s.merchant = wx_merchant(cx, mchid.n > 0 ? mchid : rail_setting(acc, "mchid"), rail_setting(acc, "appid"));
    s.live = true;
    s.ref = ld_str(j, "transaction_id");
    s.refs[0] = ld_str(j, "refund_id");
    if (s.order_number.n == 0 || key.n == 0 || !ld_i64(j, "amount.refund", &refund) || refund <= 0 ||
        !ld_i64(j, "amount.total", &total) || total < refund)
        return cx_fail(cx, ERR_INVALID, "a refund that isn't told in full");
    s.paid = money_of(total, STR("CNY"));
    if (str_eq_c(status, "PROCESSING")) {
        s.topic = RAIL_NOTHING;
    } else if (!str_eq_c(status, "SUCCESS")) {
        s.topic = RAIL_REFUND_LOST;
        s.refund_key = key;
        TRY(rail_refund_lost_note(cx, acc->planet_id, rail_wechat.title, s.order_number, status, &s.note));
    } else {
        s.topic = RAIL_ORDER;
        s.event = ORDER_REFUND;
        if (!ld_time(j, "success_time", &s.at))
            s.at = io->at;
        enum err e = rail_refund_by_key(cx, acc->planet_id, STR("wechat"), key, &asked);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        if (e == OK && asked.amount != refund)
            return cx_fail(cx, ERR_INVALID, "a refund of another amount than was asked for");
        s.back_ref = key; /* of our call, or of the merchant's console */
        s.back = refund;
    }
    *io = s;
    return OK;
}

/* Somebody signs with a key that we lack. Only the certificates can tell who; not fetched while WeChat
 * waits at the door, and not more often than this. */
enum { AGAIN_MS = 10 * MS_MINUTE, KEYS_MS = 11 * MS_HOUR };
static enum err fetch_keys_at(struct cx *cx, int64_t account_id, int64_t at)
{
    TX_SCOPE(cx);
    TRY(job_cancel(cx, "pay.catch_up", account_id, STR("keys"), STR_NULL, NULL));
    TRY(job_put(cx, "pay.catch_up", account_id, STR("keys"), STR_NULL, at));
    return tx_commit(cx);
}

static enum err wechat_verify_message(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                                      struct rail_state *ret)
{
    struct wx w;
    struct wechat_notice n;
    struct wechat_stamp stamp = {rail_header(m, headers[0]), rail_header(m, headers[1]),
                                 rail_header(m, headers[2]), rail_header(m, headers[3])};
    struct rail_state s = {.event = ORDER_PENDING, .topic = RAIL_NOTHING, .sub = {.period_end = DB_NULL}};
    TRY(wx_begin(cx, acc, &w));
    enum wechat_verdict v = wechat_verify(cx->arena, w.keys, w.n_keys, &stamp, m->body, cx->now);
    if (v == WECHAT_UNKNOWN_KEY && w.fetched_at + AGAIN_MS <= cx->now)
        TRY(fetch_keys_at(cx, acc->id, cx->now));
    if (v != WECHAT_GENUINE)
        return cx_fail(cx, ERR_UNAUTHENTICATED, "%s", wechat_verdict_says(v));
    if (wechat_notice_read(cx->arena, w.api_key, m->body, &n) != OK)
        return cx_fail(cx, ERR_INVALID, "a callback that does not open with the APIv3 key");
    s.event_id = n.id;
    s.at = n.at;
    if (str_starts(n.event_type, STR("TRANSACTION.")))
        TRY(read_transaction(cx, n.about, &s));
    else if (str_starts(n.event_type, STR("REFUND.")))
        TRY(read_refund(cx, acc, n.about, &s));
    *ret = s;
    return OK;
}

static enum err wechat_fetch_state(struct cx *cx, const struct rail_account *acc, const struct order *o,
                                   struct rail_state *io)
{
    struct wx w;
    struct wx_answer a;
    struct rail_state s = *io;
    struct str number = o != NULL ? o->number : io->order_number;
    /* A query of the transaction does not say how much went back: the signed notice does. */
    if (io->event == ORDER_REFUND)
        return OK;
    if (number.n == 0)
        return ERR_UPSTREAM;
    TRY(wx_begin(cx, acc, &w));
    struct buf b;
    buf_init_arena(&b, cx->arena, 256);
    buf_lit(&b, "/v3/pay/transactions/out-trade-no/");
    buf_put_url(&b, number);
    buf_lit(&b, "?mchid=");
    buf_put_url(&b, w.mchid);
    TRY(wx_ask(&w, "GET", buf_str(&b), STR_NULL, &a));
    if (a.status == 404) { /* not even begun */
        io->event = ORDER_PENDING;
        return OK;
    }
    if (a.status != 200)
        return cx_fail(cx, ERR_UPSTREAM, "query: %d " STR_FMT, a.status, STR_ARG(a.code));
    TRY(read_transaction(cx, a.j, &s));
    if (!str_eq(s.order_number, number))
        return cx_fail(cx, ERR_UPSTREAM, "WeChat Pay tells of another order");
    *io = s;
    return OK;
}

/* ---- money back ---- */

static enum err refund_json(struct cx *cx, const struct rail_step *s, struct str *ret)
{
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, BODY_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "out_trade_no", s->order->number);
    jw_key_str(&j, "out_refund_no", s->key);
    jw_key_str(&j, "notify_url", s->hook_url);
    jw_key(&j, "amount");
    jw_obj(&j);
    jw_key_i64(&j, "refund", s->amount.minor);
    jw_key_i64(&j, "total", s->order->total.minor);
    jw_key_c(&j, "currency", "CNY");
    jw_end(&j);
    jw_end(&j);
    if (!jw_done(&j))
        return cx_fail(cx, ERR_INTERNAL, "a refund for WeChat Pay is too long");
    *ret = buf_str(&b);
    return OK;
}

static enum err wechat_refund(struct cx *cx, const struct rail_step *s, struct rail_refunded *ret)
{
    struct wx w;
    struct wx_answer a;
    struct str body, status;
    int64_t amount;
    TRY(wx_begin(cx, s->account, &w));
    TRY(refund_json(cx, s, &body));
    TRY(wx_ask(&w, "POST", STR("/v3/refund/domestic/refunds"), body, &a));
    if (a.status != 200)
        return wx_refused(cx, &a);
    if (!str_eq(ld_str(a.j, "out_refund_no"), s->key) || !ld_i64(a.j, "amount.refund", &amount) ||
        amount != s->amount.minor)
        return cx_fail(cx, ERR_UPSTREAM, "WeChat Pay tells of another refund");
    status = ld_str(a.j, "status");
    *ret = (struct rail_refunded){.ref = ld_str(a.j, "refund_id"), .state = RAIL_REFUND_FAILED};
    if (str_eq_c(status, "SUCCESS"))
        ret->state = RAIL_REFUND_DONE;
    else if (str_eq_c(status, "PROCESSING"))
        ret->state = RAIL_REFUND_SENT;
    else
        ret->why = status;
    return OK;
}

/* ---- each night ---- */

static enum err look_at_refund(struct wx *w, struct str key,
                               enum err (*take)(void *, struct str, const struct rail_state *), void *arg)
{
    struct rail_state s = {.event = ORDER_PENDING, .at = w->cx->now, .sub = {.period_end = DB_NULL}};
    struct wx_answer a;
    struct buf b;
    buf_init_arena(&b, w->cx->arena, 256);
    buf_lit(&b, "/v3/refund/domestic/refunds/");
    buf_put_url(&b, key);
    TRY(wx_ask(w, "GET", buf_str(&b), STR_NULL, &a));
    if (a.status != 200)
        return OK;
    TRY(read_refund(w->cx, &w->acc, a.j, &s));
    if (s.topic == RAIL_NOTHING)
        return OK;
    s.event_id = str_fmt(w->cx->arena, "refund:" STR_FMT ":%s", STR_ARG(key), s.topic == RAIL_ORDER ? "done" : "failed");
    return take(arg, a.raw, &s);
}

/* There is no list of events: the certificates are fetched anew, and refunds that have not been told to
 * have arrived are asked for. Payments are looked at by pay.look. */
static enum err wechat_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                                  enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct wx w;
    struct wx_answer a;
    struct rail_refund_asked *open;
    size_t n;
    (void)since;
    TRY(wx_begin(cx, acc, &w));
    TRY(wx_refresh(&w, &a));
    if (w.fetched_at > 0) /* at most twelve hours old */
        TRY(fetch_keys_at(cx, acc->id, cx->now + KEYS_MS));
    TRY(rail_refunds_open(cx, acc->planet_id, STR("wechat"), cx->now - REFUNDS_DAYS * MS_DAY, &open, &n));
    for (size_t i = 0; i < n; i++)
        TRY(look_at_refund(&w, open[i].key, take, arg));
    return OK;
}

/* W8: nothing when it is taken, else what went wrong in their words. */
static void wechat_answer(struct cx *cx, enum err e, struct rail_reply *ret)
{
    (void)cx;
    if (e == OK)
        return;
    ret->type = "application/json";
    ret->body = STR("{\"code\":\"FAIL\",\"message\":\"not accepted\"}");
}

const struct pay_rail rail_wechat = {
    .name = "wechat",
    .country = "CN",
    .label = N_("WeChat Pay"),
    .title = "WeChat Pay",
    .about = N_("In pay.weixin.qq.com, under Account > API security: apply for the API certificate, set the APIv3 key, "
                "apply for WeChat Pay's public key. Bind your AppID to the merchant number. The manual has each step."),
    .fields = wx_fields,
    .headers = headers,
    .talks = true,
    .takes = cn_takes,
    .check = wx_check,
    .probe = wx_probe,
    .checkout = wechat_checkout,
    .verify = wechat_verify_message,
    .fetch_state = wechat_fetch_state,
    .close = wechat_close,
    .refund = wechat_refund,
    .list_since = wechat_list_since,
    .fees = wx_fees,
    .answer = wechat_answer,
};
