/* The whole way of federation, store and queue included, on one machine in one run:
 *
 *   inbox    signed activities from a known actor, each verified and on disk before its 202
 *   fan-out  one post to many hosts: first delivery after the commit, rate, peak memory
 *
 *     bench_fed [hosts [delay_ms [activities]]]      2000 hosts that answer at once, 6000 activities
 *
 * The other ends are processes of their own, so the memory is the node's alone. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "federation/httpsig.h"
#include "federation/keys.h"
#include "node/net/fetch.h"
#include "tests/unit/fed_world.h"

enum { CLIENTS = 16, ROUNDS = 3 };

static const struct route_table *const bench_routes[] = {&fed_routes, NULL};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What clients and parent share. */
struct shared {
    _Atomic int next, failed;
    _Atomic double began;
};

struct client_set {
    struct shared *shared;
    struct str *requests;
    int n, port;
};

static int dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        _exit(2);
    return fd;
}

static void *client(void *arg)
{
    struct client_set *c = arg;
    char answer[4096];
    int fd = dial(c->port);
    for (int i; (i = c->shared->next++) < c->n;) {
        size_t got = 0;
        if (write(fd, c->requests[i].p, c->requests[i].n) != (ssize_t)c->requests[i].n)
            _exit(3);
        answer[0] = '\0';
        while (strstr(answer, "\r\n\r\n") == NULL) {
            ssize_t n = read(fd, answer + got, sizeof answer - 1 - got);
            if (n <= 0)
                _exit(4);
            got += (size_t)n;
            answer[got] = '\0';
        }
        c->shared->failed += strncmp(answer + 9, "202", 3) != 0;
    }
    close(fd);
    return NULL;
}

static struct str request_of(struct arena *a, const struct fed_signer *far, struct str url,
                             struct str host, int i)
{
    struct sig_headers h;
    struct buf b;
    struct str body = str_fmt(a, "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":"
                              "\"http://127.200.0.1:9/x/%d\",\"type\":\"Like\",\"actor\":"
                              "\"http://127.200.0.1:9/u\",\"object\":\"http://127.200.0.1:9/none/%d\"}",
                              i, i);
    struct sig_sign s = {.scheme = SIG_DRAFT, .key = far->rsa, .method = "POST", .url = url,
                         .key_id = STR("http://127.200.0.1:9/u#main-key"), .body = body,
                         .now = clock_now()};
    OK_(httpsig_sign(a, &s, &h));
    buf_init_arena(&b, a, 8192);
    buf_fmt(&b, "POST /ap/inbox HTTP/1.1\r\nHost: " STR_FMT "\r\nContent-Type: "
            "application/activity+json\r\nContent-Length: %zu\r\n", STR_ARG(host), body.n);
    for (size_t k = 0; k < h.n; k++)
        buf_fmt(&b, STR_FMT ": " STR_FMT "\r\n", STR_ARG(h.v[k].name), STR_ARG(h.v[k].value));
    buf_lit(&b, "\r\n");
    buf_put(&b, body);
    return buf_str(&b);
}

/* A known actor with a key of ours, so that we can sign for it. */
static void bench_inbox(struct world *w, struct http *http, int n)
{
    struct cx *cx = w->cx;
    const struct fed_signer *far;
    struct fed_local sand;
    struct str url = fed_iri(cx, "/ap/inbox"), host = w->store->node.host;
    OK_(fed_local_by_ref(cx, "planet", SAND, &sand));
    OK_(fed_signer_get(cx, sand.id, &far));
    struct fed_doc d = {.uri = STR("http://127.200.0.1:9/u"), .kind = STR("Person"),
        .host = STR("127.200.0.1:9"), .username = STR("u"), .name = STR("u"),
        .url = STR("http://127.200.0.1:9/u"), .inbox = STR("http://127.200.0.1:9/i"), .n_keys = 1};
    int64_t id;
    d.keys[0].id = STR("http://127.200.0.1:9/u#main-key");
    d.keys[0].material = crypt_key_public_pem(cx->arena, far->rsa);
    OK_(fed_actor_store(cx, &d, &id));
    cx_release(cx);
    struct shared *sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t t[CLIENTS];
        struct arena *a = arena_new();
        struct client_set c = {sh, ARENA_ARRAY(a, struct str, (size_t)n), n, http_port(http)};
        for (int i = 0; i < n; i++)
            c.requests[i] = request_of(a, far, url, host, i);
        sh->began = seconds();
        for (int i = 0; i < CLIENTS; i++)
            pthread_create(&t[i], NULL, client, &c);
        for (int i = 0; i < CLIENTS; i++)
            pthread_join(t[i], NULL);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    double took = seconds() - sh->began;
    printf("inbox_accepted_per_s %.0f (failed %d of %d, status %d)\n", n / took, sh->failed, n, status);
    double from = seconds();
    int64_t left = 1;
    while (left > 0) {
        usleep(20000);
        OK_(q_test_jobs_of(cx, STR("fed.receive"), &left));
        cx_release(cx);
    }
    printf("inbox_processed_per_s %.0f (%.2f s after the last 202)\n", n / (seconds() - sh->began),
           seconds() - from);
}

