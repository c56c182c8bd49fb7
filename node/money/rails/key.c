#include "node/money/rails/key.h"

#include "node/base/arena.h"
#include "node/base/buf.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <string.h>
#include <time.h>

enum { TYPED_MAX = 32 * 1024, LINE = 64 };

/* The parts of DER that tell the five shapes apart. */
enum { DER_INTEGER = 0x02, DER_BITS = 0x03, DER_BYTES = 0x04, DER_SEQUENCE = 0x30, DER_EXPLICIT_0 = 0xA0 };

/* One element off *rest: its tag and content. */
static bool der_next(struct str *rest, unsigned *ret_tag, struct str *ret)
{
    const unsigned char *p = (const unsigned char *)rest->p;
    size_t n, head = 2;
    if (rest->n < 2)
        return false;
    n = p[1];
    if (n >= 0x80) {
        size_t bytes = n & 0x7F;
        if (bytes == 0 || bytes > 3 || rest->n < 2 + bytes)
            return false;
        n = 0;
        for (size_t i = 0; i < bytes; i++)
            n = n << 8 | p[2 + i];
        head += bytes;
    }
    if (n > rest->n - head)
        return false;
    *ret_tag = p[0];
    *ret = str_sub(*rest, head, n);
    *rest = str_sub(*rest, head + n, rest->n);
    return true;
}

/* The label that PEM would give these bytes; NULL: none of ours. */
static const char *label_of(struct str der)
{
    unsigned tag[4] = {0}, outer, inner;
    size_t n = 0;
    struct str body, first = STR_NULL, piece, rest;
    if (!der_next(&der, &outer, &body) || outer != DER_SEQUENCE || der.n != 0)
        return NULL;
    for (rest = body; n < 4 && der_next(&rest, &tag[n], &piece); n++)
        if (n == 0)
            first = piece;
    if (n == 4 && tag[0] == DER_INTEGER && tag[1] == DER_INTEGER)
        return "RSA PRIVATE KEY";
    if (n >= 3 && tag[0] == DER_INTEGER && tag[1] == DER_SEQUENCE && tag[2] == DER_BYTES)
        return "PRIVATE KEY";
    if (n == 2 && tag[0] == DER_INTEGER && tag[1] == DER_INTEGER)
        return "RSA PUBLIC KEY";
    if (n == 2 && tag[0] == DER_SEQUENCE && tag[1] == DER_BITS)
        return "PUBLIC KEY";
    /* One of version 1 begins with its number: no provider's, but those of private authorities. */
    if (n == 3 && tag[0] == DER_SEQUENCE && tag[1] == DER_SEQUENCE && tag[2] == DER_BITS &&
        der_next(&first, &inner, &piece) && (inner == DER_EXPLICIT_0 || inner == DER_INTEGER))
        return "CERTIFICATE";
    return NULL;
}

/* The base64 between the armour, or all of it when there is none. Of several parts the first counts:
 * files of certificates have the chain behind. */
static struct str within_armour(struct str s)
{
    size_t begin = str_find(s, STR("-----BEGIN "), 0), end;
    if (begin == SIZE_MAX)
        return s;
    begin = str_find(s, STR("-----"), begin + 11);
    if (begin == SIZE_MAX)
        return STR_NULL;
    end = str_find(s, STR("-----END "), begin);
    return end == SIZE_MAX ? STR_NULL : str_sub(s, begin + 5, end - begin - 5);
}

static bool is_break(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '"';
}

static bool der_of(struct arena *a, struct str typed, struct str *ret)
{
    struct buf b;
    struct str s;
    if (typed.n > TYPED_MAX)
        return false;
    s = within_armour(typed);
    /* "\n" written out, as in a value copied from somebody's configuration */
    buf_init_arena(&b, a, TYPED_MAX);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && s.p[i + 1] == 'n')
            i++;
        else if (!is_break(s.p[i]))
            buf_put_char(&b, s.p[i]);
    }
    bool ok = b.n > 0 && crypt_base64_decode(a, buf_str(&b), ret) && ret->n > 0;
    OPENSSL_cleanse(b.p, b.n);
    return ok;
}

