#include "federation/direct.h"
#include "federation/remote.h"

#include "federation/actor_sql.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/note_read.h"
#include "federation/ids.h"
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

enum { NAME_MAX_CHARS = 200, GET_TIMEOUT_MS = 20000, GET_SLOW_S = 10, GET_WAIT_S = 60, LOOKUP_LATER_S = 20 };

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

static bool implements_9421(const json_t *list)
{
    LD_EACH(i, what, list) {
        struct str href = ld_str(what, "href");
        if (href.p == NULL)
            href = ld_id(what);
        if (str_eq_c(href, "https://datatracker.ietf.org/doc/html/rfc9421") ||
            str_eq_c(href, "https://www.rfc-editor.org/rfc/rfc9421") ||
            str_eq_c(href, "https://www.rfc-editor.org/rfc/rfc9421.html"))
            return true;
    }
    return false;
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
    /* "ann@good.example" would read as somebody of another server. */
    if (str_starts(d.username, STR("@")))
        d.username = str_sub(d.username, 1, SIZE_MAX);
    d.username = str_sub(d.username, 0, str_find_char(d.username, '@', 0));
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
    /* FEP-844e: on its application, which may be the actor itself. */
    d.rfc9421 = implements_9421(ld_get(j, "generator.implements")) ||
                implements_9421(ld_get(j, "implements"));
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
    TRY(q_actor_etag_set(cx, id, d->etag, NULL));
    TRY(q_actor_keys_clear(cx, id, NULL));
    for (size_t i = 0; i < d->n_keys; i++)
        TRY(q_actor_key_put(cx, d->keys[i].id, id, d->keys[i].material, cx->now, NULL));
    TRY(tx_commit(cx));
    if (cx->node->fed != NULL) {
        fed_peer_keys_forget(cx->node->fed->peer_keys, id);
        if (d->rfc9421)
            fed_host_note_9421(cx->node->fed->hosts, d->host);
    }
    *ret_id = id;
    return OK;
}

