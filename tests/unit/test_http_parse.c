#include "node/base/arena.h"
#include "node/http/form.h"
#include "node/http/parse.h"
#include "node/http/route.h"

#include <string.h>

#include "tests/unit/unit.h"

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static void a_target_is_decoded_once(void **state)
{
    struct target t;
    assert_int_equal(target_read(*state, STR("/p/%E6%98%9F/a%2520b?x=%2F&y"), &t), OK);
    CHECK_STR(t.path, "/p/星/a%20b");
    CHECK_STR(t.query, "x=%2F&y");
    assert_int_equal(target_read(*state, STR("/"), &t), OK);
    CHECK_STR(t.path, "/");
    assert_null(t.query.p);
    assert_int_equal(target_read(*state, STR("http://Example.org:80?a"), &t), OK);
    CHECK_STR(t.path, "/");
    CHECK_STR(t.authority, "Example.org:80");
    CHECK_STR(t.query, "a");
    assert_int_equal(target_read(*state, STR("/@ann/..b/.well-known/"), &t), OK);
    CHECK_STR(t.path, "/@ann/..b/.well-known/");
}

static void bad_targets_are_refused(void **state)
{
    static const char *const bad[] = {
        "",         "p",       "/a%",        "/a%0",      "/a%zz",  "/a%00b", "/%c0%af", "/a/../b",
        "/a/%2e%2e/b", "/./a", "/a/.",       "/a#b",      "/a%2Fb", "/a%5cb", "/a%0ab",  "/%ed%a0%80",
        "ftp://x/", "/..",     "/%2e",       "//x/%2e./",
    };
    struct target t;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(target_read(*state, str_c(bad[i]), &t), ERR_INVALID);
}

