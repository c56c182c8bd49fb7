#include "federation/inbox.h"

#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/httpsig.h"
#include "federation/ids.h"
#include "federation/inbox_sql.h"
#include "federation/peer_key.h"
#include "federation/policy.h"
#include "federation/proof.h"
#include "federation/rates.h"
#include "federation/receive.h"
#include "federation/receive_sql.h"
#include "federation/remote.h"
#include "federation/replay.h"
#include "node/base/clock.h"
#include "node/base/log.h"
#include "node/base/url.h"
#include "node/jobs/jobs.h"

enum { KEY_RETRY_S = 300, LOOKUP_BURST = 60, CHECK_BURST = 3, LOOKUP_BODY_MAX = 64 << 10 };
#define LOOKUP_PER_S (1.0 / 5)
#define CHECK_PER_S (1.0 / 600)

/* One POST on its way through. Lives in the request's arena. */
struct inbound {
    struct rq *rq;
    json_t *doc;
    struct str id, type, actor, host, object_id;
    bool self_delete;            /* Delete or Update of the actor itself */
    struct sig_request sig_rq;
    struct sig_parsed sig;
    struct fed_key_fetch *fetch; /* while parked */
    bool refetched;
    int64_t teller_id;           /* who signed, when that is not the actor */
    struct str teller_host;
    struct proof *proof;         /* the actor's own word, while it is looked at; else NULL */
};

static struct str header_of(void *arg, const char *name)
{
    return rq_header(arg, name);
}

/* 401 in words that help the other server's admin; no key, no digest of ours in it. */
static enum err refuse(struct inbound *in, const char *why)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_put_c(&b, why == NULL ? "the signature does not verify" : why);
    if (in->sig.key_id.p != NULL && in->sig.key_id.n < 500 && str_is_utf8(in->sig.key_id)) {
        buf_lit(&b, " (keyId ");
        buf_put(&b, in->sig.key_id);
        buf_lit(&b, ")");
    }
    buf_lit(&b, "\n");
    return reply_bytes(in->rq, 401, "text/plain; charset=utf-8", &b);
}

static enum err refuse_later(struct inbound *in)
{
    rq_add_header(in->rq, "Retry-After", STR("300"));
    return reply_text(in->rq, 503, "the server of your key did not answer; try again later\n");
}

static bool is_activity_type(struct str type)
{
    size_t end = str_find_char(type, ';', 0);
    type = str_trim(str_sub(type, 0, end));
    return str_ieq_c(type, "application/activity+json") ||
           str_ieq_c(type, "application/ld+json");
}

/* 3.3, 3.6: what can be said without a signature. An answer was given if *ret_done. */
static enum err read_activity(struct inbound *in, bool *ret_done)
{
    struct rq *rq = in->rq;
    struct cx *cx = rq->cx;
    *ret_done = true;
    enum err e = json_read(cx->arena, rq->body, NULL, &in->doc);
    if (e == ERR_TOO_LARGE && rq->body.n > FED_DOC_MAX)
        return reply_text(rq, 413, "the activity is too large\n");
    if (e != OK || !json_is_object(in->doc))
        return reply_text(rq, 400, "that is not JSON that we accept\n");
    fed_ids_spell(cx->arena, in->doc);
    in->id = ld_str(in->doc, "id");
    in->type = ld_type(in->doc);
    in->actor = ld_id_at(in->doc, "actor");
    in->object_id = ld_id_at(in->doc, "object");
    in->host = in->actor.p == NULL ? STR_NULL : fed_host_of(cx->arena, in->actor);
    if (in->type.p == NULL || in->host.p == NULL || !fed_id_ok(cx, in->actor, in->host))
        return reply_text(rq, 400, "actor or type is missing\n");
    if (!fed_id_ok(cx, in->id, in->host))
        return reply_text(rq, 400, "id must be an address on the actor's host\n");
    if (str_eq(in->host, cx->node->host))
        return reply_text(rq, 400, "that is an actor of this server\n");
    in->self_delete = (str_eq_c(in->type, "Delete") || str_eq_c(in->type, "Update")) &&
                      str_eq(in->object_id, in->actor);
    *ret_done = false;
    return OK;
}

