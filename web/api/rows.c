#include "web/api/rows.h"

#define ROW(method, path, name, scope, cap, query, takes, gives, status, purpose)                  \
    {method, path, api_run, TOKEN, method == GET ? RATE_READ : RATE_WRITE, cap, purpose, false},
static const struct route routes[] = {
#include "web/api/rows.def"
    {0},
};
#undef ROW

#define ROW(method, path, name, scope, cap, query, takes, gives, status, purpose)                  \
    {#name, scope, query, takes, gives, status, api_##name},
const struct api_row api_rows[] = {
#include "web/api/rows.def"
    {0},
};
#undef ROW

const struct route_table api_routes = {"api", routes};
