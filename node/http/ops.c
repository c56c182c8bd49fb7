#include "config.h"

#include "node/http/ops.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/metrics.h"
#include "node/cx.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/nodes.h"
#include "node/server.h"

/* ---- health ---- */

static void text(struct irq *rq, int status, const char *words)
{
    rq->status = status;
    rq->type = "text/plain; charset=utf-8";
    buf_put_c(&rq->out, words);
    buf_put_char(&rq->out, '\n');
}

static void answer_healthz(struct irq *rq, struct ops *o)
{
    (void)o;
    text(rq, 200, "ok");
}

static void answer_readyz(struct irq *rq, struct ops *o)
{
    const char *why = "the store does not answer";
    if (atomic_load(&o->stopping)) {
        text(rq, 503, "stopping");
        return;
    }
    if (o->ready != NULL && o->ready(o->ready_arg, &why) != OK) {
        rq->retry_after_s = 5;
        text(rq, 503, why);
        return;
    }
    text(rq, 200, "ready");
}

/* ---- certificates on demand ---- */

/* Also for a node that leaves: other servers still come and ask whether it is really gone. */
static void answer_tls_ask(struct irq *rq, struct ops *o)
{
    struct node_glance node;
    struct str domain = irq_query(rq, "domain");
    bool served = domain.n > 0 && nodes_glance(o->server->nodes, domain, &node) &&
                  node.state != NODE_GONE;
    text(rq, served ? 200 : 404, served ? "served here" : "not served here");
}

/* ---- metrics ---- */

struct gathering {
    struct ops *o;
    struct buf *out;
    const char *name;
    uint64_t commits, transactions;
    struct job_counts jobs;
    int64_t states[NODE_GONE + 1];
    /* of the per-node families */
    size_t field;
};

static void add_node(void *arg, const struct node_info *info)
{
    struct gathering *g = arg;
    struct job_counts c;
    uint64_t commits, transactions;
    bool known;
    g->states[info->spec.state]++;
    struct node *node = info->awake ? nodes_peek(g->o->server->nodes, info->spec.host, &known) : NULL;
    if (node == NULL)
        return;
    db_counters(node->db, &commits, &transactions);
    g->commits += commits;
    g->transactions += transactions;
    struct cx *cx = cx_new(node);
    if (job_count(cx, &c) == OK) {
        g->jobs.ready += c.ready;
        g->jobs.waiting += c.waiting;
        g->jobs.leased += c.leased;
        g->jobs.resting += c.resting;
    }
    cx_free(cx);
    node_drop(node);
}

static void one(struct buf *out, const char *name, enum metric_type type, const char *help,
                double value)
{
    metrics_family(out, name, type, help);
    metrics_value(out, name, NULL, 0, value);
}

static void put_nodes(struct gathering *g)
{
    static const char *const words[] = {
        [NODE_ACTIVE] = "active", [NODE_SUSPENDED] = "suspended", [NODE_LEAVING] = "leaving",
        [NODE_AWAY] = "away", [NODE_GONE] = "gone"};
    struct nodes_counts c;
    struct buf *out = g->out;
    nodes_count(g->o->server->nodes, &c);
    metrics_family(out, "orrery_nodes", METRIC_GAUGE, "Nodes that this process serves, by state.");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        metrics_value(out, "orrery_nodes", &(struct metric_label){"state", str_c(words[i])}, 1,
                      (double)g->states[i]);
    one(out, "orrery_nodes_awake", METRIC_GAUGE, "Nodes that are open.", (double)c.awake);
    one(out, "orrery_nodes_opened_total", METRIC_COUNTER, "Times that a node was opened.",
        (double)c.opened);
    one(out, "orrery_nodes_closed_total", METRIC_COUNTER, "Times that a node was closed.",
        (double)c.closed);
    one(out, "orrery_nodes_failed_total", METRIC_COUNTER, "Times that a node could not be opened.",
        (double)c.failed);
}

static void put_store(struct gathering *g)
{
    const struct metrics *m = g->o->server->metrics;
    struct buf *out = g->out;
    const struct { const char *state; int64_t n; } jobs[] = {
        {"ready", g->jobs.ready}, {"waiting", g->jobs.waiting}, {"leased", g->jobs.leased},
        {"resting", g->jobs.resting}};
    one(out, "orrery_store_commits_total", METRIC_COUNTER, "Durable commits.",
        (double)(g->commits + (m == NULL ? 0 : atomic_load(&m->store_commits))));
    one(out, "orrery_store_transactions_total", METRIC_COUNTER, "Transactions that were committed.",
        (double)(g->transactions + (m == NULL ? 0 : atomic_load(&m->store_transactions))));
    metrics_family(out, "orrery_jobs_queued", METRIC_GAUGE, "Jobs of the nodes that are open, by state.");
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
        metrics_value(out, "orrery_jobs_queued",
                      &(struct metric_label){"state", str_c(jobs[i].state)}, 1, (double)jobs[i].n);
}

