/* Heads of requests: target, query, Accept, cookies, ranges, parameters; and the routes. The first
 * line of the input is the target, the rest is taken for each of the headers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/http/form.h"
#include "node/http/parse.h"
#include "node/http/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void demand(bool ok)
{
    if (!ok)
        abort();
}

static enum err run(struct rq *rq)
{
    (void)rq;
    return OK;
}

static const struct route rows[] = {
    {GET, "/", run, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/@:handle", run, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/@:handle/:slug", run, ANYONE, RATE_NONE, 0, "", false},
    {POST, "/a/:b/c", run, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/a/:x.rss", run, ANYONE, RATE_NONE, 0, "", false},
    {GET, "/a/*rest", run, ANYONE, RATE_NONE, 0, "", false},
    {0},
};
static const struct route_table table = {"fuzz", rows};
static const struct route_table *const tables[] = {&table, NULL};

static void read_target(struct arena *a, struct str raw)
{
    struct target t;
    struct form query;
    struct router *r;
    struct route_match m;
    if (target_read(a, raw, &t) != OK)
        return;
    demand(str_is_utf8(t.path) && memchr(t.path.p, '\0', t.path.n) == NULL);
    demand(str_eq(t.path, STR("*")) || t.path.p[0] == '/');
    demand(!str_contains(t.path, STR("/../")) && !str_ends(t.path, STR("/..")));
    (void)!form_read_urlencoded(a, t.query, &query);
    demand(router_new(tables, &r) == OK);
    router_match(r, GET, t.path, &m);
    router_match(r, POST, t.path, &m);
    demand(m.n_params <= ROUTE_MAX_PARAMS);
    router_free(r);
}

static void read_headers(struct arena *a, struct str h)
{
    int64_t from = 0, count = 0;
    struct str c = cookie_find(h, STR("s"));
    demand(c.n == 0 || (c.p >= h.p && c.p + c.n <= h.p + h.n));
    (void)repr_choose(h);
    (void)accepts_gzip(h);
    (void)etag_in_list(h, STR("\"x\""));
    (void)param_find(a, h, "name");
    (void)form_type_is_simple(h);
    if (range_read(h, 1000, &from, &count) == RANGE_PART)
        demand(from >= 0 && count > 0 && from + count <= 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *copy = malloc(n + 1);
    demand(copy != NULL);
    memcpy(copy, data, n);
    struct str all = {copy, n};
    size_t line = str_find_char(all, '\n', 0);
    struct arena *a = arena_new();
    read_target(a, str_sub(all, 0, line == SIZE_MAX ? n : line));
    read_headers(a, line == SIZE_MAX ? STR("") : str_sub(all, line + 1, n));
    arena_free(a);
    free(copy);
    return 0;
}
