/* WeChat Pay's adapter against a small merchant platform of our own that looks at each field, checks our
 * signature and signs with a key made for the test. That the signatures are theirs, too, is the matter
 * of test_wechat_sign. */
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/tray.h"
#include "node/money/rail_call.h"
#include "node/money/rails/key.h"
#include "node/money/rails/wechat_parts.h"
#include "node/settings.h"

#include <string.h>

#include "tests/unit/china_vectors.h"
#include "tests/unit/domain_fixture.h"
#include "tests/unit/loopback.h"
#include "tests/unit/rail_world.h"

#define MCHID "1900007291"
#define APPID "wx8888888888888888"
#define KEY_ID "PUB_KEY_ID_0119000072912026112200000000001001"
#define SERIAL "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"

/* What the platform knows of the one order that it is asked about. */
struct platform {
    struct loopback loopback;
    struct crypt_key *key;              /* WeChat's own */
    const struct crypt_key *merchant;   /* our public half */
    struct arena *arena;
    int64_t now;
    char trade_state[32], refund_status[32], out_trade_no[64], notify_url[128], last_target[256], refund_no[80];
    int64_t total, refund;
    int n_refunds;                      /* different ones */
    bool broken;                        /* answers 500 */
    bool forged;                        /* signs with a wrong nonce */
    bool closed_product;                /* NO_AUTH */
    int bad;                            /* requests that were not as they must be */
};

struct world {
    struct domain *d;
    struct platform p;
    struct price year;
    int64_t buyer;
};

static void oops(struct platform *p, const char *what)
{
    fprintf(stderr, "platform: %s\n", what);
    p->bad++;
}

static struct str signed_text(struct platform *p, struct str body)
{
    struct str text = str_fmt(p->arena, "%lld\nN0nce\n" STR_FMT "\n", (long long)(p->now / 1000), STR_ARG(body));
    return base64_of(p->arena, crypt_sign(p->arena, p->key, text));
}

static bool reply(struct platform *p, int fd, const char *status, struct str body)
{
    char *headers = arena_printf(p->arena,
        "Content-Type: application/json\r\nWechatpay-Timestamp: %lld\r\nWechatpay-Nonce: %s\r\n"
        "Wechatpay-Serial: " KEY_ID "\r\nWechatpay-Signature: " STR_FMT "\r\n",
        (long long)(p->now / 1000), p->forged ? "other" : "N0nce", STR_ARG(signed_text(p, body)));
    char *head = arena_printf(p->arena, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers, body.n);
    return loopback_put(fd, head, strlen(head)) && loopback_put(fd, body.p, body.n);
}

/* The signature over what really came. */
static void check_signature(struct platform *p, struct str head, struct str method, struct str target, struct str body)
{
    struct str auth = between(head, "\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 ", "\r\n"), raw;
    struct str at = between(auth, "timestamp=\"", "\""), nonce = between(auth, "nonce_str=\"", "\"");
    struct str text = str_fmt(p->arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n",
                              STR_ARG(method), STR_ARG(target), STR_ARG(at), STR_ARG(nonce), STR_ARG(body));
    if (!str_eq_c(between(auth, "mchid=\"", "\""), MCHID) || !str_eq_c(between(auth, "serial_no=\"", "\""), SERIAL))
        oops(p, "another merchant");
    if (nonce.n != 32)
        oops(p, "nonce");
    if (!crypt_base64_decode(p->arena, between(auth, "signature=\"", "\""), &raw) || !crypt_verify(p->merchant, text, raw))
        oops(p, "signature");
    if (!str_contains(head, STR("\r\nAccept: application/json\r\n")) || !str_contains(head, STR("\r\nUser-Agent: ")) ||
        !str_contains(head, STR("\r\nWechatpay-Serial: " KEY_ID "\r\n")))
        oops(p, "headers");
}

