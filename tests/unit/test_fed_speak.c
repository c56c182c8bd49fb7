/* What we say, to whom, how often: from events of posts and comments to activities and deliveries.
 * No network: deliveries stay in the queue, where they are looked at. */
#include "federation/fanout.h"
#include "federation/hosts.h"
#include "federation/out.h"
#include "federation/remote.h"
#include "tests/unit/fed_world.h"

static void forget_jobs(void **state)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_forget(cx, NULL));
    OK_(tx_commit(cx));
}

static void run(void **state)
{
    struct cx *cx = as(state, 0);
    cx->now += 1000;
    (void)jobs_run_due(cx);
}

static size_t said(struct cx *cx, const char *type, json_t **ret_last)
{
    struct str *bodies;
    size_t n;
    OK_(q_test_activities(cx, str_c(type), &bodies, &n));
    if (n > 0 && ret_last != NULL)
        OK_(json_read(cx->arena, bodies[n - 1], NULL, ret_last));
    return n;
}

static void a_teaser_goes_out_once_a_house(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j = NULL;
    struct str *inboxes;
    size_t n;
    forget_jobs(state);
    struct post p = make_published(state, "Gongfu", "the " CANARY " body", "Come in", GATE_MEMBERS, 0);
    run(state);
    run(state); /* nothing is said twice */
    assert_int_equal(said(cx, "Create", &j), 1);
    CHECK_STR(ld_str(j, "object.type"), "Note");
    assert_true(str_eq(ld_str(j, "object.id"), p.object_uri));
    assert_null(ld_get(j, "object.name"));
    assert_null(ld_get(j, "object.summary"));
    assert_true(str_contains(ld_str(j, "object.content"), STR("Come in")));
    assert_true(str_contains(ld_str(j, "object.content"), STR("Gongfu")));
    OK_(q_test_deliveries_of(cx, STR("Create"), &inboxes, &n));
    assert_int_equal(n, 2); /* Ann and Ben share one */
    CHECK_STR(inboxes[0], "https://evil.example/eve/inbox");
    CHECK_STR(inboxes[1], "https://far.example/inbox");
}

static void a_job_that_runs_again_says_nothing_new(void **state)
{
    struct cx *cx = as(state, 0);
    forget_jobs(state);
    struct post p = make_published(state, "Twice", "b", "t", GATE_PUBLIC, 0);
    forget_jobs(state);
    size_t before = said(cx, "Create", NULL);
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.fanout"), .subject = p.id,
                      .created_at = cx->now};
    struct str *inboxes;
    size_t n, again_n;
    assert_int_equal(fed_fanout(cx, &job), JOB_DONE);
    OK_(q_test_deliveries_of(cx, STR("Create"), &inboxes, &n));
    assert_int_equal(fed_fanout(cx, &job), JOB_DONE);
    OK_(q_test_deliveries_of(cx, STR("Create"), &inboxes, &again_n));
    assert_int_equal(said(cx, "Create", NULL), before + 1);
    assert_int_equal(n, again_n);
    assert_int_equal(n, 2);
}

static struct post edit(void **state, int64_t id, const char *teaser)
{
    struct cx *cx = as(state, OWNER);
    struct post p = again(cx, id);
    cx->now += 60000;
    struct post_draft d = {.id = id, .version = p.version, .planet_id = TEA, .title = p.title,
                           .body = STR("the " CANARY " body, changed"), .teaser = str_c(teaser),
                           .lang = p.lang, .access = GATE_MEMBERS, .slug = p.slug};
    OK_(post_save(cx, &d, &p));
    return p;
}

static void edits_and_deletions_follow(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j = NULL, *outbox = NULL;
    int64_t made, updated, left;
    forget_jobs(state);
    struct post p = make_published(state, "Edited", "the " CANARY " body", "before", GATE_MEMBERS, 0);
    run(state);
    edit(state, p.id, "after");
    run(state);
    assert_int_equal(said(as(state, 0), "Update", &j), 1);
    assert_true(str_contains(ld_str(j, "object.content"), STR("after")));
    assert_true(ld_time(j, "object.published", &made) && ld_time(j, "object.updated", &updated));
    assert_true(updated > made);
    /* The outbox shows what stands now. */
    said(cx, "Create", &outbox);
    assert_true(str_contains(ld_str(outbox, "object.content"), STR("after")));
    CHECK_STR(ld_str(outbox, "type"), "Create");
    edit(state, p.id, "after"); /* the body alone changed */
    run(state);
    assert_int_equal(said(as(state, 0), "Update", NULL), 1);
    OK_(post_delete(as(state, OWNER), p.id));
    run(state);
    assert_int_equal(said(cx, "Delete", &j), 1);
    assert_true(str_eq(ld_id_at(j, "object"), p.object_uri));
    CHECK_STR(ld_str(j, "object.type"), "Tombstone");
    OK_(q_test_in_outbox(cx, p.object_uri, &left));
    assert_int_equal(left, 0);
}

