/* The tables that tie the rungs together: which jobs follow which event, what each job runs, which
 * routes are served, what the HTTP frame asks upward, what a node that wakes needs. */
#ifndef NODE_WIRING_H
#define NODE_WIRING_H

struct wiring;
struct route_table;
struct http_hooks;
struct node_hooks;
struct far_hooks;

extern const struct wiring wiring;
extern const struct route_table *const route_tables[];
extern const struct http_hooks http_hooks;
extern const struct node_hooks node_hooks;
extern const struct far_hooks far_hooks;

#endif
