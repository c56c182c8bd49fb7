/* Connecting a WeChat Pay merchant: what to fill in, what it must look like, and what its keys may. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/money/rail_adapters.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/cn_setup.h"
#include "node/money/rail_http.h"
#include "node/money/rails/wechat_parts.h"
#include "node/node.h"

#include <string.h>

#define OPEN_BASE "https://api.weixin.qq.com"
#define PAGES_BASE "https://open.weixin.qq.com"

enum { PROBE_MS = 10 * MS_MINUTE, TARGET_MAX = 1024, APPID_LEN = 18, SERIAL_MAX = 64 };

const struct rail_field wx_fields[] = {
    {"mchid", N_("Merchant number"), N_("Ten digits, on the first page of pay.weixin.qq.com."), RAIL_TEXT | RAIL_NEEDED},
    {"appid", N_("AppID"), N_("Of the service account or mini program that is bound to the merchant number: wx…"), RAIL_TEXT | RAIL_NEEDED},
    {"serial", N_("Serial number of the API certificate"), N_("40 characters; or paste the whole of apiclient_cert.pem."), RAIL_TEXT | RAIL_NEEDED | RAIL_LONG},
    {"private_key", N_("Private key of the API certificate"), N_("The whole of apiclient_key.pem."), RAIL_SECRET | RAIL_NEEDED | RAIL_LONG},
    {"api_key", N_("APIv3 key"), N_("The 32 characters that you set under API security."), RAIL_SECRET | RAIL_NEEDED},
    {"public_key_id", N_("ID of WeChat Pay's public key"), N_("PUB_KEY_ID_… Leave it empty if your merchant number has platform certificates only."), RAIL_TEXT},
    {"public_key", N_("WeChat Pay's public key"), N_("The whole of pub_key.pem."), RAIL_TEXT | RAIL_LONG},
    {"app_secret", N_("AppSecret"), N_("Only for paying inside WeChat (JSAPI); of the same AppID."), RAIL_SECRET},
    {"h5", N_("H5 payment is open for this merchant"), N_("Phones then go to the WeChat app from their browser. The domain must be registered there."), RAIL_SWITCH},
    {"certificates", N_("Platform certificates"), NULL, RAIL_SELF | RAIL_LONG},
    {NULL, NULL, NULL, RAIL_TEXT},
};

/* ---- what it must look like ---- */

