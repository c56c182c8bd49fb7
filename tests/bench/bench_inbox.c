/* Signed activities to a node's inbox, from actors that it knows, over kept-alive connections.
 *
 *     bench_inbox HOST:PORT OBJECT [total [connections [actors]]]      12000, 32, 8
 *
 * HOST:PORT is the node's (it must run with --dev: the actors live at 127.0.7.1, served from here),
 * OBJECT the id of a public post. One in two activities is a Like, the other a Create that answers
 * the post; every id is new. All is signed before the clock starts. Prints
 *
 *     rate_per_s p50_ms p99_ms not_accepted
 *
 * where the rate counts answers 202 alone. */
#include "federation/httpsig.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ACTORS_MAX = 64, CONNECTIONS_MAX = 256, SIGNERS = 2, WAIT_MS = 10000 };

struct message {
    char *bytes;
    size_t n;
    double sent, took;
};

struct conn {
    int fd;
    struct message *on_way;
    char in[4096];
    size_t n;
};

struct bench {
    const char *host, *object;
    int total, n_conns, n_actors, port; /* port: where the actors live */
    struct crypt_key *keys[ACTORS_MAX];
    struct message *messages;
    struct conn conns[CONNECTIONS_MAX];
    int64_t run;
    _Atomic int next;
    int done, accepted;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_inbox: %s failed\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- where the actors live ---- */

static struct str actor_uri(const struct bench *b, struct arena *a, int i)
{
    return str_fmt(a, "http://127.0.7.1:%d/a/%d", b->port, i);
}

static void put_escaped(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\n')
            buf_lit(out, "\\n");
        else
            buf_put_char(out, s.p[i]);
}

static enum MHD_Result serve_actor(void *cls, struct MHD_Connection *con, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_n, void **con_cls)
{
    static int seen;
    struct bench *b = cls;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_n;
    if (*con_cls == NULL) {
        *con_cls = &seen;
        return MHD_YES;
    }
    int i = strncmp(url, "/a/", 3) == 0 ? (int)strtol(url + 3, NULL, 10) : -1;
    if (i < 0 || i >= b->n_actors)
        return MHD_NO;
    struct arena *a = arena_new();
    struct str id = actor_uri(b, a, i);
    struct buf out;
    buf_init_arena(&out, a, 8192);
    buf_put(&out, str_fmt(a, "{\"@context\":[\"https://www.w3.org/ns/activitystreams\","
                             "\"https://w3id.org/security/v1\"],\"id\":\"" STR_FMT
                             "\",\"type\":\"Person\",\"preferredUsername\":\"actor%d\","
                             "\"inbox\":\"" STR_FMT "/inbox\",\"publicKey\":{\"id\":\"" STR_FMT
                             "#main-key\",\"owner\":\"" STR_FMT "\",\"publicKeyPem\":\"",
                          STR_ARG(id), i, STR_ARG(id), STR_ARG(id), STR_ARG(id)));
    put_escaped(&out, crypt_key_public_pem(a, b->keys[i]));
    buf_lit(&out, "\"}}");
    struct str doc = buf_str(&out);
    struct MHD_Response *r = MHD_create_response_from_buffer(doc.n, (void *)(uintptr_t)doc.p,
                                                             MHD_RESPMEM_MUST_COPY);
    arena_free(a);
    MHD_add_response_header(r, "Content-Type", "application/activity+json");
    enum MHD_Result result = MHD_queue_response(con, 200, r);
    MHD_destroy_response(r);
    return result;
}

static struct MHD_Daemon *open_house(struct bench *b)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    must(inet_pton(AF_INET, "127.0.7.1", &at.sin_addr) == 1, "an address");
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
                                            serve_actor, b, MHD_OPTION_SOCK_ADDR, &at,
                                            MHD_OPTION_END);
    must(d != NULL, "serving the actors");
    b->port = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
    return d;
}

/* ---- what they say ---- */

