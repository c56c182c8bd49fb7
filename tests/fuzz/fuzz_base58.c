/* base58 from strangers: what is read is written again as it came, and keys are none or whole. */
#include "node/base/arena.h"
#include "node/base/base58.h"
#include "node/base/crypt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str s = {arena_copy(a, p, n), n};
    unsigned char raw[BASE58_MAX];
    size_t m = 0;
    struct crypt_key *key = NULL;
    if (base58_decode(s, raw, sizeof raw, &m)) {
        struct buf b;
        buf_init_arena(&b, a, 4 * BASE58_MAX);
        if (!base58_encode(&b, raw, m) || !str_eq(buf_str(&b), s))
            abort();
    }
    if (crypt_key_read_multikey(s, &key) == OK) {
        /* DER has one spelling of a number that OpenSSL reads in more; what we write is read. */
        struct crypt_key *again = NULL;
        if (crypt_key_read_multikey(crypt_key_multikey(a, key), &again) != OK)
            abort();
        crypt_key_free(again);
        crypt_key_free(key);
    }
    arena_free(a);
    return 0;
}
