#include "node/money/rails/wechat_sign.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/money/rails/key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { BODY_MAX = 256 * 1024, NONCE = 12, TAG = 16 };

static struct str sign_base64(struct arena *a, const struct crypt_key *key, struct str text)
{
    struct buf b;
    struct str raw = crypt_sign(a, key, text);
    buf_init_arena(&b, a, raw.n * 2);
    buf_put_base64(&b, raw.p, raw.n);
    return buf_str(&b);
}

/* Each piece and a line feed behind it, behind an empty one, too. */
static struct str lines(struct arena *a, const struct str *pieces, size_t n)
{
    struct buf b;
    buf_init_arena(&b, a, 2 * BODY_MAX);
    for (size_t i = 0; i < n; i++) {
        buf_put(&b, pieces[i]);
        buf_put_char(&b, '\n');
    }
    return buf_str(&b);
}

struct str wechat_authorization(struct arena *a, const struct wechat_signer *s, const char *method,
                                struct str target, int64_t now_s, struct str nonce,
                                struct str body)
{
    struct str at = str_fmt(a, "%lld", (long long)now_s);
    struct str pieces[] = {str_c(method), target, at, nonce, body};
    struct str signature = sign_base64(a, s->key, lines(a, pieces, 5));
    return str_fmt(a,
                   "WECHATPAY2-SHA256-RSA2048 mchid=\"" STR_FMT "\",nonce_str=\"" STR_FMT
                   "\",timestamp=\"" STR_FMT "\",serial_no=\"" STR_FMT "\",signature=\"" STR_FMT
                   "\"",
                   STR_ARG(s->mchid), STR_ARG(nonce), STR_ARG(at), STR_ARG(s->serial),
                   STR_ARG(signature));
}

struct str wechat_page_sign(struct arena *a, const struct crypt_key *key, struct str appid,
                            struct str timestamp, struct str nonce, struct str prepay_id)
{
    struct str package = str_fmt(a, "prepay_id=" STR_FMT, STR_ARG(prepay_id));
    struct str pieces[] = {appid, timestamp, nonce, package};
    return sign_base64(a, key, lines(a, pieces, 4));
}

static const struct wechat_key *key_of(const struct wechat_key *keys, size_t n, struct str serial,
                                       int64_t now_ms)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(keys[i].serial, serial) && (keys[i].until == 0 || keys[i].until > now_ms))
            return &keys[i];
    return NULL;
}

enum wechat_verdict wechat_verify(struct arena *a, const struct wechat_key *keys, size_t n_keys,
                                  const struct wechat_stamp *stamp, struct str body,
                                  int64_t now_ms)
{
    int64_t at;
    struct str raw, pieces[] = {stamp->timestamp, stamp->nonce, body};
    /* Said before the rest is looked at: such a probe is wrong on purpose in whatever way. */
    if (str_starts(stamp->signature, STR("WECHATPAY/SIGNTEST/")))
        return WECHAT_PROBE;
    if (str_empty(stamp->timestamp) || str_empty(stamp->nonce) || str_empty(stamp->serial) ||
        str_empty(stamp->signature))
        return WECHAT_INCOMPLETE;
    if (body.n > BODY_MAX || str_find_char(stamp->nonce, '\n', 0) != SIZE_MAX)
        return WECHAT_FORGED;
    /* Ten digits do until 2286, and keep the difference from overflowing. */
    if (stamp->timestamp.n > 12 || !str_to_i64(stamp->timestamp, &at) ||
        at - now_ms / MS_SECOND > WECHAT_SKEW_S || now_ms / MS_SECOND - at > WECHAT_SKEW_S)
        return WECHAT_OUT_OF_TIME;
    const struct wechat_key *k = key_of(keys, n_keys, stamp->serial, now_ms);
    if (k == NULL)
        return WECHAT_UNKNOWN_KEY;
    if (!crypt_base64_decode(a, stamp->signature, &raw) ||
        !crypt_verify(k->key, lines(a, pieces, 3), raw))
        return WECHAT_FORGED;
    return WECHAT_GENUINE;
}

