/* What a provider told while nobody heard: asked for when an account is connected, when the node starts,
 * and each night (S12). */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/rail.h"
#include "node/money/rail_account_sql.h"

enum {
    OVERLAP_MIN = 30,  /* asked for once more: lists of providers lag behind their messages */
    FIRST_DAYS = 2,    /* of an account that was never asked */
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
    TRY(rail_account_for(c->cx, c->rail, c->planet_id, &acc));
    struct rail_heard h = {.rail = c->rail, .planet_id = c->planet_id, .account = acc, .body = raw, .state = state};
    bool about = state.topic == RAIL_ORDER || state.topic == RAIL_RENEWAL;
    h.asks = about && c->rail->fetch_state != NULL;
    return rail_follow(c->cx, &h, NULL);
}

static enum err catch_up(struct cx *cx, const struct rail_account *acc, const struct pay_rail *rail)
{
    struct catching c = {cx, rail, acc->planet_id};
    int64_t since = acc->caught_up_at == DB_NULL ? cx->now - FIRST_DAYS * MS_DAY
                                                 : acc->caught_up_at - OVERLAP_MIN * MS_MINUTE;
    if (rail->list_since != NULL)
        TRY(rail->list_since(cx, acc, since, take, &c));
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
