/* Stripe without a network: an account that is connected, and messages as it signs them. */
#ifndef TESTS_STRIPE_WORLD_H
#define TESTS_STRIPE_WORLD_H

#include "node/base/buf.h"
#include "node/money/rail.h"
#include "node/money/rails/stripe.h"
#include "tests/unit/domain_fixture.h"

#define SECRET "whsec_test_0123456789abcdef"

static inline const struct pay_rail *stripe(void)
{
    return rail_by_name(STR("stripe"));
}

/* Connected, as a test that lacked nothing would have left it. */
static inline void connect_stripe(struct domain *d)
{
    const struct rail_value v[] = {{"key", STR("rk_test_abcdefghijklmnop")}, {"webhook_secret", STR(SECRET)}};
    d->cx->viewer = d->owner.id;
    OK_(rail_account_save(d->cx, stripe(), d->tea.id, v, 2));
    d->cx->viewer = 0;
    raw(d, "UPDATE rail_account SET state = 'on', merchant = 'acct_tea', live = 0");
}

static inline struct str header_of(struct cx *cx, struct str body, const char *secret, int64_t at_ms)
{
    unsigned char mac[32];
    struct buf b;
    struct str t = str_fmt(cx->arena, "%lld", (long long)(at_ms / 1000));
    crypt_hmac_sha256(str_c(secret), str_fmt(cx->arena, STR_FMT "." STR_FMT, STR_ARG(t), STR_ARG(body)), mac);
    buf_init_arena(&b, cx->arena, 300);
    buf_fmt(&b, "t=" STR_FMT ",v1=", STR_ARG(t));
    buf_put_hex(&b, mac, 32);
    return buf_str(&b);
}

static inline enum err send_event(struct domain *d, struct str body, struct str header, enum order_verdict *v)
{
    const struct rail_header h[] = {{STR("stripe-signature"), header}};
    return rail_receive(d->cx, STR("stripe"), d->tea.id, body, STR_NULL, h, 1, v);
}

static inline struct str event_of(struct domain *d, const char *id, const char *type, const char *object)
{
    return str_fmt(d->cx->arena,
                   "{\"id\":\"%s\",\"object\":\"event\",\"api_version\":\"" STRIPE_VERSION
                   "\",\"created\":%lld,\"livemode\":false,\"type\":\"%s\",\"data\":{\"object\":%s}}",
                   id, (long long)(d->cx->now / 1000), type, object);
}

static inline enum order_verdict tell(struct domain *d, const char *id, const char *type, struct str object)
{
    enum order_verdict v;
    struct str body = event_of(d, id, type, object.p);
    OK_(send_event(d, body, header_of(d->cx, body, SECRET, d->cx->now), &v));
    return v;
}

#endif
