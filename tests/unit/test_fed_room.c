/* The owner's room: who is let in, who follows, what was delivered. No network: deliveries stay in the
 * queue. */
#include "federation/admit.h"
#include "federation/delivery.h"
#include "federation/followers.h"
#include "federation/hosts.h"
#include "federation/room.h"
#include "node/base/clock.h"
#include "node/people/notice.h"
#include "tests/unit/fed_world.h"

static struct post post;
static struct str tea;
static int serial;

static struct str activity(struct cx *cx, const char *type, const char *host, const char *who,
                           struct str object)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://%s/%s/%d\",\"type\":\"%s\",\"actor\":\"https://%s/%s\","
                   "\"object\":" STR_FMT "}",
                   host, type, ++serial, type, host, who, STR_ARG(object));
}

static struct str quoted(struct cx *cx, struct str s)
{
    return str_fmt(cx->arena, "\"" STR_FMT "\"", STR_ARG(s));
}

static void follow(void **state, int64_t actor, const char *host, const char *who)
{
    struct cx *cx = as(state, 0);
    assert_int_equal(receive(cx, actor, activity(cx, "Follow", host, who, quoted(cx, tea))), JOB_DONE);
}

static void comment(void **state, const char *n, const char *type, const char *at)
{
    struct cx *cx = as(state, 0);
    struct str note = str_fmt(
        cx->arena,
        "{\"id\":\"https://far.example/n/%s\",\"type\":\"Note\",\"attributedTo\":"
        "\"https://far.example/ann\",\"inReplyTo\":\"" STR_FMT "\",\"to\":[\"" PUBLIC "\"],"
        "\"published\":\"2026-11-20T08:00:00Z\",\"updated\":\"%s\",\"content\":\"<p>words %s</p>\"}",
        n, STR_ARG(post.object_uri), at, n);
    assert_int_equal(receive(cx, FAR_ANN, activity(cx, type, "far.example", "ann", note)), JOB_DONE);
}

/* How many stand in this state; the newest of them. */
static size_t in_state(void **state, const char *which, int64_t *ret_id)
{
    struct fed_came *v;
    size_t n;
    OK_(fed_came_comments(as(state, OWNER), TEA, which, 0, 50, &v, &n));
    if (n > 0 && ret_id != NULL)
        *ret_id = v[0].id;
    return n;
}

static int64_t notices(void **state, int64_t who, const char *kind)
{
    struct notice *v;
    size_t n;
    int64_t found = 0;
    OK_(notice_list(as(state, who), who, 0, 100, &v, &n));
    for (size_t i = 0; i < n; i++)
        found += str_eq_c(v[i].kind, kind);
    return found;
}

static void doors(void **state, enum fed_comments comments, bool approves)
{
    OK_(fed_doors_set(as(state, OWNER), TEA, &(struct fed_doors){comments, approves}));
}

static int setup(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    OK_(fed_planet_uri(as(state, OWNER), TEA, &tea));
    post = make_published(state, "For all", "body", "", GATE_PUBLIC, 0);
    (void)jobs_run_due(as(state, 0)); /* said to nobody */
    serial = 0;
    return 0;
}

static void new_writers_wait_until_they_are_known(void **state)
{
    int64_t id = 0;
    follow(state, FAR_BEN, "far.example", "ben");
    doors(state, FED_COMMENTS_FIRST, false);
    comment(state, "1", "Create", "2026-11-20T08:00:00Z");
    assert_int_equal(in_state(state, "held", &id), 1);
    assert_int_equal(in_state(state, "shown", NULL), 0);
    assert_int_equal(notices(state, OWNER, "held"), 1);
    assert_int_equal(notices(state, MODERATOR, "held"), 1);
    assert_int_equal(notices(state, OWNER, "comment"), 0);
    OK_(comment_show(as(state, MODERATOR), id));
    assert_int_equal(notices(state, OWNER, "comment"), 1); /* now it is there to be read */
    comment(state, "2", "Create", "2026-11-20T08:00:00Z");
    assert_int_equal(in_state(state, "held", NULL), 0);
    assert_int_equal(in_state(state, "shown", NULL), 2);
}

