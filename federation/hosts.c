#include "federation/hosts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "federation/delivery.h"
#include "federation/hosts_sql.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/node.h"

enum { BUCKETS = 1024, HOSTS_MAX = 16384, ERROR_MAX = 160, FLUSH_MS = 5000, LOOK_MS = 20000 };
enum { BREAK_AFTER = 5 };
#define BREAK_WINDOW (10 * MS_MINUTE)
#define BREAK_FIRST (30 * MS_MINUTE)
#define BREAK_LONGEST (12 * MS_HOUR)
#define SCHEME_TTL (30 * MS_DAY)

struct host {
    struct host *chain;
    bool rfc9421, bare, dirty;
    int64_t scheme_at;              /* 0: nothing proven */
    int64_t failures, first_failure_at, open_until, open_for, probe_until, wait_until, get_wait_until;
    int64_t last_success_at, last_failure_at; /* 0: never */
    int64_t fail_days, fail_day;
    char error[ERROR_MAX];
    size_t name_n;
    char name[];
};

struct fed_hosts {
    pthread_mutex_t lock;
    struct host *buckets[BUCKETS];
    size_t n, n_dirty;
    int64_t flushed_at, looked_at; /* monotonic */
    bool revived;
};

struct fed_hosts *fed_hosts_new(void)
{
    struct fed_hosts *h = calloc(1, sizeof *h);
    if (h == NULL)
        abort();
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

/* Forget all that is written down. Lock held. */
static void forget_clean(struct fed_hosts *h, bool all)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct host **p = &h->buckets[i]; *p != NULL;) {
            struct host *x = *p;
            if (!all && (x->dirty || x->fail_days > 0)) {
                p = &x->chain;
                continue;
            }
            *p = x->chain;
            free(x);
            h->n--;
        }
}

struct fed_hosts *fed_hosts_free(struct fed_hosts *h)
{
    if (h == NULL)
        return NULL;
    forget_clean(h, true);
    pthread_mutex_destroy(&h->lock);
    free(h);
    return NULL;
}

static struct host **bucket_of(struct fed_hosts *h, struct str name)
{
    uint64_t x = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < name.n; i++)
        x = (x ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
    return &h->buckets[(x >> 20) % BUCKETS];
}

static struct host *find(struct fed_hosts *h, struct str name)
{
    struct host *x = *bucket_of(h, name);
    while (x != NULL && !str_eq((struct str){x->name, x->name_n}, name))
        x = x->chain;
    return x;
}

static struct host *add(struct fed_hosts *h, struct str name)
{
    if (h->n >= HOSTS_MAX)
        forget_clean(h, false);
    struct host *x = calloc(1, sizeof *x + name.n);
    if (x == NULL)
        abort();
    memcpy(x->name, name.p, name.n);
    x->name_n = name.n;
    struct host **b = bucket_of(h, name);
    x->chain = *b;
    *b = x;
    h->n++;
    return x;
}

static void mark(struct fed_hosts *h, struct host *x)
{
    if (!x->dirty)
        h->n_dirty++;
    x->dirty = true;
}

static int64_t or_null(int64_t v)
{
    return v == 0 ? DB_NULL : v;
}

static int64_t or_zero(int64_t v)
{
    return v == DB_NULL ? 0 : v;
}

static void set_error(struct host *x, struct str error)
{
    error = str_utf8_cut(str_sub(error, 0, ERROR_MAX - 8), ERROR_MAX);
    memcpy(x->error, error.p == NULL ? "" : error.p, error.n);
    x->error[error.n] = '\0';
}

static void calm(struct host *x)
{
    x->failures = 0;
    x->open_until = x->open_for = x->probe_until = 0;
    x->fail_days = 0;
}

/* What another process wrote since we last looked: the later word about the host stands. */
static void learn(struct host *x, const struct host_row *r)
{
    int64_t success = or_zero(r->last_success_at), failure = or_zero(r->last_failure_at);
    if (success > x->last_success_at) {
        x->last_success_at = success;
        if (success > x->last_failure_at)
            calm(x);
        else if (x->fail_days > 1)
            x->fail_days = 1; /* the day of our own last failure */
    }
    if (failure > x->last_failure_at && failure > x->last_success_at) {
        x->last_failure_at = failure;
        x->failures = r->failures > x->failures ? r->failures : x->failures;
        x->open_until = r->open_until > x->open_until ? r->open_until : x->open_until;
        x->fail_days = r->fail_days > x->fail_days ? r->fail_days : x->fail_days;
        x->fail_day = r->fail_day > x->fail_day ? r->fail_day : x->fail_day;
        set_error(x, r->last_error);
    }
    if (or_zero(r->scheme_at) > x->scheme_at) {
        x->scheme_at = r->scheme_at;
        x->rfc9421 = str_eq_c(r->scheme, "rfc9421");
    }
}

/* Before a row is written over: is there something in it that we did not know? */
static enum err learn_stored(struct cx *cx, struct fed_hosts *h, struct str name, struct host *copy)
{
    struct host_row r;
    bool found;
    TRY(q_host_find(cx, name, &found, &r));
    if (!found)
        return OK;
    learn(copy, &r);
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL)
        learn(x, &r);
    pthread_mutex_unlock(&h->lock);
    return OK;
}

