/* order: what was bought, and money back. */
#include "admin/cli/cli.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/rail_call.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

/* Written down first, by whom, too; a serving node's job makes the call if this process doesn't. */
static enum err put_refund(struct cx *cx, const struct order *o, int64_t amount, int64_t *ret_call_id)
{
    TX_SCOPE(cx);
    TRY(rail_refund(cx, o->number, amount, ret_call_id));
    TRY(audit_put(cx, "order.refund", o->id, STR_NULL));
    return tx_commit(cx);
}

static enum err cmd_order_refund(struct cli *cli)
{
    static const char *const columns[] = {"order", "state", "refunded", "call", NULL};
    struct cx *cx = cli->cx;
    struct money amount = {.minor = 0};
    struct rail_call call;
    struct order o;
    int64_t id;
    enum err e = order_by_number(cx, cli_get(cli, "number"), &o);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cx, e, N_("There is no such order."));
    TRY(e);
    TRY(planet_may_own(cx, o.planet_id));
    if (cli_has(cli, "amount"))
        TRY(money_parse_fields(cx, cli_get(cli, "amount"), str_c(o.total.cur), &amount));
    TRY(put_refund(cx, &o, amount.minor, &id));
    e = rail_call_make(cx, id);
    if (e != OK && e != ERR_BUSY && e != ERR_UPSTREAM && e != ERR_TIMEOUT)
        return e;
    TRY(rail_call_by_id(cx, id, &call));
    TRY(order_by_number(cx, o.number, &o));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){o.number, o.state, money_format(cx->arena, money_of(o.refunded, str_c(o.total.cur))), call.state});
    cli_end(cli);
    return OK;
}

static const struct cli_option refund_options[] = {
    {"number", "NUMBER", true, "the order"},
    {"amount", "AMOUNT", false, "a part of it, as \"40.00\"; else all that is left"},
    {0},
};

const struct cli_verb cli_order_verbs[] = {
    {"order refund", cmd_order_refund, true, "give money back by the provider that took it", refund_options},
    {0},
};