static struct str armoured(struct arena *a, const char *label, struct str der)
{
    struct buf b, text;
    buf_init_arena(&b, a, 2 * TYPED_MAX);
    buf_init_arena(&text, a, 2 * TYPED_MAX);
    buf_put_base64(&text, der.p, der.n);
    buf_fmt(&b, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < text.n; at += LINE)
        buf_fmt(&b, STR_FMT "\n", STR_ARG(str_sub(buf_str(&text), at, LINE)));
    buf_fmt(&b, "-----END %s-----\n", label);
    return buf_str(&b);
}

static void drop_key(void *p)
{
    crypt_key_free(p);
}

static enum err keep(struct arena *a, enum err e, struct crypt_key *key,
                     const struct crypt_key **ret)
{
    if (e != OK)
        return e;
    arena_defer(a, drop_key, key);
    if (crypt_key_type(key) != CRYPT_RSA)
        return ERR_INVALID;
    *ret = key;
    return OK;
}

enum err rail_key_private(struct arena *a, struct str typed, const struct crypt_key **ret,
                          struct str *ret_pem)
{
    struct str der;
    const struct crypt_key *key;
    struct crypt_key *read = NULL;
    if (!der_of(a, typed, &der))
        return ERR_INVALID;
    const char *label = label_of(der);
    if (label == NULL || !str_ends(str_c(label), STR("PRIVATE KEY")))
        return ERR_INVALID;
    enum err e = crypt_key_read_private(armoured(a, label, der), &read);
    TRY(keep(a, e, read, &key));
    if (ret_pem != NULL)
        *ret_pem = crypt_key_private_pem(a, key);
    *ret = key;
    return OK;
}

static void drop_x509(void *p)
{
    X509_free(p);
}

static X509 *x509_of(struct arena *a, struct str der)
{
    const unsigned char *at = (const unsigned char *)der.p;
    X509 *x = d2i_X509(NULL, &at, (long)der.n);
    ERR_clear_error();
    if (x != NULL)
        arena_defer(a, drop_x509, x);
    return x;
}

/* The key of a certificate, as the DER of a public one. */
static bool der_of_x509(struct arena *a, X509 *x, struct str *ret)
{
    unsigned char *p = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &p);
    if (n <= 0)
        return false;
    *ret = (struct str){arena_copy(a, p, (size_t)n), (size_t)n};
    OPENSSL_free(p);
    return true;
}

enum err rail_key_public(struct arena *a, struct str typed, const struct crypt_key **ret,
                         struct str *ret_pem)
{
    struct str der;
    const struct crypt_key *key;
    struct crypt_key *read = NULL;
    if (!der_of(a, typed, &der))
        return ERR_INVALID;
    const char *label = label_of(der);
    if (label != NULL && str_eq_c(str_c(label), "CERTIFICATE")) {
        X509 *x = x509_of(a, der);
        label = "PUBLIC KEY";
        if (x == NULL || !der_of_x509(a, x, &der))
            return ERR_INVALID;
    }
    if (label == NULL || !str_ends(str_c(label), STR("PUBLIC KEY")))
        return ERR_INVALID;
    enum err e = crypt_key_read_public(armoured(a, label, der), &read);
    TRY(keep(a, e, read, &key));
    if (ret_pem != NULL)
        *ret_pem = crypt_key_public_pem(a, key);
    *ret = key;
    return OK;
}

struct str rail_key_public_base64(struct arena *a, const struct crypt_key *key)
{
    struct buf b;
    struct str s = within_armour(crypt_key_public_pem(a, key));
    buf_init_arena(&b, a, TYPED_MAX);
    for (size_t i = 0; i < s.n; i++)
        if (!is_break(s.p[i]))
            buf_put_char(&b, s.p[i]);
    return buf_str(&b);
}

struct str rail_key_fingerprint(struct arena *a, const struct crypt_key *key)
{
    unsigned char hash[32];
    struct buf b;
    struct str der = STR_NULL;
    if (!crypt_base64_decode(a, rail_key_public_base64(a, key), &der))
        return STR_NULL;
    crypt_sha256(der, hash);
    buf_init_arena(&b, a, 96);
    for (size_t i = 0; i < sizeof hash; i++)
        buf_fmt(&b, i == 0 ? "%02X" : ":%02X", hash[i]);
    return buf_str(&b);
}

