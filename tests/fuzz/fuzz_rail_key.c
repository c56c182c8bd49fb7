/* Keys as people paste them: what is taken can be written out and taken again, the same. */
#include "node/base/arena.h"
#include "node/money/rails/key.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str s = {arena_copy(a, p, n), n}, pem, once, twice;
    const struct crypt_key *key;
    struct rail_cert cert;
    if (rail_key_private(a, s, &key, &pem) == OK) {
        once = rail_key_fingerprint(a, key);
        if (rail_key_private(a, pem, &key, NULL) != OK || !str_eq(once, rail_key_fingerprint(a, key)))
            abort();
    }
    if (rail_key_public(a, s, &key, &pem) == OK) {
        once = rail_key_fingerprint(a, key);
        if (rail_key_public(a, rail_key_public_base64(a, key), &key, &twice) != OK ||
            !str_eq(pem, twice) || !str_eq(once, rail_key_fingerprint(a, key)))
            abort();
    }
    if (rail_cert_read(a, s, &cert) == OK && cert.serial.n == 0)
        abort();
    arena_free(a);
    return 0;
}
