/* Delivery to many hosts: our signer and fetcher against bare OpenSSL and a bare curl_multi loop
 * on the same machine in the same run.
 *
 *     bench_fanout [hosts [each [threads]]]       2000 hosts, 3 deliveries each, 2 signing threads
 *     bench_fanout bare [hosts [each [threads]]]  only the rate of the bare loop, signed, for run.sh
 *
 * Hosts are the addresses 127.1.0.1, 127.1.0.2 …, all answered by one sink. */
#include "federation/httpsig.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/net/fetch.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IN_FLIGHT 256
#define THREADS_MAX 16

struct job {
    struct job *next;
    struct curl_slist *headers;
    char url[64];
};

struct bench {
    int hosts, each, threads, total, port;
    bool sign;
    struct crypt_key *key;
    EVP_PKEY *pkey;
    struct str body;
    pthread_mutex_t lock;
    pthread_cond_t change;
    int next;            /* number of the next delivery to sign */
    struct job *ready, **ready_end;
    int n_ready, done, failed;
    CURLM *multi;
    struct fetcher *f;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Processor time of this process: on a busy machine it says more than the clock. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct figure {
    double rate, cpu_us; /* a second; processor time each */
};

static struct figure figure(const struct bench *b, double from, double cpu_from)
{
    return (struct figure){(double)b->total / (seconds() - from),
                           1e6 * (cpu_seconds() - cpu_from) / (double)b->total};
}

static void url_of(const struct bench *b, int i, char *out, size_t n)
{
    int h = i % b->hosts;
    snprintf(out, n, "http://127.%d.%d.%d:%d/inbox", 1 + h / 62500, h / 250 % 250, 1 + h % 250,
             b->port);
}

static int take_number(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    int i = b->next < b->total ? b->next++ : -1;
    pthread_mutex_unlock(&b->lock);
    return i;
}

/* What a program with nothing but the libraries would do. */
static struct curl_slist *bare_headers(const struct bench *b, const char *url)
{
    const char *host = url + 7, *path = strchr(host, '/');
    unsigned char md[32], sig[512], text[700];
    char digest[64], base[1024], line[1400], date[40];
    size_t n = sizeof sig;
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    EVP_Digest(b->body.p, b->body.n, md, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock((unsigned char *)digest, md, 32);
    int len = snprintf(base, sizeof base,
                       "(request-target): post %s\nhost: %.*s\ndate: %s\ndigest: SHA-256=%s", path,
                       (int)(path - host), host, date, digest);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, b->pkey) != 1 ||
        EVP_DigestSign(c, sig, &n, (const unsigned char *)base, (size_t)len) != 1)
        abort();
    EVP_MD_CTX_free(c);
    EVP_EncodeBlock(text, sig, (int)n);
    struct curl_slist *h = curl_slist_append(NULL, "Expect:");
    snprintf(line, sizeof line, "Date: %s", date);
    h = curl_slist_append(h, line);
    snprintf(line, sizeof line, "Digest: SHA-256=%s", digest);
    h = curl_slist_append(h, line);
    h = curl_slist_append(h, "Content-Type: application/activity+json");
    snprintf(line, sizeof line,
             "Signature: keyId=\"https://a.example/ap/a/1#main-key\",algorithm=\"rsa-sha256\","
             "headers=\"(request-target) host date digest\",signature=\"%s\"",
             (char *)text);
    return curl_slist_append(h, line);
}

static void *bare_signer(void *arg)
{
    struct bench *b = arg;
    for (int i; (i = take_number(b)) >= 0;) {
        struct job *j = calloc(1, sizeof *j);
        if (j == NULL)
            abort();
        url_of(b, i, j->url, sizeof j->url);
        j->headers = b->sign ? bare_headers(b, j->url) : curl_slist_append(NULL, "Expect:");
        pthread_mutex_lock(&b->lock);
        while (b->n_ready >= IN_FLIGHT * 2)
            pthread_cond_wait(&b->change, &b->lock);
        *b->ready_end = j;
        b->ready_end = &j->next;
        bool wake = b->n_ready++ == 0;
        pthread_mutex_unlock(&b->lock);
        if (wake && b->multi != NULL)
            curl_multi_wakeup(b->multi);
    }
    return NULL;
}

static size_t ignore(char *p, size_t size, size_t n, void *arg)
{
    (void)p;
    (void)arg;
    return size * n;
}

static struct job *take_job(struct bench *b)
{
    pthread_mutex_lock(&b->lock);
    struct job *j = b->ready;
    if (j != NULL) {
        b->ready = j->next;
        if (b->ready == NULL)
            b->ready_end = &b->ready;
        if (b->n_ready-- == IN_FLIGHT * 2)
            pthread_cond_broadcast(&b->change);
    }
    pthread_mutex_unlock(&b->lock);
    return j;
}

