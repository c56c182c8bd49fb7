#include "tests/unit/http_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/crypt.h"
#include "node/base/limiter.h"
#include "node/http/frame.h"
#include "tests/unit/unit.h"

/* ---- a small site ---- */

static enum err run_plain(struct rq *rq)
{
    return reply_text(rq, 200, "hello");
}

static enum err run_where(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 10000);
    buf_put(&b, rq_param(rq, "name"));
    buf_lit(&b, "|");
    buf_put(&b, rq_query(rq, "q"));
    buf_lit(&b, "|");
    buf_put(&b, rq->target);
    buf_lit(&b, "|");
    buf_put(&b, rq_header(rq, "x-line"));
    buf_lit(&b, "|");
    buf_put(&b, rq->ip);
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err run_body(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_put_i64(&b, (int64_t)rq->body.n);
    buf_lit(&b, " ");
    buf_put(&b, crypt_sha256_hex(rq->cx->arena, rq->body));
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err run_form(struct rq *rq)
{
    const struct upload *up;
    struct str all[4];
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000000);
    buf_put(&b, rq_form(rq, "a"));
    buf_fmt(&b, "|%zu|%zu", rq_form_all(rq, "a", all, 4), rq_uploads(rq, &up));
    if (rq_uploads(rq, &up) > 0)
        buf_fmt(&b, "|%zu", up[0].bytes.n);
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err run_token(struct rq *rq)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_put(&b, rq_csrf(rq));
    return reply_html(rq, 200, &b);
}

static enum err run_me(struct rq *rq)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_put(&b, rq->session.name);
    return reply_html(rq, 200, &b);
}

static enum err run_fail(struct rq *rq)
{
    int64_t code = 0;
    if (!str_to_i64(rq_param(rq, "code"), &code))
        return cx_tell(rq->cx, ERR_INVALID, N_("The title is missing."));
    rq->cx->retry_after_s = code == ERR_RATE_LIMITED ? 7 : 0;
    return cx_fail(rq->cx, (enum err)code, "as asked");
}

static enum err run_silent(struct rq *rq)
{
    (void)rq;
    return OK;
}

static enum err run_go(struct rq *rq)
{
    rq_set_cookie(rq, "lang", STR("zh-CN"), 60, false);
    return reply_redirect(rq, rq_query(rq, "to"));
}

static enum err run_file(struct rq *rq)
{
    int fd = open(rq->cx->node->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "0123456789", 10) != 10)
        return ERR_STORAGE;
    return reply_file(rq, fd, 10, "image/png", STR("\"v1\""), "public, max-age=60",
                      STR("attachment; filename=\"n.png\""));
}

/* ---- parking: another thread, or nobody, goes on ---- */

static enum err resumed(struct rq *rq, void *arg)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 100);
    buf_fmt(&b, "resumed %s", (const char *)arg);
    return reply_bytes(rq, 200, "text/plain", &b);
}

static enum err resumed_badly(struct rq *rq, void *arg)
{
    (void)arg;
    return cx_fail(rq->cx, ERR_UPSTREAM, "nobody there");
}

static enum err resumed_twice(struct rq *rq, void *arg)
{
    rq_unpark(rq);
    return rq_park(rq, resumed, arg);
}

static void *unpark_later(void *p)
{
    struct timespec t = {0, 30 * 1000 * 1000};
    nanosleep(&t, NULL);
    rq_unpark(p);
    return NULL;
}

static void start_unparker(struct rq *rq)
{
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, unpark_later, rq), 0);
    pthread_detach(t);
}

static _Atomic(struct rq *) left_behind;

static enum err run_park(struct rq *rq)
{
    struct str how = rq_param(rq, "how");
    static char arg[] = "well";
    if (str_eq_c(how, "later"))
        start_unparker(rq);
    else if (str_eq_c(how, "forever"))
        atomic_store(&left_behind, rq);
    else
        rq_unpark(rq); /* before the parking itself */
    if (str_eq_c(how, "badly"))
        return rq_park(rq, resumed_badly, arg);
    return rq_park(rq, str_eq_c(how, "twice") ? resumed_twice : resumed, arg);
}

/* ---- a door that holds its workers ---- */

static atomic_bool door_open;

static enum err run_block(struct rq *rq)
{
    while (!atomic_load(&door_open))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return reply_text(rq, 200, "through");
}

