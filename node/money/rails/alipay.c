/* Alipay's open platform (L1–L9), by keys or by certificates: payment on its pages on a desk and a phone, or by a QR code
 * on ours. The seller's number and the app's id together name whose money it is. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/money/rails/alipay_talk.h"
#include "node/money/rails/cn.h"
#include "node/money/rail_refunds.h"
#include "node/node.h"

enum {
    BIZ_MAX = 4096,
    SUBJECT = 128,
    SUBJECT_BYTES = 256,
    TIME_LEN = 19,
    REFUNDS_DAYS = 60,
};

/* ---- to the till ---- */

static enum err pay_json(struct cx *cx, const struct order *o, const char *product, struct str *ret)
{
    struct str subject;
    struct buf b;
    struct jw j;
    TRY(cn_subject(cx, o, SUBJECT, SUBJECT_BYTES, &subject));
    buf_init_arena(&b, cx->arena, BIZ_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "out_trade_no", o->number);
    jw_key_str(&j, "total_amount", cn_yuan(cx->arena, o->total.minor));
    jw_key_str(&j, "subject", subject);
    if (product != NULL)
        jw_key_c(&j, "product_code", product);
    if (o->expires_at != DB_NULL)
        jw_key_str(&j, "time_expire", cn_time(cx->arena, o->expires_at));
    jw_end(&j);
    if (!jw_done(&j))
        return cx_fail(cx, ERR_INTERNAL, "an order for Alipay is too long");
    *ret = buf_str(&b);
    return OK;
}

static enum err refused(struct cx *cx, const struct ali_answer *a)
{
    static const struct { const char *code, *says; } rows[] = {
        {"ACQ.SELLER_BALANCE_NOT_ENOUGH", N_("The Alipay account has too little money for this refund.")},
        {"ACQ.TRADE_HAS_SUCCESS", N_("Alipay says that this is paid. Please wait a moment.")},
        {"ACQ.TRADE_HAS_CLOSE", N_("This order is closed. Please start again.")},
        {"ACQ.TRADE_HAS_FINISHED", N_("Alipay's time for refunds of this order is over.")},
        {"ACQ.ACCESS_FORBIDDEN", N_("Alipay has not opened this product for the owner's app.")},
        {"isv.insufficient-isv-permissions", N_("Alipay has not opened this product for the owner's app.")},
        {"isv.invalid-signature", N_("Alipay does not accept the app's signature. The owner has to look at the keys.")},
    };
    const char *says = N_("Alipay did not take this. Please try another way.");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (str_eq_c(a->sub_code, rows[i].code))
            says = rows[i].says;
    enum err e = cx_fail(cx, ERR_CONFLICT, "Alipay: " STR_FMT " " STR_FMT, STR_ARG(a->code), STR_ARG(a->sub_code));
    return cx_tell(cx, e, says);
}

static enum err by_code(struct ali *a, const struct rail_step *s, const struct ali_extra *extra, struct rail_way *io)
{
    struct ali_answer answer;
    struct str biz;
    TRY(pay_json(a->cx, s->order, NULL, &biz));
    TRY(ali_ask(a, "alipay.trade.precreate", biz, extra, &answer));
    if (!answer.genuine || !str_eq_c(answer.code, "10000"))
        return refused(a->cx, &answer);
    if (!str_eq(ld_str(answer.j, "out_trade_no"), s->order->number) || ld_str(answer.j, "qr_code").n == 0)
        return cx_fail(a->cx, ERR_UPSTREAM, "Alipay tells of another order");
    io->go = RAIL_GO_CODE;
    io->url = ld_str(answer.j, "qr_code");
    return OK;
}

static enum err alipay_checkout(struct cx *cx, const struct rail_step *s, struct rail_way *ret)
{
    struct ali a;
    struct str biz;
    const struct order *o = s->order;
    const struct ali_extra extra = {s->hook_url, s->return_url};
    struct rail_way way = {.ref = o->number, .expires_at = o->expires_at == DB_NULL ? 0 : o->expires_at};
    bool phone = s->visit->phone;
    if (!str_eq_c(str_c(o->total.cur), "CNY"))
        return cx_tell(cx, ERR_INVALID, N_("Alipay takes yuan only. Please choose another price or way to pay."));
    TRY(ali_begin(cx, s->account, &a));
    if (!phone && rail_switch(s->account, "qr")) {
        TRY(by_code(&a, s, &extra, &way));
    } else {
        TRY(pay_json(cx, o, phone ? "QUICK_WAP_WAY" : "FAST_INSTANT_TRADE_PAY", &biz));
        way.go = RAIL_GO_URL;
        way.url = ali_address(&a, phone ? "alipay.trade.wap.pay" : "alipay.trade.page.pay", biz, &extra);
    }
    *ret = way;
    return OK;
}

