/* Moving: who may ask for it, what is refused, what is said to whom, what others' moves change; and
 * who of a list has come over. What other servers would have to be asked is in the live tests. */
#include "federation/export.h"
#include "federation/fanout.h"
#include "federation/move.h"
#include "federation/move_sql.h"
#include "federation/policy.h"
#include "tests/unit/fed_world.h"

#define NEW "https://new.example/u/tea"

static struct fed_local tea;

static struct str document(struct cx *cx)
{
    struct buf b;
    OK_(fed_export(cx, TEA, FED_EXPORT_ACTOR, &b));
    struct str s = str_dup(cx->arena, buf_str(&b));
    buf_free(&b);
    return s;
}

static json_t *actor(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j;
    OK_(json_read(cx->arena, document(cx), NULL, &j));
    return j;
}

static void an_alias_stands_in_the_document(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct fed_alias *v;
    size_t n;
    assert_null(ld_get(actor(state), "alsoKnownAs"));
    cx = as(state, OWNER);
    OK_(q_alias_put(cx, tea.id, STR("https://old.example/u/tea"), STR("@tea@old.example"), cx->now, NULL));
    CHECK_STR(ld_id(ld_at(ld_get(actor(state), "alsoKnownAs"), 0)), "https://old.example/u/tea");
    assert_true(json_is_array(ld_get(actor(state), "alsoKnownAs")));
    OK_(fed_alias_list(as(state, OWNER), "planet", TEA, &v, &n));
    assert_int_equal(n, 1);
    CHECK_STR(v[0].handle, "@tea@old.example");
    assert_int_equal(v[0].moved_at, DB_NULL);
}

static void others_may_not(void **state)
{
    int64_t id;
    static const int64_t others[] = {GUEST, MODERATOR, MEMBER, STRANGER};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct cx *cx = as(state, others[i]);
        assert_int_equal(fed_alias_add(cx, "planet", TEA, STR("@a@b.example"), &id), ERR_FORBIDDEN);
        assert_int_equal(fed_alias_remove(cx, "planet", TEA, STR("@tea@old.example")), ERR_FORBIDDEN);
        assert_int_equal(fed_move_begin(cx, TEA, STR("@a@b.example"), &id), ERR_FORBIDDEN);
        assert_int_equal(fed_move_cancel(cx, TEA), ERR_FORBIDDEN);
        assert_int_equal(fed_expected_set(cx, TEA, STR("a@b.example\n"), &id), ERR_FORBIDDEN);
        struct buf b;
        assert_int_equal(fed_export(cx, TEA, FED_EXPORT_FOLLOWERS, &b), ERR_FORBIDDEN);
        buf_free(&b);
    }
    /* A partner may let an audience in, but not send it away. */
    OK_(fed_alias_add(as(state, PARTNER), "planet", TEA, STR("@a@b.example"), &id));
    assert_int_equal(fed_move_begin(as(state, PARTNER), TEA, STR("@a@b.example"), &id), ERR_FORBIDDEN);
    /* An author's are the author's. */
    OK_(fed_alias_add(as(state, GUEST), "account", GUEST, STR("@g@b.example"), &id));
    assert_int_equal(fed_alias_add(as(state, OWNER), "account", GUEST, STR("@g@b.example"), &id),
                     ERR_FORBIDDEN);
}

static void a_wish_waits_for_a_look(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct fed_wish w;
    int64_t id;
    bool found;
    static const char *const bad[] = {"", "tea", "@tea", "@tea@", "@@x.example", "ftp://x.example/u",
                                      "@te a@x.example", "javascript:alert(1)"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(fed_alias_add(cx, "planet", TEA, str_c(bad[i]), &id), ERR_INVALID);
    OK_(fed_alias_add(cx, "planet", TEA, STR(" @old@old.example "), &id));
    OK_(fed_wish_last(cx, "planet", TEA, "alias", &found, &w));
    assert_true(found);
    CHECK_STR(w.state, "checking");
    CHECK_STR(w.target, "@old@old.example");
    struct job job = {.id = 1, .kind = STR("fed.wish"), .subject = id, .attempts = 9};
    assert_int_equal(fed_wish_job(as(state, 0), &job), JOB_DONE); /* nobody to fetch it: the last try */
    OK_(fed_wish_last(as(state, OWNER), "planet", TEA, "alias", &found, &w));
    CHECK_STR(w.state, "failed");
    CHECK_STR(w.why, "unreachable");
    job.attempts = 0;
    assert_int_equal(fed_wish_job(as(state, 0), &job), JOB_DONE); /* ended: not again */
}

/* Moved as the job leaves it. */
static void move_tea(void **state)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_actor_set_moved(cx, tea.id, STR(NEW), cx->now, NULL));
    OK_(event_emit(cx, EV_PLANET_CHANGED, TEA, STR_NULL));
    OK_(job_put(cx, "fed.moved", tea.id, STR_NULL, STR_NULL, 0));
    OK_(tx_commit(cx));
}

