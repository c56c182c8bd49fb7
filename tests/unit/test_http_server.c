/* Connections, heads, guards, requests that rest, many at once. */
#include "tests/unit/http_site.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/base/limiter.h"
#include "node/http/frame.h"
#include "tests/unit/unit.h"

static void connections_stay_open(void **state)
{
    struct rig *r = *state;
    struct client c;
    client_open(&c, r);
    for (int i = 0; i < 3; i++) {
        client_ask(&c, r, "GET /plain", NULL, NULL, 0);
        struct answer a = client_hear(&c, false);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.body, "hello");
        assert_string_equal(answer_header(&a, "X-Content-Type-Options"), "nosniff");
        assert_non_null(strstr(answer_header(&a, "Content-Security-Policy"), "default-src 'none'"));
        assert_string_equal(answer_header(&a, "Cache-Control"), "private, no-cache");
        assert_string_equal(answer_header(&a, "Strict-Transport-Security"), "");
        answer_free(&a);
        client_ask(&c, r, "POST /raw", NULL, "abc", 3);
        a = client_hear(&c, false);
        assert_int_equal(a.status, 200);
        answer_free(&a);
    }
    client_close(&c);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct rig *r = *state;
    struct client c;
    client_open(&c, r);
    client_ask(&c, r, "GET /park/later", NULL, NULL, 0);
    client_ask(&c, r, "GET /where/two", NULL, NULL, 0);
    client_ask(&c, r, "POST /raw", NULL, "three", 5);
    client_ask(&c, r, "GET /nowhere", "Accept: text/plain\r\n", NULL, 0);
    const int status[] = {200, 200, 200, 404};
    const char *const body[] = {"resumed well", "two|", "5 ", "nothing at this address"};
    for (int i = 0; i < 4; i++) {
        struct answer a = client_hear(&c, false);
        assert_int_equal(a.status, status[i]);
        assert_non_null(strstr(a.body, body[i]));
        answer_free(&a);
    }
    client_close(&c);
}

static void what_was_asked_arrives(void **state)
{
    struct rig *r = *state;
    site_check(r, "GET /where/%E6%98%9F?q=a%2Bb+c&q=2",
               "X-Line: one\r\nx-LINE: two\r\nX-Forwarded-For: 1.2.3.4, 198.51.100.7\r\n", NULL, 200,
               "星|a+b c|/where/%E6%98%9F?q=a%2Bb+c&q=2|one, two|198.51.100.7");
    site_check(r, "GET /where/x", "X-Forwarded-For: nonsense\r\n", NULL, 200, "|127.0.0.1");
    site_check(r, "GET /where/x?q=%ff", NULL, NULL, 200, "x||");
    site_check(r, "GET /where/%ff", NULL, NULL, 400, "page 400 invalid");
    site_check(r, "GET /where/a%2F..%2Fb", "Accept: application/json\r\n", NULL, 400,
               "\"invalid\"");
}

static void head_is_served_by_get(void **state)
{
    struct rig *r = *state;
    struct client c;
    client_open(&c, r);
    for (int i = 0; i < 2; i++) {
        client_ask(&c, r, "HEAD /plain", NULL, NULL, 0);
        struct answer a = client_hear(&c, true);
        assert_int_equal(a.status, 200);
        assert_string_equal(answer_header(&a, "Content-Length"), "5");
        answer_free(&a);
    }
    client_ask(&c, r, "GET /plain", NULL, "ignored body", 12);
    struct answer a = client_hear(&c, false);
    assert_string_equal(a.body, "hello"); /* and no stray bytes of HEAD before it */
    answer_free(&a);
    client_close(&c);
}