/* ---- what Alipay tells ---- */

static bool time_of(struct str s, int64_t *ret)
{
    return cn_time_parse(str_sub(s, 0, TIME_LEN), ret); /* some have milliseconds behind */
}

/* L6: a notice of a refund says TRADE_SUCCESS, too. */
static enum err read_notice(struct cx *cx, const struct alipay_param *v, size_t n, struct rail_state *io)
{
    struct rail_state s = *io;
    struct str status = alipay_param_get(v, n, "trade_status"), back = alipay_param_get(v, n, "refund_fee");
    bool success = str_eq_c(status, "TRADE_SUCCESS") || str_eq_c(status, "TRADE_FINISHED");
    bool closed = str_eq_c(status, "TRADE_CLOSED");
    s.order_number = alipay_param_get(v, n, "out_trade_no");
    s.merchant = ali_merchant(cx, alipay_param_get(v, n, "seller_id"), alipay_param_get(v, n, "app_id"));
    s.event_id = str_fmt(cx->arena, STR_FMT ":" STR_FMT, STR_ARG(alipay_param_get(v, n, "notify_id")), STR_ARG(status));
    if (s.order_number.n == 0 || alipay_param_get(v, n, "notify_id").n == 0 ||
        !time_of(alipay_param_get(v, n, "notify_time"), &s.at))
        return cx_fail(cx, ERR_INVALID, "a notice that isn't told in full");
    if (!success && !closed) {
        *io = s; /* WAIT_BUYER_PAY */
        return OK;
    }
    s.topic = RAIL_ORDER;
    s.ref = alipay_param_get(v, n, "trade_no");
    if (s.ref.n == 0 || !cn_yuan_parse(alipay_param_get(v, n, "total_amount"), &s.paid.minor) || s.paid.minor <= 0)
        return cx_fail(cx, ERR_INVALID, "a notice that isn't told in full");
    s.paid = money_of(s.paid.minor, STR("CNY"));
    if (back.n > 0 || alipay_param_get(v, n, "gmt_refund").n > 0) {
        s.event = ORDER_REFUND; /* refund_fee: all that was given back so far */
        if (!cn_yuan_parse(back, &s.refunded) || s.refunded <= 0 || s.refunded > s.paid.minor)
            return cx_fail(cx, ERR_INVALID, "a refund that isn't told in full");
        (void)time_of(alipay_param_get(v, n, "gmt_refund"), &s.at);
    } else if (success) {
        s.event = ORDER_PAID;
        (void)time_of(alipay_param_get(v, n, "gmt_payment"), &s.at);
    } else {
        s.event = ORDER_EXPIRE;
        (void)time_of(alipay_param_get(v, n, "gmt_close"), &s.at);
    }
    *io = s;
    return OK;
}

/* Most notices don't say with which of Alipay's keys they are signed. */
static enum err signed_by_alipay(const struct ali *a, const struct alipay_param *v, size_t n)
{
    struct cx *cx = a->cx;
    struct str sn = alipay_param_get(v, n, "alipay_cert_sn");
    const struct crypt_key *said = ali_key_of(a, sn);
    if (said == NULL)
        return cx_fail(cx, ERR_BUSY, "signed with a certificate of Alipay's that isn't known yet");
    if (alipay_notice_verify(cx->arena, said, v, n))
        return OK;
    for (size_t i = 1; sn.n == 0 && i < a->n_theirs; i++)
        if (alipay_notice_verify(cx->arena, a->theirs[i].key, v, n))
            return OK;
    return cx_fail(cx, ERR_UNAUTHENTICATED, "Alipay did not sign this");
}

static enum err alipay_verify(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                              struct rail_state *ret)
{
    struct ali a;
    struct alipay_param *v;
    size_t n;
    struct rail_state s = {.event = ORDER_PENDING, .topic = RAIL_NOTHING, .sub = {.period_end = DB_NULL}};
    TRY(ali_begin(cx, acc, &a));
    if (alipay_form_read(cx->arena, m->body, &v, &n) != OK)
        return cx_fail(cx, ERR_INVALID, "not a form");
    TRY(signed_by_alipay(&a, v, n));
    s.live = a.live;
    TRY(read_notice(cx, v, n, &s));
    *ret = s;
    return OK;
}

