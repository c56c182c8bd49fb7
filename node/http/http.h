/* What a handler sees of an HTTP request and how it answers.
 *
 * libmicrohttpd's epoll threads read the request whole (body capped by its route; above 256 KB in
 * an unlinked temporary file, mapped), suspend the connection and hand it to a worker thread, which
 * runs the handler with blocking store calls and resumes it (D-6). Cached anonymous answers are
 * sent from the epoll thread itself. A handler returns OK after one reply_… call, or an error that
 * the frame turns into a page or JSON document in the asker's format and language. */
#ifndef NODE_HTTP_HTTP_H
#define NODE_HTTP_HTTP_H

#include "node/base/buf.h"
#include "node/base/err.h"
#include "node/base/str.h"
#include "node/cx.h"

struct rq;
struct route;

enum http_method { GET = 1, POST = 2, PUT = 4, PATCH = 8, DELETE = 16, HEAD = 32, OPTIONS = 64 };

enum repr { /* what the asker wants (Accept, or the route's own) */
    REPR_HTML,
    REPR_JSON,
    REPR_ACTIVITY, /* application/activity+json or ld+json with or without profile */
    REPR_TEXT,
};

/* Who may call. Anything above ANYONE makes the frame answer 401/303-to-sign-in before the handler
 * runs; finer rights are the domain's. */
enum who {
    ANYONE = 1,
    ACCOUNT,
    AUTHOR,  /* may write on some planet here (hooks.is_author); asked before the body is read */
    OWNER,   /* of this node */
    SIGNED,  /* HTTP signature, checked by the handler; body is left as it came, no CSRF */
    WEBHOOK, /* the provider's signature, checked by the handler; the same */
    TOKEN,   /* API: bearer token or nothing, never cookies; no CSRF */
};
enum rate { RATE_NONE, RATE_READ, RATE_WRITE, RATE_LOGIN, RATE_CODE, RATE_INBOX, RATE_UPLOAD };

struct route {
    enum http_method method;
    /* "/p/:planet/:slug"; a last "*rest" takes the remainder. A piece may have letters around its
     * one parameter ("/@:handle", "/feed/:name.rss"). Fixed pieces win over parameters. */
    const char *path;
    enum err (*run)(struct rq *rq);
    enum who who;
    enum rate rate;
    int64_t body_cap;
    const char *purpose;
    bool cached;      /* anonymous answers of this GET may live in the byte cache */
};
#define KB(n) ((int64_t)(n) * 1024)
#define MB(n) ((int64_t)(n) * 1024 * 1024)

struct route_table {
    const char *area;           /* "web", "federation", "admin" */
    const struct route *rows;   /* ends with path == NULL */
};

struct session_info { /* zero when not signed in */
    int64_t session_id;
    int64_t account_id;
    bool is_owner;        /* node owner */
    struct str name;      /* for the page's head */
    struct str username;
    struct str avatar;    /* URL or NULL */
    int64_t unread;       /* notices that wait, for the page's head */
    struct str csrf;      /* the session's form token; pages ask rq_csrf() */
};

struct rq {
    struct cx *cx;
    const struct route *route;
    enum http_method method;
    enum repr repr;
    struct str target;    /* raw request target as sent: path and query (signatures need it) */
    struct str path;      /* decoded path */
    struct str host;      /* as it was asked for, lower case: of this node, perhaps with a port */
    struct str ip;        /* client address (the front proxy's X-Forwarded-For if it is trusted) */
    struct str body;      /* whole body; never NULL-terminated */
    struct session_info session;
    bool secure;          /* origin is https */
    const char *field;    /* which part of what was sent was wrong, for a program; NULL: unsaid */
    void *priv;           /* the frame's */
};

/* Asking. Values are decoded, UTF-8-checked views into the request; STR_NULL when missing. */
struct str rq_param(const struct rq *rq, const char *name);   /* from the route's path */
struct str rq_query(const struct rq *rq, const char *name);   /* from the query string */
struct str rq_header(const struct rq *rq, const char *name);  /* repeated lines joined with ", " */
/* Cookies by their plain name: on https the browser knows "s" as "__Host-s". */
struct str rq_cookie(const struct rq *rq, const char *name);
/* What goes into every form as the hidden field "_csrf" (or the header X-CSRF-Token): of the
 * session, or of a visitor's own cookie, which is set with this answer when missing. An answer that
 * asked for it is one person's: it never enters the byte cache. So ask only where a form is. */
struct str rq_csrf(struct rq *rq);
/* Fields of urlencoded or multipart forms. Malformed forms fail before the handler runs (400). */
struct str rq_form(const struct rq *rq, const char *name);
size_t rq_form_all(const struct rq *rq, const char *name, struct str *ret, size_t max);
struct upload { struct str field, filename, type, bytes; };
size_t rq_uploads(const struct rq *rq, const struct upload **ret);