static void its_followers_servers_are_told_once(void **state)
{
    struct cx *cx = as(state, 0);
    struct str *bodies, *inboxes;
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.moved"), .subject = tea.id};
    json_t *j;
    size_t n;
    move_tea(state);
    assert_int_equal(fed_moved_job(cx, &job), JOB_DONE);
    assert_int_equal(fed_moved_job(cx, &job), JOB_DONE);
    OK_(q_test_activities(cx, STR("Move"), &bodies, &n));
    assert_int_equal(n, 1);
    OK_(json_read(cx->arena, bodies[0], NULL, &j));
    CHECK_STR(ld_id_at(j, "actor"), str_z(cx->arena, tea.uri));
    CHECK_STR(ld_id_at(j, "object"), str_z(cx->arena, tea.uri));
    CHECK_STR(ld_id_at(j, "target"), NEW);
    CHECK_STR(ld_id_at(j, "to"),
              str_z(cx->arena, str_fmt(cx->arena, STR_FMT "/followers", STR_ARG(tea.uri))));
    OK_(q_test_deliveries_of(cx, STR("Move"), &inboxes, &n));
    assert_int_equal(n, 1);
    CHECK_STR(inboxes[0], "https://far.example/inbox");
    CHECK_STR(ld_id_at(actor(state), "movedTo"), NEW);
}

static void who_has_moved_takes_no_followers_and_says_nothing_new(void **state)
{
    struct cx *cx = as(state, 0);
    struct str *bodies;
    int64_t before, after;
    size_t n, rejected;
    OK_(q_test_activities(cx, STR("Reject"), &bodies, &rejected));
    OK_(fed_follower_count(cx, TEA, &before));
    assert_int_equal(receive(cx, FAR_ANN, str_fmt(cx->arena,
                     "{\"id\":\"https://far.example/f/late\",\"type\":\"Follow\",\"actor\":"
                     "\"https://far.example/ann\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea.uri))),
                     JOB_DONE);
    OK_(fed_follower_count(cx, TEA, &after));
    assert_int_equal(before, after);
    OK_(q_test_activities(cx, STR("Reject"), &bodies, &n));
    assert_int_equal(n, rejected + 1);
    struct post p = make_published(state, "News", "text", "", GATE_PUBLIC, 0);
    cx = as(state, 0);
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.fanout"), .subject = p.id};
    assert_int_equal(fed_fanout(cx, &job), JOB_DONE);
    OK_(q_test_activities(cx, STR("Create"), &bodies, &n));
    assert_int_equal(n, 0);
}

static void a_move_rests_for_thirty_days(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct fed_moved to;
    int64_t id, until;
    bool moved;
    OK_(fed_moved_of(cx, TEA, &moved, &to));
    assert_true(moved);
    CHECK_STR(to.uri, NEW);
    assert_int_equal(fed_move_begin(cx, TEA, STR("@x@b.example"), &id), ERR_CONFLICT);
    OK_(fed_move_cancel(cx, TEA));
    assert_int_equal(fed_move_cancel(cx, TEA), ERR_CONFLICT);
    OK_(fed_moved_of(cx, TEA, &moved, &to));
    assert_false(moved);
    assert_null(ld_get(actor(state), "movedTo"));
    cx = as(state, OWNER);
    assert_int_equal(fed_move_begin(cx, TEA, STR("@x@b.example"), &id), ERR_CONFLICT);
    OK_(fed_move_rest(cx, TEA, &until));
    assert_int_equal(until, cx->now + 30 * MS_DAY - 1000); /* make_published took a second */
    int64_t now = cx->now;
    cx->now += 31 * MS_DAY;
    OK_(fed_move_begin(cx, TEA, STR("@x@b.example"), &id));
    cx->now = now;
    /* Taken back before its Move was written: nothing is said. */
    struct str *bodies;
    size_t before, n;
    OK_(q_test_activities(cx, STR("Move"), &bodies, &before));
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.moved"), .subject = tea.id};
    assert_int_equal(fed_moved_job(as(state, 0), &job), JOB_DONE);
    OK_(q_test_activities(cx, STR("Move"), &bodies, &n));
    assert_int_equal(n, before);
}

static struct str far_move(struct cx *cx, const char *id, const char *by, const char *object,
                           const char *target)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"https://far.example/m/%s\",\"type\":\"Move\",\"actor\":"
                   "\"https://far.example/%s\",\"object\":\"https://far.example/%s\","
                   "\"target\":\"%s\"}", id, by, object, target);
}