static void check_order(struct platform *p, const json_t *j, const char *product)
{
    int64_t until;
    if (!str_eq_c(ld_str(j, "appid"), APPID) || !str_eq_c(ld_str(j, "mchid"), MCHID) ||
        !str_eq_c(ld_str(j, "amount.currency"), "CNY") || !ld_i64(j, "amount.total", &p->total))
        oops(p, "order: whose, how much");
    struct str description = ld_str(j, "description"), expire = ld_str(j, "time_expire"), no = ld_str(j, "out_trade_no");
    if (description.n == 0 || description.n > 127 || !str_ends(expire, STR("+08:00")) ||
        !clock_parse_rfc3339(expire, &until) || until <= p->now || no.n < 6 || no.n > 32)
        oops(p, "order: what, until when");
    if (str_contains(ld_str(j, "notify_url"), STR("?")))
        oops(p, "order: notify_url");
    if ((strcmp(product, "h5") == 0) != (ld_get(j, "scene_info") != NULL) ||
        (strcmp(product, "jsapi") == 0) != (ld_get(j, "payer") != NULL))
        oops(p, "order: fields of another product");
    keep(p->out_trade_no, sizeof p->out_trade_no, no);
    keep(p->notify_url, sizeof p->notify_url, ld_str(j, "notify_url"));
}

static struct str transaction(struct platform *p)
{
    return str_fmt(p->arena, "{\"mchid\":\"" MCHID "\",\"appid\":\"" APPID "\",\"out_trade_no\":\"%s\",\"transaction_id\":"
        "\"4200001\",\"trade_state\":\"%s\",\"success_time\":\"2027-01-31T18:00:05+08:00\",\"amount\":{\"total\":%lld,"
        "\"payer_total\":%lld,\"currency\":\"CNY\",\"payer_currency\":\"CNY\"}}",
        p->out_trade_no, p->trade_state, (long long)p->total, (long long)p->total);
}

static struct str refund_text(struct platform *p, const char *status_key)
{
    return str_fmt(p->arena, "{%s\"out_trade_no\":\"%s\",\"transaction_id\":\"4200001\",\"out_refund_no\":\"%s\",\"refund_id\":"
        "\"5030%d\",\"%s\":\"%s\",\"success_time\":\"2027-01-31T19:00:05+08:00\",\"amount\":{\"total\":%lld,\"refund\":%lld,"
        "\"payer_total\":%lld,\"payer_refund\":%lld%s}}",
        strcmp(status_key, "status") == 0 ? "" : "\"mchid\":\"" MCHID "\",", p->out_trade_no, p->refund_no, p->n_refunds,
        status_key, p->refund_status, (long long)p->total, (long long)p->refund, (long long)p->total,
        (long long)p->refund, strcmp(status_key, "status") == 0 ? ",\"currency\":\"CNY\"" : "");
}

static bool take_refund(struct platform *p, int fd, const json_t *j)
{
    int64_t refund = 0, total = 0;
    struct str no = ld_str(j, "out_refund_no");
    if (!ld_i64(j, "amount.refund", &refund) || !ld_i64(j, "amount.total", &total) || total != p->total ||
        !str_eq_c(ld_str(j, "amount.currency"), "CNY") || !str_eq_c(ld_str(j, "out_trade_no"), p->out_trade_no) ||
        no.n == 0 || no.n > 64)
        oops(p, "refund");
    p->n_refunds += !str_eq_c(no, p->refund_no);
    keep(p->refund_no, sizeof p->refund_no, no);
    p->refund = refund;
    return reply(p, fd, "200 OK", refund_text(p, "status"));
}

