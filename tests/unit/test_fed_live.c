/* Two nodes in one process, talking over loopback with the real engines: keys fetched while the
 * request rests, signatures, follow, accept, teaser, edit, deletion; and what an inbox answers to
 * those who get it wrong. */
#include <ctype.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include "federation/httpsig.h"
#include "federation/keys.h"
#include "federation/peer_key.h"
#include "federation/remote.h"
#include "node/base/limiter.h"
#include "node/net/fetch.h"
#include "node/nodes.h"
#include "tests/unit/fed_world.h"

struct side {
    struct world *world;
    struct http *http;
    struct arena *arena; /* of the node's name */
    struct str planet; /* the actor's id */
};
struct live {
    struct side a, b;
    void *a_state; /* what the helpers of the world want */
};

static const struct route_table *const live_routes[] = {&fed_routes, NULL};

static void side_start(struct side *s)
{
    void *state;
    assert_int_equal(world_setup(&state), 0);
    s->world = state;
    struct server *server = &s->world->server;
    struct node *node = &s->world->store->node;
    server->wiring = &fed_world_wiring;
    server->routes = live_routes;
    server->dev = node->dev = true;
    server->limiter = limiter_new(64); /* before any thread sees the node */
    s->world->cx->now = clock_now();
    OK_(fetcher_start(true, STR("test"), &server->fetcher));
    server->nodes = nodes_new(server, NULL);
    OK_(http_start(server, &(struct http_options){.listen = "127.0.0.1:0", .n_workers = 2}, &s->http));
    struct arena *a = s->arena = arena_new();
    node->host = str_fmt(a, "localhost:%d", http_port(s->http));
    node->origin = str_fmt(a, "http://" STR_FMT, STR_ARG(node->host));
    OK_(fed_start(s->world->cx, node));
    OK_(jobs_start(server, &(struct jobs_options){.n_runners = 2}, &server->jobs));
    OK_(nodes_adopt(server->nodes, node));
    OK_(fed_planet_uri(s->world->cx, TEA, &s->planet));
}

static void side_stop(struct side *s)
{
    struct server *server = &s->world->server;
    http_stop(s->http);
    jobs_stop(server->jobs);
    server->fetcher = fetcher_stop(server->fetcher);
    nodes_free(server->nodes);
    fed_stop(&s->world->store->node);
    void *state = s->world;
    server->limiter = limiter_free(server->limiter);
    world_teardown(&state);
    arena_free(s->arena);
}

/* ---- a hand-made POST, signed by a key of side b or not at all ---- */

enum { TAMPER_NONE, TAMPER_BODY = 1, NO_SIGNATURE = 2, OLD = 4, BY_9421 = 8, WRONG_TYPE = 16,
       OTHER_KEY = 32, FORGED = 64 };

static int post_to(struct live *l, struct str body, int how)
{
    struct cx *cx = cx_new(&l->b.world->store->node);
    const struct fed_signer *signer;
    struct fed_local tea;
    struct sig_headers h = {.n = 0};
    struct fetch_answer answer;
    struct str url = str_fmt(cx->arena, STR_FMT "/ap/inbox", STR_ARG(l->a.world->store->node.origin));
    OK_(fed_local_by_uri(cx, l->b.planet, &tea));
    OK_(fed_signer_get(cx, tea.id, &signer));
    struct sig_sign s = {.scheme = how & BY_9421 ? SIG_RFC9421 : SIG_DRAFT, .key = signer->rsa,
                         .key_id = signer->rsa_id, .method = "POST", .url = url, .body = body,
                         .now = clock_now() - (how & OLD ? 2 * MS_HOUR : 0)};
    if (how & OTHER_KEY)
        s.key_id = str_fmt(cx->arena, "http://localhost:1/nobody#main-key");
    if (how & FORGED) { /* everything right but for the key that signed */
        OK_(fed_signer_instance(cx, &signer));
        s.key = signer->rsa;
    }
    if (!(how & NO_SIGNATURE))
        OK_(httpsig_sign(cx->arena, &s, &h));
    h.v[h.n++] = (struct fetch_header){STR("Content-Type"), how & WRONG_TYPE
                                           ? STR("text/plain") : STR("application/activity+json")};
    if (how & TAMPER_BODY)
        body = str_fmt(cx->arena, STR_FMT " ", STR_ARG(body));
    struct fetch_request rq = {.method = "POST", .url = url, .headers = h.v, .n_headers = h.n,
                               .body = body, .max_answer = 10000, .timeout_ms = 20000};
    cx_release(cx);
    OK_(fetch_wait(l->b.world->server.fetcher, cx->arena, &rq, &answer));
    int status = answer.status;
    cx_free(cx);
    return status;
}

