/* Keys as owners paste them: out of a console, out of a file, with the armour of PEM or without,
 * broken into lines or not. What it is, is seen in its ASN.1, never asked for. RSA of 2048 to 8192
 * bits only. What is made lives in the arena; any thread. */
#ifndef NODE_MONEY_RAIL_KEY_H
#define NODE_MONEY_RAIL_KEY_H

#include "node/base/crypt.h"

/* PKCS#1 or PKCS#8. ret_pem (may be NULL): PKCS#8 in PEM, the one form to keep. ERR_INVALID. */
MUST_USE enum err rail_key_private(struct arena *a, struct str typed, const struct crypt_key **ret,
                                   struct str *ret_pem);
/* SubjectPublicKeyInfo, PKCS#1 or an X.509 certificate. ret_pem as above. ERR_INVALID, also for a
 * private key: it does not belong here. */
MUST_USE enum err rail_key_public(struct arena *a, struct str typed, const struct crypt_key **ret,
                                  struct str *ret_pem);
/* The public half in base64 without armour, as consoles want it pasted. */
struct str rail_key_public_base64(struct arena *a, const struct crypt_key *key);
/* SHA-256 of the public half (SubjectPublicKeyInfo in DER): "3F:A0:…". */
struct str rail_key_fingerprint(struct arena *a, const struct crypt_key *key);

struct rail_cert {
    const struct crypt_key *key;
    struct str serial;           /* hex, upper case, as consoles show it */
    int64_t from, until;         /* ms */
};
/* An X.509 certificate, PEM or base64. Its chain is not looked at. */
MUST_USE enum err rail_cert_read(struct arena *a, struct str typed, struct rail_cert *ret);

/* All certificates of a file, in their order: one with those that vouch for it behind, or a set of roots. */
struct x509_st;
enum { RAIL_CERTS = 8 };
struct rail_certs { struct x509_st *v[RAIL_CERTS]; size_t n; };
/* ERR_INVALID: there is none, or too many, or one that can't be read. */
MUST_USE enum err rail_certs_read(struct arena *a, struct str typed, struct rail_certs *ret);
struct str rail_certs_pem(struct arena *a, const struct rail_certs *certs);
/* Does the first end in one of these roots (NULL: the system's), with the others between? */
bool rail_certs_hold(const struct rail_certs *certs, const struct rail_certs *roots, int64_t now);

#endif
