#include "node/money/percent.h"

static int64_t scale_of(int decimals)
{
    int64_t scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    return scale;
}

bool percent_read(struct str s, int decimals, int64_t *ret)
{
    int64_t one = scale_of(decimals), scale = one, v = 0;
    bool point = false, digits = false;
    s = str_trim(s);
    if (str_ends(s, STR("%")))
        s = str_trim(str_sub(s, 0, s.n - 1));
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((c == '.' || c == ',') && !point) {
            point = true;
            continue;
        }
        scale /= point ? 10 : 1;
        if (c < '0' || c > '9' || scale == 0)
            return false;
        digits = true;
        v = point ? v + (c - '0') * scale : v * 10 + (c - '0') * one;
        if (v > 100 * one)
            return false;
    }
    if (!digits)
        return false;
    *ret = v;
    return true;
}

struct str percent_text(struct arena *a, int64_t n, int decimals)
{
    int64_t one = scale_of(decimals), rest = n % one;
    int places = decimals;
    if (rest == 0)
        return str_fmt(a, "%lld", (long long)(n / one));
    for (; rest % 10 == 0; rest /= 10)
        places--;
    return str_fmt(a, "%lld.%0*lld", (long long)(n / one), places, (long long)rest);
}
