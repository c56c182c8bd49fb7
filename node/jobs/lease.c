/* Whose leases stand, and the rows that come again and again.
 *
 * A lease belongs to a process. On SQLite there is one, so whatever is leased when it starts is of a
 * dead one, but while one takes over from another (jobs_options.beside). On PostgreSQL there may be
 * any number; a process holds a lock for as long as it lives, so that the others see it die. A lease
 * that was not renewed in time has expired on every store. */
#include <string.h>

#include "node/base/clock.h"
#include "node/base/jw.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/jobs/jobs_private.h"
#include "node/jobs/jobs_sql.h"
#include "node/node.h"

static void note(int64_t n)
{
    if (n > 0)
        log_info("jobs", "%lld jobs that did not end last time run again", (long long)n);
}

/* Does the store itself know which processes live? */
static bool is_common(const struct jobs_node *n)
{
    return db_schema(n->node->db).p != NULL;
}

enum err jobs_take_leases(struct jobs *j, struct cx *cx)
{
    int64_t rows = 0;
    if (atomic_load(&j->beside) || db_is_shared(cx->node->db))
        TRY(q_job_reset_of(cx, str_c(j->owner), &rows));
    else
        TRY(q_job_reset_leases(cx, &rows));
    note(rows);
    return OK;
}

/* What we have in flight, as a JSON list. */
static struct str ids_in_flight(struct jobs_node *n, struct cx *cx)
{
    struct jobs *j = n->engine;
    struct buf b;
    struct jw w;
    buf_init_arena(&b, cx->arena, 4 << 20);
    jw_init(&w, &b);
    jw_arr(&w);
    pthread_mutex_lock(&j->lock);
    for (int i = 0; n->n_in_flight > 0 && i < JOBS_TABLE; i++)
        for (const struct flight *f = j->table[i]; f != NULL; f = f->chain)
            if (f->owner == n)
                jw_i64(&w, f->job.id);
    pthread_mutex_unlock(&j->lock);
    jw_end(&w);
    return buf_str(&b);
}

enum err jobs_keep_leases(struct jobs_node *n, struct cx *cx)
{
    int64_t taken = 0, expired = 0;
    struct str owner = str_c(n->engine->owner), ids = ids_in_flight(n, cx);
    bool take_over = atomic_load(&n->take_over) && !is_common(n);
    TX_SCOPE(cx);
    if (ids.n > 2)
        TRY(q_job_keep_leases(cx, owner, ids, cx->now + JOBS_LEASE_MS, NULL));
    if (take_over)
        TRY(q_job_reset_others(cx, owner, &taken));
    /* Whoever lives renews them each minute. */
    TRY(q_job_reset_expired(cx, cx->now, &expired));
    TRY(tx_commit(cx));
    atomic_store(&n->take_over, false);
    note(taken + expired);
    return OK;
}

enum err jobs_settle_doubt(struct jobs_node *n, struct cx *cx)
{
    int64_t rows = 0;
    if (!atomic_load(&n->in_doubt))
        return OK;
    TRY(q_job_reset_unknown(cx, str_c(n->engine->owner), ids_in_flight(n, cx), &rows));
    atomic_store(&n->in_doubt, false);
    if (rows > 0)
        log_info("jobs", "%lld jobs were leased by a commit that we had not heard of", (long long)rows);
    return OK;
}

/* ---- who died ------------------------------------------------------------------------------ */

static struct suspect *suspect_of(struct jobs_node *n, struct str owner, int64_t now)
{
    struct suspect *oldest = &n->suspects[0];
    for (int i = 0; i < JOBS_SUSPECTS; i++) {
        struct suspect *s = &n->suspects[i];
        if (str_eq_c(owner, s->owner))
            return s;
        if (s->looked_at < oldest->looked_at)
            oldest = s;
    }
    *oldest = (struct suspect){.looked_at = now};
    memcpy(oldest->owner, owner.p, owner.n);
    return oldest;
}

/* A process whose connections were cut holds its lock again within a second or two, so nobody is
 * declared dead at first sight, nor at the first after the store was away from us all. */
static enum err look_at_owner(struct jobs_node *n, struct cx *cx, struct str owner, int *did)
{
    int64_t lives, rows;
    if (owner.n >= sizeof n->suspects[0].owner)
        return OK; /* of another program; it expires */
    struct suspect *s = suspect_of(n, owner, cx->now);
    TRY(q_job_owner_lives(cx, owner, &lives));
    bool gap = cx->now - s->looked_at > 2 * JOBS_LOOK_MS; /* what was before says nothing of now */
    if (lives)
        s->missed_since = 0;
    else if (s->missed_since == 0 || gap)
        s->missed_since = cx->now;
    s->looked_at = cx->now;
    if (lives || cx->now - s->missed_since < JOBS_DEAD_MS)
        return OK;
    TRY(q_job_reset_of(cx, owner, &rows));
    note(rows);
    *did += (int)rows;
    return OK;
}

enum err jobs_look_for_dead(struct jobs_node *n, struct cx *cx, int *did)
{
    struct str *owners;
    size_t n_owners;
    if (!is_common(n) || cx->now < n->look_at)
        return OK;
    n->look_at = cx->now + JOBS_LOOK_MS;
    TRY(q_job_other_owners(cx, str_c(n->engine->owner), &owners, &n_owners));
    for (size_t i = 0; i < n_owners; i++)
        TRY(look_at_owner(n, cx, owners[i], did));
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
