#include "federation/remote.h"

#include "federation/actor_sql.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/note_read.h"
#include "federation/peer_key.h"
#include "federation/policy.h"
#include "federation/policy_sql.h"
#include "federation/rates.h"
#include "node/base/clock.h"
#include "node/base/id.h"
#include "node/base/url.h"
#include "node/event.h"
#include "node/talk/comment.h"
#include "node/text/scan.h"

enum { NAME_MAX_CHARS = 200, GET_TIMEOUT_MS = 20000, LOOKUP_LATER_S = 20 };

static struct str authority(struct arena *a, struct str iri)
{
    return fed_host_of(a, iri);
}

struct str fed_house(struct str host)
{
    size_t dots = 0, at = host.n;
    while (at > 0 && !(host.p[at - 1] == '.' && ++dots == 2))
        at--;
    return str_sub(host, at, SIZE_MAX);
}

/* Good enough to see that a shared inbox is the same house (4.2). */
static bool same_house(struct str x, struct str y)
{
    return str_eq(fed_house(x), fed_house(y));
}

static void doc_key(struct arena *a, struct fed_doc *d, json_t *k, const char *owner,
                    const char *material)
{
    struct str id = ld_str(k, "id"), m = ld_str(k, material);
    if (d->n_keys == FED_DOC_KEYS || id.p == NULL || m.p == NULL || id.n > URL_MAX || m.n > 4096)
        return;
    struct str o = ld_id_at(k, owner);
    if (!str_eq(o, d->uri) || !str_eq(authority(a, id), d->host))
        return;
    /* Mitra lists its RSA key once more as a Multikey, under the same id: the PEM stands. */
    for (size_t i = 0; i < d->n_keys; i++)
        if (str_eq(d->keys[i].id, id))
            return;
    d->keys[d->n_keys].id = id;
    d->keys[d->n_keys++].material = m;
}

enum err fed_doc_read(struct arena *a, const json_t *j, struct fed_doc *ret)
{
    static const char *const kinds[] = {"Person", "Service", "Application", "Group",
                                        "Organization"};
    struct fed_doc d = {.uri = ld_str(j, "id")};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (d.kind.p == NULL && ld_type_is(j, kinds[i]))
            d.kind = str_c(kinds[i]);
    d.host = d.uri.p == NULL ? STR_NULL : authority(a, d.uri);
    if (d.kind.p == NULL || d.host.p == NULL || d.uri.n > URL_MAX)
        return ERR_INVALID;
    d.username = str_utf8_cut(text_name(a, ld_str(j, "preferredUsername")), 100);
    if (str_empty(d.username))
        d.username = STR("unknown");
    d.name = str_utf8_cut(text_name(a, ld_lang(j, "name", NULL)), NAME_MAX_CHARS);
    if (str_empty(d.name))
        d.name = d.username;
    /* Addresses that lead elsewhere than where the actor lives are not believed. */
    d.url = ld_url(j, "url");
    if (d.url.p == NULL || d.url.n > URL_MAX || !str_eq(authority(a, d.url), d.host))
        d.url = d.uri;
    d.icon_url = ld_url(ld_get(j, "icon"), "url");
    if (d.icon_url.p == NULL)
        d.icon_url = json_text(ld_first(ld_get(j, "icon")));
    if (d.icon_url.p != NULL && (d.icon_url.n > URL_MAX || authority(a, d.icon_url).p == NULL))
        d.icon_url = STR_NULL;
    d.inbox = ld_id_at(j, "inbox");
    if (d.inbox.p != NULL && (d.inbox.n > URL_MAX || !str_eq(authority(a, d.inbox), d.host)))
        d.inbox = STR_NULL;
    d.shared_inbox = ld_id_at(j, "endpoints.sharedInbox");
    if (d.shared_inbox.p != NULL) {
        struct str h = authority(a, d.shared_inbox);
        if (h.p == NULL || d.shared_inbox.n > URL_MAX || !same_house(h, d.host))
            d.shared_inbox = STR_NULL;
    }
    LD_EACH(i, k, ld_get(j, "publicKey"))
        doc_key(a, &d, k, "owner", "publicKeyPem");
    LD_EACH(i, k, ld_get(j, "assertionMethod"))
        doc_key(a, &d, k, "controller", "publicKeyMultibase");
    d.emoji = fed_emoji_of(a, j);
    *ret = d;
    return OK;
}

