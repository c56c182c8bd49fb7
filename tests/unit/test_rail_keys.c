/* Keys in every shape that owners paste, Beijing's clock and yuan. */
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"

#include <string.h>

#include "tests/unit/china_vectors.h"
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

/* As it looks after a trip through a chat: broken anywhere, with spaces around. */
static struct str broken(struct arena *a, const char *s)
{
    struct str out = STR(" \r\n");
    for (size_t at = 0; at < strlen(s); at += 61)
        out = str_fmt(a, STR_FMT "%.61s \n\t", STR_ARG(out), s + at);
    return out;
}

static void a_private_key_is_known_in_each_shape(void **state)
{
    struct arena *a = *state;
    struct str shapes[] = {
        STR(APP_PKCS1),     STR(APP_PKCS8),          STR(APP_PKCS1_PEM),
        STR(APP_PKCS8_PEM), broken(a, APP_PKCS1),    broken(a, APP_PKCS8),
        STR("\"" APP_PKCS8 "\""), STR("Bag Attributes: none\n" APP_PKCS8_PEM),
        STR("-----BEGIN PRIVATE KEY-----\\n" APP_PKCS8 "\\n-----END PRIVATE KEY-----\\n"),
        STR("-----BEGIN PRIVATE KEY-----\n" APP_PKCS1 "\n-----END PRIVATE KEY-----"),
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct crypt_key *key = NULL;
        struct str kept;
        assert_int_equal(rail_key_private(a, shapes[i], &key, &kept), OK);
        CHECK_STR(kept, APP_PKCS8_PEM);
        CHECK_STR(rail_key_public_base64(a, key), APP_PUBLIC);
        CHECK_STR(rail_key_fingerprint(a, key), APP_FINGERPRINT);
    }
}

static void a_public_key_is_known_in_each_shape(void **state)
{
    struct arena *a = *state;
    struct str shapes[] = {STR(APP_PUBLIC), STR(APP_PUBLIC_PKCS1), STR(APP_PUBLIC_PEM),
                           broken(a, APP_PUBLIC)};
    const struct crypt_key *key = NULL;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct str kept;
        assert_int_equal(rail_key_public(a, shapes[i], &key, &kept), OK);
        CHECK_STR(kept, APP_PUBLIC_PEM);
        CHECK_STR(rail_key_fingerprint(a, key), APP_FINGERPRINT);
    }
    assert_int_equal(rail_key_public(a, STR(RAIL_CERT), &key, NULL), OK);
    CHECK_STR(rail_key_public_base64(a, key), RAIL_PUBLIC);
}

static void what_is_no_such_key_is_refused(void **state)
{
    struct arena *a = *state;
    const struct crypt_key *key;
    struct rail_cert cert;
    static const char *const wrong[] = {
        "", "abcd", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nMII\n", RAIL_SERIAL,
        "MAA=", "MAMCAQA=", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END",
        /* Ed25519 */
        "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF",
        "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(rail_key_private(a, str_c(wrong[i]), &key, NULL), ERR_INVALID);
        assert_int_equal(rail_key_public(a, str_c(wrong[i]), &key, NULL), ERR_INVALID);
        assert_int_equal(rail_cert_read(a, str_c(wrong[i]), &cert), ERR_INVALID);
    }
    /* the other half is not what was asked for */
    assert_int_equal(rail_key_private(a, STR(APP_PUBLIC), &key, NULL), ERR_INVALID);
    assert_int_equal(rail_key_public(a, STR(APP_PKCS8), &key, NULL), ERR_INVALID);
    assert_int_equal(rail_key_public(a, STR(APP_PKCS1_PEM), &key, NULL), ERR_INVALID);
    assert_int_equal(rail_cert_read(a, STR(APP_PUBLIC), &cert), ERR_INVALID);
}

static void a_certificate_says_its_number_and_time(void **state)
{
    struct arena *a = *state;
    struct rail_cert cert;
    assert_int_equal(rail_cert_read(a, STR(RAIL_CERT), &cert), OK);
    CHECK_STR(cert.serial, RAIL_SERIAL);
    assert_true(cert.from < WX_AT * 1000 && WX_AT * 1000 < cert.until);
    assert_int_equal((cert.until - cert.from) / 86400000, 18250);
    CHECK_STR(rail_key_public_base64(a, cert.key), RAIL_PUBLIC);
}

static void the_clock_is_beijings(void **state)
{
    struct arena *a = *state;
    int64_t ms;
    const int64_t at = INT64_C(1795276800000); /* 2026-11-21 16:00 UTC */
    CHECK_STR(cn_time(a, at), "2026-11-22 00:00:00");
    CHECK_STR(cn_day(a, at - 1000), "2026-11-21");
    CHECK_STR(cn_rfc3339(a, at), "2026-11-22T00:00:00+08:00");
    assert_true(cn_time_parse(STR("2026-11-22 00:00:00"), &ms));
    assert_int_equal(ms, at);
    static const char *const wrong[] = {"", "2026-11-22", "2026-11-22T00:00:00", "2026-02-29 00:00:00",
                                        "2026-11-22 24:00:00", "2026-11-22 00:00:00Z"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(cn_time_parse(str_c(wrong[i]), &ms));
}

static void yuan_are_exact(void **state)
{
    struct arena *a = *state;
    static const struct { const char *s; int64_t fen; } good[] = {
        {"99.00", 9900}, {"0.01", 1}, {"99.5", 9950}, {"99", 9900}, {"0", 0}, {"0099.00", 9900}};
    static const char *const wrong[] = {"", ".5", "5.", "-1.00", "+1", "1.001", "1,00", " 1", "1 ",
                                        "1e2", "1234567890123", "0x10", "1.0.0"};
    int64_t fen;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(cn_yuan_parse(str_c(good[i].s), &fen));
        assert_int_equal(fen, good[i].fen);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(cn_yuan_parse(str_c(wrong[i]), &fen));
    CHECK_STR(cn_yuan(a, 9905), "99.05");
    CHECK_STR(cn_yuan(a, 7), "0.07");
    CHECK_STR(cn_cut(STR("茶的星球：会员"), 127, 10), "茶的星");
    CHECK_STR(cn_cut(STR("茶的星球"), 2, 100), "茶的");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_private_key_is_known_in_each_shape, begin, end),
        cmocka_unit_test_setup_teardown(a_public_key_is_known_in_each_shape, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_such_key_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_certificate_says_its_number_and_time, begin, end),
        cmocka_unit_test_setup_teardown(the_clock_is_beijings, begin, end),
        cmocka_unit_test_setup_teardown(yuan_are_exact, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