/* Will a job have to ask the sender's server? As fed_note_trusted and fed_in_update decide it. */
static bool wants_lookup(const struct inbound *in)
{
    bool create = str_eq_c(in->type, "Create"), update = str_eq_c(in->type, "Update");
    bool quote = str_eq_c(in->type, "QuoteRequest");
    json_t *object = ld_first(ld_get(in->doc, quote ? "instrument" : "object"));
    if (str_eq_c(in->type, "Move"))
        return true;
    if (!create && !update && !quote)
        return false;
    return in->self_delete || !json_is_object(object) || ld_type(object).p == NULL ||
           ld_get(object, "attributedTo") == NULL;
}

/* Such a job holds a worker for as long as that server likes, and is kept and tried again when it
 * fails; so a house has few of them, and small ones. */
static enum err allow_lookup(struct inbound *in, struct str host, bool *ret_done)
{
    struct rq *rq = in->rq;
    struct cx *cx = rq->cx;
    *ret_done = true;
    if (rq->body.n > LOOKUP_BODY_MAX)
        return reply_text(rq, 413, "send the object itself, or its id and little else\n");
    struct str house = fed_house(host);
    struct str key = str_fmt(cx->arena, "fed lookup " STR_FMT, STR_ARG(house));
    *ret_done = false;
    if (node_rate_take(cx, key, LOOKUP_BURST, LOOKUP_PER_S))
        return OK;
    *ret_done = true;
    rq_add_header(rq, "Retry-After", str_fmt(cx->arena, "%lld", (long long)cx->retry_after_s));
    return reply_text(rq, 429, "too many of these; send the objects themselves\n");
}

/* Who chooses recipients next may be another process: it reads the store. */
static void note_alive(struct cx *cx, struct str host, bool rfc9421)
{
    struct fed_hosts *hosts = cx->node->fed->hosts;
    enum err e = fed_hosts_look_again(cx, hosts);
    fed_host_alive(hosts, host, rfc9421);
    if (e == OK && db_is_shared(cx->node->db))
        e = fed_hosts_flush_revived(cx, hosts);
    if (e != OK)
        log_warn("fed", "health of hosts not read or written: %s", cx->fail == NULL ? "?" : cx->fail);
}

/* 3.6, 3.7: noted as seen and queued in one transaction; 202 when that is on disk. */
static enum err accept(struct inbound *in, int64_t actor_id)
{
    struct cx *cx = in->rq->cx;
    int64_t fresh = 0;
    struct str about = in->object_id;
    if (str_eq_c(in->type, "Follow") || str_eq_c(in->type, "Like") ||
        str_eq_c(in->type, "EmojiReact") || str_eq_c(in->type, "Announce"))
        about = in->id; /* what an Undo names: that order counts */
    struct str order = str_empty(about) || about.n > URL_MAX
                           ? STR_NULL
                           : str_fmt(cx->arena, "in|" STR_FMT, STR_ARG(about));
    cx->now = clock_now();
    /* Shared, as the next two: of two that bring the same id one makes the row, the other waits and
     * sees it; rows of one order key are the queue's to put in order (job_put). */
    TX_SCOPE_SHARED(cx);
    TRY(q_seen_put(cx, in->id, cx->now, &fresh));
    if (fresh > 0)
        TRY(job_put(cx, "fed.receive", actor_id, in->rq->body, order, 0));
    TRY(tx_commit(cx));
    note_alive(cx, in->teller_host, in->sig.scheme == SIG_RFC9421);
    fed_replay_note(cx->node->fed->replay, in->sig.signature, in->rq->target, in->rq->body,
                    in->sig.created + SIG_SKEW_MS);
    return reply_empty(in->rq, 202);
}

/* 3.5: its teller is known, its actor did not sign. Noted under both names, so that nobody can make
 * us take another's activity for one that we had. */
