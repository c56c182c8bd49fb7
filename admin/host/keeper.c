#include "admin/host/keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "admin/host/host_sql.h"
#include "admin/host/keep_sql.h"
#include "admin/host/row.h"
#include "admin/host/spare.h"
#include "node/base/arena.h"
#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/base/log.h"
#include "node/db/db.h"
#include "node/server.h"

enum { LOOK_MS = 1000, BEAT_MS = 5000, BOOT_SLACK_MS = 5000, FLUSH_MS = 60 * 1000, MEASURE_EVERY = 10, NICE = 19,
       STACK = 512 * 1024 };

struct keeper {
    struct host *h;
    int64_t spare_keys;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
    pthread_t looker, worker;
};

static void complain(struct cx *cx, const char *what, enum err e)
{
    log_warn("host", "%s: %s %s", what, err_name(e), cx->fail == NULL ? "" : cx->fail);
}

/* ---- what nodes tell ---- */

/* Not synced by itself: it outlives the process, and each minute's usage carries it to the disk. A
 * power cut is known by the machine's boot, and then every node is looked at. */
static void on_woke(void *arg, int64_t id)
{
    struct cx *cx = cx_new(&((struct host *)arg)->node);
    cx->lazy = true;
    enum err e = q_host_node_woke(cx, id, NULL);
    if (e != OK)
        complain(cx, "a node woke", e);
    cx_free(cx);
}

static void on_slept(void *arg, int64_t id, int64_t wake_at)
{
    if (((struct host *)arg)->followed)
        return; /* whether it is awake is the newcomer's to say */
    struct cx *cx = cx_new(&((struct host *)arg)->node);
    cx->lazy = true;
    enum err e = q_host_node_slept(cx, id, wake_at, NULL);
    if (e != OK)
        complain(cx, "a node went to sleep", e);
    cx_free(cx);
}

void keeper_options(struct host *h, struct nodes_options *o)
{
    o->woke = on_woke;
    o->slept = on_slept;
    o->arg = h;
}

/* ---- beginning ---- */

/* When this machine was started, by the wall clock: another value is another start, or a clock that was
 * set, which does no harm. (The kernel's boot id is hidden from a process under systemd's ProcSubset=pid.) */
static int64_t booted_at(void)
{
    struct timespec up;
    clock_gettime(CLOCK_BOOTTIME, &up);
    return clock_now() - (int64_t)up.tv_sec * MS_SECOND - up.tv_nsec / 1000000;
}

/* Nodes that were awake when a process died, or are so in the one that we follow, may have jobs that
 * nobody has written down here: they are looked at soon. */
static enum err look_back(struct cx *cx)
{
    bool found;
    struct str last;
    int64_t then = 0, boot = booted_at();
    TRY(q_host_setting_read(cx, STR("booted_at"), &found, &last));
    bool cut = found && str_to_i64(last, &then) && llabs(boot - then) > BOOT_SLACK_MS;
    TRY(q_host_nodes_unsure(cx, cut, NULL));
    return q_host_setting_write(cx, STR("booted_at"),
                                str_fmt(cx->arena, "%lld", (long long)boot), NULL);
}

static struct str place_of(struct host *h)
{
    char machine[256] = "";
    char *path = realpath(h->dir, NULL);
    (void)gethostname(machine, sizeof machine - 1);
    struct str s = str_fmt(h->node.arena, "%s:%s", machine, path == NULL ? h->dir : path);
    free(path);
    return crypt_sha256_hex(h->node.arena, s);
}

static enum err begin(struct cx *cx)
{
    struct host *h = host_of(cx);
    bool others, beside = atomic_load(&h->node.server->beside);
    h->place = place_of(h);
    if (!beside) /* we hold the lock: whoever served this directory is dead */
        TRY(q_host_process_drop_of(cx, h->place, NULL));
    TRY(host_is_served(cx, &others));
    if (!others) {
        TRY(q_host_request_reset(cx, NULL));
        TRY(host_spare_mend(cx));
    }
    TRY(host_mend(cx));
    TRY(look_back(cx));
    h->process = crypt_token(h->node.arena, 12);
    TRY(q_host_process_put(cx, h->process, h->place, 0, cx->now, NULL));
    return host_sync(cx);
}

