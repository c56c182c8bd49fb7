/* Shared by the files link*.c: one begin, return or check on its way. It lies in the request's arena
 * and goes from step to step; a step that waits parks the request. */
#ifndef FEDERATION_LINK_INT_H
#define FEDERATION_LINK_INT_H

#include "federation/link.h"
#include "federation/link_call.h"
#include "federation/link_sql.h"
#include "federation/remote.h"

struct link {
    struct rq *rq;
    struct fed_call *call;
    /* What was asked for. */
    enum fed_way way;
    struct str browser, next;
    int64_t planet_id;
    struct str user, host;     /* as typed; user NULL: a host alone */
    /* Who it is, once found. */
    struct str actor_uri;
    json_t *actor_json;
    struct fed_doc doc;
    int64_t actor_id;
    int rounds;
    struct fed_knock knock;
    struct str asked;          /* the actor's address that was asked last */
    enum err (*found)(struct link *l);
    /* Their server. */
    struct str api_host;
    struct link_app_row app;
    bool again;                /* it is registered anew */
    /* What came back. */
    struct link_try_row row;
    struct str token, said_name;
    /* Whom to tell. */
    fed_link_begun_fn *begun;
    fed_link_returned_fn *returned;
    void *arg;
    struct fed_link_begun b;
    struct fed_link_returned r;
};

/* Tells whoever began it. */
MUST_USE enum err link_end(struct link *l, enum err e);
/* A new one with its call; too many at once: BUSY, told. */
MUST_USE enum err link_new(struct rq *rq, struct link **ret);

/* ---- link_find.c ---- */

/* "@user@host", "user@host", "host", "https://host/@user". INVALID with a sentence. */
MUST_USE enum err link_parse_who(struct cx *cx, struct str who, struct str *ret_user,
                                 struct str *ret_host);
/* "https://host"; in --dev loopback is spoken to without TLS. */
struct str link_origin(struct cx *cx, struct str host);
/* WebFinger of user at host, then the actor; then `found`. Or ends. */
MUST_USE enum err link_look_up(struct link *l, struct str user, struct str host,
                            enum err (*found)(struct link *l));
/* The actor of this id: fetched, checked, stored. */
MUST_USE enum err link_actor(struct link *l, struct str uri, enum err (*found)(struct link *l));
/* Sign-in at a server told us an actor: is it one of that server, who was meant, and is this the name
 * that was said? Then the try is proven, and it ends. */
MUST_USE enum err link_prove(struct link *l);

/* ---- link_app.c ---- */

/* We are registered at l->api_host: l->app is filled, then link_oauth_go. A server that is of another
 * kind goes to link_mi_go, or ends with b.others. */
MUST_USE enum err link_register(struct link *l);

/* ---- link_oauth.c, link_mi.c ---- */

MUST_USE enum err link_oauth_go(struct link *l);
MUST_USE enum err link_oauth_return(struct link *l, const struct fed_link_back *back);
MUST_USE enum err link_mi_go(struct link *l);
MUST_USE enum err link_mi_return(struct link *l);

/* ---- link_try.c ---- */

/* A row of l's way. key: what it is found by, secret: what is sealed with it (NULL: nothing). */
MUST_USE enum err link_try_put(struct link *l, struct str key, struct str secret, int64_t *ret_id);
/* By its key, for this browser; marked as come back. Fails with a sentence. */
MUST_USE enum err link_try_return(struct link *l, struct str key);
MUST_USE enum err link_secret(struct cx *cx, struct str sealed, struct str *ret);
struct str link_seal(struct cx *cx, struct str plain);
struct str link_hash(struct cx *cx, struct str s);
const char *link_way_word(enum fed_way way);
bool link_way_parse(struct str word, enum fed_way *ret);

/* What goes into a form body: name=value, encoded, parted by '&'. */
void link_put_field(struct buf *b, const char *name, struct str value);
/* Visible ASCII: may stand in a header. */
bool link_is_token(struct str s, size_t max);

#endif