static const struct route rows[] = {
    {GET, "/block", run_block, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/plain", run_plain, ANYONE, RATE_READ, 0, "", false},
    {GET, "/rare", run_plain, ANYONE, RATE_CODE, 0, "", false},
    {GET, "/where/:name", run_where, ANYONE, RATE_NONE, 0, "", false},
    {POST, "/raw", run_body, WEBHOOK, RATE_NONE, 1000, "", false},
    {POST, "/big", run_body, WEBHOOK, RATE_NONE, MB(3), "", false},
    {POST, "/form", run_form, ANYONE, RATE_NONE, MB(1), "", false},
    {POST, "/desk", run_form, ACCOUNT, RATE_NONE, MB(1), "", false},
    {POST, "/write", run_form, AUTHOR, RATE_NONE, MB(3), "", false},
    {POST, "/api/form", run_form, TOKEN, RATE_NONE, KB(4), "", false},
    {DELETE, "/form", run_form, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/form", run_token, ANYONE, RATE_NONE, 0, "", true},
    {GET, "/me", run_me, ACCOUNT, RATE_NONE, 0, "", true},
    {GET, "/owner", run_me, OWNER, RATE_NONE, 0, "", false},
    {GET, "/fail/:code", run_fail, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/silent", run_silent, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/go", run_go, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/file", run_file, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/park/:how", run_park, ANYONE, RATE_NONE, 0, "", false},
    {0},
};
static const struct route_table table = {"test", rows};
static const struct route_table *const tables[] = {&table, NULL};

static enum err identify(struct rq *rq)
{
    struct str s = rq_cookie(rq, "s");
    if (str_eq(s, STR("ann")) || str_eq(s, STR("own")))
        rq->session = (struct session_info){.session_id = 1,
                                            .account_id = 2,
                                            .is_owner = str_eq(s, STR("own")),
                                            .name = s,
                                            .csrf = STR("session-token")};
    return OK;
}

static bool csrf_ok(struct rq *rq, struct str token)
{
    return str_eq(token, rq->session.csrf);
}

static void error_page(struct rq *rq, enum err e, int status)
{
    struct buf b;
    buf_init_arena(&b, rq->cx->arena, 1000);
    buf_fmt(&b, "<p>page %d %s ", status, err_name(e));
    buf_put(&b, rq->session.name);
    (void)!reply_html(rq, status, &b);
}

static bool is_author(struct rq *rq)
{
    return str_eq(rq->session.name, STR("own"));
}

static const struct http_hooks hooks = {.identify = identify, .csrf_ok = csrf_ok,
                                        .error_page = error_page, .is_author = is_author};

static int set_up(void **state)
{
    struct rig *r = malloc(sizeof(*r));
    rig_start(r, tables, &hooks);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    rig_stop(*state);
    free(*state);
    return 0;
}

/* CHECK(question, headers, body, status, substring of the body) */
static void check(struct rig *r, const char *line, const char *headers, const char *body, int status,
                  const char *expect)
{
    struct answer a = ask(r, line, headers, body);
    if (a.status != status || (expect != NULL && (a.body == NULL || !strstr(a.body, expect))))
        fail_msg("%s: %d '%s', not %d '%s'", line, a.status, a.body == NULL ? "" : a.body, status,
                 expect == NULL ? "" : expect);
    answer_free(&a);
}

/* ---- tests ---- */

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
    check(r, "GET /where/%E6%98%9F?q=a%2Bb+c&q=2",
          "X-Line: one\r\nx-LINE: two\r\nX-Forwarded-For: 1.2.3.4, 198.51.100.7\r\n", NULL, 200,
          "星|a+b c|/where/%E6%98%9F?q=a%2Bb+c&q=2|one, two|198.51.100.7");
    check(r, "GET /where/x", "X-Forwarded-For: nonsense\r\n", NULL, 200, "|127.0.0.1");
    check(r, "GET /where/x?q=%ff", NULL, NULL, 200, "x||");
    check(r, "GET /where/%ff", NULL, NULL, 400, "page 400 invalid");
    check(r, "GET /where/a%2F..%2Fb", "Accept: application/json\r\n", NULL, 400, "\"invalid\"");
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
    check(r, "GET /nowhere", "Accept: text/html\r\n", NULL, 404, "<p>page 404 not_found");
    check(r, "GET /nowhere", "Cookie: s=ann\r\n", NULL, 404, "not_found ann");
    check(r, "GET /nowhere", "Accept: application/activity+json\r\n", NULL, 404,
          "{\"error\":\"not_found\",\"message\":\"");
    check(r, "GET /nowhere", "Accept: text/plain\r\n", NULL, 404, "nothing at this address");
    check(r, "GET /api/nowhere", "Accept: text/html\r\n", NULL, 404, "{\"type\":\"about:blank\"");
    check(r, "GET /fail/x", "Accept: application/json\r\n", NULL, 400, "The title is missing.");
    check(r, "GET /silent", NULL, NULL, 500, "page 500 internal");
    for (int e = ERR_INVALID; e < ERR_COUNT; e++) {
        char line[32];
        snprintf(line, sizeof(line), "GET /fail/%d", e);
        check(r, line, NULL, NULL, http_status_of((enum err)e), err_name((enum err)e));
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
    check(r, "OPTIONS *", NULL, NULL, 204, NULL);
    check(r, "BREW /plain", NULL, NULL, 501, NULL);
    check(r, "DELETE /plain", NULL, NULL, 405, NULL);
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

/* ---- bodies ---- */

static char *noise(size_t n)
{
    char *p = malloc(n + 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + (i * 31 + i / 7) % 26);
    p[n] = '\0';
    return p;
}

static void bodies_arrive_whole(void **state)
{
    struct rig *r = *state;
    static const size_t sizes[] = {0, 1, 1000, 256 * 1024, 256 * 1024 + 1, 3 * 1024 * 1024};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *body = noise(sizes[i]);
        char expect[100];
        struct str hex = crypt_sha256_hex(arena, (struct str){body, sizes[i]});
        snprintf(expect, sizeof(expect), "%zu " STR_FMT, sizes[i], STR_ARG(hex));
        struct client c;
        client_open(&c, r);
        for (int twice = 0; twice < 2; twice++) {
            client_ask(&c, r, "POST /big", NULL, body, sizes[i]);
            struct answer a = client_hear(&c, false);
            assert_int_equal(a.status, 200);
            assert_string_equal(a.body, expect);
            answer_free(&a);
        }
        client_close(&c);
        free(body);
    }
    arena_free(arena);
}

static void chunked_bodies_arrive(void **state)
{
    struct rig *r = *state;
    struct client c;
    client_open(&c, r);
    client_ask(&c, r, "POST /raw", "Transfer-Encoding: chunked\r\n", NULL, 0);
    client_send(&c, "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 25);
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, 200);
    assert_memory_equal(a.body, "5 ", 2);
    answer_free(&a);
    client_close(&c);
}

static void bodies_over_the_cap_are_refused_at_once(void **state)
{
    struct rig *r = *state;
    struct client c;
    struct answer a;
    /* said in advance; not a byte of it is sent */
    client_open(&c, r);
    client_ask(&c, r, "POST /raw", "Content-Length: 99999999999\r\n", NULL, 0);
    a = client_hear(&c, false);
    assert_int_equal(a.status, 413);
    assert_non_null(strstr(a.body, "too large"));
    assert_true(client_is_closed(&c));
    answer_free(&a);
    client_close(&c);
    /* asked first: no 100 Continue */
    client_open(&c, r);
    client_ask(&c, r, "POST /raw", "Content-Length: 1001\r\nExpect: 100-continue\r\n", NULL, 0);
    a = client_hear(&c, false);
    assert_int_equal(a.status, 413);
    answer_free(&a);
    client_close(&c);
    /* sent without asking: the answer is not lost in a reset */
    char *body = noise(4 * 1024 * 1024);
    for (int i = 0; i < 5; i++) {
        client_open(&c, r);
        assert_true(client_ask(&c, r, "POST /raw", NULL, body, 4 * 1024 * 1024));
        a = client_hear(&c, false);
        assert_int_equal(a.status, 413);
        answer_free(&a);
        client_close(&c);
    }
    /* never said */
    client_open(&c, r);
    client_ask(&c, r, "POST /raw", "Transfer-Encoding: chunked\r\n", NULL, 0);
    client_send(&c, "3e8\r\n", 5);
    client_send(&c, body, 1000);
    client_send(&c, "\r\n1\r\nx\r\n", 8);
    a = client_hear(&c, false);
    assert_int_equal(a.status, 413);
    assert_true(client_is_closed(&c));
    answer_free(&a);
    client_close(&c);
    free(body);
    check(r, "GET /plain", NULL, NULL, 200, "hello");
}

static void expected_bodies_are_waited_for(void **state)
{
    struct rig *r = *state;
    struct client c;
    client_open(&c, r);
    client_ask(&c, r, "POST /raw", "Content-Length: 3\r\nExpect: 100-continue\r\n", NULL, 0);
    struct answer a = client_hear(&c, true);
    assert_int_equal(a.status, 100);
    answer_free(&a);
    client_send(&c, "abc", 3);
    a = client_hear(&c, false);
    assert_int_equal(a.status, 200);
    answer_free(&a);
    client_close(&c);
}

/* A front proxy that reads one of these otherwise takes what follows for another's request. */
static void nobody_doubts_where_a_body_ends(void **state)
{
    struct rig *r = *state;
    static const char *const heads[] = {
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n",
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct client c;
        client_open(&c, r);
        client_ask(&c, r, "POST /raw", heads[i], NULL, 0);
        static const char rest[] = "0\r\n\r\nGET /plain HTTP/1.1\r\n\r\n";
        client_send(&c, rest, sizeof rest - 1);
        struct answer a = client_hear(&c, false);
        if (a.status != 400)
            fail_msg("%s: %d", heads[i], a.status);
        answer_free(&a);
        assert_true(client_is_closed(&c)); /* nothing behind it is read as a request */
        client_close(&c);
    }
}

/* Thousands of half-sent bodies must not take all memory. */
static void bodies_of_all_share_their_memory(void **state)
{
    struct rig *r = *state;
    enum { CLIENTS = 200, PART = 250000, REST = 10000 };
    static struct client clients[CLIENTS];
    char *part = noise(PART);
    for (int i = 0; i < CLIENTS; i++) {
        client_open(&clients[i], r);
        client_ask(&clients[i], r, "POST /big", "Content-Length: 260000\r\n", NULL, 0);
        assert_true(client_send(&clients[i], part, PART));
    }
    usleep(100000);
    assert_in_range(atomic_load(&r->http->body_bytes), 1, HTTP_BODIES_IN_MEMORY + 512 * 1024);
    struct answer a = ask(r, "POST /raw", NULL, "abc"); /* goes by a file and is whole all the same */
    assert_int_equal(a.status, 200);
    assert_int_equal(strncmp(a.body, "3 ba7816bf", 10), 0);
    answer_free(&a);
    for (int i = 0; i < CLIENTS; i++) {
        assert_true(client_send(&clients[i], part, REST));
        a = client_hear(&clients[i], false);
        assert_int_equal(a.status, 200);
        answer_free(&a);
        client_close(&clients[i]);
    }
    for (int i = 0; i < 500 && atomic_load(&r->http->body_bytes) > 0; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&r->http->body_bytes), 0);
    free(part);
}

static void nobody_uploads_what_they_may_not(void **state)
{
    struct rig *r = *state;
    struct client c;
    client_open(&c, r);
    client_ask(&c, r, "POST /desk",
               "Content-Length: 900000\r\nExpect: 100-continue\r\nAccept: application/json\r\n",
               NULL, 0);
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, 401);
    answer_free(&a);
    client_close(&c);
    char *body = noise(500 * 1024);
    memcpy(body, "a=", 2);
    char headers[300];
    snprintf(headers, sizeof(headers),
             "Cookie: s=ann\r\nX-CSRF-Token: session-token\r\nSec-Fetch-Site: same-origin\r\n"
             "Content-Type: application/x-www-form-urlencoded\r\n");
    check(r, "POST /desk", headers, body, 200, "|1|0");
    /* An account alone is anybody's: large bodies are taken from authors only. */
    client_open(&c, r);
    client_ask(&c, r, "POST /write",
               "Cookie: s=ann\r\nContent-Length: 2900000\r\nAccept: application/json\r\n", NULL, 0);
    a = client_hear(&c, false);
    assert_int_equal(a.status, 403);
    answer_free(&a);
    client_close(&c);
    headers[10] = 'o', headers[11] = 'w', headers[12] = 'n'; /* "s=own" */
    check(r, "POST /write", headers, body, 200, "|1|0");
    free(body);
}

