/* What tests of rails need to play the provider. */
#ifndef TESTS_RAIL_WORLD_H
#define TESTS_RAIL_WORLD_H

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/str.h"
#include "node/money/ledger.h"
#include "node/money/order.h"
#include "tests/unit/domain_fixture.h"

static inline const char *state_of(struct domain *d, const struct order *o)
{
    struct order now;
    OK_(order_by_number(d->cx, o->number, &now));
    return str_z(d->cx->arena, now.state);
}

/* How many transactions the books hold, which are sound. */
static inline int64_t txns(struct domain *d)
{
    struct ledger_check c;
    OK_(ledger_verify(d->cx, d->tea.id, &c));
    assert_true(c.ok);
    return c.n_txns;
}

static inline struct str base64_of(struct arena *a, struct str raw)
{
    struct buf b;
    buf_init_arena(&b, a, 4096);
    buf_put_base64(&b, raw.p, raw.n);
    return buf_str(&b);
}

static inline struct str between(struct str s, const char *from, const char *to)
{
    size_t at = str_find(s, str_c(from), 0);
    if (at == SIZE_MAX)
        return STR("");
    at += strlen(from);
    size_t end = str_find(s, str_c(to), at);
    return str_sub(s, at, end == SIZE_MAX ? s.n : end - at);
}

static inline void keep(char *to, size_t n, struct str s)
{
    snprintf(to, n, STR_FMT, STR_ARG(s));
}
#define KEEP(field, s) keep((field), sizeof(field), (s))

/* AES-256-GCM: the sealed text with its tag behind. */
static inline struct str gcm_sealed(struct arena *a, struct str key, const char *nonce, const char *aad, struct str plain)
{
    unsigned char *out = arena_alloc(a, plain.n + 16);
    int n = 0, end = 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, (const unsigned char *)key.p, (const unsigned char *)nonce), 1);
    if (aad[0] != '\0')
        assert_int_equal(EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)aad, (int)strlen(aad)), 1);
    assert_int_equal(EVP_EncryptUpdate(c, out, &n, (const unsigned char *)plain.p, (int)plain.n), 1);
    assert_int_equal(EVP_EncryptFinal_ex(c, out + n, &end), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, 16, out + plain.n), 1);
    EVP_CIPHER_CTX_free(c);
    return (struct str){(char *)out, plain.n + 16};
}

#endif
