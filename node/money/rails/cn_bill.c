#include "node/money/rails/cn_bill.h"

#include "node/base/clock.h"
#include "node/cx.h"
#include "node/money/rails/cn.h"

#include <string.h>

enum { DAYS_MAX = 90, READY_HOUR = 10 };

size_t cn_cells(struct str line, struct str ret[CN_CELLS])
{
    struct str piece;
    size_t n = 0;
    while (n < CN_CELLS && str_next(&line, ',', &piece)) {
        piece = str_trim(piece);
        ret[n++] = piece.n > 0 && piece.p[0] == '`' ? str_sub(piece, 1, piece.n) : piece;
    }
    return n;
}

size_t cn_columns(const struct str *head, size_t n_head, const char *const *names, size_t n, size_t *ret)
{
    size_t found = 0;
    for (size_t k = 0; k < n; k++) {
        ret[k] = SIZE_MAX;
        for (size_t i = 0; i < n_head && ret[k] == SIZE_MAX; i++)
            if (str_eq_c(head[i], names[k]))
                ret[k] = i;
        found += ret[k] != SIZE_MAX;
    }
    return found;
}

bool cn_signed_yuan(struct str s, int64_t *ret_fen)
{
    bool back = s.n > 0 && s.p[0] == '-';
    struct str plain = back ? str_sub(s, 1, s.n) : s;
    size_t point = str_find_char(plain, '.', 0);
    while (point != SIZE_MAX && plain.n > point + 3 && plain.p[plain.n - 1] == '0')
        plain.n--;
    if (!cn_yuan_parse(plain, ret_fen))
        return false;
    *ret_fen = back ? -*ret_fen : *ret_fen;
    return true;
}

enum err cn_bill_days(struct cx *cx, int64_t since, enum err (*day)(void *arg, struct str day), void *arg)
{
    int64_t last = cx->now - MS_DAY - READY_HOUR * MS_HOUR; /* whose day is over and whose bill is made */
    if (since < cx->now - DAYS_MAX * MS_DAY)
        since = cx->now - DAYS_MAX * MS_DAY;
    struct str end = cn_day(cx->arena, last);
    for (int64_t at = since;; at += MS_DAY) {
        struct str one = cn_day(cx->arena, at);
        if (memcmp(one.p, end.p, end.n) > 0)
            return OK;
        TRY(day(arg, one));
    }
}
