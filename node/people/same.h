/* Are two accounts one person? As far as a mail address tells: "ann+tea@x.org" and "Ann@x.org" are one,
 * and dots mean nothing at Gmail. For what somebody may have once (a trial) or not from himself (the
 * reward for an invitation). */
#ifndef NODE_PEOPLE_SAME_H
#define NODE_PEOPLE_SAME_H

#include "node/cx.h"

/* The address as it is compared; empty for none. */
struct str same_mail(struct arena *a, struct str mail);
MUST_USE enum err same_person(struct cx *cx, int64_t a, int64_t b, bool *ret);

#endif