static bool serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t body_n)
{
    struct platform *p = l->arg;
    struct str head = str_c(head_z), body = {body_p, body_n}, method, target;
    json_t *j = NULL;
    method = between(head, "", " ");
    target = between(head, " ", " ");
    keep(p->last_target, sizeof p->last_target, target);
    check_signature(p, head, method, target, body);
    if (body.n > 0 && json_read(p->arena, body, NULL, &j) != OK)
        oops(p, "body");
    if (p->broken)
        return reply(p, fd, "500 Oops", STR("{\"code\":\"SYSTEM_ERROR\",\"message\":\"again\"}"));
    if (p->closed_product)
        return reply(p, fd, "403 No", STR("{\"code\":\"NO_AUTH\",\"message\":\"not opened\"}"));
    if (str_eq_c(target, "/v3/certificates"))
        return reply(p, fd, "404 No", STR("{\"code\":\"RESOURCE_NOT_EXISTS\",\"message\":\"none\"}"));
    if (str_starts(target, STR("/v3/bill/tradebill?bill_date=")))
        return reply(p, fd, "400 No", STR("{\"code\":\"NO_STATEMENT_EXIST\",\"message\":\"none\"}"));
    if (str_eq_c(target, "/v3/pay/transactions/native")) {
        check_order(p, j, "native");
        return reply(p, fd, "200 OK", STR("{\"code_url\":\"weixin://wxpay/bizpayurl?pr=Ab12Cd3\"}"));
    }
    if (str_eq_c(target, "/v3/pay/transactions/h5")) {
        check_order(p, j, "h5");
        return reply(p, fd, "200 OK", STR("{\"h5_url\":\"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1\"}"));
    }
    if (str_eq_c(target, "/v3/pay/transactions/jsapi")) {
        check_order(p, j, "jsapi");
        return reply(p, fd, "200 OK", STR("{\"prepay_id\":\"wx201410272009395522657a690389285100\"}"));
    }
    if (str_ends(target, STR("/close")))
        return reply(p, fd, "204 No Content", STR(""));
    if (str_eq_c(target, "/v3/refund/domestic/refunds"))
        return take_refund(p, fd, j);
    if (str_starts(target, STR("/v3/refund/domestic/refunds/")))
        return p->n_refunds > 0 ? reply(p, fd, "200 OK", refund_text(p, "status"))
                                : reply(p, fd, "404 No", STR("{\"code\":\"RESOURCE_NOT_EXISTS\",\"message\":\"none\"}"));
    if (str_starts(target, STR("/v3/pay/transactions/out-trade-no/"))) {
        if (!str_ends(target, STR("?mchid=" MCHID)))
            oops(p, "query");
        return p->trade_state[0] == '\0' ? reply(p, fd, "404 No", STR("{\"code\":\"ORDER_NOT_EXIST\",\"message\":\"none\"}"))
                                         : reply(p, fd, "200 OK", transaction(p));
    }
    oops(p, "no such address");
    return reply(p, fd, "404 No", STR("{}"));
}

/* ---- the world ---- */

static struct rail_value values[] = {
    {"mchid", STR_INIT(MCHID)},
    {"appid", STR_INIT(APPID)},
    {"serial", STR_INIT(SERIAL)},
    {"private_key", STR_INIT(APP_PKCS8_PEM)},
    {"api_key", STR_INIT(API_KEY)},
    {"public_key_id", STR_INIT(KEY_ID)},
    {"public_key", {NULL, 0}},
    {"h5", STR_INIT("true")},
};
enum { N_VALUES = sizeof values / sizeof *values };

static void connect_account(struct world *w)
{
    struct cx *cx = w->d->cx;
    const struct pay_rail *rail = rail_by_name(STR("wechat"));
    struct rail_probe probe;
    struct rail_value v[N_VALUES];
    memcpy(v, values, sizeof v);
    v[6].value = crypt_key_public_pem(cx->arena, w->p.key);
    OK_(rail_account_save(cx, rail, w->d->tea.id, v, N_VALUES));
    assert_false(rail_available(cx, rail, w->d->tea.id));
    OK_(rail_account_test(cx, rail, w->d->tea.id, &probe));
    assert_int_equal(w->p.bad, 0);
    for (size_t i = 0; i < probe.n; i++)
        assert_true(probe.rights[i].ok);
    assert_true(probe.n >= 7);
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
    w->p.arena = arena_new();
    w->p.now = cx->now;
    w->p.loopback.arg = &w->p;
    w->p.loopback.serve = serve;
    OK_(crypt_key_generate(CRYPT_RSA, &w->p.key));
    OK_(rail_key_public(w->p.arena, STR(APP_PUBLIC), &w->p.merchant, NULL));
    assert_true(loopback_start(&w->p.loopback, "127.0.0.1", 0));
    OK_(setting_set(cx, STR("pay.wechat.base_url"), str_fmt(cx->arena, "http://127.0.0.1:%d", w->p.loopback.port)));
    OK_(price_create(cx, w->d->member.id, (struct money){9900, "CNY"}, STR("year"), 1, 0, &w->year));
    w->buyer = person(w->d);
    connect_account(w);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    void *d = w->d;
    loopback_stop(&w->p.loopback);
    assert_int_equal(w->p.bad, 0);
    crypt_key_free(w->p.key);
    arena_free(w->p.arena);
    domain_teardown(&d);
    free(w);
    return 0;
}