static enum err alipay_learn(struct cx *cx, struct rail_account *acc, const struct rail_message *m,
                             struct rail_state *ret)
{
    struct ali a;
    struct alipay_param *v;
    size_t n;
    TRY(ali_begin(cx, acc, &a));
    TRY(alipay_form_read(cx->arena, m->body, &v, &n));
    TRY(ali_learn(&a, alipay_param_get(v, n, "alipay_cert_sn")));
    *acc = a.acc;
    return alipay_verify(cx, acc, m, ret);
}

static enum err query_json(struct cx *cx, struct str number, struct str request_no, struct str *ret)
{
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, BIZ_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "out_trade_no", number);
    jw_key_opt(&j, "out_request_no", request_no);
    jw_end(&j);
    *ret = buf_str(&b);
    return jw_done(&j) ? OK : cx_fail(cx, ERR_INTERNAL, "a question for Alipay is too long");
}

static enum err alipay_close(struct cx *cx, const struct rail_step *s)
{
    struct ali a;
    struct ali_answer answer;
    struct str biz;
    TRY(ali_begin(cx, s->account, &a));
    TRY(query_json(cx, s->order->number, STR_NULL, &biz));
    return ali_ask(&a, "alipay.trade.close", biz, NULL, &answer); /* whatever it says: see pay_rail.close */
}

static enum err read_trade(struct cx *cx, const struct ali *a, const json_t *j, struct rail_state *io)
{
    struct rail_state s = *io;
    struct str status = ld_str(j, "trade_status");
    bool paid_once = time_of(ld_str(j, "send_pay_date"), &s.at);
    s.event = ORDER_PENDING;
    if (str_eq_c(status, "WAIT_BUYER_PAY")) {
        *io = s;
        return OK;
    }
    if (!cn_yuan_parse(ld_str(j, "total_amount"), &s.paid.minor) || s.paid.minor <= 0 || ld_str(j, "trade_no").n == 0)
        return cx_fail(cx, ERR_UPSTREAM, "a trade that isn't told in full");
    s.paid = money_of(s.paid.minor, STR("CNY"));
    s.ref = ld_str(j, "trade_no");
    s.live = a->live;
    if (str_eq_c(status, "TRADE_SUCCESS") || str_eq_c(status, "TRADE_FINISHED")) {
        s.event = ORDER_PAID;
    } else if (str_eq_c(status, "TRADE_CLOSED") && paid_once) { /* all of it was given back */
        s.event = ORDER_REFUND;
        s.refunded = s.paid.minor;
        s.at = io->at;
    } else if (str_eq_c(status, "TRADE_CLOSED")) {
        s.event = ORDER_EXPIRE;
    }
    *io = s;
    return OK;
}

static enum err alipay_fetch_state(struct cx *cx, const struct rail_account *acc, const struct order *o,
                                   struct rail_state *io)
{
    struct ali a;
    struct ali_answer answer;
    struct str biz, number = o != NULL ? o->number : io->order_number;
    /* The query does not say how much went back: the signed notice does. */
    if (io->event == ORDER_REFUND)
        return OK;
    if (number.n == 0)
        return ERR_UPSTREAM;
    TRY(ali_begin(cx, acc, &a));
    TRY(query_json(cx, number, STR_NULL, &biz));
    TRY(ali_ask(&a, "alipay.trade.query", biz, NULL, &answer));
    if (str_eq_c(answer.sub_code, "ACQ.TRADE_NOT_EXIST")) { /* the buyer has not got as far as that */
        io->event = ORDER_PENDING;
        return OK;
    }
    if (!answer.genuine || !str_eq_c(answer.code, "10000"))
        return cx_fail(cx, ERR_UPSTREAM, "query: " STR_FMT " " STR_FMT, STR_ARG(answer.code), STR_ARG(answer.sub_code));
    if (!str_eq(ld_str(answer.j, "out_trade_no"), number))
        return cx_fail(cx, ERR_UPSTREAM, "Alipay tells of another order");
    return read_trade(cx, &a, answer.j, io);
}

/* ---- money back ---- */

static enum err refund_json(struct cx *cx, const struct rail_step *s, struct str *ret)
{
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, BIZ_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "out_trade_no", s->order->number);
    jw_key_str(&j, "refund_amount", cn_yuan(cx->arena, s->amount.minor));
    jw_key_str(&j, "out_request_no", s->key);
    jw_end(&j);
    *ret = buf_str(&b);
    return jw_done(&j) ? OK : cx_fail(cx, ERR_INTERNAL, "a refund for Alipay is too long");
}