enum err fed_actor_purge(struct cx *cx, int64_t actor_id)
{
    TX_SCOPE(cx);
    TRY(purge_actor(cx, actor_id));
    TRY(q_actor_follows_clear(cx, actor_id, NULL));
    TRY(q_aside_follows_forget(cx, actor_id, NULL));
    TRY(event_emit(cx, EV_FOLLOW_ENDED, actor_id, STR_NULL));
    TRY(q_actor_keys_clear(cx, actor_id, NULL));
    TRY(fed_direct_actor_gone(cx, actor_id));
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

enum { TRIED_DRAFT = 1, TRIED_BARE = 2, TRIED_9421 = 4, TRIED_WISH = 8 };

static unsigned bit_of(const struct fed_knock *k)
{
    return k->wish.p != NULL             ? TRIED_WISH
           : k->scheme == SIG_RFC9421 ? TRIED_9421
           : k->without_query         ? TRIED_BARE
                                      : TRIED_DRAFT;
}

static bool knock_with(struct fed_knock *k, struct fed_knock next)
{
    unsigned bit = bit_of(&next);
    if ((k->tried & bit) != 0)
        return false;
    next.tried = k->tried | bit;
    *k = next;
    return true;
}

struct fed_knock fed_knock_first(struct fed *fed, struct str url)
{
    struct fed_knock k = {SIG_DRAFT, false, TRIED_DRAFT, STR_NULL};
    struct arena *a = arena_new();
    struct str host = fed == NULL ? STR_NULL : fed_host_of(a, url);
    if (host.p != NULL && fed_host_is_9421(fed->hosts, host))
        k = (struct fed_knock){SIG_RFC9421, false, TRIED_9421, STR_NULL};
    else if (host.p != NULL && has_query(url) && fed_host_bare(fed->hosts, host))
        k = (struct fed_knock){SIG_DRAFT, true, TRIED_BARE, STR_NULL};
    arena_free(a);
    return k;
}

bool fed_knock_next(struct arena *a, struct fed_knock *k, const struct fed_signer *signer,
                    struct str url, const struct fetch_answer *answer)
{
    struct str wish = answer->accept_signature;
    if ((k->tried & TRIED_WISH) == 0 && httpsig_wish(a, wish, signer->rsa, signer->rsa_id, false))
        return knock_with(k, (struct fed_knock){SIG_RFC9421, false, 0, str_dup(a, wish)});
    if (has_query(url) && knock_with(k, (struct fed_knock){SIG_DRAFT, true, 0, STR_NULL}))
        return true;
    if (knock_with(k, (struct fed_knock){SIG_RFC9421, false, 0, STR_NULL}))
        return true;
    return (k->tried & (TRIED_DRAFT | TRIED_BARE)) == 0 &&
           knock_with(k, (struct fed_knock){SIG_DRAFT, false, 0, STR_NULL});
}

void fed_knock_took(struct fed *fed, const struct fed_knock *k, struct str url)
{
    bool after_draft = (k->tried & (TRIED_DRAFT | TRIED_BARE)) != 0;
    if (fed == NULL || !(k->without_query || (k->scheme == SIG_RFC9421 && after_draft)))
        return;
    struct arena *a = arena_new();
    struct str host = fed_host_of(a, url);
    if (host.p != NULL && k->without_query)
        fed_host_note_bare(fed->hosts, host);
    else if (host.p != NULL) /* it refused the draft and took this (2.12) */
        fed_host_note_9421(fed->hosts, host);
    arena_free(a);
}

struct fetch_request fed_get_request(struct arena *a, const struct fed_signer *signer,
                                     struct fed_knock knock, struct str url, int64_t now,
                                     struct sig_headers *h)
{
    struct sig_sign s = {.scheme = knock.scheme, .without_query = knock.without_query,
                         .key = signer->rsa, .key_id = signer->rsa_id, .method = "GET",
                         .url = url, .now = now, .wish = knock.wish};
    if (httpsig_sign(a, &s, h) != OK)
        h->n = 0; /* not an address: the fetcher says so */
    h->v[h->n++] = (struct fetch_header){STR("Accept"), STR(FED_ACCEPT)};
    return (struct fetch_request){.method = "GET", .url = url, .headers = h->v,
                                  .n_headers = h->n, .max_answer = FED_DOC_MAX,
                                  .timeout_ms = GET_TIMEOUT_MS, .slow_s = GET_SLOW_S};
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
    if (json_read(a, answer->body, NULL, ret_doc) != OK)
        return ERR_INVALID;
    fed_ids_spell(a, *ret_doc);
    return OK;
}

int64_t fed_answer_waits(struct fed *fed, struct arena *a, struct str url,
                         const struct fetch_answer *answer)
{
    if (answer->err != OK || (answer->status != 429 && answer->status != 503))
        return 0;
    int64_t s = fed_retry_after(answer->retry_after);
    if (s == 0 && answer->status == 429)
        s = GET_WAIT_S;
    struct str host = authority(a, url);
    if (s > 0 && fed != NULL && host.p != NULL)
        fed_host_note_get_wait(fed->hosts, host, clock_now() + s * MS_SECOND);
    return s;
}

/* One fetch, through redirects. */
struct get {
    struct str url;
    struct str etag;     /* in: of what we have, NULL: nothing; out: of what came */
    bool unchanged;      /* what we have is still so */
    json_t *doc;
};

/* Over its rate, or asked to wait: the job comes again then. */
static enum err one_get(struct cx *cx, struct fetcher *fetcher, const struct fed_signer *signer,
                        struct fed_knock knock, const struct get *g, struct fetch_answer *ret)
{
    struct sig_headers h;
    struct str url = g->url, host = authority(cx->arena, url);
    TRY(fed_policy_may_fetch(cx, url));
    int64_t until = cx->node->fed == NULL ? 0 : fed_host_get_wait(cx->node->fed->hosts, host);
    if (until != 0) {
        cx->retry_after_s = (until - clock_now()) / MS_SECOND + 1;
        return cx_fail(cx, ERR_BUSY, "GET " STR_FMT ": asked to wait", STR_ARG(url));
    }
    if (!fed_rate_fetches(cx, host))
        return cx_fail(cx, ERR_BUSY, "GET " STR_FMT ": too many at once", STR_ARG(url));
    struct fetch_request rq = fed_get_request(cx->arena, signer, knock, url, clock_now(), &h);
    rq.agent = cx->node->agent;
    if (g->etag.p != NULL)
        h.v[h.n++] = (struct fetch_header){STR("If-None-Match"), g->etag};
    rq.n_headers = h.n;
    enum err e = fetch_wait(fetcher, cx->arena, &rq, ret);
    if (e != OK)
        return cx_fail(cx, e, "GET " STR_FMT, STR_ARG(url));
    int64_t wait = fed_answer_waits(cx->node->fed, cx->arena, url, ret);
    if (wait > 0)
        cx->retry_after_s = wait;
    return OK;
}

/* GET with redirects, and other knocks on 401. */
static enum err follow(struct cx *cx, struct get *g)
{
    const struct fed_signer *signer;
    struct fed_knock knock = fed_knock_first(cx->node->fed, g->url);
    struct fetcher *fetcher = cx->node->server == NULL ? NULL : cx->node->server->fetcher;
    if (fetcher == NULL)
        return cx_fail(cx, ERR_BUSY, "no fetcher here");
    TRY(fed_signer_instance(cx, &signer));
    cx_release(cx);
    for (int hop = 0; hop <= FED_HOPS;) {
        struct fetch_answer answer;
        struct str next;
        TRY(one_get(cx, fetcher, signer, knock, g, &answer));
        g->unchanged = answer.err == OK && answer.status == 304 && g->etag.p != NULL;
        if (g->unchanged)
            return OK;
        enum err e = fed_answer_read(cx->arena, g->url, &answer, &g->doc, &next);
        if (e == ERR_UNAUTHENTICATED &&
            fed_knock_next(cx->arena, &knock, signer, g->url, &answer))
            continue;
        if (e != OK)
            return cx_fail(cx, e == ERR_UNAUTHENTICATED ? ERR_FORBIDDEN : e,
                           "GET " STR_FMT ": %d %s", STR_ARG(g->url), answer.status,
                           answer.error == NULL ? "" : answer.error);
        fed_knock_took(cx->node->fed, &knock, g->url);
        g->etag = hop == 0 ? answer.etag : STR_NULL;
        if (g->doc != NULL)
            return OK;
        g->etag = STR_NULL; /* it was of another address */
        g->url = next;
        knock = fed_knock_first(cx->node->fed, g->url);
        hop++;
    }
    return cx_fail(cx, ERR_INVALID, "too many redirects");
}

static uint64_t hash_of(struct str url)
{
    uint64_t x = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < url.n; i++)
        x = (x ^ (unsigned char)url.p[i]) * UINT64_C(1099511628211);
    return x == 0 ? 1 : x;
}

