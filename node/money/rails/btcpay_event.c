/* What BTCPay Server says: its signature, its messages, its invoices. No network, no store. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/money/money.h"
#include "node/money/rails/btcpay.h"

enum { ID_MAX = 100 };

bool btcpay_signed(struct str header, struct str body, struct str secret)
{
    unsigned char mac[32];
    char hex[64];
    static const char digits[] = "0123456789abcdef";
    if (secret.n == 0 || !str_starts(header, STR("sha256=")) || header.n != 7 + sizeof hex)
        return false;
    crypt_hmac_sha256(secret, body, mac);
    for (size_t i = 0; i < sizeof mac; i++) {
        hex[2 * i] = digits[mac[i] >> 4];
        hex[2 * i + 1] = digits[mac[i] & 15];
    }
    return str_eq_secret(str_sub(header, 7, sizeof hex), (struct str){hex, sizeof hex});
}

/* Theirs are letters and digits; they go into addresses and keys of ours. */
static bool id_ok(struct str s)
{
    if (s.n == 0 || s.n > ID_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* Their UnixTimestamp: seconds. */
static int64_t seconds(const json_t *j, const char *path)
{
    int64_t s;
    if (!ld_i64(j, path, &s) || s <= 0 || s > INT64_C(100000000000))
        return 0;
    return s * MS_SECOND;
}

enum err btcpay_event(struct cx *cx, struct str body, struct btcpay_event *ret)
{
    static const struct json_limits limits = {.max_bytes = 256 * 1024, .max_depth = 16, .max_values = 4000};
    struct btcpay_event e;
    json_t *j;
    TRY(json_read(cx->arena, body, &limits, &j));
    struct str original = ld_str(j, "originalDeliveryId");
    e = (struct btcpay_event){
        .id = original.n > 0 ? original : ld_str(j, "deliveryId"),
        .type = ld_str(j, "type"),
        .store = ld_str(j, "storeId"),
        .invoice = ld_str(j, "invoiceId"),
        .number = ld_str(j, "metadata.orderId"),
        .at = seconds(j, "timestamp"),
        .after_expiration = ld_bool(j, "afterExpiration", false),
    };
    bool about_invoice = str_starts(e.type, STR("Invoice"));
    if (!id_ok(e.id) || e.type.n == 0 || e.type.n > ID_MAX || e.at == 0 || (about_invoice && (!id_ok(e.store) || !id_ok(e.invoice))))
        return cx_fail(cx, ERR_INVALID, "not a message of BTCPay's");
    *ret = e;
    return OK;
}

bool btcpay_is_late(const json_t *j)
{
    return str_eq_c(ld_str(j, "status"), "Expired") && str_eq_c(ld_str(j, "additionalStatus"), "PaidLate");
}

bool btcpay_all_settled(const json_t *methods)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(methods); i++) {
        const json_t *payments = ld_get(json_array_get(methods, i), "payments");
        for (size_t k = 0; k < json_array_size(payments); k++, n++)
            if (!str_eq_c(ld_str(json_array_get(payments, k), "status"), "Settled"))
                return false;
    }
    return n > 0;
}

/* "30.00", also as a number of older versions; trailing zeros beyond the currency's decimals are theirs. */
static bool amount_of(struct cx *cx, const json_t *j, const char *path, struct str currency, struct money *ret)
{
    struct str s = ld_str(j, path);
    const json_t *v = ld_get(j, path);
    if (json_is_integer(v))
        s = str_fmt(cx->arena, "%lld", (long long)json_integer_value(v));
    if (s.n == 0 || s.n > 40)
        return false;
    size_t dot = str_find_char(s, '.', 0);
    while (dot != SIZE_MAX && s.n > dot + 1 + (size_t)money_exponent(str_z(cx->arena, currency)) && s.p[s.n - 1] == '0')
        s.n--;
    if (dot != SIZE_MAX && s.n == dot + 1)
        s.n = dot;
    bool ok = money_parse_fields(cx, s, currency, ret) == OK;
    cx->tell = NULL;
    return ok;
}

enum err btcpay_invoice(struct cx *cx, const json_t *j, bool paid_before, bool late_settled, struct rail_state *io)
{
    struct rail_state s = *io;
    struct str status = ld_str(j, "status"), more = ld_str(j, "additionalStatus"), currency = ld_str(j, "currency");
    struct money asked, came;
    s.topic = RAIL_ORDER;
    s.ref = ld_str(j, "id");
    s.order_number = ld_str(j, "metadata.orderId");
    s.event = ORDER_PENDING;
    s.seen = false;
    if (!id_ok(s.ref) || status.n == 0 || !money_currency_ok(currency) || !amount_of(cx, j, "amount", currency, &asked))
        return cx_fail(cx, ERR_INVALID, "not an invoice of BTCPay's");
    s.paid = asked;
    if (str_eq_c(status, "Settled") || (btcpay_is_late(j) && late_settled)) {
        s.event = ORDER_PAID;
    } else if (str_eq_c(status, "Processing") || btcpay_is_late(j)) {
        s.seen = true;
    } else if (str_eq_c(status, "Invalid")) {
        s.event = paid_before ? ORDER_DISPUTE_LOST : ORDER_FAIL;
    } else if (str_eq_c(status, "Expired") && str_eq_c(more, "PaidPartial")) {
        /* Money came, and too little of it: that is for the owner to settle, in the tray. */
        s.event = ORDER_EXPIRE;
        if (amount_of(cx, j, "paidAmount", currency, &came) && came.minor > 0 && came.minor != asked.minor) {
            s.event = ORDER_PAID;
            s.paid = came;
            s.event_id = str_fmt(cx->arena, "partial-" STR_FMT "-%lld", STR_ARG(s.ref), (long long)came.minor);
        }
    } else if (str_eq_c(status, "Expired")) {
        s.event = ORDER_EXPIRE;
    }
    *io = s;
    return OK;
}
