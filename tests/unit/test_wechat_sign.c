/* WeChat Pay's signatures and sealed callbacks, against what other people's code signs and seals. */
#include "node/base/arena.h"
#include "node/base/json.h"
#include "node/money/rails/key.h"
#include "node/money/rails/wechat_sign.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/china_vectors.h"
#include "tests/unit/unit.h"

#define NOW (WX_AT * 1000 + 2500)
#define PUB_ID "PUB_KEY_ID_0119000072912026112200000000001001"

struct world {
    struct arena *a;
    const struct crypt_key *mine, *theirs;
    struct wechat_signer signer;
    struct wechat_key keys[2];
    struct wechat_stamp stamp;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->a = arena_new();
    assert_int_equal(rail_key_private(w->a, STR(APP_PKCS8), &w->mine, NULL), OK);
    assert_int_equal(rail_key_public(w->a, STR(RAIL_PUBLIC), &w->theirs, NULL), OK);
    w->signer = (struct wechat_signer){STR("1900007291"), STR("408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"),
                                       w->mine};
    w->keys[0] = (struct wechat_key){STR(RAIL_SERIAL), w->theirs, NOW + 1};
    w->keys[1] = (struct wechat_key){STR(PUB_ID), w->theirs, 0};
    w->stamp = (struct wechat_stamp){str_fmt(w->a, "%lld", (long long)WX_AT), STR(WX_NONCE),
                                     STR(RAIL_SERIAL), STR(WX_CALLBACK_SIGN)};
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    arena_free(w->a);
    free(w);
    return 0;
}

static struct str signature_in(struct str authorization)
{
    size_t at = str_find(authorization, STR("signature=\""), 0);
    assert_true(at != SIZE_MAX);
    return str_sub(authorization, at + 11, str_find_char(authorization, '"', at + 11) - at - 11);
}

static void requests_are_signed_as_others_sign_them(void **state)
{
    struct world *w = *state;
    struct str nonce = STR(WX_NONCE);
    struct str s = wechat_authorization(w->a, &w->signer, "POST", STR("/v3/pay/transactions/native"),
                                        WX_AT, nonce, STR(WX_BODY));
    assert_true(str_starts(s, STR("WECHATPAY2-SHA256-RSA2048 mchid=\"1900007291\",nonce_str=\"" WX_NONCE
                                  "\",timestamp=\"")));
    assert_true(str_contains(s, STR(",serial_no=\"408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB\",")));
    CHECK_STR(signature_in(s), WX_POST_SIGN);
    s = wechat_authorization(w->a, &w->signer, "GET",
                             STR("/v3/pay/transactions/out-trade-no/01JD?mchid=1900007291"), WX_AT,
                             nonce, STR_NULL);
    CHECK_STR(signature_in(s), WX_GET_SIGN);
    s = wechat_authorization(w->a, &w->signer, "POST", STR("/v3/x"), WX_AT, nonce, STR(""));
    CHECK_STR(signature_in(s), WX_EMPTY_POST_SIGN);
    CHECK_STR(wechat_page_sign(w->a, w->mine, STR("wx8888888888888888"), w->stamp.timestamp, nonce,
                               STR("wx201410272009395522657a690389285100")),
              WX_PAGE_SIGN);
}

static enum wechat_verdict verdict(struct world *w, struct str body)
{
    return wechat_verify(w->a, w->keys, 2, &w->stamp, body, NOW);
}

static void callbacks_and_answers_are_verified(void **state)
{
    struct world *w = *state;
    assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_GENUINE);
    w->stamp.serial = STR(PUB_ID); /* the same day by the public key */
    assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_GENUINE);
    w->stamp.signature = STR(WX_EMPTY_ANSWER_SIGN);
    assert_int_equal(verdict(w, STR_NULL), WECHAT_GENUINE); /* 204 */
}

