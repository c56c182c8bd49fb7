#include "node/http/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/node.h"

enum { PARKED_GRACE_MS = 2000 };

/* ---- the queue ---- */

static void push(struct http *h, struct call *c)
{
    c->next = NULL;
    *(h->last != NULL ? &h->last->next : &h->first) = c;
    h->last = c;
    h->queued++;
    pthread_cond_signal(&h->wake);
}

static void push_asleep(struct http *h, struct call *c)
{
    c->next = NULL;
    *(h->last_asleep != NULL ? &h->last_asleep->next : &h->first_asleep) = c;
    h->last_asleep = c;
    h->asleep++;
    pthread_cond_signal(&h->wake);
}

bool pool_take(struct call *c, enum task task)
{
    struct http *h = c->http;
    pthread_mutex_lock(&h->mutex);
    bool room = !h->closed && !atomic_load(&h->stopping) &&
                (task == TASK_WAKE ? h->asleep < HTTP_MAX_ASLEEP : h->queued < HTTP_MAX_QUEUE);
    if (room) {
        /* Before a worker can see it, or the resume could come first. */
        MHD_suspend_connection(c->con);
        c->task = task;
        h->in_hand++;
        if (task == TASK_WAKE)
            push_asleep(h, c);
        else
            push(h, c);
    }
    pthread_mutex_unlock(&h->mutex);
    return room;
}

/* The mutex is held. */
static bool is_woken_now(const struct http *h, struct str host)
{
    for (int i = 0; i < h->n_waking; i++)
        if (str_ieq(h->waking[i], host))
            return true;
    return false;
}

/* The mutex is held: a call whose node a worker may open now. */
static struct call *take_asleep(struct http *h)
{
    int most = h->n_workers / 2 < 1 ? 1 : h->n_workers / 2;
    struct call *before = NULL, *c = h->first_asleep;
    if (h->n_waking >= (most < HTTP_MAX_WAKERS ? most : HTTP_MAX_WAKERS))
        return NULL;
    while (c != NULL && is_woken_now(h, c->host)) {
        before = c;
        c = c->next;
    }
    if (c == NULL)
        return NULL;
    *(before != NULL ? &before->next : &h->first_asleep) = c->next;
    if (h->last_asleep == c)
        h->last_asleep = before;
    h->asleep--;
    h->waking[h->n_waking++] = c->host;
    return c;
}

/* Those who waited for the same node, or for a worker that may open one, are looked at again. */
static void note_woken(struct http *h, struct str host)
{
    pthread_mutex_lock(&h->mutex);
    for (int i = 0; i < h->n_waking; i++) {
        if (h->waking[i].p == host.p) {
            h->waking[i] = h->waking[--h->n_waking];
            break;
        }
    }
    pthread_cond_broadcast(&h->wake);
    pthread_mutex_unlock(&h->mutex);
}

static struct call *next_call(struct http *h)
{
    struct call *c = NULL;
    pthread_mutex_lock(&h->mutex);
    while ((c = take_asleep(h)) == NULL && h->first == NULL && !h->closed)
        pthread_cond_wait(&h->wake, &h->mutex);
    if (c == NULL && h->first != NULL) {
        c = h->first;
        h->first = c->next;
        if (h->first == NULL)
            h->last = NULL;
        h->queued--;
    }
    pthread_mutex_unlock(&h->mutex);
    return c;
}

/* The connection wakes up; its thread may answer and free the call at once. */
static void hand_back(struct call *c)
{
    struct http *h = c->http;
    MHD_resume_connection(c->con);
    pthread_mutex_lock(&h->mutex);
    h->in_hand--;
    pthread_cond_broadcast(&h->idle);
    pthread_mutex_unlock(&h->mutex);
}

void call_finish(struct call *c)
{
    log_access(c);
    c->stage = STAGE_ANSWERED;
    hand_back(c);
}

/* ---- parking ---- */

enum err rq_park(struct rq *rq, enum err (*resume)(struct rq *rq, void *arg), void *arg)
{
    struct call *c = call_of(rq);
    pthread_mutex_lock(&c->mutex);
    c->parking = true;
    c->resume = resume;
    c->resume_arg = arg;
    pthread_mutex_unlock(&c->mutex);
    atomic_fetch_add(&c->refs, 1);
    return OK;
}

