#include "config.h"

#include "node/engines.h"

#include "node/base/clock.h"
#include "node/base/crew.h"
#include "node/base/limiter.h"
#include "node/base/log.h"
#include "node/base/metrics.h"
#include "node/base/settle.h"
#include "node/base/turnstile.h"
#include "node/db/db.h"
#include "node/handover.h"
#include "node/http/http.h"
#include "node/http/internal.h"
#include "node/http/ops.h"
#include "node/jobs/jobs.h"
#include "node/listen.h"
#include "node/media/far.h"
#include "node/media/media.h"
#include "node/net/fetch.h"
#include "node/nodes.h"
#include "node/server.h"
#include "node/wiring.h"

#include <signal.h>


enum { HTTP_WORKERS = 4, JOB_WORKERS = 4, PICTURES_AT_ONCE = 2, PICTURES_WAITING = 1 };
/* Pictures and passwords: each of the two leaves a worker to the others. 19 MiB a hash; together fewer
 * than the HTTP workers, so that a flood of sign-ins leaves one. */
enum { HASHES_AT_ONCE = 2, HASHES_WAITING = 1 };
/* How long the last of what we hold may take once another serves: an upload on a slow line. */
enum { LEAVE_MS = 15 * 60 * 1000 };
/* Calls to payment providers, each up to some seconds long, while a page rests. */
enum { CALLS_AT_ONCE = 8, CALLS_WAITING = 64 };
/* 24 bytes each, touched when used. */
enum { LIMITER_SLOTS = 65536 };

static void on_heard(void *arg, struct str schema, unsigned wake)
{
    const struct server *s = arg;
    if (s->nodes != NULL)
        nodes_heard(s->nodes, schema, wake);
}

void engines_prepare(struct server *s, bool dev, struct engines *ret)
{
    *ret = (struct engines){.server = s, .began = clock_monotonic()};
    s->dev = dev;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a failed write, as a full disk is */
    s->media = media_engine_new(PICTURES_AT_ONCE, PICTURES_WAITING, NULL);
    s->far = far_engine_new(s, &far_hooks);
    s->crew = crew_new(CALLS_AT_ONCE, CALLS_WAITING);
    s->hashing = turnstile_new(HASHES_AT_ONCE, HASHES_WAITING);
    s->limiter = limiter_new(LIMITER_SLOTS);
    s->metrics = metrics_new();
    s->listener = db_listener_new(on_heard, s);
}

enum err engines_take_place(struct engines *e, const struct handover_options *o)
{
    TRY(handover_begin(o, &e->handover));
    atomic_store(&e->server->beside, handover_has_elder(e->handover));
    return OK;
}

enum err engines_start(struct engines *e, struct str agent)
{
    struct server *s = e->server;
    TRY(fetcher_start(s->dev, agent, &s->fetcher));
    const struct jobs_options jo = {.n_runners = JOB_WORKERS,
                                    .n_claimers = nodes_may_sleep(s->nodes) ? 2 : 1,
                                    .beside = atomic_load(&s->beside)};
    TRY(jobs_start(s, &jo, &s->jobs));
    TRY(nodes_attach_jobs(s->nodes));
    struct http_options o = {.fd = handover_fd(e->handover, "public"), .n_workers = HTTP_WORKERS};
    return http_start(s, &o, &e->http);
}

enum err engines_start_internal(struct engines *e, const struct internal_area *areas,
                                struct ops *ops)
{
    e->ops = ops;
    return internal_start(handover_fd(e->handover, "internal"), areas, &e->internal);
}

int engines_internal_port(const struct engines *e)
{
    return listen_port(handover_fd(e->handover, "internal"));
}

/* What was kept of answers while we were alone may be older than what the other writes. */
static void on_shared(void *arg, bool shared)
{
    struct server *s = arg;
    atomic_store(&s->beside, shared);
    if (shared) {
        jobs_beside(s->jobs);
        nodes_drop_cached(s->nodes);
    } else {
        jobs_alone(s->jobs);
    }
}

static bool is_done(void *arg)
{
    const struct engines *e = arg;
    return http_is_done(e->http) && internal_is_done(e->internal);
}

void engines_serve(struct engines *e)
{
    const struct handover_hooks hooks = {.shared = on_shared, .arg = e->server};
    log_info("server", "ready ms=%lld", (long long)(clock_monotonic() - e->began));
    handover_ready(e->handover);
    settle_memory();
    enum handover_end end = handover_wait(e->handover, &hooks);
    if (e->ops != NULL)
        atomic_store(&e->ops->stopping, true);
    http_leave(e->http);
    internal_leave(e->internal);
    if (end == HANDOVER_STOP) {
        handover_close_door(e->handover);
        return;
    }
    e->followed = true;
    jobs_rest(e->server->jobs);
    handover_leave(e->handover, is_done, e, LEAVE_MS);
}

void engines_stop(struct engines *e)
{
    struct server *s = e->server;
    far_engine_leave(s->far); /* or those who wait for pictures would be waited for */
    e->http = http_stop(e->http);
    e->internal = internal_stop(e->internal);
    db_listener_stop(s->listener);
    s->jobs = jobs_stop(s->jobs);
    s->crew = crew_free(s->crew); /* before the fetcher, which it waits for */
    s->fetcher = fetcher_stop(s->fetcher);
    s->far = far_engine_stop(s->far);
}

void engines_free(struct engines *e)
{
    struct server *s = e->server;
    s->metrics = metrics_free(s->metrics);
    s->listener = db_listener_free(s->listener);
    s->limiter = limiter_free(s->limiter);
    s->crew = crew_free(s->crew);
    s->hashing = turnstile_free(s->hashing);
    s->far = far_engine_stop(s->far); /* where nothing was started */
    s->media = media_engine_free(s->media);
    e->handover = handover_free(e->handover); /* last: whoever follows takes it for our end */
}
