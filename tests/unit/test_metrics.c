/* What a process counts, and the text of it. */
#include <stdio.h>
#include <string.h>

#include "node/base/metrics.h"
#include "tests/unit/unit.h"

static bool says(const struct buf *b, const char *line)
{
    return str_contains(buf_str(b), str_c(line));
}

static void requests_are_counted_by_class_and_time(void **state)
{
    (void)state;
    struct buf b;
    struct metrics *m = metrics_new();
    metrics_request(m, 200, 0, 10);
    metrics_request(m, 204, 2, 5);
    metrics_request(m, 404, 30, 0);
    metrics_request(m, 503, 99999, 0);
    metrics_request(m, 0, -5, 0); /* never answered, by a clock that went back */
    buf_init(&b, 1 << 20);
    metrics_write(&b, m);
    assert_true(says(&b, "orrery_http_requests_total{class=\"2xx\"} 2\n"));
    assert_true(says(&b, "orrery_http_requests_total{class=\"4xx\"} 1\n"));
    assert_true(says(&b, "orrery_http_requests_total{class=\"5xx\"} 1\n"));
    assert_true(says(&b, "orrery_http_requests_total{class=\"other\"} 1\n"));
    /* Buckets are cumulative, the last holds all. */
    assert_true(says(&b, "orrery_http_request_seconds_bucket{le=\"0.001\"} 2\n"));
    assert_true(says(&b, "orrery_http_request_seconds_bucket{le=\"0.002\"} 3\n"));
    assert_true(says(&b, "orrery_http_request_seconds_bucket{le=\"0.05\"} 4\n"));
    assert_true(says(&b, "orrery_http_request_seconds_bucket{le=\"10\"} 4\n"));
    assert_true(says(&b, "orrery_http_request_seconds_bucket{le=\"+Inf\"} 5\n"));
    assert_true(says(&b, "orrery_http_request_seconds_count 5\n"));
    assert_true(says(&b, "orrery_http_sent_bytes_total 15\n"));
    buf_free(&b);
    metrics_free(m);
}

static void jobs_are_counted_by_kind(void **state)
{
    (void)state;
    char names[METRICS_KINDS + 2][8];
    struct buf b;
    struct metrics *m = metrics_new();
    metrics_job(m, "fed.deliver", METRICS_DONE);
    metrics_job(m, "fed.deliver", METRICS_DONE);
    metrics_job(m, "fed.deliver", METRICS_RETRIED);
    metrics_job(m, "mail.login", METRICS_RESTED);
    metrics_job_cpu(m, "fed.deliver", 1500000);
    buf_init(&b, 1 << 20);
    metrics_write(&b, m);
    assert_true(says(&b, "orrery_jobs_total{kind=\"fed.deliver\",end=\"done\"} 2\n"));
    assert_true(says(&b, "orrery_jobs_total{kind=\"fed.deliver\",end=\"retry\"} 1\n"));
    assert_true(says(&b, "orrery_jobs_total{kind=\"mail.login\",end=\"rest\"} 1\n"));
    assert_true(says(&b, "orrery_job_cpu_seconds_total{kind=\"fed.deliver\"} 1.5\n"));
    /* More kinds than there is room for are not counted, and hurt nobody. */
    for (int i = 0; i < METRICS_KINDS + 2; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        metrics_job(m, names[i], METRICS_DONE);
    }
    metrics_job(NULL, "k", METRICS_DONE);
    metrics_request(NULL, 200, 1, 1);
    buf_free(&b);
    metrics_free(m);
}

static void labels_are_escaped(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    metrics_family(&b, "x_total", METRIC_COUNTER, "What it is.");
    metrics_value(&b, "x_total", &(struct metric_label){"node", STR("a\"b\\c\nd")}, 1, 2.5);
    metrics_value(&b, "x_total", NULL, 0, 1e15);
    CHECK_STR(buf_str(&b), "# HELP x_total What it is.\n# TYPE x_total counter\n"
                           "x_total{node=\"a\\\"b\\\\c\\nd\"} 2.5\nx_total 1000000000000000\n");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_counted_by_class_and_time),
        cmocka_unit_test(jobs_are_counted_by_kind),
        cmocka_unit_test(labels_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
