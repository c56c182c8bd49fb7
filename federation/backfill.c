/* Newcomers and hosts that are no more: the first follower of a host is sent the latest posts
 * (federation.md 4.10b); a dead host is looked at once a week, and given up after sixty days
 * (4.6). */
#include "federation/backfill.h"

#include "federation/actor_sql.h"
#include "federation/deliver.h"
#include "federation/fanout.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/hosts_sql.h"
#include "federation/out_sql.h"
#include "federation/receive_sql.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/jobs/jobs.h"

enum { BACKFILL_MAX = 5, BACKFILL_STEP_MS = 2000, DEAD_DAYS_MAX = 60, PROBE_EVERY_DAYS = 7 };
#define BACKFILL_AFTER (30 * MS_SECOND)

enum err fed_backfill_put(struct cx *cx, int64_t follow_id, struct str host, int64_t target_id)
{
    int64_t n;
    TRY(q_followers_of_host(cx, host, target_id, &n));
    if (n != 1)
        return OK; /* their server has had the posts all along */
    return job_put(cx, "fed.backfill", follow_id, STR_NULL, STR_NULL, cx->now + BACKFILL_AFTER);
}

/* Oldest first and one after the other, so that they arrive in order, and after everything that is
 * due now. What was said since the follow went out by itself. */
static enum err backfill(struct cx *cx, const struct job *job)
{
    struct follow_by_id_row f;
    struct outbox_before_row *rows;
    bool found, waits;
    size_t n;
    int64_t id;
    TRY(q_follow_by_id(cx, job->subject, &found, &f));
    if (!found || f.inbox.p == NULL)
        return OK;
    TRY(q_delivery_pending(cx, fed_deliver_key(cx, f.own_inbox, f.actor_uri), &waits, &id));
    if (waits) {
        cx->retry_after_s = 60;
        return cx_fail(cx, ERR_BUSY, "its Accept has not arrived");
    }
    TRY(q_outbox_before(cx, f.target_id, f.created_at, BACKFILL_MAX, &rows, &n));
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++)
        TRY(fed_deliver_put_at(cx, rows[n - 1 - i].id, f.inbox, rows[n - 1 - i].object_uri,
                               cx->now + (int64_t)i * BACKFILL_STEP_MS));
    return tx_commit(cx);
}

enum job_verdict fed_backfill(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.backfill", backfill(cx, job));
}

static enum err probe(struct cx *cx, struct str host)
{
    struct fed_actor actor;
    int64_t id;
    bool found;
    TRY(q_follower_of_host(cx, host, &found, &id));
    if (!found)
        return OK;
    TRY(fed_actor_by_id(cx, id, &actor));
    enum err e = fed_actor_get(cx, actor.uri, &id);
    if (e == ERR_BUSY)
        return e;
    if (e != OK && e != ERR_GONE)
        return OK; /* still dead; in a week again */
    if (cx->node->fed != NULL)
        fed_host_alive(cx->node->fed->hosts, host, false);
    return e == ERR_GONE ? fed_actor_purge(cx, actor.id) : OK;
}

enum job_verdict fed_probe(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.probe", probe(cx, job->payload));
}

enum err fed_look_at_dead(struct cx *cx)
{
    struct hosts_dead_row *rows;
    size_t n;
    int64_t gone;
    TRY(q_hosts_dead(cx, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        /* Nothing is sent to it any more, so the last failure is about when it died. */
        int64_t days = (cx->now - rows[i].last_failure_at) / MS_DAY;
        TX_SCOPE(cx);
        if (days >= DEAD_DAYS_MAX) {
            TRY(q_follows_of_host_drop(cx, rows[i].host, &gone));
            if (gone > 0) {
                TRY(event_emit(cx, EV_FOLLOW_ENDED, 0, STR_NULL));
                log_info("fed", STR_FMT " has been dead for %lld days: %lld follows dropped",
                         STR_ARG(rows[i].host), (long long)days, (long long)gone);
            }
        } else if (days > 0 && days % PROBE_EVERY_DAYS == 0) {
            TRY(job_put(cx, "fed.probe", 0, rows[i].host, STR_NULL, 0));
        }
        TRY(tx_commit(cx));
    }
    return OK;
}
