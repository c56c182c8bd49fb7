/* The program: parse argv, tie the tables together, run. */
#include "admin/cli/cli.h"
#include "node/serve.h"
#include "node/server.h"
#include "node/wiring.h"

#include <locale.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    /* Few allocation arenas: requests live in our own, and an idle node should stay small. */
    mallopt(M_ARENA_MAX, 2);
    setlocale(LC_ALL, "C.UTF-8");
    umask(S_IRWXG | S_IRWXO); /* bodies, mails and sessions are nobody else's on this machine */
    struct server server = {
        .wiring = &wiring,
        .routes = route_tables,
        .hooks = &http_hooks,
        .node_hooks = &node_hooks,
    };
    if (argc > 1 && strcmp(argv[1], "serve") == 0)
        return serve_main(&server, argc, argv);
    if (argc > 2 && strcmp(argv[1], "host") == 0 && strcmp(argv[2], "serve") == 0)
        return serve_host_main(&server, argc, argv);
    return cli_main(&server, argc, argv);
}
