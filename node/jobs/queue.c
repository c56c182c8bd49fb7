/* Rows of the queue: putting, listing, retrying, dropping. Running them is jobs.c. */
#include "node/jobs/jobs.h"

#include "node/base/id.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/node.h"

enum err job_put(struct cx *cx, const char *kind, int64_t subject, struct str payload,
                 struct str key, int64_t run_at)
{
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "job %s put outside a transaction", kind);
    cx->wake |= WAKE_JOBS;
    if (key.p != NULL)
        TRY(jobs_lock_key(cx, key));
    return q_job_insert(cx, id_next(cx->node->ids), str_c(kind), subject, payload, key,
                        run_at == 0 ? cx->now : run_at, cx->now, NULL);
}

enum err job_cancel(struct cx *cx, const char *kind, int64_t subject, struct str payload,
                    struct str order_key, int64_t *ret_n)
{
    int64_t n = 0;
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "job %s cancelled outside a transaction", kind);
    TRY(jobs_lock_key(cx, order_key));
    TRY(q_job_cancel(cx, str_c(kind), subject, payload, order_key, &n));
    if (n > 0) {
        TRY(q_job_promote(cx, order_key, NULL));
        cx->wake |= WAKE_JOBS;
    }
    if (ret_n != NULL)
        *ret_n = n;
    return OK;
}

enum err job_list(struct cx *cx, const char *state, int64_t after_id, int limit,
                  struct job_info **ret, size_t *ret_n)
{
    struct job_listed *rows = NULL;
    size_t n = 0;
    if (state != NULL)
        TRY(q_job_list_state(cx, str_c(state), after_id, limit, &rows, &n));
    else
        TRY(q_job_list_all(cx, after_id, limit, &rows, &n));
    struct job_info *list = ARENA_ARRAY(cx->arena, struct job_info, n);
    for (size_t i = 0; i < n; i++)
        list[i] = (struct job_info){
            .id = rows[i].id,
            .kind = rows[i].kind,
            .state = rows[i].state,
            .subject = rows[i].subject,
            .run_at = rows[i].run_at,
            .attempts = rows[i].attempts,
            .created_at = rows[i].created_at,
            .order_key = rows[i].order_key,
            .last_error = rows[i].last_error,
        };
    *ret = list;
    *ret_n = n;
    return OK;
}

enum err job_count(struct cx *cx, struct job_counts *ret)
{
    struct job_counts_row *rows = NULL;
    size_t n = 0;
    TRY(q_job_counts(cx, &rows, &n));
    *ret = (struct job_counts){0};
    for (size_t i = 0; i < n; i++) {
        if (str_eq_c(rows[i].state, "ready"))
            ret->ready = rows[i].n;
        else if (str_eq_c(rows[i].state, "waiting"))
            ret->waiting = rows[i].n;
        else if (str_eq_c(rows[i].state, "leased"))
            ret->leased = rows[i].n;
        else
            ret->resting = rows[i].n;
    }
    return OK;
}

enum err job_count_resting(struct cx *cx, int max, int64_t *ret)
{
    return q_job_resting(cx, max, ret);
}

/* The row, unless it runs at this moment. */
static enum err find_still(struct cx *cx, int64_t id, struct job_listed *ret)
{
    bool found = false;
    TRY(q_job_find(cx, id, &found, ret));
    return !found || str_eq_c(ret->state, "leased") ? ERR_NOT_FOUND : OK;
}

enum err job_retry(struct cx *cx, int64_t id)
{
    struct job_listed row;
    TX_SCOPE(cx);
    TRY(find_still(cx, id, &row));
    TRY(q_job_again(cx, id, cx->now, NULL));
    cx->wake |= WAKE_JOBS;
    return tx_commit(cx);
}

enum err job_drop(struct cx *cx, int64_t id)
{
    struct job_listed row;
    TX_SCOPE(cx);
    TRY(find_still(cx, id, &row));
    TRY(q_job_forget(cx, id, NULL));
    if (row.order_key.p != NULL)
        TRY(q_job_promote(cx, row.order_key, NULL));
    cx->wake |= WAKE_JOBS;
    return tx_commit(cx);
}
