/* BTCPay Server's adapter against a small server of our own that looks at each field of what it is sent and
 * answers in the shapes of the Greenfield API's own description. */
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/rail_call.h"
#include "node/money/rails/btcpay.h"
#include "node/people/letter.h"

#include <string.h>

#include "tests/unit/domain_fixture.h"
#include "tests/unit/loopback.h"
#include "tests/unit/rail_world.h"

#define STORE "9CiNzKoANXxmk5ayZngSXrHTiVvvgCrwrpFQd4m2K776"
#define KEY "e4f5c0ffee0123456789abcdef0123456789abcd"
#define INVOICE "Vvq7mHhEZXiX9Tjt8tQ5a" /* and a digit: each is another */

struct server_ {
    struct loopback loopback;
    struct arena *arena;
    char order[64], secret[100], status[16], more[16], paid[24], amount[24], currency[4], pull[96], pull_name[96], last_hook[16];
    int n_invoices, n_pulls, n_methods;
    bool payments_settled, broken, lose_answer; /* lose: make it, and answer 502 */
    const char *lacks;                          /* a path that is forbidden */
    int bad;
};

struct world {
    struct domain *d;
    struct server_ p;
    int64_t buyer;
};

static void oops(struct server_ *p, const char *what)
{
    fprintf(stderr, "btcpay: %s\n", what);
    p->bad++;
}

static bool reply(int fd, const char *status, struct str body)
{
    return loopback_reply(fd, status, "Content-Type: application/json\r\n", body.p, body.n);
}

static struct str invoice(struct server_ *p)
{
    return str_fmt(p->arena, "{\"id\":\"" INVOICE "%d\",\"storeId\":\"" STORE "\",\"amount\":\"%s\",\"paidAmount\":\"%s\",\"currency\":"
        "\"%s\",\"type\":\"Standard\",\"checkoutLink\":\"https://pay.example/i/" INVOICE "%d\",\"createdTime\":1801389600,"
        "\"expirationTime\":1801393200,\"monitoringExpiration\":1801479600,\"status\":\"%s\",\"additionalStatus\":\"%s\","
        "\"metadata\":{\"orderId\":\"%s\",\"itemDesc\":\"Tea\"},\"archived\":false}",
        p->n_invoices, p->amount, p->paid, p->currency, p->n_invoices, p->status, p->more, p->order);
}

static bool make_invoice(struct server_ *p, int fd, const json_t *j)
{
    int64_t minutes = 0;
    if (str_eq_c(ld_str(j, "amount"), "-1"))
        return reply(fd, "422 Unprocessable Entity", STR("[{\"path\":\"amount\",\"message\":\"positive, please\"}]"));
    struct str order = ld_str(j, "metadata.orderId");
    if (order.n != 26 || !ld_i64(j, "checkout.expirationMinutes", &minutes) || minutes < 1 || minutes > 60 ||
        !str_eq_c(ld_str(j, "checkout.speedPolicy"), "LowSpeed") || !ld_bool(j, "checkout.redirectAutomatically", false) ||
        !str_eq(ld_str(j, "checkout.redirectURL"), str_fmt(p->arena, "https://t.example/pay/" STR_FMT "?back=1", STR_ARG(order))) ||
        !str_starts(ld_str(j, "metadata.itemDesc"), STR("Tea")))
        oops(p, "an invoice with wrong fields");
    keep(p->order, sizeof p->order, order);
    keep(p->amount, sizeof p->amount, ld_str(j, "amount"));
    keep(p->currency, sizeof p->currency, ld_str(j, "currency"));
    snprintf(p->status, sizeof p->status, "New");
    snprintf(p->more, sizeof p->more, "None");
    p->n_invoices++;
    if (p->lose_answer)
        return reply(fd, "502 Bad Gateway", STR("gone"));
    return reply(fd, "200 OK", invoice(p));
}

