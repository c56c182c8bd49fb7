/* What a new node begins with: its owner, a planet with one tier, and the actors that other servers
 * will see. By `orrery init` and by a hosting provider's create. */
#ifndef ADMIN_FURNISH_H
#define ADMIN_FURNISH_H

#include "node/people/account.h"
#include "node/planet/planet.h"

struct furnishing {
    struct str owner;      /* mail address */
    struct str owner_name; /* STR_NULL: made of it */
    struct str planet;     /* handle */
    struct str title;
    struct str lang;       /* STR_NULL: en */
};
/* cx is on the new, empty node; its viewer becomes the owner. */
MUST_USE enum err furnish(struct cx *cx, const struct furnishing *f, struct account *ret_owner,
                          struct planet *ret_planet);

#endif
