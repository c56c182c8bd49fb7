/* Reports: from other servers in all the shapes that they have, from people here, what those who
 * decide may do, and what is sent on. */
#include "federation/flag.h"
#include "federation/policy.h"
#include "federation/rates.h"
#include "node/base/limiter.h"
#include "node/talk/report.h"
#include "tests/unit/fed_world.h"

static struct post post, locked;
static struct comment open_comment, locked_comment;
static struct str tea;

static struct report *reports(void **state, int64_t viewer, int64_t planet, size_t *ret_n)
{
    struct report *v;
    OK_(report_list(as(state, viewer), planet, true, 0, 100, &v, ret_n));
    return v;
}

static size_t n_reports(void **state)
{
    size_t n;
    reports(state, 0, 0, &n);
    return n;
}

static enum job_verdict flag(void **state, int64_t who, const char *host, const char *id,
                             const char *object, const char *content)
{
    struct cx *cx = as(state, 0);
    const char *name = who == FAR_EVE ? "eve" : who == FAR_BEN ? "ben" : "ann";
    return receive(cx, who,
                   str_fmt(cx->arena,
                           "{\"id\":\"https://%s/flags/%s\",\"type\":\"Flag\","
                           "\"actor\":\"https://%s/%s\",\"object\":%s,\"content\":\"%s\"}",
                           host, id, host, name, object, content));
}

static void an_array_of_actor_and_posts(void **state)
{
    struct cx *cx = as(state, 0);
    size_t n, before = n_reports(state);
    const char *objects = str_z(cx->arena, str_fmt(cx->arena, "[\"" STR_FMT "\",\"" STR_FMT "\"]",
                                                   STR_ARG(tea), STR_ARG(post.object_uri)));
    assert_int_equal(flag(state, FAR_ANN, "far.example", "1", objects, "rude words"), JOB_DONE);
    assert_int_equal(flag(state, FAR_ANN, "far.example", "1", objects, "rude words"), JOB_DONE);
    struct report *v = reports(state, OWNER, TEA, &n);
    assert_int_equal(n_reports(state), before + 1);
    CHECK_STR(v[0].text, "rude words");
    CHECK_STR(v[0].by_host, "far.example");
    CHECK_STR(v[0].by_name, "");
    assert_true(v[0].from_elsewhere && !v[0].about_remote && v[0].open);
    assert_int_equal(v[0].planet_id, TEA);
    assert_int_equal(v[0].n_items, 1);
    assert_int_equal(v[0].items[0].post_id, post.id);
    assert_int_equal(v[0].about_account_id, OWNER);
}

static void those_who_decide_hear_of_it_and_the_reported_do_not(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t n;
    OK_(q_test_notices(cx, MODERATOR, STR("report"), &n));
    assert_int_equal(n, 1);
    OK_(q_test_notices(cx, PARTNER, STR("report"), &n));
    assert_int_equal(n, 1);
    OK_(q_test_notices(cx, OWNER, STR("report"), &n)); /* it is about a post of hers */
    assert_int_equal(n, 0);
    OK_(q_test_notices(cx, MEMBER, STR("report"), &n));
    assert_int_equal(n, 0);
}

