#include "federation/delivery_int.h"

#include "federation/delivery_sql.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/keys.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/people/account.h"
#include "node/people/audit.h"
#include "node/planet/planet.h"

enum { LOOK_MAX = 1000 };

enum err fed_may_settle(struct cx *cx)
{
    struct account a;
    if (cx->viewer == 0 || (account_by_id(cx, cx->viewer, &a) == OK && a.is_owner))
        return OK;
    return cx_tell(cx, ERR_FORBIDDEN, N_("This is for the owner of the node."));
}

/* The planet's voice, for those who look after it; planet 0: actor 0, for the node's owner. */
static enum err whose(struct cx *cx, int64_t planet_id, int64_t *ret_actor)
{
    struct fed_local l;
    if (planet_id == 0) {
        *ret_actor = 0;
        return fed_may_settle(cx);
    }
    TRY(planet_may_manage(cx, planet_id));
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    *ret_actor = l.id;
    return OK;
}

static struct fed_spread spread(int64_t n_hosts, int64_t n_lost, int64_t waits, int64_t resting)
{
    struct fed_spread s = {.servers = n_hosts, .waiting = waits - resting, .lost = n_lost + resting};
    if (s.servers < s.waiting + s.lost) /* counted while it goes on */
        s.servers = s.waiting + s.lost;
    s.delivered = s.servers - s.waiting - s.lost;
    return s;
}

enum err fed_spread_of_object(struct cx *cx, struct str object_uri, struct fed_spread *ret)
{
    struct said_row *rows;
    struct spread_waits_object_row w;
    size_t n;
    int64_t hosts = 0, lost = 0;
    TRY(q_said_of_object(cx, object_uri, &rows, &n));
    TRY(q_spread_waits_object(cx, object_uri, &w));
    for (size_t i = 0; i < n; i++)
        if (rows[i].n_hosts > hosts) {
            hosts = rows[i].n_hosts;
            lost = rows[i].n_lost;
        }
    *ret = spread(hosts, lost, w.n, w.n_resting);
    return OK;
}

static enum err said_of(struct cx *cx, const struct said_row *rows, size_t n, struct fed_said **ret)
{
    struct fed_said *v = ARENA_ARRAY(cx->arena, struct fed_said, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct spread_waits_row w;
        TRY(q_spread_waits(cx, rows[i].id, &w));
        v[i] = (struct fed_said){.id = rows[i].id, .created_at = rows[i].created_at,
                                 .type = rows[i].type, .object_uri = rows[i].object_uri,
                                 .spread = spread(rows[i].n_hosts, rows[i].n_lost, w.n, w.n_resting)};
    }
    *ret = v;
    return OK;
}

enum err fed_said_of_object(struct cx *cx, int64_t planet_id, struct str object_uri,
                            struct fed_said **ret, size_t *ret_n)
{
    struct said_row *rows;
    TRY(planet_may_manage(cx, planet_id));
    TRY(q_said_of_object(cx, object_uri, &rows, ret_n));
    return said_of(cx, rows, *ret_n, ret);
}

enum err fed_said_waiting(struct cx *cx, int64_t planet_id, const char *type, int n_max,
                          struct fed_said **ret, size_t *ret_n)
{
    struct said_row *rows;
    int64_t actor;
    TRY(whose(cx, planet_id, &actor));
    TRY(q_said_waiting(cx, actor, str_c(type), LOOK_MAX, n_max, &rows, ret_n));
    return said_of(cx, rows, *ret_n, ret);
}

/* ---- single deliveries ---- */

struct str fed_delivery_host(struct str order_key)
{
    return str_sub(order_key, 1, str_find_char(order_key, '|', 1) - 1);
}

static struct fed_delivery delivery_of(const struct delivery_row *r)
{
    return (struct fed_delivery){
        .id = r->id,
        .activity_id = r->activity_id,
        .host = fed_delivery_host(r->order_key),
        .inbox = r->inbox,
        .type = r->type,
        .object_uri = r->object_uri,
        .state = r->state,
        .last_error = r->last_error,
        .attempts = r->attempts,
        .run_at = r->run_at,
        .created_at = r->created_at,
    };
}

