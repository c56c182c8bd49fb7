/* Alipay: one conversation with an account of it. For the adapter's own files. */
#ifndef NODE_MONEY_RAIL_ALIPAY_TALK_H
#define NODE_MONEY_RAIL_ALIPAY_TALK_H

#include "node/money/rail.h"
#include "node/money/rails/alipay_cert.h"
#include "node/money/rails/alipay_sign.h"

/* To whom connects. */
#define ALI_KEY_SAYS N_("Alipay's public key can't be read. Please paste it again.")
#define ALI_THREE_FILES \
    N_("Certificate mode needs all three: the app's certificate, Alipay's certificate and its root certificate.")

struct ali_key { struct str sn; const struct crypt_key *key; };

struct ali {
    struct cx *cx;
    struct rail_account acc;                  /* a view; certificates may be kept anew */
    struct str app_id, seller_id, gateway;    /* gateway: scheme and host */
    const struct crypt_key *key;
    struct str app_sn, root_sn;               /* empty: key mode */
    struct ali_key theirs[4]; size_t n_theirs; /* what the owner gave first; in key mode the one, without a number */
    struct rail_certs given, roots;           /* of certificate mode: Alipay's certificate as it was given */
    int64_t until;                            /* the app's certificate */
    bool live;
    bool own_gateway;                         /* one for trying out: neither Alipay's nor its sandbox */
};
/* Asks nobody. ERR_INVALID with a sentence when a key can't be read. */
MUST_USE enum err ali_begin(struct cx *cx, const struct rail_account *acc, struct ali *ret);

/* The key behind that number, or the one that was given if there is none; NULL: not known yet. */
const struct crypt_key *ali_key_of(const struct ali *a, struct str sn);
/* A certificate that Alipay names and we don't know: fetch it, see that it may follow the one that was given, keep it.
 * Waits for the answer. */
MUST_USE enum err ali_learn(struct ali *a, struct str sn);

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

/* ---- the adapter's other files ---- */

/* Their own books (alipay_bill.c). */
enum err ali_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                  enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);
/* Where the bill of a day lies. ERR_NOT_FOUND: there is none, nothing moved; ERR_UNSUPPORTED: the app may not ask. */
MUST_USE enum err ali_bill_of(struct ali *a, struct str day, struct ali_answer *ret);
/* What lies there, a ZIP. */
MUST_USE enum err ali_bill_open(struct cx *cx, struct str zip, enum err (*take)(void *arg, const struct rail_fee *fee),
                                void *arg);
/* One sheet of it, in UTF-8. ret_read: is it the one of the movements? */
MUST_USE enum err ali_bill_read(struct cx *cx, struct str csv, bool *ret_read,
                                enum err (*take)(void *arg, const struct rail_fee *fee), void *arg);

/* Connecting (alipay_setup.c). */
extern const struct rail_field ali_fields[];
enum err ali_check(struct cx *cx, struct rail_value *values, size_t n);
enum err ali_probe(struct cx *cx, const struct rail_account *acc, struct rail_probe *ret);

#endif