static void accept_chooses(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum repr repr;
    } rows[] = {
        {"", REPR_HTML},
        {"*/*", REPR_HTML},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", REPR_HTML},
        {"application/activity+json", REPR_ACTIVITY},
        {"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"", REPR_ACTIVITY},
        {"application/ld+json; profile=\"a,b\", text/html;q=0.5", REPR_ACTIVITY},
        {"application/activity+json, text/html;q=0.9", REPR_ACTIVITY},
        {"application/activity+json;q=0.5, text/html", REPR_HTML},
        {"text/html;q=0.1, application/activity+json;q=0.1", REPR_ACTIVITY},
        {"application/activity+json;q=0, */*", REPR_HTML},
        {"application/json", REPR_JSON},
        {"application/json, text/plain, */*", REPR_JSON},
        {"text/html, application/json;q=0.9", REPR_HTML},
        {"text/plain", REPR_TEXT},
        {"image/png", REPR_HTML},
        {"*/*, application/activity+json", REPR_ACTIVITY},
        {"application/activity+json;q=0.2, */*", REPR_HTML},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(repr_choose(str_c(rows[i].accept)), rows[i].repr);
    assert_true(accepts_gzip(STR("br, gzip")));
    assert_true(accepts_gzip(STR("GZIP;q=0.1")));
    assert_false(accepts_gzip(STR("gzip;q=0")));
    assert_false(accepts_gzip(STR("gzip;q=0.000, br")));
    assert_false(accepts_gzip(STR("br")));
}

static void cookies_are_found_whole(void **state)
{
    (void)state;
    struct str h = STR("xs=no; s=\"yes\"; t=; s=second");
    CHECK_STR(cookie_find(h, STR("s")), "yes");
    CHECK_STR(cookie_find(h, STR("t")), "");
    assert_null(cookie_find(h, STR("x")).p);
    assert_null(cookie_find(h, STR("yes")).p);
    assert_null(cookie_find(STR_NULL, STR("s")).p);
}

static void ranges(void **state)
{
    (void)state;
    int64_t from = -1, n = -1;
    assert_int_equal(range_read(STR("bytes=0-0"), 10, &from, &n), RANGE_PART);
    assert_true(from == 0 && n == 1);
    assert_int_equal(range_read(STR("bytes=5-"), 10, &from, &n), RANGE_PART);
    assert_true(from == 5 && n == 5);
    assert_int_equal(range_read(STR("bytes=8-99"), 10, &from, &n), RANGE_PART);
    assert_true(from == 8 && n == 2);
    assert_int_equal(range_read(STR("bytes=-3"), 10, &from, &n), RANGE_PART);
    assert_true(from == 7 && n == 3);
    assert_int_equal(range_read(STR("bytes=-30"), 10, &from, &n), RANGE_PART);
    assert_true(from == 0 && n == 10);
    assert_int_equal(range_read(STR("bytes=10-"), 10, &from, &n), RANGE_UNSATISFIABLE);
    assert_int_equal(range_read(STR("bytes=-0"), 10, &from, &n), RANGE_UNSATISFIABLE);
    assert_int_equal(range_read(STR("bytes=0-"), 0, &from, &n), RANGE_UNSATISFIABLE);
    static const char *const whole[] = {
        "",          "bytes=",     "bytes=-",     "bytes=5-4",  "bytes=0-1,3-4", "lines=0-1",
        "bytes=a-b", "bytes=--5",  "bytes=0--1",  "bytes=1-2-", "bytes=99999999999999999999-",
    };
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        assert_int_equal(range_read(str_c(whole[i]), 10, &from, &n), RANGE_WHOLE);
    assert_true(etag_in_list(STR("\"a\", W/\"b\""), STR("\"b\"")));
    assert_false(etag_in_list(STR("\"ab\""), STR("\"a\"")));
    assert_true(etag_in_list(STR("*"), STR("\"a\"")));
}

static void parameters_of_headers(void **state)
{
    struct str h = STR("form-data; name=\"a;\\\"b\"; filename = c.txt ; x");
    CHECK_STR(param_find(*state, h, "name"), "a;\"b");
    CHECK_STR(param_find(*state, h, "FILENAME"), "c.txt");
    assert_null(param_find(*state, h, "x").p);
    assert_null(param_find(*state, STR("a; b=\"open"), "b").p);
    assert_null(param_find(*state, STR("name=x"), "name").p);
    assert_null(param_find(*state, STR("form-data; filename=\"; name=evil\""), "name").p);
}

static void urlencoded_forms(void **state)
{
    struct form f;
    assert_int_equal(
        form_read_urlencoded(*state, STR("a=1+2&b=%E6%98%9F&a=3&&c&=x&d=e=f"), &f), OK);
    CHECK_STR(form_get(&f, "a"), "1 2");
    CHECK_STR(form_get(&f, "b"), "星");
    CHECK_STR(form_get(&f, "c"), "");
    CHECK_STR(form_get(&f, "d"), "e=f");
    assert_null(form_get(&f, "e").p);
    assert_int_equal(form_read_urlencoded(*state, STR("a=%zz"), &f), ERR_INVALID);
    assert_int_equal(form_read_urlencoded(*state, STR("a=%00"), &f), ERR_INVALID);
    assert_int_equal(form_read_urlencoded(*state, STR("a=%ff"), &f), ERR_INVALID);
    char many[FORM_MAX_FIELDS * 2 + 4];
    memset(many, 0, sizeof(many));
    for (int i = 0; i <= FORM_MAX_FIELDS; i++)
        memcpy(many + 2 * i, "a&", 2);
    assert_int_equal(form_read_urlencoded(*state, str_c(many), &f), ERR_TOO_LARGE);
    many[FORM_MAX_FIELDS * 2] = '\0';
    assert_int_equal(form_read_urlencoded(*state, str_c(many), &f), OK);
}

static void one_field_may_be_large(void **state)
{
    struct buf b;
    struct form f;
    buf_init_arena(&b, *state, 1000000);
    buf_lit(&b, "a=");
    for (int i = 0; i <= FORM_MAX_TEXT; i++)
        buf_put_char(&b, 'x');
    assert_int_equal(form_read_urlencoded(*state, buf_str(&b), &f), OK);
    buf_lit(&b, "&b=");
    for (int i = 0; i <= FORM_MAX_TEXT; i++)
        buf_put_char(&b, 'x');
    assert_int_equal(form_read_urlencoded(*state, buf_str(&b), &f), ERR_TOO_LARGE);
}

#define MULTI "multipart/form-data; boundary=XX"
#define HEAD_A "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
#define HEAD_F                                                                                     \
    "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\dir\\x%22.png\"\r\n"       \
    "Content-Type: image/png\r\n\r\n"

static void multipart_forms(void **state)
{
    struct form f;
    struct str body = STR("preamble\r\n" HEAD_A "one\r\ntwo\r\n--X\r\n--XX \t\r\n"
                          "content-disposition: form-data; name=b\r\n\r\n\r\n" HEAD_F
                          "\x89PNG\0\r\n\xff\r\n--XX--\r\nepilogue");
    assert_int_equal(form_read_multipart(*state, body, STR(MULTI), &f), OK);
    CHECK_STR(form_get(&f, "a"), "one\r\ntwo\r\n--X");
    CHECK_STR(form_get(&f, "b"), "");
    assert_int_equal(f.n_uploads, 1);
    CHECK_STR(f.uploads[0].filename, "x\".png");
    CHECK_STR(f.uploads[0].type, "image/png");
    assert_int_equal(f.uploads[0].bytes.n, 8);
    assert_memory_equal(f.uploads[0].bytes.p, "\x89PNG\0\r\n\xff", 8);
    /* no copy of the file */
    assert_true(f.uploads[0].bytes.p > body.p && f.uploads[0].bytes.p < body.p + body.n);
}

static void an_empty_file_field_is_no_upload(void **state)
{
    struct form f;
    struct str body = STR("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n"
                          "Content-Type: application/octet-stream\r\n\r\n\r\n--XX--");
    assert_int_equal(form_read_multipart(*state, body, STR(MULTI), &f), OK);
    assert_int_equal(f.n_uploads, 0);
    assert_int_equal(f.n_fields, 0);
}

static void malformed_multipart_is_refused(void **state)
{
    static const struct {
        struct str body;
        const char *type;
    } bad[] = {
        {STR_INIT(""), MULTI},
        {STR_INIT("--XX"), MULTI},
        {STR_INIT("--XX\r\n"), MULTI},
        {STR_INIT(HEAD_A), MULTI},
        {STR_INIT(HEAD_A "cut off"), MULTI},
        {STR_INIT(HEAD_A "x\r\n--XX"), MULTI},
        {STR_INIT(HEAD_A "x\r\n--XXY\r\n--XX--"), MULTI},
        {STR_INIT(HEAD_A "x\r\n--XX--"), "multipart/form-data"},
        {STR_INIT(HEAD_A "x\r\n--XX--"), "multipart/form-data; boundary="},
        {STR_INIT(HEAD_A "\xff\r\n--XX--"), MULTI},
        {STR_INIT(HEAD_A "a\0b\r\n--XX--"), MULTI},
        {STR_INIT("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--"), MULTI},
        {STR_INIT("--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--"), MULTI},
        {STR_INIT("--XX\r\n\r\nx\r\n--XX--"), MULTI},
        {STR_INIT("--XX\r\nno colon\r\n\r\nx\r\n--XX--"), MULTI},
        {STR_INIT("--XX\r\nContent-Disposition: form-data; name=a\r\n"
                  "Content-Disposition: form-data; name=b\r\n\r\nx\r\n--XX--"), MULTI},
    };
    struct form f;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(form_read_multipart(*state, bad[i].body, str_c(bad[i].type), &f),
                         ERR_INVALID);
    assert_int_equal(
        form_read_multipart(*state,
                            STR("--XX\r\nContent-Disposition: form-data; name=a\r\n"
                                "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--XX--"),
                            STR(MULTI), &f),
        ERR_UNSUPPORTED);
}

static void files_are_counted(void **state)
{
    struct form f;
    struct buf b;
    buf_init_arena(&b, *state, 100000);
    for (int i = 0; i < FORM_MAX_FILES; i++)
        buf_lit(&b, HEAD_F "x\r\n");
    struct str twelve = str_fmt(*state, STR_FMT "--XX--", STR_ARG(buf_str(&b)));
    assert_int_equal(form_read_multipart(*state, twelve, STR(MULTI), &f), OK);
    assert_int_equal(f.n_uploads, FORM_MAX_FILES);
    buf_lit(&b, HEAD_F "x\r\n--XX--");
    assert_int_equal(form_read_multipart(*state, buf_str(&b), STR(MULTI), &f), ERR_TOO_LARGE);
}

/* ---- routes ---- */

static enum err run_nothing(struct rq *rq)
{
    (void)rq;
    return OK;
}

#define ROW(m, p) {m, p, run_nothing, ANYONE, RATE_NONE, 0, "", false}
static const struct route rows[] = {
    ROW(GET, "/"),
    ROW(GET, "/@:handle"),
    ROW(GET, "/@:handle/:slug"),
    ROW(GET, "/@:handle/join"),
    ROW(POST, "/@:handle/:slug/like"),
    ROW(GET, "/feed/:name.rss"),
    ROW(GET, "/feed/:name"),
    ROW(GET, "/static/*rest"),
    ROW(OPTIONS, "/api/*rest"),
    ROW(GET, "/api/v1/me"),
    ROW(POST, "/login"),
    ROW(GET, "/login"),
    ROW(GET, "/login/:token"),
    {0},
};
static const struct route_table table = {"test", rows};
static const struct route_table *const tables[] = {&table, NULL};

static const char *matched(const struct router *r, enum http_method m, const char *path,
                           struct route_match *ret)
{
    router_match(r, m, str_c(path), ret);
    return ret->route == NULL ? "-" : ret->route->path;
}

static void routes_match(void **state)
{
    (void)state;
    struct router *r;
    struct route_match m;
    assert_int_equal(router_new(tables, &r), OK);
    assert_string_equal(matched(r, GET, "/", &m), "/");
    assert_string_equal(matched(r, HEAD, "/", &m), "/");
    assert_string_equal(matched(r, GET, "/@tea", &m), "/@:handle");
    CHECK_STR(m.params[0].value, "tea");
    assert_int_equal(m.n_params, 1);
    assert_string_equal(matched(r, GET, "/@", &m), "-");
    assert_string_equal(matched(r, GET, "/tea", &m), "-");
    assert_int_equal(m.allowed, 0);
    assert_string_equal(matched(r, GET, "/@tea/join", &m), "/@:handle/join");
    assert_string_equal(matched(r, GET, "/@tea/joint", &m), "/@:handle/:slug");
    CHECK_STR(m.params[1].value, "joint");
    assert_string_equal(matched(r, GET, "/@tea/", &m), "-");
    assert_string_equal(matched(r, POST, "/@tea/join/like", &m), "/@:handle/:slug/like");
    assert_int_equal(m.n_params, 2);
    assert_string_equal(matched(r, GET, "/feed/a.rss", &m), "/feed/:name.rss");
    CHECK_STR(m.params[0].value, "a");
    assert_string_equal(matched(r, GET, "/feed/.rss", &m), "/feed/:name");
    assert_string_equal(matched(r, GET, "/static/css/a.css", &m), "/static/*rest");
    CHECK_STR(m.params[0].value, "css/a.css");
    assert_string_equal(matched(r, GET, "/static/", &m), "-");
    assert_string_equal(matched(r, OPTIONS, "/api/v1/me", &m), "/api/*rest");
    assert_string_equal(matched(r, GET, "/api/v1/me", &m), "/api/v1/me");
    assert_string_equal(matched(r, DELETE, "/login", &m), "-");
    struct arena *a = arena_new();
    CHECK_STR(http_allow(a, m.allowed), "GET, HEAD, POST, OPTIONS");
    arena_free(a);
    router_free(r);
}

static void routes_that_clash_are_refused(void **state)
{
    (void)state;
    static const struct route twice[] = {ROW(GET, "/a/:b"), ROW(GET, "/a/:b"), {0}};
    static const struct route inner[] = {ROW(GET, "/a/*rest/b"), {0}};
    static const struct route empty[] = {ROW(GET, "/a/:"), {0}};
    static const struct route_table t[] = {{"t", twice}, {"t", inner}, {"t", empty}};
    for (int i = 0; i < 3; i++) {
        const struct route_table *const list[] = {&t[i], NULL};
        struct router *r = NULL;
        assert_int_equal(router_new(list, &r), ERR_INVALID);
        assert_null(r);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_target_is_decoded_once),
        T(bad_targets_are_refused),
        T(accept_chooses),
        T(cookies_are_found_whole),
        T(ranges),
        T(parameters_of_headers),
        T(urlencoded_forms),
        T(one_field_may_be_large),
        T(multipart_forms),
        T(an_empty_file_field_is_no_upload),
        T(malformed_multipart_is_refused),
        T(files_are_counted),
        T(routes_match),
        T(routes_that_clash_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
