/* Catalogues are .mo files (GNU gettext manual, "The Format of GNU MO Files"), compiled in and read
 * here rather than by libintl: that one follows the process's locale and wants it installed, while
 * two requests at once may want two languages. */
#include "node/base/i18n.h"

#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/currency.h"
#include "node/base/embed.h"
#include "node/base/log.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded i18n_catalogues[]; /* "zh_CN.mo" */

static uint32_t word_at(const unsigned char *p, size_t at)
{
    uint32_t v;
    memcpy(&v, p + at, sizeof v); /* msgfmt writes the build machine's order */
    return v;
}

/* The msgstr of msgid, or NULL. Entries are sorted by msgid; a plural's is "one\0many". */
static const char *lookup(const unsigned char *mo, const char *msgid)
{
    uint32_t n = word_at(mo, 8), originals = word_at(mo, 12), translations = word_at(mo, 16);
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const char *s = (const char *)mo + word_at(mo, originals + 8 * (size_t)mid + 4);
        int c = strcmp(msgid, s);
        if (c == 0) {
            const char *found =
                (const char *)mo + word_at(mo, translations + 8 * (size_t)mid + 4);
            return *found == '\0' ? NULL : found;
        }
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

static const char *translated(enum locale locale, const char *msgid)
{
    if (locale != LOCALE_ZH_CN || *msgid == '\0')
        return NULL;
    return lookup(i18n_catalogues[0].bytes, msgid);
}

const char *i18n_get(enum locale locale, const char *msgid)
{
    const char *s = translated(locale, msgid);
    return s == NULL ? msgid : s;
}

const char *i18n_getn(enum locale locale, const char *msgid, const char *plural, int64_t n)
{
    const char *s = translated(locale, msgid); /* Chinese has one form */
    if (s != NULL)
        return s;
    return n == 1 ? msgid : plural;
}

struct str i18n_fill(struct arena *a, const char *pattern, const struct str *args, size_t n_args)
{
    struct buf b;
    buf_init_arena(&b, a, 1 << 20);
    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '{' && p[1] >= '0' && p[1] <= '9' && p[2] == '}' &&
            (size_t)(p[1] - '0') < n_args) {
            buf_put(&b, args[p[1] - '0']);
            p += 2;
        } else {
            buf_put_char(&b, *p);
        }
    }
    return buf_str(&b);
}

struct str i18n_tag(enum locale locale)
{
    return locale == LOCALE_ZH_CN ? STR("zh-CN") : STR("en");
}

bool i18n_parse(struct str tag, enum locale *ret)
{
    if (str_ieq_c(tag, "zh") || str_istarts(tag, STR("zh-")) || str_istarts(tag, STR("zh_"))) {
        *ret = LOCALE_ZH_CN;
        return true;
    }
    if (str_ieq_c(tag, "en") || str_istarts(tag, STR("en-")) || str_istarts(tag, STR("en_"))) {
        *ret = LOCALE_EN;
        return true;
    }
    return false;
}

/* "q=0.8" as thousandths; 1000 when absent, 0 when malformed. */
static int quality(struct str params)
{
    struct str p = str_trim(params);
    if (!str_istarts(p, STR("q=")))
        return 1000;
    p = str_sub(p, 2, SIZE_MAX);
    if (p.n == 0 || (p.p[0] != '0' && p.p[0] != '1'))
        return 0;
    int q = (p.p[0] - '0') * 1000, unit = 100;
    for (size_t i = 2; i < p.n && i < 5; i++, unit /= 10) {
        if (p.p[i] < '0' || p.p[i] > '9')
            return 0;
        q += (p.p[i] - '0') * unit;
    }
    return q > 1000 ? 1000 : q;
}

enum locale i18n_choose(struct str accept_language)
{
    enum locale best = LOCALE_EN;
    int best_q = 0;
    struct str rest = accept_language, item;
    while (str_next(&rest, ',', &item)) {
        struct str params = STR_NULL;
        size_t semicolon = str_find_char(item, ';', 0);
        if (semicolon != SIZE_MAX) {
            params = str_sub(item, semicolon + 1, SIZE_MAX);
            item = str_sub(item, 0, semicolon);
        }
        enum locale l;
        int q = quality(params);
        if (q > best_q && i18n_parse(str_trim(item), &l)) {
            best = l;
            best_q = q;
        }
    }
    return best;
}

