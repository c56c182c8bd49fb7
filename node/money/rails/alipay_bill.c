/* What Alipay moved and kept for itself: the trade bill of each day. The gateway signs where it lies; what lies
 * there is a ZIP of two sheets in GBK, the movements and their sums, under names in GBK that tell nothing. */
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/base/url.h"
#include "node/money/money.h"
#include "node/money/rail_http.h"
#include "node/money/rails/alipay_talk.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/cn_bill.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <unicode/ucnv.h>

enum { SHEETS_MAX = 16, BLOCK = 64 * 1024, DOWNLOAD_MS = 25000 /* the address holds for 30 s */ };

/* ---- what stands in it ---- */

enum column { REF, NUMBER, KIND, AT, AMOUNT, REQUEST, FEE, COLUMNS };
static const char *const names[COLUMNS] = {
    [REF] = "支付宝交易号", [NUMBER] = "商户订单号", [KIND] = "业务类型", [AT] = "完成时间", [AMOUNT] = "订单金额（元）",
    [REQUEST] = "退款批次号/请求号", [FEE] = "服务费（元）"};

static int64_t size_of(int64_t n)
{
    return n < 0 ? -n : n;
}

/* The sums of a refund are below zero; whether a fee is has been seen both ways, so the kind of line decides: what
 * stands beside a payment was kept, beside a refund given back. */
static enum err take_line(struct cx *cx, const struct str *v, const size_t *c,
                          enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct rail_fee line = {.ref = v[c[REF]], .also = v[c[NUMBER]]};
    int64_t amount, fee;
    bool back = str_contains(v[c[KIND]], STR("退款"));
    if (!back && !str_eq_c(v[c[KIND]], "交易"))
        return OK; /* none of ours is called otherwise */
    if (line.ref.n == 0 || !cn_time_parse(v[c[AT]], &line.at) || !cn_signed_yuan(v[c[AMOUNT]], &amount) ||
        !cn_signed_yuan(v[c[FEE]], &fee))
        return cx_fail(cx, ERR_INVALID, "a line of the bill that can't be read");
    amount = size_of(amount);
    fee = size_of(fee);
    line.kind = back ? RAIL_LINE_REFUND : RAIL_LINE_PAYMENT;
    line.amount = money_of(back ? -amount : amount, STR("CNY"));
    line.fee = money_of(back ? -fee : fee, STR("CNY"));
    line.line = !back ? str_fmt(cx->arena, "trade:" STR_FMT, STR_ARG(line.ref))
                      : str_fmt(cx->arena, "refund:" STR_FMT ":" STR_FMT, STR_ARG(line.ref),
                                STR_ARG(v[c[REQUEST]].n > 0 ? v[c[REQUEST]] : v[c[AT]]));
    return take(arg, &line);
}

enum err ali_bill_read(struct cx *cx, struct str csv, bool *ret_read,
                       enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct str line, v[CN_CELLS];
    size_t c[COLUMNS], n_head = 0;
    *ret_read = false;
    while (!*ret_read && str_next(&csv, '\n', &line)) {
        n_head = cn_cells(line, v);
        *ret_read = line.n > 0 && line.p[0] != '#' && cn_columns(v, n_head, names, COLUMNS, c) == COLUMNS;
    }
    while (*ret_read && str_next(&csv, '\n', &line)) {
        if (line.n > 0 && line.p[0] == '#')
            break; /* the sums */
        /* A comma in what somebody else called his goods; ours have none. */
        if (cn_cells(line, v) == n_head)
            TRY(take_line(cx, v, c, take, arg));
    }
    return OK;
}

/* ---- out of its wrapping ---- */

/* GBK is what they write; UTF-8 is taken as well. */
static enum err utf8_of(struct cx *cx, struct arena *a, struct str s, struct str *ret)
{
    UErrorCode status = U_ZERO_ERROR;
    if (str_is_utf8(s)) {
        *ret = s;
        return OK;
    }
    size_t cap = s.n * 2 + 16; /* two bytes become three at most, four four */
    char *p = arena_alloc(a, cap);
    int32_t n = ucnv_convert("UTF-8", "gb18030", p, (int32_t)cap, s.p, (int32_t)s.n, &status);
    if (U_FAILURE(status))
        return cx_fail(cx, ERR_INVALID, "a bill that is neither in GBK nor in UTF-8: %s", u_errorName(status));
    *ret = (struct str){p, (size_t)n};
    return OK;
}

static enum err inflate_sheet(struct cx *cx, struct arena *a, struct archive *ar, struct str *ret)
{
    struct buf b;
    la_ssize_t n;
    char *block = arena_alloc(a, BLOCK);
    buf_init_arena(&b, a, CN_BILL_MAX);
    while ((n = archive_read_data(ar, block, BLOCK)) > 0 && !b.overflow)
        buf_put(&b, (struct str){block, (size_t)n});
    if (n < 0)
        return cx_fail(cx, ERR_UPSTREAM, "a bill whose ZIP is damaged");
    if (b.overflow)
        return cx_fail(cx, ERR_TOO_LARGE, "a bill of more than %d bytes", CN_BILL_MAX);
    *ret = buf_str(&b);
    return OK;
}

