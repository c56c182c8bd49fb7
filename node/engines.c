#include "config.h"

#include "node/engines.h"

#include "node/base/clock.h"
#include "node/base/limiter.h"
#include "node/base/log.h"
#include "node/base/settle.h"
#include "node/base/turnstile.h"
#include "node/http/http.h"
#include "node/jobs/jobs.h"
#include "node/media/media.h"
#include "node/net/fetch.h"
#include "node/nodes.h"
#include "node/server.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HTTP_WORKERS = 4, JOB_WORKERS = 4, PICTURES_AT_ONCE = 2, PICTURES_WAITING = 1 };
/* Pictures and passwords: each of the two leaves a worker to the others. 19 MiB a hash; together fewer
 * than the HTTP workers, so that a flood of sign-ins leaves one. */
enum { HASHES_AT_ONCE = 2, HASHES_WAITING = 1 };
/* 24 bytes each, touched when used. */
enum { LIMITER_SLOTS = 65536 };

void engines_prepare(struct server *s, bool dev, struct engines *ret)
{
    *ret = (struct engines){.server = s, .began = clock_monotonic()};
    s->dev = dev;
    sigemptyset(&ret->signals);
    sigaddset(&ret->signals, SIGTERM);
    sigaddset(&ret->signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ret->signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a failed write, as a full disk is */
    s->media = media_engine_new(PICTURES_AT_ONCE, PICTURES_WAITING, NULL);
    s->hashing = turnstile_new(HASHES_AT_ONCE, HASHES_WAITING);
    s->limiter = limiter_new(LIMITER_SLOTS);
}

enum err engines_start(struct engines *e, struct str agent, const char *listen)
{
    struct server *s = e->server;
    TRY(fetcher_start(s->dev, agent, &s->fetcher));
    TRY(jobs_start(s, &(struct jobs_options){.n_runners = JOB_WORKERS}, &s->jobs));
    TRY(nodes_attach_jobs(s->nodes));
    struct http_options o = {.listen = listen, .n_workers = HTTP_WORKERS};
    return http_start(s, &o, &e->http);
}

/* Tell systemd that we are ready (sd_notify(3)); a datagram is all it takes. */
static void notify_ready(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof addr.sun_path)
        return;
    memcpy(addr.sun_path, path, strlen(path));
    if (addr.sun_path[0] == '@')
        addr.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&addr, len);
    close(fd);
}

void engines_serve(struct engines *e)
{
    int signal_number = 0;
    log_info("server", "ready ms=%lld", (long long)(clock_monotonic() - e->began));
    notify_ready();
    settle_memory();
    while (sigwait(&e->signals, &signal_number) != 0)
        ;
    log_info("server", "signal %d: stopping", signal_number);
}

void engines_stop(struct engines *e)
{
    struct server *s = e->server;
    e->http = http_stop(e->http);
    s->jobs = jobs_stop(s->jobs);
    s->fetcher = fetcher_stop(s->fetcher);
}

void engines_free(struct engines *e)
{
    struct server *s = e->server;
    s->limiter = limiter_free(s->limiter);
    s->hashing = turnstile_free(s->hashing);
    s->media = media_engine_free(s->media);
}
