#include "web/away.h"

#include "node/base/clock.h"
#include "node/base/crew.h"
#include "node/node.h"
#include "node/server.h"

#include <string.h>

struct away {
    struct rq *rq;
    struct cx *cx;
    enum err (*work)(struct cx *cx, void *arg);
    enum err (*then)(struct rq *rq, enum err e, void *arg);
    void *arg;
    enum err err;
};

static void drop_cx(void *cx)
{
    cx_free(cx);
}

static enum err back(struct rq *rq, void *arg)
{
    struct away *w = arg;
    rq->cx->now = clock_now();
    rq->cx->tell = w->cx->tell;
    rq->cx->fail = w->cx->fail;
    rq->cx->retry_after_s = w->cx->retry_after_s;
    return w->then(rq, w->err, w->arg);
}

static void run(void *arg)
{
    struct away *w = arg;
    struct rq *rq = w->rq;
    w->err = w->work(w->cx, w->arg);
    rq_unpark(rq); /* from here on the worker has it */
}

enum err web_away(struct rq *rq, enum err (*work)(struct cx *cx, void *arg), void *arg, int ms,
                  enum err (*then)(struct rq *rq, enum err e, void *arg))
{
    struct cx *cx = rq->cx;
    struct crew *crew = cx->node->server == NULL ? NULL : cx->node->server->crew;
    struct away *w = ARENA_NEW(cx->arena, struct away);
    *w = (struct away){.rq = rq, .cx = cx_new(cx->node), .work = work, .then = then, .arg = arg, .err = ERR_BUSY};
    arena_defer(cx->arena, drop_cx, w->cx);
    w->cx->viewer = cx->viewer;
    w->cx->locale = cx->locale;
    w->cx->now = cx->now;
    w->cx->call_by = clock_monotonic() + ms;
    memcpy(w->cx->trace, cx->trace, sizeof cx->trace);
    if (crew != NULL && crew_do(crew, run, w))
        return rq_park(rq, back, w);
    if (crew == NULL) /* nobody else to do it */
        w->err = work(w->cx, arg);
    else
        w->cx->retry_after_s = 5;
    return back(rq, w);
}
