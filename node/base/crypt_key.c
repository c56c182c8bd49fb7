/* Keys: a cover over EVP_PKEY. An EVP_PKEY may be read by several threads at once as long as each
 * call has its own EVP_MD_CTX (openssl-threads(7)), which is how it is done here. */
#include "node/base/crypt.h"

#include "node/base/arena.h"
#include "node/base/base58.h"
#include "node/base/buf.h"

#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS 2048
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define PEM_MAX 16384
#define ED25519_BYTES 32

struct crypt_key {
    EVP_PKEY *pkey;
    enum crypt_key_type type;
};

static void need(bool ok)
{
    if (ok)
        return;
    fputs("crypt: OpenSSL failed\n", stderr);
    abort();
}

struct crypt_key *crypt_key_free(struct crypt_key *k)
{
    if (k != NULL)
        EVP_PKEY_free(k->pkey);
    free(k);
    return NULL;
}

enum crypt_key_type crypt_key_type(const struct crypt_key *k)
{
    return k->type;
}

/* Takes pkey, which may be NULL. */
static enum err wrap(EVP_PKEY *take_pkey, int min_bits, struct crypt_key **ret)
{
    ERR_clear_error();
    if (take_pkey == NULL)
        return ERR_INVALID;
    bool rsa = EVP_PKEY_is_a(take_pkey, "RSA");
    int bits = EVP_PKEY_get_bits(take_pkey);
    if (!(rsa && bits >= min_bits && bits <= RSA_BITS_MAX) &&
        !EVP_PKEY_is_a(take_pkey, "ED25519")) {
        EVP_PKEY_free(take_pkey);
        return ERR_INVALID;
    }
    struct crypt_key *k = calloc(1, sizeof *k);
    need(k != NULL);
    k->pkey = take_pkey;
    k->type = rsa ? CRYPT_RSA : CRYPT_ED25519;
    *ret = k;
    return OK;
}

enum err crypt_key_generate(enum crypt_key_type type, struct crypt_key **ret)
{
    EVP_PKEY *p = type == CRYPT_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)
                                    : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return wrap(p, RSA_BITS_MIN, ret) == OK ? OK : ERR_INTERNAL;
}

/* An encrypted key would make OpenSSL ask at the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

static EVP_PKEY *read_pem(struct str pem, int selection)
{
    if (pem.n == 0 || pem.n > PEM_MAX)
        return NULL;
    EVP_PKEY *p = NULL;
    OSSL_DECODER_CTX *d =
        OSSL_DECODER_CTX_new_for_pkey(&p, "PEM", NULL, NULL, selection, NULL, NULL);
    need(d != NULL && OSSL_DECODER_CTX_set_pem_password_cb(d, no_password, NULL) == 1);
    const unsigned char *at = (const unsigned char *)pem.p;
    size_t n = pem.n;
    if (OSSL_DECODER_from_data(d, &at, &n) != 1) {
        EVP_PKEY_free(p);
        p = NULL;
    }
    OSSL_DECODER_CTX_free(d);
    return p;
}

enum err crypt_key_read_public(struct str pem, struct crypt_key **ret)
{
    return crypt_key_read_public_min(pem, RSA_BITS_MIN, ret);
}

enum err crypt_key_read_public_min(struct str pem, int min_bits, struct crypt_key **ret)
{
    return wrap(read_pem(pem, EVP_PKEY_PUBLIC_KEY), min_bits, ret);
}

enum err crypt_key_read_private(struct str pem, struct crypt_key **ret)
{
    return crypt_key_read_private_min(pem, RSA_BITS_MIN, ret);
}

enum err crypt_key_read_private_min(struct str pem, int min_bits, struct crypt_key **ret)
{
    return wrap(read_pem(pem, EVP_PKEY_KEYPAIR), min_bits, ret);
}

static struct str from_bio(struct arena *a, BIO *take_bio)
{
    char *p = NULL;
    long n = BIO_get_mem_data(take_bio, &p);
    need(n > 0);
    struct str s = str_dup(a, (struct str){p, (size_t)n});
    BIO_free(take_bio);
    return s;
}

struct str crypt_key_public_pem(struct arena *a, const struct crypt_key *k)
{
    BIO *b = BIO_new(BIO_s_mem());
    need(b != NULL && PEM_write_bio_PUBKEY(b, k->pkey) == 1);
    return from_bio(a, b);
}

struct str crypt_key_private_pem(struct arena *a, const struct crypt_key *k)
{
    BIO *b = BIO_new(BIO_s_secmem());
    need(b != NULL &&
         PEM_write_bio_PKCS8PrivateKey(b, k->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    return from_bio(a, b);
}

/* Multicodec, as varints before the key: ed25519-pub 0xed and rsa-pub 0x1205, whose key is the
 * RSAPublicKey of PKCS#1 in DER. */
