/* Alipay's certificate mode: numbers and addresses against its own SDK, and which certificate may follow which. */
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/money/rail_adapters.h"
#include "node/money/rails/alipay_talk.h"
#include "tests/unit/alipay_cert_vectors.h"
#include "tests/unit/domain_fixture.h"

static struct rail_certs certs(struct domain *d, const char *pem)
{
    struct rail_certs c;
    OK_(rail_certs_read(d->cx->arena, str_c(pem), &c));
    return c;
}

static void numbers_are_those_of_the_sdk(void **state)
{
    struct domain *d = *state;
    struct arena *a = d->cx->arena;
    struct rail_certs roots = certs(d, CERT_ROOTS), app = certs(d, CERT_APP), theirs = certs(d, CERT_ALIPAY);
    assert_int_equal(roots.n, 3); /* of which one is of a curve */
    assert_int_equal(theirs.n, 2);
    CHECK_STR(alipay_cert_sn(a, app.v[0]), CERT_APP_SN);
    CHECK_STR(alipay_cert_sn(a, theirs.v[0]), CERT_ALIPAY_SN);
    CHECK_STR(alipay_root_sn(a, &roots), CERT_ROOT_SN);
    /* as it was pasted, and as it is kept */
    struct rail_certs again;
    OK_(rail_certs_read(a, rail_certs_pem(a, &roots), &again));
    CHECK_STR(alipay_root_sn(a, &again), CERT_ROOT_SN);
    assert_int_equal(rail_certs_read(a, STR("no certificate"), &again), ERR_INVALID);
    assert_int_equal(rail_certs_read(a, STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), &again), ERR_INVALID);
}

static bool follows(struct domain *d, const char *pem, int64_t now)
{
    struct rail_certs fresh = certs(d, pem), given = certs(d, CERT_ALIPAY), roots = certs(d, CERT_ROOTS);
    return alipay_cert_follows(d->cx->arena, &fresh, &given, &roots, now);
}

static void only_their_own_next_one_follows(void **state)
{
    struct domain *d = *state;
    int64_t now = d->cx->now;
    struct rail_certs alone = certs(d, CERT_NEXT), given = certs(d, CERT_ALIPAY), roots = certs(d, CERT_ROOTS);
    assert_true(follows(d, CERT_NEXT, now));
    alone.n = 1; /* without who vouches for it, whom the given one brings */
    assert_true(alipay_cert_follows(d->cx->arena, &alone, &given, &roots, now));
    assert_false(follows(d, CERT_OF_ANOTHER, now)); /* of another merchant */
    assert_false(follows(d, CERT_PRETENDER, now));  /* made by those who make certificates for apps */
    assert_false(follows(d, CERT_OTHER_ROOT, now));
    assert_false(follows(d, CERT_APP, now));
    assert_false(follows(d, CERT_NEXT, now + 11 * 366 * MS_DAY));
    assert_false(follows(d, CERT_NEXT, 0));
}

enum { N_VALUES = 6 };
static void fill(struct rail_value *v)
{
    v[0] = (struct rail_value){"app_id", STR("2021000000000000")};
    v[1] = (struct rail_value){"seller_id", STR("2088102119685838")};
    v[2] = (struct rail_value){"private_key", STR(CERT_APP_KEY)};
    v[3] = (struct rail_value){"alipay_public_key", STR(CERT_ALIPAY)};
    v[4] = (struct rail_value){"app_cert", STR(CERT_APP)};
    v[5] = (struct rail_value){"root_cert", STR(CERT_ROOTS)};
}

static enum err save(struct domain *d, const struct rail_value *v, size_t n)
{
    return rail_account_save(d->cx, &rail_alipay, d->tea.id, v, n);
}

static void check_begun(struct domain *d, bool by_cert)
{
    struct rail_account acc;
    struct ali a;
    OK_(rail_account_of(d->cx, &rail_alipay, d->tea.id, &acc));
    OK_(ali_begin(d->cx, &acc, &a));
    CHECK_STR(a.app_sn, by_cert ? CERT_APP_SN : "");
    CHECK_STR(a.root_sn, by_cert ? CERT_ROOT_SN : "");
    assert_ptr_equal(ali_key_of(&a, STR("")), a.theirs[0].key);
    assert_true(ali_key_of(&a, STR(CERT_ALIPAY_SN)) == a.theirs[0].key);
    assert_true(by_cert == (ali_key_of(&a, STR("00000000000000000000000000000000")) == NULL));
}

