#include "node/base/arena.h"
#include "node/base/crypt.h"

#include <pthread.h>
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

static void hashes_are_the_known_ones(void **state)
{
    struct arena *a = *state;
    CHECK_STR(crypt_sha256_hex(a, STR("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_STR(crypt_sha256_hex(a, STR_NULL),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_STR(crypt_sha256_base64(a, STR("{\"hello\": \"world\"}")),
              "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
    CHECK_STR(crypt_sha512_base64(a, STR("{\"hello\": \"world\"}")),
              "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJ"
              "wew==");
    /* RFC 4231, case 2 */
    unsigned char mac[32];
    crypt_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), mac);
    static const unsigned char expect[4] = {0x5b, 0xdc, 0xc1, 0x46};
    assert_memory_equal(mac, expect, 4);
}

static void base64_is_strict(void **state)
{
    struct arena *a = *state;
    struct str out;
    assert_true(crypt_base64_decode(a, STR("YWI="), &out));
    CHECK_STR(out, "ab");
    assert_true(crypt_base64_decode(a, STR("YWJj"), &out));
    CHECK_STR(out, "abc");
    assert_true(crypt_base64_decode(a, STR(""), &out));
    assert_false(crypt_base64_decode(a, STR("YWI"), &out));
    assert_false(crypt_base64_decode(a, STR("YWJ="), &out)); /* left-over bits */
    assert_false(crypt_base64_decode(a, STR("===="), &out));
    assert_false(crypt_base64_decode(a, STR("Y=I="), &out));
    assert_false(crypt_base64_decode(a, STR("YW I"), &out));
    assert_false(crypt_base64_decode(a, STR("__4="), &out));
    assert_true(crypt_base64url_decode(a, STR("__4"), &out));
    assert_int_equal(out.n, 2);
    assert_false(crypt_base64url_decode(a, STR("__4="), &out));
    assert_false(crypt_base64url_decode(a, STR("_"), &out));
}

static void tokens_differ(void **state)
{
    struct arena *a = *state;
    struct str x = crypt_token(a, 32), y = crypt_token(a, 32);
    assert_int_equal(x.n, 43);
    assert_false(str_eq(x, y));
}

