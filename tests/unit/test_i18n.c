#include "node/base/i18n.h"

#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/tmpl.h"

#include <string.h>

#include "tests/unit/unit.h"

static void plurals_and_fallback(void **state)
{
    (void)state;
    assert_string_equal(i18n_getn(LOCALE_EN, "{0} day ago", "{0} days ago", 1), "{0} day ago");
    assert_string_equal(i18n_getn(LOCALE_EN, "{0} day ago", "{0} days ago", 2), "{0} days ago");
    assert_string_equal(i18n_getn(LOCALE_ZH_CN, "{0} day ago", "{0} days ago", 2), "{0} 天前");
    assert_string_equal(i18n_get(LOCALE_ZH_CN, "no such sentence"), "no such sentence");
    assert_string_equal(i18n_get(LOCALE_ZH_CN, ""), "");
}

static void language_is_negotiated(void **state)
{
    (void)state;
    assert_int_equal(i18n_choose(STR("zh-CN,zh;q=0.9,en;q=0.8")), LOCALE_ZH_CN);
    assert_int_equal(i18n_choose(STR("fr, zh-TW;q=0.3, en;q=0.7")), LOCALE_EN);
    assert_int_equal(i18n_choose(STR("zh;q=0")), LOCALE_EN);
    assert_int_equal(i18n_choose(STR(";;,,q=")), LOCALE_EN);
    assert_int_equal(i18n_choose(STR_NULL), LOCALE_EN);
}

static void dates_and_money(void **state)
{
    (void)state;
    struct cx cx = {.arena = arena_new(), .locale = LOCALE_EN, .now = INT64_C(1795075200000)};
    CHECK_STR(i18n_date(&cx, cx.now), "19 Nov 2026");
    CHECK_STR(i18n_ago(&cx, cx.now - 3 * MS_HOUR), "3 hours ago");
    CHECK_STR(i18n_money(&cx, 36500, STR("CNY")), "CN¥365");
    CHECK_STR(i18n_money(&cx, 36550, STR("USD")), "$365.50");
    CHECK_STR(i18n_money(&cx, 500, STR("JPY")), "¥500");
    CHECK_STR(i18n_money(&cx, -123456705, STR("EUR")), "-€1,234,567.05");
    CHECK_STR(i18n_money(&cx, 100000, STR("CHF")), "CHF\u00a01,000");
    CHECK_STR(i18n_money(&cx, 150000001, STR("BTC")), "BTC\u00a01.50000001");
    CHECK_STR(i18n_money(&cx, INT64_MIN, STR("JPY")), "-¥9,223,372,036,854,775,808");
    cx.locale = LOCALE_ZH_CN;
    CHECK_STR(i18n_money(&cx, 0, STR("USD")), "US$0");
    CHECK_STR(i18n_date(&cx, cx.now), "2026年11月19日");
    CHECK_STR(i18n_money(&cx, 36550, STR("CNY")), "¥365.50");
    arena_free(cx.arena);
}

static void addresses_run_no_script(void **state)
{
    (void)state;
    static const char *const bad[] = {"javascript:alert(1)", "JaVaScRiPt:x", " javascript:x",
                                      "java\tscript:x", "data:text/html,x", "vbscript:x"};
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_clear(&b);
        tmpl_url(&b, str_c(bad[i]));
        CHECK_STR(buf_str(&b), "#");
    }
    buf_clear(&b);
    tmpl_url(&b, STR("/@tea?x=1&y=\"2"));
    CHECK_STR(buf_str(&b), "/@tea?x=1&amp;y=&quot;2");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plurals_and_fallback),
        cmocka_unit_test(language_is_negotiated),
        cmocka_unit_test(dates_and_money),
        cmocka_unit_test(addresses_run_no_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
