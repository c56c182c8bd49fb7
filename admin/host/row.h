/* Shared inside admin/host: from the registry's row to what verbs give. */
#ifndef ADMIN_HOST_ROW_H
#define ADMIN_HOST_ROW_H

#include "admin/host/host_sql.h"
#include "admin/host/verbs.h"

/* Who has not been heard of for so long does not serve any more. */
enum { HOST_ALIVE_MS = 15 * 1000 };

struct host_node host_node_of(const struct host_row *r);
/* The row by label or domain, not a half-made one. NOT_FOUND is told. */
MUST_USE enum err host_row_find(struct cx *cx, struct str name, struct host_row *ret);
/* A label: told when it is none. */
MUST_USE enum err host_name_ok(struct cx *cx, struct str name);
/* Runs fn with a cx on the node: of the serving process if there is one, else opened for this. What
 * went wrong there is told here. */
MUST_USE enum err host_with_node(struct cx *cx, const struct host_row *r,
                                 enum err (*fn)(struct cx *node_cx, void *arg), void *arg);
/* Does every process that serves know of this change? */
MUST_USE enum err host_all_know(struct cx *cx, int64_t version, bool *ret);
/* The node's data to another store, the old one kept until the new one is whole. ret_error: for the
 * registry, without the address. */
MUST_USE enum err host_change_store(struct cx *cx, const struct host_row *r, struct str to,
                                    const char **ret_error);
/* Removes what lies outside of the node's directory. */
MUST_USE enum err host_drop_store(struct cx *cx, const struct host_row *r, const char *dir);
/* "sqlite" or "postgresql", for an address or word of a store. */
struct str host_store_word(struct str store);
/* Pass the sentence and cause of another cx on. */
enum err host_pass_on(struct cx *cx, const struct cx *from, enum err e);

#endif
