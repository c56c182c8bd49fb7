/* The HTTP frame against bare libmicrohttpd with the same answer, in the same run, loaded by wrk
 * over 32 kept-alive connections (Debian: wrk). Prints "name value unit". */
#include <fcntl.h>
#include <microhttpd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/http/http.h"
#include "node/node.h"
#include "node/server.h"

enum { PAGE_BYTES = 4096 };
static const char seconds[] = "4s";

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stdout, "bench_http: %s failed\n", what);
    exit(1);
}

/* ---- bare libmicrohttpd: the limit ---- */

static enum MHD_Result bare_answer(void *cls, struct MHD_Connection *con, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_n, void **con_cls)
{
    static int seen;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_n;
    if (*con_cls == NULL) {
        *con_cls = &seen; /* in the first call an answer would close the connection */
        return MHD_YES;
    }
    return MHD_queue_response(con, 200, cls);
}

static struct MHD_Daemon *bare_start(struct MHD_Response *r, int *ret_port)
{
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, bare_answer, r,
                         MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_END);
    must(d != NULL, "bare libmicrohttpd");
    *ret_port = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
    return d;
}

/* ---- the frame ---- */

static enum err run_page(struct rq *rq)
{
    struct buf b;
    buf_init(&b, PAGE_BYTES + 1);
    for (int i = 0; i < PAGE_BYTES / 16; i++)
        buf_lit(&b, "<p>sixteen bytes");
    return reply_html(rq, 200, &b);
}

static const struct route rows[] = {
    {GET, "/cached", run_page, ANYONE, RATE_READ, 0, "", true},
    {GET, "/made", run_page, ANYONE, RATE_READ, 0, "", false},
    {0},
};
static const struct route_table table = {"bench", rows};
static const struct route_table *const tables[] = {&table, NULL};

/* ---- wrk ---- */

struct load {
    double per_second;
    char p99[32];
};

static struct load run_wrk(int port, const char *path)
{
    extern char **environ;
    struct load l = {0};
    char url[100], line[256];
    int pipe_fd[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;

    snprintf(url, sizeof(url), "http://localhost:%d%s", port, path);
    char *const argv[] = {(char[]){"wrk"},      (char[]){"-t2"},       (char[]){"-c32"},
                          (char[]){"-d"},       (char *)(uintptr_t)seconds, (char[]){"--latency"},
                          url,                  NULL};
    must(pipe2(pipe_fd, O_CLOEXEC) == 0, "pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fd[1], STDOUT_FILENO);
    must(posix_spawnp(&pid, "wrk", &actions, NULL, argv, environ) == 0,
         "starting wrk (Debian: wrk)");
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fd[1]);
    FILE *f = fdopen(pipe_fd[0], "r");
    must(f != NULL, "fdopen");
    while (fgets(line, sizeof(line), f) != NULL) {
        (void)!sscanf(line, "Requests/sec: %lf", &l.per_second);
        (void)!sscanf(line, " 99%% %31s", l.p99);
        must(strstr(line, "Non-2xx") == NULL, "every answer being 200");
    }
    fclose(f);
    int status;
    must(waitpid(pid, &status, 0) == pid && status == 0 && l.per_second > 0, "wrk");
    return l;
}

static void print(const char *name, struct load l, struct load bare)
{
    printf("http_%s %.0f requests/s\n", name, l.per_second);
    printf("http_%s_p99 %s\n", name, l.p99);
    if (bare.per_second > 0)
        printf("http_%s_of_bare %.1f %%\n", name, 100 * l.per_second / bare.per_second);
    fflush(stdout);
}

int main(void)
{
    static char bytes[PAGE_BYTES];
    int port;
    memset(bytes, 'x', sizeof(bytes));
    must(freopen("/dev/null", "w", stderr) != NULL, "quiet log"); /* its cost stays in */

    struct MHD_Response *r =
        MHD_create_response_from_buffer(sizeof(bytes), bytes, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(r, "Content-Type", "text/html; charset=utf-8");
    struct MHD_Daemon *d = bare_start(r, &port);
    struct load bare = run_wrk(port, "/");
    MHD_stop_daemon(d);
    MHD_destroy_response(r);
    print("bare", bare, (struct load){0});

    struct node node = {.dir = "/tmp", .host = STR("pending"), .origin = STR("http://pending")};
    struct server server = {.node = &node, .routes = tables};
    struct http *h;
    char host[64];
    node.server = &server;
    must(http_start(&server, "127.0.0.1:0", 4, &h) == OK, "http_start");
    snprintf(host, sizeof(host), "localhost:%d", http_port(h));
    node.host = str_c(host);
    print("cached", run_wrk(http_port(h), "/cached"), bare);
    print("made", run_wrk(http_port(h), "/made"), bare);
    http_stop(h);
    return 0;
}
