/* Inside of the HTTP frame: what its own files share. Nothing outside node/http includes it.
 *
 * One call is one request. Its life: made when the request line is read, prepared (arena, route) by
 * the epoll thread, suspended and run by a worker, resumed, answered, freed when libmicrohttpd says
 * that the request is completed. While it is suspended libmicrohttpd does not touch the connection,
 * so a client that leaves is noticed only after the answer; a call is counted nevertheless, because
 * a parked one may outlive its connection when the server stops. */
#ifndef NODE_HTTP_FRAME_H
#define NODE_HTTP_FRAME_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "node/http/cache.h"
#include "node/http/form.h"
#include "node/http/http.h"
#include "node/http/parse.h"
#include "node/http/route.h"

enum {
    HTTP_MAX_TARGET = 8 * 1024,
    HTTP_HEAD_BYTES = 32 * 1024,       /* memory of a connection: request and answer heads */
    HTTP_EPOLL_THREADS = 2,
    HTTP_IDLE_S = 60,
    HTTP_MAX_QUEUE = 1024,             /* calls waiting for a worker; more are told to come back */
    HTTP_MAX_ASLEEP = 256,             /* of them for nodes that sleep */
    HTTP_MAX_WAKERS = 8,               /* workers that open nodes at once; half of all, if fewer */
    HTTP_WORKER_STACK = 512 * 1024,
    HTTP_BODY_IN_MEMORY = 256 * 1024,
    HTTP_BODIES_IN_MEMORY = 32 * 1024 * 1024, /* of all connections; then they go to files at once */
    HTTP_BODY_IGNORED = 64 * 1024,     /* of a body that nobody reads */
    HTTP_BODY_GRACE_MS = 30 * 1000,    /* then a body must have come at 8 KB/s on average */
    HTTP_BODY_BYTES_PER_MS = 8,
    HTTP_MAX_ADDED_HEADERS = 24,
};

enum stage {
    STAGE_HEAD,     /* the head has been read, the handler has not been called yet */
    STAGE_WOKEN,    /* a worker has looked for its node before its body is read */
    STAGE_CHECKED,  /* a worker has admitted it before its body is read */
    STAGE_BODY,     /* the body (if any) is coming */
    STAGE_ANSWERED, /* response and status are set */
};

enum task { TASK_RUN, TASK_CHECK, TASK_RESUME, TASK_WAKE /* its node, then STAGE_WOKEN or a run */ };

/* What is known of the node that is asked for. */
enum door {
    DOOR_UNSEEN,
    DOOR_OPEN,      /* call->node is held */
    DOOR_ASLEEP,    /* a worker has to wake it */
    DOOR_SHUT,      /* call->sign says why */
};
enum sign { SIGN_NOBODY, SIGN_WELL /* /healthz */, SIGN_RESTS, SIGN_MOVES, SIGN_BUSY, SIGN_GONE, SIGN_COUNT };
enum door_form { DOOR_TEXT, DOOR_JSON, DOOR_HTML, DOOR_FORMS = DOOR_HTML + LOCALE_COUNT };

/* Where a parked call stands; guarded by its mutex. */
enum park { PARK_NONE, PARK_RESTING, PARK_ABANDONED };

struct body {
    char *mem;      /* malloc; NULL when empty or in a file */
    size_t cap;
    int fd;         /* unlinked file, -1: none */
    void *map;
    int64_t n;
    int64_t began;  /* monotonic */
};

struct call {
    struct rq rq;              /* rq->priv is the call */
    struct http *http;
    struct MHD_Connection *con;
    enum door door;
    enum sign sign;
    struct str host;           /* as it was asked for; of the connection */
    struct node *node;         /* held while the call lives */
    atomic_int refs;           /* the connection's, and the parking's */
    enum stage stage;
    enum task task;
    struct call *next;         /* in the workers' queue */
    struct call *park_prev, *park_next;

    struct body body;
    long long body_counted;    /* of http.body_bytes */
    bool body_ignored;
    bool linger;               /* the client may still be sending: don't reset its connection */
    bool admitted;             /* the guard has run */
    bool early;                /* answer early_err with early_status, run no handler */
    enum err early_err;
    int early_status;

    struct target parsed;
    struct route_match match;
    struct form query, form;
    bool query_read;

    bool uncacheable;
    struct cache_key key;
    uint64_t generation;       /* of the node, read before rendering */
    struct cache_entry *entry; /* held while its response is ours */

    struct MHD_Response *response;
    bool borrowed;             /* the response is the server's, not the call's */
    int status;
    int64_t bytes;             /* of the answer's body, for the node's usage */
    struct cache_header added[HTTP_MAX_ADDED_HEADERS];
    size_t n_added;
    const char *cache_control;
    struct str visitor;        /* the visitor's cookie, known or just made */

    pthread_mutex_t mutex;     /* guards park and unparked */
    enum park park;
    bool parking, unparked;
    enum err (*resume)(struct rq *rq, void *arg);
    void *resume_arg;

    int64_t began;             /* monotonic */
    char ip_text[64];
    size_t target_n;
    char target[];
};

struct lingerer;

