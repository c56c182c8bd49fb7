/* Alipay's adapter against a small gateway of our own that looks at each field, checks our signature and
 * signs with a key made for the test. That the signatures are theirs, too, is the matter of
 * test_alipay_sign. */
#include <archive.h>
#include <archive_entry.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/rails/alipay_sign.h"
#include "node/money/rail_call.h"
#include "node/money/reconcile.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"
#include "node/settings.h"

#include <string.h>

#include "tests/unit/china_vectors.h"
#include "tests/unit/domain_fixture.h"
#include "tests/unit/loopback.h"
#include "tests/unit/rail_world.h"

#define APP "2021000000000000"
#define SELLER "2088102119685838"

struct gateway {
    struct loopback loopback;
    struct crypt_key *key;            /* Alipay's own */
    const struct crypt_key *app;      /* our public half */
    struct arena *arena;
    int64_t now;
    char trade_status[32], number[64], request_no[80], paid_at[32], qr_number[64];
    int64_t total, refunded;          /* fen */
    int n_refunds;
    bool broken, forged, wrong_key, lost, elsewhere, no_bills;
    struct str bill;                  /* a ZIP, of bill_day */
    char bill_day[16];
    const char *bill_at;              /* NULL: here */
    int bad;
};

struct world {
    struct domain *d;
    struct gateway g;
    struct price year;
    int64_t buyer;
    struct str alipay_public;
};

static void oops(struct gateway *g, const char *what)
{
    fprintf(stderr, "gateway: %s\n", what);
    g->bad++;
}

static struct str signed_text(struct gateway *g, struct str text)
{
    return base64_of(g->arena, crypt_sign(g->arena, g->key, text));
}

static bool reply(struct gateway *g, int fd, struct str method, struct str inner)
{
    struct str sign = signed_text(g, g->forged ? STR("{}") : inner), name = method;
    char *p = arena_copy(g->arena, name.p, name.n);
    for (size_t i = 0; i < name.n; i++)
        p[i] = (char)(p[i] == '.' ? '_' : p[i]);
    struct str body = str_fmt(g->arena, "{\"" STR_FMT "_response\":" STR_FMT ",\"sign\":\"" STR_FMT "\"}", (int)name.n, p,
                              STR_ARG(inner), STR_ARG(sign));
    return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", body.p, body.n);
}

static bool refuse(struct gateway *g, int fd, struct str method, const char *sub_code)
{
    return reply(g, fd, method, str_fmt(g->arena, "{\"code\":\"40004\",\"msg\":\"Business Failed\",\"sub_code\":\"%s\",\"sub_msg\":\"no\"}", sub_code));
}

/* The parameters that every call has. */
static bool check_common(struct gateway *g, const struct alipay_param *v, size_t n)
{
    static const char *const fixed[][2] = {{"app_id", APP}, {"format", "JSON"}, {"charset", "utf-8"},
                                           {"sign_type", "RSA2"}, {"version", "1.0"}};
    struct str raw;
    int64_t at;
    for (size_t i = 0; i < 5; i++)
        if (!str_eq_c(alipay_param_get(v, n, fixed[i][0]), fixed[i][1]))
            oops(g, fixed[i][0]);
    if (!cn_time_parse(alipay_param_get(v, n, "timestamp"), &at) || at / 1000 != g->now / 1000)
        oops(g, "timestamp");
    return crypt_base64_decode(g->arena, alipay_param_get(v, n, "sign"), &raw) &&
           crypt_verify(g->app, alipay_canonical(g->arena, v, n), raw);
}

static void check_pay(struct gateway *g, const json_t *biz, const char *product)
{
    int64_t until;
    struct str expire = ld_str(biz, "time_expire"), subject = ld_str(biz, "subject");
    if (!cn_yuan_parse(ld_str(biz, "total_amount"), &g->total) || g->total <= 0)
        oops(g, "total_amount");
    if (subject.n == 0 || subject.n > 256 || strpbrk(str_z(g->arena, subject), "/=&,`") != NULL || !cn_time_parse(expire, &until) || until <= g->now)
        oops(g, "what, until when");
    if (product == NULL ? ld_get(biz, "product_code") != NULL : !str_eq_c(ld_str(biz, "product_code"), product))
        oops(g, "product_code");
    snprintf(g->number, sizeof g->number, STR_FMT, STR_ARG(ld_str(biz, "out_trade_no")));
}