size_t fed_doc_key(const struct fed_doc *d, struct str key_id)
{
    for (size_t i = 0; i < d->n_keys; i++)
        if (str_eq(d->keys[i].id, key_id))
            return i;
    bool bare = str_find_char(key_id, '#', 0) == SIZE_MAX;
    return bare && d->n_keys == 1 && str_eq(key_id, d->uri) ? 0 : SIZE_MAX;
}

bool fed_doc_lists(const json_t *doc, const char *key, struct str uri)
{
    LD_EACH(i, one, ld_get(doc, key))
        if (str_eq(ld_id(one), uri))
            return true;
    return false;
}

static struct fed_actor actor_of(const struct actor_row *r)
{
    return (struct fed_actor){r->id,       r->uri,   r->kind,         r->host,       r->username,
                              r->name,     r->url,   r->icon_url,     r->inbox,
                              r->shared_inbox, r->local_kind, r->fetched_at, r->deleted_at};
}

enum err fed_actor_by_id(struct cx *cx, int64_t id, struct fed_actor *ret)
{
    struct actor_row r;
    TRY(q_actor_by_id(cx, id, &r));
    *ret = actor_of(&r);
    return OK;
}

enum err fed_actor_by_uri(struct cx *cx, struct str uri, struct fed_actor *ret)
{
    struct actor_row r;
    TRY(q_actor_by_uri(cx, uri, &r));
    *ret = actor_of(&r);
    return OK;
}

enum err fed_actor_store(struct cx *cx, const struct fed_doc *d, int64_t *ret_id)
{
    bool found;
    int64_t id;
    if (str_eq(d->host, cx->node->host) || str_starts(d->uri, cx->node->origin))
        return cx_fail(cx, ERR_FORBIDDEN, "an actor on our own host, from outside");
    TX_SCOPE(cx);
    TRY(q_actor_upsert(cx, id_next(cx->node->ids), d->uri, d->kind, d->host, d->username, d->name,
                       d->url, d->icon_url, d->inbox, d->shared_inbox, cx->now, &found, &id));
    if (!found)
        return cx_fail(cx, ERR_FORBIDDEN, "that is an actor of ours");
    TRY(q_actor_set_emoji(cx, id, d->emoji, NULL));
    TRY(q_actor_keys_clear(cx, id, NULL));
    for (size_t i = 0; i < d->n_keys; i++)
        TRY(q_actor_key_put(cx, d->keys[i].id, id, d->keys[i].material, cx->now, NULL));
    TRY(tx_commit(cx));
    if (cx->node->fed != NULL)
        fed_peer_keys_forget(cx->node->fed->peer_keys, id);
    *ret_id = id;
    return OK;
}

enum err fed_actor_get(struct cx *cx, struct str uri, int64_t *ret_id)
{
    json_t *j;
    struct fed_doc d;
    TRY(fed_object_get(cx, uri, &j));
    if (fed_doc_read(cx->arena, j, &d) != OK)
        return cx_fail(cx, ERR_INVALID, "not an actor: " STR_FMT, STR_ARG(uri));
    return fed_actor_store(cx, &d, ret_id);
}

enum err fed_actor_purge(struct cx *cx, int64_t actor_id)
{
    TX_SCOPE(cx);
    TRY(purge_actor(cx, actor_id));
    TRY(q_actor_follows_clear(cx, actor_id, NULL));
    TRY(q_aside_follows_forget(cx, actor_id, NULL));
    TRY(event_emit(cx, EV_FOLLOW_ENDED, actor_id, STR_NULL));
    TRY(q_actor_keys_clear(cx, actor_id, NULL));
    TRY(q_actor_mark_deleted(cx, actor_id, cx->now, NULL));
    TRY(tx_commit(cx));
    if (cx->node->fed != NULL)
        fed_peer_keys_forget(cx->node->fed->peer_keys, actor_id);
    return OK;
}

