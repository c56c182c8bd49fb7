/* The signature of PayPal's messages, checked here with its certificate (Y5), or by asking PayPal (Y6). */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/jw.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_http.h"
#include "node/money/rails/key.h"
#include "node/money/rails/paypal.h"
#include "node/net/fetch.h"
#include "node/node.h"

#include <openssl/x509v3.h>
#include <zlib.h>

#define CERT_PATH "/v1/notifications/certs/"

enum {
    STAMP_MAX = 512,
    CERT_MAX = 32 * 1024,
    CERTS_KEPT = 4,
    KEPT_MAX = 64 * 1024,
    ASK_MAX = 300 * 1024,
    AHEAD_MS = 60 * 60 * 1000,   /* PayPal's clock may be so much before ours */
    BELIEVED_MS = 60 * 60 * 1000, /* older ones are repeats: hints only */
};

struct paypal_stamp paypal_stamp_of(const struct rail_message *m)
{
    return (struct paypal_stamp){
        .id = rail_header(m, "PayPal-Transmission-Id"),
        .time = rail_header(m, "PayPal-Transmission-Time"),
        .sig = rail_header(m, "PayPal-Transmission-Sig"),
        .cert_url = rail_header(m, "PayPal-Cert-Url"),
        .algo = rail_header(m, "PayPal-Auth-Algo"),
    };
}

struct str paypal_signed_text(struct arena *a, const struct paypal_stamp *s, struct str webhook_id, struct str body)
{
    unsigned long crc = crc32(0, (const unsigned char *)body.p, (uInt)body.n);
    return str_fmt(a, STR_FMT "|" STR_FMT "|" STR_FMT "|%lu", STR_ARG(s->id), STR_ARG(s->time), STR_ARG(webhook_id), crc);
}

static bool plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (!word)
            return false;
    }
    return s.n > 0;
}

bool paypal_cert_url_ok(struct str url, struct str base, bool live, bool own_base)
{
    struct str host = STR_NULL, path = STR_NULL;
    if (url.n > STAMP_MAX)
        return false;
    if (own_base && str_starts(url, base)) {
        path = str_sub(url, base.n, SIZE_MAX);
    } else if (str_starts(url, STR("https://"))) {
        size_t slash = str_find_char(url, '/', 8);
        host = str_sub(url, 8, slash == SIZE_MAX ? 0 : slash - 8);
        path = str_sub(url, slash, SIZE_MAX);
        bool sandbox = str_ends(host, STR(".sandbox.paypal.com"));
        for (size_t i = 0; i < host.n; i++) /* no port, no user */
            if (host.p[i] != '.' && !plain(str_sub(host, i, 1)))
                return false;
        if (!str_ends(host, STR(".paypal.com")) || sandbox == live)
            return false;
    }
    return str_starts(path, STR(CERT_PATH)) && plain(str_sub(path, sizeof CERT_PATH - 1, SIZE_MAX));
}

/* ---- certificates ---- */

enum err paypal_chain(struct cx *cx, struct str pem, bool live, struct str *ret_key, int64_t *ret_until)
{
    const char *name = live ? "messageverificationcerts.paypal.com" : "messageverificationcerts.sandbox.paypal.com";
    struct rail_certs certs;
    struct rail_cert leaf;
    const struct crypt_key *key;
    if (pem.n > CERT_MAX)
        return cx_fail(cx, ERR_INVALID, "certificate of paypal too long");
    if (rail_certs_read(cx->arena, pem, &certs) != OK || !rail_certs_hold(&certs, NULL, cx->now) ||
        X509_check_host(certs.v[0], name, 0, X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT, NULL) != 1 ||
        rail_cert_read(cx->arena, pem, &leaf) != OK || rail_key_public(cx->arena, pem, &key, ret_key) != OK)
        return cx_fail(cx, ERR_INVALID, "certificate is not of paypal's, or not trusted");
    *ret_until = leaf.until;
    return OK;
}