static void misskey_names_posts_in_the_text(void **state)
{
    struct cx *cx = as(state, 0);
    size_t n;
    const char *actor = str_z(cx->arena, str_fmt(cx->arena, "\"" STR_FMT "\"", STR_ARG(tea)));
    const char *text = str_z(
        cx->arena, str_fmt(cx->arena, "Note: https://t.example/@tea/" STR_FMT "\\nLocal Note: "
                                      "https://far.example/notes/9\\n-----\\nspam",
                           STR_ARG(post.slug)));
    assert_int_equal(flag(state, FAR_BEN, "far.example", "mk", actor, text), JOB_DONE);
    struct report *v = reports(state, OWNER, TEA, &n);
    assert_int_equal(v[0].n_items, 1);
    assert_int_equal(v[0].items[0].post_id, post.id);
    text = str_z(cx->arena, str_fmt(cx->arena, "Note: " STR_FMT "\\n-----\\nspam",
                                    STR_ARG(locked.object_uri)));
    assert_int_equal(flag(state, FAR_BEN, "far.example", "mk2", actor, text), JOB_DONE);
    v = reports(state, OWNER, TEA, &n);
    assert_int_equal(v[0].items[0].post_id, locked.id);
    text = str_z(cx->arena, str_fmt(cx->arena, "see https://t.example/@tea/" STR_FMT "#c-%lld",
                                    STR_ARG(post.slug), (long long)open_comment.id));
    assert_int_equal(flag(state, FAR_BEN, "far.example", "mk3", actor, text), JOB_DONE);
    v = reports(state, OWNER, TEA, &n);
    assert_int_equal(v[0].items[0].comment_id, open_comment.id);
    assert_int_equal(v[0].about_account_id, STRANGER);
}

static void pleroma_sends_the_posts_in_full(void **state)
{
    struct cx *cx = as(state, 0);
    size_t n;
    const char *objects = str_z(
        cx->arena, str_fmt(cx->arena,
                           "[\"" STR_FMT "\",{\"type\":\"Note\",\"id\":\"" STR_FMT "\","
                           "\"content\":\"x\",\"actor\":{\"id\":\"" STR_FMT "\"}}]",
                           STR_ARG(tea), STR_ARG(locked.object_uri), STR_ARG(tea)));
    assert_int_equal(flag(state, FAR_ANN, "far.example", "pl", objects, "<p>no <b>good</b></p>"),
                     JOB_DONE);
    struct report *v = reports(state, OWNER, TEA, &n);
    assert_int_equal(v[0].items[0].post_id, locked.id);
    CHECK_STR(v[0].text, "no good");
}

static void what_is_not_ours_or_locked_is_left_out(void **state)
{
    struct cx *cx = as(state, 0);
    size_t n, before = n_reports(state);
    assert_int_equal(flag(state, FAR_ANN, "far.example", "n1", "\"https://other.example/u/1\"", "x"),
                     JOB_DONE);
    assert_int_equal(flag(state, FAR_ANN, "far.example", "n2", "[]", "x"), JOB_DONE);
    const char *secret = str_z(cx->arena, str_fmt(cx->arena, "\"https://t.example/ap/o/%lld\"",
                                                  (long long)locked_comment.id));
    assert_int_equal(flag(state, FAR_ANN, "far.example", "n3", secret, "x"), JOB_DONE);
    assert_int_equal(n_reports(state), before);
    /* Beside something of ours it is simply not there. */
    const char *both = str_z(cx->arena, str_fmt(cx->arena, "[\"" STR_FMT "\",%s]", STR_ARG(tea), secret));
    assert_int_equal(flag(state, FAR_ANN, "far.example", "n4", both, "x"), JOB_DONE);
    struct report *v = reports(state, OWNER, TEA, &n);
    assert_int_equal(v[0].n_items, 0);
    /* Not the signer's. */
    before = n_reports(state);
    assert_int_equal(receive(cx, FAR_BEN, str_fmt(cx->arena,
                     "{\"id\":\"https://far.example/flags/f\",\"type\":\"Flag\",\"actor\":"
                     "\"https://far.example/ann\",\"object\":\"" STR_FMT "\"}", STR_ARG(tea))),
                     JOB_DONE);
    assert_int_equal(n_reports(state), before);
}

static void rule(void **state, const char *level, bool reject_reports)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_domain_rule(cx, STR("evil.example"), str_c(level), reject_reports, NULL));
    OK_(q_test_domain_change(cx, NULL));
    OK_(tx_commit(cx));
    fed_rules_forget(cx->node->fed->rules);
}

