/* Who may read the documents below /ap/ (federation.md 2.18).
 *
 * Usually everybody; a request that a suspended host signed gets 403. In secure mode (the setting
 * federation.secure_mode) each needs a signature that verifies, but for the instance actor, which
 * signs our own fetches, WebFinger and NodeInfo; an actor answers without one with what its key is
 * checked by. The key of an unknown signer is fetched while the request rests suspended, by the
 * instance actor: of two such servers neither waits for the other. */
#ifndef FEDERATION_GATE_H
#define FEDERATION_GATE_H

#include "node/http/http.h"

struct fed;
struct node;

struct fed_gate {
    enum err (*run)(struct rq *rq, int64_t id);  /* the document */
    enum err (*stub)(struct rq *rq, int64_t id); /* without a signature; NULL: 401 */
    bool has_page; /* run sends whoever wants a page to one: for that nobody must sign */
};
/* A handler's last call: what it returns is the handler's answer. */
MUST_USE enum err fed_gate_pass(struct rq *rq, struct fed_gate gate, int64_t id);

/* Is secure mode on? As of a second ago at most. */
bool fed_gate_secure(struct cx *cx);
/* The rules or the mode may have changed: says to the frame whether signed requests may be answered
 * from its memory. Any thread. */
void fed_gate_note(struct fed *fed);

#endif
