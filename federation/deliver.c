#include "federation/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "federation/bodies.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/httpsig.h"
#include "federation/keys.h"
#include "federation/policy.h"
#include "federation/remote.h"
#include "federation/fanout_sql.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/metrics.h"
#include "node/base/url.h"
#include "node/jobs/jobs.h"
#include "node/people/identity.h"
#include "node/server.h"

enum { POST_TIMEOUT_MS = 15000, ANSWER_MAX = 8192, TRIES_401 = 3 };
/* GoToSocial looks at an actor that it knows once in six hours, others daily; until then the key of one that
 * was put away at once (rotate.h) is a wrong one to them. */
#define KEY_YOUNG (2 * MS_DAY)
#define GIVE_UP (7 * MS_DAY)
#define GIVE_UP_ANSWER (14 * MS_DAY) /* Accept, Reject */

const int fed_deliver_backoff_s[] = {60,    300,   900,   3600,  10800, 21600,
                                     43200, 86400, 86400, 86400, 0};

/* One transfer. Made on a worker, then the fetcher thread's until it ends. */
struct delivery {
    struct fed *fed;
    struct fed_body *body;
    const struct fed_signer *signer;
    int64_t job_id;
    bool rfc9421, knocked, moved;
    bool young_key;       /* not everybody has it yet: a 401 is no last word */
    char *wish;           /* its Accept-Signature, while it is fulfilled; else NULL */
    struct str url, host; /* behind the struct */
};

static void delivery_free(struct delivery *d)
{
    struct node *node = d->fed->node;
    fed_body_drop(d->fed->bodies, d->body);
    free(d->wish);
    free(d);
    node_drop(node); /* its job may have ended, and then nothing else keeps it awake */
}

static enum err delivery_go(struct delivery *d, struct arena *a);

static void finish(struct delivery *d, enum job_verdict v, const char *error, int64_t retry_after_s)
{
    struct node *node = d->fed->node;
    int64_t id = d->job_id;
    delivery_free(d);
    job_finish(node, id, v, error, retry_after_s); /* last: it is what keeps the node open */
}

/* A second try from the fetcher's thread: the other signature, or the new place. One signature of
 * half a millisecond, once per host that wants it. */
static bool again(struct delivery *d)
{
    struct arena *a = arena_new();
    enum err e = delivery_go(d, a);
    arena_free(a);
    return e == OK;
}

/* 2.12, 2.13: what it asks for if we can, else the other signature. Once. */
static bool try_otherwise(struct delivery *d, const struct fetch_answer *answer)
{
    struct arena *a = arena_new();
    struct str wish = answer->accept_signature;
    d->knocked = true;
    if (httpsig_wish(a, wish, d->signer->rsa, d->signer->rsa_id, true)) {
        d->wish = strndup(wish.p, wish.n);
        d->rfc9421 = true;
        fed_host_note_9421(d->fed->hosts, d->host);
    } else {
        d->rfc9421 = !d->rfc9421;
    }
    arena_free(a);
    return again(d);
}

static bool try_moved(struct delivery *d, const struct fetch_answer *answer)
{
    /* Same host only (2.5), and it must fit where the old address stood. */
    if (d->moved || answer->location.p == NULL || !url_same_origin(answer->location, d->url) ||
        answer->location.n > d->url.n + 256)
        return false;
    memcpy((char *)(uintptr_t)d->url.p, answer->location.p, answer->location.n);
    d->url.n = answer->location.n;
    d->moved = true;
    return again(d);
}

static void took(struct delivery *d)
{
    fed_host_took(d->fed->hosts, d->host, d->rfc9421);
    NODE_COUNT(d->fed->node, deliveries, 1);
    METRICS_COUNT(d->fed->node->server->metrics, deliveries_done, 1);
    finish(d, JOB_DONE, NULL, 0);
}

