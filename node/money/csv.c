#include "node/money/csv.h"

#include "node/money/money.h"

#include <string.h>

void csv_cell(struct buf *b, struct str s)
{
    bool formula = s.n > 0 && strchr("=+-@\t\r", s.p[0]) != NULL;
    buf_put_c(b, formula ? "\"'" : "\"");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_put_c(b, "\"");
        buf_put_bytes(b, &s.p[i], 1);
    }
    buf_put_c(b, "\",");
}

void csv_sum(struct buf *b, struct arena *a, struct money m)
{
    struct money plain = m;
    plain.minor = m.minor < 0 ? -m.minor : m.minor;
    buf_fmt(b, "%s" STR_FMT ",", m.minor < 0 ? "-" : "", STR_ARG(money_decimal(a, plain)));
}

struct str csv_line(const struct buf *b, struct arena *a)
{
    struct str s = buf_str(b);
    return str_fmt(a, STR_FMT "\n", STR_ARG(str_sub(s, 0, s.n - 1)));
}
