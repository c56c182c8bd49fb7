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

static int64_t put(void **state, int64_t who, const struct post *p, int64_t parent,
                   const char *text, enum comment_audience audience, bool abroad)
{
    struct comment_draft d = {.parent_id = parent, .markdown = str_c(text), .audience = audience,
                              .abroad = abroad};
    struct comment c;
    OK_(comment_write(as(state, who), p, &d, &c));
    return c.id;
}

static bool has_actor(void **state, int64_t account)
{
    struct fed_local l;
    return fed_local_by_ref(as(state, 0), "account", account, &l) == OK;
}

static void only_what_its_writer_lets_go_leaves(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j = NULL;
    struct post p = make_published(state, "Talk", "b", "t", GATE_MEMBERS, 0);
    run(state);
    forget_jobs(state);
    size_t before = said(as(state, 0), "Create", NULL);
    int64_t q = remote_comment(state, &p, "https://far.example/n/q1");
    put(state, MEMBER, &p, q, "from a member " CANARY, COMMENT_PUBLIC, false);
    put(state, OWNER, &p, q, "from the owner " CANARY, COMMENT_PUBLIC, false);
    put(state, MEMBER, &p, 0, "among members " CANARY, COMMENT_MEMBERS, true);
    int64_t inside = put(state, MEMBER, &p, 0, "members " CANARY, COMMENT_MEMBERS, false);
    put(state, MEMBER, &p, inside, "an answer inside " CANARY, COMMENT_PUBLIC, true);
    run(state);
    assert_int_equal(said(as(state, 0), "Create", NULL), before);
    assert_false(has_actor(state, MEMBER));
    int64_t c = put(state, OWNER, &p, q, "from the author", COMMENT_PUBLIC, true);
    run(state);
    assert_int_equal(said(as(state, 0), "Create", &j), before + 1);
    CHECK_STR(ld_id_at(j, "object.inReplyTo"), "https://far.example/n/q1");
    CHECK_STR(ld_str(j, "object.tag.href"), "https://far.example/ann");
    assert_true(str_contains(ld_str(j, "object.content"), STR("class=\"u-url mention\">@<span>ann")));
    struct fed_out_note doc; /* and so does the document */
    int64_t actor_id, jobs;
    OK_(fed_load_comment(cx, c, &doc, &actor_id));
    CHECK_STR(doc.mention_uri, "https://far.example/ann");
    assert_true(str_eq(doc.content.s, ld_str(j, "object.content")));
    OK_(q_test_deliveries(cx, STR("https://far.example/inbox"), &jobs));
    assert_int_equal(jobs, 1);
    size_t deletes = said(cx, "Delete", NULL);
    OK_(comment_delete(as(state, OWNER), c));
    run(state);
    assert_int_equal(said(as(state, 0), "Delete", NULL), deletes + 1);
}

static void a_members_answer_has_an_actor_of_its_own(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j = NULL;
    struct fed_local l;
    struct fed_out_actor v;
    struct fed_out_note n;
    struct fed_replies r;
    struct public_post view;
    struct comment c;
    int64_t actor_id;
    struct post p = make_published(state, "Answers", "b", "t", GATE_PUBLIC, 0);
    run(state);
    forget_jobs(state);
    assert_false(has_actor(state, MEMBER));
    int64_t a = put(state, MEMBER, &p, 0, "to the post", COMMENT_PUBLIC, true);
    /* Without an actor yet there is no document: nobody waits for keys. */
    assert_int_equal(fed_load_comment(as(state, 0), a, &n, &actor_id), ERR_NOT_FOUND);
    size_t before = said(as(state, 0), "Create", NULL);
    run(state);
    assert_int_equal(said(as(state, 0), "Create", &j), before + 1);
    assert_true(str_eq(ld_id_at(j, "object.inReplyTo"), p.object_uri));
    OK_(fed_local_by_ref(cx, "account", MEMBER, &l));
    OK_(fed_load_actor(cx, &l, &v));
    CHECK_STR(v.username, "mia");
    assert_true(v.quiet); /* she only answers: not to be followed, nothing about her */
    CHECK_STR(v.summary.s, "");
    assert_null(v.join_url.p);
    /* The post's replies begin with it. */
    OK_(public_post_by_id(cx, p.id, &view));
    OK_(fed_load_post(cx, &view, &n));
    assert_int_equal(n.replies.n, 1);
    assert_true(str_eq(n.replies.ids[0], fed_iri(cx, "/ap/o/%lld", (long long)a)));
    OK_(fed_load_replies(cx, p.id, a, 0, &r));
    assert_int_equal(r.n, 0);
    /* An edit follows; hidden, it is taken back, and an id dies once. */
    size_t updates = said(cx, "Update", NULL), deletes = said(cx, "Delete", NULL);
    OK_(comment_edit(as(state, MEMBER), a, STR("to the post, again"), &c));
    run(state);
    assert_int_equal(said(as(state, 0), "Update", NULL), updates + 1);
    OK_(comment_hide(as(state, OWNER), a));
    run(state);
    assert_int_equal(said(as(state, 0), "Delete", NULL), deletes + 1);
    OK_(comment_show(as(state, OWNER), a));
    run(state);
    assert_int_equal(fed_load_comment(as(state, 0), a, &n, &actor_id), ERR_NOT_FOUND);
    assert_int_equal(said(as(state, 0), "Create", NULL), before + 1);
    /* The post goes, and what was said about it with it. */
    int64_t b = put(state, MEMBER, &p, 0, "still there", COMMENT_PUBLIC, true);
    run(state);
    OK_(post_delete(as(state, OWNER), p.id));
    run(state);
    run(state);
    assert_int_equal(said(as(state, 0), "Delete", NULL), deletes + 3); /* post and comment */
    assert_int_equal(fed_load_comment(as(state, 0), b, &n, &actor_id), ERR_NOT_FOUND);
}

