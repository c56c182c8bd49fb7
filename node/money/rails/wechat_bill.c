/* What WeChat Pay kept for itself: the trade bill of each day, which is there from ten in the morning
 * (Beijing) of the next. The address of the bill comes signed, with the hash of its bytes. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/money/money.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/wechat_parts.h"

#include <openssl/evp.h>

enum { COLUMNS_MAX = 64, DAYS_MAX = 90, READY_HOUR = 10 };

static size_t cells(struct str line, struct str *ret, size_t max)
{
    struct str piece;
    size_t n = 0;
    while (n < max && str_next(&line, ',', &piece)) {
        piece = str_trim(piece);
        ret[n++] = piece.n > 0 && piece.p[0] == '`' ? str_sub(piece, 1, piece.n) : piece;
    }
    return n;
}

/* paid and back may be missing (SIZE_MAX): then there is nothing but fees to compare. */
struct columns { size_t at, ref, refund_ref, state, fee, paid, back; };

static bool find_columns(struct str head, struct columns *ret)
{
    static const char *const names[] = {"交易时间", "微信订单号", "微信退款单号", "交易状态", "手续费"};
    size_t *const to[] = {&ret->at, &ret->ref, &ret->refund_ref, &ret->state, &ret->fee};
    struct str v[COLUMNS_MAX];
    size_t n = cells(head, v, COLUMNS_MAX), found = 0;
    ret->paid = ret->back = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        ret->paid = str_eq_c(v[i], "订单金额") ? i : ret->paid;
        ret->back = str_eq_c(v[i], "申请退款金额") ? i : ret->back;
    }
    for (size_t k = 0; k < 5; k++)
        for (size_t i = 0; i < n; i++)
            if (str_eq_c(v[i], names[k])) {
                *to[k] = i;
                found++;
                break;
            }
    return found == 5;
}

/* "0.59000" or "-0.59000": five decimals, of which the last three are none. */
static bool fee_of(struct str s, int64_t *ret)
{
    bool back = s.n > 0 && s.p[0] == '-';
    struct str plain = back ? str_sub(s, 1, s.n) : s;
    size_t point = str_find_char(plain, '.', 0);
    while (point != SIZE_MAX && plain.n > point + 3 && plain.p[plain.n - 1] == '0')
        plain.n--;
    if (!cn_yuan_parse(plain, ret))
        return false;
    *ret = back ? -*ret : *ret;
    return true;
}

enum err wx_bill_read(struct cx *cx, struct str csv, enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct columns c;
    struct str line, v[COLUMNS_MAX];
    if (str_starts(csv, STR("\xEF\xBB\xBF")))
        csv = str_sub(csv, 3, csv.n);
    if (!str_next(&csv, '\n', &line) || !find_columns(line, &c))
        return cx_fail(cx, ERR_INVALID, "a bill with other columns");
    while (str_next(&csv, '\n', &line)) {
        struct rail_fee fee = {.at = 0};
        int64_t minor;
        if (line.n == 0 || line.p[0] != '`')
            break; /* the sums, under a head of their own */
        size_t n = cells(line, v, COLUMNS_MAX);
        if (n <= c.at || n <= c.ref || n <= c.refund_ref || n <= c.state || n <= c.fee ||
            !cn_time_parse(v[c.at], &fee.at) || !fee_of(v[c.fee], &minor) || v[c.ref].n == 0)
            return cx_fail(cx, ERR_INVALID, "a line of the bill that can't be read");
        bool refund = v[c.refund_ref].n > 0 && !str_eq_c(v[c.refund_ref], "0");
        fee.ref = v[c.ref];
        fee.fee = money_of(minor, STR("CNY"));
        fee.line = str_fmt(cx->arena, "%s" STR_FMT, refund ? "refund:" : "fee:", STR_ARG(refund ? v[c.refund_ref] : v[c.ref]));
        size_t column = refund ? c.back : c.paid;
        if (column < n && fee_of(v[column], &minor) && minor != 0) {
            fee.kind = refund ? RAIL_LINE_REFUND : RAIL_LINE_PAYMENT;
            fee.amount = money_of(refund ? -minor : minor, STR("CNY"));
        }
        if (fee.kind != RAIL_LINE_FEE || fee.fee.minor != 0)
            TRY(take(arg, &fee));
    }
    return OK;
}

static bool hash_is(struct cx *cx, struct str bytes, struct str hex)
{
    unsigned char h[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    struct buf b;
    if (EVP_Digest(bytes.p, bytes.n, h, &n, EVP_sha1(), NULL) != 1)
        return false;
    buf_init_arena(&b, cx->arena, 2 * EVP_MAX_MD_SIZE);
    buf_put_hex(&b, h, n);
    return str_ieq(buf_str(&b), hex);
}

static enum err one_day(struct wx *w, struct str day, enum err (*take)(void *, const struct rail_fee *), void *arg)
{
    struct cx *cx = w->cx;
    struct wx_answer a;
    struct str csv;
    TRY(wx_ask(w, "GET", str_fmt(cx->arena, "/v3/bill/tradebill?bill_date=" STR_FMT, STR_ARG(day)), STR_NULL, &a));
    if (a.status != 200)
        return str_eq_c(a.code, "NO_STATEMENT_EXIST")
                   ? OK
                   : cx_fail(cx, ERR_CONFLICT, "bill: %d " STR_FMT, a.status, STR_ARG(a.code));
    TRY(wx_download(w, ld_str(a.j, "download_url"), &csv));
    if (!str_eq_c(ld_str(a.j, "hash_type"), "SHA1") || !hash_is(cx, csv, ld_str(a.j, "hash_value")))
        return cx_fail(cx, ERR_UPSTREAM, "the bill is not the one that was signed for");
    return wx_bill_read(cx, csv, take, arg);
}

enum err wx_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                 enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct wx w;
    int64_t last = cx->now - MS_DAY - READY_HOUR * MS_HOUR; /* whose day is over and whose bill is made */
    TRY(wx_begin(cx, acc, &w));
    if (since < cx->now - DAYS_MAX * MS_DAY)
        since = cx->now - DAYS_MAX * MS_DAY;
    struct str end = cn_day(cx->arena, last);
    for (int64_t at = since; at <= last + MS_DAY; at += MS_DAY) {
        struct str day = cn_day(cx->arena, at);
        TRY(one_day(&w, day, take, arg));
        if (str_eq(day, end))
            break;
    }
    return OK;
}
