/* Signed activities to a node's inbox, from actors that it knows, over kept-alive connections.
 *
 *     bench_inbox [OPTION…] HOST:PORT OBJECT
 *         --total N (12000)  --connections N (32)  --actors N (8)
 *         --hosts N (1)      the actors live on so many addresses
 *         --strangers        the node has met none of them: it must fetch their keys
 *         --slow MS          one more actor, on an address of its own, whose document takes so long
 *         --pace N           so many a second, whether answered or not, instead of as fast as may be
 *         --forged           nobody signed them: random signatures, half in the name of an actor
 *                            that the node knows, half of actors that nobody ever heard of
 *
 * HOST:PORT is the node's (it must run with --dev: the actors live at 127.0.7.1 and on, served from
 * here), OBJECT the id of a public post. One in two activities is a Like, the other a Create that
 * answers the post; every id is new. All is signed before the clock starts. Prints
 *
 *     rate_per_s p50_ms p99_ms not_accepted
 *
 * where the rate counts answers 202 alone, and times count from when a thing was due. */
#include "federation/httpsig.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"

#include <arpa/inet.h>
#include <getopt.h>
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

enum { KEYS = 8, HOSTS_MAX = 64, CONNECTIONS_MAX = 512, SIGNERS = 2, WAIT_MS = 10000 };

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
    int total, n_conns, n_actors, n_hosts, pace, slow_ms;
    bool strangers, forged;
    struct house { struct bench *b; struct MHD_Daemon *d; int n, port; } houses[HOSTS_MAX + 1];
    struct crypt_key *keys[KEYS];      /* several actors have one: making them takes long */
    double began;
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
    int h = b->slow_ms > 0 && i == b->n_actors - 1 ? b->n_hosts : i % b->n_hosts;
    return str_fmt(a, "http://127.0.7.%d:%d/a/%d", h + 1, b->houses[h].port, i);
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
    struct house *house = cls;
    struct bench *b = house->b;
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
    if (house->n == b->n_hosts) /* a daemon of its own, so nobody else waits for it */
        usleep(1000 * (useconds_t)b->slow_ms);
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
    put_escaped(&out, crypt_key_public_pem(a, b->keys[i % KEYS]));
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

static void open_house(struct bench *b, int n)
{
    struct house *house = &b->houses[n];
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(0x7f000701u + (unsigned)n);
    house->b = b;
    house->n = n;
    house->d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, serve_actor, house,
                                MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_END);
    must(house->d != NULL, "serving the actors");
    house->port = MHD_get_daemon_info(house->d, MHD_DAEMON_INFO_BIND_PORT)->port;
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

/* As a forger does it who knows what is looked at first: all is in order but the signature. */
static void forge(struct bench *b, struct arena *a, const struct sig_sign *sign, int i,
                  struct sig_headers *h)
{
    unsigned char noise[256];
    struct buf signature;
    for (size_t k = 0; k < sizeof noise; k++)
        noise[k] = (unsigned char)(random() >> 8);
    buf_init_arena(&signature, a, 512);
    buf_put_base64(&signature, noise, sizeof noise);
    struct str key = sign->key_id;
    if (i % 2 != 0)
        key = str_fmt(a, "http://127.0.7.1:%d/nobody/%d#main-key", b->houses[0].port, i);
    h->v[h->n++] = (struct fetch_header){STR("Date"), clock_http_date(a, sign->now)};
    h->v[h->n++] = (struct fetch_header){
        STR("Digest"),
        str_fmt(a, "SHA-256=" STR_FMT, STR_ARG(crypt_sha256_base64(a, sign->body)))};
    h->v[h->n++] = (struct fetch_header){
        STR("Signature"),
        str_fmt(a, "keyId=\"" STR_FMT "\",algorithm=\"rsa-sha256\","
                   "headers=\"(request-target) host date digest\",signature=\"" STR_FMT "\"",
                STR_ARG(key), STR_ARG(buf_str(&signature)))};
}

