#include "federation/gate.h"

#include "federation/fed.h"
#include "federation/httpsig.h"
#include "federation/ids.h"
#include "federation/peer_key.h"
#include "federation/policy.h"
#include "federation/rates.h"
#include "federation/receive_sql.h"
#include "federation/remote.h"
#include "node/base/clock.h"
#include "node/settings.h"

/* One GET on its way through. Lives in the request's arena. */
struct asking {
    struct rq *rq;
    struct fed_gate gate;
    int64_t id;
    struct sig_request sig_rq;
    struct sig_parsed sig;
    struct fed_key_fetch *fetch; /* while parked */
    bool refetched;
};

void fed_gate_note(struct fed *fed)
{
    bool guarded = atomic_load(&fed->secure) || fed_rules_suspend_any(fed->rules);
    atomic_store(&fed->node->guarded, guarded);
}

/* Read again once a second, and whenever answers that are kept have been dropped: what is made next
 * may be kept longer than a second. */
bool fed_gate_secure(struct cx *cx)
{
    struct fed *fed = cx->node->fed;
    struct str v;
    int64_t now = clock_monotonic();
    if (fed == NULL)
        return setting_get(cx, "federation.secure_mode", &v) == OK && str_eq_c(v, "true");
    uint64_t generation = atomic_load(&cx->node->public_generation);
    int64_t at = atomic_load(&fed->secure_at);
    if (at != 0 && now - at < FED_MEMORY_MS && atomic_load(&fed->secure_as_of) == generation)
        return atomic_load(&fed->secure);
    if (setting_get(cx, "federation.secure_mode", &v) == OK) {
        atomic_store(&fed->secure, str_eq_c(v, "true"));
        atomic_store(&fed->secure_as_of, generation);
        atomic_store(&fed->secure_at, now);
        fed_gate_note(fed);
    }
    return atomic_load(&fed->secure);
}

static struct str header_of(void *arg, const char *name)
{
    return rq_header(arg, name);
}

static enum err refuse(struct asking *q, const char *why)
{
    struct buf b;
    rq_cache_control(q->rq, "no-store");
    buf_init(&b, 1024);
    buf_put_c(&b, why);
    buf_lit(&b, "; this server shows its documents to signed requests only\n");
    return reply_bytes(q->rq, 401, "text/plain; charset=utf-8", &b);
}

static enum err refuse_suspended(struct rq *rq)
{
    rq_cache_control(rq, "no-store");
    return reply_text(rq, 403, "this server does not speak with yours\n");
}

/* Without its key it gets what everybody may see: whoever checks a signature of ours must not depend
 * on our having checked theirs. */
static enum err no_key(struct asking *q, enum err e)
{
    if (q->gate.stub != NULL)
        return q->gate.stub(q->rq, q->id);
    if (e != ERR_UPSTREAM && e != ERR_BUSY)
        return refuse(q, "the key cannot be had");
    rq_add_header(q->rq, "Retry-After", STR("300"));
    return reply_text(q->rq, 503, "the server of your key did not answer; try again later\n");
}

static enum err resume(struct rq *rq, void *arg);

static void wake(void *arg)
{
    rq_unpark(arg);
}

static void drop_fetch(void *fetch)
{
    fed_key_fetch_drop(fetch);
}

static enum err fetch_key(struct asking *q)
{
    struct rq *rq = q->rq;
    q->refetched = true;
    enum err e = fed_key_fetch_join(rq->cx, q->sig.key_id, &q->fetch);
    if (e != OK)
        return no_key(q, e);
    struct fed_key_fetch *fetch = q->fetch;
    arena_defer(rq->cx->arena, drop_fetch, fetch);
    TRY(rq_park(rq, resume, q));
    fed_key_fetch_go(fetch, wake, rq); /* from here on another thread may have the request */
    return OK;
}

