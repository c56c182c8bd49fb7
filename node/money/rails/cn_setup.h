/* Connecting WeChat Pay or Alipay: what was typed is held against a table, keys are read as they were pasted, and
 * what a key may is found by asking and noted right by right. For the two adapters' own files. */
#ifndef NODE_MONEY_RAIL_CN_SETUP_H
#define NODE_MONEY_RAIL_CN_SETUP_H

#include "node/money/rail.h"
#include "node/money/rails/key.h"

/* How a field must look; says is the sentence (N_) for who typed otherwise. */
struct cn_rule {
    const char *name;
    const char *chars;        /* of which it is made; NULL: any */
    const char *prefix;       /* NULL: any */
    size_t min, max;          /* bytes */
    const char *says;
};
/* NULL: not among what was typed, or empty. */
struct rail_value *cn_value(struct rail_value *values, size_t n, const char *name);
bool cn_made_of(struct str s, const char *chars); /* and not empty */
MUST_USE enum err cn_rules(struct cx *cx, const struct cn_rule *rules, size_t n_rules, struct rail_value *values, size_t n);
/* A key as pasted, changed to the one form that is kept. v NULL: none was, and ret stays. */
MUST_USE enum err cn_private(struct cx *cx, struct rail_value *v, const char *says, const struct crypt_key **ret);
MUST_USE enum err cn_public(struct cx *cx, struct rail_value *v, const char *says, const struct crypt_key **ret);
bool cn_same_key(struct cx *cx, const struct crypt_key *a, const struct crypt_key *b); /* false if either is NULL */

/* A further right of the probe, not granted yet; name: N_(). */
struct rail_right *cn_right(struct rail_probe *p, const char *name, bool needed);
/* Granted, or why not, in the provider's words. */
void cn_granted(struct cx *cx, struct rail_right *r, bool ok, struct str code, struct str message);
/* The number of an order that is made only to be tried and closed. */
struct str cn_trial_number(struct cx *cx);

#endif
