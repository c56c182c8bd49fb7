/* Actors and objects of other servers: reading their documents, keeping actors in the store,
 * fetching by id (federation.md 2.14–2.16, 3.10, section 5). */
#ifndef FEDERATION_REMOTE_H
#define FEDERATION_REMOTE_H

#include "federation/httpsig.h"
#include "federation/keys.h"
#include "node/base/json.h"
#include "node/cx.h"

struct fed;

enum { FED_DOC_KEYS = 10, FED_HOPS = 3 };

/* The last two labels of a host: who owns one name under it mostly owns them all, so this is what
 * limits count by. */
struct str fed_house(struct str host);

/* What we read of an actor document; texts are views into it or live in the arena. */
struct fed_doc {
    struct str uri, kind, host, username, name, url, icon_url, inbox, shared_inbox;
    struct { struct str id, material; } keys[FED_DOC_KEYS]; /* PEM or z… multibase; owner checked */
    size_t n_keys;
    struct str etag; /* of the document, for the next time; NULL: none */
    bool rfc9421; /* it says to implement it (FEP-844e) */
    struct str emoji; /* of the name: a list of node/text/emoji.h */
};
/* ERR_INVALID when it isn't an actor that we can deal with. Missing inbox: inbox.p == NULL. */
MUST_USE enum err fed_doc_read(struct arena *a, const json_t *j, struct fed_doc *ret);
/* Is this the key, by its id; or, for a key id without fragment, the only one? SIZE_MAX: no. */
size_t fed_doc_key(const struct fed_doc *d, struct str key_id);

/* Does the document name this address under key ("alsoKnownAs")? */
bool fed_doc_lists(const json_t *doc, const char *key, struct str uri);

/* One actor of the store. */
struct fed_actor {
    int64_t id;
    struct str uri, kind, host, username, name, url, icon_url, inbox, shared_inbox, local_kind;
    int64_t fetched_at, deleted_at; /* DB_NULL: alive */
};
MUST_USE enum err fed_actor_by_id(struct cx *cx, int64_t id, struct fed_actor *ret);
MUST_USE enum err fed_actor_by_uri(struct cx *cx, struct str uri, struct fed_actor *ret);
/* Insert or refresh, with its keys. Opens a transaction. FORBIDDEN for ids of our own host. */
MUST_USE enum err fed_actor_store(struct cx *cx, const struct fed_doc *d, int64_t *ret_id);
/* Fetch, check and store it (jobs only: waits for the network). */
MUST_USE enum err fed_actor_get(struct cx *cx, struct str uri, int64_t *ret_id);
/* It is gone: comments, reactions, follows and keys go with it (2.21). Opens a transaction. */
MUST_USE enum err fed_actor_purge(struct cx *cx, int64_t actor_id);

/* A signed GET of an object by its id, trusted as 3.10 asks: what comes has this id and stands on
 * this host. Jobs only. Fails GONE, NOT_FOUND, FORBIDDEN, INVALID (for good); UPSTREAM, TIMEOUT,
 * BUSY (try again). */
MUST_USE enum err fed_object_get(struct cx *cx, struct str id, json_t **ret);

/* How a GET is signed (2.2, 2.12): the draft first; on 401 without the query, if there is one; then
 * by RFC 9421. */
struct fed_knock {
    enum sig_scheme scheme;
    bool without_query;
    unsigned tried;
    struct str wish; /* what its Accept-Signature asked for (2.13) */
};
/* By RFC 9421 first where that is known to be taken. */
struct fed_knock fed_knock_first(struct fed *fed, struct str url);
/* After a 401, whose Accept-Signature is fulfilled if it can be. a lives as long as k. False: that was
 * the last one. */
bool fed_knock_next(struct arena *a, struct fed_knock *k, const struct fed_signer *signer,
                    struct str url, const struct fetch_answer *answer);
/* It opened. */
void fed_knock_took(struct fed *fed, const struct fed_knock *k, struct str url);

/* For those who fetch by themselves: the request (headers live in h), and the verdict on what came.
 * After ERR_OK of fed_answer_read, *ret_doc is the document, or NULL and *ret_next the redirect. */
struct fetch_request fed_get_request(struct arena *a, const struct fed_signer *signer,
                                     struct fed_knock knock, struct str url, int64_t now,
                                     struct sig_headers *h);
/* 5.7: what it says of when to come again holds for all fetches from there. Seconds, 0: nothing said. */
int64_t fed_answer_waits(struct fed *fed, struct arena *a, struct str url,
                         const struct fetch_answer *answer);
MUST_USE enum err fed_answer_read(struct arena *a, struct str url,
                                  const struct fetch_answer *answer, json_t **ret_doc,
                                  struct str *ret_next);

#endif