static struct str upper(struct cx *cx, struct str s)
{
    char *p = arena_copy(cx->arena, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
    return (struct str){p, s.n};
}

#define DIGITS "0123456789"
#define SERIAL_SAYS N_("The serial number has 40 characters, 0 to 9 and A to F.")

static enum err check_serial(struct cx *cx, struct rail_value *serial, const struct crypt_key *key)
{
    struct rail_cert cert;
    if (rail_cert_read(cx->arena, serial->value, &cert) == OK) {
        if (key != NULL && !cn_same_key(cx, key, cert.key))
            return cx_tell(cx, ERR_INVALID, N_("The API certificate and the private key don't belong together."));
        serial->value = cert.serial;
    }
    if (!cn_made_of(serial->value, DIGITS "abcdefABCDEF") || serial->value.n > SERIAL_MAX)
        return cx_tell(cx, ERR_INVALID, SERIAL_SAYS);
    serial->value = upper(cx, serial->value);
    return OK;
}

enum err wx_check(struct cx *cx, struct rail_value *values, size_t n)
{
    static const struct cn_rule rules[] = {
        {"mchid", DIGITS, NULL, 1, WX_MCHID_MAX, N_("The merchant number has digits only.")},
        {"appid", DIGITS "abcdefwx", "wx", APPID_LEN, APPID_LEN, N_("The AppID begins with wx and has 18 characters.")},
        {"api_key", NULL, NULL, WECHAT_API_KEY, WECHAT_API_KEY, N_("The APIv3 key has exactly 32 characters.")},
        {"public_key_id", NULL, "PUB_KEY_ID_", 1, SIZE_MAX, N_("The ID of WeChat Pay's public key begins with PUB_KEY_ID_.")},
    };
    struct rail_value *serial = cn_value(values, n, "serial"), *id = cn_value(values, n, "public_key_id");
    struct rail_value *theirs = cn_value(values, n, "public_key");
    const struct crypt_key *mine = NULL, *other = NULL;
    TRY(cn_rules(cx, rules, sizeof rules / sizeof *rules, values, n));
    TRY(cn_private(cx, cn_value(values, n, "private_key"),
                   N_("The private key can't be read. Please paste the whole of apiclient_key.pem."), &mine));
    if (serial != NULL)
        TRY(check_serial(cx, serial, mine));
    TRY(cn_public(cx, theirs, N_("WeChat Pay's public key can't be read. Please paste the whole of pub_key.pem."), &other));
    if ((id == NULL) != (theirs == NULL) && n > 1)
        return cx_tell(cx, ERR_INVALID, N_("WeChat Pay's public key and its ID go together: please give both or neither."));
    return OK;
}

/* ---- what its keys may ---- */

static enum err probe_keys(struct wx *w, struct rail_probe *p)
{
    struct cx *cx = w->cx;
    struct wx_answer a;
    struct rail_right *mine = cn_right(p, N_("API certificate and its private key"), true);
    struct rail_right *api = cn_right(p, N_("APIv3 key"), true);
    struct rail_right *theirs = cn_right(p, N_("WeChat Pay's own signature"), true);
    enum err e = wx_refresh(w, &a);
    if (e != OK && e != ERR_INVALID)
        return e;
    cn_granted(cx, mine, a.status == 200 || a.status == 404 || str_eq_c(a.code, "RESOURCE_NOT_EXISTS"), a.code, a.message);
    /* 404: a merchant of the new kind, who has no certificates to open; the first callback will tell. */
    api->ok = e == OK && mine->ok;
    if (e == ERR_INVALID)
        api->why = STR(N_("WeChat Pay's certificates don't open with it."));
    theirs->ok = w->n_keys > 0;
    if (!theirs->ok)
        theirs->why = STR(N_("There are no platform certificates: please give WeChat Pay's public key and its ID."));
    return OK;
}

static struct str trial_json(struct wx *w, struct str number, bool h5)
{
    struct cx *cx = w->cx;
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, 2048);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_str(&j, "appid", w->appid);
    jw_key_str(&j, "mchid", w->mchid);
    jw_key_c(&j, "description", "Orrery");
    jw_key_str(&j, "out_trade_no", number);
    jw_key_str(&j, "time_expire", cn_rfc3339(cx->arena, cx->now + PROBE_MS));
    jw_key_str(&j, "notify_url", str_fmt(cx->arena, STR_FMT "/hooks/wechat/-", STR_ARG(cx->node->origin)));
    jw_key(&j, "amount");
    jw_obj(&j);
    jw_key_i64(&j, "total", 1);
    jw_key_c(&j, "currency", "CNY");
    jw_end(&j);
    if (h5) {
        jw_key(&j, "scene_info");
        jw_obj(&j);
        jw_key_c(&j, "payer_client_ip", "127.0.0.1");
        jw_key(&j, "h5_info");
        jw_obj(&j);
        jw_key_c(&j, "type", "Wap");
        jw_end(&j);
        jw_end(&j);
    }
    jw_end(&j);
    return buf_str(&b);
}

/* The only way to see whether a product is open is to use it: an order of one fen, closed at once. */
static enum err probe_product(struct wx *w, struct rail_probe *p, const char *product, const char *name)
{
    struct cx *cx = w->cx;
    struct wx_answer a = {0}, closed;
    struct rail_right *r = cn_right(p, name, true);
    struct str number = cn_trial_number(cx);
    bool h5 = strcmp(product, "h5") == 0;
    struct str target = str_fmt(cx->arena, "/v3/pay/transactions/%s", product);
    enum err e = wx_ask(w, "POST", target, trial_json(w, number, h5), &a);
    if (e == ERR_UPSTREAM && a.status == 200) {
        r->why = STR(N_("The answer is not signed by the key that you gave as WeChat Pay's."));
        return OK;
    }
    TRY(e);
    cn_granted(cx, r, a.status == 200, a.code, a.message);
    if (!r->ok)
        return OK;
    struct str body = str_fmt(cx->arena, "{\"mchid\":\"" STR_FMT "\"}", STR_ARG(w->mchid));
    target = str_fmt(cx->arena, "/v3/pay/transactions/out-trade-no/" STR_FMT "/close", STR_ARG(number));
    return wx_ask(w, "POST", target, body, &closed);
}

/* Of something that is not there: who may ask is told so. */
static enum err probe_query(struct wx *w, struct rail_probe *p, struct str target, const char *name, bool needed)
{
    struct cx *cx = w->cx;
    struct wx_answer a;
    struct rail_right *r = cn_right(p, name, needed);
    TRY(wx_ask(w, "GET", target, STR_NULL, &a));
    cn_granted(cx, r, a.status == 200 || a.status == 404 || str_eq_c(a.code, "NO_STATEMENT_EXIST"), a.code, a.message);
    return OK;
}

