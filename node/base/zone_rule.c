#include "node/base/zone_rule.h"

#include "node/base/clock.h"

enum { DAY_S = 86400, HOUR_S = 3600, NAME_MIN = 3, HOURS_MAX = 24, TURN_HOURS_MAX = 167 };

/* ---- reading ---- */

static char peek(const struct str *s)
{
    return s->n > 0 ? s->p[0] : '\0';
}

static bool take(struct str *s, char c)
{
    if (peek(s) != c || s->n == 0)
        return false;
    *s = str_sub(*s, 1, SIZE_MAX);
    return true;
}

static bool number(struct str *s, int max, int *ret)
{
    int v = 0, digits = 0;
    while (peek(s) >= '0' && peek(s) <= '9' && digits < 4) {
        v = v * 10 + (s->p[0] - '0');
        *s = str_sub(*s, 1, SIZE_MAX);
        digits++;
    }
    *ret = v;
    return digits > 0 && v <= max;
}

/* "EST", "<+08>" */
static bool skip_name(struct str *s)
{
    size_t n = 0;
    if (take(s, '<')) {
        n = str_find_char(*s, '>', 0);
        if (n == SIZE_MAX || n < NAME_MIN)
            return false;
        *s = str_sub(*s, n + 1, SIZE_MAX);
        return true;
    }
    while (n < s->n && ((s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z')))
        n++;
    *s = str_sub(*s, n, SIZE_MAX);
    return n >= NAME_MIN;
}

/* "5", "-3:30", "02:00:00" */
static bool seconds(struct str *s, int hours_max, int32_t *ret)
{
    int h, m = 0, sec = 0;
    bool minus = take(s, '-');
    if (!minus)
        (void)take(s, '+');
    if (!number(s, hours_max, &h) || (take(s, ':') && (!number(s, 59, &m) || (take(s, ':') && !number(s, 59, &sec)))))
        return false;
    *ret = (h * HOUR_S + m * 60 + sec) * (minus ? -1 : 1);
    return true;
}

static bool turn(struct str *s, struct zone_turn *t)
{
    *t = (struct zone_turn){.time = 2 * HOUR_S};
    if (take(s, 'M')) {
        t->kind = TURN_WEEKDAY;
        if (!number(s, 12, &t->month) || !take(s, '.') || !number(s, 5, &t->week) || !take(s, '.') ||
            !number(s, 6, &t->day) || t->month == 0 || t->week == 0)
            return false;
    } else {
        t->kind = take(s, 'J') ? TURN_JULIAN : TURN_DAY;
        if (!number(s, 365, &t->day) || (t->kind == TURN_JULIAN && t->day == 0))
            return false;
    }
    return !take(s, '/') || seconds(s, TURN_HOURS_MAX, &t->time);
}

/* POSIX counts to the west. */
bool zone_rule_parse(struct str s, struct zone_rule *ret)
{
    struct zone_rule r = {0};
    if (!skip_name(&s) || !seconds(&s, HOURS_MAX, &r.standard))
        return false;
    r.standard = -r.standard;
    r.has_summer = s.n > 0;
    if (r.has_summer) {
        if (!skip_name(&s))
            return false;
        r.summer = r.standard + HOUR_S;
        if (peek(&s) != ',') {
            if (!seconds(&s, HOURS_MAX, &r.summer))
                return false;
            r.summer = -r.summer;
        }
        if (!take(&s, ',') || !turn(&s, &r.begins) || !take(&s, ',') || !turn(&s, &r.ends))
            return false;
    }
    *ret = r;
    return s.n == 0;
}

/* ---- asking ---- */

static int64_t day_of(int64_t year, int month, int day)
{
    return clock_civil_ms(year, month, day) / MS_DAY;
}

/* By the clocks that are turned, in seconds as if they showed UTC. */
static int64_t turns_at(const struct zone_turn *t, int64_t year)
{
    int64_t day = day_of(year, 1, 1) + t->day;
    if (t->kind == TURN_JULIAN) {
        bool leap = day_of(year, 3, 1) - day_of(year, 2, 1) == 29;
        day += (leap && t->day > 59 ? 1 : 0) - 1;
    } else if (t->kind == TURN_WEEKDAY) {
        int64_t first = day_of(year, t->month, 1);
        int64_t next = t->month == 12 ? day_of(year + 1, 1, 1) : day_of(year, t->month + 1, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1 January 1970 was a Thursday */
        day = first + (t->day - weekday + 7) % 7 + 7 * (t->week - 1);
        while (day >= next)
            day -= 7;
    }
    return day * DAY_S + t->time;
}

int64_t zone_rule_offset(const struct zone_rule *r, int64_t s)
{
    int64_t year;
    int month, day;
    if (!r->has_summer)
        return r->standard;
    clock_civil((s + r->standard) * MS_SECOND, &year, &month, &day);
    int64_t begins = turns_at(&r->begins, year) - r->standard, ends = turns_at(&r->ends, year) - r->summer;
    bool summer = begins < ends ? s >= begins && s < ends : !(s >= ends && s < begins);
    return summer ? r->summer : r->standard;
}
