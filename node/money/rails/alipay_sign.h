/* Alipay's open platform on the wire, RSA2: signing requests, verifying answers and
 * notices. No network, no store; any thread.
 * Sources: opendocs.alipay.com/common/02mse7 (sign), 02mse4 (verify), 02mse3. */
#ifndef NODE_MONEY_RAIL_ALIPAY_SIGN_H
#define NODE_MONEY_RAIL_ALIPAY_SIGN_H

#include <jansson.h>

#include "node/base/crypt.h"

enum { ALIPAY_PARAMS_MAX = 128 };

struct alipay_param {
    struct str name, value; /* decoded */
};

/* What is signed of a request: by name in byte order, k=v joined by &, unescaped; without `sign`
 * and without what is empty. */
struct str alipay_canonical(struct arena *a, const struct alipay_param *params, size_t n);
/* `sign` over params. */
struct str alipay_sign(struct arena *a, const struct crypt_key *key,
                       const struct alipay_param *params, size_t n);
/* "k=v&k=v" percent-encoded, with sign at the end: a query as well as a form's body. */
struct str alipay_query(struct arena *a, const struct crypt_key *key,
                        const struct alipay_param *params, size_t n);

/* The value of a top-level key of a JSON object, cut out as it stands; STR_NULL: none, or not JSON.
 * A key that comes twice is none. */
struct str alipay_raw_value(struct str json, struct str key);
/* The certificate that an answer says it is signed with; empty: it doesn't say. */
struct str alipay_answer_cert(struct arena *a, struct str body);
/* An answer to method ("alipay.trade.query"): its signature is checked over the bytes as they came,
 * then they are read. ERR_UNAUTHENTICATED: not signed by Alipay; ERR_INVALID: not an answer. An
 * error_response of theirs is an answer, too, and says so in its code. */
MUST_USE enum err alipay_answer_read(struct arena *a, const struct crypt_key *alipay_key,
                                     struct str method, struct str body, json_t **ret);

/* A form's body to its parameters, at most ALIPAY_PARAMS_MAX. ERR_INVALID: too many, a name twice
 * (which of them was signed?), a broken escape. */
MUST_USE enum err alipay_form_read(struct arena *a, struct str body, struct alipay_param **ret,
                                   size_t *ret_n);
/* Empty when it is not there. */
struct str alipay_param_get(const struct alipay_param *params, size_t n, const char *name);
/* A notice (or the return page's query): everything but sign and sign_type is signed, empty values
 * included; some products sign with sign_type, so that is tried second; and without alipay_cert_sn, which only
 * says whose key it is and of which Alipay doesn't say whether it is signed. RSA2 only. */
bool alipay_notice_verify(struct arena *a, const struct crypt_key *alipay_key,
                          const struct alipay_param *params, size_t n);

#endif