static struct order buy(struct world *w, struct rail_visit visit, struct rail_way *way)
{
    struct order o;
    OK_(order_open(w->d->cx, w->buyer, w->year.id, "wechat", &o));
    OK_(rail_checkout_at(w->d->cx, o.number, &visit, way));
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    return o;
}

/* ---- messages ---- */

static struct str sealed(struct world *w, struct str plain, const char *event_type, const char *id)
{
    struct arena *a = w->p.arena;
    struct buf b;
    struct jw j;
    buf_init_arena(&b, a, 16384);
    jw_init(&j, &b);
    jw_obj(&j);
    jw_key_c(&j, "id", id);
    jw_key_c(&j, "create_time", "2027-01-31T18:00:06+08:00");
    jw_key_c(&j, "event_type", event_type);
    jw_key_c(&j, "resource_type", "encrypt-resource");
    jw_key(&j, "resource");
    jw_obj(&j);
    jw_key_c(&j, "algorithm", "AEAD_AES_256_GCM");
    jw_key_str(&j, "ciphertext", base64_of(a, gcm_sealed(a, STR(API_KEY), "0123456789ab", "transaction", plain)));
    jw_key_c(&j, "nonce", "0123456789ab");
    jw_key_c(&j, "associated_data", "transaction");
    jw_end(&j);
    jw_end(&j);
    return buf_str(&b);
}

static enum err tell_as(struct world *w, struct str body, struct str signature, const char *serial, enum order_verdict *v)
{
    const struct rail_header headers[] = {
        {STR("Wechatpay-Timestamp"), str_fmt(w->p.arena, "%lld", (long long)(w->p.now / 1000))},
        {STR("Wechatpay-Nonce"), STR("N0nce")},
        {STR("Wechatpay-Serial"), str_c(serial)},
        {STR("Wechatpay-Signature"), signature},
    };
    return rail_receive(w->d->cx, STR("wechat"), w->d->tea.id, body, STR_NULL, headers, 4, v);
}

static enum err tell(struct world *w, struct str body, enum order_verdict *v)
{
    return tell_as(w, body, signed_text(&w->p, body), KEY_ID, v);
}

static struct order paid_order(struct world *w)
{
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, rail_visit_of(STR("192.0.2.7"), STR("Desk")), &way);
    snprintf(w->p.trade_state, sizeof w->p.trade_state, "SUCCESS");
    OK_(tell(w, sealed(w, transaction(&w->p), "TRANSACTION.SUCCESS", "EV-paid"), &v));
    assert_int_equal(v, ORDER_APPLIED);
    assert_string_equal(state_of(w->d, &o), "paid");
    return o;
}

/* ---- tests ---- */

static void the_way_follows_who_is_at_the_till(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    struct rail_visit v;
    struct order o = buy(w, rail_visit_of(STR("192.0.2.7"), STR("Desk")), &way);
    assert_int_equal(way.go, RAIL_GO_CODE);
    CHECK_STR(way.url, "weixin://wxpay/bizpayurl?pr=Ab12Cd3");
    assert_string_equal(w->p.notify_url, "https://t.example/hooks/wechat/tea");
    assert_int_equal(w->p.total, 9900);
    int asked = w->p.loopback.requests;
    OK_(rail_checkout_at(w->d->cx, o.number, NULL, &way)); /* the same way, nobody asked */
    assert_int_equal(w->p.loopback.requests, asked);
    OK_(order_cancel(w->d->cx, o.number));
    buy(w, rail_visit_of(STR("192.0.2.7"), STR("Mozilla/5.0 (iPhone) Mobile Safari")), &way);
    assert_int_equal(way.go, RAIL_GO_URL);
    assert_true(str_starts(way.url, STR("https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&redirect_url="
                                        "https%3A%2F%2Ft.example%2Fpay%2F")));
    w->buyer = person(w->d);
    v = rail_visit_of(STR("192.0.2.7"), STR("Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0"));
    v.openid = STR("oUpF8uMuAJO");
    buy(w, v, &way);
    assert_int_equal(way.go, RAIL_GO_PAGE);
    json_t *j;
    OK_(json_read(w->d->cx->arena, way.data, NULL, &j));
    struct str text = str_fmt(w->d->cx->arena, APPID "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(ld_str(j, "timeStamp")),
                              STR_ARG(ld_str(j, "nonceStr")), STR_ARG(ld_str(j, "package"))), raw;
    CHECK_STR(ld_str(j, "package"), "prepay_id=wx201410272009395522657a690389285100");
    assert_true(crypt_base64_decode(w->d->cx->arena, ld_str(j, "paySign"), &raw));
    assert_true(crypt_verify(w->p.merchant, text, raw));
}

