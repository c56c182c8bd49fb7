/* Who serves a directory: a lock that lives as long as the process. */
#ifndef NODE_LOCK_H
#define NODE_LOCK_H

#include <stdbool.h>

#include "node/base/err.h"

/* To be alone with it, as the one server of a SQLite store is. ERR_CONFLICT when another process serves
 * this directory, ERR_NOT_FOUND when no node is in it: both are logged. ret_fd is closed by the caller
 * at its end. */
MUST_USE enum err lock_dir(const char *dir, int *ret_fd);
/* To serve it: alone on SQLite, beside others on PostgreSQL. */
MUST_USE enum err lock_dir_to_serve(const char *dir, int *ret_fd);
/* May others serve it, too? */
bool lock_is_shared(const char *dir);

#endif
