/* What a provider told while nobody heard: asked for when an account is connected, when the node starts,
 * and each night (S12). */
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/ledger.h"
#include "node/money/rail.h"
#include "node/money/rail_account_sql.h"
#include "node/money/rail_sql.h"
#include "node/money/reconcile.h"
#include "node/node.h"
#include "node/planet/planet_sql.h"

#include <string.h>

enum {
    OVERLAP_MIN = 30,  /* asked for once more: lists of providers lag behind their messages */
    FIRST_DAYS = 2,    /* of an account that was never asked */
    LAG_DAYS = 3,      /* a report tells of a payment so much later */
    BEHIND_MIN = 15,   /* a node that wakes asks only after so long */
};

struct catching {
    struct cx *cx;
    const struct pay_rail *rail;
    int64_t planet_id;
};

static enum err take(void *arg, struct str raw, const struct rail_state *s)
{
    struct catching *c = arg;
    const struct rail_state state = *s;
    struct rail_account acc;
    int64_t known;
    TRY(q_rail_event_known(c->cx, str_c(c->rail->name), c->planet_id, state.event_id, &known));
    if (known > 0)
        return OK;
    TRY(rail_account_for(c->cx, c->rail, c->planet_id, &acc));
    struct rail_heard h = {.rail = c->rail, .planet_id = c->planet_id, .account = acc, .body = raw, .state = state};
    bool about = state.topic == RAIL_ORDER || state.topic == RAIL_RENEWAL;
    h.asks = about && c->rail->fetch_state != NULL;
    return rail_follow(c->cx, &h, NULL);
}

/* ---- what the provider keeps for itself ---- */

/* Of an order of ours, once a line of the provider's books. */
static enum err take_fee(void *arg, const struct rail_fee *fee)
{
    struct catching *c = arg;
    struct cx *cx = c->cx;
    struct order o;
    struct str number, event = str_fmt(cx->arena, "fee:" STR_FMT, STR_ARG(fee->line));
    int64_t inserted, id = id_next(cx->node->ids);
    TX_SCOPE(cx);
    TRY(recon_line(cx, c->rail, c->planet_id, fee, &number));
    if (number.n == 0 || fee->fee.minor == 0)
        return tx_commit(cx);
    TRY(planet_lock(cx, c->planet_id));
    TRY(q_rail_event_insert(cx, id, str_c(c->rail->name), c->planet_id, event, STR("{}"), cx->now, &inserted));
    if (inserted == 0)
        return tx_commit(cx);
    TRY(order_by_number(cx, number, &o));
    struct entry entries[2] = {
        {.account = str_fmt(cx->arena, "clearing:%s", c->rail->name), .amount = -fee->fee.minor},
        {.account = str_fmt(cx->arena, "fee:%s", c->rail->name), .amount = fee->fee.minor},
    };
    memcpy(entries[0].cur, fee->fee.cur, sizeof entries[0].cur);
    memcpy(entries[1].cur, fee->fee.cur, sizeof entries[1].cur);
    struct txn t = {.planet_id = c->planet_id, .kind = STR("fee"), .order_id = o.id, .grant_id = DB_NULL,
                    .rail_event_id = id, .reverses = DB_NULL, .memo = fee->line, .entries = entries, .n_entries = 2};
    TRY(ledger_post(cx, &t));
    return tx_commit(cx);
}

static enum err read_report(struct catching *c, const struct rail_account *acc, int64_t since)
{
    struct cx *cx = c->cx;
    enum err e = c->rail->fees(cx, acc, since, take_fee, c);
    const char *error = e == OK ? NULL : cx->fail != NULL ? cx->fail : err_name(e);
    TRY(recon_compare(cx, c->rail, c->planet_id, since, error));
    return e;
}

enum err recon_now(struct cx *cx, int64_t planet_id, struct str rail_name, int days)
{
    struct rail_account acc;
    const struct pay_rail *rail = rail_by_name(rail_name);
    struct catching c = {cx, rail, planet_id};
    TRY(planet_may_own(cx, planet_id));
    if (rail == NULL || rail->fees == NULL)
        return cx_tell(cx, ERR_UNSUPPORTED, N_("This provider gives no report that could be compared."));
    TRY(rail_account_for(cx, rail, planet_id, &acc));
    return read_report(&c, &acc, cx->now - days * MS_DAY);
}

static enum err catch_up(struct cx *cx, const struct rail_account *acc, const struct pay_rail *rail)
{
    struct catching c = {cx, rail, acc->planet_id};
    int64_t since = acc->caught_up_at == DB_NULL ? cx->now - FIRST_DAYS * MS_DAY
                                                 : acc->caught_up_at - OVERLAP_MIN * MS_MINUTE;
    if (rail->list_since != NULL)
        TRY(rail->list_since(cx, acc, since, take, &c));
    if (rail->fees != NULL) { /* they are known some time after the payment */
        enum err e = read_report(&c, acc, since - LAG_DAYS * MS_DAY);
        if (e != OK && e != ERR_UNSUPPORTED)
            return e;
    }
    return q_rail_account_caught_up(cx, acc->id, cx->now, NULL);
}

/* The next night, at a time of its own. */
static enum err again(struct cx *cx, int64_t account_id)
{
    int64_t day = cx->now / MS_DAY + 1;
    int64_t at = day * MS_DAY + 2 * MS_HOUR + (account_id >> 8) % (3 * MS_HOUR);
    TX_SCOPE(cx);
    TRY(job_cancel(cx, "pay.catch_up", account_id, STR("night"), STR_NULL, NULL));
    TRY(job_put(cx, "pay.catch_up", account_id, STR("night"), STR_NULL, at));
    return tx_commit(cx);
}

enum job_verdict rail_catch_up_run(struct cx *cx, const struct job *job)
{
    struct rail_account acc;
    enum err e = rail_account_by_id(cx, job->subject, &acc);
    if (e == ERR_NOT_FOUND)
        return JOB_DONE;
    const struct pay_rail *rail = e == OK ? rail_by_name(acc.rail) : NULL;
    if (rail == NULL || str_eq_c(acc.state, "draft"))
        return e == OK ? JOB_DONE : JOB_RETRY;
    if (catch_up(cx, &acc, rail) != OK)
        return JOB_RETRY;
    return again(cx, acc.id) == OK ? JOB_DONE : JOB_RETRY;
}

enum err rail_opened(struct cx *cx)
{
    int64_t *ids;
    size_t n;
    TRY(q_rail_accounts_behind(cx, cx->now - BEHIND_MIN * MS_MINUTE, &ids, &n));
    if (n == 0)
        return OK;
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++)
        TRY(job_put(cx, "pay.catch_up", ids[i], STR_NULL, STR_NULL, 0));
    return tx_commit(cx);
}
