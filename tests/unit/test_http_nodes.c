/* Several nodes behind one listener: who is meant, who is woken, what is said at the door, and that
 * nothing of one is handed out by another. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include "node/base/limiter.h"
#include "node/http/http.h"
#include "node/server.h"
#include "tests/unit/http_rig.h"
#include "tests/unit/node_dirs.h"

enum { N = 4 };

struct house {
    struct rig rig; /* for its client; its node is none of ours */
    struct node_dirs dirs;
    struct nodes *nodes;
    _Atomic int shown;
    pthread_mutex_t lock;     /* guards what follows */
    pthread_cond_t changed;
    bool slow;                /* node 1 takes its time to open */
    int opening;              /* how many wait in its hook */
};

static struct house *house_of(const struct rq *rq)
{
    return (struct house *)((char *)rq->cx->node->server - offsetof(struct house, rig.server));
}

/* ---- what is served ------------------------------------------------------------------------ */

static enum err run_name(struct rq *rq)
{
    struct buf b;
    atomic_fetch_add(&house_of(rq)->shown, 1);
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_fmt(&b, "I am " STR_FMT, STR_ARG(rq->cx->node->name));
    return reply_bytes(rq, 200, "text/plain; charset=utf-8", &b);
}

static enum err run_count(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_fmt(&b, STR_FMT " got %zu of " STR_FMT, STR_ARG(rq->cx->node->name), rq->body.n,
            STR_ARG(rq->host));
    return reply_bytes(rq, 200, "text/plain; charset=utf-8", &b);
}

static const struct route rows[] = {
    {GET, "/name", run_name, ANYONE, RATE_NONE, 0, "", true},
    {GET, "/fresh", run_name, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/rare", run_name, ANYONE, RATE_CODE, 0, "", false},
    {POST, "/count", run_count, SIGNED, RATE_NONE, MB(1), "", false},
    {0},
};
static const struct route_table table = {"test", rows};
static const struct route_table *const tables[] = {&table, NULL};

/* ---- the house ----------------------------------------------------------------------------- */

static enum err open_slowly(struct cx *cx, struct node *node)
{
    struct house *h = (struct house *)((char *)node->server - offsetof(struct house, rig.server));
    (void)cx;
    pthread_mutex_lock(&h->lock);
    h->opening += node->id == 1;
    pthread_cond_broadcast(&h->changed);
    while (h->slow && node->id == 1)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    return OK;
}

static const struct node_hooks hooks = {.opened = open_slowly};

static int setup(void **state)
{
    struct house *h = calloc(1, sizeof *h);
    struct server *server = &h->rig.server;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->changed, NULL);
    server->node_hooks = &hooks;
    server->routes = tables;
    server->limiter = limiter_new(1000);
    struct http_options o = {.listen = "127.0.0.1:0", .n_workers = 4};
    assert_int_equal(http_start(server, &o, &h->rig.http), OK);
    node_dirs_make(&h->dirs, N, "http", http_port(h->rig.http));
    struct nodes_options rest = {.idle_ms = 0};
    h->nodes = nodes_new(server, &rest);
    for (int i = 0; i < N; i++) {
        struct node_spec spec = node_dirs_spec(&h->dirs, i);
        assert_int_equal(nodes_add(h->nodes, &spec), OK);
    }
    server->nodes = h->nodes; /* nobody has asked yet */
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct house *h = *state;
    http_stop(h->rig.http);
    assert_null(nodes_free(h->nodes));
    limiter_free(h->rig.server.limiter);
    node_dirs_remove(&h->dirs);
    free(h);
    return 0;
}

static struct answer ask_as(struct house *h, const char *host, const char *method_and_target,
                            const char *headers, const char *body)
{
    snprintf(h->rig.host, sizeof h->rig.host, "%s", host);
    return ask(&h->rig, method_and_target, headers, body);
}

static void expect(struct house *h, int i, const char *method_and_target, const char *headers,
                   int status, const char *words)
{
    struct answer a = ask_as(h, h->dirs.host[i], method_and_target, headers, NULL);
    assert_int_equal(a.status, status);
    if (words != NULL)
        assert_non_null(strstr(a.body, words));
    answer_free(&a);
}

static void set_state(struct house *h, int i, enum node_state to)
{
    struct node_spec spec = node_dirs_spec(&h->dirs, i);
    spec.state = to;
    assert_int_equal(nodes_change(h->nodes, &spec), OK);
}

