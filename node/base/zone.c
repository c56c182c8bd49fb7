#include "node/base/zone.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/zone_rule.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_DIR "/usr/share/zoneinfo"

enum { HEADER = 44, TIMES_MAX = 4096, TYPES_MAX = 256, OFFSET_MAX_S = 26 * 3600, LIST_MAX = 1024 };

struct zone {
    struct str name;
    size_t n;                   /* changes of the clocks */
    const int64_t *at;          /* seconds, ascending */
    const int32_t *ahead;       /* seconds from there on */
    int32_t first;              /* before the first of them */
    bool has_rule;              /* how it goes on after the last one */
    struct zone_rule rule;
};

/* ---- reading ---- */

static uint32_t be32(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t be64(const char *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct head { size_t n_ut, n_std, n_leap, n_time, n_type, n_char; };

static bool read_head(struct str s, struct head *ret)
{
    if (s.n < HEADER || memcmp(s.p, "TZif", 4) != 0 || s.p[4] < '2')
        return false;
    *ret = (struct head){be32(s.p + 20), be32(s.p + 24), be32(s.p + 28), be32(s.p + 32), be32(s.p + 36), be32(s.p + 40)};
    return ret->n_ut <= TYPES_MAX && ret->n_std <= TYPES_MAX && ret->n_leap <= TIMES_MAX && ret->n_time <= TIMES_MAX &&
           ret->n_type <= TYPES_MAX && ret->n_char <= TIMES_MAX;
}

static size_t size_of(const struct head *h, size_t time)
{
    return h->n_time * (time + 1) + h->n_type * 6 + h->n_char + h->n_leap * (time + 4) + h->n_std + h->n_ut;
}

static bool offset_of(const struct head *h, const char *types, size_t type, int32_t *ret)
{
    if (type >= h->n_type)
        return false;
    *ret = (int32_t)be32(types + 6 * type);
    return *ret > -OFFSET_MAX_S && *ret < OFFSET_MAX_S;
}

static bool read_times(struct arena *a, const struct head *h, const char *p, struct zone *z)
{
    const char *types = p + h->n_time * 9;
    int64_t *at = ARENA_ARRAY(a, int64_t, h->n_time);
    int32_t *ahead = ARENA_ARRAY(a, int32_t, h->n_time);
    if (!offset_of(h, types, 0, &z->first))
        return false;
    for (size_t i = 0; i < h->n_time; i++) {
        at[i] = be64(p + 8 * i);
        if ((i > 0 && at[i] <= at[i - 1]) ||
            !offset_of(h, types, (unsigned char)p[8 * h->n_time + i], &ahead[i]))
            return false;
    }
    z->n = h->n_time;
    z->at = at;
    z->ahead = ahead;
    return true;
}

const struct zone *zone_parse(struct arena *a, struct str name, struct str bytes)
{
    struct zone *z = ARENA_NEW(a, struct zone);
    struct head h;
    z->name = str_dup(a, name);
    if (!read_head(bytes, &h))
        return NULL;
    /* What comes first is for programs that know 32 bits only. */
    bytes = str_sub(bytes, HEADER + size_of(&h, 4), SIZE_MAX);
    if (!read_head(bytes, &h) || h.n_leap > 0 || h.n_type == 0 || bytes.n < HEADER + size_of(&h, 8) + 2 ||
        !read_times(a, &h, bytes.p + HEADER, z))
        return NULL;
    struct str tail = str_sub(bytes, HEADER + size_of(&h, 8), SIZE_MAX);
    if (tail.p[0] != '\n' || tail.p[tail.n - 1] != '\n')
        return NULL;
    tail = str_sub(tail, 1, tail.n - 2);
    z->has_rule = tail.n > 0;
    return z->has_rule && !zone_rule_parse(tail, &z->rule) ? NULL : z;
}

/* ---- files ---- */

/* A name leads nowhere else: no dots, no leading slash. */
static bool name_ok(struct str s)
{
    if (s.n == 0 || s.n >= ZONE_NAME_MAX || s.p[0] == '/' || s.p[s.n - 1] == '/')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && strchr("_-+/", c) == NULL)
            return false;
    }
    return true;
}

static struct str read_file(struct arena *a, const char *path, size_t max)
{
    struct stat st;
    struct str got = STR_NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return got;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= max) {
        size_t n = (size_t)st.st_size, at = 0;
        char *p = arena_alloc(a, n + 1);
        ssize_t r = 1;
        while (at < n && r > 0) {
            r = read(fd, p + at, n - at);
            at += r > 0 ? (size_t)r : 0;
        }
        got = at == n ? (struct str){p, n} : STR_NULL;
    }
    close(fd);
    return got;
}

const struct zone *zone_open(struct arena *a, struct str name)
{
    if (str_eq_c(name, ZONE_UTC)) {
        struct zone *utc = ARENA_NEW(a, struct zone);
        utc->name = STR(ZONE_UTC);
        return utc;
    }
    if (!name_ok(name))
        return NULL;
    struct str bytes = read_file(a, arena_printf(a, ZONE_DIR "/" STR_FMT, STR_ARG(name)), ZONE_FILE_MAX);
    return bytes.n == 0 ? NULL : zone_parse(a, name, bytes);
}

