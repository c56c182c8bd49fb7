#include "node/net/fetch.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"

#include <string.h>
#include <time.h>

#include "tests/unit/gzip_samples.h"
#include "tests/unit/loopback.h"
#include "tests/unit/unit.h"

struct fixture {
    struct arena *a;
    struct fetcher *f;
    struct loopback server;
};

static void nap(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static bool reply_base64(int fd, struct str coded)
{
    struct arena *a = arena_new();
    struct str raw;
    bool ok = crypt_base64_decode(a, coded, &raw) &&
              loopback_reply(fd, "200 OK", "Content-Encoding: gzip\r\n", raw.p, raw.n);
    arena_free(a);
    return ok;
}

static bool endless(int fd)
{
    static const char line[] = "1000\r\n";
    char block[4096 + 2];
    memset(block, 'x', 4096);
    memcpy(block + 4096, "\r\n", 2);
    bool ok = loopback_put(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 47);
    for (int i = 0; ok && i < 100000; i++)
        ok = loopback_put(fd, line, 6) && loopback_put(fd, block, sizeof block);
    return false;
}

static bool endless_head(int fd)
{
    bool ok = loopback_put(fd, "HTTP/1.1 200 OK\r\n", 17);
    for (int i = 0; ok && i < 100000; i++)
        ok = loopback_put(fd, "X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n", 57);
    return false;
}

static bool serve(struct loopback *l, int fd, const char *head, const char *body, size_t n)
{
    const char *path = strchr(head, ' ') + 1;
    (void)l;
#define PATH(p) (strncmp(path, p " ", sizeof p) == 0)
    if (PATH("/head"))
        return loopback_reply(fd, "200 OK", "Content-Type: text/plain; x=y\r\n", head,
                              strlen(head));
    if (PATH("/echo"))
        return loopback_reply(fd, "202 Accepted", "", body, n);
    if (PATH("/moved"))
        return loopback_reply(fd, "302 Found", "Location: /head\r\nRetry-After: 7\r\n", "", 0);
    if (PATH("/knock"))
        return loopback_reply(fd, "401 No", "Accept-Signature: sig1=()\r\n", "", 0);
    if (PATH("/gzip"))
        return reply_base64(fd, STR(GZIP_HELLO));
    if (PATH("/bomb"))
        return reply_base64(fd, STR(GZIP_BOMB));
    if (PATH("/endless"))
        return endless(fd);
    if (PATH("/endless-head"))
        return endless_head(fd);
    if (PATH("/half")) {
        loopback_put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 43);
        return false;
    }
    if (PATH("/garbage")) {
        loopback_put(fd, "\x16\x03\x01nonsense\r\n\r\n", 15);
        return false;
    }
    if (PATH("/wait")) {
        nap(60);
        return loopback_reply(fd, "200 OK", "", "", 0);
    }
    if (PATH("/slow")) {
        nap(1500);
        return loopback_reply(fd, "200 OK", "", "", 0);
    }
    if (PATH("/drip")) {
        loopback_put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 43);
        for (int i = 0; i < 200; i++) {
            if (!loopback_put(fd, "drip", 4))
                break;
            nap(100);
        }
        return false;
    }
    return loopback_reply(fd, "404 Not Found", "", "", 0);
}

static int begin_as(void **state, bool dev)
{
    struct fixture *x = test_calloc(1, sizeof *x);
    x->a = arena_new();
    x->server.serve = serve;
    assert_true(loopback_start(&x->server, "127.0.0.1", 0));
    assert_int_equal(fetcher_start(dev, STR("Orrery/test (+https://a.example/)"), &x->f), OK);
    *state = x;
    return 0;
}

static int begin(void **state)
{
    return begin_as(state, true);
}

static int begin_public(void **state)
{
    return begin_as(state, false);
}

static int end(void **state)
{
    struct fixture *x = *state;
    fetcher_stop(x->f);
    loopback_stop(&x->server);
    arena_free(x->a);
    test_free(x);
    return 0;
}

static struct fetch_request request(struct fixture *x, const char *path)
{
    return (struct fetch_request){
        .method = "GET",
        .url = str_fmt(x->a, "http://127.0.0.1:%d%s", x->server.port, path),
        .max_answer = 100000,
        .timeout_ms = 5000,
    };
}

static enum err get(struct fixture *x, const char *path, struct fetch_answer *ret)
{
    struct fetch_request rq = request(x, path);
    return fetch_wait(x->f, x->a, &rq, ret);
}

