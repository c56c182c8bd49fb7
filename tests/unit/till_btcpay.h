/* BTCPay Server as a till: invoices, messages that name no amount, refunds by a link, a payment that turns out
 * invalid. It knows no idempotency keys: who asks twice has two. */
#ifndef TESTS_TILL_BTCPAY_H
#define TESTS_TILL_BTCPAY_H

#include "node/money/money.h"
#include "node/money/rails/btcpay.h"
#include "tests/unit/till.h"

#define BTC_STORE "9CiNzKoANXxmk5ayZngSXrHTiVvvgCrwrpFQd4m2K776"
#define BTC_KEY "e4f5c0ffee0123456789abcdef0123456789abcd"
#define BTC_SECRET "hook-secret-0123456789abcdef0123456789"

static inline struct str btc_till_yuan(struct provider *p, int64_t fen)
{
    return money_decimal(p->arena, (struct money){fen, "CNY"});
}

static inline struct str btc_till_invoice(struct provider *p, const struct payment *pay)
{
    int i = till_index(p, pay);
    return str_fmt(p->arena, "{\"id\":\"INV%d\",\"storeId\":\"" BTC_STORE "\",\"amount\":\"" STR_FMT "\",\"currency\":\"CNY\","
        "\"checkoutLink\":\"https://pay.example/i/INV%d\",\"status\":\"%s\",\"additionalStatus\":\"None\",\"metadata\":{\"orderId\":"
        "\"%s\"}}", i, STR_ARG(btc_till_yuan(p, pay->total)), i, pay->dispute == LOST ? "Invalid" : pay->paid ? "Settled" : "New",
        pay->number);
}

static inline struct str btc_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    (void)back;
    return str_fmt(p->arena, "{\"deliveryId\":\"D%d\",\"webhookId\":\"hook1\",\"originalDeliveryId\":\"D%d\",\"isRedelivery\":false,"
        "\"type\":\"%s\",\"timestamp\":%lld,\"storeId\":\"" BTC_STORE "\",\"invoiceId\":\"INV%d\",\"metadata\":{\"orderId\":\"%s\"}}",
        id, id, pay->dispute == LOST ? "InvoiceInvalid" : "InvoiceSettled", (long long)(p->now / 1000), till_index(p, pay), pay->number);
}

static inline void btc_till_sign(struct provider *p, struct tale *t)
{
    unsigned char mac[32];
    struct buf b;
    crypt_hmac_sha256(STR(BTC_SECRET), t->body, mac);
    buf_init_arena(&b, p->arena, 100);
    buf_lit(&b, "sha256=");
    buf_put_hex(&b, mac, 32);
    t->headers[0] = (struct rail_header){STR("BTCPay-Sig"), buf_str(&b)};
    t->n_headers = 1;
}

static inline struct str btc_till_pull(struct provider *p, const struct payment *pay, int back)
{
    return str_fmt(p->arena, "{\"id\":\"pull%dx%d\",\"name\":\"%s\",\"currency\":\"CNY\",\"viewLink\":\"https://pay.example/p\"}",
                   till_index(p, pay), back, pay->backs[back].key);
}

static inline struct str btc_till_pulls(struct provider *p)
{
    struct str all = STR("");
    for (int i = 0; i < p->n; i++)
        for (int k = 0; k < p->payments[i].n_backs; k++)
            all = str_fmt(p->arena, STR_FMT "%s" STR_FMT, STR_ARG(all), all.n == 0 ? "" : ",",
                          STR_ARG(btc_till_pull(p, &p->payments[i], k)));
    return str_fmt(p->arena, "[" STR_FMT "]", STR_ARG(all));
}

static inline int64_t btc_till_fen(struct provider *p, const json_t *j, const char *path)
{
    struct money m = {0};
    OK_(money_parse_fields(p->d->cx, ld_str(j, path), STR("CNY"), &m));
    return m.minor;
}