/* ---- forms and their guard ---- */

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static void forms_need_their_token(void **state)
{
    struct rig *r = *state;
    struct answer a = ask(r, "GET /form", NULL, NULL);
    char token[100], cookie[300], body[300], headers[600];
    snprintf(token, sizeof(token), "%s", a.body);
    const char *set = answer_header(&a, "Set-Cookie");
    assert_non_null(strstr(set, "; HttpOnly"));
    assert_non_null(strstr(set, "; SameSite=Lax"));
    assert_null(strstr(set, "Secure"));
    snprintf(cookie, sizeof(cookie), "Cookie: %.*s\r\n", (int)strcspn(set, ";"), set);
    answer_free(&a);
    snprintf(body, sizeof(body), "a=1&_csrf=%s", token);

    const struct {
        const char *from; /* header line, %s is our origin */
        int status;
    } rows_of_origin[] = {
        {"Sec-Fetch-Site: same-origin\r\n", 200},
        {"Sec-Fetch-Site: none\r\n", 200},
        {"Sec-Fetch-Site: cross-site\r\n", 403},
        {"Sec-Fetch-Site: same-site\r\n", 403},
        {"Sec-Fetch-Site: cross-site\r\nReferer: %s/form\r\n", 403},
        {"Origin: %s\r\n", 200},
        {"Origin: %s.evil.example\r\n", 403},
        {"Origin: null\r\n", 403},
        {"Referer: %s/form\r\n", 200},
        {"Referer: %s.evil.example/form\r\n", 403},
        {"", 403},
    };
    for (size_t i = 0; i < sizeof(rows_of_origin) / sizeof(rows_of_origin[0]); i++) {
        char from[200];
        const char *f = rows_of_origin[i].from;
        const char *hole = strstr(f, "%s");
        if (hole == NULL)
            snprintf(from, sizeof(from), "%s", f);
        else
            snprintf(from, sizeof(from), "%.*s%s%s", (int)(hole - f), f, r->origin, hole + 2);
        snprintf(headers, sizeof(headers), FORM "%s%s", cookie, from);
        check(r, "POST /form", headers, body, rows_of_origin[i].status, NULL);
    }
    /* a right origin is not enough: the token must be of this cookie */
    snprintf(headers, sizeof(headers), FORM "Sec-Fetch-Site: same-origin\r\n%s", cookie);
    check(r, "POST /form", headers, "a=1", 403, NULL);
    check(r, "POST /form", headers, "a=1&_csrf=wrong", 403, NULL);
    check(r, "POST /form", FORM "Sec-Fetch-Site: same-origin\r\n", body, 403, NULL);
    check(r, "POST /form",
          FORM "Sec-Fetch-Site: same-origin\r\nCookie: v=0123456789abcdef0123\r\n", body, 403,
          NULL);
    /* what has no form's type and no cookie needs none; a DELETE without a type does */
    check(r, "POST /form", "Content-Type: application/json\r\n", "{}", 200, NULL);
    check(r, "DELETE /form", NULL, NULL, 403, NULL);
    check(r, "POST /raw", FORM, body, 200, NULL);
    check(r, "POST /api/form", FORM, body, 200, "1|1|0");
    check(r, "POST /form", FORM "Authorization: Bearer x\r\n", body, 200, NULL);
}

