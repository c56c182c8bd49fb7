#include "node/base/clock.h"

#include <stdio.h>
#include <string.h>

#include "node/base/arena.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_cond_init(pthread_cond_t *ret)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(ret, &attr);
    pthread_condattr_destroy(&attr);
}

struct timespec clock_deadline(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* The proleptic Gregorian calendar in whole-number arithmetic, without libc's gmtime: no time zone
 * data, no locale, the same on every machine. Years are counted from March, so that the leap day
 * comes last. */
struct civil {
    int64_t year;
    int month, day;             /* 1–12, 1–31 */
    int hour, minute, second, ms;
    int weekday;                /* 0 = Sunday */
};

static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static struct civil civil_of(int64_t ms)
{
    int64_t days = ms / MS_DAY, rest = ms % MS_DAY;
    if (rest < 0) {
        rest += MS_DAY;
        days--;
    }
    struct civil c = {.hour = (int)(rest / MS_HOUR),
                      .minute = (int)(rest / MS_MINUTE % 60),
                      .second = (int)(rest / MS_SECOND % 60),
                      .ms = (int)(rest % 1000)};
    c.weekday = (int)(((days + 4) % 7 + 7) % 7);
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    c.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    c.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    c.year = yoe + era * 400 + (c.month <= 2);
    return c;
}

static int days_in_month(int64_t y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return m == 2 && leap ? 29 : days[m - 1];
}

static int64_t ms_of(const struct civil *c)
{
    return days_from_civil(c->year, c->month, c->day) * MS_DAY + c->hour * MS_HOUR +
           c->minute * MS_MINUTE + c->second * MS_SECOND + c->ms;
}

struct str clock_rfc3339(struct arena *a, int64_t ms)
{
    struct civil c = civil_of(ms);
    return str_fmt(a, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)c.year, c.month, c.day, c.hour,
                   c.minute, c.second);
}

/* n digits at *at; false when there are fewer. */
static bool digits(struct str s, size_t *at, int n, int *ret)
{
    int v = 0;
    if (*at > s.n || (size_t)n > s.n - *at)
        return false;
    for (int i = 0; i < n; i++) {
        char d = s.p[*at + (size_t)i];
        if (d < '0' || d > '9')
            return false;
        v = v * 10 + (d - '0');
    }
    *at += (size_t)n;
    *ret = v;
    return true;
}

static bool literal(struct str s, size_t *at, char c)
{
    if (*at >= s.n || (s.p[*at] | 0x20) != (c | 0x20))
        return false;
    (*at)++;
    return true;
}

/* A leap second is taken as the second before it, as POSIX time has none. */
static bool is_possible(struct civil *c)
{
    if (c->second == 60)
        c->second = 59;
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 59;
}

bool clock_parse_rfc3339(struct str s, int64_t *ret_ms)
{
    struct civil c = {0};
    size_t at = 0;
    int year = 0;
    if (!digits(s, &at, 4, &year) || !literal(s, &at, '-') || !digits(s, &at, 2, &c.month) ||
        !literal(s, &at, '-') || !digits(s, &at, 2, &c.day))
        return false;
    if (!literal(s, &at, 'T') && !literal(s, &at, ' '))
        return false;
    if (!digits(s, &at, 2, &c.hour) || !literal(s, &at, ':') || !digits(s, &at, 2, &c.minute) ||
        !literal(s, &at, ':') || !digits(s, &at, 2, &c.second))
        return false;
    c.year = year;
    if (at < s.n && s.p[at] == '.') {
        int scale = 100, d = 0;
        size_t from = ++at;
        while (digits(s, &at, 1, &d)) {
            c.ms += d * scale;
            scale /= 10;
        }
        if (at == from)
            return false;
    }
    int64_t offset = 0;
    if (!literal(s, &at, 'Z')) {
        int hours = 0, minutes = 0;
        bool west = at < s.n && s.p[at] == '-';
        if (at >= s.n || (s.p[at] != '+' && s.p[at] != '-'))
            return false;
        at++;
        if (!digits(s, &at, 2, &hours) || !literal(s, &at, ':') || !digits(s, &at, 2, &minutes) ||
            hours > 23 || minutes > 59)
            return false;
        offset = (hours * MS_HOUR + minutes * MS_MINUTE) * (west ? -1 : 1);
    }
    if (at != s.n || !is_possible(&c))
        return false;
    *ret_ms = ms_of(&c) - offset;
    return true;
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "SunMonTueWedThuFriSat";

struct str clock_http_date(struct arena *a, int64_t ms)
{
    struct civil c = civil_of(ms);
    return str_fmt(a, "%.3s, %02d %.3s %04lld %02d:%02d:%02d GMT", weekdays + 3 * c.weekday, c.day,
                   months + 3 * (c.month - 1), (long long)c.year, c.hour, c.minute, c.second);
}

bool clock_parse_http_date(struct str s, int64_t *ret_ms)
{
    struct civil c = {0};
    size_t at = 5; /* the day's name follows from the date and is not looked at */
    int year = 0;
    if (s.n != 29 || s.p[3] != ',' || s.p[4] != ' ')
        return false;
    if (!digits(s, &at, 2, &c.day) || !literal(s, &at, ' '))
        return false;
    for (int m = 0; m < 12; m++)
        if (memcmp(s.p + at, months + 3 * m, 3) == 0)
            c.month = m + 1;
    at += 3;
    if (!literal(s, &at, ' ') || !digits(s, &at, 4, &year) || !literal(s, &at, ' ') ||
        !digits(s, &at, 2, &c.hour) || !literal(s, &at, ':') || !digits(s, &at, 2, &c.minute) ||
        !literal(s, &at, ':') || !digits(s, &at, 2, &c.second))
        return false;
    c.year = year;
    if (!str_eq(str_sub(s, at, SIZE_MAX), STR(" GMT")) || !is_possible(&c))
        return false;
    *ret_ms = ms_of(&c);
    return true;
}

int64_t clock_add_months(int64_t ms, int n, int anchor_day)
{
    struct civil c = civil_of(ms);
    int64_t month = c.year * 12 + (c.month - 1) + n;
    c.year = month >= 0 ? month / 12 : (month - 11) / 12;
    c.month = (int)(month - c.year * 12) + 1;
    c.day = anchor_day;
    int last = days_in_month(c.year, c.month);
    if (c.day > last)
        c.day = last;
    return ms_of(&c);
}

int clock_day_of_month(int64_t ms)
{
    return civil_of(ms).day;
}

void clock_civil(int64_t ms, int64_t *ret_year, int *ret_month, int *ret_day)
{
    struct civil c = civil_of(ms);
    *ret_year = c.year;
    *ret_month = c.month;
    *ret_day = c.day;
}

int64_t clock_civil_ms(int64_t year, int month, int day)
{
    return days_from_civil(year, month, day) * MS_DAY;
}
