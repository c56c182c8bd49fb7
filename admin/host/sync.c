/* From the registry to the entries of this process. Whatever changed, by whichever process, has a higher
 * version than we have seen; changes commit in the order of their versions. */
#include "admin/host/row.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/nodes.h"

static struct node_spec spec_of(struct cx *cx, const struct host_row *r)
{
    static const struct { const char *word; enum node_state state; } states[] = {
        {"active", NODE_ACTIVE}, {"suspended", NODE_SUSPENDED}, {"moving", NODE_AWAY},
        {"leaving", NODE_LEAVING}, {"deleted", NODE_GONE}};
    struct node_spec s = {
        .id = r->id, .name = r->name, .host = r->host, .dir = str_z(cx->arena, r->dir),
        .state = NODE_GONE, .wake_at = r->wake_at,
        .quota = {r->members, r->storage, r->posts_a_day, r->mails_a_day}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (str_eq_c(r->state, states[i].word))
            s.state = states[i].state;
    return s;
}

/* A domain that is served again: the one that was there before is forgotten. */
static enum err make_room(struct cx *cx, struct nodes *nodes, struct str host)
{
    int64_t *ids;
    size_t n;
    TRY(q_host_nodes_gone_at(cx, host, &ids, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = nodes_remove(nodes, ids[i]);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
    }
    return OK;
}

static enum err apply(struct cx *cx, struct nodes *nodes, const struct host_row *r)
{
    if (str_eq_c(r->state, "making"))
        return OK;
    struct node_spec s = spec_of(cx, r);
    enum err e = nodes_change(nodes, &s);
    if (e != ERR_NOT_FOUND)
        return e;
    e = nodes_add(nodes, &s);
    if (e != ERR_CONFLICT)
        return e;
    if (s.state == NODE_GONE)
        return OK; /* and a newer one stands in its place */
    TRY(make_room(cx, nodes, r->host));
    return nodes_add(nodes, &s);
}

static enum err sync_now(struct cx *cx, struct host *h)
{
    struct host_row *rows;
    size_t n;
    TRY(q_host_nodes_since(cx, h->seen, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        enum err e = apply(cx, h->nodes, &rows[i]);
        if (e != OK) {
            log_error("host", "node " STR_FMT " cannot be served: %s", STR_ARG(rows[i].name),
                      err_name(e));
            if (e != ERR_CONFLICT && e != ERR_INVALID)
                return e;
        }
        h->seen = rows[i].version;
    }
    return n == 0 ? OK : q_host_process_put(cx, h->process, h->place, h->seen, clock_now(), NULL);
}

enum err host_sync(struct cx *cx)
{
    struct host *h = host_of(cx);
    if (h->nodes == NULL)
        return OK;
    pthread_mutex_lock(&h->sync);
    enum err e = sync_now(cx, h);
    pthread_mutex_unlock(&h->sync);
    return e;
}

enum err host_is_served(struct cx *cx, bool *ret)
{
    struct host_process_count_row c;
    TRY(q_host_process_count(cx, 0, cx->now - HOST_ALIVE_MS, &c));
    *ret = c.alive > 0;
    return OK;
}

enum err host_all_know(struct cx *cx, int64_t version, bool *ret)
{
    struct host_process_count_row c;
    TRY(q_host_process_count(cx, version, cx->now - HOST_ALIVE_MS, &c));
    *ret = c.behind == 0;
    return OK;
}
