/* The web surface's map. */
#ifndef WEB_ROUTES_H
#define WEB_ROUTES_H

#include "node/http/http.h"

extern const struct route_table web_routes;

#endif