static const unsigned char ed25519_pub[2] = {0xed, 0x01}, rsa_pub[2] = {0x85, 0x24};

enum err crypt_key_read_multikey(struct str multibase, struct crypt_key **ret)
{
    unsigned char raw[BASE58_MAX];
    size_t n;
    if (!multibase_decode(multibase, raw, sizeof raw, &n) || n < 2 + ED25519_BYTES)
        return ERR_INVALID;
    if (memcmp(raw, ed25519_pub, 2) == 0)
        return n != 2 + ED25519_BYTES
                   ? ERR_INVALID
                   : wrap(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw + 2,
                                                      ED25519_BYTES),
                          RSA_BITS_MIN, ret);
    if (memcmp(raw, rsa_pub, 2) != 0)
        return ERR_INVALID;
    const unsigned char *at = raw + 2;
    EVP_PKEY *p = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)n - 2);
    if (p != NULL && at != raw + n) {
        EVP_PKEY_free(p);
        p = NULL;
    }
    return wrap(p, RSA_BITS_MIN, ret);
}

struct str crypt_key_multikey(struct arena *a, const struct crypt_key *k)
{
    unsigned char raw[BASE58_MAX];
    unsigned char *at = raw + 2;
    size_t n = ED25519_BYTES;
    if (k->type == CRYPT_ED25519) {
        memcpy(raw, ed25519_pub, 2);
        need(EVP_PKEY_get_raw_public_key(k->pkey, at, &n) == 1 && n == ED25519_BYTES);
    } else {
        memcpy(raw, rsa_pub, 2);
        int len = i2d_PublicKey(k->pkey, NULL);
        need(len > 0 && (size_t)len <= sizeof raw - 2 && i2d_PublicKey(k->pkey, &at) == len);
        n = (size_t)len;
    }
    struct buf b;
    buf_init_arena(&b, a, 2 * BASE58_MAX);
    buf_put_char(&b, 'z');
    base58_encode(&b, raw, 2 + n);
    return buf_str(&b);
}

struct str crypt_sign(struct arena *a, const struct crypt_key *k, struct str message)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    const EVP_MD *md = k->type == CRYPT_RSA ? EVP_sha256() : NULL;
    size_t n = (size_t)EVP_PKEY_get_size(k->pkey);
    unsigned char *out = arena_alloc(a, n);
    need(c != NULL && EVP_DigestSignInit(c, NULL, md, NULL, k->pkey) == 1 &&
         EVP_DigestSign(c, out, &n, (const unsigned char *)(message.n ? message.p : ""),
                        message.n) == 1);
    EVP_MD_CTX_free(c);
    return (struct str){(char *)out, n};
}

bool crypt_verify(const struct crypt_key *k, struct str message, struct str signature)
{
    if (signature.n == 0)
        return false;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    const EVP_MD *md = k->type == CRYPT_RSA ? EVP_sha256() : NULL;
    need(c != NULL);
    bool ok = EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey) == 1 &&
              EVP_DigestVerify(c, (const unsigned char *)signature.p, signature.n,
                               (const unsigned char *)(message.n ? message.p : ""),
                               message.n) == 1;
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return ok;
}
