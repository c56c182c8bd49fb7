/* Time zones: tzdata's own, past and to come, and files and rules that are none. */
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/zone.h"
#include "node/base/zone_rule.h"

#include <string.h>

#include "tests/unit/unit.h"

static int64_t at(const char *s)
{
    int64_t ms = -1;
    assert_true(clock_parse_rfc3339(str_c(s), &ms));
    return ms;
}

static const struct zone *zone(struct arena *a, const char *name)
{
    const struct zone *z = zone_open(a, str_c(name));
    assert_non_null(z);
    CHECK_STR(zone_name(z), name);
    return z;
}

static void clocks_are_as_far_ahead_as_tzdata_says(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    static const struct { const char *zone, *at; int minutes; } all[] = {
        {"UTC", "2026-11-20T00:00:00Z", 0},
        {"Asia/Shanghai", "2026-11-20T00:00:00Z", 480},
        {"Asia/Shanghai", "1988-07-01T00:00:00Z", 540},     /* it had a summer time then */
        {"Asia/Kolkata", "2026-01-01T00:00:00Z", 330},
        {"Asia/Kathmandu", "2026-01-01T00:00:00Z", 345},
        {"Etc/GMT-8", "2026-01-01T00:00:00Z", 480},
        {"Europe/Berlin", "2026-03-29T00:59:59Z", 60},
        {"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
        {"Europe/Berlin", "2026-10-25T00:59:59Z", 120},
        {"Europe/Berlin", "2026-10-25T01:00:00Z", 60},
        {"America/New_York", "2026-03-08T06:59:59Z", -300},
        {"America/New_York", "2026-03-08T07:00:00Z", -240},
        {"America/New_York", "2099-07-01T00:00:00Z", -240},  /* past the table: by its rule */
        {"America/New_York", "2099-11-01T05:59:59Z", -240},
        {"America/New_York", "2099-11-01T06:00:00Z", -300},
        {"Australia/Sydney", "2099-01-01T00:00:00Z", 660},   /* summer over the new year */
        {"Australia/Sydney", "2099-07-01T00:00:00Z", 600},
        {"Australia/Lord_Howe", "2099-01-01T00:00:00Z", 660},
        {"Australia/Lord_Howe", "2099-07-01T00:00:00Z", 630}, /* half an hour of it */
        {"Europe/Dublin", "2099-01-01T00:00:00Z", 0},        /* in law, winter is the odd one there */
        {"Europe/Dublin", "2099-07-01T00:00:00Z", 60},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -600},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 840},       /* a day was left out */
        {"America/New_York", "1850-01-01T00:00:00Z", -297},  /* −4:56:02, by the sun: rounded below */
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int64_t ahead = zone_offset(zone(a, all[i].zone), at(all[i].at));
        if (i + 1 == sizeof all / sizeof *all)
            assert_int_equal(ahead, -(4 * 3600 + 56 * 60 + 2) * MS_SECOND);
        else
            assert_int_equal(ahead, all[i].minutes * MS_MINUTE);
    }
    assert_int_equal(zone_offset(NULL, at("2026-11-20T00:00:00Z")), 0);
    arena_free(a);
}

/* By hand from the file's own bytes nothing differs between its table and the rule behind it. */
static void the_rule_goes_on_as_the_table_did(void **state)
{
    (void)state;
    struct zone_rule ny, ie, au, j, n;
    assert_true(zone_rule_parse(STR("EST5EDT,M3.2.0,M11.1.0"), &ny));
    assert_true(zone_rule_parse(STR("IST-1GMT0,M10.5.0,M3.5.0/1"), &ie));
    assert_true(zone_rule_parse(STR("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"), &au));
    assert_true(zone_rule_parse(STR("AAA0BBB,J60/0,J300/0"), &j));  /* always 1 March */
    assert_true(zone_rule_parse(STR("AAA0BBB,59/0,300/0"), &n));    /* 29 February, when there is one */
    struct arena *a = arena_new();
    const struct zone *zny = zone(a, "America/New_York"), *zie = zone(a, "Europe/Dublin"),
                      *zau = zone(a, "Australia/Lord_Howe");
    for (int64_t ms = at("2010-01-01T00:00:00Z"); ms < at("2036-12-31T00:00:00Z"); ms += 7 * MS_HOUR) {
        assert_int_equal(zone_rule_offset(&ny, ms / MS_SECOND) * MS_SECOND, zone_offset(zny, ms));
        assert_int_equal(zone_rule_offset(&ie, ms / MS_SECOND) * MS_SECOND, zone_offset(zie, ms));
        assert_int_equal(zone_rule_offset(&au, ms / MS_SECOND) * MS_SECOND, zone_offset(zau, ms));
    }
    assert_int_equal(zone_rule_offset(&j, at("2028-02-29T12:00:00Z") / MS_SECOND), 0);
    assert_int_equal(zone_rule_offset(&j, at("2028-03-01T00:00:00Z") / MS_SECOND), 3600);
    assert_int_equal(zone_rule_offset(&j, at("2027-03-01T00:00:00Z") / MS_SECOND), 3600);
    assert_int_equal(zone_rule_offset(&n, at("2028-02-29T00:00:00Z") / MS_SECOND), 3600);
    assert_int_equal(zone_rule_offset(&n, at("2027-02-28T23:59:59Z") / MS_SECOND), 0);
    assert_int_equal(zone_rule_offset(&n, at("2027-03-01T00:00:00Z") / MS_SECOND), 3600);
    arena_free(a);
}