static struct str pull_payment(struct server_ *p)
{
    return str_fmt(p->arena, "{\"id\":\"%s\",\"name\":\"%s\",\"currency\":\"%s\",\"amount\":\"%s\",\"viewLink\":"
        "\"https://pay.example/pull-payments/%s\",\"archived\":false}", p->pull, p->pull_name, p->currency, p->amount, p->pull);
}

static bool make_refund(struct server_ *p, int fd, const json_t *j, bool known)
{
    if (!known)
        return reply(fd, "404 Not Found", STR("{\"code\":\"invoice-not-found\",\"message\":\"?\"}"));
    if (!str_eq_c(ld_str(j, "refundVariant"), "Custom") || !str_eq_c(ld_str(j, "payoutMethodId"), "BTC-LN") ||
        !str_eq_c(ld_str(j, "customCurrency"), p->currency) || ld_str(j, "customAmount").n == 0 || ld_str(j, "name").n == 0)
        oops(p, "a refund with wrong fields");
    keep(p->pull_name, sizeof p->pull_name, ld_str(j, "name"));
    snprintf(p->pull, sizeof p->pull, "pull1");
    p->n_pulls++;
    return p->lose_answer ? reply(fd, "502 Bad Gateway", STR("gone")) : reply(fd, "200 OK", pull_payment(p));
}

static bool hook(struct server_ *p, int fd, const json_t *j, const char *method)
{
    const json_t *events = ld_get(j, "authorizedEvents.specificEvents");
    if (!str_eq_c(ld_str(j, "url"), "https://t.example/hooks/btcpay/tea") || ld_bool(j, "authorizedEvents.everything", true) ||
        json_array_size(events) != 6 || ld_str(j, "secret").n < 32 || !ld_bool(j, "enabled", false) ||
        !ld_bool(j, "automaticRedelivery", false))
        oops(p, "a webhook with wrong fields");
    keep(p->secret, sizeof p->secret, ld_str(j, "secret"));
    keep(p->last_hook, sizeof p->last_hook, str_c(method));
    return reply(fd, "200 OK", STR("{\"id\":\"hook1\",\"enabled\":true}"));
}

static struct str of_invoice(struct server_ *p, const char *tail)
{
    return str_fmt(p->arena, "/invoices/" INVOICE "%d%s", p->n_invoices, tail);
}

static bool serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t body_n)
{
    struct server_ *p = l->arg;
    struct str head = str_c(head_z), rest = head, method, target;
    json_t *j = NULL;
    (void)str_next(&rest, ' ', &method);
    (void)str_next(&rest, ' ', &target);
    if (!str_contains(head, STR("\r\nAuthorization: token " KEY "\r\n")))
        return reply(fd, "401 Unauthorized", STR("{\"code\":\"unauthenticated\"}"));
    if (body_n > 0 && json_read(p->arena, (struct str){body_p, body_n}, NULL, &j) != OK)
        oops(p, "body");
    if (body_n > 0 && !str_contains(head, STR("\r\nContent-Type: application/json\r\n")))
        oops(p, "content type");
    if (!str_starts(target, STR("/api/v1/stores/" STORE)))
        return reply(fd, "404 Not Found", STR("{\"code\":\"store-not-found\"}"));
    if (p->broken)
        return reply(fd, "503 Oops", STR("later"));
    struct str path = str_sub(target, strlen("/api/v1/stores/" STORE), SIZE_MAX);
    bool post = str_eq_c(method, "POST");
    if (p->lacks != NULL && str_starts(path, str_c(p->lacks)) && post)
        return reply(fd, "403 Forbidden", STR("{\"code\":\"missing-permission\"}"));
    if (path.n == 0)
        return reply(fd, "200 OK", STR("{\"id\":\"" STORE "\",\"name\":\"Tea shop\"}"));
    if (post && str_eq_c(path, "/invoices"))
        return make_invoice(p, fd, j);
    if (!post && str_starts(path, STR("/invoices?")))
        return reply(fd, "200 OK", p->order[0] == '\0' ? STR("[]") : str_fmt(p->arena, "[" STR_FMT "]", STR_ARG(invoice(p))));
    if (str_ends(path, STR("/refund")))
        return make_refund(p, fd, j, str_eq(path, of_invoice(p, "/refund")));
    if (str_eq(path, of_invoice(p, "/payment-methods"))) {
        p->n_methods++;
        return reply(fd, "200 OK", str_fmt(p->arena, "[{\"paymentMethodId\":\"BTC-CHAIN\",\"payments\":[{\"id\":\"a\",\"status\":\"%s\"}]}]",
                                           p->payments_settled ? "Settled" : "Processing"));
    }
    if (str_eq(path, of_invoice(p, "")) && !post)
        return reply(fd, "200 OK", invoice(p));
    if (str_starts(path, STR("/webhooks")))
        return j == NULL ? reply(fd, "200 OK", STR("[]")) : hook(p, fd, j, str_z(p->arena, method));
    if (str_eq_c(path, "/pull-payments") && !post)
        return reply(fd, "200 OK", p->n_pulls == 0 ? STR("[]") : str_fmt(p->arena, "[" STR_FMT "]", STR_ARG(pull_payment(p))));
    oops(p, "no such address");
    fprintf(stderr, STR_FMT "\n", STR_ARG(target));
    return reply(fd, "404 Not Found", STR("{}"));
}