static int64_t awake(struct house *h)
{
    struct nodes_counts c;
    nodes_count(h->nodes, &c);
    return c.awake;
}

static void check_usage(void *arg, const struct node_info *info)
{
    (void)arg;
    bool first = info->spec.id <= 2; /* those were asked once more; "I am n0" has seven bytes */
    assert_int_equal(atomic_load(&info->usage->requests), first ? 4 : 3);
    assert_int_equal(atomic_load(&info->usage->bytes_out), 7 * (first ? 4 : 3));
}

/* ---- tests --------------------------------------------------------------------------------- */

static void who_is_asked_answers(void **state)
{
    struct house *h = *state;
    assert_int_equal(awake(h), 0);
    expect(h, 0, "GET /name", NULL, 200, "I am n0");
    assert_int_equal(awake(h), 1);
    expect(h, 1, "GET /name", NULL, 200, "I am n1");
    for (int round = 0; round < 3; round++) /* out of the cache, which knows whose it is */
        for (int i = 0; i < N; i++) {
            char words[20];
            snprintf(words, sizeof words, "I am n%d", i);
            expect(h, i, "GET /name", NULL, 200, words);
        }
    assert_int_equal(atomic_load(&h->shown), N);
    nodes_each(h->nodes, check_usage, NULL);
}

static void a_sleeper_reads_what_is_sent(void **state)
{
    struct house *h = *state;
    static char body[700 * 1024 + 1];
    memset(body, 'b', sizeof body - 1);
    struct answer a = ask_as(h, h->dirs.host[2], "POST /count", NULL, "four");
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "n2 got 4 of n2.example"));
    answer_free(&a);
    a = ask_as(h, h->dirs.host[3], "POST /count", NULL, body);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "n3 got 716800"));
    answer_free(&a);
    struct client c; /* one that waits to be told that its body is welcome */
    snprintf(h->rig.host, sizeof h->rig.host, "%s", h->dirs.host[1]);
    client_open(&c, &h->rig);
    client_ask(&c, &h->rig, "POST /count", "Expect: 100-continue\r\n", "four", 4);
    a = client_hear(&c, false);
    if (a.status == 100) {
        answer_free(&a);
        a = client_hear(&c, false);
    }
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "n1 got 4"));
    answer_free(&a);
    client_close(&c);
}

/* In head a '~' stands for the port. */
static void raw(struct house *h, const char *head, int status, const char *words)
{
    struct client c;
    char line[2000];
    size_t n = 0;
    for (; *head != '\0'; head++) {
        if (*head == '~')
            n += (size_t)snprintf(line + n, sizeof line - n, "%d", http_port(h->rig.http));
        else
            line[n++] = *head;
    }
    line[n] = '\0';
    client_open(&c, &h->rig);
    client_send(&c, line, strlen(line));
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, status);
    if (words != NULL)
        assert_non_null(strstr(a.body, words));
    assert_null(strstr(a.body, "evil")); /* nothing of the request comes back */
    answer_free(&a);
    client_close(&c);
}

