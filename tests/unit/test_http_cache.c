#include "tests/unit/http_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/http/cache.h"
#include "tests/unit/unit.h"

/* A page that says how often it was made. */
static atomic_int n_made;

static enum err page(struct rq *rq, const char *cache_control)
{
    struct buf b;
    buf_init(&b, 10000);
    if (cache_control != NULL)
        rq_cache_control(rq, cache_control);
    buf_fmt(&b, "made %d %s ", atomic_fetch_add(&n_made, 1) + 1, rq->repr == REPR_HTML ? "h" : "a");
    buf_put(&b, i18n_tag(rq->cx->locale));
    buf_put(&b, rq_cookie(rq, "theme"));
    for (int i = 0; i < 200; i++)
        buf_lit(&b, " and so on");
    return reply_html(rq, 200, &b);
}

static enum err run_page(struct rq *rq)
{
    return page(rq, NULL);
}

static enum err run_private(struct rq *rq)
{
    return page(rq, "private, no-cache");
}

static enum err run_immutable(struct rq *rq)
{
    return page(rq, "public, max-age=31536000, immutable");
}

static enum err run_token(struct rq *rq)
{
    (void)rq_csrf(rq);
    return page(rq, NULL);
}

static enum err run_cookie(struct rq *rq)
{
    rq_set_cookie(rq, "x", STR("1"), -1, true);
    return page(rq, NULL);
}

static enum err run_missing(struct rq *rq)
{
    atomic_fetch_add(&n_made, 1);
    (void)rq;
    return ERR_NOT_FOUND;
}

static enum err run_until(struct rq *rq)
{
    cx_good_until(rq->cx, rq->cx->now + 1);
    return page(rq, NULL);
}

static enum err run_changing(struct rq *rq)
{
    http_cache_drop(rq->cx->node); /* a commit while the page is being made */
    return page(rq, NULL);
}

static const struct route rows[] = {
    {GET, "/page", run_page, ANYONE, RATE_READ, 0, "", true},
    {GET, "/plain", run_page, ANYONE, RATE_READ, 0, "", false},
    {GET, "/private", run_private, ANYONE, RATE_READ, 0, "", true},
    {GET, "/immutable", run_immutable, ANYONE, RATE_READ, 0, "", true},
    {GET, "/token", run_token, ANYONE, RATE_READ, 0, "", true},
    {GET, "/cookie", run_cookie, ANYONE, RATE_READ, 0, "", true},
    {GET, "/missing", run_missing, ANYONE, RATE_READ, 0, "", true},
    {GET, "/until", run_until, ANYONE, RATE_READ, 0, "", true},
    {GET, "/changing", run_changing, ANYONE, RATE_READ, 0, "", true},
    {0},
};
static const struct route_table table = {"test", rows};
static const struct route_table *const tables[] = {&table, NULL};

static enum err identify(struct rq *rq)
{
    if (rq_cookie(rq, "s").n > 0)
        rq->session = (struct session_info){.session_id = 1, .account_id = 1, .csrf = STR("t")};
    return OK;
}

static const struct http_hooks hooks = {.identify = identify};

static int set_up(void **state)
{
    struct rig *r = malloc(sizeof(*r));
    rig_start(r, tables, &hooks);
    atomic_store(&n_made, 0);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    rig_stop(*state);
    free(*state);
    return 0;
}

/* Asks and says how many pages have been made since the last time. */
static int made_by(struct rig *r, const char *line, const char *headers)
{
    int before = atomic_load(&n_made);
    struct answer a = ask(r, line, headers, NULL);
    answer_free(&a);
    return atomic_load(&n_made) - before;
}

static void pages_are_made_once(void **state)
{
    struct rig *r = *state;
    assert_int_equal(made_by(r, "GET /page", NULL), 1);
    assert_int_equal(made_by(r, "GET /page", NULL), 0);
    assert_int_equal(made_by(r, "HEAD /page", NULL), 0);
    assert_int_equal(made_by(r, "GET /page", "Cookie: v=abc; lang=en\r\n"), 0);
    struct answer a = ask(r, "GET /page", NULL, NULL);
    assert_int_equal(a.status, 200);
    assert_memory_equal(a.body, "made 1 h en", 11);
    assert_string_equal(answer_header(&a, "Vary"),
                        "Accept, Accept-Language, Accept-Encoding, Cookie");
    assert_non_null(strstr(answer_header(&a, "Content-Security-Policy"), "default-src"));
    assert_string_equal(answer_header(&a, "Content-Type"), "text/html; charset=utf-8");
    answer_free(&a);
}

