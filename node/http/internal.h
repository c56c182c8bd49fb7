/* The internal listener: a small HTTP server beside the public one, for the machine's own people (front
 * proxy, monitoring, a provider's panel). It knows no sessions, templates or byte cache; who may reach
 * its address may ask. Areas bring what stands below their prefix.
 *
 * One thread a connection, at most INTERNAL_CONNECTIONS of them, so that a slow verb never keeps a
 * health check waiting. An answer is made in `out` and sent when the area's function returns. */
#ifndef NODE_HTTP_INTERNAL_H
#define NODE_HTTP_INTERNAL_H

#include "node/base/buf.h"
#include "node/base/err.h"
#include "node/http/http.h"

enum { INTERNAL_CONNECTIONS = 64, INTERNAL_BODY_MAX = 64 * 1024, INTERNAL_OUT_MAX = 16 << 20 };

struct irq {
    struct arena *arena;
    enum http_method method;      /* HEAD comes as GET; the body is left out when it is sent */
    struct str path;              /* as sent, without the query */
    struct str query;             /* without '?' */
    struct str body;
    struct str ip;
    void *connection;             /* the listener's own */
    /* the answer */
    int status;                   /* 200 unless changed */
    const char *type;             /* "application/json" unless changed */
    struct buf out;
    int64_t retry_after_s;        /* 0: not said */
    bool ask_token;               /* WWW-Authenticate: Bearer */
    struct str location, allow;   /* p == NULL: not said */
};

struct str irq_header(const struct irq *rq, const char *name);
/* A value of the query string or a piece of the path, decoded; STR_NULL: missing or malformed. */
struct str irq_query(struct irq *rq, const char *name);
bool irq_decode(struct arena *a, struct str s, struct str *ret);
/* {"error": …} of RFC 9457: status, the title that goes with it, and a sentence that says what to do. */
void irq_problem(struct irq *rq, int status, enum err code, const char *detail);

struct internal_area {
    const char *prefix;           /* "/v1/" */
    void (*answer)(struct irq *rq, void *arg);
    void *arg;
};

struct internal;
/* fd: a socket that listens; the caller's, who closes it after internal_stop. Areas end with a NULL
 * prefix, longer prefixes first, and outlive it. Errors are logged. */
MUST_USE enum err internal_start(int fd, const struct internal_area *areas,
                                 struct internal **ret);
/* As http_leave and http_is_done: accepts nobody, each connection ends with its next answer. Both take
 * NULL, which is done. */
void internal_leave(struct internal *in);
bool internal_is_done(const struct internal *in);
struct internal *internal_stop(struct internal *in); /* accepts nobody, finishes what it has begun */

#endif
