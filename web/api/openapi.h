/* The API's description for programs (OpenAPI 3.1), made of the table of rows and of schemas.json. */
#ifndef WEB_API_OPENAPI_H
#define WEB_API_OPENAPI_H

#include "node/base/buf.h"

struct arena;

/* The whole document. origin: where the API is. False: the table or the schemas are not sound. */
bool openapi_write(struct arena *a, struct str origin, struct buf *out);
/* The schemas, as they stand in schemas.json. */
struct str openapi_schemas(void);

#endif
