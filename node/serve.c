#include "config.h"

#include "node/serve.h"

#include "federation/federation.h"
#include "node/engines.h"
#include "node/http/http.h"
#include "node/lock.h"
#include "node/node.h"
#include "node/server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: orrery serve DIR [options]\n\n"
    "Serve the node in DIR until SIGTERM or SIGINT.\n\n"
    "  --listen ADDRESS:PORT   where to listen (127.0.0.1:8420); a front proxy stands before it\n"
    "  --dev                   for trying out: http and loopback peers, mail links on the console\n"
    "  --help                  this text\n";

struct options {
    const char *dir;
    const char *listen;
    bool dev;
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

/* fed_start asks its own doors only, so it may come before the fetcher. */
static enum err open_node(struct server *s, const char *dir)
{
    TRY(node_open(s, dir, &s->node));
    struct cx *cx = cx_new(s->node);
    enum err e = fed_start(cx, s->node);
    cx_free(cx);
    return e;
}

int serve_main(struct server *s, int argc, char **argv)
{
    struct options o;
    int stop = parse(argc, argv, &o);
    if (stop != 0)
        return stop - 1;
    struct engines engines;
    engines_prepare(s, o.dev, &engines);

    int lock = -1;
    enum err e = lock_dir(o.dir, &lock);
    if (e == OK)
        e = open_node(s, o.dir);
    if (e == OK) {
        struct str agent = str_fmt(s->node->arena, "Orrery/" PACKAGE_VERSION " (+" STR_FMT "/)",
                                   STR_ARG(s->node->origin));
        e = engines_start(&engines, agent, o.listen);
    }
    if (e == OK) {
        fprintf(stdout, "serving " STR_FMT " on %s, port %d\n", STR_ARG(s->node->origin), o.listen,
                http_port(engines.http));
        fflush(stdout);
        engines_serve(&engines);
    }
    engines_stop(&engines);
    if (s->node != NULL)
        fed_stop(s->node);
    s->node = node_close(s->node);
    engines_free(&engines);
    if (lock >= 0)
        close(lock);
    return e == OK ? 0 : 1;
}
