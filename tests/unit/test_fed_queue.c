/* What is queued for whom, and what need not be: edits and deletions that overtake their post,
 * newcomers, followers who are sent away, hosts that are dead, and how often anybody may ask. No
 * network. */
#include "federation/backfill.h"
#include "federation/bodies.h"
#include "federation/deliver.h"
#include "federation/fanout.h"
#include "federation/hosts.h"
#include "federation/hosts_sql.h"
#include "federation/rates.h"
#include "federation/replay.h"
#include "node/base/limiter.h"
#include "tests/unit/fed_world.h"

static void forget_jobs(void **state)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_forget(cx, NULL));
    OK_(tx_commit(cx));
}

/* The fan-out alone: deliveries stay where they are put. */
static void fan(void **state, int64_t post_id, struct str object_uri)
{
    struct cx *cx = as(state, 0);
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.fanout"), .subject = post_id,
                      .payload = object_uri, .created_at = cx->now};
    assert_int_equal(fed_fanout(cx, &job), JOB_DONE);
}

static size_t queued(void **state, const char *type)
{
    struct str *inboxes;
    size_t n;
    OK_(q_test_deliveries_of(as(state, 0), str_c(type), &inboxes, &n));
    return n;
}

static size_t said(void **state, const char *type, json_t **ret_last)
{
    struct cx *cx = as(state, 0);
    struct str *bodies;
    size_t n;
    OK_(q_test_activities(cx, str_c(type), &bodies, &n));
    if (n > 0 && ret_last != NULL)
        OK_(json_read(cx->arena, bodies[n - 1], NULL, ret_last));
    return n;
}

static void edit(void **state, int64_t id, const char *teaser)
{
    struct cx *cx = as(state, OWNER);
    struct post p = again(cx, id);
    cx->now += 60000;
    struct post_draft d = {.id = id, .version = p.version, .planet_id = TEA, .title = p.title,
                           .body = STR("b"), .teaser = str_c(teaser), .lang = p.lang,
                           .access = GATE_MEMBERS, .slug = p.slug};
    OK_(post_save(cx, &d, &p));
}

static struct post published(void **state, const char *title)
{
    struct post p = make_published(state, title, "b", "before", GATE_MEMBERS, 0);
    forget_jobs(state);
    fan(state, p.id, STR_NULL);
    return p;
}

static void an_edit_rides_on_what_has_not_left(void **state)
{
    struct cx *cx = as(state, 0);
    struct post p = published(state, "Overtaken");
    json_t *j = NULL;
    struct fed_body *body;
    int64_t create;
    assert_int_equal(queued(state, "Create"), 2);
    /* Somebody is sending it at this moment, so its text is in memory. */
    said(state, "Create", &j);
    assert_true(fed_iri_id(cx, ld_str(j, "id"), "/ap/x/", &create));
    OK_(fed_body_get(cx, cx->node->fed->bodies, create, &body));
    fed_body_drop(cx->node->fed->bodies, body);
    edit(state, p.id, "after");
    fan(state, p.id, p.object_uri);
    assert_int_equal(queued(state, "Create"), 2);
    assert_int_equal(queued(state, "Update"), 0);
    OK_(fed_body_get(cx, cx->node->fed->bodies, create, &body));
    assert_true(str_contains(fed_body_text(body), STR("after")));
    assert_false(str_contains(fed_body_text(body), STR("before")));
    fed_body_drop(cx->node->fed->bodies, body);
}

static void an_edit_follows_what_was_tried(void **state)
{
    struct cx *cx = as(state, 0);
    struct post p = published(state, "Tried");
    OK_(tx_begin(cx));
    OK_(q_test_tried(cx, NULL)); /* it may have arrived */
    OK_(tx_commit(cx));
    edit(state, p.id, "after");
    fan(state, p.id, p.object_uri);
    assert_int_equal(queued(state, "Update"), 2);
}

