/* `orrery serve`: lock the directory, open the node, start the engines, wait for a signal. */
#ifndef NODE_SERVE_H
#define NODE_SERVE_H

struct server;
int serve_main(struct server *server, int argc, char **argv); /* exit status */
/* `orrery host serve`: the same for all nodes of a hosting provider's registry. */
int serve_host_main(struct server *server, int argc, char **argv);

#endif
