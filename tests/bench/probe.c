/* How long somebody waits who asks now and then.
 *
 *     probe page HOST:PORT PATH RATE SECONDS [HEADER…]    one kept-alive connection, RATE a second;
 *                                                         prints "p50_us p99_us n"
 *     probe start HOST:PORT PATH COMMAND…                 run COMMAND and ask until it answers;
 *                                                         prints "ms pid" and leaves it running
 *     probe port                                          prints a port that is free
 *
 * Any answer but 200 is an error. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES_MAX = 100000, START_MS = 10000 };

struct probe {
    struct sockaddr_in at;
    char request[8192];
    int n;
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool read_address(const char *text, struct sockaddr_in *ret)
{
    const char *colon = strchr(text, ':');
    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (colon == NULL)
        return false;
    ret->sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
    return true;
}

static bool make_request(struct probe *p, const char *host, const char *path, char **headers, int n)
{
    p->n = snprintf(p->request, sizeof p->request, "GET %s HTTP/1.1\r\nHost: %s\r\n", path, host);
    for (int i = 0; i < n && p->n < (int)sizeof p->request; i++)
        p->n += snprintf(p->request + p->n, sizeof p->request - (size_t)p->n, "%s\r\n", headers[i]);
    if (p->n + 3 > (int)sizeof p->request)
        return false;
    p->n += snprintf(p->request + p->n, sizeof p->request - (size_t)p->n, "\r\n");
    return true;
}

static int reach(const struct probe *p)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&p->at, sizeof p->at) != 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* One request and its whole answer; the status, or -1. */
static int ask(const struct probe *p, int fd)
{
    static char in[1 << 20];
    size_t n = 0, whole = 0;
    int status = -1;
    if (send(fd, p->request, (size_t)p->n, MSG_NOSIGNAL) != p->n)
        return -1;
    while (whole == 0 || n < whole) {
        ssize_t k = recv(fd, in + n, sizeof in - 1 - n, 0);
        if (k <= 0)
            return -1;
        n += (size_t)k;
        in[n] = '\0';
        char *end = whole == 0 ? strstr(in, "\r\n\r\n") : NULL;
        if (end != NULL) {
            const char *length = strcasestr(in, "\r\ncontent-length:");
            status = (int)strtol(in + 9, NULL, 10);
            whole = (size_t)(end + 4 - in);
            if (length != NULL && length < end)
                whole += strtoul(length + 17, NULL, 10);
            if (whole > sizeof in - 1)
                return -1;
        }
    }
    return status;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int probe_page(const struct probe *p, int rate, int seconds)
{
    static int64_t took[SAMPLES_MAX];
    int n = rate * seconds, fd = reach(p);
    if (fd < 0 || rate < 1 || n < 1 || n > SAMPLES_MAX)
        return 1;
    int64_t began = now_us();
    for (int i = 0; i < n; i++) {
        int64_t due = began + (int64_t)i * 1000000 / rate, late = due - now_us();
        if (late > 0)
            nanosleep(&(struct timespec){.tv_sec = late / 1000000,
                                         .tv_nsec = late % 1000000 * 1000}, NULL);
        int64_t sent = now_us();
        int status = ask(p, fd);
        took[i] = now_us() - sent;
        if (status != 200) {
            fprintf(stderr, "probe: answer %d was %d\n", i, status);
            return 1;
        }
    }
    close(fd);
    qsort(took, (size_t)n, sizeof *took, by_size);
    printf("%lld %lld %d\n", (long long)took[n / 2], (long long)took[n * 99 / 100], n);
    return 0;
}

static int probe_start(const struct probe *p, char **command)
{
    int64_t began = now_us();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(2, 1); /* our own output is the answer */
        execvp(command[0], command);
        _exit(127);
    }
    while (now_us() - began < START_MS * 1000) {
        int fd = reach(p), status = fd < 0 ? -1 : ask(p, fd);
        if (fd >= 0)
            close(fd);
        if (status == 200) {
            printf("%.1f %d\n", (double)(now_us() - began) / 1000, (int)pid);
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    fprintf(stderr, "probe: no answer within %d ms\n", START_MS);
    return 1;
}

static int probe_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0)
        return 1;
    printf("%d\n", ntohs(at.sin_port));
    return 0;
}

int main(int argc, char **argv)
{
    struct probe p;
    if (argc == 2 && strcmp(argv[1], "port") == 0)
        return probe_port();
    bool start = argc > 4 && strcmp(argv[1], "start") == 0;
    bool page = argc > 5 && strcmp(argv[1], "page") == 0;
    if ((!start && !page) || !read_address(argv[2], &p.at)) {
        fprintf(stderr, "usage: probe page HOST:PORT PATH RATE SECONDS [HEADER...]\n"
                        "       probe start HOST:PORT PATH COMMAND...\n"
                        "       probe port\n");
        return 2;
    }
    if (!make_request(&p, argv[2], argv[3], argv + 6, page ? argc - 6 : 0))
        return 2;
    if (start)
        return probe_start(&p, argv + 4);
    return probe_page(&p, (int)strtol(argv[4], NULL, 10), (int)strtol(argv[5], NULL, 10));
}
