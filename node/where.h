/* What stands in a node's directory, and where its store is: DIR/store.sqlite, or on PostgreSQL
 * whatever address the one line of DIR/store.url says (it holds a password: mode 0600). */
#ifndef NODE_WHERE_H
#define NODE_WHERE_H

#include <stdbool.h>

#include "node/base/err.h"

struct arena;

/* Stands in a directory whose restoring has not ended: such a node does not open. */
#define NODE_RESTORING "restoring"

/* Logged, if so. */
bool where_half_restored(const char *dir);
/* ret: for db_open. Logged: ERR_CONFLICT (half restored), ERR_STORAGE. */
/* The address in DIR/store.url; NULL: it has none. */
const char *where_url(struct arena *a, const char *dir);
MUST_USE enum err where_find(struct arena *a, const char *dir, const char **ret);
/* Durable when it returns; ERR_STORAGE is logged. */
MUST_USE enum err where_write(struct arena *a, const char *dir, const char *url);

#endif