static void errors_come_in_the_askers_format(void **state)
{
    struct rig *r = *state;
    site_check(r, "GET /nowhere", "Accept: text/html\r\n", NULL, 404, "<p>page 404 not_found");
    site_check(r, "GET /nowhere", "Cookie: s=ann\r\n", NULL, 404, "not_found ann");
    site_check(r, "GET /nowhere", "Accept: application/activity+json\r\n", NULL, 404,
               "{\"error\":\"not_found\",\"message\":\"");
    site_check(r, "GET /nowhere", "Accept: text/plain\r\n", NULL, 404, "nothing at this address");
    site_check(r, "GET /api/nowhere", "Accept: text/html\r\n", NULL, 404,
               "{\"type\":\"about:blank\"");
    site_check(r, "GET /fail/x", "Accept: application/json\r\n", NULL, 400, "The title is missing.");
    site_check(r, "GET /silent", NULL, NULL, 500, "page 500 internal");
    for (int e = ERR_INVALID; e < ERR_COUNT; e++) {
        char line[32];
        snprintf(line, sizeof(line), "GET /fail/%d", e);
        site_check(r, line, NULL, NULL, http_status_of((enum err)e), err_name((enum err)e));
    }
    struct answer a = ask(r, "GET /fail/10", NULL, NULL);
    assert_int_equal(a.status, 429);
    assert_string_equal(answer_header(&a, "Retry-After"), "7");
    assert_string_equal(answer_header(&a, "Cache-Control"), "no-store");
    answer_free(&a);
}

static void methods_are_told(void **state)
{
    struct rig *r = *state;
    struct answer a = ask(r, "PUT /form", "Accept: application/json\r\n", "x=1");
    assert_int_equal(a.status, 405);
    assert_string_equal(answer_header(&a, "Allow"), "GET, HEAD, POST, DELETE, OPTIONS");
    assert_non_null(strstr(a.body, "\"unsupported\""));
    answer_free(&a);
    a = ask(r, "OPTIONS /plain", NULL, NULL);
    assert_int_equal(a.status, 204);
    assert_string_equal(answer_header(&a, "Allow"), "GET, HEAD, OPTIONS");
    answer_free(&a);
    site_check(r, "OPTIONS *", NULL, NULL, 204, NULL);
    site_check(r, "BREW /plain", NULL, NULL, 501, NULL);
    site_check(r, "DELETE /plain", NULL, NULL, 405, NULL);
}

static void other_hosts_are_misdirected(void **state)
{
    struct rig *r = *state;
    struct client c;
    static const struct {
        const char *lines;
        int status;
    } hosts[] = {
        {"GET /plain HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
        {"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200},
        {"GET http://evil.example/plain HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
        {"GET /plain HTTP/1.1\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        client_open(&c, r);
        client_send(&c, hosts[i].lines, strlen(hosts[i].lines));
        struct answer a = client_hear(&c, false);
        assert_int_equal(a.status, hosts[i].status);
        answer_free(&a);
        client_close(&c);
    }
    char line[200];
    snprintf(line, sizeof(line), "GET /plain HTTP/1.1\r\nHost: LOCALHOST:%d\r\n\r\n",
             http_port(r->http));
    client_open(&c, r);
    client_send(&c, line, strlen(line));
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&c);
}

static void long_targets_are_refused(void **state)
{
    struct rig *r = *state;
    char line[9500];
    struct client c;
    int n = snprintf(line, sizeof(line), "GET /%09000d HTTP/1.1\r\nHost: %s\r\n\r\n", 0, r->host);
    client_open(&c, r);
    client_send(&c, line, (size_t)n);
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, 414);
    answer_free(&a);
    client_close(&c);
}

/* ---- parking ---- */

static void parked_requests_go_on(void **state)
{
    struct rig *r = *state;
    site_check(r, "GET /park/later", NULL, NULL, 200, "resumed well");
    site_check(r, "GET /park/early", NULL, NULL, 200, "resumed well");
    site_check(r, "GET /park/twice", NULL, NULL, 200, "resumed well");
    site_check(r, "GET /park/badly", NULL, NULL, 503, "page 503 upstream");
}

static void clients_may_leave_while_parked(void **state)
{
    struct rig *r = *state;
    struct client c[20];
    for (int i = 0; i < 20; i++) {
        client_open(&c[i], r);
        client_ask(&c[i], r, i % 2 ? "GET /park/later" : "POST /raw", NULL, "ab", 2);
        if (i % 3 == 0)
            client_close(&c[i]);
    }
    for (int i = 0; i < 20; i++)
        if (i % 3 != 0)
            client_close(&c[i]);
    site_check(r, "GET /plain", NULL, NULL, 200, "hello");
}

static void stopping_answers_those_who_rest(void **state)
{
    (void)state;
    struct rig r;
    struct client c;
    rig_start(&r, site_tables, &site_hooks);
    atomic_store(&site_left_behind, NULL);
    client_open(&c, &r);
    client_ask(&c, &r, "GET /park/forever", NULL, NULL, 0);
    while (atomic_load(&site_left_behind) == NULL)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    rig_stop(&r);
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, 503);
    answer_free(&a);
    rq_unpark(atomic_load(&site_left_behind)); /* too late: nothing is left to happen */
    client_close(&c);
}

/* ---- many at once ---- */

enum { N_THREADS = 8, N_EACH = 125 };

static void *hammer(void *p)
{
    struct rig *r = p;
    struct client c;
    static const char *const lines[] = {"GET /plain", "GET /park/later", "POST /raw",
                                        "GET /nowhere", "GET /park/early"};
    static const int status[] = {200, 200, 200, 404, 200};
    long bad = 0;
    client_open(&c, r);
    for (int i = 0; i < N_EACH; i++) {
        int k = i % 7 == 0 ? 1 : i % 5 == 1 ? 0 : i % 5;
        bool body = k == 2;
        client_ask(&c, r, lines[k], NULL, body ? "abc" : NULL, body ? 3 : 0);
        struct answer a = client_hear(&c, false);
        if (a.status != status[k])
            bad++;
        answer_free(&a);
        if (i % 25 == 24) {
            client_close(&c);
            client_open(&c, r);
        }
    }
    client_close(&c);
    return (void *)bad;
}

static void a_thousand_requests_from_eight_threads(void **state)
{
    pthread_t t[N_THREADS];
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hammer, *state), 0);
    for (int i = 0; i < N_THREADS; i++) {
        void *bad;
        pthread_join(t[i], &bad);
        assert_null(bad);
    }
}