static void a_payment_is_told_and_told_again(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = paid_order(w);
    int64_t n = txns(w->d);
    for (int i = 0; i < 3; i++) /* 15 times in a day, they say */
        OK_(tell(w, sealed(w, transaction(&w->p), "TRANSACTION.SUCCESS", i == 2 ? "EV-other" : "EV-paid"), &v));
    assert_int_equal(txns(w->d), n);
    assert_string_equal(state_of(w->d, &o), "paid");
}

static void the_signed_word_counts_when_the_query_fails(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, rail_visit_of(STR_NULL, STR_NULL), &way);
    snprintf(w->p.trade_state, sizeof w->p.trade_state, "SUCCESS");
    struct str body = sealed(w, transaction(&w->p), "TRANSACTION.SUCCESS", "EV-1");
    w->p.broken = true;
    OK_(tell(w, body, &v));
    assert_string_equal(state_of(w->d, &o), "paid");
}

static void what_is_not_theirs_moves_nothing(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, rail_visit_of(STR_NULL, STR_NULL), &way);
    snprintf(w->p.trade_state, sizeof w->p.trade_state, "SUCCESS");
    struct str body = sealed(w, transaction(&w->p), "TRANSACTION.SUCCESS", "EV-1"), sign = signed_text(&w->p, body);
    struct str other = sealed(w, transaction(&w->p), "TRANSACTION.SUCCESS", "EV-2");
    assert_int_equal(tell_as(w, other, sign, KEY_ID, &v), ERR_UNAUTHENTICATED);
    assert_int_equal(tell_as(w, body, STR("WECHATPAY/SIGNTEST/abc"), KEY_ID, &v), ERR_UNAUTHENTICATED);
    assert_int_equal(tell_as(w, body, sign, "PUB_KEY_ID_2", &v), ERR_UNAUTHENTICATED);
    int64_t now = w->p.now;
    w->p.now = now - 301000;
    assert_int_equal(tell(w, body, &v), ERR_UNAUTHENTICATED);
    w->p.now = now;
    /* signed, but sealed with another key */
    struct buf b;
    buf_init_arena(&b, w->p.arena, 16384);
    buf_put(&b, body);
    b.p[str_find(body, STR("ciphertext"), 0) + 20] ^= 1;
    assert_int_equal(tell(w, buf_str(&b), &v), ERR_INVALID);
    assert_string_equal(state_of(w->d, &o), "pending");
}

static void another_amount_or_merchant_lies_in_the_tray(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    enum order_verdict v;
    struct order o = buy(w, rail_visit_of(STR_NULL, STR_NULL), &way);
    snprintf(w->p.trade_state, sizeof w->p.trade_state, "SUCCESS");
    w->p.broken = true; /* so that the notice's own words are looked at */
    struct str whole = transaction(&w->p);
    static const char *const changes[][2] = {{"\"total\":9900", "\"total\":9899"}, {"\"currency\":\"CNY\"", "\"currency\":\"HKD\""},
                                             {MCHID, "1900007292"}, {APPID, "wx8888888888888889"}};
    for (size_t i = 0; i < 4; i++) {
        struct str from = str_c(changes[i][0]);
        size_t at = str_find(whole, from, 0);
        struct str wrong = str_fmt(w->p.arena, STR_FMT "%s" STR_FMT, STR_ARG(str_sub(whole, 0, at)), changes[i][1],
                                   STR_ARG(str_sub(whole, at + from.n, whole.n)));
        OK_(tell(w, sealed(w, wrong, "TRANSACTION.SUCCESS", arena_printf(w->p.arena, "EV-%zu", i)), &v));
        assert_int_equal(v, ORDER_UNMATCHED);
        assert_string_equal(state_of(w->d, &o), "pending");
    }
    struct unmatched *tray;
    size_t n;
    OK_(unmatched_list(w->d->cx, w->d->tea.id, 0, 100, &tray, &n));
    assert_int_equal(n, 4);
}