static void held_means_every_word(void **state)
{
    int64_t id = 0, n = 0;
    follow(state, FAR_BEN, "far.example", "ben");
    doors(state, FED_COMMENTS_HELD, false);
    comment(state, "1", "Create", "2026-11-20T08:00:00Z");
    assert_int_equal(in_state(state, "held", &id), 1);
    OK_(comment_show(as(state, OWNER), id));
    comment(state, "1", "Update", "2026-11-20T09:00:00Z");
    assert_int_equal(in_state(state, "held", NULL), 1);
    assert_int_equal(in_state(state, "shown", NULL), 0);
    comment(state, "2", "Create", "2026-11-20T08:00:00Z");
    assert_int_equal(comment_hide_all_of(as(state, MEMBER), TEA, FAR_ANN, &n), ERR_FORBIDDEN);
    OK_(comment_hide_all_of(as(state, OWNER), TEA, FAR_ANN, &n));
    assert_int_equal(n, 2);
    assert_int_equal(in_state(state, "hidden", NULL), 2);
    doors(state, FED_COMMENTS_OFF, false);
    comment(state, "3", "Create", "2026-11-20T08:00:00Z");
    assert_int_equal(in_state(state, "held", NULL) + in_state(state, "shown", NULL), 0);
}

static size_t said(void **state, const char *type)
{
    struct str *bodies;
    size_t n;
    OK_(q_test_activities(as(state, 0), str_c(type), &bodies, &n));
    return n;
}

static size_t requests(void **state, int64_t *ret_id)
{
    struct fed_follow *v;
    size_t n;
    OK_(fed_follow_find(as(state, OWNER), TEA, &(struct fed_follow_query){.requests = true, .n_max = 9},
                        &v, &n));
    if (n > 0)
        *ret_id = v[0].id;
    return n;
}

static void a_follow_rests_until_somebody_decides(void **state)
{
    int64_t id = 0, n;
    doors(state, FED_COMMENTS_SHOWN, true);
    follow(state, FAR_ANN, "far.example", "ann");
    follow(state, FAR_ANN, "far.example", "ann"); /* their server asks again */
    assert_int_equal(requests(state, &id), 1);
    assert_int_equal(said(state, "Accept"), 0);
    assert_int_equal(notices(state, OWNER, "follow_request"), 1);
    OK_(fed_follower_count(as(state, 0), TEA, &n));
    assert_int_equal(n, 0);
    assert_int_equal(fed_follow_decide(as(state, MEMBER), TEA, id, true), ERR_FORBIDDEN);
    assert_int_equal(fed_follow_decide(as(state, OWNER), SAND, id, true), ERR_FORBIDDEN);
    OK_(fed_follow_decide(as(state, PARTNER), TEA, id, true));
    assert_int_equal(fed_follow_decide(as(state, OWNER), TEA, id, true), ERR_NOT_FOUND);
    assert_int_equal(said(state, "Accept"), 1);
    OK_(fed_follower_count(as(state, 0), TEA, &n));
    assert_int_equal(n, 1);
    follow(state, FAR_EVE, "evil.example", "eve");
    assert_int_equal(requests(state, &id), 1);
    OK_(fed_follow_decide(as(state, OWNER), TEA, id, false));
    assert_int_equal(said(state, "Reject"), 1);
    assert_int_equal(requests(state, &id), 0);
    /* Who follows already is told again, not asked. */
    follow(state, FAR_ANN, "far.example", "ann");
    assert_int_equal(said(state, "Accept"), 2);
}

