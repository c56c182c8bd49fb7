/* Inside of the API: what its files share. */
#ifndef ADMIN_HOST_API_INT_H
#define ADMIN_HOST_API_INT_H

#include "admin/host/api.h"
#include "admin/host/verbs.h"
#include "node/base/json.h"
#include "node/base/jw.h"

struct host_api {
    struct host *h;
};

/* One request. */
struct api_call {
    struct irq *rq;
    struct cx *cx;
    struct str name;      /* the {name} of the path */
    const json_t *body;   /* an object; NULL: the route has none */
    int64_t token_id;
};

struct api_route {
    enum http_method method;
    const char *path;     /* "/v1/nodes/{name}/suspend" */
    enum err (*run)(struct api_call *c);
    const char *id;       /* operationId */
    const char *summary;
    const char *query;    /* names of api_params, with blanks between; NULL: none */
    const char *body;     /* schema; NULL: no body */
    const char *answer;   /* schema */
    int status;           /* when all is well */
    int also;             /* another such status; 0: none */
    bool open;            /* without a token */
};
extern const struct api_route host_api_routes[]; /* ends with path == NULL */

struct api_param { const char *name, *type, *about; };
extern const struct api_param host_api_params[]; /* ends with name == NULL */

enum err host_api_openapi(struct api_call *c);

/* A text of the body or of the query; STR_NULL: not there. A body's value of another type is told. */
MUST_USE enum err api_text(struct api_call *c, const char *key, struct str *ret);
MUST_USE enum err api_i64(struct api_call *c, const char *key, int64_t *ret, bool *ret_there);
MUST_USE enum err api_limit(struct api_call *c, int64_t *ret);
/* Is every key of the body one of these ("domain owner plan")? Else it is told. */
MUST_USE enum err api_keys(struct api_call *c, const char *known);

#endif
