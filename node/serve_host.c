#include "config.h"

#include "admin/host/api.h"
#include "admin/host/host.h"
#include "admin/host/keeper.h"
#include "admin/host/spare.h"
#include "node/base/clock.h"
#include "node/engines.h"
#include "node/handover.h"
#include "node/http/http.h"
#include "node/http/ops.h"
#include "node/nodes.h"
#include "node/serve.h"
#include "node/server.h"

#include <stdio.h>
#include <string.h>

enum { MAX_AWAKE = 200, IDLE_S = 300 };

static const char usage[] =
    "usage: orrery host serve HOSTDIR [options]\n\n"
    "Serve all nodes of the host in HOSTDIR until SIGTERM or SIGINT.\n\n"
    "  Sockets of systemd's go before the addresses. 'orrery upgrade HOSTDIR' puts the program that is\n"
    "  installed now in the place of the running one; no request is lost.\n\n"
    "  --listen ADDRESS:PORT   where to listen (127.0.0.1:8420); a front proxy stands before it\n"
    "  --internal ADDRESS:PORT where API, health and metrics are (127.0.0.1:8421)\n"
    "  --max-awake N           how many nodes are open at once (200)\n"
    "  --idle SECONDS          a node that nobody asks for is closed after so long (300)\n"
    "  --spare-keys N          how many keys are made ahead; three a new node (600)\n"
    "  --takeover              follow the process that serves HOSTDIR now, which finishes and leaves\n"
    "  --metrics-per-node      /metrics says it node by node, too\n"
    "  --dev                   for trying out: http and loopback peers, mail links on the console\n"
    "  --help                  this text\n";

struct options {
    const char *dir, *listen, *internal;
    int64_t max_awake, idle_s, spare_keys;
    bool per_node, dev, takeover;
};

static bool number_option(const char *name, const char *value, struct options *o)
{
    const struct { const char *name; int64_t *to, least, most; } rows[] = {
        {"--max-awake", &o->max_awake, 1, 100000},
        {"--idle", &o->idle_s, 1, 86400},
        {"--spare-keys", &o->spare_keys, 0, 100000}};
    int64_t n;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(name, rows[i].name) == 0 && str_to_i64(str_c(value), &n) && n >= rows[i].least &&
            n <= rows[i].most) {
            *rows[i].to = n;
            return true;
        }
    return false;
}

/* 0 to go on, else exit status + 1. */
static int parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.listen = "127.0.0.1:8420", .internal = "127.0.0.1:8421",
                          .max_awake = MAX_AWAKE, .idle_s = IDLE_S, .spare_keys = HOST_SPARE_KEYS};
    for (int i = 3; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return 1;
        } else if (strcmp(argv[i], "--dev") == 0) {
            o->dev = true;
        } else if (strcmp(argv[i], "--takeover") == 0) {
            o->takeover = true;
        } else if (strcmp(argv[i], "--metrics-per-node") == 0) {
            o->per_node = true;
        } else if (strcmp(argv[i], "--listen") == 0 && more) {
            o->listen = argv[++i];
        } else if (strcmp(argv[i], "--internal") == 0 && more) {
            o->internal = argv[++i];
        } else if (more && number_option(argv[i], argv[i + 1], o)) {
            i++;
        } else if (argv[i][0] != '-' && o->dir == NULL) {
            o->dir = argv[i];
        } else {
            fprintf(stderr, "orrery host serve: what is '%s'?\n%s", argv[i], usage);
            return 3;
        }
    }
    if (o->dir == NULL) {
        fprintf(stderr, "orrery host serve: say which directory the host is in\n%s", usage);
        return 3;
    }
    return 0;
}

static enum err is_ready(void *arg, const char **ret_why)
{
    *ret_why = "the registry does not answer";
    return host_answers(arg);
}

/* Nodes before engines, so that the first request finds all of them. */
static enum err start(struct server *s, struct host *h, const struct options *o,
                      struct engines *engines, const struct internal_area *areas, struct ops *ops)
{
    struct nodes_options no = {.max_awake = (int)o->max_awake, .idle_ms = o->idle_s * 1000};
    keeper_options(h, &no);
    s->nodes = h->nodes = nodes_new(s, &no);
    TRY(keeper_begin(h));
    TRY(engines_start(engines, STR("Orrery/" PACKAGE_VERSION)));
    TRY(engines_start_internal(engines, areas, ops));
    return nodes_start(s->nodes);
}

static void stop(struct server *s, struct host *h, struct engines *engines, struct keeper *keeper)
{
    h->followed = engines->followed;
    engines_stop(engines);
    keeper_stop(keeper);
    if (s->nodes == NULL)
        return;
    nodes_stop(s->nodes);
    s->nodes = h->nodes = nodes_free(s->nodes);
    keeper_end(h);
}

int serve_host_main(struct server *s, int argc, char **argv)
{
    struct options o;
    int early = parse(argc, argv, &o);
    if (early != 0)
        return early - 1;
    struct engines engines;
    struct host *h = NULL;
    struct keeper *keeper = NULL;
    struct host_api *api = NULL;
    const struct handover_socket sockets[] = {{"public", o.listen}, {"internal", o.internal}};
    const struct handover_options place = {.dir = o.dir, .sockets = sockets, .n_sockets = 2,
                                           .takeover = o.takeover, .argv = argv};
    engines_prepare(s, o.dev, &engines);
    enum err e = engines_take_place(&engines, &place);
    if (e == OK)
        e = host_open(s, o.dir, &h);
    if (e == OK) {
        struct ops ops = {.server = s, .ready = is_ready, .ready_arg = h, .per_node = o.per_node,
                          .began = clock_now()};
        api = host_api_new(h);
        const struct internal_area areas[] = {
            {"/v1/", host_api_answer, api}, {"/", ops_answer, &ops}, {0}};
        e = start(s, h, &o, &engines, areas, &ops);
        if (e == OK)
            e = keeper_start(h, o.spare_keys, &keeper);
        if (e == OK) {
            fprintf(stdout, "internal on %s, port %d\nserving host %s on %s, port %d\n", o.internal,
                    engines_internal_port(&engines), o.dir, o.listen, http_port(engines.http));
            fflush(stdout);
            engines_serve(&engines);
        }
        stop(s, h, &engines, keeper);
    }
    host_api_free(api);
    host_close(h);
    engines_free(&engines);
    return e == OK ? 0 : 1;
}