static void anothers_move_without_a_look_is_not_believed(void **state)
{
    struct cx *cx = as(state, 0);
    struct actor_moved_row row;
    /* To be fetched: later, as nobody fetches here. */
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "1", "ben", "ben", NEW)), JOB_RETRY);
    /* Somebody else's, by his own signature or another's; to nowhere. */
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "2", "ben", "ann", NEW)), JOB_DONE);
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "3", "ann", "ann", NEW)), JOB_DONE);
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "4", "ben", "ben", "https://far.example/ben")), JOB_DONE);
    /* Nobody who has to do with us: not worth a look. */
    assert_int_equal(receive(cx, FAR_EVE, STR("{\"id\":\"https://evil.example/m\",\"type\":\"Move\","
                     "\"actor\":\"https://evil.example/eve\",\"object\":\"https://evil.example/eve\","
                     "\"target\":\"" NEW "\"}")), JOB_DONE);
    OK_(q_actor_moved(cx, FAR_BEN, &row));
    assert_null(row.moved_to.p);
    OK_(q_actor_moved(cx, FAR_ANN, &row));
    assert_null(row.moved_to.p);
    /* To a blocked server. */
    OK_(tx_begin(cx));
    OK_(q_test_domain_rule(cx, STR("new.example"), STR("suspend"), 0, NULL));
    OK_(q_test_domain_change(cx, NULL));
    OK_(tx_commit(cx));
    fed_rules_forget(cx->node->fed->rules);
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "5", "ben", "ben", NEW)), JOB_DONE);
    /* Twice in a week. */
    OK_(q_actor_set_moved(cx, FAR_BEN, STR("https://third.example/u"), cx->now - 6 * MS_DAY, NULL));
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "6", "ben", "ben", "https://fourth.example/u")),
                     JOB_DONE);
    OK_(q_actor_moved(cx, FAR_BEN, &row));
    CHECK_STR(row.moved_to, "https://third.example/u");
    OK_(q_actor_set_moved(cx, FAR_BEN, STR("https://third.example/u"), cx->now - 8 * MS_DAY, NULL));
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "7", "ben", "ben", "https://fourth.example/u")),
                     JOB_RETRY);
}

static void a_move_to_us_is_noted_of_its_alias_alone(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_alias *v;
    size_t n;
    OK_(q_alias_put(cx, tea.id, STR("https://far.example/ann"), STR("@ann@far.example"), cx->now, NULL));
    const char *here = str_z(cx->arena, tea.uri);
    assert_int_equal(receive(cx, FAR_BEN, far_move(cx, "8", "ben", "ben", here)), JOB_DONE);
    assert_int_equal(receive(cx, FAR_ANN, far_move(cx, "9", "ann", "ann", here)), JOB_DONE);
    OK_(fed_alias_list(cx, "planet", TEA, &v, &n));
    for (size_t i = 0; i < n; i++)
        assert_true((v[i].moved_at != DB_NULL) == str_eq_c(v[i].handle, "@ann@far.example"));
    OK_(fed_alias_remove(as(state, OWNER), "planet", TEA, STR("@ann@far.example")));
    assert_int_equal(fed_alias_remove(as(state, OWNER), "planet", TEA, STR("@ann@far.example")),
                     ERR_NOT_FOUND);
}

