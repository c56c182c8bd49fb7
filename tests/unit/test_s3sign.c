/* The examples that AWS publishes with the standard ("Signature Calculations for the Authorization
 * Header" and "Authenticating Requests: Using Query Parameters"), all on one day. */
#include "node/net/s3sign.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include <string.h>

#include "tests/unit/unit.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct s3sign_key key = {STR_INIT("AKIAIOSFODNN7EXAMPLE"),
                                      STR_INIT("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                      STR_INIT("us-east-1")};
static const struct str host = STR_INIT("examplebucket.s3.amazonaws.com");

static int64_t day(void)
{
    int64_t t;
    assert_true(clock_parse_rfc3339(STR("2013-05-24T00:00:00Z"), &t));
    return t;
}

static void check(struct arena *a, struct s3sign_request rq, const char *names, const char *signature)
{
    rq.host = host;
    rq.now = day();
    struct str want = str_fmt(a,
                              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"
                              "s3/aws4_request,SignedHeaders=%s,Signature=%s", names, signature);
    CHECK_STR(s3sign_header(a, &key, &rq), want.p);
}

static void get_of_a_range(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    const struct s3sign_pair h[] = {{STR("x-amz-content-sha256"), STR(EMPTY)},
                                    {STR("range"), STR("bytes=0-9")}};
    check(a, (struct s3sign_request){.method = "GET", .path = s3sign_path(a, STR("/test.txt")),
                                     .query = STR(""), .headers = h, .n_headers = 2,
                                     .payload = STR(EMPTY)},
          "host;range;x-amz-content-sha256;x-amz-date",
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    arena_free(a);
}

static void put_of_an_object(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    struct str hash = crypt_sha256_hex(a, STR("Welcome to Amazon S3."));
    const struct s3sign_pair h[] = {{STR("date"), STR("Fri, 24 May 2013 00:00:00 GMT")},
                                    {STR("x-amz-content-sha256"), hash},
                                    {STR("x-amz-storage-class"), STR("REDUCED_REDUNDANCY")}};
    check(a, (struct s3sign_request){.method = "PUT", .path = s3sign_path(a, STR("/test$file.text")),
                                     .query = STR(""), .headers = h, .n_headers = 3, .payload = hash},
          "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    arena_free(a);
}

static void parameters_without_and_with_values(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    const struct s3sign_pair h[] = {{STR("x-amz-content-sha256"), STR(EMPTY)}};
    const struct s3sign_pair bare[] = {{STR("lifecycle"), STR("")}};
    const struct s3sign_pair two[] = {{STR("prefix"), STR("J")}, {STR("max-keys"), STR("2")}};
    struct s3sign_request rq = {.method = "GET", .path = STR("/"), .headers = h, .n_headers = 1,
                                .payload = STR(EMPTY)};
    rq.query = s3sign_query(a, bare, 1);
    check(a, rq, "host;x-amz-content-sha256;x-amz-date",
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    rq.query = s3sign_query(a, two, 2);
    CHECK_STR(rq.query, "max-keys=2&prefix=J");
    check(a, rq, "host;x-amz-content-sha256;x-amz-date",
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    arena_free(a);
}

static void presigned_address(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    struct s3sign_request rq = {.method = "GET", .host = host, .path = STR("/test.txt"), .now = day()};
    CHECK_STR(s3sign_url(a, &key, &rq, STR("https://examplebucket.s3.amazonaws.com"), 86400, NULL, 0),
              "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
              "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
              "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
              "&X-Amz-Signature="
              "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    arena_free(a);
}

static void what_is_encoded(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    CHECK_STR(s3sign_path(a, STR("/a b/茶+%~.txt")), "/a%20b/%E8%8C%B6%2B%25~.txt");
    const struct s3sign_pair v[] = {{STR("z"), STR("attachment; filename=\"a/b\"")}, {STR("B"), STR("=&")}};
    CHECK_STR(s3sign_query(a, v, 2), "B=%3D%26&z=attachment%3B%20filename%3D%22a%2Fb%22");
    CHECK_STR(s3sign_query(a, v, 0), "");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_of_a_range),
        cmocka_unit_test(put_of_an_object),
        cmocka_unit_test(parameters_without_and_with_values),
        cmocka_unit_test(presigned_address),
        cmocka_unit_test(what_is_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