static bool serve_refund(struct gateway *g, int fd, struct str method, const json_t *biz)
{
    struct str no = ld_str(biz, "out_request_no");
    int64_t fen = 0;
    if (no.n == 0 || no.n > 64 || !cn_yuan_parse(ld_str(biz, "refund_amount"), &fen) || !str_eq_c(ld_str(biz, "out_trade_no"), g->number))
        oops(g, "refund");
    bool fresh = !str_eq_c(no, g->request_no);
    if (fresh) {
        g->n_refunds++;
        g->refunded += fen;
        snprintf(g->request_no, sizeof g->request_no, STR_FMT, STR_ARG(no));
    }
    if (g->lost) { /* done, and the answer never arrives */
        g->lost = false;
        return false;
    }
    return reply(g, fd, method, str_fmt(g->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"%s\",\"trade_no\":\"2027\","
        "\"fund_change\":\"%s\",\"refund_fee\":\"" STR_FMT "\"}", g->number, fresh ? "Y" : "N", STR_ARG(cn_yuan(g->arena, g->refunded))));
}

static bool serve_refund_query(struct gateway *g, int fd, struct str method, const json_t *biz)
{
    if (!str_eq_c(ld_str(biz, "out_request_no"), g->request_no))
        return reply(g, fd, method, STR("{\"code\":\"10000\",\"msg\":\"Success\"}"));
    return reply(g, fd, method, str_fmt(g->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"%s\",\"out_request_no\":\"%s\","
        "\"refund_amount\":\"" STR_FMT "\",\"refund_status\":\"REFUND_SUCCESS\"}", g->number, g->request_no, STR_ARG(cn_yuan(g->arena, g->refunded))));
}

static bool serve_query(struct gateway *g, int fd, struct str method)
{
    if (g->trade_status[0] == '\0')
        return refuse(g, fd, method, "ACQ.TRADE_NOT_EXIST");
    const char *date = g->paid_at[0] == '\0' ? "" : arena_printf(g->arena, "\"send_pay_date\":\"%s\",", g->paid_at);
    return reply(g, fd, method, str_fmt(g->arena, "{\"code\":\"10000\",\"msg\":\"Success\",%s\"out_trade_no\":\"%s\",\"trade_no\":\"2027\","
        "\"total_amount\":\"" STR_FMT "\",\"trade_status\":\"%s\"}", date, g->elsewhere ? "01OTHER" : g->number, STR_ARG(cn_yuan(g->arena, g->total)), g->trade_status));
}

static bool serve_bill(struct gateway *g, int fd, struct str method, const json_t *biz)
{
    struct str day = ld_str(biz, "bill_date");
    if (!str_eq_c(ld_str(biz, "bill_type"), "trade") || json_object_size(biz) != 2 || day.n != 10 ||
        memcmp(day.p, cn_day(g->arena, g->now).p, 10) >= 0)
        oops(g, "bill");
    if (g->no_bills)
        return reply(g, fd, method, STR("{\"code\":\"40006\",\"msg\":\"Insufficient Permissions\",\"sub_code\":\"isv.insufficient-isv-permissions\",\"sub_msg\":\"no\"}"));
    if (!str_eq_c(day, g->bill_day))
        return refuse(g, fd, method, "isp.bill_not_exist");
    struct str at = str_fmt(g->arena, "%s/bill?token=1", g->bill_at != NULL ? g->bill_at
                            : arena_printf(g->arena, "http://127.0.0.1:%d", g->loopback.port));
    return reply(g, fd, method, str_fmt(g->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"bill_download_url\":\"" STR_FMT "\"}", STR_ARG(at)));
}