static struct str like_of(struct live *l, struct cx *cx, int n, struct str object)
{
    return str_fmt(cx->arena,
                   "{\"id\":\"" STR_FMT "/l/%d\",\"type\":\"Like\",\"actor\":\"" STR_FMT
                   "\",\"object\":\"" STR_FMT "\"}",
                   STR_ARG(l->b.world->store->node.origin), n, STR_ARG(l->b.planet), STR_ARG(object));
}

static int64_t n_jobs(struct live *l, const char *kind)
{
    struct cx *cx = cx_new(&l->a.world->store->node);
    int64_t n;
    OK_(q_test_jobs_of(cx, str_c(kind), &n));
    cx_free(cx);
    return n;
}

/* Wait until a query on a side says so, at most ten seconds. */
#define ASK_UNTIL(side, expression)                                                                \
    do {                                                                                           \
        bool yes_ = false;                                                                         \
        for (int i_ = 0; i_ < 1000 && !yes_; i_++) {                                               \
            struct cx *cx_ = cx_new(&(side)->world->store->node);                                  \
            yes_ = (expression);                                                                   \
            cx_free(cx_);                                                                          \
            if (!yes_)                                                                             \
                usleep(10000);                                                                     \
        }                                                                                          \
        assert_true(yes_);                                                                         \
    } while (0)

static int64_t count(struct cx *cx, const char *type)
{
    int64_t n;
    OK_(q_test_received(cx, str_fmt(cx->arena, "%%/ap/x/%%"), &n));
    (void)type;
    return n;
}

static int64_t fans(struct cx *cx)
{
    int64_t n;
    OK_(fed_follower_count(cx, TEA, &n));
    return n;
}

static int get(struct live *l, const char *path, const char *accept, struct str *ret_body,
               struct arena *a)
{
    struct fetch_answer answer;
    struct fetch_header h[] = {{STR("Accept"), str_c(accept)}};
    struct fetch_request rq = {.method = "GET", .headers = h, .n_headers = 1,
                               .max_answer = 1 << 20, .timeout_ms = 20000,
                               .url = str_fmt(a, STR_FMT "%s", STR_ARG(l->a.world->store->node.origin), path)};
    OK_(fetch_wait(l->b.world->server.fetcher, a, &rq, &answer));
    if (ret_body != NULL)
        *ret_body = answer.body;
    return answer.status;
}

