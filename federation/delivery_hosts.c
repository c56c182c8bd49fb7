/* Hosts as places to deliver to: how each of them is, and what waits for it. */
#include "federation/delivery_int.h"
#include "federation/delivery_sql.h"
#include "federation/fanout.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/hosts_sql.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/people/audit.h"

enum err fed_host_state(struct cx *cx, struct str host, struct fed_host_state *ret)
{
    struct fed_host_state s = {.host = host, .oldest_at = DB_NULL, .last_success_at = DB_NULL,
                               .last_failure_at = DB_NULL};
    struct host_queue_row q;
    struct host_row row;
    struct str low, high;
    bool found;
    fed_delivery_range(cx, host, &low, &high);
    TRY(q_host_queue(cx, low, high, FED_COUNT_MAX, &q));
    s.queued = q.n - q.n_resting;
    s.resting = q.n_resting;
    if (q.oldest != DB_NULL)
        s.oldest_at = id_time(q.oldest);
    TRY(q_host_find(cx, host, &found, &row));
    if (found) {
        s.last_success_at = row.last_success_at;
        s.last_failure_at = row.last_failure_at;
        s.open_until = row.open_until;
        s.fail_days = row.fail_days;
        s.last_error = row.last_error;
    }
    if (cx->node->fed != NULL) /* what was not written down yet */
        fed_host_peek(cx->node->fed->hosts, cx->arena, &s);
    if (s.last_error.p == NULL && q.n > 0) /* the sender writes its own down a while later */
        TRY(q_host_queue_error(cx, low, high, &s.last_error));
    if (s.open_until <= cx->now)
        s.open_until = 0;
    s.dead = s.fail_days >= FED_DEAD_DAYS;
    *ret = s;
    return OK;
}

/* Hosts with something in the queue, by one jump through the index each. */
static enum err queued_hosts(struct cx *cx, struct str after, size_t n_max, struct str **ret,
                             size_t *ret_n)
{
    struct str *v = ARENA_ARRAY(cx->arena, struct str, n_max + 1), low, at = STR("@"), key;
    size_t n = 0;
    if (!str_empty(after))
        fed_delivery_range(cx, after, &low, &at);
    while (n < n_max) {
        TRY(q_delivery_next_key(cx, at, &key));
        if (key.p == NULL)
            break;
        v[n] = fed_delivery_host(key);
        fed_delivery_range(cx, v[n++], &low, &at);
    }
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err fed_host_list(struct cx *cx, enum fed_host_which which, struct str after, int n_max,
                       struct fed_host_state **ret, size_t *ret_n)
{
    struct str *hosts;
    size_t n;
    TRY(fed_may_settle(cx));
    /* After a burst nothing may be sent for long; what it taught is to be seen all the same. */
    if (cx->node->fed != NULL)
        TRY(fed_hosts_flush(cx, cx->node->fed->hosts));
    if (which == FED_HOSTS_QUEUED)
        TRY(queued_hosts(cx, after, (size_t)n_max, &hosts, &n));
    else if (which == FED_HOSTS_TROUBLED)
        TRY(q_hosts_troubled(cx, after, cx->now, n_max, &hosts, &n));
    else
        TRY(q_hosts_all(cx, after, n_max, &hosts, &n));
    struct fed_host_state *v = ARENA_ARRAY(cx->arena, struct fed_host_state, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(fed_host_state(cx, hosts[i], &v[i]));
    *ret = v;
    *ret_n = n;
    return OK;
}

enum err fed_host_again(struct cx *cx, struct str host, int64_t *ret_n)
{
    struct str low, high;
    int64_t ready, resting;
    TRY(fed_may_settle(cx));
    fed_delivery_range(cx, host, &low, &high);
    TX_SCOPE(cx);
    TRY(q_host_ready_now(cx, low, high, cx->now, &ready));
    TRY(q_host_wake_resting(cx, low, high, cx->now, &resting));
    if (resting > 0)
        TRY(q_host_promote(cx, low, high, NULL));
    TRY(q_host_forgive(cx, host, NULL));
    TRY(job_put(cx, "fed.again", 0, host, STR_NULL, 0));
    TRY(audit_put(cx, "delivery.again", 0, host));
    cx->wake |= WAKE_JOBS;
    TRY(tx_commit(cx));
    *ret_n = ready + resting;
    return OK;
}

/* In every process that sends: what it remembers of the host's failures ends here. */
enum job_verdict fed_again(struct cx *cx, const struct job *job)
{
    if (cx->node->fed != NULL)
        fed_host_forgive(cx->node->fed->hosts, job->payload);
    return JOB_DONE;
}

enum err fed_host_drop(struct cx *cx, struct str host, int64_t *ret_n)
{
    struct str low, high;
    TRY(fed_may_settle(cx));
    fed_delivery_range(cx, host, &low, &high);
    TX_SCOPE(cx);
    TRY(q_host_lose(cx, low, high, NULL));
    TRY(q_host_forget_jobs(cx, low, high, ret_n));
    TRY(audit_put(cx, "delivery.drop", 0, host));
    return tx_commit(cx);
}
