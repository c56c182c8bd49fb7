/* One request to a stranger's server while somebody's page waits for it: the page request rests
 * suspended (rq_park), holding no worker. What the fetcher refuses (private addresses, other
 * schemes) it refuses here, too; suspended hosts are not asked; all that one page waits for ends
 * within a deadline.
 *
 *     c = fed_call_new(rq, 25000);
 *     …
 *     return fed_call_go(c, &request, came, arg);    // in a handler, or in an earlier `then`
 *
 * `came` runs on a worker, as the handler would have, with the answer in c until the next go. */
#ifndef FEDERATION_LINK_CALL_H
#define FEDERATION_LINK_CALL_H

#include "node/base/json.h"
#include "node/http/http.h"
#include "node/net/fetch.h"

enum { FED_CALL_MS = 10000, FED_CALL_HOPS = 3, FED_CALL_ANSWER_MAX = 1 << 20 };

struct fed_call {
    struct rq *rq;
    /* The answer. err says why there is none: UPSTREAM, TIMEOUT, BUSY, TOO_LARGE; FORBIDDEN: a
     * suspended host. */
    enum err err;
    int status;
    struct str url, body, content_type, location;
    bool stay; /* set it before go: redirects are shown, not followed */
    /* Inside. */
    struct arena *arena;
    int64_t deadline;
    int hops;
    struct fetch_request request;
    enum err (*then)(struct rq *rq, void *arg);
    void *arg;
};

/* Lives as long as the request. */
struct fed_call *fed_call_new(struct rq *rq, int deadline_ms);
/* Parks the request and asks. Of a GET up to three redirects are followed, https never to http,
 * unless stay is set; of a POST none. timeout_ms, max_answer and agent are set here. What the request points to must live
 * until `then`. When it may not be asked at all, `then` runs at once. */
MUST_USE enum err fed_call_go(struct fed_call *c, const struct fetch_request *request,
                              enum err (*then)(struct rq *rq, void *arg), void *arg);
/* The answer's JSON object in the request's arena; NULL when it isn't 2xx with one. */
json_t *fed_call_json(const struct fed_call *c);

#endif