static void passwords_are_checked(void **state)
{
    struct arena *a = *state;
    struct str h = crypt_password_hash(a, STR("lapsang"));
    assert_true(str_starts(h, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_true(crypt_password_verify(h, STR("lapsang")));
    assert_false(crypt_password_verify(h, STR("Lapsang")));
    assert_false(crypt_password_verify(h, STR("")));
    assert_false(crypt_password_verify(STR("nonsense"), STR("")));
    assert_false(crypt_password_verify(STR_NULL, STR("")));
    crypt_password_waste(STR("lapsang"));
}

static void sealed_opens_only_untouched(void **state)
{
    struct arena *a = *state;
    unsigned char key[32] = {1}, other[32] = {2};
    struct str s = crypt_seal(a, key, STR("secret")), out;
    assert_int_equal(crypt_open(a, key, s, &out), OK);
    CHECK_STR(out, "secret");
    assert_int_equal(crypt_open(a, other, s, &out), ERR_INVALID);
    for (size_t i = 0; i < s.n; i++) {
        char *bad = arena_copy(a, s.p, s.n);
        bad[i] ^= 1;
        assert_int_equal(crypt_open(a, key, (struct str){bad, s.n}, &out), ERR_INVALID);
        assert_int_equal(crypt_open(a, key, str_sub(s, 0, i), &out), ERR_INVALID);
    }
    struct str again = crypt_seal(a, key, STR("secret"));
    assert_false(str_eq(s, again));
    s = crypt_seal(a, key, STR(""));
    assert_int_equal(crypt_open(a, key, s, &out), OK);
    assert_int_equal(out.n, 0);
}

static void keys_go_round(void **state)
{
    struct arena *a = *state;
    const enum crypt_key_type types[] = {CRYPT_RSA, CRYPT_ED25519};
    for (size_t i = 0; i < 2; i++) {
        struct crypt_key *k, *pub, *again;
        assert_int_equal(crypt_key_generate(types[i], &k), OK);
        assert_int_equal(crypt_key_type(k), types[i]);
        struct str pem = crypt_key_public_pem(a, k);
        assert_true(str_starts(pem, STR("-----BEGIN PUBLIC KEY-----")));
        assert_int_equal(crypt_key_read_public(pem, &pub), OK);
        struct str secret = crypt_key_private_pem(a, k);
        assert_true(str_starts(secret, STR("-----BEGIN PRIVATE KEY-----")));
        assert_int_equal(crypt_key_read_private(secret, &again), OK);
        struct str sig = crypt_sign(a, again, STR("tea"));
        assert_true(crypt_verify(pub, STR("tea"), sig));
        assert_false(crypt_verify(pub, STR("Tea"), sig));
        assert_false(crypt_verify(pub, STR("tea"), str_sub(sig, 0, sig.n - 1)));
        assert_false(crypt_verify(pub, STR("tea"), STR_NULL));
        struct crypt_key *none = NULL;
        assert_int_equal(crypt_key_read_private(pem, &none), ERR_INVALID);
        assert_null(none);
        crypt_key_free(k);
        crypt_key_free(pub);
        crypt_key_free(again);
    }
    assert_null(crypt_key_free(NULL));
}

static void multikeys_are_read_and_written(void **state)
{
    struct arena *a = *state;
    /* An example of the did:key method, section "Ed25519". */
    struct str known = STR("z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp");
    struct crypt_key *k, *none;
    assert_int_equal(crypt_key_read_multikey(known, &k), OK);
    assert_int_equal(crypt_key_type(k), CRYPT_ED25519);
    assert_true(str_eq(crypt_key_multikey(a, k), known));
    crypt_key_free(k);
    assert_int_equal(crypt_key_read_multikey(str_sub(known, 1, SIZE_MAX), &none), ERR_INVALID);
    assert_int_equal(crypt_key_read_multikey(str_sub(known, 0, 40), &none), ERR_INVALID);
    assert_int_equal(crypt_key_read_multikey(STR("z"), &none), ERR_INVALID);
    assert_int_equal(
        crypt_key_read_multikey(STR("z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW0"), &none),
        ERR_INVALID);
    assert_int_equal(
        crypt_key_read_multikey(STR("zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"), &none),
        ERR_INVALID); /* secp256k1 */
}

static void weak_or_odd_keys_are_refused(void **state)
{
    (void)state;
    struct crypt_key *k;
    struct str weak =
        STR("-----BEGIN PUBLIC KEY-----\n"
            "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3\n"
            "6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6\n"
            "Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw\n"
            "oYi+1hqp1fIekaxsyQIDAQAB\n-----END PUBLIC KEY-----\n");
    assert_int_equal(crypt_key_read_public(weak, &k), ERR_INVALID);
    assert_int_equal(crypt_key_read_public_min(weak, 1024, &k), OK);
    crypt_key_free(k);
    assert_int_equal(crypt_key_read_public(STR("-----BEGIN PUBLIC KEY-----"), &k), ERR_INVALID);
    assert_int_equal(crypt_key_read_public(STR(""), &k), ERR_INVALID);
    struct str p256 =
        STR("-----BEGIN PUBLIC KEY-----\n"
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n"
            "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"
            "-----END PUBLIC KEY-----\n");
    assert_int_equal(crypt_key_read_public(p256, &k), ERR_INVALID);
}

static void pkcs1_public_keys_are_read(void **state)
{
    (void)state;
    struct crypt_key *k;
    /* RFC 9421 B.1.1 */
    assert_int_equal(
        crypt_key_read_public(
            STR("-----BEGIN RSA PUBLIC KEY-----\n"
                "MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw\n"
                "WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq\n"
                "MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg\n"
                "kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P\n"
                "uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ\n"
                "PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB\n"
                "-----END RSA PUBLIC KEY-----\n"),
            &k),
        OK);
    crypt_key_free(k);
}

static void *sign_many(void *arg)
{
    const struct crypt_key *k = arg;
    struct arena *a = arena_new();
    bool ok = true;
    for (int i = 0; i < 50; i++) {
        struct str m = str_fmt(a, "message %d", i);
        ok = ok && crypt_verify(k, m, crypt_sign(a, k, m));
    }
    arena_free(a);
    return ok ? arg : NULL;
}

static void one_key_serves_many_threads(void **state)
{
    (void)state;
    struct crypt_key *k;
    assert_int_equal(crypt_key_generate(CRYPT_RSA, &k), OK);
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, sign_many, k), 0);
    for (int i = 0; i < 4; i++) {
        void *ok;
        pthread_join(t[i], &ok);
        assert_non_null(ok);
    }
    crypt_key_free(k);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(hashes_are_the_known_ones),
        T(base64_is_strict),
        T(tokens_differ),
        T(passwords_are_checked),
        T(sealed_opens_only_untouched),
        T(keys_go_round),
        T(multikeys_are_read_and_written),
        T(weak_or_odd_keys_are_refused),
        T(pkcs1_public_keys_are_read),
        T(one_key_serves_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