static bool serve(struct loopback *l, int fd, const char *head, const char *body_p, size_t body_n)
{
    struct gateway *g = l->arg;
    struct alipay_param *v;
    size_t n = 0;
    json_t *biz = NULL;
    if (strncmp(head, "GET /bill?token=1 ", 18) == 0)
        return loopback_reply(fd, "200 OK", "Content-Type: application/octet-stream\r\n", g->bill.p, g->bill.n);
    if (strncmp(head, "POST /gateway.do?charset=utf-8 ", 31) != 0 ||
        strcasestr(head, "\r\nContent-Type: application/x-www-form-urlencoded;charset=utf-8\r\n") == NULL ||
        alipay_form_read(g->arena, (struct str){body_p, body_n}, &v, &n) != OK ||
        json_read(g->arena, alipay_param_get(v, n, "biz_content"), NULL, &biz) != OK)
        oops(g, "request");
    bool known = check_common(g, v, n);
    struct str method = alipay_param_get(v, n, "method");
    if (g->broken)
        return reply(g, fd, method, STR("{\"code\":\"20000\",\"msg\":\"Service Currently Unavailable\",\"sub_code\":\"isp.unknow-error\"}"));
    if (!known || g->wrong_key) { /* as they do: this refusal is not signed */
        const char *no = "{\"error_response\":{\"code\":\"40002\",\"msg\":\"Invalid Arguments\",\"sub_code\":\"isv.invalid-signature\",\"sub_msg\":\"bad\"}}";
        if (!g->wrong_key)
            oops(g, "signature");
        return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", no, strlen(no));
    }
    if (str_eq_c(method, "alipay.trade.query"))
        return serve_query(g, fd, method);
    if (str_eq_c(method, "alipay.trade.precreate")) {
        check_pay(g, biz, NULL);
        return reply(g, fd, method, str_fmt(g->arena, "{\"code\":\"10000\",\"msg\":\"Success\",\"out_trade_no\":\"%s\",\"qr_code\":\"https://qr.alipay.com/bax0\"}", g->number));
    }
    if (str_eq_c(method, "alipay.trade.close"))
        return reply(g, fd, method, STR("{\"code\":\"10000\",\"msg\":\"Success\"}"));
    if (str_eq_c(method, "alipay.trade.refund"))
        return serve_refund(g, fd, method, biz);
    if (str_eq_c(method, "alipay.trade.fastpay.refund.query"))
        return serve_refund_query(g, fd, method, biz);
    if (str_eq_c(method, "alipay.data.dataservice.bill.downloadurl.query"))
        return serve_bill(g, fd, method, biz);
    oops(g, "method");
    return refuse(g, fd, method, "isv.invalid-method");
}

/* ---- the world ---- */

enum { N_VALUES = 5 };
static void fill(struct world *w, struct rail_value *v, const char *qr)
{
    v[0] = (struct rail_value){"app_id", STR(APP)};
    v[1] = (struct rail_value){"seller_id", STR(SELLER)};
    v[2] = (struct rail_value){"private_key", STR(APP_PKCS1)};
    v[3] = (struct rail_value){"alipay_public_key", w->alipay_public};
    v[4] = (struct rail_value){"qr", str_c(qr)};
}

static void connect_account(struct world *w, const char *qr)
{
    struct cx *cx = w->d->cx;
    const struct pay_rail *rail = rail_by_name(STR("alipay"));
    struct rail_value v[N_VALUES];
    struct rail_probe probe;
    fill(w, v, qr);
    OK_(rail_account_save(cx, rail, w->d->tea.id, v, N_VALUES));
    OK_(rail_account_test(cx, rail, w->d->tea.id, &probe));
    for (size_t i = 0; i < probe.n; i++)
        assert_true(probe.rights[i].ok);
    assert_int_equal(probe.n, qr[0] == '\0' ? 3 : 4);
    assert_true(rail_available(cx, rail, w->d->tea.id));
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    void *d;
    assert_int_equal(domain_setup(&d), 0);
    w->d = d;
    struct cx *cx = w->d->cx;
    w->d->store->node.agent = STR("Orrery/0 (test)");
    w->g.arena = arena_new();
    w->g.now = cx->now;
    w->g.loopback.arg = &w->g;
    w->g.loopback.serve = serve;
    OK_(crypt_key_generate(CRYPT_RSA, &w->g.key));
    OK_(rail_key_public(w->g.arena, STR(APP_PUBLIC), &w->g.app, NULL));
    w->alipay_public = rail_key_public_base64(w->g.arena, w->g.key);
    assert_true(loopback_start(&w->g.loopback, "127.0.0.1", 0));
    OK_(setting_set(cx, STR("pay.alipay.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", w->g.loopback.port)));
    OK_(price_create(cx, w->d->member.id, (struct money){9900, "CNY"}, STR("year"), 1, 0, &w->year));
    w->buyer = person(w->d);
    connect_account(w, "");
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    void *d = w->d;
    loopback_stop(&w->g.loopback);
    assert_int_equal(w->g.bad, 0);
    crypt_key_free(w->g.key);
    arena_free(w->g.arena);
    domain_teardown(&d);
    free(w);
    return 0;
}

