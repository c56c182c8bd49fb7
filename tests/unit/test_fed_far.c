/* One node and one server elsewhere that answers what the test wrote down: what is told of others is
 * looked up where it lives, threads are followed upward, GETs are signed as the other likes it, and
 * inboxes move, vanish and complain. */
#include "tests/unit/loopback.h"

#include "federation/deliver.h"
#include "federation/fanout_sql.h"
#include "federation/hosts.h"
#include "federation/httpsig.h"
#include "federation/keys.h"
#include "federation/rotate.h"
#include "node/net/fetch.h"
#include "tests/unit/fed_world.h"

enum { PAGES = 32, CALLS = 256 };

static struct far {
    struct loopback l;
    pthread_mutex_t lock;
    struct { char path[100], headers[100], body[2000]; int status; } page[PAGES];
    int n_pages;
    struct { char line[200], signature[1200], date[100]; } call[CALLS];
    int n_calls;
    int refuse_first; /* so many are answered 401 */
} far;
static struct post post;
static char base[64]; /* http://localhost:port */

static void copy_header(const char *head, const char *name, char *to, size_t max)
{
    const char *p = strcasestr(head, name);
    to[0] = '\0';
    if (p == NULL)
        return;
    p += strlen(name);
    size_t n = strcspn(p, "\r");
    snprintf(to, max, "%.*s", (int)n, p);
}

static bool serve(struct loopback *l, int fd, const char *head, const char *body, size_t body_n)
{
    (void)l, (void)body, (void)body_n;
    char path[100] = "", status[16], headers[200] = "", text[2000] = "";
    int code = 404;
    sscanf(head, "%*s %99s", path);
    pthread_mutex_lock(&far.lock);
    int k = far.n_calls++ % CALLS;
    snprintf(far.call[k].line, sizeof far.call[k].line, "%.*s", (int)strcspn(head, "\r"), head);
    copy_header(head, "\r\nSignature: ", far.call[k].signature, sizeof far.call[k].signature);
    copy_header(head, "\r\nDate: ", far.call[k].date, sizeof far.call[k].date);
    for (int i = 0; i < far.n_pages; i++)
        if (strcmp(far.page[i].path, path) == 0) {
            code = far.page[i].status;
            snprintf(headers, sizeof headers, "%s", far.page[i].headers);
            snprintf(text, sizeof text, "%s", far.page[i].body);
        }
    if (far.refuse_first > 0) {
        far.refuse_first--;
        code = 401;
    }
    pthread_mutex_unlock(&far.lock);
    snprintf(status, sizeof status, "%d x", code);
    return loopback_reply(fd, status, headers, text, strlen(text));
}

/* Write down what a path answers. */
static void page_at(const char *path, int status, const char *headers, const char *body)
{
    pthread_mutex_lock(&far.lock);
    int i = 0;
    while (i < far.n_pages && strcmp(far.page[i].path, path) != 0)
        i++;
    assert_true(i < PAGES);
    if (i == far.n_pages)
        far.n_pages++;
    snprintf(far.page[i].path, sizeof far.page[i].path, "%s", path);
    snprintf(far.page[i].headers, sizeof far.page[i].headers, "%s", headers);
    snprintf(far.page[i].body, sizeof far.page[i].body, "%s", body);
    far.page[i].status = status;
    pthread_mutex_unlock(&far.lock);
}

#define AP "Content-Type: application/activity+json\r\n"

static int calls(const char *line)
{
    int n = 0;
    pthread_mutex_lock(&far.lock);
    for (int i = 0; i < far.n_calls && i < CALLS; i++)
        n += strncmp(far.call[i].line, line, strlen(line)) == 0;
    pthread_mutex_unlock(&far.lock);
    return n;
}

static void actor_at(struct cx *cx, const char *name, const char *inbox)
{
    page_at(arena_printf(cx->arena, "/%s", name), 200, AP,
            arena_printf(cx->arena, "{\"id\":\"%s/%s\",\"type\":\"Person\",\"preferredUsername\":"
                         "\"%s\",\"inbox\":\"%s%s\"}", base, name, name, base, inbox));
}

static const char *note_json(struct cx *cx, const char *n, const char *by, const char *to,
                             const char *more, const char *text)
{
    return arena_printf(cx->arena, "{\"id\":\"%s/n/%s\",\"type\":\"Note\",\"attributedTo\":\"%s\","
                        "\"inReplyTo\":\"%s\",\"to\":\"" PUBLIC "\"%s,\"content\":\"%s\","
                        "\"published\":\"2026-11-20T08:00:00Z\"}", base, n, by, to, more, text);
}