static int by_name(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int c = memcmp(x->p, y->p, n);
    return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

void zone_list(struct arena *a, struct str **ret, size_t *ret_n)
{
    struct str rest = read_file(a, ZONE_DIR "/zone.tab", 4 * ZONE_FILE_MAX), line;
    struct str *all = ARENA_ARRAY(a, struct str, LIST_MAX);
    size_t n = 0;
    while (n < LIST_MAX - 1 && rest.n > 0 && str_next(&rest, '\n', &line)) {
        struct str name = STR_NULL; /* "CN	+3114+12128	Asia/Shanghai	Beijing Time" */
        for (int i = 0; i < 3; i++)
            if (line.n == 0 || line.p[0] == '#' || !str_next(&line, '\t', &name))
                name = STR_NULL;
        if (name_ok(name) && str_find_char(name, '/', 0) != SIZE_MAX)
            all[n++] = name;
    }
    all[n++] = STR(ZONE_UTC);
    qsort(all, n, sizeof *all, by_name);
    *ret = all;
    *ret_n = n;
}

struct str zone_name(const struct zone *z)
{
    return z == NULL ? STR(ZONE_UTC) : z->name;
}

/* ---- asking ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t zone_offset(const struct zone *z, int64_t ms)
{
    int64_t s = floor_div(ms, MS_SECOND);
    if (z == NULL)
        return 0;
    if (z->has_rule && (z->n == 0 || s >= z->at[z->n - 1]))
        return zone_rule_offset(&z->rule, s) * MS_SECOND;
    if (z->n == 0 || s < z->at[0])
        return z->first * MS_SECOND;
    size_t low = 0, high = z->n; /* at[low] <= s < at[high] */
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (z->at[mid] <= s)
            low = mid;
        else
            high = mid;
    }
    return z->ahead[low] * MS_SECOND;
}

int64_t zone_moment(const struct zone *z, int64_t shown_ms)
{
    /* As it is ahead a day before and a day after: at most one change lies between. */
    int64_t before = zone_offset(z, shown_ms - MS_DAY), after = zone_offset(z, shown_ms + MS_DAY);
    if (before == after || zone_offset(z, shown_ms - before) == before)
        return shown_ms - before;
    return zone_offset(z, shown_ms - after) == after ? shown_ms - after : shown_ms - before;
}

struct zone_date zone_date(const struct zone *z, int64_t ms)
{
    struct zone_date d;
    int64_t shown = ms + zone_offset(z, ms);
    clock_civil(shown, &d.year, &d.month, &d.day);
    int64_t minutes = floor_div(shown, MS_MINUTE) - floor_div(shown, MS_DAY) * (MS_DAY / MS_MINUTE);
    d.hour = (int)(minutes / 60);
    d.minute = (int)(minutes % 60);
    return d;
}

int64_t zone_day(const struct zone *z, int64_t ms)
{
    return floor_div(ms + zone_offset(z, ms), MS_DAY);
}

int64_t zone_day_start(const struct zone *z, int64_t day)
{
    return zone_moment(z, day * MS_DAY);
}

int64_t zone_month_start(const struct zone *z, int64_t year, int64_t month)
{
    int64_t years = floor_div(month - 1, 12);
    return zone_moment(z, clock_civil_ms(year + years, (int)(month - 12 * years), 1));
}

bool zone_parse_day(const struct zone *z, struct str s, int64_t *ret_from, int64_t *ret_to)
{
    char stamp[32] = {0};
    int64_t shown;
    if (s.n != 10)
        return false;
    memcpy(stamp, s.p, s.n);
    memcpy(stamp + s.n, "T00:00:00Z", 10);
    if (!clock_parse_rfc3339((struct str){stamp, 20}, &shown))
        return false;
    *ret_from = zone_moment(z, shown);
    *ret_to = zone_moment(z, shown + MS_DAY);
    return true;
}

struct str zone_print_day(struct arena *a, const struct zone *z, int64_t ms)
{
    struct zone_date d = zone_date(z, ms);
    return str_fmt(a, "%04lld-%02d-%02d", (long long)d.year, d.month, d.day);
}

struct str zone_rfc3339(struct arena *a, const struct zone *z, int64_t ms)
{
    int64_t ahead = zone_offset(z, ms) / MS_MINUTE * MS_MINUTE; /* seconds of sun time have no place in it */
    int minutes = (int)(ahead / MS_MINUTE), n = minutes < 0 ? -minutes : minutes;
    struct str shown = clock_rfc3339(a, ms + ahead);
    if (minutes == 0)
        return shown;
    return str_fmt(a, STR_FMT "%c%02d:%02d", STR_ARG(str_sub(shown, 0, shown.n - 1)), minutes < 0 ? '-' : '+', n / 60, n % 60);
}

int64_t zone_add_months(const struct zone *z, int64_t ms, int months, int anchor_day)
{
    return zone_moment(z, clock_add_months(ms + zone_offset(z, ms), months, anchor_day));
}

int zone_day_of_month(const struct zone *z, int64_t ms)
{
    return clock_day_of_month(ms + zone_offset(z, ms));
}
