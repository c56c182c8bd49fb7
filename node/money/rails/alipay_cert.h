/* Certificate mode: each request names the app's certificate and Alipay's roots by numbers that Alipay counts in its
 * own way, and each answer the certificate that it is signed with. No network, no store; any thread.
 * Source: opendocs.alipay.com/common/057k53 (certificates, SN). */
#ifndef NODE_MONEY_RAIL_ALIPAY_CERT_H
#define NODE_MONEY_RAIL_ALIPAY_CERT_H

#include "node/money/rails/key.h"

enum { ALI_SN_LEN = 32 };

/* MD5 of the issuer and the serial number, as hex. */
struct str alipay_cert_sn(struct arena *a, struct x509_st *x);
/* Those of all roots that are signed with RSA, joined by _. Empty: there is none. */
struct str alipay_root_sn(struct arena *a, const struct rail_certs *roots);
/* May what Alipay published take the place of what the owner gave? It ends in the roots, and was issued by the
 * same to the same: merchants' certificates end in these roots as well. */
bool alipay_cert_follows(struct arena *a, const struct rail_certs *fresh, const struct rail_certs *given,
                         const struct rail_certs *roots, int64_t now);

#endif