static void note_at(struct cx *cx, const char *n, const char *by, const char *to, const char *text)
{
    page_at(arena_printf(cx->arena, "/n/%s", n), 200, AP, note_json(cx, n, by, to, "", text));
}

/* "far.example" tells of what localhost did. */
static enum job_verdict told(struct cx *cx, const char *type, const char *object)
{
    struct job job = {.id = id_next(cx->node->ids), .kind = STR("fed.forward"), .subject = FAR_EVE,
                      .created_at = cx->now};
    job.payload = str_fmt(cx->arena, "{\"id\":\"%s/x/%lld\",\"type\":\"%s\",\"actor\":\"%s/zoe\","
                          "\"object\":%s}", base, (long long)job.id, type, base, object);
    return fed_forward(cx, &job);
}

static bool comment_of(void **state, const char *n, struct comment *ret)
{
    struct comment_ref ref;
    bool found;
    struct cx *cx = as(state, OWNER);
    OK_(comment_find_by_uri(cx, str_fmt(cx->arena, "%s/n/%s", base, n), &found, &ref));
    if (!found || ref.deleted)
        return false;
    OK_(comment_by_id(cx, ref.id, ret));
    return true;
}

static void what_is_told_is_looked_up(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment c;
    const char *ours = str_z(cx->arena, post.object_uri);
    const char *zoe = arena_printf(cx->arena, "%s/zoe", base);
    note_at(cx, "1", zoe, ours, "the truth");
    assert_int_equal(told(cx, "Create", note_json(cx, "1", zoe, ours, "", "a lie")), JOB_DONE);
    assert_true(comment_of(state, "1", &c));
    CHECK_STR(c.html.s, "the truth");
    CHECK_STR(c.author_username, "zoe");
    CHECK_STR(c.state, "held"); /* nobody there follows us */
    /* Not there: nothing. Somebody else's: nothing. Not about us: not even asked. */
    assert_int_equal(told(cx, "Create", note_json(cx, "2", zoe, ours, "", "a lie")), JOB_DONE);
    assert_false(comment_of(state, "2", &c));
    note_at(cx, "3", "https://evil.example/eve", ours, "x");
    assert_int_equal(told(cx, "Create", note_json(cx, "3", zoe, ours, "", "x")), JOB_DONE);
    assert_false(comment_of(state, "3", &c));
    note_at(cx, "4", zoe, "https://far.example/none", "x");
    assert_int_equal(told(cx, "Create", note_json(cx, "4", zoe, "https://far.example/none", "", "x")),
                     JOB_DONE);
    assert_int_equal(calls("GET /n/4 "), 0);
    /* A like is nobody's to tell. */
    int before = far.n_calls;
    assert_int_equal(told(cx, "Like", arena_printf(cx->arena, "\"%s\"", ours)), JOB_DONE);
    assert_int_equal(far.n_calls, before);
}

static void told_edits_and_deletions_are_looked_up(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment c;
    const char *ours = str_z(cx->arena, post.object_uri);
    const char *zoe = arena_printf(cx->arena, "%s/zoe", base);
    const char *id = arena_printf(cx->arena, "\"%s/n/10\"", base);
    note_at(cx, "10", zoe, ours, "one");
    assert_int_equal(told(cx, "Create", id), JOB_DONE);
    assert_true(comment_of(state, "10", &c));
    assert_int_equal(told(cx, "Delete", id), JOB_DONE); /* it stands */
    assert_true(comment_of(state, "10", &c));
    note_at(cx, "10", zoe, ours, "two");
    assert_int_equal(told(as(state, 0), "Update", id), JOB_DONE);
    assert_true(comment_of(state, "10", &c));
    CHECK_STR(c.html.s, "two");
    page_at("/n/10", 503, "", "");
    assert_int_equal(told(as(state, 0), "Delete", id), JOB_RETRY);
    assert_true(comment_of(state, "10", &c));
    page_at("/n/10", 410, "", "");
    assert_int_equal(told(as(state, 0), "Delete", id), JOB_DONE);
    assert_false(comment_of(state, "10", &c));
    note_at(cx, "10", zoe, ours, "three"); /* late */
    assert_int_equal(told(as(state, 0), "Create", id), JOB_DONE);
    assert_false(comment_of(state, "10", &c));
}

