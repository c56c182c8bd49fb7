/* How the address of a storage is read, and where its links lead. */
#include "node/net/s3.h"

#include "tests/unit/store.h"

static struct cx *make(struct store **s)
{
    *s = store_new();
    return cx_new(&(*s)->node);
}

static void spellings(void **state)
{
    struct store *store;
    struct cx *cx = make(&store);
    struct s3 s;
    (void)state;
    assert_int_equal(s3_parse(cx, STR("s3://AK:se/cr+t=@127.0.0.1:9000/media/tea/x/?scheme=http&region=eu-1"), &s), OK);
    CHECK_STR(s.key.id, "AK");
    CHECK_STR(s.key.secret, "se/cr+t=");
    CHECK_STR(s.key.region, "eu-1");
    CHECK_STR(s.origin, "http://127.0.0.1:9000");
    CHECK_STR(s.host, "127.0.0.1:9000");
    CHECK_STR(s.root, "/media");
    CHECK_STR(s.base, "/media/tea/x/");
    assert_int_equal(s3_parse(cx, STR("s3://AK:a%2Fb%40c@S3.eu-1.amazonaws.com/pots"), &s), OK);
    CHECK_STR(s.key.secret, "a/b@c");
    CHECK_STR(s.key.region, "us-east-1");
    CHECK_STR(s.origin, "https://pots.s3.eu-1.amazonaws.com");
    CHECK_STR(s.root, "/");
    CHECK_STR(s.base, "/");
    assert_int_equal(s3_parse(cx, STR("s3://AK:x@y@minio/pots/tea?style=virtual&public=https://files.example.org"), &s), OK);
    CHECK_STR(s.key.secret, "x@y");
    CHECK_STR(s.origin, "https://pots.minio");
    CHECK_STR(s.base, "/tea/");
    CHECK_STR(s.public_origin, "https://files.example.org");
    CHECK_STR(s.public_host, "files.example.org");
    cx_free(cx);
    store_free(store);
}

static void what_is_no_address(void **state)
{
    static const char *const bad[] = {
        "", "s3:", "s3://", "http://AK:s@h/bucket", "s3://h/bucket", "s3://AK@h/bucket", "s3://AK:@h/bucket",
        "s3://:s@h/bucket", "s3://AK:s@h", "s3://AK:s@h/", "s3://AK:s@h/ab", "s3://AK:s@/bucket",
        "s3://AK:s@h/bu cket", "s3://AK:s@h/bucket//x", "s3://AK:s@h/bucket/../x", "s3://AK:s@h/bucket/a%2fb",
        "s3://AK:s@h/bucket?region=", "s3://AK:s@h/bucket?style=both", "s3://AK:s@h/bucket?scheme=ftp",
        "s3://AK:s@h/bucket?public=files.example.org", "s3://AK:s@h/bucket?public=https://h/path",
        "s3://AK:s@h/bucket?acl=public-read", "s3://AK:s@h:port/bucket", "s3://AK:s@0x7f.1/bucket",
        "s3://AK:s@127.0.0.1/bucket?style=virtual", "s3://A%00K:s@h/bucket",
    };
    struct store *store;
    struct cx *cx = make(&store);
    struct s3 s;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cx->tell = NULL;
        if (s3_parse(cx, str_c(bad[i]), &s) != ERR_INVALID || cx->tell == NULL)
            fail_msg("taken: %s", bad[i]);
    }
    cx_free(cx);
    store_free(store);
}

/* Equal for half of its life, so that a browser may keep the picture; on the host that browsers know. */
static void links(void **state)
{
    struct store *store;
    struct cx *cx = make(&store);
    struct s3 s;
    (void)state;
    assert_int_equal(s3_parse(cx, STR("s3://AK:s@minio:9000/media/tea?scheme=http&public=https://f.example.org"), &s), OK);
    struct str get = s3_link(cx, &s, STR("ab/abc"), false, 300, STR("image/png"), STR_NULL);
    struct str head = s3_link(cx, &s, STR("ab/abc"), true, 300, STR("image/png"), STR_NULL);
    struct str file = s3_link(cx, &s, STR("ab/abc"), false, 300, STR("a/b"), STR("attachment; filename=\"x\""));
    assert_true(str_starts(get, STR("https://f.example.org/media/tea/ab/abc?X-Amz-Algorithm=AWS4-HMAC-SHA256&")));
    assert_true(str_contains(get, STR("&X-Amz-Expires=300&")));
    assert_true(str_contains(get, STR("&response-content-type=image%2Fpng&")));
    assert_false(str_contains(get, STR("disposition")));
    assert_true(str_contains(file, STR("&response-content-disposition=attachment%3B%20filename%3D%22x%22&")));
    assert_false(str_eq(get, head)); /* the method is signed */
    cx_free(cx);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