void fed_delivery_range(struct cx *cx, struct str host, struct str *ret_low, struct str *ret_high)
{
    *ret_low = str_fmt(cx->arena, "@" STR_FMT "|", STR_ARG(host));
    *ret_high = str_fmt(cx->arena, "@" STR_FMT "}", STR_ARG(host)); /* '}' follows '|' */
}

enum err fed_delivery_list(struct cx *cx, const struct fed_delivery_query *q, struct fed_delivery **ret,
                           size_t *ret_n)
{
    struct delivery_row *rows;
    struct str low, high;
    size_t n;
    int64_t actor, by;
    bool found = true;
    TRY(whose(cx, q->planet_id, &actor));
    if (q->activity_id != 0) {
        TRY(q_said_of_actor(cx, q->activity_id, &found, &by));
        if (!found || (actor != 0 && by != actor))
            return ERR_NOT_FOUND;
        TRY(q_deliveries_of_activity(cx, q->activity_id, q->resting, q->after_id, q->n_max, &rows, &n));
    } else if (!str_empty(q->host)) {
        TRY(fed_may_settle(cx));
        fed_delivery_range(cx, q->host, &low, &high);
        TRY(q_deliveries_of_host(cx, low, high, q->resting, q->after_id, FED_COUNT_MAX, q->n_max,
                                 &rows, &n));
    } else {
        TRY(q_deliveries_resting(cx, actor, q->after_id, q->n_max, &rows, &n));
    }
    *ret = ARENA_ARRAY(cx->arena, struct fed_delivery, n + 1);
    *ret_n = n;
    for (size_t i = 0; i < n; i++)
        (*ret)[i] = delivery_of(&rows[i]);
    return OK;
}

/* The row, if the viewer may settle it. */
static enum err find(struct cx *cx, int64_t planet_id, int64_t id, struct delivery_row *ret)
{
    int64_t actor, by;
    bool found;
    TRY(whose(cx, planet_id, &actor));
    TRY(q_delivery_find(cx, id, &found, ret));
    if (!found)
        return ERR_NOT_FOUND;
    TRY(q_said_of_actor(cx, ret->activity_id, &found, &by));
    return actor == 0 || by == actor || fed_may_settle(cx) == OK ? OK : ERR_NOT_FOUND;
}

enum err fed_delivery_retry(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct delivery_row row;
    TX_SCOPE(cx);
    TRY(find(cx, planet_id, id, &row));
    TRY(job_retry(cx, id));
    TRY(audit_put(cx, "delivery.retry", id, fed_delivery_host(row.order_key)));
    return tx_commit(cx);
}

enum err fed_delivery_drop(struct cx *cx, int64_t planet_id, int64_t id)
{
    struct delivery_row row;
    TX_SCOPE(cx);
    TRY(find(cx, planet_id, id, &row));
    TRY(job_drop(cx, id));
    TRY(q_activity_lost(cx, row.activity_id, 1, NULL));
    TRY(audit_put(cx, "delivery.drop", id, fed_delivery_host(row.order_key)));
    return tx_commit(cx);
}

enum err fed_delivery_count(struct cx *cx, struct fed_delivery_counts *ret)
{
    static const char *const states[] = {"ready", "waiting", "leased"};
    struct hosts_count_row hosts;
    struct fed_delivery_counts c = {0};
    for (size_t i = 0; i < sizeof states / sizeof *states && c.waiting < FED_COUNT_MAX; i++) {
        int64_t n;
        TRY(q_delivery_count_state(cx, str_c(states[i]), FED_COUNT_MAX - c.waiting, &n));
        c.waiting += n;
    }
    TRY(q_delivery_count_state(cx, STR("resting"), FED_COUNT_MAX, &c.resting));
    TRY(q_hosts_count(cx, cx->now, FED_DEAD_DAYS, &hosts));
    c.hosts_troubled = hosts.troubled;
    c.hosts_dead = hosts.dead;
    *ret = c;
    return OK;
}