static struct str create_by_ann(struct cx *cx, const char *n, const char *to, const char *more)
{
    return str_fmt(cx->arena, "{\"id\":\"https://far.example/x/%s\",\"type\":\"Create\",\"actor\":"
                   "\"https://far.example/ann\",\"object\":{\"id\":\"https://far.example/n/%s\","
                   "\"type\":\"Note\",\"attributedTo\":\"https://far.example/ann\",\"to\":\"" PUBLIC
                   "\",\"inReplyTo\":\"%s\"%s,\"content\":\"down here\"}}", n, n, to, more);
}

static void a_thread_is_followed_upward(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment up, c;
    struct comment_ref ref;
    struct str tea;
    bool found;
    const char *zoe = arena_printf(cx->arena, "%s/zoe", base);
    const char *n21 = arena_printf(cx->arena, "%s/n/21", base);
    note_at(cx, "20", zoe, str_z(cx->arena, post.object_uri), "top");
    note_at(cx, "21", zoe, arena_printf(cx->arena, "%s/n/20", base), "middle");
    /* Nobody of ours is spoken to: not followed. */
    assert_int_equal(receive(cx, FAR_ANN, create_by_ann(cx, "22", n21, "")), JOB_DONE);
    assert_false(comment_of(state, "21", &up));
    OK_(fed_planet_uri(cx, TEA, &tea));
    const char *mention = arena_printf(cx->arena, ",\"tag\":{\"type\":\"Mention\",\"href\":\"" STR_FMT
                                       "\"}", STR_ARG(tea));
    assert_int_equal(receive(as(state, 0), FAR_ANN, create_by_ann(cx, "23", n21, mention)), JOB_DONE);
    assert_true(comment_of(state, "20", &c));
    assert_true(comment_of(state, "21", &up));
    assert_int_equal(up.parent_id, c.id);
    OK_(comment_find_by_uri(as(state, OWNER), STR("https://far.example/n/23"), &found, &ref));
    assert_true(found);
    OK_(comment_by_id(cx, ref.id, &c));
    assert_int_equal(c.parent_id, up.id);
    /* A ring ends. */
    note_at(cx, "24", zoe, arena_printf(cx->arena, "%s/n/25", base), "x");
    note_at(cx, "25", zoe, arena_printf(cx->arena, "%s/n/24", base), "x");
    int before = far.n_calls;
    receive(as(state, 0), FAR_ANN,
            create_by_ann(cx, "26", arena_printf(cx->arena, "%s/n/24", base), mention));
    assert_true(far.n_calls - before <= 20);
    assert_false(comment_of(state, "24", &c));
}

static void a_group_is_not_believed(void **state)
{
    struct cx *cx = as(state, 0);
    struct comment c;
    struct fed_doc d = {.uri = STR("https://group.example/g"), .kind = STR("Group"),
        .host = STR("group.example"), .username = STR("g"), .name = STR("g"),
        .url = STR("https://group.example/g")};
    int64_t group;
    const char *zoe = arena_printf(cx->arena, "%s/zoe", base);
    OK_(fed_actor_store(cx, &d, &group));
    note_at(cx, "30", zoe, str_z(cx->arena, post.object_uri), "the truth");
    struct str j = str_fmt(cx->arena, "{\"id\":\"https://group.example/x/1\",\"type\":\"Announce\","
                           "\"actor\":\"https://group.example/g\",\"object\":{\"id\":\"%s/x/30\","
                           "\"type\":\"Create\",\"actor\":\"%s\",\"object\":%s}}", base, zoe,
                           note_json(cx, "30", zoe, str_z(cx->arena, post.object_uri), "", "a lie"));
    assert_int_equal(receive(cx, group, j), JOB_DONE);
    assert_true(comment_of(state, "30", &c));
    CHECK_STR(c.html.s, "the truth");
}

static struct str recorded(void *arg, const char *name)
{
    int k = *(int *)arg;
    if (strcmp(name, "signature") == 0)
        return str_c(far.call[k].signature);
    return strcmp(name, "date") == 0 ? str_c(far.call[k].date) : STR_NULL;
}

/* Does the instance's key stand behind call k, for this target? */
static bool verifies(struct cx *cx, int k, const char *target)
{
    const struct fed_signer *signer;
    struct sig_parsed p;
    const char *why = "";
    struct sig_request rq = {.method = "GET", .target = str_c(target), .host = str_c(base + 7),
                             .scheme = "http", .header = recorded, .arg = &k};
    OK_(fed_signer_instance(cx, &signer));
    return httpsig_parse(cx->arena, &rq, clock_now(), SIG_SKEW_MS, &p, &why) == OK &&
           p.scheme == SIG_DRAFT && httpsig_verify(cx->arena, &rq, &p, signer->rsa, &why) == OK;
}

