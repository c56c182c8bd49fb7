/* Whose leases stand, and the rows that come again and again. */
#include <string.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/node.h"

static void note(int64_t n)
{
    if (n > 0)
        log_info("jobs", "%lld jobs that did not end last time run again", (long long)n);
}

enum err jobs_take_leases(struct jobs *j, struct cx *cx)
{
    int64_t rows = 0;
    if (atomic_load(&j->beside))
        TRY(q_job_reset_of(cx, str_c(j->owner), &rows));
    else
        TRY(q_job_reset_leases(cx, &rows));
    note(rows);
    return OK;
}

enum err jobs_keep_leases(struct jobs_node *n, struct cx *cx)
{
    int64_t rows = 0;
    struct str owner = str_c(n->engine->owner);
    bool take_over = atomic_load(&n->take_over);
    pthread_mutex_lock(&n->engine->lock);
    bool some = n->n_in_flight > 0;
    pthread_mutex_unlock(&n->engine->lock);
    TX_SCOPE(cx);
    if (some)
        TRY(q_job_keep_leases(cx, owner, cx->now + JOBS_LEASE_MS, NULL));
    if (take_over)
        TRY(q_job_reset_others(cx, owner, &rows));
    else
        TRY(q_job_reset_expired(cx, cx->now, NULL));
    TRY(tx_commit(cx));
    if (take_over)
        atomic_store(&n->take_over, false);
    note(rows);
    return OK;
}

/* ---- crons --------------------------------------------------------------------------------- */

/* When it comes next: at a time of the day (or hour) that is the node's own, so that the crons of
 * thousands of nodes don't come at once, and those of one come together. */
static int64_t next_cron(const struct jobs_node *n, int64_t every, int64_t now)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n->node->host.n; i++)
        h = (h ^ (unsigned char)n->node->host.p[i]) * 1099511628211u;
    h ^= h >> 32;
    int64_t at = now - now % every + (int64_t)(h % (uint64_t)every);
    return at > now ? at : at + every;
}

static enum err put_cron(struct jobs_node *n, struct cx *cx, const struct kind *k)
{
    int64_t alive = 0;
    struct str kind = str_c(k->row->kind);
    TRY(q_job_kind_is_alive(cx, kind, &alive));
    if (alive > 0)
        return OK;
    TX_SCOPE(cx);
    /* once more, where no other process can put it at the same time */
    TRY(q_job_kind_is_alive(cx, kind, &alive));
    if (alive == 0)
        TRY(job_put(cx, k->row->kind, 0, STR_NULL, STR_NULL,
                    next_cron(n, k->every_s * MS_SECOND, cx->now)));
    return tx_commit(cx);
}

enum err jobs_put_crons(struct jobs_node *n, struct cx *cx)
{
    const struct jobs *j = n->engine;
    for (int i = 0; i < j->n_kinds; i++)
        if (j->kinds[i].every_s > 0)
            TRY(put_cron(n, cx, &j->kinds[i]));
    return OK;
}