static void bare_add(struct bench *b, CURL *e, struct job *j)
{
    curl_easy_reset(e);
    curl_easy_setopt(e, CURLOPT_URL, j->url);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, j->headers);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)b->body.n);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, b->body.p);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(e, CURLOPT_PRIVATE, j);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_multi_add_handle(b->multi, e);
}

static void bare_loop(struct bench *b)
{
    CURL *spare[IN_FLIGHT];
    int n_spare = 0, running = 0, left;
    for (int i = 0; i < IN_FLIGHT; i++)
        spare[n_spare++] = curl_easy_init();
    while (b->done < b->total) {
        struct job *j;
        while (n_spare > 0 && (j = take_job(b)) != NULL)
            bare_add(b, spare[--n_spare], j);
        curl_multi_perform(b->multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(b->multi, &left)) != NULL;) {
            CURL *e = m->easy_handle;
            b->failed += m->data.result != CURLE_OK;
            curl_easy_getinfo(e, CURLINFO_PRIVATE, (char **)&j);
            curl_multi_remove_handle(b->multi, e);
            curl_slist_free_all(j->headers);
            free(j);
            spare[n_spare++] = e;
            b->done++;
        }
        if (b->done < b->total)
            curl_multi_poll(b->multi, NULL, 0, 1000, NULL);
    }
    while (n_spare > 0)
        curl_easy_cleanup(spare[--n_spare]);
}

static void start(struct bench *b, pthread_t *t, void *(*fn)(void *))
{
    b->next = b->done = b->failed = b->n_ready = 0;
    b->ready = NULL;
    b->ready_end = &b->ready;
    for (int i = 0; i < b->threads; i++)
        if (pthread_create(&t[i], NULL, fn, b) != 0)
            abort();
}

static struct figure run_bare(struct bench *b, bool sign)
{
    pthread_t t[THREADS_MAX];
    double from = seconds(), cpu_from = cpu_seconds();
    b->sign = sign;
    b->multi = curl_multi_init();
    curl_multi_setopt(b->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 2L);
    start(b, t, bare_signer);
    bare_loop(b);
    for (int i = 0; i < b->threads; i++)
        pthread_join(t[i], NULL);
    curl_multi_cleanup(b->multi);
    b->multi = NULL;
    return figure(b, from, cpu_from);
}

static void delivered(void *arg, const struct fetch_answer *an)
{
    struct bench *b = arg;
    pthread_mutex_lock(&b->lock);
    b->done++;
    b->failed += an->err != OK || an->status != 202;
    b->n_ready--;
    pthread_cond_broadcast(&b->change);
    pthread_mutex_unlock(&b->lock);
}

