#include "node/money/rails/alipay_cert.h"

#include "node/base/arena.h"
#include "node/base/buf.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

enum { NAME_MAX_BYTES = 4096 };

/* "CN=…,OU=…,O=…,C=CN": the last part of the name first. */
static bool put_name(struct buf *b, const X509_NAME *name)
{
    for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
        const X509_NAME_ENTRY *part = X509_NAME_get_entry(name, i);
        unsigned char *text = NULL;
        int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(part));
        const char *kind = OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(part)));
        if (n < 0 || kind == NULL)
            return false;
        buf_put_c(b, kind);
        buf_put_char(b, '=');
        buf_put(b, (struct str){(const char *)text, (size_t)n});
        buf_put_c(b, i > 0 ? "," : "");
        OPENSSL_free(text);
    }
    return !b->overflow;
}

struct str alipay_cert_sn(struct arena *a, struct x509_st *x)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf b, hex;
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *decimal = number == NULL ? NULL : BN_bn2dec(number);
    buf_init_arena(&b, a, NAME_MAX_BYTES);
    bool ok = decimal != NULL && put_name(&b, X509_get_issuer_name(x));
    if (ok)
        buf_put_c(&b, decimal);
    OPENSSL_free(decimal);
    BN_free(number);
    if (!ok || b.overflow || EVP_Digest(b.p, b.n, hash, &n, EVP_md5(), NULL) != 1)
        return STR_NULL;
    buf_init_arena(&hex, a, 2 * EVP_MAX_MD_SIZE);
    buf_put_hex(&hex, hash, n);
    return buf_str(&hex);
}

/* 1.2.840.113549.1.1.x, as Alipay has it: others of theirs are of curves. */
static bool signed_with_rsa(const X509 *x)
{
    char oid[64];
    const X509_ALGOR *with;
    const ASN1_OBJECT *object;
    X509_get0_signature(NULL, &with, x);
    X509_ALGOR_get0(&object, NULL, NULL, with);
    return OBJ_obj2txt(oid, sizeof oid, object, 1) > 0 && str_starts(str_c(oid), STR("1.2.840.113549.1.1."));
}

struct str alipay_root_sn(struct arena *a, const struct rail_certs *roots)
{
    struct buf b;
    buf_init_arena(&b, a, RAIL_CERTS * (ALI_SN_LEN + 1));
    for (size_t i = 0; i < roots->n; i++) {
        if (!signed_with_rsa(roots->v[i]))
            continue;
        buf_put_c(&b, b.n > 0 ? "_" : "");
        buf_put(&b, alipay_cert_sn(a, roots->v[i]));
    }
    return buf_str(&b);
}

/* The company's name may change with its next certificate; the number of the account in the common name doesn't. */
static struct str common_name(struct arena *a, const X509 *x)
{
    const X509_NAME *name = X509_get_subject_name(x);
    int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    unsigned char *text = NULL;
    int n = i < 0 ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    struct str s = n < 0 ? STR("") : str_dup(a, (struct str){(const char *)text, (size_t)n});
    OPENSSL_free(text);
    return s;
}

bool alipay_cert_follows(struct arena *a, const struct rail_certs *fresh, const struct rail_certs *given,
                         const struct rail_certs *roots, int64_t now)
{
    struct str name = common_name(a, fresh->v[0]);
    struct rail_certs chain = *fresh;
    for (size_t i = 1; i < given->n && chain.n < RAIL_CERTS; i++) /* it may come alone */
        chain.v[chain.n++] = given->v[i];
    return name.n > 0 && str_eq(name, common_name(a, given->v[0])) &&
           X509_NAME_cmp(X509_get_issuer_name(fresh->v[0]), X509_get_issuer_name(given->v[0])) == 0 &&
           rail_certs_hold(&chain, roots, now);
}
