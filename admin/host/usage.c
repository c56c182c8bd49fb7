/* What each node uses, counted in memory and written down by day. */
#include <stdatomic.h>
#include <string.h>

#include "admin/host/host_sql.h"
#include "admin/host/keep_sql.h"
#include "admin/host/measure_sql.h"
#include "admin/host/row.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/nodes.h"

/* ---- reading ---- */

static struct str day_of(struct cx *cx, int64_t ms)
{
    return str_sub(clock_rfc3339(cx->arena, ms), 0, 10);
}

static enum err check_day(struct cx *cx, struct str s)
{
    int64_t ms;
    if (s.n == 10 &&
        clock_parse_rfc3339(str_fmt(cx->arena, STR_FMT "T00:00:00Z", STR_ARG(s)), &ms))
        return OK;
    return cx_tell(cx, ERR_INVALID, N_("A day is written like 2026-11-22."));
}

enum err host_usage_list(struct cx *cx, const struct host_usage_ask *ask, struct host_usage **ret,
                         size_t *ret_n)
{
    struct host_usage_page_row *rows;
    struct host_row node = {0};
    struct str after = ask->after, after_day = STR("");
    int64_t after_node = 0;
    size_t n;
    if (!str_empty(ask->name))
        TRY(host_row_find(cx, ask->name, &node));
    struct str from = str_empty(ask->from) ? day_of(cx, cx->now - 30 * MS_DAY) : ask->from;
    struct str to = str_empty(ask->to) ? day_of(cx, cx->now) : ask->to;
    TRY(check_day(cx, from));
    TRY(check_day(cx, to));
    if (!str_empty(after)) {
        if (after.n < 12 || after.p[10] != '/' || !str_to_i64(str_sub(after, 11, SIZE_MAX), &after_node))
            return cx_tell(cx, ERR_INVALID, N_("Take the mark of the next page from the page before it."));
        after_day = str_sub(after, 0, 10);
    }
    TRY(q_host_usage_page(cx, node.id, from, to, after_day, after_node,
                          ask->n < 1 || ask->n > HOST_PAGE_MAX ? HOST_PAGE_MAX : ask->n, &rows, &n));
    struct host_usage *v = ARENA_ARRAY(cx->arena, struct host_usage, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct host_usage){rows[i].node_id, rows[i].name, rows[i].host, rows[i].day,
                                   rows[i].requests, rows[i].bytes, rows[i].deliveries,
                                   rows[i].mails, rows[i].job_cpu_us / 1000, rows[i].storage,
                                   rows[i].members};
    *ret = v;
    *ret_n = n;
    return OK;
}

struct str host_usage_mark(struct cx *cx, const struct host_usage *u)
{
    return str_fmt(cx->arena, STR_FMT "/%lld", STR_ARG(u->day), (long long)u->node_id);
}

/* ---- counting ---- */

enum { REQUESTS, BYTES, DELIVERIES, MAILS, CPU_US, N_COUNTERS };

struct counted {
    int64_t id;
    struct node_usage *from;
    uint64_t now[N_COUNTERS]; /* what the counters said */
};

struct taking {
    struct cx *cx;
    struct counted *v;
    size_t n, cap;
};

static void add(struct taking *t, const struct counted *c)
{
    if (t->n == t->cap) {
        size_t cap = t->cap == 0 ? 64 : t->cap * 2;
        struct counted *v = ARENA_ARRAY(t->cx->arena, struct counted, cap);
        if (t->n > 0)
            memcpy(v, t->v, t->n * sizeof *v);
        t->v = v;
        t->cap = cap;
    }
    t->v[t->n++] = *c;
}

static void take_one(void *arg, const struct node_info *info)
{
    struct node_usage *u = info->usage;
    bool more = info->awake && info->spec.state != NODE_GONE;
    struct counted c = {
        .id = info->spec.id, .from = u,
        .now = {[REQUESTS] = atomic_load(&u->requests), [BYTES] = atomic_load(&u->bytes_out),
                [DELIVERIES] = atomic_load(&u->deliveries), [MAILS] = atomic_load(&u->mails),
                [CPU_US] = atomic_load(&u->job_cpu_us)}};
    for (size_t i = 0; i < N_COUNTERS; i++)
        more = more || c.now[i] != u->written[i];
    if (more)
        add(arg, &c);
}

static enum err measure_one(struct cx *cx, int64_t id)
{
    struct host *h = host_of(cx);
    struct host_measure_row m;
    struct node *node;
    enum err e = nodes_take_id(h->nodes, id, &node);
    if (e != OK)
        return OK; /* it went to sleep, or away */
    struct cx *in = cx_new(node);
    e = q_host_measure(in, in->now, &m);
    cx_free(in);
    node_drop(node);
    return e == OK ? q_host_node_measured(cx, id, m.members, m.media + m.store, NULL) : OK;
}

static enum err write_down(struct cx *cx, const struct taking *t)
{
    struct str day = day_of(cx, cx->now);
    TX_SCOPE(cx);
    for (size_t i = 0; i < t->n; i++) {
        const struct counted *c = &t->v[i];
        int64_t d[N_COUNTERS];
        for (size_t k = 0; k < N_COUNTERS; k++)
            d[k] = (int64_t)(c->now[k] - c->from->written[k]);
        TRY(q_host_usage_add(cx, c->id, day, d[REQUESTS], d[BYTES], d[DELIVERIES], d[MAILS],
                             d[CPU_US], NULL));
    }
    return tx_commit(cx);
}

/* Those that are awake, before the counters are taken: it asks their stores. */
static void note_awake(void *arg, const struct node_info *info)
{
    struct taking *t = arg;
    if (info->awake && info->spec.state != NODE_GONE && info->spec.state != NODE_AWAY)
        add(t, &(struct counted){.id = info->spec.id});
}

static void measure_all(struct cx *cx)
{
    struct taking t = {.cx = cx};
    nodes_each(host_of(cx)->nodes, note_awake, &t);
    for (size_t i = 0; i < t.n; i++)
        if (measure_one(cx, t.v[i].id) != OK)
            log_warn("host", "node %lld was not measured", (long long)t.v[i].id);
}

enum err host_usage_flush(struct cx *cx, bool measure)
{
    struct host *h = host_of(cx);
    struct taking t = {.cx = cx};
    if (h->nodes == NULL)
        return OK;
    if (measure)
        measure_all(cx);
    pthread_mutex_lock(&h->sync); /* no entry goes away meanwhile */
    nodes_each(h->nodes, take_one, &t);
    enum err e = t.n == 0 ? OK : write_down(cx, &t);
    for (size_t i = 0; e == OK && i < t.n; i++)
        memcpy(t.v[i].from->written, t.v[i].now, sizeof t.v[i].now);
    pthread_mutex_unlock(&h->sync);
    return e;
}