/* ---- the world ---- */

static const struct pay_rail *btcpay(void)
{
    return rail_by_name(STR("btcpay"));
}

static enum err save(struct world *w, struct str url, const char *store, const char *key)
{
    const struct rail_value v[] = {{"url", url}, {"store", str_c(store)}, {"key", str_c(key)},
                                   {"speed", STR("LowSpeed")}, {"payout", STR("BTC-LN")}, {"testnet", STR("true")}};
    return rail_account_save(w->d->cx, btcpay(), w->d->tea.id, v, sizeof v / sizeof *v);
}

static struct str base(struct world *w)
{
    return str_fmt(w->d->cx->arena, "http://127.0.0.1:%d", w->p.loopback.port);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct rail_probe probe;
    void *d;
    assert_int_equal(domain_setup(&d), 0);
    w->d = d;
    w->d->store->node.agent = STR("Orrery/0 (test)");
    w->p.arena = arena_new();
    w->p.loopback.arg = &w->p;
    w->p.loopback.serve = serve;
    assert_true(loopback_start(&w->p.loopback, "127.0.0.1", 0));
    w->buyer = person(w->d);
    OK_(save(w, base(w), STORE, KEY));
    OK_(rail_account_test(w->d->cx, btcpay(), w->d->tea.id, &probe));
    for (size_t i = 0; i < probe.n; i++)
        assert_true(probe.rights[i].ok);
    CHECK_STR(probe.title, "Tea shop");
    assert_true(rail_available(w->d->cx, btcpay(), w->d->tea.id));
    CHECK_STR(str_c(w->p.last_hook), "POST");
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    void *d = w->d;
    loopback_stop(&w->p.loopback);
    assert_int_equal(w->p.bad, 0);
    arena_free(w->p.arena);
    domain_teardown(&d);
    free(w);
    return 0;
}

static struct order buy(struct world *w)
{
    struct order o;
    struct rail_way way;
    OK_(order_open(w->d->cx, w->buyer, w->d->month.id, "btcpay", &o));
    assert_int_equal(o.expires_at, w->d->cx->now + MS_HOUR);
    OK_(rail_checkout_at(w->d->cx, o.number, NULL, &way));
    assert_int_equal(way.go, RAIL_GO_URL);
    CHECK_STR(way.url, str_fmt(w->p.arena, "https://pay.example/i/" INVOICE "%d", w->p.n_invoices).p);
    OK_(order_by_number(w->d->cx, o.number, &o));
    CHECK_STR(o.state, "pending");
    return o;
}

