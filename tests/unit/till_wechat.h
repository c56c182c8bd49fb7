/* WeChat Pay as a till: Native orders, refunds told one by one, everything sealed and signed. */
#ifndef TESTS_TILL_WECHAT_H
#define TESTS_TILL_WECHAT_H

#include "node/base/jw.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"
#include "node/money/rails/wechat_parts.h"
#include "tests/unit/china_vectors.h"
#include "tests/unit/rail_world.h"
#include "tests/unit/till.h"

#define WX_MCHID "1900007291"
#define WX_APPID "wx8888888888888888"
#define WX_KEY_ID "PUB_KEY_ID_0119000072912026112200000000001001"

static inline struct str wx_till_trade(struct provider *p, const struct payment *pay)
{
    if (!pay->paid)
        return str_fmt(p->arena, "{\"mchid\":\"" WX_MCHID "\",\"appid\":\"" WX_APPID "\",\"out_trade_no\":\"%s\",\"trade_state\":\"%s\"}",
                       pay->number, pay->closed ? "CLOSED" : "NOTPAY");
    return str_fmt(p->arena, "{\"mchid\":\"" WX_MCHID "\",\"appid\":\"" WX_APPID "\",\"out_trade_no\":\"%s\",\"transaction_id\":\"42-%s\","
        "\"trade_state\":\"%s\",\"success_time\":\"" STR_FMT "\",\"amount\":{\"total\":%lld,\"payer_total\":%lld,\"currency\":\"CNY\","
        "\"payer_currency\":\"CNY\"}}", pay->number, pay->number, pay->refunded > 0 ? "REFUND" : "SUCCESS",
        STR_ARG(cn_rfc3339(p->arena, pay->changed)), (long long)pay->total, (long long)pay->total);
}

static inline struct str wx_till_refund(struct provider *p, const struct payment *pay, int back, bool notice)
{
    return str_fmt(p->arena, "{%s\"out_trade_no\":\"%s\",\"transaction_id\":\"42-%s\",\"out_refund_no\":\"%s\",\"refund_id\":\"50-%s-%d\","
        "\"%s\":\"SUCCESS\",\"success_time\":\"" STR_FMT "\",\"amount\":{\"total\":%lld,\"refund\":%lld,\"payer_total\":%lld,"
        "\"payer_refund\":%lld%s}}", notice ? "\"mchid\":\"" WX_MCHID "\"," : "", pay->number, pay->number, pay->backs[back].key,
        pay->number, back, notice ? "refund_status" : "status", STR_ARG(cn_rfc3339(p->arena, pay->backs[back].at)), (long long)pay->total,
        (long long)pay->backs[back].amount, (long long)pay->total, (long long)pay->backs[back].amount, notice ? "" : ",\"currency\":\"CNY\"");
}

static inline struct str wx_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    struct str plain = back >= 0 ? wx_till_refund(p, pay, back, true) : wx_till_trade(p, pay);
    struct str seal = till_base64(p, gcm_sealed(p->arena, STR(API_KEY), "0123456789ab", "transaction", plain));
    return str_fmt(p->arena, "{\"id\":\"EV-%d\",\"create_time\":\"" STR_FMT "\",\"event_type\":\"%s\",\"resource_type\":\"encrypt-resource\","
        "\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\"" STR_FMT "\",\"nonce\":\"0123456789ab\",\"associated_data\":"
        "\"transaction\"}}", id, STR_ARG(cn_rfc3339(p->arena, p->now)), back >= 0 ? "REFUND.SUCCESS" : "TRANSACTION.SUCCESS", STR_ARG(seal));
}

static inline struct str wx_till_signature(struct provider *p, struct str at, struct str body)
{
    struct str text = str_fmt(p->arena, STR_FMT "\nN0nce\n" STR_FMT "\n", STR_ARG(at), STR_ARG(body));
    return till_base64(p, crypt_sign(p->arena, p->key, text));
}

static inline void wx_till_sign(struct provider *p, struct tale *t)
{
    struct str at = str_fmt(p->arena, "%lld", (long long)(p->now / 1000));
    const struct rail_header h[] = {
        {STR("Wechatpay-Timestamp"), at},
        {STR("Wechatpay-Nonce"), STR("N0nce")},
        {STR("Wechatpay-Serial"), STR(WX_KEY_ID)},
        {STR("Wechatpay-Signature"), wx_till_signature(p, at, t->body)},
    };
    memcpy(t->headers, h, sizeof h);
    t->n_headers = 4;
}

