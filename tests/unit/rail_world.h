/* What tests of rails need to play the provider. */
#ifndef TESTS_RAIL_WORLD_H
#define TESTS_RAIL_WORLD_H

#include "node/base/arena.h"
#include "node/base/str.h"

#include <openssl/evp.h>
#include <string.h>

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
