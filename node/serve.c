#include "node/serve.h"

#include "node/base/clock.h"
#include "node/engines.h"
#include "node/handover.h"
#include "node/http/http.h"
#include "node/http/ops.h"
#include "node/nodes.h"
#include "node/server.h"
#include "node/settings.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: orrery serve DIR [options]\n\n"
    "Serve the node in DIR until SIGTERM or SIGINT.\n\n"
    "  A socket of systemd's (orrery.socket) goes before --listen. 'orrery upgrade DIR' puts the\n"
    "  program that is installed now in the place of the running one; no request is lost.\n\n"
    "  --listen ADDRESS:PORT   where to listen (127.0.0.1:8420); a front proxy stands before it\n"
    "  --takeover              follow the process that serves DIR now, which finishes and leaves\n"
    "  --internal ADDRESS:PORT /healthz, /readyz, /metrics and /internal/tls-ask, for this machine only\n"
    "  --metrics-per-node      /metrics says it node by node, too\n"
    "  --dev                   for trying out: http and loopback peers, mail links on the console\n"
    "  --help                  this text\n";

struct options {
    const char *dir;
    const char *listen;
    const char *internal; /* NULL: none */
    bool dev, takeover, per_node;
};

/* 0 to go on, else exit status + 1. */
static int parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.listen = "127.0.0.1:8420"};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 1;
        } else if (strcmp(argv[i], "--dev") == 0) {
            o->dev = true;
        } else if (strcmp(argv[i], "--takeover") == 0) {
            o->takeover = true;
        } else if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
            o->listen = argv[++i];
        } else if (strcmp(argv[i], "--internal") == 0 && i + 1 < argc) {
            o->internal = argv[++i];
        } else if (strcmp(argv[i], "--metrics-per-node") == 0) {
            o->per_node = true;
        } else if (argv[i][0] != '-' && o->dir == NULL) {
            o->dir = argv[i];
        } else {
            fprintf(stderr, "orrery serve: what is '%s'?\n%s", argv[i], usage);
            return 3;
        }
    }
    if (o->dir == NULL) {
        fprintf(stderr, "orrery serve: say which directory the node is in\n%s", usage);
        return 3;
    }
    return 0;
}

/* Opened here and not when the first request comes: whoever starts it hears what is wrong with it.
 * fed_start asks its own doors only, so it may come before the fetcher. */
static enum err open_node(struct server *s, const char *dir, struct node **ret)
{
    TRY(node_open(s, dir, ret));
    struct cx *cx = cx_new(*ret);
    enum err e = s->node_hooks->opened(cx, *ret);
    cx_free(cx);
    TRY(e);
    return nodes_adopt(s->nodes, *ret);
}

/* A store that answers a question is one that we can serve from. */
static enum err is_ready(void *arg, const char **ret_why)
{
    struct str name;
    struct cx *cx = cx_new(arg);
    enum err e = setting_get(cx, "site.name", &name);
    cx_free(cx);
    *ret_why = "the store does not answer";
    return e;
}

static enum err start(struct engines *engines, const struct options *o, struct node *node,
                      struct ops *ops, const struct internal_area *areas)
{
    TRY(engines_start(engines, node->agent));
    if (o->internal != NULL) {
        TRY(engines_start_internal(engines, areas, ops));
        fprintf(stdout, "internal on %s, port %d\n", o->internal, engines_internal_port(engines));
    }
    fprintf(stdout, "serving " STR_FMT " on %s, port %d\n", STR_ARG(node->origin), o->listen,
            http_port(engines->http));
    fflush(stdout);
    return OK;
}

int serve_main(struct server *s, int argc, char **argv)
{
    struct options o;
    int stop = parse(argc, argv, &o);
    if (stop != 0)
        return stop - 1;
    struct engines engines;
    engines_prepare(s, o.dev, &engines);

    s->nodes = nodes_new(s, NULL);

    struct node *node = NULL;
    const struct handover_socket sockets[] = {{"public", o.listen}, {"internal", o.internal}};
    const struct handover_options place = {.dir = o.dir, .sockets = sockets, .n_sockets = o.internal == NULL ? 1 : 2,
                                           .takeover = o.takeover, .argv = argv};
    enum err e = engines_take_place(&engines, &place);
    if (e == OK)
        e = open_node(s, o.dir, &node);
    struct ops ops = {.server = s, .ready = is_ready, .ready_arg = node, .per_node = o.per_node,
                      .began = clock_now()};
    const struct internal_area areas[] = {{"/", ops_answer, &ops}, {0}};
    if (e == OK)
        e = start(&engines, &o, node, &ops, areas);
    if (e == OK)
        engines_serve(&engines);
    engines_stop(&engines);
    s->nodes = nodes_free(s->nodes);
    if (node != NULL)
        s->node_hooks->closing(node);
    node_close(node);
    engines_free(&engines);
    return e == OK ? 0 : 1;
}
