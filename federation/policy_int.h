/* A table of rules by hand, for those who ask what a change would do. Shared by policy.c, domains.c
 * and domains_effect.c alone. */
#ifndef FEDERATION_POLICY_INT_H
#define FEDERATION_POLICY_INT_H

#include "federation/domains.h"
#include "federation/policy.h"

struct domain_rule_row;

/* One thread's own table: no version, never read anew. */
void fed_rules_put(struct fed_rules *r, const struct fed_domain *d);
void fed_rules_set_mode(struct fed_rules *r, bool allow_mode);
struct fed_policy fed_rules_look(struct fed_rules *r, struct str host);
enum fed_level fed_level_parse(struct str word); /* of the store; unknown ones are FED_OPEN */

#endif
