/* Alipay as a till: the buyer is sent to its page with a signed address; queries and refunds by the gateway;
 * notices that carry the sum of refunds. */
#ifndef TESTS_TILL_ALIPAY_H
#define TESTS_TILL_ALIPAY_H

#include "node/money/rails/alipay_sign.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"
#include "tests/unit/china_vectors.h"
#include "tests/unit/till.h"

#define ALI_APP "2021000000000000"
#define ALI_SELLER "2088102119685838"

static inline struct str ali_till_signature(struct provider *p, struct str text)
{
    return till_base64(p, crypt_sign(p->arena, p->key, text));
}

static inline struct str ali_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    struct arena *a = p->arena;
    /* in byte order, as they are signed; the empty value belongs to it */
    struct alipay_param v[20];
    size_t n = 0;
    v[n++] = (struct alipay_param){STR("app_id"), STR(ALI_APP)};
    v[n++] = (struct alipay_param){STR("charset"), STR("utf-8")};
    v[n++] = (struct alipay_param){STR("gmt_payment"), cn_time(a, pay->changed)};
    if (back >= 0)
        v[n++] = (struct alipay_param){STR("gmt_refund"), cn_time(a, pay->backs[back].at)};
    v[n++] = (struct alipay_param){STR("notify_id"), str_fmt(a, "%d", id)};
    v[n++] = (struct alipay_param){STR("notify_time"), cn_time(a, p->now)};
    v[n++] = (struct alipay_param){STR("notify_type"), STR("trade_status_sync")};
    if (back >= 0)
        v[n++] = (struct alipay_param){STR("out_biz_no"), str_c(pay->backs[back].key)};
    v[n++] = (struct alipay_param){STR("out_trade_no"), str_c(pay->number)};
    v[n++] = (struct alipay_param){STR("passback_params"), STR("")};
    if (back >= 0)
        v[n++] = (struct alipay_param){STR("refund_fee"), cn_yuan(a, pay->backs[back].in_all)};
    v[n++] = (struct alipay_param){STR("seller_id"), STR(ALI_SELLER)};
    v[n++] = (struct alipay_param){STR("total_amount"), cn_yuan(a, pay->total)};
    v[n++] = (struct alipay_param){STR("trade_no"), str_fmt(a, "2027%s", pay->number)};
    bool all = back >= 0 && pay->backs[back].in_all == pay->total;
    v[n++] = (struct alipay_param){STR("trade_status"), all ? STR("TRADE_CLOSED") : STR("TRADE_SUCCESS")};
    v[n++] = (struct alipay_param){STR("version"), STR("1.0")};
    struct str text = STR("");
    struct buf b;
    buf_init_arena(&b, a, 16384);
    for (size_t i = 0; i < n; i++) {
        text = str_fmt(a, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(text), i > 0 ? "&" : "", STR_ARG(v[i].name), STR_ARG(v[i].value));
        buf_put_url(&b, v[i].name);
        buf_put_char(&b, '=');
        buf_put_url(&b, v[i].value);
        buf_put_char(&b, '&');
    }
    buf_put_c(&b, "sign_type=RSA2&sign=");
    buf_put_url(&b, ali_till_signature(p, text));
    return buf_str(&b);
}

static inline void ali_till_sign(struct provider *p, struct tale *t)
{
    (void)p;
    t->n_headers = 0; /* the body carries it */
}

static inline bool ali_till_reply(struct provider *p, int fd, struct str method, struct str inner)
{
    char *name = arena_copy(p->arena, method.p, method.n);
    for (size_t i = 0; i < method.n; i++)
        name[i] = (char)(name[i] == '.' ? '_' : name[i]);
    struct str body = str_fmt(p->arena, "{\"%.*s_response\":" STR_FMT ",\"sign\":\"" STR_FMT "\"}", (int)method.n, name, STR_ARG(inner),
                              STR_ARG(ali_till_signature(p, inner)));
    if (till_is_deaf(p))
        return false;
    return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", body.p, body.n);
}

static inline struct str ali_till_refuses(struct provider *p, const char *why)
{
    return str_fmt(p->arena, "{\"code\":\"40004\",\"msg\":\"Business Failed\",\"sub_code\":\"%s\",\"sub_msg\":\"no\"}", why);
}

static inline struct str ali_till_query(struct provider *p, const struct payment *pay)
{
    if (pay == NULL || (!pay->paid && !pay->closed)) /* a buyer who never came is not known there */
        return ali_till_refuses(p, "ACQ.TRADE_NOT_EXIST");
    const char *status = !pay->paid ? "TRADE_CLOSED" : pay->refunded == pay->total ? "TRADE_CLOSED" : "TRADE_SUCCESS";
    struct str date = pay->paid ? str_fmt(p->arena, "\"send_pay_date\":\"" STR_FMT "\",", STR_ARG(cn_time(p->arena, pay->changed))) : STR("");
    return str_fmt(p->arena, "{\"code\":\"10000\",\"msg\":\"Success\"," STR_FMT "\"out_trade_no\":\"%s\",\"trade_no\":\"2027%s\","
        "\"total_amount\":\"" STR_FMT "\",\"trade_status\":\"%s\"}", STR_ARG(date), pay->number, pay->number,
        STR_ARG(cn_yuan(p->arena, pay->total)), status);
}