/* Answering. Exactly one of these, then return OK. */
MUST_USE enum err reply_html(struct rq *rq, int status, struct buf *take_body);
MUST_USE enum err reply_bytes(struct rq *rq, int status, const char *type, struct buf *take_body);
MUST_USE enum err reply_text(struct rq *rq, int status, const char *text); /* static text */
MUST_USE enum err reply_empty(struct rq *rq, int status);
/* 303. Target must be a path of ours ("/…") or an absolute URL that the caller made. */
MUST_USE enum err reply_redirect(struct rq *rq, struct str target);
/* A file with Range, ETag and 304; take_fd is closed. disposition NULL or "attachment; filename=…" */
MUST_USE enum err reply_file(struct rq *rq, int take_fd, int64_t size, const char *type,
                             struct str etag, const char *cache_control, struct str disposition);
/* More headers; before the reply call. name is static. */
void rq_add_header(struct rq *rq, const char *name, struct str value);
/* "public, max-age=60" etc.; default "private, no-cache" for pages, set "no-store" where needed. */
void rq_cache_control(struct rq *rq, const char *value);
enum { COOKIE_SESSION_DAYS = 30 };
/* max_age_s: 0 deletes, negative lasts until the browser closes. Path=/, SameSite=Lax, on https
 * Secure and __Host-. The byte cache knows "lang" and "theme" as part of its key and passes every
 * request by that brings another cookie of ours, so answers may depend on them. */
void rq_set_cookie(struct rq *rq, const char *name, struct str value, int max_age_s, bool http_only);

/* Parking: the request rests suspended, holding no worker. The handler calls rq_park and returns
 * its result; later any thread calls rq_unpark once, and `resume` runs on a worker as the handler
 * would have. An unpark may come before the park. A server that stops answers 503 for those that
 * still rest after a while; their unpark is then harmless, but still owed, since it frees them. */
MUST_USE enum err rq_park(struct rq *rq, enum err (*resume)(struct rq *rq, void *arg), void *arg);
void rq_unpark(struct rq *rq);

/* The daemon: it is ready when http_start returns. Several may run in one process: one for the public,
 * found by Host in server->nodes, one with a fixed node and a table of its own inside the house. */
struct http;
struct server;
struct node;
struct http_options {
    const char *listen;  /* "127.0.0.1:8420" or "[::1]:8420" */
    int fd;              /* > 0: a socket that listens already (node/listen.h), instead of listen; the
                          * caller's, who closes it when http_stop is over */
    int n_workers;
    struct node *fixed;  /* every Host is this node's, and nothing is cached; NULL: by Host */
    const struct route_table *const *routes; /* NULL: server->routes and server->hooks */
    const struct http_hooks *hooks;          /* with routes; NULL: nothing is asked upward */
};
MUST_USE enum err http_start(struct server *server, const struct http_options *o,
                             struct http **ret);
/* Accepts nobody from now on; each connection ends with its next answer (Connection: close). None is
 * cut while a request could be on its way: an idle one ends when its client closes it, or by the
 * usual time limit. Takes NULL; twice is once. */
void http_leave(struct http *h);
bool http_is_done(const struct http *h); /* no connection is left */
struct http *http_stop(struct http *h); /* stops accepting, finishes what it holds */
int http_port(const struct http *h);

/* The frame asks upward through these, set at wiring time (no arrow from node to web). */
struct http_hooks {
    /* fill rq->session, cx->viewer (and cx->locale if the account chose one) from the session cookie; OK when not signed in */
    enum err (*identify)(struct rq *rq);
    /* is the form token right for this session? (Sec-Fetch-Site / Origin are checked by the frame) */
    bool (*csrf_ok)(struct rq *rq, struct str token);
    /* the HTML error page, by reply_html(rq, status, …); must always succeed. JSON and text
     * answers are the frame's own. e is OK never; status says more (404, 405…) */
    void (*error_page)(struct rq *rq, enum err e, int status);
    /* does whoever is signed in write on a planet here? NULL: nobody does */
    bool (*is_author)(struct rq *rq);
    /* what a machine of the fediverse reads at the address of a node that is gone; NULL: plain JSON */
    void (*gone_document)(struct buf *out, struct str url);
    const char *gone_type;
    const char *sign_in_path; /* NULL: "/login"; asked with ?next= */
};

int http_status_of(enum err e);
/* What the person is told: cx->tell, or the code's usual sentence, translated. */
const char *http_sentence(const struct rq *rq, enum err e);

/* Every row of the program, table by table, for the `routes` command and tests; the frame's own
 * table ("node": /healthz) comes last. */
void http_each_route(const struct route_table *const *tables,
                     void (*each)(void *arg, const struct route_table *t, const struct route *r),
                     void *arg);

/* Drop every cached answer of a node: called after commits that change what visitors see
 * (equivalent to bumping node->public_generation, which code below this rung does). */
void http_cache_drop(struct node *node);
/* Before a node is closed: answers of it that have grown old make room. */
void http_node_closing(struct node *node);

#endif
