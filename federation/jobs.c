/* The jobs of federation, and the daily clean-up. */
#include "federation/actor_sql.h"
#include "federation/backfill.h"
#include "federation/deliver.h"
#include "federation/direct.h"
#include "federation/fanout.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/followers.h"
#include "federation/hosts.h"
#include "federation/hosts_sql.h"
#include "federation/link_sql.h"
#include "federation/inbox_sql.h"
#include "federation/nearby.h"
#include "federation/policy_apply.h"
#include "federation/move.h"
#include "federation/move_sql.h"
#include "federation/receive.h"
#include "federation/rotate.h"
#include "node/base/clock.h"

#define KEEP (30 * MS_DAY)

/* Deliveries go by age (a week), not by count: runs that only find the host's breaker open do not
 * use up anything. */
enum { DELIVER_TRIES = 60, DELIVER_IN_FLIGHT = 768 };

const struct job_row fed_jobs[] = {
    {"fed.fanout", fed_fanout, 12, 1, NULL},
    {"fed.notice", fed_notice, 6, 0, NULL},
    {"fed.digest", fed_digest, 12, 2, NULL},
    {"fed.comment", fed_comment, 12, 0, NULL},
    {"fed.pin", fed_pin, 12, 0, NULL},
    {"fed.planet", fed_planet, 12, 1, NULL},
    {"fed.account", fed_account, 12, 0, NULL},
    {"fed.deliver", fed_deliver, DELIVER_TRIES, DELIVER_IN_FLIGHT, fed_deliver_backoff_s},
    {"fed.receive", fed_receive, 8, 0, NULL},
    {"fed.again", fed_again, 3, 1, NULL},
    {"fed.forward", fed_forward, 6, 2, NULL},
    {"fed.check", fed_check, 5, 1, NULL},
    {"fed.wish", fed_wish_job, 8, 1, NULL},
    {"fed.moved", fed_moved_job, 12, 1, NULL},
    {"fed.backfill", fed_backfill, 20, 2, NULL},
    {"fed.probe", fed_probe, 3, 1, NULL},
    {"fed.policy", fed_policy_run, 12, 1, NULL},
    {"fed.key_all", fed_key_all_run, 12, 1, NULL},
    {"fed.key_tell", fed_key_tell_run, 12, 2, NULL},
    {"fed.key_step", fed_key_step_run, 12, 1, NULL},
    {"fed.expire", fed_expire, 12, 1, NULL},
    {"fed.nearby", fed_nearby_run, 6, 1, NULL},
    {0},
};

static enum err expire(struct cx *cx)
{
    int64_t before = cx->now - KEEP;
    if (cx->node->fed != NULL)
        TRY(fed_hosts_flush(cx, cx->node->fed->hosts));
    TRY(fed_look_at_dead(cx));
    TRY(fed_key_steps(cx));
    TX_SCOPE(cx);
    TRY(fed_follow_count_all(cx));
    TRY(q_seen_expire(cx, before, NULL));
    TRY(q_tombstone_expire(cx, before, cx->node->origin, NULL));
    TRY(q_activity_expire(cx, before, NULL));
    TRY(q_activities_lost(cx, before, NULL));
    TRY(q_jobs_resting_drop(cx, before, NULL));
    TRY(q_actor_expire_keys(cx, before, NULL));
    TRY(q_actor_expire(cx, before, NULL));
    TRY(q_wish_expire(cx, before, NULL));
    TRY(q_hosts_expire(cx, before, NULL));
    TRY(q_link_app_expire(cx, before, NULL));
    return tx_commit(cx);
}

enum job_verdict fed_expire(struct cx *cx, const struct job *job)
{
    (void)job;
    return fed_verdict(cx, "fed.expire", expire(cx));
}
