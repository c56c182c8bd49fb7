/* What redeem codes and gifts share: they are typed in one box and look alike. */
#ifndef NODE_MONEY_REDEEM_INT_H
#define NODE_MONEY_REDEEM_INT_H

#include "node/cx.h"

/* The keyed hash by which a code (20 characters, no hyphens) is found. */
struct str redeem_hash(struct cx *cx, struct str code);
/* ERR_NOT_FOUND and the one sentence for wrong, used and taken back. */
MUST_USE enum err redeem_no_such_code(struct cx *cx);

#endif
