#include "node/money/rails/alipay_talk.h"

#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_http.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"
#include "node/node.h"

#define LIVE "https://openapi.alipay.com"
#define SANDBOX "https://openapi-sandbox.dl.alipaydev.com"
#define GATEWAY "/gateway.do"

#define CERT_METHOD "alipay.open.app.alipaycert.download"
#define CERT_ANSWER "alipay_open_app_alipaycert_download_response"

enum { PARAMS = 12, LEARNED = 3, KEPT_MAX = 64 * 1024 };

struct str ali_merchant(struct cx *cx, struct str seller_id, struct str app_id)
{
    return str_fmt(cx->arena, STR_FMT "/" STR_FMT, STR_ARG(seller_id), STR_ARG(app_id));
}

static enum err certs_of(struct ali *a, const struct rail_account *acc)
{
    struct cx *cx = a->cx;
    struct rail_certs app;
    struct rail_cert cert;
    struct str typed = rail_setting(acc, "app_cert"), roots = rail_setting(acc, "root_cert"), sn;
    if (typed.n == 0 && roots.n == 0)
        return OK;
    if (rail_certs_read(cx->arena, typed, &app) != OK || rail_cert_read(cx->arena, typed, &cert) != OK ||
        rail_certs_read(cx->arena, roots, &a->roots) != OK ||
        rail_certs_read(cx->arena, rail_setting(acc, "alipay_public_key"), &a->given) != OK)
        return cx_tell(cx, ERR_INVALID, ALI_THREE_FILES);
    a->app_sn = alipay_cert_sn(cx->arena, app.v[0]);
    a->root_sn = alipay_root_sn(cx->arena, &a->roots);
    a->until = cert.until;
    a->theirs[0].sn = alipay_cert_sn(cx->arena, a->given.v[0]);
    /* those that were learned */
    json_t *j = NULL;
    const struct crypt_key *key;
    if (json_read(cx->arena, rail_setting(acc, "certificates"), NULL, &j) != OK)
        return OK;
    LD_EACH(i, one, j) {
        sn = ld_str(one, "sn");
        if (a->n_theirs < sizeof a->theirs / sizeof *a->theirs && !str_eq(sn, a->theirs[0].sn) &&
            rail_key_public(cx->arena, ld_str(one, "pem"), &key, NULL) == OK)
            a->theirs[a->n_theirs++] = (struct ali_key){sn, key};
    }
    return OK;
}

enum err ali_begin(struct cx *cx, const struct rail_account *acc, struct ali *ret)
{
    struct ali a = {
        .cx = cx,
        .acc = *acc,
        .app_id = rail_setting(acc, "app_id"),
        .seller_id = rail_setting(acc, "seller_id"),
        .n_theirs = 1,
        .live = !rail_switch(acc, "sandbox"),
    };
    const char *theirs = a.live ? LIVE : SANDBOX;
    a.gateway = rail_base(cx, "alipay", theirs);
    a.own_gateway = !str_eq_c(a.gateway, theirs);
    if (rail_key_private(cx->arena, rail_secret(acc, "private_key"), &a.key, NULL) != OK)
        return cx_tell(cx, ERR_INVALID, N_("The app's private key can't be read. Please paste it again."));
    if (rail_key_public(cx->arena, rail_setting(acc, "alipay_public_key"), &a.theirs[0].key, NULL) != OK)
        return cx_tell(cx, ERR_INVALID, ALI_KEY_SAYS);
    TRY(certs_of(&a, acc));
    *ret = a;
    return OK;
}

const struct crypt_key *ali_key_of(const struct ali *a, struct str sn)
{
    if (sn.n == 0 || a->app_sn.n == 0)
        return a->theirs[0].key;
    for (size_t i = 0; i < a->n_theirs; i++)
        if (str_eq(sn, a->theirs[i].sn))
            return a->theirs[i].key;
    return NULL;
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
        {STR("app_cert_sn"), a->app_sn},
        {STR("alipay_root_cert_sn"), a->root_sn},
    };
    return alipay_query(cx->arena, a->key, params, PARAMS);
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

