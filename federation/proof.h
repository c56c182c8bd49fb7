/* Integrity proofs (FEP-8b32; VC Data Integrity EdDSA, cryptosuite eddsa-jcs-2022): a signature
 * inside an activity, by which it can be believed whoever brings it. Ours is only to read them, to
 * authenticate what other servers pass on (federation.md 2.20). No network and no store: the caller
 * finds the key between the two calls, as with httpsig.h. Any thread. */
#ifndef FEDERATION_PROOF_H
#define FEDERATION_PROOF_H

#include <jansson.h>

#include "node/base/crypt.h"
#include "node/base/err.h"

struct arena;

/* Ids are known for thirty days; what is older could be played to us again. */
#define PROOF_AGE_MAX_MS (INT64_C(29) * 24 * 3600 * 1000)

/* What may have been signed: with the document's @context said to be the proof's, too, or not;
 * with the LD signature that some put beside it afterwards, or without. */
enum { PROOF_READINGS = 4 };

struct proof {
    struct str key_id; /* verificationMethod; not checked to be an address */
    unsigned char signature[64];
    unsigned char hashes[PROOF_READINGS][64];
    size_t n_hashes;
};

/* Is there one that we can check? NOT_FOUND: none of this kind. UNAUTHENTICATED: malformed, not
 * made to assert, too old or expired; *ret_why is fit for a 401. doc is left as it is. */
MUST_USE enum err proof_read(struct arena *a, const json_t *doc, int64_t now, struct proof *ret,
                             const char **ret_why);
/* The key must be one that the actor lists under assertionMethod: the caller's to know. */
bool proof_verify(const struct proof *p, const struct crypt_key *key);

#endif