static void what_was_never_said_is_not_deleted(void **state)
{
    struct cx *cx = as(state, 0);
    forget_jobs(state);
    size_t creates = said(cx, "Create", NULL), deletes = said(cx, "Delete", NULL);
    struct post p = make_published(state, "Short-lived", "b", "t", GATE_MEMBERS, 0);
    OK_(post_delete(as(state, OWNER), p.id));
    run(state);
    assert_int_equal(said(as(state, 0), "Create", NULL), creates);
    assert_int_equal(said(cx, "Delete", NULL), deletes);
}

static void published_again_is_another_object(void **state)
{
    struct cx *cx = as(state, OWNER);
    forget_jobs(state);
    struct post p = make_published(state, "Twice born", "b", "t", GATE_MEMBERS, 0), q;
    run(state);
    size_t creates = said(as(state, 0), "Create", NULL), deletes = said(cx, "Delete", NULL);
    OK_(post_unpublish(as(state, OWNER), p.id));
    OK_(post_publish(as(state, OWNER), p.id, true, &q));
    assert_false(str_eq(p.object_uri, q.object_uri));
    run(state);
    assert_int_equal(said(as(state, 0), "Create", NULL), creates + 1);
    assert_int_equal(said(cx, "Delete", NULL), deletes + 1);
}

static int64_t remote_comment(void **state, const struct post *p, const char *uri)
{
    struct comment c;
    struct cx *cx = as(state, 0);
    OK_(comment_create_remote(cx, p->id, 0, FAR_ANN, str_c(uri), STR_NULL,
                              (struct safe_html){STR("<p>q</p>")}, cx->now, &c));
    return c.id;
}

static void only_authors_answers_leave(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment c;
    json_t *j = NULL;
    struct post p = make_published(state, "Talk", "b", "t", GATE_PUBLIC, 0);
    run(state);
    forget_jobs(state);
    size_t before = said(as(state, 0), "Create", NULL);
    int64_t q = remote_comment(state, &p, "https://far.example/n/q1");
    OK_(comment_create(as(state, MEMBER), &p, q, STR("from a member " CANARY), COMMENT_PUBLIC, &c));
    OK_(comment_create(as(state, STRANGER), &p, q, STR("from anybody " CANARY), COMMENT_PUBLIC, &c));
    OK_(comment_create(as(state, MODERATOR), &p, q, STR("who keeps order " CANARY), COMMENT_PUBLIC, &c));
    OK_(comment_create(as(state, OWNER), &p, 0, STR("to nobody there"), COMMENT_PUBLIC, &c));
    run(state);
    assert_int_equal(said(as(state, 0), "Create", NULL), before);
    OK_(comment_create(as(state, OWNER), &p, q, STR("from the author"), COMMENT_PUBLIC, &c));
    run(state);
    assert_int_equal(said(as(state, 0), "Create", &j), before + 1);
    CHECK_STR(ld_id_at(j, "object.inReplyTo"), "https://far.example/n/q1");
    CHECK_STR(ld_str(j, "object.tag.href"), "https://far.example/ann");
    assert_true(str_contains(ld_str(j, "object.content"), STR("class=\"u-url mention\">@<span>ann")));
    struct fed_out_note doc; /* and so does the document */
    int64_t actor_id;
    OK_(fed_load_comment(cx, c.id, &doc, &actor_id));
    CHECK_STR(doc.mention_uri, "https://far.example/ann");
    assert_true(str_eq(doc.content.s, ld_str(j, "object.content")));
    int64_t jobs;
    OK_(q_test_deliveries(cx, STR("https://far.example/ann/inbox"), &jobs));
    assert_int_equal(jobs, 1);
    size_t deletes = said(cx, "Delete", NULL);
    OK_(comment_delete(as(state, OWNER), c.id));
    run(state);
    assert_int_equal(said(as(state, 0), "Delete", NULL), deletes + 1);
}