static void what_differs_is_kept_apart(void **state)
{
    struct rig *r = *state;
    static const char *const different[] = {
        NULL,
        "Accept-Language: zh-CN\r\n",
        "Accept: application/activity+json\r\n",
        "Accept: application/json\r\n",
        "Cookie: theme=dark\r\n",
        "Cookie: theme=light\r\n",
    };
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
            assert_int_equal(made_by(r, "GET /page", different[i]), round == 0);
    assert_int_equal(made_by(r, "GET /page?x=1", NULL), 1);
    assert_int_equal(made_by(r, "GET /page", "Cookie: lang=zh-CN\r\n"), 0); /* as Accept-Language */
}

static void persons_get_their_own(void **state)
{
    struct rig *r = *state;
    assert_int_equal(made_by(r, "GET /page", "Cookie: s=1\r\n"), 1);
    assert_int_equal(made_by(r, "GET /page", NULL), 1); /* what was made for one stays theirs */
    assert_int_equal(made_by(r, "GET /page", "Cookie: s=1\r\n"), 1);
    assert_int_equal(made_by(r, "GET /page", "Cookie: flash=1\r\n"), 1);
    assert_int_equal(made_by(r, "GET /page", "Cookie: lang=en\r\nCookie: s=1\r\n"), 1);
    assert_int_equal(made_by(r, "GET /page", "Authorization: Bearer x\r\n"), 1);
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(made_by(r, "GET /token", "Cookie: v=0123456789abcdef0123\r\n"), 1);
    static const char *const never[] = {"GET /plain", "GET /private", "GET /token",
                                        "GET /cookie", "GET /missing", "GET /changing"};
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        for (int twice = 0; twice < 2; twice++)
            assert_int_equal(made_by(r, never[i], NULL), 1);
}

/* Good for a millisecond: by then it is made again, whatever else is kept. */
static void what_the_clock_changes_is_made_again(void **state)
{
    struct rig *r = *state;
    assert_int_equal(made_by(r, "GET /until", NULL), 1);
    for (int64_t end = clock_monotonic() + 2; clock_monotonic() < end;)
        ;
    assert_int_equal(made_by(r, "GET /until", NULL), 1);
    assert_int_equal(made_by(r, "GET /page", NULL), 1);
}

static void a_change_drops_pages(void **state)
{
    struct rig *r = *state;
    assert_int_equal(made_by(r, "GET /page", NULL), 1);
    assert_int_equal(made_by(r, "GET /immutable", NULL), 1);
    http_cache_drop(&r->node);
    assert_int_equal(made_by(r, "GET /page", NULL), 1);
    assert_int_equal(made_by(r, "GET /page", NULL), 0);
    assert_int_equal(made_by(r, "GET /immutable", NULL), 0);
}

static void tags_save_the_bytes(void **state)
{
    struct rig *r = *state;
    struct answer a = ask(r, "GET /page", NULL, NULL);
    char header[200];
    snprintf(header, sizeof(header), "If-None-Match: \"x\", %s\r\n", answer_header(&a, "ETag"));
    answer_free(&a);
    a = ask(r, "GET /page", header, NULL);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.body_n, 0);
    assert_true(strlen(answer_header(&a, "ETag")) > 10);
    assert_true(strlen(answer_header(&a, "Vary")) > 10);
    answer_free(&a);
    http_cache_drop(&r->node);
    a = ask(r, "GET /page", header, NULL);
    assert_int_equal(a.status, 200);
    answer_free(&a);
}

static void pages_are_compressed_once(void **state)
{
    struct rig *r = *state;
    char text[10000], tag[100];
    for (int i = 0; i < 2; i++) { /* made, then cached */
        struct answer a = ask(r, "GET /page", "Accept-Encoding: br, gzip\r\n", NULL);
        assert_int_equal(a.status, 200);
        assert_string_equal(answer_header(&a, "Content-Encoding"), "gzip");
        snprintf(tag, sizeof(tag), "%s", answer_header(&a, "ETag"));
        z_stream z = {0};
        assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
        z.next_in = (unsigned char *)a.body;
        z.avail_in = (unsigned)a.body_n;
        z.next_out = (unsigned char *)text;
        z.avail_out = sizeof(text) - 1;
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        text[z.total_out] = '\0';
        inflateEnd(&z);
        answer_free(&a);
        a = ask(r, "GET /page", NULL, NULL);
        assert_string_equal(a.body, text);
        assert_string_equal(answer_header(&a, "Content-Encoding"), "");
        assert_string_not_equal(answer_header(&a, "ETag"), tag);
        answer_free(&a);
    }
}