static void a_missing_hour_is_later_and_a_double_one_the_first(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct zone *ny = zone(a, "America/New_York"), *apia = zone(a, "Pacific/Apia"),
                      *cuba = zone(a, "America/Havana");
    assert_int_equal(zone_moment(ny, at("2026-03-08T01:59:00Z")), at("2026-03-08T06:59:00Z"));
    assert_int_equal(zone_moment(ny, at("2026-03-08T02:30:00Z")), at("2026-03-08T07:30:00Z")); /* shown as 3:30 */
    assert_int_equal(zone_moment(ny, at("2026-03-08T03:00:00Z")), at("2026-03-08T07:00:00Z"));
    assert_int_equal(zone_moment(ny, at("2026-11-01T01:30:00Z")), at("2026-11-01T05:30:00Z"));
    assert_int_equal(zone_moment(ny, at("2026-11-01T02:00:00Z")), at("2026-11-01T07:00:00Z"));
    /* A day begins where midnight was left out, and at the first of two midnights. */
    assert_int_equal(zone_day_start(cuba, at("2026-03-08T00:00:00Z") / MS_DAY), at("2026-03-08T05:00:00Z"));
    assert_int_equal(zone_day_start(cuba, at("2026-11-01T00:00:00Z") / MS_DAY), at("2026-11-01T04:00:00Z"));
    assert_int_equal(zone_day(apia, at("2011-12-30T09:59:59Z")), at("2011-12-29T00:00:00Z") / MS_DAY);
    assert_int_equal(zone_day(apia, at("2011-12-30T10:00:00Z")), at("2011-12-31T00:00:00Z") / MS_DAY);
    for (int64_t ms = at("2026-01-01T00:00:00Z"); ms < at("2027-01-01T00:00:00Z"); ms += 17 * MS_MINUTE) {
        int64_t shown = ms + zone_offset(ny, ms), back = zone_moment(ny, shown);
        assert_int_equal(back + zone_offset(ny, back), shown);
        assert_true(back == ms || back == ms - MS_HOUR);
    }
    arena_free(a);
}

static void days_months_and_years_are_those_of_the_place(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct zone *sh = zone(a, "Asia/Shanghai"), *ny = zone(a, "America/New_York");
    int64_t eve = at("2026-12-31T16:30:00Z"), from, to; /* 00:30 on 1 January in Shanghai */
    assert_int_equal(zone_date(sh, eve).year, 2027);
    assert_int_equal(zone_date(ny, eve).year, 2026);
    assert_int_equal(zone_date(NULL, eve).year, 2026);
    assert_int_equal(zone_date(sh, eve).minute, 30);
    CHECK_STR(zone_print_day(a, sh, eve), "2027-01-01");
    CHECK_STR(zone_rfc3339(a, sh, eve), "2027-01-01T00:30:00+08:00");
    CHECK_STR(zone_rfc3339(a, ny, eve), "2026-12-31T11:30:00-05:00");
    CHECK_STR(zone_rfc3339(a, NULL, eve), "2026-12-31T16:30:00Z");
    assert_int_equal(zone_month_start(sh, 2027, 1), at("2026-12-31T16:00:00Z"));
    assert_int_equal(zone_month_start(sh, 2026, 13), zone_month_start(sh, 2027, 1));
    assert_int_equal(zone_month_start(sh, 2028, -11), zone_month_start(sh, 2027, 1));
    assert_true(zone_parse_day(ny, STR("2026-03-08"), &from, &to));
    assert_int_equal(from, at("2026-03-08T05:00:00Z"));
    assert_int_equal(to - from, 23 * MS_HOUR);
    assert_true(zone_parse_day(ny, STR("2026-11-01"), &from, &to));
    assert_int_equal(to - from, 25 * MS_HOUR);
    assert_false(zone_parse_day(ny, STR("2026-02-30"), &from, &to));
    assert_false(zone_parse_day(ny, STR("2026-2-3"), &from, &to));
    assert_false(zone_parse_day(ny, STR("2026-11-01T00"), &from, &to));
    /* A month from 31 January, 00:30 in Shanghai (the 30th in UTC), is the last of February there. */
    int64_t jan31 = at("2027-01-30T16:30:00Z"), feb;
    assert_int_equal(zone_day_of_month(sh, jan31), 31);
    feb = zone_add_months(sh, jan31, 1, 31);
    assert_int_equal(feb, at("2027-02-27T16:30:00Z"));
    assert_int_equal(zone_add_months(sh, feb, 1, 31), at("2027-03-30T16:30:00Z"));
    /* The hour stays over a change of the clocks. */
    assert_int_equal(zone_add_months(ny, at("2026-02-20T17:00:00Z"), 1, 20), at("2026-03-20T16:00:00Z"));
    arena_free(a);
}

