/* A small site that a rig serves: routes of each kind and guard, requests that rest, a door that holds its workers. */
#ifndef TESTS_HTTP_SITE_H
#define TESTS_HTTP_SITE_H

#include "tests/unit/http_rig.h"

extern const struct route_table *const site_tables[];
extern const struct http_hooks site_hooks;
extern _Atomic(struct rq *) site_left_behind; /* who asked to rest for ever */
extern atomic_bool site_door_open;            /* may who asked for /block go on? */

/* Of a test whose state is a struct rig with the site. */
int site_set_up(void **state);
int site_tear_down(void **state);
#define SITE_TEST(f) cmocka_unit_test_setup_teardown(f, site_set_up, site_tear_down)

/* Asks it: the answer has the status, and expect (or NULL) in its body. */
void site_check(struct rig *r, const char *line, const char *headers, const char *body, int status,
                const char *expect);

#endif