static void a_poll_finds_what_was_not_told(void **state)
{
    struct world *w = *state;
    struct rail_way way;
    struct order o = buy(w, rail_visit_of(STR_NULL, STR_NULL), &way);
    OK_(rail_look(w->d->cx, o.number)); /* not even begun */
    snprintf(w->p.trade_state, sizeof w->p.trade_state, "NOTPAY");
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "pending");
    w->p.forged = true;
    snprintf(w->p.trade_state, sizeof w->p.trade_state, "SUCCESS");
    assert_int_equal(rail_look(w->d->cx, o.number), ERR_UPSTREAM);
    assert_string_equal(state_of(w->d, &o), "pending");
    w->p.forged = false;
    OK_(rail_look(w->d->cx, o.number));
    OK_(rail_look(w->d->cx, o.number));
    assert_string_equal(state_of(w->d, &o), "paid");
    assert_int_equal(txns(w->d), 1);
}

static int64_t refund_now(struct world *w, const struct order *o, int64_t amount)
{
    int64_t id;
    OK_(rail_refund(w->d->cx, o->number, amount, &id));
    return id;
}

static void a_refund_goes_out_once_and_comes_back_once(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    enum order_verdict v;
    struct order o = paid_order(w), now;
    int64_t id = refund_now(w, &o, 4000);
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "PROCESSING");
    w->p.broken = true;
    assert_int_equal(rail_call_make(cx, id), ERR_UPSTREAM); /* the answer was lost */
    w->p.broken = false;
    OK_(rail_call_make(cx, id));
    OK_(rail_call_make(cx, id));
    assert_int_equal(w->p.n_refunds, 1);
    assert_string_equal(state_of(w->d, &o), "paid");
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "SUCCESS");
    struct str told = sealed(w, refund_text(&w->p, "refund_status"), "REFUND.SUCCESS", "EV-back");
    for (int i = 0; i < 2; i++)
        OK_(tell(w, told, &v));
    OK_(order_by_number(cx, o.number, &now));
    CHECK_STR(now.state, "part_refunded");
    assert_int_equal(now.refunded, 4000);
    /* a further part: its message names the part, not the sum */
    id = refund_now(w, &o, 5000);
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "PROCESSING");
    OK_(rail_call_make(cx, id));
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "SUCCESS");
    OK_(tell(w, sealed(w, refund_text(&w->p, "refund_status"), "REFUND.SUCCESS", "EV-back2"), &v));
    OK_(order_by_number(cx, o.number, &now));
    assert_int_equal(now.refunded, 9000);
    /* the rest, done at once; its message changes nothing more */
    id = refund_now(w, &o, 0);
    OK_(rail_call_make(cx, id));
    assert_int_equal(w->p.refund, 900);
    told = sealed(w, refund_text(&w->p, "refund_status"), "REFUND.SUCCESS", "EV-back3");
    OK_(order_by_number(cx, o.number, &now));
    CHECK_STR(now.state, "refunded");
    int64_t n = txns(w->d);
    OK_(tell(w, told, &v));
    OK_(tell(w, sealed(w, transaction(&w->p), "TRANSACTION.SUCCESS", "EV-late"), &v));
    assert_int_equal(txns(w->d), n);
    assert_string_equal(state_of(w->d, &o), "refunded");
}

static void a_refund_that_was_never_told_is_found_at_night(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct rail_account acc;
    struct order o = paid_order(w);
    int64_t id = refund_now(w, &o, 0);
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "PROCESSING");
    OK_(rail_call_make(cx, id));
    OK_(rail_account_of(cx, rail_by_name(STR("wechat")), w->d->tea.id, &acc));
    const struct job night = {.subject = acc.id};
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    assert_string_equal(state_of(w->d, &o), "paid");
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "SUCCESS");
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    assert_string_equal(state_of(w->d, &o), "refunded");
    int64_t n = txns(w->d);
    assert_int_equal(rail_catch_up_run(cx, &night), JOB_DONE);
    assert_int_equal(txns(w->d), n);
}

