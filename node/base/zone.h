/* Time zones by their IANA names, from the system's tzdata: TZif files of RFC 9636, versions 2 and up, without
 * leap seconds. libc knows one zone for the whole process; here each caller holds its own, on any thread.
 *
 * Time stays UTC milliseconds everywhere; a zone says which day and hour it is somewhere. Where clocks are
 * turned back an hour comes twice: the first is meant. Where they are put forward an hour is missing: what is
 * said within it is as much later. */
#ifndef NODE_BASE_ZONE_H
#define NODE_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "node/base/str.h"

struct zone;

enum { ZONE_NAME_MAX = 64, ZONE_FILE_MAX = 64 * 1024 };
#define ZONE_UTC "UTC"

/* In the arena. NULL: no such zone, or tzdata is missing or damaged. "UTC" needs no tzdata. */
const struct zone *zone_open(struct arena *a, struct str name);
/* A file's bytes; NULL if they are none. */
const struct zone *zone_parse(struct arena *a, struct str name, struct str bytes);
struct str zone_name(const struct zone *z);

/* Names to choose from, sorted: a place of each country, and UTC. Others (links, Etc/GMT-8) are good, too.
 * Without tzdata there is UTC alone. */
void zone_list(struct arena *a, struct str **ret, size_t *ret_n);

/* In all that follows, a zone that is NULL is UTC. */

/* How far its clocks are ahead of UTC at that moment. */
int64_t zone_offset(const struct zone *z, int64_t ms);
/* The moment at which clocks show this: ms counted as if they showed UTC. */
int64_t zone_moment(const struct zone *z, int64_t shown_ms);

struct zone_date { int64_t year; int month, day, hour, minute; }; /* month 1–12 */
struct zone_date zone_date(const struct zone *z, int64_t ms);
/* Days since 1 January 1970 there, and when such a day begins. */
int64_t zone_day(const struct zone *z, int64_t ms);
int64_t zone_day_start(const struct zone *z, int64_t day);
/* When a month begins; month may lie outside of 1–12. */
int64_t zone_month_start(const struct zone *z, int64_t year, int64_t month);
/* "2026-11-20": when that day begins, and the next. */
bool zone_parse_day(const struct zone *z, struct str s, int64_t *ret_from, int64_t *ret_to);
/* And back. */
struct str zone_print_day(struct arena *a, const struct zone *z, int64_t ms);
/* RFC 3339 with seconds, as its clocks show it: "2027-01-01T00:30:00+08:00", "…Z" in UTC. */
struct str zone_rfc3339(struct arena *a, const struct zone *z, int64_t ms);
/* clock_add_months and clock_day_of_month by its calendar; the hour stays as it was. */
int64_t zone_add_months(const struct zone *z, int64_t ms, int months, int anchor_day);
int zone_day_of_month(const struct zone *z, int64_t ms);

#endif