static void an_answer_comes_whole(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    const struct fetch_header h[] = {{STR("Accept"), STR("application/activity+json")},
                                     {STR("X-Empty"), STR("")}};
    struct fetch_request rq = request(x, "/head");
    rq.headers = h;
    rq.n_headers = 2;
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_int_equal(an.status, 200);
    CHECK_STR(an.content_type, "text/plain; x=y");
    assert_true(str_starts(an.body, STR("GET /head HTTP/1.1\r\nHost: 127.0.0.1:")));
    assert_true(str_contains(an.body, STR("\r\nUser-Agent: Orrery/test (+https://a.example/)\r\n")));
    assert_true(str_contains(an.body, STR("\r\nAccept: application/activity+json\r\n")));
    assert_true(str_contains(an.body, STR("\r\nX-Empty:\r\n")));
    assert_false(str_contains(an.body, STR("Cookie")));
    assert_null(an.location.p);
    rq.agent = STR("Orrery/9 (+https://b.example/)");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_true(str_contains(an.body, STR("\r\nUser-Agent: Orrery/9 (+https://b.example/)\r\n")));
    assert_int_equal(get(x, "/none", &an), OK);
    assert_int_equal(an.status, 404);
    assert_int_equal(an.body.n, 0);
}

static void a_body_is_sent(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    struct fetch_request rq = request(x, "/echo");
    rq.method = "POST";
    char *big = arena_alloc(x->a, 90000);
    memset(big, 'b', 90000);
    rq.body = (struct str){big, 90000};
    int64_t from = clock_monotonic();
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_int_equal(an.status, 202);
    assert_true(str_eq(an.body, rq.body));
    assert_true(clock_monotonic() - from < 900); /* no waiting for 100 Continue */
    rq.url = request(x, "/head").url;
    rq.body = STR("x");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_true(str_starts(an.body, STR("POST /head ")));
    assert_false(str_contains(an.body, STR("Expect")));
    assert_false(str_contains(an.body, STR("Content-Type")));
    rq.body = STR_NULL;
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_true(str_contains(an.body, STR("Content-Length: 0\r\n")));
    rq.method = "PUT";
    rq.body = STR("x");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_true(str_starts(an.body, STR("PUT /head ")));
    rq.method = "HEAD";
    rq.body = STR_NULL;
    rq.url = request(x, "/none").url;
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_int_equal(an.status, 404);
}

static void a_redirect_is_not_followed(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    assert_int_equal(get(x, "/moved", &an), OK);
    assert_int_equal(an.status, 302);
    CHECK_STR(an.location, "/head");
    CHECK_STR(an.retry_after, "7");
    assert_int_equal(x->server.requests, 1);
    assert_int_equal(get(x, "/knock", &an), OK);
    CHECK_STR(an.accept_signature, "sig1=()");
}

static void what_inflates_is_counted_inflated(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    assert_int_equal(get(x, "/gzip", &an), OK);
    CHECK_STR(an.body, "{\"hello\":\"world\"}");
    assert_int_equal(get(x, "/bomb", &an), ERR_TOO_LARGE);
    assert_int_equal(an.body.n, 0);
    struct fetch_request rq = request(x, "/bomb");
    rq.max_answer = 1 << 20;
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_int_equal(an.body.n, 1 << 20);
    rq.max_answer--;
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_TOO_LARGE);
}

static void answers_are_capped(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    assert_int_equal(get(x, "/endless", &an), ERR_TOO_LARGE);
    assert_int_equal(get(x, "/endless-head", &an), ERR_TOO_LARGE);
    assert_non_null(an.error);
}

static void broken_answers_are_upstream(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    assert_int_equal(get(x, "/half", &an), ERR_UPSTREAM);
    assert_int_equal(get(x, "/garbage", &an), ERR_UPSTREAM);
    struct fetch_request rq = request(x, "/head");
    rq.url = STR("http://127.0.0.1:1/");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_UPSTREAM);
    rq.url = STR("http://no-such-name.invalid/");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_UPSTREAM);
    assert_true(strlen(an.error) > 0);
}

static void slowness_ends(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    struct fetch_request rq = request(x, "/slow");
    rq.timeout_ms = 200;
    int64_t from = clock_monotonic();
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_TIMEOUT);
    assert_true(clock_monotonic() - from < 1200);
}

/* Some bytes now and then keep it alive for as long as it may take in all, unless that is said. */
static void dripping_ends(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    struct fetch_request rq = request(x, "/drip");
    rq.timeout_ms = 15000;
    rq.slow_s = 2;
    int64_t from = clock_monotonic();
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_TIMEOUT);
    assert_true(clock_monotonic() - from < 14000);
}