static void a_refund_that_does_not_arrive_is_said(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    enum order_verdict v;
    struct rail_account acc;
    struct order o = paid_order(w);
    int64_t id = refund_now(w, &o, 0);
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "PROCESSING");
    OK_(rail_call_make(cx, id));
    snprintf(w->p.refund_status, sizeof w->p.refund_status, "ABNORMAL");
    OK_(tell(w, sealed(w, refund_text(&w->p, "refund_status"), "REFUND.ABNORMAL", "EV-no"), &v));
    assert_string_equal(state_of(w->d, &o), "paid");
    OK_(rail_account_of(cx, rail_by_name(STR("wechat")), w->d->tea.id, &acc));
    assert_true(str_contains(acc.error, STR("by hand")));
}

static void a_product_that_is_not_open_is_said(void **state)
{
    struct world *w = *state;
    struct rail_probe probe;
    w->p.closed_product = true;
    OK_(rail_account_test(w->d->cx, rail_by_name(STR("wechat")), w->d->tea.id, &probe));
    assert_false(probe.rights[0].ok);
    assert_true(str_contains(probe.rights[0].why, STR("NO_AUTH")));
    assert_false(rail_available(w->d->cx, rail_by_name(STR("wechat")), w->d->tea.id));
}

static enum err count(void *arg, const struct rail_fee *fee)
{
    int64_t *sum = arg;
    assert_true(str_starts(fee->line, STR("fee:")) || str_starts(fee->line, STR("refund:")));
    *sum += fee->fee.minor;
    return OK;
}

static void a_bill_is_read(void **state)
{
    struct world *w = *state;
    int64_t sum = 0;
    static const char bill[] =
        "\xEF\xBB\xBF交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,微信退款单号,商品名称,手续费,费率\r\n"
        "`2027-01-30 12:00:00,`wx1,`1900007291,`4200001,`01JD,`SUCCESS,`0,`Tea: Member,`0.59000,`0.60%\r\n"
        "`2027-01-30 13:00:00,`wx1,`1900007291,`4200001,`01JD,`REFUND,`50301,`Tea: Member,`-0.20000,`0.60%\r\n"
        "总交易单数,应结订单总金额\r\n`2,`99.00\r\n";
    OK_(wx_bill_read(w->d->cx, str_c(bill), count, &sum));
    assert_int_equal(sum, 39);
    assert_int_equal(wx_bill_read(w->d->cx, STR("a,b\r\n`1,`2\r\n"), count, &sum), ERR_INVALID);
    assert_int_equal(wx_bill_read(w->d->cx, STR(""), count, &sum), ERR_INVALID);
}

static void what_is_pasted_is_looked_at(void **state)
{
    struct world *w = *state;
    const struct pay_rail *rail = rail_by_name(STR("wechat"));
    static const struct { const char *name, *value; } wrong[] = {
        {"mchid", "19000x"}, {"appid", "8888"}, {"serial", "not hex"}, {"private_key", APP_PUBLIC}, {"api_key", "short"},
        {"serial", RAIL_CERT}};
    for (size_t i = 0; i < 6; i++) {
        struct rail_value v[N_VALUES];
        memcpy(v, values, sizeof v);
        v[6].value = crypt_key_public_pem(w->d->cx->arena, w->p.key);
        for (size_t k = 0; k < N_VALUES; k++)
            if (strcmp(v[k].name, wrong[i].name) == 0)
                v[k].value = str_c(wrong[i].value);
        assert_int_equal(rail_account_save(w->d->cx, rail, w->d->tea.id, v, N_VALUES), ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_way_follows_who_is_at_the_till, begin, end),
        cmocka_unit_test_setup_teardown(a_payment_is_told_and_told_again, begin, end),
        cmocka_unit_test_setup_teardown(the_signed_word_counts_when_the_query_fails, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_theirs_moves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(another_amount_or_merchant_lies_in_the_tray, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_finds_what_was_not_told, begin, end),
        cmocka_unit_test_setup_teardown(a_refund_goes_out_once_and_comes_back_once, begin, end),
        cmocka_unit_test_setup_teardown(a_refund_that_was_never_told_is_found_at_night, begin, end),
        cmocka_unit_test_setup_teardown(a_refund_that_does_not_arrive_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_product_that_is_not_open_is_said, begin, end),
        cmocka_unit_test_setup_teardown(a_bill_is_read, begin, end),
        cmocka_unit_test_setup_teardown(what_is_pasted_is_looked_at, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
