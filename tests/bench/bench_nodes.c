/* Many nodes in one process: what one costs asleep and awake, and how long waking takes.
 *
 *     bench_nodes TEMPLATE-DIR WORK-DIR NODES AWAKE [-v]
 *
 * Copies the node in TEMPLATE-DIR (which has a planet "tea") NODES times into WORK-DIR, serves them all
 * in this process, wakes AWAKE (fewer than NODES) of them by a visit each, and prints one line:
 * "sleeping_bytes awake_bytes wake_p50_us wake_p99_us wake_max_us closed_bytes": the growth of the
 * process's memory (PSS) by each, what is left of each after all have gone to sleep again, and the time from the
 * question to the whole page. The engines run; the template's queue should be empty. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/base/clock.h"
#include "node/base/limiter.h"
#include "node/base/settle.h"
#include "node/base/turnstile.h"
#include "node/http/cache.h"
#include "node/http/http.h"
#include "node/jobs/jobs.h"
#include "node/media/media.h"
#include "node/net/fetch.h"
#include "node/nodes.h"
#include "node/server.h"
#include "node/wiring.h"

enum { MAX_AWAKE = 4096 };

struct bench {
    struct server server;
    struct http *http;
    const char *work;
    int n, n_awake;
    bool verbose;
    int64_t us[MAX_AWAKE];
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long pss(void)
{
    char line[256];
    long kb = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "Pss: %ld", &kb) == 1)
            break;
    if (f != NULL)
        fclose(f);
    return kb * 1024;
}

static bool copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = 1;
    while (in >= 0 && out >= 0 && n > 0)
        n = copy_file_range(in, NULL, out, NULL, 1 << 24, 0);
    if (in >= 0)
        close(in);
    return out >= 0 && close(out) == 0 && n == 0;
}

static bool make_dirs(const struct bench *b, const char *template)
{
    static const char *const names[] = {"store.sqlite", "secret.key"};
    char from[4096], to[4096];
    for (int i = 0; i < b->n; i++) {
        snprintf(to, sizeof to, "%s/%d", b->work, i);
        if (mkdir(to, 0700) != 0)
            return false;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            snprintf(from, sizeof from, "%s/%s", template, names[k]);
            snprintf(to, sizeof to, "%s/%d/%s", b->work, i, names[k]);
            if (!copy_file(from, to))
                return false;
        }
    }
    return true;
}

static bool add_all(struct bench *b)
{
    char name[64], host[64], dir[4096];
    for (int i = 0; i < b->n; i++) {
        snprintf(name, sizeof name, "planet-%d", i);
        snprintf(host, sizeof host, "planet-%d.example", i);
        snprintf(dir, sizeof dir, "%s/%d", b->work, i);
        struct node_spec spec = {.id = i + 1, .name = str_c(name), .host = str_c(host),
                                 .dir = dir, .wake_at = INT64_MAX};
        if (nodes_add(b->server.nodes, &spec) != OK)
            return false;
    }
    return true;
}

static bool start(struct bench *b)
{
    struct server *s = &b->server;
    struct http_options http = {.listen = "127.0.0.1:0", .n_workers = 4};
    struct jobs_options jobs = {.n_runners = 4};
    s->nodes = nodes_new(s, NULL);
    s->limiter = limiter_new(65536);
    s->media = media_engine_new(2, 1, NULL);
    s->hashing = turnstile_new(2, 1);
    return fetcher_start(true, STR("bench"), &s->fetcher) == OK &&
           jobs_start(s, &jobs, &s->jobs) == OK && http_start(s, &http, &b->http) == OK;
}

/* One visit on a connection of its own; false unless it is answered by 200. */
static bool visit(struct bench *b, int i, const char *accept)
{
    char text[4096];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(b->http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int n = snprintf(text, sizeof text,
                     "GET /@tea HTTP/1.1\r\nHost: planet-%d.example\r\nAccept: %s\r\n"
                     "Connection: close\r\n\r\n", i, accept);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              send(fd, text, (size_t)n, MSG_NOSIGNAL) == n;
    ssize_t got = ok ? recv(fd, text, sizeof text, 0) : -1;
    ok = got > 12 && memcmp(text + 9, "200", 3) == 0;
    while (got > 0)
        got = recv(fd, text, sizeof text, 0);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool wake_some(struct bench *b)
{
    for (int i = 0; i < b->n_awake; i++) {
        int64_t began = now_us();
        if (!visit(b, i, "text/html"))
            return false;
        b->us[i] = now_us() - began;
    }
    for (int i = 0; i < b->n_awake; i++) /* what else is asked of a planet */
        if (!visit(b, i, "application/activity+json") || !visit(b, i, "text/html"))
            return false;
    return true;
}

/* As it will have been when it is closed after minutes of rest: its pages are old by then. */
static bool close_one(struct bench *b, int i)
{
    struct node_spec spec = {.id = i + 1, .state = NODE_AWAY};
    if (nodes_change(b->server.nodes, &spec) != OK)
        return false;
    http_cache_tidy(b->server.cache, i + 1, clock_monotonic() + HTTP_CACHE_MS);
    return true;
}

static bool close_all(struct bench *b)
{
    for (int i = 0; i < b->n_awake; i++)
        if (!close_one(b, i))
            return false;
    return true;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static bool run(struct bench *b)
{
    const struct timespec moment = {.tv_nsec = 300000000};
    settle_memory();
    (void)visit(b, 0, "text/html"); /* nobody yet: the HTTP threads have run once */
    long before = pss();
    if (!add_all(b))
        return false;
    long asleep = pss();
    /* What the first page of all costs the process (code, sentences, threads) is no node's. */
    if (!visit(b, b->n - 1, "text/html") || !visit(b, b->n - 1, "application/activity+json") ||
        !close_one(b, b->n - 1))
        return false;
    malloc_trim(0);
    long warm = pss();
    if (!wake_some(b))
        return false;
    nanosleep(&moment, NULL); /* what began at waking has ended */
    long awake = pss();
    if (b->verbose)
        malloc_stats();
    if (!close_all(b))
        return false;
    malloc_trim(0);
    long closed = pss();
    if (b->verbose)
        malloc_stats();
    qsort(b->us, (size_t)b->n_awake, sizeof *b->us, by_size);
    printf("%ld %ld %lld %lld %lld %ld\n", (asleep - before) / b->n,
           (awake - warm) / b->n_awake, (long long)b->us[b->n_awake / 2],
           (long long)b->us[b->n_awake * 99 / 100], (long long)b->us[b->n_awake - 1],
           (closed - warm) / b->n_awake);
    return true;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: bench_nodes TEMPLATE-DIR WORK-DIR NODES AWAKE [-v]\n");
        return 2;
    }
    mallopt(M_ARENA_MAX, 2); /* as the program does */
    signal(SIGPIPE, SIG_IGN);
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL)
        return 1;
    b->server = (struct server){.wiring = &wiring, .routes = route_tables, .hooks = &http_hooks,
                                .node_hooks = &node_hooks};
    b->work = argv[2];
    b->n = (int)strtol(argv[3], NULL, 10);
    b->n_awake = (int)strtol(argv[4], NULL, 10);
    b->verbose = argc > 5;
    bool ok = b->n > 0 && b->n_awake > 0 && b->n_awake < b->n && b->n_awake <= MAX_AWAKE &&
              make_dirs(b, argv[1]) && start(b) && run(b);
    if (!ok)
        fprintf(stderr, "bench_nodes: it did not work out\n");
    return ok ? 0 : 1; /* the process ends with everything in it */
}
