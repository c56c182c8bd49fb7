/* The owner's desk: what owners and partners of a planet look after it with. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "node/http/http.h"

extern const struct route_table admin_routes;

#endif