static void a_servers_reports_may_be_refused(void **state)
{
    struct cx *cx = as(state, 0);
    size_t before = n_reports(state);
    int64_t told, n;
    const char *actor = str_z(cx->arena, str_fmt(cx->arena, "\"" STR_FMT "\"", STR_ARG(tea)));
    rule(state, "none", true);
    assert_int_equal(flag(state, FAR_EVE, "evil.example", "e1", actor, "x"), JOB_DONE);
    assert_int_equal(n_reports(state), before);
    rule(state, "silence", false); /* taken, but nobody is bothered */
    OK_(q_test_notices(cx, MODERATOR, STR("report"), &told));
    assert_int_equal(flag(state, FAR_EVE, "evil.example", "e2", actor, "x"), JOB_DONE);
    assert_int_equal(n_reports(state), before + 1);
    OK_(q_test_notices(cx, MODERATOR, STR("report"), &n));
    assert_int_equal(n, told);
}

static void people_here_report(void **state)
{
    int64_t id, same;
    struct report r;
    OK_(report_create(as(state, MEMBER), post.id, open_comment.id, STR("abuse"), STR("he said so"), &id));
    OK_(report_create(as(state, MEMBER), post.id, open_comment.id, STR("spam"), STR("again"), &same));
    assert_int_equal(id, same);
    OK_(report_by_id(as(state, MODERATOR), id, &r));
    CHECK_STR(r.by_name, "mia");
    CHECK_STR(r.reason, "abuse");
    assert_int_equal(r.about_account_id, STRANGER);
    /* What one cannot see, one cannot report; nor one's own. */
    assert_int_equal(report_create(as(state, STRANGER), locked.id, locked_comment.id, STR("spam"), STR(""), &id),
                     ERR_NOT_FOUND);
    assert_int_equal(report_create(as(state, STRANGER), post.id, open_comment.id, STR("spam"), STR(""), &id),
                     ERR_INVALID);
    assert_int_equal(report_create(as(state, MEMBER), post.id, 0, STR("dull"), STR(""), &id), ERR_INVALID);
    assert_int_equal(report_create(as(state, 0), post.id, 0, STR("spam"), STR(""), &id),
                     ERR_UNAUTHENTICATED);
    OK_(report_create(as(state, MEMBER), locked.id, locked_comment.id, STR("spam"), STR(""), &id));
}

static void who_reported_is_not_told_to_the_reported(void **state)
{
    int64_t id;
    struct report r;
    OK_(report_create(as(state, MEMBER), post.id, 0, STR("other"), STR("of the owner"), &id));
    OK_(report_by_id(as(state, OWNER), id, &r));
    CHECK_STR(r.by_name, "");
    OK_(report_by_id(as(state, PARTNER), id, &r));
    CHECK_STR(r.by_name, "mia");
}

static void others_may_not_decide(void **state)
{
    static const int64_t others[] = {GUEST, MEMBER, STRANGER, BANNED};
    struct report *v, r;
    size_t n;
    reports(state, OWNER, TEA, &n);
    v = reports(state, MODERATOR, TEA, &n);
    assert_true(n > 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(report_list(as(state, others[i]), TEA, true, 0, 9, &v, &n), ERR_FORBIDDEN);
        v = reports(state, OWNER, TEA, &n);
        assert_int_equal(report_by_id(as(state, others[i]), v[0].id, &r), ERR_FORBIDDEN);
        assert_int_equal(report_resolve(as(state, others[i]), v[0].id, STR("")), ERR_FORBIDDEN);
        assert_int_equal(fed_flag_send(as(state, others[i]), v[0].id, STR("")), ERR_FORBIDDEN);
    }
    /* Of all planets at once: the node's owner. */
    assert_int_equal(report_list(as(state, OWNER), 0, true, 0, 9, &v, &n), ERR_FORBIDDEN);
    assert_int_equal(report_list(as(state, MODERATOR), SAND, true, 0, 9, &v, &n), ERR_FORBIDDEN);
    OK_(q_test_make_owner(as(state, 0), OTHER_MEMBER, NULL));
    OK_(report_list(as(state, OTHER_MEMBER), 0, true, 0, 9, &v, &n));
    OK_(report_list(as(state, OTHER_MEMBER), TEA, true, 0, 9, &v, &n));
}

