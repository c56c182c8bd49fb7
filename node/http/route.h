/* The site's map: tables of routes made into one tree at start, read-only afterwards (any thread).
 * Fixed pieces win over pieces with letters around a parameter, those over bare parameters, those
 * over "*rest"; a branch that leads nowhere for the method is left again. */
#ifndef NODE_HTTP_ROUTE_H
#define NODE_HTTP_ROUTE_H

#include "node/http/http.h"

enum { ROUTE_MAX_PARAMS = 8 };

struct route_param {
    struct str name, value;
};

struct route_match {
    const struct route *route; /* NULL: none */
    unsigned allowed;          /* methods that the path knows; 0: unknown path */
    struct route_param params[ROUTE_MAX_PARAMS];
    int n_params;
};

struct router;
/* Rows must stay where they are. ERR_INVALID (logged) when two rows say the same or a path is
 * malformed. */
MUST_USE enum err router_new(const struct route_table *const *tables, struct router **ret);
struct router *router_free(struct router *r);
/* path is decoded and begins with '/'. GET rows serve HEAD. */
void router_match(const struct router *r, enum http_method method, struct str path,
                  struct route_match *ret);

const char *http_method_name(enum http_method m);
bool http_method_parse(struct str s, enum http_method *ret);
/* "GET, HEAD, OPTIONS" */
struct str http_allow(struct arena *a, unsigned allowed);

#endif
