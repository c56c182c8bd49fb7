/* Countries and regions: their codes (ISO 3166-1), their names, and which one an address is in. */
#ifndef NODE_BASE_COUNTRY_H
#define NODE_BASE_COUNTRY_H

#include "node/base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct country { const char *code, *en, *zh; };
const struct country *country_all(size_t *ret_n);           /* by code */
const struct country *country_by_code(struct str code);     /* upper case; NULL: none such */

/* In a table of lines "first,last,CC", sorted, IPv4 before IPv6 (as the free lists of DB-IP and others are):
 * false when the address is in none, or this is no such table. */
bool country_find(struct str table, struct str ip, char ret[3]);
/* The same in a file, which is only mapped. False when there is none. Any thread. */
bool country_of_ip(const char *path, struct str ip, char ret[3]);

#endif