static void a_decision_is_written_down(void **state)
{
    struct cx *cx;
    struct comment c;
    struct report r;
    int64_t id, n;
    OK_(report_create(as(state, GOLD), post.id, open_comment.id, STR("spam"), STR("x"), &id));
    OK_(report_hide(as(state, MODERATOR), id, open_comment.id, true));
    OK_(comment_by_id(as(state, MODERATOR), open_comment.id, &c));
    CHECK_STR(c.state, "hidden");
    OK_(report_hide(as(state, MODERATOR), id, open_comment.id, false));
    assert_int_equal(report_hide(as(state, MODERATOR), id, locked_comment.id, true), ERR_NOT_FOUND);
    OK_(report_resolve(as(state, MODERATOR), id, STR("warned")));
    OK_(report_resolve(as(state, MODERATOR), id, STR("twice"))); /* stays as it is */
    cx = as(state, MODERATOR);
    OK_(report_by_id(cx, id, &r));
    assert_false(r.open);
    CHECK_STR(r.note, "warned");
    CHECK_STR(r.resolved_by, "mod");
    OK_(q_test_audited(cx, STR("report.resolve"), id, &n));
    assert_int_equal(n, 1);
    OK_(q_test_audited(cx, STR("report.hide"), id, &n));
    assert_int_equal(n, 1);
    OK_(report_reopen(cx, id));
    OK_(report_by_id(cx, id, &r));
    assert_true(r.open && r.resolved_at == DB_NULL);
    /* Settled, the same may be reported anew. */
    OK_(report_resolve(cx, id, STR("")));
    OK_(report_by_id(cx, id, &r));
    CHECK_STR(r.note, "warned");
    OK_(report_create(as(state, GOLD), post.id, open_comment.id, STR("spam"), STR("x"), &n));
    assert_int_not_equal(n, id);
}

static void it_is_sent_on_without_a_word_of_the_reporter(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment c;
    struct str *bodies, *inboxes;
    int64_t id;
    size_t n;
    json_t *j;
    OK_(comment_create_remote(cx, post.id, 0, FAR_EVE, STR("https://evil.example/n/7"), STR_NULL,
                              html_of("<p>buy</p>"), cx->now, &c));
    OK_(report_create(as(state, MEMBER), post.id, c.id, STR("spam"), STR("quoting " CANARY), &id));
    rule(state, "suspend", false);
    assert_int_equal(fed_flag_send(as(state, MODERATOR), id, STR("")), ERR_INVALID);
    rule(state, "none", false);
    OK_(fed_flag_send(as(state, MODERATOR), id, STR("Unwanted advertising")));
    assert_int_equal(fed_flag_send(as(state, MODERATOR), id, STR("again")), ERR_CONFLICT);
    cx = as(state, 0);
    OK_(q_test_activities(cx, STR("Flag"), &bodies, &n));
    assert_int_equal(n, 1);
    OK_(json_read(cx->arena, bodies[0], NULL, &j));
    CHECK_STR(ld_id_at(j, "actor"), "https://t.example/ap/instance");
    CHECK_STR(ld_id_at(j, "to"), "https://evil.example/eve");
    CHECK_STR(ld_str(j, "content"), "Unwanted advertising");
    assert_int_equal(ld_count(ld_get(j, "object")), 2);
    CHECK_STR(ld_id(ld_at(ld_get(j, "object"), 0)), "https://evil.example/eve");
    CHECK_STR(ld_id(ld_at(ld_get(j, "object"), 1)), "https://evil.example/n/7");
    assert_null(ld_get(j, "cc"));
    assert_false(str_contains(bodies[0], STR("mia")));
    assert_false(str_contains(bodies[0], STR(CANARY)));
    OK_(q_test_deliveries_of(cx, STR("Flag"), &inboxes, &n));
    assert_int_equal(n, 1);
    CHECK_STR(inboxes[0], "https://evil.example/eve/inbox");
    /* About somebody here there is no server to tell. */
    OK_(report_create(as(state, LAPSED), post.id, 0, STR("spam"), STR(""), &id));
    assert_int_equal(fed_flag_send(as(state, MODERATOR), id, STR("")), ERR_INVALID);
}