/* A place among those who wait for other servers; NULL: none is free, or the same is asked already.
 * Who waits for the same comes again in a moment, and mostly finds it in the store. */
static _Atomic uint64_t *lookup_begin(struct fed *fed, struct str url)
{
    uint64_t what = hash_of(url);
    _Atomic uint64_t *mine = NULL;
    pthread_mutex_lock(&fed->lookups_lock);
    for (size_t i = 0; i < FED_LOOKUPS_MAX; i++) {
        if (atomic_load(&fed->lookups[i]) == what) {
            mine = NULL;
            break;
        }
        if (atomic_load(&fed->lookups[i]) == 0 && mine == NULL)
            mine = &fed->lookups[i];
    }
    if (mine != NULL)
        atomic_store(mine, what);
    pthread_mutex_unlock(&fed->lookups_lock);
    return mine;
}

/* Strangers decide how long we wait for their servers, and a job waits on its thread: so only some
 * may at once, and mails, deliveries and what needs no look go on. */
static enum err get_following(struct cx *cx, struct get *g)
{
    struct fed *fed = cx->node->fed;
    if (fed == NULL)
        return cx_fail(cx, ERR_BUSY, "no federation here");
    _Atomic uint64_t *place = lookup_begin(fed, g->url);
    if (place == NULL) {
        cx->retry_after_s = LOOKUP_LATER_S;
        return cx_fail(cx, ERR_BUSY, "other servers are being waited for");
    }
    enum err e = follow(cx, g);
    atomic_store(place, 0);
    return e;
}

/* What comes has this id and stands on this host (3.10). etag: as in struct get. */
static enum err object_get(struct cx *cx, struct str id, struct get *ret)
{
    struct str etag = ret->etag;
    for (int round = 0; round < 2; round++) {
        struct get g = {.url = id, .etag = round == 0 ? etag : STR_NULL};
        struct str host = authority(cx->arena, id);
        if (!fed_id_ok(cx, id, host) || str_eq(host, cx->node->host))
            return cx_fail(cx, ERR_INVALID, "not an id to fetch");
        TRY(fed_policy_may_fetch(cx, id)); /* before it takes a place */
        TRY(get_following(cx, &g));
        *ret = g;
        if (g.unchanged)
            return OK;
        struct str told = ld_str(g.doc, "id");
        if (!str_eq(authority(cx->arena, g.url), host) || !fed_id_ok(cx, told, host))
            return cx_fail(cx, ERR_FORBIDDEN, "an object of another host");
        if (str_eq(told, id))
            return OK;
        id = told; /* it goes by another name on the same host: ask there, once */
    }
    return cx_fail(cx, ERR_FORBIDDEN, "the object answers to another id");
}

enum err fed_object_get(struct cx *cx, struct str id, json_t **ret)
{
    struct get g = {0};
    TRY(object_get(cx, id, &g));
    *ret = g.doc;
    return OK;
}

/* What a document was called when these fields were read of it: who reads more one day calls it anew. */
#define READER "1 "

/* Asked again only whether it is still so (5.7). */
enum err fed_actor_get(struct cx *cx, struct str uri, int64_t *ret_id)
{
    struct actor_etag_row was;
    struct get g = {0};
    struct fed_doc d;
    bool known;
    TRY(q_actor_etag(cx, uri, &known, &was));
    if (known && str_starts(was.etag, STR(READER)))
        g.etag = str_sub(was.etag, sizeof READER - 1, SIZE_MAX);
    TRY(object_get(cx, uri, &g));
    if (g.unchanged) {
        *ret_id = was.id;
        TX_SCOPE(cx);
        TRY(q_actor_touch(cx, was.id, cx->now, NULL));
        TRY(q_actor_keys_touch(cx, was.id, cx->now, NULL));
        TRY(tx_commit(cx));
        if (cx->node->fed != NULL)
            fed_peer_keys_forget(cx->node->fed->peer_keys, was.id);
        return OK;
    }
    if (fed_doc_read(cx->arena, g.doc, &d) != OK)
        return cx_fail(cx, ERR_INVALID, "not an actor: " STR_FMT, STR_ARG(uri));
    if (g.etag.p != NULL && g.etag.n <= 200 && str_is_utf8(g.etag) && str_eq(d.uri, uri))
        d.etag = str_fmt(cx->arena, READER STR_FMT, STR_ARG(g.etag));
    return fed_actor_store(cx, &d, ret_id);
}
