/* The way home for visitors (FEP-3b86, OStatus; federation.md 9.9): people of other servers follow,
 * like and answer from there. They tell us their name, we ask its WebFinger where that server takes
 * such wishes, and give them the address. Nothing is kept of it.
 *
 *     TRY(fed_home_ask(cx, handle, ready, rq, &h));       h is in cx's arena, and so freed with it
 *     return rq_park(rq, resume, h);
 *     … resume:   TRY(fed_home_url(cx, h, FED_FOLLOW, uri, back, &url)); */
#ifndef FEDERATION_HOME_H
#define FEDERATION_HOME_H

#include "node/cx.h"

struct fed_home;
enum fed_wanted { FED_WANTS_FOLLOW, FED_WANTS_REPLY, FED_WANTS_LIKE, FED_WANTS_BOOST };

/* ready is called once, from any thread, unless this fails: INVALID (no handle; told), FORBIDDEN (a
 * server that we don't ask; told), RATE_LIMITED, BUSY. Over in ten seconds. */
MUST_USE enum err fed_home_ask(struct cx *cx, struct str handle, void (*ready)(void *arg), void *arg,
                               struct fed_home **ret);
/* Once ready: where this server does that with one of our things. back: a page of ours to come back
 * to. NOT_FOUND (told): there is nobody of that name, or the server did not answer; UNSUPPORTED (told): it
 * doesn't say where. */
MUST_USE enum err fed_home_url(struct cx *cx, const struct fed_home *h, enum fed_wanted what,
                               struct str uri, struct str back, struct str *ret);

/* The same from a document that was fetched, for tests. */
struct str fed_home_of(struct arena *a, struct str jrd, bool dev, enum fed_wanted what, struct str uri,
                       struct str back);

#endif
