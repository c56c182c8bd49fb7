#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/base/jw.h"

#include <string.h>

#include "tests/unit/unit.h"

static int begin(void **state)
{
    *state = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(*state);
    return 0;
}

static enum err reads(struct arena *a, const char *text)
{
    json_t *j;
    return json_read(a, str_c(text), NULL, &j);
}

static void odd_documents_are_refused(void **state)
{
    struct arena *a = *state;
    static const char *const bad[] = {
        "", " ", "{", "1", "\"x\"", "{} x", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":1}}",
        "{\"a\":\"\xC0\xAF\"}", "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u0000\"}", "{\"@graph\":[]}", "[{\"x\":[{\"@reverse\":1}]}]",
        "{\"x\":{\"@included\":1}}", "{\"\\u0040graph\":1}", "{'a':1}", "{\"a\":NaN}",
        "{\"a\":1e999}", "{\"a\":01}", "{\"a\":1,}", "[1}", "{\"a\":\"\n\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (reads(a, bad[i]) != ERR_INVALID)
            fail_msg("not refused: %s", bad[i]);
    assert_int_equal(json_read(a, (struct str){"{}\0", 3}, NULL, &(json_t *){NULL}), ERR_INVALID);
    assert_int_equal(reads(a, "{\"@graphs\":1,\"graph\":\"@graph\"}"), OK);
    assert_int_equal(reads(a, "\xEF\xBB\xBF{}"), OK);
    assert_int_equal(reads(a, "[]"), OK);
}

static void depth_is_limited(void **state)
{
    struct arena *a = *state;
    char s[4001];
    for (size_t depth = 30; depth < 2000; depth += depth < 34 ? 1 : 500) {
        memset(s, '[', depth);
        memset(s + depth, ']', depth);
        s[depth * 2] = '\0';
        assert_int_equal(reads(a, s), depth <= 32 ? OK : ERR_TOO_LARGE);
    }
    assert_int_equal(reads(a, "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[\"}"), OK);
}

static void size_is_limited(void **state)
{
    struct arena *a = *state;
    struct buf b;
    buf_init(&b, 1 << 21);
    json_t *j;
    for (int n = 4998; n <= 5001; n++) {
        buf_clear(&b);
        buf_lit(&b, "[0");
        for (int i = 1; i < n; i++)
            buf_lit(&b, ",0");
        buf_lit(&b, "]");
        assert_int_equal(json_read(a, buf_str(&b), NULL, &j), n <= 4999 ? OK : ERR_TOO_LARGE);
    }
    const struct json_limits few = {.max_values = 4};
    assert_int_equal(json_read(a, STR("{\"a\":[],\"b\":{}}"), &few, &j), OK);
    assert_int_equal(json_read(a, STR("{\"a\":[1],\"b\":{}}"), &few, &j), OK);
    assert_int_equal(json_read(a, STR("{\"a\":[1],\"b\":[2]}"), &few, &j), ERR_TOO_LARGE);
    const struct json_limits small = {.max_bytes = 10};
    assert_int_equal(json_read(a, STR("{\"a\":1234}"), &small, &j), OK);
    assert_int_equal(json_read(a, STR("{\"a\":12345}"), &small, &j), ERR_TOO_LARGE);
    buf_clear(&b);
    buf_lit(&b, "[\"");
    while (b.n < 1024 * 1024)
        buf_lit(&b, "aaaaaaaaaaaaaaaa");
    buf_lit(&b, "\"]");
    assert_int_equal(json_read(a, buf_str(&b), NULL, &j), ERR_TOO_LARGE);
    buf_free(&b);
}

static json_t *doc(struct arena *a, const char *text)
{
    json_t *j = NULL;
    assert_int_equal(json_read(a, str_c(text), NULL, &j), OK);
    return j;
}

static void getters_are_tolerant(void **state)
{
    struct arena *a = *state;
    json_t *j = doc(a, "{\"@id\":\"i\",\"actor\":{\"id\":\"a\"},\"to\":[\"x\",null,{\"@id\":\"y\"}],"
                       "\"object\":[{\"type\":[\"as:Note\",\"Other\"],\"name\":null}],"
                       "\"endpoints\":{\"sharedInbox\":\"s\"},\"n\":\"12\",\"r\":3.0,\"f\":3.5,"
                       "\"cc\":null,\"empty\":[],\"b\":true}");
    CHECK_STR(ld_str(j, "id"), "i");
    CHECK_STR(ld_id(j), "i");
    CHECK_STR(ld_id_at(j, "actor"), "a");
    CHECK_STR(ld_id_at(j, "id"), "i");
    CHECK_STR(ld_str(j, "endpoints.sharedInbox"), "s");
    CHECK_STR(ld_id_at(j, "to"), "x");
    assert_null(ld_str(j, "actor").p);
    assert_null(ld_str(j, "object.name").p);
    assert_null(ld_str(j, "endpoints.sharedInbox.deeper").p);
    assert_null(ld_str(NULL, "x").p);
    assert_null(ld_get(j, "cc"));
    assert_null(ld_get(j, ""));
    assert_null(ld_get(j, "a..b"));
    assert_int_equal(ld_count(ld_get(j, "to")), 3);
    assert_int_equal(ld_count(ld_get(j, "cc")), 0);
    assert_int_equal(ld_count(ld_get(j, "actor")), 1);
    assert_true(ld_type_is(ld_get(j, "object"), "Note"));
    assert_true(ld_type_is(ld_get(j, "object"), "Other"));
    assert_false(ld_type_is(ld_get(j, "object"), "Article"));
    assert_false(ld_type_is(NULL, "Note"));
    CHECK_STR(ld_type(ld_get(j, "object")), "Note");
    int64_t v;
    assert_true(ld_i64(j, "n", &v) && v == 12);
    assert_true(ld_i64(j, "r", &v) && v == 3);
    assert_false(ld_i64(j, "f", &v));
    assert_false(ld_i64(j, "actor", &v));
    assert_true(ld_bool(j, "b", false));
    assert_true(ld_bool(j, "absent", true));
    struct buf b;
    buf_init(&b, 100);
    LD_EACH(i, e, ld_get(j, "to")) {
        if (json_is_null(e))
            continue;
        buf_put(&b, ld_id(e));
    }
    LD_EACH(k, e, ld_get(j, "empty"))
        fail_msg("%p", (void *)e);
    CHECK_STR(buf_str(&b), "xy");
    buf_free(&b);
}

static void loops_can_be_left(void **state)
{
    struct arena *a = *state;
    json_t *j = doc(a, "[1,2,3]");
    int sum = 0;
    LD_EACH(i, e, j) {
        if (json_integer_value(e) == 2)
            continue;
        sum += (int)json_integer_value(e);
    }
    assert_int_equal(sum, 4);
    sum = 0;
    LD_EACH(i, e, j) {
        if (json_integer_value(e) == 2)
            break;
        sum += (int)json_integer_value(e);
    }
    assert_int_equal(sum, 1);
}

static void words_and_addresses_and_times(void **state)
{
    struct arena *a = *state;
    json_t *j = doc(a, "{\"name\":\"n\",\"contentMap\":{\"zh\":\"星\",\"en\":\"star\"},"
                       "\"url\":[\"u\",{\"type\":\"Link\",\"href\":\"v\",\"mediaType\":\"video/mp4\"},"
                       "{\"type\":\"Link\",\"href\":\"h\",\"mediaType\":\"text/html\"}],"
                       "\"link\":{\"href\":\"w\"},\"type\":\"https://www.w3.org/ns/activitystreams#Note\","
                       "\"published\":\"2026-11-20T16:00:00+08:00\",\"bad\":\"yesterday\"}");
    struct str lang;
    CHECK_STR(ld_lang(j, "content", &lang), "星");
    CHECK_STR(lang, "zh");
    CHECK_STR(ld_lang(j, "name", &lang), "n");
    assert_null(lang.p);
    assert_null(ld_lang(j, "summary", NULL).p);
    CHECK_STR(ld_url(j, "url"), "h");
    CHECK_STR(ld_url(j, "link"), "w");
    assert_null(ld_url(j, "none").p);
    assert_true(ld_type_is(j, "Note"));
    int64_t ms;
    assert_true(ld_time(j, "published", &ms));
    assert_true(ms == INT64_C(1795161600000));
    assert_false(ld_time(j, "bad", &ms));
    assert_false(ld_time(j, "none", &ms));
}

static void the_writer_keeps_its_commas(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    buf_init(&b, 1000);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "type", "No\"te");
    jw_key(&w, "to");
    jw_arr(&w);
    jw_str(&w, STR("a"));
    jw_i64(&w, -1);
    jw_obj(&w);
    jw_end(&w);
    jw_arr(&w);
    jw_end(&w);
    jw_null(&w);
    jw_end(&w);
    jw_key_id(&w, "id", INT64_MAX);
    jw_key_bool(&w, "b", false);
    jw_key_time(&w, "t", INT64_C(1795161600000));
    jw_key_opt(&w, "gone", STR_NULL);
    jw_key_i64(&w, "n", 0);
    jw_key(&w, "raw");
    jw_raw(&w, STR("{\"x\":1}"));
    jw_key_str(&w, "null", STR_NULL);
    assert_false(jw_done(&w));
    jw_end(&w);
    assert_true(jw_done(&w));
    CHECK_STR(buf_str(&b),
              "{\"type\":\"No\\\"te\",\"to\":[\"a\",-1,{},[],null],\"id\":\"9223372036854775807\","
              "\"b\":false,\"t\":\"2026-11-20T08:00:00Z\",\"n\":0,\"raw\":{\"x\":1},\"null\":null}");
    buf_free(&b);
}