static void sessions_have_their_own_token(void **state)
{
    struct rig *r = *state;
    check(r, "GET /form", "Cookie: s=ann\r\n", NULL, 200, "session-token");
    check(r, "POST /form", FORM "Cookie: s=ann\r\nSec-Fetch-Site: same-origin\r\n",
          "a=1&a=2&_csrf=session-token", 200, "1|2|0");
    check(r, "POST /form", FORM "Cookie: s=ann\r\nSec-Fetch-Site: same-origin\r\n", "a=1", 403,
          "403 forbidden ann");
    /* JSON with a cookie needs both, too, and a bearer beside the cookie excuses nothing */
    check(r, "POST /form", "Content-Type: application/json\r\nCookie: s=ann\r\n", "{}", 403, NULL);
    check(r, "POST /form",
          "Content-Type: application/json\r\nCookie: s=ann\r\nAuthorization: Bearer x\r\n", "{}",
          403, NULL);
    check(r, "POST /form",
          "Content-Type: application/json\r\nCookie: s=ann\r\nSec-Fetch-Site: same-origin\r\n"
          "X-CSRF-Token: session-token\r\n",
          "{}", 200, NULL);
}

static void files_of_forms_arrive(void **state)
{
    struct rig *r = *state;
    const char *headers = "Content-Type: multipart/form-data; boundary=B\r\nCookie: s=ann\r\n"
                          "Sec-Fetch-Site: same-origin\r\nX-CSRF-Token: session-token\r\n";
    char *file = noise(400 * 1024);
    struct buf b;
    buf_init(&b, 1000000);
    buf_lit(&b, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ntext\r\n--B\r\n"
                "Content-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n\r\n");
    buf_put_c(&b, file);
    buf_lit(&b, "\r\n--B--\r\n");
    check(r, "POST /form", headers, b.p, 200, "text|1|1|409600");
    check(r, "POST /form", headers, "--B\r\nnonsense", 400, "page 400");
    check(r, "POST /form", headers, "", 400, NULL);
    buf_free(&b);
    free(file);
}

