/* Shared by fetch.c (asking) and fetch_loop.c (the thread); nobody else includes it. */
#ifndef NODE_NET_FETCH_INT_H
#define NODE_NET_FETCH_INT_H

#include "node/net/fetch.h"

#include "node/base/buf.h"

#include <curl/curl.h>
#include <pthread.h>

/* Transfers at once. One that has had no answer for a while is slow and gives up its place, so that
 * hosts which take seconds don't keep those waiting that take milliseconds; the slow have a limit,
 * too. Some places are kept for what somebody waits for. */
#define FETCH_TOTAL 256
#define FETCH_KEPT 32
#define FETCH_SLOW_TOTAL 512
#define FETCH_SLOW_MS 250
#define FETCH_PER_HOST 2
#define FETCH_HEADERS_MAX 65536 /* bytes of an answer's head */
#define FETCH_BUCKETS 512
#define FETCH_SPARE 64 /* easy handles kept for the next transfers */

struct fetch_host;

struct transfer {
    struct transfer *next;
    struct fetch_host *host;
    CURL *easy;
    struct curl_slist *headers;
    char *method, *url, *host_key, *agent; /* one block of memory, freed as method */
    char *body;                    /* NULL: none */
    size_t body_n;
    long timeout_ms;
    int slow_s;
    int per_host;
    int64_t since; /* monotonic time of fetch_start */
    enum err err;  /* known before it began */
    const char *why;
    int64_t began; /* monotonic */
    const char *const *want;
    bool dev, refused, head_too_large, soon, slow;
    size_t head_bytes;
    struct buf answer;
    void (*done)(void *arg, const struct fetch_answer *answer);
    void *arg;
    struct transfer *next_active, **at_active;
    char words[CURL_ERROR_SIZE];
};

/* What waits for, or goes to, one host and port. */
struct fetch_host {
    struct fetch_host *next_bucket, *next_ready;
    char *key;
    struct transfer *head, *tail;
    int active;
    bool ready; /* in the list of those that may start another */
};

struct fetcher {
    bool dev;
    char *user_agent, *ca_file;
    pthread_mutex_t lock; /* guards the next block */
    pthread_cond_t wake;
    bool started, stopping, woken;
    CURLM *multi; /* made and dropped by the thread, under the lock */
    struct transfer *incoming, **incoming_end;
    pthread_t thread;

    /* Only the thread touches what follows. */
    struct fetch_host *buckets[FETCH_BUCKETS];
    struct fetch_host *ready, **ready_end;
    struct transfer *active, **active_end; /* in the order in which they began */
    struct transfer *young;                /* the first of them that isn't slow */
    int n_active, n_slow;
    size_t n_queued;
    CURL *spare[FETCH_SPARE];
    int n_spare;
    int64_t idle_since, looked_at;
};

void *fetch_loop(void *arg);
/* Set up an easy handle for t; false if curl refuses. */
bool fetch_prepare(const struct fetcher *f, struct transfer *t);
/* Tell the asker and free t, which must not be with curl any more. */
void fetch_deliver(struct transfer *take_t, enum err err, const char *words);

#endif
