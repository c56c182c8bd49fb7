/* Jobs about hosts as a whole (federation.md 4.6, 4.10b). */
#ifndef FEDERATION_BACKFILL_H
#define FEDERATION_BACKFILL_H

#include "node/event.h"

/* Somebody follows target; if it is the first of that host, the latest posts go there in half a
 * minute. Inside the follow's transaction. */
MUST_USE enum err fed_backfill_put(struct cx *cx, int64_t follow_id, struct str host,
                                   int64_t target_id);
enum job_verdict fed_backfill(struct cx *cx, const struct job *job); /* subject: follow */
enum job_verdict fed_probe(struct cx *cx, const struct job *job);    /* payload: host */
/* Daily: dead hosts are asked once a week; after sixty days their follows go. Opens transactions. */
MUST_USE enum err fed_look_at_dead(struct cx *cx);

#endif