enum err keeper_begin(struct host *h)
{
    struct cx *cx = cx_new(&h->node);
    enum err e = begin(cx);
    if (e != OK)
        log_error("host", "the registry cannot be read: %s %s", err_name(e),
                  cx->fail == NULL ? "" : cx->fail);
    cx_free(cx);
    return e;
}

void keeper_end(struct host *h)
{
    struct cx *cx = cx_new(&h->node);
    if (q_host_process_drop(cx, h->process, cx->now - MS_DAY, NULL) != OK)
        log_warn("host", "this process stays in the registry for some seconds");
    cx_free(cx);
}

/* ---- threads ---- */

/* False when it is time to go. */
static bool rest(struct keeper *k, int64_t ms)
{
    const struct timespec until = clock_deadline(ms);
    pthread_mutex_lock(&k->lock);
    int rc = 0;
    while (!k->stop && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&k->wake, &k->lock, &until);
    bool go_on = !k->stop;
    pthread_mutex_unlock(&k->lock);
    return go_on;
}

static void look(struct keeper *k, bool beat, bool flush, bool measure)
{
    struct cx *cx = cx_new(&k->h->node);
    enum err e = host_sync(cx);
    if (e != OK)
        complain(cx, "following the registry", e);
    if (e == OK && beat) {
        cx->lazy = true;
        e = q_host_process_put(cx, k->h->process, k->h->place, k->h->seen, cx->now, NULL);
        cx->lazy = false;
        if (e != OK)
            complain(cx, "a sign of life", e);
    }
    if (flush) {
        e = host_usage_flush(cx, measure);
        if (e == OK)
            e = q_host_request_expire(cx, cx->now, NULL);
        if (e != OK)
            complain(cx, "usage", e);
    }
    cx_free(cx);
}

static void *looker_main(void *arg)
{
    struct keeper *k = arg;
    int64_t beat = 0, flush = clock_monotonic() + FLUSH_MS;
    for (int64_t n = 0; rest(k, LOOK_MS);) {
        int64_t now = clock_monotonic();
        bool beats = now >= beat, flushes = now >= flush;
        look(k, beats, flushes, flushes && n % MEASURE_EVERY == 0);
        if (beats)
            beat = now + BEAT_MS;
        if (flushes) {
            flush = now + FLUSH_MS;
            n++;
        }
    }
    look(k, false, true, true); /* what was counted since */
    return NULL;
}

/* One key at a time, so that nobody waits for us when the process ends. */
static bool fill_once(struct keeper *k)
{
    bool full = true;
    struct cx *cx = cx_new(&k->h->node);
    enum err e = host_spare_fill(cx, k->spare_keys, &full);
    if (e != OK)
        complain(cx, "making keys ahead", e);
    cx_free(cx);
    return e != OK || full;
}

static void *worker_main(void *arg)
{
    struct keeper *k = arg;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    int64_t next = 0;
    for (bool full = false; rest(k, full ? LOOK_MS : 0);) {
        if (clock_monotonic() >= next) {
            struct cx *cx = cx_new(&k->h->node);
            enum err e = host_work(cx);
            if (e != OK)
                complain(cx, "moving and deleting", e);
            cx_free(cx);
            next = clock_monotonic() + LOOK_MS;
        }
        full = fill_once(k);
    }
    return NULL;
}

static void tell_to_stop(struct keeper *k)
{
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_broadcast(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

enum err keeper_start(struct host *h, int64_t spare_keys, struct keeper **ret)
{
    struct keeper *k = calloc(1, sizeof *k);
    pthread_attr_t attr;
    if (k == NULL)
        abort();
    k->h = h;
    k->spare_keys = spare_keys;
    pthread_mutex_init(&k->lock, NULL);
    clock_cond_init(&k->wake);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    bool looks = pthread_create(&k->looker, &attr, looker_main, k) == 0;
    bool works = looks && pthread_create(&k->worker, &attr, worker_main, k) == 0;
    pthread_attr_destroy(&attr);
    if (!works) {
        log_error("host", "no thread could be started");
        if (looks) {
            tell_to_stop(k);
            pthread_join(k->looker, NULL);
        }
        free(k);
        return ERR_BUSY;
    }
    *ret = k;
    return OK;
}

struct keeper *keeper_stop(struct keeper *k)
{
    if (k == NULL)
        return NULL;
    tell_to_stop(k);
    pthread_join(k->looker, NULL);
    pthread_join(k->worker, NULL);
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->wake);
    free(k);
    return NULL;
}
