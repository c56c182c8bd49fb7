/* Alipay's daily bill as it lies there: a ZIP of two sheets in GBK, packed here by libarchive's own writer. */
#include <archive.h>
#include <archive_entry.h>
#include <unicode/ucnv.h>

#include "node/base/buf.h"
#include "node/money/rails/alipay_talk.h"
#include "tests/unit/domain_fixture.h"

#define HEAD                                                                                                                    \
    "#支付宝业务明细查询\r\n#账号：[20881021196858380156]\r\n#起始日期：[2027年01月30日 00:00:00]   终止日期：[2027年01月31日 00:00:00]\r\n"  \
    "#-----------------------------------------业务明细列表----------------------------------------\r\n"                             \
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）," \
    "支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,"     \
    "退款批次号/请求号,服务费（元）,分润（元）,备注\r\n"
#define ROW(trade, number, kind, goods, at, sum, request, fee)                                                                    \
    trade "\t," number "\t," kind "\t," goods ",2027-01-30 12:00:00," at ",\t,\t,\t,\t,**茶(156****89)\t," sum "," sum               \
    ",0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00," request "\t," fee ",0.00,\r\n"
#define TAIL                                                                                                                    \
    "#-----------------------------------------业务明细列表结束------------------------------------\r\n"                             \
    "#交易合计：1笔，商家实收共99.00元，商家优惠共0.00元\r\n#导出时间：[2027年01月31日 05:46:49]\r\n"
#define PAID ROW("2027013022001", "01JDA", "交易", "茶: 会员", "2027-01-30 12:00:05", "99.00", "", "-0.59")
#define SUMS                                                                                                                    \
    "#支付宝业务汇总查询\r\n#-----------------------------------------业务汇总列表----------------------------------------\r\n"        \
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）\r\n合计,,1,1,59.00,59.00\r\n"

struct lines { struct rail_fee v[8]; size_t n; struct arena *a; };

static enum err keep(void *arg, const struct rail_fee *line)
{
    struct lines *l = arg;
    struct rail_fee *to = &l->v[l->n++];
    assert_true(l->n <= 8);
    *to = *line;
    to->ref = str_dup(l->a, line->ref);
    to->also = str_dup(l->a, line->also);
    to->line = str_dup(l->a, line->line);
    return OK;
}

static struct str gbk(struct arena *a, const char *s)
{
    UErrorCode status = U_ZERO_ERROR;
    size_t n = strlen(s);
    char *p = arena_alloc(a, n * 2 + 16);
    int32_t got = ucnv_convert("gb18030", "UTF-8", p, (int32_t)(n * 2 + 16), s, (int32_t)n, &status);
    assert_true(U_SUCCESS(status));
    return (struct str){p, (size_t)got};
}

struct sheet { struct str name, text; };
static struct str zipped(struct arena *a, const struct sheet *sheets, size_t n)
{
    enum { CAP = 1 << 20 };
    char *p = arena_alloc(a, CAP);
    size_t used = 0;
    struct archive *ar = archive_write_new();
    assert_int_equal(archive_write_set_format_zip(ar), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(ar, p, CAP, &used), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_copy_pathname(e, str_z(a, sheets[i].name));
        archive_entry_set_size(e, (la_int64_t)sheets[i].text.n);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        assert_int_equal(archive_write_header(ar, e), ARCHIVE_OK);
        assert_int_equal(archive_write_data(ar, sheets[i].text.p, sheets[i].text.n), (la_ssize_t)sheets[i].text.n);
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_close(ar), ARCHIVE_OK);
    archive_write_free(ar);
    return (struct str){p, used};
}

/* As theirs: the movements and the sums, names in GBK. */
static struct str bill(struct arena *a, struct str csv)
{
    const struct sheet sheets[] = {{gbk(a, "20881021196858380156_20270130_业务明细(汇总).csv"), gbk(a, SUMS)},
                                   {gbk(a, "20881021196858380156_20270130_业务明细.csv"), csv}};
    return zipped(a, sheets, 2);
}

static void check(const struct rail_fee *l, enum rail_line kind, const char *line, int64_t amount, int64_t fee)
{
    assert_int_equal(l->kind, kind);
    assert_string_equal(l->line.p, line);
    CHECK_STR(l->ref, "2027013022001");
    CHECK_STR(l->also, "01JDA");
    assert_int_equal(l->amount.minor, amount);
    assert_int_equal(l->fee.minor, fee);
    assert_string_equal(l->amount.cur, "CNY");
    assert_string_equal(l->fee.cur, "CNY");
}