static enum err open_api(struct cx *cx, const struct rail_account *acc, struct str code, json_t **ret)
{
    struct rail_answer a;
    struct buf b;
    buf_init_arena(&b, cx->arena, TARGET_MAX);
    buf_lit(&b, "/sns/oauth2/access_token?appid=");
    buf_put_url(&b, rail_setting(acc, "appid"));
    buf_lit(&b, "&secret=");
    buf_put_url(&b, rail_secret(acc, "app_secret"));
    buf_lit(&b, "&code=");
    buf_put_url(&b, code);
    buf_lit(&b, "&grant_type=authorization_code");
    if (b.overflow)
        return ERR_INVALID;
    struct rail_request rq = {.method = "GET", .base = rail_base(cx, "wechat", OPEN_BASE), .path = buf_str(&b),
                              .max_answer = 16384};
    TRY(rail_http(cx, &rq, &a));
    if (a.status != 200 || json_read(cx->arena, a.body, NULL, ret) != OK)
        return cx_fail(cx, ERR_UPSTREAM, "api.weixin.qq.com: %d", a.status);
    return OK;
}

/* A made-up code: the secret is right if only the code is wrong. */
static enum err probe_secret(struct wx *w, struct rail_probe *p)
{
    struct cx *cx = w->cx;
    int64_t code = 0;
    json_t *j;
    struct rail_right *r = cn_right(p, N_("AppSecret, for paying inside WeChat"), false);
    TRY(open_api(cx, &w->acc, STR("orrery-probe"), &j));
    bool known = ld_i64(j, "errcode", &code) && (code == 40029 || code == 40163);
    cn_granted(cx, r, known, str_fmt(cx->arena, "%lld", (long long)code), str_utf8_cut(ld_str(j, "errmsg"), 100));
    return OK;
}

enum err wx_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret)
{
    struct wx w;
    struct rail_probe p = {.n = 0, .live = true};
    TRY(wx_begin(cx, acc, &w));
    p.merchant = wx_merchant(cx, w.mchid, w.appid);
    p.title = w.mchid;
    TRY(probe_keys(&w, &p));
    if (p.rights[0].ok && p.rights[2].ok) {
        TRY(probe_product(&w, &p, "native", N_("Native payment: a QR code on the desk")));
        if (rail_switch(acc, "h5"))
            TRY(probe_product(&w, &p, "h5", N_("H5 payment: from a phone's browser")));
        TRY(probe_query(&w, &p, STR("/v3/refund/domestic/refunds/PROBE"), N_("Refunds"), true));
        struct str day = cn_day(cx->arena, cx->now - 2 * MS_DAY);
        TRY(probe_query(&w, &p, str_fmt(cx->arena, "/v3/bill/tradebill?bill_date=" STR_FMT, STR_ARG(day)),
                        N_("Bills, for what WeChat Pay keeps for itself"), false));
        if (rail_secret(acc, "app_secret").n > 0)
            TRY(probe_secret(&w, &p));
    }
    *ret = p;
    return OK;
}

/* ---- who pays inside WeChat ---- */

struct str wechat_openid_url(struct cx *cx, const struct rail_account *acc, struct str back, struct str state)
{
    struct buf b;
    if (rail_secret(acc, "app_secret").n == 0)
        return STR_NULL;
    buf_init_arena(&b, cx->arena, 4096);
    buf_put(&b, rail_base(cx, "wechat", PAGES_BASE));
    buf_lit(&b, "/connect/oauth2/authorize?appid=");
    buf_put_url(&b, rail_setting(acc, "appid"));
    buf_lit(&b, "&redirect_uri=");
    buf_put_url(&b, back);
    buf_lit(&b, "&response_type=code&scope=snsapi_base&state=");
    buf_put_url(&b, state);
    buf_lit(&b, "#wechat_redirect");
    return buf_str(&b);
}

enum err wechat_openid(struct cx *cx, const struct rail_account *acc, struct str code, struct str *ret)
{
    json_t *j;
    if (code.n == 0 || code.n > 256)
        return ERR_INVALID;
    TRY(open_api(cx, acc, code, &j));
    struct str openid = ld_str(j, "openid");
    if (openid.n == 0 || openid.n > 128)
        return cx_fail(cx, ERR_INVALID, "WeChat tells no openid for this code");
    *ret = openid;
    return OK;
}
