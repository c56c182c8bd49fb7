/* What was delivered, what waits and why (federation.md 4.12), and the verbs about it: the owner's
 * tray. For the desk and the command line.
 *
 * Nothing here walks the whole queue: what is about one activity, or for one host, lies together in an
 * index, what rests in another; counts stop at FED_COUNT_MAX, which stands for that many and more.
 *
 * A planet's owner and partners see and settle what their planet's voice said; hosts as such are the node
 * owner's (or the program's). FORBIDDEN, or NOT_FOUND for single things, else. Verbs are audited and open
 * transactions. Results live in the cx's arena. */
#ifndef FEDERATION_DELIVERY_H
#define FEDERATION_DELIVERY_H

#include "node/cx.h"

enum { FED_COUNT_MAX = 5000 };

/* Of what was said of one object, or of one activity: servers. delivered + waiting + lost = servers. */
struct fed_spread {
    int64_t servers, delivered;
    int64_t waiting;              /* not yet, and it will be tried */
    int64_t lost;                 /* gave up: in the tray, dropped, or nobody is there any more */
};
MUST_USE enum err fed_spread_of_object(struct cx *cx, struct str object_uri, struct fed_spread *ret);

/* What was said. */
struct fed_said {
    int64_t id, created_at;
    struct str type, object_uri;
    struct fed_spread spread;
};
/* About one object, oldest first. */
MUST_USE enum err fed_said_of_object(struct cx *cx, int64_t planet_id, struct str object_uri,
                                     struct fed_said **ret, size_t *ret_n);
/* Of this type ("Delete", "Accept", "Reject", …) by the planet's voice, newest first, of which something
 * still waits or was given up. Looks at the last thousand of that type. */
MUST_USE enum err fed_said_waiting(struct cx *cx, int64_t planet_id, const char *type, int n_max,
                                   struct fed_said **ret, size_t *ret_n);

/* One delivery that is not done. */
struct fed_delivery {
    int64_t id, activity_id;
    struct str host, inbox, type, object_uri;
    struct str state;             /* ready, waiting (for an earlier one), leased (on its way), resting */
    struct str last_error;        /* NULL: none yet */
    int64_t attempts, run_at, created_at;
};
struct fed_delivery_query {
    int64_t planet_id;            /* 0: of the whole node, for its owner */
    int64_t activity_id;          /* 0: of all */
    struct str host;              /* empty: of all */
    bool resting;                 /* only what gave up */
    int64_t after_id;             /* exclusive */
    int n_max;
};
/* Oldest first. Of activity_id, of host or resting: one of the three must be asked. */
MUST_USE enum err fed_delivery_list(struct cx *cx, const struct fed_delivery_query *q,
                                    struct fed_delivery **ret, size_t *ret_n);
/* NOT_FOUND: none such, or it is on its way at this moment. */
MUST_USE enum err fed_delivery_retry(struct cx *cx, int64_t planet_id, int64_t id);
MUST_USE enum err fed_delivery_drop(struct cx *cx, int64_t planet_id, int64_t id);

/* Counts over the node, at most FED_COUNT_MAX each. */
struct fed_delivery_counts {
    int64_t waiting, resting;
    int64_t hosts_troubled;       /* the breaker is open, or they fail since a day or more */
    int64_t hosts_dead;           /* nothing is queued for them any more */
};
MUST_USE enum err fed_delivery_count(struct cx *cx, struct fed_delivery_counts *ret);

struct fed_host_state {
    struct str host;
    int64_t queued, resting;      /* at most FED_COUNT_MAX together */
    int64_t oldest_at;            /* DB_NULL: nothing is queued */
    int64_t last_success_at, last_failure_at; /* DB_NULL: never */
    int64_t open_until;           /* the breaker's, or what it asked for; 0: closed */
    int64_t fail_days;
    bool dead;
    struct str last_error;        /* NULL: none */
};
enum fed_host_which { FED_HOSTS_QUEUED, FED_HOSTS_TROUBLED, FED_HOSTS_ALL };
/* By name, after exclusive ("": from the first). */
MUST_USE enum err fed_host_list(struct cx *cx, enum fed_host_which which, struct str after, int n_max,
                                struct fed_host_state **ret, size_t *ret_n);
MUST_USE enum err fed_host_state(struct cx *cx, struct str host, struct fed_host_state *ret);
/* All that waits or rests for it is tried now, and its past failures are forgiven. ret_n: how many.
 * The serving process does it (the job fed.again). */
MUST_USE enum err fed_host_again(struct cx *cx, struct str host, int64_t *ret_n);
/* All that waits or rests for it is forgotten, but for what is on its way. */
MUST_USE enum err fed_host_drop(struct cx *cx, struct str host, int64_t *ret_n);

#endif
