/* A list of servers, compared with the rules that are there, shown, and applied: all or nothing. */
#ifndef FEDERATION_DOMAIN_IMPORT_H
#define FEDERATION_DOMAIN_IMPORT_H

#include "federation/domain_list.h"

struct fed_import_options {
    bool allow;   /* the list is one of allow entries */
    bool replace; /* rules of that kind that are not in it go; else they stay */
};
struct fed_import_step {
    enum { IMPORT_ADD, IMPORT_CHANGE, IMPORT_REMOVE } what;
    struct fed_domain was, is; /* was of ADD and is of REMOVE: the host alone */
};
struct fed_import {
    struct fed_list list;
    const struct fed_import_step *steps; size_t n_steps;
    size_t n_add, n_change, n_remove, n_same;
    struct fed_domain_change change; /* what applying does */
    struct fed_effect effect;
};
/* What it would do; nothing is changed. INVALID, TOO_LARGE with a sentence and the line. For the
 * node's owner. */
MUST_USE enum err fed_import_plan(struct cx *cx, struct str text,
                                  const struct fed_import_options *o, struct fed_import *ret);
/* fed_domain_change of it; with nothing to do it does nothing. */
MUST_USE enum err fed_import_apply(struct cx *cx, const struct fed_import *i);
/* All rules of one kind as Mastodon's CSV. is_public: to be given away. */
MUST_USE enum err fed_domain_export(struct cx *cx, bool allow, bool is_public, struct buf *out);

#endif