static void strangers_and_liars_get_401(void **state)
{
    struct live *l = *state;
    struct cx *cx = l->b.world->cx;
    struct str like = like_of(l, cx, 1, STR("http://localhost:2/x"));
    int64_t before = n_jobs(l, "fed.receive");
    assert_int_equal(post_to(l, like, NO_SIGNATURE), 401);
    assert_int_equal(post_to(l, like, TAMPER_BODY), 401);
    assert_int_equal(post_to(l, like, OLD), 401);
    assert_int_equal(post_to(l, like, BY_9421 | TAMPER_BODY), 401);
    assert_int_equal(post_to(l, like, BY_9421 | OLD), 401);
    assert_int_equal(post_to(l, like, FORGED), 401);
    assert_int_equal(post_to(l, like, FORGED | BY_9421), 401);
    assert_int_equal(post_to(l, like, OTHER_KEY), 503); /* nobody answers there */
    assert_int_equal(post_to(l, like, WRONG_TYPE), 415);
    assert_int_equal(post_to(l, STR("{"), 0), 400);
    assert_int_equal(post_to(l, STR("{\"type\":\"Like\"}"), 0), 400);
    struct str other = str_fmt(cx->arena, "{\"id\":\"http://localhost:9/l\",\"type\":\"Like\",\"actor\":\""
                               STR_FMT "\",\"object\":\"x\"}", STR_ARG(l->b.planet));
    assert_int_equal(post_to(l, other, 0), 400); /* an id of another host */
    struct str instance = str_fmt(cx->arena, "{\"id\":\"" STR_FMT "/l/2\",\"type\":\"Like\",\"actor\":\""
                                  STR_FMT "/ap/instance\",\"object\":\"x\"}",
                                  STR_ARG(l->b.world->store->node.origin),
                                  STR_ARG(l->b.world->store->node.origin));
    assert_int_equal(post_to(l, instance, 0), 401); /* signed by somebody else */
    /* A Create of somebody else's may be told; then it is looked up and not believed. */
    struct str forward = str_fmt(cx->arena, "{\"id\":\"http://localhost:9/c\",\"type\":\"Create\","
                                 "\"actor\":\"http://localhost:9/u\",\"object\":{\"id\":"
                                 "\"http://localhost:9/n\",\"type\":\"Note\",\"inReplyTo\":\"%d\"}}", 1);
    assert_int_equal(post_to(l, forward, 0), 202);
    assert_int_equal(post_to(l, forward, BY_9421), 202);
    struct cx *acx = cx_new(&l->a.world->store->node);
    int64_t told;
    OK_(q_test_received(acx, STR("via %"), &told));
    assert_int_equal(told, 1);
    cx_free(acx);
    ASK_UNTIL(&l->a, n_jobs(l, "fed.forward") == 0);
    struct buf deep;
    buf_init(&deep, 100000);
    buf_put(&deep, str_sub(like, 0, like.n - 1));
    buf_lit(&deep, ",\"x\":");
    for (int i = 0; i < 200; i++)
        buf_lit(&deep, "[");
    for (int i = 0; i < 200; i++)
        buf_lit(&deep, "]");
    buf_lit(&deep, "}");
    assert_int_equal(post_to(l, buf_str(&deep), 0), 400);
    buf_free(&deep);
    assert_int_equal(n_jobs(l, "fed.receive"), before); /* nothing stored */
    struct str gone = STR("{\"id\":\"http://localhost:9/d\",\"type\":\"Delete\",\"actor\":"
                          "\"http://localhost:9/u\",\"object\":\"http://localhost:9/u\"}");
    assert_int_equal(post_to(l, gone, OTHER_KEY), 202); /* a self-delete of nobody we know */
    assert_int_equal(post_to(l, gone, NO_SIGNATURE), 401);
}

static void both_signatures_are_taken_once(void **state)
{
    struct live *l = *state;
    struct cx *cx = l->b.world->cx;
    assert_int_equal(post_to(l, like_of(l, cx, 10, STR("http://localhost:2/x")), 0), 202);
    assert_int_equal(post_to(l, like_of(l, cx, 10, STR("http://localhost:2/x")), 0), 202);
    assert_int_equal(post_to(l, like_of(l, cx, 11, STR("http://localhost:2/x")), BY_9421), 202);
}

