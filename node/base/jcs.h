/* Canonical JSON (RFC 8785, JCS): one text for one value, so that it can be hashed and signed.
 * Names in the order of their UTF-16 code units, numbers as ECMAScript prints them, no white space,
 * only those escapes that must be. Any thread. */
#ifndef NODE_BASE_JCS_H
#define NODE_BASE_JCS_H

#include <jansson.h>

#include "node/base/buf.h"
#include "node/base/err.h"

struct arena;

/* Appends. ERR_TOO_LARGE: over the buffer's cap. ERR_INVALID: what has no canonical form (a number
 * that is not finite, nesting deeper than json_read lets through). */
MUST_USE enum err jcs_write(struct arena *a, const json_t *j, struct buf *out);
/* One finite number as ECMA-262 Number::toString writes it. */
void jcs_number(struct buf *out, double v);

#endif