static struct order buy(struct world *w, const char *agent, struct rail_way *way)
{
    struct order o;
    struct rail_visit visit = rail_visit_of(STR("192.0.2.7"), str_c(agent));
    OK_(order_open(w->d->cx, w->buyer, w->year.id, "alipay", &o));
    OK_(rail_checkout_at(w->d->cx, o.number, &visit, way));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    snprintf(w->g.number, sizeof w->g.number, STR_FMT, STR_ARG(o.number));
    w->g.total = 9900;
    return o;
}

/* ---- notices ---- */

/* A notice of this order; more: fields to add or to change, by name. */
static struct str notice(struct world *w, const char *status, const struct alipay_param *more, size_t n_more)
{
    struct gateway *g = &w->g;
    struct alipay_param v[40] = {
        {STR("gmt_create"), STR("2027-01-31 18:00:00")}, {STR("charset"), STR("utf-8")}, {STR("subject"), STR("茶: 会员 100%")},
        {STR("notify_id"), STR("20270131002221")}, {STR("notify_type"), STR("trade_status_sync")}, {STR("trade_status"), str_c(status)},
        {STR("app_id"), STR(APP)}, {STR("seller_id"), STR(SELLER)}, {STR("gmt_payment"), STR("2027-01-31 18:00:05")},
        {STR("notify_time"), STR("2027-01-31 18:00:06")}, {STR("version"), STR("1.0")}, {STR("out_trade_no"), str_c(g->number)},
        {STR("total_amount"), STR("99.00")}, {STR("trade_no"), STR("2027")}, {STR("passback_params"), STR("")}, {STR("sign_type"), STR("RSA2")},
    };
    size_t n = 16;
    struct buf b;
    for (size_t i = 0; i < n_more; i++) {
        size_t k = 0;
        while (k < n && !str_eq(v[k].name, more[i].name))
            k++;
        v[k] = more[i];
        n += k == n;
    }
    /* what is signed: all but sign_type, empty values included, in byte order */
    struct str text = STR("");
    struct str last = STR("");
    for (;;) {
        size_t next = n;
        for (size_t i = 0; i < n; i++)
            if (strcmp(str_z(g->arena, v[i].name), str_z(g->arena, last)) > 0 &&
                (next == n || strcmp(str_z(g->arena, v[i].name), str_z(g->arena, v[next].name)) < 0))
                next = i;
        if (next == n)
            break;
        last = v[next].name;
        if (!str_eq_c(last, "sign_type"))
            text = str_fmt(g->arena, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(text), text.n > 0 ? "&" : "", STR_ARG(last), STR_ARG(v[next].value));
    }
    v[n++] = (struct alipay_param){STR("sign"), signed_text(g, text)};
    buf_init_arena(&b, g->arena, 16384);
    for (size_t i = 0; i < n; i++) {
        buf_put_url(&b, v[i].name);
        buf_put_char(&b, '=');
        buf_put_url(&b, v[i].value);
        buf_put_c(&b, i + 1 < n ? "&" : "");
    }
    return buf_str(&b);
}