/* Side b's planet follows side a's; everything after that is the engines' own doing. */
static void a_follower_hears_everything(void **state)
{
    struct live *l = *state;
    struct cx *cx = l->b.world->cx;
    struct str body;
    struct str follow = str_fmt(cx->arena, "{\"id\":\"" STR_FMT "/f/1\",\"type\":\"Follow\",\"actor\":\""
                                STR_FMT "\",\"object\":\"" STR_FMT "\"}",
                                STR_ARG(l->b.world->store->node.origin), STR_ARG(l->b.planet),
                                STR_ARG(l->a.planet));
    cx_release(cx);
    int64_t heard = count(cx, "");
    assert_int_equal(post_to(l, follow, 0), 202);
    ASK_UNTIL(&l->a, fans(cx_) == 1);
    ASK_UNTIL(&l->b, count(cx_, "Accept") == heard + 1);
    l->a.world->cx->now = clock_now();
    struct post p = make_published(&l->a_state, "Live", "the " CANARY " body", "Hear", GATE_MEMBERS, 0);
    ASK_UNTIL(&l->b, count(cx_, "Create") == heard + 2);
    const char *path = str_z(cx->arena, str_sub(p.object_uri, l->a.world->store->node.origin.n, 999));
    assert_int_equal(get(l, path, "application/activity+json", &body, cx->arena), 200);
    assert_true(str_contains(body, STR("Hear")));
    assert_false(str_contains(body, STR(CANARY)));
    assert_int_equal(get(l, path, "text/html", NULL, cx->arena), 303);
    assert_int_equal(get(l, path, "*/*", NULL, cx->arena), 200);

    assert_int_equal(post_to(l, like_of(l, cx, 20, p.object_uri), BY_9421), 202);
    ASK_UNTIL(&l->a, again(cx_, p.id).n_remote_likes == 1);
    OK_(post_delete(as(&l->a_state, OWNER), p.id));
    ASK_UNTIL(&l->b, count(cx_, "Delete") == heard + 3);
    assert_int_equal(get(l, path, "application/activity+json", &body, cx->arena), 410);
    assert_true(str_contains(body, STR("Tombstone")));
    ASK_UNTIL(&l->a, n_jobs(l, "fed.deliver") == 0);
}

static void documents_answer(void **state)
{
    struct live *l = *state;
    struct arena *a = arena_new();
    struct str body;
    json_t *j;
    static const char *const paths[] = {"/ap/instance", "/ap/instance/outbox", "/nodeinfo/2.0",
        "/nodeinfo/2.1", "/.well-known/nodeinfo", "/.well-known/host-meta"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(get(l, paths[i], "application/activity+json", NULL, a), 200);
    struct str base = str_sub(l->a.planet, l->a.world->store->node.origin.n, 999);
    static const char *const below[] = {"", "/outbox", "/outbox/p/0", "/followers", "/following",
                                        "/featured"};
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        const char *p = arena_printf(a, STR_FMT "%s", STR_ARG(base), below[i]);
        assert_int_equal(get(l, p, "application/activity+json", &body, a), 200);
        OK_(json_read(a, body, NULL, &j));
        assert_true(str_eq(ld_str(j, "id"), str_fmt(a, STR_FMT "%s", STR_ARG(l->a.planet), below[i])));
    }
    assert_int_equal(get(l, arena_printf(a, STR_FMT "/inbox", STR_ARG(base)), "*/*", NULL, a), 405);
    assert_int_equal(get(l, "/ap/a/12345", "*/*", NULL, a), 404);
    assert_int_equal(get(l, "/ap/o/12345", "*/*", NULL, a), 404);
    assert_int_equal(get(l, "/ap/o/abc", "*/*", NULL, a), 404);
    assert_int_equal(get(l, "/nodeinfo/3", "*/*", NULL, a), 404);

    struct str host = l->a.world->store->node.host;
    struct str upper = str_dup(a, host);
    for (size_t i = 0; i < upper.n; i++)
        ((char *)(uintptr_t)upper.p)[i] = (char)toupper((unsigned char)upper.p[i]);
    const char *names[] = {arena_printf(a, "acct:tea@" STR_FMT, STR_ARG(host)),
                           arena_printf(a, "acct:@TEA@" STR_FMT, STR_ARG(host)),
                           arena_printf(a, "tea@" STR_FMT, STR_ARG(host)),
                           arena_printf(a, "http://" STR_FMT "/@tea", STR_ARG(host)),
                           arena_printf(a, "https://" STR_FMT "/@Tea/", STR_ARG(host)),
                           arena_printf(a, "HTTP://" STR_FMT "/%%2540tea",
                                        STR_ARG(upper)),
                           arena_printf(a, STR_FMT "/", STR_ARG(l->a.planet)),
                           arena_printf(a, STR_FMT, STR_ARG(l->a.planet))};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *p = arena_printf(a, "/.well-known/webfinger?resource=%s", names[i]);
        assert_int_equal(get(l, p, "*/*", &body, a), 200);
        OK_(json_read(a, body, NULL, &j));
        assert_true(str_eq(ld_str(j, "links.href"), l->a.planet));
        assert_true(str_eq(ld_str(j, "subject"), str_fmt(a, "acct:tea@" STR_FMT, STR_ARG(host))));
    }
    assert_int_equal(get(l, "/.well-known/webfinger", "*/*", NULL, a), 400);
    assert_int_equal(get(l, "/.well-known/webfinger?resource=nonsense", "*/*", NULL, a), 400);
    assert_int_equal(get(l, "/.well-known/webfinger?resource=acct:tea@other.example", "*/*", NULL, a), 404);
    assert_int_equal(get(l, arena_printf(a, "/.well-known/webfinger?resource=http://" STR_FMT "/", STR_ARG(host)),
                         "*/*", &body, a), 200);
    OK_(json_read(a, body, NULL, &j));
    assert_true(str_ends(ld_str(j, "links.href"), STR("/ap/instance")));
    assert_int_equal(get(l, "/.well-known/webfinger?resource=http://other.example/@tea", "*/*", NULL, a), 404);
    /* A member has no actor. */
    assert_int_equal(get(l, arena_printf(a, "/.well-known/webfinger?resource=acct:mia@" STR_FMT,
                                         STR_ARG(host)), "*/*", NULL, a), 404);
    arena_free(a);
}