static void a_query_is_left_out_for_those_who_want_it(void **state)
{
    struct cx *cx = as(state, 0);
    json_t *j;
    struct str id = str_fmt(cx->arena, "%s/q?x=1", base);
    page_at("/q?x=1", 200, AP, arena_printf(cx->arena, "{\"id\":\"%s/q?x=1\",\"type\":\"Note\"}", base));
    far.n_calls = 0;
    far.refuse_first = 1;
    OK_(fed_object_get(cx, id, &j));
    assert_int_equal(far.n_calls, 2);
    assert_false(verifies(cx, 0, "/q")); /* first with the query … */
    assert_true(verifies(cx, 0, "/q?x=1"));
    assert_true(verifies(cx, 1, "/q")); /* … then without */
    OK_(fed_object_get(cx, id, &j));
    assert_int_equal(far.n_calls, 3); /* remembered */
    assert_true(verifies(cx, 2, "/q"));
    far.refuse_first = 10; /* every way is tried, then it is over */
    assert_int_equal(fed_object_get(cx, id, &j), ERR_FORBIDDEN);
    assert_int_equal(far.n_calls, 5);
    far.refuse_first = 0;
}

static int64_t activity_of(struct cx *cx, struct str object_uri)
{
    struct activity_of_object_row row;
    bool found;
    OK_(q_activity_of_object(cx, object_uri, STR("Create"), &found, &row));
    assert_true(found);
    return row.id;
}

static void deliver(void **state, const char *inbox, const char *order)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(fed_deliver_put(cx, activity_of(cx, post.object_uri), str_fmt(cx->arena, "%s%s", base, inbox),
                        str_c(order)));
    OK_(tx_commit(cx));
}

static void run(void **state)
{
    struct cx *cx = as(state, 0);
    cx->now += 3000;
    (void)jobs_run_due(cx);
}

static void forget_jobs(void **state)
{
    struct cx *cx = as(state, 0);
    OK_(tx_begin(cx));
    OK_(q_test_forget(cx, NULL));
    OK_(tx_commit(cx));
}

static void a_moved_inbox_is_found(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t id;
    static const int gone[] = {404, 410, 301};
    for (int i = 0; i < 3; i++) {
        char old[20], new[20];
        snprintf(old, sizeof old, "/old/%d", i);
        snprintf(new, sizeof new, "/new/%d", i);
        forget_jobs(state);
        actor_at(cx, "mia", old);
        OK_(fed_actor_get(cx, str_fmt(cx->arena, "%s/mia", base), &id));
        actor_at(cx, "mia", new);
        page_at(old, gone[i], gone[i] == 301 ? "Location: /elsewhere\r\n" : "", "");
        page_at(new, 202, "", "");
        deliver(state, old, "o");
        run(state);
        run(state);
        run(state);
        assert_int_equal(calls(arena_printf(cx->arena, "POST %s ", old)), 1);
        assert_int_equal(calls(arena_printf(cx->arena, "POST %s ", new)), 1);
    }
}

static void who_is_gone_is_forgotten(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_local tea;
    struct fed_actor actor;
    int64_t id, before, after;
    forget_jobs(state);
    actor_at(cx, "max", "/max/inbox");
    OK_(fed_actor_get(cx, str_fmt(cx->arena, "%s/max", base), &id));
    OK_(fed_local_by_ref(cx, "planet", TEA, &tea));
    OK_(tx_begin(cx));
    OK_(q_test_follow(cx, 91, id, tea.id, NULL));
    OK_(tx_commit(cx));
    OK_(fed_follower_count(cx, TEA, &before));
    page_at("/max/inbox", 410, "", "");
    deliver(state, "/max/inbox", "o1");
    run(state);
    run(state);
    OK_(fed_follower_count(cx, TEA, &after));
    assert_int_equal(after, before); /* the actor still stands */
    page_at("/max", 410, "", "");
    deliver(state, "/max/inbox", "o2");
    run(state);
    run(state);
    OK_(fed_follower_count(cx, TEA, &after));
    assert_int_equal(after, before - 1);
    OK_(fed_actor_by_id(cx, id, &actor));
    assert_true(actor.deleted_at != DB_NULL);
}

