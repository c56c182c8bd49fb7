/* The practice till: it keeps no books of its own and is never called; its messages tell all of a payment. */
#ifndef TESTS_TILL_FAKE_H
#define TESTS_TILL_FAKE_H

#include "tests/unit/till.h"

static inline struct str fake_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    static const enum order_event events[] = {ORDER_PAID, ORDER_DISPUTE, ORDER_DISPUTE_WON, ORDER_DISPUTE_LOST};
    struct cx *cx = p->d->cx;
    struct str body, signature;
    const struct rail_state s = {
        .event_id = str_fmt(p->arena, "evt_%d", id),
        .order_number = str_c(pay->number),
        .event = back >= 0 ? ORDER_REFUND : events[pay->dispute],
        .at = p->now,
        .paid = {pay->total, "CNY"},
        .refunded = back >= 0 ? pay->backs[back].in_all : pay->refunded,
        .ref = str_fmt(p->arena, "fake_%s", pay->number),
        .merchant = str_fmt(p->arena, "fake-%lld", (long long)p->d->tea.id),
    };
    OK_(fake_rail_sign(cx, &s, &body, &signature));
    return str_dup(p->arena, body);
}

static inline void fake_till_sign(struct provider *p, struct tale *t)
{
    unsigned char key[32], mac[32];
    struct buf hex;
    const struct node *node = p->d->cx->node;
    crypt_hmac_sha256((struct str){(const char *)node->secret, sizeof node->secret}, STR("rail:fake"), key);
    crypt_hmac_sha256((struct str){(const char *)key, sizeof key}, t->body, mac);
    buf_init_arena(&hex, p->arena, 64);
    buf_put_hex(&hex, mac, sizeof mac);
    t->signature = buf_str(&hex);
}

static inline bool fake_till_serve(struct loopback *l, int fd, const char *head, const char *body, size_t n)
{
    (void)fd, (void)head, (void)body, (void)n;
    till_oops(l->arg, "called");
    return false;
}

static inline void fake_till_connect(struct provider *p)
{
    (void)p;
}

static const struct till till_fake = {
    .name = "fake", .currency = "CNY", .disputes = true, .refunds_by_hand = true, .silent = true,
    .connect = fake_till_connect, .serve = fake_till_serve, .body = fake_till_body, .sign = fake_till_sign,
};

#endif