static bool has_query(struct str url)
{
    url = str_sub(url, 0, str_find_char(url, '#', 0));
    return str_find_char(url, '?', 0) != SIZE_MAX;
}

struct fed_knock fed_knock_first(struct fed *fed, struct str url)
{
    struct fed_knock k = {SIG_DRAFT, false};
    if (fed != NULL && has_query(url)) {
        struct arena *a = arena_new();
        struct str host = fed_host_of(a, url);
        k.without_query = host.p != NULL && fed_host_bare(fed->hosts, host);
        arena_free(a);
    }
    return k;
}

bool fed_knock_next(struct fed_knock *k, struct str url)
{
    if (k->scheme == SIG_RFC9421)
        return false;
    if (!k->without_query && has_query(url)) {
        k->without_query = true;
        return true;
    }
    *k = (struct fed_knock){SIG_RFC9421, false};
    return true;
}

void fed_knock_took(struct fed *fed, const struct fed_knock *k, struct str url)
{
    if (fed == NULL || !k->without_query)
        return;
    struct arena *a = arena_new();
    struct str host = fed_host_of(a, url);
    if (host.p != NULL)
        fed_host_note_bare(fed->hosts, host);
    arena_free(a);
}

struct fetch_request fed_get_request(struct arena *a, const struct fed_signer *signer,
                                     struct fed_knock knock, struct str url, int64_t now,
                                     struct sig_headers *h)
{
    struct sig_sign s = {.scheme = knock.scheme, .without_query = knock.without_query,
                         .key = signer->rsa, .key_id = signer->rsa_id, .method = "GET",
                         .url = url, .now = now};
    if (httpsig_sign(a, &s, h) != OK)
        h->n = 0; /* not an address: the fetcher says so */
    h->v[h->n++] = (struct fetch_header){STR("Accept"), STR(FED_ACCEPT)};
    return (struct fetch_request){.method = "GET", .url = url, .headers = h->v,
                                  .n_headers = h->n, .max_answer = FED_DOC_MAX,
                                  .timeout_ms = GET_TIMEOUT_MS};
}

static bool is_activity_type(struct str type)
{
    size_t end = str_find_char(type, ';', 0);
    type = str_trim(end == SIZE_MAX ? type : str_sub(type, 0, end));
    return str_ieq_c(type, "application/activity+json") ||
           str_ieq_c(type, "application/ld+json");
}

/* A redirect's target, absolute; plain http never follows https. */
static struct str redirect_target(struct arena *a, struct str url, struct str location)
{
    struct url from, to;
    if (location.p == NULL || url_parse(a, url, &from) != OK)
        return STR_NULL;
    if (str_starts(location, STR("/")) && !str_starts(location, STR("//")))
        location = str_fmt(a, STR_FMT STR_FMT, STR_ARG(url_origin(a, &from)), STR_ARG(location));
    if (url_parse(a, location, &to) != OK)
        return STR_NULL;
    if (str_eq_c(from.scheme, "https") && !str_eq_c(to.scheme, "https"))
        return STR_NULL;
    return str_dup(a, location);
}

enum err fed_answer_read(struct arena *a, struct str url, const struct fetch_answer *answer,
                         json_t **ret_doc, struct str *ret_next)
{
    *ret_doc = NULL;
    *ret_next = STR_NULL;
    if (answer->err != OK)
        return answer->err;
    int s = answer->status;
    if (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) {
        *ret_next = redirect_target(a, url, answer->location);
        return ret_next->p == NULL ? ERR_INVALID : OK;
    }
    if (s == 410)
        return ERR_GONE;
    if (s == 404)
        return ERR_NOT_FOUND;
    if (s == 408 || s == 425 || s == 429 || s >= 500)
        return ERR_UPSTREAM;
    if (s == 401)
        return ERR_UNAUTHENTICATED;
    if (s != 200)
        return ERR_FORBIDDEN;
    if (!is_activity_type(answer->content_type))
        return ERR_INVALID;
    return json_read(a, answer->body, NULL, ret_doc) == OK ? OK : ERR_INVALID;
}