static void what_never_left_is_not_deleted(void **state)
{
    struct cx *cx = as(state, 0);
    struct post p = published(state, "Withdrawn");
    OK_(post_delete(as(state, OWNER), p.id));
    fan(state, p.id, p.object_uri);
    assert_int_equal(queued(state, "Create"), 0);
    assert_int_equal(queued(state, "Delete"), 0);
    p = published(state, "Withdrawn late");
    OK_(tx_begin(cx));
    OK_(q_test_tried(cx, NULL));
    OK_(tx_commit(cx));
    OK_(post_delete(as(state, OWNER), p.id));
    fan(state, p.id, p.object_uri);
    assert_int_equal(queued(state, "Delete"), 2);
}

/* The Create that was tried in vain is not sent any more once its object is gone. */
static void the_dead_are_not_announced(void **state)
{
    struct cx *cx = as(state, 0);
    struct post p = published(state, "Dead");
    struct fed_body *body;
    json_t *j = NULL;
    int64_t id;
    said(state, "Create", &j);
    assert_true(fed_iri_id(cx, ld_str(j, "id"), "/ap/x/", &id));
    OK_(fed_body_get(cx, cx->node->fed->bodies, id, &body));
    assert_false(fed_body_is_dead(body));
    fed_body_drop(cx->node->fed->bodies, body);
    OK_(post_delete(as(state, OWNER), p.id));
    fan(state, p.id, p.object_uri);
    OK_(fed_body_get(cx, cx->node->fed->bodies, id, &body));
    assert_true(fed_body_is_dead(body));
    fed_body_drop(cx->node->fed->bodies, body);
}

static void an_edit_is_no_news(void **state)
{
    struct post p = make_published(state, "Unheard", "b", "t", GATE_MEMBERS, 0);
    forget_jobs(state); /* as if it had been there before federation */
    size_t creates = said(state, "Create", NULL), updates = said(state, "Update", NULL);
    fan(state, p.id, p.object_uri);
    assert_int_equal(said(state, "Create", NULL), creates);
    assert_int_equal(said(state, "Update", NULL), updates);
}

static struct str follow_json(struct cx *cx, const char *actor, int n, struct str target)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"%s/f/%d\",\"type\":\"Follow\",\"actor\":\"%s\",\"object\":\"" STR_FMT "\"}",
                   actor, n, actor, STR_ARG(target));
}

static void newcomers_get_the_latest_posts(void **state)
{
    struct cx *cx = as(state, 0);
    struct str tea;
    struct test_backfills_row *jobs;
    struct test_deliveries_to_row *sent;
    struct post p = {0}, first = published(state, "Seventh from behind");
    size_t n;
    for (int i = 0; i < 5; i++) {
        cx->now += 1000;
        p = published(state, "One of five");
    }
    cx->now += 1000;
    forget_jobs(state);
    OK_(fed_planet_uri(cx, TEA, &tea));
    /* Someone else from far.example follows already: their server has had everything. */
    OK_(tx_begin(cx));
    OK_(q_test_actor(cx, 35, STR("https://far.example/cat"), STR("far.example"),
                     STR("https://far.example/cat/inbox"), NULL));
    OK_(tx_commit(cx));
    assert_int_equal(receive(cx, 35, follow_json(cx, "https://far.example/cat", 1, tea)), JOB_DONE);
    OK_(q_test_backfills(cx, &jobs, &n));
    assert_int_equal(n, 0);
    struct str eve = STR("https://new.example/eve/inbox");
    OK_(tx_begin(cx));
    OK_(q_test_actor(cx, 34, STR("https://new.example/eve"), STR("new.example"), eve, NULL));
    OK_(tx_commit(cx));
    assert_int_equal(receive(cx, 34, follow_json(cx, "https://new.example/eve", 1, tea)), JOB_DONE);
    assert_int_equal(receive(cx, 34, follow_json(cx, "https://new.example/eve", 2, tea)), JOB_DONE);
    OK_(q_test_backfills(cx, &jobs, &n));
    assert_int_equal(n, 1); /* asking again is not coming anew */
    assert_int_equal(jobs[0].run_at, cx->now + 30000);
    struct job job = {.id = jobs[0].id, .kind = STR("fed.backfill"), .subject = jobs[0].subject};
    assert_int_equal(fed_backfill(cx, &job), JOB_RETRY); /* its Accept first */
    forget_jobs(state);
    assert_int_equal(fed_backfill(cx, &job), JOB_DONE);
    OK_(q_test_deliveries_to(cx, eve, &sent, &n));
    assert_int_equal(n, 5);
    assert_true(str_eq(sent[4].object_uri, p.object_uri)); /* the newest last */
    assert_true(sent[0].run_at < sent[4].run_at);
    for (size_t i = 0; i < n; i++)
        assert_false(str_eq(sent[i].object_uri, first.object_uri));
}

