/* What a process counts of itself, and the text that Prometheus reads of it (exposition format
 * 0.0.4). Counters only grow; struct server owns them. Any thread, no locks.
 *
 *     metrics_request(server->metrics, 200, ms, bytes);      NULL is fine: the command line counts nothing
 *     …
 *     metrics_family(out, "orrery_nodes_awake", METRIC_GAUGE, "Nodes that are open.");
 *     metrics_value(out, "orrery_nodes_awake", NULL, 0, 12); */
#ifndef NODE_BASE_METRICS_H
#define NODE_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "node/base/buf.h"

enum { METRICS_BUCKETS = 12, METRICS_KINDS = 64 };

/* How jobs of one kind ended. kind is a static string of the wiring table; slots fill up in order. */
struct metrics_kind {
    _Atomic(const char *) kind;
    _Atomic uint64_t done, retried, rested, cpu_us;
};

struct metrics {
    _Atomic uint64_t requests[6];                 /* by status class; [0]: none of 1xx to 5xx */
    _Atomic uint64_t latency[METRICS_BUCKETS + 1]; /* not cumulated; the last: slower than all */
    _Atomic uint64_t latency_ms;
    _Atomic uint64_t bytes_out;
    _Atomic uint64_t cache_hits, cache_misses;
    _Atomic uint64_t deliveries_done, deliveries_failed;
    _Atomic uint64_t mails;
    _Atomic uint64_t store_commits, store_transactions; /* of nodes that are closed again */
    struct metrics_kind kinds[METRICS_KINDS];
};

struct metrics *metrics_new(void);
struct metrics *metrics_free(struct metrics *m);

void metrics_request(struct metrics *m, int status, int64_t ms, uint64_t bytes);
enum metrics_end { METRICS_DONE, METRICS_RETRIED, METRICS_RESTED };
void metrics_job(struct metrics *m, const char *kind, enum metrics_end end);
void metrics_job_cpu(struct metrics *m, const char *kind, uint64_t us);
/* METRICS_COUNT(server->metrics, mails, 1) */
#define METRICS_COUNT(m, field, by)                                                                \
    do {                                                                                           \
        if ((m) != NULL)                                                                           \
            metrics_add(&(m)->field, (uint64_t)(by));                                              \
    } while (0)
static inline void metrics_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* ---- writing ---- */

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
struct metric_label { const char *name; struct str value; };

/* HELP and TYPE: once, before the values of that name. */
void metrics_family(struct buf *out, const char *name, enum metric_type type, const char *help);
void metrics_value(struct buf *out, const char *name, const struct metric_label *labels, size_t n,
                   double value);
/* Everything that is counted in m. */
void metrics_write(struct buf *out, const struct metrics *m);

#endif