static double open_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    double n = -3; /* ".", "..", and this one */
    if (d == NULL)
        return 0;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void put_process(struct gathering *g)
{
    struct buf *out = g->out;
    struct rusage use;
    struct rlimit fds;
    long long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f != NULL) {
        if (fscanf(f, "%lld %lld", &pages, &resident) != 2)
            pages = resident = 0;
        fclose(f);
    }
    long page = sysconf(_SC_PAGESIZE);
    one(out, "process_resident_memory_bytes", METRIC_GAUGE, "Memory in use.",
        (double)(resident * page));
    one(out, "process_virtual_memory_bytes", METRIC_GAUGE, "Address space in use.",
        (double)(pages * page));
    if (getrusage(RUSAGE_SELF, &use) == 0)
        one(out, "process_cpu_seconds_total", METRIC_COUNTER, "Processor time, user and system.",
            (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
    one(out, "process_open_fds", METRIC_GAUGE, "Open file descriptors.", open_fds());
    if (getrlimit(RLIMIT_NOFILE, &fds) == 0)
        one(out, "process_max_fds", METRIC_GAUGE, "How many may be open.", (double)fds.rlim_cur);
    one(out, "process_start_time_seconds", METRIC_GAUGE, "When the process began, Unix time.",
        (double)g->o->began / 1000.0);
    metrics_family(out, "orrery_build_info", METRIC_GAUGE, "The program's version.");
    metrics_value(out, "orrery_build_info",
                  &(struct metric_label){"version", STR(PACKAGE_VERSION)}, 1, 1);
}

/* ---- node by node ---- */

static const struct {
    const char *name, *help;
    double scale;
} per_node[] = {
    {"orrery_node_requests_total", "Answered requests of a node.", 1},
    {"orrery_node_sent_bytes_total", "Bytes of bodies that a node sent.", 1},
    {"orrery_node_deliveries_total", "Deliveries of a node to other servers.", 1},
    {"orrery_node_mails_total", "Mails of a node.", 1},
    {"orrery_node_job_cpu_seconds_total", "Processor time that jobs of a node took.", 1e-6},
};

static void put_field(void *arg, const struct node_info *info)
{
    struct gathering *g = arg;
    const struct node_usage *u = info->usage;
    if (info->spec.state == NODE_GONE)
        return;
    uint64_t value[] = {atomic_load(&u->requests), atomic_load(&u->bytes_out),
                        atomic_load(&u->deliveries), atomic_load(&u->mails),
                        atomic_load(&u->job_cpu_us)};
    struct str name = info->spec.name.n > 0 ? info->spec.name : info->spec.host;
    metrics_value(g->out, per_node[g->field].name, &(struct metric_label){"node", name}, 1,
                  (double)value[g->field] * per_node[g->field].scale);
}

static void put_per_node(struct gathering *g)
{
    for (g->field = 0; g->field < sizeof per_node / sizeof *per_node; g->field++) {
        metrics_family(g->out, per_node[g->field].name, METRIC_COUNTER, per_node[g->field].help);
        nodes_each(g->o->server->nodes, put_field, g);
    }
}

static void answer_metrics(struct irq *rq, struct ops *o)
{
    struct gathering g = {.o = o, .out = &rq->out};
    rq->type = "text/plain; version=0.0.4; charset=utf-8";
    nodes_each(o->server->nodes, add_node, &g);
    if (o->server->metrics != NULL)
        metrics_write(&rq->out, o->server->metrics);
    put_nodes(&g);
    put_store(&g);
    put_process(&g);
    if (o->per_node)
        put_per_node(&g);
}

void ops_answer(struct irq *rq, void *arg)
{
    static const struct {
        const char *path;
        void (*answer)(struct irq *rq, struct ops *o);
    } rows[] = {{"/healthz", answer_healthz},
                {"/readyz", answer_readyz},
                {"/metrics", answer_metrics},
                {"/internal/tls-ask", answer_tls_ask}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!str_eq_c(rq->path, rows[i].path))
            continue;
        if (rq->method == GET) {
            rows[i].answer(rq, arg);
        } else {
            rq->allow = STR("GET, HEAD");
            irq_problem(rq, 405, ERR_UNSUPPORTED, "Ask with GET.");
        }
        return;
    }
    irq_problem(rq, 404, ERR_NOT_FOUND, "There is nothing at this address.");
}
