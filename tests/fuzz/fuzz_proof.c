/* Integrity proofs in documents of strangers: none holds for a key that signed nothing, and the
 * document is left as it came. Ids spelled once are spelled. */
#include "federation/ids.h"
#include "federation/proof.h"
#include "node/base/arena.h"
#include "node/base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    json_t *j;
    if (json_read(a, (struct str){arena_copy(a, p, n), n}, NULL, &j) == OK) {
        struct proof proof;
        const char *why;
        struct crypt_key *key;
        json_t *before = json_keep(a, json_deep_copy(j));
        if (crypt_key_read_multikey(STR("z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"), &key) != OK)
            abort();
        if (proof_read(a, j, INT64_C(1677281798000), &proof, &why) == OK && proof_verify(&proof, key))
            abort();
        if (!json_equal(before, j))
            abort();
        crypt_key_free(key);
        fed_ids_spell(a, j);
        json_t *once = json_keep(a, json_deep_copy(j));
        fed_ids_spell(a, j);
        if (!json_equal(once, j))
            abort();
    }
    arena_free(a);
    return 0;
}
