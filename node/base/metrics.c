#include "node/base/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int bounds_ms[METRICS_BUCKETS] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000};

struct metrics *metrics_new(void)
{
    struct metrics *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    return m;
}

struct metrics *metrics_free(struct metrics *m)
{
    free(m);
    return NULL;
}

void metrics_request(struct metrics *m, int status, int64_t ms, uint64_t bytes)
{
    if (m == NULL)
        return;
    int class = status / 100;
    int at = 0;
    metrics_add(&m->requests[class >= 1 && class <= 5 ? class : 0], 1);
    while (at < METRICS_BUCKETS && ms > bounds_ms[at])
        at++;
    metrics_add(&m->latency[at], 1);
    metrics_add(&m->latency_ms, ms < 0 ? 0 : (uint64_t)ms);
    metrics_add(&m->bytes_out, bytes);
}

/* Kinds are few and their strings static: the slot is found by walking, and claimed once for ever. */
static struct metrics_kind *kind_slot(struct metrics *m, const char *kind)
{
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        const char *there = atomic_load_explicit(&m->kinds[i].kind, memory_order_acquire);
        if (there == NULL &&
            atomic_compare_exchange_strong(&m->kinds[i].kind, &there, kind))
            return &m->kinds[i];
        if (strcmp(there, kind) == 0)
            return &m->kinds[i];
    }
    return NULL;
}

void metrics_job(struct metrics *m, const char *kind, enum metrics_end end)
{
    struct metrics_kind *k = m == NULL ? NULL : kind_slot(m, kind);
    if (k == NULL)
        return;
    metrics_add(end == METRICS_DONE ? &k->done : end == METRICS_RETRIED ? &k->retried : &k->rested, 1);
}

void metrics_job_cpu(struct metrics *m, const char *kind, uint64_t us)
{
    struct metrics_kind *k = m == NULL ? NULL : kind_slot(m, kind);
    if (k != NULL)
        metrics_add(&k->cpu_us, us);
}

/* ---- writing ---- */

void metrics_family(struct buf *out, const char *name, enum metric_type type, const char *help)
{
    static const char *const types[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, types[type]);
}

/* Backslash, quote and line feed are escaped in a label's value, and nothing else. */
static void put_label(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' || s.p[i] == '"')
            buf_put_char(out, '\\');
        if (s.p[i] == '\n')
            buf_lit(out, "\\n");
        else
            buf_put_char(out, s.p[i]);
    }
}

void metrics_value(struct buf *out, const char *name, const struct metric_label *labels, size_t n,
                   double value)
{
    buf_put_c(out, name);
    for (size_t i = 0; i < n; i++) {
        buf_fmt(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_label(out, labels[i].value);
        buf_put_char(out, '"');
    }
    if (n > 0)
        buf_put_char(out, '}');
    if (fabs(value) < 9e15 && floor(value) >= value)
        buf_fmt(out, " %lld\n", (long long)value);
    else
        buf_fmt(out, " %.9g\n", value);
}

static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void counter(struct buf *out, const char *name, const char *help,
                    const _Atomic uint64_t *value)
{
    metrics_family(out, name, METRIC_COUNTER, help);
    metrics_value(out, name, NULL, 0, (double)load(value));
}

static void write_requests(struct buf *out, const struct metrics *m)
{
    static const char *const classes[6] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    metrics_family(out, "orrery_http_requests_total", METRIC_COUNTER,
                   "Answered requests by class of status.");
    for (size_t i = 0; i < 6; i++)
        metrics_value(out, "orrery_http_requests_total",
                      &(struct metric_label){"class", str_c(classes[i])}, 1,
                      (double)load(&m->requests[i]));
    metrics_family(out, "orrery_http_request_seconds", METRIC_HISTOGRAM,
                   "Time from request line to answer.");
    uint64_t sum = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        sum += load(&m->latency[i]);
        buf_fmt(out, "orrery_http_request_seconds_bucket{le=\"%g\"} %llu\n", bounds_ms[i] / 1000.0,
                (unsigned long long)sum);
    }
    sum += load(&m->latency[METRICS_BUCKETS]);
    buf_fmt(out, "orrery_http_request_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
    buf_fmt(out, "orrery_http_request_seconds_sum %g\n", (double)load(&m->latency_ms) / 1000.0);
    buf_fmt(out, "orrery_http_request_seconds_count %llu\n", (unsigned long long)sum);
}

static void write_jobs(struct buf *out, const struct metrics *m)
{
    metrics_family(out, "orrery_jobs_total", METRIC_COUNTER, "Runs of jobs by kind and how they ended.");
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        const struct metrics_kind *k = &m->kinds[i];
        const char *kind = atomic_load_explicit(&k->kind, memory_order_acquire);
        if (kind == NULL)
            break;
        const struct { const char *end; uint64_t n; } ends[] = {
            {"done", load(&k->done)}, {"retry", load(&k->retried)}, {"rest", load(&k->rested)}};
        for (size_t j = 0; j < sizeof ends / sizeof *ends; j++)
            metrics_value(out, "orrery_jobs_total",
                          (struct metric_label[]){{"kind", str_c(kind)}, {"end", str_c(ends[j].end)}},
                          2, (double)ends[j].n);
    }
    metrics_family(out, "orrery_job_cpu_seconds_total", METRIC_COUNTER,
                   "Processor time that jobs took, by kind.");
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        const char *kind = atomic_load_explicit(&m->kinds[i].kind, memory_order_acquire);
        if (kind == NULL)
            break;
        metrics_value(out, "orrery_job_cpu_seconds_total",
                      &(struct metric_label){"kind", str_c(kind)}, 1,
                      (double)load(&m->kinds[i].cpu_us) / 1e6);
    }
}

void metrics_write(struct buf *out, const struct metrics *m)
{
    write_requests(out, m);
    counter(out, "orrery_http_sent_bytes_total", "Bytes of bodies that were sent.", &m->bytes_out);
    counter(out, "orrery_http_cache_hits_total", "Requests answered from the byte cache.",
            &m->cache_hits);
    counter(out, "orrery_http_cache_misses_total",
            "Answers that might have come from the byte cache and did not.", &m->cache_misses);
    metrics_family(out, "orrery_deliveries_total", METRIC_COUNTER,
                   "Deliveries to other servers by result.");
    metrics_value(out, "orrery_deliveries_total", &(struct metric_label){"result", STR("done")}, 1,
                  (double)load(&m->deliveries_done));
    metrics_value(out, "orrery_deliveries_total", &(struct metric_label){"result", STR("failed")}, 1,
                  (double)load(&m->deliveries_failed));
    counter(out, "orrery_mails_total", "Mails handed to a mail server.", &m->mails);
    write_jobs(out, m);
}
