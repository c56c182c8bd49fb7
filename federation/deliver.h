/* One signed POST of one activity to one inbox: the job fed.deliver (subject: activity; payload:
 * inbox address). The body is read once and shared by all deliveries of an activity. */
#ifndef FEDERATION_DELIVER_H
#define FEDERATION_DELIVER_H

#include "node/event.h"

struct fed_bodies;
struct fed_bodies *fed_bodies_new(void);
struct fed_bodies *fed_bodies_free(struct fed_bodies *b);

enum job_verdict fed_deliver(struct cx *cx, const struct job *job);
extern const int fed_deliver_backoff_s[]; /* 4.3; jitter is the queue's */

/* The order key of what is said about this object to the inbox's host, "@host|object", so that all that
 * is for a host lies together (delivery.h); STR_NULL when the inbox isn't
 * an address, or is ours. */
struct str fed_deliver_key(struct cx *cx, struct str inbox, struct str object_uri);
/* Inside a transaction. order: what must stay in order at that host (an object's id). One server
 * more that the activity is for. */
MUST_USE enum err fed_deliver_put(struct cx *cx, int64_t activity_id, struct str inbox,
                                  struct str order);
/* The same, but not before run_at (0: now), and without counting the server in activity.n_hosts: who
 * queues for many counts them by the chunk. ret_queued false: ours, or a host that is suspended. */
MUST_USE enum err fed_deliver_queue(struct cx *cx, int64_t activity_id, struct str inbox,
                                    struct str order, int64_t run_at, bool *ret_queued);
/* The same, but not before run_at. */
MUST_USE enum err fed_deliver_put_at(struct cx *cx, int64_t activity_id, struct str inbox,
                                     struct str order, int64_t run_at);

#endif
