/* Our own actors and the keys that they sign with.
 *
 * A local actor is a row of the table actor with local_kind 'instance', 'planet' or 'account'; its
 * id is frozen (https://host/ap/a/<row id>, the instance's /ap/instance) and never built from a
 * name. Private keys lie sealed under the node's secret. */
#ifndef FEDERATION_KEYS_H
#define FEDERATION_KEYS_H

#include "node/base/crypt.h"
#include "node/cx.h"

struct fed_local {
    int64_t id;           /* actor row */
    struct str uri;
    struct str kind;      /* 'instance', 'planet', 'account' */
    int64_t local_id;     /* planet or account id; 0 for the instance */
    struct str username;
    int64_t created_at;
};

MUST_USE enum err fed_local_by_id(struct cx *cx, int64_t actor_id, struct fed_local *ret);
MUST_USE enum err fed_local_by_ref(struct cx *cx, const char *kind, int64_t local_id,
                                   struct fed_local *ret);
/* The actor whose id this is: NOT_FOUND if it isn't one of ours. */
MUST_USE enum err fed_local_by_uri(struct cx *cx, struct str uri, struct fed_local *ret);
/* The same, made with fresh keys if it is missing. Not inside a transaction (keys take time). */
MUST_USE enum err fed_local_ensure(struct cx *cx, const char *kind, int64_t local_id,
                                   struct fed_local *ret);

/* The instance actor's preferredUsername: the host without its port, since "host:port" reads as an
 * IRI, and peers that parse by type then find no name at all (GoToSocial). */
struct str fed_instance_name(struct cx *cx);

/* A pair of keys of an actor, opened. Lives as long as the fed (or, on a node without one, as the cx),
 * even when it is no longer in use: transfers may be signing with it. */
struct fed_signer {
    struct fed_signer *next;
    int64_t actor_id, serial;
    int64_t since;                 /* its last step, as of when it was first used; 0: the first pair */
    struct str uri, rsa_id, ed_id; /* "…#main-key", "…#ed25519"; the second pair's "…#main-key-2" */
    struct crypt_key *rsa, *ed;
};
/* The pair in use, as of a second ago at most. */
MUST_USE enum err fed_signer_get(struct cx *cx, int64_t actor_id, const struct fed_signer **ret);
/* In use, and the one that is published beside it while keys change (rotate.h), else NULL. */
MUST_USE enum err fed_signer_pair(struct cx *cx, int64_t actor_id, const struct fed_signer **ret_use,
                                  const struct fed_signer **ret_other);
/* That of a serial; the one in use when it is 0 or not kept any more. */
MUST_USE enum err fed_signer_of(struct cx *cx, int64_t actor_id, int64_t serial,
                                const struct fed_signer **ret);
/* Which pair is in use has changed: look again. */
void fed_signers_forget(struct cx *cx, int64_t actor_id);
/* "URI#main-key"; of a later serial "URI#main-key-2". */
struct str fed_key_id(struct arena *a, struct str uri, const char *name, int64_t serial);
/* Two fresh keys, sealed. Takes a tenth of a second. */
MUST_USE enum err fed_key_pair_make(struct cx *cx, struct str *ret_rsa, struct str *ret_ed);
/* The instance actor's, which signs every fetch. */
MUST_USE enum err fed_signer_instance(struct cx *cx, const struct fed_signer **ret);

struct fed_signers *fed_signers_new(void);
struct fed_signers *fed_signers_free(struct fed_signers *s);

#endif