static void doors_have_keepers(void **state)
{
    struct rig *r = *state;
    struct answer a = ask(r, "GET /me?x=1&y=%20", NULL, NULL);
    assert_int_equal(a.status, 303);
    assert_string_equal(answer_header(&a, "Location"), "/login?next=%2Fme%3Fx%3D1%26y%3D%2520");
    answer_free(&a);
    check(r, "GET /me", "Accept: application/json\r\n", NULL, 401, "\"unauthenticated\"");
    check(r, "GET /me", "Cookie: s=ann\r\n", NULL, 200, "ann");
    check(r, "GET /me", "Cookie: s=own\r\n", NULL, 200, "own"); /* cached flag or not */
    check(r, "GET /owner", "Cookie: s=ann\r\n", NULL, 403, NULL);
    check(r, "GET /owner", "Cookie: s=own\r\n", NULL, 200, "own");
    a = ask(r, "GET /go?to=/x", NULL, NULL);
    assert_int_equal(a.status, 303);
    assert_string_equal(answer_header(&a, "Location"), "/x");
    assert_string_equal(answer_header(&a, "Set-Cookie"), "lang=zh-CN; Path=/; SameSite=Lax; Max-Age=60");
    answer_free(&a);
    check(r, "GET /go?to=//evil.example", NULL, NULL, 500, NULL);
    check(r, "GET /go?to=/%5Cevil.example", NULL, NULL, 500, NULL);
    check(r, "GET /go?to=javascript:x", NULL, NULL, 500, NULL);
    check(r, "GET /go?to=/a%0d%0aX:y", NULL, NULL, 500, NULL);
}