static void who_is_sent_away_is_told(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t before, after;
    json_t *j = NULL;
    struct fed_follower *list;
    size_t n;
    OK_(fed_follower_count(cx, TEA, &before));
    OK_(fed_follower_list(cx, TEA, 0, 100, &list, &n));
    assert_int_equal(n, before);
    CHECK_STR(list[0].handle, "@ann@far.example");
    OK_(fed_follower_remove(cx, TEA, STR("https://far.example/ben")));
    OK_(fed_follower_count(cx, TEA, &after));
    assert_int_equal(after, before - 1);
    assert_int_equal(said(state, "Reject", &j), 1);
    CHECK_STR(ld_str(j, "object.id"), "https://far.example/f");
    CHECK_STR(ld_str(j, "object.actor"), "https://far.example/ben");
    CHECK_STR(ld_id_at(j, "to"), "https://far.example/ben");
    int64_t jobs;
    OK_(q_test_deliveries(cx, STR("https://far.example/ben/inbox"), &jobs));
    assert_int_equal(jobs, 1);
    assert_int_equal(fed_follower_remove(cx, TEA, STR("https://far.example/ben")), ERR_NOT_FOUND);
}

static void put_dead(struct cx *cx, const char *host, int64_t days)
{
    OK_(tx_begin(cx));
    OK_(q_test_host_dead(cx, str_c(host), cx->now - days * MS_DAY - MS_HOUR, NULL));
    OK_(tx_commit(cx));
}

static void a_word_from_the_dead_revives_them(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_hosts *h = fed_hosts_new(); /* a node that was just started */
    int64_t days;
    put_dead(cx, "evil.example", 3);
    OK_(fed_hosts_load(cx, h));
    fed_host_alive(h, STR("far.example"), false);
    OK_(fed_hosts_flush_revived(cx, h));
    OK_(q_test_host_fail_days(cx, STR("evil.example"), &days));
    assert_int_equal(days, 7);
    fed_host_alive(h, STR("evil.example"), false);
    OK_(fed_hosts_flush_revived(cx, h));
    OK_(q_test_host_fail_days(cx, STR("evil.example"), &days));
    assert_int_equal(days, 0);
    fed_hosts_free(h);
}

static void the_dead_are_asked_weekly_and_given_up(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t n, before, after;
    forget_jobs(state);
    OK_(fed_follower_count(cx, TEA, &before));
    put_dead(cx, "evil.example", 8);
    OK_(fed_look_at_dead(cx));
    OK_(q_test_jobs_of(cx, STR("fed.probe"), &n));
    assert_int_equal(n, 0);
    put_dead(cx, "evil.example", 14);
    OK_(fed_look_at_dead(cx));
    OK_(q_test_jobs_of(cx, STR("fed.probe"), &n));
    assert_int_equal(n, 1);
    OK_(fed_follower_count(cx, TEA, &after));
    assert_int_equal(after, before);
    put_dead(cx, "evil.example", 60);
    OK_(fed_look_at_dead(cx));
    OK_(fed_follower_count(cx, TEA, &after));
    assert_int_equal(after, before - 1);
}