static enum err send(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra, struct str *ret)
{
    static const struct fetch_header headers[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/x-www-form-urlencoded;charset=utf-8")},
        {STR_INIT("Accept"), STR_INIT("application/json")},
    };
    struct rail_answer answer;
    struct rail_request rq = {
        .method = "POST",
        .base = a->gateway,
        .path = STR(GATEWAY "?charset=utf-8"),
        .headers = headers,
        .n_headers = 2,
        .body = ali_query(a, method, biz, extra),
        .tries = 3, /* out_trade_no and out_request_no make each repetition the same call */
    };
    TRY(rail_http(a->cx, &rq, &answer));
    if (answer.status != 200)
        return cx_fail(a->cx, ERR_UPSTREAM, "Alipay: %d", answer.status);
    *ret = answer.body;
    return OK;
}

enum err ali_ask(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra,
                 struct ali_answer *ret)
{
    struct cx *cx = a->cx;
    struct str body, sn;
    struct ali_answer r = {.genuine = true};
    TRY(send(a, method, biz, extra, &body));
    sn = alipay_answer_cert(cx->arena, body);
    if (ali_key_of(a, sn) == NULL)
        TRY(ali_learn(a, sn));
    enum err e = alipay_answer_read(cx->arena, ali_key_of(a, sn), str_c(method), body, &r.j);
    if (e != OK) {
        r.genuine = false;
        r.j = complaint(cx, str_c(method), body);
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

/* ---- another certificate of theirs ---- */

static bool is_sn(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n == ALI_SN_LEN;
}

static void put_cert(struct jw *w, struct str sn, struct str pem)
{
    jw_obj(w);
    jw_key_str(w, "sn", sn);
    jw_key_str(w, "pem", pem);
    jw_end(w);
}

/* [{"sn": …, "pem": …}], the newest first. */
static enum err keep_cert(struct ali *a, struct str sn, struct str pem)
{
    struct str kept = rail_setting(&a->acc, "certificates");
    json_t *j = NULL;
    struct buf b;
    struct jw w;
    buf_init_arena(&b, a->cx->arena, KEPT_MAX);
    jw_init(&w, &b);
    jw_arr(&w);
    put_cert(&w, sn, pem);
    if (kept.n > 0 && json_read(a->cx->arena, kept, NULL, &j) != OK)
        j = NULL;
    LD_EACH(i, one, j)
        if (i + 1 < LEARNED && !str_eq(ld_str(one, "sn"), sn))
            put_cert(&w, ld_str(one, "sn"), ld_str(one, "pem"));
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(a->cx, ERR_TOO_LARGE, "certificates of Alipay");
    const struct rail_value v = {"certificates", buf_str(&b)};
    return rail_account_keep(a->cx, &rail_alipay, &a->acc, &v, 1);
}

/* Who signs that answer, if anybody, is not known yet: what comes has to prove itself. */
enum err ali_learn(struct ali *a, struct str sn)
{
    struct cx *cx = a->cx;
    struct str body, pem;
    struct rail_certs fresh;
    json_t *j;
    struct ali_key key = {.sn = sn};
    if (a->app_sn.n == 0 || !is_sn(sn))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "no number of a certificate of Alipay's");
    /* Anybody can name certificates that there are not. */
    if (!node_rate_take(cx, str_fmt(cx->arena, "alipay-learn:%lld", (long long)a->acc.id), 20, 2))
        return ERR_BUSY;
    TRY(send(a, CERT_METHOD, str_fmt(cx->arena, "{\"alipay_cert_sn\":\"" STR_FMT "\"}", STR_ARG(sn)), NULL, &body));
    TRY(json_read(cx->arena, body, NULL, &j));
    struct str text = ld_str(json_object_get(j, CERT_ANSWER), "alipay_cert_content");
    if (!crypt_base64_decode(cx->arena, text, &pem) || rail_certs_read(cx->arena, pem, &fresh) != OK ||
        !str_eq(alipay_cert_sn(cx->arena, fresh.v[0]), sn) ||
        !alipay_cert_follows(cx->arena, &fresh, &a->given, &a->roots, cx->now) ||
        rail_key_public(cx->arena, pem, &key.key, NULL) != OK)
        return cx_fail(cx, ERR_UNAUTHENTICATED, "a certificate that is not Alipay's, or not for this account");
    TRY(keep_cert(a, sn, rail_certs_pem(cx->arena, &fresh)));
    size_t at = a->n_theirs < sizeof a->theirs / sizeof *a->theirs ? a->n_theirs++ : a->n_theirs - 1;
    a->theirs[at] = key;
    return OK;
}