const char *wechat_verdict_says(enum wechat_verdict v)
{
    static const char *const words[] = {
        [WECHAT_GENUINE] = "WeChat Pay signed it",
        [WECHAT_PROBE] = "WeChat Pay's own probe of a wrong signature",
        [WECHAT_INCOMPLETE] = "a Wechatpay header is missing",
        [WECHAT_OUT_OF_TIME] = "WeChat Pay's timestamp is more than five minutes off",
        [WECHAT_UNKNOWN_KEY] = "no key of WeChat Pay with that serial",
        [WECHAT_FORGED] = "WeChat Pay did not sign this",
    };
    return words[v];
}

static bool gcm_open(const unsigned char *key, struct str nonce, struct str aad, struct str in,
                     unsigned char *out)
{
    int n = 0, end = 0;
    unsigned char tag[TAG];
    size_t len = in.n - TAG;
    const unsigned char *p = (const unsigned char *)in.p;
    for (size_t i = 0; i < TAG; i++)
        tag[i] = p[len + i];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool ok = c != NULL &&
              EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key,
                                 (const unsigned char *)nonce.p) == 1 &&
              (aad.n == 0 || EVP_DecryptUpdate(c, NULL, &n, (const unsigned char *)aad.p,
                                               (int)aad.n) == 1) &&
              EVP_DecryptUpdate(c, out, &n, p, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(c, out + n, &end) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!ok)
        OPENSSL_cleanse(out, len);
    return ok;
}

enum err wechat_open(struct arena *a, struct str api_key, const json_t *resource, struct str *ret)
{
    struct str in, nonce = ld_str(resource, "nonce"), aad = ld_str(resource, "associated_data");
    if (api_key.n != WECHAT_API_KEY || nonce.n != NONCE || aad.n > BODY_MAX ||
        !str_eq_c(ld_str(resource, "algorithm"), "AEAD_AES_256_GCM") ||
        !crypt_base64_decode(a, ld_str(resource, "ciphertext"), &in) || in.n < TAG ||
        in.n > BODY_MAX)
        return ERR_INVALID;
    char *out = arena_alloc(a, in.n - TAG + 1);
    if (!gcm_open((const unsigned char *)api_key.p, nonce, aad, in, (unsigned char *)out))
        return ERR_INVALID;
    *ret = (struct str){out, in.n - TAG};
    return OK;
}

enum err wechat_notice_read(struct arena *a, struct str api_key, struct str body,
                            struct wechat_notice *ret)
{
    struct wechat_notice n = {0};
    struct str plain;
    json_t *j;
    TRY(json_read(a, body, NULL, &j));
    n.id = ld_str(j, "id");
    n.event_type = ld_str(j, "event_type");
    if (str_empty(n.id) || str_empty(n.event_type) || !ld_time(j, "create_time", &n.at))
        return ERR_INVALID;
    TRY(wechat_open(a, api_key, ld_get(j, "resource"), &plain));
    TRY(json_read(a, plain, NULL, &n.about));
    *ret = n;
    return OK;
}

enum err wechat_certificates_read(struct arena *a, struct str api_key, struct str body,
                                  int64_t now_ms, struct wechat_key *ret, size_t max,
                                  size_t *ret_n)
{
    size_t n = 0;
    json_t *j;
    TRY(json_read(a, body, NULL, &j));
    if (!json_is_array(json_object_get(j, "data")))
        return ERR_INVALID;
    LD_EACH(i, item, json_object_get(j, "data")) {
        struct str pem;
        struct rail_cert cert;
        TRY(wechat_open(a, api_key, ld_get(item, "encrypt_certificate"), &pem));
        TRY(rail_cert_read(a, pem, &cert));
        /* The number that they say must be the certificate's own, else callbacks would find the
         * wrong key. */
        if (!str_ieq(cert.serial, ld_str(item, "serial_no")))
            return ERR_INVALID;
        if (cert.until > now_ms && cert.from <= now_ms + MS_DAY && n < max)
            ret[n++] = (struct wechat_key){
                .serial = cert.serial, .key = cert.key, .until = cert.until};
    }
    *ret_n = n;
    return OK;
}
