/* Visitors of other servers: they follow, like and answer from home (federation/home.h). */
#ifndef WEB_INTERACT_H
#define WEB_INTERACT_H

#include "node/http/http.h"

/* GET /interact: do (follow, reply, like, boost), uri (a thing of ours), handle (asked for when
 * missing); or elsewhere (a thing that is not ours). */
enum err web_interact(struct rq *rq);

#endif
