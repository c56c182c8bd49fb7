#include "node/money/money.h"

#include "node/base/currency.h"

#include <string.h>

enum { EXPONENT_MAX = 12 };

int money_exponent(const char *cur)
{
    return currency_exponent(str_sub(str_c(cur), 0, 3));
}

bool money_currency_ok(struct str cur)
{
    if (cur.n != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (cur.p[i] < 'A' || cur.p[i] > 'Z')
            return false;
    return true;
}

struct money money_of(int64_t minor, struct str cur)
{
    struct money m = {.minor = minor};
    memcpy(m.cur, cur.p, cur.n < 3 ? cur.n : 3);
    return m;
}

/* Digits, at most one point, at most `exponent` digits behind it. */
static bool decimal_read(struct str s, int exponent, int64_t *ret)
{
    int64_t v = 0;
    int behind = -1; /* digits behind the point, -1: no point yet */
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && behind < 0 && i > 0) {
            behind = 0;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9' || behind >= exponent)
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s.p[i] - '0', &v))
            return false;
        digits++;
        behind += behind >= 0;
    }
    if (digits == 0 || behind == 0)
        return false;
    for (int i = behind < 0 ? 0 : behind; i < exponent; i++)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *ret = v;
    return true;
}

enum err money_parse_fields(struct cx *cx, struct str amount, struct str currency,
                            struct money *ret)
{
    char cur[4] = "";
    int64_t minor;
    amount = str_trim(amount);
    currency = str_trim(currency);
    for (size_t i = 0; i < currency.n && i < 3; i++)
        cur[i] = currency.p[i] >= 'a' && currency.p[i] <= 'z' ? (char)(currency.p[i] - 32)
                                                              : currency.p[i];
    if (currency.n != 3 || !money_currency_ok(str_c(cur)))
        return cx_tell(cx, ERR_INVALID,
                       N_("Name the currency by its three letters, such as CNY or EUR."));
    if (!decimal_read(amount, money_exponent(cur), &minor))
        return cx_tell(cx, ERR_INVALID,
                       N_("This is not an amount of that currency. Write it like 100 or 99.50."));
    *ret = money_of(minor, str_c(cur));
    return OK;
}

enum err money_parse(struct cx *cx, struct str s, struct money *ret)
{
    size_t colon = str_find_char(s, ':', 0);
    if (colon == SIZE_MAX)
        return cx_tell(cx, ERR_INVALID,
                       N_("Write money as CURRENCY:AMOUNT, such as CNY:100 or EUR:9.50."));
    return money_parse_fields(cx, str_sub(s, colon + 1, s.n), str_sub(s, 0, colon), ret);
}

struct str money_decimal(struct arena *a, struct money m)
{
    int exponent = money_exponent(m.cur);
    int64_t scale = 1;
    uint64_t v = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    const char *sign = m.minor < 0 ? "-" : "";
    if (exponent > EXPONENT_MAX)
        exponent = EXPONENT_MAX;
    for (int i = 0; i < exponent; i++)
        scale *= 10;
    if (exponent == 0)
        return str_fmt(a, "%s%llu", sign, (unsigned long long)v);
    return str_fmt(a, "%s%llu.%0*llu", sign, (unsigned long long)(v / (uint64_t)scale), exponent,
                   (unsigned long long)(v % (uint64_t)scale));
}

struct str money_format(struct arena *a, struct money m)
{
    return str_fmt(a, "%.3s:" STR_FMT, m.cur, STR_ARG(money_decimal(a, m)));
}
