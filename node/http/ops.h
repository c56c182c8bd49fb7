/* What machines ask of a serving process, on the internal listener: /healthz, /readyz, /metrics,
 * /internal/tls-ask?domain=. Nothing here opens a node that sleeps. */
#ifndef NODE_HTTP_OPS_H
#define NODE_HTTP_OPS_H

#include <stdatomic.h>

#include "node/http/internal.h"

struct server;

struct ops {
    struct server *server;
    /* Can we serve? OK, or an error and a word that says why not (static). Asked at each /readyz. */
    enum err (*ready)(void *arg, const char **ret_why);
    void *ready_arg;
    bool per_node;           /* /metrics also says it node by node */
    atomic_bool stopping;    /* set when the end begins: /readyz says so */
    int64_t began;           /* wall clock */
};

/* Areas of the internal listener, arg: struct ops *. */
void ops_answer(struct irq *rq, void *arg);

#endif
