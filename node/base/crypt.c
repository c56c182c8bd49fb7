#include "node/base/crypt.h"

#include "node/base/arena.h"
#include "node/base/buf.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OWASP password storage cheat sheet, first choice for argon2id. */
#define ARGON_T 2
#define ARGON_M (19 * 1024)
#define ARGON_SALT 16
#define ARGON_HASH 32

#define GCM_NONCE 12
#define GCM_TAG 16

/* A library that cannot hash or draw random bytes leaves nothing safe to do. */
static void need(bool ok)
{
    if (ok)
        return;
    fputs("crypt: OpenSSL failed\n", stderr);
    abort();
}

void crypt_random(void *p, size_t n)
{
    need(n <= INT32_MAX && RAND_bytes(p, (int)n) == 1);
}

struct str crypt_token(struct arena *a, size_t bytes)
{
    unsigned char *raw = arena_alloc(a, bytes);
    crypt_random(raw, bytes);
    struct buf b;
    buf_init_arena(&b, a, bytes * 2 + 4);
    buf_put_base64url(&b, raw, bytes);
    OPENSSL_cleanse(raw, bytes);
    return buf_str(&b);
}

void crypt_sha256(struct str s, unsigned char ret[32])
{
    need(EVP_Digest(s.n == 0 ? "" : s.p, s.n, ret, NULL, EVP_sha256(), NULL) == 1);
}

struct str crypt_sha256_hex(struct arena *a, struct str s)
{
    unsigned char h[32];
    crypt_sha256(s, h);
    struct buf b;
    buf_init_arena(&b, a, 64);
    buf_put_hex(&b, h, sizeof h);
    return buf_str(&b);
}

static struct str base64(struct arena *a, const void *p, size_t n)
{
    struct buf b;
    buf_init_arena(&b, a, n * 2 + 4);
    buf_put_base64(&b, p, n);
    return buf_str(&b);
}

struct str crypt_sha256_base64(struct arena *a, struct str s)
{
    unsigned char h[32];
    crypt_sha256(s, h);
    return base64(a, h, sizeof h);
}

struct str crypt_sha512_base64(struct arena *a, struct str s)
{
    unsigned char h[64];
    need(EVP_Digest(s.n == 0 ? "" : s.p, s.n, h, NULL, EVP_sha512(), NULL) == 1);
    return base64(a, h, sizeof h);
}

void crypt_hmac_sha256(struct str key, struct str s, unsigned char ret[32])
{
    need(key.n <= INT32_MAX &&
         HMAC(EVP_sha256(), key.n == 0 ? "" : key.p, (int)key.n,
              (const unsigned char *)(s.n == 0 ? "" : s.p), s.n, ret, NULL) != NULL);
}

/* Value of a base64 digit, or -1. */
static int digit64(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    if (c == (url ? '_' : '/'))
        return 63;
    return -1;
}

/* Digits without padding. Left-over bits must be zero, so that each value has one spelling. */
static bool decode64(struct arena *a, struct str s, bool url, struct str *ret)
{
    if (s.n % 4 == 1)
        return false;
    char *out = arena_alloc(a, s.n / 4 * 3 + 3);
    size_t n = 0;
    unsigned v = 0, bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        int d = digit64(s.p[i], url);
        if (d < 0)
            return false;
        v = (v << 6 | (unsigned)d) & 0xFFFFFF;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(unsigned char)(v >> bits);
        }
    }
    if ((v & ((1u << bits) - 1)) != 0)
        return false;
    *ret = (struct str){out, n};
    return true;
}

bool crypt_base64_decode(struct arena *a, struct str s, struct str *ret)
{
    if (s.n % 4 != 0)
        return false;
    if (s.n > 0 && s.p[s.n - 1] == '=')
        s.n -= s.p[s.n - 2] == '=' ? 2 : 1;
    return decode64(a, s, false, ret);
}

bool crypt_base64url_decode(struct arena *a, struct str s, struct str *ret)
{
    return decode64(a, s, true, ret);
}

struct str crypt_password_hash(struct arena *a, struct str password)
{
    unsigned char salt[ARGON_SALT];
    crypt_random(salt, sizeof salt);
    char encoded[160];
    need(argon2id_hash_encoded(ARGON_T, ARGON_M, 1, password.n == 0 ? "" : password.p, password.n,
                               salt, sizeof salt, ARGON_HASH, encoded,
                               sizeof encoded) == ARGON2_OK);
    return str_dup(a, str_c(encoded));
}

bool crypt_password_verify(struct str encoded, struct str password)
{
    char z[512];
    if (encoded.n == 0 || encoded.n >= sizeof z)
        return false;
    memcpy(z, encoded.p, encoded.n);
    z[encoded.n] = '\0';
    return argon2id_verify(z, password.n == 0 ? "" : password.p, password.n) == ARGON2_OK;
}

void crypt_password_waste(struct str password)
{
    static const unsigned char salt[ARGON_SALT] = "no such account";
    unsigned char out[ARGON_HASH];
    need(argon2id_hash_raw(ARGON_T, ARGON_M, 1, password.n == 0 ? "" : password.p, password.n,
                           salt, sizeof salt, out, sizeof out) == ARGON2_OK);
    OPENSSL_cleanse(out, sizeof out);
}

/* nonce, ciphertext, tag. The nonce is random: with one key per node the number of seals stays
 * far below the 2^32 at which 96 random bits become unsafe. */
struct str crypt_seal(struct arena *a, const unsigned char key[32], struct str plain)
{
    need(plain.n < INT32_MAX - GCM_NONCE - GCM_TAG);
    unsigned char *out = arena_alloc(a, GCM_NONCE + plain.n + GCM_TAG);
    crypt_random(out, GCM_NONCE);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, end = 0;
    need(c != NULL && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
         EVP_EncryptUpdate(c, out + GCM_NONCE, &n, (const unsigned char *)(plain.n ? plain.p : ""),
                           (int)plain.n) == 1 &&
         EVP_EncryptFinal_ex(c, out + GCM_NONCE + n, &end) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, GCM_TAG, out + GCM_NONCE + plain.n) == 1);
    EVP_CIPHER_CTX_free(c);
    return (struct str){(char *)out, GCM_NONCE + plain.n + GCM_TAG};
}

enum err crypt_open(struct arena *a, const unsigned char key[32], struct str sealed,
                    struct str *ret)
{
    if (sealed.n < GCM_NONCE + GCM_TAG || sealed.n > INT32_MAX)
        return ERR_INVALID;
    size_t len = sealed.n - GCM_NONCE - GCM_TAG;
    const unsigned char *in = (const unsigned char *)sealed.p;
    unsigned char tag[GCM_TAG];
    memcpy(tag, in + GCM_NONCE + len, GCM_TAG);
    unsigned char *out = arena_alloc(a, len + 1);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, end = 0;
    need(c != NULL && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, in) == 1);
    bool ok = EVP_DecryptUpdate(c, out, &n, in + GCM_NONCE, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, GCM_TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(c, out + n, &end) == 1;
    EVP_CIPHER_CTX_free(c);
    if (!ok) {
        OPENSSL_cleanse(out, len);
        return ERR_INVALID;
    }
    out[len] = '\0';
    *ret = (struct str){(char *)out, len};
    return OK;
}
