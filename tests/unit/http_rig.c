#include "tests/unit/http_rig.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { PATIENCE_MS = 20000 };

void rig_start(struct rig *r, const struct route_table *const *tables,
               const struct http_hooks *hooks)
{
    memset(r, 0, sizeof(*r));
    snprintf(r->dir, sizeof(r->dir), "/tmp/orrery-http-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    r->server.nodes = nodes_new(&r->server, NULL);
    r->server.routes = tables;
    r->server.hooks = hooks;
    r->node.server = &r->server;
    r->node.dir = r->dir;
    struct http_options o = {.listen = "127.0.0.1:0", .n_workers = 4};
    assert_int_equal(http_start(&r->server, &o, &r->http), OK);
    snprintf(r->host, sizeof(r->host), "localhost:%d", http_port(r->http));
    snprintf(r->origin, sizeof(r->origin), "http://%s", r->host);
    r->node.host = str_c(r->host);
    r->node.origin = str_c(r->origin);
    assert_int_equal(nodes_adopt(r->server.nodes, &r->node), OK);
}

void rig_stop(struct rig *r)
{
    r->http = http_stop(r->http);
    assert_null(r->http);
    r->server.nodes = nodes_free(r->server.nodes);
    assert_int_equal(rmdir(r->dir), 0); /* bodies left nothing behind */
}

void client_open(struct client *c, const struct rig *r)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_port(r->http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_true(c->fd >= 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

void client_close(struct client *c)
{
    close(c->fd);
    free(c->got);
    *c = (struct client){.fd = -1};
}

bool client_send(struct client *c, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = send(c->fd, p, n, MSG_NOSIGNAL);
        if (w <= 0)
            return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

bool client_ask(struct client *c, const struct rig *r, const char *method_and_target,
                const char *headers, const char *body, size_t body_n)
{
    char head[4096];
    char length[64] = "";
    if (body != NULL)
        snprintf(length, sizeof(length), "Content-Length: %zu\r\n", body_n);
    int n = snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", method_and_target,
                     r->host, length, headers == NULL ? "" : headers);
    assert_true(n > 0 && n < (int)sizeof(head));
    return client_send(c, head, (size_t)n) && (body == NULL || client_send(c, body, body_n));
}

static bool more(struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    if (c->cap - c->n < 16384) {
        c->cap = (c->cap + 16384) * 2;
        c->got = realloc(c->got, c->cap);
        assert_non_null(c->got);
    }
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1); /* or the server hangs */
    ssize_t n = recv(c->fd, c->got + c->n, c->cap - c->n, 0);
    if (n <= 0)
        return false;
    c->n += (size_t)n;
    return true;
}

const char *answer_header(const struct answer *a, const char *name)
{
    static _Thread_local char value[2048];
    size_t n = strlen(name);
    value[0] = '\0';
    for (const char *line = strstr(a->head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        const char *from = line + n + 1 + (line[n + 1] == ' ');
        size_t len = strcspn(from, "\r");
        assert_true(len < sizeof(value));
        memcpy(value, from, len);
        value[len] = '\0';
        break;
    }
    return value;
}

struct answer client_hear(struct client *c, bool no_body)
{
    struct answer a = {0};
    char *end;
    while (c->n == 0 || (end = memmem(c->got, c->n, "\r\n\r\n", 4)) == NULL)
        if (!more(c))
            return a;
    size_t head_n = (size_t)(end - c->got) + 4;
    assert_true(head_n < sizeof(a.head));
    memcpy(a.head, c->got, head_n);
    assert_int_equal(sscanf(a.head, "HTTP/1.1 %d", &a.status), 1);
    size_t want = strtoul(answer_header(&a, "Content-Length"), NULL, 10);
    if (no_body || a.status == 204 || a.status == 304 || a.status < 200)
        want = 0;
    while (c->n < head_n + want)
        if (!more(c))
            break;
    a.body_n = c->n - head_n < want ? c->n - head_n : want;
    a.body = calloc(1, a.body_n + 1);
    assert_non_null(a.body);
    memcpy(a.body, c->got + head_n, a.body_n);
    c->n -= head_n + a.body_n;
    memmove(c->got, c->got + head_n + a.body_n, c->n);
    return a;
}

void answer_free(struct answer *a)
{
    free(a->body);
    *a = (struct answer){0};
}

bool client_is_closed(struct client *c)
{
    return c->n == 0 && !more(c);
}

struct answer ask(const struct rig *r, const char *method_and_target, const char *headers,
                  const char *body)
{
    struct client c;
    client_open(&c, r);
    client_ask(&c, r, method_and_target, headers, body, body == NULL ? 0 : strlen(body));
    struct answer a = client_hear(&c, strncmp(method_and_target, "HEAD", 4) == 0);
    client_close(&c);
    return a;
}