static enum err accept_forward(struct inbound *in)
{
    struct cx *cx = in->rq->cx;
    int64_t fresh = 0;
    bool done;
    TRY(allow_lookup(in, in->teller_host, &done));
    if (done)
        return OK;
    cx->now = clock_now();
    TX_SCOPE_SHARED(cx);
    TRY(q_seen_put(cx, str_fmt(cx->arena, "via " STR_FMT " " STR_FMT, STR_ARG(in->teller_host),
                               STR_ARG(in->id)), cx->now, &fresh));
    if (fresh > 0)
        TRY(job_put(cx, "fed.forward", in->teller_id, in->rq->body, STR_NULL, 0));
    TRY(tx_commit(cx));
    return reply_empty(in->rq, 202);
}

/* The actor may be gone, and its key with it: its own address decides (2.21). */
static enum err check_later(struct inbound *in, int64_t actor_id)
{
    struct cx *cx = in->rq->cx;
    /* Anybody can say this of anybody: it must not make us knock there all day. */
    struct str limit = str_fmt(cx->arena, "fed check %lld", (long long)actor_id);
    if (!node_rate_take(cx, limit, CHECK_BURST, CHECK_PER_S))
        return ERR_RATE_LIMITED;
    TX_SCOPE_SHARED(cx);
    TRY(job_put(cx, "fed.check", actor_id, STR_NULL, STR_NULL, 0));
    TRY(tx_commit(cx));
    return reply_empty(in->rq, 202);
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

/* Brought without the actor's signature, or with a proof that does not hold: for some types it is
 * enough to know where to look (3.5). */
static enum err unproven(struct inbound *in)
{
    if (!fed_forward_wanted(in->type))
        return refuse(in, "the signer is not the actor");
    return accept_forward(in);
}

/* The key cannot be had now (UPSTREAM, BUSY) or not at all. */
static enum err no_key(struct inbound *in, enum err e)
{
    bool later = e == ERR_UPSTREAM || e == ERR_BUSY;
    if (in->proof != NULL && (!later || fed_forward_wanted(in->type)))
        return unproven(in);
    return later ? refuse_later(in) : refuse(in, "the key cannot be had");
}

/* Rest suspended while the key is fetched; no worker waits on a stranger's server. */
static enum err fetch_key(struct inbound *in)
{
    struct str id = in->proof == NULL ? in->sig.key_id : in->proof->key_id;
    enum err e = fed_key_fetch_join(in->rq->cx, id, &in->fetch);
    if (e != OK)
        return no_key(in, e);
    struct rq *rq = in->rq;
    struct fed_key_fetch *fetch = in->fetch;
    /* With the request, also when the server stops before it is resumed. */
    arena_defer(rq->cx->arena, drop_fetch, fetch);
    TRY(rq_park(rq, resume, in));
    fed_key_fetch_go(fetch, wake, rq); /* from here on another thread may have the request */
    return OK;
}

/* Its actor is known; how it is known does not matter any more. */
static enum err take(struct inbound *in, int64_t actor_id)
{
    bool done = false;
    /* An Update may be the first that we hear of a note; who asks to quote brings one. */
    bool tells = str_eq_c(in->type, "Create") || str_eq_c(in->type, "QuoteRequest") ||
                 (str_eq_c(in->type, "Update") && !in->self_delete);
    if (tells && !fed_rate_creates(in->rq->cx, in->actor))
        return ERR_RATE_LIMITED;
    if (str_eq_c(in->type, "Flag") && !fed_rate_flags(in->rq->cx, fed_house(in->host)))
        return ERR_RATE_LIMITED;
    if (wants_lookup(in))
        TRY(allow_lookup(in, in->host, &done));
    return done ? OK : accept(in, actor_id);
}

/* The key must be one that the actor lists to assert with, not merely one that it has (2.20). */
static enum err check_proof(struct inbound *in, const struct fed_peer_key *key)
{
    struct cx *cx = in->rq->cx;
    if (str_eq(key->actor_uri, in->actor) && key->asserts && proof_verify(in->proof, key->key))
        return take(in, key->actor_id);
    if (!in->refetched && cx->now - key->fetched_at > 5 * MS_MINUTE) {
        in->refetched = true;
        return fetch_key(in);
    }
    return unproven(in);
}

/* 2.20: another server passes on what its actor said. If the actor's own proof is in it, that is as
 * good as its signature. */
static enum err told(struct inbound *in)
{
    struct cx *cx = in->rq->cx;
    struct proof *proof = ARENA_NEW(cx->arena, struct proof);
    struct fed_peer_key *key = NULL;
    const char *why;
    json_t *as_signed; /* ours was spelled anew */
    if (json_object_get(in->doc, "proof") == NULL ||
        json_read(cx->arena, in->rq->body, NULL, &as_signed) != OK ||
        proof_read(cx->arena, as_signed, cx->now, proof, &why) != OK)
        return unproven(in);
    proof->key_id = fed_id_spell(cx->arena, proof->key_id);
    if (!fed_id_ok(cx, proof->key_id, in->host))
        return unproven(in);
    in->proof = proof;
    in->refetched = false;
    enum err e = fed_peer_key_find(cx, proof->key_id, false, &key);
    if (e == ERR_NOT_FOUND) {
        struct fed_actor actor;
        bool done, known = fed_actor_by_uri(cx, in->actor, &actor) == OK;
        /* The teller makes us ask there: it pays for it. */
        TRY(allow_lookup(in, in->teller_host, &done));
        if (done)
            return OK;
        if (!known && !fed_rate_discovery(cx, in->host))
            return ERR_RATE_LIMITED;
        in->refetched = true;
        return fetch_key(in);
    }
    TRY(e);
    e = check_proof(in, key);
    fed_peer_key_drop(key);
    return e;
}

static enum err check(struct inbound *in, struct fed_peer_key *key)
{
    const char *why = NULL;
    struct cx *cx = in->rq->cx;
    enum err e = httpsig_verify(cx->arena, &in->sig_rq, &in->sig, key->key, &why);
    if (e != OK) {
        /* The peer may have changed its key without a word: look once (2.16). */
        if (!in->refetched && cx->now - key->fetched_at > 5 * MS_MINUTE) {
            in->refetched = true;
            return fetch_key(in);
        }
        return refuse(in, why);
    }
    if (!fed_rate_inbox(cx, key->host))
        return ERR_RATE_LIMITED;
    in->teller_id = key->actor_id;
    in->teller_host = str_dup(cx->arena, key->host);
    if (!str_eq(key->actor_uri, in->actor))
        return told(in);
    return take(in, key->actor_id);
}

static enum err resume(struct rq *rq, void *arg)
{
    struct inbound *in = arg;
    struct fed_peer_key *key = NULL;
    struct fed_key_fetch *fetch = in->fetch;
    in->fetch = NULL;
    in->refetched = true;
    rq->cx->now = clock_now();
    enum err e = fed_key_fetch_take(rq->cx, fetch, &key);
    if (e == OK) {
        e = in->proof != NULL ? check_proof(in, key) : check(in, key);
        fed_peer_key_drop(key);
        return e;
    }
    if (e == ERR_STORAGE)
        return e;
    struct fed_actor actor;
    if (in->proof == NULL && e == ERR_GONE && in->self_delete && str_eq_c(in->type, "Delete") &&
        fed_actor_by_uri(rq->cx, in->actor, &actor) == OK)
        return check_later(in, actor.id);
    return no_key(in, e);
}

/* 2.21: a self-delete by somebody we never met needs no look at all: there is nothing to delete.
 * Of somebody we know, an old key will do; without one the actor's own address decides. */
static enum err self_delete(struct inbound *in, struct fed_peer_key **ret_key, bool *ret_done)
{
    struct cx *cx = in->rq->cx;
    struct fed_actor actor;
    *ret_done = true;
    enum err e = fed_actor_by_uri(cx, in->actor, &actor);
    if (e == ERR_NOT_FOUND)
        return reply_empty(in->rq, 202);
    TRY(e);
    e = fed_peer_key_find(cx, in->sig.key_id, true, ret_key);
    if (e == OK || !str_eq_c(in->type, "Delete")) {
        *ret_done = false;
        return e;
    }
    return e == ERR_NOT_FOUND ? check_later(in, actor.id) : e;
}

/* Somebody new, from a server that nobody follows us from: not too many of these (3.9). */
static bool may_discover(struct inbound *in)
{
    struct cx *cx = in->rq->cx;
    struct fed_actor actor;
    struct str host = fed_host_of(cx->arena, in->sig.key_id);
    bool neighbour = false;
    int64_t id;
    if (host.p == NULL || (str_eq(host, in->host) && fed_actor_by_uri(cx, in->actor, &actor) == OK))
        return true; /* no address: the fetch says so. Known: a key that has aged */
    if (q_follower_of_host(cx, host, &neighbour, &id) == OK && neighbour)
        return true;
    return fed_rate_discovery(cx, host);
}

/* 3.4: of a suspended host nothing is looked at, no key least of all. Who signed and who is said to
 * have done it may live in two places: both count. */
static enum err refuse_suspended(struct inbound *in, bool *ret_done)
{
    struct cx *cx = in->rq->cx;
    struct str signer = fed_host_of(cx->arena, in->sig.key_id);
    struct fed_policy p;
    *ret_done = false;
    TRY(fed_policy_of(cx, in->host, &p));
    if (p.level != FED_SUSPENDED && signer.p != NULL && !str_eq(signer, in->host))
        TRY(fed_policy_of(cx, signer, &p));
    *ret_done = p.level == FED_SUSPENDED;
    return *ret_done ? reply_text(in->rq, 403, "this server does not speak with yours\n") : OK;
}

enum err fed_inbox_post(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct inbound *in = ARENA_NEW(cx->arena, struct inbound);
    struct fed_peer_key *key = NULL;
    const char *why = NULL;
    bool done;
    in->rq = rq;
    if (cx->node->fed == NULL)
        return ERR_BUSY;
    if (!is_activity_type(rq_header(rq, "content-type")))
        return reply_text(rq, 415, "send application/activity+json\n");
    /* Before the body is looked at: an unsigned knock is how people test whether a proxy lets
     * POSTs through, and 401 is what they look for (1.5). */
    if (rq_header(rq, "signature").p == NULL && rq_header(rq, "authorization").p == NULL)
        return refuse(in, "no signature");
    TRY(read_activity(in, &done));
    if (done)
        return OK;
    in->sig_rq = (struct sig_request){.method = "POST", .target = rq->target,
                                      .host = rq_header(rq, "host"),
                                      .scheme = rq->secure ? "https" : "http",
                                      .header = header_of, .arg = rq, .body = rq->body,
                                      .has_body = true};
    enum err e = httpsig_parse(cx->arena, &in->sig_rq, cx->now, SIG_SKEW_MS, &in->sig, &why);
    if (e != OK)
        return refuse(in, why);
    in->sig.key_id = fed_id_spell(cx->arena, in->sig.key_id);
    TRY(refuse_suspended(in, &done));
    if (done)
        return OK;
    switch (fed_replay_look(cx->node->fed->replay, in->sig.signature, rq->target, rq->body,
                            cx->now)) {
    case REPLAY_SAME:
        return reply_empty(rq, 202);
    case REPLAY_OTHER:
        return refuse(in, "this signature was used for something else");
    case REPLAY_NEW:
        break;
    }
    if (in->self_delete) {
        e = self_delete(in, &key, &done);
        if (done)
            return e;
    } else {
        e = fed_peer_key_find(cx, in->sig.key_id, false, &key);
    }
    if (e == ERR_NOT_FOUND)
        return may_discover(in) ? fetch_key(in) : ERR_RATE_LIMITED;
    TRY(e);
    e = check(in, key);
    fed_peer_key_drop(key);
    return e;
}
