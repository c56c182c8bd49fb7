/* WeChat Pay APIv3 on the wire: signing requests and payments inside WeChat, verifying answers and
 * callbacks, opening what they carry. No network, no store; any thread.
 * Sources: pay.weixin.qq.com/doc/v3, "API v3 签名", "验证签名", "证书和回调报文解密". */
#ifndef NODE_MONEY_RAIL_WECHAT_SIGN_H
#define NODE_MONEY_RAIL_WECHAT_SIGN_H

#include <jansson.h>

#include "node/base/crypt.h"

enum { WECHAT_SKEW_S = 300, WECHAT_API_KEY = 32 };

/* The merchant's certificate: its number and its private key. */
struct wechat_signer {
    struct str mchid, serial;
    const struct crypt_key *key;
};
/* The value of Authorization. target: path and query, as sent; body: the bytes that are sent,
 * empty for GET. */
struct str wechat_authorization(struct arena *a, const struct wechat_signer *s, const char *method,
                                struct str target, int64_t now_s, struct str nonce,
                                struct str body);
/* paySign of a payment inside WeChat (JSAPI), over what the page gives the bridge as strings. */
struct str wechat_page_sign(struct arena *a, const struct crypt_key *key, struct str appid,
                            struct str timestamp, struct str nonce, struct str prepay_id);

/* Who signs for WeChat: the public key (serial "PUB_KEY_ID_…") and platform certificates. During a
 * switch from these to that both come, so both are kept. */
struct wechat_key {
    struct str serial;
    const struct crypt_key *key;
    int64_t until;               /* ms; 0: no end */
};
struct wechat_stamp {
    struct str timestamp, nonce, serial, signature; /* the four Wechatpay-… headers; empty: none */
};
enum wechat_verdict {
    WECHAT_GENUINE,
    WECHAT_PROBE,       /* WeChat tries whether we look: refuse, and no alarm */
    WECHAT_INCOMPLETE,  /* a header is missing */
    WECHAT_OUT_OF_TIME, /* more than five minutes off, either way */
    WECHAT_UNKNOWN_KEY, /* fetch the certificates, then try again */
    WECHAT_FORGED,
};
enum wechat_verdict wechat_verify(struct arena *a, const struct wechat_key *keys, size_t n_keys,
                                  const struct wechat_stamp *stamp, struct str body,
                                  int64_t now_ms);
/* A sentence for the log. */
const char *wechat_verdict_says(enum wechat_verdict v);

/* {algorithm, ciphertext, nonce, associated_data} to the plain text. ERR_INVALID: not whole, or
 * changed on the way, or of another key. */
MUST_USE enum err wechat_open(struct arena *a, struct str api_key, const json_t *resource,
                              struct str *ret);

/* A verified callback: {id, create_time, event_type, resource}. */
struct wechat_notice {
    struct str id, event_type;
    int64_t at;     /* create_time, ms */
    json_t *about;  /* what the resource says */
};
MUST_USE enum err wechat_notice_read(struct arena *a, struct str api_key, struct str body,
                                     struct wechat_notice *ret);
/* The verified answer of GET /v3/certificates: adds those that are good now to keys, at most max.
 * ERR_INVALID when one cannot be opened (then nothing is added). */
MUST_USE enum err wechat_certificates_read(struct arena *a, struct str api_key, struct str body,
                                           int64_t now_ms, struct wechat_key *ret, size_t max,
                                           size_t *ret_n);

#endif