static void private_addresses_are_refused(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    struct fetch_request rq = request(x, "/head");
    /* Not even an address that one may write… */
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_INVALID);
    rq.url = STR("https://127.0.0.1/");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_INVALID);
    /* …and a name that leads there ends before it connects. */
    rq.url = str_fmt(x->a, "https://inner.localhost:%d/", x->server.port);
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_FORBIDDEN);
    assert_int_equal(x->server.accepted, 0);
}

static void dev_opens_loopback_only(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    struct fetch_request rq = request(x, "/head");
    static const char *const inner[] = {"http://10.0.0.1/", "http://192.168.1.1/",
                                        "http://169.254.169.254/latest", "http://[fd00::1]/",
                                        "http://0.0.0.0/", "http://[::ffff:10.0.0.1]/"};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        rq.url = str_c(inner[i]);
        assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_FORBIDDEN);
    }
    rq.url = str_fmt(x->a, "http://localhost:%d/head", x->server.port);
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    rq.url = str_fmt(x->a, "file:///etc/passwd");
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_INVALID);
}

static void addresses_are_judged(void **state)
{
    (void)state;
    static const struct { const char *url; bool dev, live; } v[] = {
        {"https://a.example/x", true, true},       {"http://a.example/", true, false},
        {"https://localhost/", true, false},       {"https://a.example:8443/", true, true},
        {"https://a.example:22/", true, false},    {"https://192.0.2.1/", true, false},
        {"https://[2001:db8::1]/", true, false},   {"ftp://a.example/", false, false},
        {"https://u@a.example/", false, false},    {"", false, false},
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        assert_int_equal(fetch_url_allowed(true, str_c(v[i].url)) == OK, v[i].dev);
        assert_int_equal(fetch_url_allowed(false, str_c(v[i].url)) == OK, v[i].live);
    }
}

static void nothing_slips_into_the_head(void **state)
{
    struct fixture *x = *state;
    struct fetch_answer an;
    struct fetch_request rq = request(x, "/head");
    static const struct fetch_header bad[] = {
        {STR_INIT("X-A"), STR_INIT("b\r\nX-C: d")}, {STR_INIT("X-A"), STR_INIT("b\nc")},
        {STR_INIT("X-A: b\r\nX"), STR_INIT("d")},   {STR_INIT("X A"), STR_INIT("d")},
        {STR_INIT(""), STR_INIT("d")},              {STR_INIT("X-A"), {"a\0b", 3}},
    };
    rq.n_headers = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rq.headers = &bad[i];
        assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_INVALID);
    }
    rq.n_headers = 0;
    rq.method = "GET / HTTP/1.1\r\nX: y\r\n\r\n";
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), ERR_INVALID);
    assert_int_equal(x->server.requests, 0);
}

struct many {
    pthread_mutex_t lock;
    pthread_cond_t over;
    int left, ok, busy;
    struct fetcher *again; /* start one more from the callback */
    const struct fetch_request *rq;
};

static void count(void *arg, const struct fetch_answer *an)
{
    struct many *m = arg;
    pthread_mutex_lock(&m->lock);
    m->left--;
    m->ok += an->err == OK && an->status == 200;
    m->busy += an->err == ERR_BUSY;
    struct fetcher *again = m->again;
    if (again != NULL)
        m->left++;
    m->again = NULL;
    if (m->left == 0)
        pthread_cond_signal(&m->over);
    pthread_mutex_unlock(&m->lock);
    if (again != NULL)
        fetch_start(again, m->rq, count, m);
}

static void many_begin(struct many *m)
{
    *m = (struct many){0};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->over, NULL);
}

