/* What is made ahead, so that a new node stands in a moment: RSA key pairs, sealed in the registry, and
 * an empty store to copy. Serving processes fill the pool in the background. Any thread. */
#ifndef ADMIN_HOST_SPARE_H
#define ADMIN_HOST_SPARE_H

#include "admin/host/host.h"

enum { HOST_KEYS_A_NODE = 3, HOST_SPARE_KEYS = 600, HOST_SPARE_SCHEMAS = 100 };

/* Inside a transaction: take up to HOST_KEYS_A_NODE keys out of the pool (they are gone when it
 * commits). What is missing is made when it is needed. */
MUST_USE enum err host_spare_take(struct cx *cx, struct spare_keys *ret);
/* Make one more if there are fewer than want; *ret_full says whether nothing is missing. Outside of
 * transactions: it takes a tenth of a second. */
MUST_USE enum err host_spare_fill(struct cx *cx, int64_t want, bool *ret_full);
/* On PostgreSQL, inside a transaction: the name of a schema that is empty and migrated; *ret_found false:
 * none is left. */
MUST_USE enum err host_spare_schema(struct cx *cx, bool *ret_found, struct str *ret);
/* At the start, when nobody else serves: what a dead process had begun is thrown away. */
MUST_USE enum err host_spare_mend(struct cx *cx);
/* The path of an empty SQLite store of this version; made when missing. */
MUST_USE enum err host_template(struct cx *cx, const char **ret_path);

#endif
