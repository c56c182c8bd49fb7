#include "federation/proof.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/base/base58.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/jcs.h"
#include "node/base/json.h"

enum { CANON_MAX = 4 << 20, PROOFS_MAX = 4 };
#define SKEW MS_HOUR

#define REFUSE(words)                                                                              \
    do {                                                                                           \
        *ret_why = (words);                                                                        \
        return ERR_UNAUTHENTICATED;                                                                \
    } while (0)

/* Type names and suites are compared as they are written: whoever signs JCS promises this spelling. */
static bool is_known(const json_t *p)
{
    return json_is_object(p) && str_eq_c(ld_str(p, "type"), "DataIntegrityProof") &&
           str_eq_c(ld_str(p, "cryptosuite"), "eddsa-jcs-2022");
}

static bool hash_of(struct arena *a, const json_t *j, unsigned char ret[32])
{
    struct buf b;
    buf_init_arena(&b, a, CANON_MAX);
    if (jcs_write(a, j, &b) != OK)
        return false;
    crypt_sha256(buf_str(&b), ret);
    return true;
}

/* Does the document's @context begin with all that the proof names, in this order? */
static bool context_begins(const json_t *doc, const json_t *proof)
{
    size_t n = ld_count(proof);
    if (n > ld_count(doc))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!json_equal(ld_at(proof, i), ld_at(doc, i)))
            return false;
    return n > 0;
}

/* vc-di-eddsa 3.3.2 to 3.3.5: the hash of the proof's options, then that of the document. The FEP's
 * own example names the context in the proof; Fedify signs it without naming it. */
static bool add_readings(struct arena *a, const json_t *doc, const json_t *proof,
                         struct proof *ret)
{
    json_t *bare = json_keep(a, json_copy((json_t *)(uintptr_t)doc));
    json_t *options = json_keep(a, json_copy((json_t *)(uintptr_t)proof));
    json_t *context = json_object_get(doc, "@context");
    json_object_del(bare, "proof");
    json_object_del(options, "proofValue");
    bool named = json_object_get(options, "@context") != NULL;
    if (named && (context == NULL || !context_begins(context, json_object_get(options, "@context"))))
        return false;
    if (named)
        json_object_set(bare, "@context", json_object_get(options, "@context"));
    for (int with_ld = 1; with_ld >= 0; with_ld--) {
        if (!with_ld && json_object_del(bare, "signature") != 0)
            break;
        unsigned char document[32];
        if (!hash_of(a, bare, document))
            return false;
        for (int given = 0; given < 2; given++) {
            if (given && (named || context == NULL))
                break;
            json_t *o = json_keep(a, json_copy(options));
            if (given)
                json_object_set(o, "@context", context);
            unsigned char *h = ret->hashes[ret->n_hashes++];
            if (!hash_of(a, o, h))
                return false;
            memcpy(h + 32, document, 32);
        }
    }
    return true;
}

static enum err read_one(struct arena *a, const json_t *doc, const json_t *p, int64_t now,
                         struct proof *ret, const char **ret_why)
{
    int64_t created = 0, expires = 0;
    size_t n;
    ret->key_id = ld_id_at(p, "verificationMethod");
    ret->n_hashes = 0;
    if (str_empty(ret->key_id) || ret->key_id.n > 2048)
        REFUSE("the proof names no key");
    if (!str_eq_c(ld_str(p, "proofPurpose"), "assertionMethod"))
        REFUSE("the proof is not made to assert");
    if (!ld_time(p, "created", &created))
        REFUSE("the proof does not say when it was made");
    if (created > now + SKEW)
        REFUSE("the proof is from the future");
    if (created < now - PROOF_AGE_MAX_MS)
        REFUSE("the proof is too old");
    if (ld_get(p, "expires") != NULL && (!ld_time(p, "expires", &expires) || expires < now - SKEW))
        REFUSE("the proof has expired");
    if (!multibase_decode(ld_str(p, "proofValue"), ret->signature, sizeof ret->signature, &n) ||
        n != sizeof ret->signature)
        REFUSE("the proof is malformed");
    if (!add_readings(a, doc, p, ret))
        REFUSE("the proof is malformed");
    return OK;
}

enum err proof_read(struct arena *a, const json_t *doc, int64_t now, struct proof *ret,
                    const char **ret_why)
{
    size_t seen = 0;
    *ret_why = NULL;
    LD_EACH(i, p, json_object_get(doc, "proof")) {
        if (seen == PROOFS_MAX || !is_known(p))
            continue;
        seen++;
        if (read_one(a, doc, p, now, ret, ret_why) == OK)
            return OK;
    }
    return seen == 0 ? ERR_NOT_FOUND : ERR_UNAUTHENTICATED;
}

bool proof_verify(const struct proof *p, const struct crypt_key *key)
{
    if (crypt_key_type(key) != CRYPT_ED25519)
        return false;
    for (size_t i = 0; i < p->n_hashes; i++)
        if (crypt_verify(key, (struct str){(const char *)p->hashes[i], 64},
                         (struct str){(const char *)p->signature, 64}))
            return true;
    return false;
}
