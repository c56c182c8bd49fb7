/* Bare libmicrohttpd, which answers every request with one file: the limit of page benchmarks.
 *
 *     bare_http FILE CONTENT-TYPE
 *
 * The first line of its output is the port on 127.0.0.1; SIGTERM ends it. As many epoll threads as
 * the node has. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static enum MHD_Result answer(void *cls, struct MHD_Connection *con, const char *url,
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

static struct MHD_Response *response_of(const char *path, const char *type)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (f == NULL || fstat(fileno(f), &st) != 0)
        return NULL;
    char *bytes = malloc((size_t)st.st_size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
        return NULL;
    fclose(f);
    struct MHD_Response *r = MHD_create_response_from_buffer((size_t)st.st_size, bytes,
                                                             MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(r, "Content-Type", type);
    return r;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Response *r = argc == 3 ? response_of(argv[1], argv[2]) : NULL;
    sigset_t set;
    int got;
    if (r == NULL) {
        fprintf(stderr, "usage: bare_http FILE CONTENT-TYPE\n");
        return 2;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, r,
                                            MHD_OPTION_SOCK_ADDR, &at,
                                            MHD_OPTION_THREAD_POOL_SIZE, 2U, MHD_OPTION_END);
    if (d == NULL)
        return 1;
    printf("%d\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    sigwait(&set, &got);
    MHD_stop_daemon(d);
    MHD_destroy_response(r);
    return 0;
}
