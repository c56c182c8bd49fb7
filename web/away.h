/* Work that waits for a payment provider, done by the server's crew while the page rests: no worker of
 * pages is held, and a slow provider holds up nobody but those who pay by it. */
#ifndef WEB_AWAY_H
#define WEB_AWAY_H

#include "node/http/http.h"

/* work runs with a cx of its own (same node, viewer, language and time), whose arena lives as long as the
 * request's; what it asks of others ends after ms. then runs on a worker, as the handler would have: e
 * is what work returned, and what it told is in rq->cx. ERR_BUSY without having run: too many wait. */
MUST_USE enum err web_away(struct rq *rq, enum err (*work)(struct cx *cx, void *arg), void *arg, int ms,
                           enum err (*then)(struct rq *rq, enum err e, void *arg));

#endif
