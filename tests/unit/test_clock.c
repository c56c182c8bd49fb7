#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/limiter.h"
#include "node/base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int64_t at(const char *s)
{
    int64_t ms = -1;
    assert_true(clock_parse_rfc3339(str_c(s), &ms));
    return ms;
}

static void times_are_read_and_written(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    assert_int_equal(at("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(at("2026-11-20T08:00:00.25Z"), INT64_C(1795161600250));
    assert_int_equal(at("2026-11-20T16:00:00+08:00"), at("2026-11-20T08:00:00Z"));
    assert_int_equal(at("1969-12-31T23:59:59Z"), -1000);
    CHECK_STR(clock_rfc3339(a, at("2024-02-29T23:59:59Z")), "2024-02-29T23:59:59Z");
    CHECK_STR(clock_rfc3339(a, -1000), "1969-12-31T23:59:59Z");
    CHECK_STR(clock_http_date(a, INT64_C(784111777000)), "Sun, 06 Nov 1994 08:49:37 GMT");
    int64_t ms = 0;
    assert_true(clock_parse_http_date(STR("Sun, 06 Nov 1994 08:49:37 GMT"), &ms));
    assert_int_equal(ms, INT64_C(784111777000));
    arena_free(a);
}

static void nonsense_times_are_refused(void **state)
{
    (void)state;
    const char *const bad[] = {"",
                               "2026-02-29T00:00:00Z",
                               "2026-13-01T00:00:00Z",
                               "2026-01-01T24:00:00Z",
                               "2026-01-01T00:00:00",
                               "2026-01-01T00:00:00.Z",
                               "2026-01-01T00:00:00Zx",
                               "2026-01-01T00:00:00+8:00",
                               "2026-1-01T00:00:00Z"};
    int64_t ms;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(clock_parse_rfc3339(str_c(bad[i]), &ms));
    assert_false(clock_parse_http_date(STR("Sun, 06 Foo 1994 08:49:37 GMT"), &ms));
    assert_false(clock_parse_http_date(STR("Sun, 06 Nov 1994 08:49:37 UTC"), &ms));
}

static void months_are_clamped_and_come_back(void **state)
{
    (void)state;
    int64_t jan31 = at("2026-01-31T10:00:00Z");
    int64_t feb = clock_add_months(jan31, 1, 31);
    assert_int_equal(feb, at("2026-02-28T10:00:00Z"));
    assert_int_equal(clock_add_months(feb, 1, 31), at("2026-03-31T10:00:00Z"));
    assert_int_equal(clock_add_months(at("2023-11-30T00:00:00Z"), 3, 30), at("2024-02-29T00:00:00Z"));
    assert_int_equal(clock_add_months(jan31, -2, 31), at("2025-11-30T10:00:00Z"));
    assert_int_equal(clock_day_of_month(feb), 28);
}

enum { ID_THREADS = 4, IDS_EACH = 20000 };

static void *make_ids(void *arg)
{
    void **args = arg;
    struct id_maker *m = args[0];
    int64_t *ids = args[1];
    for (int i = 0; i < IDS_EACH; i++)
        ids[i] = id_next(m);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void ids_are_unique_and_in_order(void **state)
{
    (void)state;
    struct id_maker *m = id_maker_new();
    int64_t *all = calloc(ID_THREADS * IDS_EACH, sizeof *all);
    pthread_t t[ID_THREADS];
    void *args[ID_THREADS][2];
    int64_t before = clock_now();
    for (int i = 0; i < ID_THREADS; i++) {
        args[i][0] = m;
        args[i][1] = all + (size_t)i * IDS_EACH;
        pthread_create(&t[i], NULL, make_ids, args[i]);
    }
    for (int i = 0; i < ID_THREADS; i++)
        pthread_join(t[i], NULL);
    for (int i = 1; i < IDS_EACH; i++)
        assert_true(all[i] > all[i - 1]);
    assert_true(all[0] > 0 && id_time(all[0]) >= before && id_time(all[0]) <= clock_now() + 1000);
    qsort(all, ID_THREADS * IDS_EACH, sizeof *all, compare);
    for (int i = 1; i < ID_THREADS * IDS_EACH; i++)
        assert_true(all[i] != all[i - 1]);
    free(all);
    id_maker_free(m);
}

static void buckets_empty_and_refill(void **state)
{
    (void)state;
    struct limiter *l = limiter_new(100);
    int64_t wait = 0;
    for (int i = 0; i < 3; i++)
        assert_true(limiter_take(l, STR("a"), 3, 0.1, 1000, &wait));
    assert_false(limiter_take(l, STR("a"), 3, 0.1, 1000, &wait));
    assert_int_equal(wait, 11);
    assert_true(limiter_take(l, STR("b"), 3, 0.1, 1000, &wait));
    assert_false(limiter_take(l, STR("a"), 3, 0.1, 10000, &wait));
    assert_true(limiter_take(l, STR("a"), 3, 0.1, 11001, &wait));
    /* a flood of other keys costs no memory and fails nobody */
    char key[32];
    for (int i = 0; i < 10000; i++) {
        int n = snprintf(key, sizeof key, "k%d", i);
        assert_true(limiter_take(l, (struct str){key, (size_t)n}, 1, 1, 12000, NULL));
    }
    limiter_free(l);
}

static void a_log_line_stays_one_line(void **state)
{
    (void)state;
    int ends[2], keep = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    log_warn("http", "path=%s", "a\nb\x1b[31m");
    dup2(keep, STDERR_FILENO);
    close(ends[1]);
    char out[500];
    ssize_t n = read(ends[0], out, sizeof out - 1);
    assert_true(n > 0);
    out[n] = '\0';
    assert_non_null(strstr(out, "Z warn http path=a b [31m\n"));
    assert_ptr_equal(strchr(out, '\n'), out + n - 1);
    close(ends[0]);
    close(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(nonsense_times_are_refused),
        cmocka_unit_test(months_are_clamped_and_come_back),
        cmocka_unit_test(ids_are_unique_and_in_order),
        cmocka_unit_test(buckets_empty_and_refill),
        cmocka_unit_test(a_log_line_stays_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
