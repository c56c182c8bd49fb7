#include "node/event.h"

#include <string.h>

#include "node/jobs/jobs.h"
#include "node/node.h"
#include "node/server.h"

static const struct event_row *row_of(const struct cx *cx, enum event event)
{
    const struct server *server = cx->node->server;
    if (server == NULL || server->wiring == NULL || server->wiring->events == NULL)
        return NULL;
    for (const struct event_row *r = server->wiring->events; r->event != EV_NONE; r++)
        if (r->event == event)
            return r;
    return NULL;
}

/* "fed.fanout" of subject 12 gives "fed:12". */
static struct str order_key(struct cx *cx, const char *kind, int64_t subject)
{
    if (subject == 0)
        return STR_NULL;
    return str_fmt(cx->arena, "%.*s:%lld", (int)strcspn(kind, "."), kind, (long long)subject);
}

enum err event_emit(struct cx *cx, enum event event, int64_t subject, struct str data)
{
    if (cx->tx_depth == 0)
        return cx_fail(cx, ERR_INTERNAL, "event %d emitted outside a transaction", (int)event);
    const struct event_row *r = row_of(cx, event);
    if (r == NULL)
        return OK;
    if (r->drops_cache)
        cx->wake |= WAKE_PUBLIC;
    for (int i = 0; i < WIRING_MAX_JOBS && r->jobs[i] != NULL; i++)
        TRY(job_put(cx, r->jobs[i], subject, data, order_key(cx, r->jobs[i], subject), 0));
    return OK;
}
