/* Bodies and forms as they come in, their guards, files as they go out. */
#include "tests/unit/http_site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/crypt.h"
#include "node/http/frame.h"
#include "tests/unit/unit.h"

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
    site_check(r, "GET /plain", NULL, NULL, 200, "hello");
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
    site_check(r, "POST /desk", headers, body, 200, "|1|0");
    /* An account alone is anybody's: large bodies are taken from authors only. */
    client_open(&c, r);
    client_ask(&c, r, "POST /write",
               "Cookie: s=ann\r\nContent-Length: 2900000\r\nAccept: application/json\r\n", NULL, 0);
    a = client_hear(&c, false);
    assert_int_equal(a.status, 403);
    answer_free(&a);
    client_close(&c);
    headers[10] = 'o', headers[11] = 'w', headers[12] = 'n'; /* "s=own" */
    site_check(r, "POST /write", headers, body, 200, "|1|0");
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
        site_check(r, "POST /form", headers, body, rows_of_origin[i].status, NULL);
    }
    /* a right origin is not enough: the token must be of this cookie */
    snprintf(headers, sizeof(headers), FORM "Sec-Fetch-Site: same-origin\r\n%s", cookie);
    site_check(r, "POST /form", headers, "a=1", 403, NULL);
    site_check(r, "POST /form", headers, "a=1&_csrf=wrong", 403, NULL);
    site_check(r, "POST /form", FORM "Sec-Fetch-Site: same-origin\r\n", body, 403, NULL);
    site_check(r, "POST /form",
               FORM "Sec-Fetch-Site: same-origin\r\nCookie: v=0123456789abcdef0123\r\n", body, 403,
               NULL);
    /* what has no form's type and no cookie needs none; a DELETE without a type does */
    site_check(r, "POST /form", "Content-Type: application/json\r\n", "{}", 200, NULL);
    site_check(r, "DELETE /form", NULL, NULL, 403, NULL);
    site_check(r, "POST /raw", FORM, body, 200, NULL);
    site_check(r, "POST /api/form", FORM, body, 200, "1|1|0");
    site_check(r, "POST /form", FORM "Authorization: Bearer x\r\n", body, 200, NULL);
}

static void sessions_have_their_own_token(void **state)
{
    struct rig *r = *state;
    site_check(r, "GET /form", "Cookie: s=ann\r\n", NULL, 200, "session-token");
    site_check(r, "POST /form", FORM "Cookie: s=ann\r\nSec-Fetch-Site: same-origin\r\n",
               "a=1&a=2&_csrf=session-token", 200, "1|2|0");
    site_check(r, "POST /form", FORM "Cookie: s=ann\r\nSec-Fetch-Site: same-origin\r\n", "a=1", 403,
               "403 forbidden ann");
    /* JSON with a cookie needs both, too, and a bearer beside the cookie excuses nothing */
    site_check(r, "POST /form", "Content-Type: application/json\r\nCookie: s=ann\r\n", "{}", 403,
               NULL);
    site_check(r, "POST /form",
               "Content-Type: application/json\r\nCookie: s=ann\r\nAuthorization: Bearer x\r\n", "{}",
               403, NULL);
    site_check(r, "POST /form",
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
    site_check(r, "POST /form", headers, b.p, 200, "text|1|1|409600");
    site_check(r, "POST /form", headers, "--B\r\nnonsense", 400, "page 400");
    site_check(r, "POST /form", headers, "", 400, NULL);
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
    site_check(r, "GET /me", "Accept: application/json\r\n", NULL, 401, "\"unauthenticated\"");
    site_check(r, "GET /me", "Cookie: s=ann\r\n", NULL, 200, "ann");
    site_check(r, "GET /me", "Cookie: s=own\r\n", NULL, 200, "own"); /* cached flag or not */
    site_check(r, "GET /owner", "Cookie: s=ann\r\n", NULL, 403, NULL);
    site_check(r, "GET /owner", "Cookie: s=own\r\n", NULL, 200, "own");
    a = ask(r, "GET /go?to=/x", NULL, NULL);
    assert_int_equal(a.status, 303);
    assert_string_equal(answer_header(&a, "Location"), "/x");
    assert_string_equal(answer_header(&a, "Set-Cookie"), "lang=zh-CN; Path=/; SameSite=Lax; Max-Age=60");
    answer_free(&a);
    site_check(r, "GET /go?to=//evil.example", NULL, NULL, 500, NULL);
    site_check(r, "GET /go?to=/%5Cevil.example", NULL, NULL, 500, NULL);
    site_check(r, "GET /go?to=javascript:x", NULL, NULL, 500, NULL);
    site_check(r, "GET /go?to=/a%0d%0aX:y", NULL, NULL, 500, NULL);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(bodies_arrive_whole),
        SITE_TEST(chunked_bodies_arrive),
        SITE_TEST(bodies_over_the_cap_are_refused_at_once),
        SITE_TEST(expected_bodies_are_waited_for),
        SITE_TEST(nobody_doubts_where_a_body_ends),
        SITE_TEST(bodies_of_all_share_their_memory),
        SITE_TEST(nobody_uploads_what_they_may_not),
        SITE_TEST(forms_need_their_token),
        SITE_TEST(sessions_have_their_own_token),
        SITE_TEST(files_of_forms_arrive),
        SITE_TEST(doors_have_keepers),
        SITE_TEST(files_are_served_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