static void temporary(struct delivery *d, bool breakdown, const char *error,
                      struct str retry_after)
{
    int64_t s = fed_retry_after(retry_after);
    METRICS_COUNT(d->fed->node->server->metrics, deliveries_failed, 1);
    if (breakdown)
        fed_host_failed(d->fed->hosts, d->host, error);
    else
        fed_host_answered(d->fed->hosts, d->host, error);
    if (s > 0)
        fed_host_wait(d->fed->hosts, d->host, clock_now() + s * MS_SECOND);
    finish(d, JOB_RETRY, error, s);
}

/* 4.4. */
static void answered(void *arg, const struct fetch_answer *answer)
{
    struct delivery *d = arg;
    char error[200];
    if (answer->err != OK) {
        snprintf(error, sizeof error, "%s", answer->error == NULL ? "no answer" : answer->error);
        if (answer->err == ERR_BUSY) /* we are stopping, or have no room: not the host's fault */
            finish(d, JOB_RETRY, error, 5);
        else if (answer->err == ERR_INVALID || answer->err == ERR_FORBIDDEN)
            finish(d, JOB_REST, error, 0);
        else if (answer->err == ERR_TOO_LARGE)
            took(d); /* it took it, and talks too much about it */
        else
            temporary(d, true, error, STR_NULL);
        return;
    }
    int s = answer->status;
    snprintf(error, sizeof error, "%d from " STR_FMT, s, STR_ARG(d->host));
    if (s >= 200 && s < 300) {
        took(d);
    } else if ((s == 400 || s == 401) && !d->knocked) {
        if (!try_otherwise(d, answer))
            finish(d, JOB_RETRY, error, 0);
    } else if ((s == 307 || s == 308) && try_moved(d, answer)) {
        return;
    } else if (s == 408 || s == 425 || s == 429 || s >= 500) {
        if (s == 501) {
            fed_host_answered(d->fed->hosts, d->host, error);
            finish(d, JOB_REST, error, 0);
        } else {
            temporary(d, s >= 500, error, answer->retry_after);
        }
    } else if (s == 404 || s == 410 || (s >= 300 && s < 400)) {
        /* Gone or moved: what this means for the followers is found out on a worker. */
        fed_host_answered(d->fed->hosts, d->host, error);
        fed_body_note_gone(d->fed->bodies, d->job_id);
        finish(d, JOB_RETRY, error, 1);
    } else if (s == 401 &&
               (d->young_key || fed_body_note_refused(d->fed->bodies, d->job_id) <= TRIES_401)) {
        fed_host_answered(d->fed->hosts, d->host, error);
        finish(d, JOB_RETRY, error, 0); /* its fetch of our key may have failed */
    } else {
        fed_host_answered(d->fed->hosts, d->host, error);
        finish(d, JOB_REST, error, 0);
    }
}

static enum err delivery_go(struct delivery *d, struct arena *a)
{
    struct sig_headers h;
    struct str body = fed_body_text(d->body);
    struct sig_sign s = {.scheme = d->rfc9421 ? SIG_RFC9421 : SIG_DRAFT, .key = d->signer->rsa,
                         .key_id = d->signer->rsa_id, .method = "POST", .url = d->url,
                         .body = body, .now = clock_now(), .wish = str_c(d->wish)};
    TRY(httpsig_sign(a, &s, &h));
    h.v[h.n++] = (struct fetch_header){STR("Content-Type"), STR("application/activity+json")};
    struct fetch_request rq = {.method = "POST", .url = d->url, .headers = h.v, .n_headers = h.n,
                               .body = body, .max_answer = ANSWER_MAX,
                               .timeout_ms = POST_TIMEOUT_MS,
                               .agent = d->fed->node->agent};
    fetch_start(d->fed->node->server->fetcher, &rq, answered, d);
    return OK;
}

/* The cause was recorded in the cx; the verdict follows. */
static enum job_verdict because(enum err recorded, enum job_verdict v)
{
    (void)recorded;
    return v;
}

/* An inbox that is gone (410), unknown (404) or elsewhere (3xx): ask the actors that we thought
 * live there. A 410 from the actor, too, ends its follow; else its document tells the inbox of now,
 * and if that is another one, the activity goes there. */