static void parked_add(struct call *c)
{
    struct http *h = c->http;
    pthread_mutex_lock(&h->mutex);
    c->park_prev = NULL;
    c->park_next = h->parked;
    if (h->parked != NULL)
        h->parked->park_prev = c;
    h->parked = c;
    pthread_mutex_unlock(&h->mutex);
}

/* The mutex of http is held. */
static void parked_remove(struct http *h, struct call *c)
{
    *(c->park_prev != NULL ? &c->park_prev->park_next : &h->parked) = c->park_next;
    if (c->park_next != NULL)
        c->park_next->park_prev = c->park_prev;
}

void rq_unpark(struct rq *rq)
{
    struct call *c = call_of(rq);
    pthread_mutex_lock(&c->mutex);
    enum park was = c->park;
    if (was == PARK_NONE)
        c->unparked = true; /* its worker has not put it down yet and will see this */
    else if (was == PARK_RESTING)
        c->park = PARK_NONE;
    pthread_mutex_unlock(&c->mutex);

    if (was == PARK_ABANDONED) {
        call_unref(c); /* the server has answered and may be gone; only the call is left */
    } else if (was == PARK_RESTING) {
        struct http *h = c->http;
        pthread_mutex_lock(&h->mutex);
        parked_remove(h, c);
        c->task = TASK_RESUME;
        push(h, c);
        pthread_mutex_unlock(&h->mutex);
    }
}

/* True when the call rests now and belongs to whoever unparks it; false when it goes on here. */
static bool put_down(struct call *c)
{
    parked_add(c); /* first: an unpark may come the moment the state says RESTING */
    pthread_mutex_lock(&c->mutex);
    bool rests = !c->unparked;
    if (rests)
        c->park = PARK_RESTING;
    c->unparked = false;
    pthread_mutex_unlock(&c->mutex);
    if (!rests) {
        pthread_mutex_lock(&c->http->mutex);
        parked_remove(c->http, c);
        pthread_mutex_unlock(&c->http->mutex);
    }
    return rests;
}

static void abandon_parked(struct http *h)
{
    struct call *left = NULL;
    pthread_mutex_lock(&h->mutex);
    for (struct call *c = h->parked, *next; c != NULL; c = next) {
        next = c->park_next;
        pthread_mutex_lock(&c->mutex);
        bool mine = c->park == PARK_RESTING;
        if (mine)
            c->park = PARK_ABANDONED;
        pthread_mutex_unlock(&c->mutex);
        if (mine) {
            parked_remove(h, c);
            c->park_next = left;
            left = c;
        }
    }
    pthread_mutex_unlock(&h->mutex);
    while (left != NULL) {
        struct call *next = left->park_next;
        reply_set(left, 503,
                  reply_plain_error(503, ERR_BUSY, left->rq.repr != REPR_HTML, left->rq.secure));
        call_finish(left);
        left = next;
    }
}

/* ---- workers ---- */

static enum err run_handler(struct call *c)
{
    struct rq *rq = &c->rq;
    if (!c->admitted)
        TRY(guard_admit(c));
    if (c->response != NULL) /* sent to sign in */
        return OK;
    if (!body_view(&c->body, &rq->body))
        return cx_fail(rq->cx, ERR_STORAGE, "the body cannot be mapped");
    TRY(guard_form(c));
    rq->cx->recall = rq->method == GET || rq->method == HEAD;
    return rq->route->run(rq);
}

static void finish_with(struct call *c, enum err e)
{
    if (e == OK && c->response == NULL)
        e = cx_fail(c->rq.cx, ERR_INTERNAL, "the handler did not answer");
    if (e != OK)
        reply_error(c, e, http_status_of(e));
    cx_release(c->rq.cx);
    call_finish(c);
}

/* Before the body is read: nobody uploads what they may not. */
static void check_call(struct call *c)
{
    enum err e = guard_admit(c);
    c->admitted = true;
    if (e != OK || c->response != NULL) {
        c->linger = true;
        finish_with(c, e);
        return;
    }
    cx_release(c->rq.cx);
    c->stage = STAGE_CHECKED;
    hand_back(c);
}