static void sign(struct bench *b, struct arena *a, int i)
{
    int k = i % b->n_actors;
    struct str actor = actor_uri(b, a, k), body = activity(b, a, i, actor);
    struct sig_headers h = {.n = 0};
    struct sig_sign s = {.scheme = SIG_DRAFT, .key = b->keys[k % KEYS], .now = clock_now(),
                         .key_id = str_fmt(a, STR_FMT "#main-key", STR_ARG(actor)),
                         .method = "POST", .body = body,
                         .url = str_fmt(a, "http://%s/ap/inbox", b->host)};
    if (b->forged)
        forge(b, a, &s, i, &h);
    else
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

/* When the next one is due. */
static double due(const struct bench *b)
{
    return b->began + (b->pace == 0 ? 0 : (double)b->next / b->pace);
}

static void say_next(struct bench *b, struct conn *c)
{
    int i = b->next;
    double now = seconds(), at = due(b);
    c->on_way = NULL;
    if (i >= b->total || at > now)
        return;
    b->next = i + 1;
    c->on_way = &b->messages[i];
    c->n = 0;
    c->on_way->sent = b->pace == 0 ? now : at;
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
    else if (b->done - b->accepted == 1 && !b->forged)
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
        b->conns[i] = (struct conn){.fd = reach(b)};
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, b->conns[i].fd, &e) == 0, "epoll");
    }
    b->began = seconds();
    while (b->done < total) {
        /* What is due goes to whoever is free; what finds nobody waits, and its clock runs. */
        for (int i = 0; i < n_conns && b->next < b->total && due(b) <= seconds(); i++)
            if (b->conns[i].on_way == NULL)
                say_next(b, &b->conns[i]);
        double wait = 1e3 * (due(b) - seconds());
        bool paced = b->pace > 0 && b->next < b->total;
        int n = epoll_wait(epoll, events, CONNECTIONS_MAX, !paced ? WAIT_MS : wait < 1 ? 1 : (int)wait);
        must(n > 0 || paced, "an answer in time");
        for (int i = 0; i < n; i++)
            hear(b, events[i].data.ptr);
    }
    double took = seconds() - b->began;
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

static bool read_options(struct bench *b, int argc, char **argv)
{
    static const struct option options[] = {
        {"total", 1, NULL, 't'},     {"connections", 1, NULL, 'c'}, {"actors", 1, NULL, 'a'},
        {"hosts", 1, NULL, 'h'},     {"strangers", 0, NULL, 's'},   {"slow", 1, NULL, 'w'},
        {"pace", 1, NULL, 'p'},      {"forged", 0, NULL, 'f'},      {0}};
    *b = (struct bench){.total = 12000, .n_conns = 32, .n_actors = 8, .n_hosts = 1};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int n = optarg == NULL ? 0 : (int)strtol(optarg, NULL, 10);
        switch (c) {
        case 't': b->total = n; break;
        case 'c': b->n_conns = n; break;
        case 'a': b->n_actors = n; break;
        case 'h': b->n_hosts = n; break;
        case 's': b->strangers = true; break;
        case 'w': b->slow_ms = n; break;
        case 'p': b->pace = n; break;
        case 'f': b->forged = true; break;
        default: return false;
        }
    }
    b->n_actors += b->slow_ms > 0;
    if (argc - optind != 2 || b->n_conns < 1 || b->n_conns > CONNECTIONS_MAX || b->n_actors < 1 ||
        b->n_hosts < 1 || b->n_hosts > HOSTS_MAX || b->total < b->n_actors)
        return false;
    b->host = argv[optind];
    b->object = argv[optind + 1];
    return true;
}

static void forget(struct bench *b)
{
    for (int i = 0; i < b->total; i++)
        free(b->messages[i].bytes);
    b->run++;
}

/* The node meets each actor once, and so knows its key. */
static void meet(struct bench *b)
{
    int total = b->total, pace = b->pace;
    bool forged = b->forged;
    b->forged = false;
    b->total = b->n_actors;
    b->pace = 0;
    sign_all(b);
    say_all(b, b->n_actors, 1);
    must(b->accepted == b->n_actors, "being accepted");
    forget(b);
    b->total = total;
    b->pace = pace;
    b->forged = forged;
}

int main(int argc, char **argv)
{
    static struct bench b;
    if (!read_options(&b, argc, argv)) {
        fprintf(stderr, "usage: bench_inbox [OPTION…] HOST:PORT OBJECT; see bench_inbox.c\n");
        return 2;
    }
    b.messages = calloc((size_t)b.total, sizeof *b.messages);
    must(b.messages != NULL, "memory");
    for (int i = 0; i < KEYS; i++)
        must(crypt_key_generate(CRYPT_RSA, &b.keys[i]) == OK, "making a key");
    for (int i = 0; i < b.n_hosts + (b.slow_ms > 0); i++)
        open_house(&b, i);
    b.run = clock_now();
    if (!b.strangers)
        meet(&b);
    sign_all(&b);
    double took = say_all(&b, b.total, b.n_conns);
    qsort(b.messages, (size_t)b.total, sizeof *b.messages, by_time);
    printf("%.0f %.2f %.2f %d\n", b.accepted / took, 1e3 * b.messages[b.total / 2].took,
           1e3 * b.messages[b.total * 99 / 100].took, b.total - b.accepted);
    for (int i = 0; i < b.n_hosts + (b.slow_ms > 0); i++)
        MHD_stop_daemon(b.houses[i].d);
    for (int i = 0; i < KEYS; i++)
        crypt_key_free(b.keys[i]);
    forget(&b);
    free(b.messages);
    return b.forged || b.accepted == b.total ? 0 : 1;
}
