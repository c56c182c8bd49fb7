/* Hashes, random bytes, tokens, RSA and Ed25519 keys; a thin cover over OpenSSL 3.
 * Functions that cannot fail except by lack of memory or a broken library abort then. */
#ifndef NODE_BASE_CRYPT_H
#define NODE_BASE_CRYPT_H

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;

void crypt_random(void *p, size_t n);
struct str crypt_token(struct arena *a, size_t bytes); /* base64url of that many random bytes */
void crypt_sha256(struct str s, unsigned char ret[32]);
struct str crypt_sha256_hex(struct arena *a, struct str s);
struct str crypt_sha256_base64(struct arena *a, struct str s);
struct str crypt_sha512_base64(struct arena *a, struct str s);
void crypt_hmac_sha256(struct str key, struct str s, unsigned char ret[32]);
bool crypt_base64_decode(struct arena *a, struct str s, struct str *ret);    /* strict, padded */
bool crypt_base64url_decode(struct arena *a, struct str s, struct str *ret); /* no padding */

/* A key pair or public key; free takes NULL, returns NULL. Safe to use from several threads. */
struct crypt_key;
struct crypt_key *crypt_key_free(struct crypt_key *k);
enum crypt_key_type { CRYPT_RSA, CRYPT_ED25519 };
enum crypt_key_type crypt_key_type(const struct crypt_key *k);
MUST_USE enum err crypt_key_generate(enum crypt_key_type type, struct crypt_key **ret);
/* PEM (SPKI or PKCS#1 public, PKCS#8 private). RSA moduli outside 2048–8192 bits: ERR_INVALID. */
MUST_USE enum err crypt_key_read_public(struct str pem, struct crypt_key **ret);
MUST_USE enum err crypt_key_read_private(struct str pem, struct crypt_key **ret);
/* The same with another lower bound: published test vectors use 1024 bits. For tests only. */
MUST_USE enum err crypt_key_read_public_min(struct str pem, int min_bits, struct crypt_key **ret);
MUST_USE enum err crypt_key_read_private_min(struct str pem, int min_bits, struct crypt_key **ret);
/* A Multikey (FEP-521a) in multibase: Ed25519, or RSA of the lengths above. */
MUST_USE enum err crypt_key_read_multikey(struct str multibase, struct crypt_key **ret);
struct str crypt_key_public_pem(struct arena *a, const struct crypt_key *k);
struct str crypt_key_private_pem(struct arena *a, const struct crypt_key *k);
struct str crypt_key_multikey(struct arena *a, const struct crypt_key *k);
/* RSA: PKCS#1 v1.5 with SHA-256; Ed25519: pure. Raw signature bytes. */
struct str crypt_sign(struct arena *a, const struct crypt_key *k, struct str message);
bool crypt_verify(const struct crypt_key *k, struct str message, struct str signature);

/* argon2id, encoded PHC string, parameters of OWASP's first choice (19 MiB, t=2, p=1). */
struct str crypt_password_hash(struct arena *a, struct str password);
bool crypt_password_verify(struct str encoded, struct str password);
/* Spends the time of a verification, for accounts that do not exist or have no password. */
void crypt_password_waste(struct str password);

/* Sealing of small secrets at rest (AES-256-GCM, key 32 bytes); open fails on any change. */
struct str crypt_seal(struct arena *a, const unsigned char key[32], struct str plain);
MUST_USE enum err crypt_open(struct arena *a, const unsigned char key[32], struct str sealed,
                             struct str *ret);

#endif
