/* How a zone's clocks go on for ever: the last line of its TZif file, which is a POSIX TZ string as RFC 9636
 * section 3.3.1 widens it ("EST5EDT,M3.2.0,M11.1.0"). Any thread. */
#ifndef NODE_BASE_ZONE_RULE_H
#define NODE_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "node/base/str.h"

struct zone_turn {              /* a moment of each year */
    enum { TURN_JULIAN, TURN_DAY, TURN_WEEKDAY } kind;
    int month, week, day;       /* J1–365 without the leap day, 0–365 with it, or the week-th day of a month */
    int32_t time;               /* seconds from midnight by the clocks that are turned */
};
struct zone_rule {
    int32_t standard, summer;   /* seconds ahead of UTC */
    bool has_summer;
    struct zone_turn begins, ends;
};

bool zone_rule_parse(struct str s, struct zone_rule *ret);
/* At that moment, in seconds since 1970. */
int64_t zone_rule_offset(const struct zone_rule *r, int64_t s);

#endif