static enum err tell(struct world *w, struct str body, enum order_verdict *v)
{
    return rail_receive(w->d->cx, STR("alipay"), w->d->tea.id, body, STR_NULL, NULL, 0, v);
}

static void now_paid(struct world *w)
{
    snprintf(w->g.trade_status, sizeof w->g.trade_status, "TRADE_SUCCESS");
    snprintf(w->g.paid_at, sizeof w->g.paid_at, "2027-01-31 18:00:05");
}

static struct order paid_order(struct world *w)
{
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, "Desk", &way);
    now_paid(w);
    OK_(tell(w, notice(w, "TRADE_SUCCESS", NULL, 0), &v));
    assert_int_equal(v, ORDER_APPLIED);
    assert_string_equal(state_of(w->d, &o), "paid");
    return o;
}

/* ---- tests ---- */

static void check_address(struct world *w, struct str url, const char *method, const char *product)
{
    struct alipay_param *v;
    size_t n;
    json_t *biz;
    struct str start = str_fmt(w->g.arena, "http://127.0.0.1:%d/gateway.do?", w->g.loopback.port);
    assert_true(str_starts(url, start));
    OK_(alipay_form_read(w->g.arena, str_sub(url, start.n, url.n), &v, &n));
    assert_true(check_common(&w->g, v, n));
    CHECK_STR(alipay_param_get(v, n, "method"), method);
    CHECK_STR(alipay_param_get(v, n, "notify_url"), "https://t.example/hooks/alipay/tea");
    assert_true(str_starts(alipay_param_get(v, n, "return_url"), STR("https://t.example/pay/")));
    OK_(json_read(w->g.arena, alipay_param_get(v, n, "biz_content"), NULL, &biz));
    check_pay(&w->g, biz, product);
    assert_int_equal(w->g.total, 9900);
    CHECK_STR(ld_str(biz, "total_amount"), "99.00");
}

static void the_way_follows_who_is_at_the_till(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    int64_t viewer = w->d->cx->viewer;
    w->d->cx->viewer = w->d->owner.id;
    w->d->tea.name = STR("Tea, `leaves` & water");
    OK_(planet_update(w->d->cx, &w->d->tea));
    w->d->cx->viewer = viewer;
    struct order o = buy(w, "Desk", &way);
    assert_int_equal(way.go, RAIL_GO_URL);
    check_address(w, way.url, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY");
    OK_(order_cancel(w->d->cx, o.number));
    o = buy(w, "Mozilla/5.0 (Android) Mobile", &way);
    check_address(w, way.url, "alipay.trade.wap.pay", "QUICK_WAP_WAY");
    OK_(order_cancel(w->d->cx, o.number));
    connect_account(w, "true");
    buy(w, "Desk", &way);
    assert_int_equal(way.go, RAIL_GO_CODE);
    CHECK_STR(way.url, "https://qr.alipay.com/bax0");
}

static void a_payment_is_told_and_told_again(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = paid_order(w);
    int64_t n = txns(w->d);
    const struct alipay_param other[] = {{STR("notify_id"), STR("999")}};
    OK_(tell(w, notice(w, "TRADE_SUCCESS", NULL, 0), &v));
    OK_(tell(w, notice(w, "TRADE_SUCCESS", other, 1), &v));
    OK_(tell(w, notice(w, "TRADE_FINISHED", other, 1), &v)); /* months later */
    assert_int_equal(txns(w->d), n);
    assert_string_equal(state_of(w->d, &o), "paid");
}

static void a_notice_of_a_refund_is_no_payment(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = paid_order(w), now;
    int64_t n = txns(w->d);
    const struct alipay_param part[] = {{STR("refund_fee"), STR("40.00")}, {STR("gmt_refund"), STR("2027-01-31 19:00:00.123")},
                                        {STR("out_biz_no"), STR("by-hand")}, {STR("notify_id"), STR("77")}};
    OK_(tell(w, notice(w, "TRADE_SUCCESS", part, 4), &v));
    OK_(tell(w, notice(w, "TRADE_SUCCESS", part, 4), &v));
    OK_(order_by_number(w->d->cx, o.number, &now));
    CHECK_STR(now.state, "part_refunded");
    assert_int_equal(now.refunded, 4000);
    assert_int_equal(txns(w->d), n + 1);
    /* the first notice once more: older than what is known */
    const struct alipay_param late[] = {{STR("notify_id"), STR("78")}};
    OK_(tell(w, notice(w, "TRADE_SUCCESS", late, 1), &v));
    OK_(order_by_number(w->d->cx, o.number, &now));
    CHECK_STR(now.state, "part_refunded");
    assert_int_equal(txns(w->d), n + 1);
    const struct alipay_param rest[] = {{STR("refund_fee"), STR("99.00")}, {STR("gmt_refund"), STR("2027-01-31 20:00:00")},
                                        {STR("notify_id"), STR("79")}};
    OK_(tell(w, notice(w, "TRADE_CLOSED", rest, 3), &v));
    assert_string_equal(state_of(w->d, &o), "refunded");
}

static void what_is_not_theirs_moves_nothing(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, "Desk", &way);
    struct str good = notice(w, "TRADE_SUCCESS", NULL, 0);
    char *p = arena_copy(w->g.arena, good.p, good.n);
    size_t at = str_find(good, STR("99.00"), 0);
    now_paid(w);
    p[at] = '1';
    assert_int_equal(tell(w, (struct str){p, good.n}, &v), ERR_UNAUTHENTICATED);
    p[at] = '9';
    at = str_find(good, STR("passback_params"), 0);
    p[at] = 'q'; /* an empty value is signed, too */
    assert_int_equal(tell(w, (struct str){p, good.n}, &v), ERR_UNAUTHENTICATED);
    assert_int_equal(tell(w, STR("a=1"), &v), ERR_UNAUTHENTICATED);
    assert_int_equal(tell(w, STR("%"), &v), ERR_INVALID);
    assert_int_equal(tell(w, STR("{\"trade_status\":\"TRADE_SUCCESS\"}"), &v), ERR_INVALID);
    assert_string_equal(state_of(w->d, &o), "pending");
}