/* [{"url": …, "key": PEM, "until": ms}], the newest first. */
static bool kept_key(struct cx *cx, const struct rail_account *acc, struct str url, struct str *ret)
{
    struct str kept = rail_setting(acc, "certificates");
    json_t *j;
    int64_t until;
    if (kept.n == 0 || json_read(cx->arena, kept, NULL, &j) != OK)
        return false;
    LD_EACH(i, one, j)
        if (str_eq(ld_str(one, "url"), url) && ld_i64(one, "until", &until) && until > cx->now) {
            *ret = ld_str(one, "key");
            return true;
        }
    return false;
}

static enum err keep_key(struct cx *cx, struct rail_account *acc, struct str url, struct str key, int64_t until)
{
    struct str kept = rail_setting(acc, "certificates");
    json_t *j = NULL;
    struct buf b;
    struct jw w;
    int64_t n;
    buf_init_arena(&b, cx->arena, KEPT_MAX);
    jw_init(&w, &b);
    jw_arr(&w);
    jw_obj(&w);
    jw_key_str(&w, "url", url);
    jw_key_str(&w, "key", key);
    jw_key_i64(&w, "until", until);
    jw_end(&w);
    if (kept.n > 0 && json_read(cx->arena, kept, NULL, &j) != OK)
        j = NULL;
    LD_EACH(i, one, j) {
        if (i + 1 >= CERTS_KEPT || str_eq(ld_str(one, "url"), url) || !ld_i64(one, "until", &n) || n <= cx->now)
            continue;
        jw_obj(&w);
        jw_key_str(&w, "url", ld_str(one, "url"));
        jw_key_str(&w, "key", ld_str(one, "key"));
        jw_key_i64(&w, "until", n);
        jw_end(&w);
    }
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "certificates too long");
    const struct rail_value v = {"certificates", buf_str(&b)};
    return rail_account_keep(cx, &rail_paypal, acc, &v, 1);
}

/* ---- messages ---- */

static bool has_base(struct cx *cx, const struct rail_account *acc)
{
    struct str base = paypal_base(cx, acc);
    return !str_starts(base, STR("https://api-m."));
}

/* How old it is: PayPal sends again for three days what wasn't taken, with the time of the first. */
static enum err fresh(struct cx *cx, const struct paypal_stamp *s, bool *ret_old)
{
    int64_t at;
    if (!clock_parse_rfc3339(s->time, &at))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "a message of paypal's without its time");
    if (at > cx->now + AHEAD_MS)
        return cx_fail(cx, ERR_UNAUTHENTICATED, "a message of paypal's from the future");
    *ret_old = at < cx->now - BELIEVED_MS;
    return OK;
}

static enum err shape(struct cx *cx, const struct rail_account *acc, const struct paypal_stamp *s)
{
    if (s->id.n == 0 || s->id.n > STAMP_MAX || s->time.n == 0 || s->time.n > 64 || s->sig.n == 0 || s->sig.n > 2048 ||
        str_find_char(s->id, '|', 0) != SIZE_MAX || !str_eq_c(s->algo, "SHA256withRSA"))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "headers of paypal's message are missing or odd");
    if (!paypal_cert_url_ok(s->cert_url, paypal_base(cx, acc), acc->live, has_base(cx, acc)))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "certificate of paypal's message is from elsewhere");
    return rail_setting(acc, "webhook_id").n > 0 ? OK : cx_fail(cx, ERR_UNAUTHENTICATED, "no webhook is known");
}

/* What was proved, as a state. */
static enum err take(struct cx *cx, const struct rail_account *acc, struct str body, bool old, struct rail_state *ret)
{
    struct paypal_told t;
    TRY(paypal_event(cx, body, &t));
    TRY(paypal_own(cx, acc, &t));
    if (t.s.live != acc->live)
        return cx_fail(cx, ERR_INVALID, "an event of paypal's %s", acc->live ? "sandbox" : "real surroundings");
    t.s.hint = t.s.hint || (old && (t.s.topic == RAIL_ORDER || t.s.topic == RAIL_RENEWAL));
    *ret = t.s;
    return OK;
}

