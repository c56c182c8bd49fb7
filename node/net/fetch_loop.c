/* The fetcher's thread: queues per host, the curl_multi, and who may start next. */
#include "node/net/fetch_int.h"

#include "node/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_MS (60 * MS_SECOND)
#define IDLE_MS (60 * MS_SECOND)

static struct fetch_host **bucket_of(struct fetcher *f, const char *key)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (const char *c = key; *c != '\0'; c++)
        h = (h ^ (unsigned char)*c) * 16777619u;
    return &f->buckets[h % FETCH_BUCKETS];
}

static struct fetch_host *host_get(struct fetcher *f, const char *key)
{
    struct fetch_host **at = bucket_of(f, key);
    for (struct fetch_host *h = *at; h != NULL; h = h->next_bucket)
        if (strcmp(h->key, key) == 0)
            return h;
    struct fetch_host *h = calloc(1, sizeof *h);
    if (h == NULL || (h->key = strdup(key)) == NULL)
        abort();
    h->next_bucket = *at;
    *at = h;
    return h;
}

static void host_drop_if_unused(struct fetcher *f, struct fetch_host *h)
{
    if (h->active > 0 || h->head != NULL || h->ready)
        return;
    struct fetch_host **at = bucket_of(f, h->key);
    while (*at != h)
        at = &(*at)->next_bucket;
    *at = h->next_bucket;
    free(h->key);
    free(h);
}

static void host_check_ready(struct fetcher *f, struct fetch_host *h)
{
    if (h->ready || h->head == NULL || h->active >= h->head->per_host)
        return;
    h->ready = true;
    h->next_ready = h->head->soon ? f->ready : NULL;
    if (h->head->soon)
        f->ready = h;
    else
        *f->ready_end = h;
    if (h->next_ready == NULL)
        f->ready_end = &h->next_ready;
}

static struct fetch_host *next_ready(struct fetcher *f)
{
    struct fetch_host *h = f->ready;
    if (h == NULL)
        return NULL;
    f->ready = h->next_ready;
    if (f->ready == NULL)
        f->ready_end = &f->ready;
    h->ready = false;
    return h;
}

static void enqueue(struct fetcher *f, struct transfer *t)
{
    t->next = NULL;
    if (t->err != OK) {
        fetch_deliver(t, t->err, t->why);
        return;
    }
    struct fetch_host *h = host_get(f, t->host_key);
    t->host = h;
    if (h->head == NULL) {
        h->head = h->tail = t;
    } else if (t->soon) {
        t->next = h->head;
        h->head = t;
    } else {
        h->tail->next = t;
        h->tail = t;
    }
    f->n_queued++;
    host_check_ready(f, h);
}

static struct transfer *dequeue(struct fetcher *f, struct fetch_host *h)
{
    struct transfer *t = h->head;
    if (t != NULL) {
        h->head = t->next;
        f->n_queued--;
    }
    return t;
}

/* Only the handle of a transfer that went well is used again: after a failure (a name that is not
 * found, above all) curl keeps a buffer that curl_easy_reset does not take, and then refuses the
 * options of the next transfer, whatever host that is for. */
static void release_easy(struct fetcher *f, CURL *e, bool went_well)
{
    if (went_well && f->n_spare < FETCH_SPARE) {
        curl_easy_reset(e);
        f->spare[f->n_spare++] = e;
    } else {
        curl_easy_cleanup(e);
    }
}

static void link_active(struct fetcher *f, struct transfer *t)
{
    t->began = clock_monotonic();
    t->slow = false;
    t->next_active = NULL;
    t->at_active = f->active_end;
    *f->active_end = t;
    f->active_end = &t->next_active;
    if (f->young == NULL)
        f->young = t;
    f->n_active++;
}

static void unlink_active(struct fetcher *f, struct transfer *t)
{
    if (f->young == t)
        f->young = t->next_active;
    *t->at_active = t->next_active;
    if (t->next_active != NULL)
        t->next_active->at_active = t->at_active;
    else
        f->active_end = t->at_active;
    f->n_active--;
    f->n_slow -= t->slow;
    t->host->active--;
}

static void end_transfer(struct fetcher *f, struct transfer *t, enum err err, const char *words)
{
    struct fetch_host *h = t->host;
    CURL *e = t->easy;
    curl_multi_remove_handle(f->multi, e);
    unlink_active(f, t);
    fetch_deliver(t, err, words);
    release_easy(f, e, err == OK);
    host_check_ready(f, h);
    host_drop_if_unused(f, h);
}

static void begin_transfer(struct fetcher *f, struct fetch_host *h, struct transfer *t)
{
    t->easy = f->n_spare > 0 ? f->spare[--f->n_spare] : curl_easy_init();
    if (t->easy == NULL)
        abort();
    link_active(f, t);
    h->active++;
    if (!fetch_prepare(f, t) || curl_multi_add_handle(f->multi, t->easy) != CURLM_OK)
        end_transfer(f, t, ERR_INTERNAL, "curl refuses the request");
}

static void age(struct fetcher *f)
{
    int64_t since = clock_monotonic() - FETCH_SLOW_MS;
    for (; f->young != NULL && f->young->began <= since; f->young = f->young->next_active) {
        f->young->slow = true;
        f->n_slow++;
    }
}

static bool has_room(const struct fetcher *f, const struct transfer *t)
{
    int young = f->n_active - f->n_slow;
    return young < (t->soon ? FETCH_TOTAL : FETCH_TOTAL - FETCH_KEPT) &&
           f->n_active < FETCH_TOTAL + FETCH_SLOW_TOTAL - (t->soon ? 0 : FETCH_KEPT);
}