static inline struct str ali_till_refund(struct provider *p, struct payment *pay, const json_t *biz)
{
    int64_t fen = 0;
    if (pay == NULL || !cn_yuan_parse(ld_str(biz, "refund_amount"), &fen) || ld_str(biz, "out_request_no").n == 0)
        till_oops(p, "refund");
    int before = pay == NULL ? 0 : pay->n_backs;
    int back = pay == NULL ? -1 : till_back(p, pay, ld_str(biz, "out_request_no"), fen);
    if (back < 0)
        return ali_till_refuses(p, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    return str_fmt(p->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"%s\",\"trade_no\":\"2027%s\",\"fund_change\":\"%s\","
        "\"refund_fee\":\"" STR_FMT "\"}", pay->number, pay->number, pay->n_backs > before ? "Y" : "N", STR_ARG(cn_yuan(p->arena, pay->refunded)));
}

static inline struct str ali_till_refund_query(struct provider *p, const struct payment *pay, const json_t *biz)
{
    for (int i = 0; pay != NULL && i < pay->n_backs; i++)
        if (str_eq_c(ld_str(biz, "out_request_no"), pay->backs[i].key))
            return str_fmt(p->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"%s\",\"out_request_no\":\"%s\","
                "\"refund_amount\":\"" STR_FMT "\",\"refund_status\":\"REFUND_SUCCESS\"}", pay->number, pay->backs[i].key,
                STR_ARG(cn_yuan(p->arena, pay->backs[i].amount)));
    return STR("{\"code\":\"10000\",\"msg\":\"Success\"}");
}

static inline bool ali_till_serve(struct loopback *l, int fd, const char *head, const char *body_p, size_t body_n)
{
    struct provider *p = l->arg;
    struct alipay_param *v;
    struct str raw;
    json_t *biz = NULL;
    size_t n = 0;
    bool go_on;
    (void)head;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    if (alipay_form_read(p->arena, (struct str){body_p, body_n}, &v, &n) != OK ||
        json_read(p->arena, alipay_param_get(v, n, "biz_content"), NULL, &biz) != OK ||
        !crypt_base64_decode(p->arena, alipay_param_get(v, n, "sign"), &raw) ||
        !crypt_verify(p->ours, alipay_canonical(p->arena, v, n), raw))
        till_oops(p, "request");
    struct str method = alipay_param_get(v, n, "method");
    struct payment *pay = till_find(p, ld_str(biz, "out_trade_no"));
    if (str_eq_c(method, "alipay.trade.precreate")) {
        int64_t fen = 0;
        if (!cn_yuan_parse(ld_str(biz, "total_amount"), &fen))
            till_oops(p, "amount");
        pay = till_open(p, ld_str(biz, "out_trade_no"), fen);
        return ali_till_reply(p, fd, method, str_fmt(p->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"%s\",\"qr_code\":"
            "\"https://qr.alipay.com/bax0\"}", pay->number));
    }
    if (str_eq_c(method, "alipay.trade.close")) {
        if (pay != NULL && !pay->paid)
            pay->closed = true;
        return ali_till_reply(p, fd, method, STR("{\"code\":\"10000\",\"msg\":\"Success\"}"));
    }
    if (str_eq_c(method, "alipay.trade.query"))
        return ali_till_reply(p, fd, method, ali_till_query(p, pay));
    if (str_eq_c(method, "alipay.trade.refund"))
        return ali_till_reply(p, fd, method, ali_till_refund(p, pay, biz));
    if (str_eq_c(method, "alipay.trade.fastpay.refund.query"))
        return ali_till_reply(p, fd, method, ali_till_refund_query(p, pay, biz));
    till_oops(p, "a method that is not called here");
    return false;
}

static inline void ali_till_connect(struct provider *p)
{
    struct cx *cx = p->d->cx;
    const struct rail_value v[] = {{"app_id", STR(ALI_APP)}, {"seller_id", STR(ALI_SELLER)}, {"private_key", STR(APP_PKCS1)},
                                   {"alipay_public_key", rail_key_public_base64(p->arena, p->key)}, {"qr", STR("true")}};
    OK_(rail_key_public(p->arena, STR(APP_PUBLIC), &p->ours, NULL));
    OK_(setting_set(cx, STR("pay.alipay.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", p->loopback.port)));
    OK_(rail_account_save(cx, rail_by_name(STR("alipay")), p->d->tea.id, v, 5));
    RAW(p->d, "UPDATE rail_account SET state = 'on', merchant = '" ALI_SELLER "/" ALI_APP "', live = 1 WHERE rail = 'alipay'");
}

static const struct till till_alipay = {
    .name = "alipay", .currency = "CNY", .refunds_by_hand = true, .asks = true,
    .connect = ali_till_connect, .serve = ali_till_serve, .body = ali_till_body, .sign = ali_till_sign,
};

#endif
