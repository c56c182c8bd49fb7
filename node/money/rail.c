#include "node/money/rail.h"

#include "node/db/db.h"
#include "node/money/rail_account_sql.h"
#include "node/money/rail_adapters.h"
#include "node/money/rail_call.h"
#include "node/node.h"

#include <strings.h>

/* In the order in which buyers see them. */
static const struct pay_rail *const rails[] = {
    &rail_wechat,
    &rail_alipay,
    &rail_stripe,
    &rail_paypal,
    &rail_transfer,
    &rail_btcpay,
    &rail_fake,
};
enum { N_RAILS = sizeof rails / sizeof *rails };

const struct pay_rail *rail_by_name(struct str name)
{
    for (size_t i = 0; i < N_RAILS; i++)
        if (str_eq_c(name, rails[i]->name))
            return rails[i];
    return NULL;
}

const struct pay_rail *const *rail_all(size_t *ret_n)
{
    *ret_n = N_RAILS;
    return rails;
}

bool rail_available(struct cx *cx, const struct pay_rail *rail, int64_t planet_id)
{
    int64_t n = 0;
    if (rail->available != NULL)
        return rail->available(cx, planet_id);
    return q_rail_account_is_on(cx, planet_id, str_c(rail->name), &n) == OK && n > 0;
}

size_t rail_list(struct cx *cx, int64_t planet_id, const struct pay_rail **ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < N_RAILS && n < max; i++)
        if (rail_available(cx, rails[i], planet_id))
            ret[n++] = rails[i];
    return n;
}

bool rail_takes(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str currency)
{
    return rail->takes == NULL || rail->takes(cx, planet_id, currency);
}

size_t rail_list_for(struct cx *cx, int64_t planet_id, struct str currency, const struct pay_rail **ret, size_t max)
{
    size_t kept = 0, n = rail_list(cx, planet_id, ret, max);
    for (size_t i = 0; i < n; i++)
        if (rail_takes(cx, ret[i], planet_id, currency))
            ret[kept++] = ret[i];
    return kept;
}

enum err rail_account_for(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct rail_account *ret)
{
    if (rail->fields != NULL)
        return rail_account_of(cx, rail, planet_id, ret);
    if (!rail_available(cx, rail, planet_id))
        return ERR_NOT_FOUND;
    *ret = (struct rail_account){.planet_id = planet_id, .rail = str_c(rail->name), .state = STR("on"),
                                 .checked_at = DB_NULL, .caught_up_at = DB_NULL};
    return OK;
}

enum err rail_hook_url(struct cx *cx, const struct pay_rail *rail, int64_t planet_id, struct str *ret)
{
    struct planet p;
    TRY(planet_by_id(cx, planet_id, &p));
    *ret = str_fmt(cx->arena, STR_FMT "/hooks/%s/" STR_FMT, STR_ARG(cx->node->origin), rail->name, STR_ARG(p.handle));
    return OK;
}

struct str rail_header(const struct rail_message *m, const char *name)
{
    for (size_t i = 0; i < m->n_headers; i++)
        if (str_ieq_c(m->headers[i].name, name))
            return m->headers[i].value;
    return STR_NULL;
}

struct rail_visit rail_visit_of(struct str ip, struct str agent)
{
    struct rail_visit v = {.ip = ip, .agent = str_sub(agent, 0, 400)};
    v.wechat = str_contains(agent, STR("MicroMessenger"));
    v.phone = str_contains(agent, STR("Mobile")) || str_contains(agent, STR("Android")) ||
              str_contains(agent, STR("iPhone"));
    return v;
}

/* ---- to the till ---- */

enum err rail_checkout_at(struct cx *cx, struct str order_number, const struct rail_visit *visit, struct rail_way *ret)
{
    struct order order;
    int64_t id;
    TRY(order_by_number(cx, order_number, &order));
    if (cx->viewer != 0 && cx->viewer != order.account_id)
        return ERR_NOT_FOUND;
    bool open = str_eq_c(order.state, "new") || str_eq_c(order.state, "pending");
    if (!open || (order.expires_at != DB_NULL && order.expires_at <= cx->now))
        return cx_tell(cx, ERR_CONFLICT, N_("This order is closed. Please start again."));
    const struct pay_rail *rail = rail_by_name(order.rail);
    if (rail == NULL || !rail_available(cx, rail, order.planet_id))
        return cx_tell(cx, ERR_INVALID, N_("This way of paying is not available here."));
    struct rail_call_new c = {
        .planet_id = order.planet_id,
        .rail = rail,
        .step = "checkout",
        .order_id = order.id,
        .subscription_id = DB_NULL,
        .group = STR(""),
        .amount = DB_NULL,
        .visit = visit,
        .wait_s = 90,
    };
    TRY(tx_begin(cx));
    enum err e = rail_call_put(cx, &c, &id);
    if (e != OK) {
        tx_rollback(cx);
        return e;
    }
    TRY(tx_commit(cx));
    TRY(rail_call_make(cx, id));
    return rail_way_of(cx, &order, ret);
}

enum err rail_checkout(struct cx *cx, struct str order_number, struct str *ret_url)
{
    struct rail_way way;
    TRY(rail_checkout_at(cx, order_number, NULL, &way));
    *ret_url = way.go == RAIL_GO_URL ? way.url
                                     : str_fmt(cx->arena, "/pay/" STR_FMT, STR_ARG(order_number));
    return OK;
}
