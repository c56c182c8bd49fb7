/* Alipay's signatures, against what its own SDK makes and takes. */
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/money/rails/alipay_sign.h"
#include "node/money/rails/key.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/china_vectors.h"
#include "tests/unit/unit.h"

struct world {
    struct arena *a;
    const struct crypt_key *mine, *theirs;
};

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->a = arena_new();
    assert_int_equal(rail_key_private(w->a, STR(APP_PKCS1), &w->mine, NULL), OK);
    assert_int_equal(rail_key_public(w->a, STR(RAIL_PUBLIC), &w->theirs, NULL), OK);
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

/* The address that the SDK makes, taken apart, signed by us and put together again. */
static void addresses_are_those_of_the_sdk(void **state)
{
    struct world *w = *state;
    struct alipay_param *v, without[ALIPAY_PARAMS_MAX], *again;
    size_t n = 0, m = 0, k = 0;
    assert_int_equal(alipay_form_read(w->a, STR(ALI_PAGE_QUERY), &v, &n), OK);
    CHECK_STR(alipay_param_get(v, n, "method"), "alipay.trade.page.pay");
    CHECK_STR(alipay_param_get(v, n, "return_url"), "https://t.example/o/1?x=a b&y=%");
    assert_true(str_contains(alipay_param_get(v, n, "biz_content"), STR("\"total_amount\":\"99.00\"")));
    for (size_t i = 0; i < n; i++)
        if (!str_eq_c(v[i].name, "sign"))
            without[m++] = v[i];
    struct str sign = alipay_param_get(v, n, "sign");
    assert_true(str_eq(alipay_sign(w->a, w->mine, without, m), sign));
    without[m++] = (struct alipay_param){STR("app_auth_token"), STR("")}; /* empty: not said */
    struct str query = alipay_query(w->a, w->mine, without, m);
    assert_int_equal(alipay_form_read(w->a, query, &again, &k), OK);
    assert_int_equal(k, n);
    for (size_t i = 0; i < n; i++)
        assert_true(str_eq(alipay_param_get(again, k, str_z(w->a, v[i].name)), v[i].value));
}

static void canonical_is_in_byte_order(void **state)
{
    struct world *w = *state;
    const struct alipay_param v[] = {{STR("b"), STR("2&=")}, {STR("sign"), STR("x")}, {STR("ab"), STR("茶")},
                                     {STR("a"), STR("1")}, {STR("sign_type"), STR("RSA2")}, {STR("c"), STR("")},
                                     {STR("B"), STR("0")}};
    CHECK_STR(alipay_canonical(w->a, v, 7), "B=0&a=1&ab=茶&b=2&=&sign_type=RSA2");
    CHECK_STR(alipay_canonical(w->a, v, 0), "");
}

static void notices_are_verified(void **state)
{
    struct world *w = *state;
    static const char *const notices[] = {ALI_NOTICE, ALI_NOTICE_TYPED};
    for (size_t i = 0; i < 2; i++) {
        struct alipay_param *v;
        size_t n = 0;
        assert_int_equal(alipay_form_read(w->a, str_c(notices[i]), &v, &n), OK);
        assert_true(alipay_notice_verify(w->a, w->theirs, v, n));
        assert_false(alipay_notice_verify(w->a, w->mine, v, n));
        CHECK_STR(alipay_param_get(v, n, "subject"), "茶的星球 100% & \"会员\"");
        CHECK_STR(alipay_param_get(v, n, "seller_email"), "a+b@t.example");
        for (size_t k = 0; k < n; k++) {
            struct str was = v[k].value;
            if (str_eq_c(v[k].name, "sign_type") && i == 0)
                continue; /* not signed there */
            v[k].value = str_fmt(w->a, STR_FMT "0", STR_ARG(was));
            assert_false(alipay_notice_verify(w->a, w->theirs, v, n));
            v[k].value = was;
        }
        assert_true(alipay_notice_verify(w->a, w->theirs, v, n));
        /* one left out, also an empty one; one put in */
        assert_false(alipay_notice_verify(w->a, w->theirs, v + 1, n - 1));
        for (size_t k = 0; k < n; k++)
            if (str_eq_c(v[k].name, "passback_params"))
                v[k].name = STR("sign");
        assert_false(alipay_notice_verify(w->a, w->theirs, v, n));
    }
}