static enum err flush(struct cx *cx, struct fed_hosts *h, struct host *rows, struct str *names,
                      size_t n)
{
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++) {
        struct host *x = &rows[i];
        if (db_is_shared(cx->node->db))
            TRY(learn_stored(cx, h, names[i], x));
        struct str scheme = x->scheme_at == 0 ? STR_NULL
                            : x->rfc9421      ? STR("rfc9421")
                                              : STR("draft");
        TRY(q_host_put(cx, names[i], scheme, or_null(x->scheme_at), x->failures, x->open_until,
                       or_null(x->last_success_at), or_null(x->last_failure_at), x->fail_days,
                       x->fail_day, x->error[0] == '\0' ? STR_NULL : str_c(x->error), NULL));
    }
    return tx_commit(cx);
}

enum err fed_hosts_flush(struct cx *cx, struct fed_hosts *h)
{
    pthread_mutex_lock(&h->lock);
    size_t n = 0, max = h->n_dirty;
    struct host *rows = ARENA_ARRAY(cx->arena, struct host, max + 1);
    struct str *names = ARENA_ARRAY(cx->arena, struct str, max + 1);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct host *x = h->buckets[i]; x != NULL && n < max; x = x->chain)
            if (x->dirty) {
                names[n] = str_dup(cx->arena, (struct str){x->name, x->name_n});
                memcpy(&rows[n++], x, sizeof *x);
                x->dirty = false;
            }
    h->n_dirty = 0;
    h->flushed_at = clock_monotonic();
    pthread_mutex_unlock(&h->lock);
    return n == 0 ? OK : flush(cx, h, rows, names, n);
}

enum err fed_hosts_flush_some(struct cx *cx, struct fed_hosts *h)
{
    pthread_mutex_lock(&h->lock);
    bool due = h->n_dirty > 0 && clock_monotonic() - h->flushed_at > FLUSH_MS;
    if (due)
        h->flushed_at = clock_monotonic(); /* others need not try, too */
    pthread_mutex_unlock(&h->lock);
    return due ? fed_hosts_flush(cx, h) : OK;
}

static void load(struct host *x, const struct host_row *r)
{
    x->rfc9421 = str_eq_c(r->scheme, "rfc9421");
    x->scheme_at = or_zero(r->scheme_at);
    x->failures = r->failures;
    x->open_until = r->open_until;
    x->last_success_at = or_zero(r->last_success_at);
    x->last_failure_at = or_zero(r->last_failure_at);
    x->first_failure_at = x->last_failure_at;
    x->open_for = r->failures >= BREAK_AFTER ? BREAK_FIRST : 0;
    x->fail_days = r->fail_days;
    x->fail_day = r->fail_day;
    set_error(x, r->last_error);
}

enum err fed_hosts_load(struct cx *cx, struct fed_hosts *h)
{
    struct host_row *rows;
    size_t n;
    TRY(q_hosts_ailing(cx, &rows, &n));
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < n; i++) {
        struct host *x = find(h, rows[i].host);
        if (x == NULL)
            load(add(h, rows[i].host), &rows[i]);
        else
            learn(x, &rows[i]);
    }
    h->looked_at = clock_monotonic();
    pthread_mutex_unlock(&h->lock);
    return OK;
}

enum err fed_hosts_look_again(struct cx *cx, struct fed_hosts *h)
{
    if (!db_is_shared(cx->node->db))
        return OK;
    pthread_mutex_lock(&h->lock);
    bool due = clock_monotonic() - h->looked_at > LOOK_MS;
    if (due)
        h->looked_at = clock_monotonic(); /* others need not look, too */
    pthread_mutex_unlock(&h->lock);
    return due ? fed_hosts_load(cx, h) : OK;
}

enum err fed_hosts_flush_revived(struct cx *cx, struct fed_hosts *h)
{
    pthread_mutex_lock(&h->lock);
    bool revived = h->revived;
    h->revived = false;
    pthread_mutex_unlock(&h->lock);
    return revived ? fed_hosts_flush(cx, h) : OK;
}

bool fed_host_bare(struct fed_hosts *h, struct str name)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    bool bare = x != NULL && x->bare;
    pthread_mutex_unlock(&h->lock);
    return bare;
}

void fed_host_note_bare(struct fed_hosts *h, struct str name)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x == NULL)
        x = add(h, name);
    x->bare = true;
    pthread_mutex_unlock(&h->lock);
}

int64_t fed_host_get_wait(struct fed_hosts *h, struct str name)
{
    int64_t now = clock_now();
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    int64_t until = x == NULL || x->get_wait_until <= now ? 0 : x->get_wait_until;
    pthread_mutex_unlock(&h->lock);
    return until;
}

void fed_host_note_get_wait(struct fed_hosts *h, struct str name, int64_t until)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x == NULL)
        x = add(h, name);
    x->get_wait_until = until;
    pthread_mutex_unlock(&h->lock);
}

