/* What the pages about blocks share. */
#ifndef ADMIN_DESK_FEDI_BLOCKS_H
#define ADMIN_DESK_FEDI_BLOCKS_H

#include "admin/desk_fedi.h"
#include "federation/domain_import.h"

/* The planet, if the viewer is also the node's owner; NOT_FOUND else. */
MUST_USE enum err desk_node_owner(struct rq *rq, struct planet *ret);
/* The page again, with what went wrong. */
MUST_USE enum err desk_blocks_show(struct rq *rq, const struct planet *p, enum err e);
struct view_block_effect desk_effect(struct cx *cx, const struct fed_effect *e);
struct str desk_rule_label(struct cx *cx, const struct fed_domain *d);

#endif