static void another_amount_or_seller_lies_in_the_tray(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, "Desk", &way);
    now_paid(w);
    w->g.broken = true; /* so that the notice's own words are looked at */
    static const char *const changes[][2] = {{"total_amount", "98.99"}, {"seller_id", "2088102119685839"}, {"app_id", "2021000000000001"}};
    for (size_t i = 0; i < 3; i++) {
        const struct alipay_param more[] = {{str_c(changes[i][0]), str_c(changes[i][1])},
                                            {STR("notify_id"), str_fmt(w->g.arena, "w%zu", i)}};
        OK_(tell(w, notice(w, "TRADE_SUCCESS", more, 2), &v));
        assert_int_equal(v, ORDER_UNMATCHED);
        assert_string_equal(state_of(w->d, &o), "pending");
    }
    /* and the right one still counts, by its own words */
    OK_(tell(w, notice(w, "TRADE_SUCCESS", NULL, 0), &v));
    assert_string_equal(state_of(w->d, &o), "paid");
}

static void a_poll_finds_what_was_not_told(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    struct order o = buy(w, "Desk", &way);
    OK_(rail_look(w->d->cx, o.number)); /* the buyer has not got as far as that */
    snprintf(w->g.trade_status, sizeof w->g.trade_status, "WAIT_BUYER_PAY");
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "pending");
    now_paid(w);
    w->g.forged = true;
    assert_int_equal(rail_look(w->d->cx, o.number), ERR_UPSTREAM);
    w->g.forged = false;
    w->g.elsewhere = true;
    assert_int_equal(rail_look(w->d->cx, o.number), ERR_UPSTREAM);
    assert_string_equal(state_of(w->d, &o), "pending");
    w->g.elsewhere = false;
    OK_(rail_look(w->d->cx, o.number));
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "paid");
    assert_int_equal(txns(w->d), 1);
}

static void an_order_that_was_left_expires(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    struct order o = buy(w, "Desk", &way);
    snprintf(w->g.trade_status, sizeof w->g.trade_status, "TRADE_CLOSED");
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "expired");
}