/* ---- the cache alone ---- */

static void old_entries_give_way(void **state)
{
    (void)state;
    struct http_cache *c = http_cache_new(1024 * 1024);
    char body[20000];
    memset(body, 'x', sizeof(body));
    struct cache_answer a = {.body = {body, sizeof(body)}, .type = "image/png"};
    char target[32];
    int kept = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(target, sizeof(target), "/%d", i);
        cache_entry_unref(http_cache_put(c, (struct cache_key){0, str_c(target), 0}, 1, 0, &a));
        /* the first is asked for again and again, so it stays */
        struct cache_entry *e = http_cache_find(c, (struct cache_key){0, STR("/0"), 0}, 1, 1);
        assert_non_null(e);
        cache_entry_unref(e);
    }
    for (int i = 0; i < 200; i++) {
        snprintf(target, sizeof(target), "/%d", i);
        struct cache_entry *e = http_cache_find(c, (struct cache_key){0, str_c(target), 0}, 1, 1);
        kept += e != NULL;
        cache_entry_unref(e);
    }
    assert_in_range(kept, 20, 50);
    http_cache_free(c);
}

static void entries_grow_old(void **state)
{
    (void)state;
    struct http_cache *c = http_cache_new(1024 * 1024);
    struct cache_answer a = {.body = STR("x"), .type = "text/plain"};
    struct cache_key key = {0, STR("/"), 3};
    struct cache_entry *e;
    cache_entry_unref(http_cache_put(c, key, 7, 1000, &a));
    assert_non_null(e = http_cache_find(c, key, 7, 1000 + HTTP_CACHE_MS - 1));
    assert_null(http_cache_find(c, (struct cache_key){0, STR("/"), 4}, 7, 1000));
    assert_null(http_cache_find(c, key, 7, 1000 + HTTP_CACHE_MS));
    assert_null(http_cache_find(c, key, 7, 1000));
    cache_entry_unref(e); /* held over its removal */
    cache_entry_unref(http_cache_put(c, key, 7, 1000, &a));
    assert_null(http_cache_find(c, key, 8, 1000));

    struct cache_answer until = a; /* something in it changes by the clock */
    until.at_most_ms = 250;
    cache_entry_unref(http_cache_put(c, key, 7, 1000, &until));
    assert_non_null(e = http_cache_find(c, key, 7, 1249));
    cache_entry_unref(e);
    assert_null(http_cache_find(c, key, 7, 1250));

    struct cache_key other = {1, STR("/"), 3};
    struct cache_answer lasting = a;
    lasting.immutable = true;
    cache_entry_unref(http_cache_put(c, key, 7, 1000, &a));
    cache_entry_unref(http_cache_put(c, other, 7, 1000, &a));
    cache_entry_unref(http_cache_put(c, (struct cache_key){0, STR("/style"), 0}, 7, 1000, &lasting));
    http_cache_tidy(c, 0, 1000 + HTTP_CACHE_MS - 1);
    assert_non_null(e = http_cache_find(c, key, 7, 1000));
    cache_entry_unref(e);
    http_cache_tidy(c, 0, 1000 + HTTP_CACHE_MS);
    assert_null(http_cache_find(c, key, 7, 1000));
    assert_non_null(e = http_cache_find(c, other, 7, 1000));
    cache_entry_unref(e);
    assert_non_null(e = http_cache_find(c, (struct cache_key){0, STR("/style"), 0}, 7, 1000));
    cache_entry_unref(e);
    http_cache_free(c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pages_are_made_once),
        T(what_differs_is_kept_apart),
        T(persons_get_their_own),
        T(what_the_clock_changes_is_made_again),
        T(a_change_drops_pages),
        T(tags_save_the_bytes),
        T(pages_are_compressed_once),
        cmocka_unit_test(old_entries_give_way),
        cmocka_unit_test(entries_grow_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
