/* The world of the talk tests with federation switched on, and three people elsewhere. */
#ifndef TESTS_UNIT_FED_WORLD_H
#define TESTS_UNIT_FED_WORLD_H

#include "federation/fed.h"
#include "federation/receive.h"
#include "node/jobs/jobs.h"
#include "tests/unit/fed_world_sql.h"
/* http.h has an OWNER, too. */
#define OWNER WORLD_OWNER
#include "tests/unit/talk_world.h"

#define PUBLIC "https://www.w3.org/ns/activitystreams#Public"
#define CANARY "zyxwvcanary"

enum { FAR_ANN = ANN, FAR_BEN = BEN, FAR_EVE = 33 };

static const struct event_row fed_world_events[] = {
    {EV_PLANET_CHANGED, true, {"fed.planet"}},    {EV_POST_PUBLISHED, true, {"fed.fanout"}},
    {EV_POST_UPDATED, true, {"fed.fanout"}},      {EV_POST_DELETED, true, {"fed.fanout"}},
    {EV_COMMENT_CREATED, true, {"fed.comment"}},  {EV_COMMENT_UPDATED, true, {"fed.comment"}},
    {EV_COMMENT_DELETED, true, {"fed.comment"}},  {EV_POST_PINNED, true, {"fed.pin"}},
    {EV_NONE},
};
static const struct job_row *const fed_world_jobs[] = {fed_jobs, NULL};
static const struct wiring fed_world_wiring = {.events = fed_world_events, .jobs = fed_world_jobs};

static inline int fed_world_setup(void **state)
{
    if (world_setup(state) != 0)
        return -1;
    struct world *w = *state;
    struct cx *cx = w->cx;
    w->server.wiring = &fed_world_wiring;
    OK_(tx_begin(cx));
    OK_(q_test_actor_inbox(cx, FAR_ANN, STR("https://far.example/ann/inbox"),
                           STR("https://far.example/inbox"), NULL));
    OK_(q_test_actor_inbox(cx, FAR_BEN, STR("https://far.example/ben/inbox"),
                           STR("https://far.example/inbox"), NULL));
    OK_(q_test_actor(cx, FAR_EVE, STR("https://evil.example/eve"), STR("evil.example"),
                     STR("https://evil.example/eve/inbox"), NULL));
    OK_(tx_commit(cx));
    OK_(fed_start(cx, &w->store->node));
    return 0;
}

static inline int fed_world_teardown(void **state)
{
    struct world *w = *state;
    fed_stop(&w->store->node);
    return world_teardown(state);
}

/* The job as the queue would run it, the signature being checked before. */
static inline enum job_verdict receive(struct cx *cx, int64_t actor, struct str json)
{
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.receive"), .subject = actor,
                      .payload = json, .created_at = cx->now};
    enum job_verdict v = fed_receive(cx, &job);
    assert_int_equal(cx->tx_depth, 0);
    return v;
}

#endif