static void one_bit_is_enough(void **state)
{
    struct world *w = *state;
    size_t n = strlen(WX_CALLBACK);
    char *body = arena_copy(w->a, WX_CALLBACK, n);
    for (size_t i = 0; i < n; i += 7) {
        body[i] ^= 1;
        assert_int_equal(verdict(w, (struct str){body, n}), WECHAT_FORGED);
        body[i] ^= 1;
    }
    assert_int_equal(verdict(w, (struct str){body, n}), WECHAT_GENUINE);
    char *sign = arena_copy(w->a, WX_CALLBACK_SIGN, strlen(WX_CALLBACK_SIGN));
    w->stamp.signature.p = sign;
    for (size_t i = 0; i < strlen(WX_CALLBACK_SIGN); i += 5) {
        sign[i] = (char)(sign[i] == 'A' ? 'B' : 'A');
        assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_FORGED);
        sign[i] = WX_CALLBACK_SIGN[i];
    }
    w->stamp.nonce = STR("Ab3dEf6hIj9kLmN0pQrStUvWxYz12346");
    assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_FORGED);
    /* a line of the nonce that would be the body's */
    w->stamp.nonce = STR("a\nb");
    assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_FORGED);
}

static void another_clock_or_key_is_refused(void **state)
{
    struct world *w = *state;
    struct str body = STR(WX_CALLBACK);
    assert_int_equal(wechat_verify(w->a, w->keys, 2, &w->stamp, body, (WX_AT + 300) * 1000), WECHAT_UNKNOWN_KEY);
    w->keys[0].until = 0;
    assert_int_equal(wechat_verify(w->a, w->keys, 2, &w->stamp, body, (WX_AT + 300) * 1000), WECHAT_GENUINE);
    assert_int_equal(wechat_verify(w->a, w->keys, 2, &w->stamp, body, (WX_AT - 300) * 1000), WECHAT_GENUINE);
    assert_int_equal(wechat_verify(w->a, w->keys, 2, &w->stamp, body, (WX_AT + 301) * 1000), WECHAT_OUT_OF_TIME);
    assert_int_equal(wechat_verify(w->a, w->keys, 2, &w->stamp, body, (WX_AT - 301) * 1000), WECHAT_OUT_OF_TIME);
    w->stamp.serial = STR("00" RAIL_SERIAL);
    assert_int_equal(verdict(w, body), WECHAT_UNKNOWN_KEY);
    w->stamp.serial = STR("");
    assert_int_equal(verdict(w, body), WECHAT_INCOMPLETE);
    w->stamp.serial = STR(PUB_ID);
    w->stamp.timestamp = STR("99999999999999999999");
    assert_int_equal(verdict(w, body), WECHAT_OUT_OF_TIME);
    w->stamp.timestamp = STR("-9223372036854775808");
    assert_int_equal(verdict(w, body), WECHAT_OUT_OF_TIME);
    w->keys[1].key = w->mine; /* another party's key under that name */
    w->stamp.timestamp = str_fmt(w->a, "%lld", (long long)WX_AT);
    assert_int_equal(verdict(w, body), WECHAT_FORGED);
}

static void probes_are_no_alarm(void **state)
{
    struct world *w = *state;
    w->stamp.signature = STR("WECHATPAY/SIGNTEST/abcdef0123456789");
    assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_PROBE);
    w->stamp.serial = STR("unknown");
    assert_int_equal(verdict(w, STR(WX_CALLBACK)), WECHAT_PROBE);
}

static void callbacks_are_opened(void **state)
{
    struct world *w = *state;
    struct wechat_notice n;
    static const char *const bodies[] = {WX_CALLBACK, WX_CALLBACK_BARE};
    for (size_t i = 0; i < 2; i++) {
        int64_t total;
        assert_int_equal(wechat_notice_read(w->a, STR(API_KEY), str_c(bodies[i]), &n), OK);
        CHECK_STR(n.id, "EV-2018022511223320873");
        CHECK_STR(n.event_type, "TRANSACTION.SUCCESS");
        assert_int_equal(n.at, INT64_C(1795260302000));
        CHECK_STR(ld_str(n.about, "trade_state_desc"), "支付成功");
        assert_true(ld_i64(n.about, "amount.total", &total));
        assert_int_equal(total, 9900);
    }
    w->stamp.signature = STR(WX_CALLBACK_BARE_SIGN);
    assert_int_equal(verdict(w, STR(WX_CALLBACK_BARE)), WECHAT_GENUINE);
}

