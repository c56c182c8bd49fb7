/* Handles, as people type them and lists of followers have them: what is taken has a user and a host
 * that mean the same when they are written down and read again. */
#include "federation/finger.h"
#include "node/base/arena.h"

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
    struct str in = {arena_copy(a, p, n), n}, user, host, again_user, again_host;
    if (fed_handle_parse(a, in, &user, &host)) {
        must(!str_empty(user) && !str_empty(host) && str_is_utf8(user));
        must(str_find_char(user, '@', 0) == SIZE_MAX && str_find_char(host, '/', 0) == SIZE_MAX);
        for (size_t i = 0; i < host.n; i++)
            must(host.p[i] > 0x20 && host.p[i] < 0x7f);
        struct str whole = str_fmt(a, "@" STR_FMT "@" STR_FMT, STR_ARG(user), STR_ARG(host));
        must(fed_handle_parse(a, whole, &again_user, &again_host));
        must(str_eq(user, again_user) && str_eq(host, again_host));
    }
    arena_free(a);
    return 0;
}