static void a_changed_planet_is_told(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j = NULL;
    forget_jobs(state);
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.planet"), .subject = TEA,
                      .created_at = cx->now};
    size_t before = said(cx, "Update", NULL);
    assert_int_equal(fed_planet(cx, &job), JOB_DONE);
    assert_int_equal(said(cx, "Update", &j), before + 1);
    CHECK_STR(ld_str(j, "object.preferredUsername"), "tea");
    job.id = id_next(cx->node->ids);
    job.subject = SAND; /* nobody follows it */
    assert_int_equal(fed_planet(cx, &job), JOB_DONE);
    assert_int_equal(said(cx, "Update", NULL), before + 1);
}

static void nothing_locked_was_said(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t n;
    OK_(q_test_leak(cx, STR(CANARY), &n));
    assert_int_equal(n, 0);
}

static void the_breaker_opens_and_lets_one_look(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_hosts *h = cx->node->fed->hosts;
    struct fed_host_view v;
    struct str host = STR("slow.example");
    OK_(fed_host_ask(cx, h, host, &v));
    assert_int_equal(v.wait_until, 0);
    for (int i = 0; i < 4; i++)
        fed_host_failed(h, host, "timed out");
    OK_(fed_host_ask(cx, h, host, &v));
    assert_int_equal(v.wait_until, 0);
    fed_host_answered(h, host, "403"); /* any 4xx resets the run */
    for (int i = 0; i < 5; i++)
        fed_host_failed(h, host, "timed out");
    OK_(fed_host_ask(cx, h, host, &v));
    assert_true(v.wait_until > clock_now() + 29 * MS_MINUTE);
    OK_(fed_hosts_flush(cx, h));
    fed_host_alive(h, host, true); /* it spoke to us, by RFC 9421 */
    OK_(fed_host_ask(cx, h, host, &v));
    assert_int_equal(v.wait_until, 0);
    assert_true(v.rfc9421);
    fed_host_took(h, host, false); /* the second knock was taken */
    OK_(fed_host_ask(cx, h, host, &v));
    assert_false(v.rfc9421);
}

static void actors_are_read_with_suspicion(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_doc d;
    json_t *j;
    OK_(json_read(cx->arena,
                  STR("{\"id\":\"https://a.example/u\",\"type\":[\"Person\",\"x\"],"
                      "\"preferredUsername\":\"u\\u202e\",\"name\":\"A\\u202eB\",\"inbox\":\"https://b.example/inbox\","
                      "\"url\":\"https://b.example/u\",\"endpoints\":{\"sharedInbox\":"
                      "\"https://b.example/inbox\"},\"publicKey\":["
                      "{\"id\":\"https://a.example/u#k\",\"owner\":\"https://a.example/other\","
                      "\"publicKeyPem\":\"x\"},{\"id\":\"https://b.example/u#k\",\"owner\":"
                      "\"https://a.example/u\",\"publicKeyPem\":\"x\"},{\"id\":"
                      "\"https://a.example/u#main\",\"owner\":\"https://a.example/u\","
                      "\"publicKeyPem\":\"good\"}]}"),
                  NULL, &j));
    OK_(fed_doc_read(cx->arena, j, &d));
    CHECK_STR(d.username, "u");
    CHECK_STR(d.name, "AB"); /* nothing that turns the line around */
    assert_null(d.inbox.p);
    assert_null(d.shared_inbox.p);
    CHECK_STR(d.url, "https://a.example/u");
    assert_int_equal(d.n_keys, 1);
    CHECK_STR(d.keys[0].material, "good");
    assert_int_equal(fed_doc_key(&d, STR("https://a.example/u#main")), 0);
    assert_int_equal(fed_doc_key(&d, STR("https://a.example/u#other")), SIZE_MAX);
    assert_int_equal(fed_doc_key(&d, STR("https://a.example/u")), 0);
    int64_t id;
    OK_(json_read(cx->arena, STR("{\"id\":\"https://t.example/ap/a/1\",\"type\":\"Person\"}"), NULL, &j));
    OK_(fed_doc_read(cx->arena, j, &d));
    assert_int_equal(fed_actor_store(cx, &d, &id), ERR_FORBIDDEN);
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
        cmocka_unit_test(a_teaser_goes_out_once_a_house),
        cmocka_unit_test(a_job_that_runs_again_says_nothing_new),
        cmocka_unit_test(edits_and_deletions_follow),
        cmocka_unit_test(what_was_never_said_is_not_deleted),
        cmocka_unit_test(published_again_is_another_object),
        cmocka_unit_test(only_authors_answers_leave),
        cmocka_unit_test(a_changed_planet_is_told),
        cmocka_unit_test(nothing_locked_was_said),
        cmocka_unit_test(the_breaker_opens_and_lets_one_look),
        cmocka_unit_test(actors_are_read_with_suspicion),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
