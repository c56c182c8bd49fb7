/* A rail that moves no money, for trying out and for tests: its messages are signed like a real
 * provider's and take the same door. Only on nodes that run with --dev. */
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/base/id.h"
#include "node/base/json.h"
#include "node/base/jw.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_adapters.h"
#include "node/node.h"

#include <string.h>

enum { EVENT_MAX = 4096 };

static bool fake_available(struct cx *cx, int64_t planet_id)
{
    (void)planet_id;
    return cx->node->dev;
}

static struct str ref_of(struct cx *cx, struct str number)
{
    return str_fmt(cx->arena, "fake_" STR_FMT, STR_ARG(number));
}

static enum err fake_checkout(struct cx *cx, const struct rail_step *step, struct rail_way *ret)
{
    struct str number = step->order->number;
    *ret = (struct rail_way){.go = RAIL_GO_URL,
                             .url = str_fmt(cx->arena, FAKE_RAIL_PATH STR_FMT, STR_ARG(number)),
                             .ref = ref_of(cx, number)};
    return OK;
}

static enum err fake_refund(struct cx *cx, const struct rail_step *step, struct rail_refunded *ret)
{
    *ret = (struct rail_refunded){.state = RAIL_REFUND_DONE,
                                  .ref = str_fmt(cx->arena, "fake_refund_" STR_FMT, STR_ARG(step->key))};
    return OK;
}

static enum err fake_merchant(struct cx *cx, int64_t planet_id, struct str *ret_merchant,
                              bool *ret_live)
{
    *ret_merchant = str_fmt(cx->arena, "fake-%lld", (long long)planet_id);
    *ret_live = false;
    return OK;
}

static struct str signature_of(struct cx *cx, struct str body)
{
    unsigned char key[32], mac[32];
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    struct buf hex;
    crypt_hmac_sha256(secret, STR("rail:fake"), key);
    crypt_hmac_sha256((struct str){(const char *)key, sizeof key}, body, mac);
    buf_init_arena(&hex, cx->arena, 64);
    buf_put_hex(&hex, mac, sizeof mac);
    return buf_str(&hex);
}

enum err fake_rail_sign(struct cx *cx, const struct rail_state *s, struct str *ret_body,
                        struct str *ret_signature)
{
    struct buf b;
    struct jw w;
    if (!cx->node->dev)
        return cx_fail(cx, ERR_FORBIDDEN, "the fake rail is for --dev only");
    buf_init_arena(&b, cx->arena, EVENT_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_str(&w, "id", s->event_id);
    jw_key_str(&w, "order", s->order_number);
    jw_key_c(&w, "event", order_event_word(s->event));
    jw_key_i64(&w, "at", s->at);
    jw_key_i64(&w, "paid", s->paid.minor);
    jw_key_c(&w, "currency", s->paid.cur);
    jw_key_i64(&w, "refunded", s->refunded);
    jw_key_str(&w, "ref", s->ref);
    jw_key_str(&w, "merchant", s->merchant);
    jw_key_bool(&w, "live", s->live);
    jw_key_str(&w, "country", s->country);
    jw_key_i64(&w, "tax", s->tax);
    jw_end(&w);
    if (!jw_done(&w))
        return cx_fail(cx, ERR_INTERNAL, "fake event too long");
    *ret_body = buf_str(&b);
    *ret_signature = signature_of(cx, *ret_body);
    return OK;
}

enum err fake_rail_event(struct cx *cx, struct str order_number, struct str event, int64_t amount,
                         struct str currency, struct str *ret_body, struct str *ret_signature)
{
    struct order o;
    struct rail_state s = {.order_number = order_number, .at = cx->now, .live = false};
    TRY(order_by_number(cx, order_number, &o));
    if (!order_event_parse(event, &s.event) || !money_currency_ok(currency))
        return cx_fail(cx, ERR_INVALID, "no such fake event");
    bool is_refund = s.event == ORDER_REFUND;
    s.event_id = str_fmt(cx->arena, "evt_%lld", (long long)id_next(cx->node->ids));
    s.paid = money_of(s.event == ORDER_PAID ? amount : o.total.minor, currency);
    s.refunded = is_refund ? amount : o.refunded;
    s.ref = ref_of(cx, order_number);
    TRY(fake_merchant(cx, o.planet_id, &s.merchant, &s.live));
    return fake_rail_sign(cx, &s, ret_body, ret_signature);
}

static enum err fake_verify(struct cx *cx, const struct rail_account *acc, const struct rail_message *m,
                            struct rail_state *ret)
{
    struct rail_state s = {.live = false};
    struct str currency;
    json_t *j;
    (void)acc;
    if (!str_eq_secret(m->signature, signature_of(cx, m->body)))
        return cx_fail(cx, ERR_UNAUTHENTICATED, "signature of the fake rail is wrong");
    TRY(json_read(cx->arena, m->body, NULL, &j));
    s.event_id = ld_str(j, "id");
    s.order_number = ld_str(j, "order");
    s.ref = ld_str(j, "ref");
    s.merchant = ld_str(j, "merchant");
    s.live = ld_bool(j, "live", true);
    s.country = ld_str(j, "country");
    (void)ld_i64(j, "tax", &s.tax);
    currency = ld_str(j, "currency");
    if (s.event_id.n == 0 || !order_event_parse(ld_str(j, "event"), &s.event) ||
        !money_currency_ok(currency) || !ld_i64(j, "at", &s.at) ||
        !ld_i64(j, "paid", &s.paid.minor) || !ld_i64(j, "refunded", &s.refunded))
        return cx_fail(cx, ERR_INVALID, "event of the fake rail is not whole");
    memcpy(s.paid.cur, currency.p, 3);
    *ret = s;
    return OK;
}

const struct pay_rail rail_fake = {
    .name = "fake",
    .label = N_("Pretend to pay (development)"),
    .title = N_("Practice till"),
    .available = fake_available,
    .checkout = fake_checkout,
    .verify = fake_verify,
    .fetch_state = NULL, /* its events tell the whole state */
    .merchant = fake_merchant,
    .refund = fake_refund,
};
