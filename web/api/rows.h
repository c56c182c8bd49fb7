/* The functions of the API's rows (rows.def): each is api_run's, reads its fields, calls one verb of the domain
 * and writes its answer. */
#ifndef WEB_API_ROWS_H
#define WEB_API_ROWS_H

#include "web/api/api.h"

#define ROW(method, path, name, scope, cap, query, takes, gives, status, purpose)                  \
    MUST_USE enum err api_##name(struct api *a);
#include "web/api/rows.def"
#undef ROW

#endif