static enum err check(struct asking *q, const struct fed_peer_key *key)
{
    const char *why = NULL;
    struct cx *cx = q->rq->cx;
    struct fed_policy p;
    if (httpsig_verify(cx->arena, &q->sig_rq, &q->sig, key->key, &why) != OK) {
        if (!q->refetched && cx->now - key->fetched_at > 5 * MS_MINUTE)
            return fetch_key(q);
        return refuse(q, why);
    }
    TRY(fed_policy_of(cx, key->host, &p));
    if (p.level == FED_SUSPENDED)
        return refuse_suspended(q->rq);
    return q->gate.run(q->rq, q->id);
}

static enum err resume(struct rq *rq, void *arg)
{
    struct asking *q = arg;
    struct fed_peer_key *key = NULL;
    struct fed_key_fetch *fetch = q->fetch;
    q->fetch = NULL;
    rq->cx->now = clock_now();
    enum err e = fed_key_fetch_take(rq->cx, fetch, &key);
    if (e == ERR_STORAGE)
        return e;
    if (e != OK)
        return no_key(q, e);
    e = check(q, key);
    fed_peer_key_drop(key);
    return e;
}

/* Somebody new, from a server that nobody follows us from: as at the inbox (3.9). */
static bool may_discover(struct asking *q, struct str host)
{
    struct cx *cx = q->rq->cx;
    bool neighbour = false;
    int64_t id;
    if (host.p == NULL || (q_follower_of_host(cx, host, &neighbour, &id) == OK && neighbour))
        return true;
    return fed_rate_discovery(cx, host);
}

static enum err ask_for_signature(struct asking *q)
{
    struct cx *cx = q->rq->cx;
    struct fed_peer_key *key = NULL;
    const char *why = NULL;
    if (httpsig_parse(cx->arena, &q->sig_rq, cx->now, SIG_SKEW_MS, &q->sig, &why) != OK)
        return refuse(q, why);
    q->sig.key_id = fed_id_spell(cx->arena, q->sig.key_id);
    enum err e = fed_peer_key_find(cx, q->sig.key_id, false, &key);
    if (e == ERR_NOT_FOUND)
        return may_discover(q, fed_host_of(cx->arena, q->sig.key_id)) ? fetch_key(q)
                                                                      : ERR_RATE_LIMITED;
    TRY(e);
    e = check(q, key);
    fed_peer_key_drop(key);
    return e;
}

enum err fed_gate_pass(struct rq *rq, struct fed_gate gate, int64_t id)
{
    struct cx *cx = rq->cx;
    const char *why = NULL;
    if (cx->node->fed == NULL)
        return gate.run(rq, id);
    bool is_signed = rq_header(rq, "signature").p != NULL ||
                     str_istarts(rq_header(rq, "authorization"), STR("Signature "));
    bool secure = fed_gate_secure(cx);
    if (secure || atomic_load(&cx->node->guarded))
        rq_add_header(rq, "Vary", STR("Accept, Accept-Encoding, Signature"));
    if (!is_signed && (!secure || (gate.has_page && fed_wants_page(rq))))
        return gate.run(rq, id); /* a page is for everybody */
    struct asking *q = ARENA_NEW(cx->arena, struct asking);
    *q = (struct asking){.rq = rq, .gate = gate, .id = id};
    if (!is_signed)
        return gate.stub != NULL ? gate.stub(rq, id) : refuse(q, "the request is not signed");
    q->sig_rq = (struct sig_request){.method = rq->method == HEAD ? "HEAD" : "GET",
                                     .target = rq->target, .host = rq_header(rq, "host"),
                                     .scheme = rq->secure ? "https" : "http",
                                     .header = header_of, .arg = rq, .body = STR("")};
    if (secure)
        return ask_for_signature(q);
    /* Who says to be somebody we don't speak with is taken at its word. */
    struct fed_policy p = {0};
    if (atomic_load(&cx->node->guarded) &&
        httpsig_parse(cx->arena, &q->sig_rq, cx->now, SIG_SKEW_MS, &q->sig, &why) == OK) {
        struct str host = fed_host_of(cx->arena, q->sig.key_id);
        if (host.p != NULL)
            TRY(fed_policy_of(cx, host, &p));
    }
    return p.level == FED_SUSPENDED ? refuse_suspended(rq) : gate.run(rq, id);
}