static void hosts_come_in_many_forms(void **state)
{
    struct house *h = *state;
    raw(h, "GET /name HTTP/1.1\r\nHost: N1.EXAMPLE:~\r\n\r\n", 200, "n1");
    raw(h, "GET /name HTTP/1.1\r\nHost: n1.example.:~\r\n\r\n", 200, "n1");
    raw(h, "GET /name HTTP/1.0\r\nHost: n1.example:~\r\n\r\n", 200, "n1");
    raw(h, "GET http://n2.example:~/fresh HTTP/1.1\r\nHost: n1.example:~\r\n\r\n", 200, "n2");
    raw(h, "GET http://evil.example/name HTTP/1.1\r\nHost: n1.example:~\r\n\r\n", 421, NULL);
    raw(h, "GET /name HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "not served here");
    raw(h, "GET /name HTTP/1.1\r\nHost: n1.example:~, n2.example:~\r\n\r\n", 421, NULL);
    raw(h, "GET /name HTTP/1.1\r\nHost: n1.example:~\r\nHost: n2.example:~\r\n\r\n", 421, NULL);
    raw(h, "GET /name HTTP/1.1\r\nHost: \r\n\r\n", 421, NULL);
    raw(h, "GET /name HTTP/1.1\r\nHost: <evil>\"'\\\r\n\r\n", 421, NULL);
    raw(h, "GET /name HTTP/1.1\r\n\r\n", 400, NULL);
    raw(h, "GET /name HTTP/1.0\r\n\r\n", 421, NULL);
    raw(h, "POST /count HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 4\r\n\r\nevil", 421, NULL);
    raw(h, "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200, "ok");
    raw(h, "GET /healthz HTTP/1.1\r\nHost: n0.example:~\r\n\r\n", 200, "ok");
    assert_int_equal(awake(h), 2); /* n1 and n2: being well wakes nobody */
}

static void a_planet_that_rests_says_so(void **state)
{
    struct house *h = *state;
    struct answer a;
    expect(h, 0, "GET /name", NULL, 200, "I am n0"); /* in the cache now */
    set_state(h, 0, NODE_SUSPENDED);
    a = ask_as(h, h->dirs.host[0], "GET /name", "Accept: text/html\r\n", NULL);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "This planet rests"));
    assert_null(strstr(a.body, "n0"));
    assert_non_null(strstr(answer_header(&a, "Content-Security-Policy"), "style-src 'sha256-"));
    assert_string_equal(answer_header(&a, "Retry-After"), "3600");
    assert_string_equal(answer_header(&a, "Cache-Control"), "no-store");
    answer_free(&a);
    a = ask_as(h, h->dirs.host[0], "GET /name", "Accept: text/html\r\nAccept-Language: zh\r\n", NULL);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "lang=\"zh-CN\""));
    assert_non_null(strstr(a.body, "这个星球正在休息"));
    answer_free(&a);
    a = ask_as(h, h->dirs.host[0], "GET /name", "Accept: application/activity+json\r\n", NULL);
    assert_int_equal(a.status, 503);
    assert_non_null(strstr(a.body, "\"error\":\"suspended\""));
    assert_string_equal(answer_header(&a, "Retry-After"), "3600");
    answer_free(&a);
    a = ask_as(h, h->dirs.host[0], "POST /count", NULL, "an activity");
    assert_int_equal(a.status, 503);
    assert_string_equal(answer_header(&a, "Retry-After"), "3600");
    answer_free(&a);
    set_state(h, 1, NODE_AWAY);
    expect(h, 1, "GET /name", "Accept: text/html\r\n", 503, "This planet is moving");
    set_state(h, 2, NODE_LEAVING);
    expect(h, 2, "GET /name", "Accept: text/html\r\n", 410, "It was taken away");
    /* its Deletes are checked against its documents */
    expect(h, 2, "GET /fresh", "Accept: application/activity+json\r\n", 200, "I am n2");
    set_state(h, 3, NODE_GONE);
    expect(h, 3, "GET /name", "Accept: text/html\r\n", 410, "It was taken away");
    expect(h, 3, "GET /name", "Accept: application/activity+json\r\n", 410, "\"gone\"");
    set_state(h, 0, NODE_ACTIVE);
    set_state(h, 1, NODE_ACTIVE);
    expect(h, 0, "GET /name", NULL, 200, "I am n0");
    expect(h, 1, "GET /name", NULL, 200, "I am n1");
}

static void one_that_is_broken_harms_no_other(void **state)
{
    struct house *h = *state;
    node_dirs_corrupt(&h->dirs, 1);
    for (int i = 0; i < 3; i++) {
        struct answer a = ask_as(h, h->dirs.host[1], "GET /name", "Accept: text/html\r\n", NULL);
        assert_int_equal(a.status, 503);
        assert_string_equal(answer_header(&a, "Retry-After"), "10");
        answer_free(&a);
        a = ask_as(h, h->dirs.host[1], "POST /count", NULL, "body");
        assert_int_equal(a.status, 503);
        assert_string_equal(answer_header(&a, "Retry-After"), "10");
        answer_free(&a);
        expect(h, 0, "GET /fresh", NULL, 200, "I am n0");
        expect(h, 2, "GET /fresh", NULL, 200, "I am n2");
    }
    struct nodes_counts c;
    nodes_count(h->nodes, &c);
    assert_int_equal(c.failed, 1); /* not with every request */
}

