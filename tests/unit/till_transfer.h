/* A bank account: the owner reads its statement, and is the one who says what came and gives it back. */
#ifndef TESTS_TILL_TRANSFER_H
#define TESTS_TILL_TRANSFER_H

#include "node/money/transfer.h"
#include "tests/unit/till_fake.h"

/* Whose payment was seen on the statement. */
static inline struct str transfer_till_body(struct provider *p, const struct payment *pay, int back, int id)
{
    (void)back, (void)id;
    return str_dup(p->arena, str_c(pay->number));
}

static inline void transfer_till_connect(struct provider *p)
{
    struct cx *cx = p->d->cx;
    const struct rail_value v[] = {{"holder", STR("Olga Tea")}, {"account", STR("DE89 3704 0044 0532 0130 00")},
                                   {"unlike", STR("true")}, {"provisional", STR("true")}};
    OK_(rail_account_save(cx, rail_by_name(STR("transfer")), p->d->tea.id, v, 4));
    RAW(p->d, "UPDATE rail_account SET state = 'on', merchant = 'by hand', live = 1 WHERE rail = 'transfer'");
}

static const struct till till_transfer = {
    .name = "transfer", .currency = "CNY", .silent = true, .by_hand = true, .mute = true,
    .connect = transfer_till_connect, .serve = fake_till_serve, .body = transfer_till_body,
};

#endif