static void *our_signer(void *arg)
{
    struct bench *b = arg;
    struct arena *a = arena_new();
    for (int i; (i = take_number(b)) >= 0;) {
        char url[64];
        struct sig_headers h = {.n = 0};
        url_of(b, i, url, sizeof url);
        struct sig_sign s = {.scheme = SIG_DRAFT, .key = b->key, .now = clock_now(),
                             .key_id = STR("https://a.example/ap/a/1#main-key"),
                             .method = "POST", .url = str_c(url), .body = b->body};
        if (b->sign && httpsig_sign(a, &s, &h) != OK)
            abort();
        h.v[h.n++] = (struct fetch_header){STR("Content-Type"), STR("application/activity+json")};
        struct fetch_request rq = {.method = "POST", .url = str_c(url), .headers = h.v,
                                   .n_headers = h.n, .body = b->body, .max_answer = 65536,
                                   .timeout_ms = 20000};
        pthread_mutex_lock(&b->lock);
        while (b->n_ready >= IN_FLIGHT * 3)
            pthread_cond_wait(&b->change, &b->lock);
        b->n_ready++;
        pthread_mutex_unlock(&b->lock);
        fetch_start(b->f, &rq, delivered, b);
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static struct figure run_ours(struct bench *b, bool sign)
{
    pthread_t t[THREADS_MAX];
    double from = seconds(), cpu_from = cpu_seconds();
    b->sign = sign;
    start(b, t, our_signer);
    for (int i = 0; i < b->threads; i++)
        pthread_join(t[i], NULL);
    pthread_mutex_lock(&b->lock);
    while (b->done < b->total)
        pthread_cond_wait(&b->change, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return figure(b, from, cpu_from);
}

static void *only_sign(void *arg)
{
    struct bench *b = arg;
    struct arena *a = arena_new();
    while (take_number(b) >= 0) {
        crypt_sign(a, b->key, b->body);
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static void *only_sign_bare(void *arg)
{
    struct bench *b = arg;
    unsigned char sig[512];
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(b->pkey, NULL);
    unsigned char md[32] = {7};
    EVP_PKEY_sign_init(c);
    EVP_PKEY_CTX_set_signature_md(c, EVP_sha256());
    for (size_t n; take_number(b) >= 0;) {
        n = sizeof sig;
        if (EVP_PKEY_sign(c, sig, &n, md, 32) != 1)
            abort();
    }
    EVP_PKEY_CTX_free(c);
    return NULL;
}

static struct figure run_signing(struct bench *b, void *(*fn)(void *))
{
    pthread_t t[THREADS_MAX];
    double from = seconds(), cpu_from = cpu_seconds();
    start(b, t, fn);
    for (int i = 0; i < b->threads; i++)
        pthread_join(t[i], NULL);
    return figure(b, from, cpu_from);
}

static pid_t start_sink(const char *self, int *ret_port)
{
    char path[1024];
    const char *slash = strrchr(self, '/');
    int fds[2];
    snprintf(path, sizeof path, "%.*ssink", slash == NULL ? 0 : (int)(slash + 1 - self), self);
    if (pipe(fds) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    FILE *in = fdopen(fds[0], "r");
    char line[32] = "";
    if (in == NULL || fgets(line, sizeof line, in) == NULL)
        return -1;
    *ret_port = (int)strtol(line, NULL, 10);
    return pid; /* the pipe stays open for what the sink says at its end */
}

static void print(const char *what, struct figure ours, struct figure bare)
{
    printf("%-20s %7.0f /s %5.0f us   bare %7.0f /s %5.0f us   %3.0f %%, by processor time %.0f %%\n",
           what, ours.rate, ours.cpu_us, bare.rate, bare.cpu_us, 100 * ours.rate / bare.rate,
           100 * bare.cpu_us / ours.cpu_us);
    fflush(stdout);
}

static bool make_keys(struct bench *b)
{
    struct arena *a = arena_new();
    bool ok = crypt_key_generate(CRYPT_RSA, &b->key) == OK;
    if (ok) {
        struct str pem = crypt_key_private_pem(a, b->key);
        BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
        b->pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        BIO_free(bio);
        ok = b->pkey != NULL;
    }
    arena_free(a);
    return ok;
}

static int compare(struct bench *b)
{
    struct rusage use;
    printf("%d hosts, %d deliveries, %d signing threads, %d in flight\n", b->hosts, b->total,
           b->threads, IN_FLIGHT);
    struct figure bare = run_signing(b, only_sign_bare);
    print("RSA-2048 signatures", run_signing(b, only_sign), bare);
    bare = run_bare(b, false);
    getrusage(RUSAGE_SELF, &use);
    long before = use.ru_maxrss;
    print("unsigned posts", run_ours(b, false), bare);
    int failed = b->failed;
    bare = run_bare(b, true);
    print("signed posts", run_ours(b, true), bare);
    failed += b->failed;
    getrusage(RUSAGE_SELF, &use);
    printf("failed %d; peak memory %ld KiB (bare loop alone %ld KiB)\n", failed, use.ru_maxrss,
           before);
    return failed;
}

int main(int argc, char **argv)
{
    bool bare_only = argc > 1 && strcmp(argv[1], "bare") == 0;
    if (bare_only) {
        argv[1] = argv[0];
        argc--;
        argv++;
    }
    struct bench b = {.hosts = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 2000,
                      .each = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 3,
                      .threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 2};
    static char body[2048];
    memset(body, 'a', sizeof body);
    b.body = (struct str){body, sizeof body};
    b.total = b.hosts * b.each;
    pthread_mutex_init(&b.lock, NULL);
    pthread_cond_init(&b.change, NULL);
    if (b.total < 1 || b.threads < 1 || b.threads > THREADS_MAX)
        return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pid_t sink = start_sink(argv[0], &b.port);
    if (sink < 0 || !make_keys(&b) || fetcher_start(true, STR("bench"), &b.f) != OK) {
        fprintf(stderr, "bench_fanout: cannot start (is the sink built?)\n");
        return 1;
    }
    int failed = 0;
    if (bare_only)
        printf("%.0f\n", run_bare(&b, true).rate);
    else
        failed = compare(&b);
    fetcher_stop(b.f);
    crypt_key_free(b.key);
    EVP_PKEY_free(b.pkey);
    kill(sink, SIGTERM);
    waitpid(sink, NULL, 0);
    return failed == 0 ? 0 : 1;
}