static void the_writer_notices_misuse(void **state)
{
    (void)state;
    struct buf b;
    struct jw w;
    buf_init(&b, 100);
    jw_init(&w, &b);
    assert_false(jw_done(&w));
    jw_obj(&w);
    jw_i64(&w, 1); /* no key */
    jw_end(&w);
    assert_false(jw_done(&w));
    jw_init(&w, &b);
    jw_arr(&w);
    jw_key(&w, "k");
    assert_true(w.bad);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "k");
    jw_end(&w);
    assert_true(w.bad);
    jw_init(&w, &b);
    jw_i64(&w, 1);
    jw_i64(&w, 2);
    assert_true(w.bad);
    jw_init(&w, &b);
    for (int i = 0; i < 33; i++)
        jw_arr(&w);
    assert_true(w.bad);
    buf_clear(&b);
    jw_init(&w, &b);
    jw_end(&w);
    assert_true(w.bad);
    struct buf tiny;
    buf_init(&tiny, 3);
    jw_init(&w, &tiny);
    jw_str(&w, STR("long"));
    assert_false(jw_done(&w));
    buf_free(&tiny);
    buf_free(&b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(odd_documents_are_refused),     T(depth_is_limited),
        T(size_is_limited),               T(getters_are_tolerant),
        T(loops_can_be_left),    T(words_and_addresses_and_times),
        T(the_writer_keeps_its_commas),   T(the_writer_notices_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