static enum err look_at_actor(struct cx *cx, const struct job *job, int64_t actor_id)
{
    struct fed_actor actor;
    int64_t id;
    bool queued;
    TRY(fed_actor_by_id(cx, actor_id, &actor));
    enum err e = fed_actor_get(cx, actor.uri, &id);
    if (e == ERR_GONE)
        return fed_actor_purge(cx, actor.id);
    if (e == ERR_NOT_FOUND)
        return identity_stop(cx, actor.id, 0, NULL);
    if (e != OK)
        return e == ERR_STORAGE || e == ERR_BUSY ? e : OK; /* no word from it: nothing changes */
    TRY(fed_actor_by_id(cx, id, &actor));
    struct str inbox = actor.shared_inbox.p == NULL ? actor.inbox : actor.shared_inbox;
    if (inbox.p == NULL || str_eq(inbox, job->payload) || str_eq(actor.inbox, job->payload))
        return identity_stop(cx, actor.id, 0, NULL); /* there, and takes nothing: 9.8 */
    struct str order = str_sub(job->order_key, str_find_char(job->order_key, '|', 0) + 1, SIZE_MAX);
    TX_SCOPE(cx);
    TRY(q_delivery_unsent(cx, job->subject, inbox, fed_deliver_key(cx, inbox, order), &queued,
                          &id));
    if (!queued)
        TRY(fed_deliver_put(cx, job->subject, inbox, order));
    return tx_commit(cx);
}

static enum job_verdict look_after(struct cx *cx, const struct job *job)
{
    int64_t *ids;
    size_t n;
    if (q_actors_of_inbox(cx, job->payload, &ids, &n) != OK)
        return JOB_RETRY;
    for (size_t i = 0; i < n; i++) {
        enum err e = look_at_actor(cx, job, ids[i]);
        if (e == ERR_BUSY) /* no room to ask now: later */
            fed_body_note_gone(cx->node->fed->bodies, job->id);
        if (e == ERR_BUSY || e == ERR_STORAGE)
            return JOB_RETRY;
    }
    return q_activity_lost(cx, job->subject, 1, NULL) == OK ? JOB_DONE : JOB_RETRY;
}

static bool too_old(const struct job *job, const struct fed_body *body, int64_t now)
{
    int64_t age = now - job->created_at;
    return age > (fed_body_is_answer(body) ? GIVE_UP_ANSWER : GIVE_UP);
}

static struct delivery *delivery_new(struct cx *cx, const struct job *job, struct fed_body *body,
                                     const struct fed_signer *signer, struct str host)
{
    struct delivery *d = calloc(1, sizeof *d + job->payload.n + 256 + host.n);
    if (d == NULL)
        abort();
    char *p = (char *)(d + 1);
    memcpy(p, host.p, host.n);
    d->host = (struct str){p, host.n};
    p += host.n;
    memcpy(p, job->payload.p, job->payload.n);
    d->url = (struct str){p, job->payload.n};
    d->fed = cx->node->fed;
    node_hold(cx->node);
    d->body = body;
    d->signer = signer;
    d->job_id = job->id;
    return d;
}

static enum job_verdict start(struct cx *cx, const struct job *job, struct fed_body *body,
                              struct str host)
{
    struct fed *fed = cx->node->fed;
    const struct fed_signer *signer;
    struct fed_host_view view;
    if (fed_host_ask(cx, fed->hosts, host, &view) != OK ||
        fed_signer_of(cx, fed_body_actor(body), fed_body_key(body), &signer) != OK) {
        fed_body_drop(fed->bodies, body);
        return JOB_RETRY;
    }
    if (view.wait_until > 0) {
        fed_body_drop(fed->bodies, body);
        cx->retry_after_s = (view.wait_until - clock_now()) / MS_SECOND + 1;
        return because(cx_fail(cx, ERR_UPSTREAM, "waiting for " STR_FMT, STR_ARG(host)), JOB_RETRY);
    }
    struct delivery *d = delivery_new(cx, job, body, signer, host);
    d->rfc9421 = view.rfc9421;
    d->young_key = cx->now - signer->since < KEY_YOUNG;
    /* The transfer holds no store connection. */
    cx_release(cx);
    if (delivery_go(d, cx->arena) != OK) {
        delivery_free(d);
        return because(cx_fail(cx, ERR_INVALID, "not an inbox address"), JOB_REST);
    }
    return JOB_LATER;
}