static struct order again(struct world *w, const struct order *o)
{
    struct order now;
    OK_(order_by_number(w->d->cx, o->number, &now));
    return now;
}

static void there(struct world *w, const char *status, const char *more)
{
    snprintf(w->p.status, sizeof w->p.status, "%s", status);
    snprintf(w->p.more, sizeof w->p.more, "%s", more);
}

static struct str event(struct world *w, const char *id, const char *type, const char *store)
{
    return str_fmt(w->p.arena, "{\"deliveryId\":\"%s\",\"webhookId\":\"hook1\",\"originalDeliveryId\":\"%s\",\"isRedelivery\":false,"
        "\"type\":\"%s\",\"timestamp\":%lld,\"storeId\":\"%s\",\"invoiceId\":\"" INVOICE "%d\",\"manuallyMarked\":false,"
        "\"overPaid\":false}", id, id, type, (long long)(w->d->cx->now / 1000), store, w->p.n_invoices);
}

static struct str signature(struct world *w, struct str body, const char *secret)
{
    unsigned char mac[32];
    struct buf b;
    crypt_hmac_sha256(str_c(secret), body, mac);
    buf_init_arena(&b, w->p.arena, 100);
    buf_lit(&b, "sha256=");
    buf_put_hex(&b, mac, 32);
    return buf_str(&b);
}

static enum err tell(struct world *w, const char *id, const char *type, enum order_verdict *v)
{
    struct str body = event(w, id, type, STORE);
    const struct rail_header h[] = {{STR("btcpay-sig"), signature(w, body, w->p.secret)}};
    return rail_receive(w->d->cx, STR("btcpay"), w->d->tea.id, body, STR_NULL, h, 1, v);
}

static bool reads(struct world *w)
{
    struct membership m;
    return membership_of(w->d->cx, w->d->tea.id, w->buyer, &m) == OK && m.live;
}

/* ---- tests ---- */

static void connecting_tests_each_right_and_sets_the_webhook(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct rail_probe probe;
    assert_int_equal(save(w, STR("ftp://pay.example"), STORE, KEY), ERR_INVALID);
    assert_int_equal(save(w, STR("https://a@pay.example"), STORE, KEY), ERR_INVALID);
    assert_int_equal(save(w, STR("https://pay.example?x"), STORE, KEY), ERR_INVALID);
    OK_(save(w, str_fmt(cx->arena, STR_FMT "/", STR_ARG(base(w))), STORE, KEY));
    OK_(rail_account_test(cx, btcpay(), w->d->tea.id, &probe));
    CHECK_STR(str_c(w->p.last_hook), "PUT"); /* the same one, anew */
    assert_false(probe.live);
    w->p.lacks = "/invoices/none/refund";
    OK_(rail_account_test(cx, btcpay(), w->d->tea.id, &probe));
    size_t missing = 0;
    for (size_t i = 0; i < probe.n; i++)
        if (!probe.rights[i].ok) {
            missing++;
            CHECK_STR(probe.rights[i].name, "btcpay.store.cancreatepullpayments");
        }
    assert_int_equal(missing, 1);
    assert_false(rail_available(cx, btcpay(), w->d->tea.id));
    w->p.lacks = NULL;
    OK_(save(w, base(w), STORE, "another-key"));
    assert_int_equal(rail_account_test(cx, btcpay(), w->d->tea.id, &probe), ERR_INVALID);
    OK_(save(w, base(w), "another-store", KEY));
    assert_int_equal(rail_account_test(cx, btcpay(), w->d->tea.id, &probe), ERR_INVALID);
    w->p.broken = true;
    OK_(save(w, base(w), STORE, KEY));
    assert_int_equal(rail_account_test(cx, btcpay(), w->d->tea.id, &probe), ERR_UPSTREAM);
}