static void movements_are_read(void **state)
{
    struct domain *d = *state;
    struct arena *a = d->cx->arena;
    struct lines l = {.a = a};
    static const char csv[] = HEAD PAID
        ROW("2027013022001", "01JDA", "退款", "茶: 会员", "2027-01-30 13:00:05", "-40.00", "01JDA:refund:1", "0.24")
        ROW("2027013022001", "01JDA", "退款", "茶: 会员", "2027-01-30 14:00:05", "-1.00", "", "0.00")
        ROW("2027013022002", "shop-1", "转账", "别的", "2027-01-30 15:00:05", "5.00", "", "0.00")
        ROW("2027013022003", "shop-2", "交易", "苹果,梨", "2027-01-30 15:00:05", "5.00", "", "-0.03") /* another's goods */
        TAIL;
    OK_(ali_bill_open(d->cx, bill(a, gbk(a, csv)), keep, &l));
    assert_int_equal(l.n, 3);
    check(&l.v[0], RAIL_LINE_PAYMENT, "trade:2027013022001", 9900, 59);
    check(&l.v[1], RAIL_LINE_REFUND, "refund:2027013022001:01JDA:refund:1", -4000, -24);
    check(&l.v[2], RAIL_LINE_REFUND, "refund:2027013022001:2027-01-30 14:00:05", -100, 0);
    assert_int_equal(l.v[0].at, INT64_C(1801281605000)); /* Beijing's noon */
}

static void a_fee_is_a_fee_whatever_its_sign(void **state)
{
    struct domain *d = *state;
    struct arena *a = d->cx->arena;
    struct lines l = {.a = a};
    static const char csv[] = HEAD
        ROW("2027013022001", "01JDA", "交易", "茶: 会员", "2027-01-30 12:00:05", "99.00", "", "0.59")
        ROW("2027013022001", "01JDA", "退款", "茶: 会员", "2027-01-30 13:00:05", "40.00", "R1", "-0.24") TAIL;
    OK_(ali_bill_open(d->cx, bill(a, str_c(csv)), keep, &l)); /* and UTF-8 is taken, too */
    assert_int_equal(l.n, 2);
    check(&l.v[0], RAIL_LINE_PAYMENT, "trade:2027013022001", 9900, 59);
    check(&l.v[1], RAIL_LINE_REFUND, "refund:2027013022001:R1", -4000, -24);
}

static void a_day_without_movements_is_a_bill(void **state)
{
    struct domain *d = *state;
    struct lines l = {.a = d->cx->arena};
    OK_(ali_bill_open(d->cx, bill(d->cx->arena, gbk(d->cx->arena, HEAD TAIL)), keep, &l));
    assert_int_equal(l.n, 0);
}

static void what_is_no_bill_is_refused(void **state)
{
    struct domain *d = *state;
    struct cx *cx = d->cx;
    struct arena *a = cx->arena;
    struct lines l = {.a = a};
    struct str good = bill(a, gbk(a, HEAD PAID TAIL)), csv;
    const struct sheet sums = {STR("a.csv"), gbk(a, SUMS)};
    assert_int_equal(ali_bill_open(cx, STR(""), keep, &l), ERR_UPSTREAM);
    assert_int_equal(ali_bill_open(cx, STR("<html>the address has expired</html>"), keep, &l), ERR_UPSTREAM);
    assert_int_equal(ali_bill_open(cx, zipped(a, &sums, 1), keep, &l), ERR_UPSTREAM);
    for (size_t n = 0; n < good.n / 2; n += 7) /* cut off before the movements end */
        assert_int_not_equal(ali_bill_open(cx, str_sub(good, 0, n), keep, &l), OK);
    csv = gbk(a, HEAD ROW("2027", "01", "交易", "茶", "2027-01-30 12:00:05", "much", "", "0.00") TAIL);
    assert_int_equal(ali_bill_open(cx, bill(a, csv), keep, &l), ERR_INVALID);
    csv = gbk(a, HEAD ROW("2027", "01", "交易", "茶", "yesterday", "1.00", "", "0.00") TAIL);
    assert_int_equal(ali_bill_open(cx, bill(a, csv), keep, &l), ERR_INVALID);
    l.n = 0;
    OK_(ali_bill_open(cx, good, keep, &l));
    assert_int_equal(l.n, 1);
}

static void a_bill_that_swells_is_given_up(void **state)
{
    struct domain *d = *state;
    size_t n = (size_t)40 << 20;
    char *p = arena_alloc(d->cx->arena, n);
    struct lines l = {.a = d->cx->arena};
    memset(p, 'a', n);
    const struct sheet one = {STR("a.csv"), {p, n}};
    assert_int_equal(ali_bill_open(d->cx, zipped(d->cx->arena, &one, 1), keep, &l), ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(movements_are_read, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(a_fee_is_a_fee_whatever_its_sign, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(a_day_without_movements_is_a_bill, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_bill_is_refused, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(a_bill_that_swells_is_given_up, domain_setup, domain_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