static pid_t start_sink(const char *self, int delay, int *ret_port)
{
    char path[1024], ms[16], line[32] = "";
    const char *slash = strrchr(self, '/');
    int fds[2];
    snprintf(path, sizeof path, "%.*ssink", slash == NULL ? 0 : (int)(slash + 1 - self), self);
    snprintf(ms, sizeof ms, "%d", delay);
    if (pipe(fds) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        execl(path, path, "--delay", ms, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    FILE *in = fdopen(fds[0], "r");
    if (in == NULL || fgets(line, sizeof line, in) == NULL)
        return -1;
    *ret_port = (int)strtol(line, NULL, 10);
    return pid;
}

static void put_followers(struct world *w, int n, int port)
{
    struct cx *cx = w->cx;
    struct fed_local tea;
    OK_(fed_local_by_ref(cx, "planet", TEA, &tea));
    OK_(tx_begin(cx));
    for (int i = 0; i < n; i++) {
        struct str host = str_fmt(cx->arena, "127.%d.%d.%d:%d", 1 + i / 62500, i / 250 % 250,
                                  1 + i % 250, port);
        OK_(q_test_actor(cx, 100000 + i, str_fmt(cx->arena, "http://" STR_FMT "/u", STR_ARG(host)),
                         host, str_fmt(cx->arena, "http://" STR_FMT "/inbox", STR_ARG(host)), NULL));
        OK_(q_test_follow(cx, 200000 + i, 100000 + i, tea.id, NULL));
    }
    OK_(tx_commit(cx));
    cx_release(cx);
}

static void bench_fanout(struct world *w, int n)
{
    void *state = w;
    struct cx *cx = w->cx;
    struct rusage use;
    for (int round = 0; round < ROUNDS; round++) {
        cx->now = clock_now();
        struct post p = make(&state, "Fan", "body", "A teaser", GATE_MEMBERS, 0);
        OK_(post_publish(as(&state, WORLD_OWNER), p.id, true, &p));
        double from = seconds(), first = 0, all_queued = 0;
        cx_release(cx);
        int64_t left = 1;
        bool seen = false;
        while (left > 0 || !seen) {
            usleep(first == 0 ? 500 : 5000);
            int64_t fan;
            OK_(q_test_jobs_of(cx, STR("fed.deliver"), &left));
            OK_(q_test_jobs_of(cx, STR("fed.fanout"), &fan));
            cx_release(cx);
            if (first == 0 && left > 0)
                first = seconds();
            if (fan == 0 && all_queued == 0)
                all_queued = seconds();
            seen = fan == 0 && first != 0;
        }
        double took = seconds() - from;
        getrusage(RUSAGE_SELF, &use);
        printf("fanout_per_s %.0f (%d hosts in %.2f s; first queued after %.1f ms, all after %.0f ms; "
               "peak memory %ld KiB)\n", n / took, n, took, 1000 * (first - from),
               1000 * (all_queued - from), use.ru_maxrss);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    int hosts = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000;
    int delay = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    int activities = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 6000;
    int port;
    void *state;
    struct http *http;
    struct arena *a = arena_new();
    if (freopen("/dev/null", "w", stderr) == NULL)
        return 1;
    pid_t sink = start_sink(argv[0], delay, &port);
    if (sink < 0 || world_setup(&state) != 0)
        return 1;
    struct world *w = state;
    struct server *server = &w->server;
    struct node *node = &w->store->node;
    server->wiring = &fed_world_wiring;
    server->routes = bench_routes;
    server->dev = node->dev = true;
    OK_(fetcher_start(true, STR("bench"), &server->fetcher));
    OK_(http_start(server, "127.0.0.1:0", 4, &http));
    node->host = str_fmt(a, "localhost:%d", http_port(http));
    node->origin = str_fmt(a, "http://" STR_FMT, STR_ARG(node->host));
    OK_(fed_start(w->cx, node));
    OK_(jobs_start(server, 4, &server->jobs));
    put_followers(w, hosts, port);
    bench_fanout(w, hosts);
    if (activities > 0)
        bench_inbox(w, http, activities);
    http_stop(http);
    jobs_stop(server->jobs);
    fetcher_stop(server->fetcher);
    fed_stop(node);
    int64_t took;
    OK_(q_test_took(w->cx, &took));
    printf("hosts that took it: %lld of %d\n", (long long)took, hosts);
    world_teardown(&state);
    kill(sink, SIGTERM);
    waitpid(sink, NULL, 0);
    arena_free(a);
    return 0;
}
