/* One server a SQLite directory: a lock that lives as long as the process. */
#ifndef NODE_LOCK_H
#define NODE_LOCK_H

#include "node/base/err.h"

/* ERR_CONFLICT when another process serves this directory or it is half restored, ERR_NOT_FOUND when no node is in it: both
 * are logged. ret_fd is closed by the caller at its end. */
MUST_USE enum err lock_dir(const char *dir, int *ret_fd);

#endif
