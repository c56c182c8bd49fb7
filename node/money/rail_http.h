/* A request to a provider, with bounds; waits for the answer. For jobs and the crew, never on a worker of
 * pages nor in a transaction. The fetcher's rules hold: https to public addresses, no redirects. */
#ifndef NODE_MONEY_RAIL_HTTP_H
#define NODE_MONEY_RAIL_HTTP_H

#include "node/cx.h"
#include "node/net/fetch.h"

enum { RAIL_HTTP_MS = 10000, RAIL_HTTP_ANSWER = 1 << 20 };

struct rail_request {
    const char *method;
    struct str base;    /* rail_base(): scheme and host */
    struct str path;    /* "/v1/refunds", with its query */
    const struct fetch_header *headers; size_t n_headers;
    struct str body;    /* p == NULL: none */
    size_t max_answer;  /* 0: RAIL_HTTP_ANSWER */
    int timeout_ms;     /* of one try; 0: RAIL_HTTP_MS */
    /* How often in all; 0: once. More than once only what may be repeated: it carries an idempotency key
     * or changes nothing. Again after no answer, 409, 429 and 5xx, but for Stripe-Should-Retry: false. */
    int tries;
    const char *const *want; /* headers of the answer that it asks for; NULL-terminated, at most FETCH_WANT */
};
struct rail_answer {
    int status;
    struct str body, content_type;
    struct str wanted[FETCH_WANT];
    int64_t at;         /* the provider's clock (Date), else ours */
};
/* OK: any answer came whole, whatever its status. ERR_UPSTREAM, ERR_TIMEOUT, ERR_BUSY, ERR_TOO_LARGE.
 * Ends by cx->call_by. */
MUST_USE enum err rail_http(struct cx *cx, const struct rail_request *rq, struct rail_answer *ret);

/* Where a provider is: the setting pay.<rail>.base_url when the node runs with --dev and there is one,
 * else fixed. */
struct str rail_base(struct cx *cx, const char *rail, const char *fixed);

#endif