static void a_weaker_signature_is_not_asked_for(void **state)
{
    struct world *w = *state;
    struct alipay_param *v;
    size_t n = 0;
    assert_int_equal(alipay_form_read(w->a, STR(ALI_NOTICE), &v, &n), OK);
    for (size_t k = 0; k < n; k++)
        if (str_eq_c(v[k].name, "sign_type"))
            v[k].value = STR("RSA");
    assert_false(alipay_notice_verify(w->a, w->theirs, v, n));
    assert_false(alipay_notice_verify(w->a, w->theirs, v, 0));
}

static void answers_are_verified_as_they_came(void **state)
{
    struct world *w = *state;
    struct str method = STR("alipay.trade.query"), body = STR(ALI_ANSWER);
    json_t *j;
    assert_int_equal(alipay_answer_read(w->a, w->theirs, method, body, &j), OK);
    CHECK_STR(ld_str(j, "trade_status"), "TRADE_SUCCESS");
    CHECK_STR(ld_str(j, "body"), "a \"sign\": },{/");
    assert_int_equal(alipay_answer_read(w->a, w->mine, method, body, &j), ERR_UNAUTHENTICATED);
    assert_int_equal(alipay_answer_read(w->a, w->theirs, STR("alipay.trade.refund"), body, &j), ERR_INVALID);
    assert_int_equal(alipay_answer_read(w->a, w->theirs, method, STR(ALI_ERROR), &j), OK);
    CHECK_STR(ld_str(j, "sub_code"), "ACQ.TRADE_NOT_EXIST");
    size_t to = str_find(body, STR("\"sign\":\""), 0);
    char *p = arena_copy(w->a, body.p, body.n);
    for (size_t i = 0; i < body.n; i += 5) {
        char was = p[i];
        p[i] = was == '0' ? '1' : '0';
        assert_int_not_equal(alipay_answer_read(w->a, w->theirs, method, (struct str){p, body.n}, &j), OK);
        p[i] = was;
    }
    assert_true(to != SIZE_MAX);
}

static void what_is_cut_out_is_what_stands_there(void **state)
{
    (void)state;
    static const struct { const char *json, *key, *raw; } rows[] = {
        {"{\"a\":{\"b\":1},\"sign\":\"x\"}", "a", "{\"b\":1}"},
        {"{ \"sign\" : \"x\" , \"a\" : { \"b\" : [1, {\"c\":\"}\"}] } }", "a", "{ \"b\" : [1, {\"c\":\"}\"}] }"},
        {"{\"a\":12 }", "a", "12"},
        {"{\"a\":\"q\\\"\"}", "a", "\"q\\\"\""},
        {"{\"b\":{\"a\":1}}", "a", NULL},
        {"{\"a\":1,\"a\":2}", "a", NULL},
        {"{\"a\":{\"b\":1}", "a", NULL},
        {"{\"a\":\"", "a", NULL},
        {"{}", "a", NULL},
        {"[]", "a", NULL},
        {"", "a", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str raw = alipay_raw_value(str_c(rows[i].json), str_c(rows[i].key));
        if (rows[i].raw == NULL)
            assert_null(raw.p);
        else
            CHECK_STR(raw, rows[i].raw);
    }
}

static void forms_are_read_strictly(void **state)
{
    struct world *w = *state;
    struct alipay_param *v;
    struct buf b;
    size_t n = 9;
    static const char *const wrong[] = {"a", "=1", "a=1&a=2", "a=%2", "a=%", "a=%zz", "%61=1&a=2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(alipay_form_read(w->a, str_c(wrong[i]), &v, &n), ERR_INVALID);
    assert_int_equal(alipay_form_read(w->a, STR("a=&b=%e8%8C%B6+%2B&&c=1=2"), &v, &n), OK);
    assert_int_equal(n, 3);
    CHECK_STR(alipay_param_get(v, n, "a"), "");
    CHECK_STR(alipay_param_get(v, n, "b"), "茶 +");
    CHECK_STR(alipay_param_get(v, n, "c"), "1=2");
    buf_init_arena(&b, w->a, 4096);
    for (int i = 0; i <= ALIPAY_PARAMS_MAX; i++)
        buf_fmt(&b, "%d=1&", i);
    assert_int_equal(alipay_form_read(w->a, buf_str(&b), &v, &n), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(addresses_are_those_of_the_sdk, begin, end),
        cmocka_unit_test_setup_teardown(canonical_is_in_byte_order, begin, end),
        cmocka_unit_test_setup_teardown(notices_are_verified, begin, end),
        cmocka_unit_test_setup_teardown(a_weaker_signature_is_not_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(answers_are_verified_as_they_came, begin, end),
        cmocka_unit_test_setup_teardown(what_is_cut_out_is_what_stands_there, begin, end),
        cmocka_unit_test_setup_teardown(forms_are_read_strictly, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
