/* Proving who somebody is on the fediverse (federation.md 9.7; client-api.md B5, B6): to sign in, or
 * to link the actor to the account that is signed in. What is proven is the actor's id.
 *
 *   oauth    they sign in at their own server (OAuth 2, code and PKCE), which tells us who they are.
 *            What we may read there is the profile; the token is revoked at once and never stored.
 *   miauth   the same at Misskey, which has a way of its own. Chosen by us when their server is one.
 *   note     they send a code to a planet as a private mention; its signature is the proof.
 *   profile  they put an address of ours, used once, into a field of their profile.
 *
 * A proof (a "try") is begun and ended by the same browser, which holds a cookie of 256 bits, and,
 * when it links, by the same account. Handlers of pages call these; they may park the request
 * (link_call.h) and go on in `then`, so a handler returns what they return. Attempts are limited by
 * address: RATE_LIMITED. */
#ifndef FEDERATION_LINK_H
#define FEDERATION_LINK_H

#include "node/http/http.h"
#include "node/people/identity.h"

enum fed_way { FED_WAY_OAUTH, FED_WAY_MIAUTH, FED_WAY_NOTE, FED_WAY_PROFILE };

enum {
    FED_LINK_MINUTES = 10,       /* a code lives so long; being away at one's server, too */
    FED_LINK_STARTS_AN_HOUR = 10 /* of one network (B9) */
};

struct fed_link_ask {
    struct str who;       /* as typed: "@user@host"; "host" and "https://host/…" for oauth alone */
    enum fed_way way;     /* MIAUTH is never asked for */
    struct str browser;   /* the cookie */
    struct str next;      /* a path of ours, or NULL */
    int64_t planet_id;    /* note: whom they shall write to */
};
struct fed_link_begun {
    struct str go;        /* oauth, miauth: where to send the browser; else NULL */
    struct str host;      /* whose sign-in page that is */
    int64_t try_id;       /* note, profile */
    bool others;          /* with an error: their server has no sign-in for us; other ways do it */
};
/* begun is there with an error, too: its sentence is in cx->tell. */
typedef enum err fed_link_begun_fn(struct rq *rq, void *arg, enum err e,
                                   const struct fed_link_begun *begun);
MUST_USE enum err fed_link_begin(struct rq *rq, const struct fed_link_ask *ask,
                                 fed_link_begun_fn *then, void *arg);

/* They came back from their server. session: Misskey's; else NULL. */
struct fed_link_back {
    struct str browser, state, code, iss, error, session;
};
/* e OK: try_id is proven, or go leads once more to their server (it had forgotten us). */
struct fed_link_returned {
    int64_t try_id;
    struct str go, host, next;
};
typedef enum err fed_link_returned_fn(struct rq *rq, void *arg, enum err e,
                                      const struct fed_link_returned *r);
MUST_USE enum err fed_link_return(struct rq *rq, const struct fed_link_back *back,
                                  fed_link_returned_fn *then, void *arg);

/* What a try of this browser is about. NOT_FOUND: none, run out, used, another browser's or another
 * account's. */
struct fed_link_try {
    int64_t id, expires_at, planet_id;
    enum fed_way way;
    struct str handle;    /* who it shall be: "@user@host"; NULL: not known yet */
    struct str code;      /* note: to be sent; profile: the address to be put there */
    struct str planet_handle; /* note: "@tea@host" */
    struct str next;
    bool proven, known;   /* known: an account here is linked to who it is */
    struct str proven_handle, proven_name;
};
MUST_USE enum err fed_link_look(struct rq *rq, int64_t try_id, struct str browser,
                                struct fed_link_try *ret);
/* profile: reads the profile again; e OK: proven. */
MUST_USE enum err fed_link_check_profile(struct rq *rq, int64_t try_id, struct str browser,
                                         fed_link_returned_fn *then, void *arg);
/* Uses a proven try, once: links when it began signed in, else says which account it is. A new
 * actor makes a new account if fresh; without: NOT_FOUND. FORBIDDEN with a sentence: the account is
 * suspended. */
struct fed_link_done {
    struct account account;
    int64_t identity_id;
    bool linked, made;    /* to the account that was signed in; a new account */
    struct str next;
};
MUST_USE enum err fed_link_use(struct rq *rq, int64_t try_id, struct str browser, bool fresh,
                               struct fed_link_done *ret);

/* The address of a profile proof, asked by anybody: is it one of ours that is still waited for? */
bool fed_link_is_address(struct cx *cx, struct str token);

#endif