static void followers_are_found_and_counted(void **state)
{
    struct fed_follow_query q = {.words = STR("EVE"), .n_max = 9}, of = {.words = STR("@ann@far.example"), .n_max = 9};
    struct fed_follow_host *hosts;
    struct fed_follow *v;
    int64_t *days;
    size_t n;
    struct cx *cx;
    follow(state, FAR_ANN, "far.example", "ann");
    follow(state, FAR_BEN, "far.example", "ben");
    follow(state, FAR_EVE, "evil.example", "eve");
    cx = as(state, OWNER);
    OK_(fed_follow_find(cx, TEA, &q, &v, &n));
    assert_int_equal(n, 1);
    CHECK_STR(v[0].handle, "@eve@evil.example");
    assert_true(v[0].answer_waits);
    OK_(fed_follow_find(cx, TEA, &of, &v, &n));
    assert_int_equal(n, 1);
    q.words = STR("%");
    OK_(fed_follow_find(cx, TEA, &q, &v, &n));
    assert_int_equal(n, 0);
    OK_(fed_follow_hosts(cx, TEA, &hosts, &n));
    assert_int_equal(n, 2);
    CHECK_STR(hosts[0].host, "far.example");
    assert_int_equal(hosts[0].n, 2);
    OK_(fed_follow_days(cx, TEA, 7, &days));
    assert_int_equal(days[0], 0);
    assert_int_equal(days[6], 3);
    cx = as(state, 0);
    cx->now += 2 * MS_DAY;
    receive(cx, FAR_EVE, activity(cx, "Undo", "evil.example", "eve",
                                  str_fmt(cx->arena, "{\"type\":\"Follow\",\"actor\":\"https://evil.example/eve\","
                                                     "\"object\":\"" STR_FMT "\"}", STR_ARG(tea))));
    cx = as(state, OWNER);
    cx->now += 2 * MS_DAY;
    OK_(fed_follow_days(cx, TEA, 7, &days));
    assert_int_equal(days[3], 3);
    assert_int_equal(days[4], 2);
    assert_int_equal(days[6], 2);
    assert_int_equal(fed_follow_find(as(state, MEMBER), TEA, &q, &v, &n), ERR_FORBIDDEN);
}

static struct fed_spread spread_of(void **state, struct str uri)
{
    struct fed_spread s;
    OK_(fed_spread_of_object(as(state, OWNER), uri, &s));
    return s;
}

static void what_was_delivered_and_what_waits(void **state)
{
    struct fed_delivery_query q = {.planet_id = TEA, .resting = true, .n_max = 9};
    struct fed_said *said_;
    struct fed_delivery *v;
    struct fed_spread s;
    struct post p;
    struct cx *cx;
    size_t n;
    follow(state, FAR_ANN, "far.example", "ann");
    follow(state, FAR_BEN, "far.example", "ben");
    follow(state, FAR_EVE, "evil.example", "eve");
    p = make_published(state, "Sent", "body", "", GATE_PUBLIC, 0);
    (void)jobs_run_due(as(state, 0));
    s = spread_of(state, p.object_uri);
    assert_int_equal(s.servers, 2); /* three followers */
    assert_int_equal(s.waiting, 2);
    assert_int_equal(s.delivered, 0);
    cx = as(state, OWNER);
    OK_(fed_said_of_object(cx, TEA, p.object_uri, &said_, &n));
    assert_int_equal(n, 1);
    q.activity_id = said_[0].id;
    q.resting = false;
    OK_(fed_delivery_list(cx, &q, &v, &n));
    assert_int_equal(n, 2);
    /* One is dropped: lost. The other arrives. */
    int64_t far = str_eq_c(v[0].host, "far.example") ? v[0].id : v[1].id;
    int64_t evil = far == v[0].id ? v[1].id : v[0].id;
    assert_int_equal(fed_delivery_drop(as(state, MEMBER), TEA, evil), ERR_FORBIDDEN);
    OK_(fed_delivery_drop(as(state, OWNER), TEA, evil));
    s = spread_of(state, p.object_uri);
    assert_int_equal(s.waiting, 1);
    assert_int_equal(s.lost, 1);
    cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_delivered(cx, far, NULL));
    OK_(tx_commit(cx));
    s = spread_of(state, p.object_uri);
    assert_int_equal(s.delivered, 1);
    assert_int_equal(s.waiting, 0);
    /* What is deleted is shown until it is delivered. */
    OK_(post_unpublish(as(state, OWNER), p.id));
    (void)jobs_run_due(as(state, 0));
    OK_(fed_said_waiting(as(state, OWNER), TEA, "Delete", 9, &said_, &n));
    assert_int_equal(n, 1);
    assert_int_equal(said_[0].spread.waiting, 2);
}