struct http {
    struct server *server;
    int fd;                    /* listens */
    bool own_fd;               /* bound by us, and closed */
    atomic_bool leaving;       /* nobody connects; each answer is its connection's last */
    struct node *fixed;        /* answers every Host; NULL: found by Host */
    const struct http_hooks *hooks;
    struct http_cache *cache;  /* NULL: nothing is kept */
    bool own_cache;
    struct MHD_Response *signs[SIGN_COUNT][DOOR_FORMS];
    struct MHD_Daemon *daemon;
    struct router *router;
    struct MHD_Response *busy, *too_long; /* ready for the epoll threads */
    const struct route_table **tables;
    struct lingerer *linger;
    int port;
    int n_workers;
    pthread_t *workers;
    atomic_bool stopping;
    atomic_int open_calls;     /* between request line and completion */
    atomic_llong body_bytes;   /* of their bodies, in memory */

    pthread_mutex_t mutex;     /* guards what follows */
    pthread_cond_t wake;       /* a worker has something to do */
    pthread_cond_t idle;       /* a call has been finished */
    struct call *first, *last;
    /* For sleepers there is another queue: a store that is slow to open may hold up a worker, but not
     * all of them, and not a second one for the same node. */
    struct call *first_asleep, *last_asleep;
    struct str waking[HTTP_MAX_WAKERS];
    int n_waking, asleep;
    int queued, in_hand;       /* waiting in the first queue; waiting anywhere, running or parked */
    bool closed;               /* workers go home when the queue is empty */
    struct call *parked;
};

static inline struct call *call_of(const struct rq *rq)
{
    return rq->priv;
}

/* mhd.c: the steps of a request, as libmicrohttpd calls them */
void call_unref(struct call *c);
void *http_on_target(void *cls, const char *uri, struct MHD_Connection *con);
void http_on_completed(void *cls, struct MHD_Connection *con, void **con_cls,
                       enum MHD_RequestTerminationCode how);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *con, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_n, void **con_cls);

/* door.c */
void door_find(struct call *c); /* never blocks */
void door_wake(struct call *c); /* on a worker: DOOR_ASLEEP becomes OPEN or SHUT */
void door_shut(struct call *c, enum sign sign);
struct MHD_Response *door_answer(struct call *c); /* the server's; by door_status */
/* The document of a machine that asks for a node that is gone; NULL: as the others. The caller destroys it. */
struct MHD_Response *door_gone(struct call *c);
int door_status(enum sign sign);
const char *door_retry_after(enum sign sign); /* NULL: none */
const char *door_sentence(enum sign sign);
void door_signs_make(struct http *h);
void door_signs_free(struct http *h);

/* pool.c: workers and parking */
MUST_USE enum err pool_start(struct http *h, int n_workers);
void pool_stop(struct http *h); /* all calls finished, parked ones abandoned after a while */
/* Suspends the connection and queues the call; false when the queue is full or closing. */
bool pool_take(struct call *c, enum task task);
void call_finish(struct call *c); /* answer is set; wakes the connection. Don't touch c after it */

/* request.c */
enum repr repr_for(struct str target, struct str accept);
enum locale locale_for(struct str lang_cookie, struct str accept_language);
void call_prepare(struct call *c);  /* cx, target, route; sets early on failure */
enum err call_read_form(struct call *c);
struct str header_find(struct MHD_Connection *con, const char *name); /* first line of that name */
struct str cookie_named(const struct rq *rq, struct str header, struct str name);
bool cookies_pass_cache(bool secure, struct str header);
unsigned cache_variant(enum repr repr, enum locale locale, struct str theme);

/* body.c */
enum body_verdict { BODY_TAKEN, BODY_TOO_LARGE, BODY_TOO_SLOW, BODY_FAILED };
void body_init(struct body *b);
/* Beyond in_memory bytes it goes on in a file. */
enum body_verdict body_add(struct body *b, const char *dir, const void *p, size_t n, int64_t cap,
                           int64_t in_memory);
bool body_view(struct body *b, struct str *ret);
void body_close(struct body *b);

/* guard.c */
bool who_signs_in(enum who who);
enum err guard_identify(struct call *c);
enum err guard_admit(struct call *c); /* rate, session, who; before the body */
enum err guard_form(struct call *c);  /* form token; after the body */
bool origin_is_ours(struct str sec_fetch_site, struct str origin, struct str referer,
                    struct str ours);
bool visitor_token_ok(struct rq *rq, struct str token);

/* reply.c */
void reply_error(struct call *c, enum err e, int status);
void reply_set(struct call *c, int status, struct MHD_Response *take_response);

/* Copied text with the headers of all answers; retry_after and policy (of content security) NULL: none,
 * the usual one. The caller destroys it; NULL: no memory. */
struct MHD_Response *reply_ready(const char *text, size_t n, const char *type,
                                 const char *retry_after, const char *policy);
struct MHD_Response *reply_plain_error(int status, enum err e, bool json, bool secure);
const char *http_reason(int status);
void log_access(struct call *c);

/* linger.c: reads on what a refused client still sends, so that it sees the answer */
struct lingerer *linger_new(void);
struct lingerer *linger_free(struct lingerer *l);
void linger_take(struct lingerer *l, int take_fd);

#endif