bool fed_host_is_9421(struct fed_hosts *h, struct str name)
{
    int64_t since = clock_now() - SCHEME_TTL;
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    bool yes = x != NULL && x->rfc9421 && x->scheme_at > since;
    pthread_mutex_unlock(&h->lock);
    return yes;
}

void fed_host_note_9421(struct fed_hosts *h, struct str name)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x == NULL)
        x = add(h, name);
    if (!x->rfc9421) {
        x->rfc9421 = true;
        x->scheme_at = clock_now();
        mark(h, x);
    }
    pthread_mutex_unlock(&h->lock);
}

enum err fed_host_ask(struct cx *cx, struct fed_hosts *h, struct str name,
                      struct fed_host_view *ret)
{
    int64_t now = clock_now();
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x == NULL) {
        struct host_row r;
        bool found;
        pthread_mutex_unlock(&h->lock);
        TRY(q_host_find(cx, name, &found, &r));
        pthread_mutex_lock(&h->lock);
        x = find(h, name);
        if (x == NULL) {
            x = add(h, name);
            if (found)
                load(x, &r);
        }
    }
    *ret = (struct fed_host_view){.rfc9421 = x->rfc9421 && now - x->scheme_at < SCHEME_TTL};
    if (x->wait_until > now)
        ret->wait_until = x->wait_until;
    if (x->open_until > now) {
        ret->wait_until = x->open_until;
    } else if (x->failures >= BREAK_AFTER) {
        /* Due: one goes and looks, the others wait for what it finds. */
        if (x->probe_until > now)
            ret->wait_until = x->probe_until;
        else
            x->probe_until = now + MS_MINUTE;
    }
    pthread_mutex_unlock(&h->lock);
    return OK;
}

void fed_host_took(struct fed_hosts *h, struct str name, bool rfc9421)
{
    int64_t now = clock_now();
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL) {
        calm(x);
        x->last_success_at = now;
        x->error[0] = '\0';
        if (rfc9421 || x->rfc9421) { /* "draft" need not be remembered: it is how we begin */
            x->rfc9421 = rfc9421;
            x->scheme_at = now;
        }
        mark(h, x);
    }
    pthread_mutex_unlock(&h->lock);
}

void fed_host_answered(struct fed_hosts *h, struct str name, const char *error)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL) {
        calm(x);
        set_error(x, str_c(error));
        mark(h, x);
    }
    pthread_mutex_unlock(&h->lock);
}

void fed_host_failed(struct fed_hosts *h, struct str name, const char *error)
{
    int64_t now = clock_now(), day = now / MS_DAY;
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL) {
        if (x->failures == 0 ||
            (x->failures < BREAK_AFTER && now - x->first_failure_at > BREAK_WINDOW)) {
            x->failures = 0;
            x->first_failure_at = now;
        }
        x->failures++;
        x->last_failure_at = now;
        x->probe_until = 0;
        if (x->failures >= BREAK_AFTER && x->open_until <= now) {
            x->open_for = x->open_for == 0 ? BREAK_FIRST : 2 * x->open_for;
            if (x->open_for > BREAK_LONGEST)
                x->open_for = BREAK_LONGEST;
            x->open_until = now + x->open_for;
        }
        if (x->fail_day != day) {
            x->fail_day = day;
            x->fail_days++;
        }
        set_error(x, str_c(error));
        mark(h, x);
    }
    pthread_mutex_unlock(&h->lock);
}

void fed_host_wait(struct fed_hosts *h, struct str name, int64_t until)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL)
        x->wait_until = until;
    pthread_mutex_unlock(&h->lock);
}

void fed_host_alive(struct fed_hosts *h, struct str name, bool rfc9421)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL && (x->failures > 0 || x->fail_days > 0)) {
        h->revived = h->revived || x->fail_days >= FED_DEAD_DAYS;
        calm(x);
        mark(h, x);
    }
    if (rfc9421 && x == NULL)
        x = add(h, name);
    if (rfc9421 && !x->rfc9421) {
        x->rfc9421 = true;
        x->scheme_at = clock_now();
        mark(h, x);
    }
    pthread_mutex_unlock(&h->lock);
}


void fed_host_peek(struct fed_hosts *h, struct arena *a, struct fed_host_state *s)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, s->host);
    if (x != NULL) {
        s->last_success_at = or_null(x->last_success_at);
        s->last_failure_at = or_null(x->last_failure_at);
        s->open_until = x->open_until > x->wait_until ? x->open_until : x->wait_until;
        s->fail_days = x->fail_days;
        s->last_error = x->error[0] == '\0' ? STR_NULL : str_dup(a, str_c(x->error));
    }
    pthread_mutex_unlock(&h->lock);
}

void fed_host_forgive(struct fed_hosts *h, struct str name)
{
    pthread_mutex_lock(&h->lock);
    struct host *x = find(h, name);
    if (x != NULL) {
        calm(x);
        x->wait_until = 0;
        mark(h, x);
    }
    pthread_mutex_unlock(&h->lock);
}