static void a_list_shows_who_has_come(void **state)
{
    struct cx *cx = as(state, OWNER);
    struct str *names;
    struct fed_gain *gains;
    int64_t all, here;
    size_t n;
    OK_(fed_expected_set(cx, TEA, STR("Account address,Show boosts\nBen@far.example,true\n"
                                      "\"zoe@far.example\",false\n\n@x@other.example\nnonsense\n"
                                      "ben@far.example\n"), &all));
    assert_int_equal(all, 3);
    OK_(fed_expected_count(cx, TEA, &all, &here));
    assert_int_equal(all, 3);
    assert_int_equal(here, 1);
    OK_(fed_expected_missing(cx, TEA, STR(""), 10, &names, &n));
    assert_int_equal(n, 2);
    CHECK_STR(names[0], "x@other.example");
    CHECK_STR(names[1], "zoe@far.example");
    assert_int_equal(fed_expected_set(cx, TEA, STR("nothing here\n"), &all), ERR_INVALID);
    OK_(fed_move_gains(cx, TEA, 0, 10, &gains, &n, &all));
    assert_int_equal(n, 1);
    assert_int_equal(all, 1);
    CHECK_STR(gains[0].host, "far.example");
    struct buf b;
    OK_(fed_export(cx, TEA, FED_EXPORT_FOLLOWERS, &b));
    CHECK_STR(buf_str(&b), "Account address\nben@far.example\n");
    buf_free(&b);
    /* A name that a spreadsheet would work out is left out. */
    struct fed_doc formula = {.uri = STR("https://far.example/ben"), .kind = STR("Person"),
                              .host = STR("far.example"), .username = STR("=1+cmd|'/c_calc'!A1"),
                              .name = STR("Ben"), .inbox = STR("https://far.example/ben/inbox")};
    OK_(fed_actor_store(cx, &formula, &all));
    OK_(fed_export(cx, TEA, FED_EXPORT_FOLLOWERS, &b));
    CHECK_STR(buf_str(&b), "Account address\n");
    buf_free(&b);
    formula.username = STR("ben");
    OK_(fed_actor_store(cx, &formula, &all));
    OK_(fed_export(cx, TEA, FED_EXPORT_OUTBOX, &b));
    json_t *j;
    OK_(json_read(cx->arena, buf_str(&b), NULL, &j));
    CHECK_STR(ld_type(j), "OrderedCollection");
    assert_false(str_contains(buf_str(&b), STR("PRIVATE")));
    buf_free(&b);
}

static void a_block_ends_a_follow_and_its_undo_stands(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t before, n;
    struct str block = str_fmt(cx->arena, "{\"id\":\"https://far.example/b/1\",\"type\":\"Block\",\"actor\":"
                               "\"https://far.example/ben\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea.uri));
    struct str undo = str_fmt(cx->arena, "{\"id\":\"https://far.example/b/u1\",\"type\":\"Undo\",\"actor\":"
                              "\"https://far.example/ben\",\"object\":" STR_FMT "}", STR_ARG(block));
    OK_(fed_follower_count(cx, TEA, &before));
    assert_int_equal(receive(cx, FAR_BEN, undo), JOB_DONE); /* out of order: the Block comes too late */
    assert_int_equal(receive(cx, FAR_BEN, block), JOB_DONE);
    OK_(fed_follower_count(cx, TEA, &n));
    assert_int_equal(n, before);
    block = str_fmt(cx->arena, "{\"id\":\"https://far.example/b/2\",\"type\":\"Block\",\"actor\":"
                    "\"https://far.example/ben\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea.uri));
    assert_int_equal(receive(cx, FAR_BEN, block), JOB_DONE);
    OK_(fed_follower_count(cx, TEA, &n));
    assert_int_equal(n, before - 1);
}

static int set_up(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    struct cx *cx = as(state, 0);
    OK_(fed_local_by_ref(cx, "planet", TEA, &tea));
    OK_(tx_begin(cx));
    OK_(q_test_follow(cx, 71, FAR_BEN, tea.id, NULL));
    OK_(tx_commit(cx));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alias_stands_in_the_document),
        cmocka_unit_test(others_may_not),
        cmocka_unit_test(a_wish_waits_for_a_look),
        cmocka_unit_test(its_followers_servers_are_told_once),
        cmocka_unit_test(who_has_moved_takes_no_followers_and_says_nothing_new),
        cmocka_unit_test(a_move_rests_for_thirty_days),
        cmocka_unit_test(anothers_move_without_a_look_is_not_believed),
        cmocka_unit_test(a_move_to_us_is_noted_of_its_alias_alone),
        cmocka_unit_test(a_list_shows_who_has_come),
        cmocka_unit_test(a_block_ends_a_follow_and_its_undo_stands),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