static enum err one_sheet(struct cx *cx, struct archive *ar, bool *ret_read,
                          enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct arena *a = arena_new(); /* of its own: a year of bills is read in one go */
    struct str raw, csv;
    enum err e = inflate_sheet(cx, a, ar, &raw);
    if (e == OK)
        e = utf8_of(cx, a, raw, &csv);
    if (e == OK)
        e = ali_bill_read(cx, csv, ret_read, take, arg);
    arena_free(a);
    return e;
}

static enum err each_sheet(struct cx *cx, struct archive *ar, enum err (*take)(void *arg, const struct rail_fee *fee),
                           void *arg)
{
    struct archive_entry *entry;
    bool read = false, any = false;
    int rc = ARCHIVE_OK;
    /* A warning is about a name that isn't UTF-8. */
    for (int i = 0; i < SHEETS_MAX && ((rc = archive_read_next_header(ar, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN); i++) {
        TRY(one_sheet(cx, ar, &read, take, arg));
        any = any || read;
    }
    if (rc != ARCHIVE_EOF)
        return cx_fail(cx, ERR_UPSTREAM, "a bill whose ZIP is damaged");
    return any ? OK : cx_fail(cx, ERR_UPSTREAM, "a bill with other columns");
}

enum err ali_bill_open(struct cx *cx, struct str zip, enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct archive *ar = archive_read_new();
    if (ar == NULL)
        abort();
    enum err e = archive_read_support_format_zip(ar) == ARCHIVE_OK && archive_read_open_memory(ar, zip.p, zip.n) == ARCHIVE_OK
                     ? each_sheet(cx, ar, take, arg)
                     : cx_fail(cx, ERR_UPSTREAM, "a bill that is no ZIP");
    archive_read_free(ar);
    return e;
}

/* ---- fetching it ---- */

static struct str day_json(struct cx *cx, struct str day)
{
    struct buf b;
    struct jw j;
    buf_init_arena(&b, cx->arena, 128);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_c(&j, "bill_type", "trade");
    jw_key_str(&j, "bill_date", day);
    jw_end(&j);
    return buf_str(&b);
}

static enum err download(struct ali *a, struct str address, struct str *ret)
{
    struct cx *cx = a->cx;
    struct url url;
    struct rail_answer answer;
    struct str base = a->gateway;
    if (url_parse(cx->arena, address, &url) != OK)
        return cx_fail(cx, ERR_UPSTREAM, "a bill without an address");
    if (!a->own_gateway) {
        /* They say http; what comes that way anybody could have written. */
        if (!str_ends(url.host, STR(".alipay.com")) && (a->live || !str_ends(url.host, STR(".alipaydev.com"))))
            return cx_fail(cx, ERR_UPSTREAM, "a bill elsewhere than at Alipay");
        base = str_fmt(cx->arena, "https://" STR_FMT, STR_ARG(url.host));
    } else if (!url_same_origin(address, a->gateway)) {
        return cx_fail(cx, ERR_UPSTREAM, "a bill elsewhere than at the gateway");
    }
    struct rail_request rq = {.method = "GET", .base = base, .path = url_target(cx->arena, &url),
                              .max_answer = CN_BILL_MAX, .timeout_ms = DOWNLOAD_MS};
    TRY(rail_http(cx, &rq, &answer));
    if (answer.status != 200)
        return cx_fail(cx, ERR_UPSTREAM, "bill of Alipay: %d", answer.status);
    *ret = answer.body;
    return OK;
}

static bool no_bill(const struct ali_answer *a)
{
    return str_ieq_c(a->sub_code, "isp.bill_not_exist") || str_ieq_c(a->sub_code, "BILL_NOT_EXIST");
}

static bool not_opened(const struct ali_answer *a)
{
    return str_eq_c(a->code, "40006") || str_eq_c(a->sub_code, "isv.insufficient-isv-permissions");
}

enum err ali_bill_of(struct ali *a, struct str day, struct ali_answer *ret)
{
    TRY(ali_ask(a, "alipay.data.dataservice.bill.downloadurl.query", day_json(a->cx, day), NULL, ret));
    if (no_bill(ret)) /* nothing moved that day */
        return ERR_NOT_FOUND;
    if (not_opened(ret))
        return cx_fail(a->cx, ERR_UNSUPPORTED, "Alipay has not opened bills for this app");
    if (!ret->genuine || !str_eq_c(ret->code, "10000"))
        return cx_fail(a->cx, ERR_CONFLICT, "bill: " STR_FMT " " STR_FMT, STR_ARG(ret->code), STR_ARG(ret->sub_code));
    return OK;
}

struct reading {
    struct ali a;
    enum err (*take)(void *arg, const struct rail_fee *fee);
    void *arg;
};

static enum err one_day(void *arg, struct str day)
{
    struct reading *r = arg;
    struct ali_answer answer;
    struct str zip;
    enum err e = ali_bill_of(&r->a, day, &answer);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(download(&r->a, ld_str(answer.j, "bill_download_url"), &zip));
    return ali_bill_open(r->a.cx, zip, r->take, r->arg);
}

enum err ali_fees(struct cx *cx, const struct rail_account *acc, int64_t since,
                  enum err (*take)(void *arg, const struct rail_fee *fee), void *arg)
{
    struct reading r = {.take = take, .arg = arg};
    TRY(ali_begin(cx, acc, &r.a));
    return cn_bill_days(cx, since, one_day, &r);
}