enum err paypal_verify(struct cx *cx, const struct rail_account *acc, const struct rail_message *m, struct rail_state *ret)
{
    struct paypal_stamp s = paypal_stamp_of(m);
    const struct crypt_key *key;
    struct str pem, sig;
    bool old;
    TRY(shape(cx, acc, &s));
    TRY(fresh(cx, &s, &old));
    if (!kept_key(cx, acc, s.cert_url, &pem))
        return cx_fail(cx, ERR_BUSY, "certificate of paypal's message is not known yet");
    TRY(rail_key_public(cx->arena, pem, &key, NULL));
    struct str text = paypal_signed_text(cx->arena, &s, rail_setting(acc, "webhook_id"), m->body);
    if (!crypt_base64_decode(cx->arena, s.sig, &sig) || !crypt_verify(key, text, sig))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "signature of paypal is wrong");
    return take(cx, acc, m->body, old, ret);
}

/* ---- learning ---- */

static enum err fetch_chain(struct cx *cx, const struct rail_account *acc, struct str url, struct str *ret)
{
    struct rail_answer a;
    size_t at = str_find(url, STR(CERT_PATH), 0);
    struct rail_request rq = {.method = "GET", .base = str_sub(url, 0, at), .path = str_sub(url, at, SIZE_MAX),
                              .max_answer = CERT_MAX, .tries = 2};
    (void)acc;
    TRY(rail_http(cx, &rq, &a));
    *ret = a.body;
    return a.status == 200 ? OK : cx_fail(cx, ERR_UPSTREAM, "paypal gave no certificate: %d", a.status);
}

/* Y6: the event goes back as it came, byte for byte. */
static enum err ask(struct cx *cx, const struct rail_account *acc, const struct rail_message *m)
{
    struct paypal_stamp s = paypal_stamp_of(m);
    struct paypal_answer a;
    struct buf b;
    struct jw w;
    json_t *j;
    TRY(json_read(cx->arena, m->body, NULL, &j)); /* else it can't be pasted */
    buf_init_arena(&b, cx->arena, ASK_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "auth_algo", s.algo);
    jw_key_str(&w, "cert_url", s.cert_url);
    jw_key_str(&w, "transmission_id", s.id);
    jw_key_str(&w, "transmission_sig", s.sig);
    jw_key_str(&w, "transmission_time", s.time);
    jw_key_str(&w, "webhook_id", rail_setting(acc, "webhook_id"));
    jw_key(&w, "webhook_event");
    jw_raw(&w, m->body);
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_TOO_LARGE, "message of paypal's too long to ask about");
    TRY(paypal_try(cx, acc, "POST", STR("/v1/notifications/verify-webhook-signature"), buf_str(&b), STR_NULL, &a));
    return str_eq_c(ld_str(a.j, "verification_status"), "SUCCESS")
               ? OK
               : cx_fail(cx, ERR_UNAUTHENTICATED, "paypal says that it did not sign this");
}

enum err paypal_learn(struct cx *cx, struct rail_account *acc, const struct rail_message *m, struct rail_state *ret)
{
    struct paypal_stamp s = paypal_stamp_of(m);
    struct str chain, key;
    int64_t until;
    bool old;
    /* Anybody can name certificates that don't exist. */
    if (!node_rate_take(cx, str_fmt(cx->arena, "paypal-learn:%lld", (long long)acc->id), 20, 2))
        return ERR_BUSY;
    TRY(shape(cx, acc, &s));
    enum err e = fetch_chain(cx, acc, s.cert_url, &chain);
    if (e == OK)
        e = paypal_chain(cx, chain, acc->live, &key, &until);
    if (e == OK) {
        TRY(keep_key(cx, acc, s.cert_url, key, until));
        return paypal_verify(cx, acc, m, ret);
    }
    TRY(ask(cx, acc, m));
    TRY(fresh(cx, &s, &old));
    return take(cx, acc, m->body, old, ret);
}