static void many_wait(struct many *m)
{
    pthread_mutex_lock(&m->lock);
    while (m->left > 0)
        pthread_cond_wait(&m->over, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

static void start_many(struct fixture *x, struct many *m, const struct fetch_request *rq, int n)
{
    pthread_mutex_lock(&m->lock);
    m->left += n;
    pthread_mutex_unlock(&m->lock);
    for (int i = 0; i < n; i++)
        fetch_start(x->f, rq, count, m);
}

static void a_host_gets_two_at_once(void **state)
{
    struct fixture *x = *state;
    struct many m;
    many_begin(&m);
    struct fetch_request rq = request(x, "/wait");
    start_many(x, &m, &rq, 12);
    many_wait(&m);
    assert_int_equal(m.ok, 12);
    assert_int_equal(x->server.most_busy, 2);
    assert_int_equal(x->server.accepted, 2); /* connections are kept */
    rq.per_host = 6;
    start_many(x, &m, &rq, 24);
    many_wait(&m);
    assert_int_equal(m.ok, 36);
    assert_int_equal(x->server.most_busy, 6);
}

static void a_slow_host_holds_up_only_itself(void **state)
{
    struct fixture *x = *state;
    struct loopback other = {.serve = serve};
    assert_true(loopback_start(&other, "127.0.0.2", 0));
    struct many slow;
    many_begin(&slow);
    struct fetch_request rq = request(x, "/slow");
    start_many(x, &slow, &rq, 400);
    nap(50);
    struct fetch_answer an;
    rq = request(x, "/head");
    rq.url = str_fmt(x->a, "http://127.0.0.2:%d/head", other.port);
    int64_t from = clock_monotonic();
    assert_int_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
    assert_true(clock_monotonic() - from < 1000);
    /* Stopping ends them all, started or not. */
    x->f = fetcher_stop(x->f);
    many_wait(&slow);
    assert_int_equal(slow.busy, 400 - slow.ok);
    loopback_stop(&other);
}

static void a_callback_may_ask_again(void **state)
{
    struct fixture *x = *state;
    struct many m;
    many_begin(&m);
    struct fetch_request rq = request(x, "/head");
    m.again = x->f;
    m.rq = &rq;
    start_many(x, &m, &rq, 1);
    many_wait(&m);
    assert_int_equal(m.ok, 2);
    struct fetch_request bad = {.method = "GET", .url = STR("x"), .max_answer = 1};
    m.again = x->f;
    start_many(x, &m, &bad, 1);
    many_wait(&m);
    assert_int_equal(m.ok, 3);
}

static void *ask_many(void *arg)
{
    struct fixture *x = arg;
    struct arena *a = arena_new();
    bool ok = true;
    for (int i = 0; i < 50; i++) {
        struct fetch_answer an;
        struct fetch_request rq = {
            .method = "POST", .body = str_fmt(a, "body %d", i), .max_answer = 1000,
            .timeout_ms = 5000, .url = str_fmt(a, "http://127.0.0.1:%d/echo", x->server.port)};
        ok = ok && fetch_wait(x->f, a, &rq, &an) == OK && str_eq(an.body, rq.body);
    }
    arena_free(a);
    return ok ? arg : NULL;
}

static void threads_share_it(void **state)
{
    struct fixture *x = *state;
    pthread_t t[6];
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&t[i], NULL, ask_many, x), 0);
    for (int i = 0; i < 6; i++) {
        void *ok;
        pthread_join(t[i], &ok);
        assert_non_null(ok);
    }
    assert_int_equal(x->server.requests, 300);
    assert_int_equal(x->server.accepted, 2);
}

/* What is left over of a transfer that failed must not stand in the next one's way, whatever it failed
 * of: curl keeps a buffer when the name was not found, and then refuses the options of another use. */
static void a_failure_spoils_nothing(void **state)
{
    struct fixture *x = *state;
    const struct str bad[] = {
        STR("http://no-such-name.invalid/"), STR("http://127.0.0.1:1/"),
        request(x, "/half").url,             request(x, "/garbage").url,
        request(x, "/endless").url,          request(x, "/endless-head").url,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fetch_answer an;
        struct fetch_request rq = request(x, "/");
        rq.url = bad[i];
        assert_int_not_equal(fetch_wait(x->f, x->a, &rq, &an), OK);
        assert_int_equal(get(x, "/head", &an), OK);
        assert_int_equal(an.status, 200);
    }
}

static void an_unused_fetcher_stops(void **state)
{
    struct fixture *x = *state;
    x->f = fetcher_stop(x->f);
    assert_null(x->f);
    assert_null(fetcher_stop(NULL));
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_answer_comes_whole),
        T(a_body_is_sent),
        T(a_redirect_is_not_followed),
        T(what_inflates_is_counted_inflated),
        T(answers_are_capped),
        T(broken_answers_are_upstream),
        T(slowness_ends),
        T(dripping_ends),
        cmocka_unit_test_setup_teardown(private_addresses_are_refused, begin_public, end),
        T(dev_opens_loopback_only),
        T(addresses_are_judged),
        T(nothing_slips_into_the_head),
        T(a_host_gets_two_at_once),
        T(a_slow_host_holds_up_only_itself),
        T(a_callback_may_ask_again),
        T(threads_share_it),
        T(a_failure_spoils_nothing),
        T(an_unused_fetcher_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