static void all_three_files_or_none(void **state)
{
    struct domain *d = *state;
    struct rail_value v[N_VALUES];
    fill(v);
    OK_(save(d, v, N_VALUES));
    check_begun(d, true);
    for (size_t i = 3; i < N_VALUES; i++) { /* each of them is missed, and looked at */
        fill(v);
        v[i].value = i == 3 ? STR(CERT_APP_KEY) : STR("");
        assert_int_equal(save(d, v, N_VALUES), ERR_INVALID);
        fill(v);
        v[i].value = STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
        assert_int_equal(save(d, v, N_VALUES), ERR_INVALID);
    }
    fill(v);
    v[4].value = STR(CERT_NEXT); /* of another key */
    assert_int_equal(save(d, v, N_VALUES), ERR_INVALID);
    check_begun(d, true);
    /* and back to keys: a certificate still holds one */
    fill(v);
    v[4].value = v[5].value = STR("");
    OK_(save(d, v, N_VALUES));
    check_begun(d, false);
    OK_(save(d, (struct rail_value[]){{"app_cert", STR(CERT_APP)}}, 1));
    struct rail_account acc;
    struct ali a;
    OK_(rail_account_of(d->cx, &rail_alipay, d->tea.id, &acc));
    assert_int_equal(ali_begin(d->cx, &acc, &a), ERR_INVALID);
}

/* What the SDK puts into an address, and we: the same, but for the time and what hangs on it. */
static void addresses_are_those_of_the_sdk(void **state)
{
    struct domain *d = *state;
    struct arena *arena = d->cx->arena;
    struct rail_value v[N_VALUES];
    struct rail_account acc;
    struct ali a;
    struct alipay_param *ours, *theirs;
    size_t n, m;
    fill(v);
    OK_(save(d, v, N_VALUES));
    OK_(rail_account_of(d->cx, &rail_alipay, d->tea.id, &acc));
    OK_(ali_begin(d->cx, &acc, &a));
    OK_(alipay_form_read(arena, STR(CERT_PAGE_QUERY), &theirs, &m));
    const struct ali_extra extra = {STR("https://t.example/hooks/alipay/tea"), STR_NULL};
    struct str query = ali_query(&a, "alipay.trade.page.pay", alipay_param_get(theirs, m, "biz_content"), &extra);
    OK_(alipay_form_read(arena, query, &ours, &n));
    for (size_t i = 0; i < m; i++) {
        const char *name = str_z(arena, theirs[i].name);
        bool of_its_own = strcmp(name, "sign") == 0 || strcmp(name, "timestamp") == 0 || strcmp(name, "alipay_sdk") == 0;
        if (!of_its_own)
            assert_true(str_eq(alipay_param_get(ours, n, name), theirs[i].value));
    }
    CHECK_STR(alipay_param_get(theirs, m, "app_cert_sn"), CERT_APP_SN);
    /* signed over the two numbers, too */
    struct str raw;
    const struct crypt_key *key;
    OK_(rail_key_public(arena, STR(CERT_APP), &key, NULL));
    assert_true(crypt_base64_decode(arena, alipay_param_get(theirs, m, "sign"), &raw));
    assert_true(crypt_verify(key, alipay_canonical(arena, theirs, m), raw));
    assert_true(crypt_base64_decode(arena, alipay_param_get(ours, n, "sign"), &raw));
    assert_true(crypt_verify(key, alipay_canonical(arena, ours, n), raw));
}

/* It isn't said whether the number of the certificate is signed along: neither way may it be an obstacle. */
static void a_notice_may_name_its_certificate(void **state)
{
    struct domain *d = *state;
    struct arena *a = d->cx->arena;
    const struct crypt_key *mine, *key;
    struct str pem;
    OK_(rail_key_private(a, STR(CERT_APP_KEY), &mine, &pem)); /* in Alipay's place */
    OK_(rail_key_public(a, STR(CERT_APP), &key, NULL));
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? "alipay_cert_sn=abc&app_id=1&notify_id=2" : "app_id=1&notify_id=2";
        struct buf b;
        struct str sign = crypt_sign(a, mine, str_c(text));
        buf_init_arena(&b, a, 1024);
        buf_put_base64(&b, sign.p, sign.n);
        const struct alipay_param v[] = {{STR("app_id"), STR("1")}, {STR("notify_id"), STR("2")}, {STR("alipay_cert_sn"), STR("abc")},
                                         {STR("sign_type"), STR("RSA2")}, {STR("sign"), buf_str(&b)}};
        assert_true(alipay_notice_verify(a, key, v, 5));
        const struct alipay_param other[] = {v[0], {STR("notify_id"), STR("3")}, v[2], v[3], v[4]};
        assert_false(alipay_notice_verify(a, key, other, 5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_are_those_of_the_sdk, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(only_their_own_next_one_follows, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(all_three_files_or_none, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(addresses_are_those_of_the_sdk, domain_setup, domain_teardown),
        cmocka_unit_test_setup_teardown(a_notice_may_name_its_certificate, domain_setup, domain_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