void i18n_clock(struct cx *cx, struct str zone_name)
{
    if (!str_eq(cx->zone_name, zone_name))
        cx->zone = NULL;
    cx->zone_name = zone_name;
}

const struct zone *i18n_zone(struct cx *cx)
{
    if (cx->zone == NULL && cx->zone_name.n > 0 && !str_eq_c(cx->zone_name, ZONE_UTC)) {
        cx->zone = zone_open(cx->arena, cx->zone_name);
        if (cx->zone == NULL) {
            log_error("zone", "the time zone " STR_FMT " is not in tzdata: UTC is taken", STR_ARG(cx->zone_name));
            cx->zone_name = STR_NULL;
        }
    }
    return cx->zone;
}

const struct zone *i18n_zone_of(struct cx *cx, struct str zone_name)
{
    struct str name = cx->zone_name;
    const struct zone *kept = cx->zone;
    if (str_eq(name, zone_name))
        return i18n_zone(cx);
    i18n_clock(cx, zone_name);
    const struct zone *z = i18n_zone(cx);
    cx->zone_name = name;
    cx->zone = kept;
    return z;
}

static struct str date(struct cx *cx, const struct zone_date *d)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (cx->locale == LOCALE_ZH_CN)
        return str_fmt(cx->arena, "%lld年%d月%d日", (long long)d->year, d->month, d->day);
    return str_fmt(cx->arena, "%d %s %lld", d->day, months[d->month - 1], (long long)d->year);
}

struct str i18n_date(struct cx *cx, int64_t ms)
{
    struct zone_date d = zone_date(i18n_zone(cx), ms);
    return date(cx, &d);
}

/* "", "+8", "−3:30" */
static struct str ahead(struct cx *cx, int64_t ms)
{
    int minutes = (int)(zone_offset(i18n_zone(cx), ms) / MS_MINUTE), n = minutes < 0 ? -minutes : minutes;
    if (minutes == 0)
        return STR("");
    return str_fmt(cx->arena, n % 60 == 0 ? "%s%d" : "%s%d:%02d", minutes < 0 ? "−" : "+", n / 60, n % 60);
}

struct str i18n_datetime(struct cx *cx, int64_t ms)
{
    struct zone_date d = zone_date(i18n_zone(cx), ms);
    return str_fmt(cx->arena, STR_FMT " %02d:%02d UTC" STR_FMT, STR_ARG(date(cx, &d)), d.hour, d.minute,
                   STR_ARG(ahead(cx, ms)));
}

struct str i18n_ago(struct cx *cx, int64_t ms)
{
    int64_t past = cx->now - ms;
    if (past < MS_MINUTE)
        return str_c(tr(cx, "just now"));
    if (past >= 7 * MS_DAY)
        return i18n_date(cx, ms);
    const char *pattern;
    int64_t n;
    if (past < MS_HOUR) {
        n = past / MS_MINUTE;
        pattern = i18n_getn(cx->locale, "{0} minute ago", "{0} minutes ago", n);
    } else if (past < MS_DAY) {
        n = past / MS_HOUR;
        pattern = i18n_getn(cx->locale, "{0} hour ago", "{0} hours ago", n);
    } else {
        n = past / MS_DAY;
        pattern = i18n_getn(cx->locale, "{0} day ago", "{0} days ago", n);
    }
    struct str count = str_fmt(cx->arena, "%lld", (long long)n);
    return i18n_fill(cx->arena, pattern, &count, 1);
}

/* By hand like the dates: opening a formatter of ICU costs a third of a page, and its library most of
 * a megabyte. Both languages write sign, symbol, digits in threes; whole amounts without decimals. */
struct str i18n_money(struct cx *cx, int64_t minor, struct str currency)
{
    char digits[32], out[48];
    int exponent = currency_exponent(currency), n = 0;
    uint64_t unit = 1, value = minor < 0 ? -(uint64_t)minor : (uint64_t)minor;
    for (int i = 0; i < exponent; i++)
        unit *= 10;
    int whole = snprintf(digits, sizeof digits, "%llu", (unsigned long long)(value / unit));
    for (int i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = digits[i];
    }
    if (value % unit != 0)
        n += snprintf(out + n, sizeof out - (size_t)n, ".%0*llu", exponent,
                      (unsigned long long)(value % unit));
    return str_fmt(cx->arena, "%s" STR_FMT "%.*s", minor < 0 ? "-" : "",
                   STR_ARG(currency_symbol(cx->arena, currency, cx->locale == LOCALE_ZH_CN)), n, out);
}