static struct str activity(const struct bench *b, struct arena *a, int i, struct str actor)
{
    struct str id = str_fmt(a, STR_FMT "/x/%lld-%d", STR_ARG(actor), (long long)b->run, i);
    if (i % 2 == 0)
        return str_fmt(a, "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":\"" STR_FMT
                          "\",\"type\":\"Like\",\"actor\":\"" STR_FMT "\",\"object\":\"%s\"}",
                       STR_ARG(id), STR_ARG(actor), b->object);
    return str_fmt(a, "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"id\":\"" STR_FMT
                      "\",\"type\":\"Create\",\"actor\":\"" STR_FMT
                      "\",\"to\":[\"https://www.w3.org/ns/activitystreams#Public\"],"
                      "\"object\":{\"id\":\"" STR_FMT "/note\",\"type\":\"Note\",\"attributedTo\":\""
                      STR_FMT "\",\"to\":[\"https://www.w3.org/ns/activitystreams#Public\"],"
                      "\"inReplyTo\":\"%s\",\"published\":\"" STR_FMT "\",\"content\":"
                      "\"<p>Answer number %d, of the length that answers usually have: two or "
                      "three lines that thank, ask, or <em>object</em>.</p>\"}}",
                   STR_ARG(id), STR_ARG(actor), STR_ARG(id), STR_ARG(actor), b->object,
                   STR_ARG(clock_rfc3339(a, clock_now())), i);
}

static void sign(struct bench *b, struct arena *a, int i)
{
    int k = i % b->n_actors;
    struct str actor = actor_uri(b, a, k), body = activity(b, a, i, actor);
    struct sig_headers h = {.n = 0};
    struct sig_sign s = {.scheme = SIG_DRAFT, .key = b->keys[k], .now = clock_now(),
                         .key_id = str_fmt(a, STR_FMT "#main-key", STR_ARG(actor)),
                         .method = "POST", .body = body,
                         .url = str_fmt(a, "http://%s/ap/inbox", b->host)};
    must(httpsig_sign(a, &s, &h) == OK, "signing");
    struct buf out;
    buf_init_arena(&out, a, 65536);
    /* many networks, as behind a front proxy: what is measured is not the rate limit */
    buf_put(&out, str_fmt(a, "POST /ap/inbox HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: 10.%d.%d.1\r\n"
                             "Content-Type: application/activity+json\r\nContent-Length: %zu\r\n",
                          b->host, i / 250 % 250, i % 250, body.n));
    for (size_t j = 0; j < h.n; j++)
        if (!str_ieq_c(h.v[j].name, "host"))
            buf_put(&out, str_fmt(a, STR_FMT ": " STR_FMT "\r\n", STR_ARG(h.v[j].name),
                                  STR_ARG(h.v[j].value)));
    buf_lit(&out, "\r\n");
    buf_put(&out, body);
    struct str whole = buf_str(&out);
    b->messages[i].bytes = malloc(whole.n);
    must(b->messages[i].bytes != NULL, "memory");
    memcpy(b->messages[i].bytes, whole.p, whole.n);
    b->messages[i].n = whole.n;
}