static void a_refund_goes_out_once(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct order o = paid_order(w), now;
    int64_t id;
    OK_(rail_refund(cx, o.number, 4000, &id));
    w->g.broken = true;
    assert_int_equal(rail_call_make(cx, id), ERR_UPSTREAM);
    w->g.broken = false;
    w->g.lost = true; /* it is done there, and the answer is lost: their yes to the repeat says "N" */
    OK_(rail_call_make(cx, id));
    assert_int_equal(w->g.n_refunds, 1);
    OK_(order_by_number(cx, o.number, &now));
    CHECK_STR(now.state, "part_refunded");
    assert_int_equal(now.refunded, 4000);
    OK_(rail_refund(cx, o.number, 0, &id));
    OK_(rail_call_make(cx, id));
    assert_int_equal(w->g.n_refunds, 2);
    assert_int_equal(w->g.refunded, 9900);
    assert_string_equal(state_of(w->d, &o), "refunded");
}

/* ---- their books ---- */

/* One sheet, as text: how it really is wrapped is the matter of test_alipay_bill. */
static struct str zip_of(struct world *w, struct str csv)
{
    enum { CAP = 64 * 1024 };
    char *p = arena_alloc(w->g.arena, CAP);
    size_t used = 0;
    struct archive *ar = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    archive_entry_set_pathname(e, "bill.csv");
    archive_entry_set_size(e, (la_int64_t)csv.n);
    archive_entry_set_filetype(e, AE_IFREG);
    assert_int_equal(archive_write_set_format_zip(ar), ARCHIVE_OK);
    assert_int_equal(archive_write_open_memory(ar, p, CAP, &used), ARCHIVE_OK);
    assert_int_equal(archive_write_header(ar, e), ARCHIVE_OK);
    assert_int_equal(archive_write_data(ar, csv.p, csv.n), (la_ssize_t)csv.n);
    assert_int_equal(archive_write_close(ar), ARCHIVE_OK);
    archive_entry_free(e);
    archive_write_free(ar);
    return (struct str){p, used};
}

static void their_books_are_compared(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct rail_way way;
    struct recon_diff *diffs;
    struct recon_run *runs;
    size_t n;
    struct order paid = paid_order(w), silent = buy(w, "Desk", &way);
    int64_t before = txns(w->d);
    snprintf(w->g.bill_day, sizeof w->g.bill_day, "2027-01-31");
    w->g.bill = zip_of(w, str_fmt(w->g.arena, "支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,退款批次号/请求号,服务费（元）\r\n"
        "2027\t," STR_FMT "\t,交易\t,2027-01-31 18:00:05,99.00,,-0.59\r\n"
        "2028\t," STR_FMT "\t,交易\t,2027-01-31 18:10:05,99.00,,-0.59\r\n"
        "2029\t,another-shop\t,交易\t,2027-01-31 18:20:05,5.00,,-0.03\r\n", STR_ARG(paid.number), STR_ARG(silent.number)));
    cx->now += 2 * MS_DAY;
    w->g.now = cx->now;
    for (int i = 0; i < 2; i++) { /* a second look books nothing twice */
        OK_(recon_now(cx, w->d->tea.id, STR("alipay"), 5));
        assert_int_equal(txns(w->d), before + 2); /* two fees */
        assert_int_equal(raw(w->d, "SELECT SUM(amount) FROM entry WHERE account = 'fee:alipay'"), 118);
        OK_(recon_diffs(cx, w->d->tea.id, &diffs, &n));
        assert_int_equal(n, 1); /* paid there, and nobody told us */
        CHECK_STR(diffs[0].what, "missing_here");
        CHECK_STR(diffs[0].ref, silent.number.p);
        assert_int_equal(diffs[0].theirs.minor, 9900);
    }
    w->g.bill_at = "http://127.0.0.1:1"; /* another place than was signed for nothing */
    assert_int_equal(recon_now(cx, w->d->tea.id, STR("alipay"), 5), ERR_UPSTREAM);
    w->g.no_bills = true;
    assert_int_equal(recon_now(cx, w->d->tea.id, STR("alipay"), 5), ERR_UNSUPPORTED);
    OK_(recon_diffs(cx, w->d->tea.id, &diffs, &n));
    assert_int_equal(n, 1); /* nothing is missing there for want of a report */
    OK_(recon_runs(cx, w->d->tea.id, 1, &runs, &n));
    assert_true(str_contains(runs[0].error, STR("has not opened bills")));
}