static inline bool wx_till_reply(struct provider *p, int fd, const char *status, struct str body)
{
    struct str at = str_fmt(p->arena, "%lld", (long long)(p->now / 1000));
    char *headers = arena_printf(p->arena, "Content-Type: application/json\r\nWechatpay-Timestamp: " STR_FMT "\r\nWechatpay-Nonce: N0nce\r\n"
        "Wechatpay-Serial: " WX_KEY_ID "\r\nWechatpay-Signature: " STR_FMT "\r\n", STR_ARG(at), STR_ARG(wx_till_signature(p, at, body)));
    char *head = arena_printf(p->arena, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers, body.n);
    if (till_is_deaf(p))
        return false;
    return loopback_put(fd, head, strlen(head)) && loopback_put(fd, body.p, body.n);
}

static inline void wx_till_check(struct provider *p, struct str head, struct str method, struct str target, struct str body)
{
    struct str auth = till_between(head, "\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 ", "\r\n"), raw;
    struct str text = str_fmt(p->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(method), STR_ARG(target),
                              STR_ARG(till_between(auth, "timestamp=\"", "\"")), STR_ARG(till_between(auth, "nonce_str=\"", "\"")), STR_ARG(body));
    if (!crypt_base64_decode(p->arena, till_between(auth, "signature=\"", "\""), &raw) || !crypt_verify(p->ours, text, raw))
        till_oops(p, "signature");
}

static inline bool wx_till_serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t n)
{
    struct provider *p = l->arg;
    struct str head = str_c(head_z), body = {body_p, n}, method = till_between(head, "", " "), target = till_between(head, " ", " ");
    struct payment *pay;
    json_t *j = NULL;
    int64_t amount = 0;
    bool go_on;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    wx_till_check(p, head, method, target, body);
    if (body.n > 0 && json_read(p->arena, body, NULL, &j) != OK)
        till_oops(p, "body");
    if (str_eq_c(target, "/v3/pay/transactions/native")) {
        if (!ld_i64(j, "amount.total", &amount))
            till_oops(p, "no amount");
        till_open(p, ld_str(j, "out_trade_no"), amount);
        return wx_till_reply(p, fd, "200 OK", STR("{\"code_url\":\"weixin://wxpay/bizpayurl?pr=Ab12Cd3\"}"));
    }
    if (str_ends(target, STR("/close"))) {
        pay = till_find(p, till_between(target, "/out-trade-no/", "/close"));
        if (pay != NULL && !pay->paid)
            pay->closed = true;
        return wx_till_reply(p, fd, "204 No Content", STR(""));
    }
    if (str_starts(target, STR("/v3/pay/transactions/out-trade-no/"))) {
        pay = till_find(p, till_between(target, "/out-trade-no/", "?"));
        return pay == NULL ? wx_till_reply(p, fd, "404 No", STR("{\"code\":\"ORDER_NOT_EXIST\",\"message\":\"none\"}"))
                           : wx_till_reply(p, fd, "200 OK", wx_till_trade(p, pay));
    }
    if (str_eq_c(target, "/v3/refund/domestic/refunds")) {
        pay = till_find(p, ld_str(j, "out_trade_no"));
        int back = pay != NULL && ld_i64(j, "amount.refund", &amount) ? till_back(p, pay, ld_str(j, "out_refund_no"), amount) : -1;
        return back < 0 ? wx_till_reply(p, fd, "400 No", STR("{\"code\":\"INVALID_REQUEST\",\"message\":\"too much\"}"))
                        : wx_till_reply(p, fd, "200 OK", wx_till_refund(p, pay, back, false));
    }
    till_oops(p, "an address that is not called here");
    return wx_till_reply(p, fd, "404 No", STR("{}"));
}

static inline void wx_till_connect(struct provider *p)
{
    struct cx *cx = p->d->cx;
    const struct rail_value v[] = {
        {"mchid", STR(WX_MCHID)}, {"appid", STR(WX_APPID)}, {"serial", STR("408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB")},
        {"private_key", STR(APP_PKCS8_PEM)}, {"api_key", STR(API_KEY)}, {"public_key_id", STR(WX_KEY_ID)},
        {"public_key", crypt_key_public_pem(cx->arena, p->key)},
    };
    OK_(rail_key_public(p->arena, STR(APP_PUBLIC), &p->ours, NULL));
    OK_(setting_set(cx, STR("pay.wechat.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", p->loopback.port)));
    OK_(rail_account_save(cx, rail_by_name(STR("wechat")), p->d->tea.id, v, 7));
    RAW(p->d, "UPDATE rail_account SET state = 'on', merchant = '" STR_FMT "', live = 1 WHERE rail = 'wechat'",
        STR_ARG(wx_merchant(cx, STR(WX_MCHID), STR(WX_APPID))));
}

static const struct till till_wechat = {
    .name = "wechat", .currency = "CNY", .refunds_by_hand = true, .asks = true,
    .connect = wx_till_connect, .serve = wx_till_serve, .body = wx_till_body, .sign = wx_till_sign,
};

#endif
