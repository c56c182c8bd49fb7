#include "node/money/rails/cn.h"

#include <string.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/order.h"

enum { TIME_LEN = 19, DAY_LEN = 10, YUAN_MAX = 12 };

static struct str here(struct arena *a, int64_t ms, char between)
{
    char *p = arena_copy(a, clock_rfc3339(a, ms + 8 * MS_HOUR).p, TIME_LEN);
    p[DAY_LEN] = between;
    return (struct str){p, TIME_LEN};
}

struct str cn_time(struct arena *a, int64_t ms)
{
    return here(a, ms, ' ');
}

struct str cn_day(struct arena *a, int64_t ms)
{
    return str_sub(here(a, ms, ' '), 0, DAY_LEN);
}

struct str cn_rfc3339(struct arena *a, int64_t ms)
{
    return str_fmt(a, STR_FMT "+08:00", STR_ARG(here(a, ms, 'T')));
}

bool cn_time_parse(struct str s, int64_t *ret_ms)
{
    char z[TIME_LEN + 2];
    if (s.n != TIME_LEN || s.p[DAY_LEN] != ' ')
        return false;
    for (size_t i = 0; i < TIME_LEN; i++)
        z[i] = s.p[i];
    z[TIME_LEN] = 'Z';
    if (!clock_parse_rfc3339((struct str){z, TIME_LEN + 1}, ret_ms))
        return false;
    *ret_ms -= 8 * MS_HOUR;
    return true;
}

struct str cn_yuan(struct arena *a, int64_t fen)
{
    return str_fmt(a, "%lld.%02lld", (long long)(fen / 100), (long long)(fen % 100));
}

bool cn_yuan_parse(struct str s, int64_t *ret_fen)
{
    int64_t fen = 0;
    size_t point = str_find_char(s, '.', 0), whole = point == SIZE_MAX ? s.n : point;
    size_t decimals = point == SIZE_MAX ? 0 : s.n - point - 1;
    if (whole == 0 || whole > YUAN_MAX || decimals > 2 || (point != SIZE_MAX && decimals == 0))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (i == point)
            continue;
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        fen = fen * 10 + (s.p[i] - '0');
    }
    for (size_t i = decimals; i < 2; i++)
        fen *= 10;
    *ret_fen = fen;
    return true;
}

struct str cn_cut(struct str s, size_t n, size_t n_bytes)
{
    struct str cut = str_utf8_cut(s, n);
    while (cut.n > n_bytes)
        cut = str_utf8_cut(s, --n);
    return cut;
}

enum err cn_subject(struct cx *cx, const struct order *o, size_t n, size_t n_bytes, struct str *ret)
{
    struct planet p;
    struct tier t = {.name = STR("")};
    TRY(planet_by_id(cx, o->planet_id, &p));
    if (o->tier_id != DB_NULL)
        TRY(tier_by_id(cx, o->tier_id, &t));
    struct str s = t.name.n == 0 ? p.name : str_fmt(cx->arena, STR_FMT ": " STR_FMT, STR_ARG(p.name), STR_ARG(t.name));
    char *plain = arena_copy(cx->arena, s.p, s.n);
    for (size_t i = 0; i < s.n; i++) /* refused there, taken for something else, or the end of a cell in their bills */
        if ((unsigned char)plain[i] < ' ' || strchr("/=&\"<>,`", plain[i]) != NULL)
            plain[i] = ' ';
    s = str_trim(cn_cut((struct str){plain, s.n}, n, n_bytes));
    *ret = s.n > 0 ? s : STR("Orrery");
    return OK;
}

bool cn_takes(struct cx *cx, int64_t planet_id, struct str currency)
{
    (void)cx;
    (void)planet_id;
    return str_eq_c(currency, "CNY");
}