/* The rest of the night goes on. */
static void without_bills_the_night_is_done(void **state)
{
    struct world *w = *state;
    struct rail_account acc;
    OK_(rail_account_of(w->d->cx, rail_by_name(STR("alipay")), w->d->tea.id, &acc));
    const struct job job = {.subject = acc.id};
    w->g.no_bills = true;
    assert_int_equal(rail_catch_up_run(w->d->cx, &job), JOB_DONE);
    w->g.no_bills = false;
    w->g.broken = true;
    assert_int_equal(rail_catch_up_run(w->d->cx, &job), JOB_RETRY);
}

static void keys_that_do_not_fit_are_said(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    const struct pay_rail *rail = rail_by_name(STR("alipay"));
    struct rail_probe probe;
    struct rail_value v[N_VALUES];
    w->g.wrong_key = true; /* the console has another public key of this app */
    OK_(rail_account_test(cx, rail, w->d->tea.id, &probe));
    assert_false(probe.rights[0].ok);
    assert_true(str_contains(probe.rights[0].why, STR(APP_PUBLIC)));
    assert_true(str_contains(probe.rights[0].why, STR(APP_FINGERPRINT)));
    assert_false(rail_available(cx, rail, w->d->tea.id));
    w->g.wrong_key = false;
    fill(w, v, "");
    v[3].value = STR(OTHER_PUBLIC); /* not the key that signs their answers */
    OK_(rail_account_save(cx, rail, w->d->tea.id, v, N_VALUES));
    OK_(rail_account_test(cx, rail, w->d->tea.id, &probe));
    assert_false(probe.rights[1].ok);
    assert_false(rail_available(cx, rail, w->d->tea.id));
    v[3].value = STR(APP_PUBLIC); /* a common mistake */
    assert_int_equal(rail_account_save(cx, rail, w->d->tea.id, v, N_VALUES), ERR_INVALID);
    fill(w, v, "");
    v[1].value = STR("2021000000000000");
    assert_int_equal(rail_account_save(cx, rail, w->d->tea.id, v, N_VALUES), ERR_INVALID);
    v[1].value = STR(SELLER);
    v[2].value = STR(APP_PUBLIC);
    assert_int_equal(rail_account_save(cx, rail, w->d->tea.id, v, N_VALUES), ERR_INVALID);
}

static void the_answer_is_one_word(void **state)
{
    struct world *w = *state;
    const struct pay_rail *rail = rail_by_name(STR("alipay"));
    struct rail_reply r = {.status = 204};
    rail->answer(w->d->cx, OK, &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.type, "text/plain");
    CHECK_STR(r.body, "success");
    r = (struct rail_reply){.status = 401};
    rail->answer(w->d->cx, ERR_UNAUTHENTICATED, &r);
    assert_int_equal(r.status, 401);
    CHECK_STR(r.body, "fail");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_way_follows_who_is_at_the_till, begin, end),
        cmocka_unit_test_setup_teardown(a_payment_is_told_and_told_again, begin, end),
        cmocka_unit_test_setup_teardown(a_notice_of_a_refund_is_no_payment, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_theirs_moves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(another_amount_or_seller_lies_in_the_tray, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_finds_what_was_not_told, begin, end),
        cmocka_unit_test_setup_teardown(an_order_that_was_left_expires, begin, end),
        cmocka_unit_test_setup_teardown(a_refund_goes_out_once, begin, end),
        cmocka_unit_test_setup_teardown(their_books_are_compared, begin, end),
        cmocka_unit_test_setup_teardown(without_bills_the_night_is_done, begin, end),
        cmocka_unit_test_setup_teardown(keys_that_do_not_fit_are_said, begin, end),
        cmocka_unit_test_setup_teardown(the_answer_is_one_word, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
