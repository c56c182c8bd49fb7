/* Addresses: whatever is accepted is written down in one way only and stays what it is. */
#include "node/base/arena.h"
#include "node/base/url.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str in = {arena_copy(a, p, n), n}, host;
    struct url u, again;
    unsigned port;
    if (url_parse(a, in, &u) == OK) {
        struct str s = url_str(a, &u);
        if (s.n <= URL_MAX) { /* punycode may make it longer than it came */
            must(url_parse(a, s, &again) == OK);
            must(str_eq(url_str(a, &again), s));
            must(str_eq(again.host, u.host) && again.port == u.port);
            must(url_same_origin(s, s));
        }
        must(str_eq(str_lower(a, u.host), u.host));
        must(u.port >= 1 && u.port <= 65535 && u.path.n >= 1 && u.path.p[0] == '/');
        for (size_t i = 0; i < s.n; i++)
            must(s.p[i] > 0x20 && s.p[i] < 0x7f && s.p[i] != '\\');
    }
    if (url_parse_host(a, in, &host, &port) == OK) {
        struct str twice;
        must(url_parse_host(a, host, &twice, &port) == OK && port == 0 && str_eq(twice, host));
    }
    arena_free(a);
    return 0;
}
