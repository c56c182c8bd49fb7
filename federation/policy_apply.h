/* Making what is here follow the rules (federation/policy.h). */
#ifndef FEDERATION_POLICY_APPLY_H
#define FEDERATION_POLICY_APPLY_H

#include "node/event.h"

enum job_verdict fed_policy_run(struct cx *cx, const struct job *job); /* fed.policy */
/* Comments, likes, boosts and follows of one actor. Opens a transaction. */
MUST_USE enum err fed_policy_apply_actor(struct cx *cx, int64_t actor_id);

#endif