static void a_sleeper_is_seen_from_the_cache(void **state)
{
    struct house *h = *state;
    struct node_spec spec = node_dirs_spec(&h->dirs, 0);
    expect(h, 0, "GET /name", NULL, 200, "I am n0");
    set_state(h, 0, NODE_AWAY); /* closes it */
    set_state(h, 0, NODE_ACTIVE);
    assert_int_equal(awake(h), 0);
    expect(h, 0, "GET /name", NULL, 200, "I am n0");
    assert_int_equal(awake(h), 0);
    assert_int_equal(atomic_load(&h->shown), 1);
    expect(h, 0, "GET /fresh", NULL, 200, "I am n0");
    assert_int_equal(awake(h), 1);
    expect(h, 0, "GET /name", NULL, 200, "I am n0"); /* nothing has changed since */
    assert_int_equal(atomic_load(&h->shown), 2);
    /* Another node under the same name later shares nothing with it. */
    assert_int_equal(nodes_remove(h->nodes, 1), OK);
    spec.id = 50;
    spec.dir = h->dirs.dir[3];
    spec.name = STR("other");
    assert_int_equal(nodes_add(h->nodes, &spec), OK);
    expect(h, 0, "GET /name", NULL, 200, "I am other");
}

static void each_node_has_its_own_measure(void **state)
{
    struct house *h = *state;
    for (int i = 0; i < 10; i++)
        expect(h, 0, "GET /rare", NULL, 200, NULL);
    expect(h, 0, "GET /rare", NULL, 429, NULL);
    expect(h, 1, "GET /rare", NULL, 200, NULL);
}

static void a_slow_store_holds_up_only_its_own(void **state)
{
    struct house *h = *state;
    enum { CLIENTS = 6 };
    struct client c[CLIENTS];
    expect(h, 1, "GET /fresh", NULL, 200, "I am n1");
    h->slow = true;
    snprintf(h->rig.host, sizeof h->rig.host, "%s", h->dirs.host[0]);
    for (int i = 0; i < CLIENTS; i++) { /* more than there are workers */
        client_open(&c[i], &h->rig);
        if (i % 2 == 0)
            client_ask(&c[i], &h->rig, "GET /fresh", NULL, NULL, 0);
        else
            client_ask(&c[i], &h->rig, "POST /count", NULL, "some", 4);
    }
    pthread_mutex_lock(&h->lock);
    while (h->opening == 0)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    expect(h, 1, "GET /fresh", NULL, 200, "I am n1"); /* awake */
    expect(h, 2, "GET /fresh", NULL, 200, "I am n2"); /* asleep */
    expect(h, 3, "GET /fresh", NULL, 200, "I am n3");
    pthread_mutex_lock(&h->lock);
    assert_int_equal(h->opening, 1);
    h->slow = false;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    for (int i = 0; i < CLIENTS; i++) {
        struct answer a = client_hear(&c[i], false);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(a.body, i % 2 == 0 ? "I am n0" : "n0 got 4"));
        answer_free(&a);
        client_close(&c[i]);
    }
    assert_int_equal(h->opening, 1);
}

static enum err run_inside(struct rq *rq)
{
    return reply_text(rq, 200, "inside\n");
}

static const struct route inside_rows[] = {
    {GET, "/inside", run_inside, ANYONE, RATE_NONE, 0, "", true},
    {0},
};
static const struct route_table inside_table = {"inside", inside_rows};
static const struct route_table *const inside[] = {&inside_table, NULL};

/* A second listener with a table and a node of its own, on a socket that was there before. */
static void a_listener_of_the_house(void **state)
{
    struct house *h = *state;
    struct node fixed = {.server = &h->rig.server, .host = STR("house"), .origin = STR("http://house"),
                         .dir = "/tmp"};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rig outside = h->rig;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    struct http_options o = {.fd = fd, .n_workers = 1, .fixed = &fixed, .routes = inside};
    assert_int_equal(http_start(&h->rig.server, &o, &h->rig.http), OK);
    assert_true(http_port(h->rig.http) > 0);
    struct answer a = ask_as(h, "whatever.example", "GET /inside", NULL, NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    a = ask_as(h, h->dirs.host[0], "GET /name", NULL, NULL);
    assert_int_equal(a.status, 404);
    answer_free(&a);
    assert_null(http_stop(h->rig.http));
    assert_int_equal(atomic_load(&fixed.pins), 0);
    h->rig = outside;
    expect(h, 0, "GET /name", NULL, 200, "I am n0");
    expect(h, 0, "GET /inside", NULL, 404, NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(who_is_asked_answers),
        T(a_sleeper_reads_what_is_sent),
        T(hosts_come_in_many_forms),
        T(a_planet_that_rests_says_so),
        T(one_that_is_broken_harms_no_other),
        T(a_sleeper_is_seen_from_the_cache),
        T(each_node_has_its_own_measure),
        T(a_slow_store_holds_up_only_its_own),
        T(a_listener_of_the_house),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
