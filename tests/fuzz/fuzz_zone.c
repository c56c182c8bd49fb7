/* A time zone's file: whatever it says, each moment has an hour, and each hour that clocks show a moment. */
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/zone.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str s = {arena_copy(a, p, n), n};
    const struct zone *z = zone_parse(a, STR("x"), s);
    for (int64_t ms = -50 * 365 * MS_DAY; z != NULL && ms < 120 * 365 * MS_DAY; ms += 173 * MS_DAY + 12345678) {
        int64_t ahead = zone_offset(z, ms), day = zone_day(z, ms);
        if (ahead <= -26 * MS_HOUR || ahead >= 26 * MS_HOUR || day * MS_DAY > ms + ahead || (day + 1) * MS_DAY <= ms + ahead)
            abort();
        struct zone_date d = zone_date(z, ms);
        if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || d.hour < 0 || d.hour > 23 || d.minute < 0 || d.minute > 59)
            abort();
        (void)zone_moment(z, ms + ahead);
        (void)zone_add_months(z, ms, 1, 31);
    }
    arena_free(a);
    return 0;
}