static void a_long_queue_is_cut(void **state)
{
    enum { N = HTTP_MAX_QUEUE + 100 };
    struct rig *r = *state;
    static struct client c[N];
    int n_ok = 0;
    int n_busy = 0;
    atomic_store(&site_door_open, false);
    for (int i = 0; i < N; i++) {
        client_open(&c[i], r);
        client_ask(&c[i], r, "GET /block", NULL, NULL, 0);
    }
    /* the last ones are told while all workers are still held */
    struct pollfd fds[N];
    int told = 0;
    for (int tries = 0; tries < 2000 && told < N - HTTP_MAX_QUEUE - 4; tries++) {
        for (int i = 0; i < N; i++)
            fds[i] = (struct pollfd){.fd = c[i].fd, .events = POLLIN};
        told = poll(fds, N, 10);
    }
    struct client more;
    client_open(&more, r);
    client_ask(&more, r, "GET /plain", NULL, NULL, 0);
    struct answer a = client_hear(&more, false);
    assert_int_equal(a.status, 503);
    assert_string_equal(answer_header(&a, "Retry-After"), "2");
    answer_free(&a);
    atomic_store(&site_door_open, true);
    for (int i = 0; i < N; i++) {
        a = client_hear(&c[i], false);
        n_ok += a.status == 200;
        n_busy += a.status == 503;
        answer_free(&a);
        client_close(&c[i]);
    }
    assert_int_equal(n_ok + n_busy, N);
    assert_in_range(n_ok, HTTP_MAX_QUEUE, HTTP_MAX_QUEUE + 4);
    client_ask(&more, r, "GET /plain", NULL, NULL, 0); /* and the connection is still good */
    a = client_hear(&more, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&more);
}

static void slow_bodies_are_cut(void **state)
{
    (void)state;
    struct body b;
    body_init(&b);
    assert_int_equal(body_add(&b, "/tmp", "ab", 2, 100, 100), BODY_TAKEN);
    b.began -= HTTP_BODY_GRACE_MS - 1000;
    assert_int_equal(body_add(&b, "/tmp", "ab", 2, 100, 100), BODY_TAKEN);
    b.began -= 2000;
    assert_int_equal(body_add(&b, "/tmp", "ab", 2, 100, 100), BODY_TOO_SLOW);
    assert_int_equal(b.n, 4);
    body_close(&b);
}

