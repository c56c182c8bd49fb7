/* Canonical JSON by the examples of RFC 8785, and base58. */
#include "node/base/arena.h"
#include "node/base/base58.h"
#include "node/base/crypt.h"
#include "node/base/jcs.h"
#include "node/base/json.h"

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

static struct str canon(struct arena *a, const char *text)
{
    json_t *j;
    struct buf b;
    assert_int_equal(json_read(a, str_c(text), NULL, &j), OK);
    buf_init_arena(&b, a, 1 << 20);
    assert_int_equal(jcs_write(a, j, &b), OK);
    return buf_str(&b);
}

/* RFC 8785, appendix B, by the bits of the double. */
static void numbers_as_ecmascript_prints_them(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } of[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        {0x3d30000000000000, "5.684341886080802e-14"}, /* 2^-44: its lower neighbour is nearer */
    };
    struct arena *a = *state;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        double v;
        struct buf b;
        memcpy(&v, &of[i].bits, sizeof v);
        buf_init_arena(&b, a, 100);
        jcs_number(&b, v);
        CHECK_STR(buf_str(&b), of[i].text);
    }
    CHECK_STR(canon(a, "[-71.184902,25.273962,1E2,100,0.1,-0,-0.0,9007199254740993,123456789012]"),
              "[-71.184902,25.273962,100,100,0.1,0,0,9007199254740992,123456789012]");
}

/* RFC 8785, sections 3.2.2 and 3.2.3. */
static void names_in_the_order_of_utf16(void **state)
{
    struct arena *a = *state;
    CHECK_STR(canon(a, "{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,"
                       "0.000000000000000000000000001],"
                       "\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\","
                       "\"literals\":[null,true,false]}"),
              "{\"literals\":[null,true,false],"
              "\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
              "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    CHECK_STR(canon(a, "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
                       "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
                       "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                       "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}"),
              "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
              "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\","
              "\"\xe2\x82\xac\":\"Euro Sign\","
              "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
              "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
    CHECK_STR(canon(a, "{\"\\b\\t\\n\\u000b\\f\\r\\u007f\":[],\"\":{},\"a\":1,\"aa\":2}"),
              "{\"\":{},\"\\b\\t\\n\\u000b\\f\\r\x7f\":[],\"a\":1,\"aa\":2}");
}

static void base58_both_ways(void **state)
{
    /* draft-msporny-base58, section 5. */
    static const struct {
        const char *raw;
        size_t n;
        const char *text;
    } of[] = {
        {"Hello World!", 12, "2NEpo7TZRRrLZSi2U"},
        {"The quick brown fox jumps over the lazy dog.", 44,
         "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"},
        {"\0\0\x28\x7f\xb4\xcd", 6, "11233QC4"},
        {"", 0, ""},
        {"\0", 1, "1"},
    };
    struct arena *a = *state;
    unsigned char raw[BASE58_MAX + 1];
    size_t n;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct buf b;
        buf_init_arena(&b, a, 4096);
        assert_true(base58_encode(&b, (const unsigned char *)of[i].raw, of[i].n));
        CHECK_STR(buf_str(&b), of[i].text);
        assert_true(base58_decode(str_c(of[i].text), raw, sizeof raw - 1, &n));
        assert_int_equal(n, of[i].n);
        assert_memory_equal(raw, of[i].raw, n);
        if (n > 0)
            assert_false(base58_decode(str_c(of[i].text), raw, n - 1, &n));
    }
    static const char *const bad[] = {"0", "O", "I", "l", "2NEpo7 ", "2NEpo7-", "\xc3\xb6"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(base58_decode(str_c(bad[i]), raw, sizeof raw - 1, &n));
    assert_false(base58_decode((struct str){"2\0", 2}, raw, 10, &n));
    assert_false(base58_decode(str_c("2"), raw, sizeof raw, &n)); /* more than anybody writes */
    assert_false(multibase_decode(str_c("m2NEpo7"), raw, 100, &n));
    assert_false(multibase_decode(str_c("z"), raw, 100, &n));
    memset(raw, 0xff, sizeof raw);
    struct buf b;
    buf_init_arena(&b, a, 4096);
    assert_true(base58_encode(&b, raw, BASE58_MAX));
    struct str longest = buf_str(&b);
    assert_true(base58_decode(longest, raw, BASE58_MAX, &n));
    assert_int_equal(n, BASE58_MAX);
    assert_false(base58_encode(&b, raw, BASE58_MAX + 1));
}

static void rsa_keys_are_multikeys_too(void **state)
{
    struct arena *a = *state;
    struct crypt_key *k = NULL, *back = NULL;
    assert_int_equal(crypt_key_generate(CRYPT_RSA, &k), OK);
    struct str text = crypt_key_multikey(a, k);
    assert_true(str_starts(text, STR("z4MX"))); /* how all rsa-pub keys of 2048 bits begin */
    assert_int_equal(crypt_key_read_multikey(text, &back), OK);
    assert_int_equal(crypt_key_type(back), CRYPT_RSA);
    assert_true(crypt_verify(back, STR("tea"), crypt_sign(a, k, STR("tea"))));
    assert_false(crypt_verify(back, STR("tee"), crypt_sign(a, k, STR("tea"))));
    crypt_key_free(back);
    assert_int_equal(crypt_key_read_multikey(str_sub(text, 0, text.n - 1), &back), ERR_INVALID);
    assert_int_equal(crypt_key_read_multikey(str_fmt(a, STR_FMT "1", STR_ARG(text)), &back),
                     ERR_INVALID);
    crypt_key_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_as_ecmascript_prints_them, begin, end),
        cmocka_unit_test_setup_teardown(names_in_the_order_of_utf16, begin, end),
        cmocka_unit_test_setup_teardown(base58_both_ways, begin, end),
        cmocka_unit_test_setup_teardown(rsa_keys_are_multikeys_too, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