static void who_is_named_hears_of_it(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j = NULL;
    struct str *inboxes;
    size_t n;
    bool far = false;
    run(state);
    forget_jobs(state);
    struct post p = make_published(state, "Naming", "b", "For @ben@far.example and @nobody@far.example",
                                   GATE_MEMBERS, 0);
    run(state);
    said(as(state, 0), "Create", &j);
    assert_true(str_eq(ld_str(j, "object.id"), p.object_uri));
    CHECK_STR(ld_str(j, "object.tag.href"), "https://far.example/ben");
    CHECK_STR(ld_str(j, "object.tag.name"), "@ben@far.example");
    assert_int_equal(ld_count(ld_get(j, "object.cc")), 2);
    assert_int_equal(ld_count(ld_get(j, "cc")), 2);
    assert_true(str_contains(ld_str(j, "object.content"), STR("@nobody@far.example")));
    OK_(q_test_deliveries_of(cx, STR("Create"), &inboxes, &n));
    for (size_t i = 0; i < n; i++) {
        assert_false(far && str_eq_c(inboxes[i], "https://far.example/inbox")); /* once */
        far = far || str_eq_c(inboxes[i], "https://far.example/inbox");
    }
    assert_true(far);
}

static void a_warning_goes_along(void **state)
{
    struct cx *cx = as(state, OWNER);
    json_t *j = NULL;
    struct post_draft d = {.planet_id = TEA, .title = STR("Warned"), .body = STR("b"), .teaser = STR("t"),
                           .access = GATE_MEMBERS, .warning = STR(" Spiders ")};
    struct post p;
    OK_(post_save(cx, &d, &p));
    OK_(post_publish(as(state, OWNER), p.id, true, &p));
    run(state);
    said(as(state, 0), "Create", &j);
    CHECK_STR(ld_str(j, "object.summary"), "Spiders");
    assert_true(ld_bool(j, "object.sensitive", false));
    OK_(post_by_id(as(state, OWNER), p.id, &p));
    OK_(post_draft_of(cx, &p, &d));
    CHECK_STR(d.warning, "Spiders");
    d.warning = STR("");
    cx->now += 60000;
    OK_(post_save(cx, &d, &p)); /* the face changed */
    run(state);
    said(as(state, 0), "Update", &j);
    assert_true(str_eq(ld_str(j, "object.id"), p.object_uri));
    assert_null(ld_get(j, "object.summary"));
    assert_false(ld_bool(j, "object.sensitive", true));
    OK_(post_draft_of(as(state, OWNER), &p, &d));
    d.warning = STR("two\nlines");
    assert_int_equal(post_save(cx, &d, &p), ERR_INVALID);
}

static void a_follow_of_who_only_answers_is_refused(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_local l;
    OK_(fed_local_by_ref(cx, "account", MEMBER, &l));
    size_t rejects = said(cx, "Reject", NULL);
    receive(cx, FAR_ANN, str_fmt(cx->arena, "{\"id\":\"https://far.example/f/9\",\"type\":\"Follow\","
                                 "\"actor\":\"https://far.example/ann\",\"object\":\"" STR_FMT "\"}",
                                 STR_ARG(l.uri)));
    assert_int_equal(said(cx, "Reject", NULL), rejects + 1);
}

