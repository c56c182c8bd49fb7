/* The HTTP API of a hosting provider: admin/host/verbs.h as JSON, on the internal listener below /v1/.
 *
 * One table (admin/host/api_routes.c) is dispatcher and OpenAPI document alike. Who asks brings a bearer
 * token of `orrery host token create`. Errors are RFC 9457. A POST may carry an Idempotency-Key: sent
 * again within a day it gets the first answer, and does nothing twice. */
#ifndef ADMIN_HOST_API_H
#define ADMIN_HOST_API_H

#include "admin/host/host.h"
#include "node/http/internal.h"

struct host_api;
struct host_api *host_api_new(struct host *h);
struct host_api *host_api_free(struct host_api *api);
/* An area of the internal listener; arg: struct host_api *. */
void host_api_answer(struct irq *rq, void *arg);

/* Does the registry answer? For /readyz. */
MUST_USE enum err host_answers(struct host *h);

#endif
