/* Outgoing HTTP for everybody: one curl_multi on a thread of its own (D-6). HTTP/2, keep-alive
 * (60 s), at most 256 transfers at once and 2 a host unless told otherwise, beside them up to 512
 * that have waited for their answers for a quarter of a second; one that finds no room
 * within a minute, or within its own timeout if that is longer, ends with ERR_BUSY, so a slow host
 * holds up nobody but itself. https to public addresses only: every
 * address is checked in curl's open-socket callback, so DNS rebinding doesn't pass. In --dev http
 * and loopback are allowed as well. Redirects are never followed here; proxies, netrc and cookies
 * are not used. The environment variable SSL_CERT_FILE names another set of authorities.
 * The thread starts with the first request; after a minute without any it keeps no memory. */
#ifndef NODE_NET_FETCH_H
#define NODE_NET_FETCH_H

#include "node/base/err.h"
#include "node/base/str.h"

struct arena;
struct fetcher;

struct fetch_header {
    struct str name, value;
};

enum { FETCH_WANT = 8 };

struct fetch_request { /* copied by fetch_start */
    const char *method; /* "GET", "POST" */
    struct str url;
    const struct fetch_header *headers;
    size_t n_headers;
    struct str body;   /* p == NULL: none */
    size_t max_answer; /* bytes after decompression; more → ERR_TOO_LARGE */
    int timeout_ms;    /* whole transfer */
    int slow_s;        /* ends after so many seconds below 1 kB/s; 0: may be as slow as it likes */
    int per_host;      /* transfers to this host at once; 0: 2 */
    bool soon;         /* somebody waits for it: before others that find no room */
    struct str agent;  /* who asks: the node's; p == NULL: the fetcher's own */
    const char *const *want; /* further headers of the answer, static and NULL-terminated, at most FETCH_WANT */
};

struct fetch_answer { /* lives until the callback returns */
    /* OK when any HTTP answer came whole. ERR_INVALID: the request itself is impossible;
     * ERR_FORBIDDEN: only addresses that we don't ask; ERR_TOO_LARGE; ERR_TIMEOUT; ERR_BUSY;
     * ERR_UPSTREAM: name, connection, TLS or protocol failed. */
    enum err err;
    const char *error; /* words for the log and tray when err != OK */
    int status;
    struct str body, content_type, location, retry_after, accept_signature, date, etag;
    struct str wanted[FETCH_WANT]; /* in the order of want; p == NULL: not there */
};

/* user_agent: of requests that name none. */
MUST_USE enum err fetcher_start(bool dev, struct str user_agent, struct fetcher **ret);
/* Running transfers end with ERR_BUSY. Takes NULL, returns NULL. */
struct fetcher *fetcher_stop(struct fetcher *f);
/* done runs on the fetcher's thread (on the caller's only when fetcher_stop has begun) and must
 * not block; it may call fetch_start. */
void fetch_start(struct fetcher *f, const struct fetch_request *rq,
                 void (*done)(void *arg, const struct fetch_answer *answer), void *arg);
/* The same, waiting; for jobs, never for page requests nor in a callback. Answer's text is copied
 * into the arena. Returns ret->err. */
MUST_USE enum err fetch_wait(struct fetcher *f, struct arena *a, const struct fetch_request *rq,
                             struct fetch_answer *ret);
/* Is this URL one we may ask at all (scheme, port, name, length)? */
MUST_USE enum err fetch_url_allowed(bool dev, struct str url);

#endif
