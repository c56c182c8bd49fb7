#include "node/money/rails/wechat_talk.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/base/url.h"
#include "node/db/db.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_http.h"
#include "node/money/rails/cn_bill.h"
#include "node/money/rails/key.h"
#include "node/node.h"

#define BASE "https://api.mch.weixin.qq.com"
#define CERTIFICATES "/v3/certificates"

enum { KEPT_MAX = 64 * 1024, NONCE_BYTES = 16 };

struct str wx_merchant(struct cx *cx, struct str mchid, struct str appid)
{
    return str_fmt(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(mchid), STR_ARG(appid));
}

/* {"at": ms, "pems": ["-----BEGIN CERTIFICATE…"]} */
static void load_kept(struct wx *w)
{
    struct str kept = rail_setting(&w->acc, "certificates");
    json_t *j;
    if (kept.n == 0 || json_read(w->cx->arena, kept, NULL, &j) != OK)
        return;
    (void)ld_i64(j, "at", &w->fetched_at);
    LD_EACH(i, pem, json_object_get(j, "pems")) {
        struct rail_cert c;
        if (w->n_keys < WX_KEYS && rail_cert_read(w->cx->arena, json_text(pem), &c) == OK)
            w->keys[w->n_keys++] = (struct wechat_key){c.serial, c.key, c.until};
    }
}

enum err wx_begin(struct cx *cx, const struct rail_account *acc, struct wx *ret)
{
    struct wx w = {
        .cx = cx,
        .acc = *acc,
        .mchid = rail_setting(acc, "mchid"),
        .appid = rail_setting(acc, "appid"),
        .api_key = rail_secret(acc, "api_key"),
        .base = rail_base(cx, "wechat", BASE),
        .public_key_id = rail_setting(acc, "public_key_id"),
    };
    w.signer = (struct wechat_signer){.mchid = w.mchid, .serial = rail_setting(acc, "serial")};
    if (rail_key_private(cx->arena, rail_secret(acc, "private_key"), &w.signer.key, NULL) != OK)
        return cx_tell(cx, ERR_INVALID, N_("The merchant's private key can't be read. Please paste apiclient_key.pem again."));
    if (w.public_key_id.n > 0) {
        if (rail_key_public(cx->arena, rail_setting(acc, "public_key"), &w.keys[0].key, NULL) != OK)
            return cx_tell(cx, ERR_INVALID, N_("WeChat Pay's public key can't be read. Please paste pub_key.pem again."));
        w.keys[0].serial = w.public_key_id;
        w.n_keys = 1;
    }
    load_kept(&w);
    *ret = w;
    return OK;
}

/* ---- asking ---- */

static struct str nonce_new(struct cx *cx)
{
    unsigned char raw[NONCE_BYTES];
    struct buf b;
    crypt_random(raw, sizeof raw);
    buf_init_arena(&b, cx->arena, 2 * NONCE_BYTES);
    buf_put_hex(&b, raw, sizeof raw);
    return buf_str(&b);
}

static const char *const stamps[] = {"wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial",
                                     "wechatpay-signature", NULL};

static enum err send(struct wx *w, const char *method, struct str target, struct str body,
                     struct rail_answer *ret)
{
    struct cx *cx = w->cx;
    struct str sign = wechat_authorization(cx->arena, &w->signer, method, target, cx->now / MS_SECOND,
                                           nonce_new(cx), body);
    const struct fetch_header headers[] = {
        {STR("Authorization"), sign},
        {STR("Accept"), STR("application/json")},
        {STR("Content-Type"), STR("application/json")},
        {STR("Wechatpay-Serial"), w->public_key_id},
    };
    struct rail_request rq = {
        .method = method,
        .base = w->base,
        .path = target,
        .headers = headers,
        .n_headers = w->public_key_id.n > 0 ? 4 : 3,
        .body = body,
        /* out_trade_no and out_refund_no make each repetition the same call */
        .tries = 3,
        .want = stamps,
    };
    return rail_http(cx, &rq, ret);
}

static enum wechat_verdict judge(struct wx *w, const struct rail_answer *a)
{
    const struct wechat_stamp stamp = {a->wanted[0], a->wanted[1], a->wanted[2], a->wanted[3]};
    return wechat_verify(w->cx->arena, w->keys, w->n_keys, &stamp, a->body, w->cx->now);
}

static void read_answer(struct wx *w, const struct rail_answer *a, struct wx_answer *ret)
{
    *ret = (struct wx_answer){.status = a->status, .raw = a->body, .code = STR(""), .message = STR("")};
    if (a->body.n == 0 || json_read(w->cx->arena, a->body, NULL, &ret->j) != OK)
        return;
    if (a->status >= 400) {
        ret->code = ld_str(ret->j, "code");
        ret->message = str_utf8_cut(ld_str(ret->j, "message"), 200);
    }
}

