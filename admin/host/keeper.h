/* What a serving host does beside serving: follows the registry (each second), writes down usage (each
 * minute), moves and deletes nodes, makes keys ahead. Two threads, so that a long move delays nothing
 * else.
 *
 *     TRY(keeper_begin(h, &options));   mends what a dead process left; entries of all nodes
 *     engines…
 *     TRY(keeper_start(h, …));
 *     …
 *     keeper_stop(k);                   the last usage is written; before the nodes are freed */
#ifndef ADMIN_HOST_KEEPER_H
#define ADMIN_HOST_KEEPER_H

#include "admin/host/host.h"
#include "node/nodes.h"

struct keeper;

/* For nodes_new: what woke and what slept is written into the registry. */
void keeper_options(struct host *h, struct nodes_options *o);
/* h->nodes is set and empty. Errors are logged. */
MUST_USE enum err keeper_begin(struct host *h);
MUST_USE enum err keeper_start(struct host *h, int64_t spare_keys, struct keeper **ret);
struct keeper *keeper_stop(struct keeper *k);
/* The entries are closed, too: nothing is unsure about them at the next start. */
void keeper_end(struct host *h);

#endif