static inline struct str btc_till_answer(struct provider *p, bool post, struct str path, const json_t *j)
{
    struct str number = ld_str(j, "metadata.orderId");
    if (post && str_eq_c(path, "/invoices")) {
        if (till_find(p, number) != NULL)
            till_oops(p, "a second invoice");
        return btc_till_invoice(p, till_open(p, number, btc_till_fen(p, j, "amount")));
    }
    if (str_starts(path, STR("/invoices?"))) {
        struct payment *pay = till_find(p, till_between(path, "orderId=", "&"));
        return pay == NULL ? STR("[]") : str_fmt(p->arena, "[" STR_FMT "]", STR_ARG(btc_till_invoice(p, pay)));
    }
    if (str_eq_c(path, "/pull-payments"))
        return btc_till_pulls(p);
    struct payment *pay = till_payment(p, till_between(path, "/invoices/", "/"), 3);
    if (pay != NULL && post && str_ends(path, STR("/refund"))) {
        int before = pay->n_backs, back = till_back(p, pay, ld_str(j, "name"), btc_till_fen(p, j, "customAmount"));
        if (back >= 0 && pay->n_backs == before)
            till_oops(p, "a refund asked for twice");
        return back < 0 ? STR_NULL : btc_till_pull(p, pay, back);
    }
    if (pay == NULL || post)
        till_oops(p, "an address that is not called here");
    return pay == NULL || post ? STR_NULL : btc_till_invoice(p, pay);
}

static inline bool btc_till_serve(struct loopback *l, int fd, const char *head_z, const char *body_p, size_t n)
{
    struct provider *p = l->arg;
    struct str head = str_c(head_z), target = till_between(head, " ", " ");
    json_t *j = NULL;
    bool go_on;
    if (till_is_down(p, fd, &go_on))
        return go_on;
    if (!str_contains(head, STR("\r\nAuthorization: token " BTC_KEY "\r\n")) || !str_starts(target, STR("/api/v1/stores/" BTC_STORE "/")) ||
        (n > 0 && json_read(p->arena, (struct str){body_p, n}, NULL, &j) != OK))
        till_oops(p, "request");
    struct str answer = btc_till_answer(p, str_starts(head, STR("POST ")), str_sub(target, strlen("/api/v1/stores/" BTC_STORE), SIZE_MAX), j);
    if (till_is_deaf(p))
        return false;
    if (answer.p == NULL)
        return loopback_reply(fd, "422 No", "Content-Type: application/json\r\n", "{}", 2);
    return loopback_reply(fd, "200 OK", "Content-Type: application/json\r\n", answer.p, answer.n);
}

static inline void btc_till_connect(struct provider *p)
{
    struct cx *cx = p->d->cx;
    struct rail_account acc;
    const struct pay_rail *rail = rail_by_name(STR("btcpay"));
    const struct rail_value hook = {"webhook_secret", STR(BTC_SECRET)};
    const struct rail_value v[] = {{"url", str_fmt(cx->arena, "http://127.0.0.1:%d", p->loopback.port)}, {"store", STR(BTC_STORE)},
                                   {"key", STR(BTC_KEY)}, {"testnet", STR("true")}};
    OK_(rail_account_save(cx, rail, p->d->tea.id, v, 4));
    OK_(rail_account_of(cx, rail, p->d->tea.id, &acc));
    OK_(rail_account_keep(cx, rail, &acc, &hook, 1));
    RAW(p->d, "UPDATE rail_account SET state = 'on', merchant = '" STR_FMT "', live = 0 WHERE rail = 'btcpay'",
        STR_ARG(btcpay_merchant(cx, &acc)));
}

static const struct till till_btcpay = {
    .name = "btcpay", .currency = "CNY", .disputes = true, .takes_back = true, .asks = true, .mute = true,
    .connect = btc_till_connect, .serve = btc_till_serve, .body = btc_till_body, .sign = btc_till_sign,
};

#endif