/* ---- what strangers may cost ---- */

/* Somebody with a domain can make up names that hang for as long as we wait. */
static void a_house_has_so_many_key_fetches(void **state)
{
    struct live *l = *state;
    struct cx *cx = cx_new(&l->a.world->store->node);
    enum { ONE = 640 };
    struct fed_key_fetch *held[ONE], *more;
    for (int i = 0; i < ONE; i++)
        OK_(fed_key_fetch_join(cx, str_fmt(cx->arena, "http://n%d.evil.example/a#k", i), &held[i]));
    assert_int_equal(fed_key_fetch_join(cx, STR("http://n999.evil.example/a#k"), &more), ERR_BUSY);
    OK_(fed_key_fetch_join(cx, STR("http://n0.evil.example/a#k"), &more)); /* that one is asked anyway */
    fed_key_fetch_drop(more);
    OK_(fed_key_fetch_join(cx, STR("http://other.example/a#k"), &more)); /* nobody else is held up */
    fed_key_fetch_drop(more);
    for (int i = 0; i < ONE; i++)
        fed_key_fetch_drop(held[i]);
    OK_(fed_key_fetch_join(cx, STR("http://n999.evil.example/a#k"), &more));
    fed_key_fetch_drop(more);
    cx_free(cx);
}

static void not_all_workers_wait_for_strangers(void **state)
{
    struct live *l = *state;
    struct fed *fed = l->a.world->store->node.fed;
    struct cx *cx = cx_new(&l->a.world->store->node);
    int64_t id;
    for (size_t i = 0; i < FED_LOOKUPS_MAX; i++)
        atomic_store(&fed->lookups[i], 1);
    assert_int_equal(fed_actor_get(cx, l->b.planet, &id), ERR_BUSY);
    assert_true(cx->retry_after_s > 0);
    for (size_t i = 0; i < FED_LOOKUPS_MAX; i++)
        atomic_store(&fed->lookups[i], 0);
    OK_(fed_actor_get(cx, l->b.planet, &id));
    for (size_t i = 0; i < FED_LOOKUPS_MAX; i++)
        assert_int_equal(atomic_load(&fed->lookups[i]), 0);
    cx_free(cx);
}

