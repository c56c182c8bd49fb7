/* WeChat Pay: one conversation with an account of it. For the adapter's own files. Waits for answers:
 * jobs and the crew only, but for wx_begin. */
#ifndef NODE_MONEY_RAIL_WECHAT_TALK_H
#define NODE_MONEY_RAIL_WECHAT_TALK_H

#include "node/money/rail.h"
#include "node/money/rails/wechat_sign.h"

enum { WX_KEYS = 12, WX_MCHID_MAX = 32 };

struct wx {
    struct cx *cx;
    struct rail_account acc;      /* a view; its platform certificates may be kept anew */
    struct str mchid, appid, api_key, base;
    struct str public_key_id;     /* empty: certificates only */
    struct wechat_signer signer;
    struct wechat_key keys[WX_KEYS];
    size_t n_keys;
    int64_t fetched_at;           /* the certificates; 0: never */
};
/* Asks nobody. ERR_INVALID with a sentence when the account's keys cannot be read. */
MUST_USE enum err wx_begin(struct cx *cx, const struct rail_account *acc, struct wx *ret);

struct wx_answer {
    int status;
    json_t *j;                    /* NULL: nothing, or not JSON */
    struct str raw;
    struct str code, message;     /* of an error; empty: none */
};
/* A signed request. An answer that says yes (2xx) has been verified, else ERR_UPSTREAM; of any other
 * only status, code and message count, which grant nothing. ERR_UPSTREAM also for 429 and 5xx: try
 * again. target: path and query; body STR_NULL: none. */
MUST_USE enum err wx_ask(struct wx *w, const char *method, struct str target, struct str body,
                         struct wx_answer *ret);
/* The platform certificates, now; kept in the account. Merchants who have the public key only have none:
 * OK then, too, and n_keys says what there is. */
MUST_USE enum err wx_refresh(struct wx *w, struct wx_answer *ret);
/* An address of the merchant's bills, whose bytes come unsigned: compare them with what was said of
 * them before. */
MUST_USE enum err wx_download(struct wx *w, struct str url, struct str *ret);

/* "1900007291/wx8888888888888888": whose money it is. */
struct str wx_merchant(struct cx *cx, struct str mchid, struct str appid);

#endif