static void too_many_is_no_breakdown(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_host_view v;
    char order[8];
    forget_jobs(state);
    page_at("/busy", 429, "", "");
    for (int i = 0; i < 6; i++) {
        snprintf(order, sizeof order, "b%d", i);
        deliver(state, "/busy", order);
    }
    run(state);
    assert_int_equal(calls("POST /busy "), 6);
    OK_(fed_host_ask(cx, cx->node->fed->hosts, str_c(base + 7), &v));
    assert_int_equal(v.wait_until, 0);
    forget_jobs(state);
    page_at("/busy", 429, "Retry-After: 600\r\n", "");
    deliver(state, "/busy", "c1");
    run(state);
    OK_(fed_host_ask(cx, cx->node->fed->hosts, str_c(base + 7), &v));
    assert_true(v.wait_until > clock_now() + 500 * MS_SECOND); /* the whole host waits */
    fed_host_wait(cx->node->fed->hosts, str_c(base + 7), 0);
    forget_jobs(state);
}

/* Its fetch of our key may have failed: three times, however long it was away before. */
static void a_401_is_tried_again_three_times(void **state)
{
    struct cx *cx = as(state, 0);
    int64_t n;
    forget_jobs(state);
    page_at("/locked", 503, "", "");
    deliver(state, "/locked", "l");
    for (int i = 0; i < 4; i++) {
        cx->now += 2 * MS_DAY / 4;
        run(state);
    }
    assert_int_equal(calls("POST /locked "), 4);
    page_at("/locked", 401, "", "");
    for (int i = 0; i < 6; i++) {
        cx->now += 2 * MS_DAY / 3;
        run(state);
    }
    assert_int_equal(calls("POST /locked "), 4 + 4 * 2); /* two knocks each */
    OK_(q_test_jobs_of(as(state, 0), STR("fed.deliver"), &n));
    assert_int_equal(n, 0); /* it rests */
}

/* GoToSocial takes a key that it was not told of when it looks at the actor again, hours later. */
static void a_401_to_a_new_key_is_no_last_word(void **state)
{
    struct cx *cx = as(state, 0);
    struct fed_local l;
    bool begun;
    int64_t n;
    OK_(fed_local_ensure(cx, "planet", TEA, &l));
    OK_(fed_key_rotate(cx, l.id, true, &begun));
    forget_jobs(state);
    page_at("/stale", 401, "", "");
    deliver(state, "/stale", "s");
    for (int i = 0; i < 8; i++) {
        cx->now += 5 * MS_HOUR;
        run(state);
    }
    assert_true(calls("POST /stale ") >= 2 * 6);
    OK_(q_test_jobs_of(as(state, 0), STR("fed.deliver"), &n));
    assert_int_equal(n, 1);
    page_at("/stale", 202, "", "");
    cx->now += MS_DAY;
    run(state);
    OK_(q_test_jobs_of(as(state, 0), STR("fed.deliver"), &n));
    assert_int_equal(n, 0);
}

static int set_up(void **state)
{
    pthread_mutex_init(&far.lock, NULL);
    far.l.serve = serve;
    if (!loopback_start(&far.l, "127.0.0.1", 0) || fed_world_setup(state) != 0)
        return -1;
    snprintf(base, sizeof base, "http://localhost:%d", far.l.port);
    struct world *w = *state;
    w->server.dev = w->store->node.dev = true;
    OK_(fetcher_start(true, STR("test"), &w->server.fetcher));
    struct cx *cx = as(state, 0);
    actor_at(cx, "zoe", "/zoe/inbox");
    post = make_published(state, "Locked", "the " CANARY " body", "A teaser", GATE_MEMBERS, 0);
    run(state);
    forget_jobs(state);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    w->server.fetcher = fetcher_stop(w->server.fetcher);
    loopback_stop(&far.l);
    return fed_world_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_looked_up),
        cmocka_unit_test(told_edits_and_deletions_are_looked_up),
        cmocka_unit_test(a_thread_is_followed_upward),
        cmocka_unit_test(a_group_is_not_believed),
        cmocka_unit_test(a_query_is_left_out_for_those_who_want_it),
        cmocka_unit_test(a_moved_inbox_is_found),
        cmocka_unit_test(who_is_gone_is_forgotten),
        cmocka_unit_test(too_many_is_no_breakdown),
        cmocka_unit_test(a_401_is_tried_again_three_times),
        cmocka_unit_test(a_401_to_a_new_key_is_no_last_word),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