static void hosts_are_looked_at_and_settled(void **state)
{
    struct fed_host_state *v, one;
    struct fed_delivery_counts c;
    struct post p;
    size_t n;
    int64_t gone;
    follow(state, FAR_ANN, "far.example", "ann");
    follow(state, FAR_EVE, "evil.example", "eve");
    p = make_published(state, "Sent", "body", "", GATE_PUBLIC, 0);
    (void)jobs_run_due(as(state, 0));
    OK_(fed_host_list(as(state, 0), FED_HOSTS_QUEUED, STR(""), 9, &v, &n));
    assert_int_equal(n, 2);
    CHECK_STR(v[0].host, "evil.example");
    CHECK_STR(v[1].host, "far.example");
    assert_int_equal(v[0].queued, 2); /* the Accept and the post */
    OK_(fed_host_list(as(state, 0), FED_HOSTS_QUEUED, STR("evil.example"), 9, &v, &n));
    assert_int_equal(n, 1);
    assert_int_equal(fed_host_drop(as(state, PARTNER), STR("evil.example"), &gone), ERR_FORBIDDEN);
    OK_(fed_host_drop(as(state, 0), STR("evil.example"), &gone));
    assert_int_equal(gone, 2);
    assert_int_equal(spread_of(state, p.object_uri).lost, 1);
    /* What gave up is tried again, in its order, when somebody says so. */
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_rest_all(cx, NULL));
    OK_(tx_commit(cx));
    OK_(fed_delivery_count(as(state, 0), &c));
    assert_int_equal(c.resting, 2);
    assert_int_equal(c.waiting, 0);
    assert_int_equal(spread_of(state, p.object_uri).lost, 2);
    OK_(fed_host_again(as(state, 0), STR("far.example"), &gone));
    assert_int_equal(gone, 2);
    OK_(fed_host_state(as(state, 0), STR("far.example"), &one));
    assert_int_equal(one.queued, 2);
    assert_int_equal(one.resting, 0);
}

static void a_like_given_again_says_nothing_new(void **state)
{
    for (int i = 0; i < 3; i++) {
        struct cx *cx = as(state, 0);
        struct str like = activity(cx, "Like", "far.example", "ann", quoted(cx, post.object_uri));
        receive(cx, FAR_ANN, like);
        OK_(notice_mark_read(as(state, OWNER), OWNER, 0));
        cx = as(state, 0);
        receive(cx, FAR_ANN, activity(cx, "Undo", "far.example", "ann",
                                      str_fmt(cx->arena, "{\"type\":\"Like\",\"actor\":\"https://far.example/ann\","
                                                         "\"object\":\"" STR_FMT "\"}",
                                              STR_ARG(post.object_uri))));
    }
    assert_int_equal(notices(state, OWNER, "like"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, fed_world_teardown)
    const struct CMUnitTest tests[] = {
        T(new_writers_wait_until_they_are_known),
        T(held_means_every_word),
        T(a_follow_rests_until_somebody_decides),
        T(followers_are_found_and_counted),
        T(what_was_delivered_and_what_waits),
        T(hosts_are_looked_at_and_settled),
        T(a_like_given_again_says_nothing_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