static struct str create_by_id(struct live *l, struct arena *a, int n, size_t padding)
{
    struct buf b;
    struct str origin = l->b.world->store->node.origin;
    buf_init_arena(&b, a, padding + 1000);
    buf_fmt(&b, "{\"id\":\"" STR_FMT "/c/%d\",\"type\":\"Create\",\"actor\":\"" STR_FMT
            "\",\"object\":\"" STR_FMT "/n/%d\",\"x\":\"", STR_ARG(origin), n,
            STR_ARG(l->b.planet), STR_ARG(origin), n);
    for (size_t i = 0; i < padding; i++)
        buf_put_char(&b, 'x');
    buf_lit(&b, "\"}");
    return buf_str(&b);
}

static void what_must_be_looked_up_is_small_and_rare(void **state)
{
    struct live *l = *state;
    struct arena *a = arena_new();
    assert_int_equal(post_to(l, create_by_id(l, a, 0, 70000), 0), 413);
    int taken = 0, status = 0;
    for (int i = 1; i < 80 && status != 429; i++) {
        status = post_to(l, create_by_id(l, a, i, 10), 0);
        taken += status == 202;
    }
    assert_int_equal(status, 429);
    assert_true(taken > 0 && taken < 75); /* the tests before it drew on the same measure */
    /* Who asks to quote makes us look at the quote: by its id, or in half. */
    struct str origin = l->b.world->store->node.origin;
    for (size_t i = 0; i < 2; i++) {
        struct buf b;
        buf_init_arena(&b, a, 4000);
        buf_fmt(&b, "{\"id\":\"" STR_FMT "/q/%zu\",\"type\":\"QuoteRequest\",\"actor\":\"" STR_FMT
                "\",\"object\":\"http://localhost:2/x\",\"instrument\":", STR_ARG(origin), i,
                STR_ARG(l->b.planet));
        if (i == 0)
            buf_fmt(&b, "\"" STR_FMT "/n/q\"}", STR_ARG(origin));
        else
            buf_fmt(&b, "{\"id\":\"" STR_FMT "/n/q\",\"type\":\"Note\"}}", STR_ARG(origin));
        assert_int_equal(post_to(l, buf_str(&b), 0), 429);
    }
    /* What carries all that it says is not held up. */
    assert_int_equal(post_to(l, like_of(l, l->b.world->cx, 77, STR("http://localhost:2/x")), 0), 202);
    arena_free(a);
}

/* Anybody can send the deletion of anybody: no key of theirs, and we go and look. */
static void forged_farewells_make_few_knocks(void **state)
{
    struct live *l = *state;
    struct cx *cx = cx_new(&l->b.world->store->node);
    struct str bye = str_fmt(cx->arena, "{\"id\":\"" STR_FMT "#bye\",\"type\":\"Delete\",\"actor\":\""
                             STR_FMT "\",\"object\":\"" STR_FMT "\"}", STR_ARG(l->b.planet),
                             STR_ARG(l->b.planet), STR_ARG(l->b.planet));
    for (int i = 0; i < 3; i++)
        assert_int_equal(post_to(l, bye, OTHER_KEY), 202);
    assert_int_equal(post_to(l, bye, OTHER_KEY), 429);
    cx_free(cx);
}

static int set_up(void **state)
{
    struct live *l = calloc(1, sizeof *l);
    side_start(&l->a);
    side_start(&l->b);
    l->a_state = l->a.world;
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct live *l = *state;
    side_stop(&l->a);
    side_stop(&l->b);
    free(l);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_answer),
        cmocka_unit_test(strangers_and_liars_get_401),
        cmocka_unit_test(both_signatures_are_taken_once),
        cmocka_unit_test(a_follower_hears_everything),
        cmocka_unit_test(a_house_has_so_many_key_fetches),
        cmocka_unit_test(not_all_workers_wait_for_strangers),
        cmocka_unit_test(what_must_be_looked_up_is_small_and_rare),
        cmocka_unit_test(forged_farewells_make_few_knocks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
