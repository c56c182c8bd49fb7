/* What WeChat Pay kept for itself: the trade bill of each day, which is there from ten in the morning
 * (Beijing) of the next. The address of the bill comes signed, with the hash of its bytes. */
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/money/money.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/cn_bill.h"
#include "node/money/rails/wechat_parts.h"

#include <openssl/evp.h>

enum column { AT, REF, REFUND_REF, STATE, FEE, PAID, BACK, COLUMNS };
static const char *const names[COLUMNS] = {
    [AT] = "交易时间", [REF] = "微信订单号", [REFUND_REF] = "微信退款单号", [STATE] = "交易状态", [FEE] = "手续费",
    /* these two may be missing: then there is nothing but fees to compare */
    [PAID] = "订单金额", [BACK] = "申请退款金额"};

enum err wx_bill_read(struct cx *cx, struct str csv, enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    size_t c[COLUMNS], spare[COLUMNS - PAID];
    struct str line, v[CN_CELLS];
    if (str_starts(csv, STR("\xEF\xBB\xBF")))
        csv = str_sub(csv, 3, csv.n);
    if (!str_next(&csv, '\n', &line) || cn_columns(v, cn_cells(line, v), names, PAID, c) < PAID)
        return cx_fail(cx, ERR_INVALID, "a bill with other columns");
    (void)cn_columns(v, cn_cells(line, v), names + PAID, COLUMNS - PAID, spare);
    while (str_next(&csv, '\n', &line)) {
        struct rail_fee fee = {.at = 0};
        int64_t minor;
        if (line.n == 0 || line.p[0] != '`')
            break; /* the sums, under a head of their own */
        size_t n = cn_cells(line, v);
        for (size_t k = 0; k < PAID; k++)
            if (c[k] >= n)
                return cx_fail(cx, ERR_INVALID, "a line of the bill that can't be read");
        if (!cn_time_parse(v[c[AT]], &fee.at) || !cn_signed_yuan(v[c[FEE]], &minor) || v[c[REF]].n == 0)
            return cx_fail(cx, ERR_INVALID, "a line of the bill that can't be read");
        struct str back = v[c[REFUND_REF]];
        bool refund = back.n > 0 && !str_eq_c(back, "0");
        fee.ref = v[c[REF]];
        fee.fee = money_of(minor, STR("CNY"));
        fee.line = str_fmt(cx->arena, "%s" STR_FMT, refund ? "refund:" : "fee:", STR_ARG(refund ? back : fee.ref));
        size_t column = spare[refund ? BACK - PAID : 0];
        if (column < n && cn_signed_yuan(v[column], &minor) && minor != 0) {
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

struct reading {
    struct wx w;
    enum err (*take)(void *arg, const struct rail_fee *fee);
    void *arg;
};

static enum err one_day(void *arg, struct str day)
{
    struct reading *r = arg;
    struct wx *w = &r->w;
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
    return wx_bill_read(cx, csv, r->take, r->arg);
}

enum err wx_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                 enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct reading r = {.take = take, .arg = arg};
    TRY(wx_begin(cx, acc, &r.w));
    return cn_bill_days(cx, since, one_day, &r);
}