static void it_is_shown_when_seen_and_opened_when_settled(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w);
    CHECK_STR(str_c(w->p.amount), "30.00");
    CHECK_STR(str_c(w->p.currency), "CNY");
    there(w, "Processing", "None");
    OK_(tell(w, "d1", "InvoiceProcessing", &v));
    assert_int_not_equal(again(w, &o).seen_at, DB_NULL);
    assert_false(reads(w));
    there(w, "Settled", "None");
    OK_(tell(w, "d2", "InvoiceSettled", &v));
    assert_int_equal(v, ORDER_APPLIED);
    assert_true(reads(w));
    OK_(tell(w, "d2", "InvoiceSettled", &v)); /* again, as it was */
    OK_(tell(w, "d3", "InvoicePaymentSettled", &v));
    OK_(tell(w, "d4", "InvoiceProcessing", &v)); /* late: what the server says now counts */
    assert_int_equal(RAW(w->d, "SELECT COUNT(*) FROM txn WHERE kind = 'payment'"), 1);
    assert_int_equal(RAW(w->d, "SELECT COUNT(*) FROM unmatched"), 0);
    CHECK_STR(again(w, &o).state, "paid");
}

static void the_message_itself_opens_nothing(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w);
    OK_(tell(w, "d1", "InvoiceSettled", &v)); /* the server says: new */
    CHECK_STR(again(w, &o).state, "pending");
    w->p.broken = true;
    there(w, "Settled", "None");
    assert_int_not_equal(tell(w, "d2", "InvoiceSettled", &v), OK); /* to be told again */
    assert_false(reads(w));
    w->p.broken = false;
    OK_(tell(w, "d2", "InvoiceSettled", &v));
    assert_true(reads(w));
}

static void what_is_forged_is_refused(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w);
    there(w, "Settled", "None");
    struct str body = event(w, "d1", "InvoiceSettled", STORE), good = signature(w, body, w->p.secret);
    struct rail_header h[] = {{STR("BTCPay-Sig"), good}};
    for (size_t i = 0; i < good.n; i += 9) {
        char *bent = arena_copy(w->p.arena, good.p, good.n);
        bent[i] = (char)(bent[i] ^ 1);
        h[0].value = (struct str){bent, good.n};
        assert_int_equal(rail_receive(w->d->cx, STR("btcpay"), w->d->tea.id, body, STR_NULL, h, 1, &v), ERR_UNAUTHENTICATED);
    }
    const struct str wrong[] = {signature(w, body, "another secret"), str_sub(good, 0, 70), STR(""), STR("sha256=")};
    for (size_t i = 0; i < 4; i++) {
        h[0].value = wrong[i];
        assert_int_equal(rail_receive(w->d->cx, STR("btcpay"), w->d->tea.id, body, STR_NULL, h, 1, &v), ERR_UNAUTHENTICATED);
    }
    h[0].value = good;
    struct str longer = str_fmt(w->p.arena, STR_FMT " ", STR_ARG(body));
    assert_int_equal(rail_receive(w->d->cx, STR("btcpay"), w->d->tea.id, longer, STR_NULL, h, 1, &v), ERR_UNAUTHENTICATED);
    body = event(w, "d1", "InvoiceSettled", "AnotherStore");
    h[0].value = signature(w, body, w->p.secret);
    assert_int_equal(rail_receive(w->d->cx, STR("btcpay"), w->d->tea.id, body, STR_NULL, h, 1, &v), ERR_UNAUTHENTICATED);
    CHECK_STR(again(w, &o).state, "pending");
    assert_int_equal(RAW(w->d, "SELECT COUNT(*) FROM rail_event"), 0);
}