/* Over its rate, or asked to wait: the job comes again then. */
static enum err one_get(struct cx *cx, struct fetcher *fetcher, const struct fed_signer *signer,
                        struct fed_knock knock, struct str url, struct fetch_answer *ret)
{
    struct sig_headers h;
    TRY(fed_policy_may_fetch(cx, url));
    if (!fed_rate_fetches(cx, authority(cx->arena, url)))
        return cx_fail(cx, ERR_BUSY, "GET " STR_FMT ": too many at once", STR_ARG(url));
    struct fetch_request rq = fed_get_request(cx->arena, signer, knock, url, clock_now(), &h);
    rq.agent = cx->node->agent;
    enum err e = fetch_wait(fetcher, cx->arena, &rq, ret);
    if (e != OK)
        return cx_fail(cx, e, "GET " STR_FMT, STR_ARG(url));
    if (ret->status == 429 || ret->status == 503)
        cx->retry_after_s = fed_retry_after(ret->retry_after);
    return OK;
}

/* GET with redirects, and other knocks on 401. */
static enum err follow(struct cx *cx, struct str url, json_t **ret, struct str *ret_url)
{
    const struct fed_signer *signer;
    struct fed_knock knock = fed_knock_first(cx->node->fed, url);
    struct fetcher *fetcher = cx->node->server == NULL ? NULL : cx->node->server->fetcher;
    if (fetcher == NULL)
        return cx_fail(cx, ERR_BUSY, "no fetcher here");
    TRY(fed_signer_instance(cx, &signer));
    cx_release(cx);
    for (int hop = 0; hop <= FED_HOPS;) {
        struct fetch_answer answer;
        struct str next;
        TRY(one_get(cx, fetcher, signer, knock, url, &answer));
        enum err e = fed_answer_read(cx->arena, url, &answer, ret, &next);
        if (e == ERR_UNAUTHENTICATED && fed_knock_next(&knock, url))
            continue;
        if (e != OK)
            return cx_fail(cx, e == ERR_UNAUTHENTICATED ? ERR_FORBIDDEN : e,
                           "GET " STR_FMT ": %d %s", STR_ARG(url), answer.status,
                           answer.error == NULL ? "" : answer.error);
        fed_knock_took(cx->node->fed, &knock, url);
        if (*ret != NULL) {
            *ret_url = url;
            return OK;
        }
        url = next;
        knock = fed_knock_first(cx->node->fed, url);
        hop++;
    }
    return cx_fail(cx, ERR_INVALID, "too many redirects");
}

/* Strangers decide how long we wait for their servers, and a job waits on its thread: so only some
 * may at once, and mails, deliveries and what needs no look go on. */
static enum err get_following(struct cx *cx, struct str url, json_t **ret, struct str *ret_url)
{
    struct fed *fed = cx->node->fed;
    if (fed == NULL)
        return cx_fail(cx, ERR_BUSY, "no federation here");
    if (atomic_fetch_add(&fed->lookups, 1) >= FED_LOOKUPS_MAX) {
        atomic_fetch_sub(&fed->lookups, 1);
        cx->retry_after_s = LOOKUP_LATER_S;
        return cx_fail(cx, ERR_BUSY, "other servers are being waited for");
    }
    enum err e = follow(cx, url, ret, ret_url);
    atomic_fetch_sub(&fed->lookups, 1);
    return e;
}

enum err fed_object_get(struct cx *cx, struct str id, json_t **ret)
{
    struct str final;
    for (int round = 0; round < 2; round++) {
        struct str host = authority(cx->arena, id);
        if (!fed_id_ok(cx, id, host) || str_eq(host, cx->node->host))
            return cx_fail(cx, ERR_INVALID, "not an id to fetch");
        TRY(fed_policy_may_fetch(cx, id)); /* before it takes a place */
        TRY(get_following(cx, id, ret, &final));
        struct str told = ld_str(*ret, "id");
        if (!str_eq(authority(cx->arena, final), host) || !fed_id_ok(cx, told, host))
            return cx_fail(cx, ERR_FORBIDDEN, "an object of another host");
        if (str_eq(told, id))
            return OK;
        id = told; /* it goes by another name on the same host: ask there, once */
    }
    return cx_fail(cx, ERR_FORBIDDEN, "the object answers to another id");
}