/* Did this very refund happen? Their yes to a repeated call only says that nothing moved now. */
static enum err refund_is_done(struct ali *a, struct str number, struct str key, int64_t amount, bool *ret)
{
    struct ali_answer answer;
    struct str biz;
    int64_t fen;
    *ret = false;
    TRY(query_json(a->cx, number, key, &biz));
    TRY(ali_ask(a, "alipay.trade.fastpay.refund.query", biz, NULL, &answer));
    if (!answer.genuine || !str_eq_c(answer.code, "10000"))
        return OK;
    *ret = str_eq(ld_str(answer.j, "out_request_no"), key) && cn_yuan_parse(ld_str(answer.j, "refund_amount"), &fen) &&
           fen == amount && str_eq_c(ld_str(answer.j, "refund_status"), "REFUND_SUCCESS");
    return OK;
}

static enum err alipay_refund(struct cx *cx, const struct rail_step *s, struct rail_refunded *ret)
{
    struct ali a;
    struct ali_answer answer;
    struct str biz;
    bool done;
    TRY(ali_begin(cx, s->account, &a));
    TRY(refund_json(cx, s, &biz));
    TRY(ali_ask(&a, "alipay.trade.refund", biz, NULL, &answer));
    if (!answer.genuine || !str_eq_c(answer.code, "10000"))
        return refused(cx, &answer);
    if (!str_eq(ld_str(answer.j, "out_trade_no"), s->order->number))
        return cx_fail(cx, ERR_UPSTREAM, "Alipay tells of another order");
    done = str_eq_c(ld_str(answer.j, "fund_change"), "Y");
    if (!done)
        TRY(refund_is_done(&a, s->order->number, s->key, s->amount.minor, &done));
    *ret = (struct rail_refunded){.state = done ? RAIL_REFUND_DONE : RAIL_REFUND_SENT, .ref = s->key};
    return OK;
}

/* There is no list of events; refunds that were under way are asked for. Payments are looked at by
 * pay.look. */
static enum err alipay_list_since(struct cx *cx, const struct rail_account *acc, int64_t since,
                                  enum err (*take)(void *arg, struct str raw, const struct rail_state *s), void *arg)
{
    struct ali a;
    struct rail_refund_asked *open;
    struct order o;
    size_t n;
    bool done;
    (void)since;
    TRY(ali_begin(cx, acc, &a));
    TRY(rail_refunds_open(cx, acc->planet_id, STR("alipay"), cx->now - REFUNDS_DAYS * MS_DAY, &open, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(order_by_number(cx, open[i].order_number, &o));
        TRY(refund_is_done(&a, o.number, open[i].key, open[i].amount, &done));
        struct rail_state s = {
            .event_id = str_fmt(cx->arena, "refund:" STR_FMT, STR_ARG(open[i].key)),
            .order_number = o.number,
            .event = ORDER_REFUND,
            .at = cx->now,
            .paid = o.total,
            .back_ref = open[i].key,
            .back = open[i].amount,
            .ref = o.rail_ref,
            .merchant = acc->merchant,
            .live = acc->live,
            .sub = {.period_end = DB_NULL},
        };
        if (done)
            TRY(take(arg, STR("{}"), &s));
    }
    return OK;
}

/* L7: exactly this word, or they tell it again. */
static void alipay_answer(struct cx *cx, enum err e, struct rail_reply *ret)
{
    (void)cx;
    if (e == OK)
        ret->status = 200;
    ret->type = "text/plain";
    ret->body = e == OK ? STR("success") : STR("fail");
}

const struct pay_rail rail_alipay = {
    .name = "alipay",
    .country = "CN",
    .label = N_("Alipay"),
    .title = "Alipay",
    .about = N_("In open.alipay.com make a web or mobile app, sign up for its payment products, and set the app's "
                "public key. The manual has each step."),
    .fields = ali_fields,
    .talks = true,
    .takes = cn_takes,
    .check = ali_check,
    .probe = ali_probe,
    .checkout = alipay_checkout,
    .verify = alipay_verify,
    .learn = alipay_learn,
    .fetch_state = alipay_fetch_state,
    .close = alipay_close,
    .refund = alipay_refund,
    .list_since = alipay_list_since,
    .fees = ali_fees,
    .answer = alipay_answer,
};