static void another_amount_or_order_opens_nothing(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w);
    there(w, "Settled", "None");
    snprintf(w->p.amount, sizeof w->p.amount, "29.99");
    OK_(tell(w, "d1", "InvoiceSettled", &v));
    assert_int_equal(v, ORDER_UNMATCHED);
    CHECK_STR(again(w, &o).state, "pending");
    snprintf(w->p.amount, sizeof w->p.amount, "30.00");
    snprintf(w->p.currency, sizeof w->p.currency, "USD");
    OK_(tell(w, "d2", "InvoiceSettled", &v));
    assert_int_equal(v, ORDER_UNMATCHED);
    snprintf(w->p.currency, sizeof w->p.currency, "CNY");
    snprintf(w->p.order, sizeof w->p.order, "somebody-elses");
    OK_(tell(w, "d3", "InvoiceSettled", &v));
    assert_false(reads(w));
}

static void what_becomes_invalid_is_taken_back(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    struct order o = buy(w);
    there(w, "Settled", "None");
    OK_(tell(w, "d1", "InvoiceSettled", &v));
    assert_true(reads(w));
    w->d->cx->now += MS_MINUTE;
    there(w, "Invalid", "Marked");
    OK_(tell(w, "d2", "InvoiceInvalid", &v));
    assert_false(reads(w));
    CHECK_STR(again(w, &o).state, "lost");
    OK_(tell(w, "d3", "InvoiceInvalid", &v));
    assert_int_equal(RAW(w->d, "SELECT COALESCE(SUM(amount), 0) FROM entry WHERE account = 'clearing:btcpay'"), 0);
    /* One that was never paid has failed, and no more. */
    o = buy(w);
    there(w, "Invalid", "None");
    OK_(tell(w, "d4", "InvoiceInvalid", &v));
    CHECK_STR(again(w, &o).state, "failed");
    struct ledger_check c;
    OK_(ledger_verify(w->d->cx, w->d->tea.id, &c));
    assert_true(c.ok);
}

static void late_and_too_little(void **state)
{
    struct world *w = *state;
    enum order_verdict v;
    int64_t n;
    struct order o = buy(w);
    w->d->cx->now += 2 * MS_HOUR;
    OK_(order_expire_due(w->d->cx, &n));
    CHECK_STR(again(w, &o).state, "expired");
    /* After expiration: honoured as soon as each payment is certain. */
    there(w, "Expired", "PaidLate");
    OK_(tell(w, "d1", "InvoiceReceivedPayment", &v));
    assert_false(reads(w));
    w->p.payments_settled = true;
    OK_(tell(w, "d2", "InvoicePaymentSettled", &v));
    assert_true(reads(w));
    assert_int_equal(w->p.n_methods, 2);
    /* Too little lies in the tray, once, whoever finds it. */
    w->p.payments_settled = false;
    o = buy(w);
    there(w, "Expired", "PaidPartial");
    snprintf(w->p.paid, sizeof w->p.paid, "12.50");
    OK_(tell(w, "d3", "InvoiceExpired", &v));
    OK_(rail_look(w->d->cx, o.number));
    OK_(rail_look(w->d->cx, o.number));
    OK_(tell(w, "d4", "InvoiceReceivedPayment", &v));
    assert_int_equal(RAW(w->d, "SELECT COUNT(*) FROM unmatched"), 1);
    assert_int_equal(RAW(w->d, "SELECT amount FROM unmatched"), 1250);
}

static void a_message_that_never_came_is_asked_for(void **state)
{
    struct world *w = *state;
    struct order o = buy(w);
    there(w, "Processing", "None");
    OK_(rail_look(w->d->cx, o.number));
    assert_int_not_equal(again(w, &o).seen_at, DB_NULL);
    there(w, "Settled", "PaidOver");
    OK_(rail_look(w->d->cx, o.number));
    CHECK_STR(again(w, &o).state, "paid");
    /* And in the list, once the node wakes. */
    o = buy(w);
    there(w, "Settled", "None");
    const struct job job = {.id = 1, .kind = STR("pay.catch_up"), .subject = RAW(w->d, "SELECT id FROM rail_account")};
    assert_int_equal(rail_catch_up_run(w->d->cx, &job), JOB_DONE);
    CHECK_STR(again(w, &o).state, "paid");
    assert_int_equal(rail_catch_up_run(w->d->cx, &job), JOB_DONE);
    assert_int_equal(RAW(w->d, "SELECT COUNT(*) FROM txn WHERE kind = 'payment'"), 2);
}

