#include "node/serve.h"

#include "node/engines.h"
#include "node/handover.h"
#include "node/http/http.h"
#include "node/nodes.h"
#include "node/server.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: orrery serve DIR [options]\n\n"
    "Serve the node in DIR until SIGTERM or SIGINT.\n\n"
    "  A socket of systemd's (orrery.socket) goes before --listen. 'orrery upgrade DIR' puts the\n"
    "  program that is installed now in the place of the running one; no request is lost.\n\n"
    "  --listen ADDRESS:PORT   where to listen (127.0.0.1:8420); a front proxy stands before it\n"
    "  --takeover              follow the process that serves DIR now, which finishes and leaves\n"
    "  --dev                   for trying out: http and loopback peers, mail links on the console\n"
    "  --help                  this text\n";

struct options {
    const char *dir;
    const char *listen;
    bool dev, takeover;
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
    const struct handover_socket sockets[] = {{"public", o.listen}};
    const struct handover_options place = {.dir = o.dir, .sockets = sockets, .n_sockets = 1,
                                           .takeover = o.takeover, .argv = argv};
    enum err e = engines_take_place(&engines, &place);
    if (e == OK)
        e = open_node(s, o.dir, &node);
    if (e == OK)
        e = engines_start(&engines, node->agent);
    if (e == OK) {
        fprintf(stdout, "serving " STR_FMT " on %s, port %d\n", STR_ARG(node->origin), o.listen,
                http_port(engines.http));
        fflush(stdout);
        engines_serve(&engines);
    }
    engines_stop(&engines);
    s->nodes = nodes_free(s->nodes);
    if (node != NULL)
        s->node_hooks->closing(node);
    node_close(node);
    engines_free(&engines);
    return e == OK ? 0 : 1;
}