/* The resource of WX_CALLBACK, for a test to change. */
static json_t *resource(struct world *w)
{
    json_t *j;
    assert_int_equal(json_read(w->a, STR(WX_CALLBACK), NULL, &j), OK);
    return ld_get(j, "resource");
}

static void a_changed_seal_is_not_opened(void **state)
{
    struct world *w = *state;
    json_t *r = resource(w);
    struct str plain, text = str_dup(w->a, ld_str(r, "ciphertext"));
    assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), OK);
    CHECK_STR(plain, WX_PLAIN);
    char *p = arena_copy(w->a, text.p, text.n);
    for (size_t i = 0; i < text.n - 4; i += 3) { /* the last ones are the tag */
        char was = p[i];
        p[i] = was == 'Q' ? 'R' : 'Q';
        json_object_set_new(r, "ciphertext", json_stringn(p, text.n));
        assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), ERR_INVALID);
        p[i] = was;
    }
    json_object_set_new(r, "ciphertext", json_stringn(p, text.n));
    assert_int_equal(wechat_open(w->a, STR("0123456789abcdefghijklmnopqrstuw"), r, &plain), ERR_INVALID);
    assert_int_equal(wechat_open(w->a, STR("short"), r, &plain), ERR_INVALID);
    json_object_set_new(r, "associated_data", json_string("refund"));
    assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), ERR_INVALID);
    json_object_del(r, "associated_data");
    assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), ERR_INVALID);
    r = resource(w);
    json_object_set_new(r, "nonce", json_string("abc"));
    assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), ERR_INVALID);
    r = resource(w);
    json_object_set_new(r, "ciphertext", json_string("QUJD"));
    assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), ERR_INVALID);
    r = resource(w);
    json_object_set_new(r, "algorithm", json_string("AEAD_SM4_GCM"));
    assert_int_equal(wechat_open(w->a, STR(API_KEY), r, &plain), ERR_INVALID);
}

static void certificates_are_taken_in(void **state)
{
    struct world *w = *state;
    struct wechat_key keys[4];
    size_t n = 0;
    struct str list = STR(WX_CERTIFICATES);
    assert_int_equal(wechat_certificates_read(w->a, STR(API_KEY), list, NOW, keys, 4, &n), OK);
    assert_int_equal(n, 1);
    CHECK_STR(keys[0].serial, RAIL_SERIAL);
    assert_int_equal(wechat_verify(w->a, keys, n, &w->stamp, STR(WX_CALLBACK), NOW), WECHAT_GENUINE);
    /* run out: none that is good */
    assert_int_equal(wechat_certificates_read(w->a, STR(API_KEY), list, keys[0].until, keys, 4, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(wechat_certificates_read(w->a, STR(API_KEY), list, NOW, keys, 0, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(wechat_certificates_read(w->a, STR("0123456789abcdefghijklmnopqrstuw"), list, NOW, keys, 4, &n), ERR_INVALID);
    assert_int_equal(wechat_certificates_read(w->a, STR(API_KEY), STR("{}"), NOW, keys, 4, &n), ERR_INVALID);
    /* said to be another's */
    char *p = arena_copy(w->a, list.p, list.n);
    p[str_find(list, STR(RAIL_SERIAL), 0)] = '7';
    assert_int_equal(wechat_certificates_read(w->a, STR(API_KEY), (struct str){p, list.n}, NOW, keys, 4, &n), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_signed_as_others_sign_them, begin, end),
        cmocka_unit_test_setup_teardown(callbacks_and_answers_are_verified, begin, end),
        cmocka_unit_test_setup_teardown(one_bit_is_enough, begin, end),
        cmocka_unit_test_setup_teardown(another_clock_or_key_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(probes_are_no_alarm, begin, end),
        cmocka_unit_test_setup_teardown(callbacks_are_opened, begin, end),
        cmocka_unit_test_setup_teardown(a_changed_seal_is_not_opened, begin, end),
        cmocka_unit_test_setup_teardown(certificates_are_taken_in, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
