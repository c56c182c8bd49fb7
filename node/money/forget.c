#include "node/money/forget.h"

#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/forget_sql.h"
#include "node/settings.h"

enum { BATCH = 500, BATCHES = 100, AGAIN_S = 30 };

/* A table: its rows in the order of their ids, those that hold something into forget_left, and of these the
 * settled ones emptied. */
struct table {
    const char *what;
    enum err (*page)(struct cx *cx, int64_t after, int64_t n, struct forget_row **ret, size_t *ret_n);
    enum err (*take)(struct cx *cx, int64_t after, int64_t upto, int64_t *ret_changes);
    enum err (*empty)(struct cx *cx, int64_t cutoff);
    enum err (*done)(struct cx *cx, int64_t *ret_changes);
};

static enum err empty_events(struct cx *cx, int64_t cutoff)
{
    return q_forget_events_empty(cx, cutoff, STR(""), NULL);
}

static enum err empty_calls(struct cx *cx, int64_t cutoff)
{
    return q_forget_calls_empty(cx, cutoff, NULL);
}

static enum err empty_payers(struct cx *cx, int64_t cutoff)
{
    return q_forget_payers_empty(cx, cutoff, NULL);
}

static const struct table tables[] = {
    {"event", q_forget_events, q_forget_events_take, empty_events, q_forget_events_done},
    {"call", q_forget_calls, q_forget_calls_take, empty_calls, q_forget_calls_done},
    {"payer", q_forget_payers, q_forget_payers_take, empty_payers, q_forget_payers_done},
};

static enum err batch(struct cx *cx, const struct table *t, int64_t cutoff, bool *ret_more)
{
    struct forget_row *rows;
    int64_t after;
    size_t n, old = 0;
    bool found;
    TX_SCOPE(cx);
    TRY(q_forget_upto(cx, str_c(t->what), &found, &after));
    after = found ? after : 0;
    TRY(t->page(cx, after, BATCH, &rows, &n));
    while (old < n && rows[old].at <= cutoff)
        old++;
    if (old > 0) {
        TRY(t->take(cx, after, rows[old - 1].id, NULL));
        TRY(q_forget_mark_put(cx, str_c(t->what), rows[old - 1].id, NULL));
    }
    TRY(t->empty(cx, cutoff));
    TRY(t->done(cx, NULL));
    *ret_more = old == BATCH;
    return tx_commit(cx);
}

enum err forget_due(struct cx *cx, bool *ret_more)
{
    struct str text;
    int64_t days;
    int left = BATCHES;
    *ret_more = false;
    TRY(setting_get(cx, "pay.forget_days", &text));
    if (!str_to_i64(text, &days) || days <= 0)
        return OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        bool more = true;
        while (more && left-- > 0)
            TRY(batch(cx, &tables[i], cx->now - days * MS_DAY, &more));
        *ret_more = *ret_more || more;
    }
    return OK;
}

enum job_verdict forget_run(struct cx *cx, const struct job *job)
{
    bool more;
    (void)job;
    if (forget_due(cx, &more) != OK)
        return JOB_RETRY;
    if (!more)
        return JOB_DONE;
    if (tx_begin(cx) != OK)
        return JOB_RETRY;
    if (job_put(cx, "money.forget", 0, STR("more"), STR_NULL, cx->now + AGAIN_S * MS_SECOND) != OK) {
        tx_rollback(cx);
        return JOB_RETRY;
    }
    return tx_commit(cx) == OK ? JOB_DONE : JOB_RETRY;
}