static void *signer(void *arg)
{
    struct bench *b = arg;
    struct arena *a = arena_new();
    for (int i; (i = b->next++) < b->total;) {
        sign(b, a, i);
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static void sign_all(struct bench *b)
{
    pthread_t t[SIGNERS];
    b->next = 0;
    for (int i = 0; i < SIGNERS; i++)
        must(pthread_create(&t[i], NULL, signer, b) == 0, "a thread");
    for (int i = 0; i < SIGNERS; i++)
        pthread_join(t[i], NULL);
}

/* ---- saying it ---- */

static int reach(const struct bench *b)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *colon = strchr(b->host, ':');
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    at.sin_port = htons((uint16_t)strtol(colon == NULL ? "" : colon + 1, NULL, 10));
    must(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0, "reaching the node");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void say_next(struct bench *b, struct conn *c)
{
    int i = b->next;
    c->on_way = NULL;
    if (i >= b->total)
        return;
    b->next = i + 1;
    c->on_way = &b->messages[i];
    c->n = 0;
    c->on_way->sent = seconds();
    must(send(c->fd, c->on_way->bytes, c->on_way->n, MSG_NOSIGNAL) == (ssize_t)c->on_way->n,
         "sending");
}

static void hear(struct bench *b, struct conn *c)
{
    ssize_t k = recv(c->fd, c->in + c->n, sizeof c->in - 1 - c->n, 0);
    must(k > 0 && c->on_way != NULL, "an answer");
    c->n += (size_t)k;
    c->in[c->n] = '\0';
    const char *end = strstr(c->in, "\r\n\r\n"), *length = strcasestr(c->in, "\r\ncontent-length:");
    if (end == NULL)
        return;
    size_t whole = (size_t)(end + 4 - c->in);
    if (length != NULL && length < end)
        whole += strtoul(length + 17, NULL, 10);
    if (c->n < whole)
        return;
    c->on_way->took = seconds() - c->on_way->sent;
    b->done++;
    if (strncmp(c->in, "HTTP/1.1 202", 12) == 0)
        b->accepted++;
    else if (b->done - b->accepted == 1)
        fprintf(stderr, "bench_inbox: refused: %s\n", c->in);
    say_next(b, c);
}

static double say_all(struct bench *b, int total, int n_conns)
{
    struct epoll_event events[CONNECTIONS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC), all = b->total;
    must(epoll >= 0, "epoll");
    b->next = b->done = b->accepted = 0;
    b->total = total;
    for (int i = 0; i < n_conns; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &b->conns[i]};
        b->conns[i].fd = reach(b);
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, b->conns[i].fd, &e) == 0, "epoll");
    }
    double began = seconds();
    for (int i = 0; i < n_conns; i++)
        say_next(b, &b->conns[i]);
    while (b->done < total) {
        int n = epoll_wait(epoll, events, CONNECTIONS_MAX, WAIT_MS);
        must(n > 0, "an answer in time");
        for (int i = 0; i < n; i++)
            hear(b, events[i].data.ptr);
    }
    double took = seconds() - began;
    for (int i = 0; i < n_conns; i++)
        close(b->conns[i].fd);
    close(epoll);
    b->total = all;
    return took;
}

static int by_time(const void *a, const void *b)
{
    const struct message *x = a, *y = b;
    return x->took < y->took ? -1 : x->took > y->took;
}

int main(int argc, char **argv)
{
    static struct bench b;
    b.total = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 12000;
    b.n_conns = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 32;
    b.n_actors = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 8;
    if (argc < 3 || b.total < 1 || b.n_conns < 1 || b.n_conns > CONNECTIONS_MAX ||
        b.n_actors < 1 || b.n_actors > ACTORS_MAX || b.total < b.n_actors) {
        fprintf(stderr, "usage: bench_inbox HOST:PORT OBJECT [total [connections [actors]]]\n");
        return 2;
    }
    b.host = argv[1];
    b.object = argv[2];
    b.messages = calloc((size_t)b.total, sizeof *b.messages);
    must(b.messages != NULL, "memory");
    for (int i = 0; i < b.n_actors; i++)
        must(crypt_key_generate(CRYPT_RSA, &b.keys[i]) == OK, "making a key");
    struct MHD_Daemon *house = open_house(&b);

    /* The node meets each actor once, and so knows its key. */
    int total = b.total;
    b.run = clock_now();
    b.total = b.n_actors;
    sign_all(&b);
    say_all(&b, b.n_actors, 1);
    must(b.accepted == b.n_actors, "being accepted");

    for (int i = 0; i < b.n_actors; i++)
        free(b.messages[i].bytes);
    b.run++;
    b.total = total;
    sign_all(&b);
    double took = say_all(&b, total, b.n_conns);
    qsort(b.messages, (size_t)total, sizeof *b.messages, by_time);
    printf("%.0f %.2f %.2f %d\n", b.accepted / took, 1e3 * b.messages[total / 2].took,
           1e3 * b.messages[total * 99 / 100].took, total - b.accepted);
    MHD_stop_daemon(house);
    for (int i = 0; i < b.n_actors; i++)
        crypt_key_free(b.keys[i]);
    for (int i = 0; i < total; i++)
        free(b.messages[i].bytes);
    free(b.messages);
    return b.accepted == total ? 0 : 1;
}