static void a_lost_answer_makes_no_second_invoice(void **state)
{
    struct world *w = *state;
    struct order o;
    struct rail_way way;
    OK_(order_open(w->d->cx, w->buyer, w->d->month.id, "btcpay", &o));
    w->p.lose_answer = true;
    assert_int_equal(rail_checkout_at(w->d->cx, o.number, NULL, &way), ERR_UPSTREAM);
    w->p.lose_answer = false;
    there(w, "Processing", "None"); /* whoever saw it there has paid it meanwhile */
    OK_(rail_checkout_at(w->d->cx, o.number, NULL, &way));
    assert_int_equal(w->p.n_invoices, 1);
    CHECK_STR(way.ref, INVOICE "1");
}

static void money_back_is_a_link_by_letter(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    enum order_verdict v;
    struct str url;
    struct letter *l;
    size_t n;
    int64_t call;
    struct order o = buy(w);
    there(w, "Settled", "None");
    OK_(tell(w, "d1", "InvoiceSettled", &v));
    assert_int_equal(rail_claim_of(cx, &o, &url), ERR_NOT_FOUND);
    w->p.lose_answer = true;
    OK_(rail_refund(cx, o.number, 0, &call));
    assert_int_equal(rail_call_make(cx, call), ERR_UPSTREAM);
    w->p.lose_answer = false;
    OK_(rail_call_make(cx, call));
    assert_int_equal(w->p.n_pulls, 1);
    o = again(w, &o);
    CHECK_STR(o.state, "refunded");
    assert_false(reads(w));
    OK_(rail_claim_of(cx, &o, &url));
    CHECK_STR(url, "https://pay.example/pull-payments/pull1");
    cx->viewer = w->d->owner.id; /* it is the buyer's */
    assert_int_equal(rail_claim_of(cx, &o, &url), ERR_NOT_FOUND);
    cx->viewer = 0;
    OK_(letter_waiting(cx, w->buyer, &l, &n));
    bool told = false;
    for (size_t i = 0; i < n; i++)
        told = told || str_eq_c(l[i].url, "https://pay.example/pull-payments/pull1");
    assert_true(told);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* Who got hold of the owner's session or token does not get the key by naming a server of their own. */
static void a_key_does_not_follow_to_another_server(void **state)
{
    struct world *w = *state;
    struct cx *cx = w->d->cx;
    struct rail_account acc;
    OK_(save(w, base(w), STORE, ""));
    OK_(rail_account_of(cx, btcpay(), w->d->tea.id, &acc));
    CHECK_STR(acc.state, "on");
    CHECK_STR(rail_secret(&acc, "key"), KEY);
    OK_(save(w, str_fmt(cx->arena, STR_FMT "/evil", STR_ARG(base(w))), STORE, ""));
    OK_(rail_account_of(cx, btcpay(), w->d->tea.id, &acc));
    CHECK_STR(acc.state, "draft");
    assert_int_equal(rail_secret(&acc, "key").n, 0);
    assert_int_equal(rail_secret(&acc, "webhook_secret").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connecting_tests_each_right_and_sets_the_webhook),
        TEST(it_is_shown_when_seen_and_opened_when_settled),
        TEST(the_message_itself_opens_nothing),
        TEST(what_is_forged_is_refused),
        TEST(a_key_does_not_follow_to_another_server),
        TEST(another_amount_or_order_opens_nothing),
        TEST(what_becomes_invalid_is_taken_back),
        TEST(late_and_too_little),
        TEST(a_message_that_never_came_is_asked_for),
        TEST(a_lost_answer_makes_no_second_invoice),
        TEST(money_back_is_a_link_by_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
