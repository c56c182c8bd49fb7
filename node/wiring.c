#include "node/wiring.h"

#include "admin/admin.h"
#include "federation/federation.h"
#include "federation/policy.h"
#include "node/event.h"
#include "node/http/http.h"
#include "node/media/far.h"
#include "node/media/media.h"
#include "node/money/forget.h"
#include "node/money/invite.h"
#include "node/money/life.h"
#include "node/money/order.h"
#include "node/money/question.h"
#include "node/money/price_move.h"
#include "node/money/paywall.h"
#include "node/money/rail.h"
#include "node/money/rail_call.h"
#include "node/money/transfer.h"
#include "node/nodes.h"
#include "node/people/letter.h"
#include "node/people/login_mail.h"
#include "web/api/api.h"
#include "web/auth.h"
#include "web/errors.h"
#include "web/routes.h"

static const struct event_row events[] = {
    {EV_PLANET_CHANGED, true, {"fed.planet"}},
    {EV_POST_PUBLISHED, true, {"fed.fanout", "fed.notice"}},
    {EV_POST_UPDATED, true, {"fed.fanout"}},
    {EV_POST_DELETED, true, {"fed.fanout"}},
    {EV_POST_BODY_CHANGED, true, {NULL}},
    {EV_POST_PINNED, true, {"fed.pin"}},
    {EV_COMMENT_CREATED, true, {"fed.comment"}},
    {EV_COMMENT_UPDATED, true, {"fed.comment"}},
    {EV_COMMENT_DELETED, true, {"fed.comment"}},
    {EV_REACTION_CHANGED, true, {NULL}},
    {EV_MENTIONED, false, {NULL}},
    {EV_FOLLOW_RECEIVED, true, {NULL}},
    {EV_FOLLOW_ENDED, true, {NULL}},
    {EV_GRANT_CHANGED, true, {"life.plan"}}, /* seats that are left are public */
    {EV_LOGIN_MAIL, false, {"mail.login"}},
    {EV_MEDIA_DELETED, true, {"media.delete"}},
    {EV_PROFILE_CHANGED, true, {"fed.account"}},
    {EV_ACTOR_MOVED, false, {NULL}},
    {EV_NONE, false, {NULL}},
};

static const struct job_row mail_jobs[] = {
    {.kind = "mail.login", .run = mail_login_run, .tries = 6, .max_in_flight = 2},
    {.kind = "mail.letter", .run = letter_run, .tries = 8, .max_in_flight = 2},
    {0},
};

static const struct job_row money_jobs[] = {
    {.kind = "money.expire", .run = order_expire_run, .tries = 3},
    {.kind = "pay.call", .run = rail_call_run, .tries = 400 /* daily at last: money is owed */, .max_in_flight = 2},
    {.kind = "pay.look", .run = rail_look_run, .tries = 6, .max_in_flight = 1},
    {.kind = "pay.catch_up", .run = rail_catch_up_run, .tries = 8, .max_in_flight = 1},
    {.kind = "transfer.forget", .run = transfer_forget_run, .tries = 10},
    {.kind = "money.paywall", .run = paywall_run, .tries = 10, .max_in_flight = 1},
    {.kind = "money.forget", .run = forget_run, .tries = 3, .max_in_flight = 1},
    {.kind = "money.referral", .run = referral_run, .tries = 10},
    {.kind = "money.question", .run = question_run, .tries = 10},
    {.kind = "life.plan", .run = life_plan_run, .tries = 8},
    {.kind = "life.remind", .run = life_remind_run, .tries = 8},
    {.kind = "life.dun", .run = life_dun_run, .tries = 8},
    {.kind = "price.tell", .run = price_tell_run, .tries = 8},
    {.kind = "price.apply", .run = price_apply_run, .tries = 8},
    {0},
};

/* The command line changed the store: what this process remembers of public pages is old. */
static enum job_verdict drop_cache(struct cx *cx, const struct job *job)
{
    (void)job;
    fed_policy_forget(cx); /* first: the next page is made by the rules as they are */
    http_cache_drop(cx->node);
    return JOB_DONE;
}

static const struct job_row cache_jobs[] = {
    {.kind = "cache.drop", .run = drop_cache},
    {0},
};

static const struct job_row *const jobs[] = {mail_jobs, money_jobs, media_jobs, far_jobs, cache_jobs, fed_jobs,
                                             NULL};

static const struct cron_row crons[] = {
    {"fed.expire", 24 * 3600},
    {"media.sweep", 24 * 3600},
    {"far.prune", 24 * 3600},
    {"money.forget", 24 * 3600},
    {0},
};

const struct wiring wiring = {.events = events, .jobs = jobs, .crons = crons};

const struct route_table *const route_tables[] = {&web_routes, &admin_routes, &fed_routes, &api_routes, NULL};

static void node_closing(struct node *node)
{
    fed_stop(node);
    http_node_closing(node);
}

static enum err node_opened(struct cx *cx, struct node *node)
{
    TRY(fed_start(cx, node));
    return rail_opened(cx);
}

const struct node_hooks node_hooks = {.opened = node_opened, .closing = node_closing};

const struct far_hooks far_hooks = {.may = fed_far_may, .sign = fed_far_sign};

const struct http_hooks http_hooks = {
    .identify = auth_identify,
    .csrf_ok = auth_csrf_ok,
    .is_author = auth_is_author,
    .error_page = web_error_page,
    .gone_document = fed_gone_document,
    .gone_type = FED_GONE_TYPE,
};