static bool ms_of(const ASN1_TIME *t, int64_t *ret)
{
    int days = 0, seconds = 0;
    bool ok = false;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1) {
        *ret = ((int64_t)days * 86400 + seconds) * 1000;
        ok = true;
    }
    ASN1_TIME_free(epoch);
    return ok;
}

static struct str serial_of(struct arena *a, const X509 *x)
{
    struct str s = STR_NULL;
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *hex = n == NULL ? NULL : BN_bn2hex(n);
    if (hex != NULL)
        s = str_dup(a, str_c(hex));
    OPENSSL_free(hex);
    BN_free(n);
    return s;
}

enum err rail_cert_read(struct arena *a, struct str typed, struct rail_cert *ret)
{
    struct rail_cert cert = {0};
    struct str der;
    if (!der_of(a, typed, &der))
        return ERR_INVALID;
    const char *label = label_of(der);
    if (label == NULL || !str_eq_c(str_c(label), "CERTIFICATE"))
        return ERR_INVALID;
    X509 *x = x509_of(a, der);
    if (x == NULL || !ms_of(X509_get0_notBefore(x), &cert.from) ||
        !ms_of(X509_get0_notAfter(x), &cert.until))
        return ERR_INVALID;
    cert.serial = serial_of(a, x);
    TRY(rail_key_public(a, typed, &cert.key, NULL));
    *ret = cert;
    return OK;
}

enum err rail_certs_read(struct arena *a, struct str typed, struct rail_certs *ret)
{
    static const struct str begin = STR_INIT("-----BEGIN CERTIFICATE-----");
    struct rail_certs certs = {.n = 0};
    struct str der;
    if (typed.n > TYPED_MAX)
        return ERR_INVALID;
    for (size_t at = str_find(typed, begin, 0), next; at != SIZE_MAX; at = next) {
        next = str_find(typed, begin, at + begin.n);
        struct str one = str_sub(typed, at, (next == SIZE_MAX ? typed.n : next) - at);
        X509 *x = certs.n < RAIL_CERTS && der_of(a, one, &der) ? x509_of(a, der) : NULL;
        if (x == NULL)
            return ERR_INVALID;
        certs.v[certs.n++] = x;
    }
    *ret = certs;
    return certs.n > 0 ? OK : ERR_INVALID;
}

struct str rail_certs_pem(struct arena *a, const struct rail_certs *certs)
{
    struct buf b;
    buf_init_arena(&b, a, 2 * TYPED_MAX);
    for (size_t i = 0; i < certs->n; i++) {
        unsigned char *p = NULL;
        int n = i2d_X509(certs->v[i], &p);
        if (n > 0)
            buf_put(&b, armoured(a, "CERTIFICATE", (struct str){(const char *)p, (size_t)n}));
        OPENSSL_free(p);
    }
    return buf_str(&b);
}

static bool roots_into(X509_STORE *store, const struct rail_certs *roots)
{
    if (roots == NULL)
        return X509_STORE_set_default_paths(store) == 1;
    for (size_t i = 0; i < roots->n; i++)
        if (X509_STORE_add_cert(store, roots->v[i]) != 1)
            return false;
    return true;
}

bool rail_certs_hold(const struct rail_certs *certs, const struct rail_certs *roots, int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    bool ok = certs->n > 0 && store != NULL && c != NULL && between != NULL && roots_into(store, roots);
    for (size_t i = 1; ok && i < certs->n; i++)
        ok = sk_X509_push(between, certs->v[i]) > 0;
    ok = ok && X509_STORE_CTX_init(c, store, certs->v[0], between) == 1;
    if (ok) {
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(c), (time_t)(now / 1000));
        ok = X509_verify_cert(c) == 1;
    }
    X509_STORE_CTX_free(c);
    sk_X509_free(between);
    X509_STORE_free(store);
    ERR_clear_error();
    return ok;
}
