#include "config.h"

#include "node/serve.h"

#include "federation/federation.h"
#include "node/base/clock.h"
#include "node/base/turnstile.h"
#include "node/base/log.h"
#include "node/base/settle.h"
#include "node/http/http.h"
#include "node/jobs/jobs.h"
#include "node/lock.h"
#include "node/media/media.h"
#include "node/net/fetch.h"
#include "node/node.h"
#include "node/server.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HTTP_WORKERS = 4, JOB_WORKERS = 4, PICTURES_AT_ONCE = 2, PICTURES_WAITING = 1 };
/* Pictures and passwords: each of the two leaves a worker to the others. 19 MiB a hash; together fewer than the HTTP workers, so that a flood of sign-ins leaves one. */
enum { HASHES_AT_ONCE = 2, HASHES_WAITING = 1 };

static const char usage[] =
    "usage: orrery serve DIR [options]\n\n"
    "Serve the node in DIR until SIGTERM or SIGINT.\n\n"
    "  --listen ADDRESS:PORT   where to listen (127.0.0.1:8420); a front proxy stands before it\n"
    "  --dev                   for trying out: http and loopback peers, mail links on the console\n"
    "  --help                  this text\n";

struct options {
    const char *dir;
    const char *listen;
    bool dev;
};

/* 0 to go on, else exit status + 1. */
static int parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.listen = "127.0.0.1:8420"};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 1;
        } else if (strcmp(argv[i], "--dev") == 0) {
            o->dev = true;
        } else if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
            o->listen = argv[++i];
        } else if (argv[i][0] != '-' && o->dir == NULL) {
            o->dir = argv[i];
        } else {
            fprintf(stderr, "orrery serve: what is '%s'?\n%s", argv[i], usage);
            return 3;
        }
    }
    if (o->dir == NULL) {
        fprintf(stderr, "orrery serve: say which directory the node is in\n%s", usage);
        return 3;
    }
    return 0;
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

static void wait_for_signal(const sigset_t *set)
{
    int signal_number = 0;
    while (sigwait(set, &signal_number) != 0)
        ;
    log_info("server", "signal %d: stopping", signal_number);
}

static enum err start_engines(struct server *s, const struct options *o, struct http **ret_http)
{
    struct cx *cx = cx_new(s->node);
    struct str agent = str_fmt(cx->arena, "Orrery/" PACKAGE_VERSION " (+" STR_FMT "/)",
                               STR_ARG(s->node->origin));
    enum err e = fetcher_start(s->dev, agent, &s->fetcher);
    if (e == OK)
        e = fed_start(cx, s->node);
    cx_free(cx);
    TRY(e);
    TRY(jobs_start(s, JOB_WORKERS, &s->jobs));
    return http_start(s, o->listen, HTTP_WORKERS, ret_http);
}

int serve_main(struct server *s, int argc, char **argv)
{
    struct options o;
    int stop = parse(argc, argv, &o);
    if (stop != 0)
        return stop - 1;
    int64_t began = clock_monotonic();
    s->dev = o.dev;

    /* Blocked before any thread is made, so that only sigwait sees them. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a failed write, as a full disk is */

    int lock = -1;
    if (lock_dir(o.dir, &lock) != OK)
        return 1;
    struct http *http = NULL;
    s->media = media_engine_new(PICTURES_AT_ONCE, PICTURES_WAITING, NULL);
    s->hashing = turnstile_new(HASHES_AT_ONCE, HASHES_WAITING);
    enum err e = node_open(s, o.dir, &s->node);
    if (e == OK)
        e = start_engines(s, &o, &http);
    if (e == OK) {
        fprintf(stdout, "serving " STR_FMT " on %s, port %d\n", STR_ARG(s->node->origin), o.listen,
                http_port(http));
        fflush(stdout);
        log_info("server", "ready ms=%lld", (long long)(clock_monotonic() - began));
        notify_ready();
        settle_memory();
        wait_for_signal(&set);
    }
    /* In reverse: no new requests, then no new jobs, then no transfers, then the store. */
    http_stop(http);
    jobs_stop(s->jobs);
    fetcher_stop(s->fetcher);
    if (s->node != NULL)
        fed_stop(s->node);
    node_close(s->node);
    s->hashing = turnstile_free(s->hashing);
    s->media = media_engine_free(s->media);
    close(lock);
    return e == OK ? 0 : 1;
}
