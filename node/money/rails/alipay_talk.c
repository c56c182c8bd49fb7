#include "node/money/rails/alipay_talk.h"

#include "node/base/json.h"
#include "node/money/rails/cn.h"
#include "node/money/rail_http.h"
#include "node/money/rails/key.h"

#define LIVE "https://openapi.alipay.com"
#define SANDBOX "https://openapi-sandbox.dl.alipaydev.com"
#define GATEWAY "/gateway.do"

enum { PARAMS = 12 };

struct str ali_merchant(struct cx *cx, struct str seller_id, struct str app_id)
{
    return str_fmt(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(seller_id), STR_ARG(app_id));
}

enum err ali_begin(struct cx *cx, const struct rail_account *acc, struct ali *ret)
{
    struct ali a = {
        .cx = cx,
        .app_id = rail_setting(acc, "app_id"),
        .seller_id = rail_setting(acc, "seller_id"),
        .live = !rail_switch(acc, "sandbox"),
    };
    const char *theirs = a.live ? LIVE : SANDBOX;
    a.gateway = rail_base(cx, "alipay", theirs);
    a.own_gateway = !str_eq_c(a.gateway, theirs);
    if (rail_key_private(cx->arena, rail_secret(acc, "private_key"), &a.key, NULL) != OK)
        return cx_tell(cx, ERR_INVALID, N_("The app's private key can't be read. Please paste it again."));
    if (rail_key_public(cx->arena, rail_setting(acc, "alipay_public_key"), &a.alipay_key, NULL) != OK)
        return cx_tell(cx, ERR_INVALID, N_("Alipay's public key can't be read. Please paste it again."));
    *ret = a;
    return OK;
}

struct str ali_query(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra)
{
    struct cx *cx = a->cx;
    const struct alipay_param params[PARAMS] = {
        {STR("app_id"), a->app_id},
        {STR("method"), str_c(method)},
        {STR("format"), STR("JSON")},
        {STR("charset"), STR("utf-8")},
        {STR("sign_type"), STR("RSA2")},
        {STR("timestamp"), cn_time(cx->arena, cx->now)},
        {STR("version"), STR("1.0")},
        {STR("biz_content"), biz},
        {STR("notify_url"), extra == NULL ? STR_NULL : extra->notify_url},
        {STR("return_url"), extra == NULL ? STR_NULL : extra->return_url},
    };
    return alipay_query(cx->arena, a->key, params, 10);
}

struct str ali_address(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra)
{
    return str_fmt(a->cx->arena, STR_FMT GATEWAY "?" STR_FMT, STR_ARG(a->gateway),
                   STR_ARG(ali_query(a, method, biz, extra)));
}

/* A refusal that nobody signed grants nothing; what it says is worth showing. */
static json_t *complaint(struct cx *cx, struct str method, struct str body)
{
    json_t *j, *inner;
    char *key = arena_printf(cx->arena, STR_FMT "_response", STR_ARG(method));
    if (json_read(cx->arena, body, NULL, &j) != OK)
        return NULL;
    for (char *p = key; *p != '\0'; p++)
        *p = (char)(*p == '.' ? '_' : *p);
    inner = json_object_get(j, key);
    if (inner == NULL)
        inner = json_object_get(j, "error_response");
    struct str code = ld_str(inner, "code");
    return code.n == 0 || str_eq_c(code, "10000") ? NULL : inner;
}

/* 20000: they don't know what became of it; and their own "system error". */
static bool passes(const struct ali_answer *a)
{
    return str_eq_c(a->code, "20000") || str_ends(a->sub_code, STR("SYSTEM_ERROR")) ||
           str_eq_c(a->sub_code, "aop.ACQ.SYSTEM_ERROR") || str_eq_c(a->sub_code, "isp.unknow-error");
}

enum err ali_ask(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra,
                 struct ali_answer *ret)
{
    static const struct fetch_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/x-www-form-urlencoded;charset=utf-8")},
        {STR_INIT("Accept"), STR_INIT("application/json")},
    };
    struct cx *cx = a->cx;
    struct rail_answer answer;
    struct ali_answer r = {.genuine = true};
    struct rail_request rq = {
        .method = "POST",
        .base = a->gateway,
        .path = STR(GATEWAY "?charset=utf-8"),
        .headers = headers,
        .n_headers = 2,
        .body = ali_query(a, method, biz, extra),
        .tries = 3, /* out_trade_no and out_request_no make each repetition the same call */
    };
    TRY(rail_http(cx, &rq, &answer));
    if (answer.status != 200)
        return cx_fail(cx, ERR_UPSTREAM, "Alipay: %d", answer.status);
    enum err e = alipay_answer_read(cx->arena, a->alipay_key, str_c(method), answer.body, &r.j);
    if (e != OK) {
        r.genuine = false;
        r.j = complaint(cx, str_c(method), answer.body);
        if (r.j == NULL)
            return cx_fail(cx, ERR_UPSTREAM, "an answer that Alipay did not sign");
    }
    r.code = ld_str(r.j, "code");
    r.sub_code = ld_str(r.j, "sub_code");
    r.sub_msg = str_utf8_cut(ld_str(r.j, "sub_msg"), 200);
    if (r.sub_code.p == NULL)
        r.sub_code = STR("");
    *ret = r;
    if (passes(ret))
        return cx_fail(cx, ERR_UPSTREAM, "Alipay: " STR_FMT " " STR_FMT, STR_ARG(r.code), STR_ARG(r.sub_code));
    return OK;
}