static void one_network_has_one_measure(void **state)
{
    struct rig *r = *state;
    struct limiter *l = limiter_new(1000);
    r->server.limiter = l;
    int n = 0;
    struct answer a = {0};
    for (; n < 100; n++) { /* a class so slow to grow back that no clock matters */
        char from[100];
        snprintf(from, sizeof(from), "X-Forwarded-For: 192.0.2.%d\r\n", n % 250 + 1);
        a = ask(r, "GET /rare", from, NULL);
        if (a.status != 200)
            break;
        answer_free(&a);
    }
    assert_int_equal(n, 10);
    assert_int_equal(a.status, 429);
    assert_non_null(answer_header(&a, "Retry-After"));
    answer_free(&a);
    site_check(r, "GET /rare", "X-Forwarded-For: 198.51.100.1\r\n", NULL, 200, NULL);
    site_check(r, "GET /rare", "X-Forwarded-For: 2001:db8::1\r\n", NULL, 200, NULL);
    site_check(r, "GET /where/x", "X-Forwarded-For: 192.0.2.9\r\n", NULL, 200, NULL);
    r->server.limiter = NULL;
    limiter_free(l);
}

static void https_makes_cookies_ours_alone(void **state)
{
    struct rig *r = *state;
    r->node.origin = STR("https://example.org");
    struct answer a = ask(r, "GET /form", NULL, NULL);
    const char *set = answer_header(&a, "Set-Cookie");
    assert_memory_equal(set, "__Host-v=", 9);
    assert_non_null(strstr(set, "; Path=/; SameSite=Lax; HttpOnly; Secure"));
    assert_string_equal(answer_header(&a, "Strict-Transport-Security"), "max-age=31536000");
    answer_free(&a);
    site_check(r, "GET /owner", "Cookie: s=own; __Secure-s=own\r\n", NULL, 303, NULL);
    site_check(r, "GET /owner", "Cookie: s=ann; __Host-s=own\r\n", NULL, 200, "own");
}

static void a_slash_too_many_leads_on(void **state)
{
    struct rig *r = *state;
    struct answer a = ask(r, "GET /where/%E6%98%9F/?q=1", NULL, NULL);
    assert_int_equal(a.status, 308);
    assert_string_equal(answer_header(&a, "Location"), "/where/%E6%98%9F?q=1");
    answer_free(&a);
    site_check(r, "GET /nowhere/", NULL, NULL, 404, NULL);
    site_check(r, "GET //evil.example/", NULL, NULL, 404, NULL);
    site_check(r, "POST /raw/", NULL, "x", 404, NULL);
}

static void count_route(void *arg, const struct route_table *t, const struct route *r)
{
    int *n = arg;
    assert_non_null(t->area);
    assert_non_null(r->path);
    (*n)++;
}

static void every_route_is_listed(void **state)
{
    (void)state;
    int n = 0;
    http_each_route(site_tables, count_route, &n);
    int rows = 0;
    while (site_tables[0]->rows[rows].path != NULL)
        rows++;
    assert_int_equal(n, rows + 1); /* and /healthz */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(connections_stay_open),
        SITE_TEST(pipelined_requests_are_answered_in_order),
        SITE_TEST(what_was_asked_arrives),
        SITE_TEST(head_is_served_by_get),
        SITE_TEST(errors_come_in_the_askers_format),
        SITE_TEST(methods_are_told),
        SITE_TEST(other_hosts_are_misdirected),
        SITE_TEST(long_targets_are_refused),
        SITE_TEST(parked_requests_go_on),
        SITE_TEST(clients_may_leave_while_parked),
        cmocka_unit_test(stopping_answers_those_who_rest),
        SITE_TEST(a_thousand_requests_from_eight_threads),
        SITE_TEST(a_long_queue_is_cut),
        SITE_TEST(slow_bodies_are_cut),
        SITE_TEST(one_network_has_one_measure),
        SITE_TEST(https_makes_cookies_ours_alone),
        SITE_TEST(a_slash_too_many_leads_on),
        SITE_TEST(every_route_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