static void files_are_served_in_parts(void **state)
{
    struct rig *r = *state;
    static const struct {
        const char *headers;
        int status;
        const char *body, *range;
    } parts[] = {
        {NULL, 200, "0123456789", ""},
        {"Range: bytes=2-4\r\n", 206, "234", "bytes 2-4/10"},
        {"Range: bytes=-2\r\n", 206, "89", "bytes 8-9/10"},
        {"Range: bytes=7-\r\n", 206, "789", "bytes 7-9/10"},
        {"Range: bytes=10-\r\n", 416, "", "bytes */10"},
        {"Range: bytes=0-1,3-4\r\n", 200, "0123456789", ""},
        {"Range: bytes=2-4\r\nIf-Range: \"v1\"\r\n", 206, "234", "bytes 2-4/10"},
        {"Range: bytes=2-4\r\nIf-Range: \"v0\"\r\n", 200, "0123456789", ""},
        {"Range: bytes=2-4\r\nIf-Range: W/\"v1\"\r\n", 200, "0123456789", ""},
        {"Range: bytes=2-4\r\nIf-None-Match: \"v1\"\r\n", 304, "", ""},
        {"If-None-Match: \"v0\", W/\"v1\"\r\n", 304, "", ""},
        {"If-None-Match: \"v0\"\r\n", 200, "0123456789", ""},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct answer a = ask(r, "GET /file", parts[i].headers, NULL);
        assert_int_equal(a.status, parts[i].status);
        assert_string_equal(a.body, parts[i].body);
        assert_string_equal(answer_header(&a, "Content-Range"), parts[i].range);
        assert_string_equal(answer_header(&a, "ETag"), "\"v1\"");
        assert_string_equal(answer_header(&a, "Accept-Ranges"), "bytes");
        assert_non_null(strstr(answer_header(&a, "Content-Security-Policy"), "sandbox"));
        answer_free(&a);
    }
    struct answer a = ask(r, "HEAD /file", "Range: bytes=2-4\r\n", NULL);
    assert_int_equal(a.status, 206);
    assert_string_equal(answer_header(&a, "Content-Length"), "3");
    answer_free(&a);
}

