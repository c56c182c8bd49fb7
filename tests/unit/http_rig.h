/* A real server on a free loopback port with a table of test routes, and a client that speaks bytes,
 * so that tests can be as rude as strangers are. */
#ifndef TESTS_HTTP_RIG_H
#define TESTS_HTTP_RIG_H

#include <stdatomic.h>

#include "node/http/http.h"
#include "node/nodes.h"
#include "node/server.h"

struct rig {
    struct server server;
    struct node node;
    struct http *http;
    char dir[64];
    char host[64];
    char origin[80];
};

void rig_start(struct rig *r, const struct route_table *const *tables,
               const struct http_hooks *hooks);
void rig_stop(struct rig *r);

struct client {
    int fd;
    char *got; /* bytes that came and were not taken yet */
    size_t n, cap;
};

struct answer {
    int status; /* 0: the connection ended without one */
    char head[8192];
    char *body; /* NUL behind it */
    size_t body_n;
};

void client_open(struct client *c, const struct rig *r);
void client_close(struct client *c);
/* False when the server would take no more. */
bool client_send(struct client *c, const char *p, size_t n);
/* "GET /x" with the rig's Host, more header lines (each with its line break) and a body. */
bool client_ask(struct client *c, const struct rig *r, const char *method_and_target,
                const char *headers, const char *body, size_t body_n);
/* The next answer; no_body: it belongs to HEAD. Free it. */
struct answer client_hear(struct client *c, bool no_body);
void answer_free(struct answer *a);
/* Value of a header in the answer, in a buffer that the next call reuses; "" when missing. */
const char *answer_header(const struct answer *a, const char *name);
bool client_is_closed(struct client *c); /* has the server ended the connection? */

/* All in one: a new connection, one question, one answer. */
struct answer ask(const struct rig *r, const char *method_and_target, const char *headers,
                  const char *body);

#endif
