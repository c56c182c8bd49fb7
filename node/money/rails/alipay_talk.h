/* Alipay: one conversation with an account of it. For the adapter's own files. */
#ifndef NODE_MONEY_RAIL_ALIPAY_TALK_H
#define NODE_MONEY_RAIL_ALIPAY_TALK_H

#include "node/money/rail.h"
#include "node/money/rails/alipay_sign.h"

struct ali {
    struct cx *cx;
    struct str app_id, seller_id, gateway; /* gateway: scheme and host */
    const struct crypt_key *key, *alipay_key;
    bool live;
};
/* Asks nobody. ERR_INVALID with a sentence when a key can't be read. */
MUST_USE enum err ali_begin(struct cx *cx, const struct rail_account *acc, struct ali *ret);

struct ali_extra { struct str notify_url, return_url; };
/* The query of a call, signed: for the browser's address or a form's body. biz: JSON; extra may be
 * NULL. */
struct str ali_query(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra);
/* The address of such a call for a browser. */
struct str ali_address(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra);

struct ali_answer {
    json_t *j;
    struct str code, sub_code, sub_msg; /* code "10000": it worked */
    bool genuine;                       /* signed by Alipay; false only of a refusal */
};
/* Waits for the answer: jobs and the crew only. OK: an answer came; one that says yes has been
 * verified. ERR_UPSTREAM and the like: none, or one that nobody signed, or "try again". */
MUST_USE enum err ali_ask(struct ali *a, const char *method, struct str biz, const struct ali_extra *extra,
                          struct ali_answer *ret);

struct str ali_merchant(struct cx *cx, struct str seller_id, struct str app_id);

/* The adapter's other file: connecting. */
extern const struct rail_field ali_fields[];
enum err ali_check(struct cx *cx, struct rail_value *values, size_t n);
enum err ali_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);

#endif
