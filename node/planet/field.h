/* What a planet says of itself in pairs: "Website", "City" … Shown on its page and on its actor
 * (PropertyValue), where other servers verify a link that leads back with rel="me". */
#ifndef NODE_PLANET_FIELD_H
#define NODE_PLANET_FIELD_H

#include "node/cx.h"

enum { PLANET_FIELDS_MAX = 4, FIELD_NAME_MAX = 40, FIELD_VALUE_MAX = 200 };

struct planet_field {
    struct str name, value; /* plain text, one line each */
    bool is_link;           /* value is an http or https address */
};

/* In their order. */
MUST_USE enum err planet_fields(struct cx *cx, int64_t planet_id, struct planet_field **ret,
                                size_t *ret_n);
/* Puts these in place of all; those without name and value are left out. Owner and partners. Fails
 * INVALID with a sentence: too many, too long, more than a line, half empty, a name twice. */
MUST_USE enum err planet_fields_set(struct cx *cx, int64_t planet_id,
                                    const struct planet_field *fields, size_t n);

#endif