enum job_verdict fed_deliver(struct cx *cx, const struct job *job)
{
    struct fed *fed = cx->node->fed;
    struct fed_body *body = NULL;
    struct str host = fed_host_of(cx->arena, job->payload);
    if (host.p == NULL)
        return JOB_DONE;
    struct fed_policy policy;
    if (fed_policy_of(cx, host, &policy) != OK)
        return JOB_RETRY;
    if (policy.level == FED_SUSPENDED)
        return JOB_DONE; /* since it was queued */
    if (fed == NULL || cx->node->server == NULL || cx->node->server->fetcher == NULL) {
        cx->retry_after_s = 5;
        return JOB_RETRY; /* command line: the serving process sends */
    }
    if (job->attempts > 0 && fed_body_was_gone(fed->bodies, job->id))
        return look_after(cx, job);
    if (fed_hosts_flush_some(cx, fed->hosts) != OK)
        log_warn("fed", "health of hosts not written: %s", cx->fail == NULL ? "?" : cx->fail);
    enum err e = fed_body_get(cx, fed->bodies, job->subject, &body);
    if (e == ERR_NOT_FOUND)
        return JOB_DONE;
    if (e != OK)
        return JOB_RETRY;
    if (fed_body_is_dead(body)) {
        fed_body_drop(fed->bodies, body);
        /* Its Delete follows. */
        return q_activity_lost(cx, job->subject, 1, NULL) == OK ? JOB_DONE : JOB_RETRY;
    }
    if (too_old(job, body, cx->now)) {
        fed_body_drop(fed->bodies, body);
        return because(
            cx_fail(cx, ERR_UPSTREAM, STR_FMT " did not take it in time", STR_ARG(host)), JOB_REST);
    }
    return start(cx, job, body, host);
}

struct str fed_deliver_key(struct cx *cx, struct str inbox, struct str object_uri)
{
    struct str host = fed_host_of(cx->arena, inbox);
    if (host.p == NULL || str_eq(host, cx->node->host))
        return STR_NULL;
    return str_fmt(cx->arena, "@" STR_FMT "|" STR_FMT, STR_ARG(host), STR_ARG(object_uri));
}

enum err fed_deliver_queue(struct cx *cx, int64_t activity_id, struct str inbox, struct str order,
                           int64_t run_at, bool *ret_queued)
{
    struct str key = fed_deliver_key(cx, inbox, order);
    struct fed_policy policy;
    *ret_queued = false;
    if (key.p == NULL)
        return OK; /* ours are served by the store itself */
    /* "@host|…": tens of thousands need not be parsed once more. */
    struct str host = str_sub(key, 1, str_find_char(key, '|', 0) - 1);
    TRY(fed_policy_of(cx, host, &policy));
    if (policy.level == FED_SUSPENDED)
        return OK;
    *ret_queued = true;
    return job_put(cx, "fed.deliver", activity_id, inbox, key, run_at);
}

enum err fed_deliver_put_at(struct cx *cx, int64_t activity_id, struct str inbox, struct str order,
                            int64_t run_at)
{
    bool queued;
    TRY(fed_deliver_queue(cx, activity_id, inbox, order, run_at, &queued));
    return queued ? q_activity_spread(cx, activity_id, 1, NULL) : OK;
}

enum err fed_deliver_put(struct cx *cx, int64_t activity_id, struct str inbox, struct str order)
{
    return fed_deliver_put_at(cx, activity_id, inbox, order, 0);
}