static void what_is_no_zone_is_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    static const char *const names[] = {"", "/etc/passwd", "../../../etc/passwd", "Asia/../Asia/Shanghai", "Asia",
                                        "Asia/", "Asia/Nowhere", "zone.tab", "Asia/Shang hai", "right/UTC", "posixrules\n"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(zone_open(a, str_c(names[i])));
    static const char *const rules[] = {"", "E5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0", "EST25",
                                        "EST5EDT,M3.0.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J300",
                                        "EST5EDT,366,1", "<+8>-8", "<+08-8", "EST5 ", "EST5EDT,M3.2.0,M11.1.0x",
                                        "EST5EDT,M3.2.0/168,M11.1.0", "EST5:60"};
    struct zone_rule r;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        assert_false(zone_rule_parse(str_c(rules[i]), &r));
    arena_free(a);
}

/* One change, at 1,000,000,000, from 0 to an hour, then as the rule says; each cut of it is refused. */
static void damaged_files_are_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    char file[256] = {0};
    static const char head[] = "TZif2", rule[] = "\nXXX-1\n";
    static const unsigned char body[] = {0, 0, 0, 0, 0x3b, 0x9a, 0xca, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x0e, 0x10, 1, 4,
                                         'U', 'U', 'U', 0, 'X', 'X', 'X', 0};
    memcpy(file, head, 5);
    memcpy(file + 44, head, 5);
    file[44 + 35] = 1;
    file[44 + 39] = 2;
    file[44 + 43] = 8;
    memcpy(file + 88, body, sizeof body);
    memcpy(file + 88 + sizeof body, rule, sizeof rule - 1);
    size_t n = 88 + sizeof body + sizeof rule - 1;
    const struct zone *z = zone_parse(a, STR("x"), (struct str){file, n});
    assert_non_null(z);
    assert_int_equal(zone_offset(z, INT64_C(999999999) * 1000), 0);
    assert_int_equal(zone_offset(z, INT64_C(1000000000) * 1000), MS_HOUR);
    for (size_t i = 0; i < n; i++)
        assert_null(zone_parse(a, STR("x"), (struct str){arena_copy(a, file, i), i}));
    static const struct { size_t at; char c; } wrong[] = {{0, 'X'}, {4, '1'}, {48, '\0'}, {44 + 35, 2}, {44 + 39, 0},
                                                          {44 + 31, 1}, {44 + 32, 1}, {96, 2}, {97, 1}, {117, 'X'}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *bad = arena_copy(a, file, n);
        bad[wrong[i].at] = wrong[i].c;
        assert_null(zone_parse(a, STR("x"), (struct str){bad, n}));
    }
    arena_free(a);
}

static void the_list_has_each_place_once_and_all_can_be_opened(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct str *all;
    size_t n, found = 0;
    zone_list(a, &all, &n);
    assert_in_range(n, 300, 1000);
    for (size_t i = 0; i < n; i++) {
        assert_non_null(zone_open(a, all[i]));
        assert_true(i == 0 || !str_eq(all[i], all[i - 1]));
        found += str_eq_c(all[i], "Asia/Shanghai") || str_eq_c(all[i], "UTC") || str_eq_c(all[i], "Europe/Stockholm");
    }
    assert_int_equal(found, 3);
    arena_free(a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_are_as_far_ahead_as_tzdata_says),
        cmocka_unit_test(the_rule_goes_on_as_the_table_did),
        cmocka_unit_test(a_missing_hour_is_later_and_a_double_one_the_first),
        cmocka_unit_test(days_months_and_years_are_those_of_the_place),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(the_list_has_each_place_once_and_all_can_be_opened),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