static void a_house_reports_only_so_often(void **state)
{
    struct world *w = *state;
    struct cx *cx = as(state, 0);
    w->server.limiter = limiter_new(64);
    for (int i = 0; i < 20; i++)
        assert_true(fed_rate_flags(cx, STR("far.example")));
    assert_false(fed_rate_flags(cx, STR("far.example")));
    assert_true(cx->retry_after_s > 0);
    assert_true(fed_rate_flags(cx, STR("other.example"))); /* another's share is another's */
    w->server.limiter = limiter_free(w->server.limiter);
}

/* At the rate that is allowed a hostile house would bury the others' within days. */
static void so_many_of_a_house_wait(void **state)
{
    struct cx *cx = as(state, 0);
    struct str open_uri = fed_iri(cx, "/ap/o/%lld", (long long)open_comment.id);
    const char *object = str_z(cx->arena, str_fmt(cx->arena, "\"" STR_FMT "\"", STR_ARG(open_uri)));
    int64_t before, after, theirs = 0;
    size_t n;
    struct report *v = reports(state, OWNER, TEA, &n);
    for (size_t i = 0; i < n; i++)
        theirs += str_eq_c(v[i].by_host, "far.example");
    OK_(report_count_open(as(state, OWNER), TEA, &before));
    cx = as(state, 0);
    for (int i = 0; i < 105; i++) {
        const char *id = str_z(cx->arena, str_fmt(cx->arena, "bury%d", i));
        assert_int_equal(flag(state, FAR_BEN, "far.example", id, object, "x"), JOB_DONE);
    }
    OK_(report_count_open(as(state, OWNER), TEA, &after));
    assert_int_equal(after - before, 100 - theirs);
    assert_int_equal(flag(state, FAR_EVE, "evil.example", "still", object, "heard"), JOB_DONE);
    v = reports(state, OWNER, TEA, &n);
    CHECK_STR(v[0].text, "heard");
    for (size_t i = 1; i < n; i++)
        OK_(report_resolve(as(state, OWNER), v[i].id, STR("settled")));
    assert_int_equal(flag(state, FAR_BEN, "far.example", "again", object, "room"), JOB_DONE);
    v = reports(state, OWNER, TEA, &n);
    CHECK_STR(v[0].text, "room");
}

static int set_up(void **state)
{
    if (fed_world_setup(state) != 0)
        return -1;
    post = make_published(state, "Open", "for all", "", GATE_PUBLIC, 0);
    locked = make_published(state, "Locked", "the " CANARY " body", "A teaser", GATE_MEMBERS, 0);
    OK_(fed_planet_uri(as(state, 0), TEA, &tea));
    OK_(comment_create(as(state, STRANGER), &post, 0, STR("hello"), COMMENT_PUBLIC, &open_comment));
    OK_(comment_create(as(state, GOLD), &locked, 0, STR("inside"), COMMENT_MEMBERS, &locked_comment));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_of_actor_and_posts),
        cmocka_unit_test(those_who_decide_hear_of_it_and_the_reported_do_not),
        cmocka_unit_test(misskey_names_posts_in_the_text),
        cmocka_unit_test(pleroma_sends_the_posts_in_full),
        cmocka_unit_test(what_is_not_ours_or_locked_is_left_out),
        cmocka_unit_test(a_servers_reports_may_be_refused),
        cmocka_unit_test(people_here_report),
        cmocka_unit_test(who_reported_is_not_told_to_the_reported),
        cmocka_unit_test(others_may_not_decide),
        cmocka_unit_test(a_decision_is_written_down),
        cmocka_unit_test(it_is_sent_on_without_a_word_of_the_reporter),
        cmocka_unit_test(a_house_reports_only_so_often),
        cmocka_unit_test(so_many_of_a_house_wait),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