static void a_deleted_account_is_told_once(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_local l;
    struct fed_out_actor v;
    json_t *j = NULL;
    OK_(fed_local_by_ref(cx, "account", MEMBER, &l));
    size_t deletes = said(cx, "Delete", NULL);
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.account"), .subject = MEMBER,
                      .created_at = cx->now};
    OK_(tx_begin(cx));
    OK_(q_test_account_state(cx, MEMBER, STR("suspended"), NULL));
    OK_(tx_commit(cx));
    assert_int_equal(fed_account(cx, &job), JOB_DONE);
    assert_int_equal(said(cx, "Delete", NULL), deletes); /* it may come back */
    assert_int_equal(fed_load_actor(cx, &l, &v), ERR_NOT_FOUND);
    OK_(tx_begin(cx));
    OK_(q_test_account_state(cx, MEMBER, STR("deleted"), NULL));
    OK_(tx_commit(cx));
    job.id = id_next(cx->node->ids);
    assert_int_equal(fed_account(cx, &job), JOB_DONE);
    job.id = id_next(cx->node->ids);
    assert_int_equal(fed_account(cx, &job), JOB_DONE);
    assert_int_equal(said(cx, "Delete", &j), deletes + 1);
    assert_true(str_eq(ld_id_at(j, "object"), l.uri));
    assert_int_equal(fed_load_actor(cx, &l, &v), ERR_GONE);
}

static void pins_arrive_and_leave(void **state)
{
    struct cx *cx = as(state, OWNER);
    json_t *j = NULL;
    struct str *inboxes;
    size_t n;
    forget_jobs(state);
    struct post p = make_published(state, "Pinned", "the " CANARY " body", "t", GATE_MEMBERS, 0);
    OK_(post_pin(as(state, OWNER), p.id, true)); /* before anybody heard of it */
    run(state);
    run(state);
    assert_int_equal(said(as(state, 0), "Add", &j), 1);
    assert_true(str_eq(ld_id_at(j, "object"), p.object_uri));
    assert_true(str_ends(ld_id_at(j, "target"), STR("/featured")));
    assert_true(str_starts(ld_id_at(j, "target"), ld_id_at(j, "actor")));
    OK_(q_test_deliveries_of(cx, STR("Add"), &inboxes, &n));
    assert_int_equal(n, 2);
    OK_(post_pin(as(state, OWNER), p.id, true)); /* it is */
    run(state);
    assert_int_equal(said(as(state, 0), "Add", NULL), 1);
    size_t updates = said(as(state, 0), "Update", NULL);
    OK_(post_pin(as(state, OWNER), p.id, false));
    run(state);
    assert_int_equal(said(as(state, 0), "Update", NULL), updates);
    as(state, 0)->now += 30 * MS_SECOND; /* one Update of the actor for both */
    run(state);
    assert_int_equal(said(as(state, 0), "Update", &j), updates + 1);
    assert_true(ld_str(j, "object.featured").p != NULL);
    assert_int_equal(said(as(state, 0), "Remove", &j), 1);
    assert_true(str_eq(ld_id_at(j, "object"), p.object_uri));
    for (int i = 0; i <= POST_PINS_MAX; i++) {
        struct post q = make_published(state, "Many", "b", "t", GATE_PUBLIC, 0);
        assert_int_equal(post_pin(as(state, OWNER), q.id, true), i < POST_PINS_MAX ? OK : ERR_CONFLICT);
    }
    run(state);
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
    OK_(json_read(cx->arena, STR("{\"id\":\"https://a.example/u\",\"type\":\"Person\","
                                 "\"preferredUsername\":\"@ann@good.example\"}"), NULL, &j));
    OK_(fed_doc_read(cx->arena, j, &d));
    CHECK_STR(d.username, "ann"); /* of a.example, and of nowhere else */
    CHECK_STR(d.name, "ann");
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
        cmocka_unit_test(only_what_its_writer_lets_go_leaves),
        cmocka_unit_test(a_members_answer_has_an_actor_of_its_own),
        cmocka_unit_test(a_follow_of_who_only_answers_is_refused),
        cmocka_unit_test(who_is_named_hears_of_it),
        cmocka_unit_test(a_warning_goes_along),
        cmocka_unit_test(a_changed_planet_is_told),
        cmocka_unit_test(pins_arrive_and_leave),
        cmocka_unit_test(nothing_locked_was_said),
        cmocka_unit_test(the_breaker_opens_and_lets_one_look),
        cmocka_unit_test(actors_are_read_with_suspicion),
        cmocka_unit_test(a_deleted_account_is_told_once),
    };
    return cmocka_run_group_tests(tests, set_up, fed_world_teardown);
}