static enum err passing(struct wx *w, const struct wx_answer *a)
{
    if (a->status == 429 || a->status >= 500)
        return cx_fail(w->cx, ERR_UPSTREAM, "WeChat Pay: %d " STR_FMT, a->status, STR_ARG(a->code));
    return OK;
}

enum err wx_ask(struct wx *w, const char *method, struct str target, struct str body, struct wx_answer *ret)
{
    struct rail_answer a;
    struct wx_answer certificates;
    TRY(send(w, method, target, body, &a));
    read_answer(w, &a, ret);
    TRY(passing(w, ret));
    if (a.status < 200 || a.status >= 300)
        return OK;
    enum wechat_verdict v = judge(w, &a);
    if (v == WECHAT_UNKNOWN_KEY) {
        TRY(wx_refresh(w, &certificates));
        v = judge(w, &a);
    }
    if (v != WECHAT_GENUINE)
        return cx_fail(w->cx, ERR_UPSTREAM, "answer: %s", wechat_verdict_says(v));
    return OK;
}

/* ---- certificates ---- */

static enum err keep(struct wx *w, const struct str *pems, size_t n)
{
    struct buf b;
    struct jw j;
    buf_init_arena(&b, w->cx->arena, KEPT_MAX);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_i64(&j, "at", w->cx->now);
    jw_key(&j, "pems");
    jw_arr(&j);
    for (size_t i = 0; i < n; i++)
        jw_str(&j, pems[i]);
    jw_end(&j);
    jw_end(&j);
    if (!jw_done(&j))
        return cx_fail(w->cx, ERR_TOO_LARGE, "certificates of WeChat Pay");
    const struct rail_value value = {"certificates", buf_str(&b)};
    return rail_account_keep(w->cx, &rail_wechat, &w->acc, &value, 1);
}

/* Those that we knew and that still hold stay: a callback may be on its way. */
static void join(struct wx *w, const struct wechat_key *fresh, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < w->n_keys && !str_eq(w->keys[k].serial, fresh[i].serial))
            k++;
        if (k == w->n_keys && w->n_keys < WX_KEYS)
            w->n_keys++;
        if (k < WX_KEYS)
            w->keys[k] = fresh[i];
    }
}

/* The texts of the certificates, for keeping. That they open has been seen. */
static size_t pems_of(struct wx *w, const json_t *j, struct str *ret, size_t max)
{
    size_t n = 0;
    LD_EACH(i, item, json_object_get(j, "data"))
        if (n < max && wechat_open(w->cx->arena, w->api_key, ld_get(item, "encrypt_certificate"), &ret[n]) == OK)
            n++;
    return n;
}

enum err wx_refresh(struct wx *w, struct wx_answer *ret)
{
    struct cx *cx = w->cx;
    struct rail_answer a;
    struct wechat_key fresh[WX_KEYS];
    struct str pems[WX_KEYS];
    size_t n = 0;
    TRY(send(w, "GET", STR(CERTIFICATES), STR_NULL, &a));
    read_answer(w, &a, ret);
    TRY(passing(w, ret));
    if (a.status != 200)
        return OK;
    /* The first of all can only be checked with themselves; but who sealed them knows the APIv3 key. */
    if (wechat_certificates_read(cx->arena, w->api_key, a.body, cx->now, fresh, WX_KEYS, &n) != OK)
        return cx_tell(cx, ERR_INVALID, N_("WeChat Pay's certificates don't open with this APIv3 key. Please look at it again."));
    join(w, fresh, n);
    enum wechat_verdict v = judge(w, &a);
    if (v != WECHAT_GENUINE)
        return cx_fail(cx, ERR_UPSTREAM, "certificates: %s", wechat_verdict_says(v));
    w->fetched_at = cx->now;
    return keep(w, pems, pems_of(w, ret->j, pems, WX_KEYS));
}

enum err wx_download(struct wx *w, struct str address, struct str *ret)
{
    struct url url;
    struct rail_answer a;
    if (url_parse(w->cx->arena, address, &url) != OK || !url_same_origin(address, w->base))
        return cx_fail(w->cx, ERR_UPSTREAM, "a bill elsewhere than at WeChat Pay");
    struct str target = url_target(w->cx->arena, &url);
    struct str sign = wechat_authorization(w->cx->arena, &w->signer, "GET", target, w->cx->now / MS_SECOND,
                                           nonce_new(w->cx), STR_NULL);
    const struct fetch_header headers[] = {{STR("Authorization"), sign}, {STR("Accept"), STR("*/*")}};
    struct rail_request rq = {.method = "GET", .base = w->base, .path = target, .headers = headers,
                              .n_headers = 2, .max_answer = CN_BILL_MAX, .timeout_ms = 60000, .tries = 3};
    TRY(rail_http(w->cx, &rq, &a));
    if (a.status != 200)
        return cx_fail(w->cx, ERR_UPSTREAM, "bill of WeChat Pay: %d", a.status);
    *ret = a.body;
    return OK;
}