/* True: its node is awake, and it can be run. A body is read only after this. */
static bool wake_call(struct call *c)
{
    bool before_body = c->stage == STAGE_HEAD;
    door_wake(c);
    note_woken(c->http, c->host);
    if (before_body) {
        c->stage = STAGE_WOKEN;
        hand_back(c);
        return false;
    }
    if (c->door == DOOR_OPEN) {
        call_prepare(c);
        c->task = TASK_RUN;
        return true;
    }
    c->response = door_gone(c);
    if (c->response == NULL) {
        c->response = door_answer(c);
        c->borrowed = true;
    }
    c->status = door_status(c->sign);
    call_finish(c);
    return false;
}

static void run_call(struct call *c)
{
    enum err e;
    if (c->task == TASK_WAKE && !wake_call(c))
        return;
    if (c->task == TASK_CHECK) {
        check_call(c);
        return;
    }
    if (c->task == TASK_RESUME) {
        e = OK;
    } else if (c->early) {
        if (c->rq.repr == REPR_HTML && !c->linger)
            (void)!guard_identify(c); /* the error page greets whoever is signed in */
        if (c->response == NULL)
            reply_error(c, c->early_err, c->early_status);
        cx_release(c->rq.cx);
        call_finish(c);
        return;
    } else {
        c->rq.cx->now = clock_now();
        c->generation = atomic_load(&c->node->public_generation);
        e = run_handler(c);
    }
    bool resumed = c->task == TASK_RESUME;
    while (resumed || c->parking) {
        if (!resumed) {
            cx_release(c->rq.cx);
            if (e != OK)
                log_warn("http", "a handler parked and failed trace=%s", c->rq.cx->trace);
            if (put_down(c))
                return;
        }
        resumed = false;
        c->parking = false;
        atomic_fetch_sub(&c->refs, 1); /* the connection's count remains */
        e = c->resume(&c->rq, c->resume_arg);
    }
    finish_with(c, e);
}

static void *worker_main(void *arg)
{
    struct http *h = arg;
    struct call *c;
    while ((c = next_call(h)) != NULL)
        run_call(c);
    return NULL;
}

enum err pool_start(struct http *h, int n_workers)
{
    pthread_attr_t attr;
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->wake, NULL);
    clock_cond_init(&h->idle);
    h->workers = calloc((size_t)n_workers, sizeof(*h->workers));
    if (h->workers == NULL)
        abort();
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, HTTP_WORKER_STACK);
    enum err e = OK;
    for (int i = 0; i < n_workers && e == OK; i++) {
        pthread_mutex_lock(&h->mutex); /* those that run already count us */
        if (pthread_create(&h->workers[i], &attr, worker_main, h) == 0)
            h->n_workers++;
        else
            e = ERR_BUSY;
        pthread_mutex_unlock(&h->mutex);
    }
    pthread_attr_destroy(&attr);
    return e;
}

/* Waits until nothing is in hand or ms have passed. */
static bool wait_idle(struct http *h, int64_t ms)
{
    const struct timespec until = clock_deadline(ms);
    int rc = 0;
    pthread_mutex_lock(&h->mutex);
    while (h->in_hand > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&h->idle, &h->mutex, &until);
    bool idle = h->in_hand == 0;
    pthread_mutex_unlock(&h->mutex);
    return idle;
}

void pool_stop(struct http *h)
{
    bool idle = wait_idle(h, PARKED_GRACE_MS);
    while (!idle) {
        abandon_parked(h);
        idle = wait_idle(h, 50);
    }
    pthread_mutex_lock(&h->mutex);
    h->closed = true;
    pthread_cond_broadcast(&h->wake);
    pthread_mutex_unlock(&h->mutex);
    for (int i = 0; i < h->n_workers; i++)
        pthread_join(h->workers[i], NULL);
    free(h->workers);
    pthread_cond_destroy(&h->wake);
    pthread_cond_destroy(&h->idle);
    pthread_mutex_destroy(&h->mutex);
}