/* Hosts take turns, so that a long queue for one doesn't keep others waiting. */
static void admit(struct fetcher *f)
{
    age(f);
    while (f->ready != NULL && (f->ready->head == NULL || has_room(f, f->ready->head))) {
        struct fetch_host *h = next_ready(f);
        struct transfer *t = dequeue(f, h);
        h->active++; /* keeps the host alive if the transfer ends at once */
        if (t != NULL)
            begin_transfer(f, h, t);
        h->active--;
        host_check_ready(f, h);
        host_drop_if_unused(f, h);
    }
}

static void expire_host(struct fetcher *f, struct fetch_host *h, int64_t now)
{
    while (h->head != NULL) {
        int64_t limit = h->head->timeout_ms > QUEUE_MS ? h->head->timeout_ms : QUEUE_MS;
        if (now - h->head->since < limit)
            return;
        fetch_deliver(dequeue(f, h), ERR_BUSY, "too much is waiting for this host");
    }
}

static void expire(struct fetcher *f)
{
    int64_t now = clock_monotonic();
    if (f->n_queued == 0 || now - f->looked_at < MS_SECOND)
        return;
    f->looked_at = now;
    for (size_t i = 0; i < FETCH_BUCKETS; i++) {
        for (struct fetch_host *h = f->buckets[i], *next; h != NULL; h = next) {
            next = h->next_bucket;
            expire_host(f, h, now);
            host_drop_if_unused(f, h);
        }
    }
}

static enum err verdict(const struct transfer *t, CURLcode code, const char **ret_words)
{
    *ret_words = t->words[0] != '\0' ? t->words : curl_easy_strerror(code);
    if (code == CURLE_OK)
        return OK;
    if (t->answer.overflow || t->head_too_large) {
        *ret_words = "the answer is too large";
        return ERR_TOO_LARGE;
    }
    if (code == CURLE_OPERATION_TIMEDOUT)
        return ERR_TIMEOUT;
    if (code == CURLE_COULDNT_CONNECT && t->refused) {
        *ret_words = "the name leads to a private address";
        return ERR_FORBIDDEN;
    }
    return ERR_UPSTREAM;
}

/* Finished transfers; true if there were any. */
static bool reap(struct fetcher *f)
{
    bool any = false;
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(f->multi, &left)) != NULL; any = true) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct transfer *t = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        const char *words;
        enum err err = verdict(t, code, &words);
        end_transfer(f, t, err, words);
    }
    return any;
}

static void make_multi(struct fetcher *f)
{
    f->multi = curl_multi_init();
    if (f->multi == NULL)
        abort();
    curl_multi_setopt(f->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long)FETCH_TOTAL + FETCH_SLOW_TOTAL);
    /* Idle connections of a large fan-out are not worth their memory. */
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, 64L);
}

static void drop_multi(struct fetcher *f)
{
    while (f->n_spare > 0)
        curl_easy_cleanup(f->spare[--f->n_spare]);
    curl_multi_cleanup(f->multi);
    f->multi = NULL;
}

/* Sleep until there is something to do and take it; false when stopping. */
static bool take_incoming(struct fetcher *f, struct transfer **ret_list)
{
    pthread_mutex_lock(&f->lock);
    bool idle = f->n_active == 0 && f->n_queued == 0;
    if (idle && f->multi != NULL && f->incoming == NULL &&
        clock_monotonic() - f->idle_since >= IDLE_MS)
        drop_multi(f);
    while (f->multi == NULL && f->incoming == NULL && !f->stopping)
        pthread_cond_wait(&f->wake, &f->lock);
    *ret_list = f->incoming;
    f->incoming = NULL;
    f->incoming_end = &f->incoming;
    f->woken = false;
    if (f->multi == NULL && !f->stopping)
        make_multi(f);
    bool go_on = !f->stopping;
    pthread_mutex_unlock(&f->lock);
    return go_on;
}

static void stop_all(struct fetcher *f, struct transfer *list)
{
    static const char words[] = "the server is stopping";
    while (list != NULL) {
        struct transfer *t = list;
        list = t->next;
        fetch_deliver(t, ERR_BUSY, words);
    }
    for (size_t i = 0; i < FETCH_BUCKETS; i++)
        for (struct fetch_host *h = f->buckets[i]; h != NULL; h = h->next_bucket)
            while (h->head != NULL)
                fetch_deliver(dequeue(f, h), ERR_BUSY, words);
    while (f->active != NULL)
        end_transfer(f, f->active, ERR_BUSY, words);
    for (struct fetch_host *h; (h = next_ready(f)) != NULL;)
        host_drop_if_unused(f, h);
    pthread_mutex_lock(&f->lock);
    if (f->multi != NULL)
        drop_multi(f);
    pthread_mutex_unlock(&f->lock);
}

/* How long there is nothing to do: who waits for room may get it when the next one turns slow. */
static int patience(const struct fetcher *f)
{
    if (f->n_active == 0 && f->n_queued == 0)
        return (int)IDLE_MS;
    if (f->ready == NULL || f->young == NULL)
        return MS_SECOND;
    int64_t left = f->young->began + FETCH_SLOW_MS - clock_monotonic();
    return left < 1 ? 1 : (int)left;
}

void *fetch_loop(void *arg)
{
    struct fetcher *f = arg;
    struct transfer *list;
    while (take_incoming(f, &list)) {
        while (list != NULL) {
            struct transfer *t = list;
            list = t->next;
            enqueue(f, t);
        }
        expire(f);
        int running;
        do {
            admit(f);
            curl_multi_perform(f->multi, &running);
        } while (reap(f) && f->ready != NULL);
        if (f->n_active > 0 || f->n_queued > 0)
            f->idle_since = clock_monotonic();
        curl_multi_poll(f->multi, NULL, 0, patience(f), NULL);
    }
    stop_all(f, list);
    return NULL;
}