/* ---- parking ---- */

static void parked_requests_go_on(void **state)
{
    struct rig *r = *state;
    check(r, "GET /park/later", NULL, NULL, 200, "resumed well");
    check(r, "GET /park/early", NULL, NULL, 200, "resumed well");
    check(r, "GET /park/twice", NULL, NULL, 200, "resumed well");
    check(r, "GET /park/badly", NULL, NULL, 503, "page 503 upstream");
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
    check(r, "GET /plain", NULL, NULL, 200, "hello");
}

static void stopping_answers_those_who_rest(void **state)
{
    (void)state;
    struct rig r;
    struct client c;
    rig_start(&r, tables, &hooks);
    atomic_store(&left_behind, NULL);
    client_open(&c, &r);
    client_ask(&c, &r, "GET /park/forever", NULL, NULL, 0);
    while (atomic_load(&left_behind) == NULL)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    rig_stop(&r);
    struct answer a = client_hear(&c, false);
    assert_int_equal(a.status, 503);
    answer_free(&a);
    rq_unpark(atomic_load(&left_behind)); /* too late: nothing is left to happen */
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
    atomic_store(&door_open, false);
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
    atomic_store(&door_open, true);
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
    check(r, "GET /rare", "X-Forwarded-For: 198.51.100.1\r\n", NULL, 200, NULL);
    check(r, "GET /rare", "X-Forwarded-For: 2001:db8::1\r\n", NULL, 200, NULL);
    check(r, "GET /where/x", "X-Forwarded-For: 192.0.2.9\r\n", NULL, 200, NULL);
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
    check(r, "GET /owner", "Cookie: s=own; __Secure-s=own\r\n", NULL, 303, NULL);
    check(r, "GET /owner", "Cookie: s=ann; __Host-s=own\r\n", NULL, 200, "own");
}

static void a_slash_too_many_leads_on(void **state)
{
    struct rig *r = *state;
    struct answer a = ask(r, "GET /where/%E6%98%9F/?q=1", NULL, NULL);
    assert_int_equal(a.status, 308);
    assert_string_equal(answer_header(&a, "Location"), "/where/%E6%98%9F?q=1");
    answer_free(&a);
    check(r, "GET /nowhere/", NULL, NULL, 404, NULL);
    check(r, "GET //evil.example/", NULL, NULL, 404, NULL);
    check(r, "POST /raw/", NULL, "x", 404, NULL);
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
    http_each_route(tables, count_route, &n);
    assert_int_equal(n, (int)(sizeof(rows) / sizeof(rows[0])) - 1 + 1); /* and /healthz */
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(connections_stay_open),
        T(pipelined_requests_are_answered_in_order),
        T(what_was_asked_arrives),
        T(head_is_served_by_get),
        T(errors_come_in_the_askers_format),
        T(methods_are_told),
        T(other_hosts_are_misdirected),
        T(long_targets_are_refused),
        T(bodies_arrive_whole),
        T(chunked_bodies_arrive),
        T(bodies_over_the_cap_are_refused_at_once),
        T(expected_bodies_are_waited_for),
        T(nobody_doubts_where_a_body_ends), T(bodies_of_all_share_their_memory),
        T(nobody_uploads_what_they_may_not),
        T(forms_need_their_token),
        T(sessions_have_their_own_token),
        T(files_of_forms_arrive),
        T(doors_have_keepers),
        T(files_are_served_in_parts),
        T(parked_requests_go_on),
        T(clients_may_leave_while_parked),
        cmocka_unit_test(stopping_answers_those_who_rest),
        T(a_thousand_requests_from_eight_threads),
        T(a_long_queue_is_cut),
        T(slow_bodies_are_cut),
        T(one_network_has_one_measure),
        T(https_makes_cookies_ours_alone),
        T(a_slash_too_many_leads_on),
        T(every_route_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
