/* Time: int64 milliseconds since 1970, UTC, everywhere. */
#ifndef NODE_BASE_CLOCK_H
#define NODE_BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "node/base/str.h"

#define MS_SECOND INT64_C(1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR (60 * MS_MINUTE)
#define MS_DAY (24 * MS_HOUR)

int64_t clock_now(void);       /* wall clock */
int64_t clock_monotonic(void); /* for measuring only */

/* For waits that a change of the wall clock shall not touch: a condition on the monotonic clock, and
 * the moment ms from now to give to pthread_cond_timedwait. */
void clock_cond_init(pthread_cond_t *ret);
struct timespec clock_deadline(int64_t ms);

/* RFC 3339 in UTC with seconds ("2026-11-20T08:00:00Z"); of any offset when read. */
struct str clock_rfc3339(struct arena *a, int64_t ms);
bool clock_parse_rfc3339(struct str s, int64_t *ret_ms);
/* IMF-fixdate, RFC 9110 section 5.6.7 ("Sun, 06 Nov 1994 08:49:37 GMT"). */
struct str clock_http_date(struct arena *a, int64_t ms);
bool clock_parse_http_date(struct str s, int64_t *ret_ms);
/* Add whole months in UTC, clamped to the month's last day: Jan 31 + 1 = Feb 28/29. anchor_day
 * (1–31) is the day of the month that the term began on, so that Feb 28 + 1 gives Mar 31 again. */
int64_t clock_add_months(int64_t ms, int months, int anchor_day);
int clock_day_of_month(int64_t ms);
/* The date in UTC, and midnight of a date; node/base/zone.h has other places'. */
void clock_civil(int64_t ms, int64_t *ret_year, int *ret_month, int *ret_day);
int64_t clock_civil_ms(int64_t year, int month, int day);

#endif
