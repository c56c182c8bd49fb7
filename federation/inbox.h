/* POST to an inbox: cheap checks, signature, durable, 202 (federation.md 3a and 2c). */
#ifndef FEDERATION_INBOX_H
#define FEDERATION_INBOX_H

#include "node/http/http.h"

enum err fed_inbox_post(struct rq *rq);

#endif