static void nobody_asks_too_often(void **state)
{
    struct cx *cx = as(state, 0);
    struct node *node = cx->node;
    struct str host = STR("loud.example"), other = STR("calm.example");
    assert_true(fed_rate_discovery(cx, host)); /* no limiter: tools, tests */
    node->server->limiter = limiter_new(64);
    int n = 0;
    while (fed_rate_discovery(cx, host))
        n++;
    assert_int_equal(n, 10);
    assert_true(cx->retry_after_s > 0);
    assert_true(fed_rate_discovery(cx, other));
    cx->now += MS_MINUTE;
    for (n = 0; fed_rate_discovery(cx, host); n++)
        ;
    assert_int_equal(n, 10);
    for (n = 0; fed_rate_creates(cx, STR("https://loud.example/a")); n++)
        ;
    assert_int_equal(n, 30);
    for (n = 0; fed_rate_inbox(cx, host); n++)
        ;
    assert_int_equal(n, 60);
    node->server->limiter = limiter_free(node->server->limiter);
}

static void a_signature_serves_once(void **state)
{
    (void)state;
    struct fed_replay *r = fed_replay_new();
    struct str sig = STR("signature"), inbox = STR("/ap/inbox"), body = STR("{}");
    assert_int_equal(fed_replay_look(r, sig, inbox, body, 1000), REPLAY_NEW);
    fed_replay_note(r, sig, inbox, body, 5000);
    assert_int_equal(fed_replay_look(r, sig, inbox, body, 1000), REPLAY_SAME);
    assert_int_equal(fed_replay_look(r, sig, inbox, STR("{ }"), 1000), REPLAY_OTHER);
    assert_int_equal(fed_replay_look(r, sig, STR("/ap/a/1/inbox"), body, 1000), REPLAY_OTHER);
    assert_int_equal(fed_replay_look(r, STR("another"), inbox, body, 1000), REPLAY_NEW);
    assert_int_equal(fed_replay_look(r, sig, inbox, body, 5000), REPLAY_NEW); /* over */
    fed_replay_free(r);
}

/* Any name under a stranger's domain is a host; who has followers is remembered. */
static void hosts_that_nobody_follows_from_are_forgotten(void **state)
{
    static const char *const names[] = {"x1.stranger.example", "far.example", "x2.stranger.example"};
    struct cx *cx = as(state, 0);
    struct host_row row;
    bool found;
    int64_t old = cx->now - 40 * MS_DAY, ages[] = {old, old, cx->now - MS_DAY};
    OK_(tx_begin(cx));
    for (size_t i = 0; i < 3; i++)
        OK_(q_host_put(cx, str_c(names[i]), STR("rfc9421"), ages[i], 0, 0, DB_NULL, DB_NULL, 0, 0,
                       STR_NULL, NULL));
    OK_(tx_commit(cx));
    struct job job = {.id = 1, .kind = STR("fed.expire"), .created_at = cx->now};
    assert_int_equal(fed_expire(cx, &job), JOB_DONE);
    for (size_t i = 0; i < 3; i++) {
        OK_(q_host_find(cx, str_c(names[i]), &found, &row));
        assert_int_equal(found, i != 0);
    }
}

static int set_up(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    struct cx *cx = as(state, 0);
    struct fed_local tea;
    OK_(fed_local_by_ref(cx, "planet", TEA, &tea));
    OK_(tx_begin(cx));
    OK_(q_test_follow(cx, 71, FAR_ANN, tea.id, NULL));
    OK_(q_test_follow(cx, 72, FAR_BEN, tea.id, NULL));
    OK_(q_test_follow(cx, 73, FAR_EVE, tea.id, NULL));
    OK_(tx_commit(cx));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_that_nobody_follows_from_are_forgotten),
        cmocka_unit_test(an_edit_rides_on_what_has_not_left),
        cmocka_unit_test(an_edit_follows_what_was_tried),
        cmocka_unit_test(what_never_left_is_not_deleted),
        cmocka_unit_test(the_dead_are_not_announced),
        cmocka_unit_test(an_edit_is_no_news),
        cmocka_unit_test(newcomers_get_the_latest_posts),
        cmocka_unit_test(who_is_sent_away_is_told),
        cmocka_unit_test(a_word_from_the_dead_revives_them),
        cmocka_unit_test(the_dead_are_asked_weekly_and_given_up),
        cmocka_unit_test(nobody_asks_too_often),
        cmocka_unit_test(a_signature_serves_once),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
